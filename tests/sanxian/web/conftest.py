"""A headless Chromium, spoken to over a pipe: no driver, no port, no network."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

BROWSER = next((path for name in ("chromium", "chromium-browser", "google-chrome", "chrome") if (path := shutil.which(name))), None)


class Browser:
    """One page of a browser that has no network; keeps what it asked for and what it complained about."""

    def __init__(self, folder: Path) -> None:
        to_browser, ours_in = os.pipe()
        ours_out, from_browser = os.pipe()
        os.set_inheritable(to_browser, True)
        os.set_inheritable(from_browser, True)

        def wire() -> None:
            os.dup2(to_browser, 3)
            os.dup2(from_browser, 4)

        self._process = subprocess.Popen(
            [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
             "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-dev-shm-usage", f"--user-data-dir={folder}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=wire, close_fds=False,
        )  # fmt: skip
        os.close(to_browser)
        os.close(from_browser)
        self._in, self._out, self._left, self._next = ours_in, ours_out, b"", 0
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._loaded = False
        self._session = None
        target = next(one for one in self._ask("Target.getTargets")["targetInfos"] if one["type"] == "page")
        self._session = self._ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")
        self._ask("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)

    def _message(self, until: float) -> dict:
        while b"\0" not in self._left:
            if not select.select([self._out], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self._out, 1 << 16)
            if not part:
                raise RuntimeError("the browser has gone")
            self._left += part
        text, _end, self._left = self._left.partition(b"\0")
        message = json.loads(text)
        self._note(message.get("method"), message.get("params", {}))
        return message

    def _note(self, method: str | None, params: dict) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(f"{params['type']}: {[one.get('value') for one in params['args']]}")
        elif method == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        elif method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append(f"dialog: {params['message']}")

    def _ask(self, method: str, **params) -> dict:
        self._next += 1
        number = self._next
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._in, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + 30
        while True:
            answer = self._message(until)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return answer["result"]

    def open(self, path: Path, *, width: int = 1280, height: int = 800, phone: bool = False) -> None:
        """Open a file; what was asked for and complained about before is forgotten."""
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self._ask("Emulation.setTouchEmulationEnabled", enabled=phone)
        self.requests, self.complaints, self._loaded = [], [], False
        self._ask("Page.navigate", url=path.resolve().as_uri())
        until = time.monotonic() + 30
        while not self._loaded:
            self._message(until)

    def run(self, expression: str):
        """What an expression gives in the page."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"].get("exception", {}).get("description"))
        return answer["result"].get("value")

    def key(self, name: str) -> None:
        """Press and release one key."""
        codes = {"Enter": 13, "ArrowDown": 40, "Escape": 27}
        for kind in ("keyDown", "keyUp"):
            self._ask("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=codes[name],
                      **({"text": "\r"} if name == "Enter" and kind == "keyDown" else {}))

    def picture(self, path: Path) -> None:
        """What the page shows, as a PNG."""
        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot")["data"]))

    def print(self, path: Path) -> None:
        """The page as it would be printed."""
        path.write_bytes(base64.b64decode(self._ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"]))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        os.close(self._in)
        os.close(self._out)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    if BROWSER is None:
        pytest.skip("no Chromium on this machine")
    opened = Browser(tmp_path_factory.mktemp("browser"))
    yield opened
    opened.close()

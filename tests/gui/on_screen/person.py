"""A person at a screen: an X server with a window manager, a mouse and a keyboard that are real to the program."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
NEEDED = ("Xvfb", "xdotool", "openbox")
LIBRARIES = ("xcb-icccm", "xcb-image", "xcb-keysyms", "xcb-render-util", "xcb-shape", "xcb-xinerama", "xcb-xkb", "xkbcommon-x11")
SECONDS = 60  # a loaded machine is no fault of the program's


def lacking() -> str:
    """What is not installed, or ''."""
    return " ".join([*(name for name in NEEDED if shutil.which(name) is None),
                     *(name for name in LIBRARIES if find_library(name) is None)])


class Person:
    """Moves the mouse, types, and looks.

    Args:
        display: Of the X server, such as ``:99``.
        home: A folder of this person's own: settings and the demo go there.
        arguments: Of the program.
    """

    def __init__(self, display: str, home: Path, *arguments: str, command: tuple[str, ...] = (), **environment: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("QT_", "XDG_", "SANXIAN_", "LC_"))}
        self.environment = kept | {
            "DISPLAY": display, "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_RUNTIME_DIR": str(home),
            "XDG_CACHE_HOME": str(home / "cache"), "QT_QPA_PLATFORM": "xcb", "LANG": "C.UTF-8", "SANXIAN_LANG": "zh",
            "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment,
        }
        home.chmod(0o700)
        self.home, self.log = home, home / "said.txt"
        self._log = self.log.open("w")
        self.program = subprocess.Popen(
            [*(command or (sys.executable, str(Path(__file__).parent / "program.py"))), *arguments], env=self.environment,
            cwd=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, encoding="utf-8")

    # -- eyes ------------------------------------------------------------------------------------------------------
    def look(self) -> dict[str, Any]:
        """What is in view now."""
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write("\n")
        self.program.stdin.flush()
        ready, _, _ = select.select([self.program.stdout], [], [], SECONDS)
        assert ready, f"no answer within {SECONDS} s:\n{self.log.read_text()}"
        line = self.program.stdout.readline()
        assert line, f"the program has ended:\n{self.log.read_text()}"
        answer = json.loads(line)
        assert "failed" not in answer, answer["failed"]
        return answer

    def find(self, text: str = "", **wanted: Any) -> list[dict[str, Any]]:
        """Everything in view that holds a text and has these properties."""
        return [one for one in self.look()["widgets"] if text in one["text"]
                and all(one.get(name) == value for name, value in wanted.items())]

    def until(self, what: Callable[[], Any], about: str) -> Any:
        """Wait for something to come true; returns it."""
        end = time.monotonic() + SECONDS
        while not (found := what()):
            if time.monotonic() > end:
                raise AssertionError(f"{about}: not within {SECONDS} s; in view: {self.in_view()}")
            time.sleep(0.1)
        return found

    def in_view(self) -> str:
        """Every text in view, for a test that fails."""
        return "; ".join(f"{one['name'] or one['class']}={one['text'][:30]}" for one in self.look()["widgets"] if one["text"])

    def see(self, text: str = "", **wanted: Any) -> dict[str, Any]:
        """Wait for something to come into view."""
        return self.until(lambda: self.find(text, **wanted), f"{text} {wanted}")[0]

    # -- hands -----------------------------------------------------------------------------------------------------
    def do(self, *arguments: object) -> None:
        """One command of ``xdotool``."""
        subprocess.run(["xdotool", *map(str, arguments)], env=self.environment, check=True, timeout=SECONDS)

    def at(self, x: float, y: float, *, button: int = 1, times: int = 1) -> None:
        """Click at a place on the screen."""
        self.do("mousemove", round(x), round(y), "sleep", 0.05, "click", "--repeat", times, "--delay", 60, button)

    def click(self, text: str = "", *, times: int = 1, button: int = 1, **wanted: Any) -> None:
        """Click what is in view once it can be clicked."""
        x, y, width, height = self.see(text, on=True, **wanted)["box"]
        self.at(x + min(width / 2, 150), y + height / 2, times=times, button=button)

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 8) -> None:
        """Press, move in steps, let go."""
        ways = [(start[0] + (end[0] - start[0]) * i / steps, start[1] + (end[1] - start[1]) * i / steps)
                for i in range(1, steps + 1)]
        self.do("mousemove", *map(round, start), "sleep", 0.1, "mousedown", 1, "sleep", 0.1,
                *(word for x, y in ways for word in ("mousemove", round(x), round(y), "sleep", 0.05)),
                "sleep", 0.2, "mouseup", 1)

    def key(self, *keys: str) -> None:
        """Press keys, one after another."""
        self.do("key", "--clearmodifiers", "--delay", 60, *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self.do("type", "--clearmodifiers", "--delay", 20, text)

    # -- the end ---------------------------------------------------------------------------------------------------
    def quit(self) -> None:
        """Close the program as a person does; it must end in good order and must have complained of nothing."""
        self.key("ctrl+q")
        try:
            assert self.program.wait(SECONDS) == 0
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the program stays; in view: {self.in_view()}") from None
        assert "Traceback" not in self.log.read_text()

    def leave(self) -> None:
        """End what is left of the program."""
        if self.program.poll() is None:
            self.program.kill()
        self.program.wait()
        for stream in (self.program.stdin, self.program.stdout, self._log):
            with contextlib.suppress(OSError):
                stream.close()


@contextlib.contextmanager
def screen(size: str = "1366x768") -> Iterator[str]:
    """An X server with a window manager; gives its display."""
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
                              pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    manager = None
    try:
        with os.fdopen(read) as told:
            display = f":{told.readline().strip()}"
        assert display != ":", "Xvfb has not started"
        manager = subprocess.Popen(["openbox", "--sm-disable"], env={**os.environ, "DISPLAY": display},
                                   stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        yield display
    finally:
        for one in (manager, server):
            if one is not None:
                one.terminate()
                one.wait()

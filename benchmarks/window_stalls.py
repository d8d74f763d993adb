"""How long the window's thread has to wait while the window works: opening, importing, judging, reporting, painting.

    python benchmarks/window_stalls.py [--workspace PROVINCE.gpkg] [--vertices 3000000] [--steps import,judge] [--where]

Drives the real main window (offscreen) on a made-up province (``province.py``): opens it, imports a shapefile of
``--vertices`` vertices by the dialog and a third of them as GeoJSON and as a file geodatabase, judges four and forty
projects, writes reports, counts statistics, checks the data. A timer of 5 ms beats in the window's thread all the while; a
gap between two beats is time in which the window answers nobody. Printed for each step: its length, the longest gap, how
many were longer than 50 ms, and of these how many were ours: where this process used the processor for more than 50 ms
meanwhile. In the others something else on the machine did. ``--where`` names what the threads were at just after each.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import province
from PyQt5.QtCore import QCoreApplication, QEventLoop, QSettings, QTimer

LONG_MS = 50
STEPS = ("shp", "geojson", "gdb", "judge", "report", "statistics", "check")


class Heart:
    """Beats every 5 ms in the window's thread and remembers long gaps."""

    def __init__(self, where: bool) -> None:
        self._where = where
        self._last, self._used, self._all = time.perf_counter(), time.thread_time(), time.process_time()
        self.gaps: list[float] = []
        self.ours = 0
        self._cleaning = 0.0
        gc.callbacks.append(self._garbage)
        self._timer = QTimer()
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _garbage(self, phase: str, info: dict[str, int]) -> None:
        now = time.perf_counter()
        if phase == "stop" and self._where and now - self._cleaning > 0.02:
            print(f"  garbage of generation {info['generation']} looked for, {(now - self._cleaning) * 1000:.0f} ms, in"
                  f" {threading.current_thread().name}")
        self._cleaning = now

    def _beat(self) -> None:
        now = time.perf_counter()
        gap = (now - self._last) * 1000
        self.gaps.append(gap)
        busy = (time.process_time() - self._all) * 1000
        self.ours += gap > LONG_MS and busy > LONG_MS
        if self._where and gap > LONG_MS:
            print(f"  gap of {gap:.0f} ms, {(time.thread_time() - self._used) * 1000:.0f} of them the thread's own, {busy:.0f} the"
                  " process's; afterwards:")
            names = {thread.ident: thread.name for thread in threading.enumerate()}
            for ident, frame in sys._current_frames().items():
                if ident != threading.get_ident():
                    at = [one for one in traceback.extract_stack(frame) if "/threading.py" not in one.filename]
                    said = " < ".join(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in at[:-7:-1])
                    if "wait" not in said.split(" < ")[0]:
                        print(f"    {names.get(ident)}: {said}")
        self._last, self._used, self._all = time.perf_counter(), time.thread_time(), time.process_time()

    def take(self) -> tuple[list[float], int]:
        """Gaps since the last time of asking, and how many long ones are this process's own doing."""
        gaps, self.gaps = self.gaps, []
        ours, self.ours = self.ours, 0
        self._last, self._used, self._all = time.perf_counter(), time.thread_time(), time.process_time()
        return gaps or [0.0], ours


def until(done: Callable[[], bool], seconds: float = 1800) -> None:
    """Live in the event loop until something is so."""
    end = time.perf_counter() + seconds
    while not done():
        if time.perf_counter() > end:
            raise SystemExit("it did not come to an end")
        QCoreApplication.processEvents(QEventLoop.AllEvents | QEventLoop.WaitForMoreEvents)


def files(folder: Path, vertices: int) -> dict[str, Path]:
    """A layer of units with many vertices, as an agency sends it, and others with a third of them in other formats."""
    import canvas_frames

    made = {}
    for suffix, driver, share in ((".shp", "ESRI Shapefile", 1), (".geojson", "GeoJSON", 3), (".gdb", "OpenFileGDB", 3)):
        frame = canvas_frames.coverage(max(round((vertices / share / 449) ** 0.5), 2))
        frame["HJGKDYBM"] = [f"ZH360121{100 + at // 10000}{at % 10000:04d}" for at in range(len(frame))]
        frame["HJGKDYMC"] = [f"示例单元{at}" for at in range(len(frame))]
        made[suffix] = folder / f"units{suffix}"
        frame = frame.drop(columns="category")
        more = {"geometry_type": "MultiPolygon", "promote_to_multi": True} if suffix == ".gdb" else {}
        (frame.to_crs(4326) if suffix == ".geojson" else frame).to_file(made[suffix], driver=driver, **more)
    return made


def bring_in(window: Any, file: Path, step: Callable[..., None]) -> None:
    """Import a file by the dialog."""
    dialogs: list[Any] = []
    step(f"import {file.suffix}, first look", lambda: dialogs.append(window.files.import_dialog(file)),
         lambda: dialogs[0].preview is not None)
    dialog = dialogs[0]
    dialog.role.setCurrentIndex(dialog.role.findData("control_unit"))
    dialog.name.setText(f"imported {file.suffix[1:]}")
    count = len(window.session.layers)
    if dialog.place_page.confirm.isEnabled():
        dialog._choose_crs("EPSG:4326" if file.suffix == ".geojson" else "EPSG:4548")
        dialog.place_page.confirm.setChecked(True)
    dialog._enable()
    closed: list[int] = []
    dialog.finished.connect(closed.append)
    step(f"import {file.suffix}: read", dialog.accept, lambda: bool(closed) or bool(dialog.said.text()) and dialog._reading is None)
    if not closed:
        print("  asked:", dialog.said.text())
        step(f"import {file.suffix}: add, draw", dialog.accept, lambda: bool(closed))
    until(lambda: len(window.session.layers) > count)


def main() -> None:
    """Drive the window and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspace", type=Path, help="made by province.py; made anew without")
    parser.add_argument("--scale", default="province", choices=province.SCALES)
    parser.add_argument("--vertices", type=int, default=3_000_000)
    parser.add_argument("--steps", default=",".join(STEPS), help="which; opening is always among them")
    parser.add_argument("--where", action="store_true", help="say what ran at each long gap")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        run(options, Path(made))


def run(options: argparse.Namespace, folder: Path) -> None:
    """All steps, with everything that is written in ``folder``."""
    import shutil

    from gui.app import make_application
    from gui.main_window import MainWindow
    from gui.session import Site
    from gui.settings import Settings

    workspace = folder / "w.gpkg"
    if options.workspace:
        shutil.copyfile(options.workspace, workspace)
    else:
        province.build(workspace, options.scale, say=False)
    chosen_steps = options.steps.split(",")
    sent = files(folder, options.vertices)
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", flush=True)
    application = make_application([])  # noqa: F841 - lives as long as this
    store = QSettings(str(folder / "settings.ini"), QSettings.IniFormat)
    window = MainWindow(Settings(store))
    window.resize(1366, 768)
    window.show()
    until(lambda: window.ready)
    heart = Heart(options.where)

    def step(what: str, begin: Callable[[], Any], done: Callable[[], bool]) -> None:
        until(lambda: not window.work.running and not window.canvas.busy)
        heart.take()
        begun = time.perf_counter()
        begin()
        until(done)
        until(lambda: not window.work.running and not window.canvas.busy)
        gaps, ours = heart.take()
        print(f"{what:34s} {time.perf_counter() - begun:6.1f} s   longest gap {max(gaps):5.0f} ms   over {LONG_MS} ms:"
              f" {sum(gap > LONG_MS for gap in gaps)}, ours {ours}   load {os.getloadavg()[0]:.1f}", flush=True)

    step("open the workspace", lambda: window.files.open(workspace),
         lambda: bool(window.session.layers) and not window.work.running)  # rasters and what cannot be read never have features
    canvas = window.canvas
    scale = canvas.scale()
    step("zoom to 1/8", lambda: canvas.set_scale(scale / 8), lambda: True)
    step("zoom out", canvas.zoom_full, lambda: True)

    for suffix in (".shp", ".geojson", ".gdb"):
        if suffix[1:] in chosen_steps:
            bring_in(window, sent[suffix], step)
    sites = province.sites(400)
    from gui.dialogs import message

    told: list[Any] = []
    message.tell_done = lambda *args: told.append(args)

    def add(count: int) -> None:
        chosen = sites.iloc[:count].rename(columns={"name": "name_"})
        window.session.add_sites(
            [Site(f"{count}-{row.id}", str(row.name_), row.geometry, "EPSG:4490",
                  {"industry_code": row.industry_code, "nature": row.nature, "wastewater": row.wastewater})
             for row in chosen.itertuples()], "导入项目")

    for count in (4, 40):
        if "judge" in chosen_steps:
            step(f"add {count} projects", lambda count=count: add(count), lambda: True)
            step(f"judge {len(window.session.sites)} projects", lambda: window.do("judge_all"), lambda: True)
        for suffix in (".xlsx", ".docx") if "judge" in chosen_steps and "report" in chosen_steps else ():
            told.clear()
            step(f"report {suffix} of {len(window.session.sites)}", lambda suffix=suffix: window.files.export(folder / f"report{suffix}"),
                 lambda: bool(told))
    if "statistics" in chosen_steps:
        step("statistics", lambda: window.do("statistics"), lambda: True)
    if "check" in chosen_steps:
        step("check the data", lambda: window.do("check"), lambda: True)
    closing = time.perf_counter()
    window.session.undo_stack.setClean()
    window.work.shutdown()
    print(f"stopped in {time.perf_counter() - closing:.1f} s; load {os.getloadavg()[0]:.1f}")
    sys.stdout.flush()
    os._exit(0)  # nothing is to be written, and the threads have nothing more to say


if __name__ == "__main__":
    main()

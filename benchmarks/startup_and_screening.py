"""How long a person waits: the window's first frame, ``sanxian --help``, and one site from cold to verdict and warm.

Run: ``python benchmarks/startup_and_screening.py``. Prints one table; figures are medians of several runs on the machine
at hand, whose cores and Python are named.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
WINDOW = """
import sys, time
begin = time.perf_counter()
from gui.app import make_application
from gui.main_window import MainWindow
application = make_application([])
window = MainWindow()
window.show()
application.processEvents()
print(time.perf_counter() - begin)
import os
sys.stdout.flush()
os._exit(0)
"""


def timed(command: list[str], runs: int = 5) -> float:
    """Median seconds of a whole process, start to end."""
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        subprocess.run(command, env=ENV, check=False, capture_output=True)
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def window_seconds(runs: int = 5) -> float:
    """Median seconds from the first import to the window's first frame, in a process of its own."""
    found = [
        float(subprocess.run([sys.executable, "-c", WINDOW], env=ENV, check=True, capture_output=True, text=True).stdout.split()[-1])
        for _ in range(runs)
    ]
    return statistics.median(found)


def main() -> None:
    from layers.workspace import Workspace
    from sanxian.demo import build
    from sanxian.request import load_projects
    from sanxian.screen import Screener, rule_set

    with tempfile.TemporaryDirectory() as folder:
        files = build(Path(folder))
        with Workspace.open(files.workspace, readonly=True) as workspace:
            projects, _ = load_projects(files.projects, workspace)
            screener = Screener(workspace, rule_set(workspace), on=date(2026, 11, 22))
            begin = time.perf_counter()
            screener.screen_one(projects[0])
            first = time.perf_counter() - begin
            warm = []
            for project in projects * 3:
                begin = time.perf_counter()
                screener.screen_one(project)
                warm.append(time.perf_counter() - begin)
        one = Path(folder) / "one.geojson"
        import geopandas

        geopandas.read_file(files.projects).iloc[[0]].to_file(one)
        rows = [
            ("sanxian --help, whole process", timed([sys.executable, "-m", "sanxian", "--help"])),
            ("window, import to first frame", window_seconds()),
            ("sanxian screen, one site, cold, whole process",
             timed([sys.executable, "-m", "sanxian", "screen", str(files.workspace), str(one), "--on", "2026-11-22"])),
            ("first site in a running program (layers read)", first),
            ("one site warm, all facts and rules, median", statistics.median(warm)),
            ("one site warm, slowest of the demo's", max(warm)),
        ]  # fmt: skip
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {len(projects)} demo projects")
    for name, seconds in rows:
        print(f"{name:52s} {seconds * 1000:9.1f} ms")


if __name__ == "__main__":
    main()

"""The benchmarks still run, and their answers agree with the peers'; what they cost is nobody's concern here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_smoke_run(tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "run.py"), "--smoke"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert {row.split("|")[1].strip() for row in rows} == {"what", "overlap", "nearest", "zonal", "one site"}


def test_frames_are_drawn_and_counted(tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "canvas_frames.py"), "--share", "0.001", "--runs", "1"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True,
        encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line.split("|") for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    assert [row[1].strip() for row in rows] == [
        "polygons, full extent", "polygons, zoomed 4×", "polygons, zoomed 64×", "points, full extent", "both, full extent"]
    for row in rows:
        shares = [float(one.strip().rstrip("%")) for one in row[8].split(":")]
        assert shares[0] > 0
        if len(shares) > 1:  # QGIS is installed: both have coloured about as much
            assert abs(shares[0] - shares[1]) < 10

"""One site against a province: from cold to verdict on the command line, and warm in a running program.

    python benchmarks/single_site.py                         # a hundredth of a province, some seconds
    python benchmarks/single_site.py --scale province        # 1,100 units, 3.6-million-vertex redline, 60,000 outlets

Cold is a process of its own, start to end, with the program's files in the disk's cache; "first" is without what the
program keeps beside the workspace. Warm sites are new ones each time, all facts and all rules; corridors of 30 km, three
in a hundred, are told apart. CPU is what the process used, and tells more than the clock on a machine that is shared.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import province

from layers.workspace import Workspace
from sanxian.prepared_layers import cache_folder
from sanxian.request import load_projects
from sanxian.screen import Screener, rule_set

ROOT = Path(__file__).resolve().parents[1]


def cold(workspace: Path, site: Path) -> tuple[float, float]:
    """(seconds, CPU seconds) of ``sanxian screen`` as a process."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "sanxian", "screen", str(workspace), str(site), "--on", "2026-11-22"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run(scale: str, sites: int, workspace: Path | None = None) -> dict[str, float]:
    """Measure, print and return the figures."""
    with tempfile.TemporaryDirectory() as name:
        path = workspace or Path(name) / "p.gpkg"
        if workspace is None:
            province.build(path, scale)
        everything = path.with_name("sites.parquet")
        one = Path(name) / "one.geojson"
        gpd.read_parquet(everything).iloc[[50]].to_file(one)
        if cache_folder(path).name.startswith("."):
            shutil.rmtree(cache_folder(path), ignore_errors=True)
        first, first_cpu = cold(path, one)
        again, again_cpu = min(cold(path, one) for _ in range(3))
        with Workspace.open(path, readonly=True) as opened:
            projects, _ = load_projects(everything, opened)
            screener = Screener(opened, rule_set(opened), on=date(2026, 11, 22))
            for project in projects[: min(50, sites)]:
                screener.screen_one(project)
            wall, cpu = [], []
            for project in projects[50 : 50 + sites]:
                start, used = time.perf_counter(), time.process_time()
                screener.screen_one(project)
                wall.append(time.perf_counter() - start)
                cpu.append(time.process_time() - used)
    walls, cpus = 1e3 * np.array(wall), 1e3 * np.array(cpu)
    corridor = np.arange(50, 50 + len(walls)) % 100 >= 97
    print(f"one site, {scale}: cold, first {first:.2f} s (CPU {first_cpu:.2f}), again {again:.2f} s (CPU {again_cpu:.2f})")
    for label, chosen in (("points and parcels", ~corridor), ("corridors", corridor)):
        if chosen.any():
            print(
                f"  warm, {chosen.sum()} {label}: median {np.median(walls[chosen]):.1f} ms (CPU {np.median(cpus[chosen]):.1f}), "
                f"nine in ten under {np.quantile(walls[chosen], 0.9):.1f} ms (CPU {np.quantile(cpus[chosen], 0.9):.1f})"
            )
    found = {"first": first, "first_cpu": first_cpu, "again": again, "again_cpu": again_cpu}
    for label, chosen in (("warm", ~corridor), ("corridor", corridor)):
        if chosen.any():
            found[label], found[f"{label}_cpu"] = float(np.median(walls[chosen])) / 1e3, float(np.median(cpus[chosen])) / 1e3
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", choices=province.SCALES, default="small")
    parser.add_argument("--sites", type=int, default=300)
    parser.add_argument("--workspace", type=Path, help="one that province.py has made already, with sites.parquet beside it")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}")
    run(options.scale, options.sites, options.workspace)


if __name__ == "__main__":
    main()

"""What `sanxian batch` costs from the command to the file, against geopandas on the same layers in the same run.

    python benchmarks/batch_national.py                                  # small, about a minute
    python benchmarks/batch_national.py --scale 10 --sites 10000 100000 --jobs 2

The peer does one thing only: for control units and redline it joins by ``intersects`` and measures the shared part.
`sanxian batch` reads the file, measures areas on the ellipsoid, asks coverage, distances and every rule, and writes the
result. The data are those of ``spatial_overlap.py``: made up, and the same for the same arguments.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
import spatial_overlap as made

from layers.read import read_layer
from layers.workspace import Workspace
from spatial.prepared import Prepared

CRS = "EPSG:4547"
CODES = ["C2614", "C1411", "D4411", "C3110", "A0313", "N7721"]


def workspace_of(folder: Path, scale: float, extent: float, rng: np.random.Generator) -> Path:
    """Units, redline, one river bank and a district that covers them, in one workspace."""
    units = made.units(rng, round(10 * math.sqrt(scale)), 9, extent)
    redline = made.redline(rng, round(1000 * scale), extent)
    line = np.column_stack([np.linspace(0, extent, 20_000), 0.5 * extent + 200 * made.roughness(rng, 5, 12)[:20_000]])
    frames = {
        "control_unit": {
            "geometry": units,
            "code": [f"ZH3604042{number:04d}" for number in range(len(units))],
            "name": [f"单元{number}" for number in range(len(units))],
            "category": ["重点管控单元"] * len(units),
        },
        "ecological_redline": {"geometry": redline, "name": [f"红线{number}" for number in range(len(redline))]},
        "river_bank": {
            "geometry": [shapely.LineString(line + (made.WEST, made.SOUTH))], "river": ["大江"], "rank": ["main"],
            "baseline": ["levee"],
        },
        "admin": {
            "geometry": [shapely.box(made.WEST, made.SOUTH, made.WEST + extent, made.SOUTH + extent)],
            "code": ["360404"], "name": ["示例区"], "level": ["county"],
        },
    }  # fmt: skip
    path = folder / "bench.gpkg"
    with Workspace.create(path) as workspace:
        for role, columns in frames.items():
            file = folder / f"{role}.gpkg"
            gpd.GeoDataFrame(columns, crs=CRS).to_file(file)
            workspace.add(read_layer(file, role), accuracy_m=1.0)
    return path


def projects_of(path: Path, count: int, extent: float, rng: np.random.Generator) -> np.ndarray:
    asked = made.sites(rng, count, extent)
    frame = gpd.GeoDataFrame(
        {
            "id": [f"P{number}" for number in range(count)],
            "name": [f"项目{number}" for number in range(count)],
            "industry_code": np.array(CODES)[rng.integers(len(CODES), size=count)],
            "nature": np.array(["new", "rebuild", "expansion"])[rng.integers(3, size=count)],
            "national_major_project": np.array(["no", "no", "yes"])[rng.integers(3, size=count)],
            "limited_activity": np.array(["0", "0", "2", None])[rng.integers(4, size=count)],
        },
        geometry=asked, crs=CRS,
    )  # fmt: skip
    frame.to_parquet(path, index=False, row_group_size=20_000)
    return asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the number of zones")
    parser.add_argument("--sites", type=int, nargs="+", default=[2000, 10_000])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--peer-limit", type=int, default=10_000, help="more sites than this the peer is not asked")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    extent = 100_000 * math.sqrt(options.scale)
    print(f"{platform.machine()}, {os.cpu_count()} processors; Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = workspace_of(folder, options.scale, extent, rng)
        zones = {}
        for role in ("control_unit", "ecological_redline"):
            zones[role] = np.asarray(gpd.read_file(folder / f"{role}.gpkg").geometry.array, dtype=object)
            vertices = int(shapely.get_num_coordinates(zones[role]).sum())
            print(f"{role}: {len(zones[role]):,} zones, {vertices:,} vertices")
        for count in options.sites:
            asked = projects_of(folder / "projects.parquet", count, extent, rng)
            theirs = math.nan
            if count <= options.peer_limit:
                start = time.perf_counter()
                for one in zones.values():
                    made.peer(asked, one)
                theirs = time.perf_counter() - start
            layers = [Prepared(one, made.PLANE, checked=True) for one in zones.values()]
            for layer in layers:
                layer.overlaps_batch(asked[:1])
            start = time.perf_counter()
            for layer in layers:
                layer.overlaps_batch(asked)
            facts = time.perf_counter() - start
            line = f"{count:>10,} sites"
            for label in ("first", "again"):
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                start = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-m", "sanxian", "batch", str(path), str(folder / "projects.parquet"),
                     "--out", str(folder / "result.parquet"), "--jobs", str(options.jobs), "--on", "2026-11-22"],
                    check=True, stdout=subprocess.DEVNULL,
                )  # fmt: skip
                seconds = time.perf_counter() - start
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                line += f"   {label} {seconds:7.1f} s (CPU {cpu:6.1f} s)"
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(f"{line}   largest process so far {peak:,.0f} MB")
            print(
                f"{'':>16}   sjoin + intersection {theirs:7.1f} s = {theirs / seconds:.1f} x the whole batch, "
                f"{theirs / facts:.1f} x the overlaps alone ({facts:.3f} s, prepared)"
            )


if __name__ == "__main__":
    main()

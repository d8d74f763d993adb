"""Everything measured in one run: our kernels and their peers side by side on made-up data at three scales.

    python benchmarks/run.py              # some minutes; `make bench` does the same
    python benchmarks/run.py --smoke      # seconds: whether everything still runs and the answers agree
    python benchmarks/run.py --full       # the province and the 10,000 × 10,000 raster, half an hour and 6 GB

Prints one table: seconds of ours and of the peer by the clock and of CPU, their ratio by both, and how the CPU that is
used grows with the number of sites or polygons (1 is linear). Answers are compared each time; a difference stops the run.
Ratios belong to the data and to the machine, and one run may differ from another by a third; on a machine that is shared
go by CPU.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import single_site
import spatial_overlap as made
import zonal

from spatial.prepared import Prepared, has_grid, warm


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, and of CPU of all threads."""

    wall: float = math.nan
    cpu: float = math.nan

    def __str__(self) -> str:
        return "–" if math.isnan(self.wall) else f"{self.wall:.4f} ({self.cpu:.4f})"

    def times(self, ours: Cost) -> str:
        """How many times ours this is."""
        return "–" if math.isnan(self.wall) else f"{self.wall / ours.wall:.0f} × ({self.cpu / ours.cpu:.0f} ×)"


Row = tuple[str, str, Cost, Cost]  # what, data, ours, the peer's


def line(row: Row) -> str:
    """A line of the table; also said as soon as it is known, so that a run that is stopped was not for nothing."""
    what, data, ours, theirs = row
    return f"| {what} | {data} | {ours} | {theirs} | {theirs.times(ours)} |"


def best(task: Callable[[], Any], runs: int) -> tuple[Any, Cost]:
    """The answer and the least of some times, by CPU."""
    costs = []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = task()
        costs.append(Cost(time.perf_counter() - wall, time.process_time() - cpu))
    return answer, min(costs, key=lambda one: one.cpu)


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """How cost grows: the slope of its logarithm over that of the size."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0]) if len(sizes) > 1 else math.nan


def overlaps_and_nearest(scale: float, counts: list[int], peer_limit: int) -> list[Row]:
    """Rows of (what, data, ours, theirs, ratio) for a redline and a coverage."""
    rng = np.random.default_rng(1)
    extent = 100_000 * math.sqrt(scale)
    layers = {"redline": made.redline(rng, round(1000 * scale), extent), "units": made.units(rng, round(10 * math.sqrt(scale)), 9, extent)}
    rows = []
    for name, zones in layers.items():
        vertices = int(shapely.get_num_coordinates(zones).sum())
        _, cold = best(lambda zones=zones: Prepared(zones, made.PLANE), 1)
        prepared = Prepared(zones, made.PLANE)
        ours: dict[str, list[float]] = {"overlap": [], "nearest": []}  # CPU
        for count in counts:
            asked = made.sites(np.random.default_rng(7), count, extent)
            prepared.overlaps_batch(asked[:1])
            prepared.nearest_batch(asked[:1])
            found, met = best(lambda prepared=prepared, asked=asked: prepared.overlaps_batch(asked), 3)
            near, way = best(lambda prepared=prepared, asked=asked: prepared.nearest_batch(asked), 3)
            ours["overlap"].append(met.cpu)
            ours["nearest"].append(way.cpu)
            theirs = theirs_near = Cost()
            if count <= peer_limit:
                (site, zone, measure), theirs = best(lambda asked=asked, zones=zones: made.peer(asked, zones), 1)
                np.testing.assert_array_equal(found.site, site)
                np.testing.assert_array_equal(found.zone, zone)
                np.testing.assert_allclose(found.area_m2 + found.length_m, measure, rtol=1e-6, atol=0.01)
                left, right = gpd.GeoDataFrame(geometry=asked, crs=made.PLANE), gpd.GeoDataFrame(geometry=zones, crs=made.PLANE)
                joined, theirs_near = best(lambda left=left, right=right: gpd.sjoin_nearest(left, right, distance_col="m"), 1)
                np.testing.assert_allclose(near.distance, joined.groupby(level=0)["m"].min().to_numpy(), rtol=1e-9, atol=1e-5)
            data = f"{count:,} sites, {len(zones):,} {name}, {vertices:,} vertices (prepared in {cold.wall:.2f} s, CPU {cold.cpu:.2f})"
            rows += [("overlap", data, met, theirs), ("nearest", data, way, theirs_near)]
            for one in rows[-2:]:
                print(f"  {line(one)}", flush=True)
        for what, seconds in ours.items():
            print(f"  {what} on {name}: cost grows with sites to the power of {exponent(counts, seconds):.2f}")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--smoke", action="store_true")
    size.add_argument("--full", action="store_true")
    options = parser.parse_args()
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; "
        f"Python {platform.python_version()}, shapely {shapely.__version__} (GEOS {shapely.geos_version_string}), "
        f"geopandas {gpd.__version__}, numba {'yes' if has_grid() else 'no'}"
    )
    warm()
    rows: list[Row] = []
    scales = [0.05] if options.smoke else [0.1, 1.0, 10.0] if options.full else [0.1, 0.3, 1.0]
    counts = [50, 100] if options.smoke else [1000, 3000, 10_000]
    for scale in scales:
        rows += overlaps_and_nearest(scale, counts, 10_000)
    sizes = [(500, 300), (1000, 1000), (2000, 2000)]
    if options.smoke or options.full:
        sizes = [(300, 40)] if options.smoke else [(1000, 1000), (3000, 3000), (10_000, 10_000)]
    seconds = []
    for cells, polygons in sizes:
        found = zonal.run(cells, polygons, peer=True)
        seconds.append(found["ours_cpu"])
        peer = Cost(found.get("peer", math.nan), found.get("peer_cpu", math.nan))
        rows.append(("zonal", f"{polygons:,} polygons, {cells:,} × {cells:,} cells", Cost(found["ours"], found["ours_cpu"]), peer))
    print(f"  zonal: cost grows with polygons to the power of {exponent([count for _, count in sizes], seconds):.2f}")
    for scale in ["small"] if options.smoke else ["small", "medium", "province"] if options.full else ["small", "medium"]:
        figures = single_site.run(scale, 20 if options.smoke else 300)
        for key, label in (("warm", "warm, points and parcels"), ("corridor", "warm, corridors"), ("again", "cold, command to verdict")):
            if key in figures:
                rows.append(("one site", f"{scale}: {label}", Cost(figures[key], figures[f"{key}_cpu"]), Cost()))
    print(f"\nload {os.getloadavg()[0]:.1f} at the end; seconds by the clock (of CPU)")
    print("| what | data | sanxian, s | peer, s | ratio |\n|---|---|---|---|---|")
    for row in rows:
        print(line(row))
    print("\nPeers: overlap geopandas sjoin + intersection, nearest geopandas sjoin_nearest, zonal rasterstats.")


if __name__ == "__main__":
    main()

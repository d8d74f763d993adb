"""Statistics of a raster under many polygons, against rasterstats in the same run, with the answers compared.

    python benchmarks/zonal.py                                  # 2,000 × 2,000 cells, 1,000 polygons
    python benchmarks/zonal.py --cells 10000 --polygons 10000

Edges: here a cell counts by the part of it inside the polygon. rasterstats counts cells whose middle lies inside
(``all_touched=False``), whole. The two means are therefore compared only on polygons of many cells.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin

from spatial.zonal import summarise

CELL = 10.0


def make(path: Path, cells: int, rng: np.random.Generator) -> None:
    """Rolling hills in metres, tiled and packed as agencies deliver them."""
    x = np.arange(cells, dtype=np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", width=cells, height=cells, count=1, dtype="float32", crs="EPSG:4547", nodata=-9999,
        transform=from_origin(400_000, 3_500_000, CELL, CELL), tiled=True, blockxsize=512, blockysize=512, compress="deflate",
    ) as out:  # fmt: skip
        for row in range(0, cells, 512):
            y = np.arange(row, min(row + 512, cells), dtype=np.float32)[:, None]
            hills = 300 + 120 * np.sin(x / 310) * np.cos(y / 270) + rng.normal(0, 0.3, (len(y), cells)).astype(np.float32)
            out.write(np.round(hills, 1).astype(np.float32), 1, window=((row, row + len(y)), (0, cells)))


def parcels(cells: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Turned rectangles with sides of some 300 m."""
    span = cells * CELL
    found = []
    for _ in range(count):
        wide, high, turn = rng.lognormal(5.6, 0.5), rng.lognormal(5.6, 0.5), rng.uniform(0, math.pi)
        square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (wide / 2, high / 2)
        rotate = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        middle = 400_000 + rng.uniform(0.02, 0.98) * span, 3_500_000 - rng.uniform(0.02, 0.98) * span
        found.append(shapely.Polygon(middle + square @ rotate))
    return np.array(found, dtype=object)


def measured(task):
    wall, cpu = time.perf_counter(), time.process_time()
    answer = task()
    return answer, time.perf_counter() - wall, time.process_time() - cpu


def run(cells: int, polygons: int, peer: bool) -> dict[str, float]:
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dem.tif"
        make(path, cells, rng)
        asked = parcels(cells, polygons, rng)
        with rasterio.open(path) as dataset:
            summarise(dataset, asked[:1])
            ours, wall, cpu = measured(lambda: summarise(dataset, asked))
            _, slope_wall, _ = measured(lambda: summarise(dataset, asked, slope=True))
        print(f"{polygons:,} polygons on {cells:,} × {cells:,} cells")
        print(f"  sanxian      {wall:8.2f} s (CPU {cpu:.2f} s); slope {slope_wall:.2f} s")
        if not peer:
            return {"ours": wall, "ours_cpu": cpu}
        try:
            from rasterstats import zonal_stats
        except ImportError:
            print("  rasterstats is not installed")
            return {"ours": wall, "ours_cpu": cpu}
        theirs, peer_wall, peer_cpu = measured(
            lambda: zonal_stats(list(asked), str(path), stats=["count", "mean", "min", "max", "std", "median"])
        )
        print(f"  rasterstats  {peer_wall:8.2f} s (CPU {peer_cpu:.2f} s)   {peer_wall / wall:.1f} x")
        large = [(mine.mean, other["mean"]) for mine, other in zip(ours, theirs, strict=True) if mine.cells > 500]
        worst = max((abs(mine - other) for mine, other in large), default=0.0)
        assert worst < 1.0, worst  # metres; the edges are counted differently
        print(f"  largest difference of two means over {len(large)} polygons of more than 500 cells: {worst:.3f} m")
        return {"ours": wall, "ours_cpu": cpu, "peer": peer_wall, "peer_cpu": peer_cpu}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=2000)
    parser.add_argument("--polygons", type=int, default=1000)
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}")
    run(options.cells, options.polygons, not options.no_peer)


if __name__ == "__main__":
    main()

"""How fast overlaps and nearest features are found, against geopandas in the same run, with the answers compared.

    python benchmarks/spatial_overlap.py                       # small, some ten seconds
    python benchmarks/spatial_overlap.py --scale 10 --sites 10000

The data are made up and the same for the same arguments: ``redline`` has few, very ragged polygons, some with
holes; ``units`` is a coverage without gap or overlap. Sites are 40 % points, the rest parcels and long corridors.
A ratio belongs to its data (above all to the vertices per zone) and to its machine: quote both with it.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from spatial.prepared import Prepared, has_grid, warm

PLANE = CRS.from_epsg(4547)
WEST, SOUTH = 300_000.0, 3_000_000.0


def roughness(rng: np.random.Generator, count: int, levels: int) -> np.ndarray:
    """Fractal offsets that begin and end alike, by moving midpoints ever less; ``count * 2**levels`` of them."""
    values = rng.normal(size=count)
    for level in range(levels):
        middle = (values + np.roll(values, -1)) / 2 + rng.normal(size=len(values)) * 0.62**level
        values = np.column_stack([values, middle]).ravel()
    return values


def redline(rng: np.random.Generator, count: int, extent: float) -> np.ndarray:
    """Ragged star-shaped polygons, one in each cell of a grid; vertices follow a power law."""
    side = math.ceil(math.sqrt(count))
    cell = extent / side
    shapes = []
    for number in range(count):
        levels = int(min(2 + rng.exponential(2.2), 13))
        offsets = roughness(rng, 6, levels)
        radius = 0.42 * cell * np.exp(0.25 * (offsets - offsets.max()))
        angle = np.linspace(0, 2 * math.pi, len(radius), endpoint=False)
        middle = WEST + (number % side + 0.5) * cell, SOUTH + (number // side + 0.5) * cell
        ring = np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None]
        holes = [middle + 0.4 * ring] if rng.random() < 0.2 else []
        shapes.append(shapely.Polygon(middle + ring, holes))
    return np.array(shapes)


def units(rng: np.random.Generator, side: int, levels: int, extent: float) -> np.ndarray:
    """A coverage: a jittered grid whose neighbours share every vertex of their ragged borders."""
    cell = extent / side
    corner = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij"), axis=-1) * cell
    corner = corner + rng.uniform(-0.2, 0.2, corner.shape) * cell + (WEST, SOUTH)

    def border(start: np.ndarray, end: np.ndarray) -> np.ndarray:
        along = np.linspace(0, 1, 2**levels + 1)
        offset = roughness(rng, 1, levels)
        aside = np.concatenate([offset - offset[0], [0]]) * np.minimum(along, 1 - along) * 0.05
        step = end - start
        return start + along[:, None] * step + aside[:, None] * np.array([-step[1], step[0]])

    across = [[border(corner[i, j], corner[i + 1, j]) for j in range(side + 1)] for i in range(side)]
    up = [[border(corner[i, j], corner[i, j + 1]) for j in range(side)] for i in range(side + 1)]
    rings = [
        np.concatenate([across[i][j][:-1], up[i + 1][j][:-1], across[i][j + 1][::-1][:-1], up[i][j][::-1]])
        for i in range(side)
        for j in range(side)
    ]
    shapes = np.array([shapely.Polygon(ring) for ring in rings])
    return shapes[shapely.is_valid(shapes)]


def sites(rng: np.random.Generator, count: int, extent: float) -> np.ndarray:
    """40 % points, 57 % parcels, 3 % corridors, half of those as lines and half 60 m wide."""
    shapes = []
    for number in range(count):
        x, y = WEST + rng.uniform(0, extent), SOUTH + rng.uniform(0, extent)
        kind = number % 100
        if kind < 40:
            shapes.append(shapely.Point(x, y))
        elif kind < 97:
            wide, high, turn = rng.lognormal(4.6, 0.8), rng.lognormal(4.6, 0.8), rng.uniform(0, math.pi)
            square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (wide / 2, high / 2)
            rotate = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
            shapes.append(shapely.Polygon((x, y) + square @ rotate))
        else:
            heading = rng.uniform(0, 2 * math.pi) + np.cumsum(rng.normal(0, 0.1, 300))
            path = (x, y) + np.cumsum(100 * np.column_stack([np.cos(heading), np.sin(heading)]), axis=0)
            line = shapely.LineString(path)
            shapes.append(line if kind == 97 else line.buffer(30, quad_segs=2))
    return np.array(shapes)


def peer(asked: np.ndarray, zones: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """geopandas: join by intersects, then intersect the pairs and measure."""
    left = gpd.GeoDataFrame(geometry=asked, crs=PLANE)
    right = gpd.GeoDataFrame(geometry=zones, crs=PLANE)
    pairs = gpd.sjoin(left, right, predicate="intersects")
    site, zone = pairs.index.to_numpy(), pairs["index_right"].to_numpy()
    shared = left.geometry.iloc[site].intersection(right.geometry.iloc[zone], align=False)
    measure = np.where(shapely.get_dimensions(asked[site]) == 2, shared.area, shared.length)
    order = np.lexsort((zone, site))
    return site[order], zone[order], measure[order]


def best(task, runs: int):
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        answer = task()
        seconds.append(time.perf_counter() - start)
    return answer, min(seconds)


def compare(name: str, zones: np.ndarray, asked: np.ndarray, runs: int) -> None:
    vertices = int(shapely.get_num_coordinates(zones).sum())
    a_zone = vertices // len(zones)
    print(f"\n{name}: {len(zones):,} zones, {vertices:,} vertices ({a_zone} a zone), {len(asked):,} sites")
    (site, zone, measure), theirs = best(lambda: peer(asked, zones), 1)
    print(f"  geopandas sjoin + intersection        {theirs:9.3f} s   {len(site):,} rows")
    nearest_left = gpd.GeoDataFrame(geometry=asked, crs=PLANE)
    nearest_right = gpd.GeoDataFrame(geometry=zones, crs=PLANE)
    joined, theirs_nearest = best(
        lambda: gpd.sjoin_nearest(nearest_left, nearest_right, distance_col="metres"), 1
    )
    print(f"  geopandas sjoin_nearest               {theirs_nearest:9.3f} s")
    metres = joined.groupby(level=0)["metres"].min().to_numpy()
    for engine in ["tiles", *(["grid"] if has_grid() else [])]:
        start = time.perf_counter()
        prepared = Prepared(zones, PLANE, engine=engine)
        prepared.overlaps_batch(asked[:1])
        cold = time.perf_counter() - start
        found, ours = best(lambda prepared=prepared: prepared.overlaps_batch(asked), runs)
        _, alone = best(lambda prepared=prepared: prepared.overlaps_batch(asked, threads=1), runs)
        _, one = best(lambda prepared=prepared: prepared.overlaps_batch(asked[40:41]), 20)
        prepared.nearest_batch(asked[:1])
        near, ours_nearest = best(lambda prepared=prepared: prepared.nearest_batch(asked), runs)
        with tempfile.TemporaryDirectory() as folder:
            prepared.save(Path(folder) / "layer")
            loaded, opened = best(lambda: Prepared.load(Path(folder) / "layer"), runs)
            again = loaded.overlaps_batch(asked)
        np.testing.assert_array_equal(found.area_m2, again.area_m2)
        np.testing.assert_array_equal(found.site, site)
        np.testing.assert_array_equal(found.zone, zone)
        np.testing.assert_allclose(found.area_m2 + found.length_m, measure, rtol=1e-6, atol=0.01)
        np.testing.assert_allclose(near.distance, metres, rtol=1e-9, atol=1e-5)
        kinds = shapely.get_dimensions(asked)[found.site]
        both = found.area_m2 + found.length_m
        worst = np.max(np.abs(both - measure)[kinds > 0] / np.maximum(measure[kinds > 0], 1.0), initial=0)
        print(
            f"  {engine:5} prepared in {cold:7.3f} s, opened again in {opened:6.3f} s\n"
            f"        overlaps {ours:9.4f} s   {theirs / ours:7.1f} x   (one thread {alone:.4f} s; with preparation "
            f"{theirs / (ours + cold):.1f} x)\n"
            f"        nearest  {ours_nearest:9.4f} s   {theirs_nearest / ours_nearest:7.1f} x\n"
            f"        one parcel {one * 1e3:7.3f} ms; largest relative difference {worst:.1e}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the number of zones")
    parser.add_argument("--sites", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    extent = 100_000 * math.sqrt(options.scale)
    print(
        f"{platform.machine()}, {os.cpu_count()} processors; Python {platform.python_version()}, "
        f"shapely {shapely.__version__}, geopandas {gpd.__version__}, numba {'yes' if has_grid() else 'no'}"
    )
    start = time.perf_counter()
    warm()
    print(f"compiled or loaded code in {time.perf_counter() - start:.1f} s")
    asked = sites(rng, options.sites, extent)
    compare("redline", redline(rng, round(1000 * options.scale), extent), asked, options.runs)
    compare("units", units(rng, round(10 * math.sqrt(options.scale)), 9, extent), asked, options.runs)


if __name__ == "__main__":
    main()

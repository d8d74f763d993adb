"""A made-up province as a workspace, the same for the same arguments: what one screening and a map must cope with.

    python benchmarks/province.py OUT.gpkg                   # 1,100 units, 3-million-vertex redline, 60,000 outlets
    python benchmarks/province.py OUT.gpkg --scale small     # a hundredth of it, for trials

Control units are a coverage without gap or overlap. The redline comes from fractal noise, as real ones look: very many
small patches and a few that reach across the province with thousands of holes. Banks run along one wide river.
The province lies across the border of two 3-degree zones (112.5° to 118° E), and is drawn in degrees.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from rasterio.features import shapes as traced

from layers.read import read_layer
from layers.workspace import Workspace

WEST, SOUTH, EAST, NORTH = 112.6, 28.0, 117.8, 31.2
ROUGH = 0.93  # how much of an octave the next finer one has


@dataclass(frozen=True)
class Scale:
    """How much of everything; ``cells`` is the width of the picture that the redline is traced from."""

    across: int
    up: int
    levels: int
    cells: int
    outlets: int
    bank_vertices: int


SCALES = {
    "small": Scale(8, 5, 5, 400, 600, 4000),
    "medium": Scale(20, 12, 7, 1400, 6000, 40_000),
    "province": Scale(44, 25, 9, 8400, 60_000, 190_000),
}


def noise(rng: np.random.Generator, high: int, wide: int, first: int, rough: float) -> np.ndarray:
    """Fractal value noise: octaves of random grids, each drawn out to the whole picture."""
    found = np.zeros((high, wide), dtype=np.float32)
    step, weight = float(first), 1.0
    while step >= 1.0:
        coarse = rng.random((int(high / step) + 3, int(wide / step) + 3), dtype=np.float32)
        y, x = np.arange(high) / step, np.arange(wide) / step
        i, j = y.astype(int), x.astype(int)
        v, u = (y - i).astype(np.float32)[:, None], (x - j).astype(np.float32)[None, :]
        rows = coarse[i] * (1 - v) + coarse[i + 1] * v
        found += weight * (rows[:, j] * (1 - u) + rows[:, j + 1] * u)
        step, weight = step / 2, weight * rough
    return found


def redline(rng: np.random.Generator, scale: Scale) -> np.ndarray:
    """Polygons around the upper 22 % of a noise, no two corners alike."""
    wide = scale.cells
    high = round(wide * (NORTH - SOUTH) / (EAST - WEST))
    field = noise(rng, high, wide, max(wide // 8, 8), ROUGH)
    land = (field > np.quantile(field[::5, ::5], 0.78)).astype(np.uint8)
    shift = (rng.random((high + 1, wide + 1, 2)) - 0.5) * 0.7
    size = np.array([(EAST - WEST) / wide, (NORTH - SOUTH) / high])
    found = []
    for shape, _ in traced(land, mask=land == 1, connectivity=4):
        rings = []
        for ring in shape["coordinates"]:
            corners = np.asarray(ring, dtype=int)
            rings.append((corners + shift[corners[:, 1], corners[:, 0]]) * size + (WEST, SOUTH))
        if len(rings[0]) > 8:
            found.append(shapely.Polygon(rings[0], rings[1:]))
    polygons = np.array(found, dtype=object)
    pinched = np.flatnonzero(~shapely.is_valid(polygons))  # a ring that meets itself at a corner
    parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(polygons[pinched])))
    return np.concatenate([np.delete(polygons, pinched), parts[shapely.area(parts) > 0]])


def units(rng: np.random.Generator, scale: Scale) -> np.ndarray:
    """A coverage: a jittered grid whose neighbours share every vertex of their ragged borders."""
    size = np.array([(EAST - WEST) / scale.across, (NORTH - SOUTH) / scale.up])
    grid = np.stack(np.meshgrid(np.arange(scale.across + 1), np.arange(scale.up + 1), indexing="ij"), axis=-1)
    inner = np.ones(grid.shape[:2], dtype=bool)
    inner[[0, -1], :] = inner[:, [0, -1]] = False
    corner = (grid + rng.uniform(-0.2, 0.2, grid.shape) * inner[..., None]) * size + (WEST, SOUTH)

    def border(start: np.ndarray, end: np.ndarray, straight: bool) -> np.ndarray:
        along = np.linspace(0, 1, 2**scale.levels + 1)
        offset = np.zeros(1)
        for level in range(scale.levels):
            ends = np.append(offset, 0.0)
            middle = (ends[:-1] + ends[1:]) / 2 + rng.normal(size=len(offset)) * 0.05 * 0.55**level
            offset = np.column_stack([offset, middle]).ravel()
        step = end - start
        aside = np.append(offset, 0.0) * np.minimum(along, 1 - along) * (0.0 if straight else 1.2)
        return start + along[:, None] * step + aside[:, None] * np.array([-step[1], step[0]])

    across = [[border(corner[i, j], corner[i + 1, j], j in (0, scale.up)) for j in range(scale.up + 1)] for i in range(scale.across)]
    up = [[border(corner[i, j], corner[i, j + 1], i in (0, scale.across)) for j in range(scale.up)] for i in range(scale.across + 1)]
    return np.array(
        [
            shapely.Polygon(
                np.concatenate([across[i][j][:-1], up[i + 1][j][:-1], across[i][j + 1][::-1][:-1], up[i][j][::-1]])
            )
            for i in range(scale.across)
            for j in range(scale.up)
        ],
        dtype=object,
    )


def river(rng: np.random.Generator, scale: Scale) -> tuple[np.ndarray, np.ndarray]:
    """(middle line as (lon, lat), banks as lines of 2,000 vertices)."""
    count = scale.bank_vertices // 2
    lon = np.linspace(WEST, EAST, count)
    wave = sum(np.sin(lon * rate * 2 + phase) / rate for rate, phase in ((1.0, 0.3), (3.1, 1.0), (9.7, 2.0), (31.0, 0.7)))
    lat = (SOUTH + NORTH) / 2 + 0.45 * wave + np.cumsum(rng.normal(0, 2e-6, count))
    half = 0.008 + 0.003 * np.sin(lon * 40)
    banks = []
    for side in (1, -1):
        line = np.column_stack([lon, lat + side * half + rng.normal(0, 1e-5, count)])
        banks += [shapely.LineString(line[k : k + 2001]) for k in range(0, count - 1, 2000)]
    return np.column_stack([lon, lat]), np.array(banks, dtype=object)


def frames(scale: Scale, seed: int = 1) -> dict[str, dict[str, Any]]:
    """The layers: columns by role."""
    rng = np.random.default_rng(seed)
    zones = units(rng, scale)
    red = redline(rng, scale)
    middle, banks = river(rng, scale)
    outlets = middle[rng.integers(0, len(middle), scale.outlets)] + rng.normal(0, 0.05, (scale.outlets, 2))
    outlets = np.clip(outlets, (WEST + 0.01, SOUTH + 0.01), (EAST - 0.01, NORTH - 0.01))
    county = np.arange(len(zones)) // scale.up // 4 * 100 + np.arange(len(zones)) % scale.up // 5
    counties = [shapely.coverage_union_all(zones[county == one]) for one in np.unique(county)]
    kinds = np.array(["优先保护单元", "重点管控单元", "一般管控单元"])
    return {
        "admin": {
            "geometry": counties,
            "code": [f"3604{k + 1:02d}" for k in range(len(counties))],
            "name": [f"示例县{k}" for k in range(len(counties))],
            "level": ["county"] * len(counties),
        },
        "control_unit": {
            "geometry": zones,
            "code": [f"ZH3604{k // 1000 + 1:02d}{k % 3 + 1}{k:04d}" for k in range(len(zones))],
            "name": [f"单元{k}" for k in range(len(zones))],
            "category": kinds[np.arange(len(zones)) % 3],
        },
        "ecological_redline": {"geometry": red, "name": [f"红线{k}" for k in range(len(red))]},
        "river_bank": {
            "geometry": banks, "river": ["大江"] * len(banks), "rank": ["main"] * len(banks), "baseline": ["levee"] * len(banks),
        },
        "discharge_outlet": {
            "geometry": shapely.points(outlets),
            "name": [f"排口{k}" for k in range(len(outlets))],
            "code": [f"FA-360404-{k:04d}-GY-00" for k in range(len(outlets))],
        },
    }  # fmt: skip


def build(path: Path, scale: str = "province", seed: int = 1, *, say: bool = True) -> dict[str, dict[str, Any]]:
    """Write the workspace, and beside it ``sites.parquet`` with 1,000 sites; returns the columns by role."""
    made = frames(SCALES[scale], seed)
    with tempfile.TemporaryDirectory() as name, Workspace.create(path) as workspace:
        for role, columns in made.items():
            begin = time.perf_counter()
            file = Path(name) / f"{role}.gpkg"
            gpd.GeoDataFrame(columns, crs="EPSG:4490").to_file(file)
            workspace.add(read_layer(file, role), accuracy_m=1.0)
            if say:
                vertices = shapely.get_num_coordinates(np.asarray(columns["geometry"], dtype=object))
                print(
                    f"{role}: {len(vertices):,} features, {vertices.sum():,} vertices, largest {vertices.max():,}; "
                    f"added in {time.perf_counter() - begin:.1f} s"
                )
    sites(1000, seed).to_parquet(path.with_name("sites.parquet"), index=False)
    return made


def sites(count: int, seed: int = 1) -> gpd.GeoDataFrame:
    """Projects: 40 % points, 57 % parcels of up to 1 km, 3 % corridors of 30 km, half of these 60 m wide."""
    rng = np.random.default_rng(seed + 7)
    found = []
    for number in range(count):
        lon, lat = rng.uniform(WEST + 0.4, EAST - 0.4), rng.uniform(SOUTH + 0.4, NORTH - 0.4)
        kind = number % 100
        if kind < 40:
            found.append(shapely.Point(lon, lat))
        elif kind < 97:
            wide, high, turn = rng.lognormal(5.0, 0.8), rng.lognormal(5.0, 0.8), rng.uniform(0, np.pi)
            square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (wide / 2, high / 2)
            square = square @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
            found.append(shapely.Polygon((lon, lat) + square / (96_000.0, 111_000.0)))
        else:
            heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.1, 300))
            path = (lon, lat) + np.cumsum(np.column_stack([np.cos(heading), np.sin(heading)]) * 100 / 1e5, axis=0)
            line = shapely.LineString(path)
            found.append(line if kind == 97 else line.buffer(3e-4, quad_segs=2))
    codes = np.array(["C2614", "C1411", "D4411", "C3110", "A0313", "N7721"])
    return gpd.GeoDataFrame(
        {
            "id": [f"P{k}" for k in range(count)],
            "name": [f"项目{k}" for k in range(count)],
            "industry_code": codes[rng.integers(len(codes), size=count)],
            "nature": np.array(["new", "rebuild", "expansion"])[rng.integers(3, size=count)],
            "wastewater": np.array(["none", "indirect", "direct"])[rng.integers(3, size=count)],
        },
        geometry=np.array(found, dtype=object), crs="EPSG:4490",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scale", choices=SCALES, default="province")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    build(options.out, options.scale, options.seed)


if __name__ == "__main__":
    main()

"""An A3 sheet of five million vertices: seconds for each step and each format, and the size of the file.

    python benchmarks/sheet_five_million.py [--crs 4490] [--from-file]

The layer is a gap-free coverage of 71 × 71 units with ragged common borders, made up here.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import geopandas
import numpy as np
import shapely

SIDE, STEPS, SIZE_M = 71, 250, 2_000.0


def coverage(side: int = SIDE, steps: int = STEPS, size_m: float = SIZE_M, seed: int = 5) -> geopandas.GeoDataFrame:
    """Units of ``4 * steps`` vertices whose borders are shared, in EPSG:4548."""
    random = np.random.default_rng(seed)
    walk = np.linspace(0, 1, steps + 1)

    def border() -> np.ndarray:
        noise = np.cumsum(random.normal(0, 1, steps + 1))
        noise -= noise[0] + (noise[-1] - noise[0]) * walk  # both ends stay where they are
        return noise * size_m * 0.006

    flat = [[np.column_stack([(x + walk) * size_m, y * size_m + border()]) for x in range(side)] for y in range(side + 1)]
    high = [[np.column_stack([x * size_m + border(), (y + walk) * size_m]) for x in range(side + 1)] for y in range(side)]
    shapes, categories = [], ("priority", "key", "general")
    for y in range(side):
        for x in range(side):
            ring = np.vstack([flat[y][x][:-1], high[y][x + 1][:-1], flat[y + 1][x][::-1][:-1], high[y][x][::-1]])
            shapes.append(shapely.polygons(ring + (400_000, 3_200_000)))
    count = side * side
    return geopandas.GeoDataFrame(
        {"code": [f"ZH36040320{i % 10000:04d}" for i in range(count)], "name": [f"单元{i:04d}" for i in range(count)],
         "category": [categories[i % 3] for i in range(count)]}, geometry=shapes, crs=4548)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--crs", type=int, default=4548)
    parser.add_argument("--from-file", action="store_true", help="write a workspace and read it back first")
    asked = parser.parse_args()
    frame = coverage()
    if asked.crs != 4548:
        frame = frame.to_crs(asked.crs)
    print(f"{len(frame)} units, {shapely.get_num_coordinates(frame.geometry.to_numpy()).sum():,} vertices, EPSG:{asked.crs}")
    from gui.sheet import export
    from sanxian.mapping.sheets import build, template
    from sanxian.mapping.sheets.content import Source

    export.ready()
    from gui.sheet.fonts import sheet_font

    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        sheet_font()
        told = [f"font {time.perf_counter() - begun:.2f} s"]
        if asked.from_file:
            import pyogrio

            file = Path(folder) / "units.gpkg"
            pyogrio.write_dataframe(frame, file)
            begun = time.perf_counter()
            frame = pyogrio.read_dataframe(file)
            told.append(f"reading {time.perf_counter() - begun:.2f} s")
        source = Source("units", "单元", "control_unit", frame, data_date="2023-12-31")
        for suffix in (".pdf", ".png", ".svg"):
            begun = time.perf_counter()
            sheet = build.build([source], build.Request(template.builtin()["zoning"], date(2026, 11, 22)))
            built = time.perf_counter()
            path = Path(folder) / f"sheet{suffix}"
            export.write(sheet, path, on=date(2026, 11, 22))
            done = time.perf_counter()
            told.append(f"{suffix[1:]}: {built - begun:.2f} s to build, {done - built:.2f} s to write, {done - begun:.2f} s in all, "
                        f"{path.stat().st_size / 1e6:.1f} MB, {len(sheet.layers[0].shapes.xy):,} vertices on paper")
        print("\n".join(told))


if __name__ == "__main__":
    main()

"""A provincial redline as a shapefile: read, checked and stored.

    python benchmarks/layers_reading.py [vertices in millions, 3 by default]

Made up: star-shaped polygons with crinkled outlines on a grid over the province, GBK attributes, no .cpg. Prints the
seconds of each step, the sum, and the most memory that the process held.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import shapely

PER_SHAPE = 1500


def redline(vertices: int) -> geopandas.GeoDataFrame:
    """Polygons of 1500 vertices each, none touching another."""
    rng = np.random.default_rng(7)
    count = vertices // PER_SHAPE
    side = int(np.ceil(count**0.5))
    angles = np.linspace(0, 2 * np.pi, PER_SHAPE)[:-1]
    shapes = []
    for number in range(count):
        row, column = divmod(number, side)
        reach = 0.02 * (0.6 + 0.4 * rng.random(PER_SHAPE - 1))
        x = 113.6 + (column + 0.5) * 4.8 / side + reach * np.cos(angles)
        y = 24.6 + (row + 0.5) * 5.4 / side + reach * np.sin(angles)
        ring = np.column_stack([x, y])
        shapes.append(shapely.Polygon(np.vstack([ring, ring[:1]])))
    data = {
        "STBHHXBM": [f"36{number:07}" for number in range(count)],
        "STBHHXMC": [f"生态保护红线图斑{number}" for number in range(count)],
        "HXLX": ["水源涵养"] * count,
        "MJ": np.round(rng.random(count) * 100, 4),
    }
    return geopandas.GeoDataFrame(data, geometry=shapes, crs=4490)


def main() -> None:
    vertices = int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 3_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "红线.shp"
        if len(sys.argv) > 2:  # within: the file has been made by the process that asked
            work(Path(sys.argv[2]), folder)
            return
        frame = redline(vertices)
        pyogrio.write_dataframe(frame, path, encoding="GBK")
        path.with_suffix(".cpg").unlink(missing_ok=True)
        size = sum(part.stat().st_size for part in folder.iterdir()) / 1e6
        print(f"{len(frame)} polygons, {shapely.get_num_coordinates(frame.geometry.array).sum()} vertices, {size:.0f} MB")
        import subprocess

        # A process of its own, so that the memory told is that of the work and not of making the file.
        subprocess.run([sys.executable, __file__, sys.argv[1] if len(sys.argv) > 1 else "3", str(path)], check=True)


def work(path: Path, folder: Path) -> None:
    started = time.perf_counter()
    from layers.check import check_layer
    from layers.read import read_layer
    from layers.workspace import Workspace

    marks = [("import", time.perf_counter())]
    steps = []
    layer = read_layer(path, "ecological_redline", progress=lambda done, total: steps.append((done, total)))
    marks.append(("read", time.perf_counter()))
    findings = check_layer(layer, "ecological_redline")
    marks.append(("check", time.perf_counter()))
    with Workspace.create(folder / "w.gpkg") as workspace:
        record = workspace.add(layer)
    marks.append(("store", time.perf_counter()))
    before = started
    for words, mark in marks:
        print(f"{words:8} {mark - before:6.2f} s")
        before = mark
    print(f"{'sum':8} {before - started:6.2f} s")
    print(f"{record.features} features stored, {len(findings)} findings, {len(layer.issues)} issues, {len(steps)} steps told")
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()

"""How long the map takes to draw, and how long the window's thread has to wait meanwhile.

    python benchmarks/canvas_frames.py [--share 0.1]

Draws a gap-free coverage of ragged polygons (45,000 polygons with 20 million vertices at share 1), then 100,000
points over it. For each view: the first drawing (cold), the median of the next ones (warm), and the longest gap
between two beats of a 5 ms timer in the window's thread (stall).
"""

import argparse
import os
import resource
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import geopandas as gpd
import numpy as np
import shapely
from PyQt5.QtCore import QCoreApplication, QTimer
from PyQt5.QtWidgets import QApplication

from gui.canvas.canvas import MapCanvas
from gui.canvas.scene import MapLayer

SIZE = (1600, 1000)
LEFT, BOTTOM, WIDE = 400_000.0, 3_100_000.0, 200_000.0
PER_SIDE = 112


def ragged(lines: int, step: float, rng: np.random.Generator) -> np.ndarray:
    """Random walks that begin and end at zero: how far each point of a side lies off the straight line."""
    walk = np.cumsum(rng.normal(0, 1, (lines, PER_SIDE + 1)), axis=1)
    walk -= walk[:, :1]
    walk -= np.linspace(0, 1, PER_SIDE + 1) * walk[:, -1:]
    return walk * (0.25 * step / PER_SIDE**0.5 / 3)


def coverage(side: int, seed: int = 1) -> gpd.GeoDataFrame:
    """``side``² polygons of 449 vertices that share their borders exactly."""
    step, rng = WIDE / side, np.random.default_rng(seed)
    across = ragged((side + 1) * side, step, rng).reshape(side + 1, side, -1)
    up = ragged(side * (side + 1), step, rng).reshape(side, side + 1, -1)
    along = np.linspace(0, step, PER_SIDE + 1)
    shapes = []
    for row in range(side):
        rings = []
        for column in range(side):
            x, y = LEFT + column * step, BOTTOM + row * step
            low = np.column_stack([x + along, y + across[row, column]])
            high = np.column_stack([x + along, y + step + across[row + 1, column]])
            left = np.column_stack([x + up[row, column], y + along])
            right = np.column_stack([x + step + up[row, column + 1], y + along])
            rings.append(np.vstack([low[:-1], right[:-1], high[:0:-1], left[:0:-1], low[:1]]))
        owner = np.repeat(np.arange(side), [len(ring) for ring in rings])
        shapes.append(shapely.polygons(shapely.linearrings(np.concatenate(rings), indices=owner)))
    kinds = np.array(["priority", "key", "general"])[np.arange(side * side) * 7919 % 3]
    return gpd.GeoDataFrame({"category": kinds}, geometry=np.concatenate(shapes), crs=4548)


class Heart:
    """Beats every 5 ms in the window's thread and remembers the longest gap."""

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._beat)
        self._last = time.perf_counter()
        self._worst = 0.0
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self._worst = max(self._worst, (now - self._last) * 1000)
        self._last = now

    def take(self) -> float:
        """The longest gap in ms since the last time of asking."""
        worst, self._worst = self._worst, 0.0
        self._last = time.perf_counter()
        return worst


def settle(canvas: MapCanvas) -> None:
    """Wait in the event loop, as a person would."""
    while canvas.busy:
        QCoreApplication.processEvents()
        time.sleep(0.001)


def memory() -> float:
    """The most memory that the process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Draw and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="share of the full size")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--crs", type=int, default=4548, help="EPSG code of the map; the data are in 4548")
    parser.add_argument("--picture", type=Path, help="write the full extent there")
    options = parser.parse_args()
    application = QApplication([])
    begun = time.perf_counter()
    frame = coverage(max(int(212 * options.share**0.5), 4))
    dots = np.random.default_rng(2).uniform(0, WIDE, (int(100_000 * options.share), 2)) + (LEFT, BOTTOM)
    points = gpd.GeoDataFrame(geometry=shapely.points(dots), crs=4548)
    vertices = int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum())
    print(f"{len(frame):,} polygons, {vertices:,} vertices, {len(points):,} points; made in "
          f"{time.perf_counter() - begun:.1f} s, {memory():.0f} MB")
    canvas = MapCanvas()
    canvas.set_crs(options.crs)
    canvas.resize(*SIZE)
    canvas.show()
    settle(canvas)
    times: list[float] = []
    canvas.renderFinished.connect(times.append)
    heart = Heart()

    def measure(what: str) -> None:
        begun = time.perf_counter()
        settle(canvas)
        cold, stalls = (time.perf_counter() - begun) * 1000, [heart.take()]
        times.clear()
        for _run in range(options.runs):
            canvas.refresh()
            settle(canvas)
            stalls.append(heart.take())
        print(f"{what:24s} cold {cold:7.0f}  warm {statistics.median(times):7.0f}  "
              f"stall cold {stalls[0]:5.0f}  warm {max(stalls[1:]):5.0f}   {memory():6.0f} MB", flush=True)

    areas = MapLayer("areas", "areas", "control_unit", frame)
    heart.take()
    canvas.set_layers([areas])
    measure("polygons, full extent")
    if options.picture:
        canvas.grab().save(str(options.picture))
    scale = canvas.scale()
    for part in (4, 16, 64):
        heart.take()
        canvas.set_scale(scale / part)
        measure(f"polygons, 1/{part}")
    canvas.zoom_full()
    settle(canvas)
    heart.take()
    dots_layer = MapLayer("points", "points", "pollution_source", points)
    canvas.set_layers([dots_layer])
    measure("points, full extent")
    canvas.set_layers([dots_layer, areas])
    measure("both, full extent")
    for _step in range(40):
        canvas.pan(7, 3)
        for _wait in range(4):
            QCoreApplication.processEvents()
            time.sleep(0.005)
    print(f"dragging 40 steps        stall {heart.take():5.0f}")
    canvas.shutdown()
    application.quit()


if __name__ == "__main__":
    main()

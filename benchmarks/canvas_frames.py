"""How long the map takes to draw, against QGIS on the same file in the same run, and how long the window's thread waits.

    python benchmarks/canvas_frames.py [--share 0.1] [--no-peer]

Writes a gap-free coverage of ragged polygons (45,000 polygons with 20 million vertices at share 1) and 100,000 points
into one GeoPackage. Ours reads it once and draws from memory, as the window does; QGIS (Debian: ``apt-get install
--no-install-recommends python3-qgis qgis-providers``) is driven by the system's own Python in a process of its own and
reads the file anew for each picture, as it does in its own window. Same pixels, same extents, same colours,
antialiasing on. For each view: the first picture (cold) and the median of the next ones (warm), by the clock and of
CPU; the longest gap between two beats of a 5 ms timer in the window's thread (stall); and the share of pixels that
are coloured, ours and theirs, and of those that are coloured in one picture only.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import geopandas as gpd
import numpy as np
import shapely
from PyQt5.QtCore import QCoreApplication, QEventLoop, QTimer
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QApplication

from gui.canvas.canvas import MapCanvas
from gui.canvas.paint import pixels_of
from gui.canvas.scene import MapLayer
from gui.canvas.symbols import style_for
from gui.garbage import Garbage

SIZE = (1600, 1000)
LEFT, BOTTOM, WIDE = 400_000.0, 3_100_000.0, 200_000.0
PER_SIDE = 112
ROLES = {"areas": "control_unit", "points": "pollution_source"}
QGIS = """
import json, os, resource, statistics, sys, time
asked = json.load(sys.stdin)
from qgis.core import (Qgis, QgsApplication, QgsCategorizedSymbolRenderer, QgsCoordinateReferenceSystem, QgsFillSymbol,
    QgsMapRendererParallelJob, QgsMapSettings, QgsMarkerSymbol, QgsRectangle, QgsRendererCategory, QgsSingleSymbolRenderer,
    QgsVectorLayer)
from qgis.PyQt.QtCore import QEventLoop, QSize
from qgis.PyQt.QtGui import QColor
application = QgsApplication([], False)
application.initQgis()
def symbol(look):
    kind = QgsMarkerSymbol if look["size"] else QgsFillSymbol
    about = {"color": look["fill"], "outline_color": look["outline"], "outline_width": str(look["width"]),
             "outline_width_unit": "Pixel"}
    if look["size"]:
        about.update(name="circle", size=str(look["size"]), size_unit="Pixel")
    return kind.createSimple(about)
layers, opened = {}, {}
for name, looks in asked["looks"].items():
    begun = time.perf_counter()
    layer = QgsVectorLayer(asked["file"] + "|layername=" + name, name, "ogr")
    assert layer.isValid(), name
    if len(looks) > 1:
        categories = [QgsRendererCategory(look["value"], symbol(look), "") for look in looks]
        layer.setRenderer(QgsCategorizedSymbolRenderer("category", categories))
    else:
        layer.setRenderer(QgsSingleSymbolRenderer(symbol(looks[0])))
    layers[name] = layer
    opened[name] = time.perf_counter() - begun
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
rows = []
for number, view in enumerate(asked["views"]):
    settings = QgsMapSettings()
    settings.setLayers([layers[name] for name in view["layers"]])
    settings.setDestinationCrs(QgsCoordinateReferenceSystem(asked["crs"]))
    settings.setOutputSize(QSize(*asked["size"]))
    settings.setOutputDpi(96)
    settings.setExtent(QgsRectangle(*view["extent"]))
    settings.setBackgroundColor(QColor("white"))
    settings.setFlag(QgsMapSettings.Antialiasing, True)
    settings.setFlag(QgsMapSettings.UseRenderingOptimization, True)
    took = []
    for run in range(asked["runs"] + 1):
        begun, used = time.perf_counter(), cpu()
        job = QgsMapRendererParallelJob(settings)
        loop = QEventLoop()
        job.finished.connect(loop.quit)
        job.start()
        loop.exec_()
        took.append((time.perf_counter() - begun, cpu() - used))
    picture = os.path.join(asked["folder"], "qgis-%d.png" % number)
    job.renderedImage().save(picture)
    rows.append({"cold": took[0], "warm": [statistics.median(one) for one in zip(*took[1:])], "picture": picture})
    print(view["name"], took, file=sys.stderr)
json.dump({"version": Qgis.QGIS_VERSION, "opened": opened, "rows": rows, "cpus": os.cpu_count(),
           "mb": int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024}, sys.stdout)
sys.stdout.flush()
os._exit(0)  # closing QGIS down costs seconds and is no part of this
"""


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
        QCoreApplication.processEvents(QEventLoop.AllEvents | QEventLoop.WaitForMoreEvents)


def memory() -> float:
    """The most memory that the process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def looks(role: str) -> list[dict[str, Any]]:
    """The symbols of a role as QGIS takes them; sizes in pixels of 96 dots to the inch."""
    unit = 96 / 72
    return [
        {
            "value": symbol.value,
            "fill": ",".join(str(int(symbol.fill[at : at + 2], 16)) for at in (1, 3, 5)) + f",{round(symbol.fill_opacity * 255)}",
            "outline": symbol.outline,
            # A crowd is drawn with lines of exactly one pixel by ours; so it is by QGIS.
            "width": 1 if role == ROLES["areas"] else symbol.outline_width * unit,
            "size": symbol.size * unit if role == ROLES["points"] else 0,
        }
        for symbol in style_for(role).classes
    ]


def qgis(file: Path, crs: int, views: list[dict[str, Any]], runs: int, python: str) -> dict[str, Any] | None:
    """What QGIS needed for the same views; ``None`` where there is no QGIS."""
    asked = {"file": str(file), "crs": f"EPSG:{crs}", "size": SIZE, "views": views, "runs": runs, "folder": str(file.parent),
             "looks": {name: looks(role) for name, role in ROLES.items()}}
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    try:
        there = subprocess.run([python, "-c", "import qgis.core"], env=clean, capture_output=True, check=False)
    except OSError:
        return None
    if there.returncode:
        return None
    done = subprocess.run([python, "-c", QGIS], input=json.dumps(asked), env=clean, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout:
        raise SystemExit(f"QGIS failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout[done.stdout.index("{") :])


def coloured(image: QImage) -> np.ndarray:
    """Which pixels are not white paper."""
    return np.asarray((pixels_of(image.convertToFormat(QImage.Format_RGB32))[..., :3] < 250).any(axis=2))


def alike(ours: QImage, theirs: QImage) -> tuple[float, float, float, float]:
    """Coloured share of ours and of theirs, share coloured in one only, mean difference of 20 x 20 blocks (0 to 255)."""
    left, right = coloured(ours), coloured(theirs)
    blocks = [pixels_of(image.convertToFormat(QImage.Format_RGB32))[..., :3].astype(float).reshape(
        SIZE[1] // 20, 20, SIZE[0] // 20, 20, 3).mean(axis=(1, 3)) for image in (ours, theirs)]
    return float(left.mean()), float(right.mean()), float((left != right).mean()), float(np.abs(blocks[0] - blocks[1]).mean())


def main() -> None:
    """Draw and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="share of the full size")
    parser.add_argument("--runs", type=int, default=3, help="warm pictures of each view")
    parser.add_argument("--crs", type=int, default=4548, help="EPSG code of the map; the data are in 4548")
    parser.add_argument("--no-peer", action="store_true", help="without QGIS")
    parser.add_argument("--qgis-python", default="/usr/bin/python3", help="the Python that knows QGIS")
    parser.add_argument("--folder", type=Path, help="keep data and pictures there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        run(options, options.folder or Path(made))


def run(options: argparse.Namespace, folder: Path) -> None:
    """Everything, with what is written in ``folder``."""
    application = QApplication.instance() or QApplication([])
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"frames-{options.share:g}.gpkg"
    if not file.exists():
        dots = np.random.default_rng(2).uniform(0, WIDE, (int(100_000 * options.share), 2)) + (LEFT, BOTTOM)
        coverage(max(int(212 * options.share**0.5), 4)).to_file(file, layer="areas")
        gpd.GeoDataFrame(geometry=shapely.points(dots), crs=4548).to_file(file, layer="points")
    begun = time.perf_counter()
    frames = {name: gpd.read_file(file, layer=name) for name in ROLES}
    vertices = int(shapely.get_num_coordinates(frames["areas"].geometry.to_numpy()).sum())
    print(f"{len(frames['areas']):,} polygons, {vertices:,} vertices, {len(frames['points']):,} points, "
          f"{file.stat().st_size / 1e6:.0f} MB; read once in {time.perf_counter() - begun:.1f} s, {memory():.0f} MB")
    canvas = MapCanvas()
    canvas.set_crs(options.crs)
    canvas.resize(*SIZE)
    canvas.show()
    settle(canvas)
    heart = Heart()
    garbage = Garbage(lambda: canvas.busy)  # looked for as in the window: when nothing is drawn
    views: list[dict[str, Any]] = []
    ours: list[dict[str, Any]] = []
    shown = {name: MapLayer(name, name, role, frames[name], labels=False) for name, role in ROLES.items()}

    def drawn(begin: Any) -> tuple[float, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        begin()
        settle(canvas)
        return time.perf_counter() - wall, time.process_time() - cpu

    def measure(what: str, layers: list[str], begin: Any) -> None:
        settle(canvas)
        heart.take()
        cold, stalls, warm = drawn(begin), [heart.take()], []
        for _run in range(options.runs):
            warm.append(drawn(canvas.refresh))
            stalls.append(heart.take())
        views.append({"name": what, "layers": layers, "extent": [float(one) for one in canvas.extent()]})
        ours.append({"cold": cold, "warm": [statistics.median(one) for one in zip(*warm, strict=True)], "stalls": stalls,
                     "picture": canvas.grab_image(*SIZE)})
        print(f"{what:24s} cold {cold[0] * 1000:7.0f}  warm {ours[-1]['warm'][0] * 1000:7.0f}  "
              f"stall cold {stalls[0]:5.0f}  warm {max(stalls[1:]):5.0f}   {memory():6.0f} MB", flush=True)

    def show(*names: str) -> Any:
        return lambda: canvas.set_layers([shown[name] for name in names])

    measure("polygons, full extent", ["areas"], show("areas"))
    scale = canvas.scale()
    for part in (4, 64):
        measure(f"polygons, zoomed {part}×", ["areas"], lambda part=part: canvas.set_scale(scale / part))
    canvas.zoom_full()
    measure("points, full extent", ["points"], show("points"))
    measure("both, full extent", ["points", "areas"], show("points", "areas"))
    heart.take()
    for _step in range(40):
        canvas.pan(7, 3)
        for _wait in range(4):
            QCoreApplication.processEvents()
            time.sleep(0.005)
    print(f"dragging 40 steps        stall {heart.take():5.0f} ms, {memory():.0f} MB at most")
    garbage.stop()
    canvas.shutdown()
    theirs = None if options.no_peer else qgis(file, options.crs, views, options.runs, options.qgis_python)
    table(views, ours, theirs, options.folder)
    print(f"load {os.getloadavg()[0]:.1f} at the end")
    application.quit()


def table(views: list[dict[str, Any]], ours: list[dict[str, Any]], theirs: dict[str, Any] | None, keep: Path | None) -> None:
    """One line a view: seconds by the clock (of CPU)."""

    def cost(pair: tuple[float, float]) -> str:
        return f"{pair[0]:.3f} ({pair[1]:.3f})"

    peer = f"QGIS {theirs['version']}" if theirs else "QGIS"
    print(f"\nseconds by the clock (of CPU); {peer}" + (f", {theirs['mb']:.0f} MB" if theirs else " is not installed: apt-get "
          "install --no-install-recommends python3-qgis qgis-providers"))
    print(f"| view | ours, cold | ours, warm | {peer}, cold | {peer}, warm | QGIS : ours, warm | window's thread, longest gap |"
          " coloured, ours : QGIS | in one only | blocks differ |\n|" + "---|" * 10)
    for number, (view, mine) in enumerate(zip(views, ours, strict=True)):
        their = theirs["rows"][number] if theirs else None
        if keep is not None:
            mine["picture"].save(str(keep / f"ours-{number}.png"))
        same = alike(mine["picture"], QImage(their["picture"])) if their else None
        cells = [view["name"], cost(mine["cold"]), cost(mine["warm"]), cost(their["cold"]) if their else "not installed",
                 cost(their["warm"]) if their else "not installed",
                 f"{their['warm'][0] / mine['warm'][0]:.1f} × ({their['warm'][1] / mine['warm'][1]:.1f} ×)" if their else "–",
                 f"{max(mine['stalls']):.0f} ms", f"{same[0]:.1%} : {same[1]:.1%}" if same else f"{coloured(mine['picture']).mean():.1%}",
                 f"{same[2]:.1%}" if same else "–", f"{same[3]:.1f} of 255" if same else "–"]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()

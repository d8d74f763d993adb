"""Paints one picture of the map into a QImage. Runs in the drawing thread and touches no widget.

PyQt holds the interpreter lock during a painter call, so no call here is given more than a few thousand vertices: one
call a feature, long outlines in pieces, points written straight into the picture's memory.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QTransform,
)

from gui.canvas.geodesy import LONLAT, crs_key, distance_text, segment_lengths, transform, transform_geometry
from gui.canvas.overlay import NORTH_ARROW, SCALE_BAR
from gui.canvas.prepare import Box, Chunk, Level, NoCrs, Paths, Prepared, clip_ring, visible_runs
from gui.canvas.raster import Ground, RasterError, read_raster
from gui.canvas.scene import Picked, View
from gui.canvas.symbols import Ink, blended, classify, draw_marker, inks_for, style_for
from sanxian.i18n import _
from sanxian.mapping.own_styles import label_text, named_field
from sanxian.mapping.styles import NOT_JUDGED, OUTDATED, is_reviewed, shown_style

if TYPE_CHECKING:
    import geopandas as gpd

log = logging.getLogger(__name__)

_NO_PEN = QPen(Qt.NoPen)

LONG_RING = 2000
CROWD_VERTICES = 300_000
SELECTED = "#e6b800"
_STAMPED = 4096  # points that are stamped between two looks at the clock
FEW_POINTS = 3000
_CROWD = 1.5  # times the ground that markers have for themselves
MANY_LABELS = 300
MANY_OUTLINES = 60
PARTIAL_SECONDS = 0.2
REST_EVERY_SECONDS, REST_SECONDS = 0.008, 0.0002
LABEL_COLUMNS = ("name", "名称", "NAME", "label", "code")
REPEAT_PIXELS = 220


class Cancelled(Exception):
    """A newer drawing is wanted."""


@dataclass(frozen=True, eq=False)
class LayerShot:
    """What one layer was like when the drawing was asked for."""

    id: str
    name: str
    role: str
    frame: gpd.GeoDataFrame | None
    revision: int
    opacity: float
    style: Any
    raster: Path | Ground | None
    labels: bool | None
    values: int = 0

    def __eq__(self, other: object) -> bool:
        """Whether both would be drawn alike; frames are told apart by revision, never compared."""
        return isinstance(other, LayerShot) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.id, self.revision))

    def _key(self) -> tuple[object, ...]:
        return self.id, self.role, self.revision, self.values, self.opacity, id(self.style), self.raster, self.labels


Placed = tuple[shapely.Geometry, str]
Swipe = tuple[frozenset[str], frozenset[str], float]


@dataclass(frozen=True)
class Extras:
    """What lies over the layers; a change here redraws no layer.

    Attributes:
        sites: (id, geometry, verdict, ``crs_key``).
        current: Id of the marked site.
        hidden: Id of a site that is not drawn because it is being edited.
        selection: Selected features, of layers of the job.
        evidence: Highlighted geometries with their ``crs_key``.
        label: Words at the evidence.
    """

    sites: tuple[tuple[str, shapely.Geometry, str, str], ...] = ()
    current: str | None = None
    hidden: str | None = None
    selection: Picked = field(default_factory=Picked)
    evidence: tuple[Placed, ...] = ()
    label: str | None = None


@dataclass(frozen=True)
class Job:
    """One picture that is wanted.

    Attributes:
        generation: Counts up; a picture of an older one is thrown away.
        view: In logical pixels.
        ratio: Device pixels in a logical one.
        crs: ``crs_key`` of the canvas.
        layers: Bottom first.
        extras: Over the layers.
        font: For labels, in logical pixels.
        background: Colour under everything, or None for none.
        measure_only: Only find out the layers' bounds.
        fresh: Draw the layers again even if they look unchanged.
        scale: Denominator of the scale on this screen; 0 for one that is not known.
        swipe: Ids of layers that are drawn left of the divider only, of those right of it only, and where it stands as a
            share of the width; ``None`` for no divider.
        paused: Draw the layers as they were last drawn, and over them what lies there now: no verdict of before is left.
    """

    generation: int
    view: View
    ratio: float
    crs: str
    layers: tuple[LayerShot, ...]
    extras: Extras
    font: QFont
    background: QColor | None = None
    measure_only: bool = False
    fresh: bool = False
    scale: float = 0.0
    swipe: Swipe | None = None
    paused: bool = False


def qpolygon(xy: np.ndarray) -> QPolygonF:
    """Rows of (x, y) as a QPolygonF, copied in one go."""
    polygon = QPolygonF(len(xy))
    if len(xy):
        memory = polygon.data()
        memory.setsize(len(xy) * 16)
        np.frombuffer(memory, np.float64).reshape(-1, 2)[:] = xy
    return polygon


def pixels_of(image: QImage) -> np.ndarray:
    """The picture's memory as rows of bytes (height, width, 4: blue, green, red, alpha); the picture must outlive it."""
    memory = image.bits()
    memory.setsize(image.sizeInBytes())
    return np.frombuffer(memory, np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)


class Workshop:
    """What the drawing thread keeps from one picture to the next."""

    def __init__(self) -> None:
        self._prepared: dict[tuple[str, int, str], Prepared] = {}
        self._classes: dict[tuple[int, int, int], tuple[Any, np.ndarray]] = {}
        self.last: list[tuple[tuple[Any, ...], QImage]] = []  # pictures of the layers: one, or the two sides of a divider
        self.ground: tuple[View, float, str, QImage] | None = None  # the layers as they were last drawn to the end for the screen
        self._placed: dict[tuple[int, str, str], tuple[shapely.Geometry, shapely.Geometry]] = {}

    def placed(self, geometry: shapely.Geometry, crs: str, target: str) -> shapely.Geometry:
        """A site or other single geometry in another CRS."""
        key = (id(geometry), crs, target)
        found = self._placed.get(key)
        if found is None:
            if len(self._placed) > 20_000:
                self._placed.clear()
            # The geometry itself is kept too: while it lives, nothing else can have its id.
            found = self._placed[key] = (geometry, transform_geometry(geometry, crs, target))
        return found[1]

    def keep_only(self, layers: Sequence[LayerShot], crs: str) -> None:
        """Forget layers that are gone and other CRSs."""
        self.last = [one for one in self.last if set(one[0][3]) <= set(layers)]
        wanted = {(layer.id, layer.revision, crs) for layer in layers}
        for key in [key for key in self._prepared if key not in wanted]:
            self._prepared.pop(key).release()
        revisions = {layer.revision for layer in layers}
        for key in [key for key in self._classes if key[0] not in revisions]:
            del self._classes[key]

    def prepared(self, layer: LayerShot, crs: str) -> Prepared:
        """The layer ready to draw."""
        key = (layer.id, layer.revision, crs)
        found = self._prepared.get(key)
        if found is None:
            found = self._prepared[key] = Prepared(layer.frame, crs)
        return found

    def boxes(self) -> dict[int, np.ndarray]:
        """Bounds of each feature in its layer's own CRS, by the layer's revision."""
        return {key[1]: prepared.source_boxes for key, prepared in self._prepared.items()}

    def classes(self, layer: LayerShot, style: Any) -> np.ndarray:
        """The style class of each row of the layer's frame."""
        key = (layer.revision, layer.values, id(style))
        found = self._classes.get(key)
        if found is None:
            classes = classify(style, layer.frame)
            self._classes = {k: v for k, v in self._classes.items() if k[0] != layer.revision}
            found = self._classes[key] = (style, classes)
        return found[1]


class Picture:
    """One drawing under way.

    Args:
        partial: Called with a copy of what is there every 200 ms; it has no background.
        failed: Called with a layer id and a sentence when a layer can't be drawn; the others still are.
        keep: It is for the screen, whose layers may have to be drawn as they are now when drawing is paused.
    """

    def __init__(
        self,
        job: Job,
        workshop: Workshop,
        stop: threading.Event,
        partial: Callable[[QImage], None] = lambda image: None,
        failed: Callable[[str, str], None] = lambda layer, words: None,
        keep: bool = False,
    ) -> None:
        self._keep = keep
        self._job, self._workshop, self._stop = job, workshop, stop
        self._partial, self._failed = partial, failed
        self._width = max(round(job.view.width * job.ratio), 1)
        self._height = max(round(job.view.height * job.ratio), 1)
        self._pixel = job.view.resolution / job.ratio
        self._extent = job.view.extent
        self._base = self._blank()
        self._target = self._base
        self._opacity = 1.0
        self._told = self._rested = time.perf_counter()
        self._taken: list[QRectF] = []
        self._named: dict[str, list[tuple[float, float]]] = {}
        self._marks: dict[str, QPointF] = {}
        self._mark_boxes = np.empty((0, 4))
        self._outlines: list[shapely.Geometry] = []

    def _blank(self) -> QImage:
        image = QImage(self._width, self._height, QImage.Format_ARGB32_Premultiplied)
        image.fill(0)
        return image

    def _tick(self) -> None:
        if self._stop.is_set():
            raise Cancelled
        now = time.perf_counter()
        if now - self._told > PARTIAL_SECONDS:
            self._partial(self._together().copy())
            self._told = now = time.perf_counter()
        if now - self._rested > REST_EVERY_SECONDS:
            # Hands the interpreter lock over: a thread that only asks for it may wait for many turns.
            time.sleep(REST_SECONDS)
            self._rested = time.perf_counter()

    def _together(self) -> QImage:
        if self._target is self._base:
            return self._base
        image = self._base.copy()
        painter = QPainter(image)
        painter.setOpacity(self._opacity)
        painter.drawImage(0, 0, self._target)
        painter.end()
        return image

    def paint(self) -> QImage:
        """The finished picture.

        Raises:
            Cancelled: The stop event was set.
        """
        job = self._job
        self._find_marks(job.extras)
        if job.paused:
            held = self._workshop.ground
            if held is not None and held[:3] == (job.view, job.ratio, job.crs):
                self._base = held[3].copy()
        else:
            ground = self._layers(job.layers) if job.swipe is None else self._sides(job.swipe)
            if self._keep:
                self._workshop.ground = job.view, job.ratio, job.crs, ground
            self._base = ground.copy()
        self._target = self._base
        self._tick()
        self._extras(job.extras)
        return self._grounded()

    def _sides(self, swipe: Swipe) -> QImage:
        """A picture of the layers left and right of a divider, not to be drawn on."""
        left, right, share = swipe
        one, other = [self._layers(tuple(layer for layer in self._job.layers if layer.id not in hidden)) for hidden in (right, left)]
        both, edge = one.copy(), round(self._width * share)
        painter = QPainter(both)
        painter.setCompositionMode(QPainter.CompositionMode_Source)
        painter.drawImage(edge, 0, other, edge, 0, self._width - edge, self._height)
        painter.end()
        return both

    def _layers(self, layers: tuple[LayerShot, ...]) -> QImage:
        """A picture of these layers, not to be drawn on: the one that is kept where nothing has changed."""
        job, kept = self._job, self._workshop.last
        # Names make room for the marks of sites, so a mark that moved moves names.
        ground = (job.view, job.ratio, job.crs, layers, job.background, self._mark_boxes.round().tobytes(),
                  tuple(map(id, self._outlines)))
        found = next((image for key, image in kept if key == ground), None)
        if found is None or job.fresh:
            self._base = self._target = self._blank()
            self._taken, self._named = [], {}
            self._ground(layers)
            found = self._base
            kept[:] = [(ground, found), *(one for one in kept if one[0] != ground)][: 1 if job.swipe is None else 2]
        return found

    def _grounded(self) -> QImage:
        """The picture on its background; opaque pictures are put on the screen faster."""
        if self._job.background is None:
            return self._base
        painter = QPainter(self._base)
        painter.setCompositionMode(QPainter.CompositionMode_DestinationOver)
        painter.fillRect(self._base.rect(), self._job.background)
        painter.end()
        return self._base.convertToFormat(QImage.Format_RGB32)

    def _ground(self, layers: tuple[LayerShot, ...]) -> None:
        complete = []
        for layer in layers:
            self._tick()
            if layer.opacity <= 0:
                continue
            self._opacity = layer.opacity
            self._target = self._base if layer.opacity >= 1 else self._blank()
            try:
                self._layer(layer)
                complete.append(layer)
            except NoCrs:
                self._failed(layer.id, _("图层没有坐标系，无法显示。"))
            except RasterError as error:
                self._failed(layer.id, str(error))
            except Cancelled:
                raise
            except Exception as error:
                # One layer that can't be drawn must not take the others from the map.
                log.exception("layer %s could not be drawn", layer.id)
                self._failed(layer.id, _("图层画不出来：{reason}").format(reason=error))
            self._base = self._target = self._together()
        for layer in reversed(complete):
            if layer.frame is not None and layer.labels is not False:
                self._labels(layer)

    # -- one layer -------------------------------------------------------------------------------------------------
    def _layer(self, layer: LayerShot) -> None:
        if layer.raster is not None:
            self._raster(layer.raster)
            return
        if layer.frame is None or not len(layer.frame):
            return
        prepared = self._workshop.prepared(layer, self._job.crs)
        style = layer.style or style_for(layer.role)
        if not style.seen_at(self._job.scale):
            return
        lost = prepared.lost
        self._features(prepared, self._workshop.classes(layer, style), inks_for(style, self._job.ratio))
        if prepared.lost > lost:
            words = _("图层中有 {count} 个图形超出地图坐标系的范围，未显示。")
            self._failed(layer.id, words.format(count=f"{prepared.lost:,}"))

    def _features(self, prepared: Prepared, classes: np.ndarray, inks: list[Ink], dot: Ink | None = None) -> None:
        """Draws the rows of a layer that have a class.

        Args:
            dot: How points, and what is smaller than a pixel, are drawn; by default as their class is.
        """
        some_off = bool(len(classes)) and int(classes.min()) < 0
        left, bottom, right, top = self._extent
        x0, y0 = prepared.origin
        view = (left - x0, bottom - y0, right - x0, top - y0)
        matrix = QTransform(1 / self._pixel, 0, 0, -1 / self._pixel, (x0 - left) / self._pixel,
                               (top - y0) / self._pixel)
        points: list[np.ndarray] = []
        point_rows: list[np.ndarray] = []
        tiny: list[np.ndarray] = []
        tiny_classes: list[np.ndarray] = []
        chunks = [chunk for chunk in prepared.near(self._extent) if not some_off or int(classes[chunk.rows].max()) >= 0]
        # Decided once for the whole layer: half of it in thin lines would look like another class.
        crowd = sum(chunk.weight(0.75 * self._pixel) for chunk in chunks) > CROWD_VERTICES
        for chunk in chunks:
            self._tick()
            paths = chunk.prepare()
            if len(paths.point_row):
                on = classes[paths.point_row] >= 0 if some_off else slice(None)
                points.append(paths.points[on])
                point_rows.append(paths.point_row[on])
            if not len(paths.part_row):
                continue
            level = chunk.level(0.75 * self._pixel)
            boxes = paths.part_box
            # Comparisons with the NaN of a part that has no place are false: it is left out.
            seen = (boxes[:, 0] <= view[2]) & (boxes[:, 2] >= view[0]) & (boxes[:, 1] <= view[3])
            seen &= boxes[:, 3] >= view[1]
            if some_off:
                seen &= classes[paths.part_row] >= 0
            with np.errstate(invalid="ignore"):
                side = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) / self._pixel
            small = seen & (side < 1)
            if small.any():
                tiny.append((boxes[small, :2] + boxes[small, 2:]) / 2)
                tiny_classes.append(classes[paths.part_row[small]])
            self._paths(chunk, paths, level, np.flatnonzero(seen & ~small), side, classes, inks, matrix, view, crowd)
        if dot is not None:
            points, tiny = points + tiny, []
        if tiny:
            self._specks(np.concatenate(tiny), np.concatenate(tiny_classes), inks, matrix)
        if points:
            xy = np.concatenate(points)
            if dot is None:
                # In the order of the features whatever their class, as QGIS does: a common class hides no rare one.
                rows = np.concatenate(point_rows)
                order = np.argsort(rows, kind="stable")
                self._points(xy[order], classes[rows[order]], inks, matrix)
            else:  # the rims of a crowd would cover each other's insides
                plain = dot if len(xy) <= FEW_POINTS else replace(dot, width=0.0)
                self._points(xy, np.zeros(len(xy), np.int16), [plain], matrix)

    def _paths(
        self, chunk: Chunk, paths: Paths, level: Level | None, parts: np.ndarray, side: np.ndarray,
        classes: np.ndarray, inks: list[Ink], matrix: QTransform, view: Box, crowd: bool,
    ) -> None:  # fmt: skip
        """Draws parts of a chunk."""
        if not len(parts):
            return
        size = level.size if level else 0.0
        offsets = level.offsets if level else paths.offsets
        source = level.cells if level else chunk.full()
        counts = np.diff(offsets)
        part_class = classes[paths.part_row[parts]]
        cache = chunk._owner.polygons
        rings: dict[int, QPolygonF] | None = cache.get((chunk.number, size))
        if rings is None:
            rings = cache.put((chunk.number, size), {}, int(offsets[-1]))

        def coordinates(ring: int) -> np.ndarray:
            values = source[offsets[ring] : offsets[ring + 1]]
            return (values + 0.5) * size if size else values

        def polygon(ring: int) -> QPolygonF:
            made = rings.get(ring)
            if made is None:
                made = rings[ring] = qpolygon(coordinates(ring))
            return made

        reach = 8 * self._pixel * max(self._width, self._height)
        # Everything that can be decided for all parts at once is, and handed to the loop as plain lists.
        parts = parts[np.argsort(part_class, kind="stable")]
        first, last = paths.part_ring[parts], paths.part_ring[parts + 1]
        area = paths.part_kind[parts] == 2
        box = paths.part_box[parts]
        longest = np.maximum.reduceat(counts, paths.part_ring[:-1])[parts]
        apart = (longest > LONG_RING) | (np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]) > reach)
        filled = np.array([ink.fill is not None for ink in inks])[classes[paths.part_row[parts]]]
        bare = area & filled & (side[parts] < 3)
        drawable = longest > np.where(area, 2, 1)
        # Some 4,000 vertices between two looks at the clock, so that nobody waits longer for outlines that are long.
        stride = int(np.clip(4000 // max(longest.mean(), 1), 1, 16))
        columns = [column[drawable].tolist() for column in (
            classes[paths.part_row[parts]], first, last, area, apart, bare)]  # fmt: skip

        painter = QPainter(self._target)
        try:
            painter.setRenderHint(QPainter.Antialiasing)
            painter.setTransform(matrix)
            ink_now, bare_now = -1, None
            pen, brush = _NO_PEN, QBrush()
            for step, (ink_number, start, stop, is_area, is_apart, is_bare) in enumerate(zip(*columns, strict=True)):
                if step % stride == 0:
                    self._tick()
                if ink_number != ink_now:
                    ink_now, bare_now = ink_number, None
                    pen, brush = inks[ink_now].pen(plain=crowd), inks[ink_now].brush(matrix)
                    painter.setBrush(brush)
                if is_bare is not bare_now:
                    bare_now = is_bare
                    painter.setPen(_NO_PEN if is_bare else pen)
                if is_apart:
                    rings_apart = [coordinates(ring) for ring in range(start, stop)]
                    self._piecewise(painter, rings_apart, view, is_area, _NO_PEN if is_bare else pen)
                    painter.setPen(_NO_PEN if is_bare else pen)
                    painter.setBrush(brush)
                elif not is_area:
                    painter.drawPolyline(polygon(start))
                elif stop - start == 1:
                    painter.drawPolygon(polygon(start))
                else:
                    path = QPainterPath()
                    for ring in range(start, stop):
                        if counts[ring] > 2:
                            path.addPolygon(polygon(ring))
                    painter.drawPath(path)
        finally:
            painter.end()

    def _piecewise(
        self, painter: QPainter, rings: list[np.ndarray], view: Box, area: bool, pen: QPen
    ) -> None:
        """One part that is long or reaches far out of view: clipped, filled, then outlined in pieces."""
        rim = 0.5 * max(view[2] - view[0], view[3] - view[1])
        box = (view[0] - rim, view[1] - rim, view[2] + rim, view[3] + rim)
        if area and painter.brush().style() != Qt.NoBrush:
            clipped = [ring for ring in (clip_ring(ring, box) for ring in rings) if len(ring) > 2]
            painter.setPen(Qt.NoPen)
            if len(clipped) == 1:
                painter.drawPolygon(qpolygon(clipped[0]))
            elif clipped:
                path = QPainterPath()
                for ring in clipped:
                    path.addPolygon(qpolygon(ring))
                painter.drawPath(path)
        if pen.style() == Qt.NoPen:
            return
        painter.setPen(pen)
        painter.setBrush(Qt.NoBrush)
        for ring in rings:
            for run in visible_runs(ring, box):
                for start in range(0, len(run) - 1, LONG_RING):
                    painter.drawPolyline(qpolygon(run[start : start + LONG_RING + 1]))
                    self._tick()

    # -- points ----------------------------------------------------------------------------------------------------
    def _to_pixels(self, xy: np.ndarray, matrix: QTransform) -> np.ndarray:
        return xy * (matrix.m11(), matrix.m22()) + (matrix.dx(), matrix.dy())

    def _specks(self, xy: np.ndarray, classes: np.ndarray, inks: list[Ink], matrix: QTransform) -> None:
        """Features smaller than a pixel: one pixel each, blended, so that a crowd of them does not vanish."""
        at = np.floor(self._to_pixels(xy, matrix)).astype(np.int64)
        inside = ((at >= 0) & (at < (self._width, self._height))).all(axis=1)
        memory = pixels_of(self._target)
        flat = memory.reshape(-1, 4)
        row = memory.shape[1]
        for number, ink in enumerate(inks):
            chosen = np.unique((at[:, 1] * row + at[:, 0])[inside & (classes == number)])
            if not len(chosen):
                continue
            colour = ink.fill or ink.outline
            alpha = max(colour.alphaF(), 0.5)
            bgra = np.array([colour.blue(), colour.green(), colour.red(), 255]) * alpha
            flat[chosen] = np.round(bgra + flat[chosen] * (1 - alpha)).astype(np.uint8)

    def _points(self, xy: np.ndarray, classes: np.ndarray, inks: list[Ink], matrix: QTransform) -> None:
        at = self._to_pixels(xy, matrix)
        sprites = [ink.sprite() for ink in inks]
        edge = max(sprite.width() for sprite in sprites)
        inside = ((at > -edge) & (at < (self._width + edge, self._height + edge))).all(axis=1)
        at, classes = at[inside], classes[inside]
        if len(at) <= FEW_POINTS:
            painter = QPainter(self._target)
            try:
                halves = np.array([sprite.width() / 2 for sprite in sprites])[classes]
                for step, (number, (x, y)) in enumerate(zip(classes.tolist(), (at - halves[:, None]).tolist(), strict=True)):
                    if step % 256 == 0:
                        self._tick()
                    painter.drawImage(QPointF(round(x), round(y)), sprites[number])
            finally:
                painter.end()
            return
        row = self._target.bytesPerLine() // 4
        flat = pixels_of(self._target).reshape(-1, 4).view(np.uint32)[:, 0]
        sizes = np.array([sprite.width() for sprite in sprites])[classes]
        corner = np.floor(at).astype(np.int64) - (sizes // 2)[:, None]
        fits = ((corner >= 0) & (corner < np.array((self._width, self._height)) - sizes[:, None])).all(axis=1)
        places, classes = corner[fits, 1] * row + corner[fits, 0], classes[fits]
        # Of a class at one place only the last is seen: most of a crowd is left out.
        last = np.zeros(len(flat), np.int32)
        kept = np.zeros(len(places), bool)
        for number in np.unique(classes).tolist():
            rows = np.flatnonzero(classes == number)
            last[places[rows]] = rows
            kept[rows] = last[places[rows]] == rows
        places, classes, corner = places[kept], classes[kept], corner[fits][kept]
        stamps = [self._stamp(sprite, row) for sprite in sprites]
        ink = np.array([len(steps) for steps, _colours in stamps])[classes]
        # Pale rims, which set markers apart, would cover each other's insides in a crowd until nothing is left: there are none.
        crowded = self._crowded(corner, ink, edge)
        stamps += [self._stamp(sprite, row, ink.halo()) for ink, sprite in zip(inks, sprites, strict=True)]
        classes = np.where(crowded, classes + len(inks), classes)
        # One feature after another, all of its pixels at a time: of what is assigned to a pixel the last value stays.
        most = max((len(stamps[number][0]) for number in np.unique(classes).tolist()), default=0)
        table = np.zeros((len(stamps), most), np.int64), np.zeros((len(stamps), most), np.uint32)
        for number, stamp in enumerate(stamps):
            for whole, part in zip(table, stamp, strict=True):
                if 0 < len(part) <= most:
                    whole[number] = np.pad(part, (0, most - len(part)), mode="edge")
        for first in range(0, len(places), _STAMPED):
            self._tick()
            here = classes[first : first + _STAMPED]
            flat[(places[first : first + _STAMPED, None] + table[0][here]).ravel()] = table[1][here].ravel()

    @staticmethod
    def _crowded(corner: np.ndarray, ink: np.ndarray, edge: int) -> np.ndarray:
        """Which of some markers lie in several layers on one another: with those around there is more ink than ground.

        Args:
            corner: Pixels of each marker's upper left corner, not negative.
            ink: How many pixels each has.
            edge: The side of the largest.
        """
        cell = corner // edge + 1
        wide, high = (cell.max(axis=0) + 2).tolist() if len(cell) else (2, 2)
        number = cell[:, 1] * wide + cell[:, 0]
        there = np.bincount(number, weights=ink, minlength=wide * high).reshape(high, wide)
        near = there.copy()
        near[:, 1:-1] += there[:, :-2] + there[:, 2:]
        near[1:-1] += near[:-2].copy() + near[2:].copy()
        return near.ravel()[number] > _CROWD * 9 * edge * edge

    @staticmethod
    def _stamp(sprite: QImage, row: int, without: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Of a sprite the places of its pixels from its corner, and their colours; its rim is made opaque or left out.

        Args:
            without: Pixels that are left out, as a mask of the sprite.
        """
        straight = sprite.convertToFormat(QImage.Format_ARGB32)  # has to outlive its pixels
        pixels = pixels_of(straight).view(np.uint32)[..., 0]
        wanted = (pixels >> 24) > 100
        if without is not None:
            wanted &= ~without
        down, right = np.nonzero(wanted)
        return down * row + right, pixels[down, right] | np.uint32(0xFF000000)

    # -- rasters ---------------------------------------------------------------------------------------------------
    def _raster(self, path: Path | Ground) -> None:
        found = read_raster(path, self._job.crs, self._extent, self._pixel)
        if found is None:
            return
        rgba, (left, bottom, right, top) = found
        image = QImage(rgba.tobytes(), rgba.shape[1], rgba.shape[0], rgba.shape[1] * 4, QImage.Format_RGBA8888)
        painter = QPainter(self._target)
        painter.setRenderHint(QPainter.SmoothPixmapTransform)
        painter.drawImage(
            QRectF((left - self._extent[0]) / self._pixel, (self._extent[3] - top) / self._pixel,
                   (right - left) / self._pixel, (top - bottom) / self._pixel),
            image,
        )
        painter.end()

    # -- over the layers -------------------------------------------------------------------------------------------
    def _on_screen(self, xy: np.ndarray) -> np.ndarray:
        return (xy - (self._extent[0], self._extent[3])) / (self._pixel, -self._pixel)

    def _placed(self, geometry: shapely.Geometry | None, crs: str) -> shapely.Geometry | None:
        """A geometry in the CRS of the picture, with no more vertices than can be seen; None when out of view."""
        if geometry is None or geometry.is_empty:
            return None
        placed = self._workshop.placed(geometry, crs, self._job.crs)
        box = np.array(placed.bounds)
        left, bottom, right, top = self._extent
        if not np.isfinite(box).all() or box[0] > right or box[2] < left or box[1] > top or box[3] < bottom:
            return None
        if shapely.get_num_coordinates(placed) > LONG_RING:
            placed = shapely.simplify(placed, self._pixel / 2)
        return placed

    def _extras(self, extras: Extras) -> None:
        self._selection(extras.selection)
        painter = QPainter(self._base)
        try:
            painter.setRenderHint(QPainter.Antialiasing)
            self._sites(painter, extras)
            self._evidence(painter, extras)
        finally:
            painter.end()

    def _selection(self, picked: Picked) -> None:
        """Selected features, from what their layers were drawn with: a layer that is selected as a whole is as quick."""
        ratio = self._job.ratio
        area = Ink(blended(SELECTED, 0.45), QColor(SELECTED), 2 * ratio, "", "circle", 0, (), ratio)
        dot = Ink(QColor(SELECTED), QColor("#ffffff"), 1.5 * ratio, "", "circle", 10 * ratio, (), ratio)
        for layer in self._job.layers:
            rows = picked.of_layer(layer.id)
            if not len(rows) or layer.frame is None or getattr(layer.frame, "crs", None) is None:
                continue
            classes = np.full(len(layer.frame), np.int16(-1))
            classes[rows[rows < len(classes)]] = 0
            self._features(self._workshop.prepared(layer, self._job.crs), classes, [area], dot)

    def _find_marks(self, extras: Extras) -> None:
        """Where the mark of each site stands, and the boxes of those in the picture, with some room."""
        ratio, boxes = self._job.ratio, []
        for step, (name, geometry, verdict, crs) in enumerate(extras.sites):
            if step % 32 == 0:
                self._tick()
            placed = None if name == extras.hidden else self._placed(geometry, crs)
            if placed is None:
                continue
            if shapely.get_dimensions(placed) == 1:
                centre = shapely.line_interpolate_point(_longest(placed), 0.5, normalized=True)
            else:
                centre = shapely.point_on_surface(placed)
            x, y = self._on_screen(shapely.get_coordinates(centre))[0]
            self._marks[name] = QPointF(x, y)
            left, bottom, right, top = shapely.bounds(placed)
            seen = left < self._extent[2] and right > self._extent[0] and bottom < self._extent[3] and top > self._extent[1]
            if seen and max(right - left, top - bottom) > 24 * ratio * self._pixel and len(self._outlines) < MANY_OUTLINES:
                self._outlines.append(placed)  # the very geometry that is kept: it is told apart by its id
            if -20 < x < self._width + 20 and -20 < y < self._height + 20:
                half = ((8 if _site_look(verdict)[2] else 7) + 2) * ratio
                boxes.append((x - half, y - half, x + half, y + half))
        self._mark_boxes = np.array(boxes).reshape(-1, 4)

    def _on_a_mark(self, box: QRectF) -> bool:
        left, top, right, bottom = self._mark_boxes.T
        if ((left < box.right()) & (right > box.left()) & (top < box.bottom()) & (bottom > box.top())).any():
            return True
        ground = shapely.box(self._extent[0] + box.left() * self._pixel, self._extent[3] - box.bottom() * self._pixel,
                             self._extent[0] + box.right() * self._pixel, self._extent[3] - box.top() * self._pixel)
        # Wholly inside a site it can be read; across its outline it cannot.
        return any(shapely.intersects(one, ground) and not shapely.contains(one, ground) for one in self._outlines)

    def _sites(self, painter: QPainter, extras: Extras) -> None:
        ratio = self._job.ratio
        marks: list[tuple[int, QPointF, str]] = []
        # The current site last, so that it lies on top, those without a verdict under all others; marks the other way
        # round, for the first is the one that stays.
        for step, (name, geometry, verdict, crs) in enumerate(
            sorted(extras.sites, key=lambda site: (site[0] == extras.current, bool(site[2])))
        ):
            if step % 32 == 0:
                self._tick()
            if name == extras.hidden:
                continue
            placed = self._placed(geometry, crs)
            if placed is None:
                continue
            current = name == extras.current
            left, bottom, right, top = placed.bounds
            # What has no verdict yet and would lie within its ring is the ring alone.
            if verdict or current or max(right - left, top - bottom) > 10 * ratio * self._pixel:
                old = verdict == OUTDATED
                draw_geometry(
                    painter, placed, self._on_screen, self._extent, QColor(_site_look(verdict)[0]),
                    (3 if current else 2) * ratio, 0.0 if old else 0.25, QColor("#ffd60a") if current else None, dashed=old,
                )  # fmt: skip
            marks.append((2 if current else 1 if verdict else 0, self._marks[name], verdict))
        font = QFont(self._job.font)
        font.setPixelSize(round(11 * ratio))
        font.setBold(True)
        painter.setFont(font)
        taken: list[QRectF] = []
        for _rank, at, verdict in sorted(marks, key=lambda mark: -mark[0]):
            colour, ink, mark = _site_look(verdict)
            size = (16 if mark else 13) * ratio
            box = QRectF(at.x() - size / 2, at.y() - size / 2, size, size)
            # Sites that stand closer than their marks keep their colours; one mark speaks for the spot.
            if any(box.intersects(other) for other in taken):
                if not verdict:
                    painter.setPen(Qt.NoPen)
                    painter.setBrush(QColor(colour))
                    painter.drawEllipse(at, 1.5 * ratio, 1.5 * ratio)
                continue
            taken.append(box)
            if not verdict:  # a ring: what is known of the place, by a batch perhaps, is seen in it
                painter.setBrush(Qt.NoBrush)
                for pen, width in (("#ffffff", 3.5), (colour, 1.8)):
                    painter.setPen(QPen(QColor(pen), width * ratio))
                    painter.drawEllipse(box)
                continue
            if is_reviewed(verdict):  # a second ring: a person's decision acts in it
                painter.setBrush(QColor("#ffffff"))
                painter.setPen(QPen(QColor(colour), 1.5 * ratio))
                painter.drawEllipse(box.adjusted(-2.5 * ratio, -2.5 * ratio, 2.5 * ratio, 2.5 * ratio))
            painter.setPen(QPen(QColor("#ffffff"), 1.5 * ratio))
            painter.setBrush(QColor(colour))
            painter.drawEllipse(box)
            painter.setPen(QColor(ink))
            painter.drawText(box, Qt.AlignCenter, mark)

    def _evidence(self, painter: QPainter, extras: Extras) -> None:
        ratio = self._job.ratio
        ink, halo = QColor("#d0006f"), QColor(255, 255, 255, 220)
        waiting = extras.label
        for geometry, crs in extras.evidence:
            placed = self._placed(geometry, crs)
            if placed is None:
                continue
            distance = placed.geom_type == "LineString" and shapely.get_num_coordinates(placed) == 2
            # Lines far apart: however large the evidence is, the map under it is to be read.
            draw_geometry(painter, placed, self._on_screen, self._extent, ink, 2 * ratio, 0.0, halo, hatch=ratio)
            ends = self._on_screen(shapely.get_coordinates(placed))
            if distance:
                painter.setPen(QPen(QColor("#ffffff"), ratio))
                painter.setBrush(ink)
                for x, y in ends:
                    painter.drawEllipse(QPointF(x, y), 4 * ratio, 4 * ratio)
                lonlat = transform(shapely.get_coordinates(geometry), crs, SITE_CRS)
                words = waiting or distance_text(sum(segment_lengths(lonlat)))
                self._words(painter, words, *_seen_middle(ends, self._width, self._height), ink)
                waiting = None
        if waiting and extras.evidence:
            placed = self._placed(*extras.evidence[0])
            if placed is not None:
                at = self._on_screen(shapely.get_coordinates(shapely.point_on_surface(placed)))[0]
                self._words(painter, waiting, float(at[0]), float(at[1]), ink)

    def _words(self, painter: QPainter, text: str, x: float, y: float, ink: QColor) -> None:
        ratio = self._job.ratio
        font = QFont(self._job.font)
        font.setPixelSize(round(13 * ratio))
        font.setBold(True)
        metrics = QFontMetricsF(font)
        width, height = metrics.horizontalAdvance(text) + 10 * ratio, metrics.height() + 4 * ratio
        # Beside the line rather than on it, and never out of the picture.
        left = min(max(x - width / 2, 4), self._width - width - 4)
        top = min(max(y - height - 8 * ratio, 4), self._height - height - 4)
        wide, tall = (side * ratio for side in SCALE_BAR)
        if left < wide and top + height > self._height - tall:  # what is drawn over the picture in its corners is to be read too
            top = max(self._height - tall - height, 4)
        wide, tall = (side * ratio for side in NORTH_ARROW)
        if left + width > self._width - wide and top < tall:
            left = max(self._width - wide - width, 4)
        box = QRectF(left, top, width, height)
        painter.setPen(QPen(ink, ratio))
        painter.setBrush(QColor(255, 255, 255, 235))
        painter.drawRoundedRect(box, 3 * ratio, 3 * ratio)
        painter.setFont(font)
        painter.setPen(ink)
        painter.drawText(box, Qt.AlignCenter, text)

    # -- labels ----------------------------------------------------------------------------------------------------
    def _labels(self, layer: LayerShot) -> None:
        style = layer.style or style_for(layer.role)
        columns = named_field(style, layer.frame.columns, LABEL_COLUMNS)
        if not columns or not len(layer.frame) or not style.named_at(self._job.scale) or not style.seen_at(self._job.scale):
            return
        try:
            prepared = self._workshop.prepared(layer, self._job.crs)
        except NoCrs:
            return
        ratio = self._job.ratio
        font = QFont(self._job.font)
        font.setPixelSize(round(12 * ratio))
        metrics = QFontMetricsF(font)
        texts = layer.frame[columns[0]].to_numpy()
        classes = self._workshop.classes(layer, style)
        candidates = self._candidates(prepared, 30 * ratio)
        painter = QPainter(self._base)
        try:
            painter.setRenderHint(QPainter.Antialiasing)
            painted = 0
            for room, row, at, is_point in candidates:
                text = label_text(texts[row]) if style.label_field or isinstance(texts[row], str) else ""
                if not text or classes[row] < 0:
                    continue
                self._tick()
                text = text if len(text) <= 24 else text[:23] + "…"
                width, height = metrics.horizontalAdvance(text), metrics.height()
                if not is_point and room < width * 0.8:
                    continue
                x, y = at
                box = self._free_place(QRectF(x + 8 * ratio if is_point else x - width / 2, y - height / 2, width, height))
                if box is None:
                    continue
                # A river in fifty pieces is named once, and so is a county that is in two layers.
                here = self._named.setdefault(text, [])
                if any(abs(x - was[0]) + abs(y - was[1]) < REPEAT_PIXELS * ratio for was in here):
                    continue
                here.append((x, y))
                self._taken.append(box)
                path = QPainterPath()
                path.addText(QPointF(box.left(), box.top() + metrics.ascent()), font, text)
                painter.setBrush(Qt.NoBrush)
                painter.setPen(QPen(QColor(255, 255, 255, 225), 3 * ratio, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
                painter.drawPath(path)
                painter.setPen(Qt.NoPen)
                painter.setBrush(QColor("#1f2933"))
                painter.drawPath(path)
                painted += 1
                if painted >= MANY_LABELS:
                    break
        finally:
            painter.end()

    def _free_place(self, box: QRectF) -> QRectF | None:
        """A place for a name where it was meant, or just above or below the mark of a site that stands there."""
        ratio = self._job.ratio
        for shift in (0.0, -1.0, 1.0):
            moved = box.translated(0, shift * (box.height() / 2 + 11 * ratio))
            if moved.left() < 2 or moved.top() < 2 or moved.right() > self._width - 2 or moved.bottom() > self._height - 2:
                continue
            spaced = moved.adjusted(-4 * ratio, -2 * ratio, 4 * ratio, 2 * ratio)
            if any(spaced.intersects(taken) for taken in self._taken):
                return None
            if not self._on_a_mark(moved):
                return moved
        return None

    def _candidates(self, prepared: Prepared, least: float) -> list[tuple[float, int, tuple[float, float], bool]]:
        """Where names could stand: (pixels of room, row, pixel, is a point), the roomiest feature first."""
        left, bottom, right, top = self._extent
        x0, y0 = prepared.origin
        view = np.array([left - x0, bottom - y0, right - x0, top - y0])
        best: dict[int, tuple[float, Chunk, int]] = {}
        dots: list[tuple[float, int, tuple[float, float], bool]] = []
        for chunk in prepared.near(self._extent):
            self._tick()
            paths = chunk.prepare()
            if len(paths.part_row):
                boxes = paths.part_box
                low, high = np.maximum(boxes[:, :2], view[:2]), np.minimum(boxes[:, 2:], view[2:])
                room = (high - low) / self._pixel
                for part in np.flatnonzero((room[:, 0] > least) & (room[:, 1] > 8)):
                    row = int(paths.part_row[part])
                    if row not in best or best[row][0] < room[part, 0]:
                        best[row] = (float(room[part, 0]), chunk, int(part))
            if 0 < len(paths.point_row) <= FEW_POINTS and len(dots) < FEW_POINTS:
                at = (paths.points - (view[0], view[3])) / (self._pixel, -self._pixel)
                inside = ((at > 0) & (at < (self._width, self._height))).all(axis=1)
                dots += [(0.0, int(paths.point_row[i]), (float(at[i, 0]), float(at[i, 1])), True)
                         for i in np.flatnonzero(inside)]
        ordered = sorted(((found[0], row) for row, found in best.items()), key=lambda pair: (-pair[0], pair[1]))
        made: list[tuple[float, int, tuple[float, float], bool]] = []
        for _room, row in ordered[: 3 * MANY_LABELS]:
            self._tick()
            _, chunk, part = best[row]
            paths, level = chunk.prepare(), chunk.level(2 * self._pixel)
            offsets = level.offsets if level else paths.offsets
            source = level.cells if level else chunk.full()
            first, last = paths.part_ring[part], paths.part_ring[part + 1]
            rings = [source[offsets[i] : offsets[i + 1]] for i in range(first, last)]
            if level:
                rings = [(ring + 0.5) * level.size for ring in rings]
            spot = _roomiest(rings, view) if paths.part_kind[part] == 2 else _middle(rings[0], view)
            if spot is not None:
                width, x, y = spot
                px = ((x - view[0]) / self._pixel, (view[3] - y) / self._pixel)
                made.append((width / self._pixel, row, px, False))
        return made + dots


def _roomiest(rings: list[np.ndarray], view: np.ndarray) -> tuple[float, float, float] | None:
    """The widest stretch inside an area on one of three horizontal lines through its visible part: width, x, y."""
    ys = np.concatenate([ring[:, 1] for ring in rings])
    low, high = max(float(ys.min()), view[1]), min(float(ys.max()), view[3])
    best: tuple[float, float, float] | None = None
    for share in (0.5, 0.35, 0.65):
        y = low + (high - low) * share
        crossings = []
        for ring in rings:
            above = ring[:, 1] > y
            at = np.flatnonzero(above[1:] != above[:-1])
            run = ring[at + 1] - ring[at]
            crossings.append(ring[at, 0] + (y - ring[at, 1]) / np.where(run[:, 1] == 0, 1, run[:, 1]) * run[:, 0])
        xs = np.sort(np.concatenate(crossings))
        starts, stops = np.clip(xs[0::2], view[0], view[2]), np.clip(xs[1::2], view[0], view[2])
        if not len(stops) or len(starts) != len(stops):
            continue
        widest = int(np.argmax(stops - starts))
        width = float(stops[widest] - starts[widest])
        if width > 0 and (best is None or width > 1.15 * best[0]):
            best = (width, float(starts[widest] + stops[widest]) / 2, y)
    return best


def _middle(line: np.ndarray, view: np.ndarray) -> tuple[float, float, float] | None:
    """The middle vertex of the visible part of a line, and the width of that part."""
    runs = visible_runs(line, (view[0], view[1], view[2], view[3]))
    if not runs:
        return None
    run = max(runs, key=len)
    x, y = (run[len(run) // 2 - 1] + run[len(run) // 2]) / 2
    return float(np.ptp(np.clip(run[:, 0], view[0], view[2]))), float(x), float(y)


def _site_look(verdict: str) -> tuple[str, str, str]:
    """Colour, colour of the mark, mark. A site without verdict is not judged yet, which is not "undetermined"."""
    if not verdict:
        return NOT_JUDGED, "#ffffff", ""
    look = shown_style(verdict)
    return look.colour, look.text, look.mark


def _longest(lines: shapely.Geometry) -> shapely.Geometry:
    return max(shapely.get_parts(lines), key=shapely.length)


def _seen_middle(ends: np.ndarray, width: float, height: float) -> tuple[float, float]:
    """The middle of the part of a line that is in the picture."""
    runs = shapely.get_coordinates(shapely.clip_by_rect(shapely.LineString(ends), 0, 0, width, height))
    x, y = (runs if len(runs) else ends).mean(axis=0)
    return float(x), float(y)


def draw_geometry(
    painter: QPainter, geometry: shapely.Geometry, to_pixels: Callable[[np.ndarray], np.ndarray], extent: Box,
    colour: QColor, width: float, fill: float, halo: QColor | None = None, hatch: float = 0.0,
    dashed: bool = False,
) -> None:  # fmt: skip
    """One geometry in the CRS of the picture, outlined (with a halo under the line) and filled to a share.

    Args:
        hatch: Instead of a fill, thin lines far apart; device pixels in a logical one, 0 for none.
        dashed: The outline is broken.
    """
    rim = max(extent[2] - extent[0], extent[3] - extent[1])
    box = (extent[0] - rim, extent[1] - rim, extent[2] + rim, extent[3] + rim)
    pens = [QPen(colour, width, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin)]
    if dashed:
        pens[0].setCapStyle(Qt.FlatCap)
        pens[0].setDashPattern([3, 2])
    if halo is not None:
        pens.insert(0, QPen(halo, width + 4, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
    inside = QBrush(blended(colour.name(), fill)) if not hatch else QBrush(_wide_hatch(colour, hatch))
    for part in _flat_parts(geometry):
        kind = shapely.get_type_id(part)
        if kind == 0:
            at = QPointF(*to_pixels(shapely.get_coordinates(part))[0])
            painter.setPen(QPen(halo or QColor("#ffffff"), max(width * 0.75, 1)))
            painter.setBrush(colour)
            draw_marker(painter, "circle", at, 5 * width)
            continue
        rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(part)] if kind == 3 else [
            shapely.get_coordinates(part)]  # fmt: skip
        if kind == 3 and (fill > 0 or hatch):
            path = QPainterPath()
            for ring in rings:
                clipped = clip_ring(ring, box)
                if len(clipped) > 2:
                    path.addPolygon(qpolygon(to_pixels(clipped)))
            painter.fillPath(path, inside)
        painter.setBrush(Qt.NoBrush)
        for pen in pens:
            painter.setPen(pen)
            for ring in rings:
                for run in visible_runs(ring, box):
                    painter.drawPolyline(qpolygon(to_pixels(run)))


def _wide_hatch(colour: QColor, ratio: float) -> QImage:
    side = round(14 * ratio)
    image = QImage(side, side, QImage.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.Antialiasing)
    painter.setPen(QPen(blended(colour.name(), 0.55), ratio))
    for shift in (-side, 0, side):  # past the edges, so that tiles join without a notch
        painter.drawLine(QPointF(shift - 1, side + 1), QPointF(shift + side + 1, -1))
    painter.end()
    return image


def _flat_parts(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    parts = np.array([geometry], dtype=object)
    while (shapely.get_type_id(parts) > 3).any():
        parts = shapely.get_parts(parts)
    return [part for part in parts if not part.is_empty]


SITE_CRS = crs_key(LONLAT)

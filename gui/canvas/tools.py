"""What the mouse and the keys do on the map: one class a tool. A tool knows the canvas only by what it asks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPen
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gui.canvas.geodesy import distance_text, segment_lengths
from gui.canvas.overlay import INK, draw_labels
from gui.canvas.paint import qpolygon
from gui.measures import UNITS, length_words, total_words
from sanxian.i18n import _

if TYPE_CHECKING:
    from gui.canvas.canvas import MapCanvas

Spot = tuple[float, float]

SKETCH = QColor("#d0006f")
BROKEN = QColor("#b2182b")
GRIP = 7.0
_CLICK = 4
_MOST_MEASURED = 20_000  # vertices of a site that are measured at every move of the mouse: 30 ms


class Tool:
    """Does nothing; the others change what they need.

    Attributes:
        cursor: Of the mouse over the map.
        snaps: Whether the canvas shows where a click would snap to.
    """

    cursor = Qt.ArrowCursor
    snaps = False

    def __init__(self, canvas: MapCanvas) -> None:
        self.canvas = canvas

    @property
    def holding(self) -> bool:
        """Whether something is held, which the next release lets go."""
        return False

    def panned(self, dx: float, dy: float) -> None:
        """The map moved by pixels under what is held."""

    def activate(self) -> None: ...
    def press(self, event: QMouseEvent) -> None: ...
    def move(self, event: QMouseEvent) -> None: ...
    def release(self, event: QMouseEvent) -> None: ...
    def double_click(self, event: QMouseEvent) -> None: ...
    def paint(self, painter: QPainter) -> None: ...

    def key(self, event: QKeyEvent) -> bool:
        """Handle a key; False leaves it to the canvas."""
        return False

    def cancel(self) -> bool:
        """Drop what is under way; False when nothing was."""
        return False

    def points(self) -> tuple[int, int]:
        """How many points of a sketch under way can be taken back, and put down again."""
        return 0, 0

    def step(self, again: bool) -> bool:
        """Take the last point back, or put it down again; False where there is none."""
        return False


class Pan(Tool):
    """Drag the map."""

    cursor = Qt.OpenHandCursor

    def press(self, event: QMouseEvent) -> None:
        if event.button() == Qt.LeftButton:
            self.canvas.begin_drag(event.localPos())


class Box(Tool):
    """A rectangle dragged with the left button; a click is a rectangle of no size."""

    cursor = Qt.CrossCursor

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self._from: QPointF | None = None
        self._to = QPointF()

    @property
    def holding(self) -> bool:
        return self._from is not None

    def panned(self, dx: float, dy: float) -> None:
        if self._from is not None:
            self._from = self._from + QPointF(dx, dy)

    def press(self, event: QMouseEvent) -> None:
        if event.button() == Qt.LeftButton:
            self._from = self._to = QPointF(event.localPos())

    def move(self, event: QMouseEvent) -> None:
        if self._from is not None:
            self._to = QPointF(event.localPos())
            self.canvas.update()

    def release(self, event: QMouseEvent) -> None:
        if self._from is None or event.button() != Qt.LeftButton:
            return
        box = QRectF(self._from, event.localPos()).normalized()
        self._from = None
        self.canvas.update()
        self.done(box, max(box.width(), box.height()) < _CLICK, event)

    def done(self, box: QRectF, click: bool, event: QMouseEvent) -> None:
        """Called with the rectangle in pixels."""

    def cancel(self) -> bool:
        was, self._from = self._from is not None, None
        return was

    def paint(self, painter: QPainter) -> None:
        if self._from is not None:
            painter.setPen(QPen(QColor("#2166ac"), 1, Qt.DashLine))
            painter.setBrush(QColor(33, 102, 172, 40))
            painter.drawRect(QRectF(self._from, self._to).normalized())


class ZoomBox(Box):
    """Show the dragged rectangle; a click zooms in there."""

    def done(self, box: QRectF, click: bool, event: QMouseEvent) -> None:
        if click:
            self.canvas.zoom_at(2.0, event.localPos())
        else:
            self.canvas.zoom_to(self.canvas.map_box(box), margin=0.0)


class Extent(Box):
    """Tell the dragged rectangle: the extent of a print sheet."""

    cursor = Qt.CrossCursor

    def done(self, box: QRectF, click: bool, event: QMouseEvent) -> None:
        if not click:
            self.canvas.boxDrawn.emit(self.canvas.map_box(box))


class Identify(Tool):
    """Ask what lies under a click."""

    cursor = Qt.WhatsThisCursor

    def release(self, event: QMouseEvent) -> None:
        if event.button() == Qt.LeftButton:
            self.canvas.identify_at(event.localPos())


class Select(Box):
    """Select by a click or a rectangle; Shift or Alt adds, Ctrl adds what was not selected and takes away what was."""

    cursor = Qt.PointingHandCursor

    def done(self, box: QRectF, click: bool, event: QMouseEvent) -> None:
        if click:
            box = box.adjusted(-_CLICK, -_CLICK, _CLICK, _CLICK)
        keys = event.modifiers()
        mode = "add" if keys & (Qt.ShiftModifier | Qt.AltModifier) else "toggle" if keys & Qt.ControlModifier else "replace"
        self.canvas.select_in(box, mode, click)


class Sketch(Tool):
    """Vertices one click at a time; double-click, Enter or the right button ends it, Backspace or undo takes one back."""

    cursor = Qt.CrossCursor
    snaps = True
    least = 2
    closed = False
    measuring = False

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self.vertices: list[Spot] = []
        self._taken_back: list[Spot] = []  # the last one last
        self._cursor: Spot | None = None
        self._resting = False
        self.labels: list[QRectF] = []  # where words were drawn last

    def press(self, event: QMouseEvent) -> None:
        if event.button() == Qt.LeftButton:
            self.add(self.canvas.pick(event.localPos()))
        elif event.button() == Qt.RightButton:
            self.finish()

    def add(self, spot: Spot) -> None:
        """Put a vertex down."""
        if self._resting:
            self._start_again()
        if self.vertices and self._near(self.vertices[-1], spot):
            return
        if self.closed and len(self.vertices) >= self.least and self._near(self.vertices[0], spot):
            self.finish()
            return
        self.vertices.append(spot)
        self._taken_back = []
        self._cursor = spot
        self._tell()

    def _near(self, one: Spot, other: Spot) -> bool:
        return max(abs(one[0] - other[0]), abs(one[1] - other[1])) < self.canvas.resolution / 2

    def move(self, event: QMouseEvent) -> None:
        if self.vertices and not self._resting:
            self._cursor = self.canvas.pick(event.localPos())
            self._tell()

    def double_click(self, event: QMouseEvent) -> None:
        if event.button() == Qt.LeftButton:
            self.finish()

    def key(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key_Return, Qt.Key_Enter):
            self.finish()
            return True
        return event.key() == Qt.Key_Backspace and self.step(False)

    def points(self) -> tuple[int, int]:
        return (0, 0) if self._resting else (len(self.vertices), len(self._taken_back))

    def step(self, again: bool) -> bool:
        if not self.points()[again]:
            return False
        source, goal = (self._taken_back, self.vertices) if again else (self.vertices, self._taken_back)
        goal.append(source.pop())
        self._tell()
        return True

    def cancel(self) -> bool:
        was = bool(self.vertices)
        self._start_again()
        if was:
            self._tell()
        return was

    def _start_again(self) -> None:
        self.vertices, self._taken_back, self._cursor, self._resting = [], [], None, False
        self.canvas.update()

    def finish(self) -> None:
        """End the sketch, or say why it can't end yet."""
        if self._resting or not self.vertices:
            return
        self._cursor = None
        if len(self.vertices) < self.least:
            self.canvas.notice.emit(_("顶点不够：至少需要 {count} 个。").format(count=self.least))
            return
        if self.measuring:
            self._resting, self._taken_back = True, []
            self._tell()
            return
        if self.closed and not Polygon(self.vertices).is_valid:
            self.canvas.notice.emit(_("边界自相交，请按退格键撤回顶点后重画。"))
            self._tell()
            return
        geometry = Polygon(self.vertices) if self.closed else LineString(self.vertices)
        self._start_again()
        self._tell()  # whatever becomes of it, it is measured no more
        self.canvas.sketchFinished.emit(geometry)

    def measures(self) -> dict[str, Any]:
        """What ``sketchChanged`` carries."""
        line = [*self.vertices]
        if self._cursor is not None and not self._resting and line and not self._near(line[-1], self._cursor):
            line.append(self._cursor)
        ring = line + line[:1] if self.closed and len(line) > 2 else line
        lonlat = self.canvas.lonlat(np.array(ring).reshape(-1, 2))
        segments = segment_lengths(lonlat)
        # A ring that crosses itself has no area that one could act on.
        valid = not self.closed or len(line) < 4 or Polygon(line).is_valid
        area, length = 0.0, float(sum(segments))
        if valid and self.closed and len(line) > 2:
            area, length = self.canvas.measure(Polygon(line), "" if self.measuring else "drawn")
        return {
            "area_m2": area,
            "length_m": length,
            "segments_m": segments,
            "vertices": len(self.vertices),
            "valid": valid,
            "finished": self._resting,
            "units": self._units(),
        }

    def _units(self) -> tuple[str, str]:
        return self.canvas.measure_units if self.measuring else UNITS

    def _tell(self) -> None:
        self.canvas.sketchChanged.emit(self.measures())
        self.canvas.update()

    def paint(self, painter: QPainter) -> None:
        if not self.vertices:
            return
        facts = self.measures()
        ink = SKETCH if facts["valid"] else BROKEN
        line = [*self.vertices] + ([self._cursor] if self._cursor is not None and not self._resting else [])
        pixels = self.canvas.to_pixels(np.array(line))
        shape = qpolygon(pixels)
        if self.closed and len(line) > 2:
            painter.setPen(Qt.NoPen)
            painter.setBrush(QColor(ink.red(), ink.green(), ink.blue(), 40))
            painter.drawPolygon(shape)
            pixels = np.vstack([pixels, pixels[:1]])
            shape = qpolygon(pixels)
        for pen in (QPen(QColor(255, 255, 255, 200), 4), QPen(ink, 2)):
            painter.setPen(pen)
            painter.drawPolyline(shape)
        painter.setPen(QPen(QColor("#ffffff"), 1))
        painter.setBrush(ink)
        for x, y in pixels[: len(self.vertices)]:
            painter.drawRect(QRectF(x - 3, y - 3, 6, 6))
        self.labels = draw_labels(painter, self.canvas.width(), self.canvas.height(), self.canvas.font(), self._words(facts, pixels),
                                  [(tuple((start + stop) / 2), length_words(metres, facts["units"][0]))
                                   for start, stop, metres in zip(pixels, pixels[1:], facts["segments_m"], strict=False)
                                   if np.hypot(*(stop - start)) > 50])  # fmt: skip

    def _words(self, facts: dict[str, Any], pixels: np.ndarray) -> tuple[Spot, list[str], QColor] | None:
        """What is said of the whole: at the mouse while it is drawn, in its middle when it rests."""
        at = pixels[len(self.vertices)] if self._cursor is not None and len(pixels) > len(self.vertices) else pixels[len(self.vertices) - 1]
        if self._resting and self.closed:
            at = pixels[:-1].mean(axis=0)
        at = self._in_sight(at, pixels)
        if not facts["valid"]:
            return tuple(at), [_("边界自相交")], BROKEN
        if self.closed and facts["area_m2"] > 0:
            return tuple(at), total_words(facts["area_m2"], facts["length_m"], facts["units"]), INK
        if not self.closed and len(facts["segments_m"]) > 1:
            return tuple(at), [_("共 {length}").format(length=length_words(facts["length_m"], facts["units"][0]))], INK
        return None

    def _in_sight(self, at: Any, pixels: np.ndarray) -> Any:
        """A place of the sketch that is in the picture, after the map has moved on: this one, or a vertex, or what is seen of a side."""
        width, height = self.canvas.width(), self.canvas.height()
        inside = ((pixels >= 0) & (pixels <= (width, height))).all(axis=1)
        if 0 <= at[0] <= width and 0 <= at[1] <= height:
            return at
        if inside.any():
            return pixels[np.flatnonzero(inside)[-1]]
        seen = shapely.clip_by_rect(LineString(pixels), 0, 0, width, height) if len(pixels) > 1 else LineString()
        part = max(shapely.get_parts(seen), key=shapely.length, default=None)
        if part is None or part.is_empty:
            return at
        return shapely.get_coordinates(shapely.line_interpolate_point(part, 0.5, normalized=True))[0]


class DrawLine(Sketch):
    """A line."""


class DrawPolygon(Sketch):
    """An area."""

    least = 3
    closed = True


class Cut(DrawLine):
    """A line that divides the current site."""


class Pierce(DrawPolygon):
    """An area taken out of the current site."""


class Extend(DrawPolygon):
    """An area added to the current site."""


class SelectPolygon(DrawPolygon):
    """An area whose features are selected."""


class MeasureLength(Sketch):
    """Ellipsoidal length; the line stays until the next click."""

    measuring = True


class MeasureArea(Sketch):
    """Ellipsoidal area; the outline stays until the next click."""

    least = 3
    closed = True
    measuring = True


class DrawPoint(Tool):
    """A point at a click."""

    cursor = Qt.CrossCursor
    snaps = True

    def press(self, event: QMouseEvent) -> None:
        if event.button() == Qt.LeftButton:
            self.add(self.canvas.pick(event.localPos()))

    def add(self, spot: Spot) -> None:
        """Hand over a point."""
        self.canvas.sketchFinished.emit(Point(spot))


class SelectRadius(DrawPoint):
    """The place round which features are selected."""

    snaps = False


class Shape:
    """A geometry as lists of vertices that can be moved, put in and taken out."""

    def __init__(self, geometry: BaseGeometry) -> None:
        self._multi = geometry.geom_type.startswith("Multi")
        self.parts: list[tuple[int, list[np.ndarray]]] = []
        for part in shapely.get_parts(geometry):
            kind = int(shapely.get_type_id(part))
            if kind == 3:
                self.parts.append((3, [shapely.get_coordinates(ring)[:-1] for ring in shapely.get_rings(part)]))
            else:
                self.parts.append((kind, [shapely.get_coordinates(part)]))
        self._index()

    def _index(self) -> None:
        self.rings = [(p, r) for p, (_kind, rings) in enumerate(self.parts) for r in range(len(rings))]
        sizes = [len(self.parts[p][1][r]) for p, r in self.rings]
        self.starts = np.r_[0, np.cumsum(sizes)].astype(int)
        self.xy = np.concatenate([self.parts[p][1][r] for p, r in self.rings]) if self.rings else np.empty((0, 2))

    def _place(self, vertex: int) -> tuple[int, int, int]:
        ring = int(np.searchsorted(self.starts, vertex, side="right")) - 1
        return *self.rings[ring], vertex - int(self.starts[ring])

    def sides(self) -> tuple[np.ndarray, np.ndarray]:
        """First and last vertex number of each side."""
        first, last = [], []
        for number, (p, _r) in enumerate(self.rings):
            ids = np.arange(self.starts[number], self.starts[number + 1])
            closed = self.parts[p][0] == 3
            first.append(ids if closed else ids[:-1])
            last.append(np.roll(ids, -1) if closed else ids[1:])
        return (np.concatenate(first), np.concatenate(last)) if first else (np.empty(0, int), np.empty(0, int))

    def put(self, vertex: int, spot: Spot) -> None:
        """Move a vertex."""
        p, r, i = self._place(vertex)
        self.parts[p][1][r][i] = spot
        self.xy[vertex] = spot

    def insert(self, after: int, spot: Spot) -> int:
        """A new vertex behind another; returns its number."""
        p, r, i = self._place(after)
        self.parts[p][1][r] = np.insert(self.parts[p][1][r], i + 1, spot, axis=0)
        self._index()
        return after + 1

    def delete(self, vertex: int) -> bool:
        """Take a vertex out; False where the rest would be no shape any more."""
        p, r, i = self._place(vertex)
        kind, rings = self.parts[p]
        if len(rings[r]) <= {3: 3, 1: 2}.get(kind, 1):
            if kind == 3 and r > 0:
                rings.pop(r)
                self._index()
                return True
            return False
        rings[r] = np.delete(rings[r], i, axis=0)
        self._index()
        return True

    def shift(self, dx: float, dy: float) -> None:
        """Move everything."""
        for _kind, rings in self.parts:
            for ring in rings:
                ring += (dx, dy)
        self._index()

    def geometry(self) -> BaseGeometry:
        """The shape as a geometry of the type that it came as."""
        made = [
            Polygon(rings[0], rings[1:]) if kind == 3 else LineString(rings[0]) if kind == 1 else Point(rings[0][0])
            for kind, rings in self.parts
        ]
        if not self._multi and len(made) == 1:
            return made[0]
        whole = {3: MultiPolygon, 1: MultiLineString, 0: MultiPoint}[self.parts[0][0]]
        return whole(made)


class Edit(Tool):
    """Drag vertices of the current site, drag the small circles to put one in, Delete takes one out.

    A double-click on a side puts a vertex there; dragging the inside or a side moves the whole site. Every step that leaves a
    valid shape is told by ``siteMoved``; one that does not is taken back.
    """

    cursor = Qt.CrossCursor
    snaps = True

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self._shape: Shape | None = None
        self._before: BaseGeometry | None = None
        self._vertex: int | None = None
        self._hover: int | None = None
        self._grabbed: Spot | None = None
        self._changed = False
        self._at = QPointF()
        self._facts: dict[str, Any] = {}
        self.labels: list[QRectF] = []

    def activate(self) -> None:
        geometry = self.canvas.current_geometry()
        self._shape = Shape(geometry) if geometry is not None and not geometry.is_empty else None
        self._before, self._vertex, self._hover, self._grabbed = geometry, None, None, None
        if self._shape is None:
            self.canvas.notice.emit(_("请先选中一个项目用地，再编辑它的边界。"))
        if self._shape is None or len(self._shape.xy) <= _MOST_MEASURED:
            self._tell()
        self.canvas.update()

    def measures(self) -> dict[str, Any]:
        """What ``sketchChanged`` carries: of the site as it is under the mouse."""
        geometry = self._shape.geometry() if self._shape is not None else None
        valid = geometry is not None and geometry.is_valid
        area, length = self.canvas.measure(geometry, "current") if geometry is not None and valid else (0.0, 0.0)
        return {"area_m2": area, "length_m": length, "segments_m": [], "valid": valid, "finished": not self.holding,
                "vertices": 0 if self._shape is None else len(self._shape.xy)}  # fmt: skip

    def _tell(self) -> None:
        self._facts = self.measures() if self._shape is not None else {}
        if self._facts:
            self.canvas.sketchChanged.emit(self._facts)

    @property
    def holding(self) -> bool:
        return self._grabbed is not None

    def vertex_after(self, spot: Spot | None, step: int) -> tuple[int, int, Spot] | None:
        """The vertex ``step`` behind the one nearest to a place (the first without a place): its number, how many, where."""
        if self._shape is None or not len(self._shape.xy):
            return None
        xy = self._shape.xy
        number = 0
        if spot is not None:
            apart = np.hypot(*(xy - spot).T)
            number = int(np.argmin(apart))
            # From elsewhere the nearest comes first.
            if apart[number] <= GRIP * self.canvas.resolution:
                number = (number + step) % len(xy)
        return number, len(xy), (float(xy[number, 0]), float(xy[number, 1]))

    def _vertex_at(self, at: QPointF) -> int | None:
        if self._shape is None or not len(self._shape.xy):
            return None
        apart = np.abs(self.canvas.to_pixels(self._shape.xy) - (at.x(), at.y())).max(axis=1)
        best = int(np.argmin(apart))
        return best if apart[best] <= GRIP else None

    def _side_at(self, at: QPointF, middle: bool) -> int | None:
        """The vertex before the side under the mouse, or under the small circle in its middle."""
        if self._shape is None:
            return None
        first, last = self._shape.sides()
        if not len(first):
            return None
        pixels = self.canvas.to_pixels(self._shape.xy)
        a, b = pixels[first], pixels[last]
        run = b - a
        length = np.maximum((run**2).sum(axis=1), 1e-12)
        mouse = np.array([at.x(), at.y()])
        share = np.full(len(a), 0.5) if middle else np.clip(((mouse - a) * run).sum(axis=1) / length, 0, 1)
        apart = np.hypot(*(a + share[:, None] * run - mouse).T)
        if middle:
            apart = np.where(length > 900, apart, np.inf)
        best = int(np.argmin(apart))
        return int(first[best]) if apart[best] <= GRIP else None

    def press(self, event: QMouseEvent) -> None:
        if event.button() != Qt.LeftButton or self._shape is None:
            return
        at, here = event.localPos(), self.canvas.at(event.localPos())
        self._vertex = self._vertex_at(at)
        if self._vertex is None:
            side = self._side_at(at, middle=True)
            if side is not None:
                self._vertex = self._shape.insert(side, here)
                self._changed = True
        # A line has no inside to be taken hold of.
        if self._vertex is not None or self._side_at(at, middle=False) is not None or self._shape.geometry().covers(Point(here)):
            self._grabbed = here
        self.canvas.update()

    def move(self, event: QMouseEvent) -> None:
        if self._shape is None:
            return
        if self._grabbed is None:
            hover = self._vertex_at(event.localPos())
            if hover != self._hover:
                self._hover = hover
                self.canvas.update()
            return
        if self._vertex is not None:
            self._shape.put(self._vertex, self.canvas.pick(event.localPos()))
        else:
            here = self.canvas.at(event.localPos())
            self._shape.shift(here[0] - self._grabbed[0], here[1] - self._grabbed[1])
            self._grabbed = here
        self._changed = True
        self._at = QPointF(event.localPos())
        self.canvas.siteDragged.emit(self)
        if len(self._shape.xy) <= _MOST_MEASURED:
            self._tell()
        else:
            self._facts = {}
        self.canvas.update()

    def dragged(self) -> BaseGeometry | None:
        """The site as it is under the mouse, or ``None`` where that is no valid shape."""
        geometry = self._shape.geometry() if self._shape is not None else None
        return geometry if geometry is not None and geometry.is_valid else None

    def release(self, event: QMouseEvent) -> None:
        if event.button() == Qt.LeftButton and self._grabbed is not None:
            self._grabbed = None
            self._settle()

    def double_click(self, event: QMouseEvent) -> None:
        if self._shape is None or event.button() != Qt.LeftButton or self._vertex_at(event.localPos()) is not None:
            return
        side = self._side_at(event.localPos(), middle=False)
        if side is not None:
            self._vertex = self._shape.insert(side, self.canvas.at(event.localPos()))
            self._changed = True
            self._settle()

    def key(self, event: QKeyEvent) -> bool:
        if event.key() not in (Qt.Key_Delete, Qt.Key_Backspace):
            return False
        vertex = self._hover if self._hover is not None else self._vertex
        if self._shape is None or vertex is None:
            return True
        if self._shape.delete(vertex):
            self._hover = self._vertex = None
            self._changed = True
            self._settle()
        else:
            self.canvas.notice.emit(_("再删就不成图形了。"))
        return True

    def cancel(self) -> bool:
        if self._grabbed is None:
            return False
        self._restore()
        self.canvas.siteDragged.emit(None)
        return True

    def _restore(self) -> None:
        self._shape = Shape(self._before) if self._before is not None else None
        self._vertex, self._hover, self._grabbed, self._changed = None, None, None, False
        self._tell()
        self.canvas.update()

    def _settle(self) -> None:
        if self._shape is None or not self._changed:
            return
        self._changed = False
        geometry = self._shape.geometry()
        if not geometry.is_valid:
            self._restore()
            self.canvas.siteDragged.emit(None)
            self.canvas.notice.emit(_("这样改边界会自相交，已还原。"))
            return
        self._before = geometry
        self._tell()
        self.canvas.update()
        self.canvas.take_edit(geometry)

    def paint(self, painter: QPainter) -> None:
        self.labels = []
        if self._shape is None:
            return
        self._paint_shape(painter)
        if self.holding and self._changed and self._facts:
            if not self._facts["valid"]:
                words, ink = [_("边界自相交")], BROKEN
            elif self._facts["area_m2"] > 0:
                words, ink = total_words(self._facts["area_m2"], self._facts["length_m"]), INK
            elif self._facts["length_m"] > 0:
                words, ink = [_("共 {length}").format(length=distance_text(self._facts["length_m"]))], INK
            else:
                return
            self.labels = draw_labels(painter, self.canvas.width(), self.canvas.height(), self.canvas.font(),
                                      ((self._at.x(), self._at.y()), words, ink), [])  # fmt: skip

    def _paint_shape(self, painter: QPainter) -> None:
        assert self._shape is not None
        pixels = self.canvas.to_pixels(self._shape.xy)
        width, height = self.canvas.width(), self.canvas.height()
        path, inside_of = QPainterPath(), QPainterPath()
        for number, (p, _r) in enumerate(self._shape.rings):
            ring = pixels[self._shape.starts[number] : self._shape.starts[number + 1]]
            if self._shape.parts[p][0] == 3:
                ring = np.vstack([ring, ring[:1]])
            if len(ring) > 5000:
                places = np.round(ring)
                ring = ring[np.r_[True, (places[1:] != places[:-1]).any(axis=1)]]
            if len(ring) > 1:
                path.addPolygon(qpolygon(ring))
                if self._shape.parts[p][0] == 3:
                    inside_of.addPolygon(qpolygon(ring))
        painter.fillPath(inside_of, QColor(SKETCH.red(), SKETCH.green(), SKETCH.blue(), 35))
        painter.setBrush(Qt.NoBrush)
        for pen in (QPen(QColor(255, 255, 255, 200), 4), QPen(SKETCH, 2)):
            painter.setPen(pen)
            painter.drawPath(path)
        inside = np.flatnonzero((pixels > -5).all(axis=1) & (pixels < (width + 5, height + 5)).all(axis=1))
        if len(inside) > 2000:  # grips would be a smear, and take long
            return
        first, last = self._shape.sides()
        a, b = pixels[first], pixels[last]
        middles = ((a + b) / 2)[np.hypot(*(b - a).T) > 30] if len(a) else a
        painter.setPen(QPen(SKETCH, 1))
        painter.setBrush(QColor("#ffffff"))
        for x, y in middles[((middles > 0) & (middles < (width, height))).all(axis=1)]:
            painter.drawEllipse(QPointF(x, y), 3, 3)
        for number in inside:
            x, y = pixels[number]
            painter.setBrush(SKETCH if number in (self._hover, self._vertex) else QColor("#ffffff"))
            painter.drawRect(QRectF(x - 4, y - 4, 8, 8))


TOOLS: dict[str, type[Tool]] = {
    "pan": Pan,
    "identify": Identify,
    "select": Select,
    "zoom_box": ZoomBox,
    "draw_polygon": DrawPolygon,
    "draw_line": DrawLine,
    "draw_point": DrawPoint,
    "edit": Edit,
    "extent": Extent,
    "cut": Cut,
    "pierce": Pierce,
    "extend": Extend,
    "select_polygon": SelectPolygon,
    "select_radius": SelectRadius,
    "measure_length": MeasureLength,
    "measure_area": MeasureArea,
}

__all__ = ["TOOLS", "Box", "Edit", "Sketch", "Tool"]

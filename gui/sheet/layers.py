"""Paints the layers of a sheet: the inks of the screen (``gui.canvas.symbols``), in millimetres, as vectors.

The screen's painter works in pixels for speed and stamps points into the picture's memory, which a PDF has not. Colours,
widths, dashes, hatches and markers come from the same inks, so that a class looks alike on both; a test compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from PyQt5.QtCore import QPointF, Qt
from PyQt5.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from gui.canvas.paint import _middle, _roomiest, qpolygon
from gui.canvas.prepare import clip_ring
from gui.canvas.symbols import Ink, draw_marker, inks_for
from gui.sheet.pen import ASCENT, DESCENT, Drawn, Pen, mm_pen
from sanxian.mapping.sheets.content import Layer
from sanxian.mapping.sheets.outlines import AREA, Box, Outlines, cut_line, hatch_dots, hatch_lines
from sanxian.mapping.sheets.page import Rect
from sanxian.mapping.styles import LayerStyle, Symbol

PX_MM = 25.4 / 96  # a logical pixel of the screen
CELL = 0.1  # vertices are handed over in whole tenths of a millimetre: short numbers make small files
HATCH_GAP = 8 * PX_MM * np.sqrt(0.5)
DOT_GAP = 4 * PX_MM * np.sqrt(2)
MANY_LABELS = 400
MANY_MARKERS = 1500
REPEAT_MM = 55.0
_TICK = 64

Tick = Callable[[], object]


@contextmanager
def scaled(painter: QPainter, factor: float) -> Iterator[None]:
    """The painter in other units, and as it was afterwards, also where the drawing was stopped."""
    painter.save()
    painter.scale(factor, factor)
    try:
        yield
    finally:
        painter.restore()


class MmInks:
    """The inks of a style in millimetres."""

    def __init__(self, style: LayerStyle, opacity: float) -> None:
        self.inks: list[Ink] = inks_for(style, PX_MM)
        for ink in self.inks:
            # inks_for gives pixels at 96 a inch times the ratio, which is millimetres here.
            ink.outline = _faded(ink.outline, opacity)
            ink.fill = _faded(ink.fill, opacity) if ink.fill is not None else None

    def pen(self, number: int, scale: float = 1.0) -> QPen:
        """The outline of a class; ``scale`` is how many units of the painter a millimetre has."""
        ink = self.inks[number]
        if ink.width <= 0:
            return QPen(Qt.NoPen)
        unit = 25.4 / 72
        return mm_pen(ink.outline, ink.width * scale, [length * unit * scale for length in ink.dash])


def _faded(colour: QColor, opacity: float) -> QColor:
    made = QColor(colour)
    made.setAlphaF(made.alphaF() * opacity)
    return made


def paint_layer(pen: Pen, layer_id: str, style: LayerStyle, classes: np.ndarray, shapes: Outlines, frame: Box,
                opacity: float, drawn: Drawn, tick: Tick) -> None:
    """One layer within ``frame``: areas and lines by class, points on top."""
    inks = MmInks(style, opacity)
    with scaled(pen.painter, CELL):
        _paint_parts(pen, layer_id, inks, classes, shapes, frame, drawn, tick)
    _paint_points(pen, layer_id, classes, shapes, inks, drawn, tick)


def _paint_parts(pen: Pen, layer_id: str, inks: MmInks, classes: np.ndarray, shapes: Outlines, frame: Box, drawn: Drawn,
                 tick: Tick) -> None:
    painter = pen.painter
    part_class = classes[shapes.part_row]
    order = np.argsort(part_class, kind="stable")
    counts = np.diff(shapes.offsets)
    cells = np.rint(shapes.xy / CELL)
    now = -1
    outline, brush = QPen(Qt.NoPen), QBrush(Qt.NoBrush)
    hatches: list[int] = []

    def hatch() -> None:
        if hatches:
            with scaled(painter, 1 / CELL):
                _hatch(pen, inks.inks[now], [shapes.rings(part) for part in hatches], shapes, hatches, frame, tick)
            hatches.clear()

    for step, part in enumerate(order.tolist()):
        if step % _TICK == 0:
            tick()
        number = int(part_class[part])
        if number != now:
            hatch()
            now = number
            outline = inks.pen(now, 1 / CELL)
            fill = inks.inks[now].fill
            brush = QBrush(fill) if fill is not None else QBrush(Qt.NoBrush)
            painter.setPen(outline)
            painter.setBrush(brush)
        first, last = shapes.part_ring[part], shapes.part_ring[part + 1]
        if shapes.part_kind[part] != AREA:
            if _paint_line(pen, shapes, part, frame, outline):
                drawn.classes.add((layer_id, now))
            continue
        if inks.inks[now].hatch:
            hatches.append(part)
        if shapes.inside[part]:
            drawn.classes.add((layer_id, now))
            if last - first == 1:
                painter.drawPolygon(qpolygon(cells[shapes.offsets[first]:shapes.offsets[last]]))
                continue
            path = QPainterPath()
            for ring in range(first, last):
                if counts[ring] > 2:
                    path.addPolygon(qpolygon(cells[shapes.offsets[ring]:shapes.offsets[ring + 1]]))
            painter.drawPath(path)
        elif _paint_crossing(pen, shapes.rings(part), frame, outline, brush):
            drawn.classes.add((layer_id, now))
            painter.setPen(outline)
            painter.setBrush(brush)
    hatch()


def _paint_line(pen: Pen, shapes: Outlines, part: int, frame: Box, outline: QPen) -> bool:
    painter = pen.painter
    painter.setPen(outline)
    painter.setBrush(Qt.NoBrush)
    seen = False
    for ring in shapes.rings(part):
        for run in [ring] if shapes.inside[part] else cut_line(ring, frame):
            painter.drawPolyline(qpolygon(np.rint(run / CELL)))
            seen = True
    return seen


def _paint_crossing(pen: Pen, rings: list[np.ndarray], frame: Box, outline: QPen, brush: QBrush) -> bool:
    """An area that crosses the frame: its fill is cut at the frame, and its outline does not run along it."""
    cut = [ring for ring in (clip_ring(ring, frame) for ring in rings) if len(ring) > 2]
    if not cut or _area(cut[0]) <= 1e-9:
        return False
    painter = pen.painter
    if brush.style() != Qt.NoBrush:
        painter.setPen(Qt.NoPen)
        painter.setBrush(brush)
        path = QPainterPath()
        for ring in cut:
            path.addPolygon(qpolygon(np.rint(ring / CELL)))
            path.closeSubpath()
        painter.drawPath(path)
    if outline.style() != Qt.NoPen:
        painter.setPen(outline)
        painter.setBrush(Qt.NoBrush)
        for ring in rings:
            for run in cut_line(ring, frame):
                painter.drawPolyline(qpolygon(np.rint(run / CELL)))
    return True


def _area(ring: np.ndarray) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def _hatch(pen: Pen, ink: Ink, parts: list[list[np.ndarray]], shapes: Outlines, numbers: Sequence[int], frame: Box, tick: Tick) -> None:
    colour = QColor(ink.outline)
    colour.setAlphaF(colour.alphaF() * 0.75)
    for rings, part in zip(parts, numbers, strict=True):
        tick()
        if not shapes.inside[part]:
            rings = [np.vstack([ring, ring[:1]]) for ring in (clip_ring(ring, frame) for ring in rings) if len(ring) > 2]
        paint_hatch(pen, rings, ink.hatch, colour)


def paint_hatch(pen: Pen, rings: list[np.ndarray], hatch: str, colour: QColor) -> None:
    """The strokes or dots of a hatch within closed rings, as the screen has them."""
    if hatch == "dots":
        dots = hatch_dots(rings, DOT_GAP)
        pen.lines(np.column_stack([dots - (0.005, 0), dots + (0.005, 0)]) if len(dots) else np.empty((0, 4)), 1.8 * PX_MM * 0.8,
                  colour, Qt.RoundCap)
        return
    for name, angle in (("diagonal", -45.0), ("backdiagonal", 45.0)):
        if hatch in (name, "cross"):
            pen.lines(hatch_lines(rings, angle, HATCH_GAP), PX_MM * 0.75, colour)


def _paint_points(pen: Pen, layer_id: str, classes: np.ndarray, shapes: Outlines, inks: MmInks, drawn: Drawn, tick: Tick) -> None:
    if not len(shapes.point_row):
        return
    painter = pen.painter
    point_class = classes[shapes.point_row]
    # In the order of the features, as on the screen. Two markers of a class within a fifth of a millimetre are one on paper:
    # the upper one, which comes first when they are looked through from behind.
    order = np.argsort(shapes.point_row, kind="stable")[::-1]
    _, first = np.unique(np.column_stack((np.rint(shapes.points[order] / 0.2), point_class[order])), axis=0, return_index=True)
    drawn.classes.update((layer_id, number) for number in np.unique(point_class).tolist())
    last = None
    for step, at in enumerate(order[np.sort(first)[::-1]].tolist()):
        if step % _TICK == 0:
            tick()
        number = int(point_class[at])
        ink = inks.inks[number]
        if number != last:
            painter.setPen(mm_pen(ink.outline, ink.width) if ink.width > 0 else QPen(Qt.NoPen))
            painter.setBrush(QBrush(ink.fill) if ink.fill is not None else QBrush(ink.outline))
            last = number
        x, y = shapes.points[at].tolist()
        draw_marker(painter, ink.marker, QPointF(x, y), ink.size)
        if ink.letter:
            _letter(pen, ink, x, y, ink.size)


def _letter(pen: Pen, ink: Ink, x: float, y: float, size: float) -> None:
    """The letter in the middle of a marker, dark or light as on the screen."""
    height = size * 0.68
    colour = "#ffffff" if QColor(ink.fill or ink.outline).lightnessF() < 0.6 else "#000000"
    painter = pen.painter
    painter.save()
    pen.text("markers", ink.letter, x, y + height * (ASCENT - DESCENT) / 2, height, align=0.5, colour=colour)
    painter.restore()
    pen.drawn.written.pop()  # part of a sign, which may lie on others, and no text that has to be readable by itself


def paint_patch(pen: Pen, style_symbol: Symbol, kind: str, box: Rect, opacity: float) -> None:
    """A class as its legend shows it."""
    style = LayerStyle("", "single", "", (style_symbol,))
    inks = MmInks(style, opacity)
    ink, painter = inks.inks[0], pen.painter
    ring = np.array([(box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom), (box.x, box.y)])
    if kind == "point":
        painter.setPen(mm_pen(ink.outline, ink.width) if ink.width > 0 else QPen(Qt.NoPen))
        painter.setBrush(QBrush(ink.fill) if ink.fill is not None else QBrush(ink.outline))
        draw_marker(painter, ink.marker, QPointF(box.x + box.width / 2, box.y + box.height / 2), min(ink.size, box.height))
        if ink.letter:
            _letter(pen, ink, box.x + box.width / 2, box.y + box.height / 2, min(ink.size, box.height))
        return
    if kind == "line":
        painter.setPen(inks.pen(0))
        painter.setBrush(Qt.NoBrush)
        middle = box.y + box.height / 2
        painter.drawPolyline(qpolygon(np.array([(box.x, middle), (box.right, middle)])))
        return
    painter.setPen(inks.pen(0))
    painter.setBrush(QBrush(ink.fill) if ink.fill is not None else QBrush(Qt.NoBrush))
    painter.drawPolygon(qpolygon(ring))
    if ink.hatch:
        colour = QColor(ink.outline)
        colour.setAlphaF(colour.alphaF() * 0.75)
        paint_hatch(pen, [ring], ink.hatch, colour)


# -- names -----------------------------------------------------------------------------------------------------------


class Labels:
    """Names on the map; none stands on another, and none leaves the frame.

    Args:
        pen: To draw with.
        frame: Of the map in mm.
        taken: What is there already, such as the north arrow.
        size: Of the text in mm.
    """

    def __init__(self, pen: Pen, frame: Box, taken: Sequence[Rect], size: float) -> None:
        self._pen, self._frame, self._size = pen, frame, size
        self._taken = list(taken)
        self._named: dict[str, list[tuple[float, float]]] = {}
        self._count = 0
        self._waiting: list[tuple[list[str], float, float]] = []

    def avoid(self, layer: Layer) -> None:
        """Keep names off the markers of a layer."""
        inks = MmInks(layer.style, 1.0)
        points, classes = layer.shapes.points, layer.classes[layer.shapes.point_row]
        for (x, y), number in zip(points[:MANY_MARKERS].tolist(), classes.tolist(), strict=False):
            half = inks.inks[number].size * 0.42
            self._taken.append(Rect(x - half, y - half, 2 * half, 2 * half))

    def add(self, layer: Layer, tick: Tick) -> None:
        """Find room for the names of a layer; the roomiest features first."""
        if layer.rough or not layer.source.labels:
            return
        shapes, drawn = layer.shapes, self._pen.drawn
        best: dict[int, tuple[float, int]] = {}
        if len(shapes.part_row):
            first = shapes.offsets[shapes.part_ring[:-1]]
            low = np.maximum(np.minimum.reduceat(shapes.xy, first), self._frame[:2])
            high = np.minimum(np.maximum.reduceat(shapes.xy, first), self._frame[2:])
            wide = np.minimum((high - low)[:, 0], 200) * ((high - low) >= 0).all(axis=1)  # a level line has no height
            for part in np.flatnonzero(wide > 3).tolist():
                row = int(shapes.part_row[part])
                if layer.names[row] and (row not in best or best[row][0] < wide[part]):
                    best[row] = (float(wide[part]), part)
        for row, (room, part) in sorted(best.items(), key=lambda one: (-one[1][0], one[0])):
            tick()
            if self._count >= MANY_LABELS:
                drawn.unlabelled += 1
                continue
            if room < 0.8 * self._narrowest(layer.names[row]):  # no need to look where it might stand
                drawn.unlabelled += 1
                continue
            rings = shapes.rings(part)
            found = self._area(layer.names[row], rings) if shapes.part_kind[part] == AREA else self._line(layer.names[row], rings[0])
            drawn.unlabelled += not found
        for place, row in zip(shapes.points.tolist(), shapes.point_row.tolist(), strict=True):
            name = layer.names[row]
            if name and not (self._count < MANY_LABELS and self._point(name, *place)):
                drawn.unlabelled += 1

    def _area(self, name: str, rings: list[np.ndarray]) -> bool:
        view = np.array(self._frame)
        spot = _roomiest(rings, view)
        if spot is None:
            return False
        room, x, y = spot
        for lines in self._shapes(name):
            width = max(self._pen.width(line, self._size) for line in lines)
            if room >= width * 0.92:
                return self._place(name, lines, x, y, repeat=False)
        return False

    def _line(self, name: str, line: np.ndarray) -> bool:
        spot = _middle(line, np.array(self._frame))
        if spot is None or spot[0] < self._pen.width(name, self._size) * 0.8:
            return False
        return self._place(name, [name], spot[1], spot[2] - self._size * 0.9)

    def _point(self, name: str, x: float, y: float) -> bool:
        width = self._pen.width(name, self._size)
        gap = self._size * 0.75
        for at_x, at_y in ((x + gap + width / 2, y), (x - gap - width / 2, y), (x, y - gap - self._size / 2),
                           (x, y + gap + self._size / 2)):
            if self._place(name, [name], at_x, at_y, repeat=False):
                return True
        return False

    def _narrowest(self, name: str) -> float:
        return self._pen.width(name, self._size) / (1 if len(name) <= 6 else 2 if len(name) <= 12 else 3)

    def _shapes(self, name: str) -> list[list[str]]:
        made = [[name]]
        if len(name) > 6:
            half = (len(name) + 1) // 2
            made.append([name[:half], name[half:]])
        if len(name) > 12:
            third = (len(name) + 2) // 3
            made.append([name[:third], name[third:2 * third], name[2 * third:]])
        return made

    def _place(self, name: str, lines: list[str], x: float, y: float, *, repeat: bool = True) -> bool:
        size = self._size
        width = max(self._pen.width(line, size) for line in lines)
        height = size * (1 + 1.15 * (len(lines) - 1))
        left, top, right, bottom = self._frame
        box = Rect(x - width / 2, y - height / 2, width, height)
        if not Rect(left, top, right - left, bottom - top).inset(size * 0.3).holds(box):
            return False
        spaced = Rect(box.x - size * 0.3, box.y - size * 0.2, box.width + size * 0.6, box.height + size * 0.4)
        if any(spaced.meets(other) for other in self._taken):
            return False
        # A river in fifty pieces is named once, and so is a county that is in two layers.
        here = self._named.setdefault(name, [])
        if any(abs(x - was[0]) + abs(y - was[1]) < REPEAT_MM for was in here):
            return repeat
        here.append((x, y))
        self._taken.append(box)
        self._count += 1
        self._waiting.append((lines, x, box.y))
        return True

    def draw(self) -> None:
        """Write them."""
        size = self._size
        for lines, x, top in self._waiting:
            for number, line in enumerate(lines):
                y = top + size * (ASCENT + (1 - ASCENT - DESCENT) / 2) + number * size * 1.15
                self._pen.text("labels", line, x, y, size, align=0.5, halo=size * 0.14)
        self._waiting.clear()

"""Draws text and simple shapes in millimetres on any device, and keeps a record of what was written where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from PyQt5.QtCore import QLineF, QPointF, QRectF, Qt
from PyQt5.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from gui.canvas.paint import qpolygon
from gui.sheet.fonts import EM, sheet_font
from sanxian.mapping.sheets.page import Rect

INK = "#1a1a1a"
ASCENT, DESCENT = 0.86, 0.14  # of the height of Chinese text above and below its baseline
_NOT_FIRST = "，。；：、！？）》」』】〉”’%‰℃,.;:!?)]}·…"
_NOT_LAST = "（《「『【〈“‘([{"


@dataclass(frozen=True, slots=True)
class Written:
    """One piece of text.

    Attributes:
        element: Which part of the sheet it belongs to, a key of ``template.ELEMENTS``.
        box: Where it stands.
    """

    element: str
    text: str
    box: Rect


@dataclass
class Drawn:
    """What was painted, for the checks.

    Attributes:
        written: Every piece of text.
        classes: (layer id, class) of what was painted on the map.
        legend: (layer id, class) of what the legend explains.
        unlabelled: Features that have a name for which there was no room.
        cut: Texts that had to be shortened: element, the whole text.
        left_out: Units for which the table had no row.
        bar: Left and right end of the scale bar and the height at which its line stands, in mm.
        bar_box: The room around it.
        blocks: Where each block stands, by the keys of ``template.BLOCKS``.
        moved: Those of them that stand where a person put them.
    """

    written: list[Written] = field(default_factory=list)
    classes: set[tuple[str, int]] = field(default_factory=set)
    legend: set[tuple[str, int]] = field(default_factory=set)
    unlabelled: int = 0
    cut: list[tuple[str, str]] = field(default_factory=list)
    left_out: int = 0
    bar: tuple[float, float, float] | None = None
    bar_box: Rect | None = None
    blocks: dict[str, Rect] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)


class Pen:
    """A painter in millimetres.

    Args:
        painter: Scaled so that one unit is a millimetre.
        drawn: Where what is written is recorded.
        outlines: Draw text as shapes, for files that cannot carry a font.
    """

    def __init__(self, painter: QPainter, drawn: Drawn, *, outlines: bool = False) -> None:
        self.painter = painter
        self.drawn = drawn
        self.outlines = outlines
        self._font = sheet_font()
        self._metrics = QFontMetricsF(self._font)
        self._widths: dict[str, float] = {}
        self.shift = (0.0, 0.0)  # of what is painted now against where it says it is, in mm

    @contextmanager
    def shifted(self, x: float, y: float) -> Iterator[None]:
        """Everything painted within stands so much further right and down, and is recorded there."""
        self.painter.save()
        self.painter.translate(x, y)
        self.shift = (x, y)
        try:
            yield
        finally:
            self.shift = (0.0, 0.0)
            self.painter.restore()

    def there(self, box: Rect) -> Rect:
        """Where a box of what is painted now stands on the paper."""
        return Rect(box.x + self.shift[0], box.y + self.shift[1], box.width, box.height)

    def width(self, text: str, size: float) -> float:
        """Width of ``text`` in mm at ``size`` mm."""
        found = self._widths.get(text)
        if found is None:
            found = self._widths[text] = self._metrics.horizontalAdvance(text)
        return found * size / EM

    def line(self, xy: Sequence[tuple[float, float]] | np.ndarray, width: float, colour: str = INK,
             dash: Sequence[float] = (), cap: Qt.PenCapStyle = Qt.FlatCap) -> None:
        """A line through points, ``width`` mm thick; ``dash`` in mm."""
        self.painter.setPen(mm_pen(QColor(colour), width, dash, cap))
        self.painter.setBrush(Qt.NoBrush)
        self.painter.drawPolyline(qpolygon(np.asarray(xy, dtype=float)))

    def lines(self, segments: np.ndarray, width: float, colour: QColor, cap: Qt.PenCapStyle = Qt.FlatCap) -> None:
        """Many short strokes, rows of (x1, y1, x2, y2)."""
        self.painter.setPen(mm_pen(colour, width, (), cap))
        for start in range(0, len(segments), 2000):
            self.painter.drawLines([QLineF(*row) for row in segments[start:start + 2000].tolist()])

    def box(self, rect: Rect, *, line: float = 0.0, colour: str = INK, fill: str | QColor | None = None) -> None:
        """A rectangle."""
        self.painter.setPen(mm_pen(QColor(colour), line) if line else QPen(Qt.NoPen))
        self.painter.setBrush(QBrush(QColor(fill)) if fill is not None else QBrush(Qt.NoBrush))
        self.painter.drawRect(QRectF(rect.x, rect.y, rect.width, rect.height))

    def polygon(self, xy: Sequence[tuple[float, float]], fill: str, line: float = 0.0, colour: str = INK) -> None:
        """A filled polygon."""
        self.painter.setPen(mm_pen(QColor(colour), line) if line else QPen(Qt.NoPen))
        self.painter.setBrush(QColor(fill))
        self.painter.drawPolygon(qpolygon(np.asarray(xy, dtype=float)))

    def text(self, element: str, text: str, x: float, y: float, size: float, *, align: float = 0.0, colour: str = INK,
             halo: float = 0.0, turn: float = 0.0, spread: float = 0.0) -> Rect:
        """One line of text.

        Args:
            element: What it belongs to.
            text: Drawn as it is; nothing in it means anything.
            x, y: Of its baseline in mm.
            size: Height in mm.
            align: 0 begins at ``x``, 0.5 is centred there, 1 ends there.
            colour: Of the text.
            halo: Width of a white rim in mm.
            turn: Degrees, clockwise.
            spread: Extra room between characters in mm.

        Returns:
            Where it stands; for turned text the box around it.
        """
        width = self.width(text, size) + spread * max(len(text) - 1, 0)
        painter = self.painter
        painter.save()
        painter.translate(x, y)
        if turn:
            painter.rotate(turn)
        painter.translate(-width * align, 0)
        painter.scale(size / EM, size / EM)
        pieces = [(0.0, text)] if not spread else self._spread(text, size, spread)
        for at, piece in pieces:
            if halo or self.outlines:
                path = QPainterPath()
                path.addText(QPointF(at, 0), self._font, piece)
                if halo:
                    rim = QPen(QColor("#ffffff"), 2 * halo * EM / size)
                    rim.setJoinStyle(Qt.RoundJoin)
                    painter.strokePath(path, rim)
                if self.outlines:
                    painter.fillPath(path, QColor(colour))
            if not self.outlines:
                painter.setFont(self._font)
                painter.setPen(QColor(colour))
                painter.drawText(QPointF(at, 0), piece)
        painter.restore()
        left = x - width * align
        box = Rect(left, y - ASCENT * size, width, (ASCENT + DESCENT) * size)
        if turn:
            middle_x, middle_y = x, y
            corners = np.array([(box.x - middle_x, box.y - middle_y), (box.right - middle_x, box.y - middle_y),
                                (box.right - middle_x, box.bottom - middle_y), (box.x - middle_x, box.bottom - middle_y)])
            angle = np.radians(turn)
            cos, sin = np.cos(angle), np.sin(angle)
            spun = corners @ np.array([[cos, sin], [-sin, cos]])
            low, high = spun.min(axis=0), spun.max(axis=0)
            box = Rect(middle_x + low[0], middle_y + low[1], high[0] - low[0], high[1] - low[1])
        self.drawn.written.append(Written(element, text, self.there(box)))
        return box

    def _spread(self, text: str, size: float, spread: float) -> list[tuple[float, str]]:
        made, at = [], 0.0
        for letter in text:
            made.append((at, letter))
            at += (self.width(letter, size) + spread) * EM / size
        return made

    def fitted(self, element: str, text: str, width: float, size: float) -> str:
        """``text`` short enough for ``width`` mm; what was cut is recorded."""
        if self.width(text, size) <= width:
            return text
        self.drawn.cut.append((element, text))
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(text[:middle] + "…", size) <= width:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip() + "…"

    def wrapped(self, text: str, width: float, size: float) -> list[str]:
        """``text`` in lines no wider than ``width`` mm, broken as Chinese is and never within a figure or Latin word."""
        lines: list[str] = []
        for paragraph in text.split("\n"):
            line = ""
            for token in _tokens(paragraph):
                if line and self.width(line + token, size) > width and token[0] not in _NOT_FIRST:
                    if line[-1] in _NOT_LAST and len(line) > 1:
                        lines.append(line[:-1].rstrip())
                        line = line[-1] + token
                    else:
                        lines.append(line.rstrip())
                        line = token.lstrip()
                else:
                    line += token
                while self.width(line, size) > width * 1.04 and len(line) > 1:
                    cut = len(line) - 1
                    while cut > 1 and self.width(line[:cut], size) > width:
                        cut -= 1
                    lines.append(line[:cut])
                    line = line[cut:]
            lines.append(line.rstrip())
        return lines


def _tokens(text: str) -> list[str]:
    """Single Chinese characters, and whole words and figures of others with the space behind them."""
    made: list[str] = []
    for letter in text:
        wide = ord(letter) > 0x2E7F
        if made and not wide and ord(made[-1][-1]) <= 0x2E7F and not made[-1].endswith(" "):
            made[-1] += letter
        else:
            made.append(letter)
    return made


def mm_pen(colour: QColor, width: float, dash: Sequence[float] = (), cap: Qt.PenCapStyle = Qt.FlatCap) -> QPen:
    """A pen ``width`` mm thick; ``dash`` in mm."""
    pen = QPen(colour, width, Qt.SolidLine, cap, Qt.BevelJoin)
    if dash and width:
        pen.setCapStyle(Qt.FlatCap)
        pen.setDashPattern([max(length / width, 0.05) for length in dash])
    return pen

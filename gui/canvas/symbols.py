"""Styles turned into pens, brushes and sprites. Everything here may be used in the drawing thread: no QPixmap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QBrush, QColor, QFont, QImage, QPainter, QPen, QPolygonF, QTransform

from sanxian.mapping.styles import LayerStyle, style_for, verdict_style

__all__ = ["Ink", "blended", "classify", "inks_for", "style_for", "verdict_style"]

_POINTS_TO_PIXELS = 96 / 72
_TILE = 8


def blended(colour: str, opacity: float) -> QColor:
    """``#rrggbb`` with an opacity from 0 to 1."""
    made = QColor(colour)
    made.setAlphaF(min(max(opacity, 0.0), 1.0))
    return made


@dataclass
class Ink:
    """One class of a style in device pixels.

    Attributes:
        fill: None for no fill.
        width: Of the outline in device pixels; 0 for no outline.
    """

    fill: QColor | None
    outline: QColor
    width: float
    hatch: str
    marker: str
    size: float
    dash: tuple[float, ...]
    ratio: float
    letter: str = ""
    _texture: QImage | None = None

    def brush(self, scale: QTransform | None = None) -> QBrush:
        """The fill; ``scale`` is the painter's transform, undone for the hatch so that it keeps its size on screen."""
        if not self.hatch:
            return QBrush(self.fill) if self.fill else QBrush(Qt.NoBrush)
        if self._texture is None:
            self._texture = self._tile()
        brush = QBrush(self._texture)
        if scale is not None:
            inverse, _ = QTransform.fromScale(scale.m11(), scale.m22()).inverted()
            brush.setTransform(inverse)
        return brush

    def pen(self, plain: bool = False) -> QPen:
        """The outline. ``plain`` for crowds: exactly 1 px and solid, several times faster in the raster engine."""
        if self.width <= 0:
            return QPen(Qt.NoPen)
        width = 1.0 if plain or self.width <= 1.45 else self.width
        pen = QPen(self.outline, width)
        pen.setCosmetic(True)
        pen.setJoinStyle(Qt.RoundJoin)
        if self.dash and not plain:
            unit = _POINTS_TO_PIXELS * self.ratio / width
            pen.setCapStyle(Qt.FlatCap)
            pen.setDashPattern([max(length * unit, 0.1) for length in self.dash])
        return pen

    def _tile(self) -> QImage:
        side = round(_TILE * self.ratio)
        image = QImage(side, side, QImage.Format_ARGB32_Premultiplied)
        image.fill(self.fill or QColor(0, 0, 0, 0))
        painter = QPainter(image)
        painter.setRenderHint(QPainter.Antialiasing)
        ink = QColor(self.outline)
        ink.setAlphaF(0.75)
        painter.setPen(QPen(ink, self.ratio))
        # Strokes run past the edges so that tiles join without a notch.
        if self.hatch in ("diagonal", "cross"):
            for shift in (-side, 0, side):
                painter.drawLine(QPointF(shift - 1, side + 1), QPointF(shift + side + 1, -1))
        if self.hatch in ("backdiagonal", "cross"):
            for shift in (-side, 0, side):
                painter.drawLine(QPointF(shift - 1, -1), QPointF(shift + side + 1, side + 1))
        if self.hatch == "dots":
            painter.setPen(Qt.NoPen)
            painter.setBrush(ink)
            for x, y in ((0.25, 0.25), (0.75, 0.75)):
                painter.drawEllipse(QPointF(side * x, side * y), self.ratio * 0.9, self.ratio * 0.9)
        painter.end()
        return image

    def sprite(self) -> QImage:
        """The marker; an odd number of pixels, so that it has a middle."""
        side = int(np.ceil(self.size + self.width + 1)) | 1
        image = QImage(side, side, QImage.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.Antialiasing)
        painter.setPen(QPen(self.outline, self.width) if self.width > 0 else QPen(Qt.NoPen))
        painter.setBrush(QBrush(self.fill) if self.fill else QBrush(self.outline))
        draw_marker(painter, self.marker, QPointF(side / 2, side / 2), self.size)
        if self.letter:
            font = QFont()
            font.setPixelSize(max(round(self.size * 0.68), 6))
            painter.setFont(font)
            painter.setPen(QPen(QColor("#ffffff" if QColor(self.fill or self.outline).lightnessF() < 0.6 else "#000000")))
            painter.drawText(QRectF(0, 0, side, side), Qt.AlignCenter, self.letter)
        painter.end()
        return image


    def halo(self) -> np.ndarray | None:
        """The pixels of ``sprite`` that are a rim paler than the inside, put there to set markers apart; ``None`` for no such rim."""
        if self.width <= 0 or self.fill is None or self.outline.lightnessF() <= self.fill.lightnessF():
            return None
        image = replace(self, letter="").sprite().convertToFormat(QImage.Format_ARGB32)
        memory = image.bits()
        memory.setsize(image.sizeInBytes())
        colours = np.frombuffer(memory, np.uint8).reshape(image.height(), image.width(), 4)[..., :3].astype(int)
        rim, inside = (abs(colours - (one.blue(), one.green(), one.red())).sum(axis=-1) for one in (self.outline, self.fill))
        return rim < inside


def draw_marker(painter: QPainter, marker: str, at: QPointF, size: float) -> None:
    """A circle, square, triangle or diamond round a point, with the painter's pen and brush."""
    half = size / 2
    if marker == "square":
        half *= 0.9
        painter.drawRect(QRectF(at.x() - half, at.y() - half, 2 * half, 2 * half))
    elif marker == "triangle":
        painter.drawPolygon(QPolygonF([QPointF(at.x(), at.y() - half), QPointF(at.x() + half, at.y() + half * 0.8),
                                       QPointF(at.x() - half, at.y() + half * 0.8)]))
    elif marker == "diamond":
        half *= 1.1
        painter.drawPolygon(QPolygonF([QPointF(at.x(), at.y() - half), QPointF(at.x() + half, at.y()),
                                       QPointF(at.x(), at.y() + half), QPointF(at.x() - half, at.y())]))
    else:
        painter.drawEllipse(at, half, half)


def inks_for(style: LayerStyle, ratio: float) -> list[Ink]:
    """One ink for each class of a ``LayerStyle``; ``ratio`` is device pixels in a logical one."""
    unit = _POINTS_TO_PIXELS * ratio
    return [
        Ink(
            fill=blended(symbol.fill, symbol.fill_opacity) if symbol.fill_opacity > 0 else None,
            outline=QColor(symbol.outline),
            width=symbol.outline_width * unit,
            hatch=symbol.hatch,
            marker=symbol.marker or "circle",
            size=symbol.size * unit,
            dash=tuple(symbol.dash),
            ratio=ratio,
            letter=symbol.letter,
        )
        for symbol in style.classes
    ]


def classify(style: LayerStyle, frame: Any) -> np.ndarray:
    """The class of each row, as int16; -1 where the class is switched off."""
    shown = [symbol.shown for symbol in style.classes]
    found = style.class_numbers(frame)
    return found if all(shown) else np.where(np.array(shown)[found], found, np.int16(-1))

"""What the window's thread draws over the picture: scale bar, north arrow, words on an empty map. All of it is small."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from gui.canvas.geodesy import LONLAT, crs_key, metres_per_unit, transformer
from gui.canvas.scene import View
from sanxian.i18n import _

INK = QColor("#1f2933")
HALO = QColor(255, 255, 255, 225)
_LONLAT = crs_key(LONLAT)


def round_length(metres: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above ``metres``."""
    power = 10.0 ** math.floor(math.log10(metres))
    return next(step * power for step in (5, 2, 1) if step * power <= metres * (1 + 1e-9))


def halo_text(painter: QPainter, at: QPointF, text: str, font: QFont, ink: QColor = INK) -> None:
    """Text with its baseline at ``at``, readable on any ground."""
    path = QPainterPath()
    path.addText(at, font, text)
    painter.setBrush(Qt.NoBrush)
    painter.setPen(QPen(HALO, 3, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
    painter.drawPath(path)
    painter.setPen(Qt.NoPen)
    painter.setBrush(ink)
    painter.drawPath(path)


def draw_labels(
    painter: QPainter, width: int, height: int, font: QFont, main: tuple[tuple[float, float], list[str], QColor] | None,
    others: Sequence[tuple[tuple[float, float], str]],
) -> list[QRectF]:
    """Words about the whole on a ground of their own beside a place, and of the others those that no word lies on.

    Args:
        painter: Of the canvas.
        width: Of the canvas in pixels, where ``main`` stays inside.
        height: Likewise.
        font: Of the canvas.
        main: Place, lines of words and ink; drawn as long as the place is in the picture.
        others: Places and a word each, the first come the first served.

    Returns:
        The rectangles of what was drawn; none meets another.
    """
    small, bold = QFont(font), QFont(font)
    small.setPixelSize(12)
    bold.setPixelSize(12)
    bold.setBold(True)
    taken: list[QRectF] = []
    if main is not None and QRectF(0, 0, width, height).contains(*main[0]):  # else it would stick to the edge, beside nothing
        (x, y), lines, ink = main
        metrics = QFontMetricsF(bold)
        wide, tall = max(map(metrics.horizontalAdvance, lines)) + 12, metrics.lineSpacing() * len(lines) + 8
        gap = 16.0
        places = [QRectF(left, top, wide, tall) for left, top in
                  ((x + gap, y + gap), (x + gap, y - gap - tall), (x - gap - wide, y + gap), (x - gap - wide, y - gap - tall))]
        inside = QRectF(0, 0, width, height)
        box = next((place for place in places if inside.contains(place)), None)
        if box is None:
            box = QRectF(min(max(x + gap, 0.0), max(width - wide, 0.0)), min(max(y + gap, 0.0), max(height - tall, 0.0)), wide, tall)
        painter.setPen(QPen(QColor(0, 0, 0, 60), 1))
        painter.setBrush(QColor(255, 255, 255, 235))
        painter.drawRoundedRect(box, 3, 3)
        painter.setFont(bold)
        painter.setPen(ink)
        for row, text in enumerate(lines):
            painter.drawText(QPointF(box.left() + 6, box.top() + 4 + metrics.ascent() + row * metrics.lineSpacing()), text)
        taken.append(box)
    metrics = QFontMetricsF(small)
    for (x, y), text in others:
        at = QPointF(x + 6, y - 4)
        box = metrics.tightBoundingRect(text).translated(at).adjusted(-3, -3, 3, 3)
        if not any(box.intersects(one) for one in taken):
            halo_text(painter, at, text, small)
            taken.append(box)
    return taken


def length_words(metres: float) -> str:
    """A round length with its unit."""
    if metres >= 1000:
        return _("{length} 千米").format(length=f"{metres / 1000:g}")
    return _("{length} 米").format(length=f"{metres:g}")


SCALE_BAR = (184.0, 46.0)  # pixels of the lower left corner that the scale bar takes with its words
NORTH_ARROW = (46.0, 62.0)  # of the upper right corner


def draw_scale_bar(painter: QPainter, view: View, crs: str, font: QFont) -> None:
    """A bar in the lower left corner, true along the middle of the map."""
    metre = view.resolution * metres_per_unit(crs, view.x, view.y)
    if not metre > 0 or view.width < 200:
        return
    length = round_length(min(160.0, view.width / 4) * metre)
    width = length / metre
    left, bottom = 16.0, view.height - 16.0
    small = QFont(font)
    small.setPixelSize(12)
    for pen in (QPen(HALO, 5), QPen(INK, 2)):
        pen.setCapStyle(Qt.SquareCap)
        pen.setJoinStyle(Qt.MiterJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.NoBrush)
        painter.drawPolyline(QPolygonF([QPointF(left, bottom - 6), QPointF(left, bottom), QPointF(left + width, bottom),
                                        QPointF(left + width, bottom - 6)]))
    halo_text(painter, QPointF(left + 4, bottom - 6), length_words(length), small)


def convergence(view: View, crs: str) -> float:
    """Degrees by which true north lies clockwise of straight up at the middle of the map."""
    lon, lat = transformer(crs, _LONLAT).transform(view.x, view.y)
    if not (math.isfinite(lon) and math.isfinite(lat)) or abs(lat) > 89:
        return 0.0
    x, y = transformer(_LONLAT, crs).transform(lon, lat + 0.001)
    return math.degrees(math.atan2(x - view.x, y - view.y)) if math.isfinite(x) and math.isfinite(y) else 0.0


def draw_north_arrow(painter: QPainter, view: View, angle: float, font: QFont) -> None:
    """A small arrow to true north in the upper right corner."""
    if view.width < 200 or view.height < 150:
        return
    painter.save()
    painter.translate(view.width - 26, 40)
    painter.rotate(angle)
    left = QPolygonF([QPointF(0, -14), QPointF(-7, 12), QPointF(0, 7)])
    right = QPolygonF([QPointF(0, -14), QPointF(7, 12), QPointF(0, 7)])
    painter.setPen(QPen(HALO, 4, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
    painter.drawPolygon(QPolygonF([QPointF(0, -14), QPointF(-7, 12), QPointF(0, 7), QPointF(7, 12)]))
    painter.setPen(QPen(INK, 1))
    painter.setBrush(INK)
    painter.drawPolygon(left)
    painter.setBrush(QColor("#ffffff"))
    painter.drawPolygon(right)
    small = QFont(font)
    small.setPixelSize(12)
    small.setBold(True)
    width = QFontMetricsF(small).horizontalAdvance("N")
    halo_text(painter, QPointF(-width / 2, -18), "N", small)
    painter.restore()


def draw_attribution(painter: QPainter, view: View, text: str, font: QFont) -> None:
    """Whose the basemap is, in the lower right corner, wrapped beside the scale bar."""
    room = view.width - 220.0
    if not text or room < 60:
        return
    small = QFont(font)
    small.setPixelSize(11)
    how = int(Qt.AlignRight | Qt.AlignBottom | Qt.TextWordWrap)
    box = QFontMetricsF(small).boundingRect(QRectF(0, 0, room, view.height / 2), how, text)
    place = QRectF(view.width - box.width() - 12, view.height - box.height() - 6, box.width() + 10, box.height() + 4)
    painter.setPen(Qt.NoPen)
    painter.setBrush(QColor(255, 255, 255, 205))
    painter.drawRect(place)
    painter.setPen(INK)
    painter.setFont(small)
    painter.drawText(place.adjusted(4, 2, -4, -2), how, text)


def draw_paused(painter: QPainter, view: View, text: str, font: QFont) -> None:
    """In the middle of the upper border, beside the north arrow: nobody shall take an old picture for the map as it is."""
    bold = QFont(font)
    bold.setPixelSize(13)
    bold.setBold(True)
    how = int(Qt.AlignCenter | Qt.TextWordWrap)
    said = QFontMetricsF(bold).boundingRect(QRectF(0, 0, max(view.width - 140.0, 60.0), view.height), how, text)
    band = QRectF((view.width - said.width() - 24) / 2, 0, said.width() + 24, said.height() + 8)
    painter.fillRect(band, QColor("#fff3d6"))
    painter.setPen(QColor("#5a3600"))
    painter.setFont(bold)
    painter.drawText(band.adjusted(8, 0, -8, 0), how, text)


def draw_empty(painter: QPainter, view: View, lines: tuple[str, str], font: QFont) -> None:
    """What to do next, in the middle of a map with nothing on it."""
    title, body = QFont(font), QFont(font)
    title.setPixelSize(20)
    body.setPixelSize(14)
    middle = view.height / 2
    painter.setPen(QColor("#52606d"))
    painter.setFont(title)
    painter.drawText(QRectF(16, middle - 60, view.width - 32, 50), Qt.AlignHCenter | Qt.AlignBottom, lines[0])
    painter.setFont(body)
    painter.drawText(QRectF(16, middle, view.width - 32, 80), Qt.AlignHCenter | Qt.AlignTop | Qt.TextWordWrap, lines[1])

"""Icons as short SVG drawings, coloured from the palette when asked for."""

from __future__ import annotations

from functools import cache
from typing import Any

from PyQt5.QtCore import QByteArray, QPointF, QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QBrush, QColor, QIcon, QIconEngine, QPainter, QPen, QPixmap, QPolygonF
from PyQt5.QtSvg import QSvgRenderer

from gui import theme
from sanxian.mapping.styles import verdict_style

# 24 × 24, drawn with strokes; {c} is the colour of the moment.
_SHAPES = {
    "new": '<path d="M6 3h8l4 4v14H6z"/><path d="M14 3v4h4M12 11v6M9 14h6"/>',
    "open": '<path d="M3 19V6h6l2 2h8v3"/><path d="M3 19l3-8h15l-3 8z"/>',
    "save": '<path d="M4 4h13l3 3v13H4z"/><path d="M8 4v5h7V4M8 20v-6h8v6"/>',
    "import": '<path d="M12 3v11M8 10l4 4 4-4"/><path d="M4 16v4h16v-4"/>',
    "export": '<path d="M6 3h8l4 4v5M6 3v18h5"/><path d="M14 17h7M18 14l3 3-3 3"/>',
    "undo": '<path d="M8 5L4 9l4 4"/><path d="M4 9h10a5 5 0 0 1 0 10H9"/>',
    "redo": '<path d="M16 5l4 4-4 4"/><path d="M20 9H10a5 5 0 0 0 0 10h5"/>',
    "pan": '<path d="M12 3v18M3 12h18"/><path d="M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3"/>',
    "identify": '<circle cx="12" cy="12" r="9"/><path d="M12 11v6"/><circle cx="12" cy="7.6" r="0.6"/>',
    "zoom_box": '<path d="M3 7V3h4M13 3h4v4M3 13v4h4"/><circle cx="15" cy="15" r="4.5"/><path d="M18.3 18.3L22 22"/>',
    "full": '<path d="M3 8V3h5M16 3h5v5M21 16v5h-5M8 21H3v-5"/><rect x="8" y="8" width="8" height="8"/>',
    "select": '<path d="M4 8V4h4M16 4h4v4M8 20H4v-4" stroke-dasharray="3 2"/><path d="M10 9l4 11 2-4.500 4.500-2z"/>',
    "zoom_to": '<circle cx="10" cy="10" r="6.5"/><path d="M15 15l6 6M10 7v6M7 10h6"/>',
    "polygon": '<path d="M4 9l9-5 7 7-4 9H7z"/><circle cx="4" cy="9" r="1.4"/><circle cx="13" cy="4" r="1.4"/>'
               '<circle cx="20" cy="11" r="1.4"/><circle cx="16" cy="20" r="1.4"/><circle cx="7" cy="20" r="1.4"/>',
    "line": '<path d="M4 19L9 8l6 6 5-9"/><circle cx="4" cy="19" r="1.4"/><circle cx="20" cy="5" r="1.4"/>',
    "point": '<path d="M12 21s-6-6.500-6-11a6 6 0 0 1 12 0c0 4.500-6 11-6 11z"/><circle cx="12" cy="10" r="2"/>',
    "coordinates": '<path d="M4 6h4M4 12h4M4 18h4M11 6h9M11 12h9M11 18h9"/>',
    "edit": '<path d="M4 20l1-4L16 5l3 3L8 19z"/><path d="M14 7l3 3"/>',
    "delete": '<path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13"/>',
    "measure": '<path d="M3 16L16 3l5 5L8 21z"/><path d="M7 12l2 2M10 9l2 2M13 6l2 2"/>',
    "area": '<path d="M5 5h14v14H5z"/><path d="M5 12L12 5M5 19L19 5M12 19l7-7"/>',
    "refresh": '<path d="M19 8a8 8 0 1 0 1 6"/><path d="M20 3v5h-5"/>',
    "layer": '<path d="M12 3l9 5-9 5-9-5z"/><path d="M3 12.500l9 5 9-5M3 16.500l9 5 9-5"/>',
    "calendar": '<path d="M4 6h16v15H4zM4 11h16M8 3v5M16 3v5"/><path d="M8 15h2M14 15h2M8 18h2"/>',
    "table": '<path d="M3 5h18v14H3zM3 10h18M3 14.500h18M9 5v14"/>',
    "judge": '<path d="M12 4v16M7 20h10M5 7h14"/><path d="M5 7l-3 6h6zM19 7l-3 6h6z"/>',
    "judge_all": '<path d="M4 6h9M4 12h9M4 18h9"/><path d="M16 6l2 2 3-4M16 12l2 2 3-4M16 18l2 2 3-4"/>',
    "stop": '<circle cx="12" cy="12" r="9"/><path d="M9 9h6v6H9z"/>',
    "eye": '<path d="M2 12s4-6 10-6 10 6 10 6-4 6-10 6S2 12 2 12z"/><circle cx="12" cy="12" r="2.500"/>',
    "demo": '<path d="M5 4l14 8-14 8z"/>',
    "help": '<circle cx="12" cy="12" r="9"/><path d="M9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.8.4-1 .9-1 2"/>'
            '<circle cx="12" cy="17" r="0.6"/>',
    "broken": '<path d="M12 3l10 18H2z" fill="#fbe3e1"/><path d="M9 11l6 6M15 11l-6 6"/>',
    "doubtful": '<path d="M12 3l10 18H2z" fill="#fff3d6"/><path d="M12 10v5"/><circle cx="12" cy="18" r="0.6"/>',
    "doubtful-crs": '<circle cx="12" cy="12" r="9" fill="#fff3d6"/><path d="M3 12h18M12 3c-4 5-4 13 0 18M12 3c4 5 4 13 0 18"/>',
    "raster": '<path d="M4 4h16v16H4z"/><path d="M4 15l5-5 4 4 3-3 4 4"/><circle cx="15.500" cy="8" r="1.500"/>',
    "filter": '<path d="M3 5h18l-7 8v6l-4-2v-4z"/>',
    "group": '<path d="M3 19V6h6l2 2h10v11z"/>',
    "settings": '<circle cx="12" cy="12" r="3"/><path d="M12 3v4M12 17v4M3 12h4M17 12h4M5.600 5.600l2.900 2.900'
                'M15.500 15.500l2.900 2.900M18.400 5.600l-2.900 2.900M8.500 15.500l-2.900 2.900"/>',
    "up": '<path d="M12 20V5M6 11l6-6 6 6"/>',
    "down": '<path d="M12 4v15M6 13l6 6 6-6"/>',
    "out_of_scale": '<path d="M2 12s4-6 10-6 10 6 10 6-4 6-10 6S2 12 2 12z"/><path d="M4 20L20 4"/>',
    "swipe": '<path d="M4 5h16v14H4zM12 3v18"/><path d="M9 10l-2 2 2 2M15 10l2 2-2 2"/>',
    "outlet": '<path d="M3 6h9v6H3zM12 9h3a3 3 0 0 1 3 3v2"/><path d="M2 19c3-3 5 2 8-1s5 2 8-1 3 1 4 0"/>',
    "board": '<path d="M4 20V4M4 20h16"/><path d="M8 17v-6M12 17V7M16 17v-3"/>',
    "float": '<path d="M9 4h11v11H9z"/><path d="M15 15v5H4V9h5"/>',
    "close": '<path d="M5 5l14 14M19 5L5 19"/>',
    "app": '<path d="M3 7c4-4 8 3 12-1 2-2 4-2 6-1M3 13c4-4 8 3 12-1 2-2 4-2 6-1M3 19c4-4 8 3 12-1 2-2 4-2 6-1"/>',
}
# A verdict is told by its shape as well as by its colour and, always, by its word.
_VERDICTS = {
    "prohibited": '<circle cx="12" cy="12" r="10" fill="{f}"/><path d="M8 8l8 8M16 8l-8 8" stroke="#fff"/>',
    "undetermined": '<rect x="3" y="3" width="18" height="18" rx="4" fill="{f}"/>'
                    '<path d="M9 9.500a3 3 0 1 1 4.200 2.700c-.9.4-1.200 1-1.200 2.300" stroke="#fff"/>'
                    '<circle cx="12" cy="17.600" r="0.700" stroke="#fff" fill="#fff"/>',
    "restricted": '<path d="M12 2l11 19H1z" fill="{f}"/><path d="M12 9v6" stroke="#fff"/>'
                  '<circle cx="12" cy="18" r="0.600" stroke="#fff" fill="#fff"/>',
    "conditional": '<path d="M12 1.500L22.500 12 12 22.500 1.500 12z" fill="{f}"/>'
                   '<path d="M9 8.500h6M9 12h6M9 15.500h4" stroke="#fff"/>',
    "advisory": '<circle cx="12" cy="12" r="10" fill="{f}"/><path d="M12 11v6" stroke="#fff"/>'
                '<circle cx="12" cy="7.300" r="0.700" stroke="#fff" fill="#fff"/>',
    "permitted": '<circle cx="12" cy="12" r="10" fill="{f}"/><path d="M7 12.500l3.500 3.500L17 8.500" stroke="#fff"/>',
    "not_applicable": '<circle cx="12" cy="12" r="9.500" fill="none" stroke="{f}"/><path d="M8 12h8" stroke="{f}"/>',
    "": '<circle cx="12" cy="12" r="9" fill="none" stroke="{f}" stroke-dasharray="3 3"/>',
}


def _draw(body: str, colour: str, size: int) -> QPixmap:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}" '
        f'stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round">{body}</svg>'
    )
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


_cached_draw = cache(_draw)


class _Drawing(QIconEngine):
    """Draws a sign in the colours of the theme that is on when it is drawn, so that a theme can change any time."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def pixmap(self, size: QSize, mode: QIcon.Mode, _state: QIcon.State) -> QPixmap:
        colour = {"broken": "wrong", "doubtful": "doubt", "doubtful-crs": "doubt"}.get(self._name, "icon")
        body = _SHAPES[self._name]
        for plain, ground in (("#fbe3e1", "wrong_ground"), ("#fff3d6", "doubt_ground")):
            body = body.replace(plain, theme.ink(ground))
        side = max(1, min(size.width(), size.height()))
        if mode == QIcon.Selected and colour == "icon":  # on the ground of what is selected, as the words beside it
            colour = "selected"
        return _cached_draw(body, theme.ink("off" if mode == QIcon.Disabled else colour), side)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatioF() if painter.device() is not None else 1.0
        painter.drawPixmap(rect, self.pixmap(QSize(round(rect.width() * ratio), round(rect.height() * ratio)), mode, state))

    def clone(self) -> QIconEngine:
        return _Drawing(self._name)


@cache
def icon(name: str) -> QIcon:
    """The icon of that name; a name nobody drew is an error, not an empty square.

    Raises:
        KeyError: No such icon.
    """
    if name not in _SHAPES:
        raise KeyError(name)
    return QIcon(_Drawing(name))


@cache
def verdict_icon(verdict: str | None) -> QIcon:
    """The mark of a verdict; each has a shape of its own."""
    key = str(verdict or "")
    found = QIcon()
    for size in (16, 24, 32, 40, 48, 64, 80):  # up to the largest sign on a screen of 200 %
        body = _VERDICTS.get(key, _VERDICTS["undetermined"])
        pixmap = _draw(body.format(f=verdict_style(key).colour if key else "#75797d"), "none", size)
        found.addPixmap(pixmap)
        found.addPixmap(pixmap, QIcon.Selected)  # Qt would tint it, and a verdict keeps its colour
    return found


_HATCHES = {"diagonal": Qt.BDiagPattern, "backdiagonal": Qt.FDiagPattern, "cross": Qt.DiagCrossPattern,
            "dots": Qt.Dense6Pattern}


def swatch(symbol: Any, size: int = 16, geometry: str = "") -> QIcon:
    """A class of a layer style (``sanxian.mapping.styles.Symbol``) as a small sign for legends.

    Args:
        geometry: polygon, line or point, of which the symbol is drawn; '' to go by the symbol.
    """
    return _swatch(symbol, size, geometry, theme.is_dark())


@cache
def _swatch(symbol: Any, size: int, geometry: str, dark: bool) -> QIcon:
    found = QIcon()
    for times in (1, 2):  # on a screen of more than 100 % the larger one is taken
        pixmap = _drawn(symbol, size, geometry, dark, times)
        found.addPixmap(pixmap)
        found.addPixmap(pixmap, QIcon.Selected)
    return found


def _drawn(symbol: Any, size: int, geometry: str, dark: bool, times: int) -> QPixmap:
    pixmap = QPixmap(size * times, size * times)
    pixmap.fill(Qt.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.Antialiasing)
    painter.scale(times, times)
    pen = QPen(QColor(symbol.outline), min(max(symbol.outline_width, 1.0), 2.5))
    marker = (symbol.marker or "circle") if geometry == "point" else "" if geometry else symbol.marker
    if dark and not marker and (geometry == "line" or (symbol.fill_opacity == 0 and not symbol.hatch)):
        # A dark line is drawn on paper, which the map is and the list of layers then is not.
        painter.fillRect(QRectF(0, 1, size, size - 2), QColor("#ffffff"))
    if marker:
        painter.setPen(QPen(QColor("#ffffff"), 0.8))
        painter.setBrush(QColor(symbol.fill))
        middle, reach = size / 2, size * 0.34
        if marker == "circle":
            painter.drawEllipse(QPointF(middle, middle), reach, reach)
        else:
            corners = {
                "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
                "triangle": [(0, -1), (1, 0.8), (-1, 0.8)], "diamond": [(0, -1.1), (1.1, 0), (0, 1.1), (-1.1, 0)],
            }[marker]
            painter.drawPolygon(QPolygonF([QPointF(middle + x * reach, middle + y * reach) for x, y in corners]))
    elif geometry == "line" or (symbol.fill_opacity == 0 and not symbol.hatch):
        if symbol.dash:
            pen.setDashPattern([length / max(pen.widthF(), 1.0) for length in symbol.dash])
        painter.setPen(pen)
        painter.drawLine(QPointF(1, size - 4), QPointF(size - 1, 4))
    else:
        fill = QColor(symbol.fill)
        fill.setAlphaF(max(symbol.fill_opacity, 0.12))
        painter.setPen(Qt.NoPen)
        painter.fillRect(QRectF(1, 2, size - 3, size - 5), QColor("#ffffff"))
        painter.fillRect(QRectF(1, 2, size - 3, size - 5), fill)
        if symbol.hatch in _HATCHES:
            painter.fillRect(QRectF(1, 2, size - 3, size - 5), QBrush(QColor(symbol.outline), _HATCHES[symbol.hatch]))
        painter.setPen(pen)
        painter.setBrush(Qt.NoBrush)
        painter.drawRect(QRectF(1, 2, size - 3, size - 5))
    painter.end()
    return pixmap

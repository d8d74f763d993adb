"""Small maps with known places and colours, and a mouse, for the tests of the canvas."""

import geopandas as gpd
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QMouseEvent, QWheelEvent
from PyQt5.QtWidgets import QApplication
from shapely.geometry import Polygon, box

from gui.canvas.scene import MapLayer
from sanxian.mapping.styles import LayerStyle, Symbol

SIZE = (400, 300)
# Eastings and northings of the middle of every test map, EPSG:4548.
X, Y = 500_000.0, 3_200_000.0


def symbol(**look):
    plain = {
        "value": None, "zh": "", "en": "", "fill": "#ff0000", "fill_opacity": 1.0, "outline": "#ff0000", "outline_width": 0.75,
        "hatch": "", "marker": "circle", "size": 9.0, "dash": (), "letter": "",
    }  # fmt: skip
    return Symbol(**{**plain, **look})


def style(*symbols, field=""):
    return LayerStyle("reference", "categorised" if field else "single", field, symbols or (symbol(),))


def plain(colour, **look):
    return style(symbol(fill=colour, outline=colour, **look))


def layer(name, geometries, crs=4548, look=None, **more):
    columns = more.pop("columns", {})
    frame = gpd.GeoDataFrame(columns, geometry=list(geometries), crs=crs)
    return MapLayer(name, name, "reference", frame, style=look or style(), **more)


def square(x, y, half):
    return box(X + x - half, Y + y - half, X + x + half, Y + y + half)


def ring(x, y, half, hole):
    return Polygon(square(x, y, half).exterior, [square(x, y, hole).exterior])


class Mouse:
    """Real events, sent to the widget as the window system would."""

    def __init__(self, canvas):
        self.canvas = canvas

    def _send(self, kind, at, button, buttons, keys):
        point = QPointF(*at)
        where = QPointF(self.canvas.mapToGlobal(point.toPoint()))
        QApplication.sendEvent(self.canvas, QMouseEvent(kind, point, where, button, buttons, keys))

    def press(self, at, button=Qt.LeftButton, keys=Qt.NoModifier):
        self._send(QEvent.MouseButtonPress, at, button, button, keys)

    def move(self, at, buttons=Qt.NoButton, keys=Qt.NoModifier):
        self._send(QEvent.MouseMove, at, Qt.NoButton, buttons, keys)

    def release(self, at, button=Qt.LeftButton, keys=Qt.NoModifier):
        self._send(QEvent.MouseButtonRelease, at, button, Qt.NoButton, keys)

    def click(self, at, button=Qt.LeftButton, keys=Qt.NoModifier):
        self.move(at, keys=keys)
        self.press(at, button, keys)
        self.release(at, button, keys)

    def double_click(self, at):
        self.click(at)
        self._send(QEvent.MouseButtonDblClick, at, Qt.LeftButton, Qt.LeftButton, Qt.NoModifier)
        self.release(at)

    def drag(self, start, *stops, button=Qt.LeftButton, keys=Qt.NoModifier):
        self.move(start, keys=keys)
        self.press(start, button, keys)
        for stop in stops:
            self.move(stop, button, keys)
        self.release(stops[-1], button, keys)

    def wheel(self, at, notches, keys=Qt.NoModifier):
        point = QPointF(*at)
        event = QWheelEvent(point, QPointF(self.canvas.mapToGlobal(point.toPoint())), QPoint(), QPoint(0, 120 * notches),
                            Qt.NoButton, keys, Qt.NoScrollPhase, False)  # fmt: skip
        QApplication.sendEvent(self.canvas, event)


def pixel_of(canvas):
    image = canvas.grab().toImage()

    def pixel(east, north):
        """Colour at so many metres east and north of the middle."""
        return image.pixelColor(round(200 + east), round(150 - north)).name()

    return pixel

"""The map by keyboard: a cross that the arrows move, which presses, moves and lets go for the tool in hand as a mouse would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt5.QtCore import QEvent, QPointF, Qt
from PyQt5.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen

from gui.canvas.tools import Box, Edit, Extent, Sketch
from sanxian.i18n import _

if TYPE_CHECKING:
    from gui.canvas.canvas import MapCanvas

ARROWS = {Qt.Key_Left: (-1, 0), Qt.Key_Right: (1, 0), Qt.Key_Up: (0, -1), Qt.Key_Down: (0, 1)}
STEP, COARSE, FINE = 10, 60, 1  # pixels: of itself, with Shift, with Ctrl
_BORDER = 20  # nearer to the edge than this the map moves and the cross stays in sight


class Cross:
    """Where it is, in pixels; nowhere until an arrow is pressed, and again once the mouse moves."""

    def __init__(self, canvas: MapCanvas) -> None:
        self._canvas = canvas
        self.at: QPointF | None = None
        self._clicked: tuple[float, float] | None = None  # the place of the last click, until it moves on

    def hide(self) -> bool:
        """Take it away; False where there was none."""
        was, self.at, self._clicked = self.at is not None, None, None
        if was:
            self._canvas.setAccessibleDescription("")
            self._canvas.update()
        return was

    def key(self, event: QKeyEvent) -> bool:
        """Handle a key; False leaves it to the tool and the map."""
        canvas, key = self._canvas, event.key()
        if canvas.tool == "pan":
            return False
        keys = event.modifiers() & ~Qt.KeypadModifier
        if key in ARROWS and keys in (Qt.NoModifier, Qt.ShiftModifier, Qt.ControlModifier):
            step = COARSE if keys == Qt.ShiftModifier else FINE if keys == Qt.ControlModifier else STEP
            right, down = ARROWS[key]
            self._go(QPointF(right * step, down * step))
            return True
        if key == Qt.Key_N and isinstance(canvas.held_tool, Edit) and keys in (Qt.NoModifier, Qt.ShiftModifier):
            self._to_vertex(canvas.held_tool, -1 if keys else 1)
            return True
        if self.at is not None and key in (Qt.Key_Space, Qt.Key_Return, Qt.Key_Enter):
            if not event.isAutoRepeat():
                self._press(key != Qt.Key_Space, keys)
            return True
        self._clicked = None
        return False

    # -- going -----------------------------------------------------------------------------------------------------
    def _go(self, by: QPointF) -> None:
        """Move, and the map with it where it would leave the picture."""
        canvas = self._canvas
        if self.at is None:  # the first arrow shows it
            self.at = canvas.pointer() or QPointF(canvas.width() / 2, canvas.height() / 2)
        else:
            self.at = self.at + by
            self._clicked = None
        self._into_sight()
        self._moved()

    def _into_sight(self) -> None:
        canvas, at = self._canvas, self.at
        if at is None:
            return
        border = min(_BORDER, canvas.width() // 3, canvas.height() // 3)
        dx = dy = 0.0
        if not border <= at.x() <= canvas.width() - border:
            dx = canvas.width() / 2 - at.x() if not 0 <= at.x() <= canvas.width() else (
                canvas.width() / 4 if at.x() < border else -canvas.width() / 4)
        if not border <= at.y() <= canvas.height() - border:
            dy = canvas.height() / 2 - at.y() if not 0 <= at.y() <= canvas.height() else (
                canvas.height() / 4 if at.y() < border else -canvas.height() / 4)
        if dx or dy:
            canvas.pan(dx, dy)
            canvas.held_tool.panned(dx, dy)
            self.at = QPointF(at.x() + dx, at.y() + dy)

    def _moved(self, said: str = "") -> None:
        canvas = self._canvas
        if self.at is None:
            return
        canvas.point_at(self._event(QEvent.MouseMove, Qt.NoButton))
        lon, lat = canvas.lonlat(np.array([canvas.at(self.at)]))[0]
        where = _("十字光标：经度 {lon}，纬度 {lat}").format(lon=f"{lon:.6f}", lat=f"{lat:.6f}")
        canvas.setAccessibleDescription(f"{said} {where}".strip())
        canvas.update()

    def _to_vertex(self, tool: Edit, step: int) -> None:
        """Go to the next vertex of the site being edited; one that is held stays where it is."""
        found = None if tool.holding else tool.vertex_after(
            self._canvas.at(self.at) if self.at is not None else None, step)
        if found is None:
            return
        number, count, spot = found
        x, y = self._canvas.to_pixels(np.array([spot]))[0]
        self.at, self._clicked = QPointF(x, y), None
        self._into_sight()
        self._moved(_("顶点 {number} / {count}").format(number=number + 1, count=count))

    # -- clicking --------------------------------------------------------------------------------------------------
    def _event(self, kind: QEvent.Type, button: Qt.MouseButton, keys: Qt.KeyboardModifiers | int = Qt.NoModifier) -> QMouseEvent:
        return QMouseEvent(kind, self.at, button, button, Qt.KeyboardModifiers(keys))

    def _press(self, enter: bool, keys: Qt.KeyboardModifiers | int) -> None:
        """A click; where the tool drags, Space (in the edit tool Enter too) takes hold first and lets go the next time."""
        canvas, tool = self._canvas, self._canvas.held_tool
        here = canvas.at(self.at) if self.at is not None else None
        if tool.holding:
            tool.release(self._event(QEvent.MouseButtonRelease, Qt.LeftButton, keys))
            self._moved()
            return
        if enter and isinstance(tool, Sketch) and tool.vertices and self._clicked == here:
            tool.finish()
            self._clicked = None
            return
        tool.press(self._event(QEvent.MouseButtonPress, Qt.LeftButton, keys))
        drags = isinstance(tool, Edit | Extent) or (isinstance(tool, Box) and not enter)
        if not drags:
            tool.release(self._event(QEvent.MouseButtonRelease, Qt.LeftButton, keys))
        elif isinstance(tool, Edit) and not tool.holding:
            canvas.notice.emit(_("这里没有顶点、边或用地可拿起；按 N 到下一个顶点。"))
        self._clicked = here
        canvas.update()

    # -- picture ---------------------------------------------------------------------------------------------------
    def paint(self, painter: QPainter) -> None:
        """Draw it over everything, dark on white so that it is seen on any ground."""
        if self.at is None:
            return
        x, y = self.at.x(), self.at.y()
        for pen in (QPen(QColor(255, 255, 255, 220), 5), QPen(QColor("#000000"), 2)):
            painter.setPen(pen)
            for dx, dy in ARROWS.values():
                painter.drawLine(QPointF(x + dx * 5, y + dy * 5), QPointF(x + dx * 16, y + dy * 16))
        painter.setPen(QPen(QColor("#000000"), 1))
        painter.drawPoint(QPointF(x, y))

"""The divider that one drags over the map to compare what lies left and right of it."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, QPointF, QRectF, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt5.QtWidgets import QWidget

from gui.words import Speaker

WIDTH = 22
STEP, SMALL_STEP = 0.02, 0.002
_KEYS = {Qt.Key_Left: -STEP, Qt.Key_Right: STEP, Qt.Key_PageUp: -5 * STEP, Qt.Key_PageDown: 5 * STEP}


class Divider(QWidget, Speaker):
    """An upright line over the whole height of its parent, dragged with the mouse or moved with the arrow keys.

    Signals:
        moved: Where it stands, as a share of the parent's width.
        closed: Esc was pressed on it.
    """

    moved = pyqtSignal(float)
    closed = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, objectName="swipe_divider")
        self.share = 0.5
        self._held = 0.0
        self._dragged = False
        self.setCursor(Qt.SplitHCursor)
        self.setFocusPolicy(Qt.StrongFocus)
        self.say(self.setAccessibleName, "卷帘分隔线")
        self.say(self.setToolTip, "拖动，或按左右方向键移动（Shift 为小步，Home、End 到两边）；Esc 结束对比")
        parent.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Resize:
            self._place()
        elif event.type() == QEvent.KeyPress and self.isVisible() and self.wants(event):
            self.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key that is pressed on the map means the divider: an arrow to the side, where it would only move the map."""
        return (event.key() in (Qt.Key_Left, Qt.Key_Right) and not event.modifiers() & ~(Qt.ShiftModifier | Qt.KeypadModifier)
                and getattr(self.parentWidget(), "tool", "") == "pan")

    def _place(self) -> None:
        around = self.parentWidget()
        self.setGeometry(round(around.width() * self.share) - WIDTH // 2, 0, WIDTH, around.height())
        self.setAccessibleDescription(f"{self.share:.0%}")
        self.update()

    def move_to(self, share: float) -> None:
        """Stand there from now on."""
        share = min(max(share, 0.0), 1.0)
        if share != self.share:
            self.share = share
            self._place()
            self.moved.emit(share)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        middle, half = WIDTH / 2, self.height() / 2
        for colour, width in (("#ffffff", 4.0), ("#1f6f8b" if self.hasFocus() else "#26414f", 2.0)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLine(QPointF(middle, 0), QPointF(middle, self.height()))
        painter.setPen(QPen(QColor("#ffffff"), 1.5))
        painter.setBrush(QColor("#1f6f8b" if self.hasFocus() else "#26414f"))
        painter.drawRoundedRect(QRectF(1, half - 15, WIDTH - 2, 30), 6, 6)
        painter.setBrush(QColor("#ffffff"))
        painter.setPen(Qt.NoPen)
        for sign in (-1, 1):
            painter.drawPolygon(QPolygonF([QPointF(middle + sign * 7.5, half), QPointF(middle + sign * 2.5, half - 5),
                                           QPointF(middle + sign * 2.5, half + 5)]))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.LeftButton:
            self._dragged, self._held = True, event.localPos().x() - WIDTH / 2
            self.setFocus(Qt.MouseFocusReason)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged:
            self.move_to((self.x() + event.localPos().x() - self._held) / max(self.parentWidget().width(), 1))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in _KEYS:
            small = bool(event.modifiers() & Qt.ShiftModifier)
            self.move_to(self.share + (_KEYS[key] * SMALL_STEP / STEP if small else _KEYS[key]))
        elif key in (Qt.Key_Home, Qt.Key_End):
            self.move_to(0.0 if key == Qt.Key_Home else 1.0)
        elif key == Qt.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

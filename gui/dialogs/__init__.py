"""Questions that the window asks."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QEvent, QObject, QSize, Qt
from PyQt5.QtGui import QKeySequence, QResizeEvent
from PyQt5.QtWidgets import (
    QAbstractButton,
    QApplication,
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLayout,
    QScrollArea,
    QShortcut,
    QStyle,
    QWidget,
)

FRAME = 16, 48  # what a desktop's frame and title take


def sized(window: QWidget, width: int, height: int) -> None:
    """Give a window the size it would like, less where the screen has no such room: large text makes screens small."""
    screen = window.screen() or QApplication.primaryScreen()
    room = screen.availableSize()
    window.resize(min(width, room.width() - FRAME[0]), min(height, room.height() - FRAME[1]))


class _Scrolling(QScrollArea):
    """Asks for the room that its content would like, and does with less: of its height, where it scrolls up and down only."""

    down_only = False

    def sizeHint(self) -> QSize:
        return self.widget().sizeHint()

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        if not self.down_only or self.widget() is None:
            return hint
        bar = self.style().pixelMetric(QStyle.PM_ScrollBarExtent, None, self)
        return QSize(self.widget().minimumSizeHint().width() + bar, hint.height())


class _Page(QWidget):
    """Scrolls only when its least height is not there; QScrollArea would go by the height that it would like."""

    def heightForWidth(self, width: int) -> int:
        return self.layout().minimumHeightForWidth(width)


def scrolling(content: QWidget | QLayout, *, down_only: bool = False) -> QScrollArea:
    """What a dialog shows above its buttons: scrolls where the screen is too small for it, else looks as it did.

    Args:
        down_only: It keeps the width that its content needs; told of other words by ``updateGeometry``.
    """
    if isinstance(content, QLayout):
        page: QWidget = _Page()
        content.setContentsMargins(0, 0, 0, 0)
        page.setLayout(content)
    else:
        page = content
    area = _Scrolling(widgetResizable=True, frameShape=QFrame.NoFrame)
    area.down_only = down_only
    area.setFocusPolicy(Qt.NoFocus)  # Tab goes to what is in it, and brings that into view
    area.setWidget(page)
    for widget in (page, area.viewport()):
        widget.setAutoFillBackground(False)  # that of the dialog or of the tab shows through
    return area


def by_ctrl_enter(dialog: QWidget, button: QAbstractButton) -> None:
    """Have Ctrl+Enter press the button that accepts, also out of a text in which Enter begins a line."""
    for keys in ("Ctrl+Return", "Ctrl+Enter"):
        QShortcut(QKeySequence(keys), dialog).activated.connect(button.click)
    button.setToolTip("Ctrl+Enter")


class NoWheel(QObject):
    """A wheel over a form scrolls it; it must not change an answer that the pointer happens to rest on."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


class Below(QWidget):
    """The last row of a dialog: some things at the left, others at the right; one under the other where it is narrow.

    Args:
        left, right: The things.
        grows: One of them that takes the room that is left.
    """

    def __init__(self, left: Sequence[QWidget], right: Sequence[QWidget], grows: QWidget | None = None) -> None:
        super().__init__()
        policy = self.sizePolicy()
        policy.setHorizontalPolicy(policy.Ignored)  # the dialog may be narrower than one row
        self.setSizePolicy(policy)
        self._groups = QHBoxLayout(), QHBoxLayout()
        self._layout = QBoxLayout(QBoxLayout.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        for group, widgets in zip(self._groups, (left, right), strict=True):
            for widget in widgets:
                group.addWidget(widget, int(widget is grows))
            self._layout.addLayout(group, int(grows in widgets))
        if grows is None:
            self._groups[0].addStretch(1)
            self._groups[1].insertStretch(0, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        one_row = sum(group.minimumSize().width() for group in self._groups) + self._layout.spacing()
        self._layout.setDirection(QBoxLayout.LeftToRight if self.width() >= one_row else QBoxLayout.TopToBottom)
        super().resizeEvent(event)

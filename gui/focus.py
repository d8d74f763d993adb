"""Where keys go: never into a field that is out of sight, and to the document's undo where a field has nothing to undo."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QEvent, QObject
from PyQt5.QtGui import QKeyEvent, QKeySequence
from PyQt5.QtWidgets import QAbstractSpinBox, QApplication, QDockWidget, QLineEdit, QWidget

if TYPE_CHECKING:
    from gui.main_window import MainWindow


class Focus(QObject):
    """Watches the panels of the window and the fields in them."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        for dock in window.docks.values():
            dock.visibilityChanged.connect(partial(self._shown, dock))
        QApplication.instance().focusChanged.connect(self._moved)

    def _shown(self, dock: QDockWidget, visible: bool) -> None:
        """A panel that another one covers keeps the focus, as Qt has it; what is typed would change what nobody sees."""
        held, window = QApplication.focusWidget(), self._window
        if not visible and held is not None and window.isVisible() and dock.isAncestorOf(held):
            (window.canvas or window).setFocus()

    def _moved(self, _former: QWidget | None, held: QWidget | None) -> None:
        if isinstance(held, QLineEdit | QAbstractSpinBox) and self._window.isAncestorOf(held):
            held.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A field takes Ctrl+Z for itself even where it has no step to take back."""
        if event.type() == QEvent.ShortcutOverride and isinstance(event, QKeyEvent):
            line = watched if isinstance(watched, QLineEdit) else watched.findChild(QLineEdit)
            for keys, own in ((QKeySequence.Undo, "isUndoAvailable"), (QKeySequence.Redo, "isRedoAvailable")):
                if line is not None and event.matches(keys) and not getattr(line, own)():
                    event.ignore()
                    return True
        return super().eventFilter(watched, event)

"""What a list says where a filter leaves nothing of it: an empty field would look as if nothing were there at all."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAbstractItemView, QLabel, QVBoxLayout

from gui import theme
from gui.words import Speaker


class Nothing(QLabel, Speaker):
    """A line in the middle of a list.

    Args:
        view: The list.
        text: msgid.
        empty: Whether there is something in the list and the filter hides all of it.
    """

    def __init__(self, view: QAbstractItemView, text: str, empty: Callable[[], bool]) -> None:
        super().__init__(view.viewport(), alignment=Qt.AlignCenter, wordWrap=True, objectName="nothing")
        self._view, self._empty = view, empty
        self.setAttribute(Qt.WA_TransparentForMouseEvents)
        theme.tone(self, "muted")
        self.say(self.setText, text)
        layout = QVBoxLayout(view.viewport())
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addWidget(self)
        self.hide()
        self.follow()

    def follow(self) -> None:
        """Watch the model that the view has now."""
        model = self._view.model()
        if model is not None:
            for signal in (model.modelReset, model.layoutChanged, model.rowsInserted, model.rowsRemoved):
                signal.connect(self.look)
        self.look()

    def look(self, *_what: object) -> None:
        """Say it, or no longer."""
        empty = self._empty()
        self.setVisible(empty)
        self._view.setAccessibleDescription(self.text() if empty else "")

"""What the window asks of a part of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PyQt5.QtCore import QObject, Qt
from PyQt5.QtWidgets import QWidget


class Part(QObject):
    """Offers nothing; the others offer what they have.

    Args:
        window: The main window; its session, engine, settings, work and map are there to be used.
    """

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._window = window

    def docks(self) -> Sequence[tuple[str, str, QWidget, Qt.DockWidgetArea]]:
        """Its panels: name, title (msgid), widget, where; hidden until ``window.show_dock(name)``."""
        return ()

    def jobs(self) -> dict[str, Callable[[], Any]]:
        """What its actions do, by the id of the action."""
        return {}

    def menu_ready(self) -> None:
        """Called once when menus and toolbar stand."""

    def map_ready(self) -> None:
        """Called once when ``window.map`` and ``window.canvas`` are there."""

    def shutdown(self) -> None:
        """Called once when the window closes: stop every thread."""

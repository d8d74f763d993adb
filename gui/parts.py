"""The parts of the window beyond map, layers, projects and verdicts, each with its own panels and actions.

A part is made with the main window before its docks and menus are. What it can do stands in ``gui.actions`` as well, so
that menus, shortcuts and tests keep their one table. A part imports what is slow only when it is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QWidget

from gui.outlets import OutletsPart


class Part(Protocol):
    """What the window asks of a part.

    Args:
        window: The main window; its session, engine, settings, work and map are there to be used.
    """

    def __init__(self, window: Any) -> None: ...

    def docks(self) -> Sequence[tuple[str, str, QWidget, Qt.DockWidgetArea]]:
        """Its panels: name, title (msgid), widget, where; hidden until ``window.show_dock(name)``."""
        ...

    def jobs(self) -> dict[str, Callable[[], Any]]:
        """What its actions do, by the id of the action."""
        ...


PARTS: tuple[type[Part], ...] = (OutletsPart,)

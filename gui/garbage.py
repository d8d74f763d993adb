"""When Python looks for garbage: not in the middle of a task, where one look at all objects holds every thread for a tenth of a second.

Objects die when nothing refers to them any more; only rings of objects that refer to each other have to be looked for. Young
ones still are looked through all the time, which takes no time. All of them are looked through once nothing is under way.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

from PyQt5.QtCore import QObject, QTimer

DUE = 10  # looks at the middle generation after which all objects are worth one; Python's own number
OVERDUE = 20_000  # after so many, some hundred million objects made, it is done whatever goes on
_NEVER = 1_000_000_000
_EVERY_MS = 1000


class Garbage(QObject):
    """Looks for it while ``busy`` says no, in the thread of the window, until ``stop``."""

    def __init__(self, busy: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._busy = busy
        self._before = gc.get_threshold()
        gc.set_threshold(self._before[0], self._before[1], _NEVER)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(_EVERY_MS)

    def look(self) -> None:
        """Look, if it is time and nobody waits."""
        passed = gc.get_count()[2]
        if passed >= OVERDUE or passed >= DUE and not self._busy():
            gc.collect()

    def stop(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.set_threshold(*self._before)

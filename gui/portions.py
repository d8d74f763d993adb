"""What nobody sees yet is done a little at a time, so that what is seen is there at once and the window goes on answering."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from PyQt5 import sip
from PyQt5.QtCore import QObject, QTimer

LONG_S = 0.01  # processor time of one portion; the last thing begun in it is finished


class Portions(QObject):
    """Does things to objects of Qt in turn, a portion whenever the window has nothing else to do; those that are gone are left out."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[tuple[Callable[[Any], object], QObject]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._some)

    def add(self, work: Callable[[Any], object], objects: Iterable[QObject]) -> None:
        """Have ``work`` done to each, after what waits already."""
        self._waiting.extend((work, one) for one in objects)
        if self._waiting:
            self._timer.start()

    @property
    def waiting(self) -> int:
        """How many are still to be done."""
        return len(self._waiting)

    def forget(self) -> None:
        """Leave what waits."""
        self._waiting.clear()
        self._timer.stop()

    def _some(self) -> None:
        begun = time.thread_time()
        while self._waiting:
            work, one = self._waiting.popleft()
            if not sip.isdeleted(one):
                work(one)
            if time.thread_time() - begun >= LONG_S:
                break
        if not self._waiting:
            self._timer.stop()

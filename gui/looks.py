"""Short questions about what is open, answered in a thread of their own.

The window does not wait for them, and they do not wait behind a long task.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from gui.tasks import Cancelled, Report, Task, Worker

AT_ONCE = 5_000  # rows of a table that are looked through before anybody could notice; more are asked about here


class Looks(QObject):
    """Answers questions one after another; of those by one asker only the newest.

    Signals:
        failed: What a question met that nobody had thought of.
    """

    failed = pyqtSignal(Exception)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = Worker()
        self._asked: dict[Hashable, Task] = {}
        self._closed = False

    def ask(self, asker: Hashable, work: Callable[[Report], Any], done: Callable[[Any], None]) -> None:
        """Find something out.

        Args:
            asker: Who wants to know; what it asked before and was not told yet is forgotten.
            work: Reads and changes nothing; where it takes long it looks whether its report is ``cancelled``.
            done: Called with what it gave, in the window's thread.
        """
        self.forget(asker)
        if self._closed:
            return

        def unless_forgotten(report: Report) -> Any:
            if report.cancelled:
                raise Cancelled
            return work(report)

        task = Task(unless_forgotten, "", self)
        task.succeeded.connect(lambda result: done(result) if self._asked.get(asker) is task and self._end(asker) else None)
        task.failed.connect(lambda error: self.failed.emit(error) if self._asked.get(asker) is task and self._end(asker) else None)
        task.finished.connect(task.deleteLater)
        self._asked[asker] = task
        task.start(self._worker)

    def _end(self, asker: Hashable) -> bool:
        return self._asked.pop(asker, None) is not None

    def asking(self, asker: Hashable) -> bool:
        """Whether an answer is still to come."""
        return asker in self._asked

    def forget(self, asker: Hashable) -> None:
        """The answer is no longer wanted."""
        task = self._asked.pop(asker, None)
        if task is not None:
            task.cancel()

    def shutdown(self) -> None:
        """Answer nothing more and end the thread."""
        self._closed = True
        for asker in list(self._asked):
            self.forget(asker)
        self._worker.stop()

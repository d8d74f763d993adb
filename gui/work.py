"""One thing at a time in another thread, with its progress in the status bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from gui.tasks import Report, Task, Worker


class Work(QObject):
    """Runs tasks one after another.

    Signals:
        started: Title (a msgid) of the task that runs now, '' when none does.
        progressed: done, total of the one that runs.
        failed: Its exception.
    """

    started = pyqtSignal(str)
    progressed = pyqtSignal(int, int)
    failed = pyqtSignal(Exception)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.worker = Worker()
        self._waiting: list[Task] = []
        self._running: Task | None = None
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether something is under way or waits."""
        return self._running is not None

    def run(self, title: str, work: Callable[[Report], Any], done: Callable[[Any], None],
            failed: Callable[[Exception], None] | None = None, stopped: Callable[[], None] | None = None) -> Task:
        """Do ``work`` in another thread and hand its result to ``done`` in this one.

        Args:
            title: msgid of what the status bar says meanwhile.
            work: What to do; gets a ``Report`` to say how far it is.
            done: What to do with the result.
            failed: Called instead of the signal ``failed``.
            stopped: Called when it was cancelled.
        """
        task = Task(work, title, self)
        task.progressed.connect(lambda now, total: self.progressed.emit(now, total) if task is self._running else None)
        task.succeeded.connect(lambda result: None if self._closed else done(result))
        task.failed.connect(lambda error: None if self._closed else (failed or self.failed.emit)(error))
        if stopped is not None:
            task.cancelled.connect(lambda: None if self._closed else stopped())
        task.finished.connect(lambda: self._next(task))
        self._waiting.append(task)
        if self._running is None:
            self._begin()
        return task

    def _begin(self) -> None:
        self._running = self._waiting.pop(0) if self._waiting else None
        self.started.emit(self._running.title if self._running is not None else "")
        if self._running is not None:
            self._running.start(self.worker)

    def _next(self, task: Task) -> None:
        task.deleteLater()
        self._running = None
        self._begin()

    def cancel(self) -> None:
        """Stop what runs at its next step; what waits stays waiting."""
        if self._running is not None:
            self._running.cancel()

    def shutdown(self) -> None:
        """Stop everything and wait for the thread; nothing is handed on afterwards."""
        self._closed = True
        self._waiting.clear()
        self.cancel()
        self.worker.stop()

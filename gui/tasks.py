"""The one place where work leaves the window's thread and comes back to it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QObject, QRunnable, QThread, QThreadPool, pyqtSignal


class Cancelled(Exception):
    """The person pressed cancel; nothing went wrong."""


class Report:
    """What work calls to say how far it is; ``report(done, total)`` is ``False`` once it should stop."""

    def __init__(self, emit: Callable[[int, int], None], stop: threading.Event) -> None:
        self._emit = emit
        self._stop = stop

    def __call__(self, done: int, total: int, *_rest: Any) -> bool:
        self._emit(int(done), int(total))
        return not self._stop.is_set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()

    def or_stop(self, done: int, total: int, *_rest: Any) -> bool:
        """The same, for work that only an exception can stop.

        Raises:
            Cancelled: Somebody pressed cancel.
        """
        if not self(done, total):
            raise Cancelled
        return True


class Task(QObject):
    """A piece of work in another thread; its signals arrive in the window's.

    Signals:
        progressed: done, total.
        succeeded: What the function returned.
        failed: The exception that it raised; a bug too, never swallowed.
        cancelled: It stopped because it was asked to.
        finished: After any of the three.
    """

    progressed = pyqtSignal(int, int)
    succeeded = pyqtSignal(object)
    failed = pyqtSignal(Exception)
    cancelled = pyqtSignal()
    finished = pyqtSignal()

    def __init__(self, work: Callable[[Report], Any], title: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._stop = threading.Event()
        self.title = title

    def start(self, pool: QThreadPool) -> None:
        """Begin in a thread of ``pool``; keep a reference to the task until it ends."""
        pool.start(_Runner(self))

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._stop.set()

    def run(self) -> None:
        """Do the work here and now; the pool calls this, and so can a test."""
        try:
            result = self._work(Report(self.progressed.emit, self._stop))
        except Cancelled:
            self.cancelled.emit()
        except Exception as error:  # noqa: BLE001 - carried to the window, which shows it
            self.failed.emit(error)
        else:
            self.succeeded.emit(result)
        self.finished.emit()


class _Runner(QRunnable):
    def __init__(self, task: Task) -> None:
        super().__init__()
        self._task = task

    def run(self) -> None:
        self._task.run()


class Loader(QThread):
    """Imports what is slow to import while the window is already on the screen.

    Signals:
        loaded: Everything is there.
        failed: What could not be imported, and why.
    """

    loaded = pyqtSignal()
    failed = pyqtSignal(Exception)

    def __init__(self, load: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._load = load

    def run(self) -> None:
        try:
            self._load()
        except Exception as error:  # noqa: BLE001 - shown by the window
            self.failed.emit(error)
        else:
            self.loaded.emit()

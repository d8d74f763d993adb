"""The one place where work leaves the window's thread and comes back to it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QObject, QThread, pyqtSignal


class Cancelled(Exception):
    """The person pressed cancel; nothing went wrong."""


class Report:
    """What work calls to say how far it is; ``report(done, total)`` is ``False`` once it should stop."""

    def __init__(self, emit: Callable[[int, int], None], stop: threading.Event) -> None:
        self._emit = emit
        self.stop = stop

    def __call__(self, done: int, total: int, *_rest: Any) -> bool:
        self._emit(int(done), int(total))
        return not self.stop.is_set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self.stop.is_set()

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

    def start(self, worker: Worker) -> None:
        """Begin in the thread of ``worker``; keep a reference to the task until it ends."""
        worker.start(self)

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._stop.set()

    def run(self) -> None:
        """Do the work here and now; the worker calls this, and so can a test."""
        try:
            result = self._work(Report(self.progressed.emit, self._stop))
        except Cancelled:
            self.cancelled.emit()
        except Exception as error:  # noqa: BLE001 - carried to the window, which shows it
            self.failed.emit(error)
        else:
            self.succeeded.emit(result)
        self.finished.emit()


class Worker:
    """One thread that does tasks in the order given, for as long as the window lives.

    A thread of Python's own and not a ``QThreadPool``: a pool gives every task a new Python thread state, and pyproj
    3.7 crashes the process when it meets its own thread-local context of a state that is gone.
    """

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._idle = threading.Condition()
        self._open = 0
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether a task is under way or waits, the window's or a dialog's own."""
        return self._open > 0

    def start(self, task: Task) -> None:
        """Do a task once those before it are done."""
        with self._idle:
            self._open += 1
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="sanxian-work", daemon=True)
            self._thread.start()
        self._tasks.put(task)

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task.run()
            finally:
                del task
                with self._idle:
                    self._open -= 1
                    self._idle.notify_all()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until nothing is left to do; ``False`` when the time ran out."""
        with self._idle:
            return self._idle.wait_for(lambda: self._open == 0, seconds)

    def stop(self) -> None:
        """End the thread once it has done what it was given."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._tasks.put(None)
            thread.join()


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

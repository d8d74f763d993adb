"""One thing at a time in another thread, with its progress in the status bar and its traces in the list of tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from gui.tasks import Report, Task, Worker

KEPT = 200


@dataclass
class Job:
    """What became of one task.

    Attributes:
        title: msgid.
        state: ``waiting``, ``running``, ``done``, ``stopped`` or ``failed``.
        begun, seconds: On the monotonic clock; ``None`` and 0 before it begins.
        error: Why it failed.
    """

    title: str
    task: Task | None
    state: str = "waiting"
    done: int = 0
    total: int = 0
    begun: float | None = None
    seconds: float = 0.0
    error: Exception | None = None


class Work(QObject):
    """Runs tasks one after another.

    Signals:
        started: Title (a msgid) of the task that runs now, '' when none does.
        progressed: done, total of the one that runs.
        failed: Its exception.
        jobsChanged: A job came, went on or ended.
    """

    started = pyqtSignal(str)
    progressed = pyqtSignal(int, int)
    failed = pyqtSignal(Exception)
    jobsChanged = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.worker = Worker()
        self.jobs: deque[Job] = deque(maxlen=KEPT)
        self._waiting: list[Job] = []
        self._running: Job | None = None
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
        job = Job(title, task)
        task.progressed.connect(lambda now, total: self._progress(job, now, total))
        task.succeeded.connect(lambda result: None if self._closed else (self._end(job, "done"), done(result)))
        task.failed.connect(lambda error: None if self._closed
                            else (self._end(job, "failed", error), (failed or self.failed.emit)(error)))
        task.cancelled.connect(lambda: None if self._closed
                               else (self._end(job, "stopped"), stopped() if stopped is not None else None))
        task.finished.connect(lambda: self._next(job))
        self.jobs.append(job)
        self._waiting.append(job)
        if self._running is None:
            self._begin()
        else:
            self.jobsChanged.emit()
        return task

    def _progress(self, job: Job, now: int, total: int) -> None:
        job.done, job.total = now, total
        if job is self._running:
            self.progressed.emit(now, total)
            self.jobsChanged.emit()

    def _end(self, job: Job, state: str, error: Exception | None = None) -> None:
        job.state, job.error = state, error
        job.seconds = monotonic() - (job.begun or monotonic())

    def _begin(self) -> None:
        self._running = self._waiting.pop(0) if self._waiting else None
        self.started.emit(self._running.title if self._running is not None else "")
        if self._running is not None and self._running.task is not None:
            self._running.state, self._running.begun = "running", monotonic()
            self._running.task.start(self.worker)
        self.jobsChanged.emit()

    def _next(self, job: Job) -> None:
        if job.task is not None:
            job.task.deleteLater()
            job.task = None
        self._running = None
        self._begin()

    def cancel(self, job: Job | None = None) -> None:
        """Stop a job, that which runs if none is named: at its next step, or before it begins."""
        job = job if job is not None else self._running
        if job is None or job.task is None:
            return
        if job in self._waiting:
            self._waiting.remove(job)
            job.task.cancelled.emit()
            job.task.deleteLater()
            job.task = None
            self.jobsChanged.emit()
        else:
            job.task.cancel()

    def shutdown(self) -> None:
        """Stop everything and wait for the thread; nothing is handed on afterwards."""
        self._closed = True
        self._waiting.clear()
        self.cancel()
        self.worker.stop()

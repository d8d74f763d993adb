"""One thing after another in another thread, beside it what another process does, and what writes a little; progress, stop, tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any

from PyQt5.QtCore import QEventLoop, QObject, Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import QApplication

from gui.steps import QUICK_MS
from gui.tasks import Report, Task, Worker
from sanxian.i18n import _

KEPT = 200


@dataclass
class Job:
    """What became of one task.

    Attributes:
        title: msgid.
        state: ``waiting``, ``running``, ``done``, ``stopped`` or ``failed``.
        begun, seconds: On the monotonic clock; ``None`` and 0 before it begins.
        error: Why it failed.
        writes: Whether a change of the file is lost where the job is dropped.
        wanted: Whether something else that a person asked for is lost then: a report, a batch, a backup.
        params: What the title says in its ``{names}``.
        number: Jobs asked for later have a higher one.
    """

    title: str
    task: Task | None
    state: str = "waiting"
    done: int = 0
    total: int = 0
    begun: float | None = None
    seconds: float = 0.0
    error: Exception | None = None
    writes: bool = False
    wanted: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0

    def words(self) -> str:
        """Its title in the language of now."""
        return _(self.title).format(**self.params)


class _Lane:
    """Jobs that follow one another in one thread."""

    def __init__(self) -> None:
        self.worker = Worker()
        self.waiting: list[Job] = []
        self.running: Job | None = None


class Work(QObject):
    """Runs tasks one after another; those that another process does anyway run beside them.

    Signals:
        started: Title (a msgid, or words) of the task that runs now, '' when none does.
        progressed: done, total of that task.
        failed: Its exception.
        jobsChanged: A job came, went on or ended.
    """

    started = pyqtSignal(str)
    progressed = pyqtSignal(int, int)
    failed = pyqtSignal(Exception)
    jobsChanged = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs: deque[Job] = deque(maxlen=KEPT)
        self._main, self._beside, self._steps = self._lanes = _Lane(), _Lane(), _Lane()
        self._numbers = count()
        self._told: Job | None = None
        self._late = QTimer(self, singleShot=True, interval=QUICK_MS)
        self._late.timeout.connect(self._tell)
        self._closed = False

    @property
    def worker(self) -> Worker:
        """The thread in which tasks follow one another."""
        return self._main.worker

    @property
    def running(self) -> bool:
        """Whether something is under way or waits."""
        return any(lane.running is not None or lane.waiting for lane in self._lanes)

    def _shown(self) -> Job | None:
        """The job that the status bar tells of, and that is stopped where none is named."""
        step = self._steps.running
        late = step is not None and step.begun is not None and monotonic() - step.begun >= QUICK_MS / 1000
        return self._main.running or self._beside.running or (step if late else None)

    def _tell(self) -> None:
        shown = self._shown()
        if shown is not self._told:
            self._told = shown
            self.started.emit("" if shown is None else shown.words() if shown.params else shown.title)
            if shown is not None and shown.total:  # it was told of before, and so far it is still
                self.progressed.emit(shown.done, shown.total)

    def run(self, title: str, work: Callable[[Report], Any], done: Callable[[Any], None],
            failed: Callable[[Exception], None] | None = None, stopped: Callable[[], None] | None = None, *,
            beside: bool = False, writes: bool = False, wanted: bool = False, step: bool = False,
            params: Mapping[str, Any] | None = None) -> Task:
        """Do ``work`` in another thread and hand its result to ``done`` in this one.

        Args:
            title: msgid of what the status bar says meanwhile.
            work: What to do; gets a ``Report`` to say how far it is.
            done: What to do with the result.
            failed: Called instead of the signal ``failed``.
            stopped: Called when it was cancelled.
            beside: Not behind the other tasks, and none of them behind it: for what only watches another process for
                minutes. It must change nothing that the others read or write.
            writes: It changes the workspace or brings something in: nobody leaves before it without being asked.
            wanted: It makes something else that nobody leaves without being asked.
            step: A small change of the file that does not wait for what only takes long: steps follow one another in a thread
                of their own. Whatever is asked for after a step begins after it, and so finds in the file what it wrote.
            params: What the title says in its ``{names}``.
        """
        task = Task(work, title, self)
        job = Job(title, task, writes=writes, wanted=wanted, params=params or {}, number=next(self._numbers))
        lane = self._steps if step else self._beside if beside else self._main
        task.progressed.connect(lambda now, total: self._progress(job, now, total))
        task.succeeded.connect(lambda result: None if self._closed else (self._end(job, "done"), done(result)))
        task.failed.connect(lambda error: None if self._closed
                            else (self._end(job, "failed", error), (failed or self.failed.emit)(error)))
        task.cancelled.connect(lambda: None if self._closed
                               else (self._end(job, "stopped"), stopped() if stopped is not None else None))
        task.finished.connect(lambda: self._next(lane, job))
        if self._closed:  # a thread begun now would outlive the window
            return task
        self.jobs.append(job)
        lane.waiting.append(job)
        if lane.running is None:
            self._begin(lane)
        else:
            self.jobsChanged.emit()
        return task

    def _progress(self, job: Job, now: int, total: int) -> None:
        job.done, job.total = now, total
        if job is self._shown():
            self.progressed.emit(now, total)
        if job.state == "running":
            self.jobsChanged.emit()

    def _end(self, job: Job, state: str, error: Exception | None = None) -> None:
        job.state, job.error = state, error
        job.done = job.total if state == "done" else job.done  # the last steps may not have been reported
        job.seconds = monotonic() - (job.begun or monotonic())

    def _begin(self, lane: _Lane) -> None:
        lane.running = None
        if lane.waiting and not self._behind_a_step(lane):
            lane.running = job = lane.waiting.pop(0)
            job.state, job.begun = "running", monotonic()
        self._tell()
        if lane.running is not None and lane.running.task is not None:
            lane.running.task.start(lane.worker)
            if lane is self._steps:
                self._late.start()
        self.jobsChanged.emit()

    def _behind_a_step(self, lane: _Lane) -> bool:
        steps = (self._steps.running, *self._steps.waiting)
        return lane is not self._steps and any(one is not None and one.number < lane.waiting[0].number for one in steps)

    def _next(self, lane: _Lane, job: Job) -> None:
        if job.task is not None:
            job.task.deleteLater()
            job.task = None
        self._begin(lane)
        self._go_on()

    def _go_on(self) -> None:
        """Begin what has waited for a step."""
        for lane in (self._main, self._beside):
            if lane.running is None and lane.waiting:
                self._begin(lane)

    def cancel(self, job: Job | None = None) -> None:
        """Stop a job, that which runs if none is named: at its next step, or before it begins."""
        job = job if job is not None else self._shown()
        if job is None or job.task is None:
            return
        for lane in self._lanes:
            if job in lane.waiting:
                lane.waiting.remove(job)
                job.task.cancelled.emit()
                job.task.deleteLater()
                job.task = None
                self.jobsChanged.emit()
                self._go_on()
                return
        job.task.cancel()

    def give_up(self) -> None:
        """Stop what runs in the queue; what waits there is still done, and what runs beside goes on."""
        if self._main.running is not None:
            self.cancel(self._main.running)

    def writing(self) -> list[Job]:
        """The jobs under way or waiting that write, in their order."""
        return [job for job in self._open() if job.writes]

    def unfinished(self) -> list[Job]:
        """Those, and the others that make something a person has asked for."""
        return [job for job in self._open() if job.writes or job.wanted]

    def steps(self) -> list[Job]:
        """The steps under way or waiting."""
        return [job for job in (self._steps.running, *self._steps.waiting) if job is not None]

    def _open(self) -> list[Job]:
        jobs = [job for lane in self._lanes for job in (lane.running, *lane.waiting)]
        return sorted((job for job in jobs if job is not None and job.state in ("waiting", "running")), key=lambda job: job.number)

    def stop(self, jobs: list[Job]) -> None:
        """Ask several jobs to stop."""
        for job in reversed(jobs):  # the last first: steps are put back in the order of the undo stack
            self.cancel(job)

    def wait(self) -> None:
        """Live on until the queue is empty, without taking what the person types or clicks meanwhile."""
        def busy() -> bool:
            return any(lane.running is not None or lane.waiting for lane in (self._main, self._steps))

        if not busy():
            return
        loop = QEventLoop()
        idle = self.jobsChanged.connect(lambda: None if busy() else loop.quit())
        QApplication.setOverrideCursor(Qt.BusyCursor)
        try:
            loop.exec_(QEventLoop.ExcludeUserInputEvents)
        finally:
            QApplication.restoreOverrideCursor()
            self.jobsChanged.disconnect(idle)

    def shutdown(self) -> None:
        """Stop everything and wait for the threads; nothing is handed on afterwards."""
        self._closed = True
        self._late.stop()
        for lane in self._lanes:
            lane.waiting.clear()
            if lane.running is not None and lane.running.task is not None:
                lane.running.task.cancel()
        for lane in self._lanes:
            lane.worker.stop()

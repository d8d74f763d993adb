"""The verdict of the place that a site is being dragged to, while it is dragged.

It has a thread and an open workspace of its own, so that a long screening does not hold it up and no layer is read
twice. What it finds is shown and thrown away, except for the place where the site is put down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PyQt5.QtCore import QTimer

from gui.part import Part
from gui.session import Site
from gui.tasks import Report, Task, Worker
from layers.nearby import file_stamp

WAIT_MS = 40


class Live(Part):
    """A part of the window."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._worker = Worker()
        self._shut = False
        self._task: Task | None = None
        self._tool: Any = None  # has the place that nobody has judged yet
        self._left = ""  # the project that was put down where nobody has judged it yet
        self._found: tuple[Any, Any] | None = None  # the last place that was judged, and what came of it
        self._screener: tuple[Any, Any] | None = None  # what it was made for, and the screener; the worker's own
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self._ask)
        window.session.opened.connect(self._forget)
        window.session.layersChanged.connect(self._forget)

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"live": self._switch}

    def menu_ready(self) -> None:
        self._window.actions_by_id["live"].setChecked(self._window.settings.live)

    def map_ready(self) -> None:
        self._window.canvas.siteDragged.connect(self._dragged)
        self._window.map.edited.connect(self._put_down)

    def _switch(self) -> None:
        self._window.settings.live = self._window.actions_by_id["live"].isChecked()
        self._stop()

    # -- dragging --------------------------------------------------------------------------------------------------
    def _dragged(self, tool: Any) -> None:
        if tool is None:
            self._stop()
            return
        if not self._window.settings.live or self._window.session.current is None:
            return
        self._tool = tool
        self._window.verdict.dragged_on()
        if self._task is None and not self._timer.isActive():
            self._timer.start()

    def _ask(self) -> None:
        """Judge the place of this moment; places that came and went meanwhile are left out."""
        window, session = self._window, self._window.session
        tool, self._tool = self._tool, None
        site = session.current
        geometry = tool.dragged() if tool is not None else None
        if geometry is not None and site is not None:
            # As it would be kept: see MapView, of which the very same numbers come when it is put down.
            kept = window.engine.transform(geometry, window.map.crs, site.crs)
            moved = replace(site, geometry=kept, attributes=dict(site.attributes))
            self._judge(moved, lambda screening: self._show(moved, screening))

    def _judge(self, moved: Site, take: Callable[[Any], None]) -> None:
        """Judge a project in the other thread, if the file has the layers that the window shows."""
        window, session = self._window, self._window.session
        path = session.path
        if path is None or session.pending_removals or session.pending_restores:
            return
        wanted = (path, window.on, tuple(window.settings.rule_folders), file_stamp(path))

        def judge(_report: Report) -> Any:
            if self._screener is None or self._screener[0] != wanted:
                if self._screener is not None:
                    self._screener[1].close()
                self._screener = (wanted, window.engine.live(path, on=wanted[1], folders=wanted[2]))
            return self._screener[1].judge(moved)

        self._task = Task(judge, "", self)
        self._task.succeeded.connect(take)
        self._task.failed.connect(lambda _error: self._stop())  # the verdict stays marked as that of another place
        self._task.finished.connect(self._ended)
        self._task.start(self._worker)

    def _show(self, moved: Site, screening: Any) -> None:
        self._found = (moved.geometry, screening)
        if self._window.session.current_id == moved.id and self._window.canvas.dragging:
            self._window.map.moved = moved
            self._window.verdict.preview(
                replace(moved, result=screening.projects[0], screening=screening, stale=False, outdated=False),
                behind=self._tool is not None)

    def _ended(self) -> None:
        if self._task is not None:
            self._task.deleteLater()
        self._task = None
        if self._left:
            self._judge_left()
        elif self._tool is not None and not self._timer.isActive():
            self._timer.start()

    def _put_down(self, geometry: Any) -> None:
        """The site is where it stays: what was found of that very place becomes its verdict."""
        found, self._found, self._tool = self._found, None, None
        self._end_preview()
        site = self._window.session.current
        if site is not None and found is not None and found[0].equals_exact(geometry, 0.0):
            self._window.session.set_results(found[1])
        elif site is not None and self._window.settings.live:  # it was put down sooner than it could be judged
            self._left = site.id
            if self._task is None:
                self._judge_left()

    def _judge_left(self) -> None:
        """Judge a project where it was put down; what changes meanwhile is of another project, so to speak."""
        session, key = self._window.session, self._left
        self._left = ""
        site = session.site(key)
        if site is None:
            return
        asked, stamps = replace(site, attributes=dict(site.attributes)), session.stamps({key})

        def take(screening: Any) -> None:
            now = session.site(key)
            if now is not None and now.geometry is asked.geometry and now.attributes == asked.attributes and (
                    screening.on == self._window.on):
                session.set_results(screening, stamps)

        self._judge(asked, take)

    def _stop(self) -> None:
        self._tool = self._found = None
        self._left = ""
        self._end_preview()

    def _end_preview(self) -> None:
        if self._window.map is not None:
            self._window.map.moved = None
        self._window.verdict.preview(None)

    # -- the end ---------------------------------------------------------------------------------------------------
    def _forget(self) -> None:
        """Layers changed or another workspace is open: what was read no longer counts."""
        self._stop()

        def close(_report: Report) -> None:
            former, self._screener = self._screener, None
            if former is not None:
                former[1].close()

        if not self._shut:  # closing the workspace afterwards would begin another thread
            Task(close, "", self).start(self._worker)

    def shutdown(self) -> None:
        """End the thread."""
        self._forget()
        self._shut = True
        self._worker.stop()

"""Unsaved edits outlive a crash: kept beside the workspace as they are made, and offered when it is opened again.

What is kept is small: projects with their shapes, and how the layers look. It is written a moment after an edit, by
another thread, in one step; it goes as soon as everything is saved or given up.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, QTimer
from PyQt5.QtWidgets import QMessageBox

from gui import kept
from gui.dialogs import message
from gui.session import Session, Site
from gui.tasks import Task, Worker
from gui.words import together
from sanxian.i18n import _

if TYPE_CHECKING:
    from gui.main_window import MainWindow

WAIT_MS = 1000  # from an edit until it is kept; more edits meanwhile do not put it off


class Recovery(QObject):
    """Keeps what is unsaved, and offers what a crash has left."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._worker = Worker()
        self._lock = threading.Lock()
        self._generation = 0
        self._path: Path | None = None
        self._offering = False
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self._keep)
        self._session.undo_stack.indexChanged.connect(lambda _index: self._changed())
        self._session.resultsChanged.connect(lambda _ids: self._judged())
        self._session.opened.connect(self._opened)
        window.files.saved.connect(self.clear)

    # -- keeping ---------------------------------------------------------------------------------------------------
    def _opened(self) -> None:
        if self._path is not None and self._path != self._session.path:
            self.clear()
        self._path = self._session.path
        self._offering = False

    def moved(self) -> None:
        """The workspace that is open goes by another path from now on."""
        self._path = self._session.path

    def _changed(self) -> None:
        if self._path is None or self._offering:
            return
        if self._session.dirty:
            if not self._timer.isActive():
                self._timer.start()
        else:
            self.clear()

    def _judged(self) -> None:
        """Which projects have a verdict now, that a crash would take, is kept with what is unsaved besides."""
        if self._path is not None and not self._offering and self._session.dirty and not self._timer.isActive():
            self._timer.start()

    def _keep(self) -> None:
        path = self._path
        if path is None or not self._session.dirty or self._offering:
            return
        taken, generation = snapshot(self._session), self._generation
        about = {"at": datetime.now().astimezone().isoformat(timespec="seconds"), "pid": os.getpid()}
        spare = self._spare(path)

        def write(_report: Any) -> None:
            from layers import backups

            content = taken() | about
            with self._lock:
                if generation != self._generation:  # saved or given up meanwhile
                    return
                try:
                    backups.write_autosave(path, content)
                except OSError:  # the folder of the workspace takes nothing
                    spare.parent.mkdir(parents=True, exist_ok=True)
                    backups.write_autosave(spare, content)

        task = Task(write, parent=self)
        task.failed.connect(lambda error: self._window.tell(_("没有保存的修改不能留底：{why}").format(why=error)))
        task.finished.connect(task.deleteLater)
        task.start(self._worker)

    def _spare(self, path: Path) -> Path:
        mark = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
        return self._window.settings.folder / "recovery" / f"{path.stem}-{mark}"

    def keep_apart(self) -> Path | None:
        """Keep what is unsaved now, in the program's own folder; where. ``None`` where that cannot be written either."""
        from layers import backups

        path = self._path
        if path is None:
            return None
        content = snapshot(self._session)() | {
            "at": datetime.now().astimezone().isoformat(timespec="seconds"), "pid": os.getpid()}
        spare = self._spare(path)
        try:
            with self._lock:
                spare.parent.mkdir(parents=True, exist_ok=True)
                backups.write_autosave(spare, content)
        except OSError:
            return None
        return backups.folder(spare)

    def let_go(self) -> None:
        """What was kept stays, for when the workspace is opened again."""
        self._timer.stop()
        with self._lock:
            self._generation += 1
        self._path = None

    def clear(self) -> None:
        """Forget what was kept: it is saved, or was given up."""
        self._timer.stop()
        path = self._path
        if path is None:
            return
        from layers import backups

        with self._lock:
            self._generation += 1
            backups.clear_autosave(path)
            backups.clear_autosave(self._spare(path))

    def stop(self) -> None:
        """End the thread."""
        self._timer.stop()
        self._worker.stop()

    # -- offering --------------------------------------------------------------------------------------------------
    def left(self, path: Path) -> dict[str, Any] | None:
        """What a crash has left of a workspace, or ``None``."""
        from layers import backups

        return backups.read_autosave(path) or backups.read_autosave(self._spare(path))

    def offer(self) -> None:
        """Ask whether what a crash has left of the open workspace shall be restored; does not wait for the answer."""
        content = self.left(self._path) if self._path is not None else None
        if not content:
            return
        self._offering = True
        box = message.ask_recover(self._window, self._path.stem, _when(content), len(content.get("sites", ())))

        def answer(button: Any) -> None:
            self._offering = False
            role = box.buttonRole(button)
            if role == QMessageBox.AcceptRole:
                self.restore(content)
            elif role == QMessageBox.DestructiveRole:
                self.clear()

        box.buttonClicked.connect(answer)

    def offer_at_start(self) -> None:
        """Ask about the workspace that was open when the program was last killed, if there is one."""
        for text in self._window.settings.recent[:5]:
            path = Path(text)
            content = self.left(path) if path.exists() else None
            if content and not _alive(content.get("pid")):
                box = message.ask_reopen(self._window, path, _when(content))
                box.buttonClicked.connect(lambda button, box=box, path=path: self._window.files.open(path)
                                          if box.buttonRole(button) == QMessageBox.AcceptRole else None)
                return

    def restore(self, content: Mapping[str, Any]) -> None:
        """Take over what was kept, as one step that can be undone, and the day that was asked about.

        A project that is as the file has it keeps its verdict, and one that is another has it marked as one of before.
        """
        import shapely

        if self._window.files.reading_verdicts:  # those of the file belong to the projects as they stand there
            path = self._path

            def later() -> None:
                self._window.files.verdictsRead.disconnect(later)
                if self._path == path:
                    self.restore(content)

            self._window.files.verdictsRead.connect(later)
            return
        day = kept.read_day(content)
        if day is not None and day.isoformat() != str(content.get("at", ""))[:10]:  # not the today of then
            self._window.take_day(day)
        origins = {(origin.layer, origin.code): origin for origin in self._session.stored}
        present = {(one.origin.layer, one.origin.code): one for one in self._session.sites if one.origin is not None}
        sites, lost = [], 0
        for one in content.get("sites", ()):
            attributes = {key: tuple(value) if isinstance(value, list) else value
                          for key, value in one["attributes"].items()}
            geometry = shapely.from_wkb(bytes.fromhex(one["wkb"])) if one["wkb"] else None
            origin = origins.get((one["layer"], one["code"])) if one.get("layer") else None
            site = Site(one["id"], one["name"], geometry, one["crs"], attributes, origin=origin)
            stored = present.get((one["layer"], one["code"])) if one.get("layer") else None
            if stored is not None and stored.id == site.id:
                site = _as_judged(site, stored)
            lost += bool(one.get("judged")) and site.result is None
            sites.append(site)
        self._session.recover(sites, content.get("state", {}), content.get("removed", ()), content.get("renamed", ()))
        old = sum(site.obsolete for site in sites if site.result is not None)
        self._window.tell(together(filter(None, (
            _("已恢复没有保存的修改，请核对后保存"), _("{count} 个项目待重判").format(count=f"{old:,}") if old else "",
            _("{count} 个项目的结论没有来得及保存，现在是未研判").format(count=f"{lost:,}") if lost else ""))))


def snapshot(session: Session) -> Callable[[], dict[str, Any]]:
    """What is unsaved now; called, in any thread and later too, it gives that as plain JSON values."""
    # Attributes and outlines are never changed in place: a change puts others there.
    sites = [(site.id, site.name, site.crs, site.attributes, site.geometry, site.origin, site.result is not None)
             for site in session.sites]
    rest = {"state": session.window_state(), "removed": session.pending_removals,
            "renamed": [list(pair) for pair in session.renamed], "on": session.day.isoformat() if session.day is not None else None}

    def plain() -> dict[str, Any]:
        import shapely

        return {
            "sites": [
                {"id": name, "name": title, "crs": crs, "attributes": _plain(attributes),
                 "wkb": "" if geometry is None else shapely.to_wkb(geometry).hex(),
                 "layer": origin.layer if origin is not None else None, "code": origin.code if origin is not None else None,
                 "judged": judged}
                for name, title, crs, attributes, geometry, origin, judged in sites
            ], **rest,
        }

    return plain


def _as_judged(site: Site, stored: Site) -> Site:
    """The project as the file has it, where what was kept is the same; else that which was kept, with the verdict of before."""
    if stored.name == site.name and kept.same_project(stored, site):
        return stored
    if stored.result is None:
        return site
    return replace(stored, name=site.name, geometry=site.geometry, crs=site.crs, attributes=site.attributes, stale=True)


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, (tuple, list, set, frozenset)) else value
            for key, value in attributes.items()}


def _when(content: Mapping[str, Any]) -> str:
    return str(content.get("at", ""))[:19].replace("T", " ")


def _alive(pid: Any) -> bool:
    """Whether the program that kept it still runs."""
    if os.name != "posix" or not isinstance(pid, int) or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True

"""Unsaved edits outlive a crash: kept beside the workspace as they are made, and offered when it is opened again.

What is kept is small: projects with their shapes, and how the layers look. It is written a moment after an edit, by
another thread, in one step; it goes as soon as everything is saved or given up.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, QTimer
from PyQt5.QtWidgets import QMessageBox

from gui.dialogs import message
from gui.session import Session, Site
from gui.tasks import Task, Worker
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
        """Take over what was kept, as one step that can be undone."""
        import shapely

        origins = {(origin.layer, origin.code): origin for origin in self._session.stored}
        sites = []
        for one in content.get("sites", ()):
            attributes = {key: tuple(value) if isinstance(value, list) else value
                          for key, value in one["attributes"].items()}
            geometry = shapely.from_wkb(bytes.fromhex(one["wkb"])) if one["wkb"] else None
            origin = origins.get((one["layer"], one["code"])) if one.get("layer") else None
            sites.append(Site(one["id"], one["name"], geometry, one["crs"], attributes, origin=origin))
        self._session.recover(sites, content.get("state", {}), content.get("removed", ()), content.get("renamed", ()))
        self._window.tell(_("已恢复没有保存的修改，请核对后保存"))


def snapshot(session: Session) -> Callable[[], dict[str, Any]]:
    """What is unsaved now; called, in any thread and later too, it gives that as plain JSON values."""
    # Attributes and outlines are never changed in place: a change puts others there.
    sites = [(site.id, site.name, site.crs, site.attributes, site.geometry, site.origin) for site in session.sites]
    rest = {"state": session.window_state(), "removed": session.pending_removals,
            "renamed": [list(pair) for pair in session.renamed]}

    def plain() -> dict[str, Any]:
        import shapely

        return {
            "sites": [
                {"id": name, "name": title, "crs": crs, "attributes": _plain(attributes),
                 "wkb": "" if geometry is None else shapely.to_wkb(geometry).hex(),
                 "layer": origin.layer if origin is not None else None, "code": origin.code if origin is not None else None}
                for name, title, crs, attributes, geometry, origin in sites
            ], **rest,
        }

    return plain


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

"""Notices what other programs do to the workspace while it is open: SQL, ogr2ogr, QGIS.

A verdict of what stood there before must not go on looking like one that holds until somebody opens the workspace again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QEvent, QObject, QTimer

from gui import outside, rescue, stored
from gui.part import Part
from gui.project_fields import BY_NAME
from gui.words import error_words, listed, together
from sanxian.i18n import _

EVERY_MS = 3000  # only the times of files are asked then
SOON_MS = 500  # after a step, which may stand in the file by then


def field_words(fields: Iterable[str]) -> str:
    """What of a project was changed twice, in words."""
    words = {outside.WHOLE: _("窗口里已删除"), outside.NAME: _("项目名称"), outside.OUTLINE: _("用地边界")}
    return listed([words.get(name) or (BY_NAME[name[1:]].label if name[1:] in BY_NAME else name[1:]) for name in sorted(fields)])


class Elsewhere(Part):
    """A part of the window without anything to see."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._seen: tuple[Any, list[Any]] | None = None  # the workspace, and how its file and its rasters were when last read
        self.spare = rescue.Spare()
        self._wrong = ""  # why the file is not what was opened, as was said last
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self.look)
        session = window.session
        session.opened.connect(self._opened)
        session.resultsChanged.connect(lambda _ids: self.look())
        session.undo_stack.indexChanged.connect(lambda _index: self._soon.start() if session.workspace is not None else None)
        session.changedElsewhere.connect(self._tell)
        session.projectsElsewhere.connect(self._tell_projects)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.WindowActivate:  # the person comes back from the other program
            self.look()
        return super().eventFilter(watched, event)

    def _opened(self) -> None:
        self._seen, self._wrong, self.spare = None, "", rescue.Spare()
        if self._window.session.workspace is not None:
            self._timer.start()
        else:
            self._timer.stop()

    def look(self) -> None:
        """Read in another thread what other programs have left in the file, where it was written at all."""
        session = self._window.session
        workspace = session.workspace
        if workspace is None or self._window.looks.asking("elsewhere"):
            return
        files = [Path(workspace.path), *(layer.raster for layer in session.layers if layer.raster is not None)]
        seen = self._seen[1] if self._seen is not None and self._seen[0] is workspace else None
        marks = dict(session.project_marks)

        def read(_report: Any) -> tuple[list[Any], Any] | None:
            from layers.errors import LayerError, ReplacedError, WorkspaceError
            from layers.workspace import gone
            from sanxian.errors import TellingError
            from sanxian.prepared_layers import workspace_stamp

            now: list[Any] = [workspace_stamp(file) for file in files]
            if now == seen:
                return None
            try:
                if hasattr(workspace, "look_at_file"):
                    workspace.look_at_file()
                    workspace.watch_again()
                changes, rasters = workspace.changes(), workspace.rasters()
                spare = rescue.remember(workspace) if hasattr(workspace, "states") else None
                said = {record.added: record for record in workspace.layers()} if hasattr(workspace, "states") else None
                return now, (changes, rasters, outside.read(workspace, changes, marks), said, spare)
            except ReplacedError as error:
                return now, error
            except (LayerError, WorkspaceError, TellingError):
                # Another program is writing, or has damaged it: told of wherever the file is read.
                return (now, gone(files[0])) if not files[0].exists() else None

        def take(found: tuple[list[Any], Any] | None) -> None:
            if found is None or session.workspace is not workspace or self._window.files.saving or marks != session.project_marks:
                return  # it is looked at again
            self._seen = workspace, found[0]
            if isinstance(found[1], Exception):
                wrong, former = error_words(found[1]), self._wrong
                self._wrong = wrong
                if wrong != former:
                    self._window.tell(wrong)
                return
            *changes, spare = found[1]
            self.spare, self._wrong = spare or self.spare, ""
            if self._window.work.writing():  # what is shown of layers may not stand in the file yet
                changes[3], self._seen = None, None
            session.take_changes(*changes)

        self._window.looks.ask("elsewhere", read, take)

    def _tell(self, keys: Sequence[str]) -> None:
        session = self._window.session
        layers = [layer for layer in session.layers if layer.key in keys]
        old = sum(site.obsolete for site in session.sites if site.result is not None)
        off = [view.name for key in keys if (view := session.taken_off(key)) is not None]
        said = [
            *(layer.error for layer in layers if layer.error),
            _("栅格文件有变动：{layers}").format(layers=listed(names)) if (
                names := [layer.name for layer in layers if layer.raster is not None and not layer.error]) else "",
            _("工作区文件被别的程序改过：{layers}").format(layers=listed(names)) if (
                names := [layer.name for layer in layers if layer.raster is None and not layer.error]) else "",
            _("已移除、还没有保存的图层，别的程序又改了：{layers}；撤销移除，回来的是改过的").format(layers=listed(off)) if off else "",
        ]
        self._window.tell(together([*filter(None, said), _("{count} 个项目待重判").format(count=f"{old:,}")]))
        self._window.files.read_frames()

    def _tell_projects(self, taken: outside.Taken) -> None:
        """Say what another program has done to projects, and what became of it here."""
        session = self._window.session
        old = sum(site.obsolete for site in session.sites if site.result is not None)
        typed = self._window.form.typed() & taken.fields.get(session.current_id, set())
        said = [
            _("正在填写的{fields}，别的程序也改了；填写的还在，填完就盖过它").format(fields=field_words(typed)) if typed else "",
            *(_("项目图层“{layer}”不在文件里了，其中的项目还在窗口里，保存时重新写入").format(layer=name) for name in taken.away),
            _("别的程序改了项目，已读入：{names}").format(names=listed(taken.changed)) if taken.changed else "",
            _("别的程序加了项目：{names}").format(names=listed(taken.added)) if taken.added else "",
            _("别的程序从文件里删了项目，列表里也已去掉：{names}").format(names=listed(taken.removed)) if taken.removed else "",
            _("别的程序从文件里删了项目，窗口里改过，仍留着：{names}").format(names=listed(taken.lost)) if taken.lost else "",
            *(_("“{name}”在窗口里和文件里都改过（{fields}），窗口里的留着，保存前会问").format(name=name, fields=field_words(fields))
              for name, fields in taken.clashes.items()),
            stored.unread_words(taken.written),
            stored.left_words(taken.left),
            _("{count} 个项目待重判").format(count=f"{old:,}") if old else "",
            _("可以撤销") if taken.changed or taken.added or taken.removed else "",
        ]
        self._window.tell(together(filter(None, said)))

    def shutdown(self) -> None:
        """Look no more."""
        self._timer.stop()
        self._soon.stop()

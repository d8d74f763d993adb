"""What can be done with layers and with the workspace file beyond looking: properties, filter, copies, history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QInputDialog

from gui.clipboard import may_leave
from gui.dialogs import choose, message
from gui.part import Part
from gui.session import RASTER
from gui.steps import turn
from gui.tasks import Report
from gui.words import listed
from sanxian.i18n import N_, _, language
from sanxian.layer_files import DEGREES

FILES = {".gpkg": "GeoPackage", ".shp": "Shapefile", ".geojson": "GeoJSON"}


class LayerTools(Part):
    """A part of the window without panels of its own."""

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"layer_properties": self.properties, "filter_layer": self.filter, "duplicate_layer": self.duplicate,
                "export_layer": self.ask_export,
                "history": self.history, "person": self.ask_person, "new_group": self.ask_group,
                "rename_group": self.ask_group_name, "remove_group": self.remove_group,
                "layer_up": lambda: self._window.layers.move_current(-1),
                "layer_down": lambda: self._window.layers.move_current(1)}

    def menu_ready(self) -> None:
        self._window.layers.groupAsked.connect(self._group_asked)

    def _layer(self) -> Any:
        return self._window.session.layer(self._window.layers.current_key())

    # -- one layer -------------------------------------------------------------------------------------------------
    def properties(self) -> Any:
        """Show everything known of the current layer; does not wait for the answer."""
        from gui.dialogs.layer_properties import LayerProperties

        layer, workspace, engine = self._layer(), self._window.session.workspace, self._window.engine
        if layer is None:
            return None
        history, versions = engine.about_layer(workspace, layer)
        role = engine.roles().get(layer.role)
        title = layer.role if role is None else role.en if language() == "en" else role.zh
        issues = [(engine.issue_words(issue), issue.severity) for issue in getattr(layer.record, "issues", ())]
        dialog = LayerProperties(layer, title, versions, history, issues, self._window)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.described.connect(lambda changes: self._describe(layer, changes))
        dialog.currentAsked.connect(lambda name: self._use(name, versions))
        dialog.reimportAsked.connect(lambda: self._again(layer))
        dialog.open()
        return dialog

    def _again(self, layer: Any) -> Any:
        """Ask how the layer's file is to be imported as another kind, with what was stated of it; the layer stays as it is.

        A workspace knows the file by its name only: it is looked for where it would be, else the person says where.
        """
        from gui.dialogs import choose

        window, record = self._window, layer.record
        name = getattr(record, "file", None) or ""
        folders = [folder for folder in (window.session.path and window.session.path.parent, window.settings.last_folder) if folder]
        path = next((folder / name for folder in folders if name and (folder / name).exists()), None)
        path = path or choose.file(window, _("来源文件“{file}”在哪里").format(file=name))
        if path is None:
            return None
        dialog = window.files.import_dialog(path)
        dialog.begin_with(record, layer.role)
        return dialog

    def _describe(self, layer: Any, changes: dict[str, Any]) -> None:
        former: dict[str, Any] = {}

        def do(workspace: Any) -> None:
            record = workspace.record(layer.key)
            former.update({name: getattr(record, "stated_accuracy_m" if name == "accuracy_m" else name, None) for name in changes})
            workspace.describe(layer.key, **changes)

        self._write("修改图层说明“{layer}”", layer.name, do, lambda workspace: workspace.describe(layer.key, **former))

    def _use(self, name: str, versions: Sequence[Any]) -> None:
        former = next((record.name for record in versions if record.current), None)
        self._write("启用版本“{layer}”", name, lambda workspace: workspace.make_current(name),
                    lambda workspace: workspace.make_current(former) if former else None)

    def _write(self, text: str, layer: str, do: Callable[[Any], Any], back: Callable[[Any], Any]) -> None:
        """Change the file, and show the layers as they then are."""
        def settled(_wanted: bool, _result: Any) -> None:
            self._window.session.reload_layers()
            self._window.files.read_frames()

        self._window.session.steps.write(text, {"layer": layer}, do, back, settled=settled)

    def filter(self) -> Any:
        """Choose which features of the current layer the map shows; does not wait for the answer."""
        from gui.dialogs.filter_features import FilterDialog

        layer = self._layer()
        if layer is None or layer.frame is None:
            return None
        dialog = FilterDialog(layer, self._window.field_title, self._window.looks, self._window)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._window.session.set_look(layer.key, filter=dialog.filter()))
        dialog.follow(self._window.session)
        dialog.open()
        return dialog

    def duplicate(self) -> None:
        """Add a copy of the current layer under another name: in the file at once, as what is imported is, and nothing else with it."""
        window, layer = self._window, self._layer()
        session = window.session
        if layer is None or layer.key.startswith(RASTER):
            return
        if layer in session.pending_restores:
            message.tell_error(window, _("图层“{layer}”恢复之后还没有保存；请先保存工作区，再复制。").format(layer=layer.name))
            return
        workspace, engine, place = session.workspace, window.engine, getattr(layer.record, "added", None)
        wanted = (_("{layer} 副本"), _("{layer} 副本 {number}"))
        title, taken = layer.name, {one.name for one in session.layers}

        def work(report: Report) -> Any:
            with turn(workspace, lambda: report.or_stop(0, 0)):  # a save may give the layer another name in the file
                there = workspace.layers()
                key = next((one.name for one in there if place is not None and one.added == place), layer.key)
                names = taken | {name for one in there for name in (one.name, getattr(one, "family", one.name))}
                found, number = wanted[0].format(layer=title), 2
                while found in names:
                    found, number = wanted[1].format(layer=title, number=number), number + 1
                return engine.duplicate_layer(workspace, key, found, report)

        def done(record: Any) -> None:
            if session.workspace is not workspace:
                return
            session.reload_layers()
            session.copied_layer(record.name, layer.key)
            window.layers.select(record.name)
            window.files.read_frames()
            window.tell(_("已复制为“{layer}”；研判时两份都会用到").format(layer=record.name))

        window.work.run(N_("复制图层"), work, done, writes=True)

    def ask_export(self) -> None:
        """Ask where to, and which features, and write the current layer as a file of its own."""
        window, layer = self._window, self._layer()
        if layer is None or layer.raster is not None or layer.frame is None or not may_leave(window, layer):
            return
        chosen, fids = window.map.selection().of_layer(layer.key), None
        if len(chosen) and "fid" in layer.frame.columns:
            which = message.ask_features(window, len(chosen), len(layer.frame))
            if which == "cancel":
                return
            fids = layer.frame["fid"].to_numpy()[chosen].tolist() if which == "selected" else None
        kinds = ";;".join(f"{name} (*{suffix})" for suffix, name in FILES.items())
        path = choose.target(window, _("导出图层"), f"{layer.name}.gpkg", kinds, start=window.session.path.parent)
        if path is not None:
            self.export(layer, path, fids)

    def export(self, layer: Any, path: Path, fids: Sequence[int] | None = None) -> None:
        """Write a layer, or its features with these numbers, as a file of its own; a task that can be stopped."""
        window = self._window
        session, engine = window.session, window.engine
        if layer in session.pending_restores:
            message.tell_error(window, _("图层“{layer}”恢复之后还没有保存；请先保存工作区，再导出。").format(layer=layer.name))
            return
        if path.exists() and path.samefile(session.path):
            message.tell_error(window, _("不能写到打开着的工作区“{file}”上；请换一个文件名。").format(file=path.name))
            return
        workspace, key, title = session.path, layer.key, layer.name

        def done(found: tuple[int, list[tuple[str, dict[str, Any]]]]) -> None:
            count, lost = found
            text = _("图层“{layer}”已导出：{count} 个要素。").format(layer=title, count=f"{count:,}")
            told = {one: _(one).format(**{name: listed(value) if isinstance(value, list) else value for name, value in says.items()})
                    for one, says in lost}
            if (moved := told.pop(DEGREES, None)) is not None:
                text += "\n" + moved
            if told:
                text += "\n\n" + _("这种格式存不下的：") + "\n" + "\n".join(f"· {one}" for one in told.values())
            window.tell(text.replace("\n\n", " ").replace("\n", " "))
            message.tell_done(window, text, path)

        # Another process reads and writes; nothing waits for it.
        window.work.run(N_("导出图层“{layer}”"), lambda report: engine.export_layer(
            workspace, key, path, report, title=title, fids=fids), done, beside=True, wanted=True, params={"layer": title})

    # -- groups ----------------------------------------------------------------------------------------------------
    def _group_asked(self, action: str, key: str) -> None:
        if key:
            self._window.layers.select_group(key)
        else:
            self._window.layers.tree.setCurrentItem(None)
        self._window.jobs[action]()

    def ask_group(self) -> None:
        """Make a group, with the current layer in it if there is one."""
        session, panel = self._window.session, self._window.layers
        if session.workspace is None:
            return
        title = self._group_name(_("新建图层组"), _("新图层组"), "")
        if title:
            panel.select_group(session.add_group(title, [key] if (key := panel.current_key()) else []))

    def ask_group_name(self) -> None:
        """Call the group of the current row something else."""
        session, key = self._window.session, self._window.layers.current_group()
        if key:
            title = self._group_name(_("重命名图层组"), session.group_title(key), key)
            if title:
                session.rename_group(key, title)

    def _group_name(self, heading: str, former: str, key: str) -> str:
        session = self._window.session
        name, given = QInputDialog.getText(self._window, heading, _("名称"), text=former)
        name = name.strip()
        if not given or not name:
            return ""
        if any(one != key and session.group_title(one) == name for one in session.groups):
            message.tell_error(self._window, _("已有名为“{name}”的图层组。").format(name=name))
            return ""
        return name

    def remove_group(self) -> None:
        """Dissolve the group of the current row; its layers stay."""
        self._window.session.remove_group(self._window.layers.current_group())

    # -- the workspace ---------------------------------------------------------------------------------------------
    def history(self) -> Any:
        """Show who changed the workspace, and its backups; does not wait for the answer."""
        from gui.dialogs.history import HistoryDialog

        workspace = self._window.session.workspace
        history, undoable, backups = self._window.engine.about_workspace(workspace)
        dialog = HistoryDialog(history, undoable, backups, self._window)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.undoAsked.connect(self._undo_file)
        dialog.restoreAsked.connect(self._restore)
        dialog.backupAsked.connect(self._backup)
        dialog.open()
        return dialog

    def _undo_file(self) -> None:
        if not message.ask(self._window, _("撤销文件的改动"), _("撤销后重新打开工作区；没有保存的修改先要保存。要继续吗？"), _("撤销"),
                           loses=True):
            return
        session, engine = self._window.session, self._window.engine
        if session.dirty and not self._window.files.save():
            return
        workspace, path = session.workspace, session.path

        def done(_entry: Any) -> None:
            if session.path == path:
                self._window.files.open(path)

        self._window.work.run(N_("撤销文件的改动"), lambda _report: engine.undo_workspace(workspace), done, writes=True)

    def _restore(self, number: int) -> None:
        text = _("用 {number} 号备份换下现在的工作区？现在的文件会留成备份，没有保存的修改不会带过去。").format(number=number)
        if not message.ask(self._window, _("从备份恢复"), text, _("恢复"), loses=True):
            return
        session, engine, person = self._window.session, self._window.engine, self._window.settings.person
        path = session.path
        if not self._window.files.all_done():  # they would go to the file that is put away
            return
        session.undo_stack.setClean()
        session.close()

        def failed(error: Exception) -> None:
            self._window.show_error(error)
            self._window.files.open(path)

        self._window.work.run(N_("从备份恢复"), lambda _report: engine.restore_workspace(path, number, person),
                              lambda _found: self._window.files.open(path), failed, wanted=True)

    def _backup(self) -> None:
        workspace = self._window.session.workspace
        self._window.work.run(N_("备份"), lambda _report: workspace.backup(), lambda kept: self._window.tell(
            _("已备份") if kept is not None else _("磁盘空间不足，没有备份")), wanted=True)

    # -- the person ------------------------------------------------------------------------------------------------
    def ask_person(self) -> None:
        """Ask for the name that stands in the history and in reviews."""
        name, given = QInputDialog.getText(self._window, _("署名"), _("姓名（写入工作区历史和人工复核）"),
                                           text=self._window.settings.person)
        if given:
            self.set_person(name)

    def set_person(self, name: str) -> None:
        """Remember the name, and sign with it from now on."""
        self._window.settings.person = name
        if self._window.session.workspace is not None:
            self._window.engine.sign(self._window.session.workspace, self._window.settings.person)

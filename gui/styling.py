"""Styles of layers in the window: the panel, its preview on the map, files in and out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QWidget

from gui.dialogs import choose, message
from gui.dialogs.filter_features import FilterDialog
from gui.panels.style import StylePanel
from gui.part import Part
from gui.words import listed
from sanxian.i18n import N_, _
from sanxian.mapping.filters import Filter
from sanxian.mapping.styles import LayerStyle

_ASKER = "style_export"


def fields_of(style: LayerStyle) -> set[str]:
    """The fields by which a style tells features apart; names are left out where their field is missing."""
    return {style.field} - {""} | {one.field for symbol in style.classes if symbol.where is not None for one in symbol.where.conditions}


def _derived(file: Path, name: str) -> str:
    """What gives the state of each outlet of a layer in QGIS; '' where the file cannot be read now, which the export then tells."""
    from layers.errors import WorkspaceError
    from layers.workspace import Workspace
    from sanxian.mapping.qgis import work_state_expression

    try:
        with Workspace.open(file, readonly=True) as workspace:
            return next((work_state_expression(workspace, record) for record in workspace.layers() if record.name == name), "")
    except (WorkspaceError, OSError):
        return ""


class RuleDialog(FilterDialog):
    """The conditions of one rule of a style."""

    WORDS = (
        N_("规则的条件 — {layer}"), N_("符合条件、且不符合前面各条规则的要素按这一类绘制。多个值用 ; 分隔，符合其一即可。"), N_("清空条件"),
        N_("符合条件 {shown} / {all} 个要素"),
    )


class Styling(Part):
    """A part of the window."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._copied: tuple[LayerStyle, str, str] | None = None  # a style, of which geometry, and what its layer is called
        self.panel = StylePanel(window.field_title, lambda: window.settings.style_presets, window.looks)
        self.panel.previewed.connect(self._preview)
        self.panel.applied.connect(self._apply)
        self.panel.presetKept.connect(self._keep)
        self.panel.conditionAsked.connect(self.ask_rule)
        self.panel.importAsked.connect(self.ask_import)
        self.panel.exportAsked.connect(self.ask_export)
        session = window.session
        session.opened.connect(lambda: self.panel.show_layer(None, None))
        session.layersChanged.connect(self._follow)
        session.layerLooked.connect(lambda key: self._follow())
        window.layers.currentLayer.connect(lambda _key: self._follow())

    def docks(self) -> Sequence[tuple[str, str, QWidget, Qt.DockWidgetArea]]:
        """Its panel."""
        return (("style", N_("图层样式"), self.panel, Qt.RightDockWidgetArea),)

    def jobs(self) -> dict[str, Callable[[], Any]]:
        """What its action does."""
        return {"style_panel": self.open, "style_copy": self.copy, "style_paste": self.paste,
                "style_import": lambda: self._with_panel(self.ask_import),
                "style_export": lambda: self._with_panel(self.ask_export)}

    def _with_panel(self, job: Callable[[], None]) -> None:
        """Show the panel first, where what comes of it is said; nothing for a layer without a style."""
        self.open()
        if self.panel.layer is not None:
            job()

    def open(self) -> None:
        """Show the panel with the current layer."""
        self._window.show_dock("style")
        self._follow()
        self.panel.kind.setFocus(Qt.OtherFocusReason)

    def _current(self) -> Any:
        """The current layer, where it has features; else ``None``."""
        layer = self._window.session.layer(self._window.layers.current_key())
        return layer if layer is not None and layer.raster is None and layer.frame is not None else None

    def copy(self) -> None:
        """Keep the style of the current layer for :meth:`paste`."""
        from gui.panels.style import geometry_of_layer

        layer = self._current()
        if layer is not None:
            self._copied = (self._style(layer), geometry_of_layer(layer), layer.name)
            self._window.tell(_("已复制“{layer}”的样式").format(layer=layer.name))

    def paste(self) -> None:
        """Give the current layer the style that was copied, as one step; not one that it could not be drawn by."""
        from gui.panels.style import KINDS_OF_GEOMETRY, geometry_of_layer

        layer = self._current()
        if layer is None:
            return
        if self._copied is None:
            message.tell_error(self._window, _("还没有复制样式：先在另一个图层上右键“复制样式”。"))
            return
        style, geometry, name = self._copied
        own = geometry_of_layer(layer)
        if own != geometry:
            message.tell_error(self._window, _("“{source}”的样式是给{one}的，“{layer}”是{other}，不能粘贴。").format(
                source=name, one=_(KINDS_OF_GEOMETRY[geometry]), layer=layer.name, other=_(KINDS_OF_GEOMETRY[own])))
            return
        missing = sorted(fields_of(style) - {str(one) for one in layer.frame.columns})
        if missing:
            message.tell_error(self._window, _("“{source}”的样式按字段 {fields} 绘制，“{layer}”没有这样的字段，不能粘贴。").format(
                source=name, fields=listed(missing), layer=layer.name))
            return
        preset = self._style(replace(layer, colour=None, style=None))
        if style.kind == "single":  # its one class is called what the other layer is; a legend would say so of this one
            own_name = preset.classes[0] if preset.kind == "single" else preset
            style = replace(style, classes=(replace(style.classes[0], zh=own_name.zh, en=own_name.en),))
        self._window.session.set_look(layer.key, style=replace(style, role=layer.role, zh=preset.zh, en=preset.en, order=preset.order),
                                      colour=None)
        self._window.tell(_("“{layer}”已改用“{source}”的样式").format(layer=layer.name, source=name))

    def _style(self, layer: Any) -> LayerStyle:
        return self._window.engine.style(layer.role, layer.colour, layer.style)

    def _follow(self) -> None:
        """Show the current layer, unless changes to another wait to be settled."""
        session, panel = self._window.session, self.panel
        if not self._window.ready:
            return
        if panel.pending:
            if session.layer(panel.layer.key) is panel.layer:
                return
            self._preview(None)
        layer = session.layer(self._window.layers.current_key())
        if layer is None or layer.raster is not None or layer.frame is None:
            layer = None
        style = None if layer is None else self._style(layer)
        if layer is not panel.layer or style != panel.style_now:
            panel.show_layer(layer, style)

    def _preview(self, style: LayerStyle | None) -> None:
        layer = self.panel.layer
        if layer is not None and self._window.map is not None:
            self._window.session.preview(layer.key, style)

    def _apply(self, style: LayerStyle | None) -> None:
        layer = self.panel.layer
        self._window.session.set_look(layer.key, style=style, colour=None)
        self._preview(None)  # not before: the style from before would be counted for nothing

    def _keep(self, name: str, style: LayerStyle) -> None:
        from sanxian.mapping.own_styles import to_dict

        self._window.settings.style_presets = {**self._window.settings.style_presets, name: to_dict(style)}
        self._window.tell(_("样式已存为我的预设“{name}”").format(name=name))

    def settled(self, *, leaving: bool) -> bool:
        """Ask about a style that is only tried out; ``False`` to go on with neither saving nor leaving.

        Args:
            leaving: The workspace closes, and a style that is not applied is gone with it.
        """
        panel = self.panel
        if not panel.pending or self._window.session.layer(panel.layer.key) is not panel.layer:
            return True
        self.open()
        answer = message.ask_style(self._window, panel.layer.name, leaving=leaving)
        if answer == "apply":
            panel.settle()
        elif answer == "leave" and leaving:
            panel.give_up()
        return answer != "cancel"

    def ask_rule(self, row: int) -> RuleDialog | None:
        """Edit the conditions of a rule; does not wait for the answer."""
        panel = self.panel
        style = panel.style_now
        if style is None or style.kind != "rules" or not 0 <= row < len(style.classes) - 1:
            return None
        where = style.classes[row].where
        layer = panel.layer  # itself and no copy, so that what is offered follows it
        dialog = RuleDialog(layer, self._window.field_title, self._window.looks, self._window, begin=where or Filter(()))
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: panel.set_rule(row, dialog.filter()) if panel.layer is layer else None)
        dialog.follow(self._window.session)
        dialog.open()
        return dialog

    def ask_import(self) -> None:
        """Choose a style file and try it out."""
        path = choose.file(self._window, _("导入样式"), _("样式文件") + " (*.qml *.sld)", start=self._folder())
        if path is not None:
            self.read(path)

    def read(self, path: Path) -> None:
        """Try out the style of a file; what it could not bring is said in the panel."""
        from gui.panels.style import geometry_of_layer
        from sanxian.mapping.coded import held_in
        from sanxian.mapping.exchange import read_style
        from sanxian.mapping.own_styles import StyleError

        layer = self.panel.layer
        try:
            found = read_style(path, layer.role, columns=[str(one) for one in layer.frame.columns], geometry=geometry_of_layer(layer),
                               held=held_in([layer.frame]))
        except StyleError as error:
            self._window.show_error(error)
            return
        self.panel.put(found.style)
        said = N_("已读入 {file}，尚未应用。") if self.panel.pending else N_("已读入 {file}，与图层现在的样式相同。")
        self.panel.say_so("\n".join((_(said).format(file=path.name), *found.notes)))

    def ask_export(self) -> None:
        """Choose a file and write the style that is shown."""
        layer = self.panel.layer
        path = choose.target(self._window, _("导出样式"), f"{layer.name}.qml", "QGIS QML (*.qml);;OGC SLD (*.sld)", start=self._folder())
        if path is not None:
            self.write(path)

    def write(self, path: Path) -> None:
        """Write the style that is shown, by the suffix of the file."""
        from sanxian.mapping.qgis import asks_derived

        layer, style, file = self.panel.layer, self.panel.style_now, self._window.session.path
        if path.suffix.lower() != ".qml" or file is None or style is None or not asks_derived(style):
            self._write(path, layer, style, "")
            return
        self._window.looks.ask(_ASKER, lambda _report: _derived(file, layer.name), lambda found: self._write(path, layer, style, found))

    def _write(self, path: Path, layer: Any, style: Any, derived: str) -> None:
        from gui.panels.style import geometry_of_layer
        from sanxian.mapping.exchange import write_style
        from sanxian.mapping.filters import yes_no_fields
        from sanxian.mapping.own_styles import StyleError

        panel = self.panel
        try:
            notes = write_style(style, path, geometry_of_layer(layer), name=layer.name, columns=[str(one) for one in layer.frame.columns],
                                yes_no=yes_no_fields(layer.frame), derived=derived)
        except StyleError as error:
            self._window.show_error(error)
            return
        panel.say_so("\n".join(notes))
        message.tell_done(self._window, _("样式已导出。"), path)

    def _folder(self) -> str:
        path = self._window.session.path
        return str(path.parent) if path is not None else ""

"""``sanxian style import|export|reset WORKSPACE ROLE FILE``: styles of layers in and out of QML and SLD files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanxian.i18n import N_, _
from sanxian.mapping import own_styles
from sanxian.mapping.own_styles import StyleError

if TYPE_CHECKING:
    from layers.workspace import Workspace

OK = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("action", choices=("import", "export", "reset"), help=_("import 读入，export 写出，reset 恢复预设"))
    parser.add_argument("workspace", type=Path, metavar="WORKSPACE", help=_("工作区文件"))
    parser.add_argument("role", metavar="ROLE", help=_("图层角色，或工作区中的图层名"))
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE(.qml|.sld)", help=_("样式文件；reset 不需要"))
    parser.add_argument("--sld", choices=("1.0.0", "1.1.0"), default="1.1.0", help=_("写出的 SLD 的版本"))


def run(asked: argparse.Namespace) -> int:
    """Do what was asked; what could not be carried is said in a sentence each.

    Raises:
        StyleError: Wrong use, or the file cannot be used.
        WorkspaceError: The workspace cannot be read or written.
    """
    from layers.workspace import Workspace
    from sanxian.mapping.coded import held_in
    from sanxian.mapping.exchange import read_style, write_style
    from sanxian.mapping.filters import yes_no_fields
    from sanxian.mapping.qgis import asks_derived, geometry_of_layer, save_styles, work_state_expression
    from sanxian.mapping.styles import style_for

    if asked.file is None and asked.action != "reset":
        raise StyleError(N_("请给出样式文件（.qml 或 .sld）"))
    out = sys.stdout.write
    with Workspace.open(asked.workspace, readonly=asked.action == "export") as workspace:
        records = _records(workspace, asked.role)
        if asked.action == "export":
            record = records[0]
            style = own_styles.styles_of(workspace).get(record.name) or style_for(record.role)
            frame = workspace.read(record.name)
            derived = work_state_expression(workspace, record) if asks_derived(style) else ""
            notes: Sequence[str] = write_style(
                style, asked.file, geometry_of_layer(workspace, record), name=record.name, columns=[str(name) for name in frame.columns],
                yes_no=yes_no_fields(frame), derived=derived, version=asked.sld)
            out(_("图层“{name}”的样式已写入 {file}").format(name=record.name, file=asked.file) + "\n")
        else:
            style, notes = None, ()
            if asked.action == "import":
                frames = [workspace.read(record.name) for record in records]
                found = read_style(asked.file, records[0].role, columns=[str(name) for name in frames[0].columns],
                                   geometry=geometry_of_layer(workspace, records[0]), held=held_in(frames))
                style, notes = found.style, found.notes
            own_styles.keep(workspace, {record.name: style for record in records})
            save_styles(workspace)
            for record in records:
                words = _("图层“{name}”已恢复预设样式") if style is None else _("图层“{name}”已换用 {file} 的样式")
                out(words.format(name=record.name, file=asked.file) + "\n")
    for note in notes:
        out(f"- {note}\n")
    return OK


def _records(workspace: Workspace, wanted: str) -> list[Any]:
    """The layers of that name, or those in use of that role."""
    vector = [record for record in workspace.layers() if record.role != "raster"]
    found = [record for record in vector if record.name == wanted]
    found = found or [record for record in vector if record.role == wanted and record.current]
    if not found:
        known = "、".join(record.name for record in vector)
        raise StyleError(N_("工作区里没有图层“{name}”，也没有这种角色的图层；有：{known}"), name=wanted, known=known)
    return found

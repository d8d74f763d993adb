"""``sanxian workspace``: backups, undo, history, saved mappings and compacting of a workspace."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanxian.i18n import N_, _
from sanxian.request import RequestError

if TYPE_CHECKING:
    from layers.mappings import SourceMapping

DONE, NOTHING = 0, 1
BEFORE = {"manual": N_("手动备份"), "undo": N_("撤销"), "restore": N_("取回备份")}


def add_arguments(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Give ``parser`` the subcommands."""
    sub = parser.add_subparsers(metavar=_("子命令"), required=True)

    def command(name: str, run: Any, words: str) -> argparse.ArgumentParser:
        added = sub.add_parser(name, help=words, description=words, parents=[common])
        added.set_defaults(run=run)
        added.add_argument("workspace", type=Path, metavar="WORKSPACE", help=_("工作区文件"))
        return added

    def person(added: argparse.ArgumentParser) -> None:
        added.add_argument("--person", help=_("记入历史的人（默认当前用户）"))

    command("backups", run_backups, _("列出工作区的备份")).add_argument("--json", action="store_true", help=_("输出 JSON"))
    command("backup", run_backup, _("现在留一份备份"))
    restoring = command("restore", run_restore, _("用备份换回工作区（现在的文件也留作备份）；工作区损坏或不见时也可用"))
    restoring.add_argument("number", type=int, nargs="?", metavar="N", help=_("备份编号（默认最新的完好备份）"))
    person(restoring)
    person(command("undo", run_undo, _("撤销图层的最后一次改动：加入、换掉、删除、改名、改用版本、修改说明")))
    person(command("compact", run_compact, _("收回删除图层后空出的空间")))
    exporting = command("export", run_export, _("把一个图层写成界址点文本、GeoPackage、Shapefile、GeoJSON，或写入 PostGIS"))
    exporting.add_argument("layer", metavar="LAYER", help=_("图层名"))
    exporting.add_argument("--out", required=True, metavar="FILE(.txt|.gpkg|.shp|.geojson)|ADDRESS", help=_("写到哪里；已有的文件会被换掉"))
    exporting.add_argument("--maker", default="", help=_("界址点文本里的数据产生单位"))
    exporting.add_argument("--on", metavar="DATE", help=_("界址点文本里的数据产生日期（默认今天）"))
    listing = command("mappings", run_mappings, _("列出已保存的字段对应和取值对应"))
    listing.add_argument("--forget", metavar="SIGNATURE", help=_("忘掉这一来源的对应"))
    listing.add_argument("--json", action="store_true", help=_("输出 JSON"))


def run_backups(asked: argparse.Namespace) -> int:
    """List the backups, the newest first."""
    from layers import backups

    found = backups.entries(asked.workspace)
    if asked.json:
        rows = [{"number": item.number, "before": item.before, "at": item.at, "size": item.size, "layers": item.layers,
                 "path": str(item.path)} for item in found]  # fmt: skip
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return DONE
    from sanxian.cli import ACTIONS

    for item in found:
        layers = _("读不出") if item.layers is None else _("{count} 个图层").format(count=item.layers)
        what = _(BEFORE.get(item.before) or ACTIONS.get(item.before, item.before))
        sys.stdout.write(
            _("{number} 号 · {at} · {layers} · {size} MB · 之后：{what}").format(
                number=item.number, at=item.at, layers=layers, size=f"{item.size / 1e6:.1f}", what=what
            ) + "\n"
        )  # fmt: skip
    if not found:
        sys.stdout.write(_("没有备份。") + "\n")
    return DONE


def run_backup(asked: argparse.Namespace) -> int:
    """Make one now."""
    from layers.workspace import Workspace

    with Workspace.open(asked.workspace) as workspace:
        kept = workspace.backup()
    if kept is None:
        raise RequestError(N_("磁盘空间不足，没有留下备份"))
    sys.stdout.write(_("已留备份 {number} 号：{path}").format(number=kept.number, path=kept.path) + "\n")
    return DONE


def run_restore(asked: argparse.Namespace) -> int:
    """Put a backup in the place of the workspace."""
    from layers.workspace import restore

    used = restore(asked.workspace, asked.number, person=person_of(asked.person), at=now())
    sys.stdout.write(_("已取回备份 {number} 号（{at}）").format(number=used.number, at=used.at) + "\n")
    return DONE


def run_undo(asked: argparse.Namespace) -> int:
    """Take back the last change of a layer."""
    from layers.workspace import Workspace
    from sanxian.cli import ACTIONS

    with Workspace.open(asked.workspace) as workspace:
        workspace.sign(person_of(asked.person), now)
        entry = workspace.undo()
    sys.stdout.write(
        _("已撤销：{action}“{subject}”").format(action=_(ACTIONS.get(entry.action, entry.action)), subject=entry.subject) + "\n"
    )
    return DONE


def run_compact(asked: argparse.Namespace) -> int:
    """Give back space."""
    from layers.workspace import Workspace

    with Workspace.open(asked.workspace) as workspace:
        workspace.sign(person_of(asked.person), now)
        before, after = workspace.compact()
    sys.stdout.write(_("由 {before} 字节压缩为 {after} 字节").format(before=before, after=after) + "\n")
    return DONE


def run_mappings(asked: argparse.Namespace) -> int:
    """List what is known of sources, or forget one."""
    from layers.mappings import SourceMapping
    from layers.workspace import Workspace

    if asked.forget:
        with Workspace.open(asked.workspace) as workspace:
            known = [item for mark, item in workspace.mappings() if mark == asked.forget]
            if not known:
                raise RequestError(N_("没有保存过来源 {signature} 的对应"), signature=asked.forget)
            for item in known:
                workspace.save_mapping(asked.forget, SourceMapping(item.role))
        sys.stdout.write(_("已忘掉来源 {signature} 的对应").format(signature=asked.forget) + "\n")
        return DONE
    with Workspace.open(asked.workspace, readonly=True) as workspace:
        found = workspace.mappings()
    if asked.json:
        rows = [{"signature": mark, **item.to_dict()} for mark, item in found]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return DONE
    for mark, item in found:
        said = [*(f"{theirs}={ours}" for ours, theirs in item.fields.items()),
                *(f"{name}:{word}={value}" for name, words in item.values.items() for word, value in words.items()),
                *([item.encoding] if item.encoding else []), *([item.crs] if item.crs else [])]  # fmt: skip
        sys.stdout.write(f"{mark}  {item.pattern}  {item.role}  {_('，').join(said)}\n")
    if not found:
        sys.stdout.write(_("没有保存过对应。") + "\n")
    return DONE


def run_export(asked: argparse.Namespace) -> int:
    """Write a layer for other programs, whole or not at all."""
    from datetime import date

    from layers import boundary_txt, postgis
    from layers.workspace import Workspace
    from sanxian import layer_files

    def read(whole: bool) -> Any:
        with Workspace.open(asked.workspace, readonly=True) as workspace:
            return workspace.read(asked.layer, whole=whole)

    if postgis.is_database(asked.out):
        count = postgis.write(read(True), postgis.parse(asked.out))
        sys.stdout.write(_("已写出 {count} 个要素").format(count=count) + "\n")
        return DONE
    path = Path(asked.out)
    if path.suffix.lower() not in (".txt", *layer_files.SUFFIXES):
        raise RequestError(N_("“{file}”的后缀不认识；可用 {known}"), file=path.name, known=" ".join((".txt", *layer_files.SUFFIXES)))
    if not path.resolve().parent.is_dir():
        raise RequestError(N_("文件夹“{folder}”不存在；请先建好"), folder=path.resolve().parent)
    if path.exists() and path.samefile(asked.workspace):
        raise RequestError(N_("成果不能写到工作区或项目文件“{file}”上；请换一个文件名"), file=path.name)
    if path.suffix.lower() == ".txt":
        try:
            day = date.fromisoformat(asked.on) if asked.on else datetime.now().astimezone().date()
        except ValueError as error:
            raise RequestError(N_("“{text}”不是日期；写成 2026-08-15 这样"), text=asked.on) from error
        frame = read(False)
        boundary_txt.write(frame, path, made_on=day, maker=asked.maker)
        count = len(frame)
    else:
        with layer_files.beside(path) as folder:
            count, lost = layer_files.write(lambda _done, _all: None, asked.workspace, asked.layer, folder, path.suffix.lower())
            layer_files.put(folder, path)
        for template, says in lost:
            said = {name: "、".join(value) if isinstance(value, list) else value for name, value in says.items()}
            sys.stderr.write(_(template).format(**said) + "\n")
    sys.stdout.write(_("已写出 {count} 个要素").format(count=count) + "\n")
    return DONE


# --- what add and screen share --------------------------------------------------------------------------------------


def add_mapping_arguments(parser: argparse.ArgumentParser) -> None:
    """``--map`` and ``--value``."""
    parser.add_argument("--map", action="append", default=[], metavar="THEIRS=OURS",
                        help=_("字段对应（文件字段=本程序字段），可多次给出；下次同类文件自动使用"))  # fmt: skip
    parser.add_argument("--value", action="append", default=[], metavar="FIELD:RAW=CODE",
                        help=_("取值对应（字段:文件中的写法=本程序的值），可多次给出；下次同类文件自动使用"))  # fmt: skip


def fields_asked(pairs: Sequence[str]) -> dict[str, str]:
    """The file's names by ours, from ``THEIRS=OURS``."""
    fields: dict[str, str] = {}
    for pair in pairs:
        theirs, equals, ours = pair.rpartition("=")
        if not equals or not ours.strip() or not theirs.strip():
            raise RequestError(N_("--map 应写成 文件字段=本程序字段，而不是“{pair}”"), pair=pair)
        if ours.strip() in fields and fields[ours.strip()] != theirs.strip():
            raise RequestError(N_("--map 把两个字段都对应到 {field}"), field=ours.strip())
        fields[ours.strip()] = theirs.strip()
    return fields


def values_asked(pairs: Sequence[str]) -> dict[str, dict[str, str]]:
    """By our field: the file's words and what they mean, from ``FIELD:RAW=CODE``."""
    values: dict[str, dict[str, str]] = {}
    for pair in pairs:
        name, colon, rest = pair.partition(":")
        raw, equals, code = rest.rpartition("=")
        if not colon or not equals or not name.strip() or not raw.strip() or not code.strip():
            raise RequestError(N_("--value 应写成 字段:文件中的写法=本程序的值，而不是“{pair}”"), pair=pair)
        values.setdefault(name.strip(), {})[raw.strip()] = code.strip()
    return values


def scale_asked(text: str | None) -> int | None:
    """The denominator of a scale: ``1:50000``, ``1：5万`` or ``50000``."""
    if text is None:
        return None
    import re
    import unicodedata

    word = re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", text))
    found = re.fullmatch(r"(?:1:)?(\d+(?:\.\d+)?)(万?)", word)
    number = float(found[1]) * (10_000 if found[2] else 1) if found else 0.0
    if not number or number != int(number):
        raise RequestError(N_("“{text}”不是比例尺；写成 1:50000 这样"), text=text)
    return int(number)


def remember(workspace: Any, signature: str, mapping: SourceMapping | None) -> None:
    """Save what a person has said of a source, for the next time."""
    if mapping is not None and signature:
        workspace.save_mapping(signature, mapping)


def person_of(given: str | None) -> str | None:
    """Who is to be named in a history: as given, else as the computer knows the user."""
    import getpass
    import os

    try:
        return given or os.environ.get("SANXIAN_PERSON") or getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in a container
        return None


def now() -> str:
    """The time of the person at the keyboard, ISO."""
    return datetime.now().astimezone().isoformat(timespec="seconds")

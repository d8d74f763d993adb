"""``sanxian outlets WORKSPACE …``: the figures, the audit, the chain and the files of a workspace's outlets."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanxian.i18n import N_, _, pick
from sanxian.outlets.errors import OutletError

if TYPE_CHECKING:
    from layers.workspace import Workspace

OK, WRONG = 0, 1
_FORMATS = {
    "summary": (".json", ".xlsx", ".geojson", ".html"),
    "progress": (".json", ".xlsx"),
    "audit": (".json", ".xlsx", ".geojson"),
    "trace": (".json", ".xlsx", ".geojson"),
    "follow": (".json",),
    "dossier": (".pdf", ".docx", ".html", ".json"),
    "atlas": (".pdf", ""),
    "report": (".pdf", ".docx"),
    "advice": (".json", ".xlsx"),
    "stage": (".json", ".xlsx"),
    "update": (".json",),
    "undo": (".json",),
    "water": (".json", ".xlsx", ".geojson"),
    "files": (".json", ".xlsx"),
    "attach": (".json",),
    "code": (".json",),
    "map": (".gpkg", ".geojson"),
    "survey": (".json",),
    "targets": (".json",),
}
ACTIONS = tuple(_FORMATS)
_NEEDS_ID = {"trace": "ID", "dossier": "ID", "update": "FILE", "attach": "ID"}
_TAKES_ID = (*_NEEDS_ID, "advice", "stage", "water", "files", "code", "follow", "atlas", "survey", "targets")
_NEEDS_OUT = ("atlas", "report", "map")
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")
# Options that go with some of the actions only.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "by": ("summary", "report"), "scope": ("summary", "progress", "report"),
    "apply": ("update", "stage", "water", "files", "code", "survey", "targets"),
    "to": ("stage",), "reopen": ("stage",), "date": ("stage",), "evidence": ("stage",), "set": ("stage", "attach"), "person": ("stage",),
    "note": ("stage",), "overdue": ("stage",), "step": ("progress",), "since": ("progress",), "at": ("follow",),
    "river": ("follow", "atlas"),
    "name_field": ("atlas",), "form": ("atlas",), "tables": ("code",), "secrecy": ("dossier", "atlas"),
    "basin": ("code",), "kind": ("code",),
}  # fmt: skip
_CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}


def add_arguments(parser: argparse.ArgumentParser, day: Callable[[str], date]) -> None:
    """The command's arguments."""
    parser.add_argument("workspace", type=Path, metavar="WORKSPACE")
    parser.add_argument(
        "action", choices=ACTIONS, metavar="ACTION",
        help=_(
            "summary 指标 · progress 逐期进展 · audit 核查 · trace 上下游 · follow 新设排污口沿河向下 · dossier 一口一档 · "
            "atlas 档案图集 · report 报告 · advice 按图建议 · stage 办理环节 · update 批量更新 · undo 撤销 · water 水质 · "
            "files 核对附件 · attach 附上文件 · code 编码 · map 图层 · survey 排查记录 · targets 目标"
        ),
    )  # fmt: skip
    parser.add_argument(
        "id", nargs="?", metavar="ID",
        help=_("排污口编码、名称或 #行号；update、stage、water、survey、targets 为表格文件；follow 为项目编号"),
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help=_("成果文件，按后缀定格式；不给则把 JSON 写到标准输出；atlas 也可给文件夹"),
    )  # fmt: skip
    parser.add_argument("--on", type=day, metavar="DATE", help=_("统计日（默认今天）"))
    parser.add_argument("--by", choices=("river", "county", "class", "sub", "remedy", "scale", "side"), help=_("summary、report 的分组"))
    parser.add_argument("--scope", choices=("layer", "district"), help=_("排查率的分母：layer 全部岸线（默认），district 台账所在区县以内"))
    parser.add_argument("--apply", action="store_true", help=_("按预览写入工作区（undo 可撤销）；不给则只预览"))
    stage = parser.add_argument_group(_("stage 办理环节"))
    stage.add_argument(
        "--to", metavar="STAGE", help=_("登记的环节：found monitored traced planned remediated standardised accepted，或其中文"),
    )  # fmt: skip
    stage.add_argument("--reopen", metavar="STAGE", help=_("退回到的环节；--note 写明原因"))
    stage.add_argument("--date", type=day, metavar="DATE", help=_("办理日期（默认统计日）"))
    stage.add_argument("--evidence", action="append", default=[], metavar="KIND=FILE", help=_("证据：种类=文件或文号，可多次给出"))
    stage.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help=_("同时登记的字段；attach 时为 字段=文件，可多次给出"),
    )  # fmt: skip
    stage.add_argument("--person", default="", help=_("经办人"))
    stage.add_argument("--note", default="", help=_("备注或退回原因"))
    stage.add_argument("--overdue", action="store_true", help=_("只列统计日已逾期的"))
    more = parser.add_argument_group(_("其他"))
    more.add_argument("--step", choices=("month", "quarter", "year"), help=_("progress 的时间间隔（默认 quarter）"))
    more.add_argument("--since", type=day, metavar="DATE", help=_("progress 的开始日（默认最早的排查日期）"))
    more.add_argument("--at", metavar="LON,LAT", help=_("follow 的点位（经度,纬度）"))
    more.add_argument("--river", help=_("follow 排入的河流；atlas 只取这条河的排污口"))
    more.add_argument("--name-field", metavar="FIELD", help=_("atlas 各文件的文件名所取字段（默认 code）"))
    more.add_argument("--form", choices=("pdf", "docx", "html", "json"), help=_("atlas 写入文件夹时的文件格式（默认 pdf）"))
    more.add_argument("--secrecy", default="", metavar="MARK", help=_("dossier、atlas 每页所标的密级；台账图层定为秘密以上时须标明"))
    more.add_argument("--tables", type=Path, metavar="FILE", help=_("code：本单位的编码表（TOML），加 --apply 存入工作区"))
    more.add_argument("--basin", default="", metavar="XX", help=_("code：流域字母"))
    more.add_argument("--kind", default="", metavar="XX", help=_("code：类型字母"))


def run(asked: argparse.Namespace, *, on: date) -> int:
    """Do what was asked.

    Returns:
        0 done; 1 the audit found something wrong, or rows of an update could not be taken.

    Raises:
        OutletError: Wrong use.
        WorkspaceError: The workspace cannot be read or written.
    """
    _check(asked)
    from layers.workspace import Workspace

    writes = asked.action in ("undo", "attach") or asked.apply
    with Workspace.open(asked.workspace, readonly=not writes) as workspace:
        return _ACTIONS[asked.action](workspace, asked, on)


def _check(asked: argparse.Namespace) -> None:
    action = asked.action
    if action in _NEEDS_ID and not asked.id:
        raise OutletError(N_("outlets {action} 须给出 {what}"), action=action, what=_NEEDS_ID[action])
    if action not in _TAKES_ID and asked.id:
        raise OutletError(N_("outlets {action} 不接受参数“{id}”"), action=action, id=asked.id)
    for option, actions in _OPTIONS.items():
        if getattr(asked, option) and action not in actions:
            raise OutletError(N_("--{option} 只用于 {actions}"), option=option.replace("_", "-"), actions="、".join(actions))
    if action in _NEEDS_OUT and asked.out is None:
        raise OutletError(N_("outlets {action} 须给出 {what}"), action=action, what="--out FILE")
    if action == "follow" and bool(asked.at) == bool(asked.id):
        raise OutletError(N_("outlets follow 须给出项目编号或 --at 经度,纬度，二者之一"))
    if asked.to and asked.reopen:
        raise OutletError(N_("--to 与 --reopen 只能给出一个"))
    if asked.apply and action == "stage" and not (asked.to or asked.reopen or _is_table(asked.id)):
        raise OutletError(N_("outlets stage --apply 须给出 --to、--reopen 或办理表"))
    if asked.apply and action == "water" and not asked.id:
        raise OutletError(N_("outlets {action} 须给出 {what}"), action="water --apply", what="FILE")
    if asked.apply and action in ("survey", "targets") and not asked.id:
        raise OutletError(N_("outlets {action} 须给出 {what}"), action=f"{action} --apply", what="FILE")
    if asked.out is not None:
        known = _FORMATS[action]
        folder = action == "atlas" and asked.out.is_dir()
        if asked.out.suffix.lower() not in known and not folder:
            raise OutletError(N_("“{file}”的后缀不认识；可用 {known}"), file=asked.out.name, known=" ".join(filter(None, known)))
        if not asked.out.resolve().parent.is_dir():
            raise OutletError(N_("文件夹“{folder}”不存在；请先建好"), folder=asked.out.resolve().parent)


def _is_table(text: str | None) -> bool:
    return bool(text) and Path(str(text)).suffix.lower() in _TABLES


# --- actions --------------------------------------------------------------------------------------------------------


def _summary(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import coverage

    summary = coverage.load(workspace, on=on, by=asked.by, scope=asked.scope or "layer")
    rows = [row.to_dict() for row in summary.rows]
    for rule in (*summary.rules[: 1 if summary.left_out else 0], *summary.notes, summary.rules[-1]):
        sys.stderr.write(f"sanxian: {rule}\n")

    def write(path: Path) -> None:
        if path.suffix.lower() == ".xlsx":
            from sanxian.outlets.dossier import write_summary

            write_summary(summary, path)
        elif path.suffix.lower() == ".html":
            from sanxian.mapping.web_cli import write_outlets

            write_outlets(workspace, path, on)
        else:
            _write_geojson(path, [_stretch(piece) for piece in summary.stretches])

    return _give(asked, rows, write)


def _stretch(piece: Any) -> dict[str, Any]:
    from shapely.geometry import mapping

    return {
        "type": "Feature",
        "geometry": _rounded(mapping(piece.lonlat)),
        "properties": {
            "river": piece.bank.river, "side": piece.bank.side, "bank": piece.bank.name, "from_m": round(piece.from_m, 1),
            "to_m": round(piece.to_m, 1), "length_m": round(piece.length_m, 1),
            "state": "surveyed" if piece.surveyed else "unknown", "on": piece.on.isoformat() if piece.on else None,
        },
    }  # fmt: skip


def _audit(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets.audit import audit_workspace

    findings = audit_workspace(workspace, on=on)

    def write(path: Path) -> None:
        if path.suffix.lower() == ".xlsx":
            from sanxian.outlets.dossier import write_findings

            write_findings(findings, path, on=on)
        else:
            _write_geojson(path, [_at(item.lonlat, item.to_dict()) for item in findings])

    _give(asked, [item.to_dict() for item in findings], write)
    return WRONG if any(item.severity != "info" for item in findings) else OK


def _trace(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets.chain import read_chain

    chain = read_chain(workspace)
    node = chain.find(asked.id)
    data = chain.to_json(node.id)

    def write(path: Path) -> None:
        if path.suffix.lower() == ".xlsx":
            from sanxian.outlets.dossier import write_trace

            write_trace(data, path, on=on)
            return
        features = [_at(node.lonlat, {"id": node.id, "kind": node.kind, "name": node.name, "direction": "start"})]
        for direction in ("upstream", "downstream"):
            for item in data[direction]:
                place = (item["lon"], item["lat"]) if item["lon"] is not None else None
                properties = {key: value for key, value in item.items() if key not in ("lon", "lat")}
                features.append(_at(place, {**properties, "direction": direction}))
        _write_geojson(path, features)

    return _give(asked, data, write)


def _dossier(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import register, sheets

    outlets = register.read_register(workspace)
    outlet = register.find(outlets, asked.id)
    mark = sheets.classification(workspace, asked.secrecy) if asked.out is not None else ""
    found, around = sheets.gather(workspace, outlets, [outlet], on=on, secrecy=mark)

    def write(path: Path) -> None:
        if path.suffix.lower() == ".pdf":
            sheets.write_pdf(found, path, around=around, secrecy=mark)
        else:
            from sanxian.outlets import dossier

            dossier.write(found[0], path)

    return _give(asked, json.loads(found[0].to_json()), write)


def _atlas(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import register, sheets
    from sanxian.outlets.banks import same_river

    outlets = register.read_register(workspace)
    wanted = [register.find(outlets, asked.id)] if asked.id else outlets
    if asked.river:
        wanted = [item for item in wanted if same_river(item.river, asked.river)]
    mark = sheets.classification(workspace, asked.secrecy)
    found, around = sheets.gather(workspace, outlets, wanted, on=on, secrecy=mark)
    options: dict[str, Any] = {"around": around, "secrecy": mark}
    options |= {"name_field": asked.name_field or "code", "form": asked.form or "pdf", "progress": _progress_bar()}
    if asked.out.suffix.lower() == ".pdf":
        return _give(asked, None, lambda path: sheets.write_atlas(found, path, **options) and None)
    for path in sheets.write_atlas(found, asked.out, **options):
        sys.stdout.write(f"{path}\n")
    return OK


def _progress_bar() -> Callable[[int, int], None] | None:
    """How far the atlas is, on a terminal."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        sys.stderr.write(f"\r{done}/{total}" + ("\n" if done == total else ""))

    return show


def _report(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import report

    made = report.gather(workspace, on=on, by=asked.by or "river", scope=asked.scope or "layer")
    return _give(asked, None, lambda path: report.write(made, path))


def _progress(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import coverage

    through = coverage.load_progress(workspace, on=on, step=asked.step or "quarter", since=asked.since, scope=asked.scope or "layer")
    data = [
        {"on": summary.on.isoformat(), **row.to_dict()} for summary in through for row in summary.rows
    ]  # fmt: skip

    def write(path: Path) -> None:
        from sanxian.outlets.dossier import write_progress

        write_progress(through, path, on=on)

    return _give(asked, data, write)


def _follow(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import follow

    if asked.at:
        try:
            lon, lat = (float(part) for part in asked.at.replace("，", ",").split(","))
        except ValueError:
            raise OutletError(N_("“{text}”不是“经度,纬度”"), text=asked.at) from None
        place = (lon, lat)
    else:
        place = follow.project_place(workspace, asked.id)
    return _give(asked, follow.follow(workspace, place, asked.river or "").to_dict(), None)


def _advice(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import advice, register

    outlets = register.read_register(workspace)
    wanted = [register.find(outlets, asked.id)] if asked.id else outlets
    advisor = advice.advisor(workspace, outlets, on=on)
    found = [advisor.advise(outlet).to_dict() for outlet in wanted]

    def write(path: Path) -> None:
        from sanxian.outlets.dossier import write_advice

        write_advice(list(zip(wanted, found, strict=True)), path, on=on)

    return _give(asked, found, write)


def _stage(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import entry, register, stages

    outlets = register.read_register(workspace)
    kept = stages.read_tracks(workspace)
    folder = asked.workspace.resolve().parent
    refused: list[Any] = []
    if _is_table(asked.id):
        path = Path(asked.id)
        entries, refused = entry.read_entries(path, folder=path.resolve().parent)
        title = path.name
    elif asked.to or asked.reopen:
        if not asked.id:
            raise OutletError(N_("outlets {action} 须给出 {what}"), action="stage", what="ID")
        entries = [entry.entry_from(
            asked.id, asked.to or asked.reopen, on=asked.date or on, papers=asked.evidence, fields=asked.set, reopen=bool(asked.reopen),
            by=asked.person, note=asked.note, folder=folder,
        )]  # fmt: skip
        title = f"{asked.id} {asked.to or asked.reopen}"
    else:
        wanted = [register.find(outlets, asked.id)] if asked.id else outlets
        done = stages.done_rule(outlets)
        found = [
            entry.status(item, kept.get(item.id) or stages.from_record(item, done=done, on=on), on=on, done=done)
            for item in wanted
        ]
        if asked.overdue:
            found = [item for item in found if item["overdue"]]

        def write(path: Path) -> None:
            from sanxian.outlets.dossier import write_stages

            write_stages(found, path, on=on)

        return _give(asked, found[0] if asked.id else found, write)
    shown = entry.preview(outlets, kept, entries, on=on, refused=refused)
    if asked.apply:
        entry.apply(workspace, shown, on=on, title=title)
    for item in shown.refused:
        sys.stderr.write(f"sanxian: {item.words()}\n")
    _give(asked, {"applied": bool(asked.apply and shown.taken), **shown.to_dict()}, None)
    return WRONG if shown.refused else OK


def _water(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import register, water

    if asked.id:
        path = Path(asked.id)
        outlets = register.read_register(workspace)
        found = water.preview_file(path, outlets, water.read_sections(workspace), known=water.read_results(workspace))
        if asked.apply and found.results:
            water.keep(workspace, found, on=on, title=path.name)
        _give(asked, {
            "rows": found.rows, "results": len(found.results), "missing": found.missing, "already_known": found.known,
            "applied": bool(asked.apply and found.results),
            "problems": [{"problem": item.problem, "message": item.words()} for item in found.problems],
        }, None)  # fmt: skip
        return WRONG if found.problems else OK
    quality = water.load(workspace, on=on)

    def write(path: Path) -> None:
        if path.suffix.lower() == ".xlsx":
            from sanxian.outlets.dossier import write_quality

            write_quality(quality, path)
            return
        from shapely.geometry import mapping

        features = [
            {"type": "Feature", "geometry": _rounded(mapping(reach.lonlat)), "properties": reach.to_dict()} for reach in quality.reaches
        ]
        _write_geojson(path, features)

    return _give(asked, quality.to_dict(), write)


def _files(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import papers, register

    outlets = register.read_register(workspace)
    found = papers.read(workspace, outlets)
    if asked.id:
        wanted = register.find(outlets, asked.id).id
        found = [item for item in found if item.outlet == wanted]
    if asked.apply:
        papers.record(workspace, found, on=on)

    def write(path: Path) -> None:
        from sanxian.outlets.dossier import write_papers

        write_papers(found, path, on=on)

    _give(asked, [item.to_dict() for item in found], write)
    return WRONG if any(item.state in ("missing", "changed", "empty") for item in found) else OK


def _attach(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import papers, register, schema

    if not asked.set:
        raise OutletError(N_("outlets {action} 须给出 {what}"), action="attach", what="--set FIELD=FILE")
    wanted: dict[str, list[Path]] = {}
    for text in asked.set:
        header, mark, file = text.partition("=")
        name = header.strip() if header.strip() in schema.fields() else schema.field_of(header.strip())
        if not mark or name is None:
            raise OutletError("“{value}”应写作“字段=值”，字段为一口一档字段", value=text)
        wanted.setdefault(name, []).append(Path(file))
    folder = asked.workspace.resolve().parent
    found = []
    for name, paths in wanted.items():
        found += papers.attach(workspace, register.find(register.read_register(workspace), asked.id), name, paths, folder=folder, on=on)
    return _give(asked, [item.to_dict() for item in found], None)


def _code(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    import dataclasses

    from sanxian.outlets import bulk, codes, propose, register

    if asked.tables is not None:
        tables = codes.load_tables(asked.tables)
        if asked.apply:
            codes.keep_tables(workspace, asked.tables)
        return _give(asked, _plain_tables(tables), None)
    outlets = register.read_register(workspace)
    if not asked.id:
        return _give(asked, _plain_tables(codes.read_tables(workspace)), None)
    outlet = register.find(outlets, asked.id)
    made = propose.propose(workspace, outlets, outlet, basin=asked.basin, kind=asked.kind)
    if asked.apply and made.code:
        was, row = outlet.get("code"), bulk.row_of(outlet)
        changes = [bulk.Change(outlet.layer, outlet.fid, outlet.id, 0, "code", was, made.code.hyphenated, row)]
        if made.name and not outlet.get("name"):
            changes.append(dataclasses.replace(changes[0], field="name", before=None, after=made.name))
        bulk.commit(workspace, changes, on=on, title=made.code.hyphenated)
    return _give(asked, {**made.to_dict(), "applied": bool(asked.apply and made.code)}, None)


def _plain_tables(tables: Any) -> dict[str, Any]:
    return {"basin": dict(tables.basin), "kind": {key: dict(value) for key, value in tables.kind.items()}, "county": dict(tables.county)}


def _map(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import layers

    frames = layers.of_workspace(workspace, on=on)
    lost = sum(layers.nowhere(workspace, record) for record in workspace.by_role("discharge_outlet"))
    if lost:
        sys.stderr.write(f"sanxian: {layers.nowhere_words(lost)}\n")

    def write(path: Path) -> None:
        if path.suffix.lower() == ".gpkg":
            for name, frame in frames.items():
                frame.to_file(path, layer=name, driver="GPKG")
            return
        from shapely.geometry import mapping

        features = [
            {"type": "Feature", "geometry": _rounded(mapping(shape)), "properties": {"layer": name, **row}}
            for name, frame in frames.items()
            for row, shape in zip(frame.drop(columns="geometry").to_dict("records"), frame.geometry, strict=True)
        ]
        _write_geojson(path, features)

    return _give(asked, None, write)


def _update(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    import dataclasses

    from sanxian.outlets import bulk, register

    path = Path(asked.id)
    update = bulk.preview_file(path, register.read_register(workspace))
    data = {
        "rows": update.rows, "unchanged": update.unchanged, "applied": bool(asked.apply),
        "changes": [
            {name: value for name, value in dataclasses.asdict(change).items() if name != "known"} for change in update.changes
        ],
        "problems": [{"problem": item.problem, "message": item.words()} for item in update.problems],
    }  # fmt: skip
    if asked.apply:
        bulk.apply(workspace, update, on=on, title=path.name)
    _give(asked, data, None)
    return WRONG if update.problems else OK


def _survey(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import logs
    from sanxian.outlets.banks import read_banks

    kept = workspace.state(logs.SURVEYS, []) or []
    if not asked.id:
        return _give(asked, kept, None)
    return _log(workspace, asked, on, logs.preview_surveys(Path(asked.id), read_banks(workspace), kept, on=on))


def _targets(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import coverage, logs

    if not asked.id:
        return _give(asked, [
            {"indicator": item.indicator, "value": item.value, "due": item.due.isoformat(), "group": item.group,
             "source": pick(item.source)}
            for item in coverage.read_targets(workspace)
        ], None)  # fmt: skip
    return _log(workspace, asked, on, logs.preview_targets(Path(asked.id)))


def _log(workspace: Workspace, asked: argparse.Namespace, on: date, found: Any) -> int:
    from sanxian.outlets import logs

    if asked.apply and found.added:
        logs.keep(workspace, found, on=on, title=Path(asked.id).name)
    data = {
        "added": found.added, "kept": [dict(item) for item in found.kept], "applied": bool(asked.apply and found.added),
        "problems": [{"problem": item.problem, "message": item.words()} for item in found.problems],
    }  # fmt: skip
    if found.after_m is not None:
        data |= {"surveyed_before_m": round(found.before_m, 1), "surveyed_after_m": round(found.after_m, 1)}
    for item in found.problems:
        sys.stderr.write(f"sanxian: {item.words()}\n")
    _give(asked, data, None)
    return WRONG if found.problems else OK


def _undo(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import bulk

    return _give(asked, {"restored": bulk.undo(workspace)}, None)


_ACTIONS: dict[str, Callable[[Any, argparse.Namespace, date], int]] = {
    "summary": _summary, "progress": _progress, "audit": _audit, "trace": _trace, "follow": _follow, "dossier": _dossier,
    "atlas": _atlas, "report": _report, "advice": _advice, "stage": _stage, "update": _update, "undo": _undo, "water": _water,
    "files": _files, "attach": _attach, "code": _code, "map": _map,
    "survey": _survey, "targets": _targets,
}  # fmt: skip


# --- out ------------------------------------------------------------------------------------------------------------


def _give(asked: argparse.Namespace, data: Any, write: Callable[[Path], None] | None) -> int:
    """JSON to standard output, or the file that was asked for: whole, or not at all."""
    text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    if asked.out is None:
        sys.stdout.write(text)
        return OK
    part = asked.out.with_name(f".{asked.out.stem}.part{asked.out.suffix}")
    try:
        if asked.out.suffix.lower() == ".json" or write is None:
            part.write_text(text, encoding="utf-8")
        else:
            write(part)
        os.replace(part, asked.out)
    finally:
        part.unlink(missing_ok=True)
    return OK


def _at(lonlat: tuple[float, float] | None, properties: dict[str, Any]) -> dict[str, Any]:
    geometry = None if lonlat is None else {"type": "Point", "coordinates": [round(lonlat[0], 7), round(lonlat[1], 7)]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _rounded(geometry: Any) -> dict[str, Any]:
    def walk(value: Any) -> Any:
        return [walk(item) for item in value] if isinstance(value, (list, tuple)) else round(value, 7)

    return {"type": geometry["type"], "coordinates": walk(geometry["coordinates"])}


def _write_geojson(path: Path, features: list[dict[str, Any]]) -> None:
    data = {"type": "FeatureCollection", "crs": _CRS, "features": features}
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

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

from sanxian.i18n import N_, _
from sanxian.outlets.errors import OutletError

if TYPE_CHECKING:
    from layers.workspace import Workspace

OK, WRONG = 0, 1
ACTIONS = ("summary", "audit", "trace", "dossier", "advice", "update", "undo")
_NEEDS_ID = ("trace", "dossier", "update")
_FORMATS = {
    "summary": (".json", ".xlsx", ".geojson", ".html"),
    "audit": (".json", ".xlsx", ".geojson"),
    "trace": (".json", ".geojson"),
    "dossier": (".docx", ".html", ".json"),
    "advice": (".json",),
    "update": (".json",),
    "undo": (".json",),
}
_CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}


def add_arguments(parser: argparse.ArgumentParser, day: Callable[[str], date]) -> None:
    """The command's arguments."""
    parser.add_argument("workspace", type=Path, metavar="WORKSPACE")
    parser.add_argument(
        "action", choices=ACTIONS,
        help=_("summary 指标 · audit 核查 · trace 上下游 · dossier 一口一档 · advice 按图建议 · update 批量更新 · undo 撤销"),
    )  # fmt: skip
    parser.add_argument("id", nargs="?", metavar="ID", help=_("排污口编码、名称或 #行号；update 时为表格文件"))
    parser.add_argument("--out", type=Path, metavar="FILE", help=_("成果文件，按后缀定格式；不给则把 JSON 写到标准输出"))
    parser.add_argument("--on", type=day, metavar="DATE", help=_("统计日（默认今天）"))
    parser.add_argument("--by", choices=("river", "county", "class", "sub", "remedy", "scale", "side"), help=_("summary 的分组"))
    parser.add_argument("--apply", action="store_true", help=_("update：按预览更新工作区"))


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

    writes = asked.action == "undo" or asked.apply
    with Workspace.open(asked.workspace, readonly=not writes) as workspace:
        return _ACTIONS[asked.action](workspace, asked, on)


def _check(asked: argparse.Namespace) -> None:
    if asked.action in _NEEDS_ID and not asked.id:
        raise OutletError(N_("outlets {action} 须给出 {what}"), action=asked.action, what="FILE" if asked.action == "update" else "ID")
    if asked.action not in (*_NEEDS_ID, "advice") and asked.id:
        raise OutletError(N_("outlets {action} 不接受参数“{id}”"), action=asked.action, id=asked.id)
    if asked.by and asked.action != "summary":
        raise OutletError(N_("--by 只用于 summary"))
    if asked.apply and asked.action != "update":
        raise OutletError(N_("--apply 只用于 update"))
    if asked.out is not None:
        known = _FORMATS[asked.action]
        if asked.out.suffix.lower() not in known:
            raise OutletError(N_("“{file}”的后缀不认识；可用 {known}"), file=asked.out.name, known=" ".join(known))
        if not asked.out.resolve().parent.is_dir():
            raise OutletError(N_("文件夹“{folder}”不存在；请先建好"), folder=asked.out.resolve().parent)


# --- actions --------------------------------------------------------------------------------------------------------


def _summary(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import coverage

    summary = coverage.load(workspace, on=on, by=asked.by)
    rows = [row.to_dict() for row in summary.rows]
    if summary.left_out:
        sys.stderr.write(f"sanxian: {summary.rules[0]}\n")

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
        features = [_at(node.lonlat, {"id": node.id, "kind": node.kind, "name": node.name, "direction": "start"})]
        for direction in ("upstream", "downstream"):
            for item in data[direction]:
                place = (item["lon"], item["lat"]) if item["lon"] is not None else None
                properties = {key: value for key, value in item.items() if key not in ("lon", "lat")}
                features.append(_at(place, {**properties, "direction": direction}))
        _write_geojson(path, features)

    return _give(asked, data, write)


def _dossier(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import advice, audit, chain, dossier, register, stages
    from sanxian.outlets.banks import read_banks
    from sanxian.outlets.coverage import read_counties

    outlets = register.read_register(workspace)
    outlet = register.find(outlets, asked.id)
    graph = chain.read_chain(workspace)
    node = chain.outlet_ids(outlets)[outlets.index(outlet)]
    findings = audit.audit(outlets, graph, read_banks(workspace, every=True), read_counties(workspace), on=on)
    suggestion = advice.advisor(workspace, outlets, on=on).advise(outlet)
    done = stages.done_rule(outlets)
    sheet = dossier.make(
        outlet, on=on, track=stages.track_of(workspace, outlet, done=done, on=on), advice=suggestion, findings=findings,
        chain=graph, node=node, folder=asked.workspace.resolve().parent,
    )  # fmt: skip
    return _give(asked, json.loads(sheet.to_json()), lambda path: dossier.write(sheet, path))


def _advice(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import advice, register

    outlets = register.read_register(workspace)
    wanted = [register.find(outlets, asked.id)] if asked.id else outlets
    advisor = advice.advisor(workspace, outlets, on=on)
    return _give(asked, [advisor.advise(outlet).to_dict() for outlet in wanted], None)


def _update(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    import dataclasses

    from sanxian.outlets import bulk, register

    path = Path(asked.id)
    update = bulk.preview_file(path, register.read_register(workspace))
    data = {
        "rows": update.rows, "unchanged": update.unchanged, "applied": bool(asked.apply),
        "changes": [dataclasses.asdict(change) for change in update.changes],
        "problems": [{"problem": item.problem, "message": item.words()} for item in update.problems],
    }  # fmt: skip
    if asked.apply:
        bulk.apply(workspace, update, on=on, title=path.name)
    _give(asked, data, None)
    return WRONG if update.problems else OK


def _undo(workspace: Workspace, asked: argparse.Namespace, on: date) -> int:
    from sanxian.outlets import bulk

    return _give(asked, {"restored": bulk.undo(workspace)}, None)


_ACTIONS: dict[str, Callable[[Any, argparse.Namespace, date], int]] = {
    "summary": _summary, "audit": _audit, "trace": _trace, "dossier": _dossier, "advice": _advice, "update": _update, "undo": _undo,
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

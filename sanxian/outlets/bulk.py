"""Many outlets changed by one table: first shown, then done in one piece, and taken back as one piece.

A column that the table does not have is left alone, an empty cell too: a table can only add or change, never wipe out by being
incomplete. To take a value away write ``<清空>``.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.tables import read_table
from layers.values import Unreadable, as_text, is_missing
from sanxian.i18n import N_
from sanxian.outlets import codes, register, schema
from sanxian.outlets.errors import OutletError, RowProblem
from sanxian.outlets.register import Outlet

if TYPE_CHECKING:
    from layers.workspace import LayerRecord, Workspace

CLEAR = "<清空>"
_KEYS = ("code", "province_code", "local_code")
_STATE = "outlet_undo"
_PLACE = "@"  # beside what a row says, as no field is called
_KEPT = 20  # updates that can be taken back

PROBLEMS: Mapping[str, str] = {
    "no-key": N_("第 {row} 行没有编码，不知道是哪个排污口"),
    "not-found": N_("第 {row} 行：台账中没有 {id}"),
    "ambiguous": N_("第 {row} 行：{id} 在台账中不止一个"),
    "twice": N_("第 {row} 行：{id} 在表中已出现过"),
    "unreadable": N_("第 {row} 行：“{field}”的“{value}”不能识别"),
    "place-stays": N_("第 {row} 行：{id} 已有点位，更新表不移动它；坐标没有采用"),
    "half-a-place": N_("第 {row} 行：{id} 的经度和纬度须一同给出，且能识别；坐标没有采用"),
    "unknown-column": N_("“{column}”列不是一口一档字段，未更新"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One cell: what it is and what it becomes; lists are text joined by ``、``.

    Attributes:
        fid: The row's number when it was read; another program that writes the layer anew numbers its rows anew, so it is not
            by this that the row is known when it is written.
        outlet: The outlet's id then, by which it is known where that is a code.
        known: What ``row_of`` says of the row, where no code tells it from every other.
    """

    layer: str
    fid: int
    outlet: str
    row: int
    field: str
    before: Any
    after: Any
    known: Mapping[str, Any] | None = dataclasses.field(default=None, compare=False)


class Problem(RowProblem):
    """Why a row or a cell is not taken: a key of ``PROBLEMS`` and what varies in its sentence."""

    SENTENCES = PROBLEMS


@dataclass(frozen=True, slots=True)
class Preview:
    """What an update would do; nothing has been done."""

    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]
    rows: int
    unchanged: int


def preview_file(path: Path, outlets: Sequence[Outlet], *, sheet: str | None = None) -> Preview:
    """As ``preview``, from a spreadsheet or a CSV file.

    Raises:
        LayerError: It cannot be read as a table.
    """
    table = read_table(path, sheet=sheet)
    return preview(table.rows, outlets, row_numbers=table.row_numbers)


def preview(
    rows: Sequence[Mapping[str, Any]], outlets: Sequence[Outlet], *, row_numbers: Sequence[int] | None = None
) -> Preview:
    """Compare a table with the register.

    Raises:
        OutletError: No column of the table holds a code.
    """
    numbers = list(row_numbers or range(1, len(rows) + 1))
    columns = {header: schema.field_of(header) for header in (rows[0] if rows else {})}
    if rows and not set(columns.values()) & set(_KEYS):
        raise OutletError("表中没有国家编码、省级编码或地方编码列，不能对应到排污口")
    problems = [Problem("unknown-column", {"column": header}) for header, name in columns.items() if name is None]
    index: dict[tuple[str, str], list[Outlet]] = {}
    for outlet in outlets:
        for key in _KEYS:
            if code := codes.same_code(outlet.get(key)):
                index.setdefault((key, code), []).append(outlet)
    often = _ids(outlets)
    changes: list[Change] = []
    seen: set[tuple[str, int]] = set()
    unchanged = 0
    for row, number in zip(rows, numbers, strict=True):
        outlet, problem = _match(row, columns, index, number)
        if outlet is not None and (outlet.layer, outlet.fid) in seen:
            outlet, problem = None, Problem("twice", {"row": number, "id": outlet.id})
        if outlet is None:
            problems += [problem] if problem else []
            continue
        seen.add((outlet.layer, outlet.fid))
        mine, wrong = _cells(row, columns, outlet, number)
        known = known_by(outlet, often) if mine else None
        changes += [dataclasses.replace(change, known=known) for change in mine]
        problems += wrong
        unchanged += not mine
    return Preview(tuple(changes), tuple(problems), len(rows), unchanged)


def _match(
    row: Mapping[str, Any], columns: Mapping[str, str | None], index: Mapping[tuple[str, str], list[Outlet]], number: int
) -> tuple[Outlet | None, Problem | None]:
    given = [(key, str(row[header])) for key in _KEYS for header, name in columns.items() if name == key and row[header]]
    if not given:
        return None, (None if all(is_missing(cell) for cell in row.values()) else Problem("no-key", {"row": number}))
    key, text = given[0]
    hits = index.get((key, codes.same_code(text) or ""), [])
    if len(hits) == 1:
        return hits[0], None
    return None, Problem("ambiguous" if hits else "not-found", {"row": number, "id": text})


def _cells(
    row: Mapping[str, Any], columns: Mapping[str, str | None], outlet: Outlet, number: int
) -> tuple[list[Change], list[Problem]]:
    changes, problems = _place_cells(row, columns, outlet, number)
    for header, name in columns.items():
        cell = row.get(header)
        if name is None or name in _KEYS or name in ("lon", "lat") or is_missing(cell):
            continue
        kind = schema.fields()[name].kind
        if str(cell).strip() == CLEAR:
            after = None
        else:
            try:
                after = joined(register.cell_value(cell, kind))
            except Unreadable:
                problems.append(
                    Problem("unreadable", {"row": number, "field": register.field_words(name), "value": str(cell)})
                )
                continue
            if after is None:
                continue
        before = held(outlet, name)
        if before != after:
            changes.append(Change(outlet.layer, outlet.fid, outlet.id, number, name, before, after))
    return changes, problems


def _place_cells(
    row: Mapping[str, Any], columns: Mapping[str, str | None], outlet: Outlet, number: int
) -> tuple[list[Change], list[Problem]]:
    """The place of an outlet that had none; one that has a place is never moved by a table."""
    mine = [(header, name) for header, name in columns.items() if name in ("lon", "lat")]
    given = {name: str(row[header]).strip() for header, name in mine if not is_missing(row.get(header))}
    if not given or all(given[name] == held(outlet, name) for name in given):
        return [], []
    if outlet.place is not None:
        return [], [Problem("place-stays", {"row": number, "id": outlet.id})]
    if register.position(given.get("lon"), given.get("lat")) is None:
        return [], [Problem("half-a-place", {"row": number, "id": outlet.id})]
    return [Change(outlet.layer, outlet.fid, outlet.id, number, name, held(outlet, name), given[name]) for name in ("lon", "lat")], []


def joined(value: Any) -> Any:
    """A value as a cell holds it: a list is text joined by ``、``."""
    return "、".join(value) if isinstance(value, tuple) else value


def held(outlet: Outlet, name: str) -> Any:
    """What the cell of a field holds: its value, or the word by which it says that there is none, so that undo puts it back."""
    value = joined(outlet.get(name))
    if value is not None:
        return value
    words = (cell for header, cell in outlet.extra.items() if name in (header, schema.field_of(str(header))))
    return next((word for word in words if register.says_nothing(name, word)), None)


def row_of(outlet: Outlet) -> dict[str, Any]:
    """What a row says, and where it is: what it is known by where no code does it."""
    said: dict[str, Any] = {name: joined(value) for name, value in outlet.values.items()}
    said |= {f"+{header}": as_text(cell) for header, cell in outlet.extra.items()}
    return said | ({_PLACE: [outlet.place.lon, outlet.place.lat]} if outlet.place else {})


def is_coded(outlet: Outlet) -> bool:
    """Whether an outlet has a code of any kind."""
    return any(outlet.get(key) for key in _KEYS)


def known_by(outlet: Outlet, often: Mapping[tuple[str, str], int]) -> dict[str, Any] | None:
    """``row_of`` an outlet that has no code, or one that others have too, by how often ids occur; else ``None``."""
    return None if is_coded(outlet) and often[_id(outlet)] == 1 else row_of(outlet)


def _id(outlet: Outlet) -> tuple[str, str]:
    return outlet.layer, codes.same_code(outlet.id) or ""


def _ids(outlets: Sequence[Outlet]) -> Counter[tuple[str, str]]:
    return Counter(map(_id, outlets))


def apply(workspace: Workspace, update: Preview, *, on: date, title: str = "") -> int:
    """Do what a preview showed, all of it or nothing of a layer, and remember how to take it back.

    Returns:
        How many cells were changed.

    Raises:
        OutletError: The register has changed since the preview.
        WorkspaceError: The workspace cannot be written.
    """
    if not update.changes:
        return 0
    commit(workspace, update.changes, on=on, title=title)
    return len(update.changes)


def commit(
    workspace: Workspace, changes: Sequence[Change], *, on: date, title: str, states: Mapping[str, Mapping[str, Any]] | None = None,
    values: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Change cells of the register and what the workspace keeps beside it, as one step that can be taken back.

    Args:
        states: By key of the workspace's state, entries of that mapping as they become; ``None`` takes one away.
        values: By key of the workspace's state, the whole of it as it becomes; ``None`` forgets it.

    Raises:
        OutletError: The register has changed since ``changes`` were made up; an outlet that only has another row number by now
            is found again.
        WorkspaceError: The workspace cannot be written.
    """
    before = {key: dict(workspace.state(key, {}) or {}) for key in states or {}}
    if changes:
        changes = _write(workspace, changes, N_("排污口 {id} 的“{field}”已被改动，请重新预览"), states or {})
    kept = list(workspace.state(_STATE, []) or [])
    entry: dict[str, Any] = {
        "on": on.isoformat(), "title": title, "changes": [_kept(change) for change in changes],
    }  # fmt: skip
    if states:
        entry["states"] = {
            key: {name: [before[key].get(name), after] for name, after in new.items()} for key, new in states.items()
        }
        for key, new in states.items():
            _put(workspace, key, before[key], new)
    if values:
        entry["values"] = {key: [workspace.state(key), new] for key, new in values.items()}
        for key, new in values.items():
            workspace.set_state(key, new)
    workspace.set_state(_STATE, [*kept, entry][-_KEPT:])


def _kept(change: Change) -> dict[str, Any]:
    return {name: value for name, value in dataclasses.asdict(change).items() if name != "known" or value is not None}


def _put(workspace: Workspace, key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    merged = {name: value for name, value in {**old, **new}.items() if value is not None}
    workspace.set_state(key, merged or None)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done and can be taken back: the day, what it was called, and how many cells and entries it touched."""

    on: date
    title: str
    cells: int
    entries: int


def steps(workspace: Workspace) -> list[Step]:
    """What can be taken back, the last one last."""
    return [
        Step(date.fromisoformat(item["on"]), item["title"], len(item["changes"]), sum(map(len, item.get("states", {}).values())))
        for item in workspace.state(_STATE, []) or []
    ]


def last(workspace: Workspace) -> Mapping[str, Any] | None:
    """The step that ``undo`` would take back, as ``redo`` takes it; ``None`` where there is none."""
    kept = list(workspace.state(_STATE, []) or [])
    return kept[-1] if kept else None


def undo(workspace: Workspace, step: Mapping[str, Any] | None = None) -> int:
    """Take the last step back: an update in bulk, an entry of stages, files that were attached.

    Args:
        step: What ``last`` gave: it has to be the last one still.

    Returns:
        How many cells and entries were put back.

    Raises:
        OutletError: There is none, or something of it was changed again since.
    """
    kept = list(workspace.state(_STATE, []) or [])
    if not kept:
        raise OutletError("没有可以撤销的批量更新")
    if step is not None and kept[-1] != step:
        raise OutletError("“{name}”在那之后又改过，不能撤销", name=step["title"])
    count = _turn(workspace, kept[-1], forth=False)
    workspace.set_state(_STATE, kept[:-1])
    return count


def redo(workspace: Workspace, step: Mapping[str, Any]) -> int:
    """Do again what ``undo`` took back.

    Returns:
        How many cells and entries were changed.

    Raises:
        OutletError: Something of it was changed since.
    """
    count = _turn(workspace, step, forth=True)
    workspace.set_state(_STATE, [*(workspace.state(_STATE, []) or []), dict(step)][-_KEPT:])
    return count


def _turn(workspace: Workspace, step: Mapping[str, Any], *, forth: bool) -> int:
    """Put cells and entries from what one side of a step says to what the other says, all or nothing of a layer."""
    was, new = (0, 1) if forth else (1, 0)
    changes = [Change(**change) for change in step["changes"]]
    states, values = step.get("states", {}), step.get("values", {})
    now = {key: dict(workspace.state(key, {}) or {}) for key in states}
    for key, entries in states.items():
        for name, sides in entries.items():
            if now[key].get(name) != sides[was]:
                raise OutletError("“{name}”在那之后又改过，不能撤销", name=name)
    for key, sides in values.items():
        if workspace.state(key) != sides[was]:
            raise OutletError("“{name}”在那之后又改过，不能撤销", name=key)
    if changes:
        turned = changes if forth else [dataclasses.replace(item, before=item.after, after=item.before) for item in changes]
        _write(workspace, turned, N_("排污口 {id} 的“{field}”在那之后已被改动，不能撤销或重做"), states if forth else {})
    for key, entries in states.items():
        _put(workspace, key, now[key], {name: sides[new] for name, sides in entries.items()})
    for key, sides in values.items():
        workspace.set_state(key, sides[new])
    return len(changes) + sum(map(len, states.values())) + len(values)


def _write(
    workspace: Workspace, changes: Sequence[Change], differs: str, states: Mapping[str, Mapping[str, Any]]
) -> list[Change]:
    """Change cells in the rows where their outlets are by now, all or nothing of a layer.

    Args:
        differs: The sentence for a cell that says something else than expected.
        states: What is kept by the ids of outlets in the same step.

    Returns:
        The changes with the rows that they were made in.
    """
    import geopandas

    from layers.read import Layer

    found: list[Change] = []
    frames: dict[str, tuple[LayerRecord, Any]] = {}
    for record in workspace.by_role("discharge_outlet"):
        mine = [change for change in changes if change.layer == record.name]
        if mine:
            # What is looked through is what is written again: the file may have been written since the changes were made up.
            frame = workspace.read(record.name, whole=True)
            frames[record.name] = record, frame
            found += _locate(mine, register.from_frame(frame, layer=record.name), differs, states)
    for change in changes:
        if change.layer not in frames:
            raise OutletError("台账中已没有排污口 {id}，没有写入", id=change.outlet)
    for record, frame in frames.values():
        mine = [change for change in found if change.layer == record.name]
        place = {int(fid): index for index, fid in enumerate(frame["fid"])}
        for change in mine:
            column = _column(frame.columns, change.field)
            if column not in frame:
                frame[column] = None
            elif frame[column].dtype != object:
                frame[column] = frame[column].astype(object).where(frame[column].notna(), None)
            frame.at[place[change.fid], column] = change.after
        for fid in {change.fid for change in mine if change.field in ("lon", "lat")}:
            _set_place(frame, place[fid])
        layer = Layer(
            record.role, record.name, frame, Path(record.file or record.name), _digest(frame), record.encoding, record.issues,
        )
        coverage = None
        if record.coverage_geometry is not None:
            coverage = geopandas.GeoSeries([record.coverage_geometry], crs="EPSG:4490")
        workspace.add(
            layer, version=record.version, data_date=record.data_date, accuracy_m=record.stated_accuracy_m,
            scale=record.scale, source=record.source, coverage=coverage, replace=True, instead_of=record,
        )  # fmt: skip
    return found


def _locate(
    changes: Sequence[Change], outlets: Sequence[Outlet], differs: str, states: Mapping[str, Mapping[str, Any]]
) -> list[Change]:
    """The changes of a layer with the row numbers that their outlets have now."""
    often = _ids(outlets)
    by_id: dict[str, list[Outlet]] = {}
    by_key: dict[str, list[Outlet]] = {}
    for outlet in outlets:
        by_id.setdefault(_id(outlet)[1], []).append(outlet)
        for code in {codes.same_code(outlet.get(key)) for key in _KEYS} - {None}:
            by_key.setdefault(str(code), []).append(outlet)
    groups: dict[tuple[int, str], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.fid, change.outlet), []).append(change)
    rows = [row_of(outlet) for outlet in outlets] if any(change.known is not None for change in changes) else []
    found: list[Change] = []
    taken: set[int] = set()
    for (fid, name), group in groups.items():
        fields = {change.field for change in group}
        known = group[0].known
        if known is not None:
            wanted = _rest(known, fields)
            hits = [outlet for outlet, row in zip(outlets, rows, strict=True) if _rest(row, fields) == wanted]
            # Rows that say the same in everything but these cells are told apart by them, and by the number where nothing tells.
            hits = [outlet for outlet in hits if all(held(outlet, one.field) == one.before for one in group)] or hits
            hits = [outlet for outlet in hits if outlet.fid == fid] or hits
        else:
            code = codes.same_code(name) or ""
            hits = by_id.get(code) or by_key.get(code) or []
        if not hits and known is not None:
            raise OutletError(
                "台账中已没有与排污口 {id} 原来一样的一行（没有编码或编码重复，只能按位置和内容辨认），没有写入", id=name
            )
        if not hits:
            raise OutletError("台账中已没有排污口 {id}，没有写入", id=name)
        if len(hits) > 1:
            raise OutletError("台账中有 {count} 个排污口 {id}，不知道是哪一个，没有写入", count=len(hits), id=name)
        outlet = hits[0]
        for change in group:
            if held(outlet, change.field) != change.before:
                raise OutletError(differs, id=name, field=register.field_words(change.field))
        if outlet.fid in taken:
            raise OutletError("台账中有 {count} 个排污口 {id}，不知道是哪一个，没有写入", count=2, id=name)
        taken.add(outlet.fid)
        if _id(outlet)[1] != codes.same_code(name) and any(name in entries for entries in states.values()):
            raise OutletError("排污口 {id} 现在是 {now}，办理记录不能记在原来的名下，没有写入；请重新读取台账", id=name, now=outlet.id)
        # A code that is changed here is no longer what the outlet is known by once it is.
        still = row_of(outlet) if fields & set(_KEYS) else known_by(outlet, often)
        found += [dataclasses.replace(change, fid=outlet.fid, known=still) for change in group]
    return found


def _rest(said: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """What a row says beside some fields; where these are its coordinates, without its place."""
    moved = bool({"lon", "lat"} & set(fields))
    return {
        name: value
        for name, value in said.items()
        if name not in fields and not (moved and name == _PLACE)
        and not (name[:1] == "+" and (name[1:] in fields or schema.field_of(name[1:]) in fields))
    }  # fmt: skip


def _set_place(frame: Any, row: int) -> None:
    """Put a feature where its columns say, or nowhere where they say nothing that is a place."""
    from pyproj import CRS
    from shapely.geometry import Point

    from spatial.crs import CGCS2000, transform

    lon, lat = (frame.at[row, _column(frame.columns, name)] if _column(frame.columns, name) in frame else None for name in ("lon", "lat"))
    found = None if is_missing(lon) or is_missing(lat) else register.position(str(lon), str(lat))
    shape = None if found is None else transform(Point(found.lon, found.lat), CGCS2000, CRS.from_user_input(frame.crs))
    frame.at[row, frame.geometry.name] = shape


def _column(columns: Sequence[str], name: str) -> str:
    if name in columns:
        return name
    return next((column for column in columns if schema.field_of(str(column)) == name), name)


def _digest(frame: Any) -> str:
    import hashlib

    text = frame.drop(columns=frame.geometry.name).to_csv(lineterminator="\n")
    return hashlib.sha256(text.encode() + b"".join(shape or b"" for shape in frame.geometry.to_wkb())).hexdigest()

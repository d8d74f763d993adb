"""Many outlets changed by one table: first shown, then done in one piece, and taken back as one piece.

A column that the table does not have is left alone, an empty cell too: a table can only add or change, never wipe out by being
incomplete. To take a value away write ``<清空>``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.tables import read_table
from layers.values import Unreadable, is_missing
from sanxian.i18n import N_
from sanxian.outlets import codes, register, schema
from sanxian.outlets.errors import OutletError, RowProblem
from sanxian.outlets.register import Outlet

if TYPE_CHECKING:
    from layers.workspace import Workspace

CLEAR = "<清空>"
_KEYS = ("code", "province_code", "local_code")
_STATE = "outlet_undo"
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
    """One cell: what it is and what it becomes; lists are text joined by ``、``."""

    layer: str
    fid: int
    outlet: str
    row: int
    field: str
    before: Any
    after: Any


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
        changes += mine
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
        OutletError: The register has changed since ``changes`` were made up.
        WorkspaceError: The workspace cannot be written.
    """
    before = {key: dict(workspace.state(key, {}) or {}) for key in states or {}}
    if changes:
        _write(workspace, changes)
    kept = list(workspace.state(_STATE, []) or [])
    entry: dict[str, Any] = {
        "on": on.isoformat(), "title": title, "changes": [dataclasses.asdict(change) for change in changes],
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
        _write(workspace, changes if forth else [dataclasses.replace(item, before=item.after, after=item.before) for item in changes])
    for key, entries in states.items():
        _put(workspace, key, now[key], {name: sides[new] for name, sides in entries.items()})
    for key, sides in values.items():
        workspace.set_state(key, sides[new])
    return len(changes) + sum(map(len, states.values())) + len(values)


def _write(workspace: Workspace, changes: Sequence[Change]) -> None:
    from layers.read import Layer

    current = {(item.layer, item.fid): item for item in register.read_register(workspace)}
    for change in changes:
        outlet = current.get((change.layer, change.fid))
        now = held(outlet, change.field) if outlet else None
        if outlet is None or now != change.before:
            raise OutletError(
                "排污口 {id} 的“{field}”已被改动，请重新预览", id=change.outlet, field=register.field_words(change.field)
            )
    for record in workspace.by_role("discharge_outlet"):
        mine = [change for change in changes if change.layer == record.name]
        if not mine:
            continue
        frame = workspace.read(record.name, whole=True)
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
        # Rows keep their numbers, by which the steps that can be taken back know them.
        layer = Layer(
            record.role, record.name, frame, Path(record.file or record.name), _digest(frame), record.encoding, record.issues,
        )
        import geopandas

        coverage = None
        if record.coverage_geometry is not None:
            coverage = geopandas.GeoSeries([record.coverage_geometry], crs="EPSG:4490")
        workspace.add(
            layer, version=record.version, data_date=record.data_date, accuracy_m=record.stated_accuracy_m,
            scale=record.scale, source=record.source, coverage=coverage, replace=True,
        )  # fmt: skip


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

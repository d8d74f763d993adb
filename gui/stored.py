"""Projects between the window and the layers of the workspace they came from.

A layer of projects is the office's data: what the window did not change in it stays as it is, columns that the window
knows nothing of as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from gui.session import Origin, Session, Site
from gui.words import listed
from sanxian.i18n import _

ROLE = "project_site"
MOST_NAMED = 8  # values that are named in one sentence
PROJECTS = "projects"  # the layer of the workspace that holds what was drawn and imported in the window


class Loaded(list[Site]):
    """Projects, and those of the file that could not be read.

    Attributes:
        left: These (``sanxian.request.LeftOut``), by layer and id there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.left: dict[tuple[str, str], Any] = {}


def load(workspace: Any) -> Loaded:
    """The projects of every layer of projects in use, each with where it came from.

    An id that stands in two layers gets another one in the window; the file keeps its own. A value that is not understood costs that
    value and no project: it is unknown, noted with where the project came from, and left in the file as it is. A project whose rows say
    different things is left out and told; its rows stay as they are.

    Raises:
        WorkspaceError, RequestError: A layer cannot be read; says where and why.
    """
    from sanxian.request import Unread, projects_of

    sites = Loaded()
    taken: set[str] = set()
    for record in workspace.by_role(ROLE):
        if not record.features or getattr(record, "gone", False):
            continue
        frame = _read(workspace, record)
        rows = _by_code(frame)
        unread: list[Unread] = []
        left: list[Any] = []
        projects = projects_of(frame, record.name, unread=unread, left=left)
        sites.left |= {(record.name, one.project): one for one in left}
        taken |= {one.project for one in left}  # in this window nothing else is called so
        for project in projects:
            code = str(project.id)
            name = free(code, taken)
            taken.add(name)
            known = {key: value for key, value in project.attributes.items() if value is not None}
            site = Site(name, str(project.name or ""), project.geometry, str(project.crs), known)
            site.origin = _origin(site, record.name, code, [frame.iloc[row].to_dict() for row in rows[code]],
                                  [one for one in unread if one.project == code])
            sites.append(site)
    return sites


def save(session: Session, transform: Any) -> bool:
    """Write the projects that changed into the layers they came from, and new ones into the layer ``projects``.

    Each layer is written as a whole or not at all; a layer without a change is not written.

    Args:
        session: What is open.
        transform: Geometry, its CRS and the CRS wanted; gives the geometry there.

    Returns:
        Whether anything was written.
    """
    workspace = session.workspace
    records = {record.name: record for record in workspace.by_role(ROLE)}
    of_layer: dict[str, list[Site]] = {name: [] for name in records}
    fresh: list[Site] = []
    for site in session.sites:
        if site.origin is not None and site.origin.layer in records:
            of_layer[site.origin.layer].append(site)
        else:
            fresh.append(site)
    if fresh:
        target = PROJECTS if PROJECTS in records else free(
            PROJECTS, {name for one in workspace.layers() for name in (one.name, one.family)})
        of_layer.setdefault(target, []).extend(fresh)
    written = False
    for name, sites in of_layer.items():
        record = records.get(name)
        away = record is not None and record.gone  # another program has taken its table away: it is written anew
        stored = {} if away else {origin.code: origin for origin in session.stored if origin.layer == name}
        # By identity: a project that was taken out, saved, and brought back by undoing is in the file no more.
        kept = {site.origin.code for site in sites if site.origin is not None and stored.get(site.origin.code) is
                site.origin}
        # Rows that contradict each other, and that the window's project shall take the place of: the person was asked.
        overruled = {site.origin.code for site in sites if site.origin is not None} & {
            code for layer, code in session.left_out if layer == name}
        if len(kept) == len(stored) == len(sites) and not any(edited(site) for site in sites):
            continue
        _write(workspace, record, name, sites, set(stored) - kept, kept | overruled, transform, overruled)
        for code in overruled:
            del session.left_out[name, code]
        for one in workspace.by_role(ROLE):
            if one.name == name:
                session.project_marks[one.added] = ""  # as this program leaves it; what others do from now on is seen
        session.stored = [origin for origin in session.stored if origin.layer != name]
        session.stored += [site.origin for site in sites if site.origin is not None]
        written = True
    return written


def write_all(session: Session, workspace: Any, records: Mapping[str, Any], transform: Any) -> list[Origin]:
    """Write every project into a workspace that has none yet, into layers as those that they came from; where they stand now.

    Args:
        records: What was known of the layers, by name.
        transform: As of :func:`save`.
    """
    of_layer: dict[str, list[Site]] = {}
    for site in session.sites:
        of_layer.setdefault(site.origin.layer if site.origin is not None else PROJECTS, []).append(site)
    for name, sites in of_layer.items():
        _write(workspace, None, name, sites, set(), set(), transform)
        was = records.get(name)
        if was is not None:
            known = {"version": was.version, "data_date": was.data_date, "accuracy_m": was.stated_accuracy_m, "scale": was.scale,
                     "source": was.source, "secrecy": was.secrecy}
            workspace.describe(name, **{key: value for key, value in known.items() if value is not None})
    return [site.origin for site in session.sites if site.origin is not None]


def unread_words(sites: Sequence[Site]) -> str:
    """What the file says of projects and is not understood, as it is told; '' where there is nothing."""
    found = [one.words() for site in sites for one in site.unread]
    return "" if not found else _("项目图层里有 {count} 处取值不认识，按未知处理，文件里的原样不动：{cells}；请在“项目属性”中改正").format(
        count=f"{len(found):,}", cells=listed(found[:MOST_NAMED]))


def left_words(left: Collection[Any]) -> str:
    """Which projects of the file are not in the window, and why; '' where there are none."""
    return "" if not left else _(
        "有 {count} 个项目没有打开，不参加研判：{projects}。同一编号的各行应写得一样（不是一个项目的，请各用一个编号）；"
        "请在文件里改好，改好后窗口会自动读入").format(
        count=f"{len(left):,}", projects=listed(one.words() for one in list(left)[:MOST_NAMED]))


def free(wanted: str, taken: set[str] | Mapping[str, Any]) -> str:
    """``wanted``, or with a number behind it where that is taken."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def _origin(site: Site, layer: str, code: str, rows: list[dict[str, Any]], unread: Sequence[Any]) -> Origin:
    return Origin(layer, code, site.name, dict(site.attributes), site.geometry, site.crs, tuple(rows), tuple(unread))


def edited(site: Site) -> bool:
    """Whether a project says something else than the file had when it was last read or written."""
    was = site.origin
    return site.name != was.name or site.attributes != was.attributes or _moved(site)


def _moved(site: Site) -> bool:
    was = site.origin
    if site.crs != was.crs:
        return True
    return site.geometry is not was.geometry and not site.geometry.equals_exact(was.geometry, 0.0)


def _read(workspace: Any, record: Any) -> Any:
    """A layer with every value in the kind of its column: a whole number beside an empty cell is read as 1.0."""
    import contextlib
    import sqlite3

    frame = workspace.read(record.name)
    table = record.table.replace('"', '""')
    with contextlib.closing(sqlite3.connect(f"{Path(workspace.path).absolute().as_uri()}?mode=ro", uri=True)) as file:
        kinds = {str(row[1]): str(row[2]).upper() for row in file.execute(f'PRAGMA table_info("{table}")')}
    for name in frame.columns:
        kind: Any = bool if kinds.get(name) == "BOOLEAN" else int if "INT" in kinds.get(name, "") else None
        if kind is None or "POINT" in kinds[name]:
            continue
        values = [None if value is None or value != value else kind(value) for value in frame[name]]
        if None in values:
            import pandas

            frame[name] = pandas.Series(values, dtype=object, index=frame.index)
    return frame


def _columns(frame: Any) -> dict[str, str]:
    """Which column holds which attribute; of several that say one thing the first."""
    from sanxian.request import attribute_columns

    found = attribute_columns([str(name) for name in frame.columns if name != frame.geometry.name])
    return {name: columns[0] for name, columns in found.items()}


def _by_code(frame: Any) -> dict[str, list[int]]:
    """Row numbers by project, with the very ids that reading gives: rows of one id are parcels of one project."""
    from sanxian import request

    column = _columns(frame).get("id")
    found: dict[str, list[int]] = {}
    given = [request.cell_text(cell) for cell in frame[column]] if column is not None else [""] * len(frame)
    for row, code in enumerate(request.row_ids(given)):
        found.setdefault(code, []).append(row)
    return found


def _write(workspace: Any, record: Any, name: str, sites: Sequence[Site], removed: set[str], kept: set[str],
           transform: Any, overruled: Collection[str] = ()) -> None:
    """Write one layer: its rows as they stand, but for those of projects that were changed, removed or added.

    Args:
        overruled: Of those kept, projects whose rows contradict each other: they become one, and say what the window's says.
    """
    import geopandas
    import pandas

    from layers.read import Layer

    blank = record is None or record.gone
    if blank:
        systems = {site.crs for site in sites}
        crs = systems.pop() if len(systems) == 1 else "EPSG:4490"
        old = geopandas.GeoDataFrame({"id": [], "name": []}, geometry=[], crs=crs)
    else:
        old = _read(workspace, record)
        crs = f"EPSG:{old.crs.to_epsg()}" if old.crs.to_epsg() else old.crs.to_wkt()
    shape = old.geometry.name
    rows_of = _by_code(old)
    columns = _columns(old)
    rows: list[dict[str, Any] | None] = [old.iloc[row].to_dict() for row in range(len(old))]
    names = [str(column) for column in old.columns if column != shape]
    if blank:  # emptied, removed, and its projects brought back by undoing
        names += [key for site in sites if site.origin is not None and site.origin.layer == name
                  for row in site.origin.rows[:1] for key in row if key not in (*names, "geometry", "fid")]
        names = list(dict.fromkeys(names))

    def column(of: str) -> str:
        if of not in columns:
            columns[of] = free(of, set(names))
            names.append(columns[of])
        return columns[of]

    def fill(row: dict[str, Any], values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            where = column(key)
            row[where] = _fit(value, old[where]) if where in old.columns else cell(value)

    for code in removed:
        for row in rows_of.get(code, ()):
            rows[row] = None
    if removed:
        # A row without an id is called by its place, which is another one now: it keeps the id it was known by.
        for code, places in rows_of.items():
            for place in places:
                row = rows[place]
                if row is not None and (columns.get("id") is None or _empty(row.get(columns["id"]))):
                    fill(row, {"id": code})
    new: list[dict[str, Any]] = []
    number = max((int(fid) for fid in old["fid"]), default=0) if "fid" in names else 0
    taken = {code for code in rows_of if code not in removed}
    codes: dict[str, str] = {}
    for site in sites:
        was = site.origin
        if was is not None and was.layer == name and was.code in kept and was.code in rows_of:
            codes[site.id] = was.code
            whole = was.code in overruled
            if not whole and not edited(site):
                continue
            places = rows_of[was.code]
            asked = dict.fromkeys((*was.attributes, *site.attributes, *(columns if whole else ())))
            changed = {key: site.attributes.get(key) for key in asked
                       if key not in ("id", "name") and (whole or site.attributes.get(key) != was.attributes.get(key))}
            if whole or site.name != was.name:
                changed["name"] = site.name
            if whole or _moved(site):
                for place in places[1:]:  # the outline is one now
                    rows[place] = None
                rows[places[0]][shape] = transform(site.geometry, site.crs, crs)
            for place in places:
                if rows[place] is not None:
                    fill(rows[place], changed)
            continue
        # Drawn, imported, or taken out and brought back by undoing; the latter still knows its other columns.
        code = free(was.code if was is not None and was.layer == name else site.id, taken)
        taken.add(code)
        codes[site.id] = code
        row = dict.fromkeys(names)
        if was is not None and was.rows:
            extra = {key: value for key, value in was.rows[0].items() if isinstance(key, str) and key in names}
            row.update(extra)
        fill(row, {"id": code, "name": site.name, **{key: site.attributes[key] for key in sorted(site.attributes)}})
        if was is not None:
            fill(row, {key: None for key in was.attributes if key not in site.attributes})
        number += 1
        if "fid" in names:
            row["fid"] = number
        row[shape] = transform(site.geometry, site.crs, crs)
        new.append(row)
    every = [row for row in rows if row is not None] + new
    if not every and "fid" in names:  # a column without a value has no kind, and row ids need one
        names.remove("fid")
    if not every and record is not None and name == PROJECTS and record.source is None and record.version is None:
        workspace.remove(name)
        return
    table = pandas.DataFrame({key: pandas.Series([row.get(key) for row in every], dtype=object) for key in names})
    frame = geopandas.GeoDataFrame(table, geometry=geopandas.GeoSeries([row[shape] for row in every], crs=old.crs))
    digest = hashlib.sha256(frame.to_json(sort_keys=True, default=str).encode() + crs.encode()).hexdigest()
    about: dict[str, Any] = {}
    file, encoding, issues = PROJECTS, "utf-8", ()
    if record is not None:
        file, encoding, issues = record.file or record.name, record.encoding, record.issues
        about = {"version": record.version, "data_date": record.data_date, "accuracy_m": record.stated_accuracy_m, "scale": record.scale,
                 "source": record.source}
        if record.coverage_geometry is not None:
            about["coverage"] = geopandas.GeoSeries([record.coverage_geometry], crs="EPSG:4490")
    workspace.add(Layer(ROLE, name, frame, Path(file), digest, encoding, issues), replace=record is not None, **about)
    after = _by_code(frame)
    for site in sites:
        code = codes[site.id]
        site.origin = _origin(site, name, code, [frame.iloc[row].to_dict() for row in after[code]], site.unread)


def _empty(value: Any) -> bool:
    return value is None or value != value or not str(value).strip()


def _fit(value: Any, series: Any) -> Any:
    """A value in the kind of its column, so that the column's other cells stay what they are."""
    import numpy

    present = [one for one in series if one is not None and one == one]
    truth = (bool, numpy.bool_)
    if isinstance(value, bool) and present and all(isinstance(one, truth) for one in present):
        return value
    numbers = (int, float, numpy.integer, numpy.floating)
    if present and all(isinstance(one, numbers) and not isinstance(one, truth) for one in present):
        if isinstance(value, float):
            return value
        if isinstance(value, str) and value.isdecimal() and str(int(value)) == value:
            return int(value)
    return cell(value)


def cell(value: Any) -> str | None:
    """An attribute as it is written in a column of text."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list, set, frozenset)):
        return ";".join(str(item) for item in value)
    return f"{value:.15g}" if isinstance(value, float) else str(value)

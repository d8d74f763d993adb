"""What is asked: projects with their sites and what is known of them, typed."""

from __future__ import annotations

import numbers as number_kinds
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rules.attributes import ATTRIBUTES, ValueRefused, parse_value
from rules.industry import is_chemical
from sanxian.errors import TellingError
from sanxian.i18n import N_, _, pick

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from shapely.geometry.base import BaseGeometry

    from layers.read import ProjectsFile
    from layers.workspace import Workspace


HALF_OUTLET = N_("只有排污口经度或纬度")


class RequestError(TellingError):
    """Projects that cannot be screened as they stand."""


class RowsWithoutPlace(RequestError):
    """Some rows of a project file have no usable place; ``params`` holds ``lost``, why of each, and ``good``, how many have.

    ``lost`` are issues, one a row (``layers.issues.Issue``).
    """


@dataclass(frozen=True, slots=True)
class Project:
    """One project and its site.

    Attributes:
        attributes: By contract name; what is not known is absent.
        geometry: The site, every parcel of it together, in ``crs``.
        crs: EPSG code or other text that pyproj understands.
        row: First row of the file that it stands in, from 1; 0 where it was drawn.
        fid: Row id in the workspace layer that it comes from, if it does.
        alternative: What this site is called among the alternatives of one scheme, such as 方案一.
        alternative_of: What it is an alternative for: projects with the same word here are compared side by side.
    """

    id: str
    name: str
    geometry: BaseGeometry
    crs: str
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    row: int = 0
    fid: int | None = None
    alternative: str = ""
    alternative_of: str = ""


def load_projects(
    source: str | Path,
    workspace: Workspace | None = None,
    *,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    doubts: Callable[[Sequence[Any]], None] = lambda issues: None,
    fields: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
    repair: str | None = None,
    close_lines: bool = False,
    elsewhere: bool = False,
    read: Callable[[ProjectsFile], None] = lambda found: None,
    leave_out: bool = False,
    lost: Callable[[Sequence[Any]], None] = lambda issues: None,
) -> tuple[list[Project], str]:
    """Projects from a file, or from a layer of the workspace when ``source`` is the name of one.

    Args:
        source: A file, or the name of a layer of ``workspace``.
        workspace: Where a layer of that name is looked for when there is no such file.
        layer: Which layer of a file with several.
        crs: The file's CRS where it does not say.
        encoding: The file's encoding where it cannot be told.
        doubts: Called with what is doubtful about the file and does not stop the screening.
        fields: The file's columns by attribute, where no alias fits; what the workspace remembers of such a file counts
            where nothing is said here.
        values: By attribute: what the file writes, and the contract's value that it means.
        repair: How a broken site is read (``layers.read.REPAIRS``).
        close_lines: Make polygons of open lines that look like boundaries.
        elsewhere: Somebody has confirmed that the sites lie away from the workspace's layers, or outside China.
        read: Called with the file as it was read.
        leave_out: Somebody has seen that rows have no usable place, and wants the others; ``doubts`` tells of them.
        lost: Called with why of each row that was left out, if any was.

    Returns:
        The projects in the file's order, and the SHA-256 of the source.

    Raises:
        LayerError: The file cannot be read as projects.
        RowsWithoutPlace: Rows have no usable place.
        RequestError: A cell says something that its attribute cannot be.
    """
    from layers.read import read_projects
    from layers.whereabouts import around

    if workspace is not None and not Path(source).exists():
        record = next((item for item in workspace.layers() if item.name == str(source)), None)
        if record is not None:
            frame = workspace.read(record.name)
            found_here = projects_of(frame, record.name)
            if record.accuracy_m is not None:  # what is stated of the layer holds for each site that states none
                found_here = [
                    replace(item, attributes={"accuracy_m": float(record.accuracy_m), **item.attributes}) for item in found_here
                ]
            return found_here, record.sha256
    must_be_attributes(fields or {}, values or {})
    found = read_projects(
        source if is_address(source) else Path(source), layer=layer, crs=crs, encoding=encoding, fields=fields,
        values=values, remembered=workspace, repair=repair, close_lines=close_lines,
        around=around(workspace) if workspace is not None else None, elsewhere=elsewhere,
    )  # fmt: skip
    read(found)
    found, left = with_places(found, Path(source).name, leave_out=leave_out)
    lost(left)
    contradictions: list[tuple[int, str, str, str]] = []
    projects = projects_of(found.frame, Path(source).name, contradictions, found.rows)
    columns = [str(name) for name in found.frame.columns if name != found.frame.geometry.name]
    ignored = ignored_columns(columns, lambda name: any(value is not None for value in found.frame[name]))
    doubts([*found.issues, *ignored, *contradictory(contradictions)])
    return projects, found.sha256


def with_places(found: ProjectsFile, file: str, *, leave_out: bool) -> tuple[ProjectsFile, list[Any]]:
    """Of a file of projects the rows that have a usable place, and why each of the others has none.

    Raises:
        RowsWithoutPlace: There are others, and nobody wants to do without them (``leave_out``), or no row has a place, or
            there are more than are listed one by one.
    """
    bad = {issue.row for issue in found.issues if issue.severity == "error" and issue.row is not None}
    if not bad:
        return found, []
    whole = not any(issue.code == "more-of-the-same" and issue.severity == "error" for issue in found.issues)
    good = [row not in bad for row in found.rows] if whole else []  # of more bad rows than are listed nobody knows which
    lost = without_place(found.issues)
    if not (leave_out and any(good)):
        raise RowsWithoutPlace(
            N_("{file}：第 {rows} 行没有可用的位置（空图形、缺坐标或坐标有误），无法研判；请补上坐标或删去这些行。"),
            file=file, rows=row_list(bad), lost=lost, good=sum(good),
        )  # fmt: skip
    rows = tuple(row for row, kept in zip(found.rows, good, strict=True) if kept)
    return replace(found, frame=found.frame[good].reset_index(drop=True), rows=rows), lost


def without_place(issues: Sequence[Any]) -> list[Any]:
    """Of each row without a usable place the issue that says most of it: how it could be read, else what is wrong."""
    told: dict[int, Any] = {}
    lost = {issue.row for issue in issues if issue.severity == "error" and issue.row is not None}

    def weight(issue: Any) -> int:
        return 2 if issue.code in _READINGS else 0 if issue.code == "geometry-missing" or issue.severity != "error" else 1

    for issue in issues:
        if issue.row in lost and (issue.row not in told or weight(issue) > weight(told[issue.row])):
            told[issue.row] = issue
    return [told[row] for row in sorted(told)]


_READINGS = ("coordinate-swapped", "coordinate-run-together", "coordinate-in-metres", "coordinate-in-metres-of")


def contradictory(contradictions: Sequence[tuple[int, str, str, str]]) -> list[Any]:
    """What :func:`projects_of` found to contradict itself, as issues."""
    from layers.issues import Issue

    return [
        Issue(code, number, _title(name), "warning", {"other": _title(beside)})
        for number, code, name, beside in contradictions
    ]  # fmt: skip


def _title(name: str) -> str:
    return pick({"zh": ATTRIBUTES[name].zh, "en": ATTRIBUTES[name].en})


# Columns that every GIS and every table has, and of which nobody thinks that a rule asks for them.
_NO_ATTRIBUTE = re.compile(
    r"(objectid|fid|gid|oid|shape(_\w+)?|geom(etry)?|area|perimeter|length|id_?\d*|x|y|lon|lat|经度|纬度|面积.*|备注.*|说明.*|"
    r"remarks?|note|bz|序号|name_?|layer|paperspace|subclasses|linetype|entityhandle|text|folder|begin|end|timestamp|"
    r"altitudemode|tessellate|extrude|visibility|draworder|icon|description|styleurl|建设单位.*|联系.*|地址.*|建设地点.*)"
)


def ignored_columns(names: Sequence[str], says_something: Callable[[str], Any]) -> list[Any]:
    """An issue that names the columns that no rule will ask for, although somebody may think so; else nothing."""
    from layers.issues import Issue
    from layers.system_names import KEPT, is_column

    used = {column for columns in attribute_columns(names).values() for column in columns}
    used |= {name for name in names if is_column(name.rstrip("_").removesuffix(KEPT))}  # it told where the rest lies
    left = [name for name in names
            if name not in used and not _NO_ATTRIBUTE.fullmatch(_plain(name)) and says_something(name)]  # fmt: skip
    if not left:
        return []
    return [Issue("columns-ignored", None, None, "warning", {"count": len(left), "columns": "、".join(left[:12])})]


def is_address(source: str | Path) -> bool:
    """Whether a source is a place in a database and no file."""
    from layers.postgis import is_database

    return is_database(source)


def must_be_attributes(fields: Mapping[str, str], values: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse a mapping to something that no project has.

    Raises:
        RequestError: An attribute or a value of it is not one of the contract's.
    """
    known = ("id", "name", *ATTRIBUTES)
    for name in (*fields, *values):
        if name not in known:
            raise RequestError(N_("项目没有属性“{name}”；可用：{known}"), name=name, known="、".join(known))
    for name, words in values.items():
        for code in words.values():
            try:
                parse_value(ATTRIBUTES[name], code) if name in ATTRIBUTES else None
            except ValueRefused:
                choices = "、".join(ATTRIBUTES[name].choices) or ATTRIBUTES[name].kind
                raise RequestError(
                    N_("属性“{name}”没有取值“{value}”；可用：{known}"), name=name, value=code, known=choices
                ) from None


@dataclass(frozen=True, slots=True)
class Unread:
    """A value of a table that is not understood.

    Attributes:
        project: Its id.
        row: The row's number, as refusals name it.
        column: What the table calls the attribute.
        value: As it is written there.
    """

    project: str
    attribute: str
    row: int
    column: str
    value: str

    def words(self) -> str:
        """Where it stands and what it is."""
        return refusal(self.row, self.column, self.value)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A project of a table whose rows do not belong together, so that nobody can say what it is.

    Attributes:
        project: Its id.
        rows: The numbers of its rows, as refusals name them.
        differ: What the rows say differently: a name of an attribute, ``name`` or ``alternative``, and what each says of it,
            once; empty where a row has no place.
    """

    project: str
    rows: tuple[int, ...]
    differ: tuple[tuple[str, tuple[Any, ...]], ...] = ()

    def words(self) -> str:
        """Which project, which rows, and why."""
        from sanxian.messages import attribute_words, value_words

        rows = row_list(self.rows)
        if not self.differ:
            return _("“{id}”（第 {rows} 行有的没有可用的位置）").format(id=self.project, rows=rows)
        titles = {"name": _("项目名称"), "alternative": _("方案")}
        what = [
            _("{field}有“{values}”").format(
                field=titles.get(name) or attribute_words(name),
                values=_("”和“").join(str(one) or _("空") if name in titles else value_words(name, one) for one in said),
            )
            for name, said in self.differ
        ]  # fmt: skip
        return _("“{id}”（第 {rows} 行编号相同，而{what}）").format(id=self.project, rows=rows, what="，".join(what))


def _differing(parts: Sequence[tuple[str, str, dict[str, Any], Any, int, int | None]], schemes: Sequence[tuple[int, str, str]]
               ) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """What the rows of one project say differently, as of :class:`LeftOut`."""
    said: dict[str, list[Any]] = {"name": [part[1] for part in parts], "alternative": [one[1:] for one in schemes]}
    said |= {name: [part[2].get(name) for part in parts] for part in parts for name in part[2]}
    every = {name: [value for at, value in enumerate(values) if value not in values[:at]] for name, values in said.items()}
    if len(every["alternative"]) > 1:
        every["alternative"] = [" ".join(filter(None, one)) for one in every["alternative"]]
    return tuple((name, tuple(values)) for name, values in every.items() if len(values) > 1)


def projects_of(
    frame: GeoDataFrame, file: str, contradictions: list[tuple[int, str, str, str]] | None = None,
    numbers: Sequence[int] = (), unread: list[Unread] | None = None, left: list[LeftOut] | None = None,
) -> list[Project]:
    """Projects from a frame whose columns carry contract names or their Chinese aliases.

    Rows that share an id are parcels of one project.

    Args:
        frame: The features.
        file: What to call it in a refusal.
        contradictions: Is filled with what contradicts itself: row, code of an issue, the attribute in doubt, and the one
            that it contradicts.
        numbers: The file's own numbers of the rows, by which refusals name them; by default they are counted from 1.
        unread: Is filled with the values that are not understood, in place of a refusal; what they were to say is unknown. Of
            industries those that are understood stay beside those that are not, which judging knows to be unreadable.
        left: Is filled with the projects whose rows say different things or have no place, in place of a refusal. They are not
            among those given back: with what differs unknown, one might be judged by an attribute that is worked out from
            another, or by the land of two projects that bear one id by mistake.

    Raises:
        RequestError: As for :func:`load_projects`.
    """
    import shapely

    from layers.codelist import unknown

    if frame.crs is None:
        raise RequestError(N_("{file}：没有坐标系；请用 --crs 指明。"), file=file)
    if not len(frame):
        raise RequestError(N_("{file}：没有项目（0 个要素）。"), file=file)
    crs = f"EPSG:{frame.crs.to_epsg()}" if frame.crs.to_epsg() else frame.crs.to_wkt()
    columns = attribute_columns([str(name) for name in frame.columns if name != frame.geometry.name])
    label, group = _scheme_columns([str(name) for name in frame.columns if name != frame.geometry.name])
    schemes: dict[str, list[tuple[int, str, str]]] = {}
    must_keep_zeros(frame, file, numbers)
    own = columns.get("id", [""])[0]
    ids = row_ids([cell_text(cell) for cell in frame[own]] if own else [""] * len(frame))
    refused: list[Unread] = []
    rows: list[tuple[str, str, dict[str, Any], Any, int, int | None]] = []
    for place, (geometry, record) in enumerate(
        zip(frame.geometry, frame.drop(columns=frame.geometry.name).to_dict("records"), strict=True), 1
    ):
        number = numbers[place - 1] if len(numbers) else place
        attributes: dict[str, Any] = {}
        code = ids[place - 1]
        for name, sources in columns.items():
            if name not in ATTRIBUTES:
                continue
            column = sources[0]
            try:
                values = [parse_value(ATTRIBUTES[name], record[source]) for source in sources]
            except ValueRefused as error:
                refused.append(Unread(code, name, number, "、".join(sources), str(error)))
                continue
            said = [item for item in values if item is not None]
            value = said[0] if said else None
            if any(item != value for item in said):  # two columns for one thing, and they differ
                refused.append(Unread(code, name, number, "、".join(sources), "、".join(str(record[source]) for source in sources)))
                continue
            if name == "industry_code" and value is not None:
                strange = unknown(value)
                if strange:
                    refused.append(Unread(code, name, number, column, "；".join(strange)))
                    if unread is None or len(strange) == len(value):
                        continue
            if value is not None:
                attributes[name] = value
        if ("outlet_lon" in attributes) != ("outlet_lat" in attributes):
            half = (columns.get("outlet_lon") or columns.get("outlet_lat") or [""])[0]
            name = "outlet_lon" if "outlet_lon" in attributes else "outlet_lat"
            refused.append(Unread(code, name, number, half, HALF_OUTLET))
            if unread is not None:
                del attributes[name]
        said = [(number, *found) for found in drop_contradictions(attributes)]
        if contradictions is not None:
            contradictions += said
        if (geometry is None or geometry.is_empty) and left is None:
            raise RequestError(
                N_("{file}：第 {rows} 行没有可用的位置（空图形、缺坐标或坐标有误），无法研判；请补上坐标或删去这些行。"),
                file=file, rows=number,
            )  # fmt: skip
        name = cell_text(record.get(columns.get("name", [""])[0])) or code
        fid = record.get("fid")
        rows.append((code, name, attributes, geometry, number, int(fid) if isinstance(fid, int) else None))
        schemes.setdefault(code, []).append((number, cell_text(record.get(label)), cell_text(record.get(group))))
    if unread is not None:
        unread += refused
        parted = {(one.project, one.attribute) for one in refused}  # what one parcel does not say the project does not
        parcels = Counter(ids)
        rows = [
            (code, name, {
                key: value for key, value in attributes.items()
                if (code, key) not in parted or key == "industry_code" and parcels[code] == 1
            }, geometry, number, fid)
            for code, name, attributes, geometry, number, fid in rows
        ]  # fmt: skip
    elif refused:
        raise RequestError(
            N_("{file}：有 {count} 处取值不认识：{cells}；请改为约定的取值，未知的留空。"),
            file=file, count=len(refused), cells=listed([one.words() for one in refused[:8]]),
        )  # fmt: skip
    merged: dict[str, list[tuple[str, str, dict[str, Any], Any, int, int | None]]] = {}
    for row in rows:
        merged.setdefault(row[0], []).append(row)
    found: list[Project] = []
    for code, parts in merged.items():
        _, name, attributes, geometry, number, fid = parts[0]
        if left is not None:
            differ = _differing(parts, schemes[code])
            if differ or any(part[3] is None or part[3].is_empty for part in parts):
                left.append(LeftOut(code, tuple(part[4] for part in parts), differ))
                continue
        for _, other_name, other, _, other_number, _ in parts[1:]:
            if other_name != name or other != attributes:
                raise RequestError(
                    N_("{file}：第 {first} 行与第 {second} 行编号同为“{id}”但内容不同；一个项目的多个地块，其属性应一致。"),
                    file=file, first=number, second=other_number, id=code,
                )  # fmt: skip
        first, *others = schemes[code]
        for other_scheme in others:
            if other_scheme[1:] != first[1:]:  # as parcels their areas would be added up
                raise RequestError(
                    N_("{file}：第 {first} 行与第 {second} 行编号同为“{id}”而方案不同；每个比选方案请各用一个编号。"),
                    file=file, first=first[0], second=other_scheme[0], id=code,
                )  # fmt: skip
        if len(parts) > 1:
            geometry = shapely.union_all([part[3] for part in parts])
        alternative_of = first[2] or (name if first[1] else "")
        found.append(Project(code, name, geometry, crs, attributes, number, fid, first[1], alternative_of))
    return found


_UNTYPED = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")


def must_keep_zeros(frame: GeoDataFrame, file: str, numbers: Sequence[int] = ()) -> None:
    """Refuse industry codes that may have lost a leading zero: 0313 kept as a number is 313, which is another industry.

    Asked of numbers, and of tables, whose programs turn such text into numbers by themselves. A code with its letter, or
    one that is text in a format that knows text from numbers, says what it says. Arguments as for :func:`projects_of`.

    Raises:
        RequestError: A code of three digits is one of GB/T 4754-2017 with a zero before it, and as it stands.
    """
    from layers.codelist import industries

    columns = attribute_columns([str(name) for name in frame.columns if name != frame.geometry.name]).get("industry_code", [])
    table = file.lower().endswith(_UNTYPED)
    by_digits = {item.digits: item for item in industries().values()}
    found: list[tuple[int, str, str]] = []
    for column in columns:
        for place, cell in enumerate(frame[column], 1):
            if not table and (isinstance(cell, str) or not isinstance(cell, number_kinds.Real)):
                continue
            text = re.sub(r"\.0$", "", str(cell).strip())
            for part in re.split(r"[;；,，、|\s]+", text):
                if re.fullmatch(r"\d{3}", part) and part in by_digits and f"0{part}" in by_digits:
                    found.append((numbers[place - 1] if len(numbers) else place, column, part))
    if found:
        first = found[0][2]
        zero, as_it_is = by_digits[f"0{first}"], by_digits[first]
        raise RequestError(
            N_("{file}：{cells} 可能丢了开头的 0（数字单元格不保留它）：是 {zero}，还是 {as_it_is}，程序不猜；"
               "请带上门类字母，如 {zero_code} 或 {code}。"),
            file=file, cells=listed([refusal(*one) for one in found[:8]]), zero=zero.label, as_it_is=as_it_is.label,
            zero_code=zero.code, code=as_it_is.code,
        )  # fmt: skip


def row_ids(given: Sequence[str]) -> list[str]:
    """The id of each row: its own, and for a row without one P and its place, which no other row may bear already."""
    taken = set(given)
    found: list[str] = []
    for place, own in enumerate(given, 1):
        made, more = own or f"P{place}", 1
        while not own and made in taken:
            more += 1
            made = f"P{place}-{more}"
        taken.add(made)
        found.append(made)
    return found


# Columns that set sites side by side. They take no part in any verdict.
ALTERNATIVE = ("alternative", "方案", "方案名称", "比选方案", "选址方案")
ALTERNATIVE_OF = ("alternative_of", "比选项目", "比选组", "方案比选", "比选项目编号")


def _scheme_columns(names: Sequence[str]) -> tuple[str, str]:
    """The columns that name a site's alternative and what it is an alternative for; empty where there is none."""
    plain = {_plain(name): name for name in reversed(names)}

    def first(words: Sequence[str]) -> str:
        return next((plain[_plain(word)] for word in words if _plain(word) in plain), "")

    return first(ALTERNATIVE), first(ALTERNATIVE_OF)


def alternatives(projects: Sequence[Any]) -> list[tuple[str, list[Any]]]:
    """Projects, or results of them, that are alternatives of one another, by what they are alternatives for.

    Those with the same ``alternative_of`` belong together, and the project whose id that is belongs to them.
    """
    groups: dict[str, list[Any]] = {}
    for item in projects:
        if item.alternative_of:
            groups.setdefault(item.alternative_of, []).append(item)
    for key, members in groups.items():
        members[:0] = [item for item in projects if item.id == key and not item.alternative_of]
    return [(key, members) for key, members in groups.items() if len(members) > 1]


def listed(cells: Sequence[str]) -> str:
    """Several cells in one sentence."""
    return _("；").join(cells)


def row_list(rows: Iterable[int], most: int = 10) -> str:
    """Row numbers for a sentence: each once, in order, the first ``most``."""
    numbers = sorted(set(rows))
    return _("、").join(map(str, numbers[:most])) + ("…" if len(numbers) > most else "")


def refusal(row: int, column: str, value: str) -> str:
    """One cell that says something its attribute cannot be; an attribute by its name in words, which columns may have been read as."""
    from sanxian.messages import attribute_words

    titled = "、".join(f"{attribute_words(one)} {one}" if one in ATTRIBUTES else one for one in column.split("、"))
    return _("第 {row} 行“{column}”＝“{value}”").format(row=row, column=titled, value=_(value) if value == HALF_OUTLET else value)


def understood(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a project as rules may take it: what an attribute cannot be says nothing.

    Tables and the form take no such value; a layer of projects that another program has written to may hold one. A code
    that GB/T 4754 does not have stays beside others as one that cannot be read, for a ban by one of these stands.
    """
    from layers.codelist import find  # here: the list is read once it is asked

    found: dict[str, Any] = {}
    for name, value in attributes.items():
        kind = ATTRIBUTES.get(name)
        if name == "industry_code" and value:
            codes = [value] if isinstance(value, str) else value
            value = tuple(str(code) if find(str(code)) else f"{code}?" for code in codes)
        elif kind is not None and value not in (None, ()):
            try:
                parse_value(kind, value)
            except ValueRefused:
                continue
        found[name] = value
    return found


def drop_contradictions(attributes: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What contradicts something else that was said of the project is not known.

    Wastewater led to a plant beside a "no" is left as it was said, and asked about: whether it counts as discharge the
    authority tells. A chemical industry code beside "not chemical" is left to the rules, which then do not know either
    (``rules.conditions``).

    Returns:
        For each contradiction the code of an issue, the attribute in doubt, and what it contradicts.
    """
    found: list[tuple[str, str, str]] = []
    if attributes.get("discharges_pollutants") is False:
        beside = "wastewater" if attributes.get("wastewater") == "direct" else "emits_air"
        if beside == "wastewater" or attributes.get("emits_air") is True:
            del attributes["discharges_pollutants"]
            found.append(("attributes-contradict", "discharges_pollutants", beside))
        elif attributes.get("wastewater") == "indirect":
            found.append(("attributes-doubtful", "discharges_pollutants", "wastewater"))
    if attributes.get("wastewater") == "none" and attributes.get("new_outlet", "none") != "none":
        del attributes["wastewater"]
        found.append(("attributes-contradict", "wastewater", "new_outlet"))
    if attributes.get("is_chemical") is False and is_chemical(attributes.get("industry_code") or ()):
        found.append(("attributes-contradict", "is_chemical", "industry_code"))
    return found


def attribute_columns(names: Sequence[str]) -> dict[str, list[str]]:
    """Which columns of a file hold which attribute; more than one where a file says a thing twice.

    A shapefile cuts names to ten characters: a cut name that can mean one attribute only is that one.
    """
    plain: dict[str, list[str]] = {}
    for name in names:
        plain.setdefault(_plain(name), []).append(name)
    from layers.schema import PROJECT_ALIASES

    wanted = {name: (name, kind.zh, *kind.aliases, *PROJECT_ALIASES.get(name, ())) for name, kind in ATTRIBUTES.items()}
    wanted["id"] = ("id", "项目编号", "编号", "项目代码", "项目id", "序号", "xmbh", "project_id")
    wanted["name"] = ("name", "项目名称", "名称", "建设项目名称", "xmmc", "project_name")
    found: dict[str, list[str]] = {}
    for name, aliases in wanted.items():
        columns = [column for alias in dict.fromkeys(map(_plain, aliases)) for column in plain.get(alias, [])]
        if columns:
            found[name] = columns
    for name in names:
        if len(name) == 10 and not any(name in columns for columns in found.values()):
            meant = [attribute for attribute in ATTRIBUTES if len(attribute) > 10 and attribute.startswith(_plain(name))]
            if len(meant) == 1 and meant[0] not in found:
                found[meant[0]] = [name]
    return found


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def cell_text(value: Any) -> str:
    """An id or a name as text; a whole number without its decimal point, nothing as the empty text."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


# Former names, while others still use them.
_drop_contradictions, _listed, _refusal, _text = drop_contradictions, listed, refusal, cell_text

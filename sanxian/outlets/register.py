"""The register: outlets as typed records with every field of the file, whatever table they came from.

Missing stays missing: an empty cell is ``None`` and no rule of this package reads it as *no*. What cannot be read is kept
as it was written, with an issue that says so.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Geod
from shapely.geometry import Point

from layers.angles import parse_angle
from layers.schema import Field as LayerField
from layers.schema import plain, plain_header
from layers.values import Unreadable, as_text, is_missing, normalise
from sanxian.i18n import _
from sanxian.outlets import classes, codes, schema
from sanxian.outlets.classes import Classified
from sanxian.outlets.errors import OutletError
from spatial.crs import CGCS2000, transform, zone_for
from spatial.errors import CrsError
from spatial.measure import distance_m

if TYPE_CHECKING:
    import geopandas

    from layers.workspace import Workspace

_GEOD = Geod(ellps="GRS80")
_SEPARATORS = re.compile(r"[,，、;；]")
_FLOWS = {"排水": True, "有水": True, "正在排水": True, "无水": False, "不排水": False, "有死水": False, "闸断": False, "不确定": None}
_SCALE_M3_D, _SCALE_M3_A = 300.0, 100_000.0  # 规模以上
_NO_PLACE = (
    "geometry-missing", "geometry-empty", "geometry-not-finite", "geometry-kind", "geometry-degenerate", "geometry-unsupported",
)  # fmt: skip
_SPARE = ("geometry", "fid")
# Words by which a cell says that nobody knows yet; in the columns below, that there is none as well.
_NOT_KNOWN = {
    plain(word)
    for word in (
        "不详", "不明", "未知", "待查", "待定", "待核", "待核实", "待核查", "待查明", "待确认", "待确定", "待溯源", "待补充", "待完善",
        "暂无", "暂缺", "未确定", "未确认", "未明确", "未查明", "未溯源", "未落实", "未记录", "正在溯源", "溯源中", "unknown", "tbd", "?",
    )
}  # fmt: skip
_NONE_THERE = {
    plain(word)
    for word in (
        "无", "没有", "无主", "无责任主体", "责任主体不明", "责任不清", "无法确定", "未立", "未建", "未拍", "none", "no",
    )
}  # fmt: skip
_THERE_OR_NOT = (
    "responsible", "other_responsible", "photo_near", "photo_far", "photo_party", "photo_after", "sign_photo", "video", "proof",
)  # fmt: skip
_bare, _bare_header = lru_cache(4096)(plain), lru_cache(4096)(plain_header)  # the same headers come with every row


@dataclass(frozen=True, slots=True)
class Position:
    """A place that a record gives for its outlet, longitude and latitude in degrees (CGCS2000).

    Attributes:
        what: ``outlet`` for the geometry that is used, else the name of the pair of columns.
    """

    lon: float
    lat: float
    what: str = "outlet"


@dataclass(frozen=True, slots=True)
class RecordIssue:
    """A cell that could not be read: the field, and what stands there."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Outlet:
    """One outlet.

    Attributes:
        id: Its national code as written, else its provincial or local one, else ``layer#row``.
        values: By field name of ``schema.toml``, only what is known.
        extra: Columns that no field of the file is for, as they are.
        positions: The place that is used first, then every other one the record gives.
        layer: Name of the workspace layer; empty for a table.
        fid: Row in that layer, or row number in the table.
    """

    id: str
    values: Mapping[str, Any]
    positions: tuple[Position, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    issues: tuple[RecordIssue, ...] = ()
    layer: str = ""
    fid: int = 0
    accuracy_m: float | None = None

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field, or ``default`` where it is missing."""
        return self.values.get(name, default)

    def day(self, name: str) -> date | None:
        """The value of a date field."""
        text = self.values.get(name)
        return date.fromisoformat(text) if text else None

    @property
    def place(self) -> Position | None:
        """The place that is used; ``None`` where the record gives none."""
        return self.positions[0] if self.positions else None

    @property
    def name(self) -> str:
        """What to call it."""
        return self.values.get("name") or self.id

    @property
    def river(self) -> str | None:
        """The water it leads to."""
        return self.values.get("river") or self.values.get("receiving_water")

    @property
    def classified(self) -> Classified:
        """Its class, by identifier."""
        return classes.classify(self.values.get("kind"), self.values.get("subkind"))

    @property
    def discharging(self) -> bool | None:
        """Whether water came out when somebody looked; ``None`` where nobody wrote it down."""
        if "discharging" in self.values:
            return self.values["discharging"]
        word = self.values.get("flow_state")
        if word is not None:
            return next((flows for key, flows in _FLOWS.items() if plain(word) == plain(key)), None)
        flow = self.values.get("flow_m3_d")
        return True if flow else None

    @property
    def over_scale(self) -> bool | None:
        """规模以上: 300 m³ a day or 100 000 m³ a year; ``None`` where neither is known."""
        if "over_scale" in self.values:
            return self.values["over_scale"]
        day, year = self.values.get("flow_m3_d"), self.values.get("sewage_t_a")
        if day is None and year is None:
            return None
        return (day or 0) >= _SCALE_M3_D or (year or 0) >= _SCALE_M3_A

    @property
    def remedy(self) -> str | None:
        """``close`` 取缔, ``merge`` 合并, ``tidy`` 规范, ``none`` 无需整治; ``None`` where no plan was made."""
        return remedy_of(self.values.get("measure_kind"))

    @property
    def county_code(self) -> str | None:
        """The county that its code names."""
        code = codes.parse(self.values.get("code") or "")
        return code.county if code else None


def remedy_of(word: str | None) -> str | None:
    """What a kind of remediation comes to; ``None`` where the words deny one, or name several."""
    if not word:
        return None
    if any(part in word for part in ("无需", "无须", "不需", "保留")):
        return "none"
    if re.search("[不未暂]", word):
        return None  # 不取缔, 暂不合并: what is not to be done is no plan
    parts = (("取缔", "close"), ("封堵", "close"), ("合并", "merge"), ("规范", "tidy"))
    named = {remedy for part, remedy in parts if part in word}
    return named.pop() if len(named) == 1 else None


# --- reading --------------------------------------------------------------------------------------------------------


def read_register(workspace: Workspace) -> list[Outlet]:
    """Every outlet of the workspace's ``discharge_outlet`` layers, in the order of layers and rows.

    One whose place nobody knows is an outlet like the others: it has no ``place``.
    """
    found: list[Outlet] = []
    for record in workspace.by_role("discharge_outlet"):
        frame = workspace.read(record.name, whole=True)
        found += from_frame(frame, layer=record.name, accuracy_m=record.accuracy_m)
    return found


def unplaced(outlets: Iterable[Outlet]) -> list[Outlet]:
    """The outlets that no map can show: counted everywhere, drawn nowhere."""
    return [item for item in outlets if item.place is None]


def left_out(workspace: Workspace) -> list[tuple[str, int | None, int]]:
    """Rows of outlet files that the layers did not take.

    They name no outlet, or come from before outlets without a place were registered too.

    Returns:
        Layer, row number in its file (``None`` for several that were only counted), and how many.
    """
    found: list[tuple[str, int | None, int]] = []
    for record in workspace.by_role("discharge_outlet"):
        for issue in record.issues:
            code = issue.values.get("code") if issue.code == "more-of-the-same" else issue.code
            if issue.severity == "error" and code in _NO_PLACE:
                found.append((record.name, issue.row, 1 if issue.row is not None else int(issue.values.get("count", 1))))
    return found


def from_frame(frame: geopandas.GeoDataFrame, *, layer: str = "", accuracy_m: float | None = None) -> list[Outlet]:
    """Outlets from a layer; its columns may be ours or an agency's."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    if frame.crs is not None:
        shapes = np.atleast_1d(transform(shapes, CRS.from_user_input(frame.crs), CGCS2000))
    rows = frame.drop(columns=frame.geometry.name)
    fids = rows["fid"] if "fid" in rows else range(1, len(rows) + 1)
    found = []
    for row, shape, fid in zip(rows.to_dict("records"), shapes, fids, strict=True):
        point = None
        if shape is not None and not shape.is_empty:
            middle = shape if shape.geom_type == "Point" else shape.centroid
            point = Position(middle.x, middle.y)
        found.append(_outlet(row, point, layer, int(fid), accuracy_m))
    return found


def from_rows(rows: Iterable[Mapping[str, Any]], *, fields: Mapping[str, str] | None = None, layer: str = "") -> list[Outlet]:
    """Outlets from a table of text, such as ``layers.tables.read_table`` gives; places in longitude and latitude.

    Args:
        rows: One mapping a row.
        fields: The table's headers by our field names, where no alias fits.
        layer: What to call the table.
    """
    return [_outlet(row, None, layer, number, None, fields) for number, row in enumerate(rows, 1)]


def _outlet(
    row: Mapping[str, Any], point: Position | None, layer: str, fid: int, accuracy_m: float | None,
    fields: Mapping[str, str] | None = None,
) -> Outlet:  # fmt: skip
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    issues: list[RecordIssue] = []
    given = {theirs: ours for ours, theirs in (fields or {}).items()}
    known = schema.fields()
    for header, cell in row.items():
        if header in _SPARE or is_missing(cell):
            continue
        name = given.get(header) or (header if header in known else schema.field_of(header))
        if name is None:
            extra[header] = cell
            continue
        try:
            value = cell_value(cell, known[name].kind)
        except Unreadable:
            if name not in values:  # once somebody has mended it, what was written before is history
                issues.append(RecordIssue(name, str(as_text(cell))))
            extra.setdefault(header, cell)
            continue
        if isinstance(value, tuple):
            told = tuple(part for part in value if not says_nothing(name, part))
            if told != value:
                extra.setdefault(header, cell)
            value = told or None
        elif says_nothing(name, value):
            extra.setdefault(header, cell)  # 待查 is no party and no value: missing, and kept as it was written
            continue
        if value is not None and values.setdefault(name, value) != value:
            extra[header] = cell  # a second column for the same field: the first one counts, neither is lost
    positions = [] if point is None else [point]
    own, wrong = _position(values.get("lon"), values.get("lat"), "outlet" if point is None else "columns")
    issues += wrong
    if own is not None and not (point and distance_m(point.lon, point.lat, own.lon, own.lat) < 0.5):
        positions.append(own)
    for pair in schema.place_columns():
        more, wrong = _position(_first(row, pair.lon), _first(row, pair.lat), pair.name)
        issues += wrong
        if more is not None:
            positions.append(more)
    label = next((str(values[key]) for key in ("code", "province_code", "local_code") if values.get(key)), f"{layer}#{fid}")
    return Outlet(label, values, tuple(positions), extra, tuple(issues), layer, fid, accuracy_m)


def cell_value(cell: Any, kind: str) -> Any:
    """A cell as a field of that kind wants it; a list is a tuple.

    Raises:
        Unreadable: Something stands there that the field cannot mean.
    """
    if kind == "list":
        text = as_text(cell)
        return tuple(part.strip() for part in _SEPARATORS.split(text) if part.strip()) if text else None
    if kind == "reading":
        return _reading(as_text(cell))
    return normalise(cell, LayerField("", kind, "", ""))


def _reading(text: str | None) -> float | str | None:
    """A result as it is kept: a number, or for one below detection the words, which say how little at most."""
    from sanxian.outlets.water import parse_reading

    found = parse_reading(text)
    if found is None:
        return None
    return unicodedata.normalize("NFKC", str(text)).strip() if found.below else found.value


def says_nothing(name: str, value: Any) -> bool:
    """Whether a text stands for a missing value: 不详 or 待查 in any field, 无 where a party or a photo should be named."""
    if not isinstance(value, str):
        return False
    word = _bare(value)
    return word in _NOT_KNOWN or (name in _THERE_OR_NOT and word in _NONE_THERE)


APPROVED_WORDS = ("已审批", "已登记", "审批", "登记", "已批准", "是")
NOT_APPROVED_WORDS = ("未审批", "未登记", "未批准", "否", "无", "没有")
_SIDE_WORDS = ("左岸", "右岸", "左", "右", "left", "right", "左侧", "右侧", "L", "R")


def unknown_words(outlet: Outlet) -> list[tuple[str, str]]:
    """Fields with a word that means nothing to this program, so that the figures count the outlet as not known: field, word."""
    from sanxian.outlets import stages

    known: dict[str, Callable[[str], bool]] = {
        "flow_state": lambda word: plain(word) in {plain(key) for key in _FLOWS},
        "approval": lambda word: word in (*APPROVED_WORDS, *NOT_APPROVED_WORDS),
        "measure_kind": lambda word: remedy_of(word) is not None,
        "stage": lambda word: word in (*stages.DONE_WORDS, *stages.ACCEPTED_WORDS, *stages.NOT_STARTED_WORDS, *stages.IN_PROGRESS_WORDS),
        "bank_side": lambda word: plain(word) in {plain(side) for side in _SIDE_WORDS},
    }
    return [(name, str(word)) for name, test in known.items() if (word := outlet.get(name)) and not test(str(word))]


def _first(row: Mapping[str, Any], headers: Sequence[str]) -> str | None:
    wanted = {_bare(header) for header in headers}
    for header, cell in row.items():
        if _bare_header(str(header)) in wanted and not is_missing(cell):
            return as_text(cell)
    return None


def position(lon: str | None, lat: str | None) -> Position | None:
    """The place that two cells give, degrees in any of the ways in which tables write them; ``None`` where they give none."""
    return _position(lon, lat, "outlet")[0]


def _position(lon: str | None, lat: str | None, what: str) -> tuple[Position | None, list[RecordIssue]]:
    if not lon or not lat:
        return None, []
    try:
        east, north = parse_angle(str(lon)), parse_angle(str(lat))
    except Unreadable as error:
        return None, [RecordIssue("lon" if str(error) == str(lon) else "lat", str(error))]
    if not (-180 <= east <= 180 and -90 <= north <= 90):
        return None, [RecordIssue("lon", f"{lon}, {lat}")]
    return Position(east, north, what), []


def find(outlets: Sequence[Outlet], wanted: str) -> Outlet:
    """The outlet that somebody means: by code (with or without hyphens), local code, name, or ``#row``.

    Raises:
        OutletError: There is none, or there are several.
    """
    key = codes.same_code(wanted)
    for matches in (
        lambda item: codes.same_code(item.get("code")) == key,
        lambda item: wanted in (item.id, item.get("province_code"), item.get("local_code")),
        lambda item: item.get("name") == wanted,
        lambda item: wanted == f"#{item.fid}",
    ):
        hits = [item for item in outlets if matches(item)]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise OutletError(
                "“{id}”有 {count} 个排污口，请改用 #行号 指明：{list}",
                id=wanted, count=len(hits), list="、".join(f"#{item.fid}（{item.name}）" for item in hits[:8]),
            )  # fmt: skip
    raise OutletError("台账中没有排污口“{id}”；可用国家编码、地方编码、名称或 #行号", id=wanted)


# --- names ----------------------------------------------------------------------------------------------------------

_BEARINGS = ("北侧", "东北侧", "东侧", "东南侧", "南侧", "西南侧", "西侧", "西北侧")


def bearing_words(landmark: tuple[float, float], outlet: tuple[float, float]) -> tuple[str, float]:
    """In which direction from a landmark an outlet lies, in words, and how far in metres; places as (lon, lat)."""
    azimuth, _back, metres = _GEOD.inv(*landmark, *outlet)
    return _BEARINGS[round((azimuth % 360) / 45) % 8], float(metres)


def compose_name(
    kind_words: str, *, city: str = "", county: str = "", town: str = "", place: str = "", bearing: str = "",
    distance_m: float | None = None,
) -> str:  # fmt: skip
    """A name by the pattern of HJ 1235: division, position (direction and distance from something known), type, 排口.

    Args:
        kind_words: Such as 种植业 or 城镇雨洪; 排口 is put behind where it is missing.
        distance_m: From ``place``, in metres; shown to the metre.

    Raises:
        OutletError: There is no division, or no position at all.
    """
    if not (county or town):
        raise OutletError("命名缺少行政区：至少给出区县或乡镇")
    if not place:
        raise OutletError("命名缺少位置：请给出附近地物")
    where = f"{place}{bearing}" + (f"{distance_m:.0f}m" if distance_m is not None else "")
    kind = re.sub(r"(入河)?(排污口|排口)$", "", kind_words)
    return f"{city}{county}{town}{where}{kind}排口"


def name_problem(outlet: Outlet) -> str | None:
    """What a name lacks of the pattern: ``division``, ``kind``, or ``None`` where it follows it."""
    name = outlet.get("name")
    if not name:
        return None
    divisions = [outlet.get(key) for key in ("county", "town", "city")]
    known = [word for word in divisions if word]
    if known and not any(word in name or re.sub(r"[市县区镇乡]$", "", word) in name for word in known):
        return "division"
    return None if re.search(r"(排污口|排口)", name) else "kind"


# --- duplicates -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two records that may be one outlet.

    Attributes:
        distance_m: Between them, on the ellipsoid; ``None`` where one has no place.
        same_code: Their codes are one and the same.
        likeness: Of their names, 0 to 1.
    """

    left: Outlet
    right: Outlet
    distance_m: float | None
    same_code: bool
    likeness: float


def plane_for(lonlat: np.ndarray) -> CRS:
    """A plane in metres to search and draw in: the Gauss-Krüger zone, or for registers from elsewhere one round their middle."""
    try:
        return zone_for(lonlat)
    except CrsError:
        lon, lat = np.median(shapely.get_coordinates(lonlat), axis=0)
        return CRS.from_dict({"proj": "aeqd", "lon_0": float(lon), "lat_0": float(lat), "ellps": "GRS80", "units": "m"})


def duplicates(outlets: Sequence[Outlet], *, within_m: float = 10.0) -> list[Duplicate]:
    """Pairs that lie within ``within_m`` metres of each other, or share a code."""
    found: dict[tuple[int, int], float] = {}
    placed = [index for index, item in enumerate(outlets) if item.place is not None]
    if len(placed) > 1:
        lonlat = shapely.points([(outlets[i].place.lon, outlets[i].place.lat) for i in placed])  # type: ignore[union-attr]
        metres = np.atleast_1d(transform(lonlat, CGCS2000, plane_for(lonlat)))
        tree = shapely.STRtree(metres)
        # A projected zone may stretch a little: search wider, then measure on the ellipsoid.
        left, right = tree.query(metres, predicate="dwithin", distance=within_m * 1.02 + 0.5)
        for a, b in zip(left, right, strict=True):
            if a < b:
                one, two = outlets[placed[a]].place, outlets[placed[b]].place
                gap = float(distance_m(one.lon, one.lat, two.lon, two.lat))  # type: ignore[union-attr]
                if gap <= within_m:
                    found[placed[a], placed[b]] = gap
    by_code: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(outlets):
        if code := codes.same_code(item.get("code")):
            by_code[code].append(index)
    same = {(a, b) for group in by_code.values() for a in group for b in group if a < b}
    pairs = []
    for a, b in sorted({*found, *same}):
        one, two = outlets[a], outlets[b]
        gap = found.get((a, b))
        if gap is None and one.place and two.place:
            gap = float(distance_m(one.place.lon, one.place.lat, two.place.lon, two.place.lat))
        likeness = SequenceMatcher(None, one.name, two.name).ratio()
        pairs.append(Duplicate(one, two, gap, (a, b) in same, round(likeness, 3)))
    return pairs


# --- completeness, attachments --------------------------------------------------------------------------------------


def lacking(outlet: Outlet) -> list[str]:
    """Fields that the file of this outlet must have and has not; ``lon`` and ``lat`` count as there where it has a place."""
    needs = {"always"}
    if outlet.discharging is not False:  # not known counts as needed: an unknown discharge is no excuse
        needs.add("discharging")
    if outlet.remedy != "none":
        needs.add("remedy")
    missing = [item.name for item in schema.fields().values() if item.need in needs and is_missing(outlet.get(item.name))]
    if outlet.place is None:
        missing.append("place")
    return missing


@dataclass(frozen=True, slots=True)
class Attachment:
    """A photo or document: what for, where, and the digest that tells whether it is still the same.

    Attributes:
        path: As the record gives it.
        sha256: ``None`` where the file is not there.
    """

    field: str
    path: str
    sha256: str | None


ATTACHMENTS = ("photo_near", "photo_far", "photo_party", "photo_after", "sign_photo", "video", "proof")


def attachments(outlet: Outlet, folder: Path | None = None) -> list[Attachment]:
    """The files that a record names; paths are looked up from ``folder``, which is that of the workspace."""
    found = []
    for name in ATTACHMENTS:
        for path in outlet.get(name) or ():
            full = (folder or Path()) / path
            digest = hashlib.sha256(full.read_bytes()).hexdigest() if full.is_file() else None
            found.append(Attachment(name, path, digest))
    return found


def to_json(outlet: Outlet) -> dict[str, Any]:
    """The record as plain values: every field of the file, ``null`` where it is missing."""
    return {
        "id": outlet.id,
        "layer": outlet.layer,
        "fid": outlet.fid,
        "fields": {
            group.name: {item.name: _plain(outlet.get(item.name)) for item in group.fields} for group in schema.groups()
        },
        "other_columns": {str(key): _plain(value) for key, value in sorted(outlet.extra.items(), key=lambda pair: str(pair[0]))},
        "positions": [{"what": item.what, "lon": round(item.lon, 9), "lat": round(item.lat, 9)} for item in outlet.positions],
        "unreadable": [{"field": item.field, "value": item.value} for item in outlet.issues],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)


def with_values(outlet: Outlet, **changes: Any) -> Outlet:
    """The same record with some fields changed; ``None`` takes a value away."""
    values = {**outlet.values, **changes}
    return replace(outlet, values={key: value for key, value in values.items() if value is not None})


def field_words(name: str) -> str:
    """A field's title in the language of the moment."""
    from sanxian.i18n import pick

    if name == "place":
        return _("点位坐标")
    item = schema.fields().get(name)
    return pick(item.title) if item else name


def as_points(outlets: Sequence[Outlet]) -> np.ndarray:
    """Places as points in longitude and latitude; ``None`` where a record has none."""
    return np.array([Point(item.place.lon, item.place.lat) if item.place else None for item in outlets], dtype=object)

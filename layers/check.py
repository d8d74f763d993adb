"""What is wrong with layers that can be read: shapes, codes, gaps, overlaps, fields. Nothing is changed here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas
import numpy as np
import shapely
from pyproj import CRS

from layers import crosschecks, whereabouts
from layers.crosschecks import ABOLISHED, Placed
from layers.errors import N_
from layers.files import digest
from layers.issues import WORDS, Issue, said_values
from layers.ledger import assumed
from layers.read import Layer
from layers.schema import ROLES, Role, feature_label
from layers.values import as_text, is_missing, understood
from layers.workspace import LayerRecord, Workspace
from spatial.coverage import gaps, overlapping
from spatial.crs import CrsError, transform, zone_for

OVERLAP_TOLERANCE_M2 = 1.0  # between control units; what is smaller is named with its area and not an error
SLIVER_M = 1.0  # gaps and overlaps no wider than this are digitising noise
_UNIT_CODE = re.compile(r"^ZH\d{6}([123])\d{4}$")
_SEA_CODE = re.compile(r"^HY\d{6}([123])\d{4}$")
_OUTLET_CODE = re.compile(r"^[A-Z]{2}-?\d{6}-?\d{4}-?[A-Z]{2}-?\d{2}$")
_CLASSES = {"1": "priority", "2": "key", "3": "general"}
_CGCS2000 = CRS.from_epsg(4490)
_MANY = 50  # findings of one kind that are listed one by one

_WORDS: Mapping[str, str] = {
    **WORDS,
    "code-abolished": N_("代码 {code} 已停用，现为 {successor}"),
    "code-class-mismatch": N_("{name}：编码 {code} 的类别位是 {digit}，分类却是 {category}"),
    "code-duplicate": N_("编码 {code} 出现 {count} 次：{features}"),
    "code-format": N_("{name}：编码 {code} 不合 {pattern}"),
    "code-not-listed": N_("{name}：编码 {code} 不在准入清单中"),
    "counties-unchecked": N_("没有县级行政区图层，编码中的县代码没有与位置核对"),
    "county-mismatch": N_("{name}：编码 {code} 的县代码是 {county}，图形却有 {percent}% 在 {lies_in_name}（{lies_in}）"),
    "county-unknown": N_("{name}：编码 {code} 的县代码 {county} 不是现行县级代码"),
    "coverage-unknown": N_("没有注明覆盖范围，也没有行政区图层：未压占处不能认定为“不涉及”"),
    "crs-doubt": N_("坐标与坐标系 {crs} 不符（{doubt}），可能是：{candidates}"),
    "geometry-duplicate": N_("{count} 个要素的图形完全相同：{features}"),
    "geometry-invalid": N_("{name}：图形有误（{reason}），位置 {x}, {y}"),
    "edited-elsewhere": N_("图层在别的程序里改动过：加入时 {was} 个要素，现有 {now} 个；登记的摘要不再代表它"),
    "layer-unplaceable": N_("坐标不能换算到经纬度（{reason}），没有与其他图层核对"),
    "listed-unit-missing": N_("准入清单中的单元 {code}（{name}）没有图形"),
    "outlet-duplicate": N_("排污口 {first} 与 {second} 相距 {distance_m} 米，可能是同一个"),
    "outlet-off-bank": N_("{name}：离最近的岸线或水体 {distance_m} 米，超过 {tolerance_m} 米"),
    "outlets-unchecked": N_("没有岸线或水体图层，排污口没有与河岸核对"),
    "places-unknown": N_("{count} 个要素没有点位：计入总数，不上图"),
    "outside-admin": N_("{count} 个要素在行政区以外：{features}"),
    "raster-changed": N_("栅格 {name} 的文件与加入时不同"),
    "raster-missing": N_("找不到栅格 {name} 的文件 {path}"),
    "redline-in-unit": N_("{name}（{category}）里有 {area_m2} 平方米生态保护红线，红线应在优先保护单元内"),
    "shifted-against-layer": N_(
        "与图层 {reference} 相比整体偏移约 {shift_m} 米，像是 {system} 坐标（高德、腾讯或百度地图）；请问清来源，未作换算"
    ),
    "redline-outside-priority": N_("生态保护红线有 {area_m2} 平方米不在优先保护单元内"),
    "units-county-absent": N_("行政区图层里没有县代码 {codes}，这些县以内有没有空隙没有检查"),
    "units-gap": N_("管控单元之间有空隙 {area_m2} 平方米，宽约 {width_m} 米（位置 {lon}°E {lat}°N；容差 {tolerance_m2} 平方米）"),
    "units-overlap": N_("{first} 与 {second} 重叠 {area_m2} 平方米，宽约 {width_m} 米（位置 {lon}°E {lat}°N；容差 {tolerance_m2} 平方米）"),
    "units-overlap-small": N_("{first} 与 {second} 重叠 {area_m2} 平方米，在容差 {tolerance_m2} 平方米以内（位置 {lon}°E {lat}°N）"),
    "value-missing": N_("字段 {field} 有 {count} 个空值：{features}"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that somebody should look at, with its place.

    Attributes:
        severity: error, warning or info.
        layer: Name of the layer, or ``None`` for a single file.
        feature: Row in a file from 1, or ``fid`` in a workspace layer; ``None`` for the layer as a whole.
        values: What varies in the sentence; plain JSON values.
        geometry: The place, in EPSG:4490; ``None`` where there is none.
    """

    code: str
    severity: str
    layer: str | None = None
    feature: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    geometry: Any = None

    @property
    def template(self) -> str:
        """The sentence in Chinese, with ``{names}`` for what varies; the key of its translation."""
        return _WORDS.get(self.code, self.code)

    def to_dict(self, translate: Callable[[str], str] = lambda text: text) -> dict[str, Any]:
        """Plain JSON values; a place is given by one point of it, degrees, and the message as ``translate`` says it."""
        out: dict[str, Any] = {
            "code": self.code, "severity": self.severity, "layer": self.layer, "feature": self.feature,
            "values": dict(self.values), "message": finding_words(self, translate),
        }  # fmt: skip
        if self.geometry is not None and not self.geometry.is_empty:
            point = self.geometry.representative_point()
            out |= {"lon": round(point.x, 7), "lat": round(point.y, 7)}
        return out


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


_CATEGORIES = {"priority": N_("优先保护单元"), "key": N_("重点管控单元"), "general": N_("一般管控单元")}


def finding_words(finding: Finding, translate: Callable[[str], str] = lambda text: text) -> str:
    """A finding as one line for people.

    Args:
        finding: The finding.
        translate: Takes the Chinese template to another language.
    """
    values = said_values(finding.values, translate)
    if values.get("category") in _CATEGORIES:
        values["category"] = translate(_CATEGORIES[values["category"]])
    text = translate(finding.template).format_map(_Blank(values))
    where = []
    if finding.layer is not None:
        where.append(finding.layer)
    if finding.feature is not None:
        where.append(f"#{finding.feature}")
    return f"{' '.join(where)}{'：' if where else ''}{text}"


def check_layer(
    layer: Layer | geopandas.GeoDataFrame,
    role: str,
    *,
    name: str | None = None,
    issues: Iterable[Issue] = (),
    extent: Any = None,
    progress: Callable[[int, int], object] | None = None,
) -> list[Finding]:
    """What is wrong with one layer.

    Args:
        layer: As read, or the features alone (``fid`` is used as their number where there is one).
        role: A key of ``layers.schema.ROLES``.
        name: Named in every finding.
        issues: What reading said; taken from ``layer`` where that is a ``Layer``.
        extent: Where control units should leave no gap, in EPSG:4490; by default within their own outline.
        progress: Called with steps done and in all; it may raise to stop.
    """
    if isinstance(layer, Layer):
        issues, frame = layer.issues, layer.frame
    else:
        frame = layer
    schema = ROLES[role]
    found = [_from_issue(issue, name, frame.crs) for issue in issues]
    if not len(frame):
        if not any(finding.code == "empty-layer" for finding in found):
            found.append(Finding("empty-layer", "warning", name))
        return found
    numbers = [int(value) for value in (frame["fid"] if "fid" in frame else range(1, len(frame) + 1))]
    labels = [
        feature_label(role, {**row, "fid": number})
        for row, number in zip(frame.drop(columns=frame.geometry.name).to_dict("records"), numbers, strict=True)
    ]
    geometries = np.asarray(frame.geometry.array, dtype=object)
    steps: list[Callable[[], list[Finding]]] = [
        lambda: _validity(geometries, frame.crs, numbers, labels, name),
        lambda: _same_shapes(geometries, frame.crs, numbers, labels, name),
        lambda: _fields(frame, schema, numbers, labels, name),
        lambda: _codes(frame, schema, numbers, labels, name),
    ]
    if role == "control_unit":
        steps.append(lambda: _units(geometries, frame.crs, labels, name, extent))
    for done, step in enumerate(steps):
        if progress is not None:
            progress(done, len(steps))
        found += step()
    return _counted(found)


def check_workspace(
    workspace: Workspace,
    *,
    listed: Mapping[str, str] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> list[Finding]:
    """What is wrong with a workspace: each layer in use, and how they fit together.

    Args:
        workspace: The workspace.
        listed: Name by code of the units in the access lists that are in force, where there are any.
        progress: Called with layers done and in all; it may raise to stop.
    """
    found: list[Finding] = []
    records = [record for record in workspace.layers() if record.current]
    admin = None
    for record in records:
        if record.role == "admin" and record.features:
            admin = workspace.coverage_of(record)
    lonlat: dict[str, np.ndarray] = {}
    layers: list[Placed] = []
    edited = workspace.edited_elsewhere()
    others = whereabouts.others(workspace)
    for done, record in enumerate(records):
        if progress is not None:
            progress(done, len(records) + 1)
        if record.name in edited:
            values = {"was": record.features, "now": edited[record.name]}
            found.append(Finding("edited-elsewhere", "warning", record.name, None, values))
        frame = workspace.read(record.name)
        extent, unknown = _counties(workspace, frame) if record.role == "control_unit" else (None, [])
        if unknown:
            found.append(Finding("units-county-absent", "info", record.name, None, {"codes": "、".join(unknown)}))
        found += check_layer(frame, record.role, name=record.name, issues=record.issues, extent=extent)
        told = {issue.code for issue in record.issues}
        if "place-unknown" not in told and (count := len(workspace.read_unplaced(record.name))):
            found.append(Finding("places-unknown", "warning", record.name, None, {"count": count}))
        if record.coverage == "unknown" and record.role not in ("project_site", "reference"):
            found.append(Finding("coverage-unknown", "info", record.name))
        if (narrow := assumed(workspace, record, admin)) is not None:
            found.append(Finding("coverage-assumed", narrow.severity, record.name, None, narrow.values))
        if not len(frame):
            continue
        valid = shapely.make_valid(np.asarray(frame.geometry.array, dtype=object))
        try:
            placed = np.asarray(transform(valid, record.crs, _CGCS2000), dtype=object)
        except CrsError as error:
            found.append(Finding("layer-unplaceable", "error", record.name, None, {"reason": str(error)}))
            continue
        placed[shapely.is_empty(placed)] = None
        layers.append(Placed(record.name, record.role, frame, placed))
        if record.role == "ecological_redline":
            lonlat["redline"] = np.concatenate([lonlat.get("redline", np.array([], dtype=object)), placed])
        if record.role == "control_unit" and "category" in frame:
            priority = placed[(frame["category"] == "priority").to_numpy()]
            lonlat["priority"] = np.concatenate([lonlat.get("priority", np.array([], dtype=object)), priority])
        if not any(issue.code.startswith("lies-elsewhere") for issue in record.issues):
            found += _elsewhere(others(record.name), record, frame)
        if admin is not None and record.role not in ("admin", "project_site", "reference"):
            shapely.prepare(admin)
            away = np.flatnonzero(~shapely.intersects(admin, placed))
            if len(away):
                labels = [feature_label(record.role, row) for row in _rows(frame, away[:5])]
                values = {"count": len(away), "features": "、".join(labels)}
                found.append(Finding("outside-admin", "warning", record.name, None, values, placed[away[0]]))
    if "redline" in lonlat and len(lonlat.get("priority", ())):
        found += _redline_outside_priority(lonlat["redline"], lonlat["priority"])
    if progress is not None:
        progress(len(records), len(records) + 1)
    found += _counted([Finding(*_plain_found(item)) for item in _together(layers, listed or {})])
    return found + _rasters(workspace)


def _elsewhere(here: whereabouts.Around | None, record: LayerRecord, frame: geopandas.GeoDataFrame) -> list[Finding]:
    """That a layer lies away from all others, which a wrong coordinate system does."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    doubt = whereabouts.doubt(shapes, record.crs, here, layer=record.role != "project_site")
    if doubt is None or not (doubt.stops or "offset_deg" in doubt.evidence):
        return []
    if record.role == "reference" and not doubt.candidates:
        return []
    code, values = whereabouts.issue_values(doubt)
    return [Finding(code, "warning", record.name, None, values, _place(shapes[0], record.crs))]


def _plain_found(item: crosschecks.Found) -> tuple[str, str, str | None, int | None, Mapping[str, Any], Any]:
    return item.code, item.severity, item.layer, item.feature, item.values, item.place


def _together(layers: Sequence[Placed], listed: Mapping[str, str]) -> list[crosschecks.Found]:
    def of(*roles: str) -> list[Placed]:
        return [layer for layer in layers if layer.role in roles]

    found: list[crosschecks.Found] = []
    for layer in of("control_unit", "element_zone", "discharge_outlet"):
        found += crosschecks.counties(layer, of("admin"))
    found += crosschecks.redline_in_units(of("ecological_redline"), of("control_unit"))
    for layer in of("discharge_outlet"):
        found += crosschecks.outlets(layer, layers)
    found += crosschecks.against_list(of("control_unit"), listed)
    found += crosschecks.shifts([layer for layer in layers if layer.role != "project_site"])
    return found


def _rasters(workspace: Workspace) -> list[Finding]:
    found: list[Finding] = []
    for raster in workspace.rasters():
        found += [_from_issue(issue, raster.name) for issue in raster.issues]
        if raster.missing:
            values = {"name": raster.name, "path": str(raster.path)}
            found.append(Finding("raster-missing", "error", raster.name, None, values))
        elif digest(raster.path) != raster.sha256:
            found.append(Finding("raster-changed", "warning", raster.name, None, {"name": raster.name}))
    return found


def _counties(workspace: Workspace, units: geopandas.GeoDataFrame) -> tuple[Any, list[str]]:
    """The counties that control units speak of by their codes, in EPSG:4490, and the codes that no loaded county has.

    A code that is no longer in use stands for its successor where that is one county. Without any of the counties there
    is no geometry.
    """
    admins = [frame for record in workspace.by_role("admin") if "code" in (frame := workspace.read(record.name))]
    if "code" not in units or not admins:
        return None, []
    there = {code for frame in admins for code in frame["code"] if isinstance(code, str)}
    stated = {code[2:8] for code in units["code"] if isinstance(code, str) and _UNIT_CODE.match(code)}
    now = {code: re.findall(r"\d{6}", ABOLISHED.get(code, "")) for code in stated}
    wanted = {now[code][0] if code not in there and len(now[code]) == 1 else code for code in stated}
    parts: list[Any] = []
    for frame in admins:
        shapes = shapely.make_valid(np.asarray(frame.geometry.array, dtype=object)[frame["code"].isin(wanted).to_numpy()])
        try:
            parts += list(transform(shapes, frame.crs, _CGCS2000))
        except CrsError:
            return None, []
    return shapely.union_all(np.array(parts, dtype=object)) if parts else None, sorted(wanted - there)


def _rows(frame: geopandas.GeoDataFrame, places: Sequence[int]) -> list[dict[str, Any]]:
    return frame.drop(columns=frame.geometry.name).iloc[list(places)].to_dict("records")


def _from_issue(issue: Issue, name: str | None, crs: CRS | None = None) -> Finding:
    """What reading said, with its place where the issue knows it: where a shape is broken, or lies astray."""
    values = {**dict(issue.values)}
    if issue.field is not None:
        values["field"] = issue.field
    x, y = values.get("x"), values.get("y")
    place = None
    if isinstance(x, int | float) and isinstance(y, int | float):
        place = _place(shapely.Point(x, y), crs)
        if place is not None and not np.isfinite(place.bounds).all():
            place = None
    return Finding(issue.code, issue.severity, name, issue.row, values, place)


def _place(geometry: Any, crs: CRS | None) -> Any:
    """A geometry in degrees for the map, where that can be worked out."""
    if crs is None or geometry is None or geometry.is_empty:
        return None
    try:
        return transform(np.array([geometry], dtype=object), crs, _CGCS2000)[0]
    except CrsError:
        return None


def _validity(
    geometries: np.ndarray, crs: CRS | None, numbers: Sequence[int], labels: Sequence[str], name: str | None
) -> list[Finding]:
    found = []
    for index in np.flatnonzero(shapely.is_missing(geometries)):
        found.append(Finding("geometry-missing", "error", name, numbers[index]))
    for index in np.flatnonzero(shapely.is_empty(geometries)):
        found.append(Finding("geometry-empty", "error", name, numbers[index]))
    for index in np.flatnonzero(~shapely.is_missing(geometries) & ~shapely.is_valid(geometries)):
        reason = shapely.is_valid_reason(geometries[index])
        spot = re.search(r"\[(\S+) (\S+)\]", reason)
        values: dict[str, Any] = {"name": labels[index], "reason": re.sub(r"\[.*", "", reason).strip()}
        place = None
        if spot:
            values |= {"x": float(spot[1]), "y": float(spot[2])}
            place = _place(shapely.Point(values["x"], values["y"]), crs)
        found.append(Finding("geometry-invalid", "error", name, numbers[index], values, place))
    return found


def _same_shapes(
    geometries: np.ndarray, crs: CRS | None, numbers: Sequence[int], labels: Sequence[str], name: str | None
) -> list[Finding]:
    groups: dict[bytes, list[int]] = {}
    usable = np.flatnonzero(~shapely.is_missing(geometries) & ~shapely.is_empty(geometries))
    for index, key in zip(usable, shapely.to_wkb(shapely.normalize(geometries[usable])), strict=True):
        groups.setdefault(key, []).append(int(index))
    return [
        Finding(
            "geometry-duplicate", "warning", name, numbers[same[0]],
            {"count": len(same), "features": "、".join(labels[index] for index in same[:5])},
            _place(geometries[same[0]], crs),
        )
        for same in groups.values() if len(same) > 1
    ]  # fmt: skip


def _fields(
    frame: geopandas.GeoDataFrame, schema: Role, numbers: Sequence[int], labels: Sequence[str], name: str | None
) -> list[Finding]:
    found = []
    for field_ in schema.fields:
        if field_.name in frame and field_.kind in ("choice", "bool") and not schema.register:
            asked: dict[Any, bool] = {}
            for value, number in zip(frame[field_.name], numbers, strict=True):
                if value not in asked:
                    asked[value] = not is_missing(value) and understood(value, field_) is None
                if asked[value]:
                    said = {"value": as_text(value), "field": field_.name, "title": field_.zh, "title_en": field_.en}
                    found.append(Finding("value-unreadable", "warning", name, number, said))
        if not (field_.required or field_.expected) or field_.name not in frame:
            continue
        empty = np.flatnonzero(frame[field_.name].isna().to_numpy())
        if len(empty):
            values = {
                "field": field_.name, "count": len(empty),
                "features": "、".join(labels[index] for index in empty[:5]),
            }  # fmt: skip
            severity = "error" if field_.required else "warning"
            found.append(Finding("value-missing", severity, name, numbers[empty[0]], values))
    return found


def _codes(
    frame: geopandas.GeoDataFrame, schema: Role, numbers: Sequence[int], labels: Sequence[str], name: str | None
) -> list[Finding]:
    if "code" not in frame:
        return []
    found: list[Finding] = []
    codes = list(frame["code"])
    where: dict[str, list[int]] = {}
    for index, code in enumerate(codes):
        if isinstance(code, str):
            where.setdefault(code, []).append(index)
    if schema.name in ("control_unit", "discharge_outlet", "element_zone", "admin"):
        severity = "error" if schema.name == "control_unit" else "warning"
        for code, same in where.items():
            if len(same) > 1:
                values = {"code": code, "count": len(same), "features": "、".join(labels[index] for index in same[:5])}
                found.append(Finding("code-duplicate", severity, name, numbers[same[0]], values))
    for index, code in enumerate(codes):
        if not isinstance(code, str):
            continue
        values = {"code": code, "name": labels[index]}
        match schema.name:
            case "control_unit":
                fits = _UNIT_CODE.match(code) or _SEA_CODE.match(code)
                if not fits:
                    more = {"pattern": "ZH + 6 位县代码 + 类别（1/2/3）+ 4 位序号"}
                    found.append(Finding("code-format", "error", name, numbers[index], values | more))
                    continue
                category = frame["category"].iloc[index] if "category" in frame else None
                if isinstance(category, str) and category != _CLASSES[fits[1]]:
                    more = {"digit": fits[1], "category": category}
                    found.append(Finding("code-class-mismatch", "error", name, numbers[index], values | more))
                if code[2:8] in ABOLISHED:
                    more = {"code": code[2:8], "successor": ABOLISHED[code[2:8]]}
                    found.append(Finding("code-abolished", "warning", name, numbers[index], values | more))
            case "discharge_outlet":
                county = re.match(r"[A-Z]{2}-?(\d{6})", code)
                if county and county[1] in ABOLISHED:
                    more = {"code": county[1], "successor": ABOLISHED[county[1]]}
                    found.append(Finding("code-abolished", "warning", name, numbers[index], values | more))
                elif not _OUTLET_CODE.match(code):
                    more = {"pattern": "HJ 1235-2021（如 FA-420582-0083-QT-00）"}
                    found.append(Finding("code-format", "info", name, numbers[index], values | more))
            case "admin":
                if code in ABOLISHED:
                    more = {"successor": ABOLISHED[code]}
                    found.append(Finding("code-abolished", "warning", name, numbers[index], values | more))
                elif not re.fullmatch(r"\d{2}(\d{2}(\d{2}(\d{3}(\d{3})?)?)?)?", code):
                    more = {"pattern": "GB/T 2260"}
                    found.append(Finding("code-format", "warning", name, numbers[index], values | more))
    return found


def _units(
    geometries: np.ndarray, crs: CRS | None, labels: Sequence[str], name: str | None, extent: Any
) -> list[Finding]:
    """Overlaps between control units and the land that none of them covers."""
    if crs is None:
        return []
    try:
        placed = transform(shapely.make_valid(geometries), crs, _CGCS2000)
        zone = zone_for(placed)
        planar = crs if crs.is_projected and crs.to_epsg() != 3857 else zone
        metres = shapely.make_valid(transform(placed, _CGCS2000, planar) if planar is zone else geometries)
        whole = transform(np.array([extent], dtype=object), _CGCS2000, planar)[0] if extent is not None else None
    except CrsError:
        return []
    metres = np.array([_polygons(geometry) for geometry in np.asarray(metres, dtype=object)], dtype=object)
    found = []
    for shared in overlapping(metres, tolerance_m=SLIVER_M):
        small = shared.area_m2 < OVERLAP_TOLERANCE_M2
        values = {
            "first": labels[shared.first], "second": labels[shared.second], "area_m2": round(shared.area_m2, 3),
            "width_m": round(shared.width_m, 3), "tolerance_m2": OVERLAP_TOLERANCE_M2, "sliver": shared.sliver,
        }  # fmt: skip
        code = "units-overlap-small" if small else "units-overlap"
        severity = "info" if small else "warning" if shared.sliver else "error"
        place = _place(shared.geometry, planar)
        found.append(Finding(code, severity, name, None, values | _where(place), place))
    if whole is None:
        # Without the administrative area only holes between units are certainly gaps.
        union = shapely.union_all(metres)
        parts = [shapely.Polygon(part.exterior) for part in shapely.get_parts(union)]
        whole = shapely.union_all(parts)
    for gap in gaps(metres, shapely.make_valid(whole), tolerance_m=SLIVER_M):
        if gap.area_m2 < OVERLAP_TOLERANCE_M2:
            continue
        place = _place(gap.geometry, planar)
        values = {
            "area_m2": round(gap.area_m2, 3), "width_m": round(gap.width_m, 3), "sliver": gap.sliver,
            "tolerance_m2": OVERLAP_TOLERANCE_M2, **_where(place),
        }  # fmt: skip
        found.append(Finding("units-gap", "warning" if gap.sliver else "error", name, None, values, place))
    return found


def _where(place: Any) -> dict[str, float]:
    """A point of a place, degrees; six digits are a decimetre."""
    if place is None or place.is_empty:
        return {}
    point = place.representative_point()
    return {"lon": round(point.x, 6), "lat": round(point.y, 6)}


def _polygons(geometry: Any) -> Any:
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    return shapely.multipolygons(parts) if len(parts) != 1 else parts[0]


def _redline_outside_priority(redline: np.ndarray, priority: np.ndarray) -> list[Finding]:
    """The redline belongs to the priority units whole; what lies outside them is one of the two layers' mistake."""
    try:
        planar = zone_for(redline)
        red = shapely.make_valid(transform(redline, _CGCS2000, planar))
        units = shapely.make_valid(transform(priority, _CGCS2000, planar))
    except CrsError:
        return []
    # Feature by feature: one union of a province's redline takes minutes, and nearly all of it lies inside.
    meets: dict[int, list[int]] = {}
    for line, unit in zip(*shapely.STRtree(units).query(red, predicate="intersects").tolist(), strict=True):
        meets.setdefault(line, []).append(unit)
    parts = [
        shapely.difference(shape, shapely.union_all(units[meets[at]])) if at in meets else shape
        for at, shape in enumerate(red)
        if shape is not None
    ]
    left = shapely.union_all(np.array(parts, dtype=object))
    # A strip no wider than the tolerance is the same line drawn twice.
    wide = shapely.buffer(left, -SLIVER_M / 2)
    if left.area < OVERLAP_TOLERANCE_M2 or wide.is_empty:
        return []
    values = {"area_m2": round(left.area, 1)}
    return [Finding("redline-outside-priority", "warning", None, None, values, _place(left, planar))]


def _counted(found: list[Finding]) -> list[Finding]:
    """At most fifty findings of one kind one by one, then how many more there are."""
    listed: list[Finding] = []
    seen: dict[str, int] = {}
    for finding in found:
        seen[finding.code] = seen.get(finding.code, 0) + 1
        if seen[finding.code] <= _MANY:
            listed.append(finding)
    for code, count in seen.items():
        if count > _MANY:
            first = next(finding for finding in found if finding.code == code)
            values = {"code": code, "count": count - _MANY}
            listed.append(Finding("more-of-the-same", first.severity, first.layer, None, values))
    return listed

"""What of each layer a screening looked at, and a workspace made of nothing but that.

A screening asks each layer what lies near each site, and the nearest feature where nothing does. Those features with all
their attributes, the record of the layer, and the area over which it claims to be complete give the same answers as the
whole layer: the same bytes of the result.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer
from shapely import STRtree
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from layers.issues import Issue
from layers.workspace import LayerRecord, Workspace
from sanxian.facts import SEARCH_MARGIN_M
from sanxian.request import Project
from sanxian.screen import Screener
from spatial.crs import CGCS2000, STRAIGHT_M, transform, units, zone_for

PUBLIC = ("", "公开", "public", "none", "无")  # marks under which a layer may be handed on
SECRECY = {"internal": "内部", "secret": "秘密", "confidential": "机密", "top_secret": "绝密"}  # of layers.workspace
_MARGIN = 1.1  # boxes are taken a little wider than the screening takes them: more features change nothing


@dataclass(frozen=True, slots=True)
class Extract:
    """What is taken of one layer.

    Attributes:
        record: As the workspace has it.
        rows: The features as JSON text; empty where the screening asked only whether the layer is there.
        kept: How many features that is.
        coverage: Key among the coverages, or empty where nobody said how far the layer is complete.
        mark: Its mark of confidentiality; empty where it has none.
    """

    record: LayerRecord
    rows: bytes
    kept: int
    coverage: str
    mark: str


def confidentiality(workspace: Any, record: Any) -> str:
    """The mark of a layer, such as 内部 or 秘密; empty where it is public or nobody marked it.

    Looked for on the layer's record and in the workspace's state under ``confidentiality``, by layer name.
    """
    for name in ("confidentiality", "secrecy", "marking"):
        value = getattr(record, name, None)
        if value:
            mark = str(value).strip()
            return "" if mark.lower() in PUBLIC else SECRECY.get(mark, mark)
    marks = workspace.state("confidentiality", {}) or {}
    value = str(marks.get(record.name) or "").strip() if isinstance(marks, Mapping) else ""
    return "" if value.lower() in PUBLIC else value


def take(
    workspace: Workspace, screener: Screener, projects: Sequence[Project], *, whole: bool = False
) -> tuple[list[Extract], dict[str, bytes]]:
    """What a screening of ``projects`` looks at.

    Args:
        workspace: The layers.
        screener: Set up for the day, rules and parameters of the screening; says how far around a site it looks.
        projects: The sites.
        whole: Take every feature, wherever it lies.

    Returns:
        The extracts, layers in the order of the workspace, and the coverages by key.
    """
    asked = set(screener.searches)
    asked |= {other.also_in.layer for relations in screener.today.commons().values() for other in relations.values() if other.also_in}
    sites = [transform(item.geometry, CRS.from_user_input(item.crs), CGCS2000, straight_m=STRAIGHT_M) for item in projects]
    accuracy = [float(item.attributes.get("accuracy_m") or 0.0) for item in projects]
    found: list[Extract] = []
    coverages: dict[str, bytes] = {}
    for record in workspace.layers():
        if not record.current or record.role not in asked | {"admin"}:
            continue
        rows, kept = b"", 0
        if record.role in asked:
            frame = workspace.read(record.name)
            reach = [screener.searches.get(record.role, 0.0) + max(_accuracies(workspace, record.role), default=0.0)
                     + own + SEARCH_MARGIN_M for own in accuracy]
            chosen = np.arange(len(frame)) if whole else _near(frame, sites, reach)
            rows, kept = _text(frame, chosen), len(chosen)
        area = workspace.coverage_of(record)
        key = ""
        if area is not None:
            text = _json({"type": "Feature", "properties": {}, "geometry": mapping(area)})
            key = hashlib.sha256(text).hexdigest()
            coverages.setdefault(key, text)
        found.append(Extract(record, rows, kept, key, confidentiality(workspace, record)))
    return found, coverages


def _accuracies(workspace: Workspace, role: str) -> list[float]:
    return [record.accuracy_m for record in workspace.by_role(role) if record.accuracy_m is not None]


def _near(frame: geopandas.GeoDataFrame, sites: Sequence[BaseGeometry], reach: Sequence[float]) -> np.ndarray:
    """Rows that a screening of ``sites`` could meet; the first row always, so that a layer is not taken for empty."""
    if not len(frame):
        return np.empty(0, dtype=int)
    crs = CRS.from_user_input(frame.crs)
    shapes = np.asarray(frame.geometry.values, dtype=object)
    tree = STRtree(shapes)
    chosen = {0}
    for site, metres in zip(sites, reach, strict=True):
        here = transform(site, CGCS2000, crs)
        rows = _around(tree, here, crs, metres * _MARGIN + 50.0)
        zone = zone_for(site)
        plane = transform(site, CGCS2000, zone)
        if not len(rows) or not (shapely.distance(plane, transform(shapes[rows], crs, zone)) <= metres * 0.98).any():
            closest = np.atleast_1d(tree.query_nearest(here))
            if len(closest):
                ways = transform(shapely.shortest_line(here, shapes[closest]), crs, zone)
                longest = float(np.max(shapely.length(ways)))
                rows = np.union1d(rows, _around(tree, here, crs, longest * _MARGIN + 50.0))
        chosen.update(int(row) for row in rows)
    return np.array(sorted(chosen), dtype=int)


def _around(tree: STRtree, here: BaseGeometry, crs: CRS, metres: float) -> np.ndarray:
    west, south, east, north = here.bounds
    dy = units(metres, crs) * 1.03
    dx = dy / max(float(np.cos(np.radians(max(abs(south), abs(north))))), 0.2) if crs.is_geographic else dy
    return np.sort(tree.query(shapely.box(west - dx, south - dy, east + dx, north + dy)))


def _text(frame: geopandas.GeoDataFrame, rows: np.ndarray) -> bytes:
    """Features as GeoJSON in the layer's own CRS, every digit of every coordinate."""
    part = frame.iloc[rows]
    table = part.drop(columns=part.geometry.name)
    columns = [str(name) for name in table.columns]
    records = table.astype(object).where(table.notna(), None).to_dict("records")
    lines = []
    for record, geometry in zip(records, part.geometry, strict=True):
        shown = None if geometry is None or geometry.is_empty else mapping(shapely.force_2d(geometry))
        properties = {str(name): _plain(value) for name, value in record.items()}
        lines.append(_json({"type": "Feature", "properties": properties, "geometry": shown}).decode().rstrip("\n"))
    head = _json({"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": CRS.from_user_input(frame.crs).srs}},
                  "columns": columns}).decode().rstrip("\n")[:-1]
    return whole_text(head + ', "features": [\n' + ",\n".join(lines) + "\n]}\n")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _json(value: Any) -> bytes:
    return whole_text(json.dumps(value, ensure_ascii=False, allow_nan=False)) + b"\n"


def whole_text(text: str) -> bytes:
    """JSON text as UTF-8; half a character, as a broken encoding leaves it, in the way that JSON has for it."""
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text).encode()


def frame_of(text: bytes) -> geopandas.GeoDataFrame:
    """The features that :func:`take` wrote."""
    data = json.loads(text)
    crs = CRS.from_user_input(data["crs"]["properties"]["name"])
    features = data["features"]
    columns = {name: pd.Series([item["properties"].get(name) for item in features], dtype=object) for name in data["columns"]}
    shapes = [None if item["geometry"] is None else shape(item["geometry"]) for item in features]
    return geopandas.GeoDataFrame(pd.DataFrame(columns, index=range(len(features))),
                                  geometry=geopandas.GeoSeries(shapes, index=range(len(features)), crs=crs))


def record_out(record: LayerRecord) -> dict[str, Any]:
    """The record of a layer as plain JSON values; its coverage stands apart."""
    return {
        "role": record.role, "name": record.name, "version": record.version, "data_date": record.data_date,
        "accuracy_m": record.accuracy_m, "source": record.source, "coverage": record.coverage, "crs": record.crs.srs,
        "coverage_from": record.coverage_from,
        "features": record.features, "sha256": record.sha256, "geometry_type": record.geometry_type,
        "family": record.family, "file": record.file, "issues": sorted({issue.code for issue in record.issues}),
    }  # fmt: skip


def record_in(data: Mapping[str, Any], order: int, area: BaseGeometry | None) -> LayerRecord:
    """The record that :func:`record_out` wrote."""
    return LayerRecord(
        name=data["name"], role=data["role"], version=data["version"], data_date=data["data_date"],
        accuracy_m=data["accuracy_m"], source=data["source"], coverage=data["coverage"], coverage_geometry=area,
        crs=CRS.from_user_input(data["crs"]), features=data["features"], sha256=data["sha256"],
        issues=tuple(Issue(code) for code in data["issues"]), geometry_type=data["geometry_type"], added=order,
        family=data["family"], current=True, table="", file=data["file"], coverage_from=data.get("coverage_from"),
    )  # fmt: skip


class ExtractWorkspace(Workspace):
    """As much of a workspace as a screening asks for, from a bundle and not from a file.

    Args:
        records: Each with the features that were taken; ``None`` where none were.
        coverages: By layer name.
        state: Parameters and overrides.
    """

    def __init__(self, records: Sequence[tuple[LayerRecord, bytes | None]], coverages: Mapping[str, BaseGeometry],
                 state: Mapping[str, Any]) -> None:
        super().__init__(Path("bundle.zip"), readonly=True, lock=None)
        self._records = [record for record, _rows in records]
        self._rows = {record.name: rows for record, rows in records}
        self._areas = coverages
        self._state = state

    def layers(self) -> list[LayerRecord]:
        """Every layer of the bundle."""
        return list(self._records)

    def read(self, name: str) -> geopandas.GeoDataFrame:
        """The features that were taken of a layer."""
        rows = self._rows[name]
        if rows is None:
            record = self.record(name)
            return geopandas.GeoDataFrame({"fid": []}, geometry=geopandas.GeoSeries([], crs=record.crs))
        return frame_of(rows)

    def coverage_of(self, record: LayerRecord) -> Any:
        """Where a layer claims to be complete."""
        return self._areas.get(record.name)

    def state(self, key: str, default: Any = None) -> Any:
        """What the workspace kept under ``key`` when it was screened."""
        return self._state.get(key, default)

    def nearby(self, record: LayerRecord) -> None:
        """None: there is no index to ask; what was taken of a layer is read whole."""

    def rasters(self) -> list[Any]:
        """None: what they said of the sites is in the bundle as it was said."""
        return []

    def packs(self) -> dict[str, Mapping[str, bytes]]:
        """None: the rules of a bundle stand beside its layers."""
        return {}


class StatedRaster:
    """What a raster said of a site, as it stands in a bundle."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self._said = dict(said)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as they stand there."""
        return dict(self._said)


def projects_out(projects: Sequence[Project]) -> bytes:
    """Projects as JSON text, every digit of every coordinate."""
    lines = []
    for item in projects:
        lines.append(_json({
            "id": item.id, "name": item.name, "crs": item.crs, "row": item.row, "fid": item.fid,
            "attributes": {key: list(value) if isinstance(value, tuple) else value for key, value in sorted(item.attributes.items())},
            **_alternative(item),
            "geometry": mapping(shapely.force_2d(item.geometry)),
        }).decode().rstrip("\n"))
    return whole_text("[\n" + ",\n".join(lines) + "\n]\n")


def _alternative(item: Project) -> dict[str, str]:
    found = {"alternative": item.alternative, "alternative_of": item.alternative_of}
    return {key: value for key, value in found.items() if value}


def projects_in(text: bytes) -> list[Project]:
    """The projects that :func:`projects_out` wrote."""
    return [
        Project(
            item["id"], item["name"], shape(item["geometry"]), item["crs"],
            {key: tuple(value) if isinstance(value, list) else value for key, value in item["attributes"].items()},
            item["row"], item["fid"], item.get("alternative", ""), item.get("alternative_of", ""),
        )
        for item in json.loads(text)
    ]  # fmt: skip


def operations(projects: Iterable[Project], extracts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The coordinate operations that the screening went through: from, to, and what PROJ does between them."""
    pairs: dict[tuple[str, str], tuple[float, float]] = {}
    crs_of = {item["crs"] for item in extracts}
    for item in projects:
        source = CRS.from_user_input(item.crs)
        lonlat = transform(item.geometry, source, CGCS2000, straight_m=STRAIGHT_M)
        zone = zone_for(lonlat)
        place = shapely.get_coordinates(lonlat)[0]
        for one, other in [(source.srs, CGCS2000.srs), (source.srs, zone.srs), (CGCS2000.srs, zone.srs),
                           *((srs, zone.srs) for srs in crs_of)]:
            if one != other:
                pairs.setdefault((one, other), (float(place[0]), float(place[1])))
    found = []
    for (one, other), (lon, lat) in sorted(pairs.items()):
        start = Transformer.from_crs(CGCS2000, CRS.from_user_input(one), always_xy=True).transform(lon, lat)
        move = Transformer.from_crs(CRS.from_user_input(one), CRS.from_user_input(other), always_xy=True)
        move.transform(*start)
        used = move.get_last_used_operation() if hasattr(move, "get_last_used_operation") else move
        found.append({"from": one, "to": other, "operation": used.description, "definition": used.definition,
                      "accuracy_m": used.accuracy if used.accuracy is not None and used.accuracy >= 0 else None})
    return found

"""The coverage ledger: what the workspace knows of which place, how recent and how exact, and what it does not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import shapely
from pyproj import CRS

from layers.issues import Issue
from layers.read import Layer
from layers.schema import ROLES
from layers.whereabouts import lonlat_boxes, sample_boxes
from layers.workspace import LayerRecord, Workspace
from spatial.measure import area_m2

_CGCS2000 = CRS.from_epsg(4490)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One layer in use, and where it claims to be complete.

    Attributes:
        stated: ``given`` (with the layer), ``admin`` (the administrative areas stand in for it, since nobody said) or
            ``unknown``.
        district_share: Part of the district (the union of the administrative areas) that is covered, 0 to 1; ``None``
            where no administrative area is loaded or the coverage is unknown.
        covered_m2: Of the district, on the ellipsoid; ``None`` likewise.
        coverage: In EPSG:4490, or ``None``.
        extent_share: Part of the district over which the features are spread (within the hull of their boxes), 0 to 1;
            ``None`` where no administrative area is loaded.
        scale, accuracy_from: As of a ``LayerRecord``.
    """

    name: str
    role: str
    version: str | None
    data_date: str | None
    accuracy_m: float | None
    source: str | None
    features: int
    stated: str
    district_share: float | None
    covered_m2: float | None
    coverage: Any
    scale: int | None = None
    accuracy_from: str | None = None
    extent_share: float | None = None


# Layers that reach all over a district where they are complete; others, such as parks, may well be in one corner of it.
SPREAD = (
    "control_unit", "ecological_redline", "element_zone", "permanent_farmland", "farmland_class", "water_body", "river_bank",
    "river_management", "noise_zone", "water_function_zone",
)  # fmt: skip
NARROW = 0.25  # of the district; a layer whose features lie within less of it may be that of one township


@dataclass(frozen=True, slots=True)
class Assumed:
    """That a layer is taken to be complete all over a district of which its features take a corner.

    Attributes:
        severity: ``warning`` for what reaches all over a district where it is complete, else ``info``.
        values: ``percent``, ``extent_km2`` and ``district_km2``.
    """

    severity: str
    values: dict[str, Any]

    def issue(self) -> Issue:
        """The same as an issue of the layer."""
        return Issue("coverage-assumed", None, None, self.severity, self.values)


def assumed(workspace: Workspace, record: LayerRecord, whole: Any = None) -> Assumed | None:
    """Whether nobody has said where a layer is complete, and its features lie in a small part of the district.

    Args:
        workspace: The workspace.
        record: One of its layers.
        whole: The district, where the caller has it already (``district``).
    """
    if record.coverage_from != "admin" or record.role in ("admin", "project_site", "reference") or not record.features:
        return None
    return _narrow(_hull(workspace, record), record.role, workspace.coverage_of(record) if whole is None else whole)


def assumed_for(workspace: Workspace, layer: Layer) -> Assumed | None:
    """As :func:`assumed` for a layer that is about to be added without a coverage of its own."""
    if layer.role in ("admin", "project_site", "reference") or not len(layer.frame) or layer.frame.crs is None:
        return None
    whole = district(workspace)
    if whole is None:
        return None
    boxes = lonlat_boxes(sample_boxes(layer.frame.geometry.array), layer.frame.crs)
    return _narrow(_hull_of(boxes), layer.role, whole)


def _narrow(hull: Any, role: str, whole: Any) -> Assumed | None:
    total, spread = _area(whole), _area(shapely.intersection(hull, whole))
    if not total or spread >= NARROW * total:
        return None
    values = {"percent": round(100 * spread / total, 1), "extent_km2": _km2(spread), "district_km2": _km2(total)}
    return Assumed("warning" if role in SPREAD else "info", values)


def _km2(square_metres: float) -> float:
    return round(square_metres / 1e6, 2) if square_metres < 1e8 else round(square_metres / 1e6)


def _hull(workspace: Workspace, record: LayerRecord) -> Any:
    return _hull_of(lonlat_boxes(workspace.boxes(record, 2000), record.crs))


def _hull_of(boxes: np.ndarray) -> Any:
    return shapely.convex_hull(shapely.union_all(shapely.box(*boxes.T))) if len(boxes) else shapely.Polygon()


def district(workspace: Workspace) -> Any:
    """The union of the administrative areas in EPSG:4490, or ``None`` where none is loaded."""
    admins = [record for record in workspace.by_role("admin") if record.features]
    parts: list[Any] = []
    for record in admins:
        shapes = shapely.make_valid(np.asarray(workspace.read(record.name).geometry.array, dtype=object))
        frame = geopandas.GeoSeries(shapes, crs=record.crs).to_crs(_CGCS2000)
        parts += list(shapely.make_valid(np.asarray(frame.array, dtype=object)))
    return shapely.union_all(np.array(parts, dtype=object)) if parts else None


def ledger(workspace: Workspace) -> list[LedgerRow]:
    """Every layer in use with its coverage, in the order in which they were added."""
    whole = district(workspace)
    total = _area(whole)
    found = []
    for record in workspace.layers():
        if not record.current or record.role == "project_site":
            continue
        coverage = workspace.coverage_of(record)
        stated = "given" if record.coverage_geometry is not None else "admin" if coverage is not None else "unknown"
        covered = share = None
        if coverage is not None and whole is not None and total:
            # An empty layer covers what it says, too: there is nothing of its kind there.
            covered = total if stated == "admin" else _area(shapely.intersection(shapely.make_valid(coverage), whole))
            share = min(1.0, covered / total)
        extent = _area(shapely.intersection(_hull(workspace, record), whole)) / total if total else None
        found.append(_row(record, stated, share, covered, coverage, extent))
    return found


def missing_roles(workspace: Workspace) -> list[str]:
    """Roles of which the workspace holds no layer: nothing of that kind has been checked anywhere."""
    there = {record.role for record in workspace.layers()} | ({"raster"} if workspace.rasters() else set())
    return [role for role in ROLES if role not in there and role not in ("project_site", "reference")]


def coverage_layer(workspace: Workspace) -> geopandas.GeoDataFrame:
    """The ledger as a map: one feature a layer whose coverage is known, in EPSG:4490."""
    rows = [row for row in ledger(workspace) if row.coverage is not None]
    data = {
        "name": [row.name for row in rows], "role": [row.role for row in rows],
        "version": [row.version for row in rows], "data_date": [row.data_date for row in rows],
        "accuracy_m": [row.accuracy_m for row in rows], "scale": [row.scale for row in rows],
        "stated": [row.stated for row in rows],
        "district_share": [row.district_share for row in rows],
    }  # fmt: skip
    return geopandas.GeoDataFrame(data, geometry=[row.coverage for row in rows], crs=_CGCS2000)


def _area(geometry: Any) -> float:
    if geometry is None or geometry.is_empty:
        return 0.0
    parts = np.array([part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"], dtype=object)
    return float(np.sum(area_m2(parts, _CGCS2000))) if len(parts) else 0.0


def _row(
    record: LayerRecord, stated: str, share: float | None, covered: float | None, coverage: Any,
    extent: float | None,
) -> LedgerRow:
    return LedgerRow(
        record.name, record.role, record.version, record.data_date, record.accuracy_m, record.source, record.features,
        stated, None if share is None else round(share, 6), None if covered is None else round(covered, 1), coverage,
        record.scale, record.accuracy_from, None if extent is None else round(min(1.0, extent), 6),
    )  # fmt: skip

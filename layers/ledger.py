"""The coverage ledger: what the workspace knows of which place, how recent and how exact, and what it does not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import shapely
from pyproj import CRS

from layers.schema import ROLES
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
        found.append(_row(record, stated, share, covered, coverage))
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
    record: LayerRecord, stated: str, share: float | None, covered: float | None, coverage: Any
) -> LedgerRow:
    return LedgerRow(
        record.name, record.role, record.version, record.data_date, record.accuracy_m, record.source, record.features,
        stated, None if share is None else round(share, 6), None if covered is None else round(covered, 1), coverage,
        record.scale, record.accuracy_from,
    )  # fmt: skip

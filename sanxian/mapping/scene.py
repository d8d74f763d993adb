"""What a map around one place shows: the layers nearby, cut to the view, each with its look and its words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from sanxian.mapping.styles import LayerStyle, Symbol, drawing_order, style_for

LONLAT = CRS.from_epsg(4490)
# Drawn wherever they are loaded, besides the layers that an outcome rests on: what a reader looks for first.
BASE_ROLES = ("water_body", "control_unit", "ecological_redline", "river_bank", "admin")
METRES_PER_DEGREE = 111_320.0

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class SceneLayer:
    """The features of one layer that meet the view.

    Attributes:
        geometries: In EPSG:4490, longitude first, one for each of ``attributes``; not cut.
    """

    role: str
    name: str
    style: LayerStyle
    geometries: np.ndarray
    attributes: list[dict[str, Any]]

    def classes(self) -> list[tuple[Symbol, np.ndarray]]:
        """The classes that occur, in the order of the style, each with the positions of its features."""
        found: dict[Symbol, list[int]] = {}
        for position, attributes in enumerate(self.attributes):
            found.setdefault(self.style.symbol_of(attributes), []).append(position)
        return [(symbol, np.array(found[symbol])) for symbol in self.style.classes if symbol in found]

    def label(self, position: int) -> str:
        """What to call one feature: its name, else its code."""
        from layers.schema import feature_label

        return feature_label(self.role, self.attributes[position])


def roles_of(project: Any) -> set[str]:
    """The layers that the outcomes of a project rest on, and those that are always drawn."""
    return {*BASE_ROLES, *(item.layer for outcome in project.outcomes for item in outcome.evidence)}


def grow(bounds: Bounds, metres: float) -> Bounds:
    """``bounds`` in degrees, wider by ``metres`` on every side."""
    west, south, east, north = bounds
    dlat = metres / METRES_PER_DEGREE
    dlon = dlat / max(math.cos(math.radians((south + north) / 2)), 0.1)
    return west - dlon, south - dlat, east + dlon, north + dlat


def view_around(project: Any) -> Bounds:
    """West, south, east and north of a view that holds the site and, where it is not too far, what counted nearby."""
    west, south, east, north = project.lonlat.bounds
    across = max((north - south) * METRES_PER_DEGREE, (east - west) * METRES_PER_DEGREE * 0.87)
    near = [item.distance_m for outcome in project.outcomes for item in outcome.evidence
            if item.distance_m is not None and item.distance_m <= 4_000]
    return grow((west, south, east, north), max(600.0, 0.6 * across, 1.25 * max(near, default=0.0)))


def layers_in(workspace: Any, bounds: Bounds, roles: Iterable[str]) -> list[SceneLayer]:
    """The layers of ``roles`` with what they have within ``bounds``, bottom first; layers without anything are left out.

    Args:
        workspace: An open workspace, or ``None`` for a map of the sites alone.
        bounds: West, south, east, north in degrees (EPSG:4490).
        roles: Rasters and the sites themselves are never among them.
    """
    if workspace is None:
        return []
    wanted = drawing_order(set(roles) - {"raster", "project_site"})
    records = sorted((record for record in workspace.layers() if record.role in wanted and _current(record)),
                     key=lambda record: (wanted.index(record.role), record.name))
    frame_of_view = shapely.box(*bounds)
    found = []
    for record in records:
        crs = CRS.from_user_input(record.crs)
        there = Transformer.from_crs(LONLAT, crs, always_xy=True)
        frame = workspace.read_bbox(record.name, there.transform_bounds(*bounds, densify_pts=21))
        geometries = to_lonlat(np.asarray(frame.geometry.array, dtype=object), crs)
        keep = np.flatnonzero(shapely.intersects(geometries, frame_of_view))
        if len(keep):
            table = frame.drop(columns=frame.geometry.name).iloc[keep].to_dict("records")
            found.append(SceneLayer(record.role, record.name, style_for(record.role), geometries[keep], table))
    return found


def _current(record: Any) -> bool:
    return bool(getattr(record, "current", True))


def to_lonlat(geometries: np.ndarray, crs: CRS) -> np.ndarray:
    """``geometries`` in EPSG:4490, longitude first."""
    return _project(geometries, crs, LONLAT)


def to_plane(geometries: np.ndarray, crs: CRS) -> np.ndarray:
    """``geometries`` from EPSG:4490 to a projected CRS, east first."""
    return _project(geometries, LONLAT, crs)


def _project(geometries: np.ndarray, source: CRS, target: CRS) -> np.ndarray:
    if source == target:
        return geometries
    move = Transformer.from_crs(source, target, always_xy=True)
    return shapely.transform(geometries, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))


def zone_of(longitude: float) -> CRS:
    """The 3° Gauss-Krüger zone (CGCS2000, without zone number) whose central meridian is nearest to ``longitude``."""
    meridian = min(135, max(75, round(longitude / 3) * 3))
    return CRS.from_epsg(4534 + (meridian - 75) // 3)


def parts_of(geometry: BaseGeometry) -> list[BaseGeometry]:
    """The simple geometries that ``geometry`` is made of."""
    return [part for part in shapely.get_parts(np.array([geometry], dtype=object)) if not part.is_empty]

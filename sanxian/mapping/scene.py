"""What a map around one place shows: the layers nearby, cut to the view, each with its look and its words."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from rules.model import Verdict
from sanxian.i18n import _
from sanxian.mapping.own_styles import styles_of
from sanxian.mapping.styles import LayerStyle, Symbol, drawing_order, style_for
from sanxian.outlets.layers import with_states

LONLAT = CRS.from_epsg(4490)
# Drawn wherever they are loaded, besides the layers that an outcome rests on: what a reader looks for first.
BASE_ROLES = ("water_body", "control_unit", "ecological_redline", "river_bank", "admin")
# Marks of layers that leave the house only where somebody says so.
SECRET = frozenset(("secret", "confidential", "top_secret"))
METRES_PER_DEGREE = 111_320.0
_KEPT_FEATURES = 2_000

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
        import pandas as pd

        numbers = self.style.class_numbers(pd.DataFrame(self.attributes, index=range(len(self.attributes))))
        return [(symbol, np.flatnonzero(numbers == number)) for number, symbol in enumerate(self.style.classes)
                if symbol.shown and (numbers == number).any()]

    def label(self, position: int) -> str:
        """What to call one feature: its name, else its code."""
        from layers.schema import feature_label

        return feature_label(self.role, self.attributes[position])


def roles_of(project: Any) -> set[str]:
    """The layers that are always drawn, and those on which an outcome rests that asks something of the project.

    With the layers of every rule that found nothing, a map of a dense district could not be read.
    """
    quiet = (Verdict.PERMITTED, Verdict.NOT_APPLICABLE)
    return {*BASE_ROLES, *(item.layer for outcome in project.outcomes if outcome.outcome not in quiet
                           for item in outcome.evidence)}


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
    roles = roles_of(project)
    near = [item.distance_m for outcome in project.outcomes for item in outcome.evidence
            if item.layer in roles and item.distance_m is not None and item.distance_m <= 3_000]
    return grow((west, south, east, north), max(600.0, 0.6 * across, 1.25 * max(near, default=0.0)))


class Shown:
    """A workspace without some of its layers, for maps.

    Attributes:
        withheld: How many layers in use it leaves out.
    """

    def __init__(self, workspace: Any, hidden: Collection[str]) -> None:
        self._workspace, self._hidden = workspace, frozenset(hidden)
        self.withheld: int = sum(record.current and record.name in self._hidden for record in workspace.layers())
        self.withheld += getattr(workspace, "withheld", 0)

    def layers(self) -> list[Any]:
        """The layers that may be shown."""
        return [record for record in self._workspace.layers() if record.name not in self._hidden]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._workspace, name)


def without_secret(workspace: Any) -> Any:
    """A workspace, if any, without the layers that are marked secret or higher."""
    if workspace is None:
        return None
    hidden = {record.name for record in workspace.layers() if getattr(record, "secrecy", None) in SECRET}
    return Shown(workspace, hidden) if hidden else workspace


def withheld_words(count: int) -> str:
    """That layers were left out, for the map that does not show them."""
    return _("另有 {count} 个图层因密级没有画在图上。").format(count=count)


class Reader:
    """Reads what views need from the layers of a workspace; small layers are read once and kept.

    Args:
        workspace: An open workspace, or ``None`` for maps of the sites alone.
    """

    def __init__(self, workspace: Any) -> None:
        self._workspace = workspace
        self._records = None if workspace is None else workspace.layers()
        self._styles = {} if workspace is None else styles_of(workspace)
        self.withheld: int = 0 if workspace is None else getattr(workspace, "withheld", 0)
        self._kept: dict[str, tuple[np.ndarray, list[dict[str, Any]]]] = {}

    @classmethod
    def of(cls, source: Any) -> Reader:
        """``source`` itself where it is a reader, else a reader of the workspace."""
        return source if isinstance(source, Reader) else cls(source)

    def layers_in(self, bounds: Bounds, roles: Iterable[str]) -> list[SceneLayer]:
        """The layers of ``roles`` with what they have within ``bounds``, bottom first; none without anything.

        Args:
            bounds: West, south, east, north in degrees (EPSG:4490).
            roles: Rasters and the sites themselves are never among them.
        """
        wanted = drawing_order(set(roles) - {"raster", "project_site"})
        records = sorted((record for record in self._records or () if record.role in wanted and record.current),
                         key=lambda record: (wanted.index(record.role), record.name))
        view = shapely.box(*bounds)
        found = []
        for record in records:
            geometries, attributes = self._read(record, bounds)
            keep = np.flatnonzero(shapely.intersects(geometries, view))
            if len(keep):
                found.append(SceneLayer(record.role, record.name, self._styles.get(record.name) or style_for(record.role), geometries[keep],
                                        [attributes[position] for position in keep]))
        return found

    def _read(self, record: Any, bounds: Bounds) -> tuple[np.ndarray, list[dict[str, Any]]]:
        if record.name in self._kept:
            return self._kept[record.name]
        crs = CRS.from_user_input(record.crs)
        small = record.features <= _KEPT_FEATURES
        if small:
            frame = self._workspace.read(record.name)
        else:
            there = Transformer.from_crs(LONLAT, crs, always_xy=True)
            frame = self._workspace.read_bbox(record.name, there.transform_bounds(*bounds, densify_pts=21))
        frame = with_states(self._workspace, record, frame, on=date.max)
        geometries = to_lonlat(np.asarray(frame.geometry.array, dtype=object), crs)
        attributes = frame.drop(columns=frame.geometry.name).to_dict("records")
        if small:
            shapely.prepare(geometries)
            self._kept[record.name] = (geometries, attributes)
        return geometries, attributes


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

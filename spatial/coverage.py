"""Where the zones of a coverage leave gaps or lie over one another.

Planar, in metres. Everything found is reported; what is narrower than the tolerance is marked as a sliver, so that
digitising noise can be shown apart from land that nobody has zoned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from spatial.overlay import _areas, as_array, require_valid


@dataclass(frozen=True, slots=True)
class Gap:
    """Land inside the extent that no zone covers.

    Attributes:
        geometry: Polygon of the gap.
        area_m2: Its planar area.
        width_m: Diameter of the largest circle found in it, or its mean width if that is more.
        sliver: No circle wider than the tolerance fits in it.
        zones: Positions of the zones around it, in order.
    """

    geometry: BaseGeometry
    area_m2: float
    width_m: float
    sliver: bool
    zones: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """Land that two zones both claim.

    Attributes:
        first, second: Positions of the two zones, the smaller first.
        geometry: Polygon or multipolygon that they share.
        area_m2: Its planar area.
        width_m: Diameter of the largest circle found in it, or its mean width if that is more.
        sliver: No circle wider than the tolerance fits in it.
    """

    first: int
    second: int
    geometry: BaseGeometry
    area_m2: float
    width_m: float
    sliver: bool


def gaps(
    zones: Sequence[BaseGeometry] | np.ndarray, extent: BaseGeometry, *, tolerance_m: float = 0.0
) -> list[Gap]:
    """Parts of ``extent`` that no zone covers, largest first.

    Args:
        zones: Valid polygons; empty ones and ``None`` cover nothing.
        extent: Valid polygon that the zones are meant to fill.
        tolerance_m: Gaps no wider than this are marked as slivers.

    Raises:
        GeometryError: A zone or the extent is invalid.
    """
    zones = as_array(zones)
    require_valid(zones, np.arange(len(zones)))
    require_valid(as_array(extent), np.arange(1))
    tree = STRtree(zones)
    met = np.sort(tree.query(extent, predicate="intersects"))
    left = shapely.difference(extent, _union(zones[met])) if met.size else extent
    found: list[Gap] = []
    for part in _areas(np.array([left])):
        around = tuple(sorted(map(int, tree.query(part, predicate="intersects"))))
        width = _width(part)
        found.append(Gap(part, float(part.area), width, _thin(part, tolerance_m), around))
    return sorted(found, key=lambda gap: (-gap.area_m2, gap.geometry.bounds))


def overlapping(
    zones: Sequence[BaseGeometry] | np.ndarray, extent: BaseGeometry | None = None, *, tolerance_m: float = 0.0
) -> list[Shared]:
    """Pairs of zones that claim the same land, largest first; zones that only touch are no such pair.

    Args:
        zones: Valid polygons; empty ones and ``None`` claim nothing.
        extent: Only land inside this polygon counts; everywhere if left out.
        tolerance_m: Shared land no wider than this is marked as a sliver.

    Raises:
        GeometryError: A zone or the extent is invalid.
    """
    zones = as_array(zones)
    require_valid(zones, np.arange(len(zones)))
    tree = STRtree(zones)
    first, second = tree.query(zones, predicate="intersects")
    ahead = first < second
    first, second = first[ahead], second[ahead]
    real = ~shapely.touches(zones[first], zones[second])
    first, second = first[real], second[real]
    land = shapely.intersection(zones[first], zones[second])
    if extent is not None:
        require_valid(as_array(extent), np.arange(1))
        land = shapely.intersection(land, extent)
    found: list[Shared] = []
    for one, other, both in zip(first, second, land, strict=True):
        parts = _areas(np.array([both]))
        if len(parts):
            width = max(map(_width, parts))
            shape: Any = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
            found.append(Shared(int(one), int(other), shape, float(shape.area), width, _thin(shape, tolerance_m)))
    return sorted(found, key=lambda pair: (-pair.area_m2, pair.first, pair.second))


def _union(zones: np.ndarray) -> BaseGeometry:
    # Where neighbours share their edges vertex by vertex, leaving those out is all there is to a union.
    areas = zones[np.isin(shapely.get_type_id(zones), (3, 6))]
    if len(areas) == len(zones) and shapely.coverage_is_valid(zones):
        return shapely.coverage_union_all(zones)
    return shapely.union_all(zones)


def _width(part: Any) -> float:
    west, south, east, north = part.bounds
    if not part.area or min(east - west, north - south) == 0:
        return 0.0
    with np.errstate(all="ignore"):  # GEOS may overflow on the way to a right answer
        circle = shapely.maximum_inscribed_circle(part, tolerance=max(east - west, north - south) / 1000)
    # Of a strip much longer than wide the search stops short of the widest place; its mean width is a floor.
    return float(max(2 * circle.length, 2 * part.area / part.length))


def _thin(land: BaseGeometry, tolerance_m: float) -> bool:
    """Whether no circle wider than the tolerance fits in ``land``."""
    return tolerance_m > 0 and bool(shapely.is_empty(shapely.buffer(land, -tolerance_m / 2, quad_segs=4)))

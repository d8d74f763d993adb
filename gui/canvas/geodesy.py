"""Coordinates and ellipsoidal measures for the canvas. Knows no Qt.

Every pair is (east, north) or (lon, lat), whatever order the CRS itself declares.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from functools import lru_cache

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import ProjError

LONLAT = 4490
DEFAULT_CRS = 4548
CGCS2000 = Geod(a=6378137.0, rf=298.257222101)

_FIRST_ZONE, _FIRST_MERIDIAN, _LAST_MERIDIAN = 4534, 75, 135


@lru_cache(maxsize=256)
def named_crs(text: str) -> CRS:
    """The CRS of a text from ``crs_key``."""
    return CRS.from_user_input(text)


def crs_key(crs: Hashable) -> str:
    """A text that names ``crs`` (EPSG code, pyproj CRS, ...) and from which it can be made again."""
    return f"EPSG:{crs}" if isinstance(crs, int) else _named(crs)


@lru_cache(maxsize=256)
def _named(crs: Hashable) -> str:
    # Looking up the code of a CRS that has none takes a tenth of a second.
    made = CRS.from_user_input(crs)
    code = made.to_epsg()
    return f"EPSG:{code}" if code else made.to_wkt()


@lru_cache(maxsize=256)
def transformer(source: str, target: str) -> Transformer:
    """The operation between two CRSs given by ``crs_key``; safe to use from any thread."""
    return Transformer.from_crs(named_crs(source), named_crs(target), always_xy=True)


def transform(xy: np.ndarray, source: str, target: str) -> np.ndarray:
    """Rows of ``xy`` in another CRS; a row that has no place there becomes infinite."""
    if source == target or len(xy) == 0:
        return xy
    x, y = transformer(source, target).transform(xy[:, 0], xy[:, 1])
    return np.column_stack([x, y])


def transform_bounds(bounds: tuple[float, ...], source: str, target: str) -> tuple[float, float, float, float] | None:
    """The box that holds ``bounds`` in another CRS, or None where it has none."""
    left, bottom, right, top = (float(value) for value in bounds)
    if source == target:
        return left, bottom, right, top
    try:
        box = transformer(source, target).transform_bounds(left, bottom, right, top, densify_pts=21)
    except ProjError:
        return None
    return tuple(float(value) for value in box) if all(map(math.isfinite, box)) else None  # type: ignore[return-value]


def transform_geometry(geometry: shapely.Geometry, source: str, target: str) -> shapely.Geometry:
    """``geometry`` vertex by vertex in another CRS."""
    if source == target:
        return geometry
    return shapely.transform(geometry, lambda xy: transform(xy, source, target))


def zone_of(lon: float) -> int:
    """EPSG code of the CGCS2000 3-degree Gauss-Krüger zone (without zone number) nearest to a longitude in degrees."""
    meridian = min(max(3 * math.floor(lon / 3 + 0.5), _FIRST_MERIDIAN), _LAST_MERIDIAN)
    return _FIRST_ZONE + (meridian - _FIRST_MERIDIAN) // 3


def metres_per_unit(crs: str, x: float, y: float) -> float:
    """Metres on the ellipsoid in one CRS unit along the x axis at a place.

    On maps in a Gauss-Krüger zone or another by the transverse Mercator those of the plane, which differ by some 0.04 % at most.
    """
    made = named_crs(crs)
    if not made.is_geographic:
        plane = float(made.axis_info[0].unit_conversion_factor)
        method = made.coordinate_operation.method_name if made.coordinate_operation is not None else ""
        return plane if "transverse mercator" in method.lower() or "gauss" in method.lower() else _on_the_ground(crs, x, y) or plane
    return max(math.pi / 180 * 6378137.0 * math.cos(math.radians(max(min(y, 89.0), -89.0))), 1.0)


@lru_cache(maxsize=256)
def _on_the_ground(crs: str, x: float, y: float) -> float | None:
    """Metres in one CRS unit along the x axis: on Web Mercator 0.87 in Jiangxi; ``None`` where the CRS has no place."""
    half = 50.0
    ends = transform(np.array([(x - half, y), (x + half, y)]), crs, crs_key(LONLAT))
    return (segment_lengths(ends)[0] / (2 * half) or None) if np.isfinite(ends).all() else None


def segment_lengths(lonlat: np.ndarray) -> list[float]:
    """Geodesic metres from each vertex to the next."""
    if len(lonlat) < 2:
        return []
    _, _, metres = CGCS2000.inv(lonlat[:-1, 0], lonlat[:-1, 1], lonlat[1:, 0], lonlat[1:, 1])
    return [float(value) for value in np.atleast_1d(metres)]


def distance_text(metres: float) -> str:
    """Metres for people: whole metres from 100 m, kilometres from 10 km. The unit is a number's, not a sentence's."""
    if metres < 10:
        return f"{metres:.2f} m"
    if metres < 100:
        return f"{metres:.1f} m"
    if metres < 10_000:
        return f"{metres:,.0f} m"
    return f"{metres / 1000:,.2f} km"

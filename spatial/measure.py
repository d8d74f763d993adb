"""How large and how long, on the ellipsoid: metres and square metres that no projection has stretched."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Geod, Proj
from shapely.geometry.base import BaseGeometry

from spatial.crs import CGCS2000, STRAIGHT_M, lonlat_of, transform
from spatial.errors import N_, CrsError

_geods: dict[str, Geod] = {}


def _geod(crs: CRS) -> Geod:
    if crs.srs not in _geods:
        geod = crs.get_geod()
        if geod is None:
            raise CrsError(N_("坐标系 {crs} 没有地理基准，无法量算。"), crs=crs.to_string())
        _geods[crs.srs] = geod
    return _geods[crs.srs]


@lru_cache(maxsize=4096)
def _equal_area(lon_deg: int, lat_deg: int, a: float, rf: float) -> Proj:
    shape: dict[str, Any] = {"R": a} if np.isinf(rf) else {"a": a, "rf": rf}
    return Proj(proj="laea", lon_0=lon_deg, lat_0=lat_deg, **shape)


def _lonlat(geoms: np.ndarray, crs: CRS) -> tuple[np.ndarray, Geod]:
    """Shapes in longitude and latitude on their own datum, edges split so that they keep to their line in ``crs``."""
    base = lonlat_of(crs)
    return np.asarray(transform(geoms, crs, base, straight_m=STRAIGHT_M)), _geod(base)


def area_m2(geoms: BaseGeometry | np.ndarray, crs: CRS) -> np.ndarray:
    """Area on the ellipsoid, in square metres, to 1 part in 100,000.

    Each shape is projected to a Lambert azimuthal equal-area projection centred on the whole degree nearest to it,
    with edges over 150 m split first. Edges are straight in ``crs``: those drawn in longitude and latitude are not
    geodesics.

    Args:
        geoms: A valid shape or an array of them; lines, points, empty shapes and ``None`` have area 0.
        crs: Their CRS, geographic or projected.

    Raises:
        CrsError: ``crs`` has no place on the earth, or a coordinate has none.
    """
    geoms = np.atleast_1d(np.asarray(geoms, dtype=object))
    areas = np.zeros(len(geoms))
    flat = np.flatnonzero(shapely.area(geoms) > 0)
    if not flat.size:
        return areas
    where, geod = _lonlat(geoms[flat], crs)
    bounds = shapely.bounds(where)
    centres = np.rint((bounds[:, :2] + bounds[:, 2:]) / 2).astype(int)
    cells, members = np.unique(centres, axis=0, return_inverse=True)
    rf = np.inf if geod.f == 0 else 1 / geod.f
    for number, (lon, lat) in enumerate(cells):
        chosen = np.flatnonzero(members.ravel() == number)
        project = _equal_area(int(lon), int(lat), geod.a, rf)
        level = shapely.transform(where[chosen], lambda xy, to=project: np.column_stack(to(xy[:, 0], xy[:, 1])))
        areas[flat[chosen]] = shapely.area(level)
    return areas


def length_m(geoms: BaseGeometry | np.ndarray, crs: CRS) -> np.ndarray:
    """Length on the ellipsoid, in metres: of a line from end to end, of a polygon around all its rings.

    Args:
        geoms: A shape or an array of them; points, empty shapes and ``None`` have length 0.
        crs: Their CRS, geographic or projected.

    Raises:
        CrsError: ``crs`` has no place on the earth, or a coordinate has none.
    """
    geoms = np.atleast_1d(np.asarray(geoms, dtype=object))
    lengths = np.zeros(len(geoms))
    long = np.flatnonzero(shapely.length(geoms) > 0)
    if not long.size:
        return lengths
    where, geod = _lonlat(geoms[long], crs)
    lines, owner = _lines(where)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    same = np.flatnonzero(line[1:] == line[:-1])
    if same.size:
        _, _, steps = geod.inv(xy[same, 0], xy[same, 1], xy[same + 1, 0], xy[same + 1, 1])
        lengths[long] = np.bincount(owner[line[same]], weights=steps, minlength=len(long))
    return lengths


def _lines(geoms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every ring and line string in ``geoms``, and the position of the shape that it came from."""
    parts, owner = shapely.get_parts(geoms, return_index=True)
    while (shapely.get_type_id(parts) >= 4).any():  # a collection may hold multi-part shapes
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    string = np.isin(shapely.get_type_id(parts), (1, 2))
    return np.concatenate([rings, parts[string]]), np.concatenate([owner[ring_part], owner[string]])


def distance_m(lon1: float, lat1: float, lon2: float, lat2: float, *, crs: CRS = CGCS2000) -> np.ndarray | float:
    """Length in metres of the geodesic between two places, or between two arrays of them.

    Args:
        lon1: Degrees east.
        lat1: Degrees north.
        lon2: Degrees east.
        lat2: Degrees north.
        crs: Whose ellipsoid to measure on; CGCS2000 unless said.
    """
    _, _, metres = _geod(lonlat_of(crs)).inv(lon1, lat1, lon2, lat2)
    return metres


def distance_between_m(from_xy: np.ndarray, to_xy: np.ndarray, crs: CRS) -> np.ndarray:
    """Length in metres of the geodesics between points given in any CRS, such as both ends of a ``Near``.

    Args:
        from_xy: Rows of (x, y) in ``crs``.
        to_xy: As many rows.
        crs: CRS of both.

    Raises:
        CrsError: ``crs`` has no place on the earth, or a coordinate has none.
    """
    base = lonlat_of(crs)
    start = shapely.get_coordinates(transform(shapely.points(np.atleast_2d(from_xy)), crs, base))
    end = shapely.get_coordinates(transform(shapely.points(np.atleast_2d(to_xy)), crs, base))
    _, _, metres = _geod(base).inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    return np.asarray(metres)

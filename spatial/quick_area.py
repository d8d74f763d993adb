"""Ellipsoidal areas of many vertices at once: for sums in a legend, where each polygon has its thousand vertices.

:func:`spatial.measure.area_m2` takes every vertex through two projections. For the two kinds of CRS that nearly all
layers have the area is a line integral over the vertices as they stand, some twenty times faster:

* longitude and latitude: the ellipsoid's own area between equator and parallel (authalic latitude), integrated along
  each edge (Snyder, Map Projections, USGS PP 1395, eq. 3-12);
* transverse Mercator (Gauss-Krüger): the plane, divided by the square of the point scale k = m (1 + x²/2R² + x⁴/24R⁴)
  (Snyder, eq. 8-11 in its series form), R² the product of both radii of curvature at the middle of all shapes.

Any other CRS goes the slow way.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from pyproj import CRS

from spatial.measure import area_m2


def quick_area_m2(geoms: np.ndarray, crs: CRS) -> np.ndarray:
    """Area on the ellipsoid in square metres, to 1 part in 100,000, as ``area_m2`` gives it.

    Args:
        geoms: Valid shapes; lines, points, empty shapes and ``None`` have area 0.
        crs: Their CRS.
    """
    geoms = np.atleast_1d(np.asarray(geoms, dtype=object))
    ellipsoid = crs.ellipsoid
    if ellipsoid is None or not ellipsoid.inverse_flattening or len(crs.axis_info) < 2:
        return area_m2(geoms, crs)
    a, f = float(ellipsoid.semi_major_metre), 1 / float(ellipsoid.inverse_flattening)
    if crs.is_geographic and abs(crs.axis_info[0].unit_conversion_factor - np.pi / 180) < 1e-12:
        return _summed(geoms, lambda xy, _origin: _lonlat_edges(xy, a, f))
    grid = _transverse_mercator(crs)
    if grid is None:
        return area_m2(geoms, crs)
    scale, false_east, false_north, lat_0 = grid
    return _summed(geoms, lambda xy, middle: _plane_edges(
        xy, false_east, _radius2(middle[1] - false_north, a, f, lat_0), scale))  # fmt: skip


def _transverse_mercator(crs: CRS) -> tuple[float, float, float, float] | None:
    """Scale on the central meridian, false easting and northing, latitude of origin; None for another projection."""
    operation = crs.coordinate_operation
    if not crs.is_projected or operation is None or operation.method_name != "Transverse Mercator":
        return None
    if any(abs(axis.unit_conversion_factor - 1) > 1e-12 for axis in crs.axis_info[:2]):
        return None
    values = {one.name: float(one.value) for one in operation.params}
    return (values.get("Scale factor at natural origin", 1.0), values.get("False easting", 0.0),
            values.get("False northing", 0.0), values.get("Latitude of natural origin", 0.0))


def _radius2(north_m: float, a: float, f: float, lat_0: float) -> float:
    e2 = f * (2 - f)
    sin2 = np.sin(np.radians(lat_0) + north_m / a) ** 2
    return float(a * a * (1 - e2) / (1 - e2 * sin2) ** 2)


def _summed(geoms: np.ndarray, edges: object) -> np.ndarray:
    total = np.zeros(len(geoms))
    parts, owner = shapely.get_parts(geoms, return_index=True)
    while (shapely.get_type_id(parts) > 3).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    flat = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    parts, owner = parts[flat], owner[flat]
    if not len(parts):
        return total
    rings, part = shapely.get_rings(parts, return_index=True)
    xy = shapely.get_coordinates(rings)
    ends = np.cumsum(shapely.get_num_coordinates(rings))
    starts = np.r_[0, ends[:-1]]
    middle = np.array([(xy[:, i].min() + xy[:, i].max()) / 2 for i in (0, 1)])
    signed = edges(xy, middle)  # type: ignore[operator]
    signed[ends[:-1] - 1] = 0.0  # from the end of a ring to the start of the next there is no edge
    areas = np.abs(np.add.reduceat(np.r_[signed, 0.0], starts))
    shell = np.r_[True, part[1:] != part[:-1]]
    np.add.at(total, owner[part], np.where(shell, areas, -areas))
    return total


def _plane_edges(xy: np.ndarray, false_east: float, radius2: float, scale: float) -> np.ndarray:
    """Area between each edge and the central meridian; Simpson's rule is exact for the cubic, near enough beyond."""
    east = (xy[:, 0] - false_east) / scale

    def strip(x: np.ndarray) -> np.ndarray:
        u = x * x / radius2
        return x * (1 - u / 3 + u * u * 2 / 15)  # the integral of 1/k², k = 1 + u/2 + u²/24

    return _under(east, xy[:, 1], strip, 1_000.0) / scale


def _lonlat_edges(xy: np.ndarray, a: float, f: float) -> np.ndarray:
    """Area between each edge and the equator."""
    e2 = f * (2 - f)
    weights = [(k + 1) / (2 * k + 1) * e2 ** k for k in range(5)]  # the series of sin/(1-e²sin²) + artanh(e sin)/e

    def strip(lat: np.ndarray) -> np.ndarray:
        sin = np.sin(np.radians(lat))
        square = sin * sin
        total = np.full_like(sin, weights[-1])
        for weight in weights[-2::-1]:
            total *= square
            total += weight
        return a * a * (1 - e2) * sin * total

    return np.radians(_under(xy[:, 1], xy[:, 0], strip, 0.005))


def _under(at: np.ndarray, along: np.ndarray, strip: Callable[[np.ndarray], np.ndarray], short: float) -> np.ndarray:
    """The integral of ``strip`` along each edge; the trapezium will do for edges that are short across the strips."""
    value = strip(at)
    mean = (value[:-1] + value[1:]) / 2
    long = np.flatnonzero(np.abs(np.diff(at)) > short)
    if len(long):
        middle = strip((at[long] + at[long + 1]) / 2)
        mean[long] = (value[long] + 4 * middle + value[long + 1]) / 6
    return np.diff(along) * mean

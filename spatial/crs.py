"""Coordinate reference systems: which projection, and how to get there. Always x = east, y = north."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import shapely
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from spatial.errors import N_, CrsError

CGCS2000 = CRS.from_epsg(4490)
FIRST_ZONE, LAST_ZONE = 25, 45

# Longest straight edge, in metres, that is carried from one CRS to another by its two ends alone. A parallel drawn
# straight in longitude and latitude leaves the straight line between its ends by 0.6 mm over 150 m at 53° N: less than
# the millimetre under which two lines are one (``rules.conditions.TOUCH_M``).
STRAIGHT_M = 150.0
_METRES_PER_DEGREE = 111_320.0
_MOST_THIN = 10_000  # a polygon of more vertices is no splinter


@lru_cache(maxsize=64)
def _gauss_kruger_zone(zone: int) -> CRS:
    return CRS.from_epsg(4534 + zone - FIRST_ZONE)


def gauss_kruger_3deg(lon_deg: float) -> CRS:
    """CGCS2000 3-degree Gauss-Krüger CRS, without zone number in its eastings, for a longitude in China.

    Args:
        lon_deg: Longitude of the site's centre, 73.5 to 136.5 degrees east.

    Returns:
        One of EPSG:4534 (central meridian 75° E) to EPSG:4554 (135° E), in metres.

    Raises:
        CrsError: The longitude lies outside the zones 25 to 45, or is not a number.

    Source:
        EPSG:4534 to EPSG:4554, "CGCS2000 / 3-degree Gauss-Kruger CM 75E" to "CM 135E".
    """
    # Half a zone belongs to the eastern neighbour: round() would send 115.5 and 118.5 in different directions.
    zone = math.floor(lon_deg / 3 + 0.5) if math.isfinite(lon_deg) else 0
    if not FIRST_ZONE <= zone <= LAST_ZONE:
        raise CrsError(
            N_("经度 {lon} 超出我国 3 度分带范围（73.5°E 至 136.5°E），请检查坐标系或坐标顺序。"), lon=f"{lon_deg:g}"
        )
    return _gauss_kruger_zone(zone)


def zone_for(geoms_lonlat: BaseGeometry | np.ndarray) -> CRS:
    """The 3-degree Gauss-Krüger CRS in whose zone the middle of some shapes in longitude and latitude lies.

    Raises:
        CrsError: There is nothing to find the middle of, or it lies outside China's zones.
    """
    west, _, east, _ = shapely.total_bounds(geoms_lonlat)
    if not math.isfinite(west):
        raise CrsError(N_("图形为空，无法确定投影带。"))
    return gauss_kruger_3deg((west + east) / 2)


def require_same(left: CRS | None, right: CRS | None) -> CRS:
    """Return the CRS that both sides share; GeoPandas only warns about a mismatch and computes on.

    Raises:
        CrsError: One side has no CRS, or the two differ.
    """
    if left is None or right is None:
        raise CrsError(N_("图层没有坐标系，请先指明其坐标系。"))
    if left != right:
        raise CrsError(
            N_("坐标系不同（{left} 与 {right}），请先转换到同一坐标系。"),
            left=left.to_string(),
            right=right.to_string(),
        )
    return left


# Keyed by what a CRS was made from: hashing or comparing CRS objects writes out their whole definition each time.
_transformers: dict[tuple[str, str], Transformer] = {}
_geodetic: dict[str, CRS] = {}


def _transformer(src: CRS, dst: CRS) -> Transformer:
    key = (src.srs, dst.srs)
    if key not in _transformers:
        _transformers[key] = Transformer.from_crs(src, dst, always_xy=True)
    return _transformers[key]


def transform(
    geoms: BaseGeometry | np.ndarray, src: CRS, dst: CRS, *, straight_m: float | None = None, keep_thin: bool = True
) -> BaseGeometry | np.ndarray:
    """Carry shapes from one CRS to another; there and back gives the same place to a tenth of a millimetre.

    Args:
        geoms: A shape or an array of them; empty ones and ``None`` pass through. Heights are dropped.
        src: CRS of ``geoms``.
        dst: CRS that is wanted.
        straight_m: Split edges longer than this (metres) first, so that they keep to the line drawn in ``src``.
            Without it vertices are carried one for one, and shared edges stay shared.
        keep_thin: As for :func:`split`.

    Raises:
        CrsError: A coordinate has no place in ``dst``.
    """
    if straight_m is not None:
        geoms = split(geoms, units(straight_m, src), keep_thin=keep_thin)
    if src is dst or src.srs == dst.srs:
        return shapely.force_2d(geoms)
    carrier = _transformer(src, dst)

    def move(xy: np.ndarray) -> np.ndarray:
        if not len(xy):
            return xy
        moved = np.column_stack(carrier.transform(xy[:, 0], xy[:, 1]))
        if not np.isfinite(moved).all():
            x, y = xy[~np.isfinite(moved).all(axis=1)][0]
            raise CrsError(
                N_("坐标 ({x}, {y}) 无法从 {src} 转换到 {dst}，请检查坐标系。"),
                x=f"{x:.10g}",
                y=f"{y:.10g}",
                src=src.to_string(),
                dst=dst.to_string(),
            )
        return moved

    return shapely.transform(geoms, move)


def split(geoms: BaseGeometry | np.ndarray, longest: float, *, keep_thin: bool = True) -> BaseGeometry | np.ndarray:
    """Shapes with new vertices on every edge that is longer than ``longest``; all others come back as they are.

    Unlike ``shapely.segmentize`` this mends nothing on the way: that makes half of a bow-tie of a bow-tie, and nothing
    of a polygon so thin that its new vertices lie on one line, which here stays as it was.

    Args:
        geoms: A shape or an array of them, of any kind; empty ones and ``None`` pass through.
        longest: In the units of their coordinates.
        keep_thin: Look whether a polygon is broken by its new vertices, and leave it as it was then. That takes longer than
            all the rest; who looks for broken shapes anyway may do without.
    """
    if not isinstance(geoms, np.ndarray):
        return split(_array([geoms]), longest, keep_thin=keep_thin)[0]
    xy, owner = shapely.get_coordinates(geoms, return_index=True)
    step = np.hypot(*(xy[1:] - xy[:-1]).T)
    if not ((step > longest) & (owner[1:] == owner[:-1])).any():  # from one ring to the next may be far, too
        return geoms
    found = geoms
    kind = shapely.get_type_id(geoms)
    for row in np.flatnonzero(kind == 7):
        if found is geoms:
            found = geoms.copy()
        parts = split(shapely.get_parts(geoms[row]), longest, keep_thin=keep_thin)
        found[row] = shapely.GeometryCollection(list(parts))
    plain = np.flatnonzero(np.isin(kind, (1, 2, 3, 5, 6)))
    parts, owner = shapely.get_parts(geoms[plain], return_index=True)
    area = shapely.get_type_id(parts) == 3
    rings, polygon = shapely.get_rings(parts[area], return_index=True)
    lines = np.concatenate([rings, parts[~area]])
    line_part = np.concatenate([np.flatnonzero(area)[polygon], np.flatnonzero(~area)])
    xy, line = shapely.get_coordinates(lines, return_index=True)
    step = np.hypot(*(xy[1:] - xy[:-1]).T)
    long_lines = np.unique(line[1:][(line[1:] == line[:-1]) & (step > longest) & np.isfinite(step)])
    if not long_lines.size:
        return found
    if found is geoms:
        found = geoms.copy()
    touched = np.unique(owner[line_part[long_lines]])  # positions among the plain ones
    lines[long_lines] = shapely.segmentize(lines[long_lines], longest)
    made = parts.copy()
    longer = long_lines[long_lines < len(rings)]
    if longer.size:
        polygons = np.unique(polygon[longer])
        theirs = np.isin(polygon, polygons)
        made[np.flatnonzero(area)[polygons]] = shapely.polygons(
            lines[: len(rings)][theirs], indices=np.searchsorted(polygons, polygon[theirs])
        )
    alone = long_lines[long_lines >= len(rings)] - len(rings)
    made[np.flatnonzero(~area)[alone]] = lines[alone + len(rings)]
    first = np.searchsorted(owner, np.arange(len(plain) + 1))
    several = {5: shapely.MultiLineString, 6: shapely.MultiPolygon}
    whole = np.empty(len(touched), dtype=object)
    for place, one in enumerate(touched.tolist()):
        its = made[first[one] : first[one + 1]]
        whole[place] = several[int(kind[plain[one]])](list(its)) if kind[plain[one]] in several else its[0]
    if not keep_thin:
        found[plain[touched]] = whole
        return found
    before = geoms[plain[touched]]
    thin = shapely.get_num_coordinates(whole) < _MOST_THIN
    thin[thin] = ~shapely.is_valid(whole[thin]) & shapely.is_valid(before[thin])
    found[plain[touched]] = np.where(thin, before, whole)
    return found


def _array(shapes: list[BaseGeometry]) -> np.ndarray:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def epsg(crs: CRS, min_confidence: int = 70) -> int | None:
    """As ``CRS.to_epsg``, which searches the whole database each time for a system that has no code."""
    return _epsg(crs.srs, min_confidence)


@lru_cache(maxsize=64)
def _epsg(srs: str, min_confidence: int) -> int | None:
    return CRS.from_user_input(srs).to_epsg(min_confidence=min_confidence)


def units(metres: float, crs: CRS) -> float:
    """A length in metres in the units of ``crs``; for degrees, those of latitude."""
    if crs.is_geographic:
        return metres / _METRES_PER_DEGREE
    return metres / crs.axis_info[0].unit_conversion_factor


def lonlat_of(crs: CRS) -> CRS:
    """Longitude and latitude on the datum of ``crs`` itself, so that no datum shift comes into a measurement.

    Raises:
        CrsError: ``crs`` is an engineering or local system that stands nowhere on the earth.
    """
    key = crs.srs
    if key not in _geodetic:
        geodetic = crs.geodetic_crs
        if geodetic is None or not geodetic.is_geographic:
            raise CrsError(N_("坐标系 {crs} 没有地理基准，无法量算。"), crs=crs.to_string())
        _geodetic[key] = geodetic.to_2d()
    return _geodetic[key]

"""Broken shapes made valid, saying what was wrong, where, and how much it changed."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from spatial.errors import N_, GeometryError

# The first words of GEOS's reason, and our code for it.
_CODES = {
    "Self-intersection": "self_intersection",
    "Ring Self-intersection": "ring_self_intersection",
    "Hole lies outside shell": "hole_outside",
    "Holes are nested": "holes_nested",
    "Nested shells": "shells_nested",
    "Interior is disconnected": "interior_disconnected",
    "Duplicate Rings": "duplicate_rings",
    "Too few points in geometry component": "too_few_points",
    "Repeated Point": "repeated_points",
    "Invalid Coordinate": "invalid_coordinate",
    "Ring is not closed": "ring_not_closed",
}
_KEEP = {0: (0,), 1: (1, 2), 2: (3,)}
_MULTI = {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that was wrong with a shape.

    Attributes:
        code: ``self_intersection``, ``ring_self_intersection``, ``spike``, ``repeated_points``, ``hole_outside``,
            ``holes_nested``, ``shells_nested``, ``parts_overlap``, ``interior_disconnected``, ``duplicate_rings``,
            ``too_few_points``, ``ring_not_closed``, ``mixed_kinds`` (a collection; only the parts
            with most dimensions are kept), ``collapsed`` (nothing of it has area, or length, any more), ``empty`` or
            ``other``.
        x, y: Where, in the shape's own coordinates; ``None`` where the fault has no place.
        count: How often, where that was counted.
    """

    code: str
    x: float | None = None
    y: float | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Repair:
    """A shape after repair, and what that took.

    Attributes:
        geometry: Valid, of the same dimension as the shape that came in; the very shape where nothing was wrong.
        reasons: What was wrong; empty where nothing was.
        area_before: Planar area as stored, or length for a line; a bow-tie's is the difference of its two halves.
        area_after: The same of ``geometry``.
        changed_share: Difference of the two over the larger, 0 to 1.
    """

    geometry: BaseGeometry
    reasons: tuple[Fault, ...]
    area_before: float
    area_after: float
    changed_share: float


def repair(geom: BaseGeometry) -> Repair:
    """Make a shape valid without losing area that anyone drew.

    Both halves of a bow-tie are kept and overlapping parts are merged. What is left of lower dimension (the line of
    a spike, the point of a collapsed part) is dropped and named.

    Args:
        geom: Any shape, in any CRS.

    Raises:
        GeometryError: It is missing, or has a coordinate that is not a number, which nothing can mend.
    """
    if geom is None:
        raise GeometryError(N_("图形缺失，无法修复。"))
    if geom.is_empty:
        return Repair(geom, (Fault("empty"),), 0.0, 0.0, 0.0)
    if not np.isfinite(shapely.get_coordinates(geom)).all():
        raise GeometryError(N_("图形含有无效坐标（非数值），无法修复。"))
    dimension = int(shapely.get_dimensions(geom))
    before = _size(geom, dimension)
    faults = _repeated(geom)
    if shapely.is_valid(geom):
        fixed = shapely.remove_repeated_points(geom) if faults else geom
    else:
        faults += _faults(geom)
        fixed = shapely.remove_repeated_points(shapely.make_valid(geom, method="structure", keep_collapsed=False))
    if fixed is not geom or shapely.get_type_id(geom) == 7:
        kept = _of_dimension(fixed, dimension)
        if shapely.get_type_id(geom) == 7 and (shapely.get_dimensions(_simple_parts(geom)) != dimension).any():
            faults.append(Fault("mixed_kinds"))
        if kept.is_empty:
            faults.append(Fault("collapsed"))
        fixed = kept if not kept.equals_exact(fixed) else fixed
    after = _size(fixed, dimension)
    larger = max(before, after)
    return Repair(fixed, tuple(faults), before, after, abs(after - before) / larger if larger else 0.0)


def _size(geom: BaseGeometry, dimension: int) -> float:
    return float((0.0, geom.length, geom.area)[dimension])


def _of_dimension(geom: BaseGeometry, dimension: int) -> BaseGeometry:
    """The parts that have the given dimension: one simple shape, or one multi-part shape."""
    parts = _simple_parts(geom)
    parts = parts[np.isin(shapely.get_type_id(parts), _KEEP[dimension]) & ~shapely.is_empty(parts)]
    if len(parts) == 1 and shapely.get_type_id(geom) < 4:
        return parts[0]
    if dimension == 2 and len(parts) > 1:
        whole = _MULTI[2](parts)
        return whole if shapely.is_valid(whole) else shapely.union_all(parts)
    return _MULTI[dimension](parts) if len(parts) != 1 else parts[0]


def _simple_parts(geom: BaseGeometry) -> np.ndarray:
    parts = shapely.get_parts(geom)
    while (shapely.get_type_id(parts) >= 4).any():
        parts = shapely.get_parts(parts)
    return parts


def _repeated(geom: BaseGeometry) -> list[Fault]:
    """Vertices that repeat the one before them in the same ring or line."""
    if shapely.get_dimensions(geom) == 0:
        return []
    lines = _lines(geom)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    again = np.flatnonzero((line[1:] == line[:-1]) & (xy[1:] == xy[:-1]).all(axis=1))
    if not again.size:
        return []
    x, y = xy[again[0] + 1]
    return [Fault("repeated_points", float(x), float(y), int(again.size))]


def _lines(geom: BaseGeometry) -> np.ndarray:
    parts = _simple_parts(geom)
    strings = parts[np.isin(shapely.get_type_id(parts), (1, 2))]
    return np.concatenate([shapely.get_rings(parts), strings])


def _spikes(geom: BaseGeometry) -> list[Fault]:
    """Vertices at which a ring turns back on the edge that it came along."""
    tips: list[np.ndarray] = []
    for ring in _lines(geom):
        if not shapely.is_closed(ring):
            continue
        xy = shapely.get_coordinates(ring)[:-1]
        if len(xy) < 3:
            continue
        back, on = np.roll(xy, 1, axis=0) - xy, np.roll(xy, -1, axis=0) - xy
        cross = back[:, 0] * on[:, 1] - back[:, 1] * on[:, 0]
        reach = np.hypot(*back.T) * np.hypot(*on.T)
        tip = (np.abs(cross) <= 1e-12 * reach) & ((back * on).sum(axis=1) > 0)
        tips.append(xy[tip])
    places = np.concatenate(tips) if tips else np.empty((0, 2))
    return [Fault("spike", float(places[0, 0]), float(places[0, 1]), len(places))] if len(places) else []


def _faults(geom: BaseGeometry) -> list[Fault]:
    """What GEOS finds wrong, asked part by part because it stops at the first fault of a shape."""
    parts = shapely.get_parts(geom)
    faults = [_fault(part) for part in parts if not shapely.is_valid(part)]
    if not faults:  # every part is sound, so it is how they lie together
        whole = _fault(geom)
        code = "parts_overlap" if whole.code == "self_intersection" else whole.code
        faults = [Fault(code, whole.x, whole.y)]
    spikes = _spikes(geom)
    tips = {(spike.x, spike.y) for spike in spikes}
    return [*spikes, *(fault for fault in dict.fromkeys(faults) if (fault.x, fault.y) not in tips)]


def _fault(geom: BaseGeometry) -> Fault:
    reason = shapely.is_valid_reason(geom)
    words, _, place = reason.partition("[")
    numbers = re.findall(r"[-+0-9.eE]+", place)
    x, y = (float(numbers[0]), float(numbers[1])) if len(numbers) >= 2 else (None, None)
    return Fault(_CODES.get(words.strip(), "other"), x, y)

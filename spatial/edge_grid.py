"""Overlaps of many sites with polygon zones, from zone edges filed in a grid. Needs numba.

Every zone is cut once into edge fragments by grid cell. A cell also holds, of each zone, the parts of its upper side
that lie inside the zone ("tops"). A zone within a cell is then bounded by what the cell holds, and two local facts
are enough:

- a point is in a zone when an odd number of the cell's fragments of that zone lie above it;
- the area that a site and a zone share in a cell is the sum, over pairs of one edge of each, of the signed integral
  of the lower of the two above the cell's floor. Edges run with their inside on the left, so that upper edges count
  minus and lower ones plus. Vertical sides and the floor contribute nothing.

Nothing is closed, ordered or noded: there is no overlay graph and no robustness failure. What floating point cannot
settle (slivers, touching, a road along an edge) is not guessed but handed back as doubtful, for shapely to decide.

Cell sides are powers of two and cell lines lie on exact binary fractions, so that a fragment that ends at a line ends
exactly there.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numba as nb
import numpy as np
import shapely

from spatial.rings import off

if TYPE_CHECKING:
    from spatial.rings import Rings

POINT, LINE, AREA = 0, 1, 2

# Metres within which an edge and a site are taken as possibly in contact, and the shared area (m²) or length (m) up
# to which an overlap is doubtful. Both stand far above the rounding of coordinates (1e-9 m at 4,000,000 m) and far
# below what anyone can survey.
CONTACT_M = 1e-6
DOUBT = 1e-3
DEEP_M = 2e-3  # a corner of a site that lies deeper in a zone than this shows that the two do more than touch

_compiled = nb.njit(nogil=True, cache=True)
_inlined = nb.njit(inline="always")


@dataclass(frozen=True)
class EdgeGrid:
    """Zone edges by grid cell, in flat arrays that can be memory-mapped.

    Attributes:
        frame: West and south of the grid, and the side of a cell: three numbers in metres.
        size: Columns, rows, and number of zones.
        offsets: Where each cell's fragments start, row by row; one more at the end.
        fragments: (x1, y1, x2, y2) in metres, each with its zone's inside on the left.
        zones: Zone of each fragment; within a cell in ascending order.
        tiny: Zones of less area than ``DOUBT``, which the sums cannot see.
    """

    frame: np.ndarray
    size: np.ndarray
    offsets: np.ndarray
    fragments: np.ndarray
    zones: np.ndarray
    tiny: np.ndarray

    @cached_property
    def most(self) -> int:
        """How many fragments the fullest cell holds."""
        return int(np.diff(self.offsets).max(initial=0))

    @cached_property
    def upright(self) -> np.ndarray:
        """How many fragments come before each cell, counted column by column; one more at the end."""
        columns, rows = int(self.size[0]), int(self.size[1])
        counts = np.diff(self.offsets).reshape(rows, columns).T.ravel()
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _rings(geoms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates of all rings of polygons, where each ring starts, whether it must be turned, and whose it is."""
    parts, owner = geoms, None
    if (shapely.get_type_id(geoms) != 3).any():
        parts, owner = shapely.get_parts(geoms, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    starts = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(rings))]).astype(np.int64)
    xy = shapely.get_coordinates(rings)
    area = np.empty(len(rings))
    _ring_areas(xy, starts, area)
    outer = np.ones(len(rings), dtype=bool)  # the first ring of each polygon; the others are its holes
    outer[1:] = part[1:] != part[:-1]
    left = area > 0
    unclear = np.flatnonzero(~(np.abs(area) > 1.0))  # so thin that rounding may decide
    if unclear.size:
        left[unclear] = shapely.is_ccw(rings[unclear])
    return xy, starts, left != outer, part if owner is None else owner[part]


def outline_edges(geoms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges of shapes of any kind, in no particular direction, and the position of the shape of each."""
    parts, owner = shapely.get_parts(geoms, return_index=True)
    while (shapely.get_type_id(parts) >= 4).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    kinds = shapely.get_type_id(parts)
    rings, part = shapely.get_rings(parts, return_index=True)
    string, point = np.isin(kinds, (1, 2)), (kinds == 0) & ~shapely.is_empty(parts)
    lines, line_owner = np.concatenate([rings, parts[string]]), np.concatenate([owner[part], owner[string]])
    xy, line = shapely.get_coordinates(lines, return_index=True)
    start = np.flatnonzero(line[1:] == line[:-1])
    place = shapely.get_coordinates(parts[point])
    edges = np.concatenate([np.hstack([xy[start], xy[start + 1]]), np.hstack([place, place])])
    whose = np.concatenate([line_owner[line[start]], owner[point]])
    order = np.argsort(whose, kind="stable")
    return np.ascontiguousarray(edges[order]), whose[order]


def build_outlines(geoms: np.ndarray, cell_m: float | None = None) -> EdgeGrid:
    """File the edges of valid shapes of any kind, in metres, for :func:`nearest` alone."""
    edges, zone = outline_edges(geoms)
    ends = np.arange(0, 2 * len(edges) + 1, 2)
    strings = (edges.reshape(-1, 2), ends, np.zeros(len(edges), dtype=bool), zone.astype(np.int32))
    return _file(*strings, np.zeros(len(geoms), dtype=bool), cell_m, closed=False)


def build(geoms: np.ndarray, cell_m: float | None = None) -> EdgeGrid:
    """File the edges of valid polygons, in metres, for :func:`rows` and :func:`nearest`.

    Args:
        geoms: Polygons and multipolygons; empty ones and ``None`` have no edges.
        cell_m: Side of a cell, rounded to a power of two; chosen to hold about four edges if left out.
    """
    xy, starts, turn, owner = _rings(geoms)
    return _file(xy, starts, turn, owner.astype(np.int32), ~(shapely.area(geoms) >= DOUBT), cell_m, closed=True)


def build_rings(rings: Rings) -> EdgeGrid:
    """As :func:`build`, from valid polygons in flat arrays."""
    xy, starts = rings.xy, rings.rings
    area = np.empty(len(starts) - 1)
    _ring_areas(xy, starts, area)
    outer = np.zeros(len(area), dtype=bool)
    outer[rings.parts[:-1]] = True
    left, owner = area > 0, rings.ring_shape
    unclear = np.flatnonzero(~(np.abs(area) > 1.0))
    if unclear.size:
        left[unclear] = shapely.is_ccw([shapely.LinearRing(xy[starts[one] : starts[one + 1]]) for one in unclear.tolist()])
    areas = np.bincount(owner, weights=np.where(outer, np.abs(area), -np.abs(area)), minlength=len(rings))
    small = np.flatnonzero(~(areas >= 1.0))
    if small.size:
        body, ends = rings.take(small).wkb()
        shapes = shapely.from_wkb([body[a:b].tobytes() for a, b in zip(ends[:-1], ends[1:], strict=True)])
        areas[small] = shapely.area(shapes)
    return _file(xy, starts, left != outer, owner.astype(np.int32), ~(areas >= DOUBT), None, closed=True)


def _file(
    xy: np.ndarray,
    starts: np.ndarray,
    turn: np.ndarray,
    zone: np.ndarray,
    tiny: np.ndarray,
    cell_m: float | None,
    *,
    closed: bool,
) -> EdgeGrid:
    """File strings of coordinates: where each starts, whether it runs the other way, and whose it is."""
    count = int(np.maximum(np.diff(starts) - 1, 0).sum())
    if not count:
        nothing = np.empty(0, np.int32)
        return EdgeGrid(
            np.array([0.0, 0.0, 1.0]), np.array([0, 0, len(tiny)]), np.zeros(1, np.int64), np.empty((0, 4)), nothing, tiny
        )
    west, south, east, north = _extent(xy)
    wide, high = east - west, north - south
    if cell_m is None:
        cell_m = math.sqrt(max(wide, 1.0) * max(high, 1.0) / (count / 4 + 1))
        # A long thin extent must not have more columns than it has edges to put there.
        cell_m = max(cell_m, 4 * (wide + high) / (count + 16), 1.0)
    cell = 2.0 ** round(math.log2(cell_m))
    # Lines off round numbers: boundaries drawn on them would otherwise run along cell lines.
    x0, y0 = (math.floor(low / cell) * cell - 0.609375 * cell for low in (west, south))
    # One more on every side: what is outside the grid then cannot be near anything in it.
    columns, rows = math.floor((east - x0) / cell) + 2, math.floor((north - y0) / cell) + 2
    frame = np.array([x0, y0, cell])
    counts = np.zeros(columns * rows, np.int64)
    none, nowhere = np.empty((0, 4)), np.empty(0, np.int32)
    crossings = int(_count_crossings(xy, starts, y0, cell))
    cross_zone, cross_line = np.empty(crossings, np.int32), np.empty(crossings, np.int32)
    cross_x = np.empty(crossings)
    strings = (xy, starts, turn, zone)
    _cut(*strings, x0, y0, cell, columns, False, counts, none, nowhere, cross_zone, cross_line, cross_x)
    # Open lines have no inside, and nothing to close.
    order = np.lexsort((cross_x, cross_line, cross_zone)) if closed else np.empty(0, np.int64)
    top_counts = np.zeros(columns * rows, np.int64)
    _tops(cross_zone, cross_line, cross_x, order, x0, y0, cell, columns, False, top_counts, none, nowhere)
    offsets = np.concatenate([[0], np.cumsum(counts + top_counts)])
    fragments, zones = np.empty((int(offsets[-1]), 4)), np.empty(int(offsets[-1]), np.int32)
    position = offsets[:-1].copy()
    _cut(*strings, x0, y0, cell, columns, True, position, fragments, zones, cross_zone, cross_line, cross_x)
    _tops(cross_zone, cross_line, cross_x, order, x0, y0, cell, columns, True, position, fragments, zones)
    _by_zone(offsets, fragments, zones)
    return EdgeGrid(frame, np.array([columns, rows, len(tiny)]), offsets, fragments, zones, tiny)


@_compiled
def _ring_areas(xy, starts, area):
    for ring in range(area.size):
        total = 0.0
        if starts[ring] < starts[ring + 1]:
            x, y = xy[starts[ring], 0], xy[starts[ring], 1]
            for k in range(starts[ring], starts[ring + 1] - 1):
                total += (xy[k, 0] - x) * (xy[k + 1, 1] - y) - (xy[k + 1, 0] - x) * (xy[k, 1] - y)
        area[ring] = 0.5 * total


@_compiled
def _string_edges(xy, starts, turn, at, edges):
    """Edges of strings of coordinates, some of them in the other direction, each string put at its own place."""
    for string in range(starts.size - 1):
        first, last, k = starts[string], starts[string + 1] - 1, at[string]
        for j in range(last - first):
            a = last - j if turn[string] else first + j
            b = a - 1 if turn[string] else a + 1
            edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3] = xy[a, 0], xy[a, 1], xy[b, 0], xy[b, 1]
            k += 1


@_compiled
def _extent(xy):
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    for k in range(xy.shape[0]):
        x, y = xy[k, 0], xy[k, 1]
        west, south, east, north = min(west, x), min(south, y), max(east, x), max(north, y)
    return west, south, east, north


@_compiled
def _count_crossings(xy, starts, y0, cell):
    """How often edges cross a horizontal line of the grid; as :func:`_cut` counts."""
    total = 0
    share = 1.0 / cell
    for string in range(starts.size - 1):
        row = 0
        for k in range(starts[string], starts[string + 1]):
            here = int((xy[k, 1] - y0) * share)
            if k > starts[string]:
                total += abs(here - row)
            row = here
    return total


@_compiled
def _cut(
    xy, starts, turn, zone, x0, y0, cell, columns, place, position, fragments, zones, cross_zone, cross_line, cross_x
):
    """Walk every edge through the grid: count its fragments and note where it crosses horizontal lines, or place them.

    A place on a line belongs to the cell above it, or to the right: floor() decides throughout.
    """
    crossings = 0
    share = 1.0 / cell  # exact, as the cell's side is a power of two
    for string in range(starts.size - 1):
        first, last = starts[string], starts[string + 1] - 1
        if first >= last:
            continue
        b = last if turn[string] else first
        xb, yb = xy[b, 0], xy[b, 1]
        u_end, v_end = (xb - x0) * share, (yb - y0) * share
        last_column, last_row = int(u_end), int(v_end)
        for _ in range(last - first):
            xa, ya, u, v, column, row = xb, yb, u_end, v_end, last_column, last_row
            b = b - 1 if turn[string] else b + 1
            xb, yb = xy[b, 0], xy[b, 1]
            u_end, v_end = (xb - x0) * share, (yb - y0) * share
            last_column, last_row = int(u_end), int(v_end)
            px, py = xa, ya
            while True:
                here = row * columns + column
                if column == last_column and row == last_row:
                    qx, qy, done = xb, yb, True
                else:
                    done = False
                    by_column, by_row = 2.0, 2.0
                    line_u = column + 1 if last_column > column else column
                    line_v = row + 1 if last_row > row else row
                    if column != last_column:
                        by_column = (line_u - u) / (u_end - u)
                    if row != last_row:
                        by_row = (line_v - v) / (v_end - v)
                    if by_column <= by_row:
                        qx = x0 + line_u * cell
                        qy = ya + (qx - xa) * (yb - ya) / (xb - xa)
                        column += 1 if last_column > column else -1
                    else:
                        qy = y0 + line_v * cell
                        qx = xa + (qy - ya) * (xb - xa) / (yb - ya)
                        row += 1 if last_row > row else -1
                        if not place:
                            cross_zone[crossings], cross_line[crossings], cross_x[crossings] = zone[string], line_v, qx
                            crossings += 1
                if px != qx or py != qy or (xa == xb and ya == yb):  # a point is an edge without length
                    if place:
                        k = position[here]
                        fragments[k, 0], fragments[k, 1], fragments[k, 2], fragments[k, 3] = px, py, qx, qy
                        zones[k] = zone[string]
                    position[here] += 1
                if done:
                    break
                px, py = qx, qy


@_compiled
def _tops(cross_zone, cross_line, cross_x, order, x0, y0, cell, columns, place, position, fragments, zones):
    """Between the 1st and 2nd, 3rd and 4th … crossing of a line lies the zone: close the cells below it there."""
    for pair in range(0, order.size - 1, 2):
        a, b = order[pair], order[pair + 1]
        west, east, line = cross_x[a], cross_x[b], cross_line[a]
        if east <= west:
            continue
        y = y0 + line * cell
        for column in range(max(int((west - x0) / cell), 0), min(int((east - x0) / cell), columns - 1) + 1):
            left, right = max(west, x0 + column * cell), min(east, x0 + (column + 1) * cell)
            if right <= left:
                continue
            here = (line - 1) * columns + column
            if place:
                k = position[here]
                fragments[k, 0], fragments[k, 1], fragments[k, 2], fragments[k, 3] = right, y, left, y
                zones[k] = cross_zone[a]
            position[here] += 1


@_compiled
def _by_zone(offsets, fragments, zones):
    """Order each cell by zone. Its tops come last, and they are few: each is moved up to its place."""
    for here in range(offsets.size - 1):
        first, last = offsets[here], offsets[here + 1]
        if last - first > 256:
            order = np.argsort(zones[first:last], kind="mergesort")
            fragments[first:last] = fragments[first:last][order].copy()
            zones[first:last] = zones[first:last][order].copy()
            continue
        for k in range(first + 1, last):
            zone = zones[k]
            if zone < zones[k - 1]:
                xa, ya, xb, yb = fragments[k, 0], fragments[k, 1], fragments[k, 2], fragments[k, 3]
                j = k
                while j > first and zones[j - 1] > zone:
                    zones[j] = zones[j - 1]
                    for q in range(4):
                        fragments[j, q] = fragments[j - 1, q]
                    j -= 1
                zones[j] = zone
                fragments[j, 0], fragments[j, 1], fragments[j, 2], fragments[j, 3] = xa, ya, xb, yb


@_inlined
def _is_full(fragments, first, last, cell, ceiling):
    """Whether a zone fills its whole cell: nothing but a top from side to side (and no edge along the floor)."""
    return (
        last - first == 1
        and fragments[first, 1] == ceiling
        and fragments[first, 3] == ceiling
        and fragments[first, 0] - fragments[first, 2] == cell
    )


@_inlined
def _odd_above(x, y, fragments, first, last):
    odd = False
    for k in range(first, last):
        xa, xb = fragments[k, 0], fragments[k, 2]
        if (xa > x) != (xb > x):
            ya, yb = fragments[k, 1], fragments[k, 3]
            if ya + (x - xa) * (yb - ya) / (xb - xa) > y:
                odd = not odd
    return odd


@_inlined
def _weight(x, curve):
    """Area on the ellipsoid for each m² of the plane, ``x`` metres off the middle meridian of a Gauss-Krüger zone.

    The plane is longer than the ground by cosh(x / R), to a billionth within a zone; ``curve`` is 1 / R².
    """
    q = x * x * curve
    scale = 1.0 + q * (0.5 + q / 24.0)
    return 1.0 / (scale * scale)


@_inlined
def _slab(h_low, h_high, low, high, middle, curve):
    """(m² in the plane, m² on the ellipsoid) under a straight line between two places."""
    wide = high - low
    x = 0.5 * (low + high) - middle
    plane = 0.5 * (h_low + h_high) * wide
    weight = _weight(x, curve)
    lean = -2.0 * x * curve * (1.0 - x * x * curve / 3.0) * weight  # how the weight changes along x
    return plane, weight * plane + lean * (h_high - h_low) * wide * wide / 12.0


@_inlined
def _clip(xa, ya, xb, yb, x_low, x_high, clipped, n):
    """Put a site edge, cut to a column of cells, as (west x, y, east x, y, slope, sign) among the others of it.

    Returns how many there are then; an upright edge, or one of another column, is left out.
    """
    sign = 1.0
    if xa > xb:
        xa, xb, ya, yb, sign = xb, xa, yb, ya, -1.0
    if xa == xb or xb <= x_low or xa >= x_high:
        return n
    slope = (yb - ya) / (xb - xa)
    if xa < x_low:
        ya += slope * (x_low - xa)
        xa = x_low
    if xb > x_high:
        yb = ya + slope * (x_high - xa)
        xb = x_high
    clipped[n, 0], clipped[n, 1], clipped[n, 2], clipped[n, 3], clipped[n, 4], clipped[n, 5] = xa, ya, xb, yb, slope, sign
    return n + 1


@_inlined
def _lift(clipped, picked, floor, lifted):
    """Of the edges of a column what lies above a floor, with heights over it; returns how many there are."""
    n = 0
    for q in range(picked):
        xa, ya, xb, yb, slope = clipped[q, 0], clipped[q, 1] - floor, clipped[q, 2], clipped[q, 3] - floor, clipped[q, 4]
        if ya <= 0 and yb <= 0:
            continue
        if ya < 0:
            xa -= ya / slope
            ya = 0.0
        elif yb < 0:
            xb = xa - ya / slope
        lifted[n, 0], lifted[n, 1], lifted[n, 2], lifted[n, 3], lifted[n, 4] = xa, ya, xb, slope, clipped[q, 5]
        n += 1
    return n


@_inlined
def _under_both(lifted, n, floor, fragments, first, last, middle, curve):
    """Signed integral, above ``floor``, of the lower of each site edge of a column and each fragment of a zone.

    Both as it is in the plane and on the ellipsoid.
    """
    total, ground = 0.0, 0.0
    for k in range(first, last):
        fxa, fxb = fragments[k, 0], fragments[k, 2]
        if fxa == fxb:
            continue
        fya, fyb = fragments[k, 1] - floor, fragments[k, 3] - floor
        fragment_sign = 1.0
        if fxa > fxb:
            fxa, fxb, fya, fyb, fragment_sign = fxb, fxa, fyb, fya, -1.0
        fragment_slope = (fyb - fya) / (fxb - fxa)
        for q in range(n):
            exa, slope = lifted[q, 0], lifted[q, 3]
            low, high = max(exa, fxa), min(lifted[q, 2], fxb)
            if low >= high:
                continue
            e_low, e_high = lifted[q, 1] + slope * (low - exa), lifted[q, 1] + slope * (high - exa)
            f_low, f_high = fya + fragment_slope * (low - fxa), fya + fragment_slope * (high - fxa)
            d_low, d_high = e_low - f_low, e_high - f_high
            if d_low <= 0 and d_high <= 0:
                part, level = _slab(e_low, e_high, low, high, middle, curve)
            elif d_low >= 0 and d_high >= 0:
                part, level = _slab(f_low, f_high, low, high, middle, curve)
            else:
                cross = (high - low) * d_low / (d_low - d_high)
                e_cross = e_low + slope * cross
                part, level = _slab(min(e_low, f_low), e_cross, low, low + cross, middle, curve)
                more, more_level = _slab(e_cross, min(e_high, f_high), low + cross, high, middle, curve)
                part += more
                level += more_level
            sign = fragment_sign * lifted[q, 4]
            total += sign * part
            ground += sign * level
    return total, ground


@_inlined
def _reaches(px, py, xa, ya, xb, yb):
    """Whether a point lies within ``CONTACT_M`` of a segment."""
    return off(px, py, xa, ya, xb, yb) <= CONTACT_M * CONTACT_M


@_inlined
def _meet(xa, ya, xb, yb, ua, va, ub, vb):
    """Whether two segments cross or come within ``CONTACT_M`` of one another."""
    if (
        max(xa, xb) < min(ua, ub) - CONTACT_M
        or min(xa, xb) > max(ua, ub) + CONTACT_M
        or max(ya, yb) < min(va, vb) - CONTACT_M
        or min(ya, yb) > max(va, vb) + CONTACT_M
    ):
        return False
    if _reaches(xa, ya, ua, va, ub, vb) or _reaches(xb, yb, ua, va, ub, vb):
        return True
    if _reaches(ua, va, xa, ya, xb, yb) or _reaches(ub, vb, xa, ya, xb, yb):
        return True
    one = (xb - xa) * (va - ya) - (yb - ya) * (ua - xa)
    two = (xb - xa) * (vb - ya) - (yb - ya) * (ub - xa)
    three = (ub - ua) * (ya - va) - (vb - va) * (xa - ua)
    four = (ub - ua) * (yb - va) - (vb - va) * (xb - ua)
    return (one > 0) != (two > 0) and (three > 0) != (four > 0)


@_inlined
def _way(px, py, xa, ya, xb, yb):
    """(square of the distance, x, y) from a point to the nearest place of a segment."""
    dx, dy = xb - xa, yb - ya
    square = dx * dx + dy * dy
    t = 0.0
    if square > 0:
        t = min(max(((px - xa) * dx + (py - ya) * dy) / square, 0.0), 1.0)
    x, y = xa + t * dx, ya + t * dy
    return (px - x) ** 2 + (py - y) ** 2, x, y


@_inlined
def _slot(zone, slots, found, measures, ground, doubts, count):
    """Where a zone's sum for this site is kept; opened on first use."""
    k = slots[zone]
    if k < 0:
        k = count
        slots[zone] = k
        found[k], measures[k], ground[k], doubts[k] = zone, 0.0, 0.0, False
        count += 1
    return k, count


@_inlined
def _is_deep(x, y, zone, x0, y0, cell, columns, rows, offsets, fragments, zones):
    """Whether a point lies in a zone and farther than ``DEEP_M`` from its edge; ``False`` too where that is not clear."""
    column, row = int(math.floor((x - x0) / cell)), int(math.floor((y - y0) / cell))
    if column < 0 or column >= columns or row < 0 or row >= rows:
        return False
    left, floor = x0 + column * cell, y0 + row * cell
    if min(x - left, left + cell - x, y - floor, floor + cell - y) <= DEEP_M:
        return False  # what lies beyond the cell's sides is not looked at
    here = row * columns + column
    first, last = offsets[here], offsets[here + 1]
    while first < last and zones[first] != zone:
        first += 1
    end = first
    while end < last and zones[end] == zone:
        end += 1
    if first == end or not _odd_above(x, y, fragments, first, end):
        return False
    for k in range(first, end):
        if fragments[k, 1] == floor + cell and fragments[k, 3] == floor + cell:
            continue
        square, _, _ = _way(x, y, fragments[k, 0], fragments[k, 1], fragments[k, 2], fragments[k, 3])
        if square <= DEEP_M * DEEP_M:
            return False
    return True


@_compiled
def _rows(
    first_site, last_site, kinds, own, own_ground, edges, edge_offsets, bounds, middle, curves,
    frame, size, offsets, fragments, zones, tiny, most_edges, most_fragments,
):  # fmt: skip
    """What every site shares with every zone, or with which it may be touching.

    (site, zone, m² or m or 1 in the plane, on the ellipsoid, doubtful, a corner of the site lies deep in the zone).
    """
    x0, y0, cell = frame[0], frame[1], frame[2]
    columns, rows, zone_count = size[0], size[1], size[2]
    slots = np.full(zone_count, -1, np.int32)
    found, measures, doubts = np.empty(zone_count, np.int32), np.empty(zone_count), np.empty(zone_count, np.bool_)
    ground = np.empty(zone_count)
    chosen, cuts = np.empty(2 * most_edges, np.int64), np.empty(most_fragments + 2)
    heads, hints = np.empty(columns + 3, np.int64), np.zeros(zone_count, np.int64)
    clipped, lifted = np.empty((most_edges, 6)), np.empty((most_edges, 5))
    room = 2 * (last_site - first_site) + 16
    out_site, out_zone = np.empty(room, np.int64), np.empty(room, np.int64)
    out_measure, out_ground = np.empty(room), np.empty(room)
    out_doubt, out_deep = np.empty(room, np.bool_), np.empty(room, np.bool_)
    written = 0
    for site in range(first_site, last_site):
        count = 0
        crossroads = False
        curve = curves[site]
        start, stop = edge_offsets[site], edge_offsets[site + 1]
        if start == stop:
            continue
        west, south = bounds[site, 0] - CONTACT_M, bounds[site, 1] - CONTACT_M
        east, north = bounds[site, 2] + CONTACT_M, bounds[site, 3] + CONTACT_M
        low_column = max(int(math.floor((west - x0) / cell)), 0)
        high_column = min(int(math.floor((east - x0) / cell)), columns - 1)
        low_row = max(int(math.floor((south - y0) / cell)), 0)
        high_row = min(int(math.floor((north - y0) / cell)), rows - 1)
        if low_column > high_column or low_row > high_row:
            continue
        kind = kinds[site]
        if kind == POINT:
            x, y = edges[start, 0], edges[start, 1]
            home = int(math.floor((y - y0) / cell)) * columns + int(math.floor((x - x0) / cell))
            for row in range(low_row, high_row + 1):
                for column in range(low_column, high_column + 1):
                    here = row * columns + column
                    a, end = offsets[here], offsets[here + 1]
                    ceiling = y0 + (row + 1) * cell
                    while a < end:
                        b = a + 1
                        while b < end and zones[b] == zones[a]:
                            b += 1
                        doubtful = False
                        for k in range(a, b):
                            xa, ya, xb, yb = fragments[k, 0], fragments[k, 1], fragments[k, 2], fragments[k, 3]
                            if ya == ceiling and yb == ceiling:
                                continue
                            # Also where the ray upward passes so close to a vertex that parity may be wrong.
                            if _reaches(x, y, xa, ya, xb, yb) or (
                                max(ya, yb) > y and (abs(xa - x) <= CONTACT_M or abs(xb - x) <= CONTACT_M)
                            ):
                                doubtful = True
                                break
                        odd = here == home and _odd_above(x, y, fragments, a, b)
                        if odd or doubtful:
                            k, count = _slot(zones[a], slots, found, measures, ground, doubts, count)
                            measures[k] += 1.0 if odd else 0.0
                            ground[k] = measures[k]
                            doubts[k] = doubts[k] or doubtful
                        a = b
        elif kind == LINE:
            for s in range(start, stop):
                xa, ya, xb, yb = edges[s, 0], edges[s, 1], edges[s, 2], edges[s, 3]
                dx, dy = xb - xa, yb - ya
                length = math.sqrt(dx * dx + dy * dy)
                if length == 0:
                    continue
                u, v, u_end, v_end = (xa - x0) / cell, (ya - y0) / cell, (xb - x0) / cell, (yb - y0) / cell
                column, row = int(math.floor(u)), int(math.floor(v))
                last_column, last_row = int(math.floor(u_end)), int(math.floor(v_end))
                t_low = 0.0
                while True:
                    in_column, in_row = column, row
                    done = column == last_column and row == last_row
                    t_high = 1.0
                    if not done:
                        by_column, by_row = 2.0, 2.0
                        if column != last_column:
                            by_column = ((column + 1 if last_column > column else column) - u) / (u_end - u)
                        if row != last_row:
                            by_row = ((row + 1 if last_row > row else row) - v) / (v_end - v)
                        # Where four cells meet, the way goes through two or three of them.
                        crossroads = crossroads or abs(by_column - by_row) * length <= CONTACT_M
                        if by_column <= by_row:
                            t_high = by_column
                            column += 1 if last_column > column else -1
                        else:
                            t_high = by_row
                            row += 1 if last_row > row else -1
                    if 0 <= in_column < columns and 0 <= in_row < rows:
                        here = in_row * columns + in_column
                        a, end = offsets[here], offsets[here + 1]
                        ceiling = y0 + (in_row + 1) * cell
                        while a < end:
                            b = a + 1
                            while b < end and zones[b] == zones[a]:
                                b += 1
                            if _is_full(fragments, a, b, cell, ceiling):
                                k, count = _slot(zones[a], slots, found, measures, ground, doubts, count)
                                measures[k] += (t_high - t_low) * length
                                weight = _weight(xa + 0.5 * (t_low + t_high) * dx - middle, curve)
                                ground[k] += (t_high - t_low) * length * math.sqrt(weight)
                                a = b
                                continue
                            n = 0
                            along = False
                            for f in range(a, b):
                                fxa, fya, fxb, fyb = fragments[f, 0], fragments[f, 1], fragments[f, 2], fragments[f, 3]
                                if fya == ceiling and fyb == ceiling:
                                    continue
                                one = (fxa - xa) * dy - (fya - ya) * dx
                                two = (fxb - xa) * dy - (fyb - ya) * dx
                                near = CONTACT_M * length
                                if abs(one) <= near and abs(two) <= near:
                                    ta = ((fxa - xa) * dx + (fya - ya) * dy) / (length * length)
                                    tb = ((fxb - xa) * dx + (fyb - ya) * dy) / (length * length)
                                    if max(ta, tb) > t_low and min(ta, tb) < t_high:
                                        along = True
                                # A fragment that only ends on the line may go on in the next cell. A cut too many
                                # does no harm: every piece between two cuts is looked at by itself.
                                if not (one > near and two > near or one < -near and two < -near):
                                    ex, ey = fxb - fxa, fyb - fya
                                    slant = dx * ey - dy * ex
                                    if slant != 0:
                                        t = ((fxa - xa) * ey - (fya - ya) * ex) / slant
                                        if t_low < t < t_high:
                                            cuts[n] = t
                                            n += 1
                            if n > 1:
                                cuts[:n].sort()
                            cuts[n] = t_high
                            before, inside, level = t_low, 0.0, 0.0
                            for q in range(n + 1):
                                half = 0.5 * (before + cuts[q])
                                if _odd_above(xa + half * dx, ya + half * dy, fragments, a, b):
                                    inside += cuts[q] - before
                                    level += (cuts[q] - before) * math.sqrt(_weight(xa + half * dx - middle, curve))
                                before = cuts[q]
                            k, count = _slot(zones[a], slots, found, measures, ground, doubts, count)
                            measures[k] += inside * length
                            ground[k] += level * length
                            doubts[k] = doubts[k] or along
                            a = b
                    if done:
                        break
                    t_low = t_high
        else:
            single = low_column == high_column and low_row == high_row
            # Which edges come into which column: a long site has many of both, and each edge is in one or two.
            heads[: high_column - low_column + 3] = 0
            for s in range(start, stop):
                from_column = int(math.floor((min(edges[s, 0], edges[s, 2]) - CONTACT_M - x0) / cell))
                to_column = int(math.floor((max(edges[s, 0], edges[s, 2]) + CONTACT_M - x0) / cell))
                for column in range(max(from_column, low_column), min(to_column, high_column) + 1):
                    heads[column - low_column + 2] += 1
            for column in range(high_column - low_column + 1):
                heads[column + 2] += heads[column + 1]
            if heads[high_column - low_column + 2] > chosen.size:
                chosen = np.empty(2 * heads[high_column - low_column + 2], np.int64)
            for s in range(start, stop):
                from_column = int(math.floor((min(edges[s, 0], edges[s, 2]) - CONTACT_M - x0) / cell))
                to_column = int(math.floor((max(edges[s, 0], edges[s, 2]) + CONTACT_M - x0) / cell))
                for column in range(max(from_column, low_column), min(to_column, high_column) + 1):
                    chosen[heads[column - low_column + 1]] = s
                    heads[column - low_column + 1] += 1
            for column in range(low_column, high_column + 1):
                x_low = x0 + column * cell
                x_high = x_low + cell
                picked, low, high = 0, np.inf, -np.inf
                for q in range(heads[column - low_column], heads[column - low_column + 1]):
                    s = chosen[q]
                    low, high = min(low, edges[s, 1], edges[s, 3]), max(high, edges[s, 1], edges[s, 3])
                    picked = _clip(edges[s, 0], edges[s, 1], edges[s, 2], edges[s, 3], x_low, x_high, clipped, picked)
                if low > high:
                    continue
                hint = chosen[heads[column - low_column]]
                from_row = max(int(math.floor((low - CONTACT_M - y0) / cell)), 0)
                to_row = min(int(math.floor((high + CONTACT_M - y0) / cell)), rows - 1)
                for row in range(from_row, to_row + 1):
                    here = row * columns + column
                    a, end = offsets[here], offsets[here + 1]
                    if a == end:
                        continue
                    floor = y0 + row * cell
                    above = -1
                    while a < end:
                        b = a + 1
                        while b < end and zones[b] == zones[a]:
                            b += 1
                        if single and _is_full(fragments, a, b, cell, floor + cell):
                            area, level = own[site], own_ground[site]
                        else:
                            if above < 0:
                                above = _lift(clipped, picked, floor, lifted)
                            area, level = _under_both(lifted, above, floor, fragments, a, b, middle, curve)
                        k, count = _slot(zones[a], slots, found, measures, ground, doubts, count)
                        measures[k] += area
                        ground[k] += level
                        hints[k] = hint
                        if tiny[zones[a]]:
                            doubts[k] = True
                        a = b
        unsettled = crossroads
        if kind != POINT:
            for k in range(count):
                unsettled = unsettled or not measures[k] > DOUBT
        if unsettled or kind == LINE:
            # Zones near by that the sums do not clearly see: does an edge of theirs come near enough to touch?
            for s in range(start, stop):
                xa, ya, xb, yb = edges[s, 0], edges[s, 1], edges[s, 2], edges[s, 3]
                left, right = (min(xa, xb) - x0) / cell, (max(xa, xb) - x0) / cell
                below, above = (min(ya, yb) - y0) / cell, (max(ya, yb) - y0) / cell
                margin = CONTACT_M / cell
                from_column, to_column = int(math.floor(left - margin)), int(math.floor(right + margin))
                from_row, to_row = int(math.floor(below - margin)), int(math.floor(above + margin))
                if not unsettled and (
                    from_column == int(math.floor(left))
                    and to_column == int(math.floor(right))
                    and from_row == int(math.floor(below))
                    and to_row == int(math.floor(above))
                ):
                    continue  # every cell that this edge could touch anything in has been looked into
                for row in range(max(from_row, 0), min(to_row, rows - 1) + 1):
                    ceiling = y0 + (row + 1) * cell
                    for column in range(max(from_column, 0), min(to_column, columns - 1) + 1):
                        here = row * columns + column
                        for f in range(offsets[here], offsets[here + 1]):
                            k = slots[zones[f]]
                            if k >= 0 and (measures[k] > DOUBT or doubts[k]):
                                continue
                            fxa, fya, fxb, fyb = fragments[f, 0], fragments[f, 1], fragments[f, 2], fragments[f, 3]
                            if (fya != ceiling or fyb != ceiling) and _meet(xa, ya, xb, yb, fxa, fya, fxb, fyb):
                                k, count = _slot(zones[f], slots, found, measures, ground, doubts, count)
                                doubts[k] = True
        if written + count > out_site.size:
            room = 2 * (written + count)
            out_site, out_zone = _longer(out_site, room), _longer(out_zone, room)
            out_measure, out_ground = _longer(out_measure, room), _longer(out_ground, room)
            out_doubt, out_deep = _longer(out_doubt, room), _longer(out_deep, room)
        for k in range(count):
            # Beyond rounding and yet below doubt: a sliver, or a tiny site. Or no number at all, from an edge so
            # nearly upright that its slope overflows.
            doubtful = doubts[k] or (1e-8 < measures[k] <= DOUBT) or not abs(measures[k]) < np.inf
            if doubtful or measures[k] > DOUBT:
                out_site[written], out_zone[written] = site, found[k]
                out_measure[written], out_ground[written], out_doubt[written] = measures[k], ground[k], doubtful
                deep = False
                if not doubtful:
                    # From an edge near the zone on: of a long site the first ones lie far from most zones.
                    s = hints[k] if kind == AREA else start
                    for _ in range(start, stop):
                        x, y = edges[s, 0], edges[s, 1]
                        s = s + 1 if s + 1 < stop else start
                        if _is_deep(x, y, found[k], x0, y0, cell, columns, rows, offsets, fragments, zones):
                            deep = True
                            break
                out_deep[written] = deep
                written += 1
            slots[found[k]] = -1
    return (
        out_site[:written], out_zone[:written], out_measure[:written], out_ground[:written],
        out_doubt[:written], out_deep[:written],
    )  # fmt: skip


@_inlined
def _closest(a, b, ceiling, xa, ya, xb, yb, fragments, zones, allowed, best, best_zone, sx, sy, fx, fy):
    """The best way from an edge so far, after a look at some fragments of one row of cells."""
    west, east, south, north = min(xa, xb), max(xa, xb), min(ya, yb), max(ya, yb)
    for f in range(a, b):
        ua, va, ub, vb = fragments[f, 0], fragments[f, 1], fragments[f, 2], fragments[f, 3]
        aside = max(min(ua, ub) - east, west - max(ua, ub), 0.0)
        apart = max(min(va, vb) - north, south - max(va, vb), 0.0)
        reach = best + CONTACT_M
        if aside * aside + apart * apart > reach * reach:
            continue
        if va == ceiling and vb == ceiling and (ua != ub) or not allowed[zones[f]]:
            continue
        square, gx, gy = _way(xa, ya, ua, va, ub, vb)
        px, py = xa, ya
        other, hx, hy = _way(xb, yb, ua, va, ub, vb)
        if other < square:
            square, px, py, gx, gy = other, xb, yb, hx, hy
        other, hx, hy = _way(ua, va, xa, ya, xb, yb)
        if other < square:
            square, px, py, gx, gy = other, hx, hy, ua, va
        other, hx, hy = _way(ub, vb, xa, ya, xb, yb)
        if other < square:
            square, px, py, gx, gy = other, hx, hy, ub, vb
        metres = math.sqrt(square)
        # Neighbours share edges, cut at other places in each: equal but for rounding.
        tie = metres <= best + 1e-7 and zones[f] < best_zone
        closer = metres < best and zones[f] == best_zone or metres < best - 1e-7
        if closer or tie or (best_zone < 0 and metres <= best):
            best, best_zone = metres, zones[f]
            sx, sy, fx, fy = px, py, gx, gy
    return best, best_zone, sx, sy, fx, fy


@_compiled
def _nearest(first_site, last_site, edges, edge_offsets, frame, size, offsets, upright, fragments, zones, allowed, limit):
    """For each site the nearest zone, the distance, and both ends of the way.

    Every edge searches the cells around it ring by ring outward, until the next ring is farther than the best that
    any edge of the site has found. A ring's sides that hold nothing are seen at once to be empty, from how many
    fragments come before their first cell and after their last, counted by rows and by columns.
    """
    x0, y0, cell = frame[0], frame[1], frame[2]
    columns, rows = size[0], size[1]
    count = last_site - first_site
    out_zone, out_metres, out_ends = np.full(count, -1, np.int64), np.full(count, np.nan), np.full((count, 4), np.nan)
    for site in range(first_site, last_site):
        best, best_zone = limit, -1
        sx, sy, fx, fy = np.nan, np.nan, np.nan, np.nan
        for s in range(edge_offsets[site], edge_offsets[site + 1]):
            xa, ya, xb, yb = edges[s, 0], edges[s, 1], edges[s, 2], edges[s, 3]
            west, east, south, north = min(xa, xb), max(xa, xb), min(ya, yb), max(ya, yb)
            c_low, c_high = int(math.floor((west - x0) / cell)), int(math.floor((east - x0) / cell))
            r_low, r_high = int(math.floor((south - y0) / cell)), int(math.floor((north - y0) / cell))
            ring = max(0, -c_high, c_low - columns + 1, -r_high, r_low - rows + 1)
            # from the edge's box to the outside of the cells that it touches; each ring adds a cell's side
            gap = min(west - x0 - c_low * cell, x0 + (c_high + 1) * cell - east)
            gap = max(min(gap, south - y0 - r_low * cell, y0 + (r_high + 1) * cell - north), 0.0)
            while True:
                if ring > 0 and gap + (ring - 1) * cell > best + CONTACT_M:
                    break
                step = 1 if ring == 0 else r_high - r_low + 2 * ring  # all rows of the edge itself, then first and last
                for row in range(r_low - ring, r_high + ring + 1, step):
                    if row < 0 or row >= rows:
                        continue
                    # From the middle outward, no farther than what was found by then allows.
                    apart = max(south - (y0 + (row + 1) * cell), y0 + row * cell - north, 0.0)
                    middle = min(max((c_low + c_high) // 2, 0), columns - 1)
                    done_low, done_high, wide = middle, middle - 1, 4
                    while True:
                        low, high = max(c_low - ring, 0), min(c_high + ring, columns - 1)
                        reach = best + CONTACT_M
                        if apart > reach:
                            break
                        if reach < (columns + rows) * cell:
                            aside = math.sqrt(max(reach * reach - apart * apart, 0.0))
                            low = max(low, int(math.floor((west - aside - x0) / cell)))
                            high = min(high, int(math.floor((east + aside - x0) / cell)))
                        to_low, to_high = max(low, middle - wide), min(high, middle + wide)
                        if to_low >= done_low and to_high <= done_high:
                            break
                        for left, right in ((to_low, done_low - 1), (done_high + 1, to_high)):
                            if left <= right:
                                best, best_zone, sx, sy, fx, fy = _closest(
                                    offsets[row * columns + left], offsets[row * columns + right + 1],
                                    y0 + (row + 1) * cell, xa, ya, xb, yb, fragments, zones, allowed,
                                    best, best_zone, sx, sy, fx, fy,
                                )  # fmt: skip
                        done_low, done_high, wide = min(done_low, to_low), max(done_high, to_high), 4 * wide
                if ring > 0:
                    for column in (c_low - ring, c_high + ring):
                        if column < 0 or column >= columns:
                            continue
                        low, high = max(r_low - ring + 1, 0), min(r_high + ring - 1, rows - 1)
                        aside = max(west - (x0 + (column + 1) * cell), x0 + column * cell - east, 0.0)
                        reach = best + CONTACT_M
                        if aside > reach:
                            continue
                        if reach < (columns + rows) * cell:
                            apart = math.sqrt(max(reach * reach - aside * aside, 0.0))
                            low = max(low, int(math.floor((south - apart - y0) / cell)))
                            high = min(high, int(math.floor((north + apart - y0) / cell)))
                        if low > high or upright[column * rows + low] == upright[column * rows + high + 1]:
                            continue
                        for row in range(low, high + 1):
                            a, b = offsets[row * columns + column], offsets[row * columns + column + 1]
                            if a < b:
                                best, best_zone, sx, sy, fx, fy = _closest(
                                    a, b, y0 + (row + 1) * cell, xa, ya, xb, yb, fragments, zones, allowed,
                                    best, best_zone, sx, sy, fx, fy,
                                )  # fmt: skip
                across = c_low - ring <= 0 and c_high + ring >= columns - 1
                if across and r_low - ring <= 0 and r_high + ring >= rows - 1:
                    break
                ring += 1
        if best_zone >= 0:
            k = site - first_site
            out_zone[k], out_metres[k] = best_zone, best
            out_ends[k, 0], out_ends[k, 1], out_ends[k, 2], out_ends[k, 3] = sx, sy, fx, fy
    return out_zone, out_metres, out_ends


@_compiled
def _within(first_site, last_site, edges, edge_offsets, frame, size, offsets, fragments, zones, reach):
    """(site, zone, metres) for every zone with an edge at most ``reach`` metres from the outline of a site."""
    x0, y0, cell = frame[0], frame[1], frame[2]
    columns, rows, zone_count = size[0], size[1], size[2]
    slots, found, metres = np.full(zone_count, -1, np.int32), np.empty(zone_count, np.int32), np.empty(zone_count)
    room = last_site - first_site + 16
    out_site, out_zone, out_metres = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
    written = 0
    for site in range(first_site, last_site):
        count = 0
        for s in range(edge_offsets[site], edge_offsets[site + 1]):
            xa, ya, xb, yb = edges[s, 0], edges[s, 1], edges[s, 2], edges[s, 3]
            west, east = min(xa, xb) - reach, max(xa, xb) + reach
            south, north = min(ya, yb) - reach, max(ya, yb) + reach
            c_low, c_high = int(math.floor((west - x0) / cell)), int(math.floor((east - x0) / cell))
            r_low, r_high = int(math.floor((south - y0) / cell)), int(math.floor((north - y0) / cell))
            for row in range(max(r_low, 0), min(r_high, rows - 1) + 1):
                ceiling = y0 + (row + 1) * cell
                for column in range(max(c_low, 0), min(c_high, columns - 1) + 1):
                    here = row * columns + column
                    for f in range(offsets[here], offsets[here + 1]):
                        ua, va, ub, vb = fragments[f, 0], fragments[f, 1], fragments[f, 2], fragments[f, 3]
                        if max(ua, ub) < west or min(ua, ub) > east or max(va, vb) < south or min(va, vb) > north:
                            continue
                        if va == ceiling and vb == ceiling and ua != ub:
                            continue
                        k = slots[zones[f]]
                        if k >= 0 and metres[k] == 0.0:
                            continue
                        square, _, _ = _way(xa, ya, ua, va, ub, vb)
                        other, _, _ = _way(xb, yb, ua, va, ub, vb)
                        square = min(square, other)
                        other, _, _ = _way(ua, va, xa, ya, xb, yb)
                        square = min(square, other)
                        other, _, _ = _way(ub, vb, xa, ya, xb, yb)
                        square = min(square, other)
                        if square > 0.0:
                            one = (xb - xa) * (va - ya) - (yb - ya) * (ua - xa)
                            two = (xb - xa) * (vb - ya) - (yb - ya) * (ub - xa)
                            three = (ub - ua) * (ya - va) - (vb - va) * (xa - ua)
                            four = (ub - ua) * (yb - va) - (vb - va) * (xb - ua)
                            if (one > 0) != (two > 0) and (three > 0) != (four > 0):
                                square = 0.0
                        if square > reach * reach:
                            continue
                        if k < 0:
                            k = count
                            slots[zones[f]] = k
                            found[k], metres[k] = zones[f], np.inf
                            count += 1
                        metres[k] = min(metres[k], math.sqrt(square))
        if written + count > out_site.size:
            room = 2 * (written + count)
            out_site, out_zone, out_metres = _longer(out_site, room), _longer(out_zone, room), _longer(out_metres, room)
        for k in range(count):
            out_site[written], out_zone[written], out_metres[written] = site, found[k], metres[k]
            slots[found[k]] = -1
            written += 1
    return out_site[:written], out_zone[:written], out_metres[:written]


@_compiled
def _own_ground(edges, edge_offsets, kinds, middle, curves, ground):
    """m², or m of a line, of each site on the ellipsoid; 1 for a point."""
    for site in range(kinds.size):
        start, stop, curve = edge_offsets[site], edge_offsets[site + 1], curves[site]
        total = 0.0
        if kinds[site] == POINT:
            total = 1.0
        elif kinds[site] == LINE:
            for s in range(start, stop):
                dx, dy = edges[s, 2] - edges[s, 0], edges[s, 3] - edges[s, 1]
                weight = _weight(0.5 * (edges[s, 0] + edges[s, 2]) - middle, curve)
                total += math.sqrt((dx * dx + dy * dy) * weight)
        else:
            for s in range(start, stop):
                floor = edges[start, 1]
                _, level = _slab(edges[s, 1] - floor, edges[s, 3] - floor, edges[s, 0], edges[s, 2], middle, curve)
                total -= level
        ground[site] = total


@_compiled
def _longer(array, room):
    grown = np.empty(room, array.dtype)
    grown[: array.size] = array
    return grown


def site_edges(sites: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges of sites in the order of the sites, where each site's start, and the kind of each site.

    Args:
        sites: Points, lines, polygons and multi-part lines and polygons.
    """
    kinds = shapely.get_dimensions(sites).astype(np.int8)
    area, line, point = (np.flatnonzero(kinds == kind) for kind in (AREA, LINE, POINT))
    xy, starts, turn, owner = _rings(sites[area])
    owner = area[owner]
    if line.size:
        parts, whose = sites[line], np.arange(len(line))
        if (shapely.get_type_id(parts) > 2).any():
            parts, whose = shapely.get_parts(parts, return_index=True)
        ends = np.cumsum(shapely.get_num_coordinates(parts)) + starts[-1]
        xy, starts = np.concatenate([xy, shapely.get_coordinates(parts)]), np.concatenate([starts, ends])
        turn, owner = np.concatenate([turn, np.zeros(len(parts), dtype=bool)]), np.concatenate([owner, line[whose]])
    counts = np.maximum(np.diff(starts) - 1, 0)
    each = np.bincount(owner, weights=counts, minlength=len(sites)).astype(np.int64)
    each[point] = 1
    offsets = np.concatenate([[0], np.cumsum(each)])
    # Strings of one site come one after the other, those of areas before those of lines.
    before = np.concatenate([[0], np.cumsum(counts)])[:-1]
    first = np.ones(len(owner), dtype=bool)
    first[1:] = owner[1:] != owner[:-1]
    at = offsets[owner] + before - before[np.flatnonzero(first)][np.cumsum(first) - 1]
    edges = np.empty((int(offsets[-1]), 4))
    _string_edges(xy, starts, turn, at, edges)
    places = shapely.get_coordinates(sites[point])
    edges[offsets[point]] = np.concatenate([places, places], axis=1)
    return edges, offsets, kinds


@dataclass(frozen=True, slots=True)
class SiteEdges:
    """The edges of many sites, taken apart once and asked of several grids.

    Attributes:
        edges: (x1, y1, x2, y2) in metres, in the order of the sites; polygons have their inside on the left.
        offsets: Where the edges of each site start; one more at the end.
        kinds: ``POINT``, ``LINE`` or ``AREA`` of each.
        bounds: West, south, east, north of each.
        own: m² of an area, m of a line, 1 for a point, in the plane.
        ground: The same on the ellipsoid; as in the plane where no middle meridian was given.
        middle: Easting of the middle meridian of the Gauss-Krüger zone, or 0.
        curves: 1 / R² at each site; 0 where no middle meridian was given.
    """

    edges: np.ndarray
    offsets: np.ndarray
    kinds: np.ndarray
    bounds: np.ndarray
    own: np.ndarray
    ground: np.ndarray
    middle: float
    curves: np.ndarray

    def __len__(self) -> int:
        return len(self.kinds)

    @classmethod
    def of(cls, sites: np.ndarray, middle: float | None = None) -> SiteEdges:
        """Take sites apart.

        Args:
            sites: Points, lines, polygons and multi-part lines and polygons in metres, valid and not empty. For
                measures on the ellipsoid their edges must be a few hundred metres long at most.
            middle: Easting of the middle meridian of a CGCS2000 Gauss-Krüger zone, without zone number.
        """
        edges, offsets, kinds = site_edges(sites)
        bounds = shapely.bounds(sites)
        own = np.where(kinds == AREA, shapely.area(sites), np.where(kinds == LINE, shapely.length(sites), 1.0))
        if middle is None:
            return cls(edges, offsets, kinds, bounds, own, own, 0.0, np.zeros(len(kinds)))
        curves = curvature((bounds[:, 1] + bounds[:, 3]) / 2)
        ground = np.empty(len(kinds))
        _own_ground(edges, offsets, kinds, float(middle), curves, ground)
        return cls(edges, offsets, kinds, bounds, own, ground, float(middle), curves)


def curvature(north_m: np.ndarray) -> np.ndarray:
    """1 / (M·N) of the CGCS2000 ellipsoid at some northings, where M and N are its radii of curvature.

    Source:
        GB 22021-2008: a = 6378137 m, 1/f = 298.257222101. The latitude of a northing is good to 1e-5, which is more
        than enough for what hangs on it.
    """
    a, f = 6_378_137.0, 1 / 298.257222101
    square = f * (2 - f)
    third = f / (2 - f)
    level = north_m / (a * (1 - square / 4 - 3 * square**2 / 64))
    lat = level + 1.5 * third * np.sin(2 * level)
    w = 1 - square * np.sin(lat) ** 2
    return w * w / (a * a * (1 - square))


def survey(grid: EdgeGrid, sites: SiteEdges, *, threads: int | None = None) -> tuple[np.ndarray, ...]:
    """What each site shares with each zone, in the plane and on the ellipsoid.

    Args:
        grid: Zones in the same CRS.
        sites: What to ask.
        threads: At most so many; by default as many as there are processors, up to four.

    Returns:
        Positions of sites, positions of zones, the measure (m² for an area, m for a line, 1 for a point), the same
        on the ellipsoid, whether it is doubtful, and whether a corner of the site lies deeper in the zone than
        ``DEEP_M``. What is doubtful must be measured in another way. Pairs that are not listed do not meet.
    """
    most_edges = max(int(np.diff(sites.offsets).max(initial=0)), 1)
    most_fragments = grid.most

    def ask(first: int, last: int) -> tuple[np.ndarray, ...]:
        return _rows(
            first, last, sites.kinds, sites.own, sites.ground, sites.edges, sites.offsets, sites.bounds, sites.middle, sites.curves,
            grid.frame, grid.size, grid.offsets, grid.fragments, grid.zones, grid.tiny, most_edges, most_fragments,
        )  # fmt: skip

    return _shared_out(ask, sites.offsets, threads)


def rows(
    grid: EdgeGrid, sites: np.ndarray, *, threads: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What each site shares with each zone, in the plane.

    Args:
        grid: Zones in the same CRS.
        sites: As for :func:`site_edges`, valid and not empty.
        threads: As for :func:`survey`.

    Returns:
        Positions of sites, positions of zones, the measure (m² for an area, m for a line, 1 for a point) and whether
        it is doubtful: what is doubtful must be measured in another way. Pairs that are not listed do not meet.
    """
    site, zone, measure, _, doubt, _ = survey(grid, SiteEdges.of(sites), threads=threads)
    return site, zone, measure, doubt


def within(
    grid: EdgeGrid, sites: SiteEdges, reach: float, *, threads: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Zones with an edge near the outline of a site; meant for a reach of metres, not of kilometres.

    Args:
        grid: Shapes in the same CRS.
        sites: What to ask.
        reach: Metres; an edge at exactly this distance counts.
        threads: As for :func:`survey`.

    Returns:
        Positions of sites, positions of zones, and the metres between the two outlines; 0 where they cross.
    """

    def ask(first: int, last: int) -> tuple[np.ndarray, ...]:
        return _within(
            first, last, sites.edges, sites.offsets, grid.frame, grid.size, grid.offsets, grid.fragments, grid.zones,
            float(reach),
        )  # fmt: skip

    return _shared_out(ask, sites.offsets, threads)


def nearest(
    grid: EdgeGrid,
    sites: np.ndarray | SiteEdges,
    radius: float | None = None,
    *,
    allowed: np.ndarray | None = None,
    threads: int | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The nearest edge of each site that meets none of the shapes.

    Args:
        grid: Shapes in the same CRS.
        sites: Valid shapes of any kind, not empty.
        radius: Metres to look; everywhere if left out. An edge at exactly this distance counts.
        allowed: For each shape whether it counts; all of them if left out.
        threads: As for :func:`survey`.

    Returns:
        For each site the position of the nearest shape (-1 where there is none), the distance in metres, and
        (x, y, x, y) of the place on the site and the place on the shape.
    """
    if isinstance(sites, SiteEdges):
        edges, edge_offsets = sites.edges, sites.offsets
    else:
        edges, owner = outline_edges(sites)
        edge_offsets = np.searchsorted(owner, np.arange(len(sites) + 1)).astype(np.int64)
    limit = np.inf if radius is None else float(radius)
    if allowed is None:
        allowed = np.ones(max(int(grid.size[2]), 1), dtype=np.bool_)

    def ask(first: int, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return _nearest(
            first, last, edges, edge_offsets, grid.frame, grid.size, grid.offsets, grid.upright, grid.fragments, grid.zones,
            allowed, limit,
        )

    return _shared_out(ask, edge_offsets, threads)


def _shared_out(ask: Callable[[int, int], Any], edge_offsets: np.ndarray, threads: int | None) -> Any:
    """Ask for runs of sites on several threads, and put the answers together in order."""
    count = len(edge_offsets) - 1
    threads = threads or min(os.cpu_count() or 1, 4)
    if threads == 1 or count < 1000:
        return ask(0, count)
    # Shares of equal work: edges are what costs, and a corridor has as many as a thousand points.
    cuts = np.searchsorted(edge_offsets, np.linspace(0, edge_offsets[-1], 8 * threads + 1)[1:-1])
    cuts = np.unique(np.concatenate([[0], cuts, [count]]))
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(ask, cuts[:-1].tolist(), cuts[1:].tolist()))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

"""Polygons as flat arrays of coordinates, from WKB to WKB without a shape in between. Needs numba.

A layer of a nation has so many vertices that making shapes of them costs more than all that is done with them. What is
done here gives the very coordinates that :func:`spatial.crs.transform` gives; tests compare the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba as nb
import numpy as np
from pyproj import CRS

from spatial.crs import _transformer

POLYGON, MULTIPOLYGON = 3, 6
CLOSE, TOUCHING, NESTED, SOUND = range(4)

# An edge that is carried by its ends alone may leave its line by a millimetre (``spatial.crs.STRAIGHT_M``). Where edges
# that have no end in common stay five millimetres apart, and those that have one part at more than a thousandth of a
# radian, no such bend makes them meet: the drawing hangs together as it did before it was carried.
BEND_M = 1e-3
CLEAR_M = 5e-3
CLEAR_ANGLE = 1e-3

_compiled = nb.njit(nogil=True, cache=True)
_helper = nb.njit(nogil=True)
_inlined = nb.njit(inline="always")


@dataclass(frozen=True, slots=True)
class Rings:
    """Polygons and multipolygons, none of them empty, without heights.

    Attributes:
        xy: (x, y) of all vertices, ring by ring; the last of a ring is its first.
        rings: Where each ring starts among the vertices; one more at the end.
        parts: Where each polygon starts among the rings, its outer ring first; one more at the end.
        shapes: Where each shape starts among the polygons; one more at the end.
        kinds: ``POLYGON`` or ``MULTIPOLYGON`` of each shape.
    """

    xy: np.ndarray
    rings: np.ndarray
    parts: np.ndarray
    shapes: np.ndarray
    kinds: np.ndarray

    def __len__(self) -> int:
        return len(self.kinds)

    @classmethod
    def of_wkb(cls, body: np.ndarray, starts: np.ndarray) -> Rings | None:
        """Read shapes; ``None`` where one is of another kind, empty, missing, has heights or a ring that is not closed.

        Args:
            body: WKB end to end, as bytes.
            starts: Where each shape starts; one more at the end.
        """
        nothing = np.zeros(0, np.int64)
        count = len(starts) - 1
        starts = np.ascontiguousarray(starts, dtype=np.int64)
        kinds = np.zeros(count, np.int8)
        most = _read_wkb(body, starts, False, np.empty(0, np.uint8), nothing, nothing, nothing, kinds)
        if most[0] < 0:
            return None
        xy = np.empty((most[0], 2))
        rings, parts = np.zeros(most[1] + 1, np.int64), np.zeros(most[2] + 1, np.int64)
        shapes = np.zeros(count + 1, np.int64)
        _read_wkb(body, starts, True, xy.reshape(-1).view(np.uint8), rings, parts, shapes, kinds)
        found = cls(xy, rings, parts, shapes, kinds)
        return found if _closed(xy, rings) else None

    @property
    def ring_shape(self) -> np.ndarray:
        """The shape that each ring belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.parts[self.shapes]))

    def bounds(self) -> np.ndarray:
        """West, south, east, north of each shape."""
        found = np.empty((len(self), 4))
        _bounds(self.xy, self.rings[self.parts[self.shapes]], found)
        return found

    def take(self, rows: np.ndarray) -> Rings:
        """Some of the shapes, in the order of ``rows``."""
        rows = np.ascontiguousarray(rows, dtype=np.int64)
        part_counts = np.diff(self.shapes)[rows]
        shapes = np.concatenate([[0], np.cumsum(part_counts)]).astype(np.int64)
        part_rows = _runs(self.shapes[rows], part_counts)
        ring_counts = np.diff(self.parts)[part_rows]
        parts = np.concatenate([[0], np.cumsum(ring_counts)]).astype(np.int64)
        ring_rows = _runs(self.parts[part_rows], ring_counts)
        rings = np.concatenate([[0], np.cumsum(np.diff(self.rings)[ring_rows])]).astype(np.int64)
        xy = np.empty((int(rings[-1]), 2))
        _copy_rings(self.xy, self.rings, ring_rows, rings, xy)
        return Rings(xy, rings, parts, shapes, self.kinds[rows])

    def split(self, longest: float) -> Rings:
        """With new vertices on every edge that is longer than ``longest``: what :func:`spatial.crs.split` gives.

        But for shapes that the new vertices would break: those it leaves as they are, and here they are broken.
        """
        rings = np.empty_like(self.rings)
        _split(self.xy, self.rings, longest, False, rings, np.empty((0, 2)))
        xy = np.empty((int(rings[-1]), 2))
        _split(self.xy, self.rings, longest, True, rings, xy)
        rings = _trimmed(rings, xy)
        return Rings(xy[: rings[-1]], rings, self.parts, self.shapes, self.kinds)

    def carried(self, src: CRS, dst: CRS) -> Rings:
        """In another CRS, vertex by vertex; a vertex that has no place there is infinite."""
        if src is dst or src.srs == dst.srs:
            return self
        first, rows = _distinct(self.xy, self.rings)
        x, y = _transformer(src, dst).transform(self.xy[first, 0], self.xy[first, 1])
        xy = np.empty_like(self.xy)
        _spread(np.ascontiguousarray(x), np.ascontiguousarray(y), rows, xy)
        return Rings(xy, self.rings, self.parts, self.shapes, self.kinds)

    def bends(self, longest: float, src: CRS, dst: CRS) -> float:
        """How far, at the places of some vertices, an edge of this length leaves the line between its carried ends.

        Args:
            longest: In the units of ``src``.

        Returns:
            The most, in the units of ``dst``.
        """
        some = self.xy[:: max(len(self.xy) // 256, 1)]
        worst = 0.0
        carrier = _transformer(src, dst)
        for angle in (0.0, 0.25, 0.5, 0.75):
            step = longest * np.array([math.cos(math.pi * angle), math.sin(math.pi * angle)])
            a, b, c = (np.column_stack(carrier.transform(*(some + part * step).T)) for part in (0.0, 0.5, 1.0))
            off = np.hypot(*(b - (a + c) / 2).T)
            worst = max(worst, float(off.max()) if np.isfinite(off).all() else math.inf)
        return worst

    def clear(self, origin: Rings, apart: float = CLEAR_M, angle: float = CLEAR_ANGLE) -> np.ndarray:
        """Whether the edges of each shape keep apart from one another, but for ends that they have in common.

        Args:
            origin: The same shapes before they were carried.
            apart: How far, in units of the coordinates.
            angle: Radians between edges that have an end in common.

        Returns:
            ``CLOSE`` where two do not; ``TOUCHING`` where they do, and rings have places in common that were in common
            before: then the shape is valid if it was. ``SOUND`` where they do, and rings have no place in common, and
            holes lie in their polygons and polygons outside one another: then it is valid. ``NESTED`` where rings have
            no place in common and do not lie like this.
        """
        found = np.empty(len(self), dtype=np.int8)
        first = self.parts[self.shapes]
        most = int(np.diff(self.rings[first]).max(initial=0))
        _clear(self.xy, origin.xy, self.rings, first, apart, angle, most, found)
        _nested(self.xy, self.rings, self.parts, self.shapes, found)
        return found

    def wkb(self) -> tuple[np.ndarray, np.ndarray]:
        """WKB of all shapes end to end, little endian, and where each starts; one more at the end."""
        first = self.parts[self.shapes]
        vertices, rings, parts = np.diff(self.rings[first]), np.diff(first), np.diff(self.shapes)
        several = self.kinds == MULTIPOLYGON
        sizes = 9 + 16 * vertices + 4 * rings + np.where(several, 9 * parts, 0)
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        body = np.empty(int(starts[-1]), np.uint8)
        xy = np.ascontiguousarray(self.xy)
        _write_wkb(xy.reshape(-1).view(np.uint8), self.rings, self.parts, self.shapes, self.kinds, starts, body)
        return body, starts


def joined(some: list[Rings]) -> Rings:
    """Several as one, one after the other."""
    if len(some) == 1:
        return some[0]

    def ends(name: str) -> np.ndarray:
        arrays = [getattr(one, name) for one in some]
        before = np.cumsum([0, *(array[-1] for array in arrays)])
        return np.concatenate([[0], *(array[1:] + start for array, start in zip(arrays, before, strict=False))]).astype(np.int64)

    xy, kinds = np.concatenate([one.xy for one in some]), np.concatenate([one.kinds for one in some])
    return Rings(xy, ends("rings"), ends("parts"), ends("shapes"), kinds)


def _runs(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Runs of consecutive numbers, one after the other."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(int(counts.sum()))


# ---------------------------------------------------------------------------------------------------- WKB


@_helper
def _number(body, at):
    return (
        np.int64(body[at]) | np.int64(body[at + 1]) << 8 | np.int64(body[at + 2]) << 16 | np.int64(body[at + 3]) << 24
    )


@_compiled
def _read_wkb(body, starts, place, xy, rings, parts, shapes, kinds):
    """(vertices, rings, polygons) of all shapes, or (-1, 0, 0) where one cannot be read; or put them in their places."""
    vertices, ring_count, part_count = 0, 0, 0
    for shape in range(starts.size - 1):
        at, end = starts[shape], starts[shape + 1]
        if end - at < 9 or body[at] != 1:
            return -1, 0, 0
        kind = _number(body, at + 1)
        if kind != 3 and kind != 6:
            return -1, 0, 0
        kinds[shape] = kind
        several = 1
        if kind == 6:
            several = _number(body, at + 5)
            at += 9
        if several == 0:
            return -1, 0, 0
        for _ in range(several):
            if end - at < 9 or body[at] != 1 or _number(body, at + 1) != 3:
                return -1, 0, 0
            count = _number(body, at + 5)
            at += 9
            if count == 0:
                return -1, 0, 0
            for _ring in range(count):
                if end - at < 4:
                    return -1, 0, 0
                size = _number(body, at)
                at += 4
                if size < 4 or end - at < 16 * size:
                    return -1, 0, 0
                if place:
                    xy[16 * vertices : 16 * (vertices + size)] = body[at : at + 16 * size]
                    rings[ring_count + 1] = vertices + size
                at += 16 * size
                vertices += size
                ring_count += 1
            part_count += 1
            if place:
                parts[part_count] = ring_count
        if place:
            shapes[shape + 1] = part_count
        if at != end:
            return -1, 0, 0
    return vertices, ring_count, part_count


@_helper
def _put(body, at, number):
    body[at], body[at + 1], body[at + 2], body[at + 3] = number & 255, number >> 8 & 255, number >> 16 & 255, number >> 24 & 255


@_compiled
def _write_wkb(xy, rings, parts, shapes, kinds, starts, body):
    for shape in range(kinds.size):
        at = starts[shape]
        if kinds[shape] == 6:
            body[at] = 1
            _put(body, at + 1, 6)
            _put(body, at + 5, shapes[shape + 1] - shapes[shape])
            at += 9
        for part in range(shapes[shape], shapes[shape + 1]):
            body[at] = 1
            _put(body, at + 1, 3)
            _put(body, at + 5, parts[part + 1] - parts[part])
            at += 9
            for ring in range(parts[part], parts[part + 1]):
                first, last = rings[ring], rings[ring + 1]
                _put(body, at, last - first)
                at += 4
                body[at : at + 16 * (last - first)] = xy[16 * first : 16 * last]
                at += 16 * (last - first)


@_compiled
def _closed(xy, rings):
    """Whether every ring ends where it starts, and every vertex has a place."""
    for ring in range(rings.size - 1):
        first, last = rings[ring], rings[ring + 1] - 1
        if xy[first, 0] != xy[last, 0] or xy[first, 1] != xy[last, 1]:
            return False
        for k in range(first, last + 1):
            if not (math.isfinite(xy[k, 0]) and math.isfinite(xy[k, 1])):
                return False
    return True


@_compiled
def _bounds(xy, starts, found):
    for shape in range(starts.size - 1):
        west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
        for k in range(starts[shape], starts[shape + 1]):
            x, y = xy[k, 0], xy[k, 1]
            west, south, east, north = min(west, x), min(south, y), max(east, x), max(north, y)
        found[shape, 0], found[shape, 1], found[shape, 2], found[shape, 3] = west, south, east, north


@_compiled
def _copy_rings(xy, rings, rows, to, out):
    for k in range(rows.size):
        out[to[k] : to[k + 1]] = xy[rings[rows[k]] : rings[rows[k] + 1]]


# ---------------------------------------------------------------------------------------------------- long edges


@_compiled
def _split(xy, rings, longest, place, starts, out):
    """Count the vertices of each ring once its long edges are split, or put them in their places.

    As GEOS does it (``Densifier``): so many equal steps that none is too long, each new vertex reckoned from the first
    end; and of a ring that has a long edge, vertices that repeat the one before them are left out. They are not left out
    of the count, so that a ring may end before the next one starts; the places left over are marked.
    """
    if not place:
        starts[0] = 0
    for ring in range(rings.size - 1):
        first, last = rings[ring], rings[ring + 1] - 1
        long = False
        for k in range(first, last):
            if math.hypot(xy[k + 1, 0] - xy[k, 0], xy[k + 1, 1] - xy[k, 1]) > longest:
                long = True
                break
        if not long:
            if place:
                out[starts[ring] : starts[ring + 1]] = xy[first : last + 1]
            else:
                starts[ring + 1] = starts[ring] + last + 1 - first
            continue
        at = starts[ring]
        for k in range(first, last):
            xa, ya, xb, yb = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
            length = math.sqrt((xa - xb) * (xa - xb) + (ya - yb) * (ya - yb))
            steps = int(math.ceil(length / longest))
            if not place:
                at += max(steps, 1)
                continue
            if at == starts[ring] or out[at - 1, 0] != xa or out[at - 1, 1] != ya:
                out[at, 0], out[at, 1] = xa, ya
                at += 1
            step = length / steps if steps > 1 else 0.0
            for j in range(1, steps):
                part = (j * step) / length
                x, y = xa + part * (xb - xa), ya + part * (yb - ya)
                if out[at - 1, 0] != x or out[at - 1, 1] != y:
                    out[at, 0], out[at, 1] = x, y
                    at += 1
        if not place:
            starts[ring + 1] = at + 1
            continue
        if out[at - 1, 0] != xy[last, 0] or out[at - 1, 1] != xy[last, 1]:
            out[at, 0], out[at, 1] = xy[last, 0], xy[last, 1]
            at += 1
        out[at : starts[ring + 1]] = np.nan


@_compiled
def _trimmed(starts, xy):
    """Rings moved together over the places that were left over."""
    found = np.empty_like(starts)
    found[0] = 0
    to = 0
    for ring in range(starts.size - 1):
        for k in range(starts[ring], starts[ring + 1]):
            if xy[k, 0] == xy[k, 0]:
                if to != k:
                    xy[to, 0], xy[to, 1] = xy[k, 0], xy[k, 1]
                to += 1
        found[ring + 1] = to
    return found


# ---------------------------------------------------------------------------------------------------- carrying


@_compiled
def _distinct(xy, rings):
    """Which vertices must be carried, and for each vertex which of these it is.

    Neighbours have their border in common and run along it in opposite directions: where a vertex of one is found among
    those before, the next ones are looked for at the vertices next to it. Not all that are the same are found.
    """
    count = xy.shape[0]
    size = 1024
    while size < count // 4:
        size *= 2
    table = np.full(size, -1, np.int32)  # by a hash of the place, the last vertex seen there
    bits = xy.view(np.uint64)
    rows = np.empty(count, np.int32)
    first = np.empty(count, np.int32)
    found = 0
    for ring in range(rings.size - 1):
        follow, step = -1, 0  # the vertex that the one before was the same as, and which way the two run
        for k in range(rings[ring], rings[ring + 1]):
            x, y = bits[k, 0], bits[k, 1]
            same = -1
            lost = k == rings[ring]
            if follow >= 0:
                lost = True
                for way in (-1, 1):
                    there = follow + way
                    if (step == 0 or step == way) and 0 <= there < k and bits[there, 0] == x and bits[there, 1] == y:
                        same, step, lost = there, way, False
                        break
            if same < 0:
                h = (x * np.uint64(0x9E3779B97F4A7C15)) ^ (y * np.uint64(0xC2B2AE3D27D4EB4F))
                h ^= h >> np.uint64(29)
                h *= np.uint64(0xBF58476D1CE4E5B9)
                h ^= h >> np.uint64(32)
                if lost or h & np.uint64(3) == 0:  # one in four is enough to find a border by
                    place = (h >> np.uint64(2)) & np.uint64(size - 1)
                    seen = table[place]
                    table[place] = k
                    if seen >= 0 and bits[seen, 0] == x and bits[seen, 1] == y:
                        same, step = seen, 0
            follow = same
            if same >= 0:
                rows[k] = rows[same]
            else:
                rows[k] = found
                first[found] = k
                found += 1
    return first[:found].copy(), rows


@_compiled
def _spread(x, y, rows, xy):
    for k in range(rows.size):
        xy[k, 0], xy[k, 1] = x[rows[k]], y[rows[k]]


# ---------------------------------------------------------------------------------------------------- keeping apart


@_inlined
def off(px, py, xa, ya, xb, yb):
    """Square of the distance from a point to a segment.

    What calls it is kept compiled (``cache=True``) by the date of its own file: touch ``edge_grid.py`` with this one.
    """
    dx, dy = xb - xa, yb - ya
    square = dx * dx + dy * dy
    t = 0.0
    if square > 0:
        t = min(max(((px - xa) * dx + (py - ya) * dy) / square, 0.0), 1.0)
    ex, ey = px - xa - t * dx, py - ya - t * dy
    return ex * ex + ey * ey


@_helper
def _parted(ux, uy, vx, vy, angle):
    """Whether two directions differ by more than an angle."""
    cross, dot = ux * vy - uy * vx, ux * vx + uy * vy
    return dot < 0 or cross * cross > angle * angle * (ux * ux + uy * uy) * (vx * vx + vy * vy)


@_helper
def _apart(xa, ya, xb, yb, ua, va, ub, vb, apart, angle):
    """Whether two edges whose boxes come near one another keep apart: 0 no, 1 yes, 2 but for an end."""
    aa, ab = xa == ua and ya == va, xa == ub and ya == vb
    ba, bb = xb == ua and yb == va, xb == ub and yb == vb
    if aa or ab or ba or bb:
        parted = False
        if (aa and bb) or (ab and ba):
            parted = False
        elif aa:
            parted = _parted(xb - xa, yb - ya, ub - ua, vb - va, angle)
        elif ab:
            parted = _parted(xb - xa, yb - ya, ua - ub, va - vb, angle)
        elif ba:
            parted = _parted(xa - xb, ya - yb, ub - ua, vb - va, angle)
        else:
            parted = _parted(xa - xb, ya - yb, ua - ub, va - vb, angle)
        return 2 if parted else 0
    one = (xb - xa) * (va - ya) - (yb - ya) * (ua - xa)
    two = (xb - xa) * (vb - ya) - (yb - ya) * (ub - xa)
    three = (ub - ua) * (ya - va) - (vb - va) * (xa - ua)
    four = (ub - ua) * (yb - va) - (vb - va) * (xb - ua)
    if (one > 0) != (two > 0) and (three > 0) != (four > 0):
        return 0
    near = apart * apart
    if off(xa, ya, ua, va, ub, vb) <= near or off(xb, yb, ua, va, ub, vb) <= near:
        return 0
    if off(ua, va, xa, ya, xb, yb) <= near or off(ub, vb, xa, ya, xb, yb) <= near:
        return 0
    return 1


@_helper
def _were_one(xy, before, j, k):
    """Whether the ends that two edges have in common were in common before."""
    for a in (j, j + 1):
        for b in (k, k + 1):
            one = xy[a, 0] == xy[b, 0] and xy[a, 1] == xy[b, 1]
            if one and (before[a, 0] != before[b, 0] or before[a, 1] != before[b, 1]):
                return False
    return True


@_compiled
def _clear(xy, before, rings, first, apart, angle, most, found):
    """Edges that come near one another are found in a grid over the shape."""
    heads = np.full(5 * most + 16, -1, np.int32)
    room = 4 * most + 16
    entry_edge, entry_next = np.empty(room, np.int32), np.empty(room, np.int32)
    for shape in range(first.size - 1):
        start, stop = rings[first[shape]], rings[first[shape + 1]]
        edges = stop - start - (first[shape + 1] - first[shape])
        west, south, east, north, length = np.inf, np.inf, -np.inf, -np.inf, 0.0
        for k in range(start, stop):
            x, y = xy[k, 0], xy[k, 1]
            west, south, east, north = min(west, x), min(south, y), max(east, x), max(north, y)
            if k > start:
                length += abs(x - xy[k - 1, 0]) + abs(y - xy[k - 1, 1])
        found[shape] = CLOSE
        if edges <= 0 or not math.isfinite(length):
            continue
        # Cells of about two edges' length, and not many more cells than edges.
        cell = max(2.0 * length / edges, math.sqrt((east - west) * (north - south) / (4.0 * edges)), 4.0 * apart)
        columns, rows = int((east - west) / cell) + 1, int((north - south) / cell) + 1
        if columns * rows > heads.size:
            heads = np.full(columns * rows, -1, np.int32)
        used, touching, fine = 0, False, True
        for ring in range(first[shape], first[shape + 1]):
            begin, final = rings[ring], rings[ring + 1] - 2
            for k in range(begin, final + 1):
                xa, ya, xb, yb = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
                fine = fine and (xa != xb or ya != yb)
                low_x, high_x = min(xa, xb) - apart, max(xa, xb) + apart
                low_y, high_y = min(ya, yb) - apart, max(ya, yb) + apart
                for row in range(max(int((low_y - south) / cell), 0), min(int((high_y - south) / cell), rows - 1) + 1):
                    for column in range(max(int((low_x - west) / cell), 0), min(int((high_x - west) / cell), columns - 1) + 1):
                        here = row * columns + column
                        entry = heads[here]
                        while entry >= 0:
                            j = start + entry_edge[entry]
                            ua, ub = xy[j, 0], xy[j + 1, 0]
                            if max(ua, ub) >= low_x and min(ua, ub) <= high_x:
                                va, vb = xy[j, 1], xy[j + 1, 1]
                                if max(va, vb) >= low_y and min(va, vb) <= high_y:
                                    said = _apart(xa, ya, xb, yb, ua, va, ub, vb, apart, angle)
                                    if said == 0:
                                        fine = False
                                    elif said == 2 and not (j == k - 1 and k > begin or j == begin and k == final):
                                        touching = True
                                        fine = fine and _were_one(xy, before, j, k)
                            entry = entry_next[entry]
                        if used == room:
                            room *= 2
                            entry_edge, entry_next = _more(entry_edge, room), _more(entry_next, room)
                        entry_edge[used], entry_next[used] = k - start, heads[here]
                        heads[here] = used
                        used += 1
                if not fine:
                    break
            if not fine:
                break
        heads[: columns * rows] = -1
        if fine:
            found[shape] = TOUCHING if touching else SOUND


@_helper
def _inside(x, y, xy, first, last):
    """Whether a place that is not on a ring lies within it."""
    odd = False
    for k in range(first, last - 1):
        ya, yb = xy[k, 1], xy[k + 1, 1]
        if (ya > y) != (yb > y) and xy[k, 0] + (y - ya) * (xy[k + 1, 0] - xy[k, 0]) / (yb - ya) > x:
            odd = not odd
    return odd


@_compiled
def _nested(xy, rings, parts, shapes, found):
    """Of shapes whose rings have no place in common, tell those whose rings do not lie as they should."""
    for shape in range(found.size):
        if found[shape] != SOUND:
            continue
        fine = True
        for part in range(shapes[shape], shapes[shape + 1]):
            outer = parts[part]
            for hole in range(outer + 1, parts[part + 1]):
                x, y = xy[rings[hole], 0], xy[rings[hole], 1]
                fine = fine and _inside(x, y, xy, rings[outer], rings[outer + 1])
                for other in range(outer + 1, parts[part + 1]):
                    fine = fine and (other == hole or not _inside(x, y, xy, rings[other], rings[other + 1]))
            for another in range(shapes[shape], shapes[shape + 1]):
                x, y = xy[rings[parts[another]], 0], xy[rings[parts[another]], 1]
                if another == part or not _inside(x, y, xy, rings[outer], rings[outer + 1]):
                    continue
                in_hole = False
                for hole in range(outer + 1, parts[part + 1]):
                    in_hole = in_hole or _inside(x, y, xy, rings[hole], rings[hole + 1])
                fine = fine and in_hole
            if not fine:
                break
        if not fine:
            found[shape] = NESTED


@_helper
def _more(array, room):
    grown = np.empty(room, array.dtype)
    grown[: array.size] = array
    return grown

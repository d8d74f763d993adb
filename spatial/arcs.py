"""Borders that neighbours share, kept once, so that shapes can be thinned and written small without coming apart.

The outlines of all shapes are laid on one grid and cut wherever borders part or meet. What lies between two such places
is an arc; a border between two neighbours is one arc that both refer to. An arc is thinned once, for all who share it,
hence no gap and no overlap can open along it, whether or not the shapes are a clean coverage. TopoJSON does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

_ROUNDS = 6  # of putting back what thinning broke
_PORTION = 500_000  # places that are looked at in one go


@dataclass(frozen=True, slots=True)
class Arcs:
    """Polygons as rings of shared arcs.

    Attributes:
        arcs: Each an array of (n, 2) whole numbers, n >= 2, in steps of the grid from its origin.
        shapes: For each shape its polygons, each a list of rings (the outer one first), each a list of arc numbers in
            order; ``~number`` (negative) is the arc backwards. A shape without area is an empty list.
        origin: Place of (0, 0).
        step: Width of the grid.
    """

    arcs: list[np.ndarray]
    shapes: list[list[list[list[int]]]]
    origin: tuple[float, float]
    step: float

    @property
    def vertices(self) -> int:
        """Vertices of all arcs together, each border counted once."""
        return sum(len(arc) for arc in self.arcs)

    def ring(self, numbers: Sequence[int]) -> np.ndarray:
        """The closed ring of these arcs, in coordinates."""
        parts = []
        for place, number in enumerate(numbers):
            arc = self.arcs[number] if number >= 0 else self.arcs[~number][::-1]
            parts.append(arc if place == 0 else arc[1:])
        return np.concatenate(parts) * self.step + np.array(self.origin)

    def shape(self, number: int) -> shapely.MultiPolygon:
        """One shape put together again; rings of fewer than three places are left out."""
        polygons = []
        for rings in self.shapes[number]:
            drawn = [ring for ring in map(self.ring, rings) if len(ring) >= 4]
            if drawn and len(self.ring(rings[0])) >= 4:
                polygons.append(shapely.Polygon(drawn[0], drawn[1:]))
        return shapely.MultiPolygon(polygons)


def cut(geometries: Sequence[object] | np.ndarray, *, step: float, origin: tuple[float, float],
        progress: Callable[[], object] | None = None) -> Arcs:
    """Cut polygons into the arcs that they share.

    Args:
        geometries: Polygons and multipolygons; whatever else is among them has no arcs.
        step: Width of the grid onto which vertices are moved, in the unit of the coordinates. Vertices of two
            neighbours that are nearer to each other than that become one.
        origin: Where the grid begins.
        progress: Called now and then; raises to stop.
    """
    shapes: list[list[list[list[int]]]] = [[] for _ in geometries]
    given = np.asarray(geometries, dtype=object)
    areas = np.flatnonzero(np.isin(shapely.get_type_id(given), (3, 6)) & ~shapely.is_empty(given))
    polygons, owner = shapely.get_parts(given[areas], return_index=True)
    rings, polygon_of = shapely.get_rings(polygons, return_index=True)
    if not len(rings):
        return Arcs([], shapes, origin, step)
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    grid = np.rint((xy - np.array(origin)) / step).astype(np.int64)
    # Each ring without its closing place and without places that fell together.
    last = np.r_[ring_of[1:] != ring_of[:-1], True]
    first = np.r_[True, ring_of[1:] != ring_of[:-1]]
    same = np.r_[False, (grid[1:] == grid[:-1]).all(axis=1)] & ~first
    keep = ~(last | same)
    grid, ring_of = grid[keep], ring_of[keep]
    starts = np.searchsorted(ring_of, np.arange(len(rings) + 1))
    # After thinning by the grid a ring may still end on the place where it began.
    _places, vertex = np.unique(grid, axis=0, return_inverse=True)
    vertex = vertex.ravel()
    junction = _junctions(vertex, ring_of, starts)

    arcs: list[np.ndarray] = []
    known: dict[bytes, int] = {}

    def number(places: np.ndarray) -> int:
        ids = vertex[places]
        backwards = bool(ids[0] > ids[-1] or (ids[0] == ids[-1] and len(ids) > 2 and ids[1] > ids[-2]))
        key = (ids[::-1] if backwards else ids).tobytes()
        if key not in known:
            known[key] = len(arcs)
            arcs.append(grid[places[::-1] if backwards else places])
        return ~known[key] if backwards else known[key]

    current = -1
    for ring in range(len(rings)):
        if progress is not None and not ring % 1000:
            progress()
        places = np.arange(starts[ring], starts[ring + 1])
        cuts = np.flatnonzero(junction[places])
        if not len(cuts):  # nobody else's: begin where everybody else would begin
            cuts = np.array([int(np.argmin(vertex[places]))])
        turned = np.r_[places[cuts[0]:], places[: cuts[0] + 1]]
        ends = np.r_[cuts - cuts[0], len(places)]
        refs = [number(turned[a : b + 1]) for a, b in zip(ends, ends[1:], strict=False)]
        shape = shapes[int(areas[owner[polygon_of[ring]]])]
        if polygon_of[ring] != current:
            shape.append([])
            current = polygon_of[ring]
        shape[-1].append(refs)
    return Arcs(arcs, shapes, origin, step)


def _junctions(vertex: np.ndarray, ring_of: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """For each place of each ring whether borders part there: not all rings through it come and go the same way."""
    count = len(vertex)
    after = np.arange(1, count + 1)
    after[starts[1:] - 1] = starts[:-1]
    before = np.arange(-1, count - 1)
    before[starts[:-1]] = starts[1:] - 1
    low = np.minimum(vertex[before], vertex[after])
    high = np.maximum(vertex[before], vertex[after])
    order = np.lexsort((high, low, vertex))
    new = np.r_[True, vertex[order][1:] != vertex[order][:-1]]
    differs = np.r_[False, (low[order][1:] != low[order][:-1]) | (high[order][1:] != high[order][:-1])] & ~new
    parted = np.zeros(int(vertex.max()) + 1, dtype=bool)
    parted[vertex[order][differs]] = True
    return parted[vertex]


def thin(cut_arcs: Arcs, tolerance: float, *, x_scale: float = 1.0, progress: Callable[[], object] | None = None) -> Arcs:
    """The same shapes with arcs thinned: no place moves, and no line lies further than ``tolerance`` from where it was.

    Arcs do not cross each other afterwards unless they did before, and none jumps over another. Where a polygon would break
    all the same, its arcs stay as they were. Takes time about in proportion to the vertices.

    Args:
        cut_arcs: As ``cut`` made them.
        tolerance: In the unit of the coordinates.
        x_scale: Length of a step to the east over that of a step to the north; the cosine of the latitude in degrees.
        progress: Called now and then; raises to stop.
    """
    if not cut_arcs.arcs or tolerance <= 0:
        return cut_arcs
    places, starts = _flat(cut_arcs.arcs)
    chains = _Chains(places, x_scale, progress or (lambda: None))
    kept = chains.thinned(starts[:-1], starts[1:] - 1, tolerance / cut_arcs.step)
    counts = np.add.reduceat(kept, starts[:-1], dtype=np.int64)
    thinned = np.split(places[kept], np.cumsum(counts)[:-1])
    sound = _valid(cut_arcs)
    for _attempt in range(_ROUNDS):
        made = Arcs(thinned, cut_arcs.shapes, cut_arcs.origin, cut_arcs.step)
        broken = np.flatnonzero(sound & ~_valid(made))
        if not len(broken):
            return made
        for row in broken:
            for rings in cut_arcs.shapes[row]:
                for refs in rings:
                    for ref in refs:
                        place = ref if ref >= 0 else ~ref
                        thinned[place] = cut_arcs.arcs[place]
    return cut_arcs


class _Chains:
    """Arcs end to end, and which pieces of them a straight line can stand for.

    A piece goes from one place of an arc to a later one. As with Douglas and Peucker it is split at its furthest place until
    all of it lies near its chord. It is split further where any other place lies between it and its chord: then no other
    line, thinned or not, can come to cross the chord or to lie on its other side, for it would have to go in between past
    the piece itself or end there. Each piece is judged by the places as they were, hence in any order and all at once.
    """

    def __init__(self, places: np.ndarray, x_scale: float, progress: Callable[[], object]) -> None:
        self._places, self._progress = places, progress
        self._drawn = places * np.array((x_scale, 1.0))

    def thinned(self, first: np.ndarray, last: np.ndarray, near: float) -> np.ndarray:
        """Which places are kept of the chains ``first`` to ``last``, if others may lie ``near`` to the line."""
        done: list[tuple[np.ndarray, np.ndarray]] = []
        while len(first):
            self._progress()
            far, furthest = self._furthest(first, last)
            # A ring by itself has no chord yet.
            split = (furthest > near) | ((last - first > 1) & self._same(first, last))
            done.append((first[~split], last[~split]))
            first, last = self._halves(first[split], far[split], last[split])
        first, last = (np.concatenate(parts) for parts in zip(*done, strict=True))
        new = np.ones(len(first), dtype=bool)
        while new.any():
            more = self._clear(first[new], last[new], near)
            first, last = np.r_[first[~new], more[0]], np.r_[last[~new], more[1]]
            # What two pieces with one chord enclose would be nothing: the one that swings out more is split.
            far, furthest = self._furthest(first, last)
            split = self._doubled(first, last, furthest)
            more = self._halves(first[split], far[split], last[split])
            new = np.r_[np.zeros((~split).sum(), dtype=bool), np.ones(len(more[0]), dtype=bool)]
            first, last = np.r_[first[~split], more[0]], np.r_[last[~split], more[1]]
        kept = np.zeros(len(self._places), dtype=bool)
        kept[first] = kept[last] = True
        return kept

    @staticmethod
    def _halves(first: np.ndarray, far: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.r_[first, far], np.r_[far, last]

    def _same(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return (self._places[one] == self._places[other]).all(axis=1)

    def _furthest(self, first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The inner place of each piece that is furthest from its chord, and how far; -1 where there is none."""
        far, furthest = (first + last) // 2, np.full(len(first), -1.0)
        for some in _portions(last - first - 1):
            a, b = self._drawn[first[some]], self._drawn[last[some]]
            inner, piece = _ranges(first[some] + 1, last[some])
            along = b - a
            square = (along**2).sum(axis=1)
            from_a = self._drawn[inner] - a[piece]
            share = (from_a * along[piece]).sum(axis=1) / np.where(square > 0, square, 1.0)[piece]
            off = from_a - along[piece] * np.clip(share, 0.0, 1.0)[:, None]
            off = np.hypot(off[:, 0], off[:, 1])
            begins = np.flatnonzero(np.r_[True, piece[1:] != piece[:-1]])
            most = np.maximum.reduceat(off, begins)
            at = np.flatnonzero(off == np.repeat(most, np.diff(np.r_[begins, len(piece)])))
            at = at[np.r_[True, piece[at][1:] != piece[at][:-1]]]
            furthest[some[piece[begins]]] = most
            far[some[piece[at]]] = inner[at]
        return far, furthest

    def _doubled(self, first: np.ndarray, last: np.ndarray, furthest: np.ndarray) -> np.ndarray:
        """For each chord that several pieces have: the piece that swings out most, unless none does."""
        code = self._places[:, 0] * (1 << 32) + self._places[:, 1]
        low, high = np.minimum(code[first], code[last]), np.maximum(code[first], code[last])
        order = np.lexsort((-furthest, high, low))
        again = (low[order][1:] == low[order][:-1]) & (high[order][1:] == high[order][:-1])
        heads = np.r_[again, False] & ~np.r_[False, again]
        split = np.zeros(len(first), dtype=bool)
        split[order[heads]] = True
        return split & (furthest > 0)

    def _clear(self, first: np.ndarray, last: np.ndarray, near: float) -> tuple[np.ndarray, np.ndarray]:
        """These pieces split until no other place lies between any of them and its chord."""
        bent = last - first > 1
        done = [(first[~bent], last[~bent])]
        first, last = first[bent], last[bent]
        place, piece = self._in_boxes(first, last)
        while len(first):
            self._progress()
            far, furthest = self._furthest(first, last)
            hit = furthest > near  # a half can swing out further from its chord than the whole did from its own
            foreign = ((place < first[piece]) | (place > last[piece])) & ~self._same(place, first[piece]) & ~self._same(place, last[piece])
            hit[self._between(first, last, place[foreign], piece[foreign])] = True
            done.append((first[~hit], last[~hit]))
            # Each half is asked about whatever lay in the box of the whole, the other half too.
            number = np.cumsum(hit) - 1
            left = hit[piece]
            place, piece = place[left], number[piece[left]]
            count = int(hit.sum())
            first, last = self._halves(first[hit], far[hit], last[hit])
            place, piece = np.r_[place, place], np.r_[piece, piece + count]
            bent = last - first > 1
            done.append((first[~bent], last[~bent]))
            number = np.cumsum(bent) - 1
            place, piece = place[bent[piece]], piece[bent[piece]]
            first, last, piece = first[bent], last[bent], number[piece]
            low, high = self._boxes(first, last)
            inside = ((self._places[place] >= low[piece]) & (self._places[place] <= high[piece])).all(axis=1)
            place, piece = place[inside], piece[inside]
        found = [np.concatenate(parts) for parts in zip(*done, strict=True)]
        return found[0], found[1]

    def _boxes(self, first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not len(first):
            return np.empty((0, 2), dtype=np.int64), np.empty((0, 2), dtype=np.int64)
        at, piece = _ranges(first, last + 1)
        begins = np.flatnonzero(np.r_[True, piece[1:] != piece[:-1]])
        return np.minimum.reduceat(self._places[at], begins), np.maximum.reduceat(self._places[at], begins)

    def _in_boxes(self, first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All places in the box of each piece, its own among them, as two columns: place and piece."""
        if not len(first):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        low, high = self._boxes(first, last)
        tree = shapely.STRtree(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))
        place, piece = [], []
        for start in range(0, len(self._places), _PORTION):
            self._progress()
            at, box = tree.query(shapely.points(self._places[start : start + _PORTION].astype(float)))
            place.append(at + start)
            piece.append(box)
        return np.concatenate(place), np.concatenate(piece)

    def _between(self, first: np.ndarray, last: np.ndarray, place: np.ndarray, piece: np.ndarray) -> np.ndarray:
        """Those of the pieces asked about for which the place lies between piece and chord or on either; exact."""
        found = []
        for some in _portions(last[piece] - first[piece] + 1):
            here = piece[some]
            at, pair = _ranges(first[here], last[here] + 1)
            x, y = (self._places[at] - self._places[place[some]][pair]).T
            # Each place of the piece and the next one, after the last the first again.
            ends = np.r_[pair[1:] != pair[:-1], True]
            after = np.arange(1, len(at) + 1)
            after[ends] = np.flatnonzero(np.r_[True, ends[:-1]])
            to_x, to_y = x[after], y[after]
            turn = x * to_y - y * to_x
            up, down = (y <= 0) & (to_y > 0) & (turn > 0), (y > 0) & (to_y <= 0) & (turn < 0)
            begins = np.flatnonzero(np.r_[True, ends[:-1]])
            around = np.add.reduceat(up.astype(np.int64) - down, begins)
            on = (turn == 0) & (x * to_x <= 0) & (y * to_y <= 0)
            found.append(here[(around != 0) | np.logical_or.reduceat(on, begins)])
        return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def _portions(sizes: np.ndarray) -> Iterator[np.ndarray]:
    """Numbers of the items of size above nothing, so many at a time that their sizes together stay small."""
    items = np.flatnonzero(sizes > 0)
    portion = np.cumsum(sizes[items]) // _PORTION
    yield from (part for part in np.split(items, np.flatnonzero(portion[1:] != portion[:-1]) + 1) if len(part))


def _ranges(first: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All whole numbers from each ``first`` to before its ``end``, and of which range each is."""
    counts = end - first
    owner = np.repeat(np.arange(len(first)), counts)
    return np.arange(len(owner)) - (np.cumsum(counts) - counts - first)[owner], owner


def _flat(arcs: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Places of all arcs end to end, and where each arc begins, with the end of all."""
    return np.concatenate(arcs), np.r_[0, np.cumsum([len(arc) for arc in arcs])]


def _valid(arcs: Arcs) -> np.ndarray:
    """Whether each shape is a valid polygon and kept all its rings."""
    found = np.ones(len(arcs.shapes), dtype=bool)
    refs, ring_of, polygon_of, shape_of = [], [], [], []
    for row, polygons in enumerate(arcs.shapes):
        for rings in polygons:
            for ring in rings:
                refs += ring
                ring_of += [len(polygon_of)] * len(ring)
                polygon_of.append(len(shape_of))
            shape_of.append(row)
    if not refs:
        return found
    shape_of, ring_of = np.array(shape_of), np.array(ring_of)
    places, starts = _flat(arcs.arcs)
    number = np.array(refs)
    back = number < 0
    number[back] = ~number[back]
    # Each arc without its last place, which is the next one's first; a ring is closed by its own first.
    counts = np.diff(starts)[number] - 1
    step, ref = _ranges(np.zeros(len(number), dtype=np.int64), counts)
    at = np.where(back[ref], starts[number + 1][ref] - 1 - step, starts[number][ref] + step)
    sizes = np.bincount(ring_of[ref], minlength=len(polygon_of))
    small = sizes < 3
    found[shape_of[np.array(polygon_of)[small]]] = False
    wanted = found[shape_of][np.array(polygon_of)]
    ring_at = ring_of[ref]
    at, ring_at = at[wanted[ring_at]], ring_at[wanted[ring_at]]
    if not len(at):
        return found
    rings = shapely.linearrings(places[at] * arcs.step + np.array(arcs.origin), indices=(np.cumsum(wanted) - 1)[ring_at])
    drawn, which = np.unique(np.array(polygon_of)[wanted], return_inverse=True)
    polygons = shapely.polygons(rings, indices=which)
    found[shape_of[drawn[~shapely.is_valid(polygons)]]] = False
    return found

"""Borders that neighbours share, kept once, so that shapes can be thinned and written small without coming apart.

The outlines of all shapes are laid on one grid and cut wherever borders part or meet. What lies between two such places
is an arc; a border between two neighbours is one arc that both refer to. An arc is thinned once, for all who share it,
hence no gap and no overlap can open along it, whether or not the shapes are a clean coverage. TopoJSON does the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

_ROUNDS = 6  # of putting back what thinning broke


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


def cut(geometries: Sequence[object] | np.ndarray, *, step: float, origin: tuple[float, float]) -> Arcs:
    """Cut polygons into the arcs that they share.

    Args:
        geometries: Polygons and multipolygons; whatever else is among them has no arcs.
        step: Width of the grid onto which vertices are moved, in the unit of the coordinates. Vertices of two
            neighbours that are nearer to each other than that become one.
        origin: Where the grid begins.
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


def thin(cut_arcs: Arcs, tolerance: float, *, x_scale: float = 1.0) -> Arcs:
    """The same shapes with arcs thinned: no place moves, and no line lies further than ``tolerance`` from where it was.

    Arcs do not cross each other afterwards unless they did before. Where a polygon would break all the same, its arcs
    stay as they were.

    Args:
        cut_arcs: As ``cut`` made them.
        tolerance: In the unit of the coordinates.
        x_scale: Length of a step to the east over that of a step to the north; the cosine of the latitude in degrees.
    """
    if not cut_arcs.arcs or tolerance <= 0:
        return cut_arcs
    steps = tolerance / cut_arcs.step
    whole = shapely.multilinestrings([shapely.linestrings(arc * (x_scale, 1.0)) for arc in cut_arcs.arcs])
    parts = shapely.get_parts(shapely.simplify(whole, steps, preserve_topology=True))
    if len(parts) != len(cut_arcs.arcs):  # an arc was lost: GEOS does so only where all its places coincide
        return cut_arcs
    thinned = [
        np.rint(shapely.get_coordinates(part) / (x_scale, 1.0)).astype(np.int64) for part in parts
    ]
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


def _valid(arcs: Arcs) -> np.ndarray:
    """Whether each shape is a valid polygon and kept all its rings."""
    found = np.ones(len(arcs.shapes), dtype=bool)
    for row, polygons in enumerate(arcs.shapes):
        for rings in polygons:
            drawn = [arcs.ring(refs) for refs in rings]
            if min(map(len, drawn)) < 4 or not shapely.is_valid(shapely.Polygon(drawn[0], drawn[1:])):
                found[row] = False
                break
    return found

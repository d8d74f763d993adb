"""Layers made ready to draw: reprojected, split into chunks, with coarse levels that leave no gaps. Knows no Qt.

A chunk is some 50,000 vertices of features that lie near each other. numpy and shapely hold the interpreter lock for
much of their work; a chunk is small enough that the window's thread never waits long for its turn.

A level is made by rounding vertices to a grid and dropping repeats. Two neighbours that share a border round it alike,
so no gap opens between them, which per-feature simplification can't promise.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from gui.canvas.geodesy import crs_key, transform, transform_bounds

if TYPE_CHECKING:
    import geopandas as gpd

CHUNK_VERTICES = 50_000
_FEATURE_WEIGHT = 4  # in vertices: what a feature costs however small it is
MANY_PER_RING = 12
_CACHE_VERTICES = 6_000_000
_POINT, _LINE, _POLYGON = 0, 1, 2

Box = tuple[float, float, float, float]


_YIELD_EVERY_SECONDS = 0.002
_yielded = 0.0


def _yield_lock() -> None:
    """Hand the interpreter lock over between two steps that hold it, if it was not just handed over."""
    global _yielded
    if time.perf_counter() - _yielded > _YIELD_EVERY_SECONDS:
        time.sleep(0.0001)
        _yielded = time.perf_counter()


class NoCrs(Exception):
    """A layer without CRS has no place on the map."""


class Level(NamedTuple):
    """Vertices of a chunk rounded to cells of ``size`` CRS units."""

    size: float
    cells: np.ndarray
    offsets: np.ndarray


@dataclass
class Paths:
    """Rings and lines of one chunk, relative to the layer's origin.

    Attributes:
        part_row: Row of the frame that each part belongs to.
        part_kind: 1 line, 2 polygon.
        part_box: Left, bottom, right, top of each part.
        part_ring: First ring of each part, and the number of rings at the end.
        offsets: First vertex of each ring, and the number of vertices at the end.
        levels: From fine to coarse; empty where rounding would save nothing.
        points: Vertices of point features.
        point_row: Row of each.
    """

    part_row: np.ndarray
    part_kind: np.ndarray
    part_box: np.ndarray
    part_ring: np.ndarray
    offsets: np.ndarray
    points: np.ndarray
    point_row: np.ndarray
    levels: list[Level] = field(default_factory=list)


class Cache:
    """Things by key, the least used dropped when their weights pass ``room``."""

    def __init__(self, room: int = _CACHE_VERTICES) -> None:
        self._room = room
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._weight = 0

    def get(self, key: Hashable) -> Any:
        """What was put under ``key``, or None."""
        found = self._held.get(key)
        if found is None:
            return None
        self._held.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, thing: Any, weight: int) -> Any:
        """Keep ``thing``; returns it."""
        self._weight -= self._held.get(key, (None, 0))[1]
        self._held[key] = (thing, weight)
        self._weight += weight
        while self._weight > self._room and len(self._held) > 1:
            self.drop_oldest()
        return thing

    def drop_oldest(self) -> bool:
        """Forget what was not used for longest; False where there is nothing."""
        if not self._held:
            return False
        _, (_, weight) = self._held.popitem(last=False)
        self._weight -= weight
        return True


class Chunk:
    """Some features of a layer; reprojected and rounded when first looked at."""

    def __init__(self, owner: Prepared, number: int, rows: np.ndarray, vertices: int) -> None:
        self._owner = owner
        self.vertices = vertices
        self.number = number
        self.rows = rows
        boxes = owner.source_boxes[rows]
        self.source_box: Box = (
            float(boxes[:, 0].min()),
            float(boxes[:, 1].min()),
            float(boxes[:, 2].max()),
            float(boxes[:, 3].max()),
        )
        self.paths: Paths | None = None

    def _gather(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Rings with their part numbers, part rows, part kinds, and point parts with their rows."""
        parts, index = self._owner.geometries[self.rows], np.arange(len(self.rows))
        while (shapely.get_type_id(parts) > 3).any():  # what is one part already is not copied: an object each takes long
            parts, inner = shapely.get_parts(parts, return_index=True)
            index = index[inner]
        keep = ~shapely.is_empty(parts)
        parts, rows = parts[keep], self.rows[index[keep]]
        kinds = shapely.get_type_id(parts)
        flat = kinds == 3
        rings, ring_part = shapely.get_rings(parts[flat], return_index=True)
        line = (kinds == 1) | (kinds == 2)
        all_rings = np.concatenate([rings, parts[line]])
        ring_of = np.concatenate([ring_part, flat.sum() + np.arange(line.sum())])
        part_rows = np.concatenate([rows[flat], rows[line]])
        part_kinds = np.concatenate([np.full(flat.sum(), _POLYGON, np.int8), np.full(line.sum(), _LINE, np.int8)])
        return all_rings, ring_of, part_rows, part_kinds, parts[kinds == 0], rows[kinds == 0]

    def _local(self, geometries: np.ndarray) -> np.ndarray:
        owner = self._owner
        return transform(shapely.get_coordinates(geometries), owner.source, owner.target) - owner.origin

    def prepare(self) -> Paths:
        """The chunk ready to draw."""
        if self.paths is not None:
            return self.paths
        rings, ring_of, part_rows, part_kinds, dots, dot_rows = self._gather()
        offsets = np.r_[0, np.cumsum(shapely.get_num_coordinates(rings))].astype(np.int64)
        part_ring = np.searchsorted(ring_of, np.arange(len(part_rows) + 1)).astype(np.int64)
        _yield_lock()
        local = self._local(rings)
        _yield_lock()
        points = self._local(dots)
        lost = ~np.isfinite(points).all(axis=1)
        if len(local):
            if not np.isfinite(local).all():
                local = np.where(np.isfinite(local).all(axis=1)[:, None], local, np.nan)
            first = offsets[part_ring[:-1]]
            # Column by column: along the first axis of a pair of columns numpy takes five times as long.
            across = [np.ascontiguousarray(column) for column in local.T]
            boxes = np.column_stack([least.reduceat(column, first) for least in (np.minimum, np.maximum) for column in across])
        else:
            boxes = np.empty((0, 4))
        # A part with a vertex outside the projection can't be drawn truly; its box of NaN is in no view.
        self._owner.lost += int(np.isnan(boxes).any(axis=1).sum() + lost.sum())
        paths = Paths(part_rows, part_kinds, boxes, part_ring, offsets, points[~lost], dot_rows[~lost])
        if len(offsets) > 1 and offsets[-1] > MANY_PER_RING * (len(offsets) - 1):
            sound = np.nan_to_num(local, copy=False) if np.isnan(boxes).any() else local
            last_kept = offsets[1:][part_kinds[ring_of] == _LINE] - 1
            paths.levels = self._levels(sound, offsets, last_kept)
        _yield_lock()
        self._owner.cache.put((self.number, "full"), local, len(local))
        self.paths = paths
        return paths

    def _levels(self, local: np.ndarray, offsets: np.ndarray, last_kept: np.ndarray) -> list[Level]:
        owner = self._owner
        if not owner.base:
            step = np.abs(np.diff(local[:50_000], axis=0)).max(axis=1)
            owner.base = float(2.0 ** np.round(np.log2(max(float(np.median(step)) * 2, owner.size / 1e8, 1e-9))))
        made: list[Level] = []
        size = owner.base
        cells = np.multiply(local, 1 / size)  # exact, for the size is a power of two
        cells = np.floor(cells, out=cells).astype(np.int32)
        firsts = offsets
        while size < max(owner.size / 100, owner.base * 1.5):
            pairs = cells.view(np.int64)[:, 0]  # both numbers of a cell as one
            keep = np.empty(len(pairs), dtype=bool)
            np.not_equal(pairs[1:], pairs[:-1], out=keep[1:])
            keep[firsts[:-1]] = True
            keep[last_kept] = True
            kept = np.flatnonzero(keep)
            firsts, last_kept = np.searchsorted(kept, firsts), np.searchsorted(kept, last_kept)
            cells = pairs[kept].view(np.int32).reshape(-1, 2)
            made.append(Level(size, cells, firsts))
            if len(made) < 3:
                _yield_lock()
            cells = cells >> 1
            size *= 2
        return made

    def full(self) -> np.ndarray:
        """All vertices at full resolution, relative to the layer's origin."""
        found = self._owner.cache.get((self.number, "full"))
        if found is None:
            local = self._local(self._gather()[0])
            found = self._owner.cache.put((self.number, "full"), local, len(local))
        return found

    def weight(self, wanted: float) -> int:
        """About how many vertices drawing it at ``wanted`` CRS units takes; a guess until it is prepared."""
        if self.paths is None:
            return self.vertices // 4
        level = self.level(wanted)
        return int((level.offsets if level else self.paths.offsets)[-1])

    def level(self, wanted: float) -> Level | None:
        """The coarsest level not coarser than ``wanted`` CRS units; None for full resolution."""
        best = None
        for level in self.prepare().levels:
            if level.size <= wanted:
                best = level
        return best


class Prepared:
    """One layer in one CRS.

    Attributes:
        geometries: As in the frame.
        source_boxes: Bounds of each in the layer's own CRS.
        bounds: Of the layer in the canvas CRS; None for nothing that can be shown.
        lost: Parts without a place in the canvas CRS, as far as known.
    """

    def __init__(self, frame: gpd.GeoDataFrame, target: str) -> None:
        if getattr(frame, "crs", None) is None:
            raise NoCrs
        self.source, self.target = crs_key(frame.crs), target
        self.geometries: np.ndarray = np.asarray(frame.geometry.to_numpy(), dtype=object)
        self.source_boxes = shapely.bounds(self.geometries)
        self.cache = Cache()
        self.polygons = Cache()
        self.base = 0.0
        self.lost = 0
        sound = np.flatnonzero(np.isfinite(self.source_boxes).all(axis=1))
        self.bounds: Box | None = None
        self.chunks: list[Chunk] = []
        self.origin = np.zeros(2)
        self.size = 0.0
        if not len(sound):
            return
        boxes = self.source_boxes[sound]
        whole = (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
        self.bounds = transform_bounds(whole, self.source, target)
        left, bottom, right, top = self.bounds or whole
        self.origin = np.array([round((left + right) / 2, 3), round((bottom + top) / 2, 3)])
        self.size = max(right - left, top - bottom, 1e-9)
        _yield_lock()
        vertices = shapely.get_num_coordinates(self.geometries[sound])
        if vertices.sum() + _FEATURE_WEIGHT * len(sound) > CHUNK_VERTICES:
            order = np.argsort(_curve(boxes), kind="stable")
            sound, vertices = sound[order], vertices[order]
        number = np.cumsum(vertices + _FEATURE_WEIGHT) // CHUNK_VERTICES
        cuts = np.flatnonzero(np.diff(number)) + 1
        for rows, sizes in zip(np.split(sound, cuts), np.split(vertices, cuts), strict=True):
            self.chunks.append(Chunk(self, len(self.chunks), rows, int(sizes.sum())))
            _yield_lock()

    def release(self) -> None:
        """Give the memory back a piece at a time: freeing it all at once locks the other threads out for long."""
        for held in (self.polygons, self.cache):
            while held.drop_oldest():
                _yield_lock()
        for chunk in self.chunks:
            chunk.paths = None
            _yield_lock()
        self.chunks = []

    def near(self, view: Box) -> Iterator[Chunk]:
        """Chunks that may have something in a box of the canvas CRS."""
        box = transform_bounds(view, self.target, self.source)
        for chunk in self.chunks:
            left, bottom, right, top = chunk.source_box
            if box is None or (left <= box[2] and right >= box[0] and bottom <= box[3] and top >= box[1]):
                yield chunk


def _curve(boxes: np.ndarray) -> np.ndarray:
    """Place of each box on a Z-order curve, so that neighbours in space come near each other."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    low = centre.min(axis=0)
    span = np.maximum(centre.max(axis=0) - low, 1e-12)
    cell = ((centre - low) / span * 65535).astype(np.uint64)
    code = np.zeros(len(cell), np.uint64)
    for bit in range(16):
        _yield_lock()
        for axis in (0, 1):
            code |= ((cell[:, axis] >> np.uint64(bit)) & np.uint64(1)) << np.uint64(2 * bit + axis)
    return code


def clip_ring(ring: np.ndarray, box: Box) -> np.ndarray:
    """The part of a ring's area inside a box, for filling: sides may run along the box (Sutherland-Hodgman)."""
    for axis, limit, sign in ((0, box[0], 1.0), (1, box[1], 1.0), (0, box[2], -1.0), (1, box[3], -1.0)):
        if len(ring) < 3:
            return ring[:0]
        depth = sign * (ring[:, axis] - limit)
        inside = depth >= 0
        if inside.all():
            continue
        after = np.roll(depth, -1)
        crossing = inside != (after >= 0)
        share = depth[crossing] / (depth[crossing] - after[crossing])
        cut = ring[crossing] + share[:, None] * (np.roll(ring, -1, axis=0)[crossing] - ring[crossing])
        place = np.r_[0, np.cumsum(inside.astype(np.int64) + crossing)]
        clipped = np.empty((place[-1], 2))
        clipped[place[:-1][inside]] = ring[inside]
        clipped[(place[:-1] + inside)[crossing]] = cut
        ring = clipped
    return ring


def visible_runs(line: np.ndarray, box: Box) -> list[np.ndarray]:
    """The stretches of a line that may cross a box."""
    beyond = np.column_stack(
        [line[:, 0] < box[0], line[:, 1] < box[1], line[:, 0] > box[2], line[:, 1] > box[3]],
    )
    seen = ~(beyond[1:] & beyond[:-1]).any(axis=1)
    edges = np.flatnonzero(np.diff(np.r_[False, seen, False].astype(np.int8)))
    return [line[start : stop + 1] for start, stop in zip(edges[::2], edges[1::2], strict=True)]

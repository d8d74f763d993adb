"""What a pointer snaps to: the vertices and sides of one geometry, found by place without looking at all of them."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]

_BLOCK = 256  # vertices whose box is looked at before they are


class Corners:
    """Of one geometry, in its own coordinates; it is kept, so that nothing else has its ``id()``."""

    def __init__(self, geometry: BaseGeometry) -> None:
        self.geometry = geometry
        self.xy = shapely.get_coordinates(geometry)
        starts = np.arange(0, len(self.xy), _BLOCK)
        self._low = np.minimum.reduceat(self.xy, starts) if len(starts) else np.empty((0, 2))
        self._high = np.maximum.reduceat(self.xy, starts) if len(starts) else np.empty((0, 2))
        # The side that leads on into the next block belongs to this one.
        np.minimum(self._low[:-1], self.xy[starts[1:]], out=self._low[:-1])
        np.maximum(self._high[:-1], self.xy[starts[1:]], out=self._high[:-1])

    def _near(self, box: Box) -> np.ndarray:
        """Numbers of the vertices that may be in a box, or begin a side that may meet it."""
        blocks = np.flatnonzero(((self._low <= box[2:]) & (self._high >= box[:2])).all(axis=1))
        near = (blocks[:, None] * _BLOCK + np.arange(_BLOCK)).ravel()
        return near[near < len(self.xy)]

    def vertices(self, box: Box) -> np.ndarray:
        """The vertices in a box."""
        xy = self.xy[self._near(box)]
        return xy[((xy >= box[:2]) & (xy <= box[2:])).all(axis=1)]

    @cached_property
    def _ends(self) -> np.ndarray:
        """Numbers of the vertices from which no side leads on: the last of each ring, line and point."""
        if self.geometry.geom_type in ("LineString", "LinearRing") or (
                self.geometry.geom_type == "Polygon" and not shapely.get_num_interior_rings(self.geometry)):
            return np.array([len(self.xy) - 1])
        parts = shapely.get_parts(self.geometry)  # copies them: 50 ms of 3,000,000 vertices, once
        while (shapely.get_type_id(parts) > 3).any():
            parts = shapely.get_parts(parts)
        if (shapely.get_num_interior_rings(parts) > 0).any():
            parts = np.concatenate([shapely.get_rings(part) if shapely.get_type_id(part) == 3 else [part] for part in parts])
        return np.cumsum(shapely.get_num_coordinates(parts)) - 1

    def sides(self, box: Box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The sides that meet a box: where each begins, its run, and the shares of it where it enters and leaves the box."""
        near = self._near(box)
        near = near[near < len(self.xy) - 1]
        begin, end = self.xy[near], self.xy[near + 1]
        across = ((np.minimum(begin, end) <= box[2:]) & (np.maximum(begin, end) >= box[:2])).all(axis=1)
        if across.any():
            across &= ~np.isin(near, self._ends)
        begin, run = begin[across], (end - begin)[across]
        with np.errstate(divide="ignore", invalid="ignore"):
            one, other = (np.asarray(box[:2]) - begin) / run, (np.asarray(box[2:]) - begin) / run
        level = run == 0  # inside the box along this axis from end to end, as the boxes meet
        enters = np.where(level, 0.0, np.fmin(one, other)).max(axis=1, initial=0.0)
        leaves = np.where(level, 1.0, np.fmax(one, other)).min(axis=1, initial=1.0)
        inside = enters <= leaves
        return begin[inside], run[inside], np.column_stack([enters, leaves])[inside]

"""Which features lie on, in or near others. Knows no Qt, and may be asked in any thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from gui.canvas.scene import Picked
from gui.tasks import Cancelled, Report
from sanxian.i18n import N_
from spatial.crs import transform, zone_for
from spatial.measure import distance_between_m

RELATIONS = {"intersects": N_("与参照相交"), "within": N_("完全在参照之内"), "distance": N_("离参照不超过下面的距离")}
_PORTION = 5_000  # features that are looked at in one go, some milliseconds
_STRAIN = 2e-3  # by how much a metre of a zone's plane and one of the ground differ at most, two zones away
_LONLAT = CRS.from_epsg(4490)


def find(report: Report, targets: Sequence[tuple[str, Any, Any]], shapes: Sequence[Any], crs: str, relation: str, metres: float = 0.0,
         ) -> Picked:
    """Features of layers by where they lie.

    Args:
        targets: Key, frame and filter (or ``None``) of each layer.
        shapes: What they are to lie at; together one place.
        crs: Of the shapes.
        relation: One of ``RELATIONS``; on the border counts as inside.
        metres: For ``distance``, along the ellipsoid; exactly so far away is not farther.

    Raises:
        Cancelled: It is no longer wanted.
        CrsError: A shape has no place in the CRS of a layer, or lies outside China where a distance is asked for.
    """
    here = np.empty(len(shapes), dtype=object)
    here[:] = list(shapes)
    here = here[~(shapely.is_missing(here) | shapely.is_empty(here))]
    here = np.where(shapely.is_valid(here), here, shapely.make_valid(here))
    source, found = CRS.from_user_input(crs), {}
    for key, frame, shown in targets:
        if not len(here) or frame.crs is None:
            continue
        one = _near if relation == "distance" else _met
        rows = one(report, frame, transform(here, source, frame.crs), *((metres,) if relation == "distance" else (relation,)))
        found[key] = rows if shown is None else rows[shown.hits(frame.iloc[rows])]
    return Picked(found)


def _portions(report: Report, frame: Any, bounds: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows whose boxes meet a box, with their shapes, some at a time."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    left, bottom, right, top = bounds
    boxes = shapely.bounds(shapes)
    rows = np.flatnonzero((boxes[:, 0] <= right) & (boxes[:, 2] >= left) & (boxes[:, 1] <= top) & (boxes[:, 3] >= bottom))
    for start in range(0, len(rows), _PORTION):
        if report.cancelled:
            raise Cancelled
        some = rows[start : start + _PORTION]
        yield some, shapes[some]


def _met(report: Report, frame: Any, here: np.ndarray, relation: str) -> np.ndarray:
    if relation == "within":  # what crosses from one shape into the next lies within them together
        here = np.array([shapely.union_all(here)])
        shapely.prepare(here)
    found = [np.empty(0, np.int64)]
    for rows, shapes in _portions(report, frame, shapely.total_bounds(here)):
        if relation == "within":
            found.append(rows[shapely.covers(here[0], shapes)])
        else:
            found.append(rows[np.unique(shapely.STRtree(shapes).query(here, predicate="intersects")[1])])
    return np.concatenate(found)


def _near(report: Report, frame: Any, here: np.ndarray, metres: float) -> np.ndarray:
    """By the plane of the zone where that is sure, and along the ellipsoid where it is close."""
    zone = zone_for(transform(here, frame.crs, _LONLAT))
    here = np.asarray(transform(here, frame.crs, zone))
    left, bottom, right, top = shapely.total_bounds(here)
    room = metres * (1 + 2 * _STRAIN) + 1
    around = shapely.box(left - room, bottom - room, right + room, top + room)
    around = shapely.segmentize(around, max(right - left, top - bottom, room) / 8)
    found = [np.empty(0, np.int64)]
    for rows, shapes in _portions(report, frame, transform(around, zone, frame.crs).bounds):
        moved = transform(shapes, frame.crs, zone)
        tree = shapely.STRtree(moved)
        sure = np.unique(tree.query(here, predicate="dwithin", distance=metres * (1 - _STRAIN))[1])
        ours, theirs = tree.query(here, predicate="dwithin", distance=metres * (1 + _STRAIN) + 1e-3)
        close = ~np.isin(theirs, sure)
        ways = shapely.get_coordinates(shapely.shortest_line(here[ours[close]], moved[theirs[close]])).reshape(-1, 2, 2)
        if len(ways):
            apart = distance_between_m(ways[:, 0], ways[:, 1], zone)
            sure = np.union1d(sure, theirs[close][apart <= metres + 1e-6])
        found.append(rows[sure])
    return np.concatenate(found)

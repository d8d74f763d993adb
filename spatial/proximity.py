"""How far a site is from the features around it, and between which two points.

Distances are planar, in the metres of the CRS that both sides share; the two points allow the caller to measure
the one that matters on the ellipsoid (:func:`spatial.measure.distance_between_m`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from spatial.errors import N_, GeometryError
from spatial.overlay import ZoneTree, of_tree, require_site, require_valid


@dataclass(frozen=True, slots=True)
class Near:
    """The shortest way from a site to one feature.

    Attributes:
        index: Position of the feature in the sequence that was passed in.
        distance: Planar, from the site's outline; 0 where the two meet, also where one lies inside the other.
        on_site: (x, y) where the way starts.
        on_feature: (x, y) where it ends; the same point where the two meet.
    """

    index: int
    distance: float
    on_site: tuple[float, float]
    on_feature: tuple[float, float]


def within(
    site: BaseGeometry,
    features: Sequence[BaseGeometry] | np.ndarray,
    radius: float,
    tree: STRtree | None = None,
) -> list[Near]:
    """Every feature at most ``radius`` metres from ``site``, nearest first, then by position.

    Args:
        site: Valid shape of any kind.
        features: Valid shapes; empty ones and ``None`` are never reported.
        radius: Metres; a feature at exactly this distance counts.
        tree: A :class:`spatial.overlay.ZoneTree` over ``features`` when many sites are asked.

    Raises:
        GeometryError: The site is empty or invalid, a feature nearby is invalid, or the radius makes no sense.
    """
    site = require_site(site)
    if not (math.isfinite(radius) and radius >= 0):
        raise GeometryError(N_("搜索距离 {radius} 无效，应为不小于 0 的米数。"), radius=radius)
    features = of_tree(features, tree)
    tree = _trusted(site, features, tree, radius)
    rows = np.sort(tree.query(site, predicate="dwithin", distance=radius))
    return _ways(site, features, rows)


def nearest(
    site: BaseGeometry, features: Sequence[BaseGeometry] | np.ndarray, tree: STRtree | None = None
) -> Near | None:
    """The nearest feature, the first of those equally near; ``None`` where there are no features at all.

    Raises:
        GeometryError: The site is empty or invalid, or a feature is invalid.
    """
    site = require_site(site)
    features = of_tree(features, tree)
    if tree is None:
        tree = ZoneTree(features)
    elif not isinstance(tree, ZoneTree):
        require_valid(features, np.arange(len(features)))
    rows = np.sort(tree.query_nearest(site, all_matches=True))
    found = _ways(site, features, rows)
    return found[0] if found else None


def _trusted(site: BaseGeometry, features: np.ndarray, tree: STRtree | None, radius: float) -> STRtree:
    if tree is None:
        tree = STRtree(features)
    if not isinstance(tree, ZoneTree):
        west, south, east, north = site.bounds
        require_valid(features, tree.query(shapely.box(west - radius, south - radius, east + radius, north + radius)))
    return tree


def _ways(site: BaseGeometry, features: np.ndarray, rows: np.ndarray) -> list[Near]:
    if not rows.size:
        return []
    ends = shapely.get_coordinates(shapely.shortest_line(site, features[rows])).reshape(-1, 2, 2)
    metres = shapely.distance(site, features[rows])
    return [
        Near(
            index=int(rows[k]),
            distance=float(metres[k]),
            on_site=(float(ends[k, 0, 0]), float(ends[k, 0, 1])),
            on_feature=(float(ends[k, 1, 0]), float(ends[k, 1, 1])),
        )
        for k in np.lexsort((rows, metres))
    ]

"""How much of a site lies in which zone, and how deep.

Every function takes shapely geometries that already share one projected CRS in metres, and returns plain numbers.
Areas and lengths are planar unless the CRS is given; then they are those on the ellipsoid, and the same site gives
the same numbers whichever Gauss-Krüger zone it was laid in.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from pyproj import CRS
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from spatial.errors import N_, GeometryError
from spatial.measure import area_m2, length_m

NOT_WHOLE = 1 - 1e-5
"""The largest share of a site of several kinds, such as a plot and its road, while a part of it lies outside."""
_LONG_M, _FINE = 500.0, 20_000
_LINE_M = 1e-3  # what reaches out by less than the width of a drawn line lies on it


Shared = dict[int, dict[int, BaseGeometry]]
"""By position of a zone what of the site's areas (2), lines (1) and points (0) lies in it."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """What a site and one zone have in common.

    Attributes:
        zone: Position of the zone in the sequence that was passed in.
        area_m2: Area shared; 0 unless both have area.
        length_m: Length shared where one of the two is a line, without what runs along the other's edge.
        share: Shared area over the site's area; for a line site shared length over its length; for a point 0. Of a site of
            several kinds that of its areas, else of its lines, times ``NOT_WHOLE`` while another part of it lies outside.
        inside: The interiors meet. A sliver of any size counts, even one whose area rounds to 0.
        touches: They meet along edges or at points only. ``inside`` and ``touches`` are never both true.
        depth_m: How far the site reaches into a polygon zone: the largest distance found from a point of the shared
            part to the zone's edge. It is never too large and at most a hundredth too small (more in splinters).
    """

    zone: int
    area_m2: float
    length_m: float
    share: float
    inside: bool
    touches: bool
    depth_m: float


class ZoneTree(STRtree):
    """A search tree over zones that have been found valid, so that they need not be checked again for every site.

    Attributes:
        zones: The zones as they were when the tree was made, without heights.
    """

    def __init__(self, zones: Sequence[BaseGeometry] | np.ndarray, *, checked: bool = False) -> None:
        """Check and index.

        Args:
            zones: Polygons, lines or points.
            checked: They are known to be valid, so that nobody need look.

        Raises:
            GeometryError: A zone is invalid; its position and fault are named.
        """
        self.zones = as_array(zones)
        if not checked:
            require_valid(self.zones, np.arange(len(self.zones)))
        super().__init__(self.zones)


def as_array(zones: BaseGeometry | Sequence[BaseGeometry] | np.ndarray) -> np.ndarray:
    """Shapes as a one-dimensional object array, without heights, whatever they came in."""
    if isinstance(zones, BaseGeometry):
        zones = [zones]
    array = np.empty(len(zones), dtype=object)
    array[:] = np.asarray(zones, dtype=object)
    high = shapely.has_z(array)
    if high.any():
        array[high] = shapely.force_2d(array[high])
    for row in np.flatnonzero(shapely.get_type_id(array) == 7):
        if shapely.is_valid(array[row]):  # else left as it is, to be refused by name
            array[row] = _merged(array[row])
    return array


def of_tree(zones: Sequence[BaseGeometry] | np.ndarray, tree: STRtree | None) -> np.ndarray:
    """The zones as an array: those of the tree where it has made one of them already.

    Raises:
        ValueError: The tree holds more shapes than there are zones, or fewer.
    """
    if tree is not None and len(tree.geometries) != len(zones):  # len(tree) leaves out the empty ones
        raise ValueError(f"the tree holds {len(tree.geometries)} shapes and there are {len(zones)} zones")
    return tree.zones if isinstance(tree, ZoneTree) else as_array(zones)


def require_valid(zones: np.ndarray, rows: np.ndarray) -> None:
    """Refuse broken zones: what the overlay makes of them may be an error, and may be a wrong 0.

    Raises:
        GeometryError: One of ``zones[rows]`` is invalid.
    """
    bad = rows[~(shapely.is_valid(zones[rows]) | shapely.is_missing(zones[rows]))]
    if bad.size:
        row = int(bad[0])
        raise GeometryError(
            N_("第 {row} 个分区图形无效（{why}），请先修复再叠加。"),
            row=row + 1,
            why=shapely.is_valid_reason(zones[row]),
        )


def require_site(site: BaseGeometry) -> BaseGeometry:
    """A site that can be measured: there, valid, with finite coordinates and without heights.

    Raises:
        GeometryError: It is missing, empty or invalid.
    """
    if site is None or site.is_empty:
        raise GeometryError(N_("项目用地图形为空，无法量算。"))
    if _last.site is not site:  # one site is asked about many layers
        if not shapely.is_valid(site):
            raise GeometryError(
                N_("项目用地图形无效（{why}），请先修复再叠加。"), why=shapely.is_valid_reason(site)
            )
        _last.site = site
    return shapely.force_2d(site) if site.has_z else site


class _Last(threading.local):
    """The last site that was found valid, and the last one that was measured as a whole."""

    site: BaseGeometry | None = None
    whole: tuple[BaseGeometry, str, float] | None = None


_last = _Last()


def by_dimension(geometry: BaseGeometry) -> dict[int, BaseGeometry]:
    """The areas, lines and points of a shape, each as one shape under 2, 1 and 0; dimensions it lacks are absent.

    Overlapping polygons of a collection are merged, so that their common area is counted once, and so are lines that
    run over themselves.
    """
    if shapely.get_type_id(geometry) != 7:
        if shapely.get_dimensions(geometry) == 1:
            geometry = once(np.array([geometry]))[0]
        return {int(shapely.get_dimensions(geometry)): geometry} if not geometry.is_empty else {}
    parts = shapely.get_parts(geometry)
    while (shapely.get_type_id(parts) == 7).any():
        parts = shapely.get_parts(parts)
    parts = parts[~shapely.is_empty(parts)]
    dimensions = shapely.get_dimensions(parts)
    return {int(number): shapely.union_all(parts[dimensions == number]) for number in np.unique(dimensions)[::-1]}


def once(geoms: np.ndarray) -> np.ndarray:
    """Lines that run over themselves reduced to the ground they cover: a stretch is as long as it is, once."""
    twice = np.flatnonzero(shapely.get_dimensions(geoms) == 1)
    twice = twice[~shapely.is_simple(geoms[twice])]
    if twice.size:
        geoms = geoms.copy()
        geoms[twice] = shapely.unary_union(geoms[twice, None], axis=1)
    return geoms


def _merged(collection: BaseGeometry) -> BaseGeometry:
    """A collection as one plain shape where its parts are all of a kind, else as one shape of each kind."""
    parts = list(by_dimension(collection).values())
    return parts[0] if len(parts) == 1 else shapely.geometrycollections(parts)


def _edge(zone: BaseGeometry) -> BaseGeometry:
    """The boundary of what has area in ``zone``."""
    return shapely.boundary(by_dimension(zone)[2])


def overlaps(
    site: BaseGeometry,
    zones: Sequence[BaseGeometry] | np.ndarray,
    tree: STRtree | None = None,
    *,
    crs: CRS | None = None,
    depth: bool = True,
    shared: Shared | None = None,
) -> list[Overlap]:
    """Measure what ``site`` shares with each of ``zones`` that it meets.

    Zones may overlap one another, so the shares can add up to more than 1; :func:`union_share` counts once. Nothing
    is too small to report, and a zone that only touches is reported as touching, with nothing shared.

    Args:
        site: Polygon, line, point, multi-part shape or collection; of a collection the part with most dimensions
            decides what ``share`` means.
        zones: Valid polygons, lines or points; empty ones and ``None`` are allowed and never reported.
        tree: A :class:`ZoneTree` over ``zones`` when many sites are asked. A plain ``STRtree`` over them is taken
            too, but then zones near the site are checked again each time.
        crs: CRS of the coordinates; with it areas and lengths are those on the ellipsoid.
        depth: Also find ``depth_m``; without it 0 is given.
        shared: Filled with the shapes that site and zones have in common.

    Returns:
        One row for each zone that the site meets, largest share first, then by position.

    Raises:
        GeometryError: The site is empty or invalid, or a zone near it is invalid.
    """
    site = require_site(site)
    zones = of_tree(zones, tree)
    rows = _near(site, zones, tree)
    if not rows.size:
        return []
    met = zones[rows]
    area, length = np.zeros(len(rows)), np.zeros(len(rows))
    inside, deep = np.zeros(len(rows), dtype=bool), np.zeros(len(rows))
    pieces = by_dimension(site)
    for dimension, piece in pieces.items():
        shapely.prepare(piece)
        inner = shapely.intersects(piece, met) & ~shapely.touches(piece, met)
        inside |= inner
        which = np.flatnonzero(inner)
        if not which.size:
            continue
        common = shapely.intersection(piece, met[which])
        if shared is not None:
            for row, part in zip(rows[which].tolist(), common, strict=True):
                shared.setdefault(row, {})[dimension] = part
        kinds = shapely.get_dimensions(met[which])
        if dimension == 2:
            area[which] += _area(common, crs)
        area_zone = which[kinds == 2]
        if dimension == 1:
            length[which] += _length(common, crs)
            edges = np.array([_edge(zone) for zone in met[area_zone]], dtype=object)
            length[area_zone] -= _length(shapely.intersection(piece, edges), crs) if edges.size else 0.0
        elif dimension == 2 and (kinds == 1).any():
            line_zone = which[kinds == 1]
            edge = shapely.boundary(piece)
            length[line_zone] += _length(common[kinds == 1], crs) - _length(
                shapely.intersection(met[line_zone], edge), crs
            )
        if depth:
            for row, part in zip(area_zone, common[kinds == 2], strict=True):
                deep[row] = max(deep[row], _depth(part, met[row], dimension))
    whole = _whole(pieces, crs)
    measured = area if 2 in pieces else length
    share = np.minimum(measured / whole, 1.0) if whole else np.zeros(len(rows))
    for row in np.flatnonzero((share > 0) & (shapely.get_dimensions(met) == 2)) if len(pieces) > 1 else ():
        if _lesser_out(pieces, met[row]):
            share[row] *= NOT_WHOLE
    length = np.maximum(length, 0.0)
    order = np.lexsort((rows, -share))
    return [
        Overlap(
            zone=int(rows[k]),
            area_m2=float(area[k]),
            length_m=float(length[k]),
            share=float(max(share[k], 0.0)),
            inside=bool(inside[k]),
            touches=not inside[k],
            depth_m=float(deep[k]),
        )
        for k in order
    ]


def depth_m(shared: dict[int, BaseGeometry], zone: BaseGeometry) -> float:
    """``Overlap.depth_m`` of what a site and one zone share, which :func:`overlaps` found.

    Args:
        shared: By dimension.
        zone: A valid shape with an area.
    """
    return max((_depth(part, zone, dimension) for dimension, part in shared.items()), default=0.0)


def deeper_than(shared: dict[int, BaseGeometry], zone: BaseGeometry, metres: float) -> bool:
    """Whether ``Overlap.depth_m`` is more than some metres; as :func:`depth_m`, without finding out how much.

    Args:
        shared: As for :func:`depth_m`.
        zone: As for :func:`depth_m`.
        metres: Small against the zone.
    """
    edge = _edge(zone)
    for part in shared.values():
        places = shapely.get_coordinates(part)
        for number in (2, 16):
            few = shapely.points(places[len(places) // (2 * number) :: -(-len(places) // number)])
            if (shapely.distance(edge, few) > metres).any():
                return True
    return depth_m(shared, zone) > metres


def union_share(
    site: BaseGeometry,
    zones: Sequence[BaseGeometry] | np.ndarray,
    tree: STRtree | None = None,
    *,
    crs: CRS | None = None,
    shared: Shared | None = None,
    gap_m: float = 0.0,
) -> tuple[float, float]:
    """How much of ``site`` lies in any of the polygon ``zones``, each square metre counted once, and its share.

    Args:
        site: As for :func:`overlaps`.
        zones: Valid shapes; only polygons count.
        tree: As for :func:`overlaps`.
        crs: As for :func:`overlaps`.
        shared: What :func:`overlaps` found that the site and these zones share, so that it need not be found again.
        gap_m: Gaps between zones of less than twice this width belong to their union.

    Returns:
        For a site with area square metres and their share; for a line metres and their share; for a point or a
        group of points how many lie inside and their share. A common edge of two zones lies inside their union. Of a
        site of several kinds as for :class:`Overlap`.

    Raises:
        GeometryError: As for :func:`overlaps`.
    """
    site = require_site(site)
    zones = of_tree(zones, tree)
    pieces = by_dimension(site)
    dimension, piece = next(iter(pieces.items()))
    rows = _near(piece, zones, tree)
    rows = rows[shapely.get_dimensions(zones[rows]) == 2]
    if not rows.size:
        return 0.0, 0.0
    whole = _whole(pieces, crs)
    if dimension == 2:
        known = shared or {}
        fresh = rows[[row not in known for row in rows.tolist()]]
        inner = [parts[2] for row in rows.tolist() if 2 in (parts := known.get(row, {}))]
        union = shapely.union_all(_areas(np.array([*inner, *shapely.intersection(piece, zones[fresh])], dtype=object)))
        left = piece.area - union.area
        if gap_m and len(rows) > 1 and union.area > 0 and 1e-9 * piece.area < left < gap_m * piece.length:
            around = shapely.intersection(zones[rows], _beside(piece))
            union = shapely.intersection(piece, _closed(shapely.union_all(_areas(around)), gap_m))
        found = float(_area(union, crs)[0])
        return found, _not_whole(min(found / whole, 1.0), pieces, site, zones, tree)
    union = shapely.union_all(_areas(shapely.intersection(_beside(piece), zones[rows])))
    if dimension == 1:
        if gap_m and len(rows) > 1 and _has_gap(piece, union, gap_m):
            union = _closed(union, gap_m)
        along = shapely.intersection(piece, shapely.boundary(union))
        found = float((_length(shapely.intersection(piece, union), crs) - _length(along, crs))[0])
        found = max(found, 0.0)
        return found, _not_whole(min(found / whole, 1.0), pieces, site, zones, tree)
    places = shapely.get_parts(piece)
    count = int(shapely.contains(union, places).sum())
    return float(count), count / len(places)


def _beside(piece: BaseGeometry) -> BaseGeometry:
    """A frame around a shape: what of a union lies outside it cannot change which side of an edge the shape is on."""
    west, south, east, north = piece.bounds
    if max(east - west, north - south) > _LONG_M and shapely.get_num_coordinates(piece) < _FINE:
        return shapely.buffer(piece, 1.0, quad_segs=1)  # around a long line there is much that does not matter
    return shapely.box(west - 1, south - 1, east + 1, north + 1)


def _has_gap(line: BaseGeometry, union: BaseGeometry, gap_m: float) -> bool:
    """Whether a stretch of a line lies outside a union, and all of it no farther than a gap is half wide."""
    out = shapely.get_parts(shapely.difference(line, union))
    if not out.size:
        return False
    ends, part = shapely.get_coordinates(out, return_index=True)
    shapely.prepare(union)
    off = ~shapely.dwithin(union, shapely.points(ends), gap_m)
    return bool((np.bincount(part, weights=off, minlength=len(out)) == 0).any())


def _closed(union: BaseGeometry, gap_m: float) -> BaseGeometry:
    """A union without its narrow gaps: neighbours whose common edge has other vertices on either side come apart."""
    wider = shapely.buffer(union, gap_m, quad_segs=1, join_style="mitre")
    return shapely.buffer(wider, -gap_m, quad_segs=1, join_style="mitre")


def _not_whole(
    share: float, pieces: dict[int, BaseGeometry], site: BaseGeometry, zones: np.ndarray, tree: STRtree | None
) -> float:
    if len(pieces) == 1 or not share:
        return share
    near = zones[_near(site, zones, tree)]
    union = shapely.union_all(_areas(near[shapely.get_dimensions(near) == 2]))
    return share * NOT_WHOLE if _lesser_out(pieces, union) else share


def _lesser_out(pieces: dict[int, BaseGeometry], zone: BaseGeometry) -> bool:
    """Whether of a site of several kinds a part other than that with most dimensions reaches out of a zone."""
    shapely.prepare(zone)
    for piece in list(pieces.values())[1:]:
        out = shapely.difference(piece, zone)
        if not out.is_empty:
            places = shapely.get_coordinates(shapely.segmentize(out, max(out.length / 32, _LINE_M)))
            if (shapely.distance(zone, shapely.points(places)) > _LINE_M).any():
                return True
    return False


def uncovered(
    site: BaseGeometry,
    coverage: BaseGeometry | Sequence[BaseGeometry] | np.ndarray,
    *,
    crs: CRS | None = None,
) -> float:
    """How much of ``site`` no part of ``coverage`` covers: m² of an area, metres of a line, number of points.

    Of a site of several kinds only of the part with most dimensions; :func:`covered` looks at all of it.

    Raises:
        GeometryError: The site is empty or invalid, or a part of the coverage near it is invalid.
    """
    site = require_site(site)
    parts = as_array(coverage)
    dimension, piece = next(iter(by_dimension(site).items()))
    parts = parts[_near(piece, parts, None)]
    left = shapely.difference(piece, shapely.union_all(parts)) if len(parts) else piece
    if dimension == 2:
        return float(_area(left, crs)[0])
    if dimension == 1:
        return float(_length(left, crs)[0])
    return float(0 if left.is_empty else len(shapely.get_parts(left)))


def covered(site: BaseGeometry, coverage: BaseGeometry | Sequence[BaseGeometry] | np.ndarray) -> bool:
    """Whether no point of ``site`` lies outside ``coverage``; its edge belongs to it.

    Raises:
        GeometryError: As for :func:`uncovered`.
    """
    site = require_site(site)
    parts = as_array(coverage)
    parts = parts[_near(site, parts, None)]
    return bool(len(parts)) and bool(shapely.covers(shapely.union_all(parts), site))


def _near(site: BaseGeometry, zones: np.ndarray, tree: STRtree | None) -> np.ndarray:
    """Rows of the zones that the site meets, in order, after making sure that they can be trusted."""
    if tree is None:
        tree = STRtree(zones)
    if not isinstance(tree, ZoneTree):
        require_valid(zones, tree.query(site))
    return np.sort(tree.query(site, predicate="intersects"))


def _areas(geoms: np.ndarray) -> np.ndarray:
    """Only the polygons, one by one: what two shapes share may also hold the edges and points where they touch."""
    parts = shapely.get_parts(geoms)
    while (shapely.get_type_id(parts) >= 4).any():
        parts = shapely.get_parts(parts)
    return parts[(shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)]


def _area(geoms: BaseGeometry | np.ndarray, crs: CRS | None) -> np.ndarray:
    return np.atleast_1d(shapely.area(geoms)) if crs is None else area_m2(geoms, crs)


def _length(geoms: BaseGeometry | np.ndarray, crs: CRS | None) -> np.ndarray:
    return np.atleast_1d(shapely.length(geoms)) if crs is None else length_m(geoms, crs)


def _whole(pieces: dict[int, BaseGeometry], crs: CRS | None) -> float:
    if 2 not in pieces and 1 not in pieces:
        return 0.0
    piece, srs = pieces.get(2, pieces.get(1)), "" if crs is None else crs.srs
    known = _last.whole
    if known is None or known[0] is not piece or known[1] != srs:
        known = piece, srs, float((_area if 2 in pieces else _length)(piece, crs)[0])
        _last.whole = known
    return known[2]


def _depth(shared: BaseGeometry, zone: Any, dimension: int) -> float:
    """Largest distance found from a point of ``shared`` to the edge of ``zone``."""
    if shapely.get_type_id(shared) == 7:  # where two areas also touch, what they share holds lines and points
        shared = by_dimension(shared).get(dimension, shared)
    places = shapely.get_coordinates(shared)
    if not len(places):
        return 0.0
    edge = _edge(zone)
    west, south = places.min(axis=0)
    east, north = places.max(axis=0)
    reach = max(east - west, north - south, 1.0)
    whole = max(zone.bounds[2] - zone.bounds[0], zone.bounds[3] - zone.bounds[1])
    shapely.prepare(shared)
    while True:
        # Only the edge around the shared part is searched; a wider frame is needed when the answer does not fit it.
        frame = (west - reach, south - reach, east + reach, north + reach)
        with np.errstate(all="ignore"):  # GEOS divides by edge lengths, and one of 1e-308 m overflows
            close = edge if reach >= whole else shapely.clip_by_rect(edge, *frame)
            if not close.is_empty:
                shapely.prepare(close)
                farthest = _farther(shared, close, places) if dimension else places
                points = shapely.points(farthest)
                ways = _ways(close, points)
                # A way's ends are rounded, the distance is not: it is taken anew for the deepest places, which are few.
                most = ways.max(initial=0.0)
                deepest = points[~(ways < most * (1 - 1e-9))] if most > 0 else points[:1]
                metres = float(shapely.distance(close, deepest).max())
                if metres <= reach or reach >= whole:
                    return metres
        reach *= 4


_FEW = 64  # vertices to begin with
_SQUARES = 4096
"""So many squares are looked into at a time: enough but for splinters, whose depth is next to nothing."""


def _farther(shared: BaseGeometry, edge: BaseGeometry, places: np.ndarray) -> np.ndarray:
    """The place of ``shared`` farthest from ``edge``, to a hundredth of its distance; ``places`` are its vertices.

    Squares over the shared part are quartered as long as one of them may hold a place farther away than the best so
    far: no place of a square is farther from the edge than its centre is by more than half its diagonal.
    """
    few = places[:: -(-len(places) // _FEW)]
    ways = _ways(edge, shapely.points(few))
    best, place = float(ways.max()), few[ways.argmax()]
    west, south, east, north = shared.bounds
    side = max(east - west, north - south) / 8
    if not side > 0 or not np.isfinite(best):
        return places
    across, up = (np.arange(np.floor(length / side) + 1) for length in (east - west, north - south))
    area = shapely.get_dimensions(shared) == 2
    outline = shapely.boundary(shared) if area else shared  # GEOS has an index for lines and none for areas
    shapely.prepare([shared, outline])
    middles = np.stack(np.meshgrid(west + (across + 0.5) * side, south + (up + 0.5) * side), axis=-1).reshape(-1, 2)
    while 0 < len(middles) <= _SQUARES and side > 1e-6:
        centres = shapely.points(middles)
        lines = shapely.shortest_line(outline, centres)
        off, half = shapely.length(lines), side * np.sqrt(0.5)
        nearest = shapely.get_coordinates(shapely.get_point(lines, 0))
        if area:
            inside = shapely.contains(shared, centres)
            off[inside], nearest[inside] = 0.0, middles[inside]
        over = off <= half * (1 + 1e-9)
        if not over.any():
            return place[None]
        middles, off, nearest = middles[over], off[over], nearest[over]
        ways = _ways(edge, shapely.points(nearest))
        if ways.max() > best:
            best, place = float(ways.max()), nearest[ways.argmax()]
        middles = middles[ways + off + half > best * 1.01]
        side /= 2
        quarter = np.array([(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)]) * side
        middles = (middles[:, None] + quarter).reshape(-1, 2)
    if not len(middles):
        return place[None]
    # In a splinter the vertices are as deep as any place.
    return np.concatenate([place[None], places, *_centres(shared)])


def _centres(shared: BaseGeometry) -> list[np.ndarray]:
    """The centres of the circles that fit into the areas of a shape."""
    found = []
    for part in _areas(np.array([shared])):
        west, south, east, north = part.bounds
        size = max(east - west, north - south)
        if part.area > 1e-9 * size * size > 0:
            with np.errstate(all="ignore"):  # GEOS may overflow on the way to a right answer
                circle = shapely.maximum_inscribed_circle(part, tolerance=size / 100)
            found.append(shapely.get_coordinates(circle)[:1])
    return found


def _ways(edge: BaseGeometry, points: np.ndarray) -> np.ndarray:
    """Distances of the points from the edge; 0 where GEOS finds none."""
    ways = shapely.length(shapely.shortest_line(edge, points))
    return np.where(np.isfinite(ways), ways, 0.0)

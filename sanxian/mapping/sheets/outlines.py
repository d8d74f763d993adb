"""Shapes brought to the paper: page millimetres, rounded to what a printer can show, cut to the map's frame.

Vertices are rounded to a grid fixed to the paper, so that two neighbours round their common border alike and no gap
opens between them; then repeats and vertices on a straight line between their neighbours are dropped. What lies out of
the frame is cut away here and not by a clip of the painter, since SVG files of Qt know none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import CRS

from spatial.crs import transform

MANY, NET = 50_000, 64
GRID_MM = 0.1  # a third of the thinnest line drawn
LINE, AREA = 1, 2
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Paper:
    """Where the map lies on the paper.

    Attributes:
        crs: Of the map; projected, metres, x east.
        left, top: Map coordinates of the frame's upper left corner.
        x, y: The same corner on the paper in mm, y downwards.
        width, height: Of the frame in mm.
        scale: Denominator.
    """

    crs: CRS
    left: float
    top: float
    x: float
    y: float
    width: float
    height: float
    scale: float

    @property
    def metres_per_mm(self) -> float:
        """Metres of the map in a millimetre of paper."""
        return self.scale / 1000

    @property
    def bounds(self) -> Box:
        """Left, bottom, right, top of the frame in the CRS of the map."""
        return (self.left, self.top - self.height * self.metres_per_mm, self.left + self.width * self.metres_per_mm, self.top)

    @property
    def frame(self) -> Box:
        """Left, top, right, bottom of the frame on the paper in mm."""
        return self.x, self.y, self.x + self.width, self.y + self.height

    def to_mm(self, xy: np.ndarray) -> np.ndarray:
        """Rows of map coordinates on the paper."""
        per = self.metres_per_mm
        return np.column_stack([(xy[:, 0] - self.left) / per + self.x, (self.top - xy[:, 1]) / per + self.y])

    def to_map(self, mm: np.ndarray) -> np.ndarray:
        """Rows of millimetres on the paper in map coordinates."""
        per = self.metres_per_mm
        return np.column_stack([(mm[:, 0] - self.x) * per + self.left, self.top - (mm[:, 1] - self.y) * per])


@dataclass(frozen=True, slots=True)
class Outlines:
    """The parts of a layer that meet the frame.

    Attributes:
        xy: Vertices in mm on the paper.
        offsets: First vertex of each ring, and the number of vertices at the end.
        part_ring: First ring of each part, and the number of rings at the end.
        part_row: Row of the layer that each part belongs to.
        part_kind: :data:`LINE` or :data:`AREA`.
        inside: Whether a part lies in the frame as a whole.
        points: Point features in mm.
        point_row: Their rows.
    """

    xy: np.ndarray
    offsets: np.ndarray
    part_ring: np.ndarray
    part_row: np.ndarray
    part_kind: np.ndarray
    inside: np.ndarray
    points: np.ndarray
    point_row: np.ndarray

    def rings(self, part: int) -> list[np.ndarray]:
        """The rings of a part, or its line."""
        first, last = self.part_ring[part], self.part_ring[part + 1]
        return [self.xy[self.offsets[i]:self.offsets[i + 1]] for i in range(first, last)]

    @property
    def rows(self) -> np.ndarray:
        """Rows that have something in the frame."""
        return np.unique(np.concatenate([self.part_row, self.point_row]))


def outlines(geometries: np.ndarray, crs: CRS, paper: Paper, *, grid_mm: float = GRID_MM) -> Outlines:
    """The shapes of a layer as they stand on the paper.

    Args:
        geometries: Any shapes; ``None`` and empty ones are left out.
        crs: Theirs.
        paper: Where they are to lie.
        grid_mm: What vertices are rounded to; coarser for shapes that may only be shown roughly.
    """
    geometries = np.asarray(geometries, dtype=object)
    near = _near(geometries, crs, paper)
    rows = np.flatnonzero(near)
    shapes = geometries[rows]
    parts, owner = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) > 3).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    full = ~shapely.is_empty(parts)
    parts, owner = parts[full], owner[full]
    kinds = shapely.get_type_id(parts)
    dots = kinds == 0
    points = _to_mm(parts[dots], crs, paper)
    keep = _within(points, paper.frame)
    flat = kinds == 3
    line = (kinds == 1) | (kinds == 2)
    rings, ring_part = shapely.get_rings(parts[flat], return_index=True)
    every = np.concatenate([rings, parts[line]])
    ring_of = np.concatenate([ring_part, flat.sum() + np.arange(line.sum())]).astype(np.int64)
    part_row = rows[np.concatenate([owner[flat], owner[line]])]
    part_kind = np.concatenate([np.full(flat.sum(), AREA, np.int8), np.full(line.sum(), LINE, np.int8)])
    counts = shapely.get_num_coordinates(every)
    xy = _to_mm(every, crs, paper)
    offsets = np.r_[0, np.cumsum(counts)].astype(np.int64)
    first = offsets[:-1]
    if len(first):
        box = np.column_stack([fold.reduceat(xy[:, i], first) for fold in (np.minimum, np.maximum) for i in (0, 1)])
    else:
        box = np.empty((0, 4))
    # A ring with a vertex that has no place in the CRS of the map cannot be drawn truly: comparisons with NaN are false.
    left, top, right, bottom = paper.frame
    meets = (box[:, 0] <= right) & (box[:, 2] >= left) & (box[:, 1] <= bottom) & (box[:, 3] >= top)
    in_view = (box[:, 0] >= left) & (box[:, 2] <= right) & (box[:, 1] >= top) & (box[:, 3] <= bottom)
    # A hole out of the frame is no loss; a shell out of it takes its part with it.
    shell = np.r_[True, ring_of[1:] != ring_of[:-1]] if len(ring_of) else np.empty(0, bool)
    part_meets = np.zeros(len(part_row), bool)
    part_meets[ring_of[shell]] = meets[shell]
    part_inside = np.zeros(len(part_row), bool)
    part_inside[ring_of[shell]] = in_view[shell]
    wanted = meets & part_meets[ring_of] if len(ring_of) else meets
    closed = part_kind[ring_of] == AREA if len(ring_of) else np.empty(0, bool)
    xy, offsets, ring_of = _thin(xy, offsets, ring_of, closed, wanted, grid_mm)
    kept, index = np.unique(ring_of, return_inverse=True)
    part_ring = np.searchsorted(index, np.arange(len(kept) + 1)).astype(np.int64)
    return Outlines(xy, offsets, part_ring, part_row[kept], part_kind[kept], part_inside[kept], points[keep],
                    rows[owner[dots]][keep])


def _near(geometries: np.ndarray, crs: CRS, paper: Paper) -> np.ndarray:
    """Whose bounding box meets the frame."""
    from pyproj import Transformer

    boxes = shapely.bounds(geometries)
    view = paper.bounds
    if crs != paper.crs:
        view = Transformer.from_crs(paper.crs, crs, always_xy=True).transform_bounds(*view, densify_pts=21)
    with np.errstate(invalid="ignore"):
        return (boxes[:, 0] <= view[2]) & (boxes[:, 2] >= view[0]) & (boxes[:, 1] <= view[3]) & (boxes[:, 3] >= view[1])


def _to_mm(shapes: np.ndarray, crs: CRS, paper: Paper) -> np.ndarray:
    xy = shapely.get_coordinates(shapes)
    if crs == paper.crs:
        return paper.to_mm(xy)
    if len(xy) > MANY:
        quick = _interpolated(xy, crs, paper)
        if quick is not None:
            return quick
    return _exact(xy, crs, paper)


def _exact(xy: np.ndarray, crs: CRS, paper: Paper) -> np.ndarray:
    from pyproj import Transformer

    x, y = Transformer.from_crs(crs, paper.crs, always_xy=True).transform(xy[:, 0], xy[:, 1])
    placed = paper.to_mm(np.column_stack([x, y]))
    placed[~(np.isfinite(placed[:, 0]) & np.isfinite(placed[:, 1]))] = np.nan
    return placed


def _interpolated(xy: np.ndarray, crs: CRS, paper: Paper) -> np.ndarray | None:
    """The places of very many vertices, interpolated between the nodes of a net that is projected in full.

    Ten times faster than projecting each. None where that would be out by more than a tenth of the paper's grid.
    """
    # By columns: numpy takes ten times as long along the short axis of a long array.
    low, high = (np.array([fold(xy[:, i]) for i in (0, 1)]) for fold in (np.min, np.max))
    span = np.maximum(high - low, 1e-12)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return None
    axes = [low[i] + span[i] * np.linspace(0, 1, NET + 1) for i in (0, 1)]
    net = _exact(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2), crs, paper).reshape(NET + 1, NET + 1, 2)
    between = np.stack(np.meshgrid(*[(one[1:] + one[:-1]) / 2 for one in axes], indexing="ij"), axis=-1).reshape(-1, 2)
    true = _exact(between, crs, paper).reshape(NET, NET, 2)
    guess = (net[:-1, :-1] + net[1:, :-1] + net[:-1, 1:] + net[1:, 1:]) / 4
    if not np.abs(true - guess).max() < GRID_MM / 10:
        return None
    flat = net.reshape(-1, 2)
    placed = np.empty_like(xy)
    for start in range(0, len(xy), 200_000):
        u = (xy[start:start + 200_000, 0] - low[0]) * (NET / span[0])
        v = (xy[start:start + 200_000, 1] - low[1]) * (NET / span[1])
        i, j = np.minimum(u.astype(np.int32), NET - 1), np.minimum(v.astype(np.int32), NET - 1)
        u -= i
        v -= j
        corner = i * (NET + 1) + j
        for axis in (0, 1):
            node = flat[:, axis]
            one, two = node.take(corner), node.take(corner + (NET + 1))
            one += (node.take(corner + 1) - one) * v
            two += (node.take(corner + (NET + 2)) - two) * v
            placed[start:start + 200_000, axis] = one + (two - one) * u
    return placed


def _within(points: np.ndarray, frame: Box) -> np.ndarray:
    left, top, right, bottom = frame
    return (points[:, 0] >= left) & (points[:, 0] <= right) & (points[:, 1] >= top) & (points[:, 1] <= bottom)


def _thin(xy: np.ndarray, offsets: np.ndarray, ring_of: np.ndarray, closed: np.ndarray, wanted: np.ndarray,
          grid_mm: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rounds to the grid of the paper, drops repeats, then vertices in line with their neighbours, then empty rings."""
    counts = np.diff(offsets)
    if not wanted.all():
        xy = xy[np.repeat(wanted, counts)]
        ring_of, closed, counts = ring_of[wanted], closed[wanted], counts[wanted]
    if not len(xy):
        return xy, np.zeros(1, np.int64), ring_of
    offsets = np.r_[0, np.cumsum(counts)].astype(np.int64)
    cell = np.rint(xy / grid_mm).astype(np.int32)
    keep = np.ones(len(cell), bool)
    keep[1:] = (cell[1:, 0] != cell[:-1, 0]) | (cell[1:, 1] != cell[:-1, 1])
    keep[offsets[:-1]] = True
    cell, offsets = cell[keep], np.r_[0, np.cumsum(keep)][offsets]
    step = np.diff(cell, axis=0).astype(np.int64)
    keep = np.ones(len(cell), bool)
    cross = step[:-1, 0] * step[1:, 1] - step[:-1, 1] * step[1:, 0]
    along = step[:-1, 0] * step[1:, 0] + step[:-1, 1] * step[1:, 1]
    keep[1:-1] = (cross != 0) | (along < 0)  # a spike turns back on itself and stays
    keep[offsets[:-1]] = keep[offsets[1:] - 1] = True
    cell, offsets = cell[keep], np.r_[0, np.cumsum(keep)][offsets]
    enough = np.diff(offsets) >= np.where(closed, 4, 2)
    # What is smaller than the grid is drawn as a speck of one grid cell, not lost: a legend that counts it must show it.
    lost = np.flatnonzero(~enough & np.r_[True, ring_of[1:] != ring_of[:-1]])
    if len(lost):
        return _specks(cell, offsets, ring_of, closed, enough, lost, grid_mm)
    if not enough.all():
        cell = cell[np.repeat(enough, np.diff(offsets))]
        ring_of = ring_of[enough]
        offsets = np.r_[0, np.cumsum(np.diff(offsets)[enough])].astype(np.int64)
    return cell * grid_mm, offsets, ring_of


def _specks(cell: np.ndarray, offsets: np.ndarray, ring_of: np.ndarray, closed: np.ndarray, enough: np.ndarray,
            lost: np.ndarray, grid_mm: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    square, dash = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]), np.array([[0, 0], [1, 0]])
    pieces, sizes, owners = [], [], []
    tiny = set(lost.tolist())
    for ring in range(len(ring_of)):
        if enough[ring]:
            piece: np.ndarray = cell[offsets[ring]:offsets[ring + 1]]
        elif ring in tiny:
            piece = cell[offsets[ring]] + (square if closed[ring] else dash)
        else:
            continue
        pieces.append(piece)
        sizes.append(len(piece))
        owners.append(ring_of[ring])
    return (np.concatenate(pieces) * grid_mm, np.r_[0, np.cumsum(sizes)].astype(np.int64),
            np.array(owners, dtype=np.int64))


def cut_line(line: np.ndarray, frame: Box) -> list[np.ndarray]:
    """The stretches of a line within a box, cut at its sides."""
    cut = shapely.clip_by_rect(shapely.linestrings(line), *frame)
    return [shapely.get_coordinates(part) for part in shapely.get_parts(cut) if shapely.get_type_id(part) == 1]


def hatch_lines(rings: list[np.ndarray], angle: float, gap_mm: float) -> np.ndarray:
    """Strokes that fill an area (even-odd), rows of (x1, y1, x2, y2) in mm.

    The strokes lie on lines fixed to the paper, so that they run on from one area into the next.

    Args:
        rings: Closed rings in mm.
        angle: Of the strokes against the paper's edge, in degrees.
        gap_mm: From stroke to stroke.
    """
    turn = np.radians(angle)
    cos, sin = np.cos(turn), np.sin(turn)
    starts, stops = [], []
    for ring in rings:
        u, v = ring[:, 0] * cos + ring[:, 1] * sin, (ring[:, 1] * cos - ring[:, 0] * sin) / gap_mm
        starts.append(np.column_stack([u[:-1], v[:-1]]))
        stops.append(np.column_stack([u[1:], v[1:]]))
    if not starts:
        return np.empty((0, 4))
    a, b = np.concatenate(starts), np.concatenate(stops)
    up = a[:, 1] > b[:, 1]
    a[up], b[up] = b[up].copy(), a[up].copy()
    first = np.floor(a[:, 1]).astype(np.int64) + 1
    count = np.maximum(np.floor(b[:, 1]).astype(np.int64) + 1 - first, 0)
    edge = np.repeat(np.arange(len(a)), count)
    if not len(edge):
        return np.empty((0, 4))
    level = first[edge] + (np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count))
    share = (level - a[edge, 1]) / (b[edge, 1] - a[edge, 1])
    u = a[edge, 0] + share * (b[edge, 0] - a[edge, 0])
    order = np.lexsort((u, level))
    u, level = u[order], level[order]
    pairs = len(u) // 2
    enter, leave, v = u[0:2 * pairs:2], u[1:2 * pairs:2], level[0:2 * pairs:2] * gap_mm
    long = leave - enter > 0.05
    enter, leave, v = enter[long], leave[long], v[long]
    return np.column_stack([enter * cos - v * sin, enter * sin + v * cos, leave * cos - v * sin, leave * sin + v * cos])


def hatch_dots(rings: list[np.ndarray], gap_mm: float) -> np.ndarray:
    """Places of dots that fill an area, rows of (x, y) in mm, in staggered rows fixed to the paper."""
    found = []
    for x1, y, x2, _ in hatch_lines(rings, 0.0, gap_mm):
        shift = 0.5 * (round(y / gap_mm) % 2)
        first, last = int(np.ceil(x1 / gap_mm - shift + 0.15)), int(np.floor(x2 / gap_mm - shift - 0.15))
        if last >= first:
            at = (np.arange(first, last + 1) + shift) * gap_mm
            found.append(np.column_stack([at, np.full(len(at), y)]))
    return np.concatenate(found) if found else np.empty((0, 2))


def straight_to(geometry: object, source: CRS, target: CRS) -> object:
    """One shape in another CRS, long edges split so that they keep to their line."""
    return np.atleast_1d(np.asarray(transform(np.array([geometry], dtype=object), source, target)))[0]

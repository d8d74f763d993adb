"""The ground the demo district is drawn on: where zero is, how a curve is drawn, and how far along the river one is.

Everything is planned in metres east and north of :data:`ORIGIN` on EPSG:4548 (CGCS2000, 3° zone, central meridian 117°E),
and along the river in *chainage*: metres downstream along the water's edge, and metres away from it on the land side.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pyproj
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

ORIGIN = (400_000.0, 3_285_000.0)
PLANNED_IN = "EPSG:4548"
STORED_IN = "EPSG:4490"
SURVEYED_BANK_M = 11_700.0
DISTRICT_CODE = "360403"

Pair = Sequence[float]


@cache
def table(name: str) -> Mapping[str, Any]:
    """The numbers in ``NAME.toml`` beside this module."""
    return tomllib.loads((files("sanxian.demo") / f"{name}.toml").read_text(encoding="utf-8"))


def curve(points: Sequence[Pair], *, closed: bool = False, step: float = 30.0) -> np.ndarray:
    """A smooth curve through ``points`` (centripetal Catmull-Rom), one vertex about every ``step`` metres.

    Returns:
        An ``(n, 2)`` array; a closed curve ends where it began.
    """
    given = np.asarray(points, dtype=float)
    ends = (given[-1], given[:2]) if closed else (2 * given[0] - given[1], 2 * given[-1] - given[-2])
    ring = np.vstack([ends[0], given, ends[1]])
    pieces = []
    for before, start, end, after in zip(ring, ring[1:], ring[2:], ring[3:], strict=False):
        knots = np.cumsum([0.0, *(math.sqrt(math.dist(a, b)) for a, b in ((before, start), (start, end), (end, after)))])
        count = max(2, round(math.dist(start, end) / step))
        at = np.linspace(knots[1], knots[2], count, endpoint=False)[:, None]

        def mix(a, b, left, right, at=at):
            return ((right - at) * a + (at - left) * b) / (right - left)

        first, second, third = (
            mix(before, start, knots[0], knots[1]),
            mix(start, end, knots[1], knots[2]),
            mix(end, after, knots[2], knots[3]),
        )
        pieces.append(mix(mix(first, second, knots[0], knots[2]), mix(second, third, knots[1], knots[3]), knots[1], knots[2]))
    last = pieces[0][:1] if closed else given[-1:]
    return np.vstack([*pieces, last])


@dataclass(frozen=True, slots=True)
class Bank:
    """The south bank of the river: its water's edge as a curve with chainage.

    Attributes:
        points: Vertices of the water's edge, upstream first, beyond the district at either end.
        along: Chainage of each vertex; 0 is where the district begins.
    """

    points: np.ndarray
    along: np.ndarray

    def at(self, chainage: float, inland: float = 0.0) -> tuple[float, float]:
        """The place ``chainage`` metres downstream and ``inland`` metres off the water's edge (negative: in the river)."""
        x, y = (float(np.interp(chainage, self.along, self.points[:, axis])) for axis in (0, 1))
        reach = 150.0  # direction over 300 m of bank, so that small bends do not swing things far inland about
        ahead, behind = (
            [float(np.interp(chainage + way, self.along, self.points[:, axis])) for axis in (0, 1)] for way in (reach, -reach)
        )
        dx, dy = ahead[0] - behind[0], ahead[1] - behind[1]
        size = math.hypot(dx, dy)
        return x + inland * dy / size, y - inland * dx / size  # the land is on the right of the flow

    def line(self, start: float, end: float, inland: float = 0.0, *, step: float = 30.0) -> LineString:
        """The line that runs ``inland`` metres off the water's edge from one chainage to another."""
        stops = np.linspace(start, end, max(2, round(abs(end - start) / step)) + 1)
        return LineString([self.at(float(stop), inland) for stop in stops])

    def strip(self, start: float, end: float, near: float, far: float) -> Polygon:
        """The land (or water) between two chainages and two distances from the water's edge."""
        return Polygon([*self.line(start, end, near).coords, *reversed(self.line(start, end, far).coords)])


@cache
def bank() -> Bank:
    """The bank as planned in ``district.toml``; chainage 0 lies on the district's west border."""
    river = table("district")["river"]
    points = curve(river["south_bank"], step=10.0)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    zero = LineString(points).project(Point(river["bank_begins"]))
    return Bank(points, along - zero)


def lump(x: float, y: float, along: float, across: float, turn: float = 0.0) -> Polygon:
    """A field, a hamlet, a pond: an uneven closed outline about a centre, half-axes in metres, ``turn`` in degrees."""
    phase = (x * 0.0137 + y * 0.0071) % (2 * math.pi)  # from the place itself, so that no two look alike
    angle = np.linspace(0, 2 * math.pi, 28, endpoint=False)
    swell = 1 + 0.13 * np.sin(2 * angle + phase) + 0.09 * np.sin(3 * angle + 2.3 * phase) + 0.05 * np.sin(5 * angle - phase)
    east, north = along * swell * np.cos(angle), across * swell * np.sin(angle)
    slant = math.radians(turn)
    return Polygon(
        zip(
            x + east * math.cos(slant) - north * math.sin(slant),
            y + east * math.sin(slant) + north * math.cos(slant),
            strict=True,
        )
    )


def parcel(x: float, y: float, wide: float, deep: float, turn: float = 0.0) -> Polygon:
    """A building plot: four sides, not quite square, with one corner cut as road corners are."""
    cut = 0.12 * min(wide, deep)
    skew = 0.05 * wide * math.sin(x * 0.011 + y * 0.017)
    corners = [
        (-wide / 2, -deep / 2), (wide / 2 - cut, -deep / 2), (wide / 2, -deep / 2 + cut),
        (wide / 2 + skew, deep / 2), (-wide / 2 + skew / 2, deep / 2),
    ]  # fmt: skip
    slant = math.radians(turn)
    return Polygon(
        [
            (x + a * math.cos(slant) - b * math.sin(slant), y + a * math.sin(slant) + b * math.cos(slant))
            for a, b in corners
        ]
    )


def shape(plan: Mapping[str, Any]) -> BaseGeometry:
    """The geometry that one row of the tables describes, in metres from :data:`ORIGIN`.

    A row says how in one of these keys: ``blob`` (smooth outline through points), ``corners`` (straight outline),
    ``bank_corners`` (the same in chainage and distance), ``strip`` (chainages and distances), ``lump``, ``lumps``,
    ``parcel``, ``parcels``, ``bank_parcel`` (chainage, distance, width, depth), ``path`` (smooth line), ``line``,
    ``point``, ``bank_point``; ``holes`` are blobs to cut out.
    """
    made = _solid(plan)
    for hole in plan.get("holes", ()):
        made = made.difference(Polygon(curve(hole, closed=True)))
    return made


def _solid(plan: Mapping[str, Any]) -> BaseGeometry:
    river = bank()
    makers = {
        "blob": lambda points: Polygon(curve(points, closed=True)),
        "corners": Polygon,
        "bank_corners": lambda points: Polygon([river.at(*point) for point in points]),
        "strip": lambda numbers: river.strip(*numbers),
        "lump": lambda numbers: lump(*numbers),
        "lumps": lambda rows: shapely.union_all([lump(*row) for row in rows]),
        "parcel": lambda numbers: parcel(*numbers),
        "parcels": lambda rows: shapely.union_all([parcel(*row) for row in rows]),
        "bank_parcel": _bank_parcel,
        "path": lambda points: LineString(curve(points)),
        "line": LineString,
        "point": Point,
        "bank_point": lambda place: Point(river.at(*place)),
    }
    kinds = [kind for kind in makers if kind in plan]
    if len(kinds) != 1:
        raise ValueError(f"{plan.get('name', plan)}: one shape is wanted, not {kinds}")
    return makers[kinds[0]](plan[kinds[0]])


def _bank_parcel(numbers: Sequence[float]) -> Polygon:
    chainage, inland, wide, deep = numbers
    x, y = bank().at(chainage, inland + deep / 2)
    before, after = bank().at(chainage - 100), bank().at(chainage + 100)
    turn = math.degrees(math.atan2(after[1] - before[1], after[0] - before[0]))
    return parcel(x, y, wide, deep, turn)


def placed(geometry: Any) -> Any:
    """Planned metres as EPSG:4548 coordinates, to the millimetre."""
    return shapely.transform(geometry, lambda points: np.round(points + ORIGIN, 3))


def lonlat(geometry: Any) -> Any:
    """Planned metres as longitude and latitude on CGCS2000, to a tenth of a millimetre.

    Rounding makes the same numbers on every machine, and equal corners stay equal, so neighbours still fit.
    """
    transformer = _to_degrees()

    def move(points: np.ndarray) -> np.ndarray:
        at = np.round(points + ORIGIN, 3)
        return np.round(np.column_stack(transformer.transform(at[:, 0], at[:, 1])), 9)

    return shapely.transform(geometry, move)


@cache
def _to_degrees() -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(PLANNED_IN, STORED_IN, always_xy=True)

"""Typed or pasted coordinates into points, with nothing guessed in silence. Knows no Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sanxian.errors import TellingError
from sanxian.i18n import N_

KINDS = ("lonlat", "gauss")

_DMS = re.compile(
    r"""(?P<before>[NSEW东西南北])?\s*(?P<d>\d{1,3})\s*[°度]\s*(?:(?P<m>\d{1,2}(?:\.\d+)?)\s*[′'’分])?\s*"""
    r"""(?:(?P<s>\d{1,2}(?:\.\d+)?)\s*(?:[″"”秒]|''))?\s*(?P<after>[NSEW])?""", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


class CoordinateError(TellingError, ValueError):
    """Text that is no list of coordinates."""


@dataclass(frozen=True)
class Parsed:
    """Points in the order given.

    Attributes:
        points: (x east or longitude, y north or latitude).
        zone: 3-degree zone number found in front of the eastings, or ``None``.
    """

    points: tuple[tuple[float, float], ...]
    zone: int | None = None


def parse(text: str, kind: str, *, north_first: bool = True) -> Parsed:
    """Read one point a line.

    Args:
        text: Two numbers a line (a point number may stand before them), decimal or degrees, minutes and seconds,
            between commas, tabs or spaces.
        kind: ``lonlat`` (degrees, either order: in China longitude is always the larger) or ``gauss`` (metres).
        north_first: For ``gauss``: whether X, the first of the pair, is north, as surveyors write it.

    Raises:
        CoordinateError: A line has not two coordinates, or they lie outside China.
    """
    points: list[tuple[float, float]] = []
    zones: set[int | None] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        pair = _pair(line, number)
        if kind == "lonlat":
            lon, lat = max(pair), min(pair)
            if not (72 <= lon <= 136 and 3 <= lat <= 54):
                raise CoordinateError(N_("第 {line} 行不是中国境内的经纬度：{text}"), line=number, text=line.strip())
            points.append((lon, lat))
            continue
        north, east = pair if north_first else pair[::-1]
        zone = None
        if 25_000_000 <= east < 46_000_000:
            zone, east = int(east // 1_000_000), east
        elif not 100_000 <= east <= 900_000:
            raise CoordinateError(N_("第 {line} 行的东坐标不合理：{text}；请核对 X、Y 的顺序和带号"), line=number,
                                  text=line.strip())
        if not 300_000 <= north <= 6_000_000:
            raise CoordinateError(N_("第 {line} 行的北坐标不合理：{text}；请核对 X、Y 的顺序"), line=number,
                                  text=line.strip())
        zones.add(zone)
        points.append((east, north))
    if not points:
        raise CoordinateError(N_("没有坐标"))
    if len(zones) > 1:
        raise CoordinateError(N_("有的行带有带号，有的没有，或带号不一致"))
    return Parsed(tuple(points), zones.pop() if zones else None)


def _pair(line: str, number: int) -> tuple[float, float]:
    if re.search(r"[°度]", line):
        values = []
        for match in _DMS.finditer(line):
            minutes, seconds = float(match["m"] or 0), float(match["s"] or 0)
            if minutes >= 60 or seconds >= 60:
                raise CoordinateError(N_("第 {line} 行的分或秒大于 60：{text}"), line=number, text=line.strip())
            values.append(float(match["d"]) + minutes / 60 + seconds / 3600)
    else:
        cells = [cell for cell in re.split(r"[\s,，;；、]+", line.strip()) if cell]
        values = [float(cell) for cell in cells if _NUMBER.fullmatch(cell)]
        if len(values) == 3 and float(values[0]).is_integer():  # a point number stands before the pair
            values = values[1:]
        elif len(values) == 4 and float(values[0]).is_integer() and float(values[1]).is_integer():
            values = values[2:]  # 界址点: point number, ring number, X, Y
    if len(values) != 2:
        raise CoordinateError(N_("第 {line} 行不是一对坐标：{text}"), line=number, text=line.strip())
    return values[0], values[1]


def geometry(points: tuple[tuple[float, float], ...], shape: str) -> object:
    """A shapely geometry of these points: ``polygon``, ``line`` or ``point``.

    Raises:
        CoordinateError: Too few points, or an outline that crosses itself.
    """
    from shapely import LineString, MultiPoint, Point, Polygon

    if shape == "point":
        return Point(points[0]) if len(points) == 1 else MultiPoint(points)
    distinct = len(set(points))
    if shape == "line":
        if distinct < 2:
            raise CoordinateError(N_("线至少要两个不同的点"))
        return LineString(points)
    if distinct < 3:
        raise CoordinateError(N_("面至少要三个不同的点"))
    polygon = Polygon(points)
    if not polygon.is_valid:
        raise CoordinateError(N_("边界线自相交，请核对点的顺序"))
    return polygon

"""What can be done to the outline of a site besides drawing it: cut, pierce, add to, merge, widen. Knows no Qt.

Everything is done in the CRS of the site, so that the vertices that are not touched stay what they were.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sanxian.errors import TellingError
from sanxian.i18n import N_


class ShapeError(TellingError, ValueError):
    """What was asked of an outline cannot be done."""


def _met(geometry: Any, sketch: Any) -> Any:
    """A site that has a vertex wherever the sketch has one on its outline.

    A place on a side is seldom a number that a computer has. Within what the rounding of coordinates leaves open (a micrometre) the
    side is led through it: else a cut from side to side would end before the outline, and a part put beside it would not touch.
    """
    import shapely

    reach = 1e-13 * float(abs(shapely.get_coordinates(geometry)).max(initial=0.0))
    outline = geometry.boundary if geometry.geom_type.endswith("Polygon") else geometry
    if outline.distance(shapely.multipoints(shapely.get_coordinates(sketch))) > reach:
        return geometry
    met = shapely.snap(geometry, sketch, reach)
    return met if met.is_valid and met.geom_type == geometry.geom_type else geometry


def cut(geometry: Any, line: Any) -> list[Any]:
    """The parts of an area or a line on either side of ``line``, the largest first.

    Parts of a multi-part site that the line does not divide stay together, with the largest.

    Raises:
        ShapeError: The line does not cut through.
    """
    import shapely
    from shapely.ops import split

    if geometry.geom_type.endswith("Point"):
        raise ShapeError(N_("点状用地不能拆分。"))
    whole, pieces = [], []
    for part in shapely.get_parts(_met(geometry, line)):
        found = list(split(part, line).geoms)
        if len(found) > 1:
            pieces += found
        else:
            whole.append(part)
    if not pieces:
        raise ShapeError(N_("分割线没有穿过用地：两端都要画到用地之外。"))
    pieces.sort(key=lambda one: (one.area, one.length), reverse=True)
    if whole:
        pieces[0] = shapely.union_all([pieces[0], *whole])
    return pieces


def pierce(geometry: Any, hole: Any) -> Any:
    """An area without ``hole``.

    Raises:
        ShapeError: No area, nothing to take, or nothing left.
    """
    if not geometry.geom_type.endswith("Polygon"):
        raise ShapeError(N_("只有面状用地可以挖除。"))
    if not geometry.intersects(hole) or geometry.intersection(hole).area == 0:
        raise ShapeError(N_("画出的范围不在用地内，没有可以挖除的。"))
    left = _met(geometry, hole).difference(hole)
    if left.is_empty or left.area == 0:
        raise ShapeError(N_("挖除之后什么都不剩；要删去整块用地，请用“删除项目”。"))
    return left


def extend(geometry: Any, part: Any) -> Any:
    """An area together with another part, which may lie apart.

    Raises:
        ShapeError: The site is no area.
    """
    import shapely

    if not geometry.geom_type.endswith("Polygon"):
        raise ShapeError(N_("只有面状用地可以增补地块。"))
    return shapely.union_all([_met(geometry, part), part])


def merge(geometries: Sequence[Any]) -> Any:
    """Several sites as one, what they share counted once.

    Raises:
        ShapeError: Fewer than two, or areas and lines together.
    """
    import shapely

    if len(geometries) < 2:
        raise ShapeError(N_("合并至少要选两个项目。"))
    if len({shapely.get_dimensions(one) for one in geometries}) > 1:
        raise ShapeError(N_("面、线、点不能合并成一块用地。"))
    return shapely.union_all(list(geometries))


def in_common(attributes: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """What several projects say alike, and the names of what they do not: that is unknown of them together."""
    names = dict.fromkeys(name for one in attributes for name in one)
    alike = {name: attributes[0][name] for name in names
             if name in attributes[0] and all(name in one and one[name] == attributes[0][name] for one in attributes)}
    return alike, [name for name in names if name not in alike]


def corridor(line: Any, width_m: float) -> Any:
    """The strip of ``width_m`` metres along a line: flat at its ends, round at its bends.

    Args:
        line: In a projected CRS in metres.

    Raises:
        ShapeError: No line, or no width.
    """
    if not line.geom_type.endswith("LineString"):
        raise ShapeError(N_("只有线状用地可以按宽度生成廊道。"))
    if not math.isfinite(width_m) or width_m <= 0:
        raise ShapeError(N_("宽度要大于 0 米。"))
    return line.buffer(width_m / 2, cap_style="flat", join_style="round", quad_segs=16)


def bearing(text: str) -> float:
    """Degrees clockwise from north, decimal or in degrees, minutes and seconds, from 0 to below 360.

    Raises:
        ShapeError: No bearing.
    """
    import re

    found = re.fullmatch(
        r"\s*(\d{1,3}(?:\.\d+)?)\s*(?:[°度]\s*(?:(\d{1,2}(?:\.\d+)?)\s*[′'’分]\s*)?(?:(\d{1,2}(?:\.\d+)?)\s*(?:[″\"”秒]|''))?)?\s*",
        text)
    if found is None:
        raise ShapeError(N_("“{text}”不是方位角；写成 135.5 或 135°30′00″"), text=text.strip())
    degrees, minutes, seconds = (float(part or 0) for part in found.groups())
    value = degrees + minutes / 60 + seconds / 3600
    if minutes >= 60 or seconds >= 60 or value > 360:
        raise ShapeError(N_("“{text}”不是方位角；写成 135.5 或 135°30′00″"), text=text.strip())
    return value % 360


def onward(lon: float, lat: float, azimuth_deg: float, distance_m: float) -> tuple[float, float]:
    """Longitude and latitude ``distance_m`` along the geodesic that starts at a true bearing (CGCS2000 ellipsoid)."""
    from pyproj import Geod

    east, north, _back = Geod(a=6378137.0, rf=298.257222101).fwd(lon, lat, azimuth_deg, distance_m)
    return float(east), float(north)

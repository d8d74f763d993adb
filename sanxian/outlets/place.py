"""Whether outlets lie where they say: on the bank, of the right river, in the right county, on the right datum.

Every doubt is a question with candidates and distances. Nothing is moved.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Point

from layers.schema import plain_header
from sanxian.i18n import N_
from sanxian.outlets import codes
from sanxian.outlets.banks import Bank, same_river
from sanxian.outlets.findings import Finding
from sanxian.outlets.register import Outlet
from spatial.crs import CGCS2000, transform
from spatial.measure import distance_m

ON_BANK_M = 150.0  # how far from a bank line an outlet may be marked, over the accuracy stated
_A, _EE = 6378245.0, 0.00669342162296594323  # ellipsoid of the GCJ-02 shift


def gcj02(lon: float, lat: float) -> tuple[float, float]:
    """A place as consumer maps of mainland China show it (GCJ-02), from true longitude and latitude.

    Source:
        The formula as it circulates in public; good to a few metres.
    """
    x, y = lon - 105.0, lat - 35.0
    root = math.sqrt(abs(x))
    wave = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    north += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    east += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    radians = lat / 180 * math.pi
    magic = 1 - _EE * math.sin(radians) ** 2
    north = north * 180 / (_A * (1 - _EE) / (magic * math.sqrt(magic)) * math.pi)
    east = east * 180 / (_A / math.sqrt(magic) * math.cos(radians) * math.pi)
    return lon + east, lat + north


def from_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """True longitude and latitude of a place in GCJ-02, to a tenth of a metre of the formula."""
    east, north = lon, lat
    for _step in range(8):
        shown = gcj02(east, north)
        east, north = east + lon - shown[0], north + lat - shown[1]
    return east, north


def check_places(
    outlets: Sequence[Outlet], banks: Sequence[Bank], counties: Sequence[tuple[str, str | None, Any]], *,
    on_bank_m: float = ON_BANK_M,
) -> list[Finding]:  # fmt: skip
    """Doubts about where outlets lie.

    Args:
        outlets: The register.
        banks: Every bank line there is, whichever baseline: an outlet on the levee is on the bank.
        counties: Name, code and area in EPSG:4490.
        on_bank_m: How far off a bank line is still on it, in metres; the layer's accuracy comes on top.
    """
    found: list[Finding] = []
    lines = _Lines(banks)
    for outlet in outlets:
        if counties:
            found += _county_column(outlet, counties)
        if outlet.place is None:
            found.append(Finding("no-place", "error", outlet.id, N_("{name} 没有点位坐标，不能上图核对"), {"name": outlet.name}))
            continue
        if banks:
            found += _off_bank(outlet, lines, on_bank_m + (outlet.accuracy_m or 0.0))
        if counties:
            by_code = _county(outlet, counties)
            found += by_code or _named_county(outlet, counties)
        found += _several(outlet)
    if outlets and not banks:
        found.append(Finding("not-checked", "info", None, N_("没有岸线图层：没有核对排污口是否在岸上、河流是否写对")))
    if outlets and not counties:
        found.append(Finding("not-checked", "info", None, N_("没有行政区图层：没有核对编码中的区县与点位是否一致")))
    return found


class _Lines:
    """Bank lines by CRS: distances are planar in the lines' own Gauss-Krüger zone, right to some parts in ten thousand."""

    def __init__(self, banks: Sequence[Bank]) -> None:
        self._groups: dict[str, tuple[Any, list[Bank], np.ndarray]] = {}
        for key in sorted({bank.crs.to_string() for bank in banks}):
            group = [bank for bank in banks if bank.crs.to_string() == key]
            self._groups[key] = (group[0].crs, group, np.array([bank.line for bank in group], dtype=object))

    def reach(self, lon: float, lat: float) -> list[tuple[float, Bank]]:
        """Metres to each bank, nearest first."""
        found = []
        for crs, group, lines in self._groups.values():
            metres = shapely.distance(transform(Point(lon, lat), CGCS2000, crs), lines)
            found += [(float(metre), bank) for metre, bank in zip(metres, group, strict=True)]
        return sorted(found, key=lambda pair: (pair[0], pair[1].id))


def _choices(reach: Sequence[tuple[float, Bank]], most: int = 3) -> tuple[dict[str, Any], ...]:
    rivers: dict[str, dict[str, Any]] = {}
    for metres, bank in reach:
        rivers.setdefault(bank.river, {"river": bank.river, "bank": bank.name, "distance_m": round(metres, 1)})
    return tuple(rivers.values())[:most]


def _off_bank(outlet: Outlet, lines: _Lines, tolerance_m: float) -> list[Finding]:
    place = outlet.place
    assert place is not None
    reach = lines.reach(place.lon, place.lat)
    nearest_m, nearest = reach[0]
    own = [(metres, bank) for metres, bank in reach if same_river(bank.river, outlet.river)]
    lonlat = (place.lon, place.lat)
    if own and own[0][0] <= tolerance_m:
        return []
    true = from_gcj02(place.lon, place.lat)
    moved = [pair for pair in lines.reach(*true) if not own or same_river(pair[1].river, outlet.river)]
    if own and moved[0][0] <= min(tolerance_m, 30.0 + (outlet.accuracy_m or 0.0)) and own[0][0] > tolerance_m:
        choice = {
            "lon": round(true[0], 7), "lat": round(true[1], 7), "distance_m": round(moved[0][0], 1),
            "river": moved[0][1].river, "moved_m": round(float(distance_m(place.lon, place.lat, *true)), 1),
        }  # fmt: skip
        params = {"name": outlet.name, "metres": own[0][0], "moved": moved[0][0], "river": own[0][1].river}
        template = N_("{name} 距{river}岸线 {metres:.0f} 米；若是 GCJ-02 坐标，还原后距岸 {moved:.0f} 米。坐标是否取自互联网地图？")
        return [Finding("gcj02-suspected", "warning", outlet.id, template, params, (choice, *_choices(reach)), lonlat)]
    if outlet.river and nearest_m <= tolerance_m:
        params = {"name": outlet.name, "river": outlet.river, "near": nearest.river, "metres": nearest_m}
        if own:
            params["own"] = own[0][0]
            template = N_("{name} 登记的受纳水体是“{river}”（距岸 {own:.0f} 米），点位却在“{near}”岸边（{metres:.0f} 米）：哪个对？")
        else:
            template = N_("{name} 登记的受纳水体是“{river}”，岸线图层中没有这条河；点位在“{near}”岸边（{metres:.0f} 米）")
        return [Finding("wrong-river", "warning", outlet.id, template, params, _choices(reach), lonlat)]
    if nearest_m > tolerance_m:
        params = {"name": outlet.name, "near": nearest.river, "metres": nearest_m}
        template = N_("{name} 离最近的岸线（{near}）{metres:.0f} 米，不在岸上：坐标对吗？")
        return [Finding("off-bank", "warning", outlet.id, template, params, _choices(reach), lonlat)]
    return []


def _county(outlet: Outlet, counties: Sequence[tuple[str, str | None, Any]]) -> list[Finding]:
    place, code = outlet.place, outlet.county_code
    if place is None or code is None:
        return []
    here = Point(place.lon, place.lat)
    inside = [(name, digits) for name, digits, area in counties if digits and area.covers(here)]
    if any(digits == code for _name, digits in inside):
        return []
    own = next(((name, area) for name, digits, area in counties if digits == code), None)
    lonlat = (place.lon, place.lat)
    edge_m = _edge_m(here, own[1]) if own else None
    if edge_m is not None and edge_m <= ON_BANK_M + (outlet.accuracy_m or 0.0):
        return []  # the border runs in the river: the bank is its edge
    choices = [{"county": name, "code": digits, "distance_m": 0.0} for name, digits in inside]
    if own and edge_m is not None:
        choices.append({"county": own[0], "code": code, "distance_m": round(edge_m, 1)})
    if not inside:
        if not own:
            template = N_("{name} 的点位不在任何已加载的区县内，无法核对编码中的 {code}")
            return [Finding("not-checked", "info", outlet.id, template, {"name": outlet.name, "code": code}, (), lonlat)]
        params = {"name": outlet.name, "code": code, "own": own[0], "metres": edge_m or 0.0}
        template = N_("{name} 的编码是 {own}（{code}），点位却在其外 {metres:.0f} 米")
    else:
        params = {"name": outlet.name, "code": code, "in": inside[0][0], "in_code": inside[0][1]}
        template = N_("{name} 的编码写区县 {code}，点位却在{in}（{in_code}）：编码对还是点位对？")
    return [Finding("other-county", "warning", outlet.id, template, params, tuple(choices), lonlat)]


def same_county(one: str | None, other: str | None) -> bool:
    """Whether two names mean one county: 浔阳 and 九江市浔阳区 do, names of towns and of development zones do not."""
    mine, theirs = (re.sub("[市县区]$", "", plain_header(name)) if name else "" for name in (one, other))
    return bool(mine and theirs) and (mine.endswith(theirs) or theirs.endswith(mine))


def _county_column(outlet: Outlet, counties: Sequence[tuple[str, str | None, Any]]) -> list[Finding]:
    """The county that the register names against the one in the code; needs no place."""
    code, word = outlet.county_code, outlet.get("county")
    own = next((name for name, digits, _area in counties if digits and digits == code), None)
    named = [(name, digits) for name, digits, _area in counties if same_county(name, word)]
    if not (code and word and codes.is_county(code)) or not (own or named):
        return []
    if (own and same_county(own, word)) or any(digits in (None, code) for _name, digits in named):
        return []
    params = {"name": outlet.name, "code": code, "own": own or "?", "county": word}
    choices = tuple({"county": name, "code": digits} for name, digits in [*([(own, code)] if own else []), *named])
    template = N_("{name} 的编码写区县 {code}（{own}），区县栏却写“{county}”：哪个对？")
    return [Finding("county-differs", "warning", outlet.id, template, params, choices)]


def _named_county(outlet: Outlet, counties: Sequence[tuple[str, str | None, Any]]) -> list[Finding]:
    """The county that the register names against the place; for outlets without a code the only thing there is to compare."""
    place, word = outlet.place, outlet.get("county")
    if place is None or not word:
        return []
    here, lonlat = Point(place.lon, place.lat), (place.lon, place.lat)
    inside = [(name, digits) for name, digits, area in counties if area.covers(here)]
    if any(same_county(name, word) for name, _digits in inside):
        return []
    named = [(name, digits, _edge_m(here, area)) for name, digits, area in counties if same_county(name, word)]
    if not named:
        if outlet.county_code:  # the code says more exactly where it should lie, and was compared
            return []
        params = {"name": outlet.name, "county": word}
        template = N_("{name} 的区县栏“{county}”不在行政区图层中，没有核对点位")
        return [Finding("not-checked", "info", outlet.id, template, params, (), lonlat)]
    if min(metres for _name, _digits, metres in named) <= ON_BANK_M + (outlet.accuracy_m or 0.0):
        return []  # the border runs in the river: the bank is its edge
    choices = tuple(
        {"county": name, "code": digits, "distance_m": round(metres, 1)}
        for name, digits, metres in [*((name, digits, 0.0) for name, digits in inside), *named]
    )
    params = {"name": outlet.name, "county": word, "in": inside[0][0] if inside else "", "metres": named[0][2]}
    template = N_("{name} 的区县栏写“{county}”，点位却在其外 {metres:.0f} 米")
    if inside:
        template = N_("{name} 的区县栏写“{county}”，点位却在{in}（距“{county}”{metres:.0f} 米）：哪个对？")
    return [Finding("other-county", "warning", outlet.id, template, params, choices, lonlat)]


def _edge_m(here: Point, area: Any) -> float:
    ends = shapely.get_coordinates(shapely.shortest_line(here, area))
    return float(distance_m(ends[0, 0], ends[0, 1], ends[1, 0], ends[1, 1]))


def _several(outlet: Outlet) -> list[Finding]:
    """Places of one record that contradict each other by more than they should; the party's own place may be anywhere."""
    place = outlet.place
    assert place is not None
    found = []
    for other in outlet.positions[1:]:
        if other.what == "responsible":
            continue
        metres = float(distance_m(place.lon, place.lat, other.lon, other.lat))
        if metres > 100.0:
            params = {"name": outlet.name, "metres": metres}
            choice = {"lon": other.lon, "lat": other.lat, "what": other.what, "distance_m": round(metres, 1)}
            template = N_("{name} 有两个坐标，相距 {metres:.0f} 米：以哪个为准？")
            found.append(Finding("several-places", "warning", outlet.id, template, params, (choice,), (place.lon, place.lat)))
    return found

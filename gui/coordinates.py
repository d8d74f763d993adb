"""Typed or pasted coordinates into points and outlines, with nothing guessed in silence. Knows no Qt.

Every character of a line has to mean something; a line that can be read in two ways is refused, as is a list whose
outlines are not clear.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sanxian.errors import TellingError
from sanxian.i18n import N_

KINDS = ("lonlat", "gauss")

Spot = tuple[float, float]

_SIMPLE = re.compile(r"(?:([JPjp]?\d{1,6})[\s,]+)?(?:(\d{1,3})[\s,]+)?(\d{1,3}\.\d+)(?:\s*,\s*|\s+)(\d{1,3}\.\d+)")
# What may stand before a pair: a name, a point number such as J1, 1# or 第3点, and the number of a ring.
_NAME = re.compile(r"(?:(?![东西南北经纬度分秒负至米号])[一-鿿])+").pattern
_CODE = re.compile(r"第?(?![NSEWXY]\d)[A-Z]{0,3}[-_]?\d{1,6}[A-Z]?(?:#|号|点|号点)?(?:[\s,;:、|]+|[.]\s+)").pattern
_POINT = re.compile(rf"(?:{_NAME}[\s:]*)?(?:{_CODE})?", re.IGNORECASE)
_RING = re.compile(r"(?:第?\s*)(\d{1,3})\s*[圈环]?[\s,;:、|]+")
_METRES = re.compile(r"(?:\+?(?P<thousands>\d{1,3}(?:,\d{3})+(?:\.\d+)?)|\+?(?P<comma>\d+,\d+)|\+?(?P<plain>\d+(?:\.\d+)?))\s*(?:M|米)?")
_RADIUS = 6378137.0  # of Web Mercator
_OR_WEB = N_("第 {line} 行有两种读法：高斯 6° 带的 {zone} 带（{crs}），或网页墨卡托（EPSG:3857，即 {place}）：{text}；"
             "请选 6° 带的坐标系，网页墨卡托的请先换成经纬度")
_ZONES = (
    N_("第 {line} 行的带号是 {zone}，第 {other_line} 行的是 {other}：{text}；请核对带号，两个带的坐标请分开输入"),
    N_("第 {line} 行的东坐标没有带号，第 {other_line} 行的带号是 {other}：{text}；请都写上带号，或都不写"),
    N_("第 {line} 行的东坐标有带号 {zone}，第 {other_line} 行的没有：{text}；请都写上带号，或都不写"),
)
_TAGS = re.compile(r"[XY]|NORTH|EAST|[NE北东]").pattern
_HEADER = re.compile(
    r"(?:(?:界址|拐|边界|桩)?点?(?:号|名|序号)|序号|编号|NO\.?|ID|点|(?P<ring>(?:地块)?(?:圈号|环号|圈|环))|"
    r"[XY](?:坐标)?|[纵横北东]坐标|(?:东经|北纬|经度|纬度|LON(?:GITUDE)?|LAT(?:ITUDE)?|LNG)(?:坐标)?|(?:米|M|度|°))")


class CoordinateError(TellingError, ValueError):
    """Text that is no list of coordinates."""


class _Refused(Exception):
    """Why a line cannot be read, without its number."""

    def __init__(self, template: str, **params: object) -> None:
        super().__init__(template)
        self.template, self.params = template, params


@dataclass(frozen=True)
class Parsed:
    """Points in the order given.

    Attributes:
        points: (x east or longitude, y north or latitude).
        zone: Zone number found in front of the eastings, or ``None``: 13 to 23 of 6 degrees, 25 to 45 of 3 (``zone_crs``).
        parts: The points by ring: as their ring numbers say, or as blank lines part them; else one.
        run_together: (longitude, latitude) of every point where all can be read as degrees, minutes and seconds without
            anything between them, ``1160030 294210``; with ``gauss`` that is the other reading.
        ring: The ring number that stands in every line, where there is one only and it could as well be that of a zone.
    """

    points: tuple[Spot, ...]
    zone: int | None = None
    parts: tuple[tuple[Spot, ...], ...] = ()
    run_together: tuple[Spot, ...] = ()
    ring: int | None = None


@dataclass(frozen=True)
class _Line:
    number: int
    group: int  # how many gaps of blank lines are above
    point: str
    ring: str | None
    spot: Spot
    zone: int | None
    text: str


def _must_be_of_one_zone(lines: Sequence[_Line]) -> None:
    """Refuse lines of several zones: the first that is unlike most is named, beside one of those.

    Raises:
        CoordinateError: They are.
    """
    usual = Counter(line.zone for line in lines).most_common(1)[0][0]
    odd = next((line for line in lines if line.zone != usual), None)
    if odd is None:
        return
    other = next(line for line in lines if line.zone == usual)
    template = _ZONES[1 if odd.zone is None else 2 if usual is None else 0]
    raise CoordinateError(template, line=odd.number, zone=odd.zone, other_line=other.number, other=usual, text=odd.text.strip())


def zone_crs(zone: int) -> str:
    """The CRS of CGCS2000 with this zone number before its eastings."""
    return f"EPSG:{4491 + zone - 13 if zone < 25 else 4513 + zone - 25}"


def bare_crs(zone: int) -> str:
    """The CRS of the same zone without its number before the eastings."""
    return f"EPSG:{4502 + zone - 13 if zone < 25 else 4534 + zone - 25}"


def parse(text: str, kind: str, *, north_first: bool = True, six: bool = False) -> Parsed:
    """Read one point a line.

    Args:
        text: Two coordinates a line (a point number and a ring number may stand before them), decimal or degrees,
            minutes and seconds, between commas, tabs or spaces. Rings are told apart by their number or by blank lines.
        kind: ``lonlat`` (degrees, either order: in China longitude is always the larger) or ``gauss`` (metres).
        north_first: For ``gauss``: whether X, the first of the pair, is north, as surveyors write it; words such as
            北 and 东 in the text count for more.
        six: For ``gauss``: whether zones are of 6 degrees. Else an easting of zone 13 or 14 is refused where the numbers
            can be Web Mercator.

    Raises:
        CoordinateError: A line has not two coordinates, holds what cannot be read, can be read in two ways, or lies
            outside China; or it is not clear which lines make an outline.
    """
    lines: list[_Line] = []
    group, gap, only_ring = 0, False, False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip(" \t\u3000,，;；"):
            gap = bool(lines)
            continue
        if not lines and (header := _header(line)) is not None:
            only_ring = header
            continue
        group, gap = group + gap, False
        try:
            point, ring, spot, zone = _read(line, kind, north_first, six)
        except _Refused as error:
            raise CoordinateError(error.template, line=number, text=line.strip(), **error.params) from None
        if only_ring and ring is None:
            point, ring = "", point
        lines.append(_Line(number, group, point, ring, spot, zone, line))
    if not lines:
        raise CoordinateError(N_("没有坐标"))
    _must_be_of_one_zone(lines)
    parts = _parts(lines)
    run = [_run_together(line.text) for line in lines]
    rings = {int(line.ring) if line.ring is not None and line.ring.isdigit() else None for line in lines}
    ring = rings.pop() if kind == "gauss" and len(rings) == 1 else None
    return Parsed(
        tuple(line.spot for line in lines), lines[0].zone, parts, tuple(spot for spot in run if spot) if all(run) else (),
        ring if ring is not None and (13 <= ring <= 23 or 25 <= ring <= 45) else None)


def must_fit_zone(parsed: Parsed, crs: str) -> None:
    """Refuse lines whose second number is the same everywhere and, read as a zone, another than the one chosen.

    Args:
        parsed: Metres.
        crs: The system that they are read in.

    Raises:
        CoordinateError: ``J1 38 3288532 693570`` read in zone 39 would lie 290 km away, were 38 its zone.
    """
    if parsed.ring is None or parsed.zone == parsed.ring:
        return
    if crs not in (zone_crs(parsed.ring), bare_crs(parsed.ring)):
        raise CoordinateError(
            N_("每一行都有 {ring}，像是带号，与所选坐标系不是一个带；是带号请选 {ring} 带，是圈号请改成 1"), ring=parsed.ring)


def metres(text: str, refused: CoordinateError) -> tuple[Parsed, bool]:
    """Read text that is no list of degrees as metres with a zone number, which say themselves where they lie.

    Args:
        text: As for ``parse``.
        refused: Why it is no list of degrees.

    Returns:
        The points, and whether north stands first.

    Raises:
        CoordinateError: It is no list of metres either (``refused``), or one that leaves its zone open.
    """
    if not re.search(r"\d{6}", text.replace(",", "")):
        raise refused
    errors: list[CoordinateError] = []
    for north_first in (True, False):
        try:
            found = parse(text, "gauss", north_first=north_first)
        except CoordinateError as error:
            errors.append(error)
            continue
        if found.zone is None:
            raise CoordinateError(N_("是以米为单位的坐标，东坐标没有带号；请在“坐标系”里选中央经线"))
        return found, north_first
    telling = next((error for error in errors if error.template in (_OR_WEB, *_ZONES)), None)
    raise telling or max((refused, *errors), key=_got_to)


def _got_to(error: CoordinateError) -> float:
    """The line up to which a text could be read; what is wrong with all lines together is seen once each is read."""
    return float(str(error.params.get("line", math.inf)))


def _header(line: str) -> bool | None:
    """``None`` for a line that is no header, else whether the numbers before its coordinates are those of rings alone."""
    word = unicodedata.normalize("NFKC", line).strip().upper()
    if re.search(r"\d", word):
        return None
    cells = [cell for cell in re.split(r"[\s,;、|()=:/]+", word) if cell]
    found = [_HEADER.fullmatch(cell) for cell in cells]
    if not cells or not all(found):
        return None
    rings = [match for match in found if match is not None and match["ring"]]
    others = [cell for cell, match in zip(cells, found, strict=True)
              if match is not None and not match["ring"] and re.search(r"号|名|点|NO|ID", cell)]  # fmt: skip
    return bool(rings) and not others


@lru_cache(maxsize=8192)
def _read(line: str, kind: str, north_first: bool, six: bool) -> tuple[str, str | None, Spot, int | None]:
    """Point number, ring number, place and zone of a line.

    Raises:
        _Refused: It cannot be read.
    """
    if kind == "lonlat" and (simple := _SIMPLE.fullmatch(line.strip())):
        first, second = float(simple[3]), float(simple[4])
        spot = (max(first, second), min(first, second))
        _must_be_in_china(spot)
        return simple[1] or "", simple[2], spot, None
    from layers.values import Unreadable

    try:
        readings = _readings(line, kind, north_first, six)
    except Unreadable:
        readings = []
    fine = [one for one in readings if one[4] is None]
    places = {one[2] for one in fine}
    if len(places) > 1 or len({one[1] for one in fine}) > 1:
        some = sorted(places)[:2]
        if len(some) > 1:
            digits = 6 if kind == "lonlat" else 3
            raise _Refused(
                N_("第 {line} 行有几种读法（{one} 或 {other}）：{text}；请写上度分秒符号，或用逗号隔开"),
                one=_said(some[0], digits), other=_said(some[1], digits))
        raise _Refused(N_("第 {line} 行看不出哪个是点号、哪个是圈号：{text}"))
    if fine:
        return fine[0][:4]
    if readings:
        if readings[0][3] is not None and readings[0][4] == _OR_WEB:
            zone, (lon, lat) = readings[0][3], _of_web(readings[0][2])
            raise _Refused(_OR_WEB, zone=zone, crs=zone_crs(zone), place=f"{lon:.4f}, {lat:.4f}")
        raise _Refused(readings[0][4] or "")
    raise _Refused(_why(line, kind))


def _said(spot: Spot, digits: int) -> str:
    return f"{spot[0]:.{digits}f}, {spot[1]:.{digits}f}"


_Reading = tuple[str, "str | None", Spot, "int | None", "str | None"]  # the last is what is wrong with it


def _readings(line: str, kind: str, north_first: bool, six: bool) -> list[_Reading]:
    """Every way to read a line that leaves nothing over."""
    from layers.angles import written

    word = re.sub(r"[①-⑳]", lambda found: f" {unicodedata.normalize('NFKC', found[0])} ", line)
    written(word)  # refuses ² and ½, of which NFKC would make digits
    word = word.translate(str.maketrans("´‘’‛ˊº˚“”″", "′′′′′°°″″″"))
    word = re.sub(r"[()\[\]{}]", " ", unicodedata.normalize("NFKC", word)).strip(" \t,;、。.|")
    found: list[_Reading] = []
    for point, ring, rest in _labelled(word):
        if kind == "gauss":
            found += [(point, ring, *one)
                      for one in _metres(rest, north_first, six, tight=bool(point) and word[-len(rest) - 1] == ",")]
            continue
        whole = ring is not None and not re.search(r"[.°度:]|\d-\d", rest) and len(re.findall(r"\d+", rest)) < 4
        if not whole:  # 40 11 116 30 are degrees and minutes, no place at whole degrees
            found += [(point, ring, spot, None, why) for spot, why in _angles(rest)]
        if (spot := _packed(rest)) is not None:
            found.append((point, ring, spot, None, None))
    return found


def _labelled(word: str) -> Iterable[tuple[str, str | None, str]]:
    """Point number, ring number and the rest, for each way to take them off."""
    yield "", None, word
    match = _POINT.match(word)
    name = re.match(rf"{_NAME}[\s:]*", word)
    starts = {(name[0].strip(" :\t"), name.end())} if name else set()
    if match is not None and match[0]:
        starts.add((match[0].strip(" ,;:、|.\t"), match.end()))
    for point, at in starts:
        if at < len(word):
            yield point, None, word[at:]
            if ring := _RING.match(word, at):
                yield point, ring[1], word[ring.end():]


def _angles(text: str) -> Iterable[tuple[Spot, str | None]]:
    from layers.angles import places

    text = re.sub(r"^X\s*[=:]?\s*(?=[\dEN])|(?<=[\s,;、])Y\s*[=:]?\s*(?=[\dEN])", "", text, flags=re.I)
    for spot in places(text):
        try:
            _must_be_in_china(spot)
        except _Refused as error:
            yield spot, error.template
        else:
            yield spot, None


_PACKED = re.compile(r"([EN]?)\s*(\d{5,7}(?:\.\d+)?)\s*([EN]?)(?:\s*[,;、|/]\s*|\s+)([EN]?)\s*(\d{5,7}(?:\.\d+)?)\s*([EN]?)")


def _packed(text: str) -> Spot | None:
    """The place of two angles whose degrees, minutes and seconds run together, ``1160030.5 294210``; it is in China."""
    from layers.angles import run_together, written

    match = _PACKED.fullmatch(written(text))
    if match is None or any(match[one] and match[one + 2] for one in (1, 4)):
        return None
    axes = [match[1] or match[3], match[4] or match[6]]
    angles = []
    for number in (match[2], match[5]):
        if (one := run_together(number)) is None:
            return None
        angles.append(one)
    lon, lat = max(angles), min(angles)
    if any(axes) and (axes[0] == axes[1] or ("E" in axes[:1] or "N" in axes[1:]) != (angles[0] == lon)):
        return None
    return (lon, lat) if 72 <= lon <= 136 and 3 <= lat <= 54 else None


def _run_together(line: str) -> Spot | None:
    word = re.sub(r"[()\[\]{}]", " ", unicodedata.normalize("NFKC", line)).strip(" \t,;、。.|")
    spots = {spot for _point, _ring, rest in _labelled(word) if (spot := _packed_or_none(rest)) is not None}
    return spots.pop() if len(spots) == 1 else None


def _packed_or_none(text: str) -> Spot | None:
    from layers.values import Unreadable

    try:
        return _packed(text)
    except Unreadable:
        return None


def _of_web(spot: Spot) -> Spot:
    """Longitude and latitude of a place in Web Mercator."""
    return math.degrees(spot[0] / _RADIUS), math.degrees(2 * math.atan(math.exp(spot[1] / _RADIUS)) - math.pi / 2)


def _must_be_in_china(spot: Spot) -> None:
    lon, lat = spot
    if not (72 <= lon <= 136 and 3 <= lat <= 54):
        raise _Refused(N_("第 {line} 行不是中国境内的经纬度：{text}"))


def _metres(text: str, north_first: bool, six: bool, *, tight: bool) -> Iterable[tuple[Spot, int | None, str | None]]:
    """Places of a text of two numbers in metres.

    Args:
        text: Without point and ring number.
        north_first, six: As for ``parse``.
        tight: Whether only a comma stands before it, which then is no sign of thousands within it.
    """
    word = text.upper()
    cuts = {match.start() for match in re.finditer(r"[\s,;、|/]+", word)} | {
        match.start() for match in re.finditer(r"(?<=[\d\s米M])[XYNE北东]", word)}  # fmt: skip
    for at in sorted(cuts):
        one, other = _metre(word[:at]), _metre(re.sub(r"^[\s,;、|/]+", "", word[at:]))
        if one is None or other is None or (tight and "thousands" in (one[2], other[2])) or {one[2], other[2]} == {"comma", "thousands"}:
            continue
        axes = [one[1], other[1]]
        if None not in axes and (axes[0] == axes[1] or {axes[0], axes[1]} not in ({"N", "E"}, {"X", "Y"})):
            continue
        first = next(({"N": True, "E": False, "X": north_first, "Y": not north_first}[axis] == (place == 0)
                      for place, axis in enumerate(axes) if axis is not None), north_first)  # fmt: skip
        north, east = (one[0], other[0]) if first else (other[0], one[0])
        zone, why = None, None
        if 13 <= east // 1_000_000 <= 23 or 25 <= east // 1_000_000 <= 45:
            zone = int(east // 1_000_000)
        if not 100_000 <= east - (zone or 0) * 1_000_000 <= 900_000:
            why = N_("第 {line} 行的东坐标不合理：{text}；请核对 X、Y 的顺序和带号")
        elif zone is not None and zone < 25 and not six and _of_web((east, north))[0] <= 136:
            why = _OR_WEB
        if why in (None, _OR_WEB) and not 300_000 <= north <= 6_000_000:
            why = N_("第 {line} 行的北坐标不合理：{text}；请核对 X、Y 的顺序")
        yield (east, north), zone, why


def _metre(text: str) -> tuple[float, str | None, str] | None:
    """A number of metres, the axis that the text names, and how it is written."""
    match = re.fullmatch(rf"\s*(?P<first>{_TAGS})?\s*[=:]?\s*(?P<number>{_METRES.pattern})\s*(?P<last>{_TAGS})?\s*", text)
    if match is None:
        return None
    tags = [_tag(match[name]) for name in ("first", "last") if match[name]]
    sides = {tag for tag in tags if tag in "NE"}
    if len(sides) > 1 or (len(tags) == 2 and not sides):
        return None
    axis = next(iter(sides), tags[0] if tags else None)
    if match["thousands"]:
        return float(match["thousands"].replace(",", "")), axis, "thousands"
    if match["comma"]:
        return float(match["comma"].replace(",", ".")), axis, "comma"
    return float(match["plain"]), axis, "plain"


def _tag(word: str) -> str:
    return re.sub("北|NORTH", "N", re.sub("东|EAST", "E", word))


def _why(line: str, kind: str) -> str:
    """What is wrong with a line that cannot be read."""
    word = unicodedata.normalize("NFKC", line)
    if re.search(r"(?:[6-9]\d|\d{3,})(?:\.\d+)?\s*(?:[′″'’\"”“分秒]|′′)", word) and not re.search(r"[°度]\d{4}", word):
        return N_("第 {line} 行的分或秒大于 60：{text}")
    if kind == "lonlat" and re.search(r"[WwSs西南]|(?<!\d)-\d", re.sub(r"\d\s*s\b", "", word)):
        return N_("第 {line} 行不是中国境内的经纬度：{text}")
    return N_("第 {line} 行不是一对坐标：{text}")


# --- rings -----------------------------------------------------------------------------------------------------------


def _parts(lines: Sequence[_Line]) -> tuple[tuple[Spot, ...], ...]:
    """The points by ring, as ring numbers or blank lines have it.

    Raises:
        CoordinateError: Some lines have a ring number and some have none, rings are mixed up, or a point number stands
            at two places.
    """
    numbered = [line.ring is not None for line in lines]
    if any(numbered):
        if not all(numbered):
            raise CoordinateError(N_("第 {line} 行没有圈号，别的行有"), line=lines[numbered.index(False)].number)
        # Point number and ring number stand in either order; a ring is the one whose lines stand together.
        tries = [_runs(lines, [line.ring or "" for line in lines]),
                 _runs(lines, [line.point for line in lines]) if all(line.point for line in lines) else None]
        fine = [runs for runs in tries if runs is not None and (len(lines) < 3 or min(map(len, runs)) > 2)]
        runs = fine[0] if fine else None
        if len(lines) < 3:
            runs = [list(lines)]
        if runs is None:
            raise CoordinateError(N_("看不出哪些点属于同一圈：每一圈的点要连在一起，并且至少有三个"))
        if len(fine) == 2 and [len(run) for run in fine[0]] != [len(run) for run in fine[1]]:
            raise CoordinateError(N_("看不出哪一列是点号、哪一列是圈号"))
        if len(fine) == 1 and fine[0] is tries[1]:
            lines = [_Line(line.number, line.group, line.ring or "", line.point, line.spot, line.zone, line.text)
                     for line in lines]
            runs = _runs(lines, [line.ring or "" for line in lines]) or []
    else:
        runs = _runs(lines, [str(line.group) for line in lines]) or []
        if all(len(run) == 1 for run in runs):  # every other line is blank
            runs = [list(lines)]
    for run in runs:
        seen: dict[str, _Line] = {}
        for line in run:
            former = seen.setdefault(line.point, line)
            if line.point and former.spot != line.spot:
                raise CoordinateError(
                    N_("第 {line} 行的点号 {point} 在第 {former} 行已有，坐标却不同；几圈之间请空一行，或写上圈号"),
                    line=line.number, point=line.point, former=former.number)
    return tuple(tuple(line.spot for line in run) for run in runs)


def _runs(lines: Sequence[_Line], keys: Sequence[str]) -> list[list[_Line]] | None:
    """Lines of one key together; ``None`` where those of one key are apart."""
    runs: dict[str, list[_Line]] = {}
    last = None
    for line, key in zip(lines, keys, strict=True):
        if key != last and key in runs:
            return None
        runs.setdefault(key, []).append(line)
        last = key
    return list(runs.values())


def geometry(parts: Sequence[Sequence[Spot]], shape: str) -> object:
    """A shapely geometry of these points: ``polygon``, ``line`` or ``point``.

    Args:
        parts: As ``Parsed.parts``. The outlines of an area may be closed by their first point or not; within one part
            several may follow each other only where each is closed. A ring within another is a hole of it.
        shape: What it is.

    Raises:
        CoordinateError: Too few points, an outline that crosses itself or another, or outlines that are not clear.
    """
    from shapely import LineString, MultiLineString, MultiPoint, Point, Polygon

    from layers.boundary_txt import nested

    if shape == "point":
        points = [spot for part in parts for spot in part]
        return Point(points[0]) if len(points) == 1 else MultiPoint(points)
    if shape == "line":
        if any(len(set(part)) < 2 for part in parts):
            raise CoordinateError(N_("线至少要两个不同的点"))
        return LineString(parts[0]) if len(parts) == 1 else MultiLineString([list(part) for part in parts])
    rings = [ring for part in parts for ring in _rings(part, alone=len(parts) == 1)]
    if any(len(set(ring)) < 3 for ring in rings):
        if len(rings) > 1:
            raise CoordinateError(N_("每一圈至少要三个不同的点；看不出空行或圈号分开的是不是几圈"))
        raise CoordinateError(N_("面至少要三个不同的点"))
    polygons = [Polygon(ring) for ring in rings]
    if not all(polygon.is_valid for polygon in polygons):
        raise CoordinateError(N_("边界线自相交，请核对点的顺序"))
    whole = nested(polygons)
    if not whole.is_valid:
        raise CoordinateError(N_("几圈边界互相交叉或重合，请核对"))
    return whole


def _rings(part: Sequence[Spot], *, alone: bool) -> list[list[Spot]]:
    """The closed outlines that follow each other in one part; one that is not closed has the part to itself."""
    spots = [spot for at, spot in enumerate(part) if at == 0 or spot != part[at - 1]]
    rings: list[list[Spot]] = [[]]
    for spot in spots:
        if rings[-1] and len(rings[-1]) > 2 and spot == rings[-1][0]:
            rings.append([])
        else:
            rings[-1].append(spot)
    closed, last = rings[:-1], rings[-1]
    if not last:
        rings = closed
    if len(rings) > 1 and (last or not alone):
        raise CoordinateError(N_("一圈中途回到了起点，其后的点看不出属于哪一圈；几圈之间请空一行，或写上圈号"))
    return rings

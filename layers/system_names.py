"""What people call a coordinate system: the one place for those words, in a column, a header or on the command line.

A text counts only where each part of it is understood. What says more than a name (由高德转 CGCS2000, 地方坐标系)
names nothing that could be used without asking.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from pyproj import CRS
from pyproj.exceptions import CRSError

from layers.schema import plain_header
from layers.values import EMPTY

DEGREES = {"cgcs2000": 4490, "wgs84": 4326, "xian80": 4610, "beijing54": 4214}
# The first code of each row of Gauss zones: 3 degrees with the zone number before the easting and without, 6 degrees alike.
_ROWS = {"cgcs2000": (4513, 4534, 4491, 4502), "xian80": (2349, 2370, 2327, 2338), "beijing54": (2401, 2422, 21413, 21453)}
_COLUMNS = frozenset({
    "坐标系", "坐标系统", "坐标系类型", "坐标系统类型", "坐标系名称", "坐标系统名称", "坐标系代码", "坐标类型", "坐标体系", "坐标基准",
    "参考坐标系", "空间坐标系", "空间参考", "空间参考系", "空间参考系统", "空间参照系", "大地坐标系", "大地基准", "平面基准",
    "平面坐标系", "平面坐标系统", "地理坐标系", "投影坐标系", "地图坐标系", "经纬度坐标系", "ZBXT", "ZBXLX", "CRS", "SRS",
    "SRID", "EPSG", "EPSGCODE", "DATUM", "GEODETICDATUM", "HORIZONTALDATUM", "COORDINATESYSTEM", "COORDSYSTEM", "COORDSYS", "COORSYS",
    "COORDINATESYSTEMTYPE", "COORDINATEREFERENCESYSTEM", "CRSNAME", "CRSCODE", "SRSNAME", "SRSCODE", "COORDINATESYSTEMNAME",
    "COORDTYPE", "COORDINATETYPE", "SPATIALREFERENCE", "SPATIALREFERENCESYSTEM", "SPATIALREF",
})  # fmt: skip
KEPT = "（原文）"  # after the name of a column that has told what the coordinates were before


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names; all ``None`` where it names no system (经纬度, 不详).

    Attributes:
        shift: ``GCJ-02`` or ``BD-09``.
        code: Of the EPSG database.
        datum: A key of ``DEGREES``.
        zone, meridian, width: Of a Gauss zone: its number, its central meridian, 3 or 6 degrees.
    """

    shift: str | None = None
    code: int | None = None
    datum: str | None = None
    zone: int | None = None
    meridian: int | None = None
    width: int | None = None

    @property
    def planar(self) -> bool:
        """Whether a Gauss zone is named."""
        return self.zone is not None or self.meridian is not None or self.width is not None

    def __bool__(self) -> bool:
        return self != Named()


_COLUMN = re.compile(r"[^\W\dA-Z_]{0,6}坐标系统?(?:类型|名称|代码)?")  # 采用坐标系, 项目坐标系统
_ABOUT = re.compile(r"[^\W\dA-Z_]{0,6}[坐座][标標]系统?[^\W\dA-Z_]{0,4}")  # 坐标系说明, 座标系, 坐標系
_TOKEN = re.compile(r"(?<![A-Z])(?:DATUM|CRS|SRS)(?![A-Z])")  # map_datum
_HINT = re.compile(r"[坐座][标標]|投影|DATUM|COORD|PROJ|GEODETIC|CRS")
_EXPLICIT = re.compile(r"GCJ\W?0?2|BD\W?0?9|火星")
_FORMER = re.compile(r"(?:原|源|旧|转换前|换算前|SOURCE|ORIGINAL|ORIG)")


def is_column(header: str) -> bool:
    """Whether a column goes by the name of one that says which coordinate system its row is in, or was in."""
    return not header.strip().rstrip("_").endswith(KEPT) and (_is_named_so(header) or is_loose(header))


def _is_named_so(header: str) -> bool:
    name = re.sub(r"[_\-.]", "", plain_header(header))
    return _FORMER.sub("", name, count=1) in _COLUMNS or _COLUMN.fullmatch(name) is not None


def is_former(header: str) -> bool:
    """Whether it says by its name what the coordinates were in before something was done to them (原坐标系)."""
    return _FORMER.match(re.sub(r"[_\-.]", "", plain_header(header))) is not None


def is_loose(header: str) -> bool:
    """Whether a column may as well say something else of the coordinates: 坐标类型 is GCJ-02 here, 拐点坐标 there."""
    name = re.sub(r"[_\-./]", "", plain_header(header))
    if name in ("坐标类型", "COORDTYPE", "COORDINATETYPE"):
        return True
    return not _is_named_so(header) and (_ABOUT.fullmatch(name) is not None or _TOKEN.search(plain_header(header)) is not None)


def is_aside(header: str, cells: Iterable[str]) -> bool:
    """Whether a column by another name names a system beside CGCS2000 and WGS 84 in every cell that says anything.

    ``GCJ-02``, ``BD-09`` and 火星 do whatever the column is called; 北京54 or 高德 where its name speaks of coordinates.
    """
    texts = {text.strip() for text in cells if text and text.strip()}
    if not texts or is_column(header) or header.strip().rstrip("_").endswith(KEPT):
        return False
    hint = _HINT.search(plain_header(header)) is not None
    for text in texts:
        name = named(text)
        if not name or not (name.shift or hint and name.datum in ("xian80", "beijing54")):
            return False
        if not (hint or _EXPLICIT.search(unicodedata.normalize("NFKC", text).upper())):
            return False
    return True


_NUMBER = r"(?<!\d)"
_HEIGHTS = re.compile(
    r"(?:(?:19)?(?:85|56)\s*年?\s*)?(?:国家|黄海)+\s*高程\s*(?:基准|系统|系)?|"
    r"(?:国家|黄海)\s*(?:19)?(?:85|56)\s*高程?(?:基准|系统|系)?"
)
_EPSG = re.compile(r"(?:URN OGC DEF CRS )?(?:EPSG|SRID)\s*(?:CODE|代码)?\s*=?\s*(?:\d+ )??(\d{4,6})(?!\d)")
_SHIFTS = (
    ("BD-09", re.compile(r"BD\s*0?9(?:\s*LL)?(?!\d)|百度(?:地图)?|BAIDU(?:\s*MAPS?)?")),
    ("GCJ-02", re.compile(r"GCJ\s*0?2(?:\s*LL)?(?!\d)|火星|MARS|"
                r"(?:高德|腾讯)(?:地图)?|(?:AMAP|AUTONAVI|GAODE|TENCENT)(?:\s*MAPS?)?|国测局")),
)
_DATUMS = (
    ("wgs84", re.compile(r"WGS\s*(?:19)?84(?!\d)|WORLD GEODETIC SYSTEM\s*1984|GPS|" + _NUMBER + r"(?:19)?84\s*(?=坐标)")),
    ("xian80", re.compile(r"(?:国家)?(?:西安|XI\s?AN)\s*(?:19)?80(?!\d)年?|" + _NUMBER + r"(?:19)?80\s*年?\s*(?:西安|XI\s?AN)|"
                          + _NUMBER + r"1980\s*年?(?=\s*(?:国家|大地|坐标|$))|" + _NUMBER + r"80\s*(?=坐标)|国家\s*80(?!\d)")),
    ("beijing54", re.compile(r"(?:北京|BEIJING|BJ)\s*(?:19)?54(?!\d)年?|" + _NUMBER + r"(?:19)?54\s*年?\s*(?:北京|BEIJING)|"
                             + _NUMBER + r"1954\s*年?(?=\s*(?:坐标|$))|" + _NUMBER + r"54\s*(?=坐标)")),
    ("cgcs2000", re.compile(r"CHINA GEODETIC COORDINATE SYSTEM 2000|CGCS\s*2000|CGCS(?!\s*\d)|天地图|TIANDITU|"
                            + _NUMBER + r"2000\s*(?=国家|中国|大地|坐标|$)|(?:国家|大地|坐标系)\s*2000(?!\d)")),
)  # fmt: skip
_WIDTH = re.compile(r"(?<!\d)([36三六])\s*(?:度\s*分?\s*带?|DEGREES?|DEG)(?![A-Z\d])")
_ZONE = re.compile(r"(?:第\s*|带号\s*为?\s*=?\s*|ZONE\s*)(\d{2})(?!\d)\s*[号N]?\s*(?:度?带)?|(?<!\d)(\d{2})\s*[号度]?\s*带号?")
_MERIDIAN = re.compile(r"(?:CM|L0|中央\s*(?:子午线|经线)(?:\s*经度)?(?:\s*为)?)\s*=?\s*(\d{2,3})(?!\d)\s*(?:度|E)*(?:带)?|"
                       r"(?<!\d)(\d{2,3})\s*(?:度\s*)?E(?![A-Z])|"
                       r"(?<!\d)(\d{3})\s*度?\s*带")  # fmt: skip
_NEUTRAL = re.compile(
    r"坐标系统?|坐标|国家|中国|大地|地理|经纬度?|经度|纬度|平面|直角|投影|空间|参考|参照|高斯|克吕格|克里格|系统?|东经|度|带|年|"
    r"(?<![A-Z])(?:GAUSS|KRUGER|KRUEGER|GK|GCS|PCS|COORDINATES?|COORD|SYSTEM|DATUM|GEOGRAPHIC|GEODETIC|PROJECTED|CHINA|LONLAT|LNGLAT|LON|"
    r"LNG|LAT|LONGITUDE|LATITUDE|DEGREES?|DEG|CRS|LL|2D)(?![A-Z])"
)


@lru_cache(maxsize=4096)
def named(text: str) -> Named | None:
    """What a text names, ``Named()`` where it names no system, ``None`` where it says something not understood."""
    words = unicodedata.normalize("NFKC", text).upper().replace("º", "度").replace("°", "度").replace("Ü", "U")
    words = re.sub(r"[\s_\-—–.,、;:/|()\[\]【】{}\"'“”‘’+]+", " ", words).strip()
    if not words or words in {one.upper() for one in EMPTY} or words in ("不详", "未知", "不明", "无", "未注明", "未填", "UNKNOWN", "NONE"):
        return Named()
    if bare := re.fullmatch(r"(\d{2}|\d{4,6})(?: 0)?", words):
        year = {84: "wgs84", 80: "xian80", 54: "beijing54", 2000: "cgcs2000"}.get(int(bare[1].removeprefix("19")))
        return Named(datum=year) if year else Named(code=int(bare[1])) if _known(int(bare[1])) else None
    left = _HEIGHTS.sub(" ", words)
    codes = {int(code) for code in _EPSG.findall(left)}
    left = _EPSG.sub(" ", left)
    shifts, datums = set(), set()
    for kinds, found in ((_SHIFTS, shifts), (_DATUMS, datums)):
        for name, pattern in kinds:
            left, count = pattern.subn(" ", left)
            found |= {name} if count else set()
    if len(shifts) + len(datums) > 1 or len(codes) > 1 or (codes and shifts):
        return None
    if codes:
        code = codes.pop()
        own = _known(code)
        return Named(code=code) if own and (not datums or own in datums) else None
    numbers: list[set[int]] = []
    for pattern in (_WIDTH, _MERIDIAN, _ZONE):
        numbers.append({{"三": 3, "六": 6}.get(one) or int(one) for groups in pattern.findall(left)
                        for one in ((groups,) if isinstance(groups, str) else groups) if one})  # fmt: skip
        left = pattern.sub(" ", left)
    if any(len(one) > 1 for one in numbers) or _NEUTRAL.sub(" ", left).strip():
        return _by_its_name(text)
    width, meridian, zone = (one.pop() if one else None for one in numbers)
    if shifts:
        return Named(shift=shifts.pop()) if zone is None and meridian is None and width is None else None
    if not datums:
        return Named() if zone is None and meridian is None else None
    return Named(datum=datums.pop(), zone=zone, meridian=meridian, width=width)


def mentions(text: str) -> bool:
    """Whether a text that is not understood has a name of a system in it."""
    words = re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).upper())
    return any(pattern.search(words) for _name, pattern in (("", _EPSG), *_SHIFTS, *_DATUMS)) or "坐标系" in words


def speaks_of_others(text: str) -> bool:
    """Whether it has the name of a consumer map or of an older datum in it, whatever it says of it."""
    words = re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).upper())
    old = [pattern for name, pattern in _DATUMS if name in ("xian80", "beijing54")]
    return any(pattern.search(words) for pattern in (*(one for _name, one in _SHIFTS), *old))


def _known(code: int) -> str:
    """The datum of a code of the EPSG database, ``other`` for one that is none of ours; '' for no such code."""
    try:
        base = CRS.from_epsg(code).geodetic_crs
    except CRSError:
        return ""
    if base is None:
        return ""
    here = {number: name for name, number in DEGREES.items()}
    return here.get(base.to_epsg() or 0, "other")


def datum_of(text: str) -> str:
    """The datum that a text of a survey names, a key of ``DEGREES``, ``other``, or '' for none.

    What is said and not understood is ``other``: 南昌2000独立坐标系 is a city's own system whatever number stands in its name.
    """
    name = named(text)
    if name is not None:
        if name.code is not None:
            return _known(name.code)
        return name.datum or ("other" if name.shift else "")
    for datum, words in (("xian80", "80|西安"), ("beijing54", "54|北京")):
        if re.search(words, text.upper()):
            return datum
    return "other"


def _by_its_name(text: str) -> Named | None:
    """A system of the EPSG database by its very name there."""

    def bare(name: str) -> str:
        return re.sub(r"[\W_]", "", name).casefold()

    try:
        crs = CRS.from_user_input(text.strip())
    except CRSError:
        return None
    code = crs.to_epsg()
    return Named(code=code) if code and bare(crs.name) == bare(text) else None


def zone_code(name: Named, prefix: int | None) -> int | None:
    """The EPSG code of a Gauss zone on the datum named; ``None`` where none, or no single one, is meant.

    Args:
        name: Has a datum.
        prefix: The zone number before the eastings, where they have one.
    """
    if name.datum not in _ROWS:
        return None
    three, three_bare, six, six_bare = _ROWS[name.datum]
    zone, width = name.zone, name.width
    if prefix is not None:
        if zone is not None and zone != prefix:
            return None
        zone = prefix
    if zone is not None:
        own = 6 if 13 <= zone <= 23 else 3 if 25 <= zone <= 45 else 0
        meridian = 6 * zone - 3 if own == 6 else 3 * zone
        if not own or width not in (None, own) or name.meridian not in (None, meridian):
            return None
        if prefix is not None:
            return six + zone - 13 if own == 6 else three + zone - 25
        return six_bare + zone - 13 if own == 6 else three_bare + zone - 25
    meridian = name.meridian
    if meridian is None or meridian % 3 or not 75 <= meridian <= 135:
        return None
    if width == 6:
        return None if (meridian - 75) % 6 else six_bare + (meridian - 75) // 6
    return three_bare + (meridian - 75) // 3  # of one meridian both widths have the same coordinates

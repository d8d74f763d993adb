"""Coordinate systems as people call them, and finding one by what people call it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from sanxian.i18n import _

_ZONES = (*range(4534, 4555), *range(4513, 4534), *range(4502, 4513), *range(4491, 4502))
_OLD = (*range(2370, 2391), *range(2349, 2370), *range(2422, 2443), *range(2401, 2422))  # without zone number first
# Those that data in this country comes in, the most usual first.
USUAL: tuple[int, ...] = (4490, 4326, *range(4545, 4552), *range(4524, 4531), 3857)
MOST = 60  # that a search shows
# What is typed, and what it means in the names below; the first that fits counts.
_SAME = (
    (re.compile("国家大地坐标系"), ""), (re.compile("大地2000|2000国家|国家2000"), "cgcs2000"),
    (re.compile("1980西安|西安80|西安"), "xian1980"), (re.compile("1954北京|北京54|北京"), "beijing1954"),
    (re.compile("中央经线|中央子午线"), "cm"), (re.compile("经纬度"), "degrees"), (re.compile("墨卡托"), "mercator"),
    (re.compile("度带|带"), " zone "), (re.compile("[°度第]"), " "),
)


def system_words(code: str) -> str:
    """What people call a coordinate system."""
    if code in ("GCJ-02", "BD-09"):
        return {"GCJ-02": _("GCJ-02（高德、腾讯地图），换算后使用"), "BD-09": _("BD-09（百度地图），换算后使用")}[code]
    if code == "EPSG:4490":
        return _("2000 国家大地坐标系，经纬度")
    if code == "EPSG:4326":
        return _("WGS 84，经纬度")
    number = int(code[5:]) if code.startswith("EPSG:") and code[5:].isdigit() else 0
    if 4534 <= number <= 4554:
        return _("3° 带，中央经线 {meridian}°E，无带号").format(meridian=75 + 3 * (number - 4534))
    if 4513 <= number <= 4533:
        return _("3° 带，第 {zone} 带，有带号").format(zone=25 + number - 4513)
    if 4502 <= number <= 4512:
        return _("6° 带，中央经线 {meridian}°E，无带号").format(meridian=75 + 6 * (number - 4502))
    if 4491 <= number <= 4501:
        return _("6° 带，第 {zone} 带，有带号").format(zone=13 + number - 4491)
    for first, datum in ((2349, _("1980 西安")), (2401, _("1954 北京"))):
        if first <= number < first + 21:
            return _("{datum}，3° 带，第 {zone} 带，有带号").format(datum=datum, zone=25 + number - first)
        if first + 21 <= number < first + 42:
            return _("{datum}，3° 带，中央经线 {meridian}°E，无带号").format(datum=datum, meridian=75 + 3 * (number - first - 21))
    return code.split('"')[1] if '"' in code else code


def called(code: str) -> str:
    """A coordinate system for a list: its words and its code."""
    words = system_words(code)
    number = int(code[5:]) if code.startswith("EPSG:") and code[5:].isdigit() else 0
    if number in _ZONES:
        words = f"CGCS2000 {words}"
    elif number and words == code:
        words = _names().get(number, "")
        return _("{words}（{code}）").format(words=words, code=code) if words else code
    return words if words == code or not number else _("{words}（{code}）").format(words=words, code=code)


def find(text: str) -> list[str]:
    """Codes of the systems that somebody may mean: those usual here first, then any of the EPSG database.

    Args:
        text: A code with or without ``EPSG:``, or words: a datum, a zone, a central meridian, a part of a name.
    """
    asked = unicodedata.normalize("NFKC", text).casefold().strip()
    bare = re.fullmatch(r"(?:epsg\s*[: ]\s*)?(\d{4,6})", asked)
    names = _names()
    if bare and int(bare[1]) in names:
        return [f"EPSG:{int(bare[1])}"]
    asked = asked.replace("epsg", " ")
    for word, meant in _SAME:
        asked = word.sub(meant, asked)
    tokens = re.findall(r"cgcs\s*2000|xian\s*1980|beijing\s*1954|[a-z]+|\d+(?:\.\d+)?[a-z]?(?![a-z])|\d+|[^\W\d_a-z]+", asked)
    tokens = [re.sub(r"\s", "", token) for token in tokens if token not in ("e", "deg", "degree")]
    if not tokens:
        return []
    found = [code for code in (*USUAL, *(one for one in (*_ZONES, *_OLD) if one not in USUAL)) if _fits(tokens, _hay(code))]
    known = set(found)
    found += [code for code, name in names.items() if code not in known and _fits(tokens, f"{name.casefold()} {code}")]
    return [f"EPSG:{code}" for code in found[:MOST]]


@cache
def known(text: str) -> bool:
    """Whether a text names a coordinate system that can be read with."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    from layers.crs_doctor import declared_shift

    try:
        return declared_shift(text) is not None or CRS.from_user_input(text) is not None
    except CRSError:
        return False


def _fits(tokens: list[str], hay: str) -> bool:
    return all(re.search(rf"(?<![\d.]){re.escape(one)}(?![\d.])", hay) if one[0].isdigit() else one in hay for one in tokens)


@cache
def _hay(code: int) -> str:
    """All that a system usual here may be called."""
    first = next((one for one, last in ((4534, 4554), (4513, 4533), (4502, 4512), (4491, 4501), (2349, 2390), (2401, 2442))
                  if one <= code <= last), 0)
    if not first:
        return {4490: "4490 cgcs2000 degrees", 4326: "4326 wgs 84 wgs84 degrees", 3857: "3857 web mercator wgs 84"}[code]
    datum = {2349: "xian1980 1980 80", 2401: "beijing1954 1954 54"}.get(first, "cgcs2000 2000")
    old = first in (2349, 2401)
    numbered = code < first + 21 if old else first in (4513, 4491)
    width = 6 if first in (4502, 4491) else 3
    step = (code - first) % 21 if old else code - first
    zone = step + (13 if width == 6 else 25)
    meridian = 75 + width * step
    told = f"zone {zone}" if numbered else "cm"
    return f"{code} {datum} gauss-kruger gauss kruger {width} zone {told} cm {meridian} {meridian}e"


@cache
def _names() -> dict[int, str]:
    """The systems of the EPSG database that a map can be drawn in, by code."""
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType

    found = query_crs_info("EPSG", [PJType.GEOGRAPHIC_2D_CRS, PJType.PROJECTED_CRS])
    return {int(one.code): one.name for one in found if one.code.isdigit() and not one.deprecated}

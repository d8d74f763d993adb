"""Longitudes and latitudes as people write them: one angle, or the two of a place. Nothing here guesses.

Every sign of a text has to mean something; a text that can mean two places means none.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from layers.crs_doctor import in_china
from layers.values import Unreadable

_NUMBER = r"\d+(?:\.\d+)?"
_MARKS = str.maketrans(
    {**dict.fromkeys("º˚∘", "°"), **dict.fromkeys("´‘’‛`ˊ'＇", "′"), **dict.fromkeys('“”〃"＂', "″")}
)
_WORDS = (
    (r"东经|(?<![A-Z])EAST(?![A-Z])", "E"), (r"西经|(?<![A-Z])WEST(?![A-Z])", "W"),
    (r"北纬|(?<![A-Z])NORTH(?![A-Z])", "N"), (r"南纬|(?<![A-Z])SOUTH(?![A-Z])", "S"),
    (r"[东]", "E"), (r"[西]", "W"), (r"[北]", "N"), (r"[南]", "S"),
    (r"(?:经度|(?<![A-Z])(?:LONGITUDE|LONG|LON|LNG)(?![A-Z]))\s*[:=]?", "λ"),
    (r"(?:纬度|(?<![A-Z])(?:LATITUDE|LAT)(?![A-Z]))\s*[:=]?", "φ"),
)  # fmt: skip
_LETTER = re.compile(r"^\s*([NSEW])[:=]?|([NSEW])\s*$")
_AXIS = {"E": "E", "W": "E", "N": "N", "S": "N"}
_BETWEEN = re.compile(r"[\s,;、|/]+")


class Ambiguous(Unreadable):
    """A text that can mean more than one place.

    Attributes:
        places: Longitude and latitude of each.
    """

    def __init__(self, text: str, places: list[tuple[float, float]]) -> None:
        super().__init__(text)
        self.places = places


@lru_cache(maxsize=4096)
def written(text: str) -> str:
    """The text in capitals and half-width, with one spelling of each sign: ° ′ ″, the letters E W N S, λ and φ.

    Raises:
        Unreadable: It has digits that are none of a number, such as ² or ½.
    """
    if any(unicodedata.category(one) != "Nd" and re.search(r"\d", unicodedata.normalize("NFKC", one)) for one in text):
        raise Unreadable(text)
    # Before NFKC, which makes a letter of º and a blank of ´.
    word = text.translate(_MARKS)
    word = unicodedata.normalize("NFKC", word).strip().upper().replace("\u2212", "-").translate(_MARKS)
    for pattern, letter in _WORDS:
        word = re.sub(pattern, letter, word)
    return word.replace("′′", "″").replace("度", "°").replace("分", "′").replace("秒", "″")


def parse_angle(text: str) -> float:
    """Degrees, from decimal degrees or degrees, minutes and seconds in any of the usual spellings.

    ``115.9875``, ``115,9875``, ``115°59′14.9″``, ``东经115度59分14.9秒``, ``E115 59 14.9``, ``115.59.14``,
    ``109°0748″`` (minute sign lost: 109°07′48″) are read.

    Raises:
        Unreadable: It is no angle, or its minutes or seconds reach 60.
    """
    return angle(text)[0]


def angle(text: str) -> tuple[float, str | None]:
    """As ``parse_angle``, and whether the text calls it a longitude (``E``), a latitude (``N``) or neither (``None``)."""
    return _angle(written(text))


def run_together(text: str) -> float | None:
    """Degrees of an angle whose degrees, minutes and seconds are written as one number, ``1160130.5``; ``None`` for any other text.

    Only what cannot be degrees of any place in another way: five to seven digits before the point.
    """
    match = re.fullmatch(r"(\d{1,3})([0-5]\d)([0-5]\d(?:\.\d+)?)", written(text))
    return int(match[1]) + int(match[2]) / 60 + float(match[3]) / 3600 if match else None


@lru_cache(maxsize=4096)
def _angle(text: str) -> tuple[float, str | None]:
    word, axis, sign = text, None, 1
    if word[:1] in ("λ", "φ"):
        axis, word = ("E" if word[0] == "λ" else "N"), word[1:].strip()
    if re.search(r"\dM", word):  # 1d05m30.6s: here the S is the second's and not the south's
        word = re.sub(r"(\d)\s*S(?=\s|$)", r"\1″", word, count=1).replace("M", "′")
    word = word.replace("D", "°")
    letters = [left or right for left, right in _LETTER.findall(word)]
    if letters:
        if len(set(letters)) > 1 or (axis is not None and axis != _AXIS[letters[0]]):
            raise Unreadable(text)
        axis = _AXIS[letters[0]]
        sign = -1 if letters[0] in "WS" else 1
        word = _LETTER.sub("", word).strip()
    elif word[:1] in ("+", "-") or word[-1:] in ("+", "-"):
        if word[:1] in ("+", "-") and word[-1:] in ("+", "-"):
            raise Unreadable(text)
        mark = word[0] if word[0] in "+-" else word[-1]
        sign, word = (-1 if mark == "-" else 1), word.strip("+-").strip()
    else:
        word = word.strip()
    if re.fullmatch(r"\d{1,3}[.,]\d+|\d{1,3}", word):
        return sign * float(word.replace(",", ".")), axis
    word = re.sub(r"(?<=\d),(?=\d+\s*[°′″])", ".", word)
    lost = re.fullmatch(r"(\d{1,3})°(\d{2})(\d{2}(?:\.\d+)?)″?", word)
    packed = re.fullmatch(r"(\d{2,3})(\d{2}\.\d+)", word)  # 11551.234 is 115°51.234′: no degree has five digits
    dashed = re.fullmatch(r"(\d{1,3})-(\d{1,2})-(\d{1,2}(?:\.\d+)?)", word)
    dotted = re.fullmatch(r"(\d{1,3})\.(\d{1,2})\.(\d{1,2}(?:\.\d+)?)", word)
    if whole := lost or dotted or packed or dashed:
        numbers = list(whole.groups())
    else:
        # Each number may bear its own sign; none may bear another's.
        parts = re.fullmatch(
            rf"({_NUMBER})\s*[°: ]\s*(?:({_NUMBER})\s*(?:[′: ]\s*|$)(?:({_NUMBER})\s*″?)?)?", word.replace("\t", " "))
        if not parts:
            raise Unreadable(text)
        numbers = [part for part in parts.groups() if part is not None]
    if any("." in part for part in numbers[:-1]):
        raise Unreadable(text)
    degrees, minutes, seconds = (*map(float, numbers), 0.0, 0.0)[:3]
    if minutes >= 60 or seconds >= 60 or degrees > 360:
        raise Unreadable(text)
    if len(numbers) == 3 and len(numbers[2].split(".")[0]) > 2:
        raise Unreadable(text)
    return sign * (degrees + minutes / 60 + seconds / 3600), axis


def place(text: str) -> tuple[float, float]:
    """Longitude and latitude of a text that holds both, in either order.

    Which is which is told by letters and words; without any, by the numbers: in China no longitude could be a latitude.

    Raises:
        Ambiguous: It can mean more than one place in China.
        Unreadable: It can mean none, in China or elsewhere.
    """
    found = places(text)
    inside = sorted({one for one in found if in_china(*one)})
    if len(inside) > 1:
        raise Ambiguous(text, inside)
    if inside:
        return inside[0]
    if len(found) == 1:
        return found[0]
    raise Unreadable(text)


def places(text: str) -> list[tuple[float, float]]:
    """Every longitude and latitude that a text can mean, wherever that is."""
    word = re.sub(r"[()\[\]{}]", " ", written(text)).strip(" \t,;、。./|")
    cuts = {0, len(word)}
    found: set[tuple[float, float]] = set()
    for match in _BETWEEN.finditer(word):
        cuts.add(match.start())
    for at in range(1, len(word)):
        if word[at - 1] in "°′″EWNS" or word[at] in "EWNSλφ":
            cuts.add(at)
    for at in cuts - {0, len(word)}:
        left, right = word[:at].strip(" \t"), re.sub(r"^[\s,;、|/]+", "", word[at:])
        if not _alike(left, right):
            continue
        try:
            (one, axis), (other, second) = _angle(left), _angle(right)
        except Unreadable:
            continue
        if axis is not None and axis == second:
            continue
        if axis is None and second is None:
            swapped = abs(other) > abs(one)  # in China the longitude is always the larger
        else:
            swapped = axis == "N" or second == "E"
        found.add((other, one) if swapped else (one, other))
    return sorted(found)


def _alike(left: str, right: str) -> bool:
    """Whether both halves of one place are written in one way.

    With signs or without, with one decimal mark, and as many numbers where blanks alone part degrees from minutes.
    """
    halves = (left, right)
    signs = [bool(re.search("[°′″D]", half)) for half in halves]
    marks = {mark for half in halves for mark in re.findall(r"(?<=\d)[.,](?=\d)", half)}
    numbers = [len(re.findall(r"\d+(?:[.,]\d+)?", half)) if re.search(r"\d\s+\d", half) else 0 for half in halves]
    return signs[0] == signs[1] and len(marks) < 2 and numbers[0] == numbers[1]

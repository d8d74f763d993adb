"""What a GB/T 4754-2017 industry code says of a project.

Codes are written with or without the letter of their section (``C2614``, ``2614``); both mean the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

# Chemical projects by code: petroleum refining and coal processing, chemical raw materials and products, active
# pharmaceutical ingredients, synthetic fibres. Daily chemicals (268) depend on the process: a person must say.
CHEMICAL = ("251", "252", "261", "262", "263", "264", "265", "266", "267", "271", "282")
CHEMICAL_IN_DOUBT = ("268", "25", "26", "27", "28")


def digits(code: str) -> str:
    """The code without the letter of its section, in plain digits."""
    text = code.strip().upper()
    return text[1:] if text[:1].isalpha() else text


def closed_up(text: str) -> str:
    """A text in plain letters and digits, the letter of a section joined to its digits (``C 2614``)."""
    return re.sub(r"(?<![A-Za-z])([A-Ta-t])\s+(?=\d)", r"\1", unicodedata.normalize("NFKC", text))


def written(text: str, name: Callable[[str], str | None]) -> list[str]:
    """What a text says of industries, one by one: parted as in tables; behind a code its own name is dropped, and nothing else.

    Args:
        text: Codes and words, as somebody wrote them.
        name: The name of a code, its English words in brackets behind it, or ``None`` where the standard has no such code.
    """
    rest = closed_up(text)
    found: list[str] = []
    while part := re.match(r"[;,、|\s]*([^;,、|\s]+)\s*", rest):
        found.append(part[1])
        rest = rest[part.end() :]
        own = unicodedata.normalize("NFKC", name(part[1]) or "")
        rest = next((rest[len(words) :] for words in (own, own.partition(" (")[0]) if words and rest.startswith(words)), rest)
    return list(dict.fromkeys(found))


@lru_cache(maxsize=4096)  # asked again for every prefix of every rule
def readable(code: str) -> bool:
    """Whether a text can be a code of the standard: a section, or two to four digits under a division, with its own letter or none."""
    text = code.strip().upper()
    if re.fullmatch(r"[A-T]", text):
        return True
    section = section_of(digits(text)) if re.fullmatch(r"[A-T]?[0-9]{2,4}", text) else ""
    return bool(section) and (not text[0].isalpha() or text[0] == section)


def code_matches(code: str, prefix: str) -> bool | None:
    """Whether ``code`` falls under ``prefix``; a prefix of one letter names a whole section.

    A code without a letter fits any section whose digits agree, since the digits alone are unique in GB/T 4754. ``None``
    where it cannot be told: ``C22`` holds ``C221`` and more, and what is no code says nothing of the industry.
    """
    given, wanted = code.strip().upper(), prefix.strip().upper()
    if not readable(given):
        return None
    if given[:1].isalpha() and wanted[:1].isalpha() and given[0] != wanted[0]:
        return False
    if len(wanted) == 1 and wanted.isalpha():
        return given[:1] == wanted or section_of(digits(given)) == wanted
    if len(given) == 1:
        return None if section_of(digits(wanted)) == given else False
    if digits(given).startswith(digits(wanted)):
        return True
    return None if digits(wanted).startswith(digits(given)) else False


_SECTIONS = (
    ("A", 1, 5), ("B", 6, 12), ("C", 13, 43), ("D", 44, 46), ("E", 47, 50), ("F", 51, 52), ("G", 53, 60),
    ("H", 61, 62), ("I", 63, 65), ("J", 66, 69), ("K", 70, 70), ("L", 71, 72), ("M", 73, 75), ("N", 76, 79),
    ("O", 80, 82), ("P", 83, 83), ("Q", 84, 85), ("R", 86, 90), ("S", 91, 96), ("T", 97, 97),
)  # fmt: skip


def section_of(number: str) -> str:
    """Section letter of a code given as digits; empty where there is none (GB/T 4754-2017, table of sections)."""
    if len(number) < 2 or not number[:2].isdigit():
        return ""
    division = int(number[:2])
    return next((letter for letter, first, last in _SECTIONS if first <= division <= last), "")


def is_chemical(codes: Iterable[str] | str) -> bool | None:
    """Whether the codes make a chemical project; ``None`` where they leave it open.

    A code that is too short to tell (``26``), that depends on the process (``2681``) or is none leaves it open, unless
    another of the project's codes settles it.
    """
    given = [codes] if isinstance(codes, str) else list(codes)
    if not given:
        return None
    numbers = [digits(code) for code in given if readable(code)]
    if any(number.startswith(CHEMICAL) for number in numbers):
        return True
    if len(numbers) < len(given):
        return None
    # "26" alone could still be 261; "271" is settled above and "272" is not chemical
    if any(number.startswith("268") or number in CHEMICAL_IN_DOUBT or len(number) < 2 for number in numbers):
        return None
    return False

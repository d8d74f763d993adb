"""The industries of GB/T 4754-2017: find a code by its digits, by its name or by what people call the trade.

Codes are text and keep their leading zeros; here each carries the letter of its section (``A0111``, ``C2614``). The
lists lie in ``codelists/``: one of codes and names, one of everyday words and the codes that they mean.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

SECTION, DIVISION, GROUP, CLASS = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Industry:
    """One entry of the classification.

    Attributes:
        code: With the letter of its section, such as ``C2614``; a section is its letter alone.
        name: As the standard has it.
    """

    code: str
    name: str

    @property
    def level(self) -> int:
        """1 section 门类, 2 division 大类, 3 group 中类, 4 class 小类."""
        return max(1, len(self.code) - 1)

    @property
    def digits(self) -> str:
        """The code without its letter; empty for a section."""
        return self.code[1:]

    @property
    def parent(self) -> str | None:
        """Code of the entry above, ``None`` for a section."""
        if self.level == SECTION:
            return None
        return self.code[0] if self.level == DIVISION else self.code[:-1]

    @property
    def label(self) -> str:
        """Code and name, for people."""
        return f"{self.code} {self.name}"


@cache
def industries() -> Mapping[str, Industry]:
    """Every entry by its code, in the order of the standard."""
    return MappingProxyType({row["code"]: Industry(row["code"], row["name"]) for row in _rows("gbt4754_2017.csv")})


@cache
def everyday_words() -> Mapping[str, tuple[str, ...]]:
    """Codes by everyday word, such as ``加油站`` or ``paper mill``."""
    return MappingProxyType(
        {_plain(row["word"]): tuple(row["codes"].split()) for row in _rows("gbt4754_2017_words.csv")}
    )


def find(code: str) -> Industry | None:
    """The entry of a code written with or without its letter; ``None`` where there is none.

    A letter of another section than the digits' own is no such code.
    """
    wanted = _plain(code).upper()
    return industries().get(wanted) or industries().get(_by_digits().get(wanted, ""))


def unknown(codes: Iterable[str]) -> list[str]:
    """Those of ``codes`` that the standard does not have, as they were given."""
    return [code for code in codes if find(code) is None]


def children(code: str) -> list[Industry]:
    """The entries just below one, or the sections for an empty code."""
    above = find(code).code if code and find(code) else None  # type: ignore[union-attr]
    if code and above is None:
        return []
    return [entry for entry in industries().values() if entry.parent == above]


def search(text: str, limit: int = 20) -> list[Industry]:
    """Entries that ``text`` may mean, the likeliest first.

    Digits find the codes that begin so. Words find, in this order: what people call the trade (``养猪场``), names that
    are the text, begin with it or hold it, words of the trade that hold it, and names that share a good part
    of its characters. Among equals the finer level comes first, then the order of the standard.

    Args:
        text: A code or its beginning, a name or part of one, or an everyday word in Chinese or English.
        limit: Most entries to return.
    """
    wanted = _plain(text)
    if not wanted:
        return []
    if _looks_like_code(wanted):
        found = [entry for entry in industries().values() if _starts(entry, wanted.upper())]
        return sorted(found, key=lambda entry: (entry.level, entry.digits))[:limit]
    scores: dict[str, float] = {}

    def score(code: str, value: float) -> None:
        scores[code] = max(scores.get(code, 0.0), value)

    for word, codes in everyday_words().items():
        if word == wanted or word == wanted.removesuffix("项目"):
            value = 100.0
        elif len(word) > 1 and word in wanted:
            value = 60.0 + len(word)  # 年产一万吨化肥厂 holds 化肥厂; the longer the word, the surer
        elif wanted in word:
            value = 50.0
        else:
            continue
        for at, code in enumerate(codes):
            score(code, value - at / 100)
    for entry in industries().values():
        name = _plain(entry.name)
        if name == wanted:
            score(entry.code, 95.0)
        elif name.startswith(wanted):
            score(entry.code, 80.0)
        elif wanted in name:
            score(entry.code, 70.0)
        elif shared := _shared(wanted, name):
            score(entry.code, 40.0 * shared)
    order = {code: at for at, code in enumerate(industries())}
    best = sorted(scores, key=lambda code: (-scores[code], -industries()[code].level, order[code]))
    return [industries()[code] for code in best[:limit]]


def _rows(name: str) -> list[dict[str, str]]:
    text = (resources.files("layers") / "codelists" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _by_digits() -> Mapping[str, str]:
    return {entry.digits: entry.code for entry in industries().values() if entry.digits}


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split()).lower()


def _looks_like_code(wanted: str) -> bool:
    stem = wanted[1:] if wanted[:1].isascii() and wanted[:1].isalpha() else wanted
    return stem.isascii() and (stem.isdigit() or (not stem and wanted.isalpha()))


def _starts(entry: Industry, wanted: str) -> bool:
    return entry.code.startswith(wanted) or (wanted.isdigit() and entry.digits.startswith(wanted))


def _shared(wanted: str, name: str) -> float:
    """Share of the neighbouring pairs of characters of ``wanted`` that ``name`` has too; 0 below one third."""
    pairs = {wanted[at : at + 2] for at in range(len(wanted) - 1)}
    if not pairs:
        return 0.0
    share = sum(pair in name for pair in pairs) / len(pairs)
    return share if share >= 1 / 3 else 0.0

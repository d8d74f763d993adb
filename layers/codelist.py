"""The industries of GB/T 4754-2017: find a code by its digits, by its name or by what people call the trade.

Codes are text and keep their leading zeros; here each carries the letter of its section (``A0111``, ``C2614``). The
lists lie in ``codelists/``: one of codes and names, one of everyday words and the codes that they mean, and one of what
divisions and groups are called in English, in words of our own.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
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
    def english(self) -> str:
        """What it is in English, in our own words: of itself or of the entry above; empty where there are none."""
        known = glosses()
        return known.get(self.code) or known.get(self.code[:4]) or known.get(self.code[:3], "")

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


@cache
def glosses() -> Mapping[str, str]:
    """English words of divisions and groups by their code, parted by commas."""
    return MappingProxyType({row["code"]: row["english"] for row in _rows("gbt4754_2017_en.csv")})


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
    are the text, begin with it or hold it as a word, English words, words of the trade that hold it, and, where nothing
    else is found, names that share half of its characters. Among equals the finer level comes first, then the order of
    the standard.

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

    def score(codes: Iterable[str], value: float) -> None:
        for at, code in enumerate(codes):
            scores[code] = max(scores.get(code, 0.0), value - at / 100)

    asked = wanted.removesuffix("项目") or wanted
    held = _clear([word for word in everyday_words() if len(word) > 1 and _holds(asked, word, whole=True)], asked)
    for word, codes in everyday_words().items():
        if word in (wanted, asked) or (word.isascii() and _stem(word) == _stem(wanted)):
            score(codes, 100.0)
        elif word in held:
            score(codes, 60.0 + len(word))  # 年产一万吨化肥厂 holds 化肥厂; the longer the word, the surer
        elif _holds(word, asked, whole=False):
            score(codes, 50.0)
    known = bool(scores) and max(scores.values()) >= 100
    for entry in industries().values():
        name = _plain(entry.name)
        if name == wanted:
            score([entry.code], 95.0)
        elif name.startswith(wanted):
            score([entry.code], 80.0)
        elif wanted in name and (_at_border(wanted, name) if known else not _across(wanted, name)):
            score([entry.code], 70.0)
    if wanted.isascii():
        for code, gloss in glosses().items():
            if value := _meant(wanted, gloss):
                score([code], value)
                score([entry.code for entry in industries().values() if entry.level == CLASS and entry.code.startswith(code)
                       and len(code) == 4], value)  # fmt: skip
    if not scores:
        for entry in industries().values():
            score([entry.code], 40.0 * _shared(wanted, _plain(entry.name)))
        scores = {code: value for code, value in scores.items() if value > 0}
    order = {code: at for at, code in enumerate(industries())}
    best = sorted(scores, key=lambda code: (-scores[code], -industries()[code].level, order[code]))
    return [industries()[code] for code in best[:limit]]


def _clear(words: Iterable[str], text: str) -> set[str]:
    """Those of the words in a text that share no character with a longer one: 垃圾焚烧发电厂 speaks of no 电厂."""
    taken: list[tuple[int, int]] = []
    kept: set[str] = set()
    for word in sorted(words, key=lambda word: (-len(word), word)):
        at = text.find(word)
        if all(at >= stop or at + len(word) <= start for start, stop in taken):
            taken.append((at, at + len(word)))
            kept.add(word)
    return kept


def _holds(text: str, word: str, *, whole: bool) -> bool:
    """Whether a word stands in a text; of Latin letters only as a whole word or, unless ``whole``, the beginning of one."""
    if word.isascii():
        return re.search(rf"(?<![a-z0-9]){re.escape(word)}{'s?(?![a-z0-9])' if whole else ''}", text) is not None
    return word in text


@cache
def _pairs() -> Counter[str]:
    """In how many names two characters stand side by side."""
    return Counter(pair for entry in industries().values()
                   for pair in {entry.name[at : at + 2] for at in range(len(entry.name) - 1)})  # fmt: skip


def _at_border(wanted: str, name: str) -> bool:
    """Whether a text begins or ends one of the parts of a name."""
    return any(part.startswith(wanted) or part.endswith(wanted)
               for part in re.split(r"[、，,（）()及和的]|其他|制造|业$", name) if part)  # fmt: skip


def _across(wanted: str, name: str) -> bool:
    """Whether two characters stand in a name only by chance, as 风电 in 家用通风电器具: their neighbours hold them faster."""
    if len(wanted) != 2:
        return False
    at, known = name.index(wanted), _pairs()
    own = known[wanted]
    left, right = known[name[at - 1 : at + 1]] if at else 0, known[name[at + 1 : at + 3]] if at + 2 < len(name) else 0
    return left > own and right > own


def _meant(wanted: str, gloss: str) -> float:
    """How surely English words mean a gloss: 0 where one of them is not in it."""
    words = re.findall(r"[a-z]+", wanted)
    known = re.findall(r"[a-z]+", gloss.lower())
    if not words or not all(any(_stem(word) == _stem(one) for one in known) for word in words):
        return 0.0
    # A term of its own says more than a word among others, and the first term more than the last.
    terms = [re.findall(r"[a-z]+", term) for term in gloss.lower().split(",")]
    for at, term in enumerate(terms):
        if [_stem(one) for one in term] == [_stem(word) for word in words]:
            return 78.0 - min(at, 5)
    return 72.0 if _stem(known[0]) == _stem(words[0]) else 66.0


def _stem(word: str) -> str:
    for ending, instead in (("ies", "y"), ("s", "")):
        if word.endswith(ending) and len(word) > 3 and not word.endswith("ss"):
            return word.removesuffix(ending) + instead
    return word


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
    """Share of the neighbouring pairs of characters of ``wanted`` that ``name`` has too; 0 below one half."""
    pairs = {wanted[at : at + 2] for at in range(len(wanted) - 1)}
    if not pairs:
        return 0.0
    share = sum(pair in name for pair in pairs) / len(pairs)
    return share if share >= 1 / 2 else 0.0

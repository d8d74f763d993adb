"""The words that the grammar knows, from ``lexicon.toml`` beside this file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Term:
    """A kind of project in the words of a list, and what that is in the words of the rules.

    Attributes:
        codes: GB/T 4754-2017 prefixes, shown to people and, without ``condition``, tested.
        condition: In the rules' vocabulary; ``None`` for a term that means any project or an outlet.
        category: An open class such as 两高, which may follow “等” and then closes the list.
    """

    words: tuple[str, ...]
    codes: tuple[str, ...] = ()
    condition: Mapping[str, Any] | None = None
    note: str = ""
    bare: bool = False
    category: bool = False
    outlet: bool = False
    anything: bool = False


@dataclass(frozen=True, slots=True)
class WayOut:
    """An exception that the rules can express.

    Attributes:
        only_with: Attribute that the barred project must be named by for the exception to be readable.
    """

    condition: Mapping[str, Any]
    only_with: str = ""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All tables, each with a pattern that finds its longest word at a place."""

    terms: Mapping[str, Term]
    natures: Mapping[str, tuple[str, ...]]
    fuels: Mapping[str, tuple[str, ...]]
    exceptions: Mapping[str, WayOut]
    papers: tuple[str, ...]
    term_pattern: re.Pattern[str]
    nature_pattern: re.Pattern[str]
    fuel_pattern: re.Pattern[str]
    exception_pattern: re.Pattern[str]
    paper_pattern: re.Pattern[str]


def plain(text: str) -> str:
    """Text as the grammar compares it: no whitespace, half-width letters and digits, one kind of each mark."""
    squeezed = re.sub(r"[\s\u200b\ufeff]+", "", text)
    return squeezed.translate(_PLAIN)


_PLAIN = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
    | {",": "，", ";": "；", ":": "：", "(": "（", ")": "）", "／": "/", "［": "【", "］": "】", "[": "【", "]": "】", "﹑": "、"}
    | {"“": "", "”": "", "\"": "", "‘": "", "’": "", "．": "."}
)


@cache
def load_lexicon() -> Lexicon:
    """The lexicon that comes with the program."""
    data = tomllib.loads((resources.files("sanxian.access_list") / "lexicon.toml").read_text(encoding="utf-8"))
    terms: dict[str, Term] = {}
    for entry in data["term"]:
        term = Term(
            tuple(entry["words"]),
            tuple(entry.get("codes", ())),
            entry.get("condition"),
            entry.get("note", ""),
            *(entry.get(key, False) for key in ("bare", "category", "outlet", "anything")),
        )
        for word in term.words:
            terms[plain(word)] = term
    natures = {plain(word): tuple(entry["natures"]) for entry in data["nature"] for word in entry["words"]}
    fuels = {plain(word): tuple(entry["fuels"]) for entry in data["fuel"] for word in entry["words"]}
    exceptions = {
        plain(word): WayOut(entry["condition"], entry.get("only_with", ""))
        for entry in data["exception"]
        for word in entry["words"]
    }
    papers = tuple(plain(word) for entry in data["paper"] for word in entry["words"])
    return Lexicon(
        terms,
        natures,
        fuels,
        exceptions,
        papers,
        *(_longest(words) for words in (terms, natures, fuels, exceptions, papers)),
    )


def _longest(words: Any) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))))

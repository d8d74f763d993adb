"""Classes of outlets: what a table's words mean, and whether such an outlet is approved or registered."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from layers.schema import plain


@dataclass(frozen=True, slots=True)
class SubClass:
    """A second-level class, with the words of the third level under it."""

    name: str
    title: Mapping[str, str]
    letters: str
    subs: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutletClass:
    """A first-level class.

    Attributes:
        regime: ``approval`` or ``registration``.
    """

    name: str
    title: Mapping[str, str]
    regime: str
    subs: tuple[SubClass, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Classified:
    """What the words of a record come to.

    Attributes:
        kind: First level; ``None`` where the word is missing or unknown.
        sub: Second level, likewise.
        problems: ``kind-unknown``, ``subkind-unknown``, ``subkind-elsewhere`` (it belongs to another class).
    """

    kind: str | None
    sub: str | None
    problems: tuple[str, ...] = ()


@cache
def classes() -> tuple[OutletClass, ...]:
    """The four classes, in order."""
    data = tomllib.loads((files("sanxian.outlets") / "classes.toml").read_text(encoding="utf-8"))
    found = []
    for entry in data["class"]:
        subs = tuple(
            SubClass(
                sub["name"], {"zh": sub["zh"], "en": sub["en"]}, sub["letters"], tuple(sub.get("subs", ())),
                (sub["zh"], *sub.get("aliases", ())),
            )
            for sub in entry["sub"]
        )  # fmt: skip
        words = (entry["title"]["zh"], *entry.get("aliases", ()))
        found.append(OutletClass(entry["name"], dict(entry["title"]), entry["regime"], subs, words))
    return tuple(found)


def find_class(name: str | None) -> OutletClass | None:
    """The first-level class called ``name``, by identifier."""
    return next((item for item in classes() if item.name == name), None)


def find_sub(name: str | None) -> SubClass | None:
    """The second-level class called ``name``, by identifier."""
    return next((sub for item in classes() for sub in item.subs if sub.name == name), None)


def classify(kind: str | None, subkind: str | None = None) -> Classified:
    """Read the words of the first and second level. A word that is not known stays unknown; nothing is put in its place."""
    problems = []
    first = next((item for item in classes() if kind and _key(kind) in map(_key, item.words)), None)
    if kind and first is None:
        problems.append("kind-unknown")
    second = None
    if subkind:
        inside = [sub for sub in (first.subs if first else ()) if _names(sub, subkind)]
        elsewhere = [sub for item in classes() for sub in item.subs if _names(sub, subkind)]
        if inside:
            second = inside[0]
        elif elsewhere and first is not None:
            second = elsewhere[0]
            problems.append("subkind-elsewhere")
        elif elsewhere:
            second = elsewhere[0]
        else:
            problems.append("subkind-unknown")
    if first is None and not kind and second is not None:
        first = next(item for item in classes() if second in item.subs)
    return Classified(first.name if first else None, second.name if second else None, tuple(problems))


def _names(sub: SubClass, word: str) -> bool:
    return _key(word) in {_key(item) for item in (*sub.words, *sub.subs)}


def _key(word: str) -> str:
    return re.sub(r"(排污口|排口|散排口)$", "", plain(word)) or plain(word)

"""Screenings as data in a file, to be had again as they were.

Every digit is kept, unlike in the record, which is rounded for people. What is read is built from the types of the result
alone: a file that somebody was sent can say nothing but a result, or nothing.
"""

from __future__ import annotations

import base64
import json
import lzma
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from layers.issues import Issue
from rules.model import Clause
from sanxian.errors import TellingError
from sanxian.i18n import N_
from sanxian.overrides import AppliedOverride
from sanxian.rasters import RasterMeasure
from sanxian.result import ProjectResult, Screening

FORMAT = 1
MOST_BYTES, MOST_MEMORY = 512 << 20, 64 << 20  # of what is unpacked, and taken to unpack it
_LEFT_OUT = {Clause: ("project", "reading")}  # what a clause was judged by, which the rules have and no result is asked for
_NAMES = {"BaseGeometry": BaseGeometry, "AppliedOverride": AppliedOverride, "RasterMeasure": RasterMeasure, "Issue": Issue}
_TUPLE, _DAY = "__tuple__", "__day__"


class KeptError(TellingError, ValueError):
    """What was kept cannot be read."""


def pack(judged: Sequence[tuple[Any, ProjectResult, Screening]]) -> str:
    """Projects, each with a plain JSON value to know it by and the screening that it is of, as text."""
    writer = _Writer()
    screenings: dict[int, int] = {}
    made: list[Any] = []
    rows = []
    for key, result, screening in judged:
        if id(screening) not in screenings:
            screenings[id(screening)] = len(made)
            made.append(writer.fields(screening, leave=("projects",)))
        rows.append([key, screenings[id(screening)], writer.value(result)])
    # A line each: who waits for the interpreter gets it between them.
    lines = [json.dumps(one, separators=(",", ":")) for one in (*writer.things, {"screenings": made, "rows": rows})]
    raw = "\n".join(lines).encode("ascii")
    return base64.b85encode(lzma.compress(raw, preset=1)).decode("ascii")


def unpack(text: str) -> list[tuple[Any, ProjectResult, Screening]]:
    """What :func:`pack` was given; of each screening ``projects`` are those that were kept.

    Raises:
        KeptError: It is something else, or of another program.
    """
    try:
        packed = lzma.LZMADecompressor(memlimit=MOST_MEMORY)
        raw = packed.decompress(base64.b85decode(text), MOST_BYTES)
        if not packed.eof:
            raise ValueError("incomplete or too large")
        *things, content = (json.loads(line) for line in raw.split(b"\n"))
        reader = _Reader(things)
        rows = [(key, _place(place), reader.value(result, ProjectResult)) for key, place, result in content["rows"]]
        screenings = []
        for number, one in enumerate(content["screenings"]):
            mine = tuple(result for _key, place, result in rows if place == number)
            screenings.append(reader.made(Screening, {**one, "projects": mine}, known=("projects",)))
        return [(key, result, screenings[place]) for key, place, result in rows]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, lzma.LZMAError, shapely.errors.ShapelyError) as error:
        raise KeptError(N_("保存的研判结论读不出来：{why}"), why=error) from error


@cache
def _shape(cls: type) -> dict[str, tuple[Any, Any]]:
    """Fields of a dataclass: the type and the default of each."""
    hints = typing.get_type_hints(cls, localns=_NAMES)
    found: dict[str, tuple[Any, Any]] = {}
    for one in fields(cls):
        if one.name not in _LEFT_OUT.get(cls, ()):
            default = one.default_factory() if one.default_factory is not MISSING else one.default
            found[one.name] = hints[one.name], default
    return found


class _Writer:
    """Writes each object once; where it comes again stands its number."""

    def __init__(self) -> None:
        self.things: list[Any] = []
        self._known: dict[int, tuple[int, Any]] = {}  # with the object, which so keeps its identity to itself

    def value(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, StrEnum):
            return value.value
        if isinstance(value, str):
            return value
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, BaseGeometry):
            return shapely.to_wkb(value).hex()
        known = self._known.get(id(value))
        if known is None:
            made = {str(key): self.value(item) for key, item in value.items()} if isinstance(value, Mapping) else self.fields(value)
            self.things.append(made)
            self._known[id(value)] = known = len(self.things) - 1, value
        return known[0]

    def fields(self, value: Any, leave: Sequence[str] = ()) -> dict[str, Any]:
        if not is_dataclass(value):
            raise TypeError(type(value).__name__)
        found = {}
        for name, (hint, default) in _shape(type(value)).items():
            item = getattr(value, name)
            if name not in leave and (default is MISSING or item is not default and item != default):
                found[name] = _plain(item) if _is_any(hint) else self.value(item)
        return found


class _Reader:
    def __init__(self, things: list[Any]) -> None:
        self._things = things
        self._made: dict[tuple[int, Any], Any] = {}

    def value(self, value: Any, hint: Any) -> Any:
        origin, inner = typing.get_origin(hint), typing.get_args(hint)
        if origin in (types.UnionType, typing.Union):
            if value is None:
                return None
            (hint,) = [one for one in inner if one is not type(None)]
            return self.value(value, hint)
        if _is_any(hint):
            return _unplain(value)
        if origin is tuple:
            if len(inner) == 2 and inner[1] is Ellipsis:
                return tuple(self.value(item, inner[0]) for item in _of(value, list))
            return tuple(self.value(item, one) for item, one in zip(value, inner, strict=True))
        if origin is not None and issubclass(origin, Mapping) or is_dataclass(hint):
            number = _place(value)
            if (number, hint) not in self._made:
                row = _of(self._things[number], dict)
                self._made[number, hint] = (self.made(hint, row) if is_dataclass(hint) else
                                            {key: self.value(item, inner[1]) for key, item in row.items()})
            return self._made[number, hint]
        if issubclass(hint, StrEnum):
            return hint(value)
        if hint is date:
            return date.fromisoformat(value)
        if hint is BaseGeometry:
            return shapely.from_wkb(bytes.fromhex(value))
        if hint is float and type(value) is int:
            return value  # as it was: a whole number written without a point
        return _of(value, hint)

    def made(self, cls: Any, row: Mapping[str, Any], known: Sequence[str] = ()) -> Any:
        shape = _shape(cls)
        if unknown := set(row) - set(shape):
            raise KeyError(", ".join(sorted(unknown)))
        return cls(**{name: item if name in known else self.value(item, shape[name][0]) for name, item in row.items()})


def _is_any(hint: Any) -> bool:
    """Whether values of any kind stand there, or under any key."""
    return hint is Any or typing.get_origin(hint) is not None and Any in typing.get_args(hint)


def _of(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{type(value).__name__}, not {kind.__name__}")
    return value


def _place(value: Any) -> int:
    if _of(value, int) < 0:  # which would count from the end
        raise IndexError(value)
    return value


def _plain(value: Any) -> Any:
    """A value of any kind, with what JSON has no word for said in another way."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, tuple):
        return {_TUPLE: [_plain(item) for item in value]}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("keys")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, date):
        return {_DAY: value.isoformat()}
    raise TypeError(type(value).__name__)


def _unplain(value: Any) -> Any:
    if isinstance(value, list):
        return [_unplain(item) for item in value]
    if isinstance(value, dict):
        if set(value) == {_TUPLE}:
            return tuple(_unplain(item) for item in value[_TUPLE])
        return date.fromisoformat(value[_DAY]) if set(value) == {_DAY} else {key: _unplain(item) for key, item in value.items()}
    return value

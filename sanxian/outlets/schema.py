"""The fields of one outlet's file, in groups, read from ``schema.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType

from layers.schema import plain, plain_header


@dataclass(frozen=True, slots=True)
class FileField:
    """One field of the file.

    Attributes:
        kind: text, code, number, bool, date, list (several values in one cell) or reading (a result of a measurement: a
            number, or text such as ``<0.05`` where it lies below detection).
        need: When a file without it is incomplete: always, discharging, remedy, or empty for never.
    """

    name: str
    group: str
    title: Mapping[str, str]
    kind: str
    need: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together on the sheet."""

    name: str
    title: Mapping[str, str]
    fields: tuple[FileField, ...]


@dataclass(frozen=True, slots=True)
class PlaceColumns:
    """Columns that hold a further place of the same outlet."""

    name: str
    lon: tuple[str, ...]
    lat: tuple[str, ...]


@cache
def groups() -> tuple[Group, ...]:
    """Every group in the order of the sheet."""
    found = []
    for group in _file()["group"]:
        fields = tuple(
            FileField(
                entry["name"], group["name"], MappingProxyType({"zh": entry["zh"], "en": entry["en"]}), entry["kind"],
                entry.get("need", ""), tuple(entry.get("aliases", ())),
            )
            for entry in group["field"]
        )  # fmt: skip
        found.append(Group(group["name"], MappingProxyType(dict(group["title"])), fields))
    return tuple(found)


@cache
def fields() -> Mapping[str, FileField]:
    """Every field by name."""
    return MappingProxyType({field.name: field for group in groups() for field in group.fields})


@cache
def place_columns() -> tuple[PlaceColumns, ...]:
    """The pairs of columns with further places."""
    return tuple(PlaceColumns(item["name"], tuple(item["lon"]), tuple(item["lat"])) for item in _file()["place"])


@cache
def headers() -> Mapping[str, str]:
    """Which field a header means, by the header as it is compared."""
    found: dict[str, str] = {}
    for field in fields().values():
        for word in (field.name, field.title["zh"], *field.aliases):
            found.setdefault(plain(word), field.name)
    return MappingProxyType(found)


@lru_cache(maxsize=4096)
def field_of(header: str) -> str | None:
    """The field that a column's header means, or ``None``."""
    return headers().get(plain(header)) or headers().get(plain_header(header))


@cache
def _file() -> dict:
    return tomllib.loads((files("sanxian.outlets") / "schema.toml").read_text(encoding="utf-8"))

"""What a file geodatabase says of itself beside its rows: datasets, and the names that people gave to layers and fields."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import pyogrio


@dataclass(frozen=True, slots=True)
class Item:
    """One layer.

    Attributes:
        dataset: The feature dataset that it lies in; ``None`` where it stands alone.
        alias: What it is called for people, where that is not its name.
        titles: What its fields are called for people, by name, where that is not their name.
    """

    dataset: str | None = None
    alias: str | None = None
    titles: dict[str, str] = field(default_factory=dict)


def items(path: Path) -> dict[str, Item]:
    """Every layer of the geodatabase by name; empty where its catalogue cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = pyogrio.read_dataframe(path, layer="GDB_Items", read_geometry=False, columns=["Name", "Path", "Definition"])
    except (RuntimeError, ValueError, OSError, KeyError):
        return {}
    found: dict[str, Item] = {}
    for name, place, definition in zip(table["Name"], table["Path"], table["Definition"], strict=True):
        if not isinstance(name, str) or not name or not isinstance(definition, str):
            continue
        parts = [part for part in str(place or "").split("\\") if part]
        alias, titles = _named(definition)
        found[name] = Item(parts[-2] if len(parts) > 1 else None, alias if alias != name else None, titles)
    return found


def _named(definition: str) -> tuple[str | None, dict[str, str]]:
    try:
        root = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", definition))
    except ElementTree.ParseError:
        return None, {}
    titles = {}
    for info in root.iter("GPFieldInfoEx"):
        name, alias = (info.findtext("Name") or "").strip(), (info.findtext("AliasName") or "").strip()
        if name and alias and alias != name:
            titles[name] = alias
    return (root.findtext("AliasName") or "").strip() or None, titles

"""The names of a KML file's free attributes (``<Data name="…">``), which GDAL does not hand on as they are.

It writes an underscore for every byte that is no ASCII letter, digit or underscore, takes no notice of case, and puts what
then has one name into one column without a word: of 行业代码, 项目名称 and 项目编号 one is left. Where other attributes of the
layer have a ``<Schema>``, it leaves the free ones out. In a copy such names are plain ones that the schema knows, and after
reading the columns get the names of the file again. Attributes with a schema keep their names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

import geopandas
import pandas as pd

from layers import scratch
from layers.values import is_missing

_KEPT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)  # a name that GDAL leaves as it is
_ATTRIBUTE = re.compile(rb"""(?:<[^\s/>"']+)?\s+([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*')""")

_TAG_END = re.compile(rb"(?:<[^\s/>]+)?\s*>")


def readable(path: Path, stack: ExitStack) -> tuple[Path, dict[str, str]]:
    """A KML file in UTF-8 as it is, or a copy whose free attributes have names that GDAL keeps.

    Returns:
        The file to read, and the names of the file by those in the copy, for ``named``; any other file as it is.
    """
    if path.suffix.lower() != ".kml":
        return path, {}
    data = path.read_bytes()
    if b"Data" not in data:
        return path, {}
    found = _found(data)
    plain = _plain([name for _at, name in found.data], found.typed)
    edits = [edit for at, name in found.data if name in plain for edit in _renamed(data, at, plain[name])]
    edits += [edit for at, prefix in found.prefixed for edit in _bare(data, at, prefix)]
    free = [name for name in dict.fromkeys(plain.get(name, name) for _at, name in found.data) if name not in found.typed]
    edits += [edit for at, prefix in found.schemas if free for edit in _announced(data, at, prefix, free)]
    if not edits:
        return path, {}
    pieces, done = [], 0
    for start, end, text in sorted(edits):
        pieces += [data[done:start], text]
        done = end
    copy = Path(stack.enter_context(scratch.temporary())) / path.name
    copy.write_bytes(b"".join([*pieces, data[done:]]))
    return copy, {other: name for name, other in plain.items()}


def named(frame: Any, names: Mapping[str, str]) -> Any:
    """``frame`` as it was read from a copy, with the names of the file.

    Where a column has that name already, as one with a schema has, the cells go into it if nothing there says otherwise.
    No two columns differ in case only, as no table of a workspace may have such.
    """
    if not names:
        return frame
    columns: dict[str, str] = {}
    taken = {str(column).lower(): str(column) for column in frame.columns if str(column) not in names}
    data = frame.copy()
    for column in map(str, frame.columns):
        if column not in names:
            continue
        name = names[column]
        other = taken.get(name.lower())
        if other == name and other in data.columns and _merged(data, other, column):
            continue
        while name.lower() in taken:
            name += "_"
        taken[name.lower()] = name
        columns[column] = name
    data = data.rename(columns=columns)
    return geopandas.GeoDataFrame(data, geometry=frame.geometry.name) if isinstance(frame, geopandas.GeoDataFrame) else data


def _merged(data: pd.DataFrame, kept: str, other: str) -> bool:
    """Whether the cells of one column could be put into another; where they could, they are, and it is gone."""
    ours, theirs = list(data[kept]), list(data[other])
    if any(not is_missing(one) and not is_missing(two) and str(one) != str(two) for one, two in zip(ours, theirs, strict=True)):
        return False
    cells = [two if is_missing(one) else one for one, two in zip(ours, theirs, strict=True)]
    data[kept] = pd.Series(cells, index=data.index, dtype=object)
    del data[other]
    return True


@dataclass
class _Found:
    """What a KML file holds.

    Attributes:
        data: Where each ``Data`` begins, and its name.
        schemas: Where each ``Schema`` begins, and its prefix as it will be, with a colon.
        typed: Names of attributes with a schema.
        prefixed: Where tags begin or end whose prefix means KML in a file that has it for its default, in which GDAL does
            not see them.
    """

    data: list[tuple[int, str]] = field(default_factory=list)
    schemas: list[tuple[int, str]] = field(default_factory=list)
    typed: set[str] = field(default_factory=set)
    prefixed: list[tuple[int, str]] = field(default_factory=list)


def _found(data: bytes) -> _Found:
    """By a parser of XML, to which a comment, CDATA and an entity are what they are."""
    found = _Found()
    spaces: dict[str, str] = {}
    root: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        prefix, _, local = tag.rpartition(":")
        if not root:
            root.append(prefix)
        for key in attributes:
            if key.startswith("xmlns"):
                spaces[key[6:]] = attributes[key]
        if prefix and not root[0]:
            found.prefixed.append((parser.CurrentByteIndex, prefix))
        if local == "Data" and attributes.get("name", "").strip():
            found.data.append((parser.CurrentByteIndex, attributes["name"]))
        elif local == "Schema":
            found.schemas.append((parser.CurrentByteIndex, f"{prefix}:" if root[0] else ""))
        elif local in ("SimpleField", "SimpleData") and "name" in attributes:
            found.typed.add(attributes["name"])

    def end(tag: str) -> None:
        if ":" in tag and not root[0]:
            found.prefixed.append((parser.CurrentByteIndex, tag.rpartition(":")[0]))

    parser = expat.ParserCreate("utf-8")  # whatever it says of itself: it has been turned into that
    parser.StartElementHandler, parser.EndElementHandler = start, end
    with suppress(expat.ExpatError):  # reading it says what is wrong
        parser.Parse(data, True)
    ours = spaces.get("", "http://www.opengis.net/kml/2.2")
    found.prefixed = [(at, prefix) for at, prefix in found.prefixed if spaces.get(prefix) == ours]
    return found


def _plain(names: Sequence[str], others: set[str]) -> dict[str, str]:
    """A plain name for every one that GDAL would not keep, or would take for another."""
    every = dict.fromkeys(names)
    begin = "d_"
    while any(name.lower().startswith(begin) for name in (*every, *others)):
        begin = f"d{begin}"
    first: dict[str, str] = {}
    for name in every:
        if _KEPT.fullmatch(name):
            first.setdefault(name.lower(), name)
    changed = [name for name in every if first.get(name.lower()) != name]
    return {name: f"{begin}{number}" for number, name in enumerate(changed, 1)}


def _renamed(data: bytes, at: int, name: str) -> list[tuple[int, int, bytes]]:
    """The edit that gives the tag at ``at`` another name."""
    while found := _ATTRIBUTE.match(data, at):
        if found[1] == b"name":
            return [(found.start(2), found.end(2), f'"{name}"'.encode())]
        at = found.end()
    return []


def _announced(data: bytes, at: int, prefix: str, names: Sequence[str]) -> list[tuple[int, int, bytes]]:
    """The edit that makes free attributes known to the schema at ``at``."""
    while found := _ATTRIBUTE.match(data, at):
        at = found.end()
    end = _TAG_END.match(data, at)
    text = "".join(f'<{prefix}SimpleField name="{name}" type="string"/>' for name in names)
    return [(end.end(), end.end(), text.encode())] if end else []


def _bare(data: bytes, at: int, prefix: str) -> list[tuple[int, int, bytes]]:
    """The edit that takes the prefix off the tag at ``at``."""
    begin = at + (2 if data[at : at + 2] == b"</" else 1)
    mark = f"{prefix}:".encode()
    return [(begin, begin + len(mark), b"")] if data.startswith(mark, begin) else []

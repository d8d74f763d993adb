"""The attributes of a KML file, as they stand there.

GDAL does not hand them on so: in names of free ones (``<Data name="…">``) it writes an underscore for every byte that is no ASCII
letter, digit or underscore, takes no notice of case, and puts what then has one name into one column; beside attributes with a
``<Schema>`` it leaves the free ones out; of a number or a yes or no with a schema it makes 0 where nothing or a word stands there
(是 is then "no"), and 311 of 0311; of two cells of one name it takes the last, of two sets with a schema the first. So it reads a
copy in which each place only bears its number, and gets what stood there afterwards.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

import geopandas
import pandas as pd

from layers import scratch
from layers.issues import Issue
from layers.values import is_missing

_NUMBER = "sanxian_place"
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,14})", re.ASCII)
_TRUTHS = {"1": True, "true": True, "0": False, "false": False}
_KINDS = {"int": "whole", "uint": "whole", "short": "whole", "ushort": "whole", "float": "decimal", "double": "decimal", "bool": "truth"}


@dataclass
class Attributes:
    """What the places of a file say of themselves.

    Attributes:
        names: Of all attributes, those with a schema first, as they stand in the file.
        kinds: whole, decimal or truth, of those whose schema says so.
        cells: Of each place, by its number from 0, what it says by name.
        twice: Names that a place bears more than once with different cells, and these; by the place's number.
    """

    names: dict[str, None] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    cells: list[dict[str, str]] = field(default_factory=list)
    twice: dict[int, dict[str, list[str]]] = field(default_factory=dict)

    def fill(self, frame: Any) -> tuple[Any, list[Issue]]:
        """``frame`` as GDAL has read it from the copy, with the attributes of the file.

        An attribute counts before what else GDAL calls so (the name of the place). No two columns differ in case only, as no table of
        a workspace may have such.

        Returns:
            The frame, and what it says twice: such a cell is unknown.
        """
        if _NUMBER not in frame:
            return frame, []
        places = [None if is_missing(one) else int(one) for one in frame[_NUMBER]]
        data = frame.drop(columns=_NUMBER)
        others = {str(column).lower(): str(column) for column in data.columns if column != _geometry(frame)}
        taken = {str(column).lower() for column in data.columns}
        for name in self.names:
            cells = [None if place is None else self.cells[place].get(name) for place in places]
            title, other = name, others.pop(name.lower(), None)
            if other is not None:
                kept = [two if is_missing(one) else one for one, two in zip(cells, data[other], strict=True)]
                data = data.rename(columns={other: title})
                data[title] = pd.Series(kept, index=data.index, dtype=object)
                continue
            while title.lower() in taken:
                title += "_"
            taken.add(title.lower())
            data[title] = _typed(cells, self.kinds.get(name, ""), data.index)
        issues = [
            Issue("attribute-twice", row, name, "warning", {"values": "、".join(dict.fromkeys(values))})
            for row, place in enumerate(places, 1) if place is not None for name, values in self.twice.get(place, {}).items()
        ]  # fmt: skip
        return geopandas.GeoDataFrame(data, geometry=_geometry(frame)) if isinstance(frame, geopandas.GeoDataFrame) else data, issues


def readable(path: Path, stack: ExitStack) -> tuple[Path, Attributes]:
    """A KML file in UTF-8 as it is, or a copy without attributes.

    Returns:
        The file to read, and the attributes to put in afterwards; any other file as it is.
    """
    if path.suffix.lower() != ".kml":
        return path, Attributes()
    data = path.read_bytes()
    if b"Data" not in data:
        return path, Attributes()
    found = _Reader(data)
    if not found.edits:
        return path, Attributes()
    pieces, done = [], 0
    for start, end, text in sorted(found.edits):
        if start >= done:  # else within what has been taken out
            pieces += [data[done:start], text]
            done = end
    copy = Path(stack.enter_context(scratch.temporary())) / path.name
    copy.write_bytes(b"".join([*pieces, data[done:]]))
    return copy, found.attributes


def _geometry(frame: Any) -> str | None:
    return str(frame.geometry.name) if isinstance(frame, geopandas.GeoDataFrame) else None


def _typed(cells: list[str | None], kind: str, index: pd.Index) -> pd.Series:
    """A column of the kind that its schema says, where every cell is of it; else of text, so that what stands there is seen."""
    there = [one.strip() for one in cells if one is not None]
    if kind == "whole" and there and all(map(_WHOLE.fullmatch, there)):
        whole = [None if one is None else int(one) for one in cells]
        return pd.Series(whole, index=index, dtype="float64" if None in whole else "int64")
    if kind == "decimal" and there:
        with suppress(ValueError):
            decimal = [math.nan if one is None else float(one) for one in cells]
            if all(math.isfinite(float(one)) for one in there):
                return pd.Series(decimal, index=index, dtype="float64")
    if kind == "truth" and there and all(one.lower() in _TRUTHS for one in there):
        return pd.Series([None if one is None else _TRUTHS[one.strip().lower()] for one in cells], index=index, dtype=object)
    return pd.Series(cells, index=index, dtype=object)


class _Reader:
    """Goes through a file once, by a parser of XML, to which a comment, CDATA and an entity are what they are.

    Attributes:
        attributes: Of all places.
        edits: Where bytes of the file begin and end that are others in the copy, and these.
    """

    def __init__(self, data: bytes) -> None:
        self.attributes = Attributes()
        self.edits: list[tuple[int, int, bytes]] = []
        self._data = data
        self._spaces: dict[str, str] = {}
        self._root: str | None = None
        self._prefixed: list[tuple[int, str]] = []  # tags under a prefix for the default namespace, which GDAL does not see
        self._inside: list[str] = []
        self._begin = self._schema = -1
        self._said: dict[str, list[str]] = {}
        self._name: str | None = None
        self._text: list[str] | None = None
        self._fields: dict[str, set[str]] = {}
        self._free: dict[str, None] = {}
        self._parser = expat.ParserCreate("utf-8")  # whatever it says of itself: it has been turned into that
        self._parser.buffer_text = True
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        self._parser.CharacterDataHandler = self._characters
        with suppress(expat.ExpatError):  # reading it says what is wrong
            self._parser.Parse(data, True)
        found = self.attributes
        found.names = dict.fromkeys([*self._fields, *self._free])
        found.kinds = {name: kinds.pop() for name, kinds in self._fields.items() if len(kinds) == 1 and "" not in kinds}
        ours = self._spaces.get("", "http://www.opengis.net/kml/2.2")
        self.edits += [edit for at, prefix in self._prefixed if self._spaces.get(prefix) == ours for edit in _bare(data, at, prefix)]

    def _start(self, tag: str, said: Mapping[str, str]) -> None:
        prefix, _, local = tag.rpartition(":")
        if self._root is None:
            self._root = prefix
        self._spaces |= {key[6:]: value for key, value in said.items() if key.startswith("xmlns")}
        at = self._parser.CurrentByteIndex
        if prefix and not self._root:
            self._prefixed.append((at, prefix))
        if local == "Schema":
            self._schema = at if "parent" not in said else -1  # of the first versions of KML, whose places are elements of that name
        elif local == "SimpleField" and "name" in said:
            self._fields.setdefault(said["name"], set()).add(_KINDS.get(said.get("type", ""), ""))
        elif local == "ExtendedData" and self._inside and self._inside[-1] == "Placemark":
            self._begin, self._said = at, {}
        elif self._begin >= 0 and local in ("Data", "SimpleData"):
            self._name = said.get("name", "")
            if self._name.strip():
                self._free[self._name] = None
            self._text = [] if local == "SimpleData" else None
        elif self._name is not None and local == "value":
            self._text = []
        self._inside.append(local)

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        prefix, _, local = tag.rpartition(":")
        self._inside.pop()
        if prefix and not self._root:
            self._prefixed.append((self._parser.CurrentByteIndex, prefix))
        if local == "Schema":
            if self._schema >= 0:
                self.edits.append((self._schema, self._after(tag), b""))
        elif self._name is not None and local in ("Data", "SimpleData", "value"):
            if self._text is not None and self._name.strip():
                self._said.setdefault(self._name, []).append("".join(self._text))
            self._text = None
            if local != "value":
                self._name = None
        elif local == "ExtendedData" and self._begin >= 0 and self._inside and self._inside[-1] == "Placemark":
            self._place(self._after(tag))

    def _after(self, tag: str) -> int:
        """Where an element has ended; of one without content, the parser is behind it already."""
        at = self._parser.CurrentByteIndex
        return self._data.index(b">", at) + 1 if self._data.startswith(f"</{tag}".encode(), at) else at

    def _place(self, end: int) -> None:
        found, mark = self.attributes, f"{self._root}:" if self._root else ""
        number, cells = len(found.cells), dict[str, str]()
        for name, said in self._said.items():
            there = dict.fromkeys(text for text in said if text.strip())
            if len(there) > 1:
                found.twice.setdefault(number, {})[name] = list(there)
            elif there:
                cells[name] = next(iter(there))
        found.cells.append(cells)
        text = f'<{mark}ExtendedData><{mark}Data name="{_NUMBER}"><{mark}value>{number}</{mark}value></{mark}Data></{mark}ExtendedData>'
        self.edits.append((self._begin, end, text.encode()))
        self._begin = -1


def _bare(data: bytes, at: int, prefix: str) -> list[tuple[int, int, bytes]]:
    """The edit that takes the prefix off the tag at ``at``."""
    begin = at + (2 if data[at : at + 2] == b"</" else 1)
    mark = f"{prefix}:".encode()
    return [(begin, begin + len(mark), b"")] if data.startswith(mark, begin) else []

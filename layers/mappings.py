"""Which of a source's columns mean what, and what its words mean: decided once by a person, used the next time.

A source is known by its columns and by the pattern of its name: ``2023/单元_九江.shp`` and ``2024/单元_九江.shp`` with the
same columns are the same source, delivered twice. Nothing of this is applied in silence: reading gives an issue
``mapping-used``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from layers.schema import plain


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """How a person has said that a source is to be read.

    Attributes:
        role: Of the layer; ``project_site`` for projects.
        fields: The file's names by ours.
        values: By our field: what the file writes, and which of our values that is.
        encoding: Chosen by hand; ``None`` where the evidence was good enough.
        crs: Chosen by hand the last time. Never applied by itself: it is offered where one has to be chosen again.
        pattern: Of the source's folder and name, to show and to find the encoding by.
    """

    role: str
    fields: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    encoding: str | None = None
    crs: str | None = None
    pattern: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "role": self.role, "fields": dict(self.fields),
            "values": {name: dict(words) for name, words in self.values.items()},
            "encoding": self.encoding, "crs": self.crs, "pattern": self.pattern,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> SourceMapping:
        """Back from ``to_dict``; keys that are not there are empty."""
        return cls(
            str(stored.get("role", "")), dict(stored.get("fields") or {}),
            {name: dict(words) for name, words in (stored.get("values") or {}).items()},
            stored.get("encoding"), stored.get("crs"), str(stored.get("pattern", "")),
        )  # fmt: skip

    def over(self, former: SourceMapping | None) -> SourceMapping:
        """This mapping, and where it says nothing the former one."""
        if former is None:
            return self
        values = {name: {**former.values.get(name, {}), **self.values.get(name, {})}
                  for name in (*former.values, *self.values)}  # fmt: skip
        fields = {ours: theirs for ours, theirs in former.fields.items() if theirs not in self.fields.values()}
        return SourceMapping(
            self.role, {**fields, **self.fields}, values, self.encoding or former.encoding, self.crs or former.crs,
            self.pattern or former.pattern,
        )  # fmt: skip

    def __bool__(self) -> bool:
        return bool(self.fields or self.values or self.encoding or self.crs)


class Store(Protocol):
    """Where mappings are kept, such as a workspace."""

    def mapping_for(self, signature: str, role: str) -> SourceMapping | None:
        """The mapping of a source, or ``None``."""
        ...

    def encoding_for(self, pattern: str, role: str) -> str | None:
        """The encoding that was chosen by hand for sources of this name, or ``None``."""
        ...


def pattern(path: Path | str) -> str:
    """A source's folder and name with every number as ``#``: what stays the same from one delivery to the next."""
    path = Path(path)
    text = f"{path.parent.name}/{path.stem}" if path.parent.name else path.stem
    return re.sub(r"\d+", "#", plain(text)) + path.suffix.lower()


def signature(path: Path | str, columns: Iterable[str]) -> str:
    """What a source is known by: its columns, in any order, and the pattern of its name. 16 letters."""
    what = [pattern(path), *sorted(plain(str(column)) for column in columns)]
    return hashlib.sha256(json.dumps(what, ensure_ascii=False).encode()).hexdigest()[:16]


def mapped(value: Any, words: Mapping[str, str]) -> Any:
    """What ``value`` stands for by ``words`` (keys as ``plain`` writes them), else ``value`` itself."""
    if not words or value is None:
        return value
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return words.get(plain(text), value)

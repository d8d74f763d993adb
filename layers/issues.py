"""Doubts about a file, as codes and values: words are added where they are shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Issue:
    """Something about a file that a person should look at.

    Attributes:
        code: What is wrong, such as ``geometry-repaired``.
        row: Position of the feature in the file, from 1; for a table the row number that a spreadsheet shows.
            ``None`` for the whole file.
        field: The field that it concerns, under this program's name or the file's own; ``None`` for the geometry.
        severity: error (something was left out or cannot be relied on), warning or info.
        values: What varies; plain JSON values.
    """

    code: str
    row: int | None = None
    field: str | None = None
    severity: str = "warning"
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)

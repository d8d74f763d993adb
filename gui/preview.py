"""What a file begins with, as an import dialog shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preview:
    """The beginning of a file.

    Attributes:
        layers: Names of the layers in it, with how many features each has.
        rows: The first features or rows, as text.
    """

    layers: tuple[tuple[str, int | None], ...]
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    geometry: str = ""
    crs: str = ""
    encoding: str = ""

"""Finding a place by what people call it: a coordinate, a unit's code, a county, an outlet, a project. Knows no Qt."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gui.coordinates import CoordinateError, parse, zone_crs

LIMIT = 60
COLUMNS = ("code", "name")


@dataclass(frozen=True)
class Place:
    """Something that the map can go to.

    Attributes:
        kind: ``coordinate``, ``site`` or ``feature``.
        key: Layer key or project id; the CRS of a coordinate.
        label: What people call it.
        row: Row of the feature in its layer.
        xy: The coordinate, x east.
    """

    kind: str
    key: str
    label: str
    row: int = -1
    xy: tuple[float, float] | None = None


def coordinates(text: str, epsg: int) -> list[Place]:
    """Every coordinate that a text can mean: none, one, or those that a person has to choose from.

    Degrees in any spelling; metres of a CGCS2000 zone of 3 or 6 degrees, north first as surveyors write it or east first,
    in the zone of their prefix or, without one, in that of the map; what can be Web Mercator besides.

    Args:
        epsg: CRS of the map.
    """
    found: dict[Place, None] = {}  # in this order, each once
    try:
        point = parse(text, "lonlat")
        if len(point.points) == 1:
            found[Place("coordinate", "EPSG:4490", "", xy=point.points[0])] = None
    except CoordinateError:
        pass
    for north_first in (True, False):
        try:
            point = parse(text, "gauss", north_first=north_first, six=True)
        except CoordinateError:
            continue
        if len(point.points) != 1:
            continue
        if point.zone is not None:
            found[Place("coordinate", zone_crs(point.zone), "", xy=point.points[0])] = None
            try:
                parse(text, "gauss", north_first=north_first)
            except CoordinateError:
                found[Place("coordinate", "EPSG:3857", "", xy=point.points[0])] = None
        elif 4502 <= epsg <= 4512 or 4534 <= epsg <= 4554:  # metres without a zone mean nothing on a map in degrees
            found[Place("coordinate", f"EPSG:{epsg}", "", xy=point.points[0])] = None
    return list(found)


class Index:
    """Names and codes of layers, searched as one long text each: 60,000 outlets answer within a keystroke."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Any, list[tuple[str, list[int]]]]] = {}

    def knows(self, layer: Any) -> bool:
        """Whether the features of this layer are in the index as they are now."""
        return layer.key in self._known and self._known[layer.key][0] is layer.frame

    def learn(self, layer: Any) -> None:
        """Take in the names and codes of a layer (``gui.session.LayerView`` with features)."""
        texts = []
        for column in COLUMNS:
            if column not in layer.frame.columns:
                continue
            values = ["" if value is None or value != value else str(value).replace("\n", " ").lower()
                      for value in layer.frame[column].tolist()]
            starts, at = [], 0
            for value in values:
                starts.append(at)
                at += len(value) + 1
            texts.append(("\n".join(values), starts))
        self._known[layer.key] = (layer.frame, texts)

    def search(self, layers: Iterable[Any], text: str, limit: int = LIMIT) -> list[Place]:
        """What is called so, the exact first, then what begins with it, then what has it somewhere."""
        asked = " ".join(text.lower().split())  # a line end would match the one between two names
        if not asked:
            return []
        found: list[tuple[int, int, int, Place]] = []
        for order, layer in enumerate(layers):
            if layer.frame is None or not self.knows(layer):
                continue
            rows: dict[int, int] = {}
            for body, starts in self._known[layer.key][1]:
                for row, rank in _hits(body, starts, asked, limit):
                    rows[row] = min(rank, rows.get(row, rank))
            for row, rank in rows.items():
                found.append((rank, order, row, Place("feature", layer.key, _label(layer.frame, row), row)))
        found.sort(key=lambda one: one[:3])
        return [place for *_rank, place in found[:limit]]


def _hits(body: str, starts: list[int], asked: str, limit: int) -> Iterable[tuple[int, int]]:
    # whole names first, so that a short word in a long register does not crowd them out
    seen: set[int] = set()
    bounded = f"\n{body}\n"
    for rank, needle, shift in ((0, f"\n{asked}\n", 0), (1, f"\n{asked}", 0), (2, asked, -1)):
        at = bounded.find(needle)
        while at >= 0 and len(seen) < limit:
            row = bisect_right(starts, max(at + shift, 0)) - 1
            if row not in seen:
                seen.add(row)
                yield row, rank
            at = bounded.find(needle, at + 1)


def _label(frame: Any, row: int) -> str:
    parts = [str(frame[column].iloc[row]) for column in ("name", "code")
             if column in frame.columns and frame[column].iloc[row] not in (None, "")
             and frame[column].iloc[row] == frame[column].iloc[row]]
    return " · ".join(parts)

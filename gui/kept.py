"""Verdicts that stand with the workspace, so that they are there again when it is opened.

A verdict is shown as one that holds only where everything that it rests on is the same: the project and its outline, the
day, the rules, distances and reviews, the layers, and the program. Every other is shown as one to be judged again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from gui.session import Session, Site

KEY = "verdicts"  # state of a workspace
MOST = 500  # projects; more take long to write, and a report or a batch keeps them better


@dataclass(frozen=True)
class Kept:
    """A verdict that was kept.

    Attributes:
        outline: As :func:`outline` of the project that was judged; '' where it had changed since.
        holds: Rules, distances, reviews of the project and the program are the same as then.
    """

    id: str
    outline: str
    result: Any
    screening: Any
    holds: bool


@dataclass(frozen=True)
class Found:
    """What a workspace has kept.

    Attributes:
        levels: For whom each rule is made.
        accuracy: What is stated of layers of projects, in metres.
    """

    verdicts: tuple[Kept, ...] = ()
    levels: Mapping[str, str] = field(default_factory=dict[str, str])
    accuracy: Mapping[str, float | None] = field(default_factory=dict[str, "float | None"])


class Memory:
    """Knows what of a session the file has, and what it would have to write."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._mark: list[Any] = []
        self._day: date | None = None
        session.opened.connect(self.settled)

    def settled(self) -> None:
        """The file has what the session has."""
        self._mark, self._day = self._now(), self._session.day

    def _now(self) -> list[Any]:
        return [(site.id, site.result, site.screening, site.stale) for site in self._session.sites if site.result is not None]

    @property
    def known(self) -> bool:
        """Whether the file has verdicts."""
        return bool(self._mark)

    @property
    def changed(self) -> bool:
        """Whether there is something to write."""
        now = self._now()
        if not now and not self._mark:
            return False
        return self._day != self._session.day or len(now) != len(self._mark) or any(
            one is not other for row, was in zip(now, self._mark, strict=True) for one, other in zip(row, was, strict=True))

    def rows(self) -> list[tuple[dict[str, str], Any, Any]]:
        """What is to be written, to be handed to another thread."""
        from sanxian.result import ProjectResult, Screening

        return [({"id": site.id, "outline": "" if site.stale else outline(site)}, site.result, site.screening)
                for site in self._session.sites if isinstance(site.result, ProjectResult) and isinstance(site.screening, Screening)]


def outline(site: Site) -> str:
    """A digest of where a project stands, to the last digit."""
    import shapely

    if site.geometry is None:
        return ""
    parts = getattr(site.geometry, "geoms", ())
    shape = parts[0] if len(parts) == 1 else site.geometry  # a file may have one kind of shapes only
    return hashlib.sha256(f"{site.crs}\n".encode() + shapely.to_wkb(shape)).hexdigest()


def holds(site: Site, kept: Kept, accuracy: Mapping[str, float | None]) -> bool:
    """Whether a verdict that was kept is of this very project."""
    attributes = as_judged(site, accuracy)
    return (kept.holds and bool(kept.outline) and kept.outline == outline(site) and kept.result.name == site.name
            and _same(attributes) == _same(kept.result.attributes))


def same_project(one: Site, other: Site) -> bool:
    """Whether two projects say the same and stand in the same place, to the last digit."""
    return outline(one) == outline(other) and _same(one.attributes) == _same(other.attributes)


def as_judged(site: Site, accuracy: Mapping[str, float | None]) -> dict[str, Any]:
    """The attributes of a project, with the accuracy stated of the layer that it stands in where it states none itself."""
    stated = accuracy.get(site.origin.layer) if site.origin is not None else None
    if stated is None or site.attributes.get("accuracy_m") is not None:
        return dict(site.attributes)
    return {**site.attributes, "accuracy_m": float(stated)}


def _same(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes to be compared: in what order several are named, and in what they are kept, is all one."""
    return {name: ("several", *sorted(map(str, value))) if isinstance(value, (tuple, list, set, frozenset)) else (type(value), value)
            for name, value in attributes.items() if value is not None}


def with_rasters(screening: Any, rasters: Sequence[Any]) -> Any:
    """A screening that was kept, as of the rasters' files of now where these are of the same size or away.

    Files get other times when they are copied to another computer, and are often left behind there.
    """
    if screening.rasters is None:
        return screening
    now = {(one.name, one.sha256): one.stamp for one in rasters}

    def stamp(used: Any) -> str:
        there = now.get((used.name, used.sha256), used.stamp)
        return there if not there or there.split("-")[0] == used.stamp.split("-")[0] else used.stamp

    return replace(screening, rasters=tuple(replace(used, stamp=stamp(used)) for used in screening.rasters))


def read_day(kept: Any) -> date | None:
    """The day that was asked about, of what a workspace keeps under :data:`KEY`."""
    try:
        return date.fromisoformat(kept["on"])
    except (TypeError, KeyError, ValueError):
        return None


def show(session: Session, found: Found, stamps: Mapping[str, Sequence[object]]) -> tuple[int, int]:
    """Show verdicts that were kept of projects that nobody has judged since; how many, and how many of them hold."""
    known = {kept.id: kept for kept in found.verdicts}
    rows = [(site, known[site.id]) for site in session.sites if site.result is None and site.id in known]
    session.restore_results([
        (site, kept.result, kept.screening, tuple(stamps[site.id]) if site.id in stamps and holds(site, kept, found.accuracy) else None)
        for site, kept in rows])
    return len(rows), sum(not site.obsolete for site, _kept in rows)

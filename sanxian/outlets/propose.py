"""A code and a name for an outlet that has none, or a wrong one, put together from what is known of it; a person takes or leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import Point

from sanxian.i18n import N_, _, pick
from sanxian.outlets import classes, codes, register
from sanxian.outlets.errors import OutletError
from sanxian.outlets.register import Outlet
from spatial.crs import CGCS2000, transform
from spatial.measure import distance_m

if TYPE_CHECKING:
    from layers.workspace import Workspace

_LANDMARK_M = 3000.0
_LANDMARKS = ("receptor", "pollution_source", "industrial_park", "reference")
NOTES = {
    "county-from-place": N_("区县代码取自点位所在的行政区：{name}（{code}）"),
    "county-from-code": N_("区县代码取自原编码（{code}），没有核对点位"),
    "county-differs": N_("原编码的区县是 {old}，点位在 {name}（{code}）：请先确认"),
    "kind-chosen": N_("类型字母取 {letters}（{meaning}）；与该分类相配的还有 {others}"),
    "meaning": N_("字母的含义未与 HJ 1235 原文核对"),
    "landmark": N_("附近地物：{name}，{bearing} {metres:.0f} 米"),
    "no-landmark": N_("{metres:.0f} 米内没有可用作参照的地物，名称未拟"),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What could be written.

    Attributes:
        code: With hyphens; ``None`` where a part is not known.
        name: By the pattern; ``None`` where there is nothing to tell the place by.
        notes: Keys of ``NOTES`` with what varies: where each part came from.
    """

    outlet: str
    code: codes.OutletCode | None
    name: str | None
    notes: tuple[tuple[str, dict[str, Any]], ...] = field(default=())

    def words(self) -> list[str]:
        """The notes in the language of the moment."""
        return [_(NOTES[key]).format(**params) for key, params in self.notes]

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "outlet": self.outlet,
            "code": self.code.hyphenated if self.code else None,
            "code_plain": self.code.plain if self.code else None,
            "name": self.name,
            "notes": self.words(),
        }


def propose(
    workspace: Workspace,
    outlets: Sequence[Outlet],
    outlet: Outlet,
    *,
    basin: str = "",
    kind: str = "",
    serial: int | None = None,
) -> Proposal:
    """A code with the next free serial of the county, and a name by the pattern.

    Args:
        basin: Two letters; by default those that the register's other codes have most.
        kind: Two letters; by default the first that go with the outlet's class.
        serial: By default the one after the highest that the county has used.

    Raises:
        OutletError: A part that was given cannot stand in a code.
    """
    from sanxian.outlets.coverage import read_counties

    tables = codes.read_tables(workspace)
    notes: list[tuple[str, dict[str, Any]]] = []
    old = codes.parse(outlet.get("code") or "")
    inside = None
    if outlet.place is not None:
        here = Point(outlet.place.lon, outlet.place.lat)
        inside = next(
            ((name, digits) for name, digits, area in read_counties(workspace) if digits and area.covers(here)), None
        )
    county = inside[1] if inside else old.county if old else None
    if inside:
        notes.append(("county-from-place", {"name": inside[0], "code": inside[1]}))
        if old and old.county != inside[1]:
            notes.append(("county-differs", {"old": old.county, "name": inside[0], "code": inside[1]}))
    elif old:
        notes.append(("county-from-code", {"code": old.county}))
    used = [code for item in outlets if (code := codes.parse(item.get("code") or ""))]
    letters = [code.basin for code in used]
    basin = basin or (max(sorted(set(letters)), key=letters.count) if letters else "")
    classified = outlet.classified
    sub = classes.find_sub(classified.sub)
    fits = codes.letters_for(classified.kind, sub.letters if sub else "", tables)
    chosen = kind or (fits[0] if fits and (classified.kind or sub) else "")
    made = None
    if county and basin and chosen:
        number = serial if serial is not None else codes.next_serial([item.get("code") for item in outlets], county)
        made = codes.build(basin, county, number, chosen, tables=tables)
        others = "、".join(item for item in fits if item != made.kind) or "—"
        notes.append(("kind-chosen", {"letters": made.kind, "meaning": pick(tables.kind[made.kind]), "others": others}))
        notes.append(("meaning", {}))
    return Proposal(outlet.id, made, _name(workspace, outlet, notes), tuple(notes))


def _name(workspace: Workspace, outlet: Outlet, notes: list[tuple[str, dict[str, Any]]]) -> str | None:
    place = outlet.place
    words = outlet.get("subkind") or outlet.get("kind")
    if place is None or not words:
        return None
    best: tuple[float, str, tuple[float, float]] | None = None
    for role in _LANDMARKS:
        for record in workspace.by_role(role):
            frame = workspace.read(record.name)
            if not len(frame) or "name" not in frame:
                continue
            shapes = np.atleast_1d(transform(np.asarray(frame.geometry.array, dtype=object), record.crs, CGCS2000))
            for name, shape in zip(frame["name"], shapes, strict=True):
                if not isinstance(name, str) or shape is None or shape.is_empty:
                    continue
                near = shapely.get_coordinates(shapely.shortest_line(Point(place.lon, place.lat), shape))[1]
                metres = float(distance_m(place.lon, place.lat, near[0], near[1]))
                if metres <= _LANDMARK_M and (best is None or (metres, name) < best[:2]):
                    best = (metres, name, (float(near[0]), float(near[1])))
    if best is None:
        notes.append(("no-landmark", {"metres": _LANDMARK_M}))
        return None
    bearing, metres = register.bearing_words(best[2], (place.lon, place.lat))
    notes.append(("landmark", {"name": best[1], "bearing": bearing, "metres": metres}))
    try:
        return register.compose_name(
            words,
            city=outlet.get("city") or "",
            county=outlet.get("county") or "",
            town=outlet.get("town") or "",
            place=best[1],
            bearing=bearing,
            distance_m=metres,
        )
    except OutletError:
        return None

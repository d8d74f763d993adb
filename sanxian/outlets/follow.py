"""A new outlet followed downstream before it is there: intakes, sections and zones, with metres along the river.

It informs and decides nothing: what is allowed is for the rules to say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.ops import substring

from layers.schema import ROLES, feature_label
from sanxian.i18n import N_, _, language
from sanxian.outlets import chain as chains
from sanxian.outlets.banks import Bank, read_banks, river_key, same_river
from sanxian.outlets.chain import KINDS, Chain, axes_of, read_chain
from sanxian.outlets.errors import OutletError
from spatial.crs import CGCS2000, transform

if TYPE_CHECKING:
    from layers.workspace import Workspace

ZONES = (
    "water_source",
    "ecological_redline",
    "protected_area",
    "germplasm_reserve",
    "scenic_area",
    "water_function_zone",
)
_RIVER_COLUMNS = ("river", "receiving_water", "河流", "水体", "水体名称", "所在河流")
BESIDE_M = 100.0  # a zone counts as on the river where it comes this near to the bank line that is followed
_NOTES = (
    N_("沿岸线图层的画线方向视为下游；只找同一条河上的对象，不跨入干流"),
    N_("距离沿岸线量算，从项目点位在岸线上的垂足起"),
)


@dataclass(frozen=True, slots=True)
class Below:
    """Something downstream.

    Attributes:
        kind: ``section``, ``intake``, ``outlet``, or the role of a layer.
        river_m: Metres along the river to it, or to where it begins; 0 where the place lies in it.
        detail: What a zone says of itself, such as its target.
    """

    kind: str
    name: str
    river_m: float
    detail: str = ""

    def kind_words(self) -> str:
        """What kind of thing it is."""
        if self.kind in KINDS:
            return _(KINDS[self.kind])
        role = ROLES[self.kind]
        return role.zh if language() == "zh" else role.en


@dataclass(frozen=True, slots=True)
class Followed:
    """What lies below a place.

    Attributes:
        off_m: From the place to the bank line that was followed.
        stated: Whether the river was given; else the nearest one was taken and ``rivers`` names the others.
        unchecked: Roles that no layer of the workspace has.
    """

    river: str
    off_m: float
    stated: bool
    rivers: tuple[tuple[str, float], ...]
    below: tuple[Below, ...]
    unchecked: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "river": self.river,
            "off_m": round(self.off_m, 1),
            "river_stated": self.stated,
            "rivers": [{"river": name, "distance_m": round(metres, 1)} for name, metres in self.rivers],
            "below": [
                {
                    "kind": item.kind,
                    "title": item.kind_words(),
                    "name": item.name,
                    "river_m": round(item.river_m, 1),
                    "detail": item.detail,
                }
                for item in self.below
            ],
            "unchecked": list(self.unchecked),
            "notes": [_(note) for note in _NOTES],
        }


def rivers_near(banks: Sequence[Bank], lonlat: tuple[float, float]) -> list[tuple[str, float]]:
    """Rivers by the distance of their nearest bank line, in metres, nearest first."""
    found: dict[str, tuple[str, float]] = {}
    for bank in banks:
        metres = float(bank.line.distance(transform(Point(lonlat), CGCS2000, bank.crs)))
        key = river_key(bank.river)
        if key and metres < found.get(key, ("", np.inf))[1]:
            found[key] = (bank.river, metres)
    return sorted(found.values(), key=lambda pair: (pair[1], pair[0]))


def follow(
    workspace: Workspace,
    lonlat: tuple[float, float],
    river: str = "",
    *,
    chain: Chain | None = None,
    banks: Sequence[Bank] | None = None,
) -> Followed:
    """What lies downstream of a place on a river.

    Args:
        lonlat: Where the outlet would be (EPSG:4490).
        river: The river it would lead to; empty takes the nearest bank line and says which others there are.

    Raises:
        OutletError: There is no bank line, or none of that river.
    """
    banks = read_banks(workspace) if banks is None else banks
    chain = read_chain(workspace) if chain is None else chain
    near = rivers_near(banks, lonlat)
    if not near:
        raise OutletError("没有岸线图层，不能沿河向下查找")
    name = river or near[0][0]
    steps = chains.follow(chain, banks, lonlat, name)
    off = next((metres for other, metres in near if same_river(other, name)), 0.0)
    below = [Below(step.node.kind, step.node.name, step.river_m or 0.0) for step in steps]
    unchecked = [role for role in ZONES if not workspace.by_role(role)]
    if not any(node.kind == "intake" for node in chain.nodes.values()):
        unchecked.append("receptor")
    below += _zones(workspace, banks, lonlat, name)
    order = {"intake": 0, "section": 1, "outlet": 3}
    below.sort(key=lambda item: (item.river_m, order.get(item.kind, 2), item.name))
    return Followed(name, off, bool(river), tuple(near[:4]), tuple(below), tuple(unchecked))


def _zones(workspace: Workspace, banks: Sequence[Bank], lonlat: tuple[float, float], river: str) -> list[Below]:
    found: list[Below] = []
    axes = axes_of(banks).get(river_key(river), [])
    if not axes:
        return found
    axis = min(axes, key=lambda item: item.chainage(lonlat)[1])
    start = axis.chainage(lonlat)[0] / axis.scale
    line = substring(axis.line, start, axis.line.length)
    others = {river_key(bank.river) for bank in banks} - {river_key(river), ""}
    for role in ZONES:
        for record in workspace.by_role(role):
            frame = workspace.read(record.name)
            if not len(frame):
                continue
            shapes = np.atleast_1d(transform(np.asarray(frame.geometry.array, dtype=object), record.crs, axis.crs))
            rows = frame.drop(columns=frame.geometry.name).to_dict("records")
            for row, shape in zip(rows, shapes, strict=True):
                if shape is None or shape.is_empty or shape.distance(line) > BESIDE_M:
                    continue
                if _of_another(row, river, others):
                    continue
                along = line.intersection(shape.buffer(BESIDE_M))
                ends = [line.project(Point(xy)) for xy in shapely.get_coordinates(along)]
                if not ends:
                    continue
                detail = next(
                    (
                        str(row[key])
                        for key in ("grade", "target", "zone", "kind")
                        if row.get(key) is not None and row.get(key) == row.get(key)
                    ),
                    "",
                )
                found.append(Below(role, feature_label(role, row), min(ends) * axis.scale, detail))
    return found


def _of_another(row: Mapping[str, Any], river: str, others: Collection[str]) -> bool:
    """Whether a zone is one of another river, whose mouth alone it meets: it says its river, or is called after one.

    A zone that says neither counts: it may well reach into this river.
    """
    stated = next((row[key] for key in _RIVER_COLUMNS if isinstance(row.get(key), str) and row[key].strip()), None)
    if stated is not None:
        return not any(same_river(part, river) for part in re.split("[、,，;；/]", stated))
    name = str(row.get("name") or "")
    return river_key(river) not in name and any(other in name for other in others)


def project_place(workspace: Workspace, wanted: str) -> tuple[float, float]:
    """The middle of a project's site (EPSG:4490), by its id or name in the layers of projects.

    Raises:
        OutletError: There is none, or several.
    """
    hits = []
    for record in workspace.by_role("project_site"):
        frame = workspace.read(record.name)
        for row, shape in zip(frame.drop(columns=frame.geometry.name).to_dict("records"), frame.geometry, strict=True):
            if (
                wanted in {str(row.get(key)) for key in ("id", "code", "name")}
                and shape is not None
                and not shape.is_empty
            ):
                hits.append(transform(shape.representative_point(), record.crs, CGCS2000))
    if len(hits) != 1:
        raise OutletError("工作区的项目图层中“{id}”有 {count} 个", id=wanted, count=len(hits))
    return hits[0].x, hits[0].y

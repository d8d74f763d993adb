"""What a reviewer saw of a place, and whether it is still there: the outline of a project, the shape of a layer's feature.

Places are compared on the ground and not by a digest: writing an outline to a file of another kind or in another CRS moves its
vertices by a fraction of a millimetre, and a digest of rounded coordinates flips wherever one lies at the edge of rounding.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from layers.schema import ROLES, feature_label
from rules.model import Outcome
from sanxian.grounds import grounds, same_grounds
from sanxian.overrides import FEATURE, GROUNDS, SITE, Override, Seen, SeenFeature
from spatial.crs import CGCS2000, STRAIGHT_M, transform, zone_for
from spatial.measure import area_m2, length_m

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from layers.workspace import Workspace

TOLERANCE_M = 0.01  # coarser than any file writes (GeoJSON's 7 decimals are 0.6 cm), finer than anybody surveys
_TOLERANCE_DEG = 1.5e-7  # as much in degrees anywhere in China, for boxes
_AROUND_DEG = 0.001  # some hundred metres around a site
# Fields that say nothing of what a feature is: remarks, a size that is told rather than drawn, and how far work on it has come.
_PASSING = {
    "remark", "area", "problem", "measure_kind", "measure", "due", "stage", "finished", "standardised", "traced", "monitored",
    "responsible",
}  # fmt: skip


def record(geometry: BaseGeometry | None, crs: str, rule: str = "", outcomes: Sequence[Outcome] = (),
           features: Sequence[SeenFeature] = (), workspace: Workspace | None = None) -> Seen | None:
    """What stands with a review; ``None`` where there is nothing to remember.

    Args:
        geometry: The project's site in ``crs``.
        outcomes: The program's, of which that of ``rule`` is remembered.
        features: From :func:`features_at`, for a feature that is left out.
        workspace: Its layers tell what the features are on which that outcome rests; ``None``: these grounds are not remembered.
    """
    outline = "" if geometry is None or geometry.is_empty else shapely.to_wkb(shapely.force_2d(geometry), hex=True)
    found = next((one for one in outcomes if one.rule == rule), None) if rule else None
    if not outline and found is None and not features:
        return None
    rests = grounds(found, Traits(workspace).of) if found is not None and workspace is not None else None
    return Seen(outline, crs if outline else "", found.outcome if found is not None else None, tuple(features), rests)


def same_site(seen: Seen, geometry: BaseGeometry | None, crs: str) -> bool:
    """Whether a project stands where the reviewer saw it, to :data:`TOLERANCE_M`; also where nobody remembered that.

    Raises:
        SpatialError: The site lies outside China's projection zones.
    """
    if not seen.outline:
        return True
    return geometry is not None and not geometry.is_empty and _same_outline(seen.outline, seen.crs, geometry, crs)


@lru_cache(maxsize=1024)  # a list of reviews asks again for every cell that it paints
def _same_outline(outline: str, outline_crs: str, geometry: BaseGeometry, crs: str) -> bool:
    then, now = shapely.from_wkb(outline), shapely.force_2d(geometry)
    if outline_crs == crs and shapely.equals_exact(then, now):
        return True
    source, other = CRS.from_user_input(outline_crs), CRS.from_user_input(crs)
    zone = zone_for(transform(now, other, CGCS2000))
    # Other programs carry vertices alone to another CRS, this one the line between them too: either is the same outline.
    return any(
        _close(transform(then, source, zone, straight_m=straight), transform(now, other, zone, straight_m=straight))
        for straight in (None, STRAIGHT_M)
    )


def _close(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Whether two shapes in metres are of the same kinds, and no place on the edge of either is farther from the other's."""
    mine, theirs = _edges(one), _edges(other)
    if set(mine) != set(theirs):
        return False
    if abs(one.area - other.area) > TOLERANCE_M * max(one.length, 1.0):  # the same places may be joined in another way
        return False
    for kind, edge in mine.items():
        for line, places in ((edge, _places(theirs[kind])), (theirs[kind], _places(edge))):
            shapely.prepare(line)
            if not shapely.dwithin(line, places, TOLERANCE_M).all():
                return False
    return True


def _edges(shape: BaseGeometry) -> dict[int, BaseGeometry]:
    """The edges of areas under 2, lines under 1, points under 0."""
    parts = shapely.get_parts(shape)
    while (shapely.get_type_id(parts) >= 4).any():
        parts = shapely.get_parts(parts)
    parts = parts[~shapely.is_empty(parts)]
    kinds = shapely.get_dimensions(parts)
    found: dict[int, BaseGeometry] = {}
    for kind, joined in ((0, shapely.multipoints), (1, shapely.multilinestrings), (2, shapely.multilinestrings)):
        some = parts[kinds == kind]
        if some.size:
            found[kind] = joined(shapely.get_rings(some) if kind == 2 else some)
    return found


def _places(edge: BaseGeometry) -> np.ndarray:
    """Vertices of lines and the middle between each two, or points."""
    xy, owner = shapely.get_coordinates(shapely.get_parts(edge), return_index=True)
    middles = ((xy[1:] + xy[:-1]) / 2)[owner[1:] == owner[:-1]]
    return np.atleast_1d(shapely.points(np.concatenate([xy, middles])))


# ------------------------------------------------------------------------------------------------ features of layers


def features_at(workspace: Workspace, role: str, fid: int, geometry: BaseGeometry | None, crs: str) -> list[SeenFeature]:
    """What stands now in a row of each current layer of a role.

    Numbers are kept and not the shape: it may be large, and that of a layer that is not to be handed on.

    Args:
        geometry: The site as it was seen, in ``crs``: what lies around it is looked at more closely. Asked twice, of what is
            remembered and of what is there now, it has to be the same one.
    """
    site = None
    if geometry is not None and not geometry.is_empty:
        site = transform(geometry, CRS.from_user_input(crs), CGCS2000)
    found = []
    for layer in workspace.layers():
        if layer.role == role and layer.current:
            shape, values = _row_at(workspace, layer, fid)
            if shape is not None and not shape.is_empty:
                numbers = _numbers(layer.name, transform(shape, CRS.from_user_input(layer.crs), CGCS2000), site)
                found.append(replace(numbers, traits=traits(role, values)))
    return found


def traits(role: str, values: Mapping[str, Any]) -> str:
    """Digest of what a row says that its feature is: the fields of its role, but for remarks and what is still being done about it.

    Other columns do not count: sources number their rows anew with every delivery, and no rule asks for them.
    """
    said: dict[str, Any] = {}
    for item in ROLES[role].fields if role in ROLES else ():
        value = values.get(item.name)
        if item.name in _PASSING or value is None or value != value or str(value).strip() == "":
            continue
        said[item.name] = float(value) if item.kind == "number" else bool(value) if item.kind == "bool" else str(value).strip()
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


class Traits:
    """Asks the layers of a workspace what a feature is that counted for an outcome; each once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[tuple[str, int | None, str], str] = {}

    def of(self, role: str, fid: int | None, feature: str) -> str:
        """The :func:`traits` of a row of a role, by what the feature is called; empty where it is not found."""
        key = (role, fid, feature)
        if key not in self._known:
            self._known[key] = self._ask(*key) if fid is not None else ""
        return self._known[key]

    def _ask(self, role: str, fid: int, feature: str) -> str:
        found = []
        for layer in self._workspace.layers():
            if layer.role == role and layer.current:
                _shape, values = _row_at(self._workspace, layer, fid)
                if values and feature_label(role, {**values, "fid": fid}) == feature:  # the same number may be another's elsewhere
                    found.append(traits(role, values))
        return " ".join(sorted(found))


def same_feature(then: SeenFeature, now: SeenFeature) -> bool:
    """Whether a row holds the feature that the reviewer saw, and says of it what it said then."""
    if then.traits and then.traits != now.traits:
        return False
    if (then.kind, then.around is None) != (now.kind, now.around is None):
        return False
    if not np.allclose(then.bounds, now.bounds, rtol=0, atol=_TOLERANCE_DEG):
        return False
    # Vertices may have moved by a tolerance, and what is between them with them.
    if abs(then.size - now.size) > _slack(now.kind, now.size, now.edge):
        return False
    return then.around is None or now.around is None or abs(then.around - now.around) <= _slack(now.kind, now.around, now.edge_around)


def _slack(kind: int, size: float, edge: float) -> float:
    return TOLERANCE_M * max(edge, 1.0) / 5 if kind == 2 else max(TOLERANCE_M, size * 1e-5)


def _row_at(workspace: Workspace, layer: Any, fid: int) -> tuple[BaseGeometry | None, Mapping[str, Any]]:
    import sqlite3

    near = workspace.nearby(layer)
    if near is not None:
        try:
            return near.read([fid])[0]
        except sqlite3.DatabaseError:
            return None, {}  # no such row
    frame = workspace.read(layer.name)
    rows = np.flatnonzero(np.asarray(frame["fid"]) == fid) if "fid" in frame else []
    if not len(rows):
        return None, {}
    row = frame.iloc[int(rows[0])]
    return frame.geometry.iloc[int(rows[0])], {str(name): row[name] for name in frame.columns if name != frame.geometry.name}


def _numbers(name: str, shape: BaseGeometry, site: BaseGeometry | None) -> SeenFeature:
    kind = int(shapely.get_dimensions(shape))
    size, edge = _size(shape, kind)
    around, edge_around = None, 0.0
    if site is not None and not site.is_empty and kind:
        west, south, east, north = np.array(site.bounds) + np.array([-1, -1, 1, 1]) * _AROUND_DEG
        try:
            around, edge_around = _size(shapely.clip_by_rect(shape, west, south, east, north), kind)
        except shapely.errors.GEOSException:  # broken there
            around = None
    return SeenFeature(name, kind, tuple(round(float(one), 9) for one in shape.bounds), size, edge, around, edge_around)


def _size(shape: BaseGeometry, kind: int) -> tuple[float, float]:
    """Square metres of an area, metres of a line; and how long its edge is."""
    if shape.is_empty or not kind:
        return 0.0, 0.0
    edge = round(float(length_m(shape, CGCS2000)[0]), 3)
    return (round(float(area_m2(shape, CGCS2000)[0]), 3) if kind == 2 else edge), edge


def look(
    workspace: Workspace, overrides: Iterable[Override], geometry: BaseGeometry, crs: str, outcomes: Sequence[Outcome]
) -> tuple[dict[Override, str], frozenset[tuple[str, str | None, int]]]:
    """Of overrides of one project: which were made of something else than is there now, and the features that are left out.

    Args:
        overrides: Those that stand on the day.
        outcomes: The program's, on all that is there now.

    Returns:
        :data:`SITE`, :data:`GROUNDS` or :data:`FEATURE` of overrides that must not act; and (role, layer, row id), where
        ``None`` is any layer.

    Raises:
        SpatialError: The site cannot be measured.
    """
    changed: dict[Override, str] = {}
    without: set[tuple[str, str | None, int]] = set()
    known, said = Traits(workspace), {one.rule: one for one in outcomes}
    for item in overrides:
        seen = item.seen
        if seen is not None and not same_site(seen, geometry, crs):
            changed[item] = SITE
        elif item.rule:
            found = said.get(item.rule)
            if seen is None or seen.grounds is None or found is None or found.outcome is not seen.outcome:
                continue  # nobody remembered, or the outcome is another, which is told first
            now = grounds(found, known.of)
            if now is None or not same_grounds(seen.grounds, now, _edge_m(geometry, crs)):
                changed[item] = GROUNDS
        elif item.layer and item.feature_id is not None:
            if seen is None or not seen.features:
                without.add((item.layer, None, item.feature_id))
                continue
            then = shapely.from_wkb(seen.outline) if seen.outline else None
            now = features_at(workspace, item.layer, item.feature_id, then, seen.crs)
            same = [one for one in now if any(same_feature(known, one) for known in seen.features)]
            if not same:
                changed[item] = FEATURE
            without |= {(item.layer, one.layer, item.feature_id) for one in same}
    return changed, frozenset(without)


def _edge_m(geometry: BaseGeometry, crs: str) -> float:
    return float(length_m(transform(geometry, CRS.from_user_input(crs), CGCS2000), CGCS2000)[0])

"""Whether layers fit together: units and counties, redline and units, outlets and banks, coordinates and coordinates.

All geometry comes in EPSG:4490 and is measured in the zone that it lies in. A check that could not be made, because
the layer to compare with is not there, is a finding of its own: it is never the same as nothing found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import shapely
from pyproj import CRS

from layers import crs_doctor
from layers.schema import feature_label
from spatial.crs import transform, zone_for

CGCS2000 = CRS.from_epsg(4490)
BANK_M = 100.0  # an outlet further than this from every bank and water is in doubt; surveys and lines differ by less
SAME_PLACE_M = 1.0  # outlets no further apart than this are one place
STRIP_M = 1.0  # a redline in a unit of another class no wider than this is the same line drawn twice
BORDERED = ("admin", "control_unit", "water_body", "reference")  # roles whose borders other data of a district shares
_SAMPLE = 600  # vertices of a layer that are laid beside the lines of another to see a shift
_EDGES = 40  # in one piece of a border
_NEAR_M = 25.0  # vertices this near to a line are taken to lie on it
_WATERS = ("river_bank", "water_body", "water_function_zone", "river_management", "bank_zone")
# County codes of Nanchang and Jiujiang that are no longer in use, and what took their place (GB/T 2260).
ABOLISHED = {
    "360105": "360112、360113（湾里区 2019 年撤销，并入新建区）",
    "360122": "360112、360113（新建县 2015 年改为新建区）",
    "360421": "360404（九江县 2017 年改为柴桑区）",
    "360427": "360483（星子县 2016 年改为庐山市）",
}
# GB/T 2260 codes in use in the two cities (2026).
COUNTIES = {
    "3601": frozenset(["360102", "360103", "360104", "360111", "360112", "360113", "360121", "360123", "360124"]),
    "3604": frozenset(
        ["360402", "360403", "360404", "360423", "360424", "360425", "360426", "360428", "360429", "360430", "360481", "360482", "360483"]
    ),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer of the workspace with its shapes in EPSG:4490, valid; features without a shape are ``None``."""

    name: str
    role: str
    frame: geopandas.GeoDataFrame
    shapes: np.ndarray

    def label(self, index: int) -> str:
        """What people call the feature at this position."""
        row = self.frame.iloc[index]
        return feature_label(self.role, {key: row[key] for key in self.frame.columns if key != "geometry"})

    def number(self, index: int) -> int:
        """Its ``fid``."""
        return int(self.frame["fid"].iloc[index])


@dataclass(frozen=True, slots=True)
class Found:
    """A finding before it has a layer's name: see ``layers.check.Finding``."""

    code: str
    severity: str
    layer: str | None
    feature: int | None
    values: Mapping[str, Any]
    place: Any


def _planar(*arrays: np.ndarray) -> tuple[CRS, list[np.ndarray]]:
    together = np.concatenate([array for array in arrays if len(array)])
    zone = zone_for(together[~shapely.is_missing(together)])
    return zone, [np.asarray(transform(array, CGCS2000, zone), dtype=object) for array in arrays]


# --- counties -------------------------------------------------------------------------------------------------------


def county_of_code(role: str, code: Any) -> str | None:
    """The county digits of a unit's or an outlet's code; ``None`` where it has none."""
    if not isinstance(code, str):
        return None
    if role == "control_unit" and len(code) == 13 and code[:2] in ("ZH", "HY") and code[2:8].isdigit():
        return code[2:8]
    if role == "element_zone" and code[:2] == "YS" and code[2:8].isdigit():
        return code[2:8]
    if role == "discharge_outlet":
        digits = code.replace("-", "")[2:8]
        return digits if code[:2].isalpha() and len(digits) == 6 and digits.isdigit() else None
    return None


def counties(layer: Placed, admins: Sequence[Placed]) -> list[Found]:
    """Features whose code names another county than the one in which most of them lies.

    Units of a development zone carry the code of the county that hosts it, as the standard has it.
    """
    if "code" not in layer.frame:
        return []
    stated = [county_of_code(layer.role, code) for code in layer.frame["code"]]
    if not any(stated):
        return []
    found: list[Found] = []
    for index, code in enumerate(stated):
        known = COUNTIES.get(code[:4]) if code else None
        if known is not None and code not in known and code not in ABOLISHED:
            values = {"name": layer.label(index), "code": layer.frame["code"].iloc[index], "county": code}
            found.append(Found("county-unknown", "error", layer.name, layer.number(index), values, layer.shapes[index]))
    shapes, codes, names = [], [], []
    for admin in admins:
        if "code" not in admin.frame:
            continue
        for index, code in enumerate(admin.frame["code"]):
            if isinstance(code, str) and len(code) == 6 and not code.endswith("00") and admin.shapes[index] is not None:
                shapes.append(admin.shapes[index])
                codes.append(_successor(code))
                names.append(str(admin.frame["name"].iloc[index]) if "name" in admin.frame else code)
    if not shapes:
        return [*found, Found("counties-unchecked", "info", layer.name, None, {}, None)]
    zone, (mine, theirs) = _planar(layer.shapes, np.array(shapes, dtype=object))
    mine, theirs = shapely.make_valid(mine), shapely.make_valid(theirs)
    tree = shapely.STRtree(theirs)
    pairs = tree.query(mine, predicate="intersects")
    shared: dict[int, dict[int, float]] = {}
    parts = shapely.intersection(mine[pairs[0]], theirs[pairs[1]])
    areal = shapely.get_dimensions(mine[pairs[0]]) == 2
    sizes = np.where(areal, shapely.area(parts), 1.0)
    for left, right, size in zip(*pairs.tolist(), sizes.tolist(), strict=True):
        shared.setdefault(left, {})[right] = size
    for index, code in enumerate(stated):
        inside = shared.get(index)
        if code is None or not inside:
            continue
        whole = sum(inside.values())
        own = sum(size for place, size in inside.items() if codes[place] == _successor(code))
        most = max(inside, key=lambda place: inside[place])
        if whole <= 0 or own >= inside[most] or codes[most] == _successor(code):
            continue
        values = {
            "name": layer.label(index), "code": layer.frame["code"].iloc[index], "county": code,
            "lies_in": codes[most], "lies_in_name": names[most], "percent": round(100 * inside[most] / whole, 1),
        }  # fmt: skip
        found.append(Found("county-mismatch", "error", layer.name, layer.number(index), values, layer.shapes[index]))
    return found


def _successor(code: str) -> str:
    """The county that a code means today where there is only one; so that old and new data agree on the place."""
    words = ABOLISHED.get(code, "")
    return words[:6] if words and "、" not in words[:8] else code


# --- redline and units ----------------------------------------------------------------------------------------------


def redline_in_units(redlines: Sequence[Placed], units: Sequence[Placed]) -> list[Found]:
    """Control units of the classes key and general that hold land of the redline."""
    red = [shape for layer in redlines for shape in layer.shapes if shape is not None]
    found: list[Found] = []
    if not red:
        return found
    for layer in units:
        if "category" not in layer.frame:
            continue
        wrong = np.flatnonzero(layer.frame["category"].isin(["key", "general"]).to_numpy())
        wrong = np.array([index for index in wrong if layer.shapes[index] is not None], dtype=int)
        if not len(wrong):
            continue
        zone, (zones, lines) = _planar(layer.shapes[wrong], np.array(red, dtype=object))
        zones, lines = shapely.make_valid(zones), shapely.make_valid(lines)
        tree = shapely.STRtree(lines)
        hits = tree.query(zones, predicate="intersects")
        for place in np.unique(hits[0]):
            met = lines[hits[1][hits[0] == place]]
            part = shapely.intersection(zones[place], shapely.union_all(met))
            if shapely.buffer(part, -STRIP_M / 2).is_empty:
                continue
            index = int(wrong[place])
            values = {
                "name": layer.label(index), "category": layer.frame["category"].iloc[index],
                "area_m2": round(float(part.area), 1),
            }  # fmt: skip
            where = transform(np.array([part], dtype=object), zone, CGCS2000)[0]
            found.append(Found("redline-in-unit", "warning", layer.name, layer.number(index), values, where))
    return found


# --- outlets --------------------------------------------------------------------------------------------------------


def outlets(layer: Placed, others: Sequence[Placed]) -> list[Found]:
    """Outlets away from every water, and outlets that stand twice in the register."""
    there = np.array([index for index, shape in enumerate(layer.shapes) if shape is not None], dtype=int)
    if not len(there):
        return []
    found: list[Found] = []
    waters = [shape for other in others if other.role in _WATERS for shape in other.shapes if shape is not None]
    zone, (points, lines) = _planar(layer.shapes[there], np.array(waters, dtype=object))
    if not len(lines):
        found.append(Found("outlets-unchecked", "info", layer.name, None, {}, None))
    else:
        _, distances = shapely.STRtree(lines).query_nearest(points, return_distance=True, all_matches=False)
        for place in np.flatnonzero(distances > BANK_M):
            index = int(there[place])
            values = {
                "name": layer.label(index), "distance_m": round(float(distances[place]), 1), "tolerance_m": BANK_M,
            }  # fmt: skip
            found.append(
                Found("outlet-off-bank", "warning", layer.name, layer.number(index), values, layer.shapes[index])
            )
    tree = shapely.STRtree(points)
    left, right = tree.query(points, predicate="dwithin", distance=SAME_PLACE_M)
    for first, second in zip(left[left < right].tolist(), right[left < right].tolist(), strict=True):
        one, two = int(there[first]), int(there[second])
        values = {
            "first": layer.label(one), "second": layer.label(two),
            "distance_m": round(float(points[first].distance(points[second])), 2),
        }  # fmt: skip
        found.append(Found("outlet-duplicate", "warning", layer.name, layer.number(two), values, layer.shapes[two]))
    return found


# --- the access list ------------------------------------------------------------------------------------------------


def against_list(units: Sequence[Placed], listed: Mapping[str, str]) -> list[Found]:
    """Units that the access list does not speak of, and units of the list that no layer holds.

    Args:
        units: The layers of control units.
        listed: Name by code of every unit of the list; where it is empty there is no list, and nothing is found.
    """
    if not listed or not units:
        return []
    found: list[Found] = []
    there: set[str] = set()
    for layer in units:
        if "code" not in layer.frame:
            continue
        for index, code in enumerate(layer.frame["code"]):
            if not isinstance(code, str):
                continue
            there.add(code)
            if code not in listed:
                values = {"name": layer.label(index), "code": code}
                place = layer.shapes[index]
                found.append(Found("code-not-listed", "warning", layer.name, layer.number(index), values, place))
    for code in sorted(set(listed) - there):
        found.append(Found("listed-unit-missing", "warning", None, None, {"code": code, "name": listed[code]}, None))
    return found


# --- shifted coordinates --------------------------------------------------------------------------------------------


def shifts(layers: Sequence[Placed]) -> list[Found]:
    """Layers that lie beside the others as GCJ-02 or BD-09 would lay them.

    Namesakes in two layers are compared first (``crs_doctor``); where there are none, vertices of the one are laid
    beside the lines of the other: data of one district shares borders, and borders that only meet after a shift is
    taken back tell of that shift. A point layer or a handful of sites proves nothing and is not judged.
    """
    found: list[Found] = []
    references = [layer for layer in layers if layer.role in BORDERED]
    lines = {id(reference): _Lines.of(reference) for reference in references}
    for layer in layers:
        for reference in references:
            if reference is layer:
                continue
            told = _by_names(layer, reference) or _by_lines(layer, lines[id(reference)])
            if told:
                forward, values = told
                moved, other = (layer, reference) if forward else (reference, layer)
                found.append(
                    Found("shifted-against-layer", "warning", moved.name, None, {**values, "reference": other.name}, None)
                )
                break
    first: dict[str | None, Found] = {}  # a shifted reference is seen from every other layer, and told once
    for one in found:
        first.setdefault(one.layer, one)
    return list(first.values())


def shift_of(
    shapes: np.ndarray, values: Mapping[str, Sequence[Any]], references: Mapping[str, geopandas.GeoDataFrame]
) -> dict[str, Any] | None:
    """Whether shapes that are not yet a layer lie beside layers as GCJ-02 or BD-09 would lay them.

    Args:
        shapes: In EPSG:4490.
        values: Columns of them, as many values each; one that shares values with names or codes tells namesakes.
        references: Layers by name, best first, of a role of ``BORDERED``, in any known CRS.

    Returns:
        ``shift_m``, ``system``, ``matched`` and the ``reference``; ``None`` where nothing, or the reference, is shifted.
    """
    keep = np.array([one is not None and not one.is_empty for one in shapes], dtype=bool)
    if not keep.any():
        return None
    shapes = shapes[keep]
    near = shapely.box(*shapely.buffer(shapely.box(*shapely.total_bounds(shapes)), 0.05).bounds)
    for name, frame in references.items():
        if frame is None or frame.crs is None or not len(frame):
            continue
        there = np.asarray(transform(np.asarray(frame.geometry.array, dtype=object), frame.crs, CGCS2000), dtype=object)
        hit = shapely.intersects(there, near)  # a province's worth of borders is not needed for a county
        if not hit.any():
            continue
        other = Placed(name, "reference", frame.loc[hit, [c for c in ("code", "name") if c in frame]].reset_index(drop=True), there[hit])
        mine = Placed("", "", geopandas.GeoDataFrame(_keys(values, keep, other.frame), geometry=list(shapes), crs=CGCS2000), shapes)
        told = _by_names(mine, other) or _by_lines(mine, _Lines.of(other))
        if told is not None and told[0]:
            return {**told[1], "reference": name}
    return None


def _keys(values: Mapping[str, Sequence[Any]], keep: np.ndarray, reference: Any) -> dict[str, list[Any]]:
    """Of some columns those that share values with names or codes of a reference, under its names of them."""
    found: dict[str, list[Any]] = {}
    for key in ("code", "name"):
        if key not in reference:
            continue
        theirs = {one for one in reference[key] if isinstance(one, str)}
        shared = {header: len(theirs & {one for one in cells if isinstance(one, str)}) for header, cells in values.items()}
        best = max(shared, key=lambda header: shared[header], default=None)
        if best is not None and shared[best] >= 3:
            found[key] = [value for value, kept in zip(values[best], keep, strict=True) if kept]
    return found


def _by_names(layer: Placed, reference: Placed) -> tuple[bool, dict[str, Any]] | None:
    """Whether it is the layer (else the reference) that is shifted, and by what."""
    mine, theirs = _as_frame(layer), _as_frame(reference)
    for key in ("code", "name"):
        if key in mine and key in theirs:
            shared = {value for value in mine[key] if isinstance(value, str)} & set(theirs[key])
            if len(shared) >= 3:
                break
    else:
        return None
    # The doctor compares centres: only areas that are the same place by size too are namesakes.
    for doubt in crs_doctor.diagnose(mine, CGCS2000, reference=theirs):
        if doubt.code in ("shifted-coordinates", "reference-shifted"):
            return doubt.code == "shifted-coordinates", {key: doubt.evidence[key] for key in ("shift_m", "system", "matched")}
    return None


def _as_frame(layer: Placed) -> geopandas.GeoDataFrame:
    keep = np.array([shape is not None for shape in layer.shapes], dtype=bool)
    data = layer.frame.loc[keep, [c for c in ("code", "name") if c in layer.frame]].reset_index(drop=True)
    return geopandas.GeoDataFrame(data, geometry=list(layer.shapes[keep]), crs=CGCS2000)


@dataclass(frozen=True, slots=True)
class _Lines:
    """The borders of a layer, in metres near enough, cut short so that the nearest one is found at once."""

    tree: shapely.STRtree
    scale: np.ndarray

    @classmethod
    def of(cls, layer: Placed) -> _Lines | None:
        areas = layer.shapes[[shape is not None and shape.area > 0 for shape in layer.shapes]]
        if not len(areas):
            return None
        rings = shapely.get_rings(shapely.get_parts(areas))
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        scale = np.array([math.cos(math.radians(float(np.median(xy[:, 1])))), 1.0]) * 111_320
        xy = xy * scale
        starts = np.flatnonzero(ring[1:] == ring[:-1])  # each edge, but not the step from one ring to the next
        group = starts // _EDGES
        # A piece is a run of edges of one ring; a two-point line each would be a tree of millions.
        cuts = np.flatnonzero((group[1:] != group[:-1]) | (ring[starts][1:] != ring[starts][:-1])) + 1
        pieces = [
            shapely.linestrings(xy[run[0] : run[-1] + 2]) for run in np.split(starts, cuts) if len(run)
        ]
        return cls(shapely.STRtree(np.array(pieces, dtype=object)), scale)


def _by_lines(layer: Placed, lines: _Lines | None) -> tuple[bool, dict[str, Any]] | None:
    """Whether vertices meet the reference's lines only after a known shift is taken back, or (the reverse) is made."""
    shapes = layer.shapes[[shape is not None for shape in layer.shapes]]
    if lines is None or not len(shapes) or shapely.get_dimensions(shapes).max() < 1:
        return None
    xy = shapely.get_coordinates(shapes)
    if len(xy) < 50:
        return None
    xy = xy[np.linspace(0, len(xy) - 1, min(_SAMPLE, len(xy))).astype(int)]
    tree, scale = lines.tree, lines.scale

    def near(places: np.ndarray) -> np.ndarray:
        points = shapely.points(places * scale)
        _, distance = tree.query_nearest(points, return_distance=True, all_matches=False)
        return distance <= _NEAR_M

    plain = float(near(xy).mean())
    for system, carry in (("GCJ-02", crs_doctor.gcj02), ("BD-09", crs_doctor.bd09)):
        moved = np.array([carry(x, y) for x, y in xy])
        for forward, places in ((True, 2 * xy - moved), (False, moved)):
            met = float(near(places).mean())
            if met >= 0.2 and met >= 4 * plain:
                shift = float(np.median(np.hypot(*((moved - xy) * scale).T)))
                return forward, {"shift_m": round(shift), "system": system, "matched": int(met * len(xy))}
    return None

"""The figures: how much of what lies in which county, how sure that is, and what nobody has looked at.

Land is counted once, however many features claim it (union before area), and measured on the ellipsoid. What a layer
does not cover is told beside each figure and is never nought. How sure an area is follows from the stated accuracy of
its lines: were each line moved outwards or inwards by as much as the layer may be wrong, the area would change by
length times accuracy. That is a bound and no standard deviation; without a stated accuracy there is none, and then
nothing stands in its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from sanxian.errors import TellingError
from sanxian.i18n import N_
from spatial.crs import CGCS2000, STRAIGHT_M, transform, zone_for
from spatial.measure import area_m2, length_m

if TYPE_CHECKING:
    from layers.workspace import LayerRecord, Workspace

SCHEMA = "sanxian/statistics/1"
CLASSES = ("priority", "key", "general", "unstated")
LINES = ("ecological_redline", "permanent_farmland", "urban_boundary")
# The three lines of 三区三线, which ought not to overlap.
CONFLICTS = (("ecological_redline", "permanent_farmland"), ("ecological_redline", "urban_boundary"),
             ("permanent_farmland", "urban_boundary"))
_NOTHING_M = 0.001  # strips narrower than this are the rounding of coordinates, and no land
_EMPTY = shapely.Polygon()
_PAIRS = 64  # shapes that are looked at together
_AT_POINTS = "FF*F0****"  # two shapes' insides are apart and their borders meet at points alone


class StatisticsError(TellingError):
    """Statistics cannot be made of this workspace."""


@dataclass(frozen=True, slots=True)
class Figure:
    """An area and how far it can be trusted.

    Attributes:
        area_m2: On the ellipsoid, each square metre once.
        plus_minus_m2: By how much it may be wrong at most; ``None`` where an accuracy that counts was not stated.
        uncovered_m2: How much of the place the layer says nothing about; ``None`` where its coverage is not stated.
        share: Of the place's area; ``None`` where there is no place with an area.
        nothing_known: The layer says nothing about any of the place: ``area_m2`` is no figure.
    """

    area_m2: float
    plus_minus_m2: float | None = None
    uncovered_m2: float | None = None
    share: float | None = None
    nothing_known: bool = False

    @property
    def partial(self) -> bool:
        """Some of the place is not covered, hence there may be more."""
        return bool(self.uncovered_m2)

    def to_dict(self) -> dict[str, Any]:
        """For JSON: areas to 0.1 m², shares to a millionth; ``area_m2`` is null where nothing is known."""
        return {
            "area_m2": None if self.nothing_known else round(self.area_m2, 1),
            "plus_minus_m2": None if self.nothing_known else _rounded(self.plus_minus_m2, 1),
            "uncovered_m2": _rounded(self.uncovered_m2, 1),
            "share": None if self.nothing_known else _rounded(self.share, 6),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A county, or all of them together.

    Attributes:
        name: '' for all together.
        shape: In the plane of the statistics; ``None`` where no administrative area is loaded: everywhere.
    """

    name: str
    code: str
    shape: Any
    area_m2: float | None

    @property
    def whole(self) -> bool:
        """Whether this is all of it."""
        return not self.name


@dataclass(frozen=True, slots=True)
class Units:
    """Control units of one place.

    Attributes:
        classes: By class: how many units have land here, and their land, each square metre once.
        total: Land of any class.
        twice_m2: Land that units of different classes both claim: the classes together exceed the total by this.
        within_m2: Land that units of one class claim more than once.
        gap_m2: Land that the layer covers and no unit claims; ``None`` where the coverage is not stated.
    """

    place: Place
    classes: Mapping[str, tuple[int, Figure]]
    count: int
    total: Figure
    twice_m2: float
    within_m2: float
    gap_m2: float | None


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of a layer: its area by place."""

    layer: str
    family: str
    version: str | None
    data_date: str | None
    accuracy_m: float | None
    current: bool
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Change:
    """From one version to the next, in one place.

    Attributes:
        strips_m2: Of what was added and removed, what is nowhere wider than both versions may be wrong together: lines
            drawn anew rather than land that changed. ``None`` without stated accuracies.
        net_plus_minus_m2: Of what was added less what was removed: both versions' own bounds together.
        comparable: Both versions cover all of the place, or do not say what they cover.
    """

    family: str
    old: str
    new: str
    place: Place
    kept: Figure
    added: Figure
    removed: Figure
    strips_m2: float | None
    net_plus_minus_m2: float | None
    comparable: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the matrix: a layer role, or a class of control units."""

    key: str
    role: str
    category: str
    loaded: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A layer that was used."""

    role: str
    name: str
    version: str | None
    data_date: str | None
    accuracy_m: float | None
    coverage: str
    features: int
    sha256: str
    current: bool


@dataclass(frozen=True, slots=True)
class Statistics:
    """All figures of a workspace.

    Attributes:
        places: Counties in the order of their codes; the last one is all together.
        units: One for each place; empty where no control units are loaded.
        editions: Of the redline, oldest first.
        matrix: Overlap of two lines over all places, by keys of ``lines``; of a line with itself its area.
        conflicts: Overlap of two lines, by their roles, and by place.
        outside: By role, land of the layer outside every county, m².
        overlapping_counties_m2: Land that two counties claim.
    """

    on: date
    places: tuple[Place, ...]
    units: tuple[Units, ...]
    editions: tuple[Edition, ...]
    changes: tuple[Change, ...]
    lines: tuple[Line, ...]
    matrix: Mapping[tuple[str, str], Figure]
    conflicts: Mapping[tuple[str, str], Mapping[str, Figure]]
    outside: Mapping[str, float]
    overlapping_counties_m2: float
    admin_accuracy_m: float | None
    sources: tuple[Source, ...]

    @property
    def counties(self) -> tuple[Place, ...]:
        """The places without the one that is all together."""
        return tuple(place for place in self.places if not place.whole)

    @property
    def whole(self) -> Place:
        """All together."""
        return self.places[-1]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "schema": SCHEMA, "on": self.on.isoformat(),
            "places": [{"name": place.name or None, "code": place.code or None, "area_m2": _rounded(place.area_m2, 1)}
                       for place in self.places],
            "control_units": [
                {"place": item.place.name or None, "units": item.count, "total": item.total.to_dict(),
                 "classes": {key: {"units": count, **figure.to_dict()} for key, (count, figure) in item.classes.items()},
                 "claimed_by_several_classes_m2": round(item.twice_m2, 1),
                 "claimed_twice_within_a_class_m2": round(item.within_m2, 1), "gap_m2": _rounded(item.gap_m2, 1)}
                for item in self.units],
            "redline": [
                {"layer": item.layer, "version": item.version, "data_date": item.data_date, "accuracy_m": item.accuracy_m,
                 "current": item.current,
                 "places": [{"place": place.name or None, **item.figures[place.name].to_dict()} for place in self.places]}
                for item in self.editions],
            "redline_changes": [
                {"layer": item.family, "old": item.old, "new": item.new, "place": item.place.name or None,
                 "kept": item.kept.to_dict(), "added": item.added.to_dict(), "removed": item.removed.to_dict(),
                 "net_plus_minus_m2": _rounded(item.net_plus_minus_m2, 1), "strips_within_accuracy_m2": _rounded(item.strips_m2, 1),
                 "comparable": item.comparable}
                for item in self.changes],
            "lines": [{"line": line.key, "loaded": line.loaded} for line in self.lines],
            "overlaps": [{"first": a, "second": b, **figure.to_dict()} for (a, b), figure in self.matrix.items()],
            "conflicts": [{"first": a, "second": b, "place": name or None, **figure.to_dict()}
                          for (a, b), found in self.conflicts.items() for name, figure in found.items()],
            "outside_every_county_m2": {role: round(value, 1) for role, value in self.outside.items()},
            "overlapping_counties_m2": round(self.overlapping_counties_m2, 1),
            "layers": [{"role": item.role, "name": item.name, "version": item.version, "data_date": item.data_date,
                        "accuracy_m": item.accuracy_m, "coverage": item.coverage, "features": item.features,
                        "sha256": item.sha256, "current": item.current} for item in self.sources],
        }  # fmt: skip


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits) + 0.0


@dataclass(slots=True)
class _Layer:
    """The polygons of one or more layers of a role in the plane, with what they say of themselves."""

    shapes: np.ndarray
    categories: np.ndarray
    accuracy_m: float | None
    coverage: Any  # in the plane; None where not stated
    tree: STRtree

    def within(self, place: Place, category: str | None = None) -> np.ndarray:
        """The land of each feature in a place; features without any are left out."""
        shapes = self.shapes
        if category is not None:
            shapes = shapes[self.categories == category]
            if place.shape is None:
                return shapes
            near = shapes[np.sort(STRtree(shapes).query(place.shape, predicate="intersects"))]
        elif place.shape is None:
            return shapes
        else:
            near = shapes[np.sort(self.tree.query(place.shape, predicate="intersects"))]
        if not len(near):
            return near
        shapely.prepare(place.shape)
        inside = shapely.contains_properly(place.shape, near)
        pieces = near.copy()
        pieces[~inside] = _land(shapely.intersection(near[~inside], place.shape))
        return pieces[~shapely.is_empty(pieces)]

    def beyond(self, place: Place) -> np.ndarray:
        """The land of each feature that is not in a place."""
        shapely.prepare(place.shape)
        return _land(shapely.difference(self.shapes[~shapely.contains_properly(place.shape, self.shapes)], place.shape))


def _land(shapes: np.ndarray) -> np.ndarray:
    """Of what an overlay gave, only what has area: no lines, no points, no strips that are mere rounding."""
    out = np.empty(len(shapes), dtype=object)
    for row, shape in enumerate(shapes):
        parts = shapely.get_parts(shape)
        while (shapely.get_type_id(parts) == 7).any():
            parts = shapely.get_parts(parts)
        parts = parts[np.isin(shapely.get_type_id(parts), (3, 6))]
        parts = parts[2 * shapely.area(parts) > _NOTHING_M * shapely.length(parts)]
        out[row] = parts[0] if len(parts) == 1 else shapely.multipolygons(shapely.get_parts(parts)) if len(parts) else _EMPTY
    return out


def _land_of(shape: Any) -> Any:
    return _land(np.array([shape], dtype=object))[0]


def measure(workspace: Workspace, *, on: date, progress: Callable[[int, int], object] | None = None) -> Statistics:
    """All figures of a workspace.

    Args:
        workspace: Open, for reading.
        on: The day that the tables bear; nothing is chosen by it.
        progress: Called with steps done and in all; it may raise to stop.

    Raises:
        StatisticsError: It holds none of the layers that statistics are made of.
    """
    return _Measuring(workspace, on, progress).all()


class _Measuring:
    def __init__(self, workspace: Workspace, on: date, progress: Callable[[int, int], object] | None) -> None:
        self.workspace, self.on = workspace, on
        self.tell = progress or (lambda done, total: None)
        everything = workspace.layers()
        self.records = [item for item in everything if item.role in ("admin", "control_unit", *LINES) and item.features]
        if not any(item.role != "admin" for item in self.records):
            raise StatisticsError(N_("工作区里没有环境管控单元，也没有生态保护红线、永久基本农田、城镇开发边界，没有可统计的内容。"))
        self.crs = self._plane()
        admins = [item for item in self.records if item.role == "admin" and item.current]
        self.admin_accuracy = _worst(item.accuracy_m for item in admins)
        self.everywhere: Any = None
        # What is asked for more than once; layers are kept as well, for by them it is named.
        self._uncovered: dict[tuple[int, int, str], float | None] = {}
        self._layers: dict[tuple[str, ...], _Layer] = {}
        self._lands: dict[tuple[int, str, str | None], Any] = {}
        self._figures: dict[tuple[int, str, str | None], Figure] = {}
        self._borders: dict[str, Any] = {}
        self.places, self.overlapping = self._places(admins)

    # --- reading -----------------------------------------------------------------------------------------------------

    def _plane(self) -> CRS:
        """One projected CRS for all: that of all layers where they share one, else the zone of their middle."""
        kinds = {item.crs.srs: item.crs for item in self.records}
        only = next(iter(kinds.values()))
        if len(kinds) == 1 and only.is_projected:
            return only
        boxes = []
        for item in self.records:
            bounds = self.workspace.read(item.name).total_bounds
            boxes.append(transform(shapely.box(*bounds), item.crs, CGCS2000))
        return zone_for(np.array(boxes, dtype=object))

    def _shapes(self, record: LayerRecord) -> tuple[np.ndarray, list[dict[str, Any]]]:
        frame = self.workspace.read(record.name)
        shapes = np.asarray(frame.geometry.array, dtype=object)
        rows = frame.drop(columns=frame.geometry.name).to_dict("records")
        keep = np.flatnonzero(np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes))
        same = record.crs.srs == self.crs.srs
        moved = np.atleast_1d(transform(shapes[keep], record.crs, self.crs, straight_m=None if same else STRAIGHT_M))
        broken = ~shapely.is_valid(moved)
        if broken.any():
            moved[broken] = _land(shapely.make_valid(moved[broken]))
        return moved, [rows[place] for place in keep]

    def _coverage(self, records: Sequence[LayerRecord]) -> Any:
        """Where the layers together claim to be complete; ``None`` where none of them says."""
        found = [item.coverage_geometry for item in records if item.coverage_geometry is not None]
        moved = list(np.atleast_1d(transform(np.array(found, dtype=object), CGCS2000, self.crs, straight_m=STRAIGHT_M))) if found else []
        # Where a layer says nothing itself, the administrative areas stand in for its coverage, as everywhere in the program.
        if len(found) < len(records) and self.everywhere is not None:
            moved.append(self.everywhere)
        if not found:
            return self.everywhere
        return shapely.union_all(shapely.make_valid(np.array(moved, dtype=object)))

    def _layer(self, records: Sequence[LayerRecord]) -> _Layer | None:
        if not records:
            return None
        names = tuple(record.name for record in records)
        if names not in self._layers:
            self._layers[names] = self._read(records)
        return self._layers[names]

    def _read(self, records: Sequence[LayerRecord]) -> _Layer:
        shapes: list[np.ndarray] = []
        categories: list[str] = []
        for record in records:
            found, rows = self._shapes(record)
            shapes.append(found)
            said = (str(row.get("category")) for row in rows)
            categories += [word if word in CLASSES else "unstated" for word in said]
        together = np.concatenate(shapes)
        return _Layer(together, np.array(categories, dtype=object), _worst(item.accuracy_m for item in records),
                      self._coverage(records), STRtree(together))

    def _places(self, admins: Sequence[LayerRecord]) -> tuple[tuple[Place, ...], float]:
        found: dict[tuple[str, str], list[BaseGeometry]] = {}
        rows = [(row, shape) for record in admins for shape, row in zip(*self._shapes(record), strict=True)]
        self.everywhere = shapely.union_all([shape for _row, shape in rows]) if rows else None
        if any(row.get("level") == "county" for row, _shape in rows):
            rows = [(row, shape) for row, shape in rows if row.get("level") == "county"]
        for row, shape in rows:
            code, name = str(row.get("code") or ""), str(row.get("name") or "")
            found.setdefault((code, name or code or f"#{row.get('fid')}"), []).append(shape)
        if not found:
            return (Place("", "", None, None),), 0.0
        merged = {key: shapely.union_all(shapes) for key, shapes in found.items()}
        order = sorted(merged)
        names = [name for _code, name in order]
        titles = [name if names.count(name) == 1 else f"{name} {code}" for code, name in order]
        shapes = np.array([merged[key] for key in order], dtype=object)
        areas = area_m2(shapes, self.crs)
        whole = shapely.union_all(shapes)
        total = float(area_m2(whole, self.crs)[0])
        counties = [Place(title, code, shape, float(area)) for title, (code, _name), shape, area in
                    zip(titles, order, shapes, areas, strict=True)]
        first, second = STRtree(shapes).query(shapes, predicate="intersects")
        pairs = first < second
        shared = _land(shapely.intersection(shapes[first[pairs]], shapes[second[pairs]]))
        overlap = self.area(_union(shared[~shapely.is_empty(shared)]))
        return (*counties, Place("", "", whole, total)), overlap

    # --- measuring ---------------------------------------------------------------------------------------------------

    def area(self, shape: Any) -> float:
        """Square metres on the ellipsoid."""
        return float(area_m2(shape, self.crs)[0]) if shape is not None and not shape.is_empty else 0.0

    def land(self, layer: _Layer, place: Place, category: str | None = None, pieces: np.ndarray | None = None) -> Any:
        """The land of a layer, or of a class of it, in a place, each square metre once; of ``pieces`` if they are known."""
        key = (id(layer), place.name, category)
        if key not in self._lands:
            self._lands[key] = _union(layer.within(place, category) if pieces is None else pieces)
        return self._lands[key]

    def own(self, layer: _Layer, place: Place, category: str | None = None) -> Figure:
        """The figure of that land."""
        key = (id(layer), place.name, category)
        if key not in self._figures:
            self._figures[key] = self.figure(self.land(layer, place, category), place, layer, layer.accuracy_m)
        return self._figures[key]

    def figure(self, land: Any, place: Place, layer: _Layer, accuracy: float | None, *, of: float | None = None,
               plus_minus: float | None = None) -> Figure:
        """``land`` in ``place`` with its bounds.

        Args:
            land: Shape in the plane.
            place: Where.
            layer: What it was taken from, for its coverage.
            accuracy: Of its lines.
            of: What the share is of; the place if left out.
            plus_minus: Instead of what follows from the length of the lines.
        """
        area = self.area(land)
        uncovered = self.uncovered(layer, place)
        whole = place.area_m2 if of is None else of
        # Less than a thousandth of the place is known, and nothing was found in that.
        unknown = bool(uncovered and place.area_m2 and uncovered > 0.999 * place.area_m2 and area <= 0.0)
        bound = self.bound(land, place, accuracy) if plus_minus is None else plus_minus
        return Figure(area, None if accuracy is None else bound, uncovered, area / whole if whole else None, unknown)

    def bound(self, land: Any, place: Place, accuracy: float | None) -> float | None:
        """Length of the land's own lines times their accuracy, and of the county's lines around it times theirs.

        County lines count only where their accuracy was stated; elsewhere they are taken as they are, and the tables
        say so.
        """
        if accuracy is None:
            return None
        if land is None or land.is_empty:
            return 0.0
        around = float(length_m(land, self.crs)[0])
        along = 0.0
        if place.shape is not None:
            if place.name not in self._borders:
                self._borders[place.name] = shapely.boundary(place.shape)
                shapely.prepare(self._borders[place.name])
            border, parts = self._borders[place.name], shapely.get_parts(land)
            at_border = parts[shapely.intersects(border, parts)]  # of a redline a few of many thousands
            shared = shapely.intersection(border, shapely.multipolygons(at_border))
            along = min(around, float(length_m(shared, self.crs)[0])) if not shared.is_empty else 0.0
        return (around - along) * accuracy + along * (self.admin_accuracy or 0.0)

    def uncovered(self, layer: _Layer, place: Place, other: _Layer | None = None) -> float | None:
        """Land of a place that a layer, or one of two, says nothing about."""
        other = other or layer
        key = (id(layer), id(other), place.name)
        if key not in self._uncovered:
            self._uncovered[key] = self._left_out(layer.coverage, other.coverage, place)
        return self._uncovered[key]

    def _left_out(self, one: Any, other: Any, place: Place) -> float | None:
        if one is None or other is None or place.shape is None:
            return None
        if one is other is self.everywhere:  # the places are what it was made of
            return 0.0
        told = one if one is other else shapely.intersection(one, other)
        return self.area(_land_of(shapely.difference(place.shape, told)))

    def all(self) -> Statistics:
        current = [item for item in self.records if item.current]
        layers = {role: self._layer([item for item in current if item.role == role]) for role in ("control_unit", *LINES)}
        families: dict[str, list[LayerRecord]] = {}
        for item in self.records:
            if item.role == "ecological_redline":
                families.setdefault(item.family, []).append(item)
        for family in families.values():
            dated = all(item.data_date for item in family)
            family.sort(key=lambda item: (item.data_date or "" if dated else "", item.added))
        steps = len(self.places) * (3 + sum(map(len, families.values())))
        done = 0

        def step() -> None:
            nonlocal done
            done += 1
            self.tell(done, steps)

        def as_far(places: float) -> None:
            """What counts as so many places each of which is a step."""
            until = begun + round(places)
            while done < until:
                step()

        units = []
        for place in self.places:
            if layers["control_unit"] is not None:
                units.append(self.units(layers["control_unit"], place))
            step()
        editions, changes = [], []
        for family in families.values():
            before: tuple[Edition, _Layer, dict[str, Any]] | None = None
            for record in family:
                layer = self._layer([record])
                assert layer is not None
                lands: dict[str, Any] = {}
                figures: dict[str, Figure] = {}
                for place in self.places:
                    lands[place.name] = self.land(layer, place)
                    figures[place.name] = self.own(layer, place)
                    step()
                edition = Edition(record.name, record.family, record.version, record.data_date, record.accuracy_m, record.current, figures)
                if before is not None:
                    changes += [self.change(before, (edition, layer, lands), place) for place in self.places]
                before = (edition, layer, lands)
                editions.append(edition)
        lines, land_of = self.lines(layers)
        begun = done
        matrix = self.matrix(lines, land_of, layers, lambda share: as_far(share * len(self.places)))
        begun = done
        conflicts: dict[tuple[str, str], dict[str, Figure]] = {}
        for number, (first, second) in enumerate(CONFLICTS):
            one, other = layers[first], layers[second]
            for at, place in enumerate(self.places):
                as_far(number * len(self.places) / len(CONFLICTS) + at / len(CONFLICTS))
                if one is None or other is None:
                    break
                pair = (self.land(one, place), self.land(other, place))
                conflicts.setdefault((first, second), {})[place.name] = self.overlap(self.both(*pair), place, one, other, pair)
        as_far(len(self.places))
        outside = {}
        if self.places[-1].shape is not None:
            for role, layer in layers.items():
                if layer is not None:
                    beyond = self.area(_union(layer.beyond(self.places[-1])))
                    outside[role] = beyond if beyond > 1.0 else 0.0
        used = [item for item in self.records if item.current or item.role == "ecological_redline"]
        sources = tuple(Source(item.role, item.name, item.version, item.data_date, item.accuracy_m, item.coverage, item.features,
                               item.sha256, item.current) for item in used)
        return Statistics(self.on, self.places, tuple(units), tuple(editions), tuple(changes), lines, matrix, conflicts, outside,
                          self.overlapping, self.admin_accuracy, sources)

    def units(self, layer: _Layer, place: Place) -> Units:
        classes: dict[str, tuple[int, Figure]] = {}
        lands, separate, summed, count = [], 0.0, 0.0, 0
        for category in CLASSES:
            pieces = layer.within(place, category)
            if category == "unstated" and not len(pieces):
                continue
            land = self.land(layer, place, category, pieces)
            figure = self.own(layer, place, category)
            classes[category] = (len(pieces), figure)
            lands.append(land)
            summed += figure.area_m2
            separate += float(area_m2(pieces, self.crs).sum()) if len(pieces) else 0.0
            count += len(pieces)
        every = _union(np.array(lands, dtype=object))
        total = self.figure(every, place, layer, layer.accuracy_m)
        gap = None
        if layer.coverage is not None and place.shape is not None:
            told = place.shape if layer.coverage is self.everywhere else shapely.intersection(place.shape, layer.coverage)
            gap = self.area(_land_of(shapely.difference(told, every)))
        rounding = max(1.0, 1e-8 * total.area_m2)  # m²: what sums of areas are off by
        twice, within = summed - total.area_m2, separate - summed
        return Units(place, classes, count, total, twice if twice > rounding else 0.0, within if within > rounding else 0.0, gap)

    def change(self, old: tuple[Edition, _Layer, dict[str, Any]], new: tuple[Edition, _Layer, dict[str, Any]], place: Place) -> Change:
        (was, was_layer, was_lands), (now, now_layer, now_lands) = old, new
        a, b = was_lands[place.name], now_lands[place.name]
        added, removed = (_land_of(shapely.difference(*pair)) for pair in ((b, a), (a, b)))
        kept = self.both(a, b)
        accuracy = None if was.accuracy_m is None or now.accuracy_m is None else max(was.accuracy_m, now.accuracy_m)
        strips = None
        if accuracy is not None:
            wide = was.accuracy_m + now.accuracy_m  # type: ignore[operator]
            strips = sum(self.area(part) for land in (added, removed) for part in shapely.get_parts(land)
                         if wide and shapely.buffer(part, -wide / 2).is_empty)
        bounds = (was.figures[place.name].plus_minus_m2, now.figures[place.name].plus_minus_m2)
        net = None if bounds[0] is None or bounds[1] is None else bounds[0] + bounds[1]
        uncovered = (self.uncovered(was_layer, place), self.uncovered(now_layer, place))

        def figure(land: Any) -> Figure:
            area = self.area(land)
            return Figure(area, self.bound(land, place, accuracy), max(filter(None, uncovered), default=uncovered[1]),
                          area / place.area_m2 if place.area_m2 else None)

        return Change(was.family, was.version or was.layer, now.version or now.layer, place, figure(kept), figure(added),
                      figure(removed), strips, net, not any(uncovered))

    def lines(self, layers: Mapping[str, _Layer | None]) -> tuple[tuple[Line, ...], dict[str, Any]]:
        whole = self.places[-1]
        lines, lands = [], {}
        for role in LINES:
            layer = layers[role]
            lines.append(Line(role, role, "", layer is not None))
            if layer is not None:
                lands[role] = self.land(layer, whole)
        units = layers["control_unit"]
        for category in CLASSES:
            if category == "unstated" and (units is None or not (units.categories == category).any()):
                continue
            key = f"control_unit:{category}"
            lines.append(Line(key, "control_unit", category, units is not None))
            if units is not None:
                lands[key] = self.land(units, whole, category)
        return tuple(lines), lands

    def matrix(self, lines: Sequence[Line], lands: Mapping[str, Any], layers: Mapping[str, _Layer | None],
               tell: Callable[[float], object]) -> dict[tuple[str, str], Figure]:
        whole = self.places[-1]
        found = {}
        pairs = len(lines) * (len(lines) + 1) / 2
        for place, first in enumerate(lines):
            for number, second in enumerate(lines[place:]):
                tell((place * len(lines) - place * (place - 1) / 2 + number) / pairs)
                one, other = layers[first.role], layers[second.role]
                if one is None or other is None:
                    continue
                if first is second:
                    found[first.key, second.key] = self.own(one, whole, first.category or None)
                else:
                    land = self.both(lands[first.key], lands[second.key])
                    found[first.key, second.key] = self.overlap(land, whole, one, other, (lands[first.key], lands[second.key]))
        tell(1.0)
        return found

    def both(self, one: Any, other: Any) -> Any:
        """What two shapes share; coordinates that differ by rounding share nothing."""
        return _shared(one, other)

    def overlap(self, land: Any, place: Place, one: _Layer, other: _Layer, lands: tuple[Any, Any]) -> Figure:
        """Land of two layers at once: known only where both cover, and as sure as the less sure of the two.

        Where they share nothing, the bound is what they would share if the one came nearer by as much as both may be
        wrong; of classes of one layer, whose neighbours share their border, nothing.
        """
        accuracy = None if one.accuracy_m is None or other.accuracy_m is None else max(one.accuracy_m, other.accuracy_m)
        uncovered = self.uncovered(one, place, other)
        area = self.area(land)
        unknown = bool(uncovered and place.area_m2 and uncovered > 0.999 * place.area_m2 and area <= 0.0)
        bound = self.bound(land, place, accuracy)
        if accuracy is not None and land.is_empty and one is not other:
            reach = one.accuracy_m + other.accuracy_m  # type: ignore[operator]
            if reach and shapely.dwithin(*lands, reach):
                bound = self.area(_land_of(shapely.intersection(shapely.buffer(lands[0], reach, quad_segs=4), lands[1])))
        return Figure(area, bound, uncovered, area / place.area_m2 if place.area_m2 else None, unknown)


def _shared(one: Any, other: Any) -> Any:
    """The land that two shapes share: only parts that cross each other's borders are overlaid.

    Parts of a shape have no land in common and touch at points at most, so what they share with another has neither.
    """
    first, second = shapely.get_parts(one), shapely.get_parts(other)
    if len(first) < len(second):
        first, second = second, first  # few large ones are each asked about many
    of, at = STRtree(first).query(second, predicate="intersects")
    pieces: list[Any] = []
    for number in np.unique(of):
        large, near = second[number], first[np.sort(at[of == number])]
        shapely.prepare(large)
        inside = shapely.contains_properly(large, near)
        pieces += list(near[inside])
        across = near[~inside]
        if len(across):
            pieces += list(shapely.get_parts(_land_of(shapely.intersection(shapely.multipolygons(across), large))))
    return _land_of(shapely.multipolygons(pieces)) if pieces else _EMPTY


def _union(shapes: np.ndarray) -> Any:
    # What lies apart, or touches at points, is put together without being overlaid. Whether it is all a coverage is not asked:
    # of patches with thousands of holes that takes many times as long as the union itself.
    shapes = shapes[~shapely.is_empty(shapes)]
    if not len(shapes):
        return _EMPTY
    apart = _apart(shapes)
    if not apart.any():
        return shapely.disjoint_subset_union_all(shapes)
    parts = shapely.get_parts(shapes[apart])
    if not apart.all():
        parts = np.concatenate([parts, shapely.get_parts(shapely.disjoint_subset_union_all(shapes[~apart]))])
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _apart(shapes: np.ndarray) -> np.ndarray:
    """Which polygons share neither land nor lines with any other."""
    size = shapely.get_num_coordinates(shapes)
    first, second = STRtree(shapes).query(shapes)
    # Each pair once, the more detailed one first: it is prepared, and asked about all that lie in its box.
    once = (size[first] > size[second]) | (size[first] == size[second]) & (first < second)
    order = np.argsort(first[once], kind="stable")
    first, second = first[once][order], second[once][order]
    near = np.zeros(len(first), dtype=bool)
    large, starts = np.unique(first, return_index=True)
    for one, start, end in zip(large, starts, np.append(starts, len(first))[1:], strict=True):
        shapely.prepare(shapes[one])
        near[start:end] = shapely.intersects(shapes[one], shapes[second[start:end]])
        shapely.destroy_prepared(shapes[one])
    first, second = first[near], second[near]
    apart = np.ones(len(shapes), dtype=bool)
    for start in range(0, len(first), _PAIRS):
        one, other = first[start : start + _PAIRS], second[start : start + _PAIRS]
        open_ = apart[one] | apart[other]  # of units side by side soon each is known to have a neighbour
        one, other = one[open_], other[open_]
        joined = ~shapely.relate_pattern(shapes[one], shapes[other], _AT_POINTS)
        apart[one[joined]] = apart[other[joined]] = False
    return apart


def _worst(stated: Iterable[float | None]) -> float | None:
    """The largest accuracy; ``None`` where one of several was not stated, or there is none."""
    found = list(stated)
    return None if not found or any(value is None or not math.isfinite(value) for value in found) else max(found)  # type: ignore[type-var]

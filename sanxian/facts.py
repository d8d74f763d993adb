"""Measures sites against the layers of a workspace: from geometry to the plain facts that rules are asked of."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from layers.nearby import Nearby
from layers.schema import ROLES, feature_label
from layers.values import settled
from rules.conditions import TOUCH_M, Relation, feature_matches
from rules.facts import FeatureFact, FilterFact, LayerFact, SiteFacts
from sanxian.prepared_layers import Cache, cache_folder
from sanxian.request import Project
from spatial.crs import CGCS2000, STRAIGHT_M, transform, units, zone_for
from spatial.measure import area_m2, distance_between_m, length_m
from spatial.overlay import (
    Overlap,
    Shared,
    ZoneTree,
    by_dimension,
    deeper_than,
    depth_m,
    overlaps,
    uncovered,
    union_share,
)

if TYPE_CHECKING:
    from layers.workspace import LayerRecord, Workspace

Filters = Mapping[str, Mapping[str, Mapping[str, tuple[str | bool, ...]]]]

# Doubts about a file that mean features of it are not in the layer.
LOST = frozenset(
    {
        "geometry-missing", "geometry-empty", "geometry-not-finite", "geometry-kind", "geometry-degenerate",
        "geometry-unreadable", "geometry-unsupported", "coordinate-unreadable", "coordinate-outside-china",
        "geometry-out-of-place", "place-unknown", "records-missing",
    }
)  # fmt: skip

# Around what a rule asks, a little more is searched, so that the nearest feature just beyond is named too.
SEARCH_MARGIN_M = 200.0


# A shape of more vertices than this is cut down to what lies around the site before it is overlaid.
LARGE = 4096
_AROUND_M = 2_000.4871  # how far around, at first; not round, so that no drawn edge runs along the cut
_WORTH_KEEPING = 1 << 20  # bytes of shapes from which the union of the administrative areas is kept
_STRETCHES = 12  # a long site's box is divided so often each way
_UNASKED = object()
WHOLE = 64  # a layer of no more features is read whole
_KEPT_VERTICES = 4_000_000  # of features that were read one by one, all layers together


@dataclass(slots=True)
class _Feature:
    """One feature as it is held while sites are measured; ``planes`` are its shape by projection zone."""

    shape: BaseGeometry | None
    attributes: Mapping[str, Any]
    fid: int | None
    label: str
    planes: dict[str, tuple[BaseGeometry, bool | None]] = field(default_factory=dict)
    rings: _Rings | None = None


class _Rings:
    """A large polygon taken apart, so that parts and holes far away can be left out at little cost."""

    def __init__(self, shape: BaseGeometry) -> None:
        self.shape = shape
        self._parts = shapely.get_parts(shape)
        rings, self._owner = shapely.get_rings(self._parts, return_index=True)
        first = np.r_[True, self._owner[1:] != self._owner[:-1]]
        self._shells, self._holes, self._owner = rings[first], rings[~first], self._owner[~first]
        self._boxes = shapely.bounds(self._holes).reshape(-1, 4)
        self._outer = shapely.bounds(self._shells)

    def near(self, boxes: np.ndarray) -> BaseGeometry:
        """The shape without the parts and holes that meet none of some boxes (n, 4)."""
        kept = _any_meets(self._boxes, boxes)
        parts = _any_meets(self._outer, boxes)
        if kept.all() and parts.all():
            return self.shape
        made = [
            shapely.Polygon(self._shells[place], list(self._holes[kept & (self._owner == place)]))
            for place in np.flatnonzero(parts).tolist()
        ]
        return made[0] if len(made) == 1 else shapely.MultiPolygon(made)


def _any_meets(bounds: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Whether each of some boxes (n, 4) meets any of some others (m, 4)."""
    west, south, east, north = bounds.T[:, :, None]
    meets = (west <= boxes[:, 2]) & (east >= boxes[:, 0]) & (south <= boxes[:, 3]) & (north >= boxes[:, 1])
    return meets.any(axis=1)


class _Around:
    """All that lies within a distance of a site, and a little more; large shapes are cut down to it once.

    Attributes:
        metres: The distance.
        zone: In which the site is.
    """

    def __init__(self, site: BaseGeometry, zone: CRS, metres: float) -> None:
        self.metres, self.zone = metres, zone
        west, south, east, north = site.bounds
        cells = np.array([[west, south, east, north]])
        if max(east - west, north - south) > 4 * metres:  # of a long site one box for each stretch of it
            xs, ys = np.linspace(west, east, _STRETCHES + 1), np.linspace(south, north, _STRETCHES + 1)
            cells = np.array([(x0, y0, x1, y1) for x0, x1 in pairwise(xs) for y0, y1 in pairwise(ys)])
            shapely.prepare(site)
            cells = cells[shapely.intersects(site, shapely.box(*cells.T))]
        self._boxes = cells + np.array([-metres, -metres, metres, metres])
        self._parts: dict[int, tuple[_Feature, BaseGeometry | None]] = {}

    @cached_property
    def _frame(self) -> BaseGeometry:
        return shapely.union_all(shapely.box(*self._boxes.T))

    def part(self, item: _Feature, plane: BaseGeometry) -> BaseGeometry | None:
        """What of a large polygon lies here; ``None`` where cutting is no use or does not work out."""
        if id(item) not in self._parts:
            self._parts[id(item)] = item, self._cut(item, plane)
        return self._parts[id(item)][1]

    def _cut(self, item: _Feature, plane: BaseGeometry) -> BaseGeometry | None:
        if len(self._boxes) == 1 and shapely.contains(self._frame, shapely.box(*plane.bounds)):
            return None
        if item.rings is None or item.rings.shape is not plane:
            item.rings = _Rings(plane)
        try:
            part = shapely.intersection(item.rings.near(self._boxes), self._frame)
        except shapely.errors.GEOSException:  # broken somewhere: whoever measures with the whole of it says so by name
            return None
        return part if part.is_empty or (shapely.get_type_id(part) in (3, 6) and part.is_valid) else None


class _Source:
    """One layer as it is held while sites are measured: read feature by feature where that can be done, else whole.

    Attributes:
        crs: Of its shapes.
        coverage: Where it claims to be complete, in EPSG:4490; ``None`` unknown.
        count: Features in it.
    """

    def __init__(self, workspace: Workspace, record: LayerRecord, coverage: BaseGeometry | None) -> None:
        self.record, self.coverage = record, coverage
        self.crs = record.crs
        self._workspace = workspace
        self._nearby: Nearby | None = workspace.nearby(record) if record.features > WHOLE else None
        self._held: dict[int, _Feature] = {}
        self.vertices = 0  # of what is held of a layer that is read feature by feature
        self.count = self._nearby.count if self._nearby is not None else len(self.geometries)

    # --- the layer as a whole

    @cached_property
    def _whole(self) -> tuple[np.ndarray, list[dict[str, Any]], list[int | None]]:
        frame = self._workspace.read(self.record.name)
        table = frame.drop(columns=frame.geometry.name)
        fids: list[int | None] = [int(fid) for fid in table["fid"]] if "fid" in table else [None] * len(frame)
        rows = table.drop(columns="fid", errors="ignore").astype(object).where(table.notna(), None).to_dict("records")
        schema = ROLES.get(self.record.role)
        attributes = [settled({str(key): value for key, value in row.items()}, schema) for row in rows]
        return np.asarray(frame.geometry.values, dtype=object), attributes, fids

    @property
    def geometries(self) -> np.ndarray:
        """Every shape."""
        return self._whole[0]

    @property
    def attributes(self) -> list[dict[str, Any]]:
        """Every feature's attributes."""
        return self._whole[1]

    @property
    def fids(self) -> list[int | None]:
        """Every feature's row id."""
        return self._whole[2]

    @cached_property
    def _tree(self) -> STRtree:
        return STRtree(self.geometries)

    # --- what lies around a site; rows are positions in the whole layer, or row ids where it is not read whole

    def opened(self) -> contextlib.AbstractContextManager[Any]:
        """The file held open while several questions are asked."""
        return self._nearby.opened() if self._nearby is not None else contextlib.nullcontext()

    def fresh(self, records: Mapping[int, LayerRecord]) -> bool:
        """Whether the layer is still what it was when it was first opened; ``records`` of now by ``added``."""
        record = records.get(self.record.added)
        if record is None or (record.sha256, record.changed) != (self.record.sha256, self.record.changed):
            return False
        if self._nearby is None:
            return True
        now = self._workspace.nearby(self.record)
        return now is not None and now.state == self._nearby.state

    def meeting(self, here: BaseGeometry, dx: float, dy: float) -> list[int]:
        """Rows whose boxes come as close to a shape as ``dx`` and ``dy``, ascending; all in the layer's own CRS.

        Around a long site that lies aslant most boxes that meet its own box are far away from it.
        """
        shapely.prepare(here)
        wide = np.array([-dx, -dy, dx, dy])
        west, south, east, north = here.bounds + wide
        if self._nearby is None:
            rows = sorted(self._tree.query(shapely.box(west, south, east, north)).tolist())
        else:
            rows, boxes = self._nearby.within(west, south, east, north)
            rows = [rows[place] for place in np.flatnonzero(_meets(here, boxes + wide)).tolist()]
        bounds = shapely.bounds(np.array([item.shape for item in self.features(rows)], dtype=object)).reshape(-1, 4)
        return [rows[place] for place in np.flatnonzero(_meets(here, bounds + wide)).tolist()]

    def at(self, outlet: BaseGeometry, zone: CRS) -> list[_Feature]:
        """Features in which a place may lie."""
        metre = units(1.0, self.crs)
        return self.features(self.meeting(transform(outlet, zone, self.crs), metre * 2, metre))

    def closest(self, here: BaseGeometry, reach: float) -> int | None:
        """The row nearest to a shape that meets none, in the layer's own CRS and units; ``None`` where there is none.

        Args:
            here: A shape in the layer's CRS.
            reach: How far around it to begin.
        """
        if self._nearby is None:
            found = self._tree.query_nearest(here, all_matches=False)
            return int(found[0]) if len(found) else None
        west, south, east, north = here.bounds
        here = _outline(here)
        away: dict[int, float] = {}
        while True:
            rows, _ = self._nearby.within(west - reach, south - reach, east + reach, north + reach)
            fresh = [row for row in rows if row not in away]
            if fresh:
                shapes = np.array([item.shape for item in self.features(fresh)], dtype=object)
                # A shape is no nearer than its box: most boxes lie farther off than the nearest shape.
                boxes = shapely.distance(here, shapely.box(*shapely.bounds(shapes).T))
                nearest = min(away.values(), default=np.inf)
                for place in np.argsort(boxes, kind="stable").tolist():
                    if boxes[place] > nearest * (1 + 1e-9) + 1e-12:
                        away[fresh[place]] = np.inf  # farther than the best, how far does not matter
                        continue
                    away[fresh[place]] = float(shapely.length(shapely.shortest_line(here, shapes[place])))
                    nearest = min(nearest, away[fresh[place]])
            best = min(away, key=lambda row: (away[row], row), default=None)
            if best is not None and away[best] <= reach:
                return best
            if reach > 1e8:
                return best
            reach *= 2

    def features(self, rows: Sequence[int]) -> list[_Feature]:
        """The features of some rows."""
        fresh = [row for row in rows if row not in self._held]
        if fresh and self._nearby is None:
            geometries, attributes, fids = self._whole
            for row in fresh:
                self._hold(row, geometries[row], attributes[row], fids[row])
        elif fresh and self._nearby is not None:
            for row, (shape, attributes) in zip(fresh, self._nearby.read(fresh), strict=True):
                self._hold(row, shape, settled(attributes, ROLES.get(self.record.role)), row)
                self.vertices += int(shapely.get_num_coordinates(shape))
        return [self._held[row] for row in rows]

    def _hold(self, row: int, shape: BaseGeometry, attributes: Mapping[str, Any], fid: int | None) -> None:
        label = feature_label(self.record.role, {**attributes, "fid": fid})
        self._held[row] = _Feature(shape, attributes, fid, label)

    def forget(self) -> None:
        """Let go of what was read feature by feature."""
        if self._nearby is not None:
            self._held.clear()
            self.vertices = 0

    def planes(self, found: Sequence[_Feature], zone: CRS) -> tuple[np.ndarray, np.ndarray]:
        """(shapes in a zone, whether each is known to be valid there); of large shapes validity is not looked into."""
        fresh = [item for item in found if zone.srs not in item.planes]
        if fresh:
            # a site may be drawn along a long edge with more vertices than the layer has there
            shapes = np.array([item.shape for item in fresh], dtype=object)
            moved = transform(shapes, self.crs, zone, straight_m=STRAIGHT_M, keep_thin=False)
            small = shapely.get_num_coordinates(moved) <= LARGE
            valid = np.zeros(len(moved), dtype=bool)
            valid[small] = shapely.is_valid(moved[small])
            for place in np.flatnonzero(small & ~valid).tolist():
                moved[place] = transform(shapes[place], self.crs, zone, straight_m=STRAIGHT_M)
                valid[place] = shapely.is_valid(moved[place])
            for item, plane, sound, looked in zip(fresh, moved, valid.tolist(), small.tolist(), strict=True):
                item.planes[zone.srs] = plane, sound if looked else None
        held = [item.planes[zone.srs] for item in found]
        return np.array([plane for plane, _ in held], dtype=object), np.array([bool(sound) for _, sound in held], dtype=bool)

    def checked(self, item: _Feature, zone: CRS) -> tuple[BaseGeometry, bool]:
        """A large shape in a zone, and whether it is valid there."""
        plane, sound = item.planes[zone.srs]
        if sound is None:
            sound = plane.is_valid
            if not sound:
                plane = np.asarray(transform(np.array([item.shape]), self.crs, zone, straight_m=STRAIGHT_M))[0]
                sound = plane.is_valid
            item.planes[zone.srs] = plane, sound
        return plane, sound


class _Cut:
    """Features in a zone for overlays: large ones cut down to what lies around the site.

    Attributes:
        found: The features.
        shapes: As they are measured.
        smaller: Which of them were cut.
        around_m: How far from the site the cut runs, at least.
        valid: Whether all of them are known to be valid.
    """

    def __init__(self, source: _Source, found: Sequence[_Feature], around: _Around) -> None:
        self._source, self.found, self._around, self.around_m = source, found, around, around.metres
        self._planes, valid = source.planes(found, around.zone)
        large = (shapely.get_num_coordinates(self._planes) > LARGE) & (shapely.get_dimensions(self._planes) == 2)
        self.shapes, self.smaller = self._planes.copy(), np.zeros(len(found), dtype=bool)
        for place in np.flatnonzero(large).tolist():
            part = around.part(found[place], self._planes[place])
            if part is not None:
                self.shapes[place], self.smaller[place] = part, True
            else:
                self._planes[place], valid[place] = source.checked(found[place], around.zone)
                self.shapes[place] = self._planes[place]
        self.valid = bool((valid | self.smaller).all())

    def whole(self, place: int) -> BaseGeometry:
        """A shape as it is where it is not cut."""
        return self._planes[place]

    def holds(self, place: int, outlet: BaseGeometry) -> bool:
        """Whether the outlet lies in a feature, wherever the site is."""
        return bool(shapely.covers(self.whole(place), outlet))

    def without_empty(self, outlet: BaseGeometry | None) -> _Cut:
        """The same without the shapes of which nothing lies around the site, nor the outlet in them."""
        empty = self.smaller & shapely.is_empty(self.shapes)
        kept = [place for place, far in enumerate(empty.tolist()) if not far or (outlet and self.holds(place, outlet))]
        if len(kept) == len(self.found):
            return self
        return _Cut(self._source, [self.found[place] for place in kept], self._around)


@dataclass(frozen=True, slots=True)
class MeasuredSite:
    """A project's facts, and its site where maps want it.

    Attributes:
        lonlat: The site in EPSG:4490.
    """

    facts: SiteFacts
    lonlat: BaseGeometry


class Measurer:
    """Measures one site after another against the layers of one workspace, which are read once.

    Args:
        workspace: Where the layers are.
        searches: How far around a site each role must be searched, in metres.
        unions: By role, the attribute filters over which the share of a site in a union is asked.
        commons: By role, the relations that ask for a part of the site in two layers at once.
    """

    def __init__(
        self,
        workspace: Workspace,
        searches: Mapping[str, float],
        unions: Filters,
        commons: Mapping[str, Mapping[str, Relation]] | None = None,
    ) -> None:
        self._commons = commons or {}
        self._workspace = workspace
        self._searches = searches
        self._unions = unions
        self._sources: dict[str, list[_Source]] = {}
        self._records: list[LayerRecord] | None = None
        self._coverages: dict[bytes, BaseGeometry] = {}
        self._admin: Any = _UNASKED
        self._arounds: dict[float, _Around] = {}  # of the site that is being measured
        self._theres: dict[str, BaseGeometry] = {}  # that site by CRS of layers
        self._stamp: tuple[int, ...] | None = None
        self._retired: list[_Source] = []  # others may know these by their identity
        self._near_coverage: dict[tuple[int, ...], tuple[bool, float, float | None, bool | None]] = {}

    def prepare(self) -> None:
        """Open all layers now and not at the first site."""
        for role in self._searches:
            self._of_role(role)

    def measure(self, project: Project, *, without: frozenset[tuple[str, str | None, int]] = frozenset()) -> MeasuredSite:
        """Everything that the rules ask of one site.

        Args:
            project: Its geometry is the site.
            without: Features to leave out of account, as (role, layer, row id); ``None``: in any layer of the role.

        Raises:
            SpatialError: The site is empty or broken, or lies outside China's projection zones.
            WorkspaceError: The workspace was damaged since it was opened.
        """
        source_crs = CRS.from_user_input(project.crs)
        lonlat = transform(project.geometry, source_crs, CGCS2000, straight_m=STRAIGHT_M)
        zone = zone_for(lonlat)
        site = transform(project.geometry, source_crs, zone, straight_m=STRAIGHT_M)
        shapely.prepare(site)
        outlet = _outlet(project.attributes, zone)
        accuracy_m = project.attributes.get("accuracy_m")
        self._near_coverage.clear()
        self._arounds.clear()
        self._theres.clear()
        self._look_again()
        layers = {}
        with self._reading():
            for role in sorted(self._searches):
                if self._of_role(role):
                    layers[role] = self._measure(role, site, zone, outlet, accuracy_m, without)
        return MeasuredSite(
            SiteFacts(
                geometry_type=site.geom_type,
                area_m2=float(area_m2(site, zone)[0]),
                length_m=_length(site, zone),
                crs=f"EPSG:{zone.to_epsg()}",
                layers=layers,
            ),
            lonlat,
        )

    def _around(self, site: BaseGeometry, zone: CRS, metres: float) -> _Around:
        if metres not in self._arounds:
            self._arounds[metres] = _Around(site, zone, metres)
        return self._arounds[metres]

    def _there(self, site: BaseGeometry, zone: CRS, crs: CRS) -> BaseGeometry:
        """The site in a layer's CRS."""
        if crs.srs not in self._theres:
            self._theres[crs.srs] = transform(site, zone, crs)
        return self._theres[crs.srs]

    def _of_role(self, role: str) -> list[_Source]:
        if role not in self._sources:
            if self._records is None:
                self._records = self._workspace.layers()
            mine = [record for record in self._records if record.role == role and record.current]
            self._sources[role] = [_Source(self._workspace, record, self._coverage_of(record)) for record in mine]
        return self._sources[role]

    def _coverage_of(self, record: LayerRecord) -> BaseGeometry | None:
        """Where a layer is complete, as one object for all layers that say the same."""
        if any(issue.code in LOST for issue in record.issues):
            return None  # what could not be read may lie anywhere: such a layer answers yes where it does, and never no
        found = self._admin_areas(record) if record.coverage_geometry is None else record.coverage_geometry
        return None if found is None else self._coverages.setdefault(shapely.to_wkb(found), found)

    def _admin_areas(self, record: LayerRecord) -> BaseGeometry | None:
        """The union of the administrative areas; of detailed ones kept on disk, as it takes longer than a screening."""
        if self._admin is _UNASKED:
            assert self._records is not None
            admins = [one for one in self._records if one.role == "admin" and one.current and one.features]
            found = [self._workspace.nearby(one) for one in admins]
            made_from = ""
            if sum(one.stored_bytes() for one in found if one is not None) > _WORTH_KEEPING:
                parts = [f"{one.digest()} {record.crs.to_wkt()}" for one, record in zip(found, admins, strict=True) if one]
                made_from = "\n".join(["admin", *parts]) if len(parts) == len(admins) else ""
            if made_from:
                cache = Cache(cache_folder(self._workspace.path))
                self._admin = cache.shape(made_from, lambda: self._workspace.coverage_of(record))
            else:
                self._admin = self._workspace.coverage_of(record)
        return self._admin

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Say in one sentence where the file cannot be read any more."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._workspace.damaged(error) from error

    def _fresh(self) -> bool:
        records = {record.added: record for record in self._workspace.layers()}
        return all(source.fresh(records) for sources in self._sources.values() for source in sources)

    def _look_again(self) -> None:
        """Open layers again that were changed since, and let go of features when too many are held."""
        with contextlib.suppress(OSError):
            status = os.stat(self._workspace.path)
            stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
            if self._stamp is not None and stamp != self._stamp and not self._fresh():
                self._retired += [source for sources in self._sources.values() for source in sources]
                self._sources.clear()
                self._records, self._admin = None, _UNASKED
            self._stamp = stamp
        every = [source for sources in self._sources.values() for source in sources]
        if sum(source.vertices for source in every) > _KEPT_VERTICES:
            for source in every:
                source.forget()

    def _measure(
        self,
        role: str,
        site: BaseGeometry,
        zone: CRS,
        outlet: BaseGeometry | None,
        site_accuracy_m: float | None,
        without: frozenset[tuple[str, str | None, int]],
    ) -> LayerFact:
        sources = self._of_role(role)
        stated = [source.record.accuracy_m for source in sources if source.record.accuracy_m is not None]
        accuracy_m = max(stated, default=0.0) + (site_accuracy_m or 0.0) if stated or site_accuracy_m else None
        searched_m = self._searches[role] + (accuracy_m or 0.0) + SEARCH_MARGIN_M
        candidates: list[tuple[_Source, list[_Feature], bool]] = []
        for source in sources:
            with source.opened():
                found, near = self._candidates(source, site, zone, searched_m)
                if outlet is not None:  # it may lie far from the site
                    known = set(map(id, found))
                    found = [*found, *(item for item in source.at(outlet, zone) if id(item) not in known)]
                if without:
                    gone = {fid for of, layer, fid in without if of == role and layer in (None, source.record.name)}
                    found = [item for item in found if item.fid not in gone]
                if found:
                    candidates.append((source, found, near and not without))
        around_m = _AROUND_M
        while True:
            # What is measured to the edge of a shape that was cut holds as long as it is less than where the cut runs.
            features: list[FeatureFact] = []
            met: list[BaseGeometry] = []
            inner: list[FeatureFact] = []
            shared: dict[int, tuple[Overlap, dict[int, BaseGeometry]]] = {}
            whole = True
            for source, found, near in candidates:
                cut = _Cut(source, found, self._around(site, zone, around_m))
                if near and searched_m < 0.999 * around_m:
                    cut = cut.without_empty(outlet)  # farther away than anybody asked
                whole &= not cut.smaller.any()
                facts, touched = _features(cut, site, zone, outlet, shared)
                features += [item for item in facts if not near or item.distance_m <= searched_m or item.outlet_inside]
                inner += [facts[place] for place in touched]
                met += [cut.shapes[place] for place in touched]
            unions = _Unions(site, zone, shared)
            union_m2, union = unions.share(met)
            filtered = {
                key: _filter_fact(site, unions, features, inner, met, where)
                for key, where in sorted(self._unions.get(role, {}).items())
            }
            common = {}
            for key, relation in sorted(self._commons.get(role, {}).items()):
                common[key], all_whole = self._common(relation, site, zone, inner, met, around_m)
                whole &= all_whole
            to_edges = [item.clearance_m or 0.0 for item in filtered.values()]
            to_edges += [item.reach_out_m or 0.0 for item in filtered.values() if inner]
            if whole or max([*to_edges, *common.values()], default=0.0) < 0.999 * around_m:
                break
            around_m *= 8
        covered, uncovered_m2, covered_to_m, outlet_covered = self._coverage(sources, site, zone, outlet)
        order = sorted(features, key=lambda item: (item.distance_m, -item.share, item.feature, item.feature_id or 0))
        return LayerFact(
            features=tuple(order),
            searched_m=searched_m,
            union_m2=union_m2,
            union_share=union,
            covered=covered,
            uncovered_m2=uncovered_m2,
            covered_to_m=covered_to_m,
            accuracy_m=accuracy_m,
            count=sum(source.count for source in sources),
            outlet_covered=outlet_covered,
            filtered=filtered,
            common=common,
        )

    def _candidates(self, source: _Source, site: BaseGeometry, zone: CRS, reach_m: float) -> tuple[list[_Feature], bool]:
        """Features near the site, or the nearest one where none is, found in the layer's own CRS by generous boxes.

        Also whether one of them is within reach.
        """
        if not source.count:
            return [], False
        here = self._there(site, zone, source.crs)
        _, south, _, north = here.bounds
        geographic = source.crs.is_geographic

        def around(metres: float) -> list[int]:
            dy = units(metres, source.crs) * 1.02
            dx = dy / max(np.cos(np.radians((south + north) / 2)), 0.2) if geographic else dy
            return source.meeting(here, dx, dy)

        found = source.features(around(reach_m))
        cut = _Cut(source, found, self._around(site, zone, max(_AROUND_M, reach_m * 1.1)))
        if shapely.dwithin(site, cut.shapes, reach_m).any():
            return found, True
        closest = source.closest(here, units(reach_m, source.crs))
        if closest is None:
            return found, False
        # nearest in the layer's own units is not nearest on the ground; nothing nearer lies outside this frame
        nearest = source.features([closest])[0].shape
        way = transform(shapely.shortest_line(_outline(here), nearest), source.crs, zone)
        return source.features(around(way.length * 1.05 + 1.0)), False

    def _common(
        self,
        relation: Relation,
        site: BaseGeometry,
        zone: CRS,
        features: Sequence[FeatureFact],
        planes: Sequence[BaseGeometry],
        around_m: float,
    ) -> tuple[float, bool]:
        """How wide the part of the site is that lies in both layers of a relation; points count as touching widths do.

        Also whether no shape of the other layer was cut.
        """
        mine = [
            plane
            for feature, plane in zip(features, planes, strict=True)
            if feature.inside and feature_matches(relation.where, feature.attributes) is not False
        ]
        other = relation.also_in
        assert other is not None
        if not mine:
            return 0.0, True
        theirs: list[BaseGeometry] = []
        whole = True
        for source in self._of_role(other.layer):
            with source.opened():
                found, _ = self._candidates(source, site, zone, 1.0)
                kept = [item for item in found if feature_matches(other.where, item.attributes) is not False]
                if kept:
                    cut = _Cut(source, kept, self._around(site, zone, around_m))
                    theirs += list(cut.shapes)
                    whole &= not cut.smaller.any()
        if not theirs:
            return 0.0, whole
        both = shapely.intersection(shapely.union_all(mine), shapely.union_all(theirs))
        met = [item for item in overlaps(site, [both]) if item.inside]
        return max((item.depth_m for item in met), default=0.0), whole

    def _coverage(
        self, sources: Sequence[_Source], site: BaseGeometry, zone: CRS, outlet: BaseGeometry | None
    ) -> tuple[bool | None, float, float | None, bool | None]:
        """Whether the layer is complete over the site, how much of the site it leaves out, and how far out it goes."""
        known = [source.coverage for source in sources if source.coverage is not None]
        if not known:
            return None, 0.0, None, None
        key = tuple(sorted({id(part) for part in known}))  # many layers share one coverage, such as the district
        if key not in self._near_coverage:
            self._near_coverage[key] = _within_coverage(known, site, zone, outlet, max(self._searches.values()))
        covered, left, to_edge, outlet_covered = self._near_coverage[key]
        if not covered and len(known) < len(sources):
            return None, left, None, outlet_covered or None
        return covered, left, to_edge, outlet_covered


def _features(
    cut: _Cut,
    site: BaseGeometry,
    zone: CRS,
    outlet: BaseGeometry | None,
    shared: dict[int, tuple[Overlap, dict[int, BaseGeometry]]],
) -> tuple[list[FeatureFact], list[int]]:
    """The facts of some features of one layer, and which of these the site meets, if only at an edge.

    What they share is put into ``shared``, by the identity of the cut shapes.
    """
    found = cut.found
    tree = ZoneTree(cut.shapes, checked=True) if cut.valid else None
    common: Shared = {}
    met = {item.zone: item for item in overlaps(site, cut.shapes, tree, crs=zone, depth=False, shared=common)}
    shared.update({id(cut.shapes[place]): (met[place], parts) for place, parts in common.items()})
    apart = np.array([place for place in range(len(found)) if place not in met], dtype=int)
    metres = np.zeros(len(found))
    if apart.size:
        ways = _ways(site, cut, apart)
        metres[apart] = distance_between_m(ways[:, 0], ways[:, 1], zone)
        metres[apart[(ways[:, 0] == ways[:, 1]).all(axis=1)]] = 0.0
    point = shapely.get_dimensions(site) == 0
    polygons = cut.smaller | (shapely.get_dimensions(cut.shapes) == 2)
    facts: list[FeatureFact] = []
    for place, (item, polygon, metre) in enumerate(zip(found, polygons.tolist(), metres.tolist(), strict=True)):
        mine = met.get(place)
        inside = mine is not None and mine.inside
        if inside and polygon and not deeper_than(common[place], cut.shapes[place], TOUCH_M):
            inside = False  # one line carried through two CRSs: edges closer than 1 mm are the same edge
        facts.append(
            FeatureFact(
                feature=item.label,
                feature_id=item.fid,
                attributes=item.attributes,
                overlap_m2=mine.area_m2 if mine is not None and inside else 0.0,
                overlap_m=mine.length_m if mine is not None and inside else 0.0,
                share=_share(mine, point, site, cut.shapes[place]) if mine is not None and inside else 0.0,
                inside=inside,
                distance_m=metre,
                outlet_inside=cut.holds(place, outlet) if outlet is not None else None,
                deeper=_Depth(common[place], cut, place) if inside and polygon else None,
            )
        )
    return facts, sorted(met)


class _Depth:
    """How far a site reaches into a feature of which it shares some parts, measured when somebody asks."""

    def __init__(self, shared: dict[int, BaseGeometry], cut: _Cut, place: int) -> None:
        self._shared, self._cut, self._place = shared, cut, place
        self._found: float | None = None

    def __call__(self, enough_m: float) -> float:
        """The depth; of a feature in which nothing can be deeper than ``enough_m``, only what it cannot exceed."""
        if self._found is None:
            cut = self._cut.shapes[self._place]
            if not self._cut.smaller[self._place]:
                west, south, east, north = cut.bounds
                if min(east - west, north - south) / 2 <= enough_m:
                    return min(east - west, north - south) / 2
            found = depth_m(self._shared, cut)
            if self._cut.smaller[self._place] and found >= 0.999 * self._cut.around_m:
                found = depth_m(self._shared, self._cut.whole(self._place))  # where a shape was cut is no edge of it
            self._found = found
        return self._found


def _length(site: BaseGeometry, zone: CRS) -> float:
    """Metres of a line as it was drawn; of a site of several kinds those of its lines."""
    if shapely.get_dimensions(site) == 2:
        site = by_dimension(site).get(1, shapely.LineString()) if shapely.get_type_id(site) == 7 else shapely.LineString()
    return float(length_m(site, zone)[0]) if shapely.get_dimensions(site) == 1 else 0.0


def _outline(site: BaseGeometry) -> BaseGeometry:
    """What the way to a shape that does not meet the site begins on; GEOS has an index for lines and none for areas."""
    edge = shapely.boundary(site) if shapely.get_type_id(site) in (3, 6) else site
    shapely.prepare(edge)
    return edge


def _ways(site: BaseGeometry, cut: _Cut, places: np.ndarray) -> np.ndarray:
    """Both ends of the shortest way (n, 2, 2) to each of some shapes, which the site does not meet.

    The way to what was cut holds where it is less than to the cut.
    """
    site = _outline(site)
    lines = np.empty(len(places), dtype=object)
    near = ~shapely.is_empty(cut.shapes[places])
    lines[near] = shapely.shortest_line(site, cut.shapes[places[near]])
    beyond = cut.smaller[places] & ~(shapely.length(lines) < 0.999 * cut.around_m)  # of what is not there: no number
    for row in np.flatnonzero(beyond).tolist():
        lines[row] = shapely.shortest_line(site, cut.whole(int(places[row])))
    return shapely.get_coordinates(lines).reshape(-1, 2, 2)


def _within_coverage(
    known: Sequence[BaseGeometry], site: BaseGeometry, zone: CRS, outlet: BaseGeometry | None, reach_m: float
) -> tuple[bool, float, float | None, bool | None]:
    # only what lies around the site: a coverage may be the whole country, which no plane can hold
    west, south, east, north = site.bounds
    if outlet is not None:
        west, south, east, north = shapely.union(site, outlet).bounds
    reach_m += 10_000.0
    corners = shapely.box(west - reach_m, south - reach_m, east + reach_m, north + reach_m)
    frame = transform(corners, zone, CGCS2000, straight_m=5_000.0)
    shapely.prepare(known)  # they are the same objects for every site
    parts = [frame if shapely.contains_properly(part, frame) else shapely.intersection(part, frame) for part in known]
    near = shapely.make_valid(transform(shapely.union_all(parts), CGCS2000, zone, straight_m=STRAIGHT_M))
    if near.is_empty:
        return False, float(area_m2(site, zone)[0]), None, None if outlet is None else False
    covered = bool(shapely.covers(near, site))
    left = 0.0 if covered else uncovered(site, near, crs=zone)
    if not covered:
        # Coordinates carried between CRSs differ in the last digits; of a plot and its road both must be covered.
        covered = all(
            uncovered(piece, near, crs=zone) < min(1e-3, 1e-6 * {2: piece.area, 1: piece.length}.get(dimension, 0.0))
            or bool(shapely.covers(near, piece))
            for dimension, piece in by_dimension(site).items()
        )
    to_edge = shapely.shortest_line(_outline(site), shapely.boundary(near)).length if covered else None
    return covered, left, to_edge, None if outlet is None else bool(shapely.covers(near, outlet))


def _share(item: Overlap, point: bool, site: BaseGeometry, shape: BaseGeometry) -> float:
    """Shared part of the site; of a site of points, how many of them lie inside."""
    if not point:
        return item.share
    parts = shapely.get_parts(site)
    return float(shapely.contains(shape, parts).sum()) / len(parts)


def _outlet(attributes: Mapping[str, Any], zone: CRS) -> BaseGeometry | None:
    lon, lat = attributes.get("outlet_lon"), attributes.get("outlet_lat")
    if lon is None or lat is None:
        return None
    x, y = shapely.get_coordinates(transform(shapely.Point(float(lon), float(lat)), CGCS2000, zone))[0]
    return shapely.Point(x, y)


def _meets(here: BaseGeometry, bounds: np.ndarray) -> np.ndarray:
    """Whether each box (n, 4) meets a shape."""
    return shapely.intersects(here, shapely.box(*bounds.T)) if len(bounds) else np.zeros(0, dtype=bool)


def _apart(shared: Sequence[dict[int, BaseGeometry]]) -> bool:
    """Whether these parts of a site, each of lines or of areas alone, lie clear of one another, without a gap to close."""
    if any(len(parts) != 1 or 0 in parts for parts in shared):
        return False
    west, south, east, north = shapely.bounds([part for parts in shared for part in parts.values()]).T
    east, north = east + 10 * TOUCH_M, north + 10 * TOUCH_M
    meets = (west[:, None] <= east) & (east[:, None] >= west) & (south[:, None] <= north) & (north[:, None] >= south)
    return int(meets.sum()) == len(shared)


class _Unions:
    """Unions of shapes around one site; many filters let the same shapes pass, and each union is made once."""

    def __init__(self, site: BaseGeometry, zone: CRS, shared: Mapping[int, tuple[Overlap, dict[int, BaseGeometry]]]) -> None:
        """``shared``: by the identity of a shape what the site and it have in common, where that is known."""
        self._site, self._zone, self._shared = site, zone, shared
        self._shares: dict[tuple[int, ...], tuple[float, float]] = {}
        self._left: dict[tuple[int, ...], tuple[BaseGeometry, BaseGeometry]] = {}

    def share(self, planes: Sequence[BaseGeometry]) -> tuple[float, float]:
        """m² of the site within any of the shapes, and their share of it; the shapes must live as long as this."""
        areas = [plane for plane in planes if shapely.get_dimensions(plane) == 2]
        key = tuple(map(id, areas))
        if key not in self._shares:
            self._shares[key] = self._union(areas)
        return self._shares[key]

    def left(self, planes: Sequence[BaseGeometry]) -> tuple[BaseGeometry, BaseGeometry]:
        """The union of some shapes, and what of the site lies outside it."""
        key = tuple(map(id, planes))
        if key not in self._left:
            union = shapely.union_all(planes)
            self._left[key] = union, shapely.difference(self._site, union)
        return self._left[key]

    def _union(self, areas: list[BaseGeometry]) -> tuple[float, float]:
        if not areas:
            return 0.0, 0.0
        found = [self._shared[id(area)] for area in areas if id(area) in self._shared]
        alike = shapely.get_type_id(self._site) != 7  # of a plot and its road each may lie in another of them
        if alike and len(found) == len(areas) and _apart([parts for _, parts in found]):
            # what the site shares with each adds up
            return sum(item.area_m2 for item, _ in found), min(sum(item.share for item, _ in found), 1.0)
        shared = {place: self._shared[id(area)][1] for place, area in enumerate(areas) if id(area) in self._shared}
        tree = ZoneTree(areas, checked=True)
        measured, share = union_share(self._site, areas, tree, crs=self._zone, shared=shared, gap_m=TOUCH_M)
        return (measured if shapely.get_dimensions(self._site) == 2 else 0.0), share


def _filter_fact(
    site: BaseGeometry,
    unions: _Unions,
    features: Sequence[FeatureFact],
    met: Sequence[FeatureFact],
    planes: Sequence[BaseGeometry],
    where: Mapping[str, tuple[str | bool, ...]],
) -> FilterFact:
    """The share within what passes a filter; ``met`` are the features that the site meets and ``planes`` their shapes."""
    areas = [
        (answer, plane)
        for feature, plane in zip(met, planes, strict=True)
        if feature.inside
        and (answer := feature_matches(where, feature.attributes)) is not False
        and shapely.get_dimensions(plane) == 2
    ]
    sure = [plane for answer, plane in areas if answer is True]
    _, share = unions.share(sure)
    possible = share if len(sure) == len(areas) else unions.share([plane for _, plane in areas])[1]
    reach_out: float | None = None
    clearance: float | None = None
    if sure:
        union, out = unions.left(sure)
        if out.is_empty:
            reach_out, clearance = 0.0, float(shapely.distance(site, shapely.boundary(union)))
        else:
            corners = shapely.points(shapely.get_coordinates(out))
            reach_out, clearance = float(shapely.distance(corners, union).max()), 0.0
            if reach_out <= TOUCH_M / 10:  # the same line, carried between CRSs
                share, possible, clearance = 1.0, 1.0, 0.0
    else:
        distances = [feature.distance_m for feature in features if feature_matches(where, feature.attributes) is True]
        reach_out = min(distances, default=None)
    return FilterFact(share, possible, reach_out, clearance)

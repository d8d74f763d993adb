"""What many sites share with the layers, in columns: for each spatial question of the rules a column of answers.

A column holds no more than is certain. Where floating point or a shortcut leaves two answers open, the column says so,
and the rules decide whether that matters; where it does, the site is measured on its own as ``sanxian screen`` does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Transformer

from layers.schema import ROLES
from layers.values import settled
from rules.conditions import TOUCH_M, InPlace, Relation, _code_in, feature_matches, unique
from sanxian.prepared_layers import Cache, Part, margin_degrees, shapes_digest, span, wkb_digest, workspace_stamp
from spatial.crs import CGCS2000, STRAIGHT_M, transform
from spatial.errors import SpatialError
from spatial.measure import area_m2, distance_between_m, length_m
from spatial.overlay import overlaps
from spatial.prepared import Prepared, has_grid
from spatial.subdivide import chunks, subdivide

if TYPE_CHECKING:
    from layers.workspace import LayerRecord, Workspace
    from spatial.edge_grid import SiteEdges

# Answers that a column can hold; from NAMED on, an unknown whose missing facts are named in a table.
NO, NO_NEAR, NO_MAYBE, YES, YES_NEAR, YES_MAYBE, OPEN, NAMED = range(8)
_OPPOSITE = np.array([YES, YES_NEAR, YES_MAYBE, NO, NO_NEAR, NO_MAYBE, OPEN])

# A share this close to the whole is the whole for certain, or is not for certain; between them nobody decides here.
_WHOLE, _NOT_WHOLE = 1 - 5e-7, 1 - 5e-6
_SLACK_M = 0.01  # between distances that are found here and those that a single site's measurement finds
_COVERAGE_SLACK_M = 0.1  # a coverage's edge is split at other places here
_SMALL_M2 = 10.0  # of sums smaller than this rounding could be seen
FALSE_EASTING_M = 500_000.0  # of the projection zones without a zone number


@dataclass(slots=True)
class Met:
    """What sites share with the features of one role.

    Attributes:
        site, feature, part: Pairs whose interiors meet, ordered by site; the part of the site that lies within.
        ground: m² or m that each pair shares, on the ellipsoid; NaN where it must be measured on the whole shapes.
        near_site, near_feature, near_m: Pairs that do not share their interiors but lie within reach; geodesic metres.
        near: Sites that an edge of a feature crosses or comes within reach of.
        reach_m: For each site, the distance up to which the accuracy of the data could turn an answer.
        lost: Sites about which nothing can be said here.
    """

    site: np.ndarray
    feature: np.ndarray
    part: np.ndarray
    ground: np.ndarray
    near_site: np.ndarray
    near_feature: np.ndarray
    near_m: np.ndarray
    near: np.ndarray
    reach_m: np.ndarray
    lost: np.ndarray


@dataclass(slots=True)
class RoleInZone:
    """The features of one role, carried to one projection zone and prepared."""

    role: str
    prepared: Prepared
    rows: np.ndarray
    attributes: list[Mapping[str, Any]]
    count: int
    accuracy_m: float | None
    broken: np.ndarray
    coverages: list[Any]
    sources: int
    _answers: dict[str, np.ndarray] = field(default_factory=dict)
    _subsets: dict[str, _Subset | None] = field(default_factory=dict)
    _apart: dict[tuple[int, int], bool] = field(default_factory=dict)

    def passing(self, relation: Relation) -> np.ndarray:
        """Whether each feature passes the filter: 1 yes, 0 no, -1 the data does not say."""
        key = relation.filter_key
        if key not in self._answers:
            known: dict[tuple[Any, ...], int] = {}
            found = np.empty(len(self.attributes), dtype=np.int8)
            for place, attributes in enumerate(self.attributes):
                values = tuple(attributes.get(name) for name in relation.where)
                if values not in known:
                    answer = feature_matches(relation.where, attributes)
                    known[values] = -1 if answer is None else int(answer)
                found[place] = known[values]
            self._answers[key] = found
        return self._answers[key]

    def apart(self, features: np.ndarray) -> bool:
        """Whether these features share no area with one another, so that what lies in them adds up."""
        for place, one in enumerate(features.tolist()):
            for other in features[:place].tolist():
                key = (min(one, other), max(one, other))
                if key not in self._apart:
                    a, b = self.prepared.shapes([key[0], key[1]])
                    self._apart[key] = not shapely.intersects(a, b) or bool(shapely.touches(a, b))
                if not self._apart[key]:
                    return False
        return True

    def subset(self, key: str, chosen: np.ndarray) -> _Subset | None:
        """Some of the features, prepared for distances."""
        if key not in self._subsets:
            self._subsets[key] = _Subset.of(self.prepared.shapes(chosen), self.prepared.engine) if len(chosen) else None
        return self._subsets[key]


@dataclass(slots=True)
class _Subset:
    """Features to which distances are asked: areas, and lines and points in short pieces."""

    parts: list[Prepared]

    @classmethod
    def of(cls, geoms: np.ndarray, engine: str) -> _Subset:
        area = np.isin(shapely.get_type_id(geoms), (3, 6))
        parts = [Prepared(geoms[area], None, engine=engine, checked=True)] if area.any() else []
        if (~area).any():
            pieces, _ = chunks(geoms[~area])
            parts.append(Prepared(pieces, None, engine=engine, checked=True))
        return cls(parts)

    def metres(self, sites: np.ndarray, radius: float, zone: CRS, threads: int | None) -> np.ndarray:
        """Geodesic distance to the nearest; infinite where none is within ``radius`` metres of the plane."""
        best = np.full(len(sites), np.inf)
        for part in self.parts:
            found = part.nearest_batch(sites, radius, threads=threads, checked=True)
            metres = np.where(found.index >= 0, found.distance, np.inf)
            apart = np.flatnonzero((found.index >= 0) & (found.distance > 0))
            if apart.size:
                metres[apart] = distance_between_m(found.on_site[apart], found.on_feature[apart], zone)
            best = np.minimum(best, metres)
        return best


class _Layer:
    """One layer of the workspace: what its features are; where they are is read only to prepare it."""

    def __init__(self, workspace: Workspace, record: LayerRecord) -> None:
        from sanxian.facts import LOST

        self.record = record
        self.crs = CRS.from_user_input(record.crs)
        self._workspace = workspace
        table = workspace.read_table(record.name)
        names = [str(name) for name in table.columns if name != "fid"]
        cells = [table[name].astype(object).where(table[name].notna(), None).tolist() for name in names]
        schema = ROLES.get(record.role)
        self.attributes: list[dict[str, Any]] = [
            settled(dict(zip(names, row, strict=True)), schema) for row in zip(*cells, strict=True)]
        if not names:
            self.attributes = [{} for _ in range(len(table))]
        # what could not be read may lie anywhere: such a layer answers yes where it does, and never no
        lost = any(issue.code in LOST for issue in record.issues)
        self.coverage = None if lost else workspace.coverage_of(record)
        self._fids = table["fid"].to_numpy()

    def shapes(self) -> np.ndarray:
        return np.asarray(self._workspace.read(self.record.name).geometry.array, dtype=object)

    def band(self, west: float, east: float) -> tuple[np.ndarray, np.ndarray]:
        """Positions and shapes of the features between two longitudes, and perhaps of some more."""
        box = _bounds_in(self.crs, west, east)
        if box is None or not (np.diff(self._fids) > 0).all():
            shapes = self.shapes()
            return np.arange(len(shapes)), shapes
        frame = self._workspace.read_bbox(self.record.name, box)
        fids = frame["fid"].to_numpy()
        order = np.argsort(fids)
        return np.searchsorted(self._fids, fids[order]), np.asarray(frame.geometry.array, dtype=object)[order]

    def wkb(self, west: float, east: float) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """As :meth:`band`, the shapes as WKB end to end and where each starts."""
        kind = self.record.geometry_type.upper()
        if "POINT" in kind or "LINE" in kind or not (np.diff(self._fids) > 0).all():
            return None  # only polygons are prepared from it
        fids, body, starts = self._workspace.read_wkb(self.record, _bounds_in(self.crs, west, east))
        return np.searchsorted(self._fids, fids), body, starts

    def part(self, cache: Cache) -> Part:
        stamp = workspace_stamp(self._workspace.path)
        digest = cache.digest(f"{self.record.table}|{self.crs.srs}", stamp, self._digest)
        return Part(self.shapes, self.crs, digest, self.band, len(self.attributes), self.wkb)

    def _digest(self) -> str:
        fids, body, starts = self._workspace.read_wkb(self.record)
        if np.array_equal(fids, self._fids):
            return wkb_digest(body, starts, self.crs)
        return shapes_digest(self.shapes(), self.crs)


def _bounds_in(crs: CRS, west: float, east: float) -> tuple[float, float, float, float] | None:
    """A box in a CRS around all that lies between two longitudes at China's latitudes; ``None`` where there is none."""
    if crs.is_geographic:
        return west - 0.1, -90.0, east + 0.1, 90.0
    carrier = Transformer.from_crs(CGCS2000, crs, always_xy=True)
    lon, lat = np.meshgrid(np.linspace(west, east, 21), np.linspace(0.0, 60.0, 121))
    x, y = carrier.transform(lon.ravel(), lat.ravel())
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    wide, high = 0.02 * np.ptp(x), 0.02 * np.ptp(y)
    return float(x.min() - wide), float(y.min() - high), float(x.max() + wide), float(y.max() + high)


class Layers:
    """All roles that the rules ask about, by projection zone, prepared when first needed.

    Args:
        workspace: Where the layers are.
        searches: How far around a site each role must be searched, in metres.
        cache: Where preparations are kept.
    """

    def __init__(self, workspace: Workspace, searches: Mapping[str, float], cache: Cache) -> None:
        self._workspace = workspace
        self._searches = searches
        self._cache = cache
        self.reach_m = max(searches.values(), default=0.0)
        self.margin = margin_degrees(self.reach_m)
        self._layers: dict[str, list[_Layer]] = {}
        self._parts: dict[int, Part] = {}
        self._roles: dict[tuple[str, str], RoleInZone | None] = {}
        self._coverages: dict[tuple[tuple[int, ...], str], Prepared | None] = {}

    def role(self, role: str, zone: CRS) -> RoleInZone | None:
        """A role in a zone; ``None`` where no layer of it is loaded.

        Raises:
            SpatialError: A feature cannot be carried to the zone.
        """
        key = (role, zone.srs)
        if key not in self._roles:
            self._roles[key] = self._prepare(role, zone)
        return self._roles[key]

    def prepare(self, zone: CRS) -> None:
        """Have all roles of a zone prepared and kept."""
        for role in sorted({*self._searches, "admin"}):
            with contextlib.suppress(SpatialError):
                self.role(role, zone)

    def rest(self, zone: CRS) -> None:
        """Give back the memory of a zone's preparations, until they are asked for again."""
        for (_, where), found in self._roles.items():
            if found is not None and where == zone.srs:
                found.prepared.rest()

    def note_digests(self) -> None:
        """Work out the digests of all layers that have none yet, so that other processes find them noted."""
        for role in sorted({*self._searches}):
            for layer in self._of_role(role):
                self._part(layer)

    def _part(self, layer: _Layer) -> Part:
        if id(layer) not in self._parts:
            self._parts[id(layer)] = layer.part(self._cache)
        return self._parts[id(layer)]

    def _of_role(self, role: str) -> list[_Layer]:
        if role not in self._layers:
            known = role in self._searches
            self._layers[role] = [_Layer(self._workspace, one) for one in self._workspace.by_role(role)] if known else []
        return self._layers[role]

    def _prepare(self, role: str, zone: CRS) -> RoleInZone | None:
        layers = self._of_role(role)
        if not layers:
            return None
        found = self._cache.prepared([self._part(layer) for layer in layers], zone, self.margin)
        every = [attributes for layer in layers for attributes in layer.attributes]
        stated = [layer.record.accuracy_m for layer in layers if layer.record.accuracy_m is not None]
        return RoleInZone(
            role,
            found.prepared,
            found.rows,
            [every[row] for row in found.rows.tolist()],
            len(every),
            max(stated) if stated else None,
            found.broken,
            [layer.coverage for layer in layers if layer.coverage is not None],
            len(layers),
        )

    def coverage(self, known: Sequence[Any], zone: CRS) -> Prepared | None:
        """The union of some coverages around a zone; ``None`` where they leave it out."""
        key = (tuple(sorted({id(part) for part in known})), zone.srs)
        if key not in self._coverages:
            west, east = span(zone, self.margin + 0.5)
            frame = shapely.box(west, -10.0, east, 70.0)
            near = shapely.union_all([shapely.intersection(part, frame) for part in known])
            plane = shapely.make_valid(transform(near, CGCS2000, zone, straight_m=STRAIGHT_M))
            areas = [part for part in shapely.get_parts(plane) if part.area > 0]
            self._coverages[key] = Prepared([shapely.union_all(areas)], zone, checked=True) if areas else None
        return self._coverages[key]


class SitesInZone:
    """Sites of one projection zone, and the columns of answers about them.

    Args:
        layers: What they are asked against.
        zone: The zone.
        sites: Valid points, lines, polygons, multi-lines and multi-polygons in the zone's plane.
        accuracy_m: What each site states; NaN where it states nothing.
        outlets: Sites whose project has an outlet with a position of its own.
        are_outlets: Sites that are said to be the outlet.
        parameters: Distances that the law leaves open, in metres.
        named: Gives the code of an unknown whose missing facts are these.
        threads: For the grid.
    """

    def __init__(
        self,
        layers: Layers,
        zone: CRS,
        sites: np.ndarray,
        accuracy_m: np.ndarray,
        outlets: np.ndarray,
        are_outlets: np.ndarray,
        parameters: Mapping[str, float],
        named: Callable[[tuple[str, ...]], int],
        *,
        threads: int | None = None,
    ) -> None:
        self.zone, self.sites, self.threads = zone, sites, threads
        self._layers, self._accuracy, self._outlets = layers, accuracy_m, outlets
        self._are_outlets = are_outlets
        self._parameters, self._codes_of = parameters, named
        self._words: dict[int, tuple[str, ...]] = {}
        self.kinds = shapely.get_dimensions(sites)
        self.edges: SiteEdges | None = None
        if has_grid():
            from spatial.edge_grid import SiteEdges

            self.edges = SiteEdges.of(sites, FALSE_EASTING_M)
        self._own = np.where(self.kinds == 2, shapely.area(sites), np.where(self.kinds == 1, shapely.length(sites), 1.0))
        self._bounds = shapely.bounds(sites)
        self._met: dict[str, Met] = {}
        self._tiles: dict[int, list[Any]] = {}
        self._cover: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]] = {}
        self._metres: dict[tuple[str, str, str, float], np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.sites)

    def _named(self, missing: tuple[str, ...]) -> int:
        code = self._codes_of(missing)
        self._words[code] = missing
        return code

    # ------------------------------------------------------------------------------------------------ measuring

    def met(self, found: RoleInZone) -> Met:
        """What the sites share with a role's features, asked once."""
        if found.role not in self._met:
            self._met[found.role] = self._meet(found)
        return self._met[found.role]

    def _meet(self, found: RoleInZone) -> Met:
        count = len(self)
        given = np.nan_to_num(self._accuracy)
        reach = np.maximum((found.accuracy_m or 0.0) + given, TOUCH_M)
        most = float(reach.max(initial=TOUCH_M)) * 1.001 + 1e-6
        rows = found.prepared.survey(self.sites, self.edges, threads=self.threads)
        site, feature = rows.site, rows.zone
        part = np.minimum(rows.measure / self._own[site], 1.0)
        beside, other, metres = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        if self.edges is not None:
            beside, other, metres = found.prepared.within_batch(self.edges, most, threads=self.threads)
            metres = metres * self._ground_of_metres(beside)
            edge = np.full(count, np.inf)
            np.minimum.at(edge, beside, metres)
        else:
            edge = found.prepared.edges_within(self.sites, most, threads=self.threads)
        near = edge <= reach * 1.001 + 1e-6
        near[site[part < 1 - 1e-9]] = True
        if self.edges is not None:
            width = len(found.prepared) + 1
            fresh = np.flatnonzero(metres <= reach[beside])
            fresh = fresh[~np.isin(beside[fresh] * width + other[fresh], site * width + feature)]
            fresh = fresh[np.lexsort((other[fresh], beside[fresh]))]
            near_site, near_feature, near_m = beside[fresh], other[fresh], metres[fresh]
        else:
            near_site, near_feature, near_m = self._beside(found, np.flatnonzero(near), reach, most, site, feature)
        lost = self._broken(found)
        doubt = np.flatnonzero(((part < 1 - 1e-9) | (edge[site] <= 2 * TOUCH_M)) & ~rows.deep)
        lost[site[doubt[self._shallow(site[doubt], found.prepared.shapes(feature[doubt]))]]] = True
        return Met(site, feature, part, rows.ground, near_site, near_feature, near_m, near, reach, lost)

    def _ground_of_metres(self, site: np.ndarray) -> np.ndarray:
        """Metres on the ellipsoid for each metre of the plane at some sites."""
        off = (self._bounds[site, 0] + self._bounds[site, 2]) / 2 - FALSE_EASTING_M
        assert self.edges is not None
        return 1.0 / np.cosh(off * np.sqrt(self.edges.curves[site]))

    def _beside(
        self, found: RoleInZone, near: np.ndarray, reach: np.ndarray, most: float, site: np.ndarray, feature: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Features within reach that share nothing with the site, each with its distance."""
        if not near.size:
            empty = np.empty(0, dtype=np.int64)
            return empty, empty, np.empty(0)
        b = self._bounds[near] + np.array([-most, -most, most, most])
        which, other = found.prepared._tree.query(shapely.box(*b.T))  # noqa: SLF001
        which = near[which]
        width = len(found.prepared) + 1
        fresh = ~np.isin(which * width + other, site * width + feature)
        which, other = which[fresh], other[fresh]
        shapes = found.prepared.shapes(other)
        shapely.prepare(shapes)
        close = shapely.dwithin(shapes, self.sites[which], most)
        which, other, shapes = which[close], other[close], shapes[close]
        metres = np.zeros(len(which))
        if len(which):
            ways = shapely.get_coordinates(shapely.shortest_line(self.sites[which], shapes)).reshape(-1, 2, 2)
            metres = distance_between_m(ways[:, 0], ways[:, 1], self.zone)
            metres[shapely.distance(self.sites[which], shapes) == 0] = 0.0
        kept = metres <= reach[which]
        order = np.lexsort((other[kept], which[kept]))
        return which[kept][order], other[kept][order], metres[kept][order]

    def _shallow(self, site: np.ndarray, zones: np.ndarray) -> np.ndarray:
        """Pairs of which a single site's measurement may say that they do no more than touch."""
        shallow = np.zeros(len(site), dtype=bool)
        flat = np.flatnonzero(shapely.get_dimensions(zones) == 2)  # only the edge of an area can be the site's own
        if not flat.size:
            return shallow
        sites, zones = self.sites[site[flat]], zones[flat]
        near = _around(sites, zones)
        shared = shapely.intersection(sites, near)
        line = np.flatnonzero(self.kinds[site[flat]] == 1)
        shared[line] = shapely.segmentize(shared[line], np.maximum(shapely.length(shared[line]) / 32, 1e-3))
        xy, owner = shapely.get_coordinates(shared, return_index=True)
        count = np.bincount(owner, minlength=len(flat))
        rank = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        some = rank % np.maximum(count // 64, 1)[owner] == 0  # one place deep inside is enough
        xy, owner = xy[some], owner[some]
        edges = shapely.boundary(near)
        shapely.prepare(edges)
        deep = np.zeros(len(flat))
        np.maximum.at(deep, owner, shapely.distance(shapely.points(xy), edges[owner]))
        for place in np.flatnonzero(~(deep > 2 * TOUCH_M)).tolist():
            try:
                met = overlaps(sites[place], zones[place : place + 1])
            except SpatialError:
                met = []
            shallow[flat[place]] = not met or not met[0].depth_m > 2 * TOUCH_M
        return shallow

    def _broken(self, found: RoleInZone) -> np.ndarray:
        """Sites near a feature that is no valid shape in this plane."""
        lost = np.zeros(len(self), dtype=bool)
        for west, south, east, north in shapely.bounds(found.broken):
            b = self._bounds
            lost |= (b[:, 2] >= west - 1e4) & (b[:, 0] <= east + 1e4) & (b[:, 3] >= south - 1e4) & (b[:, 1] <= north + 1e4)
        return lost

    def covered(self, found: RoleInZone, reach_m: float) -> tuple[np.ndarray, np.ndarray]:
        """Whether the role is complete over each site, and up to ``reach_m`` around it: 1, 0, or -1 for unsure."""
        over, out = self._coverage(found)
        if not found.coverages:
            return np.zeros(len(self), dtype=np.int8), np.zeros(len(self), dtype=np.int8)
        up_to = np.where(out >= reach_m + _COVERAGE_SLACK_M, 1, np.where(out < reach_m - _COVERAGE_SLACK_M, 0, -1))
        up_to = np.where(over == 1, up_to, np.where(over == 0, 0, -1)).astype(np.int8)
        return over, up_to

    def _coverage(self, found: RoleInZone) -> tuple[np.ndarray, np.ndarray]:
        key = tuple(sorted({id(part) for part in found.coverages}))
        if key not in self._cover:
            over, out = np.zeros(len(self), dtype=np.int8), np.full(len(self), np.inf)
            plane = self._layers.coverage(found.coverages, self.zone) if found.coverages else None
            if plane is not None:
                reach = self._layers.reach_m + 1.0
                out = plane.edges_within(self.sites, reach, threads=self.threads)
                rows = plane.overlaps_batch(self.sites, threads=self.threads, checked=True)
                inside = np.flatnonzero(rows.inside)
                site = rows.site[inside]
                kinds = self.kinds[site]
                shared = np.where(kinds == 2, rows.area_m2[inside], np.where(kinds == 1, rows.length_m[inside], 1.0))
                left = self._own[site] - shared
                crossed = left > np.maximum(1e-9 * self._own[site], 1e-6)
                over[site] = 1
                over[site[crossed]] = np.where(left[crossed] > 1.0 + 1e-5 * self._own[site[crossed]], 0, -1)
                touching = np.flatnonzero(out <= _COVERAGE_SLACK_M)
                sure = np.zeros(len(self), dtype=bool)
                sure[site[left > 1.0 + 1e-5 * self._own[site]]] = True
                over[touching] = np.where(sure[touching], 0, -1)
            over[(self.kinds > 0) & (self._own < 0.01)] = -1  # too small to tell a gap from rounding
            self._cover[key] = over, out
        return self._cover[key]

    def _distance(self, found: RoleInZone, relation: Relation, want: int, radius: float) -> np.ndarray:
        """Metres to the nearest feature that passes (``want`` 1) or may pass (-1) and lies on the baselines asked for."""
        key = (found.role, f"{relation.filter_key}|{relation.baseline}", str(want), radius)
        if key not in self._metres:
            chosen = found.passing(relation) == want
            if relation.baseline:
                on = np.array([item.get("baseline") in (None, *relation.baseline) for item in found.attributes], dtype=bool)
                chosen &= on if len(on) else chosen
            chosen &= found.prepared.kinds >= 0
            metres = np.full(len(self), np.inf)
            if self.edges is not None and chosen.any():
                index, plane, ends = found.prepared.nearest_edges(self.edges, radius, chosen, threads=self.threads)
                hit = np.flatnonzero(index >= 0)
                off = (ends[hit, 0] + ends[hit, 2]) / 2 - FALSE_EASTING_M
                metres[hit] = plane[hit] / np.cosh(off * np.sqrt(self.edges.curves[hit]))
                met = self.met(found)
                metres[met.site[chosen[met.feature]]] = 0.0
            elif chosen.any():
                subset = found.subset("|".join(key[1:3]), np.flatnonzero(chosen))
                assert subset is not None
                metres = subset.metres(self.sites, radius, self.zone, self.threads)
            self._metres[key] = metres
        return self._metres[key]

    # ------------------------------------------------------------------------------------------------ answers

    def answers(self, leaf: Relation | InPlace) -> np.ndarray:
        """The column of answers to one spatial question."""
        if isinstance(leaf, InPlace):
            return self._in_place(leaf)
        count = len(self)
        distance_m = leaf.distance_m
        if leaf.relation == "within_distance":
            if distance_m is None:
                distance_m = self._parameters.get(str(leaf.parameter))
            if distance_m is None:
                return np.full(count, self._named((f"parameter:{leaf.parameter}",)))
        try:
            found = self._layers.role(leaf.layer, self.zone)
        except SpatialError:
            return np.full(count, OPEN)
        if found is None or found.count == 0:
            return np.full(count, self._named((f"layer:{leaf.layer}",)))
        if leaf.also_in is not None:
            return self._both(leaf, leaf.also_in, found)
        if leaf.relation == "intersects":
            column = self._intersects(leaf, found)
        elif leaf.relation == "within_distance":
            column = self._within_distance(leaf, found, float(distance_m or 0.0))
        elif leaf.relation == "outlet_inside":
            column = self._outlet_inside(leaf, found)
        else:
            column = self._share(leaf, found)
        column[self.met(found).lost] = OPEN
        return column

    def _both(self, leaf: Relation, other: Relation, found: RoleInZone) -> np.ndarray:
        """A part of the site in two layers: settled here where one of them leaves it out, or where nothing is known."""
        one, two = self.answers(replace(leaf, also_in=None)), self.answers(other)
        column = np.full(len(self), OPEN)
        for first, second in {*zip(one.tolist(), two.tolist(), strict=True)}:
            if first < NAMED and second < NAMED or OPEN in (first, second):
                continue
            if all(code in (YES, YES_NEAR, YES_MAYBE) or code >= NAMED for code in (first, second)):
                missing = unique([*self._words.get(first, ()), *self._words.get(second, ())])
                column[(one == first) & (two == second)] = self._named(missing)
        beyond = self._layers.role(other.layer, self.zone)
        accuracy_m = beyond.accuracy_m if beyond is not None else None
        if (found.accuracy_m or 0.0) <= (accuracy_m or 0.0):  # how near it is counts by the first layer's accuracy
            column[two == NO] = NO
        column[one == NO] = NO
        return column

    def _field_missing(self, leaf: Relation, found: RoleInZone, site: np.ndarray, feature: np.ndarray) -> np.ndarray:
        """For each site the code of an unknown: which attributes the features lack that would decide."""
        names = list(leaf.where)
        bits = np.zeros(len(self), dtype=np.int64)
        for place, name in enumerate(names):
            lacks = np.array([found.attributes[k].get(name) is None for k in np.unique(feature)], dtype=bool)
            lacking = np.unique(feature)[lacks]
            here = np.isin(feature, lacking)
            bits[np.unique(site[here])] |= 1 << place
        codes = np.full(len(self), OPEN)
        for value in np.unique(bits):
            missing = tuple(f"field:{leaf.layer}.{name}" for place, name in enumerate(names) if value >> place & 1)
            if missing:
                codes[bits == value] = self._named(missing)
        return codes

    def _flags(self, site: np.ndarray) -> np.ndarray:
        flags = np.zeros(len(self), dtype=bool)
        flags[site] = True
        return flags

    def _intersects(self, leaf: Relation, found: RoleInZone) -> np.ndarray:
        met = self.met(found)
        passing = found.passing(leaf)
        match = passing[met.feature]
        hit, doubtful = self._flags(met.site[match == 1]), self._flags(met.site[match == -1])
        over, _ = self.covered(found, 0.0)
        beside = self._flags(met.near_site[passing[met.near_feature] != 0])
        column = np.where(beside, NO_NEAR, NO)
        column = np.where(over == 1, column, np.where(over == 0, self._named((f"coverage:{leaf.layer}",)), OPEN))
        if doubtful.any():
            open_ = match == -1
            column = np.where(doubtful, self._field_missing(leaf, found, met.site[open_], met.feature[open_]), column)
        return np.where(hit, np.where(met.near, YES_MAYBE, YES), column)

    def _within_distance(self, leaf: Relation, found: RoleInZone, distance_m: float) -> np.ndarray:
        met = self.met(found)
        given = np.nan_to_num(self._accuracy)
        reach = np.maximum((found.accuracy_m or 0.0) + given, TOUCH_M)
        radius = (distance_m + float(reach.max(initial=0.0))) * 1.001 + 1.0
        sure = self._distance(found, leaf, 1, radius)
        unsure = self._distance(found, leaf, -1, radius)
        near = distance_m - sure
        column = np.where(near >= 0, YES, NO)
        column = np.where((near >= 0) & (near <= reach), YES_NEAR, column)
        nearest = np.minimum(sure, unsure)
        out = nearest - distance_m
        with np.errstate(invalid="ignore"):
            miss = near < 0
            column = np.where(miss & (out <= reach), NO_NEAR, column)
            _, up_to = self.covered(found, distance_m)
            column = np.where(miss & (up_to == 0), self._named((f"coverage:{leaf.layer}",)), column)
            column = np.where(miss & (up_to == -1), OPEN, column)
            doubtful = miss & (unsure <= distance_m)
            if doubtful.any():
                column = np.where(doubtful, OPEN, column)
                chosen = found.passing(leaf) == -1
                names = [name for name in leaf.where if any(found.attributes[k].get(name) is None for k in np.flatnonzero(chosen))]
                if len(names) == 1:
                    column = np.where(doubtful, self._named((f"field:{leaf.layer}.{names[0]}",)), column)
            # what lies within a hair of a threshold is measured again, one site at a time
            column = np.where((np.abs(near) <= _SLACK_M) | (np.abs(unsure - distance_m) <= _SLACK_M), OPEN, column)
            column = np.where((near > _SLACK_M) & (np.abs(near - reach) <= _SLACK_M), YES_MAYBE, column)
            unclear = miss & (np.abs(out - reach) <= _SLACK_M) & np.isin(column, (NO, NO_NEAR))
            column = np.where(unclear, NO_MAYBE, column)
        # the plane stretches lengths by up to 3 parts in 10,000, and more where a site lies far out of its zone
        return np.where(met.lost, OPEN, column)

    def _share(self, leaf: Relation, found: RoleInZone) -> np.ndarray:
        """For ``within``, ``outside`` and ``covers_share``; straddling sites are left open."""
        met = self.met(found)
        passing = found.passing(leaf)
        dimension = found.prepared.dimensions
        counts = dimension[met.feature] == 2
        match = np.where(counts, passing[met.feature], 0)
        full = self._flags(met.site[(match == 1) & (met.part > _WHOLE)])
        some = self._flags(met.site[match != 0])
        over, _ = self.covered(found, 0.0)
        margins = leaf.relation != "covers_share"
        beside = self._flags(met.near_site[passing[met.near_feature] == 1]) if margins else np.zeros(len(self), dtype=bool)
        if (dimension[met.feature] != 2).any():  # a line or point within the site counts for distance only
            odd = self._flags(met.site[(dimension[met.feature] != 2) & (passing[met.feature] != 0)])
        else:
            odd = np.zeros(len(self), dtype=bool)
        column = np.where(beside, NO_NEAR, NO)
        column = np.where(over == 1, column, np.where(over == 0, self._named((f"coverage:{leaf.layer}",)), OPEN))
        column = np.where(some | odd, OPEN, column)
        column = np.where(full, np.where(met.near & margins, YES_MAYBE, YES), column)
        if leaf.relation == "outside":
            column = np.where(column < NAMED, _OPPOSITE[np.minimum(column, OPEN)], column)
        return column

    def whole(self, total: np.ndarray) -> np.ndarray:
        """Whether parts of a site that add up to so much make up all of it: 1, 0, or -1 for unsure.

        Features that overlap one another may add up to more and still leave something out.
        """
        return np.where(np.abs(total - 1) < 5e-7, 1, np.where(total < _NOT_WHOLE, 0, -1))

    def units_met(self, found: RoleInZone) -> tuple[Met, np.ndarray]:
        """What the sites share with the control units, and whether these hold all of the site: 1, 0, or -1."""
        met = self.met(found)
        whole = self.whole(np.bincount(met.site, weights=met.part, minlength=len(self)))
        whole[met.site[met.part > _WHOLE]] = 1
        whole[met.lost] = -1
        return met, whole

    def _outlet_inside(self, leaf: Relation, found: RoleInZone) -> np.ndarray:
        said = self._intersects(Relation("intersects", leaf.layer, leaf.where), found)
        other = self._share(Relation("within", leaf.layer, leaf.where), found)
        elsewhere = self._named(("attribute:outlet_lon", "attribute:outlet_lat"))
        other = np.where(np.isin(other, (YES, YES_NEAR, YES_MAYBE, OPEN)), other, elsewhere)
        column = np.where(self._are_outlets, said, other)
        return np.where(self._outlets, OPEN, column)

    def _in_place(self, leaf: InPlace) -> np.ndarray:
        count = len(self)
        unknown = self._named(("layer:admin",))
        try:
            found = self._layers.role("admin", self.zone)
        except SpatialError:
            return np.full(count, OPEN)
        if found is None or found.count == 0:
            return np.full(count, unknown)
        met = self.met(found)
        codes = [_code_in(item.get("code"), leaf.codes) for item in found.attributes]
        answer = np.array([-1 if code is None else int(code) for code in codes], dtype=np.int8)[met.feature]
        total = np.bincount(met.site, weights=met.part, minlength=count)
        yes, dont_know = self._flags(met.site[answer == 1]), self._flags(met.site[answer == -1])
        out = self._flags(met.site[(answer == 0) & (met.part > _WHOLE)])
        perhaps = self._flags(met.site[(answer == 0) & (met.part > _NOT_WHOLE)])
        gap = self._named(("coverage:admin",))
        whole = self.whole(total)
        column = np.where(whole == 1, NO, np.where(whole == 0, gap, OPEN))
        column = np.where(dont_know, gap, column)
        column = np.where(perhaps, OPEN, column)
        column = np.where(out, NO, column)
        column = np.where(yes, YES, column)
        column[met.lost] = OPEN
        return column

    # ------------------------------------------------------------------------------------------------ figures

    def sizes(self) -> tuple[np.ndarray, np.ndarray]:
        """(m², m) of each site on the ellipsoid; the length of lines only."""
        if self.edges is not None:
            ground = self.edges.ground
            return np.where(self.kinds == 2, ground, 0.0), np.where(self.kinds == 1, ground, 0.0)
        lengths = np.zeros(len(self))
        line = self.kinds == 1
        if line.any():
            lengths[line] = length_m(self.sites[line], self.zone)
        return area_m2(self.sites, self.zone), lengths

    def shared_m2(self, met: Met, found: RoleInZone, areas: np.ndarray) -> np.ndarray:
        """m² on the ellipsoid that each pair of :class:`Met` shares; 0 unless both have area."""
        kinds = (self.kinds[met.site] == 2) & (found.prepared.dimensions[met.feature] == 2)
        shared = np.where(kinds, areas[met.site], 0.0)
        across = kinds & (met.part < 1 - 1e-9)
        sums = across & (met.ground >= _SMALL_M2)
        shared[sums] = met.ground[sums]
        cut = np.flatnonzero(across & ~sums)
        if cut.size:
            large = shapely.get_num_coordinates(self.sites[met.site[cut]]) > 64
            few, many = cut[~large], cut[large]
            if few.size:
                pieces = _shared(self.sites[met.site[few]], found.prepared.shapes(met.feature[few]))
                shared[few] = area_m2(pieces, self.zone)
            if many.size:
                shared[many] = self._shared_in_tiles(met.site[many], found.prepared.shapes(met.feature[many]))
        return shared

    def _shared_in_tiles(self, site: np.ndarray, zones: np.ndarray) -> np.ndarray:
        """m² on the ellipsoid that long sites share with zones: a corridor is cut small, and each part meets little."""
        sites, member = np.unique(site, return_inverse=True)
        for fresh in [one for one in sites.tolist() if one not in self._tiles]:
            self._tiles[fresh] = _in_tiles(self.sites[fresh])
        tiles = np.array([tile for one in sites.tolist() for tile in self._tiles[one]], dtype=object)
        owner = np.repeat(np.arange(len(sites)), [len(self._tiles[one]) for one in sites.tolist()])
        starts = np.searchsorted(owner, np.arange(len(sites) + 1))
        counts = np.diff(starts)[member]
        pair = np.repeat(np.arange(len(site)), counts)
        within = np.arange(len(pair)) - np.repeat(np.cumsum(counts) - counts, counts)
        tile = np.repeat(starts[:-1][member], counts) + within
        a, b = shapely.bounds(tiles)[tile], shapely.bounds(zones)[pair]
        meet = (a[:, 0] <= b[:, 2]) & (a[:, 2] >= b[:, 0]) & (a[:, 1] <= b[:, 3]) & (a[:, 3] >= b[:, 1])
        pair, tile = pair[meet], tile[meet]
        shapely.prepare(zones)
        pieces = tiles[tile]
        across = np.flatnonzero(~shapely.contains_properly(zones[pair], pieces))
        pieces[across] = _shared(pieces[across], zones[pair[across]])
        some = np.flatnonzero(~shapely.is_empty(pieces))
        return np.bincount(pair[some], weights=area_m2(pieces[some], self.zone), minlength=len(site))

    def union_m2(self, met: Met, found: RoleInZone, shared: np.ndarray) -> np.ndarray:
        """m² on the ellipsoid of each site that lie in any feature, each counted once."""
        total = np.bincount(met.site, weights=shared, minlength=len(self))
        counts = np.bincount(met.site[shared > 0], minlength=len(self))
        several = np.flatnonzero((counts > 1)[met.site] & (shared > 0))
        for pairs in np.split(several, np.flatnonzero(np.diff(met.site[several])) + 1) if several.size else ():
            site = met.site[pairs[0]]
            if found.apart(met.feature[pairs]):
                continue
            if (met.part[pairs] >= 1 - 1e-9).any():
                total[site] = shared[pairs].max()
                continue
            pieces = _shared(np.repeat(self.sites[site], len(pairs)), found.prepared.shapes(met.feature[pairs]))
            flat = [part for part in shapely.get_parts(pieces) if shapely.get_dimensions(part) == 2]
            total[site] = float(area_m2(shapely.union_all(flat), self.zone)[0])
        return total

    def unit_shares(self, met: Met, found: RoleInZone, areas: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(m², share) of each pair, as the single site's measurement gives them."""
        shared = self.shared_m2(met, found, areas)
        share = np.ones(len(met.site))
        kinds = self.kinds[met.site]
        flat = kinds == 2
        share[flat] = np.minimum(shared[flat] / areas[met.site[flat]], 1.0)
        line = np.flatnonzero((kinds == 1) & (met.part < 1 - 1e-9))
        sums = line[met.ground[line] >= 0]
        share[sums] = np.minimum(met.ground[sums] / lengths[met.site[sums]], 1.0)
        line = np.setdiff1d(line, sums)
        if line.size:
            sites, shapes = self.sites[met.site[line]], found.prepared.shapes(met.feature[line])
            along = length_m(shapely.intersection(sites, shapes), self.zone)
            along -= length_m(shapely.intersection(sites, shapely.boundary(shapes)), self.zone)
            share[line] = np.clip(along / lengths[met.site[line]], 0.0, 1.0)
        return shared, share


def _shared(sites: np.ndarray, zones: np.ndarray) -> np.ndarray:
    """What each site and its zone share; of a large zone only what lies around the site is cut."""
    return shapely.intersection(sites, _around(sites, zones))


def _around(sites: np.ndarray, zones: np.ndarray) -> np.ndarray:
    """Zones, of large ones only what lies around their site."""
    near = zones.copy()
    large = np.flatnonzero(shapely.get_num_coordinates(zones) > 200)
    bounds = shapely.bounds(sites[large]) + np.array([-10.0, -10.0, 10.0, 10.0])
    for place, frame in zip(large.tolist(), bounds.tolist(), strict=True):
        near[place] = shapely.clip_by_rect(zones[place], *frame)
    doubtful = large[~shapely.is_valid(near[large])]
    near[doubtful] = zones[doubtful]
    return near


def _in_tiles(shape: Any, most_vertices: int = 48) -> list[Any]:
    """A polygon site in tiles of few vertices, which together cover what it covers."""
    waiting, done = [shape], []
    while waiting and len(done) + len(waiting) < 4096:
        one = waiting.pop()
        if shapely.get_num_coordinates(one) <= most_vertices:
            done.append(one)
            continue
        west, south, east, north = one.bounds
        if east - west >= north - south:
            middle = west + 0.4871 * (east - west)
            frames = (west - 1, south - 1, middle, north + 1), (middle, south - 1, east + 1, north + 1)
        else:
            middle = south + 0.4871 * (north - south)
            frames = (west - 1, south - 1, east + 1, middle), (west - 1, middle, east + 1, north + 1)
        for frame in frames:
            half = shapely.clip_by_rect(one, *frame)
            if not half.is_valid:
                return list(subdivide(np.array([shape]), most_vertices)[0])
            waiting += [part for part in shapely.get_parts(half) if part.area > 0]
    total = sum(part.area for part in (*done, *waiting))
    if abs(total - shape.area) > 1e-9 * shape.area + 1e-6:
        return list(subdivide(np.array([shape]), most_vertices)[0])
    return done + waiting

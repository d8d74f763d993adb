"""Measures sites against the layers of a workspace: from geometry to the plain facts that rules are asked of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from layers.schema import feature_label
from rules.conditions import TOUCH_M, Relation, feature_matches
from rules.facts import FeatureFact, FilterFact, LayerFact, SiteFacts
from sanxian.request import Project
from spatial.crs import CGCS2000, STRAIGHT_M, transform, units, zone_for
from spatial.measure import area_m2, distance_between_m, length_m
from spatial.overlay import Overlap, overlaps, uncovered, union_share

if TYPE_CHECKING:
    from layers.workspace import LayerRecord, Workspace

Filters = Mapping[str, Mapping[str, Mapping[str, tuple[str | bool, ...]]]]

# Doubts about a file that mean features of it are not in the layer.
LOST = frozenset(
    {
        "geometry-missing", "geometry-empty", "geometry-not-finite", "geometry-kind", "geometry-degenerate",
        "geometry-unreadable", "geometry-unsupported", "coordinate-unreadable", "coordinate-outside-china",
        "geometry-out-of-place", "records-missing",
    }
)  # fmt: skip

# Around what a rule asks, a little more is searched, so that the nearest feature just beyond is named too.
SEARCH_MARGIN_M = 200.0


@dataclass(slots=True)
class _Source:
    """One layer as it is held while sites are measured."""

    record: LayerRecord
    crs: CRS
    geometries: np.ndarray
    attributes: list[dict[str, Any]]
    fids: list[int | None]
    tree: STRtree
    coverage: BaseGeometry | None


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
        self._near_coverage: dict[tuple[int, ...], tuple[bool, float, float | None, bool | None]] = {}

    def prepare(self) -> None:
        """Read all layers now and not at the first site."""
        for role in self._searches:
            self._of_role(role)

    def measure(self, project: Project, *, without: frozenset[tuple[str, int]] = frozenset()) -> MeasuredSite:
        """Everything that the rules ask of one site.

        Args:
            project: Its geometry is the site.
            without: Features to leave out of account, as (role, row id).

        Raises:
            SpatialError: The site is empty or broken, or lies outside China's projection zones.
        """
        source_crs = CRS.from_user_input(project.crs)
        lonlat = transform(project.geometry, source_crs, CGCS2000, straight_m=STRAIGHT_M)
        zone = zone_for(lonlat)
        site = transform(project.geometry, source_crs, zone, straight_m=STRAIGHT_M)
        outlet = _outlet(project.attributes, zone)
        accuracy_m = project.attributes.get("accuracy_m")
        self._near_coverage.clear()
        layers = {
            role: self._measure(role, site, zone, outlet, accuracy_m, without)
            for role in sorted(self._searches)
            if self._of_role(role)
        }
        return MeasuredSite(
            SiteFacts(
                geometry_type=site.geom_type,
                area_m2=float(area_m2(site, zone)[0]),
                length_m=float(length_m(site, zone)[0]) if shapely.get_dimensions(site) == 1 else 0.0,
                crs=f"EPSG:{zone.to_epsg()}",
                layers=layers,
            ),
            lonlat,
        )

    def _of_role(self, role: str) -> list[_Source]:
        if role not in self._sources:
            self._sources[role] = [self._read(record) for record in self._workspace.by_role(role)]
        return self._sources[role]

    def _read(self, record: LayerRecord) -> _Source:
        frame = self._workspace.read(record.name)
        geometries = np.asarray(frame.geometry.values, dtype=object)
        table = frame.drop(columns=frame.geometry.name)
        fids: list[int | None] = [int(fid) for fid in table["fid"]] if "fid" in table else [None] * len(frame)
        rows = table.drop(columns="fid", errors="ignore").astype(object).where(table.notna(), None).to_dict("records")
        return _Source(
            record,
            CRS.from_user_input(frame.crs),
            geometries,
            [{str(key): value for key, value in row.items()} for row in rows],
            fids,
            STRtree(geometries),
            # what could not be read may lie anywhere: such a layer answers yes where it does, and never no
            None if any(issue.code in LOST for issue in record.issues) else self._workspace.coverage_of(record),
        )

    def _measure(
        self,
        role: str,
        site: BaseGeometry,
        zone: CRS,
        outlet: BaseGeometry | None,
        site_accuracy_m: float | None,
        without: frozenset[tuple[str, int]],
    ) -> LayerFact:
        sources = self._of_role(role)
        stated = [source.record.accuracy_m for source in sources if source.record.accuracy_m is not None]
        accuracy_m = max(stated, default=0.0) + (site_accuracy_m or 0.0) if stated or site_accuracy_m else None
        searched_m = self._searches[role] + (accuracy_m or 0.0) + SEARCH_MARGIN_M
        features: list[FeatureFact] = []
        planes: list[BaseGeometry] = []
        for source in sources:
            found = _candidates(source, site, zone, searched_m)
            if without:
                found = np.array([row for row in found if (role, source.fids[row]) not in without], dtype=int)
            if len(found):
                shapes = transform(source.geometries[found], source.crs, zone)
                features += self._features(role, source, found, shapes, site, zone, outlet)
                planes += list(shapes)
        union_m2, union = _union(site, planes, zone)
        covered, uncovered_m2, covered_to_m, outlet_covered = self._coverage(sources, site, zone, outlet)
        filtered = {
            key: _filter_fact(site, zone, features, planes, where)
            for key, where in sorted(self._unions.get(role, {}).items())
        }
        common = {
            key: self._common(relation, site, zone, features, planes)
            for key, relation in sorted(self._commons.get(role, {}).items())
        }
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
            count=sum(len(source.geometries) for source in sources),
            outlet_covered=outlet_covered,
            filtered=filtered,
            common=common,
        )

    def _common(
        self,
        relation: Relation,
        site: BaseGeometry,
        zone: CRS,
        features: Sequence[FeatureFact],
        planes: Sequence[BaseGeometry],
    ) -> float:
        """How wide the part of the site is that lies in both layers of a relation; points count as touching widths do."""
        mine = [
            plane
            for feature, plane in zip(features, planes, strict=True)
            if feature.inside and feature_matches(relation.where, feature.attributes) is not False
        ]
        other = relation.also_in
        assert other is not None
        theirs: list[BaseGeometry] = []
        for source in self._of_role(other.layer):
            found = _candidates(source, site, zone, 1.0)
            kept = [row for row in found if feature_matches(other.where, source.attributes[row]) is not False]
            theirs += list(transform(source.geometries[np.array(kept, dtype=int)], source.crs, zone)) if kept else []
        if not mine or not theirs:
            return 0.0
        both = shapely.intersection(shapely.union_all(mine), shapely.union_all(theirs))
        met = [item for item in overlaps(site, [both]) if item.inside]
        return max((item.depth_m for item in met), default=0.0)

    def _features(
        self,
        role: str,
        source: _Source,
        rows: np.ndarray,
        shapes: np.ndarray,
        site: BaseGeometry,
        zone: CRS,
        outlet: BaseGeometry | None,
    ) -> list[FeatureFact]:
        met = {item.zone: item for item in overlaps(site, shapes, crs=zone)}
        ways = shapely.get_coordinates(shapely.shortest_line(site, shapes)).reshape(-1, 2, 2)
        metres = distance_between_m(ways[:, 0], ways[:, 1], zone)
        metres[shapely.distance(site, shapes) == 0] = 0.0
        point = shapely.get_dimensions(site) == 0
        found: list[FeatureFact] = []
        for place, row in enumerate(rows):
            item = met.get(place)
            inside = item is not None and item.inside
            polygon = shapely.get_dimensions(shapes[place]) == 2
            if inside and polygon and item is not None and item.depth_m <= TOUCH_M:
                inside = False  # one line carried through two CRSs: edges closer than 1 mm are the same edge
            fid = source.fids[row]
            found.append(
                FeatureFact(
                    feature=feature_label(role, {**source.attributes[row], "fid": fid}),
                    feature_id=fid,
                    attributes=source.attributes[row],
                    overlap_m2=item.area_m2 if item is not None and inside else 0.0,
                    overlap_m=item.length_m if item is not None and inside else 0.0,
                    share=_share(item, point, site, shapes[place]) if item is not None and inside else 0.0,
                    inside=inside,
                    distance_m=float(metres[place]),
                    depth_m=item.depth_m if item is not None and inside and polygon else None,
                    outlet_inside=bool(shapely.covers(shapes[place], outlet)) if outlet is not None else None,
                )
            )
        return found

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
    parts = [shapely.intersection(part, frame) for part in known]
    near = shapely.make_valid(transform(shapely.union_all(parts), CGCS2000, zone, straight_m=STRAIGHT_M))
    if near.is_empty:
        return False, float(area_m2(site, zone)[0]), None, None if outlet is None else False
    covered = bool(shapely.covers(near, site))
    left = 0.0 if covered else uncovered(site, near, crs=zone)
    if not covered and shapely.get_dimensions(site) > 0 and left < 1e-3:
        covered = True  # coordinates carried between CRSs differ in the last digits
    to_edge = float(shapely.distance(site, shapely.boundary(near))) if covered else None
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


def _candidates(source: _Source, site: BaseGeometry, zone: CRS, reach_m: float) -> np.ndarray:
    """Rows near the site, or the nearest one where none is: found in the layer's own CRS by generous boxes."""
    if not len(source.geometries):
        return np.empty(0, dtype=int)
    here = transform(site, zone, source.crs)

    def around(metres: float) -> np.ndarray:
        west, south, east, north = here.bounds
        dy = units(metres, source.crs) * 1.02
        dx = dy / max(np.cos(np.radians((south + north) / 2)), 0.2) if source.crs.is_geographic else dy
        return np.sort(source.tree.query(shapely.box(west - dx, south - dy, east + dx, north + dy)))

    rows = around(reach_m)
    if len(rows):
        shapes = transform(source.geometries[rows], source.crs, zone)
        if (shapely.distance(site, shapes) <= reach_m).any():
            return rows
    closest = source.tree.query_nearest(here, all_matches=False)
    if not len(closest):
        return rows
    # nearest in the layer's own units is not nearest on the ground; nothing nearer lies outside this frame
    way = transform(shapely.shortest_line(here, source.geometries[closest[0]]), source.crs, zone)
    return around(way.length * 1.05 + 1.0)


def _union(site: BaseGeometry, planes: Sequence[BaseGeometry], zone: CRS) -> tuple[float, float]:
    areas = [shape for shape in planes if shapely.get_dimensions(shape) == 2]
    if not areas:
        return 0.0, 0.0
    measured, share = union_share(site, areas, crs=zone)
    return (measured if shapely.get_dimensions(site) == 2 else 0.0), share


def _filter_fact(
    site: BaseGeometry,
    zone: CRS,
    features: Sequence[FeatureFact],
    planes: Sequence[BaseGeometry],
    where: Mapping[str, tuple[str | bool, ...]],
) -> FilterFact:
    passing = [feature_matches(where, feature.attributes) for feature in features]
    areas = [
        (answer, plane)
        for answer, feature, plane in zip(passing, features, planes, strict=True)
        if answer is not False and feature.inside and shapely.get_dimensions(plane) == 2
    ]
    sure = [plane for answer, plane in areas if answer is True]
    _, share = _union(site, sure, zone)
    _, possible = _union(site, [plane for _, plane in areas], zone)
    reach_out: float | None = None
    clearance: float | None = None
    if sure:
        union = shapely.union_all(sure)
        out = shapely.difference(site, union)
        if out.is_empty:
            reach_out, clearance = 0.0, float(shapely.distance(site, shapely.boundary(union)))
        else:
            corners = shapely.points(shapely.get_coordinates(out))
            reach_out, clearance = float(shapely.distance(corners, union).max()), 0.0
            if reach_out <= TOUCH_M / 10:  # the same line, carried between CRSs
                share, possible, clearance = 1.0, 1.0, 0.0
    else:
        distances = [
            feature.distance_m for answer, feature in zip(passing, features, strict=True) if answer is True
        ]
        reach_out = min(distances, default=None)
    return FilterFact(share, possible, reach_out, clearance)

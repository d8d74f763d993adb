"""What holds of a site's facts whatever the site, drawn in degrees and checked against geodesics and plain shapely."""

from __future__ import annotations

import math

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod

from layers.read import read_layer
from layers.workspace import Workspace
from sanxian import facts as module
from sanxian.facts import Measurer
from sanxian.request import Project
from spatial.crs import CGCS2000, gauss_kruger_3deg, transform
from spatial.errors import SpatialError
from spatial.measure import area_m2

GEOD = Geod(ellps="GRS80")
RNG = np.random.default_rng(11)
WEST, EAST, SOUTH, NORTH = 115.3, 115.7, 29.0, 29.4  # across the border of two zones, 115.5° E


def bricks():
    """A coverage without gap or overlap, in courses: corners stand against the middles of long straight edges."""
    found = []
    for row in range(8):
        south, north = SOUTH + row * 0.05, SOUTH + (row + 1) * 0.05
        cuts = [WEST, *np.sort(RNG.uniform(WEST + 0.02, EAST - 0.02, 5)), EAST]
        found += [shapely.box(west, south, east, north) for west, east in zip(cuts[:-1], cuts[1:], strict=True)]
    return found


def star(lon, lat, reach, count, hole):
    angle = np.linspace(0, 2 * math.pi, count, endpoint=False)
    rays = np.column_stack([np.cos(angle), np.sin(angle)]) * (reach * RNG.uniform(0.4, 1.0, count))[:, None]
    return shapely.Polygon(rays + (lon, lat), [rays * 0.4 + (lon, lat)] if hole else [])


BRICKS = bricks()
STARS = [star(*RNG.uniform((WEST, SOUTH), (EAST, NORTH)), RNG.uniform(0.01, 0.1), 24, k % 3 == 0) for k in range(25)]
OUTLETS = RNG.uniform((WEST, SOUTH), (EAST, NORTH), (150, 2))
BANK = np.column_stack([np.linspace(WEST, EAST, 400), 29.2 + 0.05 * np.sin(np.linspace(0, 20, 400))])


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("laws")
    frames = {
        "control_unit": {"geometry": BRICKS, "code": [f"ZH3604042{k:04d}" for k in range(len(BRICKS))], "name": [f"单元{k}" for k in range(len(BRICKS))]},
        "ecological_redline": {"geometry": STARS, "name": [f"红线{k}" for k in range(len(STARS))]},
        "discharge_outlet": {"geometry": shapely.points(OUTLETS), "name": [f"口{k}" for k in range(len(OUTLETS))]},
        "river_bank": {"geometry": [shapely.LineString(BANK)], "river": ["大江"], "rank": ["main"], "baseline": ["levee"]},
    }  # fmt: skip
    with Workspace.create(folder / "a.gpkg") as made:
        for role, columns in frames.items():
            file = folder / f"{role}.gpkg"
            geopandas.GeoDataFrame(columns, crs="EPSG:4490").to_file(file)
            made.add(read_layer(file, role))
        yield Measurer(made, {"control_unit": 0.0, "ecological_redline": 0.0, "discharge_outlet": 0.0, "river_bank": 100.0}, {})


@st.composite
def sites(draw, kinds=("point", "line", "parcel", "brick", "span")):
    kind = draw(st.sampled_from(kinds))
    lon, lat = draw(st.floats(WEST + 0.1, EAST - 0.1)), draw(st.floats(SOUTH + 0.1, NORTH - 0.1))
    if kind == "point":
        return shapely.Point(lon, lat)
    if kind == "brick":  # the very land of a unit, with its long edges
        return BRICKS[draw(st.integers(0, len(BRICKS) - 1))]
    if kind == "span":  # along a course of bricks, on its lines
        row = draw(st.integers(1, 6))
        return shapely.box(lon - 0.08, SOUTH + row * 0.05, lon + 0.08, SOUTH + (row + draw(st.integers(1, 2))) * 0.05)
    size = draw(st.floats(1e-4, 0.08))
    angles = sorted(draw(st.lists(st.floats(0, 6.2), min_size=3, max_size=7, unique=True)))
    ring = [(lon + size * math.cos(a), lat + size * math.sin(a)) for a in angles]
    if kind == "line":
        line = shapely.LineString(ring)
        return line if line.is_valid and line.length > 1e-9 else shapely.LineString([(lon, lat), (lon + size, lat)])
    site = shapely.Polygon(ring)
    return site if site.is_valid and site.area > 1e-9 else shapely.box(lon, lat, lon + size, lat + size)


def measured(asked, site):
    return asked.measure(Project("P", "项目", site, "EPSG:4490")).facts


def dense(shape):
    return shapely.segmentize(shape, 5e-4)  # 50 m: a straight line in degrees and a geodesic are one


def geodesic_m2(shape):
    return abs(sum(GEOD.geometry_area_perimeter(shapely.orient_polygons(part))[0] for part in shapely.get_parts(dense(shape)) if part.area))


AREAS = ("parcel", "brick", "span")


@settings(max_examples=25, deadline=None)
@given(site=sites(AREAS))
def test_areas_are_those_of_the_exact_intersection_and_geodesic(asked, site):
    facts = measured(asked, site)
    assert facts.area_m2 == pytest.approx(geodesic_m2(site), rel=1e-4)
    for role, shapes in (("control_unit", BRICKS), ("ecological_redline", STARS)):
        mine = {item.feature_id: item.overlap_m2 for item in facts.layers[role].features if item.inside}
        for fid, shape in enumerate(shapes, 1):
            shared = shapely.intersection(dense(site), dense(shape))
            exact = float(area_m2(shared, CGCS2000)[0])
            assert mine.get(fid, 0.0) == pytest.approx(exact, rel=1e-6, abs=max(0.01, 2e-3 * math.sqrt(facts.area_m2)))
            if exact > 1000:
                assert mine[fid] == pytest.approx(geodesic_m2(shared), rel=2e-4)


@settings(max_examples=25, deadline=None)
@given(site=sites(("line", *AREAS)))
def test_shares_over_a_coverage_without_gaps_make_up_the_site(asked, site):
    facts = measured(asked, site)
    fact = facts.layers["control_unit"]
    inside = [item for item in fact.features if item.inside]
    along = site.intersection(shapely.union_all([brick.boundary for brick in BRICKS]))
    if site.geom_type == "Polygon" or not along.length:  # a line along a common edge lies in neither unit, and in both together
        # where a corner stands against a long edge, the two are up to half a millimetre apart once they are carried to a plane
        gaps_m = 2e-3 * len(inside) if facts.length_m else 5e-4 * math.sqrt(facts.area_m2) * 4
        slack = 1e-6 + gaps_m / (facts.length_m or facts.area_m2)
        assert sum(item.share for item in inside) == pytest.approx(1.0, abs=slack)
    assert fact.union_share == pytest.approx(1.0, abs=1e-6)
    for item in inside:  # what only touches the site is not inside
        assert shapely.relate_pattern(BRICKS[item.feature_id - 1], site, "T********")


@settings(max_examples=25, deadline=None)
@given(site=sites(AREAS))
def test_unions_count_once(asked, site):
    fact = measured(asked, site).layers["ecological_redline"]
    exact = float(area_m2(shapely.intersection(dense(site), shapely.union_all([dense(shape) for shape in STARS])), CGCS2000)[0])
    assert fact.union_m2 == pytest.approx(exact, rel=1e-6, abs=max(0.01, 2e-3 * math.sqrt(exact)))
    parts = [item.overlap_m2 for item in fact.features]
    assert max(parts, default=0.0) - 0.01 <= fact.union_m2 <= sum(parts) + 0.01


@settings(max_examples=20, deadline=None)
@given(site=sites(("point", "line", "parcel")))
def test_distances_are_geodesic_from_the_outline_and_the_nearest_is_named(asked, site):
    """Against a plane that is true to distances from the site's middle, and the geodesic of the way itself."""
    facts = measured(asked, site)
    middle = site.centroid
    plane = CRS.from_proj4(f"+proj=aeqd +lon_0={middle.x} +lat_0={middle.y} +ellps=GRS80")
    here, outlets, bank = (
        transform(dense(shape), CGCS2000, plane) for shape in (site, shapely.MultiPoint(OUTLETS), shapely.LineString(BANK))
    )
    away = shapely.distance(here, shapely.get_parts(outlets))
    near = facts.layers["discharge_outlet"].features[0]
    assert near.distance_m == pytest.approx(away.min(), rel=1e-4, abs=0.01)
    assert away[near.feature_id - 1] == pytest.approx(away.min(), rel=1e-4, abs=0.01)
    assert near.feature == f"口{near.feature_id - 1}"
    assert facts.layers["river_bank"].features[0].distance_m == pytest.approx(shapely.distance(here, bank), rel=1e-4, abs=0.01)
    if site.geom_type == "Point":
        _, _, metres = GEOD.inv(*np.tile(site.coords[0], (len(OUTLETS), 1)).T, *OUTLETS.T)
        assert near.distance_m == pytest.approx(metres.min(), rel=1e-9, abs=1e-6)
        assert near.feature_id == int(metres.argmin()) + 1


@settings(max_examples=20, deadline=None)
@given(site=sites())
def test_a_site_across_two_zones_has_the_same_facts_from_either(asked, site):
    found = []
    for lon in (114.0, 117.0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "zone_for", lambda shapes, lon=lon: gauss_kruger_3deg(lon))
            found.append(measured(asked, site))
    one, other = found
    assert {one.crs, other.crs} == {"EPSG:4547", "EPSG:4548"}
    assert one.area_m2 == pytest.approx(other.area_m2, rel=1e-7)
    for role in one.layers:
        mine = {item.feature_id: item for item in one.layers[role].features}
        theirs = {item.feature_id: item for item in other.layers[role].features}
        assert mine.keys() == theirs.keys()
        assert one.layers[role].union_m2 == pytest.approx(other.layers[role].union_m2, rel=1e-6, abs=0.01)
        for fid, item in mine.items():
            assert item.inside == theirs[fid].inside
            assert item.overlap_m2 == pytest.approx(theirs[fid].overlap_m2, rel=1e-6, abs=max(0.01, 2e-4 * math.sqrt(one.area_m2)))
            assert item.share == pytest.approx(theirs[fid].share, abs=1e-6)
            # of two outlines that run side by side, each plane finds the shortest way at another place
            assert item.distance_m == pytest.approx(theirs[fid].distance_m, rel=1e-4, abs=2e-3)


@pytest.mark.parametrize(
    "site",
    [
        shapely.Polygon([(115.4, 29.1), (115.5, 29.2), (115.5, 29.1), (115.4, 29.2)]),
        shapely.Polygon(),
        shapely.Point(math.nan, 29),
        shapely.LineString([(115.4, 29.1), (115.4, 29.1)]),
        shapely.Point(10, 10),
        shapely.box(-180, -90, 180, 90),
        None,
    ],
    ids=["bow-tie", "empty", "not a number", "no length", "far away", "the world", "missing"],
)
def test_what_cannot_be_measured_is_refused_by_name(asked, site):
    with pytest.raises(SpatialError) as refused:
        measured(asked, site)
    assert refused.value.template


@pytest.mark.parametrize(
    ("site", "area_m2"),
    [
        (shapely.box(115.4, 29.12, 115.5, 29.12 + 1e-11), 0.0108),
        (shapely.GeometryCollection([shapely.Point(115.41, 29.11), shapely.box(115.4, 29.1, 115.41, 29.11)]), 1078895.2),
        (shapely.force_3d(shapely.box(115.4, 29.1, 115.41, 29.11), 7), 1078895.2),
        (shapely.box(113, 27, 118, 31), 215950535666.6),
    ],
    ids=["a sliver", "mixed", "with heights", "a province"],
)
def test_odd_sites_are_measured(asked, site, area_m2):
    facts = measured(asked, site)
    assert facts.area_m2 == pytest.approx(area_m2, rel=2e-3)
    assert facts.layers["control_unit"].features[0].inside


@pytest.mark.parametrize("lat", [29.1, 29.25])
def test_a_line_along_a_common_edge_lies_in_both_together_and_in_neither(asked, lat):
    fact = measured(asked, shapely.LineString([(115.35, lat), (115.65, lat)])).layers["control_unit"]
    assert not any(item.inside for item in fact.features)
    assert fact.union_share == pytest.approx(1.0, abs=1e-9)
    fact = measured(asked, shapely.LineString([(115.35, NORTH), (115.65, NORTH)])).layers["control_unit"]
    assert not any(item.inside for item in fact.features)


def test_of_a_plot_and_its_road_both_must_be_covered(tmp_path):
    """What was not checked is never clear: a road that leaves the layer, a park that the road leaves."""
    plot, road = shapely.box(115.30, 29.10, 115.31, 29.11), shapely.LineString([(115.305, 29.105), (115.395, 29.105)])
    area = geopandas.GeoDataFrame({"name": ["园"]}, geometry=[shapely.box(115.29, 29.09, 115.32, 29.12)], crs=4490)
    with Workspace.create(tmp_path / "w.gpkg") as made:
        for role, east in (("industrial_park", 115.35), ("water_source", 115.45)):
            coverage = geopandas.GeoSeries([shapely.box(115.2, 29.0, east, 29.2)], crs=4490)
            area.to_file(tmp_path / f"{role}.gpkg")
            made.add(read_layer(tmp_path / f"{role}.gpkg", role), coverage=coverage)
    with Workspace.open(tmp_path / "w.gpkg", readonly=True) as workspace:
        measurer = Measurer(workspace, {"industrial_park": 100.0, "water_source": 100.0}, {})

        def measured(*parts):
            return measurer.measure(Project("P", "P", shapely.GeometryCollection(parts), "EPSG:4490", {})).facts

        both, alone = measured(plot, road), measured(plot)
    assert [alone.layers[role].covered for role in ("industrial_park", "water_source")] == [True, True]
    assert [both.layers[role].covered for role in ("industrial_park", "water_source")] == [False, True]
    assert alone.layers["industrial_park"].union_share == pytest.approx(1, abs=1e-9)
    assert both.layers["industrial_park"].union_share == pytest.approx(1 - 1e-5, abs=1e-9)
    assert both.length_m == pytest.approx(GEOD.inv(115.305, 29.105, 115.395, 29.105)[2], rel=1e-6)
    assert alone.length_m == 0
    assert both.area_m2 == alone.area_m2


def test_both_zones_are_those_of_the_site():
    assert transform(shapely.Point(115.4999, 29), CGCS2000, gauss_kruger_3deg(115.4999)).x > 640_000
    assert transform(shapely.Point(115.5, 29), CGCS2000, gauss_kruger_3deg(115.5)).x < 360_000

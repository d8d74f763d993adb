from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, Polygon, STRtree, box
from shapely.affinity import translate
from shapes import METRES, boxes, coverages, lines, points, polygons, sites, stars

from spatial.crs import CGCS2000, gauss_kruger_3deg, transform
from spatial.measure import area_m2
from spatial.overlay import NOT_WHOLE, ZoneTree, covered, overlaps, uncovered, union_share

SITE = box(0, 0, 10, 10)
BOW_TIE = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


def one(site, zone, **options):
    (found,) = overlaps(site, [zone], **options)
    return found


def test_zones_that_overlap_are_each_measured_in_full_and_counted_once_together():
    zones = [box(0, 0, 6, 10), box(4, 0, 10, 10)]
    assert [(found.zone, found.area_m2, found.share) for found in overlaps(SITE, zones)] == [(0, 60, 0.6), (1, 60, 0.6)]
    assert union_share(SITE, zones) == (100, 1)
    assert uncovered(SITE, zones) == 0


def test_touching_along_an_edge_shares_nothing_and_is_reported():
    found = one(SITE, box(10, 0, 20, 10))
    assert (found.area_m2, found.share, found.inside, found.touches, found.depth_m) == (0, 0, False, True, 0)
    assert union_share(SITE, [box(10, 0, 20, 10)]) == (0, 0)


def test_a_sliver_is_reported_however_thin():
    found = one(SITE, box(10 - 1e-9, 0, 20, 10))
    assert found.inside
    assert not found.touches
    assert 0 < found.area_m2 < 1e-7


def test_zones_apart_empty_or_missing_are_left_out():
    assert overlaps(SITE, [box(11, 0, 20, 10), Polygon(), None]) == []
    assert overlaps(SITE, []) == []
    assert union_share(SITE, []) == (0, 0)
    assert uncovered(SITE, []) == 100


@pytest.mark.parametrize(
    ("zone", "depth"),
    [
        (box(7, -50, 60, 60), 3),  # reaches 3 m across a straight edge
        (box(-100, -100, 100, 100), 100),  # its corner (0, 0) is the middle of the zone
        (box(2, 2, 6, 6), 2),  # the whole zone: half its width
        (box(-90, -90, 200, 10), 10),
    ],
)
def test_depth(zone, depth):
    assert one(SITE, zone).depth_m == pytest.approx(depth, rel=0.02)


def test_depth_of_lines_and_points():
    zone = box(0, 0, 100, 40)
    assert one(LineString([(-10, 20), (110, 20)]), zone).depth_m == pytest.approx(20)
    assert one(LineString([(-10, 5), (30, 5)]), zone).depth_m == pytest.approx(5)
    assert one(Point(30, 7), zone).depth_m == 7
    assert one(SITE, zone, depth=False).depth_m == 0


def test_depth_looks_beyond_the_site_for_the_edge():
    assert one(box(0, 0, 1, 1), box(-10_000, -10_000, 10_000, 10_000)).depth_m == pytest.approx(10_000)


def test_a_line_counts_what_runs_inside_and_not_what_runs_along_the_edge():
    road = LineString([(0, 0), (10, 0), (10, 10)])
    found = one(road, box(0, 0, 20, 20))
    assert (found.length_m, found.share, found.inside, found.area_m2) == (10, 0.5, True, 0)
    along = one(LineString([(0, 0), (10, 0)]), box(0, 0, 20, 20))
    assert (along.length_m, along.inside, along.touches) == (0, False, True)


def test_a_line_that_runs_back_over_itself_counts_once():
    found = one(LineString([(-10, 5), (8, 5), (4, 5)]), SITE)
    assert (found.length_m, found.share) == (8, 8 / 18)


def test_a_line_between_two_zones_lies_in_neither_and_inside_both_together():
    road, zones = LineString([(0, 2), (0, 8)]), [box(-10, 0, 0, 10), box(0, 0, 10, 10)]
    assert [found.touches for found in overlaps(road, zones)] == [True, True]
    assert union_share(road, zones) == (6, 1)
    assert union_share(Point(0, 5), zones) == (1, 1)


def test_a_point_is_inside_or_on_the_edge():
    inside, edge = one(Point(5, 5), SITE), one(Point(10, 5), SITE)
    assert (inside.inside, inside.touches, inside.share) == (True, False, 0)
    assert (edge.inside, edge.touches) == (False, True)
    assert union_share(Point(10, 5), [SITE]) == (0, 0)
    assert union_share(MultiPoint([(5, 5), (50, 50)]), [SITE]) == (1, 0.5)
    assert uncovered(MultiPoint([(5, 5), (50, 50)]), [SITE]) == 1


def test_lines_and_points_can_be_zones():
    river, outfall, bank = LineString([(5, -5), (5, 20)]), Point(3, 3), LineString([(0, 0), (0, 10)])
    found = {row.zone: row for row in overlaps(SITE, [river, outfall, bank, Point(0, 0)])}
    assert (found[0].length_m, found[0].area_m2, found[0].inside) == (10, 0, True)
    assert found[1].inside
    assert [found[k].touches for k in (2, 3)] == [True, True]
    assert found[2].length_m == 0
    assert one(LineString([(0, 5), (9, 5)]), river).inside


def test_several_parts_and_collections():
    parts = MultiPolygon([box(0, 0, 1, 1), box(5, 0, 6, 1)])
    assert one(parts, box(0, 0, 5.5, 1)).area_m2 == pytest.approx(1.5)
    mixed = GeometryCollection([box(0, 0, 1, 1), box(0.5, 0, 1.5, 1), LineString([(0, 0), (6, 0.5)]), Point(9, 9)])
    found = one(mixed, box(-1, -1, 20, 20))
    assert found.area_m2 == pytest.approx(1.5)
    assert found.share == pytest.approx(1)
    assert found.length_m == pytest.approx(math.hypot(6, 0.5))
    assert one(SITE, GeometryCollection([box(0, 0, 2, 2), box(1, 0, 3, 2), Point(4, 4)])).area_m2 == pytest.approx(6)
    assert one(Point(9, 9), GeometryCollection([box(0, 0, 2, 2), Point(9, 9)])).inside
    assert one(LineString([(0, 1), (9, 1)]), GeometryCollection([box(0, 0, 2, 2), Point(9, 9)])).length_m == 2


@pytest.mark.parametrize(
    ("lesser", "out"),
    [
        (LineString([(50, 50), (90, 90)]), False),
        (LineString([(50, 50), (150, 50)]), True),
        (LineString([(50, 100), (50, 100.0005)]), False),  # half a millimetre
        (Point(100, 100), False),
        (Point(101, 100), True),
        (LineString([(10, 99), (90, 99)]).buffer(0.5).exterior.intersection(box(0, 0, 100, 98.9)), False),
    ],
)
def test_a_plot_with_a_road_that_reaches_out_does_not_lie_within(lesser, out):
    plot, zones = box(10, 10, 60, 60), [box(0, 0, 100, 100), box(0, 0, 35, 200)]
    site = GeometryCollection([plot, lesser])
    found = {row.zone: row for row in overlaps(site, zones)}
    assert found[0].area_m2 == 2500
    assert found[0].share == (NOT_WHOLE if out else 1)
    assert found[1].share == pytest.approx(0.5 * NOT_WHOLE, abs=1e-9)  # the road lies in the other half
    assert union_share(site, zones) == (2500, NOT_WHOLE if out else 1)
    assert union_share(plot, zones) == (2500, 1)


def test_heights_are_ignored():
    lifted = shapely.force_3d(SITE, 7.0)
    assert one(lifted, lifted).area_m2 == 100


@pytest.mark.parametrize("site", [None, Polygon(), LineString(), GeometryCollection()])
def test_no_site_is_refused(site):
    for ask in (overlaps, union_share, uncovered, covered):
        with pytest.raises(ValueError, match="项目用地图形为空"):
            ask(site, [SITE])


@pytest.mark.parametrize("tree", [None, STRtree])
def test_broken_shapes_are_refused_by_name_and_never_measured_as_nothing(tree):
    with pytest.raises(ValueError, match="项目用地图形无效"):
        overlaps(BOW_TIE, [SITE])
    zones = [box(50, 50, 60, 60), BOW_TIE]
    for ask in (overlaps, union_share):
        with pytest.raises(ValueError, match=r"第 2 个分区图形无效（Self-intersection\[5 5\]）"):
            ask(box(4, 4, 6, 6), zones, tree and tree(zones))
    with pytest.raises(ValueError, match="第 2 个分区"):
        ZoneTree(zones)
    with pytest.raises(ValueError, match="第 1 个分区"):
        overlaps(SITE, [GeometryCollection([BOW_TIE])])


def test_a_tree_of_other_zones_is_refused():
    with pytest.raises(ValueError, match="the tree holds 1 shapes"):
        overlaps(SITE, [SITE, SITE], STRtree([SITE]))


def test_covered_and_uncovered():
    halves = [box(0, 0, 5, 10), box(5, 0, 20, 10)]
    assert covered(SITE, halves)
    assert covered(SITE, SITE)
    assert not covered(SITE, halves[:1])
    assert uncovered(SITE, halves[0]) == 50
    assert uncovered(LineString([(0, 5), (30, 5)]), halves) == 10


# Laws


@given(site=polygons(), zones=st.lists(polygons(), max_size=5))
def test_areas_are_those_of_the_intersections(site, zones):
    found = {row.zone: row for row in overlaps(site, zones)}
    for number, zone in enumerate(zones):
        area = site.intersection(zone).area
        measured = found[number].area_m2 if number in found else 0
        assert measured == pytest.approx(area, rel=1e-6, abs=1e-6)
        assert (number in found) == site.intersects(zone)


@given(site=sites(), zones=st.lists(polygons(), max_size=5))
def test_inside_or_touching_never_both(site, zones):
    for row in overlaps(site, zones):
        assert row.inside != row.touches
        assert row.inside == zones[row.zone].relate_pattern(site, "T********")
        assert 0 <= row.share <= 1
        assert row.inside or (row.area_m2, row.length_m, row.depth_m) == (0, 0, 0)


@given(site=sites(), zones=st.lists(boxes(), max_size=5), east=METRES, north=METRES)
def test_moving_everything_changes_nothing(site, zones, east, north):
    here = overlaps(site, zones)
    there = overlaps(translate(site, east, north), [translate(zone, east, north) for zone in zones])
    key = lambda row: row.zone  # noqa: E731
    for one_row, other in zip(sorted(here, key=key), sorted(there, key=key), strict=True):
        assert (one_row.zone, one_row.inside) == (other.zone, other.inside)
        assert one_row.area_m2 == pytest.approx(other.area_m2, abs=1e-6)
        assert one_row.length_m == pytest.approx(other.length_m, abs=1e-6)
        assert one_row.depth_m == pytest.approx(other.depth_m, rel=0.05, abs=1e-6)


@given(site=st.one_of(stars(), boxes()), coverage=coverages())
def test_shares_over_a_coverage_without_gaps_make_up_the_site(site, coverage):
    middle = site.centroid
    site = translate(site, -middle.x * 0.7, -middle.y * 0.7)
    if not box(-500, -500, 500, 500).contains(site):
        return
    assert sum(row.share for row in overlaps(site, coverage)) == pytest.approx(1, abs=1e-9)
    assert union_share(site, coverage)[1] == pytest.approx(1, abs=1e-9)


@given(site=st.one_of(polygons(), lines(), points()), zones=st.lists(polygons(), max_size=5))
def test_the_union_is_never_more_than_the_sum_nor_less_than_the_largest(site, zones):
    point = site.geom_type == "Point"
    measures = [max(row.area_m2, row.length_m, float(row.inside and point)) for row in overlaps(site, zones)]
    together, share = union_share(site, zones)
    assert 0 <= share <= 1
    assert together >= max(measures, default=0) - 1e-6
    if site.geom_type not in ("LineString", "Point"):  # a common edge is inside the union and in neither zone
        assert together <= sum(measures) + 1e-6
    if site.geom_type != "Point":
        assert together + uncovered(site, zones) == pytest.approx(max(site.area, site.length if not site.area else 0))


@given(left=polygons(), right=polygons())
def test_sharing_is_mutual(left, right):
    here, there = overlaps(left, [right]), overlaps(right, [left])
    assert len(here) == len(there)
    for one_row, other in zip(here, there, strict=True):
        assert one_row.area_m2 == pytest.approx(other.area_m2, rel=1e-9, abs=1e-9)
        assert (one_row.inside, one_row.touches) == (other.inside, other.touches)


@given(site=sites(), zone=polygons())
def test_depth_never_exceeds_what_there_is(site, zone):
    for row in overlaps(site, [zone]):
        radius = max(shapely.maximum_inscribed_circle(part, tolerance=0.01).length for part in shapely.get_parts(zone))
        assert row.depth_m <= radius + 0.02
        if row.inside and site.geom_type == "Point":
            assert row.depth_m == pytest.approx(site.distance(zone.boundary))


@settings(max_examples=30)
@given(
    lon=st.floats(115.42, 115.58), lat=st.floats(20, 50), half=st.floats(0.001, 0.02), cut=st.floats(-0.9, 0.9)
)
def test_a_site_across_the_zone_boundary_measures_the_same_from_either_side(lon, lat, half, cut):
    site = box(lon - half, lat - half, lon + half, lat + half)
    middle = lon + cut * half
    zones = np.array([box(middle, lat - 0.05, lon + 1, lat + 0.05), box(lon - 1, lat - 0.05, middle, lat + 0.05)])
    seen = []
    for middle in (114, 117):
        plane = gauss_kruger_3deg(middle)
        there = transform(np.array([site, *zones]), CGCS2000, plane, straight_m=50)
        seen.append({row.zone: row for row in overlaps(there[0], there[1:], crs=plane)})
    west, east = seen
    for zone in (0, 1):
        truth = area_m2(site.intersection(zones[zone]), CGCS2000)[0]
        assert west[zone].area_m2 == pytest.approx(truth, rel=1e-5)
        assert west[zone].area_m2 == pytest.approx(east[zone].area_m2, rel=1e-6)
        assert west[zone].share == pytest.approx(east[zone].share, rel=1e-6)
    assert west[0].share + west[1].share == pytest.approx(1, abs=1e-6)


@given(site=polygons(), zone=polygons(), across=st.floats(0, 1), up=st.floats(0, 1))
def test_no_place_is_much_deeper_than_the_depth(site, zone, across, up):
    west, south, east, north = site.bounds
    place = Point(west + across * (east - west), south + up * (north - south))
    depth = max((row.depth_m for row in overlaps(site, [zone])), default=0)
    if place.within(site) and place.within(zone):
        assert place.distance(zone.boundary) <= depth * 1.011 + 0.01

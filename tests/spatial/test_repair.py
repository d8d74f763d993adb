from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, from_wkt
from shapes import METRES, sites

from spatial.repair import repair

BROKEN = [
    # shape, codes, place of the first, area before, area after
    ("POLYGON((0 0,1 1,1 0,0 1,0 0))", ["self_intersection"], (0.5, 0.5), 0, 0.5),
    ("POLYGON((0 0,10 0,10 5,15 5,10 5,10 10,0 10,0 0))", ["spike"], (15, 5), 100, 100),
    ("POLYGON((0 0,0 0,2 0,2 2,2 2,0 2,0 0))", ["repeated_points"], (0, 0), 4, 4),
    ("MULTIPOLYGON(((0 0,2 0,2 2,0 2,0 0)),((1 1,3 1,3 3,1 3,1 1)))", ["parts_overlap"], (1, 2), 8, 7),
    ("MULTIPOLYGON(((0 0,9 0,9 9,0 9,0 0)),((1 1,3 1,3 3,1 3,1 1)))", ["shells_nested"], (1, 1), 85, 81),
    ("POLYGON((0 0,4 0,4 4,0 4,0 0),(5 5,6 5,6 6,5 6,5 5))", ["hole_outside"], (5, 5), 15, 17),
    ("POLYGON((0 0,9 0,9 9,0 9,0 0),(1 1,5 1,5 5,1 5,1 1),(2 2,3 2,3 3,2 3,2 2))", ["holes_nested"], (2, 2), 64, 65),
    ("POLYGON((0 0,8 0,8 8,0 8,0 0),(0 4,4 0,8 4,4 8,0 4))", ["interior_disconnected"], None, 32, 32),
    ("POLYGON((0 0,4 0,4 2,2 2,4 4,0 4,2 2,0 0))", ["ring_self_intersection"], (2, 2), None, None),
]


@pytest.mark.parametrize(("wkt", "codes", "place", "before", "after"), BROKEN)
def test_faults_are_named_placed_and_mended(wkt, codes, place, before, after):
    done = repair(from_wkt(wkt))
    assert [fault.code for fault in done.reasons] == codes
    if place:
        assert (done.reasons[0].x, done.reasons[0].y) == place
    assert done.geometry.is_valid
    assert done.geometry.geom_type in ("Polygon", "MultiPolygon")
    if before is not None:
        assert (done.area_before, done.area_after) == (pytest.approx(before), pytest.approx(after))
        assert done.changed_share == pytest.approx(abs(after - before) / max(after, before))
    again = repair(done.geometry)
    assert again.reasons == ()
    assert again.geometry is done.geometry


@pytest.mark.parametrize(
    ("wkt", "codes"),
    [
        ("POLYGON((0 0,1 1,2 2,0 0))", "collapsed"),
        ("LINESTRING(3 3,3 3)", "collapsed"),
        ("POLYGON EMPTY", "empty"),
    ],
)
def test_what_cannot_be_saved_is_empty_and_says_so(wkt, codes):
    done = repair(from_wkt(wkt))
    assert done.geometry.is_empty
    assert codes in [fault.code for fault in done.reasons]
    assert done.changed_share == 0


def test_only_the_polygons_of_a_collection_are_kept_and_that_is_said():
    done = repair(from_wkt("GEOMETRYCOLLECTION(POLYGON((0 0,1 0,1 1,0 0)),LINESTRING(5 5,6 6))"))
    assert done.geometry.equals(Polygon([(0, 0), (1, 0), (1, 1)]))
    assert [fault.code for fault in done.reasons] == ["mixed_kinds"]
    same = repair(from_wkt("GEOMETRYCOLLECTION(POLYGON((0 0,1 0,1 1,0 0)))"))
    assert same.geometry.geom_type == "Polygon"
    assert same.reasons == ()


def test_repeated_points_are_counted():
    done = repair(LineString([(0, 0), (0, 0), (0, 0), (1, 1)]))
    assert [(fault.code, fault.count) for fault in done.reasons] == [("repeated_points", 2)]
    assert done.area_before == done.area_after == pytest.approx(2**0.5)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_coordinates_that_are_no_numbers_cannot_be_mended(number):
    with np.errstate(invalid="ignore"):
        broken = Polygon([(0, 0), (1, 0), (1, number)])
    with pytest.raises(ValueError, match="无效坐标"):
        repair(broken)
    with pytest.raises(ValueError, match="图形缺失"):
        repair(None)


@given(geometry=sites())
def test_sound_shapes_are_returned_as_they_are(geometry):
    done = repair(geometry)
    assert done.geometry is geometry
    assert done.reasons == ()
    assert done.changed_share == 0


@given(places=st.lists(st.tuples(METRES, METRES), min_size=3, max_size=9))
def test_any_ring_becomes_valid_and_stays_flat(places):
    done = repair(Polygon(places))
    assert done.geometry.is_valid
    assert done.geometry.is_empty or done.geometry.geom_type in ("Polygon", "MultiPolygon")
    assert done.area_after <= Polygon(places).convex_hull.area + 1e-6
    assert 0 <= done.changed_share <= 1


def test_a_point_needs_nothing():
    assert repair(Point(1, 1)).reasons == ()

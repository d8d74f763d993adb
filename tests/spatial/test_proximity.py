from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, Point, Polygon, STRtree, box
from shapely.affinity import translate
from shapes import METRES, polygons, sites

from spatial.overlay import ZoneTree
from spatial.proximity import Near, nearest, within

SITE = box(0, 0, 10, 10)
RIVER = LineString([(15, -100), (15, 100)])
BOW_TIE = Polygon([(20, 0), (30, 10), (30, 0), (20, 10)])


def test_distance_is_from_the_outline_with_both_ends():
    (near,) = within(SITE, [RIVER], 5)
    assert (near.index, near.distance) == (0, 5)
    assert (near.on_site[0], near.on_feature[0]) == (10, 15)
    assert near.on_site[1] == near.on_feature[1]


def test_nearest_first_then_by_position_and_the_radius_counts():
    features = [Point(13, 14), RIVER, Point(-3, -4), Point(100, 100), Polygon(), None]
    assert [(near.index, near.distance) for near in within(SITE, features, 5)] == [(0, 5), (1, 5), (2, 5)]
    assert within(SITE, features, 4.999) == []
    assert nearest(SITE, features) == within(SITE, features, 5)[0]


@pytest.mark.parametrize("feature", [box(5, 5, 20, 20), box(10, 0, 20, 10), Point(5, 5), box(-9, -9, 99, 99)])
def test_zero_where_they_meet(feature):
    near = nearest(SITE, [feature])
    assert near.distance == 0
    assert near.on_site == near.on_feature


def test_nothing_there():
    assert nearest(SITE, []) is None
    assert nearest(SITE, [Polygon(), None]) is None
    assert within(SITE, [], 100) == []


@pytest.mark.parametrize("radius", [-1, float("nan"), float("inf")])
def test_senseless_radius(radius):
    with pytest.raises(ValueError, match="搜索距离"):
        within(SITE, [RIVER], radius)


def test_broken_or_missing_shapes_are_refused():
    with pytest.raises(ValueError, match="项目用地图形为空"):
        nearest(Point(), [RIVER])
    for tree in (None, STRtree([RIVER, BOW_TIE])):
        with pytest.raises(ValueError, match="第 2 个分区图形无效"):
            within(SITE, [RIVER, BOW_TIE], 50, tree)
        with pytest.raises(ValueError, match="第 2 个分区图形无效"):
            nearest(SITE, [RIVER, BOW_TIE], tree)
    assert len(within(SITE, [RIVER, BOW_TIE], 6)) == 1  # the broken one is out of reach
    with pytest.raises(ValueError, match="the tree holds"):
        within(SITE, [RIVER], 5, STRtree([]))


def test_collections():
    both = GeometryCollection([box(0, 0, 1, 1), Point(20, 20)])
    assert nearest(both, [Point(20, 25)]).distance == 5
    assert nearest(SITE, [both]).distance == 0


@given(site=sites(), features=st.lists(sites(), max_size=5), radius=st.floats(0, 600), east=METRES, north=METRES)
def test_laws(site, features, radius, east, north):
    tree = ZoneTree(features)
    found = within(site, features, radius, tree)
    assert {near.index for near in found} == {
        number for number, feature in enumerate(features) if site.distance(feature) <= radius
    }
    assert [near.distance for near in found] == sorted(near.distance for near in found)
    for near in found:
        assert math.dist(near.on_site, near.on_feature) == pytest.approx(near.distance, abs=1e-9)
        assert site.distance(Point(near.on_site)) == pytest.approx(0, abs=1e-9)
        assert features[near.index].distance(Point(near.on_feature)) == pytest.approx(0, abs=1e-9)
    best = nearest(site, features, tree)
    if best is None:
        assert not features
    else:
        assert best.distance == min(site.distance(feature) for feature in features)
    features = [translate(feature, east, north) for feature in features]
    moved = within(translate(site, east, north), features, radius + 1e-6)
    assert {near.index for near in found} <= {near.index for near in moved}


@given(left=polygons(), right=polygons())
def test_distance_is_mutual(left, right):
    there, back = nearest(left, [right]), nearest(right, [left])
    assert isinstance(there, Near)
    assert there.distance == pytest.approx(back.distance, abs=1e-9)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box, union_all
from shapes import boxes, coverages

from spatial.coverage import gaps, overlapping

EXTENT = box(0, 0, 10, 10)


def test_a_gap_between_two_zones():
    (gap,) = gaps([box(0, 0, 4, 10), box(6, 0, 10, 10)], EXTENT)
    assert gap.geometry.equals(box(4, 0, 6, 10))
    assert (gap.area_m2, gap.zones, gap.sliver) == (20, (0, 1), False)
    assert gap.width_m == pytest.approx(2, rel=0.01)


def test_slivers_are_reported_as_slivers():
    (gap,) = gaps([box(0, 0, 4.99, 10), box(5, 0, 10, 10)], EXTENT, tolerance_m=0.02)
    assert gap.sliver
    assert gap.area_m2 == pytest.approx(0.1)
    (shared,) = overlapping([box(0, 0, 5.01, 10), box(5, 0, 10, 10)], tolerance_m=0.02)
    assert (shared.sliver, shared.area_m2) == (True, pytest.approx(0.1))
    assert shared.width_m == pytest.approx(0.01, rel=0.1)


def test_no_zones_leave_one_gap():
    (gap,) = gaps([], EXTENT)
    assert (gap.area_m2, gap.zones) == (100, ())
    assert gaps([None, Polygon(), EXTENT], EXTENT) == []


def test_shared_land_and_the_extent():
    zones = [box(0, 0, 6, 10), box(4, 0, 20, 10), box(20, 0, 30, 10), box(18, 0, 22, 10)]
    found = [(pair.first, pair.second, pair.area_m2) for pair in overlapping(zones)]
    assert found == [(0, 1, 20), (1, 3, 20), (2, 3, 20)]
    assert [(pair.first, pair.second) for pair in overlapping(zones, EXTENT)] == [(0, 1)]
    assert overlapping([box(0, 0, 5, 5), box(5, 0, 9, 5)]) == []


def test_a_zone_within_another_and_the_same_zone_twice():
    assert [pair.area_m2 for pair in overlapping([EXTENT, box(1, 1, 2, 2), EXTENT])] == [100, 1, 1]


def test_broken_zones_are_refused():
    bow_tie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    with pytest.raises(ValueError, match="第 1 个分区图形无效"):
        gaps([bow_tie], EXTENT)
    with pytest.raises(ValueError, match="第 2 个分区图形无效"):
        overlapping([EXTENT, bow_tie])


@given(coverage=coverages())
def test_a_sound_coverage_has_neither(coverage):
    extent = box(-500, -500, 500, 500)
    assert sum(gap.area_m2 for gap in gaps(coverage, extent)) == pytest.approx(0, abs=1e-6)
    assert overlapping(coverage) == []
    dropped = coverage.pop()
    assert sum(gap.area_m2 for gap in gaps(coverage, extent)) == pytest.approx(dropped.area)


@given(zones=st.lists(boxes(), max_size=6))
def test_gaps_and_zones_make_up_the_extent(zones):
    extent = box(-300, -300, 300, 300)
    covered = extent.intersection(union_all(zones)).area
    assert covered + sum(gap.area_m2 for gap in gaps(zones, extent)) == pytest.approx(extent.area)
    total = sum(one.intersection(other).area for k, one in enumerate(zones) for other in zones[:k])
    assert sum(pair.area_m2 for pair in overlapping(zones)) == pytest.approx(total)

"""Figures against figures worked out on paper."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sanxian.zoning import figures
from sanxian.zoning.figures import StatisticsError, measure

ON = date(2026, 11, 22)
KM2 = 1e6
NEAR = 2e-4  # a plane of 20 km beside the central meridian against the ellipsoid


def km2(value):
    return pytest.approx(value * KM2, rel=NEAR, abs=1.0)


def test_land_is_counted_once_and_classes_add_up_to_the_county(district):
    first = measure(district, on=ON).units[0]
    assert {key: count for key, (count, _figure) in first.classes.items()} == {"priority": 2, "key": 1, "general": 1}
    assert first.classes["priority"][1].area_m2 == km2(40)  # the second unit lies within the first
    assert first.classes["key"][1].area_m2 == km2(30)
    assert first.classes["general"][1].area_m2 == km2(30)
    assert first.within_m2 == km2(5)
    assert first.twice_m2 == km2(10)
    assert first.total.area_m2 == km2(90)
    assert first.gap_m2 == km2(10)
    assert first.total.uncovered_m2 == 0
    assert first.classes["priority"][1].share == pytest.approx(0.4, abs=1e-5)
    whole = sum(figure.area_m2 for _count, figure in first.classes.values()) - first.twice_m2 + first.gap_m2
    assert whole == pytest.approx(first.place.area_m2, rel=1e-8)


def test_where_no_layer_looked_nothing_is_known(district):
    statistics = measure(district, on=ON)
    second, whole = statistics.units[1], statistics.units[2]
    assert second.total.nothing_known
    assert second.total.to_dict()["area_m2"] is None
    assert second.total.uncovered_m2 == km2(100)
    assert not whole.total.nothing_known
    assert whole.total.partial
    assert whole.total.uncovered_m2 == km2(100)
    for name in ("乙县",):
        assert statistics.editions[1].figures[name].nothing_known
        assert statistics.conflicts["ecological_redline", "permanent_farmland"][name].nothing_known


def test_the_bound_is_the_length_of_the_lines_times_their_accuracy(district):
    statistics = measure(district, on=ON)
    old, new = statistics.editions
    assert old.figures["甲县"].area_m2 == km2(1.0)
    assert old.figures["甲县"].plus_minus_m2 == pytest.approx(4_000 * 10, rel=NEAR)
    assert new.figures["甲县"].area_m2 == km2(1.5)
    assert new.figures["甲县"].plus_minus_m2 == pytest.approx(5_000 * 2, rel=NEAR)
    assert new.figures["甲县"].share == pytest.approx(0.015, abs=1e-6)
    # Priority units: 28 km around, of which 18 km run along the county, which states no accuracy.
    assert statistics.units[0].classes["priority"][1].plus_minus_m2 == pytest.approx(10_000 * 5, rel=NEAR)


def test_county_lines_count_with_their_own_accuracy(district):
    district.records[0].accuracy_m = 10.0
    statistics = measure(district, on=ON)
    assert statistics.units[0].classes["priority"][1].plus_minus_m2 == pytest.approx(10_000 * 5 + 18_000 * 10, rel=NEAR)


def test_without_a_stated_accuracy_there_is_no_bound_and_not_nought(district):
    for record in district.records:
        record.accuracy_m = None
    statistics = measure(district, on=ON)
    assert statistics.editions[1].figures["甲县"].plus_minus_m2 is None
    assert statistics.matrix["ecological_redline", "permanent_farmland"].plus_minus_m2 is None
    assert statistics.changes[0].added.plus_minus_m2 is None
    assert statistics.changes[0].strips_m2 is None


def test_one_layer_of_two_without_accuracy_leaves_both_without(district):
    district.add("ecological_redline", [(8_000, 8_000, 9_000, 9_000)], layer="另一红线", coverage=(0, 0, 10_000, 10_000))
    figure = measure(district, on=ON).matrix["ecological_redline", "ecological_redline"]
    assert figure.area_m2 == km2(2.5)
    assert figure.plus_minus_m2 is None


def test_what_was_kept_added_and_removed_between_versions(district):
    change = measure(district, on=ON).changes[0]
    assert (change.old, change.new, change.place.name) == ("2018", "2022", "甲县")
    assert change.comparable
    assert change.kept.area_m2 == km2(0.5)
    assert change.added.area_m2 == km2(1.0)
    assert change.removed.area_m2 == km2(0.5)
    assert change.strips_m2 == 0


def test_lines_drawn_anew_are_told_from_land_that_changed(memory):
    memory.add("admin", [(0, 0, 10_000, 10_000)], code=["360401"], name=["甲县"], level=["county"])
    for name, shape, day in (("旧", (1_000, 1_000, 2_000, 2_000), "2018-01-01"), ("新", (1_003, 1_000, 2_500, 2_000), "2022-01-01")):
        memory.add("ecological_redline", [shape], layer=name, family="红线", version=name, data_date=day, accuracy_m=2.0,
                   coverage=(0, 0, 10_000, 10_000), current=name == "新")
    change = measure(memory, on=ON).changes[0]
    assert change.removed.area_m2 == pytest.approx(3_000, rel=1e-3)  # 3 m wide, and both may be wrong by 4 m together
    assert change.strips_m2 == pytest.approx(3_000, rel=1e-3)
    assert change.added.area_m2 == km2(0.5)


def test_a_version_that_did_not_cover_the_county_is_not_compared(district):
    changes = measure(district, on=ON).changes
    assert changes[0].comparable
    assert not changes[1].comparable  # 乙县, which neither covers


def test_overlaps_of_lines(district):
    statistics = measure(district, on=ON)
    redline, farmland = "ecological_redline", "permanent_farmland"
    both = statistics.matrix[redline, farmland]
    assert both.area_m2 == km2(0.25)
    assert both.plus_minus_m2 == pytest.approx(2_000 * 2, rel=NEAR)  # as sure as the less sure of the two
    assert statistics.conflicts[redline, farmland]["甲县"].area_m2 == km2(0.25)
    assert statistics.matrix[redline, "control_unit:priority"].area_m2 == km2(1.5)
    assert statistics.matrix[redline, "control_unit:key"].area_m2 == 0
    assert statistics.matrix["control_unit:key", "control_unit:general"].area_m2 == km2(10)
    assert (redline, "urban_boundary") not in statistics.matrix
    assert [line.loaded for line in statistics.lines[:3]] == [True, True, False]


def test_lines_that_nearly_meet_may_overlap(memory):
    memory.add("ecological_redline", [(0, 0, 1_000, 1_000)], accuracy_m=3.0)
    memory.add("permanent_farmland", [(1_002, 0, 2_000, 1_000)], accuracy_m=1.0)
    memory.add("urban_boundary", [(1_005, 0, 2_000, 1_000)], accuracy_m=1.0)
    matrix = measure(memory, on=ON).matrix
    assert matrix["ecological_redline", "permanent_farmland"].area_m2 == 0
    assert matrix["ecological_redline", "permanent_farmland"].plus_minus_m2 == pytest.approx(2_000, rel=NEAR)  # 2 m of 1 km
    assert matrix["ecological_redline", "urban_boundary"].plus_minus_m2 == 0  # 5 m apart, and wrong by 4 m at most


def test_without_counties_there_are_areas_and_no_shares(memory):
    memory.add("ecological_redline", [(0, 0, 1_000, 1_000)], accuracy_m=1.0)
    statistics = measure(memory, on=ON)
    assert statistics.counties == ()
    figure = statistics.editions[0].figures[""]
    assert figure.area_m2 == km2(1)
    assert figure.share is None
    assert figure.uncovered_m2 is None


def test_a_layer_that_states_no_coverage_is_complete_where_the_counties_are(memory):
    memory.add("admin", [(0, 0, 30_000, 30_000)], code=["360401"], name=["甲县"], level=["county"])
    memory.add("ecological_redline", [(0, 0, 1_000, 1_000)])
    figure = measure(memory, on=ON).editions[0].figures["甲县"]
    assert figure.uncovered_m2 == 0  # edges of 30 km, which leave their line by metres where only their ends are carried
    assert not figure.partial


def test_land_outside_every_county_is_told(memory):
    memory.add("admin", [(0, 0, 1_000, 1_000)], code=["360401"], name=["甲县"], level=["county"])
    memory.add("ecological_redline", [(500, 0, 1_500, 1_000)])
    statistics = measure(memory, on=ON)
    assert statistics.outside["ecological_redline"] == km2(0.5)
    assert statistics.editions[0].figures[""].area_m2 == km2(0.5)


def test_counties_that_overlap_are_told_and_counted_once_in_the_total(memory):
    memory.add("admin", [(0, 0, 1_000, 1_000), (900, 0, 2_000, 1_000)], code=["1", "2"], name=["甲县", "乙县"], level=["county"] * 2)
    memory.add("ecological_redline", [(0, 0, 2_000, 1_000)])
    statistics = measure(memory, on=ON)
    assert statistics.overlapping_counties_m2 == km2(0.1)
    assert statistics.editions[0].figures[""].area_m2 == km2(2)
    assert statistics.editions[0].figures["乙县"].area_m2 == km2(1.1)


def test_only_counties_are_places_where_there_are_provinces_too(memory):
    memory.add("admin", [(0, 0, 2_000, 1_000), (0, 0, 1_000, 1_000)], code=["360000", "360401"], name=["某省", "甲县"], level=["province", "county"])
    memory.add("ecological_redline", [(0, 0, 500, 500)])
    assert [place.name for place in measure(memory, on=ON).places] == ["甲县", ""]


def test_a_workspace_without_zones_is_refused(memory):
    memory.add("admin", [(0, 0, 1, 1)], code=["1"], name=["甲县"], level=["county"])
    with pytest.raises(StatisticsError, match="没有可统计的内容"):
        measure(memory, on=ON)


boxes = st.tuples(st.integers(0, 18), st.integers(0, 8), st.integers(1, 8), st.integers(1, 8)).map(
    lambda one: (one[0] * 500, one[1] * 500, (one[0] + one[2]) * 500, (one[1] + one[3]) * 500))


@settings(max_examples=8)
@given(units=st.lists(st.tuples(boxes, st.sampled_from(("priority", "key", "general"))), min_size=1, max_size=6),
       covered=st.integers(1, 20))
def test_every_square_metre_of_a_county_is_accounted_for_once(new_memory, units, covered):
    memory = new_memory()
    memory.add("admin", [(0, 0, 5_000, 5_000), (5_000, 0, 10_000, 5_000)], code=["1", "2"], name=["甲", "乙"], level=["county"] * 2)
    memory.add("control_unit", [shape for shape, _kind in units], category=[kind for _shape, kind in units], coverage=(0, 0, covered * 500, 5_000))
    statistics = measure(memory, on=ON)
    for item in statistics.units:
        classes = sum(figure.area_m2 for _count, figure in item.classes.values())
        outside = item.total.area_m2 + item.gap_m2 + item.total.uncovered_m2 - item.place.area_m2  # units beyond their coverage
        assert outside > -6.0  # strips of a millimetre along 5 km
        assert classes - item.twice_m2 == pytest.approx(item.total.area_m2, abs=6.0)
        assert 0 <= item.total.area_m2 <= item.place.area_m2 + 1
    parts, whole = statistics.units[:-1], statistics.units[-1]
    assert sum(item.total.area_m2 for item in parts) == pytest.approx(whole.total.area_m2, abs=6.0)
    for key, (_count, figure) in whole.classes.items():
        assert sum(item.classes[key][1].area_m2 for item in parts if key in item.classes) == pytest.approx(figure.area_m2, abs=6.0)


pieces = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 4), st.integers(1, 4))


@given(st.lists(pieces, max_size=25), st.booleans())
def test_land_put_together_by_what_touches_is_the_land_of_all_at_once(boxes, holed):
    shapes = np.array([shapely.box(x, y, x + wide, y + high) for x, y, wide, high in boxes], dtype=object)
    if holed and len(shapes):
        shapes = shapely.difference(shapes, shapely.buffer(shapely.centroid(shapes), 0.2))
    whole, parts = shapely.union_all(shapes), figures._union(shapes)
    assert parts.is_empty and whole.is_empty or shapely.equals(parts, whole)
    assert parts.area == pytest.approx(whole.area, abs=1e-9)


def test_whether_patches_are_a_coverage_is_not_asked(monkeypatch):
    # Of 120,000 vertices with a ring of thousands of holes that took seconds, of a province more than a quarter of an hour.
    def never(*_args, **_options):
        raise AssertionError("takes many times as long as the union")

    monkeypatch.setattr(shapely, "coverage_is_valid", never)
    patches = shapely.buffer(shapely.points(np.arange(50) * 10.0, 0.0), 3)
    assert figures._union(patches).area == pytest.approx(shapely.area(patches).sum())
    assert len(figures._union(patches).geoms) == 50


def test_progress_moves_while_lines_are_laid_over_each_other(district, monkeypatch):
    told, at_overlap, real = [], [], figures._Measuring.overlap

    def overlap(self, *args):
        at_overlap.append(told[-1][0])
        return real(self, *args)

    monkeypatch.setattr(figures._Measuring, "overlap", overlap)
    measure(district, on=ON, progress=lambda done, total: told.append((done, total)))
    (total,) = {total for _done, total in told}
    assert [done for done, _total in told] == list(range(1, total + 1))
    assert len(set(at_overlap)) > 2, "it is the longest part where a province is measured"


@given(st.lists(pieces, max_size=12), st.lists(pieces, max_size=12))
def test_what_is_shared_part_by_part_is_what_is_shared(some, others):
    one, other = (shapely.difference(shapely.union_all([shapely.box(x, y, x + wide, y + high) for x, y, wide, high in boxes]),
                                     shapely.box(5.5, 5.5, 6.2, 6.4)) for boxes in (some, others))
    whole, parts = figures._land_of(shapely.intersection(one, other)), figures._shared(one, other)
    assert parts.is_valid
    assert parts.is_empty and whole.is_empty or shapely.equals(parts, whole)
    assert len(shapely.get_parts(parts)) == len(shapely.get_parts(whole))


def zoning(memory, seed):
    """Nine counties, and ragged zones that overlap each other, the counties' borders and what lies outside."""
    rng = np.random.default_rng(seed)

    def ragged(count, size):
        found = []
        for x, y in rng.uniform(0, 12_000, (count, 2)):
            turn = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(5, 30)))
            away = rng.uniform(0.3, 1.0, len(turn)) * size
            shape = shapely.make_valid(shapely.Polygon(np.column_stack([x + away * np.cos(turn), y + away * np.sin(turn)])))
            parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
            found.append(shapely.multipolygons(parts).difference(shape.centroid.buffer(size / 10)))
        return [shape for shape in found if not shape.is_empty]

    memory.add("admin", [(x, y, x + 4_000, y + 4_000) for x in range(0, 12_000, 4_000) for y in range(0, 12_000, 4_000)],
               code=[str(at) for at in range(9)], name=[f"县{at}" for at in range(9)], level=["county"] * 9, accuracy_m=1.0)
    side_by_side = [shapely.box(x, y, x + 1_000, y + 1_000) for x in range(0, 3_000, 1_000) for y in range(0, 3_000, 1_000)]
    units = [*ragged(30, 1_500), *side_by_side]
    memory.add("control_unit", units, category=list(rng.choice(["priority", "key", "general"], len(units))), accuracy_m=5.0,
               coverage=(0, 0, 11_000, 12_000))
    for name, day in (("旧", "2018-01-01"), ("新", "2022-01-01")):
        memory.add("ecological_redline", ragged(50, 400), layer=name, family="红线", version=name, data_date=day, accuracy_m=3.0,
                   current=name == "新")
    memory.add("permanent_farmland", ragged(30, 600), accuracy_m=2.0)
    return memory


@pytest.mark.parametrize("seed", [1, 2])
def test_figures_are_those_of_everything_overlaid_with_everything(new_memory, monkeypatch, seed):
    found = measure(zoning(new_memory(), seed), on=ON).to_dict()

    def bound(self, land, place, accuracy):  # with no border looked for first
        if accuracy is None or land.is_empty:
            return None if accuracy is None else 0.0
        around = float(figures.length_m(land, self.crs)[0])
        shared = shapely.intersection(shapely.boundary(place.shape), land)
        along = min(around, float(figures.length_m(shared, self.crs)[0]))
        return (around - along) * accuracy + along * self.admin_accuracy

    monkeypatch.setattr(figures, "_union", lambda shapes: shapely.union_all(shapes) if len(shapes) else shapely.Polygon())
    monkeypatch.setattr(figures._Layer, "beyond", lambda layer, place: np.array(
        [shapely.difference(shapely.union_all(layer.shapes), place.shape)], dtype=object))
    monkeypatch.setattr(figures._Measuring, "bound", bound)
    assert measure(zoning(new_memory(), seed), on=ON).to_dict() == found
    assert found["outside_every_county_m2"]["ecological_redline"] > 1_000
    assert found["control_units"][0]["claimed_by_several_classes_m2"] > 0


def test_land_is_put_together_once_for_each_layer_class_and_place(new_memory, monkeypatch):
    asked, real = [], figures._Layer.within
    monkeypatch.setattr(figures._Layer, "within", lambda layer, place, category=None: asked.append(
        (layer.shapes[0].wkb, len(layer.shapes), place.name, category)) or real(layer, place, category))
    measure(zoning(new_memory(), 1), on=ON)
    assert len(asked) == len(set(asked))


def test_patches_that_meet_at_points_are_not_overlaid(monkeypatch):
    chess = [shapely.box(x, y, x + 1, y + 1) for x in range(8) for y in range(8) if (x + y) % 2]
    real = shapely.disjoint_subset_union_all
    overlaid = []
    monkeypatch.setattr(shapely, "disjoint_subset_union_all", lambda shapes: overlaid.append(len(shapes)) or real(shapes))
    assert figures._union(np.array(chess, dtype=object)).area == 32
    assert not overlaid
    assert figures._union(np.array([*chess, shapely.box(0, 0, 1.5, 1)], dtype=object)).area == 33
    assert overlaid == [3]

"""Borders that neighbours share stay shared, however much is thinned."""

from __future__ import annotations

import time

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import arcs


def wobbly(count: int, along: int, seed: int) -> np.ndarray:
    """A coverage of ``count`` × ``count`` cells whose borders wander, neighbours sharing each place."""
    random = np.random.default_rng(seed)
    corners = np.stack(np.meshgrid(np.arange(count + 1.0), np.arange(count + 1.0), indexing="ij"), -1)
    corners[1:-1, 1:-1] += random.uniform(-0.2, 0.2, (count - 1, count - 1, 2))

    def edge(start, end):
        t = np.linspace(0, 1, along + 1)
        walk = np.cumsum(random.normal(0, 1, along + 1))
        walk = walk / max(1.0, np.abs(walk).max()) * np.minimum(t, 1 - t) * 0.2
        across = np.array([start[1] - end[1], end[0] - start[0]])
        line = start + (end - start) * t[:, None] + across * walk[:, None]
        line[0], line[-1] = start, end
        return line

    flat = {(i, j): edge(corners[i, j], corners[i + 1, j]) for i in range(count) for j in range(count + 1)}
    steep = {(i, j): edge(corners[i, j], corners[i, j + 1]) for i in range(count + 1) for j in range(count)}
    return np.array([
        shapely.Polygon(np.concatenate([flat[i, j][:-1], steep[i + 1, j][:-1], flat[i, j + 1][::-1][:-1], steep[i, j][::-1]]))
        for i in range(count) for j in range(count)
    ])  # fmt: skip


def whole(cutting: arcs.Arcs) -> np.ndarray:
    return np.array([cutting.shape(number) for number in range(len(cutting.shapes))], dtype=object)


def test_the_border_of_two_neighbours_is_kept_once():
    cutting = arcs.cut(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]), step=0.1, origin=(0, 0))
    assert len(cutting.arcs) == 3
    used = [ref if ref >= 0 else ~ref for shape in cutting.shapes for rings in shape for refs in rings for ref in refs]
    assert sorted(used) == [0, 1, 1, 2] or sorted(np.bincount(used)) == [1, 1, 2]
    assert [shape.area for shape in whole(cutting)] == pytest.approx([1, 1])


def test_an_island_fills_its_hole_and_is_kept_once():
    ring = shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(3, 3), (6, 3), (6, 6), (3, 6)]])
    cutting = arcs.cut(np.array([ring, shapely.box(3, 3, 6, 6)]), step=1, origin=(0, 0))
    assert len(cutting.arcs) == 2
    assert [shape.area for shape in whole(cutting)] == pytest.approx([72, 9])
    assert shapely.coverage_is_valid(whole(cutting))


def test_neighbours_that_differ_by_rounding_become_one_border():
    left = shapely.Polygon([(0, 0), (1, 0), (1 + 2e-9, 0.5), (1, 1), (0, 1)])
    right = shapely.Polygon([(1 - 1e-9, 0), (2, 0), (2, 1), (1, 1 + 1e-9), (1, 0.5)])
    assert not shapely.coverage_is_valid([left, right])
    assert shapely.coverage_is_valid(whole(arcs.cut(np.array([left, right]), step=1e-6, origin=(0, 0))))


def test_a_border_that_only_one_side_has_a_place_on_does_not_come_apart():
    long, low, high = shapely.box(0, 0, 1, 2), shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2)
    thinned = whole(arcs.thin(arcs.cut(np.array([long, low, high]), step=0.01, origin=(0, 0)), 0.5))
    assert shapely.union_all(thinned).equals(shapely.box(0, 0, 2, 2))
    assert shapely.area(thinned).sum() == pytest.approx(4)


def test_what_has_no_area_has_no_arcs():
    cutting = arcs.cut(np.array([shapely.Point(1, 1), None, shapely.Polygon(), shapely.box(0, 0, 1, 1)], dtype=object), step=0.1, origin=(0, 0))
    assert [len(shape) for shape in cutting.shapes] == [0, 0, 0, 1]
    assert arcs.cut(np.array([shapely.Point(1, 1)]), step=0.1, origin=(0, 0)).arcs == []


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), tolerance=st.sampled_from((0.002, 0.02, 0.1)))
def test_thinning_opens_no_gap_and_makes_no_overlap(seed, tolerance):
    shapes = wobbly(3, 30, seed)
    cutting = arcs.cut(shapes, step=1e-6, origin=(0, 0))
    thinned = arcs.thin(cutting, tolerance)
    after = whole(thinned)
    assert thinned.vertices < cutting.vertices
    assert shapely.is_valid(after).all()
    assert shapely.coverage_is_valid(after)
    union = shapely.union_all(after)
    assert shapely.area(after).sum() == pytest.approx(union.area, rel=1e-12)
    assert union.geom_type == "Polygon"
    assert not union.interiors
    assert shapely.hausdorff_distance(union.boundary, shapely.union_all(shapes).boundary) <= tolerance + 1e-5


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_shapes_that_lie_over_one_another_keep_what_they_are(seed):
    shapes = wobbly(2, 20, seed)
    twice = np.concatenate([shapes, shapely.buffer(shapes[:1], 0.05)])
    after = whole(arcs.thin(arcs.cut(twice, step=1e-6, origin=(-1, -1)), 0.01))
    assert shapely.is_valid(after).all()
    assert shapely.area(after) == pytest.approx(shapely.area(twice), rel=0.1)
    assert shapely.coverage_is_valid(after[:4])


def test_a_border_does_not_jump_over_what_lies_in_its_notch():
    notched = shapely.Polygon([(0, 0), (100, 0), (100, 100), (55, 100), (50, 92), (45, 100), (0, 100)])
    pond = shapely.box(49, 96, 51, 98)
    cutting = arcs.cut(np.array([notched, pond]), step=1, origin=(0, 0))
    after = whole(arcs.thin(cutting, 20))
    assert not after[0].intersects(after[1])
    alone = whole(arcs.thin(arcs.cut(np.array([notched]), step=1, origin=(0, 0)), 20))
    assert shapely.area(alone[0]) >= 100 * 100  # the notch is thinner than the tolerance, and nothing lies in it


def test_a_strip_between_two_borders_with_the_same_ends_is_not_lost():
    strip = shapely.Polygon([(0, 0), (50, 3), (100, 0), (50, -4)])
    above = shapely.Polygon([(0, 0), (50, 3), (100, 0), (100, 60), (0, 60)])
    below = shapely.Polygon([(0, 0), (50, -4), (100, 0), (100, -60), (0, -60)])
    after = whole(arcs.thin(arcs.cut(np.array([strip, above, below]), step=1, origin=(0, 0)), 30))
    assert shapely.is_valid(after).all()
    assert (shapely.area(after) > 0).all()
    assert shapely.coverage_is_valid(after)


def test_a_place_on_a_border_without_a_vertex_there_stays_on_it():
    long = shapely.Polygon([(0, 0), (100, 0), (100, 50), (101, 60), (100, 100), (0, 100)])
    right = shapely.Polygon([(100, 20), (200, 20), (200, 40), (100, 40)])
    after = whole(arcs.thin(arcs.cut(np.array([long, right]), step=1, origin=(0, 0)), 10))
    assert after[0].intersection(after[1]).length == pytest.approx(20)
    assert after[0].intersection(after[1]).area == 0


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 100_000), tolerance=st.sampled_from((1.0, 4.0, 15.0, 60.0)))
def test_shapes_apart_or_within_one_another_stay_so(seed, tolerance):
    random = np.random.default_rng(seed)

    def blob(x, y, radius, count, rough):
        turn = np.sort(random.uniform(0, 2 * np.pi, count))
        out = radius * random.uniform(1 - rough, 1, count)
        return shapely.Polygon(np.rint(np.stack([x + out * np.cos(turn), y + out * np.sin(turn)], -1)))

    many = [blob(*random.uniform(0, 400, 2), random.uniform(4, 90), random.integers(5, 60), 0.8) for _ in range(25)]
    shapes = [one for one in many if one.is_valid and one.area > 0 and (one.length / one.area) < 2]
    cutting = arcs.cut(np.array(shapes), step=1, origin=(0, 0))
    thinned = arcs.thin(cutting, tolerance)
    before, after = whole(cutting), whole(thinned)
    assert shapely.is_valid(after).all()
    apart = "F********"  # the insides have nothing in common
    drawn = [shapely.linestrings(arc) for arc in cutting.arcs], [shapely.linestrings(arc) for arc in thinned.arcs]
    for number, (old, new) in enumerate(zip(*drawn, strict=True)):
        assert shapely.hausdorff_distance(new, old) <= tolerance + 1e-9
        assert (cutting.arcs[number][[0, -1]] == thinned.arcs[number][[0, -1]]).all()
        if old.is_simple:
            assert new.is_simple
        others = [place for place in range(number + 1, len(drawn[0])) if old.relate_pattern(drawn[0][place], apart)]
        assert all(new.relate_pattern(drawn[1][place], apart) for place in others)
    for one in range(len(shapes)):
        for other in range(one):
            if not shapely.intersects(before[one].boundary, before[other].boundary):
                assert before[one].intersects(before[other]) == after[one].intersects(after[other])


def test_four_times_as_many_arcs_do_not_take_much_more_than_four_times_as_long():
    def seconds(side):
        cutting = arcs.cut(wobbly(side, 30, 1), step=1e-6, origin=(0, 0))
        started = time.process_time()
        arcs.thin(cutting, 0.02)
        return time.process_time() - started

    seconds(8)
    few, many = (min(seconds(side) for _ in range(2)) for side in (20, 40))
    assert many < 8 * few

"""Shapes on the paper: shared borders stay shared, nothing leaves the frame, nothing is lost."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from sanxian.mapping.sheets.outlines import AREA, Paper, cut_line, hatch_dots, hatch_lines, outlines

GK = CRS.from_epsg(4548)
PAPER = Paper(GK, 400_000.0, 3_300_000.0, 10.0, 10.0, 200.0, 100.0, 50_000.0)  # 10 km × 5 km


def on_map(*mm):
    return PAPER.to_map(np.array(mm, dtype=float))


def test_a_square_stands_where_it_should():
    shape = Polygon(on_map((20, 20), (30, 20), (30, 30), (20, 30)))
    found = outlines(np.array([shape, None, Polygon()], dtype=object), GK, PAPER)
    assert found.part_row.tolist() == [0]
    assert found.inside.tolist() == [True]
    assert sorted(map(tuple, found.rings(0)[0][:-1].round(6).tolist())) == [(20, 20), (20, 30), (30, 20), (30, 30)]


def test_neighbours_keep_their_common_border():
    random = np.random.default_rng(1)
    middle = np.column_stack([np.full(400, 60.0) + random.normal(0, 0.4, 400), np.linspace(20, 80, 400)])
    left = Polygon(on_map((20, 20), *middle, (20, 80)))
    right = Polygon(on_map((100, 20), *middle, (100, 80)))
    found = outlines(np.array([left, right]), GK, PAPER)
    a, b = (Polygon(found.rings(part)[0]) for part in (0, 1))
    gap = shapely.Polygon([(20, 20), (100, 20), (100, 80), (20, 80)]).difference(a.union(b))
    assert gap.area < 0.05  # mm²; only where rounding turned a line on itself
    assert shapely.make_valid(a).intersection(shapely.make_valid(b)).area < 0.05
    assert len(found.rings(0)[0]) < 400


def test_what_is_smaller_than_the_grid_is_a_speck_and_not_lost():
    tiny = Polygon(on_map((50, 50), (50.01, 50), (50.01, 50.01)))
    short = LineString(on_map((70, 50), (70.01, 50)))
    found = outlines(np.array([tiny, short]), GK, PAPER)
    assert found.part_row.tolist() == [0, 1]
    assert np.ptp(found.rings(0)[0], axis=0).max() <= 0.3
    assert np.ptp(found.rings(1)[0], axis=0).max() > 0


def test_holes_and_parts_stay_and_others_go():
    shape = MultiPolygon([Polygon(on_map((20, 20), (60, 20), (60, 60), (20, 60)), [on_map((30, 30), (40, 30), (40, 40), (30, 40))]),
                          Polygon(on_map((900, 900), (910, 900), (910, 910)))])
    found = outlines(np.array([shape, Point(on_map((50, 50))[0]), Point(on_map((900, 50))[0])], dtype=object), GK, PAPER)
    assert [len(found.rings(part)) for part in range(len(found.part_row))] == [2]
    assert found.point_row.tolist() == [1]


def test_lon_lat_in_great_number_is_placed_as_exactly_as_each_alone():
    from pyproj import Transformer

    angle = np.linspace(0, 2 * np.pi, 60_000)
    xy = np.column_stack([405_000 + 3000 * np.cos(angle), 3_297_500 + 1500 * np.sin(angle)])
    lon, lat = Transformer.from_crs(GK, 4490, always_xy=True).transform(xy[:, 0], xy[:, 1])
    many = outlines(np.array([Polygon(np.column_stack([lon, lat]))]), CRS.from_epsg(4490), PAPER)
    exact = outlines(np.array([Polygon(xy)]), GK, PAPER)
    distance = shapely.hausdorff_distance(LineString(many.rings(0)[0]), LineString(exact.rings(0)[0]))
    assert distance <= 0.15


def test_lines_are_cut_at_the_frame():
    pieces = cut_line(np.array([(0.0, 50.0), (400.0, 50.0)]), PAPER.frame)
    assert [piece.tolist() for piece in pieces] == [[[10.0, 50.0], [210.0, 50.0]]]


@settings(max_examples=30, deadline=None)
@given(st.floats(5, 60), st.floats(5, 40), st.sampled_from([-45.0, 0.0, 30.0, 45.0]), st.floats(0.7, 3))
def test_hatches_cover_an_area_evenly_and_stay_inside(width, height, angle, gap):
    ring = np.array([(50, 50), (50 + width, 50), (50 + width, 50 + height), (50, 50 + height), (50, 50)], dtype=float)
    hole = np.array([(51, 51), (53, 51), (53, 53), (51, 53), (51, 51)], dtype=float)
    strokes = hatch_lines([ring, hole], angle, gap)
    area = Polygon(ring, [hole])
    lines = shapely.linestrings(strokes.reshape(-1, 2, 2))
    assert shapely.length(shapely.difference(lines, area.buffer(1e-6))).sum() < 1e-3
    rim = gap * 4 * np.hypot(width, height)
    assert abs(shapely.length(lines).sum() * gap - area.area) < rim
    assert shapely.covers(area.buffer(gap), shapely.points(hatch_dots([ring, hole], gap))).all()


def test_kinds():
    assert AREA == 2

"""What the pointer snaps to: vertices before sides, exactly, and soon."""

import time

import numpy as np
import pytest
import shapely
from canvas_help import X, Y, layer, ring, square
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer
from PyQt5.QtCore import QPointF, Qt
from shapely.geometry import GeometryCollection, LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from gui.canvas.snap import Corners

EVERYTHING = (-1e9, -1e9, 1e9, 1e9)


@pytest.mark.parametrize(("geometry", "count"), [
    (Point(1, 1), 0),
    (LineString([(0, 0), (1, 0), (1, 1)]), 2),
    (MultiLineString([[(0, 0), (1, 0)], [(5, 5), (6, 6), (7, 5)]]), 3),
    (ring(0, 0, 50, 20), 8),
    (MultiPolygon([ring(0, 0, 50, 20), square(100, 0, 10)]), 12),
    (GeometryCollection([Point(0, 0), ring(0, 0, 50, 20), LineString([(0, 0), (1, 0)])]), 9),
    (Polygon(), 0),
])  # fmt: skip
def test_sides_never_lead_from_one_ring_to_the_next(geometry, count):
    begin, run, shares = Corners(geometry).sides(EVERYTHING)
    assert len(begin) == count
    assert (shares == (0, 1)).all()
    whole = geometry.boundary if geometry.geom_type.endswith("Polygon") else geometry
    for start, along in zip(begin, run, strict=True):
        assert whole.covers(LineString([start, start + along]))


@given(st.integers(0, 2**32 - 1), st.integers(3, 900), st.floats(0.001, 3))
def test_what_is_found_by_place_is_what_a_look_at_all_finds(seed, count, size):
    chance = np.random.default_rng(seed)
    line = LineString(chance.uniform(-5, 5, (count, 2)).round(1))
    x, y = chance.uniform(-5, 5, 2)
    there = (x, y, x + size, y + size)
    corners = Corners(line)
    assert len(corners.vertices(there)) == shapely.intersects(box(*there), shapely.points(line.coords)).sum()
    begin, run, shares = corners.sides(there)
    found = shapely.linestrings(np.stack([begin + run * shares[:, [0]], begin + run * shares[:, [1]]], axis=1)) if len(begin) else []
    assert sum(map(shapely.length, found)) == pytest.approx(shapely.clip_by_rect(
        MultiLineString(list(zip(line.coords, line.coords[1:], strict=False))), *there).length, abs=1e-6)


def test_where_no_vertex_is_in_reach_the_nearest_place_on_a_side_is(canvas, show):
    show(layer("a", [square(0, 0, 50)]))
    assert canvas.pick(QPointF(220, 106)) == (X + 20, Y + 50)
    assert canvas.pick(QPointF(257, 170)) == (X + 50, Y - 20)
    assert canvas.pick(QPointF(242, 99)) == (X + 50, Y + 50), "a vertex goes before a side that is nearer"
    assert canvas.pick(QPointF(200, 150)) == (X, Y), "nothing is in reach"
    canvas.set_snapping(False)
    assert canvas.pick(QPointF(220, 106)) == (X + 20, Y + 44)


def test_sites_have_sides_but_not_the_one_being_edited(canvas, mouse):
    canvas.set_sites([("a", square(0, 0, 50), ""), ("b", square(120, 0, 50), "")])
    canvas.set_current_site("a")
    canvas.set_tool("edit")
    canvas.zoom_to((X - 200, Y - 150, X + 200, Y + 150), margin=0.0)
    assert canvas.pick(QPointF(262, 150))[0] == X + 70
    assert canvas.pick(QPointF(152, 170)) == (X - 48, Y - 20)


def test_the_two_marks_differ_in_shape(canvas, mouse, show):
    show(layer("a", [square(0, 0, 50)]))
    canvas.set_tool("draw_line")
    mouse.move((220, 106))
    assert canvas.wait_idle()
    side = canvas.grab().toImage()
    mouse.move((254, 96))
    vertex = canvas.grab().toImage()
    mark = "#c400c4"
    # The left and right sides of the square are not there where it is an hour-glass.
    assert vertex.pixelColor(250 - 6, 100).name() == vertex.pixelColor(250 + 6, 100).name() == mark
    assert side.pixelColor(220 - 6, 100).name() != mark
    assert side.pixelColor(220 + 6, 100).name() != mark
    assert side.pixelColor(220, 100 - 6).name() == mark


def test_a_side_is_followed_as_it_runs_in_the_crs_of_its_layer(canvas, show):
    to_lonlat = Transformer.from_crs(4548, 4490, always_xy=True)
    west, south = to_lonlat.transform(X - 30_000, Y)
    east, _south = to_lonlat.transform(X + 30_000, Y)
    show(layer("a", [LineString([(west, south), (east, south)])], crs=4490))
    left, y = Transformer.from_crs(4490, 4548, always_xy=True).transform(to_lonlat.transform(X + 10, Y)[0], south)
    assert abs(y - Y) > 5, "a parallel is no straight line on the map"
    x, y = canvas.pick(canvas_at(canvas, left, y + 3))
    assert to_lonlat.transform(x, y)[1] == pytest.approx(south, abs=1e-12)
    assert x == pytest.approx(left, abs=0.5)


def canvas_at(canvas, x, y):
    return QPointF(*canvas.to_pixels([[x, y]])[0])


@pytest.mark.parametrize("crs", [4548, 4490])
def test_snapping_among_many_and_long_outlines_is_quick(canvas, show, crs):
    turn = np.linspace(0, 2 * np.pi, 200_000)
    coast = Polygon(np.c_[X + 3000 * np.cos(turn), Y + 3000 * np.sin(turn)])
    east, north = np.meshgrid(np.arange(150) * 40.0, np.arange(300) * 20.0)
    crowd = shapely.box(X + east.ravel() - 3000, Y + north.ravel() - 3000, X + east.ravel() - 2961, Y + north.ravel() - 2981)
    if crs != 4548:
        there = Transformer.from_crs(4548, crs, always_xy=True)
        coast, crowd = (shapely.transform(one, lambda xy: np.column_stack(there.transform(*xy.T))) for one in (coast, crowd))
    show(layer("a", [coast], crs=crs), layer("b", crowd, crs=crs))
    canvas.zoom_to((X - 3200, Y - 150, X - 2800, Y + 150), margin=0.0)
    assert canvas.wait_idle(60_000)
    canvas.pick(QPointF(200, 150))  # its vertices are taken out once
    took = []
    for column in range(100, 300, 4):
        begun = time.process_time()
        canvas.pick(QPointF(column, 140.0))
        took.append(time.process_time() - begun)
    assert np.median(took) < 0.02
    assert canvas._snapped is None or len(canvas._snapped) == 2


def test_a_sketch_takes_the_place_on_the_side(canvas, mouse, show):
    got = []
    canvas.sketchFinished.connect(got.append)
    show(layer("a", [square(0, 0, 50)]))
    canvas.set_tool("draw_line")
    mouse.click((220, 106))
    mouse.click((100, 20), Qt.LeftButton)
    canvas.finish_sketch()
    assert got[0].coords[0] == (X + 20, Y + 50)

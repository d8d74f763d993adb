"""Cutting, piercing, adding, merging and widening: areas that can be reckoned by hand, and one step back."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod
from PyQt5.QtCore import Qt
from shapely import LineString, MultiPolygon, Point, Polygon, box

from gui import shapes
from gui.dialogs import message
from gui.shapes import ShapeError

SQUARE = box(0, 0, 100, 100)


def refused(what):
    with pytest.raises(ShapeError) as caught:
        what()
    return caught.value.template


def test_a_cut_gives_both_sides_the_larger_first():
    first, second = shapes.cut(SQUARE, LineString([(30, -1), (30, 101)]))
    assert (first.area, second.area) == (7000.0, 3000.0)
    assert first.bounds == (30, 0, 100, 100)


def test_a_cut_leaves_parts_that_it_does_not_meet_with_the_largest():
    site = MultiPolygon([SQUARE, box(200, 0, 210, 10)])
    parts = shapes.cut(site, LineString([(30, -1), (30, 101)]))
    assert [part.area for part in parts] == [7100.0, 3000.0]


def test_a_line_is_cut_too():
    parts = shapes.cut(LineString([(0, 0), (10, 0)]), LineString([(4, -1), (4, 1)]))
    assert [part.length for part in parts] == [6.0, 4.0]


@pytest.mark.parametrize("line", [[(30, -1), (30, 50)], [(200, 0), (200, 100)]])
def test_a_cut_that_does_not_go_through_is_refused(line):
    assert "没有穿过" in refused(lambda: shapes.cut(SQUARE, LineString(line)))


@given(st.floats(-50, 150), st.floats(-50, 150))
def test_nothing_is_lost_or_counted_twice_in_a_cut(left, right):
    line = LineString([(left, -10), (right, 110)])
    assume(line.intersection(SQUARE).length > 1e-6)
    try:
        parts = shapes.cut(SQUARE, line)
    except ShapeError:
        return
    assert sum(part.area for part in parts) == pytest.approx(10_000.0, abs=1e-6)
    assert parts[0].intersection(parts[1]).area == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("x", "y", "size"), [(500_000.0, 3_290_000.0, 300.0), (116.0, 29.7, 0.003)])
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_drawn_from_side_to_side_meets_them(x, y, size, seed):
    """A place on a slanting side is never one to the last digit."""
    chance = np.random.default_rng(seed)
    angles = np.arange(7) * 0.85 + chance.uniform(0, 0.5, 7)
    ring = np.column_stack([x + size * np.cos(angles), y + size * np.sin(angles)])
    site, middle = Polygon(ring), ring.mean(axis=0)

    def on(side, share):
        return ring[side] + share * (ring[side + 1] - ring[side])

    cut = shapes.cut(site, LineString([on(1, 0.3), on(4, 0.6)]))
    assert len(cut) == 2
    assert sum(part.area for part in cut) == pytest.approx(site.area, rel=1e-9)
    one, other = on(2, 0.3), on(2, 0.7)
    inside = (one + other) / 2 * 0.8 + middle * 0.2
    notched = shapes.pierce(site, Polygon([one, other, inside]))
    assert notched.geom_type == "Polygon"
    assert not notched.interiors
    assert shapes.extend(notched, Polygon([one, other, inside])).area == pytest.approx(site.area, rel=1e-9)
    outside = (one + other) / 2 * 1.2 - middle * 0.2
    assert shapes.extend(site, Polygon([one, other, outside])).geom_type == "Polygon"
    untouched = {tuple(point) for point in shapely.get_coordinates(notched)}
    assert untouched.issuperset(map(tuple, ring))


def test_a_line_is_cut_by_one_that_ends_on_it():
    line = LineString([(500_000.1, 3_290_000.3), (500_097.7, 3_290_061.9)])
    end = line.interpolate(1 / 3, normalized=True)
    assert len(shapes.cut(line, LineString([(500_000, 3_290_100), end]))) == 2


def test_a_hole_and_another_part():
    assert shapes.pierce(SQUARE, box(10, 10, 20, 20)).area == 9900.0
    assert len(shapes.pierce(SQUARE, box(10, 10, 20, 20)).interiors) == 1
    assert shapes.extend(SQUARE, box(50, 50, 150, 100)).area == 12_500.0
    assert shapes.extend(SQUARE, box(300, 0, 310, 10)).geom_type == "MultiPolygon"


def test_what_cannot_be_pierced():
    assert "不在用地内" in refused(lambda: shapes.pierce(SQUARE, box(100, 0, 110, 10)))  # only touches
    assert "什么都不剩" in refused(lambda: shapes.pierce(SQUARE, box(-1, -1, 101, 101)))
    assert "面状" in refused(lambda: shapes.pierce(Point(0, 0), SQUARE))
    assert "面状" in refused(lambda: shapes.extend(LineString([(0, 0), (1, 1)]), SQUARE))


def test_a_merger_counts_what_is_shared_once():
    assert shapes.merge([SQUARE, box(50, 0, 150, 100)]).area == 15_000.0
    assert "至少要选两个" in refused(lambda: shapes.merge([SQUARE]))
    assert "不能合并" in refused(lambda: shapes.merge([SQUARE, Point(0, 0)]))


def test_what_differs_is_unknown_of_both_together():
    alike, unlike = shapes.in_common([{"a": 1, "b": True, "c": "x"}, {"a": 1, "b": False, "d": 2}])
    assert alike == {"a": 1}
    assert unlike == ["b", "c", "d"]


def test_a_corridor_is_as_wide_as_was_asked():
    strip = shapes.corridor(LineString([(0, 0), (1000, 0)]), 30)
    assert strip.bounds == (0, -15, 1000, 15)
    assert strip.area == 30_000.0
    assert "线状" in refused(lambda: shapes.corridor(SQUARE, 30))
    assert "大于 0" in refused(lambda: shapes.corridor(LineString([(0, 0), (1, 0)]), 0))


@pytest.mark.parametrize(("text", "degrees"), [
    ("135.5", 135.5), ("135°30′00″", 135.5), ("0", 0.0), ("360", 0.0), ("90度15分", 90.25), ("12°", 12.0),
    ("359°59′59.5″", 359 + 59 / 60 + 59.5 / 3600),
])
def test_bearings(text, degrees):
    assert shapes.bearing(text) == pytest.approx(degrees, abs=1e-12)


@pytest.mark.parametrize("text", ["", "-5", "361", "12°61′", "东偏北", "1,2"])
def test_no_bearings(text):
    assert "方位角" in refused(lambda: shapes.bearing(text))


@given(st.floats(0, 359.9), st.floats(1, 50_000))
def test_a_step_onward_is_as_long_and_goes_where_it_was_told(azimuth, metres):
    lon, lat = shapes.onward(115.9, 29.6, azimuth, metres)
    there, _back, length = Geod(ellps="GRS80").inv(115.9, 29.6, lon, lat)
    assert length == pytest.approx(metres, rel=1e-6)
    assert (there - azimuth + 180) % 360 - 180 == pytest.approx(0, abs=1e-4)


# -- in the window ----------------------------------------------------------------------------------------------------


def sketch(window, tool, geometry):
    window.canvas.tool = tool
    window.canvas.sketchFinished.emit(geometry)


def test_cutting_a_project_is_one_step(opened):
    session = opened.session
    session.set_current("P1")
    session.set_attribute("P1", "is_chemical", True)
    opened.actions_by_id["cut_site"].trigger()
    assert opened.canvas.last("set_tool") == ("cut",)
    sketch(opened, "cut", LineString([(1030, 5300), (1030, 5600)]))
    assert [site.id for site in session.sites] == ["P1", "P1-2", "P2"]
    assert [round(site.geometry.area) for site in session.sites] == [7000, 3000, 10_000]
    assert session.site("P1-2").attributes == {"is_chemical": True}
    assert session.site("P1-2").origin is None
    opened.actions_by_id["undo"].trigger()
    assert [round(site.geometry.area) for site in session.sites] == [10_000, 10_000]
    opened.actions_by_id["redo"].trigger()
    assert session.current_id == "P1"
    assert len(session.sites) == 3


def test_a_cut_that_misses_changes_nothing_and_says_why(opened, said):
    opened.session.set_current("P1")
    sketch(opened, "cut", LineString([(0, 0), (1, 1)]))
    assert "没有穿过用地" in said[-1].text()
    assert not opened.session.dirty


def test_a_verdict_is_stale_once_the_site_is_pierced_and_good_again_when_it_is_taken_back(judged):
    site = judged.session.sites[0]
    assert not site.stale
    sketch(judged, "pierce", box(1010, 5410, 1020, 5420))
    assert judged.session.site("P1").geometry.area == pytest.approx(9900)
    assert judged.session.site("P1").stale
    judged.session.undo_stack.undo()
    assert judged.session.site("P1").geometry.area == pytest.approx(10_000)
    assert not judged.session.site("P1").stale


def test_a_sketch_in_another_crs_lands_where_it_was_drawn(opened):
    opened.session.set_current("P1")
    opened.canvas.crs = 4490
    hole = opened.engine.transform(box(1010, 5410, 1020, 5420), "EPSG:4548", "EPSG:4490")
    sketch(opened, "pierce", hole)
    assert opened.session.site("P1").crs == "EPSG:4548"
    assert opened.session.site("P1").geometry.area == pytest.approx(9900, abs=0.01)


def test_merging_tells_what_becomes_unknown(opened, monkeypatch):
    asked = []
    monkeypatch.setattr(message, "ask", lambda _window, _title, text, _yes: asked.append(text) or True)
    session = opened.session
    session.set_attribute("P1", "is_chemical", True)
    session.set_attribute("P1", "is_two_high", False)
    session.set_attribute("P2", "is_two_high", False)
    opened.projects.view.selectAll()
    opened.actions_by_id["merge_sites"].trigger()
    assert "化工" in asked[0]
    (site,) = session.sites
    assert site.attributes == {"is_two_high": False}
    session.undo_stack.undo()
    assert [one.attributes.get("is_chemical") for one in session.sites] == [True, False]


def test_a_line_becomes_a_corridor_of_its_width_on_the_ground(opened, monkeypatch):
    from gui.session import Site

    line = LineString([(500_000, 3_289_000), (501_000, 3_289_000)])
    opened.session.add_sites([Site("L", "管线", line, "EPSG:4548")])
    monkeypatch.setattr("gui.shaping.QInputDialog.getDouble", lambda *_a, **_k: (30.0, True))
    opened.actions_by_id["corridor"].trigger()
    area, _length = opened.engine.measure(opened.session.site("L").geometry, "EPSG:4548")
    assert area == pytest.approx(30_000, rel=1e-4)
    opened.session.undo_stack.undo()
    assert opened.session.site("L").geometry.equals(line)


def test_vertices_by_bearing_and_distance(opened, qtbot):
    canvas = opened.canvas
    canvas.last_vertex = lambda: (500_000.0, 3_289_000.0)
    opened.actions_by_id["bearing"].trigger()
    dialog = next(part for part in opened.parts if hasattr(part, "ask_bearing"))._dialog
    dialog.north.setCurrentIndex(1)
    qtbot.keyClicks(dialog.bearing, "90")
    dialog.distance.setValue(250.0)
    qtbot.mouseClick(dialog.go, Qt.LeftButton)
    assert canvas.last("add_vertex") == pytest.approx((500_250.0, 3_289_000.0))
    dialog.north.setCurrentIndex(0)
    dialog.bearing.setText("0")
    qtbot.mouseClick(dialog.go, Qt.LeftButton)  # on the central meridian true north is grid north
    assert canvas.last("add_vertex") == pytest.approx((500_000.0, 3_289_250.0), abs=0.01)
    dialog.bearing.setText("四十五")
    qtbot.mouseClick(dialog.go, Qt.LeftButton)
    assert "不是方位角" in dialog.said.text()
    canvas.last_vertex = lambda: None
    dialog.bearing.setText("45")
    qtbot.mouseClick(dialog.go, Qt.LeftButton)
    assert "还没有起点" in dialog.said.text()
    assert len(canvas.told["add_vertex"]) == 2
    dialog.close()

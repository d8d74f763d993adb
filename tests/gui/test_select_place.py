"""Selecting by location and by radius: what is found, how it is asked for, and that nothing waits."""

from __future__ import annotations

from time import perf_counter
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PyQt5.QtCore import Qt, QTimer
from shapely import LineString, Point, box, points

from gui.by_place import find
from gui.canvas.canvas import MapCanvas
from gui.dialogs.select_place import PlaceDialog
from gui.tasks import Cancelled
from sanxian import i18n
from sanxian.mapping.filters import Condition, Filter
from spatial.measure import distance_m

GOES_ON = SimpleNamespace(cancelled=False)


def frame(shapes, crs=4490, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def rows(shapes, reference, relation, metres=0.0, crs=4490, reference_crs="EPSG:4490", shown=None, **columns):
    return find(GOES_ON, [("k", frame(shapes, crs, **columns), shown)], reference, reference_crs, relation, metres).of_layer("k").tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(115.5, 118.5), st.floats(28, 30)), min_size=1, max_size=40),
       st.tuples(st.floats(116, 118), st.floats(28, 30)), st.floats(0, 150_000))
def test_points_within_a_radius_are_those_of_the_geodesic(spots, middle, metres):
    wanted = [row for row, spot in enumerate(spots) if distance_m(*spot, *middle) <= metres]
    beyond = [row for row, spot in enumerate(spots) if distance_m(*spot, *middle) <= metres + 1e-4]
    found = rows([Point(spot) for spot in spots], [Point(middle)], "distance", metres)
    assert set(wanted) <= set(found) <= set(beyond)


def test_relations_of_areas_lines_and_points():
    shapes = [box(1, 1, 2, 2), box(3, 1, 5, 2), box(4, 4, 6, 6), LineString([(0, 0), (4, 4)]), Point(4, 0), None, Point()]
    shapes = [None if one is None else gpd.GeoSeries([one]).translate(115, 28)[0] for one in shapes]
    left, right = box(115, 28, 119, 32), box(119, 28, 121, 32)  # the second of them lies in both together
    assert rows(shapes, [left, right], "intersects") == [0, 1, 2, 3, 4]
    assert rows(shapes, [left, right], "within") == [0, 1, 3, 4]
    assert rows(shapes, [left], "within") == [0, 3, 4]
    assert rows(shapes, [None, Point()], "intersects") == []
    assert rows(shapes, [left], "within", shown=Filter((Condition("n", "at-most", "3"),)), n=range(7)) == [0, 3]


def test_many_references_and_another_crs_give_what_each_alone_gives():
    rng = np.random.default_rng(5)
    spots = frame(points(rng.uniform((116.9, 28.9), (117.1, 29.1), (3_000, 2))), 4490).to_crs(4548)
    references = [Point(spot).buffer(0.002) for spot in rng.uniform((116.9, 28.9), (117.1, 29.1), (30, 2))]
    for relation in ("intersects", "within", "distance"):
        alone = set()
        for one in references:
            alone |= set(rows(spots.geometry, [one], relation, 300.0, crs=4548))
        together = rows(spots.geometry, references, relation, 300.0, crs=4548)
        assert together == sorted(alone)
        assert together


def test_it_stops_when_it_is_no_longer_wanted():
    with pytest.raises(Cancelled):
        find(SimpleNamespace(cancelled=True), [("k", frame([Point(116, 29)]), None)], [Point(116, 29)], "EPSG:4490", "intersects")


# ------------------------------------------------------------------------------------------------------------ the dialog
def asked(opened, qtbot, name="select_place", layer="示例单元"):
    if layer:
        opened.layers.select(layer)
    opened.actions_by_id[name].trigger()
    return standing(opened)


def standing(opened):
    (dialog,) = [one for one in opened.findChildren(PlaceDialog) if one.isVisible()]
    dialog.setAttribute(Qt.WA_DeleteOnClose, False)
    return dialog


def choose(box, data):
    at = box.findData(data)
    assert at >= 0, [box.itemData(row) for row in range(box.count())]
    box.setCurrentIndex(at)


def ok(qtbot, opened, dialog):
    qtbot.mouseClick(dialog.buttons.button(dialog.buttons.Ok), Qt.LeftButton)
    qtbot.waitUntil(lambda: not opened.looks.asking("select_place"), timeout=20_000)


def test_features_at_the_selected_ones_of_another_layer_are_selected(opened, qtbot):
    opened.map.select([("示例红线", 0)])
    dialog = asked(opened, qtbot)
    choose(dialog.at, "示例红线")
    assert "1 个要素" in dialog.at.currentText()
    choose(dialog.relation, "intersects")
    assert not dialog.metres.isEnabled()
    assert not dialog.place.isEnabled()
    ok(qtbot, opened, dialog)
    red, units = (opened.session.layer(key).frame for key in ("示例红线", "示例单元"))
    meets = np.flatnonzero(units.to_crs(red.crs).intersects(red.geometry.iloc[0])).tolist()
    assert meets
    assert opened.map.selection().of_layer("示例单元").tolist() == meets
    assert not dialog.isVisible()


@pytest.mark.parametrize(("how", "wanted"), [("replace", {("示例单元", 0)}), ("add", {("示例单元", 0), ("示例单元", 1), ("示例红线", 0)}),
                                             ("remove", {("示例单元", 1), ("示例红线", 0)}), ("toggle", {("示例单元", 1), ("示例红线", 0)})])
def test_what_becomes_of_the_former_selection(opened, qtbot, how, wanted):
    before = [("示例单元", 1), ("示例红线", 0)] + ([("示例单元", 0)] if how in ("remove", "toggle") else [])
    opened.map.select(before)
    opened.layers.select("示例单元")
    opened.canvas.tool = "select_radius"
    opened.canvas.sketchFinished.emit(Point(100, 100))
    dialog = standing(opened)
    choose(dialog.relation, "intersects")
    choose(dialog.how, how)
    ok(qtbot, opened, dialog)
    assert set(opened.map.selection()) == wanted


def test_the_current_project_is_a_reference_and_a_place_that_cannot_be_read_is_not_guessed(opened, qtbot):
    site = opened.session.sites[0]
    opened.session.set_current(site.id)
    dialog = asked(opened, qtbot)
    assert site.name in dialog.at.itemText(0)
    choose(dialog.at, "place")
    for text, why in (("", "没有读懂"), ("城区", "没有读懂"), ("4000000 13400000", "几种读法")):
        dialog.place.setText(text)
        ok(qtbot, opened, dialog)
        assert dialog.isVisible()
        assert why in dialog.said.text()
    dialog.at.setCurrentIndex(0)
    choose(dialog.relation, "intersects")
    ok(qtbot, opened, dialog)
    units = opened.session.layer("示例单元").frame
    assert opened.map.selection().of_layer("示例单元").tolist() == np.flatnonzero(
        units.to_crs(site.crs).intersects(site.geometry)).tolist()


@pytest.mark.parametrize(("key", "how"), [(Qt.NoModifier, "replace"), (Qt.ShiftModifier, "add"), (Qt.ControlModifier, "toggle")])
def test_a_click_and_a_typed_radius(opened, qtbot, monkeypatch, key, how):
    opened.layers.tree.setCurrentItem(None)
    opened.actions_by_id["select_radius"].trigger()
    assert opened.canvas.last("set_tool") == ("select_radius",)
    opened.canvas.tool = "select_radius"
    sites = list(opened.session.sites)
    monkeypatch.setattr("gui.selection.QGuiApplication.keyboardModifiers", lambda: key)
    opened.canvas.sketchFinished.emit(Point(100, 100))
    dialog = standing(opened)
    assert (dialog.at.currentData(), dialog.relation.currentData(), dialog.how.currentData()) == ("place", "distance", how)
    assert dialog.place.text().count(".") == 2
    qtbot.keyClicks(dialog.metres.lineEdit(), "50")
    assert dialog.metres.value() == 50
    ok(qtbot, opened, dialog)
    assert ("示例单元", 0) in set(opened.map.selection())
    assert ("示例单元", 1) not in set(opened.map.selection())
    assert opened.session.sites == sites


@pytest.mark.parametrize("key", [Qt.NoModifier, Qt.ShiftModifier, Qt.ControlModifier])
def test_the_tool_takes_a_click_with_any_key_that_says_what_becomes_of_the_selection(qtbot, key):
    canvas = MapCanvas()
    canvas.resize(400, 300)
    qtbot.addWidget(canvas)
    with qtbot.waitExposed(canvas):
        canvas.show()
    try:
        canvas.zoom_to((500_000, 3_200_000, 501_000, 3_200_750), margin=0.0)
        canvas.set_tool("select_radius")
        drawn = []
        canvas.sketchFinished.connect(drawn.append)
        qtbot.mouseClick(canvas, Qt.LeftButton, key, canvas.rect().center())
        (spot,) = drawn
        assert spot.geom_type == "Point"
        assert spot.distance(Point(500_500, 3_200_375)) < 10
    finally:
        canvas.shutdown()


def test_a_hundred_thousand_features_are_looked_through_while_the_window_goes_on_and_cancel_stops(opened, qtbot, monkeypatch):
    rng = np.random.default_rng(3)
    layer = opened.session.layer("示例单元")
    layer.frame = frame([one.buffer(20) for one in points(rng.uniform(0, 40_000, (100_000, 2)) + (400_000, 3_200_000))], 4548)
    dialog = asked(opened, qtbot)
    choose(dialog.at, "place")
    there = opened.engine.transform(Point(420_000, 3_220_000), "EPSG:4548", "EPSG:4490")
    dialog.place.setText(f"{there.x:.9f}, {there.y:.9f}")
    choose(dialog.relation, "distance")
    dialog.metres.setValue(15_000)
    beats, heart = [], QTimer()
    heart.timeout.connect(lambda: beats.append(perf_counter()))
    heart.start(5)
    started = perf_counter()
    qtbot.mouseClick(dialog.buttons.button(dialog.buttons.Ok), Qt.LeftButton)
    assert perf_counter() - started < 1
    assert "正在查找" in dialog.said.text()
    qtbot.waitUntil(lambda: not opened.looks.asking("select_place"), timeout=60_000)
    heart.stop()
    count = len(opened.map.selection().of_layer("示例单元"))
    assert 0.9 < count / (100_000 * np.pi * 15_000**2 / 40_000**2) < 1.1
    assert np.diff(beats).max() < 1.0, "a loaded machine is allowed much; a frozen window is not"
    opened.map.select([])
    dialog = asked(opened, qtbot)
    choose(dialog.at, "place")
    dialog.place.setText(f"{there.x:.9f}, {there.y:.9f}")
    qtbot.mouseClick(dialog.buttons.button(dialog.buttons.Ok), Qt.LeftButton)
    qtbot.mouseClick(dialog.buttons.button(dialog.buttons.Cancel), Qt.LeftButton)
    assert not opened.looks.asking("select_place")
    assert not dialog.isVisible()
    qtbot.wait(200)
    assert len(opened.map.selection()) == 0


def test_the_words_are_english_too(opened, qtbot):
    i18n.set_language("en")
    try:
        dialog = asked(opened, qtbot)
        texts = [dialog.windowTitle(), *(dialog.relation.itemText(row) for row in range(3)), *(dialog.how.itemText(row) for row in range(4))]
        assert not any("\u4e00" <= letter <= "\u9fff" for text in texts for letter in text)
        dialog.close()
    finally:
        i18n.set_language("zh")

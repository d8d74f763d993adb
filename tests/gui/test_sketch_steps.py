"""Undo, redo and the choice of a project while something is drawn or dragged, on a real map."""

from __future__ import annotations

import geopandas
import pytest
from PyQt5.QtCore import QPoint, Qt
from shapely import box
from shapely.geometry import Point

from gui.session import Site
from layers.read import Layer
from layers.workspace import Workspace

pytestmark = [pytest.mark.timeout(300), pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)]
X, Y = 500_000.0, 3_290_000.0
CRS = "EPSG:4548"


@pytest.fixture
def window(begin, qtbot, tmp_path, said):
    path = tmp_path / "a.gpkg"
    with Workspace.create(path) as made:
        frame = geopandas.GeoDataFrame({"name": ["a"]}, geometry=[Point(X, Y)], crs=4548)
        made.add(Layer("reference", "源甲", frame, path, "甲", "utf-8", ()))
    window = begin()
    window.files.open(path)
    qtbot.waitUntil(lambda: window.session.path == path and not window.work.running
                    and all(layer.frame is not None for layer in window.session.layers), timeout=60_000)
    window.canvas.set_snapping(False)
    for name, east in (("P1", 0), ("P2", 1000)):
        window.session.add_sites([Site(name, f"项目{name}", box(X + east, Y, X + east + 500, Y + 500), CRS)])
    window.canvas.set_crs(4548)
    window.canvas.zoom_to((X - 500, Y - 500, X + 2000, Y + 1000))
    assert window.canvas.wait_idle(30_000)
    return window


def at(window, east, north):
    x, y = window.canvas.to_pixels([[X + east, Y + north]])[0]
    return QPoint(round(x), round(y))


def click(qtbot, window, *places):
    for place in places:
        qtbot.mouseClick(window.canvas, Qt.LeftButton, pos=at(window, *place))


def step(qtbot, window, again=False):
    """By the keys, which reach the window where its action is disabled."""
    qtbot.keyClick(window.canvas, Qt.Key_Z, Qt.ControlModifier | (Qt.ShiftModifier if again else Qt.NoModifier))


def words(window):
    return window.status.currentMessage()


def areas(window):
    return {site.id: round(site.geometry.area) for site in window.session.sites}


@pytest.mark.parametrize("tool", ["draw_polygon", "pierce_site", "measure_length", "select_polygon"])
def test_undo_takes_the_points_of_a_sketch_back_before_steps_of_the_document(qtbot, window, tool):
    before, undo, redo = areas(window), window.actions_by_id["undo"], window.actions_by_id["redo"]
    document = undo.text()
    window.actions_by_id[tool].trigger()
    assert undo.text() == document, "nothing is drawn yet"
    click(qtbot, window, (1100, 100), (1300, 100), (1300, 300))
    assert "草图" in undo.text()
    assert not redo.isEnabled()
    step(qtbot, window, again=True)
    assert "草图没有可以重做的点" in words(window)
    for left in (2, 1, 0):
        step(qtbot, window)
        assert window.canvas.points() == (left, 3 - left)
        assert str(left) in words(window)
    assert areas(window) == before
    assert undo.text() == document, "no point is left"
    for down in (1, 2, 3):
        assert redo.isEnabled()
        step(qtbot, window, again=True)
        assert window.canvas.points() == (down, 3 - down)
    step(qtbot, window)
    click(qtbot, window, (1300, 250))
    assert not redo.isEnabled(), "another point took the place of the one taken back"
    assert areas(window) == before


def test_without_points_undo_is_of_the_document_again(qtbot, window):
    window.actions_by_id["draw_polygon"].trigger()
    click(qtbot, window, (100, 600))
    step(qtbot, window)
    step(qtbot, window)
    assert list(areas(window)) == ["P1"]
    assert window.canvas.points() == (0, 0), "redo is of the document too"
    step(qtbot, window, again=True)
    assert list(areas(window)) == ["P1", "P2"]


def test_the_polygon_that_is_finished_is_of_the_points_that_are_left(qtbot, window):
    window.actions_by_id["draw_polygon"].trigger()
    click(qtbot, window, (0, 600), (400, 600), (800, 900))
    step(qtbot, window)
    click(qtbot, window, (400, 800), (0, 800))
    qtbot.keyClick(window.canvas, Qt.Key_Return)
    assert areas(window)["P3"] == pytest.approx(80_000, rel=0.05)
    assert "草图" not in window.actions_by_id["undo"].text()
    step(qtbot, window)
    assert list(areas(window)) == ["P1", "P2"]


@pytest.mark.parametrize("again", [False, True])
def test_what_is_held_with_the_mouse_must_be_let_go_first(qtbot, window, again):
    if again:
        window.session.set_current("P1")
        window.session.set_attribute("P1", "is_chemical", True)
        window.session.undo_stack.undo()
    before = areas(window)
    window.session.set_current("P2")
    window.actions_by_id["edit_site"].trigger()
    action = window.actions_by_id["redo" if again else "undo"]
    assert action.isEnabled()
    canvas = window.canvas
    qtbot.mousePress(canvas, Qt.LeftButton, pos=at(window, 1250, 200))
    assert canvas.dragging
    assert not action.isEnabled()
    step(qtbot, window, again)
    assert "请先放下" in words(window)
    assert areas(window) == before
    assert canvas.dragging
    qtbot.mouseRelease(canvas, Qt.LeftButton, pos=at(window, 1250, 200))
    assert action.isEnabled()


@pytest.mark.parametrize("tool", ["cut_site", "pierce_site", "extend_site"])
@pytest.mark.parametrize("how", ["another is picked", "it is deleted"])
def test_a_sketch_that_changes_a_project_ends_with_it(qtbot, window, tool, how):
    window.session.set_current("P2")
    window.actions_by_id[tool].trigger()
    click(qtbot, window, (100, 100), (300, 100), (300, 300))
    if how == "another is picked":
        window.session.set_current("P1")
    else:
        window.session.remove_sites(["P2"])
        window.session.set_current("P1")
    before = areas(window)
    assert "项目P2" in words(window)
    assert window.canvas.points() == (0, 0)
    assert window.canvas.tool == "pan"
    click(qtbot, window, (200, 400))
    qtbot.keyClick(window.canvas, Qt.Key_Return)
    assert areas(window) == before


def test_points_taken_back_are_not_put_down_for_another_project(qtbot, window):
    window.session.set_current("P2")
    window.actions_by_id["pierce_site"].trigger()
    click(qtbot, window, (100, 100))
    step(qtbot, window)
    window.session.set_current("P1")
    assert window.canvas.points() == (0, 0)


def test_a_sketch_is_carried_out_on_the_project_that_it_was_begun_on(qtbot, window):
    window.session.set_current("P2")
    window.actions_by_id["pierce_site"].trigger()
    window.session.set_current("P1")  # nothing is drawn yet
    assert window.canvas.tool == "pierce"
    click(qtbot, window, (100, 100), (300, 100), (300, 300))
    window.session.currentChanged.emit("P1")  # told again, and the same
    qtbot.keyClick(window.canvas, Qt.Key_Return)
    assert areas(window)["P1"] == pytest.approx(230_000, rel=0.02)
    assert areas(window)["P2"] == 250_000

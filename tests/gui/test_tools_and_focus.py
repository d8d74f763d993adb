"""What the tool bar and the keyboard say of the map's tools, on a real map."""

from __future__ import annotations

import geopandas
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication
from shapely.geometry import Point

from gui.main_window import TOOLS
from gui.swipe import Swiping
from layers.read import Layer
from layers.workspace import Workspace

pytestmark = [pytest.mark.timeout(300), pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)]
X, Y = 500_000.0, 3_290_000.0


@pytest.fixture
def window(begin, qtbot, tmp_path, said):
    path = tmp_path / "a.gpkg"
    with Workspace.create(path) as made:
        for name in ("源甲", "源乙"):
            frame = geopandas.GeoDataFrame({"name": ["a", "b"]}, geometry=[Point(X, Y), Point(X + 100, Y)], crs=4548)
            made.add(Layer("reference", name, frame, path, name, "utf-8", ()))
    window = begin()
    window.files.open(path)
    qtbot.waitUntil(lambda: window.session.path == path and not window.work.running
                    and all(layer.frame is not None for layer in window.session.layers), timeout=60_000)
    assert window.canvas.wait_idle(30_000)
    return window


def pressed(window):
    return [name for name in TOOLS if window.actions_by_id[name].isChecked()]


@pytest.mark.parametrize("action", ["select_radius", "select_polygon"])
def test_no_other_tool_looks_taken_up(window, action):
    window.actions_by_id["measure_area"].trigger()
    assert pressed(window) == ["measure_area"]
    window.actions_by_id[action].trigger()
    assert pressed(window) == []
    window.actions_by_id["measure_area"].trigger()
    assert pressed(window) == ["measure_area"]
    assert window.canvas.tool == "measure_area"
    window.actions_by_id["pan"].trigger()
    assert pressed(window) == ["pan"], "one at a time, as before"


def test_the_keyboard_is_on_the_map_after_a_comparison(qtbot, window):
    window.layers.select("源甲")
    window.canvas.setFocus()
    swiping = next(one for one in window.parts if isinstance(one, Swiping))
    for _turn in range(2):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key_F8, Qt.ControlModifier)
        qtbot.waitUntil(lambda: swiping.divider is not None)
        assert QApplication.focusWidget() is swiping.divider
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key_F8, Qt.ControlModifier)
        qtbot.waitUntil(lambda: swiping.divider is None)
        qtbot.wait(50)
        assert QApplication.focusWidget() is window.canvas


def test_arrows_move_the_divider_after_a_click_on_the_map_too(qtbot, window):
    window.actions_by_id["pan"].trigger()
    window.layers.select("源甲")
    window.actions_by_id["swipe"].trigger()
    divider = next(one for one in window.parts if isinstance(one, Swiping)).divider
    qtbot.mouseClick(window.canvas, Qt.LeftButton, pos=window.canvas.rect().center() / 2)
    window.canvas.setFocus()
    before = window.canvas.extent()
    qtbot.keyClick(window.canvas, Qt.Key_Right)
    assert divider.share == pytest.approx(0.52)
    qtbot.keyClick(window.canvas, Qt.Key_Left, Qt.ShiftModifier)
    assert divider.share == pytest.approx(0.518)
    assert window.canvas.extent() == before
    qtbot.keyClick(window.canvas, Qt.Key_Up)
    assert window.canvas.extent() != before, "up and down move the map, as without a divider"
    window.actions_by_id["select"].trigger()
    qtbot.keyClick(window.canvas, Qt.Key_Right)
    assert window.canvas.cross is not None, "with other tools they move the cross, as the status bar says"
    assert divider.share == pytest.approx(0.518)


def test_of_several_layers_the_dialog_says_how_many_and_names_them_in_the_tip(window):
    from PyQt5.QtWidgets import QLineEdit

    window.layers.tree.setCurrentItem(None)
    window.do("select_place")
    (field,) = [one for one in window.findChildren(QLineEdit) if one.objectName() == "place_targets"]
    try:
        assert field.text() == "可见的 2 个图层"
        assert "源甲" in field.toolTip()
        assert "源乙" in field.toolTip()
        assert field.cursorPosition() == 0
    finally:
        field.window().close()

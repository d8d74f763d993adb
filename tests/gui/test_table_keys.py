"""Keys and menus of the window of an attribute table, beside those of the main window."""

from __future__ import annotations

import json

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeySequence
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication

from gui.actions import ACTIONS, BY_ID, TABLE_ACTIONS
from gui.canvas.scene import Picked
from gui.dialogs.table import TableDialog


@pytest.fixture
def table(opened, qtbot):
    return held(qtbot, opened.show_table("示例单元"))


def held(qtbot, made):
    made.setAttribute(Qt.WA_DeleteOnClose, False)
    with qtbot.waitActive(made, timeout=20_000):
        made.activateWindow()
    made.view.setFocus()
    qtbot.waitUntil(made.view.hasFocus, timeout=20_000)
    return made


def names(table):
    column = table.model.columns.index("name")
    return [table.model.index(row, column).data() for row in range(table.model.rowCount())]


def selected(table):
    return sorted(table.selected_rows())


def test_keys_of_the_table_are_its_own(opened, table, monkeypatch):
    """Ctrl+R, Ctrl+J and Ctrl+T mean something else in the main window."""
    done = []
    for name in ("override", "zoom_site", "outlet_trace"):
        assert set(BY_ID[name].keys) & {key for spec in TABLE_ACTIONS for key in spec.keys}
        opened.actions_by_id[name].triggered.connect(lambda _on, one=name: done.append(one))
    table.follow([1])
    QTest.keyClick(table.view, Qt.Key_R, Qt.ControlModifier)
    assert selected(table) == [0]
    table.follow([1])
    QTest.keyClick(table.view, Qt.Key_T, Qt.ControlModifier)
    assert names(table) == ["山区", "城区"]
    assert selected(table) == [1]
    table.arrange(by=None)
    assert names(table) == ["城区", "山区"]
    QTest.keyClick(table.search, Qt.Key_J, Qt.ControlModifier)
    assert opened.canvas.last("zoom_to")
    assert done == []


def test_zooming_to_several_shows_all_of_them(opened, table):
    table.follow([0, 1])
    QTest.keyClick(table.view, Qt.Key_J, Qt.ControlModifier)
    assert opened.canvas.last("zoom_to")[0] == pytest.approx((0, 0, 9000, 5000), abs=0.5)


def test_the_table_of_what_is_selected_on_the_map(opened, qtbot):
    opened.map.select(Picked({"示例单元": [1], "示例红线": [0]}))
    opened.layers.select("示例单元")
    opened.activateWindow()
    opened.layers.tree.setFocus()
    qtbot.waitUntil(opened.layers.tree.hasFocus, timeout=20_000)
    qtbot.keyClick(opened.layers.tree, Qt.Key_F6, Qt.ShiftModifier)
    (table,) = opened.findChildren(TableDialog)
    assert names(table) == ["山区"]
    assert selected(table) == [1]
    table.map_selected(Picked({"示例单元": [0]}))
    assert names(table) == ["城区"]
    table.close()


def test_a_table_begins_with_what_is_selected_on_the_map(opened):
    opened.map.select(Picked({"示例单元": [1]}))
    table = opened.show_table("示例单元")
    assert selected(table) == [1]
    assert names(table) == ["城区", "山区"]
    table.close()


def test_rows_are_copied_from_the_menu_as_geojson_and_wkt(opened, table):
    table.follow([1, 0])
    entries = {action.text(): action for action in table.context_menu().actions()}
    entries["复制要素为 GeoJSON"].trigger()
    found = json.loads(QApplication.clipboard().text())
    assert [one["properties"]["code"] for one in found["features"]] == ["ZH36040320001", "ZH36040310001"]
    table.follow([1])
    entries["复制几何为 WKT"].trigger()
    assert QApplication.clipboard().text().startswith("POLYGON ((9000 0")
    table.follow([])
    QApplication.clipboard().setText("以前的")
    entries["复制几何为 WKT"].trigger()
    assert QApplication.clipboard().text() == "以前的"


def test_they_are_in_the_list_of_keys_and_changed_there_for_open_tables_too(opened, table, qtbot):
    dialog = opened.ask_keys()
    dialog.pick("rows_invert")
    dialog.edit.setKeySequence(QKeySequence("Ctrl+J"))
    assert not dialog.set.isEnabled(), "another key of the table"
    assert "缩放到所选" in dialog.said.text()
    dialog.edit.setKeySequence(QKeySequence("F1"))
    assert not dialog.set.isEnabled(), "help is help in every window"
    dialog.edit.setKeySequence(QKeySequence("Ctrl+E"))  # the main window's report
    assert dialog.set.isEnabled()
    dialog.set.click()
    dialog.close()
    held(qtbot, table)
    table.follow([1])
    QTest.keyClick(table.view, Qt.Key_E, Qt.ControlModifier)
    assert selected(table) == [0]
    assert "Ctrl+E" in table.invert.toolTip()
    assert opened.settings.keys == {"rows_invert": ["Ctrl+E"]}
    again = opened.show_table("示例红线")
    assert again.actions_by_id["rows_invert"].shortcut() == QKeySequence("Ctrl+E")
    again.close()


def test_no_two_of_a_window_share_a_key():
    for one in (ACTIONS, TABLE_ACTIONS):
        keys = [QKeySequence(key).toString() for spec in one for key in spec.keys]
        assert len(keys) == len(set(keys))

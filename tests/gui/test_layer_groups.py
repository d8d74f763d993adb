"""Groups of layers that a person makes: made, named, filled, folded, hidden, dissolved, undone and remembered."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QRect, Qt
from PyQt5.QtWidgets import QApplication, QInputDialog, QMenu, QStyle

from gui.panels.layers import KEY
from sanxian.i18n import _


@pytest.fixture
def named(monkeypatch):
    """Answers the question for a name."""
    answers = []
    monkeypatch.setattr(QInputDialog, "getText", lambda *args, **more: (answers.pop(0), True))
    return answers


def rows(window):
    """The tree as (group title, names of its layers)."""
    tree = window.layers.tree
    return [(tree.topLevelItem(i).text(0), [tree.topLevelItem(i).child(j).data(0, KEY)
                                            for j in range(tree.topLevelItem(i).childCount())])
            for i in range(tree.topLevelItemCount())]


def top(window, title):
    tree = window.layers.tree
    return next(tree.topLevelItem(i) for i in range(tree.topLevelItemCount()) if tree.topLevelItem(i).text(0) == title)


def test_a_group_is_made_with_the_current_layer_renamed_dissolved_and_every_step_undone(opened, named):
    before = rows(opened)
    opened.layers.select("示例红线")
    named.append("重点图层")
    opened.actions_by_id["new_group"].trigger()
    assert ("重点图层", ["示例红线"]) in rows(opened)
    assert opened.layers.current_group(own=True)
    assert opened.actions_by_id["undo"].text() == "撤销 新建图层组“重点图层”"
    named.append("核心图层")
    opened.actions_by_id["rename_layer"].trigger()  # F2 on the row of a group
    assert ("核心图层", ["示例红线"]) in rows(opened)
    opened.layers.groupAsked.emit("remove_group", opened.layers.current_group())
    assert rows(opened) == before
    for _step in range(3):
        opened.actions_by_id["undo"].trigger()
    assert rows(opened) == before
    assert not opened.session.titles
    for _step in range(2):
        opened.actions_by_id["redo"].trigger()
    assert ("核心图层", ["示例红线"]) in rows(opened)


def test_two_groups_cannot_have_one_name(opened, named, said):
    named += ["甲组", "甲组", _("生态环境管控分区")]
    for _step in range(3):
        opened.actions_by_id["new_group"].trigger()
    assert [title for title, _layers in rows(opened)].count("甲组") == 1
    assert len(said) == 2


def test_layers_are_moved_in_and_out_by_key_menu_and_drop(opened, named):
    named.append("甲组")
    opened.layers.tree.setCurrentItem(None)
    opened.actions_by_id["new_group"].trigger()
    assert rows(opened)[0] == ("甲组", [])  # an empty one stays in sight
    key = opened.layers.current_group()
    menu = opened.layers.context_menu("示例单元")
    homes = next(action.menu() for action in menu.actions() if action.menu() is not None)
    next(action for action in homes.actions() if action.text() == "甲组").trigger()
    assert rows(opened)[0] == ("甲组", ["示例单元"])
    opened.layers.tree.move_item(opened.layers.item("示例岸线"), top(opened, "甲组"), True)
    assert set(rows(opened)[0][1]) == {"示例单元", "示例岸线"}
    opened.layers.select("示例岸线")
    moves = 0
    while opened.session.layer("示例岸线").group == key and moves < 5:
        opened.actions_by_id["layer_down"].trigger()
        moves += 1
    assert opened.session.layer("示例岸线").group != key
    assert opened.layers.current_key() == "示例岸线"
    for _step in range(moves):
        opened.actions_by_id["undo"].trigger()
    assert set(rows(opened)[0][1]) == {"示例单元", "示例岸线"}


def test_moving_down_and_up_again_by_key_changes_nothing(opened):
    before = rows(opened)
    for layer in opened.session.layers:
        opened.layers.select(layer.key)
        opened.actions_by_id["layer_up"].trigger()
        moved = rows(opened)
        opened.actions_by_id["undo"].trigger()
        assert rows(opened) == before, moved
    first = opened.session.layers[0].key
    opened.layers.select(first)
    opened.actions_by_id["layer_up"].trigger()  # nowhere to go
    assert rows(opened) == before


def test_a_group_is_hidden_as_one_step_and_folded_rows_are_remembered(qtbot, opened, named, tmp_path):
    named.append("甲组")
    opened.layers.select("示例红线")
    opened.actions_by_id["new_group"].trigger()
    opened.layers.move_to_group("示例单元", opened.layers.current_group())
    top(opened, "甲组").setCheckState(0, Qt.Unchecked)
    assert not opened.session.layer("示例红线").visible
    assert not opened.session.layer("示例单元").visible
    top(opened, "甲组").setExpanded(False)
    opened.session.set_look("示例岸线", visible=False)
    assert not top(opened, "甲组").isExpanded()
    assert opened.files.save()
    opened.files.open(tmp_path / "workspace.gpkg")
    qtbot.waitUntil(lambda: not opened.work.running, timeout=20_000)
    title, layers = next(row for row in rows(opened) if row[0] == "甲组")
    assert set(layers) == {"示例红线", "示例单元"}
    assert not top(opened, title).isExpanded()
    assert top(opened, title).checkState(0) == Qt.Unchecked


def test_a_layer_that_is_added_leaves_the_groups_as_they_were_arranged(opened, named):
    named.append("甲组")
    opened.layers.select("示例红线")
    opened.actions_by_id["new_group"].trigger()
    opened.session.reload_layers()
    assert ("甲组", ["示例红线"]) in rows(opened)


def test_the_menu_of_a_row_opens_by_key(opened, monkeypatch):
    seen = []

    def look(menu, *_place):
        seen.append([action.data() for action in menu.actions() if action.data()])

    tree = opened.layers.tree
    tree.setFocus()
    monkeypatch.setattr(QMenu, "exec_", look)
    for chosen in (opened.layers.item("示例红线"), top(opened, rows(opened)[0][0])):
        tree.setCurrentItem(chosen)
        place = tree.visualItemRect(chosen).center()
        from PyQt5.QtGui import QContextMenuEvent

        QApplication.sendEvent(tree, QContextMenuEvent(QContextMenuEvent.Keyboard, place,
                                                       tree.viewport().mapToGlobal(place)))
    assert "rename_layer" in seen[0]
    assert seen[1] == ["rename_group", "new_group"]


def test_there_is_as_much_room_around_a_feature_on_a_map_in_degrees_as_in_metres(opened):
    from math import cos, radians

    from shapely.geometry import Point

    opened.map.feature = lambda _key, _row: Point(500_000, 3_285_000) if opened.map.canvas.crs == 4548 else Point(117, 29.7)
    opened.map.zoom_to_feature("示例红线", 0)
    left, _bottom, right, _top = opened.map.canvas.last("zoom_to")[0]
    assert right - left == pytest.approx(100)
    opened.map.canvas.crs = 4490
    opened.map.zoom_to_feature("示例红线", 0)
    left, bottom, right, top = opened.map.canvas.last("zoom_to")[0]
    assert (right - left) * 111_320 * cos(radians(29.7)) == pytest.approx(100, rel=0.01)
    opened.map.zoom_to_shapes([Point(117, 29.7)])
    left, bottom, right, top = opened.map.canvas.last("zoom_to")[0]
    assert 0 < right - left < 0.001


def _painted(tree, index):
    """What the delegate writes in a row of the width that its column has."""
    delegate, option = tree.itemDelegate(index), tree.viewOptions()
    option.rect = tree.visualRect(index)
    delegate.initStyleOption(option, index)
    return option


def test_names_of_layers_are_whole_in_a_narrow_list_and_numbers_are_never_cut(opened, qtbot):
    panel, session = opened.layers, opened.session
    name = "高排放非道路移动机械禁止使用区"
    session.layers[0].name = name
    panel.rebuild()
    key = session.layers[0].key
    panel.item(key).setText(1, "1,234 / 1,234,567")
    opened.resizeDocks([opened.docks["layers"]], [220], Qt.Horizontal)
    qtbot.waitUntil(lambda: opened.docks["layers"].width() <= 240, timeout=20_000)
    tree = panel.tree
    assert tree.textElideMode() == Qt.ElideMiddle

    def room():
        index = tree.indexFromItem(panel.item(key))
        option = _painted(tree, index)
        return tree.style().subElementRect(QStyle.SE_ItemViewItemText, option, tree)

    def whole():
        place = room()
        needed = tree.fontMetrics().boundingRect(QRect(0, 0, place.width() - 4, 10_000), Qt.TextWordWrap, name)
        return place.height() >= needed.height()

    qtbot.waitUntil(whole, timeout=20_000)
    assert name in panel.item(key).toolTip(0)
    number = tree.indexFromItem(panel.item(key), 1)
    assert tree.columnWidth(1) <= tree.viewport().width() // 5 + 1, "the count gives way to the name"
    assert _painted(tree, number).text == "…"
    assert panel.item(key).toolTip(1).startswith(str(len(session.layers[0].frame)))
    opened.resizeDocks([opened.docks["layers"]], [420], Qt.Horizontal)
    qtbot.waitUntil(lambda: _painted(tree, tree.indexFromItem(panel.item(key), 1)).text == "1,234 / 1,234,567", timeout=20_000)


def test_that_a_layer_is_filtered_stands_below_its_name(opened):
    from sanxian.mapping.filters import Condition, Filter

    layer = next(one for one in opened.session.layers if one.frame is not None)
    opened.session.set_look(layer.key, filter=Filter((Condition("name", "equal", "x"),)))
    item = opened.layers.item(layer.key)
    assert item.text(0) == layer.name
    assert item.child(0).text(0) == "已筛选，仅影响显示"
    assert "已筛选" in item.data(0, Qt.AccessibleTextRole)


def test_the_counts_of_a_project_stand_in_sight_beside_its_verdict(opened):
    from gui.models.project_table import COLUMNS

    view = opened.projects.view
    names = [name for name, _title in COLUMNS]
    hits = names.index("hits")
    assert hits == names.index("verdict") + 1
    assert view.columnWidth(hits) >= view.fontMetrics().horizontalAdvance("88 / 88 / 88") + 8
    assert view.columnViewportPosition(hits) + view.columnWidth(hits) <= 650, "the room between two panels on 1366 pixels"


def test_the_list_stays_where_it_was_and_at_what_was_current_when_a_group_is_made_undone_and_redone(opened, named, qtbot):
    """Undo of a new group went to the top of the list, and nothing was current any more."""
    from tests.gui.conftest import record

    for number in range(40):
        opened.session.workspace.records.append(record(f"图层 {number:02}", "wetland", 1))
    opened.session.reload_layers()
    tree = opened.layers.tree
    opened.layers.select("图层 20")
    tree.scrollToItem(opened.layers.item("图层 15"), tree.PositionAtTop)

    def at_top():
        return tree.itemAt(1, 1).data(0, KEY)

    qtbot.waitUntil(lambda: at_top() == "图层 15")
    assert tree.verticalScrollBar().maximum() > 0
    opened.session.layersChanged.emit()
    assert at_top() == "图层 15"
    assert opened.layers.current_key() == "图层 20"
    named.append("甲组")
    opened.actions_by_id["new_group"].trigger()
    assert opened.layers.current_group(own=True)
    assert tree.viewport().rect().intersects(tree.visualItemRect(top(opened, "甲组")))
    opened.actions_by_id["undo"].trigger()
    assert opened.layers.current_key() == "图层 20"
    assert at_top() == "图层 15"
    opened.layers.tree.setCurrentItem(None)
    named.append("乙组")
    opened.actions_by_id["new_group"].trigger()  # an empty one, far above what was in sight
    assert tree.viewport().rect().intersects(tree.visualItemRect(top(opened, "乙组")))
    opened.actions_by_id["undo"].trigger()
    assert at_top() == "图层 15"
    opened.layers.select("图层 20")
    tree.scrollToItem(opened.layers.item("图层 16"), tree.PositionAtTop)
    before = at_top()
    opened.session.set_all_visible(False)
    assert at_top() == before
    opened.actions_by_id["undo"].trigger()
    assert at_top() == before
    opened.actions_by_id["redo"].trigger()
    assert at_top() == before
    assert opened.layers.current_key() == "图层 20"


def test_what_is_scrolled_out_of_sight_stays_so_though_it_is_current(opened, qtbot):
    from tests.gui.conftest import record

    for number in range(40):
        opened.session.workspace.records.append(record(f"图层 {number:02}", "wetland", 1))
    opened.session.reload_layers()
    tree = opened.layers.tree
    opened.layers.select("图层 39")
    tree.scrollToTop()
    before = tree.itemAt(1, 1).data(0, KEY)
    opened.session.layersChanged.emit()
    assert tree.itemAt(1, 1).data(0, KEY) == before
    assert opened.layers.current_key() == "图层 39"

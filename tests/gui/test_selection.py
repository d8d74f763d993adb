"""Selecting by conditions and by an outline."""

from __future__ import annotations

import pandas as pd
import pytest
from PyQt5.QtCore import Qt
from shapely import box

from gui.dialogs.filter_features import FilterDialog, SelectDialog


def test_features_that_meet_conditions_are_selected(opened, qtbot):
    opened.layers.select("示例单元") if hasattr(opened.layers, "select") else opened.layers.tree.setCurrentItem(opened.layers.item("示例单元"))
    opened.actions_by_id["select_where"].trigger()
    (dialog,) = opened.findChildren(SelectDialog)
    field, operator, value, _gone = dialog.lines[0]
    accept = dialog.buttons.button(dialog.buttons.Ok)
    assert "0 / 2" in dialog.count.text(), "it said all, and selected none"
    assert not accept.isEnabled(), "an empty condition takes nobody's selection away"
    field.setCurrentIndex(field.findData("category"))
    operator.setCurrentIndex(operator.findData("is"))
    value.setEditText("priority")
    assert "1 / 2" in dialog.count.text()
    qtbot.mouseClick(accept, Qt.LeftButton)
    assert opened.canvas.last("set_selection") == ([("示例单元", 1)],)
    assert opened.session.layer("示例单元").filter is None, "nothing is hidden by selecting"


@pytest.mark.parametrize("select", [True, False])
def test_conditions_left_open_follow_what_becomes_of_the_layer(opened, select):
    """Another program, or a table in the window, changes it; what was counted was of what it had been."""
    opened.layers.tree.setCurrentItem(opened.layers.item("示例单元"))
    opened.actions_by_id["select_where" if select else "filter_layer"].trigger()
    (dialog,) = opened.findChildren(FilterDialog)
    accept = dialog.buttons.button(dialog.buttons.Ok)
    field, operator, value, _gone = dialog.lines[0]
    field.setCurrentIndex(field.findData("category"))
    operator.setCurrentIndex(operator.findData("is"))
    value.setEditText("priority")
    assert "1 / 2" in dialog.count.text()
    session = opened.session
    layer = session.layer("示例单元")
    made = layer.frame.copy()
    made["category"] = "priority"
    layer.frame = made  # as an edit in a table
    session.valuesChanged.emit(layer.key, "category", [0, 1])
    assert "2 / 2" in dialog.count.text()
    layer.frame = None  # as it is while it is read again
    session.layersChanged.emit()
    assert "2" not in dialog.count.text()
    assert not accept.isEnabled()
    layer.frame = pd.concat([made, made.iloc[:1]], ignore_index=True).assign(加上的=1)
    session.layersChanged.emit()
    assert "3 / 3" in dialog.count.text()
    assert accept.isEnabled()
    assert value.currentText() == "priority"
    assert field.findData("加上的") >= 0
    layer.frame = layer.frame.drop(columns="category")
    session.layersChanged.emit()
    assert "0 / 3" in dialog.count.text()
    layer.error = "图层不在文件里了"
    session.layersChanged.emit()
    assert not dialog.isVisible()


def test_an_outline_selects_what_it_meets_in_every_visible_layer(opened, qtbot):
    def looked_up():
        qtbot.waitUntil(lambda: not opened.looks.asking("select_polygon"), timeout=20_000)

    opened.actions_by_id["select_polygon"].trigger()
    assert opened.canvas.last("set_tool") == ("select_polygon",)
    opened.canvas.tool = "select_polygon"
    sites = list(opened.session.sites)
    opened.canvas.sketchFinished.emit(box(100, 100, 5500, 200))
    looked_up()
    assert set(opened.canvas.last("set_selection")[0]) == {
        ("示例红线", 0), ("示例红线", 1), ("示例单元", 0), ("示例单元", 1)}
    assert opened.session.sites == sites, "no project came of it"
    opened.session.set_look("示例红线", visible=False)
    opened.canvas.sketchFinished.emit(box(100, 100, 200, 200))
    looked_up()
    assert opened.canvas.last("set_selection")[0] == [("示例单元", 0)]
    opened.actions_by_id["select_none"].trigger()
    assert opened.canvas.last("set_selection")[0] == []


def test_the_outline_of_a_row_goes_with_its_table(opened):
    """It stayed on the map until something else was looked at."""
    def cleared():
        return [one for one in opened.canvas.told.get("clear_highlight", ()) if one]

    opened.canvas.highlight = lambda shapes: ("shown", *shapes)
    for end in ("reject", "close"):
        before = len(cleared())
        table = opened.show_table("示例单元")
        table.view.setCurrentIndex(table.model.index(1, 0))
        assert len(cleared()) == before
        getattr(table, end)()
        assert len(cleared()) == before + 1
        assert cleared()[-1][0][0] == "shown"

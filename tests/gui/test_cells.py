"""Values changed in the attribute table: by keys, checked by kind, written as steps, shown everywhere, and only where nothing is judged by them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from time import thread_time

import geopandas
import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QComboBox, QLineEdit
from shapely import Point, points

import rules
from layers.read import Layer
from layers.workspace import Workspace
from sanxian import i18n
from sanxian.mapping.filters import Condition, Filter
from sanxian.mapping.styles import LayerStyle, Symbol
from tests.gui import test_undo
from tests.gui.test_undo import behind, idle, window

__all__ = ["behind", "window"]  # fixtures
KEY = "我的点"
LOST = "× 别的程序改了图层，已重新读入；填写的“{}”没有写入，请按 F2 再填。"


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A workspace with layers that verdicts rest on, and one of the person's own with a column of every kind."""
    path = test_undo.template.__wrapped__(tmp_path_factory)
    frame = geopandas.GeoDataFrame(
        {"code": ["1", "2", "3"], "name": ["甲", "乙", "丙"], "depth": [1.25, None, 3.0], "count": [1, 2, 3], "done": [True, False, None]},
        geometry=[Point(116.1 + i / 10, 29.6) for i in range(3)], crs=4490)
    with Workspace.open(path) as workspace:
        workspace.add(Layer("reference", KEY, frame, Path("x.gpkg"), "ab" * 32, None, ()))
    with closing(sqlite3.connect(path)) as file, file:
        file.execute('ALTER TABLE "我的点" ADD COLUMN seen DATE')
        file.execute('ALTER TABLE "我的点" ADD COLUMN blob BLOB')
    return path


@pytest.fixture
def table(window, qtbot):
    return opened(window, qtbot, KEY)


def opened(window, qtbot, key):
    made = window.show_table(key)
    made.setAttribute(Qt.WA_DeleteOnClose, False)
    with qtbot.waitActive(made):
        made.activateWindow()
    qtbot.waitUntil(lambda: not made._looks.asking(("cells", id(made))), timeout=20_000)
    made.view.setFocus()
    qtbot.waitUntil(made.view.hasFocus, timeout=20_000)
    return made


def go(table, row, name):
    table.view.setCurrentIndex(table.model.index(row, table.model.columns.index(name)))


def editor(table):
    found = [one for one in table.view.findChildren((QLineEdit, QComboBox)) if one.objectName() == "cell_editor" and one.isVisible()]
    return found[0] if found else None


def typed(table, row, name, text, end=Qt.Key_Return, start=Qt.Key_F2):
    """Open a cell by a key, type, and end it by a key."""
    go(table, row, name)
    QTest.keyClick(table.view, start)
    field = editor(table)
    assert field is not None
    field.selectAll()
    QTest.keyClick(field, Qt.Key_Delete)
    QTest.keyClicks(field, text) if text.isascii() else field.insert(text)  # an input method gives such words whole
    QTest.keyClick(field, end)
    return field


def column(table, name):
    return [table.model.index(row, table.model.columns.index(name)).data() for row in range(table.model.rowCount())]


def in_file(window, name, key=KEY):
    with Workspace.open(window.session.path, readonly=True) as kept:
        return kept.read(key)[name].tolist()


# ------------------------------------------------------------------------------------------------------------ by keys
@pytest.mark.parametrize("start", [Qt.Key_F2, Qt.Key_Return, Qt.Key_Enter])
def test_a_cell_is_opened_typed_in_and_written_by_keys(window, qtbot, table, start):
    typed(table, 1, "name", "新名", start=start)
    assert column(table, "name") == ["甲", "新名", "丙"], "shown at once"
    assert (table.view.currentIndex().row(), editor(table)) == (2, None), "Enter goes on to the next row"
    idle(qtbot, window)
    assert in_file(window, "name") == ["甲", "新名", "丙"]
    assert table.said.text() == "√ 已写入工作区：名称，1 行。"
    assert window.session.undo_stack.undoText() == "修改属性“我的点”"
    assert window.session.undo_stack.count() == 1


def test_a_double_click_opens_a_cell_and_zooms_only_where_nothing_can_be_edited(window, qtbot, table):
    asked = []
    table.zoomAsked.connect(lambda *where: asked.append(where))

    def twice(dialog, row, name):
        place = dialog.view.visualRect(dialog.model.index(row, dialog.model.columns.index(name))).center()
        qtbot.mouseClick(dialog.view.viewport(), Qt.LeftButton, pos=place)
        qtbot.mouseDClick(dialog.view.viewport(), Qt.LeftButton, pos=place)

    twice(table, 1, "name")
    assert editor(table).text() == "乙"
    assert asked == []
    QTest.keyClick(editor(table), Qt.Key_Escape)
    twice(table, 1, "fid")
    assert (asked, table.said.text()) == ([], "× 行号由文件编定，不能改。")
    QTest.keyClick(table.view, Qt.Key_J, Qt.ControlModifier)
    qtbot.waitUntil(lambda: asked == [(KEY, 1)], timeout=20_000)
    official = opened(window, qtbot, "红线")
    official.zoomAsked.connect(lambda *where: asked.append(where))
    twice(official, 0, "name")
    assert asked[-1] == ("红线", 0)
    assert editor(official) is None


def test_tab_goes_to_the_next_cell_that_can_be_edited_and_back(window, qtbot, table):
    typed(table, 0, "code", "9", end=Qt.Key_Tab)
    assert editor(table).text() == "甲"
    QTest.keyClick(editor(table), Qt.Key_Backtab)
    assert editor(table).text() == "9"
    QTest.keyClick(editor(table), Qt.Key_Tab)
    for value in ("1.25", "1"):
        QTest.keyClick(editor(table), Qt.Key_Tab)
        assert editor(table).text() == value
    QTest.keyClick(editor(table), Qt.Key_Tab)
    assert editor(table).currentText() == "是"
    QTest.keyClick(editor(table), Qt.Key_Tab)
    assert editor(table).text() == ""
    QTest.keyClick(editor(table), Qt.Key_Tab)
    assert editor(table) is None, "the next column holds what cannot be typed"
    idle(qtbot, window)
    assert window.session.undo_stack.count() == 1, "what nobody changed is no step"


def test_escape_gives_up(window, qtbot, table):
    typed(table, 0, "name", "新名", end=Qt.Key_Escape)
    assert editor(table) is None
    assert column(table, "name") == ["甲", "乙", "丙"]
    assert window.session.undo_stack.count() == 0


def test_yes_and_no_are_chosen_from_a_list(window, qtbot, table):
    go(table, 1, "done")
    QTest.keyClick(table.view, Qt.Key_F2)
    assert [editor(table).itemText(i) for i in range(3)] == ["未知", "是", "否"]
    assert editor(table).currentText() == "否"
    QTest.keyClick(editor(table), Qt.Key_Up)
    QTest.keyClick(editor(table), Qt.Key_Return)
    idle(qtbot, window)
    assert in_file(window, "done") == [True, True, None]
    assert column(table, "done") == ["是", "是", ""]


@pytest.mark.parametrize(("name", "text", "value"), [
    ("depth", "2.5", 2.5), ("depth", "1,234.5", 1234.5), ("depth", "0", 0.0), ("count", "-7", -7), ("count", "9007199254740993", 9007199254740993),
    ("seen", "2026年3月1日", "2026-03-01"), ("seen", "2026/3/1 0:00:00", "2026-03-01"), ("name", " 甲 乙 ", "甲 乙"), ("code", "007", "007"), ("name", "-", "-")])
def test_what_is_typed_means_a_value_of_the_column_s_kind(window, qtbot, table, name, text, value):
    typed(table, 0, name, text)
    idle(qtbot, window)
    found = in_file(window, name)[0]
    assert (type(found), found) == (type(value), value)
    assert in_file(window, "name")[1:] == ["乙", "丙"]


@pytest.mark.parametrize("name", ["name", "depth", "count", "seen"])
def test_empty_is_unknown_and_not_nought(window, qtbot, table, name):
    before = in_file(window, name)
    typed(table, 0, name, "  ")
    typed(table, 2, name, "2026-01-01" if name == "seen" else "0")
    idle(qtbot, window)
    found = in_file(window, name)
    assert found[0] is None
    assert (type(found[2]), found[2]) == {"name": (str, "0"), "depth": (float, 0.0), "count": (int, 0), "seen": (str, "2026-01-01")}[name]
    assert (type(found[1]), found[1]) == (type(before[1]), before[1]), "a gap changes nothing of what the others say"
    assert column(table, name)[0] == ""
    filter_ = Filter((Condition(name, "empty"),))
    assert 0 in filter_.rows(window.session.layer(KEY).frame)


# ------------------------------------------------------------------------------------------------------------ refused
@pytest.mark.parametrize(("name", "text", "wanted"), [
    ("depth", "深", "数，如 12.5"), ("depth", "1e999", "数，如 12.5"), ("count", "2.5", "整数"), ("count", "99999999999999999999", "整数"),
    ("seen", "2026-02-30", "不带时刻的日期，如 2026-11-22"), ("seen", "去年", "不带时刻的日期，如 2026-11-22"),
    ("seen", "2026-03-01 10:30", "不带时刻的日期，如 2026-11-22"), ("seen", "2026-03-01T23:59:59Z", "不带时刻的日期，如 2026-11-22")])
def test_what_is_no_value_of_the_kind_is_refused_and_stays_to_be_set_right(window, qtbot, table, name, text, wanted):
    before = in_file(window, name)
    field = typed(table, 1, name, text)
    assert editor(table) is field
    assert field.text() == text
    title = table.model.headerData(table.model.columns.index(name), Qt.Horizontal)
    assert table.said.text() == f"× 第 2 行的“{title}”没有改动：“{text}”不是{wanted}。"
    QTest.keyClick(field, Qt.Key_Escape)
    idle(qtbot, window)
    assert window.session.undo_stack.count() == 0
    assert in_file(window, name) == before


def test_leaving_a_cell_with_what_is_no_value_changes_nothing(window, qtbot, table):
    go(table, 0, "count")
    QTest.keyClick(table.view, Qt.Key_F2)
    editor(table).setText("许多")
    table.search.setFocus()
    qtbot.waitUntil(lambda: editor(table) is None, timeout=20_000)
    assert "“许多”不是整数" in table.said.text()
    assert column(table, "count")[0] == "1"
    assert window.session.undo_stack.count() == 0


def test_a_refusal_is_told_until_something_else_is_done(window, qtbot, table):
    def refused():
        go(table, 0, "count")
        QTest.keyClick(table.view, Qt.Key_F2)
        editor(table).setText("许多")
        place = table.view.visualRect(table.model.index(2, table.model.columns.index("name"))).center()
        qtbot.mouseClick(table.view.viewport(), Qt.LeftButton, pos=place)  # which leaves the cell, and goes to another
        qtbot.waitUntil(lambda: editor(table) is None, timeout=20_000)
        qtbot.wait(20)
        assert table.view.currentIndex().row() == 2
        assert "“许多”不是整数" in table.said.text()

    refused()
    QTest.keyClick(table.view, Qt.Key_Up)
    assert not table.said.isVisible()
    refused()
    QTest.keyClicks(table.search, "1")
    assert not table.said.isVisible()


def test_written_is_said_no_longer_once_it_is_undone(window, qtbot, table):
    typed(table, 0, "name", "新名")
    idle(qtbot, window)
    assert table.said.text().startswith("√ 已写入")
    qtbot.mouseClick(table.undo.undo, Qt.LeftButton)
    idle(qtbot, window)
    assert column(table, "name")[0] == "甲"
    assert not table.said.isVisible()
    qtbot.mouseClick(table.undo.redo, Qt.LeftButton)
    idle(qtbot, window)
    assert not table.said.isVisible()


@pytest.mark.parametrize("drops", [False, True])
def test_closing_asks_before_what_was_typed_and_refused_is_lost(window, qtbot, table, monkeypatch, drops):
    asked = []
    monkeypatch.setattr("gui.dialogs.table.message.ask", lambda _parent, *words, **_more: (asked.append(words), drops)[1])
    field = typed(table, 1, "count", "many")
    table.close()
    assert "“many”不是整数" in asked[0][1]
    assert table.isVisible() is not drops
    idle(qtbot, window)
    assert in_file(window, "count") == [1, 2, 3]
    if not drops:
        assert editor(table) is field
        assert field.text() == "many"
        field.setText("12")
        table.close()
        assert not table.isVisible()
        assert len(asked) == 1, "what can be written is written without a question"
        idle(qtbot, window)
        assert in_file(window, "count") == [1, 12, 3]
        assert window.session.undo_stack.count() == 1


@pytest.mark.parametrize("drops", [False, True])
def test_leaving_the_program_asks_before_what_was_typed_and_refused_is_lost(window, qtbot, table, monkeypatch, drops):
    asked = []
    monkeypatch.setattr("gui.dialogs.table.message.ask", lambda _parent, *words, **_more: (asked.append(words), drops)[1])
    field = typed(table, 1, "count", "12ab")
    window.activateWindow()  # whoever presses the X of the window has left the table
    QApplication.setActiveWindow(window)
    qtbot.waitUntil(lambda: not table.isActiveWindow(), timeout=20_000)
    assert editor(table) is field
    assert field.text() == "12ab"
    assert "“12ab”不是整数" in table.said.text()
    assert window.files.may_leave() is drops
    assert "“12ab”不是整数" in asked[0][1]
    assert table.isVisible()
    assert field.text() == "12ab"
    if not drops:
        field.setText("12")
        assert window.tables_may_close()
        idle(qtbot, window)
        assert in_file(window, "count") == [1, 12, 3]


def test_a_table_whose_layer_goes_closes_without_a_question(window, qtbot, table, monkeypatch):
    monkeypatch.setattr("gui.dialogs.table.message.ask", lambda *_words, **_more: pytest.fail("asked"))
    typed(table, 1, "count", "many")
    window.session.remove_layer(KEY)
    assert not table.isVisible()


@pytest.mark.parametrize(("key", "why"), [("红线", "再作为新版本加入"), ("单元", "再作为新版本加入"), ("区", "再作为新版本加入"),
                                          ("river_bank", "再作为新版本加入"), ("discharge_outlet", "排污口办理")])
def test_what_verdicts_and_outlets_rest_on_is_read_only_and_says_so(window, qtbot, key, why):
    table = opened(window, qtbot, key)
    assert table.state.text().startswith("只读：")
    assert why in table.state.text()
    for start in (Qt.Key_F2, Qt.Key_Return):
        table.said.tell("")
        go(table, 0, "name")
        QTest.keyClick(table.view, start)
        assert editor(table) is None
        assert why in table.said.text()
        assert table.said.isVisible()
    assert not table.fill.isVisible()
    table.close()


def test_columns_that_cannot_be_edited_say_why(table):
    for name, why in (("fid", "行号由文件编定"), ("blob", "BLOB")):
        if name in table.model.columns:
            go(table, 0, name)
            QTest.keyClick(table.view, Qt.Key_F2)
            assert editor(table) is None
            assert why in table.said.text()
    assert "OTHER" in table.cells.refusal("nowhere", "OTHER")
    assert "BLOB" in table.cells.refusal("blob", "blob")


def test_a_rule_of_one_s_own_that_asks_for_the_layer_makes_it_read_only_while_the_table_is_open(window, qtbot, table, tmp_path):
    known = (Path(rules.__file__).parent / "packs" / "national" / "flood-detention.toml").read_text(encoding="utf-8")
    own = known.replace('"flood_detention"', '"reference"').replace('id = "flood-detention"', 'id = "own-rule"', 1)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "own-rule.toml").write_text(own, encoding="utf-8")
    window.rules.store.set_folders(lambda folders: setattr(window.settings, "rule_folders", folders), [str(tmp_path / "own")])
    qtbot.waitUntil(lambda: table.state.text().startswith("只读："), timeout=20_000)
    assert "规则 own-rule 要看这类图层" in table.state.text()
    go(table, 0, "name")
    QTest.keyClick(table.view, Qt.Key_F2)
    assert editor(table) is None
    assert "own-rule" in table.said.text()


def test_rules_that_cannot_be_read_might_ask_for_anything(window, qtbot, table, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "broken.toml").write_text("id = ", encoding="utf-8")
    window.rules.store.set_folders(lambda folders: setattr(window.settings, "rule_folders", folders), [str(tmp_path / "own")])
    qtbot.waitUntil(lambda: "规则读不出来" in table.state.text(), timeout=20_000)
    go(table, 0, "name")
    QTest.keyClick(table.view, Qt.Key_F2)
    assert editor(table) is None


def test_a_workspace_opened_read_only_is_not_edited(window, qtbot, table):
    window.session.workspace.readonly = True
    try:
        window.files.saved.emit()
        qtbot.waitUntil(lambda: "只读方式" in table.state.text(), timeout=20_000)
        go(table, 0, "name")
        QTest.keyClick(table.view, Qt.Key_F2)
        assert editor(table) is None
    finally:
        window.session.workspace.readonly = False


# ------------------------------------------------------------------------------------------------------------ as steps
def test_undo_and_redo_change_the_file_the_table_and_the_digest(window, qtbot, table):
    record = window.session.workspace.record(KEY)
    typed(table, 0, "name", "新名")
    typed(table, 2, "depth", "7")
    idle(qtbot, window)
    after = window.session.workspace.record(KEY).sha256
    assert len({after, record.sha256}) == 2
    assert window.session.layer(KEY).record.sha256 == after
    for _step in range(2):
        QTest.keyClick(table.view, Qt.Key_Z, Qt.ControlModifier)
        idle(qtbot, window)
    assert (column(table, "name")[0], column(table, "depth")[2]) == ("甲", "3")
    assert (in_file(window, "name")[0], in_file(window, "depth")[2]) == ("甲", 3.0)
    assert window.session.workspace.record(KEY).sha256 == record.sha256 == window.session.layer(KEY).record.sha256
    for key, modifiers in ((Qt.Key_Z, Qt.ControlModifier | Qt.ShiftModifier), (Qt.Key_Y, Qt.ControlModifier)):
        QTest.keyClick(table.view, key, modifiers)
        idle(qtbot, window)
    assert (in_file(window, "name")[0], in_file(window, "depth")[2]) == ("新名", 7.0)
    assert window.session.workspace.record(KEY).sha256 == after


def test_the_file_holds_it_after_reopening_and_the_history_tells_who_what_and_what_was(window, qtbot, table):
    window.settings.person = "示例某"
    window.engine.sign(window.session.workspace, "示例某")
    others = window.session.workspace.record(KEY).changed  # of the columns that were put in beside the program
    typed(table, 1, "depth", "2.5")
    idle(qtbot, window)
    assert window.files.save()
    path = window.session.path
    entry = next(one for one in reversed(window.session.workspace.history()) if one.action == "edit")
    assert (entry.action, entry.person, entry.subject) == ("edit", "示例某", KEY)
    assert entry.at
    assert entry.details["cells"] == [[2, "depth", None, 2.5]]
    from gui.dialogs.layer_properties import detail_words

    assert detail_words(entry.details).startswith("depth（行号 2）：未知 → 2.5")
    window.files.open(path)
    idle(qtbot, window)
    assert window.session.layer(KEY).frame["depth"].tolist() == [1.25, 2.5, 3.0]
    assert window.session.workspace.record(KEY).changed == others, "this program's own changes are no other's"


def test_what_the_file_refuses_is_shown_no_longer_and_told(window, qtbot, table, said, monkeypatch):
    monkeypatch.setattr(window.session.workspace, "set_values", lambda *_args, **_rows: test_undo.refuse())
    typed(table, 0, "name", "新名")
    idle(qtbot, window)
    assert column(table, "name")[0] == "甲"
    assert window.session.undo_stack.count() == 0
    assert "磁盘满了" in said[-1].text()
    assert table.said.text() == "× 没有写入。"


def test_an_edit_waits_for_the_file_and_the_window_does_not(window, qtbot, table, behind):
    gate = behind()
    typed(table, 0, "name", "新名")
    typed(table, 1, "name", "又一个")
    assert column(table, "name") == ["新名", "又一个", "丙"]
    assert in_file(window, "name") == ["甲", "乙", "丙"]
    gate.set()
    idle(qtbot, window)
    assert in_file(window, "name") == ["新名", "又一个", "丙"]


def test_what_is_not_saved_is_taken_back_out_of_the_file(window, qtbot, table, monkeypatch):
    typed(table, 0, "name", "新名")
    idle(qtbot, window)
    monkeypatch.setattr("gui.files.message.ask_save", lambda *_args: "discard")
    path = window.session.path
    assert window.files.may_leave()
    window.session.close()
    with Workspace.open(path, readonly=True) as kept:
        assert kept.read(KEY)["name"].tolist() == ["甲", "乙", "丙"]


def test_save_as_leaves_the_former_file_as_it_was(window, qtbot, table, tmp_path):
    former = window.session.path
    typed(table, 0, "name", "新名")
    idle(qtbot, window)
    window.files.save_as(tmp_path / "copy.gpkg")
    idle(qtbot, window)
    assert in_file(window, "name")[0] == "新名"
    with Workspace.open(former, readonly=True) as kept:
        assert kept.read(KEY)["name"].tolist() == ["甲", "乙", "丙"]
    window.session.undo_stack.undo()
    idle(qtbot, window)
    assert in_file(window, "name")[0] == "甲"


def test_a_layer_renamed_and_saved_and_one_removed_and_brought_back_is_still_edited_and_undone(window, qtbot, table):
    typed(table, 1, "name", "新名")
    idle(qtbot, window)
    window.session.set_look(KEY, name="改过名")
    assert window.files.save()
    window.session.remove_layer("改过名")
    assert window.files.save()
    window.session.undo_stack.undo()
    assert window.files.save()
    idle(qtbot, window)
    window.session.undo_stack.undo()  # the name
    assert window.files.save()
    window.session.undo_stack.undo()  # the value
    idle(qtbot, window)
    assert in_file(window, "name") == ["甲", "乙", "丙"]


def test_rows_keep_their_numbers_so_that_undo_finds_them_in_a_layer_that_was_away(window, qtbot):
    with closing(sqlite3.connect(window.session.path)) as file, file:
        file.execute('DELETE FROM "我的点" WHERE fid=1')
    window.session.look_again()
    idle(qtbot, window)
    table = opened(window, qtbot, KEY)
    assert column(table, "fid") == ["2", "3"]
    typed(table, 0, "name", "新名")
    idle(qtbot, window)
    window.session.remove_layer(KEY)
    assert window.files.save()
    window.session.undo_stack.undo()
    assert window.files.save()
    idle(qtbot, window)
    assert (in_file(window, "fid"), in_file(window, "name")) == ([2, 3], ["新名", "丙"])
    window.session.undo_stack.undo()
    idle(qtbot, window)
    assert in_file(window, "name") == ["乙", "丙"] == window.session.layer(KEY).frame["name"].tolist()


# ------------------------------------------------------------------------------------------------------------ fill
def test_selected_rows_are_filled_as_one_step(window, qtbot, table):
    table.follow([0, 1, 2])
    table.view.selectionModel().setCurrentIndex(table.model.index(0, table.model.columns.index("name")), table.view.selectionModel().NoUpdate)
    qtbot.mouseClick(table.fill, Qt.LeftButton)
    idle(qtbot, window)
    assert in_file(window, "name") == ["甲", "甲", "甲"]
    assert window.session.undo_stack.count() == 1
    assert table.said.text() == "√ 已写入工作区：名称，2 行。"
    window.session.undo_stack.undo()
    idle(qtbot, window)
    assert in_file(window, "name") == ["甲", "乙", "丙"] == column(table, "name")


@pytest.mark.parametrize(("column", "row", "wanted"), [
    ("done", 0, [True, True, True]), ("done", 1, [False, False, False]), ("done", 2, [None, None, None]), ("count", 1, [2, 2, 2]),
    ("depth", 0, [1.25, 1.25, 1.25]), ("name", 2, ["丙", "丙", "丙"])])
def test_every_kind_of_value_is_filled(window, qtbot, table, column, row, wanted):
    table.view.selectAll()
    go_on = table.view.selectionModel()
    go_on.setCurrentIndex(table.model.index(row, table.model.columns.index(column)), go_on.NoUpdate)
    qtbot.mouseClick(table.fill, Qt.LeftButton)
    idle(qtbot, window)
    with Workspace.open(window.session.path, readonly=True) as file:
        kept = file.read(KEY)[column].tolist()
    assert [None if value is None or value != value else value for value in kept] == wanted


def test_filling_with_nothing_selected_says_what_to_do(window, qtbot, table):
    go(table, 0, "name")
    qtbot.mouseClick(table.fill, Qt.LeftButton)
    assert "先选中要填的几行" in table.said.text()
    assert window.session.undo_stack.count() == 0


# ------------------------------------------------------------------------------------------------------------ elsewhere
def test_map_legend_filter_selection_identify_and_export_show_the_new_value(window, qtbot, table, tmp_path):
    style = LayerStyle("reference", "categorised", "name", (Symbol("甲", "甲", "a"), Symbol("新名", "新名", "b"), Symbol(None, "其他", "c")))
    window.session.set_look(KEY, style=style, filter=Filter((Condition("name", "is-not", "丙"),)))
    window.map.select_of(KEY, [1])
    window.identify.show_hits(window.map.selection(), None)
    item = window.layers.item(KEY)

    def legend():
        rows = {item.child(i).text(0): item.child(i).text(1) for i in range(item.childCount())}
        assert rows.pop("已筛选，仅影响显示") == ""
        return rows

    def identified():
        found = []

        def walk(node):
            found.append(node.text(1))
            for i in range(node.childCount()):
                walk(node.child(i))
        for i in range(window.identify.tree.topLevelItemCount()):
            walk(window.identify.tree.topLevelItem(i))
        return found

    def drawn():
        return window.canvas.last("set_layers")[0][[one.id for one in window.canvas.last("set_layers")[0]].index(KEY)].frame["name"].tolist()

    assert (legend(), item.text(1)) == ({"甲": "1", "其他": "1"}, "2 / 3")
    assert "乙" in identified()
    typed(table, 1, "name", "新名")
    assert legend() == {"甲": "1", "新名": "1"}
    assert drawn() == ["甲", "新名"]
    assert "新名" in identified()
    assert "乙" not in identified()
    typed(table, 0, "name", "丙")
    assert drawn() == ["新名"]
    assert (legend(), item.text(1)) == ({"新名": "1"}, "1 / 3")
    assert list(window.map.selection()) == [(KEY, 1)], "the same feature, though others stand before it no longer"
    idle(qtbot, window)
    with qtbot.waitSignal(table.written, timeout=20_000):
        table.write(tmp_path / "a.csv")
    assert "新名" in (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    for _step in range(2):
        window.session.undo_stack.undo()
    idle(qtbot, window)
    assert drawn() == ["甲", "乙"]
    assert (legend(), item.text(1)) == ({"甲": "1", "其他": "1"}, "2 / 3")
    assert list(window.map.selection()) == [(KEY, 1)]


def test_order_and_rows_found_stay_until_they_are_asked_for_again(window, qtbot, table):
    table.arrange(by=(table.model.columns.index("name"), Qt.AscendingOrder))
    table.search.setText("甲")
    table.search.clear()
    row = column(table, "name").index("甲")
    typed(table, row, "name", "zz")
    assert column(table, "name")[row] == "zz"
    table.arrange(by=(table.model.columns.index("name"), Qt.AscendingOrder))
    assert column(table, "name")[0] == "zz", "what was sorted by is looked at again"
    table.search.setText("zz")
    assert column(table, "name") == ["zz"]
    table.search.setText("甲")
    assert column(table, "name") == []
    idle(qtbot, window)


def test_in_english(window, qtbot):
    i18n.set_language("en")
    table = opened(window, qtbot, KEY)
    assert table.state.text().startswith("Can be edited")
    typed(table, 0, "count", "many")
    assert table.said.text() == '× "count" of row 1 was not changed: "many" is not a whole number.'
    assert editor(table).accessibleName() == "row 1, count"
    QTest.keyClick(editor(table), Qt.Key_Escape)
    table.close()


# ------------------------------------------------------------------------------------------------------------ many
def test_an_edit_among_120_000_rows_does_not_stop_the_window(window, qtbot):
    count = 120_000
    frame = geopandas.GeoDataFrame(
        {"fid": np.arange(count) + 1, "name": [f"点{i % 997}" for i in range(count)], "kind": [("甲", "乙")[i % 2] for i in range(count)],
         "depth": np.linspace(0, 1, count)}, geometry=points(np.linspace(116, 116.3, count), 29.6), crs=4490)
    workspace = window.session.workspace
    workspace.add(Layer("reference", "很多点", frame.drop(columns="fid"), Path("x.gpkg"), "cd" * 32, None, ()))
    window.session.reload_layers()
    window.files.read_frames()
    idle(qtbot, window)
    style = LayerStyle("reference", "categorised", "kind", (Symbol("甲", "甲", "a"), Symbol("乙", "乙", "b"), Symbol(None, "其他", "c")))
    window.session.set_look("很多点", style=style, filter=Filter((Condition("name", "is-not", "点5"),)))
    table = opened(window, qtbot, "很多点")
    table.arrange(by=(table.model.columns.index("name"), Qt.AscendingOrder))
    qtbot.waitUntil(lambda: not table._looks.asking(id(table)), timeout=30_000)
    took = []
    for row in (7, 60_000, 119_000):
        go(table, row, "kind")
        QTest.keyClick(table.view, Qt.Key_F2)
        editor(table).setText("丙")
        started = thread_time()
        QTest.keyClick(editor(table), Qt.Key_Return)
        took.append(thread_time() - started)
        assert column_of(table, row, "kind") == "丙"
        idle(qtbot, window)
    item = window.layers.item("很多点")
    classes = [item.child(i) for i in range(item.childCount()) if item.child(i).text(0) != "已筛选，仅影响显示"]
    shown = {one.text(0): int(one.text(1).replace(",", "")) for one in classes}
    layer = window.session.layer("很多点")
    rows = layer.filter.rows(layer.frame)
    kinds = layer.frame["kind"].iloc[rows]
    assert shown == {"甲": int((kinds == "甲").sum()), "乙": int((kinds == "乙").sum()), "其他": int((kinds == "丙").sum())}
    assert sorted(took)[1] < 0.05, f"{took}: time of the window's own thread, since others use the machine too"
    started = thread_time()
    window.session.undo_stack.undo()
    assert thread_time() - started < 0.1
    idle(qtbot, window)
    assert (layer.frame["kind"] == "丙").sum() == 2


def column_of(table, row, name):
    return table.model.index(row, table.model.columns.index(name)).data()


# ------------------------------------------------------------------------------------------- while another program writes
@pytest.fixture
def noticed(qtbot, window, monkeypatch):
    """Gives what changes the file from outside; the window notices when it is told to look, and not before."""
    part = next(one for one in window.parts if type(one).__name__ == "Elsewhere")
    monkeypatch.setattr(part, "look", lambda: None)

    def change(sql, looks=True):
        with closing(sqlite3.connect(window.session.path)) as file, file:
            for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):  # which the triggers of GDAL ask for
                file.create_function(name, 1, lambda _shape: 0)
            file.execute(sql)
        if looks:
            look()

    def look():
        former = window.session.layer(KEY).frame
        window.session.look_again()
        qtbot.waitUntil(lambda: window.session.layer(KEY).frame is not None and window.session.layer(KEY).frame is not former
                        and not window.work.running, timeout=20_000)

    change.look = look
    return change


def test_a_table_that_is_open_shows_what_another_program_has_written(window, qtbot, table, noticed):
    typed(table, 0, "name", "新")
    idle(qtbot, window)
    table.view.selectRow(1)
    table.search.setText("")
    table._sort(table.model.columns.index("code"))
    table._sort(table.model.columns.index("code"))
    assert column(table, "code") == ["3", "2", "1"]
    go(table, 1, "name")
    noticed("UPDATE \"我的点\" SET name='外面' WHERE fid=2")
    assert column(table, "name") == ["丙", "外面", "新"], "in the order that was asked for"
    assert table.view.currentIndex().data() == "外面"
    assert table.selected_rows() == [1]
    assert table.said.text() == "√ 图层已重新读入。"
    assert table.count.text() == "3 / 3 个要素，选中 1 个"
    assert window.map.selection().of_layer(KEY).tolist() == [1]
    qtbot.waitUntil(lambda: not table._looks.asking(("cells", id(table))), timeout=20_000)
    typed(table, 1, "name", "又改")
    idle(qtbot, window)
    assert in_file(window, "name") == ["新", "又改", "丙"]


def test_what_is_typed_goes_to_the_row_that_is_shown_after_another_was_taken_away(window, qtbot, table, noticed):
    go(table, 2, "name")
    noticed('DELETE FROM "我的点" WHERE fid=1')
    assert column(table, "name") == ["乙", "丙"]
    assert table.count.text() == "2 / 2 个要素，选中 1 个"
    assert table.view.currentIndex().data() == "丙"
    qtbot.waitUntil(lambda: not table._looks.asking(("cells", id(table))), timeout=20_000)
    typed(table, 1, "name", "新丙")
    idle(qtbot, window)
    assert in_file(window, "name") == ["乙", "新丙"]


def test_while_a_layer_is_read_again_nothing_is_typed_and_nothing_fails(window, qtbot, table, noticed, monkeypatch):
    reads = []
    monkeypatch.setattr(window.files, "read_frames", lambda: reads.append(True))
    noticed('DELETE FROM "我的点" WHERE fid=1', looks=False)
    window.session.look_again()
    assert window.session.layer(KEY).frame is None
    assert reads
    assert table.state.text() == "正在重新读取图层…"
    table.map_selected([(KEY, 0)])
    table.search.setText("甲")
    table.arrange()
    table._invert()
    table.search.setText("")
    QTest.keyClick(table.view, Qt.Key_F2)
    assert editor(table) is None
    go(table, 1, "name")
    QTest.keyClick(table.view, Qt.Key_F2)
    assert editor(table) is None
    table.take(table.model.index(1, table.model.columns.index("name")), "写到别处")
    assert table.said.text() == LOST.format("写到别处")
    monkeypatch.undo()
    window.files.read_frames()
    qtbot.waitUntil(lambda: table.model.rowCount() == 2, timeout=20_000)
    idle(qtbot, window)
    assert in_file(window, "name") == ["乙", "丙"]
    assert window.session.undo_stack.count() == 0


def test_what_is_being_typed_while_a_layer_is_read_again_is_told_as_not_written(window, qtbot, table, noticed):
    go(table, 1, "name")
    QTest.keyClick(table.view, Qt.Key_F2)
    editor(table).setText("半句")
    noticed('DELETE FROM "我的点" WHERE fid=1')
    qtbot.waitUntil(lambda: editor(table) is None, timeout=20_000)
    assert table.said.text() == LOST.format("半句")
    idle(qtbot, window)
    assert in_file(window, "name") == ["乙", "丙"]


def test_whoever_goes_on_typing_while_a_layer_is_read_again_writes_nowhere_else_and_presses_nothing(window, qtbot, table, noticed):
    table.view.selectAll()
    place = table.model.index(1, table.model.columns.index("name"))
    table.view.selectionModel().setCurrentIndex(place, table.view.selectionModel().NoUpdate)
    QTest.keyClick(table.view, Qt.Key_F2)
    editor(table).setText("半句")
    noticed("UPDATE \"我的点\" SET name='外面' WHERE fid=1")
    qtbot.waitUntil(lambda: editor(table) is None, timeout=20_000)
    assert table.focusWidget() is table.view
    qtbot.waitUntil(lambda: not table._looks.asking(("cells", id(table))), timeout=20_000)
    for key in (Qt.Key_A, Qt.Key_3, Qt.Key_Return, Qt.Key_B, Qt.Key_Tab, Qt.Key_Return):
        QTest.keyClick(table.focusWidget(), key)
    assert editor(table) is None
    assert table.focusWidget() is table.view
    assert (table.view.currentIndex().row(), table.selected_rows()) == (1, [0, 1, 2])
    assert table.said.text() == LOST.format("半句")
    QTest.keyClick(table.view, Qt.Key_F2)
    assert (editor(table).text(), table.said.text()) == ("乙", LOST.format("半句"))
    editor(table).setText("整句")
    QTest.keyClick(editor(table), Qt.Key_Return)
    idle(qtbot, window)
    assert in_file(window, "name") == ["外面", "整句", "丙"]
    assert table.said.text() == "√ 已写入工作区：名称，1 行。"


def test_a_long_table_stays_where_it_is_while_its_layer_is_read_again(window, qtbot, noticed):
    count = 7_000
    frame = geopandas.GeoDataFrame({"name": [f"点{i}" for i in range(count)]}, geometry=points(
        116.1 + np.arange(count) / 1e5, np.full(count, 29.6)), crs=4490)
    window.session.workspace.add(Layer("reference", "长表", frame, Path("x.gpkg"), "cd" * 32, None, ()))
    window.session.reload_layers()
    window.files.read_frames()
    qtbot.waitUntil(lambda: window.session.layer("长表").frame is not None and not window.work.running, timeout=20_000)
    table = opened(window, qtbot, "长表")
    go(table, 3_500, "name")
    table.view.scrollTo(table.view.currentIndex(), table.view.PositionAtCenter)
    top = table.view.rowAt(0)
    assert top > 3_000
    was = table.model.frame
    noticed("UPDATE \"长表\" SET name='外面' WHERE fid=9", looks=False)
    window.session.look_again()
    qtbot.waitUntil(lambda: table.model.frame is not was and not table._looks.asking(id(table)), timeout=20_000)
    assert (table.view.rowAt(0), table.view.currentIndex().row(), table.selected_rows()) == (top, 3_500, [3_500])


def test_columns_that_come_and_go_are_followed(window, qtbot, table, noticed):
    table.column.setCurrentIndex(table.model.columns.index("name") + 1)
    noticed('ALTER TABLE "我的点" DROP COLUMN code')
    assert "code" not in table.model.columns
    assert table.column.currentText() == "名称"
    assert [table.column.itemText(i) for i in range(1, table.column.count())] == [
        table.model.headerData(i, Qt.Horizontal) for i in range(table.model.columnCount())]


def test_a_table_whose_layer_another_program_has_dropped_closes(window, qtbot, table):
    with closing(sqlite3.connect(window.session.path)) as file, file:
        file.execute('DROP TABLE "我的点"')
        file.execute("DELETE FROM gpkg_contents WHERE table_name='我的点'")
    window.session.look_again()
    qtbot.waitUntil(lambda: not table.isVisible(), timeout=20_000)


def test_undo_and_redo_leave_what_another_program_has_written_since(window, qtbot, table, noticed, said):
    told = []
    window.session.steps.said.connect(told.append)
    table.view.selectAll()
    go_to = table.model.index(0, table.model.columns.index("name"))
    table.view.selectionModel().setCurrentIndex(go_to, table.view.selectionModel().NoUpdate)
    table.fill_selected()
    idle(qtbot, window)
    assert in_file(window, "name") == ["甲", "甲", "甲"]
    noticed("UPDATE \"我的点\" SET name='外面' WHERE fid=2")
    window.session.undo_stack.undo()
    idle(qtbot, window)
    assert in_file(window, "name") == column(table, "name") == ["甲", "外面", "丙"]
    assert told[-1] == "1 处已被别的程序改过或删去，没有撤销：修改属性“我的点”"
    window.session.undo_stack.redo()
    idle(qtbot, window)
    assert in_file(window, "name") == column(table, "name") == ["甲", "外面", "甲"]
    assert told[-1] == "1 处已被别的程序改过或删去，没有重做：修改属性“我的点”"
    noticed("UPDATE \"我的点\" SET name='甲' WHERE fid=2")
    window.session.undo_stack.undo()
    idle(qtbot, window)
    assert in_file(window, "name") == column(table, "name") == ["甲", "乙", "丙"], "it says again what the step had made of it"
    assert said == []


def test_undo_and_redo_keep_what_another_program_has_written_in_another_column(window, qtbot, table, noticed, said):
    told = []
    window.session.steps.said.connect(told.append)
    typed(table, 1, "name", "新名")
    idle(qtbot, window)
    noticed("UPDATE \"我的点\" SET code='外面' WHERE fid=2")
    window.session.undo_stack.undo()
    idle(qtbot, window)
    assert in_file(window, "name") == column(table, "name") == ["甲", "乙", "丙"]
    assert in_file(window, "code")[1] == "外面"
    window.session.undo_stack.redo()
    idle(qtbot, window)
    assert in_file(window, "name") == column(table, "name") == ["甲", "新名", "丙"]
    assert not [text for text in told if "没有" in text]
    assert said == []


def rewrite(window, noticed):
    """Another program writes the layer anew in another order: what was row 3 is row 1, and the other way round."""
    frame = geopandas.read_file(window.session.path, layer=KEY)
    frame.iloc[::-1].to_file(window.session.path, layer=KEY)
    noticed.look()


def by_code(window):
    with Workspace.open(window.session.path, readonly=True) as kept:
        frame = kept.read(KEY)
    return dict(zip(frame["code"], frame["name"], strict=True))


@pytest.mark.filterwarnings("ignore")  # of geopandas, about what it leaves out
def test_undo_writes_into_no_other_feature_that_has_the_number_by_now(window, qtbot, table, noticed, said):
    told = []
    window.session.steps.said.connect(told.append)
    typed(table, 0, "name", "丙")  # as the other feature says
    idle(qtbot, window)
    rewrite(window, noticed)
    assert column(table, "name") == ["丙", "乙", "丙"]
    window.session.undo_stack.undo()
    idle(qtbot, window)
    assert by_code(window) == {"1": "甲", "2": "乙", "3": "丙"}
    assert column(table, "name") == ["丙", "乙", "甲"], "what is shown is what the file says"
    assert told == []
    window.session.undo_stack.redo()
    idle(qtbot, window)
    assert by_code(window) == {"1": "丙", "2": "乙", "3": "丙"}
    assert column(table, "name") == ["丙", "乙", "丙"]
    assert said == []


@pytest.mark.filterwarnings("ignore")
def test_undo_of_a_fill_finds_every_row_again_after_another_program_took_one_away(window, qtbot, noticed, said):
    """It writes the layer anew then, and all rows after that one have another number."""
    count, told = 60, []
    frame = geopandas.GeoDataFrame({"name": [f"点{i}" for i in range(count)], "value": np.arange(count) / 2, "code": [str(i) for i in range(count)]},
                                   geometry=points(116.1 + np.arange(count) / 1e4, np.full(count, 29.6)), crs=4490)
    window.session.workspace.add(Layer("reference", "表", frame, Path("x.gpkg"), "cd" * 32, None, ()))
    window.session.reload_layers()
    window.files.read_frames()
    idle(qtbot, window)
    window.session.undo_stack.setClean()
    window.session.steps.said.connect(told.append)
    table = opened(window, qtbot, "表")
    table.view.selectAll()
    table.view.selectionModel().setCurrentIndex(table.model.index(0, table.model.columns.index("value")), table.view.selectionModel().NoUpdate)
    table.fill_selected()
    idle(qtbot, window)
    there = geopandas.read_file(window.session.path, layer="表")
    there = there[there["code"] != "20"]
    there.loc[there["code"] == "40", "name"] = "外面"
    there.loc[there["code"] == "50", "value"] = 7.25
    there.to_file(window.session.path, layer="表")
    was = table.model.frame
    window.session.look_again()
    qtbot.waitUntil(lambda: table.model.frame is not was and not table._behind and not window.work.running, timeout=20_000)
    window.session.undo_stack.undo()
    idle(qtbot, window)
    with Workspace.open(window.session.path, readonly=True) as kept:
        now = kept.read("表")
    values = dict(zip(now["code"], now["value"], strict=True))
    assert values == {str(i): 7.25 if i == 50 else i / 2 for i in range(count) if i != 20}
    assert table.model.frame["value"].tolist() == now["value"].tolist()
    assert told == ["2 处已被别的程序改过或删去，没有撤销：修改属性“表”"]
    assert table.said.text() == "× " + told[0]
    assert window.session.dirty, "what could not be taken back goes on counting as unsaved"
    assert "*" in window.windowTitle()
    asked = []
    ask_save = lambda _parent, _name, _lost, left: asked.append(left) or "discard"  # noqa: E731
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gui.files.message.ask_save", ask_save)
        assert window.files.may_leave(), "it was told already"
    assert asked == [["图层“表”的 2 处"]]
    window.session.undo_stack.redo()
    idle(qtbot, window)
    window.session.undo_stack.undo()
    idle(qtbot, window)
    assert window.files.save()
    assert not window.session.dirty
    assert "*" not in window.windowTitle()
    assert said == []


def test_rows_that_are_alike_are_told_as_such_where_undo_cannot_tell_them_apart(window, qtbot, noticed):
    told = []
    window.session.steps.said.connect(told.append)
    frame = geopandas.GeoDataFrame({"name": ["一", "同", "同", "同"]}, geometry=points(np.array([116.1, 116.2, 116.2, 116.2]), 29.6), crs=4490)
    window.session.workspace.add(Layer("reference", "表", frame, Path("x.gpkg"), "cd" * 32, None, ()))
    window.session.reload_layers()
    window.files.read_frames()
    idle(qtbot, window)
    table = opened(window, qtbot, "表")
    typed(table, 1, "name", "新")
    idle(qtbot, window)
    was = table.model.frame
    noticed('DELETE FROM "表" WHERE fid=3', looks=False)
    noticed('UPDATE "表" SET fid=9 WHERE fid=2', looks=False)
    window.session.look_again()
    qtbot.waitUntil(lambda: table.model.frame is not was and not table._behind and not window.work.running, timeout=20_000)
    window.session.undo_stack.undo()
    idle(qtbot, window)
    assert told == ["1 处分不清是几行相同的要素中的哪一行，没有撤销：修改属性“表”"]
    assert table.said.text() == "× " + told[0]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("leaves", [True, False])
def test_leaving_takes_edits_back_in_no_other_feature_and_says_what_stays(window, qtbot, table, noticed, monkeypatch, leaves):
    told, asked = [], []
    window.files.said.connect(told.append)
    typed(table, 0, "name", "丙")
    typed(table, 1, "name", "新")
    idle(qtbot, window)
    noticed("UPDATE \"我的点\" SET code='9', depth=9 WHERE fid=1", looks=False)
    noticed('UPDATE "我的点" SET geom=(SELECT geom FROM "我的点" WHERE fid=3) WHERE fid=1', looks=False)
    rewrite(window, noticed)
    monkeypatch.setattr("gui.files.message.ask_save", lambda *_args: "discard")
    monkeypatch.setattr("gui.files.message.ask_leave", lambda _parent, stays: asked.append(stays) or leaves)
    assert window.files.may_leave() is leaves
    assert by_code(window) == {"9": "丙", "2": "乙", "3": "丙"}
    assert asked == [["图层“我的点”的 1 处"]]
    assert ("有的修改没有撤销，工作区还开着。" in told) is not leaves


@pytest.mark.parametrize("looks", [True, False])
def test_undo_of_a_cell_that_another_program_has_changed_or_whose_row_it_took_away(window, qtbot, table, noticed, looks):
    typed(table, 1, "name", "新")
    typed(table, 2, "depth", "7.5")
    idle(qtbot, window)
    noticed("UPDATE \"我的点\" SET name='外面' WHERE fid=2", looks)
    noticed('DELETE FROM "我的点" WHERE fid=3', looks)
    window.session.undo_stack.undo()
    window.session.undo_stack.undo()
    idle(qtbot, window)
    if not looks:
        noticed.look()
    assert in_file(window, "name") == column(table, "name") == ["甲", "外面"]
    assert not window.session.undo_stack.canUndo(), "what stands in the way of one step does not bar the others"


def test_what_the_person_has_not_seen_is_not_written_over(window, qtbot, table, noticed, said):
    noticed("UPDATE \"我的点\" SET name='外面' WHERE fid=2", looks=False)
    typed(table, 1, "name", "新")
    idle(qtbot, window)
    assert in_file(window, "name")[1] == "外面"
    assert window.session.undo_stack.count() == 0
    assert "请看过重新读入的内容再改" in said[-1].text()
    noticed.look()
    assert column(table, "name")[1] == "外面"
    qtbot.waitUntil(lambda: not table._looks.asking(("cells", id(table))), timeout=20_000)
    typed(table, 1, "name", "新")
    idle(qtbot, window)
    assert in_file(window, "name")[1] == "新"


def test_the_outline_of_the_picked_row_follows_its_feature_when_the_layer_is_read_again(window, qtbot, table, noticed):
    shown = [None]

    def highlight(shapes):
        shown[0] = ("shown", *shapes)
        return shown[0]

    def clear(of=None):
        shown[0] = None if of is None or of is shown[0] else shown[0]

    window.canvas.highlight, window.canvas.highlighted, window.canvas.clear_highlight = highlight, lambda: shown[0], clear
    go(table, 0, "name")
    go(table, 1, "name")
    former = shown[0][1]
    assert former is not None
    noticed('UPDATE "我的点" SET geom=(SELECT geom FROM "我的点" WHERE fid=3) WHERE fid=2')
    assert not shown[0][1].equals(former), "where the feature is now"
    assert shown[0][1].equals(window.map.feature(KEY, 1))
    shown[0] = other = ("another", former)
    noticed("UPDATE \"我的点\" SET geom=(SELECT geom FROM \"我的点\" WHERE fid=1) WHERE fid=2")
    assert shown[0] is other, "what is looked at elsewhere stays"
    go(table, 2, "name")
    noticed('DELETE FROM "我的点" WHERE fid=3')
    assert shown[0] is None

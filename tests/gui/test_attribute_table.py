"""The attribute table: order, finding, selection both ways, and what is written of it; 100,000 rows do not stop the window."""

from __future__ import annotations

import csv
from time import perf_counter
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt5.QtCore import QItemSelectionModel, QPoint, QSize, Qt, QTimer
from PyQt5.QtGui import QScreen
from PyQt5.QtWidgets import QApplication, QPushButton
from shapely import Point, points

from gui.dialogs.table import AT_ONCE, TableDialog
from gui.looks import Looks
from gui.models import cells
from gui.models.frame_table import FrameTable
from gui.table_files import words, write_table
from gui.work import Work
from sanxian import layer_files
from sanxian.i18n import set_language
from sanxian.messages import field_words

UP, DOWN = Qt.AscendingOrder, Qt.DescendingOrder


def frame(**columns):
    count = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=[Point(i, 0) for i in range(count)], crs="EPSG:4548")


def test_what_is_missing_is_nothing_in_every_form_and_blanks_are_text():
    for none in (None, float("nan"), np.float64("nan"), pd.NA, pd.NaT):
        assert (words(none), cells.shown(none), layer_files._plain(none)) == ("", "", None)
    assert (words(" "), cells.shown(" "), layer_files._plain(" ")) == (" ", " ", " ")
    assert (words(0), cells.shown(0.0), layer_files._plain(np.int64(0))) == ("0", "0", 0)


def test_numbers_stand_before_text_and_what_is_missing_stands_last_both_ways():
    table = FrameTable(frame(v=[10, None, "乙", 9, "甲", float("nan"), ""]))
    assert [words(table._frame["v"][row]) for row in table.arrange(by=(0, UP))] == ["9", "10", "乙", "甲", "", "", ""]
    assert [words(table._frame["v"][row]) for row in table.arrange(by=(0, DOWN))] == ["甲", "乙", "10", "9", "", "", ""]


@given(st.lists(st.one_of(st.none(), st.integers(-5, 5), st.floats(-5, 5), st.text("ab甲", max_size=2)), max_size=30))
def test_sorting_is_stable_loses_nothing_and_agrees_with_a_plain_sort(values):
    table = FrameTable(gpd.GeoDataFrame({"v": np.array([*values, None], dtype=object)[:-1]}, geometry=[Point(0, 0)] * len(values)))
    rows = [int(row) for row in table.arrange(by=(0, UP))]

    def key(row):
        value = values[row]
        if isinstance(value, (int, float)):
            return 0, float(value), "", row
        return (1, 0.0, value, row) if value else (2, 0.0, "", row)

    assert rows == sorted(range(len(values)), key=key)


def test_finding_in_one_column_or_in_all():
    table = FrameTable(frame(a=["ABC", "x", None], b=[12.0, 3.0, 120.5]))
    assert list(table.arrange("abc")) == [0]
    assert list(table.arrange("12")) == [0, 2]
    assert list(table.arrange("12", 0)) == []
    assert list(table.arrange("12", 1, (1, DOWN))) == [2, 0]
    assert list(table.arrange(only=[2, 0])) == [0, 2]


@pytest.fixture
def hands():
    """What a table gives its work to."""
    looks, work = Looks(), Work()
    yield looks, work
    looks.shutdown()
    work.shutdown()


@pytest.fixture
def dialog(qtbot, request, hands):
    data = request.param() if hasattr(request, "param") else frame(name=["丙", "甲", "乙"], n=[3, 1, 2])
    made = TableDialog(SimpleNamespace(key="k", name="层", role="reference", frame=data), lambda _role, name: name, *hands)
    made.setAttribute(Qt.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.close()


def shown(dialog, column=0):
    return [dialog.model.index(row, column).data() for row in range(dialog.model.rowCount())]


def test_a_click_on_a_header_sorts_the_third_gives_the_order_back(dialog, qtbot):
    header = dialog.view.horizontalHeader()
    for wanted in (["1", "2", "3"], ["3", "2", "1"], ["3", "1", "2"]):
        qtbot.mouseClick(header.viewport(), Qt.LeftButton, pos=QPoint(header.sectionViewportPosition(1) + 30, 5))
        assert shown(dialog, 1) == wanted


def test_the_table_fits_a_small_screen_with_large_text(hands, qtbot, monkeypatch):
    """1366 by 768 at 200 % is 683 by 384."""
    monkeypatch.setattr(QScreen, "availableSize", lambda _self: QSize(683, 388))
    data = frame(name=["甲"], n=[1])
    made = TableDialog(SimpleNamespace(key="k", name="层", role="reference", frame=data), lambda _role, name: name * 40, *hands)
    qtbot.addWidget(made)
    assert (made.width(), made.height()) == (667, 340)
    made.show()
    qtbot.wait(20)
    assert made.width() == 667, "a long name of a column makes it no wider"
    for button in made.findChildren(QPushButton):
        if button.isVisible():
            assert made.rect().contains(button.rect().translated(button.mapTo(made, QPoint()))), button.text()
    made.close()


def test_selecting_here_selects_there_and_back(dialog, qtbot):
    told = []
    dialog.rowsSelected.connect(lambda key, rows: told.append((key, list(rows))))
    dialog.arrange(by=(1, UP))  # 甲 1, 乙 2, 丙 3: rows 1, 2, 0 of the frame
    dialog.view.selectRow(0)
    assert told[-1] == ("k", [1])
    dialog.map_selected([("k", 0), ("other", 1), ("k", 2)])
    assert sorted(dialog.selected_rows()) == [0, 2]
    assert len(told) == 1, "what came from the map is not told back"
    qtbot.mouseClick(dialog.invert, Qt.LeftButton)
    assert told[-1] == ("k", [1])
    dialog.map_selected([("k", 2)])
    dialog.only.setChecked(True)
    assert shown(dialog) == ["乙"]
    dialog.map_selected([("k", 0)])
    assert shown(dialog) == ["丙"]


def test_inverting_in_a_table_of_what_is_selected_shows_what_is_selected_then(dialog, qtbot):
    told = []
    dialog.rowsSelected.connect(lambda key, rows: told.append(list(rows)))
    dialog.map_selected([("k", 2)])
    dialog.only.setChecked(True)
    assert shown(dialog) == ["乙"]
    qtbot.keyClick(dialog.view, Qt.Key_R, Qt.ControlModifier)
    assert shown(dialog) == ["丙", "甲"]
    assert sorted(dialog.selected_rows()) == [0, 1] == told[-1]
    dialog.search.setText("甲")
    qtbot.mouseClick(dialog.invert, Qt.LeftButton)
    assert told[-1] == []
    assert shown(dialog) == []
    qtbot.mouseClick(dialog.invert, Qt.LeftButton)
    assert told[-1] == [1]
    assert shown(dialog) == ["甲"]


@pytest.mark.parametrize("goes", [False, True])
@pytest.mark.parametrize("how", ["export", "copy"])
def test_rows_of_a_secret_layer_are_asked_about_before_they_leave(dialog, qtbot, tmp_path, monkeypatch, goes, how):
    asked = []
    dialog._layer.record = SimpleNamespace(secrecy="secret")
    monkeypatch.setattr("gui.clipboard.message.ask", lambda _parent, title, text, _yes, **_more: (asked.append(f"{title} {text}"), goes)[1])
    monkeypatch.setattr("gui.dialogs.table.choose.target", lambda *_args: tmp_path / "a.csv")
    QApplication.clipboard().setText("以前的")
    if how == "export":
        qtbot.mouseClick(dialog.export, Qt.LeftButton)
        qtbot.waitUntil(lambda: not dialog._work.running, timeout=20_000)
        assert (tmp_path / "a.csv").exists() is goes
    else:
        dialog.follow([0])
        dialog.actions_by_id["rows_copy"].trigger()
        assert (QApplication.clipboard().text() != "以前的") is goes
    assert len(asked) == 1
    assert "秘密" in asked[0]


def test_a_selection_survives_sorting_and_is_copied_in_the_order_seen(dialog):
    dialog.follow([0, 1])
    dialog.arrange(by=(1, UP))
    assert sorted(dialog.selected_rows()) == [0, 1]
    dialog.copy_rows()
    assert QApplication.clipboard().text() == "name\tn\n甲\t1\n丙\t3"


def test_what_is_written_is_text_and_runs_nothing(hands, qtbot, tmp_path):
    hostile = ["=1+1", "+cmd|' /C calc'!A0", "-2.5", "@x", "甲\x07"]
    data = frame(name=hostile, n=[1, 2, 3, 4, 5])
    made = TableDialog(SimpleNamespace(key="k", name="层", role="reference", frame=data), lambda _role, name: name, *hands)
    made.setAttribute(Qt.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    for name in ("a.xlsx", "a.csv"):
        with qtbot.waitSignal(made.written, timeout=20_000):
            made.write(tmp_path / name)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert [cell.data_type for (cell,) in sheet.iter_rows(min_row=2, max_col=1)] == ["s"] * 5
    assert [cell.value for (cell,) in sheet.iter_rows(min_row=2, max_col=1)][:4] == hostile[:4]
    rows = list(csv.reader((tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [row[0] for row in rows] == ["name", "'=1+1", "'+cmd|' /C calc'!A0", "-2.5", "'@x", "甲\x07"]
    made.close()


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_table(tmp_path / "nowhere" / "a.csv", ["a"], [["1"]])
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(IsADirectoryError):
        write_table(tmp_path / "a.csv", ["a"], [["1"]])
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def long_table():
    count = 100_000
    rng = np.random.default_rng(7)
    return gpd.GeoDataFrame(
        {"name": [f"示例排污口{i % 997}" for i in range(count)], "code": [f"FD-360421-{i:06d}" for i in range(count)],
         "flow": rng.normal(100, 30, count)}, geometry=points(np.arange(count), 0), crs="EPSG:4548")


@pytest.mark.parametrize("dialog", [long_table], indirect=True)
def test_a_hundred_thousand_rows_are_sorted_and_searched_without_stopping_the_window(dialog, qtbot):
    assert len(dialog._layer.frame) > AT_ONCE
    beats = []
    heart = QTimer()
    heart.timeout.connect(lambda: beats.append(perf_counter()))
    heart.start(5)
    qtbot.wait(30)
    dialog.arrange(by=(2, UP))
    assert dialog.count.text() == "正在排列……"
    qtbot.waitUntil(lambda: dialog._looks.asking(id(dialog)) is False, timeout=30_000)
    flows = dialog._layer.frame["flow"].to_numpy()
    assert dialog.model.frame_row(0) == int(flows.argmin())
    dialog.search.setText("099999")
    dialog.search.setText("FD-360421-0999")  # the last wish counts
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 100, timeout=30_000)
    qtbot.wait(30)
    heart.stop()
    gaps = np.diff(beats)
    assert gaps.max() < 1.0, "a loaded machine is allowed much; a frozen window is not"
    assert np.quantile(gaps, 0.9) < 0.05
    dialog.view.selectionModel().select(dialog.model.index(0, 0), QItemSelectionModel.ClearAndSelect | QItemSelectionModel.Rows)
    assert len(dialog.selected_rows()) == 1
    dialog.search.clear()
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 100_000, timeout=30_000)
    started = perf_counter()
    dialog.view.selectAll()
    assert len(dialog.selected_rows()) == 100_000
    assert perf_counter() - started < 5


def test_the_map_and_the_table_of_the_window_follow_each_other(opened):
    table = opened.show_table("示例红线")
    table.view.selectRow(1)
    assert opened.canvas.last("set_selection") == ([("示例红线", 1)],)
    opened.canvas.selectionChanged.emit([("示例红线", 0)])
    assert table.selected_rows() == [0]
    table.close()


@pytest.mark.parametrize("dialog", [lambda: frame(**{"second-level class of the outlet": ["a"], "n": [1]})], indirect=True)
def test_titles_of_columns_are_whole(dialog):
    for column in range(dialog.model.columnCount()):
        title = str(dialog.model.headerData(column, Qt.Horizontal))
        assert dialog.view.columnWidth(column) > dialog.view.fontMetrics().horizontalAdvance(title) + 8


def test_titles_in_another_language_have_room_and_widths_set_by_hand_stay(qtbot, hands):
    data = frame(county=["甲"], chainage_m=[1.0], bank_side=["right"], name=["一个名字" * 4], meets_criteria=[True], work_state=["no_need"])
    table = TableDialog(SimpleNamespace(key="k", name="层", role="discharge_outlet", frame=data), field_words, *hands)
    table.setAttribute(Qt.WA_DeleteOnClose, False)
    qtbot.addWidget(table)
    view, model = table.view, table.model
    names = list(model.columns)
    wide, slim, name = names.index("county"), names.index("chainage_m"), names.index("name")
    view.setColumnWidth(wide, 333)
    view.setColumnWidth(slim, 20)  # of which not even the title was whole
    view.setColumnWidth(name, 90)  # room for the title, not for the names

    def widths():
        return [view.columnWidth(column) for column in range(len(names))]

    before = widths()
    set_language("en")
    table.retranslate()
    for column in set(range(len(names))) - {slim}:
        title = str(model.headerData(column, Qt.Horizontal))
        assert view.columnWidth(column) > view.fontMetrics().horizontalAdvance(title) + 8, title
        cell = view.fontMetrics().horizontalAdvance(str(model.index(0, column).data()))
        assert view.columnWidth(column) > cell or column == name
    assert (widths()[wide], widths()[slim], widths()[name]) == (333, before[slim], 90)
    assert widths() != before
    assert all(was <= now for was, now in zip(before, widths(), strict=True))
    before = widths()
    set_language("zh")
    table.retranslate()
    assert widths() == before, "none becomes narrower"

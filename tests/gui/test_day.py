"""A day is the one that was typed, or none."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt5.QtCore import QDate, QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QWheelEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QAbstractItemView, QApplication, QCalendarWidget, QWidget

from gui.day import YEARS, DayEdit, read_day
from sanxian import i18n

TODAY = QDate(2026, 11, 23)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # of windows without a screen


@pytest.fixture
def edit(qtbot):
    around = QWidget()
    qtbot.addWidget(around)
    field = DayEdit(TODAY, keeps=True, parent=around)
    around.resize(300, 80)
    around.show()
    field.setFocus()
    field.around, field.heard = around, []  # or the parent is gone
    field.dateChanged.connect(lambda day: field.heard.append(day.toString("yyyy-MM-dd")))
    return field


def press(field, key, held=Qt.NoModifier):
    QTest.keyClick(field, key, held)


@pytest.mark.parametrize("typed", ["2023-06-01", "2023-6-1", "2023/6/1", "2023.06.01", "20230601", "2023年6月1日", "２０２３－０６－０１", " 2023-06-01 "])
@pytest.mark.parametrize("how", ["all", "tab", "cleared"])
def test_a_typed_day_is_that_day(edit, how, typed):
    if how == "cleared":
        edit.clear()
    else:
        edit.selectAll()
    edit.insert(typed) if not typed.isascii() else QTest.keyClicks(edit, typed)
    press(edit, Qt.Key_Return)
    assert edit.date() == QDate(2023, 6, 1)
    assert edit.text() == "2023-06-01"
    assert edit.heard == ["2023-06-01"]


@pytest.mark.parametrize("typed", ["2023-06-011", "20230601x", "2023-06-01 12"])
def test_nothing_is_taken_from_the_middle_of_what_is_typed(edit, typed):
    edit.selectAll()
    QTest.keyClicks(edit, typed)
    assert edit.date() == TODAY, "the day that counts while it is no day"
    assert edit.wrong
    press(edit, Qt.Key_Return)
    assert edit.date() == TODAY
    assert edit.text() == "2026-11-23"
    assert edit.heard in ([], ["2023-06-01", "2026-11-23"])
    edit.selectAll()
    QTest.keyClicks(edit, typed[:10] if typed[4] == "-" else typed[:8])
    press(edit, Qt.Key_Return)
    assert edit.date() == QDate(2023, 6, 1)


@pytest.mark.parametrize("typed", ["2023-13-01", "2023-02-29", "06-01", "23-06-01", "2023-0601", "0999-01-01", "abc", "", "x2023-06-01"])
def test_what_is_no_day_changes_nothing_and_says_so(edit, typed, monkeypatch):
    from gui import day

    said = []
    monkeypatch.setattr(day.QToolTip, "showText", lambda _at, text, _widget: said.append(text))
    edit.selectAll()
    press(edit, Qt.Key_Delete)
    QTest.keyClicks(edit, typed)
    press(edit, Qt.Key_Return)
    assert (edit.date(), edit.text(), edit.heard) == (TODAY, "2026-11-23", [])
    assert "2026-11-23" in said[0]
    assert typed in said[0]


def test_in_a_dialog_what_is_no_day_stays_and_is_wrong(qtbot):
    field = DayEdit(TODAY)
    qtbot.addWidget(field)
    field.show()
    assert field.wrong == ""
    field.setText("2023-13-01")
    press(field, Qt.Key_Return)
    assert field.text() == "2023-13-01"
    assert "2023-13-01" in field.wrong
    field.clear()
    assert field.wrong == "请填写日期。"
    assert not DayEdit().date().isValid()


@given(st.dates(date(YEARS[0], 1, 1), date(YEARS[1], 12, 31)), st.sampled_from(["{:%Y-%m-%d}", "{:%Y%m%d}", "{:%Y/%m/%d}", "{0.year}年{0.month}月{0.day}日"]))
def test_every_day_is_read_back(day, form):
    assert read_day(form.format(day)).toPyDate() == day


@given(st.text(alphabet="0123456789-/. 年月日", max_size=12))
def test_nothing_is_read_as_a_day_that_it_does_not_write(text):
    day = read_day(text)
    if day is not None:
        digits = [int(one) for one in "".join(letter if letter.isdigit() else " " for letter in text.replace(" ", "")).split()]
        whole = [day.year(), day.month(), day.day()]
        assert digits == whole or digits == [int("{:04d}{:02d}{:02d}".format(*whole))]


@pytest.mark.parametrize(("key", "held", "day"), [
    (Qt.Key_Up, Qt.NoModifier, "2026-11-24"), (Qt.Key_Down, Qt.NoModifier, "2026-11-22"), (Qt.Key_PageUp, Qt.NoModifier, "2026-12-23"),
    (Qt.Key_PageDown, Qt.ControlModifier, "2025-11-23"), (Qt.Key_Up, Qt.ControlModifier, "2027-11-23")])
def test_arrows_go_by_days_months_and_years(edit, key, held, day):
    press(edit, key, held)
    assert edit.date().toString("yyyy-MM-dd") == day
    assert edit.heard == [day]


def test_the_wheel_does_nothing(edit):
    centre = QPointF(edit.rect().center())
    turn = QWheelEvent(centre, edit.mapToGlobal(centre.toPoint()), QPoint(), QPoint(0, 120), Qt.NoButton, Qt.NoModifier, Qt.ScrollUpdate, False)
    QApplication.sendEvent(edit, turn)
    assert (edit.date(), edit.heard) == (TODAY, [])


@pytest.mark.parametrize("key", ["f4", "alt"])
def test_a_day_is_picked_from_the_calendar(edit, qtbot, key):
    press(edit, Qt.Key_F4) if key == "f4" else press(edit, Qt.Key_Down, Qt.AltModifier)
    calendar = edit.findChild(QCalendarWidget)
    assert calendar.selectedDate() == TODAY
    calendar.setSelectedDate(QDate(2026, 8, 14))
    calendar.activated.emit(calendar.selectedDate())
    qtbot.waitUntil(lambda: edit.findChild(QCalendarWidget) is None)
    assert edit.heard == ["2026-08-14"]
    assert edit.text() == "2026-08-14"


def test_digits_typed_on_the_open_calendar_make_no_other_day(edit, qtbot):
    """Qt has a field of its own for them, which took 2028-01-01 for a day of 1900."""
    press(edit, Qt.Key_F4)
    calendar = edit.findChild(QCalendarWidget)
    QTest.keyClicks(calendar.findChild(QAbstractItemView), "2028-01-01")
    assert not [one for one in calendar.findChildren(QWidget) if one.inherits("QCalendarTextNavigator") or one.inherits("QDateEdit")]
    press(calendar.findChild(QAbstractItemView), Qt.Key_Return)
    qtbot.waitUntil(lambda: edit.findChild(QCalendarWidget) is None)
    assert edit.text() == TODAY.toString("yyyy-MM-dd")


def test_the_field_is_as_wide_as_a_day(edit, window):
    words = edit.fontMetrics().horizontalAdvance("2026-11-23")
    for field in (edit, window.day):
        assert words < field.width() < 3 * words


def test_the_day_of_the_window_is_what_was_typed(window, qtbot):
    field = window.day
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "2023-06-01")
    assert window.on == date(2023, 6, 1)
    press(field, Qt.Key_Return)
    assert window.on == date(2023, 6, 1)
    i18n.set_language("zh")


def test_the_sign_of_the_calendar_is_told_in_the_language_of_the_moment(qtbot):
    field = DayEdit(TODAY)
    qtbot.addWidget(field)
    sign = field.actions()[0]
    assert sign.toolTip() == "从日历中选（F4）"
    i18n.set_language("en")
    try:
        QApplication.sendEvent(field, QEvent(QEvent.LanguageChange))
        assert "calendar" in sign.toolTip()
    finally:
        i18n.set_language("zh")

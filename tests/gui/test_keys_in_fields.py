"""The shortcuts of the window count in every field; the keys that text is edited by stay the field's."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QEvent, Qt
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import (
    QApplication,
    QComboBox,
    QDateTimeEdit,
    QDoubleSpinBox,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QTextEdit,
)

from gui.actions import ACTIONS
from gui.day import DayEdit
from gui.focus import edits
from gui.session import Site
from sanxian.i18n import _

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)
EDITING = ("Ctrl+C", "Ctrl+X", "Ctrl+V", "Ctrl+A", "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+Y", "Left", "Right", "Shift+Left", "Ctrl+Left",
           "Ctrl+Shift+Left", "Home", "End", "Shift+Home", "Ctrl+End", "Up", "Down", "Del", "Backspace", "Ctrl+Backspace", "A", "Shift+A",
           "1", "-", ".")
CLASSES = (QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QDateTimeEdit, QComboBox, DayEdit)


def parts(keys):
    code = QKeySequence(keys)[0]
    return Qt.KeyboardModifiers(code & int(Qt.KeyboardModifierMask)), code & ~int(Qt.KeyboardModifierMask)


def greedy(base):
    """A field that takes every key for itself, as those of some desktop take some."""
    class Greedy(base):
        def event(self, event):
            if event.type() == QEvent.ShortcutOverride:
                event.accept()
                return True
            return super().event(event)

    return Greedy


@pytest.fixture
def field(judged, qtbot, monkeypatch, hold):
    """Gives a field in a panel of the window, with the keyboard in it, and what was asked for."""
    asked = []
    monkeypatch.setattr(judged, "do", asked.append)

    def make(base):
        made = greedy(base)(parent=judged.projects)
        if isinstance(made, QComboBox):
            made.setEditable(True)
        made.show()
        hold(made)
        return made, asked

    return make


@pytest.mark.parametrize("base", CLASSES, ids=lambda one: one.__name__)
def test_every_shortcut_of_the_window_counts_in_every_field(judged, field, qtbot, base):
    made, asked = field(base)
    tried = 0
    for spec in ACTIONS:
        action = judged.actions_by_id[spec.id]
        if action.shortcutContext() != Qt.WindowShortcut:  # of a list or the map only
            continue
        action.setEnabled(True)
        for keys in spec.keys:
            modifiers, key = parts(keys)
            if edits(int(modifiers) | key):
                continue
            asked.clear()
            qtbot.keyClick(made, key, modifiers)
            assert asked == [spec.id], keys
            tried += 1
    assert tried > 70


def test_what_text_is_edited_by_stays_the_fields(judged, field, qtbot):
    made, asked = field(QPlainTextEdit)
    for action in judged.actions_by_id.values():
        action.setEnabled(True)
    for keys in EDITING:
        made.setPlainText("abc")
        made.insertPlainText("d")  # there is a step to take back
        if keys in ("Ctrl+Y", "Ctrl+Shift+Z"):
            made.undo()
        judged.actions_by_id["about"].setShortcut(QKeySequence(keys))  # of a person's own
        modifiers, key = parts(keys)
        assert edits(int(modifiers) | key), keys
        qtbot.keyClick(made, key, modifiers)
        assert asked == [], keys


def test_a_shortcut_of_what_cannot_be_done_says_why_and_does_nothing_to_the_text(judged, field, qtbot):
    class Eager(QLineEdit):
        def keyPressEvent(self, event):
            self.setText("took it" if event.key() == Qt.Key_E else "")  # as Ctrl+U and Ctrl+K take text away on X11

    made, asked = field(Eager)
    judged.actions_by_id["export"].setEnabled(False)
    qtbot.keyClick(made, Qt.Key_E, Qt.ControlModifier)
    assert _("还没有研判结果，请先研判") in judged.status.currentMessage()
    assert made.text() == ""
    assert asked == []


def test_text_with_nothing_to_take_back_leaves_undo_to_the_window(judged, field, qtbot):
    made, asked = field(QPlainTextEdit)
    judged.session.add_sites([Site("N", "n", judged.session.sites[0].geometry, judged.session.sites[0].crs)])
    qtbot.keyClick(made, Qt.Key_Z, Qt.ControlModifier)
    assert asked == ["undo"]
    made.insertPlainText("x")
    asked.clear()
    qtbot.keyClick(made, Qt.Key_Z, Qt.ControlModifier)
    assert asked == []
    assert QApplication.focusWidget() is made


# -- the day --------------------------------------------------------------------------------------------------------------
def test_what_is_typed_after_a_click_into_the_day_is_the_day(opened, qtbot, hold):
    opened.resize(1366, 700)  # where the tool bar has room for it
    day = opened.day
    hold(opened.projects.search)
    qtbot.mouseClick(day, Qt.LeftButton, pos=day.rect().center())  # between two digits of the day of before
    qtbot.waitUntil(day.hasFocus, timeout=20_000)
    qtbot.waitUntil(day.hasSelectedText, timeout=20_000)
    qtbot.keyClicks(day, "2026-08-1")
    opened.commit_typing()
    assert opened.on.isoformat() == "2026-08-01"


def test_a_second_click_into_the_day_goes_between_its_digits(opened, qtbot, hold):
    opened.resize(1366, 700)
    day = opened.day
    hold(day)
    day.setCursorPosition(0)
    qtbot.mouseClick(day, Qt.LeftButton, pos=day.rect().center())
    qtbot.wait(20)
    assert not day.hasSelectedText()


def test_the_day_keeps_the_keyboard_when_a_workspace_is_told_of_again(opened, qtbot, hold):
    opened.resize(1366, 700)
    hold(opened.day)
    opened.session.opened.emit()
    assert opened.day.hasFocus()  # else the "-" of a day would zoom the map out

"""Shortcuts of one's own, light and dark, and the list of tasks."""

from __future__ import annotations

import gc
import threading
from collections import Counter

import numpy as np
import polib
import pytest
from PyQt5.QtCore import QEvent, QObject, QRect, Qt
from PyQt5.QtGui import QColor, QImage, QKeySequence
from PyQt5.QtWidgets import QApplication, QLabel, QWidget

import gui.portions
import sanxian.i18n
from gui import theme
from gui.actions import ACTIONS, BY_ID
from gui.dialogs.keys import clash, keys_of, used_by_fields
from gui.engine import Engine
from gui.resources.icons import icon
from gui.tasks import Cancelled
from gui.words import VERDICT_ORDER
from sanxian.mapping.styles import verdict_style


def test_no_two_actions_share_a_shortcut():
    seen = {}
    for spec in ACTIONS:
        for key in spec.keys:
            wanted = QKeySequence(key).toString()
            assert wanted, spec.id
            assert wanted not in seen, (spec.id, seen.get(wanted))
            seen[wanted] = spec.id


def test_a_shortcut_of_ones_own_works_at_once_and_is_remembered(opened, qtbot, engine):
    dialog = opened.ask_keys()
    dialog.pick("judge")
    qtbot.keyClick(dialog.edit, Qt.Key_F8)
    qtbot.waitUntil(dialog.set.isEnabled)  # Qt waits a second for a second key
    qtbot.mouseClick(dialog.set, Qt.LeftButton)
    assert opened.settings.keys == {"judge": ["F8"]}
    assert "F8" in opened.actions_by_id["judge"].toolTip()
    dialog.close()
    opened.activateWindow()
    qtbot.waitUntil(lambda: (at := QApplication.focusWidget()) is not None and at.window() is opened)
    qtbot.wait(50)
    qtbot.keyClick(opened, Qt.Key_F8)
    qtbot.waitUntil(lambda: len(engine.screened) == 1 and not opened.work.running, timeout=20_000)
    qtbot.keyClick(opened, Qt.Key_F9)
    qtbot.wait(20)
    assert len(engine.screened) == 1  # the former one is free


def test_a_shortcut_that_is_taken_is_refused_by_name(opened, qtbot):
    dialog = opened.ask_keys()
    dialog.pick("judge")
    qtbot.keyClick(dialog.edit, Qt.Key_F6)
    qtbot.waitUntil(lambda: "属性表" in dialog.said.text())
    assert not dialog.set.isEnabled()
    dialog._put([])  # none at all
    assert opened.actions_by_id["judge"].shortcuts() == []
    dialog.pick("table")
    dialog.edit.setKeySequence(QKeySequence("F9, F8"))
    assert dialog.edit.keySequence() == QKeySequence("F9")
    dialog.set.click()
    dialog.pick("judge")
    dialog.default.click()  # F9 is the table's now
    assert "属性表" in dialog.said.text()
    assert opened.settings.keys == {"judge": [], "table": ["F9"]}
    dialog.all.click()
    assert opened.settings.keys == {}
    assert opened.actions_by_id["judge"].shortcut().toString() == "F9"
    dialog.close()


def test_own_keys_count_before_the_programs():
    assert keys_of({"judge": ["F8"]}, "judge") == ("F8",)
    assert keys_of({}, "judge") == BY_ID["judge"].keys
    assert clash({"judge": []}, "table", "F9") == ""
    assert clash({}, "table", "F9") == "judge"


@pytest.mark.parametrize("key", ["Ctrl+C", "Ctrl+V", "Ctrl+X", "Ctrl+A", "Ctrl+Z", "Ctrl+Y", "Del",
                                 "Shift+F10", "Space", "Return", "Left", "a", "Shift+A", "5", "Alt+P", "Alt+J", "Alt+C"])
def test_keys_that_fields_and_lists_use_themselves_are_refused(opened, key):
    dialog = opened.ask_keys()
    dialog.pick("identify")
    dialog.edit.setKeySequence(QKeySequence(key))
    assert not dialog.set.isEnabled()
    assert QKeySequence(key).toString(QKeySequence.NativeText) in dialog.said.text()  # as the line words it
    dialog.edit.setKeySequence(QKeySequence("Ctrl+Alt+F12"))
    assert dialog.set.isEnabled()
    assert dialog.said.text() == ""
    dialog.close()


def test_what_the_program_came_with_may_be_set_again():
    for spec in BY_ID.values():
        for key in spec.keys:
            own = [one for name in ("undo", "redo", "delete_site", "paste") for one in BY_ID[name].keys]  # each where it belongs
            assert key in own or not used_by_fields(key), (spec.id, key)


def test_the_list_of_keys_is_searched(opened, qtbot):
    dialog = opened.ask_keys()
    qtbot.keyClicks(dialog.search, "F11")
    shown = [item.text(0) for item in dialog._items.values() if not item.isHidden()]
    assert shown == ["全屏"]
    dialog.close()


@pytest.mark.parametrize("name", ["zh", "en"])
def test_names_and_keys_of_the_list_can_be_read_to_their_end(opened, qtbot, name):
    opened.choose_language(name)
    dialog = opened.ask_keys()
    tree = dialog.tree
    for top in (tree.topLevelItem(i) for i in range(tree.topLevelItemCount())):
        for item in (top.child(i) for i in range(top.childCount())):
            height = tree.visualItemRect(item).height()
            for column in (0, 1):
                sign = 22 if column == 0 and not item.icon(0).isNull() else 0
                room = tree.columnWidth(column) - sign - (2 * tree.indentation() + 10 if column == 0 else 6)
                needed = tree.fontMetrics().boundingRect(QRect(0, 0, room, 10_000), Qt.TextWordWrap, item.text(column))
                assert needed.height() <= height + 1, item.text(column)
                assert needed.width() <= room, item.text(column)


@pytest.fixture
def dark(window):
    window.set_theme("dark")
    yield window
    theme.apply(QApplication.instance(), "light")


def test_dark_is_remembered_and_light_comes_back(window):
    window.actions_by_id["theme_dark"].trigger()
    assert theme.is_dark()
    assert window.settings.theme == "dark"
    assert window.palette().window().color().lightnessF() < 0.3
    window.actions_by_id["theme_light"].trigger()
    assert not theme.is_dark()
    assert window.palette().window().color().lightnessF() > 0.8


class Restyled(QObject):
    """How many widgets Qt has dressed anew."""

    def __init__(self, parent):
        super().__init__(parent)
        self.count = 0

    def eventFilter(self, widget, event):
        self.count += event.type() == QEvent.StyleChange
        return False


def test_the_theme_changes_in_portions_and_dresses_few_widgets_anew(window, qtbot, monkeypatch):
    # Qt restyled every widget of the window in one call, a quarter of a second long.
    monkeypatch.setattr(gui.portions, "LONG_S", 0.0)  # one at a time
    watch = Restyled(window)
    QApplication.instance().installEventFilter(watch)
    try:
        window.set_theme("dark")
        at_once = watch.count
        hidden = window.docks["style"].widget()
        assert not hidden.isVisible()
        assert hidden.palette().window().color().lightnessF() > 0.8, "nobody sees it yet"
        qtbot.waitUntil(lambda: not window.portions.waiting, timeout=20_000)
        assert hidden.palette().window().color().lightnessF() < 0.3
        assert watch.count < len(window.findChildren(QWidget)) / 3
        assert at_once < 100
    finally:
        QApplication.instance().removeEventFilter(watch)
        theme.apply(QApplication.instance(), "light")


def test_after_a_change_of_theme_everything_looks_as_if_it_had_been_made_in_it(window, qtbot):
    def change(name):
        window.set_theme(name)
        qtbot.waitUntil(lambda: not window.portions.waiting, timeout=20_000)

    def look():
        qtbot.wait(100)
        return {name: colours(dock.widget().grab().toImage()) for name, dock in window.docks.items()}

    def colours(image):
        image = image.convertToFormat(QImage.Format_RGB32)
        bits = image.bits().asstring(image.sizeInBytes())
        return Counter(dict(zip(*np.unique(np.frombuffer(bits, np.uint32), return_counts=True), strict=True)))

    app = QApplication.instance()
    try:
        made = {}
        for _time in range(3):  # hidden panels come to their size step by step
            look()
        for name in ("dark", "light"):
            change(name)
            sheet = app.styleSheet()
            app.setStyleSheet("")
            app.setStyleSheet(sheet)  # every widget is dressed by Qt itself
            look()  # each is laid out
            made[name] = look()
        for name in ("dark", "light"):
            change(name)
            for panel, found in look().items():  # what was never shown may be laid out a few pixels otherwise
                other = (found - made[name][panel]) + (made[name][panel] - found)
                assert other.total() < 0.02 * found.total(), (name, panel, other.most_common(3))
    finally:
        theme.apply(app, "light")


def test_a_hidden_label_in_a_tone_and_one_made_later_are_in_the_colours_of_the_theme(window, qtbot):
    early, late = QLabel(window), None
    theme.tone(early, "wrong")
    window.set_theme("dark")
    try:
        qtbot.waitUntil(lambda: not window.portions.waiting, timeout=20_000)
        late = QLabel(window)
        theme.tone(late, "wrong")
        for label in (early, late):
            label.ensurePolished()
            assert label.palette().windowText().color().name() == theme.ink("wrong")
        theme.tone(early, "")
        assert early.palette().windowText().color().name() == theme.ink("text")
    finally:
        theme.apply(QApplication.instance(), "light")
    assert late.palette().windowText().color().name() == theme.ink("wrong")


def test_the_other_language_is_read_at_the_start_in_the_loaders_thread(monkeypatch):
    read = []
    monkeypatch.setattr(sanxian.i18n, "prepare", lambda: read.append(True))
    monkeypatch.setattr(gc, "freeze", lambda: None)
    Engine().load()
    assert read
    monkeypatch.undo()
    sanxian.i18n.prepare()
    monkeypatch.setattr(polib, "pofile", None)
    sanxian.i18n.set_language("en")
    try:
        assert sanxian.i18n._("关闭") == "Close"
    finally:
        sanxian.i18n.set_language("zh")


def test_a_sign_follows_the_theme(dark):
    def ink():
        image = icon("stop").pixmap(24, 24).toImage()
        return max(image.pixelColor(x, y).lightnessF() for x in range(24) for y in range(24)
                   if image.pixelColor(x, y).alpha() == 255)

    bright = ink()
    theme.apply(QApplication.instance(), "light")
    assert bright > 0.7 > ink()


@pytest.mark.parametrize("name", ["light", "dark"])
def test_everything_said_in_a_colour_can_be_read(qapp, name):
    theme.apply(qapp, name)
    try:
        for tone in ("text", "muted", "wrong", "doubt", "fine", "title", "link"):
            for ground in ("ground", "window"):
                assert theme.contrast(QColor(theme.ink(tone)), QColor(theme.ink(ground))) >= theme.CONTRAST, (tone, ground)
        for box in ("wrong", "doubt", "fine"):
            assert theme.contrast(QColor(theme.ink("text")), QColor(theme.ink(f"{box}_ground"))) >= theme.CONTRAST
        for verdict in VERDICT_ORDER:
            shown = theme.readable(verdict_style(verdict).colour)
            assert theme.contrast(shown, QColor(theme.ink("ground"))) >= theme.CONTRAST, verdict
    finally:
        theme.apply(qapp, "light")


def test_the_contrast_of_black_and_white():
    assert theme.contrast(QColor("#000000"), QColor("#ffffff")) == pytest.approx(21.0)
    assert theme.contrast(QColor("#777777"), QColor("#ffffff")) == pytest.approx(4.478, abs=0.01)


def test_tasks_are_listed_and_one_that_waits_can_be_stopped(opened, qtbot):
    work, gate, seen = opened.work, threading.Event(), []

    def slow(report):
        gate.wait(5)
        if not report(1, 4):
            raise Cancelled
        return "a"

    before = len(work.jobs)
    work.run("研判", slow, seen.append)
    work.run("保存", lambda _report: "b", seen.append, stopped=lambda: seen.append("stopped"))
    work.run("研判", lambda _report: 1 / 0, seen.append, failed=lambda error: seen.append(type(error).__name__))
    panel = opened.tasks
    qtbot.waitUntil(lambda: panel.tree.topLevelItemCount() == before + 3)
    opened.show_dock("messages")
    panel.tree.setCurrentItem(panel.tree.topLevelItem(1))
    assert panel.stop.isEnabled()
    qtbot.mouseClick(panel.stop, Qt.LeftButton)
    assert seen == ["stopped"]
    gate.set()
    qtbot.waitUntil(lambda: not work.running)
    assert seen == ["stopped", "a", "ZeroDivisionError"]
    panel.show_jobs()
    assert [panel.tree.topLevelItem(i).text(1) for i in range(3)] == ["× 失败", "■ 已停止", "√ 完成"]
    assert panel.tree.topLevelItem(2).text(2) == "4/4", "what is done is done, whatever was told last"
    assert "division" in panel.tree.topLevelItem(0).toolTip(0)
    assert not panel.stop.isEnabled()


@pytest.mark.parametrize("name", ["zh", "en"])
def test_projects_calendars_and_their_kinds_speak_the_language(opened, name):
    from PyQt5.QtCore import QLocale

    from gui.models.project_table import COLUMNS, KINDS
    from sanxian.i18n import _

    try:
        opened.apply_language(name)
        assert QLocale().language() == opened.locale().language() == (QLocale.Chinese if name == "zh" else QLocale.English)
        view = opened.projects.view
        kind = [one for one, _title in COLUMNS].index("kind")
        widest = max(view.fontMetrics().horizontalAdvance(_(word)) for word in KINDS.values())
        assert view.columnWidth(kind) > widest + 8
    finally:
        opened.apply_language("zh")

"""The keyboard stays where it is seen: past covered panels, back from a file dialog, into the panel that is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt5.QtCore import QDate, QRect, Qt, QTimer
from PyQt5.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QPushButton,
    QTabBar,
    QVBoxLayout,
)

from gui import theme
from gui.dialogs import choose
from gui.dialogs.keys import Keys
from gui.focus import Ring, out_of_sight
from gui.main_window import MainWindow

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)


def walk(qtbot, window, key, most=400):
    """Everything that Tab comes to before it is back where it began."""
    seen = []
    while len(seen) < most:
        held = QApplication.focusWidget()
        if seen and held is seen[0]:
            return seen
        seen.append(held)
        qtbot.keyClick(held, key)
        # In a field of several lines Tab may be a sign of the text; none of the window is.
        assert QApplication.focusWidget() is not held, held.objectName()
    raise AssertionError("never back")


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    """Room for the whole tool bar and the head of the verdict."""
    monkeypatch.setattr(MainWindow, "room", lambda _window: QRect(0, 0, 1920, 1200))


def panel_of(window, widget):
    return next((name for name, dock in window.docks.items() if dock.isAncestorOf(widget)), "")


@pytest.mark.parametrize("key", [Qt.Key_Tab, Qt.Key_Backtab])
def test_tab_passes_the_panels_behind_others(judged, qtbot, key):
    judged.canvas.setFocusPolicy(Qt.StrongFocus)
    judged.show_dock("verdict")
    qtbot.waitUntil(lambda: out_of_sight(judged, judged.form.name) and not out_of_sight(judged, judged.verdict.tree))
    judged.verdict.tree.setFocus()
    seen = walk(qtbot, judged, key)
    assert {panel_of(judged, one) for one in seen} == {"", "layers", "verdict", "projects"}
    assert judged.canvas in seen
    assert judged.verdict.facts not in seen, "words without a link are no stop"
    assert judged.form.name not in seen
    assert not any(out_of_sight(judged, one) for one in seen)


def test_a_panel_that_gets_the_keyboard_all_the_same_comes_to_the_front(judged, qtbot):
    judged.show_dock("verdict")
    qtbot.waitUntil(lambda: out_of_sight(judged, judged.form.name))
    judged.form.name.setFocus()
    qtbot.waitUntil(lambda: not out_of_sight(judged, judged.form.name))
    assert judged.form.name.hasFocus()


def test_a_panel_that_covers_the_one_with_the_keyboard_takes_it(judged, qtbot):
    judged.show_dock("form")
    judged.form.name.setFocus()
    judged.actions_by_id["judge"].trigger()
    qtbot.waitUntil(judged.verdict.tree.hasFocus, timeout=20_000)


def test_a_panel_that_something_else_brings_to_the_front_takes_no_keys(judged, qtbot):
    judged.canvas.setFocus()
    judged.show_dock("form")
    qtbot.waitUntil(lambda: not out_of_sight(judged, judged.form.name))
    assert judged.canvas.hasFocus()


@pytest.mark.parametrize(("action", "panel"), [
    ("outlets", "outlets"), ("outlet_board", "outlet_board"), ("coverage", "coverage"), ("batch_table", "batch")])
def test_a_panel_that_is_asked_for_has_the_keyboard(judged, qtbot, action, panel):
    judged.canvas.setFocus()
    judged.do(action)
    qtbot.waitUntil(lambda: panel_of(judged, QApplication.focusWidget()) == panel, timeout=20_000)


def test_a_panel_from_the_menu_has_the_keyboard_and_leaves_it_to_the_map(judged, qtbot):
    judged.canvas.setFocus()
    toggle = judged.docks["messages"].toggleViewAction()
    toggle.trigger()
    qtbot.waitUntil(lambda: panel_of(judged, QApplication.focusWidget()) == "messages", timeout=20_000)
    toggle.trigger()
    qtbot.waitUntil(judged.canvas.hasFocus, timeout=20_000)


@pytest.mark.parametrize("held", ["tree", "grouping", "text"])
@pytest.mark.parametrize("by", ["a dialog", "the list"])
def test_from_a_verdict_to_a_project_without_one_nothing_is_typed_into(judged, qtbot, hold, held, by):
    """The caret stood in the name of a project that nobody saw, and what was typed renamed it."""
    judged.show_dock("verdict")
    hold(getattr(judged.verdict, held))
    one, other = (site.id for site in judged.session.sites)
    if by == "a dialog":
        judged.do("go_to")
        dialog = next(box for box in judged.findChildren(QDialog) if box.isVisible())
        qtbot.waitUntil(lambda: dialog.isAncestorOf(QApplication.focusWidget()), timeout=20_000)
        judged.session.set_current(other)
        dialog.close()
    else:
        judged.session.set_current(other)
    qtbot.waitUntil(lambda: (judged.activateWindow(), judged.verdict.hint.hasFocus())[1], timeout=20_000)
    assert not out_of_sight(judged, judged.verdict.hint)
    qtbot.keyClicks(QApplication.focusWidget(), "QQ")
    assert judged.session.current.name == "项目P2"
    qtbot.keyClick(judged.verdict.hint, Qt.Key_Return)
    qtbot.waitUntil(judged.verdict.tree.hasFocus, timeout=20_000)
    judged.session.set_current(one)
    assert judged.verdict.tree.hasFocus()


@pytest.mark.parametrize("way", ["by Tab", "backwards"])
def test_a_text_that_gets_the_keyboard_by_keys_is_seen_whole(judged, qtbot, hold, way):
    judged.show_dock("verdict")
    judged.resize(683, 420)
    panel = judged.verdict
    bar = panel.scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 40)
    bar.setValue(0 if way == "by Tab" else bar.maximum())
    hold(panel.tree)
    for _step in range(8):
        if panel.text.hasFocus():
            break
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key_Tab)
    assert panel.text.hasFocus()

    def whole(part):
        at = QRect(part.mapTo(panel.scroll, part.rect().topLeft()), part.size())
        return at.top() >= 0 and at.bottom() <= panel.scroll.viewport().height()

    assert panel.text.height() <= panel.scroll.viewport().height()
    qtbot.waitUntil(lambda: whole(panel.text), timeout=20_000)


def test_a_dialog_opens_scrolled_to_what_has_the_keyboard(judged, qtbot, monkeypatch):
    """At 200 % the reason of a review was typed into a field below the fold."""
    from PyQt5.QtCore import QSize
    from PyQt5.QtGui import QScreen

    monkeypatch.setattr(QScreen, "availableSize", lambda _self: QSize(683, 384))
    judged.do("override")
    dialog = next(box for box in judged.findChildren(QDialog) if box.isVisible())
    dialog.activateWindow()
    qtbot.waitUntil(dialog.reason.hasFocus, timeout=20_000)
    qtbot.waitUntil(lambda: dialog.reason.visibleRegion().boundingRect() == dialog.reason.rect(), timeout=20_000)
    dialog.close()


def test_a_button_that_is_disabled_under_the_keyboard_leaves_it_in_its_panel_and_a_hidden_field_never_to_the_day(judged, qtbot):
    judged.verdict.review.setFocus()
    judged.verdict.review.setEnabled(False)
    assert panel_of(judged, QApplication.focusWidget()) == "verdict"
    judged.status.scale.setFocus()
    judged.status.scale.hide()
    assert judged.canvas.hasFocus()


def test_the_first_page_has_no_stop_that_is_not_seen(window, qtbot):
    button = window.welcome.buttons["demo"]
    window.activateWindow()
    qtbot.waitUntil(button.hasFocus, timeout=20_000)
    for key in (Qt.Key_Tab, Qt.Key_Backtab):
        seen = walk(qtbot, window, key)
        assert {button, window.welcome.buttons["open"], window.day} <= set(seen)
        assert not any(isinstance(one, QTabBar) or out_of_sight(window, one) for one in seen)


@pytest.mark.parametrize("before", ["a bar of tabs", "the day"])
def test_from_the_first_page_the_keyboard_goes_to_the_map(window, qtbot, engine, site, tmp_path, before):
    held = window.day if before == "the day" else next(
        bar for bar in window.findChildren(QTabBar) if bar.parent() is window)
    held.setFocus()
    assert held.hasFocus()
    engine.sites = [site("P1")]
    window.files.open(tmp_path / "workspace.gpkg")
    qtbot.waitUntil(lambda: not window.work.running, timeout=20_000)
    assert window.canvas.hasFocus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key_PageDown)
    assert window.day.date() == QDate(2026, 11, 22)


def test_a_file_dialog_takes_its_list_of_names_with_it(opened, qtbot, tmp_path):
    """Else a window that becomes active while the list is still there is not told, and hears no key."""
    (tmp_path / "there.gpkg").write_bytes(b"")
    opened.canvas.setFocus()
    lists = []

    def answer():
        dialog = QApplication.activeModalWidget()
        field = dialog.findChild(QLineEdit, "fileNameEdit") if isinstance(dialog, QFileDialog) else None
        if field is None or not field.isVisible():
            QTimer.singleShot(20, answer)
            return
        field.setText("")
        qtbot.keyClicks(field, str(tmp_path / "there.gpk"))
        qtbot.keyClick(field, "g")
        take(dialog, field)

    def take(dialog, field):
        names = QApplication.activePopupWidget()
        if names is None:  # what is in the folder is read meanwhile
            field.completer().complete()
            QTimer.singleShot(20, lambda: take(dialog, field))
            return
        lists.append(names)
        dialog.done(QFileDialog.Accepted)

    QTimer.singleShot(0, answer)
    assert choose.file(opened, "打开", "工作区 (*.gpkg)") == tmp_path / "there.gpkg"
    assert lists
    assert QApplication.activePopupWidget() is None


def test_the_layers_that_are_missing_are_listed_by_keyboard(judged, qtbot):
    one = judged.session.sites[0]
    roles = ("groundwater_zone", "wetland", "river_bank", "control_unit", "ecological_redline")
    one.screening = replace(one.screening, missing_roles=roles)
    judged.verdict.show_current()
    facts = judged.verdict.facts
    assert "悬停" not in facts.text()
    assert "缺少图层 5 类" in facts.text()
    assert "湿地" not in facts.text()
    if facts.isHidden():  # a low panel has it behind a button
        judged.verdict.more.click()
    judged.verdict.review.setFocus()
    for _step in range(60):
        if facts.hasFocus():
            break
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key_Tab)
    assert facts.hasFocus()
    qtbot.keyClick(facts, Qt.Key_Return)
    assert "湿地" in facts.text()
    assert "湿地" in facts.accessibleName()
    assert facts.hasFocus()
    qtbot.keyClick(facts, Qt.Key_Return)
    assert "湿地" not in facts.text()
    for key in (Qt.Key_Tab, Qt.Key_Backtab):  # it lets go, and is come back to
        qtbot.keyClick(QApplication.focusWidget(), key)
        assert facts.hasFocus() == (key == Qt.Key_Backtab)
    qtbot.keyClick(facts, Qt.Key_Backtab)
    assert not facts.hasFocus()


def test_enter_presses_a_button_of_a_dialog_that_is_not_its_default(judged, qtbot):
    dialog = judged.ask_keys()
    assert isinstance(dialog, Keys)
    dialog.activateWindow()
    dialog.pick("save")
    button = dialog.findChild(QPushButton, "keys_none")
    qtbot.waitUntil(lambda: (button.setFocus(), button.hasFocus())[1], timeout=20_000)
    qtbot.keyClick(button, Qt.Key_Return)
    assert judged.settings.keys["save"] == []
    dialog.close()


def test_a_key_that_is_refused_is_worded_as_in_its_line(judged):
    """The line said 下方向, the sentence under it Down."""
    from PyQt5.QtGui import QKeySequence

    dialog = judged.ask_keys()
    dialog.pick("save")
    dialog.edit.setKeySequence(QKeySequence("Down"))
    assert f"“{QKeySequence('Down').toString(QKeySequence.NativeText)}”" in dialog.said.text()
    dialog.close()


def test_a_task_that_is_done_has_done_all_its_steps(judged, qtbot):
    judged.work.run("示例", lambda report: report(5, 6), lambda _done: None)
    qtbot.waitUntil(lambda: judged.work.jobs[-1].state == "done", timeout=20_000)
    judged.tasks.show_jobs()
    assert "6/6" in [judged.tasks.tree.topLevelItem(row).text(2) for row in range(judged.tasks.tree.topLevelItemCount())]


def test_the_ring_is_whole_in_a_row_as_high_as_its_buttons(judged, qtbot):
    box = QDialog(judged)
    row = QDialogButtonBox(QDialogButtonBox.Close, box)
    layout = QVBoxLayout(box)
    layout.addWidget(row)
    box.show()
    box.activateWindow()
    button = row.button(QDialogButtonBox.Close)
    other = QPushButton("x")
    layout.addWidget(other)
    qtbot.waitUntil(lambda: (other.setFocus(), other.hasFocus())[1], timeout=20_000)
    for _step in range(3):
        if not button.hasFocus():
            qtbot.keyClick(QApplication.focusWidget(), Qt.Key_Tab)
    assert button.hasFocus()
    ring = row.findChild(Ring)
    assert ring.isVisible()
    assert row.rect().contains(ring.geometry())
    image, at = box.grab().toImage(), ring.rect().translated(ring.mapTo(box, ring.rect().topLeft()))
    edges = [(at.center().x(), at.top()), (at.center().x(), at.bottom()), (at.left(), at.center().y()), (at.right(), at.center().y())]
    assert [image.pixelColor(*place).name() for place in edges] == [theme.ink("link")] * 4
    box.close()

"""Everything can be reached by keyboard, and whatever takes it has a name."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QDate, QEvent, Qt
from PyQt5.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)

from gui.actions import ACTIONS
from gui.dialogs import message, sized
from gui.session import Site

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)


def nameless(top):
    """Widgets that the keyboard reaches and a screen reader has nothing to call by."""
    found = []
    buddies = {label.buddy() for label in top.findChildren(QLabel) if label.buddy() is not None and label.text()}
    for widget in top.findChildren(QWidget):
        if not widget.focusPolicy() & Qt.TabFocus or widget.window() is not top or widget.focusProxy() is not None:
            continue
        inside = isinstance(widget, QLineEdit) and isinstance(widget.parent(), (QComboBox, QAbstractSpinBox))
        own = widget.objectName().startswith("qt_") or type(widget).__name__ in ("QTabBar", "QScrollArea", "QCalendarView", "QMenu")
        named = widget.accessibleName() or widget in buddies or (isinstance(widget, QAbstractButton) and (widget.text() or widget.toolTip()))
        if not named and not inside and not own and not any("Calendar" in type(one).__name__ for one in above(widget)):
            found.append(f"{type(widget).__name__} {widget.objectName()} in {type(widget.parent()).__name__}")
    return found


def above(widget):
    while widget is not None:
        yield widget
        widget = widget.parent()


def test_every_widget_of_the_window_has_a_name(judged):
    for dock in judged.docks.values():
        dock.show()
    assert nameless(judged) == []


@pytest.mark.parametrize("name", ["go_to", "keys", "bearing", "coordinates", "rule_manager", "override", "layout", "help", "basemap", "batch",
                                  "filter_layer", "export", "select_where"])
def test_every_widget_of_a_dialog_has_a_name(judged, qtbot, name):
    judged.layers.select("示例单元")
    judged.do(name)
    qtbot.wait(50)
    tops = [one for one in QApplication.topLevelWidgets() if one.isVisible() and one is not judged and one.windowTitle()]
    assert tops
    missing = [line for top in tops for line in nameless(top)]
    for top in tops:
        top.close()
    assert missing == []


def test_the_keyboard_walks_through_the_panels_and_the_map_and_back(judged):
    judged.canvas.setFocusPolicy(Qt.StrongFocus)
    seen = []
    for _step in range(6):
        judged.actions_by_id["next_panel"].trigger()
        focus = QApplication.focusWidget()
        seen.append(next((name for name, dock in judged.docks.items() if dock.isAncestorOf(focus)), "map"))
    places = list(dict.fromkeys(seen))
    assert {"map", "layers", "verdict", "projects"} <= set(places)
    assert seen == [places[i % len(places)] for i in range(6)]
    here = QApplication.focusWidget()
    judged.actions_by_id["last_panel"].trigger()
    judged.actions_by_id["next_panel"].trigger()
    assert QApplication.focusWidget() is here


def test_a_covered_panel_lets_the_keys_go(judged, qtbot):
    judged.canvas.setFocusPolicy(Qt.StrongFocus)
    judged.show_dock("form")
    judged.form.name.setFocus()
    assert judged.form.name.hasFocus()
    former = judged.session.current.name
    judged.show_dock("verdict")
    qtbot.waitUntil(lambda: not judged.form.name.hasFocus(), timeout=20_000)
    qtbot.keyClicks(QApplication.focusWidget(), "xyz")
    assert judged.session.current.name == former, "typed where nobody sees it"


def test_undo_in_a_field_without_a_step_of_its_own_is_that_of_the_document(judged, qtbot):
    judged.show_dock("form")
    name, site = judged.form.name, judged.session.current
    former = site.name
    judged.session.rename_site(site.id, "改名")
    name.setFocus()
    qtbot.keyClicks(name, "n")
    qtbot.keyClick(name, Qt.Key_Z, Qt.ControlModifier)
    assert name.text() == "改名"
    assert site.name == "改名", "the field had a step of its own"
    qtbot.keyClick(name, Qt.Key_Z, Qt.ControlModifier)
    assert site.name == former
    qtbot.keyClick(name, Qt.Key_Z, Qt.ControlModifier | Qt.ShiftModifier)
    assert site.name == "改名"


def test_the_key_that_deletes_does_so_where_the_keys_go(judged, qtbot, monkeypatch):
    canvas, session = judged.canvas, judged.session
    canvas.setFocusPolicy(Qt.StrongFocus)
    asked = []
    monkeypatch.setattr("gui.main_window.message.ask", lambda *words: asked.append(words[2]))
    before, current = [one.id for one in session.sites], session.current_id
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key_Delete)
    judged.layers.select("示例单元")
    judged.layers.tree.setFocus()
    qtbot.keyClick(judged.layers.tree, Qt.Key_Delete)
    assert [one.id for one in session.sites] == before, "a vertex, a layer, but no project"
    assert len(asked) == 1
    assert "示例单元" in asked[0]
    judged.projects.view.setFocus()
    qtbot.keyClick(judged.projects.view, Qt.Key_Delete)
    assert current not in [one.id for one in session.sites]
    session.undo_stack.undo()
    assert [one.id for one in session.sites] == before
    assert session.current_id == current


def test_rows_far_apart_are_selected_by_clicks(judged, qtbot):
    judged.session.add_sites([Site(f"Q{i}", f"项目{i}", None, "EPSG:4548") for i in range(4)])
    view = judged.projects.view
    for row, keys in ((0, Qt.NoModifier), (2, Qt.ControlModifier), (4, Qt.ControlModifier)):
        qtbot.mouseClick(view.viewport(), Qt.LeftButton, keys, view.visualRect(view.model().index(row, 0)).center())
    picked = judged.projects.selected_ids()
    assert len(picked) == 3
    assert judged.session.current_id == picked[-1]
    qtbot.mouseClick(view.viewport(), Qt.LeftButton, Qt.ControlModifier, view.visualRect(view.model().index(2, 0)).center())
    assert len(judged.projects.selected_ids()) == 2


def test_a_filter_leaves_the_current_project_alone(judged, qtbot):
    session, panel = judged.session, judged.projects
    session.add_sites([Site(f"Q{i}", f"别的{i}", None, "EPSG:4548") for i in range(3)])
    session.set_current("Q0")
    panel.search.setText("Q2")
    assert session.current_id == "Q0"
    assert panel.selected_ids() == []
    before = len(session.sites)
    judged.actions_by_id["delete_site"].trigger()
    assert len(session.sites) == before, "what is out of sight is not deleted"
    panel.search.clear()
    assert session.current_id == "Q0"
    assert panel.selected_ids() == ["Q0"]


def test_no_two_actions_share_a_shortcut():
    keys = [key for spec in ACTIONS for key in spec.keys]
    assert len(keys) == len(set(keys))


def test_a_verdict_of_another_day_says_so_until_it_is_judged_again(judged, qtbot):
    assert judged.verdict.stale.isHidden()
    judged.day.setDate(QDate(2026, 8, 14))
    assert "2026-08-14" in judged.verdict.stale.text()
    assert "2026-11-22" in judged.verdict.stale.text()
    assert not judged.verdict.stale.isHidden()
    judged.actions_by_id["judge"].trigger()
    qtbot.waitUntil(lambda: not judged.work.running, timeout=20_000)
    assert judged.verdict.stale.isHidden()


def test_folders_of_rule_packs_are_a_step_that_can_be_undone_and_date_the_verdicts(judged, tmp_path):
    def put(folders):
        judged.settings.rule_folders = folders

    assert judged.rules.store.set_folders(put, [str(tmp_path)])
    assert judged.settings.rule_folders == [str(tmp_path)]
    assert judged.session.sites[0].stale
    assert judged.actions_by_id["undo"].text() == "撤销 修改规则包目录"
    judged.actions_by_id["undo"].trigger()
    assert judged.settings.rule_folders == []
    assert not judged.session.sites[0].stale


def test_the_window_fits_a_small_screen_whatever_is_open(judged, qtbot):
    """Full HD at 200 % has 960 by 540 points, of which the frame takes some; the font of this platform is larger by a tenth."""
    judged.do("batch_table")
    qtbot.wait(50)
    assert judged.minimumSizeHint().width() <= 1060
    assert judged.minimumSizeHint().height() <= 560
    assert judged.stack.minimumSizeHint().height() <= 120, "the first page, which is not seen, asks for no room"
    assert judged.docks["layers"].minimumSizeHint().width() >= 160
    judged.show_dock("measure")
    assert judged.docks["measure"].minimumSizeHint().height() <= 130, "at 200 % it pushed the window off the screen; it scrolls"


@pytest.mark.parametrize("language", ["chinese", "english"])
def test_the_first_verdict_leaves_the_window_on_a_much_enlarged_screen(judged, qtbot, language):
    """1366 by 768 at 200 % has 683 by 384 points: the first F9 made the window wider than that."""
    judged.do(language)
    for name in judged.docks:
        judged.show_dock(name)
        qtbot.wait(1)
        assert judged.minimumSizeHint().width() <= 640, name
    judged.show_dock("verdict")
    assert judged.verdict.buttons["not_applicable"].text()
    assert judged.verdict.minimumSizeHint().width() <= 290
    judged.resize(640, 384)
    qtbot.waitUntil(lambda: judged.width() == 640)
    body, bar = judged.verdict.body, judged.verdict.scroll.verticalScrollBar()
    for part in (*judged.verdict.buttons.values(), judged.verdict.review, judged.verdict.tree):
        assert part.mapTo(body, part.rect().topRight()).x() <= judged.verdict.scroll.width() - bar.width(), part.objectName()


def test_the_layout_as_it_came_with_brings_a_window_back_that_is_too_wide(judged, qtbot, monkeypatch):
    from PyQt5.QtCore import QRect

    monkeypatch.setattr(type(judged), "room", lambda _window: QRect(0, 0, 683, 384))
    judged.resize(900, 600)
    judged.verdict.setMinimumWidth(500)
    qtbot.waitUntil(lambda: judged.minimumSizeHint().width() > 683)
    judged.verdict.setMinimumWidth(0)
    judged.do("reset_layout")
    qtbot.waitUntil(lambda: judged.frameGeometry().width() <= 683, timeout=20_000)


@pytest.mark.parametrize("tell", [
    lambda window, path: message.tell_done(window, "研判报告已写好。", path),
    lambda window, path: message.tell_crash(window, ValueError("x"), path),
    lambda window, path: message.tell_crash(window, ValueError("x"), None),
    lambda window, _path: message.tell_error(window, "不行"),
])
def test_what_is_only_told_goes_with_escape(qtbot, tmp_path, tell):
    box = tell(None, tmp_path / "report.docx")
    ended = []
    box.finished.connect(ended.append)
    qtbot.keyClick(box, Qt.Key_Escape)
    qtbot.waitUntil(lambda: bool(ended), timeout=20_000)


@pytest.mark.parametrize("above", [True, False])
def test_errors_that_follow_one_another_are_told_in_one_box(qtbot, tmp_path, above):
    """195 boxes stood on one another, and stacked boxes do not hear the keyboard."""
    window = QWidget() if above else None
    if window is not None:
        qtbot.addWidget(window)
        window.show()
    first = message.tell_crash(window, ValueError("the first"), tmp_path / "error-1.txt")
    for number in range(20):
        assert message.tell_crash(window, RuntimeError(str(number)), tmp_path / f"error-{number + 2}.txt") is first
    assert "the first" in first.informativeText()
    assert "20 次" in first.informativeText()
    ended = []
    first.finished.connect(ended.append)
    qtbot.keyClick(first, Qt.Key_Escape)
    qtbot.waitUntil(lambda: bool(ended), timeout=20_000)
    QApplication.sendPostedEvents(None, QEvent.DeferredDelete)
    again = message.tell_crash(window, ValueError("later"), None)
    assert "later" in again.informativeText()
    qtbot.keyClick(again, Qt.Key_Escape)


def test_a_dialog_is_no_larger_than_the_screen(qtbot, monkeypatch):
    from PyQt5.QtCore import QSize
    from PyQt5.QtGui import QScreen

    window = QWidget()
    qtbot.addWidget(window)
    monkeypatch.setattr(QScreen, "availableSize", lambda _self: QSize(960, 540))
    sized(window, 1240, 680)
    assert (window.width(), window.height()) == (944, 492)
    sized(window, 560, 300)
    assert (window.width(), window.height()) == (560, 300)


@pytest.mark.parametrize("language", ["chinese", "english"])
@pytest.mark.parametrize("name", ["go_to", "coordinates", "rule_manager", "override", "layout", "basemap", "clause_review"])
def test_a_dialog_fits_a_small_screen_with_large_text(judged, qtbot, monkeypatch, name, language):
    """1366 by 768 at 200 % is 683 by 384: every button is in view, and what is above them scrolls."""
    from PyQt5.QtCore import QSize
    from PyQt5.QtGui import QScreen
    from PyQt5.QtWidgets import QDialog, QPushButton, QScrollArea

    monkeypatch.setattr(QScreen, "availableSize", lambda _self: QSize(683, 388))
    judged.do(language)
    judged.do(name)
    qtbot.wait(50)
    (top,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible() and one.windowTitle()]
    least = top.minimumSizeHint()
    assert least.width() <= 660
    assert least.height() <= 340
    top.resize(660, 340)
    qtbot.wait(20)
    try:
        assert (top.width(), top.height()) == (660, 340)
        scrolled = {button for area in top.findChildren(QScrollArea) for button in area.findChildren(QPushButton)}
        for button in set(top.findChildren(QPushButton)) - scrolled:
            if button.isVisible():
                assert top.rect().contains(button.rect().translated(button.mapTo(top, button.rect().topLeft()))), button.text()
                assert button.width() >= button.minimumSizeHint().width(), button.text()
    finally:
        top.close()


@pytest.mark.parametrize("language", ["chinese", "english"])
@pytest.mark.parametrize("name", ["rule_manager", "override", "basemap", "clause_review", "layout"])
def test_where_there_is_room_a_dialog_does_not_scroll(judged, qtbot, monkeypatch, name, language):
    """1366 by 768 at 100 %, less a task bar."""
    from PyQt5.QtCore import QSize
    from PyQt5.QtGui import QScreen
    from PyQt5.QtWidgets import QDialog, QScrollArea

    monkeypatch.setattr(QScreen, "availableSize", lambda _self: QSize(1366, 728))
    judged.do(language)
    judged.do(name)
    (top,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible() and one.windowTitle()]
    if name == "layout":
        top.resize(1240, 668)  # it goes by the room of the window
    qtbot.wait(50)
    try:
        for area in top.findChildren(QScrollArea):
            if area.objectName() != "sheet_area":
                assert not area.verticalScrollBar().isVisible()
                assert not area.horizontalScrollBar().isVisible()
    finally:
        top.close()


@pytest.mark.parametrize("language", ["chinese", "english"])
def test_no_panel_makes_the_window_wider_than_an_enlarged_screen(window, language):
    window.do(language)
    for name, dock in window.docks.items():
        assert dock.minimumSizeHint().width() <= 480, name  # beside the layers, of 1366 at 200 %

"""Where keys go: menus of rows, buttons, help in dialogs; and that one sees where the keyboard is."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QPoint, Qt, QTimer
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QApplication, QDialogButtonBox, QMenu, QWidget

from gui import theme as look
from gui.canvas.scene import Picked
from gui.dialogs.filter_features import SelectDialog
from gui.focus import Ring
from gui.help import HelpDialog

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)
MENU_KEYS = [(Qt.Key_Menu, Qt.NoModifier), (Qt.Key_F10, Qt.ShiftModifier)]


def menu_after(qtbot, widget, key, modifier):
    """The words of the menu that a key opens."""
    seen = []

    def look(left=100):
        menu = QApplication.activePopupWidget()
        if isinstance(menu, QMenu):
            seen.extend(action.text() for action in menu.actions())
            menu.close()
        elif left:
            QTimer.singleShot(20, lambda: look(left - 1))

    QTimer.singleShot(0, look)
    qtbot.keyClick(widget, key, modifier)
    qtbot.waitUntil(lambda: bool(seen), timeout=20_000)
    return seen


@pytest.mark.parametrize(("key", "modifier"), MENU_KEYS)
@pytest.mark.parametrize(("panel", "entry"), [
    ("layers", "图层属性…"), ("projects", "删除项目"), ("identify", "缩放到要素"), ("verdict", "人工复核…")])
def test_the_menu_of_the_current_row(judged, qtbot, panel, entry, key, modifier, hold):
    judged.show_dock(panel)
    judged.layers.select("示例单元")
    rows = judged.projects.view.selectionModel()  # selectRow() would ask what keys were held last
    rows.setCurrentIndex(judged.projects.model.index(0, 0), rows.ClearAndSelect | rows.Rows)
    judged.identify.show_hits(Picked({judged.session.layers[0].key: [0]}), (117.0, 28.0, 1.0, 2.0))
    judged.identify.tree.setCurrentItem(judged.identify.tree.topLevelItem(0).child(0))
    view = {"layers": judged.layers.tree, "projects": judged.projects.view, "identify": judged.identify.tree,
            "verdict": judged.verdict.tree}[panel]
    hold(view)
    assert entry in menu_after(qtbot, view, key, modifier)


def test_the_map_has_a_menu(judged):
    navigation = next(part for part in judged.parts if type(part).__name__ == "Navigation")
    menu = navigation.map_menu()
    assert judged.actions_by_id["copy_place"] in menu.actions()


def test_the_canvas_asks_for_its_menu_at_the_cross_but_not_at_the_end_of_a_sketch(qtbot):
    from PyQt5.QtGui import QContextMenuEvent

    from gui.canvas.canvas import MapCanvas

    canvas = MapCanvas()
    qtbot.addWidget(canvas)
    try:
        canvas.resize(400, 300)
        canvas.show()
        asked = []
        canvas.menuAsked.connect(asked.append)
        canvas.set_tool("identify")
        canvas.setFocus()
        qtbot.keyClick(canvas, Qt.Key_Right)
        qtbot.keyClick(canvas, Qt.Key_Right)
        QApplication.sendEvent(canvas, QContextMenuEvent(QContextMenuEvent.Keyboard, QPoint(1, 1), QPoint(1, 1)))
        assert asked == [canvas.mapToGlobal(canvas.cross.toPoint())]
        canvas.set_tool("draw_line")
        QApplication.sendEvent(canvas, QContextMenuEvent(QContextMenuEvent.Mouse, QPoint(1, 1), QPoint(1, 1)))
        assert len(asked) == 1
        canvas.set_tool("pan")
        QApplication.sendEvent(canvas, QContextMenuEvent(QContextMenuEvent.Mouse, QPoint(1, 1), QPoint(7, 9)))
        assert asked[-1] == QPoint(7, 9)
        canvas.set_tool("draw_line")
        canvas.sketchFinished.connect(lambda _shape: canvas.set_tool("pan"))  # as the window does where a site is cut
        for at in (QPoint(50, 50), QPoint(150, 50)):
            qtbot.mouseClick(canvas, Qt.LeftButton, pos=at)
        qtbot.mousePress(canvas, Qt.RightButton, pos=QPoint(150, 150))
        QApplication.sendEvent(canvas, QContextMenuEvent(QContextMenuEvent.Mouse, QPoint(150, 150), QPoint(150, 150)))
        qtbot.mouseRelease(canvas, Qt.RightButton, pos=QPoint(150, 150))
        assert canvas.tool == "pan"
        assert len(asked) == 2
        qtbot.mousePress(canvas, Qt.RightButton, pos=QPoint(150, 150))
        QApplication.sendEvent(canvas, QContextMenuEvent(QContextMenuEvent.Mouse, QPoint(150, 150), QPoint(150, 150)))
        assert len(asked) == 3
    finally:
        canvas.shutdown()


def test_enter_presses_the_button_that_has_the_keyboard(opened, qtbot, hold):
    former = opened.status.coordinate_format
    hold(opened.status.form)
    qtbot.keyClick(opened.status.form, Qt.Key_Return)
    assert opened.status.coordinate_format != former


def test_the_first_page_begins_at_a_button_that_is_seen_and_enter_presses_it(window, qtbot):
    button = window.welcome.buttons["demo"]
    window.activateWindow()
    qtbot.waitUntil(button.hasFocus, timeout=20_000)
    assert ring(window).isVisible()
    asked = []
    window.welcome.asked.disconnect()
    window.welcome.asked.connect(asked.append)
    qtbot.keyClick(button, Qt.Key_Return)
    assert asked == ["demo"]
    qtbot.keyClick(button, Qt.Key_Tab)
    assert window.welcome.buttons["open"].hasFocus()
    assert not window.welcome.recent.focusPolicy() & Qt.TabFocus, "an empty list is no stop"


def ring(top):
    return next((one for one in top.findChildren(QWidget) if isinstance(one, Ring)), None)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_has_the_keyboard_is_seen(judged, qtbot, theme):
    judged.set_theme(theme)
    judged.activateWindow()
    judged.status.scale.setFocus()
    qtbot.keyClick(judged.status.scale, Qt.Key_Tab)
    assert judged.status.crs.hasFocus()
    qtbot.waitUntil(lambda: ring(judged).geometry().contains(judged.status.crs.geometry()), timeout=20_000)
    assert ring(judged).isVisible()
    image = judged.grab(judged.status.geometry()).toImage()
    at = judged.status.crs.geometry()
    assert image.pixelColor(at.center().x(), at.top() - 1).name() == look.ink("link")
    assert look.contrast(QColor(look.ink("link")), QColor(look.ink("window"))) > 3  # WCAG 2.1, 1.4.11
    qtbot.mouseClick(judged.projects.search, Qt.LeftButton)
    assert not ring(judged).isVisible()
    judged.set_theme("light")


def test_conditions_come_first_with_tab(judged, qtbot):
    judged.layers.select("示例单元")
    judged.do("select_where")
    (dialog,) = judged.findChildren(SelectDialog)
    dialog.activateWindow()
    qtbot.waitUntil(dialog.lines[0][0].hasFocus, timeout=20_000)
    dialog.more.click()
    qtbot.waitUntil(dialog.lines[1][0].isVisible, timeout=20_000)
    stops = []
    for _step in range(9):
        at = QApplication.focusWidget()
        stops.append(at)
        qtbot.keyClick(at, Qt.Key_Tab)
    assert stops[:8] == [*dialog.lines[0], *dialog.lines[1]]
    assert stops[8] is dialog.more
    dialog.close()


@pytest.mark.parametrize("name", ["basemap", "select_where", "filter_layer", "coordinates", "export"])
def test_f1_works_in_a_dialog_that_locks_the_window(judged, qtbot, name):
    judged.layers.select("示例单元")
    judged.do(name)
    qtbot.wait(50)
    dialog = QApplication.activeModalWidget() or next(
        one for one in QApplication.topLevelWidgets() if one.isVisible() and one is not judged and one.windowTitle())
    dialog.activateWindow()
    inside = next(one for one in dialog.findChildren(QWidget) if one.focusPolicy() & Qt.TabFocus and one.isVisible() and one.isEnabled()
                  and not isinstance(one.parentWidget(), QDialogButtonBox))
    inside.setFocus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key_F1)
    shown = [one for one in QApplication.topLevelWidgets() if isinstance(one, HelpDialog) and one.isVisible()]
    assert len(shown) == 1
    assert shown[0].page == type(dialog).__name__
    shown[0].close()
    dialog.close()


def test_drawing_is_paused_from_the_menu_and_by_key(opened):
    action = opened.actions_by_id["pause_drawing"]
    assert not action.isChecked()
    action.trigger()
    assert opened.canvas.last("set_paused") == (True,)
    action.trigger()
    assert opened.canvas.last("set_paused") == (False,)
    assert [key.toString() for key in action.shortcuts()] == ["Ctrl+F5"]


def test_judging_stays_on_a_narrow_tool_bar(opened, qtbot):
    bar = opened.toolbar
    shown = [opened.actions_by_id[name] for name in ("judge", "judge_all")]
    opened.resize(2400, 800)
    qtbot.waitUntil(lambda: bar.actions()[-1] is shown[1], timeout=20_000)
    opened.resize(910, 600)
    qtbot.waitUntil(lambda: bar.actions().index(shown[0]) < bar.actions().index(opened.actions_by_id["undo"]), timeout=20_000)
    qtbot.waitUntil(lambda: all(0 < bar.actionGeometry(one).right() < bar.width() for one in shown), timeout=20_000)
    assert bar.widgetForAction(shown[0]).toolButtonStyle() == Qt.ToolButtonTextBesideIcon
    opened.resize(2400, 800)
    qtbot.waitUntil(lambda: bar.actions()[-1] is shown[1], timeout=20_000)

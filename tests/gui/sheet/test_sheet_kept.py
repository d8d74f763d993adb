"""The layout window comes and goes: nothing that was laid out is lost, and what is edited afterwards is no concern of its."""

from __future__ import annotations

import json
import shutil

import pytest
from PyQt5.QtCore import QDate, QEvent, Qt
from PyQt5.QtWidgets import QApplication, QFileDialog
from shapely.geometry import box

from gui.dialogs.sheet import SheetDialog
from gui.session import Site

pytestmark = [pytest.mark.timeout(300), pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)]


@pytest.fixture
def make(begin, qtbot, path):
    def opened():
        window = begin()
        read(window, path, qtbot)
        return window

    return opened


def read(window, path, qtbot):
    window.files.open(path)
    qtbot.waitUntil(lambda: window.session.path == path and not window.work.running and not window.files.reading_verdicts, timeout=60_000)
    qtbot.waitUntil(lambda: all(layer.frame is not None for layer in window.session.layers), timeout=60_000)


def shown(window, qtbot):
    window.do("layout")
    dialog = window.findChild(SheetDialog)
    qtbot.waitUntil(lambda: dialog._proof is not None and not window.work.running, timeout=60_000)
    return dialog


def gone(window, qtbot):
    QApplication.sendPostedEvents(None, QEvent.DeferredDelete)  # without a loop of the program nobody does
    qtbot.waitUntil(lambda: window.findChild(SheetDialog) is None, timeout=20_000)


def close(dialog, qtbot):
    from PyQt5.QtWidgets import QPushButton

    qtbot.mouseClick(dialog.findChild(QPushButton, "sheet_close"), Qt.LeftButton)


def lay_out(dialog, qtbot):
    dialog.tabs.setCurrentIndex(1)
    qtbot.keyClicks(dialog.fields["producer"], "Bureau")
    qtbot.keyClick(dialog.fields["producer"], Qt.Key_Return)
    dialog.elements["legend"].setChecked(False)
    qtbot.keyClicks(dialog.fields["approval"], "S(2026)")  # still being typed when the window goes


def test_edits_after_the_layout_window_was_closed_do_no_harm(make, qtbot, path, tmp_path):
    window = make()
    for _time in range(2):
        dialog = shown(window, qtbot)
        qtbot.keyClick(dialog, Qt.Key_Escape)
        gone(window, qtbot)
    # An error in a slot fails the test (pytest-qt).
    window.session.add_sites([Site("p", "P", box(500_000, 3_290_000, 500_100, 3_290_100), "EPSG:4548")])
    window.session.rename_site("p", "Q")
    window.day.setDate(QDate(2026, 8, 14))
    window.session.undo_stack.undo()
    window.actions_by_id["judge"].trigger()
    qtbot.waitUntil(lambda: not window.work.running, timeout=60_000)
    qtbot.wait(50)
    window.session.undo_stack.setClean()
    read(window, shutil.copy(path, tmp_path / "b.gpkg"), qtbot)
    qtbot.wait(50)


def test_edits_while_the_layout_window_is_going_do_no_harm(make, qtbot):
    window = make()
    dialog = shown(window, qtbot)
    close(dialog, qtbot)  # it goes with the next turn of the loop
    window.session.siteChanged.emit("x")
    window.session.layersChanged.emit()
    gone(window, qtbot)


def test_what_was_laid_out_is_there_again(make, qtbot):
    window = make()
    dialog = shown(window, qtbot)
    lay_out(dialog, qtbot)
    qtbot.keyClick(dialog, Qt.Key_Escape)
    gone(window, qtbot)
    dialog = shown(window, qtbot)
    assert dialog.fields["producer"].text() == "Bureau"
    assert dialog.fields["approval"].text() == "S(2026)"
    assert not dialog.elements["legend"].isChecked()
    assert "接着上次的排版" in dialog.told.text()
    for _step in range(3):
        qtbot.mouseClick(dialog.undo, Qt.LeftButton)
    assert dialog.fields["producer"].text() == ""
    assert dialog.elements["legend"].isChecked()
    assert not dialog.undo.isEnabled()
    qtbot.keyClick(dialog, Qt.Key_Y, Qt.ControlModifier)
    assert dialog.undo.isEnabled(), "redone"


def test_another_workspace_has_its_own_sheet(make, qtbot, path, tmp_path):
    window = make()
    lay_out(shown(window, qtbot), qtbot)
    other = shutil.copy(path, tmp_path / "b.gpkg")
    read(window, other, qtbot)  # the layout window goes with the workspace
    gone(window, qtbot)
    dialog = shown(window, qtbot)
    assert dialog.fields["producer"].text() == ""
    assert not dialog.undo.isEnabled()
    close(dialog, qtbot)
    gone(window, qtbot)
    read(window, path, qtbot)
    assert shown(window, qtbot).fields["producer"].text() == "Bureau"


def test_the_next_start_of_the_program_goes_on_with_it(make, qtbot, tmp_path):
    window = make()
    lay_out(shown(window, qtbot), qtbot)
    window.session.undo_stack.setClean()
    window.close()  # the layout window is open
    again = make()
    dialog = shown(again, qtbot)
    assert dialog.fields["producer"].text() == "Bureau"
    assert dialog.fields["approval"].text() == "S(2026)"
    qtbot.mouseClick(dialog.undo, Qt.LeftButton)
    assert dialog.fields["producer"].text() == "", "as the template has it"
    assert not dialog.undo.isEnabled()


@pytest.mark.parametrize("harm", [b"{", b"[]", b"{}", b'{"template": 3}', "secret", "extent"])
def test_what_is_no_sheet_is_left_out(make, qtbot, tmp_path, harm):
    window = make()
    dialog = shown(window, qtbot)
    lay_out(dialog, qtbot)
    close(dialog, qtbot)
    gone(window, qtbot)
    (file,) = (tmp_path / "sheets").iterdir()
    if isinstance(harm, str):
        harm = json.dumps({**json.loads(file.read_text(encoding="utf-8")), harm: "all"}).encode()
    file.write_bytes(harm)
    window.close()
    file.write_bytes(harm)
    dialog = shown(make(), qtbot)
    assert dialog.fields["producer"].text() == ""
    assert not dialog.undo.isEnabled()


def test_a_step_of_before_takes_no_mark_of_secrecy_away(make, qtbot):
    window = make()
    dialog = shown(window, qtbot)
    lay_out(dialog, qtbot)
    close(dialog, qtbot)
    gone(window, qtbot)
    window.session.set_secrecy("管控单元", "secret")
    qtbot.waitUntil(lambda: not window.work.running, timeout=60_000)
    dialog = shown(window, qtbot)
    while dialog.undo.isEnabled():
        qtbot.mouseClick(dialog.undo, Qt.LeftButton)
    qtbot.waitUntil(lambda: not window.work.running, timeout=60_000)
    assert window.session.workspace.record("管控单元").secrecy == "secret"


def test_enter_takes_what_is_typed_and_writes_no_file(make, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(QFileDialog, "exec_", lambda self: asked.append(self) or 0)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args, **_more: asked.append(args) or ("", ""))
    window = make()
    dialog = shown(window, qtbot)
    dialog.tabs.setCurrentIndex(2)
    spin = dialog.at[1]
    assert spin.isEnabled()
    spin.setFocus()
    spin.selectAll()
    QApplication.processEvents()
    qtbot.keyClicks(spin, "33")
    qtbot.keyClick(spin, Qt.Key_Return)
    assert dialog.state.template.places[dialog.block.currentData()][1] == pytest.approx(33.0)
    assert asked == []
    assert not any(window.isVisible() and window not in (dialog, dialog.parent()) for window in QApplication.topLevelWidgets()
                   if window.windowTitle() == "导出图件")
    qtbot.keyClick(dialog.fields["title"], Qt.Key_Return)
    assert asked == []
    dialog.tabs.setFocus()
    dialog.export.setFocus()
    monkeypatch.setattr(dialog, "ask_export", lambda: asked.append("asked"))
    qtbot.keyClick(dialog.export, Qt.Key_Return)
    assert asked != [], "the button that has the keyboard is pressed"


def test_an_export_that_ends_after_the_window_closed_is_told(make, qtbot, tmp_path, monkeypatch):
    from gui.dialogs import message

    told = []
    monkeypatch.setattr(message, "tell_done", lambda parent, words, file: told.append((parent, words)))
    window = make()
    dialog = shown(window, qtbot)
    dialog.export_to(tmp_path / "a.svg")
    dialog.close()
    qtbot.waitUntil(lambda: bool(told), timeout=60_000)
    assert told[0][0] is window


def test_while_a_box_is_drawn_on_the_map_the_layout_window_is_out_of_the_way(make, qtbot):
    from PyQt5.QtWidgets import QPushButton

    window = make()
    dialog = shown(window, qtbot)
    dialog.fields["producer"].setText("Bureau")
    dialog.fields["producer"].editingFinished.emit()
    button = dialog.findChild(QPushButton, "sheet_box")
    button.click()
    assert not dialog.isVisible()
    assert window.canvas.tool == "extent"
    qtbot.keyClick(window.canvas, Qt.Key_Escape)
    assert dialog.isVisible()
    assert window.canvas.tool == "pan"
    button.click()
    window.canvas.set_tool("select")
    assert dialog.isVisible(), "another tool was taken"
    button.click()
    before = dialog.request().extent
    middle = window.canvas.rect().center()
    qtbot.mousePress(window.canvas, Qt.LeftButton, pos=middle)
    qtbot.mouseMove(window.canvas, middle + middle / 4)
    qtbot.mouseRelease(window.canvas, Qt.LeftButton, pos=middle + middle / 4)
    assert dialog.isVisible()
    assert dialog.request().extent != before
    assert dialog.fields["producer"].text() == "Bureau"

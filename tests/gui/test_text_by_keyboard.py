"""Out of a text that is written in a dialog one gets by keyboard, forwards too."""

from __future__ import annotations

import re

import pytest
from PyQt5 import sip
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QCheckBox, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QTextEdit

from sanxian.i18n import set_language

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)
SQUARE = "117.00 28.00\n117.01 28.00\n117.01 28.01\n117.00 28.01"


@pytest.fixture(params=["zh", "en"])
def dialog(request, opened, qtbot):
    opened.choose_language(request.param)
    qtbot.wait(50)  # Qt tells its widgets of it a moment later
    made = opened.ask_coordinates()
    with qtbot.waitActive(made, timeout=20_000):
        made.activateWindow()
    qtbot.waitUntil(made.text.hasFocus, timeout=20_000)
    yield made
    if not sip.isdeleted(made):  # it is once it was accepted
        made.reject()
    set_language("zh")


def test_tab_leads_on_from_the_coordinates(dialog, qtbot):
    qtbot.keyClicks(dialog.text, "117 28")
    qtbot.keyClick(dialog.text, Qt.Key_Tab)
    assert not dialog.text.hasFocus()
    assert dialog.text.toPlainText() == "117 28"
    assert isinstance(QApplication.focusWidget(), QPushButton)


def test_ctrl_enter_adds_the_site_once_there_is_one(dialog, opened, qtbot):
    before = len(opened.session.sites)
    qtbot.keyClick(dialog.text, Qt.Key_Return, Qt.ControlModifier)
    assert dialog.isVisible()
    dialog.text.setPlainText(SQUARE)
    qtbot.keyClick(dialog.text, Qt.Key_Return, Qt.ControlModifier)
    qtbot.waitUntil(lambda: len(opened.session.sites) == before + 1, timeout=20_000)


def test_every_part_of_the_dialog_has_a_letter_of_its_own(dialog):
    texts = [one.text() for kind in (QLabel, QCheckBox, QPushButton) for one in dialog.findChildren(kind)]
    letters = [found[1].upper() for text in texts for found in [re.search(r"&(\w)", text)] if found]
    assert len(letters) == len(set(letters)) == 5
    assert "&" in dialog.buttons.button(QDialogButtonBox.Ok).text()


@pytest.mark.parametrize("name", ["coordinates", "basemap", "override", "layout", "go_to", "filter_layer", "batch", "rule_manager"])
def test_every_text_of_a_dialog_lets_tab_go_on(judged, qtbot, name):
    judged.layers.select("示例单元")
    judged.do(name)
    qtbot.wait(50)
    texts = [one for top in QApplication.topLevelWidgets() for kind in (QPlainTextEdit, QTextEdit) for one in top.findChildren(kind)]
    kept = [one.objectName() for one in texts if not one.isReadOnly() and not one.tabChangesFocus()]
    for top in QApplication.topLevelWidgets():
        if top is not judged and top.isVisible():
            top.close()
    assert kept == []

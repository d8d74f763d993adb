"""Every menu fits the smallest screen that the program is made for: 1366 by 768 with everything enlarged by half."""

from __future__ import annotations

import re

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QMenu, QStyle, QStyleOptionMenuItem

from gui.actions import ACTIONS, SUBMENUS
from sanxian.i18n import set_language

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)
HIGH, WIDE = 768 / 1.5, 1366 / 1.5
ROW = 28  # px of a row in the font of a desktop at 96 dpi; the font of a test may be another
LINE = 3  # px of a line between
ABOVE = 42  # px of title and menu bar


@pytest.fixture(params=["zh", "en"])
def spoken(request, judged):
    judged.choose_language(request.param)
    yield judged
    set_language("zh")


def all_menus(window):
    window.layers.select("示例单元")
    menus = [menu for menu in window.findChildren(QMenu) if menu.actions()]
    made = [window.projects.context_menu(), window.layers.context_menu(window.layers.current_key())]
    return menus + made + [next(part for part in window.parts if hasattr(part, "map_menu")).map_menu()]


def height(menu):
    option = QStyleOptionMenuItem()
    frame = menu.style().pixelMetric(QStyle.PM_MenuPanelWidth, option, menu) + menu.style().pixelMetric(QStyle.PM_MenuVMargin, option, menu)
    return sum(LINE if one.isSeparator() else ROW for one in menu.actions() if one.isVisible()) + 2 * frame


def test_every_menu_fits_below_the_menu_bar(spoken):
    menus = all_menus(spoken)
    assert len(menus) > 15
    tall = {menu.title(): height(menu) for menu in menus if height(menu) > HIGH - ABOVE}
    wide = {menu.title(): menu.sizeHint().width() for menu in menus if menu.sizeHint().width() > WIDE}
    assert (tall, wide) == ({}, {})


def test_no_letter_opens_two_menus_of_one_menu(spoken):
    for menu in (*spoken.menus.values(), spoken.menuBar()):
        letters = [found[1].upper() for one in menu.actions() if one.menu() is not None for found in [re.search("&(.)", one.text())] if found]
        assert len(letters) == len(set(letters)), menu.objectName()


def test_submenus_hold_what_they_are_called_after_and_stand_where_it_begins(spoken):
    assert {spec.sub for spec in ACTIONS} - {""} == {key for key, _title in SUBMENUS}
    for key, _title in SUBMENUS:
        inside = [spec for spec in ACTIONS if spec.sub == key]
        assert len(inside) > 1
        assert len({spec.menu for spec in inside}) == 1
        rows = spoken.menus[inside[0].menu].actions()
        assert spoken.menus[key].menuAction() in rows
        assert not {spoken.actions_by_id[spec.id] for spec in inside} & set(rows)


def test_a_submenu_is_reached_by_letters(judged, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(judged, "do", asked.append)
    view = judged.menus["view"]
    view.popup(judged.mapToGlobal(judged.rect().center()))
    qtbot.waitUntil(view.isVisible, timeout=20_000)
    qtbot.keyClick(view, Qt.Key_M)
    sub = judged.menus["measuring"]
    qtbot.waitUntil(sub.isVisible, timeout=20_000)
    qtbot.keyClick(sub, Qt.Key_Return)
    assert asked == ["measure_length"]

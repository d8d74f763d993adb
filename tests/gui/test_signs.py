"""Signs of menus and panels: what they look like where they stand."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QRect, QSize, Qt
from PyQt5.QtWidgets import QAbstractButton, QApplication, QDockWidget, QMainWindow, QMenu

from gui import theme
from gui.app import dress
from gui.resources.icons import icon


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_sign_of_a_chosen_line_of_a_menu_is_as_light_as_its_words(qtbot, name):
    app = QApplication.instance()
    dress(app, name)
    try:
        menu = QMenu()
        qtbot.addWidget(menu)
        entry = menu.addAction(icon("full"), "")
        menu.adjustSize()
        plain = _colours(menu, entry)
        menu.setActiveAction(entry)
        chosen = _colours(menu, entry)
        assert theme.ink("icon") in plain
        assert theme.ink("selected") in chosen
        assert theme.ink("icon") not in chosen, "that of a line nobody has chosen"
    finally:
        dress(app)


def _colours(menu, entry):
    """The colours of the left end of a line of a menu, where its sign stands."""
    place = menu.actionGeometry(entry)
    image = menu.grab(QRect(place.left(), place.top(), 26, place.height())).toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_the_buttons_in_the_title_of_a_panel_are_sharp_and_have_their_names(qtbot):
    dress(QApplication.instance())
    window = QMainWindow()
    qtbot.addWidget(window)
    dock = QDockWidget("图层列表")
    window.addDockWidget(Qt.LeftDockWidgetArea, dock)
    for name in ("qt_dockwidget_floatbutton", "qt_dockwidget_closebutton"):
        button = dock.findChild(QAbstractButton, name)
        assert button.icon().actualSize(QSize(64, 64)) == QSize(64, 64), "drawn for the screen, and no picture of ten pixels made larger"
        assert button.accessibleName()
    theme.apply(QApplication.instance(), "dark")
    try:
        image = dock.findChild(QAbstractButton, "qt_dockwidget_closebutton").icon().pixmap(32, 32).toImage()
        assert theme.ink("icon") in {image.pixelColor(at, at).name() for at in range(32)}
    finally:
        theme.apply(QApplication.instance(), "light")

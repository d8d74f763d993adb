"""Values changed in the attribute table: by keys, checked by kind, written as steps, shown everywhere, and only where nothing is judged by them."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import geopandas
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QComboBox, QLineEdit
from shapely import Point

from layers.read import Layer
from layers.workspace import Workspace
from sanxian import i18n
from sanxian.mapping.filters import Condition, Filter
from sanxian.mapping.styles import LayerStyle, Symbol
from tests.gui import test_undo
from tests.gui.test_undo import behind, idle, window

__all__ = ["behind", "window"]  # fixtures
KEY = "我的点"


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A workspace with layers that verdicts rest on, and one of the person's own with a column of every kind."""
    path = test_undo.template.__wrapped__(tmp_path_factory)
    frame = geopandas.GeoDataFrame(
        {"code": ["1", "2", "3"], "name": ["甲", "乙", "丙"], "depth": [1.25, None, 3.0], "count": [1, 2, 3], "done": [True, False, None]},
        geometry=[Point(116.1 + i / 10, 29.6) for i in range(3)], crs=4490)
    with Workspace.open(path) as workspace:
        workspace.add(Layer("reference", KEY, frame, Path("x.gpkg"), "ab" * 32, None, ()))
    with closing(sqlite3.connect(path)) as file, file:
        file.execute('ALTER TABLE "我的点" ADD COLUMN seen DATE')
        file.execute('ALTER TABLE "我的点" ADD COLUMN blob BLOB')
    return path


@pytest.fixture
def table(window, qtbot):
    return opened(window, qtbot, KEY)


def opened(window, qtbot, key):
    made = window.show_table(key)
    made.setAttribute(Qt.WA_DeleteOnClose, False)
    with qtbot.waitActive(made):
        made.activateWindow()
    qtbot.waitUntil(lambda: not made._looks.asking(("cells", id(made))), timeout=10_000)
    made.view.setFocus()
    qtbot.waitUntil(made.view.hasFocus, timeout=5000)
    return made


def go(table, row, name):
    table.view.setCurrentIndex(table.model.index(row, table.model.columns.index(name)))


def editor(table):
    found = [one for one in table.view.findChildren((QLineEdit, QComboBox)) if one.objectName() == "cell_editor" and one.isVisible()]
    return found[0] if found else None


def typed(table, row, name, text, end=Qt.Key_Return, start=Qt.Key_F2):
    """Open a cell by a key, type, and end it by a key."""
    go(table, row, name)
    QTest.keyClick(table.view, start)
    field = editor(table)
    assert field is not None
    field.selectAll()
    QTest.keyClick(field, Qt.Key_Delete)
    QTest.keyClicks(field, text) if text.isascii() else field.insert(text)  # an input method gives such words whole
    QTest.keyClick(field, end)
    return field


def column(table, name):
    return [table.model.index(row, table.model.columns.index(name)).data() for row in range(table.model.rowCount())]


def in_file(window, name, key=KEY):
    with Workspace.open(window.session.path, readonly=True) as kept:
        return kept.read(key)[name].tolist()


def test_smoke(window, qtbot, table):
    print(table.state.text())
    typed(table, 0, "name", "新名")
    idle(qtbot, window)
    print(column(table, "name"), in_file(window, "name"), table.said.text())
    assert column(table, "name") == ["新名", "乙", "丙"]
    assert in_file(window, "name") == ["新名", "乙", "丙"]

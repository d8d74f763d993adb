"""Text from files is shown letter by letter: what looks like HTML is a name like any other."""

from __future__ import annotations

import sqlite3
from datetime import date

import pytest
from PyQt5.QtCore import QAbstractListModel, QModelIndex, QSettings, Qt
from PyQt5.QtWidgets import QAbstractItemView, QApplication, QLabel

from gui.main_window import MainWindow
from gui.settings import Settings
from gui.words import plain_tip
from sanxian.demo import build

pytestmark = [pytest.mark.timeout(300), pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)]
MARKUP = "<b>粗</b>"


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """The demo, with markup at the end of all names."""
    folder = tmp_path_factory.mktemp("marked")
    build(folder)
    path = next(one for one in folder.glob("*.gpkg") if one.name != "projects.gpkg")
    file = sqlite3.connect(path)
    triggers = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _sql in triggers:
        file.execute(f'DROP TRIGGER "{name}"')
    for (table,) in file.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'").fetchall():
        columns = {row[1] for row in file.execute(f'PRAGMA table_info("{table}")')}
        for column in {"name", "remark", "river", "operator"} & columns:
            file.execute(f'UPDATE "{table}" SET "{column}" = coalesce("{column}", \'\') || ?', (MARKUP,))
    file.execute("UPDATE sanxian_layers SET name = name || ?, source = coalesce(source, '') || ?", (MARKUP, MARKUP))
    for _name, sql in triggers:
        file.execute(sql)
    file.commit()
    file.close()
    return path


def cells(model, parent, depth=0):
    wide = 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)
    for row in range(min(model.rowCount(parent), 10)):
        for column in range(min(wide, 10)):
            yield model.index(row, column, parent)
        if depth < 4:
            yield from cells(model, model.index(row, 0, parent), depth + 1)


def taken_for_html():
    """Widgets and cells that show a name with its markup carried out, and how many of its letters were seen at all."""
    wrong, seen = [], 0
    for widget in QApplication.allWidgets():
        tips = [(type(widget).__name__, widget.objectName(), widget.toolTip())]
        if isinstance(widget, QLabel):
            seen += MARKUP in widget.text()
            if widget.textFormat() == Qt.AutoText:
                tips.append(("text", widget.objectName(), widget.text()))
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            for index in cells(widget.model(), QModelIndex()):
                seen += MARKUP in str(index.data(Qt.DisplayRole))
                tips.append(("cell", f"{widget.objectName()} {index.column()}", index.data(Qt.ToolTipRole)))
        wrong += [(*where, tip) for *where, tip in tips if isinstance(tip, str) and MARKUP in tip and Qt.mightBeRichText(tip)]
    return wrong, seen


def test_names_with_markup_stand_letter_by_letter_in_panels_tables_and_tips(qtbot, tmp_path, marked, said):
    window = MainWindow(Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.IniFormat)), today=date(2026, 11, 22))
    window.resize(1366, 768)
    window.show()
    qtbot.waitUntil(lambda: window.ready, timeout=60_000)
    try:
        window.files.open(marked)
        qtbot.waitUntil(lambda: window.session.workspace is not None and not window.work.running, timeout=120_000)
        window.session.set_current(next(one for one in window.session.sites if "化工" in one.name).id)
        window.actions_by_id["judge"].trigger()
        qtbot.waitUntil(lambda: window.session.current.result is not None and not window.work.running, timeout=120_000)
        for dock in window.docks.values():
            dock.show()
        outlets = next(one for one in window.session.layers if one.role == "discharge_outlet")
        table = window.show_table(outlets.key)
        qtbot.waitUntil(lambda: not window.work.running, timeout=60_000)
        qtbot.wait(100)
        wrong, seen = taken_for_html()
        assert wrong == []
        assert seen > 50
        table.close()
        assert said == []
    finally:
        window.session.undo_stack.setClean()
        window.close()
        window.deleteLater()


def test_a_tip_keeps_lines_and_signs():
    assert plain_tip("高差 < 3 米\n第二行") == "高差 < 3 米\n第二行"
    told = plain_tip("<b>甲</b>\n乙 & 丙")
    assert "&lt;b&gt;甲&lt;/b&gt;" in told
    assert "<br" in told

"""The dialogs in which files are chosen, worked by keys: words, folders, suffixes, and files that would be lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PyQt5.QtCore import QDateTime, QSettings, QSize, Qt, QTimer
from PyQt5.QtGui import QScreen
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from gui.dialogs import choose
from gui.settings import Settings

# The list of names that opens under the name typed is more than the offscreen platform can do.
pytestmark = pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)

KINDS = "Excel (*.xlsx);;CSV (*.csv)"


class Window(QWidget):
    """What a dialog stands before, with settings."""

    def __init__(self, settings):
        super().__init__()
        self.settings = settings


@pytest.fixture
def parent(qtbot, tmp_path):
    made = Window(Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.IniFormat)))
    qtbot.addWidget(made)
    made.child = QWidget(made)
    return made


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "数据"
    folder.mkdir()
    (folder / "表.xlsx").write_bytes(b"x" * 1_500_000)
    (folder / "里").mkdir()
    return folder


@pytest.fixture
def when_asked(qtbot):
    """Have a function called with each dialog that comes up, in turn; what it raises fails the test."""
    wrong, left = [], []

    def look():
        dialog = QApplication.activeModalWidget()
        if left:
            QTimer.singleShot(100, look)  # of its own: one that is being served does not come again
        if dialog is None or not left:
            return
        step = left.pop(0)
        try:
            step(dialog)
        except Exception as error:  # noqa: BLE001 - raised again below
            wrong.append(error)
            left.clear()
            dialog.reject()

    def answer(*steps):
        left.extend(steps)
        look()

    yield answer
    if wrong:
        raise wrong[0]
    assert not left, "a dialog did not come up"


def typed(name):
    def step(dialog):
        edit = dialog.findChild(QLineEdit, "fileNameEdit")
        edit.setFocus()
        edit.selectAll()
        edit.insert(name)  # QTest types no Chinese
        dialog.accept()

    return step


def taken(dialog):
    dialog.accept()


def pressed(word):
    def step(box):
        assert isinstance(box, QMessageBox)
        QTest.mouseClick(next(one for one in box.findChildren(QPushButton) if word in one.text()), Qt.LeftButton)

    return step


@pytest.mark.parametrize(("name", "titles", "small", "look"), [
    ("zh", ["名称", "大小", "类型", "修改时间"], "字节", "查找范围"),
    ("en", ["Name", "Size", "Kind", "Modified"], "bytes", "Look in"),
])
def test_qts_own_dialog_speaks_the_language_of_the_window(window, qtbot, data, when_asked, name, titles, small, look):
    (data / "小.xlsx").write_bytes(b"xyz")
    seen = {}

    def read(dialog):
        dialog.setViewMode(QFileDialog.Detail)
        view = dialog.findChild(QTreeView, "treeView")
        model, root = view.model(), view.rootIndex()
        qtbot.waitUntil(lambda: model.rowCount(root) == 3)

        for row in range(3):
            cells = []
            for column in (1, 3):
                option = QStyleOptionViewItem()
                view.itemDelegateForColumn(column).initStyleOption(option, model.index(row, column, root))
                cells.append(option.text)
            seen[model.index(row, 0, root).data()] = cells
        seen["titles"] = [model.headerData(i, Qt.Horizontal) for i in range(4)]
        seen["label"] = dialog.findChild(QLabel, "lookInLabel").text()
        dialog.reject()

    window.apply_language(name)
    try:
        when_asked(read)
        assert choose.file(window, "x", start=data) is None
    finally:
        window.apply_language("zh")
    assert seen["titles"] == titles
    assert seen["小.xlsx"][0] == f"3 {small}"
    assert seen["表.xlsx"][0] == "1.4 MB"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", seen["表.xlsx"][1])
    changed = QDateTime.fromSecsSinceEpoch(int((data / "表.xlsx").stat().st_mtime))
    assert seen["表.xlsx"][1] == changed.toString("yyyy-MM-dd HH:mm")
    assert look in seen["label"]


def test_a_dialog_begins_where_the_last_one_ended(parent, data, tmp_path, when_asked):
    began = []

    def note(dialog):
        began.append(Path(dialog.directory().absolutePath()))

    when_asked(lambda dialog: (note(dialog), typed("表.xlsx")(dialog)), lambda dialog: (note(dialog), dialog.reject()))
    assert choose.file(parent, "x", start=data) == data / "表.xlsx"
    assert choose.file(parent, "x", start=tmp_path) is None
    assert began == [data, data]


def test_the_last_folder_is_kept_for_the_next_day_unless_it_has_gone(tmp_path):
    (tmp_path / "a").mkdir()
    Settings(QSettings(str(tmp_path / "s.ini"), QSettings.IniFormat)).last_folder = tmp_path / "a"
    again = Settings(QSettings(str(tmp_path / "s.ini"), QSettings.IniFormat))
    assert again.last_folder == tmp_path / "a"
    (tmp_path / "a").rmdir()
    assert again.last_folder is None


@pytest.mark.parametrize(("name", "comes"), [("新", "新.xlsx"), ("新.xlsx", "新.xlsx"), ("新.CSV", "新.CSV"), ("3.5公顷", "3.5公顷.xlsx")])
def test_a_suffix_is_added_once(parent, data, when_asked, name, comes):
    when_asked(typed(name))
    assert choose.target(parent, "x", "a.xlsx", KINDS, start=data) == data / comes


def test_the_suffix_is_that_of_the_kind_chosen(parent, data, when_asked):
    def change(dialog):
        dialog.selectNameFilter("CSV (*.csv)")
        dialog.filterSelected.emit("CSV (*.csv)")
        typed("新")(dialog)

    when_asked(change)
    assert choose.target(parent, "x", "a", KINDS, start=data) == data / "新.csv"


def test_a_proposed_name_can_be_a_file_name(parent, data, when_asked):
    seen = []
    when_asked(lambda dialog: (seen.append(dialog.findChild(QLineEdit, "fileNameEdit").text()), taken(dialog)))
    assert choose.target(parent, "x", 'A/B:"红线"?.csv', KINDS, start=data) == data / "A_B_红线_.csv"
    assert seen == ["A_B_红线_.csv"]


def test_no_dialog_for_files_is_made_elsewhere():
    folder = Path(choose.__file__).parents[1]
    assert [path.name for path in folder.rglob("*.py") if "QFileDialog" in path.read_text(encoding="utf-8")] == ["choose.py"]


@pytest.mark.parametrize("name", ["表", "表.xlsx"])
def test_who_would_lose_a_file_is_asked_once(parent, data, when_asked, name):
    when_asked(typed(name), pressed("Yes"))
    assert choose.target(parent, "x", "a.xlsx", KINDS, start=data) == data / "表.xlsx"


def test_a_name_with_a_dot_is_asked_about_as_it_will_be(parent, data, when_asked):
    (data / "3.5公顷.xlsx").write_bytes(b"x")
    when_asked(typed("3.5公顷"), pressed("取消"), typed("3.5公顷"), pressed("替换"))
    assert choose.target(parent, "x", "a.xlsx", KINDS, start=data) == data / "3.5公顷.xlsx"


def test_the_dialog_is_no_larger_than_a_small_screen(parent, monkeypatch):
    monkeypatch.setattr(QScreen, "availableSize", lambda _self: QSize(683, 388))
    sizes = []
    monkeypatch.setattr(QFileDialog, "exec_", lambda dialog: sizes.append((dialog.width(), dialog.height())) or 0)
    assert choose.file(parent, "选文件") is None
    assert sizes[0] <= (667, 340)
    assert sizes[0][1] <= 340

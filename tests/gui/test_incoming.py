"""Files dropped on the window or chosen together: in order, one after another, folders and pictures among them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt5.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt5.QtGui import QDropEvent
from PyQt5.QtWidgets import QPushButton

from gui import incoming
from gui.dialogs import message
from gui.dialogs.import_file import ImportDialog

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)


def table(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("名称,经度,纬度\n甲,116.1,29.6\n", encoding="utf-8")
    return path


def drop(window, *paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    window.dropEvent(QDropEvent(QPointF(QPoint(40, 30)), Qt.CopyAction, mime, Qt.LeftButton, Qt.NoModifier))


def asked(qtbot, window, name):
    """The one window that asks, once it asks about that file."""
    def there():
        shown = [one for one in window.findChildren(ImportDialog) if one.isVisible()]
        assert len(shown) == 1
        assert name in shown[0].windowTitle()
        assert not shown[0].looking
    qtbot.waitUntil(there, timeout=20_000)
    return next(one for one in window.findChildren(ImportDialog) if one.isVisible())


def test_files_are_asked_about_one_after_another_in_order(qtbot, opened, tmp_path):
    paths = [table(tmp_path / f"{name}.csv") for name in "丙甲乙"]
    drop(opened, *paths)
    for number, path in enumerate(paths, 1):
        dialog = asked(qtbot, opened, path.name)
        assert dialog.windowTitle() == f"导入 — {path.name}（{number} / 3）"
        dialog.buttons.button(dialog.buttons.Cancel).click()
    qtbot.wait(50)
    assert not [one for one in opened.findChildren(ImportDialog) if one.isVisible()]
    drop(opened, paths[0])
    assert asked(qtbot, opened, paths[0].name).windowTitle() == f"导入 — {paths[0].name}"


def test_all_that_are_left_can_be_given_up(qtbot, opened, tmp_path):
    drop(opened, *[table(tmp_path / f"{name}.csv") for name in "甲乙丙"])
    asked(qtbot, opened, "甲.csv").findChild(QPushButton, "import_cancel_all").click()
    qtbot.wait(100)
    assert not [one for one in opened.findChildren(ImportDialog) if one.isVisible()]


def test_of_a_folder_the_files_are_taken(qtbot, opened, tmp_path, monkeypatch):
    folder = tmp_path / "资料"
    for name in ("b.csv", "a/c.csv", ".hidden/d.csv", "~$e.xlsx", "readme.md"):
        table(folder / name)
    drop(opened, folder)
    asked(qtbot, opened, "b.csv（1 / 2）").reject()
    asked(qtbot, opened, "c.csv（2 / 2）").reject()
    for number in range(9):
        table(folder / f"n{number}.csv")
    said = []
    monkeypatch.setattr(message, "ask", lambda *words: said.append(words[2]) or False)
    opened.files.incoming.add([folder])
    assert "11 个" in said[0]
    assert not [one for one in opened.findChildren(ImportDialog) if one.isVisible()]
    empty = tmp_path / "空"
    empty.mkdir()
    told = []
    monkeypatch.setattr(message, "tell_error", lambda *words: told.append(words[1]))
    opened.files.incoming.add([empty])
    assert "没有能读的数据文件" in told[0]


def test_of_a_very_full_folder_no_more_is_looked_at_than_needed(tmp_path):
    for number in range(incoming.MOST + 5):
        (tmp_path / f"{number}.csv").touch()
    assert len(incoming.inside(tmp_path)) == incoming.MOST + 1


def test_parts_of_a_shapefile_are_not_files_of_their_own():
    parts = [Path(f"/a/甲{suffix}") for suffix in (".dbf", ".prj", ".shp", ".shp.xml", ".shx")]
    others = [Path("/a/乙.dbf"), Path("/b/甲.dbf"), Path("/a/甲.csv")]
    assert incoming._whole([*parts, *others]) == [parts[2], *others]


def test_tiles_are_offered_as_the_basemap(opened, tmp_path, monkeypatch):
    path = tmp_path / "影像.mbtiles"
    path.touch()
    said, chosen = [], []
    monkeypatch.setattr(message, "ask", lambda *words: said.append(words[2]) or True)
    part = next(one for one in opened.parts if hasattr(one, "choose") and hasattr(one, "cache"))
    monkeypatch.setattr(part, "choose", chosen.append)
    opened.files.incoming.add([path])
    assert "瓦片底图" in said[0]
    assert [(one.kind, one.path, one.shown) for one in chosen] == [("file", str(path), True)]
    assert not opened.findChildren(ImportDialog)

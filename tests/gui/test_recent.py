"""Recent workspaces on the first page: kept on top, taken off the list, missing."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QSettings, Qt

from gui.settings import RECENT, Settings


@pytest.fixture
def recent(window, tmp_path):
    """A window that knows three workspaces, one of which is gone."""
    for name in ("甲", "没了", "乙"):
        path = tmp_path / f"{name}.gpkg"
        path.write_bytes(b"x")
        window.settings.remember(path)
    (tmp_path / "没了.gpkg").unlink()
    window.recent_changed()
    return window


def shown(window):
    return [window.welcome.recent.item(row).text().splitlines()[0] for row in range(window.welcome.recent.count())]


def entries(window, row):
    return {action.text(): action for action in window.welcome.context_menu(window.welcome.recent.item(row)).actions()}


def test_one_is_pinned_and_stays_so(recent):
    assert shown(recent) == ["乙", "没了（找不到）", "甲"]
    entries(recent, 2)["置顶"].trigger()
    assert shown(recent) == ["甲（已置顶）", "乙", "没了（找不到）"]
    assert "甲" in Settings(recent.settings.store).pinned[0]
    entries(recent, 0)["取消置顶"].trigger()
    assert shown(recent) == ["乙", "没了（找不到）", "甲"]


def test_delete_takes_one_off_the_list_and_leaves_the_file(recent, qtbot, tmp_path):
    view = recent.welcome.recent
    recent.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus, timeout=20_000)
    view.setCurrentRow(0)
    qtbot.keyClick(view, Qt.Key_Delete)
    assert shown(recent) == ["没了（找不到）", "甲"]
    assert (tmp_path / "乙.gpkg").exists()
    entries(recent, 1)["从列表移除"].trigger()
    assert shown(recent) == ["没了（找不到）"]


@pytest.mark.parametrize("goes", [True, False])
def test_one_that_is_missing_is_grey_and_asked_about(recent, qtbot, monkeypatch, goes):
    asked = []
    monkeypatch.setattr("gui.panels.welcome.message.ask", lambda _parent, _title, text, _yes: (asked.append(text), goes)[1])
    monkeypatch.setattr(recent.files, "open", lambda path: pytest.fail(f"opened {path}"))
    view = recent.welcome.recent
    item = view.item(1)
    assert item.foreground().color() != view.item(0).foreground().color()
    assert not entries(recent, 1)["打开"].isEnabled()
    qtbot.mouseClick(view.viewport(), Qt.LeftButton, pos=view.visualItemRect(item).center())
    assert "没了.gpkg" in asked[0]
    assert (len(shown(recent)) == 2) is goes


def test_the_keyboard_begins_at_one_that_is_there(recent, tmp_path):
    (tmp_path / "乙.gpkg").unlink()
    recent.recent_changed()
    recent.welcome.take_focus()
    assert recent.welcome.recent.currentItem().text().startswith("甲")


def test_what_is_pinned_does_not_fall_off_the_end(tmp_path):
    settings = Settings(QSettings(str(tmp_path / "s.ini"), QSettings.IniFormat))
    settings.remember(tmp_path / "第一")
    settings.pin(str(tmp_path / "第一"), True)
    for number in range(RECENT + 3):
        settings.remember(tmp_path / str(number))
    assert len(settings.recent) == RECENT
    assert settings.recent[-1] == str(tmp_path / "第一")
    assert settings.recent[0] == str(tmp_path / str(RECENT + 2))
    settings.forget(str(tmp_path / "第一"))
    assert settings.pinned == []

"""A window that opens takes away what a killed one left."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading

import pytest
from PyQt5.QtCore import QSettings
from PyQt5.QtWidgets import QApplication

from gui.main_window import MainWindow
from gui.settings import Settings
from sanxian import i18n


def test_the_start_of_the_window_takes_away_what_a_killed_one_left(qtbot, tmp_path, monkeypatch):
    import gui.main_window
    import gui.settings
    from gui import app, crash

    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    left = tmp_path / f"sanxian-{process.pid}-abc"
    left.mkdir()
    (left / "layer").write_text("x")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    class Shown:
        def __init__(self, *_args, **_options): ...
        def show(self): ...

    monkeypatch.setattr(gui.main_window, "MainWindow", Shown)
    monkeypatch.setattr(crash, "start_faulthandler", lambda _folder: None)
    monkeypatch.setattr(crash, "install", lambda *_args: lambda: None)
    monkeypatch.setattr(QApplication, "exec_", lambda *_args: 0)
    assert app.run() == 0
    for thread in threading.enumerate():
        if thread.name == "sweep":
            thread.join(10)
    assert not left.exists()


def test_a_language_named_on_the_command_line_is_that_of_the_window(monkeypatch):
    from gui import app
    from sanxian import cli

    asked = []
    monkeypatch.setattr(app, "run", lambda path, language=None: asked.append((path, language)) or 0)
    assert [cli.main(words) for words in (["gui"], ["gui", "a.gpkg", "--lang", "en"], ["--lang", "zh", "gui"])] == [0, 0, 0]
    assert [(path and path.name, language) for path, language in asked] == [(None, None), ("a.gpkg", "en"), (None, "zh")]


@pytest.mark.parametrize(("spoken", "remembered", "expected"), [("", "en", "en"), ("zh", "en", "zh"), ("en", "", "en"), ("", "", "zh")])
def test_the_language_named_comes_before_the_one_remembered_and_is_not_remembered(qtbot, tmp_path, spoken, remembered, expected):
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.IniFormat))
    settings.language = remembered
    window = MainWindow(settings, spoken=spoken)
    qtbot.addWidget(window)
    assert i18n.language() == expected
    assert (settings.language or "") == remembered
    window.close()

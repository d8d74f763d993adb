"""A window that opens takes away what a killed one left."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading

from PyQt5.QtWidgets import QApplication


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

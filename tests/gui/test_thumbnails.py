"""Pictures of recent workspaces on the first page: of the file as it is, never of what is secret."""

from __future__ import annotations

import os
import stat
import time

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QColor, QImage

from gui.thumbnails import SIZE, Store, sign


def picture(colour="#2266aa", size=(1366, 768)):
    made = QImage(*size, QImage.Format_ARGB32_Premultiplied)
    made.fill(QColor(colour))
    return made


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "某区.gpkg"
    path.write_bytes(b"as it is")
    return path


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache" / "thumbnails")


def test_a_picture_is_small_and_only_the_persons_own(store, file):
    store.write(file, picture(size=(2732, 1536)))
    made = store.read(file)
    assert (made.width(), made.height()) == SIZE
    assert made.pixelColor(20, 20) == QColor("#2266aa")
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert [one.suffix for one in store.folder.iterdir()] == [".png"]
    assert "某区" not in str(list(store.folder.iterdir()))
    for size in ((300, 900), (64, 64), (5000, 200)):  # any shape of window
        store.write(file, picture(size=size))
        made = store.read(file)
        assert (made.width(), made.height()) == SIZE


def test_a_file_that_something_else_changed_has_none(store, file):
    store.write(file, picture())
    file.write_bytes(b"as it was changed, and perhaps marked secret")
    assert store.read(file) is None
    store.write(file, picture())
    assert store.read(file) is not None
    os.utime(file, ns=(1, 1))
    assert store.read(file) is None
    file.unlink()
    assert store.read(file) is None
    store.write(file, picture())
    assert store.read(file) is None


def test_what_cannot_be_read_or_written_is_no_picture(store, file, tmp_path):
    store.write(file, picture())
    store.file(file).write_bytes(b"no picture")
    assert store.read(file) is None
    blocked = Store(tmp_path / "a file" / "thumbnails")
    (tmp_path / "a file").write_bytes(b"")
    blocked.write(file, picture())
    blocked.drop(file)
    blocked.keep_only([])
    assert blocked.read(file) is None


def test_those_of_other_workspaces_go(store, file, tmp_path):
    other = tmp_path / "other.gpkg"
    other.write_bytes(b"x")
    for one in (file, other):
        store.write(one, picture())
    store.keep_only([file])
    assert store.read(other) is None
    assert store.read(file) is not None


def test_taking_one_takes_little_of_the_windows_time(store, file):
    shown = picture(size=(2732, 1536))
    begun = time.thread_time()
    store.write(file, shown)
    assert time.thread_time() - begun < 0.05
    begun = time.thread_time()
    for _i in range(10):
        sign(store.read(file))
    assert time.thread_time() - begun < 0.1


def test_without_one_there_is_a_sheet_of_the_same_size(qapp, store, file):
    nothing = sign(None).pixmap(*SIZE).toImage()
    store.write(file, picture())
    shown = sign(store.read(file)).pixmap(*SIZE).toImage()
    assert nothing.size() == shown.size()
    assert shown.pixelColor(SIZE[0] // 2, SIZE[1] // 2) == QColor("#2266aa")
    assert nothing.pixelColor(SIZE[0] // 4, SIZE[1] // 8).alpha() == 0


# -- in the window -------------------------------------------------------------------------------------------------


@pytest.fixture
def pictured(opened, monkeypatch):
    """A window with a workspace open that has been drawn."""
    path = opened.session.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a workspace")
    opened.settings.remember(path)
    monkeypatch.setattr(opened.canvas, "picture", lambda: picture(), raising=False)
    part = next(one for one in opened.parts if type(one).__name__ == "Thumbnails")
    opened.canvas.renderFinished.emit(1.0)
    return opened, part.store, path


def test_it_is_taken_on_saving_and_shown_on_the_first_page(pictured):
    window, store, path = pictured
    assert store.read(path) is None
    window.files.saved.emit()
    assert store.read(path) is not None
    window.recent_changed()
    item = next(item for item in window.welcome.recent.findItems("", Qt.MatchContains) if item.data(Qt.UserRole) == str(path))
    assert item.icon().pixmap(*SIZE).toImage().pixelColor(SIZE[0] // 2, SIZE[1] // 2) == QColor("#2266aa")


def test_it_is_taken_of_the_closed_file(pictured):
    window, store, path = pictured
    close = window.session.workspace.close

    def last_words():
        close()
        path.write_bytes(b"what closing writes")

    window.session.workspace.close = last_words
    window.session.close()
    assert store.read(path) is not None
    assert window.welcome.recent.item(0).icon().pixmap(*SIZE).toImage().pixelColor(128, 80) == QColor("#2266aa")
    window.welcome.forgetAsked.emit(str(path))
    assert store.read(path) is None


def test_what_is_marked_secret_leaves_none_and_takes_away_what_there_was(pictured):
    window, store, path = pictured
    window.files.saved.emit()
    assert store.read(path) is not None
    layer = window.session.layers[0]
    layer.record.secrecy = "secret"
    window.session.layerLooked.emit(layer.key)
    assert not store.file(path).exists()
    window.canvas.renderFinished.emit(1.0)
    window.files.saved.emit()
    assert not store.file(path).exists()
    layer.record.secrecy = None  # until it is opened again, what is drawn may be older
    window.session.layerLooked.emit(layer.key)
    window.canvas.renderFinished.emit(1.0)
    window.session.close()
    assert not store.file(path).exists()


def test_projects_that_are_marked_secret_count_too(pictured):
    window, store, path = pictured
    window.files.saved.emit()
    records = window.session.workspace.layers()
    from types import SimpleNamespace

    window.session.workspace.layers = lambda: [*records, SimpleNamespace(role="project_site", secrecy="top_secret")]
    window.files.saved.emit()
    assert not store.file(path).exists()


def test_a_map_without_layers_is_not_worth_a_picture(window, tmp_path, monkeypatch):
    part = next(one for one in window.parts if type(one).__name__ == "Thumbnails")
    monkeypatch.setattr(window.canvas, "picture", lambda: picture(), raising=False) if window.canvas is not None else None
    part._drawn()
    assert part._picture is None

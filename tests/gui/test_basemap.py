"""The basemap in the window: off at first, asked before anything is requested, remembered with the person and not the workspace."""

from __future__ import annotations

import json
import os
import socket

import pytest
from PyQt5.QtCore import QBuffer, QIODevice, Qt
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QDialogButtonBox

from gui.dialogs import message
from gui.settings import Basemap

URL = "http://127.0.0.1:9/{z}/{x}/{y}?tk={key}"


@pytest.fixture
def calls(monkeypatch):
    """Every connection that anything tries to make."""
    made = []

    def connect(_self, address):
        made.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return made


@pytest.fixture
def asked(monkeypatch):
    """What the person is asked, and what they say."""
    questions, answers = [], []

    def ask(_parent, title, text, yes, *, loses=False):
        questions.append(text)
        return answers.pop(0)

    monkeypatch.setattr(message, "ask", ask)
    return questions, answers


def shown(window):
    told = window.canvas.told.get("set_basemap")
    return told[-1][0] if told else None


def filled(window, qtbot, kind, **fields):
    dialog = window.jobs["basemap"]()
    dialog.kinds[kind].setChecked(True)
    for name, text in fields.items():
        widget = getattr(dialog, name)
        (widget.setPlainText if hasattr(widget, "setPlainText") else widget.setText)(text)
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.Ok), Qt.LeftButton)
    return dialog


def test_nothing_is_asked_of_any_network_until_somebody_switches_it_on(calls, request, qtbot):
    window = request.getfixturevalue("judged")
    window.settings.basemap = Basemap(kind="online", urls=(URL,), key="k", grid="w")  # known, but not switched on
    for _name, part in ((type(one).__name__, one) for one in window.parts if hasattr(one, "apply")):
        part.apply()
    qtbot.wait(200)
    assert calls == []
    assert shown(window) is None
    assert not window.actions_by_id["basemap_show"].isChecked()


def test_a_service_that_was_never_agreed_to_is_not_asked_even_where_the_settings_say_shown(calls, request, qtbot):
    window = request.getfixturevalue("opened")
    window.settings.basemap = Basemap(kind="online", shown=True, urls=(URL,), key="k", agreed=("elsewhere:80",))
    next(part for part in window.parts if type(part).__name__ == "BasemapPart").apply()
    assert shown(window) is None
    assert calls == []


def test_the_person_is_asked_once_for_each_host_and_may_refuse(opened, qtbot, asked, calls):
    questions, answers = asked
    answers.append(False)
    filled(opened, qtbot, "online", urls=URL, key="secret")
    assert len(questions) == 1
    assert "127.0.0.1:9" in questions[0]
    assert shown(opened) is None
    assert opened.settings.basemap.urls == (URL,)
    answers.append(True)
    opened.actions_by_id["basemap_show"].trigger()
    assert len(questions) == 2
    assert shown(opened) is not None
    assert opened.actions_by_id["basemap_show"].isChecked()
    opened.actions_by_id["basemap_show"].trigger()
    assert shown(opened) is None
    opened.actions_by_id["basemap_show"].trigger()  # agreed already
    assert len(questions) == 2
    assert shown(opened) is not None
    answers.append(False)
    filled(opened, qtbot, "online", urls="http://127.0.0.2:9/{z}/{x}/{y}", key="")
    assert len(questions) == 3
    assert shown(opened) is None
    # The canvas that keeps notes draws nothing: choosing alone asks for no tile.
    assert calls == []


def test_nothing_of_it_goes_into_the_workspace(opened, qtbot, asked):
    asked[1].append(True)
    filled(opened, qtbot, "online", urls=URL, key="secret")
    opened.session.set_look("示例红线", visible=False)
    assert opened.files.save()
    kept = json.dumps(opened.session.workspace.kept, ensure_ascii=False, default=str)
    assert "secret" not in kept
    assert "127.0.0.1" not in kept
    assert not opened.session.dirty


def test_opacity_changes_the_picture_and_not_the_service(opened, qtbot, asked):
    asked[1].append(True)
    filled(opened, qtbot, "online", urls=URL, key="k")
    first = shown(opened)
    dialog = opened.jobs["basemap"]()
    dialog.opacity.setValue(40)
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.Ok), Qt.LeftButton)
    assert shown(opened).raster is first.raster
    assert shown(opened).opacity == pytest.approx(0.4)


def test_what_cannot_be_a_basemap_is_said_in_the_dialog(opened, qtbot, tmp_path, said):
    dialog = filled(opened, qtbot, "online", urls="http://x/{z}/{x}", key="")
    assert dialog.isVisible()
    assert "{y}" in dialog.wrong.text()
    dialog.kinds["file"].setChecked(True)
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.Ok), Qt.LeftButton)
    assert "请选择" in dialog.wrong.text()
    (tmp_path / "b.mbtiles").write_bytes(b"x" * 5000)
    dialog.path.setText(str(tmp_path / "b.mbtiles"))
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.Ok), Qt.LeftButton)
    qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert "MBTiles" in said[0].text()
    assert shown(opened) is None


def test_the_presets_fill_in_addresses_that_want_the_persons_own_key(opened, qtbot):
    dialog = opened.jobs["basemap"]()
    dialog.kinds["online"].setChecked(True)
    dialog.preset.setCurrentIndex(2)
    dialog.preset.activated.emit(2)
    assert dialog.urls.toPlainText().count("tianditu.gov.cn") == 2
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.Ok), Qt.LeftButton)
    assert "密钥" in dialog.wrong.text()
    dialog.reject()


def test_the_persons_own_attribution_goes_before_what_the_service_wants(opened, qtbot, asked):
    asked[1].append(True)
    dialog = opened.jobs["basemap"]()
    dialog.kinds["online"].setChecked(True)
    dialog.preset.setCurrentIndex(1)
    dialog.preset.activated.emit(1)
    assert "天地图" in dialog.attribution.placeholderText()
    dialog.key.setText("k")
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.Ok), Qt.LeftButton)
    assert "天地图" in shown(opened).attribution()
    opened.choose_language("en")
    assert "Tianditu" in shown(opened).attribution()
    first = shown(opened).raster
    dialog = opened.jobs["basemap"]()
    qtbot.keyClicks(dialog.attribution, "GS(2024)0650")
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.Ok), Qt.LeftButton)
    assert shown(opened).attribution() == "GS(2024)0650"
    assert shown(opened).raster is first, "the same service goes on"
    assert opened.settings.basemap.attribution == "GS(2024)0650"


def tif(path):
    import numpy as np
    import rasterio
    from rasterio.transform import from_origin

    with rasterio.open(path, "w", driver="GTiff", width=4, height=4, count=1, dtype="uint8", crs="EPSG:4548",
                       transform=from_origin(500_000, 3_200_000, 10, 10)) as raster:
        raster.write(np.ones((1, 4, 4), np.uint8))
    return path


def test_a_file_that_is_no_basemap_is_not_remembered_and_the_former_stays(opened, qtbot, tmp_path, said):
    good, bad = tif(tmp_path / "good.tif"), tmp_path / "notes.md"
    bad.write_text("# no map", encoding="utf-8")
    filled(opened, qtbot, "file", path=str(good))
    qtbot.waitUntil(lambda: opened.settings.basemap.path == str(good), timeout=20_000)
    before = shown(opened)
    assert before is not None
    filled(opened, qtbot, "file", path=str(bad))
    qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert opened.settings.basemap.path == str(good)
    assert shown(opened) is before
    assert opened.actions_by_id["basemap_show"].isChecked()


def test_a_basemap_that_has_gone_is_told_and_stops_nobody_at_the_start(opened, qtbot, tmp_path, said):
    opened.settings.basemap = Basemap(kind="file", path=str(tmp_path / "gone.tif"), shown=True)
    next(part for part in opened.parts if type(part).__name__ == "BasemapPart").apply()
    qtbot.waitUntil(lambda: "gone.tif" in opened.messages.toPlainText(), timeout=20_000)
    assert not said


def basemap_of(window):
    return next(part for part in window.parts if type(part).__name__ == "BasemapPart")


def test_a_basemap_that_another_program_wrote_is_drawn_anew_and_said(opened, qtbot, tmp_path, said):
    """The picture of before went on being drawn until the program was started again."""
    path = tif(tmp_path / "ground.tif")
    filled(opened, qtbot, "file", path=str(path))
    qtbot.waitUntil(lambda: shown(opened) is not None, timeout=20_000)
    first, part = shown(opened), basemap_of(opened)
    part.look()
    qtbot.waitUntil(lambda: not opened.looks.asking("basemap"), timeout=20_000)
    assert shown(opened) is first, "nobody wrote it"
    os.utime(path, ns=(1, 1))
    part.look()
    qtbot.waitUntil(lambda: shown(opened) is not first, timeout=20_000)
    assert shown(opened).raster is not first.raster
    assert "底图文件有变动，已重新画：ground.tif" in opened.messages.toPlainText()
    # Half written it cannot be drawn, which is told once; written to its end it is back.
    path.write_bytes(b"II")
    part.look()
    qtbot.waitUntil(lambda: shown(opened) is None, timeout=20_000)
    assert "底图不能用" in opened.messages.toPlainText()
    part.look()
    qtbot.waitUntil(lambda: not opened.looks.asking("basemap"), timeout=20_000)
    assert opened.messages.toPlainText().count("底图不能用") == 1
    tif(path)
    part.look()
    qtbot.waitUntil(lambda: shown(opened) is not None, timeout=20_000)
    assert not said


def test_tiles_that_another_program_wrote_are_drawn_anew(opened, qtbot, tmp_path):
    import sqlite3

    image, buffer = QImage(256, 256, QImage.Format_RGB32), QBuffer()
    image.fill(Qt.red)
    buffer.open(QIODevice.WriteOnly)
    image.save(buffer, "PNG")
    path = tmp_path / "ground.mbtiles"
    file = sqlite3.connect(path)
    file.executescript("CREATE TABLE metadata (name, value); CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
    file.execute("INSERT INTO tiles VALUES (0, 0, 0, ?)", [bytes(buffer.data())])
    file.commit()
    filled(opened, qtbot, "file", path=str(path))
    qtbot.waitUntil(lambda: shown(opened) is not None, timeout=20_000)
    first, part = shown(opened), basemap_of(opened)
    file.execute("PRAGMA journal_mode=WAL")
    file.execute("INSERT INTO metadata VALUES ('name', 'ground')")
    file.commit()  # what was written may stand beside the file only
    part.look()
    qtbot.waitUntil(lambda: shown(opened) is not first and not opened.looks.asking("basemap"), timeout=20_000)
    file.close()
    second = shown(opened)
    part.look()
    qtbot.waitUntil(lambda: not opened.looks.asking("basemap"), timeout=20_000)
    third = shown(opened)
    part.look()
    qtbot.waitUntil(lambda: not opened.looks.asking("basemap"), timeout=20_000)
    assert shown(opened) is third, "reading is no change"
    assert second is not None

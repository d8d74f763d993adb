"""Drawing that is paused, and layers that are being read, in the window: real engine, real canvas, a file of its own."""

from __future__ import annotations

import shutil
import threading

import geopandas
import pytest
from PyQt5.QtCore import QDate
from shapely.geometry import Point, box

from gui.engine import Engine
from gui.session import Site
from layers.read import Layer
from layers.workspace import Workspace

pytestmark = [pytest.mark.timeout(300), pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)]
X, Y = 500_000.0, 3_290_000.0


def workspace(path, count):
    with Workspace.create(path) as made:
        frame = geopandas.GeoDataFrame({"name": [str(at) for at in range(count)]}, geometry=[Point(X + at, Y) for at in range(count)],
                                       crs=4548)
        made.add(Layer("pollution_source", "源", frame, path, "x", "utf-8", ()))
    return path


@pytest.fixture
def window(begin, said):
    return begin()


def read(window, path, qtbot):
    window.files.open(path)
    qtbot.waitUntil(lambda: window.session.path == path and not window.work.running
                    and all(layer.frame is not None for layer in window.session.layers), timeout=60_000)
    assert window.canvas.wait_idle(30_000)


def test_the_map_says_that_layers_are_being_read(qtbot, window, tmp_path, monkeypatch):
    path, go_on, real = workspace(tmp_path / "a.gpkg", 20), threading.Event(), Engine.read_frames
    assert window.canvas._hint()[0] == "还没有图层"

    def slow(*args):
        go_on.wait(30)
        args[3].or_stop(0, 1)
        return real(*args)

    monkeypatch.setattr(Engine, "read_frames", slow)
    window.files.open(path)
    qtbot.waitUntil(lambda: len(window.session.layers) == 1 and window.work.running, timeout=30_000)
    assert window.canvas._hint()[0] == "正在读取图层…"
    assert "#52606d" in colours(window), "it is written on the map"
    go_on.set()
    qtbot.waitUntil(lambda: window.session.layers[0].frame is not None, timeout=30_000)
    assert window.canvas._hint()[0] == "所有图层都已关闭", "as this kind is at first"
    go_on.clear()
    window.session.undo_stack.setClean()
    window.files.open(shutil.copy(path, tmp_path / "b.gpkg"))
    qtbot.waitUntil(lambda: window.session.path is not None and window.session.path.name == "b.gpkg" and window.work.running,
                    timeout=30_000)
    assert window.canvas._hint()[0] == "正在读取图层…"
    window.work.stop([job for job in window.work.jobs if job.title == "读取图层" and job.task is not None])
    go_on.set()
    qtbot.waitUntil(lambda: not window.work.running, timeout=30_000)
    assert window.canvas._hint()[0] == "还没有图层"


def colours(window):
    image = window.canvas.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(0, image.width(), 1) for y in range(image.height() // 2 - 60, image.height() // 2)}


def test_verdicts_of_another_day_and_maps_of_another_workspace_are_not_left_standing(qtbot, window, tmp_path):
    path = workspace(tmp_path / "a.gpkg", 20)
    read(window, path, qtbot)
    window.session.add_sites([Site("p", "P", box(X, Y - 200, X + 400, Y + 200), "EPSG:4548")])
    window.session.set_current("")
    window.map.zoom_to_shapes([window.engine.transform(box(X - 500, Y - 500, X + 900, Y + 500), "EPSG:4548", "EPSG:4490")])
    window.actions_by_id["judge_all"].trigger()
    qtbot.waitUntil(lambda: not window.work.running and window.session.site("p").result is not None, timeout=120_000)
    assert window.canvas.wait_idle(30_000)
    judged = window.canvas.picture()
    window.actions_by_id["pause_drawing"].trigger()
    window.day.setDate(QDate(2026, 8, 14))
    qtbot.waitUntil(lambda: window.session.site("p").obsolete, timeout=30_000)
    qtbot.waitUntil(lambda: not window.work.running, timeout=30_000)
    assert window.canvas.wait_idle(30_000)
    paused = window.canvas.picture()
    assert paused != judged
    window.actions_by_id["pause_drawing"].trigger()
    assert window.canvas.wait_idle(30_000)
    assert window.canvas.picture() == paused, "nothing else has changed"
    window.actions_by_id["pause_drawing"].trigger()
    window.session.undo_stack.setClean()
    other = workspace(tmp_path / "b.gpkg", 3)
    read(window, other, qtbot)
    assert window.canvas.picture() is None

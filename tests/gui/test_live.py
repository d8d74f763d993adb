"""The verdict follows the site under the mouse, and is the same as that of a screening of the place."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import shapely
from PyQt5.QtCore import QEvent, QPoint, QPointF, QSettings, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication

from gui.main_window import MainWindow
from gui.panels.verdict import OUTCOME
from gui.settings import Settings
from layers.workspace import Workspace

pytestmark = [pytest.mark.timeout(300), pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    from sanxian.demo import build

    return build(tmp_path_factory.mktemp("demo")).workspace


@pytest.fixture
def window(begin, qtbot, tmp_path, said, demo):
    import shutil

    path = tmp_path / "demo.gpkg"
    shutil.copy(demo, path)
    window = begin(open_path=path)
    qtbot.waitUntil(lambda: window.session.workspace is not None and not window.work.running,
                    timeout=120_000)
    return window


def send(canvas, kind, at, button, buttons):
    where = QPointF(at)
    QApplication.sendEvent(canvas, QMouseEvent(kind, where, canvas.mapToGlobal(QPoint(int(at.x()), int(at.y()))), button,
                                               buttons, Qt.NoModifier))


def test_dragging_a_site_shows_the_verdict_of_every_place_and_keeps_the_last(window, qtbot, said):
    session, canvas = window.session, window.canvas
    site = next(one for one in session.sites if one.geometry.geom_type == "Polygon")
    session.set_current(site.id)
    window.map.zoom_to_site(site.id)
    canvas.set_scale(60_000)
    assert canvas.wait_idle(30_000)
    window.use_tool("edit_site")
    inside = canvas.to_pixels(np.array([window.map.on_map(site).representative_point().coords[0]]))[0]
    start = QPointF(*inside)
    was = site.geometry
    send(canvas, QEvent.MouseButtonPress, start, Qt.LeftButton, Qt.LeftButton)
    send(canvas, QEvent.MouseMove, start + QPointF(60, 20), Qt.NoButton, Qt.LeftButton)
    qtbot.waitUntil(lambda: "这是图上这个位置的结论" in window.verdict.moving.text(), timeout=30_000)
    assert session.current.geometry.equals(was), "nothing is written before the site is put down"
    assert session.current.result is None
    assert window.verdict.word.text() != ""
    live = next(part for part in window.parts if type(part).__name__ == "Live")
    send(canvas, QEvent.MouseMove, start + QPointF(90, 40), Qt.NoButton, Qt.LeftButton)
    qtbot.waitUntil(lambda: live._task is None and not live._timer.isActive(), timeout=30_000)
    send(canvas, QEvent.MouseButtonRelease, start + QPointF(90, 40), Qt.LeftButton, Qt.NoButton)
    assert window.verdict.moving.isHidden()
    assert not session.current.geometry.equals(was)
    kept = session.current.result
    assert kept is not None
    assert not session.current.stale
    # put down sooner than it could be judged
    start += QPointF(90, 40)
    send(canvas, QEvent.MouseButtonPress, start, Qt.LeftButton, Qt.LeftButton)
    send(canvas, QEvent.MouseMove, start + QPointF(30, 10), Qt.NoButton, Qt.LeftButton)
    send(canvas, QEvent.MouseButtonRelease, start + QPointF(30, 10), Qt.LeftButton, Qt.NoButton)
    assert session.current.stale
    qtbot.waitUntil(lambda: not session.current.stale, timeout=30_000)
    assert session.current.result is not kept
    kept = session.current.result
    window.actions_by_id["judge"].trigger()
    qtbot.waitUntil(lambda: session.current.result is not kept and not window.work.running, timeout=60_000)
    assert said == []
    again = session.current.result
    assert (again.verdict, again.outcomes, again.control_units) == (kept.verdict, kept.outcomes, kept.control_units)
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert session.current.geometry.equals(was)
    assert session.current.stale, "the verdict is of the other place"


def test_while_a_site_is_dragged_on_the_verdict_says_that_it_is_of_another_place(window, qtbot, monkeypatch):
    session, canvas = window.session, window.canvas
    site = next(one for one in session.sites if one.geometry.geom_type == "Polygon")
    session.set_current(site.id)
    window.actions_by_id["judge"].trigger()
    qtbot.waitUntil(lambda: site.result is not None and not window.work.running, timeout=60_000)
    item = next(item for item in window.verdict.outcome_items() if any(one.distance_m for one in item.data(0, OUTCOME).evidence))
    window.verdict.tree.setCurrentItem(item)
    window.map.zoom_to_site(site.id)
    canvas.set_scale(60_000)
    assert canvas.wait_idle(30_000)
    window.use_tool("edit_site")
    live = next(part for part in window.parts if type(part).__name__ == "Live")
    start = QPointF(*canvas.to_pixels(np.array([window.map.on_map(site).representative_point().coords[0]]))[0])
    judge, preview, asked, told = live._judge, window.verdict.preview, [], []

    def judge_and_drag_on(*given):
        judge(*given)
        asked.append(given)
        if len(asked) == 1:
            send(canvas, QEvent.MouseMove, start + QPointF(0, -100), Qt.NoButton, Qt.LeftButton)

    def tell(*given, **named):
        preview(*given, **named)
        told.append(window.verdict.moving.text())

    monkeypatch.setattr(live, "_judge", judge_and_drag_on)
    monkeypatch.setattr(window.verdict, "preview", tell)

    def lines():
        return [shape for shape, _key in canvas._extras.evidence if shape.geom_type == "LineString"]

    assert lines()
    send(canvas, QEvent.MouseButtonPress, start, Qt.LeftButton, Qt.LeftButton)
    send(canvas, QEvent.MouseMove, start + QPointF(0, 20), Qt.NoButton, Qt.LeftButton)
    assert "还不是图上这个位置" in window.verdict.moving.text()
    assert not window.verdict.moving.isHidden()
    assert not lines(), "the distance is that of the former place"
    qtbot.waitUntil(lambda: "这是图上这个位置的结论" in window.verdict.moving.text(), timeout=30_000)
    assert [text[:7] for text in told] == ["拖动中：下面还", "拖动中：这是图"], "of the place that was left meanwhile, and of the last"
    there = window.map.on_map(window.map.moved)
    assert there.distance(canvas._tool.dragged()) < 1e-6
    if lines():
        assert lines()[0].distance(there) < 1e-3 < lines()[0].distance(window.map.on_map(site))
    send(canvas, QEvent.MouseButtonRelease, start + QPointF(0, -100), Qt.LeftButton, Qt.NoButton)
    assert window.verdict.moving.isHidden()
    assert window.map.moved is None


def test_a_drag_that_is_given_up_leaves_nothing(window, qtbot):
    session, canvas = window.session, window.canvas
    site = next(one for one in session.sites if one.geometry.geom_type == "Polygon")
    session.set_current(site.id)
    window.map.zoom_to_site(site.id)
    canvas.set_scale(60_000)
    assert canvas.wait_idle(30_000)
    window.use_tool("edit_site")
    at = QPointF(*canvas.to_pixels(np.array([window.map.on_map(site).representative_point().coords[0]]))[0])
    was = site.geometry
    send(canvas, QEvent.MouseButtonPress, at, Qt.LeftButton, Qt.LeftButton)
    send(canvas, QEvent.MouseMove, at + QPointF(50, 0), Qt.NoButton, Qt.LeftButton)
    qtbot.waitUntil(lambda: not window.verdict.moving.isHidden(), timeout=30_000)
    qtbot.keyClick(canvas, Qt.Key_Escape)
    assert window.verdict.moving.isHidden()
    qtbot.wait(200)
    assert window.verdict.moving.isHidden()
    assert session.current.result is None
    assert session.current.geometry.equals(was)


def test_switched_off_nothing_is_judged(window, qtbot):
    session, canvas = window.session, window.canvas
    window.actions_by_id["live"].trigger()
    assert window.settings.live is False
    site = next(one for one in session.sites if one.geometry.geom_type == "Polygon")
    session.set_current(site.id)
    live = next(part for part in window.parts if type(part).__name__ == "Live")
    canvas.siteDragged.emit(canvas._tool_named("edit"))
    assert not live._timer.isActive()
    assert live._task is None


def test_snapping_is_switched_off_and_on_and_stays_so(window, qtbot, tmp_path):
    session, canvas = window.session, window.canvas
    site = next(one for one in session.sites if one.geometry.geom_type == "Polygon")
    session.set_current(site.id)
    window.map.zoom_to_site(site.id)
    assert canvas.wait_idle(30_000)
    vertex = window.map.on_map(site).exterior.coords[0]
    near = QPointF(*canvas.to_pixels(np.array([vertex[:2]]))[0]).toPoint() + QPoint(3, 3)
    action = window.actions_by_id["snap"]

    def measured():
        """Where a measured line ends that is clicked near a vertex."""
        window.do("measure_length")
        qtbot.mouseClick(canvas, Qt.LeftButton, pos=QPoint(5, 5))
        qtbot.mouseClick(canvas, Qt.LeftButton, pos=near)
        end = canvas.last_vertex()
        qtbot.keyClick(canvas, Qt.Key_Escape)
        return end

    assert action.isChecked()
    assert measured() == pytest.approx(vertex[:2], abs=1e-6)
    window.activateWindow()  # a shortcut is heard by the active window only
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key_F3)
    assert not action.isChecked()
    assert measured() == pytest.approx(canvas.at(near), abs=1e-6)
    assert canvas.at(near) != pytest.approx(vertex[:2], abs=1e-6)
    kept = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.IniFormat))
    assert kept.snapping is False
    qtbot.keyClick(window, Qt.Key_F3)
    assert measured() == pytest.approx(vertex[:2], abs=1e-6)


def test_a_window_begins_as_snapping_was_left(qtbot, tmp_path):
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.IniFormat))
    settings.snapping = False
    window = MainWindow(settings, today=date(2026, 11, 22))
    qtbot.waitUntil(lambda: window.ready, timeout=60_000)
    assert not window.actions_by_id["snap"].isChecked()
    assert not window.canvas.snapping
    window.close()
    window.deleteLater()


def test_the_area_while_dragging_is_that_of_the_form_of_the_verdict_and_of_the_saved_file(window, qtbot, said):
    session, canvas = window.session, window.canvas
    site = next(one for one in session.sites if one.geometry.geom_type == "Polygon")
    crs = site.crs
    # A side of two kilometres: straight on the map is not straight in degrees.
    size = 0.02
    lon, lat = site.geometry.representative_point().coords[0] if crs == "EPSG:4490" else (116.0, 29.7)
    long_one = window.engine.transform(shapely.box(lon, lat, lon + size, lat + size / 8), "EPSG:4490", crs)
    session.set_current(site.id)
    session.set_geometry(site.id, long_one, crs)
    window.set_crs(4548)
    window.map.zoom_to_site(site.id)
    assert canvas.wait_idle(30_000)
    window.settings.live = False
    window.use_tool("edit_site")
    corner = QPointF(*canvas.to_pixels(np.array([window.map.on_map(site).exterior.coords[0]]))[0])
    before = window.form.shape.text()
    send(canvas, QEvent.MouseButtonPress, corner, Qt.LeftButton, Qt.LeftButton)
    send(canvas, QEvent.MouseMove, corner + QPointF(40, 30), Qt.NoButton, Qt.LeftButton)
    during, below = window.form.shape.text(), window.status.sketch.text()
    assert during != before
    for unit in ("m²", "公顷", "亩", "周长"):
        assert unit in during
        assert unit in below
    send(canvas, QEvent.MouseButtonRelease, corner + QPointF(40, 30), Qt.LeftButton, Qt.NoButton)
    assert session.current.crs == crs
    assert window.form.shape.text() == during
    shown = float(during.split(" m²")[0].split(" · ")[-1].replace(",", ""))
    window.actions_by_id["judge"].trigger()
    qtbot.waitUntil(lambda: session.current.result is not None and not window.work.running, timeout=60_000)
    assert abs(session.current.result.site.area_m2 - shown) < 0.11
    assert window.files.save()
    qtbot.waitUntil(lambda: not window.work.running, timeout=60_000)
    with Workspace.open(session.path, readonly=True) as saved:
        again = next(one for one in window.engine.stored_sites(saved) if one.name == site.name)
    assert abs(window.engine.measure(again.geometry, again.crs)[0] - shown) < 0.06
    assert said == []


def test_a_new_outline_is_kept_as_the_others_of_its_layer_are(window):
    first = window.session.crs_of_new("EPSG:4548")
    window.add_site(shapely.box(400_000, 3_288_000, 402_000, 3_288_300), "EPSG:4547" if first == "EPSG:4548" else "EPSG:4548")
    assert window.session.current.crs == first or window.session.crs_of_new("x") == window.session.current.crs
    kept = window.session.current.crs
    window.add_site(shapely.box(116.0, 29.7, 116.02, 29.71), "EPSG:4490")
    assert window.session.current.crs == kept

"""A layer of a real workspace as a file of its own."""

from __future__ import annotations

import json
import time
from datetime import date
from types import SimpleNamespace

import geopandas
import pyogrio
import pytest
from PyQt5.QtCore import QSettings
from PyQt5.QtWidgets import QMessageBox
from shapely import LineString, Point, box

from gui.canvas.scene import Picked
from gui.engine import Engine
from gui.main_window import MainWindow
from gui.settings import Settings
from layers.read import Layer
from layers.workspace import Workspace
from sanxian import layer_files

CRS = 4548


def layer(name, shapes, **columns):
    frame = geopandas.GeoDataFrame(columns, geometry=shapes, crs=CRS)
    return Layer("reference", name, frame, SimpleNamespace(name=f"{name}.shp"), name.encode().hex().ljust(64, "0")[:64], "utf-8", ())


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "w.gpkg"
    boxes = [box(500000 + i * 200, 3290000, 500100 + i * 200, 3290100) for i in range(3)]
    with Workspace.create(path) as made:
        made.add(layer("地块", boxes, 地块编号=["A", "B", "C"], 一个很长的字段名=[1, 2, 3], 一个很长的字段二=[1.5, None, 2.5],
                       化工=[True, False, True], 说明=["长" * 200, "乙", None]))
        made.add(layer("混杂", [Point(500000, 3290000), LineString([(500000, 3290000), (500100, 3290000)])], n=[1, 2]))
    return path


@pytest.fixture
def window(qtbot, tmp_path, path, said, canvas_class):
    window = MainWindow(Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.IniFormat)), Engine(), make_canvas=canvas_class,
                        make_layer=SimpleNamespace, today=date(2026, 11, 22))
    with qtbot.waitActive(window, timeout=20_000):
        window.show()
        window.activateWindow()
    qtbot.waitUntil(lambda: window.ready, timeout=20_000)
    window.files.open(path)
    qtbot.waitUntil(lambda: not window.work.running, timeout=20_000)
    yield window
    window.session.undo_stack.setClean()
    window.close()
    window.deleteLater()


def ask(monkeypatch, path):
    """The file that is chosen, and how it is asked for."""
    asked = []
    monkeypatch.setattr("gui.layer_tools.choose.target", lambda *args, **more: (asked.append(args), path)[1])
    return asked


def exported(qtbot, window, name):
    """Ask for it in the menu of the layer."""
    menu = window.layers.context_menu(name)
    next(action for action in menu.actions() if action.data() == "export_layer").trigger()
    qtbot.waitUntil(lambda: not window.work.running, timeout=60_000)


def here(folder):
    return sorted(one.name for one in folder.iterdir())


@pytest.mark.parametrize(("suffix", "crs"), [(".gpkg", CRS), (".shp", CRS), (".geojson", 4326)])
def test_a_layer_is_written_whole_and_its_losses_are_named(qtbot, window, tmp_path, said, monkeypatch, suffix, crs):
    folder = tmp_path / "出"
    folder.mkdir()
    asked = ask(monkeypatch, folder / f"成果{suffix}")
    exported(qtbot, window, "地块")
    assert asked[0][2] == "地块.gpkg"
    assert f"(*{suffix})" in asked[0][3]
    found = geopandas.read_file(folder / f"成果{suffix}")
    frame = window.session.layer("地块").frame
    assert found.crs.to_epsg() == crs
    moved = found.to_crs(CRS).geometry
    assert all(one.hausdorff_distance(other) < 1e-3 for one, other in zip(moved, frame.geometry, strict=True))
    text = said[-1].text()
    assert "3 个要素" in text
    if suffix == ".shp":
        assert list(found.columns)[:2] == ["地块编", "一个很"]
        assert "一个很长的字段二 → 一个_1" in text
        assert "1 处文字" in text
        assert "化工" in text
        assert found["说明"].tolist()[0] == "长" * 84
        assert found["化工"].tolist() == [1, 0, 1]
        assert here(folder) == [f"成果{one}" for one in (".cpg", ".dbf", ".prj", ".shp", ".shx")]
    else:
        assert [one for one in found.columns if one != "geometry"] == ["地块编号", "一个很长的字段名", "一个很长的字段二", "化工", "说明"]
        assert found["一个很长的字段二"].tolist()[::2] == [1.5, 2.5]
        assert found["化工"].tolist() == [True, False, True]
        assert ("经纬度" in text) == (suffix == ".geojson")
        assert "存不下" not in text, "another CRS is no loss"
        assert here(folder) == [f"成果{suffix}"]
    if suffix == ".gpkg":
        assert pyogrio.list_layers(folder / "成果.gpkg")[:, 0].tolist() == ["地块"]


def test_only_what_is_selected(qtbot, window, tmp_path, monkeypatch):
    ask(monkeypatch, tmp_path / "选.geojson")
    window.map.select(Picked({"地块": [2, 0]}))
    offered = []

    def press(box):
        offered.extend(button.text() for button in box.buttons())
        next(button for button in box.buttons() if "选中" in button.text()).click()

    monkeypatch.setattr(QMessageBox, "exec_", press)
    exported(qtbot, window, "地块")
    assert {"选中的 2 个", "全部 3 个"} <= set(offered)
    found = json.loads((tmp_path / "选.geojson").read_text(encoding="utf-8"))
    assert [one["properties"]["地块编号"] for one in found["features"]] == ["A", "C"]


def test_a_shapefile_of_points_and_lines_is_refused_and_what_was_there_stays(qtbot, window, tmp_path, said, monkeypatch):
    folder = tmp_path / "出"
    folder.mkdir()
    (folder / "成果.shp").write_text("以前的")
    ask(monkeypatch, folder / "成果.shp")
    exported(qtbot, window, "混杂")
    assert "一种几何" in said[-1].text()
    assert here(folder) == ["成果.shp"]
    assert (folder / "成果.shp").read_text() == "以前的"


def test_parts_of_a_former_shapefile_do_not_stay_beside_the_new_one(qtbot, window, tmp_path, monkeypatch):
    folder = tmp_path / "出"
    folder.mkdir()
    for suffix in (".shp", ".sbn", ".qix"):
        (folder / f"成果{suffix}").write_text("以前的")
    ask(monkeypatch, folder / "成果.shp")
    exported(qtbot, window, "地块")
    assert here(folder) == [f"成果{one}" for one in (".cpg", ".dbf", ".prj", ".shp", ".shx")]


def test_the_open_workspace_is_not_written_over(qtbot, window, path, said, monkeypatch):
    before = path.read_bytes()
    ask(monkeypatch, path)
    exported(qtbot, window, "地块")
    assert "工作区" in said[-1].text()
    assert path.read_bytes() == before


def slow(tell, _workspace, _name, folder, suffix, **_options):
    """In place of what writes: begins a file and goes on until it is stopped."""
    (folder / f"layer{suffix}").write_text("半个")
    for done in range(10_000):
        tell(done, 10_000)
        time.sleep(0.01)


def test_it_can_be_stopped_and_nothing_half_written_stays(qtbot, window, tmp_path, monkeypatch):
    folder = tmp_path / "出"
    folder.mkdir()
    monkeypatch.setattr(layer_files, "write", slow)
    monkeypatch.setattr("gui.engine.apart", lambda report, job, *args, **options: job(report.or_stop, *args, **options))
    ask(monkeypatch, folder / "成果.gpkg")
    window.layers.select("地块")
    window.actions_by_id["export_layer"].trigger()
    qtbot.waitUntil(lambda: any(job.total for job in window.work.jobs), timeout=20_000)
    assert "导出图层“地块”" in [job.words() for job in window.work.jobs]
    window.actions_by_id["cancel"].trigger()
    qtbot.waitUntil(lambda: not window.work.running, timeout=20_000)
    assert here(folder) == []


@pytest.mark.parametrize("goes", [True, False])
def test_a_secret_layer_is_asked_about(qtbot, window, tmp_path, monkeypatch, goes):
    window.session.set_secrecy("地块", "secret")
    qtbot.waitUntil(lambda: not window.work.running, timeout=20_000)
    asked = ask(monkeypatch, tmp_path / "成果.gpkg")
    monkeypatch.setattr("gui.clipboard.message.ask", lambda *_all, **_more: goes)
    exported(qtbot, window, "地块")
    assert bool(asked) is goes
    assert (tmp_path / "成果.gpkg").exists() is goes

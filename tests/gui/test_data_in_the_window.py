"""Importing, checking, coverage, the tree of layers and recovery: real files and the real engine behind real widgets."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import geopandas
import numpy as np
import pytest
import rasterio
from PyQt5.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QTimer, QUrl
from PyQt5.QtGui import QDropEvent
from PyQt5.QtWidgets import QDialogButtonBox, QLabel, QMessageBox
from rasterio.transform import from_bounds
from shapely import LineString, MultiPolygon, Point, Polygon, box

from gui.dialogs.import_file import ImportDialog
from gui.dialogs.import_pages import _industries
from gui.dialogs.system import RasterSystemDialog
from gui.engine import Engine
from gui.main_window import MainWindow
from gui.session import Site, raster_key
from gui.settings import Settings
from layers import backups
from layers.read import read_layer
from layers.workspace import Workspace
from sanxian.mapping.filters import Condition, Filter

WHOLE = box(116.0, 29.5, 116.4, 29.9)


def frame(geometry, crs=4490, **columns):
    return geopandas.GeoDataFrame(columns, geometry=geometry, crs=crs)


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A workspace: a district, two control units that overlap and leave a gap, a redline that covers a quarter."""
    folder = tmp_path_factory.mktemp("data")
    frame([WHOLE], code=["360403"], name=["示例区"]).to_file(folder / "区.gpkg")
    frame([box(116.0, 29.5, 116.21, 29.9), box(116.2, 29.5, 116.4, 29.8)], name=["甲", "乙"], category=["priority", "key"],
          code=["ZH36040310001", "ZH36040320001"]).to_file(folder / "单元.gpkg")
    frame([box(116.02, 29.52, 116.06, 29.56)], name=["红线一"], code=["R1"]).to_file(folder / "红线.gpkg")
    with Workspace.create(folder / "workspace.gpkg") as workspace:
        workspace.add(read_layer(folder / "区.gpkg", "admin"))
        workspace.add(read_layer(folder / "单元.gpkg", "control_unit"), version="2022", scale=50000)
        workspace.add(read_layer(folder / "红线.gpkg", "ecological_redline"),
                      coverage=geopandas.GeoSeries([box(116.0, 29.5, 116.2, 29.7)], crs=4490))
    return folder / "workspace.gpkg"


def made(tmp_path, canvas):
    return MainWindow(Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.IniFormat)), Engine(), make_canvas=canvas,
                      make_layer=SimpleNamespace, today=date(2026, 11, 22))


def idle(qtbot, window):
    qtbot.waitUntil(lambda: not window.work.running, timeout=20_000)


@pytest.fixture
def open_window(qtbot, tmp_path, template, said, canvas_class):
    """Gives windows on a copy of the workspace; each is closed at the end."""
    windows = []

    def open_(path=None, copy=True):
        path = path or tmp_path / "workspace.gpkg"
        if copy and not path.exists():
            shutil.copyfile(template, path)
        window = made(tmp_path, canvas_class)
        windows.append(window)
        with qtbot.waitActive(window, timeout=20_000):
            window.show()
            window.activateWindow()
        qtbot.waitUntil(lambda: window.ready, timeout=20_000)
        window.files.open(path)
        idle(qtbot, window)
        return window

    yield open_
    for window in windows:
        window.session.undo_stack.setClean()
        window.close()
        window.session.undo_stack.clear()  # or it empties itself when it is deleted, and tells a window that is half gone
        window.deleteLater()


@pytest.fixture
def window(open_window):
    return open_window()


def names(window):
    return [layer.name for layer in window.session.layers]


def drawn(window):
    return window.canvas.last("set_layers")[0]


def seen(qtbot, window, path):
    dialog = window.files.import_dialog(path)
    qtbot.waitUntil(lambda: dialog.preview is not None, timeout=20_000)
    return dialog


def set_field(dialog, name, header):
    for row in range(dialog.fields.rowCount()):
        if dialog.fields.item(row, 0).data(Qt.UserRole) == name:
            combo = dialog.fields.cellWidget(row, 1)
            combo.setCurrentIndex(combo.findData(header))
            return combo
    raise AssertionError(name)


# -- import ------------------------------------------------------------------------------------------------------------


def metre_file(tmp_path):
    """Wetlands in metres on central meridian 117 without a .prj, 20 km inside the district."""
    path = tmp_path / "湿地.shp"
    frame([box(116.1, 29.6, 116.12, 29.62)], BM=["W1"], MC=["示例湖"]).to_crs(4548).to_file(path, encoding="UTF-8")
    path.with_suffix(".prj").unlink()
    return path


def test_a_neighbouring_meridian_is_asked_about_with_both_places(qtbot, window, tmp_path):
    """Numbers and .prj agree with each other; only the other layers tell that the file lies 290 km off."""
    path = tmp_path / "红线二.shp"
    data = frame([box(116.1, 29.6, 116.3, 29.8)], name=["红线二"]).to_crs(4549).set_crs(4548, allow_override=True)
    data.to_file(path, encoding="UTF-8")
    dialog = seen(qtbot, window, path)
    page, accept = dialog.place_page, dialog.buttons.button(dialog.buttons.Ok)
    dialog.role.setCurrentIndex(dialog.role.findData("ecological_redline"))
    assert dialog.tabs.currentWidget() is page
    assert "EPSG:4548" in page.evidence.text()
    assert "公里" in page.evidence.text()
    shown = [[page.list.item(row, column).text() for column in (1, 3, 4)] for row in range(page.list.rowCount())]
    assert [row[1:] for row in shown] == [["0%", "文件注明，却在别处"], ["100%", "很可能"]]
    assert not accept.isEnabled()
    page.list.selectRow(1)
    assert dialog.crs.currentData() == "EPSG:4549"
    assert not accept.isEnabled()
    qtbot.mouseClick(page.confirm, Qt.LeftButton, pos=QPoint(8, page.confirm.height() // 2))
    assert accept.isEnabled()
    dialog.coverage.setCurrentIndex(dialog.coverage.findData("hull"))
    accept.click()
    qtbot.waitUntil(lambda: "红线二" in names(window), timeout=20_000)
    idle(qtbot, window)
    assert tuple(window.session.layer("红线二").frame.to_crs(4490).total_bounds) == pytest.approx((116.1, 29.6, 116.3, 29.8), abs=1e-3)


def test_a_system_that_fits_with_its_axes_swapped_says_so_beside_its_place(qtbot, window, tmp_path):
    path = tmp_path / "湿地.gpkg"
    frame([box(29.6, 116.1, 29.62, 116.12)], name=["示例湖"]).to_file(path)
    page = seen(qtbot, window, path).place_page
    qtbot.waitUntil(lambda: page.list.rowCount() == 1, timeout=20_000)
    assert [page.list.item(0, column).text() for column in (2, 4)] == ["116.1°E 29.6°N", "文件注明，两轴对调"]


def test_words_of_a_project_file_are_given_a_meaning_before_it_is_imported(qtbot, window, tmp_path):
    path = tmp_path / "项目.csv"
    path.write_text("项目名称,经度,纬度,建设性质,是否化工\n甲,116.1,29.6,新上,属于\n乙,116.2,29.7,扩建,否\n", encoding="utf-8")
    dialog = seen(qtbot, window, path)
    assert dialog.role.currentData() == "project_site"
    page = dialog.values_page
    assert "2 种取值不认识" in page.said.text()
    for row in range(page.table.rowCount()):
        meant = {"新上": "new", "属于": "true"}.get(page.table.item(row, 1).text())
        if meant:
            combo = page.table.cellWidget(row, 3)
            combo.setCurrentIndex(combo.findData(meant))
    dialog.buttons.button(dialog.buttons.Ok).click()
    qtbot.waitUntil(lambda: len(window.session.sites) == 2, timeout=20_000)
    assert [(site.name, site.attributes["nature"], site.attributes["is_chemical"]) for site in window.session.sites] == [
        ("甲", ("new",), True), ("乙", ("expansion",), False)]


def test_words_for_industries_are_asked_about_with_what_they_may_mean(qtbot, window, tmp_path):
    path = tmp_path / "项目.csv"
    path.write_text("项目名称,经度,纬度,行业代码\n甲,116.1,29.6,餐馆\n乙,116.2,29.7,6210\n丙,116.2,29.6,9999\n丁,116.1,29.7,C2614;2651\n",
                    encoding="utf-8")
    dialog = seen(qtbot, window, path)
    dialog.role.setCurrentIndex(dialog.role.findData("project_site"))
    page = dialog.values_page
    rows = {page.table.item(row, 1).text(): page.table.cellWidget(row, 3) for row in range(page.table.rowCount())}
    assert set(rows) == {"餐馆", "9999"}
    assert "2 种取值不认识，留着不管就不能导入" in page.said.text()
    offered = [rows["餐馆"].itemText(at) for at in range(rows["餐馆"].count())]
    assert any("正餐服务" in one for one in offered)
    rows["餐馆"].setCurrentIndex(rows["餐馆"].findData("H6210"))
    accept = dialog.buttons.button(dialog.buttons.Ok)
    accept.click()
    qtbot.waitUntil(lambda: "9999" in dialog.said.text(), timeout=20_000)
    assert not window.session.sites
    rows["9999"].setCurrentIndex(rows["9999"].findText("按未知处理"))
    accept.click()
    qtbot.waitUntil(lambda: len(window.session.sites) == 4, timeout=20_000)
    assert [site.attributes.get("industry_code") for site in window.session.sites] == [("H6210",), ("6210",), None, ("C2614", "2651")]


@pytest.mark.parametrize(("word", "offered", "not_offered"), [
    ("C2221、餐馆", ["C2221;H6210"], ["H6210", "C2221"]), ("H62 餐饮业", ["H62"], ["H6210"]), ("餐馆;洗车", [], ["H6210"]), ("无业", [], []),
    ("餐馆", ["H6210"], []),
])
def test_the_codes_of_a_cell_stay_beside_what_a_word_in_it_means(word, offered, not_offered):
    """A ban by the code that stood there was lost with the answer for the word."""
    codes = [code for code, _said in _industries(word)]
    assert codes or not offered
    for one in offered:
        assert one in codes
    for one in not_offered:
        assert one not in codes


TWICE = Polygon([(116.2, 29.6), (116.24, 29.6), (116.24, 29.64), (116.2, 29.64), (116.2, 29.6), (116.21, 29.61), (116.23, 29.61),
                 (116.23, 29.63), (116.21, 29.63), (116.21, 29.61), (116.2, 29.6)])  # what lies in the middle is covered twice


@pytest.mark.parametrize(("suffix", "choice"), [(".geojson", "evenodd"), (".shp", "union")])
def test_a_project_whose_site_has_two_readings_is_asked_about(qtbot, window, tmp_path, suffix, choice):
    path = tmp_path / f"项目{suffix}"
    frame([box(116.1, 29.6, 116.11, 29.61), TWICE], id=["A", "B"], XMMC=["甲", "乙"]).to_file(path)
    dialog = seen(qtbot, window, path)
    page, accept = dialog.shapes_page, dialog.buttons.button(dialog.buttons.Ok)
    dialog.role.setCurrentIndex(dialog.role.findData("project_site"))
    assert page.repair.findData("leave-out") < 0, "a project is nothing without its site"
    accept.click()
    qtbot.waitUntil(lambda: "图形的修复" in dialog.said.text(), timeout=20_000)
    assert dialog.tabs.currentWidget() is page
    assert "1 个项目" in page.said.text()
    assert page.list.item(0, 0).text() == "第 2 个"
    areas = [float(page.list.item(0, column).text().removesuffix(" m²").replace(",", "")) for column in (3, 4)]
    assert areas[0] == pytest.approx(areas[1] * 4 / 3, rel=0.01), "the middle is a quarter of it"
    qtbot.waitUntil(lambda: page.map.isVisible(), timeout=20_000)
    assert len(window.session.sites) == 0
    accept.click()
    assert dialog.isVisible(), "it is asked until somebody chooses"
    page.repair.setCurrentIndex(page.repair.findData(choice))
    page.repair.activated.emit(page.repair.currentIndex())
    accept.click()
    qtbot.waitUntil(lambda: len(window.session.sites) == 2, timeout=20_000)
    wanted = box(116.2, 29.6, 116.24, 29.64)
    wanted = wanted if choice == "union" else wanted.difference(box(116.21, 29.61, 116.23, 29.63))
    assert window.session.sites[1].geometry.equals(wanted)
    window.actions_by_id["undo"].trigger()
    assert window.session.sites == []


def test_a_project_file_without_a_question_closes_the_dialog_and_says_what_was_noticed(qtbot, window, tmp_path):
    path = tmp_path / "项目.geojson"
    frame([Polygon([(116.1, 29.6), (116.12, 29.6), (116.12, 29.62), (116.13, 29.62), (116.12, 29.62), (116.1, 29.62)])], id=["A"],
          项目名称=["甲"]).to_file(path)
    dialog = seen(qtbot, window, path)
    dialog.role.setCurrentIndex(dialog.role.findData("project_site"))
    dialog.buttons.button(dialog.buttons.Ok).click()
    qtbot.waitUntil(lambda: len(window.session.sites) == 1, timeout=20_000)
    assert window.session.sites[0].geometry.is_valid
    assert "第 1 个" in window.messages.toPlainText()


def test_what_cannot_be_a_project_is_said_while_it_can_still_be_mended(qtbot, window, tmp_path):
    path = tmp_path / "项目.csv"
    path.write_text("项目名称,经度,纬度,建设性质\n甲,116.1,29.6,新上\n", encoding="utf-8")
    dialog = seen(qtbot, window, path)
    accept = dialog.buttons.button(dialog.buttons.Ok)
    accept.click()
    qtbot.waitUntil(lambda: "新上" in dialog.said.text(), timeout=20_000)
    assert dialog.isVisible()
    combo = dialog.values_page.table.cellWidget(0, 3)
    combo.setCurrentIndex(combo.findData("new"))
    accept.click()
    qtbot.waitUntil(lambda: len(window.session.sites) == 1, timeout=20_000)


def test_a_corner_of_the_district_is_asked_about_before_it_counts_as_all(qtbot, window, tmp_path):
    path = tmp_path / "乡镇红线.gpkg"
    frame([box(116.3, 29.8, 116.33, 29.83)], name=["红线三"]).to_file(path)
    dialog = seen(qtbot, window, path)
    accept = dialog.buttons.button(dialog.buttons.Ok)
    accept.click()
    qtbot.waitUntil(lambda: "覆盖范围" in dialog.said.text(), timeout=20_000)
    assert "0.6%" in dialog.shapes_page.list.item(0, 1).text()
    assert "0.6%" in dialog.shapes_page.said.text()
    assert "乡镇红线" not in names(window)
    accept.click()
    qtbot.waitUntil(lambda: "乡镇红线" in names(window), timeout=20_000)


def test_a_doubtful_place_is_chosen_on_the_map_and_confirmed(qtbot, window, tmp_path):
    path = metre_file(tmp_path)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    window.dropEvent(QDropEvent(QPointF(QPoint(400, 300)), Qt.CopyAction, mime, Qt.LeftButton, Qt.NoModifier))
    qtbot.waitUntil(lambda: bool(window.findChildren(ImportDialog)), timeout=20_000)
    (dialog,) = window.findChildren(ImportDialog)
    qtbot.waitUntil(lambda: dialog.preview is not None, timeout=20_000)
    ok = dialog.buttons.button(dialog.buttons.Ok)
    assert dialog.role.currentData() == "wetland"
    assert dialog.tabs.currentWidget() is dialog.place_page, "the doubt is what is shown first"
    page = dialog.place_page
    assert "没有说明坐标系" in page.evidence.text()
    assert page.list.item(0, 1).text().startswith("EPSG:4548")
    assert page.list.item(0, 3).text() == "100%"
    assert {page.list.item(row, 3).text() for row in range(page.list.rowCount())} == {"100%", "0%"}
    assert page.map.candidates() == page.list.rowCount()
    assert not ok.isEnabled()
    page.list.selectRow(0)
    assert dialog.crs.currentData() == "EPSG:4548"
    assert not ok.isEnabled(), "chosen is not yet confirmed"
    qtbot.mouseClick(page.confirm, Qt.LeftButton, pos=QPoint(8, page.confirm.height() // 2))
    assert ok.isEnabled()
    qtbot.mouseClick(ok, Qt.LeftButton)
    qtbot.waitUntil(lambda: window.session.layer("湿地") is not None, timeout=20_000)
    idle(qtbot, window)
    layer = window.session.layer("湿地")
    assert layer.frame.to_crs(4490).geometry.iloc[0].centroid.distance(box(116.1, 29.6, 116.12, 29.62).centroid) < 1e-4
    window.layers.rebuild()
    assert "由人指定" in window.layers.item("湿地").toolTip(1), "the decision stays visible in the tree"


def test_clicking_the_small_map_picks_the_candidate(qtbot, window, tmp_path):
    dialog = seen(qtbot, window, metre_file(tmp_path))
    page = dialog.place_page
    last = page.map.candidates() - 1
    at = page.map.badge(last).center().toPoint()
    assert page.map.rect().contains(at), "what lies hundreds of kilometres away is at the edge"
    qtbot.mouseClick(page.map, Qt.LeftButton, pos=at)
    chosen = page.list.selectionModel().selectedRows()[0].row()
    assert page.list.item(chosen, 3).text() == "0%", "the last one lies away from the district"
    dialog.reject()


def test_the_encoding_is_overridden_by_its_sample(qtbot, window, tmp_path):
    path = tmp_path / "湿地.csv"
    path.write_bytes("名称,经度,纬度\n示例湖,116.1,29.6\n".encode("gb18030"))
    dialog = seen(qtbot, window, path)
    page = dialog.text_page
    assert "没有注明" in page.evidence.text()
    shown = {page.trials.item(row, 0).text(): page.trials.item(row, 2).text() for row in range(page.trials.rowCount())}
    assert "示例湖" in shown["gb18030"]
    assert "示例湖" not in shown["cp1252"]
    row = list(shown).index("cp1252")
    page.trials.selectRow(row)
    qtbot.waitUntil(lambda: dialog.encoding.currentData() == "cp1252", timeout=20_000)
    qtbot.waitUntil(lambda: "示例湖" not in dialog.rows.item(0, 0).text(), timeout=20_000)
    dialog.reject()


def test_what_a_table_does_not_state_is_not_called_stated(qtbot, window, tmp_path):
    path = tmp_path / "湿地.csv"
    path.write_text("名称,经度,纬度\n示例湖,116.1,29.6\n", encoding="utf-8")
    dialog = seen(qtbot, window, path)
    assert "文件没有说明坐标系" in dialog.place_page.evidence.text()
    assert "GCJ-02" in dialog.place_page.evidence.text()
    assert dialog.place_page.list.item(0, 4).text() == "按经纬度列认定"
    dialog.reject()


def units_file(tmp_path, name="单元2024"):
    path = tmp_path / f"{name}.gpkg"
    frame([box(116.0, 29.5, 116.2, 29.9), box(116.2, 29.5, 116.4, 29.9)], 代号=["ZH36040310001", "ZH36040320001"],
          MC=["甲", "乙"], 级=["一档", "重点"], 空间布局约束=["禁止新建化工", ""]).to_file(path)
    return path


def test_fields_and_values_are_mapped_and_remembered_for_the_next_delivery(qtbot, window, tmp_path):
    dialog = seen(qtbot, window, units_file(tmp_path))
    dialog.role.setCurrentIndex(dialog.role.findData("control_unit"))
    ok = dialog.buttons.button(dialog.buttons.Ok)
    assert "环境管控单元编码" in dialog.fields_page.said.text()
    assert not ok.isEnabled(), "a required field is missing"
    assert dialog.fields_page.mapping()["spatial_layout"] == "空间布局约束"
    combo = set_field(dialog, "code", "代号")
    assert combo.currentText() == "代号（ZH36040310001）", "a value tells a code from a name"
    set_field(dialog, "category", "级")
    assert ok.isEnabled()
    values = dialog.values_page.table
    row = next(row for row in range(values.rowCount()) if values.item(row, 1).text() == "一档")
    assert values.cellWidget(row, 3).currentData() == ""
    assert "1 种取值不认识" in dialog.values_page.said.text()
    values.cellWidget(row, 3).setCurrentIndex(values.cellWidget(row, 3).findData("priority"))
    dialog.accept()
    qtbot.waitUntil(lambda: window.session.layer("单元2024") is not None, timeout=20_000)
    idle(qtbot, window)
    assert list(window.session.layer("单元2024").frame["category"]) == ["priority", "key"]
    assert list(window.session.layer("单元2024").frame["code"]) == ["ZH36040310001", "ZH36040320001"]

    again = seen(qtbot, window, units_file(tmp_path, "单元2025"))
    again.role.setCurrentIndex(again.role.findData("control_unit"))
    assert again.fields_page.mapping()["code"] == "代号"
    assert again.fields_page.missing() == []
    assert again.values_page.values() == {"category": {"一档": "priority"}}
    assert "上次" in again.said.text()
    again.reject()


def test_a_repair_that_changes_the_area_is_asked_about(qtbot, window, tmp_path):
    path = tmp_path / "湿地.gpkg"
    twice = MultiPolygon([box(116.1, 29.6, 116.12, 29.62), box(116.11, 29.6, 116.13, 29.62)])
    frame([twice], code=["W1"], name=["湖"]).to_file(path)
    dialog = seen(qtbot, window, path)
    dialog.role.setCurrentIndex(dialog.role.findData("wetland"))
    dialog.accept()
    page = dialog.shapes_page
    qtbot.waitUntil(lambda: page.list.rowCount() > 0, timeout=20_000)
    assert dialog.isVisible()
    assert "1 个图形" in page.said.text()
    areas = [float(page.list.item(0, column).text().replace(",", "").split()[0]) for column in (2, 3, 4)]
    assert areas[0] == pytest.approx(areas[1] * 4 / 3, rel=1e-3), "as drawn the overlap counts twice"
    assert areas[2] == pytest.approx(areas[1] * 2 / 3, rel=1e-3), "even-odd leaves it out"
    qtbot.waitUntil(lambda: page.map.candidates() == 2, timeout=20_000)
    assert page.map.isVisible(), "both readings are drawn"
    page.repair.setCurrentIndex(page.repair.findData("evenodd"))
    dialog.accept()
    qtbot.waitUntil(lambda: window.session.layer("湿地") is not None, timeout=20_000)
    idle(qtbot, window)
    assert len(window.session.layer("湿地").frame.geometry.iloc[0].geoms) == 2


def test_lines_that_look_like_outlines_are_asked_about(qtbot, window, tmp_path):
    path = tmp_path / "湿地.geojson"
    ring = [(116.1, 29.6), (116.12, 29.6), (116.12, 29.62), (116.1, 29.62), (116.1, 29.601)]
    frame([LineString(ring), box(116.2, 29.6, 116.22, 29.62)], name=["一", "二"]).to_file(path)
    dialog = seen(qtbot, window, path)
    dialog.role.setCurrentIndex(dialog.role.findData("wetland"))
    dialog.accept()
    qtbot.waitUntil(lambda: "1 条线" in dialog.shapes_page.said.text(), timeout=20_000)
    dialog.shapes_page.close_lines.setChecked(True)
    dialog.accept()
    qtbot.waitUntil(lambda: window.session.layer("湿地") is not None, timeout=20_000)
    idle(qtbot, window)
    assert len(window.session.layer("湿地").frame) == 2


def test_coordinates_of_a_consumer_map_are_noticed_and_converted_when_declared(qtbot, window, tmp_path):
    from layers.crs_doctor import gcj02

    places = [(116.1, 29.6), (116.2, 29.7), (116.3, 29.8)]
    known = tmp_path / "口.gpkg"
    frame(geopandas.points_from_xy(*zip(*places, strict=True)), code=["A", "B", "C"], name=["甲", "乙", "丙"]).to_file(known)
    with Workspace.open(window.session.path, readonly=True):
        pass
    dialog = seen(qtbot, window, known)
    dialog.role.setCurrentIndex(dialog.role.findData("discharge_outlet"))
    dialog.accept()
    qtbot.waitUntil(lambda: window.session.layer("口") is not None, timeout=20_000)
    idle(qtbot, window)
    moved = tmp_path / "高德口.geojson"
    frame(geopandas.points_from_xy(*zip(*[gcj02(*place) for place in places], strict=True)), crs=4326,
          code=["A", "B", "C"], name=["甲", "乙", "丙"]).to_file(moved)
    dialog = seen(qtbot, window, moved)
    dialog.role.setCurrentIndex(dialog.role.findData("discharge_outlet"))
    dialog.accept()
    qtbot.waitUntil(lambda: "GCJ-02" in dialog.shapes_page.said.text(), timeout=20_000)
    shift = dialog.shapes_page.shift
    shift.setCurrentIndex(shift.findData("GCJ-02"))
    shift.activated.emit(shift.currentIndex())
    dialog.accept()
    qtbot.waitUntil(lambda: window.session.layer("高德口") is not None, timeout=20_000)
    idle(qtbot, window)
    xy = [(point.x, point.y) for point in window.session.layer("高德口").frame.geometry]
    assert np.allclose(xy, places, atol=2e-5), "within two metres of the truth"


def test_a_long_read_shows_its_progress_and_can_be_given_up(qtbot, window, tmp_path, monkeypatch):
    import threading

    gate, begun = threading.Event(), threading.Event()

    def slow(path, role, report, **options):
        report.or_stop(1, 4)
        begun.set()
        gate.wait(10)
        report.or_stop(2, 4)
        raise AssertionError("went on after it was stopped")

    monkeypatch.setattr(window.engine, "read_layer", slow)
    path = tmp_path / "湿地.geojson"
    frame([box(116.1, 29.6, 116.12, 29.62)], name=["一"]).to_file(path)
    dialog = seen(qtbot, window, path)
    dialog.role.setCurrentIndex(dialog.role.findData("wetland"))
    beats = []
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    timer.start(10)
    dialog.accept()
    qtbot.waitUntil(begun.is_set, timeout=20_000)
    qtbot.waitUntil(lambda: dialog.progress.value() == 1, timeout=20_000)
    assert dialog.progress.isVisible()
    before = len(beats)
    qtbot.wait(200)
    assert len(beats) - before > 8, "the window lives while the file is read"
    qtbot.mouseClick(dialog.buttons.button(dialog.buttons.Cancel), Qt.LeftButton)
    gate.set()
    assert window.work.worker.wait(10)
    assert names(window) == ["红线", "单元", "区"]


def test_a_sheet_of_a_workbook_is_chosen(qtbot, window, tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "说明"
    book.active.append(["这里没有数据", "x"])
    sheet = book.create_sheet("口")
    for row in (["编码", "名称", "经度", "纬度"], ["A", "甲", 116.1, 29.6]):
        sheet.append(row)
    path = tmp_path / "排污口.xlsx"
    book.save(path)
    dialog = seen(qtbot, window, path)
    assert [dialog.layer.itemData(i) for i in range(dialog.layer.count())] == ["说明", "口"]
    dialog.layer.setCurrentIndex(1)
    dialog.layer.activated.emit(1)
    qtbot.waitUntil(lambda: dialog.preview is not None and "名称" in dialog.preview.headers, timeout=20_000)
    assert dialog.rows.item(0, 1).text() == "甲"
    dialog.reject()


# -- findings and coverage ---------------------------------------------------------------------------------------------


@pytest.fixture
def checked(qtbot, window):
    window.actions_by_id["check"].trigger()
    idle(qtbot, window)
    return window


def part(window, name):
    return next(one for one in window.parts if any(dock[0] == name for dock in one.docks()))


def test_findings_are_listed_filtered_drawn_and_settled(qtbot, checked):
    panel = part(checked, "findings").panel
    codes = {one["code"] for one in panel.model.all()}
    assert {"units-overlap", "units-gap"} <= codes
    assert not checked.docks["findings"].isHidden()
    overlays = [layer for layer in drawn(checked) if layer.id.startswith("findings:")]
    assert [layer.id for layer in drawn(checked)][:2] == ["findings:areas", "findings:places"], "over every layer"
    assert sum(len(layer.frame) for layer in overlays if layer.id == "findings:places") == sum(
        one["geometry"] is not None for one in panel.model.all())
    box_ = panel.filters["code"]
    box_.setCurrentIndex(box_.findData("units-overlap"))
    box_.activated.emit(box_.currentIndex())
    assert panel.model.rowCount() == 1
    assert len(drawn(checked)[0].frame) == 1, "the map shows what the list shows"
    panel.view.selectRow(0)
    qtbot.mouseClick(panel.zoom, Qt.LeftButton)
    bounds, crs = checked.canvas.last("zoom_to")
    assert crs == 4490
    assert bounds[0] < 116.2 < 116.21 < bounds[2]

    qtbot.mouseClick(panel.buttons["accepted"], Qt.LeftButton)
    assert panel.model.finding(0)["status"] == "open", "without a reason nothing is accepted"
    panel.note.clear()
    qtbot.keyClicks(panel.note, "known")
    qtbot.mouseClick(panel.buttons["accepted"], Qt.LeftButton)
    idle(qtbot, checked)
    (one,) = (one for one in checked.session.workspace.findings().to_dict("records") if one["code"] == "units-overlap")
    assert (one["status"], one["note"]) == ("accepted", "known")
    checked.session.undo_stack.undo()
    idle(qtbot, checked)
    assert panel.model.finding(panel.model.row_of(one["key"]))["status"] == "open"
    panel.drawn.setChecked(False)
    assert not any(layer.id.startswith("findings:") for layer in drawn(checked))


def test_a_finding_marked_twice_while_the_file_is_busy_goes_back_step_by_step(qtbot, checked):
    panel, session = part(checked, "findings").panel, checked.session
    key = panel.model.finding(0)["key"]
    panel.select(key)
    busy, gate = threading.Event(), threading.Event()

    def hold(_report):
        with session.workspace.in_turn(lambda: None):
            busy.set()
            gate.wait(10)

    checked.work.run("导入", hold, lambda _none: None)
    assert busy.wait(5)
    panel.note.setText("known")
    qtbot.mouseClick(panel.buttons["accepted"], Qt.LeftButton)
    qtbot.mouseClick(panel.buttons["fixed"], Qt.LeftButton)
    gate.set()
    idle(qtbot, checked)
    said = []
    for _step in range(2):
        frame = session.workspace.findings()
        said.append(frame[frame["key"] == key].iloc[0]["status"])
        session.undo_stack.undo()
        idle(qtbot, checked)
    frame = session.workspace.findings()
    assert [*said, frame[frame["key"] == key].iloc[0]["status"]] == ["fixed", "accepted", "open"]


def test_a_finding_clicked_on_the_map_is_selected_in_the_list(checked):
    panel = part(checked, "findings").panel
    place = drawn(checked)[1]
    checked.map._place = (116.2, 29.6, 0.0, 0.0)
    checked.canvas.identified.emit([(place.id, 1), ("单元", 0)])
    assert [one["key"] for one in panel.selected()] == [part(checked, "findings")._drawn[1]]
    assert checked.identify._hits == [("单元", 0)], "what is no layer is not identified as one"


@pytest.mark.parametrize("suffix", [".xlsx", ".gpkg"])
def test_findings_are_exported_as_the_list_shows_them(qtbot, checked, tmp_path, suffix, said):
    panel = part(checked, "findings").panel
    box_ = panel.filters["severity"]
    box_.setCurrentIndex(box_.findData("error"))
    box_.activated.emit(box_.currentIndex())
    part(checked, "findings").export(tmp_path / f"f{suffix}")
    idle(qtbot, checked)
    if suffix == ".gpkg":
        assert len(geopandas.read_file(tmp_path / "f.gpkg")) == panel.model.rowCount()
    else:
        from openpyxl import load_workbook

        assert load_workbook(tmp_path / "f.xlsx").active.max_row == panel.model.rowCount() + 1
    assert said[-1].objectName() == "done_box"


def test_the_ledger_draws_where_nobody_has_looked(qtbot, window):
    window.actions_by_id["coverage"].trigger()
    idle(qtbot, window)
    panel = part(window, "coverage").panel
    row = next(i for i, one in enumerate(panel.rows) if one.role == "ecological_redline")
    assert panel.rows[row].share == pytest.approx(0.25, abs=0.005)
    assert panel.tree.topLevelItem(row).text(1) == f"{panel.rows[row].share:.1%}"
    unit = next(i for i, one in enumerate(panel.rows) if one.role == "control_unit")
    assert panel.tree.topLevelItem(unit).text(4) == "1:50,000"
    assert panel.tree.topLevelItem(unit).text(5).endswith("*"), "its accuracy is that of its scale"
    panel.tree.topLevelItem(row).setSelected(True)
    overlay = drawn(window)[0]
    assert overlay.id == "coverage:missing"
    hole = overlay.frame.geometry.iloc[0]
    assert hole.symmetric_difference(WHOLE.difference(box(116.0, 29.5, 116.2, 29.7))).area < 1e-9
    absent = next(i for i, one in enumerate(panel.rows) if one.absent and one.role == "wetland")
    assert panel.tree.topLevelItem(absent).text(1) == "没有图层"
    panel.tree.clearSelection()
    panel.tree.topLevelItem(absent).setSelected(True)
    assert drawn(window)[0].frame.geometry.iloc[0].symmetric_difference(WHOLE).area < 1e-9, "nobody looked anywhere"


# -- the tree ----------------------------------------------------------------------------------------------------------


def new_version(window, qtbot, tmp_path):
    path = tmp_path / "单元.gpkg"
    frame([box(116.0, 29.5, 116.2, 29.9), box(116.2, 29.5, 116.4, 29.9)], name=["甲", "乙"], category=["priority", "key"],
          code=["ZH36040310001", "ZH36040320001"]).to_file(path)
    dialog = seen(qtbot, window, path)
    dialog.role.setCurrentIndex(dialog.role.findData("control_unit"))
    dialog.version.setText("2024")
    dialog.accept()
    qtbot.waitUntil(lambda: "单元（2024）" in names(window), timeout=20_000)
    idle(qtbot, window)


def test_a_retired_version_is_not_shown_by_show_all_and_can_be_used_again(qtbot, window, tmp_path):
    new_version(window, qtbot, tmp_path)
    old, new = window.session.layer("单元"), window.session.layer("单元（2024）")
    assert (old.retired, new.retired) == (True, False)
    assert not old.visible
    window.actions_by_id["hide_all"].trigger()
    window.actions_by_id["show_all"].trigger()
    assert new.visible
    assert not old.visible
    window.layers.select("单元")
    window.actions_by_id["layer_properties"].trigger()
    from gui.dialogs.layer_properties import LayerProperties

    (dialog,) = window.findChildren(LayerProperties)
    states = {dialog.versions.topLevelItem(i).text(0): dialog.versions.topLevelItem(i).text(4) for i in range(2)}
    assert states == {"单元": "停用", "单元（2024）": "在用"}
    dialog.versions.setCurrentItem(dialog.versions.topLevelItem(0))
    dialog.use.click()
    idle(qtbot, window)
    assert [one.name for one in window.session.workspace.by_role("control_unit")] == ["单元"]
    assert window.session.layer("单元（2024）").retired
    window.session.undo_stack.undo()
    idle(qtbot, window)
    assert [one.name for one in window.session.workspace.by_role("control_unit")] == ["单元（2024）"]


def test_adding_and_removing_a_layer_are_undone_also_across_a_save(qtbot, window, tmp_path):
    stack = window.session.undo_stack
    path = tmp_path / "湿地.gpkg"
    frame([box(116.1, 29.6, 116.12, 29.62)], code=["W1"], name=["湖"]).to_file(path)
    dialog = seen(qtbot, window, path)
    dialog.role.setCurrentIndex(dialog.role.findData("wetland"))
    dialog.accept()
    qtbot.waitUntil(lambda: "湿地" in names(window), timeout=20_000)
    idle(qtbot, window)
    assert stack.undoText() == "添加图层“湿地”"
    stack.undo()
    assert "湿地" not in names(window)
    assert window.session.pending_removals == ["湿地"]
    stack.redo()
    assert "湿地" in names(window)
    assert window.session.pending_removals == []
    stack.undo()
    assert window.files.save()
    assert [one.name for one in window.session.workspace.by_role("wetland")] == []
    stack.redo()
    assert "湿地" in names(window)
    assert window.files.save()
    idle(qtbot, window)
    (record,) = window.session.workspace.by_role("wetland")
    assert record.features == 1

    window.session.remove_layer("红线")
    assert window.files.save()
    assert window.session.workspace.by_role("ecological_redline") == []
    stack.undo()
    assert window.files.save()
    (record,) = window.session.workspace.by_role("ecological_redline")
    assert record.coverage_geometry is not None, "with all that stood about it"


def bring_in(qtbot, window, path, role):
    dialog = seen(qtbot, window, path)
    dialog.role.setCurrentIndex(dialog.role.findData(role))
    before = len(window.session.layers)
    dialog.accept()
    qtbot.waitUntil(lambda: len(window.session.layers) > before, timeout=20_000)
    idle(qtbot, window)


def test_an_import_keeps_the_current_project_and_picks_the_new_layer(qtbot, window, tmp_path):
    window.session.add_sites([Site("P1", "厂", box(116.3, 29.6, 116.31, 29.61), "EPSG:4490")])
    frame([box(116.1, 29.6, 116.12, 29.62)], code=["W1"], name=["湖"]).to_file(tmp_path / "湿地.gpkg")
    bring_in(qtbot, window, tmp_path / "湿地.gpkg", "wetland")
    assert window.session.current_id == "P1"
    assert window.actions_by_id["judge"].isEnabled()
    assert window.layers.current_key() == "湿地"


def test_a_verdict_on_other_layers_or_of_another_day_is_marked(qtbot, window, tmp_path, monkeypatch):
    session, shown = window.session, window.projects.model
    session.add_sites([Site("P1", "厂", box(116.3, 29.6, 116.31, 29.61), "EPSG:4490")])
    window.judge(["P1"])
    qtbot.waitUntil(lambda: session.current.result is not None and not window.work.running, timeout=30_000)

    def marked():
        word = shown.index(0, 2).data()
        assert ("待重判" in word) == window.verdict.stale.isVisible() == session.current.obsolete, word
        return session.current.obsolete

    assert not marked()
    frame([box(116.3, 29.6, 116.32, 29.62)], code=["W1"], name=["湖"]).to_file(tmp_path / "湿地.gpkg")
    bring_in(qtbot, window, tmp_path / "湿地.gpkg", "wetland")
    assert marked(), "judged without the wetlands"
    session.undo_stack.undo()
    assert not marked(), "as it was when it was judged"
    session.remove_layer("红线")
    assert marked(), "judged with a redline that is gone"
    session.undo_stack.undo()
    window.rename_layer("红线", "生态红线")
    session.set_look("红线", opacity=0.5)
    assert not marked(), "a name and a look are nothing to a verdict"
    frame([box(116.3, 29.6, 116.32, 29.62)], name=["影像范围"]).to_file(tmp_path / "别的.gpkg")
    bring_in(qtbot, window, tmp_path / "别的.gpkg", "reference")
    assert not marked(), "no rule asks for it"

    window.day.setDate(window.day.date().addDays(-30))
    assert marked(), "of a day after the one that is asked about"
    asked = []
    monkeypatch.setattr("gui.files.message.ask", lambda *words, **_more: asked.append(words[2]))
    assert window.files.ask_export() is None
    assert "1 个项目" in asked[0]
    window.day.setDate(window.day.date().addDays(30))
    assert not marked()


def test_features_are_filtered_for_display_only(qtbot, window):
    window.layers.select("单元")
    window.actions_by_id["filter_layer"].trigger()
    from gui.dialogs.filter_features import FilterDialog

    (dialog,) = window.findChildren(FilterDialog)
    field, _operator, value, _gone = dialog.lines[0]
    field.setCurrentIndex(field.findData("category"))
    assert [value.itemText(i) for i in range(value.count())] == ["priority（优先保护）", "key（重点管控）"]
    value.setEditText("key")
    assert "1 / 2" in dialog.count.text()
    dialog.accept()
    layer = window.session.layer("单元")
    qtbot.waitUntil(lambda: layer.filter is not None, timeout=20_000)
    assert len(layer.frame) == 2
    shown = next(one for one in drawn(window) if one.id == "单元")
    assert list(shown.frame["name"]) == ["乙"]
    assert window.layers.item("单元").text(1) == "1 / 2"
    item = window.layers.item("单元")
    assert "已筛选，仅影响显示" in [item.child(i).text(0) for i in range(item.childCount())]
    window.canvas.identified.emit([("单元", 0)])
    assert window.identify._hits == [("单元", 1)], "a row on the map is not a row of the layer"
    assert window.map.on_canvas([("单元", 0), ("单元", 1), ("红线", 0)]) == [("单元", 0), ("红线", 0)]
    with qtbot.waitSignal(window.map.selected) as told:
        window.canvas.selectionChanged.emit([("单元", 0)])
    assert told.args == [[("单元", 1)]]
    assert window.files.save()
    assert Filter.from_dict(window.session.window_state()["layers"][1]["filter"]) == layer.filter
    window.session.undo_stack.undo()
    assert len(next(one for one in drawn(window) if one.id == "单元").frame) == 2


@pytest.mark.parametrize(("condition", "rows"), [
    (Condition("n", "above", "2"), [2, 3]), (Condition("n", "is", "2;4"), [1, 3]), (Condition("t", "contains", "山"), [0, 1]),
    (Condition("t", "is-not", "山湖"), [1, 2, 3]), (Condition("t", "empty"), [2]), (Condition("t", "filled"), [0, 1, 3]),
    (Condition("t", "starts", "山"), [0]), (Condition("n", "below", "x"), []), (Condition("gone", "is", "1"), []),
])
def test_conditions(condition, rows):
    data = geopandas.GeoDataFrame({"n": [1, 2, 3, 4], "t": ["山湖", "大山", None, "城"]}, geometry=[WHOLE] * 4, crs=4490)
    assert list(Filter((condition,)).rows(data)) == rows


def test_all_or_any_condition():
    data = geopandas.GeoDataFrame({"n": [1, 2, 3]}, geometry=[WHOLE] * 3, crs=4490)
    both = (Condition("n", "above", "1"), Condition("n", "below", "3"))
    assert list(Filter(both).rows(data)) == [1]
    assert list(Filter(both, any_of=True).rows(data)) == [0, 1, 2]


def test_a_copy_of_a_layer_is_a_layer_of_its_own(qtbot, window):
    window.layers.select("红线")
    window.actions_by_id["duplicate_layer"].trigger()
    qtbot.waitUntil(lambda: "红线 副本" in names(window), timeout=20_000)
    idle(qtbot, window)
    record = window.session.workspace.record("红线 副本")
    assert record.current
    assert window.session.workspace.record("红线").current
    assert record.coverage_geometry.equals(window.session.workspace.record("红线").coverage_geometry)
    window.session.undo_stack.undo()
    assert "红线 副本" not in names(window)


def in_file(path):
    """The names of the layers in the file, and what it keeps of how they look."""
    with Workspace.open(path, readonly=True) as workspace:
        return {record.name for record in workspace.layers()}, workspace.state("window")


def test_copying_a_layer_saves_nothing_else_and_closing_without_saving_leaves_the_file_as_it_was(qtbot, window, monkeypatch):
    session, path = window.session, window.session.path
    window.files.save()
    before = in_file(path)
    window.rename_layer("红线", "生态红线")
    group = session.add_group("甲组", ["红线"])
    session.set_look("红线", colour="#123456", opacity=0.5, filter=Filter((Condition("code", "is", "R1"),)))
    window.layers.select("红线")
    saved = []
    window.files.saved.connect(lambda: saved.append(True))
    window.actions_by_id["duplicate_layer"].trigger()
    qtbot.waitUntil(lambda: "生态红线 副本" in names(window), timeout=20_000)
    idle(qtbot, window)
    assert in_file(path) == (before[0] | {"生态红线 副本"}, before[1]), "the copy is in the file, and nothing else"
    assert not saved
    assert session.dirty
    assert [layer.name for layer in session.layers if layer.group == group] == ["生态红线", "生态红线 副本"]
    assert window.layers.current_key() == "生态红线 副本"
    copy, original = session.layer("生态红线 副本"), session.layer("红线")
    assert (copy.colour, copy.opacity, copy.filter) == (original.colour, original.opacity, original.filter)
    session.undo_stack.undo()
    assert session.dirty, "the renaming is still to be saved"
    session.undo_stack.redo()
    assert [layer.name for layer in session.layers if layer.group == group] == ["生态红线", "生态红线 副本"]
    monkeypatch.setattr("gui.dialogs.message.ask_save", lambda *_asked: "discard")
    window.files.close()
    assert session.workspace is None
    assert in_file(path) == before


def test_a_layer_is_the_current_one_and_its_features_stay_selected_when_its_new_name_is_saved(qtbot, window):
    session = window.session
    window.layers.select("单元")
    window.layers.move_current(1)
    session.set_look("单元", filter=Filter((Condition("code", "is", "ZH36040320001"),)))
    window.rename_layer("单元", "控制单元")
    window.map.select([("单元", 1)])
    window.identify.show_hits(window.map.selection(), None)
    window.jobs["swipe"]()
    before = [layer.name for layer in session.layers]
    assert window.files.save()
    idle(qtbot, window)
    assert window.layers.current_key() == "控制单元"
    assert session.layer("控制单元") is not None
    assert list(window.map.selection()) == [("控制单元", 1)]
    assert window.identify.tree.topLevelItem(0).text(0) == "控制单元"
    assert "控制单元" in {one.id for one in drawn(window)}
    assert window.canvas.last("set_swipe")[0] == ["控制单元"]
    window.jobs["swipe"]()
    for _step in range(3):
        session.undo_stack.undo()
    assert [layer.name for layer in session.layers] != before, "the order of before, by whatever name"
    assert window.layers.current_key() == "控制单元", "its place in the file is called so until it is saved again"
    for _step in range(3):
        session.undo_stack.redo()
    assert [layer.name for layer in session.layers] == before
    window.rename_layer("控制单元", "又一名")
    assert window.layers.item("控制单元").text(0).startswith("又一名")


def test_what_was_identified_is_let_go_of_when_its_layer_is_read_again(qtbot, window):
    """Another feature may stand in that row by now."""
    place = (116.0, 29.6, 1.0, 2.0)
    window.map.select([("单元", 0), ("红线", 0)])
    window.identify.show_hits(window.map.selection(), place)
    tree = window.identify.tree
    assert [tree.topLevelItem(i).text(0) for i in range(tree.topLevelItemCount())] == ["单元", "红线"]
    window.session.layer("单元").frame = None
    window.session.layersChanged.emit()
    assert [tree.topLevelItem(i).text(0) for i in range(tree.topLevelItemCount())] == ["红线"]
    window.files.read_frames()
    idle(qtbot, window)
    assert [tree.topLevelItem(i).text(0) for i in range(tree.topLevelItemCount())] == ["红线"]
    window.session.remove_layer("红线")
    assert not window.identify._hits


def test_a_copy_is_made_again_after_it_was_undone(qtbot, window):
    """The file holds the first one until it is saved."""
    for _again in range(2):
        window.layers.select("红线")
        window.actions_by_id["duplicate_layer"].trigger()
        qtbot.waitUntil(lambda: any("副本" in name for name in names(window)), timeout=20_000)
        idle(qtbot, window)
        made = next(name for name in names(window) if "副本" in name)
        window.session.undo_stack.undo()
    assert made == "红线 副本 2"
    window.session.undo_stack.redo()
    window.files.save()
    assert in_file(window.session.path)[0] == {"区", "单元", "红线", "红线 副本 2"}


def test_a_layer_brought_back_after_saving_stays_when_another_is_copied(qtbot, window, monkeypatch):
    window.session.remove_layer("单元")
    window.files.save()
    idle(qtbot, window)
    window.session.undo_stack.undo()
    window.layers.select("红线")
    window.actions_by_id["duplicate_layer"].trigger()
    qtbot.waitUntil(lambda: "红线 副本" in names(window), timeout=20_000)
    idle(qtbot, window)
    assert "单元" in names(window)
    told = []
    monkeypatch.setattr("gui.dialogs.message.tell_error", lambda _window, text, *_more: told.append(text))
    window.layers.select("单元")
    window.actions_by_id["duplicate_layer"].trigger()
    assert len(told) == 1, "the file does not hold it"
    assert "单元" in told[0]
    window.files.save()
    idle(qtbot, window)
    assert in_file(window.session.path)[0] == {"区", "单元", "红线", "红线 副本"}


def test_a_copy_of_a_secret_layer_is_secret(qtbot, window, monkeypatch):
    window.session.set_secrecy("红线", "secret")
    window.layers.select("红线")
    window.actions_by_id["duplicate_layer"].trigger()
    qtbot.waitUntil(lambda: "红线 副本" in names(window), timeout=20_000)
    idle(qtbot, window)
    assert window.session.workspace.record("红线 副本").secrecy == "secret"
    asked = []
    monkeypatch.setattr("gui.dialogs.message.ask", lambda *words, **_more: asked.append(words[2]) or False)
    window.session.set_look("红线", visible=False)
    window.do("copy_map")
    assert len(asked) == 1, "the copy alone is on the map"
    assert "红线 副本" in asked[0]
    window.session.remove_layer("红线 副本")  # saved and then undone, it is written anew
    window.files.save()
    idle(qtbot, window)
    window.session.undo_stack.undo()
    window.files.save()
    idle(qtbot, window)
    assert window.session.workspace.record("红线 副本").secrecy == "secret"


def test_a_raster_that_does_not_state_its_system_is_asked_about(qtbot, window, tmp_path):
    from gui.canvas.raster import placed, raster_bounds, raster_cell, read_raster

    path = tmp_path / "高程.asc"
    rows = "\n".join(" ".join(["20"] * 8) for _row in range(8))
    path.write_text(f"ncols 8\nnrows 8\nxllcorner 116.0\nyllcorner 29.5\ncellsize 0.05\nNODATA_value -9999\n{rows}\n")
    window.files.add_raster(path, "dem")
    qtbot.waitUntil(lambda: window.findChild(RasterSystemDialog) is not None, timeout=20_000)
    dialog = window.findChild(RasterSystemDialog)
    qtbot.waitUntil(dialog.isVisible, timeout=20_000)
    ok = dialog.buttons.button(QDialogButtonBox.Ok)
    assert not ok.isEnabled(), "nobody has chosen yet"
    assert "高程.asc" in dialog.findChild(QLabel, "crs_why").text()
    qtbot.keyClicks(dialog.search, "4490")
    qtbot.mouseClick(ok, Qt.LeftButton)
    key = raster_key("高程")
    qtbot.waitUntil(lambda: window.session.layer(key) is not None, timeout=20_000)
    idle(qtbot, window)
    layer = window.session.layer(key)
    assert (layer.record.crs, [one.code for one in layer.record.issues]) == ("EPSG:4490", ["crs-given"])
    there = placed(layer)
    assert raster_bounds(there, "EPSG:4490") == pytest.approx((116.0, 29.5, 116.4, 29.9))
    assert raster_cell(there, "EPSG:4490", 116.1, 29.6) == [("", 20.0)]
    assert read_raster(there, "EPSG:4548", (402_000, 3_264_000, 440_000, 3_300_000), 500.0) is not None
    shown = next(one for one in drawn(window) if one.id == key)
    assert shown.raster == there
    window.session.remove_layer(key)  # saved and then undone, it is pointed to anew
    assert window.files.save()
    idle(qtbot, window)
    window.session.undo_stack.undo()
    assert window.files.save()
    idle(qtbot, window)
    assert [one.crs for one in window.session.workspace.rasters()] == ["EPSG:4490"]


def test_a_raster_is_in_the_tree_and_on_the_map(qtbot, window, tmp_path, monkeypatch):
    path = tmp_path / "dem.tif"
    with rasterio.open(path, "w", driver="GTiff", width=8, height=8, count=1, dtype="float32", crs="EPSG:4490",
                       transform=from_bounds(116.0, 29.5, 116.4, 29.9, 8, 8), nodata=-9999) as sink:
        sink.write(np.full((1, 8, 8), 20.0, "float32"))
    window.files.add_raster(path, "dem")
    key = raster_key("dem")
    qtbot.waitUntil(lambda: window.session.layer(key) is not None, timeout=20_000)
    idle(qtbot, window)
    assert window.layers.item(key) is not None
    shown = next(one for one in drawn(window) if one.id == key)
    assert Path(shown.raster) == path
    window.map._place = (116.2, 29.7, 0.0, 0.0)
    window.canvas.identified.emit([])
    qtbot.waitUntil(lambda: not window.looks.asking("identify_rasters"), timeout=20_000)
    tree = window.identify.tree
    assert [(tree.topLevelItem(i).text(0), tree.topLevelItem(i).text(1)) for i in range(tree.topLevelItemCount())] == [
        ("dem", "20.00 m")]
    window.map._place = (117.2, 29.7, 0.0, 0.0)
    window.canvas.identified.emit([])
    qtbot.waitUntil(lambda: not window.looks.asking("identify_rasters"), timeout=20_000)
    assert [tree.topLevelItem(i).text(0) for i in range(tree.topLevelItemCount())] == ["此处没有可见要素"]
    assert {action.data() for action in window.layers.context_menu(key).actions() if action.data()} == {
        "zoom_layer", "layer_properties", "remove_layer", "swipe"}
    window.session.set_look(key, opacity=0.5)
    assert window.files.save()
    window.session.remove_layer(key)
    assert window.files.save()
    assert window.session.workspace.rasters() == []
    window.session.undo_stack.undo()
    assert window.files.save()
    path.unlink()
    window.session.reload_layers()
    assert window.layers.item(key).toolTip(0).endswith(f"找不到文件 {path}"), "a broken source says so"


def test_saving_leaves_the_windows_thread_free(qtbot, window, monkeypatch):
    beats, threads = [], []
    real = window.engine.save

    def slow(session):
        import threading

        threads.append(threading.current_thread().name)
        time.sleep(0.5)
        real(session)

    monkeypatch.setattr(window.engine, "save", slow)
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    timer.start(10)
    window.session.add_sites([Site("P1", "新", box(116.1, 29.6, 116.11, 29.61), "EPSG:4490")])
    qtbot.wait(50)
    first = len(beats)
    assert window.files.save()
    assert len(beats) - first > 20
    assert max(np.diff(beats[first:])) < 0.25
    assert threads == ["sanxian-work"]
    assert not window.session.dirty
    assert not window.session.undo_stack.isClean() or window.windowTitle().startswith("workspace —")


def test_properties_are_changed_signed_and_undone(qtbot, window):
    from gui.layer_tools import LayerTools

    tools = next(one for one in window.parts if isinstance(one, LayerTools))
    tools.set_person(" 王工 ")
    window.layers.select("红线")
    dialog = tools.properties()
    assert "随图层说明" in [label.text() for label in dialog.findChildren(type(dialog.said))]
    dialog.edits["accuracy_m"].setText("two")
    dialog._accept()
    assert dialog.said.isVisibleTo(dialog)
    dialog.edits["accuracy_m"].setText("2.5")
    dialog.edits["scale"].setText("1：1万")
    dialog._accept()
    idle(qtbot, window)
    record = window.session.workspace.record("红线")
    assert (record.accuracy_m, record.scale) == (2.5, 10_000)
    last = window.session.workspace.history()[-1]
    assert (last.action, last.person) == ("describe", "王工")
    assert last.at.startswith("20")
    window.session.undo_stack.undo()
    idle(qtbot, window)
    record = window.session.workspace.record("红线")
    assert (record.accuracy_m, record.scale) == (None, None)


def test_whoever_reviews_signs_the_history(qtbot, window):
    window.settings.person = "王工"
    window.session.add_sites([Site("P1", "新", box(116.1, 29.6, 116.11, 29.61), "EPSG:4490")])
    assert window.files.save()
    dialog = window.rules.override()
    assert dialog.person.text() == "王工"
    dialog.person.setText("李工")
    window.session.workspace.describe("红线", source="x")
    dialog.close()
    window.session.workspace.describe("红线", source="y")
    assert [entry.person for entry in window.session.workspace.history()[-2:]] == ["李工", "王工"]


# -- history, backups and recovery -------------------------------------------------------------------------------------


def yes(monkeypatch):
    monkeypatch.setattr("gui.dialogs.message.ask", lambda *args, **_more: True)


def test_a_change_of_the_file_is_taken_back_and_a_backup_restored(qtbot, window, tmp_path, monkeypatch):
    yes(monkeypatch)
    from gui.layer_tools import LayerTools

    tools = next(one for one in window.parts if isinstance(one, LayerTools))
    new_version(window, qtbot, tmp_path)
    assert window.files.save()
    dialog = tools.history()
    assert dialog.history.topLevelItem(0).text(2) == "添加"
    assert "添加 单元（2024）" in dialog.undo.text()
    qtbot.mouseClick(dialog.undo, Qt.LeftButton)
    qtbot.waitUntil(lambda: "单元（2024）" not in names(window), timeout=20_000)
    idle(qtbot, window)
    assert not window.session.layer("单元").retired

    dialog = tools.history()
    dialog.tabs.setCurrentIndex(1)
    numbers = [dialog.backups.topLevelItem(i).data(0, Qt.UserRole) for i in range(dialog.backups.topLevelItemCount())]
    with_both = next(one for one in backups.entries(window.session.path) if one.layers == 4)
    dialog.backups.setCurrentItem(dialog.backups.topLevelItem(numbers.index(with_both.number)))
    qtbot.mouseClick(dialog.restore, Qt.LeftButton)
    qtbot.waitUntil(lambda: "单元（2024）" in names(window), timeout=20_000)
    idle(qtbot, window)
    assert window.session.workspace.history()[-1].action == "restore"


def autosave(path):
    return backups.folder(path) / "autosave.json"


def test_unsaved_edits_are_kept_and_go_when_saved(qtbot, window):
    path = window.session.path
    window.session.add_sites([Site("P1", "新", box(116.1, 29.6, 116.11, 29.61), "EPSG:4490", {"fuels": ("coal",)})])
    qtbot.waitUntil(lambda: autosave(path).exists(), timeout=20_000)
    content = json.loads(autosave(path).read_text(encoding="utf-8"))
    assert content["sites"][0]["attributes"] == {"fuels": ["coal"]}
    assert window.files.save()
    assert not autosave(path).exists()
    window.session.undo_stack.undo()
    qtbot.waitUntil(lambda: autosave(path).exists(), timeout=20_000)
    window.session.undo_stack.redo()
    assert not autosave(path).exists(), "back at what was saved: nothing is unsaved"


def test_after_saving_under_another_name_edits_are_kept_beside_the_new_file(qtbot, window, tmp_path):
    former, later = window.session.path, tmp_path / "另一个.gpkg"
    window.session.add_sites([Site("P1", "新", box(116.1, 29.6, 116.11, 29.61), "EPSG:4490")])
    window.files.save_as(later)
    assert window.session.path == later
    assert not window.session.dirty
    with Workspace.open(former, readonly=True) as left, Workspace.open(later, readonly=True) as made_:
        assert left.by_role("project_site") == []
        assert [one.features for one in made_.by_role("project_site")] == [1]
    window.session.rename_site("P1", "改")
    qtbot.waitUntil(lambda: autosave(later).exists(), timeout=20_000)
    assert not autosave(former).exists()


def press(box_, role):
    next(button for button in box_.buttons() if box_.buttonRole(button) == role).click()


def test_what_a_crash_left_is_offered_and_restored_as_one_step(qtbot, open_window, said, tmp_path):
    first = open_window()
    path = first.session.path
    first.session.add_sites([Site("P1", "新", box(116.1, 29.6, 116.11, 29.61), "EPSG:4490", {"fuels": ("coal",)})])
    first.session.set_look("红线", visible=False)
    first.take_day(date(2025, 6, 1))
    first.session.remove_layer("单元")
    qtbot.waitUntil(lambda: autosave(path).exists() and "单元" in autosave(path).read_text(encoding="utf-8").split(
        "removed")[1], timeout=20_000)
    kept = autosave(path).read_bytes()
    first.session.undo_stack.setClean()
    first.close()
    assert not autosave(path).exists()
    autosave(path).parent.mkdir(exist_ok=True)
    autosave(path).write_bytes(kept)  # as if the program had been killed

    second = open_window()
    (offer,) = [box_ for box_ in said if box_.objectName() == "recover_box"]
    assert "1 个项目" in offer.text()
    press(offer, QMessageBox.AcceptRole)
    (site,) = second.session.sites
    assert second.on == date(2025, 6, 1)
    assert site.attributes == {"fuels": ("coal",)}
    assert site.geometry.equals(box(116.1, 29.6, 116.11, 29.61))
    assert not second.session.layer("红线").visible
    assert names(second) == ["红线", "区"]
    assert second.session.dirty
    second.session.undo_stack.undo()
    assert second.session.sites == []
    assert names(second) == ["红线", "单元", "区"]
    assert second.session.layer("红线").visible


def test_what_is_given_up_is_not_offered_again(qtbot, open_window, said, tmp_path, template):
    path = tmp_path / "workspace.gpkg"
    shutil.copyfile(template, path)
    backups.write_autosave(path, {"sites": [], "state": {}, "at": "2026-11-22T08:00:00"})
    window = open_window(path)
    press(said[-1], QMessageBox.DestructiveRole)
    assert not autosave(path).exists()
    assert not window.session.dirty


CHILD = """
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace
sys.path.insert(0, {tests!r})
from PyQt5.QtCore import QSettings, QTimer
from gui.app import make_application
from gui.engine import Engine
from gui.main_window import MainWindow
from gui.session import Site
from gui.settings import Settings
from conftest import Canvas
from shapely import box
app = make_application([])
window = MainWindow(Settings(QSettings({ini!r}, QSettings.IniFormat)), Engine(), make_canvas=Canvas,
                    make_layer=SimpleNamespace, today=date(2026, 11, 22), open_path=Path({path!r}))
window.show()
def edit():
    if window.session.workspace is None or window.work.running:
        QTimer.singleShot(50, edit)
        return
    window.session.add_sites([Site("P9", "没保存的", box(116.1, 29.6, 116.11, 29.61), "EPSG:4490")])
QTimer.singleShot(50, edit)
app.exec_()
"""


def test_a_window_killed_with_unsaved_edits_loses_none_of_them(qtbot, open_window, said, tmp_path, template):
    path = tmp_path / "workspace.gpkg"
    shutil.copyfile(template, path)
    code = CHILD.format(tests=str(Path(__file__).parent), ini=str(tmp_path / "child.ini"), path=str(path))
    root = Path(__file__).parents[2]
    child = subprocess.Popen([sys.executable, "-c", code], cwd=root, stderr=subprocess.DEVNULL,
                             env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(root)})
    try:
        deadline = time.monotonic() + 30
        while not autosave(path).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        child.send_signal(signal.SIGKILL) if os.name == "posix" else child.kill()
        child.wait(10)
    window = open_window(path)
    press([box_ for box_ in said if box_.objectName() == "recover_box"][-1], QMessageBox.AcceptRole)
    assert [site.name for site in window.session.sites] == ["没保存的"]


def test_polygon_of_a_bow_tie_is_placed_on_the_map(qtbot, open_window, tmp_path):
    path = tmp_path / "湿地.gpkg"
    frame([Polygon([(116.1, 29.6), (116.12, 29.62), (116.12, 29.6), (116.1, 29.62)])], name=["蝴蝶结"]).to_file(path)
    window = open_window()
    dialog = seen(qtbot, window, path)
    dialog.role.setCurrentIndex(dialog.role.findData("wetland"))
    dialog.shapes_page.repair.setCurrentIndex(dialog.shapes_page.repair.findData("union"))
    dialog.accept()
    qtbot.waitUntil(lambda: window.session.layer("湿地") is not None, timeout=20_000)
    idle(qtbot, window)
    window.actions_by_id["check"].trigger()
    idle(qtbot, window)
    panel = part(window, "findings").panel
    (one,) = (one for one in panel.model.all() if one["layer"] == "湿地" and "repair" in one["code"])
    assert one["geometry"].distance(Point(116.11, 29.61)) < 1e-6, "where the outline crosses itself"
    row = panel.model.row_of(one["key"])
    assert "自相交" in panel.model.index(row, 2).data()


def test_long_numbers_are_whole_in_the_preview_and_records_are_told_from_features(qtbot, window, tmp_path):
    path = tmp_path / "面积.csv"
    path.write_text("名称,经度,纬度,m2\n示例湖,116.123456789,29.6,5123456.7890123\n", encoding="utf-8")
    dialog = seen(qtbot, window, path)
    dialog.show()
    for column in range(dialog.rows.columnCount()):
        text = dialog.rows.item(0, column).text()
        assert dialog.rows.columnWidth(column) > dialog.rows.fontMetrics().horizontalAdvance(text), text
    assert dialog.layer.count() == 0 or "条）" in dialog.layer.itemText(0) or dialog.preview.layers[0].features < 0
    dialog.reject()


# -- the file goes away -----------------------------------------------------------------------------------------------


def test_a_workspace_whose_folder_went_away_is_said_and_nothing_is_lost(qtbot, open_window, said, tmp_path):
    there = tmp_path / "stick"
    there.mkdir()
    window = open_window(there / "w.gpkg")
    window.session.add_sites([Site("P1", "新", box(116.1, 29.6, 116.11, 29.61), "EPSG:4490")])
    away = there.rename(tmp_path / "away")
    spare = window.recovery._spare(window.session.path)
    qtbot.waitUntil(lambda: backups.read_autosave(spare) is not None, timeout=20_000)
    for ask in (window.files.save, lambda: window.judge(["P1"])):
        said.clear()
        ask()
        idle(qtbot, window)
        assert [box.objectName() for box in said] == ["error_box"]
        assert "不在原处了" in said[0].text()
        assert window.session.dirty
    away.rename(there)
    assert window.files.save()
    assert not window.session.dirty
    with Workspace.open(there / "w.gpkg", readonly=True) as kept:
        assert [one.features for one in kept.by_role("project_site")] == [1]

"""Zoning statistics and the web map, from the menu to the file."""

from __future__ import annotations

from dataclasses import replace

import geopandas
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QGuiApplication
from PyQt5.QtWidgets import QLabel, QTableView
from shapely import box

from gui.statistics import KINDS, StatisticsDialog
from layers.read import read_layer
from layers.workspace import Workspace
from sanxian import i18n
from sanxian.zoning.cli import SUFFIXES

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)


@pytest.fixture
def stored(opened):
    """The window's workspace, made real on disk."""
    path = opened.session.path
    folder = path.parent / "data"
    folder.mkdir()
    for name, columns, shape in (("admin", {"code": ["360404"], "name": ["示例区"], "level": ["county"]}, (0, 0, 10_000, 10_000)),
                                 ("ecological_redline", {"name": ["示例红线"]}, (0, 0, 1_000, 3_860))):
        frame = geopandas.GeoDataFrame(columns, geometry=[box(*shape)], crs=4548)
        frame["geometry"] = frame.translate(400_000, 3_290_000)
        frame.to_file(folder / f"{name}.gpkg")
    path.unlink(missing_ok=True)
    with Workspace.create(path) as made:
        for name in ("admin", "ecological_redline"):
            made.add(read_layer(folder / f"{name}.gpkg", name), version="2022", accuracy_m=5.0)
    return opened


def measured(qtbot, window):
    window.actions_by_id["statistics"].trigger()
    part = next(one for one in window.parts if "statistics" in one.jobs())
    qtbot.waitUntil(lambda: part.dialog is not None and not window.work.running, timeout=30_000)
    return part.dialog


def test_the_tables_are_shown_and_exported(qtbot, stored, said, tmp_path, monkeypatch):
    dialog = measured(qtbot, stored)
    assert said == []
    assert "3.86 km²" in dialog.told.text()
    titles = [dialog.tabs.tabText(at) for at in range(dialog.tabs.count())]
    assert titles[0] == "生态保护红线面积统计表"
    assert titles[-2:] == ["图", "统计说明"]
    out = tmp_path / "统计"
    monkeypatch.setattr("gui.dialogs.choose.target", lambda *_args, **_kw: out.with_suffix(".docx"))
    qtbot.mouseClick(dialog.export, Qt.LeftButton)
    qtbot.waitUntil(lambda: bool(said), timeout=30_000)
    assert said[-1].objectName() == "done_box"
    assert (tmp_path / "统计.docx").stat().st_size > 5_000
    dialog.close()


def test_a_page_is_made_when_it_is_looked_at_and_its_cells_can_be_copied(qtbot, stored):
    dialog = measured(qtbot, stored)
    assert len(dialog.findChildren(QTableView)) == 1
    grid = dialog.findChild(QTableView)
    assert grid.isVisible()
    grid.selectAll()
    grid.setFocus()
    qtbot.keyClick(grid, Qt.Key_C, Qt.ControlModifier)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert len(lines) == grid.model().rowCount() > 1
    assert {len(line) for line in lines} == {grid.model().columnCount()}
    assert any("3.86" in cell for line in lines for cell in line)
    assert grid.model().index(grid.model().rowCount() - 1, 0).data(Qt.FontRole).bold()  # the total
    titles = [dialog.tabs.tabText(at) for at in range(dialog.tabs.count())]
    dialog.tabs.setCurrentIndex(titles.index("图"))
    charts = [one for one in dialog.findChildren(QLabel) if one.objectName().startswith("chart_")]
    assert charts
    assert all(one.pixmap().width() > 300 and one.accessibleDescription() for one in charts)
    dialog.tabs.setCurrentIndex(titles.index("统计说明"))
    qtbot.waitUntil(lambda: dialog.findChild(QLabel, "statistics_notes").isVisible())
    dialog.close()


def test_another_measuring_replaces_the_first_in_the_language_of_the_moment(qtbot, stored):
    first = measured(qtbot, stored)
    assert first.windowTitle() == "生态环境分区管控统计"
    i18n.set_language("en")
    stored.actions_by_id["statistics"].trigger()
    qtbot.waitUntil(lambda: not stored.work.running, timeout=30_000)
    shown = [one for one in stored.findChildren(StatisticsDialog) if one.isVisible()]
    assert [one.windowTitle() for one in shown] == ["Environmental zoning statistics"]
    assert "3.86 km²" in shown[0].told.text()
    shown[0].close()


def test_a_workspace_without_zones_is_said_and_not_shown_empty(qtbot, opened, said):
    opened.session.path.unlink(missing_ok=True)
    Workspace.create(opened.session.path).close()
    opened.actions_by_id["statistics"].trigger()
    qtbot.waitUntil(lambda: bool(said), timeout=30_000)
    assert "没有可统计的内容" in said[-1].text() + said[-1].informativeText()


def test_the_web_map_is_written_with_the_verdicts_of_the_window(qtbot, stored, judged, said, tmp_path, monkeypatch):
    site = judged.session.sites[0]
    site.result = replace(site.result, lonlat=box(115.98, 29.73, 115.99, 29.74))
    stored.session.layers[0].record.secrecy = "secret"
    out = tmp_path / "图"
    monkeypatch.setattr("gui.dialogs.choose.target", lambda *_args, **_kw: out.with_suffix(".html"))
    stored.actions_by_id["web_map"].trigger()
    qtbot.waitUntil(lambda: bool(said), timeout=30_000)
    assert said[-1].objectName() == "done_box"
    page = (tmp_path / "图.html").read_text(encoding="utf-8")
    assert "项目用地（按研判结论）" in page
    assert f"标有密级的图层没有写进去：“{stored.session.layers[0].name}”" in said[-1].text()


def test_the_window_offers_what_can_be_written():
    assert {suffix for suffix, _name in KINDS} == set(SUFFIXES)


def test_open_statistics_follow_the_language_charts_included(qtbot, stored):
    dialog = measured(qtbot, stored)
    chinese = [dialog.tabs.tabText(at) for at in range(dialog.tabs.count())]
    stored.actions_by_id["english"].trigger()
    qtbot.waitUntil(lambda: not stored.work.running and dialog.tabs.count() == len(chinese), timeout=30_000)
    assert dialog.windowTitle() == "Environmental zoning statistics"
    english = [dialog.tabs.tabText(at) for at in range(dialog.tabs.count())]
    assert not set(english) & set(chinese)
    assert dialog.export.text() == "Export…"
    stored.actions_by_id["chinese"].trigger()
    qtbot.waitUntil(lambda: not stored.work.running and dialog.tabs.count() == len(chinese), timeout=30_000)
    assert [dialog.tabs.tabText(at) for at in range(dialog.tabs.count())] == chinese
    dialog.close()

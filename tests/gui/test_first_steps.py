"""What a window does before anybody has told it much: its place, what a file is, what it remembers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PyQt5.QtCore import QRect, QSettings
from shapely import box

from gui.dialogs.import_file import guess_role
from gui.main_window import MainWindow
from gui.settings import Settings
from layers.schema import ROLES
from sanxian.demo.projects import frame as demo_projects
from sanxian.i18n import set_language

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)


@pytest.mark.parametrize(("name", "headers", "role"), [
    ("a.csv", ("id", "name", "nature", "industry_code", "new_outlet", "IS_CHEMICAL", "is_chemical_park"), "project_site"),
    ("化工园区.csv", ("编号", "项目名称", "建设性质", "行业代码", "化工园区"), "project_site"),
    ("a.csv", ("项目名称", "建设性质", "经度", "纬度"), "project_site"),
    ("b.csv", ("项目名称", "经度", "纬度"), ""),
    ("a.csv", ("name", "code", "IS_CHEMICAL"), ""),
    ("a.csv", ("名称", "编码"), ""),
    ("a.csv", ("x", "y"), ""),
    ("a.csv", ("YQMC", "SFHGYQ", "BM"), "industrial_park"),
    ("industrial_park.csv", ("name", "IS_CHEMICAL"), "industrial_park"),
    ("项目.csv", ("a",), "project_site"),
    ("甲.shp", ("行政代码", "名称", "面积"), "admin"),
    ("甲.shp", ("行政区划代码", "名称"), "admin"),
    ("甲.shp", ("名称", "面积"), ""),
    ("甲.shp", ("BSM", "编码", "名称"), ""),
    ("某市区县.shp", ("id", "面积"), "admin"),
    ("某县界.shp", ("a",), "admin"),
    ("县界河流.shp", ("a",), ""),
    ("各区县环境管控单元.shp", ("a",), "control_unit"),
    ("某市区县.shp", ("管控单元名称", "管控单元编码"), "control_unit"),
])
def test_a_role_is_guessed_from_what_only_it_has(name, headers, role):
    assert guess_role(Path(name).stem, headers, ROLES) == role


def test_the_demo_s_projects_are_projects():
    assert guess_role("x", tuple(demo_projects().columns), ROLES) == "project_site"


def test_without_a_guess_nothing_is_imported(qtbot, opened, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("名称,编码,IS_CHEMICAL,经度,纬度\n甲,1,是,115.9,29.7\n", encoding="utf-8")
    dialog = opened.files.import_dialog(path)
    qtbot.waitUntil(lambda: dialog.preview is not None, timeout=20_000)
    assert dialog.role.currentData() == ""
    ok = dialog.buttons.button(dialog.buttons.Ok)
    assert not ok.isEnabled()
    dialog.role.setCurrentIndex(dialog.role.findData("industrial_park"))
    assert ok.isEnabled()
    dialog.reject()


def test_recent_workspaces_are_found_from_any_folder(tmp_path, monkeypatch):
    settings = Settings(QSettings(str(tmp_path / "a.ini"), QSettings.IniFormat))
    monkeypatch.chdir(tmp_path)
    settings.remember(Path("w.gpkg"))
    settings.remember(tmp_path / "w.gpkg")
    assert settings.recent == [str(tmp_path / "w.gpkg")]


def test_the_first_window_fits_the_screen_with_its_frame(qtbot, tmp_path, window, engine, said, monkeypatch):
    screen = QRect(0, 0, 1366, 768)
    monkeypatch.setattr(MainWindow, "room", lambda _self: screen)
    with monkeypatch.context() as desktop:
        # A frame as a desktop draws it: 8 at the sides and below, 32 on top.
        desktop.setattr(MainWindow, "frameGeometry", lambda self: self.geometry().adjusted(-8, -32, 8, 8))
        former = window
        window = MainWindow(Settings(QSettings(str(tmp_path / "s.ini"), QSettings.IniFormat)), engine,
                            make_canvas=type(former.canvas), make_layer=SimpleNamespace)
        with qtbot.waitExposed(window):
            window.show()
        qtbot.waitUntil(lambda: window.ready, timeout=20_000)
        qtbot.waitUntil(lambda: (window.width(), window.height()) == (1350, 728), timeout=20_000)
    window.move(700, 500)
    window.fit()
    assert screen.contains(window.frameGeometry())
    window.resize(3000, 2000)
    window.fit()
    assert screen.contains(window.frameGeometry())
    window.files.open(tmp_path / "workspace.gpkg")
    qtbot.waitUntil(lambda: not window.work.running, timeout=20_000)
    status = window.status
    bottom = status.mapToGlobal(status.rect().bottomRight())
    assert screen.contains(bottom)
    window.session.undo_stack.setClean()
    window.close()
    window.deleteLater()


def test_a_drawn_project_shows_though_a_filter_was_on_and_its_size_goes(opened):
    opened.projects.search.setText("没有这个")
    assert opened.projects.model.rowCount() == 0
    opened.canvas.sketchChanged.emit({"area_m2": 970_903.0, "length_m": 1.0})
    assert "97.0903 公顷" in opened.status.sketch.text()
    opened.choose_language("en")
    assert "公顷" not in opened.status.sketch.text()
    assert "97.0903" in opened.status.sketch.text()
    set_language("zh")
    opened.canvas.sketchFinished.emit(box(0, 0, 10, 10))
    assert opened.status.sketch.text() == ""
    assert opened.projects.search.text() == ""
    assert opened.projects.selected_ids() == [opened.session.current_id]
    assert opened.projects.model.rowCount() == 3

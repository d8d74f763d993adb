"""A layer of the wrong kind is imported again from its file."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas
import pytest
from PyQt5.QtCore import QSettings
from PyQt5.QtWidgets import QPushButton
from shapely import box

from gui.dialogs import choose
from gui.dialogs.import_file import ImportDialog
from gui.engine import Engine
from gui.main_window import MainWindow
from gui.settings import Settings
from layers.read import read_layer
from layers.workspace import Workspace

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)


@pytest.fixture
def window(qtbot, tmp_path, canvas_class, said):
    path = tmp_path / "某县界.gpkg"
    geopandas.GeoDataFrame({"行政区划代码": ["360403"], "名称": ["甲"], "管控单元编码": ["ZH36040310001"]}, geometry=[box(116, 29, 117, 30)],
                           crs=4490).to_file(path)
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        workspace.add(read_layer(path, "control_unit"), version="2023", data_date="2023-12-31", accuracy_m=2.5, source="某局")
    made = MainWindow(Settings(QSettings(str(tmp_path / "s.ini"), QSettings.IniFormat)), Engine(), make_canvas=canvas_class,
                      make_layer=SimpleNamespace)
    qtbot.addWidget(made)
    with qtbot.waitActive(made, timeout=20_000):
        made.show()
        made.activateWindow()
    qtbot.waitUntil(lambda: made.ready, timeout=20_000)
    made.files.open(tmp_path / "w.gpkg")
    qtbot.waitUntil(lambda: not made.work.running, timeout=20_000)
    yield made
    made.session.undo_stack.setClean()
    made.close()


def test_a_layer_of_the_wrong_kind_is_imported_again_with_what_was_stated(qtbot, window):
    key = window.session.layers[0].key
    window.layers.select(key)
    properties = next(part for part in window.parts if hasattr(part, "properties")).properties()
    button = properties.findChild(QPushButton, "properties_again")
    assert "不能直接改" in button.toolTip()
    button.click()
    (dialog,) = window.findChildren(ImportDialog)
    qtbot.waitUntil(lambda: dialog.preview is not None and not dialog.looking, timeout=20_000)
    assert dialog.role.currentData() != "control_unit"
    assert [one.text() for one in (dialog.version, dialog.date, dialog.accuracy, dialog.source)] == ["2023", "2023-12-31", "2.5", "某局"]
    assert dialog.name.text() == "某县界（重新导入）"  # the former keeps its name until somebody removes it
    dialog.role.setCurrentIndex(dialog.role.findData("admin"))
    qtbot.waitUntil(lambda: dialog.preview is not None and not dialog.looking, timeout=20_000)
    next(one for one in dialog.findChildren(QPushButton) if one.text() == "导入").click()
    qtbot.waitUntil(lambda: len(window.session.layers) == 2, timeout=20_000)
    qtbot.waitUntil(lambda: not window.work.running, timeout=20_000)
    assert {(layer.name, layer.role) for layer in window.session.layers} == {("某县界", "control_unit"), ("某县界（重新导入）", "admin")}
    window.session.undo_stack.setClean()  # closing the window would ask


def test_without_its_file_the_person_is_asked_where_it_is(window, tmp_path, monkeypatch):
    (tmp_path / "某县界.gpkg").rename(tmp_path / "搬走.gpkg")
    asked = []
    monkeypatch.setattr(choose, "file", lambda _parent, title, *_more, **_options: asked.append(title))
    window.layers.select(window.session.layers[0].key)
    next(part for part in window.parts if hasattr(part, "properties"))._again(window.session.layers[0])
    assert "某县界.gpkg" in asked[0]
    assert not window.findChildren(ImportDialog)

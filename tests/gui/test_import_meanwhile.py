"""The import window on a file that another program writes meanwhile, and on one of whose layers one is meant."""

from __future__ import annotations

import os

import geopandas
import pandas
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QDialog, QDialogButtonBox
from shapely import Point, box

from gui.dialogs.import_file import PROJECTS, ImportDialog
from gui.engine import Engine
from gui.tasks import Worker
from layers.files import state
from layers.read import read_layer
from layers.workspace import Workspace

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)


@pytest.fixture
def ask(qtbot, qapp):
    worker, made = Worker(), []

    def ask_(path, role=PROJECTS, engine=None):
        dialog = ImportDialog(engine or Engine(), path, worker, role=role)
        qtbot.addWidget(dialog)
        made.append(dialog)
        dialog.show()
        looked(dialog)
        return dialog

    def looked(dialog):
        qtbot.waitUntil(lambda: dialog.preview is not None and not dialog.looking and dialog._reading is None, timeout=20_000)

    ask_.looked, ask_.worker = looked, worker
    yield ask_
    for dialog in made:
        dialog.reject()
    worker.stop()


def written(path, *rows, head="编号,项目名称,经度,纬度"):
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    then = path.stat().st_mtime_ns + 5_000_000_000  # however coarse the clock of the disk is
    os.utime(path, ns=(then, then))


def ok(dialog):
    return dialog.buttons.button(QDialogButtonBox.Ok)


def cells(dialog):
    return [[dialog.rows.item(row, column).text() for column in range(dialog.rows.columnCount())] for row in range(dialog.rows.rowCount())]


# -- written meanwhile ------------------------------------------------------------------------------------------------
def test_a_file_written_meanwhile_is_shown_again_and_not_imported(ask, tmp_path):
    path = tmp_path / "项目.csv"
    written(path, "T-1,一厂,116.003,29.7", "T-2,二厂,,")
    dialog = ask(path)
    dialog.shapes_page.leave_out.setChecked(True)
    assert ok(dialog).isEnabled()
    written(path, "T-9,一厂,116.093,29.7", "T-2,二厂,,", "T-3,三厂,,")
    ok(dialog).click()
    ask.looked(dialog)
    assert dialog.result() != QDialog.Accepted
    assert dialog.isVisible()
    assert cells(dialog)[0][0] == "T-9"
    assert "刚被改过" in dialog.said.text()
    assert not dialog.shapes_page.leave_out.isChecked()  # that was about another row
    assert not ok(dialog).isEnabled()
    dialog.shapes_page.leave_out.setChecked(True)
    ok(dialog).click()
    ask.looked(dialog)
    assert dialog.result() == QDialog.Accepted
    assert [site.id for site in dialog.choice().layer.layer.sites] == ["T-9"]


def test_a_file_written_while_it_is_read_as_a_whole_is_shown_again(ask, tmp_path):
    path = tmp_path / "项目.csv"
    written(path, "T-1,一厂,116.003,29.7")

    class Slow(Engine):
        def projects_of_file(self, path, report, **options):
            found = super().projects_of_file(path, report, **options)
            if not self.meanwhile:
                self.meanwhile = True
                written(path, "T-9,一厂,116.093,29.7")
            return found

    engine = Slow()
    engine.meanwhile = False
    dialog = ask(path, engine=engine)
    ok(dialog).click()
    ask.looked(dialog)
    assert engine.meanwhile
    assert dialog.result() != QDialog.Accepted
    assert cells(dialog)[0][0] == "T-9"
    ok(dialog).click()
    ask.looked(dialog)
    assert [site.id for site in dialog.choice().layer.layer.sites] == ["T-9"]


def test_a_part_of_a_shapefile_counts_as_the_file(ask, tmp_path):
    path = tmp_path / "项目.shp"
    geopandas.GeoDataFrame({"XMMC": ["甲"]}, geometry=[box(116, 29, 116.1, 29.1)], crs=4490).to_file(path)
    dialog = ask(path)
    assert ok(dialog).isEnabled()
    other = tmp_path / "else"
    other.mkdir()
    geopandas.GeoDataFrame({"XMMC": ["乙"]}, geometry=[box(116, 29, 116.1, 29.1)], crs=4490).to_file(other / "项目.shp")
    (other / "项目.dbf").replace(path.with_suffix(".dbf"))
    os.utime(path.with_suffix(".dbf"), (1, 1))
    ok(dialog).click()
    ask.looked(dialog)
    assert dialog.result() != QDialog.Accepted
    assert cells(dialog) == [["乙"]]


def test_what_was_set_right_in_the_file_can_be_read_again_by_keyboard(ask, tmp_path):
    path = tmp_path / "项目.csv"
    written(path, "T-1,一厂,,")
    dialog = ask(path)
    assert not ok(dialog).isEnabled()
    written(path, "T-1,一厂,116.003,29.7")
    dialog.reread.setFocus()
    QTest.keyClick(dialog.reread, Qt.Key_Return)
    ask.looked(dialog)
    assert ok(dialog).isEnabled()
    assert dialog.isVisible()
    assert not dialog.shapes_page.list.rowCount()  # what was wrong is so no longer


def test_a_layer_that_is_no_longer_in_the_file_is_not_asked_for(ask, tmp_path):
    path = tmp_path / "a.gpkg"
    one = geopandas.GeoDataFrame({"项目名称": ["甲"], "行业代码": ["2511"]}, geometry=[box(116, 29, 116.1, 29.1)], crs=4490)
    one.to_file(path, layer="旧")
    dialog = ask(path)
    path.unlink()
    one.to_file(path, layer="新")
    dialog.reread.click()
    ask.looked(dialog)
    assert [dialog.layer.itemData(at) for at in range(dialog.layer.count())] == ["新"]
    assert ok(dialog).isEnabled()


def test_the_state_of_a_file_is_that_of_all_its_parts(tmp_path):
    path = tmp_path / "a.gpkg"
    assert state(path) == ()
    path.write_bytes(b"1")
    before = state(path)
    (tmp_path / "a.gpkg-wal").write_bytes(b"")  # somebody has it open to read
    assert state(path) == before
    (tmp_path / "a.gpkg-wal").write_bytes(b"1")
    assert state(path) != before
    folder = tmp_path / "a.gdb"
    folder.mkdir()
    (folder / "a1").write_bytes(b"1")
    before = state(folder)
    (folder / "a1.lock").write_bytes(b"1")
    assert state(folder) == before
    (folder / "a2").write_bytes(b"1")
    assert state(folder) != before


# -- which layer is meant ---------------------------------------------------------------------------------------------
@pytest.fixture
def district(tmp_path):
    """A workspace of ours whose first layers are no projects."""
    for name, role, columns in (("界", "admin", {"code": ["360403"], "name": ["甲"]}),
                                ("红线", "ecological_redline", {"名称": ["乙"]}),
                                ("地块", PROJECTS, {"项目编号": ["P1"], "名称": ["丙"]})):
        geopandas.GeoDataFrame(columns, geometry=[box(116, 29, 116.1, 29.1)], crs=4490).to_file(tmp_path / f"{name}.gpkg")
        with (Workspace.open if (tmp_path / "w.gpkg").exists() else Workspace.create)(tmp_path / "w.gpkg") as workspace:
            workspace.add(read_layer(tmp_path / f"{name}.gpkg", role))
    return tmp_path / "w.gpkg"


@pytest.mark.parametrize(("role", "wanted"), [(PROJECTS, "地块"), ("ecological_redline", "红线"), ("admin", "界")])
def test_of_a_workspace_the_layer_of_that_kind_is_taken(ask, district, role, wanted):
    dialog = ask(district, role)
    assert dialog.preview.layer.startswith(wanted)
    assert dialog.layer.currentData() == dialog.preview.layer
    assert dialog.role.currentData() == role


def test_of_a_workspace_the_kind_is_proposed_that_it_states(ask, district):
    dialog = ask(district, "")
    at = next(at for at in range(dialog.layer.count()) if dialog.layer.itemData(at).startswith("红线"))
    dialog.layer.setCurrentIndex(at)
    dialog.layer.activated.emit(at)
    ask.looked(dialog)
    assert dialog.role.currentData() == "ecological_redline"


def test_of_several_layers_that_with_the_columns_of_projects_is_taken(ask, tmp_path):
    path = tmp_path / "a.gpkg"
    geopandas.GeoDataFrame({"a": ["1"]}, geometry=[box(116, 29, 117, 30)], crs=4490).to_file(path, layer="一")
    geopandas.GeoDataFrame({"项目名称": ["甲"], "行业代码": ["2511"]}, geometry=[Point(116, 29)], crs=4490).to_file(path, layer="二")
    dialog = ask(path)
    assert dialog.layer.currentData() == "二"
    assert ok(dialog).isEnabled()


def test_of_several_sheets_that_with_the_columns_of_projects_is_taken(ask, tmp_path):
    path = tmp_path / "a.xlsx"
    with pandas.ExcelWriter(path) as book:
        pandas.DataFrame({"说明": ["填表要求"], "备注": ["一"]}).to_excel(book, sheet_name="说明", index=False)
        pandas.DataFrame({"项目名称": ["甲"], "行业代码": ["2511"], "经度": [116.0], "纬度": [29.5]}).to_excel(book, sheet_name="表", index=False)
    assert ask(path).layer.currentData() == "表"


def test_of_several_layers_of_which_none_fits_none_is_taken(ask, tmp_path):
    path = tmp_path / "a.gpkg"
    for name in ("一", "二"):
        geopandas.GeoDataFrame({"a": [name]}, geometry=[box(116, 29, 116.1, 29.1)], crs=4490).to_file(path, layer=name)
    dialog = ask(path)
    assert not ok(dialog).isEnabled()
    assert "看不出哪一个是" in dialog.why.text()
    dialog.crs.setCurrentIndex(dialog.crs.findData("EPSG:4326"))  # another look at the same file chooses nothing
    ask.looked(dialog)
    assert not ok(dialog).isEnabled()
    dialog.layer.activated.emit(0)  # the one that is shown is meant
    ask.looked(dialog)
    assert ok(dialog).isEnabled()


def test_shapes_of_another_kind_do_not_come_into_question(ask, tmp_path):
    path = tmp_path / "a.gpkg"
    geopandas.GeoDataFrame({"a": ["1"]}, geometry=[Point(116, 29)], crs=4490).to_file(path, layer="一")
    geopandas.GeoDataFrame({"a": ["2"]}, geometry=[box(116, 29, 116.1, 29.1)], crs=4490).to_file(path, layer="二")
    dialog = ask(path, "ecological_redline")
    assert dialog.layer.currentData() == "二"
    assert "看不出" not in dialog.why.text()

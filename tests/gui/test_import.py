"""The import window on files made here: the real engine, real widgets, no main window around it."""

from __future__ import annotations

import geopandas
import pytest
from PyQt5.QtTest import QTest
from shapely import box

from gui.dialogs.import_file import ImportDialog
from gui.engine import Engine
from gui.tasks import Worker

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)


def frame(geometry, crs=4490, **columns):
    return geopandas.GeoDataFrame(columns, geometry=geometry, crs=crs)


@pytest.fixture
def ask(qtbot, qapp):
    """Gives import windows that have looked at a file."""
    worker, made = Worker(), []

    def ask_(path, **options):
        dialog = ImportDialog(Engine(), path, worker, **options)
        qtbot.addWidget(dialog)
        made.append(dialog)
        dialog.show()
        looked(dialog)
        return dialog

    def looked(dialog):
        qtbot.waitUntil(lambda: dialog.preview is not None and not dialog.looking, timeout=20_000)

    ask_.looked = looked
    yield ask_
    for dialog in made:
        dialog.reject()
    worker.stop()


def choose(ask, dialog, combo, data):
    """As a person does: the box is told, and says so."""
    at = combo.findData(data)
    assert at >= 0, data
    combo.setCurrentIndex(at)
    combo.activated.emit(at)
    ask.looked(dialog)


@pytest.fixture
def several(tmp_path):
    """A file with a redline, counties and something nobody can tell."""
    path = tmp_path / "资料.gpkg"
    frame([box(116, 29, 116.1, 29.1)], 红线编码=["R1"], 红线名称=["一"]).to_file(path, layer="生态保护红线")
    frame([box(116, 29, 117, 30)], 行政区划代码=["360403"], 名称=["甲"]).to_file(path, layer="县界")
    frame([box(116, 29, 117, 30)], a=["1"]).to_file(path, layer="杂")
    return path


def test_name_and_kind_follow_the_layer_of_the_file(ask, several):
    dialog = ask(several)
    assert (dialog.name.text(), dialog.role.currentData()) == ("生态保护红线", "ecological_redline")
    choose(ask, dialog, dialog.layer, "县界")
    assert (dialog.name.text(), dialog.role.currentData()) == ("县界", "admin")
    choose(ask, dialog, dialog.layer, "杂")
    assert (dialog.name.text(), dialog.role.currentData()) == ("杂", "")  # better asked than the former's
    choose(ask, dialog, dialog.layer, "生态保护红线")
    assert (dialog.name.text(), dialog.role.currentData()) == ("生态保护红线", "ecological_redline")


def test_what_a_person_wrote_stays_when_another_layer_is_chosen(ask, several):
    dialog = ask(several)
    dialog.name.selectAll()
    QTest.keyClicks(dialog.name, "mine")
    choose(ask, dialog, dialog.role, "control_unit")
    choose(ask, dialog, dialog.layer, "县界")
    assert (dialog.name.text(), dialog.role.currentData()) == ("mine", "control_unit")


def test_what_was_confirmed_of_one_layer_is_not_confirmed_of_another(ask, several):
    dialog = ask(several)
    dialog.place_page.confirm.setChecked(True)
    dialog.shapes_page.close_lines.setChecked(True)
    choose(ask, dialog, dialog.layer, "县界")
    assert not dialog.place_page.confirm.isChecked() and not dialog.shapes_page.close_lines.isChecked()


def test_beside_a_grey_button_stands_why_and_on_which_page(ask, tmp_path):
    path = tmp_path / "单元.shp"
    frame([box(201587, 3270000, 202587, 3271000)], crs=4548, GKDYMC=["甲"]).to_file(path)
    path.with_suffix(".prj").unlink()
    dialog = ask(path)
    ok = dialog.buttons.button(dialog.buttons.Ok)
    tabs = lambda: [dialog.tabs.tabText(at) for at in range(dialog.tabs.count()) if "⚠" in dialog.tabs.tabText(at)]  # noqa: E731
    assert not ok.isEnabled() and "图层类型" in dialog.why.text() and dialog.why.isVisible()
    choose(ask, dialog, dialog.role, "control_unit")
    assert not ok.isEnabled() and "“字段对应”页" in dialog.why.text() and "环境管控单元编码" in dialog.why.text()
    assert "字段对应 ⚠" in tabs() and "坐标系 ⚠" in tabs()
    choose(ask, dialog, dialog.role, "admin")
    dialog.place_page.confirm.setChecked(True)  # with no row chosen
    assert not ok.isEnabled() and "“坐标系”页" in dialog.why.text() and "还没有选中" in dialog.why.text()
    dialog.place_page.confirm.setChecked(False)
    dialog.place_page.list.selectRow(0)
    assert not ok.isEnabled() and "勾选" in dialog.why.text()
    dialog.place_page.confirm.setChecked(True)
    assert ok.isEnabled() and not dialog.why.isVisible() and not [one for one in tabs() if "坐标系" in one]


def test_an_unknown_word_marks_its_page_until_it_has_a_meaning(ask, tmp_path):
    path = tmp_path / "a.gpkg"
    frame([box(116, 29, 116.1, 29.1)], ZHGKDYBM=["ZH36040310001"], 管控单元分类=["说不清"]).to_file(path)
    dialog = ask(path)
    assert dialog.role.currentData() == "control_unit"
    at = dialog.tabs.indexOf(dialog.values_page)
    assert dialog.tabs.tabText(at) == "取值对应 ⚠"
    dialog.values_page.table.cellWidget(0, 3).setCurrentIndex(1)
    assert dialog.tabs.tabText(at) == "取值对应"

"""The import window on files made here: the real engine, real widgets, no main window around it."""

from __future__ import annotations

import geopandas
import pytest
from PyQt5.QtCore import Qt
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

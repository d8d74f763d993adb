"""The import window on files made here: the real engine, real widgets, no main window around it."""

from __future__ import annotations

import geopandas
import numpy as np
import pandas
import pyogrio
import pytest
import shapely
from PyQt5.QtTest import QTest
from shapely import Polygon, affinity, box

from gui.dialogs.import_file import ImportDialog
from gui.engine import Engine
from gui.tasks import Worker
from layers.crs_doctor import gcj02
from layers.read import read_layer
from layers.workspace import Workspace

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
    assert not dialog.place_page.confirm.isChecked()
    assert not dialog.shapes_page.close_lines.isChecked()


def test_beside_a_grey_button_stands_why_and_on_which_page(ask, tmp_path):
    path = tmp_path / "单元.shp"
    frame([box(201587, 3270000, 202587, 3271000)], crs=4548, GKDYMC=["甲"]).to_file(path)
    path.with_suffix(".prj").unlink()
    dialog = ask(path)
    ok = dialog.buttons.button(dialog.buttons.Ok)
    tabs = lambda: [dialog.tabs.tabText(at) for at in range(dialog.tabs.count()) if "⚠" in dialog.tabs.tabText(at)]  # noqa: E731
    assert not ok.isEnabled()
    assert "图层类型" in dialog.why.text()
    assert dialog.why.isVisible()
    choose(ask, dialog, dialog.role, "control_unit")
    assert not ok.isEnabled()
    assert "“字段对应”页" in dialog.why.text()
    assert "环境管控单元编码" in dialog.why.text()
    assert "字段对应 ⚠" in tabs()
    assert "坐标系 ⚠" in tabs()
    choose(ask, dialog, dialog.role, "admin")
    dialog.place_page.confirm.setChecked(True)  # with no row chosen
    assert not ok.isEnabled()
    assert "“坐标系”页" in dialog.why.text()
    assert "还没有选中" in dialog.why.text()
    dialog.place_page.confirm.setChecked(False)
    dialog.place_page.list.selectRow(0)
    assert not ok.isEnabled()
    assert "勾选" in dialog.why.text()
    dialog.place_page.confirm.setChecked(True)
    assert ok.isEnabled()
    assert not dialog.why.isVisible()
    assert not [one for one in tabs() if "坐标系" in one]


def test_an_unknown_word_marks_its_page_until_it_has_a_meaning(ask, tmp_path):
    path = tmp_path / "a.gpkg"
    frame([box(116, 29, 116.1, 29.1)], ZHGKDYBM=["ZH36040310001"], 管控单元分类=["说不清"]).to_file(path)
    dialog = ask(path)
    assert dialog.role.currentData() == "control_unit"
    at = dialog.tabs.indexOf(dialog.values_page)
    assert dialog.tabs.tabText(at) == "取值对应 ⚠"
    dialog.values_page.table.cellWidget(0, 3).setCurrentIndex(1)
    assert dialog.tabs.tabText(at) == "取值对应"


def county(seed=3):
    """Two neighbours with a border as real ones have it: no step like another."""
    rng = np.random.default_rng(seed)
    y = np.linspace(29.5, 29.9, 160)
    x = 116.2 + np.cumsum(rng.normal(0, 0.0015, 160))
    border = list(zip(x, y, strict=True))
    return [Polygon([(116, 29.5), *border, (116, 29.9)]), Polygon([*border, (116.4, 29.9), (116.4, 29.5)])]


def shifted(shape):
    return shapely.transform(shape, lambda xy: np.column_stack(gcj02(xy[:, 0], xy[:, 1])))


def test_a_consumer_map_s_shift_is_told_before_anything_is_imported(ask, tmp_path):
    path = tmp_path / "某县.geojson"
    frame([shifted(county()[0])], crs=4326, 标题=["甲县"]).to_file(path)
    dialog = ask(path, role="admin", reference={"县界": frame(county(), name=["甲", "乙"])}, borders=["县界"])
    page, ok = dialog.place_page, dialog.buttons.button(dialog.buttons.Ok)
    assert "GCJ-02" in page.evidence.text()
    assert "县界" in page.evidence.text()
    assert not ok.isEnabled()
    assert dialog.tabs.currentWidget() is page
    codes = [page.list.item(row, 1).text() for row in range(page.list.rowCount())]
    assert len(codes) == 2
    assert "GCJ-02" in codes[1]
    assert not page.list.item(0, 3).text()  # 100 % of it within the district would say that all is well
    page.list.selectRow(1)
    page.confirm.setChecked(True)
    assert ok.isEnabled()
    ok.click()
    for _ in range(200):
        QTest.qWait(50)
        if dialog.result():
            break
    read = dialog.choice().layer.layer
    away = shapely.hausdorff_distance(read.frame.geometry.iloc[0], county()[0]) * 111_000
    assert away < 3  # metres


def test_places_that_agree_or_differ_otherwise_are_not_called_shifted(ask, tmp_path):
    path = tmp_path / "a.geojson"
    for number, shape in enumerate((county()[0], affinity.translate(county()[0], 0.004, 0.002), county(9)[0], box(116.1, 29.6, 116.11, 29.61))):
        path = tmp_path / f"{number}.geojson"
        frame([shape], crs=4326, a=["1"]).to_file(path)
        dialog = ask(path, role="admin", reference={"县界": frame(county(), name=["甲", "乙"])}, borders=["县界"])
        assert not dialog.place_page.confirm.isVisibleTo(dialog.place_page), number


def test_namesakes_tell_of_a_shift_whatever_their_column_is_called(ask, tmp_path):
    boxes = [box(116 + 0.05 * i, 29.5, 116.03 + 0.05 * i, 29.53) for i in range(5)]
    path = tmp_path / "a.geojson"
    frame([shifted(one) for one in boxes], crs=4326, 标题=list("甲乙丙丁戊")).to_file(path)
    dialog = ask(path, role="control_unit", reference={"单元": frame(boxes, name=list("甲乙丙丁戊"))}, borders=["单元"])
    assert "GCJ-02" in dialog.place_page.evidence.text()


ROWS = """项目编号,项目名称,经度,纬度
1,甲,116.01,29.70
2,乙,116.02,29.71
3,丙,116.03,29.72
4,丁,29.70,116.01
5,戊,39404567.1,3290123.2
6,己,,
"""


def test_good_rows_of_a_table_can_be_had_without_the_bad_ones(ask, qtbot, tmp_path):
    path = tmp_path / "项目.csv"
    path.write_text(ROWS, encoding="utf-8")
    dialog = ask(path)
    page, ok = dialog.shapes_page, dialog.buttons.button(dialog.buttons.Ok)
    assert not ok.isEnabled()  # told before anything is read, and nothing is imported in silence
    assert "3 行没有可用的位置" in dialog.why.text()
    assert "图形与问题" in dialog.why.text()
    assert "⚠" in dialog.tabs.tabText(dialog.tabs.indexOf(page))
    heads = [dialog.rows.verticalHeaderItem(row).text() for row in range(dialog.rows.rowCount())]
    assert heads == ["2", "3", "4", "5 ⚠", "6 ⚠", "7 ⚠"]
    assert [dialog.rows.horizontalHeaderItem(at).text() for at in range(4)] == ["项目编号", "项目名称", "经度", "纬度"]
    assert dialog.rows.item(0, 2).text() == "116.01"
    assert "位置取自列：经度、纬度" in dialog.fields_page.said.text()
    dialog.tabs.setCurrentWidget(page)
    assert page.leave_out.isVisibleTo(page)
    assert not page.leave_out.isChecked()
    said = {page.list.item(row, 0).text(): page.list.item(row, 1).text() for row in range(page.list.rowCount())}
    assert list(said) == ["第 5 行", "第 6 行", "第 7 行"]
    assert "写反" in said["第 5 行"]
    assert "116.01" in said["第 5 行"]
    assert "EPSG:4527" in said["第 6 行"]
    assert "没有图形" in said["第 7 行"]
    assert page.leave_out.text() == "不导入这 3 行，只导入其余 3 行"
    page.leave_out.click()
    assert ok.isEnabled()
    page.leave_out.click()
    assert not ok.isEnabled()
    page.leave_out.click()
    ok.click()
    qtbot.waitUntil(lambda: bool(dialog.result()), timeout=20_000)
    read = dialog.choice().layer.layer
    assert [site.id for site in read.sites] == ["1", "2", "3"]
    assert [one.row for one in Engine().left_out(read.issues)] == [5, 6, 7]


def test_a_table_whose_places_cannot_be_read_says_why_at_once(ask, tmp_path):
    path = tmp_path / "项目.csv"
    path.write_text("项目编号,项目名称,经度,纬度\n1,甲,29.70,116.01\n2,乙,29.71,116.02\n", encoding="utf-8")
    dialog = ask(path)
    assert "请对调两列的列名" in dialog.said.text()
    assert not dialog.buttons.button(dialog.buttons.Ok).isEnabled()
    assert dialog.rows.item(0, 2).text() == "29.70"


def test_without_any_good_row_nothing_can_be_left_out(ask, tmp_path):
    path = tmp_path / "项目.csv"
    path.write_text("项目编号,项目名称,经度,纬度\n1,甲,,\n2,乙,x,y\n", encoding="utf-8")
    dialog = ask(path)
    page = dialog.shapes_page
    assert not dialog.buttons.button(dialog.buttons.Ok).isEnabled()
    assert not page.leave_out.isVisibleTo(page)
    assert "勾选" not in dialog.why.text()


def test_a_layer_names_the_rows_that_it_will_not_hold(ask, tmp_path):
    path = tmp_path / "监测断面.csv"
    path.write_text("断面名称,经度,纬度\n甲,116.01,29.70\n乙,,\n", encoding="utf-8")
    dialog = ask(path, role="monitoring_section")
    page = dialog.shapes_page
    assert page.list.item(0, 0).text() == "第 3 行"
    assert "不会读入" in page.said.text()
    assert "⚠" in dialog.tabs.tabText(dialog.tabs.indexOf(page))
    assert dialog.buttons.button(dialog.buttons.Ok).isEnabled()
    dialog.role.setCurrentIndex(dialog.role.findData("discharge_outlet"))  # keeps what has no place yet
    assert "不会读入" not in page.said.text()
    assert "⚠" not in dialog.tabs.tabText(dialog.tabs.indexOf(page))


def test_systems_are_listed_in_the_language_and_found_by_words(ask, several):
    dialog = ask(several)
    texts = [dialog.crs.itemText(at) for at in range(dialog.crs.count())]
    assert "CGCS2000 3° 带，中央经线 117°E，无带号（EPSG:4548）" in texts
    assert not [one for one in texts if "zone" in one or "CM" in one]
    dialog.crs.setEditText("CGCS2000 3度带 39带")
    dialog.crs.lineEdit().editingFinished.emit()
    ask.looked(dialog)
    assert dialog.crs.currentData() == "EPSG:4527"


def test_a_place_far_away_that_was_confirmed_is_taken(ask, qtbot, tmp_path):
    path = tmp_path / "abroad.geojson"
    frame([box(153.0, -27.7, 153.1, -27.6)], crs=4326, a=["1"]).to_file(path)
    frame(county(), name=["甲", "乙"]).to_file(tmp_path / "县.gpkg")
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        workspace.add(read_layer(tmp_path / "县.gpkg", "admin", name="县界"))
        dialog = ask(path, role="ecological_redline", workspace=workspace)
        page, ok = dialog.place_page, dialog.buttons.button(dialog.buttons.Ok)
        assert not ok.isEnabled()
        page.list.selectRow(0)
        page.confirm.click()
        dialog.coverage.setCurrentIndex(dialog.coverage.findData("hull"))
        assert ok.isEnabled()
        ok.click()
        qtbot.waitUntil(lambda: bool(dialog.result()), timeout=20_000)  # was refused: "tick that you have seen the place"


def test_a_name_that_is_taken_is_told_before_anything_is_read(ask, tmp_path):
    frame(county(), name=["甲", "乙"]).to_file(tmp_path / "县界.gpkg")
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        workspace.add(read_layer(tmp_path / "县界.gpkg", "admin", name="县界"), version="2020")
        workspace.add(read_layer(tmp_path / "县界.gpkg", "reference", name="旧"))
        dialog = ask(tmp_path / "县界.gpkg", role="admin", workspace=workspace)
        ok = dialog.buttons.button(dialog.buttons.Ok)
        assert ok.isEnabled()  # without a version it is another one
        dialog.version.setText("2020")
        assert not ok.isEnabled()
        assert "已有图层“县界”" in dialog.why.text()
        dialog.version.setText("2023")
        assert ok.isEnabled()
        dialog.version.clear()
        dialog.name.setText("旧")
        assert not ok.isEnabled()
        dialog.name.setText("新")
        assert ok.isEnabled()


def test_a_layer_with_shapes_is_looked_at_before_a_table(ask, qtbot, tmp_path):
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(pandas.DataFrame({"a": ["1"]}), path, layer="a_table")
    frame([box(116, 29, 116.1, 29.1)], crs=4490, b=["1"]).to_file(path, layer="shapes")
    dialog = ask(path, role="reference")
    assert dialog.layer.currentData() == "shapes"
    assert dialog.buttons.button(dialog.buttons.Ok).isEnabled()
    choose(ask, dialog, dialog.layer, "a_table")
    assert not dialog.buttons.button(dialog.buttons.Ok).isEnabled()
    assert "没有图形的表" in dialog.why.text()


def test_of_a_layer_without_features_nothing_is_said_to_fit(ask, tmp_path):
    path = tmp_path / "空.gpkg"
    frame([box(116, 29, 116.1, 29.1)], crs=4490, b=["1"]).iloc[:0].to_file(path, layer="空")
    dialog = ask(path, role="reference")
    assert "相符" not in dialog.place_page.evidence.text()
    assert "0 个要素" in dialog.said.text()

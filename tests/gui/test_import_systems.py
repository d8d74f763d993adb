"""Coordinate systems in the import window: what a column says, what is typed and chosen, by keys and clicks."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtGui import QWheelEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QDialogButtonBox, QScrollArea

from gui.dialogs.import_file import PROJECTS, ImportDialog
from gui.engine import Engine
from gui.tasks import Worker
from layers.crs_doctor import unshift
from sanxian.i18n import set_language

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)
AT = [(116.003, 29.501), (116.013, 29.511)]


@pytest.fixture
def worker(qapp):
    one = Worker()
    yield one
    one.stop()


@pytest.fixture
def ask(qtbot, worker, tmp_path):
    """Gives import windows of projects that stand in a table, with what its column of systems says."""
    made = []

    def ask_(said=None, column="坐标系", at=AT, head="经度,纬度", name="项目.csv"):
        path = tmp_path / name
        rows = [f"P{number},{number}厂,{x},{y}" for number, (x, y) in enumerate(at, 1)]
        heads = f"编号,项目名称,{head}"
        if said is not None:
            heads, rows = f"{heads},{column}", [f"{row},{one}" for row, one in zip(rows, said, strict=True)]
        path.write_text("\n".join([heads, *rows]), encoding="utf-8")
        return look(path)

    def look(path, role=PROJECTS):
        dialog = ImportDialog(Engine(), path, worker, role=role)
        qtbot.addWidget(dialog)
        made.append(dialog)
        dialog.show()
        QApplication.setActiveWindow(dialog)
        looked(dialog)
        return dialog

    def looked(dialog):
        qtbot.waitUntil(lambda: dialog.preview is not None and not dialog.looking, timeout=20_000)

    ask_.look, ask_.looked = look, looked
    yield ask_
    for dialog in made:
        dialog.reject()


@pytest.fixture
def english():
    set_language("en")
    yield
    set_language("zh")


def ok(dialog):
    return dialog.buttons.button(QDialogButtonBox.Ok)


def imported(qtbot, dialog):
    """Press 导入 once, and give the longitudes and latitudes that came out of it."""
    QTest.mouseClick(ok(dialog), Qt.LeftButton)
    return taken(qtbot, dialog)


def taken(qtbot, dialog):
    qtbot.waitUntil(lambda: dialog.result() == dialog.Accepted, timeout=20_000)
    sites = dialog.choice().layer.layer.sites
    assert {site.crs for site in sites} == {"EPSG:4490"}
    return [(site.geometry.centroid.x, site.geometry.centroid.y) for site in sites]


def typed(dialog, text, *keys):
    box = dialog.crs.lineEdit()
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    for key in keys:
        QTest.keyClick(QApplication.activePopupWidget() or QApplication.focusWidget() or box, key)


def shown(dialog):
    return f"{dialog.said.text()} | {dialog.place_page.evidence.text()}"


@pytest.mark.parametrize(("said", "system"), [("GCJ-02", "GCJ-02"), ("火星坐标系", "GCJ-02"), ("百度坐标", "BD-09")])
def test_a_column_that_names_a_consumer_map_is_followed_and_told(ask, qtbot, said, system):
    dialog = ask([said, said])
    assert f"{system} → CGCS2000，移动约" in dialog.said.text()
    assert "没有说明坐标系" not in shown(dialog)
    assert f"“坐标系”列写的“{said}”" in dialog.place_page.evidence.text()
    assert np.allclose(imported(qtbot, dialog), unshift(np.array(AT), system), atol=1e-6)


def test_a_column_that_names_what_would_be_taken_anyway_changes_nothing(ask, qtbot):
    dialog = ask(["2000国家大地坐标系"] * 2)
    assert "没有说明坐标系" not in shown(dialog)
    assert np.allclose(imported(qtbot, dialog), AT, atol=1e-9)


@pytest.mark.parametrize("said", [
    ["GCJ-02", "CGCS2000"], ["GCJ-02", ""], ["地方坐标系"] * 2, ["北京54 39带"] * 2, ["由高德转CGCS2000"] * 2,
])  # fmt: skip
def test_what_a_column_leaves_open_is_for_a_person(ask, qtbot, said):
    dialog = ask(said, "坐标系统")
    assert not ok(dialog).isEnabled()
    assert "“坐标系统”列" in dialog.place_page.evidence.text()
    assert "没有坐标系" not in dialog.said.text()
    page = dialog.place_page
    row = next(row for row in range(page.list.rowCount()) if page.list.item(row, 1).text().startswith("GCJ-02"))
    page.list.selectRow(row)
    ask.looked(dialog)
    assert not ok(dialog).isEnabled()  # chosen, not confirmed
    QTest.mouseClick(page.confirm, Qt.LeftButton, pos=QPoint(8, page.confirm.height() // 2))
    assert np.allclose(imported(qtbot, dialog), unshift(np.array(AT), "GCJ-02"), atol=1e-6)


def test_a_place_that_was_confirmed_is_not_confirmed_for_another_system(ask):
    dialog = ask(["GCJ-02", "CGCS2000"])
    page = dialog.place_page
    page.list.selectRow(0)
    page.confirm.setChecked(True)
    assert ok(dialog).isEnabled()
    page.list.selectRow(1)
    assert not page.confirm.isChecked()
    assert not ok(dialog).isEnabled()


def test_the_words_follow_what_was_chosen_by_hand(ask):
    dialog = ask()
    assert "没有说明坐标系" in shown(dialog)
    typed(dialog, "GCJ", Qt.Key_Return)
    ask.looked(dialog)
    assert dialog.crs.currentData() == "GCJ-02"
    assert "GCJ-02 → CGCS2000，移动约 571 米" in dialog.said.text()
    assert "GCJ-02 → CGCS2000，移动约 571 米" in dialog.place_page.evidence.text()
    assert "EPSG:4490" not in shown(dialog)
    listed = dialog.place_page.list
    row = listed.selectionModel().selectedRows()[0].row()
    assert listed.item(row, 1).text().startswith("GCJ-02")
    assert listed.item(row, 4).text() == "您选的"
    dialog.crs.setCurrentIndex(0)
    assert "→" not in shown(dialog)


def test_the_words_in_english(ask, english):
    dialog = ask(["GCJ-02", "CGCS2000"])
    told = dialog.place_page.evidence.text()
    assert "GCJ-02 (2), CGCS2000 (3)" in told
    assert '"CRS"' in told
    dialog = ask(["GCJ-02"] * 2)
    assert "GCJ-02 → CGCS2000, moved by about 571 m" in dialog.said.text()


@pytest.mark.parametrize("keys", [(Qt.Key_Return,), (Qt.Key_Down, Qt.Key_Return), (Qt.Key_Down, Qt.Key_Enter)])
def test_enter_in_the_box_chooses_what_was_typed_and_imports_nothing(ask, qtbot, keys):
    dialog = ask()
    typed(dialog, "GCJ", *keys)
    ask.looked(dialog)
    assert dialog.crs.currentData() == "GCJ-02"
    assert dialog.isVisible()
    assert dialog._reading is None
    assert np.allclose(imported(qtbot, dialog), unshift(np.array(AT), "GCJ-02"), atol=1e-6)


def test_the_first_click_after_typing_imports_with_what_was_typed(ask, qtbot):
    dialog = ask()
    typed(dialog, "GCJ")
    assert QApplication.activePopupWidget() is not None  # the list of what matches lies above the window
    button = ok(dialog)
    at = button.mapTo(dialog, button.rect().center())
    QTest.mouseClick(dialog.windowHandle(), Qt.LeftButton, Qt.NoModifier, at)
    assert np.allclose(taken(qtbot, dialog), unshift(np.array(AT), "GCJ-02"), atol=1e-6)


def test_what_was_typed_is_not_taken_in_where_it_turns_out_doubtful(ask, qtbot):
    dialog = ask(["CGCS2000"] * 2)
    typed(dialog, "EPSG:4548", Qt.Key_Escape)  # metres, and the file has degrees
    QTest.mouseClick(ok(dialog), Qt.LeftButton)
    qtbot.waitUntil(lambda: not dialog.looking and dialog._reading is None, timeout=20_000)
    assert dialog.isVisible()
    assert dialog.focusWidget() is not dialog.buttons.button(QDialogButtonBox.Cancel)


@pytest.mark.parametrize("text", ["foo", "EPSG:99999", "带"])
def test_what_is_no_system_is_said_and_keeps_the_file_out(ask, text):
    dialog = ask()
    dialog.crs.setEditText(text)
    QTest.mouseClick(ok(dialog), Qt.LeftButton)
    QTest.keyClick(dialog.crs.lineEdit(), Qt.Key_Return)
    ask.looked(dialog)
    assert not ok(dialog).isEnabled()
    assert text in dialog.why.text()
    assert dialog.isVisible()
    assert "按您选的" not in shown(dialog)


@pytest.mark.parametrize(("text", "code"), [
    ("wgs84", "EPSG:4326"), ("CGCS2000", "EPSG:4490"), ("2000国家大地坐标系", "EPSG:4490"), ("高德", "GCJ-02"), ("4326", "EPSG:4326"),
])  # fmt: skip
def test_systems_are_found_by_what_people_call_them(ask, text, code):
    dialog = ask()
    dialog.crs.setEditText(text)
    QTest.keyClick(dialog.crs.lineEdit(), Qt.Key_Return)
    ask.looked(dialog)
    assert dialog._given_crs() == code


def test_enter_never_throws_an_import_away(ask):
    dialog = ask()
    typed(dialog, "GCJ", Qt.Key_Return)
    ask.looked(dialog)
    assert dialog.focusWidget() is not dialog.buttons.button(QDialogButtonBox.Cancel)
    cancel = dialog.buttons.button(QDialogButtonBox.Cancel)
    cancel.setFocus()
    QTest.keyClick(cancel, Qt.Key_Return)
    assert dialog.isVisible()
    assert dialog._reading is None
    QTest.keyClick(cancel, Qt.Key_Space)
    assert not dialog.isVisible()


@pytest.mark.parametrize("size", [(894, 464), (667, 336)])
@pytest.mark.parametrize("said", [None, ["GCJ-02", "CGCS2000"]])
def test_on_a_small_screen_the_pages_scroll_and_the_buttons_stay(ask, size, said, english):
    dialog = ask(said)
    dialog.resize(*size)
    QTest.qWait(50)
    assert (dialog.width(), dialog.height()) == size
    for widget in (ok(dialog), dialog.buttons.button(QDialogButtonBox.Cancel), *([dialog.why] if dialog.why.text() else [])):
        assert dialog.rect().contains(QRect(widget.mapTo(dialog, QPoint(0, 0)), widget.size()))
    assert bool(said) == bool(dialog.why.text())
    area = next(one for one in dialog.findChildren(QScrollArea) if dialog.tabs in one.findChildren(type(dialog.tabs)))
    assert area.horizontalScrollBar().maximum() == 0
    assert area.verticalScrollBar().maximum() > 0 or size[1] > 400
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    bottom = dialog.tabs.mapTo(dialog, QPoint(0, dialog.tabs.height())).y()
    assert bottom <= ok(dialog).mapTo(dialog, QPoint(0, 0)).y()


def test_a_wheel_over_the_box_scrolls_and_changes_no_system(ask):
    dialog = ask()
    dialog.name.setFocus()
    ok(dialog).setFocus()
    for box in (dialog.crs, dialog.role):
        before = box.currentIndex()
        middle = QPoint(20, 5)
        QApplication.sendEvent(box, QWheelEvent(middle, box.mapToGlobal(middle), QPoint(0, -120), QPoint(0, -120), Qt.NoButton,
                                                Qt.NoModifier, Qt.NoScrollPhase, False))
        assert box.currentIndex() == before


def test_rows_that_the_first_look_does_not_reach_are_asked_about_too(ask, qtbot, tmp_path):
    import geopandas

    count = 520
    shapes = [shapely.Point(116 + number / 1e4, 29) for number in range(count)]
    said = ["CGCS2000"] * (count - 1) + ["GCJ-02"]
    path = tmp_path / "项目.gpkg"
    geopandas.GeoDataFrame({"编号": range(count), "坐标系": said}, geometry=shapes, crs=4490).to_file(path)
    dialog = ask.look(path)
    QTest.mouseClick(ok(dialog), Qt.LeftButton)
    qtbot.waitUntil(lambda: dialog._reading is None, timeout=20_000)
    assert dialog.isVisible()
    assert not ok(dialog).isEnabled()
    assert "GCJ-02（520）" in dialog.said.text()
    typed(dialog, "CGCS2000", Qt.Key_Return)
    ask.looked(dialog)
    assert np.allclose(imported(qtbot, dialog)[-1], (shapes[-1].x, 29))


@pytest.mark.parametrize(("language", "words"), [("zh", "点、线、面 · 3 个要素"), ("en", "points, lines and areas · 3 features")])
def test_a_file_of_several_kinds_says_which(ask, tmp_path, language, words):
    import geopandas

    path = tmp_path / "a.geojson"
    shapes = [shapely.Point(116, 29), shapely.LineString([(116, 29), (116.1, 29)]), shapely.box(116, 29, 116.1, 29.1)]
    geopandas.GeoDataFrame({"name": list("abc")}, geometry=shapes, crs=4490).to_file(path)
    set_language(language)
    try:
        assert ask.look(path, "").said.text().startswith(words)
    finally:
        set_language("zh")


@pytest.mark.parametrize(("said", "chosen"), [("WGS84", "BD-09"), ("GCJ-02", "EPSG:4490")])
def test_a_choice_against_what_every_row_says_is_to_be_confirmed(ask, qtbot, said, chosen):
    dialog = ask([said] * 2)
    assert ok(dialog).isEnabled()
    dialog.crs.lineEdit().setText(chosen)
    QTest.keyClick(dialog.crs.lineEdit(), Qt.Key_Return)
    ask.looked(dialog)
    assert not ok(dialog).isEnabled()
    assert "文件写的是" in dialog.place_page.evidence.text()
    assert "认定为" not in dialog.place_page.evidence.text(), "what the column says holds no more"
    assert dialog.place_page.confirm.isVisibleTo(dialog.place_page)
    assert "⚠" in dialog.tabs.tabText(dialog.tabs.indexOf(dialog.place_page))
    dialog.place_page.confirm.setChecked(True)
    qtbot.waitUntil(lambda: ok(dialog).isEnabled(), timeout=20_000)
    dialog.crs.lineEdit().setText(dialog.crs.itemText(0))  # as the file says
    QTest.keyClick(dialog.crs.lineEdit(), Qt.Key_Return)
    ask.looked(dialog)
    qtbot.waitUntil(lambda: ok(dialog).isEnabled(), timeout=20_000)
    assert not dialog.place_page.confirm.isVisibleTo(dialog.place_page)


def test_tab_leads_through_the_pages_and_chooses_nothing(ask, qtbot):
    dialog = ask(["GCJ-02", "BD-09"])
    dialog.tabs.setCurrentWidget(dialog.place_page)
    dialog.place_page.list.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is dialog.place_page.list, timeout=20_000)
    QTest.keyClick(dialog.place_page.list, Qt.Key_Tab)
    assert QApplication.focusWidget() is not dialog.place_page.list
    been = set()
    for _time in range(30):
        held = QApplication.focusWidget()
        been.add(held)
        QTest.keyClick(held, Qt.Key_Tab)
    assert dialog.place_page.confirm in been
    assert dialog.crs.currentText() == dialog.crs.itemText(0), "nobody has chosen"


def test_free_attributes_of_a_kml_are_mapped_by_their_chinese_names(ask, tmp_path):
    """To GDAL they are one column of underscores, with the last one's cell in it."""
    shape = "<Point><coordinates>115.85,29.6</coordinates></Point>"
    data = {"行业代码": "2614", "项目名称": "某化工", "项目编号": "X1"}
    cells = "".join(f'<Data name="{name}"><value>{value}</value></Data>' for name, value in data.items())
    path = tmp_path / "项目.kml"
    path.write_text('<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
                    f"<ExtendedData>{cells}</ExtendedData>{shape}</Placemark></Document></kml>", encoding="utf-8")  # fmt: skip
    dialog = ask.look(path)
    mapping = dialog.fields_page.mapping()
    assert (mapping["industry_code"], mapping["id"]) == ("行业代码", "项目编号")
    assert dialog.preview.samples("行业代码") == ["2614"]


def test_what_stops_an_import_is_in_sight_on_a_small_screen(qtbot, ask):
    dialog = ask(at=[(3_290_000.0, 500_000.0), (3_290_100.0, 500_100.0)], head="X,Y")
    dialog.show()
    dialog.resize(880, 440)
    dialog.role.setCurrentIndex(dialog.role.findData("project_site"))
    qtbot.waitUntil(lambda: not dialog.looking, timeout=20_000)
    dialog.tabs.setCurrentWidget(dialog.rows)
    dialog.tabs.setCurrentWidget(dialog.place_page)
    page, port = dialog.place_page, dialog._around_all.viewport()
    assert dialog._waits_on is page
    assert page.confirm.y() < page.map.mapTo(page, QPoint(0, 0)).y()

    def seen():
        return all(port.rect().contains(QRect(one.mapTo(port, QPoint(0, 0)), one.size())) for one in (page.confirm, page.map))

    qtbot.waitUntil(seen, timeout=20_000)

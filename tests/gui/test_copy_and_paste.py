"""Features out to the clipboard, sites in from it, styles from layer to layer, and groups ticked with Ctrl."""

from __future__ import annotations

import json

import pytest
import shapely
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QApplication, QStyle, QStyleOptionViewItem

from gui.canvas.scene import Picked
from gui.clipboard import kind_of, table_rows, wkt_rows
from gui.dialogs.coordinates import CoordinatesDialog
from gui.dialogs.import_file import ImportDialog
from gui.settings import Settings

PLACE = (117.0, 28.0, 1.0, 2.0)


def clipboard():
    return QApplication.clipboard().text()


def entries(menu):
    return {action.text(): action for action in menu.actions() if action.text()}


@pytest.fixture
def identified(opened):
    opened.show_dock("identify")
    opened.identify.show_hits(Picked({"示例红线": [0, 1], "示例单元": [0]}), PLACE)
    return opened


def test_a_feature_is_copied_as_geojson_in_longitude_and_latitude(identified, frames):
    tree = identified.identify.tree
    menu = identified.identify.context_menu(tree.topLevelItem(0).child(1))
    entries(menu)["复制要素为 GeoJSON"].trigger()
    found = json.loads(clipboard())
    assert found["type"] == "Feature"
    assert found["properties"] == {"name": "乙"}
    assert found["id"] == 2
    moved = frames["示例红线"].to_crs(4490).geometry.iloc[1]
    shape = shapely.geometry.shape(found["geometry"])
    assert shape.exterior.is_ccw
    assert shape.hausdorff_distance(moved) < 1e-8
    assert "CGCS2000" in identified.messages.toPlainText()


def test_all_features_of_a_layer_here_are_a_collection(identified):
    menu = identified.identify.context_menu(identified.identify.tree.topLevelItem(0))
    entries(menu)["复制要素为 GeoJSON"].trigger()
    found = json.loads(clipboard())
    assert found["type"] == "FeatureCollection"
    assert [one["properties"]["name"] for one in found["features"]] == ["甲", "乙"]


def test_wkt_is_in_the_crs_of_the_layer_which_is_said(identified, frames):
    menu = identified.identify.context_menu(identified.identify.tree.topLevelItem(0).child(0).child(0))
    entries(menu)["复制几何为 WKT"].trigger()
    assert shapely.from_wkt(clipboard()).equals_exact(frames["示例红线"].geometry.iloc[0])
    assert "EPSG:4548" in identified.messages.toPlainText()


@pytest.mark.parametrize("goes", [True, False])
def test_what_is_secret_is_asked_about_before_it_is_copied(identified, monkeypatch, goes):
    layer = identified.session.layer("示例红线")
    layer.record.secrecy = "secret"
    asked = []
    monkeypatch.setattr("gui.clipboard.message.ask", lambda _parent, _title, text, _yes, **_more: (asked.append(text), goes)[1])
    QApplication.clipboard().setText("以前的")
    menu = identified.identify.context_menu(identified.identify.tree.topLevelItem(0))
    entries(menu)["复制几何为 WKT"].trigger()
    assert "秘密" in asked[0]
    assert (clipboard() == "以前的") is not goes


@pytest.mark.parametrize(("shown", "goes"), [(True, True), (True, False), (False, True)])
def test_the_map_with_what_is_secret_on_it_is_asked_about_before_it_is_copied(opened, monkeypatch, shown, goes):
    layer = opened.session.layer("示例红线")
    layer.record.secrecy, layer.visible = "secret", shown
    asked = []
    monkeypatch.setattr("gui.clipboard.message.ask", lambda _parent, _title, text, _yes, **_more: (asked.append(text), goes)[1])
    monkeypatch.setattr(opened.canvas, "grab_image", lambda *_size: QImage(4, 3, QImage.Format_RGB32), raising=False)
    QApplication.clipboard().setText("以前的")
    opened.do("copy_map")
    assert bool(asked) == shown
    if shown:
        assert "“示例红线”（秘密）" in asked[0]
    assert (clipboard() == "以前的") is not goes


# -- in ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "kind"), [
    ("POINT (1 2)", "wkt"), ("srid=4490;MULTIPOLYGON Z (((0 0 1,1 0 1,1 1 1,0 0 1)))", "wkt"), ("LINESTRING EMPTY", "wkt"),
    ('{"type": "Point", "coordinates": [116, 29]}', "geojson"), ('\ufeff{"type":"FeatureCollection","features":[]}', "geojson"),
    ("116.1, 29.6\n116.2, 29.7", "coordinates"), ("J1 3290000 500000", "coordinates"),
    ("{一二}", ""), ("[1,2]", ""), ("第三章 总则", ""), ("", ""), ("POINTS OF INTEREST", ""),
])
def test_what_a_clipboard_holds(text, kind):
    assert kind_of(text) == kind


def test_shapes_of_several_lines():
    assert wkt_rows("POINT (1 2)\nPOLYGON ((0 0, 1 0,\n 1 1, 0 0))\n\nPOINT(3 4)") == [
        "POINT (1 2)", "POLYGON ((0 0, 1 0, 1 1, 0 0))", "POINT(3 4)"]


def paste(qtbot, window, text, into):
    QApplication.clipboard().setText(text)
    window.activateWindow()
    into.setFocus()
    qtbot.waitUntil(into.hasFocus, timeout=20_000)
    qtbot.keyClick(into, Qt.Key_V, Qt.ControlModifier)


def imported(qtbot, window):
    (dialog,) = window.findChildren(ImportDialog)
    qtbot.waitUntil(lambda: dialog.preview is not None, timeout=20_000)
    return dialog


def test_coordinates_pasted_on_the_list_stand_in_the_dialog_that_asks_for_them(opened, qtbot):
    opened.show_dock("projects")
    paste(qtbot, opened, "117.001 28.001\n117.002 28.001\n117.002 28.002", opened.projects.view)
    (dialog,) = opened.findChildren(CoordinatesDialog)
    assert "EPSG:4490" in dialog.said.text()
    before = len(opened.session.sites)
    dialog.accept()
    assert len(opened.session.sites) == before + 1


def test_geojson_pasted_goes_the_way_of_a_file(opened, qtbot):
    text = json.dumps({"type": "Feature", "properties": {"项目名称": "贴来的"}, "geometry": {
        "type": "Polygon", "coordinates": [[[117.0, 28.0], [117.01, 28.0], [117.01, 28.01], [117.0, 28.0]]]}})
    paste(qtbot, opened, text, opened.canvas if opened.canvas.focusPolicy() else opened.projects.view)
    dialog = imported(qtbot, opened)
    assert dialog.role.currentData() == "project_site"
    dialog.buttons.button(dialog.buttons.Ok).click()
    qtbot.waitUntil(lambda: len(opened.session.sites) == 3, timeout=20_000)
    assert opened.session.sites[-1].name == "贴来的"
    opened.actions_by_id["undo"].trigger()
    assert len(opened.session.sites) == 2


def test_wkt_without_a_crs_is_asked_about_and_with_one_is_not(opened, qtbot):
    opened.show_dock("projects")
    paste(qtbot, opened, "POLYGON ((500000 3290000, 500100 3290000, 500100 3290100, 500000 3290000))", opened.projects.view)
    dialog = imported(qtbot, opened)
    assert not dialog.buttons.button(dialog.buttons.Ok).isEnabled()
    dialog.reject()
    qtbot.waitUntil(lambda: not opened.findChildren(ImportDialog), timeout=20_000)
    paste(qtbot, opened, "SRID=4548;POLYGON ((500000 3290000, 500100 3290000,\n500100 3290100, 500000 3290000))", opened.projects.view)
    dialog = imported(qtbot, opened)
    dialog.buttons.button(dialog.buttons.Ok).click()
    qtbot.waitUntil(lambda: len(opened.session.sites) == 3, timeout=20_000)
    assert opened.session.sites[-1].geometry.area == pytest.approx(5000)


def test_what_qgis_copies_is_taken_with_its_attributes(opened, qtbot):
    text = ("wkt_geom\tfid\t项目名称\n"
            "Polygon ((117 28, 117.01 28, 117.01 28.01, 117 28))\t1\t甲厂\n"
            "Polygon ((117.1 28, 117.11 28, 117.11 28.01, 117.1 28))\t2\t\"乙\n厂\"")
    assert kind_of(text) == "wkt"
    assert table_rows(text)[0] == ["WKT", "项目名称"]
    assert [row[1] for row in table_rows(text)[1:]] == ["甲厂", "乙\n厂"]
    opened.show_dock("projects")
    paste(qtbot, opened, text, opened.projects.view)
    dialog = imported(qtbot, opened)
    assert not opened.findChildren(CoordinatesDialog)
    dialog.reject()


def test_a_shape_of_many_vertices_that_qgis_copies_is_one_cell():
    shape = "LineString (" + ", ".join(f"{at} {at}" for at in range(30_000)) + ")"
    assert table_rows(f"wkt_geom\tfid\tn\n{shape}\t1\n") == [["WKT", "n"], [shape, ""]]


@pytest.mark.parametrize("text", ["总则第三章", "", "{坏的 1 2}"])
def test_anything_else_is_refused_in_a_sentence(opened, qtbot, said, text):
    opened.show_dock("projects")
    paste(qtbot, opened, text, opened.projects.view)
    assert "剪贴板" in said[-1].text()
    assert len(opened.session.sites) == 2


def test_in_a_field_the_key_pastes_words(opened, qtbot, said):
    opened.show_dock("projects")
    paste(qtbot, opened, "项目", opened.projects.search)
    assert opened.projects.search.text() == "项目"
    assert not said


# -- identify one layer ------------------------------------------------------------------------------------------------


def test_identify_looks_at_the_current_layer_alone_and_remembers_it(identified, qtbot):
    panel = identified.identify
    titles = lambda: [panel.tree.topLevelItem(i).text(0) for i in range(panel.tree.topLevelItemCount())]  # noqa: E731
    assert titles() == ["示例红线", "示例单元"]
    identified.layers.select("示例单元")
    assert titles() == ["示例红线", "示例单元"]
    panel.which.setFocus()
    qtbot.keyClick(panel.which, Qt.Key_Down)
    assert titles() == ["示例单元"]
    identified.layers.select("示例岸线")
    assert titles() == ["当前图层“示例岸线”在此处没有可见要素"]
    identified.layers.tree.setCurrentItem(None)
    assert "先在图层列表里选" in titles()[0]
    assert Settings(identified.settings.store).identify_current
    identified.choose_language("en")
    assert panel.which.currentText() == "Current layer only"
    identified.choose_language("zh")
    qtbot.keyClick(panel.which, Qt.Key_Up)
    assert titles() == ["示例红线", "示例单元"]
    assert not Settings(identified.settings.store).identify_current


# -- styles ------------------------------------------------------------------------------------------------------------


def pasted(window, source, target):
    window.layers.select(source)
    window.actions_by_id["style_copy"].trigger()
    window.layers.select(target)
    window.actions_by_id["style_paste"].trigger()


def test_a_style_goes_to_another_layer_as_one_step(opened):
    session = opened.session
    session.set_look("示例红线", colour="#123456")
    before = session.layer("示例单元").style
    pasted(opened, "示例红线", "示例单元")
    style = session.layer("示例单元").style
    assert style.classes[0].fill == "#123456"
    assert style.role == "control_unit"
    assert "红线" not in style.classes[0].zh
    assert session.undo_stack.undoText() == "样式“示例单元”"
    opened.actions_by_id["undo"].trigger()
    assert session.layer("示例单元").style is before


def test_a_style_for_areas_is_no_style_for_lines(opened, said):
    pasted(opened, "示例红线", "示例岸线")
    assert "面状" in said[-1].text()
    assert "线状" in said[-1].text()
    assert opened.session.layer("示例岸线").style is None
    assert not opened.session.undo_stack.canUndo()


def test_a_style_by_a_field_that_the_layer_has_not_is_refused(opened, said):
    pasted(opened, "示例单元", "示例红线")  # by category
    assert "category" in said[-1].text()
    assert opened.session.layer("示例红线").style is None


def test_pasting_before_copying_says_what_to_do(opened, said):
    opened.layers.select("示例红线")
    opened.actions_by_id["style_paste"].trigger()
    assert "复制样式" in said[-1].text()


def test_f7_opens_the_panel_of_styles(opened, qtbot, monkeypatch):
    monkeypatch.setattr("gui.main_window.QColorDialog.getColor", lambda *_all: pytest.fail("a box of colours"))
    opened.layers.select("示例红线")
    opened.activateWindow()
    opened.layers.tree.setFocus()
    qtbot.waitUntil(opened.layers.tree.hasFocus, timeout=20_000)
    qtbot.keyClick(opened.layers.tree, Qt.Key_F7)
    assert opened.docks["style"].isVisible()


# -- groups ------------------------------------------------------------------------------------------------------------


def tick(qtbot, window, key, modifier):
    """Click the box of a layer."""
    tree, item = window.layers.tree, window.layers.item(key)
    tree.scrollToItem(item)
    option = QStyleOptionViewItem(tree.viewOptions())
    option.rect = tree.visualItemRect(item)
    option.features |= QStyleOptionViewItem.HasCheckIndicator
    box = tree.style().subElementRect(QStyle.SE_ItemViewItemCheckIndicator, option, tree)
    qtbot.mouseClick(tree.viewport(), Qt.LeftButton, modifier, box.center() if box.isValid() else QPoint(5, 5))


def test_ctrl_and_a_box_ticks_every_layer_of_its_group_as_one_step(opened, qtbot):
    session = opened.session
    session.arrange(session.groups, [(layer.key, "water") for layer in session.layers])
    before = {layer.key: layer.visible for layer in session.layers}
    assert before == {"示例红线": True, "示例单元": True, "示例岸线": True}
    tick(qtbot, opened, "示例单元", Qt.ControlModifier)
    assert not any(layer.visible for layer in session.layers)
    opened.actions_by_id["undo"].trigger()
    assert {layer.key: layer.visible for layer in session.layers} == before
    tick(qtbot, opened, "示例单元", Qt.NoModifier)
    assert [layer.key for layer in session.layers if not layer.visible] == ["示例单元"]

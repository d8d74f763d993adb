"""The window driven by hand: clicks, keys, drops."""

from __future__ import annotations

import dataclasses
import threading
from datetime import date
from math import cos, sin

import pytest
from PyQt5.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt5.QtGui import QDropEvent
from shapely import affinity, box

from gui.actions import ACTIONS, MENUS
from gui.dialogs.import_file import ImportDialog
from gui.panels.layers import KEY
from gui.session import Site
from layers.errors import WorkspaceError

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)


def idle(qtbot, window):
    qtbot.waitUntil(lambda: not window.work.running, timeout=20_000)


def test_every_action_is_in_the_table_and_in_its_menu(window):
    assert [title for _key, title in MENUS] == [
        "项目(&P)", "编辑(&E)", "视图(&V)", "图层(&L)", "研判(&J)", "排污口(&D)", "设置(&S)", "帮助(&H)"]
    assert len({spec.id for spec in ACTIONS}) == len(ACTIONS)
    keys = [key for spec in ACTIONS for key in spec.keys]
    assert len(set(keys)) == len(keys), "two actions on one key"
    for spec in ACTIONS:
        action = window.actions_by_id[spec.id]
        assert action in window.menus[spec.sub or spec.menu].actions()
        assert [one.toString() for one in action.shortcuts()] == list(spec.keys)


def test_nothing_can_be_done_to_a_workspace_before_one_is_open(window):
    assert window.stack.currentWidget() is window.welcome
    enabled = {name for name, action in window.actions_by_id.items() if action.isEnabled()}
    assert {"new", "open", "demo", "quit"} <= enabled
    assert not enabled & {"save", "judge", "add_layer", "draw_polygon", "export"}
    assert all(dock.isHidden() for dock in window.docks.values())


def test_opening_shows_layers_projects_and_the_name_in_the_title(opened, engine):
    assert opened.windowTitle().startswith("workspace —")
    assert opened.stack.currentWidget() is opened.canvas
    assert opened.projects.model.rowCount() == 2
    shown = [layer.id for layer in opened.canvas.last("set_layers")[0]]
    assert shown == ["示例红线", "示例岸线", "示例单元"], "points and redline above the units, units below"
    assert opened.settings.recent == [str(opened.session.path)]


def test_end_to_end_select_judge_read_and_see_the_evidence(qtbot, opened, engine):
    view = opened.projects.view
    index = opened.projects.model.index(1, 1)
    qtbot.mouseClick(view.viewport(), Qt.LeftButton, pos=view.visualRect(index).center())
    assert opened.session.current_id == "P2"
    button = opened.toolbar.widgetForAction(opened.actions_by_id["judge"])
    qtbot.mouseClick(button, Qt.LeftButton)
    qtbot.waitUntil(lambda: opened.session.current.result is not None, timeout=20_000)
    idle(qtbot, opened)
    assert engine.screened == [(["P2"], date(2026, 11, 22))]
    assert opened.verdict.word.text() == "禁止"
    items = opened.verdict.outcome_items()
    assert len(items) == 3, "what does not apply is hidden at first"
    tree = opened.verdict.tree
    item = next(one for one in items if one.text(0) == "规则bank")
    tree.scrollToItem(item)
    qtbot.mouseClick(tree.viewport(), Qt.LeftButton, pos=tree.visualItemRect(item).center())
    geometries, label = opened.canvas.last("highlight")
    assert [one.geom_type for one in geometries] == ["LineString", "LineString"]
    assert geometries[1].length == pytest.approx(500.0)
    assert label == "500.0 m"
    text = opened.verdict.text.toPlainText()
    assert "长江保护法 第二十六条" in text
    assert "主席令第65号" in text
    assert "已废止" in text, "the status of the document on the day"
    assert "500.0" in text, "the margin"


def test_the_distance_of_a_former_place_is_not_drawn_from_the_new_one(qtbot, judged):
    session, canvas = judged.session, judged.canvas
    judged.verdict.tree.setCurrentItem(next(one for one in judged.verdict.outcome_items() if one.text(0) == "规则bank"))
    line, label = canvas.last("highlight")
    assert (len(line), label) == (2, "500.0 m")
    site = session.current
    moved = affinity.translate(site.geometry, 0.001, 0)
    session.set_geometry(site.id, moved, site.crs)
    assert site.stale
    for _again in range(2):
        shapes, label = canvas.last("highlight")
        assert (len(shapes), label) == (1, "待重判，此前 500.0 m"), "no line that nobody has measured"
        judged.verdict.tree.setCurrentItem(None)
        judged.verdict.tree.setCurrentItem(next(one for one in judged.verdict.outcome_items() if one.text(0) == "规则bank"))
    session.undo_stack.undo()
    assert not site.stale
    assert canvas.last("highlight")[1] == "500.0 m"


def test_missing_facts_lead_to_the_form(qtbot, judged):
    item = next(one for one in judged.verdict.outcome_items() if one.text(0) == "规则redline")
    judged.verdict.tree.setCurrentItem(item)
    assert "attribute:fuels" in judged.verdict.text.toHtml()
    judged.verdict.attributeAsked.emit("fuels")
    assert judged.form.wanted() == {"fuels"}
    assert not judged.docks["form"].isHidden()
    judged.form.only_missing.setChecked(True)
    shown = [name for name, widget in judged.form.fields.items() if not widget.isHidden()]
    assert [name for name in shown if name != "industry_code"] == ["fuels"]


def test_outcomes_are_filtered_and_grouped(qtbot, judged):
    panel = judged.verdict
    qtbot.mouseClick(panel.buttons["prohibited"], Qt.LeftButton)
    assert {one.text(0) for one in panel.outcome_items()} == {"规则redline", "规则list"}
    qtbot.mouseClick(panel.buttons["not_applicable"], Qt.LeftButton)
    assert len(panel.outcome_items()) == 3
    panel.grouping.setCurrentIndex(1)
    assert {panel.tree.topLevelItem(i).text(0) for i in range(panel.tree.topLevelItemCount())} == {
        "资料不足", "提示", "不涉及"}
    panel.grouping.setCurrentIndex(panel.grouping.findData("level"))
    assert [panel.tree.topLevelItem(i).text(0) for i in range(panel.tree.topLevelItemCount())] == ["全国", "园区"]
    panel.search.insert("化工")
    assert [one.text(0) for one in panel.outcome_items()] == ["规则list"], "the text of clauses is searched too"
    assert panel.clauses.topLevelItem(0).text(0) == "禁止新建化工项目"


def test_a_verdict_is_marked_out_of_date_when_the_project_changes(judged):
    judged.session.set_attribute("P1", "is_chemical", True)
    assert not judged.verdict.stale.isHidden()
    row = judged.projects.model.index(0, 2)
    assert "待重判" in row.data()
    judged.session.undo_stack.undo()
    assert judged.verdict.stale.isHidden()
    assert row.data() == "禁止"


def test_unknown_is_kept_apart_from_no(qtbot, opened):
    opened.session.set_current("P1")
    box = opened.form.fields["is_chemical"]
    assert box.currentText() == "未知"
    assert "is_chemical" not in opened.session.current.attributes
    opened.docks["form"].raise_()
    box.setFocus()
    qtbot.keyClick(box, Qt.Key_Down)
    qtbot.keyClick(box, Qt.Key_Down)
    assert opened.session.current.attributes["is_chemical"] is False
    opened.session.set_current("P2")
    assert box.currentText() == "否"
    opened.session.set_current("P1")
    assert box.currentText() == "否"
    qtbot.keyClick(box, Qt.Key_Home)
    assert "is_chemical" not in opened.session.current.attributes
    assert opened.session.current.attributes == {}


def test_none_of_a_list_is_an_answer_and_nothing_ticked_is_not(qtbot, opened):
    opened.session.set_current("P1")
    fuels = opened.form.fields["fuels"]
    assert fuels.value() is None
    fuels._actions["coal"].trigger()
    fuels._actions["natural_gas"].trigger()
    assert opened.session.current.attributes["fuels"] == ("coal", "natural_gas")
    fuels._actions["none"].trigger()
    assert opened.session.current.attributes["fuels"] == ("none",)
    fuels._actions["none"].trigger()
    assert "fuels" not in opened.session.current.attributes


def test_looking_at_a_project_is_no_edit(qtbot, opened):
    opened.session.sites[0].attributes = {"documents": ("批复、附图", "环评"), "boiler_t_h": 10.0}
    opened.session.set_current("P2")
    opened.session.set_current("P1")
    opened.commit_typing()
    assert not opened.session.dirty


def test_industries_are_found_by_everyday_words(qtbot, opened):
    opened.session.set_current("P1")
    opened.docks["form"].raise_()
    field = opened.form.fields["industry_code"]
    field.insert("有机化学原料")  # QTest has no keys for Chinese
    field.textEdited.emit(field.text())
    rows = field._rows.stringList()
    assert any("2614" in row for row in rows)
    field._take(next(row for row in rows if "2614" in row))
    assert [code.lstrip("C") for code in opened.session.current.attributes["industry_code"]] == ["2614"]
    assert "有机化学原料制造" in opened.form.industry_names.text()


def test_words_that_are_no_industry_are_no_answer(qtbot, opened):
    """A person left the field with 餐馆 in it: it counted as filled, and every ban by industry as not applicable."""
    session, form = opened.session, opened.form
    session.set_current("P1")
    session.set_attribute("P1", "industry_code", ("C2614",))
    opened.docks["form"].raise_()
    field = form.fields["industry_code"]
    filled = form.filled.text()

    def write(text):
        field.setText(text)
        field.setModified(True)
        field.editingFinished.emit()

    write("餐馆")
    assert "industry_code" not in session.current.attributes
    assert field.text() == "餐馆", "it stays to be mended"
    assert "“餐馆”不是 GB/T 4754 的代码" in form.industry_names.text()
    assert form.industry_names.property("tone") == "wrong"
    assert form.filled.text() != filled
    session.set_attribute("P1", "is_chemical", False)  # the form is told again
    assert field.text() == "餐馆"
    write("C2614;餐馆")
    assert "industry_code" not in session.current.attributes, "what the word means may be banned"
    assert field.text() == "C2614;餐馆"
    session.set_current("P2")
    assert field.text() == ""
    assert form.industry_names.text() == ""
    session.set_current("P1")
    assert field.text() == ""
    write("C2614")
    assert field.text() == "C2614"
    assert form.industry_names.property("tone") == "muted"
    session.set_attribute("P1", "emits_air", True)  # so that the next step is one of its own
    write("9999")
    assert "industry_code" not in session.current.attributes
    session.undo_stack.undo()
    assert field.text() == "C2614"


@pytest.mark.parametrize(("text", "codes", "strange"), [
    ("7299 6210", ("7299", "6210"), []), ("C2221\t6210", ("C2221", "6210"), []), ("C2614 有机化学原料制造 H6210 正餐服务", ("C2614", "H6210"), []),
    ("C 2614", ("C2614",), []), ("２６１４；6210，C2221、A0313", ("2614", "6210", "C2221", "A0313"), []), ("2614|6210;;2614", ("2614", "6210"), []),
    ("C2614 餐馆", None, ["餐馆"]), ("6210 正餐", None, ["正餐"]), ("7299 正餐服务", None, ["正餐服务"]), ("2614/6210", None, ["2614/6210"]), (" ; ", None, []), ("C22", ("C22",), []),
])
def test_industries_are_parted_as_in_tables_and_none_is_thrown_away(opened, text, codes, strange):
    """Of two codes with a blank between them the second was taken for a name, and its ban was gone."""
    session, field = opened.session, opened.form.fields["industry_code"]
    session.set_current("P1")
    session.set_attribute("P1", "industry_code", ("J6610",))
    field.setText(text)
    field.setModified(True)
    field.editingFinished.emit()
    assert session.current.attributes.get("industry_code") == codes
    assert field.strange() == strange
    for one in strange:
        assert one in field.text()
        assert one in opened.form.industry_names.text()


def test_a_day_whose_law_is_not_whole_says_why_nothing_is_clear(judged):
    """The sign said 资料不足, no rule did, and nothing said why."""
    (site, *_others), panel = judged.session.sites, judged.verdict
    assert "起才收录完整" not in panel.facts.toolTip()
    site.screening = dataclasses.replace(site.screening, complete_from=date(2030, 1, 1))
    judged.session.resultsChanged.emit([site.id])
    assert "规则集自 2030-01-01 起才收录完整" in panel.facts.toolTip()
    assert "除“禁止”外一律按资料不足" in panel.facts.text()


def test_drawing_makes_a_project_and_undo_takes_it_back(qtbot, opened):
    from shapely import box

    opened.actions_by_id["draw_polygon"].trigger()
    assert opened.canvas.last("set_tool") == ("draw_polygon",)
    opened.canvas.sketchFinished.emit(box(0, 0, 10, 10))
    assert [site.id for site in opened.session.sites] == ["P1", "P2", "P3"]
    assert opened.session.current.crs == "EPSG:4548"
    assert opened.windowTitle().startswith("workspace* —")
    with qtbot.waitActive(opened):
        opened.activateWindow()
    opened.projects.view.setFocus()
    qtbot.keyClick(opened, Qt.Key_Z, Qt.ControlModifier)
    assert len(opened.session.sites) == 2
    assert opened.windowTitle().startswith("workspace —")
    qtbot.keyClick(opened, Qt.Key_Y, Qt.ControlModifier)
    assert opened.session.current_id == "P3"


def test_moving_the_site_on_the_map_is_an_edit(opened):
    from shapely import box

    opened.session.set_current("P1")
    former = opened.session.current.geometry
    opened.canvas.siteMoved.emit(box(5, 5, 6, 6))
    assert opened.session.current.geometry.bounds == (5, 5, 6, 6)
    opened.session.undo_stack.undo()
    assert opened.session.current.geometry is former


def test_layers_are_hidden_faded_ordered_and_removed_and_all_of_it_is_undone(qtbot, opened, monkeypatch):
    panel = opened.layers
    panel.item("示例单元").setCheckState(0, Qt.Unchecked)
    assert not opened.session.layer("示例单元").visible
    panel.select("示例单元")
    panel.opacity.setValue(40)
    panel.opacity.setValue(30)
    assert opened.session.layer("示例单元").opacity == 0.3
    count = opened.session.undo_stack.count()
    assert count == 2, "a slide is one step"
    panel.tree.move_item(panel.item("示例单元"), panel.item("示例红线"), False)
    assert [layer.key for layer in opened.session.layers] == ["示例单元", "示例红线", "示例岸线"]
    assert [layer.id for layer in opened.canvas.last("set_layers")[0]] == ["示例单元", "示例红线", "示例岸线"]
    top = next(panel.tree.topLevelItem(i) for i in range(panel.tree.topLevelItemCount())
               if panel.tree.topLevelItem(i).data(0, KEY) == "water")
    panel.tree.move_item(top, panel.tree.topLevelItem(0), False)
    assert opened.session.layers[0].key == "示例岸线"
    opened.session.remove_layer("示例红线")
    assert panel.item("示例红线") is None
    while opened.session.undo_stack.canUndo():
        opened.session.undo_stack.undo()
    assert [(layer.key, layer.visible, layer.opacity) for layer in opened.session.layers] == [
        ("示例红线", True, 1.0), ("示例岸线", True, 1.0), ("示例单元", True, 1.0)]
    assert not opened.session.dirty


def test_the_legend_counts_and_doubts_are_shown(opened):
    item = opened.layers.item("示例单元")
    assert [(item.child(i).text(0), item.child(i).text(1)) for i in range(item.childCount())] == [
        ("优先保护单元", "1"), ("重点管控单元", "1")]
    assert "覆盖范围" in item.toolTip(0), "unknown coverage is doubtful"
    assert not item.icon(1).isNull()
    assert opened.layers.item("示例红线").icon(1).isNull()


def test_saving_keeps_how_it_looks(qtbot, opened, engine):
    opened.session.set_look("示例单元", opacity=0.5)
    opened.session.remove_layer("示例岸线")
    qtbot.keyClick(opened, Qt.Key_S, Qt.ControlModifier)
    assert engine.saved == 1
    assert not opened.session.dirty
    looks = {one["name"]: one["opacity"] for one in engine.workspace.kept["window"]["layers"]}
    assert looks == {"示例红线": 1.0, "示例单元": 0.5}
    assert [one.name for one in engine.workspace.records] == ["示例红线", "示例单元"]


def test_a_removed_layer_is_not_screened_with_unless_the_person_agrees_to_save(qtbot, opened, engine, monkeypatch):
    opened.session.remove_layer("示例岸线")
    monkeypatch.setattr("gui.dialogs.message.ask", lambda *args, **_more: False)
    opened.do("judge")
    assert engine.screened == []
    monkeypatch.setattr("gui.dialogs.message.ask", lambda *args, **_more: True)
    opened.do("judge")
    idle(qtbot, opened)
    assert engine.saved == 1
    assert engine.screened


@pytest.mark.parametrize(("answer", "closed", "saved"), [("save", True, 1), ("discard", True, 0), ("cancel", False, 0)])
def test_unsaved_edits_are_asked_about(opened, engine, monkeypatch, answer, closed, saved):
    opened.session.rename_site("P1", "另一个")
    monkeypatch.setattr("gui.dialogs.message.ask_save", lambda *args: answer)
    opened.files.close()
    assert (opened.session.workspace is None) is closed
    assert engine.saved == saved


def test_judging_all_can_be_stopped_and_changes_nothing_then(qtbot, opened, engine):
    engine.gate.clear()
    opened.do("judge_all")
    qtbot.waitUntil(lambda: opened.status.progress.maximum() == 2, timeout=20_000)
    assert opened.actions_by_id["cancel"].isEnabled()
    qtbot.mouseClick(opened.status.cancel, Qt.LeftButton)
    engine.gate.set()
    idle(qtbot, opened)
    assert all(site.result is None for site in opened.session.sites)
    assert "已停止" in opened.messages.toPlainText()


def test_a_project_changed_while_it_was_judged_is_out_of_date(qtbot, opened, engine):
    engine.gate.clear()
    opened.do("judge")
    opened.session.set_attribute("P1", "is_chemical", True)
    engine.gate.set()
    idle(qtbot, opened)
    assert opened.session.site("P1").stale


def test_an_error_is_one_clear_dialog(qtbot, opened, engine, said):
    engine.fail = WorkspaceError("工作区 {path} 正由另一程序打开", path="x.gpkg")
    opened.do("judge")
    idle(qtbot, opened)
    (box,) = said
    assert box.objectName() == "error_box"
    assert box.text() == "工作区 x.gpkg 正由另一程序打开"
    assert opened.session.sites[0].result is None


def test_a_bug_is_reported_with_a_file_and_nothing_is_lost(qtbot, opened, engine, said):
    engine.fail = ZeroDivisionError("boom")
    opened.do("judge")
    idle(qtbot, opened)
    (box,) = said
    assert box.objectName() == "crash_box"
    (report,) = opened.settings.folder.glob("error-*.txt")
    assert "ZeroDivisionError" in report.read_text(encoding="utf-8")
    assert len(opened.session.sites) == 2


def test_a_workspace_that_cannot_be_opened_leaves_the_one_that_is(opened, engine, said, tmp_path):
    engine.fail = WorkspaceError("{path} 不是工作区", path="y.gpkg")
    opened.files.open(tmp_path / "y.gpkg")
    assert said[0].text() == "y.gpkg 不是工作区"
    assert opened.session.workspace is not None


def drop(window, *paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    window.dropEvent(QDropEvent(QPointF(QPoint(400, 300)), Qt.CopyAction, mime, Qt.LeftButton, Qt.NoModifier))


def test_a_dropped_data_file_asks_what_it_is(qtbot, opened, tmp_path, said):
    path = tmp_path / "永久基本农田.csv"
    path.write_text("名称,经度,纬度\n甲,115.9,29.7\n", encoding="utf-8")
    drop(opened, path)
    qtbot.waitUntil(lambda: bool(opened.findChildren(ImportDialog)), timeout=20_000)
    (dialog,) = opened.findChildren(ImportDialog)
    qtbot.waitUntil(lambda: dialog.preview is not None, timeout=20_000)
    assert dialog.rows.item(0, 0).text() == "甲"
    assert dialog.role.currentData() == "permanent_farmland", "guessed from the name of the file"
    choice = dialog.choice()
    assert choice.path == path
    assert choice.options["fields"] is None
    dialog.reject()


def test_a_dropped_file_of_projects_becomes_projects(qtbot, opened, tmp_path):
    path = tmp_path / "项目.csv"
    path.write_text("编号,项目名称,经度,纬度,是否化工项目\nX1,新厂,115.9,29.7,否\nP1,又一个,115.91,29.7,\n", encoding="utf-8")
    drop(opened, path)
    qtbot.waitUntil(lambda: bool(opened.findChildren(ImportDialog)), timeout=20_000)
    (dialog,) = opened.findChildren(ImportDialog)
    qtbot.waitUntil(lambda: dialog.preview is not None, timeout=20_000)
    assert dialog.role.currentData() == "project_site"
    dialog.accept()
    qtbot.waitUntil(lambda: len(opened.session.sites) == 4, timeout=20_000)
    ids = [site.id for site in opened.session.sites]
    assert ids == ["P1", "P2", "X1", "P1-2"], "an id that is taken gets another"
    assert opened.session.site("X1").attributes == {"is_chemical": False}
    assert opened.session.site("P1-2").attributes == {}
    opened.session.undo_stack.undo()
    assert len(opened.session.sites) == 2


def test_a_broken_file_says_so_in_the_dialog(qtbot, opened, tmp_path):
    path = tmp_path / "坏.geojson"
    path.write_text("{", encoding="utf-8")
    dialog = opened.files.import_dialog(path)
    qtbot.waitUntil(lambda: "正在" not in dialog.said.text(), timeout=20_000)
    assert dialog.said.text()
    assert not dialog.buttons.button(dialog.buttons.Ok).isEnabled()
    dialog.reject()


def test_a_layer_is_imported(qtbot, opened, engine, tmp_path, frames):
    path = tmp_path / "红线二.gpkg"
    frames["示例红线"].drop(columns="fid").to_file(path)
    dialog = opened.files.import_dialog(path)
    qtbot.waitUntil(lambda: dialog.preview is not None, timeout=20_000)
    assert dialog.role.currentData() == "ecological_redline"
    dialog.accept()
    qtbot.waitUntil(lambda: opened.session.layer("红线二") is not None, timeout=20_000)
    idle(qtbot, opened)
    assert len(opened.session.layer("红线二").frame) == 2


def test_a_dropped_workspace_is_opened(qtbot, window, engine, tmp_path):
    path = tmp_path / "workspace-b.gpkg"
    path.touch()
    drop(window, path)
    qtbot.waitUntil(lambda: window.session.workspace is not None, timeout=20_000)
    idle(qtbot, window)


def test_typed_coordinates_become_a_site(qtbot, opened):
    dialog = opened.ask_coordinates()
    dialog.text.setPlainText("1 115.98 29.71\n2 115.99 29.71\n3 115.99 29.72")
    assert "3 个点" in dialog.said.text()
    dialog.text.setPlainText("1 115.98")
    assert not dialog.buttons.button(dialog.buttons.Ok).isEnabled()
    assert "第 1 行" in dialog.said.text()
    dialog.text.setPlainText("1 115.98 29.71\n2 115.99 29.71\n3 115.99 29.72")
    dialog.accept()
    assert opened.session.current.crs == "EPSG:4548", "kept as the other projects are, so that saving changes no area"
    assert opened.session.current.geometry.geom_type == "Polygon"


def test_outlines_of_projects_are_carried_to_the_map_together_and_once(qtbot, opened, engine, monkeypatch):
    asked, real = [], type(engine).transform_all
    monkeypatch.setattr(type(engine), "transform_all", lambda self, some, source, target: (
        asked.append(len(some)), real(self, some, source, target))[1])
    shapes = [box(116 + at / 100, 29.7, 116.005 + at / 100, 29.705) for at in range(20)]
    opened.session.add_sites([Site(f"D{at}", f"厂{at}", shape, "EPSG:4490") for at, shape in enumerate(shapes)])
    assert [count for count in asked if count > 1] == [20]
    shown = {one[0]: one[1] for one in opened.canvas.last("set_sites")[0]}
    for at, shape in enumerate(shapes):
        want = engine.transform(shape, "EPSG:4490", opened.map.crs)
        assert shown[f"D{at}"].equals_exact(want, 1e-6)
    asked.clear()
    opened.session.set_geometry("D3", shapes[0], "EPSG:4490")
    assert sum(asked) <= 1, "the others are where they were"
    assert {one[0]: one[1] for one in opened.canvas.last("set_sites")[0]}["D3"].equals_exact(shown["D0"], 1e-6)
    asked.clear()
    opened.session.rename_site("D3", "别名")
    assert asked == []


def test_many_pasted_coordinates_are_read_beside_the_window(qtbot, opened, monkeypatch):
    import gui.dialogs.coordinates as place

    threads, gate, real = [], threading.Event(), place.parse

    def parse(*args, **options):
        assert gate.wait(10)
        threads.append(threading.current_thread())
        return real(*args, **options)

    monkeypatch.setattr(place, "parse", parse)
    turn = [index * 6.283 / 200 for index in range(200)]
    lines = [f"J{at} {115.9 + cos(one) / 50:.7f} {29.7 + sin(one) / 50:.7f}" for at, one in enumerate(turn)]
    dialog = opened.ask_coordinates()
    dialog.text.setPlainText("\n".join(lines))
    dialog.text.appendPlainText("J200 115.9")
    ok = dialog.buttons.button(dialog.buttons.Ok)
    assert not ok.isEnabled()
    assert "正在" in dialog.said.text()
    dialog.text.setPlainText("\n".join(lines))
    gate.set()
    qtbot.waitUntil(ok.isEnabled, timeout=20_000)
    assert dialog.said.text().startswith("200 个点"), "of the text that stands there"
    assert threading.main_thread() not in threads
    dialog.text.setPlainText("1 115.98")
    assert "第 1 行" in dialog.said.text()
    dialog.reject()


def test_identify_lists_every_layer_and_what_is_derived(opened):
    opened.canvas.cursorMoved.emit(117.0, 29.0, 500.0, 500.0)
    opened.canvas.identified.emit([("示例红线", 0), ("示例单元", 0)])
    tree = opened.identify.tree
    assert [tree.topLevelItem(i).text(0) for i in range(tree.topLevelItemCount())] == ["示例红线", "示例单元"]
    feature = tree.topLevelItem(1).child(0)
    derived = feature.child(feature.childCount() - 1)
    said = {derived.child(i).text(0): derived.child(i).text(1) for i in range(derived.childCount())}
    assert "公顷" in said["图形面积"]
    assert "EPSG:4548" in said["坐标系"]
    assert not opened.docks["identify"].isHidden()


def test_the_status_bar_follows_and_leads_the_map(qtbot, opened):
    status = opened.status
    opened.canvas.cursorMoved.emit(115.982134, 29.713452, 40123.4, 3288765.4)
    assert "115.982134" in status.coordinates.text()
    qtbot.mouseClick(status.form, Qt.LeftButton)
    assert "115°58′55.68″E" in status.coordinates.text()
    qtbot.mouseClick(status.form, Qt.LeftButton)
    assert "X 3,288,765.40（北）" in status.coordinates.text(), "surveyors' X is north"
    assert opened.settings.coordinate_format == "gauss"
    edit = status.scale.lineEdit()
    edit.selectAll()
    qtbot.keyClicks(edit, "1:12500")
    qtbot.keyClick(edit, Qt.Key_Return)
    assert opened.canvas.last("set_scale") == (12500.0,)


def test_the_table_of_projects_sorts_and_filters(qtbot, judged):
    panel = judged.projects
    assert panel.model.index(0, 2).data() == "禁止"
    assert panel.model.index(1, 2).data() == "未研判"
    panel.verdicts.setCurrentIndex(panel.verdicts.findData("prohibited"))
    assert panel.model.rowCount() == 1
    panel.verdicts.setCurrentIndex(0)
    qtbot.keyClicks(panel.search, "p2")
    assert panel.model.index(0, 0).data() == "P2"
    panel.search.clear()
    panel.view.sortByColumn(2, Qt.DescendingOrder)
    assert panel.model.index(0, 0).data() == "P2", "not judged comes last"


def test_the_attribute_table_finds_and_shows_rows(qtbot, opened):
    dialog = opened.show_table("示例红线")
    dialog.search.insert("乙")
    assert dialog.model.rowCount() == 1
    dialog.view.setCurrentIndex(dialog.model.index(0, 0))
    (geometries,) = opened.canvas.last("highlight")
    assert geometries[0].bounds == (2000, 0, 3000, 900)
    dialog.close()


def test_a_report_is_written_in_the_language_of_the_window(qtbot, judged, engine, said, tmp_path):
    judged.files.export(tmp_path / "report.docx")
    idle(qtbot, judged)
    assert engine.reports == [(tmp_path / "report.docx", "zh")]
    assert said[-1].objectName() == "done_box"


def test_layer_names_stay_unique(opened, said):
    opened.rename_layer("示例红线", "示例单元")
    assert "已有名为" in said[0].text()
    opened.rename_layer("示例红线", "红线")
    assert opened.session.renamed == [("示例红线", "红线")]


def test_the_layout_is_remembered(qtbot, opened):
    opened.docks["layers"].hide()
    opened.settings.keep_layout(opened.saveGeometry(), opened.saveState())
    geometry, state = opened.settings.layout()
    assert geometry is not None
    opened.reset_layout()
    assert not opened.docks["layers"].isHidden()
    opened.restoreState(state)
    assert opened.docks["layers"].isHidden()


def test_everything_that_takes_input_has_a_name_for_screen_readers(opened):
    from PyQt5.QtWidgets import QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QSlider

    nameless = []
    for kind in (QComboBox, QLineEdit, QSlider, QAbstractItemView):
        for widget in opened.findChildren(kind):
            inside = isinstance(widget.parent(), (QComboBox, QAbstractSpinBox)) or widget.parent() is None
            hidden = widget.objectName().startswith("qt_") or "Container" in type(widget.parent()).__name__
            if not widget.accessibleName() and widget.objectName() and not inside and not hidden:
                nameless.append((type(widget).__name__, widget.objectName()))
    assert nameless == []


def test_the_file_filters_cover_what_can_be_read():
    from gui.dialogs.export_report import KINDS
    from gui.files import DATA

    assert {"*.shp", "*.gdb", "*.csv", "*.xlsx", "*.txt"} <= set(DATA)
    assert [suffix for _title, suffix in KINDS][:5] == [".docx", ".pdf", ".html", ".xlsx", ".json"]

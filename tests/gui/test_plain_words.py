"""Words that said something else than was meant."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QTabBar

from gui import theme
from gui.actions import ACTIONS
from gui.canvas.canvas import MapCanvas
from gui.dialogs.parts import Table
from gui.main_window import MISSING
from gui.models.rows import Column, Rows
from gui.panels.outlet_board import BoardPanel
from rules.model import Evidence
from sanxian import i18n
from sanxian.result import RedlineStatement, SiteSummary

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)

INSIDE = RedlineStatement(True, 0.0, 0.693, 0.0, "红线", inside=True)


@pytest.mark.parametrize(("lain", "head", "cell"), [
    (SiteSummary("LineString", 0.0, 2_000.0, "EPSG:4548"), "生态保护红线：穿越 1,386.0 米（69.30%）", "1,386.0 m"),
    (SiteSummary("Point", 0.0, 0.0, "EPSG:4548"), "生态保护红线：位于红线内", "位于其中"),
])
def test_a_line_or_a_place_in_the_redline_has_no_area_of_nought(judged, lain, head, cell):
    project = judged.session.sites[0]
    outcome = project.result.outcomes[0]
    evidence = Evidence("ecological_redline", "红线", 1, 0.0, 1_386.0 if lain.length_m else 0.0, 0.693, 0.0)
    project.result = replace(project.result, site=lain, redline=INSIDE, outcomes=(replace(outcome, evidence=(evidence,)),))
    judged.verdict.show_current()
    assert head in judged.verdict.facts.text()
    assert "0.0 m²" not in judged.verdict.facts.text()
    assert judged.verdict.evidence.topLevelItem(0).text(2) == cell


def test_the_board_does_not_say_that_there_is_no_layer_while_it_is_read(qtbot):
    board = BoardPanel()
    qtbot.addWidget(board)
    board.set_data(None, reading=True, known=False)
    assert "正在读取" in board.head.text()
    board.set_data(None, known=False)
    assert "还没有读取" in board.head.text()
    board.set_data(None)
    assert "没有入河排污口图层" in board.head.text()


@pytest.mark.parametrize("name", ["messages", "style", "outlets"])
def test_a_panel_from_the_menu_comes_to_the_front(judged, qtbot, name):
    dock = judged.docks[name]
    assert dock.isHidden()
    dock.toggleViewAction().trigger()
    qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty(), timeout=20_000)
    front = [bar.tabText(bar.currentIndex()) for bar in judged.findChildren(QTabBar) if bar.parent() is judged]
    assert dock.windowTitle() in front


def test_table_identify_and_copies_say_fields_and_codes_in_words(judged, qtbot):
    from PyQt5.QtCore import Qt

    layer = next(one for one in judged.session.layers if one.role == "control_unit")
    dialog = judged.show_table(layer.key)
    try:
        headers = [dialog.model.headerData(i, Qt.Horizontal) for i in range(dialog.model.columnCount())]
        column = dialog.model.columns.index("category")
        assert headers[column] == "管控单元分类"
        assert {dialog.model.index(row, column).data() for row in range(dialog.model.rowCount())} <= {"优先保护", "重点管控", "一般管控"}
        assert len(dialog.model.arrange("重点管控")) == sum(layer.frame["category"] == "key")
    finally:
        dialog.close()
    assert judged.field_title("pollution_source", "leads_to") == "去向"
    assert judged.engine.value_words("water_source", "grade", "1") == "一级保护区"
    assert judged.engine.value_words("reference", "width", 1) == 1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_a_small_screen_rules_and_explanation_stay_readable(judged, qtbot, language):
    """1366 x 768 at 150 % has 910 by 512 points."""
    judged.choose_language(language)
    panel = judged.verdict
    judged.resize(910, 512)
    qtbot.waitUntil(lambda: panel.height() < 400, timeout=20_000)
    try:
        assert panel.facts.isHidden()
        assert panel.tree.viewport().height() >= 4 * panel.tree.sizeHintForRow(0)
        assert panel.text.viewport().height() >= 4 * panel.text.fontMetrics().lineSpacing()
        assert panel.scroll.horizontalScrollBar().maximum() == 0
        assert panel.body.width() <= panel.scroll.viewport().width()
        panel.more.click()
        assert not panel.facts.isHidden()
        assert panel.facts.text()
        panel.more.click()
        judged.resize(1300, 1000)
        qtbot.waitUntil(lambda: not panel.facts.isHidden(), timeout=20_000)
        assert panel.more.isHidden()
    finally:
        judged.choose_language("zh")


def test_the_ledger_of_coverage_says_what_is_done_and_needs_no_panning(opened, qtbot, engine, monkeypatch):
    part = next(one for one in opened.parts if type(one).__name__ == "CoveragePart")
    panel = part.panel
    assert "重新计算" in panel.lead.text()
    rows = [SimpleNamespace(name="某区生态保护红线", role="ecological_redline", share=0.4, absent=False, stated="given", accuracy_m=12.5,
                            accuracy_from="given", data_date="2024-05-01", scale=10_000, features=1_234_567, source="", missing=None,
                            extent_share=None)]
    gate = threading.Event()
    monkeypatch.setattr(engine, "coverage", lambda _path, _report: (gate.wait(5), rows)[1], raising=False)
    part.show()
    assert "正在计算" in panel.lead.text()
    assert not panel.again.isEnabled()
    gate.set()
    qtbot.waitUntil(lambda: panel.rows == rows, timeout=20_000)
    panel.setParent(None)  # so that it can have any size
    qtbot.addWidget(panel)
    panel.show()
    for wide in (1000, 330, 1000, 250):
        panel.resize(wide, 400)
        qtbot.wait(20)
        assert panel.tree.horizontalScrollBar().maximum() == 0, wide
        panel.tree.setCurrentItem(panel.tree.topLevelItem(0))
        shown = panel.spared.text() + "".join(panel.tree.topLevelItem(0).text(column) for column in range(7)
                                              if not panel.tree.isColumnHidden(column))
        for words in ("40.0%", "2024-05-01", "1:10,000", "12.5", "1,234,567"):
            assert words in shown, (wide, words)
        assert panel.spared.isVisible() == (wide < 400)
    i18n.set_language("en")
    panel.show_rows([*rows, SimpleNamespace(**{**vars(rows[0]), "absent": True, "share": None})])
    assert "1 layer; " in panel.lead.text()
    assert panel.lead.text().endswith("1 kind of layer.")


def test_the_columns_of_a_narrow_table_give_way_until_somebody_drags_one(qtbot):
    columns = [Column(title, str) for title in ("规则", "当日结论", "维度", "当日状态", "编号")]
    table = Table(Rows(columns), "table")
    qtbot.addWidget(table)
    table.widths(215, 125, 120, 110, 200)
    table.model().set_items(["一条很长的规则，说的是岸线一公里以内不得新建化工项目"] * 3)
    table.resize(400, 300)
    table.show()
    assert table.horizontalScrollBar().maximum() == 0
    assert table.columnWidth(0) >= 120
    table.resize(900, 300)
    assert table.columnWidth(0) == 215
    assert table.model().headerData(1, Qt.Horizontal, Qt.ToolTipRole) == "当日结论"


def test_rules_and_their_words_stand_below_each_other_where_it_is_narrow(opened, qtbot):
    dialog = opened.rules.manage()
    for size, way in (((1200, 700), Qt.Horizontal), ((760, 640), Qt.Vertical), ((890, 460), Qt.Horizontal)):
        dialog.resize(*size)
        qtbot.wait(20)
        assert dialog.rules.split.orientation() == way, size
        assert dialog.tabs.currentWidget().horizontalScrollBar().maximum() == 0, size
    dialog.close()


def test_the_names_of_industries_are_read_whole_in_a_narrow_form(opened, qtbot, engine, monkeypatch):
    long = "其他基础化学原料制造 (basic chemicals, acids, alkalis, salts)"
    monkeypatch.setattr(engine, "industry_name", lambda _code: long)
    monkeypatch.setattr(engine, "search_industries", lambda _word: [("C2619", long)])
    opened.form._engine = engine
    field = opened.form.fields["industry_code"]
    field._name, field._find = engine.industry_name, engine.search_industries
    opened.session.set_attribute("P1", "industry_code", ("C2619", "C2611"))
    opened.show_dock("form")
    label = opened.form.industry_names
    qtbot.waitUntil(lambda: label.isVisible() and label.width() > 100)
    qtbot.wait(20)
    assert label.text().count("alkalis") == 2
    assert label.height() >= label.heightForWidth(label.width()) > label.fontMetrics().height() * 1.5
    field.setFocus()
    qtbot.keyClicks(field, "chem")
    field.setModified(False)  # no answer, and no edit to be asked about
    popup = field.completions.popup()
    qtbot.waitUntil(popup.isVisible)
    assert popup.viewport().width() >= popup.sizeHintForColumn(0)
    popup.hide()


def test_panels_in_one_place_have_whole_words_on_their_tabs(opened, qtbot):
    for name in ("coverage", "style", "outlet"):
        opened.show_dock(name)
    qtbot.wait(20)
    bars = [bar for bar in opened.findChildren(QTabBar) if bar.parent() is opened and bar.count() > 3]
    assert bars
    assert all(bar.elideMode() == Qt.ElideNone for bar in bars)


def test_a_long_hint_does_not_run_under_the_measures(opened, qtbot):
    status = opened.status
    opened.resize(1300, 700)
    opened.use_tool("draw_polygon")
    status.set_sketch(6_075_716.2, 12_382.9)
    qtbot.wait(20)
    assert status._room().right() <= status.sketch.x()
    assert "加点后回车结束" in status.currentMessage()
    assert status.currentMessage().count("回车") == 1, "one thing about one key"
    picture = status.grab().toImage()
    edge = [picture.pixelColor(x, y).name() for x in range(status._room().right() + 1, status.sketch.x()) for y in range(4, status.height() - 4)]
    assert len(set(edge)) == 1, "nothing is written between the two"


def test_a_shortcut_says_what_is_missing_for_it(opened, qtbot):
    opened.layers.tree.setCurrentItem(None)
    opened.update_actions()
    for focus in (opened.layers.tree, opened.projects.view):
        focus.setFocus()
        opened.status.clearMessage()
        qtbot.keyClick(focus, Qt.Key_F6)
        assert opened.status.currentMessage() == "属性表：请先在图层列表中选中一个图层"
    opened.session.set_current("")
    qtbot.keyClick(focus, Qt.Key_F9)
    assert opened.status.currentMessage() == "研判：请先在项目列表或地图上选中一个项目"
    opened.files.close()
    qtbot.keyClick(opened, Qt.Key_F6)
    assert opened.status.currentMessage() == "属性表：请先打开或新建工作区"


def test_every_need_of_an_action_has_words():
    assert {spec.needs for spec in ACTIONS} - {""} <= set(MISSING)


def test_a_layer_that_comes_back_is_the_current_one_again(opened, qtbot):
    panel, session = opened.layers, opened.session
    keys = [layer.key for layer in session.layers]
    panel.select(keys[1])
    session.remove_layer(keys[1])
    assert panel.current_key() == keys[2], "the keyboard stays near"
    session.undo_stack.undo()
    assert panel.current_key() == keys[1]
    session.undo_stack.redo()
    panel.select(keys[0])
    session.undo_stack.undo()
    assert panel.current_key() == keys[0], "somebody went elsewhere meanwhile"


def test_a_filter_that_leaves_nothing_says_so(opened, qtbot):
    panel = opened.layers
    assert not panel.nothing.isVisible()
    panel.search.setText("没有这样的图层")
    assert panel.nothing.isVisible()
    assert panel.nothing.text() == "没有符合的图层"
    panel.search.clear()
    assert not panel.nothing.isVisible()
    line = opened.projects.view.viewport().findChild(QLabel, "nothing")
    assert not line.isVisible()
    opened.projects.search.setText("没有这样的项目")
    assert line.isVisible()
    i18n.set_language("en")
    line.retranslate()
    assert line.text() == "No project matches"
    opened.projects.search.clear()
    assert not line.isVisible()
    dialog = opened.show_table("示例红线")
    dialog.search.setText("没有这样的行")
    line = dialog.view.viewport().findChild(QLabel, "nothing")
    qtbot.waitUntil(line.isVisible, timeout=20_000)
    dialog.close()
    keys = opened.ask_keys()
    keys.search.setText("没有这样的操作")
    assert keys.nothing.isVisible()
    keys.close()


def test_the_first_page_has_no_place_and_no_scale_of_a_map_that_is_closed(opened, qtbot):
    opened.status.set_place(116.0, 29.7, 1.0, 2.0)
    assert opened.status.scale.isVisible()
    opened.files.close()
    for widget in (opened.status.scale, opened.status.crs, opened.status.coordinates):
        assert not widget.isVisible()
    assert opened.status.place is None
    assert opened.canvas.told["put_away"]


def test_a_map_that_is_put_away_has_no_cross_and_no_measure(qtbot):
    canvas = MapCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)
    canvas.show()
    canvas.set_tool("measure_length")
    canvas.setFocus()
    for key in (Qt.Key_Right, Qt.Key_Space, Qt.Key_Right, Qt.Key_Space):
        qtbot.keyClick(canvas, key)
    assert canvas.cross is not None
    assert canvas.last_vertex() is not None
    canvas.put_away()
    assert canvas.cross is None
    assert canvas.last_vertex() is None
    canvas.shutdown()


def test_the_status_bar_names_what_was_undone_and_done_again(opened, qtbot):
    opened.session.rename_site("P1", "新名")
    opened.actions_by_id["undo"].trigger()
    assert opened.status.currentMessage() == "已撤销：修改项目名称"
    opened.actions_by_id["redo"].trigger()
    assert opened.status.currentMessage() == "已重做：修改项目名称"


@pytest.mark.parametrize("name", ["zh", "en"])
def test_the_list_of_keys_reads_whole(opened, qtbot, name):
    opened.choose_language(name)
    dialog = opened.ask_keys()
    qtbot.wait(20)
    tree = dialog.tree
    for width in (820, 700):
        dialog.resize(width, 600)
        assert tree.columnWidth(0) >= tree.sizeHintForColumn(0)
    dialog.close()


def test_a_ticked_box_has_a_frame_in_the_dark(opened, qtbot):
    opened.set_theme("dark")
    tree = opened.layers.tree
    try:
        qtbot.wait(20)
        item = opened.layers.item("示例红线")  # after the wait: the rows are made anew when counts arrive
        assert item.checkState(0) == Qt.Checked
        tree.scrollToItem(item)
        row, picture = tree.visualItemRect(item), tree.viewport().grab().toImage()
        colours = [picture.pixelColor(x, row.center().y()).name() for x in range(row.left(), row.left() + 24)]
        assert colours.count(theme.ink("muted")) == 2, "its left and its right side"
    finally:
        opened.set_theme("light")


def test_no_two_actions_of_a_menu_that_do_unlike_things_share_a_sign():
    signs = {spec.id: spec.icon for spec in ACTIONS}
    assert signs["select"] not in {signs["zoom_site"], signs["zoom_layer"], signs["zoom_box"], signs["identify"]}


def test_long_numbers_have_commas_in_both_languages(opened, qtbot, site):
    opened.session.load_sites([site(f"P{number}") for number in range(1234)])
    assert opened.projects.count.text() == "1,234 / 1,234 个项目"
    i18n.set_language("en")
    opened.projects.retranslate()
    assert opened.projects.count.text() == "1,234 / 1,234 projects"


def test_a_table_of_a_file_counts_its_rows_once(opened):
    dialog = opened.show_table("示例红线")
    assert not dialog.view.verticalHeader().isVisible()
    dialog.close()


def test_projects_to_be_judged_again_can_be_picked_out(judged, qtbot):
    box, view = judged.projects.verdicts, judged.projects.model
    box.setCurrentIndex(box.findData("outdated"))
    assert view.rowCount() == 0
    judged.session.set_attribute("P1", "is_chemical", True)
    assert [view.index(row, 0).data() for row in range(view.rowCount())] == ["P1"]
    assert judged.projects.count.text().startswith("1 / 2")
    judged.session.undo_stack.undo()
    assert view.rowCount() == 0
    assert judged.projects.count.text().startswith("0 / 2")
    box.setCurrentIndex(box.findData("none"))
    assert [view.index(row, 0).data() for row in range(view.rowCount())] == ["P2"]


def test_typed_coordinates_are_kept_after_escape(opened, qtbot):
    dialog = opened.ask_coordinates()
    qtbot.keyClicks(dialog.text, "116.1, 29.7")
    qtbot.keyClick(dialog, Qt.Key_Escape)
    assert "留着" in opened.status.currentMessage()
    dialog = opened.ask_coordinates()
    assert dialog.text.toPlainText() == "116.1, 29.7"
    dialog.text.clear()
    dialog.reject()
    dialog = opened.ask_coordinates()
    assert dialog.text.toPlainText() == ""
    dialog.put("116.1, 29.7\n116.2, 29.7\n116.2, 29.8")
    dialog.reject()
    opened._typed = (object(), opened._typed[1])  # of another workspace
    dialog = opened.ask_coordinates()
    assert dialog.text.toPlainText() == ""
    dialog.reject()


def test_conditions_offer_codes_with_their_words_and_take_the_code(opened, qtbot):
    opened.layers.select("示例单元")
    dialog = opened.jobs["select_where"]()
    field, _operator, value, _gone = dialog.lines[0]
    field.setCurrentIndex(field.findData("category"))
    texts = [value.itemText(at) for at in range(value.count())]
    assert texts == ["key（重点管控）", "priority（优先保护）"]
    value.setCurrentIndex(1)
    value.activated.emit(1)
    assert value.currentText() == "priority"
    assert dialog.filter().conditions[0].value == "priority"
    value.setEditText("key（重点管控）; priority（优先保护）")  # typed, or completed
    assert dialog.filter().conditions[0].value == "key; priority"
    assert "2 / 2" in dialog.count.text()
    value.setEditText("a;b")
    assert dialog.filter().conditions[0].value == "a;b"
    dialog.reject()

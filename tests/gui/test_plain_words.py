"""Words that said something else than was meant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt5.QtWidgets import QTabBar

from gui.panels.outlet_board import BoardPanel
from rules.model import Evidence
from sanxian.result import RedlineStatement, SiteSummary

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
    qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty(), timeout=5000)
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
    qtbot.waitUntil(lambda: panel.height() < 400, timeout=5000)
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
        qtbot.waitUntil(lambda: not panel.facts.isHidden(), timeout=5000)
        assert panel.more.isHidden()
    finally:
        judged.choose_language("zh")

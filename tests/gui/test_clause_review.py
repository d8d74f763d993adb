"""The review of clauses driven by hand, on lists that a real workspace carries."""

from __future__ import annotations

import time
from datetime import date

import openpyxl
import pytest
from PyQt5.QtCore import QItemSelectionModel, Qt

from gui.dialogs.clause_review import ClauseReview
from gui.models.clause_table import NATURES
from gui.models.rule_store import RuleStore
from gui.session import Session
from layers.workspace import Workspace
from rules.conditions import Attribute, leaves
from rules.model import AccessList, Clause, Dimension, Verdict
from sanxian.access_list import import_list, write_pack
from sanxian.access_list.grammar import NATURE_WORDS
from sanxian.i18n import set_language
from sanxian.screen import rule_set

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)

HEADERS = ["环境管控单元编码", "环境管控单元名称", "管控单元分类", "空间布局约束", "污染物排放管控", "环境风险防控", "资源开发效率要求"]
ROWS = [
    ["ZH36040320001", "城区", "重点管控单元", "1.禁止新建、扩建化工项目。2.优化布局，合理安排。", "", "加强监管。", "除经批准的以外，岸线内禁止建设与保护无关的化工码头。"],
    ["ZH36040310001", "山区", "优先保护单元", "禁止新建造纸项目。", "", "", ""],
]


@pytest.fixture
def session(qtbot, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["示例县生态环境准入清单"])
    for row in (HEADERS, *ROWS):
        book.active.append(row)
    book.save(tmp_path / "list.xlsx")
    pack = write_pack(import_list(tmp_path / "list.xlsx", in_force_from=date(2024, 1, 1)), tmp_path / "pack")
    session = Session()
    session.open(Workspace.create(tmp_path / "w.gpkg"))
    session.workspace.add_pack("示例清单", {pack.name: pack.read_bytes()})
    yield session
    session.close()


@pytest.fixture
def review(qtbot, session):
    errors = []
    store = RuleStore(session)
    store.failed.connect(errors.append)
    review = ClauseReview(store, date(2026, 11, 22))
    with qtbot.waitExposed(review):
        review.show()
    yield review
    review.close()
    assert errors == []


def click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.LeftButton)


def choose(qtbot, review, *texts):
    """Select the rows whose clause begins so, with the mouse."""
    for place, text in enumerate(texts):
        row = review.model.row_of(lambda clause, one=text: one in clause.text)
        assert row >= 0, text
        review.table.scrollTo(review.model.index(row, 0))
        qtbot.mouseClick(review.table.viewport(), Qt.LeftButton, Qt.ControlModifier if place else Qt.NoModifier,
                         review.table.visualRect(review.model.index(row, 1)).center())


def clause(session, text):
    (access_list,) = rule_set(session.workspace).access_lists
    return next(one for one in access_list.clauses if text in one.text)


def test_clauses_are_shown_in_full_with_where_they_stand_and_what_was_read(qtbot, review):
    choose(qtbot, review, "扩建化工")
    row = review.table.currentIndex().row()
    cells = [review.model.index(row, column).data() for column in range(review.model.columnCount())]
    assert cells[0] == "ZH36040320001 城区"
    assert cells[1] == "单元"
    assert "禁止新建、扩建化工项目" in cells[3]
    assert "!" in cells[4]
    assert cells[5] == "? 机读待核"
    assert "建设性质" in cells[6]
    assert cells[7] == "× 禁止"
    assert cells[8] == "新建、扩建"
    assert "C26" in cells[9]
    text = review.text.toPlainText()
    assert "化学原料和化学制品制造业" in text, "codes are named"
    review.table.fit()
    assert review.table.rowHeight(row) > 40, "the row is as high as its text"


def test_filters_by_status_unit_and_words(qtbot, review):
    everything = review.model.rowCount()
    review.status.setCurrentIndex(review.status.findData("machine_read"))
    waiting = review.model.rowCount()
    assert 0 < waiting < everything
    assert str(waiting) in review.status.currentText()
    review.status.setCurrentIndex(0)
    review.unit.setCurrentIndex(review.unit.findData("ZH36040310001"))
    assert [review.model.item(row).unit for row in range(review.model.rowCount())] == ["ZH36040310001"]
    review.unit.setCurrentIndex(0)
    review.search.insert("造纸")
    assert review.model.rowCount() == 1


def test_confirming_needs_a_name_and_is_written_and_undone(qtbot, review, session):
    choose(qtbot, review, "扩建化工")
    click(qtbot, review.confirm)
    assert "要写明审核人" in review.said.text()
    assert review.said.text().startswith("×")
    assert clause(session, "扩建化工").status == "machine_read"
    review.reviewer.insert("张三")
    review.note.insert("与原件一致")
    click(qtbot, review.confirm)
    assert review.said.text().startswith("√")
    now = clause(session, "扩建化工")
    assert now.status == "confirmed"
    assert (now.reading["reviewer"], now.reading["reviewed_on"], now.reading["review_note"]) == (
        "张三", "2026-11-22", "与原件一致")
    assert now.outcome is Verdict.PROHIBITED
    assert "张三" in review.text.toPlainText()
    click(qtbot, review.findChild(object, "dialog_undo"))
    assert clause(session, "扩建化工").status == "machine_read"
    row = review.model.row_of(lambda one: "扩建化工" in one.text)
    assert review.model.index(row, 5).data() == "? 机读待核"
    session.undo_stack.redo()
    assert clause(session, "扩建化工").status == "confirmed"


def test_several_are_decided_at_once_and_the_next_come_up(qtbot, review, session):
    review.reviewer.insert("张三")
    review.status.setCurrentIndex(review.status.findData("machine_read"))
    choose(qtbot, review, "扩建化工", "造纸")
    assert "2" in review.text.toPlainText()
    click(qtbot, review.manual)
    assert clause(session, "扩建化工").status == clause(session, "造纸").status == "manual"
    assert clause(session, "扩建化工").outcome is None
    assert review.model.rowCount() == 0
    assert session.undo_stack.undoText() == "审核 2 条条款"


def test_what_was_not_read_cannot_be_confirmed(qtbot, review, session):
    review.reviewer.insert("张三")
    choose(qtbot, review, "扩建化工", "与保护无关")
    click(qtbot, review.confirm)
    assert "不能“确认”" in review.said.text()
    assert clause(session, "扩建化工").status == "machine_read", "all of them or none"


def test_correcting_rewrites_outcome_natures_and_industries(qtbot, review, session):
    review.reviewer.insert("张三")
    choose(qtbot, review, "优化布局")
    review.outcome.setCurrentIndex(review.outcome.findData("restricted"))
    review.nature_choice.setCurrentIndex(2)
    click(qtbot, review.natures["new"])
    review.industry_choice.setCurrentIndex(2)
    click(qtbot, review.correct)
    assert "没有写" in review.said.text()
    review.industries.insert("C99；C26")
    click(qtbot, review.correct)
    assert "没有代码“C99”" in review.said.text()
    review.industries.clear()
    qtbot.keyClicks(review.industries, "26")
    click(qtbot, review.correct)
    assert "门类字母" in review.said.text(), "a code without its letter is another code once Excel has had it"
    review.industries.clear()
    review.industries.insert("c26；C2521")
    click(qtbot, review.correct)
    now = clause(session, "优化布局")
    assert (now.status, now.outcome) == ("confirmed", Verdict.RESTRICTED)
    asked = {leaf.name: leaf for leaf in leaves(now.project) if isinstance(leaf, Attribute)}
    assert asked["industry_code"].value == ("C26", "C2521")
    assert "new" in asked["nature"].value


def test_the_workbook_goes_out_and_comes_back(qtbot, review, session, tmp_path, monkeypatch):
    path = tmp_path / "审核.xlsx"
    monkeypatch.setattr("gui.dialogs.choose.target", lambda *args: path)
    click(qtbot, review.export_button)
    assert path.is_file()
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    row = next(row for row in range(2, sheet.max_row + 1) if "扩建化工" in str(sheet.cell(row, titles.index("条款原文") + 1).value))
    for title, value in (("处理意见", "确认"), ("审核人", "李四"), ("审核日期", "2026-11-20")):
        sheet.cell(row, titles.index(title) + 1).value = value
    book.save(path)
    monkeypatch.setattr("gui.dialogs.choose.file", lambda *args: path)
    click(qtbot, review.import_button)
    assert clause(session, "扩建化工").reading["reviewer"] == "李四"
    session.undo_stack.undo()
    assert clause(session, "扩建化工").status == "machine_read"
    sheet.cell(row, titles.index("审核日期") + 1).value = "昨天"
    book.save(path)
    review.take(path)
    assert review.said.text().startswith("×")
    assert "审核日期“昨天”" in review.said.text()
    assert clause(session, "扩建化工").status == "machine_read"


def test_thousands_of_clauses_stay_quick(qtbot, session, tmp_path):
    unit = "ZH36040320001"
    clauses = tuple(
        Clause(f"{unit}-{i}", "unit", unit, Dimension.SPATIAL_LAYOUT, f"第{i}条　禁止新建、扩建化工项目，原则上不得布局。" * 3, f"单元清单!F{i}",
               "machine_read", None, Verdict.ADVISORY, reading={"nature": ["new"], "industries": ["C26"]}) for i in range(6000))
    big = AccessList("big", {"zh": "大清单", "en": "Big list"}, "big", date(2024, 1, 1), None, clauses, {unit: {"name": "城区"}})
    session.workspace.add_pack("大清单", {"access_list.toml": write_pack(big, tmp_path / "big").read_bytes()})
    review = ClauseReview(RuleStore(session), date(2026, 11, 22), pack="大清单")
    with qtbot.waitExposed(review):
        review.show()
    assert review.model.rowCount() == 6000
    review.reviewer.setText("张三")
    started = time.perf_counter()
    review.search.setText("第5999条")
    assert review.model.rowCount() == 1
    review.search.clear()
    review.table.scrollToBottom()
    review.table.fit()
    review.table.selectRow(5000)
    assert time.perf_counter() - started < 2.0
    started = time.perf_counter()
    click(qtbot, review.confirm)
    assert time.perf_counter() - started < 4.0
    assert review.said.text().startswith("√")
    review.table.selectionModel().select(review.model.index(10, 0), QItemSelectionModel.Select | QItemSelectionModel.Rows)
    review.close()


def test_without_a_list_it_says_where_to_get_one(qtbot, tmp_path):
    session = Session()
    session.open(Workspace.create(tmp_path / "empty.gpkg"))
    review = ClauseReview(RuleStore(session), date(2026, 11, 22))
    qtbot.addWidget(review)
    assert "规则管理" in review.said.text()
    assert not review.confirm.isEnabled()
    session.close()


def test_english_and_back(review):
    set_language("en")
    review.retranslate()
    assert review.windowTitle() == "Review of access list clauses"
    assert review.model.headerData(5, Qt.Horizontal) == "Status"
    row = review.model.row_of(lambda one: one.status == "machine_read")
    assert review.model.index(row, 5).data() == "? To confirm"
    assert review.confirm.text() == "&Confirm"
    assert review.reviewer.accessibleName() == "Reviewer"
    set_language("zh")
    review.retranslate()
    assert review.model.index(row, 5).data() == "? 机读待核"
    assert NATURES.keys() == NATURE_WORDS.keys()

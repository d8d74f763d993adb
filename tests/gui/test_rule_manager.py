"""The rule manager driven by hand, on a real workspace and the program's own rules."""

from __future__ import annotations

import shutil
from datetime import date

import openpyxl
import pytest
from PyQt5.QtCore import QDate, Qt
from PyQt5.QtWidgets import QDialogButtonBox, QMessageBox

from gui.dialogs.rule_manager import RuleManager
from gui.models.rule_store import RuleStore
from gui.session import Session, Site
from layers.workspace import Workspace
from sanxian.i18n import set_language
from sanxian.screen import rule_set

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)

RULE = '''id = "{id}"
title = {{ zh = "示例园区不得新建电镀项目", en = "No new electroplating in the example park" }}
dimension = "spatial_layout"
force = "plan"
place = {{ level = "city", codes = ["3604"], name = {{ zh = "九江市", en = "Jiujiang" }} }}

[[version]]
in_force_from = 2024-01-01
in_force_until = 2030-12-31
spatial = {{ relation = "intersects", layer = "industrial_park" }}
project = {{ attribute = "industry_code", prefix = ["{code}"] }}
outcome = "{outcome}"
verified_on = 2026-11-01
confidence = "medium"

  [[version.basis]]
  document = "example-plan"
  article = "第三条"
'''
DOCUMENT = '''[example-plan]
title = { zh = "示例规划", en = "Example plan" }
number = "示〔2024〕1号"
issuer = "示例市政府"
issued = 2023-12-20
in_force_from = 2024-01-01
in_force_until = 2030-12-31
'''


class Day:
    """The day picker of the window."""

    def __init__(self):
        self.value = date(2026, 11, 22)

    def __call__(self):
        return self.value


@pytest.fixture
def session(qtbot, tmp_path):
    session = Session()
    session.open(Workspace.create(tmp_path / "w.gpkg"))
    yield session
    session.close()


@pytest.fixture
def manager(qtbot, session):
    day = Day()
    store = RuleStore(session)
    errors = []
    store.failed.connect(errors.append)
    manager = RuleManager(store, day)
    manager.day, manager.errors = day, errors
    with qtbot.waitExposed(manager):
        manager.show()
    yield manager
    manager.close()
    assert errors == []


@pytest.fixture
def folder(tmp_path):
    """Writes a pack and gives its folder."""

    def write(name="示例包", *, rule="example-park", code="C3360", outcome="prohibited"):
        path = tmp_path / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        (path / "documents.toml").write_text(DOCUMENT, encoding="utf-8")
        (path / "rule.toml").write_text(RULE.format(id=rule, code=code, outcome=outcome), encoding="utf-8")
        return path

    return write


@pytest.fixture
def yes(monkeypatch):
    """Every question is answered with its first button."""
    asked = []

    def exec_(box):
        asked.append(box.text())
        next(one for one in box.buttons() if box.buttonRole(one) == QMessageBox.AcceptRole).click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec_", exec_)
    return asked


def click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.LeftButton)


def pick(qtbot, table, row):
    qtbot.mouseClick(table.viewport(), Qt.LeftButton, pos=table.visualRect(table.model().index(row, 1)).center())


def take_in(qtbot, manager, path, monkeypatch):
    monkeypatch.setattr("gui.dialogs.choose.folder", lambda *args: path)
    manager.tabs.setCurrentIndex(1)
    click(qtbot, manager.packs.buttons["folder"])
    dialog = manager.packs.findChild(object, "add_pack")
    click(qtbot, dialog.buttons.button(QDialogButtonBox.Ok))
    qtbot.waitUntil(lambda: manager.packs.model.rowCount() == 2)


def test_rules_are_found_by_words_by_id_and_by_document(qtbot, manager):
    tab = manager.rules
    everything = tab.model.rowCount()
    assert everything > 40
    qtbot.keyClicks(tab.search, "yangtze")
    assert 0 < tab.model.rowCount() < everything
    tab.search.clear()
    qtbot.keyClicks(tab.search, "soil-risk-near")
    assert [tab.model.item(row).rule.id for row in range(tab.model.rowCount())] == ["soil-risk-near-receptors"]
    text = tab.text.toPlainText()
    assert "使用者设定的距离" in text
    assert "核验日期" in text
    assert "把握程度" in text
    assert "● 施行中" in text


def test_the_day_of_the_window_decides_what_is_in_force(qtbot, manager):
    tab = manager.rules
    now = tab.model.rowCount()
    manager.day.value = date(2020, 1, 1)
    manager.day_changed()
    assert tab.model.rowCount() < now
    assert "2020-01-01" in tab.in_force.text()
    before = tab.model.rowCount()
    tab.in_force.click()
    assert tab.model.rowCount() == len(tab.model.items) > before
    said = {tab.model.index(row, 4).data() for row in range(tab.model.rowCount())}
    assert "○ 尚未施行" in said
    column = [manager.documents.model.index(row, 1).data() for row in range(manager.documents.model.rowCount())]
    assert {"● 现行", "○ 已发布未施行"} <= set(column)


def test_filters_of_dimension_and_force(manager):
    tab = manager.rules
    tab.dimension.setCurrentIndex(tab.dimension.findData("environmental_risk"))
    tab.force.setCurrentIndex(tab.force.findData("statute"))
    found = [tab.model.item(row).rule for row in range(tab.model.rowCount())]
    assert found
    assert {(str(rule.dimension), str(rule.force)) for rule in found} == {("environmental_risk", "statute")}


def test_a_folder_is_checked_before_it_is_taken_in_and_can_be_taken_back(qtbot, manager, session, folder, monkeypatch):
    path = folder(code="C9999")
    monkeypatch.setattr("gui.dialogs.choose.folder", lambda *args: path)
    manager.tabs.setCurrentIndex(1)
    click(qtbot, manager.packs.buttons["folder"])
    dialog = manager.packs.findChild(object, "add_pack")
    assert any("C9999" in dialog.list.item(i).text() for i in range(dialog.list.count())), "the linter's finding is shown"
    assert session.workspace.packs() == {}, "nothing is taken in before the person says so"
    click(qtbot, dialog.buttons.button(QDialogButtonBox.Ok))
    qtbot.waitUntil(lambda: manager.packs.model.rowCount() == 2)
    assert set(session.workspace.packs()) == {"示例包"}
    assert "example-park" in {rule.id for rule in rule_set(session.workspace).rules}
    assert manager.packs.chosen().name == "示例包"
    click(qtbot, manager.findChild(object, "dialog_undo"))
    assert session.workspace.packs() == {}
    session.undo_stack.redo()
    assert set(session.workspace.packs()) == {"示例包"}


@pytest.mark.parametrize(("text", "why"), [
    ('id = "x"\n', "缺少"), ("id = \n", "不是有效的 TOML"), ('name = "x"\n', "既不是规则"),
])
def test_a_folder_that_cannot_be_read_is_refused_in_one_sentence(qtbot, manager, session, tmp_path, text, why):
    path = tmp_path / "坏包"
    path.mkdir()
    (path / "rule.toml").write_text(text, encoding="utf-8")
    dialog = manager.packs.add_folder(path)
    assert why in dialog.said.text()
    assert dialog.said.text().startswith("×")
    assert not dialog.buttons.button(QDialogButtonBox.Ok).isEnabled()
    dialog.reject()
    assert session.workspace.packs() == {}


def test_an_empty_folder_and_a_rule_twice_are_refused(manager, tmp_path, folder):
    (tmp_path / "空").mkdir()
    assert manager.packs.add_folder(tmp_path / "空") is None
    assert "没有 .toml 文件" in manager.packs.said.text()
    dialog = manager.packs.add_folder(folder(rule="soil-risk-near-receptors"))
    assert "重复" in dialog.said.text()
    assert not dialog.buttons.button(QDialogButtonBox.Ok).isEnabled()
    dialog.reject()


def test_a_pack_is_left_out_and_removed(qtbot, manager, session, folder, monkeypatch, yes):
    take_in(qtbot, manager, folder(), monkeypatch)
    table = manager.packs.table
    click(qtbot, manager.packs.buttons["toggle"])
    qtbot.waitUntil(lambda: not manager.packs.model.item(1).enabled)
    assert manager.packs.model.index(1, 2).data() == "– 停用"
    assert "example-park" not in {rule.id for rule in rule_set(session.workspace).rules}
    session.undo_stack.undo()
    assert "example-park" in {rule.id for rule in rule_set(session.workspace).rules}
    qtbot.waitUntil(lambda: manager.packs.model.item(1).enabled)
    pick(qtbot, table, 1)
    click(qtbot, manager.packs.buttons["remove"])
    assert yes
    assert session.workspace.packs() == {}
    pick(qtbot, table, 0)
    assert not manager.packs.buttons["remove"].isEnabled(), "the program's own rules stay"


def test_a_verdict_is_out_of_date_once_the_rules_are_others(qtbot, manager, session, folder, monkeypatch):
    site = Site("P1", "甲", None, "EPSG:4490", result=object())
    session.sites = [site]
    take_in(qtbot, manager, folder(), monkeypatch)
    assert site.stale
    session.undo_stack.undo()
    assert not site.stale


def test_what_was_not_saved_is_taken_back(qtbot, manager, session, folder, monkeypatch):
    take_in(qtbot, manager, folder(), monkeypatch)
    assert session.dirty
    session.take_back()
    assert session.workspace.packs() == {}
    assert not session.dirty


def test_after_a_copy_was_saved_undo_writes_to_the_copy(qtbot, manager, session, folder, monkeypatch, tmp_path):
    take_in(qtbot, manager, folder(), monkeypatch)
    shutil.copyfile(tmp_path / "w.gpkg", tmp_path / "copy.gpkg")
    session.workspace.close()
    session.workspace = Workspace.open(tmp_path / "copy.gpkg")
    session.undo_stack.undo()
    assert session.workspace.packs() == {}
    with Workspace.open(tmp_path / "w.gpkg", readonly=True) as former:
        assert set(former.packs()) == {"示例包"}


def book(path, title="示例县生态环境准入清单"):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append([title])
    sheet.append(["环境管控单元编码", "环境管控单元名称", "管控单元分类", "空间布局约束", "污染物排放管控", "环境风险防控", "资源开发效率要求"])
    sheet.append(["ZH36040320001", "示例单元", "重点管控单元", "1.禁止新建、扩建化工项目。2.严格控制高耗能项目。", "执行倍量替代。", "", ""])
    workbook.save(path)
    return path


def test_a_published_list_is_imported_with_its_doubts_title_and_day(qtbot, manager, session, tmp_path, monkeypatch):
    path = book(tmp_path / "清单.xlsx")
    monkeypatch.setattr("gui.dialogs.choose.file", lambda *args: path)
    manager.tabs.setCurrentIndex(1)
    click(qtbot, manager.packs.buttons["list"])
    dialog = manager.packs.findChild(object, "add_list")
    ok = dialog.buttons.button(QDialogButtonBox.Ok)
    assert not ok.isEnabled(), "the file names no day"
    assert "施行日期" in dialog.said.text()
    assert dialog.list.count() > 0
    dialog.start.setDate(QDate(2024, 7, 1))
    dialog.title.selectAll()
    qtbot.keyClicks(dialog.title, "Example list")
    click(qtbot, ok)
    qtbot.waitUntil(lambda: manager.packs.model.rowCount() == 2)
    (access_list,) = rule_set(session.workspace).access_lists
    assert access_list.in_force_from == date(2024, 7, 1)
    assert access_list.title["zh"] == "Example list"
    assert len(access_list.clauses) >= 3
    assert "待核" in manager.packs.model.index(1, 4).data()
    again = manager.packs.add_list(path)
    assert "请换一个名称" in again.said.text() or "施行日期" in again.said.text()
    again.reject()
    asked = []
    manager.reviewAsked.connect(asked.append)
    click(qtbot, manager.packs.buttons["review"])
    assert asked == [manager.packs.chosen().name]


def test_a_file_that_is_no_list_is_refused_in_one_sentence(manager, tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_text("not a workbook")
    assert manager.packs.add_list(path) is None
    assert "不是 Excel 文件" in manager.packs.said.text()


def test_distances_are_set_by_typing_kept_and_undone(qtbot, manager, session):
    manager.tabs.setCurrentIndex(3)
    box = manager.parameters.boxes["soil_risk_distance_m"]
    assert box.text() == "未设定"
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "300")
    qtbot.keyClick(box, Qt.Key_Return)
    assert session.workspace.state("parameters") == {"soil_risk_distance_m": 300.0}
    session.undo_stack.undo()
    assert session.workspace.state("parameters") is None
    qtbot.waitUntil(lambda: box.value() == 0)


def test_two_packs_are_compared_in_words(qtbot, manager, folder, monkeypatch):
    take_in(qtbot, manager, folder("旧包", outcome="restricted"), monkeypatch)
    manager.tabs.setCurrentIndex(4)
    other = folder("新包", outcome="prohibited")
    monkeypatch.setattr("gui.dialogs.choose.folder", lambda *args: other)
    manager.diff.old.setCurrentIndex(1)
    click(qtbot, manager.diff.folder)
    lines = [manager.diff.list.item(i).text() for i in range(manager.diff.list.count())]
    assert any("趋严" in line and "限制 → 禁止" in line for line in lines), lines
    assert all(line.startswith(("▲", "▽", "≠", "＋", "－")) for line in lines)


def test_a_broken_pack_in_the_workspace_is_said_and_not_hidden(qtbot, manager, session):
    session.workspace.add_pack("坏包", {"a.toml": b"id = "})
    manager.show_packs()
    assert "坏包" in manager.packs.model.index(1, 0).data()
    assert manager.packs.model.index(1, 6).data().startswith("×")
    assert not manager.conflict.isHidden()


def test_without_a_workspace_the_rules_can_be_read_and_nothing_be_added(qtbot):
    manager = RuleManager(RuleStore(Session()), Day())
    qtbot.addWidget(manager)
    assert manager.rules.model.rowCount() > 40
    assert not manager.packs.buttons["folder"].isEnabled()
    assert not manager.parameters.boxes["soil_risk_distance_m"].isEnabled()


def test_english_and_back(manager):
    set_language("en")
    manager.retranslate()
    assert manager.windowTitle() == "Rule manager"
    assert [manager.tabs.tabText(i) for i in range(5)] == ["Rules", "Packs", "Documents", "Distances", "Compare"]
    assert manager.rules.model.headerData(0, Qt.Horizontal) == "Rule"
    assert "Verified" in manager.rules.text.toPlainText()
    set_language("zh")
    manager.retranslate()
    assert manager.windowTitle() == "规则管理"


def test_what_many_projects_are_judged_by_is_told_of_once(judged):
    session, told = judged.session, []
    for site in session.sites:
        site.result, site.stale = session.sites[0].result, False
    session.set_current("P1")
    session.siteChanged.connect(lambda site_id: told.append([site_id]))
    session.resultsChanged.connect(told.append)
    judged.rules.store.set_parameter("buffer", 120.0)
    assert all(site.stale for site in session.sites)
    assert told == [["P1"], ["P2"]]
    told.clear()
    judged.rules.store.set_parameter("buffer", 130.0)
    assert told == [], "they were of no use before"
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert not any(site.stale for site in session.sites)

"""A person overrules the machine: the dialog, the list, and both verdicts side by side in the window."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PyQt5.QtCore import QDate, Qt
from PyQt5.QtWidgets import QMessageBox

from gui.dialogs.override import OverrideDialog
from gui.models.rule_store import RuleStore
from gui.session import Session, Site
from layers.workspace import Workspace
from rules.model import Basis, Dimension, Evidence, Force, Outcome, Verdict
from sanxian.i18n import set_language
from sanxian.overrides import Override, apply
from sanxian.result import ProjectResult, RedlineStatement, Screening, SiteSummary

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)

TODAY = date(2026, 11, 22)


def result():
    def outcome(rule, verdict, *evidence):
        return Outcome(rule=rule, title={"zh": f"规则{rule}", "en": f"Rule {rule}"}, outcome=verdict, could_be=verdict,
                       reason="hit", dimension=Dimension.SPATIAL_LAYOUT, force=Force.STATUTE, basis=(Basis("law", "第一条"),),
                       evidence=evidence)

    return ProjectResult("P1", "甲项目", Verdict.PROHIBITED, SiteSummary("Polygon", 1.0, 1.0, "EPSG:4548"), (), (
        outcome("bank", Verdict.PROHIBITED, Evidence("river_bank", "示例江", 7, distance_m=10.0)),
        outcome("wetland", Verdict.ADVISORY),
    ), {}, RedlineStatement(False))


class Day:
    value = TODAY

    def __call__(self):
        return self.value


@pytest.fixture
def session(qtbot, tmp_path):
    session = Session()
    session.open(Workspace.create(tmp_path / "w.gpkg"))
    session.sites = [Site("P1", "甲项目", None, "EPSG:4548", result=result())]
    yield session
    session.close()


@pytest.fixture
def dialog(qtbot, session):
    day = Day()
    dialog = OverrideDialog(RuleStore(session), session.sites[0], day, TODAY, rule="bank")
    dialog.day, dialog.told = day, []
    dialog.decided.connect(dialog.told.append)
    with qtbot.waitExposed(dialog):
        dialog.show()
    yield dialog
    dialog.close()


@pytest.fixture
def yes(monkeypatch):
    def exec_(box):
        next(one for one in box.buttons() if box.buttonRole(one) == QMessageBox.AcceptRole).click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec_", exec_)


def click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.LeftButton)


def fill(qtbot, dialog, verdict="conditional"):
    dialog.outcome.setCurrentIndex(dialog.outcome.findData(verdict))
    qtbot.keyClicks(dialog.reason, "Measured on the ground")
    qtbot.keyClicks(dialog.person, "Zhang San")


def test_an_outcome_is_overruled_on_the_record_and_undone(qtbot, dialog, session, monkeypatch):
    assert dialog.rule.currentData() == "bank"
    assert "× 禁止" in dialog.machine.toPlainText()
    monkeypatch.setattr("gui.dialogs.choose.file", lambda *args: Path("/a/b/复函.pdf"))
    click(qtbot, dialog.findChild(object, "override_browse"))
    fill(qtbot, dialog)
    click(qtbot, dialog.save)
    (kept,) = session.workspace.state("overrides")
    assert Override.from_dict(kept) == Override("P1", "bank", Verdict.CONDITIONAL, "Measured on the ground", "Zhang San", TODAY,
                                                date(2027, 11, 22), "复函.pdf")
    assert dialog.told == ["P1"]
    assert session.sites[0].stale, "the verdict shown was found without it"
    assert "（1）" in dialog.tabs.tabText(1)
    click(qtbot, dialog.findChild(object, "dialog_undo"))
    assert session.workspace.state("overrides") is None
    assert not session.sites[0].stale
    assert dialog.model.rowCount() == 0


@pytest.mark.parametrize(("lack", "why"), [("reason", "理由"), ("person", "人员姓名"), ("outcome", "结论"), ("expires", "早于作出日")])
def test_what_it_lacks_is_said_in_one_sentence(qtbot, dialog, session, lack, why):
    fill(qtbot, dialog)
    if lack == "outcome":
        dialog.outcome.setCurrentIndex(0)
    elif lack == "expires":
        dialog.expires.setDate(QDate(2026, 1, 1))
    else:
        getattr(dialog, lack).clear()
    click(qtbot, dialog.save)
    assert why in dialog.said.text()
    assert dialog.said.text().startswith("×")
    assert session.workspace.state("overrides") is None


def test_a_feature_is_left_out(qtbot, dialog, session):
    click(qtbot, dialog.leave_out)
    assert not dialog.rule.isEnabled()
    fill(qtbot, dialog)
    click(qtbot, dialog.save)
    (kept,) = session.workspace.state("overrides")
    assert (kept["layer"], kept["feature_id"]) == ("river_bank", 7)
    assert "rule" not in kept
    dialog.tabs.setCurrentIndex(1)
    assert dialog.model.index(0, 2).data() == "– 不计入"


def test_expired_ones_are_marked_and_one_is_removed(qtbot, dialog, session, yes):
    store = dialog._store
    store.add_override(Override("P1", "bank", Verdict.PERMITTED, "旧", "李四", date(2024, 1, 1), date(2025, 1, 1)))
    store.add_override(Override("P2", "bank", Verdict.PERMITTED, "新", "李四", date(2026, 1, 1), date(2027, 1, 1)))
    session.workspace.set_state("overrides", [*session.workspace.state("overrides"), {"project": "P3"}])
    dialog.show_overrides()
    dialog.tabs.setCurrentIndex(1)
    assert [dialog.model.index(row, 3).data() for row in range(3)] == ["× 已过期", "● 有效", "× 不能读取"]
    assert "已过期 1 条" in dialog.day_label.text()
    dialog.day.value = date(2024, 6, 1)
    dialog.day_changed()
    assert [dialog.model.index(row, 3).data() for row in range(2)] == ["● 有效", "○ 尚未生效"]
    click(qtbot, dialog.only)
    assert dialog.model.rowCount() == 1
    qtbot.mouseClick(dialog.table.viewport(), Qt.LeftButton, pos=dialog.table.visualRect(dialog.model.index(0, 1)).center())
    click(qtbot, dialog.remove)
    assert [one["project"] for one in session.workspace.state("overrides")] == ["P2", "P3"]
    session.undo_stack.undo()
    assert len(session.workspace.state("overrides")) == 3


def test_without_a_verdict_there_is_only_the_list(qtbot, session):
    session.sites[0].result = None
    dialog = OverrideDialog(RuleStore(session), session.sites[0], Day(), TODAY)
    qtbot.addWidget(dialog)
    assert not dialog.tabs.isTabEnabled(0)
    assert dialog.tabs.currentIndex() == 1


def test_english_and_back(dialog):
    set_language("en")
    dialog.retranslate()
    assert dialog.windowTitle() == "Review"
    assert dialog.tabs.tabText(0) == "New review"
    assert dialog.person.accessibleName() == "Person"
    dialog.person.clear()
    dialog.reason.setPlainText("x")
    dialog.outcome.setCurrentIndex(1)
    dialog.register()
    assert not any("一" <= letter <= "鿿" for letter in dialog.said.text()), dialog.said.text()
    set_language("zh")
    dialog.retranslate()
    assert dialog.windowTitle() == "人工复核"


def test_both_verdicts_stand_side_by_side_in_the_window(qtbot, judged):
    site = judged.session.sites[0]
    assert judged.verdict.reviewed.isHidden()
    mine = [Override("P1", "bank", Verdict.CONDITIONAL, "实地核实", "张三", TODAY, date(2027, 1, 1), "复函.pdf"),
            Override("P1", "bank", Verdict.PERMITTED, "旧", "李四", date(2024, 1, 1), date(2025, 1, 1))]
    applied, verdict = apply(site.result.outcomes, site.result.outcomes, mine, on=TODAY)
    found = replace(site.result, overrides=applied, reviewed_verdict=verdict)
    judged.session.set_results(Screening(TODAY, "0", "0" * 64, 1, (), (), (found,), {}))
    panel = judged.verdict
    assert not panel.reviewed.isHidden()
    assert panel.word.text() == "禁止"
    assert panel.reviewed.word.text() == "资料不足", "what else is open stays open"
    assert panel.reviewed.count.text() == "复核 2 条，有效 1 条"
    item = next(one for one in panel.outcome_items() if one.text(0) == "规则bank")
    panel.tree.setCurrentItem(item)
    text = panel.text.toPlainText()
    assert "张三" in text
    assert "复函.pdf" in text
    assert "× 已过期" in text
    judged.choose_language("en")
    assert panel.reviewed.word.text()[0] < "一"
    assert panel.reviewed.caption.text() == "After review"
    judged.choose_language("zh")


def test_the_panel_asks_for_the_dialog_at_the_outcome_or_its_evidence(qtbot, judged):
    panel, asked = judged.verdict, []
    panel.overrideAsked.disconnect()
    panel.overrideAsked.connect(lambda *what: asked.append(what))
    item = next(one for one in panel.outcome_items() if one.text(0) == "规则bank")
    panel.tree.setCurrentItem(item)
    click(qtbot, panel.review)
    assert asked[-1][0].rule == "bank"
    panel.detail.setCurrentIndex(1)
    panel.evidence.setCurrentItem(panel.evidence.topLevelItem(0))
    (action,) = panel.evidence.actions()
    action.trigger()
    assert asked[-1][1].feature_id == 1


def test_the_menu_opens_each_dialog_once_and_follows_day_and_language(qtbot, judged, monkeypatch):
    workspace = judged.session.workspace
    monkeypatch.setattr(type(workspace), "packs", lambda self: {}, raising=False)
    for name in ("rule_manager", "clause_review", "override"):
        judged.actions_by_id[name].trigger()
        judged.actions_by_id[name].trigger()
    shown = judged.rules._open
    assert set(shown) == {"manage", "review", "override"}
    judged.day.setDate(QDate(2024, 5, 1))
    assert "2024-05-01" in shown["manage"].day_label.text()
    assert "2024-05-01" in shown["override"].day_label.text()
    judged.choose_language("en")
    assert shown["manage"].windowTitle() == "Rule manager"
    assert shown["review"].windowTitle() == "Review of access list clauses"
    judged.choose_language("zh")
    judged.session.undo_stack.setClean()
    judged.session.close()
    assert judged.rules._open == {}


def reviewed(window, *overrides):
    site = window.session.sites[0]
    applied, verdict = apply(site.result.outcomes, site.result.outcomes, overrides, on=TODAY)
    found = replace(site.result, overrides=applied, reviewed_verdict=verdict)
    window.session.set_results(Screening(TODAY, "0", "0" * 64, 1, (), (), (found,), {}))


def test_the_list_and_the_map_show_the_verdict_that_counts_and_say_that_it_was_reviewed(qtbot, judged):
    panel = judged.projects

    def cell(role=Qt.DisplayRole):
        return panel.model.index(panel.model.row_of("P1"), 2).data(role)

    def listed(verdict):
        panel.verdicts.setCurrentIndex(panel.verdicts.findData(verdict))
        found = [panel.model.site(row).id for row in range(panel.model.rowCount())]
        panel.verdicts.setCurrentIndex(0)
        return found

    until = date(2027, 1, 1)
    assert cell() == "禁止"
    reviewed(judged, Override("P1", "bank", Verdict.CONDITIONAL, "实地核实", "张三", TODAY, until))
    assert cell() == "资料不足（已复核）"
    assert cell(Qt.ToolTipRole).splitlines() == ["人工复核后：资料不足", "程序结论：禁止"]
    assert listed("prohibited") == []
    assert listed("undetermined") == ["P1"]
    assert {key: verdict for key, _shape, verdict in judged.canvas.last("set_sites")[0]}["P1"] == "undetermined"
    judged.session.rename_site("P1", "另一个")
    assert cell() == "资料不足（待重判，已复核）"
    assert len(cell(Qt.ToolTipRole).splitlines()) == 3
    judged.session.undo_stack.undo()
    reviewed(judged, Override("P1", "bank", Verdict.PERMITTED, "旧", "李四", date(2024, 1, 1), date(2025, 1, 1)))
    assert cell() == "禁止", "what has expired counts no more"
    assert listed("prohibited") == ["P1"]
    assert judged.session.sites[0].result.verdict is Verdict.PROHIBITED, "the program's own stays what it is"

"""A person overrules the machine: the dialog, the list, and both verdicts side by side in the window."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import shapely
from pyproj import CRS
from PyQt5.QtCore import QDate, Qt, QTimer
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QMessageBox
from shapely import box
from shapely.affinity import translate

from gui import theme
from gui.dialogs import message
from gui.dialogs.override import OverrideDialog
from gui.models.rule_store import RuleStore
from gui.session import Session, Site
from gui.steps import Change
from layers.workspace import Workspace
from rules.model import Basis, Dimension, Evidence, Force, Outcome, Verdict
from sanxian import messages
from sanxian.i18n import set_language
from sanxian.overrides import FEATURE, SITE, AppliedOverride, Override, Seen, SeenFeature, apply
from sanxian.result import ProjectResult, RedlineStatement, Screening, SiteSummary
from sanxian.seen import same_site
from spatial.crs import CGCS2000, STRAIGHT_M, transform

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
    dialog.done(0)


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
    made = Override.from_dict(kept)
    assert [one.layer for one in made.seen.grounds.met] == ["river_bank"]
    assert replace(made, seen=replace(made.seen, grounds=None)) == Override("P1", "bank", Verdict.CONDITIONAL, "Measured on the ground", "Zhang San", TODAY,
                                                date(2027, 11, 22), "复函.pdf", seen=Seen(outcome=Verdict.PROHIBITED))
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


def test_what_is_set_right_is_no_longer_called_wrong(qtbot, dialog):
    fill(qtbot, dialog)
    dialog.expires.setDate(QDate(2026, 1, 1))
    click(qtbot, dialog.save)
    assert "早于作出日" in dialog.said.text()
    dialog.expires.setDate(QDate(2027, 1, 1))
    assert dialog.said.text() == ""
    click(qtbot, dialog.save)
    assert dialog.said.text().startswith("√")


def test_a_review_that_is_not_on_the_record_is_not_thrown_away_in_silence(qtbot, dialog, monkeypatch):
    asked = []
    monkeypatch.setattr("gui.dialogs.message.ask", lambda *what, **_more: asked.append(what) or len(asked) > 1)
    fill(qtbot, dialog)
    qtbot.keyClick(dialog, Qt.Key_Escape)
    assert dialog.isVisible()
    assert dialog.reason.toPlainText() == "Measured on the ground"
    click(qtbot, dialog.findChild(object, "override_close"))
    assert len(asked) == 2
    assert not dialog.isVisible()


def test_one_that_is_on_the_record_is_closed_without_a_question(qtbot, dialog, monkeypatch):
    monkeypatch.setattr("gui.dialogs.message.ask", lambda *what, **_more: pytest.fail("asked"))
    fill(qtbot, dialog)
    click(qtbot, dialog.save)
    qtbot.keyClick(dialog, Qt.Key_Escape)
    assert not dialog.isVisible()


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


def test_the_feature_that_was_looked_at_is_the_one_to_leave_out(qtbot, session):
    dialog = OverrideDialog(RuleStore(session), session.sites[0], Day(), TODAY, feature=("river_bank", int("7")))
    qtbot.addWidget(dialog)
    assert dialog.leave_out.isChecked()
    assert dialog.feature.currentData() == ("river_bank", 7)


def test_expired_ones_are_marked_and_one_is_removed(qtbot, dialog, session, yes):
    store = dialog._store
    store.add_override(Override("P1", "bank", Verdict.PERMITTED, "旧", "李四", date(2024, 1, 1), date(2025, 1, 1)))
    store.add_override(Override("P2", "bank", Verdict.PERMITTED, "新", "李四", date(2026, 1, 1), date(2027, 1, 1)))
    session.workspace.set_state("overrides", [*session.workspace.state("overrides"), {"project": "P3"}])
    dialog.show_overrides()
    dialog.tabs.setCurrentIndex(1)
    assert [dialog.model.index(row, 3).data() for row in range(3)] == [
        "× 已过期", "● 有效（复核时所见记录不全）", "× 不能读取"]
    assert "已过期 1 条" in dialog.day_label.text()
    dialog.day.value = date(2024, 6, 1)
    dialog.day_changed()
    assert [dialog.model.index(row, 3).data() for row in range(2)] == ["● 有效（复核时所见记录不全）", "○ 尚未生效"]
    click(qtbot, dialog.only)
    assert dialog.model.rowCount() == 1
    qtbot.mouseClick(dialog.table.viewport(), Qt.LeftButton, pos=dialog.table.visualRect(dialog.model.index(0, 1)).center())
    click(qtbot, dialog.remove)
    assert [one["project"] for one in session.workspace.state("overrides")] == ["P2", "P3"]
    session.undo_stack.undo()
    assert len(session.workspace.state("overrides")) == 3


def test_a_review_of_a_verdict_that_no_longer_holds_waits_for_a_new_one(qtbot, dialog, session):
    """It would act on nothing, and was confirmed all the same."""
    site, asked = session.sites[0], []
    dialog.judgeAsked.connect(asked.append)
    assert dialog.old.isHidden()
    fill(qtbot, dialog)
    site.stale = True
    session.siteChanged.emit("P1")
    assert dialog.old.isVisible()
    assert "已过时" in dialog.old.text()
    click(qtbot, dialog.save)
    assert session.workspace.state("overrides") is None
    assert dialog.said.text().startswith("×")
    assert "请先重新研判" in dialog.said.text()
    assert dialog.reason.toPlainText() == "Measured on the ground"
    dialog.activateWindow()
    qtbot.waitUntil(lambda: (dialog.old.setFocus(Qt.TabFocusReason), dialog.old.hasFocus())[1])
    qtbot.keyClick(dialog.old, Qt.Key_Return)
    assert asked == ["P1"]
    former = dialog.machine.toPlainText()
    judged = result()
    bank = replace(judged.outcomes[0], outcome=Verdict.RESTRICTED, could_be=Verdict.RESTRICTED)
    site.result, site.stale = replace(judged, outcomes=(judged.outcomes[1], bank)), False
    session.resultsChanged.emit(["P1"])
    assert dialog.old.isHidden()
    assert dialog.rule.currentData() == "bank"
    assert dialog.feature.currentData() == ("river_bank", 7)
    assert dialog.machine.toPlainText() not in ("", former)
    assert "与刚才所见不同" in dialog.said.text()
    click(qtbot, dialog.save)
    (kept,) = session.workspace.state("overrides")
    assert Override.from_dict(kept).seen.outcome == Verdict.RESTRICTED


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
    assert {key: verdict for key, _shape, verdict in judged.canvas.last("set_sites")[0]}["P1"] == "undetermined+reviewed"
    judged.session.rename_site("P1", "另一个")
    assert cell() == "资料不足（待重判，已复核）"
    assert len(cell(Qt.ToolTipRole).splitlines()) == 3
    judged.session.undo_stack.undo()
    reviewed(judged, Override("P1", "bank", Verdict.PERMITTED, "旧", "李四", date(2024, 1, 1), date(2025, 1, 1)))
    assert cell() == "禁止", "what has expired counts no more"
    assert listed("prohibited") == ["P1"]
    assert judged.session.sites[0].result.verdict is Verdict.PROHIBITED, "the program's own stays what it is"


HERE = box(403000, 3291000, 403200, 3291200)


def test_the_outline_that_is_seen_stands_with_the_review_which_acts_on_no_other(qtbot, dialog, session):
    site = session.sites[0]
    site.geometry = HERE
    fill(qtbot, dialog)
    click(qtbot, dialog.save)
    (kept,) = session.workspace.state("overrides")
    assert shapely.from_wkb(kept["seen"]["outline"]).equals(HERE)
    assert (kept["seen"]["crs"], kept["seen"]["outcome"]) == ("EPSG:4548", "prohibited")

    def told():
        session.siteChanged.emit("P1")
        return dialog.model.index(0, 3).data()

    assert told() == "● 有效"
    assert "情况已变" not in dialog.day_label.text()
    site.geometry = translate(HERE, 300)
    assert told() == "× 复核后用地已变，不再起作用"
    assert "× 复核后情况已变 1 条" in dialog.day_label.text()
    site.geometry = HERE.buffer(1, join_style="mitre")
    assert told() == "× 复核后用地已变，不再起作用"
    site.geometry, site.crs = transform(HERE, CRS.from_epsg(4548), CGCS2000), "EPSG:4490"
    assert told() == "● 有效", "it is where it was"
    site.geometry = None
    assert told() == "× 复核后用地已变，不再起作用"
    site.geometry, site.crs = HERE, "EPSG:4548"
    (one,) = dialog._store.overrides()
    for why in ("outcome-changed", "grounds-changed", "feature-changed", "no-outcome"):
        site.result = replace(site.result, overrides=(AppliedOverride(one.override, None, False, why),))
        assert told() == messages.review_words(why)


def test_a_project_that_was_moved_since_it_was_judged_is_reviewed_where_it_was_judged(qtbot, dialog, session):
    site = session.sites[0]
    judged = transform(HERE, CRS.from_epsg(4548), CGCS2000, straight_m=STRAIGHT_M)
    site.result = replace(site.result, lonlat=judged)
    site.geometry = translate(HERE, 300)
    fill(qtbot, dialog)
    click(qtbot, dialog.save)
    (one,) = dialog._store.overrides()
    assert not same_site(one.override.seen, site.geometry, "EPSG:4548")
    assert same_site(one.override.seen, HERE, "EPSG:4548")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_window_says_that_a_review_no_longer_acts_and_shows_what_the_program_says(qtbot, judged, language):
    judged.choose_language(language)
    feature = SeenFeature("岸线", 1, (116.0, 29.0, 117.0, 30.0), 5.0, 5.0)
    mine = [Override("P1", "bank", Verdict.PERMITTED, "实地核实", "张三", TODAY, date(2027, 1, 1), seen=seen) for seen in (
        Seen(HERE.wkb_hex, "EPSG:4548", Verdict.PROHIBITED), Seen(outcome=Verdict.RESTRICTED), Seen(features=(feature,)))]
    site = judged.session.sites[0]
    applied, verdict = apply(site.result.outcomes, site.result.outcomes, mine, on=TODAY, changed={mine[0]: SITE, mine[2]: FEATURE})
    assert [one.state for one in applied] == ["site-changed", "outcome-changed", "feature-changed"]
    judged.session.set_results(Screening(TODAY, "0", "0" * 64, 1, (), (), (
        replace(site.result, overrides=applied, reviewed_verdict=verdict),), {}))
    panel = judged.verdict
    item = next(one for one in panel.outcome_items() if one.text(0) in ("规则bank", "Rule bank"))
    panel.tree.setCurrentItem(item)
    for one in applied:
        assert messages.review_words(one.state) in panel.text.toPlainText()
    assert messages.short_verdict("restricted") in panel.text.toPlainText()
    assert ("× 复核后情况已变" if language == "zh" else "× Changed since the review") in panel.reviewed.count.text()
    row = judged.projects.model.row_of("P1")
    assert ("禁止" if language == "zh" else "Prohibited") == judged.projects.model.index(row, 2).data()
    assert "3" in judged.projects.model.index(row, 2).data(Qt.ToolTipRole)
    if language == "en":
        assert not any("一" <= letter <= "鿿" for letter in judged.projects.model.index(row, 2).data(Qt.ToolTipRole))
    judged.choose_language("zh")


def test_a_site_of_the_demo_that_is_moved_has_the_programs_verdict_until_it_is_back(qtbot, tmp_path):
    """From the dialog to the file, the screening, and what is kept of it."""
    from types import SimpleNamespace

    from gui import kept
    from gui.engine import Engine
    from gui.tasks import Report
    from sanxian.demo import build

    engine, session = Engine(), Session()
    session.open(Workspace.open(build(tmp_path / "demo").workspace))
    session.load_sites(engine.stored_sites(session.workspace))
    session.set_day(TODAY)
    site = session.site("SL-01")

    def judge():
        session.set_results(engine.screen(session.path, [site], on=session.day, folders=(), report=Report(
            lambda *_step: None, SimpleNamespace(is_set=lambda: False))))
        return [one.state for one in site.result.overrides]

    assert judge() == []
    verdict = site.verdict
    hit = next(one for one in site.result.outcomes if str(one.outcome) == verdict)
    evidence = next(one for outcome in site.result.outcomes for one in outcome.evidence if one.feature_id is not None)
    for feature in (None, (evidence.layer, evidence.feature_id)):
        dialog = OverrideDialog(RuleStore(session), site, Day(), TODAY, rule=hit.rule, feature=feature)
        qtbot.addWidget(dialog)
        fill(qtbot, dialog, "permitted")
        click(qtbot, dialog.save)
        qtbot.waitUntil(lambda one=dialog: one.said.text().startswith("√") or "已登记" in one.said.text())
        states = judge()  # as the window does: the next review is of a verdict that holds
    assert states == ["acting", "acting"]
    rows = kept.Memory(session).rows()
    engine.keep_verdicts(session.workspace, rows, session.day)
    assert [one.holds for one in engine.kept_verdicts(session.path, ()).verdicts] == [True]
    here = site.geometry
    session.set_geometry("SL-01", translate(here, 1 if site.crs != "EPSG:4490" else 1e-5), site.crs)
    assert [dialog.model.index(row, 3).data() for row in range(2)] == ["× 复核后用地已变，不再起作用"] * 2
    assert judge() == ["site-changed"] * 2
    assert (site.acting, site.reviewed) == (site.verdict, False)
    session.undo_stack.undo()
    assert site.geometry is here
    assert judge() == ["acting", "acting"]
    assert site.reviewed
    session.undo_stack.setClean()
    session.close()


def pressed(qtbot, key, ask):
    """What a question comes to that is answered by one key, and the words on the button that had it."""
    said = []

    def press():
        asked = QApplication.activeModalWidget()
        if asked is None or not asked.isVisible():
            QTimer.singleShot(50, press)
            return
        said.append((asked.defaultButton().text(), asked.focusWidget() is asked.defaultButton()))
        QTest.keyClick(asked.focusWidget(), key)
        if asked.isVisible():  # the key did nothing: nobody waits for ever
            asked.done(0)
            said[0] = ("nothing", False)

    QTimer.singleShot(0, press)
    went = ask()
    assert said[0][1]
    return went, said[0][0]


@pytest.mark.parametrize("key", [Qt.Key_Return, Qt.Key_Enter, Qt.Key_Space, Qt.Key_Escape])
def test_no_key_pressed_in_passing_throws_a_written_review_away(qtbot, dialog, key):
    fill(qtbot, dialog)
    assert pressed(qtbot, key, dialog.close) == (False, "取消")
    assert dialog.isVisible()
    assert dialog.reason.toPlainText() == "Measured on the ground"
    dialog.reason.clear()


@pytest.mark.parametrize("key", [Qt.Key_Return, Qt.Key_Space])
def test_no_key_pressed_in_passing_lets_a_secret_layer_leave(qtbot, dialog, key):
    from types import SimpleNamespace

    from gui.clipboard import may_leave

    layer = SimpleNamespace(name="岸线", record=SimpleNamespace(secrecy="secret"))
    assert pressed(qtbot, key, lambda: may_leave(dialog, layer)) == (False, "取消")
    assert pressed(qtbot, Qt.Key_Return, lambda: message.ask(dialog, "移除", "可以撤销。", "移除")) == (True, "移除")


def test_every_question_whose_going_on_loses_something_says_so():
    """Those that can be taken back are named here: a new one is looked at by whoever adds it."""
    import ast

    taken_back = {"合并", "移除", "替换书签", "撤销登记或更新", "删除", "先保存", "结论已过时", "导入文件夹", "用作底图", "工作区只读"}
    gui = Path(message.__file__).parents[1]
    asked = [node for path in gui.rglob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8")))
             if isinstance(node, ast.Call) and ast.unparse(node.func) == "message.ask"]
    assert len(asked) > 15
    for node in asked:
        if not any(one.arg == "loses" for one in node.keywords):
            words = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
            assert words & taken_back, ast.unparse(node)


def test_the_button_stays_where_it_is_while_something_is_said(qtbot, dialog):
    place = dialog.save.mapTo(dialog, dialog.save.rect().topLeft())
    click(qtbot, dialog.save)
    assert dialog.said.isVisible()
    assert dialog.save.mapTo(dialog, dialog.save.rect().topLeft()) == place
    fill(qtbot, dialog)
    assert not dialog.said.isVisible()
    assert dialog.save.mapTo(dialog, dialog.save.rect().topLeft()) == place
    click(qtbot, dialog.save)
    assert len(dialog._store.overrides()) == 1
    dialog.tabs.setCurrentIndex(1)
    assert not dialog.save.isVisible()
    dialog.tabs.setCurrentIndex(0)
    assert dialog.save.isVisible()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_undo_in_the_dialog_takes_back_reviews_alone(qtbot, dialog, session, language):
    set_language(language)
    dialog.retranslate()
    undo, redo = (dialog.findChild(object, f"dialog_{name}") for name in ("undo", "redo"))
    assert not undo.isEnabled()
    steps = []
    session.undo_stack.push(Change("导入图层“{layer}”", {"layer": "ref"}, lambda: steps.append("in"), lambda: steps.append("out")))
    assert not undo.isEnabled()
    assert "ref" in undo.toolTip()
    QTest.keyClick(dialog, Qt.Key_Z, Qt.ControlModifier)
    click(qtbot, undo)
    assert steps == ["in"]
    fill(qtbot, dialog)
    click(qtbot, dialog.save)
    assert undo.isEnabled()
    assert {"zh": "撤销：登记人工复核 (Ctrl+Z)", "en": "Undo: Register a review (Ctrl+Z)"}[language] == undo.toolTip()
    click(qtbot, undo)
    assert not dialog._store.overrides()
    assert not undo.isEnabled()
    assert redo.isEnabled()
    session.undo_stack.undo()
    assert not redo.isEnabled(), "what comes next is not the dialog's"
    QTest.keyClick(dialog, Qt.Key_Z, Qt.ControlModifier | Qt.ShiftModifier)
    assert steps == ["in", "out"]
    set_language("zh")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_verdict_that_no_longer_holds_does_not_look_like_one_that_does(qtbot, judged, language):
    judged.choose_language(language)
    site, panel = judged.session.sites[0], judged.verdict
    reviewed(judged, Override("P1", "bank", Verdict.RESTRICTED, "实地核实", "张三", TODAY, date(2027, 1, 1)))
    before = [(label.styleSheet(), label.pixmap() and label.pixmap().toImage()) for label in (panel.word, panel.mark, panel.reviewed.word,
                                                                                               panel.reviewed.mark)]
    site.stale = True
    judged.session.siteChanged.emit(site.id)
    after = [(label.styleSheet(), label.pixmap() and label.pixmap().toImage()) for label in (panel.word, panel.mark, panel.reviewed.word,
                                                                                             panel.reviewed.mark)]
    assert panel.stale.isVisible()
    assert panel.stale.mapTo(panel, panel.stale.rect().bottomLeft()).y() < panel.word.mapTo(panel, panel.word.rect().topLeft()).y()
    assert panel.word.accessibleName() == {"zh": "禁止（待重判）", "en": "Prohibited (outdated)"}[language]
    assert {"zh": "待重判", "en": "outdated"}[language] in panel.reviewed.word.accessibleName()
    for was, now in zip(before, after, strict=True):
        assert was != now
    assert theme.ink("muted") in after[0][0]
    assert theme.ink("muted") in after[2][0]
    assert {"zh": "重判后才知是否有效", "en": "shows when judged again"}[language] in panel.reviewed.count.text()
    site.stale = False
    judged.session.siteChanged.emit(site.id)
    assert not panel.stale.isVisible()
    assert [(label.styleSheet(), label.pixmap() and label.pixmap().toImage()) for label in (
        panel.word, panel.mark, panel.reviewed.word, panel.reviewed.mark)] == before
    judged.choose_language("zh")


def test_the_list_has_room_for_a_verdict_that_is_reviewed_and_outdated(qtbot, judged):
    view, column = judged.projects.view, 2
    for verdict in ("禁止", "限制", "资料不足", "有条件允许"):
        words = view.fontMetrics().horizontalAdvance(f"{verdict}（待重判，已复核）")
        assert view.columnWidth(column) >= words + view.iconSize().width() + 8 if view.iconSize().isValid() else words + 24
    judged.resize(1366, 768)
    qtbot.waitUntil(lambda: view.columnViewportPosition(column) + view.columnWidth(column) <= view.viewport().width())

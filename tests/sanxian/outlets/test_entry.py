"""Stages entered one by one and from a table: what is missing is said, nothing half-done, and it can be taken back."""

from __future__ import annotations

import csv
import json
from datetime import date

import pytest

from layers.workspace import Workspace
from sanxian.outlets import audit, bulk, coverage, entry, register, stages
from sanxian.outlets.errors import OutletError
from sanxian.outlets.stages import Stage

ON = date(2024, 1, 31)
FRESH = {
    "finished": None,
    "meets_criteria": None,
    "accepted_on": None,
    "stage": "整治中",
    "standardised": None,
    "due": "2023-12-31",
}
CODE = "FA-360404-0001-GY-00"


@pytest.fixture
def planned(make_workspace, help_):
    """The first outlet has its plan, and nothing after it."""
    return make_workspace(
        discharge_outlet=help_.outlet_frame(help_.outlet_rows(FRESH)),
        river_bank=help_.bank_frame(),
        pollution_source=help_.sources(),
        monitoring_section=help_.sections(),
        admin=help_.county(),
    )


def shown(workspace, *entries, on=ON):
    return entry.preview(register.read_register(workspace), stages.read_tracks(workspace), entries, on=on)


def step(stage, *papers, on=date(2024, 1, 10), fields=(), **more):
    return entry.entry_from(CODE, stage, on=on, papers=papers, fields=fields, **more)


def remediated(folder=None):
    return step("已整治", "photos=九环函〔2024〕1号")


def test_what_is_missing_is_named_and_nothing_is_written(planned):
    with Workspace.open(planned) as workspace:
        found = shown(workspace, step("remediated"))
        assert not found.taken
        assert "整治前后同角度照片" in found.refused[0].words()
        assert entry.apply(workspace, found, on=ON) == 0
        assert stages.read_tracks(workspace) == {}


def test_closing_without_evidence_names_every_paper(planned):
    with Workspace.open(planned) as workspace:
        first = shown(workspace, remediated(), step("standardised", "sign=示例文号〔2024〕1号", on=date(2024, 1, 12)))
        assert not first.refused
        entry.apply(workspace, first, on=ON)
        closing = shown(workspace, step("accepted", on=date(2024, 1, 15)))
        assert all(
            word in closing.refused[0].words()
            for word in ("县级自查意见", "市级验收意见", "监测达标报告", "审批或登记文件")
        )


def test_an_entry_is_an_event_and_a_mark_and_both_are_taken_back(planned):
    with Workspace.open(planned) as workspace:
        before = register.to_json(register.find(register.read_register(workspace), CODE))
        rate = coverage.load(workspace, on=ON).row("remediation_rate").numerator
        entry.apply(
            workspace,
            shown(workspace, step("已整治", "photos=示例文号〔2024〕1号", fields=["是否满足整治总则完成判定条件=是"])),
            on=ON,
            title="试",
        )
        after = register.find(register.read_register(workspace), CODE)
        assert (after.get("finished"), after.get("stage"), after.get("meets_criteria")) == (
            "2024-01-10",
            "完成整治",
            True,
        )
        assert stages.track_of(workspace, after).stage() is Stage.REMEDIATED
        assert coverage.load(workspace, on=ON).row("remediation_rate").numerator == rate + 1
        assert [item.title for item in bulk.steps(workspace)] == ["试"]
        bulk.undo(workspace)
        assert register.to_json(register.find(register.read_register(workspace), CODE)) == before
        assert stages.read_tracks(workspace) == {}


def test_reopening_keeps_the_history_and_clears_the_marks(clean):
    with Workspace.open(clean) as workspace:
        entry.apply(workspace, shown(workspace, step("planned", reopen=True, note="复查发现回潮")), on=ON)
        outlet = register.find(register.read_register(workspace), CODE)
        track = stages.track_of(workspace, outlet)
        assert track.stage() is Stage.PLANNED
        assert [str(event.stage) for event in track.events] == [
            "found",
            "monitored",
            "traced",
            "planned",
            "remediated",
            "standardised",
            "accepted",
            "planned",
        ]
        assert track.events[-1].note == "复查发现回潮"
        assert (outlet.get("accepted_on"), outlet.get("finished"), outlet.get("stage")) == (None, None, "整治中")
        again = shown(workspace, step("accepted", on=date(2024, 1, 12)))
        assert "已整治" in again.refused[0].words(), "what was taken back has to be done again"


def test_reopening_needs_a_reason(clean):
    with Workspace.open(clean) as workspace:
        assert "原因" in shown(workspace, step("planned", reopen=True)).refused[0].words()


def test_a_file_of_evidence_must_be_there_and_keeps_its_digest(planned, tmp_path):
    (tmp_path / "对比.jpg").write_bytes(b"x")
    with pytest.raises(OutletError, match="不在"):
        entry.evidence("photos", "没有.jpg", tmp_path)
    with pytest.raises(OutletError, match="不认识的证据种类"):
        entry.evidence("发票", "对比.jpg", tmp_path)
    found = entry.evidence("整治前后同角度照片", "对比.jpg", tmp_path)
    assert (found.kind, len(found.sha256)) == ("photos", 64)
    assert entry.evidence("plan", "九环函〔2024〕5号", tmp_path).sha256 == ""


def test_a_day_to_come_and_a_code_in_use_twice_are_refused(planned, make_workspace, help_):
    with Workspace.open(planned, readonly=True) as workspace:
        late = shown(workspace, step("remediated", "photos=示环函〔2024〕9号", on=date(2024, 2, 1)))
        assert "晚于" in late.refused[0].words()
    twice = help_.outlet_rows({}, {"code": CODE})
    with Workspace.open(make_workspace(discharge_outlet=help_.outlet_frame(twice)), readonly=True) as workspace:
        found = entry.preview(
            register.read_register(workspace), {}, [entry.Entry("#1", Stage.PLANNED, ON, "reopen", note="x")], on=ON
        )
        assert "2 个排污口在用" in found.refused[0].words()


def table(tmp_path, *rows):
    path = tmp_path / "办理.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([["国家编码", "办理环节", "办理日期", "操作", "证据", "标识牌照片", "备注"], *rows])
    return path


def test_a_table_of_entries_is_shown_done_and_taken_back(planned, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"1")
    path = table(
        tmp_path,
        [CODE, "完成整治", "2024-01-10", "", "photos=a.jpg", "", ""],
        [CODE, "已规范", "2024年1月12日", "", "", "牌-01号", ""],
        ["FA-360404-0002-GY-00", "已定方案", "2024-01-11", "重新打开", "", "", "回潮"],
        ["FA-360404-9999-GY-00", "已整治", "2024-01-11", "", "", "", ""],
        ["", "已整治", "2024-01-11", "", "", "", ""],
        [CODE, "飞了", "2024-01-11", "", "", "", ""],
        [CODE, "已销号", "某日", "", "", "", ""],
        [CODE, "已销号", "2024-01-13", "", "没有等号", "", ""],
    )
    with Workspace.open(planned) as workspace:
        entries, refused = entry.read_entries(path, folder=tmp_path)
        found = entry.preview(
            register.read_register(workspace), stages.read_tracks(workspace), entries, on=ON, refused=refused
        )
        assert [(one.outlet.id[10:14], str(one.before), str(one.track.stage())) for one in found.taken] == [
            ("0001", "planned", "remediated"),
            ("0001", "remediated", "standardised"),
            ("0002", "accepted", "planned"),
        ]
        assert len(found.refused) == 5
        assert all(item.words() for item in found.refused)
        assert stages.read_tracks(workspace) == {}, "a preview does nothing"
        assert entry.apply(workspace, found, on=ON, title=path.name) == 3
        assert (
            stages.track_of(workspace, register.find(register.read_register(workspace), CODE)).stage()
            is Stage.STANDARDISED
        )
        bulk.undo(workspace)
        assert stages.read_tracks(workspace) == {}


def test_a_history_that_was_changed_meanwhile_is_not_overwritten(planned):
    with Workspace.open(planned) as workspace:
        stale = shown(workspace, remediated())
        entry.apply(workspace, shown(workspace, remediated()), on=ON)
        with pytest.raises(OutletError):
            entry.apply(workspace, stale, on=ON)


def test_undo_refuses_what_was_changed_again(planned):
    with Workspace.open(planned) as workspace:
        entry.apply(workspace, shown(workspace, remediated()), on=ON)
        outlet = register.find(register.read_register(workspace), CODE)
        track = stages.track_of(workspace, outlet)
        stages.keep(workspace, track.reopen(Stage.PLANNED, on=date(2024, 1, 20), reason="x"))
        with pytest.raises(OutletError, match="不能撤销"):
            bulk.undo(workspace)


def test_a_register_changed_alone_is_told_by_the_audit(planned):
    with Workspace.open(planned) as workspace:
        entry.apply(workspace, shown(workspace, remediated()), on=ON)
        outlets = register.read_register(workspace)
        outlet = register.find(outlets, CODE)
        bulk.commit(
            workspace,
            [bulk.Change(outlet.layer, outlet.fid, CODE, 0, "responsible", outlet.get("responsible"), None)],
            on=ON,
            title="",
        )
        found = audit.audit_workspace(workspace, on=ON)
        assert [item.outlet for item in found if item.finding == "history-differs"] == [CODE]


@pytest.mark.parametrize(("on", "late"), [(date(2023, 12, 31), False), (date(2024, 1, 1), True)])
def test_overdue_is_told_for_any_day(planned, on, late):
    with Workspace.open(planned, readonly=True) as workspace:
        outlets = register.read_register(workspace)
        outlet = register.find(outlets, CODE)
        found = entry.status(outlet, stages.track_of(workspace, outlet, on=on), on=on)
        assert found["overdue"] is late
        assert found["next"] == "remediated"
        assert found["missing_for_next"] == ["整治前后同角度照片"]


@pytest.mark.parametrize(("fields", "late"), [((), True), (("是否满足整治总则完成判定条件=是",), False)])
def test_whether_a_deadline_was_missed_is_one_answer_everywhere(planned, monkeypatch, fields, late):
    """A step that was entered ended it in the lists, while the figures went on by the criteria: 59 here and 60 there."""
    from sanxian.outlets import layers, report, sheets

    told = {}
    monkeypatch.setattr(report, "compose", lambda *args, **more: told.update(late=args[3]))
    with Workspace.open(planned) as workspace:
        entry.apply(workspace, shown(workspace, step("已整治", "photos=示例文号〔2024〕1号", fields=fields)), on=ON)
        outlets = register.read_register(workspace)
        outlet, done = register.find(outlets, CODE), stages.done_rule(outlets)
        track = stages.track_of(workspace, outlet, on=ON)
        assert track.stage() is Stage.REMEDIATED
        assert coverage.load(workspace, on=ON).row("overdue_rate").numerator == int(late)
        assert entry.status(outlet, track, on=ON, done=done)["overdue"] is late
        assert [item.outlet for item in audit.audit_workspace(workspace, on=ON) if item.finding == "overdue"] == [CODE] * late
        points = layers.of_workspace(workspace, on=ON)["outlets"]
        assert list(points[points["overdue"] == "yes"]["id"]) == [CODE] * late
        report.gather(workspace, on=ON)
        assert [one[0] for one in told["late"]] == [CODE] * late
        (dossier,), _around = sheets.gather(workspace, outlets, [outlet], on=ON)
        assert dossier.overdue is late
        assert json.loads(dossier.to_json())["overdue"] is late

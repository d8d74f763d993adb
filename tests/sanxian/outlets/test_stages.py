from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanxian.outlets import register, stages
from sanxian.outlets.errors import OutletError
from sanxian.outlets.stages import ORDER, Evidence, Stage, Track

DAY = date(2022, 1, 1)
PLAN = {"measure_kind": "规范整治", "problem": "口门建设不规范", "measure": "修整口门", "due": "2023-12-31", "responsible": "示例甲公司"}


def given_(*kinds):
    return [Evidence(kind, f"{kind}.pdf") for kind in kinds]


def planned(kind="规范整治"):
    track = Track("A").advance(Stage.FOUND, on=DAY, evidence=given_("survey"))
    track = track.advance(Stage.MONITORED, on=DAY, evidence=given_("sample"))
    track = track.advance(Stage.TRACED, on=DAY, evidence=given_("tracing"), fields={"responsible": "示例甲公司"})
    return track.advance(Stage.PLANNED, on=DAY, evidence=given_("plan"), fields={**PLAN, "measure_kind": kind})


def test_the_whole_way_of_an_outlet_that_stays():
    track = planned()
    track = track.advance(Stage.REMEDIATED, on=DAY, evidence=given_("photos"))
    track = track.advance(Stage.STANDARDISED, on=DAY, evidence=given_("sign"))
    with pytest.raises(OutletError) as refused:
        track.advance(Stage.ACCEPTED, on=DAY, evidence=given_("county_check"))
    assert str(refused.value) == "排污口 A 不能登记“已销号”，还缺：监测达标报告、审批或登记文件、市级验收意见"
    track = track.advance(Stage.ACCEPTED, on=DAY, evidence=given_("county_check", "compliance", "registration", "city_acceptance"))
    assert track.stage() is Stage.ACCEPTED
    assert track.next_stage() is None
    with pytest.raises(OutletError, match="已经销号"):
        track.advance(Stage.ACCEPTED, on=DAY)


@pytest.mark.parametrize(("kind", "proof"), [("依法取缔", "sealing"), ("清理合并", "connection")])
def test_what_is_closed_or_merged_needs_its_own_proof_and_no_sign(kind, proof):
    track = planned(kind)
    with pytest.raises(OutletError, match=stages.evidence_words(proof)):
        track.advance(Stage.REMEDIATED, on=DAY, evidence=given_("photos"))
    track = track.advance(Stage.REMEDIATED, on=DAY, evidence=given_("photos", proof))
    assert track.next_stage() is Stage.ACCEPTED
    assert track.advance(Stage.ACCEPTED, on=DAY, evidence=given_("county_check", "city_acceptance")).stage() is Stage.ACCEPTED


def test_what_needs_nothing_goes_from_plan_to_sign():
    assert planned("无需整治").next_stage() is Stage.STANDARDISED


def test_evidence_without_a_paper_behind_it_is_none():
    with pytest.raises(OutletError, match="排查记录"):
        Track("A").advance(Stage.FOUND, on=DAY, evidence=[Evidence("survey")])
    with pytest.raises(OutletError, match="不认识的证据"):
        Track("A").advance(Stage.FOUND, on=DAY, evidence=[Evidence("hearsay", "x")])


def test_no_step_is_left_out_and_none_lies_before_the_last():
    track = Track("A").advance(Stage.FOUND, on=DAY, evidence=given_("survey"))
    with pytest.raises(OutletError, match="下一步应是“已监测”"):
        track.advance(Stage.TRACED, on=DAY, evidence=given_("tracing"), fields={"responsible": "甲"})
    with pytest.raises(OutletError, match="在它之前"):
        track.advance(Stage.MONITORED, on=DAY - timedelta(days=1), evidence=given_("sample"))


def test_a_plan_of_no_known_kind_is_refused():
    track = Track("A").advance(Stage.FOUND, on=DAY, evidence=given_("survey"))
    track = track.advance(Stage.MONITORED, on=DAY, evidence=given_("no_flow"))
    track = track.advance(Stage.TRACED, on=DAY, evidence=given_("tracing"), fields={"responsible": "甲"})
    with pytest.raises(OutletError, match="取缔、合并、规范或无需整治"):
        track.advance(Stage.PLANNED, on=DAY, evidence=given_("plan"), fields={**PLAN, "measure_kind": "再议"})


def test_reopening_keeps_history_and_asks_for_new_evidence():
    track = planned().advance(Stage.REMEDIATED, on=DAY, evidence=given_("photos"))
    again = track.reopen(Stage.PLANNED, on=DAY + timedelta(days=5), reason="复查又排污")
    assert again.stage() is Stage.PLANNED
    assert again.events[: len(track.events)] == track.events
    assert again.stage(DAY) is Stage.REMEDIATED
    assert again.reached(Stage.REMEDIATED) is None
    with pytest.raises(OutletError, match="同角度照片"):
        again.advance(Stage.REMEDIATED, on=DAY + timedelta(days=9))
    with pytest.raises(OutletError, match="原因"):
        track.reopen(Stage.PLANNED, on=DAY, reason=" ")
    with pytest.raises(OutletError, match="并不更早"):
        track.reopen(Stage.ACCEPTED, on=DAY, reason="x")


ROW = {"国家编码": "A", "排查日期": "2021-01-01", "责任主体": "乙", "整治类型": "规范整治", "完成时限": "2023-12-31"}
CRITERIA, FINISHED, STAGE = "是否满足整治总则完成判定条件", "完成时间", "整治阶段"


def late(on, **more):
    outlets = register.from_rows([{**ROW, **more}])
    return stages.overdue(outlets[0], on, stages.done_rule(outlets))


def test_overdue_on_any_day():
    assert late(date(2023, 12, 31)) is False, "the day itself is in time"
    assert late(date(2024, 1, 1)) is True
    done = {CRITERIA: "是", FINISHED: "2024-03-01"}
    assert late(date(2024, 2, 29), **done) is True
    assert late(date(2024, 3, 1), **done) is False
    assert late(date(2024, 4, 1), **{**done, CRITERIA: "否", STAGE: "完成整治"}) is True, "words do not end it"
    assert late(date(2024, 4, 1), **{FINISHED: "2024-03-01", STAGE: "完成整治"}) is False, "where there is nothing but words they do"
    assert late(date(2030, 1, 1), 整治类型="无需整治") is False
    assert late(date(2030, 1, 1), 整治类型=None) is None
    assert late(date(2030, 1, 1), 完成时限=None) is None
    assert late(date(2020, 1, 1), 完成时限="2019-12-31") is None, "nobody had found it"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ORDER), st.integers(0, 40), st.booleans()), max_size=25), st.sampled_from(list(stages.REMEDY_WORDS.values())))
def test_whatever_is_tried_history_only_grows_and_steps_keep_their_order(tries, kind):
    everything = given_(*stages.evidence_kinds())
    track = Track("A")
    for stage, days, back in tries:
        before, when = track.events, DAY + timedelta(days=days)
        try:
            if back:
                track = track.reopen(stage, on=when, reason="复查")
            else:
                track = track.advance(stage, on=when, evidence=everything, fields={**PLAN, "measure_kind": kind})
        except OutletError:
            continue
        assert track.events[:-1] == before
        assert track.stage() is stage
        days_so_far = [event.on for event in track.events]
        assert days_so_far == sorted(days_so_far)
        assert Track.from_json(track.to_json()).to_json() == track.to_json()
    standing = [track.reached(stage) is not None for stage in ORDER]
    if track.stage() is Stage.ACCEPTED:
        assert standing[0] and standing[3] and standing[6]  # noqa: PT018


def test_from_a_register():
    row = {"名称": "甲", "排查日期": "2021-01-01", "是否监测": "是", "责任主体": "乙", "整治类型": "规范整治", "完成时限": "2023-12-31"}
    track = stages.from_record(register.from_rows([row])[0])
    assert track.stage() is Stage.PLANNED
    unmonitored = stages.from_record(register.from_rows([{**row, "是否监测": "否"}])[0])
    assert unmonitored.stage() is Stage.FOUND
    assert late(date(2024, 1, 1), 是否监测="否") is True, "the deadline runs, whatever was left out before"


def test_kept_in_a_workspace(clean):
    from layers.workspace import Workspace

    track = planned()
    with Workspace.open(clean) as workspace:
        stages.keep(workspace, track)
        longer = track.advance(Stage.REMEDIATED, on=DAY, evidence=given_("photos"))
        stages.keep(workspace, longer)
        outlet = register.from_rows([{"国家编码": "A"}])[0]
        assert stages.track_of(workspace, outlet).to_json() == longer.to_json()
        with pytest.raises(OutletError, match="已被他人更新"):
            stages.keep(workspace, track)
    with pytest.raises(OutletError, match="已损坏"):
        Track.from_json({"outlet": "A"})


def test_work_that_the_register_calls_done_is_not_late_for_want_of_an_earlier_step(help_):
    """The list of what is late and the rate of it are told of one register by one rule."""
    from sanxian.outlets import coverage

    rows = help_.outlet_rows({"responsible": None}, {"responsible": None, "meets_criteria": False, "finished": None})
    outlets = register.from_frame(help_.outlet_frame(rows))
    on = date(2024, 6, 1)
    done = stages.done_rule(outlets)
    assert [stages.overdue(item, on, done) for item in outlets] == [False, True, False]
    assert coverage.summarise(outlets, [], on=on).row("overdue_rate").numerator == 1
    before = stages.tracks_of(outlets, {}, on=date(2023, 1, 1))[0]
    assert before.reached(Stage.REMEDIATED) is None, "finished later than that day"

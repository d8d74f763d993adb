from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.workspace import Workspace
from sanxian.outlets import banks, coverage, register
from sanxian.outlets.banks import Survey
from sanxian.outlets.errors import OutletError

ON = date(2024, 1, 1)


def row(**changes):
    return {
        "名称": "某县甲排污口", "排查日期": "2021-01-01", "受纳水体": "示例江", "区县": "示例县", "一级分类": "其他排口", **changes,
    }  # fmt: skip


# Ten outlets, counted by hand; each figure below says which of them it counts.
SMALL = [
    row(国家编码="FA-360404-0001-SH-00", 是否排水="是", 是否采样="是", 责任主体="甲", 整治类型="依法取缔", 是否满足整治总则判定条件="是", 完成时间="2023-01-01", 销号日期="2023-02-01", 完成时限="2022-12-31"),
    row(国家编码="FA-360404-0002-SH-00", 是否排水="是", 是否采样="是", 责任主体="甲", 整治类型="清理合并", 是否满足整治总则判定条件="否", 完成时限="2023-12-31"),
    row(国家编码="FA-360404-0003-SH-00", 是否排水="是", 责任主体="乙", 整治类型="规范整治", 是否满足整治总则判定条件="是", 完成时间="2023-06-01", 完成时限="2023-12-31", 审批情况="已登记", 是否完成规范化建设="是", 标识牌照片="a.jpg"),
    row(国家编码="FA-360404-0004-SH-00", 是否排水="否", 责任主体="乙", 整治类型="规范整治", 是否满足整治总则判定条件="否", 整治阶段="完成整治", 完成时限="2024-06-30", 审批情况="未登记", 是否完成规范化建设="否"),
    row(国家编码="FA-360404-0005-SH-00", 是否排水="否", 责任主体="丙", 整治类型="无需整治", 审批情况="已登记", 是否完成规范化建设="是", 建设内容="标识牌、采样点"),
    row(国家编码="FA-360404-06-SH-00", 责任主体="丙", 整治类型="规范整治", 审批情况="未登记"),
    row(国家编码="", 整治类型="规范整治", 是否满足整治总则判定条件="是", 完成时间="2024-02-01", 完成时限="2023-12-31", 审批情况="已登记"),
    row(国家编码="FA-360404-0008-SH-00", 责任主体="丁", 是否溯源="否"),
    row(国家编码="FA-360404-0009-SH-00", 是否排水="是", COD="30", 采样日期="2024-05-01", 受纳水体="示例河"),
    row(国家编码="FA-360404-0010-SH-00", 排查日期="2024-03-01"),
]  # fmt: skip
BY_HAND = {
    "monitoring_rate": (2, 4, 3),  # 1, 2 of 1, 2, 3, 9 (9 was sampled later); 6, 7, 8 not written
    "tracing_rate": (6, 9, 0),  # 1-6 of 1-9; 8 has a party but was not traced; 10 was found later
    "coding_rate": (7, 9, 0),  # all but 6 (four digits lacking) and 7 (none)
    "sign_rate": (2, 7, 2),  # 3, 5 of 3-9; 8, 9 undecided
    "standardisation_rate": (2, 7, 4),  # 3, 5 of 3-9; 6, 7, 8, 9 not written; 8, 9 are undecided as well and count once
    "remediation_rate": (2, 6, 3),  # 1, 3 of 1, 2, 3, 4, 6, 7 (7 finished later); 6 not written, 8, 9 unplanned
    "acceptance_rate": (1, 6, 2),  # 1
    "overdue_rate": (2, 6, 3),  # 2, 7; 6 has no deadline, 8, 9 unplanned
    "approval_rate": (3, 7, 2),  # 3, 5, 7 of 3-9; 8, 9 not written, and undecided: once each
    "file_rate": (0, 9, 0),
}


@pytest.fixture
def small():
    return register.from_rows(SMALL)


def test_ten_indicators_by_hand(small, help_):
    summary = coverage.summarise(small, banks.from_frame(help_.bank_frame()), on=ON)
    for indicator, (numerator, denominator, unknown) in BY_HAND.items():
        got = summary.row(indicator)
        assert (got.numerator, got.denominator, got.unknown) == (numerator, denominator, unknown), indicator
        assert got.value == pytest.approx(numerator / denominator)
    assert list(coverage.INDICATORS) == ["survey_rate", *BY_HAND]
    assert (summary.outlets, summary.no_need, summary.merged) == (9, 1, 1)
    assert any("判定条件" in rule for rule in summary.rules)


def test_without_the_mark_the_rule_says_that_it_goes_by_words():
    rows = [row(整治类型="规范整治", 整治阶段="完成整治"), row(整治类型="规范整治", 整治阶段="整治中")]
    summary = coverage.summarise(register.from_rows(rows), [], on=ON)
    assert (summary.row("remediation_rate").numerator, summary.row("remediation_rate").denominator) == (1, 2)
    assert "暂按整治阶段" in summary.rules[0]


def test_nothing_is_not_done():
    summary = coverage.summarise([], [], on=ON)
    assert {item.value for item in summary.rows} == {None}
    assert summary.row("survey_rate").to_dict()["value"] is None


@pytest.mark.parametrize("by", coverage.CUTS)
def test_groups_add_up_to_the_whole(small, help_, by):
    summary = coverage.summarise(small, banks.from_frame(help_.bank_frame()), on=ON, by=by)
    for indicator in BY_HAND:
        parts = [item for item in summary.rows if item.indicator == indicator and item.group != coverage.ALL]
        assert sum(item.numerator for item in parts) == summary.row(indicator).numerator
        assert sum(item.denominator for item in parts) == summary.row(indicator).denominator
    with pytest.raises(OutletError, match="不能按"):
        coverage.summarise(small, [], on=ON, by="colour")


def km(summary):
    found = summary.row("survey_rate")
    return round(found.numerator, 2), round(found.denominator, 2)


def test_bank_kilometres_by_hand(help_):
    frame = help_.bank_frame(
        ("示例江", "right", "water_edge", True, 0.0, 0.0, 6000.0),
        ("示例江", "right", "levee", False, -200.0, 0.0, 10_000.0),  # the same bank again, and 4 km that the first line lacks
        ("示例江", "right", "management", True, -300.0, 0.0, 10_000.0),  # the same bank a third time
        ("示例江", "left", "water_edge", None, 1000.0, 0.0, 5000.0),  # nobody says whether it was surveyed
    )
    lines = banks.once(banks.from_frame(frame))
    summary = coverage.summarise([], lines, on=ON, by="side")
    done, total = km(summary)
    assert done == pytest.approx(6.0, abs=0.01)
    assert total == pytest.approx(6.0 + 3.43 + 5.0, abs=0.02)  # the levee's rest begins 566 m beyond the water's edge
    assert summary.row("survey_rate", "left").numerator == 0
    assert [round(piece.length_m) > 0 for piece in summary.unsurveyed()] == [True, True]


def test_surveys_by_chainage_side_and_day(help_):
    lines = banks.from_frame(help_.bank_frame(("示例江", "right", "water_edge", False, 0.0, 0.0, 10_000.0), ("示例江", "left", "water_edge", False, 1000.0, 0.0, 10_000.0)))
    log = [
        Survey("示例江", "right", 1000, 4000, date(2023, 5, 1)), Survey("示例江", "right", 3000, 5000, date(2023, 8, 1)),
        Survey("示例江", "left", 0, 2000, date(2024, 5, 1)), Survey("示例河", None, on=date(2023, 1, 1)),
    ]  # fmt: skip
    assert km(coverage.summarise([], lines, on=date(2023, 6, 1), surveys=log)) == (3.0, pytest.approx(20.0, abs=0.01))
    summary = coverage.summarise([], lines, on=ON, surveys=log)
    assert km(summary)[0] == 4.0
    right = [(round(piece.from_m), round(piece.to_m), piece.surveyed, piece.on) for piece in summary.stretches if piece.bank.side == "right"]
    assert right[0][:3] == (0, 1000, False)
    assert right[1] == (1000, 3000, True, date(2023, 5, 1))
    assert right[2][2:] == (True, date(2023, 8, 1))
    assert km(coverage.summarise([], lines, on=date(2024, 6, 1), surveys=log))[0] == 6.0
    unknown = summary.unsurveyed()[0].lonlat
    assert unknown.geom_type == "LineString"
    assert 115 < unknown.coords[0][0] < 117
    with pytest.raises(OutletError, match="大于终点"):
        Survey.from_dict({"river": "示例江", "from_m": 5, "to_m": 1})


@pytest.mark.parametrize("side", ["河东", "L岸", "东侧"])
def test_a_survey_whose_side_cannot_be_read_is_no_survey_of_both(side):
    with pytest.raises(OutletError, match="岸别"):
        Survey.from_dict({"river": "示例江", "side": side, "on": "2023-05-01"})
    assert Survey.from_dict({"river": "示例江", "side": "左侧"}).side == "left"
    assert Survey.from_dict({"river": "示例江", "side": "两岸"}).side is None


@pytest.mark.parametrize(("river", "side"), [("", "left"), ("示例江", None)])
def test_banks_without_river_or_side_do_not_stand_for_each_other(help_, river, side):
    """Two brooks 400 m apart, neither named, or both banks of one: the one that was walked says nothing of the other."""
    rows = (river, side, "water_edge", True, 0.0, 0.0, 10_000.0), (river, side, "levee", False, 400.0, 0.0, 10_000.0)
    found = coverage.summarise([], banks.once(banks.from_frame(help_.bank_frame(*rows))), on=ON).row("survey_rate")
    assert found.value == pytest.approx(0.5, abs=0.001)


@pytest.mark.parametrize("words", ["不详", "待查", "无", "待溯源", "无主", "暂无", "未明确"])
def test_a_party_that_nobody_knows_is_not_traced(words):
    found = register.from_rows([row(国家编码="FA-360404-0001-SH-00", 责任主体=words)])
    assert coverage.summarise(found, [], on=ON).row("tracing_rate").numerator == 0
    assert "responsible" in register.lacking(found[0])
    assert found[0].extra == {"责任主体": words}, "kept as it was written"


@pytest.mark.parametrize("cells", [{"标识牌照片": "无"}, {"建设内容": "无标识牌"}, {"建设内容": "采样点、标识牌未建"}, {"建设内容": "拟立牌"}])
def test_a_sign_that_is_not_there_is_no_sign(cells):
    assert not coverage.sign(register.from_rows([row(**cells)])[0])
    assert coverage.sign(register.from_rows([row(建设内容="采样点、标识牌")])[0])


def test_a_code_that_the_audit_finds_fault_with_is_no_sound_code():
    def rate(*rows, **more):
        found = coverage.summarise(register.from_rows(rows), [], on=ON, **more).row("coding_rate")
        return found.numerator, found.denominator

    assert rate(row(国家编码="FA-360404-0001-SH-00"), row(国家编码="FA3604040001SH00"), row(国家编码="FA-360404-0002-SH-00")) == (1, 3)
    assert rate(row(国家编码="FA-360404-0001-NY-00", 一级分类="工业排污口")) == (0, 1), "letters of a farm, a works outlet"


def test_no_more_is_unknown_than_there_is(small, help_):
    summary = coverage.summarise(register.from_rows([row(), row()]), banks.from_frame(help_.bank_frame()), on=ON)
    assert all(found.unknown <= 2 for found in summary.rows if found.unit == "outlet")


@settings(max_examples=40, deadline=None)
@given(st.floats(100, 20_000), st.booleans(), st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 4000)), max_size=4))
def test_an_unsurveyed_reach_always_lowers_coverage(length, known, spans):
    import outlet_help

    log = [Survey("示例江", "right", start, start + more) for start, more in spans]
    first = ("示例江", "right", "water_edge", known, 0.0, 0.0, 10_000.0)
    before = coverage.summarise([], banks.from_frame(outlet_help.bank_frame(first)), on=ON, surveys=log).row("survey_rate")
    more = outlet_help.bank_frame(first, ("别的河", "left", "levee", None, 5000.0, 0.0, length))
    after = coverage.summarise([], banks.once(banks.from_frame(more)), on=ON, surveys=log).row("survey_rate")
    assert 0 <= before.value <= 1
    assert after.numerator == pytest.approx(before.numerator)
    assert after.value < before.value or before.value == 0


def test_by_river_and_county_in_a_workspace(make_workspace, help_):
    path = make_workspace(
        discharge_outlet=help_.outlet_frame(help_.outlet_rows()), admin=help_.county(),
        river_bank=help_.bank_frame(
            ("示例江", "right", "water_edge", True, 0.0, 0.0, 10_000.0), ("示例江", "right", "water_edge", False, 0.0, 10_000.0, 14_000.0),
            ("示例河", None, "water_edge", False, -3000.0, 0.0, 1000.0),
        ),
    )  # fmt: skip
    with Workspace.open(path) as workspace:
        summary = coverage.load(workspace, on=ON, by="county")
        assert summary.row("survey_rate", "示例县").denominator == pytest.approx(13.0, abs=0.01)
        assert summary.row("survey_rate", "示例邻县").value == 0
        rivers = coverage.load(workspace, on=ON, by="river")
        assert rivers.row("survey_rate", "示例河").value == 0
        assert rivers.row("survey_rate", "示例江").value == pytest.approx(10 / 14, abs=1e-4)
        banks.add_survey(workspace, Survey("示例河", on=date(2023, 1, 1)))
        assert coverage.load(workspace, on=ON, by="river").row("survey_rate", "示例河").value == 1
        workspace.set_state("outlet_targets", [{"indicator": "survey_rate", "value": 0.9, "due": "2024-12-31"}])
        assert coverage.load(workspace, on=ON).row("survey_rate").gap == pytest.approx(0.9 - 11 / 15, abs=1e-3)
        workspace.set_state("outlet_targets", [{"indicator": "nope", "value": 1, "due": "2024-12-31"}])
        with pytest.raises(OutletError, match="没有指标"):
            coverage.load(workspace, on=ON)


def test_targets_and_progress_through_time(help_):
    outlets = register.from_frame(help_.outlet_frame(help_.outlet_rows({"finished": "2023-06-01"}, {"finished": "2023-10-01"}, {"meets_criteria": False})))
    series = coverage.progress(outlets, [], [date(2023, 1, 1), date(2023, 7, 1), date(2023, 12, 31)])
    assert [round(item.row("remediation_rate").value, 3) for item in series] == [0, 0.333, 0.667]
    last = series[-1].row("remediation_rate")
    assert last.target.value == 0.7
    assert last.gap == pytest.approx(0.7 - 2 / 3)
    assert last.to_dict()["target_on"] == "2023-12-31"


def test_the_denominator_can_be_the_district_and_is_always_said(make_workspace, help_):
    """10 km in the county, 6 km beyond its border at 12 km: 10 of 16, or 10 of 12.3 with the 300 m that count as the border."""
    beyond = help_.bank_frame(
        ("示例江", "right", "water_edge", True, 0.0, 0.0, 10_000.0), ("示例江", "right", "water_edge", False, 0.0, 10_000.0, 16_000.0)
    )
    path = make_workspace(discharge_outlet=help_.outlet_frame(help_.outlet_rows()), river_bank=beyond, admin=help_.county())
    with Workspace.open(path, readonly=True) as workspace:
        whole = coverage.load(workspace, on=date(2024, 1, 1))
        inside = coverage.load(workspace, on=date(2024, 1, 1), scope="district")
    assert whole.row("survey_rate").denominator == pytest.approx(16.0, rel=2e-3)
    assert inside.row("survey_rate").denominator == pytest.approx(12.3, rel=2e-3)
    assert inside.row("survey_rate").numerator == pytest.approx(10.0, rel=2e-3)
    assert "15.998" in whole.rules[-1]
    assert "12.299" in whole.rules[-1], "the other choice is said as well"
    bare = make_workspace(discharge_outlet=help_.outlet_frame(help_.outlet_rows()), river_bank=beyond)
    with Workspace.open(bare, readonly=True) as workspace, pytest.raises(OutletError, match="区县"):
        coverage.load(workspace, on=date(2024, 1, 1), scope="district")


def test_figures_through_time_end_on_the_day_asked_for():
    assert coverage.days_between(date(2020, 3, 2), date(2021, 2, 1), "quarter") == [
        date(2020, 3, 31), date(2020, 6, 30), date(2020, 9, 30), date(2020, 12, 31), date(2021, 2, 1)]  # fmt: skip
    assert coverage.days_between(date(2020, 11, 30), date(2021, 1, 31), "month") == [date(2020, 11, 30), date(2020, 12, 31), date(2021, 1, 31)]
    assert coverage.days_between(date(2020, 3, 2), date(2020, 3, 2), "year") == [date(2020, 3, 2)]
    with pytest.raises(OutletError):
        coverage.days_between(date(2021, 1, 1), date(2020, 1, 1), "year")
    with pytest.raises(OutletError):
        coverage.days_between(date(2020, 1, 1), date(2021, 1, 1), "week")


def test_progress_grows_with_the_dates_of_the_register(clean):
    with Workspace.open(clean, readonly=True) as workspace:
        through = coverage.load_progress(workspace, on=date(2023, 12, 31), step="year")
    assert [item.on for item in through] == [date(2021, 12, 31), date(2022, 12, 31), date(2023, 12, 31)]
    assert [item.row("acceptance_rate").numerator for item in through] == [0, 0, 3]
    assert [item.row("tracing_rate").numerator for item in through] == [3, 3, 3]

"""Results as laboratories write them, limits with their source, classes by the worst item, and what that says of a river."""

from __future__ import annotations

import csv
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.values import Unreadable
from layers.workspace import Workspace
from sanxian.outlets import bulk, register, water
from sanxian.outlets.errors import OutletError
from sanxian.outlets.water import CLASSES, Reading, Result, Section

ON = date(2026, 11, 22)
SECTION = Section("D1", "示例断面", "示例江", 2, (116.0, 29.7))


def results(point="section:D1", on=date(2026, 11, 1), limits=None, standard="", **values):
    return [
        Result(
            point,
            "示例",
            on,
            item,
            value if isinstance(value, Reading) else Reading(value),
            (limits or {}).get(item),
            standard,
        )
        for item, value in values.items()
    ]


@pytest.mark.parametrize(
    ("cell", "reading"),
    [
        ("0.35", Reading(0.35)),
        ("1,200", Reading(1200.0)),
        ("１２．５", Reading(12.5)),
        ("<0.05", Reading(0.05, True)),
        ("＜0.05", Reading(0.05, True)),
        ("0.025L", Reading(0.025, True)),
        ("0.025(L)", Reading(0.025, True)),
        ("ND(0.01)", Reading(0.01, True)),
        ("未检出（0.01）", Reading(0.01, True)),
        ("ND", Reading(None, True)),
        ("未检出", Reading(None, True)),
        ("1.2E-3", Reading(0.0012)),
        ("", None),
        ("/", None),
        ("—", None),
        ("未采样", None),
        (None, None),
    ],
)
def test_a_result_is_read_as_it_is_written(cell, reading):
    assert water.parse_reading(cell) == reading


@pytest.mark.parametrize("cell", ["约3", "3-5", "-1", "合格", "1.2.3"])
def test_what_is_no_result_is_not_guessed(cell):
    with pytest.raises(Unreadable):
        water.parse_reading(cell)


@pytest.mark.parametrize(
    ("cell", "limit"),
    [
        ("50", (None, 50.0)),
        ("≤50", (None, 50.0)),
        ("6-9", (6.0, 9.0)),
        ("6～9", (6.0, 9.0)),
        ("≥5", (5.0, None)),
        ("", None),
        ("/", None),
    ],
)
def test_a_limit_is_read_as_it_is_written(cell, limit):
    assert water.parse_limit(cell) == limit


def test_units_come_to_the_items_own():
    assert water.item_of("总磷（mg/L）") == ("tp", "mg/L")
    assert water.item_of("汞(μg/L)") == ("hg", "μg/L")
    assert water.item_of("CODCr") == ("cod", "")
    assert water.item_of("透明度") is None
    rows = [{"断面名称": "示例断面", "采样日期": "2026-11-01", "汞(μg/L)": "0.04L", "总磷(毫克/升)": "0.12"}]
    found = water.preview(rows, [], [SECTION])
    assert {item.item: item.reading for item in found.results} == {"hg": Reading(0.00004, True), "tp": Reading(0.12)}


def test_the_worst_item_gives_the_class_by_hand():
    """TP 0.23 is class IV (0.2 < 0.23 <= 0.3), COD 14 class I, NH3-N 0.9 class III: the section is class IV and misses III."""
    found = water.assess_section(SECTION, results(tp=0.23, cod=14.0, nh3n=0.9, ph=7.2, do=6.5))
    assert (CLASSES[found.water_class], found.worst, found.meets) == ("Ⅳ类", ("tp",), False)
    assert (found.measured, found.wanted) == (5, 21)
    (over,) = found.exceeding
    assert over.limit == (None, 0.2)
    assert over.multiple == pytest.approx(0.15)


def test_at_the_limit_is_within_it_and_oxygen_falls():
    found = water.assess_section(SECTION, results(tp=0.2, do=5.0))
    assert CLASSES[found.water_class] == "Ⅲ类"
    assert found.meets is True
    low = water.assess_section(SECTION, results(do=1.9))
    assert CLASSES[low.water_class] == "劣Ⅴ类"
    assert low.exceeding[0].multiple is None, "no multiple is given for oxygen"


def test_acid_water_is_worse_than_class_five():
    assert CLASSES[water.assess_section(SECTION, results(ph=5.4)).water_class] == "劣Ⅴ类"


def test_total_nitrogen_counts_for_lakes_only():
    river = water.assess_section(SECTION, results(tn=5.0, cod=10.0))
    assert CLASSES[river.water_class] == "Ⅰ类"
    assert [item.why for item in river.items if item.result.item == "tn"] == ["reference"]
    lake = Section("L", "示例湖心", "示例湖", 2, None, lake=True)
    assert CLASSES[water.assess_section(lake, results(tn=5.0, cod=10.0)).water_class] == "劣Ⅴ类"
    assert CLASSES[water.assess_section(lake, results(tp=0.04)).water_class] == "Ⅲ类", "0.04 is class II in a river"


def test_below_detection_meets_what_is_not_lower_and_leaves_open_what_is():
    fine = water.assess_section(SECTION, results(tp=Reading(0.01, True)))
    assert (CLASSES[fine.best], CLASSES[fine.water_class], fine.meets) == ("Ⅰ类", "Ⅰ类", True)
    coarse = water.assess_section(SECTION, results(tp=Reading(0.25, True)))
    assert (CLASSES[coarse.best], CLASSES[coarse.water_class], coarse.meets) == ("Ⅰ类", "Ⅳ类", None)
    bare = water.assess_section(SECTION, results(tp=Reading(None, True)))
    assert bare.meets is None
    assert bare.items[0].why == "detection"


def test_nothing_measured_is_no_class():
    found = water.assess_section(SECTION, [])
    assert (found.water_class, found.meets, found.measured) == (None, None, 0)


@given(
    st.dictionaries(st.sampled_from(["cod", "nh3n", "tp", "bod", "codmn"]), st.floats(0, 100), min_size=1),
    st.floats(0, 100),
)
def test_another_item_never_makes_water_better(values, more):
    before = water.assess_section(SECTION, results(**values))
    after = water.assess_section(SECTION, results(**{**values, "cu": more}))
    assert after.water_class >= before.water_class


@given(st.sampled_from(["cod", "nh3n", "tp"]), st.floats(0, 100), st.floats(0, 100))
def test_more_of_it_is_never_better(item, one, other):
    low, high = sorted((one, other))
    first, second = (water.assess_section(SECTION, results(**{item: value})).water_class for value in (low, high))
    assert first <= second


def outlet(**values):
    return register.Outlet("X1", {"name": "示例排口", **values})


def test_the_outlets_own_limit_comes_first():
    found = water.assess_outlet(
        outlet(standard="GB 18918-2002 一级A"), results("outlet:X1", cod=55.0, limits={"cod": (None, 60.0)})
    )
    assert found.meets is True
    assert found.items[0].verified


def test_a_named_standard_is_used_and_marked_as_not_verified():
    found = water.assess_outlet(
        outlet(standard="《城镇污水处理厂污染物排放标准》（GB18918-2002）一级A"), results("outlet:X1", cod=55.0, tp=0.4)
    )
    by_item = {item.result.item: item for item in found.items}
    assert by_item["cod"].state == "exceeds"
    assert by_item["cod"].multiple == pytest.approx(0.1)
    assert by_item["tp"].state == "meets"
    assert not by_item["cod"].verified


@pytest.mark.parametrize(("value", "state"), [(4.9, "meets"), (6.0, "unknown"), (8.1, "exceeds")])
def test_between_two_limits_that_the_temperature_decides_nothing_is_said(value, state):
    found = water.assess_outlet(outlet(standard="GB 18918-2002 一级A"), results("outlet:X1", nh3n=value))
    assert found.items[0].state == state


def test_without_a_limit_nothing_is_judged():
    found = water.assess_outlet(outlet(standard="GB 8978-1996 一级"), results("outlet:X1", cod=500.0))
    assert (found.items[0].state, found.items[0].why, found.meets) == ("unknown", "no-limit", None)


def test_a_wide_table_and_a_long_one_say_the_same(help_, clean):
    with Workspace.open(clean, readonly=True) as workspace:
        outlets, sections = register.read_register(workspace), water.read_sections(workspace)
    wide = [
        {
            "排污口编码": "FA3604040001GY00",
            "采样日期": "2026年3月5日",
            "COD(mg/L)": "48",
            "氨氮": "<0.025",
            "总磷": "",
            "COD限值": "40",
        },
        {
            "排污口编码": "示例出境断面",
            "采样日期": "2026-03-06",
            "COD(mg/L)": "12",
            "氨氮": "ND",
            "总磷": "/",
            "COD限值": "",
        },
    ]
    long = [
        {
            "点位": row["排污口编码"],
            "日期": row["采样日期"],
            "监测项目": item,
            "监测值": row[item],
            "单位": "mg/L",
            "限值": row["COD限值"] if "COD" in item else "",
        }
        for row in wide
        for item in ("COD(mg/L)", "氨氮", "总磷")
    ]
    one, two = water.preview(wide, outlets, sections), water.preview(long, outlets, sections)
    assert [r.to_json() for r in one.results] == [r.to_json() for r in two.results]
    assert (one.missing, two.missing) == (2, 2)
    assert [r.point for r in one.results] == ["outlet:FA-360404-0001-GY-00"] * 2 + ["section:示例出境断面"] * 2
    assert one.results[0].limit == (None, 40.0)
    assert not one.problems


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"点位": "", "日期": "2026-01-01", "COD": "1"}, "no-point"),
        ({"点位": "示例出境段面", "日期": "2026-01-01", "COD": "1"}, "not-found"),
        ({"点位": "示例出境断面", "日期": "去年", "COD": "1"}, "no-date"),
        ({"点位": "示例出境断面", "日期": "01/02/2026", "COD": "1"}, "no-date"),
        ({"点位": "示例出境断面", "日期": "2026-01-01", "COD": "很高"}, "unreadable"),
        ({"点位": "示例出境断面", "日期": "2026-01-01", "COD": "1", "透明度": "1"}, "unknown-column"),
        ({"点位": "示例出境断面", "日期": "2026-01-01", "COD": "1", "COD限值": "看情况"}, "limit"),
    ],
)
def test_what_cannot_be_taken_is_told(row, problem, clean):
    with Workspace.open(clean, readonly=True) as workspace:
        outlets, sections = register.read_register(workspace), water.read_sections(workspace)
    found = water.preview([row], outlets, sections)
    assert [item.problem for item in found.problems] == [problem]
    assert found.problems[0].words()
    if problem == "not-found":
        assert "示例出境断面" in found.problems[0].words(), "what is like it is named, not taken"


def test_a_table_that_is_none_is_refused(clean):
    for row, words in (
        ({"日期": "2026-01-01", "COD": "1"}, "点位"),
        ({"点位": "x", "COD": "1"}, "采样日期"),
        ({"点位": "x", "日期": "2026-01-01", "天气": "晴"}, "监测项目"),
    ):
        with pytest.raises(OutletError, match=words):
            water.preview([row], [], [])


def test_results_are_kept_once_and_taken_back(clean, tmp_path):
    path = tmp_path / "监测.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([["断面名称", "采样日期", "总磷"], ["示例出境断面", "2026-11-01", "0.35"]])
    with Workspace.open(clean) as workspace:
        outlets, sections = register.read_register(workspace), water.read_sections(workspace)
        found = water.preview_file(path, outlets, sections)
        water.keep(workspace, found, on=ON, title=path.name)
        again = water.preview_file(path, outlets, sections, known=water.read_results(workspace))
        assert (len(again.results), again.known) == (0, 1)
        assert len(water.read_results(workspace)) == 1
        bulk.undo(workspace)
        assert water.read_results(workspace) == []


def test_a_second_value_for_one_sample_is_kept_and_the_worse_one_counts():
    rows = [
        {"点位": "示例断面", "日期": "2026-11-01", "总磷": "0.1"},
        {"点位": "示例断面", "日期": "2026-11-01", "总磷": "0.5"},
    ]
    found = water.preview(rows, [], [SECTION])
    assert [item.problem for item in found.problems] == ["contradicts"]
    assert CLASSES[water.assess_section(SECTION, found.results).water_class] == "劣Ⅴ类"


# Bank of 10 km, sections at 100 m and 9000 m: reaches 0-100, 100-9000, 9000-10000.
def test_reaches_take_the_quality_of_their_lower_end(clean):
    with Workspace.open(clean, readonly=True) as workspace:
        outlets, sections = register.read_register(workspace), water.read_sections(workspace)
        from sanxian.outlets.banks import read_banks

        banks = read_banks(workspace)
    sections = [Section(s.key, s.name, s.river, 2, s.lonlat) for s in sections]
    found = results("section:示例出境断面", tp=0.35) + results("section:示例入境断面", tp=0.05)
    quality = water.assess(found, outlets, sections, banks, on=ON)
    assert [(r.state, round(r.from_m, -1), round(r.to_m, -1)) for r in quality.reaches] == [
        ("meets", 0, 100),
        ("exceeds", 100, 9000),
        ("unknown", 9000, 10_000),
    ]
    assert quality.reaches[1].lonlat.length > 0
    assert quality.reaches[2].why == "no-section"
    (warned,) = [item for item in quality.warnings if item.finding == "section-exceeds"]
    assert "Ⅴ类" in warned.message
    assert "0.75" in warned.message
    stale = water.assess(found, outlets, sections, banks, on=date(2028, 1, 1))
    assert {r.why for r in stale.reaches[:2]} == {"stale"}, "old results do not speak of today"
    assert {r.state for r in stale.reaches} == {"unknown"}
    none = water.assess([], outlets, sections, banks, on=ON)
    assert {r.state for r in none.reaches} == {"unknown"}
    early = water.assess(found, outlets, sections, banks, on=date(2026, 10, 1))
    assert {r.state for r in early.reaches} == {"unknown"}, "what is sampled later has not happened"


def test_warnings_name_large_outlets_that_nobody_samples():
    big = register.Outlet("B", {"name": "大口", "flow_m3_d": 900.0, "discharging": True})
    small = register.Outlet("S", {"name": "小口", "flow_m3_d": 3.0, "discharging": True})
    found = water.assess([], [big, small], [], [], on=ON)
    assert [(item.finding, item.outlet) for item in found.warnings] == [("outlet-unmeasured", "B")]


def test_the_registers_own_sample_counts_where_no_other_was_kept():
    item = register.Outlet("X1", {"name": "示例", "cod": 48.0, "monitored_on": "2026-05-01"}, extra={"COD限值": "40"})
    (result,) = water.of_register(item)
    assert (result.on, result.reading, result.limit) == (date(2026, 5, 1), Reading(48.0), (None, 40.0))
    assert water.assess([result], [item], [], [], on=ON).outlets["X1"][-1].meets is False

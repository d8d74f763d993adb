from __future__ import annotations

from datetime import date

import pytest

from layers.workspace import Workspace
from sanxian.outlets import advice, register

BEFORE, AFTER = date(2026, 8, 14), date(2026, 8, 15)
ALL_ROLES = ("water_source", "protected_area", "germplasm_reserve", "scenic_area", "industrial_park", "sewer")
AWAY = (-9000.0, -9000.0, -8900.0, -8900.0)


@pytest.fixture(scope="module")
def rules():
    from sanxian.screen import rule_set

    return rule_set()


@pytest.fixture
def advise(help_, rules):
    def ask(*changes, on=AFTER, without=(), coverage=None, **zones):
        frames = {
            "water_source": help_.zone(*AWAY, name="远", grade="1"), "protected_area": help_.zone(*AWAY, name="远", zone="core"),
            "germplasm_reserve": help_.zone(*AWAY, name="远"), "scenic_area": help_.zone(*AWAY, name="远", core=True),
            "industrial_park": help_.zone(*AWAY, name="远"), "sewer": help_.zone(*AWAY, name="远", kind="污水"), **zones,
        }  # fmt: skip
        area = (help_.zone(-20e3, -20e3, 40e3, 20e3) if coverage is None else coverage).to_crs(4490).geometry[0]
        layers = [
            advice.zones_of(role, frame, accuracy_m=3.0, coverage=area) for role, frame in frames.items() if role not in without
        ]  # fmt: skip
        outlets = register.from_frame(help_.outlet_frame(help_.outlet_rows(*changes)), accuracy_m=3.0)
        asked = advice.Advisor(layers, rules, on=on, outlets=outlets)
        return [asked.advise(outlet) for outlet in outlets]

    return ask


def test_through_a_workspace(make_workspace, help_):
    path = make_workspace(
        discharge_outlet=help_.outlet_frame(help_.outlet_rows()), water_source=help_.zone(500, -500, 1500, 500, name="二级区", grade="2"),
        admin=help_.county(), coverage=None,
    )  # fmt: skip
    with Workspace.open(path, readonly=True) as workspace:
        outlets = register.read_register(workspace)
        asked = advice.advisor(workspace, outlets, on=AFTER)
        assert asked.advise(outlets[0]).remedy == "close"
        second = asked.advise(outlets[1])
    assert {"protected_area", "germplasm_reserve", "scenic_area"} <= set(second.unchecked)
    assert "water_source" not in second.unchecked, "the counties stand in for its coverage"


def test_in_a_water_source_zone_the_article_is_that_of_the_day(advise, help_):
    zones = {"water_source": help_.zone(500, -500, 1500, 500, name="示例水源二级区", grade="2")}
    old, new = advise(on=BEFORE, **zones)[0], advise(on=AFTER, **zones)[0]
    assert (old.remedy, new.remedy) == ("close", "close")
    assert "水污染防治法" in old.basis[0]
    assert "第六十四条" in old.basis[0]
    assert "生态环境法典" in new.basis[0]
    assert "第三百一十八条" in new.basis[0]
    assert new.certain
    assert new.differs
    assert new.words().startswith("建议依法取缔：位于示例水源二级区（饮用水水源保护区）内；依据：")


def test_a_quasi_zone_and_an_edge_are_said(advise, help_):
    quasi = advise(water_source=help_.zone(500, -500, 1500, 500, name="准", grade="3"))[0]
    assert quasi.remedy == "close"
    assert not quasi.certain
    assert "准保护区" in quasi.words()
    for edge in (-1.0, 1.0):  # a metre inside and a metre outside, with 3 m of accuracy on either side
        near = advise(water_source=help_.zone(500, -500, 1500, edge, name="二级", grade="2"))[0]
        assert near.borderline
        assert not near.certain
        assert "须现场核实" in near.words()
    far = help_.zone(500, -500, 1500, -50.0, name="二级", grade="2")
    assert advise({"responsible": "乙"}, water_source=far)[0].remedy == "tidy"


def test_core_areas_and_special_waters(advise, help_):
    core = advise(protected_area=help_.zone(500, -500, 1500, 500, name="核心", zone="core", kind="nature_reserve"))[0]
    assert core.remedy == "close"
    assert "第八百六十一条" in core.basis[0]
    special = advise(germplasm_reserve=help_.zone(500, -500, 1500, 500, name="种质"))[0]
    assert special.remedy == "close"
    assert not special.certain, "the article forbids new ones: somebody has to look when this one was set"
    assert "新设" in special.words()


def test_merging(advise, help_):
    home = {"kind": "其他排口", "subkind": "城镇生活污水散排口"}
    sewer = help_.zone(500, 100, 1500, 120, name="截污干管", kind="污水")
    found = advise(home, sewer=sewer)[0]
    assert (found.remedy, found.reason) == ("merge", "merge-sewer")
    assert found.params["metres"] == pytest.approx(100, abs=1)
    assert advise(home, sewer=help_.zone(500, 100, 1500, 120, name="雨水箱涵", kind="雨水"))[0].remedy == "tidy"
    assert advise(home, sewer=help_.zone(500, 300, 1500, 320, name="截污干管", kind="污水"))[0].remedy == "tidy"
    found = advise(home, sewer=help_.zone(500, 100, 1500, 120, name="管"))[0]
    assert (found.remedy, found.certain) == ("merge", False), "a sewer of a kind that nobody wrote down may take rain alone"
    assert "雨水" in found.words()
    park = help_.zone(500, -900, 1600, -100, name="示例园")
    near = advise({}, industrial_park=park)[0]
    assert (near.reason, near.certain) == ("merge-park-near", False), "100 m from the park is not in it"
    assert near.params["metres"] == pytest.approx(100, abs=1)
    around = help_.zone(500, -900, 1600, 100, name="示例园")
    assert [advise({}, industrial_park=around)[0].reason, advise({}, industrial_park=around)[0].certain] == ["merge-park", True]
    assert advise({}, industrial_park=park, pollution_source=help_.sources())[0].reason == "merge-park-source"
    away = help_.points([("示例甲公司", 9000.0, -900.0, {"code": "S1"})])
    assert advise({}, {"responsible": "乙"}, {"responsible": "丙"}, industrial_park=park, pollution_source=away)[0].reason == "tidy"
    assert advise({}, {}, {"responsible": "丙"})[0].reason == "merge-several"
    assert advise({}, {}, {"responsible": "丙"})[2].reason == "tidy"


@pytest.mark.parametrize("role", ALL_ROLES[:4])
def test_a_layer_that_is_not_there_is_said(advise, role):
    found = advise({"responsible": "乙"}, without=(role,))[0]
    assert found.remedy == "tidy"
    assert found.unchecked == (role,)
    assert not found.certain
    assert "未核对" in found.words()


def test_a_layer_that_does_not_reach_so_far_is_not_checked(advise, help_):
    found = advise({"responsible": "乙"}, coverage=help_.zone(-9500, -9500, -8000, -8000))[0]
    assert set(found.unchecked) == {"water_source", "protected_area", "germplasm_reserve", "scenic_area", "industrial_park"}


def test_without_a_place_nothing_is_suggested(rules):
    outlet = register.from_rows([{"名称": "甲", "整治类型": "规范整治"}])[0]
    found = advice.Advisor([], rules, on=AFTER).advise(outlet)
    assert found.remedy is None
    assert not found.certain
    assert "无法按图判断" in found.words()

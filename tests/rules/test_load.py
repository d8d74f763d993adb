"""A slip in a rule file is an error with its place, never a gap."""

from __future__ import annotations

import pytest

from rules.load import load_files, load_pack
from rules.model import RuleError
from rules.ruleset import RuleSet

GOOD = """
id = "a"
dimension = "spatial_layout"
force = "statute"
[title]
zh = "甲"
en = "a"
[[version]]
in_force_from = 2021-01-01
outcome = "prohibited"
verified_on = 2026-11-01
confidence = "high"
spatial = { relation = "intersects", layer = "wetland", where = { grade = "national" } }
project = { attribute = "nature", in = ["new"] }
[[version.basis]]
document = "law"
article = "一"
"""
SECOND = """
[[version]]
in_force_from = 2026-08-15
outcome = "prohibited"
verified_on = 2026-11-01
confidence = "high"
[[version.basis]]
document = "law"
article = "二"
"""

FAULTS = [
    ("未知键", 'force = "statute"', 'force = "statute"\ncolour = "red"', "不认识的键 colour"),
    ("缺标题", '[title]\nzh = "甲"\nen = "a"', "", "缺少“title”"),
    ("缺英文", 'en = "a"\n', "", "缺少“en”"),
    ("结论不认识", '"prohibited"', '"forbidden"', "forbidden"),
    ("结论不能是资料不足", '"prohibited"', '"undetermined"', "undetermined"),
    ("效力不认识", '"statute"', '"law"', "“force”应为"),
    ("日期写成文字", "in_force_from = 2021-01-01", 'in_force_from = "2021-01-01"', "应为日期"),
    ("日期带时刻", "in_force_from = 2021-01-01", "in_force_from = 2021-01-01T00:00:00", "不带时刻"),
    ("先失效后施行", "in_force_from = 2021-01-01", "in_force_from = 2021-01-01\nin_force_until = 2020-01-01", "施行之前"),
    ("关系不认识", '"intersects"', '"near"', "不认识的空间关系“near”"),
    ("缺距离", '"intersects"', '"within_distance"', "需要 distance_m"),
    ("多余的距离", 'layer = "wetland"', 'layer = "wetland", distance_m = 5', "只有 within_distance"),
    ("两种比较", 'in = ["new"]', 'in = ["new"], is = "new"', "有且只有一种比较"),
    ("没有比较", ', in = ["new"]', "", "有且只有一种比较"),
    ("列表写成文字", 'in = ["new"]', 'in = "new"', "应为文字列表"),
    ("数字写成文字", 'in = ["new"]', 'at_most = "35"', "应为数字"),
    ("空的 all", '{ attribute = "nature", in = ["new"] }', "{ all = [] }", "至少含一个条件"),
    ("条件里的生词", '{ attribute = "nature", in = ["new"] }', '{ python = "import os" }', "不认识的条件"),
    ("没有依据", '[[version.basis]]\ndocument = "law"\narticle = "一"', "", "缺少“basis”"),
    ("不是 TOML", "[title]", "[title", "不是有效的 TOML"),
    ("参考文件不能禁止", '"statute"', '"reference"', "最多只能给出“提示”"),
]


@pytest.mark.parametrize(("old", "new", "said"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_fault(old, new, said):
    assert old in GOOD
    with pytest.raises(RuleError) as caught:
        load_files("p", {"a.toml": GOOD.replace(old, new).encode()})
    assert said in str(caught.value)
    assert "a.toml" in str(caught.value)


def test_good_loads_and_versions_must_not_overlap():
    assert load_files("p", {"a.toml": GOOD.encode()}).rules[0].id == "a"
    with pytest.raises(RuleError, match="in_force_until"):
        load_files("p", {"a.toml": (GOOD + SECOND).encode()})
    ended = GOOD.replace("in_force_from = 2021-01-01", "in_force_from = 2021-01-01\nin_force_until = 2026-08-14")
    assert len(load_files("p", {"a.toml": (ended + SECOND).encode()}).rules[0].versions) == 2


def test_duplicate_id_and_unregistered_document():
    with pytest.raises(RuleError, match="已在 a.toml 中使用"):
        load_files("p", {"a.toml": GOOD.encode(), "b.toml": GOOD.encode()})
    with pytest.raises(RuleError, match="未在文件登记表中登记"):
        RuleSet.of([load_files("p", {"a.toml": GOOD.encode()})])


def test_a_distance_of_the_users_can_never_prohibit():
    open_distance = GOOD.replace('"intersects"', '"within_distance", distance_m = { parameter = "x" }')
    with pytest.raises(RuleError, match="最多只能是“提示”"):
        load_files("p", {"a.toml": open_distance.encode()})


def test_a_folder_that_is_none_or_empty(tmp_path):
    with pytest.raises(RuleError, match="不是文件夹"):
        load_pack(tmp_path / "no")
    with pytest.raises(RuleError, match="没有 .toml"):
        load_pack(tmp_path)


def test_not_utf8(tmp_path):
    (tmp_path / "a.toml").write_bytes(GOOD.encode("gbk"))
    with pytest.raises(RuleError, match="不是 UTF-8"):
        load_pack(tmp_path)


def test_deep_nesting_is_refused_and_does_not_crash():
    deep = GOOD.replace('{ attribute = "nature", in = ["new"] }', "{ not = " * 3000 + "{ always = true }" + " }" * 3000)
    with pytest.raises(RuleError):
        load_files("p", {"a.toml": deep.encode()})

"""One cell into clauses: nothing lost, whatever the numbering."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanxian.access_list.clauses import is_neutral, split_clauses, strip_number


def squeeze(text):
    return re.sub(r"\s+", "", text)


def owns(text):
    return [part.own for part in split_clauses(text)]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("1.禁止甲。2.禁止乙。3、限制丙。", ["禁止甲。", "禁止乙。", "限制丙。"]),
        ("1．禁止甲；２．禁止乙。", ["禁止甲；", "禁止乙。"]),
        ("（1）禁止甲。\n（2）禁止乙。", ["禁止甲。", "禁止乙。"]),
        ("(1)禁止甲;(2)禁止乙", ["禁止甲;", "禁止乙"]),
        ("①禁止甲；②限制乙；③鼓励丙", ["禁止甲；", "限制乙；", "鼓励丙"]),
        ("一、禁止甲。\n二、限制乙。", ["禁止甲。", "限制乙。"]),
        ("（一）禁止甲。（二）限制乙。", ["禁止甲。", "限制乙。"]),
        ("1.1 禁止甲。\n1.2 禁止乙。\n2.1 加强丙。", ["禁止甲。", "禁止乙。", "加强丙。"]),
        ("1-1.【产业/禁止类】禁止甲。\n1-2.【产业/限制类】限制乙。", ["【产业/禁止类】禁止甲。", "【产业/限制类】限制乙。"]),
        ("⑴禁止甲。⑵禁止乙。", ["禁止甲。", "禁止乙。"]),
        ("1）禁止甲；2）禁止乙", ["禁止甲；", "禁止乙"]),
        ("1 禁止甲。\n2 禁止乙。", ["禁止甲。", "禁止乙。"]),
        ("禁止甲。\n禁止乙。", ["禁止甲。", "禁止乙。"]),
        ("• 禁止甲。\n• 禁止乙。", ["禁止甲。", "禁止乙。"]),
        # numbers that number nothing
        ("禁止新建2.5万吨以下项目。", ["禁止新建2.5万吨以下项目。"]),
        ("1.淘汰\n35、65蒸吨锅炉。2.鼓励甲。", ["淘汰\n35、65蒸吨锅炉。", "鼓励甲。"]),
        ("严格执行第（一）款、第（二）款。", ["严格执行第（一）款、第（二）款。"]),
        ("到2025年，下降18%。", ["到2025年，下降18%。"]),
        # a line that only wraps is no clause of its own
        ("禁止新建化工、\n造纸项目。", ["禁止新建化工、\n造纸项目。"]),
        ("", []),
        (" \n\u3000", []),
    ],
)
def test_numbering(text, clauses):
    assert owns(text) == clauses


def test_a_heading_stays_with_its_first_clause_and_rules_the_rest():
    parts = split_clauses("一、禁止类：\n1.禁止甲。\n2.禁止乙。\n二、限制类\n（1）限制丙。")
    assert [part.text for part in parts] == ["一、禁止类：\n1.禁止甲。", "2.禁止乙。", "二、限制类\n（1）限制丙。"]
    assert [part.headings for part in parts] == [("禁止类：",), ("禁止类：",), ("限制类",)]


@pytest.mark.parametrize(
    "text",
    [
        "岸线一公里范围内：\n1.禁止甲。\n2.禁止乙。",
        "（一）岸线一公里范围内：\n1.禁止甲。\n2.禁止乙。",
        "岸线一公里范围内\n1.禁止甲。\n禁止类：\n1.禁止乙。",
        "岸线一公里范围内：\n禁止甲。\n禁止乙。",
        "岸线一公里范围内：\n禁止类：\n1.禁止甲。\n限制类：\n1.限制乙。",
        "本栏适用于岸线一公里范围内的项目。\n1.禁止甲。\n2.禁止乙。",
        "1.岸线一公里范围内从严管理。（1）禁止甲。（2）禁止乙。",
    ],
)
def test_a_scope_set_above_reaches_every_clause_below(text):
    below = [part for part in split_clauses(text) if re.search("[甲乙]", part.own)]
    assert len(below) == 2
    for part in below:
        assert any("岸线" in heading for heading in part.headings), part


def test_a_lead_in_and_its_list_are_one_clause():
    (part, other) = split_clauses("1.禁止新建下列项目：（1）化工；（2）造纸。\n2.加强巡查。")
    assert part.text == "1.禁止新建下列项目：（1）化工；（2）造纸。"
    assert part.items == ("化工；", "造纸。")
    assert other.own == "加强巡查。"


def test_neutral_headings():
    for heading in ("禁止类：", "【产业/禁止类】", "禁止开发建设活动的要求：", "空间布局约束", "其他空间布局约束要求"):
        assert is_neutral(heading), heading
    for heading in ("岸线一公里范围内：", "合规园区外：", "除国家重大项目外："):
        assert not is_neutral(heading), heading


PIECES = st.lists(
    st.sampled_from(
        [
            "1.", "2.", "3、", "１．", "（1）", "(2)", "①", "②", "一、", "二、", "（一）", "（二）", "1.1", "1-2.", "a.", "•", "第一条",
            "\n", "\n", " ", "\u3000", "。", "；", "：", "，", "、", "禁止新建化工项目", "限制类：", "岸线一公里范围内：",
            "下列项目：", "35蒸吨", "2.5万吨", "鼓励甲", "《目录》", "【禁止类】", "（含）", "\t", "\r\n", "“", "”", "百", "十",
        ]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(PIECES | st.text(max_size=80))
def test_nothing_published_is_dropped(text):
    parts = split_clauses(text)
    assert squeeze("".join(part.text for part in parts)) == squeeze(text)
    for part in parts:
        assert part.text.strip()


def test_strip_number():
    assert strip_number("（一）禁止甲。") == "禁止甲。"
    assert strip_number("1.1 禁止甲。") == "禁止甲。"
    assert strip_number("禁止甲。") == "禁止甲。"


def test_a_very_long_cell_is_split_in_good_time():
    text = "".join(f"{number}.禁止新建示例{number}项目。\n" for number in range(1, 100)) * 15
    assert len(split_clauses(text)) == 99 * 15

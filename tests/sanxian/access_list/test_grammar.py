"""What clauses are read as: the golden table, and the many that a person must read."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.conditions import parse_condition
from sanxian.access_list.clauses import split_clauses
from sanxian.access_list.grammar import condition_words, read_clause
from sanxian.access_list.lexicon import load_lexicon, plain

NEW = {"attribute": "nature", "in": ["new", "relocation"]}
NEW_OR_EXPANSION = {
    "any": [
        {"attribute": "nature", "in": ["new", "expansion", "relocation"]},
        {"all": [{"attribute": "nature", "in": ["upgrade"]}, {"attribute": "adds_capacity", "is": True}]},
    ]
}
CHEMICAL = {"attribute": "is_chemical", "is": True}


def read(text):
    (part,) = split_clauses(text)
    return read_clause(part)


READ = [
    ("禁止新建、扩建化工项目。", "prohibited", ("new", "expansion"), {"all": [NEW_OR_EXPANSION, CHEMICAL]}),
    ("1.严禁新建化工企业；", "prohibited", ("new",), {"all": [NEW, CHEMICAL]}),
    ("化工项目一律不得新建。", "prohibited", ("new",), {"all": [NEW, CHEMICAL]}),
    ("不再审批化工项目", "prohibited", (), CHEMICAL),
    ("在本单元内禁止新建化工项目", "prohibited", ("new",), {"all": [NEW, CHEMICAL]}),
    ("【产业/禁止类】禁止新建化工项目", "prohibited", ("new",), {"all": [NEW, CHEMICAL]}),
    ("严格控制造纸项目。", "restricted", (), {"attribute": "industry_code", "prefix": ["C221", "C222"]}),
    (
        "限制新建制革、印染项目。",
        "restricted",
        ("new",),
        {
            "all": [
                NEW,
                {
                    "attribute": "industry_code",
                    "prefix": ["C191", "C1713", "C1723", "C1733", "C1743", "C1752", "C1762"],
                },
            ]
        },
    ),
    (
        "原则上不再审批新建水泥项目。",
        "restricted",
        ("new",),
        {"all": [NEW, {"attribute": "industry_code", "prefix": ["C3011"]}]},
    ),
    (
        "禁止新建每小时35蒸吨及以下燃煤锅炉。",
        "prohibited",
        ("new",),
        {
            "all": [
                NEW,
                {"attribute": "fuels", "any_of": ["coal"]},
                {"attribute": "boiler_t_h", "at_most": 35, "unit": "t/h"},
            ]
        },
    ),
    (
        "禁止新建不足１０吨／小时的燃煤锅炉",
        "prohibited",
        ("new",),
        {
            "all": [
                NEW,
                {"attribute": "fuels", "any_of": ["coal"]},
                {"attribute": "boiler_t_h", "less_than": 10, "unit": "t/h"},
            ]
        },
    ),
    (
        "除热电联产外，禁止新建燃煤锅炉。",
        "prohibited",
        ("new",),
        {
            "all": [
                NEW,
                {"attribute": "fuels", "any_of": ["coal"]},
                {"not": {"attribute": "industry_code", "prefix": ["D4412"]}},
            ]
        },
    ),
    (
        "禁止新建化工项目（国家重大项目除外）。",
        "prohibited",
        ("new",),
        {"all": [NEW, CHEMICAL, {"not": {"attribute": "national_major_project", "is": True}}]},
    ),
    (
        "禁止新建畜禽养殖场。",
        "prohibited",
        ("new",),
        {"all": [NEW, {"attribute": "is_livestock", "is": True}]},
    ),
    ("禁止新建入河排污口。", "prohibited", ("new",), {"attribute": "new_outlet", "in": ["new"]}),
    (
        "禁止新设、改设、扩大排污口。",
        "prohibited",
        ("new", "expansion", "rebuild"),
        {"attribute": "new_outlet", "in": ["new", "moved", "enlarged"]},
    ),
    (
        "严禁新增钢铁、水泥产能。",
        "prohibited",
        ("new",),
        {
            "all": [
                {"attribute": "adds_capacity", "is": True},
                {"attribute": "industry_code", "prefix": ["C31", "C3011"]},
            ]
        },
    ),
    (
        "新建涉重金属项目执行倍量替代。",
        "conditional",
        ("new",),
        {
            "all": [
                NEW,
                {
                    "attribute": "heavy_metals",
                    "any_of": ["lead", "mercury", "cadmium", "chromium", "arsenic", "thallium", "antimony"],
                },
            ]
        },
    ),
    (
        "新建项目主要污染物排放实行等量或倍量替代。",
        "conditional",
        ("new",),
        {"all": [NEW, {"attribute": "discharges_pollutants", "is": True}]},
    ),
    (
        "新建造纸、水泥项目实行主要污染物等量替代。",
        "conditional",
        ("new",),
        {
            "all": [
                NEW,
                {"attribute": "industry_code", "prefix": ["C221", "C222", "C3011"]},
                {"attribute": "discharges_pollutants", "is": True},
            ]
        },
    ),
    ("新建化工项目须取得排污许可证。", "conditional", ("new",), {"all": [NEW, CHEMICAL]}),
    (
        "禁止新建下列项目：（1）化工；（2）造纸。",
        "prohibited",
        ("new",),
        {"all": [NEW, {"any": [{"attribute": "industry_code", "prefix": ["C221", "C222"]}, CHEMICAL]}]},
    ),
    (
        "禁止新建化工、造纸等两类项目",
        "prohibited",
        ("new",),
        {"all": [NEW, {"any": [{"attribute": "industry_code", "prefix": ["C221", "C222"]}, CHEMICAL]}]},
    ),
    (
        "严格控制新建造纸、扩建水泥项目。",
        "restricted",
        ("new", "expansion"),
        {
            "any": [
                {"all": [NEW, {"attribute": "industry_code", "prefix": ["C221", "C222"]}]},
                {
                    "all": [
                        {
                            "any": [
                                {"attribute": "nature", "in": ["expansion"]},
                                NEW_OR_EXPANSION["any"][1],
                            ]
                        },
                        {"attribute": "industry_code", "prefix": ["C3011"]},
                    ]
                },
            ]
        },
    ),
    (
        "禁止改建尾矿库，以提升安全、生态环境保护水平为目的的改建除外。",
        "prohibited",
        ("rebuild",),
        {
            "all": [
                {"attribute": "nature", "in": ["rebuild"]},
                {"attribute": "is_tailings_pond", "is": True},
                {
                    "not": {
                        "all": [
                            {"attribute": "nature", "in": ["rebuild"]},
                            {"attribute": "tailings_purpose", "in": ["safety", "environment"]},
                        ]
                    }
                },
            ]
        },
    ),
]


@pytest.mark.parametrize(("text", "outcome", "natures", "project"), READ, ids=[row[0] for row in READ])
def test_read(text, outcome, natures, project):
    reading = read(text)
    assert reading.status == "machine_read", reading.words
    assert reading.outcome == outcome
    assert reading.natures == natures
    assert reading.project == project
    parse_condition(dict(reading.project), text)
    assert "读自" in reading.words


MANUAL = [
    ("长江干流岸线一公里范围内禁止新建、扩建化工项目。", "空间限定"),
    ("合规园区外禁止新建、扩建化工项目。", "空间限定"),
    ("禁止在水源保护区内新建化工项目。", "空间限定"),
    ("本单元外禁止新建化工项目。", "空间限定"),
    ("禁止新建不符合产业政策的化工项目。", "条件"),
    ("未通过审查的化工项目不得建设。", "条件"),
    ("禁止新建、扩建《产业结构调整指导目录》淘汰类项目。", "引用"),
    ("禁止新建、扩建钢铁、化工、焦化等高污染项目。", "等"),
    ("禁止新建、扩建化工、造纸等项目。", "等"),
    ("禁止新建化工、造纸等三类项目。", "等"),
    ("禁止新建化工项目，民生项目除外。", "例外"),
    ("禁止新建钢铁、化工项目（国家重大项目除外）。", "例外"),
    ("除民生工程外，禁止新建化工项目。", "例外"),
    ("禁止新建、扩建化工项目，以提升安全、生态环境保护水平为目的的改建除外。", "例外"),
    ("禁止新建规模化畜禽养殖场。", "词表"),
    ("禁止新建化工仓储项目。", "词表"),
    ("禁止新建20吨以下燃煤锅炉。", "词表"),
    ("禁止新建10蒸吨/小时以下锅炉。", "词表"),
    ("禁止新建生产工艺落后的化工项目。", "词表"),
    ("禁止项目。", "词表"),
    ("限制水泥产能。", "词表"),
    ("停止建设化工项目。", ""),
    ("现有化工企业应逐步退出。", "现有"),
    ("禁止新建化工项目。现有化工企业应搬入园区。", "现有"),
    ("禁止新建化工项目，严格控制新建造纸项目。", "几种结论"),
    ("新建涉VOCs项目执行倍量替代。", "句式"),
    ("建立应急预案。", ""),
    ("2025", "句式"),
    ("1.", "没有内容"),
    ("禁止类：", "标题"),
    ("禁止新建化工项目，执行上述规定。", "引用"),
]


@pytest.mark.parametrize(("text", "why"), MANUAL, ids=[row[0] for row in MANUAL])
def test_left_to_a_person(text, why):
    reading = read(text)
    assert reading.status == "manual"
    assert reading.project is None
    assert why in reading.words


@pytest.mark.parametrize("text", ["鼓励发展电子信息产业。", "推进中水回用。", "加强畜禽养殖污染防治。", "提高用水效率。"])
def test_a_task_is_no_bar(text):
    reading = read(text)
    assert (reading.status, reading.outcome) == ("manual", "advisory")
    assert "没有读到对项目准入的禁止或限制" in reading.words


@pytest.mark.parametrize("text", ["加强管理，关停污染企业。", "推进化工企业退出。", "落实岸线一公里禁令。", "加强监管，化工项目应入园。"])
def test_a_task_with_a_bar_in_it_is_not_called_harmless(text):
    reading = read(text)
    assert (reading.status, reading.outcome) == ("manual", None)


def test_two_bars_of_one_kind_in_a_clause_are_read_together():
    reading = read("禁止新建化工项目；严禁新建造纸项目。")
    assert reading.project == {
        "any": [
            {"all": [NEW, CHEMICAL]},
            {"all": [NEW, {"attribute": "industry_code", "prefix": ["C221", "C222"]}]},
        ]
    }


# one more word anywhere can change a clause: what is not known must never be skipped
@given(
    st.sampled_from([row[0] for row in READ]),
    st.sampled_from(["园区外", "不符合要求的", "部分", "大型", "露天", "《目录》内", "非", "河道", "上述", "夜间", "某"]),
    st.data(),
)
def test_a_word_that_is_not_known_is_never_skipped(text, word, data):
    at = data.draw(st.integers(0, len(text)))
    changed = text[:at] + word + text[at:]
    for part in split_clauses(changed):
        if word in part.text:
            assert read_clause(part).status == "manual", changed


LETTERS = list("禁止新建扩化工造纸项目、，。（除外）等燃煤锅炉35蒸吨以下")


@given(st.text(max_size=60) | st.lists(st.sampled_from(LETTERS), max_size=30).map("".join))
def test_any_text_is_read_or_left_and_never_breaks(text):
    for part in split_clauses(text):
        reading = read_clause(part)
        assert reading.status in ("machine_read", "manual")
        assert (reading.project is None) == (reading.status == "manual")
        if reading.project is not None:
            parse_condition(dict(reading.project), "x")


def test_every_word_of_the_lexicon_is_found_whole():
    lexicon = load_lexicon()
    for word, term in lexicon.terms.items():
        assert lexicon.term_pattern.match(word).group() == word
        if term.condition is not None:
            parse_condition(dict(term.condition), word)
        assert term.codes or term.condition or term.outlet or term.anything
    for way_out in lexicon.exceptions.values():
        parse_condition(dict(way_out.condition), "exception")
    assert plain("“两高”") in lexicon.terms


def test_golden_readings():
    """Every reading of the table, as it was; a change to the grammar or the lexicon shows here as a diff."""
    golden = Path(__file__).with_name("golden_readings.json")
    now = {text: read(text).as_table() for text in [row[0] for row in READ] + [row[0] for row in MANUAL]}
    kept = json.loads(golden.read_text(encoding="utf-8"))
    assert now == kept


@pytest.mark.parametrize(
    ("text", "said", "not_said"),
    [
        ("禁止新建入河排污口。", "读作入河排污口的新设；条件：入河排污口设置为新设", "扩大"),
        ("禁止新设、扩大排污口。", "读作入河排污口的新设或扩大", "改设"),
        ("禁止新设、改设、扩大排污口。", "读作入河排污口的新设、改设或扩大", "任何"),
        ("不得设置排污口。", "读作入河排污口的新设、改设或扩大", "方式读自"),
        ("禁止新建每小时35蒸吨及以下燃煤锅炉。", "使用燃料含煤且锅炉规模≤35 t/h", "fuels"),
        ("新建项目主要污染物排放实行等量替代。", "限于“是否排放污染物”为是", "为否"),
        ("严格控制新建造纸、迁建水泥项目。", "迁建按新建看", "技改"),
        ("禁止新建、迁建造纸项目。", "建设性质为新建/迁建", "迁建按新建看"),
    ],
)
def test_the_words_say_what_the_condition_says(text, said, not_said):
    words = read(text).words
    assert said in words
    assert not_said not in words


@pytest.mark.parametrize("text", [row[0] for row in READ])
def test_every_value_of_the_condition_stands_in_the_words(text):
    reading = read(text)
    told = reading.words.rpartition("条件：")[2]
    assert told == condition_words(reading.project)
    for value in re.findall(r"'([A-T]\d+)'|(\d+)", str(reading.project)):
        assert any(part and part in told for part in value)

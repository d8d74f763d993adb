"""Two editions of one list: what changed, clause by clause."""

import json
from dataclasses import replace

import pytest
from openpyxl import Workbook

from sanxian.access_list import diff_lists, import_list

HEADER = ["环境管控单元编码", "环境管控单元名称", "空间布局约束", "污染物排放管控"]
CODE = "ZH36990120001"


@pytest.fixture
def edition(tmp_path):
    def make(spatial, *, code=CODE, name="示例单元"):
        path = tmp_path / f"{abs(hash((spatial, code, name)))}.xlsx"
        book = Workbook()
        book.active.append(HEADER)
        book.active.append([code, name, spatial, "鼓励清洁生产。"])
        book.save(path)
        book.close()
        return import_list(path).access_list

    return make


def kinds(old, new):
    return [(change.kind, (change.old or change.new).text) for change in diff_lists(old, new).changes]


def test_the_same_list_has_no_changes(edition, published):
    one = import_list(published).access_list
    diff = diff_lists(one, import_list(published).access_list)
    assert diff.changes == ()
    assert (diff.units_added, diff.units_removed, diff.units_changed) == ((), (), ())


def test_a_clause_put_in_at_the_top_changes_no_other(edition):
    old = edition("1.禁止新建化工项目。\n2.限制新建造纸项目。")
    new = edition("1.禁止新建电镀项目。\n2.禁止新建化工项目。\n3.限制新建造纸项目。")
    (change,) = diff_lists(old, new).changes
    assert (change.kind, change.old, change.new.text) == ("added", None, "1.禁止新建电镀项目。")
    (change,) = diff_lists(new, old).changes
    assert (change.kind, change.new) == ("removed", None)


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("限制新建化工项目。", "禁止新建化工项目。", "tightened"),
        ("禁止新建化工项目。", "限制新建化工项目。", "loosened"),
        ("禁止新建化工项目。", "禁止新建、扩建化工项目。", "tightened"),
        ("禁止新建化工、造纸项目。", "禁止新建化工项目。", "loosened"),
        ("禁止新建化工、造纸项目。", "禁止新建、扩建化工项目。", "reworded"),
        ("禁止新建化工项目。", "禁止新建化工项目（国家重大项目除外）。", "reworded"),
        ("禁止新建35蒸吨/小时以下燃煤锅炉。", "禁止新建10蒸吨/小时以下燃煤锅炉。", "reworded"),
        ("禁止新建化工项目。", "禁止新建化工项目。\n", None),
        ("鼓励发展电子信息产业。", "鼓励发展电子信息制造产业。", "reworded"),
    ],
)
def test_new_words(edition, old, new, kind):
    assert [name for name, _ in kinds(edition(old), edition(new))] == ([kind] if kind else [])


def test_the_same_words_read_otherwise(edition):
    old = edition("禁止新建化工项目。")
    new = replace(old, clauses=tuple(replace(clause, status="confirmed") for clause in old.clauses))
    assert {name for name, _ in kinds(old, new)} == {"reread"}


def test_units_that_came_went_and_changed(edition):
    old, new = edition("禁止甲。"), edition("禁止甲。", code="ZH36990120002")
    diff = diff_lists(old, new)
    assert (diff.units_added, diff.units_removed) == (("ZH36990120002",), (CODE,))
    assert diff.counts()["added"] == diff.counts()["removed"] == 2
    assert diff_lists(old, edition("禁止甲。", name="改名单元")).units_changed == (CODE,)


def test_it_is_plain_data(edition):
    table = diff_lists(edition("禁止甲。"), edition("禁止乙。\n加强丙。")).as_table()
    assert json.loads(json.dumps(table, ensure_ascii=False)) == table
    assert set(table["counts"]) == {"added", "removed", "tightened", "loosened", "reworded", "reread"}

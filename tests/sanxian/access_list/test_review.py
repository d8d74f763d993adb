"""A list out to the reviewers and back, nothing lost and nothing that was not decided."""

from dataclasses import replace
from datetime import date

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from rules.load import load_pack
from sanxian.access_list import AccessListError, export_review, import_list, import_review, write_pack
from sanxian.access_list.pack import condition_table
from sanxian.access_list.review import COLUMNS

COLUMN = {key: number for number, (key, _, _) in enumerate(COLUMNS, 1)}


@pytest.fixture
def listed(published):
    return import_list(published).access_list


@pytest.fixture
def sheet_file(listed, tmp_path):
    return export_review(listed, tmp_path / "审核.xlsx")


def decide(path, decisions):
    """Fill in the decisions, by clause id."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    rows = {sheet.cell(row, COLUMN["id"]).value: row for row in range(2, sheet.max_row + 1)}
    for identity, values in decisions.items():
        for key, value in {"reviewer": "示例审核人", "reviewed_on": "2026-11-22", **values}.items():
            sheet.cell(rows[identity], COLUMN[key], value)
    book.save(path)
    book.close()
    return path


def first(listed, status, **wanted):
    return next(
        clause
        for clause in listed.clauses
        if clause.status == status and all(getattr(clause, name) == value for name, value in wanted.items())
    )


def test_a_review_without_decisions_changes_nothing(listed, sheet_file):
    reviewed = import_review(listed, sheet_file)
    assert reviewed.access_list == listed
    open_ones = [issue for issue in reviewed.issues if issue.code == "review-undecided"]
    assert len(open_ones) == sum(clause.status == "machine_read" for clause in listed.clauses)


def test_the_same_list_gives_the_same_cells(listed, tmp_path):
    one, two = (load_workbook(export_review(listed, tmp_path / name)).worksheets[0] for name in ("1.xlsx", "2.xlsx"))
    assert [[cell.value for cell in row] for row in one] == [[cell.value for cell in row] for row in two]
    assert one.max_row == len(listed.clauses) + 1


def test_confirm_correct_and_leave_to_a_person(listed, sheet_file, tmp_path):
    read = first(listed, "machine_read")
    narrow = next(item for item in listed.clauses if item.text.startswith("1.禁止新建制革"))
    loose = first(listed, "machine_read", outcome="restricted")
    by_hand = next(item for item in listed.clauses if item.text.startswith("2.执行"))
    decide(
        sheet_file,
        {
            read.id: {"decision": "确认"},
            narrow.id: {"decision": "更正", "new_outcome": "限制", "new_natures": "新建、扩建"},
            loose.id: {"decision": "人工", "note": "原文不清"},
            by_hand.id: {"decision": "更正", "new_outcome": "禁止", "new_natures": "不限", "new_industries": "C26；C2521"},
        },
    )
    result = import_review(listed, sheet_file).access_list
    now = {clause.id: clause for clause in result.clauses}
    assert (now[read.id].status, now[read.id].project, now[read.id].outcome) == ("confirmed", read.project, read.outcome)
    assert now[read.id].reading["reviewer"] == "示例审核人"
    assert now[read.id].reading["reviewed_on"] == "2026-11-22"
    assert (now[narrow.id].status, now[narrow.id].outcome) == ("confirmed", "restricted")
    assert now[narrow.id].reading["nature"] == ["new", "expansion"]
    assert condition_table(now[narrow.id].project)["all"][1] == {"attribute": "industry_code", "prefix": ["C191"]}
    assert (now[loose.id].status, now[loose.id].outcome, now[loose.id].project) == ("manual", None, None)
    assert now[loose.id].reading["review_note"] == "原文不清"
    assert condition_table(now[by_hand.id].project) == {"attribute": "industry_code", "prefix": ["C26", "C2521"]}
    for before, after in zip(listed.clauses, result.clauses, strict=True):
        assert (before.id, before.text, before.provenance, before.unit) == (after.id, after.text, after.provenance, after.unit)
        if before.id not in (read.id, narrow.id, loose.id, by_hand.id):
            assert before == after
    write_pack(result, tmp_path / "pack")
    (loaded,) = load_pack(tmp_path / "pack").access_lists
    assert loaded.clauses == result.clauses
    again = import_review(result, export_review(result, tmp_path / "again.xlsx"))
    assert again.access_list == result


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"decision": "同意"}, "处理意见“同意”不认识"),
        ({"decision": "确认", "reviewer": ""}, "要写明审核人"),
        ({"decision": "确认", "reviewed_on": "昨天"}, "审核日期“昨天”"),
        ({"decision": "确认", "new_outcome": "限制"}, "请改为“更正”"),
        ({"decision": "更正", "new_outcome": "严禁"}, "更正结论“严禁”不认识"),
        ({"decision": "更正"}, "更正结论“”不认识"),
        ({"decision": "更正", "new_outcome": "禁止", "new_natures": "重建"}, "建设性质“重建”不认识"),
        ({"decision": "更正", "new_outcome": "禁止", "new_industries": "313"}, "行业代码“313”不是"),
        ({"decision": "更正", "new_outcome": "禁止", "new_industries": "化工"}, "行业代码“化工”不是"),
        ({"new_outcome": "禁止"}, "“处理意见”却是空的"),
        ({"id": "没有这条"}, "清单里没有条款“没有这条”"),
        ({"text": "改过的原文"}, "原文与清单不一致"),
    ],
)
def test_a_value_that_means_nothing_is_refused_with_its_cell(listed, sheet_file, values, told):
    clause = first(listed, "machine_read")
    decide(sheet_file, {clause.id: values})
    with pytest.raises(AccessListError) as caught:
        import_review(listed, sheet_file)
    assert told in str(caught.value)
    assert caught.value.params["cell"]


def test_a_clause_that_was_not_read_cannot_be_confirmed(listed, sheet_file):
    clause = next(item for item in listed.clauses if item.status == "manual" and item.outcome is None)
    decide(sheet_file, {clause.id: {"decision": "确认"}})
    with pytest.raises(AccessListError, match="没有机读的结论"):
        import_review(listed, sheet_file)


def test_a_condition_of_more_than_industries_is_not_lost_by_half_a_correction(listed, sheet_file):
    clause = next(item for item in listed.clauses if "燃煤锅炉" in item.text and item.status == "machine_read")
    decide(sheet_file, {clause.id: {"decision": "更正", "new_outcome": "禁止", "new_natures": "新建"}})
    with pytest.raises(AccessListError, match="会丢掉其余"):
        import_review(listed, sheet_file)


def test_a_row_that_was_deleted_is_said_and_its_clause_kept(listed, sheet_file):
    book = load_workbook(sheet_file)
    gone = book.worksheets[0].cell(2, 1).value
    book.worksheets[0].delete_rows(2)
    book.save(sheet_file)
    reviewed = import_review(listed, sheet_file)
    assert reviewed.access_list == listed
    assert [issue.values["id"] for issue in reviewed.issues if issue.code == "review-lost"] == [gone]


def test_another_workbook_is_refused(listed, published):
    with pytest.raises(AccessListError, match="不是审核表"):
        import_review(listed, published)


def test_text_that_looks_like_a_formula_stays_text(listed, tmp_path):
    hostile = replace(listed.clauses[0], text='=HYPERLINK("http://x","1.禁止")\x0b@SUM(A1)')
    one = replace(listed, clauses=(hostile,))
    path = export_review(one, tmp_path / "a.xlsx")
    cell = load_workbook(path).worksheets[0].cell(2, COLUMN["text"])
    assert cell.data_type == "s"
    assert import_review(one, path).access_list == one


def test_a_review_dated_after_today_is_refused_with_its_cell(listed, sheet_file):
    clause = first(listed, "machine_read")
    decide(sheet_file, {clause.id: {"decision": "确认"}})
    row = next(number for number, item in enumerate(listed.clauses, 2) if item.id == clause.id)
    with pytest.raises(AccessListError, match="晚于今天（2026-11-21）") as caught:
        import_review(listed, sheet_file, today=date(2026, 11, 21))
    assert caught.value.params["cell"] == f"{get_column_letter(COLUMN['reviewed_on'])}{row}"


@pytest.mark.parametrize("today", [date(2026, 11, 22), date(2027, 1, 1), None])
def test_a_review_dated_today_or_before_is_taken(listed, sheet_file, today):
    clause = first(listed, "machine_read")
    decide(sheet_file, {clause.id: {"decision": "确认"}})
    result = import_review(listed, sheet_file, today=today).access_list
    assert next(item for item in result.clauses if item.id == clause.id).status == "confirmed"


def test_after_a_correction_the_words_say_the_new_condition(listed, sheet_file, tmp_path):
    clause = next(item for item in listed.clauses if item.text.startswith("1.禁止新建制革"))
    kept = first(listed, "machine_read", outcome="restricted")
    given = {"decision": "更正", "new_outcome": "限制", "new_natures": "改建", "new_industries": "C26"}
    decide(sheet_file, {clause.id: given, kept.id: {"decision": "确认"}})
    result = import_review(listed, sheet_file).access_list
    now = {item.id: str(item.reading["words"]) for item in result.clauses}
    assert now[clause.id].startswith("经审核更正：结论“限制”；条件：建设性质为改建且行业代码（GB/T 4754-2017）以 C26 开头；此前读作：")
    assert now[kept.id] == kept.reading["words"]
    again = decide(export_review(result, tmp_path / "again.xlsx"), {clause.id: {"decision": "人工"}})
    words = next(item for item in import_review(result, again).access_list.clauses if item.id == clause.id).reading["words"]
    assert words == f"经审核转人工判断；此前读作：{clause.reading['words']}"

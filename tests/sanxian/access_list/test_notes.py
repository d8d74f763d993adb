"""Notes: what defines a word or limits the list hands clauses to a person; what is harmless changes nothing."""

from datetime import date

import pytest
from openpyxl import Workbook, load_workbook

from sanxian.access_list import export_review, import_list, to_json, write_pack
from sanxian.access_list.notes import read_note
from sanxian.access_list.review import COLUMNS

HEADER = ["环境管控单元编码", "环境管控单元名称", "空间布局约束", "污染物排放管控", "环境风险防控"]
CLAUSES = ["禁止新建化工企业。", "禁止新建造纸项目。"]


def workbook(path, sheets):
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    book.close()
    return path


def table(*notes, above=(), first=1):
    rows = [[f"ZH3699012{number:04d}", f"示例{number}", text] for number, text in enumerate(CLAUSES, first)]
    return [*above, HEADER, *rows, *([note] for note in notes)]


def imported(tmp_path, *notes, above=(), **others):
    return import_list(workbook(tmp_path / "清单.xlsx", {"清单": table(*notes, above=above), **others}))


def statuses(found):
    return [clause.status for clause in found.access_list.clauses]


@pytest.mark.parametrize(
    "note",
    [
        "注：本清单所称化工项目不含单纯物理混合分装项目。",
        "注：本清单所称“化工项目”是指国民经济行业分类中的C26类。",
        "注：1.资料来源：示例局。2.化工项目不包括单纯分装。",
        "注：化工项目以省级目录为准。",
        "本清单所称化工项目，单纯物理混合分装的除外。",
        "注：化工项目，是指C26类项目。",
    ],
)
def test_a_note_that_defines_a_word_takes_the_clauses_with_that_word(tmp_path, note):
    found = imported(tmp_path, note)
    assert statuses(found) == ["manual", "machine_read"]
    chemical, paper = found.access_list.clauses
    assert note in chemical.reading["words"]
    assert "注" not in paper.reading["words"]
    (issue,) = [issue for issue in found.issues if issue.code == "note-defines"]
    assert note in issue.words
    assert "化工" in issue.values["words"]


@pytest.mark.parametrize(
    "note",
    [
        "注：国家重大项目除外。",
        "注：不包括示例园区。",
        "注：具体范围以批复文件为准。",
        "法律法规另有规定的从其规定。",
        "注：本清单所称项目是指工业项目。",
        "注：本清单所称禁止是指不予审批。",
        "注：本清单所称化工项目不含分装项目，国家重大项目除外。",
        "注：本表要求仅适用于沿江地区。",
    ],
)
def test_a_note_that_no_word_ties_down_takes_every_clause(tmp_path, note):
    found = imported(tmp_path, note)
    assert statuses(found) == ["manual", "manual"]
    for clause in found.access_list.clauses:
        assert note in clause.reading["words"]
        assert clause.project is None


@pytest.mark.parametrize(
    "note",
    [
        "注：制表单位：示例局。",
        "资料来源：示例局2023年公报。",
        "注：本表为示例，面积单位为公顷，“/”表示没有要求。",
        "注：单元面积以测绘数据为准。",
        "注：ZH为综合管控单元的编码前缀。",
        "注：本清单由示例局负责解释，自2024年1月1日起施行。",
    ],
)
def test_a_harmless_note_changes_nothing(tmp_path, note):
    found = imported(tmp_path, note)
    assert statuses(found) == ["machine_read", "machine_read"]
    plain = import_list(workbook(tmp_path / "b.xlsx", {"清单": table()}))
    assert to_json(found) == to_json(plain)
    assert any(note in issue.words and issue.severity == "info" for issue in found.issues)


def test_a_note_above_the_header_and_in_a_remark_counts_too(tmp_path):
    note = "本清单所称化工项目不含单纯分装项目"
    assert statuses(imported(tmp_path, above=[["示例清单"], [note]])) == ["manual", "machine_read"]
    rows = table()
    rows[0] = [*HEADER, "备注"]
    rows[2] = [*rows[2], None, None, note]
    found = import_list(workbook(tmp_path / "b.xlsx", {"清单": rows}))
    assert statuses(found) == ["manual", "manual"]  # the remark stands beside the other clause


def test_a_note_is_for_its_own_sheet(tmp_path):
    found = imported(tmp_path, "注：国家重大项目除外。", 另一表=table(first=3))
    assert statuses(found) == ["manual", "manual", "machine_read", "machine_read"]


def test_a_note_stands_in_the_review_workbook(tmp_path):
    note = "注：本清单所称化工项目不含单纯物理混合分装项目。"
    found = imported(tmp_path, note)
    sheet = load_workbook(export_review(found.access_list, tmp_path / "审核.xlsx")).worksheets[0]
    column = next(number for number, (key, _, _) in enumerate(COLUMNS, 1) if key == "words")
    assert note in sheet.cell(2, column).value
    assert note not in sheet.cell(3, column).value


def test_words_of_the_same_kind_and_natures_are_found():
    note = read_note("本清单所称新建项目不含技术改造")
    assert note.concerns("禁止新改扩建化工项目")
    assert not note.concerns("禁止扩建化工项目")
    both = read_note("高耗能、高排放项目是指煤电、石化等六个行业")
    assert both.concerns("严格控制“两高”项目")
    assert not both.concerns("禁止新建造纸项目")


def test_many_long_notes_are_not_copied_whole_into_every_clause(tmp_path):
    notes = [f"注：第{number}类国家重大项目除外。{'说明文字。' * 200}" for number in range(12)]
    found = imported(tmp_path, *notes)
    for clause in found.access_list.clauses:
        assert "另有 7 处" in clause.reading["words"]
        assert len(clause.reading["words"]) < 1000
    assert all(any(note in issue.words for issue in found.issues) for note in notes)


# ---- sheets without a header


EXPLAINS = [["编制说明"], ["本清单由示例局编制。", "联系电话：0000"], ["本清单自2024年1月1日起施行。"]]


def test_a_sheet_without_a_header_is_quoted_cell_by_cell(tmp_path):
    found = imported(tmp_path, 说明=EXPLAINS)
    quoted = {issue.cell: issue.values["text"] for issue in found.issues if issue.code == "sheet-text"}
    assert quoted == {"A1": "编制说明", "A2": "本清单由示例局编制。", "B2": "联系电话：0000", "A3": "本清单自2024年1月1日起施行。"}
    assert statuses(found) == ["machine_read", "machine_read"]
    write_pack(found, tmp_path / "pack")
    page = (tmp_path / "pack" / "README.md").read_text(encoding="utf-8")
    for cell, text in quoted.items():
        assert any(f"说明!{cell}" in line and text in line for line in page.split("\n"))
    write_pack(found.access_list, tmp_path / "pack")  # as after a review
    assert (tmp_path / "pack" / "README.md").read_text(encoding="utf-8") == page
    other = imported(tmp_path, "注：另一份。").access_list
    write_pack(other, tmp_path / "pack")
    assert "编制说明" not in (tmp_path / "pack" / "README.md").read_text(encoding="utf-8")


def test_its_date_is_read_where_no_other_sheet_gives_one(tmp_path):
    found = imported(tmp_path, 说明=EXPLAINS)
    assert found.access_list.in_force_from == date(2024, 1, 1)
    codes = [issue.code for issue in found.issues]
    assert "date-from-note" in codes
    assert "no-in-force-date" not in codes
    titled = imported(tmp_path, above=[["示例清单（自2023年5月1日起施行）"]], 说明=EXPLAINS)
    assert titled.access_list.in_force_from == date(2023, 5, 1)


@pytest.mark.parametrize(
    "text",
    [
        "依据《示例保护法》自2021年3月1日起施行。",
        "原清单自2021年3月1日起施行，本清单自2024年1月1日起施行。",
        "本清单自2024年13月1日起施行。",
    ],
)
def test_a_date_of_something_else_is_not_taken(tmp_path, text):
    found = imported(tmp_path, 说明=[[text]])
    assert found.access_list.in_force_from == date(1900, 1, 1)
    assert "no-in-force-date" in [issue.code for issue in found.issues]


def test_a_definition_on_it_reaches_every_sheet(tmp_path):
    note = "本清单所称化工项目不含单纯物理混合分装项目。"
    found = imported(tmp_path, 说明=[[note]], 另一表=table(first=3))
    assert statuses(found) == ["manual", "machine_read"] * 2
    assert f"说明!A1“{note}”" in found.access_list.clauses[2].reading["words"]
    bar = imported(tmp_path, 说明=[["禁止新建燃煤锅炉，热电联产除外。"]])  # requirements in a form that is not known
    assert statuses(bar) == ["machine_read", "machine_read"]

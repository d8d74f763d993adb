"""A workbook as offices publish it: every unit, every clause, every trap."""

import io
import re
import zipfile
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from rules.load import load_pack
from rules.model import Verdict
from sanxian.access_list import AccessListError, import_list, pack_text, to_json, write_pack
from sanxian.access_list.errors import ISSUES


def squeeze(text):
    return re.sub(r"\s+", "", text)


def save(path, rows, merged=(), title="清单"):
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for area in merged:
        sheet.merge_cells(area)
    book.save(path)
    book.close()
    return path


HEADER = ["环境管控单元编码", "环境管控单元名称", "管控单元分类", "空间布局约束", "污染物排放管控", "环境风险防控", "资源开发效率要求"]


def unit(number, spatial, *rest, name=None, word="重点管控单元"):
    return [f"ZH3699012{number:04d}", name or f"示例单元{number}", word, spatial, *rest]


def items_of(imported, code):
    return [item for item in to_json(imported)["items"] if item["unit"] == code]


def codes(imported):
    return [issue.code for issue in imported.issues]


# ---- the whole workbook


def test_the_whole_workbook(published):
    imported = import_list(published)
    data = to_json(imported)
    assert data["units"] == 37  # 20 + 2 + 3 with a flaw + 6 + 6; a code twice is no new unit
    assert data["clauses"] == data["machine_read"] + data["manual"] == len(data["items"])
    assert set(data) == {"units", "clauses", "machine_read", "manual", "items"}
    for item in data["items"]:
        assert set(item) == {"tier", "unit", "dimension", "sheet", "cell", "text", "status", "reading"}
        assert set(item["reading"]) == {"outcome", "nature", "industries", "words"}
        assert item["tier"] in ("province", "city", "unit")
        assert item["status"] in ("machine_read", "manual")
    assert imported.access_list.in_force_from == date(2024, 3, 1)
    assert {clause.tier for clause in imported.access_list.clauses} == {"province", "city", "basin", "unit"}


def test_codes_in_capitals_without_spaces_and_in_plain_digits(published):
    units = import_list(published).access_list.units
    for number in (4, 5, 6):
        assert f"ZH369901{1 + number % 3}{number:04d}" in units
    assert units["ZH36990120004"] == {
        "name": "示例单元4", "category": "key", "province": "示例省", "city": "示例市", "county": "示例区",
    }  # fmt: skip


def test_nothing_published_is_dropped_from_the_workbook(published):
    imported = import_list(published)
    told = {(issue.sheet, issue.cell) for issue in imported.issues}
    by_cell = {}
    for clause in imported.access_list.clauses:
        by_cell.setdefault((clause.provenance, clause.unit), []).append(clause.text)
    book = load_workbook(published)
    labels = {"空间布局约束", "污染物排放管控", "资源利用效率"}
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is None or not isinstance(cell.value, str) or len(cell.value) < 5:
                    continue
                text = squeeze(cell.value)
                place = f"{sheet.title}!{cell.coordinate}"
                joined = [squeeze("".join(parts)) for (where, _), parts in by_cell.items() if where == place]
                header = cell.row <= 3 or "编码" in text or text in labels
                known = cell.column <= 7 and not re.search(r"[。；]", text)
                reported = (sheet.title, cell.coordinate) in told or sheet.title == "填表说明"
                assert joined or reported or header or known, place
                for whole in joined:
                    assert whole == text


def test_a_unit_over_several_rows_and_a_cell_over_several_units(published):
    imported = import_list(published)
    first = items_of(imported, "ZH36990120021")
    assert [item["text"] for item in first] == [
        "1.禁止新建制革项目。",
        "2.禁止新建印染项目。",
        "3.鼓励清洁生产。",
        "1.新建、扩建项目实行主要污染物等量替代。",
    ]
    (shared,) = items_of(imported, "ZH36990120022")
    assert (shared["cell"], shared["dimension"]) == (first[-1]["cell"], "pollutant_discharge")


def test_what_a_person_must_look_at_is_said(published):
    imported = import_list(published)
    found = codes(imported)
    for code in (
        "category-mismatch", "duplicate-unit", "bad-unit-code", "no-unit-code", "unread-column", "section-row", "total-row",
        "note-row", "title-row", "says-none", "sheet-without-header",
    ):  # fmt: skip
        assert code in found, code
    for issue in imported.issues:
        assert issue.words
        assert "{" not in issue.words
    column = next(issue for issue in imported.issues if issue.code == "unread-column")
    assert (column.sheet, column.cell) == ("单元清单", "L6")
    assert "主管部门" in column.words
    assert [issue.severity for issue in imported.issues] == sorted(
        (issue.severity for issue in imported.issues), key=["error", "warning", "info"].index
    )


def test_general_lists_have_a_tier_and_a_place(published):
    general = [clause for clause in import_list(published).access_list.clauses if clause.unit is None]
    places = {clause.tier: clause.place_codes for clause in general}
    assert places == {"province": ("36",), "city": ("3699",), "basin": ()}
    assert all(clause.status == "manual" for clause in general if clause.tier == "basin")


def test_sub_headers_and_loose_names(published):
    items = items_of(import_list(published), "ZH36990230001")
    assert [(item["dimension"], item["reading"]["outcome"]) for item in items] == [
        ("spatial_layout", "prohibited"),
        ("spatial_layout", "restricted"),
        ("environmental_risk", "prohibited"),
        ("environmental_risk", "advisory"),
        ("resource_efficiency", "prohibited"),
    ]


def test_the_dimension_in_rows(published):
    items = items_of(import_list(published), "ZH36990320002")
    assert [(item["dimension"], item["cell"]) for item in items] == [
        ("spatial_layout", "D5"),
        ("spatial_layout", "D6"),
        ("resource_efficiency", "D7"),
    ]


# ---- one trap each


def test_a_remark_that_narrows_makes_a_person_read(tmp_path):
    header = [*HEADER, "备注"]
    path = save(
        tmp_path / "a.xlsx",
        [
            header,
            [*unit(1, "禁止新建化工项目。", "", "", ""), "仅适用于东片区"],
            [*unit(2, "禁止新建化工项目。", "", "", ""), "2023年更新"],
        ],
    )
    first, second = import_list(path).access_list.clauses
    assert first.status == "manual"
    assert "仅适用于东片区" in first.reading["words"]
    assert second.status == "machine_read"
    assert "2023年更新" in second.reading["words"]


def test_rows_for_parts_of_a_unit_are_for_a_person(tmp_path):
    header = ["单元编码", "单元名称", "要素细类", "空间布局约束", "污染物排放管控"]
    whole = ["ZH36990120002", "示例整单元", "水环境工业污染重点管控区", "禁止新建化工项目。", ""]
    rows = [
        header,
        ["ZH36990120001", "示例单元", "水环境工业污染重点管控区", "禁止新建化工项目。", ""],
        ["ZH36990120001", "示例单元", "大气环境受体敏感重点管控区", "禁止新建造纸项目。", ""],
        whole,
    ]
    imported = import_list(save(tmp_path / "a.xlsx", rows))
    assert [clause.status for clause in imported.access_list.clauses] == ["manual", "manual", "machine_read"]
    assert "rows-differ" in codes(imported)


def test_a_hidden_sheet_is_said(tmp_path):
    book = Workbook()
    book.active.append(HEADER)
    book.active.append(unit(1, "禁止新建化工项目。"))
    book.create_sheet("看得见的")
    book.worksheets[0].sheet_state = "hidden"
    book.active = 1
    book.save(tmp_path / "a.xlsx")
    assert "hidden-sheet" in codes(import_list(tmp_path / "a.xlsx"))


def test_a_note_with_an_exception_makes_a_person_read_the_sheet(tmp_path):
    path = save(tmp_path / "a.xlsx", [HEADER, unit(1, "禁止新建化工项目。"), ["注：国家重大项目除外。"]])
    imported = import_list(path)
    assert [clause.status for clause in imported.access_list.clauses] == ["manual"]
    assert "note-limits" in codes(imported)


def test_a_clause_that_speaks_of_the_others_makes_a_person_read_them(tmp_path):
    for other in (
        "上述要求不适用于国家重大项目。",
        "国家重大项目除外。",
        "国家重大项目不受此限制。",
        "本单元要求适用于东侧地块。",
    ):
        path = save(tmp_path / "a.xlsx", [HEADER, unit(1, f"1.禁止新建化工项目。\n2.{other}")])
        assert [clause.status for clause in import_list(path).access_list.clauses] == ["manual", "manual"]


@pytest.mark.parametrize("later", ["上述要求不适用于国家重大项目。", "（国家重大项目除外）。", "，国家重大项目除外。"])
def test_a_cell_that_speaks_of_the_one_above(tmp_path, later):
    rows = [HEADER, unit(1, "禁止新建化工项目。"), [None, None, None, later], unit(2, "禁止新建化工项目。")]
    clauses = import_list(save(tmp_path / "a.xlsx", rows)).access_list.clauses
    assert [clause.status for clause in clauses] == ["manual", "manual", "machine_read"]


def test_an_article_of_a_law_speaks_of_no_other_clause(tmp_path):
    text = "1.禁止新建化工项目。\n2.执行《示例法》第二十六条的规定。"
    clauses = import_list(save(tmp_path / "a.xlsx", [HEADER, unit(1, text)])).access_list.clauses
    assert [clause.status for clause in clauses] == ["machine_read", "manual"]


def test_several_codes_in_a_cell(tmp_path):
    row = unit(1, "禁止新建化工项目。")
    row[0] = "ZH36990120001、ZH36990120002"
    imported = import_list(save(tmp_path / "a.xlsx", [HEADER, row]))
    assert sorted(imported.access_list.units) == ["ZH36990120001", "ZH36990120002"]
    assert [clause.unit for clause in imported.access_list.clauses] == ["ZH36990120001", "ZH36990120002"]


def test_a_cell_merged_over_columns_is_taken_once(tmp_path):
    path = save(tmp_path / "a.xlsx", [HEADER, unit(1, "执行全市总体要求。", None, None, None)], ["D2:G2"])
    imported = import_list(path)
    assert len(imported.access_list.clauses) == 1
    # the header row is all that the other columns hold
    assert "merged-across" in codes(imported)


def test_a_second_row_merged_over_the_four_columns_is_a_requirement(tmp_path):
    rows = [HEADER, unit(1, "禁止新建化工项目。"), [None, None, None, "加强巡查。"]]
    imported = import_list(save(tmp_path / "a.xlsx", rows, ["D3:G3"]))
    assert [clause.text for clause in imported.access_list.clauses] == ["禁止新建化工项目。", "加强巡查。"]


def test_a_formula_without_a_stored_result_is_said(tmp_path):
    imported = import_list(save(tmp_path / "a.xlsx", [HEADER, unit(1, "禁止新建化工项目。", '="1.禁止"&"新建"')]))
    assert "formula-without-value" in codes(imported)


def test_a_cell_that_may_have_been_cut(tmp_path):
    text = "禁止新建" * 21 + "ab"
    assert len(text.encode()) == 254
    assert "text-at-limit" in codes(import_list(save(tmp_path / "a.xlsx", [HEADER, unit(1, text)])))


def test_without_a_date_it_is_said(tmp_path):
    path = save(tmp_path / "a.xlsx", [HEADER, unit(1, "禁止新建化工项目。")])
    assert "no-in-force-date" in codes(import_list(path))
    given_date = import_list(path, in_force_from=date(2021, 6, 1), key="demo", title="示例清单")
    assert "no-in-force-date" not in codes(given_date)
    assert given_date.access_list.key == "demo"
    assert given_date.access_list.title["zh"] == "示例清单"


def test_a_heading_in_the_cell_names_the_dimension_where_no_column_does(tmp_path):
    text = "一、空间布局约束\n1.禁止新建化工项目。\n二、污染物排放管控\n1.加强管理。"
    path = save(tmp_path / "a.xlsx", [["单元编码", "单元名称", "管控要求"], ["ZH36990120001", "示例", text]])
    assert [clause.dimension for clause in import_list(path).access_list.clauses] == ["spatial_layout", "pollutant_discharge"]


def test_after_a_section_row_a_row_without_a_code_belongs_to_no_unit_before(tmp_path):
    rows = [HEADER, unit(1, "禁止新建化工项目。"), ["二、一般管控单元"], [None, None, None, "禁止新建造纸项目。"]]
    imported = import_list(save(tmp_path / "a.xlsx", rows))
    assert "no-unit-code" in codes(imported)
    assert [clause.unit == "ZH36990120001" for clause in imported.access_list.clauses] == [True, False]


@pytest.mark.parametrize(
    ("sheet", "tier", "status"),
    [
        ("示例省总体准入要求", "province", "machine_read"),
        ("示例市总体准入要求", "city", "machine_read"),
        ("示例湖流域总体准入要求", "basin", "manual"),
        ("示例省级开发区准入要求", "basin", "manual"),
        ("示例县总体准入要求", "city", "manual"),
    ],
)
def test_tiers(tmp_path, sheet, tier, status):
    path = save(tmp_path / "a.xlsx", [["维度", "管控要求"], ["空间布局约束", "禁止新建化工项目。"]], title=sheet)
    (clause,) = import_list(path).access_list.clauses
    assert (clause.tier, clause.status) == (tier, status)


def test_a_scope_in_its_own_column(tmp_path):
    rows = [
        ["江西省总体准入要求"],
        ["适用范围", "空间布局约束", "污染物排放管控"],
        ["全省", "禁止新建化工项目。"],
        ["九江市", "禁止新建造纸项目。"],
        ["示例湖流域", "禁止新建造纸项目。"],
    ]
    clauses = import_list(save(tmp_path / "a.xlsx", rows)).access_list.clauses
    assert [(clause.tier, clause.place_codes, clause.status) for clause in clauses] == [
        ("province", ("36",), "machine_read"),
        ("city", ("3604",), "machine_read"),
        ("basin", (), "manual"),
    ]


HEADERS = [
    ["HJGKDYBM", "HJGKDYMC", "ZHGKDYFL", "KJBJYS", "WRWPFGK", "HJFXFK", "ZYKFXLYQ"],
    ["单元编码", "单元名称", "单元类别", "区域布局管控", "污染物排放管控\n", "环境风险 防控", "能源资源利用"],
    ["管控单元编号", "管控单元名称", "管控类别", "空间布局约束要求", "污染物排放管控要求", "环境风险防控要求", "资源利用效率要求"],
]


@pytest.mark.parametrize("header", HEADERS)
def test_loose_headers(tmp_path, header):
    row = unit(1, "禁止新建化工项目。", "加强甲。", "加强乙。", "加强丙。")
    imported = import_list(save(tmp_path / "a.xlsx", [header, row]))
    assert [str(clause.dimension) for clause in imported.access_list.clauses] == [
        "spatial_layout",
        "pollutant_discharge",
        "environmental_risk",
        "resource_efficiency",
    ]
    assert imported.access_list.units["ZH36990120001"]["category"] == "key"


def test_a_group_header_over_the_four_columns(tmp_path):
    rows = [
        ["单元编码", "单元名称", "管控要求", None, None, None],
        [None, None, "空间布局约束", "污染物排放管控", "环境风险防控", "资源开发效率要求"],
        ["ZH36990120001", "示例", "禁止新建化工项目。"],
    ]
    imported = import_list(save(tmp_path / "a.xlsx", rows, ["A1:A2", "B1:B2", "C1:F1"]))
    assert [clause.provenance for clause in imported.access_list.clauses] == ["清单!C3"]


def test_old_xls(tmp_path):
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    sheet = book.add_sheet("清单")
    for column, word in enumerate(HEADER):
        sheet.write(0, column, word)
    for column, value in enumerate(unit(1, "禁止新建化工项目。")):
        sheet.write(1, column, value)
    book.save(str(tmp_path / "a.xls"))
    assert len(import_list(tmp_path / "a.xls").access_list.clauses) == 1


# ---- files that are no list


def _not_excel(path):
    path.write_text("<html><table></table></html>", encoding="utf-8")


def _empty(path):
    path.write_bytes(b"")


def _zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")


def _cut(path):
    whole = io.BytesIO()
    book = Workbook()
    book.save(whole)
    path.write_bytes(whole.getvalue()[:800])


def _ole(path):
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000)


def _no_header(path):
    save(path, [["甲", "乙"], ["一", "二"]])


def _only_header(path):
    save(path, [HEADER])


def _blank(path):
    save(path, [])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (_not_excel, "不是 Excel 文件"),
        (_empty, "不是 Excel 文件"),
        (_zip, "不是 Excel 工作簿"),
        (_cut, "损坏"),
        (_ole, "打不开"),
        (_no_header, "空间布局约束"),
        (_blank, "空间布局约束"),
        (_only_header, "空表"),
        (lambda path: None, "找不到文件"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_a_sentence(tmp_path, make, told):
    path = tmp_path / "a.xlsx"
    make(path)
    with pytest.raises(AccessListError) as caught:
        import_list(path)
    assert told in str(caught.value)
    assert caught.value.template.format(**caught.value.params) == str(caught.value)


# ---- packs


def test_the_pack_loads_as_it_was_and_is_the_same_bytes(published, tmp_path):
    imported = import_list(published)
    write_pack(imported, tmp_path / "one")
    write_pack(import_list(published), tmp_path / "two")
    for name in ("access_list.toml", "README.md"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    pack = load_pack(tmp_path / "one")
    (loaded,) = pack.access_lists
    assert loaded.clauses == imported.access_list.clauses
    assert loaded.in_force_from == imported.access_list.in_force_from
    assert dict(loaded.title) == dict(imported.access_list.title)
    assert loaded.document in pack.documents
    for code, values in imported.access_list.units.items():
        assert {name: text for name, text in loaded.units[code].items() if text} == {
            name: text for name, text in values.items() if text
        }
    assert pack_text(loaded, pack.documents.values()) == (tmp_path / "one" / "access_list.toml").read_text(encoding="utf-8")


HOSTILE = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c"
                  + "".join(chr(code) for code in range(0x0E, 0x20)) + "\ufffe\uffff"),
    max_size=60,
)  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(spatial=HOSTILE, risk=HOSTILE, name=HOSTILE)
def test_hostile_text_goes_through_the_pack_untouched(tmp_path, spatial, risk, name):
    path = save(tmp_path / "a.xlsx", [HEADER, ["ZH36990120001", "n" + name, "重点", "1.禁止" + spatial, "2", "x" + risk, None]])
    imported = import_list(path)
    write_pack(imported, tmp_path / "pack")
    (loaded,) = load_pack(tmp_path / "pack").access_lists
    assert loaded.clauses == imported.access_list.clauses
    cells = {}
    for clause in loaded.clauses:
        cells.setdefault(clause.provenance.rpartition("!")[2], []).append(clause.text)
    book = load_workbook(path)
    for cell, parts in cells.items():
        assert squeeze("".join(parts)) == squeeze(str(book.active[cell].value).replace("_x000D_", ""))


def test_toml_is_escaped(tmp_path):
    text = 'a"b\\c\nd\t"""\'\'\' \u0007 = [x] # y'
    path = save(tmp_path / "a.xlsx", [HEADER, unit(1, text.replace("\u0007", ""))])
    write_pack(import_list(path), tmp_path / "pack")
    (loaded,) = load_pack(tmp_path / "pack").access_lists
    assert loaded.clauses[0].text == text.replace("\u0007", "")
    assert loaded.clauses[0].outcome is not Verdict.PERMITTED


def test_every_issue_has_words():
    for code, template in ISSUES.items():
        assert template, code

from __future__ import annotations

import openpyxl
import pytest

from layers.angles import parse_angle
from layers.errors import LayerError
from layers.read import read_projects
from layers.tables import read_table, sheet_names
from layers.values import Unreadable


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("115.9875", 115.9875),
        ("115,9875", 115.9875),
        ("东经113°12′23.048″", 113 + 12 / 60 + 23.048 / 3600),
        ("北纬22°50′32.808″", 22 + 50 / 60 + 32.808 / 3600),
        ("E104度49分26.054秒", 104 + 49 / 60 + 26.054 / 3600),
        ("115°51'0.0\"", 115.85),
        ("115.51.00", 115.85),
        ("115-51-00", 115.85),
        ("115:51:00", 115.85),
        ("11551.000", 115.85),
        ("１１５°５１′", 115.85),
        ("115º51´", 115.85),
        ("116°07’", 116 + 7 / 60),
        ("109°0748″", 109 + 7 / 60 + 48 / 3600),
        ("109°1101E", 109 + 11 / 60 + 1 / 3600),
        ("25°2708N", 25 + 27 / 60 + 8 / 3600),
        ("115°51''", None),
        ("1 05 30.6S", -(1 + 5 / 60 + 30.6 / 3600)),
        ("W035 51 20", -(35 + 51 / 60 + 20 / 3600)),
        ("1d05m30.6s S", -(1 + 5 / 60 + 30.6 / 3600)),
        ("+35 51 20", 35 + 51 / 60 + 20 / 3600),
        ("35 61 20", None),
        ("35 51 60", None),
        ("35 51 200", None),
        ("N35 51 20 S", None),
        ("35.5 51 20", None),
        ("九江", None),
        ("", None),
    ],
)
def test_angles_in_every_spelling(text, degrees):
    if degrees is None:
        with pytest.raises(Unreadable):
            parse_angle(text)
    else:
        assert parse_angle(text) == pytest.approx(degrees, abs=1e-9)


@pytest.fixture
def book(tmp_path):
    made = openpyxl.Workbook()
    made.save_as = lambda name="a.xlsx": (made.save(tmp_path / name), tmp_path / name)[1]
    return made


def test_title_rows_and_merged_headers_are_understood(book):
    sheet = book.active
    sheet.append(["九江市入河排污口一览表"])
    sheet.merge_cells("A1:E1")
    sheet.append(["填报单位：某局"])
    sheet.append(["序号", "排污口名称", "位置", None, "备注"])
    sheet.append([None, None, "经度", "纬度", None])
    for area in ("A3:A4", "B3:B4", "C3:D3", "E3:E4"):
        sheet.merge_cells(area)
    sheet.append([1, "甲口", 115.98, 29.73, None])
    table = read_table(book.save_as())
    assert table.headers == ["序号", "排污口名称", "经度", "纬度", "备注"]
    assert table.rows == [{"序号": "1", "排污口名称": "甲口", "经度": "115.98", "纬度": "29.73", "备注": None}]
    assert table.row_numbers == [5]
    assert [issue.code for issue in table.issues] == ["title-rows-skipped"]


def test_a_cell_merged_down_belongs_to_every_row(book):
    sheet = book.active
    sheet.append(["县", "名称"])
    sheet.append(["浔阳区", "甲"])
    sheet.append([None, "乙"])
    sheet.merge_cells("A2:A3")
    assert [row["县"] for row in read_table(book.save_as()).rows] == ["浔阳区", "浔阳区"]


def test_a_number_format_of_zeros_keeps_the_zeros(book):
    sheet = book.active
    sheet.append(["编码", "数", "日期"])
    sheet.append([83, 2.0, None])
    sheet["A2"].number_format = "0000"
    import datetime

    sheet["C2"] = datetime.date(2025, 6, 30)
    assert read_table(book.save_as()).rows == [{"编码": "0083", "数": "2", "日期": "2025-06-30"}]


def test_the_first_sheet_with_content_is_read_and_others_are_named(book):
    book.create_sheet("甲").append(["a", "b"])
    book["甲"].append([1, 2])
    book.create_sheet("乙").append(["c", "d"])
    path = book.save_as()
    table = read_table(path)
    assert table.sheet == "甲"
    assert table.issues[0].values == {"sheet": "甲", "others": ["乙"]}
    assert read_table(path, sheet="乙").headers == ["c", "d"]
    assert sheet_names(path) == ["Sheet", "甲", "乙"]
    with pytest.raises(LayerError, match="a.xlsx 里没有工作表 丙；有：Sheet、甲、乙"):
        read_table(path, sheet="丙")


def test_an_empty_book_says_so(book):
    with pytest.raises(LayerError, match="a.xlsx 里没有内容"):
        read_table(book.save_as())


def test_quotes_and_line_ends_inside_cells_keep_their_row_numbers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,备注\n1,"两\n行, 逗号"\n2,x\n', encoding="utf-8")
    table = read_table(path)
    assert table.rows[0]["备注"] == "两\n行, 逗号"
    assert table.row_numbers == [2, 4]


def test_sums_and_notes_below_a_table_are_no_rows_of_it_and_are_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "序号,项目名称,经度,纬度,面积\n1,合计路工程,115.9,29.7,1\n小计,,,,1\n2,注水站,115.91,29.7,2\n合 计,,,,3\n"
        "注：面积为图上量算,,,,\n制表人：张三,,,,\n", encoding="utf-8",
    )  # fmt: skip
    table = read_table(path)
    assert [row["项目名称"] for row in table.rows] == ["合计路工程", "注水站"]
    assert table.row_numbers == [2, 4]
    assert [(issue.code, issue.row) for issue in table.issues if issue.code == "row-not-data"] == [
        ("row-not-data", 3), ("row-not-data", 5), ("row-not-data", 6), ("row-not-data", 7),
    ]  # fmt: skip
    assert len(read_projects(path).frame) == 2
    path.write_text("name\n合计\n", encoding="utf-8")
    assert [row["name"] for row in read_table(path).rows] == ["合计"]


def test_a_quote_that_is_never_closed_does_not_swallow_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('name,经度,纬度,备注\n甲,115.9,29.7,"两行\n文字"\n乙,115.9,29.7,\n', encoding="utf-8")
    assert len(read_table(path).rows) == 2
    path.write_text('name,经度,纬度,备注\n甲,115.9,29.7,"没完\n乙,115.9,29.7,\n丙,115.9,29.7,\n', encoding="utf-8")
    with pytest.raises(LayerError, match="第 2 行起引号没有配对"):
        read_table(path)


@pytest.mark.parametrize(
    "head",
    [
        "名称,经度,经分,经秒,纬度,纬分,纬秒",
        "名称,东经（度）,东经（分）,东经（秒）,北纬（度）,北纬（分）,北纬（秒）",
        "名称,经度,分,秒,纬度,分,秒",
        "名称,经度,,,纬度,,\n,度,分,秒,度,分,秒",
    ],
)
def test_minutes_and_seconds_in_columns_of_their_own_are_not_lost(tmp_path, head):
    path = tmp_path / "点.csv"
    path.write_text(f"{head}\n甲,115,48,30,29,30,10\n乙,115,75,30,29,30,10\n", encoding="utf-8")
    layer = read_projects(path)
    assert list(layer.frame.geometry.x) == [pytest.approx(115 + 48 / 60 + 30 / 3600)]
    assert list(layer.frame.geometry.y) == [pytest.approx(29 + 30 / 60 + 10 / 3600)]
    assert "coordinate-unreadable" in [issue.code for issue in layer.issues], "75 minutes are no minutes"


def test_degrees_under_a_merged_header_are_one_angle(book, tmp_path):
    sheet = book.active
    sheet.append(["名称", "经度", None, None, "纬度", None, None])
    sheet.append([None, "度", "分", "秒", "度", "分", "秒"])
    for area in ("A1:A2", "B1:D1", "E1:G1"):
        sheet.merge_cells(area)
    sheet.append(["甲", 115, 48, 30, 29, 30, 10])
    (point,) = read_projects(book.save_as()).frame.geometry
    assert (point.x, point.y) == (pytest.approx(115.808333, abs=1e-6), pytest.approx(29.502778, abs=1e-6))


def test_whole_degrees_beside_what_may_be_minutes_are_refused(tmp_path):
    path = tmp_path / "点.csv"
    path.write_text("名称,经度,A,B,纬度,C,D\n甲,115,48,30,29,30,10\n", encoding="utf-8")
    with pytest.raises(LayerError, match="只有整度"):
        read_projects(path)


@pytest.mark.parametrize("pair", ["115°48′30″E，29°30′10″N", "北纬29°30′10″，东经115°48′30″", "29°30′10″N 115°48′30″E",
                                  "E115°48′30″ N29°30′10″", "115°48′30″E29°30′10″N"])
def test_a_pair_in_one_cell_is_read_by_its_hemispheres(tmp_path, pair):
    path = tmp_path / "点.csv"
    path.write_text(f'名称,坐标\n甲,"{pair}"\n乙,"115.8,29.5"\n', encoding="utf-8")
    first, _ = read_projects(path).frame.geometry
    assert (first.x, first.y) == (pytest.approx(115.808333, abs=1e-6), pytest.approx(29.502778, abs=1e-6))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<html><table><tr><td>名称</td><td>经度</td><td>纬度</td></tr></table></html>".encode(), "内容却是网页或文本"),
        ("\ufeff名称\t经度\t纬度\n甲\t115.8\t29.5\n".encode(), "内容却是网页或文本"),
        (b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "设有打开密码"),
        (b"PK\3\4junk", "不是完好的电子表格"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "不是完好的电子表格"),
    ],
)
@pytest.mark.parametrize("name", ["a.xls", "a.xlsx"])
def test_what_only_bears_the_suffix_of_a_workbook_is_told_apart(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(LayerError, match=said):
        read_table(path)


@pytest.mark.parametrize(("east", "north", "refused"), [
    ("116.01°E", "29.7°N", False), ("东经116.01", "北纬29.7", False), ("116.01", "29.7°E", True), ("116.01°N", "29.7", True),
])
def test_a_letter_of_the_other_axis_makes_a_place_unreadable(tmp_path, east, north, refused):
    path = tmp_path / "a.csv"
    path.write_text(f"名称,经度,纬度\n甲,{east},{north}\n乙,116.02,29.71\n", encoding="utf-8")
    found = read_projects(path)
    assert ("coordinate-unreadable" in [issue.code for issue in found.issues]) is refused
    assert found.frame.geometry.notna().sum() == (1 if refused else 2)

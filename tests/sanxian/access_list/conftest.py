"""A made-up access list (示例) with the traps of published ones: nothing in it is real but the forms."""

from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.styles import Alignment

TITLE = "示例省生态环境准入清单（示例，虚构内容，自2024年3月1日起施行）"

BANS = "1.禁止新建、扩建化工项目。\n2.禁止新建每小时35蒸吨及以下燃煤锅炉。\n3.鼓励发展电子信息产业。"
NESTED = (
    "一、禁止类：\n（一）禁止新建、扩建造纸、制革项目；\n（二）禁止新建入河排污口。\n"
    "二、限制类：\n1、严格控制新建、改建、扩建印染项目。2、原则上不再审批新建水泥项目。"
)
SPATIAL = "（1）长江干流岸线一公里范围内禁止新建、扩建化工项目。（2）现有化工企业应逐步退出。（3）限制新建房地产项目。"
UNDER_HEADING = "①岸线一公里范围内：\n1.禁止新建、扩建化工项目。\n2.禁止新建造纸项目。"
LISTED = "1.禁止新建、扩建下列项目：（1）化工；（2）造纸；（3）电镀。\n2.执行《示例目录》的规定。"
REPLACE = "1.1 新建、改建、扩建涉重金属项目执行倍量替代。\n1.2 加强农业面源治理。"
RISK = "1．新建、扩建化工项目须开展环境风险评估。2．建立应急预案。"
WATER = "提高用水效率。"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """36 units over three sheets and four general sheets, written as offices write them."""
    return write_published(tmp_path / "示例准入清单.xlsx")


def write_published(path: Path) -> Path:
    book = Workbook()
    _units(book.active)
    _sub_headers(book.create_sheet("一般管控单元"))
    _by_rows(book.create_sheet("重点单元（逐条）"))
    _general(book)
    book.save(path)
    book.close()
    return path


def _units(sheet) -> None:
    sheet.title = "单元清单"
    sheet["A1"] = TITLE
    sheet.merge_cells("A1:L1")
    sheet["A2"] = "序号"
    sheet["B2"] = " 环境管控单元\n编码 "
    sheet["C2"] = "环境管控单元名称"
    sheet["D2"] = "行政区划"
    sheet.merge_cells("D2:F2")
    for column, word in zip("DEF", ("省", "市", "区县\n"), strict=True):
        sheet[f"{column}3"] = word
    for column, word in zip(
        "GHIJKL",
        ("管控单元分类", "空间布局约束\n", "污染物排放 管控", "环境风险防控", "资源开发利用效率要求", "主管部门"),
        strict=True,
    ):
        sheet[f"{column}2"] = word
    for column in "ABCGHIJKL":
        sheet.merge_cells(f"{column}2:{column}3")
    row = 4
    texts = [BANS, NESTED, SPATIAL, UNDER_HEADING, LISTED]
    for number in range(1, 21):
        category = 1 + number % 3
        code = f"ZH369901{category}{number:04d}"
        shown = {4: code.lower(), 5: f" {code[:8]} {code[8:]}\n", 6: code.translate({ord(d): ord(d) + 0xFEE0 for d in "0123456789"})}
        sheet.cell(row, 1, number)
        sheet.cell(row, 2, shown.get(number, code))
        sheet.cell(row, 3, f"示例单元{number}")
        sheet.cell(row, 4, "示例省")
        sheet.cell(row, 5, "示例市")
        sheet.cell(row, 6, "示例区")
        sheet.cell(row, 7, ("优先保护单元", "重点管控\n单元", "一般管控单元")[category - 1])
        sheet.cell(row, 8, texts[number % 5]).alignment = Alignment(wrap_text=True)
        sheet.cell(row, 9, REPLACE if number % 2 else "/")
        sheet.cell(row, 10, RISK if number % 4 == 0 else None)
        sheet.cell(row, 11, 2025 if number == 9 else WATER)
        if number == 3:
            sheet.cell(row, 12, "示例局")
        row += 1
        if number == 10:  # the header once more, and a section row
            for column, word in enumerate(("序号", "环境管控单元编码", "环境管控单元名称"), 1):
                sheet.cell(row, column, word)
            row += 1
            sheet.cell(row, 1, "二、重点管控单元")
            sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=12)
            row += 1
    # a unit over three rows, by merged cells; the fourth column is merged over two units
    sheet.cell(row, 2, "ZH36990120021")
    sheet.cell(row, 3, "示例续行单元")
    for column in (2, 3):
        sheet.merge_cells(start_row=row, start_column=column, end_row=row + 2, end_column=column)
    for offset, text in enumerate(("1.禁止新建制革项目。", "2.禁止新建印染项目。", "3.鼓励清洁生产。")):
        sheet.cell(row + offset, 8, text)
    sheet.cell(row + 3, 2, "ZH36990120022")
    sheet.cell(row + 3, 3, "示例合并单元")
    sheet.cell(row + 2, 9, "1.新建、扩建项目实行主要污染物等量替代。")
    sheet.merge_cells(start_row=row + 2, start_column=9, end_row=row + 3, end_column=9)
    row += 4
    # class digit against class word, a duplicate code, a bad code, a row with no code
    for code, name, word, text in (
        ("ZH36990110023", "示例错类单元", "重点管控单元", "禁止新建化工项目。"),
        ("ZH36990120001", "示例重码单元", "重点管控单元", "禁止新建造纸项目。"),
        ("ZH3699012002", "示例短码单元", "重点管控单元", "禁止新建焦化项目。"),
        (None, "示例无码单元", "重点管控单元", "禁止新建平板玻璃项目。"),
    ):
        sheet.cell(row, 2, code)
        sheet.cell(row, 3, name)
        sheet.cell(row, 7, word)
        sheet.cell(row, 8, text)
        row += 1
    sheet.cell(row, 1, "合计")
    sheet.cell(row, 3, "24个单元")
    sheet.cell(row + 1, 1, "注：本表为示例。")
    sheet.merge_cells(start_row=row + 1, start_column=1, end_row=row + 1, end_column=12)


def _sub_headers(sheet) -> None:
    """The spatial column split into the four published kinds; loose names of the other three."""
    sheet.append(["单元编码", "单元名称", "区域布局管控", None, "污染物排放管控", "环境风险防控", "能源资源利用"])
    sheet.append([None, None, "禁止开发建设活动的要求", "限制开发建设活动的要求"])
    sheet.merge_cells("C1:D1")
    for column in "ABEFG":
        sheet.merge_cells(f"{column}1:{column}2")
    for number in range(1, 7):
        sheet.append(
            [
                f"ZH3699023{number:04d}",
                f"示例一般单元{number}",
                "禁止新建、扩建钢铁、焦化项目。",
                "严格控制两高项目。",
                "无",
                "1. 禁止新建尾矿库。2. 加强巡查。",
                "禁止新建、扩建燃用高污染燃料的设施。",
            ]
        )


def _by_rows(sheet) -> None:
    """One requirement a row, the dimension in a column of its own, the unit merged over its rows."""
    sheet.append(["管控单元编码", "管控单元名称", "管控维度", "管控要求"])
    row = 2
    for number in range(1, 7):
        sheet.cell(row, 1, f"ZH3699032{number:04d}")
        sheet.cell(row, 2, f"示例逐条单元{number}")
        for offset, (dimension, text) in enumerate(
            (
                ("空间布局约束", "禁止新建电镀项目。"),
                ("空间布局约束", "不得引进农药项目。"),
                ("资源利用效率", "推进中水回用。"),
            )
        ):
            sheet.cell(row + offset, 3, dimension)
            sheet.cell(row + offset, 4, text)
        for column in (1, 2):
            sheet.merge_cells(start_row=row, start_column=column, end_row=row + 2, end_column=column)
        row += 3


def _general(book) -> None:
    province = book.create_sheet("全省总体准入要求")
    province.append(["示例省总体准入要求"])
    province.append(["维度", "准入要求"])
    province.append(["空间布局约束", "1.全省禁止新建、扩建炼油项目。\n2.不符合国家产业政策的项目，不得建设。"])
    province.append(["污染物排放管控", "除热电联产外，禁止新建燃煤锅炉。"])
    city = book.create_sheet("示例市总体准入要求")
    city.append(["空间布局约束", "污染物排放管控", "环境风险防控", "资源利用效率要求"])
    city.append(["1.禁止新建煤电项目。", "加强扬尘管控。", "无", "限制新建水产养殖项目。"])
    basin = book.create_sheet("示例河流域总体")
    basin.append(["管控类别", "管控要求"])
    basin.append(["空间布局约束", "禁止新建、扩建造纸项目。"])
    readme = book.create_sheet("填表说明")
    readme["A1"] = "本工作簿为示例。"

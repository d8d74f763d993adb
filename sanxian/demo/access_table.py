"""The demo's access list as an office would publish it: one sheet a tier, one column a dimension, numbered clauses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.worksheet.worksheet import Worksheet

from sanxian.demo.files import save_workbook
from sanxian.demo.ground import table

TITLE = "示例区生态环境准入清单（虚构，仅作程序演示；自2021年6月1日起施行）"
DIMENSIONS: Mapping[str, str] = {
    "spatial_layout": "空间布局约束",
    "pollutant_discharge": "污染物排放管控",
    "environmental_risk": "环境风险防控",
    "resource_efficiency": "资源开发效率要求",
}
TIERS: Mapping[str, str] = {"province": "全省总体清单", "city": "市总体清单"}
UNITS_SHEET = "单元清单"
CATEGORIES: Mapping[str, str] = {"priority": "优先保护单元", "key": "重点管控单元", "general": "一般管控单元"}
FIRST_UNIT_ROW = 4
FIRST_DIMENSION_COLUMN = 8


def write_access_list(path: Path) -> None:
    """Write the workbook; its texts are those of ``access_list.toml``.

    Raises:
        OSError: The file cannot be written.
    """
    given = table("access_list")
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for tier, name in TIERS.items():
        clauses = [clause for clause in given["clause"] if clause["tier"] == tier]
        _general_sheet(book.create_sheet(name), name, clauses)
    _unit_sheet(book.create_sheet(UNITS_SHEET), given)
    save_workbook(book, path)


def _general_sheet(sheet: Worksheet, name: str, clauses: Sequence[Mapping[str, Any]]) -> None:
    sheet.append([f"{TITLE}·{name}"])
    sheet.merge_cells("A1:C1")
    sheet.append(["序号", "管控维度", "准入要求"])
    for number, clause in enumerate(clauses, 1):
        sheet.append([number, DIMENSIONS[clause["dimension"]], clause["text"]])
    _dress(sheet, {"A": 6, "B": 18, "C": 70}, header=2)


def _unit_sheet(sheet: Worksheet, given: Mapping[str, Any]) -> None:
    sheet.append([TITLE])
    sheet.merge_cells("A1:K1")
    columns = ["序号", "环境管控单元编码", "环境管控单元名称", "行政区划", None, None, "管控单元分类", *DIMENSIONS.values()]
    sheet.append(columns)
    sheet.append([None, None, None, "省", "市", "县"])
    for column in (*"ABCG", *"HIJK"):
        sheet.merge_cells(f"{column}2:{column}3")
    sheet.merge_cells("D2:F2")
    for number, unit in enumerate(given["unit"], 1):
        cells = [_cell(given["clause"], unit["code"], dimension) for dimension in DIMENSIONS]
        place = ["江西省", "九江市", "示例区"]
        sheet.append([number, unit["code"], unit["name"], *place, CATEGORIES[unit["category"]], *cells])
    _dress(sheet, {"A": 6, "B": 17, "C": 24, "D": 8, "E": 8, "F": 8, "G": 14, "H": 44, "I": 44, "J": 36, "K": 36}, header=3)


def _cell(clauses: Sequence[Mapping[str, Any]], unit: str, dimension: str) -> str:
    texts = [clause["text"] for clause in clauses if clause.get("unit") == unit and clause["dimension"] == dimension]
    return "\n".join(f"{number}.{text}" for number, text in enumerate(texts, 1)) or "/"


def _dress(sheet: Worksheet, widths: Mapping[str, float], *, header: int) -> None:
    thin = Side(style="thin")
    for number, row in enumerate(sheet.iter_rows(), 1):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center" if number <= header else None)
            if number <= header:
                cell.font = Font(bold=True, size=14 if number == 1 else 11)
            if number > 1:
                cell.border = Border(thin, thin, thin, thin)
    for column, width in widths.items():
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = f"A{header + 1}"

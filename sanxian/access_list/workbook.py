"""An Excel file as plain text cells, with merged cells told apart from empty ones."""

from __future__ import annotations

import hashlib
import io
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from sanxian.access_list.errors import AccessListError
from sanxian.i18n import N_

MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_UNPACKED_BYTES = 2 * 1024 * 1024 * 1024  # a province's list unpacks to some 50 MB; far more is not a list
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. Rows and columns count from 1, as Excel shows them.

    Attributes:
        cells: Text of every cell that holds any, by row and column; a merged range holds it at its first cell.
        anchors: First cell of the merged range for every other cell of it that lies in a row and a column in use.
        ranges: Merged ranges by first cell: last row and last column.
        empty_formulas: Cells with a formula and no stored result.
        hidden: Excel does not show the sheet.
        rows: Rows with text of their own or shown from a merged range, in order.
        columns: Columns with text, in order.
    """

    name: str
    cells: Mapping[Place, str]
    anchors: Mapping[Place, Place] = field(default_factory=dict[Place, Place])
    ranges: Mapping[Place, Place] = field(default_factory=dict[Place, Place])
    empty_formulas: tuple[Place, ...] = ()
    hidden: bool = False
    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()

    def anchor(self, row: int, column: int) -> Place:
        """The cell that holds the text shown at a place."""
        return self.anchors.get((row, column), (row, column))

    def text(self, row: int, column: int) -> str:
        """The text shown at a place; empty where there is none."""
        return self.cells.get(self.anchor(row, column), "")


def cell_name(place: Place) -> str:
    """``(12, 6)`` as ``F12``."""
    return f"{get_column_letter(place[1])}{place[0]}"


@dataclass(frozen=True, slots=True)
class Workbook:
    """All sheets of a file, and the file's digest."""

    name: str
    sheets: tuple[Sheet, ...]
    sha256: str


def read_workbook(path: Path) -> Workbook:
    """Read an ``.xlsx``, ``.xlsm`` or ``.xls`` file; which of them it is, its first bytes say.

    Raises:
        AccessListError: The file is missing, too big, encrypted or not an Excel file at all.
    """
    if not path.is_file():
        raise AccessListError(N_("找不到文件“{file}”"), file=path.name)
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise AccessListError(N_("“{file}”有 {mb} MB，不像一份准入清单"), file=path.name, mb=size // 1024 // 1024)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise AccessListError(N_("“{file}”读不出来：{error}"), file=path.name, error=error) from error
    if raw.startswith(_ZIP):
        sheets = _read_xlsx(raw, path.name)
    elif raw.startswith(_OLE):
        sheets = _read_xls(raw, path.name)
    else:
        raise AccessListError(
            N_("“{file}”不是 Excel 文件（有的平台把网页或文本存成 .xls）；请在 Excel 中打开并另存为 .xlsx"), file=path.name
        )
    return Workbook(path.name, tuple(sheets), hashlib.sha256(raw).hexdigest())


def _read_xlsx(raw: bytes, name: str) -> list[Sheet]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            names = set(archive.namelist())
    except zipfile.BadZipFile as error:
        raise AccessListError(N_("“{file}”已损坏，打不开：{error}"), file=name, error=error) from error
    if unpacked > MAX_UNPACKED_BYTES:
        raise AccessListError(N_("“{file}”解开后有 {mb} MB，不像一份准入清单"), file=name, mb=unpacked // 1024 // 1024)
    if "[Content_Types].xml" not in names or not any(entry.startswith("xl/") for entry in names):
        raise AccessListError(N_("“{file}”是压缩包或别的文档，不是 Excel 工作簿"), file=name)
    book = _load(raw, name, values=False)
    formulas = {
        sheet.title: [place for place, cell in sheet._cells.items() if cell.data_type == "f"]
        for sheet in book.worksheets
    }
    results = _load(raw, name, values=True) if any(formulas.values()) else None
    sheets: list[Sheet] = []
    for sheet in book.worksheets:
        cells: dict[Place, str] = {}
        empty: list[Place] = []
        # _cells, not iter_rows: one stray cell in the last corner of a sheet would make iter_rows walk 17 billion
        for place, cell in sheet._cells.items():
            value = cell.value
            if cell.data_type == "f":
                value = results[sheet.title]._cells[place].value if results is not None else None
                if value is None:
                    empty.append(place)
            text = _text(value)
            if text.strip():
                cells[place] = text
        merged = [((area.min_row, area.min_col), (area.max_row, area.max_col)) for area in sheet.merged_cells.ranges]
        sheets.append(_sheet(sheet.title, cells, merged, sorted(empty), hidden=sheet.sheet_state != "visible"))
    return sheets


def _load(raw: bytes, name: str, *, values: bool) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and validations that it leaves out; text is kept
            return load_workbook(io.BytesIO(raw), data_only=values)
    except Exception as error:  # noqa: BLE001 - a broken workbook makes openpyxl raise nearly anything
        raise AccessListError(N_("“{file}”已损坏，打不开：{error}"), file=name, error=error) from error


def _read_xls(raw: bytes, name: str) -> list[Sheet]:
    try:
        import xlrd
    except ImportError as error:
        raise AccessListError(N_("读取旧格式 .xls 需要安装 xlrd；或在 Excel 中把“{file}”另存为 .xlsx"), file=name) from error
    try:
        book = xlrd.open_workbook(file_contents=raw, formatting_info=True, logfile=io.StringIO())
    except Exception as error:  # noqa: BLE001 - a broken workbook makes xlrd raise nearly anything
        raise AccessListError(
            N_("“{file}”打不开：加了密码，或不是 Excel 文件（{error}）；请解除密码并另存为 .xlsx"), file=name, error=error
        ) from error
    sheets: list[Sheet] = []
    for sheet in book.sheets():
        cells: dict[Place, str] = {}
        for row in range(sheet.nrows):
            for column in range(sheet.row_len(row)):
                cell = sheet.cell(row, column)
                value: Any = cell.value
                if cell.ctype == xlrd.XL_CELL_DATE:
                    value = xlrd.xldate_as_datetime(value, book.datemode)
                elif cell.ctype == xlrd.XL_CELL_ERROR:
                    value = xlrd.error_text_from_code.get(value, "")
                elif cell.ctype == xlrd.XL_CELL_BOOLEAN:
                    value = bool(value)
                text = _text(value)
                if text.strip():
                    cells[row + 1, column + 1] = text
        merged = [((top + 1, left + 1), (bottom, right)) for top, bottom, left, right in sheet.merged_cells]
        sheets.append(_sheet(sheet.name, cells, merged, [], hidden=sheet.visibility != 0))
    return sheets


def _sheet(
    name: str, cells: dict[Place, str], merged: list[tuple[Place, Place]], empty: list[Place], *, hidden: bool
) -> Sheet:
    rows = sorted({row for row, _ in cells})
    columns = sorted({column for _, column in cells})
    anchors: dict[Place, Place] = {}
    ranges: dict[Place, Place] = {}
    for (top, left), (bottom, right) in sorted(merged):
        if (top, left) not in cells:
            continue
        ranges[top, left] = (bottom, right)
        # only rows and columns in use: a range over a whole sheet has 17 billion cells
        for row in (row for row in rows if top <= row <= bottom):
            for column in (column for column in columns if left <= column <= right):
                if (row, column) != (top, left):
                    anchors[row, column] = (top, left)
    shown = sorted({*rows, *(row for row, _ in anchors)})
    return Sheet(name, cells, anchors, ranges, tuple(empty), hidden, tuple(shown), tuple(columns))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n")

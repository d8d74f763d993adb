"""Tables of text: CSV in any of the usual encodings and separators, and spreadsheets, title rows and all."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layers import encoding as encodings
from layers.errors import N_, LayerError
from layers.files import must_exist
from layers.issues import Issue
from layers.values import as_text

_SHEETS = (".xlsx", ".xlsm", ".xls", ".ods")
_TITLE_ROWS = 12  # how far down a header is looked for


@dataclass(frozen=True, slots=True)
class Table:
    """A table as text.

    Attributes:
        headers: Column names, stripped, each one once.
        rows: One mapping a row; an empty cell is ``None``.
        row_numbers: For each row the number that a spreadsheet or an editor shows.
        encoding: Of a text file; ``None`` for a spreadsheet.
    """

    headers: list[str]
    rows: list[dict[str, str | None]]
    row_numbers: list[int]
    issues: tuple[Issue, ...] = ()
    encoding: str | None = None
    sheet: str | None = None
    path: Path = field(default_factory=Path)


def read_table(path: Path | str, *, sheet: str | None = None, encoding: str | None = None) -> Table:
    """Read a table, whatever its encoding, separator or title rows.

    Codes keep their leading zeros where the file has them: a spreadsheet's number format counts, and what a
    spreadsheet has already cut off cannot be known.

    Args:
        path: ``.csv``, ``.tsv``, ``.txt``, ``.xlsx``, ``.xlsm``, ``.xls`` or ``.ods``.
        sheet: Name of the sheet; by default the first one that holds anything.
        encoding: Of a text file, where it is known; otherwise decided by evidence.

    Raises:
        LayerError: The file cannot be read as a table.
    """
    path = Path(path)
    must_exist(path)
    if path.suffix.lower() in _SHEETS:
        grid, chosen, issues = _spreadsheet(path, sheet)
        used = None
    else:
        text, used, issues = encodings.read_text(path, encoding)
        grid, chosen = _separated(text, path), None
    return _table(grid, path, used, chosen, issues)


def sheet_names(path: Path | str) -> list[str]:
    """Names of a spreadsheet's sheets, in order.

    Raises:
        LayerError: It is no spreadsheet that can be opened.
    """
    path = Path(path)
    must_exist(path)
    return [name for name, _ in _sheets(path)]


def _separated(text: str, path: Path) -> list[tuple[int, list[str | None]]]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = [line for line in text.split("\n") if line.strip()][:50]
    if not lines:
        raise LayerError(N_("{file} 里没有内容"), file=path.name)
    if lines[0].lower().startswith("sep=") and len(lines[0]) == 5:
        delimiter, text = lines[0][4], text.split("\n", 1)[1] if "\n" in text else ""
    else:
        delimiter = _delimiter(lines)
    grid: list[tuple[int, list[str | None]]] = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    csv.field_size_limit(1 << 24)
    start = 1
    try:
        for row in reader:
            if any("\n" in cell and _swallowed(cell, delimiter, grid) for cell in row):
                raise LayerError(
                    N_("{file} 第 {line} 行起引号没有配对，后面的行被当成了一格文字；请补上引号"), file=path.name, line=start
                )
            cells = [cell.strip() or None for cell in row]
            grid.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise LayerError(
            N_("{file} 第 {line} 行不是完整的表格行：{reason}"), file=path.name, line=reader.line_num, reason=str(error)
        ) from error
    return grid


def _swallowed(cell: str, delimiter: str, grid: Sequence[tuple[int, Sequence[str | None]]]) -> bool:
    """Whether a cell holds whole rows of the table, as one does whose closing quote is missing."""
    width = max((len(cells) for _, cells in grid[:20]), default=2)
    lines = cell.split("\n")[1:]
    return width > 2 and any(line.count(delimiter) >= width - 2 for line in lines)


def _delimiter(lines: Sequence[str]) -> str:
    """The separator that cuts the lines most evenly."""
    best, best_score = ",", (0.0, 0)
    for delimiter in (",", "\t", ";", "|", "，"):
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        most = max(set(widths), key=widths.count)
        if most > 1:
            score = (widths.count(most) / len(widths), most)
            # A header that has the separator and rows that do too: evenness first, then the number of columns.
            if score > best_score and (score[0] >= 0.5 or best_score == (0.0, 0)):
                best, best_score = delimiter, score
    header = lines[0]
    if best == "," and header.count(";") > header.count(",") > 0:
        return ";"
    return best


def _sheets(path: Path) -> list[tuple[str, list[tuple[int, list[str | None]]]]]:
    suffix = path.suffix.lower()
    head = path.open("rb")
    with head:
        magic = head.read(512)
    begin = magic.removeprefix(b"\xef\xbb\xbf").lstrip()
    if begin.startswith(b"<") or (begin and b"\0" not in magic and not magic.startswith(b"PK")):
        # Many platforms export a web page or a text under the suffix of a workbook.
        raise LayerError(N_("{file} 的后缀是电子表格，内容却是网页或文本；请用 Excel 或 WPS 打开后另存为 .xlsx"), file=path.name)
    if magic.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        raise LayerError(N_("{file} 设有打开密码；请去掉密码另存后再读"), file=path.name)
    try:
        if magic.startswith(b"PK") and suffix in (".xlsx", ".xlsm", ".xls"):
            return _xlsx(path)
        if magic.startswith(b"\xd0\xcf\x11\xe0"):
            return _xls(path)
        if suffix == ".ods":
            return _ods(path)
    except LayerError:
        raise
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        zipfile.BadZipFile,
        SyntaxError,
        NotImplementedError,
        EOFError,
    ) as error:
        raise LayerError(N_("{file} 不是完好的电子表格，可能没有保存或下载完整"), file=path.name) from error
    except Exception as error:
        if type(error).__module__.split(".")[0] in ("openpyxl", "xlrd", "odf", "zlib", "xml", "lxml"):
            raise LayerError(N_("{file} 不是完好的电子表格，可能没有保存或下载完整"), file=path.name) from error
        raise
    raise LayerError(N_("{file} 不是完好的电子表格，可能没有保存或下载完整"), file=path.name)


def _xlsx(path: Path) -> list[tuple[str, list[tuple[int, list[str | None]]]]]:
    import warnings

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl speaks of styles and validations that do not concern the cells
        book = openpyxl.load_workbook(path, data_only=True)
        try:
            found = []
            for sheet in book.worksheets:
                merged = {}
                for area in sheet.merged_cells.ranges:
                    # A cell merged across belongs to every column under it; one merged down to every row.
                    for row in range(area.min_row, area.max_row + 1):
                        for column in range(area.min_col, area.max_col + 1):
                            merged[row, column] = (area.min_row, area.min_col)
                grid = []
                for row in sheet.iter_rows():
                    cells = []
                    for cell in row:
                        source = cell
                        if (cell.row, cell.column) in merged:
                            source = sheet.cell(*merged[cell.row, cell.column])
                        cells.append(_cell_text(source.value, source.number_format))
                    if row:
                        grid.append((row[0].row, cells))
                found.append((sheet.title, grid))
            return found
        finally:
            book.close()


def _cell_text(value: Any, number_format: str = "") -> str | None:
    if value is None:
        return None
    text = as_text(value)
    if text is not None and isinstance(value, int | float) and not isinstance(value, bool):
        zeros = re.fullmatch(r"0{2,}", number_format or "")
        if zeros and text.isdigit():
            return text.zfill(len(number_format))
    return text or None


def _xls(path: Path) -> list[tuple[str, list[tuple[int, list[str | None]]]]]:
    try:
        import xlrd
    except ImportError as error:
        raise LayerError(N_("{file} 是旧版 Excel 文件，请另存为 .xlsx 后再读"), file=path.name) from error
    try:  # with formats it also tells merged cells, and the zeros before a code
        book = xlrd.open_workbook(path, logfile=io.StringIO(), formatting_info=True)
    except (NotImplementedError, AssertionError, IndexError, KeyError, xlrd.XLRDError):
        book = xlrd.open_workbook(path, logfile=io.StringIO(), formatting_info=False)
    found = []
    for sheet in book.sheets():
        grid: list[tuple[int, list[str | None]]] = []
        for index in range(sheet.nrows):
            cells: list[str | None] = []
            for cell in sheet.row(index):
                if cell.ctype == xlrd.XL_CELL_DATE:
                    cells.append(as_text(xlrd.xldate_as_datetime(cell.value, book.datemode)))
                elif cell.ctype == xlrd.XL_CELL_BOOLEAN:
                    cells.append("true" if cell.value else "false")
                elif cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR):
                    cells.append(None)
                else:
                    cells.append(_cell_text(cell.value, _xls_format(book, cell.xf_index)))
            grid.append((index + 1, cells))
        for top, bottom, left, right in sheet.merged_cells:
            _spread(grid, top, bottom - top, left, right - left)
        found.append((sheet.name, grid))
    return found


def _xls_format(book: Any, index: int | None) -> str:
    try:
        return str(book.format_map[book.xf_list[index].format_key].format_str)
    except (AttributeError, IndexError, KeyError, TypeError):
        return ""


def _spread(grid: list[tuple[int, list[str | None]]], top: int, height: int, left: int, width: int) -> None:
    """Give what stands in a merged cell to every row and column that it covers; ``top`` counts rows of ``grid``."""
    if not 0 <= top < len(grid) or left >= len(grid[top][1]) or (text := grid[top][1][left]) is None:
        return
    for _, cells in grid[top : top + min(height, 10_000)]:
        cells.extend([None] * (min(left + width, 500) - len(cells)))
        cells[left : left + width] = [text] * len(cells[left : left + width])


def _ods(path: Path) -> list[tuple[str, list[tuple[int, list[str | None]]]]]:
    """Cells of an OpenDocument spreadsheet, straight from its XML: it needs no further package."""
    from xml.etree import ElementTree

    office = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
    table = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
    words = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read("content.xml"))
    found = []
    for sheet in root.iter(f"{table}table"):
        grid: list[tuple[int, list[str | None]]] = []
        merged: list[tuple[int, int, int, int]] = []
        number = 0
        for row in sheet.iter(f"{table}table-row"):
            repeat = int(row.get(f"{table}number-rows-repeated", "1"))
            cells: list[str | None] = []
            for cell in row:
                if cell.tag not in (f"{table}table-cell", f"{table}covered-table-cell"):
                    continue
                text = "\n".join("".join(line.itertext()) for line in cell.iter(f"{words}p")).strip()
                if cell.get(f"{office}value-type") == "float":
                    shown, text = text, as_text(float(cell.get(f"{office}value", "nan"))) or text
                    if re.fullmatch(r"0\d+", shown) and shown.lstrip("0") == text.lstrip("0"):
                        text = shown  # a code whose format gives it its zeros
                elif cell.get(f"{office}value-type") == "date":
                    text = cell.get(f"{office}date-value", text)
                spans = [int(cell.get(f"{table}number-{way}-spanned", "1")) for way in ("rows", "columns")]
                if spans != [1, 1]:
                    merged.append((len(grid), spans[0], len(cells), spans[1]))
                cells.extend([text or None] * min(int(cell.get(f"{table}number-columns-repeated", "1")), 500))
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                grid.extend((number + 1 + step, list(cells)) for step in range(min(repeat, 100_000)))
            elif merged and merged[-1][0] + merged[-1][1] > len(grid):
                grid.append((number + 1, []))  # an empty row that a merged cell reaches into
            number += repeat
        for area in merged:
            _spread(grid, *area)
        found.append((sheet.get(f"{table}name", ""), grid))
    return found


def _spreadsheet(path: Path, sheet: str | None) -> tuple[list[tuple[int, list[str | None]]], str, list[Issue]]:
    sheets = _sheets(path)
    if sheet is not None:
        for name, grid in sheets:
            if name == sheet:
                return grid, name, _uncalculated(path, name)
        names = "、".join(name for name, _ in sheets)
        raise LayerError(N_("{file} 里没有工作表 {sheet}；有：{names}"), file=path.name, sheet=sheet, names=names)
    filled = [(name, grid) for name, grid in sheets if any(any(cells) for _, cells in grid)]
    if not filled:
        raise LayerError(N_("{file} 里没有内容"), file=path.name)
    name, grid = filled[0]
    issues = []
    if len(filled) > 1:
        others = [other for other, _ in filled[1:]]
        issues.append(Issue("sheets-not-read", severity="warning", values={"sheet": name, "others": others}))
    return grid, name, [*issues, *_uncalculated(path, name)]


def _uncalculated(path: Path, sheet: str) -> list[Issue]:
    """Cells with a formula and no result: a program wrote them, and no spreadsheet has opened the file since."""
    if path.suffix.lower() not in (".xlsx", ".xlsm") or not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name)]
        bare = re.compile(rb"(?:</f>|<f[^>]*/>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
        if not any(bare.search(archive.read(name)) for name in sheets):
            return []
    import warnings

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book, results = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    try:
        cells = [
            cell.coordinate for row in book[sheet].iter_rows() for cell in row
            if cell.data_type == "f" and results[sheet][cell.coordinate].value is None
        ]  # fmt: skip
    finally:
        book.close()
        results.close()
    return [Issue("formulas-without-results", None, None, "error", {"count": len(cells), "cell": cells[0]})] if cells else []


def _table(
    grid: list[tuple[int, list[str | None]]],
    path: Path,
    encoding: str | None,
    sheet: str | None,
    issues: Sequence[Issue],
) -> Table:
    grid = [(number, cells) for number, cells in grid if any(cells)]
    if not grid:
        raise LayerError(N_("{file} 里没有内容"), file=path.name)
    found = list(issues)
    first, depth = _header(grid)
    head = [cells for _, cells in grid[first : first + depth]]
    width = max(len(cells) for _, cells in grid[first:])
    headers: list[str] = []
    for column in range(width):
        words: list[str] = []
        for cells in head:
            word = cells[column] if column < len(cells) else None
            word = re.sub(r"\s+", "", word) if word else None
            if word and word not in words:
                words.append(word)
        unit = len(head) > 1 and column < len(head[1]) and (head[1][column] or "").strip()
        if unit and _UNIT.fullmatch(unit):  # which angle it is of stands above it, or above a cell to its left
            above = [cell for cell in head[0][: column + 1] if cell]
            words = [re.sub(r"\s+", "", above[-1]), unit] if above else [unit]
        name = (words[-1] if words else "") or f"_{column + 1}"
        if len(words) > 1 and (name in headers or _UNIT.fullmatch(name)):
            name = "_".join(words)
        while name in headers:
            name += "_"
        headers.append(name)
    if first:
        found.append(
            Issue("title-rows-skipped", grid[0][0], severity="info", values={"rows": grid[first][0] - grid[0][0]})
        )
    rows, numbers = [], []
    for number, cells in grid[first + depth :]:
        if _no_data(cells, width):
            text = " ".join(dict.fromkeys(cell for cell in cells if cell))[:60]
            found.append(Issue("row-not-data", number, severity="warning", values={"text": text}))
            continue
        padded = [*cells, *[None] * (width - len(cells))]
        rows.append(dict(zip(headers, padded, strict=True)))
        numbers.append(number)
    unnamed = [name for name in headers if re.fullmatch(r"_\d+", name) and not any(row[name] for row in rows)]
    for name in unnamed:
        headers.remove(name)
        for row in rows:
            del row[name]
    return Table(headers, rows, numbers, tuple(found), encoding, sheet, path)


_TOTAL = re.compile(r"(合计|总计|小计|共计|总和|TOTAL|SUM)[:：]?([(（].*[)）])?", re.IGNORECASE)
_NOTE = re.compile(r"(注|附注|备注|说明|填表|填报|制表|审核|负责人|联系|数据来源|资料来源)\s*([:：0-9一二三]|人|单位|时间|日期)")


def _no_data(cells: Sequence[str | None], width: int) -> bool:
    """Whether a row below the header is a sum, or a note over the whole width, and no thing of the table."""
    filled = [cell for cell in cells if cell]
    if not filled or width < 2:
        return False
    first = re.sub(r"\s+", "", filled[0])
    if _TOTAL.fullmatch(first):
        return len(set(filled)) < width
    return width > 2 and len(set(filled)) == 1 and _NOTE.match(filled[0]) is not None


def _header(grid: list[tuple[int, list[str | None]]]) -> tuple[int, int]:
    """Which row the header is, and how many rows it takes.

    A title is one text over the whole width, hence one distinct cell; a second header row under merged cells repeats
    some words and holds no number.
    """
    widest = max(len({cell for cell in cells if cell}) for _, cells in grid[: _TITLE_ROWS * 4])
    first = 0
    for index, (_, cells) in enumerate(grid[:_TITLE_ROWS]):
        distinct = {cell for cell in cells if cell}
        if len(distinct) >= max(2, widest / 2) or widest <= 1:
            first = index
            break
    depth = 1
    cells = grid[first][1]
    filled = [cell for cell in cells if cell]
    if first + 1 < len(grid) and len(set(filled)) < len(filled):
        below = [cell for cell in grid[first + 1][1] if cell]
        repeated = {cell for cell in filled if filled.count(cell) > 1}
        if below and repeated and not any(_is_number(cell) for cell in below):
            depth = 2
    if depth == 1 and first + 1 < len(grid):
        below = [cell.strip() for cell in grid[first + 1][1] if cell and cell not in filled]
        if len(below) > 1 and all(_UNIT.fullmatch(cell) for cell in below):
            depth = 2  # 度 分 秒 under 经度 and 纬度
    return first, depth


_UNIT = re.compile(r"[(（]?[°度′'分″\"秒][)）]?")  # of an angle


def half_width(text: str) -> str:
    """Digits and signs as ASCII, without blanks around them."""
    return unicodedata.normalize("NFKC", text).strip()


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?[\d.,]+", unicodedata.normalize("NFKC", text).strip()))

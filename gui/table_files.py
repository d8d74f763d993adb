"""A table as a file: numbers are numbers, and what Excel would take for a formula stays text. Knows no Qt."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any

from layers.values import is_gap
from sanxian.errors import TellingError
from sanxian.i18n import N_, _

Cell = str | int | float | None
FORMULA = ("=", "+", "-", "@", "\t", "\r")
SHEET_ROWS = 1_048_575  # below the header; no program opens more
EXACT = 10**15  # whole numbers beyond lose digits in a spreadsheet
_STEP = 1_000


class TooLong(TellingError):
    """More rows than a sheet has room for."""


def words(value: Any) -> str:
    """A value of a cell in words; empty for what the data lacks."""
    if is_gap(value):
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return _("是") if value else _("否")
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _number(value: Any) -> Cell:
    """A value of a column of numbers; as text where a spreadsheet could not hold it."""
    text = words(value)
    if not text or isinstance(value, bool):
        return text or None
    plain = value.item() if hasattr(value, "item") else value
    return plain if isfinite(plain) and (isinstance(plain, float) or abs(plain) < EXACT) else text


def write_columns(tell: Callable[[int, int], Any], path: Path, header: Sequence[str], columns: Sequence[tuple[Any, bool]]) -> int:
    """Write columns of raw values; the number of rows.

    Args:
        tell: Called with rows done and in all; raises what stops it.
        columns: The values, packed for another process or not, and whether the column's type is a number.

    Raises:
        OSError, TooLong: It cannot be written.
    """
    from sanxian.apart import Packed, unpack

    made = []
    for values, number in columns:
        plain = unpack(values) if isinstance(values, Packed) else values
        made.append([_number(value) for value in plain] if number else [words(value) for value in plain])
    count = len(made[0]) if made else 0
    write_table(path, header, zip(*made, strict=True), lambda done: tell(done, count), count)
    return count


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]],
                tell: Callable[[int], Any] = lambda _done: None, count: int = 0) -> Path:
    """Write ``.xlsx`` (text as text, numbers as numbers) or ``.csv``; nothing half-written is left.

    Args:
        tell: Called with rows done now and then; raises what stops it.
        count: How many rows there are, where it is known.

    Raises:
        OSError, TooLong: It cannot be written.
    """
    book = path.suffix.lower() == ".xlsx"
    if book and count > SHEET_ROWS:
        raise TooLong(N_("Excel 工作表最多 {most} 行，这里有 {count} 行；请导出为 CSV，或先筛选。"),
                      most=f"{SHEET_ROWS:,}", count=f"{count:,}")

    def told(rows: Iterable[Sequence[Cell]]) -> Iterable[Sequence[Cell]]:
        for number, row in enumerate(rows):
            if number % _STEP == 0:
                tell(number)
            yield row

    handle, name = tempfile.mkstemp(dir=path.parent, suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        if book:
            _workbook(temporary, header, told(rows))
        else:
            with temporary.open("w", encoding="utf-8-sig", newline="") as stream:
                writer = csv.writer(stream)
                writer.writerow([_safe(cell) for cell in header])
                writer.writerows([_safe(cell) for cell in row] for row in told(rows))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _safe(cell: Cell) -> str:
    """A cell that a spreadsheet would run, with a mark that keeps it text; numbers stay numbers."""
    if not isinstance(cell, str):
        return "" if cell is None else f"{cell:.15g}" if isinstance(cell, float) else str(cell)
    if not cell.startswith(FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def _workbook(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"

    def cell(value: Cell, bold: bool = False) -> Any:
        if not isinstance(value, str):
            return value
        made = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
        made.data_type = "s"
        if bold:
            made.font = Font(bold=True)
        return made

    try:
        for row in chain([[cell(text, True) for text in header]], ([cell(value) for value in row] for row in rows)):
            sheet.append(row)
    except BaseException:
        sheet.close()  # else its generators complain when they are thrown away
        raise
    book.save(path)

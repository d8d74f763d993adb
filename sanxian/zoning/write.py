"""The statistics as files: a workbook with charts of its own, a Word document, a web page, JSON."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any

from sanxian import __version__
from sanxian.i18n import N_, _, language
from sanxian.mapping.styles import style_for
from sanxian.reports import archive, replace_whole
from sanxian.reports.wording import plain
from sanxian.zoning.charts import Chart, charts
from sanxian.zoning.figures import Statistics, StatisticsError
from sanxian.zoning.tables import Cell, Table, notes, statements, tables

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")  # a spreadsheet may take a word that begins so for a formula
_SHOWN = {"area": "#,##0.0000", "share": "0.00%", "count": "#,##0", "text": "General"}
_NUMBERED = N_("表 {number}  {title}")


def title() -> str:
    """What the statistics are called."""
    return _("生态环境分区管控统计")


def write(statistics: Statistics, path: Path | str) -> Path:
    """Write the statistics, whole or not at all, in the language of the moment; the suffix says as what.

    Raises:
        StatisticsError: The suffix names no kind of file.
        sanxian.reports.ReportError: The file cannot be written.
    """
    path = Path(path)
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise StatisticsError(N_("“{file}”的后缀不认识；可用 {known}"), file=path.name, known=" ".join(WRITERS))
    replace_whole(path, lambda target: writer(statistics, target))
    return path


def to_json(statistics: Statistics) -> str:
    """The statistics as JSON text."""
    return json.dumps({"program": __version__, **statistics.to_dict()}, ensure_ascii=False, indent=1) + "\n"


def _json(statistics: Statistics, path: Path) -> None:
    path.write_text(to_json(statistics), encoding="utf-8", newline="\n")


# --- workbook --------------------------------------------------------------------------------------------------------


def _xlsx(statistics: Statistics, path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    line = Side(style="thin", color="999999")
    border = Border(line, line, line, line)
    head = PatternFill("solid", fgColor="D9E1F2")
    sum_up = PatternFill("solid", fgColor="F2F2F2")
    made = tables(statistics)
    for number, table in enumerate(made, start=1):
        sheet = book.create_sheet(_sheet_name(number, table))
        width = len(table.columns)
        _put(sheet.cell(1, 1), _(_NUMBERED).format(number=number, title=table.title)).font = Font(name="黑体", size=14, bold=True)
        sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=width)
        sheet.cell(1, 1).alignment = Alignment(horizontal="center")
        unit = _put(sheet.cell(2, width), table.unit)
        unit.alignment, unit.font = Alignment(horizontal="right"), Font(name="宋体", size=9)
        for place, column in enumerate(table.columns, start=1):
            cell = _put(sheet.cell(3, place), column.title)
            cell.font, cell.fill, cell.border = Font(name="宋体", size=10, bold=True), head, border
            cell.alignment = Alignment(wrap_text=True, horizontal="center", vertical="center")
            longest = max([_width(column.title) if column.kind == "text" else 0, *(_width(row[place - 1].text) for row in table.rows)])
            sheet.column_dimensions[get_column_letter(place)].width = min(34, max(11, longest * 1.15 + 2))
        for at, row in enumerate(table.rows, start=4):
            last = table.total and at == len(table.rows) + 3
            for place, (cell, column) in enumerate(zip(row, table.columns, strict=True), start=1):
                there = _fill(sheet.cell(at, place), cell, column.kind)
                there.border, there.font = border, Font(name="宋体", size=10, bold=last)
                words = column.kind == "text"
                there.alignment = Alignment(horizontal="left" if words else "right", vertical="center", wrap_text=words)
                if last:
                    there.fill = sum_up
        for at, note in enumerate((_("注："), *table.notes) if table.notes else (), start=len(table.rows) + 5):
            _put(sheet.cell(at, 1), note).font = Font(name="宋体", size=9)
        sheet.freeze_panes = "B4"
        if table.rows:
            sheet.auto_filter.ref = f"A3:{get_column_letter(width)}{len(table.rows) + 3 - int(table.total)}"
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, int(len(table.rows) <= 30)
        sheet.row_dimensions[3].height = 45
        sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
        sheet.print_title_rows = "1:3"
        _chart(sheet, table, statistics)
    sheet = book.create_sheet(_("说明"))
    sheet.column_dimensions["A"].width = 120
    day = _("日期：{day}").format(day=statistics.on.isoformat())
    for at, note in enumerate((title(), day, *statements(statistics), *notes(statistics)), start=1):
        cell = _put(sheet.cell(at, 1), note)
        cell.alignment, cell.font = Alignment(wrap_text=True, vertical="top"), Font(name="宋体", size=10, bold=at == 1)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    book.properties.title = title()
    book.properties.creator = book.properties.lastModifiedBy = _("三线 {version}").format(version=__version__)
    book.save(str(path))
    archive.settle(path, statistics.on)


def _width(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _sheet_name(number: int, table: Table) -> str:
    names = {
        "classes": N_("单元分类"), "counties": N_("分县区"), "redline": N_("红线面积"), "changes": N_("红线变化"), "matrix": N_("重叠面积"),
        "matrix_shares": N_("重叠比例"), "conflicts": N_("三线重叠"), "sources": N_("所用图层"),
    }  # fmt: skip
    return f"{number} {_(names[table.key])}"[:31]


def _put(cell: Any, text: str) -> Any:
    """A word that stays a word, whatever it begins with."""
    cell.value = plain(text) or None
    if cell.value is not None:
        cell.data_type = "s"
        cell.quotePrefix = cell.value.startswith(_RISKY)
    return cell


def _fill(cell: Any, said: Cell, kind: str) -> Any:
    if said.number is None:
        return _put(cell, said.text)
    cell.value = said.number
    # A number that can be reckoned with, and its mark all the same.
    after = f'" {said.text.split(" ", 1)[1]}"' if " ±" in said.text else '"*"' if said.text.endswith("*") else ""
    cell.number_format = ('"≥"' if said.text.startswith("≥") else "") + _SHOWN[kind] + after
    return cell


def _chart(sheet: Any, table: Table, statistics: Statistics) -> None:
    """A chart that the spreadsheet draws itself, of the numbers in the sheet."""
    from openpyxl.chart import BarChart, DoughnutChart, Reference
    from openpyxl.chart.series import DataPoint

    rows = len(table.rows)
    below = f"A{rows + len(table.notes) + 8}"
    style = style_for("control_unit")
    if table.key == "classes" and any(row[2].number for row in table.rows):
        pie = DoughnutChart()
        pie.title, pie.holeSize, pie.height, pie.width = table.title, 50, 8, 14
        pie.add_data(Reference(sheet, min_col=5, min_row=3, max_row=rows + 2), titles_from_data=True)
        pie.set_categories(Reference(sheet, min_col=1, min_row=4, max_row=rows + 2))
        for place, key in enumerate(statistics.units[-1].classes):
            point = DataPoint(idx=place)
            symbol = style.symbol_for(key)
            point.graphicalProperties.solidFill = symbol.fill[1:]
            point.graphicalProperties.line.solidFill = symbol.outline[1:]
            pie.series[0].dPt.append(point)
        sheet.add_chart(pie, below)
    elif table.key in ("counties", "redline", "conflicts"):
        first = 1 if table.key == "conflicts" else 2  # before it stand names and the area of the county
        wanted = [place for place, column in enumerate(table.columns) if place >= first and column.kind == "area" and column.title != "±"]
        if table.key == "counties":
            wanted = wanted[:-4]
        wanted = [place for place in wanted if any((row[place].number or 0) > 0 for row in table.rows)]
        if not wanted:
            return
        bar = BarChart()
        bar.type, bar.title, bar.height, bar.width = "col", table.title, 9, 20
        bar.y_axis.number_format = "#,##0"
        bar.y_axis.title, bar.y_axis.delete, bar.x_axis.delete = "km²", False, False
        if table.key == "counties":
            bar.grouping, bar.overlap = "stacked", 100
        last = rows + 3 - int(rows > 1)
        for place in wanted:
            bar.add_data(Reference(sheet, min_col=place + 1, min_row=3, max_row=last), titles_from_data=True)
        bar.set_categories(Reference(sheet, min_col=1, min_row=4, max_row=last))
        if table.key == "counties":
            for series, key in zip(bar.series, dict.fromkeys(key for units in statistics.units for key in units.classes), strict=False):
                series.graphicalProperties.solidFill = style.symbol_for(key).fill[1:]
                series.graphicalProperties.line.solidFill = style.symbol_for(key).outline[1:]
        sheet.add_chart(bar, below)


# --- Word ------------------------------------------------------------------------------------------------------------


def _docx(statistics: Statistics, path: Path) -> None:
    from docx import Document
    from docx.enum.section import WD_ORIENT
    from docx.enum.table import WD_TABLE_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt, RGBColor

    document = Document()
    section = document.sections[0]
    section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(20)
    for name, chinese, size in (("Normal", "宋体", 10.5), ("Title", "黑体", 20), ("Heading 1", "黑体", 14), ("Caption", "黑体", 10.5)):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb, style.font.italic = "Times New Roman", Pt(size), RGBColor(0, 0, 0), False
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in [key for key in fonts.attrib if key.endswith("Theme")]:
            del fonts.attrib[key]
        fonts.set(qn("w:eastAsia"), chinese)
    border = document.styles["Title"].element.find(".//" + qn("w:pBdr"))
    if border is not None:
        border.getparent().remove(border)
    document.add_paragraph(title(), style="Title").alignment = WD_ALIGN_PARAGRAPH.CENTER
    day = document.add_paragraph(_("日期：{day}").format(day=statistics.on.isoformat()))
    day.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in statements(statistics):
        document.add_paragraph(plain(text))
    pictures = {chart.key: chart for chart in charts(statistics)}
    first = "counties" if statistics.counties and statistics.units else "classes"
    after = {first: "units", "redline": "redline", "matrix_shares": "overlaps"}
    drawn = 0
    for number, table in enumerate(tables(statistics), start=1):
        caption = document.add_paragraph(_(_NUMBERED).format(number=number, title=plain(table.title)), style="Caption")
        caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
        caption.paragraph_format.keep_with_next = True
        caption.paragraph_format.space_before = Pt(12)
        if table.unit:
            unit = document.add_paragraph(table.unit)
            unit.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            unit.paragraph_format.keep_with_next = True
            unit.paragraph_format.space_after = Pt(2)
        grid = document.add_table(rows=0, cols=len(table.columns), style="Table Grid")
        grid.alignment = WD_TABLE_ALIGNMENT.CENTER
        size = Pt(9 if len(table.columns) <= 8 else 7.5)
        lines = [[Cell(column.title) for column in table.columns], *table.rows]
        for at, row in enumerate(lines):
            written = grid.add_row()
            properties = written._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            if at == 0:
                properties.append(OxmlElement("w:tblHeader"))
            strong = at == 0 or (table.total and at == len(lines) - 1)
            for place, (said, column) in enumerate(zip(row, table.columns, strict=True)):
                paragraph = written.cells[place].paragraphs[0]
                paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1.5)
                paragraph.paragraph_format.line_spacing = 1.15
                run = paragraph.add_run(plain(said.text))
                run.font.size, run.font.bold = size, strong
                side = WD_ALIGN_PARAGRAPH.LEFT if column.kind == "text" else WD_ALIGN_PARAGRAPH.RIGHT
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if at == 0 else side
                if at == 0:
                    shade = OxmlElement("w:shd")
                    shade.set(qn("w:val"), "clear")
                    shade.set(qn("w:fill"), "E3E3E3")
                    written.cells[place]._tc.get_or_add_tcPr().append(shade)
        for note in table.notes:
            paragraph = document.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.add_run(_("注：{note}").format(note=plain(note))).font.size = Pt(9)
        chart = pictures.get(after.get(table.key, ""))
        if chart is not None:
            drawn += 1
            _picture(document, chart, drawn)
    document.add_paragraph(_("统计说明"), style="Heading 1")
    for number, note in enumerate(notes(statistics), start=1):
        document.add_paragraph(f"{number}. {plain(note)}")
    properties = document.core_properties
    properties.title, properties.author = title(), _("三线 {version}").format(version=__version__)
    properties.last_modified_by, properties.comments, properties.revision = properties.author, "", 1
    properties.created = properties.modified = datetime.combine(statistics.on, time())
    properties.language = "en-GB" if language() == "en" else "zh-CN"
    document.save(str(path))
    archive.settle(path, statistics.on)


def _picture(document: Any, chart: Chart, number: int) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    shape = paragraph.add_run().add_picture(io.BytesIO(chart.png), width=Mm(165))
    if shape.height > Mm(140):  # what a page has left beside the caption
        shape.width, shape.height = round(shape.width * Mm(140) / shape.height), Mm(140)
    shape._inline.docPr.set("descr", chart.words)
    caption = document.add_paragraph(_("图 {number}  {title}").format(number=number, title=chart.title), style="Caption")
    caption.alignment = WD_ALIGN_PARAGRAPH.CENTER


# --- web page --------------------------------------------------------------------------------------------------------

_STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}
body{margin:0 auto;max-width:1100px;padding:16px;font:15px/1.6 "Noto Sans SC","Microsoft YaHei","PingFang SC",
"Source Han Sans SC","WenQuanYi Micro Hei",sans-serif;color:#1a1a1a;overflow-wrap:anywhere}
h1{font-size:1.5em;text-align:center;margin:.2em 0}.c{text-align:center;color:#444;margin:0}
.s{overflow-x:auto;margin:1.4em 0 .2em}table{border-collapse:collapse;width:100%;font-size:.9em}
caption{font-weight:700;padding:.3em}caption span{float:right;font-weight:400;font-size:.9em}
th,td{border:1px solid #8a8a8a;padding:.25em .5em;text-align:right;font-variant-numeric:tabular-nums;
overflow-wrap:normal;white-space:nowrap}
th{background:#e6e6e6;text-align:center;white-space:normal}.t{text-align:left;white-space:normal;min-width:7em}
tr.sum td{font-weight:700;background:#f4f4f4}
.n{font-size:.86em;color:#333;margin:.15em 0}figure{margin:1em 0;text-align:center}img{max-width:100%;height:auto}
@media print{td{white-space:normal}body{max-width:none;padding:0;font-size:9.5pt}.s{overflow:visible}tr,figure{break-inside:avoid}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}@page{size:A4 landscape;margin:14mm}
"""


_LEFT = ' class="t"'


def page(statistics: Statistics) -> str:
    """The statistics as one HTML page that asks nothing of anybody."""
    from sanxian.mapping.web_map import escape
    from sanxian.mapping.web_page import _digests

    def e(text: str) -> str:
        return escape(plain(text))

    parts = [
        f'<!DOCTYPE html>\n<html lang="{"en" if language() == "en" else "zh-CN"}">\n<head>\n<meta charset="utf-8">',
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {_digests([_STYLE])}; img-src data:; "
        "base-uri 'none'; form-action 'none'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">',
        f"<title>{e(title())}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{e(title())}</h1>",
        f'<p class="c">{e(_("日期：{day}").format(day=statistics.on.isoformat()))}</p>',
        *(f"<p>{e(text)}</p>" for text in statements(statistics)),
    ]
    for number, table in enumerate(tables(statistics), start=1):
        heads = "".join(f'<th scope="col">{e(column.title)}</th>' for column in table.columns)
        body = ""
        for at, row in enumerate(table.rows):
            last = ' class="sum"' if table.total and at == len(table.rows) - 1 else ""
            cells = "".join(f'<td{_LEFT if column.kind == "text" else ""}>{e(said.text)}</td>'
                            for said, column in zip(row, table.columns, strict=True))
            body += f"<tr{last}>{cells}</tr>"
        caption = _(_NUMBERED).format(number=number, title=table.title)
        parts.append(f'<div class="s"><table><caption>{e(caption)}<span>{e(table.unit)}</span></caption><thead><tr>{heads}</tr></thead>'
                     f"<tbody>{body}</tbody></table></div>")
        parts += [f'<p class="n">{e(_("注：{note}").format(note=note))}</p>' for note in table.notes]
    for number, chart in enumerate(charts(statistics), start=1):
        data = base64.b64encode(chart.png).decode()
        parts.append(f'<figure><img alt="{e(chart.words or chart.title)}" src="data:image/png;base64,{data}">'
                     f"<figcaption>{e(_('图 {number}  {title}').format(number=number, title=chart.title))}</figcaption></figure>")
    parts.append(f"<h2>{e(_('统计说明'))}</h2><ol>")
    parts += [f"<li>{e(note)}</li>" for note in notes(statistics)]
    parts.append("</ol>\n</body>\n</html>\n")
    return "\n".join(parts)


def _html(statistics: Statistics, path: Path) -> None:
    path.write_text(page(statistics), encoding="utf-8", newline="\n")


WRITERS: dict[str, Callable[[Statistics, Path], None]] = {".xlsx": _xlsx, ".docx": _docx, ".html": _html, ".json": _json}
SUFFIXES: Sequence[str] = tuple(WRITERS)

"""The Word report, in the form in which consultants hand in a 三线一单 conformity analysis.

Tables are written as XML in one piece: python-docx takes about a millisecond a cell, and a portfolio has a hundred
thousand of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from sanxian.i18n import _, language
from sanxian.mapping import scene
from sanxian.mapping.styles import verdict_style
from sanxian.reports import archive, content, picture
from sanxian.reports.content import ProjectContent, Row
from sanxian.reports.wording import Numbers, plain

BODY_FONT = "宋体"  # with 黑体 for headings: what offices have, and what Word, WPS and LibreOffice know to replace
HEAD_FONT = "黑体"
LATIN_FONT = "Times New Roman"
PAGE_MM = (210, 297)
MARGIN_MM = 22
WIDTH_MM = PAGE_MM[0] - 2 * MARGIN_MM
_GREY = "D9D9D9"


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell: lines of text, and how it looks.

    Attributes:
        signs: Begins with the mark of a verdict, which few Latin fonts have.
    """

    text: str
    fill: str = ""
    bold: bool = False
    centred: bool = False
    signs: bool = False


def write(screening: Any, path: Path, *, workspace: Any = None, ruleset: Any = None) -> None:
    """Write the Word report of ``screening`` to ``path``."""
    words = content.build(screening, ruleset=ruleset)
    document = Document()
    _prepare(document, words, screening)
    _cover(document, words)
    several = len(words.projects) > 1
    heads = Numbers()
    reader = scene.Reader(workspace)
    if several:
        _heading(document, heads.first(_("项目汇总")), 1)
        _portfolio(document, words)
    for index, (project, result) in enumerate(zip(words.projects, screening.projects, strict=True)):
        if several:
            _heading(document, heads.first(_("项目：{name}").format(name=project.name)), 1, new_page=True)
        sketch = picture.draw(result, reader) if picture.drawable(result) else None
        _project(document, project, sketch, heads, level=2 if several else 1, figure=index + 1)
    _heading(document, heads.first(_("所用数据与规则")), 1, new_page=several)
    _data(document, words, heads)
    _heading(document, heads.first(_("报告说明")), 1)
    for number, note in enumerate(words.notes, start=1):
        _paragraph(document, f"{number}. {note}")
    document.save(str(path))
    archive.settle(path, screening.on)


# --- the document -----------------------------------------------------------------------------------------------


def _prepare(document: Any, words: content.ReportContent, screening: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(PAGE_MM[0]), Mm(PAGE_MM[1])
    section.left_margin = section.right_margin = Mm(MARGIN_MM)
    section.top_margin, section.bottom_margin = Mm(24), Mm(22)
    _font(document.styles["Normal"], BODY_FONT, 10.5)
    tongue = document.styles.element.find(".//" + qn("w:docDefaults") + "//" + qn("w:lang"))
    if tongue is not None:  # decides where punctuation stands in its square
        tongue.set(qn("w:val"), "en-GB")
        tongue.set(qn("w:eastAsia"), "zh-CN")
    spacing = document.styles["Normal"].paragraph_format
    spacing.space_after, spacing.line_spacing = Pt(4), 1.25
    for level, size in ((1, 16), (2, 14), (3, 12)):
        style = document.styles[f"Heading {level}"]
        _font(style, HEAD_FONT, size)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(12), Pt(6)
        style.paragraph_format.keep_with_next = True
    _font(document.styles["Title"], HEAD_FONT, 22)
    border = document.styles["Title"].element.find(".//" + qn("w:pBdr"))
    if border is not None:
        border.getparent().remove(border)
    day = datetime.combine(screening.on, time())
    properties = document.core_properties
    properties.title, properties.subject = words.title, words.subtitle
    properties.author = properties.last_modified_by = _("三线 {version}").format(version=plain(screening.program))
    properties.created = properties.modified = day
    properties.comments, properties.keywords, properties.revision = "", "", 1
    properties.language = "en-GB" if language() == "en" else "zh-CN"
    head = section.header.paragraphs[0]
    head.text = f"{words.title}    {_('判定基准日')} {words.on}"
    head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    head.runs[0].font.size = Pt(9)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    before, after = _("第 {page} 页，共 {pages} 页").format(page="\x00", pages="\x01").split("\x00")
    between, end = after.split("\x01")
    _runs(foot, before, "PAGE", between, "NUMPAGES", end)


def _runs(paragraph: Any, *parts: str) -> None:
    """Text and field codes by turns, at 9 pt."""
    for position, part in enumerate(parts):
        if position % 2:
            xml = (f'<w:fldSimple {nsdecls("w")} w:instr=" {part} "><w:r><w:rPr><w:sz w:val="18"/></w:rPr>'
                   f"<w:t>1</w:t></w:r></w:fldSimple>")
            paragraph._p.append(parse_xml(xml))
        elif part:
            paragraph.add_run(part).font.size = Pt(9)


def _font(style: Any, chinese: str, size: float) -> None:
    """Set both fonts of a style; the theme's own would otherwise win over them."""
    style.font.name, style.font.size = LATIN_FONT, Pt(size)
    style.font.color.rgb = RGBColor(0, 0, 0)
    style.font.italic = False
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        if name.endswith("Theme"):
            del fonts.attrib[name]
    fonts.set(qn("w:eastAsia"), chinese)
    fonts.set(qn("w:hAnsi"), LATIN_FONT)
    fonts.set(qn("w:cs"), LATIN_FONT)


def _cover(document: Any, words: content.ReportContent) -> None:
    title = document.add_paragraph(words.title, style="Title")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_before = Pt(30)
    subtitle = document.add_paragraph(words.subtitle)
    subtitle.alignment = WD_ALIGN_PARAGRAPH.CENTER
    subtitle.paragraph_format.space_after = Pt(14)
    _table(document, (), [[Cell(name, _GREY, bold=True), Cell(value)] for name, value in words.cover], (38, WIDTH_MM - 38))
    _paragraph(document, words.notes[0], bold=True)


def _portfolio(document: Any, words: content.ReportContent) -> None:
    rows = []
    for project, row in zip(words.projects, content.portfolio(words), strict=True):
        tint = verdict_style(project.verdict).tint[1:]
        rows.append([Cell(row[0]), Cell(row[1]), Cell(row[2], tint, bold=True, signs=True),
                     *(Cell(text, centred=True) for text in row[3:8]), Cell(row[8])])
    _table(document, content.PORTFOLIO_HEADS, rows, (14, 36, 22, 11, 13, 11, 13, 11, 35), size=8.5)


def _project(document: Any, project: ProjectContent, sketch: bytes | None, heads: Numbers, *, level: int,
             figure: int) -> None:
    def head(title: str) -> None:
        _heading(document, heads.second(title) if level == 2 else heads.first(title), level)

    head(_("研判结论"))
    tint = verdict_style(project.verdict).tint[1:]
    _table(document, (), [[Cell(_("程序研判结论"), _GREY, bold=True), Cell(project.verdict_words, tint, bold=True, signs=True)]],
           (38, WIDTH_MM - 38))
    for position, line in enumerate(project.conclusion):
        _paragraph(document, line, bold=position == 0, signs=True)
    if project.overrides:
        _paragraph(document, _("人工意见（与程序判定并列，不改变程序判定）："), bold=True)
        rows = [[Cell(text, signs=place in (1, 2)) for place, text in enumerate(row)] for row in project.overrides]
        _table(document, content.OVERRIDE_HEADS, rows,
               (34, 30, 30, 40, 32))

    head(_("项目概况"))
    pairs = [(Cell(name, _GREY, bold=True), Cell(value)) for name, value in project.facts]
    if len(pairs) % 2:
        pairs.append((Cell("", _GREY), Cell("")))
    half = len(pairs) // 2
    rows = [[*pairs[at], *pairs[half + at]] for at in range(half)]
    _table(document, (), rows, (34, 49, 34, 49))

    head(_("涉及的环境管控单元"))
    if project.units:
        _table(document, content.UNIT_HEADS, [[Cell(text) for text in unit] for unit in project.units],
               (36, 54, 32, 26, 18))
    if project.units_note:
        _paragraph(document, project.units_note)

    head(_("与生态保护红线的位置关系"))
    for line in project.redline:
        _paragraph(document, line)
    if sketch:
        _picture(document, sketch, _("图 {number}  {name} 位置与管控图层关系示意图").format(number=figure, name=project.name))

    head(_("生态环境准入清单逐条对照"))
    for tier in project.access_tiers:
        _tier(document, tier)

    head(_("法律法规、规划和政策规则逐条对照"))
    for tier in project.rule_tiers:
        _tier(document, tier)
    if project.not_concerned:
        _paragraph(document, _("经核对与本项目无关的规则（{count} 条）：").format(count=len(project.not_concerned)), bold=True,
                   keep=True)
        _table(document, content.NOT_CONCERNED_HEADS,
               [[Cell(row.requirement), Cell(row.situation), Cell(row.basis)] for row in project.not_concerned],
               (56, 62, 48))

    head(_("例外情形核对"))
    if project.exceptions:
        _table(document, content.EXCEPTION_HEADS, [[Cell(text) for text in row] for row in project.exceptions],
               (48, 48, 26, 44))
    else:
        _paragraph(document, _("所判定的规则没有须核对的例外情形。"))

    head(_("资料不足的事项与补充途径"))
    if project.missing:
        _table(document, content.MISSING_HEADS,
               [[Cell(item.what), Cell(item.holder), Cell("\n".join(item.rules))] for item in project.missing],
               (58, 42, 66))
    else:
        _paragraph(document, _("没有因资料不足而未能判定的规则。"))

    head(_("须取得的批准与论证文件"))
    if project.documents:
        _table(document, content.DOCUMENT_HEADS, [[Cell(name), Cell(rules)] for name, rules in project.documents],
               (86, 80))
    else:
        _paragraph(document, _("所判定的规则没有列出须取得的文件。"))


def _tier(document: Any, tier: content.Tier) -> None:
    _paragraph(document, tier.title, bold=True, keep=True)
    if tier.note:
        _paragraph(document, tier.note)
    if tier.rows:
        _table(document, content.CLAUSE_HEADS, [_clause(row) for row in tier.rows], (18, 46, 48, 21, 33))


def _clause(row: Row) -> list[Cell]:
    style = verdict_style(row.verdict)
    return [Cell(row.dimension), Cell(row.requirement), Cell(row.situation),
            Cell(f"{style.mark} {row.conformity}", style.tint[1:], bold=True, signs=True), Cell(row.basis)]


def _data(document: Any, words: content.ReportContent, heads: Numbers) -> None:
    _heading(document, heads.second(_("所用图层")), 2)
    if words.layers:
        _table(document, content.LAYER_HEADS, [[Cell(text) for text in row] for row in words.layers],
               (24, 22, 17, 19, 14, 17, 12, 13, 28), size=8)
    else:
        _paragraph(document, _("没有加载任何图层。"))
    _heading(document, heads.second(_("未加载的图层")), 2)
    if words.not_loaded:
        _table(document, content.NOT_LOADED_HEADS, [[Cell(text) for text in row] for row in words.not_loaded],
               (46, 74, 46))
    else:
        _paragraph(document, _("规则所需的图层均已加载。"))
    _heading(document, heads.second(_("所引文件")), 2)
    _table(document, content.CITED_HEADS, [[Cell(text) for text in row] for row in words.cited], (48, 42, 26, 19, 19, 12))
    _heading(document, heads.second(_("规则集与程序")), 2)
    _table(document, (), [[Cell(name, _GREY, bold=True), Cell(value)] for name, value in words.cover
                          if name not in (_("项目名称"), _("研判结论"))], (38, WIDTH_MM - 38))


# --- pieces -----------------------------------------------------------------------------------------------------


def _hint(signs: bool) -> str:
    """In Chinese text, quotes, degrees and signs such as ▲ belong to the Chinese font, not to the Latin one."""
    if signs:
        return f'<w:rFonts w:ascii="{BODY_FONT}" w:hAnsi="{BODY_FONT}" w:eastAsia="{BODY_FONT}" w:hint="eastAsia"/>'
    return "" if language() == "en" else '<w:rFonts w:hint="eastAsia"/>'


def _chinese(run: Any) -> Any:
    """The same for a run of python-docx."""
    fonts = run._r.get_or_add_rPr().get_or_add_rFonts()
    if language() != "en":
        fonts.set(qn("w:hint"), "eastAsia")
    return run


def _heading(document: Any, text: str, level: int, *, new_page: bool = False) -> None:
    paragraph = document.add_heading("", level)
    _chinese(paragraph.add_run(plain(text).replace("\n", " ")))
    paragraph.paragraph_format.page_break_before = new_page


def _paragraph(document: Any, text: str, *, bold: bool = False, keep: bool = False, signs: bool = False) -> None:
    paragraph = document.add_paragraph()
    mark, space, rest = plain(text).partition(" ")
    if signs and len(mark) == 1 and rest:
        first = _chinese(paragraph.add_run(mark + space))
        for name in ("w:ascii", "w:hAnsi"):
            first._r.rPr.get_or_add_rFonts().set(qn(name), BODY_FONT)
        text = rest
    _chinese(paragraph.add_run(plain(text))).bold = bold
    paragraph.paragraph_format.keep_with_next = keep


def _picture(document: Any, image: bytes, caption: str) -> None:
    from io import BytesIO

    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(8)
    paragraph.add_run().add_picture(BytesIO(image), width=Mm(WIDTH_MM - 4))
    shape = paragraph._p.find(".//" + qn("wp:docPr"))
    shape.set("descr", caption)  # read aloud to those who cannot see it
    below = document.add_paragraph()
    _chinese(below.add_run(caption))
    below.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _table(document: Any, heads: Sequence[str], rows: Sequence[Sequence[Cell]], widths_mm: Sequence[float], *,
           size: float = 9) -> None:
    """Append a table with fixed column widths; its header row repeats on every page."""
    twips = [round(width * 1440 / 25.4) for width in widths_mm]
    edges = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="7F7F7F"/>'
                    for side in ("top", "left", "bottom", "right", "insideH", "insideV"))
    parts = [
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(twips)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:top w:w="28" w:type="dxa"/><w:left w:w="70" w:type="dxa"/><w:bottom w:w="28" w:type="dxa"/>'
        '<w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        "<w:tblGrid>", *(f'<w:gridCol w:w="{width}"/>' for width in twips), "</w:tblGrid>",
    ]
    if heads:
        parts.append(_table_row([Cell(_(head), _GREY, bold=True, centred=True) for head in heads], twips, size, head=True))
    parts += [_table_row(row, twips, size, head=False) for row in rows]
    parts.append("</w:tbl>")
    body = document.element.body
    body.insert(len(body) - 1, parse_xml("".join(parts)))  # the last child is the section's own
    after = document.add_paragraph()
    after.paragraph_format.space_after, after.paragraph_format.line_spacing = Pt(0), Pt(8)


def _table_row(cells: Sequence[Cell], twips: Sequence[int], size: float, *, head: bool) -> str:
    # A short row stays on one page; a long clause must be able to run on to the next.
    whole = max((len(cell.text) for cell in cells), default=0) < 200
    properties = ("<w:cantSplit/>" if whole else "") + ("<w:tblHeader/>" if head else "")
    parts = [f"<w:tr><w:trPr>{properties}</w:trPr>" if properties else "<w:tr>"]
    for cell, width in zip(cells, twips, strict=True):
        shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{cell.fill}"/>' if cell.fill else ""
        parts.append(f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}<w:vAlign w:val="center"/></w:tcPr>')
        for line in plain(cell.text).split("\n"):
            align = '<w:jc w:val="center"/>' if cell.centred else '<w:jc w:val="left"/>'
            bold = "<w:b/>" if cell.bold else ""
            half_points = round(size * 2)
            parts.append(
                f'<w:p><w:pPr><w:spacing w:before="10" w:after="10" w:line="240" w:lineRule="auto"/>{align}</w:pPr>'
                f'<w:r><w:rPr>{_hint(cell.signs)}{bold}<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/></w:rPr>'
                f'<w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>')
        parts.append("</w:tc>")
    parts.append("</w:tr>")
    return "".join(parts)

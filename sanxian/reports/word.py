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
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from sanxian.i18n import _, language
from sanxian.mapping import scene
from sanxian.mapping.styles import verdict_style
from sanxian.reports import archive, content, overview, picture
from sanxian.reports.content import ProjectContent, Row
from sanxian.reports.wording import Numbers, plain

BODY_FONT = "宋体"  # with 黑体 for headings: what offices have, and what Word, WPS and LibreOffice know to replace
HEAD_FONT = "黑体"
LATIN_FONT = "Times New Roman"
PAGE_MM = (210, 297)
MARGIN_MM = 22
WIDTH_MM = PAGE_MM[0] - 2 * MARGIN_MM
_WIDE_MM = PAGE_MM[1] - 2 * MARGIN_MM
_GREY = "D9D9D9"
_W = nsdecls("w")
_TABLE_PT = 9  # of the style of table text; other sizes are stated where they are used


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


def write(screening: Any, path: Path, *, workspace: Any = None, ruleset: Any = None, form: str = "long") -> None:
    """Write the Word report of ``screening`` to ``path``, in its ``short`` or ``long`` form."""
    words = content.build(screening, ruleset=ruleset)
    document = Document()
    _prepare(document, words, screening)
    _cover(document, words)
    report = _Report(document)
    reader = scene.Reader(workspace)
    (_short if form == "short" else _long)(report, words, screening, reader)
    _fill_contents(report)
    document.save(str(path))
    archive.settle(path, screening.on)


class _Report:
    """A document that is being written, with what its table of contents will say.

    Attributes:
        entries: Level, words and bookmark of each heading.
        listed: The deepest level that the table of contents shows.
    """

    def __init__(self, document: Any) -> None:
        self.document = document
        self.heads = Numbers()
        self.entries: list[tuple[int, str, str]] = []
        self.listed = 1
        self.figures = 0
        self.wide = self._turned = False
        self._place = document.add_paragraph()._p  # where the table of contents will stand

    def heading(self, text: str, level: int, *, new_page: bool = False) -> None:
        """A heading, to which the table of contents leads."""
        if self._turned is not self.wide:
            self._turn()
            new_page = False
        mark = f"_Toc{len(self.entries) + 1:08d}"
        shown = plain(text).replace("\n", " ")
        self.entries.append((level, shown, mark))
        _heading(self.document, shown, level, mark, len(self.entries), new_page=new_page)

    def figure(self) -> int:
        """The number of the next figure."""
        self.figures += 1
        return self.figures

    def turn(self, *, wide: bool) -> None:
        """Let the next heading begin a page that lies, or stands, if this one does not."""
        self._turned = wide

    def _turn(self) -> None:
        self.wide = self._turned
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE if self.wide else WD_ORIENT.PORTRAIT
        width, height = PAGE_MM[::-1] if self.wide else PAGE_MM
        section.page_width, section.page_height = Mm(width), Mm(height)

    def insert_contents(self, xml: str) -> None:
        """Put the table of contents in its place."""
        for element in parse_xml(f"<w:body {nsdecls('w')}>{xml}</w:body>"):
            self._place.addprevious(element)
        self._place.getparent().remove(self._place)


def _long(report: _Report, words: content.ReportContent, screening: Any, reader: scene.Reader) -> None:
    """Every rule and every clause of every project."""
    several = len(words.projects) > 1
    report.listed = 1 if several else 2
    if several:
        report.heading(report.heads.first(_("项目汇总")), 1, new_page=True)
        _portfolio(report.document, words)
    _comparisons(report, words)
    for project, result in zip(words.projects, screening.projects, strict=True):
        if several:
            report.heading(report.heads.first(_("项目：{name}").format(name=project.name)), 1, new_page=True)
        sketch = picture.draw(result, reader) if picture.drawable(result) else None
        _project(report, project, sketch, level=2 if several else 1, first=not several)
    _sources(report, words, new_page=several)


def _short(report: _Report, words: content.ReportContent, screening: Any, reader: scene.Reader) -> None:
    """An overview, one row a project with what matters side by side, and a sheet for each project."""
    report.listed = 2
    report.heading(report.heads.first(_("总览")), 1, new_page=True)
    rows = [[Cell(text, verdict_style(verdict).tint[1:], bold=True, signs=True), Cell(number, centred=True), Cell(which)]
            for verdict, text, number, which in words.counts]
    _table(report.document, overview.COUNT_HEADS, rows, (44, 20, WIDTH_MM - 64))
    sketch = picture.draw_all(screening, reader)
    if sketch:
        _picture(report.document, sketch, _("图 {number}  项目分布与研判结论").format(number=report.figure()))
    _comparisons(report, words)
    report.turn(wide=True)
    report.heading(report.heads.first(_("对照总表")), 1, new_page=True)
    rows = []
    for line in words.matrix:
        cells = [Cell(text) for text in line.cells]
        cells[2] = Cell(line.cells[2], verdict_style(line.verdict).tint[1:], bold=True, signs=True)
        cells[10:] = [Cell(text, centred=True) for text in line.cells[10:]]
        rows.append(cells)
    _table(report.document, overview.MATRIX_HEADS, rows, (14, 33, 20, 18, 35, 26, 19, 20, 18, 14, 9, 9, 9, 9), size=7.5)
    report.turn(wide=False)
    report.heading(report.heads.first(_("项目简表")), 1)
    for number, project in enumerate(words.projects):
        _sheet(report, project, new_page=number > 0)
    _sources(report, words, new_page=True)


def _sheet(report: _Report, project: ProjectContent, *, new_page: bool) -> None:
    """One project on a page or two."""
    document = report.document
    report.heading(report.heads.second(project.name), 2, new_page=new_page)
    tint = verdict_style(project.verdict).tint[1:]
    pairs = [[Cell(_("程序研判结论"), _GREY, bold=True), Cell(project.verdict_words, tint, bold=True, signs=True)]]
    pairs += [[Cell(name, _GREY, bold=True), Cell(value)] for name, value in project.brief_facts]
    units = [*(" ".join(unit) for unit in project.units), *([project.units_note] if project.units_note else [])]
    pairs.append([Cell(_("涉及的环境管控单元"), _GREY, bold=True), Cell("\n".join(units))])
    pairs.append([Cell(_("与生态保护红线的位置关系"), _GREY, bold=True), Cell("\n".join(project.redline))])
    _table(document, (), pairs, (38, WIDTH_MM - 38))
    if project.overrides:
        _override_table(document, project)
    if project.brief:
        _table(document, content.CLAUSE_HEADS, [_clause(row) for row in project.brief], (18, 46, 48, 21, 33), size=8)
    _paragraph(document, project.rest)
    if project.missing:
        _paragraph(document, _("资料不足的事项与补充途径"), bold=True, keep=True)
        _missing_table(document, project, size=8)
    if project.documents:
        _paragraph(document, _("须取得的批准与论证文件"), bold=True, keep=True)
        _table(document, content.DOCUMENT_HEADS, [[Cell(name), Cell(rules)] for name, rules in project.documents], (86, 80), size=8)


def _comparisons(report: _Report, words: content.ReportContent) -> None:
    if not words.comparisons:
        return
    report.turn(wide=True)
    report.heading(report.heads.first(_("方案比选")), 1)
    _paragraph(report.document, _("下表并列各方案的比对结果，不代为选择；未查全和资料不足的事项不等于没有问题。"))
    for item in words.comparisons:
        report.heading(report.heads.second(item.subject), 2)
        for at in range(0, len(item.heads), 5):  # as many side by side as a page has room for
            part = slice(at, at + 5)
            width = (_WIDE_MM - 40) / len(item.heads[part])
            widths = (40.0, *[width] * len(item.heads[part]))
            rows = []
            for title, *cells in item.rows:
                tints = item.verdicts[part] if title == _("研判结论") else ()
                rows.append([Cell(title, _GREY, bold=True), *(
                    Cell(text, verdict_style(tints[place]).tint[1:] if tints else "", bold=bool(tints), signs=bool(tints))
                    for place, text in enumerate(cells[part]))])
            _table(report.document, (_("比较内容"), *item.heads[part]), rows, widths, said=True)
            if item.different:
                _paragraph(report.document, _("各方案结论不同的规则（{count} 条）：").format(count=len(item.different)),
                           bold=True, keep=True)
                rows = [[Cell(title), *(
                    Cell(text, verdict_style(verdict).tint[1:], signs=True)
                    for text, verdict in zip(cells[part], verdicts[part], strict=True))]
                    for (title, *cells), verdicts in zip(item.different, item.different_verdicts, strict=True)]
                _table(report.document, (_("规则"), *item.heads[part]), rows, widths, said=True, size=8.5)
    report.turn(wide=False)


def _sources(report: _Report, words: content.ReportContent, *, new_page: bool) -> None:
    """What the report stands on, and what it is not."""
    report.turn(wide=True)
    report.heading(report.heads.first(_("所用数据与规则")), 1, new_page=False)
    _data(report, words)
    report.turn(wide=False)
    report.heading(report.heads.first(_("报告说明")), 1)
    for number, note in enumerate(words.notes, start=1):
        _paragraph(report.document, f"{number}. {note}")


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
    _own_styles(document)
    fields = parse_xml(f'<w:updateFields {_W} w:val="true"/>')  # asks for the page numbers of the table of contents
    document.settings.element.find(qn("w:compat")).addprevious(fields)
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


def _own_styles(document: Any) -> None:
    """Styles that the template of python-docx lacks; whoever restyles a report changes them and not every cell."""
    caption = document.styles["Caption"]
    _font(caption, BODY_FONT, 9.5)
    caption.font.bold = False
    caption.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for name, shown, base, look in (
        ("TableText", "Table Text", "Normal",
         f'<w:pPr><w:spacing w:before="10" w:after="10" w:line="240" w:lineRule="auto"/><w:jc w:val="left"/></w:pPr>'
         f'<w:rPr><w:sz w:val="{_TABLE_PT * 2}"/><w:szCs w:val="{_TABLE_PT * 2}"/></w:rPr>'),
        ("TableEnd", "Table End", "Normal", '<w:pPr><w:spacing w:before="0" w:after="0" w:line="160" w:lineRule="exact"/></w:pPr>'),
        ("ContentsTitle", "Contents Title", "Normal",
         '<w:pPr><w:keepNext/><w:spacing w:before="240" w:after="120"/><w:jc w:val="center"/></w:pPr>'
         f'<w:rPr><w:rFonts w:eastAsia="{HEAD_FONT}"/><w:b/><w:sz w:val="32"/></w:rPr>'),
        *((f"TOC{level}", f"toc {level}", "Normal",
           f'<w:pPr><w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{round(WIDTH_MM * 1440 / 25.4)}"/></w:tabs>'
           f'<w:spacing w:after="40"/><w:ind w:left="{(level - 1) * 240}"/></w:pPr>') for level in (1, 2)),
    ):
        document.styles.element.append(parse_xml(
            f'<w:style {_W} w:type="paragraph" w:customStyle="{0 if name.startswith("TOC") else 1}" w:styleId="{name}">'
            f'<w:name w:val="{shown}"/><w:basedOn w:val="{base}"/><w:qFormat/>{look}</w:style>'))


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


def _fill_contents(report: _Report) -> None:
    """The table of contents, its entries in place; the page numbers come when Word, WPS or LibreOffice lays the pages out."""
    lines = []
    shown = [entry for entry in report.entries if entry[0] <= report.listed]
    for place, (level, text, mark) in enumerate(shown):
        start = ""
        if place == 0:
            start = ('<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> TOC \\o "1-'
                     f'{report.listed}" \\h \\z \\u </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>')
        lines.append(
            f'<w:p><w:pPr><w:pStyle w:val="TOC{level}"/></w:pPr>{start}<w:hyperlink w:anchor="{mark}" w:history="1">'
            f'<w:r>{_run_look()}<w:t xml:space="preserve">{escape(text)}</w:t></w:r><w:r><w:tab/></w:r>'
            f'<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r><w:r><w:instrText xml:space="preserve"> PAGEREF {mark} \\h '
            '</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t> </w:t></w:r>'
            '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:hyperlink></w:p>')
    lines.append('<w:p><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>')
    report.insert_contents(
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/><w:docPartUnique/></w:docPartObj></w:sdtPr>'
        f'<w:sdtContent><w:p><w:pPr><w:pStyle w:val="ContentsTitle"/></w:pPr><w:r>{_run_look()}<w:t>{escape(_("目录"))}</w:t></w:r></w:p>'
        f'{"".join(lines)}</w:sdtContent></w:sdt>')


def _run_look() -> str:
    return "" if language() == "en" else '<w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr>'


def _portfolio(document: Any, words: content.ReportContent) -> None:
    rows = []
    for project, row in zip(words.projects, content.portfolio(words), strict=True):
        tint = verdict_style(project.verdict).tint[1:]
        rows.append([Cell(row[0]), Cell(row[1]), Cell(row[2], tint, bold=True, signs=True),
                     *(Cell(text, centred=True) for text in row[3:8]), Cell(row[8])])
    _table(document, content.PORTFOLIO_HEADS, rows, (14, 36, 22, 11, 13, 11, 13, 11, 35), size=8.5)


def _project(report: _Report, project: ProjectContent, sketch: bytes | None, *, level: int, first: bool) -> None:
    document, heads = report.document, report.heads
    opens = first

    def head(title: str) -> None:
        nonlocal opens
        report.heading(heads.second(title) if level == 2 else heads.first(title), level, new_page=opens)
        opens = False

    head(_("研判结论"))
    tint = verdict_style(project.verdict).tint[1:]
    _table(document, (), [[Cell(_("程序研判结论"), _GREY, bold=True), Cell(project.verdict_words, tint, bold=True, signs=True)]],
           (38, WIDTH_MM - 38))
    for position, line in enumerate(project.conclusion):
        _paragraph(document, line, bold=position == 0, signs=True)
    if project.overrides:
        _override_table(document, project)

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
        _picture(document, sketch, _("图 {number}  {name} 位置与管控图层关系示意图").format(
            number=report.figure(), name=project.name))

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
        _missing_table(document, project)
    else:
        _paragraph(document, _("没有因资料不足而未能判定的规则。"))

    head(_("须取得的批准与论证文件"))
    if project.documents:
        _table(document, content.DOCUMENT_HEADS, [[Cell(name), Cell(rules)] for name, rules in project.documents],
               (86, 80))
    else:
        _paragraph(document, _("所判定的规则没有列出须取得的文件。"))


def _override_table(document: Any, project: ProjectContent) -> None:
    _paragraph(document, _("人工意见（与程序判定并列，不改变程序判定）："), bold=True, keep=True)
    rows = [[Cell(text, signs=place in (1, 2)) for place, text in enumerate(row)] for row in project.overrides]
    _table(document, content.OVERRIDE_HEADS, rows, (34, 30, 30, 40, 32))
    if project.reviewed:
        _paragraph(document, _("人工复核后结论：{verdict}").format(verdict=project.reviewed), bold=True)


def _missing_table(document: Any, project: ProjectContent, size: float = 9) -> None:
    _table(document, content.MISSING_HEADS,
           [[Cell(item.what), Cell(item.holder), Cell("\n".join(item.rules))] for item in project.missing],
           (58, 42, 66), size=size)


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


def _data(report: _Report, words: content.ReportContent) -> None:
    document, heads = report.document, report.heads
    report.heading(heads.second(_("所用图层")), 2)
    if words.layers:
        _table(document, content.LAYER_HEADS, [[Cell(text) for text in row] for row in words.layers],
               (38, 32, 24, 22, 16, 36, 16, 17, 52), size=8)
    else:
        _paragraph(document, _("没有加载任何图层。"))
    report.heading(heads.second(_("未加载的图层")), 2)
    if words.not_loaded:
        _table(document, content.NOT_LOADED_HEADS, [[Cell(text) for text in row] for row in words.not_loaded],
               (66, 112, 75))
    else:
        _paragraph(document, _("规则所需的图层均已加载。"))
    report.heading(heads.second(_("所引文件")), 2)
    _table(document, content.CITED_HEADS, [[Cell(text) for text in row] for row in words.cited], (83, 66, 40, 23, 23, 18))
    report.heading(heads.second(_("规则集与程序")), 2)
    _table(document, (), [[Cell(name, _GREY, bold=True), Cell(value)] for name, value in words.cover
                          if name not in (_("项目名称"), _("研判结论"))], (38, _WIDE_MM - 38))


# --- pieces -----------------------------------------------------------------------------------------------------


def _hint(signs: bool) -> str:
    """In Chinese text, quotes, degrees and signs such as ▲ belong to the Chinese font, not to the Latin one."""
    if signs:
        return f'<w:rFonts w:ascii="{BODY_FONT}" w:hAnsi="{BODY_FONT}" w:eastAsia="{BODY_FONT}" w:hint="eastAsia"/>'
    return "" if language() == "en" else '<w:rFonts w:hint="eastAsia"/>'


def _heading(document: Any, text: str, level: int, mark: str, number: int, *, new_page: bool = False) -> None:
    """A heading with a bookmark, written as XML: python-docx looks every style up by its name among all of them."""
    breaks = "<w:pageBreakBefore/>" if new_page else ""
    _append(document, f'<w:p {_W}><w:pPr><w:pStyle w:val="Heading{level}"/>{breaks}</w:pPr>'
                      f'<w:bookmarkStart w:id="{number}" w:name="{mark}"/><w:r>{_run_look()}<w:t xml:space="preserve">{escape(text)}</w:t>'
                      f'</w:r><w:bookmarkEnd w:id="{number}"/></w:p>')


def _paragraph(document: Any, text: str, *, bold: bool = False, keep: bool = False, signs: bool = False,
               style: str = "") -> None:
    mark, space, rest = plain(text).partition(" ")
    runs = []
    if signs and len(mark) == 1 and rest:
        runs.append((mark + space, True))
        text = rest
    runs.append((plain(text), False))
    body = "".join(
        f'<w:r><w:rPr>{_hint(sign)}{"<w:b/>" if bold and not sign else ""}</w:rPr>{_lines(words)}</w:r>' for words, sign in runs)
    look = (f'<w:pStyle w:val="{style}"/>' if style else "") + ("<w:keepNext/>" if keep else "")
    _append(document, f"<w:p {_W}><w:pPr>{look}</w:pPr>{body}</w:p>")


def _lines(text: str) -> str:
    """A run's text; a line break stays one."""
    return "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n"))


def _append(document: Any, xml: str) -> None:
    body = document.element.body
    body.insert(len(body) - 1, parse_xml(xml))  # the last child is the section's own


def _picture(document: Any, image: bytes, caption: str) -> None:
    from io import BytesIO

    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(8)
    paragraph.add_run().add_picture(BytesIO(image), width=Mm(WIDTH_MM - 4))
    shape = paragraph._p.find(".//" + qn("wp:docPr"))
    shape.set("descr", caption)  # read aloud to those who cannot see it
    _paragraph(document, caption, style="Caption")


def _table(document: Any, heads: Sequence[str], rows: Sequence[Sequence[Cell]], widths_mm: Sequence[float], *,
           size: float = 9, said: bool = False) -> None:
    """Append a table with fixed column widths; its header row repeats on every page.

    Args:
        document: To it.
        heads: Of the columns: messages, or with ``said`` words as they are.
        rows: The cells.
        widths_mm: Of the columns.
        size: Of the letters, in points.
        said: As told of ``heads``.
    """
    twips = [round(width * 1440 / 25.4) for width in widths_mm]
    edges = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="7F7F7F"/>'
                    for side in ("top", "left", "bottom", "right", "insideH", "insideV"))
    parts = [
        f'<w:tbl {_W}><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="{sum(twips)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:top w:w="28" w:type="dxa"/><w:left w:w="70" w:type="dxa"/><w:bottom w:w="28" w:type="dxa"/>'
        '<w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        "<w:tblGrid>", *(f'<w:gridCol w:w="{width}"/>' for width in twips), "</w:tblGrid>",
    ]
    if heads:
        top = [Cell(head if said else _(head), _GREY, bold=True, centred=True) for head in heads]
        parts.append(_table_row(top, twips, size, head=True))
    parts += [_table_row(row, twips, size, head=False) for row in rows]
    parts.append("</w:tbl>")
    _append(document, "".join(parts))
    _append(document, f'<w:p {_W}><w:pPr><w:pStyle w:val="TableEnd"/></w:pPr></w:p>')


def _table_row(cells: Sequence[Cell], twips: Sequence[int], size: float, *, head: bool) -> str:
    # A short row stays on one page; a long clause must be able to run on to the next.
    whole = max((len(cell.text) for cell in cells), default=0) < 200
    properties = ("<w:cantSplit/>" if whole else "") + ("<w:tblHeader/>" if head else "")
    parts = [f"<w:tr><w:trPr>{properties}</w:trPr>" if properties else "<w:tr>"]
    for cell, width in zip(cells, twips, strict=True):
        shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{cell.fill}"/>' if cell.fill else ""
        parts.append(f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}<w:vAlign w:val="center"/></w:tcPr>')
        for line in plain(cell.text).split("\n"):
            align = '<w:jc w:val="center"/>' if cell.centred else ""
            bold = "<w:b/>" if cell.bold else ""
            half_points = round(size * 2)
            own = "" if size == _TABLE_PT else f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
            runs = [(line, False)]
            if cell.signs and line[1:2] == " ":
                runs = [(line[:2], True), (line[2:], False)]
            parts.append(f'<w:p><w:pPr><w:pStyle w:val="TableText"/>{align}</w:pPr>')
            parts += [f'<w:r><w:rPr>{_hint(sign)}{bold}{own}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
                      for text, sign in runs]
            parts.append("</w:p>")
        parts.append("</w:tc>")
    parts.append("</w:tr>")
    return "".join(parts)

"""The PDF report: the content of the Word report, laid out here so that no office program is needed.

The Chinese font is embedded as far as it is used, so that the file reads the same everywhere and its text can be
searched and copied.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

from fpdf import FPDF

from sanxian import assets
from sanxian.i18n import _, language
from sanxian.mapping import scene
from sanxian.mapping.styles import verdict_style
from sanxian.reports import content, overview, picture
from sanxian.reports.content import ProjectContent, Row
from sanxian.reports.wording import Numbers, plain

MARGIN_MM = 20.0
WIDTH_MM = 210 - 2 * MARGIN_MM
_FONT = "noto"
_PAGES = "{number-of-pages}"  # replaced by fpdf2 at the end; nothing that a project would be called
_SIZE, _LINE, _PADDING = 8.5, 4.4, 0.8  # of a table: points, millimetres, millimetres
_TALLEST = 16  # lines in one row of a table; a longer cell goes on in the next row
_WIDE_MM = 297 - 2 * MARGIN_MM
_FOOT_MM = 20
_CONTENTS_LINE = 5.6  # millimetres
_HEADINGS = {1: (14, 8, 4), 2: (12, 7, 3), 3: (10, 6, 1)}  # points; line and space before in millimetres


def write(screening: Any, path: Path, *, workspace: Any = None, ruleset: Any = None, form: str = "long") -> None:
    """Write the PDF report of ``screening`` to ``path``, in its ``short`` or ``long`` form."""
    words = content.build(screening, ruleset=ruleset)
    sheet = Sheet(words.title, f"{words.title}    {_('判定基准日')} {words.on}", on=screening.on, program=screening.program)
    heads = Numbers()
    reader = scene.Reader(workspace)
    several = len(words.projects) > 1
    sheet.add_page()
    sheet.cover(words)
    compared = len(words.comparisons)
    projects = len(words.projects)
    if form == "short":
        sheet.contents(2, 8 + projects + (1 + compared if compared else 0))
    else:
        sheet.contents(1 if several else 2, projects + 3 + bool(compared) if several else 14)
    (_short if form == "short" else _long)(sheet, words, screening, heads, reader)
    sheet.turn(wide=True)
    sheet.heading(heads.first(_("所用数据与规则")), 1)
    sheet.heading(heads.second(_("所用图层")), 2)
    sheet.table(content.LAYER_HEADS, words.layers, (38, 33, 24, 22, 16, 37, 16, 18, 53), empty=_("没有加载任何图层。"))
    sheet.heading(heads.second(_("未加载的图层")), 2)
    sheet.table(content.NOT_LOADED_HEADS, words.not_loaded, (67, 114, 76), empty=_("规则所需的图层均已加载。"))
    sheet.heading(heads.second(_("所引文件")), 2)
    sheet.table(content.CITED_HEADS, words.cited, (84, 68, 41, 23, 23, 18))
    sheet.turn(wide=False)
    sheet.heading(heads.first(_("报告说明")), 1)
    for number, note in enumerate(words.notes, start=1):
        sheet.paragraph(f"{number}. {note}")
    sheet.output(str(path))


def _long(sheet: Sheet, words: content.ReportContent, screening: Any, heads: Numbers, reader: scene.Reader) -> None:
    """Every rule and every clause of every project."""
    several = len(words.projects) > 1
    if several:
        sheet.heading(heads.first(_("项目汇总")), 1)
        sheet.table(content.PORTFOLIO_HEADS, content.portfolio(words), (14, 38, 24, 11, 13, 11, 13, 11, 35),
                    fills=[{2: verdict_style(project.verdict).tint} for project in words.projects])
    _comparisons(sheet, words, heads)
    for number, (project, result) in enumerate(zip(words.projects, screening.projects, strict=True), start=1):
        if several:
            sheet.add_page()
            sheet.heading(heads.first(_("项目：{name}").format(name=project.name)), 1)
        sketch = picture.draw(result, reader) if picture.drawable(result) else None
        _project(sheet, project, sketch, heads, level=2 if several else 1, figure=number)


def _short(sheet: Sheet, words: content.ReportContent, screening: Any, heads: Numbers, reader: scene.Reader) -> None:
    """An overview, one row a project with what matters side by side, and a sheet for each project."""
    sheet.heading(heads.first(_("总览")), 1)
    sheet.table(overview.COUNT_HEADS, [row[1:] for row in words.counts], (44, 20, WIDTH_MM - 64),
                fills=[{0: verdict_style(row[0]).tint} for row in words.counts])
    sketch = picture.draw_all(screening, reader)
    if sketch:
        sheet.picture(sketch, _("图 {number}  项目分布与研判结论").format(number=1))
    _comparisons(sheet, words, heads)
    sheet.turn(wide=True)
    sheet.heading(heads.first(_("对照总表")), 1)
    sheet.table(overview.MATRIX_HEADS, [line.cells for line in words.matrix], (14, 34, 20, 19, 37, 26, 19, 20, 18, 14, 9, 9, 9, 9),
                fills=[{2: verdict_style(line.verdict).tint} for line in words.matrix], size=7)
    sheet.turn(wide=False)
    sheet.heading(heads.first(_("项目简表")), 1)
    for number, project in enumerate(words.projects):
        if number:
            sheet.add_page()
        _brief(sheet, project, heads)


def _brief(sheet: Sheet, project: ProjectContent, heads: Numbers) -> None:
    """One project on a page or two."""
    sheet.heading(heads.second(project.name), 2)
    units = "\n".join([*(" ".join(unit) for unit in project.units), *([project.units_note] if project.units_note else [])])
    rows = [(_("程序研判结论"), project.verdict_words), *project.brief_facts, (_("涉及的环境管控单元"), units),
            (_("与生态保护红线的位置关系"), "\n".join(project.redline))]
    sheet.table((), rows, (46, WIDTH_MM - 46),
                fills=[{0: "#d9d9d9", 1: verdict_style(project.verdict).tint}, *[{0: "#f2f2f2"}] * (len(rows) - 1)])
    _overrides(sheet, project)
    if project.brief:
        sheet.table(content.CLAUSE_HEADS, [_clause(row) for row in project.brief], (18, 46, 50, 22, 34),
                    fills=[{3: verdict_style(row.verdict).tint} for row in project.brief], size=7.5)
    sheet.paragraph(project.rest)
    if project.missing:
        sheet.heading(_("资料不足的事项与补充途径"), 3)
        sheet.table(content.MISSING_HEADS, _missing(project), (58, 42, 70), size=7.5)
    if project.documents:
        sheet.heading(_("须取得的批准与论证文件"), 3)
        sheet.table(content.DOCUMENT_HEADS, project.documents, (86, 84), size=7.5)


def _comparisons(sheet: Sheet, words: content.ReportContent, heads: Numbers) -> None:
    if not words.comparisons:
        return
    sheet.turn(wide=True)
    sheet.heading(heads.first(_("方案比选")), 1)
    sheet.paragraph(_("下表并列各方案的比对结果，不代为选择；未查全和资料不足的事项不等于没有问题。"))
    for item in words.comparisons:
        sheet.heading(heads.second(item.subject), 2)
        for at in range(0, len(item.heads), 5):  # as many side by side as a page has room for
            part = slice(at, at + 5)
            names = item.heads[part]
            widths = (42.0, *[(_WIDE_MM - 42) / len(names)] * len(names))
            shown = {place: verdict_style(verdict).tint for place, verdict in enumerate(item.verdicts[part], start=1)}
            sheet.table((_("比较内容"), *names), [(title, *cells[part]) for title, *cells in item.rows], widths, said=True,
                        fills=[{0: "#f2f2f2", **(shown if row[0] == _("研判结论") else {})} for row in item.rows])
            if item.different:
                sheet.heading(_("各方案结论不同的规则（{count} 条）：").format(count=len(item.different)), 3)
                sheet.table((_("规则"), *names), [(title, *cells[part]) for title, *cells in item.different], widths, said=True,
                            fills=[{place: verdict_style(verdict).tint for place, verdict in enumerate(verdicts[part], start=1)}
                                   for verdicts in item.different_verdicts])
    sheet.turn(wide=False)


def _overrides(sheet: Sheet, project: ProjectContent) -> None:
    if project.overrides:
        sheet.paragraph(_("人工意见（与程序判定并列，不改变程序判定）："))
        sheet.table(content.OVERRIDE_HEADS, project.overrides, (34, 30, 30, 40, 36))
        if project.reviewed:
            sheet.paragraph(_("人工复核后结论：{verdict}").format(verdict=project.reviewed))


def _missing(project: ProjectContent) -> list[tuple[str, str, str]]:
    return [(item.what, item.holder, "\n".join(item.rules)) for item in project.missing]


def _project(sheet: Sheet, project: ProjectContent, sketch: bytes | None, heads: Numbers, *, level: int,
             figure: int) -> None:
    def head(title: str) -> None:
        sheet.heading(heads.second(title) if level == 2 else heads.first(title), level)

    head(_("研判结论"))
    sheet.table((), [(_("程序研判结论"), project.verdict_words)], (40, WIDTH_MM - 40),
                fills=[{0: "#d9d9d9", 1: verdict_style(project.verdict).tint}])
    for line in project.conclusion:
        sheet.paragraph(line)
    _overrides(sheet, project)
    head(_("项目概况"))
    sheet.table((), project.facts, (52, WIDTH_MM - 52), fills=[{0: "#f2f2f2"}] * len(project.facts))
    head(_("涉及的环境管控单元"))
    if project.units:
        sheet.table(content.UNIT_HEADS, project.units, (36, 56, 32, 28, 18))
    if project.units_note:
        sheet.paragraph(project.units_note)
    head(_("与生态保护红线的位置关系"))
    for line in project.redline:
        sheet.paragraph(line)
    if sketch:
        sheet.picture(sketch, _("图 {number}  {name} 位置与管控图层关系示意图").format(number=figure, name=project.name))
    head(_("生态环境准入清单逐条对照"))
    for tier in project.access_tiers:
        _tier(sheet, tier)
    head(_("法律法规、规划和政策规则逐条对照"))
    for tier in project.rule_tiers:
        _tier(sheet, tier)
    if project.not_concerned:
        sheet.heading(_("经核对与本项目无关的规则（{count} 条）：").format(count=len(project.not_concerned)), 3)
        sheet.table(content.NOT_CONCERNED_HEADS,
                    [(row.requirement, row.situation, row.basis) for row in project.not_concerned], (58, 62, 50))
    head(_("例外情形核对"))
    sheet.table(content.EXCEPTION_HEADS, project.exceptions, (48, 50, 26, 46), empty=_("所判定的规则没有须核对的例外情形。"))
    head(_("资料不足的事项与补充途径"))
    sheet.table(content.MISSING_HEADS, _missing(project),
                (58, 42, 70), empty=_("没有因资料不足而未能判定的规则。"))
    head(_("须取得的批准与论证文件"))
    sheet.table(content.DOCUMENT_HEADS, project.documents, (86, 84), empty=_("所判定的规则没有列出须取得的文件。"))


def _tier(sheet: Sheet, tier: content.Tier) -> None:
    sheet.heading(tier.title, 3)
    if tier.note:
        sheet.paragraph(tier.note)
    if tier.rows:
        sheet.table(content.CLAUSE_HEADS, [_clause(row) for row in tier.rows], (18, 46, 50, 22, 34),
                    fills=[{3: verdict_style(row.verdict).tint} for row in tier.rows])


def _clause(row: Row) -> tuple[str, ...]:
    mark = verdict_style(row.verdict).mark
    return row.dimension, row.requirement, row.situation, f"{mark} {row.conformity}", row.basis


class Sheet(FPDF):
    """A4 pages with running head and page numbers.

    Args:
        title: Of the document.
        running: What stands at the head of every page.
        on: The day that the file says it was made.
        program: Version of the program.
    """

    def __init__(self, title: str, running: str, *, on: date, program: str) -> None:
        super().__init__(format="A4")
        self._pending: list[tuple[str, int]] = []
        self._advances: dict[str, float] = {}
        self._wide = self._turned = False
        self.contents_pages = 0
        self._letters = _SIZE
        self._listed = 0
        self.add_font(_FONT, fname=str(assets.chinese_font()))
        for font in self.fonts.values():  # fpdf2 leaves the font's file open for as long as anybody remembers the sheet
            reader: Any = getattr(font, "ttfont").reader  # noqa: B009 - not every kind of font has one
            with reader.file as opened:
                opened.seek(0)
                reader.file = BytesIO(opened.read())
        self.alias_nb_pages(_PAGES)
        self.set_margins(MARGIN_MM, 22, MARGIN_MM)
        self.set_auto_page_break(True, 20)
        self._running = running
        self.set_title(title)
        self.set_author(_("三线 {version}").format(version=plain(program)))
        self.set_lang("en-GB" if language() == "en" else "zh-CN")
        self.set_creation_date(datetime.combine(on, time(), UTC))

    def header(self) -> None:
        """The running head of every page."""
        self.set_font(_FONT, size=8)
        self.set_y(12)
        self.cell(0, 5, self._running, align="R")
        self.set_y(22)

    def footer(self) -> None:
        """The page number."""
        self.set_y(-14)
        self.set_font(_FONT, size=8)
        self.cell(0, 5, _("第 {page} 页，共 {pages} 页").format(page=self.page_no(), pages=_PAGES), align="C")

    def cover(self, words: content.ReportContent) -> None:
        """Title, table of what was asked, and what the report is not."""
        self.set_font(_FONT, size=20)
        self.ln(8)
        self.multi_cell(0, 10, self.wrapped(words.title, WIDTH_MM), align="C", new_x="LMARGIN", new_y="NEXT")
        self.set_font(_FONT, size=11)
        self.multi_cell(0, 8, words.subtitle, align="C", new_x="LMARGIN", new_y="NEXT")
        self.ln(2)
        self.table((), words.cover, (40, WIDTH_MM - 40), fills=[{0: "#d9d9d9"}] * len(words.cover))
        self.paragraph(words.notes[0])

    @property
    def _bottom(self) -> float:
        return self.h - _FOOT_MM

    @property
    def _room(self) -> float:
        return self.w - 2 * MARGIN_MM

    def turn(self, *, wide: bool) -> None:
        """Let the next heading begin a page that lies, or stands, if this one does not."""
        self._turned = wide

    def add_page(self, orientation: Any = "", *args: Any, **more: Any) -> None:
        """A new page, lying where the last one did; a table that is long turns none of them."""
        if not more.get("same"):
            orientation = orientation or ("landscape" if self._wide else "portrait")
        super().add_page(orientation, *args, **more)

    def contents(self, listed: int, lines: int) -> None:
        """Leave room for the table of contents.

        Args:
            listed: The deepest level of headings that it shows.
            lines: How many of them there will be.
        """
        self._listed = listed
        self.add_page()
        self.contents_pages = max(1, -(-lines // int((self._bottom - self.get_y() - 10) / _CONTENTS_LINE)))
        self.insert_toc_placeholder(_contents, pages=self.contents_pages)

    def heading(self, text: str, level: int) -> None:
        """A heading; it is held back until it is known what follows, so that it never ends a page."""
        if self._turned is not self._wide:
            self._settle(0.0)
            self._wide = self._turned
            self.add_page()
        self._pending.append((plain(text).replace("\n", " "), level))

    def _settle(self, needed_mm: float) -> None:
        """Write the headings that wait, on this page if ``needed_mm`` of what follows fits below them."""
        headings = [(text, *_HEADINGS[level]) for text, level in self._pending]
        levels = [level for _text, level in self._pending]
        self._pending.clear()
        height = sum(before + line * 1.3 for _text, _size, line, before in headings) + min(needed_mm, 120.0)
        if headings and self.get_y() + height > self._bottom:
            self.add_page()
        for (text, size, line, before), level in zip(headings, levels, strict=True):
            self.ln(before)
            if level <= self._listed:
                self.start_section(text, level=level - 1)
            self.set_font(_FONT, size=size)
            self.set_draw_color(0)
            with self.local_context(text_mode="FILL_STROKE", line_width=0.12):
                self.multi_cell(0, line, self.wrapped(text, self._room), align="L", new_x="LMARGIN", new_y="NEXT")
            self.ln(1)

    def paragraph(self, text: str) -> None:
        """A paragraph."""
        self._settle(12)
        self.set_font(_FONT, size=10)
        self.multi_cell(0, 6, self.wrapped(plain(text), self._room), align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(1)

    def wrapped(self, text: str, width: float) -> str:
        """``text`` broken to ``width`` millimetres, as Chinese is broken: anywhere but before a closing mark."""
        return "\n".join(self._lines(text, width))

    def broken(self, text: str, width: float) -> list[str]:
        """``text`` in lines of ``width`` millimetres, in the letters of the moment."""
        return self._lines(plain(text), width)

    def _lines(self, text: str, width: float) -> list[str]:
        lines = []
        room = width - 2 * self.c_margin - 0.3
        for paragraph in text.split("\n"):
            line, used = "", 0.0
            for token in tokens(paragraph):
                size = self._width(token)
                if line and used + self._width(token.rstrip()) > room:
                    lines.append(line.rstrip())
                    line, used = "", 0.0
                while size > room and self._width(token.rstrip()) > room:  # a word longer than the line, such as a digest
                    fit = next(n for n in range(len(token), 0, -1) if n == 1 or self._width(token[:n]) <= room)
                    lines.append(token[:fit])
                    token = token[fit:]
                    size = self._width(token)
                line, used = line + token, used + size
            lines.append(line.rstrip())
        return lines

    def _width(self, text: str) -> float:
        return sum(self._advance(char) for char in text)

    def _advance(self, char: str) -> float:
        if char not in self._advances:
            self._advances[char] = self.get_string_width(char) / self.font_size
        return self._advances[char] * self.font_size

    def picture(self, image: bytes, caption: str, *, ratio: float = picture.SIZE_IN[1] / picture.SIZE_IN[0]) -> None:
        """A picture with its caption, on one page; ``ratio`` is its height over its width."""
        width = WIDTH_MM - 6
        height = width * ratio
        self._settle(height + 12)
        if self.get_y() + height + 12 > self._bottom:
            self.add_page()
        self.image(BytesIO(image), x=MARGIN_MM + 3, w=width, alt_text=caption)
        self.set_font(_FONT, size=9)
        self.multi_cell(0, 7, self.wrapped(plain(caption), WIDTH_MM), align="C", new_x="LMARGIN", new_y="NEXT")

    def table(  # type: ignore[override]
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], *,
        fills: Sequence[dict[int, str]] = (), empty: str = "", size: float = _SIZE, said: bool = False,
    ) -> None:
        """A table whose headings repeat on every page.

        Args:
            heads: Of the columns: messages, or with ``said`` words as they are.
            rows: The cells.
            widths: Of the columns, in millimetres.
            fills: Of each row the colours of its cells by position.
            empty: What to say where there are no rows.
            size: Of the letters, in points.
            said: As told of ``heads``.
        """
        if not rows:
            if empty:
                self.paragraph(empty)
            return
        self._letters = size
        self.set_font(_FONT, size=size)
        titles = [head if said else _(head) for head in heads]
        said_rows = [[plain(cell) for cell in cells] for cells in rows]
        widths = self._roomy(widths, [titles, *said_rows] if titles else said_rows)
        top = self._parts(titles, widths) if heads else []
        body = [(part, fills[position] if fills else {}) for position, cells in enumerate(said_rows)
                for part in self._parts(cells, widths)]
        grey = dict.fromkeys(range(len(heads)), "#d9d9d9")
        self._settle(sum(self._height(row) for row in (*top, body[0][0])))
        self._rows([(row, grey) for row in top], widths)
        for row, colours in body:
            if self.get_y() + self._height(row) > self._bottom:
                self.add_page()
                self._rows([(head, grey) for head in top], widths)
            self._rows([(row, colours)], widths)
        self.ln(2)

    def _roomy(self, widths: Sequence[float], rows: Sequence[Sequence[str]]) -> list[float]:
        """The widths, with room for the longest word of each column where the others can spare it."""
        need = [0.0] * len(widths)
        for place, column in enumerate(zip(*rows, strict=True)):
            long = sorted({word for text in column for word in _WORD.findall(text)}, key=lambda word: (len(word), word))[-20:]
            need[place] = max(map(self._width, long), default=0.0) + 2 * (_PADDING + self.c_margin) + 0.4
        most = sum(widths) / len(widths) * 1.2  # a code or digest without end breaks as before
        short = [max(min(wish, most) - width, 0.0) for width, wish in zip(widths, need, strict=True)]
        spare = [max(width - max(wish, 0.5 * width), 0.0) for width, wish in zip(widths, need, strict=True)]
        left, given = sum(spare), [0.0] * len(widths)
        for place in sorted(range(len(widths)), key=short.__getitem__):  # half a word's room helps nobody
            given[place] = min(short[place], left)
            left -= given[place]
        share = sum(given) / sum(spare) if sum(spare) else 0.0
        return [width + more - share * other for width, more, other in zip(widths, given, spare, strict=True)]

    def _rows(self, rows: Sequence[tuple[Sequence[Sequence[str]], dict[int, str]]], widths: Sequence[float]) -> None:
        """Draw rows whose lines are broken already; fpdf2's own tables take ten times as long."""
        self.set_font(_FONT, size=self._letters)
        self.set_draw_color(127)
        step = self._line
        for cells, colours in rows:
            x, y, height = self.l_margin, self.get_y(), self._height(cells)
            for place, (lines, width) in enumerate(zip(cells, widths, strict=True)):
                colour = colours.get(place)
                if colour:
                    self.set_fill_color(*_rgb(colour))
                self.rect(x, y, width, height, style="DF" if colour else "D")
                baseline = y + (height - len(lines) * step) / 2 + 0.72 * step
                for number, line in enumerate(lines):
                    if line:
                        self.text(x + _PADDING + self.c_margin, baseline + number * step, line)
                x += width
            self.set_y(y + height)

    @property
    def _line(self) -> float:
        return _LINE * self._letters / _SIZE

    def _height(self, cells: Sequence[Sequence[str]]) -> float:
        return max(map(len, cells)) * self._line + 2 * _PADDING

    def _parts(self, cells: Sequence[str], widths: Sequence[float]) -> list[list[list[str]]]:
        """The cells of a row as lines, cut into as many rows as it takes for each to fit on a page."""
        wrapped = [self._lines(text, width - 2 * _PADDING) for text, width in zip(cells, widths, strict=True)]
        tallest = max(map(len, wrapped))
        return [[lines[at:at + _TALLEST] for lines in wrapped] for at in range(0, tallest, _TALLEST)]


def _contents(sheet: FPDF, outline: Sequence[Any]) -> None:
    """The table of contents, with the numbers of the pages, each line a link."""
    assert isinstance(sheet, Sheet)
    sheet.set_font(_FONT, size=14)
    sheet.set_x(MARGIN_MM)
    sheet.cell(WIDTH_MM, 10, _("目录"), align="C", new_x="LMARGIN", new_y="NEXT")
    sheet.set_font(_FONT, size=9.5)
    each = -(-len(outline) // sheet.contents_pages)  # as many pages as were left for it, neither more nor fewer
    step = min(_CONTENTS_LINE, (sheet.h - _FOOT_MM - sheet.get_y()) / max(each, 1))
    for place, entry in enumerate(outline):
        if place and place % each == 0:
            sheet.add_page()
            sheet.set_font(_FONT, size=9.5)
        indent = 6.0 * entry.level
        number = str(entry.page_number)
        room = WIDTH_MM - indent - 12
        lines = sheet.broken(entry.name, room)
        text = lines[0] if len(lines) == 1 else lines[0][:-1] + "…"
        link = sheet.add_link(page=entry.page_number)
        sheet.set_x(MARGIN_MM + indent)
        sheet.cell(room, step, text, link=link)
        end = min(sheet.get_string_width(text) + MARGIN_MM + indent + 3, MARGIN_MM + WIDTH_MM - 12)
        middle = sheet.get_y() + 3.6
        sheet.set_draw_color(150)
        sheet.set_dash_pattern(dash=0.3, gap=1.0)
        sheet.line(end, middle, MARGIN_MM + WIDTH_MM - 9, middle)
        sheet.set_dash_pattern()
        sheet.set_x(MARGIN_MM + WIDTH_MM - 12)
        sheet.cell(12, step, number, align="R", link=link, new_x="LMARGIN", new_y="NEXT")


def tokens(text: str) -> list[str]:
    """``text`` in pieces between which a line may break, by the rules for Chinese.

    A run of Latin letters or digits is one piece, with the space after it; a closing mark stays with what it closes,
    an opening one with what it opens.
    """
    return _TOKEN.findall(text)


_OPEN, _CLOSE = "（《“‘「【［〈(", "，。、；：？！）》”’」】］〉…—%‰)"
_TOKEN = re.compile(
    f"[{re.escape(_OPEN)}]*(?:[\\u2e80-\\ufaff](?<![{re.escape(_OPEN + _CLOSE)}])|"
    f"[^\\s\\u2e80-\\uffef{re.escape(_OPEN + _CLOSE)}]+|\\s|[\\ufb00-\\uffef])?[{re.escape(_CLOSE)}]*\\s?|.", re.DOTALL)


_WORD = re.compile(r"[^\s\u2e80-\uffef]{3,24}(?![^\s\u2e80-\uffef])")


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)

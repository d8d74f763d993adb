"""The workbook: one row a project, one row an outcome, one row a clause, and the data that was used.

Every word is written as text. A word that a spreadsheet would take for a formula (it begins with = + - @ or a tab)
stays a word, also when somebody edits the cell or saves the sheet as CSV and opens it again: such a cell carries the
quote mark that spreadsheets use for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from rules.model import Outcome, Verdict
from sanxian import messages
from sanxian.i18n import N_, _, pick
from sanxian.mapping.styles import VERDICT_STYLES, verdict_style
from sanxian.reports import archive, content, overview
from sanxian.reports.wording import plain

LONGEST = 32_767  # characters that a cell can hold
_RISKY = ("=", "+", "-", "@", "\t", "\n", "|", "%")
_FONT = "宋体"

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: heading, width in characters, and how its numbers are shown."""

    title: str
    width: float
    shown: str = "General"


_TEXT = "General"
_AREA, _METRES, _SHARE, _COUNT = "#,##0.0", "#,##0.0", "0.0000%", "0"

PROJECTS = (
    Column(N_("编号"), 12), Column(N_("项目名称"), 34), Column(N_("研判结论"), 18), Column(N_("人工复核后结论"), 16),
    Column(N_("禁止"), 7, _COUNT), Column(N_("资料不足"), 9, _COUNT), Column(N_("限制"), 7, _COUNT),
    Column(N_("有条件"), 8, _COUNT), Column(N_("提示"), 7, _COUNT), Column(N_("符合"), 7, _COUNT),
    Column(N_("不涉及"), 8, _COUNT), Column(N_("用地面积（m²）"), 15, _AREA), Column(N_("用地面积（公顷）"), 15, "#,##0.0000"),
    Column(N_("用地面积（亩）"), 14, "#,##0.00"), Column(N_("线路长度（m）"), 14, _METRES), Column(N_("坐标系"), 12),
    Column(N_("管控单元数"), 11, _COUNT), Column(N_("涉及管控单元"), 44), Column(N_("红线是否已比对"), 14),
    Column(N_("压占红线（m²）"), 14, _AREA), Column(N_("压占红线比例"), 13, _SHARE), Column(N_("距红线（m）"), 13, _METRES),
    Column(N_("穿越红线长度（m）"), 14, _METRES), Column(N_("红线名称"), 24), Column(N_("方案"), 12), Column(N_("比选项目"), 16),
)
OUTCOMES = (
    Column(N_("编号"), 12), Column(N_("项目名称"), 26), Column(N_("规则编号"), 30), Column(N_("规则"), 34),
    Column(N_("判定结论"), 16), Column(N_("可能为"), 12), Column(N_("临界"), 7), Column(N_("余量（m）"), 12, _METRES),
    Column(N_("维度"), 15), Column(N_("效力"), 12), Column(N_("项目情况"), 60), Column(N_("依据"), 44),
    Column(N_("比对图层"), 18), Column(N_("要素"), 22), Column(N_("压占面积（m²）"), 15, _AREA),
    Column(N_("压占长度（m）"), 14, _METRES), Column(N_("占比"), 11, _SHARE),
    Column(N_("距离（m）"), 12, _METRES), Column(N_("量算起点"), 18), Column(N_("需补充"), 40), Column(N_("须取得的文件"), 40),
    Column(N_("规则依据可信度"), 14),
)
CLAUSES = (
    Column(N_("编号"), 12), Column(N_("项目名称"), 26), Column(N_("层级"), 9), Column(N_("单元编码"), 18),
    Column(N_("单元占用地比例"), 15, _SHARE), Column(N_("维度"), 15), Column(N_("条款原文"), 70), Column(N_("判读状态"), 12),
    Column(N_("判定结论"), 16), Column(N_("可能为"), 12), Column(N_("项目情况"), 44), Column(N_("准入清单"), 26),
    Column(N_("条款出处"), 20),
)
MISSING = (Column(N_("编号"), 12), Column(N_("项目名称"), 30), Column(N_("需补充的资料"), 50), Column(N_("向谁获取"), 34),
           Column(N_("用于判定"), 60))
FACTS = (Column(N_("编号"), 12), Column(N_("项目名称"), 30), Column(N_("项目"), 32), Column(N_("内容"), 60))
EXCEPTIONS = (Column(N_("编号"), 12), Column(N_("项目名称"), 30),
              *(Column(head, width) for head, width in zip(content.EXCEPTION_HEADS, (44, 44, 18, 60), strict=True)))
OVERRIDES = (Column(N_("编号"), 12), Column(N_("项目名称"), 30),
             *(Column(head, width) for head, width in zip(content.OVERRIDE_HEADS, (36, 16, 20, 44, 36), strict=True)))
LAYERS = tuple(Column(head, width) for head, width in
               zip(content.LAYER_HEADS, (26, 22, 16, 13, 11, 22, 10, 12, 68), strict=True))
NOT_LOADED = tuple(Column(head, width) for head, width in zip(content.NOT_LOADED_HEADS, (34, 60, 34), strict=True))
CITED = tuple(Column(head, width) for head, width in zip(content.CITED_HEADS, (44, 44, 26, 13, 13, 12), strict=True))
NOTES = (Column(N_("项目"), 18), Column(N_("内容"), 110))


def write(screening: Any, path: Path, *, workspace: Any = None, ruleset: Any = None) -> None:
    """Write the workbook of ``screening`` to ``path``; ``workspace`` is not asked."""
    words = content.build(screening, ruleset=ruleset)
    book = Workbook(write_only=True)
    sheets = _Sheets(book)
    pairs = list(zip(screening.projects, words.projects, strict=True))
    sheets.add(_("项目汇总"), PROJECTS, (_project(result, project) for result, project in pairs), frozen=2)
    sheets.add(_("项目概况"), FACTS, ((project.id, project.name, *pair) for project in words.projects for pair in project.facts),
               frozen=2)
    if words.comparisons:
        most = max(len(item.heads) for item in words.comparisons)
        sheets.add(_("方案比选"), (Column(N_("比选项目"), 24), Column(N_("比较内容"), 26),
                               *(Column(_("方案 {number}").format(number=number), 34) for number in range(1, most + 1))),
                   (row for item in words.comparisons for row in _comparison(item, most)), frozen=2)
    sheets.add(_("判定结论"), OUTCOMES, (row for result, project in pairs for row in _outcomes(result, project)), frozen=4)
    sheets.add(_("准入清单条款"), CLAUSES, (row for result, project in pairs for row in _clauses(result, project, ruleset)),
               frozen=2)
    sheets.add(_("需补充资料"), MISSING,
               ((project.id, project.name, item.what, item.holder, "\n".join(item.rules))
                for project in words.projects for item in project.missing), frozen=2)
    sheets.add(_("例外情形核对"), EXCEPTIONS,
               ((project.id, project.name, *row) for project in words.projects for row in project.exceptions), frozen=2)
    sheets.add(_("人工复核"), OVERRIDES,
               ((project.id, project.name, *row) for project in words.projects for row in project.overrides), frozen=2)
    sheets.add(_("所用数据"), LAYERS, words.layers, frozen=1)
    sheets.add(_("未加载的图层"), NOT_LOADED, words.not_loaded, frozen=1)
    sheets.add(_("所引文件"), CITED, words.cited, frozen=1)
    sheets.add(_("报告说明"), NOTES, (*words.cover, *((str(number), note) for number, note in enumerate(words.notes, 1))),
               frozen=1)
    properties = book.properties
    properties.title = words.title
    properties.creator = properties.lastModifiedBy = _("三线 {version}").format(version=plain(screening.program))
    book.save(str(path))
    archive.settle(path, screening.on)


def _project(result: Any, project: content.ProjectContent) -> Sequence[Value | Verdict]:
    redline = result.redline
    known = redline is not None and redline.checked
    return (
        project.id, project.name, Verdict(result.verdict), result.reviewed_verdict,
        *(project.counts[verdict] for verdict in
          ("prohibited", "undetermined", "restricted", "conditional", "advisory", "permitted", "not_applicable")),
        result.site.area_m2 or None, result.site.area_m2 / 10_000 if result.site.area_m2 else None,
        result.site.area_m2 * 3 / 2_000 if result.site.area_m2 else None, result.site.length_m or None, result.site.crs,
        len(project.units),
        "\n".join(f"{code} {name} {kind} {share}" for code, name, kind, _area, share in project.units),
        _("是") if known else _("否（不得视为不在红线内）"),
        result.redline_m2,
        redline.share if redline and (known or redline.share) else None,
        redline.distance_m if redline else None,
        redline.share * result.site.length_m if redline and redline.share and not result.site.area_m2 else None,
        ("\n".join(dict.fromkeys(item.feature for item in redline.met)) or redline.feature) if redline else None,
        result.alternative, result.alternative_of,
    )


def _comparison(item: overview.Comparison, most: int) -> Iterable[Sequence[Value | Verdict]]:
    """One row a criterion, then one a rule on which the alternatives differ; all rows as wide as the widest."""
    blank = [None] * (most - len(item.heads))
    yield (item.subject, _("方案"), *item.heads, *blank)
    for title, *cells in (*item.rows, *item.different):
        yield (item.subject, title, *cells, *blank)


def _outcomes(result: Any, project: content.ProjectContent) -> Iterable[Sequence[Value | Verdict]]:
    by_rule = {row.rule: row for tier in project.rule_tiers for row in tier.rows}
    by_rule |= {row.rule: row for row in project.not_concerned}
    for outcome in sorted(result.outcomes, key=lambda item: item.rule):
        row = by_rule[outcome.rule]
        first = outcome.evidence[0] if outcome.evidence else None
        baseline = first.baseline if first else None
        yield (
            project.id, project.name, outcome.rule, row.requirement, outcome.outcome, _could_be(outcome),
            _("是") if outcome.borderline else "", outcome.margin_m, row.dimension, row.force, row.situation, row.basis,
            messages.role_words(first.layer) if first else None, first.feature if first else None,
            first.overlap_m2 if first and (first.overlap_m2 or result.site.area_m2) else None,
            first.overlap_m if first else None, first.share if first else None,
            first.distance_m if first else None,
            _(messages.BASELINES.get(baseline, baseline)) if baseline else None,
            "\n".join(messages.missing_words(key) for key in outcome.missing),
            "\n".join(pick(text) for text in outcome.documents_needed),
            _(messages.CONFIDENCES[str(outcome.confidence)]),
        )


def _could_be(outcome: Outcome) -> Verdict | str:
    return outcome.could_be if outcome.outcome is Verdict.UNDETERMINED else ""


def _clauses(result: Any, project: content.ProjectContent, ruleset: Any) -> Iterable[Sequence[Value | Verdict]]:
    titles = {entry.key: pick(entry.title) for entry in ruleset.access_lists} if ruleset else {}
    for outcome in result.outcomes:
        for item in outcome.clauses:
            clause = item.clause
            yield (
                project.id, project.name, _(messages.TIERS.get(clause.tier, clause.tier)), clause.unit, item.share,
                messages.dimension_words(clause.dimension), clause.text, _(messages.CLAUSE_STATUS[clause.status]),
                item.outcome, item.could_be if item.outcome is Verdict.UNDETERMINED else "", messages.reason_words(item),
                titles.get(item.list_key, item.list_key), clause.provenance,
            )


def _height(row: Sequence[Value | Verdict], columns: Sequence[Column]) -> float:
    """Points that the tallest cell of a row needs: not every program works it out for itself."""
    lines = 1
    for value, column in zip(row, columns, strict=True):
        if isinstance(value, str) and not isinstance(value, Verdict):
            needed = sum(max(1, math.ceil(_ems(line) / (column.width - 1))) for line in value.split("\n"))
            lines = max(lines, needed)
    return min(409.0, 13.5 * lines + 3)


def _ems(text: str) -> int:
    """Width of ``text`` in Latin characters; a Chinese one counts for two."""
    return sum(2 if ord(char) > 0x2E7F or char in "“”‘’…—°′″×▲◆√" else 1 for char in text)


class _Sheets:
    """Writes sheets row by row; looks are made once and shared."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._looks: dict[tuple[str, str, bool], Any] = {}

    def add(self, title: str, columns: Sequence[Column], rows: Iterable[Sequence[Value | Verdict]], *, frozen: int) -> None:
        """Add a sheet with frozen headings, ``frozen`` columns that stay in sight, and a filter."""
        sheet = self._book.create_sheet(title)
        for number, column in enumerate(columns, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = column.width
        sheet.freeze_panes = f"{get_column_letter(frozen + 1)}2"
        filled = list(rows)
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{max(len(filled), 1) + 1}"
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.print_title_rows = "1:1"
        heads = [_(column.title) for column in columns]
        sheet.row_dimensions[1].height = _height(heads, columns)
        sheet.append([self._cell(sheet, head, "head") for head in heads])
        for number, row in enumerate(filled, start=2):
            sheet.row_dimensions[number].height = _height(row, columns)
            sheet.append([self._cell(sheet, value, column.shown) for value, column in zip(row, columns, strict=True)])

    def _cell(self, sheet: Any, value: Value | Verdict, shown: str) -> Any:
        cell = WriteOnlyCell(sheet)
        if isinstance(value, Verdict):
            cell.value = f"{verdict_style(value).mark} {messages.short_verdict(value)}"
            cell.data_type = "s"
            cell._style = self._look(sheet, str(value), risky=False)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            cell.value = value
            cell._style = self._look(sheet, shown, risky=False)
        else:
            text = plain(value)
            if len(text) > LONGEST:
                note = _("……（过长，全文见 Word 报告）")
                text = text[:LONGEST - len(note)] + note
            cell.value = text or None
            if text:
                cell.data_type = "s"  # whatever it looks like, it is words
            cell._style = self._look(sheet, shown, risky=text.startswith(_RISKY))
        return cell

    def _look(self, sheet: Any, kind: str, *, risky: bool) -> Any:
        key = (kind, "", risky)
        if key not in self._looks:
            cell = WriteOnlyCell(sheet)
            line = Side(style="thin", color="BFBFBF")
            cell.border = Border(line, line, line, line)
            cell.font = Font(name=_FONT, size=10, bold=kind == "head" or kind in VERDICT_STYLES)
            cell.alignment = Alignment(wrap_text=True, vertical="center" if kind == "head" else "top",
                                       horizontal="center" if kind == "head" else None)
            if kind == "head":
                cell.fill = PatternFill("solid", fgColor="D9E1F2")
            elif kind in VERDICT_STYLES:
                cell.fill = PatternFill("solid", fgColor=verdict_style(kind).tint[1:].upper())
            else:
                cell.number_format = kind
            if risky:
                cell.quotePrefix = True
            self._looks[key] = cell._style
        return self._looks[key]

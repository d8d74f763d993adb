"""What can be wrong with a published list, in words for the person who has it in hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sanxian.errors import TellingError
from sanxian.i18n import N_, _


class AccessListError(TellingError, ValueError):
    """A file that cannot be used as an access list or as its review."""


ISSUES: Mapping[str, str] = {
    "bad-unit-code": N_("单元编码“{text}”不合“ZH＋6 位区县代码＋类别 1/2/3＋4 位顺序号”的格式；条款已收，但对不上图上的单元"),
    "no-unit-code": N_("这一行有管控要求却没有单元编码；条款已收在“{unit}”名下，对不上图上的单元"),
    "duplicate-unit": N_("单元编码“{unit}”在 {first} 已经出现过，名称又是“{name}”；两处条款都已收，请核对是否重码"),
    "category-mismatch": N_("单元“{unit}”编码中的类别是{by_code}，而分类一栏写的是“{word}”"),
    "unknown-category": N_("单元“{unit}”的分类“{word}”不是优先保护、重点管控、一般管控之一"),
    "unread-column": N_("“{header}”一栏不是管控要求，没有当作条款收入；原文：{text}"),
    "unread-text": N_("这一格不在任何认得的栏目里，没有当作条款收入；原文：{text}"),
    "section-row": N_("分节行，没有当作条款收入；原文：{text}"),
    "note-row": N_("注释行，没有当作条款收入；原文：{text}"),
    "note-limits": N_("注释带有限定的话，本表的条款全部转人工；原文：{text}"),
    "note-defines": N_("注释界定了“{words}”，本表用到它的条款全部转人工；原文：{text}"),
    "book-note-limits": N_("这张表没有认出表头，写的话带有限定，各表的条款全部转人工；原文：{text}"),
    "book-note-defines": N_("这张表没有认出表头，写的话界定了“{words}”，各表用到它的条款全部转人工；原文：{text}"),
    "sheet-text": N_("这张表没有认出表头，这一格没有当作条款收入；原文：{text}"),
    "date-from-note": N_("施行日期 {date} 读自这一格，请核对"),
    "total-row": N_("合计行，没有当作条款收入；原文：{text}"),
    "title-row": N_("表头以上的文字，没有当作条款收入；原文：{text}"),
    "says-none": N_("这一格写的是“{text}”，没有要求"),
    "sheet-without-header": N_("工作表“{sheet}”没有认出管控要求的表头，没有当作条款收入，各格原文另列；请核对"),
    "hidden-sheet": N_("工作表“{sheet}”是隐藏的，内容照样收入；它可能是旧稿，请核对"),
    "rows-differ": N_("单元“{unit}”的几行在“{header}”一栏写得不同（{texts}），各条可能只管单元的一部分，全部转人工"),
    "merged-across": N_("这一格横跨“{headers}”几栏，条款只收一次，记在前一栏"),
    "formula-without-value": N_("这一格是公式，文件里没有存它的结果，读不到内容；请在 Excel 中打开并另存后再导入"),
    "tier-unknown": N_("工作表“{sheet}”没有单元编码，也看不出是省、市还是流域的总体要求；按省级收入，请核对"),
    "area-not-coded": N_("“{area}”对不上行政区划代码，其条款全部转人工"),
    "dimension-unknown": N_("“{text}”不是四个维度之一，条款按空间布局约束收入"),
    "no-in-force-date": N_("清单没有写明施行日期，按 {date} 起施行收入；请在 access_list.toml 中改为实际日期"),
    "text-at-limit": N_("这一格的文字正好是 {bytes} 字节，可能在别的软件里被截断过；请与公布的原件核对"),
    "review-lost": N_("审核表里没有条款“{id}”，该条保持原状"),
    "review-undecided": N_("条款“{id}”没有填写处理意见，该条保持原状"),
}


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that a person should look at; the import went on.

    Attributes:
        code: A key of ``ISSUES``.
        severity: error (something cannot be screened until it is put right), warning or info.
        sheet, cell: Where; ``cell`` may be empty.
        values: What varies in the sentence.
    """

    code: str
    severity: str
    sheet: str = ""
    cell: str = ""
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def words(self) -> str:
        """The sentence, in the language of the moment, with its place in front."""
        place = f"{self.sheet}!{self.cell}" if self.sheet and self.cell else self.sheet
        sentence = _(ISSUES[self.code]).format(**{"sheet": self.sheet, **self.values})
        return f"{place}：{sentence}" if place else sentence

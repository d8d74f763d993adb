"""Which column of a published list holds what: headers are matched loosely, for no two offices write them alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.model import Dimension
from sanxian.access_list.workbook import Sheet

HEADER_ROWS = 40  # how far down a header is looked for
LONGEST_HEADER = 40

# Looked for inside the header text, first match wins; facts: field names met in real systems and published headers.
_DIMENSIONS: tuple[tuple[Dimension, re.Pattern[str]], ...] = (
    (Dimension.POLLUTANT_DISCHARGE, re.compile(r"污染物?排放|排放管控|WRWPFGK|PWWPFGK|POLLUTANT_?DISCHARGE")),
    (Dimension.ENVIRONMENTAL_RISK, re.compile(r"环境风险|风险防控|风险管控|HJFXFK|ENVIRONMENTAL_?RISK")),
    (
        Dimension.RESOURCE_EFFICIENCY,
        re.compile(r"资源能?源?(?:开发)?(?:利用|开发|效率)|能源资源|资源能源|ZYKFXLYQ|ZYLYXLYQ|ZYKFLYXL|RESOURCE_?EFFICIENCY"),
    ),
    (Dimension.SPATIAL_LAYOUT, re.compile(r"空间布局|区域布局|布局约束|布局管控|布局引导|KJBJYS|SPATIAL_?LAYOUT")),
)

_ROLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("code", re.compile(r"单元.{0,4}(?:编码|编号|代码)|^管控分区(?:编码|代码)$|^(?:编码|单元码)$|^HJZ?H?GKDYBM$|UNIT_?CODE|^CODE$")),
    ("name", re.compile(r"单元.{0,4}(?:名称|名)$|^HJZ?H?GKDYMC$|UNIT_?NAME|^(?:NAME|名称)$")),
    (
        "category",
        re.compile(r"单元.{0,4}(?:分类|类别|类型|属性)|^(?:分类|管控分类|分区分类)$|^(?:ZHGKDYFL|GKDYFL)$|UNIT_?CATEGORY"),
    ),
    ("province", re.compile(r"(?:^|行政区划?|区划)省(?:份|级|\(.*|（.*)?$|^PROV(?:INCE)?$")),
    ("city", re.compile(r"(?:^|行政区划?|区划)(?:设区市|地级市|地市|市州?|城市|市\(州\)|市（州）|所属市|所在市)$|^CITY$")),
    (
        "county",
        re.compile(
            r"(?:^|行政区划?|区划)(?:区县|县区|县|区|县市区|县\(.*\)|县（.*）|区\(县\)|区（县）|县级|所属县区?|所在县区?|所属区县)$|^COUNTY$"
        ),
    ),
    ("serial", re.compile(r"^(?:序号|序|编号|NO\.?)$")),
    ("requirement", re.compile(r"(?:管控|准入|具体|主要|约束)(?:要求|内容|条款)|^(?:要求|内容|条款|清单内容|准入清单)$")),
    ("dimension", re.compile(r"维度|(?:管控|准入|清单|要求|约束)(?:类别|类型|类|方面)$|^(?:类别|类型|管控领域)$")),
    (
        "scope",
        re.compile(
            r"适用(?:范围|区域|对象)|^(?:范围|片区|管控区域|区域名称|流域名称"
            r"|区域|流域|区域/流域|流域/区域|区域\(流域\)|流域\(区域\))$"
        ),
    ),
)
# columns that are no requirement and qualify none: not worth a line each
_HARMLESS = re.compile(r"面积|SHAPE|^(?:ID|FID|OBJECTID|MJ|AREA)$")


@dataclass(frozen=True, slots=True)
class Layout:
    """How one sheet is laid out.

    Attributes:
        top, bottom: First and last row of the header.
        dimensions: Column of each requirement column, with the dimension.
        roles: Column of each other role.
        labels: The header of every column, for people.
        sublabels: What stands below the dimension's own header, such as 禁止开发建设活动的要求.
        unknown: Columns whose header says nothing to us.
    """

    top: int
    bottom: int
    dimensions: Mapping[int, Dimension]
    roles: Mapping[str, int]
    labels: Mapping[int, str]
    sublabels: Mapping[int, str] = field(default_factory=dict[int, str])
    unknown: tuple[int, ...] = ()

    @property
    def by_rows(self) -> bool:
        """Whether the dimension is written in each row and not over its own column."""
        return not self.dimensions


def squeeze(text: str) -> str:
    """Text without whitespace, in half-width forms and capitals: what headers and codes are compared by."""
    return re.sub(r"[\s\u200b\ufeff]+", "", unicodedata.normalize("NFKC", text)).upper()


def dimension_of(text: str) -> Dimension | None:
    """The dimension that a header or a label names, if it names exactly one of the four."""
    short = squeeze(text)
    found = [dimension for dimension, pattern in _DIMENSIONS if pattern.search(short)]
    return found[0] if len(found) == 1 else None


def role_of(text: str) -> str | None:
    """The role of a column that holds no requirement."""
    short = re.sub(r"[:：*]", "", squeeze(text))
    return next((role for role, pattern in _ROLES if pattern.search(short)), None)


def find_layout(sheet: Sheet) -> Layout | None:
    """The layout of a sheet, or ``None`` where no header names a requirement.

    The header is the row, or the rows under merged cells, that names the most columns.
    """
    best: tuple[int, int] | None = None
    for row in sheet.rows[:HEADER_ROWS]:
        score = _score(sheet, row)
        if score and (best is None or score >= best[0]) and (best is None or row == best[1] + 1 or score > best[0]):
            best = (score, row)
    if best is None:
        return None
    bottom = best[1]
    top = min((sheet.anchor(bottom, column)[0] for column in sheet.columns), default=bottom)
    while top > 1 and _is_group_row(sheet, top - 1, bottom):
        top -= 1
    while _is_sub_row(sheet, bottom + 1, bottom):
        bottom += 1
    return _layout(sheet, top, bottom)


def _short_cells(sheet: Sheet, row: int) -> dict[int, str]:
    cells = {column: sheet.text(row, column) for column in sheet.columns}
    return {column: text for column, text in cells.items() if text.strip() and len(squeeze(text)) <= LONGEST_HEADER}


def _score(sheet: Sheet, row: int) -> int:
    """How many columns a row names; 0 where it cannot be a header."""
    anchors: set[tuple[int, int]] = set()
    dimensions: set[Dimension] = set()
    roles: set[str] = set()
    for column, text in _short_cells(sheet, row).items():
        anchor = sheet.anchor(row, column)
        if anchor in anchors:
            continue
        anchors.add(anchor)
        dimension = dimension_of(text) if len(squeeze(text)) <= 24 and not re.search(r"[。；;]", text) else None
        role = None if dimension else role_of(text)
        if dimension:
            dimensions.add(dimension)
        elif role:
            roles.add(role)
    if len(anchors) < 2:
        return 0
    columns_form = len(dimensions) >= 2 or (dimensions and roles & {"code", "name", "serial", "scope"})
    rows_form = "requirement" in roles and roles & {"dimension", "code", "serial", "scope"}
    if columns_form:
        return 4 * len(dimensions) + len(roles)
    if rows_form:
        return 2 + len(roles)
    return 1 if {"code", "name"} <= roles else 0  # a register of units, without their requirements


def _is_group_row(sheet: Sheet, row: int, header: int) -> bool:
    """Whether the row above is a part of the header: a wide cell over several named columns, not a title."""
    wide = 0
    cells = {sheet.anchor(row, column) for column in sheet.columns if sheet.text(row, column)}
    for top, left in cells:
        last = sheet.ranges.get((top, left), (top, left))
        if last[0] >= header:
            return True
        wide += 1
    return wide >= 2 and all(len(squeeze(sheet.cells[place])) <= LONGEST_HEADER for place in cells)


_SUB_HEADER = re.compile(
    r"(?:开发建设)?活动的?(?:退出)?要求$|^其他.{2,12}要求$|^(?:允许|禁止|限制|鼓励|退出)类?$|总量|标准"
    r"|^.{2,12}(?:要求|管控|准入)$"
)


def _is_sub_row(sheet: Sheet, row: int, header: int) -> bool:
    """Whether a row goes on with the header: merged down from it, or only names of parts of its columns."""
    own = {column: text for column in sheet.columns if (text := sheet.cells.get((row, column), ""))}
    if not own:
        return False
    if any(len(squeeze(text)) > LONGEST_HEADER for text in own.values()):
        return False
    known = [
        column
        for column, text in own.items()
        if role_of(text) or dimension_of(text) or _SUB_HEADER.search(squeeze(text))
    ]
    merged_down = any(sheet.anchor(row, column)[0] <= header < row for column in sheet.columns if column not in own)
    if len(known) == len(own) and (merged_down or len(known) >= 2):
        return not any(re.search(r"[。；;]", text) for text in own.values())
    return False


def _layout(sheet: Sheet, top: int, bottom: int) -> Layout:
    dimensions: dict[int, Dimension] = {}
    roles: dict[str, int] = {}
    labels: dict[int, str] = {}
    sublabels: dict[int, str] = {}
    unknown: list[int] = []
    for column in sheet.columns:
        parts: list[str] = []
        for row in range(top, bottom + 1):
            text = sheet.text(row, column).strip()
            if text and len(squeeze(text)) <= LONGEST_HEADER and text not in parts:
                parts.append(text)
        if not parts:
            unknown.append(column)
            labels[column] = ""
            continue
        labels[column] = "/".join(re.sub(r"\s+", "", part) for part in parts)
        named = next((found for part in reversed(parts) if (found := dimension_of(part))), None)
        if named is not None:
            dimensions[column] = named
            below = [part for part in parts if dimension_of(part) is None and parts.index(part) > 0]
            if below:
                sublabels[column] = re.sub(r"\s+", "", below[-1])
            continue
        role = next((found for part in reversed(parts) if (found := role_of(part))), None)
        if role is not None and role not in roles:
            roles[role] = column
        elif _HARMLESS.search(squeeze(labels[column])):
            roles.setdefault(f"harmless{column}", column)
        else:
            unknown.append(column)
    if dimensions:
        if "category" not in roles and "dimension" in roles:  # 管控类别 beside the four columns is the unit's class
            roles["category"] = roles.pop("dimension")
        for role in ("requirement", "dimension"):  # a column beside the four is no fifth
            if role in roles:
                unknown.append(roles.pop(role))
    return Layout(top, bottom, dimensions, roles, labels, sublabels, tuple(sorted(unknown)))


def header_repeated(sheet: Sheet, layout: Layout, row: int) -> bool:
    """Whether a row is the header once more, as at the top of a printed page."""
    same = 0
    for column in sheet.columns:
        text = squeeze(sheet.cells.get((row, column), ""))
        if not text:
            continue
        if any(squeeze(sheet.text(above, column)) == text for above in range(layout.top, layout.bottom + 1)):
            same += 1
        else:
            return False
    return same >= 2

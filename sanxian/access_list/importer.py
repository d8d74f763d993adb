"""A published Excel file to an access list: every unit, every clause, and a line for whatever could not be placed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from rules.conditions import parse_condition
from rules.model import AccessList, Clause, Dimension
from sanxian.access_list.clauses import Part, is_neutral, split_clauses
from sanxian.access_list.columns import Layout, dimension_of, find_layout, header_repeated, squeeze
from sanxian.access_list.errors import AccessListError, Issue
from sanxian.access_list.grammar import Reading, manual, read_clause
from sanxian.access_list.notes import Note, read_note
from sanxian.access_list.workbook import Place, Sheet, Workbook, cell_name, read_workbook
from sanxian.i18n import N_

UNIT_CODE = re.compile(r"(?:ZH|HY)\d{6}[123]\d{4}")
CATEGORIES = {"priority": ("优先", "1"), "key": ("重点", "2"), "general": ("一般", "3")}
CATEGORY_WORDS = {"priority": "优先保护", "key": "重点管控", "general": "一般管控"}
UNKNOWN_DATE = date(1900, 1, 1)
LONGEST_NOTE = 400  # characters of a note that each clause quotes
MOST_NOTES = 5  # notes that each clause quotes

# GB/T 2260: the cities of the pilot province; others come from the codes of the units in the list itself
_PLACES = {
    "江西省": "36", "南昌市": "3601", "景德镇市": "3602", "萍乡市": "3603", "九江市": "3604", "新余市": "3605",
    "鹰潭市": "3606", "赣州市": "3607", "吉安市": "3608", "宜春市": "3609", "抚州市": "3610", "上饶市": "3611",
}  # fmt: skip

_NOTE = re.compile(r"^(?:注|备注|说明|附注|填表说明|注释)(?:[:：、.．\d（(]|$)")
_TOTAL = re.compile(r"^(?:合计|总计|小计|共计|总和)")
_NOTHING = {"无", "/", "\\", "-", "--", "—", "——", "暂无", "无要求", "无。", "N/A", "NULL"}
_EVERYWHERE = re.compile(r"(?:全省|全市|全域|全县|全区|全部|所有|省级|市级|省域|市域|总体|普适性?|共性)(?:范围|区域|单元|要求)?")
# words beside a clause, in a remark or a column of its own, that could narrow it
_NARROWS = re.compile(
    r"除|仅|只限|不适用|例外|豁免|适用|范围|以内|园区|公里|暂缓|过渡期|至20\d\d|岸线|沿江|沿岸|沿河|建成区|河段|片区|[内外]$"
)
# words in one clause of a cell that speak of the others
_REFERS = re.compile(
    r"上述|前述|前款|前项|前列|以上(?:要求|规定|条款|各项|项目|情形|限制|禁止|内容|管控)|本(?:栏|条|清单|表)|前[一二三四五六七八九十\d]+[条项款]"
    r"|(?<![》法例定则知见])第[一二三四五六七八九十\d]+[条项款]"  # not 《长江保护法》第二十六条
)
# a cell that goes on with the one above it: rows of one unit can share one sentence
_GOES_ON = re.compile(r"\s*(?:[，,、；;。）)]|[（(](?!\s*[一二三四五六七八九十\d]+\s*[）)])|除外|但)")
_LETS_OUT = re.compile(
    r"除外|不适用|例外|豁免|不受.{0,6}限制|从其规定|适用于|适用范围|适用区域|所称|是指|系指|不含|不包括|不包含|为准"
)
# a cell of the list, or a remark beside it, that speaks of the whole list
_OF_THE_LIST = re.compile(r"本(?:清单|表|附表|名录)(?:中|内|里)?的?所(?:称|指|列)")
_BARS = re.compile(r"禁止|严禁|不得|不准|不允许|不再|不予|限制|严格|从严")


def _speaks_of_others(text: str) -> bool:
    """Whether a clause could change what another one says: it names it, or lets something out and bars nothing."""
    return bool(
        _REFERS.search(text) or _GOES_ON.match(text) or (_LETS_OUT.search(text) and not _BARS.search(_LETS_OUT.sub("", text)))
    )


@dataclass(frozen=True, slots=True)
class ImportedList:
    """What came of a file.

    Attributes:
        access_list: Every clause, with what was read of it.
        issues: What a person should look at, in the order of the sheets.
        readings: By clause id, the condition as a table in the rules' vocabulary.
    """

    access_list: AccessList
    issues: tuple[Issue, ...]
    readings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


@dataclass(frozen=True, slots=True)
class _Found:
    """One dimension cell, of one unit or of a general list."""

    tier: str
    unit: str | None
    dimension: Dimension
    sheet: str
    place: Place
    text: str
    place_codes: tuple[str, ...] = ()
    heading: str = ""
    why_manual: str = ""
    remark: str = ""
    free: bool = False  # nothing beside the text names its dimension; a heading in it may


@dataclass(slots=True)
class _Import:
    """The list as it grows."""

    units: dict[str, dict[str, str]] = field(default_factory=dict)
    first_seen: dict[str, tuple[str, str]] = field(default_factory=dict)  # unit: sheet, cell
    found: list[_Found] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    notes: list[tuple[str, Place, str, Note, bool]] = field(default_factory=list)  # sheet, cell, text, note, of the book
    asides: list[tuple[str, Place, str]] = field(default_factory=list)  # text that is neither title nor clause

    def issue(self, code: str, severity: str, sheet: str = "", place: Place | None = None, **values: Any) -> None:
        self.issues.append(Issue(code, severity, sheet, cell_name(place) if place else "", values))

    def aside(self, code: str, sheet: str, place: Place, text: str, *, of_book: bool = False) -> None:
        """Quote a text that is no clause; where it is a note that changes what clauses mean, keep it for them."""
        text = text.strip()
        self.asides.append((sheet, place, text))
        note = read_note(text, among_clauses=of_book)
        if note is None:
            self.issue(code, "info", sheet, place, text=text)
            return
        self.notes.append((sheet, place, text, note, of_book))
        reach = "book-note" if of_book else "note"
        if note.words:
            self.issue(f"{reach}-defines", "warning", sheet, place, words="、".join(note.words), text=text)
        else:
            self.issue(f"{reach}-limits", "warning", sheet, place, text=text)

    def notes_for(self, sheet: str, text: str) -> str:
        """The notes that a clause must be read with, word for word; empty where there are none.

        A list has thousands of clauses: of many or long notes, the first sentences that matter are quoted, and the
        issues quote all.
        """
        found: dict[str, str] = {}
        for where, place, words, note, of_book in self.notes:
            if (of_book or where == sheet) and note.concerns(text):
                whole = " ".join(words.split())
                shown = whole if len(whole) <= LONGEST_NOTE else note.said
                shown = shown if len(shown) <= LONGEST_NOTE else f"{shown[:LONGEST_NOTE]}……"
                found.setdefault(f"{where}!{cell_name(place)}", shown)
        listed = [f"{where}“{shown}”" for where, shown in found.items()]
        if len(listed) > MOST_NOTES:
            listed[MOST_NOTES:] = [f"另有 {len(listed) - MOST_NOTES} 处，见导入时的提示"]
        return "；".join(listed)


def import_list(
    path: Path | str,
    *,
    key: str | None = None,
    title: Mapping[str, str] | str | None = None,
    document: str | None = None,
    in_force_from: date | None = None,
    in_force_until: date | None = None,
) -> ImportedList:
    """Read a published access list.

    Args:
        path: ``.xlsx``, ``.xlsm`` or ``.xls``.
        key: Short name of the list; defaults to the file's name.
        title: Defaults to the first title row.
        document: Key of the document that published it; defaults to ``key``.
        in_force_from: First day in force; where absent, a date that the title rows give, else 1900-01-01 and an issue.
        in_force_until: Last day in force, if it has one.

    Raises:
        AccessListError: The file is no Excel file, no sheet has a header that names requirements, or there is
            nothing under the headers.
    """
    path = Path(path)
    book = read_workbook(path)
    work = _Import()
    layouts = {sheet.name: find_layout(sheet) for sheet in book.sheets}
    if not any(layout and (layout.dimensions or "requirement" in layout.roles) for layout in layouts.values()):
        raise AccessListError(
            N_(
                "“{file}”里没有认出准入清单的表头。要找的是：一行里有“空间布局约束”“污染物排放管控”“环境风险防控”“资源开发（利用）效率要求”"
                "中的至少两栏，或“管控要求/准入要求”一栏加“维度”或“单元编码”一栏。工作表：{sheets}"
            ),
            file=book.name,
            sheets="、".join(sheet.name for sheet in book.sheets) or "（无）",
        )
    ordered = sorted(book.sheets, key=lambda sheet: not _has_codes(sheet, layouts[sheet.name]))
    for sheet in ordered:  # units first: their codes tell which city a general list speaks of
        layout = layouts[sheet.name]
        if sheet.hidden and sheet.cells:
            work.issue("hidden-sheet", "warning", sheet.name)
        for place in sheet.empty_formulas:
            work.issue("formula-without-value", "error", sheet.name, place)
        if layout is None:
            if sheet.cells:
                work.issue("sheet-without-header", "warning", sheet.name)
            for place, text in sorted(sheet.cells.items()):
                work.aside("sheet-text", sheet.name, place, text, of_book=True)
            continue
        titles = _titles(sheet, layout, work)
        if _has_codes(sheet, layout):
            _read_units(sheet, layout, work)
        else:
            _read_general(sheet, layout, titles, work)
    return _finish(book, work, key, title, document, in_force_from, in_force_until)


def to_json(imported: ImportedList) -> dict[str, Any]:
    """The JSON of ``sanxian rules import``."""
    access_list = imported.access_list
    items = []
    for clause in access_list.clauses:
        sheet, _, cell = clause.provenance.rpartition("!")
        coded = clause.unit is not None and UNIT_CODE.fullmatch(clause.unit) is not None
        items.append(
            {
                "tier": "province" if clause.tier == "basin" else clause.tier,
                "unit": clause.unit if coded else None,
                "dimension": str(clause.dimension),
                "sheet": sheet,
                "cell": cell,
                "text": clause.text,
                "status": clause.status,
                "reading": {name: clause.reading.get(name) for name in ("outcome", "nature", "industries", "words")},
            }
        )
    read = sum(clause.status == "machine_read" for clause in access_list.clauses)
    return {
        "units": len(access_list.units),
        "clauses": len(access_list.clauses),
        "machine_read": read,
        "manual": len(access_list.clauses) - read,
        "items": items,
    }


# ---------------------------------------------------------------------------------------------------- rows


def _has_codes(sheet: Sheet, layout: Layout | None) -> bool:
    if layout is None or "code" not in layout.roles:
        return False
    column = layout.roles["code"]
    return any(row > layout.bottom and sheet.text(row, column).strip() for row in sheet.rows)


def _titles(sheet: Sheet, layout: Layout, work: _Import) -> str:
    titles: list[str] = []
    for place, text in sorted(sheet.cells.items()):
        if place[0] < layout.top:
            titles.append(" ".join(text.split()))
            work.aside("title-row", sheet.name, place, titles[-1])
    work.titles += titles
    return " ".join(titles)


def _row_cells(sheet: Sheet, row: int) -> dict[int, tuple[Place, str]]:
    """What a row shows, by column, each merged cell at its first column only."""
    cells: dict[int, tuple[Place, str]] = {}
    seen: set[Place] = set()
    for column in sheet.columns:
        anchor = sheet.anchor(row, column)
        text = sheet.cells.get(anchor, "")
        if text and anchor not in seen:
            seen.add(anchor)
            cells[column] = (anchor, text)
    return cells


def _set_aside(sheet: Sheet, layout: Layout, row: int, cells: dict[int, tuple[Place, str]], work: _Import) -> str:
    """What a row is that holds no requirement: header, total, note, section or nothing at all; else empty."""
    if header_repeated(sheet, layout, row):
        return "header"
    own = {column: item for column, item in cells.items() if item[0][0] == row}
    if not own:
        return "" if cells else "nothing"
    (first, first_text) = own[min(own)]
    squeezed = squeeze(first_text)
    code_column = layout.roles.get("code")
    has_code = code_column in own and UNIT_CODE.search(squeeze(own[code_column][1])) is not None
    if _TOTAL.match(squeezed) and not has_code:
        for place, text in own.values():
            work.aside("total-row", sheet.name, place, text)
        return "total"
    width = _width(sheet, first)
    wide = width >= max(2, len(sheet.columns) // 2)
    alone = len(own) == 1 and len(cells) == 1
    in_requirement = any(column in layout.dimensions or column == layout.roles.get("requirement") for column in own)
    if _NOTE.match(squeezed) and not has_code and (wide or alone or not in_requirement):
        for place, text in own.values():
            work.aside("note-row", sheet.name, place, text)
        return "note"
    if alone and not has_code and (width >= len(sheet.columns) or not in_requirement):
        if min(own) == layout.roles.get("name"):
            return ""
        work.aside("section-row", sheet.name, first, first_text)
        return "section"
    return ""


def _width(sheet: Sheet, place: Place) -> int:
    last = sheet.ranges.get(place, place)
    return sum(place[1] <= column <= last[1] for column in sheet.columns) or 1


def _beside(sheet: Sheet, layout: Layout, cells: dict[int, tuple[Place, str]], row: int, work: _Import) -> tuple[str, str]:
    """Report what stands in columns that are no requirement; (why it makes the row manual, remark to show)."""
    narrowing: list[str] = []
    remarks: list[str] = []
    for column in layout.unknown:
        if column not in cells:
            continue
        place, text = cells[column]
        short = " ".join(text.split())
        if place[0] == row:
            header = layout.labels.get(column, "")
            if _OF_THE_LIST.search(squeeze(text)) and read_note(text) is not None:
                work.aside("unread-text", sheet.name, place, text)
            elif header:
                work.issue("unread-column", "info", sheet.name, place, header=header, text=short)
            else:
                work.issue("unread-text", "warning", sheet.name, place, text=short)
        if _NARROWS.search(short) or read_note(short) is not None:
            narrowing.append(short)
        elif not re.fullmatch(r"[\d.,%]*", short):
            remarks.append(short)
    why = f"同一行另写有“{'；'.join(narrowing)}”，可能限定这一条，须由人判断" if narrowing else ""
    return why, "；".join(remarks)


def _requirements(
    sheet: Sheet, layout: Layout, row: int, cells: dict[int, tuple[Place, str]], earlier: Dimension | None, work: _Import
) -> list[tuple[Dimension, Place, str, str]]:
    """Dimension, cell, text and sub-header of every requirement in a row."""
    if layout.dimensions:
        found: list[tuple[Dimension, Place, str, str]] = []
        for column, dimension in layout.dimensions.items():
            if column in cells:
                place, text = cells[column]
                across = [layout.labels[other] for other in layout.dimensions if sheet.anchor(row, other) == place]
                if len(across) > 1 and place[0] == row:
                    work.issue("merged-across", "info", sheet.name, place, headers="、".join(across))
                found.append((dimension, place, text, layout.sublabels.get(column, "")))
            else:  # merged with a column further left that is no dimension: the text is not lost
                continue
        return found
    column = layout.roles.get("requirement")
    if column is None or column not in cells:
        return []
    place, text = cells[column]
    label = sheet.text(row, layout.roles["dimension"]) if "dimension" in layout.roles else ""
    dimension = dimension_of(label) if label.strip() else earlier
    if dimension is None:
        if label.strip() or "dimension" in layout.roles:
            work.issue("dimension-unknown", "warning", sheet.name, place, text=" ".join(label.split()))
        dimension = Dimension.SPATIAL_LAYOUT
    return [(dimension, place, text, "")]


# ---------------------------------------------------------------------------------------------------- units


def _read_units(sheet: Sheet, layout: Layout, work: _Import) -> None:
    code_column, name_column = layout.roles["code"], layout.roles.get("name")
    current: list[str] = []
    current_name = ""
    taken: set[tuple[str, Place]] = set()
    free = layout.by_rows and "dimension" not in layout.roles
    beside: dict[tuple[str, int], set[str]] = defaultdict(set)  # unit and column: what its rows say there
    earlier: Dimension | None = None
    for row in (row for row in sheet.rows if row > layout.bottom):
        cells = _row_cells(sheet, row)
        aside = _set_aside(sheet, layout, row, cells, work)
        if aside:
            if aside == "section":  # what follows without a code belongs to no unit before it
                current, current_name = [], ""
            continue
        code_text = cells[code_column][1] if code_column in cells else ""
        name = " ".join(cells[name_column][1].split()) if name_column in cells and name_column is not None else ""
        place = cells[code_column][0] if code_column in cells else (row, code_column)
        requirements = _requirements(sheet, layout, row, cells, earlier, work)
        earlier = requirements[-1][0] if requirements and layout.by_rows else earlier
        if code_text.strip():
            codes = _codes(code_text, sheet, place, row, work)
            if codes != current or (name and current_name and name != current_name):
                _open_units(codes, name, sheet, layout, row, place, work, again=codes == current)
                current, current_name = codes, name
        elif requirements and (not current or (name and name != current_name)):
            label = f"无编码：{name or f'{sheet.name}!{cell_name((row, code_column))}'}"
            work.issue("no-unit-code", "error", sheet.name, (row, code_column), unit=label)
            _open_units([label], name, sheet, layout, row, (row, code_column), work, again=False)
            current, current_name = [label], name
        elif name and place[0] == row and cells[name_column][0][0] == row and not requirements:
            work.aside("section-row", sheet.name, cells[name_column][0], name)
        why, remark = _beside(sheet, layout, cells, row, work)
        if requirements:
            for column in layout.unknown:
                for unit in current:
                    beside[unit, column].add(squeeze(sheet.text(row, column)))
        scope = _scope(sheet, layout, row)
        if scope and not _EVERYWHERE.fullmatch(squeeze(scope)):
            why = why or f"这一行写明只适用于“{scope}”，须由人判断"
        for dimension, where, text, heading in requirements:
            for unit in current:
                if (unit, where) not in taken:
                    taken.add((unit, where))
                    found = _Found("unit", unit, dimension, sheet.name, where, text, (), heading, why, remark, free)
                    work.found.append(found)


    parts: dict[str | None, str] = {}
    for (unit, column), texts in beside.items():
        kinds = sorted(text for text in texts if text and not re.fullmatch(r"[\d.,%]*", text))
        if len(texts) > 1 and kinds and _PARTS.search(squeeze(layout.labels[column])):
            header = layout.labels[column]
            work.issue("rows-differ", "warning", sheet.name, unit=unit, header=header, texts="、".join(kinds))
            parts[unit] = f"单元的几行在“{header}”一栏写得不同，这一条可能只管单元的一部分，须由人判断"
    work.found = [
        replace(found, why_manual=found.why_manual or parts[found.unit])
        if found.unit in parts and found.sheet == sheet.name
        else found
        for found in work.found
    ]


# headers of columns that tell the parts of a unit from each other: element zones, kinds of area
_PARTS = re.compile(r"要素|分区|细类|属性|类型|类别|功能|对象|地块|片|区段|河段")


def _scope(sheet: Sheet, layout: Layout, row: int) -> str:
    column = layout.roles.get("scope")
    return " ".join(sheet.text(row, column).split()) if column is not None else ""


def _codes(text: str, sheet: Sheet, place: Place, row: int, work: _Import) -> list[str]:
    squeezed = squeeze(text)
    codes = list(dict.fromkeys(UNIT_CODE.findall(squeezed)))
    rest = re.sub(r"[、,;/()]", "", UNIT_CODE.sub("", squeezed))
    if codes and not rest:
        return codes
    if place[0] == row:
        work.issue("bad-unit-code", "error", sheet.name, place, text=squeezed)
    return codes or [squeezed]


def _open_units(
    codes: list[str], name: str, sheet: Sheet, layout: Layout, row: int, place: Place, work: _Import, *, again: bool
) -> None:
    admin = {
        role: re.sub(r"\s+", "", sheet.text(row, layout.roles[role])) if role in layout.roles else ""
        for role in ("province", "city", "county")
    }
    word = re.sub(r"\s+", "", sheet.text(row, layout.roles["category"])) if "category" in layout.roles else ""
    by_word = next(
        (category for category, signs in CATEGORIES.items() if any(squeeze(word).startswith(sign) for sign in signs)), ""
    )
    for code in codes:
        by_code = {"1": "priority", "2": "key", "3": "general"}.get(code[8:9], "") if UNIT_CODE.fullmatch(code) else ""
        if word and not by_word:
            work.issue("unknown-category", "warning", sheet.name, place, unit=code, word=word)
        elif by_word and by_code and by_word != by_code:
            work.issue(
                "category-mismatch", "error", sheet.name, place, unit=code, by_code=CATEGORY_WORDS[by_code], word=word
            )
        if code in work.units:
            first_sheet, first_cell = work.first_seen[code]
            known = work.units[code]["name"]
            if again or first_sheet == sheet.name or (name and known and name != known):
                work.issue(
                    "duplicate-unit", "error", sheet.name, place, unit=code, first=f"{first_sheet}!{first_cell}", name=name
                )
            for role, text in (("name", name), ("category", by_word or by_code), *admin.items()):
                work.units[code][role] = work.units[code][role] or text
            continue
        work.units[code] = {"name": name, "category": by_word or by_code, **admin}
        work.first_seen[code] = (sheet.name, cell_name(place))


# ---------------------------------------------------------------------------------------------------- general lists


def _places(work: _Import) -> dict[str, str]:
    """Names of provinces, cities and counties to codes, as the units of the list tell them."""
    seen: dict[str, set[str]] = defaultdict(set)
    for code, unit in work.units.items():
        if UNIT_CODE.fullmatch(code):
            for role, length in (("province", 2), ("city", 4), ("county", 6)):
                if unit[role]:
                    seen[unit[role]].add(code[2 : 2 + length])
    return _PLACES | {name: min(codes) for name, codes in seen.items() if len(codes) == 1}


def _tier_of(text: str) -> str | None:
    short = squeeze(text).replace("设区市", "市").replace("三线一单", "")
    if re.search(r"流域|区域|片区|沿江|湖区|地带|经济带|园区|开发区|工业区|产业园|高新区|新区|街道|乡镇", short):
        return "basin"
    if re.search(r"省", short):
        return "province"
    if re.search(r"(?:[县区]|县级市)(?:级)?(?:总体|准入|管控|生态|普适|共性)", short):
        return "county"
    if re.search(r"市", short):
        return "city"
    return None


def _area(text: str, places: Mapping[str, str], lengths: Iterable[int]) -> str:
    """Code of the place that a text names, of one of the given code lengths."""
    short = re.sub(r"\s+", "", text)
    names = [
        name
        for name, code in places.items()
        if len(code) in lengths and (name in short or (len(name) > 2 and name.rstrip("省市县区") in short))
    ]
    return places[max(names, key=lambda name: (len(name), name))] if names else ""


def _read_general(sheet: Sheet, layout: Layout, titles: str, work: _Import) -> None:
    places = _places(work)
    tiers = [found for found in (_tier_of(sheet.name), _tier_of(titles)) if found]
    tier = "basin" if "basin" in tiers else tiers[0] if tiers else None
    if tier is None:
        work.issue("tier-unknown", "warning", sheet.name)
        tier = "province"
    earlier: Dimension | None = None
    taken: set[Place] = set()
    free = layout.by_rows and "dimension" not in layout.roles
    reported: set[str] = set()
    for row in (row for row in sheet.rows if row > layout.bottom):
        cells = _row_cells(sheet, row)
        if _set_aside(sheet, layout, row, cells, work):
            continue
        requirements = _requirements(sheet, layout, row, cells, earlier, work)
        earlier = requirements[-1][0] if requirements and layout.by_rows else earlier
        why, remark = _beside(sheet, layout, cells, row, work)
        scope = _scope(sheet, layout, row)
        row_tier, named = tier, f"{sheet.name} {titles}"
        if scope and not _EVERYWHERE.fullmatch(squeeze(scope)):
            named = scope
            row_tier = "city" if _area(scope, places, (4,)) == places.get(re.sub(r"\s+", "", scope)) and scope.endswith("市") else "basin"
        tier_out, codes, area_why = _placed(row_tier, named, scope or sheet.name, places, work)
        if area_why and named not in reported and row_tier != "basin":
            reported.add(named)
            work.issue("area-not-coded", "warning", sheet.name, area=scope or sheet.name)
        for dimension, where, text, heading in requirements:
            if where not in taken:
                taken.add(where)
                why = why or area_why
                found = _Found(tier_out, None, dimension, sheet.name, where, text, codes, heading, why, remark, free)
                work.found.append(found)


def _placed(
    tier: str, named: str, area: str, places: Mapping[str, str], work: _Import
) -> tuple[str, tuple[str, ...], str]:
    """Tier in the pack, codes of the place, and why its clauses are for a person, if they are."""
    prefixes = {length: {code[2 : 2 + length] for code in work.units if UNIT_CODE.fullmatch(code)} for length in (2, 4, 6)}
    if tier == "basin":
        return "basin", (), f"只适用于“{area}”，在不在其中须由人判断"
    length = {"province": 2, "city": 4, "county": 6}[tier]
    code = _area(named, places, (length,)) or (min(prefixes[length]) if len(prefixes[length]) == 1 else "")
    out = "city" if tier == "county" else tier
    if code:
        return out, (code,), ""
    if tier == "county" or len(prefixes[length]) > 1:
        return out, (), f"“{area}”对不上行政区划代码，适用于哪里须由人判断"
    return out, (), ""


# ---------------------------------------------------------------------------------------------------- clauses


def _finish(
    book: Workbook,
    work: _Import,
    key: str | None,
    title: Mapping[str, str] | str | None,
    document: str | None,
    in_force_from: date | None,
    in_force_until: date | None,
) -> ImportedList:
    if not work.found and not work.units:
        raise AccessListError(N_("“{file}”有表头，却没有一个管控单元、也没有一条管控要求；请核对是不是空表"), file=book.name)
    order = {sheet.name: number for number, sheet in enumerate(book.sheets)}
    ordered = sorted(work.found, key=lambda item: order[item.sheet])
    for sheet, place, text in dict.fromkeys((found.sheet, found.place, found.text) for found in ordered):
        if not _OF_THE_LIST.search(squeeze(text)):
            continue
        for part in split_clauses(text):
            if _OF_THE_LIST.search(squeeze(part.own)) and read_note(part.own) is not None:
                work.aside("note-row", sheet, place, part.own)  # a clause all the same, and a note to the others
    referred = _referred(ordered)
    clauses: list[Clause] = []
    readings: dict[str, Mapping[str, Any]] = {}
    counts: dict[str, int] = defaultdict(int)
    kept: dict[str, tuple[list[Part], list[Reading]]] = {}
    for found in ordered:
        if squeeze(found.text) in _NOTHING:
            work.issue("says-none", "info", found.sheet, found.place, text=found.text.strip())
            continue
        size = len(found.text.encode("utf-8"))
        if size in (254, 255) and found.text.rstrip()[-1:] not in "。；;.）)！":
            work.issue("text-at-limit", "warning", found.sheet, found.place, bytes=size)
        if found.text not in kept:
            parts = split_clauses(found.text)
            kept[found.text] = (parts, _read_parts(parts))
        for part, reading in zip(*kept[found.text], strict=True):
            base = found.unit or found.tier + "".join(found.place_codes)
            dimension = _dimension_in(part) or found.dimension if found.free else found.dimension
            stem = f"{base}.{dimension}"
            counts[stem] += 1
            identity = f"{stem}.{counts[stem]}"
            notes = work.notes_for(found.sheet, "".join((*part.headings, part.text)))
            reading = _narrowed(reading, found, notes, referred.get(_group(found), ""))
            table = reading.project
            if table is not None:
                readings[identity] = table
            clauses.append(
                Clause(
                    id=identity,
                    tier=found.tier,
                    unit=found.unit,
                    dimension=dimension,
                    text=part.text,
                    provenance=f"{found.sheet}!{cell_name(found.place)}",
                    status=reading.status,
                    project=parse_condition(dict(table), identity) if table is not None else None,
                    outcome=reading.outcome,
                    place_codes=found.place_codes,
                    reading={name: value for name, value in reading.as_table().items() if value is not None},
                )
            )
    chosen = key or re.sub(r"[^\w\-]+", "-", Path(book.name).stem).strip("-") or "access-list"
    start = in_force_from or _date_in(work.titles) or _date_aside(work)
    if start is None:
        start = UNKNOWN_DATE
        work.issue("no-in-force-date", "warning", date=start.isoformat())
    access_list = AccessList(
        key=chosen,
        title=_title(title, work.titles, book.name),
        document=document or chosen,
        in_force_from=start,
        in_force_until=in_force_until,
        clauses=tuple(clauses),
        units={code: dict(unit) for code, unit in work.units.items()},
        source=book.name,
        sha256=book.sha256,
    )
    severity = {"error": 0, "warning": 1, "info": 2}
    issues = sorted(work.issues, key=lambda issue: (severity[issue.severity], order.get(issue.sheet, -1)))
    return ImportedList(access_list, tuple(issues), readings)


def _dimension_in(part: Part) -> Dimension | None:
    """The dimension that a heading over the clause names, nearest first."""
    return next((found for heading in reversed(part.headings) if (found := dimension_of(heading))), None)


def _read_parts(parts: list[Part]) -> list[Reading]:
    """Read the clauses of one cell; where one of them speaks of the others, a person must read those together."""
    readings = [read_clause(part) for part in parts]
    referring = [part for part in parts if _speaks_of_others(part.own)]
    if not referring:
        return readings
    shown = re.sub(r"\s+", "", referring[0].text)
    return [
        manual(f"同一格另有“{shown}”，可能限定这一条，须一并由人判断；已认出：{reading.words}")
        if reading.status == "machine_read"
        else reading
        for reading in readings
    ]


def _group(found: _Found) -> tuple[object, ...]:
    return (found.sheet, found.tier, found.unit, found.place_codes, found.dimension)


def _referred(ordered: list[_Found]) -> dict[tuple[object, ...], str]:
    """Cells that speak of, or go on with, the other cells of their unit and dimension; by unit and dimension."""
    cells: dict[tuple[object, ...], set[Place]] = defaultdict(set)
    speaking: dict[tuple[object, ...], str] = {}
    for found in ordered:
        group = _group(found)
        cells[group].add(found.place)
        if _speaks_of_others(found.text):
            speaking.setdefault(group, re.sub(r"\s+", "", found.text)[:40])
    return {group: text for group, text in speaking.items() if len(cells[group]) > 1}


def _narrowed(reading: Reading, found: _Found, notes: str, referred: str) -> Reading:
    if reading.status != "machine_read":
        return replace(reading, words=f"{reading.words}；另有注释，须一并对照：{notes}") if notes else reading
    why = found.why_manual
    if referred:
        why = why or f"同一单元另有一格“{referred}”，可能限定这一条，须一并由人判断"
    if found.heading and not is_neutral(found.heading):
        why = why or f"栏目“{found.heading}”限定了这一条，须由人判断"
    if notes:
        by_note = f"注释另有界定或限定，须对照注释由人判断：{notes}"
        why = f"{why}；{by_note}" if why else by_note
    if why:
        return manual(f"{why}；已认出：{reading.words}")
    if found.remark:
        words = f"{reading.words}；同一行另写有“{found.remark}”，未读，请核"
        return Reading(reading.status, reading.outcome, reading.project, reading.natures, reading.industries, words)
    return reading


_IN_FORCE = re.compile(r"(?<![》法例])(?<![》法例]自)自?(20\d\d)年(\d{1,2})月(\d{1,2})日起?(?:正式|开始)?(?:施行|实施|执行)")


def _date_in(titles: Iterable[str]) -> date | None:
    for text in titles:
        found = _dates(text)
        if found:
            return found[0]
    return None


def _dates(text: str) -> list[date]:
    dates: list[date] = []
    for found in _IN_FORCE.finditer(squeeze(text)):
        try:
            dates.append(date(*(int(number) for number in found.groups())))
        except ValueError:
            continue
    return dates


def _date_aside(work: _Import) -> date | None:
    """The date in notes and on sheets without a header; none where they give several, for one may be an older list's."""
    found = [(day, sheet, place) for sheet, place, text in work.asides for day in _dates(text)]
    if len({day for day, _, _ in found}) != 1:
        return None
    day, sheet, place = found[0]
    work.issue("date-from-note", "info", sheet, place, date=day.isoformat())
    return day


def _title(given: Mapping[str, str] | str | None, titles: list[str], name: str) -> dict[str, str]:
    stem = Path(name).stem
    english = f"Access list imported from {name}"
    if isinstance(given, str) and given.strip():
        return {"zh": given, "en": english}
    if given is not None and not isinstance(given, str):
        zh = given.get("zh") or given.get("en") or stem
        return {"zh": zh, "en": given.get("en") or zh}
    named = next((text for text in titles if re.search(r"清单|准入|管控", text)), "")
    return {"zh": named or stem, "en": english}

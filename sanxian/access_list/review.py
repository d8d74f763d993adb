"""The review of a list in Excel: one row a clause, the reader's proposal, and a person's decision beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from rules.conditions import All, Always, AnyOf, Attribute, Condition, parse_condition
from rules.model import AccessList, Clause, Verdict
from sanxian.access_list.errors import AccessListError, Issue
from sanxian.access_list.grammar import NATURE_WORDS, OUTCOME_WORDS, condition_words, nature_condition
from sanxian.access_list.pack import condition_table
from sanxian.access_list.workbook import read_workbook
from sanxian.i18n import N_, _

SHEET = "条款审核"
COLUMNS = (
    ("id", "条款编号", 34),
    ("unit", "管控单元", 20),
    ("name", "单元名称", 18),
    ("dimension", "维度", 16),
    ("text", "条款原文", 60),
    ("provenance", "出处", 18),
    ("status", "状态", 10),
    ("words", "读出的话", 50),
    ("outcome", "建议结论", 10),
    ("natures", "建议建设性质", 16),
    ("industries", "建议行业代码", 22),
    ("decision", "处理意见", 10),
    ("new_outcome", "更正结论", 10),
    ("new_natures", "更正建设性质", 16),
    ("new_industries", "更正行业代码", 22),
    ("reviewer", "审核人", 10),
    ("reviewed_on", "审核日期", 12),
    ("note", "审核说明", 30),
)
DECISIONS = ("确认", "更正", "人工")
DIMENSION_WORDS = {
    "spatial_layout": "空间布局约束",
    "pollutant_discharge": "污染物排放管控",
    "environmental_risk": "环境风险防控",
    "resource_efficiency": "资源开发效率要求",
}
STATUS_WORDS = {"confirmed": "已确认", "machine_read": "机读待核", "manual": "人工判断"}
_OUTCOMES = {words: verdict for verdict, words in OUTCOME_WORDS.items()}
_NATURES = {words: nature for nature, words in NATURE_WORDS.items()}
# with its letter: a bare 0313 that Excel has made 313 of would be another industry
_INDUSTRY = re.compile(r"[A-T](?:\d{2,4})?")
_ANY = "不限"
_EARLIER = "；此前读作："


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A list after its review, and what was left open."""

    access_list: AccessList
    issues: tuple[Issue, ...]


def export_review(access_list: AccessList, path: Path | str) -> Path:
    """Write the review workbook. The columns up to 建议行业代码 are for reading; decisions go into the rest.

    Raises:
        AccessListError: The file cannot be written.
    """
    path = Path(path)
    book = Workbook()
    sheet: Any = book.active
    sheet.title = SHEET
    sheet.append([title for _, title, _ in COLUMNS])
    for clause in access_list.clauses:
        sheet.append([_safe(value) for value in _row(access_list, clause)])
    for cells in sheet.iter_rows():
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type  # “=1” is text and no formula
    for number, (key, _title, width) in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
        head = sheet.cell(1, number)
        head.font = Font(bold=True)
        decides = key in ("decision", "new_outcome", "new_natures", "new_industries", "reviewer", "reviewed_on", "note")
        head.fill = PatternFill("solid", fgColor="FFF2CC" if decides else "E7E6E6")
    sheet.freeze_panes = "B2"
    last = max(2, sheet.max_row)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{last}"
    for key, choices in (("decision", DECISIONS), ("new_outcome", tuple(_OUTCOMES))):
        letter = get_column_letter(_column(key))
        rule = DataValidation(type="list", formula1='"' + ",".join(choices) + '"', allow_blank=True)
        sheet.add_data_validation(rule)
        rule.add(f"{letter}2:{letter}{last}")
    _explain(book.create_sheet("填写说明"))
    # the same list gives the same cells; the clock that openpyxl writes into the properties is set aside
    book.properties.created = book.properties.modified = datetime(2000, 1, 1)  # noqa: DTZ001 - a constant, no time zone
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        book.save(path)
    except OSError as error:
        raise AccessListError(N_("写不了“{file}”：{error}；它可能正在 Excel 中打开"), file=path.name, error=error) from error
    finally:
        book.close()
    return path


def _column(key: str) -> int:
    return next(number for number, (name, _, _) in enumerate(COLUMNS, 1) if name == key)


def _safe(value: Any) -> Any:
    """Characters that a workbook cannot hold, left out of what is shown; the pack keeps them."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", value)[:32767] if isinstance(value, str) else value


def _row(access_list: AccessList, clause: Clause) -> list[Any]:
    reading = clause.reading
    values = {
        "id": clause.id,
        "unit": clause.unit or "、".join(clause.place_codes) or "",
        "name": access_list.units.get(clause.unit or "", {}).get("name", ""),
        "dimension": DIMENSION_WORDS[clause.dimension],
        "text": clause.text,
        "provenance": clause.provenance,
        "status": STATUS_WORDS[clause.status],
        "words": str(reading.get("words", "")),
        "outcome": OUTCOME_WORDS.get(clause.outcome, "") if clause.outcome else "",
        "natures": "、".join(NATURE_WORDS.get(str(nature), str(nature)) for nature in reading.get("nature", ())),
        "industries": "；".join(reading.get("industries", ())),
        "reviewer": str(reading.get("reviewer", "")),
        "reviewed_on": str(reading.get("reviewed_on", "")),
        "note": str(reading.get("review_note", "")),
    }
    return [values.get(key, "") for key, _, _ in COLUMNS]


def _explain(sheet: Any) -> None:
    for line in (
        "每行一条条款。前面几栏是原文和机器读出的建议，请不要改动；“处理意见”起由审核人填写。",
        "确认：同意建议结论和读出的条件；只能用于机读待核或已确认的条款。",
        "更正：按“更正结论”“更正建设性质”“更正行业代码”改写；结论必填，性质与行业留空表示沿用建议，写“不限”表示不限定。",
        "人工：这一条不由机器判断，每个项目都由人对照原文。",
        "处理意见留空：这一条保持原状。确认、更正、人工都要写明审核人和审核日期（如 2026-11-22）。",
        "结论可写：" + "、".join(_OUTCOMES),
        "建设性质可写：" + "、".join(_NATURES) + "，用顿号隔开；新建含迁建，扩建含新增产能的技改。",
        "行业代码写 GB/T 4754-2017 的门类字母，或字母加 2 至 4 位数字，如 C26；C2521，用分号隔开。",
    ):
        sheet.append([line])
    sheet.column_dimensions["A"].width = 110


# ---------------------------------------------------------------------------------------------------- back


def import_review(access_list: AccessList, path: Path | str, *, today: date | None = None) -> Reviewed:
    """Apply the decisions of a review workbook. Clauses that it does not decide, or lacks, stay as they are.

    Args:
        today: A decision dated later is refused; where absent, any date is taken.

    Raises:
        AccessListError: The first value that has no meaning, with its cell and the reason: nothing is applied then.
    """
    path = Path(path)
    sheet, header, columns = _open(path)
    by_id = {clause.id: clause for clause in access_list.clauses}
    decided: dict[str, Clause] = {}
    seen: set[str] = set()
    issues: list[Issue] = []
    for row in sorted({row for row, _column_number in sheet if row > header}):
        cells = {key: sheet.get((row, column), "").strip() for key, column in columns.items()}
        if not any(cells.values()):
            continue
        at = {key: f"{get_column_letter(column)}{row}" for key, column in columns.items()}
        clause = by_id.get(cells["id"])
        if clause is None:
            raise AccessListError(N_("{cell}：清单里没有条款“{id}”；条款编号不能改动"), cell=at["id"], id=cells["id"])
        if clause.id in seen:
            raise AccessListError(N_("{cell}：条款“{id}”出现了两次"), cell=at["id"], id=clause.id)
        seen.add(clause.id)
        if re.sub(r"\s+", "", cells["text"]) != re.sub(r"\s+", "", _safe(clause.text)):
            raise AccessListError(N_("{cell}：条款“{id}”的原文与清单不一致；原文不能在审核表里改动"), cell=at["text"], id=clause.id)
        if not cells["decision"]:
            filled = [key for key in ("new_outcome", "new_natures", "new_industries") if cells[key]]
            if filled:
                raise AccessListError(N_("{cell}：填了更正内容，“处理意见”却是空的"), cell=at[filled[0]])
            if clause.status == "machine_read":
                issues.append(Issue("review-undecided", "info", SHEET, at["decision"], {"id": clause.id}))
            continue
        decided[clause.id] = _decide(clause, cells, at, today)
    issues += [
        Issue("review-lost", "warning", SHEET, "", {"id": clause.id})
        for clause in access_list.clauses
        if clause.id not in seen
    ]
    clauses = tuple(decided.get(clause.id, clause) for clause in access_list.clauses)
    return Reviewed(replace(access_list, clauses=clauses), tuple(issues))


def _open(path: Path) -> tuple[Mapping[tuple[int, int], str], int, dict[str, int]]:
    book = read_workbook(path)
    wanted = {title: key for key, title, _ in COLUMNS}
    needed = {"id", "text", "decision", "new_outcome", "new_natures", "new_industries", "reviewer", "reviewed_on"}
    for sheet in book.sheets:
        for row in sheet.rows[:5]:
            columns = {
                wanted[text.strip()]: column
                for column in sheet.columns
                if (text := sheet.text(row, column)).strip() in wanted
            }
            if needed <= set(columns):
                return sheet.cells, row, {**dict.fromkeys(wanted.values(), 0), **columns}
    raise AccessListError(
        N_("“{file}”不是审核表：要有 {columns} 各栏"),
        file=path.name,
        columns="、".join(title for key, title, _ in COLUMNS if key in needed),
    )


def _decide(clause: Clause, cells: Mapping[str, str], at: Mapping[str, str], today: date | None = None) -> Clause:
    decision = cells["decision"]
    if decision not in DECISIONS:
        raise AccessListError(
            N_("{cell}：处理意见“{value}”不认识；可写 {words}"), cell=at["decision"], value=decision, words="、".join(DECISIONS)
        )
    if not cells["reviewer"]:
        raise AccessListError(N_("{cell}：要写明审核人"), cell=at["reviewer"])
    try:
        day = date.fromisoformat(cells["reviewed_on"].replace("/", "-"))
    except ValueError as error:
        raise AccessListError(
            N_("{cell}：审核日期“{value}”应写作 2026-11-22"), cell=at["reviewed_on"], value=cells["reviewed_on"]
        ) from error
    if today is not None and day > today:
        raise AccessListError(
            N_("{cell}：审核日期“{value}”晚于今天（{today}），不能是将来的日子"),
            cell=at["reviewed_on"], value=cells["reviewed_on"], today=today.isoformat(),
        )  # fmt: skip
    reading = {
        **clause.reading,
        "decision": decision,
        "reviewer": cells["reviewer"],
        "reviewed_on": day.isoformat(),
        **({"review_note": cells["note"]} if cells["note"] else {}),
    }
    if decision == "人工":
        if clause.project is not None:
            reading["words"] = f"经审核转人工判断{_before(clause)}"
        return replace(clause, status="manual", outcome=None, project=None, reading=_without(reading, "outcome"))
    if decision == "确认":
        if any(cells[key] for key in ("new_outcome", "new_natures", "new_industries")):
            raise AccessListError(N_("{cell}：处理意见是“确认”，却填了更正内容；请改为“更正”或清空"), cell=at["decision"])
        if clause.outcome is None or (clause.project is None and clause.outcome is not Verdict.ADVISORY):
            raise AccessListError(N_("{cell}：条款“{id}”没有机读的结论，不能“确认”；请用“更正”或“人工”"), cell=at["decision"], id=clause.id)
        return replace(clause, status="confirmed", reading=reading)
    return _corrected(clause, cells, at, reading)


def decide(
    clause: Clause,
    decision: str,
    *,
    reviewer: str,
    reviewed_on: str,
    outcome: str = "",
    natures: str = "",
    industries: str = "",
    note: str = "",
) -> Clause:
    """One clause after a person's decision, as a row of the review workbook would have it; texts as in its cells.

    Raises:
        AccessListError: A value has no meaning; named by the title of its column.
    """
    cells = {
        "decision": decision, "new_outcome": outcome, "new_natures": natures, "new_industries": industries,
        "reviewer": reviewer.strip(), "reviewed_on": reviewed_on, "note": note.strip(),
    }  # fmt: skip
    at = {
        "decision": _("处理意见"), "new_outcome": _("更正结论"), "new_natures": _("更正建设性质"),
        "new_industries": _("更正行业代码"), "reviewer": _("审核人"), "reviewed_on": _("审核日期"), "note": _("审核说明"),
    }  # fmt: skip
    return _decide(clause, cells, at)


def _without(reading: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in reading.items() if name not in names}


def _corrected(clause: Clause, cells: Mapping[str, str], at: Mapping[str, str], reading: dict[str, Any]) -> Clause:
    outcome = _OUTCOMES.get(cells["new_outcome"])
    if outcome is None:
        raise AccessListError(
            N_("{cell}：更正结论“{value}”不认识；可写 {words}"),
            cell=at["new_outcome"], value=cells["new_outcome"], words="、".join(_OUTCOMES),
        )  # fmt: skip
    natures = _split(cells["new_natures"], r"[、,，;；\s]+")
    for word in natures or ():
        if word not in _NATURES and word not in NATURE_WORDS:
            raise AccessListError(
                N_("{cell}：建设性质“{value}”不认识；可写 {words}"), cell=at["new_natures"], value=word, words="、".join(_NATURES)
            )
    industries = _split(cells["new_industries"], r"[、,，;；\s]+")
    for code in industries or ():
        if not _INDUSTRY.fullmatch(code.upper()):
            raise AccessListError(
                N_("{cell}：行业代码“{value}”不是 GB/T 4754-2017 的门类字母，或字母加 2 至 4 位数字（如 C2521）"),
                cell=at["new_industries"],
                value=code,
            )
    if natures is None and industries is None and clause.project is not None:
        condition: Condition = clause.project
        kept_natures, kept_industries = reading.get("nature", []), reading.get("industries", [])
    else:
        if clause.project is not None and natures is None:
            natures = list(reading.get("nature", ()))
        if clause.project is not None and industries is None:
            if not _only_industry(clause.project):
                raise AccessListError(
                    N_("{cell}：条款“{id}”的建议条件不只有行业，只改建设性质会丢掉其余；请写明行业代码，或写“不限”"),
                    cell=at["new_industries"], id=clause.id,
                )  # fmt: skip
            industries = list(reading.get("industries", ()))
        kept_natures = [_NATURES.get(word, word) for word in natures or ()]
        kept_industries = [code.upper() for code in industries or ()]
        parts: list[dict[str, Any]] = []
        nature = nature_condition(tuple(kept_natures))
        if nature is not None:
            parts.append(dict(nature))
        if kept_industries:
            parts.append({"attribute": "industry_code", "prefix": kept_industries})
        table: dict[str, Any] = {"all": parts} if len(parts) > 1 else parts[0] if parts else {"always": True}
        condition = parse_condition(table, clause.id)
    said = f"经审核更正：结论“{OUTCOME_WORDS[outcome]}”；条件：{condition_words(condition_table(condition))}"
    reading["words"] = said + _before(clause)
    reading |= {"outcome": str(outcome), "nature": list(kept_natures), "industries": list(kept_industries)}
    return replace(clause, status="confirmed", outcome=outcome, project=condition, reading=reading)


def _before(clause: Clause) -> str:
    """What the program had read before a person decided otherwise: with the notes that it quotes, worth keeping."""
    words = str(clause.reading.get("words", ""))
    if words.startswith("经审核"):
        words = words.partition(_EARLIER)[2]
    return f"{_EARLIER}{words}" if words else ""


def _split(text: str, pattern: str) -> list[str] | None:
    """The words of a cell; ``None`` where it is empty, which keeps the proposal; none at all for 不限."""
    if not text:
        return None
    return [] if text == _ANY else [word for word in re.split(pattern, text) if word]


def _only_industry(condition: Condition) -> bool:
    """Whether a condition asks only for natures and industry codes, so that both columns say all of it."""
    match condition:
        case All(parts) | AnyOf(parts):
            return all(_only_industry(part) for part in parts)
        case Attribute(name, _, _, _):
            return name in ("nature", "industry_code", "adds_capacity")
        case Always():
            return True
        case _:
            return False

"""What a workspace keeps beside the register and people hand in as tables: which bank was surveyed when, and the targets.

First shown, then kept, and taken back with everything else by ``bulk.undo``. A row that cannot be taken is named, and nothing is guessed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.schema import plain, plain_header
from layers.tables import read_table
from layers.values import Unreadable, as_text, day, is_missing, number
from sanxian.i18n import N_, _
from sanxian.outlets import bulk
from sanxian.outlets.banks import Bank, Survey, concerned, line_words, stretches, unsettled
from sanxian.outlets.coverage import ALL, INDICATORS
from sanxian.outlets.errors import OutletError, RowProblem

if TYPE_CHECKING:
    from layers.workspace import Workspace

SURVEYS, TARGETS = "outlet_surveys", "outlet_targets"
_SURVEY_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "river": ("河流", "河流名称", "所属河流", "river"), "side": ("岸别", "左右岸", "side"), "bank": ("岸线", "岸线名称", "bank"),
    "from_m": ("起点桩号", "起点", "起始桩号", "from_m"), "to_m": ("终点桩号", "终点", "终止桩号", "to_m"),
    "on": ("排查日期", "排查时间", "日期", "on"), "method": ("排查方式", "方式", "method"),
}  # fmt: skip
_TARGET_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "indicator": ("指标", "indicator"), "value": ("目标", "目标值", "value"), "due": ("期限", "完成时限", "目标日期", "due"),
    "group": ("分组", "河流", "河段", "区县", "group"), "source": ("依据", "来源", "source"),
}  # fmt: skip
PROBLEMS: Mapping[str, str] = {
    "no-bank": N_("第 {row} 行：岸线图层中没有“{what}”"),
    "unreadable": N_("第 {row} 行：“{field}”的“{value}”不能识别"),
    "refused": N_("第 {row} 行：{reason}"),
    "beyond": N_("第 {row} 行：桩号 {from_m:.0f}–{to_m:.0f} 米超出岸线“{bank}”（长 {length_m:.0f} 米）；超出的部分没有计入"),
    "several-lines": N_("第 {row} 行：桩号从哪条岸线起算没有写明，可属 {lines}，没有计入；请在“岸线”列写明其名称或编码"),
    "to-come": N_("第 {row} 行：排查日期 {on} 晚于今天 {today}"),
    "no-indicator": N_("第 {row} 行：没有指标“{value}”；可用：{known}"),
    "share": N_("第 {row} 行：目标“{value}”不是 0 到 100% 之间的比例"),
}


class Problem(RowProblem):
    """Why a row is not taken, or taken in part: a key of ``PROBLEMS`` and what varies in its sentence."""

    SENTENCES = PROBLEMS


@dataclass(frozen=True, slots=True)
class Preview:
    """What a table would bring.

    Attributes:
        state: The key under which the workspace keeps it.
        kept: Everything that would be kept then.
        added: How many of these are new.
        before_m, after_m: Metres of bank surveyed without and with it; ``None`` for targets.
    """

    state: str
    kept: tuple[Mapping[str, Any], ...]
    added: int
    problems: tuple[Problem, ...]
    before_m: float | None = None
    after_m: float | None = None


def _rows(path: Path, columns: Mapping[str, Sequence[str]], needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    table = read_table(path)
    known = {plain_header(word): name for name, words in columns.items() for word in words}
    found = {header: known[plain_header(header)] for header in table.headers if plain_header(header) in known}
    for name in needed:
        if name not in found.values():
            raise OutletError("表中缺少“{what}”列", what=columns[name][0])
    rows = []
    for number_, row in zip(table.row_numbers, table.rows, strict=True):
        cells = {name: str(as_text(row[header])) for header, name in found.items() if not is_missing(row.get(header))}
        if cells:
            rows.append((number_, cells))
    return rows


def preview_surveys(path: Path, banks: Sequence[Bank], kept: Sequence[Mapping[str, Any]], *, on: date) -> Preview:
    """Stretches of bank that a table says were surveyed: river, side, chainages, day.

    A chainage of a river and side with several lines is taken only where the row says which line it runs along.

    Args:
        banks: Each bank once.
        kept: The log so far; a stretch that it has already is not added again.
        on: Today: a survey cannot lie after it.

    Raises:
        LayerError: It cannot be read as a table.
        OutletError: It has no column of rivers and none of banks.
    """
    rows = _rows(path, _SURVEY_COLUMNS, ())
    if rows and not any({"river", "bank"} & set(cells) for _number, cells in rows):
        raise OutletError("表中缺少“{what}”列", what=_SURVEY_COLUMNS["river"][0])
    problems: list[Problem] = []
    entries = list(kept)
    for row, cells in rows:
        entry: dict[str, Any] = dict.fromkeys(("river", "side", "bank", "from_m", "to_m", "on")) | {"method": ""}
        entry |= {name: cells[name] for name in ("river", "side", "bank", "method") if name in cells}
        wrong = None
        for name, read in (("from_m", _chainage), ("to_m", _chainage), ("on", day)):
            if name in cells:
                try:
                    entry[name] = read(cells[name])
                except Unreadable:
                    wrong = Problem("unreadable", {"row": row, "field": _SURVEY_COLUMNS[name][0], "value": cells[name]})
        if wrong is not None:
            problems.append(wrong)
            continue
        try:
            survey = Survey.from_dict(entry)
        except OutletError as error:
            problems.append(Problem("refused", {"row": row, "reason": _(error.template).format(**error.params)}))
            continue
        entry["side"] = survey.side
        if survey.on is not None and survey.on > on:
            problems.append(Problem("to-come", {"row": row, "on": survey.on, "today": on}))
            continue
        mine = concerned(survey, banks)
        if not mine:
            what = cells.get("bank") or f"{cells.get('river', '')} {cells.get('side', '')}".strip()
            problems.append(Problem("no-bank", {"row": row, "what": what}))
            continue
        several = unsettled(survey, mine)
        if not several and (survey.from_m or survey.to_m is not None) and "side" not in cells and len(mine) > 1:
            several = mine  # an empty cell does not say that both sides were walked over the same chainages
        if several:
            problems.append(Problem("several-lines", {"row": row, "lines": line_words(several)}))
            continue
        for bank in mine:
            if max(survey.from_m or 0.0, survey.to_m or 0.0) > bank.length_m + 1.0:
                end = bank.length_m if survey.to_m is None else survey.to_m
                params = {"row": row, "from_m": survey.from_m or 0.0, "to_m": end, "bank": bank.name, "length_m": bank.length_m}
                problems.append(Problem("beyond", params))
        if entry not in entries:
            entries.append(entry)

    def metres(log: Sequence[Mapping[str, Any]]) -> float:
        return sum(piece.length_m for piece in stretches(banks, [Survey.from_dict(item) for item in log], on=on) if piece.surveyed)

    return Preview(SURVEYS, tuple(entries), len(entries) - len(kept), tuple(problems), metres(kept), metres(entries))


def _chainage(text: str) -> float:
    """Metres: ``1200``, ``K1+200`` and ``1+200``."""
    word = unicodedata.normalize("NFKC", text).strip().upper().lstrip("K").rstrip("M米")
    if "+" in word:
        kilometres, _plus, metres = word.partition("+")
        return number(kilometres) * 1000 + number(metres)
    return number(word)


def preview_targets(path: Path) -> Preview:
    """Targets of a table; they take the place of those that the workspace has.

    Raises:
        LayerError: It cannot be read as a table.
        OutletError: A column is lacking.
    """
    names = {plain(word): name for name, (title, _rule) in INDICATORS.items() for word in (name, title, _(title))}
    problems: list[Problem] = []
    found: list[dict[str, Any]] = []
    for row, cells in _rows(path, _TARGET_COLUMNS, ("indicator", "value", "due")):
        name = names.get(plain(cells.get("indicator", "")))
        if name is None:
            known = "、".join(_(title) for title, _rule in INDICATORS.values())
            problems.append(Problem("no-indicator", {"row": row, "value": cells.get("indicator", ""), "known": known}))
            continue
        share = _share(cells.get("value", ""))
        if share is None:
            problems.append(Problem("share", {"row": row, "value": cells.get("value", "")}))
            continue
        try:
            due = day(cells.get("due", ""))
        except Unreadable:
            problems.append(Problem("unreadable", {"row": row, "field": _TARGET_COLUMNS["due"][0], "value": cells.get("due", "")}))
            continue
        group = cells.get("group", ALL)
        group = ALL if group == "全部" else group
        found.append({"indicator": name, "value": share, "due": due, "group": group, "source": cells.get("source", "")})
    return Preview(TARGETS, tuple(found), len(found), tuple(problems))


def _share(text: str) -> float | None:
    word = unicodedata.normalize("NFKC", text).strip()
    try:
        value = number(word.removesuffix("%"))
    except Unreadable:
        return None
    value = value / 100 if word.endswith("%") or value > 1 else value
    return round(value, 6) if 0 <= value <= 1 else None


def keep(workspace: Workspace, shown: Preview, *, on: date, title: str) -> None:
    """Keep what a preview showed; ``bulk.undo`` takes it back.

    Raises:
        WorkspaceError: The workspace cannot be written.
    """
    bulk.commit(workspace, [], on=on, title=title, values={shown.state: [dict(item) for item in shown.kept] or None})

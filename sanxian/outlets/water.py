"""Water quality at outlets and river sections: results as a laboratory writes them, limits with their source, and what follows.

A result below the limit of detection is known to be less than that and nothing more: it meets a limit that is not lower, and leaves
open one that is. A missing result stays missing, and a class says how many of the items it rests on. A stretch of river takes the
quality of the section at its lower end; where there is none, or its results are old, nobody knows.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.schema import plain, plain_header
from layers.tables import read_table
from layers.values import Unreadable, day, is_missing
from sanxian.i18n import N_, _, pick
from sanxian.outlets import codes
from sanxian.outlets.banks import Bank
from sanxian.outlets.chain import Axis, axes_of
from sanxian.outlets.errors import OutletError, RowProblem
from sanxian.outlets.findings import Finding
from sanxian.outlets.match import likeness
from sanxian.outlets.register import Outlet
from spatial.crs import CGCS2000, transform

if TYPE_CHECKING:
    from layers.workspace import Workspace

STATE = "water_results"
STALE_DAYS = 366  # an older result does not speak of today
CLASSES = ("Ⅰ类", "Ⅱ类", "Ⅲ类", "Ⅳ类", "Ⅴ类", "劣Ⅴ类")
_BAD = len(CLASSES)  # worse than class V
_POINT = (
    "点位",
    "点位编码",
    "点位名称",
    "排污口编码",
    "入河排污口编码",
    "排污口名称",
    "排污口",
    "断面",
    "断面编码",
    "断面名称",
    "监测点位",
    "采样点",
    "采样点位",
    "国家编码",
    "编码",
    "名称",
    "point",
    "code",
    "name",
)
_ON = ("采样日期", "采样时间", "监测日期", "监测时间", "日期", "时间", "on", "date")
_ITEM = ("项目", "监测项目", "指标", "监测指标", "监测因子", "因子", "污染物", "item")
_VALUE = ("结果", "监测结果", "监测值", "测定值", "浓度", "检测结果", "数值", "value")
_UNIT = ("单位", "unit")
_LIMIT = ("限值", "标准限值", "排放限值", "许可限值", "许可排放浓度", "limit")
_STANDARD = ("执行标准", "排放标准", "评价标准", "标准", "standard")
_NOT_DETECTED = re.compile(
    r"^(ND|N\.D\.?|未检出|低于检出限|<DL|<检出限)\s*[(:：]?\s*([<≤]?\s*[\d.]+(?:E-?\d+)?)?\s*L?\)?$", re.IGNORECASE
)
_BELOW = re.compile(r"^(?:[<≤]\s*([\d.]+(?:E-?\d+)?)|([\d.]+(?:E-?\d+)?)\s*\(?L\)?)$", re.IGNORECASE)
_EMPTY = {"", "/", "-", "--", "—", "——", "NULL", "NAN", "无", "未测", "未监测", "未采样", "缺测", "*"}
_UNITS = {"MG/L": 1.0, "毫克/升": 1.0, "UG/L": 1e-3, "ΜG/L": 1e-3, "微克/升": 1e-3, "NG/L": 1e-6, "G/L": 1e3}
_IN_HEADER = re.compile(r"^(.*?)\s*[(\[]\s*([^()\[\]]+)\s*[)\]]$")

PROBLEMS: Mapping[str, str] = {
    "no-point": N_("第 {row} 行没有点位，不知道是哪里的水"),
    "not-found": N_("第 {row} 行：“{point}”不是台账中的排污口，也不是断面；相近的有：{near}"),
    "ambiguous": N_("第 {row} 行：“{point}”有 {count} 个，不知道是哪一个"),
    "no-date": N_("第 {row} 行没有可读的采样日期（“{value}”）"),
    "unknown-item": N_("第 {row} 行：不认识的监测项目“{item}”"),
    "unreadable": N_("第 {row} 行：{item} 的“{value}”不能识别"),
    "unit": N_("第 {row} 行：{item} 的单位“{unit}”不能换算，未读入"),
    "unknown-column": N_("“{column}”列不是监测项目，未读入"),
    "limit": N_("第 {row} 行：{item} 的限值“{value}”不能识别，按没有限值处理"),
    "contradicts": N_("第 {row} 行：{point} {day} 的 {item} 已有另一个结果 {old}，两个都保留，评价取较差者"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is measured.

    Attributes:
        surface: Takes part in the class of a river section.
        multiple: Whether a multiple of the limit means anything for it.
        falling: Less is worse.
    """

    name: str
    title: Mapping[str, str]
    unit: str
    aliases: tuple[str, ...]
    surface: bool
    multiple: bool
    falling: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A number as a laboratory writes it.

    Attributes:
        value: The number; where ``below``, the limit of detection; ``None`` where that was not written.
        below: Less than that was found.
    """

    value: float | None
    below: bool = False

    def words(self) -> str:
        """As it is shown."""
        if self.value is None:
            return _("未检出（检出限未注明）")
        return f"<{self.value:g}" if self.below else f"{self.value:g}"


@dataclass(frozen=True, slots=True)
class Result:
    """One item of one sample.

    Attributes:
        point: ``outlet:`` and its id, or ``section:`` and its code.
        on: The day of the sample; ``None`` only for what the register keeps without one.
        reading: In the item's own unit.
        limit: What the permit or standard allows, as the table gives it: (low, high), either may be ``None``.
        standard: What the table calls it.
    """

    point: str
    name: str
    on: date | None
    item: str
    reading: Reading
    limit: tuple[float | None, float | None] | None = None
    standard: str = ""
    source: str = ""

    def to_json(self) -> list[Any]:
        """As the workspace keeps it."""
        return [
            self.point,
            self.name,
            self.on.isoformat() if self.on else None,
            self.item,
            self.reading.value,
            self.reading.below,
            list(self.limit) if self.limit else None,
            self.standard,
            self.source,
        ]

    @classmethod
    def from_json(cls, data: Sequence[Any]) -> Result:
        """What ``to_json`` gave.

        Raises:
            OutletError: It is something else.
        """
        try:
            point, name, on, item, value, below, limit, standard, source = data
            return cls(
                point,
                name,
                date.fromisoformat(on) if on else None,
                item,
                Reading(value, bool(below)),
                (limit[0], limit[1]) if limit else None,
                standard,
                source,
            )
        except (TypeError, ValueError, IndexError) as error:
            raise OutletError("工作区中的监测结果已损坏：{reason}", reason=str(error)) from error


class Problem(RowProblem):
    """Why a cell or a row was not taken, or should be looked at: a key of ``PROBLEMS`` and what varies."""

    SENTENCES = PROBLEMS


@dataclass(frozen=True, slots=True)
class Import:
    """What a table of results would bring; nothing was kept yet."""

    results: tuple[Result, ...]
    problems: tuple[Problem, ...]
    rows: int
    missing: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A river section as assessments need it."""

    key: str
    name: str
    river: str
    target: int | None
    lonlat: tuple[float, float] | None
    lake: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """One item held against a limit.

    Attributes:
        state: ``meets``, ``exceeds`` or ``unknown``.
        why: For ``unknown``: ``no-limit``, ``detection`` (the limit of detection lies above the limit), ``temperature`` (which decides
            between two limits) or ``reference`` (takes no part in the class).
        multiple: By how many times the limit is exceeded beyond itself (0.5: one and a half times the limit).
        verified: Whether the limit's source may be leaned on.
        classes: Best and worst class for a section, from 0; ``None`` for an outlet.
    """

    result: Result
    state: str
    limit: tuple[float | None, float | None] | None = None
    standard: str = ""
    multiple: float | None = None
    why: str = ""
    verified: bool = True
    classes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The class of a section on a day, or how an outlet's sample stands.

    Attributes:
        water_class: From 0 (class I) to 5 (worse than V); ``None`` for outlets and where nothing was measured.
        best: The class where results below detection are as good as can be.
        meets: Against the target; ``None`` where that is not known.
        worst: Items that give the class.
        measured: How many of the items of the class were measured, of ``wanted``.
    """

    point: str
    name: str
    on: date | None
    items: tuple[Judged, ...]
    water_class: int | None = None
    best: int | None = None
    target: int | None = None
    meets: bool | None = None
    worst: tuple[str, ...] = ()
    measured: int = 0
    wanted: int = 0

    @property
    def exceeding(self) -> tuple[Judged, ...]:
        """Items beyond their limit."""
        return tuple(item for item in self.items if item.state == "exceeds")

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "point": self.point,
            "name": self.name,
            "on": self.on.isoformat() if self.on else None,
            "class": None if self.water_class is None else CLASSES[self.water_class],
            "class_at_best": None if self.best is None else CLASSES[self.best],
            "target": None if self.target is None else CLASSES[self.target],
            "meets": self.meets,
            "worst": [item_words(name) for name in self.worst],
            "measured": self.measured,
            "wanted": self.wanted,
            "items": [
                {
                    "item": judged.result.item,
                    "title": item_words(judged.result.item),
                    "value": judged.result.reading.value,
                    "below_detection": judged.result.reading.below,
                    "unit": items()[judged.result.item].unit,
                    "state": judged.state,
                    "limit": list(judged.limit) if judged.limit else None,
                    "standard": judged.standard,
                    "multiple": None if judged.multiple is None else round(judged.multiple, 3),
                    "why": judged.why,
                    "verified": judged.verified,
                    "class": None if judged.classes is None else CLASSES[judged.classes[1]],
                }
                for judged in self.items
            ],
        }


@dataclass(frozen=True, slots=True)
class Reach:
    """River between two sections, or from where its bank line begins to the first one, or below the last.

    Attributes:
        state: ``exceeds``, ``meets`` or ``unknown``: that of the section at its lower end.
        why: For ``unknown``: ``no-section``, ``no-results``, ``stale`` or ``open`` (results that leave it open).
        lonlat: The line in EPSG:4490.
    """

    river: str
    upper: str
    lower: str
    from_m: float
    to_m: float
    state: str
    why: str
    assessment: Assessment | None
    lonlat: Any

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "river": self.river,
            "upper": self.upper or None,
            "lower": self.lower or None,
            "from_m": round(self.from_m, 1),
            "to_m": round(self.to_m, 1),
            "length_m": round(self.to_m - self.from_m, 1),
            "state": self.state,
            "why": self.why,
            "on": self.assessment.on.isoformat() if self.assessment and self.assessment.on else None,
            "class": CLASSES[self.assessment.water_class]
            if self.assessment and self.assessment.water_class is not None
            else None,
            "target": CLASSES[self.assessment.target]
            if self.assessment and self.assessment.target is not None
            else None,
        }


# --- items and limits -----------------------------------------------------------------------------------------------


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads((files("sanxian.outlets") / "water.toml").read_text(encoding="utf-8"))


@cache
def items() -> Mapping[str, Item]:
    """Everything that can be measured, by name."""
    return {
        entry["name"]: Item(
            entry["name"],
            {"zh": entry["zh"], "en": entry["en"]},
            entry["unit"],
            tuple(entry["aliases"]),
            entry["surface"],
            entry.get("multiple", True),
            entry.get("falling", False),
        )
        for entry in _file()["item"]
    }


def item_words(name: str) -> str:
    """What an item is called."""
    return pick(items()[name].title) if name in items() else name


@cache
def _by_word() -> Mapping[str, str]:
    return {
        _bare(word): item.name
        for item in items().values()
        for word in (item.name, item.title["zh"], item.title["en"], *item.aliases)
    }


def _bare(word: str) -> str:
    """A word as items are compared: without brackets, width, case, or how the sub-script was typed."""
    return re.sub(r"[\s_\-]+", "", unicodedata.normalize("NFKC", word)).upper()


def item_of(word: str) -> tuple[str, str] | None:
    """The item that a header or a cell means, and the unit that stands with it in brackets (empty for none)."""
    text = unicodedata.normalize("NFKC", word).strip()
    for candidate, unit in ((text, ""), *((m[1], m[2]) for m in [_IN_HEADER.match(text)] if m)):
        found = _by_word().get(_bare(candidate))
        if found is not None:
            return found, unit if _unit_factor(unit, items()[found].unit) is not None else ""
    return None


def _unit_factor(unit: str, own: str) -> float | None:
    """What to multiply by to come to the item's own unit; ``None`` where the two have nothing to do with each other."""
    word = _bare(unit).replace("·", "").replace("Μ", "U").replace("µ".upper(), "U")
    if not word or word in ("无量纲", "无", "/"):
        return 1.0
    if own == "mg/L":
        return _UNITS.get(word)
    same = {"个/L": ("个/L", "MPN/L", "CFU/L"), "m3/d": ("M3/D", "M³/D", "吨/日", "T/D", "吨/天"), "": ("无量纲",)}
    return 1.0 if word in {_bare(known) for known in same.get(own, (own,))} else None


def parse_reading(cell: str | None) -> Reading | None:
    """A result as it stands in a table; ``None`` where there is none.

    Raises:
        Unreadable: Something stands there that is no result.
    """
    if cell is None:
        return None
    text = unicodedata.normalize("NFKC", str(cell)).strip().replace(" ", "").replace("＜", "<").replace("〈", "<")
    if text.upper() in _EMPTY:
        return None
    if found := _NOT_DETECTED.match(text):
        return Reading(float(found[2].lstrip("<≤")) if found[2] else None, below=True)
    if found := _BELOW.match(text):
        return Reading(float(found[1] or found[2]), below=True)
    try:
        value = float(text.replace(",", "").replace("×10^", "E").replace("X10^", "E"))
    except ValueError as error:
        raise Unreadable(str(cell)) from error
    if value < 0 or value != value or value in (float("inf"),):
        raise Unreadable(str(cell))
    return Reading(value)


def parse_limit(cell: str | None) -> tuple[float | None, float | None] | None:
    """A limit: a number (at most), ``≥5`` (at least), or ``6-9`` (between).

    Raises:
        Unreadable: It is no limit.
    """
    if cell is None:
        return None
    text = unicodedata.normalize("NFKC", str(cell)).strip().replace(" ", "")
    if text.upper() in _EMPTY:
        return None
    if found := re.match(r"^([\d.]+)[-~—–～至]([\d.]+)$", text):
        low, high = float(found[1]), float(found[2])
        if low <= high:
            return low, high
    elif found := re.match(r"^(>=|≥|>|不低于)([\d.]+)$", text):
        return float(found[2]), None
    elif found := re.match(r"^(<=|≤|<|不高于)?([\d.]+)$", text):
        return None, float(found[2])
    raise Unreadable(str(cell))


def class_of(text: str | None) -> int | None:
    """The class that a target names, from 0 for class I; ``None`` where it names none."""
    if not text:
        return None
    word = unicodedata.normalize("NFKC", str(text)).upper().replace("类", "").replace("水质", "").strip()
    found = {
        "I": 0,
        "II": 1,
        "III": 2,
        "IV": 3,
        "V": 4,
        "一": 0,
        "二": 1,
        "三": 2,
        "四": 3,
        "五": 4,
        "1": 0,
        "2": 1,
        "3": 2,
        "4": 3,
        "5": 4,
    }
    return found.get(word)


# --- import ---------------------------------------------------------------------------------------------------------


class Points:
    """Which outlet or section a table means."""

    def __init__(self, outlets: Sequence[Outlet], sections: Sequence[Section]) -> None:
        self._found: dict[str, list[tuple[str, str]]] = {}
        self._names: list[str] = []
        for outlet in outlets:
            words = {outlet.get(key) for key in ("code", "province_code", "local_code", "name")} | {outlet.id}
            self._put((f"outlet:{outlet.id}", outlet.name), words)
        for section in sections:
            self._put((f"section:{section.key}", section.name), {section.key, section.name})

    def _put(self, point: tuple[str, str], words: Iterable[str | None]) -> None:
        self._names.append(point[1])
        for key in {codes.same_code(plain(word)) for word in words if word}:
            if key and point not in self._found.setdefault(key, []):
                self._found[key].append(point)

    def find(self, word: str) -> list[tuple[str, str]]:
        """Points called that, by code or name."""
        return self._found.get(codes.same_code(plain(word)) or "", [])

    def near(self, word: str) -> list[str]:
        """Names that are like it, for a person to choose from."""
        ranked = sorted(
            ((likeness(word, name), name) for name in dict.fromkeys(self._names)), key=lambda pair: (-pair[0], pair[1])
        )
        return [name for alike, name in ranked[:3] if alike >= 0.5]


def preview_file(
    path: Path,
    outlets: Sequence[Outlet],
    sections: Sequence[Section],
    *,
    known: Sequence[Result] = (),
    sheet: str | None = None,
) -> Import:
    """Read a table of results without keeping anything.

    Raises:
        LayerError: It cannot be read as a table.
        OutletError: It has no column of points or no column of days.
    """
    table = read_table(path, sheet=sheet)
    return preview(table.rows, outlets, sections, row_numbers=table.row_numbers, known=known, source=path.name)


def preview(
    rows: Sequence[Mapping[str, Any]],
    outlets: Sequence[Outlet],
    sections: Sequence[Section],
    *,
    row_numbers: Sequence[int] | None = None,
    known: Sequence[Result] = (),
    source: str = "",
) -> Import:
    """Read rows, one result each (项目, 结果) or one sample each (a column for each item).

    Args:
        known: Results that are kept already: the same result again is counted and not brought twice.
    """
    headers = list(rows[0]) if rows else []
    point_at, on_at = _columns(headers, _POINT), _columns(headers, _ON)
    if rows and not point_at:
        raise OutletError("监测表没有点位列（如 排污口编码、断面名称）")
    if rows and not on_at:
        raise OutletError("监测表没有采样日期列")
    item_at, value_at = _columns(headers, _ITEM), _columns(headers, _VALUE)
    points = Points(outlets, sections)
    long = bool(item_at and value_at)
    problems: list[Problem] = []
    wide = {} if long else _wide(headers, {*point_at, *on_at}, problems)
    if rows and not long and not wide["items"]:
        raise OutletError("监测表既没有“项目、结果”两列，也没有任何监测项目的列")
    have: dict[tuple[str, date | None, str], list[Reading]] = {}
    for result in known:
        have.setdefault((result.point, result.on, result.item), []).append(result.reading)
    found: list[Result] = []
    missing = again = 0
    for row, number in zip(rows, row_numbers or range(1, len(rows) + 1), strict=True):
        if all(is_missing(cell) for cell in row.values()):
            continue
        point = _point(row, point_at, points, number, problems)
        on = _on(row, on_at, number, problems)
        if point is None or on is None:
            continue
        cells = (
            _long_cell(row, item_at, value_at, number, problems)
            if long
            else [
                (item, unit, row.get(header), wide["limits"].get(item))
                for header, (item, unit) in wide["items"].items()
            ]
        )
        standard = next(
            (str(row[name]).strip() for name in _columns(headers, _STANDARD) if not is_missing(row.get(name))), ""
        )
        for item, unit, cell, limit_header in cells:
            if long:
                unit = unit or next(
                    (str(row[name]) for name in _columns(headers, _UNIT) if not is_missing(row.get(name))), ""
                )
            result = _result(point, on, item, unit, cell, number, problems)
            if result is None:
                missing += 1
                continue
            headers_of_limit = _columns(headers, _LIMIT) if long else [limit_header] if limit_header else []
            result = replace(
                result,
                limit=_limit(row, headers_of_limit, item, unit, number, problems),
                standard=standard,
                source=source,
            )
            mine = have.setdefault((result.point, on, item), [])
            if result.reading in mine:
                again += 1
                continue
            if mine:
                problems.append(
                    Problem(
                        "contradicts",
                        {
                            "row": number,
                            "point": result.name,
                            "day": on,
                            "item": item_words(item),
                            "old": mine[0].words(),
                        },
                    )
                )
            mine.append(result.reading)
            found.append(result)
    return Import(tuple(found), tuple(problems), len(rows), missing, again)


def _columns(headers: Sequence[str], words: Sequence[str]) -> list[str]:
    wanted = {plain_header(word): place for place, word in enumerate(words)}
    hits = [(wanted[plain_header(header)], header) for header in headers if plain_header(header) in wanted]
    return [header for _place, header in sorted(hits)]


def _wide(headers: Sequence[str], taken: set[str], problems: list[Problem]) -> dict[str, Any]:
    found: dict[str, Any] = {"items": {}, "limits": {}}
    spare = {plain_header(word) for words in (_STANDARD, _UNIT, _LIMIT) for word in words}
    for header in headers:
        if header in taken or plain_header(header) in spare:
            continue
        text = unicodedata.normalize("NFKC", str(header))
        if re.search(r"(标准|排放|许可)?限值", text):
            item = item_of(re.sub(r"(标准|排放|许可)?限值", "", text))
            if item is not None:
                found["limits"].setdefault(item[0], header)
                continue
        item = item_of(text)
        if item is None:
            problems.append(Problem("unknown-column", {"column": header}))
        else:
            found["items"][header] = item
    return found


def _point(
    row: Mapping[str, Any], columns: Sequence[str], points: Points, number: int, problems: list[Problem]
) -> tuple[str, str] | None:
    words = [str(row[name]).strip() for name in columns if not is_missing(row.get(name))]
    if not words:
        problems.append(Problem("no-point", {"row": number}))
        return None
    several = 0
    for word in words:
        hits = points.find(word)
        if len(hits) == 1:
            return hits[0]
        several = max(several, len(hits))
    if several:
        problems.append(Problem("ambiguous", {"row": number, "point": words[0], "count": several}))
    else:
        near = "、".join(points.near(words[-1])) or "—"
        problems.append(Problem("not-found", {"row": number, "point": words[0], "near": near}))
    return None


def _on(row: Mapping[str, Any], columns: Sequence[str], number: int, problems: list[Problem]) -> date | None:
    text = next((str(row[name]).strip() for name in columns if not is_missing(row.get(name))), "")
    try:
        return date.fromisoformat(day(re.sub(r"(\d)\s+\d{1,2}:\d{2}.*$", r"\1", text)))
    except (Unreadable, ValueError):
        problems.append(Problem("no-date", {"row": number, "value": text}))
        return None


def _long_cell(
    row: Mapping[str, Any], item_at: Sequence[str], value_at: Sequence[str], number: int, problems: list[Problem]
) -> list[tuple[str, str, Any, str | None]]:
    word = next((str(row[name]).strip() for name in item_at if not is_missing(row.get(name))), "")
    item = item_of(word)
    if item is None:
        problems.append(Problem("unknown-item", {"row": number, "item": word}))
        return []
    return [(item[0], item[1], next((row[name] for name in value_at if not is_missing(row.get(name))), None), None)]


def _result(
    point: tuple[str, str], on: date, item: str, unit: str, cell: Any, number: int, problems: list[Problem]
) -> Result | None:
    try:
        reading = parse_reading(None if is_missing(cell) else str(cell))
    except Unreadable:
        problems.append(Problem("unreadable", {"row": number, "item": item_words(item), "value": str(cell)}))
        return None
    if reading is None:
        return None
    factor = _unit_factor(unit, items()[item].unit)
    if factor is None:
        problems.append(Problem("unit", {"row": number, "item": item_words(item), "unit": unit}))
        return None
    if reading.value is not None and factor != 1.0:
        reading = Reading(float(f"{reading.value * factor:.12g}"), reading.below)
    return Result(*point, on, item, reading)


def _limit(
    row: Mapping[str, Any], headers: Sequence[str], item: str, unit: str, number: int, problems: list[Problem]
) -> tuple[float | None, float | None] | None:
    cell = next((str(row[name]) for name in headers if not is_missing(row.get(name))), None)
    try:
        limit = parse_limit(cell)
    except Unreadable:
        problems.append(Problem("limit", {"row": number, "item": item_words(item), "value": cell}))
        return None
    factor = _unit_factor(unit, items()[item].unit)
    if limit is None or factor in (None, 1.0):
        return limit
    low, high = (None if side is None else float(f"{side * factor:.12g}") for side in limit)  # type: ignore[operator]
    return low, high


# --- kept in a workspace --------------------------------------------------------------------------------------------


def read_results(workspace: Workspace, outlets: Sequence[Outlet] = ()) -> list[Result]:
    """What the workspace keeps, and what the register's own columns say where nothing was kept of that sample."""
    batches = workspace.state(STATE, {}) or {}
    kept = [Result.from_json(item) for name in sorted(batches) for item in batches[name]]
    have = {(item.point, item.on, item.item) for item in kept}
    return kept + [
        item for outlet in outlets for item in of_register(outlet) if (item.point, item.on, item.item) not in have
    ]


def keep(workspace: Workspace, found: Import, *, on: date, title: str) -> str:
    """Keep what a preview found; ``bulk.undo`` takes it back.

    Args:
        on: The day of the import.
        title: Name of the table.

    Returns:
        What the batch is called.

    Raises:
        WorkspaceError: The workspace cannot be written.
    """
    from sanxian.outlets import bulk

    taken = set(workspace.state(STATE, {}) or {})
    number = 1
    while (name := f"{on.isoformat()} {title} #{number}") in taken:
        number += 1
    bulk.commit(workspace, [], on=on, title=title, states={STATE: {name: [item.to_json() for item in found.results]}})
    return name


def of_register(outlet: Outlet) -> list[Result]:
    """The sample that the register itself keeps of an outlet, with the limits in its columns where it has any."""
    found = []
    for name, item in items().items():
        value = outlet.get(name)
        if value is None or isinstance(value, bool):
            continue
        try:
            reading = Reading(float(value)) if isinstance(value, int | float) else parse_reading(value)
        except Unreadable:
            continue
        if reading is None:
            continue
        limit = None
        for header, cell in outlet.extra.items():
            text = unicodedata.normalize("NFKC", str(header))
            if re.search(r"限值|limit", text, re.IGNORECASE):
                known = item_of(re.sub(r"(标准|排放|许可)?限值|_?limit", "", text, flags=re.IGNORECASE))
                if known and known[0] == item.name:
                    try:
                        limit = parse_limit(str(cell))
                    except Unreadable:
                        limit = None
        found.append(
            Result(
                f"outlet:{outlet.id}",
                outlet.name,
                outlet.day("monitored_on"),
                name,
                reading,
                limit,
                outlet.get("standard") or "",
                _("台账"),
            )
        )
    return found


def read_sections(workspace: Workspace) -> list[Section]:
    """The sections of a workspace, with their targets."""
    from sanxian.outlets.chain import _rows

    found = []
    for row in _rows(workspace, "monitoring_section"):
        middle = row.shape.representative_point() if row.shape is not None and not row.shape.is_empty else None
        target = row.values.get("target")
        lake = "湖" in str(row.values.get("river") or "") or str(row.values.get("kind") or "") in (
            "湖泊",
            "湖库",
            "水库",
        )
        found.append(
            Section(
                row.key,
                row.name,
                str(row.values.get("river") or ""),
                class_of(target),
                (middle.x, middle.y) if middle is not None else None,
                lake,
            )
        )
    return found


# --- assessment -----------------------------------------------------------------------------------------------------


def assess_section(section: Section, sample: Sequence[Result], *, on: date | None = None) -> Assessment:
    """The class of one sample, by its worst item, and whether it meets the section's target.

    Args:
        sample: Results of one section and one day; of two results for one item the worse counts.
    """
    surface = _file()["surface"]
    judged = []
    for name, results in _by_item(sample).items():
        span = max(
            (_classes(name, result.reading, surface, section.lake) for result in results),
            key=lambda span: (span[1], span[0]),
        )
        result = next(r for r in results if _classes(name, r.reading, surface, section.lake) == span)
        judged.append(_against_target(section, result, span, surface))
    part = [item for item in judged if _takes_part(item.result.item, section.lake) and item.classes is not None]
    wanted = sum(_takes_part(name, section.lake) for name in items())
    if not part:
        return Assessment(
            f"section:{section.key}", section.name, on, tuple(judged), target=section.target, wanted=wanted
        )
    worst = max(item.classes[1] for item in part if item.classes)
    best = max(item.classes[0] for item in part if item.classes)
    meets = None
    if section.target is not None:
        meets = True if worst <= section.target else False if best > section.target else None
    names = tuple(item.result.item for item in part if item.classes and item.classes[1] == worst) if worst > 0 else ()
    return Assessment(
        f"section:{section.key}",
        section.name,
        on,
        tuple(judged),
        worst,
        best,
        section.target,
        meets,
        names,
        len(part),
        wanted,
    )


def _takes_part(name: str, lake: bool) -> bool:
    return items()[name].surface or (lake and name == "tn")


def _by_item(sample: Sequence[Result]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    for name in items():
        mine = [result for result in sample if result.item == name]
        if mine:
            found[name] = mine
    return found


def _surface_limits(name: str, surface: Mapping[str, Any], lake: bool) -> Sequence[float] | None:
    if lake and name in surface["lake"]:
        return surface["lake"][name]
    return surface["limits"].get(name)


def _classes(name: str, reading: Reading, surface: Mapping[str, Any], lake: bool) -> tuple[int, int]:
    """Best and worst class that a reading can mean."""
    if name in surface["range"]:
        low, high = surface["range"][name]
        if reading.value is None or reading.below:
            return 0, _BAD - 1
        return (0, 0) if low <= reading.value <= high else (_BAD - 1, _BAD - 1)
    limits = _surface_limits(name, surface, lake)
    if limits is None:
        return 0, 0
    falling = items()[name].falling
    if reading.value is None:
        return 0, _BAD - 1

    def place(value: float) -> int:
        return next((n for n, limit in enumerate(limits) if (value >= limit if falling else value <= limit)), _BAD - 1)

    if not reading.below:
        return place(reading.value), place(reading.value)
    return (place(reading.value), _BAD - 1) if falling else (0, place(reading.value))


def _against_target(section: Section, result: Result, span: tuple[int, int], surface: Mapping[str, Any]) -> Judged:
    name, target = result.item, section.target
    known = name in surface["range"] or _surface_limits(name, surface, section.lake) is not None
    if not known:
        return Judged(result, "unknown", why="no-limit")
    if target is None:
        return Judged(result, "unknown", why="no-limit", standard=surface["standard"], classes=span)
    limits = _surface_limits(name, surface, section.lake)
    limit: tuple[float | None, float | None]
    if name in surface["range"]:
        limit = (surface["range"][name][0], surface["range"][name][1])
    elif items()[name].falling:
        limit = (float(limits[target]), None)  # type: ignore[index]
    else:
        limit = (None, float(limits[target]))  # type: ignore[index]
    state, multiple, why = _hold(result, limit)
    if not _takes_part(name, section.lake):  # shown beside the class, never part of it
        state, multiple, why = "unknown", None, "reference"
    return Judged(result, state, limit, f"{surface['standard']} {CLASSES[target]}", multiple, why, True, span)


def _hold(result: Result, limit: tuple[float | None, float | None]) -> tuple[str, float | None, str]:
    """State, multiple and reason of a reading under a limit; what is just at the limit meets it."""
    low, high = limit
    value, below = result.reading.value, result.reading.below
    if value is None or (below and (low is not None or (high is not None and value > high))):
        return "unknown", None, "detection"
    if below:
        return "meets", None, ""
    if high is not None and value > high:
        return "exceeds", value / high - 1 if items()[result.item].multiple and high > 0 else None, ""
    if low is not None and value < low:
        return "exceeds", None, ""
    return "meets", None, ""


def assess_outlet(outlet: Outlet | None, sample: Sequence[Result], *, on: date | None = None) -> Assessment:
    """An outlet's sample against its own limits: those of the table, else of the standard that the table or the register names."""
    judged = []
    for results in _by_item(sample).values():
        answers = [_against_own(outlet, result) for result in results]
        order = {"exceeds": 2, "unknown": 1, "meets": 0}
        judged.append(max(answers, key=lambda item: (order[item.state], item.multiple or 0.0)))
    limited = [item for item in judged if item.limit is not None]
    meets: bool | None = None
    if any(item.state == "exceeds" for item in judged):
        meets = False
    elif limited and all(item.state == "meets" for item in limited):
        meets = True
    point = sample[0].point if sample else f"outlet:{outlet.id if outlet else ''}"
    name = sample[0].name if sample else (outlet.name if outlet else "")
    return Assessment(point, name, on, tuple(judged), meets=meets, measured=len(limited), wanted=len(judged))


def _against_own(outlet: Outlet | None, result: Result) -> Judged:
    if result.limit is not None:
        state, multiple, why = _hold(result, result.limit)
        return Judged(result, state, result.limit, result.standard or _("表中所列限值"), multiple, why)
    names = [name for name in (result.standard, (outlet.get("standard") or "") if outlet else "") if name]
    for name in names:
        entry = _discharge(name)
        if entry is None:
            continue
        verified = entry["confidence"] == "public"
        title = pick(entry["title"])
        if result.item in entry.get("range", {}):
            low, high = entry["range"][result.item]
            limit: tuple[float | None, float | None] = (float(low), float(high))
        elif result.item in entry.get("limits", {}):
            limit = (None, float(entry["limits"][result.item]))
        elif result.item in entry.get("either", {}):
            strict, loose = entry["either"][result.item]
            under, over = _hold(result, (None, strict)), _hold(result, (None, loose))
            if over[0] == "exceeds":
                return Judged(result, "exceeds", (None, float(loose)), title, over[1], "", verified)
            if under[0] == "meets":
                return Judged(result, "meets", (None, float(strict)), title, None, "", verified)
            return Judged(result, "unknown", (None, float(strict)), title, None, "temperature", verified)
        else:
            continue
        state, multiple, why = _hold(result, limit)
        return Judged(result, state, limit, title, multiple, why, verified)
    return Judged(result, "unknown", None, "、".join(dict.fromkeys(names)), None, "no-limit")


def _discharge(name: str) -> dict[str, Any] | None:
    word = re.sub(r"[\s（(]*(GB)?", "", unicodedata.normalize("NFKC", name).upper(), count=1)
    word = re.sub(r"[\s()（）《》]", "", word)
    return next((entry for entry in _file()["discharge"] if re.search(entry["pattern"], word)), None)


@dataclass(frozen=True, slots=True)
class Quality:
    """Everything that the results say on a day.

    Attributes:
        sections: By key, oldest sample first.
        outlets: By outlet id, oldest sample first.
        reaches: Every river that has a bank line.
        warnings: Worst first.
        rules: Sentences on how it was made, to be printed with it.
    """

    on: date
    sections: Mapping[str, tuple[Assessment, ...]]
    outlets: Mapping[str, tuple[Assessment, ...]]
    reaches: tuple[Reach, ...]
    warnings: tuple[Finding, ...]
    rules: tuple[str, ...]
    results: int

    def latest(self, point: str) -> Assessment | None:
        """The last assessment of ``outlet:ID`` or ``section:KEY``."""
        kind, key = point.split(":", 1)
        found = (self.sections if kind == "section" else self.outlets).get(key)
        return found[-1] if found else None

    def to_dict(self) -> dict[str, Any]:
        """As plain values: the last assessment of each point, reaches and warnings."""
        return {
            "on": self.on.isoformat(),
            "results": self.results,
            "rules": list(self.rules),
            "sections": [found[-1].to_dict() for _key, found in sorted(self.sections.items()) if found],
            "outlets": [found[-1].to_dict() for _key, found in sorted(self.outlets.items()) if found],
            "reaches": [reach.to_dict() for reach in self.reaches],
            "warnings": [item.to_dict() for item in self.warnings],
        }


def rules_of() -> tuple[str, ...]:
    """How water is judged, in sentences to be printed with it."""
    surface = _file()["surface"]
    return (
        _("断面水质按{standard}，{method}；河流断面的水温、总氮、粪大肠菌群不参与定类，湖库的总氮参与").format(
            standard=pick(surface["title"]), method=pick(surface["method"])
        ),
        _("类别只说明所测项目；括号内是参与定类的项目中测了几项"),
        _("低于检出限的结果只知道小于检出限：检出限不高于限值的算达标，高于限值的不下结论"),
        _(
            "排污口按监测表或台账给出的限值评价；没有限值而写明 GB 18918 一级A、一级B 的，按程序所带数值，标为未核验；其余不评价"
        ),
        _("超标倍数＝监测值÷限值－1；pH、溶解氧、粪大肠菌群不计倍数"),
        _(
            "河段水质取其下游端断面最近一次结果（{days} 天以内）；最后一个断面以下、没有断面或结果过旧的河段为未知"
        ).format(days=STALE_DAYS),
    )


def assess(
    results: Sequence[Result],
    outlets: Sequence[Outlet],
    sections: Sequence[Section],
    banks: Sequence[Bank],
    *,
    on: date,
) -> Quality:
    """Judge every sample up to ``on``.

    Args:
        banks: Each bank once.
        on: The day; later results have not happened.
    """
    by_point: dict[str, dict[date | None, list[Result]]] = {}
    for result in results:
        if result.on is None or result.on <= on:
            by_point.setdefault(result.point, {}).setdefault(result.on, []).append(result)
    by_section: dict[str, tuple[Assessment, ...]] = {}
    for section in sections:
        samples = by_point.get(f"section:{section.key}", {})
        days = sorted(samples, key=lambda when: when or date.min)
        by_section[section.key] = tuple(assess_section(section, samples[when], on=when) for when in days)
    by_outlet: dict[str, tuple[Assessment, ...]] = {}
    for outlet in outlets:
        samples = by_point.get(f"outlet:{outlet.id}", {})
        days = sorted(samples, key=lambda when: when or date.min)
        if days and outlet.id not in by_outlet:
            by_outlet[outlet.id] = tuple(assess_outlet(outlet, samples[when], on=when) for when in days)
    reaches = tuple(_reaches(axes_of(banks), sections, by_section, on))
    warnings = _warnings(outlets, sections, by_section, by_outlet, on)
    return Quality(on, by_section, by_outlet, reaches, warnings, rules_of(), len(results))


def _reaches(
    axes: Mapping[str, Sequence[Axis]],
    sections: Sequence[Section],
    assessed: Mapping[str, Sequence[Assessment]],
    on: date,
) -> Iterable[Reach]:
    from sanxian.outlets.banks import river_key

    for river in sorted(axes):
        for axis in axes[river]:
            marks = []
            for section in sections:
                if section.lonlat is None or river_key(section.river) != river:
                    continue
                placed = [(other.chainage(section.lonlat)[1], n) for n, other in enumerate(axes[river])]
                if axes[river][min(placed)[1]] is axis:
                    marks.append((axis.chainage(section.lonlat)[0], section))
            marks.sort(key=lambda pair: (pair[0], pair[1].key))
            end = axis.line.length * axis.scale
            cuts = [(0.0, None), *marks, (end, None)]
            for (start, upper), (stop, lower) in zip(cuts, cuts[1:], strict=False):
                if stop - start < 1.0:
                    continue
                state, why, last = _state(lower, assessed, on)
                line = transform(_part(axis, start, stop), axis.crs, CGCS2000)
                yield Reach(
                    axis.river,
                    upper.name if upper else "",
                    lower.name if lower else "",
                    start,
                    stop,
                    state,
                    why,
                    last,
                    line,
                )


def _part(axis: Axis, start: float, stop: float) -> Any:
    from shapely.ops import substring

    return substring(axis.line, start / axis.scale, stop / axis.scale)


def _state(
    section: Section | None, assessed: Mapping[str, Sequence[Assessment]], on: date
) -> tuple[str, str, Assessment | None]:
    if section is None:
        return "unknown", "no-section", None
    found = assessed.get(section.key) or ()
    if not found:
        return "unknown", "no-results", None
    last = found[-1]
    if last.on is None or (on - last.on).days > STALE_DAYS:
        return "unknown", "stale", last
    return {True: "meets", False: "exceeds", None: "unknown"}[last.meets], "open" if last.meets is None else "", last


def _warnings(
    outlets: Sequence[Outlet],
    sections: Sequence[Section],
    by_section: Mapping[str, Sequence[Assessment]],
    by_outlet: Mapping[str, Sequence[Assessment]],
    on: date,
) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for section in sections:
        samples = by_section.get(section.key) or ()
        here = {"name": section.name}
        if not samples:
            found.append(
                Finding(
                    "section-unmeasured",
                    "info",
                    f"section:{section.key}",
                    N_("{name} 没有监测结果"),
                    here,
                    (),
                    section.lonlat,
                )
            )
            continue
        last = samples[-1]
        if last.meets is False and last.water_class is not None and last.target is not None:
            run = 0
            for sample in reversed(samples):
                if sample.meets is not False:
                    break
                run += 1
            params = {
                **here,
                "day": last.on,
                "is": CLASSES[last.best if last.best is not None else last.water_class],
                "target": CLASSES[last.target],
                "items": _exceeding_words(last),
                "run": run,
            }
            template = N_("{name} {day} 为{is}，劣于目标{target}（{items}），连续 {run} 次不达标")
            found.append(
                Finding("section-exceeds", "error", f"section:{section.key}", template, params, (), section.lonlat)
            )
        elif last.meets is None and last.target is not None:
            template = N_("{name} {day} 的结果定不了是否达标（检出限高于限值，或没有测定类项目）")
            found.append(
                Finding(
                    "section-open",
                    "warning",
                    f"section:{section.key}",
                    template,
                    {**here, "day": last.on},
                    (),
                    section.lonlat,
                )
            )
        before = samples[-2] if len(samples) > 1 else None
        if (
            before
            and last.water_class is not None
            and before.water_class is not None
            and (last.best or 0) > before.water_class
        ):
            params = {**here, "before": CLASSES[before.water_class], "now": CLASSES[last.best or 0], "day": last.on}
            found.append(
                Finding(
                    "section-worse",
                    "warning",
                    f"section:{section.key}",
                    N_("{name} {day} 由{before}降为{now}"),
                    params,
                    (),
                    section.lonlat,
                )
            )
        if last.on is not None and (on - last.on).days > STALE_DAYS:
            params = {**here, "day": last.on, "days": (on - last.on).days}
            found.append(
                Finding(
                    "section-stale",
                    "info",
                    f"section:{section.key}",
                    N_("{name} 最近一次结果是 {day}，距统计日 {days} 天"),
                    params,
                    (),
                    section.lonlat,
                )
            )
    for outlet in outlets:
        lonlat = (outlet.place.lon, outlet.place.lat) if outlet.place else None
        samples = by_outlet.get(outlet.id) or ()
        last = samples[-1] if samples else None
        here = {"name": outlet.name}
        if last is not None and last.exceeding:
            params = {**here, "day": last.on or _("日期未记录"), "items": _exceeding_words(last)}
            template = N_("{name} {day} 超标：{items}")
            if not all(item.verified for item in last.exceeding):
                template = N_("{name} {day} 超标：{items}；所用限值未核验")
            found.append(Finding("outlet-exceeds", "error", outlet.id, template, params, (), lonlat))
        if outlet.over_scale and outlet.discharging is not False and outlet.remedy not in ("close", "merge"):
            if last is None or last.on is None:
                found.append(
                    Finding(
                        "outlet-unmeasured",
                        "warning",
                        outlet.id,
                        N_("{name} 是规模以上排污口，没有有日期的监测结果"),
                        here,
                        (),
                        lonlat,
                    )
                )
            elif (on - last.on).days > STALE_DAYS:
                params = {**here, "day": last.on, "days": (on - last.on).days}
                found.append(
                    Finding(
                        "outlet-stale",
                        "warning",
                        outlet.id,
                        N_("{name} 是规模以上排污口，最近一次监测是 {day}，距统计日 {days} 天"),
                        params,
                        (),
                        lonlat,
                    )
                )
    unlimited = [
        outlet
        for outlet in outlets
        if (samples := by_outlet.get(outlet.id)) and samples[-1].items and samples[-1].measured == 0
    ]
    if unlimited:
        params = {"count": len(unlimited), "names": "、".join(item.name for item in unlimited[:3])}
        found.append(
            Finding(
                "no-limit",
                "info",
                None,
                N_("{count} 个排污口有监测结果而没有适用的限值，没有评价（如 {names}）"),
                params,
            )
        )
    order = ("error", "warning", "info")
    return tuple(
        sorted(found, key=lambda item: (order.index(item.severity), item.finding, item.outlet or "", item.message))
    )


def _exceeding_words(assessment: Assessment) -> str:
    parts = []
    for judged in assessment.exceeding:
        word = f"{item_words(judged.result.item)} {judged.result.reading.words()}"
        if judged.multiple is not None:
            word = _("{what}，超 {times:.2f} 倍").format(what=word, times=judged.multiple)
        parts.append(word)
    return "；".join(parts)


def series(results: Sequence[Result], point: str, item: str, *, on: date) -> list[tuple[date, Reading]]:
    """An item at a point through time, for a small chart; of two results of a day the higher."""
    found: dict[date, Reading] = {}
    for result in results:
        if result.point == point and result.item == item and result.on is not None and result.on <= on:
            old = found.get(result.on)
            if old is None or (result.reading.value or 0.0) > (old.value or 0.0):
                found[result.on] = result.reading
    return sorted(found.items())


def load(workspace: Workspace, *, on: date) -> Quality:
    """Everything that a workspace's results say on a day."""
    from sanxian.outlets.banks import read_banks
    from sanxian.outlets.register import read_register

    outlets = read_register(workspace)
    return assess(read_results(workspace, outlets), outlets, read_sections(workspace), read_banks(workspace), on=on)

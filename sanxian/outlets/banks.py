"""Banks of rivers as lines with chainages: where an outlet lies along them, and which stretches somebody has walked.

Chainage runs along the line as it is drawn, from its first point, in metres on the ellipsoid. A bank that is drawn several
times (levee, management line, water's edge) counts once: the water's edge where there is one, else the next in ``PREFERENCE``.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from layers.schema import plain
from layers.values import Unreadable, day
from sanxian.i18n import N_, _
from sanxian.outlets.errors import OutletError
from spatial.crs import CGCS2000, STRAIGHT_M, transform, zone_for
from spatial.measure import length_m

if TYPE_CHECKING:
    from layers.workspace import Workspace

PREFERENCE = ("water_edge", "outer", "levee", "management")
_SAME_BANK_M = 600.0  # another line of one bank runs within this; what reaches further is bank that the first one lacks
_SHORTEST_M = 300.0  # a rest shorter than this is the end of a levee that turns inland, not a bank of its own
SIDES: Mapping[str, str] = {"left": N_("左岸"), "right": N_("右岸")}
_SIDE_WORDS = {
    **dict.fromkeys(("LEFT", "左", "左岸", "左侧", "L"), "left"), **dict.fromkeys(("RIGHT", "右", "右岸", "右侧", "R"), "right"),
}  # fmt: skip
_BOTH_SIDES = {plain(word) for word in ("", "两岸", "双岸", "左右岸", "both")}
_SIDE_COLUMNS = ("side", "bank_side", "岸别", "左右岸")
_SURVEYED_COLUMNS = ("surveyed", "已排查", "是否排查", "排查情况")
_SURVEYED_ON_COLUMNS = ("surveyed_on", "排查日期", "排查时间")
_PERIOD = re.compile(r"^(\d{4})(?:[-/.年](\d{1,2})月?|年)?(?:\.0)?$")
DOUBTS: Mapping[str, str] = {
    "unreadable": N_("岸线“{bank}”的“是否已排查”写作“{value}”，不能识别，按未排查计"),
    "unreadable-date": N_("岸线“{bank}”的排查日期写作“{value}”，不能识别，按没有日期计"),
    "partial-date": N_("岸线“{bank}”的排查日期只写“{value}”，按 {on} 计"),
    "date-alone": N_("岸线“{bank}”有排查日期“{value}”，却没有写明已排查，按未排查计"),
    "future-date": N_("岸线“{bank}”的排查日期 {value} 晚于统计日，没有计入"),
    "several-lines": N_("排查记录“{what}”没有写明桩号从哪条岸线起算，可属 {lines}，没有计入；请写明岸线名称或编码后重新导入"),
}
_TO_SURVEY_COLUMNS = ("to_survey", "应排查", "是否应排查")


@dataclass(frozen=True, slots=True)
class Bank:
    """One piece of bank, a single line.

    Attributes:
        side: ``left``, ``right``, or ``None`` where the layer does not say (lakes have none).
        line: In the metres of ``crs``.
        length_m: On the ellipsoid.
        surveyed: As the layer says for the whole line; ``None`` where it does not say.
        surveyed_on: ISO day, or ``None`` where no date was kept; of a month or a year its last day.
        doubts: What was written about the survey and cannot be taken as it stands: a key of ``DOUBTS`` and the words.
    """

    id: str
    name: str
    river: str
    side: str | None
    rank: str | None
    baseline: str | None
    line: LineString
    crs: CRS
    length_m: float
    surveyed: bool | None
    surveyed_on: str | None
    fid: int = 0
    doubts: tuple[tuple[str, str], ...] = ()

    @property
    def scale(self) -> float:
        """Metres on the ellipsoid for one metre of the projected line."""
        return self.length_m / self.line.length if self.line.length else 1.0

    def chainage(self, point: BaseGeometry) -> float:
        """Where along the bank a point in ``crs`` lies, in metres from the first point of the line."""
        return float(self.line.project(point)) * self.scale

    def part(self, from_m: float, to_m: float) -> BaseGeometry:
        """The stretch between two chainages."""
        return substring(self.line, from_m / self.scale, to_m / self.scale)


@dataclass(frozen=True, slots=True)
class Survey:
    """A stretch that somebody looked at.

    Attributes:
        bank: Id or name of the bank, or ``None`` for the banks of ``river`` and ``side``.
        from_m: Chainage; with ``to_m`` ``None`` the whole bank.
        on: The day; ``None`` where nobody wrote it down.
    """

    river: str
    side: str | None = None
    from_m: float | None = None
    to_m: float | None = None
    on: date | None = None
    bank: str | None = None
    method: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Survey:
        """From a workspace's state, key ``outlet_surveys``.

        Raises:
            OutletError: A value makes no sense.
        """
        side = side_of(data.get("side"))
        if side is None and plain(str(data.get("side") or "")) not in _BOTH_SIDES:
            # Read as no side at all it would count both banks as surveyed.
            raise OutletError("排查记录的岸别“{side}”不认识；可用：左岸、右岸、两岸", side=data.get("side"))
        try:
            start, end = data.get("from_m"), data.get("to_m")
            made = cls(
                str(data.get("river") or ""), side, None if start is None else float(start),
                None if end is None else float(end), date.fromisoformat(data["on"]) if data.get("on") else None,
                data.get("bank"), str(data.get("method") or ""),
            )  # fmt: skip
        except (TypeError, ValueError) as error:
            raise OutletError("排查记录不能识别：{reason}", reason=str(error)) from error
        if made.from_m is not None and made.to_m is not None and made.from_m > made.to_m:
            raise OutletError("排查记录的起点桩号 {start} 大于终点 {end}", start=made.from_m, end=made.to_m)
        return made


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a bank, and whether it was surveyed; ``surveyed`` false means that nobody knows what is there."""

    bank: Bank
    from_m: float
    to_m: float
    surveyed: bool
    on: date | None = None

    @property
    def length_m(self) -> float:
        """Metres on the ellipsoid."""
        return self.to_m - self.from_m

    @property
    def lonlat(self) -> Any:
        """The stretch in EPSG:4490, a shapely line."""
        return transform(self.bank.part(self.from_m, self.to_m), self.bank.crs, CGCS2000)


def side_of(value: Any) -> str | None:
    """``left`` or ``right`` from whatever words a table uses."""
    return _SIDE_WORDS.get(plain(str(value))) if value is not None else None


def river_key(name: str | None) -> str:
    """A river's name as it is compared: without a note in brackets and without 干流."""
    from layers.schema import plain_header

    return plain_header(name).removesuffix("干流") if name else ""


def same_river(one: str | None, other: str | None) -> bool:
    """Whether two names mean one river."""
    return bool(river_key(one)) and river_key(one) == river_key(other)


def read_banks(workspace: Workspace, *, every: bool = False) -> list[Bank]:
    """The banks of a workspace, each once; with ``every`` all lines as they are, whichever baseline they draw."""
    found: list[Bank] = []
    for record in workspace.by_role("river_bank"):
        frame = workspace.read(record.name)
        if not len(frame):
            continue
        found += from_frame(frame, layer=record.name)
    return found if every else once(found)


def from_frame(frame: Any, *, layer: str = "") -> list[Bank]:
    """Banks from a layer; a line of several parts gives several banks; lines marked as not to be surveyed are left out."""
    source = CRS.from_user_input(frame.crs)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    lonlat = np.atleast_1d(transform(shapes, source, CGCS2000, straight_m=STRAIGHT_M))
    zone = zone_for(lonlat)
    metres = np.atleast_1d(transform(lonlat, CGCS2000, zone))
    found = []
    for number, (row, shape) in enumerate(zip(frame.to_dict("records"), metres, strict=True), 1):
        if _bool(_cell(row, _TO_SURVEY_COLUMNS)) is False:
            continue
        merged = shapely.line_merge(shape) if shape is not None else None
        parts = [part for part in shapely.get_parts(merged) if part.geom_type == "LineString" and part.length > 0]
        lengths = length_m(np.array(parts, dtype=object), zone) if parts else []
        for step, (part, metre) in enumerate(zip(parts, lengths, strict=True), 1):
            surveyed, surveyed_on, doubts = _told(_cell(row, _SURVEYED_COLUMNS), _cell(row, _SURVEYED_ON_COLUMNS))
            label = _text(row.get("code")) or _text(row.get("name")) or f"{layer}#{row.get('fid', number)}"
            found.append(
                Bank(
                    f"{label}/{step}" if len(parts) > 1 else label, _text(row.get("name")) or label, _text(row.get("river")) or "",
                    side_of(_cell(row, _SIDE_COLUMNS)), _text(row.get("rank")), _text(row.get("baseline")), part, zone,
                    float(metre), surveyed, surveyed_on, int(row.get("fid") or number), doubts,
                )
            )  # fmt: skip
    return found


def once(banks: Sequence[Bank]) -> list[Bank]:
    """Each bank once: of several lines along it the one that comes first in ``PREFERENCE``, and of the others what goes beyond it.

    Only lines of one river and side are held against each other; lines that lack either are all kept.
    """
    chosen: list[Bank] = []
    groups: dict[tuple[str, str | None], list[Bank]] = {}
    for bank in banks:
        groups.setdefault((river_key(bank.river), bank.side), []).append(bank)
    for (river, side), group in groups.items():
        if not river or side is None:
            chosen += group  # without river or side they may be banks of several: none of them stands for another
            continue
        kept: list[Bank] = []
        for baseline in (*PREFERENCE, None):
            level = [bank for bank in group if (bank.baseline if bank.baseline in PREFERENCE else None) == baseline]
            if kept and level:
                near = shapely.union_all([item.line for item in kept]).buffer(_SAME_BANK_M)
                level = [rest for bank in level for rest in _beyond(bank, near)]
            kept += level
        chosen += kept
    order = {bank.id: place for place, bank in enumerate(banks)}
    return sorted(chosen, key=lambda bank: order.get(bank.id, order.get(bank.id.split("+")[0], 0)))


def _beyond(bank: Bank, near: BaseGeometry) -> list[Bank]:
    from dataclasses import replace

    rest = bank.line.difference(near)
    parts = [part for part in shapely.get_parts(rest) if part.geom_type == "LineString" and part.length >= _SHORTEST_M]
    if len(parts) == 1 and abs(parts[0].length - bank.line.length) < 1e-6:
        return [bank]
    return [
        replace(bank, id=f"{bank.id}+{number}", line=part, length_m=part.length * bank.scale)
        for number, part in enumerate(parts, 1)
    ]


def stretches(banks: Iterable[Bank], surveys: Sequence[Survey] = (), *, on: date) -> list[Stretch]:
    """Every bank cut into stretches that were surveyed by the day ``on`` and stretches that were not.

    A stretch surveyed without a date counts for every day. Several surveys of one stretch count once, with the latest day.
    One whose chainage may run along several lines counts on none (``unsettled``).
    """
    found: list[Stretch] = []
    banks = list(banks)
    settled: dict[int, list[Survey]] = {}
    for survey in surveys:
        mine = concerned(survey, banks)
        if not unsettled(survey, mine):
            for bank in mine:
                settled.setdefault(id(bank), []).append(survey)
    for bank in banks:
        spans: list[tuple[float, float, date | None]] = []
        whole = date.fromisoformat(bank.surveyed_on) if bank.surveyed_on else None
        if bank.surveyed and (whole is None or whole <= on):
            spans.append((0.0, bank.length_m, whole))
        for survey in settled.get(id(bank), ()):
            if survey.on is None or survey.on <= on:
                start = max(0.0, survey.from_m or 0.0)
                end = min(bank.length_m, bank.length_m if survey.to_m is None else survey.to_m)
                if end > start:
                    spans.append((start, end, survey.on))
        marks = sorted({0.0, bank.length_m, *(mark for span in spans for mark in span[:2])})
        for start, end in zip(marks, marks[1:], strict=False):
            over = [span for span in spans if span[0] <= start and end <= span[1]]
            days = [span[2] for span in over if span[2]]
            piece = Stretch(bank, start, end, bool(over), max(days, default=None))
            last = found[-1] if found else None
            if last and last.bank is bank and (last.surveyed, last.on) == (piece.surveyed, piece.on):
                found[-1] = Stretch(bank, last.from_m, end, piece.surveyed, piece.on)
            else:
                found.append(piece)
    return found


def concerned(survey: Survey, banks: Sequence[Bank]) -> list[Bank]:
    """The banks that a survey is one of; an id goes before a name that several lines bear."""
    if survey.bank is not None:
        return [bank for bank in banks if bank.id == survey.bank] or [bank for bank in banks if bank.name == survey.bank]
    return [
        bank for bank in banks
        if same_river(survey.river, bank.river) and (survey.side is None or survey.side == bank.side)
    ]  # fmt: skip


def unsettled(survey: Survey, mine: Sequence[Bank]) -> list[Bank]:
    """Of the banks that a survey concerns those of which nobody said along which of them its chainage runs.

    Every line has a chainage of its own, so one of a river and side with several lines says nothing of any. A survey
    without a chainage is one of every line, and one of both sides runs along the one line on either.
    """
    if not survey.from_m and survey.to_m is None:
        return []
    sides = [bank.side for bank in mine]
    open_ = survey.bank is not None or None in sides
    return [bank for bank in mine if len(mine) > 1 and (open_ or sides.count(bank.side) > 1)]


def line_words(banks: Sequence[Bank]) -> str:
    """Lines by name, id and length, as a table can name them."""
    said = []
    for bank in banks:
        words = " / ".join(f'"{word}"' for word in dict.fromkeys((bank.name, bank.id)))
        said.append(f"{words} ({bank.length_m:.0f} m)")
    return ", ".join(said)


def survey_words(survey: Survey) -> str:
    """A survey in the words of its row."""
    side = _(SIDES[survey.side]) if survey.side in SIDES else ""
    end = "" if survey.to_m is None else f"{survey.to_m:.0f}"
    when = survey.on.isoformat() if survey.on else ""
    return " ".join(word for word in (survey.bank or survey.river, side, f"{survey.from_m or 0:.0f}–{end} m", when) if word)


def read_surveys(workspace: Workspace) -> list[Survey]:
    """The survey log that the workspace keeps."""
    return [Survey.from_dict(item) for item in workspace.state("outlet_surveys", []) or []]


def add_survey(workspace: Workspace, survey: Survey) -> None:
    """Put one more stretch in the survey log."""
    entry = {
        "river": survey.river, "side": survey.side, "from_m": survey.from_m, "to_m": survey.to_m,
        "on": survey.on.isoformat() if survey.on else None, "bank": survey.bank, "method": survey.method,
    }  # fmt: skip
    workspace.set_state("outlet_surveys", [*(workspace.state("outlet_surveys", []) or []), entry])


def _cell(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None and row.get(name) == row.get(name)), None)


def _text(value: Any) -> str | None:
    return str(value).strip() or None if value is not None and value == value else None


def _bool(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    word = plain(str(value))
    if word in ("1", "1.0", "TRUE", "T", "是", "已排查", "已完成", "排查完成", "完成", "√", "YES", "Y"):
        return True
    return False if word in ("0", "0.0", "FALSE", "F", "否", "未排查", "未开展", "未完成", "×", "NO", "N") else None


def _told(surveyed: Any, surveyed_on: Any) -> tuple[bool | None, str | None, tuple[tuple[str, str], ...]]:
    """Whether and when a bank was surveyed, and what was written that does not say it."""
    word, when = _text(surveyed), _text(surveyed_on)
    known, on = _bool(surveyed), None
    doubts: list[tuple[str, str]] = []
    if word is not None and known is None:
        doubts.append(("unreadable", word))
    if when is not None:
        try:
            on = day(when)
        except Unreadable:
            on = _last_of(when)
            doubts.append(("partial-date" if on else "unreadable-date", when))
        if word is None:
            doubts.append(("date-alone", when))
    return known, on, tuple(doubts)


def _last_of(text: str) -> str | None:
    """The last day of a month or a year, ISO; ``None`` where the text is neither."""
    found = _PERIOD.match(unicodedata.normalize("NFKC", text).strip())
    if not found:
        return None
    year, month = int(found[1]), int(found[2] or 12)
    return date(year, month, monthrange(year, month)[1]).isoformat() if 1 <= month <= 12 else None

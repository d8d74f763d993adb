"""How far the work has come, with every denominator in sight, and how much bank nobody has looked at.

An indicator without a denominator has no value: nought of nought is not "done". Records that leave open whether they belong to a
denominator are counted apart as ``unknown`` and printed beside the figure.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry import Point

from sanxian.i18n import N_, _, pick
from sanxian.outlets import classes, codes, stages
from sanxian.outlets.banks import Bank, Stretch, Survey, concerned, river_key, stretches, unsettled
from sanxian.outlets.errors import OutletError
from sanxian.outlets.register import APPROVED_WORDS, NOT_APPROVED_WORDS, Outlet, lacking
from spatial.crs import CGCS2000, transform

if TYPE_CHECKING:
    from layers.workspace import Workspace

ALL = "all"
UNKNOWN_GROUP = "unknown"
SCOPES: Mapping[str, str] = {
    "layer": N_("岸线图层中的全部岸线（标为不应排查的除外）"),
    "district": N_("台账所在区县以内的岸线（离区县边界 {metres:.0f} 米以内的也算在内）"),
}
_EDGE_M = 300.0  # a bank that is the border of a district is drawn on either side of it
_NOT_BUILT = re.compile("[未无没缺待拟]|计划")  # what such a word says was not built, or not yet
CUTS = ("river", "county", "class", "sub", "remedy", "scale", "side")

INDICATORS: Mapping[str, tuple[str, str]] = {
    "survey_rate": (N_("排查率"), N_("已排查岸线公里 ÷ 岸线总公里；未排查的一律算未知")),
    "monitoring_rate": (N_("监测率"), N_("有有效样品的排污口 ÷ 排查时有水的排污口")),
    "tracing_rate": (N_("溯源率"), N_("责任主体已确认的排污口 ÷ 排查发现的排污口")),
    "coding_rate": (N_("命名编码率"), N_("有名称且国家编码合格、不与别的排污口相同 ÷ 排查发现的排污口")),
    "sign_rate": (N_("立牌率"), N_("有标识牌记录的排污口 ÷ 保留的排污口（不含取缔、合并）")),
    "standardisation_rate": (N_("规范化建设率"), N_("完成规范化建设的排污口 ÷ 保留的排污口（不含取缔、合并）")),
    "remediation_rate": (N_("整治完成率"), N_("完成整治 ÷（取缔＋合并＋规范）；无需整治的另列")),
    "acceptance_rate": (N_("销号率"), N_("验收销号 ÷（取缔＋合并＋规范）")),
    "overdue_rate": (N_("逾期率"), N_("未完成且完成时限早于统计日 ÷（取缔＋合并＋规范）")),
    "approval_rate": (N_("审批登记率"), N_("已审批＋已登记 ÷ 保留的排污口（不含取缔、合并）")),
    "file_rate": (N_("一口一档完整率"), N_("必填项齐全的档案 ÷ 全部档案")),
}
_OUTLET_CUTS: Mapping[str, Callable[[Outlet], str]] = {
    "river": lambda item: item.river or UNKNOWN_GROUP,
    "county": lambda item: item.get("county") or UNKNOWN_GROUP,
    "class": lambda item: item.classified.kind or UNKNOWN_GROUP,
    "sub": lambda item: item.classified.sub or UNKNOWN_GROUP,
    "remedy": lambda item: item.remedy or UNKNOWN_GROUP,
    "scale": lambda item: {True: "over", False: "under", None: UNKNOWN_GROUP}[item.over_scale],
    "side": lambda item: item.get("bank_side") or UNKNOWN_GROUP,
}
_CUT_WORDS: Mapping[str, str] = {
    ALL: N_("全部"),
    UNKNOWN_GROUP: N_("未记录"),
    "over": N_("规模以上"),
    "under": N_("规模以下"),
    **stages.REMEDY_WORDS,
}


@dataclass(frozen=True, slots=True)
class Target:
    """What an indicator should have reached by a day; ``group`` empty for the whole."""

    indicator: str
    value: float
    due: date
    source: Any = ""
    group: str = ALL


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        group: ``all``, or the river, county or class (as written, or an identifier).
        numerator: Outlets, or kilometres of bank.
        unknown: How many more might belong to the denominator or numerator but nobody wrote it down; same unit.
        unit: ``outlet`` or ``km``.
        target: What holds for this figure on the day; ``gap`` is what is lacking, 0 where it is reached.
    """

    group: str
    indicator: str
    numerator: float
    denominator: float
    unknown: float = 0
    unit: str = "outlet"
    target: Target | None = None

    @property
    def value(self) -> float | None:
        """The share; ``None`` without a denominator."""
        return self.numerator / self.denominator if self.denominator else None

    @property
    def gap(self) -> float | None:
        """By how much the figure misses its target; ``None`` without one."""
        if self.target is None:
            return None
        return max(0.0, self.target.value - (self.value or 0.0))

    def to_dict(self) -> dict[str, Any]:
        """As the contract has it, and more. Kilometres to the metre, shares to a millionth."""
        number: Callable[[float], float] = (lambda x: round(x, 3)) if self.unit == "km" else int
        found: dict[str, Any] = {
            "group": self.group, "indicator": self.indicator, "numerator": number(self.numerator),
            "denominator": number(self.denominator), "value": None if self.value is None else round(self.value, 6),
            "unknown": number(self.unknown), "unit": self.unit, "group_title": group_words(self.group),
            "title": _(INDICATORS[self.indicator][0]), "rule": _(INDICATORS[self.indicator][1]),
        }  # fmt: skip
        if self.target is not None:
            found |= {
                "target": self.target.value, "target_on": self.target.due.isoformat(), "gap": round(self.gap or 0.0, 6),
                "target_source": pick(self.target.source),
            }  # fmt: skip
        return found


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of one day.

    Attributes:
        rows: Group ``all`` first.
        stretches: Banks, surveyed and not.
        rules: Sentences that say how the figures were made.
        no_need: Outlets that need nothing, which no rate of remediation counts.
        merged: Outlets that were merged or closed; they stay in the history and leave the later denominators.
        left_out: Rows that were never read for want of a place; no figure counts them, and a rule says so.
        scope: Which banks the denominator of the survey has, a key of ``SCOPES``.
        scopes: Metres surveyed and metres there are, for every scope that can be told.
        notes: Those of ``rules`` that this register in particular gives cause for.
    """

    on: date
    by: str | None
    rows: tuple[Row, ...]
    stretches: tuple[Stretch, ...]
    rules: tuple[str, ...]
    outlets: int
    no_need: int
    merged: int
    left_out: int = 0
    scope: str = "layer"
    scopes: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def row(self, indicator: str, group: str = ALL) -> Row:
        """One figure; ``KeyError`` where there is none."""
        for item in self.rows:
            if item.indicator == indicator and item.group == group:
                return item
        raise KeyError((indicator, group))

    def unsurveyed(self) -> list[Stretch]:
        """Stretches that nobody has looked at."""
        return [item for item in self.stretches if not item.surveyed]


def group_words(group: str) -> str:
    """A group in the language of the moment; names of rivers and counties stay as they are."""
    found = classes.find_class(group)
    if found:
        return pick(found.title)
    sub = classes.find_sub(group)
    if sub:
        return pick(sub.title)
    return _(_CUT_WORDS[group]) if group in _CUT_WORDS else group


# --- the figures ----------------------------------------------------------------------------------------------------


def summarise(
    outlets: Sequence[Outlet], banks: Sequence[Bank], *, on: date, by: str | None = None, surveys: Sequence[Survey] = (),
    targets: Sequence[Target] | None = None, counties: Sequence[tuple[str, Any]] = (), scope: str = "layer", district: Any = None,
    tables: codes.CodeTables | None = None,
) -> Summary:  # fmt: skip
    """All indicators on a day, for the whole and for each group of ``by``.

    Args:
        outlets: The register. Those found after ``on`` are left out.
        banks: Each bank once, as ``banks.read_banks`` gives them.
        on: The day; what is dated later has not happened.
        by: One of ``CUTS``.
        surveys: The survey log.
        targets: By default those of ``targets.toml``.
        counties: Names and areas (EPSG:4490), for bank kilometres by county.
        scope: Which banks there are to survey, a key of ``SCOPES``. ``layer`` is the stricter one and the default: a bank
            that is loaded and that nobody marked as not to be surveyed counts.
        district: The area of ``district`` (EPSG:4490).
        tables: An office's own letters for codes.

    Raises:
        OutletError: ``by`` is no cut, ``scope`` is none, or ``district`` is asked for and not known.
    """
    if by is not None and by not in CUTS:
        raise OutletError("不能按“{by}”分组；可用：{known}", by=by, known="、".join(CUTS))
    if scope not in SCOPES:
        raise OutletError("没有岸线范围“{scope}”；可用：{known}", scope=scope, known="、".join(SCOPES))
    if scope == "district" and district is None:
        raise OutletError("行政区图层中没有台账所在的区县，不能只算区县以内的岸线")
    targets = default_targets() if targets is None else targets
    there = [item for item in outlets if item.day("found_on") is None or item.day("found_on") <= on]  # type: ignore[operator]
    done, shared = stages.done_rule(outlets), _shared(there)
    everywhere = stretches(banks, surveys, on=on)
    inside = within(everywhere, district) if district is not None else None
    pieces = inside if scope == "district" and inside is not None else everywhere
    scopes = {name: _metres(found) for name, found in (("layer", everywhere), ("district", inside)) if found is not None}
    rows = [*_bank_rows(ALL, pieces), *_outlet_rows(ALL, there, on, done, shared, tables)]
    if by is not None:
        cut = _OUTLET_CUTS[by]
        groups: dict[str, list[Outlet]] = {}
        for item in there:
            groups.setdefault(_key(by, cut(item)), []).append(item)
        lengths = _bank_groups(by, pieces, counties)
        names = {_key(by, cut(item)): cut(item) for item in reversed(there)}
        for key in sorted({*groups, *lengths}, key=lambda key: (key == UNKNOWN_GROUP, key)):
            name = names.get(key) or (lengths[key][0] if key in lengths else key)
            if key in lengths:
                _name, surveyed_m, total_m = lengths[key]
                rows.append(_survey_row(name, surveyed_m, total_m))
            rows += _outlet_rows(name, groups.get(key, []), on, done, shared, tables) if key in groups else []
    kept, notes = tuple(_with_target(row, targets, on) for row in rows), tuple(_notes(there, banks, surveys))
    return Summary(
        on, by, kept, tuple(pieces), (*rules_of(outlets), *notes, scope_words(scope, scopes)), len(there),
        sum(item.remedy == "none" for item in there),
        sum(item.remedy in ("close", "merge") and done(item, on) is True for item in there), 0, scope, scopes, notes,
    )  # fmt: skip


def scope_words(scope: str, scopes: Mapping[str, tuple[float, float]]) -> str:
    """Which banks the survey is counted against, and what the other choice would say, to be printed with the figures."""
    done, total = scopes[scope]
    params = {"scope": _(SCOPES[scope]).format(metres=_EDGE_M), "total": total / 1000, "done": done / 1000}
    other = next((name for name in scopes if name != scope), None)
    if other is None:
        return _("排查率的分母：{scope}，共 {total:.3f} 公里，已排查 {done:.3f} 公里").format(**params)
    other_done, other_total = scopes[other]
    return _(
        "排查率的分母：{scope}，共 {total:.3f} 公里，已排查 {done:.3f} 公里；"
        "若按{other}：{other_done:.3f} ÷ {other_total:.3f} 公里"
    ).format(
        **params, other=_(SCOPES[other]).format(metres=_EDGE_M), other_done=other_done / 1000, other_total=other_total / 1000,
    )  # fmt: skip


def _metres(pieces: Sequence[Stretch]) -> tuple[float, float]:
    return sum(piece.length_m for piece in pieces if piece.surveyed), sum(piece.length_m for piece in pieces)


def within(pieces: Sequence[Stretch], area: Any) -> list[Stretch]:
    """The parts of stretches that lie in an area (EPSG:4490), or within 300 m of its border."""
    found: list[Stretch] = []
    reach: dict[str, Any] = {}
    for piece in pieces:
        key = piece.bank.crs.to_string()
        if key not in reach:
            reach[key] = transform(area, CGCS2000, piece.bank.crs).buffer(_EDGE_M)
            shapely.prepare(reach[key])
        line = piece.bank.part(piece.from_m, piece.to_m)
        if reach[key].covers(line):
            found.append(piece)
            continue
        for part in shapely.get_parts(shapely.line_merge(line.intersection(reach[key]))):
            if part.geom_type != "LineString" or part.length < 0.5:
                continue
            ends = sorted(piece.bank.chainage(Point(part.coords[end])) for end in (0, -1))
            if ends[1] - ends[0] < 0.5:  # a ring that closes on itself
                ends = [piece.from_m, piece.from_m + part.length * piece.bank.scale]
            found.append(Stretch(piece.bank, max(ends[0], piece.from_m), min(ends[1], piece.to_m), piece.surveyed, piece.on))
    return found


def rules_of(outlets: Sequence[Outlet]) -> tuple[str, ...]:
    """How the figures are made, in sentences to be printed with them."""
    return (
        stages.done_rule_words(outlets),
        _("被取缔、合并的排污口不进入立牌、规范化、审批登记的分母，但留在台账历史中"),
        _("分母为零的指标没有值；“未记录”是台账没有写明、可能属于分母或分子的数量"),
        _("岸线以水边线计长（没有水边线的用外缘线、堤防线或管理范围线），同一岸只计一次；按椭球面量算"),
        _("没有日期的记录按已发生计"),
    )


def _notes(outlets: Sequence[Outlet], banks: Sequence[Bank], surveys: Sequence[Survey]) -> Iterator[str]:
    """What is not as the reader of a figure would expect."""
    if nowhere := sum(item.place is None for item in outlets):
        yield _("其中 {count} 个排污口没有点位坐标：计入各项指标，图上没有").format(count=nowhere)
    doubtful = {(bank.name, bank.fid) for bank in banks if any(doubt in ("unreadable", "date-alone") for doubt, _word in bank.doubts)}
    if doubtful:
        yield _("有 {count} 条岸线是否已排查没有写明或不能识别，按未排查计；核查逐条列出").format(count=len(doubtful))
    if several := sum(bool(unsettled(survey, concerned(survey, banks))) for survey in surveys):
        yield _("有 {count} 段排查记录没有写明桩号从哪条岸线起算，没有计入；核查逐条列出").format(count=several)


def _outlet_rows(
    group: str, items: Sequence[Outlet], on: date, done: Callable[[Outlet, date], bool | None], shared: frozenset[str],
    tables: codes.CodeTables | None,
) -> list[Row]:  # fmt: skip
    def by(name: str, item: Outlet) -> bool:
        day = item.day(name)
        return day is None or day <= on

    def row(
        indicator: str, among: Sequence[Outlet], test: Callable[[Outlet], bool | None], unsure: Sequence[Outlet] = ()
    ) -> Row:  # fmt: skip
        answers = [test(item) for item in among]
        # An outlet may be unknown twice, in the denominator and in the numerator: it counts once.
        unknown = len({id(item) for item in unsure} | {id(item) for item, told in zip(among, answers, strict=True) if told is None})
        return Row(group, indicator, sum(answer is True for answer in answers), len(among), unknown)

    retained = [item for item in items if item.remedy not in ("close", "merge")]
    wet = [item for item in items if item.discharging is True]
    to_do = [item for item in items if item.remedy in ("close", "merge", "tidy")]
    unplanned = [item for item in items if item.remedy is None]

    return [
        row("monitoring_rate", wet, lambda i: sampled(i) and by("monitored_on", i), [item for item in items if item.discharging is None]),
        row("tracing_rate", items, lambda i: bool(i.get("responsible")) and i.get("traced") is not False and by("traced_on", i)),
        row(
            "coding_rate", items,
            lambda i: coded(i, tables) and codes.same_code(i.get("code")) not in shared and by("coded_on", i),
        ),
        row("sign_rate", retained, lambda i: sign(i) and by("sign_on", i), unplanned),
        row(
            "standardisation_rate", retained,
            lambda i: None if i.get("standardised") is None else i.get("standardised") and by("standardised_on", i), unplanned,
        ),
        row("remediation_rate", to_do, lambda i: done(i, on), unplanned),
        row("acceptance_rate", to_do, lambda i: stages.accepted(i, on), unplanned),
        row("overdue_rate", to_do, lambda i: stages.overdue(i, on, done), unplanned),
        row("approval_rate", retained, approved, unplanned),
        row("file_rate", items, lambda i: not lacking(i)),
    ]  # fmt: skip


def sampled(item: Outlet) -> bool:
    """Whether there is at least one valid sample: a value of the laboratory or on the spot, or a mark that it was sampled."""
    names = ("ph", "cod", "nh3n", "tp", "tn", "bod", "quick_ph", "quick_cod", "quick_nh3n", "quick_tp")
    return bool(item.get("monitored") or item.get("sampled")) or any(item.get(name) is not None for name in names)


def coded(item: Outlet, tables: codes.CodeTables | None = None) -> bool:
    """Whether it has a name and a code in which the audit finds no fault."""
    code = item.get("code")
    return bool(item.get("name") and code) and not codes.check(code, kind=item.classified.kind, tables=tables)


def _shared(outlets: Sequence[Outlet]) -> frozenset[str]:
    """Codes that several outlets have: such a code tells none of them."""
    count = Counter(code for item in outlets if (code := codes.same_code(item.get("code"))))
    return frozenset(code for code, times in count.items() if times > 1)


def sign(item: Outlet) -> bool:
    """Whether a sign is on record: its photo, its date, or its mention among what was built."""
    built = item.get("built") or ()
    return bool(item.get("sign_photo") or item.get("sign_on")) or any("牌" in word and not _NOT_BUILT.search(word) for word in built)


def approved(item: Outlet) -> bool | None:
    """Whether it was approved or registered; ``None`` where nobody wrote it down in words that are known."""
    word = item.get("approval")
    return True if word in APPROVED_WORDS else False if word in NOT_APPROVED_WORDS else None


# --- banks ----------------------------------------------------------------------------------------------------------


def _survey_row(group: str, surveyed_m: float, total_m: float) -> Row:
    return Row(group, "survey_rate", surveyed_m / 1000, total_m / 1000, (total_m - surveyed_m) / 1000, "km")


def _bank_rows(group: str, pieces: Sequence[Stretch]) -> list[Row]:
    total = sum(piece.length_m for piece in pieces)
    return [_survey_row(group, sum(piece.length_m for piece in pieces if piece.surveyed), total)]


def _key(by: str, name: str) -> str:
    if name == UNKNOWN_GROUP:
        return name
    if by == "river":
        return river_key(name)
    from sanxian.outlets.banks import side_of

    return (side_of(name) or name) if by == "side" else name


def _bank_groups(by: str, pieces: Sequence[Stretch], counties: Sequence[tuple[str, Any]]) -> dict[str, tuple[str, float, float]]:
    """Metres surveyed and metres there are, by group; empty for a cut that banks have no part in."""
    found: dict[str, tuple[str, float, float]] = {}

    def put(name: str, metres: float, surveyed: bool) -> None:
        key = _key(by, name)
        label, done, total = found.get(key, (name, 0.0, 0.0))
        found[key] = (label, done + (metres if surveyed else 0.0), total + metres)

    if by in ("river", "side"):
        for piece in pieces:
            put((piece.bank.river if by == "river" else piece.bank.side) or UNKNOWN_GROUP, piece.length_m, piece.surveyed)
    elif by == "county" and counties:
        for piece in pieces:
            line = piece.bank.part(piece.from_m, piece.to_m)
            rest = line
            for name, area in counties:
                inside = rest.intersection(_area(area, piece.bank.crs))
                if inside.length > 0:
                    put(name, inside.length * piece.bank.scale, piece.surveyed)
                    rest = rest.difference(_area(area, piece.bank.crs))
            if rest.length > 0.5:
                put(UNKNOWN_GROUP, rest.length * piece.bank.scale, piece.surveyed)
    return found


_areas: dict[tuple[bytes, str], Any] = {}


def _area(area: Any, crs: CRS) -> Any:
    key = (shapely.to_wkb(area), crs.to_string())
    if key not in _areas:
        if len(_areas) > 64:
            _areas.clear()
        _areas[key] = transform(area, CGCS2000, crs)
        shapely.prepare(_areas[key])
    return _areas[key]


def read_counties(workspace: Workspace) -> list[tuple[str, str | None, Any]]:
    """Name, code and area (EPSG:4490) of each county in the ``admin`` layers; an area without a level counts as one."""
    found = []
    for record in workspace.by_role("admin"):
        frame = workspace.read(record.name)
        if not len(frame):
            continue
        shapes = np.atleast_1d(transform(np.asarray(frame.geometry.array, dtype=object), record.crs, CGCS2000))
        for row, shape in zip(frame.to_dict("records"), shapes, strict=True):
            if row.get("level") in (None, "county"):
                found.append((row.get("name") or row.get("code") or "?", row.get("code"), shape))
    return found


# --- targets --------------------------------------------------------------------------------------------------------


@cache
def default_targets() -> tuple[Target, ...]:
    """The targets of ``targets.toml``."""
    data = tomllib.loads((files("sanxian.outlets") / "targets.toml").read_text(encoding="utf-8"))
    return tuple(Target(t["indicator"], float(t["value"]), t["due"], dict(t["source"])) for t in data["target"])


def read_targets(workspace: Workspace) -> tuple[Target, ...]:
    """The workspace's own targets (state ``outlet_targets``), else the built-in ones.

    Raises:
        OutletError: One of them makes no sense.
    """
    kept = workspace.state("outlet_targets")
    if not kept:
        return default_targets()
    try:
        made = tuple(
            Target(item["indicator"], float(item["value"]), date.fromisoformat(item["due"]), item.get("source", ""), item.get("group", ALL))
            for item in kept
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise OutletError("工作区中的目标不能识别：{reason}", reason=str(error)) from error
    unknown = [item.indicator for item in made if item.indicator not in INDICATORS]
    if unknown:
        raise OutletError("没有指标“{name}”；可用：{known}", name=unknown[0], known="、".join(INDICATORS))
    return made


def _with_target(row: Row, targets: Sequence[Target], on: date) -> Row:
    """The target that falls due next for this figure, or the last one that fell due."""
    mine = sorted((t for t in targets if t.indicator == row.indicator and t.group == row.group), key=lambda t: t.due)
    if not mine:
        return row
    return replace(row, target=next((t for t in mine if t.due >= on), mine[-1]))


def progress(
    outlets: Sequence[Outlet], banks: Sequence[Bank], days: Sequence[date], *, surveys: Sequence[Survey] = (), scope: str = "layer",
    district: Any = None, targets: Sequence[Target] | None = None, tables: codes.CodeTables | None = None,
) -> list[Summary]:  # fmt: skip
    """The same figures on several days. The register knows one state with dates: what has no date counts on every day."""
    return [
        summarise(outlets, banks, on=day, surveys=surveys, scope=scope, district=district, targets=targets, tables=tables)
        for day in days
    ]


STEPS = ("month", "quarter", "year")


def days_between(first: date, last: date, step: str) -> list[date]:
    """The last days of months, quarters or years from ``first`` on, and ``last`` itself.

    Raises:
        OutletError: ``step`` is none of ``STEPS``, or ``last`` lies before ``first``.
    """
    if step not in STEPS:
        raise OutletError("没有时间间隔“{step}”；可用：{known}", step=step, known="、".join(STEPS))
    if last < first:
        raise OutletError("开始日 {first} 晚于统计日 {last}", first=first, last=last)
    months = {"month": 1, "quarter": 3, "year": 12}[step]
    found, year, month = [], first.year, -(-first.month // months) * months
    while True:
        end = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        if end >= last:
            return [*found, last]
        found.append(end)
        month += months
        year, month = (year + 1, month - 12) if month > 12 else (year, month)


def first_day(outlets: Sequence[Outlet]) -> date | None:
    """The first day that the register knows of."""
    days = [found for item in outlets if (found := item.day("found_on"))]
    return min(days, default=None)


@dataclass(frozen=True, slots=True)
class Sources:
    """What the figures of a workspace are made of, read once for any number of them.

    Attributes:
        left_out: Rows that were never read for want of a place.
    """

    outlets: Sequence[Outlet]
    banks: Sequence[Bank]
    surveys: Sequence[Survey]
    targets: Sequence[Target]
    counties: Sequence[tuple[str, Any]]
    district: Any
    left_out: int
    tables: codes.CodeTables | None = None

    def summary(self, *, on: date, by: str | None = None, scope: str = "layer") -> Summary:
        """The figures of a day."""
        found = summarise(
            self.outlets, self.banks, on=on, by=by, surveys=self.surveys, targets=self.targets,
            counties=self.counties if by == "county" else (), scope=scope, district=self.district,
            tables=self.tables,
        )  # fmt: skip
        if not self.left_out:
            return found
        note = _("另有 {count} 行没有可用的坐标，未读入台账，没有计入任何指标").format(count=self.left_out)
        return replace(found, left_out=self.left_out, rules=(note, *found.rules))

    def progress(self, *, on: date, step: str = "quarter", since: date | None = None, scope: str = "layer") -> list[Summary]:
        """The figures through time, from the first day on record (or ``since``) to ``on``."""
        days = days_between(since or min(first_day(self.outlets) or on, on), on, step)
        return progress(
            self.outlets, self.banks, days, surveys=self.surveys, scope=scope, targets=self.targets,
            district=self.district if scope == "district" else None, tables=self.tables,
        )  # fmt: skip


def read_sources(workspace: Workspace, outlets: Sequence[Outlet] | None = None) -> Sources:
    """Everything that the figures of a workspace need; ``outlets`` where its register was read already."""
    from sanxian.outlets.banks import read_banks, read_surveys
    from sanxian.outlets.register import left_out, read_register

    outlets = read_register(workspace) if outlets is None else outlets
    areas = read_counties(workspace)
    counties = _named_as_in_register(outlets, [(name, area) for name, _code, area in areas])
    return Sources(
        outlets, read_banks(workspace), read_surveys(workspace), read_targets(workspace), counties, _district(areas, outlets),
        sum(rows for _layer, _row, rows in left_out(workspace)), codes.read_tables(workspace),
    )  # fmt: skip


def load_progress(
    workspace: Workspace, *, on: date, step: str = "quarter", since: date | None = None, scope: str = "layer"
) -> list[Summary]:
    """The figures of a workspace through time."""
    return read_sources(workspace).progress(on=on, step=step, since=since, scope=scope)


def _district(areas: Sequence[tuple[str, str | None, Any]], outlets: Sequence[Outlet]) -> Any:
    """The counties whose outlets the register keeps, as one area (EPSG:4490); ``None`` where none of them is loaded.

    A county is the register's where an outlet's code or county names it: neighbours are often loaded as well.
    """
    from layers.schema import plain_header

    used = {item.county_code for item in outlets} | {plain_header(name) for item in outlets if (name := item.get("county"))}
    mine = [area for name, code, area in areas if {code, plain_header(name)} & (used - {None})]
    return shapely.union_all(mine) if mine else None


def load(workspace: Workspace, *, on: date, by: str | None = None, scope: str = "layer") -> Summary:
    """The figures of a workspace."""
    return read_sources(workspace).summary(on=on, by=by, scope=scope)


def _named_as_in_register(outlets: Sequence[Outlet], counties: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Counties under the name that the register uses, where the two differ only by a note in brackets."""
    from layers.schema import plain_header

    known = {plain_header(name): name for item in outlets if (name := item.get("county"))}
    return [(known.get(plain_header(name), name), area) for name, area in counties]

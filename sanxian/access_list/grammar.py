"""What one clause says, read word by word: all of it, or nothing.

The grammar is small on purpose. A clause is read only where every character of it was understood; whatever is left
over (a place within the clause, a condition, another text, a word that the lexicon lacks) hands the clause to a
person. What was read is a proposal that a person has yet to confirm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rules.attributes import ATTRIBUTES
from rules.model import Verdict
from sanxian.access_list.clauses import Part, is_neutral
from sanxian.access_list.lexicon import Lexicon, Term, load_lexicon, plain

NATURE_WORDS = {"new": "新建", "expansion": "扩建", "rebuild": "改建", "upgrade": "技改", "relocation": "迁建"}
OUTCOME_WORDS = {
    Verdict.PROHIBITED: "禁止",
    Verdict.RESTRICTED: "限制",
    Verdict.CONDITIONAL: "有条件",
    Verdict.ADVISORY: "提示",
    Verdict.PERMITTED: "符合",
}
_NATURE_ORDER = tuple(NATURE_WORDS)
_OUTLET = {"new": "new", "rebuild": "moved", "expansion": "enlarged"}
_OUTLET_ORDER = ("new", "moved", "enlarged")

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a clause was read as.

    Attributes:
        status: ``machine_read`` or ``manual``.
        outcome: ``None`` where it was not read. A manual clause that only sets a task has ``advisory``.
        project: Condition in the rules' vocabulary, as a table; ``None`` where it was not read.
        natures: Kinds of construction named in the clause.
        industries: GB/T 4754-2017 prefixes.
        words: What was read from which words, or why a person must read it.
    """

    status: str
    outcome: Verdict | None
    project: Table | None
    natures: tuple[str, ...]
    industries: tuple[str, ...]
    words: str

    def as_table(self) -> dict[str, Any]:
        """The four keys of a pack and of the command line's JSON."""
        return {
            "outcome": str(self.outcome) if self.outcome else None,
            "nature": list(self.natures),
            "industries": list(self.industries),
            "words": self.words,
        }


def manual(words: str, outcome: Verdict | None = None) -> Reading:
    """A clause that a person must read, and why."""
    return Reading("manual", outcome, None, (), (), words)


# ---------------------------------------------------------------------------------------------------- words

_ADVERBS = r"(?:依法|依规|坚决|全面|一律|均|严格|切实|全部)*"
_VERBS = (
    r"(?:审批|批准|核准|备案|受理|引进|引入|布局|建设|投资建设|投资|发展|准入|入驻|设置|设立|建造|从事|开办|安排|批建|新批)"
)
_OPERATIVES: tuple[tuple[Verdict, re.Pattern[str]], ...] = (
    (
        Verdict.RESTRICTED,
        re.compile(
            rf"{_ADVERBS}原则上{_ADVERBS}(?:(?:不得|禁止|严禁|不允许|不再|不予|不准){_VERBS}?|不(?={_VERBS}|新建|新增|新上|扩建|改建){_VERBS}?)"
        ),
    ),
    (Verdict.PROHIBITED, re.compile(rf"{_ADVERBS}(?:严禁|禁止|不得|不准|不允许)(?:再)?{_VERBS}?")),
    (Verdict.PROHIBITED, re.compile(rf"{_ADVERBS}(?:(?:不再|不予){_VERBS}|停止(?:审批|批准|核准|备案|受理))")),
    (Verdict.PROHIBITED, re.compile(rf"{_ADVERBS}不再(?=新建|新增|新上|扩建|改建|新改扩建)")),
    (
        Verdict.RESTRICTED,
        re.compile(
            rf"(?:依法|依规|坚决|全面|切实)*(?:(?:严格|从严)(?:控制|限制|管控|审批|核准|把控)|严控|限制"
            rf"|(?:合理)?控制(?=新建|新增|新上|扩建|改建|新改扩建|新扩建)){_VERBS}?"
        ),
    ),
)
_HERE = re.compile(
    r"(?:在)?(?:(?:本|各)(?:环境)?(?:综合)?(?:管控)?(?:单元|管控区|行政区)(?:范围)?(?:以)?内?|(?:环境)?(?:管控)?单元(?:范围)?内"
    r"|(?:全省|全市|全县|全区|本省|本市|本县|省域|市域|县域|辖区)(?:范围)?(?:以)?内?|[省市县]内)(?:，)?"
)
_QUANTIFIER = re.compile(r"(?:各类|各种|一切|所有|任何|全部)")
_SUFFIX = re.compile(
    r"(?:类|行业|产业|工业|制造业|制造|生产|加工|建设|行业类)*(?:的)?(?:建设)?(?:生产)?(?:项目|企业|工程|设施|设备|装置|生产线|工业企业|生产企业)?"
)
_JOIN = re.compile(r"(?:、|以及|或者|及其|和|及|或|与)")
_ETC = re.compile(r"等(?:[一二三四五六七八九十两\d]+(?:类|种|个|大))?")
_COUNTED = re.compile(r"等([一二三四五六七八九十两\d]+)(?:类|种|个|大)(?:行业|产业|项目|企业|建设)*")
_NATURE_JOIN = re.compile(r"(?:、|和|及|以及|或|或者|与|/)?")
_CAPACITY = re.compile(r"(?:的)?(?:生产)?产能(?:的)?(?:建设)?(?:项目)?")
_AFTER_BAR = re.compile(r"(?:的)?(?:建设|审批|准入|布局|引进|入驻|进入|落地|活动|行为|建设活动|开发建设活动)?")
_BOILER = re.compile(
    r"(?:单台)?(?:出力|容量|蒸发量|额定蒸发量)?(?P<before>低于|小于|不足|不超过|不大于)?(?P<hour>每小时)?"
    r"(?:(?P<n>\d+(?:\.\d+)?)(?P<unit>蒸吨|吨|t/h|T/H|t/H|t|T)"
    r"(?P<per>/小时|每小时|/时|/h|/H)?(?P<cmp>及以下|（含）以下|以下（含\d+(?:\.\d+)?蒸吨(?:/小时)?）|以下|及以上|（含）以上|以上)?的?)?"
)
_BOILER_END = re.compile(r"(?:的)?锅炉(?:建设)?(?:项目|设施|设备)?")

_POLLUTANTS = r"(?:重点|主要|排放的|新增|总量|水|大气|废气|重金属|污染物|排放|指标|控制)*"
_REPLACE = re.compile(
    rf"(?:，)?(?:其)?(?:的)?(?P<front>{_POLLUTANTS})(?:一律|均|全部)?(?:应当|应|须|必须|要|需|需要)?(?:严格)?(?:执行|实行|实施|落实|进行)"
    rf"(?P<what>{_POLLUTANTS})(?:区域|区域内|本区域)?(?:的)?"
    r"(?P<kind>(?:等量|倍量|减量|\d+(?:\.\d+)?倍|[一二两三]倍|1:\d+(?:\.\d+)?)(?:或(?:等量|倍量|减量))?)(?:的)?(?:减量|削减)?(?:替代|置换|削减)(?:制度|要求|政策|措施|方案)?"
)
_OBTAIN = re.compile(
    r"(?:，)?(?:一律|均)?(?:应当|应|须|必须|需|需要|要)(?:依法|依规|按规定)*(?:取得|办理|开展|进行|通过|获得|编制|落实)(?:相应的)?"
)
_THEN = re.compile(r"(?:，)?(?:后)?(?:，)?(?:方可|才能|方能)(?:开工建设|建设|开工|投产|投入生产|实施|排污|排放污染物|动工)")
_EXISTING = re.compile(r"^(?:对)?(?:于)?(?:现有|已有|已建|既有|原有|现存|在产|已建成)")
_DUTY = re.compile(
    r"^(?:进一步|积极|大力|全面|持续|深入|着力|稳步|有序|切实|科学|合理|逐步|依法|重点)*"
    r"(?:鼓励|支持|引导|推进|推动|加强|加快|加大|强化|优化|完善|提高|提升|建立|健全|开展|推广|促进|深化|确保|做好|统筹|保障|培育|发展|巩固|改善|落实|节约|倡导|规划|整合|恢复|修复|保护|维护)"
)
_BAR_WORDS = re.compile(
    r"禁|不得|不准|不允许|不再|不予|不可|不宜|不新|严格控制|从严|严控|限制|控制|停止|淘汰|退出|关闭|关停|取缔|搬迁"
    r"|原则上|应|须|必须|需|方可|准入|不超过|不高于|不低于|总量|替代"
)
_REASONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"除.*外|除外|不适用|另有规定|特殊"), "带有例外，例外没有读懂或不能用项目属性表示"),
    (
        re.compile(r"不符合|未|达不到|不满足|不能满足|超标|超过|达标|不具备|低于|高于|无法|擅自|违法|违规|非法"),
        "带有条件（如“不符合…的”），要看具体情况",
    ),
    (
        re.compile(
            r"范围内|公里|千米|\d米|沿岸|岸线|岸边|以内|周边|周围|上游|下游|园区|开发区|保护区|红线|建成区|敏感|边界|距离"
            r"|区域内|河段|两侧|集中区|以外|单元外|库区|流域|湖泊|基本农田|空间"
        ),
        "条文里另有空间限定，单看单元不能判断",
    ),
    (
        re.compile(
            r"《|》|目录|名录|指南|附件|附表|按照|依据|根据|参照|依照|要求的|规定的|上述|前款|前述|有关规定|相关规定|相关要求|标准|规划"
        ),
        "引用了别的文件或条款，要对照原文",
    ),
    (re.compile(r"等(?!量)"), "“等”字后面还有没列明的"),
)


@dataclass(frozen=True, slots=True)
class _Object:
    condition: Table | None  # None: any project
    codes: tuple[str, ...]
    word: str
    note: str = ""
    outlet: bool = False
    anything: bool = False
    category: bool = False
    capacity: bool = False
    fuels_only: bool = False


@dataclass(frozen=True, slots=True)
class _Group:
    """Natures and the projects that they go with: “新建造纸、扩建化工” has two."""

    natures: tuple[str, ...]
    nature_words: tuple[str, ...]
    objects: tuple[_Object, ...]


@dataclass(frozen=True, slots=True)
class _Bar:
    """One bar that was read to its end."""

    outcome: Verdict
    word: str
    groups: tuple[_Group, ...]
    exceptions: tuple[tuple[Table, str], ...] = ()
    extra: str = ""
    narrowing: Table | None = None


class _Unread(Exception):
    """The text at hand is not of this form."""


class _Reader:
    """Reads one sentence from left to right; every method moves ``at`` past what it understood."""

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.text = text
        self.at = 0
        self.lexicon = lexicon

    # ---- small steps

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found is None or found.end() == self.at:
            return None
        self.at = found.end()
        return found

    def skip(self, mark: str) -> bool:
        if self.text.startswith(mark, self.at):
            self.at += len(mark)
            return True
        return False

    @property
    def done(self) -> bool:
        return self.at >= len(self.text)

    # ---- parts

    def natures(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """“新建、扩建（含搬迁）”: what they are, and the words."""
        found: list[str] = []
        words: list[str] = []
        while True:
            back = self.at
            if words:
                joined = _NATURE_JOIN.match(self.text, self.at)
                self.at = joined.end() if joined else self.at
            match = self.take(self.lexicon.nature_pattern)
            if match is None:
                self.at = back
                break
            found += self.lexicon.natures[match.group()]
            words.append(match.group())
        if words:
            self.skip("的")
        return tuple(dict.fromkeys(found)), tuple(words)

    def object(self) -> _Object | None:
        back = self.at
        self.take(_QUANTIFIER)
        boiler = self.boiler()
        if boiler is not None:
            return boiler
        match = self.take(self.lexicon.term_pattern)
        if match is None:
            self.at = back
            return None
        word = match.group()
        term: Term = self.lexicon.terms[word]
        capacity = False
        if not term.bare:
            if self.take(_CAPACITY):
                capacity = True
            else:
                self.take(_SUFFIX)
        condition = term.condition
        if condition is None and term.codes:
            condition = {"attribute": "industry_code", "prefix": list(term.codes)}
        return _Object(
            condition, term.codes, word, term.note, term.outlet, term.anything, term.category, capacity
        )

    def boiler(self) -> _Object | None:
        """“每小时35蒸吨及以下燃煤锅炉”; the size, the fuel, or both."""
        back = self.at
        size = _BOILER.match(self.text, self.at)
        self.at = size.end() if size else self.at
        fuels: list[str] = []
        words: list[str] = []
        while True:
            mark = self.at
            if words:
                self.take(_JOIN)
            match = self.take(self.lexicon.fuel_pattern)
            if match is None:
                self.at = mark
                break
            fuels += self.lexicon.fuels[match.group()]
            words.append(match.group())
        if self.take(_BOILER_END) is None:
            self.at = back
            return None
        parts: list[Table] = []
        if fuels:
            parts.append({"attribute": "fuels", "any_of": list(dict.fromkeys(fuels))})
        number = size["n"] if size else None
        if size is not None and number is not None:
            if size["unit"] in ("吨", "t", "T") and not (size["per"] or size["hour"]):
                raise _Unread
            test = _boiler_test(size["before"], size["cmp"])
            value = float(number)
            parts.append(
                {"attribute": "boiler_t_h", test: int(value) if value.is_integer() else value, "unit": "t/h"}
            )
        elif size is not None and size.group().strip("的"):
            raise _Unread
        if not fuels:  # a size alone, or “锅炉” alone: every boiler, electric ones too
            raise _Unread
        return _Object(_all(parts), (), self.text[back : self.at])

    def groups(self) -> tuple[_Group, ...]:
        """Natures and projects, to the end of the enumeration."""
        found: list[_Group] = []
        while True:
            back = self.at
            if found and self.take(_JOIN) is None and not self.skip("，"):
                break
            self.take(_QUANTIFIER)
            natures, words = self.natures()
            objects = self.enumeration(natures)
            if not objects:
                self.at = back
                break
            if found and not natures:
                raise _Unread  # cannot be: an enumeration takes all that it can
            found.append(_Group(natures, words, tuple(objects)))
        return tuple(found)

    def enumeration(self, natures: tuple[str, ...]) -> list[_Object]:
        objects: list[_Object] = []
        while True:
            back = self.at
            if objects and self.take(_JOIN) is None:
                break
            if objects and self.lexicon.nature_pattern.match(self.text, self.at):
                self.at = back
                break
            found = self.object()
            if found is None:
                self.at = back
                break
            objects.append(found)
        if objects and objects[-1].capacity:  # “新增钢铁、水泥产能”: the capacity of each
            objects = [replace(thing, capacity=not thing.outlet and not thing.anything) for thing in objects]
        if objects and self.text.startswith("等", self.at) and not self.text.startswith(("等量",), self.at):
            self.closing(objects)
        return objects

    def closing(self, objects: list[_Object]) -> None:
        """“等” after a list: read only where it is counted, or where a class that can be tested closes it."""
        counted = _COUNTED.match(self.text, self.at)
        if counted and _number(counted.group(1)) == len(objects):
            self.at = counted.end()
            self.take(_SUFFIX)
            return
        self.skip("等")
        last = self.object()
        if last is None or not last.category:
            raise _Unread
        objects.append(replace(last, note="；".join(filter(None, (last.note, "“等”之前列出的和这一类都计入")))))

    def exception(self) -> list[tuple[Table, str]]:
        """What stands between “除” and “外”, or before “除外”."""
        found: list[tuple[Table, str]] = []
        while True:
            back = self.at
            if found and self.take(_JOIN) is None:
                break
            match = self.take(self.lexicon.exception_pattern)
            if match is not None:
                found.append((match.group(), match.group()))  # type: ignore[arg-type]
                continue
            thing = self.object()
            if thing is None or thing.anything or thing.outlet or thing.condition is None:
                self.at = back
                break
            found.append((thing.condition, thing.word))
        return found

    def operative(self) -> tuple[Verdict, str] | None:
        for outcome, pattern in _OPERATIVES:
            match = self.take(pattern)
            if match:
                return outcome, match.group()
        return None


def _boiler_test(before: str | None, after: str | None) -> str:
    # 民法典 1259: 以上、以下 take the number in; 不满、超过 do not
    if before:
        if after:
            raise _Unread
        return "at_most" if before in ("不超过", "不大于") else "less_than"
    if after is None:
        raise _Unread
    return "at_least" if "上" in after else "at_most"


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    return {"两": 2, "十": 10}.get(text, "零一二三四五六七八九".find(text))


def _all(parts: Sequence[Table]) -> Table:
    flat: list[Table] = []
    for part in parts:
        for inner in part["all"] if set(part) == {"all"} else [part]:
            if inner not in flat:
                flat.append(inner)
    return flat[0] if len(flat) == 1 else {"all": flat}


def _any(parts: Sequence[Table]) -> Table:
    unique: list[Table] = []
    for part in parts:
        if part not in unique:
            unique.append(part)
    return unique[0] if len(unique) == 1 else {"any": unique}


# ---------------------------------------------------------------------------------------------------- sentences


def _sentence(text: str, lexicon: Lexicon) -> list[_Bar]:
    """All bars of one sentence.

    Raises:
        _Unread: Anything in it was not understood.
    """
    reader = _Reader(text, lexicon)
    bars: list[_Bar] = []
    while not reader.done:
        if bars and not reader.skip("，"):
            raise _Unread
        bars.append(_statement(reader))
    if not bars:
        raise _Unread
    return bars


def _statement(reader: _Reader) -> _Bar:
    lexicon = reader.lexicon
    exceptions: list[tuple[Table, str]] = []
    reader.take(_HERE)
    if reader.skip("除"):
        exceptions += _exception_to(reader, ("以外，", "之外，", "外，", "以外", "之外", "外"))
        reader.take(_HERE)
    operative = reader.operative()
    if operative is not None:
        outcome, word = operative
        reader.take(_HERE)
        groups = reader.groups()
        if not groups:
            raise _Unread
        if len(groups) == 1 and not groups[0].natures:
            reader.skip("的")
            natures, words = reader.natures()
            if natures:
                groups = (_Group(natures, words, groups[0].objects),)
        reader.take(_AFTER_BAR)
        exceptions += _trailing(reader, groups)
        return _checked(outcome, word, groups, exceptions, lexicon)
    reader.skip("对于")
    reader.skip("对")
    reader.take(_HERE)
    groups = reader.groups()
    if not groups:
        raise _Unread
    mark = reader.at
    reader.skip("，")
    operative = reader.operative()
    if operative is not None:
        outcome, word = operative
        natures, words = reader.natures()
        if natures:
            if len(groups) != 1 or groups[0].natures:
                raise _Unread
            groups = (_Group(natures, words, groups[0].objects),)
        reader.take(_AFTER_BAR)
        exceptions += _trailing(reader, groups)
        return _checked(outcome, word, groups, exceptions, lexicon)
    reader.at = mark
    replaced = reader.take(_REPLACE)
    if replaced is not None:
        return _replacement(replaced, groups, exceptions, lexicon)
    obtain = reader.take(_OBTAIN)
    if obtain is not None:
        papers: list[str] = []
        while True:
            if papers and reader.take(_JOIN) is None:
                break
            paper = reader.take(lexicon.paper_pattern)
            if paper is None:
                raise _Unread
            papers.append(paper.group())
        reader.take(_THEN)
        return _checked(Verdict.CONDITIONAL, obtain.group().strip("，"), groups, exceptions, lexicon, "须有：" + "、".join(papers))
    raise _Unread


def _exception_to(reader: _Reader, ends: Iterable[str]) -> list[tuple[Table, str]]:
    found = reader.exception()
    if not found:
        raise _Unread
    reader.take(_SUFFIX)
    if not any(reader.skip(end) for end in ends):
        raise _Unread
    return found


def _trailing(reader: _Reader, groups: tuple[_Group, ...]) -> list[tuple[Table, str]]:
    """“（热电联产除外）”, “，国家重大项目除外”, “（除热电联产外）”."""
    mark = reader.at
    bracket = reader.skip("（")
    if not bracket and not reader.skip("，"):
        return []
    reader.skip("但")
    leading = reader.skip("除")
    found = reader.exception()
    if not found:
        reader.at = mark
        return []
    reader.take(_SUFFIX)
    ends = ("以外", "之外", "外") if leading else ("的除外", "除外")
    if not any(reader.skip(end) for end in ends):
        reader.at = mark
        return []
    if bracket and (not reader.skip("）") or sum(len(group.objects) for group in groups) > 1):
        raise _Unread  # in brackets after several projects: of all of them, or of the last?
    return found


def _checked(
    outcome: Verdict,
    word: str,
    groups: tuple[_Group, ...],
    exceptions: list[tuple[Table, str]],
    lexicon: Lexicon,
    extra: str = "",
) -> _Bar:
    settled: list[tuple[Table, str]] = []
    for condition, name in exceptions:
        if isinstance(condition, str):
            way_out = lexicon.exceptions[condition]
            if way_out.only_with and not all(
                (thing.condition or {}).get("attribute") == way_out.only_with for group in groups for thing in group.objects
            ):
                raise _Unread
            condition = way_out.condition
        settled.append((condition, name))
    for group in groups:
        for thing in group.objects:
            if thing.anything and (not group.natures or len(group.objects) > 1):
                raise _Unread  # “禁止项目” alone would bar everything: somebody must look
            if thing.capacity and "new" not in group.natures:
                raise _Unread  # “限制水泥产能” speaks of plants that stand, too
            if thing.outlet and not set(group.natures) <= set(_OUTLET):
                raise _Unread
    return _Bar(outcome, word, groups, tuple(settled), extra)


def _replacement(
    found: re.Match[str], groups: tuple[_Group, ...], exceptions: list[tuple[Table, str]], lexicon: Lexicon
) -> _Bar:
    what = re.sub(r"排放的|排放|总量|指标|控制|新增|主要|重点", "", found["front"] + found["what"])
    narrowing: Table
    if what == "重金属污染物" or what == "重金属":
        narrowing = lexicon.terms["涉重金属"].condition or {}
    elif what in ("大气污染物", "废气污染物"):
        narrowing = {"attribute": "emits_air", "is": True}
    elif what == "水污染物":
        narrowing = {"attribute": "wastewater", "in": ["indirect", "direct"]}
    elif what in ("", "污染物"):
        narrowing = {"attribute": "discharges_pollutants", "is": True} if what else {}
    else:
        raise _Unread
    bar = _checked(Verdict.CONDITIONAL, found.group().lstrip("，"), groups, exceptions, lexicon, f"须有：{found['kind']}替代的来源")
    return replace(bar, narrowing=narrowing or None)


# ---------------------------------------------------------------------------------------------------- conditions


def _condition(bar: _Bar) -> Table:
    choices: list[Table] = []
    for group in bar.groups:
        outlets = [thing for thing in group.objects if thing.outlet]
        if outlets:
            choices.append({"attribute": "new_outlet", "in": _outlet_values(group.natures)})
        growing = [thing for thing in group.objects if thing.capacity and "new" in group.natures]
        others = [thing for thing in group.objects if thing not in outlets and thing not in growing]
        for things, asked in (
            (growing, {"attribute": "adds_capacity", "is": True}),
            (others, nature_condition(group.natures)),
        ):
            if things:
                parts = [part for part in (asked, _kinds(things)) if part]
                choices.append(_all(parts) if parts else {"always": True})
    condition = _any(choices)
    if bar.narrowing:
        condition = bar.narrowing if condition == {"always": True} else _all([condition, bar.narrowing])
    if bar.exceptions:
        ways_out = _any([table for table, _ in bar.exceptions])
        condition = _all([condition, {"not": ways_out}])
    return condition


def _kinds(things: Sequence[_Object]) -> Table | None:
    """What kind of project it must be: one of these; ``None`` for any."""
    codes: list[str] = []
    kinds: list[Table] = []
    for thing in things:
        if thing.condition is None:
            return None
        if thing.condition.get("attribute") == "industry_code" and "prefix" in thing.condition:
            codes += thing.condition["prefix"]
        else:
            kinds.append(thing.condition)
    if codes:
        kinds.insert(0, {"attribute": "industry_code", "prefix": list(dict.fromkeys(codes))})
    return _any(kinds)


def nature_condition(natures: tuple[str, ...]) -> Table | None:
    """What a project's ``nature`` must be where a clause names these kinds; ``None`` where it names none."""
    if not natures:
        return None
    wanted = set(natures)
    if "new" in wanted:
        wanted.add("relocation")  # 环评报告表的“建设性质”把迁建并在新建一栏：“新建（迁建）”
    plain_test: Table = {"attribute": "nature", "in": [nature for nature in _NATURE_ORDER if nature in wanted]}
    if "expansion" in wanted and "upgrade" not in wanted:
        more = {"all": [{"attribute": "nature", "in": ["upgrade"]}, {"attribute": "adds_capacity", "is": True}]}
        return {"any": [plain_test, more]}
    return plain_test


# ---------------------------------------------------------------------------------------------------- clauses


def read_clause(part: Part, lexicon: Lexicon | None = None) -> Reading:
    """Read one clause.

    Args:
        part: The clause with the headings over it.
        lexicon: Defaults to the one that comes with the program.
    """
    lexicon = lexicon or load_lexicon()
    text = plain(part.own)
    if part.items:
        items = [plain(item).rstrip("。；，、") for item in part.items]
        text = plain(part.own) + "、".join(items)
    if not text.strip("。；：，、.;:,"):
        return manual("只有编号或标点，没有内容")
    if is_neutral(text):
        return manual("只是标题，下面没有条文")
    text = _without_label(text)
    limiting = [heading for heading in part.headings if not is_neutral(heading)]
    sentences = [sentence for sentence in re.split(r"[。；]", text) if sentence.strip("，、：:")]
    bars: list[_Bar] = []
    unread: list[str] = []
    for sentence in sentences:
        try:
            bars += _sentence(_listed(sentence), lexicon)
        except _Unread:
            unread.append(sentence)
    if not unread and bars and not limiting:
        if len({bar.outcome for bar in bars}) > 1:
            found = "；".join(_bar_words(bar) for bar in bars)
            return manual(f"一条之内有几种结论，须由人分开：{found}")
        if len(bars) > 1 and any(bar.exceptions for bar in bars):
            return manual("一条之内有几句话又带例外，例外管到哪一句须由人判断")
        return _read(bars)
    return manual(*_why(sentences, unread, bars, limiting))


def _listed(sentence: str) -> str:
    """“禁止新建下列项目：化工、造纸” as “禁止新建化工、造纸”."""
    listing = r"(?:以下|下列|如下)(?:几类|各类|类别|行业|建设|工业)*(?:的)?(?:项目|企业|行业|活动)?(?:：|包括：)"
    return re.sub(listing, "", sentence, count=1)


def _without_label(text: str) -> str:
    """The clause without a tag or a heading in front: “【产业/禁止类】禁止…”, “禁止类：禁止…”."""
    while True:
        tag = re.match(r"【[^】]*】|(?:禁止|限制|鼓励|允许|退出|淘汰|综合|其他)(?:准入|开发)?类：", text)
        if tag is None or not is_neutral(tag.group()):
            return text
        text = text[tag.end() :]


def _read(bars: list[_Bar]) -> Reading:
    natures = tuple(dict.fromkeys(nature for bar in bars for group in bar.groups for nature in group.natures))
    codes = tuple(
        dict.fromkeys(code for bar in bars for group in bar.groups for thing in group.objects for code in thing.codes)
    )
    condition = _any([_condition(bar) for bar in bars])
    words = "；".join(_bar_words(bar) for bar in bars)
    for nature, other, remark in (("new", "relocation", "迁建按新建看"), ("expansion", "upgrade", "新增产能的技改按扩建看")):
        if any(nature in group.natures and other not in group.natures for bar in bars for group in bar.groups if _uses_nature(group)):
            words += f"；{remark}"
    words += f"；条件：{condition_words(condition)}"
    return Reading(
        "machine_read",
        bars[0].outcome,
        condition,
        tuple(nature for nature in _NATURE_ORDER if nature in natures),
        codes,
        words,
    )


def _uses_nature(group: _Group) -> bool:
    return any(not thing.outlet and not thing.capacity for thing in group.objects)


def _bar_words(bar: _Bar) -> str:
    pieces = [f"结论“{OUTCOME_WORDS[bar.outcome]}”读自“{bar.word}”"]
    for group in bar.groups:
        if group.nature_words:
            read_as = "建设性质" if _uses_nature(group) else "新增产能" if any(thing.capacity for thing in group.objects) else "设置方式"
            pieces.append(f"{read_as}读自“{'、'.join(group.nature_words)}”")
        for thing in group.objects:
            piece = f"“{thing.word}”"
            if thing.outlet:
                piece += f"读作入河排污口的{_outlet_words(group.natures)}"
            elif thing.anything or thing.condition is None:
                piece += "读作任何项目"
            elif "prefix" in thing.condition:
                piece += f"读作行业 {'、'.join(thing.codes)}"
            else:
                piece += f"读作{condition_words(thing.condition)}"
                if thing.codes:
                    piece += f"（行业代码供参考：{'、'.join(thing.codes)}）"
            if thing.capacity:
                piece += "的新增产能"
            if thing.note:
                piece += f"（{thing.note}）"
            pieces.append(piece)
    if bar.narrowing:
        pieces.append(f"限于{condition_words(bar.narrowing)}")
    for table, name in bar.exceptions:
        pieces.append(f"例外“{name}”读作{condition_words(table)}")
    if bar.extra:
        pieces.append(bar.extra)
    return "，".join(pieces)


def _outlet_words(natures: Sequence[str]) -> str:
    """What is done to an outlet, as its condition asks: “新设”, “新设或扩大”, “新设、改设或扩大”."""
    choices = ATTRIBUTES["new_outlet"].choices
    *front, last = [choices[word][0] for word in _outlet_values(natures)]
    return f"{'、'.join(front)}或{last}" if front else last


def _outlet_values(natures: Sequence[str]) -> list[str]:
    wanted = {_OUTLET[nature] for nature in natures} or set(_OUTLET_ORDER)
    return [word for word in _OUTLET_ORDER if word in wanted]


_TESTS = {
    "is": "为{value}", "in": "为{value}", "any_of": "含{value}", "none_of": "不含{value}", "prefix": "以 {value} 开头",
    "at_most": "≤{value}", "less_than": "＜{value}", "at_least": "≥{value}", "more_than": "＞{value}",
}  # fmt: skip


def condition_words(table: Table) -> str:
    """A condition's table in Chinese, all of it, for what is kept in the pack: never in another language."""
    if "always" in table:
        return "任何项目"
    if "all" in table:
        return "且".join(_inner(part) for part in table["all"])
    if "any" in table:
        return "或".join(_inner(part) for part in table["any"])
    if "not" in table:
        return f"不是（{condition_words(table['not'])}）"
    if "attribute" not in table:
        return "图上的条件（见规则包）"  # no clause is read so; a pack edited by hand can hold it
    name = str(table["attribute"])
    kind = ATTRIBUTES.get(name)
    label = kind.zh if kind else name
    if label.startswith("是否"):
        label = f"“{label}”"
    test, value = next((key, value) for key, value in table.items() if key not in ("attribute", "unit"))
    values = value if isinstance(value, list | tuple) else [value]
    shown = "/".join(_value_words(name, item) for item in values)
    unit = f" {table['unit']}" if table.get("unit") else ""
    return label + _TESTS[test].format(value=shown) + unit


def _inner(part: Table) -> str:
    return f"（{condition_words(part)}）" if "all" in part or "any" in part else condition_words(part)


def _value_words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    kind = ATTRIBUTES.get(name)
    return kind.choices[value][0] if kind and value in kind.choices else str(value)


def _why(
    sentences: list[str], unread: list[str], bars: list[_Bar], limiting: list[str]
) -> tuple[str, Verdict | None]:
    """Why a person must read it; and ``advisory`` for a clause that only sets a task and bars nothing."""
    known = "；".join(_bar_words(bar) for bar in bars)
    also = f"；已认出：{known}" if known else ""
    if limiting:
        heading = "”“".join(re.sub(r"\s+", "", item) for item in limiting)
        return f"上文“{heading}”限定了这一条，须连同上文由人判断{also}", None
    if not bars and all(_DUTY.match(sentence) and not _BAR_WORDS.search(sentence) for sentence in sentences):
        return "是工作要求或鼓励方向，没有读到对项目准入的禁止或限制", Verdict.ADVISORY
    if not bars and all(_EXISTING.match(sentence) for sentence in sentences):
        return "是对现有企业或项目的要求，不是对新项目的禁止；技改、扩建项目须由人对照", None
    if _EXISTING.match(unread[0] if unread else ""):
        return f"其中“{unread[0]}”是对现有企业或项目的要求，须由人对照{also}", None
    rest = "；".join(unread)
    for pattern, reason in _REASONS:
        found = pattern.search(rest)
        if found:
            return f"{reason}（“{found.group()}”）{also}", None
    if re.search(r"禁止|严禁|不得|不准|不再|不予|限制|严格控制|原则上", rest):
        return f"有禁止或限制的话，但有的词不在词表里，没有读全{also}", None
    return f"不是认得的句式，须由人判断{also}", None

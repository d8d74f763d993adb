"""Every attribute of a project that a rule may ask for, as the form shows it; the rules' own table is the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gui.words import aside, listed
from rules.attributes import ATTRIBUTES
from rules.attributes import GROUPS as _GROUPS
from sanxian.i18n import N_, _, pick

_LIMITED = (
    N_("0 不属于"), N_("1 管护、科研、监测、防灾、国防等"), N_("2 原住居民等既有规模内的生产生活"),
    N_("3 考古、化石、标本和文物保护"), N_("4 人工商品林抚育采伐、树种更新、竹林经营"), N_("5 适度参观旅游及必要公共设施"),
    N_("6 无法避让的线性基础设施、防洪、供水、航运"), N_("7 地质调查与矿产勘查开采"), N_("8 生态修复"),
    N_("9 边境通视道清理、界务工程"), N_("10 法律法规允许的其他人为活动"),
)
_HINTS = {
    "industry_code": N_("按名称或代码查找 GB/T 4754-2017，多个用 ; 分隔"),
    "is_chemical": N_("留作未知时按行业代码推定，结论中注明"),
    "documents": N_("多个用 ; 分隔"),
    "is_two_high": N_("高耗能、高排放项目"),
    "is_public_welfare": N_("防洪、河道治理、供水、生态、航运、国家基础设施"),
    "accuracy_m": N_("用地边界的平面精度，用于判断是否临界"),
}


@dataclass(frozen=True)
class ProjectField:
    """One attribute.

    Attributes:
        kind: ``bool`` (yes, no, unknown), ``choice``, ``choices`` (several, with ``none`` alone), ``number``,
            ``codes`` (industries), ``texts`` (several free words) or ``text``.
        choices: Value and its words in both languages, in order; unknown is not among them, the form adds it.
    """

    name: str
    group: str
    kind: str
    words: Mapping[str, str]
    choices: tuple[tuple[Any, Mapping[str, str]], ...] = ()
    unit: str = ""

    @property
    def label(self) -> str:
        """Its name in the language of the moment, short enough for a form."""
        text = pick(self.words)
        text = text.removeprefix("是否") if self.kind == "bool" else text.split("（")[0].split(" (")[0]
        return text + aside(self.unit) if self.unit else text

    @property
    def hint(self) -> str:
        """What a person should know to fill it in."""
        hint = _HINTS.get(self.name, "")
        return f"{pick(self.words)}\n{_(hint)}" if hint else pick(self.words)


def _field(name: str) -> ProjectField:
    kind = ATTRIBUTES[name]
    choices: tuple[tuple[Any, Mapping[str, str]], ...] = tuple(
        (value, {"zh": words[0], "en": words[1]}) for value, words in kind.choices.items()
    )
    shape = kind.kind
    if name == "limited_activity":
        shape = "choice"
        choices = tuple((float(number), {"msgid": text}) for number, text in enumerate(_LIMITED))
    return ProjectField(name, kind.group, shape, {"zh": kind.zh, "en": kind.en}, choices, kind.unit)


FIELDS: tuple[ProjectField, ...] = tuple(_field(name) for name in ATTRIBUTES)
GROUPS: Mapping[str, Mapping[str, str]] = {key: {"zh": zh, "en": en} for key, (zh, en) in _GROUPS.items()}
BY_NAME: Mapping[str, ProjectField] = {field.name: field for field in FIELDS}


def choice_words(words: Mapping[str, str]) -> str:
    """The words of a choice in the language of the moment."""
    return _(words["msgid"]) if "msgid" in words else pick(words)


def shown(name: str, value: Any) -> str:
    """A value of an attribute in words; "unknown" where there is none."""
    if value is None:
        return _("未知")
    field = BY_NAME.get(name)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, (tuple, list, set, frozenset)):
        return listed(shown(name, item) for item in value)
    for key, words in field.choices if field is not None else ():
        if key == value or str(key) == str(value):
            return choice_words(words)
    return f"{value:g}" if isinstance(value, float) else str(value)

"""What an audit found: one line each, with candidates where the answer is a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sanxian.i18n import N_, _

KINDS: Mapping[str, str] = {
    "duplicate-code": N_("编码重复"),
    "duplicate-place": N_("疑似重复"),
    "no-code": N_("无国家编码"),
    "code-pattern": N_("编码样式不合"),
    "code-basin": N_("编码流域字母不识"),
    "code-county": N_("编码区县不识"),
    "code-kind": N_("编码类型字母不识"),
    "code-class": N_("编码与分类不配"),
    "code-serial": N_("编码顺序号为零"),
    "code-looks-local": N_("疑为地方编码"),
    "kind-unknown": N_("一级分类不识"),
    "subkind-unknown": N_("二级分类不识"),
    "subkind-elsewhere": N_("二级分类不属一级"),
    "name-pattern": N_("名称不合规则"),
    "unreadable": N_("不能识别的内容"),
    "no-responsible": N_("无责任主体"),
    "dates-out-of-order": N_("日期先后颠倒"),
    "accepted-not-done": N_("未完成而销号"),
    "step-missing": N_("缺少环节记录"),
    "overdue": N_("整治逾期"),
    "closed-still-fed": N_("已关仍有来水"),
    "closed-still-discharging": N_("已关仍在排水"),
    "no-place": N_("没有点位坐标"),
    "off-bank": N_("不在岸上"),
    "wrong-river": N_("河流不符"),
    "gcj02-suspected": N_("疑为 GCJ-02 坐标"),
    "other-county": N_("区县不符"),
    "county-differs": N_("区县栏与编码不一"),
    "several-places": N_("坐标互相矛盾"),
    "date-odd": N_("日期不可能"),
    "survey-unreadable": N_("排查记录不能识别"),
    "history-differs": N_("办理记录与台账不一"),
    "file-missing": N_("附件缺失"),
    "file-changed": N_("附件已变"),
    "file-empty": N_("附件是空文件"),
    "word-unknown": N_("取值不识"),
    "section-upstream": N_("断面在上游"),
    "section-unknown": N_("断面不在图层中"),
    "break": N_("链条断开"),
    "ambiguous-link": N_("去向不唯一"),
    "orphan": N_("孤立"),
    "cycle": N_("成环"),
    "reversed-link": N_("流向相反"),
    "not-checked": N_("未检查"),
    "no-register": N_("没有台账"),
    "outlet-exceeds": N_("排污口超标"),
    "section-exceeds": N_("断面不达标"),
    "section-worse": N_("断面类别下降"),
    "outlet-stale": N_("监测过久"),
    "outlet-unmeasured": N_("排污口无监测结果"),
    "section-open": N_("断面未能定论"),
    "section-stale": N_("断面结果过旧"),
    "section-unmeasured": N_("断面无监测结果"),
    "no-limit": N_("没有适用限值"),
}
SEVERITIES: Mapping[str, str] = {"error": N_("错误"), "warning": N_("警告"), "info": N_("附注")}


def kind_words(kind: str) -> str:
    """What a kind of finding is called; the identifier stays where none is known."""
    return _(KINDS[kind]) if kind in KINDS else kind


def severity_words(severity: str) -> str:
    """How grave, in a word."""
    return _(SEVERITIES[severity])


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should look at.

    Attributes:
        finding: What kind, such as ``duplicate-code``.
        severity: error, warning or info; info alone is nothing wrong.
        outlet: Id of the outlet, or of another thing in the chain; ``None`` for the whole.
        template: The sentence, Chinese, with ``params`` in it.
        candidates: What the answer may be, each with its distance; nothing was chosen.
    """

    finding: str
    severity: str
    outlet: str | None
    template: str
    params: Mapping[str, Any] = field(default_factory=dict)
    candidates: tuple[Mapping[str, Any], ...] = ()
    lonlat: tuple[float, float] | None = None

    @property
    def message(self) -> str:
        """The sentence in the language of the moment."""
        return _(self.template).format(**self.params)

    def to_dict(self) -> dict[str, Any]:
        """As the contract has it, and candidates where there are any."""
        found: dict[str, Any] = {
            "finding": self.finding, "severity": self.severity, "outlet": self.outlet, "message": self.message,
        }  # fmt: skip
        if self.candidates:
            found["candidates"] = [dict(item) for item in self.candidates]
        return found

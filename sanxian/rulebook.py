"""Rules in words: what the linter found, what a diff says, and the rule book ``docs/rules.md``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from rules.check import Finding, Vocabulary
from rules.conditions import All, Always, AnyOf, Attribute, Condition, InPlace, Not, Relation
from rules.diff import Change
from rules.model import Rule, RuleVersion
from rules.ruleset import RuleSet
from sanxian.i18n import N_, _, pick
from sanxian.messages import (
    _RELATIONS,
    _TESTS,
    BASELINES,
    CLAUSE_STATUS,
    CONFIDENCES,
    PARAMETERS,
    attribute_words,
    basis_words,
    dimension_words,
    distance_words,
    filter_words,
    force_words,
    param_word,
    role_words,
    short_verdict,
    value_words,
    verdict_words,
)

FINDINGS: Mapping[str, str] = {
    "not-loadable": N_("不能读取"),
    "id-taken": N_("规则 id 已被程序自带的规则使用，请换一个"),
    "document-unknown": N_("所依据的文件“{document}”未登记"),
    "document-not-in-force": N_("{version} 起的版本在 {day} 没有任何现行依据（{document}）"),
    "document-repealed": N_("{version} 起的版本所依据的“{document}”在 {day} 后已废止，而规则仍在施行"),
    "successor-unknown": N_("注明由“{successor}”废止，但该文件未登记"),
    "repealed-without-day": N_("注明由“{successor}”废止，但没有失效日"),
    "in-force-before-issue": N_("施行日 {from} 早于公布日 {issued}"),
    "verified-in-future": N_("核验日期 {day} 在今天之后"),
    "verification-stale": N_("上次核验在 {day}，已超过一年"),
    "low-confidence-prohibition": N_("把握程度为“低”的规则不应给出禁止"),
    "plan-without-end": N_("规划类规则没有写明规划期末（in_force_until）"),
    "attribute-unknown": N_("不认识的项目属性“{attribute}”"),
    "test-unfit": N_("属性“{attribute}”不能用 {test} 比较"),
    "value-unknown": N_("属性“{attribute}”没有“{value}”这个取值"),
    "unit-unfit": N_("属性“{attribute}”的单位应为 {wanted}，而不是 {unit}"),
    "industry-unknown": N_("GB/T 4754-2017 中没有代码“{code}”"),
    "layer-unknown": N_("不认识的图层角色“{layer}”"),
    "field-unknown": N_("图层“{layer}”没有属性“{field}”"),
    "field-value-unknown": N_("图层“{layer}”的属性“{field}”没有“{value}”这个取值"),
    "dead-rule": N_("条件自相矛盾，永远不会成立"),
    "special-duplicate": N_("例外或情形“{special}”重复"),
    "exception-without-proof": N_("例外“{special}”没有写明需要的证明"),
    "special-never-reached": N_("例外或情形“{special}”永远轮不到"),
    "exception-without-default": N_("例外已涵盖所有情形，规则本身的结论永远轮不到"),
    "unit-code-malformed": N_("管控单元编码格式不对"),
    "unit-class-mismatch": N_("编码中的类别位 {digit} 与类别“{category}”不符"),
    "unit-without-clause": N_("该单元没有任何条款"),
    "clause-without-text": N_("条款没有文字"),
    "contradiction": N_("与“{other}”矛盾：同一项目 {project} 一处为 {outcome}，一处为 {other_outcome}"),
    "threshold-overlap": N_("与“{other}”的数值区间重叠：项目 {project} 一处为 {outcome}，一处为 {other_outcome}"),
}
CHANGES: Mapping[str, str] = {
    "added": N_("新增"),
    "removed": N_("删除"),
    "tightened": N_("趋严"),
    "loosened": N_("放宽"),
    "reworded": N_("改写"),
    "re-dated": N_("日期变更"),
    "re-based": N_("依据变更"),
    "changed": N_("有改动"),
}
PARTS: Mapping[str, str] = {
    "rule": N_("规则"),
    "clause": N_("条款"),
    "list": N_("准入清单"),
    "list_unit": N_("管控单元"),
    "version": N_("版本"),
    "title": N_("标题"),
    "force": N_("效力"),
    "dimension": N_("维度"),
    "place": N_("适用地区"),
    "period": N_("施行期间"),
    "outcome": N_("结论"),
    "spatial": N_("空间条件"),
    "project": N_("项目条件"),
    "exception": N_("例外"),
    "branch": N_("情形"),
    "basis": N_("依据"),
    "note": N_("说明与所需文件"),
    "verified_on": N_("核验日期"),
    "confidence": N_("把握程度"),
    "status": N_("核定状态"),
}


def vocabulary() -> Vocabulary:
    """What rule packs may speak of: this program's layer roles and the published industry codes."""
    from layers.codelist import industries
    from layers.schema import ROLES
    from rules.industry import digits

    return Vocabulary(
        {
            name: {field.name: tuple(field.choices) if field.kind != "text" else () for field in role.fields}
            for name, role in ROLES.items()
        },
        frozenset(digits(code) for code in industries()),
    )


def finding_words(finding: Finding) -> str:
    """One fault in words, with its place."""
    values = {
        key: _("、").join(f"{name}={value}" for name, value in item.items()) or _("（任意）") if isinstance(item, Mapping) else item
        for key, item in finding.values.items()
    }
    if "template" in values:
        template = _(str(values.pop("template")))
        text = template.format(**{name: param_word(name, value) for name, value in values.items()})
    else:
        text = _(FINDINGS[finding.code]).format(**values)
    level = _("错误") if finding.severity == "error" else _("警告")
    where = _("（{words}）").format(words=finding.where) if finding.where and finding.where != finding.subject else ""
    return _("{name}：{words}").format(name=f"[{level}] {finding.subject}{where}", words=text)


def change_words(change: Change) -> str:
    """One difference in words."""
    values = change.values
    text = f"{_(CHANGES[change.kind])} · {change.subject} · {_(PARTS[change.what])}"
    if "old" in values:
        text += _("：") + f"{_plain(values['old'])} → {_plain(values['new'])}"
    for key in ("title", "text", "day", "exception"):
        if key in values:
            text += _("：") + _plain(values[key])
    return text


def list_changes(old: RuleSet, new: RuleSet) -> list[Change]:
    """What changed between the access lists of two sets, clause by clause.

    Lists with the same key belong together; where each set holds one list, these two do.
    """
    from sanxian.access_list.diff import diff_lists

    before, after = ({item.key: item for item in part.access_lists} for part in (old, new))
    pairs = [(before[key], after[key]) for key in sorted(before.keys() & after.keys())]
    lone_old, lone_new = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
    if len(lone_old) == 1 and len(lone_new) == 1:
        pairs.append((before[lone_old.pop()], after[lone_new.pop()]))
    found = [Change("removed", key, "list", {"title": dict(before[key].title)}) for key in lone_old]
    found += [Change("added", key, "list", {"title": dict(after[key].title)}) for key in lone_new]
    for one, other in pairs:
        compared = diff_lists(one, other)
        for kind, codes in (("added", compared.units_added), ("removed", compared.units_removed), ("changed", compared.units_changed)):
            found += [Change(kind, code, "list_unit") for code in codes]
        for change in compared.changes:
            clause = change.new or change.old
            assert clause is not None
            kind = "changed" if change.kind == "reread" else change.kind
            if change.old is None or change.new is None:
                found.append(Change(kind, clause.id, "clause", {"text": clause.text}))
            elif change.old.text != change.new.text:
                found.append(Change(kind, clause.id, "clause", {"old": change.old.text, "new": change.new.text}))
            else:
                same = change.old.outcome is change.new.outcome
                old_value = change.old.status if same else str(change.old.outcome or change.old.status)
                new_value = change.new.status if same else str(change.new.outcome or change.new.status)
                found.append(Change(kind, clause.id, "clause", {"old": old_value, "new": new_value, "text": clause.text}))
    return found


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return pick(value)
    if isinstance(value, list | tuple):
        return _("、").join(_plain(item) if item is not None else _("至今") for item in value)
    if value == "absent":
        return _("未施行")
    if str(value) in CLAUSE_STATUS:
        return _(CLAUSE_STATUS[str(value)])
    try:
        return short_verdict(str(value))
    except KeyError:
        return str(value)


def condition_words(condition: Condition) -> str:
    """A condition as a sentence."""
    match condition:
        case Always():
            return _("总是成立")
        case All(parts):
            return _("且").join(_bracketed(part) for part in parts)
        case AnyOf(parts):
            return _("或").join(_bracketed(part) for part in parts)
        case Not(part):
            return _("不是（{part}）").format(part=condition_words(part))
        case Attribute(name, test, value, unit):
            wanted = value_words(name, value)
            if unit and unit not in wanted:
                wanted += f" {unit}"
            return _(_TESTS[test]).format(name=attribute_words(name), wanted=wanted)
        case InPlace(codes):
            return _("在行政区 {codes} 内").format(codes=_("、").join(codes))
        case Relation():
            inner = _("；").join(filter_words(condition.layer, name, wanted) for name, wanted in condition.where.items())
            if condition.distance_m is not None:
                distance = distance_words(condition.distance_m)
            else:
                name = condition.parameter or ""
                distance = _("使用者设定的距离（{name}）").format(name=_(PARAMETERS.get(name, name)))
            text = _(_RELATIONS[condition.relation]).format(
                layer=role_words(condition.layer),
                where=_("（{words}）").format(words=inner) if inner else "",
                distance=distance,
                share=condition.share or 0.0,
            )
            if condition.also_in is not None:
                text += _("，且同一部分也{other}").format(other=condition_words(condition.also_in).removeprefix(_("用地")))
            if condition.baseline:
                text += _("，量至{lines}").format(lines=_("、").join(_(BASELINES.get(line, line)) for line in condition.baseline))
            return text
    raise AssertionError(condition)


def _bracketed(part: Condition) -> str:
    text = condition_words(part)
    return _("（{words}）").format(words=text).strip() if isinstance(part, All | AnyOf) else text


def rule_book(rules: RuleSet, cases: Mapping[str, Iterable[Mapping[str, Any]]] | None = None) -> str:
    """Every rule with its words, basis, conditions and cases, as Markdown.

    Args:
        rules: Usually the built-in rules.
        cases: By rule id, the cases that its author wrote down, as in ``tests/rules/cases``.
    """
    lines = [
        "# " + _("规则手册"),
        "",
        _("本页由程序从规则数据生成，请勿手改。结论仅供初筛，以主管部门审查为准。"),
        "",
        _("规则集摘要 {sha}，共 {count} 条。").format(sha=rules.sha256[:16], count=len(rules.rules)),
        "",
    ]
    for rule in rules.rules:
        lines += _chapter(rule, rules, (cases or {}).get(rule.id, ()))
    return "\n".join(lines).rstrip() + "\n"


def _chapter(rule: Rule, rules: RuleSet, cases: Iterable[Mapping[str, Any]]) -> list[str]:
    place = pick(rule.place.name) if rule.place.name else _("全国")
    lines = [
        f"## `{rule.id}`",
        "",
        f"**{pick(rule.title)}**",
        "",
        f"- {dimension_words(rule.dimension)} · {force_words(rule.force)} · {place}",
    ]
    for version in rule.versions:
        lines += _version_lines(version, rules)
    listed = list(cases)
    if listed:
        lines += ["", _("案例："), ""]
        for case in listed:
            lines.append("- " + _("{name}：{words}").format(name=case["on"], words=case["name"]) + f" → {_plain(case['outcome'])}")
    return [*lines, ""]


def _version_lines(version: RuleVersion, rules: RuleSet) -> list[str]:
    until = version.in_force_until.isoformat() if version.in_force_until else _("至今")
    period = f"{version.in_force_from} — {until}"
    lines = ["", "### " + _("{name}：{words}").format(name=period, words=verdict_words(version.outcome)), ""]
    lines.append("- " + _("项目：{words}").format(words=condition_words(version.project)))
    lines.append("- " + _("位置：{words}").format(words=condition_words(version.spatial)))
    for kind, parts in ((_("例外"), version.exceptions), (_("情形"), version.branches)):
        for part in parts:
            needs = _("；").join(pick(item) for item in part.documents)
            proof = _("，须有：{needs}").format(needs=needs) if needs else ""
            line = _("{kind}：{title}（{when}）→ {outcome}").format(
                kind=kind, title=pick(part.title), when=condition_words(part.when), outcome=short_verdict(part.outcome)
            )
            lines.append(f"- {line}{proof}")
    for document in version.documents:
        lines.append("- " + _("所需文件：{words}").format(words=pick(document)))
    for basis in version.basis:
        lines.append("- " + _("依据：{basis}").format(basis=basis_words(basis, rules.documents)))
    if version.note:
        lines.append("- " + _("说明：{words}").format(words=pick(version.note)))
    verified = _("核验日期 {day}").format(day=version.verified_on)
    sure = _("把握程度：{words}").format(words=_(CONFIDENCES[version.confidence]))
    return [*lines, f"- {verified} · {sure}"]


def findings_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as plain JSON values."""
    return [
        {
            "code": item.code, "severity": item.severity, "subject": item.subject, "where": item.where,
            "values": json.loads(json.dumps(dict(item.values), default=_iso, ensure_ascii=False)),
            "message": finding_words(item),
        }
        for item in findings
    ]  # fmt: skip


def _iso(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)



"""A rule, a document and a decision in words, as the rule manager shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from html import escape
from typing import Any

from gui import theme
from gui.models.rule_store import PackView, RuleView
from gui.words import LEVELS, together
from rules.model import Document, Rule, RuleVersion
from sanxian import messages
from sanxian.i18n import N_, _, pick
from sanxian.rulebook import condition_words

STATUS: Mapping[str, str] = {
    "in_force": N_("施行中"), "not_yet": N_("尚未施行"), "ended": N_("已失效"), "no_basis": N_("依据不在施行"),
}
MARKS = {"in_force": "●", "not_yet": "○", "ended": "×", "repealed": "×", "no_basis": "△"}
KINDS: Mapping[str, str] = {
    "builtin": N_("程序自带"), "workspace": N_("随工作区"), "folder": N_("规则包目录"),
}


def rule_status(rule: Rule, documents: Mapping[str, Document], day: date) -> str:
    """``in_force``, ``not_yet``, ``ended`` or ``no_basis`` (its documents are not in force) on a day."""
    version = rule.on(day)
    if version is None:
        return "not_yet" if any(day < one.in_force_from for one in rule.versions) else "ended"
    cited = [documents[one.document] for one in version.basis if one.document in documents]
    return "in_force" if any(one.status(day) == "in_force" for one in cited) else "no_basis"


def status_words(status: str) -> str:
    """A rule's status with its mark."""
    return f"{MARKS[status]} {_(STATUS[status])}"


def document_status_words(document: Document, day: date) -> str:
    """A document's status on a day with its mark."""
    status = document.status(day)
    return f"{MARKS[status]} {_(messages.DOCUMENT_STATUS[status])}"


def pack_words(view: PackView) -> str:
    """What a pack is called."""
    return _(KINDS["builtin"]) if view.kind == "builtin" else view.name


def place_words(rule: Rule) -> str:
    """Where a rule applies."""
    name = pick(rule.place.name) if rule.place.name else ""
    level = _(LEVELS.get(rule.place.level, rule.place.level))
    return " ".join(part for part in (level, name if name != level else "", *rule.place.codes) if part)


def period_words(start: date, until: date | None) -> str:
    """First and last day."""
    return f"{start.isoformat()} — {until.isoformat() if until else _('至今')}"


def haystack(view: RuleView, documents: Mapping[str, Document]) -> str:
    """Everything that a rule can be found by, in small letters."""
    rule = view.rule
    words = [rule.id, *rule.title.values(), place_words(rule)]
    for version in rule.versions:
        for basis in version.basis:
            document = documents.get(basis.document)
            words += [basis.document, basis.article, messages.article_words(basis.article)]
            words += [*document.title.values(), document.number, document.issuer] if document is not None else []
        words += [condition_words(version.project), condition_words(version.spatial), *version.note.values()]
        for part in (*version.exceptions, *version.branches):
            words += [part.id, *part.title.values()]
    return " ".join(words).casefold()


def rule_html(view: RuleView, documents: Mapping[str, Document], day: date) -> str:
    """One rule through time, every version with its conditions, ways out, basis and how sure it is."""
    rule = view.rule
    parts = [
        f"<h3 style='margin:0'>{escape(pick(rule.title))}</h3>",
        f"<p style='margin:2px 0 6px 0;color:{theme.muted()}'>{escape(rule.id)} · {escape(messages.dimension_words(rule.dimension))} · "
        f"{escape(messages.force_words(rule.force))} · {escape(place_words(rule))} · {escape(pack_words(view.source))}</p>",
        f"<p style='margin:0'><b>{escape(_('{day}：{status}').format(day=day, status=status_words(rule_status(rule, documents, day))))}"
        "</b></p>",
    ]
    for version in sorted(rule.versions, key=lambda one: one.in_force_from, reverse=True):
        parts.append(_version_html(version, documents, day))
    return "".join(parts)


def _version_html(version: RuleVersion, documents: Mapping[str, Document], day: date) -> str:
    now = version.covers(day)
    title = f"{period_words(version.in_force_from, version.in_force_until)}　{messages.marked_verdict(version.outcome)}"
    if now:
        title += "　" + _("（当日适用）")
    lines = [
        (N_("涉及的项目"), [condition_words(version.project)]),
        (N_("涉及的位置"), [condition_words(version.spatial)]),
        (N_("例外"), [_special(one) for one in version.exceptions]),
        (N_("特殊情形"), [_special(one) for one in version.branches]),
        (N_("所需文件"), [pick(one) for one in version.documents]),
        (N_("依据"), [_basis(one, documents, day) for one in version.basis]),
        (N_("说明"), [pick(version.note)] if version.note else []),
        (N_("核验"), [_("核验日期 {day}").format(day=version.verified_on) + " · "
                  + _("把握程度：{words}").format(words=_(messages.CONFIDENCES[version.confidence]))]),
    ]
    rows = "".join(
        f"<tr><td style='color:{theme.muted()};padding:1px 8px 1px 0;white-space:nowrap'>{escape(_(name))}</td>"
        f"<td>{'<br>'.join(escape(one) for one in said)}</td></tr>"
        for name, said in lines if said)
    border = theme.ink("fine" if now else "rule")
    return (f"<hr style='color:{border}'><p style='margin:4px 0 2px 0'><b>{escape(title)}</b></p>"
            f"<table cellspacing='0'>{rows}</table>")


def _special(part: Any) -> str:
    said = _("{title}（{when}）→ {outcome}").format(
        title=pick(part.title), when=condition_words(part.when), outcome=messages.marked_verdict(part.outcome))
    if part.documents:
        said += _("，须有：{needs}").format(needs=together(pick(one) for one in part.documents))
    return said


def _basis(basis: Any, documents: Mapping[str, Document], day: date) -> str:
    document = documents.get(basis.document)
    if document is None:
        return f"{basis.document} {messages.article_words(basis.article)}"
    return f"{messages.basis_words(basis, documents)}　{document_status_words(document, day)}"

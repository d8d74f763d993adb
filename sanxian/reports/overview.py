"""The short form of a report in words: one line a project in the matrix, one sheet a project, alternatives side by side.

Nothing here judges: it says again, in fewer words, what the record says, and counts what it leaves to the long form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.conditions import TOUCH_M
from rules.model import Verdict
from sanxian import messages
from sanxian.i18n import N_, _, pick
from sanxian.mapping.styles import verdict_style
from sanxian.reports import wording
from sanxian.reports.wording import plain
from sanxian.request import alternatives

REDLINE, FARMLAND = "ecological_redline", "permanent_farmland"
# What a reader compares sites by, as far as it is loaded; each cell tells an overlap, its absence, or that nobody looked.
MATRIX_ROLES = (REDLINE, FARMLAND, "water_source", "protected_area")
BITING = (Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.CONDITIONAL)

MATRIX_HEADS = (
    N_("编号"), N_("项目名称"), N_("研判结论"), N_("用地规模"), N_("涉及管控单元"), N_("生态保护红线"), N_("永久基本农田"),
    N_("饮用水水源保护区"), N_("自然保护地"), N_("距岸线"), N_("× 禁止"), N_("▲ 限制"), N_("◆ 有条件"), N_("? 不足"),
)
COUNT_HEADS = (N_("研判结论"), N_("项目数"), N_("项目"))
DIFFERENT_HEADS = (N_("规则"),)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the matrix.

    Attributes:
        cells: Under :data:`MATRIX_HEADS`.
    """

    verdict: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Alternatives side by side.

    Attributes:
        subject: What they are alternatives for.
        heads: One an alternative.
        verdicts: Theirs, for colours.
        rows: Each a criterion and what it is for each alternative.
        different: Rules on which they differ, with the verdict for each; the cells after the title carry marks.
    """

    subject: str
    heads: tuple[str, ...]
    verdicts: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    different: tuple[tuple[str, ...], ...]
    different_verdicts: tuple[tuple[str, ...], ...]


def size_words(project: Any) -> str:
    """Area in hectares, or the length of a line."""
    if project.site.area_m2:
        return _("{ha:,.4f} 公顷").format(ha=project.site.area_m2 / 1e4)
    return wording.metres(project.site.length_m) if project.site.length_m else "—"


def role_cell(project: Any, role: str, screening: Any) -> str:
    """What was found between a site and the layers of a role, in a few words; never a blank."""
    if role in screening.missing_roles or role not in {layer.role for layer in screening.layers}:
        return _("未加载")
    found = next((item for item in project.measured if item.role == role), None)
    if found is None:
        return _("未比对")
    if found.overlap_m2 > 0:
        words = _("压占 {area}（{share}）").format(area=wording.square_metres(found.overlap_m2), share=wording.share(found.share))
    elif found.share > 0 and project.site.length_m and not project.site.area_m2:
        words = _("穿越 {length}（{share}）").format(
            length=wording.metres(found.share * project.site.length_m), share=wording.share(found.share))
    elif found.share > 0 or any(
            item.layer == role and item.share for outcome in project.outcomes for item in outcome.evidence):
        words = _("位于其中")
    elif found.coverage == "full":
        return _("未发现重叠")
    else:
        return _("未查全（不得视为不涉及）")
    return words if found.coverage == "full" else words + _("；未查全")


def redline_cell(project: Any, screening: Any) -> str:
    """The same of the redline, with the distance where there is no overlap."""
    fact = project.redline
    words = role_cell(project, REDLINE, screening)
    if fact is not None and not fact.inside and fact.overlap_m2 <= 0 and fact.distance_m is not None:
        words += _("；与边界相接，须实测核实") if fact.distance_m <= TOUCH_M else _("；距 {distance}").format(
            distance=wording.metres(fact.distance_m))
    return words


def bank_cell(project: Any) -> str:
    """Distance to the nearest river bank that any rule asked about."""
    distances = [item.distance_m for outcome in project.outcomes for item in outcome.evidence
                 if item.layer == "river_bank" and item.distance_m is not None]
    return wording.metres(min(distances)) if distances else "—"


def matrix(screening: Any) -> tuple[Line, ...]:
    """One row a project."""
    return tuple(Line(str(project.verdict), tuple(_line(project, screening))) for project in screening.projects)


def _line(project: Any, screening: Any) -> Iterable[str]:
    yield plain(project.id)
    yield plain(project.name) or plain(project.id)
    yield "\n".join(messages.reviewed_verdict(project))
    yield size_words(project)
    yield units_words(project)
    yield redline_cell(project, screening)
    for role in MATRIX_ROLES[1:]:
        yield role_cell(project, role, screening)
    yield bank_cell(project)
    for verdict in (*BITING, Verdict.UNDETERMINED):
        yield str(sum(item.outcome is verdict for item in project.outcomes))


def units_words(project: Any) -> str:
    """Codes, classes and shares of the control units."""
    return "\n".join(f"{plain(unit.code)} {plain(messages.category_words(unit.category))} {wording.share(unit.share)}"
                     for unit in project.control_units) or "—"


def counts(screening: Any, order: Sequence[str]) -> tuple[tuple[str, str, str, str], ...]:
    """How many projects have which verdict, and which they are, each with what people who reviewed it hold.

    Returns:
        Of each verdict itself, its words, the number and their ids.
    """
    found = []
    for verdict in order:
        mine = [_named(project) for project in screening.projects if project.verdict == verdict]
        if mine:
            found.append((str(verdict), f"{verdict_style(verdict).mark} {messages.verdict_words(verdict)}", str(len(mine)),
                          _("、").join(mine)))
    return tuple(found)


def _named(project: Any) -> str:
    reviewed = messages.reviewed_verdict(project)[1:]
    return plain(project.id) + (_("（{text}）").format(text=_("；").join(reviewed)) if reviewed else "")


def rest_words(project: Any) -> str:
    """How many rules the short sheet leaves out, and what came of them."""
    clear = sum(item.outcome is Verdict.PERMITTED for item in project.outcomes)
    unconcerned = sum(item.outcome is Verdict.NOT_APPLICABLE for item in project.outcomes)
    return _("其余规则：符合 {clear} 条，不涉及 {unconcerned} 条；逐条对照见长版报告、Excel 表或 JSON 记录。").format(
        clear=clear, unconcerned=unconcerned)


# --- alternatives -------------------------------------------------------------------------------------------------


def comparisons(screening: Any) -> tuple[Comparison, ...]:
    """Projects that are alternatives of one another, side by side."""
    names = {project.id: project.name for project in screening.projects}
    return tuple(_comparison(plain(names.get(key) or key), members, screening)
                 for key, members in alternatives(screening.projects))


def _comparison(subject: str, members: Sequence[Any], screening: Any) -> Comparison:
    heads = tuple(plain(item.alternative) or plain(item.name) or plain(item.id) for item in members)
    heads = tuple(head if heads.count(head) == 1 else f"{head}（{plain(item.id)}）"
                  for head, item in zip(heads, members, strict=True))
    rows: list[tuple[str, ...]] = []

    def row(title: str, cells: Iterable[str]) -> None:
        rows.append((title, *cells))

    row(_("项目编号"), (plain(item.id) for item in members))
    row(_("研判结论"), (f"{verdict_style(item.verdict).mark} {messages.verdict_words(item.verdict)}" for item in members))
    if any(item.reviewed_verdict is not None for item in members):
        row(_("人工复核后结论"), (messages.verdict_words(item.reviewed_verdict) if item.reviewed_verdict is not None else "—"
                                  for item in members))
    row(_("用地规模"), map(size_words, members))
    row(_("涉及管控单元"), map(units_words, members))
    row(_("生态保护红线"), (redline_cell(item, screening) for item in members))
    for role in MATRIX_ROLES[1:]:
        row(messages.role_words(role), (role_cell(item, role, screening) for item in members))
    row(_("距岸线"), map(bank_cell, members))
    for verdict in BITING:
        row(messages.short_verdict(verdict), (_listed(item, verdict) for item in members))
    row(_("最小余量"), map(_margin, members))
    row(_("资料不足的事项"), (_listed(item, Verdict.UNDETERMINED) for item in members))
    row(_("须取得的批准与论证文件"), (_documents(item) for item in members))
    titles_of: dict[str, Mapping[str, str]] = {}
    said: dict[str, dict[int, Verdict]] = {}
    for place, item in enumerate(members):
        for outcome in item.outcomes:
            titles_of.setdefault(outcome.rule, outcome.title)
            said.setdefault(outcome.rule, {})[place] = outcome.outcome
    differing = [rule for rule in sorted(said) if len({said[rule].get(place) for place in range(len(members))}) > 1]
    table, verdicts = [], []
    for rule in differing:
        mine = [said[rule].get(place) for place in range(len(members))]
        table.append((plain(pick(titles_of[rule])), *(
            "—" if one is None else f"{verdict_style(one).mark} {messages.short_verdict(one)}" for one in mine)))
        verdicts.append(tuple(str(one or "not_applicable") for one in mine))
    return Comparison(subject, heads, tuple(str(item.verdict) for item in members), tuple(rows), tuple(table), tuple(verdicts))


def _listed(project: Any, verdict: Verdict) -> str:
    found = sorted((item for item in project.outcomes if item.outcome is verdict), key=lambda item: item.rule)
    if not found:
        return "0"
    return _("{count} 项").format(count=len(found)) + "\n" + "\n".join(plain(pick(item.title)) for item in found)


def _margin(project: Any) -> str:
    """The nearest that anything judged is to flipping."""
    found = [(abs(item.margin_m), item) for item in project.outcomes
             if item.margin_m is not None and item.outcome is not Verdict.NOT_APPLICABLE]
    if not found:
        return "—"
    margin, nearest = min(found, key=lambda item: (item[0], item[1].rule))
    words = _("{margin}（{title}）").format(margin=wording.metres(margin), title=plain(pick(nearest.title)))
    if any(item.borderline for item in project.outcomes):
        words += _("；有临界结果")
    return words


def _documents(project: Any) -> str:
    found = dict.fromkeys(plain(pick(words)) for outcome in project.outcomes if outcome.outcome is not Verdict.NOT_APPLICABLE
                          for words in outcome.documents_needed)
    return "\n".join(found) or "—"

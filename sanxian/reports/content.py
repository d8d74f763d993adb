"""What a report says, as plain words in order: the one place where a screening becomes sentences.

The writers (Word, Excel, web page, PDF) lay out what stands here and add nothing, so that no two of them can say
different things of one screening. The wording rule: a screening finds, or does not find, on the layers that were
compared, and says which ones those were. It never says that something may be built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.attributes import ATTRIBUTES
from rules.conditions import TOUCH_M
from rules.model import Basis, ClauseOutcome, Outcome, Verdict
from sanxian import messages
from sanxian.i18n import N_, _, language, pick
from sanxian.mapping.styles import VERDICT_STYLES, verdict_style
from sanxian.reports import overview, wording
from sanxian.reports.wording import plain

REDLINE = "ecological_redline"
ACCESS_LIST_RULE = "access-list-clause"
# The order in which a reader wants the outcomes: what stops a project, what is open, then the rest.
SEVEREST_FIRST = tuple(VERDICT_STYLES)
TIER_ORDER = ("province", "basin", "city", "unit")
FORCE_ORDER = ("statute", "regulation", "list", "plan", "reference")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the clause-by-clause table.

    Attributes:
        rule: Rule id, or clause id.
        requirement: The rule's title, or the clause word for word.
        situation: What the project does about it: reason, evidence, margin.
        conformity: The verdict as the column 符合性 puts it.
    """

    rule: str
    dimension: str
    requirement: str
    situation: str
    verdict: str
    conformity: str
    basis: str
    force: str
    borderline: bool = False


@dataclass(frozen=True, slots=True)
class Tier:
    """Rows under one heading; with none, ``note`` says why."""

    title: str
    rows: tuple[Row, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something to obtain.

    Attributes:
        key: Such as ``layer:water_source``.
        what: In words.
        holder: Who can usually hand it out.
        rules: What it would decide, each with what it could become.
    """

    key: str
    what: str
    holder: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectContent:
    """Everything a report says of one project."""

    id: str
    name: str
    verdict: str
    verdict_words: str
    verdict_lines: tuple[str, ...]
    conclusion: tuple[str, ...]
    counts: Mapping[str, int]
    facts: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str, str, str, str], ...]
    units_note: str
    redline: tuple[str, ...]
    access_tiers: tuple[Tier, ...]
    rule_tiers: tuple[Tier, ...]
    not_concerned: tuple[Row, ...]
    exceptions: tuple[tuple[str, str, str, str], ...]
    missing: tuple[Missing, ...]
    documents: tuple[tuple[str, str], ...]
    overrides: tuple[tuple[str, str, str, str, str], ...]
    reviewed: str
    area_m2: float
    length_m: float
    brief: tuple[Row, ...]
    brief_facts: tuple[tuple[str, str], ...]
    rest: str


@dataclass(frozen=True, slots=True)
class ReportContent:
    """Everything a report says.

    Attributes:
        counts: Each a verdict, its words, how many projects have it, and which.
        matrix: One row a project, under ``overview.MATRIX_HEADS``.
        comparisons: Projects that are alternatives of one another.
    """

    title: str
    subtitle: str
    on: str
    cover: tuple[tuple[str, str], ...]
    projects: tuple[ProjectContent, ...]
    layers: tuple[tuple[str, ...], ...]
    not_loaded: tuple[tuple[str, str, str], ...]
    cited: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    counts: tuple[tuple[str, str, str, str], ...]
    matrix: tuple[overview.Line, ...]
    comparisons: tuple[overview.Comparison, ...]


LAYER_HEADS = (N_("图层"), N_("图层类别"), N_("版本"), N_("现势日期"), N_("精度"), N_("来源"), N_("要素数"), N_("覆盖范围"),
               N_("数字摘要（SHA-256）"))
UNIT_HEADS = (N_("单元编码"), N_("单元名称"), N_("分类"), N_("占用面积"), N_("占比"))
CLAUSE_HEADS = (N_("维度"), N_("管控要求"), N_("项目情况"), N_("符合性"), N_("依据"))
NOT_CONCERNED_HEADS = (N_("管控要求"), N_("不涉及的理由"), N_("依据"))
EXCEPTION_HEADS = (N_("规则"), N_("例外情形"), N_("核对结果"), N_("须出具的证明"))
MISSING_HEADS = (N_("需补充的资料"), N_("向谁获取"), N_("用于判定"))
DOCUMENT_HEADS = (N_("文件"), N_("因何规则"))
CITED_HEADS = (N_("文件名称"), N_("文号或通过情况"), N_("发布机关"), N_("施行日期"), N_("失效日"), N_("文件状态"))
NOT_LOADED_HEADS = (N_("未加载的图层"), N_("影响"), N_("向谁获取"))
OVERRIDE_HEADS = (N_("对象"), N_("程序判定"), N_("人工意见"), N_("理由"), N_("签署人、日期与有效期"))
PORTFOLIO_HEADS = (N_("编号"), N_("项目名称"), N_("研判结论"), N_("禁止"), N_("资料不足"), N_("限制"), N_("有条件"), N_("提示"),
                   N_("涉及管控单元"))


def build(screening: Any, *, ruleset: Any = None) -> ReportContent:
    """Put ``screening`` into words, in the language of the moment.

    Args:
        screening: A ``sanxian.result.Screening``.
        ruleset: For the titles of documents and exceptions; without it their keys are shown.
    """
    names = _Names(ruleset, screening)
    projects = tuple(_project(project, screening, names) for project in screening.projects)
    cover = [
        (_("判定基准日"), wording.day(screening.on)),
        (_("项目数"), str(len(projects))),
        *([(_("未研判的行"), messages.left_out_words(screening.left_out))] if screening.left_out else []),
        *(
            []
            if screening.law_complete
            else [(_("法律收录"), messages.law_words(wording.day(screening.complete_from)))]
        ),
        (_("规则集"), _("{count} 条规则，数字摘要 {sha256}").format(
            count=screening.rule_count, sha256=screening.rule_set_sha256)),
        (_("程序"), _("三线 {version}").format(version=plain(screening.program))),
    ]
    if len(projects) == 1:
        cover.insert(0, (_("项目名称"), projects[0].name))
        cover[2] = (_("研判结论"), _("；").join([projects[0].verdict_words, *projects[0].verdict_lines[1:]]))
    return ReportContent(
        title=_("建设项目选址生态环境准入研判报告"),
        subtitle=_("（生态环境分区管控符合性分析）"),
        on=wording.day(screening.on),
        cover=tuple(cover),
        projects=projects,
        layers=tuple(_layer(layer) for layer in screening.layers),
        not_loaded=tuple(
            (messages.role_words(role), _("凡须与该图层比对的规则均判为资料不足，不得视为符合。"),
             messages.missing_from(f"layer:{role}"))
            for role in screening.missing_roles
        ),
        cited=tuple(names.cited(outcome for project in screening.projects for outcome in project.outcomes)),
        notes=_notes(screening),
        counts=overview.counts(screening, SEVEREST_FIRST),
        matrix=overview.matrix(screening),
        comparisons=overview.comparisons(screening),
    )


def _notes(screening: Any) -> tuple[str, ...]:
    return (
        _("本报告是依据所列图层、规则和项目资料进行比对的初步筛查结果，结论仅供初筛，以主管部门审查意见为准；"
          "不是行政许可、审批或备案文件，不能代替环境影响评价、用地预审、规划选址等法定程序。"),
        _("判定基准日为 {on}：只适用当日有效的文件版本。此后文件或图层更新的，应重新研判。").format(on=wording.day(screening.on)),
        _("“未发现”只表示在所列图层版本中未发现，图层未覆盖、未加载或精度不足的部分一律按资料不足处理。"),
        _("面积和距离按椭球面量算；相互重叠的分区只计一次；小于 0.1 m² 的压占同样列出，不予舍去。"),
        _("图层与项目用地的标称精度可能改变判定结果时，结果标为“临界”并给出余量；临界的，应以实测勘界为准。"),
        _("规划类规则的效力以该规划期为限；参考类图层和文件只作提示。"),
    )


def _original(translated: str, quoted: str) -> str:
    """Something that is quoted in Chinese in a report in another language, and what it is called there if that is known."""
    if translated:
        return _("{translated}［中文原文：{quoted}］").format(translated=translated, quoted=quoted)
    return _("［中文原文］{quoted}").format(quoted=quoted)


class _Names:
    """Titles of documents, lists and exceptions, by key."""

    def __init__(self, ruleset: Any, screening: Any) -> None:
        self.documents = screening.documents
        self.rules = {rule.id: rule for rule in ruleset.rules} if ruleset else {}
        self.lists = {entry.key: entry for entry in ruleset.access_lists} if ruleset else {}
        self.on = screening.on

    def basis(self, outcome: Outcome) -> str:
        """``《…法》第…条`` for each; numbers and dates stand once, in the table of documents."""
        lines = [self.citation(basis) for basis in outcome.basis]
        if str(outcome.confidence) != "high":
            lines.append(_("［条文待核对原文］"))
        return "\n".join(lines) or "—"

    def citation(self, basis: Basis) -> str:
        document = self.documents[basis.document]
        quoted = f"《{plain(document.title.get('zh', '')).strip('《》')}》{plain(basis.article)}"
        text = quoted
        if language() == "en":
            text = _original(plain(document.title.get("en", "")), quoted)
        status = document.status(self.on)
        if status == "repealed":
            return text + _("［至 {until} 止，已失效］").format(until=wording.day(document.in_force_until))
        if status == "not_yet":
            return text + _("［自 {since} 起施行］").format(since=wording.day(document.in_force_from))
        return text

    @staticmethod
    def title(document: Any) -> str:
        """The name of a document, with the Chinese one where it is told in another language."""
        chinese = plain(document.title.get("zh", ""))
        return chinese if language() != "en" else _original(plain(document.title.get("en", "")), f"《{chinese.strip('《》')}》")

    def cited(self, outcomes: Iterable[Outcome]) -> Iterable[tuple[str, ...]]:
        """Every document that ``outcomes`` stand on, once."""
        keys = {basis.document for outcome in outcomes for basis in outcome.basis}
        for document in sorted((self.documents[key] for key in keys), key=lambda item: (item.in_force_from, item.key)):
            yield (
                self.title(document), plain(document.number) or "—", plain(document.issuer) or "—",
                wording.day(document.in_force_from), wording.day(document.in_force_until),
                _(messages.DOCUMENT_STATUS[document.status(self.on)]),
            )

    def proof(self, rule: str, key: str) -> str:
        """What must be shown for an exception of ``rule`` to be accepted."""
        version = self.rules[rule].on(self.on) if rule in self.rules else None
        ways = version.exceptions if version else ()
        return "\n".join(plain(pick(text)) for way in ways if way.id == key for text in way.documents) or "—"

    def access_list(self, key: str) -> str:
        entry = self.lists.get(key)
        return plain(pick(entry.title)) if entry else plain(key)


# --- one project ------------------------------------------------------------------------------------------------


def _project(project: Any, screening: Any, names: _Names) -> ProjectContent:
    outcomes = sorted(project.outcomes, key=lambda item: (SEVEREST_FIRST.index(item.outcome), item.rule))
    counts = {verdict: sum(item.outcome == verdict for item in outcomes) for verdict in SEVEREST_FIRST}
    judged = [item for item in outcomes if item.outcome is not Verdict.NOT_APPLICABLE]
    overrides = tuple(_overrides(project, {item.rule: item for item in outcomes}))
    return ProjectContent(
        id=plain(project.id),
        name=plain(project.name) or plain(project.id),
        verdict=str(project.verdict),
        verdict_words=verdict_words(project.verdict),
        verdict_lines=messages.reviewed_verdict(project),
        conclusion=tuple(_conclusion(project, judged, overrides, screening)),
        counts=counts,
        facts=tuple(_facts(project)),
        units=tuple(
            (plain(unit.code), plain(unit.name), plain(messages.category_words(unit.category)),
             wording.square_metres(unit.area_m2) if project.site.area_m2 else "—", wording.share(unit.share))
            for unit in project.control_units
        ),
        units_note=_units_note(project, screening),
        redline=tuple(_redline(project, screening)),
        access_tiers=tuple(_access_tiers(project, outcomes, names)),
        rule_tiers=tuple(_rule_tiers(judged, names)),
        not_concerned=tuple(_row(item, names) for item in outcomes if item.outcome is Verdict.NOT_APPLICABLE),
        exceptions=tuple(_exceptions(outcomes, names)),
        missing=tuple(_missing(judged)),
        documents=tuple(_documents(judged)),
        overrides=overrides,
        reviewed=verdict_words(project.reviewed_verdict) if project.reviewed_verdict is not None else "",
        area_m2=project.site.area_m2,
        length_m=project.site.length_m,
        brief=tuple(_brief(judged, names)),
        brief_facts=tuple(_brief_facts(project)),
        rest=overview.rest_words(project),
    )


def _brief(judged: list[Outcome], names: _Names) -> Iterable[Row]:
    """What the short form tells of a project: all that is not clear, rules first, then the clauses of access lists."""
    for item in judged:
        if item.outcome is not Verdict.PERMITTED and not item.clauses:
            yield _row(item, names)
    quiet = (Verdict.PERMITTED, Verdict.NOT_APPLICABLE)
    clauses = [item for outcome in judged for item in outcome.clauses if item.outcome not in quiet]
    for item in sorted(clauses, key=lambda item: SEVEREST_FIRST.index(item.outcome)):
        yield _clause_row(item, names)


def _brief_facts(project: Any) -> Iterable[tuple[str, str]]:
    """The facts that a reader of a short sheet looks for."""
    site = project.site
    yield _("项目编号"), plain(project.id)
    if project.alternative:
        yield _("方案"), plain(project.alternative)
    if project.lonlat is not None and not project.lonlat.is_empty:
        place = project.lonlat.representative_point()
        yield _("位置（用地内一点，CGCS2000）"), wording.degrees(place.x, place.y)
    if site.area_m2:
        yield _("用地面积"), messages.area_words(site.area_m2)
    elif site.length_m:
        yield _("线路长度"), wording.metres(site.length_m)
    for key in ("industry_code", "nature"):
        if key in project.attributes:
            yield plain(messages.attribute_words(key)), plain(messages.value_words(key, project.attributes[key]))


def verdict_words(verdict: str) -> str:
    """The verdict with its mark, such as ``× 禁止``."""
    return f"{verdict_style(verdict).mark} {messages.verdict_words(verdict)}"


def _conclusion(project: Any, judged: list[Outcome], overrides: Sequence[Any], screening: Any) -> Iterable[str]:
    verdict = Verdict(project.verdict)
    open_ones = [item for item in judged if item.outcome is Verdict.UNDETERMINED]
    short_of_law = verdict is Verdict.UNDETERMINED and not screening.law_complete
    yield _("判定基准日的法律没有收全，不能得出结论；不得视为符合准入要求。") if short_of_law and not open_ones else {
        Verdict.PROHIBITED: _("经图层比对和规则核对，项目选址触及禁止性规定，详见下列条目。"),
        Verdict.RESTRICTED: _("经图层比对和规则核对，未发现禁止性规定，但项目选址受到限制性规定约束，详见下列条目。"),
        Verdict.CONDITIONAL: _("经图层比对和规则核对，未发现禁止性或限制性规定，但须取得下列批准或论证文件。"),
        Verdict.ADVISORY: _("经图层比对和规则核对，未发现禁止、限制或附条件的规定；有下列提示事项。"),
        Verdict.PERMITTED: _("经图层比对和规则核对，在所列图层和规则范围内未发现与准入要求不符之处。"),
        Verdict.UNDETERMINED: _("现有资料不足以得出结论，须先补充下列资料；在此之前不得视为符合准入要求。"),
        Verdict.NOT_APPLICABLE: _("没有可以判定的规则。"),
    }[verdict]
    if short_of_law:
        yield messages.law_words(wording.day(screening.complete_from))
    if open_ones and verdict is not Verdict.UNDETERMINED:
        yield _("另有 {count} 项因资料不足未能判定，上述结论不包括这些事项。").format(count=len(open_ones))
    for item in judged:
        if item.outcome is Verdict.PERMITTED or (item.outcome is Verdict.ADVISORY and verdict is not Verdict.ADVISORY):
            continue
        yield _("{mark} {verdict}：{title}。").format(
            mark=verdict_style(item.outcome).mark, verdict=conformity(item), title=plain(pick(item.title)))
    if any(item.borderline for item in judged):
        yield _("有临界的判定结果：图层或用地的精度可能改变结论，应实测后复核。")
    if overrides:
        yield _("另有人工意见记录在案，与程序判定并列，不改变程序判定。")
        changed = messages.reviews_changed(one.state for one in project.overrides)
        if changed:
            yield changed


def _facts(project: Any) -> Iterable[tuple[str, str]]:
    yield _("项目编号"), plain(project.id)
    yield _("项目名称"), plain(project.name)
    if project.alternative:
        yield _("方案"), plain(project.alternative)
    site = project.site
    geometry = project.lonlat
    if geometry is not None and not geometry.is_empty:
        place = geometry.representative_point()
        yield _("位置（用地内一点，CGCS2000）"), wording.degrees(place.x, place.y)
    kinds = {"Point": _("点状"), "MultiPoint": _("点状"), "LineString": _("线状"), "MultiLineString": _("线状"),
             "Polygon": _("面状"), "MultiPolygon": _("面状")}
    yield _("用地图形"), kinds.get(site.geometry_type, plain(site.geometry_type))
    if site.area_m2:
        yield _("用地面积"), messages.area_words(site.area_m2)
    if site.length_m and not site.area_m2:
        yield _("线路长度"), wording.metres(site.length_m)
    yield _("坐标系"), plain(site.crs)
    for key in sorted(project.attributes, key=_attribute_order):
        yield plain(messages.attribute_words(key)), plain(messages.value_words(key, project.attributes[key]))
    unknown = {
        key.partition(":")[2] for outcome in project.outcomes if outcome.outcome is Verdict.UNDETERMINED
        for key in (*outcome.missing, *(item for clause in outcome.clauses for item in clause.missing))
        if key.startswith("attribute:")
    }
    if unknown:
        yield _("未提供（按未知处理）"), _("、").join(plain(messages.attribute_words(key)) for key in sorted(unknown, key=_attribute_order))


def _attribute_order(key: str) -> tuple[int, str]:
    known = list(ATTRIBUTES)
    return (known.index(key), "") if key in ATTRIBUTES else (len(known), key)


def _units_note(project: Any, screening: Any) -> str:
    if project.control_units:
        total = sum(unit.share for unit in project.control_units)
        if total < 0.9999 and project.site.area_m2:
            return _("所列单元共占用地的 {share}，其余部分不在任何已加载的环境管控单元内，须核实图层。").format(
                share=wording.share(total))
        if len(project.control_units) > 1:
            return _("项目涉及多个环境管控单元，各单元的准入要求均须执行。")
        return ""
    if "control_unit" in screening.missing_roles:
        return _("未加载环境管控单元图层，不能说明项目涉及哪些单元。")
    return _("在已加载的环境管控单元图层中，项目用地不在任何单元内；单元应当覆盖全域，须核实图层。")


def _redline(project: Any, screening: Any) -> Iterable[str]:
    """How the site lies to the redline, said as a comparison of layers and never as a permission."""
    used = [layer for layer in screening.layers if layer.role == REDLINE]
    fact = project.redline
    if not used or fact is None:
        yield _("未加载生态保护红线图层，不能说明项目用地与生态保护红线的位置关系；须向{holder}获取后比对。").format(
            holder=messages.missing_from(f"layer:{REDLINE}"))
        return
    source = "；".join(_source(layer) for layer in used)
    feature = plain(fact.feature) or _("名称未注明")
    if len(fact.met) > 1:
        feature = _("、").join(dict.fromkeys(plain(item.feature) or _("名称未注明") for item in fact.met))
    if fact.inside or fact.overlap_m2 > 0:
        if fact.overlap_m2 > 0:
            amount = _("重叠面积 {area}，占用地的 {share}").format(
                area=wording.square_metres(fact.overlap_m2), share=wording.share(fact.share))
        elif length := messages.line_within_m(project.site, fact):
            amount = _("穿越 {length}，占线路的 {share}").format(length=wording.metres(length), share=wording.share(fact.share))
        elif fact.share > 0 and (project.site.area_m2 or project.site.length_m):
            amount = _("位于红线内的部分占 {share}").format(share=wording.share(fact.share))
        else:
            amount = _("位于红线内")
        yield _("经图层比对，项目用地与生态保护红线（{feature}）重叠，{amount}（数据：{source}）。").format(
            feature=feature, amount=amount, source=source)
        if len(fact.met) > 1:
            for item in fact.met:
                yield _redline_part(item)
            yield _("各处红线相互重叠的部分在合计中只计一次。")
        return
    if not fact.checked:
        yield _("所用生态保护红线图层没有声明覆盖项目用地的全部范围，未发现重叠不等于不在生态保护红线内；"
                "须取得覆盖项目用地的生态保护红线图层。")
    elif any(layer.coverage_from == "admin" for layer in used):
        yield _("生态保护红线图层没有声明在哪里完整，“未发现重叠”以它覆盖整个行政区为前提，须向数据提供单位核实。")
    if fact.distance_m is None:
        yield _("经图层比对，未发现项目用地与生态保护红线重叠，图层中没有可供量算距离的生态保护红线（数据：{source}）。").format(
            source=source)
    elif fact.distance_m <= TOUCH_M:
        yield _("经图层比对，项目用地与生态保护红线（{feature}）边界相接，未发现面积重叠（数据：{source}）；应以勘界定标结果复核。").format(
            feature=feature, source=source)
    else:
        yield _("经图层比对，未发现项目用地与生态保护红线重叠；距最近的生态保护红线（{feature}）{distance}，"
                "自用地边界起量（数据：{source}）。").format(
            feature=feature, distance=wording.metres(fact.distance_m), source=source)
        accuracy = max((layer.accuracy_m for layer in used if layer.accuracy_m is not None), default=None)
        if accuracy is not None and fact.distance_m <= accuracy:
            yield _("该距离小于图层的标称精度（{accuracy}），属于临界，应实测后复核。").format(accuracy=wording.metres(accuracy))


def _redline_part(item: Any) -> str:
    """One of several redlines that a site lies in."""
    feature = plain(item.feature) or _("名称未注明")
    if item.overlap_m2 > 0:
        return _("其中与“{feature}”重叠面积 {area}，占用地的 {share}。").format(
            feature=feature, area=wording.square_metres(item.overlap_m2), share=wording.share(item.share))
    if item.overlap_m > 0:
        return _("其中穿越“{feature}”{length}，占线路的 {share}。").format(
            feature=feature, length=wording.metres(item.overlap_m), share=wording.share(item.share))
    return _("其中位于“{feature}”内的部分占 {share}。").format(feature=feature, share=wording.share(item.share))


def _source(layer: Any) -> str:
    parts = [plain(layer.name)]
    if layer.version:
        parts.append(_("版本 {version}").format(version=plain(layer.version)))
    if layer.data_date:
        parts.append(_("现势日期 {day}").format(day=wording.day(layer.data_date)))
    if layer.accuracy_m is not None:
        parts.append(_("标称精度 {accuracy}").format(accuracy=wording.metres(layer.accuracy_m)))
    return _("，").join(parts)


def conformity(outcome: Outcome | ClauseOutcome) -> str:
    """The verdict in the words of the column 符合性, with what an open one could become."""
    words = _(wording.CONFORMITY[str(outcome.outcome)])
    if outcome.outcome is Verdict.UNDETERMINED and outcome.could_be is not Verdict.UNDETERMINED:
        words += _("（可能为{could_be}）").format(could_be=messages.verdict_words(outcome.could_be))
    if getattr(outcome, "borderline", False):
        words += _("［临界］")
    return words


def _row(outcome: Outcome, names: _Names) -> Row:
    return Row(
        rule=outcome.rule,
        dimension=messages.dimension_words(outcome.dimension),
        requirement=plain(pick(outcome.title)),
        situation=situation(outcome),
        verdict=str(outcome.outcome),
        conformity=conformity(outcome),
        basis=names.basis(outcome),
        force=messages.force_words(outcome.force),
        borderline=outcome.borderline,
    )


def situation(outcome: Outcome) -> str:
    """Why the outcome is what it is: the reason, each feature that counted, what is missing, the margin."""
    lines = [plain(messages.reason_words(outcome))]
    more = outcome.evidence[3:]  # the sentence names the first three
    if more:
        lines.append(_("另有：") + "".join(plain(messages.evidence_words(item)) for item in more))
    return "\n".join(lines)


def _access_tiers(project: Any, outcomes: list[Outcome], names: _Names) -> Iterable[Tier]:
    found = [item for outcome in outcomes for item in outcome.clauses]
    tiers: dict[tuple[int, str, str], list[ClauseOutcome]] = {}
    for item in found:
        tier = item.clause.tier
        order = TIER_ORDER.index(tier) if tier in TIER_ORDER else len(TIER_ORDER)
        tiers.setdefault((order, tier, item.clause.unit or ""), []).append(item)
    listed = {unit.code: unit.name for unit in project.control_units}  # largest share first
    places = {code: position for position, code in enumerate(listed)}
    for (_order, tier, unit), items in sorted(
            tiers.items(), key=lambda entry: (entry[0][0], places.get(entry[0][2], len(places)), entry[0])):
        title = _(wording.TIERS[tier]) if tier in wording.TIERS else plain(tier)
        if unit:
            title = _("{title}：{code} {name}").format(title=title, code=plain(unit), name=plain(listed.get(unit, "")))
        yield Tier(title.strip(), tuple(_clause_row(item, names) for item in items))
    with_clauses = {item.clause.unit for item in found}
    for code, name in listed.items():
        if code not in with_clauses:
            yield Tier(
                _("{title}：{code} {name}").format(title=_(wording.TIERS["unit"]), code=plain(code), name=plain(name)),
                (), _("没有该单元的准入要求条款可供核对，须取得已公布的生态环境准入清单。"))
    if not found and not listed:
        yield Tier(_("生态环境准入清单"), (), _("没有可供核对的准入清单条款。"))


def _clause_row(item: ClauseOutcome, names: _Names) -> Row:
    clause = item.clause
    lines = [plain(messages.reason_words(item)), _(wording.CLAUSE_STATUS[clause.status])]
    if item.share is not None:
        lines.append(_("该单元占用地的 {share}。").format(share=wording.share(item.share)))
    return Row(
        rule=plain(clause.id),
        dimension=messages.dimension_words(clause.dimension),
        requirement=_original("", plain(clause.text)) if language() == "en" else plain(clause.text),
        situation="\n".join(line for line in lines if line),
        verdict=str(item.outcome),
        conformity=conformity(item),
        basis=f"{names.access_list(item.list_key)}\n{plain(clause.provenance)}".strip(),
        force=messages.force_words("list"),
    )


def _rule_tiers(judged: list[Outcome], names: _Names) -> Iterable[Tier]:
    for force in FORCE_ORDER:
        rows = [item for item in judged if item.force == force]
        if rows:
            yield Tier(_("{force}规则").format(force=messages.force_words(force)),
                       tuple(_row(item, names) for item in rows))


def _exceptions(outcomes: list[Outcome], names: _Names) -> Iterable[tuple[str, str, str, str]]:
    for outcome in outcomes:
        if outcome.outcome is Verdict.NOT_APPLICABLE:
            continue
        steps = {str(step.values.get("id")): step for step in (outcome.trace.children if outcome.trace else ())
                 if step.kind == "exception"}
        for key in outcome.exceptions_checked:
            step = steps.get(key)
            title = plain(pick(step.values["title"])) if step and "title" in step.values else plain(key)
            result = {True: _("成立"), False: _("不成立"), None: _("资料不足，未能确定")}[step.truth] if step else _("已核对")
            yield plain(pick(outcome.title)), title, result, names.proof(outcome.rule, key)


def _missing(judged: list[Outcome]) -> Iterable[Missing]:
    wanted: dict[str, list[Outcome]] = {}
    for outcome in judged:
        keys = [*outcome.missing, *(key for item in outcome.clauses for key in item.missing)]
        for key in dict.fromkeys(keys):
            wanted.setdefault(key, []).append(outcome)

    def weight(item: tuple[str, list[Outcome]]) -> tuple[int, str]:
        return -max(outcome.could_be.severity for outcome in item[1]), item[0]

    for key, outcomes in sorted(wanted.items(), key=weight):
        yield Missing(
            key, plain(messages.missing_words(key)), messages.missing_from(key),
            tuple(_("{title}（可能为{could_be}）").format(
                title=plain(pick(outcome.title)), could_be=messages.verdict_words(outcome.could_be))
                if outcome.outcome is Verdict.UNDETERMINED else plain(pick(outcome.title)) for outcome in outcomes))


def _documents(judged: list[Outcome]) -> Iterable[tuple[str, str]]:
    wanted: dict[str, list[str]] = {}
    for outcome in judged:
        for words in outcome.documents_needed:
            wanted.setdefault(plain(pick(words)), []).append(plain(pick(outcome.title)))
    for document, rules in wanted.items():
        yield document, "\n".join(dict.fromkeys(rules))


def _overrides(project: Any, known: Mapping[str, Outcome]) -> Iterable[tuple[str, str, str, str, str]]:
    for applied in project.overrides:
        item = applied.override
        signed = _("{person}，{made_on}，有效期至 {expires_on}").format(
            person=plain(item.person), made_on=wording.day(item.made_on), expires_on=wording.day(item.expires_on))
        yield (
            _override_subject(item, known),
            verdict_words(applied.machine) if applied.machine is not None else _("当日没有这条规则的判定"),
            (verdict_words(item.outcome) if item.outcome is not None else _("不计该要素"))
            + {"acting": "", "unrecorded": _("（复核时所见记录不全）"), "site-changed": _("（复核后用地已变，不再起作用）"),
               "outcome-changed": _("（复核后程序结论已变，不再起作用）"),
               "grounds-changed": _("（复核后结论的依据已变，不再起作用）"),
               "feature-changed": _("（复核后图层要素已变，不再起作用）")}.get(applied.state, _("（未起作用）")),
            plain(item.reason) + (_("（附件：{attachment}）").format(attachment=plain(item.attachment))
                                  if item.attachment else ""),
            signed,
        )


def _override_subject(item: Any, known: Mapping[str, Outcome]) -> str:
    if item.layer:
        return _("排除图层“{layer}”的要素 {feature}").format(layer=messages.role_words(item.layer), feature=item.feature_id)
    return plain(pick(known[item.rule].title)) if item.rule in known else plain(item.rule)


def _layer(layer: Any) -> tuple[str, ...]:
    accuracy = layer.accuracy_m
    return (
        plain(layer.name),
        messages.role_words(layer.role),
        plain(layer.version) or _("未注明"),
        wording.day(layer.data_date),
        wording.metres(accuracy) if accuracy is not None else _("未声明"),
        plain(layer.source) or _("未注明"),
        str(layer.features),
        _("按行政区认定（未声明）") if layer.coverage_from == "admin" else _("已声明") if layer.coverage == "known" else _("未声明"),
        plain(layer.sha256),
    )


def portfolio(content: ReportContent) -> list[tuple[str, ...]]:
    """One row a project, under :data:`PORTFOLIO_HEADS`."""
    return [
        (project.id, project.name, "\n".join(project.verdict_lines),
         *(str(project.counts[verdict]) for verdict in
           ("prohibited", "undetermined", "restricted", "conditional", "advisory")),
         "\n".join(f"{unit[0]} {unit[2]} {unit[4]}" for unit in project.units) or "—")
        for project in content.projects
    ]

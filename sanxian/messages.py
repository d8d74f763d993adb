"""Every sentence that a screening can say. Codes and numbers come in, words go out, and only here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from layers.errors import LIBRARY_REASONS, UNKNOWN_REASON
from rules.attributes import ATTRIBUTES
from rules.model import Basis, ClauseOutcome, Document, Outcome, Trace
from sanxian.i18n import N_, _, in_every_language, language, pick

VERDICTS: Mapping[str, str] = {
    "prohibited": N_("禁止"),
    "restricted": N_("限制"),
    "conditional": N_("有条件（需取得批准或论证文件）"),
    "advisory": N_("提示"),
    "permitted": N_("符合"),
    "undetermined": N_("资料不足（待补充）"),
    "not_applicable": N_("不涉及"),
}
SHORT_VERDICTS: Mapping[str, str] = {**VERDICTS, "conditional": N_("有条件"), "undetermined": N_("资料不足")}
MARKS: Mapping[str, str] = {  # so that nothing is told by colour alone; every one is in the Chinese font
    "prohibited": "×",
    "restricted": "▲",
    "conditional": "◆",
    "advisory": "!",
    "permitted": "√",
    "undetermined": "?",
    "not_applicable": "–",
}
# How a person's review stands, by ``sanxian.overrides.AppliedOverride.state``.
REVIEWS: Mapping[str, str] = {
    "acting": N_("● 有效"),
    "unrecorded": N_("● 有效（复核时所见记录不全）"),
    "expired": N_("× 已过期"),
    "early": N_("○ 尚未生效"),
    "no-outcome": N_("○ 当日没有这条规则的判定"),
    "site-changed": N_("× 复核后用地已变，不再起作用"),
    "outcome-changed": N_("× 复核后程序结论已变，不再起作用"),
    "grounds-changed": N_("× 复核后结论的依据已变，不再起作用"),
    "feature-changed": N_("× 复核后图层要素已变，不再起作用"),
    "broken": N_("× 不能读取"),
}
DIMENSIONS: Mapping[str, str] = {
    "spatial_layout": N_("空间布局约束"),
    "pollutant_discharge": N_("污染物排放管控"),
    "environmental_risk": N_("环境风险防控"),
    "resource_efficiency": N_("资源开发效率要求"),
}
FORCES: Mapping[str, str] = {
    "statute": N_("法律"),
    "regulation": N_("法规规章"),
    "list": N_("准入清单"),
    "plan": N_("规划"),
    "reference": N_("参考"),
}
CATEGORIES: Mapping[str, str] = {
    "priority": N_("优先保护单元"),
    "key": N_("重点管控单元"),
    "general": N_("一般管控单元"),
}
TIERS: Mapping[str, str] = {
    "province": N_("省级"),
    "basin": N_("流域"),
    "city": N_("市级"),
    "unit": N_("单元"),
}
DOCUMENT_STATUS: Mapping[str, str] = {
    "in_force": N_("现行"),
    "not_yet": N_("已发布未施行"),
    "repealed": N_("已废止"),
}
CLAUSE_STATUS: Mapping[str, str] = {
    "confirmed": N_("已核"),
    "machine_read": N_("机读待核"),
    "manual": N_("人工判定"),
}
BASELINES: Mapping[str, str] = {
    "management": N_("河道管理范围线"),
    "outer": N_("岸线外缘边界线"),
    "levee": N_("堤防背水坡脚线"),
    "water_edge": N_("水边线（仅供参考）"),
}
CONFIDENCES: Mapping[str, str] = {"high": N_("高"), "medium": N_("中"), "low": N_("低")}
REASONS: Mapping[str, str] = {
    "hit": N_("规则所列条件成立。"),
    "exception": N_("规则所列条件成立，但符合例外“{special_title}”，须有相应证明。"),
    "branch": N_("规则所列条件成立，属于“{special_title}”的情形。"),
    "clear": N_("经比对，用地不在规则所指范围内。"),
    "not-concerned": N_("项目不属于该规则管的情形。"),
    "other-place": N_("用地不在该规则适用的行政区内。"),
    "borderline": N_("用地离界线太近，在数据精度之内，结论可能翻转，需实测后再判。"),
    "missing-layer": N_("所需图层未加载（或没有要素），未作检查。"),
    "missing-coverage": N_("图层没有覆盖用地（或其周边），不能认定为不涉及。"),
    "missing-field": N_("图层要素缺少判定所需的属性。"),
    "missing-parameter": N_("法律没有给出距离，须由使用者设定后再判。"),
    "missing-access-list": N_("未取得该管控单元的准入清单。"),
    "missing-clause": N_("准入清单有条款尚待人工核定。"),
    "missing-attribute": N_("项目有判定所需的情况未填。"),
    "missing": N_("判定所需资料不足。"),
    "clause-hit": N_("触及准入清单条款：{text}"),
    "clause-open": N_("准入清单有条款不能判定：{text}"),
    "clauses-clear": N_("所涉管控单元及其上级清单的条款均不涉及本项目。"),
    "clause-manual": N_("该条款程序不能读懂，须人工判定。"),
    "clause-unconfirmed": N_("该条款由程序读出，尚未经人工核对。"),
}
TO_OBTAIN: Mapping[str, tuple[str, str]] = {
    "layer": (N_("加载“{name}”图层"), N_("该数据的主管部门")),
    "coverage": (N_("取得覆盖该用地及其周边的“{name}”数据"), N_("该数据的主管部门")),
    "field": (N_("补全“{name}”图层要素的属性“{field}”"), N_("该数据的提供单位")),
    "survey": (N_("对用地与“{name}”的相对位置作实地测量"), N_("有测绘资质的单位")),
    "attribute": (N_("填写项目情况：{name}"), N_("建设单位")),
    "parameter": (N_("设定距离：{name}"), N_("生态环境主管部门（按环评结论）")),
    "access_list": (N_("取得管控单元 {name} 的生态环境准入清单"), N_("设区市生态环境局")),
    "clause": (N_("人工核定准入清单条款 {name}"), N_("规划或环评人员")),
}
PARAMETERS: Mapping[str, str] = {
    "soil_risk_distance_m": N_("土壤污染风险项目与住宅、学校、医院等的距离"),
    "special_water_distance_m": N_("特殊水体保护区周边距离"),
    "odour_distance_m": N_("恶臭防护距离"),
    "water_source_grade_3_outlet_m": N_("准保护区内排污口的管理距离（按当地口径）"),
}
OWNERS: Mapping[str, str] = {
    "ecological_redline": N_("自然资源主管部门"),
    "permanent_farmland": N_("自然资源主管部门"),
    "urban_boundary": N_("自然资源主管部门"),
    "control_unit": N_("生态环境主管部门"),
    "element_zone": N_("生态环境主管部门"),
    "water_source": N_("生态环境主管部门"),
    "contaminated_land": N_("生态环境、自然资源主管部门"),
    "noise_zone": N_("生态环境主管部门"),
    "noise_sensitive": N_("生态环境主管部门"),
    "fuel_ban_zone": N_("城市人民政府（生态环境主管部门）"),
    "protected_area": N_("林业和草原主管部门"),
    "wetland": N_("林业和草原主管部门"),
    "scenic_area": N_("林业和草原主管部门"),
    "river_bank": N_("水行政主管部门"),
    "river_management": N_("水行政主管部门"),
    "bank_zone": N_("水行政主管部门"),
    "flood_detention": N_("水行政主管部门"),
    "water_function_zone": N_("水行政主管部门"),
    "germplasm_reserve": N_("农业农村（渔业）主管部门"),
    "industrial_park": N_("工业和信息化主管部门、园区管理机构"),
    "built_up_area": N_("住房和城乡建设主管部门"),
    "heating_network": N_("住房和城乡建设主管部门"),
    "breeding_ban_zone": N_("农业农村主管部门"),
}


def verdict_words(verdict: str) -> str:
    """A verdict in words."""
    return _(VERDICTS[str(verdict)])


def short_verdict(verdict: str) -> str:
    """A verdict in few words, for tables."""
    return _(SHORT_VERDICTS[str(verdict)])


def marked_verdict(verdict: str) -> str:
    """A verdict with its mark, so that colour is never alone."""
    return f"{MARKS[str(verdict)]} {short_verdict(verdict)}"


def review_words(state: str) -> str:
    """How a review stands, with a mark."""
    return _(REVIEWS[state])


def reviews_changed(states: Iterable[str]) -> str:
    """A sentence on reviews that were made of something else than there is now; empty where there is none."""
    count = sum(state in ("site-changed", "outcome-changed", "grounds-changed", "feature-changed") for state in states)
    return _("人工复核有 {count} 条在复核之后情况已变（用地、程序结论及其依据或图层要素），不再起作用，以程序判定为准。").format(
        count=count) if count else ""


def reviewed_verdict(project: Any) -> tuple[str, ...]:
    """A project's verdict with its mark and, below it, what people who reviewed it hold: it goes with the verdict in every table."""
    lines = [marked_verdict(project.verdict)]
    if project.reviewed_verdict is not None:
        changed = reviews_changed(one.state for one in project.overrides)
        if not changed or any(one.acting for one in project.overrides):
            lines.append(_("人工意见：{verdict}").format(verdict=short_verdict(project.reviewed_verdict)))
        if changed:
            lines.append(_("× 复核后情况已变"))
    return tuple(lines)


def dimension_words(dimension: str) -> str:
    """A dimension of the access list in words."""
    return _(DIMENSIONS[str(dimension)])


def force_words(force: str) -> str:
    """On whose authority, in words."""
    return _(FORCES[str(force)])


def category_words(category: str) -> str:
    """Class of a control unit in words; as it is where unknown."""
    return _(CATEGORIES[category]) if category in CATEGORIES else (category or _("类别未注明"))


def role_words(role: str) -> str:
    """Name of a layer role."""
    from layers.schema import ROLES

    found = ROLES.get(role)
    if found is None:
        return role
    return found.zh if language() == "zh" else found.en


def attribute_words(name: str) -> str:
    """Name of a project attribute."""
    kind = ATTRIBUTES.get(name)
    if kind is None:
        return name
    return kind.zh if language() == "zh" else kind.en


def value_words(name: str, value: Any) -> str:
    """Value of a project attribute."""
    if value is None:
        return _("未知")
    if value is True:
        return _("是")
    if value is False:
        return _("否")
    if isinstance(value, tuple | list):
        return "、".join(value_words(name, item) for item in value) if language() == "zh" else ", ".join(
            value_words(name, item) for item in value
        )
    kind = ATTRIBUTES.get(name)
    if kind is not None and value in kind.choices:
        return kind.choices[value][0 if language() == "zh" else 1]
    if isinstance(value, float):
        text = f"{value:g}"
        return f"{text} {kind.unit}" if kind is not None and kind.unit else text
    return str(value)


def missing_words(item: str) -> str:
    """What to obtain, from one entry of an outcome's ``missing``."""
    kind, _colon, rest = item.partition(":")
    if kind not in TO_OBTAIN:
        return item
    return _(TO_OBTAIN[kind][0]).format(**_missing_names(kind, rest))


def missing_from(item: str) -> str:
    """From whom to obtain it."""
    kind, _colon, rest = item.partition(":")
    role = rest.partition(".")[0]
    if kind in ("layer", "coverage", "field") and role in OWNERS:
        return _(OWNERS[role])
    return _(TO_OBTAIN[kind][1]) if kind in TO_OBTAIN else ""


def _missing_names(kind: str, rest: str) -> dict[str, str]:
    if kind in ("layer", "coverage", "survey"):
        return {"name": role_words(rest)}
    if kind == "field":
        role, _dot, field = rest.partition(".")
        return {"name": role_words(role), "field": field_words(role, field)}
    if kind == "attribute":
        return {"name": attribute_words(rest)}
    if kind == "parameter":
        return {"name": _(PARAMETERS.get(rest, rest))}
    return {"name": rest}


# Columns that no file has: the program works them out. Title, and the words for their values.
_DERIVED: Mapping[tuple[str, str], tuple[str, Mapping[str, str]]] = {
    ("discharge_outlet", "work_state"): (
        N_("整治进度（按指标口径）"),
        {
            "not_started": N_("未整治"), "in_progress": N_("整治中"), "done": N_("完成整治"), "closed": N_("已销号"),
            "no_need": N_("无需整治"),
        },
    ),
}  # fmt: skip


_SIDES: Mapping[str, str] = {"left": N_("左岸"), "right": N_("右岸")}


def field_words(role: str, field: str) -> str:
    """Name of a layer attribute; that of the file where nothing is known of it."""
    from layers.schema import COMMON_TITLES, ROLES

    if (role, field) in _DERIVED:
        return _(_DERIVED[role, field][0])
    column = 0 if language() == "zh" else 1
    found = ROLES[role].field(field) if role in ROLES else None
    if found is not None:
        return (found.zh, found.en)[column]
    if role == "discharge_outlet":
        from sanxian.outlets.schema import fields

        if field in fields():
            return fields()[field].title["en" if column else "zh"]
    if role == "project_site" and field not in ("id", "name"):
        return attribute_words(field)
    return COMMON_TITLES[field][column] if field in COMMON_TITLES else field


def field_value_words(role: str, field: str, value: Any) -> str:
    """Value of a layer attribute: a code in the agencies' own word in Chinese, in ours in English."""
    from layers.schema import ROLES

    if isinstance(value, bool) or type(value).__name__ == "bool":
        return truth_words(bool(value))
    if (role, field) in _DERIVED:
        return _(_DERIVED[role, field][1].get(value, str(value)))
    if is_truth(role, field) and value in (0, 1):
        return truth_words(bool(value))
    if isinstance(value, str):
        known = ROLES[role].field(field) if role in ROLES else None
        if known is not None and value in known.choices:
            return known.choice_words(value)[0 if language() == "zh" else 1]
        if field in ("bank_side", "side") and value in _SIDES:
            return _(_SIDES[value])
        if role == "project_site" and field in ATTRIBUTES:
            parts = [{"yes": True, "no": False, "true": True, "false": False}.get(one, one) for one in value.split(";")]
            return value_words(field, parts if len(parts) > 1 else parts[0])
    return str(value)


def field_choices(role: str, field: str) -> tuple[str, ...]:
    """The codes that a layer attribute can have, where they are a few known ones."""
    from layers.schema import ROLES

    if (role, field) in _DERIVED:
        return tuple(_DERIVED[role, field][1])
    known = ROLES[role].field(field) if role in ROLES else None
    if known is not None and known.choices:
        return known.choices
    if field in ("bank_side", "side"):
        return tuple(_SIDES)
    return tuple(ATTRIBUTES[field].choices) if role == "project_site" and field in ATTRIBUTES else ()


def field_spellings(role: str, field: str) -> dict[str, str]:
    """What people write for the codes of a layer attribute, in either language, as ``layers.schema.plain`` has it, and the code.

    A word that could mean two codes is left out.
    """
    from layers.schema import ROLES, plain
    from sanxian.outlets.banks import side_of

    known = ROLES[role].field(field) if role in ROLES else None
    pairs: list[tuple[str, str]] = []
    if (role, field) in _DERIVED:
        pairs = [(word, code) for code, words in _DERIVED[role, field][1].items() for word in in_every_language(words)]
    elif known is not None and known.choices:
        pairs = [*known.value_aliases.items(), *((word, code) for code in known.choices for word in known.choice_words(code))]
    elif field in ("bank_side", "side"):
        words = ("左", "右", "左侧", "右侧", "L", "R", *(word for side in _SIDES.values() for word in in_every_language(side)))
        pairs = [(word, code) for word in words if (code := side_of(word))]
    elif role == "project_site" and field in ATTRIBUTES:
        pairs = [(word, code) for code, words in ATTRIBUTES[field].choices.items() for word in words]
    found: dict[str, set[str]] = {}
    for word, code in pairs:
        found.setdefault(plain(word), set()).add(code)
    return {word: codes.pop() for word, codes in found.items() if len(codes) == 1}


def is_truth(role: str, field: str) -> bool:
    """Whether a field answers yes or no; a column with gaps comes as numbers."""
    from layers.schema import ROLES

    found = ROLES[role].field(field) if role in ROLES else None
    if found is None and role == "discharge_outlet":
        from sanxian.outlets.schema import fields

        found = fields().get(field)
    return found is not None and found.kind == "bool"


_DIGITS = {word: i for i, word in enumerate("零一二三四五六七八九")}
_ARTICLE = re.compile("第([〇零一二三四五六七八九十百千]+)(条|款|项|章|节)(之[一二三四五六七八九])?")
_PARTS = {"条": "art.", "款": "para.", "项": "item", "章": "ch.", "节": "sec."}
_ARTICLE_NOTES: Mapping[str, str] = {
    "条号未核": "article number not checked", "文字未逐字核对": "wording not checked word for word", "附件": "annex",
}  # fmt: skip


def _number(text: str) -> int:
    """A number below 10,000 in Chinese."""
    whole = digit = 0
    for letter in text:
        if letter in "十百千":
            whole += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[letter]
            digit = 0
        else:
            digit = _DIGITS.get(letter, 0)
    return whole + digit


def article_words(article: str) -> str:
    """An article as it is cited in the language of the moment: 第六十七条第二款 is ``art. 67 para. 2`` in English.

    Headings that have no number stay in Chinese, as they stand in the document.
    """
    if language() == "zh":
        return article
    text = _ARTICLE.sub(
        lambda found: f" {_PARTS[found[2]]} {_number(found[1])}" + (f"-{_number(found[3][1:])}" if found[3] else ""), article)
    text = re.sub("([Ⅰ-Ⅻ])类", r"class \1", text)
    for note, words_ in _ARTICLE_NOTES.items():
        text = text.replace(note, words_)
    for mark, other in (("、", ","), ("，", ","), ("；", ";"), ("（", " ("), ("）", ")")):
        text = text.replace(mark, other)
    return re.sub(r"([,;])(?=\S)", r"\1 ", re.sub(r"\s+", " ", text)).replace("( ", "(").strip()


def basis_words(basis: Basis, documents: Mapping[str, Document]) -> str:
    """Document and article, as cited."""
    document = documents[basis.document]
    title = pick(document.title)
    title = f"《{title}》" if language() == "zh" and not title.startswith("《") else title
    number = f"（{document.number}）" if document.number and language() == "zh" else ""
    return f"{title}{number}{basis.article}" if language() == "zh" else f"{title} {article_words(basis.article)}".strip()


def distance_words(distance_m: float) -> str:
    """A distance as people say it."""
    return _("{m:,.1f} 米").format(m=distance_m) if distance_m < 10_000 else _("{km:,.2f} 公里").format(km=distance_m / 1000)


def area_words(area_m2: float) -> str:
    """An area in the three units that planners use."""
    return _("{m2:,.1f} m²（{ha:,.4f} 公顷，{mu:,.2f} 亩）").format(m2=area_m2, ha=area_m2 / 1e4, mu=area_m2 * 3 / 2000)


def reason_words(outcome: Outcome | ClauseOutcome) -> str:
    """Why, in one sentence or two: the reason, what was measured, what is missing, how near to flipping."""
    if isinstance(outcome, ClauseOutcome):
        words = _(REASONS.get(outcome.reason, outcome.reason)).format_map(_Blank({"text": outcome.clause.text}))
        if outcome.missing and outcome.reason == "missing-attribute":
            words += _("需补：") + _join(missing_words(item) for item in outcome.missing)
        return words
    values = dict(outcome.values)
    if "special_title" in values:
        values["special_title"] = pick(values["special_title"])
    parts = [_(REASONS.get(outcome.reason, outcome.reason)).format_map(_Blank(values))]
    parts += [evidence_words(item) for item in outcome.evidence[:3]]
    if outcome.derived:
        names = _join(attribute_words(name) for name in outcome.derived)
        parts.append(_("“{names}”系按行业代码推定。").format(names=names))
    if outcome.missing:
        parts.append(_("需补：") + _join(missing_words(item) for item in outcome.missing) + _("。"))
    if outcome.margin_m is not None and outcome.reason != "not-concerned":
        words = _("距结论翻转 {distance}。").format(distance=distance_words(outcome.margin_m))
        parts.append(words)
    if outcome.borderline and outcome.reason != "borderline":
        parts.append(_("该余量在数据精度之内（临界），结论成立但宜实测。"))
    return "".join(parts) if language() == "zh" else " ".join(parts)


def evidence_words(item: Any) -> str:
    """One feature that counted, and what was measured to it."""
    name = f"{role_words(item.layer)}“{item.feature}”" if language() == "zh" else f"{role_words(item.layer)} “{item.feature}”"
    if item.overlap_m2:
        return _("与{name}重叠 {area}，占 {share:.2%}。").format(name=name, area=area_words(item.overlap_m2), share=item.share or 0)
    if item.overlap_m:
        return _("穿越{name} {length}，占 {share:.2%}。").format(
            name=name, length=distance_words(item.overlap_m), share=item.share or 0
        )
    if item.share:
        return _("位于{name}内。").format(name=name)
    if item.distance_m is None:
        return name
    line = _("（量至{line}）").format(line=_(BASELINES.get(item.baseline, item.baseline))) if item.baseline else ""
    if item.distance_m == 0:
        return _("与{name}边界相接。").format(name=name)
    return _("距{name} {distance}{line}。").format(name=name, distance=distance_words(item.distance_m), line=line)


def line_within_m(site: Any, fact: Any) -> float | None:
    """Metres of a line site inside a redline or layer; ``None`` for sites that are no line.

    Args:
        site: A ``SiteSummary``.
        fact: What has the ``share`` of it that lies inside.
    """
    return fact.share * site.length_m if site.length_m and not site.area_m2 else None


def redline_overlap_words(site: Any, redline: Any) -> str:
    """How much of a site lies in the redline: an area, of a line a length, of a place that it does."""
    if redline.overlap_m2 > 0:
        return _("压占 {area:,.1f} m²（{share:.2%}）").format(area=redline.overlap_m2, share=redline.share)
    length = line_within_m(site, redline)
    if length:
        return _("穿越 {length}（{share:.2%}）").format(length=distance_words(length), share=redline.share)
    return _("位于红线内")


def stated_accuracy(layers: Iterable[Any], role: str, site_m: float | None = None) -> float | None:
    """Within how many metres nobody can tell what meets what: the least exact layer of a role, and the site; ``None`` for not stated."""
    stated = [layer.accuracy_m for layer in layers if layer.role == role and layer.accuracy_m is not None]
    return max(stated, default=0.0) + (site_m or 0.0) if stated or site_m else None


def _join(items: Iterable[str]) -> str:
    return ("；" if language() == "zh" else "; ").join(items)


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


# ---------------------------------------------------------------------------------------------------- explanations

_TRUTHS = {True: N_("是"), False: N_("否"), None: N_("未知")}
_TESTS: Mapping[str, str] = {
    "is": N_("{name}为 {wanted}"),
    "in": N_("{name}属于 {wanted}"),
    "any_of": N_("{name}含 {wanted} 之一"),
    "none_of": N_("{name}不含 {wanted}"),
    "prefix": N_("{name}以 {wanted} 开头"),
    "at_most": N_("{name}不超过 {wanted}"),
    "at_least": N_("{name}不小于 {wanted}"),
    "less_than": N_("{name}小于 {wanted}"),
    "more_than": N_("{name}大于 {wanted}"),
}
_RELATIONS: Mapping[str, str] = {
    "intersects": N_("用地与“{layer}”{where}相交"),
    "within": N_("用地全部在“{layer}”{where}内"),
    "outside": N_("用地有部分在“{layer}”{where}之外"),
    "within_distance": N_("用地距“{layer}”{where}不超过 {distance}"),
    "covers_share": N_("用地在“{layer}”{where}内的占比不小于 {share:.0%}"),
    "outlet_inside": N_("排污口在“{layer}”{where}内"),
}
_KINDS: Mapping[str, str] = {
    "rule": N_("规则是否成立"),
    "in_place": N_("适用地区"),
    "project": N_("项目条件"),
    "spatial": N_("空间条件"),
    "all": N_("以下各项都成立"),
    "any": N_("以下至少一项成立"),
    "not": N_("以下不成立"),
    "always": N_("总是成立"),
}


def truth_words(truth: bool | None) -> str:
    """Yes, no or unknown."""
    return _(_TRUTHS[truth])


def trace_words(trace: Trace) -> str:
    """One step of an explanation in words, without its children."""
    values = trace.values
    if trace.kind in ("exception", "branch"):
        word = _("例外：{title}") if trace.kind == "exception" else _("情形：{title}")
        return word.format(title=pick(values["title"]))
    if trace.kind == "clause":
        return _("条款 {id}：{text}").format(id=values["id"], text=values["text"])
    if trace.kind == "unit":
        return _("管控单元 {code}（{feature}），占 {share:.2%}").format_map(_Blank({**values, "code": values.get("code") or "?"}))
    if trace.kind == "place":
        return _("用地在行政区 {codes} 内（查得 {found}）").format(
            codes=_join(values["codes"]), found=_join(values.get("found", [])) or "–"
        )
    if trace.kind == "attribute":
        name = str(values["attribute"])
        wanted = value_words(name, values["wanted"])
        if values.get("unit") and str(values["unit"]) not in wanted:
            wanted += f" {values['unit']}"
        words = _(_TESTS[str(values["test"])]).format(name=attribute_words(name), wanted=wanted)
        given = _("，填报为 {given}").format(given=value_words(name, values.get("given")))
        derived = _("（按行业代码推定）") if "derived_from" in values else ""
        return words + given + derived
    if trace.kind == "relation":
        role = str(values["layer"])
        where = values.get("where")
        filters = ""
        if where:
            inner = _join(filter_words(role, key, wanted) for key, wanted in where.items())
            filters = _("（{words}）").format(words=inner)
        distance = values.get("distance_m")
        asked = _(_RELATIONS[str(values["relation"])]).format(
            layer=role_words(role),
            where=filters,
            distance=distance_words(float(distance)) if distance is not None else _("（未设定）"),
            share=values.get("share") or 0.0,
        )
        found = values.get("found") or []
        if found:
            asked += _("：") + _join(evidence_words(_Found(role, item)) for item in found[:3])
        if values.get("missing"):
            asked += _("：") + _join(missing_words(item) for item in values["missing"])
        return asked
    return _(_KINDS.get(trace.kind, trace.kind))


def filter_words(role: str, field: str, wanted: Iterable[Any]) -> str:
    """One attribute of a layer and the values that it may have.

    A rule lists a value in the words of several agencies; a reader in English needs the English one of them only.
    """
    items = list(wanted)
    if language() == "en":
        items = [item for item in items if isinstance(item, bool) or item.isascii()] or items
    values = _("或").join(field_value_words(role, field, item) for item in items)
    return _("{field}＝{values}").format(field=field_words(role, field), values=values)


class _Found:
    """A feature of a trace, read like evidence."""

    def __init__(self, layer: str, item: Mapping[str, Any]) -> None:
        self.layer = layer
        self.feature = item.get("feature", "")
        self.overlap_m2 = item.get("overlap_m2")
        self.overlap_m = item.get("overlap_m")
        self.share = item.get("share")
        self.distance_m = item.get("distance_m")
        self.baseline = item.get("baseline")


def explanation_lines(trace: Trace | None, depth: int = 0) -> list[str]:
    """A whole explanation as indented lines, each with its answer."""
    if trace is None:
        return []
    lines = [("　" if language() == "zh" else "  ") * depth + f"[{truth_words(trace.truth)}] {trace_words(trace)}"]
    for child in trace.children:
        lines += explanation_lines(child, depth + 1)
    return lines


def issue_words(issue: Any) -> str:
    """One doubt about a file in words, with its row and field."""
    from layers.issues import WORDS, said_values

    values = _Blank(said_values({**dict(issue.values), "field": issue.field or ""}, _))
    text = _(WORDS[issue.code]).format_map(values) if issue.code in WORDS else issue.code
    place = _("第 {row} 行：").format(row=issue.row) if issue.row is not None else ""
    if issue.code not in WORDS and values:
        text += _("（{words}）").format(words=_join(f"{key}={value}" for key, value in sorted(values.items()) if value != ""))
    return place + text


def law_words(complete_from: object) -> str:
    """That the rules of a day before ``complete_from`` are not all there, and what follows."""
    return _("规则集自 {day} 起才收录完整；此前的法律未收全，除“禁止”外一律按资料不足。").format(day=complete_from)


def left_out_words(issues: Sequence[Any]) -> str:
    """That rows of the project file were left out, with their numbers; ``issues`` is one for each."""
    from sanxian.request import row_list

    return _("项目文件有 {count} 行没有可用的位置，未研判：第 {rows} 行。").format(
        count=len(issues), rows=row_list((issue.row for issue in issues), most=100))


# Words that errors carry as what varies in their sentence; all else that varies is data and stays as it is.
WORD_PARAMS: Mapping[str, frozenset[str]] = {
    "kind": frozenset(
        (N_("文字"), N_("日期"), N_("列表"), N_("表"), N_("true 或 false"), N_("整数"), N_("数字"))  # rules.load
    ),
    "found": frozenset((N_("点"), N_("线"), N_("面"), N_("混合几何"))),  # layers.read
    "wanted": frozenset((N_("点"), N_("线"), N_("面"), N_("混合几何"))),
    "reason": frozenset((*(reason for _pattern, reason in LIBRARY_REASONS), UNKNOWN_REASON)),  # layers.read
    "what": frozenset((
        N_("理由"), N_("人员姓名"), N_("项目编号"), N_("结论"), N_("要素编号"),  # sanxian.overrides
        N_("判定日"), N_("程序版本"), N_("规则的版本"), N_("距离设定"), N_("图层版本"),  # sanxian.result
    )),
}


def param_word(name: str, value: Any) -> Any:
    """What varies in an error's sentence, translated where it is a word and not data."""
    if not isinstance(value, str) or language() == "zh":
        return value
    if value in WORD_PARAMS.get(name, ()):
        return _(value)
    if name == "said":  # what columns of a file say, one after another, each with its rows
        for mark, other in (("、", ", "), ("（", " ("), ("）", ")")):
            value = value.replace(mark, other)
        return value
    if name in ("role", "zh"):  # layers.read names a role and a field as its schema does
        from layers.schema import ROLES

        for role in ROLES.values():
            for item in (role,) if name == "role" else role.fields:
                if item.zh == value:
                    return item.en
    return value


def words(error: BaseException) -> str:
    """An error in the language of the moment, where it carries its sentence and what varies in it."""
    template = getattr(error, "template", None)
    if isinstance(template, str):
        given = getattr(error, "params", {})
        params = {name: param_word(name, value) for name, value in given.items()}
        try:
            return _(template).format(**params)
        except (KeyError, IndexError, ValueError):
            return str(error)
    return str(error)

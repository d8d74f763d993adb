"""The explanation tree in words: each step, what was asked, what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gui.project_fields import BY_NAME, shown
from gui.words import verdict_word
from sanxian.i18n import N_, _, pick

_KINDS = {
    "rule": N_("规则"), "in_place": N_("适用地域"), "project": N_("项目条件"), "spatial": N_("空间条件"),
    "all": N_("同时满足"), "any": N_("满足其一"), "not": N_("不属于"), "always": N_("总是适用"),
    "exception": N_("例外"), "branch": N_("分档"), "unit": N_("管控单元"), "clause": N_("清单条款"),
    "place": N_("行政区代码"), "relation": N_("空间关系"), "attribute": N_("项目属性"),
}
_RELATIONS = {
    "intersects": N_("压占{layer}"), "within": N_("全部位于{layer}内"), "outside": N_("有部分位于{layer}外"),
    "within_distance": N_("距{layer}不足 {distance:,.0f} m"), "covers_share": N_("位于{layer}内的比例达到 {share:.1%}"),
    "outlet_inside": N_("排污口位于{layer}内"),
}
_TESTS = {
    "is": N_("为"), "in": N_("属于"), "any_of": N_("含有"), "none_of": N_("不含"), "prefix": N_("代码开头为"),
    "at_most": N_("不大于"), "at_least": N_("不小于"), "less_than": N_("小于"), "more_than": N_("大于"),
}


def truth_words(truth: bool | None) -> str:
    """Yes, no or unknown."""
    return _("未知") if truth is None else _("是") if truth else _("否")


def step_words(trace: Any, layer_name: Callable[[str], str]) -> str:
    """One step of an explanation.

    Args:
        trace: A ``rules.model.Trace``.
        layer_name: Gives the name of a layer role.
    """
    values: Mapping[str, Any] = trace.values
    kind = _(_KINDS.get(trace.kind, trace.kind))
    if trace.kind == "attribute":
        name = str(values.get("attribute", ""))
        field = BY_NAME.get(name)
        label = field.label if field is not None else name
        wanted = shown(name, values.get("wanted"))
        test = _(_TESTS.get(str(values.get("test")), str(values.get("test", ""))))
        said = _("{label} {test} {wanted}？实际：{given}").format(label=label, test=test, wanted=wanted,
                                                            given=shown(name, values.get("given")))
        return said + (_("（由行业代码推定）") if values.get("derived_from") else "")
    if trace.kind == "relation":
        return _relation(values, layer_name)
    if trace.kind == "place":
        found = "、".join(map(str, values.get("found", ()))) or _("未知")
        return _("{kind}：{codes}？实际：{found}").format(kind=kind, codes="、".join(map(str, values.get("codes", ()))),
                                                     found=found)
    if trace.kind in ("exception", "branch"):
        title = pick(values["title"]) if values.get("title") else str(values.get("id", ""))
        return _("{kind}：{title} → {verdict}").format(kind=kind, title=title,
                                                     verdict=verdict_word(values.get("outcome")))
    if trace.kind == "unit":
        return f"{kind}：{values.get('feature') or ''} {values.get('code') or ''}".strip()
    if trace.kind == "clause":
        return f"{kind}：{values.get('text', '')} → {verdict_word(values.get('outcome'))}"
    return kind


def _relation(values: Mapping[str, Any], layer_name: Callable[[str], str]) -> str:
    relation = str(values.get("relation", ""))
    layer = layer_name(str(values.get("layer", "")))
    pattern = _(_RELATIONS.get(relation, "{layer}"))
    said = pattern.format(layer=layer, distance=values.get("distance_m") or 0.0, share=values.get("share") or 0.0)
    if relation not in _RELATIONS:
        said = f"{said} {relation}"
    where = values.get("where")
    if where:
        said += "（" + "；".join(f"{name}: {'、'.join(map(str, wanted))}" for name, wanted in where.items()) + "）"
    found = []
    for item in list(values.get("found", ()))[:3]:
        parts = [str(item.get("feature", ""))]
        if item.get("overlap_m2"):
            parts.append(f"{item['overlap_m2']:,.1f} m²")
        elif item.get("overlap_m"):
            parts.append(f"{item['overlap_m']:,.1f} m")
        elif item.get("distance_m") is not None:
            parts.append(_("距离 {metres:,.1f} m").format(metres=item["distance_m"]))
        found.append(" ".join(parts))
    if found:
        said += "？ " + "；".join(found)
    if values.get("margin_m") is not None:
        said += " · " + _("距翻转 {metres:,.1f} m").format(metres=values["margin_m"])
    return said

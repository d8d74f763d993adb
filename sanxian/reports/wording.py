"""The words that only reports need: labels of attributes, who holds which data, and text made safe to print."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from rules.attributes import ATTRIBUTES
from sanxian.i18n import N_, _, language
from sanxian.mapping.styles import STYLES, style_for

# Characters that have no picture of their own, or change the order of what stands beside them: a name that holds
# one would read as something else than it is.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)


def plain(value: Any) -> str:
    """``value`` as text in which every character can be seen; those that cannot stand as ``[U+202E]``."""
    if value is None:
        return ""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


DIMENSIONS: Mapping[str, str] = {
    "spatial_layout": N_("空间布局约束"),
    "pollutant_discharge": N_("污染物排放管控"),
    "environmental_risk": N_("环境风险防控"),
    "resource_efficiency": N_("资源开发效率要求"),
}

FORCES: Mapping[str, str] = {
    "statute": N_("法律"),
    "regulation": N_("法规、规章和标准"),
    "list": N_("准入清单"),
    "plan": N_("规划"),
    "reference": N_("参考文件"),
}

CATEGORIES: Mapping[str, str] = {
    "priority": N_("优先保护单元"),
    "key": N_("重点管控单元"),
    "general": N_("一般管控单元"),
}

TIERS: Mapping[str, str] = {
    "province": N_("省级总体准入要求"),
    "basin": N_("流域总体准入要求"),
    "city": N_("市级总体准入要求"),
    "unit": N_("环境管控单元准入要求"),
}

# What stands in the column 符合性. Never a permission: the screening says what it found and what it lacks.
CONFORMITY: Mapping[str, str] = {
    "prohibited": N_("不符合（禁止）"),
    "undetermined": N_("待补充资料后判定"),
    "restricted": N_("受限制"),
    "conditional": N_("有条件（须取得批准或论证文件）"),
    "advisory": N_("提示"),
    "permitted": N_("符合"),
    "not_applicable": N_("不涉及"),
}

CLAUSE_STATUS: Mapping[str, str] = {
    "confirmed": N_("条款判读已经人工确认"),
    "machine_read": N_("条款由程序判读，待人工确认"),
    "manual": N_("条款须人工判断"),
}

BASELINES: Mapping[str, str] = {
    "management": N_("河道管理范围线"),
    "outer": N_("岸线外缘边界线"),
    "levee": N_("堤防"),
    "water_edge": N_("水边线"),
}

# Who usually keeps a layer and can hand it out. Says where to ask, not who must answer.
_NATURAL = N_("自然资源主管部门")
_ECOLOGY = N_("生态环境主管部门")
_WATER = N_("水行政主管部门")
_FOREST = N_("林业和草原主管部门")
_FARM = N_("农业农村主管部门")
HOLDERS: Mapping[str, str] = {
    "ecological_redline": _NATURAL, "permanent_farmland": _NATURAL, "urban_boundary": _NATURAL,
    "control_unit": _ECOLOGY, "element_zone": _ECOLOGY, "water_source": _ECOLOGY, "fuel_ban_zone": _ECOLOGY,
    "machinery_ban_zone": _ECOLOGY, "noise_zone": _ECOLOGY, "noise_sensitive": _ECOLOGY, "contaminated_land": _ECOLOGY,
    "groundwater_zone": _ECOLOGY, "discharge_outlet": _ECOLOGY, "pollution_source": _ECOLOGY,
    "monitoring_section": _ECOLOGY, "water_function_zone": N_("生态环境主管部门、水行政主管部门"),
    "protected_area": _FOREST, "scenic_area": _FOREST, "wetland": _FOREST,
    "germplasm_reserve": _FARM, "farmland_class": N_("农业农村主管部门、生态环境主管部门"),
    "breeding_ban_zone": N_("生态环境主管部门、农业农村主管部门"),
    "river_bank": _WATER, "bank_zone": _WATER, "river_management": _WATER, "flood_detention": _WATER,
    "water_body": _WATER,
    "built_up_area": N_("住房和城乡建设主管部门、自然资源主管部门"),
    "industrial_park": N_("园区管理机构、工业和信息化主管部门"),
    "heating_network": N_("住房和城乡建设主管部门、供热单位"), "sewer": N_("住房和城乡建设主管部门、排水单位"),
    "receptor": N_("建设单位（现场调查）"), "admin": N_("民政部门、自然资源主管部门"),
}
_OTHER_HOLDERS: Mapping[str, str] = {
    "attribute": N_("建设单位"),
    "field": N_("图层的提供单位"),
    "survey": N_("建设单位（委托有资质的测绘单位）"),
    "access_list": N_("生态环境主管部门（已公布的生态环境准入清单）"),
    "clause": N_("生态环境主管部门（人工判断）"),
    "parameter": N_("使用本程序的单位（设置参数并说明依据）"),
}


def attribute_name(key: str) -> str:
    """The label of a project attribute; a column of the user's own keeps its name."""
    kind = ATTRIBUTES.get(key)
    return plain(key) if kind is None else kind.en if language() == "en" else kind.zh


def attribute_value(key: str, value: Any) -> str:
    """The value of a project attribute in words. What was not given is said to be unknown, never left blank."""
    if value is None or value == "" or value == ():
        return _("未提供（按未知处理）")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, (list, tuple, set, frozenset)):
        parts = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return _("；").join(attribute_value(key, part) for part in parts)
    kind = ATTRIBUTES.get(key)
    if isinstance(value, (int, float)):
        return f"{value:g} {kind.unit if kind else ''}".strip()
    words = kind.choices.get(str(value)) if kind else None
    if words:
        return words[1] if language() == "en" else words[0]
    return plain(value)


def role_name(role: str) -> str:
    """The name of a layer role."""
    return style_for(role).name(language()) if role in STYLES else plain(role)


def holder(missing: str) -> str:
    """Who can usually hand out what ``missing`` names (``layer:ROLE``, ``attribute:NAME`` and the like)."""
    kind, _colon, name = missing.partition(":")
    if kind in ("layer", "coverage"):
        return _(HOLDERS[name]) if name in HOLDERS else _("图层的主管部门")
    return _(_OTHER_HOLDERS.get(kind, N_("建设单位")))


def area(square_metres: float) -> str:
    """An area in m², 公顷 and 亩."""
    return _("{m2:,.1f} m²（{ha:,.4f} 公顷，{mu:,.2f} 亩）").format(
        m2=square_metres, ha=square_metres / 10_000, mu=square_metres * 3 / 2_000)


def metres(distance: float) -> str:
    """A distance in metres to 0.1 m; one that is not nothing is never rounded to 0."""
    if 0 < distance < 0.05:
        return "<0.1 m"
    return f"{distance:,.1f} m"


def share(part: float) -> str:
    """A share in per cent. One that is not nothing is never rounded to 0, nor one that is not all to 100."""
    percent = part * 100
    if 0 < percent < 0.01:
        return "<0.01%"
    if 99.99 < percent < 100:
        return ">99.99%"
    return f"{percent:.2f}%"


def square_metres(value: float) -> str:
    """An area in m² alone, for a table's cell or a sentence; a sliver keeps its digits."""
    if 0 < value < 0.05:
        return f"{value:.4g} m²"
    return f"{value:,.1f} m²"


def day(value: date | str | None) -> str:
    """A date as ``2026-11-22``; a dash where there is none."""
    if value is None or value == "":
        return "—"
    return value.isoformat() if isinstance(value, date) else plain(value)


def degrees(longitude: float, latitude: float) -> str:
    """A place in degrees, minutes and seconds, to 0.01″ (about 0.3 m)."""

    def one(value: float, positive: str, negative: str) -> str:
        hundredths = round(abs(value) * 360_000)
        whole, rest = divmod(hundredths, 360_000)
        minutes, rest = divmod(rest, 6_000)
        return f"{positive if value >= 0 else negative}{whole}°{minutes:02d}′{rest / 100:05.2f}″"

    if language() == "en":
        return f"{one(longitude, 'E ', 'W ')}, {one(latitude, 'N ', 'S ')}"
    return f"{one(longitude, '东经', '西经')}，{one(latitude, '北纬', '南纬')}"


def join(parts: list[str]) -> str:
    """Sentences one after another."""
    return (" " if language() == "en" else "").join(part for part in parts if part)

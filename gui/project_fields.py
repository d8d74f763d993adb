"""Every attribute of a project that a rule may ask for, as the form shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sanxian.i18n import N_


@dataclass(frozen=True)
class ProjectField:
    """One attribute.

    Attributes:
        kind: ``bool`` (yes, no, unknown), ``choice``, ``multi`` (several, with ``none`` alone), ``number``,
            ``industry``, ``list`` (free words, ``;`` between them) or ``text``.
        choices: Value and label, in order; unknown is not among them, the form adds it.
    """

    name: str
    group: str
    kind: str
    label: str
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""


BASIC, PROCESS, LAND, WATER, AIR, SPECIAL = (
    N_("基本情况"), N_("能源与重金属"), N_("用地"), N_("废水与排污口"), N_("废气、噪声与土壤"), N_("特殊类型与程序"),
)
GROUPS = (BASIC, PROCESS, WATER, AIR, LAND, SPECIAL)

_LAND_USE = (
    ("residential", N_("居住用地")), ("public", N_("公共管理与公共服务用地")), ("industrial", N_("工业用地")),
    ("storage", N_("仓储用地")), ("commercial", N_("商业服务业用地")), ("agricultural", N_("农用地")),
    ("other", N_("其他用地")),
)
_LIMITED = (
    ("0", N_("不属于")), ("1", N_("1 管护、科研、监测、防灾、国防等")), ("2", N_("2 原住居民等既有规模内的生产生活")),
    ("3", N_("3 考古、化石、标本和文物保护")), ("4", N_("4 人工商品林抚育采伐、树种更新、竹林经营")),
    ("5", N_("5 适度参观旅游及必要公共设施")), ("6", N_("6 无法避让的线性基础设施、防洪、供水、航运")),
    ("7", N_("7 地质调查与矿产勘查开采")), ("8", N_("8 生态修复")), ("9", N_("9 边境通视道清理、界务工程")),
    ("10", N_("10 法律法规允许的其他人为活动")),
)

FIELDS: tuple[ProjectField, ...] = (
    ProjectField("industry_code", BASIC, "industry", N_("行业代码"), hint=N_("按名称或代码查找 GB/T 4754-2017，多个用 ; 分隔")),
    ProjectField("nature", BASIC, "choice", N_("建设性质"), (
        ("new", N_("新建")), ("expansion", N_("扩建")), ("rebuild", N_("改建")), ("upgrade", N_("技改")),
        ("relocation", N_("迁建")))),
    ProjectField("is_chemical", BASIC, "bool", N_("化工项目"), hint=N_("留作未知时按行业代码推定，结论中注明")),
    ProjectField("is_chemical_park", BASIC, "bool", N_("化工园区建设")),
    ProjectField("is_heavy_chemical_park", BASIC, "bool", N_("重化工园区建设")),
    ProjectField("is_two_high", BASIC, "bool", N_("两高项目"), hint=N_("高耗能、高排放项目")),
    ProjectField("adds_capacity", BASIC, "bool", N_("新增产能")),
    ProjectField("heavy_water_pollution", BASIC, "bool", N_("水污染严重项目")),
    ProjectField("discharges_pollutants", BASIC, "bool", N_("排放污染物")),
    ProjectField("fuels", PROCESS, "multi", N_("燃料"), (
        ("none", N_("不用燃料")), ("coal", N_("煤")), ("petroleum_coke", N_("石油焦")), ("heavy_oil", N_("重油")),
        ("biomass_pellet", N_("生物质成型燃料")), ("biomass_raw", N_("直接燃用生物质")), ("natural_gas", N_("天然气")),
        ("lpg", N_("液化石油气")), ("electricity", N_("电")), ("other", N_("其他")))),
    ProjectField("boiler_t_h", PROCESS, "number", N_("锅炉容量（蒸吨/时）")),
    ProjectField("heavy_metals", PROCESS, "multi", N_("重金属"), (
        ("none", N_("不涉及重金属")), ("lead", N_("铅")), ("mercury", N_("汞")), ("cadmium", N_("镉")),
        ("chromium", N_("铬")), ("arsenic", N_("砷")), ("thallium", N_("铊")), ("antimony", N_("锑")))),
    ProjectField("wastewater", WATER, "choice", N_("废水去向"), (
        ("none", N_("无废水")), ("indirect", N_("间接排放（进污水厂）")), ("direct", N_("直接排放")))),
    ProjectField("new_outlet", WATER, "choice", N_("排污口"), (
        ("none", N_("不设")), ("new", N_("新设")), ("moved", N_("改设")), ("enlarged", N_("扩大")))),
    ProjectField("outlet_type", WATER, "text", N_("排污口类型"), hint=N_("如 工业排污口、城镇污水处理厂排污口")),
    ProjectField("is_water_supply", WATER, "bool", N_("供水或水源保护设施")),
    ProjectField("emits_air", AIR, "bool", N_("排放大气污染物")),
    ProjectField("emits_odour", AIR, "bool", N_("产生油烟、异味")),
    ProjectField("noise_emitting", AIR, "bool", N_("产生噪声")),
    ProjectField("soil_risk", AIR, "bool", N_("可能污染土壤")),
    ProjectField("land_use_before", LAND, "choice", N_("原用途"), _LAND_USE),
    ProjectField("land_use_after", LAND, "choice", N_("规划用途"), _LAND_USE),
    ProjectField("adds_construction_land", LAND, "bool", N_("新增建设用地")),
    ProjectField("temporary_land", LAND, "bool", N_("临时用地")),
    ProjectField("is_tailings_pond", SPECIAL, "bool", N_("尾矿库")),
    ProjectField("tailings_purpose", SPECIAL, "choice", N_("尾矿库建设目的"), (
        ("safety", N_("安全")), ("environment", N_("生态环境保护")), ("other", N_("其他目的")))),
    ProjectField("is_waste_facility", SPECIAL, "bool", N_("固体废物处置设施")),
    ProjectField("is_livestock", SPECIAL, "bool", N_("畜禽养殖")),
    ProjectField("national_major_project", SPECIAL, "bool", N_("国家重大项目")),
    ProjectField("limited_activity", SPECIAL, "choice", N_("有限人为活动"), _LIMITED),
    ProjectField("is_public_welfare", SPECIAL, "bool", N_("公益性项目"), hint=N_("防洪、河道治理、供水、生态、航运、国家基础设施")),
    ProjectField("documents", SPECIAL, "list", N_("已取得的文件"), hint=N_("多个用 ; 分隔")),
)
BY_NAME: Mapping[str, ProjectField] = {field.name: field for field in FIELDS}


def shown(field: ProjectField, value: Any) -> str:
    """A value in words; empty for unknown."""
    from sanxian.i18n import _

    if value is None:
        return ""
    if field.kind == "bool":
        return _("是") if value else _("否")
    labels = dict(field.choices)
    if field.kind == "multi":
        return "、".join(_(labels.get(str(item), str(item))) for item in value)
    if isinstance(value, (tuple, list, set, frozenset)):
        return ";".join(str(item) for item in value)
    return _(labels.get(str(value), str(value)))

"""What may be known of a project: the attributes that rules ask about, their kinds and their words.

The names and values are the public contract; Chinese headers and words are accepted everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.industry import closed_up


@dataclass(frozen=True, slots=True)
class AttributeKind:
    """One project attribute.

    Attributes:
        kind: text, codes (industry codes), choice, choices (several), bool, number or texts (several).
        choices: The values, each with its Chinese and English word and other words that are understood.
        group: Under which heading a form shows it.
        unit: Of a number.
        limits: Least and greatest value of a number.
        whole: Only whole numbers make sense.
    """

    name: str
    kind: str
    zh: str
    en: str
    group: str
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    aliases: tuple[str, ...] = ()
    unit: str = ""
    limits: tuple[float, float] = (0.0, float("inf"))
    whole: bool = False


_YES = {"yes", "y", "true", "t", "1", "1.0", "是", "有", "√", "对"}
_NO = {"no", "n", "false", "f", "0", "0.0", "否", "无", "×", "不是", "没有"}
_UNKNOWN = {"", "nan", "none", "null", "未知", "不详", "待定", "不清楚", "unknown", "?", "？", "/", "—", "-", "--", "n/a"}

_NATURES = {
    "new": ("新建", "new", "新建项目", "新設"),
    "expansion": ("扩建", "expansion", "扩建项目", ),
    "rebuild": ("改建", "rebuild", "改建项目"),
    "upgrade": ("技改", "upgrade", "技术改造", "技术改造项目"),
    "relocation": ("迁建", "relocation", "搬迁", "易地搬迁"),
}
_FUELS = {
    "coal": ("煤", "coal", "燃煤", "煤炭", "原煤", "型煤"),
    "petroleum_coke": ("石油焦", "petroleum coke"),
    "heavy_oil": ("重油", "heavy oil", "渣油", "原油", "煤焦油"),
    "biomass_pellet": ("生物质成型燃料", "biomass pellet", "成型生物质", "生物质颗粒"),
    "biomass_raw": ("直接燃用生物质", "raw biomass", "散烧生物质", "木柴", "秸秆"),
    "natural_gas": ("天然气", "natural gas", "燃气", "管道天然气"),
    "lpg": ("液化石油气", "LPG", "液化气"),
    "electricity": ("电", "electricity", "电力", "用电"),
    "other": ("其他", "other", "其它"),
    "none": ("无", "none", "不使用燃料", "没有"),
}
_METALS = {
    "none": ("无", "none", "不涉及", "没有"),
    "lead": ("铅", "lead", "Pb"),
    "mercury": ("汞", "mercury", "Hg"),
    "cadmium": ("镉", "cadmium", "Cd"),
    "chromium": ("铬", "chromium", "Cr"),
    "arsenic": ("砷", "arsenic", "As"),
    "thallium": ("铊", "thallium", "Tl"),
    "antimony": ("锑", "antimony", "Sb"),
}
_LAND = {
    "residential": ("居住用地", "residential", "居住", "住宅", "住宅用地"),
    "public": ("公共管理与公共服务用地", "public", "公共", "公服", "学校", "医院", "公共用地"),
    "industrial": ("工业用地", "industrial", "工业", "工矿用地"),
    "storage": ("仓储用地", "storage", "仓储", "物流仓储用地"),
    "commercial": ("商业用地", "commercial", "商业", "商服用地"),
    "agricultural": ("农用地", "agricultural", "农业", "耕地"),
    "other": ("其他", "other", "其它"),
}
_OUTLETS = {
    "industrial": ("工业排污口", "industrial", "工业"),
    "urban_wwtp": ("城镇污水处理厂排污口", "urban wastewater plant", "城镇污水处理厂", "污水处理厂"),
    "agricultural": ("农业排口", "agricultural", "农业"),
    "other": ("其他排口", "other", "其他", "其它"),
}


def _bool(name: str, zh: str, en: str, group: str, *aliases: str) -> AttributeKind:
    return AttributeKind(name, "bool", zh, en, group, {}, aliases)


_ALL = (
    AttributeKind("industry_code", "codes", "行业代码（GB/T 4754-2017）", "Industry code (GB/T 4754-2017)", "basic", {},
                  ("行业代码", "国民经济行业代码", "行业类别代码", "行业编码", "industry")),
    AttributeKind("nature", "choices", "建设性质", "Nature of the project", "basic", _NATURES, ("性质", "项目性质")),
    _bool("is_chemical", "是否化工项目", "Chemical project", "basic", "化工项目", "化工"),
    _bool("is_chemical_park", "是否化工园区", "Chemical park", "basic", "化工园区"),
    _bool("is_heavy_chemical_park", "是否重化工园区", "Heavy chemical park", "basic", "重化工园区"),
    _bool("is_two_high", "是否“两高”项目", "High energy use, high emission", "basic", "两高", "两高项目", "是否两高项目"),
    _bool("adds_capacity", "是否新增产能", "Adds capacity", "basic", "新增产能"),
    _bool("national_major_project", "是否国家重大项目", "National major project", "basic", "国家重大项目"),
    AttributeKind("limited_activity", "number", "有限人为活动类别（0 无，1–10）", "Limited human activity (0 none, 1–10)",
                  "basic", {}, ("有限人为活动", "有限人为活动类别"), limits=(0, 10), whole=True),
    _bool("is_public_welfare", "是否公共安全、公众利益类", "Public safety or welfare works", "basic", "公益类", "公众利益"),
    _bool("is_water_supply", "是否供水或保护水源设施", "Serves or protects a water source", "basic", "供水设施", "水源保护设施"),
    _bool("is_tailings_pond", "是否尾矿库", "Tailings pond", "basic", "尾矿库"),
    AttributeKind("tailings_purpose", "choice", "尾矿库建设目的", "Purpose of the tailings works", "basic", {
        "safety": ("提升安全水平", "safety", "安全"),
        "environment": ("提升生态环境保护水平", "environment", "环保", "生态环境保护"),
        "other": ("其他", "other", "其它"),
    }, ("尾矿库目的",)),
    _bool("is_waste_facility", "是否固体废物集中处置设施", "Central waste facility", "basic", "固废设施", "固体废物设施"),
    _bool("is_livestock", "是否畜禽养殖场（小区）", "Livestock farm", "basic", "畜禽养殖", "养殖场"),
    _bool("discharges_pollutants", "是否排放污染物", "Discharges pollutants", "water", "排放污染物"),
    AttributeKind("wastewater", "choice", "废水去向", "Wastewater", "water", {
        "none": ("无废水", "none", "无", "不产生"),
        "indirect": ("间接排放（纳管）", "indirect", "间接排放", "纳管", "接管"),
        "direct": ("直接排放", "direct", "直排"),
    }, ("废水排放方式", "废水")),
    _bool("heavy_water_pollution", "是否对水体污染严重", "Heavy water pollution", "water", "水体污染严重"),
    AttributeKind("new_outlet", "choice", "入河排污口设置", "River discharge outlet", "water", {
        "none": ("不涉及", "none", "无", "没有"),
        "new": ("新设", "new", "新建", "新增"),
        "moved": ("改设", "moved", "改建"),
        "enlarged": ("扩大", "enlarged", "扩建"),
    }, ("新设排污口", "排污口设置", "入河排污口")),
    AttributeKind("outlet_type", "choice", "排污口类型", "Outlet type", "water", _OUTLETS, ("排口类型",)),
    AttributeKind("outlet_lon", "number", "排污口经度", "Outlet longitude", "water", {}, ("排口经度",), "°", (73.0, 136.0)),
    AttributeKind("outlet_lat", "number", "排污口纬度", "Outlet latitude", "water", {}, ("排口纬度",), "°", (3.0, 54.0)),
    _bool("site_is_outlet", "用地位置即排污口位置", "The site is the outlet itself", "water", "位置即排污口"),
    _bool("emits_air", "是否排放废气", "Emits to air", "air", "排放废气", "废气"),
    _bool("emits_odour", "是否产生恶臭异味", "Emits odour", "air", "恶臭", "异味", "产生恶臭"),
    AttributeKind("fuels", "choices", "使用燃料", "Fuels", "air", _FUELS, ("燃料", "燃料种类", "燃料类型")),
    AttributeKind("boiler_t_h", "number", "锅炉规模", "Boiler size", "air", {}, ("锅炉吨位", "锅炉蒸吨", "锅炉规模（蒸吨/小时）"),
                  "t/h"),
    _bool("noise_emitting", "是否排放工业噪声", "Emits industrial noise", "noise", "排放噪声", "噪声", "产生噪声"),
    AttributeKind("heavy_metals", "choices", "涉重金属", "Heavy metals", "soil", _METALS, ("重金属", "重金属污染物")),
    _bool("soil_risk", "是否可能造成土壤污染", "May pollute soil", "soil", "土壤污染风险", "土壤风险"),
    AttributeKind("land_use_before", "choice", "现状用途", "Land use before", "land", _LAND, ("原用途", "现状用地")),
    AttributeKind("land_use_after", "choice", "规划用途", "Land use after", "land", _LAND, ("规划用地", "用途", "变更后用途")),
    _bool("adds_construction_land", "是否新增建设用地", "Adds construction land", "land", "新增建设用地"),
    _bool("temporary_land", "是否临时用地", "Temporary land", "land", "临时用地"),
    AttributeKind("documents", "texts", "已取得的文件", "Documents held", "land", {}, ("已有文件", "已取得文件", "批准文件")),
    AttributeKind("accuracy_m", "number", "用地界线精度", "Accuracy of the site's outline", "land", {},
                  ("精度", "界线精度", "用地精度"), "m"),
)  # fmt: skip

ATTRIBUTES: Mapping[str, AttributeKind] = {item.name: item for item in _ALL}
GROUPS: Mapping[str, tuple[str, str]] = {
    "basic": ("基本情况", "Basics"),
    "water": ("水", "Water"),
    "air": ("大气", "Air"),
    "noise": ("噪声", "Noise"),
    "soil": ("土壤", "Soil"),
    "land": ("用地与文件", "Land and documents"),
}


class ValueRefused(ValueError):
    """A cell that is not empty and does not say anything that the attribute can be."""


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def parse_value(kind: AttributeKind, raw: Any) -> Any:
    """What a cell says; ``None`` where it is empty or says that it is not known.

    Args:
        kind: The attribute.
        raw: As the file has it: text, number, truth value or ``None``.

    Returns:
        bool, float, text, or a tuple of texts, by ``kind.kind``.

    Raises:
        ValueRefused: It says something else.
    """
    if raw is None or (isinstance(raw, float) and raw != raw):
        return None
    if isinstance(raw, tuple | list | frozenset | set):
        raw = ";".join(str(item) for item in raw)  # type: ignore[arg-type]
    text = str(raw).strip()
    word = _plain(text)
    if kind.kind == "texts" and word in ("none", "无", "没有", "no", "否"):
        return ()  # said to hold none, which is not the same as not said
    if word in _UNKNOWN and not (word in ("none", "无") and "none" in kind.choices):
        return None
    match kind.kind:
        case "bool":
            if word in _YES:
                return True
            if word in _NO:
                return False
        case "number":
            found = re.fullmatch(r"([-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)\s*[a-z/°㎡%吨蒸小时米·]*", word)
            if found:
                number = float(found[1])
                if kind.limits[0] <= number <= kind.limits[1] and (not kind.whole or number.is_integer()):
                    return number
        case "choice":
            value = _choice(kind, word)
            if value is not None:
                return value
        case "choices":
            if kind.name == "nature":  # one word for two natures, common in forms
                text = re.sub(r"改扩建|扩改建|改、扩建", "改建;扩建", re.sub(r"新改扩建|新、改、扩建", "新建;改建;扩建", text))
            parts = [part for part in re.split(r"[;；,，、/|+\s]+", text) if part]
            values = [_choice(kind, _plain(part)) for part in parts]
            if all(value is not None for value in values):
                kept = tuple(dict.fromkeys(str(value) for value in values))
                if not ("none" in kept and len(kept) > 1):
                    return kept
        case "codes":
            codes = [_plain(part).upper() for part in re.split(r"[;；,，、|\s]+", closed_up(text)) if part]
            codes = [re.sub(r"\.0$", "", code) for code in codes]
            if codes and all(re.fullmatch(r"[A-T]?\d{2,4}|[A-T]", code) for code in codes):
                return tuple(dict.fromkeys(codes))
        case "texts":
            return tuple(dict.fromkeys(part.strip() for part in re.split(r"[;；\n]+", text) if part.strip()))
        case _:
            return text
    raise ValueRefused(text)


def _choice(kind: AttributeKind, word: str) -> str | None:
    word = re.sub(r"\.0$", "", word)
    for value, words in kind.choices.items():
        if word == value or word in {_plain(item) for item in words}:
            return value
    return None

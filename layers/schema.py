"""What each layer holds, written once and used to read, check, show and explain it.

Field names that agencies use are taken from public sources (``aliases``); an official field table was never found, so
anything else is given by hand when a file is added.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of a layer.

    Attributes:
        name: The name used everywhere in this program.
        kind: text, code (text, never a number), number, bool, choice or date (ISO text).
        required: A file without such a field is refused.
        expected: A file without such a field is accepted and the lack is an issue, since rules ask for it.
        choices: The values that a choice can have; of a text, those that rules know, beside which any other word may stand.
        aliases: Names that the agencies' files use for it.
        value_aliases: What agencies write for a choice, and which choice it means.
        words: What a choice is called in Chinese and in English, where the first alias and the choice itself do not say it well.
    """

    name: str
    kind: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    expected: bool = False
    choices: tuple[str, ...] = ()
    value_aliases: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def choice_words(self, choice: str) -> tuple[str, str]:
        """What a choice is called in Chinese and in English."""
        if choice in self.words:
            return self.words[choice]
        aliases = (word for word, one in self.value_aliases.items() if one == choice)
        chinese = (word for word in aliases if any("一" <= letter <= "鿿" for letter in word))
        return next(chinese, choice), choice.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of layer: its name, its geometry and its fields.

    Attributes:
        geometry: polygon, line, point, any or raster.
        register: A register of things rather than a map of them: one whose place nobody knows stays in the layer without a
            geometry, so that what counts them counts them all, and a cell that cannot be read stays as it was written.
        own: The person's own: nothing is judged or counted by what its features say, so that a workspace lets their values
            be changed in place. Of any other role the source is to be set right, and added as a new version.
    """

    name: str
    zh: str
    en: str
    geometry: str
    fields: tuple[Field, ...] = ()
    register: bool = False
    own: bool = False

    def field(self, name: str) -> Field | None:
        """The field called ``name``, or ``None``."""
        return next((item for item in self.fields if item.name == name), None)


# Titles of columns that layers bring along without a role asking for them; Chinese and English.
COMMON_TITLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "fid": ("行号", "row"), "id": ("编号", "id"), "code": ("编码", "code"), "name": ("名称", "name"), "kind": ("类型", "kind"),
        "level": ("级别", "level"), "status": ("状态", "status"), "remark": ("备注", "remark"), "county": ("县", "county"),
        "city": ("市", "city"), "province": ("省", "province"), "town": ("乡镇", "town"), "address": ("地址", "address"),
        "river": ("所在河流", "river"), "bank_side": ("岸别", "side of the river"), "chainage_m": ("桩号（m）", "chainage (m)"),
        "leads_to": ("去向", "leads to"), "regime": ("管理类别", "regime"), "area": ("面积", "area"),
        "area_m2": ("面积（m²）", "area (m²)"),
        "length_m": ("长度（m）", "length (m)"), "width_m": ("宽度（m）", "width (m)"), "year": ("年份", "year"), "date": ("日期", "date"),
        "side": ("岸别", "side of the river"), "surveyed": ("是否排查", "surveyed"), "surveyed_on": ("排查日期", "surveyed on"),
        "operator": ("运营单位", "operator"), "pollutants": ("污染物", "pollutants"), "target_reached": ("是否达到目标", "target reached"),
        "source": ("来源", "source"), "target": ("水质目标", "quality target"), "category": ("分类", "category"),
    }
)  # fmt: skip


@lru_cache(maxsize=20_000)  # the words of fields are compared again and again
def plain(text: str) -> str:
    """``text`` as it is compared: half-width, without spaces and line ends, in upper case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()


@lru_cache(maxsize=20_000)
def plain_header(text: str) -> str:
    """A column's name as it is compared: like ``plain``, and without a unit or a note in brackets at its end."""
    return re.sub(r"[(\[【（].*$", "", plain(text)).rstrip("*:：") or plain(text)


def _code(*aliases: str, required: bool = False, zh: str = "编码", en: str = "code") -> Field:
    return Field("code", "code", zh, en, (*aliases, "编码", "代码", "编号", "BM", "BH"), required=required)


def _name(*aliases: str, zh: str = "名称", en: str = "name") -> Field:
    return Field("name", "text", zh, en, (*aliases, "名称", "MC", "NAME"))


def _choice(name: str, zh: str, en: str, choices: Mapping[str, tuple[str, ...]], *aliases: str, **more: Any) -> Field:
    words = {word: choice for choice, words in choices.items() for word in words}
    return Field(name, "choice", zh, en, aliases, choices=tuple(choices), value_aliases=words, **more)


def _text(name: str, zh: str, en: str, *aliases: str) -> Field:
    return Field(name, "text", zh, en, (zh, *aliases))


def _yes(name: str, zh: str, en: str, *aliases: str, expected: bool = False) -> Field:
    return Field(name, "bool", zh, en, (zh, *aliases), expected=expected)


_REMARK = _text("remark", "备注", "remark", "REMARK", "REMARKS", "BZ")
_PLACES = (
    _text("province", "省", "province", "PROV", "PROVINCE", "省份", "SHENG"),
    _text("city", "市", "city", "CITY", "地市", "设区市", "SHI"),
    _text("county", "县", "county", "COUNTY", "区县", "县区", "县（市、区）", "XIAN"),
)
_COUNTY = _text("county", "县", "county", "COUNTY", "区县", "县区")
_CLASSES = {
    "priority": ("1", "优先", "优先保护", "优先保护单元", "优先保护区", "优先管控", "优先单元", "优先保护类"),
    "key": ("2", "重点", "重点管控", "重点管控单元", "重点管控区", "重点单元", "重点管控类"),
    "general": ("3", "一般", "一般管控", "一般管控单元", "一般管控区", "一般单元", "一般管控类"),
}
_CLASS_WORDS = {
    "priority": ("优先保护", "priority protection"),
    "key": ("重点管控", "key control"),
    "general": ("一般管控", "general control"),
}
_UNIT_CODES = ("HJGKDYBM", "HJZHGKDYBM", "ZHGKDYBM", "GKDYBM", "UNIT_CODE", "CONTROL_UNIT_CODE", "UNITCODE")
_UNIT_NAMES = ("HJGKDYMC", "HJZHGKDYMC", "ZHGKDYMC", "GKDYMC", "UNIT_NAME", "CONTROL_UNIT_NAME", "UNITNAME")
_ELEMENTS = {
    "water": ("水", "水环境", "水要素", "2"),
    "air": ("大气", "大气环境", "气", "空气", "3"),
    "soil": ("土壤", "土壤环境", "土", "土壤污染风险", "4"),
    "ecology": ("生态", "生态空间", "生态环境", "1"),
    "resource": ("资源", "自然资源", "资源利用", "5"),
}
_SUBTYPES = {
    "redline": ("生态保护红线",),
    "general_ecology": ("一般生态空间",),
    "priority": ("优先", "优先保护", "优先保护区", "水环境优先保护区", "大气环境优先保护区", "农用地优先保护区"),
    "industrial_pollution": ("工业污染", "工业污染重点管控区", "水环境工业污染重点管控区"),
    "urban_pollution": ("城镇生活污染", "城镇生活污染重点管控区", "水环境城镇生活污染重点管控区"),
    "agricultural_pollution": ("农业污染", "农业污染重点管控区", "水环境农业污染重点管控区"),
    "high_emission": ("高排放", "高排放区", "高排放重点管控区", "大气环境高排放重点管控区"),
    "layout_sensitive": ("布局敏感", "布局敏感区", "布局敏感重点管控区", "大气环境布局敏感重点管控区"),
    "weak_dispersion": ("弱扩散", "弱扩散区", "弱扩散重点管控区", "大气环境弱扩散重点管控区"),
    "receptor_sensitive": ("受体敏感", "受体敏感区", "受体敏感重点管控区", "大气环境受体敏感重点管控区"),
    "farmland_risk": ("农用地污染风险", "农用地污染风险重点管控区"),
    "construction_land_risk": ("建设用地污染风险", "建设用地污染风险重点管控区"),
    "fuel_ban": ("高污染燃料禁燃区",),
    "general": ("一般", "一般管控", "一般管控区"),
}
_GRADES = {
    "1": ("1级", "一级", "一级保护区", "一级区", "I", "Ⅰ", "I级", "饮用水水源一级保护区"),
    "2": ("2级", "二级", "二级保护区", "二级区", "II", "Ⅱ", "II级", "饮用水水源二级保护区"),
    "3": ("准", "准保护区", "准级", "三级", "III", "Ⅲ", "饮用水水源准保护区"),
}
_GRADE_WORDS = {
    "1": ("一级保护区", "first-grade zone"),
    "2": ("二级保护区", "second-grade zone"),
    "3": ("准保护区", "quasi-protection zone"),
}
_ELEMENT_WORDS = {
    "water": ("水环境", "water"),
    "air": ("大气环境", "air"),
    "soil": ("土壤环境", "soil"),
    "ecology": ("生态", "ecology"),
    "resource": ("资源", "resources"),
}
_TARGET = Field(
    "target",
    "text",
    "水质目标",
    "quality target",
    ("水质目标", "目标", "水质管理目标", "SZMB", "TARGET", "水功能区目标"),
)
_NOISE = {
    "0": ("0类", "0类区"),
    "1": ("1类", "1类区", "一类", "I类"),
    "2": ("2类", "2类区", "二类", "II类"),
    "3": ("3类", "3类区", "三类", "III类"),
    "4a": ("4a类", "4A类区"),
    "4b": ("4b类", "4B类区"),
}
_NOISE_WORDS = {one: (f"{one}类", f"class {one}") for one in _NOISE}
_RANKS = {
    "main": ("干流", "长江干流", "MAINSTREAM", "主干流"),
    "important_tributary": ("重要支流", "一级支流", "IMPORTANT"),
    "tributary": ("支流", "其他支流", "二级支流", "其它支流"),
    "lake": ("湖泊", "湖", "重要湖泊", "水库"),
}
_BASELINES = {
    "management": ("管理范围线", "河道管理范围线", "管理范围", "河湖管理范围线"),
    "outer": ("外缘线", "岸线外缘线", "外缘边界线", "外缘控制线", "外缘"),
    "levee": ("堤防", "堤线", "堤防线", "大堤", "堤脚", "堤防迎水坡脚"),
    "water_edge": ("水边线", "临水线", "水边", "临水边界线", "水域边线", "水涯线", "水面线", "临水控制线"),
}
# Kinds of receptors that rules may take at their word; whether a village or a quarter has homes above shops no word tells.
_RECEPTORS = (
    "residential", "住宅", "住宅楼", "居民楼", "居民住宅", "居民住宅楼", "住宅建筑", "居住建筑", "商住楼", "商住综合楼", "商住混合楼",
    "school", "kindergarten", "学校", "小学", "中学", "大学", "中小学", "高校", "幼儿园", "幼托", "教育", "教育机构", "nursing_home",
    "hospital", "医院", "卫生院", "医疗", "医疗机构", "医疗卫生", "诊所", "疗养院", "养老院", "敬老院", "福利院", "养老机构",
    "office", "办公", "办公区", "行政办公", "行政办公区", "机关", "党政机关", "政府机关", "科研", "科研机构", "科研单位",
    "文化", "文化区", "文化设施", "图书馆", "博物馆", "文物", "文物保护单位", "宗教场所", "寺庙",
    "自然保护区", "自然保护地", "湿地", "林地", "森林公园", "耕地", "农田", "园地", "基本农田", "永久基本农田",
    "水体", "河流", "湖泊", "水库", "地表水", "饮用水水源", "饮用水水源地", "取水口",
)  # fmt: skip
_ROLES = (
    Role(
        "ecological_redline",
        "生态保护红线",
        "ecological redline",
        "polygon",
        (
            _code("STBHHXBM", "HXBM", "红线编码", "REDLINE_CODE"),
            _name("STBHHXMC", "HXMC", "HXQMC", "红线名称", "红线区名称", "REDLINE_NAME"),
            _text("kind", "红线类型", "kind", "HXLX", "STBHHXLX", "生态保护红线类型", "类型", "TYPE"),
            _COUNTY,
            _REMARK,
        ),
    ),
    Role(
        "control_unit",
        "环境管控单元",
        "environmental control unit",
        "polygon",
        (
            Field(
                "code",
                "code",
                "环境管控单元编码",
                "unit code",
                (*_UNIT_CODES, "环境管控单元编码", "管控单元编码", "单元编码", "编码", "单元代码", "CODE"),
                required=True,
            ),
            Field(
                "name",
                "text",
                "环境管控单元名称",
                "unit name",
                (*_UNIT_NAMES, "环境管控单元名称", "管控单元名称", "单元名称", "名称", "NAME"),
            ),
            _choice(
                "category",
                "管控单元分类",
                "category",
                _CLASSES,
                "ZHGKDYFL",
                "GKDYFL",
                "HJGKDYFL",
                "UNIT_CATEGORY",
                "CONTROL_UNIT_CATEGORY",
                "管控单元分类",
                "环境管控单元分类",
                "单元分类",
                "管控单元类别",
                "单元类别",
                "管控类别",
                "分类",
                "CATEGORY",
                "CLASS",
                expected=True,
                words=_CLASS_WORDS,
            ),
            *_PLACES[:2],
            Field("county", "text", "县", "county", ("县", "COUNTY", "AREA_NAME", "区县", "县区", "县(市、区)")),
            Field(
                "spatial_layout",
                "text",
                "空间布局约束",
                "spatial layout",
                ("KJBJYS", "SPATIAL_LAYOUT_GUIDANCE", "空间布局约束"),
            ),
            Field(
                "pollutant_discharge",
                "text",
                "污染物排放管控",
                "pollutant discharge",
                ("WRWPFGK", "PWWPFGK", "污染物排放管控"),
            ),
            Field("environmental_risk", "text", "环境风险防控", "environmental risk", ("HJFXFK", "环境风险防控")),
            Field(
                "resource_efficiency",
                "text",
                "资源开发效率要求",
                "resource efficiency",
                (
                    "ZYKFXLYQ",
                    "ZYLYXLYQ",
                    "资源开发效率要求",
                    "资源利用效率要求",
                    "资源开发利用效率要求",
                    "资源利用效率",
                ),
            ),
            Field("area", "number", "面积", "area as stated", ("MJ", "AREA", "面积")),
            _REMARK,
        ),
    ),
    Role(
        "element_zone",
        "环境要素管控分区",
        "environmental element zone",
        "polygon",
        (
            _code(
                "HJYSGKFQBM",
                "SHJGKFQBM",
                "DQHJGKFQBM",
                "STHJYSGKFQBM",
                "环境要素管控分区编码",
                "分区编码",
                zh="分区编码",
            ),
            _name(
                "HJYSGKFQMC",
                "SHJGKFQMC",
                "DQHJGKFQMC",
                "STHJZHGKFQMC",
                "环境要素管控分区名称",
                "分区名称",
                zh="分区名称",
            ),
            _choice("element", "环境要素", "element", _ELEMENTS, "HJYS", "环境要素", "要素", "要素类型", expected=True,
                    words=_ELEMENT_WORDS),
            _choice("subtype", "要素细类", "subtype", _SUBTYPES, "YSXL", "要素细类", "细类", "管控区细类", "分区类型"),
            _choice("category", "管控分区分类", "category", _CLASSES, "GKFQFL", "管控区分类", "管控分区分类", "分类",
                    words=_CLASS_WORDS),
            _COUNTY,
            _REMARK,
        ),
    ),
    Role(
        "protected_area",
        "自然保护地",
        "protected area",
        "polygon",
        (
            _code("BHDBM"),
            _name("BHDMC", "保护地名称", "自然保护地名称", "NATURE_RESERVE_NAME"),
            _choice(
                "zone",
                "功能分区",
                "zone",
                {
                    "core": ("核心保护区", "核心区", "核心", "1"),
                    "general": ("一般控制区", "一般区", "一般", "2"),
                    "buffer": ("缓冲区", "缓冲"),
                    "experimental": ("实验区", "实验"),
                },
                "功能分区",
                "功能区",
                "分区",
                "管控分区",
                "GNFQ",
                "GNQ",
                "BHQFQ",
                "功能区划",
                expected=True,
            ),
            _choice(
                "kind",
                "类型",
                "kind",
                {
                    "national_park": ("国家公园",),
                    "nature_reserve": (
                        "自然保护区",
                        "国家级自然保护区",
                        "省级自然保护区",
                        "县级自然保护区",
                        "市级自然保护区",
                    ),
                    "nature_park": (
                        "自然公园",
                        "森林公园",
                        "湿地公园",
                        "地质公园",
                        "海洋公园",
                        "沙漠公园",
                        "草原公园",
                        "石漠公园",
                        "国家级自然公园",
                        "国家森林公园",
                        "国家湿地公园",
                        "国家地质公园",
                        "省级森林公园",
                        "省级湿地公园",
                        "矿山公园",
                        "世界自然遗产",
                    ),
                },
                "保护地类型",
                "类型",
                "BHDLX",
                "TYPE",
                expected=True,
            ),
            _text("level", "级别", "level", "LEVEL", "BHDJB", "JB", "保护地级别"),
        ),
    ),
    Role(
        "scenic_area",
        "风景名胜区",
        "scenic area",
        "polygon",
        (
            _code(),
            _name("风景名胜区名称", "FJMSQMC"),
            _yes("core", "核心景区", "core", "是否核心景区", "核心", "SFHX", expected=True),
            _text("level", "级别", "level", "LEVEL"),
        ),
    ),
    Role(
        "water_source",
        "饮用水水源保护区",
        "drinking-water source protection zone",
        "polygon",
        (
            _code("SYDBM", "水源地编码"),
            _name("SYDMC", "水源地名称", "水源名称", "保护区名称"),
            _choice(
                "grade",
                "保护区级别",
                "grade",
                _GRADES,
                "ZONE_LEVEL",
                "保护区级别",
                "级别",
                "等级",
                "保护级别",
                "保护区等级",
                "BHQJB",
                "BHJB",
                "GRADE",
                "LEVEL",
                expected=True,
                words=_GRADE_WORDS,
            ),
            _text("source_type", "水源类型", "source type", "SOURCE_TYPE"),
            _text("status", "使用状态", "status", "SOURCE_STATUS", "状态"),
        ),
    ),
    Role(
        "wetland",
        "湿地",
        "wetland",
        "polygon",
        (
            _code(),
            _name("湿地名称", "SDMC"),
            _choice(
                "grade",
                "湿地级别",
                "grade",
                {
                    "national": ("国家重要湿地", "国家级", "国家", "国际重要湿地", "国家重要"),
                    "provincial": ("省级重要湿地", "省级", "省重要湿地", "省", "地方重要湿地"),
                    "general": ("一般湿地", "一般"),
                },
                "湿地级别",
                "级别",
                "湿地等级",
                "SDJB",
                "LEVEL",
                "重要性",
                expected=True,
            ),
        ),
    ),
    Role(
        "germplasm_reserve",
        "水产种质资源保护区",
        "aquatic germplasm reserve",
        "any",
        (
            _code(),
            _name("保护区名称"),
            _text("zone", "功能分区", "zone", "功能区", "分区"),
        ),
    ),
    Role(
        "permanent_farmland",
        "永久基本农田",
        "permanent basic farmland",
        "polygon",
        (
            _code("YJJBNTTBBH", "TBBH", "图斑编号", "标识码", "BSM"),
            _name(),
            _text("land_class", "地类编码", "land class", "DLBM"),
        ),
    ),
    Role(
        "farmland_class",
        "耕地土壤类别",
        "farmland soil class",
        "polygon",
        (
            _code(),
            _name(),
            _choice(
                "class",
                "类别",
                "class",
                {
                    "priority": ("优先保护类", "优先保护", "优先", "1"),
                    "safe_use": ("安全利用类", "安全利用", "2"),
                    "strict": ("严格管控类", "严格管控", "3"),
                },
                "类别",
                "土壤类别",
                "质量类别",
                "环境质量类别",
                "ZLLB",
                expected=True,
            ),
        ),
    ),
    Role(
        "urban_boundary",
        "城镇开发边界",
        "urban development boundary",
        "polygon",
        (
            _code(),
            _name(),
            _text("kind", "类型", "kind", "GHFQ", "分区", "TYPE"),
        ),
    ),
    Role("built_up_area", "城市建成区", "built-up area", "polygon", (_code(), _name())),
    Role(
        "industrial_park",
        "园区",
        "industrial park",
        "polygon",
        (
            _code(),
            _name("园区名称", "YQMC", "PARK_NAME"),
            _yes(
                "chemical",
                "是否化工园区",
                "chemical park",
                "化工园区",
                "IS_CHEMICAL_PARK",
                "IS_CHEMICAL",
                "SFHGYQ",
                expected=True,
            ),
            _yes(
                "approved",
                "是否认定",
                "approved",
                "合规园区",
                "是否合规园区",
                "是否合规",
                "已认定",
                "IS_APPROVED",
                expected=True,
            ),
            _text("level", "级别", "level", "PARK_LEVEL", "园区级别"),
        ),
    ),
    Role(
        "fuel_ban_zone",
        "高污染燃料禁燃区",
        "highly polluting fuel ban zone",
        "polygon",
        (
            _code(),
            _name(),
            _choice(
                "fuel_class",
                "禁燃类别",
                "fuel class",
                {
                    "1": ("Ⅰ类", "I类", "一类", "Ⅰ", "I", "1类", "Ⅰ类（一般）", "一般"),
                    "2": ("Ⅱ类", "II类", "二类", "Ⅱ", "II", "2类", "较严"),
                    "3": ("Ⅲ类", "III类", "三类", "Ⅲ", "III", "3类", "严格"),
                },
                "禁燃类别",
                "燃料类别",
                "类别",
                "RLLB",
                "管控类别",
                expected=True,
                words={"1": ("Ⅰ类", "class I"), "2": ("Ⅱ类", "class II"), "3": ("Ⅲ类", "class III")},
            ),
        ),
    ),
    Role(
        "machinery_ban_zone", "高排放非道路移动机械禁用区", "non-road machinery ban zone", "polygon", (_code(), _name())
    ),
    Role("heating_network", "集中供热管网覆盖区", "central heating coverage", "polygon", (_code(), _name())),
    Role(
        "noise_zone",
        "声环境功能区",
        "noise function zone",
        "polygon",
        (
            _code(),
            _name("功能区名称"),
            _choice(
                "class",
                "功能区类别",
                "class",
                _NOISE,
                "功能区类别",
                "类别",
                "声环境功能区类别",
                "声功能区类别",
                "功能区类型",
                "LB",
                "SGNQLB",
                "LEVEL",
                required=False,
                expected=True,
                words=_NOISE_WORDS,
            ),
        ),
    ),
    Role("noise_sensitive", "噪声敏感建筑物集中区域", "noise-sensitive buildings", "polygon", (_code(), _name())),
    Role(
        "contaminated_land",
        "建设用地土壤污染风险管控和修复名录",
        "contaminated land list",
        "any",
        (
            _code("DKBM", "地块编码"),
            _name("DKMC", "地块名称"),
            _text("status", "状态", "status", "名录状态", "STATUS", "管控状态"),
        ),
    ),
    Role(
        "groundwater_zone",
        "地下水污染防治重点区",
        "groundwater key zone",
        "polygon",
        (
            _code(),
            _name(),
            _text("kind", "类型", "kind", "分区类型", "重点区类型", "TYPE"),
        ),
    ),
    Role("breeding_ban_zone", "畜禽养殖禁养区", "livestock ban zone", "polygon", (_code(), _name())),
    Role(
        "water_function_zone",
        "水功能区",
        "water function zone",
        "any",
        (
            _code("SGNQBM"),
            _name("SGNQMC", "水功能区名称"),
            _TARGET,
            _yes("meets_target", "是否达标", "meets its target", "达标", "达标情况", "水质达标", "SFDB", expected=True),
            _text("river", "河流", "river", "所在河流", "河湖名称"),
        ),
    ),
    Role(
        "river_bank",
        "岸线",
        "river bank line",
        "line",
        (
            _code(),
            _name("岸线名称", "AXMC"),
            _text("river", "河流", "river", "河流名称", "河湖名称", "HLMC", "水体名称", "所属河流", "RIVER_NAME"),
            _choice(
                "rank",
                "河流级别",
                "rank",
                _RANKS,
                "河流级别",
                "河流等级",
                "级别",
                "等级",
                "HLJB",
                "岸线等级",
                expected=True,
            ),
            _choice(
                "baseline",
                "岸线类型",
                "baseline",
                _BASELINES,
                "岸线类型",
                "基线",
                "基线类型",
                "量算基线",
                "线类型",
                "JXLX",
                expected=True,
            ),
        ),
    ),
    Role(
        "bank_zone",
        "岸线功能区",
        "bank function zone",
        "any",
        (
            _code(),
            _name("功能区名称"),
            _choice(
                "zone",
                "功能区类型",
                "zone",
                {
                    "protection": ("岸线保护区", "保护区", "1"),
                    "reserve": ("岸线保留区", "保留区", "2"),
                    "controlled": ("岸线控制利用区", "控制利用区", "控制利用", "3"),
                    "development": ("岸线开发利用区", "开发利用区", "开发利用", "4"),
                },
                "功能区类型",
                "功能区",
                "类型",
                "GNQLX",
                "KIND",
                "TYPE",
                expected=True,
            ),
            _text("river", "河流", "river", "河流名称"),
        ),
    ),
    Role(
        "river_management",
        "河湖管理范围",
        "river and lake management area",
        "polygon",
        (
            _code(),
            _name(),
            _text("river", "河流", "river", "河流名称", "河湖名称"),
        ),
    ),
    Role("flood_detention", "蓄滞洪区", "flood detention area", "polygon", (_code(), _name("蓄滞洪区名称"))),
    Role(
        "water_body",
        "水体",
        "water body",
        "any",
        (
            _code("HLBM", "河流编码"),
            _name("水体名称", "河流名称", "河湖名称", "HLMC"),
            _text("kind", "类型", "kind", "水体类型", "TYPE"),
            _TARGET,
        ),
    ),
    Role(
        "discharge_outlet",
        "入河排污口",
        "river discharge outlet",
        "point",
        (
            Field(
                "code",
                "code",
                "国家编码",
                "national code",
                (
                    "国家编码",
                    "排污口编码",
                    "入河排污口编码",
                    "统一编码",
                    "PWKBM",
                    "OUTLET_CODE",
                    "编码",
                    "CODE",
                    "排口编码",
                    "编号",
                ),
            ),
            Field("province_code", "code", "省级编码", "provincial code", ("省级编码",)),
            Field("local_code", "code", "地方编码", "local code", ("地方编码", "本地编码")),
            _name("排污口名称", "入河排污口名称", "PWKMC", "排口名称", "OUTLET_NAME"),
            Field(
                "kind",
                "text",
                "排污口类型",
                "kind",
                ("排污口类型", "一级分类", "排污口分类", "类型", "PWKLX", "OUTLET_TYPE", "TYPE", "排口类型"),
            ),
            Field("subkind", "text", "二级分类", "second-level class", ("二级分类",)),
            Field("subsubkind", "text", "三级分类", "third-level class", ("三级分类",)),
            *_PLACES,
            _text("town", "乡镇", "town", "乡镇街道", "街道"),
            _text("address", "地址", "address", "详细地址", "位置"),
            _text("receiving_water", "受纳水体", "receiving water", "受纳水体名称", "SNST", "所在河流", "河流"),
            _text("basin", "流域", "basin", "所属流域"),
            _text("water_function_zone", "水功能区", "water function zone", "水功能区一级", "所在水功能区"),
            _text("section", "控制断面", "monitoring section", "国控断面", "下游断面"),
            _text("responsible", "责任主体", "responsible party", "主要责任主体", "责任单位", "ZRZT"),
            _text("permit", "排污许可证编号", "permit", "排污许可证", "许可证编号"),
            _text("sewage", "污水类型", "kind of sewage"),
            _text("approval", "审批情况", "approval", "审批状态", "是否审批", "设置审批"),
            _text("problem", "存在问题", "problem", "问题", "主要问题"),
            _text("measure_kind", "整治类型", "kind of remediation", "整治分类", "ZZLX"),
            _text("measure", "整治措施", "remediation"),
            Field("due", "date", "完成时限", "due", ("完成时限", "整治时限", "计划完成时间")),
            _text("stage", "整治阶段", "stage", "整治状态", "整治进展", "整治情况"),
            Field("finished", "date", "完成时间", "finished", ("完成时间", "实际完成时间", "销号时间")),
            _yes("standardised", "是否完成规范化建设", "standardised", "规范化建设", "规范化"),
            _yes("traced", "是否溯源", "traced", "溯源完成", "已溯源"),
            _yes("monitored", "是否监测", "monitored", "已监测"),
        ),
        register=True,
    ),
    Role(
        "pollution_source",
        "固定污染源",
        "stationary pollution source",
        "any",
        (
            Field(
                "code",
                "code",
                "统一社会信用代码",
                "unified social credit code",
                ("统一社会信用代码", "信用代码", "排污许可证编号", "编码", "编号", "CODE", "QYBM"),
            ),
            _name("企业名称", "单位名称", "污染源名称", "QYMC"),
            Field("industry_code", "code", "行业代码", "industry code", ("行业代码", "行业类别代码", "HYDM")),
            _text("address", "地址", "address"),
            _COUNTY,
        ),
    ),
    Role(
        "sewer",
        "排水管网",
        "sewer",
        "any",
        (
            _code("管线编码"),
            _name("管线名称"),
            _text("kind", "类型", "kind", "管网类型", "排水体制", "TYPE"),
            Field("diameter_mm", "number", "管径", "diameter (mm)", ("管径", "GJ", "DIAMETER")),
        ),
    ),
    Role(
        "monitoring_section",
        "监测断面",
        "monitoring section",
        "point",
        (
            _code("断面编码", "DMBM"),
            _name("断面名称", "DMMC"),
            _text("river", "河流", "river", "所在水体", "河流名称"),
            _text("level", "级别", "level", "断面级别", "控制级别"),
            _TARGET,
        ),
    ),
    Role(
        "receptor",
        "敏感目标",
        "sensitive receptor",
        "any",
        (
            _code(),
            _name("敏感目标名称", "目标名称"),
            Field(
                "kind",
                "text",
                "类型",
                "kind",
                ("类型", "目标类型", "敏感目标类型", "TYPE"),
                choices=_RECEPTORS,
            ),
        ),
    ),
    Role(
        "admin",
        "行政区",
        "administrative area",
        "polygon",
        (
            Field(
                "code",
                "code",
                "行政区代码",
                "code",
                ("行政区代码", "区划代码", "行政区划代码", "行政代码", "行政区编码",
                 "XZQDM", "ADCODE", "CODE", "编码", "代码", "PAC", "GB"),
                expected=True,
            ),
            Field("name", "text", "行政区名称", "name", ("行政区名称", "XZQMC", "NAME", "名称", "区县", "县")),
            _choice(
                "level",
                "级别",
                "level",
                {
                    "province": ("省", "省级", "1"),
                    "city": ("市", "市级", "地级市", "2"),
                    "county": ("县", "区县", "县级", "DISTRICT", "3"),
                    "town": ("乡镇", "乡", "街道", "镇", "4"),
                },
                "级别",
                "行政级别",
                "LEVEL",
                words={"province": ("省级", "province"), "city": ("市级", "city"), "county": ("县级", "county"), "town": ("乡镇", "town")},
            ),
        ),
    ),
    Role("project_site", "项目用地", "project site", "any", ()),
    Role("reference", "其他矢量图层", "other vector layer", "any", (_code("CODE"), _name()), own=True),
    Role("raster", "栅格", "raster", "raster", ()),
)

# Columns that layers of any kind may carry, which hence tell of none.
ANYBODYS = ("面积", "MJ", "AREA", "标识码", "BSM")
# How names of files of administrative areas end.
ADMIN_ENDINGS = ("行政区划", "行政区域", "行政界线", "区县", "县区", "省界", "市界", "县界", "乡镇界")

# What the columns of a project file are called; their values stay raw text until sanxian.request reads them.
PROJECT_ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "id": ("编号", "项目编号", "项目代码", "序号", "PROJECT_ID", "XMBH", "XMDM"),
        "name": ("项目名称", "名称", "建设项目名称", "XMMC", "PROJECT_NAME"),
        "industry_code": ("行业代码", "国民经济行业代码", "行业类别代码", "行业", "行业类别", "HYDM"),
        "nature": ("建设性质", "项目性质", "性质"),
        "is_chemical": ("是否化工", "是否化工项目", "化工项目", "化工"),
        "is_chemical_park": ("是否化工园区", "化工园区"),
        "is_heavy_chemical_park": ("是否重化工园区", "重化工园区"),
        "is_two_high": ("是否两高", "两高", "两高项目", "是否“两高”项目", "是否两高项目"),
        "fuels": ("燃料", "燃料类型", "使用燃料", "能源类型"),
        "boiler_t_h": ("锅炉吨位", "锅炉蒸吨", "锅炉规模", "锅炉出力", "锅炉"),
        "heavy_metals": ("重金属", "涉及重金属", "重点重金属"),
        "wastewater": ("废水去向", "废水排放方式", "废水", "排水方式", "废水排放"),
        "new_outlet": ("新设排污口", "排污口设置", "入河排污口设置", "是否新设排污口", "入河排污口"),
        "outlet_type": ("排污口类型",),
        "emits_air": ("排放废气", "是否排放废气", "废气", "大气污染物"),
        "emits_odour": ("产生恶臭异味", "恶臭", "异味", "是否产生恶臭", "恶臭异味"),
        "noise_emitting": ("产生噪声", "是否产生噪声", "噪声"),
        "soil_risk": ("土壤污染风险", "是否有土壤污染风险", "可能造成土壤污染"),
        "land_use_before": ("原用途", "土地原用途", "现状用途", "原土地用途"),
        "land_use_after": ("规划用途", "拟用途", "土地用途", "现用途", "土地规划用途"),
        "is_tailings_pond": ("是否尾矿库", "尾矿库"),
        "tailings_purpose": ("尾矿库改建目的", "尾矿库目的"),
        "is_waste_facility": ("是否固废设施", "固体废物设施", "固废设施", "是否固体废物设施"),
        "is_livestock": ("是否畜禽养殖", "畜禽养殖", "规模化畜禽养殖"),
        "is_water_supply": ("是否供水设施", "供水设施", "供水或保护水源"),
        "discharges_pollutants": ("排放污染物", "是否排放污染物"),
        "heavy_water_pollution": ("严重污染水体", "是否严重污染水体"),
        "adds_construction_land": ("新增建设用地", "是否新增建设用地"),
        "temporary_land": ("临时用地", "是否临时用地"),
        "national_major_project": ("国家重大项目", "是否国家重大项目"),
        "limited_activity": ("有限人为活动", "有限人为活动类型", "有限人为活动类别"),
        "is_public_welfare": ("公益性", "是否公益项目", "公益项目", "民生工程"),
        "adds_capacity": ("新增产能", "是否新增产能"),
        "documents": ("已有文件", "已取得文件", "支持性文件", "批复文件"),
    }
)

ROLES: Mapping[str, Role] = MappingProxyType({role.name: role for role in _ROLES})


def feature_label(role: str, attributes: Mapping[str, Any]) -> str:
    """What to call a feature when speaking to people: its name, else its code, else ``#`` and its row id.

    ``role`` is taken so that a kind of layer may have its own way, such as the river of a bank line.
    """
    keys = ("name", "river", "code") if role == "river_bank" else ("name", "code")
    for key in keys:
        value = attributes.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return f"#{attributes.get('fid', '?')}"

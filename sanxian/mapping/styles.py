"""How each layer role and each verdict is drawn, wherever it is drawn.

One table for the window, the printed sheet, the picture in a report and the web map, so that a colour means the
same thing in all of them. The presets follow what is usual on 三线一单 maps: priority units green, key units red,
general units yellow, the redline a red line. Red and green are the pair that most people with weak colour vision
confuse, so :data:`SAFE` is a second palette (after Okabe and Ito) with the same classes, and in both palettes no
class is told from another by colour alone: hatch, marker or outline differ too, and verdicts carry a mark.

A person's own style of a layer (``sanxian.mapping.own_styles``) is a :class:`LayerStyle` as the presets are, and every
painter asks the same :meth:`LayerStyle.class_numbers` which class a feature falls into.

Qt-free: records of plain numbers and words.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sanxian.mapping.filters import Filter, as_numbers, truth

if TYPE_CHECKING:
    import numpy as np

OFFICIAL = "official"
SAFE = "safe"
PALETTES = (OFFICIAL, SAFE)

HATCHES = ("", "diagonal", "cross", "dots", "backdiagonal")
MARKERS = ("", "circle", "square", "triangle", "diamond")
KINDS = ("single", "categorised", "graduated", "rules")


@dataclass(frozen=True, slots=True)
class Symbol:
    """How one class of one layer is drawn.

    Attributes:
        value: The attribute value of the class; ``None`` for features that carry none of the listed values.
        zh, en: Name of the class in a legend.
        fill: ``#rrggbb``.
        fill_opacity: 0 (no fill) to 1.
        outline: ``#rrggbb``, for lines the line itself.
        outline_width: In points (1/72 inch).
        hatch: '', diagonal, cross, dots or backdiagonal, drawn in the outline's colour.
        marker: '', circle, square, triangle or diamond, for points.
        size: Of the marker, in points.
        dash: Lengths on and off in points; empty for a solid line.
        letter: Drawn in the middle of the marker.
        lower, upper: Of a ``graduated`` style: from ``lower`` to ``upper``, both counting, where no class before it takes
            the number; ``None`` for the class of what is no number or lies outside.
        where: Of a style by ``rules``: what a feature must be like; ``None`` for the class of every other feature.
        shown: Whether features of the class are drawn at all.
    """

    value: str | bool | None
    zh: str
    en: str
    fill: str = "#bdbdbd"
    fill_opacity: float = 0.4
    outline: str = "#4d4d4d"
    outline_width: float = 0.8
    hatch: str = ""
    marker: str = ""
    size: float = 7.0
    dash: tuple[float, ...] = ()
    letter: str = ""
    lower: float | None = None
    upper: float | None = None
    where: Filter | None = None
    shown: bool = True

    def name(self, language: str = "zh") -> str:
        """The name of the class in ``zh`` or ``en``."""
        return self.en if language == "en" else self.zh


@dataclass(frozen=True, slots=True)
class LayerStyle:
    """How a layer is drawn.

    Attributes:
        role: The layer role, one of ``layers.schema.ROLES``.
        kind: ``single`` (one class), ``categorised`` (by the value of ``field``), ``graduated`` (by the number in ``field``)
            or ``rules`` (the first class whose ``where`` holds).
        field: Attribute whose value picks the class; '' for ``single`` and ``rules``.
        classes: At least one. A style of another kind than ``single`` ends with the class for every other feature.
        order: Drawing order; higher lies on top.
        synonyms: Raw attribute values that mean one of the classes.
        scales: Denominators of the largest and of the smallest scale at which the layer is drawn; 0 for no limit.
        labels: Whether features are named on the map.
        label_field: What they are named by; '' for their name, else their code.
        label_scales: As ``scales``, for the names.
    """

    role: str
    kind: str
    field: str
    classes: tuple[Symbol, ...]
    zh: str = ""
    en: str = ""
    order: int = 50
    synonyms: Mapping[str, str | bool] = dataclasses.field(default_factory=dict)
    scales: tuple[float, float] = (0.0, 0.0)
    labels: bool = True
    label_field: str = ""
    label_scales: tuple[float, float] = (0.0, 0.0)

    def name(self, language: str = "zh") -> str:
        """The name of the layer role in ``zh`` or ``en``."""
        return self.en if language == "en" else self.zh

    def symbol_for(self, value: Any) -> Symbol:
        """The class that ``value`` falls into; the last one where it falls into none."""
        if self.kind == "single":
            return self.classes[0]
        if isinstance(value, str):
            value = self.synonyms.get(value.strip(), value.strip())
        elif type(value).__name__ == "bool_":  # numpy's
            value = bool(value)
        for symbol in self.classes:
            if symbol.value is not None and type(symbol.value) is type(value) and symbol.value == value:
                return symbol
        for symbol in self.classes:
            if symbol.value is not None and value is not None:
                if isinstance(value, bool):
                    if not isinstance(symbol.value, bool) and truth(symbol.value) is value:
                        return symbol
                elif isinstance(symbol.value, bool):
                    if truth(str(value)) is symbol.value:
                        return symbol
                elif (f"{value:.10g}" if isinstance(value, float) else str(value)) == symbol.value:
                    return symbol
        return self.classes[-1]

    def values_of(self, symbol: Symbol, but: Collection[str] = ()) -> list[str]:
        """Everything that a class of a categorised style stands for, as text; of ``but`` only its value itself."""
        value = symbol.value
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        more = [] if value is None else [raw for raw, meant in self.synonyms.items() if meant == value and raw not in but]
        return list(dict.fromkeys((text, *more)))

    def class_numbers(self, frame: Any) -> np.ndarray:
        """The number of the class of each row of a table, as int16.

        Of a categorised style each distinct value is looked up once, a graduated one is asked in whole columns, and so
        is each rule: 100,000 rows take some hundredths of a second.
        """
        import numpy as np

        rows, last = len(frame), len(self.classes) - 1
        if self.kind == "single" or not rows:
            return np.zeros(rows, np.int16)
        if self.kind == "rules":
            found = np.full(rows, last, np.int16)
            open_ = np.ones(rows, bool)
            for number, symbol in enumerate(self.classes):
                if symbol.where is not None and open_.any():
                    hit = open_ & symbol.where.hits(frame)
                    found[hit] = number
                    open_ &= ~hit
            return found
        if self.field not in frame.columns:
            return np.full(rows, last, np.int16)
        return self.numbers_of(frame[self.field].to_numpy())

    def numbers_of(self, values: Any) -> np.ndarray:
        """As ``class_numbers``, for the values of ``field`` alone; of no use for ``rules``."""
        import numpy as np
        import pandas as pd

        last = len(self.classes) - 1
        if self.kind == "graduated":
            numbers = as_numbers(values)
            found = np.full(len(numbers), last, np.int16)
            for number in range(last, -1, -1):  # the first that takes it has the last word
                symbol = self.classes[number]
                if symbol.lower is not None and symbol.upper is not None:
                    found[(numbers >= symbol.lower) & (numbers <= symbol.upper)] = number
            return found
        codes, distinct = pd.factorize(pd.Series(values, dtype=object), use_na_sentinel=True)
        place = {id(symbol): number for number, symbol in enumerate(self.classes)}
        picked = [place[id(self.symbol_for(value))] for value in distinct]
        return np.array([*picked, place[id(self.symbol_for(None))]], np.int16)[codes]

    def seen_at(self, denominator: float) -> bool:
        """Whether the layer is drawn at 1:``denominator``; 0 for a scale that is not known."""
        return _within(self.scales, denominator)

    def named_at(self, denominator: float) -> bool:
        """Whether its features are named at 1:``denominator``."""
        return self.labels and _within(self.label_scales, denominator)


def _within(scales: tuple[float, float], denominator: float) -> bool:
    least, most = scales
    return not denominator or (denominator >= least * (1 - 1e-9) and (not most or denominator <= most * (1 + 1e-9)))


@dataclass(frozen=True, slots=True)
class VerdictStyle:
    """How a verdict is shown: a colour, and a mark that says the same to somebody who does not see the colour.

    Attributes:
        colour: ``#rrggbb``, dark enough for white text on it unless ``text`` says otherwise.
        text: Colour of text on ``colour``.
        tint: A pale form of ``colour`` for table cells with black text.
        mark: One character, in GB 2312 so that every Chinese font has it.
    """

    verdict: str
    zh: str
    en: str
    colour: str
    text: str
    tint: str
    mark: str
    hatch: str

    def name(self, language: str = "zh") -> str:
        """The verdict in words, ``zh`` or ``en``."""
        return self.en if language == "en" else self.zh


def _verdicts(*rows: tuple[str, str, str, str, str, str, str, str]) -> Mapping[str, VerdictStyle]:
    return MappingProxyType({row[0]: VerdictStyle(*row) for row in rows})


# From most to least severe; an undetermined one stands where a reader should look at it first after the bars.
VERDICT_STYLES: Mapping[str, VerdictStyle] = _verdicts(
    ("prohibited", "禁止", "Prohibited", "#b2182b", "#ffffff", "#f6d5d8", "×", "cross"),
    ("undetermined", "资料不足（待补充）", "Undetermined", "#5e5e5e", "#ffffff", "#e4e4e4", "?", "dots"),
    ("restricted", "限制", "Restricted", "#c75000", "#ffffff", "#fbe0cc", "▲", "diagonal"),
    ("conditional", "有条件", "Conditional", "#8a6d00", "#ffffff", "#f6edc4", "◆", "backdiagonal"),
    ("advisory", "提示", "Advisory", "#2166ac", "#ffffff", "#d6e6f4", "!", ""),
    ("permitted", "符合", "Permitted", "#1a7a3c", "#ffffff", "#d6efdd", "√", ""),
    ("not_applicable", "不涉及", "Not applicable", "#9a9a9a", "#000000", "#f4f4f4", "–", ""),
)
SAFE_VERDICT_STYLES: Mapping[str, VerdictStyle] = _verdicts(
    ("prohibited", "禁止", "Prohibited", "#000000", "#ffffff", "#d9d9d9", "×", "cross"),
    ("undetermined", "资料不足（待补充）", "Undetermined", "#6e6e6e", "#ffffff", "#eeeeee", "?", "dots"),
    ("restricted", "限制", "Restricted", "#b34700", "#ffffff", "#fbdcc8", "▲", "diagonal"),
    ("conditional", "有条件", "Conditional", "#e69f00", "#000000", "#fdf0d2", "◆", "backdiagonal"),
    ("advisory", "提示", "Advisory", "#56b4e9", "#000000", "#dff1fc", "!", ""),
    ("permitted", "符合", "Permitted", "#0072b2", "#ffffff", "#d2e8f6", "√", ""),
    ("not_applicable", "不涉及", "Not applicable", "#bdbdbd", "#000000", "#f7f7f7", "–", ""),
)

VERDICT_COLOURS: Mapping[str, str] = MappingProxyType({key: style.colour for key, style in VERDICT_STYLES.items()})
VERDICT_MARKS: Mapping[str, str] = MappingProxyType({key: style.mark for key, style in VERDICT_STYLES.items()})


def verdict_style(verdict: str, *, palette: str = OFFICIAL) -> VerdictStyle:
    """How ``verdict`` is shown. An unknown word is shown as undetermined, never as clear."""
    table = SAFE_VERDICT_STYLES if palette == SAFE else VERDICT_STYLES
    return table.get(str(verdict)) or table["undetermined"]


REVIEWED = "+reviewed"  # behind a verdict in which a person's decision acts
OUTDATED = "outdated"  # in the place of a verdict that rests on something that is no longer so
NOT_JUDGED = "#3d4f66"  # colour of projects without a verdict
_OUTDATED = VerdictStyle(OUTDATED, "待重判", "To be judged again", "#54478c", "#ffffff", "#e6e2f2", "※", "")


def shown_key(verdict: str | None, *, reviewed: bool = False, outdated: bool = False) -> str:
    """What a map shows of a project, as a key of :func:`shown_style`; '' for one that was not judged.

    Args:
        verdict: That counts: what people's decisions come to where one acts.
        reviewed: One acts.
        outdated: It no longer holds; a map does not say then what it was.
    """
    if not verdict:
        return ""
    return OUTDATED if outdated else f"{verdict}{REVIEWED}" if reviewed else str(verdict)


def is_reviewed(key: str) -> bool:
    """Whether a person's decision acts in what a key of :func:`shown_key` stands for."""
    return key.endswith(REVIEWED)


def shown_style(key: str, *, palette: str = OFFICIAL) -> VerdictStyle:
    """How a map shows what :func:`shown_key` gave; a reviewed verdict as the verdict, and its name says that it is."""
    if key == OUTDATED:
        return _OUTDATED
    style = verdict_style(key.removesuffix(REVIEWED), palette=palette)
    return replace(style, zh=f"{style.zh}（已复核）", en=f"{style.en} (reviewed)") if is_reviewed(key) else style


# --- the presets -----------------------------------------------------------------------------------------------

_OTHER = ("其他或未注明", "Other or not stated")


def _single(role: str, zh: str, en: str, order: int, **look: Any) -> LayerStyle:
    return LayerStyle(role, "single", "", (Symbol(None, zh, en, **look),), zh, en, order)


def _by(role: str, zh: str, en: str, order: int, field: str, *classes: Symbol,
        synonyms: Mapping[str, str | bool] | None = None) -> LayerStyle:
    last = classes[-1]
    if last.value is not None:
        # What the data leaves open must not look like any of the classes.
        classes += (replace(last, value=None, zh=_OTHER[0], en=_OTHER[1], fill="#bdbdbd", outline="#737373", hatch="",
                            dash=(2, 2)),)
    return LayerStyle(role, "categorised", field, classes, zh, en, order, MappingProxyType(dict(synonyms or {})))


def _line(value: str | bool | None, zh: str, en: str, colour: str, width: float = 1.6,
          dash: tuple[float, ...] = ()) -> Symbol:
    return Symbol(value, zh, en, colour, 0.0, colour, width, dash=dash)


def _point(value: str | bool | None, zh: str, en: str, colour: str, marker: str, size: float = 8.0) -> Symbol:
    return Symbol(value, zh, en, colour, 1.0, "#ffffff", 0.8, "", marker, size)


def _table(styles: Iterable[LayerStyle]) -> Mapping[str, LayerStyle]:
    return MappingProxyType({style.role: style for style in styles})


STYLES: Mapping[str, LayerStyle] = _table((
    _single("ecological_redline", "生态保护红线", "Ecological redline", 60,
            fill="#e31a1c", fill_opacity=0.10, outline="#d7191c", outline_width=1.8, hatch="diagonal"),
    _by("control_unit", "环境管控单元", "Environmental control units", 10, "category",
        Symbol("priority", "优先保护单元", "Priority protection unit", "#7fc97f", 0.45, "#2f7d32", 0.9),
        Symbol("key", "重点管控单元", "Key control unit", "#f4a6a6", 0.45, "#b03a3a", 0.9, "dots"),
        Symbol("general", "一般管控单元", "General control unit", "#fff3a3", 0.45, "#a08a1c", 0.9),
        synonyms={"1": "priority", "2": "key", "3": "general", "优先保护单元": "priority", "优先保护": "priority",
                  "重点管控单元": "key", "重点管控": "key", "一般管控单元": "general", "一般管控": "general"}),
    _by("element_zone", "环境要素管控分区", "Environmental element zones", 12, "element",
        Symbol("water", "水环境", "Water", "#9ecae1", 0.30, "#3182bd", 0.7, "diagonal"),
        Symbol("air", "大气环境", "Air", "#dadaeb", 0.30, "#756bb1", 0.7, "backdiagonal"),
        Symbol("soil", "土壤环境", "Soil", "#d8b08c", 0.30, "#8c510a", 0.7, "dots"),
        Symbol("ecology", "生态空间", "Ecology", "#c7e9c0", 0.30, "#31a354", 0.7, "cross"),
        Symbol("resource", "自然资源", "Resources", "#fdd49e", 0.30, "#b06a1b", 0.7)),
    _by("protected_area", "自然保护地", "Protected areas", 50, "zone",
        Symbol("core", "核心保护区", "Core zone", "#1b7837", 0.40, "#00441b", 1.4, "cross"),
        Symbol("general", "一般控制区", "General zone", "#a6dba0", 0.35, "#1b7837", 1.2, "backdiagonal"),
        Symbol("buffer", "缓冲区（旧）", "Buffer zone (former)", "#5aae61", 0.35, "#00441b", 1.2, "diagonal"),
        Symbol("experimental", "实验区（旧）", "Experimental zone (former)", "#d9f0d3", 0.35, "#1b7837", 1.2, "dots")),
    _by("scenic_area", "风景名胜区", "Scenic areas", 48, "core",
        Symbol(True, "核心景区", "Core scenic area", "#41ab5d", 0.35, "#006d2c", 1.3, "cross"),
        Symbol(False, "核心景区以外", "Outside the core", "#c7e9c0", 0.35, "#238b45", 1.1)),
    _by("water_source", "饮用水水源保护区", "Drinking water source protection", 55, "grade",
        Symbol("1", "一级保护区", "First-grade zone", "#08519c", 0.40, "#08306b", 1.4, "cross"),
        Symbol("2", "二级保护区", "Second-grade zone", "#4292c6", 0.35, "#08519c", 1.2, "diagonal"),
        Symbol("3", "准保护区", "Quasi-protection zone", "#9ecae1", 0.30, "#2171b5", 1.0, "dots"),
        synonyms={"一级": "1", "二级": "2", "准": "3", "准保护区": "3", "一级保护区": "1", "二级保护区": "2"}),
    _by("wetland", "湿地", "Wetlands", 40, "grade",
        Symbol("national", "国家重要湿地", "National importance", "#35978f", 0.40, "#01665e", 1.2, "diagonal"),
        Symbol("provincial", "省级重要湿地", "Provincial importance", "#80cdc1", 0.40, "#01665e", 1.0, "dots"),
        Symbol("general", "一般湿地", "General wetland", "#c7eae5", 0.45, "#35978f", 0.8)),
    _single("germplasm_reserve", "水产种质资源保护区", "Aquatic germplasm reserve", 45,
            fill="#67a9cf", fill_opacity=0.30, outline="#016c59", outline_width=1.2, hatch="backdiagonal"),
    _single("permanent_farmland", "永久基本农田", "Permanent basic farmland", 30,
            fill="#ffe14d", fill_opacity=0.55, outline="#b8860b", outline_width=0.7),
    _by("farmland_class", "耕地土壤类别", "Farmland soil classes", 28, "class",
        Symbol("priority", "优先保护类", "Priority protection", "#d9ef8b", 0.40, "#66a61e", 0.6),
        Symbol("safe_use", "安全利用类", "Safe use", "#fee08b", 0.40, "#b8860b", 0.6, "diagonal"),
        Symbol("strict", "严格管控类", "Strict control", "#f46d43", 0.40, "#a50026", 0.6, "cross"),
        synonyms={"1": "priority", "2": "safe_use", "3": "strict", "优先保护类": "priority", "安全利用类": "safe_use",
                  "严格管控类": "strict"}),
    _single("urban_boundary", "城镇开发边界", "Urban development boundary", 58,
            fill="#ff00ff", fill_opacity=0.0, outline="#c51b8a", outline_width=1.8, dash=(6, 3)),
    _single("built_up_area", "城市建成区", "Built-up area", 15,
            fill="#d9bfa9", fill_opacity=0.40, outline="#8c6d50", outline_width=0.6),
    _by("industrial_park", "园区", "Industrial parks", 35, "chemical",
        Symbol(True, "化工园区", "Chemical park", "#c994c7", 0.40, "#7a0177", 1.4, "diagonal"),
        Symbol(False, "非化工园区", "Other park", "#e7d4e8", 0.45, "#762a83", 1.1)),
    _by("fuel_ban_zone", "高污染燃料禁燃区", "Highly polluting fuel ban zone", 22, "fuel_class",
        Symbol("1", "Ⅰ类", "Class I", "#fdd0a2", 0.30, "#a63603", 0.9, "dots"),
        Symbol("2", "Ⅱ类", "Class II", "#fdae6b", 0.30, "#a63603", 0.9, "diagonal"),
        Symbol("3", "Ⅲ类", "Class III", "#e6550d", 0.30, "#7f2704", 0.9, "cross")),
    _single("machinery_ban_zone", "高排放非道路移动机械禁用区", "Non-road machinery ban zone", 21,
            fill="#bcbddc", fill_opacity=0.25, outline="#54278f", outline_width=0.9, hatch="backdiagonal"),
    _single("heating_network", "集中供热管网覆盖区", "Central heating coverage", 20,
            fill="#fcbba1", fill_opacity=0.30, outline="#cb181d", outline_width=0.8, dash=(4, 2)),
    _by("noise_zone", "声环境功能区", "Noise function zones", 18, "class",
        Symbol("0", "0 类", "Class 0", "#e5f5e0", 0.40, "#238b45", 0.6),
        Symbol("1", "1 类", "Class 1", "#a1d99b", 0.40, "#238b45", 0.6, "dots"),
        Symbol("2", "2 类", "Class 2", "#e6d36a", 0.40, "#998a00", 0.6),
        Symbol("3", "3 类", "Class 3", "#fec44f", 0.40, "#b35806", 0.6, "diagonal"),
        Symbol("4a", "4a 类", "Class 4a", "#fc9272", 0.40, "#a50f15", 0.6, "backdiagonal"),
        Symbol("4b", "4b 类", "Class 4b", "#de2d26", 0.40, "#67000d", 0.6, "cross")),
    _single("noise_sensitive", "噪声敏感建筑物集中区域", "Noise-sensitive building area", 38,
            fill="#d4b9da", fill_opacity=0.40, outline="#91003f", outline_width=1.0, hatch="dots"),
    _single("contaminated_land", "土壤污染风险管控和修复名录地块", "Listed contaminated land", 57,
            fill="#8c510a", fill_opacity=0.35, outline="#543005", outline_width=1.3, hatch="cross"),
    _single("groundwater_zone", "地下水污染防治重点区", "Groundwater key zone", 24,
            fill="#a6bddb", fill_opacity=0.30, outline="#045a8d", outline_width=1.0, hatch="dots"),
    _single("breeding_ban_zone", "畜禽养殖禁养区", "Livestock ban zone", 23,
            fill="#f7c6a3", fill_opacity=0.30, outline="#99552b", outline_width=1.0, hatch="diagonal"),
    _by("water_function_zone", "水功能区", "Water function zones", 62, "meets_target",
        _line(True, "达标", "Meets its target", "#2b8cbe", 2.2),
        _line(False, "不达标", "Below its target", "#d7301f", 2.6, (5, 2))),
    _by("river_bank", "岸线", "River banks", 65, "rank",
        _line("main", "干流岸线", "Main stem", "#08306b", 2.4),
        _line("important_tributary", "重要支流岸线", "Important tributary", "#2171b5", 2.0, (8, 2)),
        _line("tributary", "支流岸线", "Tributary", "#4292c6", 1.6, (5, 2)),
        _line("lake", "湖泊岸线", "Lake", "#02818a", 1.8, (2, 2))),
    _by("bank_zone", "岸线功能区", "Bank function zones", 64, "zone",
        Symbol("protection", "岸线保护区", "Protection zone", "#b2182b", 0.35, "#67001f", 1.4, "cross"),
        Symbol("reserve", "岸线保留区", "Reserve zone", "#f4a582", 0.35, "#b2182b", 1.2, "diagonal"),
        Symbol("controlled", "岸线控制利用区", "Controlled use zone", "#fddbc7", 0.35, "#d6604d", 1.0, "dots"),
        Symbol("development", "岸线开发利用区", "Development zone", "#d1e5f0", 0.35, "#2166ac", 1.0),
        synonyms={"保护区": "protection", "岸线保护区": "protection", "保留区": "reserve", "岸线保留区": "reserve",
                  "控制利用区": "controlled", "岸线控制利用区": "controlled", "开发利用区": "development",
                  "岸线开发利用区": "development"}),
    _single("river_management", "河湖管理范围", "River and lake management area", 42,
            fill="#9ecae1", fill_opacity=0.20, outline="#225ea8", outline_width=1.1, dash=(6, 2, 1, 2)),
    _single("flood_detention", "蓄滞洪区", "Flood detention area", 26,
            fill="#7bccc4", fill_opacity=0.30, outline="#0868ac", outline_width=1.0, hatch="backdiagonal"),
    _single("water_body", "水体", "Water bodies", 14,
            fill="#b3d9f2", fill_opacity=0.85, outline="#5fa6d3", outline_width=0.6),
    # By the state that ``outlets.layers.with_states`` works out, as the figures count it, and not by the register's own words.
    _by("discharge_outlet", "入河排污口", "Discharge outlets", 90, "work_state",
        _point("not_started", "未整治", "Not started", "#b2182b", "triangle", 9),
        _point("in_progress", "整治中", "In progress", "#c75000", "diamond", 9),
        _point("done", "完成整治", "Completed", "#2166ac", "square"),
        _point("closed", "已销号", "Accepted", "#1a7a3c", "circle"),
        _point("no_need", "无需整治", "Nothing needed", "#8c8c8c", "diamond", 7),
        _point(None, "整治状态未注明", "Status not stated", "#5e5e5e", "circle")),
    _single("pollution_source", "固定污染源", "Pollution sources", 88,
            fill="#762a83", fill_opacity=1.0, outline="#ffffff", outline_width=0.8, marker="square", size=7),
    _single("sewer", "排水管网", "Sewers", 80,
            fill="#7a5230", fill_opacity=0.0, outline="#7a5230", outline_width=1.2, dash=(3, 1)),
    _single("monitoring_section", "监测断面", "Monitoring sections", 89,
            fill="#0868ac", fill_opacity=1.0, outline="#ffffff", outline_width=0.8, marker="diamond", size=8),
    _single("receptor", "敏感目标", "Sensitive receptors", 87,
            fill="#dd1c77", fill_opacity=1.0, outline="#ffffff", outline_width=0.8, marker="triangle", size=8),
    _single("admin", "行政区", "Administrative areas", 70,
            fill="#ffffff", fill_opacity=0.0, outline="#6b6b6b", outline_width=1.0, dash=(8, 3, 2, 3)),
    _single("project_site", "项目用地", "Project sites", 100,
            fill="#000000", fill_opacity=0.0, outline="#000000", outline_width=2.2, marker="circle", size=9),
    _single("reference", "参考图层", "Reference layers", 16,
            fill="#6f7f88", fill_opacity=0.30, outline="#46545c", outline_width=0.9, marker="circle", size=5),
    _single("raster", "栅格", "Rasters", 0, fill="#f0f0f0", fill_opacity=1.0, outline="#f0f0f0", outline_width=0.0),
))

# Where the preset's own colours cannot be told apart without red and green. The rest of the presets stand: they are
# told apart by hatch, dash and lightness.
_SAFE: Mapping[str, Mapping[str | bool | None, Mapping[str, Any]]] = {
    "ecological_redline": {None: {"fill": "#cc79a7", "outline": "#882255"}},
    "control_unit": {
        "priority": {"fill": "#56b4e9", "outline": "#0072b2"},
        "key": {"fill": "#d55e00", "fill_opacity": 0.35, "outline": "#8f3f00"},
        "general": {"fill": "#f0e442", "outline": "#9c9317"},
    },
    "protected_area": {
        "core": {"fill": "#0072b2", "outline": "#00344f"},
        "general": {"fill": "#a6d0ec", "outline": "#0072b2"},
        "buffer": {"fill": "#56b4e9", "outline": "#00344f"},
        "experimental": {"fill": "#d9ecf8", "outline": "#0072b2"},
    },
    "water_function_zone": {
        True: {"outline": "#0072b2", "fill": "#0072b2"},
        False: {"outline": "#d55e00", "fill": "#d55e00"},
    },
    "farmland_class": {
        "priority": {"fill": "#56b4e9", "outline": "#0072b2"},
        "safe_use": {"fill": "#f0e442", "outline": "#9c9317"},
        "strict": {"fill": "#d55e00", "outline": "#8f3f00"},
    },
    "noise_zone": {
        "0": {"fill": "#eff3ff", "outline": "#08519c"}, "1": {"fill": "#bdd7e7", "outline": "#08519c"},
        "2": {"fill": "#f0e442", "outline": "#9c9317"}, "3": {"fill": "#e69f00", "outline": "#7a5400"},
        "4a": {"fill": "#d55e00", "outline": "#8f3f00"}, "4b": {"fill": "#882255", "outline": "#4d0f2f"},
    },
    "discharge_outlet": {
        "not_started": {"fill": "#000000"}, "in_progress": {"fill": "#d55e00"},
        "done": {"fill": "#56b4e9"}, "closed": {"fill": "#0072b2"},
    },
}


def style_for(role: str, *, palette: str = OFFICIAL) -> LayerStyle:
    """How layers of ``role`` are drawn.

    Args:
        role: A layer role. One that is not in the table is drawn as a reference layer, under its own name.
        palette: :data:`OFFICIAL`, or :data:`SAFE` for readers who confuse red and green.

    Raises:
        ValueError: ``palette`` is neither.
    """
    if palette not in PALETTES:
        raise ValueError(f"no palette {palette!r}; there are {', '.join(PALETTES)}")
    style = STYLES.get(role)
    if style is None:
        plain = STYLES["reference"]
        return replace(plain, role=role, zh=role, en=role, classes=(replace(plain.classes[0], zh=role, en=role),))
    if palette == SAFE and role in _SAFE:
        changes = _SAFE[role]
        style = replace(style, classes=tuple(replace(symbol, **changes.get(symbol.value, {}))
                                             for symbol in style.classes))
    return style


# Classes whose names say of themselves what they are; the others are named with their layer where layers stand mixed.
_SELF_NAMED = frozenset(("control_unit", "river_bank", "bank_zone", "wetland", "industrial_park", "discharge_outlet"))


def legend_name(style: LayerStyle, symbol: Symbol, language: str = "zh") -> str:
    """What to call ``symbol`` in a legend that holds more layers than its own."""
    if style.kind == "single" or (style.role in _SELF_NAMED and symbol.value is not None):
        return symbol.name(language)
    colon = ": " if language == "en" else "："
    return f"{style.name(language)}{colon}{symbol.name(language)}"


def drawing_order(roles: Iterable[str]) -> list[str]:
    """``roles`` from the bottom of the map to the top."""
    return sorted(roles, key=lambda role: (style_for(role).order, role))

"""QGIS's QML read as a style, with a sentence for everything that could not be carried."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sanxian.i18n import N_
from sanxian.mapping.expressions import Node, Unsayable, empty_or_none, filter_of, inclusive, is_rest, one_truth, parse
from sanxian.mapping.notes import Note
from sanxian.mapping.own_styles import MOST_CLASSES, StyleError, checked, other
from sanxian.mapping.qgis import MM_PER_POINT, PATTERNS, derived_field
from sanxian.mapping.styles import LayerStyle, Symbol, style_for

_HATCHES = {pattern: hatch for hatch, pattern in PATTERNS.items() if hatch}
_NEAR = {"horizontal": "diagonal", "vertical": "backdiagonal", "cross": "cross", **{f"dense{n}": "dots" for n in range(1, 8) if n != 6}}
_MARKERS = {"circle": "circle", "square": "square", "rectangle": "square", "triangle": "triangle", "equilateral_triangle": "triangle",
            "diamond": "diamond"}  # fmt: skip
_DASHES = {"dash": (4.0, 2.0), "dot": (1.0, 2.0), "dash dot": (4.0, 2.0, 1.0, 2.0), "dash dot dot": (4.0, 2.0, 1.0, 2.0, 1.0, 2.0)}
_DRAWN = {"SimpleFill", "SimpleLine", "SimpleMarker", "FontMarker", "LinePatternFill", "PointPatternFill", "FilledMarker"}
_STATE = re.compile(r"\(?CASE WHEN .*? THEN 'no_need' .*? ELSE '' END\)?", re.DOTALL)
MOST_POINTS = 200
FAINT = 0.5  # a pattern is drawn at some 0.75 here and written at 0.6
_POINTS = {"MM": 1 / MM_PER_POINT, "Point": 1.0, "Pixel": 0.75, "Inch": 72.0}


def read_qml(root: Any, role: str, notes: list[Note]) -> LayerStyle:
    """The root element ``qgis`` as the style of a layer of ``role``.

    Raises:
        StyleError: It draws in a way that has no form here at all.
    """
    renderer = root.find(".//renderer-v2")
    if renderer is None:
        raise StyleError(N_("这个 QML 里没有矢量图层的样式"))
    kind = renderer.get("type", "")
    reader = QmlReader(role, {one.get("name"): one for one in renderer.findall("symbols/symbol")}, notes)
    if kind == "singleSymbol":
        style = reader.single()
    elif kind == "categorizedSymbol":
        style = reader.categorised(renderer)
    elif kind == "graduatedSymbol":
        style = reader.graduated(renderer)
    elif kind == "RuleRenderer":
        style = reader.rules(renderer)
    else:
        raise StyleError(N_("QGIS 的“{kind}”样式这里没有对应的画法"), kind=kind)
    _of_renderer(renderer, notes)
    if renderer.get("symbollevels") == "1":
        notes.append(Note(N_("符号的绘制层次没有带过来")))
    if renderer.get("enableorderby") == "1":
        notes.append(Note(N_("要素的绘制次序没有带过来")))
    _effects(root, renderer, notes)
    return checked(_labels(root, _scales(root, style), notes))


def _of_renderer(renderer: Any, notes: list[Note]) -> None:
    """What a renderer says of all of its symbols at once."""
    if _number(renderer.get("referencescale"), -1.0) > 0:
        notes.append(Note(N_("符号大小随比例尺变化（参考比例尺 1:{scale:,.0f}）没有带过来"), scale=_number(renderer.get("referencescale"))))
    for name in ("rotation", "sizescale"):
        found = renderer.find(name)
        if found is not None and (found.get("field") or _number(found.get("value"))):
            notes.append(Note(N_("由数据定义的符号属性没有带过来，用的是固定值")))


def _effects(root: Any, renderer: Any, notes: list[Note]) -> None:
    if any((root.findtext(name) or "0").strip() not in ("", "0") for name in ("blendMode", "featureBlendMode")):
        notes.append(Note(N_("混合模式没有带过来")))
    if any(one.get("enabled") == "1" and one.get("type") not in ("drawSource", None) for one in renderer.iter("effect")):
        notes.append(Note(N_("阴影、发光等绘制效果没有带过来")))
    opacity = (root.findtext("layerOpacity") or "1").strip()
    if opacity not in ("", "1"):
        notes.append(Note(N_("整个图层的不透明度 {value} 没有带过来；请在图层列表里设定"), value=opacity))
    if root.find("diagrams") is not None or root.get("diagramLayerSettings"):
        notes.append(Note(N_("统计图没有带过来")))
    for defined in renderer.iter("data_defined_properties"):
        if any(one.get("name") == "active" and one.get("value") == "true" for one in defined.iter("Option")):
            notes.append(Note(N_("由数据定义的符号属性没有带过来，用的是固定值")))


def _number(text: Any, default: float = 0.0) -> float:
    try:
        found = float(text)
    except (TypeError, ValueError):
        return default
    return found if math.isfinite(found) else default


def _scales(root: Any, style: LayerStyle) -> LayerStyle:
    if root.get("hasScaleBasedVisibilityFlag") != "1":
        return style
    least, most = _number(root.get("maxScale")), _number(root.get("minScale"))
    return replace(style, scales=(least, most if most >= least else 0.0))


def _labels(root: Any, style: LayerStyle, notes: list[Note]) -> LayerStyle:
    told = root.get("styleCategories", "AllStyleCategories")
    labeling = root.find("labeling")
    if labeling is None or root.get("labelsEnabled") == "0":
        return replace(style, labels=root.get("labelsEnabled") != "0" and "Labeling" not in told and told != "AllStyleCategories")
    settings = labeling.find("settings")
    if labeling.get("type") != "simple" or settings is None:
        notes.append(Note(N_("按规则的标注没有带过来；标注用的是名称")))
        return style
    text = settings.find("text-style")
    field = "" if text is None else text.get("fieldName", "")
    if text is not None and text.get("isExpression") == "1":
        bare = field.strip()
        if bare.startswith('"') and bare.endswith('"') and '"' not in bare[1:-1]:
            field = bare[1:-1]
        else:
            notes.append(Note(N_("标注表达式“{expression}”没有带过来；标注用的是名称"), expression=field))
            field = ""
    notes.append(Note(N_("标注的字体、字号、颜色和位置没有带过来")))
    rendering = settings.find("rendering")
    scales = (0.0, 0.0)
    if rendering is not None and rendering.get("scaleVisibility") == "1":
        least, most = _number(rendering.get("scaleMin")), _number(rendering.get("scaleMax"))
        scales = (least, most if most >= least else 0.0)
    return replace(style, labels=True, label_field="" if field == "name" else field, label_scales=scales)


class QmlReader:
    """Symbols by name, and what is said of the classes that use them."""

    def __init__(self, role: str, symbols: dict[Any, Any], notes: list[Note]) -> None:
        self._role, self._symbols, self._notes = role, symbols, notes
        self._preset = style_for(role)
        self._hatch_colour = ""  # of the symbol that is being read

    def _style(self, kind: str, field: str, classes: list[Symbol], synonyms: dict[str, str | bool] | None = None) -> LayerStyle:
        if len(classes) > MOST_CLASSES:
            raise StyleError(N_("样式的类型或类数不对：{kind}，{count} 类"), kind=kind, count=len(classes))
        return replace(self._preset, kind=kind, field=field, classes=tuple(classes), synonyms=synonyms or {})

    def single(self) -> LayerStyle:
        """One symbol."""
        symbol = self._look(next(iter(self._symbols), ""))
        return self._style("single", "", [replace(symbol, zh=self._preset.zh, en=self._preset.en)])

    def _field(self, renderer: Any) -> str:
        text = self._underived(renderer.get("attr", "")).strip()
        if text.startswith('"') and text.endswith('"') and '"' not in text[1:-1]:
            return text[1:-1]
        if any(sign in text for sign in "()+*/|") or (" " in text and '"' in text):
            raise StyleError(N_("样式按表达式“{expression}”分类，这里只能按字段分类"), expression=text)
        return text

    def _underived(self, text: str) -> str:
        """An expression with the field that ``qgis.work_state_expression`` stands for."""
        field = derived_field(self._role)
        return _STATE.sub(f'"{field}"', text) if field else text

    def categorised(self, renderer: Any) -> LayerStyle:
        """A class for each value."""
        field = self._field(renderer)
        classes, rest, synonyms = [], None, {}
        known = self._preset.classes if self._preset.field == field else ()
        for category in renderer.findall("categories/category"):
            symbol = replace(self._look(category.get("symbol")), shown=category.get("render", "true") == "true")
            raw = [one.get("value", "") for one in category.findall("val")] or [category.get("value", "")]
            label = category.get("label", "")
            if raw == [""] or category.get("type") == "NULL" or raw == ["NULL"]:
                if rest is not None:
                    self._notes.append(Note(N_("空值和其余值两类合成一类“{name}”"), name=label or other().zh))
                rest = replace(symbol, zh=label or other().zh, en=self._english(label, known, None) if label else other().en)
                continue
            value = coerced(raw[0], known)
            if raw in (["true"], ["false"]) and category.get("type") in (None, "bool"):
                value = raw == ["true"]
            synonyms |= dict.fromkeys(raw[1:], value)
            classes.append(replace(symbol, value=value, zh=label or raw[0], en=self._english(label or raw[0], known, value)))
        if self._preset.field == field:
            values = {symbol.value for symbol in classes}
            synonyms = {**{raw: value for raw, value in self._preset.synonyms.items() if value in values}, **synonyms}
        return self._style("categorised", field, [*classes, rest or other(shown=False)], synonyms)

    def _english(self, label: str, known: Any, value: Any) -> str:
        return next((one.en for one in known if one.value == value and one.zh == label), other().en if label == other().zh else label)

    def graduated(self, renderer: Any) -> LayerStyle:
        """A class for each range."""
        classes = []
        for one in renderer.findall("ranges/range"):
            symbol, label = self._look(one.get("symbol")), one.get("label", "")
            classes.append(replace(symbol, lower=_number(one.get("lower"), -math.inf), upper=_number(one.get("upper"), math.inf), zh=label,
                                   en=label, shown=one.get("render", "true") == "true"))
        if renderer.get("graduatedMethod") == "GraduatedSize":
            self._notes.append(Note(N_("按大小分级：各级的大小带过来了，连续变化的没有")))
        if any(not (math.isfinite(one.lower or 0) and math.isfinite(one.upper or 0)) for one in classes):
            self._notes.append(Note(N_("没有上限或下限的级没有带过来")))
            classes = [one for one in classes if math.isfinite(one.lower or 0) and math.isfinite(one.upper or 0)]
        return self._style("graduated", self._field(renderer), [*classes, other(shown=False)])

    def rules(self, renderer: Any) -> LayerStyle:
        """A class for each rule that has a symbol; what stands within another holds where both do."""
        found: list[tuple[Node | None, Symbol]] = []
        top = renderer.find("rules")
        below = [] if top is None else list(_nested(top))
        for rule, above, off, never in below:
            label = rule.get("label") or rule.get("filter") or ""
            if rule.get("symbol") is None:
                if any(rule.get(name, "0") not in ("", "0") for name in ("scalemindenom", "scalemaxdenom")):
                    self._notes.append(Note(N_("规则“{name}”自己的比例尺范围没有带过来"), name=label))
                continue
            if never is not None:
                words = N_("规则“{name}”在原样式里从不生效（“{other}”没有条件，用于所有要素），没有带过来")
                self._notes.append(Note(words, name=label, other=never.get("label") or ""))
                continue
            if rule.find("rule") is not None:
                self._notes.append(Note(N_("规则“{name}”和它下面的规则在原样式里叠着画；这里每个要素只按一条绘制"), name=label))
            if rule.get("scalemindenom", "0") not in ("", "0") or rule.get("scalemaxdenom", "0") not in ("", "0"):
                self._notes.append(Note(N_("规则“{name}”自己的比例尺范围没有带过来"), name=label))
            try:
                nodes = [parse(self._underived(text)) for text in (*above, rule.get("filter") or "") if text and not _is_else(text)]
            except Unsayable:
                words = N_("规则“{name}”的表达式没有带过来：{expression}")
                self._notes.append(Note(words, name=label, expression=rule.get("filter") or ""))
                continue
            symbol = replace(self._look(rule.get("symbol")), zh=label, en=self._english(label, (), None),
                             shown=not off and rule.get("checkstate") != "0")
            found.append((None if not nodes else nodes[0] if len(nodes) == 1 else ("and", tuple(nodes)), symbol))
        return self.of_rules(found, apart=top is None or not any(_together(group) for group in (top, *top.iter("rule"))))

    def of_rules(self, found: list[tuple[Node | None, Symbol]], *, apart: bool = False) -> LayerStyle:
        """A style of rules, each with its look; ``None`` for what holds for every other feature.

        Args:
            apart: The source itself lets no two of them hold at once.
        """
        nodes = [node for node, _symbol in found if node is not None]
        if len(nodes) > 1 and len(nodes) == len(found) and is_rest(nodes[-1], inclusive(nodes[:-1])):
            found = [*found[:-1], (None, found[-1][1])]
            nodes.pop()
        alone = inclusive(nodes)
        if len(nodes) > 1 and alone == nodes and not apart:
            self._notes.append(Note(N_("原样式的规则可以同时生效；这里每个要素只按第一条符合的规则绘制")))
        classes, rest, place = [], None, 0
        for node, symbol in found:
            if node is None:
                if rest is not None:
                    self._notes.append(Note(N_("用于其余要素的规则“{name}”和“{other}”在原样式里叠着画；这里只用后一条"), name=rest.zh,
                                            other=symbol.zh))
                rest = symbol
                continue
            number, place = place, place + 1
            where = filter_of(one_truth(alone[number]))
            if where is None or not where.conditions:
                self._notes.append(Note(N_("规则“{name}”的条件太复杂，没有带过来"), name=symbol.zh))
                continue
            if empty_or_none(alone[number]):
                self._notes.append(Note(N_("规则“{name}”区分空文本和空值（NULL）；这里“为空”两者都算"), name=symbol.zh))
            classes.append(replace(symbol, where=where))
        return self._style("rules", "", [*classes, rest or other(shown=False)])

    # -- one symbol ------------------------------------------------------------------------------------------------
    def _look(self, name: Any) -> Symbol:
        element = self._symbols.get(name)
        if element is None:
            self._notes.append(Note(N_("有的类没有符号，用了灰色")))
            return replace(other(), zh="", en="")
        alpha = min(max(_number(element.get("alpha"), 1.0), 0.0), 1.0)
        made = Symbol(None, "", "", fill_opacity=0.0, outline_width=0.0)
        drawn, self._hatch_colour = 0, ""
        for layer in element.findall("layer"):
            if layer.get("enabled") == "0":
                continue
            kind, values = layer.get("class", ""), _properties(layer)
            if any(_number(one) for one in (values.get("offset") or "0").split(",")):
                self._notes.append(Note(N_("符号的偏移没有带过来")))
            if kind not in _DRAWN:
                words = Note(N_("符号“{kind}”没有带过来，用简单符号代替"), kind=kind)
                if "SvgMarker" in kind:
                    words = Note(N_("SVG 符号没有带过来，用圆点代替"))
                self._notes.append(words)
                made = self._simple(made, element.get("type", ""), values, alpha, drawn)
            else:
                made = getattr(self, f"_{kind}")(made, values, alpha, layer)
            drawn += 1
        if element.get("type") == "line":
            made = replace(made, fill=made.outline, fill_opacity=0.0)
        if made.hatch and made.outline_width and self._hatch_colour not in ("", made.outline):
            words = N_("填充图案的颜色 {colour} 没有带过来：这里图案与轮廓同色（{outline}）")
            self._notes.append(Note(words, colour=self._hatch_colour, outline=made.outline))
        return made

    def _hatched(self, made: Symbol, hatch: str, colour: str) -> Symbol:
        """``made`` with a pattern, which has the colour of the outline here."""
        if made.hatch and self._hatch_colour not in ("", colour):
            self._notes.append(Note(N_("叠在一起的几种填充图案只带过来一种颜色")))
        self._hatch_colour = self._hatch_colour or colour
        return replace(made, hatch=hatch) if made.outline_width else replace(made, hatch=hatch, outline=self._hatch_colour)

    def _ink(self, text: str | None, alpha: float) -> str:
        """The colour of a line or an outline; those are never translucent here."""
        colour, opacity = _colour(text, alpha, ("#4d4d4d", 1.0))
        if opacity < 1:
            self._notes.append(Note(N_("轮廓的不透明度没有带过来")))
        return colour

    def _simple(self, made: Symbol, kind: str, values: dict[str, str], alpha: float, drawn: int) -> Symbol:
        """What stands for a symbol that has no form here, unless something of it is drawn already."""
        if drawn:
            return made
        colour, opacity = _colour(values.get("color") or values.get("line_color"), alpha, ("#bdbdbd", 0.4))
        if kind == "marker":
            return replace(made, marker="circle", fill=colour, fill_opacity=opacity, outline="#ffffff", outline_width=0.8,
                           size=self._points(values, "size", 7.0))
        return replace(made, fill=colour, fill_opacity=opacity if kind == "fill" else 0.0, outline=colour, outline_width=0.8)

    def _points(self, values: dict[str, str], key: str, default: float) -> float:
        unit = values.get(f"{key}_unit", "MM")
        if unit not in _POINTS:
            self._notes.append(Note(N_("以地图单位计的尺寸没有带过来，用了默认尺寸")))
            return default
        size = _number(values.get(key), default * MM_PER_POINT) * _POINTS[unit]
        if size > MOST_POINTS:
            self._notes.append(Note(N_("大于 {most} 点的尺寸改为 {most} 点"), most=MOST_POINTS))
        return round(min(max(size, 0.0), MOST_POINTS), 3)

    def _dash(self, values: dict[str, str], style: str, custom: bool) -> tuple[float, ...]:
        if custom:
            unit = values.get("customdash_unit", "MM")
            if unit not in _POINTS:
                self._notes.append(Note(N_("以地图单位计的尺寸没有带过来，用了默认尺寸")))
                return _DASHES["dash"]
            if _number(values.get("dash_pattern_offset")):
                self._notes.append(Note(N_("虚线的起点没有带过来")))
            return tuple(round(max(_number(one), 0.0) * _POINTS[unit], 3)
                         for one in values.get("customdash", "").split(";") if one.strip())
        if style not in ("solid", "no", *_DASHES):
            self._notes.append(Note(N_("线型“{style}”没有带过来，用了实线"), style=style))
        return _DASHES.get(style, ())

    def _SimpleFill(self, made: Symbol, values: dict[str, str], alpha: float, _layer: Any) -> Symbol:  # noqa: N802 - QGIS's name
        style = values.get("style", "solid")
        colour, opacity = _colour(values.get("color"), alpha, ("#bdbdbd", 1.0))
        if style == "solid":
            if made.fill_opacity and opacity:
                self._notes.append(Note(N_("叠在一起的填充只带过来最上面的一层")))
            if opacity or not made.fill_opacity:
                made = replace(made, fill=colour, fill_opacity=opacity)
        elif style != "no":
            hatch = _HATCHES.get(style) or _NEAR.get(style, "diagonal")
            if style not in _HATCHES:
                self._notes.append(Note(N_("填充图案“{pattern}”用相近的图案代替"), pattern=style))
            made = self._hatched(made, hatch, colour)
            if opacity < FAINT:
                self._notes.append(Note(N_("填充图案的不透明度没有带过来")))
        pen = values.get("outline_style", "solid")
        if pen != "no":
            if made.outline_width:
                self._notes.append(Note(N_("叠在一起的轮廓只带过来最上面的一条")))
            outline = self._ink(values.get("outline_color"), alpha)
            width = self._points(values, "outline_width", 0.8)
            made = replace(made, outline=outline, outline_width=width or 0.3, dash=self._dash(values, pen, False))
        elif style == "solid" and not made.outline_width:
            made = replace(made, outline=_colour(values.get("outline_color"), 1.0, ("#4d4d4d", 1.0))[0])
        return made

    def _SimpleLine(self, made: Symbol, values: dict[str, str], alpha: float, _layer: Any) -> Symbol:  # noqa: N802 - as above
        if made.outline_width:
            self._notes.append(Note(N_("几条线叠成的线只带过来最下面的一条")))
            return made
        pen = values.get("line_style", "solid")
        if pen == "no":
            return replace(made, outline=_colour(values.get("line_color"), 1.0, ("#4d4d4d", 1.0))[0])
        for key in ("trim_distance_start", "trim_distance_end"):
            if _number(values.get(key)):
                self._notes.append(Note(N_("线两端的截短没有带过来")))
        colour = self._ink(values.get("line_color") or values.get("color"), alpha)
        width = self._points(values, "line_width" if "line_width" in values else "width", 0.8)
        return replace(made, outline=colour, outline_width=width or 0.3, dash=self._dash(values, pen, values.get("use_custom_dash") == "1"))

    def _SimpleMarker(self, made: Symbol, values: dict[str, str], alpha: float, _layer: Any) -> Symbol:  # noqa: N802 - as above
        if made.marker:
            self._notes.append(Note(N_("叠在一起的符号只带过来最下面的一个")))
            return made
        name = values.get("name", "circle")
        if name not in _MARKERS:
            self._notes.append(Note(N_("点符号“{name}”用圆点代替"), name=name))
        if _number(values.get("angle")):
            self._notes.append(Note(N_("符号的旋转没有带过来")))
        colour, opacity = _colour(values.get("color"), alpha, ("#bdbdbd", 1.0))
        bare = values.get("outline_style") == "no"
        outline = _colour(values.get("outline_color"), 1.0, ("#4d4d4d", 1.0))[0] if bare else self._ink(values.get("outline_color"), alpha)
        if values.get("outline_style", "solid") not in ("no", "solid"):
            self._notes.append(Note(N_("点符号轮廓的线型没有带过来，用了实线")))
        width = 0.0 if bare else self._points(values, "outline_width", 0.8) or 0.3
        return replace(made, marker=_MARKERS.get(name, "circle"), fill=colour, fill_opacity=opacity, outline=outline, outline_width=width,
                       size=self._points(values, "size", 7.0))

    def _FilledMarker(self, made: Symbol, values: dict[str, str], alpha: float, layer: Any) -> Symbol:  # noqa: N802 - as above
        """A shape with a fill and an outline of its own, of which the first simple one counts."""
        inner = layer.find("symbol/layer")
        if inner is None or inner.get("class") != "SimpleFill" or len(layer.findall("symbol/layer")) > 1:
            self._notes.append(Note(N_("符号“{kind}”没有带过来，用简单符号代替"), kind="FilledMarker"))
        look = _properties(inner) if inner is not None else {}
        if look.get("style", "solid") != "solid":
            self._notes.append(Note(N_("填充图案“{pattern}”没有带过来：点符号没有图案"), pattern=look["style"]))
        own = {key: one for key, one in look.items() if key not in ("style", "offset")}
        return self._SimpleMarker(made, {**values, **own}, alpha, layer)

    def _FontMarker(self, made: Symbol, values: dict[str, str], alpha: float, _layer: Any) -> Symbol:  # noqa: N802 - as above
        text = values.get("chr", "")
        letter = text[:1]
        if len(text) > 1:
            self._notes.append(Note(N_("点符号里的文字“{text}”只带过来第一个字"), text=text))
        if _number(values.get("angle")):
            self._notes.append(Note(N_("符号的旋转没有带过来")))
        if made.marker:
            if made.letter:
                self._notes.append(Note(N_("叠在一起的符号只带过来最下面的一个")))
                return made
            if _colour(values.get("color"), 1.0, ("#ffffff", 1.0))[0] not in ("#ffffff", "#000000"):
                self._notes.append(Note(N_("点符号里文字的字体和颜色没有带过来")))
            return replace(made, letter=letter)
        self._notes.append(Note(N_("字体符号“{letter}”画成圆点里的字"), letter=letter))
        colour, opacity = _colour(values.get("color"), alpha, ("#4d4d4d", 1.0))
        return replace(made, marker="circle", fill=colour, fill_opacity=opacity, outline="#ffffff", outline_width=0.8, letter=letter,
                       size=self._points(values, "size", 7.0))

    def _LinePatternFill(self, made: Symbol, values: dict[str, str], alpha: float, layer: Any) -> Symbol:  # noqa: N802 - as above
        angle = _number(values.get("angle", values.get("lineangle")), 45.0) % 180
        hatch = "diagonal" if angle < 90 else "backdiagonal"
        if {made.hatch, hatch} == {"diagonal", "backdiagonal"}:
            hatch = "cross"
        self._notes.append(Note(N_("填充图案“{pattern}”用相近的图案代替"), pattern=f"{angle:g}°"))
        return self._patterned(made, hatch, values, alpha, layer)

    def _PointPatternFill(self, made: Symbol, values: dict[str, str], alpha: float, layer: Any) -> Symbol:  # noqa: N802 - as above
        self._notes.append(Note(N_("填充图案“{pattern}”用相近的图案代替"), pattern="points"))
        return self._patterned(made, "dots", values, alpha, layer)

    def _patterned(self, made: Symbol, hatch: str, values: dict[str, str], alpha: float, layer: Any) -> Symbol:
        """A pattern of lines or points; their distance and width are ours."""
        inner = layer.find("symbol/layer")
        if inner is not None:
            values = _properties(inner)
        colour, opacity = _colour(values.get("line_color") or values.get("color"), alpha, ("#4d4d4d", 1.0))
        if opacity < FAINT:
            self._notes.append(Note(N_("填充图案的不透明度没有带过来")))
        self._notes.append(Note(N_("填充图案的间距和线宽没有带过来")))
        return self._hatched(made, hatch, colour)


def _properties(layer: Any) -> dict[str, str]:
    """The properties of a symbol layer, as older and newer QGIS write them."""
    found = {one.get("k", ""): one.get("v", "") for one in layer.findall("prop")}
    for one in layer.findall("Option/Option"):
        if one.get("value") is not None:
            found[one.get("name", "")] = one.get("value", "")
    return found


def _colour(text: str | None, alpha: float, default: tuple[str, float]) -> tuple[str, float]:
    """``r,g,b,a`` (newer QGIS adds the same in other words) as ``#rrggbb`` and opacity."""
    try:
        red, green, blue, *rest = (float(one) for one in (text or "").split(",")[:4])
    except ValueError:
        return default
    opacity = rest[0] / 255 if rest else 1.0
    numbers = [min(max(round(one), 0), 255) for one in (red, green, blue)]
    return "#{:02x}{:02x}{:02x}".format(*numbers), round(min(max(opacity * alpha, 0.0), 1.0), 2)


def coerced(raw: str, known: Any) -> str | bool:
    """A value as the classes of the preset have it: yes and no are no texts there."""
    for symbol in known:
        if isinstance(symbol.value, bool) and raw.lower() in (("1", "true") if symbol.value else ("0", "false")):
            return symbol.value
    return raw


def _nested(rules: Any, above: tuple[str, ...] = (), off: bool = False,
            never: Any = None) -> Iterator[tuple[Any, tuple[str, ...], bool, Any]]:
    """Each rule, the conditions of those round it, whether one of those is switched off, and what leaves it no feature.

    What holds where no other rule of its group does comes after those, whatever its place: of our rules the first that holds
    counts, so that it needs no condition of its own, within a group as well as at the top. Beside a rule without a
    condition nothing is ever left to it.
    """
    inner = rules.findall("rule")
    whole = next((one for one in inner if not (one.get("filter") or "").strip() and (one.get("symbol") is not None)), None)
    for rule in sorted(inner, key=lambda one: _is_else(one.get("filter") or "")):
        blocked = never if never is not None or not _is_else(rule.get("filter") or "") else whole
        yield rule, above, off, blocked
        if len(above) < 20:
            yield from _nested(rule, (*above, rule.get("filter") or ""), off or rule.get("checkstate") == "0", blocked)


def _is_else(text: str) -> bool:
    return text.strip().upper() == "ELSE"


def _together(group: Any) -> bool:
    """Whether two rules of a group could hold for one feature."""
    return sum(not _is_else(one.get("filter") or "") for one in group.findall("rule")) > 1

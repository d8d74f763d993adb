"""QGIS's QML read as a style, with a sentence for everything that could not be carried."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sanxian.i18n import N_
from sanxian.mapping.expressions import ELSE, Node, Unsayable, filter_of, inclusive, is_rest, parse
from sanxian.mapping.notes import Note
from sanxian.mapping.own_styles import MOST_CLASSES, StyleError, checked, other
from sanxian.mapping.qgis import MM_PER_POINT, PATTERNS
from sanxian.mapping.styles import LayerStyle, Symbol, style_for

_HATCHES = {pattern: hatch for hatch, pattern in PATTERNS.items() if hatch}
_NEAR = {"horizontal": "diagonal", "vertical": "backdiagonal", "cross": "cross", **{f"dense{n}": "dots" for n in range(1, 8) if n != 6}}
_MARKERS = {"circle": "circle", "square": "square", "rectangle": "square", "triangle": "triangle", "equilateral_triangle": "triangle",
            "diamond": "diamond"}  # fmt: skip
_DASHES = {"dash": (4.0, 2.0), "dot": (1.0, 2.0), "dash dot": (4.0, 2.0, 1.0, 2.0), "dash dot dot": (4.0, 2.0, 1.0, 2.0, 1.0, 2.0)}
_DRAWN = {"SimpleFill", "SimpleLine", "SimpleMarker", "FontMarker", "LinePatternFill", "PointPatternFill", "FilledMarker"}
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
    if renderer.get("symbollevels") == "1":
        notes.append(Note(N_("符号的绘制层次没有带过来")))
    if renderer.get("enableorderby") == "1":
        notes.append(Note(N_("要素的绘制次序没有带过来")))
    _effects(root, renderer, notes)
    return checked(_labels(root, _scales(root, style), notes))


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

    def _style(self, kind: str, field: str, classes: list[Symbol], synonyms: dict[str, str | bool] | None = None) -> LayerStyle:
        if len(classes) > MOST_CLASSES:
            raise StyleError(N_("样式的类型或类数不对：{kind}，{count} 类"), kind=kind, count=len(classes))
        return replace(self._preset, kind=kind, field=field, classes=tuple(classes), synonyms=synonyms or {})

    def single(self) -> LayerStyle:
        """One symbol."""
        symbol = self._look(next(iter(self._symbols), ""))
        return self._style("single", "", [replace(symbol, zh=self._preset.zh, en=self._preset.en)])

    def _field(self, renderer: Any) -> str:
        text = renderer.get("attr", "").strip()
        if text.startswith('"') and text.endswith('"') and '"' not in text[1:-1]:
            return text[1:-1]
        if any(sign in text for sign in "()+*/|") or (" " in text and '"' in text):
            raise StyleError(N_("样式按表达式“{expression}”分类，这里只能按字段分类"), expression=text)
        return text

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
                rest = replace(symbol, zh=label or other().zh, en=self._english(label, known, None) if label else other().en)
                continue
            value = coerced(raw[0], known)
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
        for rule, above in _nested(top) if top is not None else ():
            if rule.get("symbol") is None:
                continue
            label = rule.get("label") or rule.get("filter") or ""
            if rule.get("scalemindenom", "0") not in ("", "0") or rule.get("scalemaxdenom", "0") not in ("", "0"):
                self._notes.append(Note(N_("规则“{name}”自己的比例尺范围没有带过来"), name=label))
            try:
                nodes = [parse(text) for text in (*above, rule.get("filter") or "") if text]
            except Unsayable:
                words = N_("规则“{name}”的表达式没有带过来：{expression}")
                self._notes.append(Note(words, name=label, expression=rule.get("filter") or ""))
                continue
            symbol = replace(self._look(rule.get("symbol")), zh=label, en=self._english(label, (), None),
                             shown=rule.get("checkstate") != "0")
            node = None if not nodes or nodes == [ELSE] else nodes[0] if len(nodes) == 1 else ("and", tuple(nodes))
            found.append((node, symbol))
        return self.of_rules(found)

    def of_rules(self, found: list[tuple[Node | None, Symbol]]) -> LayerStyle:
        """A style of rules, each with its look; ``None`` for what holds for every other feature."""
        nodes = [node for node, _symbol in found if node is not None]
        if len(nodes) > 1 and len(nodes) == len(found) and is_rest(nodes[-1], inclusive(nodes[:-1])):
            found = [*found[:-1], (None, found[-1][1])]
            nodes.pop()
        alone = inclusive(nodes)
        if len(nodes) > 1 and alone == nodes:
            self._notes.append(Note(N_("原样式的规则可以同时生效；这里每个要素只按第一条符合的规则绘制")))
        classes, rest, place = [], None, 0
        for node, symbol in found:
            if node is None:
                rest = symbol
                continue
            where, place = filter_of(alone[place]), place + 1
            if where is None or not where.conditions:
                self._notes.append(Note(N_("规则“{name}”的条件太复杂，没有带过来"), name=symbol.zh))
                continue
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
        drawn = 0
        for layer in element.findall("layer"):
            if layer.get("enabled") == "0":
                continue
            kind, values = layer.get("class", ""), _properties(layer)
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
        return made

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
        return round(min(max(_number(values.get(key), default * MM_PER_POINT), 0.0) * _POINTS[unit], 200.0), 3)

    def _dash(self, values: dict[str, str], style: str, custom: bool) -> tuple[float, ...]:
        if custom:
            unit = values.get("customdash_unit", "MM")
            return tuple(round(max(_number(one), 0.0) * _POINTS.get(unit, _POINTS["MM"]), 3)
                         for one in values.get("customdash", "").split(";") if one.strip())
        return _DASHES.get(style, ())

    def _SimpleFill(self, made: Symbol, values: dict[str, str], alpha: float, _layer: Any) -> Symbol:  # noqa: N802 - QGIS's name
        style = values.get("style", "solid")
        colour, opacity = _colour(values.get("color"), alpha, ("#bdbdbd", 1.0))
        if style == "solid":
            made = replace(made, fill=colour, fill_opacity=opacity)
        elif style != "no":
            hatch = _HATCHES.get(style) or _NEAR.get(style, "diagonal")
            if style not in _HATCHES:
                self._notes.append(Note(N_("填充图案“{pattern}”用相近的图案代替"), pattern=style))
            made = replace(made, hatch=hatch) if made.outline_width else replace(made, hatch=hatch, outline=colour)
        pen = values.get("outline_style", "solid")
        if pen != "no":
            outline, _opacity = _colour(values.get("outline_color"), 1.0, ("#4d4d4d", 1.0))
            width = self._points(values, "outline_width", 0.8)
            made = replace(made, outline=outline, outline_width=width or 0.3, dash=self._dash(values, pen, False))
        elif style == "solid" and not made.outline_width:
            made = replace(made, outline=_colour(values.get("outline_color"), 1.0, ("#4d4d4d", 1.0))[0])
        return made

    def _SimpleLine(self, made: Symbol, values: dict[str, str], _alpha: float, _layer: Any) -> Symbol:  # noqa: N802 - as above
        if made.outline_width:
            self._notes.append(Note(N_("几条线叠成的线只带过来最下面的一条")))
            return made
        pen = values.get("line_style", "solid")
        if pen == "no":
            return replace(made, outline=_colour(values.get("line_color"), 1.0, ("#4d4d4d", 1.0))[0])
        colour, _opacity = _colour(values.get("line_color") or values.get("color"), 1.0, ("#4d4d4d", 1.0))
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
        outline, _opacity = _colour(values.get("outline_color"), 1.0, ("#4d4d4d", 1.0))
        width = 0.0 if values.get("outline_style") == "no" else self._points(values, "outline_width", 0.8) or 0.3
        return replace(made, marker=_MARKERS.get(name, "circle"), fill=colour, fill_opacity=opacity, outline=outline, outline_width=width,
                       size=self._points(values, "size", 7.0))

    _FilledMarker = _SimpleMarker

    def _FontMarker(self, made: Symbol, values: dict[str, str], alpha: float, _layer: Any) -> Symbol:  # noqa: N802 - as above
        letter = values.get("chr", "")[:1]
        if made.marker:
            return replace(made, letter=letter)
        colour, opacity = _colour(values.get("color"), alpha, ("#4d4d4d", 1.0))
        return replace(made, marker="circle", fill=colour, fill_opacity=opacity, outline="#ffffff", outline_width=0.8, letter=letter,
                       size=self._points(values, "size", 7.0))

    def _LinePatternFill(self, made: Symbol, values: dict[str, str], _alpha: float, layer: Any) -> Symbol:  # noqa: N802 - as above
        angle = _number(values.get("angle", values.get("lineangle")), 45.0) % 180
        hatch = "diagonal" if angle < 90 else "backdiagonal"
        if {made.hatch, hatch} == {"diagonal", "backdiagonal"}:
            hatch = "cross"
        self._notes.append(Note(N_("填充图案“{pattern}”用相近的图案代替"), pattern=f"{angle:g}°"))
        return self._patterned(made, hatch, values, layer)

    def _PointPatternFill(self, made: Symbol, values: dict[str, str], _alpha: float, layer: Any) -> Symbol:  # noqa: N802 - as above
        self._notes.append(Note(N_("填充图案“{pattern}”用相近的图案代替"), pattern="points"))
        return self._patterned(made, "dots", values, layer)

    def _patterned(self, made: Symbol, hatch: str, values: dict[str, str], layer: Any) -> Symbol:
        inner = layer.find("symbol/layer")
        if inner is not None:
            values = _properties(inner)
        if made.outline_width:
            return replace(made, hatch=hatch)
        return replace(made, hatch=hatch, outline=_colour(values.get("line_color") or values.get("color"), 1.0, ("#4d4d4d", 1.0))[0])


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


def _nested(rules: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[Any, tuple[str, ...]]]:
    for rule in rules.findall("rule"):
        yield rule, above
        if len(above) < 20:
            yield from _nested(rule, (*above, rule.get("filter") or ""))

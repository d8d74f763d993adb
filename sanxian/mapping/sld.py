"""OGC's Styled Layer Descriptor, versions 1.0.0 and 1.1.0, written from a style and read as one.

Sizes in SLD are pixels of 0.28 mm. Of rules that hold for one feature SLD draws all and we the first, so each rule is
written so that it holds where none before it does.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

from sanxian.i18n import N_
from sanxian.mapping.expressions import (
    Node,
    Unsayable,
    canonical,
    exclusive,
    from_ogc,
    inclusive,
    is_rest,
    local,
    rest_of,
    to_ogc,
    truth_words,
    with_truth,
)
from sanxian.mapping.notes import Note
from sanxian.mapping.own_styles import MOST_CLASSES, StyleError, checked, other
from sanxian.mapping.qgis import said_rules
from sanxian.mapping.qml_read import FAINT, MOST_POINTS, QmlReader, coerced
from sanxian.mapping.styles import LayerStyle, Symbol, style_for

VERSIONS = ("1.0.0", "1.1.0")
_SLD, _SE, _OGC = "http://www.opengis.net/sld", "http://www.opengis.net/se", "http://www.opengis.net/ogc"
for _prefix, _space in (("sld", _SLD), ("se", _SE), ("ogc", _OGC)):
    ElementTree.register_namespace(_prefix, _space)
_PX_PER_POINT = 25.4 / 72 / 0.28
_PATTERNS = {"diagonal": "slash", "backdiagonal": "brush://f_diagonal", "cross": "x", "dots": "brush://dense6"}  # QGIS reads no "backslash"
_HATCHES = {"slash": "diagonal", "backslash": "backdiagonal", "backslashes": "backdiagonal", "x": "cross", "times": "cross", "dot": "dots",
            "b_diagonal": "diagonal", "f_diagonal": "backdiagonal", "diagonal_x": "cross", "dense6": "dots"}  # fmt: skip
_NEAR = {"horline": "diagonal", "vertline": "backdiagonal", "line": "backdiagonal", "plus": "cross", "cross": "cross"}
_MARKERS = {"circle": "circle", "square": "square", "rectangle": "square", "triangle": "triangle", "equilateral_triangle": "triangle",
            "diamond": "diamond"}  # fmt: skip


def write_sld(style: LayerStyle, geometry: str, *, name: str = "", label: str = "", version: str = "1.1.0",
              yes_no: Collection[str] = (), notes: list[Note] | None = None) -> str:
    """A style as SLD.

    Args:
        geometry: polygon, line or point.
        name: Of the layer.
        label: The field that features are named by, where the style names none.
        version: One of ``VERSIONS``.
        yes_no: Fields that hold yes and no, which are asked for in the two ways that programs take them.
        notes: Takes what could not be carried.
    """
    notes = [] if notes is None else notes
    made = _Writer(version, geometry, style, notes, yes_no)
    root = ElementTree.Element(f"{{{_SLD}}}StyledLayerDescriptor", version=version)
    layer = ElementTree.SubElement(root, f"{{{_SLD}}}NamedLayer")
    made.add(layer, "Name", name or style.role)
    user = ElementTree.SubElement(layer, f"{{{_SLD}}}UserStyle")
    made.add(user, "Name", name or style.role)
    types = made.add(user, "FeatureTypeStyle")
    made.rules(types)
    label = style.label_field or label
    if style.labels and label:
        made.label(types, label)
    ElementTree.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


class _Writer:
    def __init__(self, version: str, geometry: str, style: LayerStyle, notes: list[Note], yes_no: Collection[str]) -> None:
        if version not in VERSIONS:
            raise ValueError(version)
        self._new = version == "1.1.0"
        self._ns = f"{{{_SE if self._new else _SLD}}}"
        self._ogc = f"{{{_OGC}}}"
        self._geometry, self._style, self._notes, self._yes_no = geometry, style, notes, yes_no

    def add(self, parent: ElementTree.Element, name: str, text: str | None = None) -> ElementTree.Element:
        element = ElementTree.SubElement(parent, f"{self._ns}{name}")
        element.text = text
        return element

    def _parameter(self, parent: ElementTree.Element, name: str, text: str) -> None:
        element = self.add(parent, "SvgParameter" if self._new else "CssParameter", text)
        element.set("name", name)

    def rules(self, types: ElementTree.Element) -> None:
        style = self._style
        nodes, lost = said_rules(style) if style.kind == "rules" else ({}, [])
        named = [canonical(with_truth(node, self._yes_no, words=True)) for node in nodes.values()]
        said = dict(zip(nodes, exclusive(named), strict=True))
        self._notes += [Note(N_("规则“{name}”的条件没有写全，没有写出"), name=name) for name in lost]
        upper, plain = None, []
        for number, symbol in enumerate(style.classes):
            rest = symbol.value is None and symbol.lower is None and symbol.where is None and style.kind != "single"
            if rest and not symbol.shown:
                continue  # what no rule holds for is not drawn
            node: Node | None = None
            if style.kind == "categorised" and not rest:
                raw = style.values_of(symbol)
                node = ("cmp", "=", style.field, raw[0]) if len(raw) == 1 else ("in", style.field, tuple(raw))
                if isinstance(symbol.value, bool) or style.field in self._yes_no:
                    node = with_truth(node, (style.field,), words=True)
            elif style.kind == "graduated" and symbol.lower is not None and symbol.upper is not None:
                # Both ends count here and the first class wins; SLD would draw a number on a border twice.
                node = ("and", (("cmp", ">" if symbol.lower == upper else ">=", style.field, f"{symbol.lower!r}"),
                                ("cmp", "<=", style.field, f"{symbol.upper!r}")))
                upper = symbol.upper
            elif style.kind == "rules" and not rest:
                if number not in said:
                    continue
                node = said[number]
            if node is not None:
                plain.append(node)
            elif rest and plain:
                # ``ElseFilter`` says the same, but QGIS 3.22 takes it for no condition at all.
                node = rest_of(named or plain)
            rule = self._rule(types, symbol.zh, node, style.scales)
            if symbol.shown:
                self._symbolizers(rule, symbol)
            else:
                self._notes.append(Note(N_("关闭的类“{name}”在 SLD 里没有符号"), name=symbol.zh))

    def _rule(self, types: ElementTree.Element, name: str, node: Node | None, scales: tuple[float, float]) -> ElementTree.Element:
        rule = self.add(types, "Rule")
        self.add(rule, "Name", name)
        if self._new:
            self.add(self.add(rule, "Description"), "Title", name)
        else:
            self.add(rule, "Title", name)
        if node is not None:
            to_ogc(node, ElementTree.SubElement(rule, f"{self._ogc}Filter"), self._ogc)
        for bound, name_ in zip(scales, ("MinScaleDenominator", "MaxScaleDenominator"), strict=True):
            if bound:
                self.add(rule, name_, f"{bound:.15g}")
        return rule

    def _px(self, points: float) -> str:
        return f"{points * _PX_PER_POINT:.6g}"

    def _stroke(self, parent: ElementTree.Element, symbol: Symbol) -> None:
        if symbol.outline_width <= 0:
            return
        stroke = self.add(parent, "Stroke")
        self._parameter(stroke, "stroke", symbol.outline)
        self._parameter(stroke, "stroke-width", self._px(symbol.outline_width))
        if symbol.dash:
            self._parameter(stroke, "stroke-dasharray", " ".join(self._px(one) for one in symbol.dash))
            self._parameter(stroke, "stroke-linecap", "butt")  # QGIS's own square ends fill the gaps

    def _fill(self, parent: ElementTree.Element, symbol: Symbol) -> None:
        fill = self.add(parent, "Fill")
        self._parameter(fill, "fill", symbol.fill)
        self._parameter(fill, "fill-opacity", f"{symbol.fill_opacity:g}")

    def _symbolizers(self, rule: ElementTree.Element, symbol: Symbol) -> None:
        if self._geometry == "line":
            self._stroke(self.add(rule, "LineSymbolizer"), symbol)
        elif self._geometry == "point":
            if symbol.letter:
                self._notes.append(Note(N_("点符号里的字母“{letter}”没有写进 SLD"), letter=symbol.letter))
            if symbol.dash:
                self._notes.append(Note(N_("点符号轮廓的线型没有写出")))
            graphic = self.add(self.add(rule, "PointSymbolizer"), "Graphic")
            mark = self.add(graphic, "Mark")
            self.add(mark, "WellKnownName", symbol.marker or "circle")
            self._fill(mark, symbol)
            self._stroke(mark, symbol)
            self.add(graphic, "Size", self._px(symbol.size))
        else:
            polygon = self.add(rule, "PolygonSymbolizer")
            self._fill(polygon, symbol)
            self._stroke(polygon, symbol)
            if symbol.hatch:
                fill = self.add(self.add(rule, "PolygonSymbolizer"), "Fill")
                graphic = self.add(self.add(fill, "GraphicFill"), "Graphic")
                mark = self.add(graphic, "Mark")
                self.add(mark, "WellKnownName", _PATTERNS[symbol.hatch])
                self._parameter(self.add(mark, "Fill"), "fill", symbol.outline)
                self._parameter(self.add(mark, "Stroke"), "stroke", symbol.outline)
                self.add(graphic, "Size", "8")

    def label(self, types: ElementTree.Element, field: str) -> None:
        rule = self._rule(types, "", None, self._style.label_scales)
        text = self.add(rule, "TextSymbolizer")
        ElementTree.SubElement(self.add(text, "Label"), f"{self._ogc}PropertyName").text = field
        font = self.add(text, "Font")
        self._parameter(font, "font-family", "Noto Sans SC")
        self._parameter(font, "font-size", "12")
        halo = self.add(text, "Halo")
        self.add(halo, "Radius", "1.5")
        self._parameter(self.add(halo, "Fill"), "fill", "#ffffff")
        self._parameter(self.add(text, "Fill"), "fill", "#1f2933")


# --- reading -----------------------------------------------------------------------------------------------------------


def read_sld(root: Any, role: str, notes: list[Note]) -> LayerStyle:
    """The root element ``StyledLayerDescriptor`` as the style of a layer of ``role``.

    Raises:
        StyleError: It holds no style of features.
    """
    layers = [one for one in root.iter() if local(one) in ("NamedLayer", "UserLayer")]
    if len(layers) > 1:
        notes.append(Note(N_("文件里有 {count} 个图层的样式，只读了第一个"), count=len(layers)))
    types = [one for one in (layers[0] if layers else root).iter() if local(one) == "FeatureTypeStyle"]
    if len(types) > 1:
        notes.append(Note(N_("几组要素样式叠在一起，规则按先后合成一组")))
    reader = _SldReader(role, notes)
    for one in types:
        for rule in (child for child in one if local(child) == "Rule"):
            reader.rule(rule)
    for vendor in ("VendorOption", "Transformation"):
        if any(local(one) == vendor for one in root.iter()):
            notes.append(Note(N_("厂商扩展“{name}”没有带过来"), name=vendor))
    return reader.style()


def _child(element: Any, *names: str) -> Any:
    for name in names:
        element = None if element is None else next((one for one in element if local(one) == name), None)
    return element


def _text(element: Any, *names: str) -> str:
    found = _child(element, *names)
    return "" if found is None else (found.text or "").strip()


def _number(text: str, default: float = 0.0) -> float:
    try:
        found = float(text)
    except ValueError:
        return default
    return found if math.isfinite(found) else default


class _SldReader:
    def __init__(self, role: str, notes: list[Note]) -> None:
        self._role, self._notes, self._preset = role, notes, style_for(role)
        self._rules: list[tuple[Node | None, bool, Symbol]] = []  # condition, for every other feature, look
        self._scales: set[tuple[float, float]] = set()
        self._label: tuple[str, tuple[float, float]] | None = None
        self._hatch_colour = ""  # of the symbol that is being read

    def rule(self, rule: Any) -> None:
        """Take one rule."""
        label = _text(rule, "Description", "Title") or _text(rule, "Title") or _text(rule, "Name")
        scales = (_number(_text(rule, "MinScaleDenominator")), _number(_text(rule, "MaxScaleDenominator")))
        symbolizers = [one for one in rule if local(one).endswith("Symbolizer")]
        for text in (one for one in symbolizers if local(one) == "TextSymbolizer"):
            self._labels(text, scales)
        drawn = [one for one in symbolizers if local(one) != "TextSymbolizer"]
        if symbolizers and not drawn:
            return
        node, found = None, _child(rule, "Filter")
        if found is not None:
            try:
                if len(found) != 1:
                    raise Unsayable("Filter")
                node = from_ogc(found[0])
            except Unsayable:
                self._notes.append(Note(N_("规则“{name}”的条件没有带过来"), name=label))
                return
        self._scales.add(scales)
        symbol = replace(self._look(drawn), zh=label, en=label, shown=bool(drawn))
        self._rules.append((node, _child(rule, "ElseFilter") is not None, symbol))

    def style(self) -> LayerStyle:
        """What the rules say together: the simplest kind that says it."""
        if not self._rules:
            raise StyleError(N_("这个 SLD 里没有可用的要素样式"))
        if len(self._rules) > MOST_CLASSES:
            raise StyleError(N_("样式的类型或类数不对：{kind}，{count} 类"), kind="SLD", count=len(self._rules))
        style = self._kind()
        if len(self._scales) == 1:
            style = replace(style, scales=next(iter(self._scales)))
        else:
            self._notes.append(Note(N_("各规则的比例尺范围不同，没有带过来")))
        label, scales = self._label or ("", (0.0, 0.0))
        return checked(replace(style, labels=self._label is not None, label_field="" if label == "name" else label, label_scales=scales))

    def _kind(self) -> LayerStyle:
        nodes = [node for node, otherwise, _symbol in self._rules if node is not None and not otherwise]
        if len(nodes) > 1 and is_rest(nodes[-1], inclusive(nodes[:-1])):  # every other feature, said in full
            self._rules = [(node, otherwise or node == nodes[-1], symbol) for node, otherwise, symbol in self._rules]
        named = [(node, symbol) for node, otherwise, symbol in self._rules if node is not None and not otherwise]
        rest = next((symbol for node, otherwise, symbol in self._rules if otherwise or (node is None and named)), None)
        if any(node is None and not otherwise for node, otherwise, _symbol in self._rules) and named:
            self._notes.append(Note(N_("没有条件的规则在原样式里画在所有要素上；这里只用于不符合其他规则的要素")))
        if not named:
            if len(self._rules) > 1:
                self._notes.append(Note(N_("文件里有 {count} 条没有条件的规则，只用了第一条"), count=len(self._rules)))
            first = self._rules[0][2]
            return replace(self._preset, kind="single", field="", classes=(replace(first, zh=self._preset.zh, en=self._preset.en),),
                           synonyms={})
        last = rest or other(shown=False)
        if rest is not None and not rest.zh:
            last = replace(last, zh=other().zh, en=other().en)
        elif last.zh == other().zh:
            last = replace(last, en=other().en)
        values = [_same(node) for node, _symbol in named]
        if rest is None and len(named) > 1 and values[-1] is None and None not in values[:-1] and _empty(named[-1][0]) == values[0][0]:
            # So QGIS writes its category of all other values.
            self._notes.append(Note(N_("空值的规则“{name}”用于其余所有要素"), name=named[-1][1].zh))
            last, named, values = named[-1][1], named[:-1], values[:-1]
        if all(one is not None for one in values) and len({one[0] for one in values if one}) == 1:
            return self._categorised([one for one in values if one], [symbol for _node, symbol in named], last)
        ranges = [_range(node) for node, _symbol in named]
        if all(one is not None for one in ranges) and len({one[0] for one in ranges if one}) == 1:
            found = [one for one in ranges if one]
            classes = [replace(symbol, lower=low, upper=high) for (_field, low, high), (_node, symbol) in zip(found, named, strict=True)]
            return replace(self._preset, kind="graduated", field=found[0][0], classes=(*classes, last), synonyms={})
        return QmlReader(self._role, {}, self._notes).of_rules([*named, (None, last)])

    def _categorised(self, values: list[tuple[str, tuple[str, ...]]], symbols: list[Symbol], last: Symbol) -> LayerStyle:
        field = values[0][0]
        known = self._preset.classes if self._preset.field == field else ()
        classes, synonyms = [], {}
        for (_field, raw), symbol in zip(values, symbols, strict=True):
            value = coerced(raw[0], known)
            if raw in (truth_words(True), truth_words(False)):
                value, raw = raw[0] == "true", raw[:1]
            synonyms |= dict.fromkeys(raw[1:], value)
            english = next((one.en for one in known if one.value == value and one.zh == symbol.zh), symbol.en)
            classes.append(replace(symbol, value=value, en=english))
        if known and known[-1].zh == last.zh:
            last = replace(last, en=known[-1].en)
        return replace(self._preset, kind="categorised", field=field, classes=(*classes, last), synonyms=synonyms)

    def _labels(self, text: Any, scales: tuple[float, float]) -> None:
        label = _child(text, "Label")
        names = list(label) if label is not None else []
        if len(names) == 1 and local(names[0]) in ("PropertyName", "ValueReference") and not (label.text or "").strip():
            self._label = ((names[0].text or "").strip(), scales)
        else:
            self._notes.append(Note(N_("拼接的标注没有带过来；标注用的是名称")))
            self._label = ("", scales)
        self._notes.append(Note(N_("标注的字体、字号、颜色和位置没有带过来")))

    # -- one symbol ------------------------------------------------------------------------------------------------
    def _look(self, symbolizers: list[Any]) -> Symbol:
        made = Symbol(None, "", "", fill_opacity=0.0, outline_width=0.0)
        self._hatch_colour = ""
        for one in symbolizers:
            kind = local(one)
            self._placed(one)
            if one.get("uom", "").endswith(("metre", "meter", "foot")):
                self._notes.append(Note(N_("以地图单位计的尺寸没有带过来，用了默认尺寸")))
            if kind == "PolygonSymbolizer":
                made = self._polygon(made, one)
            elif kind == "LineSymbolizer":
                made = self._stroke(made, _child(one, "Stroke"))
                made = made if made.fill_opacity else replace(made, fill=made.outline)
            elif kind == "PointSymbolizer":
                made = self._point(made, one)
            else:
                self._notes.append(Note(N_("符号“{kind}”没有带过来，用简单符号代替"), kind=kind))
        if made.hatch and made.outline_width and self._hatch_colour not in ("", made.outline):
            words = N_("填充图案的颜色 {colour} 没有带过来：这里图案与轮廓同色（{outline}）")
            self._notes.append(Note(words, colour=self._hatch_colour, outline=made.outline))
        return made

    def _placed(self, symbolizer: Any) -> None:
        """Tell of what moves or reshapes what is drawn, which is drawn here as and where it is."""
        for one in symbolizer.iter():
            name = local(one)
            if name in ("PerpendicularOffset", "Displacement", "AnchorPoint"):
                numbers = [one, *one]
                usual = 0.5 if name == "AnchorPoint" else 0.0
                if any(_number(each.text or "", usual) != usual or (each is not one and len(each)) for each in numbers):
                    self._notes.append(Note(N_("符号的偏移没有带过来")))
            elif name == "Geometry" and any(local(each) == "Function" for each in one.iter()):
                self._notes.append(Note(N_("由函数算出的图形没有带过来，用的是原图形")))

    def _plain(self, element: Any, name: str) -> str:
        """The text of a child that should hold a number; an expression has none."""
        found = _child(element, name)
        if found is None or not len(found):
            return _text(element, name)
        if len(found) == 1 and local(found[0]) == "Literal":
            return (found[0].text or "").strip()
        self._notes.append(Note(N_("由数据定义的符号属性没有带过来，用的是固定值")))
        return ""

    def _parameters(self, element: Any) -> dict[str, str]:
        found = {}
        for one in element if element is not None else ():
            if local(one) in ("SvgParameter", "CssParameter"):
                if len(one):
                    literal = _child(one, "Literal")
                    if literal is None:
                        self._notes.append(Note(N_("由数据定义的符号属性没有带过来，用的是固定值")))
                        continue
                    one = literal if not one.get("name") else _named(literal, one.get("name"))
                found[one.get("name", "")] = (one.text or "").strip()
        return found

    def _colour(self, text: str | None, default: str) -> str:
        text = (text or "").strip().lower()
        if len(text) == 7 and text.startswith("#") and all(one in "0123456789abcdef" for one in text[1:]):
            return text
        if text:
            self._notes.append(Note(N_("颜色“{colour}”看不懂，用了默认颜色"), colour=text))
        return default

    def _points(self, text: str | None, default: float) -> float:
        size = _number(text or "", default * _PX_PER_POINT) / _PX_PER_POINT
        if size > MOST_POINTS:
            self._notes.append(Note(N_("大于 {most} 点的尺寸改为 {most} 点"), most=MOST_POINTS))
        return round(min(max(size, 0.0), MOST_POINTS), 3)

    def _stroke(self, made: Symbol, stroke: Any) -> Symbol:
        if stroke is None:
            return made
        if made.outline_width:
            self._notes.append(Note(N_("几条线叠成的线只带过来最下面的一条")))
            return made
        if _child(stroke, "GraphicStroke") is not None or _child(stroke, "GraphicFill") is not None:
            self._notes.append(Note(N_("用图形画成的线没有带过来，用了实线")))
        values = self._parameters(stroke)
        if _number(values.get("stroke-opacity", "1"), 1.0) < 1:
            self._notes.append(Note(N_("轮廓的不透明度没有带过来")))
        if _number(values.get("stroke-dashoffset", "")):
            self._notes.append(Note(N_("虚线的起点没有带过来")))
        dash = [self._points(one, 0.0) for one in values.get("stroke-dasharray", "").replace(",", " ").split()]
        return replace(made, outline=self._colour(values.get("stroke"), "#000000"), dash=tuple(dash),
                       outline_width=self._points(values.get("stroke-width"), 1 / _PX_PER_POINT))

    def _polygon(self, made: Symbol, symbolizer: Any) -> Symbol:
        fill = _child(symbolizer, "Fill")
        graphic = _child(fill, "GraphicFill")
        if graphic is not None:
            made = self._hatch(made, graphic)
        elif fill is not None:
            values = self._parameters(fill)
            if made.fill_opacity:
                self._notes.append(Note(N_("叠在一起的填充只带过来最下面的一层")))
            else:
                made = replace(made, fill=self._colour(values.get("fill"), "#808080"),
                               fill_opacity=round(min(max(_number(values.get("fill-opacity", "1"), 1.0), 0.0), 1.0), 3))
        return self._stroke(made, _child(symbolizer, "Stroke"))

    def _hatch(self, made: Symbol, graphic: Any) -> Symbol:
        mark = _child(graphic, "Graphic", "Mark")
        name = _text(mark, "WellKnownName").rsplit("://", 1)[-1].lower()
        if mark is None:
            self._notes.append(Note(N_("图片填充没有带过来")))
            return made
        hatch = _HATCHES.get(name) or _NEAR.get(name) or ("dots" if name.startswith("dense") else "diagonal")
        if name not in _HATCHES:
            self._notes.append(Note(N_("填充图案“{pattern}”用相近的图案代替"), pattern=name))
        if _number(self._plain(_child(graphic, "Graphic"), "Rotation")):
            self._notes.append(Note(N_("符号的旋转没有带过来")))
        values = {**self._parameters(_child(mark, "Fill")), **self._parameters(_child(mark, "Stroke"))}
        solid = (values.get("stroke-opacity"), values.get("fill-opacity"), self._plain(_child(graphic, "Graphic"), "Opacity"))
        if any(_number(one or "1", 1.0) < FAINT for one in solid):
            self._notes.append(Note(N_("填充图案的不透明度没有带过来")))
        said = values.get("stroke") or values.get("fill")
        colour = self._colour(said, made.outline)
        if made.hatch and self._hatch_colour not in ("", colour):
            self._notes.append(Note(N_("叠在一起的几种填充图案只带过来一种颜色")))
        self._hatch_colour = self._hatch_colour or (colour if said else "")
        return replace(made, hatch=hatch) if made.outline_width else replace(made, hatch=hatch, outline=colour)

    def _point(self, made: Symbol, symbolizer: Any) -> Symbol:
        graphic = _child(symbolizer, "Graphic")
        if made.marker:
            self._notes.append(Note(N_("叠在一起的符号只带过来最下面的一个")))
            return made
        mark = _child(graphic, "Mark")
        drawn = [one for one in graphic if local(one) in ("Mark", "ExternalGraphic")] if graphic is not None else []
        if mark is not None and len(drawn) > 1:
            self._notes.append(Note(N_("点符号有 {count} 个图形可选，用了第一个简单图形"), count=len(drawn)))
        size = self._points(self._plain(graphic, "Size") or None, 6 / _PX_PER_POINT)
        if mark is None:
            self._notes.append(Note(N_("图片符号没有带过来，用圆点代替")))
            return replace(made, marker="circle", fill="#808080", fill_opacity=1.0, outline="#ffffff", outline_width=0.8, size=size)
        if _number(self._plain(graphic, "Rotation")):
            self._notes.append(Note(N_("符号的旋转没有带过来")))
        name = _text(mark, "WellKnownName") or "square"
        if name not in _MARKERS:
            self._notes.append(Note(N_("点符号“{name}”用圆点代替"), name=name))
        fill = _child(mark, "Fill")
        values = self._parameters(fill)
        opacity = _number(values.get("fill-opacity", "1"), 1.0) if fill is not None else 0.0
        whole = _number(self._plain(graphic, "Opacity") or "1", 1.0)
        made = replace(made, marker=_MARKERS.get(name, "circle"), size=size, fill=self._colour(values.get("fill"), "#808080"),
                       fill_opacity=round(min(max(opacity * whole, 0.0), 1.0), 3))
        made = self._stroke(made, _child(mark, "Stroke"))
        if made.dash:
            self._notes.append(Note(N_("点符号轮廓的线型没有带过来，用了实线")))
        return replace(made, dash=())


def _named(literal: Any, name: str) -> Any:
    literal.set("name", name)
    return literal


def _same(node: Node) -> tuple[str, tuple[str, ...]] | None:
    """Field and values of a condition that asks for equality and nothing else."""
    if node[:2] == ("cmp", "=") and node[3] != "":
        return node[2], (node[3],)
    return (node[1], node[2]) if node[0] == "in" else None


def _empty(node: Node) -> str | None:
    """The field that a condition wants to be empty."""
    if node[0] != "or" or node[1][0][0] != "null":
        return None
    field = node[1][0][1]
    return field if node[1][1:] == (("cmp", "=", field, ""),) else None


def _range(node: Node) -> tuple[str, float, float] | None:
    """Field and ends of a condition that asks for a number between two."""
    if node[0] != "and" or len(node[1]) != 2 or any(part[0] != "cmp" for part in node[1]):
        return None
    (_k, low, field, start), (_l, high, field_, stop) = sorted(node[1], key=lambda part: part[1] in ("<", "<="))
    if field != field_ or low not in (">", ">=") or high not in ("<", "<="):
        return None
    try:
        return field, float(start), float(stop)
    except ValueError:
        return None



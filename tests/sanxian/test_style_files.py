"""Styles into QML and SLD and back, and files as QGIS and others write them."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanxian.mapping import make_style
from sanxian.mapping.exchange import read_style, write_style
from sanxian.mapping.expressions import (
    Unsayable,
    canonical,
    exclusive,
    expression,
    filter_of,
    from_ogc,
    inclusive,
    is_rest,
    negated,
    node_of,
    parse,
    rest_of,
    to_ogc,
)
from sanxian.mapping.filters import Condition, Filter
from sanxian.mapping.own_styles import StyleError
from sanxian.mapping.styles import STYLES, style_for

FILES = [(".qml", {}), (".sld", {}), (".sld", {"version": "1.0.0"})]
GEOMETRY = {"river_bank": "line", "sewer": "line", "water_function_zone": "line", "discharge_outlet": "point",
            "pollution_source": "point", "monitoring_section": "point", "receptor": "point"}  # fmt: skip


def there_and_back(tmp_path, style, geometry, suffix, **more):
    path = tmp_path / f"style{suffix}"
    told = write_style(style, path, geometry, name="图层", columns=["name"], **more)
    return told, read_style(path, style.role)


def rule_style():
    style = make_style.rules("control_unit", geometry="polygon")
    conditions = [
        Filter((Condition("area", "above", "5"), Condition("name", "contains", "甲;50%_\\"))),
        Filter((Condition("k", "is-not", "a;b"), Condition("name", "empty")), True),
        Filter((Condition("k", "filled"), Condition("n", "at-least", "3"), Condition("it's", "starts", "O'Neil"))),
        Filter((Condition("n", "at-most", "-1.5"), Condition('qu"ote', "is", "x"))),
    ]
    classes = [replace(make_style.rule("control_unit", number, geometry="polygon"), zh=f"规则{number}", en=f"规则{number}", where=where)
               for number, where in enumerate(conditions)]
    classes[2] = replace(classes[2], dash=(6.0, 2.5))
    return replace(style, classes=(*classes, *style.classes))


def test_rules_come_back_with_scales_and_labels(tmp_path):
    style = replace(rule_style(), scales=(1000.0, 50_000.0), label_field="code", label_scales=(0.0, 20_000.0))
    for suffix, more in FILES:
        told, found = there_and_back(tmp_path, style, "polygon", suffix, **more)
        assert found.style == style, suffix
        assert not told


@pytest.mark.parametrize(("suffix", "more"), FILES)
@pytest.mark.parametrize("role", sorted(set(STYLES) - {"raster", "project_site"}))
def test_presets_come_back(tmp_path, role, suffix, more):
    geometry = GEOMETRY.get(role, "polygon")
    style = style_for(role)
    _told, found = there_and_back(tmp_path, style, geometry, suffix, **more)
    back = found.style
    assert (back.kind, back.field, dict(back.synonyms), back.zh, back.order) == (
        style.kind, style.field, dict(style.synonyms), style.zh, style.order)
    for before, after in zip(style.classes, back.classes, strict=True):
        if geometry == "line":  # a line has no fill of its own
            before = replace(before, fill=before.outline, fill_opacity=0.0)
        if geometry != "point":
            before = replace(before, marker="", size=7.0)
        elif not before.marker:
            before = replace(before, marker="circle")
        assert after == replace(before, dash=() if geometry == "point" else before.dash)


@pytest.mark.parametrize(("suffix", "more"), FILES)
def test_classes_of_numbers_come_back(tmp_path, suffix, more):
    style = make_style.graduated("control_unit", "area", [0.1, 2, 7.5, 1e6], ramp="viridis", geometry="polygon")
    told, found = there_and_back(tmp_path, style, "polygon", suffix, **more)
    if suffix == ".qml":  # QGIS has no class for the rest, and the file says so
        assert any("QGIS" in one for one in told)
        style = replace(style, classes=(*style.classes[:-1], replace(style.classes[-1], shown=False)))
    assert found.style == style
    values = pd.DataFrame({"area": [0.1, 2, 2.0001, 7.5, 1e6, 1e6 + 1, None, "x"]})
    assert found.style.class_numbers(values).tolist() == [0, 0, 1, 1, 2, 3, 3, 3]


def test_letters_stay_in_qml_and_are_missed_in_sld(tmp_path):
    style = style_for("discharge_outlet")
    style = replace(style, classes=tuple(replace(one, letter=letter) for one, letter in zip(style.classes, "未中完销无？", strict=True)))
    _told, found = there_and_back(tmp_path, style, "point", ".qml")
    assert found.style == style
    told, found = there_and_back(tmp_path, style, "point", ".sld")
    assert sum("字母“未”" in one for one in told) == 1
    assert {one.letter for one in found.style.classes} == {""}


@pytest.mark.parametrize(("suffix", "more"), FILES)
def test_classes_switched_off_and_labels_switched_off_come_back(tmp_path, suffix, more):
    style = style_for("control_unit")
    style = replace(style, labels=False, classes=tuple(replace(one, shown=number != 1) for number, one in enumerate(style.classes)))
    _told, found = there_and_back(tmp_path, style, "polygon", suffix, **more)
    assert [one.shown for one in found.style.classes] == [True, False, True, True]
    assert found.style.labels is False


QGIS_QML = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.34.12-Prizren" styleCategories="AllStyleCategories" labelsEnabled="1" hasScaleBasedVisibilityFlag="1"
      minScale="250000" maxScale="1000" symbologyReferenceScale="-1">
 <renderer-v2 type="categorizedSymbol" attr="category" symbollevels="0" enableorderby="0" forceraster="0" referencescale="-1">
  <categories>
   <category symbol="0" value="priority" type="string" label="优先保护单元" render="true"/>
   <category symbol="1" value="" type="List" label="其他" render="false"><val type="QString" value="key"/><val type="QString" value="general"/></category>
  </categories>
  <symbols>
   <symbol type="fill" name="0" alpha="0.5" clip_to_extent="1" force_rhr="0">
    <data_defined_properties><Option type="Map"><Option type="Map" name="properties"><Option type="Map" name="fillColor">
     <Option type="bool" value="true" name="active"/><Option type="QString" value="color" name="field"/></Option></Option></Option>
    </data_defined_properties>
    <layer class="SimpleFill" enabled="1" locked="0" pass="0" id="{1}"><Option type="Map">
      <Option name="color" type="QString" value="127,201,127,255,rgb:0.49,0.78,0.49,1"/><Option name="style" type="QString" value="solid"/>
      <Option name="outline_color" type="QString" value="47,125,50,255"/><Option name="outline_style" type="QString" value="dash"/>
      <Option name="outline_width" type="QString" value="0.5"/><Option name="outline_width_unit" type="QString" value="MM"/>
    </Option></layer>
    <layer class="LinePatternFill" enabled="1" locked="0" pass="0"><Option type="Map"><Option name="angle" type="QString" value="45"/></Option></layer>
   </symbol>
   <symbol type="fill" name="1" alpha="1"><layer class="GradientFill" enabled="1"><prop k="color" v="10,20,30,255"/></layer></symbol>
  </symbols>
 </renderer-v2>
 <labeling type="simple"><settings calloutType="simple"><text-style fieldName="&quot;code&quot; || '-'" isExpression="1"/>
  <rendering scaleVisibility="1" scaleMin="500" scaleMax="10000"/></settings></labeling>
 <blendMode>6</blendMode><featureBlendMode>0</featureBlendMode><layerOpacity>0.8</layerOpacity>
</qgis>"""


def test_a_file_of_qgis_is_read_and_what_is_missing_is_said(tmp_path):
    path = tmp_path / "qgis.qml"
    path.write_text(QGIS_QML, encoding="utf-8")
    found = read_style(path, "control_unit")
    style = found.style
    assert (style.kind, style.field, style.scales, style.label_scales) == ("categorised", "category", (1000.0, 250_000.0), (500.0, 10_000.0))
    first, second, rest = style.classes
    assert (first.value, first.en, first.fill, first.fill_opacity, first.outline, first.hatch) == (
        "priority", "Priority protection unit", "#7fc97f", 0.5, "#2f7d32", "diagonal")
    assert first.outline_width == pytest.approx(0.5 / 25.4 * 72, abs=1e-3)
    assert first.dash
    assert (second.value, second.shown, second.fill) == ("key", False, "#0a141e")
    assert style.synonyms["general"] == "key"
    assert rest.shown is False, "what QGIS has no class for is not drawn"
    told = "\n".join(found.notes)
    for said in ("混合模式", "不透明度 0.8", "数据定义", "GradientFill", "|| '-'", "45°"):
        assert said in told, said


QGIS_RULES = """<qgis version="3.22"><renderer-v2 type="RuleRenderer" symbollevels="1"><rules key="{r}">
  <rule key="{a}" filter="&quot;kind&quot; = '甲' AND &quot;area&quot; >= 10" symbol="0" label="大" scalemindenom="100"/>
  <rule key="{b}" filter="&quot;kind&quot; IN ('乙', '丙')" label="组">
    <rule key="{c}" filter="&quot;area&quot; &lt; 5" symbol="1" label="小"/>
  </rule>
  <rule key="{d}" filter="$area > 5" symbol="1" label="函数"/>
  <rule key="{e}" filter="ELSE" symbol="1" label="其余" checkstate="0"/></rules>
 <symbols><symbol type="marker" name="0"><layer class="SvgMarker"><prop k="size" v="4"/><prop k="color" v="1,2,3,255"/></layer></symbol>
  <symbol type="marker" name="1"><layer class="SimpleMarker"><prop k="name" v="star"/><prop k="color" v="1,2,3,255"/><prop k="size" v="2"/>
   <prop k="size_unit" v="MapUnit"/></layer></symbol></symbols></renderer-v2></qgis>"""


def test_nested_rules_of_qgis_are_put_together(tmp_path):
    path = tmp_path / "rules.qml"
    path.write_text(QGIS_RULES, encoding="utf-8")
    found = read_style(path, "reference")
    large, small, rest = found.style.classes
    assert large.where == Filter((Condition("kind", "is", "甲"), Condition("area", "at-least", "10")))
    assert small.where == Filter((Condition("kind", "is", "乙;丙"), Condition("area", "below", "5")))
    assert (rest.zh, rest.shown) == ("其余", False)
    told = "\n".join(found.notes)
    for said in ("SVG", "star", "$area > 5", "第一条", "地图单位", "绘制层次", "“大”自己的比例尺"):
        assert said in told, said


QGIS_SLD = """<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor xmlns="http://www.opengis.net/sld" version="1.1.0" xmlns:se="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc">
 <NamedLayer><se:Name>outlets</se:Name><UserStyle><se:Name>outlets</se:Name><se:FeatureTypeStyle>
  {rules}
 </se:FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"""
_POINT = """<se:PointSymbolizer><se:Graphic><se:Mark><se:WellKnownName>{shape}</se:WellKnownName><se:Fill>
 <se:SvgParameter name="fill">{fill}</se:SvgParameter></se:Fill></se:Mark><se:Size>7</se:Size></se:Graphic></se:PointSymbolizer>"""
_RANGE = """<se:Rule><se:Name>{name}</se:Name><ogc:Filter xmlns:ogc="http://www.opengis.net/ogc"><ogc:And>
 <ogc:{low}><ogc:PropertyName>flow</ogc:PropertyName><ogc:Literal>{start}</ogc:Literal></ogc:{low}>
 <ogc:PropertyIsLessThanOrEqualTo><ogc:PropertyName>flow</ogc:PropertyName><ogc:Literal>{stop}</ogc:Literal></ogc:PropertyIsLessThanOrEqualTo>
 </ogc:And></ogc:Filter>{point}</se:Rule>"""


def test_an_sld_in_the_form_of_qgis_is_read(tmp_path):
    rules = _RANGE.format(name="小", low="PropertyIsGreaterThanOrEqualTo", start=0, stop=10, point=_POINT.format(shape="circle", fill="#ff0000"))
    rules += _RANGE.format(name="大", low="PropertyIsGreaterThan", start=10, stop=99.5, point=_POINT.format(shape="star", fill="red"))
    rules += """<se:Rule><se:TextSymbolizer><se:Label><ogc:PropertyName>code</ogc:PropertyName></se:Label></se:TextSymbolizer></se:Rule>"""
    path = tmp_path / "outlets.sld"
    path.write_text(QGIS_SLD.format(rules=rules), encoding="utf-8")
    found = read_style(path, "discharge_outlet")
    style = found.style
    assert (style.kind, style.field, style.label_field, style.labels) == ("graduated", "flow", "code", True)
    assert [(one.zh, one.lower, one.upper, one.marker, one.fill) for one in style.classes[:2]] == [
        ("小", 0.0, 10.0, "circle", "#ff0000"), ("大", 10.0, 99.5, "circle", "#808080")]
    assert style.classes[0].size == pytest.approx(7 * 0.28 / 25.4 * 72, abs=1e-3)
    assert style.classes[-1].shown is False
    assert any("star" in one for one in found.notes)
    assert any("red" in one for one in found.notes)


def test_an_sld_1_0_by_hand_is_read(tmp_path):
    path = tmp_path / "old.sld"
    path.write_text("""<?xml version="1.0"?><sld:StyledLayerDescriptor version="1.0.0" xmlns:sld="http://www.opengis.net/sld"
 xmlns:ogc="http://www.opengis.net/ogc"><sld:NamedLayer><sld:UserStyle><sld:FeatureTypeStyle>
 <sld:Rule><sld:Title>核心</sld:Title><ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>core</ogc:PropertyName><ogc:Literal>true</ogc:Literal>
  </ogc:PropertyIsEqualTo></ogc:Filter><sld:MaxScaleDenominator>100000</sld:MaxScaleDenominator>
  <sld:PolygonSymbolizer><sld:Fill><sld:GraphicFill><sld:Graphic><sld:Mark><sld:WellKnownName>shape://times</sld:WellKnownName>
   <sld:Stroke><sld:CssParameter name="stroke">#006d2c</sld:CssParameter></sld:Stroke></sld:Mark></sld:Graphic></sld:GraphicFill></sld:Fill>
   <sld:Stroke><sld:CssParameter name="stroke"><ogc:Literal>#006d2c</ogc:Literal></sld:CssParameter>
   <sld:CssParameter name="stroke-dasharray">5 2</sld:CssParameter></sld:Stroke></sld:PolygonSymbolizer></sld:Rule>
 <sld:Rule><sld:ElseFilter/><sld:MaxScaleDenominator>100000</sld:MaxScaleDenominator><sld:LineSymbolizer><sld:Stroke/></sld:LineSymbolizer></sld:Rule>
 </sld:FeatureTypeStyle></sld:UserStyle></sld:NamedLayer></sld:StyledLayerDescriptor>""", encoding="utf-8")
    style = read_style(path, "scenic_area").style
    core, rest = style.classes
    assert (style.kind, style.field, style.scales) == ("categorised", "core", (0.0, 100_000.0))
    assert (core.value, core.hatch, core.fill_opacity, core.outline, len(core.dash)) == (True, "cross", 0.0, "#006d2c", 2)
    assert rest.shown


@pytest.mark.parametrize(("text", "said"), [
    ('<!DOCTYPE q [<!ENTITY a "aaaa">]><qgis>&a;</qgis>', "实体"),
    ('<!DOCTYPE q [<!ENTITY a SYSTEM "file:///etc/passwd">]><qgis>&a;</qgis>', "实体"),
    ("<qgis><renderer-v2", "XML"),
    ("<svg/>", "QML"),
    ("<qgis><renderer-v2 type='heatmapRenderer'/></qgis>", "heatmapRenderer"),
    ("<qgis/>", "矢量"),
    ("<qgis><renderer-v2 type='categorizedSymbol' attr='lower(name)'><symbols/></renderer-v2></qgis>", "lower(name)"),
    ("<qgis><renderer-v2 type='graduatedSymbol'><symbols/></renderer-v2></qgis>", "字段"),
])
def test_what_cannot_be_read_is_one_sentence(tmp_path, text, said):
    path = tmp_path / "bad.qml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StyleError, match=said.replace("(", r"\(").replace(")", r"\)")):
        read_style(path, "admin")


def test_only_files_of_known_kinds_are_opened(tmp_path):
    with pytest.raises(StyleError, match="样式文件"):
        read_style(tmp_path / "a.xml", "admin")
    with pytest.raises(StyleError, match="读不出来"):
        read_style(tmp_path / "gone.qml", "admin")
    with pytest.raises(StyleError, match="样式文件"):
        write_style(style_for("admin"), tmp_path / "a.xml", "polygon")


# ------------------------------------------------------------------------------------------------------------- conditions

TEXTS = st.text(st.sampled_from("ab甲 '\"\\%_;(5"), max_size=4)
OPERATORS = ("is", "is-not", "contains", "starts", "above", "below", "at-least", "at-most", "empty", "filled")


@st.composite
def conditions(draw):
    operator = draw(st.sampled_from(OPERATORS))
    value = "" if operator in ("empty", "filled") else draw(
        st.sampled_from(["1", "2.5", "-3"]) if operator in OPERATORS[4:8] else TEXTS.filter(lambda text: text.replace(";", "").strip()))
    return Condition(draw(st.sampled_from(["f", "g", 'q"t'])), operator, value)


filters = st.builds(Filter, st.lists(conditions(), min_size=1, max_size=3).map(tuple), st.booleans())
FRAME = pd.DataFrame({"f": ["a", "b", None, "", "甲5", "5%", "a'b", "A"], "g": [1, 2.5, None, -3, 4, 5, 2, 1],
                      'q"t': ["1", "a_b", "5", None, "\\", " a ", "(", "甲;乙"]})  # fmt: skip


@given(filters)
@settings(max_examples=300, deadline=None)
def test_a_condition_means_the_same_after_both_journeys(where):
    wanted = where.hits(FRAME)
    text = expression(node_of(where))
    through_qgis = filter_of(parse(text))
    assert through_qgis is not None, text
    assert np.array_equal(through_qgis.hits(FRAME), wanted), (text, through_qgis)
    root = ElementTree.Element("Filter")
    to_ogc(node_of(where), root, "{ogc}")
    assert from_ogc(root[0]) == canonical(node_of(where))
    through_ogc = filter_of(from_ogc(root[0]))
    assert through_ogc is not None
    assert np.array_equal(through_ogc.hits(FRAME), wanted)


@given(st.lists(filters, min_size=1, max_size=4))
@settings(deadline=None)
def test_rules_that_exclude_each_other_come_back(rules):
    nodes = [node_of(one) for one in rules]
    texts = [expression(node) for node in exclusive(nodes)]
    assert [filter_of(node) for node in inclusive([parse(text) for text in texts])] == [filter_of(node) for node in nodes]
    nodes = [canonical(node) for node in nodes]
    assert [filter_of(node) for node in inclusive([through_ogc(node) for node in exclusive(nodes)])] == [filter_of(node) for node in nodes]
    assert is_rest(through_ogc(rest_of(nodes)), nodes)
    assert is_rest(parse(expression(rest_of(nodes))), nodes)


def through_ogc(node):
    root = ElementTree.Element("Filter")
    to_ogc(node, root, "{ogc}")
    return from_ogc(root[0])


def holds(node, row):
    """As SQL has it: None where it is not known."""
    kind = node[0]
    if kind in ("and", "or"):
        found = [holds(part, row) for part in node[1]]
        first = kind == "or"
        return first if first in found else None if None in found else not first
    if kind == "not":
        found = holds(node[1], row)
        return None if found is None else not found
    if kind == "null":
        return row[node[1]] is None
    value = row[node[2] if kind == "cmp" else node[1]]
    if value is None:
        return None
    if kind == "cmp" and node[1] in ("=", "<>"):
        return (value == node[3]) == (node[1] == "=")
    if kind == "cmp":
        return {">": value > node[3], "<": value < node[3], ">=": value >= node[3], "<=": value <= node[3]}[node[1]]
    return value in node[2] if kind == "in" else node[2] in value if kind == "contains" else value.startswith(node[2])


@given(filters, st.fixed_dictionaries({name: st.none() | TEXTS for name in ("f", "g", 'q"t')}))
def test_the_opposite_of_a_condition_is_never_open(where, row):
    node = node_of(where)
    assert holds(negated(node), row) is (holds(node, row) is not True)
    assert holds(rest_of([node, node]), row) is (holds(node, row) is not True)


@pytest.mark.parametrize("text", ["", "a", "area($geometry) > 5", "\"a\" > \"b\"", "\"a\" = 1 +", "\"a\" LIKE 'x_y'", "'a' = 'b'", "(" * 50])
def test_what_rules_cannot_say_is_refused(text):
    with pytest.raises(Unsayable):
        parse(text)


@pytest.mark.parametrize(("text", "wanted"), [
    ('"a" <> \'x\'', Filter((Condition("a", "is-not", "x"), Condition("a", "filled")))),
    ("a IS NOT NULL and b not in (1, 2)", Filter((Condition("a", "filled"), Condition("b", "is-not", "1;2"), Condition("b", "filled")))),
    ('"a" = 1 OR "b" >= -2.5', Filter((Condition("a", "is", "1"), Condition("b", "at-least", "-2.5")), True)),
    ('"a" ILIKE \'%x\\\\%%\'', Filter((Condition("a", "contains", "x%"),))),
    ('"a" = 1 AND ("b" = 2 OR "c" = 3)', None),
    ('"a" = \'x;y\'', None),
])
def test_expressions_as_people_write_them(text, wanted):
    assert filter_of(parse(text)) == wanted


# --------------------------------------------------------------------------------------- nothing is dropped in silence

_QML = """<qgis version="3.34"{root}><renderer-v2 type="categorizedSymbol" attr="kind" symbollevels="0" enableorderby="0"{renderer}><categories>
 <category symbol="0" value="A" label="甲" render="true"/></categories>
 <symbols><symbol type="{type}" name="0" alpha="{alpha}">{layers}</symbol></symbols>{inside}</renderer-v2>{after}</qgis>"""


def _qml_layer(kind, inner="", **values):
    return f'<layer class="{kind}" enabled="1">' + "".join(f'<prop k="{key}" v="{value}"/>' for key, value in values.items()) + inner + "</layer>"


def _fill(**values):
    return _qml_layer("SimpleFill", **{"color": "0,200,0,255", "style": "solid", "outline_color": "0,0,0,255", "outline_style": "solid",
                                       "outline_width": "0.5", **values})


def _line(**values):
    return _qml_layer("SimpleLine", **{"line_color": "0,0,0,255", "line_style": "solid", "line_width": "0.5", **values})


def _marker(**values):
    return _qml_layer("SimpleMarker", **{"name": "circle", "color": "0,200,0,255", "outline_color": "0,0,0,255", "outline_style": "solid",
                                         "outline_width": "0.2", "size": "3", **values})


_ALONE = {"fill": _fill(), "line": _line(), "marker": _marker()}
_GREEN = '<symbol type="line" name="@0@0"><layer class="SimpleLine"><prop k="line_color" v="0,200,0,255"/></layer></symbol>'
QML_LOSSES = [  # kind of symbol, what is in the file beside the plain one, a word of what is said
    ("fill", {"layers": _fill(style="b_diagonal")}, "#00c800"),
    ("fill", {"layers": _fill(style="no") + _qml_layer("LinePatternFill", _GREEN, angle="45")}, "#00c800"),
    ("fill", {"layers": _qml_layer("LinePatternFill", _GREEN, angle="45", distance="7") + _fill(style="no")}, "间距"),
    ("fill", {"layers": _fill(style="no", outline_style="no") + _fill(style="f_diagonal", outline_style="no")
              + _fill(style="b_diagonal", color="9,9,9,255", outline_style="no")}, "一种颜色"),
    ("fill", {"layers": _fill(style="b_diagonal", color="0,0,0,40")}, "图案的不透明度"),
    ("fill", {"layers": _fill(outline_color="0,0,0,99")}, "轮廓的不透明度"),
    ("fill", {"alpha": "0.5"}, "轮廓的不透明度"),
    ("fill", {"layers": _fill(offset="2,0")}, "偏移"),
    ("fill", {"layers": _fill() + _fill(color="1,2,3,255", outline_style="no")}, "叠在一起的填充"),
    ("fill", {"layers": _fill() + _fill(style="no", outline_width="2")}, "叠在一起的轮廓"),
    ("fill", {"layers": _fill(outline_style="wavy")}, "wavy"),
    ("fill", {"layers": _fill(outline_width="3000")}, "200"),
    ("fill", {"layers": _fill(outline_width="3", outline_width_unit="RenderMetersInMapUnits")}, "地图单位"),
    ("fill", {"layers": _qml_layer("RasterFill", imageFile="a.png")}, "RasterFill"),
    ("fill", {"layers": _qml_layer("ShapeburstFill")}, "ShapeburstFill"),
    ("fill", {"layers": _qml_layer("CentroidFill")}, "CentroidFill"),
    ("fill", {"layers": _qml_layer("GeometryGenerator")}, "GeometryGenerator"),
    ("fill", {"renderer": ' referencescale="10000"'}, "10,000"),
    ("fill", {"inside": '<sizescale field="n"/>'}, "数据定义"),
    ("fill", {"inside": '<rotation field="turn"/>'}, "数据定义"),
    ("line", {"alpha": "0.4"}, "轮廓的不透明度"),
    ("line", {"layers": _line(offset="1.5")}, "偏移"),
    ("line", {"layers": _line(use_custom_dash="1", customdash="5;2", dash_pattern_offset="2")}, "起点"),
    ("line", {"layers": _line(use_custom_dash="1", customdash="5;2", customdash_unit="MapUnit")}, "地图单位"),
    ("line", {"layers": _line(trim_distance_start="3")}, "截短"),
    ("line", {"layers": _qml_layer("MarkerLine")}, "MarkerLine"),
    ("line", {"layers": _qml_layer("HashLine")}, "HashLine"),
    ("line", {"layers": _line() + _line(line_width="0.1")}, "最下面的一条"),
    ("marker", {"layers": _marker(angle="45")}, "旋转"),
    ("marker", {"layers": _marker(offset="0,-2")}, "偏移"),
    ("marker", {"layers": _marker(outline_style="dot")}, "线型"),
    ("marker", {"layers": _marker(outline_color="0,0,0,50")}, "轮廓的不透明度"),
    ("marker", {"layers": _marker(name="arrow")}, "arrow"),
    ("marker", {"layers": _marker(size="3", size_unit="MapUnit")}, "地图单位"),
    ("marker", {"layers": _qml_layer("FontMarker", chr="AB", color="255,255,255,255", size="3")}, "AB"),
    ("marker", {"layers": _marker() + _qml_layer("FontMarker", chr="A", color="255,0,0,255", size="3")}, "字体和颜色"),
    ("marker", {"layers": _qml_layer("FilledMarker", f'<symbol type="fill" name="@">{_fill(style="b_diagonal")}</symbol>', name="circle")}, "b_diagonal"),
    ("marker", {"layers": _qml_layer("RasterMarker")}, "RasterMarker"),
    ("marker", {"after": "<layerOpacity>0.5</layerOpacity>"}, "0.5"),
]


@pytest.mark.parametrize(("kind", "more", "said"), QML_LOSSES)
def test_whatever_a_qml_holds_more_is_named(tmp_path, kind, more, said):
    plain = {"root": "", "renderer": "", "type": kind, "alpha": "1", "layers": _ALONE[kind], "inside": "", "after": ""}
    told = []
    for number, parts in enumerate((plain, {**plain, **more})):
        path = tmp_path / f"{number}.qml"
        path.write_text(_QML.format(**parts), encoding="utf-8")
        told.append(read_style(path, "reference", columns=["kind"], geometry={"fill": "polygon", "marker": "point"}.get(kind, kind)).notes)
    assert told[0] == ()
    assert said in "\n".join(told[1])


@pytest.mark.parametrize(("rules", "said"), [
    ('<rule filter="&quot;k&quot; = 1" checkstate="0"><rule filter="&quot;n&quot; = 2" symbol="0" label="内"/></rule>', None),
    ('<rule filter="&quot;k&quot; = 1" scalemaxdenom="5000" label="外"><rule filter="&quot;n&quot; = 2" symbol="0"/></rule>', "“外”自己的比例尺"),
    ('<rule filter="&quot;k&quot; = 1" symbol="0" label="外"><rule filter="&quot;n&quot; = 2" symbol="0"/></rule>', "叠着画"),
    ('<rule symbol="0" label="外"/><rule filter="ELSE" symbol="0" label="内"/>', "“内”在原样式里从不生效（“外”"),
    ('<rule filter="ELSE" symbol="0" label="外"/><rule filter="else" symbol="0" label="内"/>', "“外”和“内”在原样式里叠着画"),
    ('<rule filter="&quot;k&quot; = \'\'" symbol="0" label="内"/>', "“内”区分空文本和空值"),
    ('<rule filter="&quot;k&quot; IS NULL" symbol="0" label="内"/>', "“内”区分空文本和空值"),
    ('<rule filter="&quot;k&quot; IS NULL OR &quot;k&quot; = \'\'" symbol="0" label="内"/>', ""),
])
def test_rules_within_rules_are_carried_or_named(tmp_path, rules, said):
    path = tmp_path / "rules.qml"
    path.write_text(f'<qgis><renderer-v2 type="RuleRenderer"><rules>{rules}</rules><symbols><symbol type="fill" name="0">{_fill()}</symbol>'
                    "</symbols></renderer-v2></qgis>", encoding="utf-8")
    found = read_style(path, "reference")
    if said is None:
        assert [one.shown for one in found.style.classes] == [False, False], "what stands within a rule that is off is off"
    else:
        assert said in "\n".join(found.notes)


def _where(*conditions):
    return Filter(tuple(Condition(*one) for one in conditions))


@pytest.mark.parametrize(("rules", "wanted"), [
    ('<rule filter="&quot;k&quot; = 1" label="外"><rule filter="ELSE" symbol="0" label="内"/></rule>', [("内", _where(("k", "is", "1")))]),
    ('<rule filter="ELSE" label="外"><rule filter="&quot;n&quot; = 2" symbol="0" label="内"/></rule>', [("内", _where(("n", "is", "2")))]),
    ('<rule filter="&quot;k&quot; = 1" symbol="0" label="甲"/><rule filter="ELSE" label="组"><rule filter="ELSE" symbol="0" label="三"/>'
     '<rule filter="&quot;n&quot; &gt; 0" symbol="0" label="二"/></rule>',
     [("甲", _where(("k", "is", "1"))), ("二", _where(("n", "above", "0"))), ("三", None)]),
    ('<rule filter="ELSE" symbol="0" label="末"/><rule filter="&quot;n&quot; &gt; 0" label="组"><rule filter="&quot;k&quot; = 1" symbol="0" label="一"/>'
     '<rule filter="ELSE" symbol="0" label="二"/></rule>',
     [("一", _where(("n", "above", "0"), ("k", "is", "1"))), ("二", _where(("n", "above", "0"))), ("末", None)]),
])
def test_a_rule_for_all_others_is_one_within_a_group_too(tmp_path, rules, wanted):
    path = tmp_path / "rules.qml"
    path.write_text(f'<qgis><renderer-v2 type="RuleRenderer"><rules>{rules}</rules><symbols><symbol type="fill" name="0">{_fill()}</symbol>'
                    "</symbols></renderer-v2></qgis>", encoding="utf-8")
    found = read_style(path, "reference")
    assert found.notes == (), "the first rule that holds counts, which says the same"
    assert [(one.zh, one.where) for one in found.style.classes if one.shown] == wanted


def test_the_rule_of_everything_stays_beside_one_for_all_others(tmp_path):
    path = tmp_path / "rules.qml"
    path.write_text(f'<qgis><renderer-v2 type="RuleRenderer"><rules><rule symbol="0" label="全部"/><rule filter="ELSE" symbol="0" label="其余"/></rules>'
                    f'<symbols><symbol type="fill" name="0">{_fill()}</symbol></symbols></renderer-v2></qgis>', encoding="utf-8")
    assert [one.zh for one in read_style(path, "reference").style.classes] == ["全部"]


def test_yes_and_no_have_two_words_in_sld_and_come_back_as_one(tmp_path):
    frame = pd.DataFrame({"flag": [True, False, None]})
    style = make_style.categorised("reference", "flag", frame["flag"], geometry="polygon")
    assert [(one.value, one.zh, one.en) for one in style.classes[:2]] == [(True, "是", "Yes"), (False, "否", "No")]
    assert style.class_numbers(frame).tolist() == [0, 1, 2]
    words = replace(style, classes=tuple(replace(one, value=None if one.value is None else str(one.value)) for one in style.classes))
    assert words.class_numbers(frame).tolist() == [0, 1, 2], "as styles were kept before"
    rule = replace(make_style.rule("reference", 0, geometry="polygon"), zh="是", en="是", where=_where(("flag", "is", "true"), ("n", "above", "3")))
    rules = make_style.rules("reference", geometry="polygon")
    rules = replace(rules, classes=(rule, *rules.classes))
    for suffix in (".qml", ".sld"):
        for one in (style, rules):
            path = tmp_path / f"a{suffix}"
            write_style(one, path, "polygon", yes_no=["flag"])
            found = read_style(path, "reference").style
            assert [(each.value, each.where) for each in found.classes] == [(each.value, each.where) for each in one.classes]
    for word in ("True", "是", "yes", "1"):
        assert _where(("flag", "is", word)).hits(frame).tolist() == [True, False, False]
    assert _where(("flag", "is-not", "是")).hits(frame).tolist() == [False, True, True]


def test_a_field_that_no_table_has_is_told_at_export(tmp_path):
    style = style_for("discharge_outlet")
    assert "work_state" in "\n".join(write_style(style, tmp_path / "a.sld", "point", columns=["name"]))
    assert "work_state" in "\n".join(write_style(style, tmp_path / "a.qml", "point", columns=["name"]))
    state = "CASE WHEN FALSE THEN 'no_need' WHEN TRUE THEN CASE WHEN FALSE THEN 'closed' ELSE 'done' END ELSE '' END"
    assert "work_state" not in "\n".join(write_style(style, tmp_path / "a.qml", "point", columns=["name"], derived=state))
    assert "work_state" not in (tmp_path / "a.qml").read_text(encoding="utf-8")
    assert read_style(tmp_path / "a.qml", "discharge_outlet").style == style
    rules = make_style.rules("discharge_outlet", geometry="point")
    rule = replace(make_style.rule("discharge_outlet", 0, geometry="point"), zh="完", en="完", where=_where(("work_state", "is", "done")))
    rules = replace(rules, classes=(rule, *rules.classes))
    assert write_style(rules, tmp_path / "b.qml", "point", derived=state) == ()
    assert "work_state" not in (tmp_path / "b.qml").read_text(encoding="utf-8")
    assert read_style(tmp_path / "b.qml", "discharge_outlet").style.classes == rules.classes


_SLD_FILE = """<sld:StyledLayerDescriptor version="1.0.0" xmlns:sld="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc">
 <sld:NamedLayer><sld:UserStyle><sld:FeatureTypeStyle><sld:Rule>{}</sld:Rule></sld:FeatureTypeStyle></sld:UserStyle></sld:NamedLayer>
 </sld:StyledLayerDescriptor>"""


def _css(**values):
    return "".join(f'<sld:CssParameter name="{key.replace("_", "-")}">{value}</sld:CssParameter>' for key, value in values.items())


def _sld_mark(graphic="", mark="", stroke=""):
    return ("<sld:PointSymbolizer><sld:Graphic><sld:Mark><sld:WellKnownName>circle</sld:WellKnownName><sld:Fill>" + _css(fill="#00ff00")
            + f"</sld:Fill>{stroke}{mark}</sld:Mark>{graphic}</sld:Graphic></sld:PointSymbolizer>")


_STROKE = f"<sld:Stroke>{_css(stroke='#000000', stroke_width='1')}</sld:Stroke>"
_SLASH = ("<sld:Fill><sld:GraphicFill><sld:Graphic><sld:Mark><sld:WellKnownName>slash</sld:WellKnownName><sld:Stroke>"
          + _css(stroke="#00c800", stroke_opacity="{}") + "</sld:Stroke></sld:Mark>{}</sld:Graphic></sld:GraphicFill></sld:Fill>")


@pytest.mark.parametrize(("inside", "said"), [
    (f"<sld:PolygonSymbolizer>{_SLASH.format(1, '')}{_STROKE}</sld:PolygonSymbolizer>", "#00c800"),
    (f"<sld:PolygonSymbolizer>{_SLASH.format(0.2, '')}</sld:PolygonSymbolizer>", "图案的不透明度"),
    (f"<sld:PolygonSymbolizer>{_SLASH.format(1, '<sld:Rotation>30</sld:Rotation>')}</sld:PolygonSymbolizer>", "旋转"),
    (f"<sld:PolygonSymbolizer>{_STROKE}<sld:Displacement><sld:DisplacementX>4</sld:DisplacementX></sld:Displacement></sld:PolygonSymbolizer>", "偏移"),
    (f"<sld:LineSymbolizer>{_STROKE}<sld:PerpendicularOffset>3</sld:PerpendicularOffset></sld:LineSymbolizer>", "偏移"),
    (f"<sld:LineSymbolizer><sld:Geometry><ogc:Function name='buffer'/></sld:Geometry>{_STROKE}</sld:LineSymbolizer>", "函数"),
    (f"<sld:LineSymbolizer><sld:Stroke>{_css(stroke='#000000', stroke_opacity='0.3')}</sld:Stroke></sld:LineSymbolizer>", "不透明度"),
    (f"<sld:LineSymbolizer><sld:Stroke>{_css(stroke_dasharray='5 2', stroke_dashoffset='3')}</sld:Stroke></sld:LineSymbolizer>", "起点"),
    (f"<sld:LineSymbolizer><sld:Stroke>{_css(stroke_width='9999')}</sld:Stroke></sld:LineSymbolizer>", "200"),
    ("<sld:RasterSymbolizer/>", "RasterSymbolizer"),
    (_sld_mark("<sld:Rotation>10</sld:Rotation>"), "旋转"),
    (_sld_mark("<sld:Size><ogc:PropertyName>n</ogc:PropertyName></sld:Size>"), "数据定义"),
    (_sld_mark("<sld:Displacement><sld:DisplacementX>4</sld:DisplacementX></sld:Displacement>"), "偏移"),
    (_sld_mark("<sld:Mark><sld:WellKnownName>star</sld:WellKnownName></sld:Mark>"), "2 个图形"),
    (_sld_mark(stroke=f"<sld:Stroke>{_css(stroke_dasharray='5 2')}</sld:Stroke>"), "线型"),
])
def test_whatever_an_sld_holds_more_is_named(tmp_path, inside, said):
    path = tmp_path / "a.sld"
    path.write_text(_SLD_FILE.format(inside), encoding="utf-8")
    assert said in "\n".join(read_style(path, "reference").notes)


def test_a_plain_sld_is_read_without_a_word(tmp_path):
    path = tmp_path / "a.sld"
    for number, inside in enumerate((f"<sld:PolygonSymbolizer><sld:Fill>{_css(fill='#112233', fill_opacity='0.5')}</sld:Fill>{_STROKE}</sld:PolygonSymbolizer>",
                                     f"<sld:LineSymbolizer>{_STROKE}</sld:LineSymbolizer>",
                                     _sld_mark("<sld:Size>9</sld:Size><sld:AnchorPoint><sld:AnchorPointX>0.5</sld:AnchorPointX></sld:AnchorPoint>"))):
        path.write_text(_SLD_FILE.format(inside), encoding="utf-8")
        assert read_style(path, "reference", geometry=("polygon", "line", "point")[number]).notes == ()


def test_a_field_that_the_layer_lacks_and_a_style_for_another_geometry_are_named(tmp_path):
    path = tmp_path / "units.qml"
    write_style(style_for("control_unit"), path, "polygon", columns=[])
    assert not any("字段" in one for one in read_style(path, "control_unit", columns=["category"], geometry="polygon").notes)
    told = "\n".join(read_style(path, "control_unit", columns=["name"], geometry="line").notes)
    assert "没有字段“category”" in told
    assert "其他或未注明" in told
    assert "图层是线" in told
    write_style(replace(rule_style(), label_field="code"), path, "polygon", columns=[])
    told = "\n".join(read_style(path, "control_unit", columns=["area", "name", "k", "n", "it's"]).notes)
    assert "没有字段“qu\"ote”" in told
    assert "没有字段“code”" in told
    assert "没有字段“area”" not in told


LOOKS = st.builds(
    dict, fill=st.sampled_from(["#112233", "#fedcba"]), fill_opacity=st.sampled_from([0.0, 0.35, 1.0]),
    outline=st.sampled_from(["#000000", "#00c800"]), outline_width=st.sampled_from([0.0, 0.8, 2.5]),
    hatch=st.sampled_from(["", "diagonal", "cross", "dots", "backdiagonal"]), marker=st.sampled_from(["circle", "diamond", "square"]),
    size=st.sampled_from([5.0, 12.0]), dash=st.sampled_from([(), (6.0, 3.0)]), letter=st.sampled_from(["", "甲"]), shown=st.booleans())  # fmt: skip


@given(st.lists(LOOKS, min_size=1, max_size=3), st.sampled_from(["polygon", "line", "point"]), st.sampled_from(FILES), st.booleans())
@settings(deadline=None, max_examples=150)
def test_every_look_comes_back_or_is_named(tmp_path_factory, looks, geometry, file, english):
    style = make_style.rules("reference", geometry=geometry)
    classes = [replace(make_style.rule("reference", number, geometry=geometry), zh=f"类{number}", en=f"Class {number}" if english else f"类{number}",
                       where=Filter((Condition("k", "is", str(number)),)), **look) for number, look in enumerate(looks)]
    style = replace(style, classes=(*classes, *style.classes[-1:]))
    told, found = there_and_back(tmp_path_factory.mktemp("looks"), style, geometry, file[0], **file[1])
    assert len(found.style.classes) == len(style.classes), told
    all_told = "\n".join((*told, *found.notes))
    assert ("英文名" in all_told) == english
    for before, after in zip(style.classes[:-1], found.style.classes, strict=False):
        for name, kinds, word in (("fill", ("polygon", "point"), ""), ("fill_opacity", ("polygon", "point"), ""), ("outline", "*", ""),
                                  ("outline_width", "*", ""), ("hatch", ("polygon",), ""), ("marker", ("point",), ""),
                                  ("size", ("point",), ""), ("dash", "*", "线型"), ("letter", ("point",), "字母"), ("shown", "*", "关闭的类")):
            if kinds != "*" and geometry not in kinds:
                continue
            if before == after or (not before.shown and file[0] == ".sld"):
                continue  # of a class that is off an SLD has no symbol, and says so
            if name == "dash" and not before.outline_width or name == "outline" and not (before.outline_width or (before.hatch and geometry == "polygon")):
                continue  # nothing is seen of it
            there, here = getattr(before, name), getattr(after, name)
            assert there == here or (name == "fill" and not before.fill_opacity) or (word and word in all_told), (name, there, here)


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_dashes_of_an_sld_have_blunt_ends(tmp_path, version):
    write_style(style_for("river_bank"), tmp_path / "a.sld", "line", version=version)
    strokes = [one for one in ElementTree.parse(tmp_path / "a.sld").iter() if one.tag.endswith("}Stroke")]
    names = [{part.get("name"): part.text for part in one} for one in strokes]
    assert [one.get("stroke-linecap") for one in names] == [None if "stroke-dasharray" not in one else "butt" for one in names]
    assert any("stroke-dasharray" in one for one in names)

"""What is looked at before a sheet leaves the house; each finding says how it can be mended.

An ``error`` keeps the sheet from being written, a ``warning`` is told with it, a ``note`` is only told.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sanxian.i18n import N_, _
from sanxian.mapping.sheets import content, grid
from sanxian.mapping.sheets.build import Request, Sheet
from sanxian.mapping.sheets.content import LegendRow
from sanxian.mapping.sheets.page import Rect
from sanxian.mapping.sheets.secrecy import secrecy_rank, secrecy_words
from sanxian.mapping.sheets.template import BLOCKS
from sanxian.mapping.styles import legend_name

ERROR, WARNING, NOTE = "error", "warning", "note"
BAR_TOLERANCE = 0.005
APART = 10.0  # ΔE in CAM02-UCS below which two fills side by side are hard to tell apart; 1 is just noticeable
APART_GREY = 8.0  # of lightness L*
_VISIONS = (("deuteranomaly", N_("绿色弱")), ("protanomaly", N_("红色弱")), ("tritanomaly", N_("蓝色弱")))


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a sheet.

    Attributes:
        code: Never reused.
        template: The sentence, Chinese msgid with ``{names}``.
        fix: What would mend it, one of :data:`FIXES`; '' where only a person can.
        values: What the fix needs.
    """

    code: str
    severity: str
    template: str
    params: Mapping[str, Any] = field(default_factory=dict)
    fix: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The sentence."""
        return _(self.template).format(**{key: _(value) if key.startswith("word") else value for key, value in self.params.items()})

    @property
    def fix_words(self) -> str:
        """How it can be mended."""
        return _(FIXES[self.fix]).format(**self.values)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"finding": self.code, "severity": self.severity, "message": self.words, "fix": self.fix_words, "fix_code": self.fix}


FIXES: Mapping[str, str] = {
    "": N_("请人工处理。"),
    "show": N_("打开图面要素“{element}”（--show {element}）。"),
    "field": N_("填写（--{option}）。"),
    "safe": N_("改用色弱友好配色（--palette safe）。"),
    "hatch": N_("给仅靠颜色区分的类别加晕线（--hatch）。"),
    "larger": N_("改用更大的幅面（--sheet），或少画几个图层（--layers）。"),
    "scale": N_("改用 1:{scale} 或更小的比例尺（--scale {scale}）。"),
    "generalise": N_(
        "概略表示涉密图层（--secret-layers generalise），或不画（--secret-layers omit），或把图件密级标为“{mark}”（--secrecy {mark}）。"
    ),
    "classify": N_("把图件密级标为“{mark}”（--secrecy {mark}）。"),
    "mark": N_("标注图层的密级（sanxian layers WORKSPACE --secrecy 图层=密级）。"),
    "describe": N_("为图层写明现势日期和来源。"),
    "no-labels": N_("不画注记（--hide labels），或改用更大的幅面或比例尺。"),
    "place": N_("把移动过的部分放回原处，或移到空处。"),
    "shorter": N_("把文字写短，或改用更大的幅面。"),
}
OPTIONS = {"producer": "maker", "classification": "secrecy", "approval": "approval"}


def before(sheet: Sheet) -> list[Finding]:
    """What can be said before anything is painted: secrecy, fields, sources, colours."""
    return [*_secrecy(sheet), *_fields(sheet), *_sources(sheet), *colours(sheet.legend, sheet.template.palette), *_extent(sheet)]


def after(sheet: Sheet, drawn: Any, bar_mm: float | None) -> list[Finding]:
    """What can only be said of what was painted.

    Args:
        sheet: What was to be painted.
        drawn: ``gui.sheet.pen.Drawn``.
        bar_mm: Length of the scale bar as measured in pixels; ``None`` where there is none.
    """
    return [*_legend(sheet, drawn), *_bar(sheet, bar_mm), *_blocks(sheet, drawn), *_text(sheet, drawn)]


def worst(findings: Sequence[Finding]) -> str:
    """The gravest severity; '' for none."""
    found = {finding.severity for finding in findings}
    return next((severity for severity in (ERROR, WARNING, NOTE) if severity in found), "")


def _secrecy(sheet: Sheet) -> list[Finding]:
    found = []
    for source in sheet.refused:
        mark = secrecy_words(source.secrecy)
        found.append(Finding("secret-layer", ERROR, N_("图层“{layer}”的密级为“{mark}”，不能按原样上图。"),
                             {"layer": source.name, "mark": mark}, "generalise", {"mark": mark}))
    for source in sheet.left_out:
        found.append(Finding("secret-layer-omitted", NOTE, N_("图层“{layer}”的密级为“{mark}”，未画。"),
                             {"layer": source.name, "mark": secrecy_words(source.secrecy)}))
    drawn = [layer for layer in sheet.layers if layer.shown.any()]
    for layer in drawn:
        if layer.rough:
            found.append(Finding("secret-layer-generalised", WARNING,
                                 N_("图层“{layer}”的密级为“{mark}”，已概略表示；能否公开须由定密机关审定。"),
                                 {"layer": layer.source.name, "mark": secrecy_words(layer.source.secrecy)}))
    highest = max((layer.source for layer in drawn if not layer.rough), key=lambda one: secrecy_rank(one.secrecy), default=None)
    here = secrecy_rank(sheet.words.classification)
    if highest is not None and secrecy_rank(highest.secrecy) > max(here, 0):
        mark = secrecy_words(highest.secrecy)
        found.append(Finding("classification-too-low", ERROR, N_("图件密级低于图层“{layer}”的密级“{mark}”。"),
                             {"layer": highest.name, "mark": mark}, "classify", {"mark": mark}))
    unmarked = [layer.source.name for layer in drawn if layer.source.secrecy is None]
    if unmarked:
        found.append(Finding("secrecy-unknown", NOTE, N_("{count} 个图层没有标注密级（{layer} 等），不等于可以公开。"),
                             {"count": len(unmarked), "layer": unmarked[0]}, "mark"))
    return found


def _fields(sheet: Sheet) -> list[Finding]:
    template, found = sheet.template, []
    if not template.shows("crs"):
        found.append(Finding("no-crs", ERROR, N_("图上没有坐标系。"), {}, "show", {"element": "crs"}))
    if not template.shows("credits"):
        found.append(Finding("no-date", ERROR, N_("图上没有制图日期。"), {}, "show", {"element": "credits"}))
    for element in ("title", "legend", "scale_bar", "north_arrow"):
        if not template.shows(element):
            word = {"title": N_("图名"), "legend": N_("图例"), "scale_bar": N_("比例尺"), "north_arrow": N_("指北针")}[element]
            found.append(Finding(f"no-{element.replace('_', '-')}", WARNING, N_("图上没有{word}。"), {"word": word}, "show",
                                 {"element": element}))
    for name, word in (("producer", N_("制图单位")), ("classification", N_("图件密级")), ("approval", N_("审图号"))):
        if not template.fields.get(name, "").strip():
            severity = WARNING if name == "producer" else NOTE
            found.append(Finding(f"no-{name}", severity, N_("没有填写{word}。"), {"word": word}, "field",
                                 {"field": name, "option": OPTIONS[name]}))
    return found


def _sources(sheet: Sheet) -> list[Finding]:
    bare = [layer.source.name for layer in sheet.layers if layer.shown.any() and not layer.source.data_date]
    if not bare:
        return []
    return [Finding("source-undated", WARNING, N_("{count} 个图层没有写明现势日期（{layer} 等）。"),
                    {"count": len(bare), "layer": bare[0]}, "describe")]  # fmt: skip


def _extent(sheet: Sheet) -> list[Finding]:
    if sheet.request.extent is not None or sheet.request.place is not None or not sheet.outside:
        return []
    bounds = [layer.source.frame.to_crs(sheet.paper.crs).total_bounds for layer in sheet.layers]
    low, high = np.array(bounds)[:, :2].min(axis=0), np.array(bounds)[:, 2:].max(axis=0)
    frame = sheet.layout.map
    needed = grid.fixed_scale(max((high[0] - low[0]) / frame.width, (high[1] - low[1]) / frame.height) * 1000)
    if needed <= sheet.paper.scale:
        return []
    return [Finding("outside", WARNING, N_("按这个比例尺，有 {count} 个要素在图幅之外。"), {"count": sheet.outside}, "scale",
                    {"scale": needed})]


# -- colours ---------------------------------------------------------------------------------------------------------


def colours(rows: Sequence[LegendRow], palette: str = "official") -> list[Finding]:
    """Classes that cannot be told apart in grey, or by readers with weak colour vision.

    Compared are classes that nothing but colour tells apart: neither hatch, nor dash, marker or width of line. Colours
    are seen as on white paper; weak vision is simulated after Machado et al. (2009) in full severity, and differences
    are those of CAM02-UCS (both by colorspacious).
    """
    found: list[Finding] = []
    pairs = [(a, b) for a, b in itertools.combinations(rows, 2) if a.kind == b.kind and _alike(a, b)]
    if not pairs:
        return found
    from colorspacious import cspace_convert

    seen = {row: _colour(row) for pair in pairs for row in pair}
    fix = "hatch" if any(a.kind == "area" for a, _b in pairs) else "safe"
    for a, b in pairs:
        rgb = np.array([seen[a], seen[b]])
        grey = cspace_convert(rgb, "sRGB1", "CIELab")[:, 0]
        if abs(grey[0] - grey[1]) < APART_GREY:
            found.append(Finding("grey", WARNING, N_("黑白打印时“{first}”与“{second}”分不清。"),
                                 {"first": a.words, "second": b.words}, fix if a.kind == "area" else "safe"))
        for kind, word in _VISIONS:
            weak = np.clip(cspace_convert(rgb, {"name": "sRGB1+CVD", "cvd_type": kind, "severity": 100}, "sRGB1"), 0, 1)
            places = cspace_convert(weak, "sRGB1", "CAM02-UCS")
            if float(np.linalg.norm(places[0] - places[1])) < APART:
                params = {"first": a.words, "second": b.words, "word": word}
                mend = "safe" if palette != "safe" else fix
                found.append(Finding("colour-blind", WARNING, N_("{word}的读者分不清“{first}”与“{second}”。"), params, mend))
                break
    return found


def _alike(a: LegendRow, b: LegendRow) -> bool:
    one, two = a.symbol, b.symbol
    if a.kind == "point":
        return one.marker == two.marker
    if a.kind == "line":
        return one.dash == two.dash and abs(one.outline_width - two.outline_width) < 0.5
    if (one.fill_opacity == 0) != (two.fill_opacity == 0):
        return False
    return content.told_by_colour(one, two)


def _colour(row: LegendRow) -> np.ndarray:
    """The colour of a class on white paper, 0 to 1."""
    symbol = row.symbol
    fill = symbol.fill if row.kind == "point" or (row.kind == "area" and symbol.fill_opacity) else symbol.outline
    opacity = (symbol.fill_opacity if row.kind == "area" and symbol.fill_opacity else 1.0) * row.opacity
    rgb = np.array([int(fill[i:i + 2], 16) for i in (1, 3, 5)]) / 255
    return rgb * opacity + (1 - opacity)


# -- what was painted ------------------------------------------------------------------------------------------------


def _legend(sheet: Sheet, drawn: Any) -> list[Finding]:
    if not sheet.template.shows("legend"):
        return []
    names = {(layer.source.id, number): legend_name(layer.style, symbol, sheet.language)
             for layer in sheet.layers for number, symbol in enumerate(layer.style.classes)}
    found = []
    for key in sorted(drawn.classes - drawn.legend):
        found.append(Finding("legend-lacks", ERROR, N_("图上画了“{name}”，图例没有列出。"), {"name": names.get(key, key[0])}, "larger"))
    for key in sorted(drawn.legend - drawn.classes):
        found.append(Finding("legend-extra", ERROR, N_("图例列出了“{name}”，图上没有画。"), {"name": names.get(key, key[0])}))
    return found


def _bar(sheet: Sheet, bar_mm: float | None) -> list[Finding]:
    if bar_mm is None:
        return []
    ground = grid.bar_ground_m(sheet.paper, bar_mm) if bar_mm > 0 else 0.0
    off = ground / sheet.bar.total_m - 1
    if abs(off) <= BAR_TOLERANCE:
        return []
    return [Finding("scale-bar", ERROR, N_("比例尺标注 {stated:g} 米，图上量得 {measured:.1f} 米，相差 {off:.2%}。"),
                    {"stated": sheet.bar.total_m, "measured": ground, "off": off})]


def _blocks(sheet: Sheet, drawn: Any) -> list[Finding]:
    """What a person moved stands on top and hides what it covers: nothing that belongs on a sheet may be lost so."""
    found, slack = [], 0.9 * sheet.layout.unit  # the white around two that stand edge to edge
    for name in (one for one in BLOCKS if one in drawn.moved):
        for other, box in drawn.blocks.items():
            if other != name and (other not in drawn.moved or other > name) and drawn.blocks[name].meets(box, slack):
                found.append(Finding("block-covers", ERROR, N_("“{word_first}”与“{word_second}”叠在一起，会挡住内容。"),
                                     {"word_first": BLOCKS[name], "word_second": BLOCKS[other]}, "place", {"block": name}))
    return found


def _text(sheet: Sheet, drawn: Any) -> list[Finding]:
    found = []
    paper = sheet.layout.paper
    for one in drawn.written:
        if not paper.inset(1.0).holds(one.box):
            found.append(Finding("off-paper", ERROR, N_("文字“{text}”超出了纸边。"), {"text": one.text}, "shorter"))
    found += _collisions(drawn.written)
    for element, text in drawn.cut:
        serious = element in ("legend", "title")
        found.append(Finding("text-cut", ERROR if element == "title" else WARNING, N_("“{text}”放不下，只写出一部分。"),
                             {"text": text[:60]}, "larger" if serious else "shorter"))
    if drawn.left_out:
        found.append(Finding("table-cut", NOTE, N_("一览表没有列全，另有 {count} 个。"), {"count": drawn.left_out}, "larger"))
    if drawn.unlabelled:
        found.append(Finding("unlabelled", NOTE, N_("{count} 个要素因地方不够没有注记。"), {"count": drawn.unlabelled}, "larger"))
    return found


def _collisions(written: Sequence[Any]) -> list[Finding]:
    """Pieces of text that stand on each other; a sweep from left to right."""
    found = []
    boxes = sorted(((one.box, one) for one in written), key=lambda pair: pair[0].x)
    for i, (box, one) in enumerate(boxes):
        for other_box, other in boxes[i + 1:]:
            if other_box.x >= box.right:
                break
            slack = 0.18 * min(box.height, other_box.height, box.width, other_box.width)
            if _tight(box).meets(_tight(other_box), slack):
                fix = "no-labels" if "labels" in (one.element, other.element) else "shorter"
                found.append(Finding("collision", WARNING, N_("文字“{first}”与“{second}”重叠。"),
                                     {"first": one.text, "second": other.text}, fix))
    return found


def _tight(box: Rect) -> Rect:
    trim = 0.06 * min(box.height, box.width)
    return box.inset(trim)


# -- mending ---------------------------------------------------------------------------------------------------------


def mend(request: Request, finding: Finding, *, secrecy: str = "generalise") -> Request:
    """The request with a finding mended; as it was where only a person can do that."""
    template = request.template
    if finding.fix == "show":
        return replace(request, template=template.with_elements({str(finding.values["element"]): True}))
    if finding.fix == "safe":
        return replace(request, template=replace(template, palette="safe"))
    if finding.fix == "hatch":
        return replace(request, template=replace(template, hatch=True))
    if finding.fix == "scale":
        return replace(request, scale=float(finding.values["scale"]))
    if finding.fix == "generalise":
        return replace(request, secrecy=secrecy)
    if finding.fix == "classify":
        return replace(request, template=template.with_fields(classification=str(finding.values["mark"])))
    if finding.fix == "place":
        return replace(request, template=template.with_place(str(finding.values["block"]), None))
    if finding.fix == "no-labels":
        return replace(request, template=template.with_elements({"labels": False}))
    if finding.fix == "larger":
        sizes = ("A4", "A3", "A2", "A1", "A0")
        return replace(request, template=replace(template, size=sizes[min(sizes.index(template.size) + 1, 4)]))
    return request


MENDABLE = frozenset(("show", "safe", "hatch", "scale", "generalise", "classify", "no-labels", "larger", "place"))

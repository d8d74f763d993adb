"""What a sheet says: the classes that are in the frame with their counts and measures, the table, sources and fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Transformer

from sanxian.i18n import N_, _
from sanxian.mapping.own_styles import label_text, named_field
from sanxian.mapping.sheets.outlines import Outlines, Paper
from sanxian.mapping.styles import (
    NOT_JUDGED,
    OUTDATED,
    VERDICT_STYLES,
    LayerStyle,
    Symbol,
    is_reviewed,
    legend_name,
    shown_key,
    shown_style,
    style_for,
)
from sanxian.reports.wording import plain
from spatial.measure import length_m
from spatial.quick_area import quick_area_m2

HANDLINGS = ("refuse", "omit", "generalise")
GENERALISED_M = 500.0
OVERLAPS_UP_TO = 400_000  # vertices of a class; beyond them looking for overlaps would take longer than drawing
_HATCH_ORDER = ("diagonal", "backdiagonal", "dots", "cross")  # the lightest first


@dataclass(frozen=True, slots=True)
class Source:
    """One layer as it is given to a sheet.

    Attributes:
        id: Its name in the workspace.
        frame: Its features, with a CRS.
        style: ``None`` for the style of its role.
        secrecy: A mark of ``secrecy.SECRECY``; ``None`` where nobody has said.
        nowhere: Features that the layer has and no map can show, because nobody knows their place.
    """

    id: str
    name: str
    role: str
    frame: Any
    style: LayerStyle | None = None
    opacity: float = 1.0
    labels: bool = True
    version: str | None = None
    data_date: str | None = None
    source: str | None = None
    secrecy: str | None = None
    nowhere: int = 0


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as it stands on a sheet.

    Attributes:
        style: With the sheet's palette and hatches.
        classes: Number of the style's class of each row.
        shapes: On the paper.
        shown: Rows that truly have something in the frame.
        area_m2, length_m: Of each row within the frame, on the ellipsoid.
        rough: Drawn roughly, because it may not be shown as it is.
        names: What each row is called, or '' for nothing to call it by.
        twice_m2: By class, the land that the sum of ``area_m2`` counts more than once.
    """

    source: Source
    style: LayerStyle
    classes: np.ndarray
    shapes: Outlines
    shown: np.ndarray
    area_m2: np.ndarray
    length_m: np.ndarray
    rough: bool
    names: tuple[str, ...]
    twice_m2: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LegendRow:
    """A line of the legend.

    Attributes:
        kind: ``area``, ``line`` or ``point``: what its patch shows.
        count: Features in the frame; ``None`` where it may not be told.
        keys: (layer id, class) that it stands for.
    """

    symbol: Symbol
    words: str
    kind: str
    count: int | None
    area_m2: float
    length_m: float
    keys: tuple[tuple[str, int], ...]
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class UnitTable:
    """The table of units.

    Attributes:
        rows: As many cells as ``heads``.
        left_out: Units in the frame for which there was no row.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()
    left_out: int = 0


def measured(source: Source, style: LayerStyle, shapes: Outlines, paper: Paper, *, rough: bool = False) -> Layer:
    """A layer with what it has in the frame, counted and measured on the ellipsoid.

    Features that cross the frame count with what lies within it.
    """
    frame = source.frame
    geometries = np.asarray(frame.geometry.array, dtype=object)
    crs = CRS.from_user_input(frame.crs)
    area, length = np.zeros(len(frame)), np.zeros(len(frame))
    classes, twice = style.class_numbers(frame), {}
    rows = shapes.rows
    shown = np.zeros(len(frame), bool)
    if len(rows):
        view = _view(paper, crs)
        shapely.prepare(view)
        boxes = shapely.box(*shapely.bounds(geometries[rows]).T)
        inside = shapely.covers(view, boxes)
        here = geometries[rows].copy()
        cross = np.flatnonzero(~inside)
        if len(cross):
            here[cross] = _cut(here[cross], view)
        dimension = shapely.get_dimensions(here)
        empty = shapely.is_empty(here)
        # A polygon that only touches the frame from without has nothing in it.
        shown[rows] = ~empty & (dimension == shapely.get_dimensions(geometries[rows]))
        flat = ~empty & (dimension == 2)
        area[rows[flat]] = quick_area_m2(here[flat], crs)
        twice = {} if rough else _counted_twice(here[flat], classes[rows[flat]], crs)
        line = ~empty & (dimension == 1)
        length[rows[line]] = length_m(here[line], crs)
    return Layer(source, style, classes, shapes, shown, area, length, rough, _names(source, style), twice)


def _counted_twice(shapes: np.ndarray, classes: np.ndarray, crs: CRS) -> dict[int, float]:
    """Land that several areas of one class claim, beyond the first of them, in square metres: by class where there is any.

    The statistics count it once; a legend that counted it twice would contradict them on the same desk.
    """
    found: dict[int, float] = {}
    for number in np.unique(classes).tolist():
        mine = shapes[classes == number]
        if len(mine) < 2 or shapely.get_num_coordinates(mine).sum() > OVERLAPS_UP_TO:
            continue
        one, other = shapely.STRtree(mine).query(mine, predicate="intersects")
        one, other = one[one < other], other[one < other]
        over = ~shapely.touches(mine[one], mine[other])
        members = mine[np.unique(np.concatenate([one[over], other[over]]))]
        if len(members):
            twice = float(quick_area_m2(members, crs).sum() - quick_area_m2(np.array([shapely.union_all(members)]), crs).sum())
            if twice > 0:
                found[number] = twice
    return found


def _view(paper: Paper, crs: CRS) -> Any:
    box = shapely.box(*paper.bounds)
    if crs == paper.crs:
        return box
    move = Transformer.from_crs(paper.crs, crs, always_xy=True)
    dense = shapely.segmentize(box, max(paper.width, paper.height) * paper.metres_per_mm / 50)
    return shapely.transform(dense, move.transform, interleaved=False)


def _cut(shapes: np.ndarray, view: Any) -> np.ndarray:
    try:
        return shapely.intersection(shapes, view)
    except shapely.errors.GEOSException:
        return shapely.intersection(shapely.make_valid(shapes), view)


def _names(source: Source, style: LayerStyle) -> tuple[str, ...]:
    """What each row is called on the map: what the style says, without it its name, else its code, else nothing."""
    frame = source.frame
    found = [""] * len(frame)
    for column in named_field(style, frame.columns):
        for row, value in enumerate(frame[column].tolist()):
            if not found[row] and (text := label_text(value)):
                found[row] = plain(text)
    return tuple(found)


def styled(source: Source, *, palette: str) -> LayerStyle:
    """The style that a layer has on a sheet."""
    return source.style or style_for(source.role, palette=palette)


def drawn(source: Source, style: LayerStyle) -> Source:
    """The source without the features whose class is switched off."""
    if all(symbol.shown for symbol in style.classes):
        return source
    shown = np.array([symbol.shown for symbol in style.classes])
    return replace(source, frame=source.frame[shown[style.class_numbers(source.frame)]])


def site_style() -> LayerStyle:
    """How projects are drawn once they have been judged, by what ``styles.shown_key`` says of each.

    By verdict; those in which a person's decision acts with another outline; those whose verdict no longer holds, and those
    without one, by classes of their own.
    """
    keys = [key for verdict in VERDICT_STYLES for key in (verdict, shown_key(verdict, reviewed=True))]
    classes = [
        Symbol(key, look.zh, look.en, look.colour, 0.35, look.colour, 2.0, look.hatch,
               "triangle" if is_reviewed(key) else "circle", 8, dash=(9.0, 2.0, 1.5, 2.0) if is_reviewed(key) else ())
        for key in keys for look in [shown_style(key)]
    ]  # fmt: skip
    old = shown_style(OUTDATED)
    classes.append(Symbol(OUTDATED, old.zh, old.en, old.colour, 0.0, old.colour, 2.0, "", "diamond", 9, dash=(3.0, 2.0)))
    classes.append(Symbol(None, "未研判", "Not judged", NOT_JUDGED, 0.2, NOT_JUDGED, 2.0, "", "square", 8))
    return LayerStyle("project_site", "categorised", "verdict", tuple(classes), "项目用地", "Project sites", 100)


def hatched(layers: Sequence[Layer]) -> list[Layer]:
    """The layers with a hatch of its own for each area class in the frame that only its colour tells from another.

    Water stays plain. With more such classes than there are hatches some stay as they are.
    """
    areas = [(position, number) for position, layer in enumerate(layers) for number, symbol in enumerate(layer.style.classes)
             if symbol.fill_opacity > 0 and not symbol.marker and bool(layer.area_m2[layer.classes == number].any())]
    areas.sort(key=lambda one: layers[one[0]].source.role != "water_body")
    symbols = {one: layers[one[0]].style.classes[one[1]] for one in areas}
    for place, one in enumerate(areas):
        others = [symbols[other] for other in areas if other != one and (symbols[other].hatch or areas.index(other) < place)]
        mine = symbols[one]
        if mine.hatch or not any(told_by_colour(mine, other) for other in others):
            continue
        for hatch in _HATCH_ORDER:
            tried = replace(mine, hatch=hatch)
            if not any(told_by_colour(tried, other) for other in others):
                symbols[one] = tried
                break
    found = []
    for position, layer in enumerate(layers):
        classes = tuple(symbols.get((position, number), symbol) for number, symbol in enumerate(layer.style.classes))
        found.append(replace(layer, style=replace(layer.style, classes=classes)))
    return found


def told_by_colour(one: Symbol, two: Symbol) -> bool:
    """Whether nothing but colour tells two areas apart: neither hatch nor the outline's dash or width."""
    outline = one.dash == two.dash and abs(one.outline_width - two.outline_width) < 0.5
    return outline and one.hatch == two.hatch


def legend(layers: Sequence[Layer], language: str) -> tuple[LegendRow, ...]:
    """One row for each class that is in the frame, top layer first; layers of one role and look stand together."""
    rows: dict[tuple[Any, ...], LegendRow] = {}
    for layer in reversed(layers):
        for number, symbol in enumerate(layer.style.classes):
            here = layer.shown & (layer.classes == number)
            if not here.any():
                continue
            kinds = _kinds(layer, here)
            for kind in kinds:
                words = layer.source.name if layer.source.role == "reference" else legend_name(layer.style, symbol, language)
                if layer.rough:
                    words = _("{name}（概略）").format(name=words)
                key = (symbol, words, kind, layer.rough)
                count, area, length = int(here.sum()), float(layer.area_m2[here].sum()), float(layer.length_m[here].sum())
                area -= layer.twice_m2.get(number, 0.0)
                keys: tuple[tuple[str, int], ...] = ((layer.source.id, number),)
                old = rows.get(key)
                if old is not None:
                    count, area, length = count + (old.count or 0), area + old.area_m2, length + old.length_m
                    keys = old.keys + keys
                rows[key] = LegendRow(symbol, plain(words), kind, None if layer.rough else count, 0.0 if layer.rough else area,
                                      0.0 if layer.rough else length, keys, layer.source.opacity)
    return tuple(rows.values())


def _kinds(layer: Layer, here: np.ndarray) -> list[str]:
    kinds = []
    if layer.area_m2[here].any():
        kinds.append("area")
    if layer.length_m[here].any():
        kinds.append("line")
    if len(layer.shapes.point_row) and here[layer.shapes.point_row].any():
        kinds.append("point")
    return kinds[:1]


def area_text(m2: float, whole: float) -> str:
    """An area for a legend: km² where the largest of them has ten, else hectares; a sliver is never rounded to 0."""
    if m2 < 50:
        return f"{m2:,.1f} m²" if m2 >= 0.05 else "<0.1 m²"
    return f"{m2 / 1e6:,.2f} km²" if whole >= 1e7 and m2 >= 5e3 else f"{m2 / 1e4:,.2f} hm²"


def measure_text(row: LegendRow, rows: Sequence[LegendRow]) -> str:
    """Area or length of a row; '' for points and for what may not be told."""
    if row.kind == "area" and row.area_m2:
        return area_text(row.area_m2, max(one.area_m2 for one in rows))
    if row.kind == "line" and row.length_m:
        return f"{row.length_m / 1000:,.2f} km"
    return ""


def unit_table(layers: Sequence[Layer], role: str, most: int, language: str) -> UnitTable | None:
    """The units in the frame with code, name, class and area, in the order of their codes; ``None`` for none."""
    chosen = [layer for layer in layers if layer.source.role == role and not layer.rough and layer.shown.any()]
    if not chosen or not most:
        return None
    style = style_for(role)
    found: list[tuple[str, str, str, float, float]] = []
    for layer in chosen:
        codes = layer.source.frame["code"].tolist() if "code" in layer.source.frame.columns else [None] * len(layer.shown)
        official = style.class_numbers(layer.source.frame)
        for row in np.flatnonzero(layer.shown).tolist():
            code = plain(codes[row]) if isinstance(codes[row], str) else ""
            symbol = style.classes[int(official[row])]  # whatever the layer is drawn by, a unit's class is the law's
            name = layer.names[row] if layer.names[row] != code else ""
            found.append((code, name, symbol.name(language), float(layer.area_m2[row]), float(layer.length_m[row])))
    found.sort(key=lambda one: (one[0] == "", one[0], one[1]))
    largest = max(one[3] for one in found)
    has_area, has_length = largest > 0, any(one[4] for one in found)
    heads = [_("代码"), _("名称")] + ([_("类别")] if style.kind != "single" else [])
    if has_area or has_length:
        heads.append(_("图内面积") if has_area else _("图内长度"))
    rows = []
    for code, name, kind, area, length in found[:most]:
        cells = [code, name] + ([kind] if style.kind != "single" else [])
        if has_area or has_length:
            cells.append(area_text(area, largest) if has_area else f"{length / 1000:,.2f} km")
        rows.append(tuple(cells))
    return UnitTable(_("{name}一览表").format(name=style.name(language)), tuple(heads), tuple(rows), len(found) - len(rows))


_DATUMS = {
    "China Geodetic Coordinate System 2000": N_("2000国家大地坐标系（CGCS2000）"), "Xian 1980": N_("1980西安坐标系"),
    "Beijing 1954": N_("1954北京坐标系"), "WGS 84": N_("WGS 84 坐标系"),
}


def crs_words(crs: CRS) -> str:
    """Datum, projection, zone and code of the map's CRS."""
    from sanxian.mapping.sheets.grid import zone_prefix

    base = crs.geodetic_crs
    name = base.name if base is not None else crs.name
    code = crs.to_epsg()
    parts = [_(_DATUMS[name]) if name in _DATUMS else name]
    operation = crs.coordinate_operation
    if operation is not None and operation.method_name == "Transverse Mercator":
        values = {one.name: float(one.value) for one in operation.params}
        meridian = values.get("Longitude of natural origin", 0.0)
        width = 6 if " 6-degree" in crs.name or (name in crs.name and "Gauss-Kruger zone" in crs.name) else 3
        east = values.get("False easting", 0.0)
        zone = zone_prefix(crs) or (f"{int(east // 1_000_000)}" if east >= 1e6 else "")
        if " / 6-degree" in crs.name or (code and 4491 <= code <= 4512):
            width, zone = 6, f"{int((meridian + 3) // 6)}"
        words = _("高斯-克吕格投影，{width}°分带第 {zone} 带，中央经线 {meridian:g}°E") if zone else \
            _("横轴墨卡托投影，中央经线 {meridian:g}°E")
        parts.append(words.format(width=width, zone=zone, meridian=meridian))
    elif code is None or operation is None:
        parts.append(_("阿尔伯斯等积圆锥投影") if operation is not None and "Albers" in operation.method_name else crs.name)
    else:
        parts.append(crs.name)
    if code:
        parts.append(f"EPSG:{code}")
    return _("坐标系：{words}").format(words=_("，").join(parts))


def source_words(layers: Sequence[Layer]) -> str:
    """Every layer on the sheet with version and date, those of one origin together, in one paragraph."""
    origins: dict[str, list[str]] = {}
    for layer in reversed(layers):
        if not layer.shown.any():
            continue
        source = layer.source
        date = _("现势 {date}").format(date=plain(source.data_date)) if source.data_date else _("现势日期未注明")
        about = _("，").join(one for one in (plain(source.version or ""), date) if one)
        told = _("{name}（{about}）").format(name=plain(source.name), about=about)
        origins.setdefault(plain(source.source or ""), []).append(told)
    parts = []
    for origin, told in origins.items():
        names = _("、").join(told)
        parts.append(_("{names}，来源：{origin}").format(names=names, origin=origin) if origin else names)
    return _("资料来源：{words}").format(words=_("；").join(parts) if parts else _("无"))


@dataclass(frozen=True, slots=True)
class Inset:
    """The overview: what the whole is, and where the map lies in it.

    Attributes:
        paper: Where it lies on the sheet.
        shapes: Boundaries in mm.
        frame_mm: The map's frame in it, a closed line in mm.
    """

    paper: Paper
    shapes: tuple[tuple[Outlines, LayerStyle, np.ndarray], ...]
    frame_mm: np.ndarray


@dataclass(frozen=True, slots=True)
class Words:
    """The fields of a sheet as they are printed; '' for what is not given."""

    title: str = ""
    subtitle: str = ""
    crs: str = ""
    sources: str = ""
    notes: str = ""
    classification: str = ""
    credits: tuple[str, ...] = field(default_factory=tuple)

"""From layers and a template to a sheet: everything that the painter needs, decided; the painter decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Transformer

from sanxian import i18n
from sanxian.i18n import N_, _
from sanxian.mapping.own_styles import styles_of
from sanxian.mapping.scene import zone_of
from sanxian.mapping.sheets import content, grid
from sanxian.mapping.sheets.content import Inset, Layer, LegendRow, Source, UnitTable, Words
from sanxian.mapping.sheets.errors import SheetError
from sanxian.mapping.sheets.outlines import GRID_MM, Box, Paper, outlines
from sanxian.mapping.sheets.page import Layout, Rect, arrange
from sanxian.mapping.sheets.secrecy import REFUSED_FROM, secrecy_rank, secrecy_words
from sanxian.mapping.sheets.template import Template, fill
from sanxian.mapping.styles import STYLES, LayerStyle, drawing_order, style_for
from sanxian.outlets.layers import nowhere, nowhere_words, with_states
from sanxian.reports.wording import plain

_LONLAT = CRS.from_epsg(4490)
_ALBERS = CRS.from_proj4("+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=GRS80 +units=m")
_WIDE_DEG = 9.0  # beyond it no single zone is near enough
ROOM = 1.04


@dataclass(frozen=True, slots=True)
class Place:
    """One page of an atlas.

    Attributes:
        lonlat: The feature's box: west, south, east, north in degrees.
        geometry: The feature, in EPSG:4490.
        values: What the placeholders of the title stand for.
        file: Name of its file, without suffix.
        layer: Id of the layer that it comes from.
        secrecy: How secret that layer is; ``None`` where nobody has said.
    """

    lonlat: Box
    geometry: Any = None
    values: dict[str, str] = field(default_factory=dict)
    file: str = ""
    layer: str = ""
    secrecy: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        on: The day that is printed where the template gives no date.
        scale: Denominator; ``None`` for the template's, and without one for what fits.
        extent: West, south, east, north in degrees; ``None`` for everything.
        crs: Of the map; ``None`` for the Gauss-Krüger zone of its middle.
        secrecy: What to do with layers that may not be shown as they are: one of ``content.HANDLINGS``.
        place: The page of an atlas.
    """

    template: Template
    on: date
    scale: float | None = None
    extent: Box | None = None
    crs: CRS | None = None
    secrecy: str = "refuse"
    generalise_m: float = content.GENERALISED_M
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet, ready to be painted.

    Attributes:
        layers: Bottom first.
        left_out: Layers that were not drawn because of their secrecy.
        outside: Features of the drawn layers that have nothing in the frame.
        highlight: The atlas feature in mm, closed lines.
    """

    request: Request
    layout: Layout
    paper: Paper
    layers: tuple[Layer, ...]
    legend: tuple[LegendRow, ...]
    table: UnitTable | None
    words: Words
    bar: grid.ScaleBar
    graticule: tuple[grid.GridLine, ...]
    kilometres: tuple[grid.GridLine, ...]
    north_deg: float
    inset: Inset | None
    left_out: tuple[Source, ...]
    refused: tuple[Source, ...]
    outside: int
    language: str
    highlight: tuple[np.ndarray, ...] = ()

    @property
    def template(self) -> Template:
        """The template that it was made from."""
        return self.request.template


def build(sources: Sequence[Source], request: Request, *, tick: Callable[[], object] = lambda: None) -> Sheet:
    """A sheet of ``sources``, in the order in which they are drawn, bottom first.

    Args:
        sources: Layers; those without features are left out.
        request: Template, scale, extent.
        tick: Called between two steps; may raise to stop.

    Raises:
        SheetError: There is nothing to draw, or it cannot be drawn so.
    """
    template, language = request.template, i18n.language()
    if request.secrecy not in content.HANDLINGS:
        raise ValueError(request.secrecy)
    filled = [source for source in sources if source.frame is not None and len(source.frame)]
    if not filled:
        raise SheetError(N_("没有可画的图层；请检查模板所列的图层角色，或用 --layers 指定图层"))
    for source in filled:
        if source.frame.crs is None:
            raise SheetError(N_("图层“{name}”没有坐标系，不能上图"), name=source.name)
    rank = secrecy_rank(template.fields.get("classification"))
    _page_may_be_shown(request.place, rank)
    whole = _whole(filled)
    here = request.place.lonlat if request.place else request.extent or whole
    crs = request.crs or _crs_for(here)
    if not crs.is_projected or abs(crs.axis_info[0].unit_conversion_factor - 1) > 1e-9:
        raise SheetError(N_("图面要用以米为单位的投影坐标系，“{crs}”不是"), crs=crs.name)
    subtitle = template.fields.get("subtitle", "") or ("{name}" if request.place and not _names_place(template) else "")
    layout = arrange(template, subtitle=bool(subtitle), source_lines=2 if len(filled) < 5 else 3)
    paper = _paper(layout, crs, here, request)
    layers: list[Layer] = []
    left_out: list[Source] = []
    refused: list[Source] = []
    outside = 0
    for source in filled:
        tick()
        barred = _barred(source.secrecy, rank)
        if barred and request.secrecy == "omit":
            left_out.append(source)
            continue
        if barred and request.secrecy == "refuse":
            refused.append(source)
            continue
        style = content.styled(source, palette=template.palette)
        source = content.drawn(source, style)
        if not style.seen_at(paper.scale) or not len(source.frame):
            continue
        if not style.named_at(paper.scale):
            source = replace(source, labels=False)
        coarse = max(request.generalise_m / paper.metres_per_mm, GRID_MM) if barred else GRID_MM
        geometries = np.asarray(source.frame.geometry.array, dtype=object)
        shapes = outlines(geometries, CRS.from_user_input(source.frame.crs), paper, grid_mm=coarse)
        layer = content.measured(source, style, shapes, paper, rough=barred)
        outside += int((~layer.shown & ~_empty(geometries)).sum())
        layers.append(layer)
    tick()
    if template.hatch:
        layers = content.hatched(layers)
    legend = content.legend(layers, language)
    table = None
    if template.shows("units"):
        table = content.unit_table(layers, template.units_role, template.units_rows, language)
    values = {"scale": grid.scale_words(paper.scale, language), "date": _date(template, request.on),
              **(request.place.values if request.place else {})}
    words = _words(template, layers, crs, values, subtitle, request)
    open_ones = [source for source in filled if not _barred(source.secrecy, rank)]
    inset = _inset(open_ones, whole, layout, paper) if template.shows("inset") and layout.panel is not None else None
    room = (layout.columns[0].width if layout.columns else min(90 * layout.unit, layout.map.width * 0.4)) - 14 * layout.unit
    return Sheet(
        request, layout, paper, tuple(layers), legend, table, words, grid.scale_bar(paper, room),
        tuple(grid.graticule(paper)) if template.shows("graticule") else (),
        _kilometres(template, paper), grid.convergence_deg(paper), inset, tuple(left_out), tuple(refused), outside, language,
        _highlight(request, paper),
    )  # fmt: skip


def _barred(mark: str | None, rank: int) -> bool:
    """Whether what is marked so may not be shown as it is on a sheet of this rank."""
    secret = secrecy_rank(mark)
    return secret >= secrecy_rank(REFUSED_FROM) and secret > rank


def _page_may_be_shown(place: Place | None, rank: int) -> None:
    # Extent, outline, name and file name of a page tell where a feature lies and what it is: left out or drawn roughly
    # the layer would still be given away by its own atlas.
    if place is not None and _barred(place.secrecy, rank):
        raise SheetError(
            N_("图集按图层“{name}”分幅，其密级为“{mark}”：各幅的范围、轮廓、名称和文件名都会泄露它。"
               "请换一个图层分幅，或把图件密级标为“{mark}”（--secrecy {mark}）"), name=place.layer, mark=secrecy_words(place.secrecy))


def _empty(geometries: np.ndarray) -> np.ndarray:
    return shapely.is_empty(geometries) | shapely.is_missing(geometries)


def _names_place(template: Template) -> bool:
    return any("{name}" in template.fields.get(key, "") or "{code}" in template.fields.get(key, "") for key in ("title", "subtitle"))


def _kilometres(template: Template, paper: Paper) -> tuple[grid.GridLine, ...]:
    if not template.shows("kilometre_grid") or template.kilometre_grid == "none":
        return ()
    return tuple(grid.kilometre_grid(paper, zone=grid.zone_prefix(paper.crs)))


def _whole(sources: Sequence[Source]) -> Box:
    """The box in degrees of the administrative areas where they are drawn, else of everything."""
    chosen = [source for source in sources if source.role == "admin"] or list(sources)
    boxes = []
    for source in chosen:
        boxes.append(lonlat_box(source.frame.total_bounds, CRS.from_user_input(source.frame.crs)))
    found = np.array([box for box in boxes if np.isfinite(box).all()])
    if not len(found):
        raise SheetError(N_("图层里没有能定位的图形"))
    west, south = found[:, :2].min(axis=0)
    east, north = found[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def lonlat_box(bounds: Sequence[float], crs: CRS) -> Box:
    """The box in degrees that holds ``bounds`` of another CRS."""
    west, south, east, north = Transformer.from_crs(crs, _LONLAT, always_xy=True).transform_bounds(*bounds, densify_pts=21)
    return float(west), float(south), float(east), float(north)


def _crs_for(lonlat: Box) -> CRS:
    west, _south, east, _north = lonlat
    return _ALBERS if east - west > _WIDE_DEG else zone_of((west + east) / 2)


def _paper(layout: Layout, crs: CRS, lonlat: Box, request: Request) -> Paper:
    west, south, east, north = lonlat
    if not (-180 <= west <= east <= 180 and -89 <= south <= north <= 89):
        raise SheetError(N_("范围 {extent} 不是“西,南,东,北”的经纬度"), extent=",".join(f"{value:g}" for value in lonlat))
    left, bottom, right, top = Transformer.from_crs(_LONLAT, crs, always_xy=True).transform_bounds(*lonlat, densify_pts=21)
    frame = layout.map
    if not np.isfinite([left, bottom, right, top]).all():
        raise SheetError(N_("范围不在坐标系“{crs}”之内"), crs=crs.name)
    exact = request.extent is not None and request.place is None
    # A point has no size: a kilometre to each side shows where it is.
    width, height = max(right - left, 0.0 if exact else 1.0), max(top - bottom, 0.0 if exact else 1.0)
    if request.place is not None and max(width, height) < 500:
        width = height = 2000.0
    scale = request.scale or request.template.scale
    if scale is None:
        needed = max(width / frame.width, height / frame.height) * 1000
        scale = grid.round_scale(max(needed, 100)) if exact else grid.fixed_scale(needed * ROOM)
    if not 100 <= scale <= 50_000_000:
        raise SheetError(N_("比例尺 1:{scale:.0f} 不在 1:100 至 1:5000 万之间"), scale=scale)
    per = scale / 1000
    x, y = (left + right) / 2, (bottom + top) / 2
    return Paper(crs, x - frame.width * per / 2, y + frame.height * per / 2, frame.x, frame.y, frame.width, frame.height, float(scale))


def _date(template: Template, on: date) -> str:
    return plain(template.fields.get("date", "")) or on.isoformat()


def _words(template: Template, layers: Sequence[Layer], crs: CRS, values: dict[str, str], subtitle: str, request: Request) -> Words:
    fields = template.fields
    values = {key: plain(text) for key, text in values.items()}
    who = []
    if template.shows("credits"):
        for words, text in ((N_("制图单位：{text}"), fields.get("producer", "")), (N_("制图日期：{text}"), _date(template, request.on)),
                            (N_("审图号：{text}"), fields.get("approval", ""))):
            if text:
                who.append(_(words).format(text=plain(text)))
    notes = [plain(line) for line in fields.get("notes", "").splitlines() if line.strip()]
    if any(layer.rough for layer in layers):
        notes.append(_("标“概略”的图层按 {metres:g} 米网格概略表示，不得用于量算和定位。").format(metres=request.generalise_m))
    if lost := sum(layer.source.nowhere for layer in layers):
        notes.append(nowhere_words(lost))
    title = fields.get("title", "")
    return Words(
        title=fill(plain(title), values) if title else template.name(i18n.language()), subtitle=fill(plain(subtitle), values),
        crs=content.crs_words(crs) if template.shows("crs") else "",
        sources=content.source_words(layers) if template.shows("sources") else "",
        notes="\n".join(notes) if template.shows("notes") else "", classification=plain(fields.get("classification", "")),
        credits=tuple(who),
    )  # fmt: skip


def _inset(sources: Sequence[Source], whole: Box, layout: Layout, paper: Paper) -> Inset | None:
    """Where the map lies in the whole; nothing where the map shows the whole already or there are no boundaries."""
    chosen = [source for source in sources if source.role == "admin"]
    if not chosen:
        return None
    shown = lonlat_box(paper.bounds, paper.crs)
    if shown[0] <= whole[0] and shown[1] <= whole[1] and shown[2] >= whole[2] and shown[3] >= whole[3]:
        return None
    column = layout.columns[0]
    box = Rect(column.x, column.y, column.width, min(column.width * 0.62, column.height * (0.26 if len(layout.columns) == 1 else 0.62)))
    left, bottom, right, top = Transformer.from_crs(_LONLAT, paper.crs, always_xy=True).transform_bounds(*whole, densify_pts=21)
    main = paper.bounds
    left, bottom, right, top = min(left, main[0]), min(bottom, main[1]), max(right, main[2]), max(top, main[3])
    scale = max((right - left) / box.width, (top - bottom) / box.height) * 1000 * 1.06
    per = scale / 1000
    x, y = (left + right) / 2, (bottom + top) / 2
    small = Paper(paper.crs, x - box.width * per / 2, y + box.height * per / 2, box.x, box.y, box.width, box.height, scale)
    shapes = []
    for source in chosen:
        style = style_for("admin")
        found = outlines(np.asarray(source.frame.geometry.array, dtype=object), CRS.from_user_input(source.frame.crs), small)
        shapes.append((found, style, np.zeros(len(source.frame), np.int16)))
    corners = np.array([(main[0], main[1]), (main[2], main[1]), (main[2], main[3]), (main[0], main[3]), (main[0], main[1])])
    return Inset(small, tuple(shapes), small.to_mm(corners))


def _highlight(request: Request, paper: Paper) -> tuple[np.ndarray, ...]:
    if request.place is None or request.place.geometry is None:
        return ()
    shape = outlines(np.array([request.place.geometry], dtype=object), _LONLAT, paper)
    lines = tuple(ring for part in range(len(shape.part_row)) for ring in shape.rings(part))
    return lines + tuple(point[None, :] for point in shape.points)


def order(sources: Sequence[Source]) -> list[Source]:
    """Sources as they are drawn, bottom first, by the order of their roles."""
    roles = drawing_order({source.role for source in sources})
    return sorted(sources, key=lambda source: roles.index(source.role))


def sources_of(workspace: Any, wanted: Sequence[str] = (), *, on: date = date.max) -> list[Source]:
    """The layers of a workspace for a sheet, bottom first.

    Args:
        workspace: Open.
        wanted: Roles or names of layers; empty for every layer in use.
        on: The day of the sheet, by which outlets are told apart; by default as the register stands.

    Raises:
        SheetError: A name that no layer and no role has.
    """
    records = workspace.layers()
    names, roles = {record.name for record in records}, {record.role for record in records}
    unknown = next((one for one in wanted if one not in names and one not in roles and one not in STYLES), None)
    if unknown is not None:
        raise SheetError(N_("工作区里没有名为“{name}”的图层，也没有这样的图层角色"), name=unknown)
    chosen = [record for record in records
              if record.features and (record.name in wanted or (record.current and (not wanted or record.role in wanted)))]
    own = styles_of(workspace)
    read = [(record, with_states(workspace, record, workspace.read(record.name), on=on)) for record in chosen]
    return order([replace(source_of(record, frame, own.get(record.name)), nowhere=nowhere(workspace, record))
                  for record, frame in read if len(frame)])


def source_of(record: Any, frame: Any, style: LayerStyle | None = None) -> Source:
    """A layer of a workspace as a sheet takes it, in its own ``style`` or in that of its role."""
    return Source(record.name, record.name, record.role, frame, style, version=record.version, data_date=record.data_date,
                  source=record.source, secrecy=getattr(record, "secrecy", None))


def with_template(request: Request, template: Template) -> Request:
    """The same request with another template."""
    return replace(request, template=template)

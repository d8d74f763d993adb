"""The small map in a report: the site outlined, the layers nearby, and a legend of nothing but what is drawn."""

from __future__ import annotations

import math
import re
import textwrap
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from sanxian import assets
from sanxian.i18n import _, language
from sanxian.mapping import scene
from sanxian.mapping.styles import VERDICT_STYLES, Symbol, legend_name, style_for, verdict_style
from sanxian.reports.wording import plain

SIZE_IN = (6.4, 4.5)
DPI = 200
_HATCHES = {"": "", "diagonal": "////", "backdiagonal": "\\\\\\\\", "cross": "xxxx", "dots": "...."}
_MARKERS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "": "o"}
_MAP = (0.012, 0.015, 0.70, 0.97)  # left, bottom, width and height of the map in the picture


def drawable(project: Any) -> bool:
    """Whether the project has a place to draw."""
    return project.lonlat is not None and not project.lonlat.is_empty


def draw(project: Any, workspace: Any = None) -> bytes:
    """A PNG of the site of ``project`` among the layers of ``workspace``.

    Args:
        project: Its site and its outcomes say what is shown.
        workspace: A workspace, or a ``scene.Reader`` of one, which spares reading it again for the next picture.

    Raises:
        AssetError: The package with the Chinese font is not installed.
    """
    bounds = scene.view_around(project)
    plane = scene.zone_of((bounds[0] + bounds[2]) / 2)
    site = scene.to_plane(np.array([project.lonlat], dtype=object), plane)[0]
    view = _frame(scene.to_plane(np.array([shapely.box(*bounds)], dtype=object), plane)[0].bounds)

    figure, canvas, axes = _page(view)
    entries: list[tuple[str, Symbol, str]] = []
    window = shapely.box(*view)
    reader = scene.Reader.of(workspace)
    for order, layer in enumerate(reader.layers_in(bounds, scene.roles_of(project))):
        geometries = scene.to_plane(layer.geometries, plane)
        for symbol, members in layer.classes():
            kind = _paint(axes, geometries[members], symbol, order, window)
            if kind:
                entries.append((legend_name(layer.style, symbol, language()), symbol, kind))
    _site(axes, site, view)
    site_symbol = style_for("project_site").classes[0]
    kinds = {0: "point", 1: "line", 2: "polygon"}
    entries.append((site_symbol.name(language()), site_symbol, kinds[int(shapely.get_dimensions(site))]))
    _furniture(figure, axes, view, plane, reader.withheld)
    _legend(figure, entries[::-1])
    return _png(canvas)


# What an overview of many sites shows: with every layer it could not be read.
OVERVIEW_ROLES = ("admin", "control_unit", "ecological_redline", "water_body")
_LABELLED = 90
_CROWD = 2_000  # polygons of one class in the view


def draw_all(screening: Any, workspace: Any = None) -> bytes | None:
    """A PNG of where all projects lie, each with the colour and the mark of its verdict; ``None`` where none has a place.

    Args:
        screening: Its projects.
        workspace: As for :func:`draw`.

    Raises:
        AssetError: The package with the Chinese font is not installed.
    """
    shown = [project for project in screening.projects if drawable(project)]
    if not shown:
        return None
    places = [project.lonlat.representative_point() for project in shown]
    west, south, east, north = shapely.total_bounds(np.array([project.lonlat for project in shown], dtype=object))
    across = max((north - south) * scene.METRES_PER_DEGREE, (east - west) * scene.METRES_PER_DEGREE * 0.87)
    bounds = scene.grow((west, south, east, north), max(800.0, 0.06 * across))
    plane = scene.zone_of((bounds[0] + bounds[2]) / 2)
    view = _frame(scene.to_plane(np.array([shapely.box(*bounds)], dtype=object), plane)[0].bounds)
    figure, canvas, axes = _page(view)
    window = shapely.box(*view)
    entries: list[tuple[str, Symbol, str]] = []
    fine = (view[2] - view[0]) / 2_500  # about half a dot of the picture
    reader = scene.Reader.of(workspace)
    for order, layer in enumerate(reader.layers_in(bounds, OVERVIEW_ROLES)):
        geometries = _coarse(scene.to_plane(layer.geometries, plane), fine)
        for symbol, members in layer.classes():
            kind = _paint(axes, geometries[members], symbol, order, window)
            if kind:
                entries.append((legend_name(layer.style, symbol, language()), symbol, kind))
    points = scene.to_plane(np.array(places, dtype=object), plane)
    _verdicts(axes, shown, points, view)
    _furniture(figure, axes, view, plane, reader.withheld)
    there = [verdict for verdict in VERDICT_STYLES if any(project.verdict == verdict for project in shown)]
    chips = [(f"{verdict_style(verdict).mark} {verdict_style(verdict).name(language())}", _chip(verdict), "point") for verdict in there]
    _legend(figure, [*chips, *entries[::-1]])
    return _png(canvas)


def _chip(verdict: str) -> Symbol:
    """How a verdict stands in the legend of an overview."""
    return Symbol(None, verdict, verdict, fill=verdict_style(verdict).colour, fill_opacity=1.0, outline="#ffffff",
                  outline_width=0.6, marker="circle")


def _verdicts(axes: Any, projects: list[Any], points: np.ndarray, view: scene.Bounds) -> None:
    """A dot with the verdict's mark for each site, and its number beside it where there is room."""
    from matplotlib import patheffects

    halo = [patheffects.withStroke(linewidth=1.8, foreground="#ffffff")]
    step = (view[2] - view[0]) * 0.022
    for project, point in zip(projects, points, strict=True):
        style = verdict_style(project.verdict)
        axes.scatter([point.x], [point.y], s=46, c=style.colour, marker="o", edgecolors="#ffffff", linewidths=0.7, zorder=94)
        axes.text(point.x, point.y, style.mark, ha="center", va="center", color=style.text, fontproperties=_font(5), zorder=95)
    taken: list[tuple[float, float]] = [(point.x, point.y) for point in points]
    if len(projects) > _LABELLED:
        return
    height = step * 0.75
    for project, point in zip(projects, points, strict=True):
        text = plain(project.id)
        width = step * 0.36 * sum(2 if ord(char) > 0x2E7F else 1 for char in text)
        for side, dy in ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
            x, y = point.x + side * step * 0.55, point.y + dy * height
            middle = x + side * width / 2
            spots = [(middle + part * width / 3, y) for part in (-1, 0, 1)]
            inside = view[0] < min(x, x + side * width) and max(x, x + side * width) < view[2]
            if inside and all(abs(one[0] - other[0]) > step * 0.5 or abs(one[1] - other[1]) > height * 0.9
                              for one in spots for other in taken if other != (point.x, point.y)):
                axes.text(x, y, text, ha="left" if side > 0 else "right", va="center", fontproperties=_font(5.5), zorder=96,
                          path_effects=halo)
                taken += spots
                break


def _page(view: scene.Bounds) -> tuple[Any, Any, Any]:
    """An empty map of the view."""
    # Here, and not at the top: matplotlib takes most of a second to start, and most reports have no picture.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE_IN, dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(_MAP)
    axes.set_xlim(view[0], view[2])
    axes.set_ylim(view[1], view[3])
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#fbfbf8")
    return figure, canvas, axes


def _png(canvas: Any) -> bytes:
    from PIL import Image

    canvas.draw()
    # Few colours are enough for a map, and make a report of many projects a fifth of its size.
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3]).quantize(
        200, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    out = BytesIO()
    image.save(out, "PNG", dpi=(DPI, DPI))
    return out.getvalue()


def _font(size: float, bold: bool = False) -> Any:
    from matplotlib.font_manager import FontProperties

    font = FontProperties(fname=str(assets.chinese_font()), size=size)
    if bold:
        font.set_weight("bold")
    return font


def _frame(bounds: scene.Bounds) -> scene.Bounds:
    """``bounds`` widened to the shape of the map."""
    west, south, east, north = bounds
    shape = (_MAP[2] * SIZE_IN[0]) / (_MAP[3] * SIZE_IN[1])
    width, height = east - west, north - south
    if width / height < shape:
        more = (height * shape - width) / 2
        return west - more, south, east + more, north
    more = (width / shape - height) / 2
    return west, south - more, east, north + more


def _coarse(geometries: np.ndarray, fine: float) -> np.ndarray:
    """Without the corners that nobody sees; what would vanish keeps a few."""
    coarse = shapely.simplify(geometries, fine, preserve_topology=False)
    gone = shapely.is_empty(coarse)
    coarse[gone] = shapely.simplify(geometries[gone], fine)  # ten times slower, and these are small
    return coarse


def _paths(polygons: np.ndarray, together: int = 1) -> list[Any]:
    """Outlines of polygons, ``together`` of them in one path."""
    from matplotlib.path import Path

    _kind, points, (starts, rings) = shapely.to_ragged_array(shapely.force_2d(shapely.orient_polygons(polygons)))
    codes = np.full(len(points), Path.LINETO, dtype=Path.code_type)
    codes[starts[:-1]] = Path.MOVETO
    codes[starts[1:] - 1] = Path.CLOSEPOLY
    cuts = starts[rings[np.append(np.arange(0, len(polygons), together), len(polygons))]]
    return [Path(points[first:end], codes[first:end]) for first, end in pairwise(cuts)]


def _paint(axes: Any, geometries: np.ndarray, symbol: Symbol, order: int, window: Any) -> str:
    """Draw ``geometries`` as far as the view goes; '' where nothing of them is in it, else the kind that was drawn."""
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.colors import to_rgba

    # A little beyond the frame, so that the cut itself is never seen as an outline.
    reach = math.hypot(window.bounds[2] - window.bounds[0], window.bounds[3] - window.bounds[1]) * 0.05
    seen = window.buffer(reach, join_style="mitre")
    shapely.prepare((window, seen))
    visible = geometries[shapely.intersects(window, geometries)]
    cut, over = shapely.make_valid(visible), ~shapely.contains_properly(seen, visible)
    cut[over] = shapely.intersection(cut[over], seen)
    pieces = shapely.get_parts(shapely.get_parts(cut))
    pieces = pieces[~shapely.is_empty(pieces)]
    dimension = shapely.get_dimensions(pieces)
    drawn = ""
    dash = (0, symbol.dash) if symbol.dash else "solid"
    if symbol.fill_opacity == 0 and not symbol.hatch:
        # Only an outline: where the view lies wholly inside, nothing of it is seen.
        edges = shapely.boundary(visible[shapely.get_dimensions(visible) == 2])
        if len(edges) == len(visible) and not np.any(shapely.intersects(edges, window)):
            return ""
    polygons = pieces[dimension == 2]
    if len(polygons):
        drawn = "polygon"
        slim = 0.3 if len(polygons) > _CROWD else 1.0  # outlines as wide as ever would hide what lies between
        axes.add_collection(PathCollection(
            _paths(polygons), facecolors=[to_rgba(symbol.fill, symbol.fill_opacity)], edgecolors=[symbol.outline],
            linewidths=[slim * symbol.outline_width], linestyles=[dash], zorder=2 + order))
        if symbol.hatch:
            # Apart from the fill, so that the hatch can be paler than the outline and the map stays legible. Many in one
            # path, since a hatch is drawn all across the map for each; too many would be too much for its painter.
            axes.add_collection(PathCollection(
                _paths(polygons, 500), facecolors="none", edgecolors=[to_rgba(symbol.outline, 0.45)], linewidths=[0.0],
                hatch=_HATCHES[symbol.hatch], zorder=2 + order))
    lines = list(pieces[dimension == 1])
    if lines:
        drawn = drawn or "line"
        axes.add_collection(LineCollection(
            [np.asarray(line.coords)[:, :2] for line in lines], colors=[symbol.outline],
            linewidths=[max(symbol.outline_width, 1.0)], linestyles=[dash], zorder=2 + order))
    points = pieces[dimension == 0]
    if len(points):
        drawn = drawn or "point"
        axes.scatter(shapely.get_x(points), shapely.get_y(points), s=symbol.size ** 2, c=symbol.fill,
                     marker=_MARKERS[symbol.marker], edgecolors=symbol.outline, linewidths=symbol.outline_width,
                     zorder=2 + order)
        if symbol.letter:
            white = sum(int(symbol.fill[at:at + 2], 16) * share for at, share in ((1, 0.3), (3, 0.59), (5, 0.11))) < 150
            for point in points:
                axes.text(point.x, point.y, symbol.letter, ha="center", va="center", color="#ffffff" if white else "#000000",
                          fontproperties=_font(symbol.size * 0.6), zorder=2 + order, clip_on=True)
    return drawn


def _site(axes: Any, site: Any, view: scene.Bounds) -> None:
    symbol = style_for("project_site").classes[0]
    halo = 2 * symbol.outline_width + 1.6
    for part in scene.parts_of(site):
        if part.geom_type == "Polygon":
            for ring in (part.exterior, *part.interiors):
                points = np.asarray(ring.coords)
                axes.plot(points[:, 0], points[:, 1], color="#ffffff", linewidth=halo, zorder=90)
                axes.plot(points[:, 0], points[:, 1], color=symbol.outline, linewidth=symbol.outline_width, zorder=91)
        elif part.geom_type == "LineString":
            points = np.asarray(part.coords)
            axes.plot(points[:, 0], points[:, 1], color="#ffffff", linewidth=halo, zorder=90)
            axes.plot(points[:, 0], points[:, 1], color=symbol.outline, linewidth=symbol.outline_width, zorder=91)
        else:
            axes.scatter([part.x], [part.y], s=70, c="#000000", marker="o", edgecolors="#ffffff", linewidths=1.4, zorder=91)
    west, south, east, north = site.bounds
    if max(east - west, north - south) < 0.04 * (view[2] - view[0]):
        # A site this small would be overlooked.
        axes.scatter([(west + east) / 2], [(south + north) / 2], s=420, facecolors="none", edgecolors="#000000",
                     linewidths=1.2, zorder=92)


def _furniture(figure: Any, axes: Any, view: scene.Bounds, plane: Any, withheld: int) -> None:
    """Scale bar, north arrow and the note on coordinates."""
    from matplotlib import patheffects

    west, south, east, north = view
    width, height = east - west, north - south
    halo = [patheffects.withStroke(linewidth=2.2, foreground="#ffffff")]
    length = nice_length(width / 4)
    x, y, thick = west + 0.035 * width, south + 0.045 * height, 0.011 * height
    for part, colour in ((0, "#000000"), (1, "#ffffff")):
        left, right = x + part * length / 2, x + (part + 1) * length / 2
        axes.fill([left, right, right, left], [y, y, y + thick, y + thick], facecolor=colour, edgecolor="#000000", linewidth=0.7, zorder=95)
    for part in (0, 1, 2):
        value = length * part / 2
        unit = "" if part < 2 else (" km" if length >= 1000 else " m")
        axes.text(x + value, y + 1.8 * thick, f"{value / 1000 if length >= 1000 else value:g}{unit}", ha="center", va="bottom",
                  fontproperties=_font(7), zorder=96, path_effects=halo)
    top, middle = north - 0.035 * height, east - 0.045 * width
    arrow = 0.075 * height
    half = 0.022 * height
    axes.fill([middle, middle - half, middle], [top, top - arrow, top - 0.75 * arrow], facecolor="#000000",
              edgecolor="#000000", linewidth=0.6, zorder=95)
    axes.fill([middle, middle + half, middle], [top, top - arrow, top - 0.75 * arrow], facecolor="#ffffff",
              edgecolor="#000000", linewidth=0.6, zorder=95)
    axes.text(middle, top - arrow - 0.008 * height, _("北"), ha="center", va="top", fontproperties=_font(8), zorder=96,
              path_effects=halo)
    code = plane.to_epsg()
    meridian = 75 + 3 * (code - 4534)
    figure.text(_MAP[0] + _MAP[2] + 0.015, 0.02, _("坐标系：CGCS2000\n3 度带高斯投影\n中央经线 {meridian}°E\n(EPSG:{code})").format(
        meridian=meridian, code=code), fontproperties=_font(6.5), va="bottom", ha="left", linespacing=1.35, color="#333333")
    if withheld:
        words = textwrap.fill(scene.withheld_words(withheld), 11 if language() == "zh" else 26)
        figure.text(_MAP[0] + _MAP[2] + 0.015, 0.125, words, fontproperties=_font(6.5), va="bottom", ha="left", linespacing=1.35,
                    color="#333333")


def nice_length(metres: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above ``metres``."""
    power = 10.0 ** math.floor(math.log10(metres))
    return next(factor * power for factor in (5.0, 2.0, 1.0) if factor * power <= metres * (1 + 1e-9))


def _legend(figure: Any, entries: list[tuple[str, Symbol, str]]) -> None:
    from matplotlib.colors import to_rgba
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    left, top = _MAP[0] + _MAP[2] + 0.015, 0.955
    figure.text(left, top, _("图例"), fontproperties=_font(9), va="center", ha="left")
    size = 7.0
    while True:  # the names' lines, in letters so small that all of them have room
        lines = [_broken(plain(name), size) for name, _symbol, _kind in entries]
        high = size / 72 * 1.25 / SIZE_IN[1]
        steps = [max(0.036 * size / 7, high * len(broken) + 0.006 * size / 7) for broken in lines]
        if sum(steps) <= 0.77 or size <= 3:
            break
        size -= 0.25
    y = top - 0.03
    for (_name, symbol, kind), broken, step in zip(entries, lines, steps, strict=True):
        y -= step / 2
        if kind == "polygon":
            figure.add_artist(Rectangle((left, y - 0.011), 0.034, 0.022, facecolor=to_rgba(symbol.fill, symbol.fill_opacity),
                                        edgecolor=symbol.outline, linewidth=min(symbol.outline_width, 1.4),
                                        linestyle=(0, symbol.dash) if symbol.dash else "solid"))
            if symbol.hatch:
                figure.add_artist(Rectangle((left, y - 0.011), 0.034, 0.022, facecolor="none",
                                            edgecolor=to_rgba(symbol.outline, 0.55), linewidth=0,
                                            hatch=_HATCHES[symbol.hatch]))
        elif kind == "line":
            figure.add_artist(Line2D([left, left + 0.034], [y, y], color=symbol.outline,
                                     linewidth=max(symbol.outline_width, 1.0),
                                     linestyle=(0, symbol.dash) if symbol.dash else "solid"))
        else:
            figure.add_artist(Line2D([left + 0.017], [y], marker=_MARKERS[symbol.marker], color="none",
                                     markerfacecolor=symbol.fill if symbol.fill_opacity else "#000000",
                                     markeredgecolor=symbol.outline, markersize=6))
        figure.text(left + 0.044, y, "\n".join(broken), fontproperties=_font(size), va="center", ha="left", linespacing=1.1)
        y -= step / 2


def _broken(text: str, size: float) -> list[str]:
    """``text`` in at most three lines as wide as the legend; what comes after is left out."""
    from matplotlib.textpath import TextToPath

    room, font = (1 - _MAP[0] - _MAP[2] - 0.015 - 0.044 - 0.006) * SIZE_IN[0] * 72, _font(size)
    measure = TextToPath().get_text_width_height_descent
    lines = [""]
    for piece in re.findall(r"[^\s\u2e80-\uffef]+\s*|.", text):
        wide = measure(lines[-1] + piece.rstrip(), font, False)[0] > room  # noqa: FBT003 - not TeX
        if wide and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece
    if len(lines) > 3:
        lines = [*lines[:2], f"{lines[2].rstrip()[:-1]}…"]
    return lines

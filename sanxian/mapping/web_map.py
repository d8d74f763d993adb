"""A web map in one piece: folium draws it, and everything that folium would fetch is written into the page.

Nothing is asked of any server: Leaflet and jQuery come from the packages that carry them, there are no map tiles, and
the page's own security policy forbids whatever was overlooked. Words from the data are escaped before they reach the
page, since folium puts them into it as HTML.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import folium
import numpy as np
import shapely
from branca.element import Element

from sanxian import assets
from sanxian.i18n import _, language
from sanxian.mapping.scene import BASE_ROLES, Bounds, SceneLayer
from sanxian.mapping.styles import Symbol, VerdictStyle, legend_name, style_for, verdict_style

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
MAX_ZOOM = 20
DECIMALS = 6  # of a degree: 0.1 m
_CROWD = 8  # kinds of layers; with more, only the usual ones are drawn at first
VERTICES_KEPT = 60_000  # of one layer; beyond that a page becomes slow on a telephone

_SCRIPTS = {"leaflet.js": assets.leaflet_script, "jquery-3.7.1.min.js": assets.jquery_script}
_STYLES = {"leaflet.css": assets.leaflet_style}


@dataclass(frozen=True, slots=True)
class WebSite:
    """A project on the map.

    Attributes:
        geometry: In EPSG:4490, longitude first. Leaflet takes it as WGS 84; the two differ by centimetres.
        anchor: Id of the place in the page that tells more; '' where there is none.
    """

    id: str
    name: str
    verdict: str
    words: str
    geometry: Any
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One line of the legend: a class that occurs on the map.

    Attributes:
        shown: Drawn at first; if not, its layer waits behind the layer button.
    """

    name: str
    swatch: str
    features: int
    shown: bool


@dataclass(frozen=True, slots=True)
class WebMap:
    """The parts of a page that make up the map.

    Attributes:
        head: Style sheet and programs, inlined.
        body: The place of the map, with the patterns of its hatches.
        script: To run after ``body``.
        simplified_m: Within how many metres outlines of some layers were simplified; 0 where none was.
    """

    head: str
    body: str
    script: str
    legend: tuple[LegendEntry, ...]
    simplified_m: float


def escape(text: str) -> str:
    """``text`` as HTML that shows it and does nothing.

    Braces too: folium renders what it is given a second time as a template, so that ``{{…}}`` in the name of a project
    would be computed, here and not in the browser.
    """
    return html.escape(text, quote=True).replace("`", "&#96;").replace("{", "&#123;").replace("}", "&#125;")


def build(sites: Sequence[WebSite], layers: Sequence[SceneLayer], bounds: Bounds, *, plain: Any = str) -> WebMap:
    """Draw ``sites`` and ``layers``.

    Args:
        sites: On top, outlined in the colour of the verdict and marked with its sign.
        layers: Bottom first, as ``sanxian.mapping.scene.Reader`` gives them.
        bounds: What the map shows at first: west, south, east, north.
        plain: Makes a word of the data printable; applied before escaping.

    Raises:
        KeyError: folium asks for a file that is not inlined here.
        AssetError: A package that carries Leaflet or jQuery is not installed.
    """
    west, south, east, north = bounds
    chart = folium.Map(location=[(south + north) / 2, (west + east) / 2], tiles=None, width="100%", height="100%",
                       zoom_control=True, control_scale=False)
    chart.options["maxZoom"] = MAX_ZOOM  # without tiles Leaflet knows no largest zoom, and says so as an error
    chart.options["zoomSnap"] = 0.25
    chart.default_js = [("leaflet", "leaflet.js"), ("jquery", "jquery-3.7.1.min.js")]
    chart.default_css = [("leaflet_css", "leaflet.css")]
    patterns: dict[str, str] = {}
    legend: list[LegendEntry] = []
    simplified_m = 0.0
    crowded = len({layer.role for layer in layers}) > _CROWD
    limited: list[tuple[str, float, float]] = []
    for layer in layers:
        metres = _add_layer(chart, layer, patterns, legend, plain, limited, shown=not crowded or layer.role in BASE_ROLES)
        simplified_m = max(simplified_m, metres)
    _add_sites(chart, sites, plain)
    if layers or sites:
        folium.LayerControl(collapsed=True).add_to(chart)
    chart.fit_bounds([[south, west], [north, east]], padding=(12, 12))

    figure = chart.get_root()
    figure.render()
    name = chart.get_name()
    body = figure.html.render()
    script = f"{figure.script.render()}\n{_manners(name)}\n{_scales(name, limited)}".rstrip("\n")
    body, script = _settle(figure, body, script)
    head = _inline(figure.header.render())
    return WebMap(head, _pattern_block(patterns) + body, script, tuple(reversed(legend)), simplified_m)


# --- layers -----------------------------------------------------------------------------------------------------


def _add_layer(chart: folium.Map, layer: SceneLayer, patterns: dict[str, str], legend: list[LegendEntry],
               plain: Any, limited: list[tuple[str, float, float]], *, shown: bool) -> float:
    geometries, metres = lighten(layer.geometries)
    role = layer.style.name(language())
    name = f"{role} · {plain(layer.name)}" if layer.name != role else role
    if any(layer.style.scales):
        name = _("{name}（{range}）").format(name=name, range=scale_words(layer.style.scales))
    group = folium.FeatureGroup(name=escape(name), show=shown)
    if any(layer.style.scales):
        limited.append((group.get_name(), *layer.style.scales))
    for symbol, members in layer.classes():
        class_name = symbol.name(language())
        title = legend_name(layer.style, symbol, language())
        features = []
        for position in map(int, members):
            geometry = geometries[position]
            if geometry is None or geometry.is_empty:
                continue
            features.append({
                "type": "Feature",
                "properties": {"role": escape(role), "label": escape(plain(layer.label(position))),
                               "kind": escape(class_name if layer.style.kind != "single" else "")},
                "geometry": _mapping(geometry),
            })
        if not features:
            continue
        collection = {"type": "FeatureCollection", "features": features}
        shape = folium.GeoJson(collection, style_function=_painter(symbol, patterns), smooth_factor=0,
                               marker=_marker(symbol), embed=True)
        folium.GeoJsonPopup(["role", "label", "kind"], labels=False, localize=False, class_name="words").add_to(shape)
        shape.add_to(group)
        dimension = max(int(shapely.get_dimensions(geometries[int(position)])) for position in members)
        legend.append(LegendEntry(title, swatch(symbol, dimension), len(features), shown))
    group.add_to(chart)
    return metres


def scale_words(scales: tuple[float, float]) -> str:
    """Between which scales a layer is drawn, for a legend; '' where it always is."""
    least, most = (f"{value:,.0f}" for value in scales)
    if all(scales):
        return _("比例尺在 1:{least} 与 1:{most} 之间时显示").format(least=least, most=most)
    if scales[1]:
        return _("比例尺不小于 1:{most} 时显示").format(most=most)
    return _("比例尺不大于 1:{least} 时显示").format(least=least) if scales[0] else ""


def _painter(symbol: Symbol, patterns: dict[str, str]) -> Any:
    look = {"color": symbol.outline, "weight": round(symbol.outline_width * 1.33, 2), "fillColor": symbol.fill,
            "fillOpacity": symbol.fill_opacity, "opacity": 0.95}
    if symbol.dash:
        look["dashArray"] = " ".join(f"{part * 1.33:g}" for part in symbol.dash)
    if symbol.hatch:
        look["className"] = _pattern(symbol, patterns)
        look["fillOpacity"] = 1.0
    return lambda _feature: look


def _marker(symbol: Symbol) -> folium.CircleMarker:
    return folium.CircleMarker(radius=max(3.0, symbol.size * 0.62), color=symbol.outline, weight=1,
                               fill_color=symbol.fill, fill_opacity=1.0)


def _pattern(symbol: Symbol, patterns: dict[str, str]) -> str:
    """Name of the hatch of ``symbol``, making its pattern where it is new."""
    key = f"h-{symbol.hatch}-{symbol.fill[1:]}-{symbol.outline[1:]}-{round(symbol.fill_opacity * 100)}"
    if key not in patterns:
        patterns[key] = (
            f'<pattern id="{key}" width="10" height="10" patternUnits="userSpaceOnUse">'
            f'<rect width="10" height="10" fill="{symbol.fill}" fill-opacity="{symbol.fill_opacity}"/>'
            f"{_hatch_lines(symbol)}</pattern>"
        )
    return key


def _hatch_lines(symbol: Symbol) -> str:
    colour = f'stroke="{symbol.outline}" stroke-width="1" stroke-opacity="0.5" fill="none"'
    down, up = "M-2,8 L2,12 M0,0 L10,10 M8,-2 L12,2", "M-2,2 L2,-2 M0,10 L10,0 M8,12 L12,8"
    if symbol.hatch == "dots":
        return f'<circle cx="5" cy="5" r="1.1" fill="{symbol.outline}" fill-opacity="0.6"/>'
    paths = {"diagonal": up, "backdiagonal": down, "cross": f"{up} {down}"}
    return f'<path d="{paths[symbol.hatch]}" {colour}/>'


def _pattern_block(patterns: dict[str, str]) -> str:
    if not patterns:
        return ""
    rules = "".join(f"path.{key}{{fill:url(#{key})}}" for key in sorted(patterns))
    drawn = "".join(patterns[key] for key in sorted(patterns))
    return (f'<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>{drawn}</defs></svg>'
            f"<style>{rules}</style>\n")


def swatch(symbol: Symbol, dimension: int = 2) -> str:
    """A sample of ``symbol`` for a legend, as SVG; ``dimension`` is 0 for points, 1 for lines, 2 for areas."""
    dash = f' stroke-dasharray="{" ".join(f"{part:g}" for part in symbol.dash)}"' if symbol.dash else ""
    if dimension == 0:
        size = max(3.0, symbol.size * 0.62)
        inner = f'<circle cx="15" cy="9" r="{size:g}" fill="{symbol.fill}" stroke="{symbol.outline}"/>'
    elif dimension == 1:
        inner = f'<path d="M2,9 H28" stroke="{symbol.outline}" stroke-width="{max(symbol.outline_width, 1.5):g}"{dash}/>'
    else:
        inner = (f'<rect x="2" y="2" width="26" height="14" fill="{symbol.fill}" fill-opacity="{symbol.fill_opacity}" '
                 f'stroke="none"/>')
        if symbol.hatch:
            inner += f'<svg x="2" y="2" width="26" height="14"><g>{_repeated(symbol)}</g></svg>'
        inner += (f'<rect x="2" y="2" width="26" height="14" fill="none" stroke="{symbol.outline}" '
                  f'stroke-width="{max(symbol.outline_width, 1):g}"{dash}/>')
    return f'<svg width="30" height="18" viewBox="0 0 30 18" aria-hidden="true">{inner}</svg>'


def _repeated(symbol: Symbol) -> str:
    return "".join(f'<g transform="translate({x},{y})">{_hatch_lines(symbol)}</g>' for x in (0, 10, 20) for y in (0, 10))


# --- sites ------------------------------------------------------------------------------------------------------


def _add_sites(chart: folium.Map, sites: Sequence[WebSite], plain: Any) -> None:
    group = folium.FeatureGroup(name=escape(style_for("project_site").name(language())))
    for verdict in dict.fromkeys(site.verdict for site in sites):
        style = verdict_style(verdict)
        members = [site for site in sites if site.verdict == verdict]
        shapes, badges = [], []
        for site in members:
            more = f'<a href="#{escape(site.anchor)}">{escape(_("逐条对照"))}</a>' if site.anchor else ""
            words = {"label": f"<b>{escape(plain(site.name))}</b>", "id": escape(plain(site.id)),
                     "verdict": escape(site.words), "more": more}
            if shapely.get_dimensions(site.geometry) > 0:
                shapes.append({"type": "Feature", "properties": words, "geometry": _mapping(site.geometry)})
            badges.append({"type": "Feature", "properties": words,
                           "geometry": _mapping(site.geometry.representative_point())})
        for features, options in ((shapes, {"style_function": _outliner(style)}), (badges, {"marker": _badge(style)})):
            if features:
                shape = folium.GeoJson({"type": "FeatureCollection", "features": features}, smooth_factor=0, **options)
                folium.GeoJsonPopup(["label", "id", "verdict", "more"], labels=False, localize=False,
                                    class_name="words").add_to(shape)
                shape.add_to(group)
    group.add_to(chart)


def _outliner(style: VerdictStyle) -> Any:
    look = {"color": style.colour, "weight": 4, "opacity": 1, "fillColor": style.colour, "fillOpacity": 0.25}
    return lambda _feature: look


def _badge(style: VerdictStyle) -> folium.Marker:
    # An icon of folium's own would be fetched; a mark in a circle needs nothing.
    icon = folium.DivIcon(
        html=f'<span style="background:{style.colour};color:{style.text}">{style.mark}</span>', icon_size=(24, 24),
        icon_anchor=(12, 12), class_name="badge")
    return folium.Marker(icon=icon)


# --- geometry ---------------------------------------------------------------------------------------------------


def lighten(geometries: np.ndarray, kept: int = VERTICES_KEPT) -> tuple[np.ndarray, float]:
    """``geometries`` in degrees with at most about ``kept`` vertices, and within how many metres they still hold.

    Polygons that share borders are simplified together, so that no gap opens between them.
    """
    total = int(shapely.get_num_coordinates(geometries).sum())
    if total <= kept:
        return geometries, 0.0
    flat = bool(np.all(shapely.get_dimensions(geometries) == 2))
    shared = flat and bool(shapely.coverage_is_valid(geometries))
    tolerance = 5e-5  # degrees; about 5 m
    lighter = geometries
    for _attempt in range(8):
        if shared:
            lighter = shapely.coverage_simplify(geometries, tolerance)
        else:
            lighter = shapely.simplify(geometries, tolerance, preserve_topology=True)
        if int(shapely.get_num_coordinates(lighter).sum()) <= kept:
            break
        tolerance *= 2
    return lighter, tolerance * 111_320


def _mapping(geometry: Any) -> Any:
    flat = shapely.force_2d(geometry)
    return _rounded(json.loads(shapely.to_geojson(flat)))


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, DECIMALS) if isinstance(value, float) else value


# --- the page's parts -------------------------------------------------------------------------------------------


def _inline(header: str) -> str:
    """The style sheet and programs that ``header`` asks for, written out; its other parts are the page's own business.

    Raises:
        KeyError: It asks for something that is not inlined here.
    """
    parts = [f"<style>{_STYLES[link]()}</style>" for link in re.findall(r'<link[^>]*\bhref="([^"]*)"', header)]
    for link in re.findall(r'<script[^>]*\bsrc="([^"]*)"', header):
        parts.append(f"<script>{_SCRIPTS[link]().replace('</script', '<' + chr(92) + '/script')}</script>")
    return "\n".join(parts)


def _identities(element: Element) -> Iterator[str]:
    """The random names that folium gave to the parts of a map."""
    yield element._id
    for child in element._children.values():
        yield from _identities(child)
    for part in ("header", "html", "script"):
        if isinstance(getattr(element, part, None), Element):
            yield from _identities(getattr(element, part))
    for part in ("icon", "marker"):
        if isinstance(getattr(element, part, None), Element):
            yield from _identities(getattr(element, part))


def _settle(figure: Element, body: str, script: str) -> tuple[str, str]:
    """Number the parts in the order in which they appear, so that the same map gives the same bytes."""
    text = body + script
    known = set(_identities(figure))
    used = [found for found in dict.fromkeys(re.findall("[0-9a-f]{32}", text)) if found in known]
    for number, identity in enumerate(used):
        body, script = body.replace(identity, f"m{number}"), script.replace(identity, f"m{number}")
    return body, script


def _manners(name: str) -> str:
    """What every map does besides: scale bar in metres, Chinese titles, no flag."""
    titles = {".leaflet-control-zoom-in": _("放大"), ".leaflet-control-zoom-out": _("缩小"),
              ".leaflet-control-layers-toggle": _("图层")}
    return "\n".join((
        f"{name}.attributionControl.setPrefix('Leaflet');",
        f"L.control.scale({{imperial: false}}).addTo({name});",
        f"Object.entries({json.dumps(titles, ensure_ascii=False)}).forEach(([selector, words]) => {{",
        f"  {name}.getContainer().querySelectorAll(selector).forEach(part => {{",
        "    part.title = words; part.setAttribute('aria-label', words);",
        "  });",
        "});",
    ))


def _scales(name: str, limited: Sequence[tuple[str, float, float]]) -> str:
    """Layers that are drawn between two scales only (denominators on a screen of 96 dots an inch, 0 for no limit)."""
    if not limited:
        return ""
    rows = ", ".join(f"[{group}, {least:.15g}, {most:.15g}]" for group, least, most in limited)
    return "\n".join((
        "(() => {",
        f"  const map = {name}, limited = [{rows}];",
        "  function put(part, on) {",
        "    if (part.eachLayer) { part.eachLayer(one => put(one, on)); return; }",
        "    const drawn = part.getElement && part.getElement();",
        "    if (drawn) { drawn.style.display = on ? '' : 'none'; }",
        "  }",
        "  function follow() {",
        "    const size = map.getSize(), at = x => map.containerPointToLatLng([size.x / 2 + x, size.y / 2]);",
        "    const metres = map.distance(at(-50), at(50));",
        "    const scale = metres / (100 * 0.0254 / 96);",
        "    limited.forEach(([group, least, most]) => put(group, scale >= least && (!most || scale <= most)));",
        "  }",
        "  map.on('zoomend moveend resize overlayadd', follow);",
        "  follow();",
        "})();",
    ))

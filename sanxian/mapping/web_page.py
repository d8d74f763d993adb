"""The map of a whole workspace as one web page: opens from a USB stick, asks nothing of anybody.

folium makes the map; what is drawn on it stands in the page as data, with borders that neighbours share kept once (see
``spatial.arcs``), and ``web_page.js`` draws it. Two habits keep the page safe: words of the data are only ever put into
it as text, and the page's security policy allows the very programs and styles that were written into it, by their
digest, and nothing else: no connection, no inline handler, no foreign frame.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import folium
import numpy as np
import shapely
from pyproj import CRS

from sanxian import assets
from sanxian.errors import TellingError
from sanxian.i18n import N_, _, language
from sanxian.mapping import scene, web_map
from sanxian.mapping.own_styles import styles_of
from sanxian.mapping.styles import (
    NOT_JUDGED,
    OUTDATED,
    REVIEWED,
    VERDICT_STYLES,
    LayerStyle,
    Symbol,
    drawing_order,
    is_reviewed,
    shown_key,
    shown_style,
    style_for,
)
from sanxian.mapping.web_map import escape
from sanxian.outlets import layers as outlet_layers
from spatial import arcs

STEP = 1e-6  # degrees: 0.1 m, the grid of all coordinates
VERTICES_KEPT = 80_000  # of one layer; more makes a telephone slow
_COARSEST = 0.002  # degrees: no round that thins more
_SAMPLE = 10_000  # borders by which it is found how much to thin
_OF_A_RING = 8  # but so many of each ring, where there are many
MOST_PLACES = 8_000_000  # of all layers, thinned; a browser wants some 500 bytes for each, and has 4 GB
TEXT_KEPT = 300  # characters of one attribute
_SHOWN = frozenset((*scene.BASE_ROLES, "discharge_outlet", "project_site", "survey"))
_SOUGHT_FIRST = frozenset(("control_unit", "project_site", "discharge_outlet"))
# A letter on each unit says its class to somebody who does not see the colour.
_LETTERS: Mapping[tuple[str, Any], str] = {
    ("control_unit", "priority"): N_("优"), ("control_unit", "key"): N_("重"), ("control_unit", "general"): N_("一般"),
}  # fmt: skip
_PX = 96 / 72  # CSS pixels in a point

_SECRET = frozenset(("secret", "confidential", "top_secret"))

Bounds = tuple[float, float, float, float]
Progress = Callable[[int, int], object]


class WebMapError(TellingError):
    """A web map cannot be made as asked."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a map says of itself, on the screen and when printed; empty fields are left out.

    Attributes:
        maker: 制图单位.
        approval: 审图号.
        secrecy: 密级.
    """

    title: str = ""
    maker: str = ""
    approval: str = ""
    secrecy: str = ""


@dataclass(frozen=True, slots=True)
class OnMap:
    """A project as the window shows it.

    Attributes:
        lonlat: Its outline in EPSG:4490.
        shown: As ``styles.shown_key`` gives it.
        verdict: The program's own, '' without one.
        layer: Of the workspace in which it stands; '' for none yet. Those of a secret one are withheld as it is.
    """

    id: str
    name: str
    lonlat: Any
    shown: str
    verdict: str
    layer: str = ""


@dataclass(slots=True)
class _Page:
    """Layers of the page as they are collected, and the words that they share."""

    layers: list[dict[str, Any]] = field(default_factory=list)
    strings: dict[str, int] = field(default_factory=lambda: {"": 0})
    origin: tuple[float, float] = (0.0, 0.0)
    thinned_m: float = 0.0
    places: int = 0
    tell: Progress = lambda _done, _total: None
    done: int = 0
    total: int = 1

    def step(self, more: int = 0) -> None:
        """Say how far the page is; raises where somebody wants it stopped."""
        self.done = min(self.done + more, self.total)
        self.tell(self.done, self.total)

    def word(self, text: str) -> int:
        return self.strings.setdefault(text, len(self.strings))


def write_web_map(workspace: Any, path: Path | str, *, on: date, screening: Any = None, roles: Iterable[str] | None = None,
                  extent: Bounds | None = None, sheet: Sheet | None = None, progress: Progress | None = None) -> Path:
    """Write the map of ``workspace`` as one HTML file, whole or not at all, in the language of the moment.

    Args:
        workspace: An open workspace.
        path: Ends in ``.html``.
        on: The day of the map; surveys after it have not happened.
        screening: A ``sanxian.result.Screening``: its projects are drawn in the colours of the verdicts that count, with a
            ring where a person's decision acts. Projects of the workspace that are not among them are drawn as not judged.
            Of what the window gives each says in ``shown`` what it is drawn as, and ``whole`` that these are all there are.
        roles: Which layers; every vector layer in use if left out.
        extent: West, south, east, north in degrees (EPSG:4490); features that do not meet it are left out.
        sheet: Title and imprint.
        progress: Called with steps done and in all; it may raise to stop. There is no file then.

    Raises:
        WebMapError: There is nothing to draw, or more than a browser can open.
        sanxian.reports.ReportError: The file cannot be written.
        sanxian.assets.AssetError: The package that carries Leaflet is not installed.
    """
    from sanxian.reports import replace_whole

    path = Path(path)
    text = page(workspace, on=on, screening=screening, roles=roles, extent=extent, sheet=sheet, progress=progress)
    replace_whole(path, lambda target: target.write_text(text, encoding="utf-8", newline="\n") and None)
    return path


def write_outlets_map(workspace: Any, path: Path | str, *, on: date, sheet: Sheet | None = None) -> Path:
    """Write the web map of outlets: how far their remediation is, which banks were surveyed, which reaches miss their target.

    What nobody surveyed or measured is drawn as unknown.

    Raises:
        WebMapError: The workspace has neither outlets nor banks.
        sanxian.reports.ReportError: The file cannot be written.
    """
    roles = ("discharge_outlet", "river_bank", "water_body", "admin", "monitoring_section", "pollution_source", "water_source",
             "survey", "reach")
    if not (workspace.by_role("discharge_outlet") or workspace.by_role("river_bank")):
        raise WebMapError(N_("工作区里没有入河排污口，也没有岸线，排污口地图没有可画的内容。"))
    return write_web_map(workspace, path, on=on, roles=roles, sheet=sheet or Sheet(_("入河排污口排查整治图")))


def page(workspace: Any, *, on: date, screening: Any = None, roles: Iterable[str] | None = None, extent: Bounds | None = None,
         sheet: Sheet | None = None, progress: Progress | None = None) -> str:
    """The map of ``workspace`` as HTML; see ``write_web_map``."""
    sheet = sheet or Sheet()
    wanted = None if roles is None else set(roles)
    records = [record for record in workspace.layers()
               if record.current and record.role != "raster" and (wanted is None or record.role in wanted)]
    # A page on a USB stick goes anywhere: what is marked secret stays out of it, and the page says that something does.
    open_ones = [record for record in records if getattr(record, "secrecy", None) not in _SECRET]
    secret = {record.name for record in records} - {record.name for record in open_ones}
    withheld, records = len(records) - len(open_ones), open_ones
    projects = [project for project in getattr(screening, "projects", ()) if getattr(project, "layer", "") not in secret]
    judged = {str(project.id) for project in projects}
    made = _Page(tell=progress or (lambda _done, _total: None))
    # Each feature is read, its borders are cut, thinned and written.
    made.total = 4 * sum(record.features or 0 for record in records) + 1
    made.step()
    read: list[tuple[Any, np.ndarray, list[dict[str, Any]]]] = []
    for record in records:
        geometries, attributes = _read(workspace, record, extent, on)
        made.step(record.features or 0)
        if record.role == "project_site" and getattr(screening, "whole", False):
            continue
        if record.role == "project_site" and judged:  # what was judged is drawn by its verdict, the rest as not judged
            left = [place for place, row in enumerate(attributes) if str(row.get("id")) not in judged]
            geometries, attributes = geometries[left], [attributes[place] for place in left]
        if len(geometries):
            read.append((record, geometries, attributes))
    order = drawing_order({record.role for record, *_rest in read})
    read.sort(key=lambda item: (order.index(item[0].role), item[0].name))
    sites = [project for project in projects if project.lonlat is not None and not project.lonlat.is_empty]
    banks = _stretches(workspace, on) if wanted is None or "survey" in wanted else []
    if not read and not sites and not banks:
        raise WebMapError(N_("没有可画的要素：工作区里没有矢量图层，或所给范围内什么也没有。"))
    view = extent or _bounds([*(geometries for _record, geometries, _attributes in read),
                              np.array([project.lonlat for project in sites], dtype=object),
                              np.array([piece.lonlat for piece in banks], dtype=object)])
    made.origin, own = (math.floor(view[0]), math.floor(view[1])), styles_of(workspace)
    alone = wanted is not None and "survey" in wanted
    for record, geometries, attributes in read:
        if record.role == "discharge_outlet":
            if wanted is not None and "reach" in wanted:
                _add_reaches(made, workspace, on)
            if banks:
                _add_stretches(made, banks, shown=alone)
            banks = []
        lost = outlet_layers.nowhere(workspace, record)
        _add_layer(made, record, geometries, attributes, own.get(record.name) or style_for(record.role),
                   shown=record.role in _SHOWN, note=outlet_layers.nowhere_words(lost) if lost else "")
    if banks:
        _add_stretches(made, banks, shown=alone)
    if sites:
        _add_projects(made, sites)
    if made.places > MOST_PLACES:
        raise WebMapError(N_("要画的内容太多（简化后仍有 {count:,} 个点），浏览器打不开。请只画一部分范围或图层。"), count=made.places)
    title = sheet.title or _("生态环境分区管控图")
    return _html(made, view, title, sheet, on, _sources(read), screening, withheld)


# --- layers ----------------------------------------------------------------------------------------------------------


def _read(workspace: Any, record: Any, extent: Bounds | None, on: date) -> tuple[np.ndarray, list[dict[str, Any]]]:
    frame = workspace.read(record.name)
    if not len(frame):
        return np.empty(0, dtype=object), []
    frame = outlet_layers.with_states(workspace, record, frame, on=on)
    geometries = scene.to_lonlat(np.asarray(frame.geometry.array, dtype=object), CRS.from_user_input(record.crs))
    keep = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    if extent is not None:
        keep &= shapely.intersects(geometries, shapely.box(*extent))
    attributes = frame.drop(columns=frame.geometry.name).to_dict("records")
    return shapely.force_2d(geometries[keep]), [attributes[place] for place in np.flatnonzero(keep)]


def _bounds(groups: Sequence[np.ndarray]) -> Bounds:
    west, south, east, north = shapely.total_bounds(np.concatenate([group for group in groups if len(group)]))
    return float(west), float(south), float(east), float(north)


def _add_layer(made: _Page, record: Any, geometries: np.ndarray, attributes: list[dict[str, Any]], style: LayerStyle, *,
               shown: bool, note: str = "") -> None:
    import pandas as pd

    from layers.schema import feature_label
    from sanxian.messages import field_value_words, field_words, role_words
    from sanxian.reports.wording import plain

    role = role_words(record.role)
    numbers = style.class_numbers(pd.DataFrame(attributes, index=range(len(attributes))))
    shown_classes = np.array([symbol.shown for symbol in style.classes])
    geometries = geometries[shown_classes[numbers]]
    attributes = [attributes[place] for place in np.flatnonzero(shown_classes[numbers])]
    if not attributes:
        return
    used, place_of = np.unique(numbers[shown_classes[numbers]], return_inverse=True)
    symbols = [style.classes[number] for number in used]
    names = [name for name in attributes[0] if name != "fid" and any(_there(row.get(name)) for row in attributes)]

    def value(name: str, row: Mapping[str, Any]) -> int:
        found = row.get(name)
        if not _there(found):
            return 0
        text = plain(field_value_words(record.role, name, found))
        return made.word(text if len(text) <= TEXT_KEPT else f"{text[:TEXT_KEPT]}…")

    def label(row: Mapping[str, Any]) -> str:
        own = row.get(style.label_field) if style.label_field else None
        return plain(str(own) if _there(own) else feature_label(record.role, row))

    rows = [(int(number), label(row), plain(row.get("code") or row.get("id") or ""), [value(name, row) for name in names])
            for number, row in zip(place_of, attributes, strict=True)]
    note = note or (_("没有研判的项目，不等于符合。") if record.role == "project_site" else "")
    _add(made, role=record.role, note=note, title=_title(role, plain(record.name)), geometries=geometries, rows=rows,
         fields=[plain(field_words(record.role, name)) for name in names],
         symbols=[_look(record.role, symbol) for symbol in symbols], shown=shown, scales=style.scales)


def _there(value: Any) -> bool:
    return not (value is None or value != value or (isinstance(value, str) and not value.strip()))


def _title(role: str, name: str) -> str:
    return name if role in name else _("{role}〔{name}〕").format(role=role, name=name)


def _look(role: str, symbol: Symbol) -> dict[str, Any]:
    letter = symbol.letter or _LETTERS.get((role, symbol.value), "")
    return {
        "name": symbol.name(language()), "fill": symbol.fill, "opacity": symbol.fill_opacity, "outline": symbol.outline,
        "width": round(symbol.outline_width * _PX, 2), "dash": " ".join(f"{part * _PX:g}" for part in symbol.dash),
        "hatch": symbol.hatch, "marker": symbol.marker or "circle", "size": round(max(3.5, symbol.size * 0.62), 2),
        "letter": _(letter) if letter else "",
    }  # fmt: skip


def _add_projects(made: _Page, projects: Sequence[Any]) -> None:
    from sanxian.reports.wording import plain

    shown = [_shown(project) for project in projects]
    found = sorted(set(shown), key=_severity)
    symbols = [_site_look(key) for key in found]
    rows = [(found.index(key), plain(project.name or project.id), plain(project.id),
             [made.word(plain(project.id)), made.word(_shown_words(key)), made.word(_machine_words(project, key))])
            for project, key in zip(projects, shown, strict=True)]
    _add(made, role="project_site", title=_("项目用地（按研判结论）"), rows=rows, symbols=symbols,
         geometries=shapely.force_2d(np.array([project.lonlat for project in projects], dtype=object)),
         fields=[_("编号"), _("研判结论"), _("程序结论")], shown=True, note=" ".join(filter(None, (
             _("初筛结论，不代替行政许可。"),
             _("待重判的项目，研判之后所依据的有改动，原结论不再有效。") if OUTDATED in found else "",
             _("没有研判的项目，不等于符合。") if "" in found else ""))))


def _shown(project: Any) -> str:
    """What is shown of a project, as a key of ``styles.shown_style``; the window says it, else it is of a result that holds."""
    key = getattr(project, "shown", None)
    if key is not None:
        return str(key)
    reviewed = getattr(project, "reviewed_verdict", None)
    acting = reviewed is not None and any(one.acting for one in getattr(project, "overrides", ()))
    return shown_key(str(reviewed if acting else project.verdict), reviewed=acting)


def _shown_words(key: str) -> str:
    from sanxian.messages import verdict_words

    if not key:
        return _("未研判")
    if key == OUTDATED:
        return _("待重判")
    words = verdict_words(key.removesuffix(REVIEWED))
    return _("{verdict}（已复核）").format(verdict=words) if is_reviewed(key) else words


def _machine_words(project: Any, key: str) -> str:
    """The program's own verdict, where a person's decision acts beside it."""
    from sanxian.messages import verdict_words

    return verdict_words(str(project.verdict)) if is_reviewed(key) else ""


def _site_look(key: str) -> dict[str, Any]:
    """How a project is drawn; each kind has a sign, or none, and a line of its own."""
    look = {"name": _shown_words(key), "fill": NOT_JUDGED, "opacity": 0.1, "outline": NOT_JUDGED, "width": 2, "dash": "", "hatch": "",
            "marker": "square", "size": 5, "letter": ""}
    if not key:
        return look
    style, old = shown_style(key), key == OUTDATED
    return {**look, "fill": style.colour, "opacity": 0.0 if old else 0.25, "outline": style.colour, "width": 4,
            "dash": "6 4" if old else "14 4 3 4" if is_reviewed(key) else "", "hatch": style.hatch, "marker": "circle",
            "mark": style.mark, "text": style.text, **({"ring": 1} if is_reviewed(key) else {})}


def _severity(key: str) -> tuple[int, str]:
    """From the most severe on; what is to be judged again, and what was not judged, comes after all."""
    known, verdict = list(VERDICT_STYLES), key.removesuffix(REVIEWED)
    return len(known) + (not key) if not key or key == OUTDATED else known.index(verdict) if verdict in known else 1, key


def _stretches(workspace: Any, on: date) -> list[Any]:
    """Banks cut by whether they were surveyed; none where the workspace has no banks."""
    from sanxian.outlets.banks import read_banks, read_surveys, stretches

    if not workspace.by_role("river_bank"):
        return []
    return stretches(read_banks(workspace), read_surveys(workspace), on=on)


def _add_stretches(made: _Page, pieces: Sequence[Any], *, shown: bool) -> None:
    from sanxian.outlets.banks import SIDES
    from sanxian.reports.wording import plain

    known = [state for state in (True, False) if any(piece.surveyed is state for piece in pieces)]
    looks = {
        True: Symbol(True, "", "", "#1b7837", 0.0, "#1b7837", 3.2),
        False: Symbol(False, "", "", "#7b3294", 0.0, "#7b3294", 3.2, dash=(2, 4)),
    }
    names = {True: _("已排查"), False: _("未排查（情况未知）")}
    rows = []
    for piece in pieces:
        side = _(SIDES[piece.bank.side]) if piece.bank.side else ""
        words = (piece.bank.river, side, f"{piece.length_m / 1000:,.3f}", piece.on.isoformat() if piece.on else "")
        rows.append((known.index(piece.surveyed), plain(piece.bank.name), "", [made.word(plain(word)) for word in words]))
    _add(made, role="survey", title=_("岸线排查情况"), geometries=np.array([piece.lonlat for piece in pieces], dtype=object),
         rows=rows, fields=[_("河流"), _("岸别"), _("长度（公里）"), _("排查日期")],
         symbols=[{**_look("survey", looks[state]), "name": names[state]} for state in known], shown=shown,
         note=_("没有排查记录的岸段一律按未知画出，不等于没有排污口。"))


def _add_reaches(made: _Page, workspace: Any, on: date) -> None:
    """Reaches between sections by whether the section at their lower end met its target; nothing without any results."""
    from sanxian.outlets import water
    from sanxian.outlets.layers import REACH_WORDS
    from sanxian.reports.wording import plain

    frame = outlet_layers.reaches(water.load(workspace, on=on).reaches)
    states = frame["state"].tolist()
    if not set(states) - {"unknown"}:
        return
    looks = {
        "exceeds": Symbol("exceeds", "", "", "#d7191c", 0.0, "#d7191c", 15.0),
        "meets": Symbol("meets", "", "", "#74add1", 0.0, "#74add1", 9.0),
        "unknown": Symbol("unknown", "", "", "#8c8c8c", 0.0, "#8c8c8c", 3.0, dash=(1, 5)),
    }
    known = [state for state in looks if state in states]
    rows = []
    for row in frame.drop(columns="geometry").to_dict("records"):
        name = f"{row['upper'] or _('起点')} → {row['lower'] or _('止点')}"
        words = (row["river"], str(row["class"] or ""), str(row["target"] or ""), str(row["on"] or ""))
        rows.append((known.index(row["state"]), plain(name), "", [made.word(plain(word)) for word in words]))
    _add(made, role="reach", title=_("水质河段"), geometries=np.asarray(frame.geometry.array, dtype=object), rows=rows,
         fields=[_("河流"), _("类别"), _("目标"), _("依据的结果")],
         symbols=[{**_look("reach", looks[state]), "name": _(REACH_WORDS[state])} for state in known], shown=True,
         note=_("河段按其下游断面最近一次结果；没有结果的未知。"))


def _add(made: _Page, *, role: str, title: str, geometries: np.ndarray, rows: Sequence[tuple[int, str, str, list[int]]],
         fields: list[str], symbols: list[dict[str, Any]], shown: bool, note: str = "", scales: tuple[float, float] = (0.0, 0.0)) -> None:
    """One layer into the page: its borders as shared arcs, its words as numbers of words."""
    kinds = shapely.get_dimensions(geometries)
    cutting = arcs.cut(geometries, step=STEP, origin=made.origin, progress=made.step)
    made.step(len(geometries))
    places = int(shapely.get_num_coordinates(geometries[kinds == 2]).sum()) if (kinds == 2).any() else 0
    latitude = math.cos(math.radians(made.origin[1]))
    kept = max(VERTICES_KEPT, _OF_A_RING * sum(len(rings) for polygons in cutting.shapes for rings in polygons))
    tolerance, moved, lighter = 0.0, 0.0, cutting  # degrees
    while places > kept and tolerance < _COARSEST:
        tolerance = 2 * tolerance or _enough(cutting, kept / places, x_scale=latitude)
        lighter = arcs.thin(lighter, tolerance, x_scale=latitude, progress=made.step)
        moved += tolerance  # each round thins what the one before left, so the offsets add up
        places = _drawn(lighter)
    made.places += places
    made.step(len(geometries))
    features = []
    counts = [0] * len(symbols)
    for place, (geometry, (symbol, label, code, values)) in enumerate(zip(geometries, rows, strict=True)):
        if not place % 1000:
            made.step(min(1000, len(geometries)))
        kind = int(kinds[place])
        if kind == 2:
            drawn: Any = lighter.shapes[place]
        elif kind == 1:
            drawn = [_steps(part, made.origin) for part in shapely.get_parts(shapely.simplify(geometry, STEP * 5))
                     if part.geom_type == "LineString"]
        else:
            drawn = _steps(shapely.get_parts(geometry), made.origin)
        if not drawn:
            continue
        while values and not values[-1]:
            values = values[:-1]
        symbols[symbol]["kind"] = max(kind, symbols[symbol].get("kind", 0))
        counts[symbol] += 1
        anchor = [] if kind == 0 else _steps(_anchor(geometry, kind), made.origin)
        features.append([kind, symbol, made.word(label), made.word(code), drawn, values, anchor])
    for symbol, count in zip(symbols, counts, strict=True):
        symbol["count"] = count
        symbol.setdefault("kind", 2)
    metres = moved * scene.METRES_PER_DEGREE
    made.thinned_m = max(made.thinned_m, metres)
    if metres:
        note = " ".join(part for part in (note, _("边界为显示而简化，偏移不超过约 {metres:.0f} 米；判定和统计使用原始边界。").format(
            metres=metres)) if part)
    limits: dict[str, Any] = {}
    if any(scales):
        limits["scales"] = list(scales)
        note = " ".join(part for part in (note, _("{range}。").format(range=web_map.scale_words(scales))) if part)
    made.layers.append({
        "role": role, "title": title, "fields": fields, "symbols": symbols, "shown": shown, "note": note,
        "first": role in _SOUGHT_FIRST, "arcs": [_differences(arc) for arc in lighter.arcs], "features": features, **limits,
    })  # fmt: skip


def _enough(cutting: arcs.Arcs, share: float, *, x_scale: float) -> float:
    """Which tolerance in degrees, from 1 m up, leaves about that share of the vertices; by a sample of the borders."""
    sample = np.array([shapely.LineString(arc * (x_scale, 1.0)) for arc in cutting.arcs[:: max(1, len(cutting.arcs) // _SAMPLE)]])
    before, tolerance = shapely.get_num_coordinates(sample).sum(), 1e-5
    while tolerance < _COARSEST:
        left = shapely.get_num_coordinates(shapely.simplify(sample, tolerance / cutting.step, preserve_topology=False)).sum()
        if left <= share * before:
            break
        tolerance *= 1.25
    return tolerance


def _drawn(cutting: arcs.Arcs) -> int:
    """Vertices that the browser draws: of each shape, shared borders twice."""
    lengths = [len(arc) for arc in cutting.arcs]
    return sum(lengths[ref if ref >= 0 else ~ref] for polygons in cutting.shapes for rings in polygons for refs in rings for ref in refs)


def _anchor(geometry: Any, kind: int) -> Any:
    """A place on the shape for its sign."""
    if kind == 1:
        return shapely.line_interpolate_point(max(shapely.get_parts(geometry), key=lambda part: part.length), 0.5, normalized=True)
    largest = max(shapely.get_parts(geometry), key=lambda part: part.area)
    return shapely.point_on_surface(largest)


def _steps(geometry: Any, origin: tuple[float, float]) -> list[int]:
    xy = shapely.get_coordinates(geometry)
    grid = np.rint((xy - np.array(origin)) / STEP).astype(np.int64)
    if len(grid) > 1:
        moved = np.r_[True, (grid[1:] != grid[:-1]).any(axis=1)]
        moved[-1] = True
        grid = grid[moved]
    return _differences(grid)


def _differences(grid: np.ndarray) -> list[int]:
    """The first place, then how far each is from the one before: x, y, dx, dy and so on."""
    return np.diff(grid, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel().tolist()


def _sources(read: Sequence[tuple[Any, Any, Any]]) -> list[tuple[str, str, str, str]]:
    from sanxian.reports.wording import plain

    stated = _("未注明")
    return [(plain(record.name), plain(record.version or stated), plain(record.data_date or stated),
             stated if record.accuracy_m is None else f"{record.accuracy_m:g} m") for record, *_rest in reversed(read)]


# --- the page --------------------------------------------------------------------------------------------------------


def _words() -> dict[str, str]:
    return {
        "count": _("{n} 个"), "found": _("找到 {n} 个要素"), "foundMany": _("找到 {n} 个要素，列出前 50 个"), "popup": _("要素属性"),
        "more": _("此处另有 {n} 个要素"), "length": _("总长 {m}"), "around": _("周长 {m}"),
        "area": _("面积 {m2} m² = {ha} 公顷 = {mu} 亩 = {km2} km²"),
        "measureHint": _("在地图上逐点单击；用键盘时移动地图，按回车在中心加点，退格删去一点。"), "zoomIn": _("放大"), "zoomOut": _("缩小"),
        "mapName": _("地图。方向键移动，加减键缩放，回车查看中心处的要素。"), "scale": _("比例尺约 1:{n}（按 A4 横向打印）"),
    }  # fmt: skip


def _html(made: _Page, view: Bounds, title: str, sheet: Sheet, on: date, sources: Sequence[tuple[str, ...]], screening: Any,
          withheld: int) -> str:
    from sanxian.reports.wording import plain

    def e(text: Any) -> str:
        return escape(plain(text))

    west, south, east, north = view
    data = {
        "origin": made.origin, "step": STEP, "view": [[round(south, 6), round(west, 6)], [round(north, 6), round(east, 6)]],
        "words": _words(), "strings": list(made.strings), "layers": made.layers,
    }  # fmt: skip
    chart_body, chart_script = _folium(view)
    program = _asset("web_page.js")
    scripts = [assets.leaflet_script().replace("</script", "<\\/script"), chart_script, program]
    styles = [assets.leaflet_style(), _asset("web_page.css")]
    day = _("日期：{day}").format(day=on.isoformat())
    imprint = [
        day, *(text.format(value=e(value)) for text, value in (
            (_("制图单位：{value}"), sheet.maker), (_("审图号：{value}"), sheet.approval), (_("密级：{value}"), sheet.secrecy)) if value),
    ]  # fmt: skip
    notes = [_("坐标系：2000 国家大地坐标系（CGCS2000）经纬度；屏幕按墨卡托投影显示，不含底图。"),
             _("屏幕量测在 CGCS2000 椭球面上计算（长度：大地线；面积：经纬度折线围成的椭球面面积），仅供参考。")]
    if made.thinned_m:
        notes.append(_("部分图层的边界为显示而简化，见图例说明。"))
    if withheld:
        notes.append(_("另有 {count} 个图层密级为秘密以上，没有画在网页地图上。").format(count=withheld))
    if screening is not None:
        notes.append(_("项目颜色为 {day} 的研判结论，属初筛，不代替行政许可。").format(day=screening.on.isoformat()))
    heads = (_("图层"), _("版本"), _("现势日期"), _("精度"))
    table = "".join("<tr>" + "".join(f"<td>{e(cell)}</td>" for cell in row) + "</tr>" for row in sources)
    listed = _("；").join(_("{name}（{version}，{day}）").format(name=e(name), version=e(version), day=e(dated))
                          for name, version, dated, _accuracy in sources[:6])
    if len(sources) > 6:
        listed += _("；等 {count} 个图层").format(count=len(sources))
    buttons = (f'<button type="button" class="to-fit">{e(_("全图"))}</button>'
               f'<button type="button" class="to-sheet" aria-pressed="false">{e(_("图幅样式"))}</button>'
               f'<button type="button" class="to-print">{e(_("打印"))}</button>')
    policy = (f"default-src 'none'; script-src {_digests(scripts)}; style-src {_digests(styles)}; img-src data:; "
              "base-uri 'none'; form-action 'none'")
    parts = [
        f'<!DOCTYPE html>\n<html lang="{"en" if language() == "en" else "zh-CN"}">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{e(title)}</title>", *(f"<style>{text}</style>" for text in styles), "</head>\n<body>",
        f'<a class="skip" href="#search">{e(_("跳到查找"))}</a>\n<div id="page">',
        f'<header><h1>{e(title)}</h1><p class="sub">{_(" · ").join(imprint)}</p><div class="row">{buttons}</div></header>',
        f'<main id="frame">{chart_body}<svg id="north" width="34" height="46" viewBox="0 0 34 46" role="img" '
        f'aria-label="{e(_("上方为北"))}"><path d="M17,14 L26,44 L17,37 L8,44 Z" fill="#fff" stroke="#000"/>'
        f'<path d="M17,14 L17,37 L8,44 Z"/><text x="17" y="11" text-anchor="middle" font-size="12" font-weight="700">N</text></svg></main>',
        f'<aside id="panel" aria-label="{e(_("查找、图层和量测"))}">',
        f'<section id="find"><h2><label for="search">{e(_("查找"))}</label></h2>'
        f'<input type="search" id="search" role="combobox" aria-expanded="false" aria-controls="found" aria-autocomplete="list" '
        f'autocomplete="off" placeholder="{e(_("单元、项目、排污口的名称或编码"))}">'
        f'<p class="said" id="found-said" aria-live="polite"></p>'
        f'<ul id="found" role="listbox" aria-label="{e(_("查找结果"))}"></ul></section>',
        f'<section id="measure"><h2>{e(_("量测"))}</h2><div class="row">'
        f'<button type="button" id="measure-length" aria-pressed="false">{e(_("量距离"))}</button>'
        f'<button type="button" id="measure-area" aria-pressed="false">{e(_("量面积"))}</button>'
        f'<button type="button" id="measure-back">{e(_("退一点"))}</button>'
        f'<button type="button" id="measure-clear">{e(_("清除"))}</button></div><p id="result" aria-live="polite"></p></section>',
        f'<section id="layers"><h2>{e(_("图层与图例"))}</h2><div class="row">'
        f'<button type="button" id="all">{e(_("全部显示"))}</button><button type="button" id="none">{e(_("全部隐藏"))}</button></div>'
        f'<div id="legend"></div><fieldset class="layer"><label><input type="checkbox" id="grid"><span>{e(_("经纬网"))}</span></label>'
        "</fieldset></section>",
        f'<section id="data"><h2>{e(_("数据与说明"))}</h2>' + "".join(f'<p class="said">{e(note)}</p>' for note in notes)
        + f'<table id="sources"><thead><tr>{"".join(f"<th>{e(head)}</th>" for head in heads)}</tr></thead><tbody>{table}</tbody></table>'
        "</section></aside>",
        '<footer id="foot"><div><p id="scale"></p>' + "".join(f"<p>{e(note)}</p>" for note in notes) + "</div>"
        f"<div><p>{e(_('数据：'))}{listed}</p><p>{_(' · ').join(imprint)}</p></div></footer>",
        f'<nav id="bar" aria-label="{e(_("工具"))}"><button type="button" data-open="find">{e(_("查找"))}</button>'
        f'<button type="button" data-open="layers">{e(_("图层"))}</button><button type="button" data-open="measure">{e(_("量测"))}</button>'
        f'<button type="button" class="to-sheet" aria-pressed="false">{e(_("图幅"))}</button></nav></div>',
        f'<div id="leave"><button type="button" class="to-fit">{e(_("全图"))}</button>'
        f'<button type="button" class="to-sheet" aria-pressed="true">{e(_("退出图幅"))}</button>'
        f'<button type="button" class="to-print">{e(_("打印"))}</button></div>',
        f'<script type="application/json" id="map-data">{_data(data)}</script>',
        *(f"<script>{text}</script>" for text in scripts), "</body>\n</html>\n",
    ]  # fmt: skip
    return "\n".join(parts)


def _folium(view: Bounds) -> tuple[str, str]:
    """Folium's map: the element that holds it, and the program that makes it and hands it on."""
    west, south, east, north = view
    chart = folium.Map(location=[(south + north) / 2, (west + east) / 2], tiles=None, width="100%", height="100%", control_scale=False)
    chart.options["maxZoom"] = web_map.MAX_ZOOM
    chart.options["zoomSnap"] = 0.25
    chart.default_js = [("leaflet", "leaflet.js")]
    chart.default_css = [("leaflet_css", "leaflet.css")]
    figure = chart.get_root()
    figure.render()
    body, script = web_map._settle(figure, figure.html.render(), figure.script.render())
    name = body.split('id="')[1].split('"')[0]
    return body, f"{script}\nwindow.sanxianMap = {name};\n"


def _asset(name: str) -> str:
    return (resources.files("sanxian.mapping") / name).read_text(encoding="utf-8")


def _digests(texts: Sequence[str]) -> str:
    """The sources that a security policy allows, by digest."""
    return " ".join("'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'" for text in texts)


def _data(data: Any) -> str:
    """JSON that no browser takes for an end of its element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text

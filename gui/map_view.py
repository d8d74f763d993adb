"""Between the session and the map: layers and projects to the canvas, what the hand did on it back to the session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from gui.canvas.geodesy import metres_per_unit
from gui.canvas.scene import Picked
from gui.passing import Passing
from gui.session import LayerView, Session, Site
from sanxian.i18n import _

FEW = 500  # projects that are looked up one by one
SHAPING = ("cut", "pierce", "extend", "select_polygon", "select_radius")  # sketches that make no new project


class MapView(QObject):
    """Keeps the canvas as the session is.

    Signals:
        drawn: A finished sketch and its CRS.
        shaped: A finished sketch that changes the current site: the tool, the sketch and its CRS.
        edited: The current site was put down (in its own CRS).
        identified: Features (``Picked``: layer key, row) and the place of the click.
        selected: Features that are selected on the map (``Picked``: layer key, row).
        overlayHit: What is no layer was clicked: its key and rows of it.
    """

    drawn = pyqtSignal(object, str)
    identified = pyqtSignal(object, object)
    overlayHit = pyqtSignal(str, list)
    selected = pyqtSignal(object)
    shaped = pyqtSignal(str, object, str)
    edited = pyqtSignal(object)

    def __init__(self, session: Session, engine: Any, canvas: Any, make_layer: Callable[..., Any], passing: Passing,
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._passing = passing
        self._session, self._engine, self.canvas, self._make_layer = session, engine, canvas, make_layer
        self._map_layers: dict[str, Any] = {}
        self._rows: dict[str, Any] = {}  # of a filtered layer: its frame, and which row of that each row on the map is
        self._overlays: dict[str, Any] = {}
        self._placed: dict[tuple[int, str, str], tuple[Any, Any]] = {}  # outlines of projects, as they are and on the map
        self._shown: dict[int, tuple[str, Any, str]] = {}  # what the canvas has of each project, by its ``id()``
        self._shown_in = ""  # the CRS of these
        self._place: tuple[float, float, float, float] | None = None
        self._putting = False
        self.moved: Any = None  # the current project where it is being dragged to, while its verdict there is shown
        session.opened.connect(self._opened)
        session.rekeyed.connect(self._rekeyed)
        session.layersChanged.connect(self.show_layers)
        session.readingChanged.connect(canvas.set_reading)
        session.layerLooked.connect(self.show_layer)
        passing.found.connect(self.show_layer)
        session.previewed.connect(self.show_layer)
        session.sitesChanged.connect(self.show_sites)
        session.siteChanged.connect(lambda one: self._show_some([one]))
        session.resultsChanged.connect(self._show_some)
        session.currentChanged.connect(lambda _id: self._show_current())
        canvas.cursorMoved.connect(self._moved)
        canvas.sketchFinished.connect(self._sketched)
        canvas.siteMoved.connect(self._edited)
        canvas.identified.connect(self._identified)
        canvas.selectionChanged.connect(self._selected)
        self.show_layers()
        self.show_sites()

    @property
    def crs(self) -> str:
        """The CRS of the map."""
        return f"EPSG:{self.canvas.crs}"

    def _opened(self) -> None:
        self._map_layers.clear()
        self._rows.clear()
        self._overlays.clear()
        self.canvas.forget()
        self.canvas.clear_highlight()
        self.canvas.start_anew()
        self.show_layers()
        self.show_sites()

    def _moved(self, lon: float, lat: float, x: float, y: float) -> None:
        self._place = (lon, lat, x, y)

    # -- to the map ------------------------------------------------------------------------------------------------
    def show_layers(self) -> None:
        """Give the canvas the layers, top first; those not yet read come when they are."""
        layers = self._session.layers
        # The map chooses its zone and extent by what it is first given: features, where there are any to come.
        early = any(one.frame is None and one.raster is None and not one.error for one in layers) and not any(
            one.frame is not None for one in layers)
        there = [self._map_layer(layer) for layer in layers
                 if layer.frame is not None or (layer.raster is not None and not layer.error and not early)]
        shown = [one for one in there if one is not None]
        kept = {layer.key for layer in self._session.layers}
        self._map_layers = {key: one for key, one in self._map_layers.items() if key in kept}
        self.canvas.set_layers([*self._overlays.values(), *shown])

    def _rekeyed(self, names: dict[str, str]) -> None:
        """What is drawn, filtered and selected is so of the layers that it was of."""
        def now(known: dict[str, Any]) -> dict[str, Any]:
            return {names.get(key, key): one for key, one in known.items()}

        self._map_layers, self._rows = now(self._map_layers), now(self._rows)
        for key, one in self._map_layers.items():
            one.id = key
        self._putting = True
        try:
            self.canvas.set_selection(Picked(now(Picked.of(self.canvas.selection()).rows)))
        finally:
            self._putting = False

    def set_overlay(self, key: str, frame: Any, style: Any, name: str = "") -> None:
        """Draw something over every layer that is no layer of the workspace; ``None`` takes it away."""
        if frame is None or not len(frame):
            if self._overlays.pop(key, None) is None:
                return
        else:
            self._overlays[key] = self._make_layer(id=key, name=name, role="", frame=frame, visible=True, opacity=1.0,
                                                   style=style, labels=False, overlay=True)
        self.show_layers()

    def set_overlays(self, group: str, layers: list[Any]) -> None:
        """Layers of a part of the window, top first, instead of those whose ids began with ``group`` before."""
        self._overlays = {key: one for key, one in self._overlays.items() if not key.startswith(group)}
        for one in layers:
            one.overlay = True
        self._overlays |= {one.id: one for one in layers}
        self.show_layers()

    def overlays(self) -> dict[str, Any]:
        """What is drawn over the layers, by key."""
        return dict(self._overlays)

    def _frame(self, layer: LayerView) -> Any:
        """What of a layer's features the map shows; ``None`` where nobody knows yet."""
        if layer.filter is None or layer.frame is None:
            self._rows.pop(layer.key, None)
            return layer.frame
        passed = self._passing.rows(layer)
        known, on_map = self._rows.get(layer.key), self._map_layers.get(layer.key)
        if passed is not None:
            if known is None or known[0] is not layer.frame or known[2] is not passed[1]:
                self._rows[layer.key] = (layer.frame, *passed)
            return passed[1]
        if known is not None and known[0] is layer.frame:  # what another filter let pass, until this one is known
            return known[2]
        self._rows.pop(layer.key, None)
        return layer.frame if on_map is not None and on_map.frame is layer.frame else None

    def of_frame(self, hits: Iterable[tuple[str, int]]) -> Picked:
        """Features that the canvas names, by their rows in the layers' own frames; overlays are left out."""
        found = {}
        for key, rows in Picked.of(hits).rows.items():
            known = self._rows.get(key)
            if key not in self._overlays:
                found[key] = rows if known is None else known[1][rows[rows < len(known[1])]]
        return Picked(found)

    def on_canvas(self, hits: Iterable[tuple[str, int]]) -> Picked:
        """The other way round: features as the canvas counts them; those that a filter hides are left out."""
        found = {}
        for key, rows in Picked.of(hits).rows.items():
            known = self._rows.get(key)
            found[key] = rows if known is None else np.flatnonzero(np.isin(known[1], rows))
        return Picked(found)

    def select(self, hits: Iterable[tuple[str, int]]) -> None:
        """Select rows of frames on the map; the project under the pointer has nothing to do with it."""
        self._putting = True
        try:
            self.canvas.set_selection(self.on_canvas(hits))
        finally:
            self._putting = False

    def select_of(self, key: str, rows: Any) -> None:
        """Select rows of one layer's frame and leave what is selected of the others."""
        self.select(self.selection().without(key) | Picked({key: rows}))

    def selection(self) -> Picked:
        """What is selected on the map, by rows of frames."""
        return self.of_frame(self.canvas.selection())

    def show_layer(self, key: str) -> None:
        """Draw again after one layer changed its look, or came to have features."""
        layer = self._session.layer(key)
        if layer is None or (layer.frame is None and layer.raster is None):
            return
        known, rows, selected = self._map_layers.get(key), self._rows.get(key), self.selection()
        if known is not None and self._map_layer(layer) is known:
            self.canvas.refresh()
        else:
            self.show_layers()
        if self._rows.get(key) is not rows and len(selected.of_layer(key)):
            self.select(selected)  # the canvas counts the features that a filter lets through

    def _map_layer(self, layer: LayerView) -> Any:
        from gui.canvas.raster import placed

        style = self._session.previews.get(layer.key) or self._engine.style(layer.role, layer.colour, layer.style)
        one, former = self._map_layers.get(layer.key), self._rows.get(layer.key)
        frame = self._frame(layer)
        if frame is None and layer.raster is None:
            return None
        if one is not None and one.frame is not frame and layer.edited is not None and hasattr(one, "set_values"):
            known = self._rows.get(layer.key)
            same = one.frame is layer.edited[0] if known is None else (
                former is not None and one.frame is former[2] and former[0] is layer.edited[0]
                and np.array_equal(former[1], known[1]))
            if same:
                one.set_values(frame)
        raster = placed(layer)
        if one is None or one.frame is not frame or one.raster != raster:  # a raster's file may have other bounds too
            one = self._make_layer(id=layer.key, name=layer.name, role=layer.role, frame=frame, visible=layer.visible,
                                   opacity=layer.opacity, style=style, raster=raster)
            self._map_layers[layer.key] = one
        one.name, one.visible, one.opacity, one.style = layer.name, layer.visible, layer.opacity, style
        return one

    def show_sites(self) -> None:
        """Give the canvas the projects with their verdicts."""
        known, self._placed, crs = self._placed, {}, self.crs
        there = _with_place(self._session.sites)
        self._placed = {key: known[key] for site in there if (key := (id(site.geometry), site.crs, crs)) in known}
        self._shown, self._shown_in = self._ready(there), crs
        self.canvas.set_sites(list(self._shown.values()))
        self._show_current()

    def _show_some(self, changed: Sequence[str]) -> None:
        """Do so where no more than these may be others than they were: of many projects most stay as they are."""
        some = _with_place([site for site in map(self._session.site, changed[:FEW]) if site is not None])
        if len(some) < len(changed) or self._shown_in != self.crs or not all(id(site) in self._shown for site in some):
            self.show_sites()
            return
        self._shown.update(self._ready(some))
        self.canvas.set_sites(list(self._shown.values()))
        self._show_current()

    def _ready(self, sites: Iterable[Site]) -> dict[int, tuple[str, Any, str]]:
        """What the canvas is given of projects, by ``id()``: name, outline in the CRS of the map, key of the look."""
        crs = self.crs
        elsewhere: dict[str, list[Any]] = {}
        for site in sites:
            if site.crs != crs and (id(site.geometry), site.crs, crs) not in self._placed:
                elsewhere.setdefault(site.crs, []).append(site.geometry)
        for source, some in elsewhere.items():  # together: one by one thousands take seconds
            for geometry, placed in zip(some, self._engine.transform_all(some, source, crs), strict=True):
                self._placed[id(geometry), source, crs] = geometry, placed  # while it is kept nothing else has its id
        return {id(site): (site.id, site.geometry if site.crs == crs else self._placed[id(site.geometry), site.crs, crs][1], site.shown)
                for site in sites}

    def _show_current(self) -> None:
        current = self._session.current
        self.canvas.set_site_crs(current.crs if current is not None else None, self._session.crs_of_new(self.crs))
        self.canvas.set_current_site(self._session.current_id or None)

    def on_map(self, site: Site) -> Any:
        """A project's outline in the CRS of the map."""
        return self._engine.transform(site.geometry, site.crs, self.crs)

    def zoom_to_site(self, site_id: str) -> None:
        """Show a project with room around it."""
        site = self._session.site(site_id)
        if site is None or site.geometry is None or site.geometry.is_empty:
            return
        left, bottom, right, top = self.on_map(site).bounds
        room = max(right - left, top - bottom, 200.0)
        self.canvas.zoom_to((left - room, bottom - room, right + room, top + room))

    def feature(self, key: str, row: int) -> Any:
        """A feature in the CRS of the map, or ``None``."""
        layer = self._session.layer(key)
        if layer is None or layer.frame is None or row >= len(layer.frame) or layer.frame.crs is None:
            return None
        return self._engine.transform(layer.frame.geometry.iloc[row], layer.frame.crs.to_string(), self.crs)

    def highlight_feature(self, key: str, row: int) -> object:
        """Show one feature; gives what is shown, as the canvas does."""
        geometry = self.feature(key, row)
        return self.canvas.highlight([geometry]) if geometry is not None else None

    def zoom_to_feature(self, key: str, row: int) -> object:
        """Show one feature and go there; gives what is shown."""
        geometry = self.feature(key, row)
        if geometry is not None:
            left, bottom, right, top = geometry.bounds
            room = max(right - left, top - bottom, 100.0 / self._metres(left, bottom)) * 0.5
            shown = self.canvas.highlight([geometry])
            self.canvas.zoom_to((left - room, bottom - room, right + room, top + room))
            return shown
        return None

    def zoom_to_features(self, key: str, rows: Any) -> None:
        """Show all of these features of a layer, with room around them."""
        from shapely import box, total_bounds

        layer = self._session.layer(key)
        if layer is None or layer.frame is None or layer.frame.crs is None:
            return
        bounds = total_bounds(layer.frame.geometry.to_numpy()[rows])
        if not np.isfinite(bounds).all():  # none of them has a place
            return
        self.canvas.zoom_to(self._engine.transform(box(*bounds), layer.frame.crs.to_string(), self.crs).bounds)

    def highlight_shapes(self, shapes: list[Any], label: str | None = None) -> None:
        """Highlight these (EPSG:4490)."""
        moved = [self._engine.transform(shape, "EPSG:4490", self.crs) for shape in shapes]
        self.canvas.highlight(moved, label)

    def zoom_to_shapes(self, shapes: list[Any]) -> None:
        """Show all of these (EPSG:4490) with room around them."""
        from shapely import total_bounds

        moved = [self._engine.transform(shape, "EPSG:4490", self.crs) for shape in shapes]
        left, bottom, right, top = total_bounds(moved)
        room = max(right - left, top - bottom, 400.0 / self._metres(left, bottom)) * 0.1
        self.canvas.zoom_to((left - room, bottom - room, right + room, top + room))

    def _metres(self, x: float, y: float) -> float:
        """Metres in a unit of the map there, which is a degree on some maps."""
        return metres_per_unit(self.crs, x, y)

    # -- evidence --------------------------------------------------------------------------------------------------
    def show_outcome(self, outcome: Any) -> None:
        """Show what an outcome stands on; nothing for ``None``."""
        self.show_evidence(() if outcome is None else outcome.evidence)

    def show_evidence(self, evidence: Any) -> None:
        """Show features by their row ids, and the line along which a distance was measured."""
        site = self.moved if self.moved is not None else self._session.current
        geometries: list[Any] = []
        nearest: tuple[float, Any] | None = None
        for one in evidence:
            geometry = self._evidence_geometry(one)
            if geometry is None:
                continue
            geometries.append(geometry)
            if one.distance_m and (nearest is None or one.distance_m < nearest[0]):
                nearest = (one.distance_m, geometry)
        if not geometries:
            self.canvas.clear_highlight()
            return
        label = None
        if site is not None and site.obsolete:
            # A line from where the site is now, with the distance from where it was, would be measured by nobody.
            label = _("待重判") if nearest is None else _("待重判，此前 {distance}").format(distance=f"{nearest[0]:,.1f} m")
        elif nearest is not None and site is not None and site.geometry is not None:
            from shapely import shortest_line

            # The nearest decides, and its label is the very number that was judged, not one measured on the map.
            geometries.append(shortest_line(self.on_map(site), nearest[1]))
            label = f"{nearest[0]:,.1f} m"
        self.canvas.highlight(geometries, label)

    def _evidence_geometry(self, one: Any) -> Any:
        if one.feature_id is None:
            return None
        candidates: list[tuple[bool, str, int]] = []
        for layer in self._session.layers:
            if layer.role != one.layer or layer.frame is None or "fid" not in layer.frame.columns:
                continue
            for row in (layer.frame["fid"] == one.feature_id).to_numpy().nonzero()[0]:
                attributes = layer.frame.iloc[int(row)].to_dict()
                # Two layers of one role count their rows apart, so the name decides between them.
                candidates.append((self._engine.label(layer.role, attributes) != one.feature, layer.key, int(row)))
        if not candidates:
            return None
        _other, key, row = min(candidates, key=lambda item: item[0])
        return self.feature(key, row)

    def _sketched(self, geometry: Any) -> None:
        tool = self.canvas.tool
        if tool in SHAPING:
            self.shaped.emit(tool, geometry, self.crs)
        else:
            self.drawn.emit(geometry, self.crs)

    # -- from the map ----------------------------------------------------------------------------------------------
    def _edited(self, geometry: Any) -> None:
        site = self._session.current
        if site is not None:
            # It stays in its own CRS, so that what is measured and judged now is what is saved.
            kept = self._engine.transform(geometry, self.crs, site.crs)
            self._session.set_geometry(site.id, kept, site.crs)
            self.edited.emit(kept)

    def _select(self) -> None:
        if found := self.site_at_place():
            self._session.set_current(found)

    def _selected(self, hits: Iterable[tuple[str, int]]) -> None:
        if not self._putting:
            self._select()
        self.selected.emit(self.of_frame(hits))

    def _identified(self, hits: Iterable[tuple[str, int]]) -> None:
        hits = Picked.of(hits)
        self.identified.emit(self.of_frame(hits), self._place)
        for key in self._overlays:
            if len(rows := hits.of_layer(key)):
                self.overlayHit.emit(key, rows.tolist())
        self._select()

    def site_at_place(self) -> str:
        """The project under the last place of the pointer, the smallest if several; '' for none."""
        if self._place is None:
            return ""
        from shapely import Point

        reach = self.canvas.scale() * 0.0015  # about 1.5 mm on the screen
        point = Point(self._place[2], self._place[3]).buffer(reach)
        hits = []
        for site in self._session.sites:
            if site.geometry is not None and not site.geometry.is_empty:
                geometry = self.on_map(site)
                if geometry.intersects(point):
                    hits.append((geometry.area, site.id))
        return min(hits)[1] if hits else ""


def _with_place(sites: Sequence[Site]) -> list[Site]:
    """Those of some projects that have an outline."""
    from shapely import is_empty, is_missing

    shapes = np.empty(len(sites), dtype=object)
    shapes[:] = [site.geometry for site in sites]
    return [sites[at] for at in np.flatnonzero(~(is_missing(shapes) | is_empty(shapes))).tolist()]

"""Between the session and the map: layers and projects to the canvas, what the hand did on it back to the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from gui.session import LayerView, Session, Site

SHAPING = ("cut", "pierce", "extend")


class MapView(QObject):
    """Keeps the canvas as the session is.

    Signals:
        drawn: A finished sketch and its CRS.
        shaped: A finished sketch that changes the current site: the tool, the sketch and its CRS.
        edited: The current site was put down (CRS of the map).
        identified: Features (layer key, row) and the place of the click.
    """

    drawn = pyqtSignal(object, str)
    identified = pyqtSignal(list, object)
    shaped = pyqtSignal(str, object, str)
    edited = pyqtSignal(object)

    def __init__(self, session: Session, engine: Any, canvas: Any, make_layer: Callable[..., Any],
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._engine, self.canvas, self._make_layer = session, engine, canvas, make_layer
        self._map_layers: dict[str, Any] = {}
        self._place: tuple[float, float, float, float] | None = None
        self._overlays: list[Any] = []
        session.opened.connect(self._opened)
        session.layersChanged.connect(self.show_layers)
        session.layerLooked.connect(self.show_layer)
        session.sitesChanged.connect(self.show_sites)
        session.siteChanged.connect(lambda _id: self.show_sites())
        session.resultsChanged.connect(lambda _ids: self.show_sites())
        session.currentChanged.connect(lambda site_id: canvas.set_current_site(site_id or None))
        canvas.cursorMoved.connect(self._moved)
        canvas.sketchFinished.connect(self._sketched)
        canvas.siteMoved.connect(self._edited)
        canvas.identified.connect(self._identified)
        canvas.selectionChanged.connect(lambda _features: self._select())
        self.show_layers()
        self.show_sites()

    @property
    def crs(self) -> str:
        """The CRS of the map."""
        return f"EPSG:{self.canvas.crs}"

    def _opened(self) -> None:
        self._map_layers.clear()
        self._overlays = []
        self.canvas.clear_highlight()
        self.show_layers()
        self.show_sites()

    def _moved(self, lon: float, lat: float, x: float, y: float) -> None:
        self._place = (lon, lat, x, y)

    # -- to the map ------------------------------------------------------------------------------------------------
    def show_layers(self) -> None:
        """Give the canvas the layers, top first; those not yet read come when they are."""
        shown = [self._map_layer(layer) for layer in self._session.layers if layer.frame is not None]
        kept = {layer.key for layer in self._session.layers}
        self._map_layers = {key: one for key, one in self._map_layers.items() if key in kept}
        self.canvas.set_layers([*self._overlays, *shown])

    def set_overlays(self, layers: list[Any]) -> None:
        """Layers of a part of the window, drawn above those of the workspace; none takes them away."""
        self._overlays = list(layers)
        self.show_layers()

    def show_layer(self, key: str) -> None:
        """Draw again after one layer changed its look, or came to have features."""
        layer = self._session.layer(key)
        if layer is None or layer.frame is None:
            return
        known = key in self._map_layers
        self._map_layer(layer)
        if known:
            self.canvas.refresh()
        else:
            self.show_layers()

    def _map_layer(self, layer: LayerView) -> Any:
        style = self._engine.style(layer.role, layer.colour)
        one = self._map_layers.get(layer.key)
        if one is None or one.frame is not layer.frame:
            one = self._make_layer(id=layer.key, name=layer.name, role=layer.role, frame=layer.frame,
                                   visible=layer.visible, opacity=layer.opacity, style=style)
            self._map_layers[layer.key] = one
        one.name, one.visible, one.opacity, one.style = layer.name, layer.visible, layer.opacity, style
        return one

    def show_sites(self) -> None:
        """Give the canvas the projects with their verdicts."""
        self.canvas.set_sites([
            (site.id, self.on_map(site), site.verdict or "")
            for site in self._session.sites if site.geometry is not None and not site.geometry.is_empty
        ])
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

    def highlight_feature(self, key: str, row: int) -> None:
        """Show one feature."""
        geometry = self.feature(key, row)
        if geometry is not None:
            self.canvas.highlight([geometry])

    def zoom_to_feature(self, key: str, row: int) -> None:
        """Show one feature and go there."""
        geometry = self.feature(key, row)
        if geometry is not None:
            left, bottom, right, top = geometry.bounds
            room = max(right - left, top - bottom, 100.0) * 0.5
            self.canvas.highlight([geometry])
            self.canvas.zoom_to((left - room, bottom - room, right + room, top + room))

    def highlight_shapes(self, shapes: list[Any], label: str | None = None) -> None:
        """Highlight these (EPSG:4490)."""
        moved = [self._engine.transform(shape, "EPSG:4490", self.crs) for shape in shapes]
        self.canvas.highlight(moved, label)

    def zoom_to_shapes(self, shapes: list[Any]) -> None:
        """Show all of these (EPSG:4490) with room around them."""
        from shapely import total_bounds

        moved = [self._engine.transform(shape, "EPSG:4490", self.crs) for shape in shapes]
        left, bottom, right, top = total_bounds(moved)
        room = max(right - left, top - bottom, 400.0) * 0.1
        self.canvas.zoom_to((left - room, bottom - room, right + room, top + room))

    # -- evidence --------------------------------------------------------------------------------------------------
    def show_outcome(self, outcome: Any) -> None:
        """Show what an outcome stands on; nothing for ``None``."""
        self.show_evidence(() if outcome is None else outcome.evidence)

    def show_evidence(self, evidence: Any) -> None:
        """Show features by their row ids, and the line along which a distance was measured."""
        site = self._session.current
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
        if nearest is not None and site is not None and site.geometry is not None:
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
            self._session.set_geometry(site.id, geometry, self.crs)
            self.edited.emit(geometry)

    def _select(self) -> None:
        if found := self.site_at_place():
            self._session.set_current(found)

    def _identified(self, hits: list[tuple[str, int]]) -> None:
        self.identified.emit(list(hits), self._place)
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

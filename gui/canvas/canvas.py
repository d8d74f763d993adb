"""The map widget. Everything the window may call is on ``MapCanvas``; how it draws is in ``paint`` and ``render``."""

from __future__ import annotations

import atexit
import dataclasses
import time
import weakref
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import cast

import numpy as np
import shapely
from PyQt5.QtCore import (
    QCoreApplication,
    QElapsedTimer,
    QEvent,
    QEventLoop,
    QPoint,
    QPointF,
    QRectF,
    Qt,
    QTimer,
    pyqtSignal,
)
from PyQt5.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PyQt5.QtWidgets import QSizePolicy, QWidget
from shapely.geometry.base import BaseGeometry

from gui.canvas import overlay
from gui.canvas.cross import ARROWS, Cross
from gui.canvas.geodesy import (
    DEFAULT_CRS,
    LONLAT,
    crs_key,
    metres_per_unit,
    named_crs,
    transform,
    transform_bounds,
    transform_geometry,
    transformer,
    zone_of,
)
from gui.canvas.paint import Extras, Job, LayerShot, Swipe
from gui.canvas.prepare import Cache
from gui.canvas.render import Bridge, Renderer, features_in
from gui.canvas.scene import MapLayer, Picked, View
from gui.canvas.snap import Corners
from gui.canvas.symbols import classify, style_for
from gui.canvas.tools import TOOLS as TOOL_CLASSES
from gui.canvas.tools import Edit, Sketch, Tool, ZoomBox
from gui.measures import UNITS
from sanxian.i18n import _
from spatial.crs import CrsError
from spatial.measure import area_m2, length_m

TOOLS = tuple(TOOL_CLASSES)
Bounds = tuple[float, float, float, float]

_BACKGROUND = QColor("#ffffff")
_LONLAT = crs_key(LONLAT)
_WHEEL_STEP = 1.5
_ZOOM_STEP = 2.0
_SETTLE_MS = 120
_SNAP_PIXELS = 10
_SNAP_FEATURES = 60
_HISTORY = 100
_START = (117.0, 28.5)


_SHIFTING = ("select", "select_radius")  # tools to which Shift says something; with the others it drags a box to be shown


class MapCanvas(QWidget):
    """The map. Drawing happens in another thread; no method here waits for it but ``wait_idle`` and ``grab_image``.

    Signals:
        cursorMoved: lon, lat (degrees, EPSG:4490), x, y (canvas CRS).
        placeLost: The map moved while the pointer is elsewhere, so where it was last says nothing any more.
        viewChanged: Scale denominator, extent (left, bottom, right, top in the canvas CRS).
        identified: ``Picked``: (layer id, row position in the frame), top layer first; empty where nothing is.
        selectionChanged: As ``identified``, for the select tool and ``set_selection``.
        siteDragged: The edit tool, whose ``dragged()`` is the current site under the mouse in the canvas CRS; ``None``
            when the drag was given up.
        sketchFinished: A shapely geometry in the canvas CRS.
        sketchChanged: ``area_m2``, ``length_m`` (ellipsoidal), ``segments_m``, ``valid``.
        siteMoved: The edited geometry of the current site, canvas CRS, after every finished step of the edit tool.
        renderFinished: Milliseconds of the last complete drawing.
        busyChanged: Whether a drawing is under way.
        crsChanged: EPSG code of the map's new CRS (set, or chosen for the first data).
        toolChanged: Name of the tool.
        stepsChanged: ``points()`` or ``dragging`` is another: undo and redo mean something else.
        layerFailed: Layer id and a sentence for people: it could not be drawn (no CRS, file gone).
        menuAsked: Where on the screen a menu of the map is wanted.
        escaped: Esc was pressed with nothing to give up.
        notice: A sentence for the status bar (why a sketch can't be finished).
    """

    cursorMoved = pyqtSignal(float, float, float, float)
    placeLost = pyqtSignal()
    escaped = pyqtSignal()
    viewChanged = pyqtSignal(float, tuple)
    identified = pyqtSignal(object)
    selectionChanged = pyqtSignal(object)
    sketchFinished = pyqtSignal(object)
    siteDragged = pyqtSignal(object)
    sketchChanged = pyqtSignal(dict)
    siteMoved = pyqtSignal(object)
    renderFinished = pyqtSignal(float)
    busyChanged = pyqtSignal(bool)
    crsChanged = pyqtSignal(int)
    toolChanged = pyqtSignal(str)
    stepsChanged = pyqtSignal()
    layerFailed = pyqtSignal(str, str)
    notice = pyqtSignal(str)
    boxDrawn = pyqtSignal(tuple)
    menuAsked = pyqtSignal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("map_canvas")
        self.setAccessibleName(_("地图"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.StrongFocus)
        self.setAttribute(Qt.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)
        self.setMinimumSize(120, 90)

        self._crs = DEFAULT_CRS
        self._crs_chosen = False
        self._zone_chosen = False  # by the first data
        self._site_keys: dict[str, str | None] = {}
        self._layers: list[MapLayer] = []
        self._ground: MapLayer | None = None
        self._extras = Extras()
        self._swipe: Swipe | None = None
        self._selection = Picked()
        self._selecting: str | None = None
        x, y = transformer(_LONLAT, self._key).transform(*_START)
        self._view = View(x, y, 500.0, max(self.width(), 1), max(self.height(), 1))
        self._north = overlay.convergence(self._view, self._key)

        self._generation = 0
        self._finished = 0
        self._submitted: Job | None = None
        self._fresh = False
        self._image: QImage | None = None
        self._image_view = self._view
        self._image_extras: Extras | None = None  # what was drawn over its layers
        self._unfinished: tuple[QImage, View] | None = None
        self._bounds: dict[tuple[str, int], Bounds | None] = {}
        self._boxes: dict[int, np.ndarray] = {}
        self._wanted_zoom: str | None = None
        self._fitted: tuple[View, Bounds, float] | None = None
        self._whole: View | None = None
        self._was_busy = False
        self._closed = False
        # Without a parent: children go before "destroyed" is told, and the other thread may still speak.
        self._bridge = Bridge()
        self._bridge.pictured.connect(self._on_picture)
        self._bridge.measured.connect(self._on_measured)
        self._bridge.stopped.connect(self._on_stopped)
        self._bridge.failed.connect(self.layerFailed)
        self._renderer = Renderer(self._bridge)
        self._renderer.start()
        # Whoever forgets shutdown() gets no thread that draws into a widget that is gone.
        self.destroyed.connect(partial(_finish, self._renderer))
        _alive.add(self._renderer)

        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._submit)
        self._history: list[tuple[float, float, float]] = []
        self._place = -1

        self._tools: dict[str, Tool] = {}
        self.measure_units = UNITS
        self._tool_name = "pan"
        self._tool: Tool = self._tool_named("pan")
        self._cross = Cross(self)
        self._told_steps = (0, 0, False)
        self._dragged_from: QPointF | None = None
        self._drag_button = Qt.NoButton
        self._space = False
        self._box: ZoomBox | None = None
        self._sketching = False
        self._mouse: QPointF | None = None
        self._snapping = True
        self._snapped: tuple[float, float] | None = None
        self._on_a_side = False  # what is snapped to, no vertex
        self._corners = Cache(3_000_000)
        self._boxed: tuple[tuple, dict[str, Bounds | None]] = ((), {})
        self._waiting_click: QPointF | None = None
        self._paused = self._reading = False
        self.setCursor(self._tool.cursor)

    # -- coordinate system ---------------------------------------------------------------------------------------
    @property
    def crs(self) -> int:
        """EPSG code of the map (default 4548, or the 3-degree zone of the first data)."""
        return self._crs

    @property
    def _key(self) -> str:
        return crs_key(self._crs)

    def set_crs(self, epsg: int) -> None:
        """Draw in another CRS; the view stays over the same place at the same scale.

        An unfinished sketch is dropped.

        Raises:
            pyproj.exceptions.CRSError: There is no such CRS; the canvas stays as it was.
        """
        transformer(_LONLAT, crs_key(epsg))
        self._crs_chosen = True
        if epsg != self._crs:
            self._change_crs(epsg)

    def _change_crs(self, epsg: int) -> None:
        self.cancel_sketch()
        old, metres = self._key, self._metres()
        x, y = transformer(old, crs_key(epsg)).transform(self._view.x, self._view.y)
        self._crs = epsg
        if not (np.isfinite(x) and np.isfinite(y)):
            x, y = transformer(_LONLAT, self._key).transform(*_START)
        resolution = self._view.resolution * metres / metres_per_unit(self._key, x, y)
        self._image = self._unfinished = None
        self._bounds = {}
        self._history, self._place = [], -1
        self._view = View(x, y, resolution, self._view.width, self._view.height)
        if self._tool_name == "edit":
            self._tool.activate()
        self.crsChanged.emit(epsg)
        self._changed(0)

    def _metres(self) -> float:
        return metres_per_unit(self._key, self._view.x, self._view.y)

    def lonlat(self, xy: np.ndarray) -> np.ndarray:
        """Rows of canvas coordinates as longitude and latitude (EPSG:4490)."""
        return transform(xy, self._key, _LONLAT)

    def set_site_crs(self, current: str | None, drawn: str | None) -> None:
        """The CRS that the current site is kept in, and that of a new one; ``None`` for that of the canvas."""
        self._site_keys = {"current": current, "drawn": drawn}

    def measure(self, geometry: BaseGeometry, kept_as: str = "") -> tuple[float, float]:
        """Area in m² and length (of an area: its perimeter) in m on the ellipsoid, as verdicts and reports have them.

        Args:
            geometry: In the canvas CRS.
            kept_as: ``current`` or ``drawn``: measured as that site will be kept and judged, with the same vertices and
                sides that are straight in its CRS. Else the sides are straight on the map.
        """
        key = self._site_keys.get(kept_as) or self._key
        shapes = np.array([transform_geometry(geometry, self._key, key)], dtype=object)
        try:
            return float(area_m2(shapes, named_crs(key))[0]), float(length_m(shapes, named_crs(key))[0])
        except CrsError:  # no place on the earth
            return 0.0, 0.0

    # -- content -------------------------------------------------------------------------------------------------
    def set_layers(self, layers: Sequence[MapLayer]) -> None:
        """Show these layers, top first. The first layers of an empty map are zoomed to."""
        was_empty, whole = not self._layers and not self._extras.sites, self._view == self._whole
        known = {layer.id for layer in self._layers}
        self._layers = list(layers)
        if not self._zone_chosen:  # projects of the workspace may be there sooner than its layers
            self._choose_zone()
        if was_empty and self._layers:
            self.zoom_full()
        elif whole and any(layer.id not in known for layer in self._layers):
            # Layers that are read one after another: as long as nobody moved the map, it goes on showing all.
            self.zoom_full()
        self._drop_lost_selection()
        self._changed(0)

    def set_basemap(self, layer: MapLayer | None) -> None:
        """Draw this below all layers; it is nothing to zoom to, to identify or to snap to."""
        if layer is not None or self._ground is not None:
            self._ground = layer
            self._changed(0)

    def attribution(self) -> str:
        """Whose the basemap is that is drawn, as it stands on the map and on pictures of it; '' without one."""
        return self._ground.attribution() if self._ground is not None else ""

    def layers(self) -> list[MapLayer]:
        """The layers, top first."""
        return list(self._layers)

    def _choose_zone(self) -> None:
        """The 3-degree zone of the first feature with a place, unless somebody chose a CRS."""
        if self._crs_chosen:
            return
        for layer in self._layers:
            if not _has_place(layer):
                continue
            bounds = shapely.bounds(np.asarray(layer.frame.geometry.iloc[:20].to_numpy(), dtype=object))
            bounds = bounds[np.isfinite(bounds).all(axis=1)]
            if not len(bounds):
                continue
            left, _bottom, right, _top = bounds.mean(axis=0)
            middle = np.array([[(left + right) / 2, (_bottom + _top) / 2]])
            lon = float(transform(middle, crs_key(layer.frame.crs), _LONLAT)[0, 0])
            self._zone_chosen = True
            if np.isfinite(lon) and zone_of(lon) != self._crs:
                self._change_crs(zone_of(lon))
            return

    def start_anew(self) -> None:
        """Take everything off the map, with the CRS and the place of it: other data will choose theirs."""
        self.set_layers([])
        self.set_sites([])
        self._crs_chosen = self._zone_chosen = False
        if self._crs != DEFAULT_CRS:
            self._change_crs(DEFAULT_CRS)
        x, y = transformer(_LONLAT, self._key).transform(*_START)
        self._view = View(x, y, 500.0, self._view.width, self._view.height)
        self._history, self._place = [], -1
        self._bounds, self._wanted_zoom, self._whole = {}, None, None
        self._changed(0)

    def refresh(self) -> None:
        """Draw again (after a change to a layer's attributes)."""
        self._fresh = True
        self._changed(0)

    def set_sites(self, sites: Sequence[tuple[str, BaseGeometry, str]], crs: int | None = None) -> None:
        """Sites on top of all layers: (id, geometry, verdict); ``crs`` is an EPSG code, None the canvas CRS.

        They stay where they are on the ground when the canvas CRS changes.
        """
        was_empty = not self._layers and not self._extras.sites
        key, had = self._key if crs is None else crs_key(crs), bool(self._extras.sites)
        self._replace(sites=tuple((name, geometry, verdict, key) for name, geometry, verdict in sites))
        if (was_empty and sites) or (sites and self._view == self._whole and not had):
            self.zoom_full()
        if self._tool_name == "edit" and not self._editing():
            self._tool.activate()

    def set_current_site(self, site_id: str | None) -> None:
        """Mark one site; the edit tool works on it."""
        self._replace(current=site_id)
        if self._tool_name == "edit":
            self._tool.activate()
            self._replace(hidden=site_id)

    def highlight(self, geometries: Sequence[BaseGeometry], label: str | None = None, crs: int | None = None) -> object:
        """Show evidence: a halo round each geometry; a line of two points is a distance, labelled in metres.

        Args:
            geometries: What to show; none takes the old ones away.
            label: Words instead of the distance, or at the first geometry when there is no distance.
            crs: EPSG code of the geometries; None the canvas CRS.

        Returns:
            What is shown now, for ``clear_highlight``.
        """
        key = self._key if crs is None else crs_key(crs)
        self._replace(evidence=tuple((geometry, key) for geometry in geometries), label=label)
        return self._extras.evidence

    def set_swipe(self, left: Iterable[str] = (), right: Iterable[str] = (), share: float = 0.5) -> None:
        """Draw layers on one side of an upright divider only; without any there is no divider.

        Args:
            left: Ids of layers that are drawn left of it, whether ``visible`` or not.
            right: Ids of layers that are drawn right of it.
            share: Where it stands, from 0 at the left edge to 1.
        """
        sides = frozenset(left), frozenset(right)
        swipe = (*sides, min(max(share, 0.0), 1.0)) if any(sides) else None
        if swipe != self._swipe:
            self._swipe = swipe
            self._changed(0, moved=False)

    def highlighted(self) -> object:
        """What ``highlight`` gave for what is shown now."""
        return self._extras.evidence

    def clear_highlight(self, of: object = None) -> None:
        """Take the evidence away; with ``of``, only while it is still what ``highlight`` gave for it."""
        if of is not None and of is not self._extras.evidence:
            return
        self._replace(evidence=(), label=None)

    def selection(self) -> Picked:
        """The selected features: layer id, row position."""
        return self._selection

    def set_selection(self, features: Iterable[tuple[str, int]]) -> None:
        """Draw these features (layer id, row position) as selected; ``Picked`` where they are many."""
        self._selection = Picked.of(features)
        self._replace(selection=self._selection)
        self.selectionChanged.emit(self._selection)

    def set_selecting(self, layer_id: str | None) -> None:
        """In which layer the select tool selects first; ``None`` for whichever is hit."""
        self._selecting = layer_id

    def _drop_lost_selection(self) -> None:
        sizes = {layer.id: len(layer.frame) for layer in self._layers if layer.frame is not None}
        kept = Picked({layer: rows[rows < sizes.get(layer, 0)] for layer, rows in self._selection.rows.items()})
        if kept != self._selection:
            self.set_selection(kept)

    def _replace(self, **changes: object) -> None:
        self._extras = dataclasses.replace(self._extras, **changes)
        self._changed(0, moved=False)

    # -- view ----------------------------------------------------------------------------------------------------
    @property
    def resolution(self) -> float:
        """CRS units in one pixel."""
        return self._view.resolution

    def extent(self) -> Bounds:
        """Left, bottom, right, top in the canvas CRS."""
        return self._view.extent

    def scale(self) -> float:
        """Scale denominator at the centre of the map for this screen."""
        return self._view.resolution * self._metres() * self.logicalDpiX() / 0.0254

    def set_scale(self, denominator: float) -> None:
        """Zoom to 1:denominator round the centre."""
        if denominator > 0:
            self._show(self._view.zoomed(self.scale() / denominator, self.width() / 2, self.height() / 2), 0)

    def zoom_full(self) -> None:
        """Show every visible layer and site; happens as soon as their extent is known."""
        self._wanted_zoom = ""
        self._try_zoom()

    def zoom_to_layer(self, layer_id: str) -> None:
        """Show all of one layer."""
        self._wanted_zoom = layer_id
        self._try_zoom()

    def _try_zoom(self) -> None:
        """Do the zoom that waits for bounds, or have them measured."""
        if self._wanted_zoom is None:
            return
        layers = [layer for layer in self._layers if (layer.id == self._wanted_zoom or
                                                      (self._wanted_zoom == "" and layer.visible))]
        if any((layer.id, layer.revision) not in self._bounds for layer in layers):
            self._changed(0)
            return
        boxes = [box for layer in layers if (box := self._bounds[layer.id, layer.revision]) is not None]
        if self._wanted_zoom == "":
            for key in {site[3] for site in self._extras.sites}:
                whole = shapely.total_bounds([site[1] for site in self._extras.sites if site[3] == key])
                if np.isfinite(whole).all() and (box := transform_bounds(whole, key, self._key)) is not None:
                    boxes.append(box)
        full = self._wanted_zoom == ""
        self._wanted_zoom = None
        if boxes:
            table = np.array(boxes)
            self.zoom_to((*table[:, :2].min(axis=0), *table[:, 2:].max(axis=0)))
            self._whole = self._view if full else None

    def zoom_to(self, bounds: Bounds, crs: int | None = None, margin: float = 0.05) -> None:
        """Show these bounds (left, bottom, right, top) with a margin (a share of the window on each side).

        A single point is shown at 1:5000.
        """
        box = bounds if crs is None else transform_bounds(bounds, crs_key(crs), self._key)
        if box is None or not np.isfinite(box).all():
            return
        left, bottom, right, top = (float(value) for value in box)
        if right - left <= 0 and top - bottom <= 0:
            self.center_on(left, bottom)
            self.set_scale(5000)
            return
        self._show(View.around((left, bottom, right, top), self.width(), self.height(), margin), 0)
        self._fitted = (self._view, (left, bottom, right, top), margin)

    def zoom_in(self) -> None:
        """Halve the scale denominator."""
        self.zoom_at(_ZOOM_STEP, QPointF(self.width() / 2, self.height() / 2))

    def zoom_out(self) -> None:
        """Double the scale denominator."""
        self.zoom_at(1 / _ZOOM_STEP, QPointF(self.width() / 2, self.height() / 2))

    def zoom_at(self, factor: float, at: QPointF) -> None:
        """Zoom by a factor; the place under the pixel stays there."""
        self._show(self._view.zoomed(factor, at.x(), at.y()), _SETTLE_MS)

    def pan(self, dx: float, dy: float) -> None:
        """Move the content by pixels (right and down count up)."""
        self._show(self._view.moved(dx, dy), _SETTLE_MS)

    def center_on(self, x: float, y: float, crs: int | None = None) -> None:
        """Put a place in the middle."""
        if crs is not None:
            x, y = transformer(crs_key(crs), self._key).transform(x, y)
        self._show(View(x, y, self._view.resolution, self.width(), self.height()), 0)

    def back(self) -> None:
        """The view before this one."""
        if self.can_go_back():
            self._place -= 1
            self._recall()

    def forward(self) -> None:
        """Undo ``back``."""
        if self.can_go_forward():
            self._place += 1
            self._recall()

    def can_go_back(self) -> bool:
        """Whether ``back`` would do anything."""
        return self._place > 0

    def can_go_forward(self) -> bool:
        """Whether ``forward`` would do anything."""
        return self._place < len(self._history) - 1

    def _recall(self) -> None:
        x, y, resolution = self._history[self._place]
        self._show(View(x, y, resolution, self.width(), self.height()), 0)

    def _remember(self) -> None:
        now = (self._view.x, self._view.y, self._view.resolution)
        if self._place >= 0 and self._history[self._place] == now:
            return
        self._history = [*self._history[: self._place + 1], now][-_HISTORY:]
        self._place = len(self._history) - 1

    def _show(self, view: View, wait: int) -> None:
        """Take a view; finer than 1:1 or coarser than the Earth is not taken."""
        metres = view.resolution * metres_per_unit(self._key, view.x, view.y)
        if not (np.isfinite([view.x, view.y]).all() and 1e-4 < metres < 2e5):
            return
        self._wanted_zoom = None
        self._view = view
        self._changed(wait)

    def _changed(self, wait: int, moved: bool = True) -> None:
        """Something to draw: now on the screen with what there is, after ``wait`` ms of quiet in the other thread."""
        if self._closed:
            return
        if moved:
            self._north = overlay.convergence(self._view, self._key)
            self.viewChanged.emit(self.scale(), self.extent())
            pointer = self._cross.at or self._mouse
            if pointer is None:
                self.placeLost.emit()
            elif self._dragged_from is None and not self._space:  # else the ground stays under the pointer
                self._tell_place(pointer)
        self._settle.start(wait)
        self._tell_busy()
        self._tell_steps()
        self.update()

    # -- tools ---------------------------------------------------------------------------------------------------
    @property
    def tool(self) -> str:
        """Name of the tool in hand."""
        return self._tool_name

    def set_tool(self, name: str) -> None:
        """Take up one of ``TOOLS``; an unfinished sketch is dropped.

        Raises:
            ValueError: No tool has this name.
        """
        if name not in TOOL_CLASSES:
            raise ValueError(f"no tool {name!r}; there are {', '.join(TOOLS)}")
        self.cancel_sketch()
        changed = name != self._tool_name
        self._tool_name, self._tool = name, self._tool_named(name)
        self._snapped = None
        if name == "pan":
            self._cross.hide()
        self.setCursor(self._tool.cursor)
        hidden = self._extras.current if name == "edit" else None
        if hidden != self._extras.hidden:
            self._replace(hidden=hidden)
        self._tool.activate()
        self.update()
        if changed:
            self.toolChanged.emit(name)
        self._tell_steps()

    def _tool_named(self, name: str) -> Tool:
        if name not in self._tools:
            self._tools[name] = TOOL_CLASSES[name](self)
        return self._tools[name]

    def set_measure_units(self, units: tuple[str, str]) -> None:
        """In which units the measuring tools speak, of lengths and of areas."""
        self.measure_units = units
        if isinstance(self._tool, Sketch) and self._tool.measuring and self._tool.vertices:
            self.sketchChanged.emit(self._tool.measures())
        self.update()

    def cancel_sketch(self) -> None:
        """Drop what is being drawn."""
        self._box = None
        self._tool.cancel()
        self._tell_steps()
        self.update()

    def put_away(self) -> None:
        """The map is seen no more: what was drawn, the cross of the keyboard and where the mouse was are forgotten."""
        self.cancel_sketch()
        self._cross.hide()
        self._mouse = self._snapped = None

    def finish_sketch(self) -> None:
        """End the sketch as a double-click would."""
        if isinstance(self._tool, Sketch):
            self._tool.finish()
            self._tell_steps()

    def points(self) -> tuple[int, int]:
        """How many points of the sketch under way can be taken back, and put down again; (0, 0) without a sketch."""
        return self._tool.points()

    def step(self, again: bool) -> bool:
        """Take the last point of the sketch back, or put it down again; False where there is none."""
        done = self._tool.step(again)
        self._tell_steps()
        return done

    def _tell_steps(self) -> None:
        steps = (*self._tool.points(), self.dragging)
        if steps != self._told_steps:
            self._told_steps = steps
            self.stepsChanged.emit()

    def last_vertex(self) -> tuple[float, float] | None:
        """The vertex that was put down last in the sketch under way (canvas CRS), or ``None``."""
        vertices = getattr(self._tool, "vertices", None)
        return tuple(vertices[-1]) if vertices else None

    def add_vertex(self, x: float, y: float) -> None:
        """Put a vertex of the sketch at typed coordinates (canvas CRS); for the draw and measure tools."""
        add = getattr(self._tool, "add", None)
        if add is not None:
            add((x, y))
            self._tell_steps()

    @property
    def snapping(self) -> bool:
        """Whether drawing and editing snap to vertices and sides that can be seen."""
        return self._snapping

    def set_snapping(self, on: bool) -> None:
        """Switch snapping."""
        self._snapping = on
        self._snapped = None
        self.update()

    # -- what tools and the cross ask ----------------------------------------------------------------------------
    @property
    def held_tool(self) -> Tool:
        """The tool in hand."""
        return self._tool

    @property
    def cross(self) -> QPointF | None:
        """Where the cross of the keyboard is, in pixels; ``None`` where there is none."""
        return self._cross.at

    def pointer(self) -> QPointF | None:
        """Where the mouse was last over the map, if it is still in the picture (panels may have come since)."""
        inside = self._mouse is not None and self.rect().contains(self._mouse.toPoint())
        return QPointF(self._mouse) if inside else None

    def point_at(self, event: QMouseEvent) -> None:
        """The pointer, be it the mouse or the cross, is here: the tool follows and the place is told."""
        if self._tool.snaps:
            was = self._snapped
            self.pick(event.localPos())
            if was != self._snapped:
                self.update()
        self._tool.move(event)
        self._tell_place(event.localPos())

    def _tell_place(self, at: QPointF) -> None:
        x, y = self.at(at)
        lon, lat = transformer(self._key, _LONLAT).transform(x, y)
        if np.isfinite(lon) and np.isfinite(lat):
            self.cursorMoved.emit(lon, lat, x, y)

    def at(self, pixel: QPointF) -> tuple[float, float]:
        """The place under a pixel."""
        return self._view.to_map(pixel.x(), pixel.y())

    def pick(self, pixel: QPointF) -> tuple[float, float]:
        """The place under a pixel, or the vertex or the place on a side that it snaps to."""
        self._snapped, self._on_a_side = self._snap(pixel) if self._snapping else (None, False)
        return self._snapped or self.at(pixel)

    def to_pixels(self, xy: np.ndarray) -> np.ndarray:
        """Rows of canvas coordinates as pixels."""
        view = self._view
        return (np.asarray(xy, float).reshape(-1, 2) - (view.x, view.y)) / (view.resolution, -view.resolution) + (
            view.width / 2,
            view.height / 2,
        )

    def map_box(self, box: QRectF) -> Bounds:
        """A rectangle of pixels as left, bottom, right, top."""
        left, top = self.at(box.topLeft())
        right, bottom = self.at(box.bottomRight())
        return left, bottom, right, top

    def current_geometry(self) -> BaseGeometry | None:
        """The current site in the canvas CRS."""
        for name, geometry, _verdict, key in self._extras.sites:
            if name == self._extras.current and geometry is not None:
                return cast("BaseGeometry", transform_geometry(geometry, key, self._key))
        return None

    def take_edit(self, geometry: BaseGeometry) -> None:
        """The edit tool changed the current site."""
        sites = tuple(
            (name, geometry, verdict, self._key) if name == self._extras.current else (name, old, verdict, key)
            for name, old, verdict, key in self._extras.sites
        )
        self._replace(sites=sites)
        self.siteMoved.emit(geometry)

    @property
    def dragging(self) -> bool:
        """Whether the current site is held by the mouse."""
        return self._editing()

    def _editing(self) -> bool:
        return isinstance(self._tool, Edit) and self._tool.holding

    def begin_drag(self, at: QPointF, button: Qt.MouseButton = Qt.LeftButton) -> None:
        """The map follows the mouse until the button is let go."""
        self._dragged_from, self._drag_button = QPointF(at), button
        self.setCursor(Qt.ClosedHandCursor)

    def identify_at(self, pixel: QPointF) -> None:
        """Tell what lies under a pixel; as soon as the layers are measured."""
        if self.busy and not all(layer.revision in self._boxes for layer in self._asked_layers()):
            self._waiting_click = QPointF(pixel)
            return
        self.identified.emit(self._features(QRectF(pixel.x() - 3, pixel.y() - 3, 6, 6)))

    def select_in(self, box: QRectF, mode: str, click: bool = False) -> None:
        """Select what meets a rectangle of pixels.

        Args:
            mode: ``replace``, ``add``, ``remove`` or ``toggle``.
            click: The rectangle is the surroundings of a click, which means one layer: that of ``set_selecting`` where it
                is hit, else the top-most. A rectangle that was drawn means that layer if it can be seen, else all.
        """
        layers = [layer for layer in self._asked_layers() if not layer.overlay]
        own = [layer for layer in layers if layer.id == self._selecting]
        if click:
            found = next((hit for layer in [*own, *layers] if (hit := self._features(box, [layer]))), Picked())
        else:
            found = self._features(box, own or layers)
        if mode != "replace":
            was = self._selection
            found = was | found if mode == "add" else was - found if mode == "remove" else was ^ found
        self.set_selection(found)

    def _features(self, box: QRectF, layers: Sequence[MapLayer] | None = None) -> Picked:
        bounds = self.map_box(box)
        return Picked({layer.id: self._rows_in(layer, bounds, exact=True)
                       for layer in (self._asked_layers() if layers is None else layers) if layer.revision in self._boxes})

    def _asked_layers(self) -> list[MapLayer]:
        """Layers that can be seen and have features with a place."""
        scale = self.scale()
        return [layer for layer in self._layers if layer.visible and layer.opacity > 0 and _has_place(layer)
                and (layer.style or style_for(layer.role)).seen_at(scale)]

    def _rows_in(self, layer: MapLayer, bounds: Bounds, exact: bool) -> np.ndarray:
        frame = layer.frame
        rows = features_in(frame, self._boxes[layer.revision], self._key, crs_key(frame.crs), bounds, exact)
        style = layer.style or style_for(layer.role)
        if exact and len(rows) and not all(symbol.shown for symbol in style.classes):
            rows = rows[classify(style, frame.iloc[rows]) >= 0]  # what is not drawn is not asked either
        return rows

    def _snap(self, pixel: QPointF) -> tuple[tuple[float, float] | None, bool]:
        """The nearest vertex of what is seen or drawn within reach of the mouse, else the nearest place on a side; whether it is one."""
        reach = _SNAP_PIXELS
        bounds = self.map_box(QRectF(pixel.x() - reach, pixel.y() - reach, 2 * reach, 2 * reach))
        near = [(corners, key, there) for corners, key in self._corners_in(bounds) if (there := self._there(bounds, key)) is not None]
        found = [transform(corners.vertices(there), key, self._key) for corners, key, there in near]
        if isinstance(self._tool, Sketch) and len(self._tool.vertices) > 2:
            found.append(np.array(self._tool.vertices[:-1]))
        xy = np.concatenate([np.empty((0, 2)), *found])
        apart = self._apart(xy, pixel)
        if len(xy) and apart.min() <= reach:
            x, y = xy[int(np.argmin(apart))]
            return (float(x), float(y)), False
        places = [place for corners, key, there in near if (place := self._on_side(corners.sides(there), key, pixel)) is not None]
        place = min(places, default=(np.inf, (0.0, 0.0)))
        return (place[1], True) if place[0] <= reach else (None, False)

    def _apart(self, xy: np.ndarray, pixel: QPointF) -> np.ndarray:
        """How many pixels each place is from one."""
        return np.hypot(*(self.to_pixels(xy) - (pixel.x(), pixel.y())).T)

    def _there(self, bounds: Bounds, key: str) -> Bounds | None:
        """A box of the map in another CRS; asked for the same box again and again."""
        if self._boxed[0] != (bounds, self._key):
            self._boxed = ((bounds, self._key), {})
        if key not in self._boxed[1]:
            self._boxed[1][key] = transform_bounds(bounds, self._key, key)
        return self._boxed[1][key]

    def _on_side(
        self, sides: tuple[np.ndarray, np.ndarray, np.ndarray], key: str, pixel: QPointF,
    ) -> tuple[float, tuple[float, float]] | None:
        """How far the nearest place on sides is, and the place: on the side as it runs in the CRS that it is kept in."""
        begin, run, shares = sides
        if not len(begin):
            return None
        # What lies in the box is so short that it is straight in either CRS.
        one, other = (self.to_pixels(transform(begin + run * shares[:, [end]], key, self._key)) for end in (0, 1))
        along, to = other - one, (pixel.x(), pixel.y()) - one
        share = np.clip((to * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-12), 0, 1)
        apart = np.hypot(*(to - share[:, None] * along).T)
        best = int(np.argmin(apart))
        part = shares[best, 0] + share[best] * (shares[best, 1] - shares[best, 0])
        x, y = transform((begin[best] + run[best] * part)[None], key, self._key)[0]
        return float(apart[best]), (float(x), float(y))

    def _corners_in(self, bounds: Bounds) -> Iterable[tuple[Corners, str]]:
        """What may have vertices or sides in a box, each with its CRS."""
        for name, geometry, _verdict, key in self._extras.sites:
            if geometry is not None and not (isinstance(self._tool, Edit) and name == self._extras.current):
                yield self._corners_of(("site", name, id(geometry)), geometry), key
        for layer in self._asked_layers():
            if layer.revision not in self._boxes:
                continue
            shapes, key = layer.frame.geometry, crs_key(layer.frame.crs)
            for row in self._rows_in(layer, bounds, exact=False)[:_SNAP_FEATURES]:
                yield self._corners_of((layer.id, layer.revision, int(row)), shapes.iloc[row]), key

    def _corners_of(self, name: tuple, geometry: BaseGeometry) -> Corners:
        held = self._corners.get(name)
        if held is None:
            held = Corners(geometry)
            self._corners.put(name, held, len(held.xy))
        return held

    # -- drawing -------------------------------------------------------------------------------------------------
    @property
    def busy(self) -> bool:
        """Whether a drawing is under way or waits to begin."""
        return not self._closed and (self._settle.isActive() or self._finished < self._generation)

    def _tell_busy(self) -> None:
        if self.busy != self._was_busy:
            self._was_busy = self.busy
            self.busyChanged.emit(self._was_busy)

    def cancel_render(self) -> None:
        """Stop drawing; what is there stays."""
        self._settle.stop()
        self._wanted_zoom = None
        self._renderer.cancel()
        self._generation += 1
        self._finished = self._generation
        self._tell_busy()

    def forget(self) -> None:
        """Another workspace: nothing of the former is shown, also where drawing is paused or the layers are not read yet."""
        self.cancel_render()
        self._image = self._unfinished = self._waiting_click = None
        self.update()

    def set_reading(self, on: bool) -> None:
        """Layers are being read that are not there yet: a map without any says so."""
        if on != self._reading:
            self._reading = on
            self.update()

    def set_paused(self, on: bool) -> None:
        """Draw no layer anew until it is told to go on, and say so on the map. What lies where is still known: it can be asked about.

        Sites, evidence and what is selected are drawn as they are all the same: a verdict of before would look like one of now.
        """
        if on != self._paused:
            self._paused = on
            self.cancel_render()
            self._changed(0)

    def wait_idle(self, ms: int = 10_000) -> bool:
        """For tests: handle events until the map is drawn; False when time ran out."""
        clock = QElapsedTimer()
        clock.start()
        while self.busy:
            if clock.elapsed() > ms:
                return False
            QCoreApplication.processEvents(QEventLoop.AllEvents, 20)
            time.sleep(0.001)
        return True

    def _job(self, view: View, ratio: float, measure_only: bool = False) -> Job:
        shots = tuple(
            LayerShot(layer.id, layer.name, layer.role, layer.frame, layer.revision, layer.opacity if layer.visible
                      or (self._swipe and layer.id in self._swipe[0] | self._swipe[1]) else 0.0, layer.style, layer.raster, layer.labels,
                      layer.values)
            for layer in (*([self._ground] if self._ground is not None else ()), *reversed(self._layers))
        )  # fmt: skip
        scale = view.resolution * self._metres() * self.logicalDpiX() / 0.0254
        return Job(self._generation, view, ratio, self._key, shots, self._extras, self.font(), _BACKGROUND,
                   measure_only, self._fresh, scale, self._swipe)

    def _submit(self) -> None:
        if self._closed or self.width() < 2 or self.height() < 2:
            return
        self._generation += 1
        if self._wanted_zoom is None:
            self._remember()
        over_old = self._paused and self._wanted_zoom is None and self._image is not None and self._extras is not self._image_extras
        if over_old:
            self._submitted = dataclasses.replace(self._job(self._image_view, self.devicePixelRatioF()), paused=True)
        else:
            self._submitted = self._job(self._view, self.devicePixelRatioF(), self._paused or self._wanted_zoom is not None)
        self._renderer.submit(self._submitted)
        self._fresh = False
        self._tell_busy()

    def _on_picture(self, job: Job, image: QImage, complete: bool, ms: float) -> None:
        if job.generation != self._generation or self._closed:
            return
        image.setDevicePixelRatio(job.ratio)
        self.update()
        if not complete:
            # Over the last whole picture rather than instead of it: no layer blinks while the map is moved.
            self._unfinished = (image, job.view)
        else:
            self._image, self._image_view, self._unfinished, self._image_extras = image, job.view, None, job.extras
            self._finished = job.generation
            self._tell_busy()
            self.renderFinished.emit(ms)
            self._answer()

    def _answer(self) -> None:
        """Identify what was asked before the layers had been measured."""
        click, self._waiting_click = self._waiting_click, None
        if click is not None:
            self.identify_at(click)

    def _on_measured(
        self, job: Job, bounds: dict[tuple[str, int], Bounds | None], boxes: dict[int, np.ndarray]
    ) -> None:
        self._boxes = boxes
        if job.crs == self._key:
            self._bounds = bounds
        if job.generation != self._generation:
            return
        if job.measure_only:
            self._finished = job.generation
            self._try_zoom()
            if self._paused:
                self._tell_busy()
                self._answer()
            else:
                self._changed(0)

    def _on_stopped(self, job: Job) -> None:
        if job.generation == self._generation:
            self._finished = job.generation
            self._tell_busy()

    def grab_image(self, width: int, height: int) -> QImage:
        """A complete picture of the current extent in so many pixels, scale bar and north arrow included.

        It is drawn in the other thread; paint and timer events go on here meanwhile, user input waits.

        Raises:
            RuntimeError: The canvas was shut down.
        """
        if self._closed:
            raise RuntimeError("the canvas was shut down")
        factor = max(self._view.width / width, self._view.height / height)
        view = View(self._view.x, self._view.y, self._view.resolution * factor, width, height)
        future: Future[QImage] = self._renderer.grab(self._job(view, 1.0))
        loop = QEventLoop()
        self._bridge.grabbed.connect(loop.quit)
        while not future.done():
            loop.exec_(QEventLoop.ExcludeUserInputEvents)
        self._bridge.grabbed.disconnect(loop.quit)
        image = future.result()
        painter = QPainter(image)
        painter.setRenderHint(QPainter.Antialiasing)
        overlay.draw_scale_bar(painter, view, self._key, self.font())
        overlay.draw_north_arrow(painter, view, overlay.convergence(view, self._key), self.font())
        overlay.draw_attribution(painter, view, self.attribution(), self.font())
        painter.end()
        return image

    def picture(self) -> QImage | None:
        """The layers as they were last drawn to the end, without sites, marks and sketches; not to be painted on."""
        return self._image

    def shutdown(self) -> None:
        """Stop and join the threads; the canvas draws nothing afterwards. Call it in the window's closeEvent."""
        self._settle.stop()
        self._closed = True
        _finish(self._renderer)
        self._tell_busy()

    # -- Qt ------------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), _BACKGROUND)
        if self._image is not None:
            self._draw_image(painter, self._image, self._image_view)
        if self._unfinished is not None:
            self._draw_image(painter, *self._unfinished)
        painter.setRenderHint(QPainter.Antialiasing)
        lines = self._hint()
        if lines is not None:
            overlay.draw_empty(painter, self._view, lines, self.font())
        else:
            overlay.draw_scale_bar(painter, self._view, self._key, self.font())
            overlay.draw_north_arrow(painter, self._view, self._north, self.font())
        overlay.draw_attribution(painter, self._view, self.attribution(), self.font())
        if self._paused:
            words = _("已暂停绘制：图层可能不是现在的样子") if self._image is not None else _("已暂停绘制：这张地图还没有画过")
            overlay.draw_paused(painter, self._view, words, self.font())
        self._tool.paint(painter)
        if self._box is not None:
            self._box.paint(painter)
        if self._snapped is not None and self._tool.snaps:
            x, y = self.to_pixels(np.array([self._snapped]))[0]
            painter.setPen(QPen(QColor("#c400c4"), 2))
            painter.setBrush(Qt.NoBrush)
            if self._on_a_side:  # an hour-glass, as in QGIS
                painter.drawPolygon(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in ((-6, -6), (6, -6), (-6, 6), (6, 6))]))
            else:
                painter.drawRect(QRectF(x - 6, y - 6, 12, 12))
        if self.hasFocus():
            self._cross.paint(painter)
        painter.end()

    def _draw_image(self, painter: QPainter, image: QImage, shown: View) -> None:
        left, _bottom, right, top = shown.extent
        x, y = self._view.to_pixel(left, top)
        if abs(shown.resolution / self._view.resolution - 1) < 1e-9:
            ratio = image.devicePixelRatio()
            painter.drawImage(QPointF(round(x * ratio) / ratio, round(y * ratio) / ratio), image)
        else:
            width = (right - left) / self._view.resolution
            painter.drawImage(QRectF(x, y, width, width * shown.height / shown.width), image)

    def _hint(self) -> tuple[str, str] | None:
        shown = [layer for layer in self._layers if layer.visible]
        if not self._extras.sites and shown and not any(
                layer.frame is None or (layer.style or style_for(layer.role)).seen_at(self.scale()) for layer in shown):
            return _("打开的图层在此比例尺都不显示"), _("请放大或缩小地图，或在图层样式中放宽比例尺范围。")
        if self._extras.sites or shown:
            return None
        if self._layers:
            return _("所有图层都已关闭"), _("请在图层面板中勾选要显示的图层。")
        if self._reading:
            return _("正在读取图层…"), _("读完就画出来。")
        return _("还没有图层"), _("把数据文件拖到窗口里，或用“图层”菜单添加图层；也可以打开已有的项目。")

    def resizeEvent(self, event: QResizeEvent) -> None:
        width, height = max(self.width(), 1), max(self.height(), 1)
        if self._fitted is not None and self._fitted[0] == self._view:
            # What was zoomed to stays whole: the window is often laid out after its first data are there.
            _view, bounds, margin = self._fitted
            was_whole = self._view == self._whole
            self._view = View.around(bounds, width, height, margin)
            self._fitted = (self._view, bounds, margin)
            self._whole = self._view if was_whole else None
        else:
            self._view = self._view.resized(width, height)
        self._changed(_SETTLE_MS if self._image is not None else 0)
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.LanguageChange:
            self.setAccessibleName(_("地图"))
            self.update()
        super().changeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._cross.hide()
        self._sketching = isinstance(self._tool, Sketch)  # as it is pressed: its end may put another tool in place
        if event.button() == Qt.MiddleButton or (event.button() == Qt.LeftButton and self._space):
            self.begin_drag(event.localPos(), event.button())
        elif event.button() == Qt.LeftButton and event.modifiers() & Qt.ShiftModifier and self._tool_name not in _SHIFTING:
            self._box = ZoomBox(self)
            self._box.press(event)
        else:
            self._tool.press(event)
            self._tell_steps()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.localPos()
        if self._mouse is not None and (at - self._mouse).manhattanLength() > 2:
            self._cross.hide()
        if self._dragged_from is not None or (self._space and self._mouse is not None):
            since = at - (self._dragged_from or self._mouse or at)
            self._dragged_from = QPointF(at) if self._dragged_from is not None else None
            self.pan(since.x(), since.y())
            self._tell_place(at)
        elif self._box is not None:
            self._box.move(event)
            self._tell_place(at)
        else:
            self.point_at(event)
        self._mouse = QPointF(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragged_from is not None:
            if event.button() == self._drag_button:
                self._dragged_from = None
                self.setCursor(self._tool.cursor)
                self._settle.start(0)
        elif self._box is not None:
            if event.button() == Qt.LeftButton:
                box, self._box = self._box, None
                box.release(event)
        else:
            self._tool.release(event)
            self._tell_steps()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._tool.double_click(event)
        self._tell_steps()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Keyboard:
            at = self._cross.at or QPointF(self.width() / 2, self.height() / 2)
            self.menuAsked.emit(self.mapToGlobal(at.toPoint()))
        elif not (self._sketching or isinstance(self._tool, Sketch)):  # of a sketch the right button is the end
            self.menuAsked.emit(event.globalPos())

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120
        if event.modifiers() & Qt.ControlModifier:
            steps /= 4
        if steps:
            self.zoom_at(_WHEEL_STEP**steps, event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if self._cross.key(event):
            pass
        elif key == Qt.Key_Space:
            if not event.isAutoRepeat():
                self._space = True
                self.setCursor(Qt.OpenHandCursor)
        elif self._tool.key(event):
            pass
        elif key == Qt.Key_Escape:
            self._escape()
        elif key in ARROWS:
            right, down = ARROWS[key]
            self.pan(-right * self.width() / 4, -down * self.height() / 4)
        elif key in (Qt.Key_Plus, Qt.Key_Equal, Qt.Key_PageUp):
            self._zoom_by_key(_ZOOM_STEP)
        elif key in (Qt.Key_Minus, Qt.Key_PageDown):
            self._zoom_by_key(1 / _ZOOM_STEP)
        elif key == Qt.Key_F5:
            self.refresh()
        else:
            super().keyPressEvent(event)
        self._tell_steps()

    def _zoom_by_key(self, factor: float) -> None:
        """Round the cross, else round the middle."""
        self.zoom_at(factor, self._cross.at or QPointF(self.width() / 2, self.height() / 2))

    def _escape(self) -> None:
        """First what is held or drawn, then the cross of the keyboard, then the drawing of the map."""
        if self._box is not None:
            self._box = None
            self.update()
        elif not self._tool.cancel() and not self._cross.hide():
            if self.busy:
                self.cancel_render()
            else:
                self.escaped.emit()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key_Space and not event.isAutoRepeat():
            self._space = False
            self.setCursor(self._tool.cursor)
        else:
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()  # the cross of the keyboard is seen while the keyboard is here
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        if self._space:
            self._space = False
            self.setCursor(self._tool.cursor)
        super().focusOutEvent(event)

    def enterEvent(self, event: QEvent) -> None:
        self._mouse = QPointF(event.localPos())
        self._tell_place(self._mouse)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._mouse = self._snapped = None
        self.update()
        super().leaveEvent(event)


_alive: weakref.WeakSet[Renderer] = weakref.WeakSet()


def _finish(renderer: Renderer, *_args: object) -> None:
    renderer.finish()


@atexit.register
def _finish_all() -> None:
    for renderer in list(_alive):
        renderer.finish()


def _has_place(layer: MapLayer) -> bool:
    """Whether a layer has features and a CRS; a table without geometry has not."""
    return getattr(layer.frame, "crs", None) is not None and len(layer.frame) > 0


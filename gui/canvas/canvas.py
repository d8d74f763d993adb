"""The map widget. Everything the window may call is on ``MapCanvas``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QWidget
from shapely.geometry.base import BaseGeometry

from gui.canvas.scene import MapLayer

TOOLS = (
    "pan",
    "identify",
    "select",
    "zoom_box",
    "draw_polygon",
    "draw_line",
    "draw_point",
    "edit",
    "measure_length",
    "measure_area",
)


class MapCanvas(QWidget):
    """The map. Drawing happens in another thread; no method here waits for it but ``wait_idle`` and ``grab_image``.

    Signals:
        cursorMoved: lon, lat (degrees, EPSG:4490), x, y (canvas CRS).
        viewChanged: Scale denominator, extent (left, bottom, right, top in the canvas CRS).
        identified: ``[(layer id, row position in the frame), ...]``, top layer first; empty where nothing is.
        selectionChanged: As ``identified``, for the select tool and ``set_selection``.
        sketchFinished: A shapely geometry in the canvas CRS.
        sketchChanged: ``area_m2``, ``length_m`` (ellipsoidal), ``segments_m``, ``valid``.
        siteMoved: The edited geometry of the current site, canvas CRS, after every finished step of the edit tool.
        renderFinished: Milliseconds of the last complete drawing.
        busyChanged: Whether a drawing is under way.
        toolChanged: Name of the tool.
        layerFailed: Layer id and a sentence for people: it could not be drawn (no CRS, file gone).
        notice: A sentence for the status bar (why a sketch can't be finished).
    """

    cursorMoved = pyqtSignal(float, float, float, float)
    viewChanged = pyqtSignal(float, tuple)
    identified = pyqtSignal(list)
    selectionChanged = pyqtSignal(list)
    sketchFinished = pyqtSignal(object)
    sketchChanged = pyqtSignal(dict)
    siteMoved = pyqtSignal(object)
    renderFinished = pyqtSignal(float)
    busyChanged = pyqtSignal(bool)
    toolChanged = pyqtSignal(str)
    layerFailed = pyqtSignal(str, str)
    notice = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    # -- coordinate system ---------------------------------------------------------------------------------------
    @property
    def crs(self) -> int:
        """EPSG code of the map (default 4548, or the 3-degree zone of the first data)."""
        raise NotImplementedError

    def set_crs(self, epsg: int) -> None:
        """Draw in another CRS; the view stays over the same place."""

    # -- content -------------------------------------------------------------------------------------------------
    def set_layers(self, layers: Sequence[MapLayer]) -> None:
        """Show these layers, top first. The first layers of an empty map are zoomed to."""

    def layers(self) -> list[MapLayer]:
        """The layers, top first."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Draw again (after a change to a layer's attributes)."""

    def set_sites(self, sites: Sequence[tuple[str, BaseGeometry, str]], crs: int | None = None) -> None:
        """Sites on top of all layers: (id, geometry, verdict); ``crs`` is an EPSG code, None the canvas CRS."""

    def set_current_site(self, site_id: str | None) -> None:
        """Mark one site; the edit tool works on it."""

    def highlight(self, geometries: Sequence[BaseGeometry], label: str | None = None, crs: int | None = None) -> None:
        """Show evidence: a halo round each geometry; a line of two points is a distance, labelled in metres."""

    def clear_highlight(self) -> None:
        """Take the evidence away."""

    def set_selection(self, features: Sequence[tuple[str, int]]) -> None:
        """Draw these features (layer id, row position) as selected."""

    # -- view ----------------------------------------------------------------------------------------------------
    def extent(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in the canvas CRS."""
        raise NotImplementedError

    def scale(self) -> float:
        """Scale denominator at the centre of the map for this screen."""
        raise NotImplementedError

    def set_scale(self, denominator: float) -> None:
        """Zoom to 1:denominator round the centre."""

    def zoom_full(self) -> None:
        """Show every visible layer and site; happens as soon as their extent is known."""

    def zoom_to(self, bounds: tuple[float, float, float, float], crs: int | None = None) -> None:
        """Show these bounds (left, bottom, right, top)."""

    def zoom_to_layer(self, layer_id: str) -> None:
        """Show all of one layer."""

    def zoom_in(self) -> None:
        """Halve the scale denominator."""

    def zoom_out(self) -> None:
        """Double the scale denominator."""

    def pan(self, dx: float, dy: float) -> None:
        """Move the content by pixels (right and down count up)."""

    def center_on(self, x: float, y: float, crs: int | None = None) -> None:
        """Put a place in the middle."""

    def back(self) -> None:
        """The view before this one."""

    def forward(self) -> None:
        """Undo ``back``."""

    def can_go_back(self) -> bool:
        """Whether ``back`` would do anything."""
        raise NotImplementedError

    def can_go_forward(self) -> bool:
        """Whether ``forward`` would do anything."""
        raise NotImplementedError

    # -- tools ---------------------------------------------------------------------------------------------------
    @property
    def tool(self) -> str:
        """Name of the tool in hand."""
        raise NotImplementedError

    def set_tool(self, name: str) -> None:
        """Take up one of ``TOOLS``; an unfinished sketch is dropped.

        Raises:
            ValueError: No tool has this name.
        """

    def cancel_sketch(self) -> None:
        """Drop what is being drawn."""

    @property
    def snapping(self) -> bool:
        """Whether drawing and editing snap to vertices that can be seen."""
        raise NotImplementedError

    def set_snapping(self, on: bool) -> None:
        """Switch snapping."""

    # -- drawing -------------------------------------------------------------------------------------------------
    @property
    def busy(self) -> bool:
        """Whether a drawing is under way or waits to begin."""
        raise NotImplementedError

    def cancel_render(self) -> None:
        """Stop drawing; what is there stays."""

    def wait_idle(self, ms: int = 10_000) -> bool:
        """For tests: handle events until the map is drawn; False when time ran out."""
        raise NotImplementedError

    def grab_image(self, width: int, height: int) -> QImage:
        """A complete picture of the current extent in so many pixels, overlays included."""
        raise NotImplementedError

    def shutdown(self) -> None:
        """Stop and join the threads; the canvas draws nothing afterwards. Call it in the window's closeEvent."""


Feature = tuple[str, int]
Detail = dict[str, Any]

"""Selecting features by conditions on their fields and by an outline drawn on the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import Qt

from gui.part import Part
from gui.session import RASTER
from sanxian.i18n import _


class Selection(Part):
    """A part of the window without panels of its own."""

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"select_where": self.ask, "select_polygon": self.take_up, "select_none": lambda: self.put([])}

    def map_ready(self) -> None:
        self._window.map.shaped.connect(self._drawn)

    def put(self, rows: list[tuple[str, int]]) -> None:
        """Select rows of frames on the map, in place of what was selected."""
        window = self._window
        window.canvas.set_selection(window.map.on_canvas(rows))
        window.tell(_("选中 {count} 个要素").format(count=f"{len(rows):,}"))

    def ask(self) -> Any:
        """Ask for conditions on the current layer's fields; does not wait for the answer."""
        from gui.dialogs.filter_features import SelectDialog

        window = self._window
        layer = window.session.layer(window.layers.current_key())
        if layer is None or layer.frame is None or layer.key.startswith(RASTER):
            return None
        dialog = SelectDialog(layer, window.field_title, window)
        dialog.setAttribute(Qt.WA_DeleteOnClose)

        def take() -> None:
            made = dialog.filter()
            self.put([] if made is None else [(layer.key, int(row)) for row in made.rows(layer.frame)])

        dialog.accepted.connect(take)
        dialog.open()
        return dialog

    def take_up(self) -> None:
        """Take up the tool that draws the outline."""
        self._window.canvas.set_tool("select_polygon")
        self._window.status_message(_("画出选择范围，双击结束；选中所有可见图层中与它相交的要素"))

    def _drawn(self, tool: str, outline: Any, crs: str) -> None:
        if tool == "select_polygon":
            self.put(self.within(outline, crs))

    def within(self, outline: Any, crs: str) -> list[tuple[str, int]]:
        """Features of every visible layer that meet an outline: layer key and row of its frame."""
        window, found = self._window, []
        for layer in window.session.layers:
            if not layer.visible or layer.frame is None or layer.frame.crs is None or not len(layer.frame):
                continue
            here = window.engine.transform(outline, crs, layer.frame.crs.to_string())
            rows = layer.frame.sindex.query(here, predicate="intersects")
            shown = set(layer.filter.rows(layer.frame).tolist()) if layer.filter is not None else None
            found += [(layer.key, int(row)) for row in sorted(rows) if shown is None or int(row) in shown]
        return found

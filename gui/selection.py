"""Selecting features by conditions on their fields and by an outline drawn on the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import Qt

from gui.looks import AT_ONCE
from gui.part import Part
from gui.session import RASTER
from gui.words import SKETCHING, listed, together
from sanxian.i18n import N_, _


class Selection(Part):
    """A part of the window without panels of its own."""

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"select_where": self.ask, "select_polygon": self.take_up, "select_none": self.clear}

    def map_ready(self) -> None:
        window = self._window
        window.map.shaped.connect(self._drawn)
        window.map.selected.connect(self._tell)
        window.layers.currentLayer.connect(lambda key: window.canvas.set_selecting(key or None))
        window.canvas.set_selecting(window.layers.current_key() or None)

    def put(self, rows: Any, how: str = "replace") -> None:
        """Select rows of frames on the map.

        Args:
            rows: ``Picked``, or pairs of layer key and row.
            how: ``replace``, ``add`` or ``remove``.
        """
        from gui.canvas.scene import Picked

        view, rows = self._window.map, Picked.of(rows)
        view.select(rows if how == "replace" else view.selection() | rows if how == "add" else view.selection() - rows)

    def clear(self) -> None:
        """Select nothing, and take away the mark of a row that was looked at."""
        if self._window.map is not None:
            self._window.canvas.clear_highlight()
            self.put([])

    def _tell(self, picked: Any) -> None:
        """How many features are selected, and of what."""
        session, count = self._window.session, f"{len(picked):,}"
        names = {key: layer.name if (layer := session.layer(key)) is not None else key for key in picked.rows}
        if not names:
            said = _("没有选中要素")
        elif len(names) == 1:
            said = _("选中 {count} 个要素：{layer}").format(count=count, layer=next(iter(names.values())))
        else:
            said = _("选中 {count} 个要素：{layer}").format(count=count, layer=listed(
                f"{name} {len(picked.rows[key]):,}" for key, name in names.items()))
        self._window.status.showMessage(said, 8000)

    def ask(self) -> Any:
        """Ask for conditions on the current layer's fields; does not wait for the answer."""
        from gui.dialogs.filter_features import SelectDialog

        window = self._window
        layer = window.session.layer(window.layers.current_key())
        if layer is None or layer.frame is None or layer.key.startswith(RASTER):
            return None
        dialog = SelectDialog(layer, window.field_title, window.looks, window)
        dialog.setAttribute(Qt.WA_DeleteOnClose)

        def take() -> None:
            made, how, frame = dialog.filter(), dialog.how.currentData(), layer.frame
            if made is None:
                self.put([])
            elif len(frame) <= AT_ONCE:
                self.put(_picked(layer.key, made.rows(frame)), how)
            else:
                window.looks.ask("select_where", lambda _report: made.rows(frame),
                                 lambda rows: self.put(_picked(layer.key, rows), how) if layer.frame is frame else None)

        dialog.accepted.connect(take)
        dialog.open()
        return dialog

    def take_up(self) -> None:
        """Take up the tool that draws the outline."""
        self._window.canvas.set_tool("select_polygon")
        self._window.status_message(together(map(_, (
            N_("画出选择范围"), SKETCHING, N_("选中当前图层中与它相交的要素，没有当前图层时为所有可见图层")))))

    def _drawn(self, tool: str, outline: Any, crs: str) -> None:
        if tool == "select_polygon":
            self._window.status.set_sketch()  # how large it was is nothing of what is selected
            self._window.looks.ask("select_polygon", self.within(outline, crs), self.put)

    def within(self, outline: Any, crs: str) -> Callable[[Any], Any]:
        """What finds the features that meet an outline; it may be called in another thread.

        It looks in the current layer where that can be seen, else in every visible one.
        """
        window = self._window
        layers = [layer for layer in window.session.layers
                  if layer.visible and layer.frame is not None and layer.frame.crs is not None and len(layer.frame)]
        own = [layer for layer in layers if layer.key == window.layers.current_key()]
        asked = [(layer.key, layer.frame, layer.filter, window.engine.transform(outline, crs, layer.frame.crs.to_string()))
                 for layer in own or layers]

        def find(report: Any) -> Any:
            import numpy as np
            import shapely

            from gui.canvas.scene import Picked
            from gui.tasks import Cancelled

            found = {}
            for key, frame, shown, here in asked:
                if report.cancelled:
                    raise Cancelled
                shapely.prepare(here)
                # Not by the frame's index: to build one takes longer than to look at every box once.
                shapes = np.asarray(frame.geometry.array, dtype=object)
                left, bottom, right, top = here.bounds
                boxes = shapely.bounds(shapes)
                rows = np.flatnonzero((boxes[:, 0] <= right) & (boxes[:, 2] >= left) & (boxes[:, 1] <= top) & (boxes[:, 3] >= bottom))
                rows = rows[shapely.intersects(here, shapes[rows])]
                found[key] = rows if shown is None else rows[shown.hits(frame.iloc[rows])]
            return Picked(found)

        return find


def _picked(key: str, rows: Any) -> Any:
    from gui.canvas.scene import Picked

    return Picked({key: rows})

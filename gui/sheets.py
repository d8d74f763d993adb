"""Print sheets in the window: the layout window, and the extent drawn on the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gui.part import Part
from gui.words import BOXING, together
from sanxian.i18n import _


class Sheets(Part):
    """A part of the window."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self.dialog: Any = None
        window.session.opened.connect(self._closed)

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"layout": self.show}

    def map_ready(self) -> None:
        """Listen to the rectangle that is drawn on the map."""
        self._window.canvas.boxDrawn.connect(self._drawn)

    def show(self) -> Any:
        """Open the layout window, or bring it to the front; does not wait."""
        if self.dialog is None:
            from gui.dialogs.sheet import SheetDialog  # the window opens sooner without it

            self.dialog = SheetDialog(self._window)
            self.dialog.boxAsked.connect(self.ask_box)
            self.dialog.finished.connect(self._finished)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()
        return self.dialog

    def ask_box(self) -> None:
        """Let the person drag a rectangle on the map."""
        window = self._window
        window.canvas.set_tool("extent")
        window.raise_()
        window.activateWindow()
        window.status_message(together([_("在地图上拖出图幅的范围"), _(BOXING)]))

    def _drawn(self, box: tuple[float, float, float, float]) -> None:
        window = self._window
        window.do("pan")
        if self.dialog is None:
            return
        from shapely import box as rectangle

        self.dialog.set_extent(window.engine.transform(rectangle(*box), window.map.crs, "EPSG:4490").bounds)
        self.dialog.show()
        self.dialog.raise_()

    def _closed(self) -> None:
        if self.dialog is not None:
            self.dialog.close()

    def _finished(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()

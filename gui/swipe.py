"""Comparing by a divider: one layer, or one version of a layer, is drawn left of it only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import Qt

from gui.part import Part
from gui.words import listed
from sanxian.i18n import _


class Swiping(Part):
    """A part of the window; its divider lies on the map."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self.divider: Any = None
        self.key = ""
        window.session.opened.connect(self.stop)
        window.session.rekeyed.connect(self._rekeyed)
        window.session.layersChanged.connect(self._layers_changed)

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"swipe": self.toggle}

    def toggle(self) -> None:
        """Begin with the current layer, or end; with another layer than before go on with that."""
        key = self._window.layers.current_key()
        if self.divider is not None and key in ("", self.key):
            self.stop()
        else:
            self.start(key)

    def start(self, key: str) -> None:
        """Draw the layer on the left side only; of its other versions those that are shown on the right side only."""
        from gui.canvas.swipe import Divider

        window = self._window
        layer = window.session.layer(key)
        if layer is None or window.canvas is None or (layer.frame is None and layer.raster is None):
            window.actions_by_id["swipe"].setChecked(self.divider is not None)
            return
        self.key = key
        if self.divider is None:
            self.divider = Divider(window.canvas)
            self.divider.moved.connect(self._show)
            self.divider.closed.connect(self.stop)
            window.canvas.escaped.connect(self.stop)  # also after a click on the map, which takes the keyboard
            self.divider.show()
        self.divider.setFocus(Qt.OtherFocusReason)
        self._show()
        others = [window.session.layer(one).name for one in self._sisters()]
        window.status_message(_("分隔线左侧：{layer}；右侧：{others}").format(layer=layer.name, others=listed(others)) if others
                              else _("“{layer}”只画在分隔线左侧；左右方向键移动，Esc 结束").format(layer=layer.name))
        window.actions_by_id["swipe"].setChecked(True)

    def _sisters(self) -> list[str]:
        """Other versions of the layer, and the version in use even where it is hidden."""
        layers = self._window.session.layers
        record = self._window.session.layer(self.key).record
        family = getattr(record, "family", None)
        return [one.key for one in layers if one.key != self.key and family and getattr(one.record, "family", None) == family
                and (one.visible or not one.retired)]

    def _show(self, _share: float = 0.5) -> None:
        self._window.canvas.set_swipe([self.key], self._sisters(), self.divider.share)

    def _rekeyed(self, names: dict[str, str]) -> None:
        self.key = names.get(self.key, self.key)

    def _layers_changed(self) -> None:
        if self.divider is None:
            return
        if self._window.session.layer(self.key) is None:
            self.stop()
        else:
            self._show()

    def stop(self) -> None:
        """Draw everything everywhere again."""
        self._window.actions_by_id["swipe"].setChecked(False)
        if self.divider is not None:
            divider, self.divider = self.divider, None
            self.key = ""
            self._window.canvas.escaped.disconnect(self.stop)
            self._window.canvas.set_swipe()
            self._window.canvas.setFocus(Qt.OtherFocusReason)  # first: what is hidden hands the keyboard to whatever comes next
            divider.hide()
            divider.deleteLater()
            self._window.status_message("")

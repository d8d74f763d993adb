"""Selecting features by conditions on their fields, by an outline drawn on the map and by what they lie at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QGuiApplication

from gui.looks import AT_ONCE
from gui.part import Part
from gui.places import coordinates
from gui.session import RASTER
from gui.words import CLICKING, SKETCHING, error_words, listed, together
from sanxian.i18n import N_, _


class Selection(Part):
    """A part of the window without panels of its own."""

    _metres = 500.0  # the distance that was asked for last

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"select_where": self.ask, "select_polygon": self.take_up, "select_none": self.clear,
                "select_radius": self.take_up_radius, "select_place": self.ask_place}

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
            how: ``replace``, ``add``, ``remove`` or ``toggle``.
        """
        from gui.canvas.scene import Picked

        view, rows = self._window.map, Picked.of(rows)
        was = view.selection()
        view.select(rows if how == "replace" else was | rows if how == "add" else was - rows if how == "remove" else was ^ rows)

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
        dialog.follow(window.session)
        dialog.open()
        return dialog

    def take_up(self) -> None:
        """Take up the tool that draws the outline."""
        self._window.canvas.set_tool("select_polygon")
        self._window.canvas.setFocus(Qt.OtherFocusReason)  # its cross is moved by keys
        self._window.status_message(together(map(_, (
            N_("画出选择范围"), SKETCHING, N_("选中当前图层中与它相交的要素，没有当前图层时为所有可见图层")))))

    def take_up_radius(self) -> None:
        """Take up the tool that asks for a place."""
        self._window.canvas.set_tool("select_radius")
        self._window.canvas.setFocus(Qt.OtherFocusReason)
        self._window.status_message(together(map(_, (
            N_("单击圆心，再输入半径；Shift 加选，Ctrl 加选或去掉"), CLICKING, N_("选中当前图层中的要素，没有当前图层时为所有可见图层")))))

    def ask_place(self, place: Any = None, how: str = "replace") -> Any:
        """Ask at what the features lie that are to be selected; does not wait for the answer.

        Args:
            place: A point in the CRS of the map to begin with.
        """
        from gui.dialogs.select_place import PLACE, PlaceDialog

        window = self._window
        session, view = window.session, window.map
        targets, picked = self._targets(), view.selection()
        known = [(key, _("“{layer}”中选中的 {count} 个要素").format(layer=layer.name, count=f"{len(rows):,}"))
                 for key, rows in picked.rows.items() if (layer := session.layer(key)) is not None and layer.frame is not None]
        if (site := session.current) is not None and site.geometry is not None and not site.geometry.is_empty:
            known.append(("", _("当前项目“{name}”").format(name=site.name)))
        given = "" if place is None else _xy(window, place)

        def read(text: str) -> Any:
            if place is not None and text == given:
                return place, view.crs
            found = coordinates(text, window.canvas.crs)
            if len(found) == 1:
                from shapely import Point

                return Point(*found[0].xy), found[0].key
            return _("这些数字有几种读法，请写明带号或用经纬度。") if found else _(
                "没有读懂坐标。写成“115.98, 29.71”、度分秒，或高斯坐标“北 东”。")

        names = [layer.name for layer in targets]
        said = _("没有可见的图层") if not names else names[0] if len(names) == 1 else _("可见的 {count} 个图层").format(count=len(names))
        dialog = PlaceDialog(said, known, read, names=names, place=given, how=how, metres=self._metres, parent=window)
        dialog.setAttribute(Qt.WA_DeleteOnClose)

        def ask() -> None:
            at, mode = dialog.at.currentData(), dialog.how.currentData()
            if at == PLACE:
                point, crs = dialog.point()
                shapes: Any = [point]
            elif at:
                frame = session.layer(at).frame
                shapes, crs = frame.geometry.to_numpy()[picked.of_layer(at)], frame.crs.to_string()
            else:
                shapes, crs = [site.geometry], site.crs
            self._metres = dialog.metres.value()
            what = (shapes, crs, dialog.relation.currentData(), self._metres)
            asked = [(layer.key, layer.frame, layer.filter) for layer in targets]

            def work(report: Any) -> Any:
                from gui.by_place import find
                from spatial.errors import SpatialError

                try:
                    return find(report, asked, *what)
                except SpatialError as error:
                    return error

            def done(found: Any) -> None:
                if hasattr(found, "template"):
                    dialog.refuse(error_words(found))
                    return
                dialog.accept()
                same = all((one := session.layer(key)) is not None and one.frame is frame for key, frame, _filter in asked)
                if same:  # else the rows are those of others
                    self.put(found, mode)

            window.looks.ask("select_place", work, done)

        dialog.asked.connect(ask)
        dialog.finished.connect(lambda _result: window.looks.forget("select_place"))
        session.opened.connect(dialog.reject)
        dialog.open()
        return dialog

    def _targets(self) -> list[Any]:
        """The current layer where that can be seen, else every visible one."""
        window = self._window
        layers = [layer for layer in window.session.layers
                  if layer.visible and layer.frame is not None and layer.frame.crs is not None and len(layer.frame)]
        return [layer for layer in layers if layer.key == window.layers.current_key()] or layers

    def _drawn(self, tool: str, outline: Any, crs: str) -> None:
        if tool == "select_radius":
            keys = QGuiApplication.keyboardModifiers()
            self.ask_place(outline, "add" if keys & (Qt.ShiftModifier | Qt.AltModifier) else
                           "toggle" if keys & Qt.ControlModifier else "replace")
        if tool == "select_polygon":
            self._window.status.set_sketch()  # how large it was is nothing of what is selected
            self._window.looks.ask("select_polygon", self.within(outline, crs), self.put)

    def within(self, outline: Any, crs: str) -> Callable[[Any], Any]:
        """What finds the features that meet an outline; it may be called in another thread.

        It looks in the current layer where that can be seen, else in every visible one.
        """
        window = self._window
        asked = [(layer.key, layer.frame, layer.filter, window.engine.transform(outline, crs, layer.frame.crs.to_string()))
                 for layer in self._targets()]

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


def _xy(window: Any, place: Any) -> str:
    """A point of the map in longitude and latitude, as it may be typed."""
    there = window.engine.transform(place, window.map.crs, "EPSG:4490")
    return f"{there.x:.6f}, {there.y:.6f}"


def _picked(key: str, rows: Any) -> Any:
    from gui.canvas.scene import Picked

    return Picked({key: rows})

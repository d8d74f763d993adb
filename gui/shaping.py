"""Cutting, piercing, adding to, merging and widening sites, each as one step that can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PyQt5.QtWidgets import QInputDialog

from gui import shapes
from gui.actions import BY_ID
from gui.dialogs import message
from gui.dialogs.bearing import BearingDialog
from gui.part import Part
from gui.session import Site
from gui.shapes import ShapeError
from gui.words import SKETCHING, listed, named, together
from sanxian.i18n import N_, _
from sanxian.messages import attribute_words

HINTS = {
    "cut": N_("画一条线穿过用地，两端画到用地之外"), "pierce": N_("画出要从用地中挖除的范围"),
    "extend": N_("画出要增补给用地的地块"),
}


class Shaping(Part):
    """A part of the window."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._dialog: BearingDialog | None = None
        self._begun: tuple[str, str] | None = None  # the project that a sketch under way is for: id, name

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {
            "cut_site": lambda: self.take_up("cut"), "pierce_site": lambda: self.take_up("pierce"),
            "extend_site": lambda: self.take_up("extend"), "merge_sites": self.merge_selected,
            "corridor": self.ask_corridor, "bearing": self.ask_bearing,
            "snap": self._snap,
        }

    def menu_ready(self) -> None:
        self._window.actions_by_id["snap"].setChecked(self._window.settings.snapping)

    def map_ready(self) -> None:
        window = self._window
        window.map.shaped.connect(self.sketched)
        window.canvas.stepsChanged.connect(self._followed)
        window.session.currentChanged.connect(lambda current: self._gone(current))
        window.session.opened.connect(lambda: self._gone(None))
        self._window.canvas.set_snapping(self._window.settings.snapping)

    def _snap(self) -> None:
        """Snap, or no longer; so it stays the next time."""
        window = self._window
        window.settings.snapping = window.actions_by_id["snap"].isChecked()
        window.canvas.set_snapping(window.settings.snapping)

    def take_up(self, tool: str) -> None:
        """Take up the tool whose sketch changes the current site."""
        window = self._window
        window.canvas.set_tool(tool)
        window.status_message(together([_(HINTS[tool]), _(SKETCHING)]))

    # -- from the map ----------------------------------------------------------------------------------------------
    def _followed(self) -> None:
        """A sketch is for the project that was current when its first point was put down."""
        under_way = self._window.canvas.tool in HINTS and any(self._window.canvas.points())
        if not under_way:
            self._begun = None
        elif self._begun is None:
            site = self._window.session.current
            self._begun = ("", "") if site is None else (site.id, site.name)

    def _gone(self, current: str | None) -> None:
        """Another project is current, or another workspace open: what was begun for the former must not be done to it."""
        if self._begun is None or current == self._begun[0]:
            return
        (_id, name), window = self._begun, self._window
        text = _(BY_ID[f"{window.canvas.tool}_site"].text).rstrip("…")
        window.canvas.set_tool("pan")  # else the clicks that follow would begin the same on the other project
        window.tell(named(text, _("当前项目已不是“{name}”，为它画的草图已取消，没有改动用地。").format(name=name)))

    def sketched(self, tool: str, sketch: Any, crs: str) -> None:
        """Do to the current site what the tool says."""
        if tool not in HINTS:
            return
        window, session = self._window, self._window.session
        site, begun = session.current, self._begun
        self._begun = None
        if site is None or site.geometry is None or (begun is not None and begun[0] != site.id):
            window.tell(_("请先选中一个项目用地。"))
            return
        sketch = window.engine.transform(sketch, crs, site.crs)
        try:
            if tool == "cut":
                self._cut(site, sketch)
            else:
                done = shapes.pierce(site.geometry, sketch) if tool == "pierce" else shapes.extend(site.geometry, sketch)
                text = N_("从用地挖除") if tool == "pierce" else N_("增补地块")
                session.replace_sites(text, {site.id: replace(site, geometry=done, stale=site.result is not None)})
                self._say_area(done, site.crs)
        except ShapeError as error:
            window.show_error(error)
            return
        window.use_tool("pan")

    def _cut(self, site: Site, line: Any) -> None:
        session = self._window.session
        first, *others = shapes.cut(site.geometry, line)
        taken, added = {one.id for one in session.sites}, []
        for number, part in enumerate(others, 2):
            suffix = number
            while f"{site.id}-{suffix}" in taken:
                suffix += 1
            taken.add(f"{site.id}-{suffix}")
            added.append(Site(f"{site.id}-{suffix}", _("{name}（分块 {number}）").format(name=site.name, number=number), part,
                              site.crs, dict(site.attributes)))
        session.replace_sites(
            N_("拆分用地"), {site.id: replace(site, geometry=first, stale=site.result is not None)}, added=added)
        self._window.tell(_("已拆分为 {count} 块；属性照抄，请逐块核对。").format(count=len(added) + 1))

    def _say_area(self, geometry: Any, crs: str) -> None:
        from sanxian.messages import area_words

        self._window.tell(_("用地现为 {area}").format(area=area_words(self._window.engine.measure(geometry, crs)[0])))

    # -- from the menu ---------------------------------------------------------------------------------------------
    def merge_selected(self) -> None:
        """Make one project of those selected in the table."""
        window, session = self._window, self._window.session
        chosen = set(window.projects.selected_ids())
        sites = [site for site in session.sites if site.id in chosen and site.geometry is not None]
        try:
            if sites:
                moved = [sites[0].geometry, *(window.engine.transform(one.geometry, one.crs, sites[0].crs) for one in sites[1:])]
            else:
                moved = []
            whole = shapes.merge(moved)
        except ShapeError as error:
            window.show_error(error)
            return
        alike, unlike = shapes.in_common([site.attributes for site in sites])
        asked = _("把 {count} 个项目合并为“{name}”？").format(count=len(sites), name=sites[0].name)
        if unlike:
            asked += "\n" + _("这些属性各不相同，合并后为未知，请重新填写：{names}").format(
                names=listed(attribute_words(name) for name in unlike))
        if not message.ask(window, _("合并用地"), asked, _("合并")):
            return
        kept = replace(sites[0], geometry=whole, attributes=alike, stale=sites[0].result is not None)
        session.replace_sites(N_("合并用地"), {sites[0].id: kept}, removed=[site.id for site in sites[1:]])
        self._say_area(whole, kept.crs)

    def ask_corridor(self) -> None:
        """Ask how wide the strip along the current line is to be."""
        site_id = self._window.session.current_id
        width, given = QInputDialog.getDouble(
            self._window, _("线状用地生成廊道"), _("廊道全宽（米）"), 30.0, 0.1, 100_000.0, 1)
        if given and self._window.session.current_id != site_id:  # by another program, while it was asked
            self._window.tell(_("当前项目已换，没有生成廊道。"))
        elif given:
            self.widen(width)

    def widen(self, width_m: float) -> None:
        """Make a strip of the current line."""
        window, session = self._window, self._window.session
        site = session.current
        try:
            strip = window.engine.corridor(site.geometry, site.crs, width_m)
        except ShapeError as error:
            window.show_error(error)
            return
        session.replace_sites(N_("生成廊道"), {site.id: replace(site, geometry=strip, stale=site.result is not None)})
        self._say_area(strip, site.crs)

    def ask_bearing(self) -> BearingDialog:
        """Ask for vertices by bearing and distance; does not wait."""
        if self._dialog is None:
            self._dialog = BearingDialog(self._go_on, self._window)
            self._dialog.finished.connect(self._forget)
        else:
            self._dialog.raise_()
        self._dialog.show()
        self._dialog.bearing.setFocus()
        return self._dialog

    def _forget(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    def _go_on(self, degrees: float, distance_m: float, true_north: bool) -> None:
        """Put the next vertex of the sketch down.

        A grid bearing is read, as in a survey, in the plane of the map, with the distance as measured on it.
        """
        import math

        from shapely import Point

        window, canvas = self._window, self._window.canvas
        last = canvas.last_vertex()
        if last is None:
            raise ShapeError(N_("还没有起点：先用绘制工具在地图上放下第一个点，或输入坐标。"))
        if true_north:
            start = window.engine.transform(Point(last), window.map.crs, "EPSG:4490")
            end = window.engine.transform(Point(shapes.onward(start.x, start.y, degrees, distance_m)), "EPSG:4490", window.map.crs)
            canvas.add_vertex(end.x, end.y)
            return
        if canvas.crs == 4490:
            raise ShapeError(N_("地图是经纬度坐标，没有坐标北；请改用真北，或换成高斯坐标系。"))
        angle = math.radians(degrees)
        canvas.add_vertex(last[0] + distance_m * math.sin(angle), last[1] + distance_m * math.cos(angle))

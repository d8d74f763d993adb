"""Going about on the map: places by name, bookmarks, former views, and copies of what is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QApplication, QInputDialog, QMenu

from gui.clipboard import may_leave
from gui.dialogs import message
from gui.dialogs.bookmarks import Bookmarks
from gui.dialogs.go_to import GoTo
from gui.part import Part
from gui.places import Index, Place, coordinates
from gui.words import dms
from sanxian.i18n import N_, _

STATE_KEY = "bookmarks"
ROOM_M = 500.0  # how far round a point the map shows


class Navigation(Part):
    """A part of the window."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._index = Index()
        window.session.opened.connect(self._opened)

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {
            "go_to": self.go_to, "add_bookmark": self.ask_bookmark, "copy_map": self.copy_map,
            "copy_place": self.copy_place, "last_view": lambda: self._window.canvas.back(),
            "next_view": lambda: self._window.canvas.forward(),
        }

    def menu_ready(self) -> None:
        """Put the bookmarks into the view menu, just after the action that adds one."""
        window = self._window
        menu = window.menus["view"]
        actions = menu.actions()
        after = actions[actions.index(window.actions_by_id["add_bookmark"]) + 1]
        self.menu = menu.addMenu("")
        self.menu.setObjectName("bookmarks_menu")
        menu.insertMenu(after, self.menu)
        window.say(self.menu.setTitle, "书签")
        self.menu.aboutToShow.connect(self._fill)

    def map_ready(self) -> None:
        self._window.status.placeTyped.connect(self.typed)
        self._window.status.placeLeft.connect(lambda: self._window.canvas.setFocus(Qt.OtherFocusReason))
        if hasattr(type(self._window.canvas), "menuAsked"):
            self._window.canvas.menuAsked.connect(self._show_map_menu)

    def map_menu(self) -> QMenu:
        """What can be done on the map."""
        menu = QMenu(self._window)
        for name in ("pan", "select", "identify", "", "copy_place", "copy_map", "add_bookmark", "go_to", "", "last_view", "next_view",
                     "zoom_site", "full"):
            if name:
                menu.addAction(self._window.actions_by_id[name])
            else:
                menu.addSeparator()
        return menu

    def _show_map_menu(self, at: QPoint) -> None:
        menu = self.map_menu()
        menu.exec_(at)
        menu.deleteLater()

    def _opened(self) -> None:
        self._index = Index()

    # -- places ----------------------------------------------------------------------------------------------------
    def go_to(self) -> GoTo:
        """Ask where to; does not wait for the answer."""
        window = self._window
        dialog = GoTo(window.session, self._index, window.canvas.crs, window)
        dialog.chosen.connect(self.show_place)
        dialog.finished.connect(dialog.deleteLater)
        window.session.opened.connect(dialog.close)
        dialog.show()
        dialog.text.setFocus()
        return dialog

    def typed(self, text: str) -> None:
        """Go to coordinates typed in the status bar; what has several readings, or none, is left to the person."""
        window = self._window
        found = coordinates(text, window.canvas.crs)
        window.status.end_typing()
        if len(found) == 1:
            self.show_place(found[0])
        else:
            self.go_to().text.setText(text)

    def show_place(self, place: Place) -> None:
        """Go to a place and mark it."""
        window = self._window
        if place.kind == "site":
            window.session.set_current(place.key)
            window.map.zoom_to_site(place.key)
        elif place.kind == "feature":
            window.map.zoom_to_feature(place.key, place.row)
        elif place.xy is not None:
            from shapely import Point

            point = window.engine.transform(Point(*place.xy), place.key, window.map.crs)
            room = ROOM_M if window.canvas.crs != 4490 else ROOM_M / 111_000
            window.canvas.highlight([point])
            window.canvas.zoom_to((point.x - room, point.y - room, point.x + room, point.y + room))

    # -- bookmarks -------------------------------------------------------------------------------------------------
    def bookmarks(self) -> list[dict[str, Any]]:
        """Name, CRS and bounds of each view that was kept in this workspace."""
        return list(self._window.session.kept(STATE_KEY) or ())

    def _keep(self, text: str, name: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], said: str = "") -> bool:
        return self._window.session.keep_state(text, {"name": name}, STATE_KEY, lambda kept: change(list(kept or ())) or None,
                                               lambda written: self._window.tell(said) if written and said else None)

    def ask_bookmark(self) -> None:
        """Ask for a name and keep the view under it."""
        name, given = QInputDialog.getText(self._window, _("添加书签"), _("名称"))
        name = name.strip()
        if not given or not name:
            return
        if any(one["name"] == name for one in self.bookmarks()) and not message.ask(
                self._window, _("替换书签"), _("已有名为“{name}”的书签。用现在的范围替换它？").format(name=name), _("替换")):
            return
        self.add_bookmark(name)

    def add_bookmark(self, name: str) -> None:
        """Keep the present view; one of the same name is replaced."""
        replaced = any(one["name"] == name for one in self.bookmarks())
        canvas = self._window.canvas
        view = {"name": name, "epsg": int(canvas.crs), "bounds": [float(value) for value in canvas.extent()]}
        self._keep(N_("替换书签“{name}”") if replaced else N_("添加书签“{name}”"), name,
                   lambda kept: [*(one for one in kept if one["name"] != name), view],
                   (_("已替换书签“{name}”") if replaced else _("已添加书签“{name}”")).format(name=name))

    def show_bookmark(self, one: dict[str, Any]) -> None:
        """Go back to a view."""
        self._window.canvas.zoom_to(tuple(one["bounds"]), one["epsg"], 0.0)

    def rename_bookmark(self, former: str, name: str) -> bool:
        """Call a bookmark something else; ``False`` where another has the name, or nothing is named."""
        kept = self.bookmarks()
        if not name or any(one["name"] == name for one in kept):
            return False
        return self._keep("重命名书签“{name}”", former, lambda then: [
            {**one, "name": name} if one["name"] == former else one for one in then])

    def remove_bookmark(self, name: str) -> None:
        """Forget a view."""
        self._keep("删除书签“{name}”", name, lambda kept: [one for one in kept if one["name"] != name])

    def manage(self) -> Bookmarks:
        """Show the bookmarks in a list in which they can be renamed and removed; does not wait."""
        dialog = Bookmarks(self._window.session, self, self._window)
        dialog.show()
        return dialog

    def _fill(self) -> None:
        self.menu.clear()
        kept = self.bookmarks()
        for one in kept:
            action = self.menu.addAction(one["name"].replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, view=one: self.show_bookmark(view))
        if kept:
            self.menu.addSeparator()
            self.menu.addAction(_("管理书签…")).triggered.connect(lambda: self.manage())
        else:
            self.menu.addAction(_("还没有书签")).setEnabled(False)

    # -- copies ----------------------------------------------------------------------------------------------------
    def copy_map(self) -> None:
        """The map as it is seen, with scale bar and north arrow, to the clipboard."""
        canvas = self._window.canvas
        if not may_leave(self._window, *(one for one in self._window.session.layers if one.visible)):
            return
        ratio = canvas.devicePixelRatioF()
        image = canvas.grab_image(round(canvas.width() * ratio), round(canvas.height() * ratio))
        QApplication.clipboard().setImage(image)
        self._window.tell(_("已复制地图（{width}×{height} 像素）").format(width=image.width(), height=image.height()))

    def copy_place(self) -> None:
        """The place where the pointer was last, in the format of the status bar."""
        place = self._window.status.place
        if place is None:
            message.tell_error(self._window, _("先把光标移到地图上的某处，再复制坐标。"))
            return
        lon, lat, x, y = place
        text = {
            "decimal": f"{lon:.6f}, {lat:.6f}", "dms": f"{dms(lon, 'E', 'W')}, {dms(lat, 'N', 'S')}",
            "gauss": f"{y:.3f}, {x:.3f}",  # north first, as surveyors write X and Y
        }[self._window.status.coordinate_format]
        QApplication.clipboard().setText(text)
        self._window.tell(_("已复制坐标 {text}").format(text=text))

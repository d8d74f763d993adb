"""The basemap: off until a person chooses one; a service is asked for nothing before that person has agreed to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QTimer, pyqtSignal

from gui.dialogs import message
from gui.part import Part
from gui.words import error_words, listed
from sanxian.i18n import N_, _

LAYER = "basemap"  # id on the canvas
EVERY_MS = 3000  # only size and time of the file are asked then


def _stamp(path: Path) -> list[tuple[int, int]]:
    """How a file stands, with what SQLite has not yet written into it."""
    found: list[tuple[int, int]] = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        with contextlib.suppress(OSError):
            about = file.stat()
            found += [(about.st_size, about.st_mtime_ns)] if about.st_size else []  # an empty one is left by reading
    return found


class BasemapPart(Part):
    """Keeps the canvas's basemap as the settings say.

    Signals:
        arrived, told: From the threads that fetch tiles to the window's.
    """

    arrived = pyqtSignal()
    told = pyqtSignal(str)

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._ground: Any = None
        self._cache: Any = None
        self._of: Any = None  # the settings that the ground was made of
        self._stood: dict[str, list[tuple[int, int]]] = {}  # how files stood when they were opened
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self.arrived.connect(self._redraw)
        self.told.connect(window.tell)

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"basemap": self.ask, "basemap_show": self.toggle}

    def menu_ready(self) -> None:
        self._check()

    def map_ready(self) -> None:
        canvas = self._window.canvas
        if hasattr(type(canvas), "layerFailed"):
            canvas.layerFailed.connect(lambda key, why: self._window.tell(why) if key == LAYER else None)
        self.apply()

    def _check(self) -> None:
        now = self._window.settings.basemap
        self._window.actions_by_id["basemap_show"].setChecked(bool(now.kind) and now.shown)

    @property
    def cache(self) -> Any:
        """The tiles on the disk."""
        if self._cache is None:
            from gui.canvas.ground import TileCache

            self._cache = TileCache(self._window.settings.cache_folder / "tiles")
        return self._cache

    # -- what people do --------------------------------------------------------------------------------------------
    def ask(self) -> Any:
        """Choose a basemap; does not wait for the answer."""
        from gui.dialogs.basemap import BasemapDialog

        dialog = BasemapDialog(self._window.settings.basemap, self.cache.size, self.cache.clear, self._window)
        dialog.accepted.connect(lambda: self.choose(dialog.choice()))
        dialog.open()
        return dialog

    def toggle(self) -> None:
        """Show the basemap or take it away; without one, ask for one."""
        now = self._window.settings.basemap
        if not now.kind:
            self._check()
            self.ask()
            return
        self.choose(replace(now, shown=not now.shown))

    def choose(self, wanted: Any) -> None:
        """Use a basemap from now on, and remember it; a service only where the person agrees, a file only where it opens."""
        settings = self._window.settings
        if wanted.kind != settings.basemap.kind or not wanted.kind:
            wanted = replace(wanted, shown=bool(wanted.kind))
        if wanted.kind == "online" and wanted.shown and not self._agreed(wanted):
            text = _("将向 {host} 请求地图当前范围内的瓦片，服务方由此会知道您在看哪一带。项目用地的坐标和属性不会发送。要打开吗？").format(
                host=listed(wanted.hosts()))
            if message.ask(self._window, _("打开在线底图"), text, _("打开"), loses=True):
                wanted = replace(wanted, agreed=tuple(sorted({*wanted.agreed, *wanted.hosts()})))
            else:
                wanted = replace(wanted, shown=False)
        if wanted.kind == "file" and wanted.shown and self._window.canvas is not None:
            self._try(wanted)
            return
        settings.basemap = wanted
        self._check()
        self.apply()

    def _try(self, wanted: Any) -> None:
        """Use a file once it could be opened; what cannot be drawn is not remembered, and the former basemap stays."""
        window = self._window

        def done(ground: Any) -> None:
            window.settings.basemap = wanted
            self._check()
            self._put(ground)

        def failed(error: Exception) -> None:
            self._check()
            window.show_error(error)

        self._open(Path(wanted.path), done, failed)

    def _open(self, path: Path, done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        def work(_report: Any) -> Any:
            from gui.canvas.ground import open_file

            self._stood[str(path)] = _stamp(path)
            return open_file(path)

        self._window.work.run(N_("打开底图"), work, done, failed)

    def look(self) -> None:
        """Draw the file anew where another program has written it, or has put it back; read in another thread."""
        window, wanted = self._window, self._window.settings.basemap
        path = Path(wanted.path)
        stood = self._stood.get(str(path))
        if window.canvas is None or wanted.kind != "file" or not wanted.shown or stood is None or window.looks.asking(LAYER):
            return

        def read(_report: Any) -> Any:
            from gui.canvas.ground import GroundError, open_file

            if (now := _stamp(path)) == stood:
                return None
            self._stood[str(path)] = now
            try:
                return open_file(path)
            except GroundError as error:
                return error

        def take(found: Any) -> None:
            if isinstance(found, Exception):
                if window.settings.basemap == wanted:
                    self._put(None)
                    window.tell(error_words(found))
            elif found is not None and window.settings.basemap == wanted:
                self._put(found)
                window.tell(_("底图文件有变动，已重新画：{name}").format(name=path.name))
            elif found is not None:
                found.close()

        window.looks.ask(LAYER, read, take)

    @staticmethod
    def _agreed(wanted: Any) -> bool:
        return set(wanted.hosts()) <= set(wanted.agreed)

    # -- the canvas ------------------------------------------------------------------------------------------------
    def apply(self) -> None:
        """Give the canvas the basemap that the settings ask for."""
        window, wanted = self._window, self._window.settings.basemap
        if window.canvas is None:
            return
        if not wanted.kind or not wanted.shown or (wanted.kind == "online" and not self._agreed(wanted)):
            self._put(None)
        elif wanted.kind == "online":
            from gui.canvas.ground import GroundError, WebTiles

            same = self._of is not None and replace(self._of, opacity=wanted.opacity, attribution=wanted.attribution) == wanted
            try:
                self._put(self._ground if same else WebTiles(
                    wanted.urls, wanted.grid, wanted.key, self.cache, highest=wanted.highest,
                    arrived=self.arrived.emit, told=self.told.emit))
                self._of = wanted
            except GroundError as error:
                self._put(None)
                window.show_error(error)
        else:
            def done(ground: Any) -> None:
                if window.settings.basemap == wanted:
                    self._put(ground)
                else:
                    ground.close()

            def failed(error: Exception) -> None:
                # It could be opened once, so the file has gone or changed: no reason to stop anybody at the start.
                self._put(None)
                window.tell(error_words(error) if hasattr(error, "template") else str(error))

            self._open(Path(wanted.path), done, failed)

    def _put(self, ground: Any) -> None:
        former, self._ground = self._ground, ground
        if ground is None or ground is not former:
            self._of = None
        window = self._window
        window.canvas.set_basemap(None if ground is None else window._make_layer(  # noqa: SLF001 - the window's own maker of layers
            id=LAYER, name=_("底图"), role="raster", frame=None, visible=True, opacity=window.settings.basemap.opacity,
            style=None, raster=ground, labels=False,
            attribution=lambda: window.settings.basemap.attribution or ground.attribution()))
        if former is not None and former is not ground:
            former.close()

    def _redraw(self) -> None:
        if self._ground is not None:
            self._window.canvas.refresh()

    def shutdown(self) -> None:
        self._timer.stop()
        if self._ground is not None:
            self._window.canvas.set_basemap(None)
            self._ground.close()
            self._ground = None

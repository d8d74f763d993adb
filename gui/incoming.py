"""Files on their way in: what each of them is, and one after another in the order in which they were chosen or dropped."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer

from gui.dialogs import message
from layers.files import SHAPEFILE_EXTRAS, SHAPEFILE_PARTS
from sanxian.i18n import _

if TYPE_CHECKING:
    from gui.main_window import MainWindow

DATA = (
    "*.shp", "*.gpkg", "*.geojson", "*.json", "*.kml", "*.kmz", "*.gml", "*.dxf", "*.fgb", "*.gdb", "*.zip", "*.csv",
    "*.txt", "*.xlsx", "*.xls", "*.ods", "*.parquet", "*.tab", "*.mif",
    "*.tif", "*.tiff", "*.img",
)
RASTERS = (".tif", ".tiff", ".img", ".asc", ".vrt")
TILES = (".mbtiles",)
_SUFFIXES = frozenset(pattern[1:] for pattern in DATA)
_PARTS = frozenset((*SHAPEFILE_PARTS, *SHAPEFILE_EXTRAS, ".xml")) - {".shp"}
FEW = 5  # so many files of a folder are taken without a question
MOST = 200  # of a folder; whoever has more has dropped the wrong one


def inside(folder: Path) -> list[Path]:
    """What could be read in a folder and the folders in it, by name; at most one more than ``MOST``.

    A geodatabase is one file of several; hidden folders are not looked into.
    """
    found: list[Path] = []
    for root, folders, names in os.walk(folder):
        here = Path(root)
        folders.sort()
        found += [here / name for name in folders if name.lower().endswith(".gdb")]
        folders[:] = [name for name in folders if not name.startswith(".") and not name.lower().endswith(".gdb")]
        found += [here / name for name in sorted(names) if not name.startswith((".", "~$")) and Path(name).suffix.lower() in _SUFFIXES]
        if len(found) > MOST:
            return found[: MOST + 1]
    return found


def _whole(paths: Sequence[Path]) -> list[Path]:
    """Of files chosen together those that are not a part of another: a shapefile comes as several."""
    shapes = {path.with_suffix("") for path in paths if path.suffix.lower() == ".shp"}

    def part(path: Path) -> bool:
        bare = path.with_suffix("") if path.suffix.lower() != ".xml" else path.with_suffix("").with_suffix("")
        return path.suffix.lower() in _PARTS and bare in shapes

    return [path for path in paths if not part(path)]


class Incoming(QObject):
    """Takes files in one after another: the next one is asked about when the one before has been answered."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._left: deque[tuple[Path, str]] = deque()
        self._count = 0  # of those that were chosen or dropped together, for "2 / 9"
        self._busy = False

    def add(self, paths: Sequence[Path], role: str = "") -> None:
        """Take files in after those that are still waiting.

        Args:
            paths: Files, or folders with files.
            role: What they are to become, or '' to be asked.
        """
        files = [one for path in _whole(paths) for one in self._files(path)]
        self._left.extend((path, role) for path in files)
        self._count += len(files)
        if not self._busy:
            self._next()

    def give_up(self) -> None:
        """Take none of those that are still waiting."""
        self._left.clear()

    def _files(self, path: Path) -> list[Path]:
        if not path.is_dir() or path.suffix.lower() == ".gdb":
            return [path]
        found = inside(path)
        if not found:
            message.tell_error(self._window, _("文件夹“{folder}”里没有能读的数据文件。").format(folder=path.name))
        elif len(found) > MOST:
            message.tell_error(self._window, _("文件夹“{folder}”里有 {count} 个以上的数据文件，太多了；请选其中要用的文件。").format(
                folder=path.name, count=MOST))
            return []
        elif len(found) > FEW and not message.ask(self._window, _("导入文件夹"), _(
                "文件夹“{folder}”里有 {count} 个数据文件，将逐个询问怎样导入。").format(folder=path.name, count=len(found)), _("逐个导入")):
            return []
        return found

    def _next(self) -> None:
        while self._left:
            self._busy = True
            path, role = self._left.popleft()
            number = self._count - len(self._left)
            dialog = self._begin(path, role, number)
            if dialog is not None:
                dialog.finished.connect(lambda _result: QTimer.singleShot(0, self._next))
                return
        self._count, self._busy = 0, False

    def _begin(self, path: Path, role: str, number: int) -> QObject | None:
        """Take one in; the window that asks about it, where there is one."""
        window, files, suffix = self._window, self._window.files, path.suffix.lower()
        if suffix == ".gpkg" and not role and window.engine.is_workspace(path):
            files.open(path)
        elif suffix in TILES:
            self._as_basemap(path)
        elif window.session.workspace is None:
            self.give_up()
            message.tell_error(window, _("请先打开或新建一个工作区，再导入“{file}”。").format(file=path.name))
        elif suffix in RASTERS:
            files.add_raster(path)
        else:
            dialog = files.import_dialog(path, role)
            if self._count > 1:
                dialog.one_of(number, self._count, self.give_up)
            return dialog
        return None

    def _as_basemap(self, path: Path) -> None:
        """Tiles are a picture to look at and no layer: nothing can be judged by them."""
        if not message.ask(self._window, _("用作底图"), _(
                "“{file}”是瓦片底图，只能垫在地图下面看，不能作为图层参加研判。要用作底图吗？").format(file=path.name), _("用作底图")):
            return
        from gui.basemap import BasemapPart

        part = next(one for one in self._window.parts if isinstance(one, BasemapPart))
        part.choose(replace(self._window.settings.basemap, kind="file", shown=True, path=str(path)))

"""Small pictures of workspaces for the first page, as the map looked when they were last saved or closed.

They lie in the person's own cache and nowhere else, and never of a workspace in which a layer is marked secret or higher.
A picture is shown only of the very file it was taken of: once anything else has changed that file (it may have been marked
secret since), there is none.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QColor, QIcon, QImage, QPainter, QPen, QPixmap

from gui.part import Part
from gui.resources.icons import icon

SIZE = 256, 160  # pixels: sharp on fine screens too
SHOWN = 96, 60
_STAMP = "sanxian-file"


class Store:
    """The pictures in a folder, which only this person may read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, workspace: Path) -> Path:
        """Where the picture of a workspace lies."""
        return self.folder / f"{hashlib.sha256(str(workspace.absolute()).encode()).hexdigest()[:24]}.png"

    def write(self, workspace: Path, picture: QImage) -> None:
        """Keep a picture of the file as it is now; a cache that takes nothing is no reason to disturb anybody."""
        stamp = _stamp(workspace)
        if not stamp:
            return
        # In two steps, the coarse one first: a fine picture of a large screen would take 30 ms in one.
        small = picture.scaled(2 * SIZE[0], 2 * SIZE[1], Qt.KeepAspectRatioByExpanding, Qt.FastTransformation).scaled(
            *SIZE, Qt.KeepAspectRatioByExpanding, Qt.SmoothTransformation)
        small = small.copy((small.width() - SIZE[0]) // 2, (small.height() - SIZE[1]) // 2, *SIZE)
        small.setDevicePixelRatio(1.0)
        small.setText(_STAMP, stamp)
        target = self.file(workspace)
        part = target.with_suffix(".part")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if small.save(str(part), "PNG"):
                os.replace(part, target)
        except OSError:
            return

    def read(self, workspace: Path) -> QImage | None:
        """The picture of a workspace; ``None`` where there is none of the file as it is."""
        file = self.file(workspace)
        if not file.is_file():
            return None
        picture = QImage(str(file))
        return picture if not picture.isNull() and picture.text(_STAMP) == _stamp(workspace) != "" else None

    def drop(self, workspace: Path) -> None:
        """Have no picture of a workspace."""
        try:
            self.file(workspace).unlink(missing_ok=True)
        except OSError:
            return

    def keep_only(self, workspaces: Iterable[Path]) -> None:
        """Have no pictures of others."""
        wanted = {self.file(one).name for one in workspaces}
        try:
            for file in self.folder.glob("*.png"):
                if file.name not in wanted:
                    file.unlink(missing_ok=True)
        except OSError:
            return


def _stamp(workspace: Path) -> str:
    """Which file it is, in which state; '' where there is none."""
    try:
        found = workspace.stat()
    except OSError:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"


def sign(picture: QImage | None) -> QIcon:
    """What stands before a recent workspace: its picture, or a sheet with nothing on it."""
    shown = QPixmap(*SIZE)
    shown.fill(Qt.transparent)
    painter = QPainter(shown)
    painter.setRenderHint(QPainter.Antialiasing)
    if picture is not None:
        painter.drawImage(0, 0, picture)
    else:
        middle = SIZE[1] // 2
        icon("layer").paint(painter, (SIZE[0] - middle) // 2, (SIZE[1] - middle) // 2, middle, middle,
                            mode=QIcon.Disabled)  # grey, which is seen on light and on dark
    painter.setPen(QPen(QColor("#8b959b"), 2))
    painter.drawRect(1, 1, SIZE[0] - 2, SIZE[1] - 2)
    painter.end()
    return QIcon(shown)


class Thumbnails(Part):
    """Takes the pictures."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self.store = Store(window.settings.cache_folder / "thumbnails")
        self._picture: QImage | None = None
        self._path: Path | None = None
        self._secret = self._over = False
        window.welcome.picture_of = self.store.read
        window.welcome.forgetAsked.connect(lambda path: self.store.drop(Path(path)))
        session = window.session
        session.opened.connect(self._opened)
        session.layersChanged.connect(self._look)
        session.layerLooked.connect(lambda _key: self._look())
        window.files.saved.connect(self._saved)

    def map_ready(self) -> None:
        self._window.canvas.renderFinished.connect(lambda _ms: self._drawn())

    def _look(self) -> None:
        """What is secret leaves no picture, and none that was taken before it was marked."""
        from sanxian.mapping.scene import SECRET

        session = self._window.session
        if session.path is None:
            return
        self._path = session.path
        # Until it is opened again: what is drawn may be older than what the layers say now.
        self._secret |= any(getattr(layer.record, "secrecy", None) in SECRET for layer in session.layers)
        if self._secret:
            self._picture = None
            self.store.drop(session.path)

    def _drawn(self) -> None:
        session = self._window.session
        if session.path is None or self._secret or not any(layer.visible and layer.frame is not None for layer in session.layers):
            return
        self._picture = self._window.canvas.picture() or self._picture

    def _saved(self) -> None:
        self._look()  # by another path after saving as
        self._look_at_projects()
        self._take()

    def _look_at_projects(self) -> None:
        """Layers of projects are in the file, and not on the tree."""
        from sanxian.mapping.scene import SECRET

        session = self._window.session
        if session.workspace is not None and any(getattr(one, "secrecy", None) in SECRET for one in session.workspace.layers()):
            self._secret, self._picture = True, None
            self.store.drop(session.path)

    def _take(self) -> None:
        if self._path is not None and self._picture is not None and not self._secret:
            self.store.write(self._path, self._picture)
            self.store.keep_only(Path(one) for one in self._window.settings.recent)

    def _opened(self) -> None:
        """Another workspace is open, or none: the one before is closed, and its file will not change any more."""
        path = self._window.session.path
        if path != self._path:
            self._take()
        self._picture, self._path, self._secret = None, path, False
        self._look()
        QTimer.singleShot(0, self._look_at_projects)  # it reads the file, and opening one takes long enough
        if path is None and not self._over:
            self._window.recent_changed()

    def shutdown(self) -> None:
        self._over = True

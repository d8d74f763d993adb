"""Print sheets in the window: the layout window, and the extent drawn on the map.

What was laid out is kept for each workspace when the layout window closes, also in the folder of the settings, so that it
goes on where it was left: nobody is asked, and nothing is lost by Esc, by another workspace or at the end of the program.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gui.part import Part
from gui.words import BOXING, together
from sanxian.i18n import _


class Sheets(Part):
    """A part of the window."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self.dialog: Any = None
        self._drafts: dict[Path, Any] = {}  # what was laid out since the program began, with its steps
        self._path: Path | None = window.session.path
        window.session.opened.connect(self._opened)
        window.files.saved.connect(self._saved)

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"layout": self.show}

    def map_ready(self) -> None:
        """Listen to the rectangle that is drawn on the map."""
        self._window.canvas.boxDrawn.connect(self._drawn)
        self._window.canvas.toolChanged.connect(self._tool)
        self._window.canvas.escaped.connect(self._given_up)

    def show(self) -> Any:
        """Open the layout window, or bring it to the front; does not wait."""
        if self.dialog is None:
            from gui.dialogs.sheet import SheetDialog  # the window opens sooner without it

            self.dialog = SheetDialog(self._window, self._draft())
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
        self.dialog.hide()  # it lies over most of the map; it comes back with the rectangle, or when another tool is taken
        window.raise_()
        window.activateWindow()
        window.status_message(together([_("在地图上拖出图幅的范围"), _(BOXING)]))

    def _given_up(self) -> None:
        if self.dialog is not None and not self.dialog.isVisible():
            self._window.do("pan")
            self.show()

    def _tool(self, name: str) -> None:
        if name != "extent" and self.dialog is not None and not self.dialog.isVisible():
            self.show()

    def _drawn(self, box: tuple[float, float, float, float]) -> None:
        window = self._window
        window.do("pan")
        if self.dialog is None:
            return
        from shapely import box as rectangle

        self.dialog.set_extent(window.engine.transform(rectangle(*box), window.map.crs, "EPSG:4490").bounds)
        self.dialog.show()
        self.dialog.raise_()

    def shutdown(self) -> None:
        self._close()

    # -- as it was left --------------------------------------------------------------------------------------------
    def _opened(self) -> None:
        self._close()  # what is laid out belongs to the workspace of before
        self._path = self._window.session.path

    def _saved(self) -> None:
        """Saved under another name: the sheet goes along."""
        former, path = self._path, self._window.session.path
        if former is not None and path is not None and path != former:
            if self.dialog is None and (draft := self._draft()) is not None:
                self._keep(path, draft)
            self._path = path

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.close()

    def _finished(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            if self._path is not None:
                self._keep(self._path, dialog.draft())
            dialog.deleteLater()

    def _file(self, path: Path) -> Path:
        mark = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
        return self._window.settings.folder / "sheets" / f"{path.stem}-{mark}.json"

    def _keep(self, path: Path, draft: Any) -> None:
        file = self._file(path)
        self._drafts[path] = draft
        with contextlib.suppress(OSError):  # the folder takes nothing: it is there until the program ends
            if draft is None:
                file.unlink(missing_ok=True)
                return
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part")
            part.write_text(json.dumps(draft if isinstance(draft, dict) else draft.to_dict(), ensure_ascii=False), encoding="utf-8")
            part.replace(file)

    def _draft(self) -> Any:
        """What was laid out of the workspace that is open: with its steps, or as the program before has left it."""
        path = self._path
        if path is None or path in self._drafts:
            return self._drafts.get(path)
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(self._file(path).read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else None
        return None

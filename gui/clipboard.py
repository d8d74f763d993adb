"""Features to the clipboard as GeoJSON or WKT, and from there as sites of projects."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PyQt5.QtGui import QGuiApplication
from PyQt5.QtWidgets import QApplication

from gui.dialogs import message
from gui.part import Part
from gui.tasks import Report
from gui.words import aside, listed
from sanxian.i18n import _

FEW = 10_000  # vertices and cells that are put into words before anybody could notice
MOST = 2_000_000  # letters of a clipboard that are looked at
_WKT = re.compile(
    r"\s*(?:SRID=\d+;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\s*(?:Z|M|ZM)?\s*(?:\(|EMPTY)", re.IGNORECASE)


def may_leave(parent: Any, *layers: Any) -> bool:
    """Whether layers may be written or copied for others; of those that are marked secret or higher the person decides."""
    from sanxian.mapping.sheets.secrecy import secrecy_words

    marked = secret(layers)
    if not marked:
        return True
    layers_said = listed(f"“{one.name}”{aside(secrecy_words(one.record.secrecy))}" for one in marked)
    text = _("标有密级的图层：{layers}，带出须经批准。要继续吗？").format(layers=layers_said)
    return message.ask(parent, _("涉密图层"), text, _("继续带出"), loses=True)


def secret(layers: Iterable[Any]) -> list[Any]:
    """Those that are marked secret or higher."""
    from sanxian.mapping.scene import SECRET

    return [one for one in layers if getattr(getattr(one, "record", None), "secrecy", None) in SECRET]


def kind_of(text: str) -> str:
    """What stands in a clipboard: ``geojson``, ``wkt``, ``coordinates``, or '' for what cannot become a site."""
    text = text.strip("\ufeff \t\r\n")
    if text.startswith(("{", "[")):
        try:
            found = json.loads(text)
        except ValueError:
            return ""
        return "geojson" if isinstance(found, dict) and "type" in found else ""
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and (_WKT.match(lines[0]) or _is_table(text)):
        return "wkt"
    return "coordinates" if any(len(re.findall(r"\d+", line)) > 1 for line in lines) else ""


def _is_table(text: str) -> bool:
    """Whether a text is what QGIS copies: tabs between cells, the shapes as WKT in the first column."""
    return text.startswith("wkt_geom\t") or text.split("\n", 1)[0].strip() == "wkt_geom"


def table_rows(text: str) -> list[list[str]]:
    """What QGIS copies as rows, the header first: the shapes are called ``WKT``."""
    csv.field_size_limit(MOST)  # a shape of many vertices is one cell
    header, *rows = csv.reader(io.StringIO(text.strip("\ufeff \r\n"), newline=""), delimiter="\t")
    kept = [at for at, name in enumerate(header) if name.lower() != "fid"]  # the other file's own numbers
    return [["WKT", *(header[at] for at in kept[1:])],
            *([row[at] if at < len(row) else "" for at in kept] for row in rows if row)]


def wkt_rows(text: str) -> list[str]:
    """The shapes of a text, one a line or each over several lines."""
    rows: list[str] = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        if _WKT.match(line) or not rows:
            rows.append(line)
        else:
            rows[-1] += " " + line
    return rows


class ClipboardPart(Part):
    """A part of the window without panels of its own."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._pasted = 0
        window.copyAsked.connect(self.copy)

    def jobs(self) -> dict[str, Callable[[], Any]]:
        """What its action does."""
        return {"paste": self.paste}

    def map_ready(self) -> None:
        self._window.canvas.addAction(self._window.actions_by_id["paste"])

    def shutdown(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    # -- out -------------------------------------------------------------------------------------------------------
    def copy(self, key: str, rows: Any, form: str) -> None:
        """Put features on the clipboard.

        Args:
            key: The layer.
            rows: Rows of its frame.
            form: ``geojson`` (longitude and latitude, with attributes) or ``wkt`` (the shapes in the CRS of the layer).
        """
        import shapely

        from sanxian import layer_files

        window, layer = self._window, self._window.session.layer(key)
        asking = QApplication.activeWindow() or window  # a table, or the main window
        if layer is None or layer.frame is None or not len(rows) or not may_leave(asking, layer):
            return
        frame = layer.frame.iloc[rows]
        if frame.crs is None:
            message.tell_error(asking, _("图层“{layer}”没有坐标系，不能复制几何。").format(layer=layer.name))
            return
        crs = frame.crs.to_string()
        make = layer_files.geojson if form == "geojson" else layer_files.wkt

        def done(text: str) -> None:
            QGuiApplication.clipboard().setText(text)
            said = _("已复制 {count} 个要素为 GeoJSON（CGCS2000 经纬度）") if form == "geojson" else _(
                "已复制 {count} 个几何为 WKT（{crs}，先东后北）")
            window.tell(said.format(count=f"{len(rows):,}", crs=crs))

        def work(report: Report) -> str:
            return make(frame, report.or_stop)

        if shapely.get_num_coordinates(frame.geometry.to_numpy()).sum() + frame.size <= FEW:
            done(make(frame))
        else:
            window.looks.ask("clipboard", work, done)

    # -- in --------------------------------------------------------------------------------------------------------
    def paste(self) -> Any:
        """Make sites of what is on the clipboard, by the dialogs that ask for coordinates and that import files."""
        window = self._window
        data = QGuiApplication.clipboard().mimeData()
        text = data.text() if data is not None and data.hasText() else ""
        kind = kind_of(text) if len(text) <= MOST else ""
        if not text.strip():
            message.tell_error(window, _("剪贴板里没有文字。"))
        elif len(text) > MOST:
            message.tell_error(window, _("剪贴板里的文字太长；请存成文件再导入。"))
        elif kind == "coordinates":
            dialog = window.ask_coordinates()
            dialog.text.setPlainText(text)
            return dialog
        elif kind:
            from gui.dialogs.import_file import PROJECTS

            try:
                return window.files.import_dialog(self._as_file(kind, text), PROJECTS)
            except OSError as error:
                window.show_error(error)
        else:
            message.tell_error(window, _("剪贴板里的文字不是 WKT、GeoJSON 或坐标，没有粘贴。"))
        return None

    def _as_file(self, kind: str, text: str) -> Path:
        """What was pasted as a file, so that it is looked at, and asked about, as any file of projects is."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="sanxian-")
        self._pasted += 1
        place = Path(self._folder.name) / _("粘贴 {number}").format(number=self._pasted)
        if kind == "geojson":
            path = place.with_name(place.name + ".geojson")
            path.write_text(text.strip("\ufeff \t\r\n"), encoding="utf-8")
            return path
        path = place.with_name(place.name + ".csv")
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            if _is_table(text.strip("\ufeff \r\n")):
                csv.writer(stream).writerows(table_rows(text))
                return path
            shapes = wkt_rows(text)
            names = [place.name] if len(shapes) == 1 else [f"{place.name}-{number}" for number in range(1, len(shapes) + 1)]
            csv.writer(stream).writerows([("name", "WKT"), *zip(names, shapes, strict=True)])
        return path


def menu_entries() -> tuple[tuple[str, str], ...]:
    """The forms in which features are copied, and what a menu calls them."""
    return ("geojson", _("复制要素为 GeoJSON")), ("wkt", _("复制几何为 WKT"))

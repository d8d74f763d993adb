"""What lies at a place: every layer from the top down, its attributes, and what is derived from its shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PyQt5.QtCore import QPoint, Qt, pyqtSignal
from PyQt5.QtGui import QGuiApplication, QKeySequence
from PyQt5.QtWidgets import (
    QComboBox,
    QHeaderView,
    QLabel,
    QMenu,
    QShortcut,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.looks import Looks
from gui.session import RASTER, Session
from gui.table_files import words
from gui.words import Speaker, dms, plain_tip
from sanxian.i18n import _
from sanxian.messages import area_words

FEATURE, LAYER = Qt.UserRole, Qt.UserRole + 1
MOST = 100  # features of a layer that are listed
AT_ONCE = 200  # features that are listed before somebody unfolds a layer
FEW = 5  # features that are unfolded at once
LONG = 20_000  # vertices of a shape that is measured in another thread


class IdentifyPanel(QWidget, Speaker):
    """The features at the last place clicked.

    Signals:
        featurePicked: Layer key and row; show it on the map.
        zoomAsked: Layer key and row; go there.
        copyAsked: Layer key, rows and form (``geojson`` or ``wkt``) of features for the clipboard.
        onlyChanged: Whether only the current layer is looked at.
    """

    featurePicked = pyqtSignal(str, int)
    zoomAsked = pyqtSignal(str, int)
    copyAsked = pyqtSignal(str, object, str)
    onlyChanged = pyqtSignal(bool)

    def __init__(self, session: Session, engine: Any, field_title: Callable[[str, str], str], looks: Looks,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._engine, self._field_title, self._looks = session, engine, field_title, looks
        self._hits: Any = []  # a ``Picked``, or nothing
        self._frames: dict[str, Any] = {}  # what their rows are rows of
        self._built = 0
        self._nothing: QTreeWidgetItem | None = None
        self._place: tuple[float, float, float, float] | None = None
        self._current = ""  # the layer that is selected
        self.which = QComboBox(objectName="identify_which")
        self.say(self.which.setAccessibleName, "识别哪些图层")
        self.which.addItems(["", ""])
        self.which.currentIndexChanged.connect(lambda row: (self.onlyChanged.emit(bool(row)), self._build()))
        self.where = QLabel(objectName="identify_where", wordWrap=True)
        self.where.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.tree = QTreeWidget(objectName="identify_tree")
        self.say(self.tree.setAccessibleName, "识别结果")
        self.tree.setColumnCount(2)
        self.tree.setAlternatingRowColors(True)
        self.tree.header().setSectionResizeMode(0, QHeaderView.Interactive)
        self.tree.header().resizeSection(0, 190)
        self.tree.setIndentation(12)
        self.tree.header().setStretchLastSection(True)
        self.tree.setContextMenuPolicy(Qt.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._menu)
        self.tree.currentItemChanged.connect(self._picked)
        self.tree.itemExpanded.connect(self._unfold)
        copy = QShortcut(QKeySequence.Copy, self.tree)
        copy.setContext(Qt.WidgetShortcut)
        copy.activated.connect(self._copy_value)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.which)
        layout.addWidget(self.where)
        layout.addWidget(self.tree, 1)
        session.opened.connect(self.clear)
        session.valuesChanged.connect(self._values_changed)
        session.rekeyed.connect(self._rekeyed)
        session.layersChanged.connect(self._layers_changed)
        session.changedElsewhere.connect(self._files_changed)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        self.tree.setHeaderLabels([_("要素或字段"), _("值")])
        for row, text in enumerate((_("全部图层"), _("只看当前图层"))):
            self.which.setItemText(row, text)
        self._build()

    def set_only(self, only: bool) -> None:
        """Look at the current layer only, or at all."""
        self.which.setCurrentIndex(int(only))

    def set_current(self, key: str) -> None:
        """Another layer is the current one ('' for none)."""
        self._current = key
        if self.which.currentIndex():
            self._build()

    def _wanted(self, key: str) -> bool:
        return not self.which.currentIndex() or key == self._current

    def clear(self) -> None:
        """Show nothing."""
        self._hits, self._place = [], None
        self._build()

    def show_hits(self, hits: Any, place: tuple[float, float, float, float] | None) -> None:
        """Show features, and what the visible rasters say of the place.

        Args:
            hits: ``Picked``: layer key and row, top layer first.
            place: Longitude, latitude, x east and y north in the map's CRS of the click.
        """
        self._hits, self._place = hits, place
        self._frames = {layer.key: layer.frame for layer in self._session.layers if hits and layer.key in hits.rows}
        self._build()

    def _rekeyed(self, names: dict[str, str]) -> None:
        from gui.canvas.scene import Picked

        if self._hits:
            self._hits = Picked({names.get(key, key): rows for key, rows in self._hits.rows.items()})
            self._frames = {names.get(key, key): frame for key, frame in self._frames.items()}
            self._build()

    def _layers_changed(self) -> None:
        """Let go of features of layers that are gone or were read anew: their rows may stand for other ones."""
        from gui.canvas.scene import Picked

        if not self._hits:
            return
        there = {layer.key: layer.frame for layer in self._session.layers}
        kept = Picked({key: rows for key, rows in self._hits.rows.items()
                       if there.get(key) is not None and there[key] is self._frames.get(key)})
        if not kept:
            self.clear()
        elif kept != self._hits:
            self._hits = kept
            self._build()

    def _files_changed(self, keys: Sequence[str]) -> None:
        """Read the cells of rasters again that another program has written."""
        if self._place is not None and any(key.startswith(RASTER) for key in keys):
            self._build()

    def _values_changed(self, key: str, _field: str, rows: Any) -> None:
        if key in self._frames and (layer := self._session.layer(key)) is not None:
            self._frames[key] = layer.frame
        if self._hits and set(rows.tolist()).intersection(self._hits.of_layer(key).tolist()):
            self._build()

    def _build(self) -> None:
        self.tree.clear()
        self._built += 1
        self._looks.forget("identify_rasters")
        self.where.show()
        if self._place is None and not self._hits:
            self.where.setText(_("用“识别要素”工具点击地图，查看各图层的要素。"))
            return
        self.where.setVisible(self._place is not None)
        if self._place is not None:
            lon, lat, x, y = self._place
            self.where.setText(
                f"{dms(lon, 'E', 'W')}  {dms(lat, 'N', 'S')}\n{lon:.6f}, {lat:.6f}  ·  X {y:,.1f}  Y {x:,.1f}"
            )
        room, few = AT_ONCE, len(self._hits) <= FEW
        for key, rows in (self._hits.rows.items() if self._hits else ()):
            layer = self._session.layer(key)
            if layer is None or layer.frame is None or not self._wanted(key):
                continue
            rows = rows[rows < len(layer.frame)]
            count = len(rows)
            top = self._top(layer.name, str(count) if count <= MOST else _("前 {most} 个，共 {count} 个").format(
                most=MOST, count=f"{count:,}"))
            top.setData(0, LAYER, (key, rows))
            top.setChildIndicatorPolicy(QTreeWidgetItem.ShowIndicator)
            if room > 0:
                room -= min(count, MOST)
                top.setExpanded(True)
                for i in range(top.childCount() if few else 0):
                    top.child(i).setExpanded(True)
        self._nothing = None if self.tree.topLevelItemCount() else QTreeWidgetItem([self._why_nothing(), ""])
        if self._nothing is not None:
            self.tree.addTopLevelItem(self._nothing)
        self._ask_rasters()

    def _why_nothing(self) -> str:
        current = self._session.layer(self._current)
        if not self.which.currentIndex():
            return _("此处没有可见要素")
        if current is None:
            return _("先在图层列表里选一个图层，或改看全部图层")
        return _("当前图层“{layer}”在此处没有可见要素").format(layer=current.name)

    def _top(self, text: str, said: str) -> QTreeWidgetItem:
        top = QTreeWidgetItem([text, said])
        font = top.font(0)
        font.setBold(True)
        top.setFont(0, font)
        self.tree.addTopLevelItem(top)
        return top

    def _unfold(self, item: QTreeWidgetItem) -> None:
        """Make what stands under a row when somebody looks for it."""
        if item.childCount():
            return
        if found := item.data(0, FEATURE):
            self._fill_feature(item, *found)
        elif found := item.data(0, LAYER):
            self._fill_layer(item, *found)

    def _fill_layer(self, top: QTreeWidgetItem, key: str, rows: Any) -> None:
        layer = self._session.layer(key)
        if layer is None or layer.frame is None:
            return
        frame = layer.frame
        names = [name for name in frame.columns if name != frame.geometry.name]
        columns = [frame[name].take(rows[:MOST]).tolist() for name in names]
        for i, row in enumerate(rows[:MOST].tolist()):
            label = self._engine.label(layer.role, {name: column[i] for name, column in zip(names, columns, strict=True)})
            item = QTreeWidgetItem([label, ""])
            item.setData(0, FEATURE, (key, row))
            item.setChildIndicatorPolicy(QTreeWidgetItem.ShowIndicator)
            top.addChild(item)
        if len(rows) > MOST:
            top.addChild(QTreeWidgetItem([_("其余的请放大地图后再点击"), ""]))

    def _fill_feature(self, item: QTreeWidgetItem, key: str, row: int) -> None:
        layer = self._session.layer(key)
        if layer is None or layer.frame is None or row >= len(layer.frame):
            return
        frame = layer.frame
        series = frame.iloc[row]
        geometry_name = frame.geometry.name
        for name in frame.columns:
            said = words(self._engine.value_words(layer.role, name, series[name])) if name != geometry_name else ""
            if said:
                child = QTreeWidgetItem([self._field_title(layer.role, name), said])
                child.setToolTip(1, plain_tip(said))
                item.addChild(child)
        derived = QTreeWidgetItem([_("派生"), ""])
        item.addChild(derived)
        derived.addChild(QTreeWidgetItem([_("行号"), str(row + 1)]))
        geometry, crs = series[geometry_name], frame.crs
        if geometry is None or geometry.is_empty or crs is None:
            return
        from shapely import get_num_coordinates

        engine, built = self._engine, self._built

        def show(lines: list[tuple[str, str]]) -> None:
            if self._built == built:  # else the rows are gone
                derived.addChildren([QTreeWidgetItem(list(line)) for line in lines])

        if get_num_coordinates(geometry) <= LONG:
            show(_derived(engine, geometry, crs.to_string()))
        else:
            self._looks.ask(("identify", key, row), lambda _report: _derived(engine, geometry, crs.to_string()), show)

    def _ask_rasters(self) -> None:
        from gui.canvas.raster import placed

        rasters = [(layer.name, placed(layer), getattr(layer.record, "kind", "")) for layer in self._session.layers
                   if layer.raster is not None and layer.visible and layer.opacity > 0 and not layer.error and self._wanted(layer.key)]
        if self._place is None or not rasters:
            return
        lon, lat = self._place[:2]
        self._looks.ask("identify_rasters", lambda report: _cells(rasters, lon, lat, report), self._show_rasters)

    def _show_rasters(self, found: list[tuple[str, str, Any]]) -> None:
        for name, kind, cells in found:
            if isinstance(cells, str):
                self._top(name, cells)
                continue
            said = [_cell_words(kind, value) for _band, value in cells]
            top = self._top(name, said[0] if len(cells) == 1 else "")
            if len(cells) > 1:
                top.addChildren([QTreeWidgetItem([band or _("波段 {number}").format(number=number), words_])
                                 for number, ((band, _value), words_) in enumerate(zip(cells, said, strict=True), 1)])
            top.setExpanded(True)
        if found and self._nothing is not None:
            self.tree.takeTopLevelItem(self.tree.indexOfTopLevelItem(self._nothing))
            self._nothing = None

    def _picked(self, item: QTreeWidgetItem | None, _former: object) -> None:
        while item is not None:
            if (found := item.data(0, FEATURE)) is not None:
                self.featurePicked.emit(*found)
                return
            item = item.parent()

    def _copy_value(self) -> None:
        item = self.tree.currentItem()
        if item is not None:
            QGuiApplication.clipboard().setText(item.text(1) or item.text(0))

    def context_menu(self, item: QTreeWidgetItem) -> QMenu:
        """What can be done with a row: with its feature, or with all those of a layer."""
        from gui.clipboard import menu_entries

        menu = QMenu(self)
        menu.addAction(_("复制值"), self._copy_value)
        top: QTreeWidgetItem | None = item
        while top is not None and not top.data(0, FEATURE) and not top.data(0, LAYER):
            top = top.parent()
        if top is None:
            return menu
        if (feature := top.data(0, FEATURE)) is not None:
            menu.addAction(_("缩放到要素"), lambda: self.zoomAsked.emit(*feature))
        key, rows = (feature[0], [feature[1]]) if feature is not None else top.data(0, LAYER)
        menu.addSeparator()
        for form, text in menu_entries():
            menu.addAction(text, lambda one=form: self.copyAsked.emit(key, rows, one))
        return menu

    def _menu(self, place: QPoint) -> None:
        item = self.tree.itemAt(place)
        if item is None:
            return
        menu = self.context_menu(item)
        menu.exec_(self.tree.viewport().mapToGlobal(place))
        menu.deleteLater()


def _derived(engine: Any, geometry: Any, crs: str) -> list[tuple[str, str]]:
    """What follows from a shape; may be called in another thread."""
    lines = []
    area, length = engine.measure(geometry, crs)
    if area > 0:
        lines += [(_("图形面积"), area_words(area)), (_("周长"), f"{length:,.1f} m")]
    elif length > 0:
        lines.append((_("长度"), f"{length:,.1f} m"))
    point = geometry.representative_point()
    return [*lines, (_("代表点"), f"{point.x:.6f}, {point.y:.6f}"), (_("坐标系"), crs)]


def _cells(rasters: list[tuple[str, Any, str]], lon: float, lat: float, report: Any) -> list[tuple[str, str, Any]]:
    """Name and kind of each raster that lies here, and its bands, or why they cannot be read."""
    from gui.canvas.geodesy import LONLAT, crs_key
    from gui.canvas.raster import RasterError, raster_cell

    found: list[tuple[str, str, Any]] = []
    for name, path, kind in rasters:
        if report.cancelled:
            break
        try:
            cells = raster_cell(path, crs_key(LONLAT), lon, lat)
        except RasterError as error:
            found.append((name, kind, str(error)))
        else:
            if cells is not None:
                found.append((name, kind, cells))
    return found


def _cell_words(kind: str, value: float | None) -> str:
    if value is None:
        return _("无数据")
    if kind == "landcover":  # no file that is read here says what its classes are called
        return _("类别 {number}").format(number=f"{value:g}")
    return f"{value:,.2f} m" if kind == "dem" else f"{value:.10g}"

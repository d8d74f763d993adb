"""What lies at a place: every layer from the top down, its attributes, and what is derived from its shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QPoint, Qt, pyqtSignal
from PyQt5.QtGui import QGuiApplication, QKeySequence
from PyQt5.QtWidgets import QHeaderView, QLabel, QMenu, QShortcut, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from gui.models.frame_table import words
from gui.session import LayerView, Session
from gui.words import Speaker, dms
from sanxian.i18n import _
from sanxian.messages import area_words

FEATURE = Qt.UserRole


class IdentifyPanel(QWidget, Speaker):
    """The features at the last place clicked.

    Signals:
        featurePicked: Layer key and row; show it on the map.
        zoomAsked: Layer key and row; go there.
    """

    featurePicked = pyqtSignal(str, int)
    zoomAsked = pyqtSignal(str, int)

    def __init__(self, session: Session, engine: Any, field_title: Callable[[str, str], str],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._engine, self._field_title = session, engine, field_title
        self._hits: list[tuple[str, int]] = []
        self._place: tuple[float, float, float, float] | None = None
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
        copy = QShortcut(QKeySequence.Copy, self.tree)
        copy.setContext(Qt.WidgetShortcut)
        copy.activated.connect(self._copy_value)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.where)
        layout.addWidget(self.tree, 1)
        session.opened.connect(self.clear)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        self.tree.setHeaderLabels([_("要素或字段"), _("值")])
        self._build()

    def clear(self) -> None:
        """Show nothing."""
        self._hits, self._place = [], None
        self._build()

    def show_hits(self, hits: list[tuple[str, int]], place: tuple[float, float, float, float] | None) -> None:
        """Show features.

        Args:
            hits: Layer key and row, top layer first.
            place: Longitude, latitude, x east and y north in the map's CRS of the click.
        """
        self._hits, self._place = list(hits), place
        self._build()

    def _build(self) -> None:
        self.tree.clear()
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
        if not self._hits:
            self.tree.addTopLevelItem(QTreeWidgetItem([_("此处没有可见要素"), ""]))
            return
        tops: dict[str, QTreeWidgetItem] = {}
        for key, row in self._hits:
            layer = self._session.layer(key)
            if layer is None or layer.frame is None or row >= len(layer.frame):
                continue
            if key not in tops:
                tops[key] = QTreeWidgetItem([layer.name, ""])
                font = tops[key].font(0)
                font.setBold(True)
                tops[key].setFont(0, font)
                self.tree.addTopLevelItem(tops[key])
                tops[key].setExpanded(True)
            tops[key].addChild(self._feature(layer, row))
            tops[key].setText(1, str(tops[key].childCount()))
        for top in tops.values():
            top.setExpanded(True)
            for i in range(top.childCount()):
                top.child(i).setExpanded(True)

    def _feature(self, layer: LayerView, row: int) -> QTreeWidgetItem:
        frame = layer.frame
        series = frame.iloc[row]
        geometry_name = frame.geometry.name
        attributes = {name: series[name] for name in frame.columns if name != geometry_name}
        item = QTreeWidgetItem([self._engine.label(layer.role, attributes), ""])
        item.setData(0, FEATURE, (layer.key, row))
        for name, value in attributes.items():
            said = words(self._engine.value_words(layer.role, name, value))
            if said:
                child = QTreeWidgetItem([self._field_title(layer.role, name), said])
                child.setToolTip(1, said)
                item.addChild(child)
        derived = QTreeWidgetItem([_("派生"), ""])
        for title, said in self._derived(series[geometry_name], frame.crs, row):
            derived.addChild(QTreeWidgetItem([title, said]))
        item.addChild(derived)
        return item

    def _derived(self, geometry: Any, crs: Any, row: int) -> list[tuple[str, str]]:
        lines = [(_("行号"), str(row + 1))]
        if geometry is None or geometry.is_empty or crs is None:
            return lines
        area, length = self._engine.measure(geometry, crs.to_string())
        if area > 0:
            lines += [(_("图形面积"), area_words(area)), (_("周长"), f"{length:,.1f} m")]
        elif length > 0:
            lines.append((_("长度"), f"{length:,.1f} m"))
        point = geometry.representative_point()
        lines.append((_("代表点"), f"{point.x:.6f}, {point.y:.6f}"))
        lines.append((_("坐标系"), crs.to_string()))
        return lines

    def _picked(self, item: QTreeWidgetItem | None, _former: object) -> None:
        while item is not None:
            if found := item.data(0, FEATURE):
                self.featurePicked.emit(*found)
                return
            item = item.parent()

    def _copy_value(self) -> None:
        item = self.tree.currentItem()
        if item is not None:
            QGuiApplication.clipboard().setText(item.text(1) or item.text(0))

    def _menu(self, place: QPoint) -> None:
        item = self.tree.itemAt(place)
        if item is None:
            return
        menu = QMenu(self)
        menu.addAction(_("复制值"), self._copy_value)
        top = item
        while top is not None and not top.data(0, FEATURE):
            top = top.parent()
        if top is not None:
            menu.addAction(_("缩放到要素"), lambda: self.zoomAsked.emit(*top.data(0, FEATURE)))
        menu.exec_(self.tree.viewport().mapToGlobal(place))
        menu.deleteLater()

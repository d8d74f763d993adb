"""The attribute table of a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QGuiApplication, QKeySequence
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QShortcut,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.models.frame_table import FrameTable
from gui.session import LayerView
from gui.words import Speaker
from sanxian.i18n import _


class TableDialog(QDialog, Speaker):
    """Sort, search, copy; a row selected is shown on the map.

    Signals:
        rowPicked: Layer key and row of the frame.
        zoomAsked: Layer key and row of the frame.
    """

    rowPicked = pyqtSignal(str, int)
    zoomAsked = pyqtSignal(str, int)

    def __init__(self, layer: LayerView, field_title: Callable[[str, str], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer, self._field_title = layer, field_title
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.resize(860, 440)
        self.say(self.setWindowTitle, lambda: _("属性表 — {layer}").format(layer=layer.name))
        self.search = QLineEdit(objectName="table_search", clearButtonEnabled=True)
        self.say(self.search.setPlaceholderText, "在所有列中查找")
        self.say(self.search.setAccessibleName, "在所有列中查找")
        self.count = QLabel()
        self.zoom = QPushButton(objectName="table_zoom")
        self.say(self.zoom.setText, "缩放到所选")
        self.model = FrameTable(layer.frame, self._titles(), self)
        self.view = QTableView(objectName="attribute_table")
        self.say(self.view.setAccessibleName, "属性表")
        self.view.setModel(self.model)
        self.view.horizontalHeader().setSortIndicator(-1, Qt.AscendingOrder)  # as they came, until somebody sorts
        self.view.setSortingEnabled(True)
        self.view.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.view.setAlternatingRowColors(True)
        self.view.verticalHeader().setDefaultSectionSize(24)
        self.view.selectionModel().currentRowChanged.connect(self._picked)
        self.view.doubleClicked.connect(lambda index: self.zoomAsked.emit(layer.key, self.model.frame_row(index.row())))
        self.zoom.clicked.connect(self._zoom)
        self.search.textChanged.connect(self._search)
        copy = QShortcut(QKeySequence.Copy, self.view)
        copy.setContext(Qt.WidgetShortcut)
        copy.activated.connect(self.copy_rows)
        row = QHBoxLayout()
        row.addWidget(self.search, 1)
        row.addWidget(self.count)
        row.addWidget(self.zoom)
        box = QVBoxLayout(self)
        box.addLayout(row)
        box.addWidget(self.view, 1)
        self.retranslate()
        for column in range(self.model.columnCount()):
            self.view.setColumnWidth(column, 120)

    def _titles(self) -> dict[str, str]:
        return {name: self._field_title(self._layer.role, name) for name in self._layer.frame.columns}

    def retranslate(self) -> None:
        super().retranslate()
        self.model._titles = self._titles()
        self.model.retranslate()
        self._say_count()

    def _say_count(self) -> None:
        self.count.setText(_("{shown} / {all} 个要素").format(shown=self.model.rowCount(), all=len(self._layer.frame)))

    def _search(self, text: str) -> None:
        self.model.set_filter(text)
        self._say_count()

    def _picked(self, current: Any, _former: Any) -> None:
        if current.isValid():
            self.rowPicked.emit(self._layer.key, self.model.frame_row(current.row()))

    def _zoom(self) -> None:
        index = self.view.currentIndex()
        if index.isValid():
            self.zoomAsked.emit(self._layer.key, self.model.frame_row(index.row()))

    def copy_rows(self) -> None:
        """Put the selected rows on the clipboard, tabs between cells, the header first."""
        columns = range(self.model.columnCount())
        lines = ["\t".join(str(self.model.headerData(column, Qt.Horizontal)) for column in columns)]
        for index in sorted(self.view.selectionModel().selectedRows(), key=lambda one: one.row()):
            lines.append("\t".join(str(self.model.index(index.row(), column).data() or "") for column in columns))
        QGuiApplication.clipboard().setText("\n".join(lines))

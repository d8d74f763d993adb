"""The attribute table of a layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QItemSelection, QItemSelectionModel, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QCloseEvent, QGuiApplication, QKeySequence
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
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
from gui.tasks import Task, Worker
from gui.words import Speaker, cell_words
from sanxian.i18n import _

AT_ONCE = 5_000  # rows that are sorted and searched before anybody could notice
WAIT_MS = 150


class TableDialog(QDialog, Speaker):
    """Sort, search, select, copy, export; rows selected here are selected on the map, and the other way round.

    Signals:
        rowPicked: Layer key and row of the frame.
        zoomAsked: Layer key and row of the frame.
        rowsSelected: Layer key and rows of the frame.
        failed: What could not be written.
        written: The file.
    """

    rowPicked = pyqtSignal(str, int)
    zoomAsked = pyqtSignal(str, int)
    rowsSelected = pyqtSignal(str, list)
    failed = pyqtSignal(Exception)
    written = pyqtSignal(object)

    def __init__(self, layer: LayerView, field_title: Callable[[str, str], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer, self._field_title = layer, field_title
        self._worker = Worker()
        self._task: Task | None = None
        self._again = self._following = False
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.resize(900, 460)
        self.say(self.setWindowTitle, lambda: _("属性表 — {layer}").format(layer=layer.name))
        self.search = QLineEdit(objectName="table_search", clearButtonEnabled=True)
        self.say(self.search.setPlaceholderText, "查找")
        self.say(self.search.setAccessibleName, "查找")
        self.column = QComboBox(objectName="table_column")
        self.say(self.column.setAccessibleName, "在哪一列查找")
        self.only = QCheckBox(objectName="table_only")
        self.say(self.only.setText, "只看地图上选中的")
        self.count = QLabel(objectName="table_count")
        self.invert = QPushButton(objectName="table_invert", autoDefault=False)
        self.say(self.invert.setText, "反选")
        self.zoom = QPushButton(objectName="table_zoom", autoDefault=False)
        self.say(self.zoom.setText, "缩放到所选")
        self.export = QPushButton(objectName="table_export", autoDefault=False)
        self.say(self.export.setText, "导出…")
        self.model = FrameTable(layer.frame, self._titles(), self, say=lambda name, value: cell_words(layer.role, name, value))
        self.view = QTableView(objectName="attribute_table")
        self.say(self.view.setAccessibleName, "属性表")
        self.view.setModel(self.model)
        header = self.view.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(-1, Qt.AscendingOrder)  # as they came, until somebody sorts
        header.sectionClicked.connect(self._sort)
        self.view.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.view.setAlternatingRowColors(True)
        self.view.verticalHeader().setDefaultSectionSize(24)
        self.view.selectionModel().currentRowChanged.connect(self._picked)
        self.view.selectionModel().selectionChanged.connect(lambda *_both: self._selected())
        self.view.doubleClicked.connect(lambda index: self.zoomAsked.emit(layer.key, self.model.frame_row(index.row())))
        self.zoom.clicked.connect(self._zoom)
        self.invert.clicked.connect(self._invert)
        self.export.clicked.connect(self._ask_export)
        self._selection: list[int] = []  # rows of the frame, on the map too
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self.arrange)
        self.search.textChanged.connect(lambda _text: self._soon())
        self.column.currentIndexChanged.connect(lambda _row: self._soon() if self.search.text() else None)
        self.only.toggled.connect(lambda _on: self.arrange())
        copy = QShortcut(QKeySequence.Copy, self.view)
        copy.setContext(Qt.WidgetShortcut)
        copy.activated.connect(self.copy_rows)
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.column)
        top.addWidget(self.only)
        bottom.addWidget(self.count, 1)
        for button in (self.invert, self.zoom, self.export):
            bottom.addWidget(button)
        box = QVBoxLayout(self)
        box.addLayout(top)
        box.addWidget(self.view, 1)
        box.addLayout(bottom)
        self.retranslate()
        for column in range(self.model.columnCount()):
            title = self.view.fontMetrics().horizontalAdvance(str(self.model.headerData(column, Qt.Horizontal)))
            self.view.setColumnWidth(column, min(max(120, title + 24), 320))

    def _titles(self) -> dict[str, str]:
        return {name: self._field_title(self._layer.role, name) for name in self._layer.frame.columns}

    def retranslate(self) -> None:
        super().retranslate()
        titles = self._titles()
        self.model.retranslate(titles)
        chosen = max(0, self.column.currentIndex())
        self.column.blockSignals(True)
        self.column.clear()
        self.column.addItem(_("所有列"), -1)
        for number, name in enumerate(self.model.columns):
            self.column.addItem(titles.get(name, name), number)
        self.column.setCurrentIndex(chosen)
        self.column.blockSignals(False)
        self._say_count()

    def _say_count(self) -> None:
        shown, every = self.model.rowCount(), len(self._layer.frame)
        self.count.setText(_("正在排列……") if self._task is not None else
                           _("{shown} / {all} 个要素，选中 {selected} 个").format(
                               shown=f"{shown:,}", all=f"{every:,}", selected=f"{len(self._selection):,}"))

    # -- order -----------------------------------------------------------------------------------------------------
    def _soon(self) -> None:
        if len(self._layer.frame) <= AT_ONCE:
            self.arrange()
        else:
            self._timer.start()

    def _sort(self, column: int) -> None:
        former = self.model.sorted_by
        falling = former == (column, Qt.AscendingOrder)
        by = None if former == (column, Qt.DescendingOrder) else (
            column, Qt.DescendingOrder if falling else Qt.AscendingOrder)  # the third click is as they came
        self.view.horizontalHeader().setSortIndicator(*(by or (-1, Qt.AscendingOrder)))
        self.arrange(by=by)

    def arrange(self, **how: Any) -> None:
        """Sort and search anew; a long table in a thread of its own, the last wish counting."""
        self._timer.stop()
        by = how.get("by", self.model.sorted_by) if "by" in how else self._wanted_by()
        self._by = by
        if self._task is not None:
            self._again = True
            return
        text, column = self.search.text(), int(self.column.currentData() or 0) if self.column.currentIndex() > 0 else -1
        only = list(self._selection) if self.only.isChecked() else None
        if len(self._layer.frame) <= AT_ONCE:
            self._take(self.model.arrange(text, column, by, only), by)
            return
        self._task = Task(lambda _report: self.model.arrange(text, column, by, only), "", self)
        self._task.succeeded.connect(lambda rows: self._take(rows, by))
        self._task.failed.connect(self.failed.emit)
        self._task.finished.connect(self._ended)
        self._say_count()
        self._task.start(self._worker)

    def _wanted_by(self) -> tuple[int, Qt.SortOrder] | None:
        return getattr(self, "_by", self.model.sorted_by)

    def _take(self, rows: Any, by: tuple[int, Qt.SortOrder] | None) -> None:
        kept = self._selection
        self.model.show(rows, by)
        self.follow(kept)
        self._say_count()

    def _ended(self) -> None:
        if self._task is not None:
            self._task.deleteLater()
        self._task = None
        self._say_count()
        if self._again:
            self._again = False
            self.arrange()

    # -- selection -------------------------------------------------------------------------------------------------
    def _picked(self, current: Any, _former: Any) -> None:
        if current.isValid() and not self._following:
            self.rowPicked.emit(self._layer.key, self.model.frame_row(current.row()))

    def selected_rows(self) -> list[int]:
        """The rows of the frame that are selected, in the order of the view."""
        rows: list[int] = []
        for piece in self.view.selectionModel().selection():
            rows += range(piece.top(), piece.bottom() + 1)
        return [self.model.frame_row(row) for row in sorted(set(rows))]

    def _selected(self) -> None:
        if self._following:
            return
        self._selection = self.selected_rows()
        self._say_count()
        self.rowsSelected.emit(self._layer.key, list(self._selection))

    def follow(self, frame_rows: Sequence[int]) -> None:
        """Select the rows that are selected on the map; says nothing back."""
        self._following = True
        self._selection = [int(row) for row in frame_rows]
        selection = QItemSelection()
        last = self.model.columnCount() - 1
        rows = sorted(self.model.view_rows(self._selection))
        start = 0
        for i, row in enumerate(rows):  # one range for rows that lie together: a thousand of them stay quick
            if i + 1 == len(rows) or rows[i + 1] != row + 1:
                selection.select(self.model.index(rows[start], 0), self.model.index(row, last))
                start = i + 1
        self.view.selectionModel().select(selection, QItemSelectionModel.ClearAndSelect)
        if rows:
            self.view.scrollTo(self.model.index(rows[0], 0))
        self._following = False
        self._say_count()

    def map_selected(self, features: Sequence[tuple[str, int]]) -> None:
        """What is selected on the map, of every layer."""
        rows = [row for key, row in features if key == self._layer.key]
        if rows != self._selection:
            self.follow(rows)
            if self.only.isChecked():
                self.arrange()

    def _invert(self) -> None:
        chosen = set(self._selection)
        rows = [self.model.frame_row(row) for row in range(self.model.rowCount())]
        self.follow([row for row in rows if row not in chosen])
        self.rowsSelected.emit(self._layer.key, list(self._selection))

    def _zoom(self) -> None:
        index = self.view.currentIndex()
        if index.isValid():
            self.zoomAsked.emit(self._layer.key, self.model.frame_row(index.row()))
        elif self._selection:
            self.zoomAsked.emit(self._layer.key, self._selection[0])

    # -- copies ----------------------------------------------------------------------------------------------------
    def _header(self) -> list[str]:
        return [str(self.model.headerData(column, Qt.Horizontal)) for column in range(self.model.columnCount())]

    def copy_rows(self) -> None:
        """Put the selected rows on the clipboard, tabs between cells, the header first."""
        lines = ["\t".join(self._header())]
        for row in sorted(self.model.view_rows(self._selection)):
            lines.append("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in self.model.cells(row)))
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _ask_export(self) -> None:
        path, _filter = QFileDialog.getSaveFileName(
            self, _("导出属性表"), f"{self._layer.name}.xlsx", "Excel (*.xlsx);;CSV (*.csv)")
        if path:
            self.write(Path(path))

    def write(self, path: Path) -> None:
        """Write the rows shown, in the order shown, in another thread; those selected where any are.

        Args:
            path: ``.xlsx`` or ``.csv`` (UTF-8 with a mark, so that Excel reads it right).
        """
        rows = sorted(self.model.view_rows(self._selection)) or list(range(self.model.rowCount()))
        header = self._header()
        cells = [self.model.cells(row) for row in rows] if len(rows) <= AT_ONCE else None

        def work(_report: Any) -> Path:
            from gui.table_files import write_table

            return write_table(path, header, cells if cells is not None else [self.model.cells(row) for row in rows])

        task = Task(work, "", self)
        task.succeeded.connect(self.written.emit)
        task.failed.connect(self.failed.emit)
        task.finished.connect(task.deleteLater)
        task.start(self._worker)

    # -- the end ---------------------------------------------------------------------------------------------------
    def closeEvent(self, event: QCloseEvent) -> None:
        self._worker.stop()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        self._worker.stop()
        super().done(result)

"""The attribute table of a layer, which may be changed in it where nothing is judged by what its features say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import sleep
from typing import Any

from PyQt5 import sip
from PyQt5.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    Qt,
    QTimer,
    pyqtSignal,
)
from PyQt5.QtGui import QCloseEvent, QGuiApplication, QKeySequence
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QAction,
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QShortcut,
    QVBoxLayout,
    QWidget,
)

from gui.actions import TABLE_ACTIONS
from gui.clipboard import may_leave
from gui.dialogs import Below, choose, message, sized
from gui.dialogs.cell_editor import CellDelegate, CellView
from gui.dialogs.keys import keys_of
from gui.dialogs.parts import Said, UndoButtons
from gui.editing import Editing
from gui.empty import Nothing
from gui.looks import AT_ONCE, Looks
from gui.models import cells
from gui.models.cells import Cells
from gui.models.frame_table import FrameTable
from gui.session import LayerView, Session
from gui.table_files import words
from gui.tasks import Report
from gui.words import Speaker, cell_words
from gui.work import Work
from layers.values import Unreadable
from sanxian.i18n import N_, _, language

STEP = "修改属性“{layer}”"  # what a change of values is called on the undo stack
WAIT_MS = 150
MOST_RANGES = 2_000  # runs of selected rows that a view's own selection takes in without a wait
MOST_FILLED = 5_000  # cells that one step fills: each of them stands in the history with what it was
SAMPLE, NARROW, WIDE = 80, 60, 360  # rows that a column's width is made for, and its bounds in pixels


class TableDialog(QDialog, Speaker):
    """Sort, search, select, copy, export, change values; rows selected here are selected on the map, and the other way round.

    Signals:
        rowPicked: Layer key and row of the frame.
        rowMoved: The layer was read again: its key and the row of the frame that is the picked one now, -1 where it is gone.
        zoomAsked: Layer key and row of the frame.
        zoomRowsAsked: Layer key and rows of the frame, of several.
        rowsSelected: Layer key and rows of the frame.
        copyAsked: Layer key, rows of the frame and form (``geojson`` or ``wkt``) of features for the clipboard.
        written: The file.

    Args:
        looks: Sorts and searches long tables.
        work: Writes the file.
        editing: What may be changed, and how; without it nothing.
    """

    rowPicked = pyqtSignal(str, int)
    rowMoved = pyqtSignal(str, int)
    zoomAsked = pyqtSignal(str, int)
    zoomRowsAsked = pyqtSignal(str, object)
    rowsSelected = pyqtSignal(str, object)
    copyAsked = pyqtSignal(str, object, str)
    written = pyqtSignal(object)

    def __init__(self, layer: LayerView, field_title: Callable[[str, str], str], looks: Looks, work: Work,
                 parent: QWidget | None = None, editing: Editing | None = None) -> None:
        super().__init__(parent)
        self._editing, self.cells = editing, Cells(cells.OFFICIAL)
        self._layer, self._field_title, self._looks, self._work = layer, field_title, looks, work
        self._following = self._over = False
        self._marked = False
        self._putting = False
        self._refused = False  # what is told is a refusal
        self._lost = False  # what is told is that something typed was not written
        self._back: tuple[Any, ...] | None = None  # the place to go back to once rows are in order
        self._refusing = QTimer(self, singleShot=True, interval=0)  # runs while what was refused is still going on
        self.setAttribute(Qt.WA_DeleteOnClose)
        self._needs: dict[str, tuple[int, int]] = {}  # what each column needed for the words of the language that they were in
        self._needs_in = ""
        sized(self, 900, 460)
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
        self.fill = QPushButton(objectName="table_fill", autoDefault=False)
        self.say(self.fill.setText, "填充所选")
        self.say(self.fill.setToolTip, "把当前单元格的值填入所选各行的同一列，记为一步")
        self.state = QLabel(objectName="table_state", wordWrap=True)
        self.said = Said()
        titles = {name: field_title(layer.role, name) for name in layer.frame.columns}
        self.model = FrameTable(layer.frame, titles, self, say=lambda name, value: cell_words(layer.role, name, value))
        self.model.editable = lambda name: not self.cells.refusal(name, name)
        self.view = CellView(objectName="attribute_table")
        self.say(self.view.setAccessibleName, "属性表")
        self.view.setModel(self.model)
        Nothing(self.view, N_("没有符合条件的行"), lambda: len(self.model.frame) > 0 and self.model.rowCount() == 0)
        header = self.view.horizontalHeader()
        header.setSectionsClickable(True)
        for one in (header, self.view.verticalHeader()):
            # Of the view's own one a header asks, whenever it is painted, whether each cell of a column is selected.
            one.setHighlightSections(False)
            one.setSelectionModel(QItemSelectionModel(self.model, self))
        self.view.verticalHeader().setVisible("fid" not in self.model.columns)  # a file's own numbers need no others beside them
        header.setSortIndicatorShown(True)
        header.setSortIndicator(-1, Qt.AscendingOrder)  # as they came, until somebody sorts
        header.sectionClicked.connect(self._sort)
        self.view.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.view.setAlternatingRowColors(True)
        self._delegate = CellDelegate(self.view, self._kind, self._cell_name, self._choice_words, self._refusal_of, self.take)
        self.view.setItemDelegate(self._delegate)
        self.view.openAsked.connect(self._open)
        self.view.setTabKeyNavigation(False)  # Tab goes on to the buttons, and while a cell is typed in to the next one
        self.view.setWordWrap(False)
        self.view.verticalHeader().setDefaultSectionSize(24)
        self.view.selectionModel().currentRowChanged.connect(self._picked)
        self.view.selectionModel().selectionChanged.connect(lambda *_both: self._selected())
        for signal in (self.view.selectionModel().currentChanged, self.search.textChanged, self.only.toggled, header.sectionClicked):
            signal.connect(lambda *_what: self._go_on())
        self.fill.clicked.connect(self.fill_selected)
        self.zoom.clicked.connect(self._zoom)
        self.invert.clicked.connect(self._invert)
        self.export.clicked.connect(self._ask_export)
        self._selection: Any = self.model.frame_rows()[:0]  # rows of the frame, on the map too
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self.arrange)
        self.search.textChanged.connect(lambda _text: self._soon())
        self.column.currentIndexChanged.connect(lambda _row: self._soon() if self.search.text() else None)
        self.only.toggled.connect(lambda _on: self.arrange())
        copy = QShortcut(QKeySequence.Copy, self.view)
        copy.setContext(Qt.WidgetShortcut)
        copy.activated.connect(self.copy_rows)
        self._build_actions()
        self.column.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)  # a long title widens no window
        self.column.setMinimumContentsLength(10)
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.column)
        top.addWidget(self.only)
        self.undo = None
        if editing is not None:
            self.undo = UndoButtons(editing.session, self, lambda step: getattr(step, "text_of", "") == STEP)
        middle = QHBoxLayout()
        middle.addWidget(self.state, 1)
        for button in (self.undo, self.fill):
            if button is not None:
                middle.addWidget(button)
        bottom = Below((self.count,), (self.invert, self.zoom, self.export))
        box = QVBoxLayout(self)
        box.addLayout(top)
        box.addWidget(self.view, 1)
        box.addWidget(self.said)
        box.addLayout(middle)
        box.addWidget(bottom)
        self.retranslate()
        self._ask_cells()
        for signal in editing.changed if editing is not None else ():
            signal.connect(self._ask_cells)
        self._needs, self._needs_in = self._widths(), language()
        for column, (_title, width) in enumerate(self._needs.values()):
            self.view.setColumnWidth(column, width)

    def _widths(self) -> dict[str, tuple[int, int]]:
        """What each column needs for its title, and for its first cells as well, in pixels."""
        metrics, found = self.view.fontMetrics(), {}
        for column, texts in enumerate(self.model.sample(SAMPLE)):
            title = metrics.horizontalAdvance(str(self.model.headerData(column, Qt.Horizontal))) + 12  # the arrow of sorting
            widest = max((metrics.horizontalAdvance(text[:80]) for text in texts), default=0)
            found[self.model.columns[column]] = (min(title + 16, WIDE), min(max(title, widest, NARROW) + 16, WIDE))
        return found

    def _widen(self) -> None:
        """Room for the words of another language where there was for those of the former; no column becomes narrower."""
        if not self._needs or self._needs_in == language():
            return
        former, self._needs, self._needs_in = self._needs, self._widths(), language()
        for column, (name, needs) in enumerate(self._needs.items()):
            width = self.view.columnWidth(column)
            room = [need for need, was in zip(needs, former.get(name, needs), strict=True) if width >= was]
            self.view.setColumnWidth(column, max(width, *room, 0))

    def _build_actions(self) -> None:
        jobs: dict[str, Callable[[], Any]] = {
            "rows_copy": self.copy_rows, "rows_geojson": lambda: self._copy_features("geojson"),
            "rows_wkt": lambda: self._copy_features("wkt"), "rows_invert": self._invert, "rows_top": self.raise_selected,
            "rows_zoom": self._zoom}
        self.actions_by_id: dict[str, QAction] = {}
        for spec in TABLE_ACTIONS:
            action = QAction(self)
            self.say(action.setText, spec.text)
            action.triggered.connect(lambda _checked=False, job=jobs[spec.id]: job())
            self.addAction(action)
            self.actions_by_id[spec.id] = action
        self.view.setContextMenuPolicy(Qt.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._menu)
        self.set_keys({})

    def set_keys(self, own: Mapping[str, Sequence[str]]) -> None:
        """Use these shortcuts of the person's own, by the id of the action, else those that the program came with."""
        for name, action in self.actions_by_id.items():
            action.setShortcuts([QKeySequence(key) for key in keys_of(own, name)])
        for button, name in ((self.invert, "rows_invert"), (self.zoom, "rows_zoom")):
            button.setToolTip(self.actions_by_id[name].shortcut().toString(QKeySequence.NativeText))

    def context_menu(self) -> QMenu:
        """What can be done with the selected rows."""
        menu = QMenu(self)
        for spec in TABLE_ACTIONS:
            if spec.separate:
                menu.addSeparator()
            menu.addAction(self.actions_by_id[spec.id])
        return menu

    def _menu(self, place: QPoint) -> None:
        menu = self.context_menu()
        menu.exec_(self.view.viewport().mapToGlobal(place))
        menu.deleteLater()

    def _copy_features(self, form: str) -> None:
        rows = self._rows_here()
        if len(rows) and not self._behind:
            self.copyAsked.emit(self._layer.key, rows, form)

    def _titles(self) -> dict[str, str]:
        return {name: self._field_title(self._layer.role, name) for name in self.model.columns}

    def retranslate(self) -> None:
        super().retranslate()
        titles = self._titles()
        self.model.retranslate(titles)
        self._widen()
        chosen = max(0, self.column.currentIndex())
        self.column.blockSignals(True)
        self.column.clear()
        self.column.addItem(_("所有列"), -1)
        for number, name in enumerate(self.model.columns):
            self.column.addItem(titles.get(name, name), number)
        self.column.setCurrentIndex(chosen)
        self.column.blockSignals(False)
        if self.undo is not None:
            self.undo.retranslate()
        self._say_count()
        self._say_state()

    def _say_count(self) -> None:
        shown, every = self.model.rowCount(), len(self.model.frame)
        self.count.setText(_("正在排列……") if self._looks.asking(id(self)) else
                           _("{shown} / {all} 个要素，选中 {selected} 个").format(
                               shown=f"{shown:,}", all=f"{every:,}", selected=f"{len(self._selection):,}"))

    # -- values -----------------------------------------------------------------------------------------------------
    def _ask_cells(self) -> None:
        """Find out what may be changed; the file may be another's meanwhile, so not here."""
        if self._editing is not None and not self._over:
            self._looks.ask(("cells", id(self)), self._editing.find, self._take_cells)
        self._say_state()

    def _take_cells(self, found: Cells) -> None:
        self.cells = found
        self._say_state()

    def _say_state(self) -> None:
        why = self.cells.words()
        if self._behind:
            text = _("正在重新读取图层…")
        elif self._looks.asking(("cells", id(self))):
            text = _("正在查看能否编辑…")
        elif why:
            text = _("只读：{why}").format(why=why)
        else:
            text = _("可以编辑：按 F2、回车或双击单元格。改动当即写入工作区，可以撤销；留空就是未知。")
        self.state.setText(text)
        for widget in (self.fill, self.undo):
            if widget is not None:
                widget.setVisible(not why)

    def _title(self, index: QModelIndex) -> str:
        return str(self.model.headerData(index.column(), Qt.Horizontal))

    def _kind(self, index: QModelIndex) -> Any:
        return self.cells.kinds[self.model.columns[index.column()]]

    def _cell_name(self, index: QModelIndex) -> str:
        return _("第 {row} 行，{field}").format(row=self.model.frame_row(index.row()) + 1, field=self._title(index))

    def _choice_words(self, index: QModelIndex, choice: str) -> str:
        if choice in ("true", "false"):
            return _("是") if choice == "true" else _("否")
        return str(cell_words(self._layer.role, self.model.columns[index.column()], choice))

    def _tell_refusal(self, why: str, *, lost: bool = False) -> None:
        """Say why something is not done; '' where nothing is against it. What is ``lost`` stays told until there is more to say."""
        self._refused, self._lost = bool(why), lost
        self._refusing.start()
        self.said.tell(why, wrong=True)

    def _tell_lost(self, text: str) -> None:
        """Say that what somebody typed is not written, since another program has changed the layer."""
        self._tell_refusal(_("别的程序改了图层，已重新读入；填写的“{text}”没有写入，请按 F2 再填。").format(text=text), lost=True)

    def _go_on(self) -> None:
        """A refusal is told until something else is done; what made it may itself have led to another cell."""
        if self._refused and not self._lost and not self._refusing.isActive():
            self._tell_refusal("")

    def _open(self, index: QModelIndex, by_mouse: bool) -> None:
        """Open a cell to be typed into, or say why not; a double-click on a table that cannot be changed goes to the feature."""
        why = self.cells.refusal(self.model.columns[index.column()], self._title(index))
        if self._looks.asking(("cells", id(self))):
            why = _("正在查看能否编辑…")
        if self._behind:
            why = _("正在重新读取图层…")
        if not self._lost or why and not self._behind:
            self._tell_refusal(why)
        if not why:
            self.view.edit(index)
        elif by_mouse and self.cells.why:
            self.zoomAsked.emit(self._layer.key, self.model.frame_row(index.row()))

    def _refusal_of(self, index: QModelIndex, text: str) -> str:
        kind = self._kind(index)
        try:
            cells.read(text, kind)
        except Unreadable:
            return _("第 {row} 行的“{field}”没有改动：“{text}”不是{wanted}。").format(
                row=self.model.frame_row(index.row()) + 1, field=self._title(index), text=text, wanted=cells.wanted(kind))
        return ""

    def take(self, index: QModelIndex, text: str) -> None:
        """Give a cell the value that a text means, or say why it is none."""
        if self._behind:
            self._tell_lost(text)
            return
        why = self._refusal_of(index, text)
        self._tell_refusal(why)
        if not why:
            self._put(index, [self.model.frame_row(index.row())], cells.read(text, self._kind(index)))

    def fill_selected(self) -> None:
        """Give all selected rows the value of the current cell in its column, as one step."""
        index, rows = self.view.currentIndex(), self._rows_here().tolist()
        why = self.cells.refusal(self.model.columns[index.column()], self._title(index)) if index.isValid() else ""
        if not why and (not index.isValid() or len(rows) < 2):
            why = _("先选中要填的几行，再点其中要照填的单元格。")
        if not why and len(rows) > MOST_FILLED:
            why = _("一次最多填 {most} 行，这里选中了 {count} 行。").format(most=f"{MOST_FILLED:,}", count=f"{len(rows):,}")
        self._tell_refusal(why)
        if not why:
            self._put(index, rows, cells.held(self.model.raw(index), self._kind(index)))

    def _put(self, index: QModelIndex, rows: list[int], value: Any) -> None:
        if self._behind:
            self._tell_refusal(_("正在重新读取图层…"))
            return
        name, frame = self.model.columns[index.column()], self.model.frame
        there = frame[name].to_numpy(dtype=object)[rows].tolist()
        changed = [row for row, was in zip(rows, there, strict=True)
                   if not (was == value or value is None and not cells.shown(was))]
        if changed and self._editing is not None:
            said = _("已写入工作区：{field}，{count} 行。").format(field=self._title(index), count=f"{len(changed):,}")
            told = self.said.when_written(said)
            self._putting = True
            try:
                self._editing.put(name, dict.fromkeys(changed, value), told)
            finally:
                self._putting = False

    def _values_changed(self, key: str, name: str, rows: Any) -> None:
        if key == self._layer.key and self._layer.frame is not None and self.model.frame is self._layer.edited[0]:
            self.model.set_values(self._layer.frame, name, rows)
            if not self._putting:  # undone, or done again: what was told of it is so no longer
                self._tell_refusal("")

    def _undone(self, step: Any, words: str) -> None:
        """Tell what of a step of this table could not be taken back, or done again; the layer may be read anew right after."""
        added = getattr(self._layer.record, "added", None)
        if not self._over and step.text_of == STEP and added is not None and step.params.get("added") == added:
            self._tell_refusal(words, lost=True)

    # -- order -----------------------------------------------------------------------------------------------------
    def _soon(self) -> None:
        if len(self.model.frame) <= AT_ONCE:
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
        """Sort and search anew; a long table in another thread, the last wish counting."""
        self._timer.stop()
        by = how.get("by", self.model.sorted_by) if "by" in how else self._wanted_by()
        self._by = by
        text, column = self._wanted()
        only = self._selection if self.only.isChecked() else None
        if len(self.model.frame) <= AT_ONCE:
            self._take(self.model.arrange(text, column, by, only), by)
            return
        model = self.model
        self._looks.ask(id(self), lambda _report: model.arrange(text, column, by, only), lambda rows: self._take(rows, by))
        self._say_count()

    def _wanted(self) -> tuple[str, int]:
        """The text that is looked for, and in which column."""
        return self.search.text(), int(self.column.currentData() or 0) if self.column.currentIndex() > 0 else -1

    def _wanted_by(self) -> tuple[int, Qt.SortOrder] | None:
        return getattr(self, "_by", self.model.sorted_by)

    def _take(self, rows: Any, by: tuple[int, Qt.SortOrder] | None) -> None:
        kept, back, self._back = self._selection, self._back, None
        self.model.show(rows, by)
        self.follow(kept, scroll=back is None)
        if back is not None:
            self._go_back(*back)
        self._say_count()

    # -- selection -------------------------------------------------------------------------------------------------
    def _picked(self, current: Any, _former: Any) -> None:
        if current.isValid() and not self._following:
            self.rowPicked.emit(self._layer.key, self.model.frame_row(current.row()))

    def selected_rows(self) -> list[int]:
        """The rows of the frame that are selected, in the order of the view."""
        return self._rows_here().tolist()

    def _rows_here(self) -> Any:
        import numpy as np

        if self._marked:
            return self.model.frame_rows()[self.model.view_rows(self._selection)]
        chosen = np.zeros(self.model.rowCount(), bool)
        for piece in self.view.selectionModel().selection():
            chosen[piece.top() : piece.bottom() + 1] = True
        return self.model.frame_rows()[chosen]

    def _selected(self) -> None:
        if self._following:
            return
        import numpy as np

        former = self._selection if self._marked and QGuiApplication.keyboardModifiers() & Qt.ControlModifier else None
        self._marked = False
        self.model.mark(None)
        rows = np.sort(self._rows_here())
        if former is not None:
            rows = np.union1d(rows, former)
            self.follow(rows, scroll=False)
        self._selection = rows
        self._say_count()
        self.rowsSelected.emit(self._layer.key, rows)

    def follow(self, frame_rows: Any, scroll: bool = True) -> None:
        """Select the rows that are selected on the map; says nothing back."""
        import numpy as np

        self._following = True
        self._selection = np.sort(np.asarray(frame_rows, dtype=np.int64))
        rows, last = self.model.view_rows(self._selection), self.model.columnCount() - 1
        # One range for rows that lie together; what is scattered all over a long table the model shows itself.
        cuts = np.flatnonzero(np.diff(rows) != 1) + 1
        self._marked = len(cuts) >= MOST_RANGES
        selection = QItemSelection()
        if len(rows) and not self._marked:
            for first, end in zip(rows[[0, *cuts]].tolist(), rows[[*(cuts - 1), -1]].tolist(), strict=True):
                selection.append(QItemSelectionRange(self.model.index(first, 0), self.model.index(end, last)))
        self.model.mark(self._selection if self._marked else None)
        self.view.selectionModel().select(selection, QItemSelectionModel.ClearAndSelect)
        if len(rows) and scroll:
            self.view.scrollTo(self.model.index(int(rows[0]), 0))
        self._following = False
        self._say_count()

    def map_selected(self, features: Any) -> None:
        """What is selected on the map, of every layer."""
        import numpy as np

        from gui.canvas.scene import Picked

        if self._behind:  # the map has let go of a layer that is read again
            return
        rows = Picked.of(features).of_layer(self._layer.key)
        if not np.array_equal(rows, self._selection):
            self.follow(rows)
            if self.only.isChecked():
                self.arrange()

    def _invert(self) -> None:
        """Select what was not, of the rows that are found; a table of what is selected then shows those."""
        if not self.only.isChecked():
            self._invert_in(self.model.frame_rows())
        elif len(self.model.frame) <= AT_ONCE:
            self._invert_in(self.model.arrange(*self._wanted()))
        else:
            model, wanted = self.model, self._wanted()
            self._looks.ask(id(self), lambda _report: model.arrange(*wanted), self._invert_in)
            self._say_count()

    def _invert_in(self, rows: Any) -> None:
        import numpy as np

        wanted = np.zeros(len(self.model.frame), bool)
        wanted[rows] = True
        wanted[self._selection] = False
        self.follow(np.flatnonzero(wanted))
        self.rowsSelected.emit(self._layer.key, self._selection)
        if self.only.isChecked():
            self.arrange()

    def raise_selected(self) -> None:
        """Show the selected rows before the others, each in the order in which they stand, until rows are put in order anew."""
        import numpy as np

        rows = self.model.frame_rows()
        chosen = np.zeros(len(rows), bool)
        chosen[self.model.view_rows(self._selection)] = True
        if chosen.any() and not self._looks.asking(id(self)):  # else they are being put in order
            self._take(np.concatenate([rows[chosen], rows[~chosen]]), self._wanted_by())
            self.view.scrollToTop()

    def _zoom(self) -> None:
        if len(self._selection) > 1:
            self.zoomRowsAsked.emit(self._layer.key, self._selection)
            return
        index = self.view.currentIndex()
        if index.isValid():
            self.zoomAsked.emit(self._layer.key, self.model.frame_row(index.row()))
        elif len(self._selection):
            self.zoomAsked.emit(self._layer.key, int(self._selection[0]))

    # -- copies ----------------------------------------------------------------------------------------------------
    def _header(self) -> list[str]:
        return [str(self.model.headerData(column, Qt.Horizontal)) for column in range(self.model.columnCount())]

    def copy_rows(self) -> None:
        """Put the selected rows on the clipboard, tabs between cells, the header first."""
        header, model, frame = self._header(), self.model, self.model.frame
        rows = model.frame_rows()[model.view_rows(self._selection)]
        if not may_leave(self, self._layer):
            return

        def text(_report: Any = None) -> str:
            lines = ["\t".join(header)]
            for start in range(0, len(rows), AT_ONCE):
                columns = [[words(value).replace("\t", " ").replace("\n", " ") for value in values]
                           for values, _number in model.columns_of(rows[start : start + AT_ONCE], frame)]
                lines.append("\n".join("\t".join(cells) for cells in zip(*columns, strict=True)))
                sleep(0.001)  # a million texts made, or thrown away, in one go would keep the window waiting
            return "\n".join(lines)

        if len(rows) <= AT_ONCE:
            QGuiApplication.clipboard().setText(text())
        else:
            self._looks.ask("clipboard", text, QGuiApplication.clipboard().setText)

    def _ask_export(self) -> None:
        if not may_leave(self, self._layer):
            return
        chosen, shown = len(self.model.view_rows(self._selection)), self.model.rowCount()
        which = "shown"
        if chosen:
            which = message.ask_rows(self, chosen, shown)
            if which == "cancel":
                return
        path = choose.target(self, _("导出属性表"), f"{self._layer.name}.xlsx", "Excel (*.xlsx);;CSV (*.csv)")
        if path is not None:
            self.write(path, which == "selected")

    def write(self, path: Path, selected: bool = False) -> None:
        """Write the rows shown, in the order shown, as a task of the window; it goes on when the table is closed.

        Args:
            path: ``.xlsx`` or ``.csv`` (UTF-8 with a mark, so that Excel reads it right).
            selected: Only those that are selected.
        """
        rows = self.model.frame_rows()
        rows = rows[self.model.view_rows(self._selection)] if selected else rows
        model, frame, header, window = self.model, self.model.frame, self._header(), self.parentWidget()
        much = len(rows) > AT_ONCE

        def work(report: Report) -> int:
            from gui.engine import apart
            from gui.table_files import write_columns
            from sanxian.apart import pack

            columns = model.columns_of(rows, frame)
            if not much:
                return write_columns(report.or_stop, path, header, columns)
            return apart(report, write_columns, path, header, [(pack(values), number) for values, number in columns])

        def done(count: int) -> None:
            message.tell_done(window if self._over else self, _("属性表已导出：{count} 行。").format(count=f"{count:,}"), path)
            if not self._over:
                self.written.emit(path)

        # What another process writes waits for nothing here, and nothing for it.
        self._work.run(N_("导出属性表"), work, done, beside=much, writes=True)

    # -- the end ---------------------------------------------------------------------------------------------------
    def follow_session(self, session: Session) -> None:
        """Close once the layer is no longer in the tree: the table would show, and select, what nobody sees."""
        session.opened.connect(self._leave)
        session.layersChanged.connect(self._layers_changed)
        session.valuesChanged.connect(self._values_changed)
        session.steps.undone.connect(self._undone)
        self._session = session

    def _layers_changed(self) -> None:
        if self._over:
            return
        if self._layer.error or not any(one is self._layer for one in self._session.layers):
            self._leave()
            return
        if self._behind and self._layer.frame is not None:
            self._read_anew(self._layer.frame)
        self._say_state()

    @property
    def _behind(self) -> bool:
        """Whether the layer is no longer what is shown, since another program has changed it: it is being read again."""
        return self._layer.frame is not self.model.frame

    def _read_anew(self, frame: Any) -> None:
        """Show the layer as it was read again: rows may be other ones, and so may columns."""
        open_ = self._delegate.left_open()
        typed = "" if open_ is None else self._delegate.typed(open_[0])
        former, index, chosen = self.model.columns, self.view.currentIndex(), self.column.currentIndex() - 1
        fids, top = self.model.fids(), self.view.rowAt(0)
        self._back = (fids[index.row()] if index.isValid() else None, former[index.column()] if index.isValid() else "",
                      fids[top] if top >= 0 else None)
        selected = _again(self.model.frame, frame, self._selection)
        held = self.focusWidget()
        held = held is not None and (held is self.view or self.view.isAncestorOf(held))
        searched = former[chosen] if chosen >= 0 else ""
        by = self._wanted_by()
        sorted_by = former[by[0]] if by is not None else ""
        self._looks.forget(id(self))  # rows in the order of what was
        self._following = True
        self.model.set_frame(frame)
        if held:  # else the next button has the keyboard, and the Enter that was to end a cell
            self.view.setFocus()
        self._selection, self._marked = selected, False
        self.retranslate()
        columns = self.model.columns
        self.column.setCurrentIndex(columns.index(searched) + 1 if searched in columns else 0)
        by = (columns.index(sorted_by), by[1]) if by is not None and sorted_by in columns else None
        self.view.horizontalHeader().setSortIndicator(*(by or (-1, Qt.AscendingOrder)))
        self.arrange(by=by)
        if self._back is not None:  # a long table is put in order later
            self._go_back(*self._back)
        self._following = False
        if len(selected):
            self.rowsSelected.emit(self._layer.key, selected)  # the map has let go of them
        self._ask_cells()
        if typed:
            self.view.deaf = held
            self._tell_lost(typed)
        elif not self._lost:
            self.said.tell(_("图层已重新读入。"))

    def _go_back(self, fid: Any, name: str, top: Any) -> None:
        """To the cell and the rows that were there before the layer was read again, where they still are."""
        import numpy as np

        fids, columns, following = self.model.fids(), self.model.columns, self._following
        self._following = True
        frame = self.model.frame
        there = np.flatnonzero(frame["fid"].to_numpy() == fid) if fid is not None and "fid" in columns else np.empty(0, int)
        self.rowMoved.emit(self._layer.key, int(there[0]) if len(there) else -1)
        if fid is not None and len(rows := np.flatnonzero(fids == fid)):
            place = self.model.index(int(rows[0]), columns.index(name) if name in columns else 0)
            self.view.selectionModel().setCurrentIndex(place, QItemSelectionModel.NoUpdate)
        if top is not None and len(rows := np.flatnonzero(fids == top)):
            self.view.doItemsLayout()
            self.view.verticalScrollBar().setValue(int(rows[0]))
        self._following = following

    def _leave(self) -> None:
        """Close without a question: what is typed is for a layer that is no longer there."""
        self._over = True
        self.close()

    def may_close(self) -> bool:
        """Take what is typed in a cell, and ask where it is no value and would be lost; ``False`` to stay."""
        open_ = None if self._over else self._delegate.left_open()
        if open_ is None:
            return True
        editor, why = open_
        if not why:
            self._delegate.commitData.emit(editor)
        elif not message.ask(self, _("放弃填写的内容"), _("{why}\n\n关闭属性表就丢掉它。").format(why=why), _("放弃并关闭"),
                             loses=True):
            if not sip.isdeleted(editor):
                self.activateWindow()
                editor.setFocus()
            return False
        return True

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.may_close():
            event.ignore()
            return
        self._end()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        self._end()
        super().done(result)

    def _end(self) -> None:
        self._over = True
        self._timer.stop()
        self._looks.forget(id(self))
        self._looks.forget(("cells", id(self)))


def _again(was: Any, now: Any, rows: Any) -> Any:
    """Those rows of a frame in a frame that was read since: of the same number and the same shape."""
    import numpy as np
    import pandas as pd
    import shapely

    if not len(rows) or "fid" not in was.columns or "fid" not in now.columns:
        return np.empty(0, dtype=np.int64)
    there = pd.Index(now["fid"]).get_indexer(was["fid"].to_numpy()[rows])
    rows, there = rows[there >= 0], there[there >= 0]
    same = shapely.equals_exact(np.asarray(was.geometry.array)[rows], np.asarray(now.geometry.array)[there])
    return np.sort(there[same])

"""Any list of things as a table: a cell is worked out when it is shown, so that thousands of rows cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from gui.words import plain_tip
from sanxian.i18n import _

NOWHERE = QModelIndex()


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        title: msgid.
        text: What a cell says, in the language of the moment.
        icon: Its picture; the text always says the same.
        key: What it is sorted by; its text where absent.
        checked: Whether its box is ticked; no box where absent, or where it gives ``None``.
    """

    title: str
    text: Callable[[Any], str]
    icon: Callable[[Any], Any] | None = None
    key: Callable[[Any], Any] | None = None
    checked: Callable[[Any], bool | None] | None = None


class Rows(QAbstractTableModel):
    """Items in rows, filtered and sorted by their numbers.

    Args:
        columns: What is shown of an item.
        top: Text begins at the top of its cell, for rows of several lines.
        tick: Called with an item and whether its box was ticked.
    """

    def __init__(self, columns: Sequence[Column], parent: QObject | None = None, *, top: bool = False,
                 tick: Callable[[Any, bool], None] | None = None) -> None:
        super().__init__(parent)
        self.columns = list(columns)
        self._tick = tick
        self._align = int(Qt.AlignLeft | (Qt.AlignTop if top else Qt.AlignVCenter))
        self._items: list[Any] = []
        self._shown: list[int] = []
        self._wanted: Callable[[Any], bool] = lambda _item: True
        self._sort: tuple[int, Qt.SortOrder] | None = None

    def set_items(self, items: Iterable[Any]) -> None:
        """Show these."""
        self.beginResetModel()
        self._items = list(items)
        self._order()
        self.endResetModel()

    def replace_items(self, items: Sequence[Any]) -> None:
        """Show the new state of the same items in the same rows, so that selection and place stay."""
        if len(items) != len(self._items):
            self.set_items(items)
            return
        self._items = list(items)
        self.retranslate()

    def set_filter(self, wanted: Callable[[Any], bool]) -> None:
        """Show only what is wanted."""
        self.beginResetModel()
        self._wanted = wanted
        self._order()
        self.endResetModel()

    def item(self, row: int) -> Any:
        """The item in a row."""
        return self._items[self._shown[row]]

    def row_of(self, wanted: Callable[[Any], bool]) -> int:
        """The row of the first item that is meant, -1 where none is shown."""
        return next((row for row, number in enumerate(self._shown) if wanted(self._items[number])), -1)

    @property
    def total(self) -> int:
        """How many items there are, shown or not."""
        return len(self._items)

    @property
    def items(self) -> list[Any]:
        """All items, shown or not."""
        return list(self._items)

    def retranslate(self) -> None:
        """Say everything again."""
        self.headerDataChanged.emit(Qt.Horizontal, 0, len(self.columns) - 1)
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, len(self.columns) - 1))

    def sort(self, column: int, order: Qt.SortOrder = Qt.AscendingOrder) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [self._shown[index.row()] for index in before]
        self._sort = (column, order) if column >= 0 else None
        self._order()
        place = {number: row for row, number in enumerate(self._shown)}
        self.changePersistentIndexList(
            before, [self.index(place[number], index.column()) for number, index in zip(kept, before, strict=True)])
        self.layoutChanged.emit()

    def _order(self) -> None:
        self._shown = [number for number, item in enumerate(self._items) if self._wanted(item)]
        if self._sort is not None:
            column = self.columns[self._sort[0]]
            key = column.key or column.text
            self._shown.sort(key=lambda number: key(self._items[number]), reverse=self._sort[1] == Qt.DescendingOrder)

    def rowCount(self, parent: QModelIndex = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def flags(self, index: QModelIndex) -> Qt.ItemFlags:
        found = super().flags(index)
        if index.isValid() and self._checked(index) is not None:
            found |= Qt.ItemIsUserCheckable
        return found

    def _checked(self, index: QModelIndex) -> bool | None:
        asked = self.columns[index.column()].checked
        return asked(self.item(index.row())) if asked is not None else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole) -> Any:
        if role != Qt.DisplayRole and (role != Qt.ToolTipRole or orientation != Qt.Horizontal):  # a narrow title is cut
            return None
        return _(self.columns[section].title) if orientation == Qt.Horizontal else section + 1

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column, item = self.columns[index.column()], self.item(index.row())
        if role in (Qt.DisplayRole, Qt.AccessibleTextRole):
            return column.text(item)
        if role == Qt.ToolTipRole:
            return plain_tip(column.text(item))
        if role == Qt.DecorationRole and column.icon is not None:
            return column.icon(item)
        if role == Qt.TextAlignmentRole:
            return self._align
        if role == Qt.CheckStateRole and (checked := self._checked(index)) is not None:
            return Qt.Checked if checked else Qt.Unchecked
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.EditRole) -> bool:
        if role != Qt.CheckStateRole or self._tick is None or self._checked(index) is None:
            return False
        self._tick(self.item(index.row()), value == Qt.Checked)
        return True

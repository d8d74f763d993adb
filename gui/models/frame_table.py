"""The attributes of a layer's features as a table, whatever their number: cells are made when they are shown."""

from __future__ import annotations

from numbers import Number
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from sanxian.i18n import _


def words(value: Any) -> str:
    """A value of a cell in words; empty for what the data lacks."""
    if value is None:
        return ""
    if isinstance(value, float) and value != value:
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return _("是") if value else _("否")
    if type(value).__name__ in ("NAType", "NaTType"):
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


class FrameTable(QAbstractTableModel):
    """Read-only view of a data frame without its geometry, sorted and filtered by row numbers, not by copies."""

    def __init__(self, frame: Any, titles: dict[str, str] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        geometry = getattr(frame, "_geometry_column_name", "geometry")
        self._frame = frame
        self._columns = [name for name in frame.columns if name != geometry]
        self._titles = titles or {}
        self._rows = list(range(len(frame)))
        self._sort: tuple[int, Qt.SortOrder] | None = None

    def retranslate(self) -> None:
        """Say the headers again."""
        if self._columns:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._columns) - 1)

    def frame_row(self, row: int) -> int:
        """Which row of the frame stands in a row of the view."""
        return self._rows[row]

    def set_filter(self, text: str) -> None:
        """Only rows with this text in any column."""
        needle = text.strip().casefold()
        self.beginResetModel()
        if needle:
            keep = None
            for name in self._columns:
                hit = self._frame[name].astype(str).str.casefold().str.contains(needle, regex=False, na=False)
                keep = hit if keep is None else keep | hit
            self._rows = [int(row) for row in keep.to_numpy().nonzero()[0]] if keep is not None else []
        else:
            self._rows = list(range(len(self._frame)))
        self._order()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.layoutAboutToBeChanged.emit()
        self._sort = (column, order) if column >= 0 else None
        self._order()
        self.layoutChanged.emit()

    def _order(self) -> None:
        if self._sort is None:
            return
        values = self._frame[self._columns[self._sort[0]]]

        def key(row: int) -> tuple[int, float, str]:
            value = values.iloc[row]
            if isinstance(value, Number) and value == value:  # numpy's numbers too
                return 0, float(value), ""
            text = words(value)
            return (1, 0.0, text) if text else (2, 0.0, "")

        self._rows.sort(key=key, reverse=self._sort[1] == Qt.SortOrder.DescendingOrder)

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return self._rows[section] + 1 if section < len(self._rows) else None
        name = self._columns[section]
        return _(self._titles.get(name, name))

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        return words(self._frame[self._columns[index.column()]].iloc[self._rows[index.row()]])

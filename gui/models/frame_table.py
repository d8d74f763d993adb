"""The attributes of a layer's features as a table, whatever their number.

Cells are made when they are shown; sorting and finding give an order of row numbers and copy no data. Both may be done
in another thread: :meth:`FrameTable.arrange` touches nothing that Qt looks at, and :meth:`FrameTable.show` takes over
what it found. It changes no value itself, and is told of another frame once some were changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PyQt5.QtGui import QGuiApplication, QPalette

from gui.table_files import words
from gui.words import plain_tip
from sanxian.i18n import _


def _shown(frame: Any) -> list[str]:
    geometry = getattr(frame, "_geometry_column_name", "geometry")
    return [name for name in frame.columns if name != geometry]


class FrameTable(QAbstractTableModel):
    """A data frame without its geometry.

    Attributes:
        editable: Whether the cells of a column may be changed.
    """

    def __init__(self, frame: Any, titles: dict[str, str] | None = None, parent: QObject | None = None, *,
                 say: Callable[[str, Any], Any] | None = None) -> None:
        super().__init__(parent)
        self._say = say or (lambda _name, value: value)  # codes in words, by column
        self._titles = titles or {}
        self.editable: Callable[[str], bool] = lambda _name: False
        self._take(frame)

    def _take(self, frame: Any) -> None:
        import numpy as np

        self._frame = frame
        self._columns = _shown(frame)
        self._rows = np.arange(len(frame))
        self._ranks: dict[str, Any] = {}  # for each column sorted so far, the place of every row
        self._texts: dict[str, list[str]] = {}  # for each column searched so far, its text in lower case
        self._marked: Any = None
        self.sorted_by: tuple[int, Qt.SortOrder] | None = None

    @property
    def frame(self) -> Any:
        """What is shown."""
        return self._frame

    def set_frame(self, frame: Any) -> None:
        """Show other features, all of them, as they came."""
        self.beginResetModel()
        self._take(frame)
        self.endResetModel()

    def fids(self) -> Any:
        """The numbers that the file gives the features, in the order of the view; those of the rows where it gives none."""
        return self._frame["fid"].to_numpy()[self._rows] if "fid" in self._frame.columns else self._rows

    @property
    def columns(self) -> list[str]:
        """Names of the columns shown."""
        return list(self._columns)

    def retranslate(self, titles: dict[str, str] | None = None) -> None:
        """Say the headers again."""
        if titles is not None:
            self._titles = titles
        self._texts = {}  # codes have other words now
        if self._columns:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._columns) - 1)

    def set_values(self, frame: Any, name: str, frame_rows: Any) -> None:
        """Show another frame, of which some rows differ in one column; the order stays until it is asked for again."""
        self._frame = frame
        # Others, not emptied ones: what sorts in another thread just now goes on with the old.
        self._ranks, self._texts = dict(self._ranks), dict(self._texts)
        self._ranks.pop(name, None)
        self._texts.pop(name, None)
        if name not in self._columns:
            return
        column, rows = self._columns.index(name), self.view_rows(frame_rows)
        if len(rows):  # one span: a view asks for what it shows of it, and only for that
            self.dataChanged.emit(self.index(int(rows[0]), column), self.index(int(rows[-1]), column))

    def raw(self, index: QModelIndex) -> Any:
        """The value of a cell as the data has it."""
        return self._frame[self._columns[index.column()]].iloc[int(self._rows[index.row()])]

    def frame_row(self, row: int) -> int:
        """Which row of the frame stands in a row of the view."""
        return int(self._rows[row])

    def frame_rows(self) -> Any:
        """The rows of the frame in the order of the view."""
        return self._rows

    def view_rows(self, frame_rows: Any) -> Any:
        """Where rows of the frame stand in the view, in order; those that are not shown are left out."""
        import numpy as np

        wanted = np.zeros(len(self._frame), bool)
        rows = np.asarray(frame_rows, dtype=np.int64)
        wanted[rows[(rows >= 0) & (rows < len(wanted))]] = True
        return np.flatnonzero(wanted[self._rows])

    def mark(self, frame_rows: Any) -> None:
        """Show rows as selected that are too scattered for a view's own selection; none for ``None``."""
        import numpy as np

        if frame_rows is None and self._marked is None:
            return
        self._marked = None
        if frame_rows is not None:
            self._marked = np.zeros(len(self._frame), bool)
            self._marked[frame_rows] = True
        if len(self._rows):
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self._columns) - 1),
                                  [Qt.ItemDataRole.BackgroundRole, Qt.ItemDataRole.ForegroundRole])

    def columns_of(self, frame_rows: Any, frame: Any = None) -> list[tuple[list[Any], bool]]:
        """For each column shown the plain values of these rows, codes in words, and whether its type is a number.

        Args:
            frame: What was shown, for another thread that goes on with it.
        """
        from pandas.api.types import is_bool_dtype, is_numeric_dtype

        frame = self._frame if frame is None else frame
        return [(self._said(name, column.take(frame_rows).tolist()), is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype))
                for name, column in ((name, frame[name]) for name in _shown(frame))]

    def _said(self, name: str, values: list[Any]) -> list[Any]:
        """The values of a column with its codes in words; each is looked up once."""
        known: dict[Any, Any] = {}
        for value in values:
            if (key := (type(value), value)) not in known:
                known[key] = self._say(name, value)
        return [known[type(value), value] for value in values]

    def sample(self, most: int) -> list[list[str]]:
        """For each column the texts of some rows from all over the table."""
        import numpy as np

        some = np.unique(np.linspace(0, len(self._frame) - 1, min(most, len(self._frame))).astype(int))
        return [[words(value) for value in values] for values, _number in self.columns_of(some)]

    # -- order -----------------------------------------------------------------------------------------------------
    def arrange(self, text: str = "", column: int = -1, by: tuple[int, Qt.SortOrder] | None = None,
                only: Sequence[int] | None = None) -> Any:
        """Rows of the frame in the order in which they are to be shown.

        Args:
            text: Only rows with this text in a cell of the column, of any column for ``-1``.
            by: Column and direction to sort by; numbers before text, what is missing always last.
            only: Only these rows of the frame.
        """
        import numpy as np

        frame, ranks, texts = self._frame, self._ranks, self._texts  # others may take their place meanwhile
        rows = np.arange(len(frame)) if only is None else np.array(sorted(only), dtype=int)
        needle = text.strip().casefold()
        if needle:
            keep = np.zeros(len(frame), bool)
            for name in self._columns if column < 0 else [self._columns[column]]:
                keep |= np.fromiter((needle in cell for cell in self._text(frame, texts, name)), bool, len(frame))
            rows = rows[keep[rows]]
        if by is not None:
            rank, missing = self._rank(frame, ranks, self._columns[by[0]])
            order = rank[rows] if by[1] == Qt.SortOrder.AscendingOrder else -rank[rows]
            rows = rows[np.lexsort((rows, order, missing[rows]))]
        return rows

    def show(self, rows: Any, by: tuple[int, Qt.SortOrder] | None) -> None:
        """Show what :meth:`arrange` gave."""
        self.beginResetModel()
        self._rows, self.sorted_by = rows, by
        self.endResetModel()

    def _text(self, frame: Any, known: dict[str, list[str]], name: str) -> list[str]:
        if name not in known:
            known[name] = [words(value).casefold() for value in self._said(name, frame[name].tolist())]
        return known[name]

    def _rank(self, frame: Any, known: dict[str, Any], name: str) -> tuple[Any, Any]:
        if name not in known:
            import numpy as np

            values = frame[name].tolist()
            numbers = np.array([float(value) if isinstance(value, Number) and value == value else np.inf for value in values])
            texts = ["" if isinstance(value, Number) and value == value else words(value) for value in values]
            _distinct, text_rank = np.unique(np.array(texts, dtype=object).astype(str), return_inverse=True)
            missing = np.array([not text and number == np.inf for text, number in zip(texts, numbers, strict=True)], bool)
            order = np.lexsort((text_rank, numbers))
            rank = np.empty(len(values), dtype=np.int64)
            pairs = np.stack([numbers[order], text_rank[order].astype(float)])
            step = np.r_[0, (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)] if len(values) else np.empty(0)
            rank[order] = np.cumsum(step)  # equal values share a rank, so that their own order stays
            known[name] = (rank, missing)
        return known[name]

    # -- Qt --------------------------------------------------------------------------------------------------------
    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return int(self._rows[section]) + 1 if section < len(self._rows) else None
        name = self._columns[section]
        return _(self._titles.get(name, name))

    def flags(self, index: QModelIndex) -> Qt.ItemFlags:
        found = super().flags(index)
        if index.isValid() and self.editable(self._columns[index.column()]):
            found |= Qt.ItemFlag.ItemIsEditable
        return found

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, name = int(self._rows[index.row()]), self._columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            said = words(self._say(name, self._frame[name].iloc[row]))
            return said if role == Qt.ItemDataRole.DisplayRole else plain_tip(said)
        if self._marked is not None and self._marked[row]:
            palette = QGuiApplication.palette()
            if role == Qt.ItemDataRole.BackgroundRole:
                return palette.brush(QPalette.Highlight)
            if role == Qt.ItemDataRole.ForegroundRole:
                return palette.brush(QPalette.HighlightedText)
        return None

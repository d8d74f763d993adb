"""What a check found, as a table: sorted by how grave it is, filtered by row numbers and not by copies."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PyQt5.QtGui import QBrush, QColor

from gui import theme
from gui.words import in_window, plain_tip
from sanxian.i18n import N_, _

COLUMNS = (("severity", N_("程度")), ("status", N_("处理状态")), ("message", N_("发现")), ("layer", N_("图层")),
           ("feature", N_("要素")), ("note", N_("说明")), ("person", N_("处理人")), ("last_seen", N_("最近发现")))
_RANK = {"error": 0, "warning": 1, "info": 2}
_COLOURS = {"error": "wrong", "warning": "doubt", "info": "muted"}
_MARKS = {"error": "✕", "warning": "!", "info": "i"}


class FindingTable(QAbstractTableModel):
    """Findings of a workspace; cells are worded when they are shown."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[dict[str, Any]] = []
        self._shown: list[dict[str, Any]] = []

    def set_findings(self, frame: Any) -> None:
        """Show others: ``Workspace.findings()``, or ``None`` for none."""
        self.beginResetModel()
        self._all = [] if frame is None else frame.to_dict("records")
        self._all.sort(key=lambda one: (_RANK.get(one["severity"], 3), str(one["layer"] or ""), one["key"]))
        self._shown = list(self._all)
        self.endResetModel()

    def set_filter(self, *, severity: str = "", code: str = "", status: str = "", layer: str = "", text: str = "") -> None:
        """Only findings that fit; '' fits all, ``unsettled`` all that are not fixed."""
        needle = text.strip().casefold()
        self.beginResetModel()
        self._shown = [
            one for one in self._all
            if (not severity or one["severity"] == severity) and (not code or one["code"] == code)
            and (not layer or one["layer"] == layer)
            and (not status or one["status"] == status or (status == "unsettled" and one["status"] != "fixed"))
            and (not needle or needle in self._message(one).casefold())
        ]
        self.endResetModel()

    def all(self) -> list[dict[str, Any]]:
        """Every finding."""
        return self._all

    def shown(self) -> list[dict[str, Any]]:
        """Those that pass the filter, in order."""
        return self._shown

    def finding(self, row: int) -> dict[str, Any]:
        """The finding in a row."""
        return self._shown[row]

    def row_of(self, key: str) -> int:
        """The row of a finding, -1 where it is not shown."""
        return next((row for row, one in enumerate(self._shown) if one["key"] == key), -1)

    def retranslate(self) -> None:
        """Say everything again."""
        self.beginResetModel()
        self.endResetModel()

    @staticmethod
    def _message(one: dict[str, Any]) -> str:
        from gui.engine import said_of

        return in_window(said_of(one["code"], one["severity"], one["values"]))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _(COLUMNS[section][1])
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        one, (name, _title) = self._shown[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole:
            if one["status"] == "fixed":
                return QBrush(QColor(theme.ink("off")))
            return QBrush(QColor(theme.ink(_COLOURS.get(one["severity"], "muted")))) if name == "severity" else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self.data(index))
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        from layers.findings import SEVERITIES, STATUS_WORDS

        value = one[name]
        if name == "severity":
            return f"{_MARKS.get(value, '')} {_(SEVERITIES.get(value, value))}"
        if name == "status":
            return _(STATUS_WORDS.get(value, value))
        if name == "message":
            return self._message(one)
        if name == "feature":
            return "" if value is None or value != value else f"#{int(value)}"
        if name == "last_seen":
            return str(value or "")[:16].replace("T", " ")
        return "" if value is None or value != value else str(value)

"""What a batch found, a row a project, whatever their number: cells are made when they are shown."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QModelIndex, QObject, Qt
from PyQt5.QtGui import QBrush

from gui import theme
from gui.models.frame_table import FrameTable, words
from gui.models.project_table import MARKS
from gui.resources.icons import icon, verdict_icon
from gui.words import VERDICT_ORDER, listed, plain_tip, together, verdict_word
from sanxian.i18n import N_, _
from sanxian.mapping.styles import verdict_style
from sanxian.messages import missing_words, review_words

TITLES = {
    "id": N_("编号"), "name": N_("项目名称"), "verdict": N_("结论"), "reviewed_verdict": N_("人工复核后"),
    "review_states": N_("复核的效力"), "area_ha": N_("面积（公顷）"),
    "length_m": N_("长度（米）"), "control_units": N_("管控单元"), "redline_m2": N_("占生态保护红线（平方米）"),
    "missing": N_("缺少的资料"), "error": N_("不能量算的原因"),
}
VERDICTS = ("verdict", "reviewed_verdict")
NUMBERS = ("area_ha", "length_m", "redline_m2")


def marked(verdict: Any, old: bool) -> str:
    """The word of a verdict, and whether it holds no more, as the list of projects says it."""
    return _(MARKS[False, old]).format(verdict=verdict_word(verdict))


def shown_columns(frame: Any) -> Any:
    """What of a result the table shows: always the verdict; columns in which nothing stands are left out."""
    import pandas

    shown = pandas.DataFrame(index=frame.index)
    for name in TITLES:
        if name == "area_ha":
            shown[name] = frame["area_m2"] / 1e4
        elif name in frame.columns:
            shown[name] = frame[name]
    for name in VERDICTS:
        if name in shown.columns:
            shown[name] = shown[name].astype(object).where(shown[name].notna(), None)
    empty = [name for name in ("reviewed_verdict", "review_states", "length_m", "redline_m2", "error")
             if name in shown.columns and all(value is None or value != value or value == 0 for value in shown[name].tolist())]
    return shown.drop(columns=empty).reset_index(drop=True)


class BatchTable(FrameTable):
    """The table of a result; verdicts sort by how grave they are and are found by their words.

    Attributes:
        old: What it shows holds no more; each verdict says so.
    """

    def __init__(self, frame: Any, parent: QObject | None = None, *, old: bool = False) -> None:
        self.old = old
        super().__init__(shown_columns(frame), dict(TITLES), parent)

    def retranslate(self, titles: dict[str, str] | None = None) -> None:
        """Say headers and cells again."""
        super().retranslate(titles)
        self._say_cells()

    def set_old(self, old: bool) -> None:
        """Say whether the verdicts still hold."""
        if old is not self.old:
            self.old = old
            self._say_cells()

    def _say_cells(self) -> None:
        self._texts = {}  # another one: what searches in another thread just now goes on with the former
        if self.rowCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def word(self, name: str, value: Any) -> str:
        """A value as people read it."""
        if name in VERDICTS:
            return marked(value, self.old) if value is not None else ""
        if name in ("missing", "control_units"):
            if value is None or isinstance(value, float):
                return ""
            return listed(missing_words(str(one)) if name == "missing" else str(one) for one in value)
        if name == "review_states":
            return together(review_words(str(one)) for one in value) if value is not None and not isinstance(value, float) else ""
        if isinstance(value, float) and value == value:
            return f"{value:,.4f}" if name == "area_ha" else f"{value:,.1f}"
        return words(value)

    def verdict(self, row: int) -> str:
        """The verdict of a row of the view."""
        return str(self._frame["verdict"].iloc[self.frame_row(row)])

    def _text(self, frame: Any, known: dict[str, list[str]], name: str) -> list[str]:
        if name not in known:
            known[name] = [self.word(name, value).casefold() for value in frame[name].tolist()]
        return known[name]

    def _rank(self, frame: Any, known: dict[str, Any], name: str) -> tuple[Any, Any]:
        import numpy as np

        if name in VERDICTS:
            values = frame[name].tolist()
            place = {verdict: rank for rank, verdict in enumerate(VERDICT_ORDER)}
            return (np.array([place.get(value, len(place)) for value in values], dtype=np.int64),
                    np.array([value is None for value in values], bool))
        if name in ("missing", "control_units"):
            texts = np.array(self._text(frame, self._texts, name), dtype=object).astype(str)
            return np.unique(texts, return_inverse=True)[1].astype(np.int64), texts == ""
        return super()._rank(frame, known, name)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        name = self._columns[index.column()]
        value = self._frame[name].iloc[int(self._rows[index.row()])]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            said = self.word(name, value)
            return said if role == Qt.ItemDataRole.DisplayRole else plain_tip(said)
        if role == Qt.ItemDataRole.TextAlignmentRole and name in NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if name in VERDICTS and value is not None:
            if role == Qt.ItemDataRole.DecorationRole:
                return icon("doubtful") if self.old else verdict_icon(value)
            if role == Qt.ItemDataRole.ForegroundRole and not self.old:
                return QBrush(theme.readable(verdict_style(value).colour))
        return None

    def cells(self, at: int, old: bool) -> list[str | float | None]:
        """A row of the frame for a file: numbers as numbers, all else as the texts that the table shows.

        Args:
            old: Whether the verdicts hold no more, which is known by then better than the table knows it.
        """
        return [self._cell(name, self._frame[name].iloc[at], old) for name in self._columns]

    def _cell(self, name: str, value: Any, old: bool) -> str | float | None:
        if name in NUMBERS:
            return None if value is None or value != value else float(value)
        return marked(value, old) if name in VERDICTS and value is not None else self.word(name, value)

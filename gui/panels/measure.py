"""What is measured on the map: each segment, the whole, in the unit of one's choice, to be copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, Qt
from PyQt5.QtGui import QGuiApplication, QKeySequence
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QShortcut,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.dialogs import scrolling
from gui.measures import AREAS, LENGTHS, length_words, total_words
from gui.part import Part
from gui.words import Speaker
from sanxian.i18n import N_, _

TOOLS = ("measure_length", "measure_area")
_TITLES = (N_("段"), N_("长度"), N_("累计"))


class Segments(QAbstractTableModel):
    """Number, length and running total of each segment."""

    def __init__(self) -> None:
        super().__init__()
        self.metres: list[float] = []
        self.unit = "auto"

    def show(self, metres: Sequence[float], unit: str) -> None:
        """Show other segments; of as many as before only the cells change, so that what is selected stays."""
        same = len(metres) == len(self.metres)
        if not same:
            self.beginResetModel()
        self.metres, self.unit = list(metres), unit
        if not same:
            self.endResetModel()
        elif self.metres:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.metres) - 1, len(_TITLES) - 1))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.metres)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return _(_TITLES[section]) if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignRight | Qt.AlignVCenter)
        return self.words(index.row())[index.column()] if role == Qt.ItemDataRole.DisplayRole and index.isValid() else None

    def words(self, row: int) -> tuple[str, str, str]:
        """A row as it is read."""
        return (str(row + 1), length_words(self.metres[row], self.unit, full=True),
                length_words(sum(self.metres[: row + 1]), self.unit, full=True))


class MeasurePanel(QWidget, Speaker):
    """Follows the sketch of a measuring tool."""

    def __init__(self, part: Measuring) -> None:
        super().__init__()
        self._part = part
        self._facts: dict[str, Any] = {}
        self.length, self.area = QComboBox(objectName="measure_length_unit"), QComboBox(objectName="measure_area_unit")
        units = QFormLayout()
        for box, known, title in ((self.length, LENGTHS, N_("长度单位")), (self.area, AREAS, N_("面积单位"))):
            for key in known:
                box.addItem("", key)
            label = QLabel()
            label.setBuddy(box)
            self.say(label.setText, title)
            self.say(box.setAccessibleName, title)
            box.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)  # a panel is as narrow as the screen asks for
            box.setMinimumContentsLength(6)
            units.addRow(label, box)
            box.activated.connect(lambda _row: part.choose(self.length.currentData(), self.area.currentData()))
        self.total = QLabel(objectName="measure_total", wordWrap=True)
        self.total.setTextInteractionFlags(Qt.TextSelectableByMouse | Qt.TextSelectableByKeyboard)
        self.segments = Segments()
        self.view = QTableView(objectName="measure_segments")
        self.view.setModel(self.segments)
        self.say(self.view.setAccessibleName, "各段长度")
        self.view.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.view.setTabKeyNavigation(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(24)
        self.view.horizontalHeader().setSectionResizeMode(QHeaderView.Stretch)
        self.view.horizontalHeader().setHighlightSections(False)
        keys = QShortcut(QKeySequence.Copy, self.view)
        keys.setContext(Qt.WidgetShortcut)
        keys.activated.connect(part.copy)
        self.copy, self.drop = QPushButton(objectName="measure_copy"), QPushButton(objectName="measure_drop")
        self.say(self.copy.setText, "复制结果")
        self.say(self.copy.setToolTip, "复制各段长度和合计")
        self.say(self.drop.setText, "清除")
        self.say(self.drop.setToolTip, "去掉地图上量的线或面")
        self.copy.clicked.connect(part.copy)
        self.drop.clicked.connect(part.drop)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.drop)
        self.view.setMinimumHeight(96)  # a heading and three segments
        content = QVBoxLayout()
        content.addLayout(units)
        content.addWidget(self.total)
        content.addWidget(self.view, 1)
        content.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(scrolling(content))  # a small screen with large text shows less of it at a time, and keeps the window whole
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        for box, known in ((self.length, LENGTHS), (self.area, AREAS)):
            for row in range(box.count()):
                words = known[box.itemData(row)]
                box.setItemText(row, words if words.isascii() or "²" in words[-1] else _(words))
        self.segments.headerDataChanged.emit(Qt.Horizontal, 0, len(_TITLES) - 1)
        self.show_facts(self._facts)

    def set_units(self, units: tuple[str, str]) -> None:
        """Measure in these."""
        for box, unit in zip((self.length, self.area), units, strict=True):
            box.setCurrentIndex(max(0, box.findData(unit)))
        self.show_facts(self._facts)

    def units(self) -> tuple[str, str]:
        """Of lengths and of areas."""
        return self.length.currentData(), self.area.currentData()

    def show_facts(self, facts: dict[str, Any]) -> None:
        """Show what a sketch measures (``sketchChanged`` of the canvas)."""
        self._facts = facts
        self.segments.show(facts.get("segments_m") or [], self.length.currentData())
        self.total.setText("\n".join(self.total_words()) or _("用“量距离”或“量面积”在地图上单击各点，双击结束。"))
        for button in (self.copy, self.drop):
            button.setEnabled(bool(self.segments.metres))

    def total_words(self) -> list[str]:
        """The whole, a line each."""
        if self._facts.get("valid") is False:
            return [_("边界自相交")]
        return total_words(float(self._facts.get("area_m2") or 0), float(self._facts.get("length_m") or 0), self.units())

    def text(self) -> str:
        """What is copied: a line a segment, then the whole."""
        rows = ["\t".join(self.segments.words(row)) for row in range(len(self.segments.metres))]
        return "\n".join(["\t".join(map(_, _TITLES)), *rows, *(f"{_('合计')}\t{words}" for words in self.total_words())])


class Measuring(Part):
    """A part of the window."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self.panel = MeasurePanel(self)
        self.panel.set_units(window.settings.measure_units)

    def docks(self) -> Sequence[tuple[str, str, QWidget, Qt.DockWidgetArea]]:
        return [("measure", N_("量算"), self.panel, Qt.RightDockWidgetArea)]

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"measure_copy": self.copy}

    def map_ready(self) -> None:
        canvas = self._window.canvas
        canvas.set_measure_units(self.panel.units())
        canvas.sketchChanged.connect(self._changed)
        if hasattr(canvas, "toolChanged"):
            canvas.toolChanged.connect(lambda tool: self._window.show_dock("measure") if tool in TOOLS else None)

    def _changed(self, facts: dict[str, Any]) -> None:
        if self._window.canvas.tool in TOOLS:
            self.panel.show_facts(facts)

    def choose(self, length: str, area: str) -> None:
        """Measure in other units from now on."""
        self._window.settings.measure_units = (length, area)
        self.panel.set_units((length, area))
        if self._window.canvas is not None:
            self._window.canvas.set_measure_units((length, area))

    def copy(self) -> None:
        """The segments and the whole to the clipboard."""
        if not self.panel.segments.metres:
            self._window.tell(_("还没有量什么。"))
            return
        QGuiApplication.clipboard().setText(self.panel.text())
        self._window.tell(_("已复制 {count} 段和合计").format(count=f"{len(self.panel.segments.metres):,}"))

    def drop(self) -> None:
        """Take what was measured off the map."""
        self._window.canvas.cancel_sketch()

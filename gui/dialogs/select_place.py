"""Selecting features by where they lie: at other features, at a project, round a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from gui.by_place import RELATIONS
from gui.dialogs import sized
from gui.dialogs.parts import Said
from gui.words import plain_tip
from sanxian.i18n import N_, _

HOW: Mapping[str, str] = {"replace": N_("代替现有的选择"), "add": N_("加到现有的选择"), "remove": N_("从现有的选择中去掉"),
                          "toggle": N_("没选中的选上，选中的去掉")}
PLACE = "place"  # among what features may lie at: a coordinate


class PlaceDialog(QDialog):
    """What is to be selected, where, and what becomes of the former selection; it stays while the answer is looked for.

    Signals:
        asked: To be looked for now.

    Args:
        targets: In which layers, in words.
        known: What features may lie at: key and words of each.
        read: What typed coordinates mean: one place, or a sentence that says why it is none.
        names: Of those layers one by one, for the tip.
        place: Coordinates to begin with.
    """

    asked = pyqtSignal()

    def __init__(self, targets: str, known: Sequence[tuple[str, str]], read: Callable[[str], Any], *,
                 names: Sequence[str] = (), place: str = "", how: str = "replace",
                 metres: float = 500.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._read = read
        self.setWindowTitle(_("按位置选择要素"))
        sized(self, 560, 320)
        self.relation, self.at, self.how = (QComboBox(objectName=f"place_{name}") for name in ("relation", "at", "how"))
        for box, entries in ((self.relation, {key: _(words) for key, words in RELATIONS.items()}), (self.at, dict(known)),
                             (self.how, {key: _(words) for key, words in HOW.items()})):
            for key, words in entries.items():
                box.addItem(words, key)
            box.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(16)
        self.at.addItem(_("坐标"), PLACE)
        self.place = QLineEdit(place, objectName="place_xy", placeholderText="115.98, 29.71")
        self.metres = QDoubleSpinBox(objectName="place_metres", decimals=1, maximum=1e6, value=metres, suffix=" m", singleStep=100)
        self.metres.setGroupSeparatorShown(True)
        self.said = Said()
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        self.buttons.button(QDialogButtonBox.Ok).setText(_("选择"))
        self.buttons.button(QDialogButtonBox.Cancel).setText(_("取消"))
        self.buttons.accepted.connect(self._ask)
        self.buttons.rejected.connect(self.reject)
        self.fields = QWidget()
        form = QFormLayout(self.fields)
        form.setContentsMargins(0, 0, 0, 0)
        target = QLineEdit(targets, readOnly=True, objectName="place_targets")
        target.setCursorPosition(0)  # of a long name the beginning is seen
        target.setToolTip(plain_tip("\n".join(names)))
        for text, widget in ((_("在哪些图层里选"), target), (_("参照"), self.at), (_("坐标"), self.place), (_("要素的位置"), self.relation),
                             (_("距离"), self.metres), (_("选择的方式"), self.how)):
            widget.setAccessibleName(text)
            form.addRow(text, widget)
        layout = QVBoxLayout(self)
        layout.addWidget(self.fields)
        layout.addWidget(self.said)
        layout.addStretch(1)
        layout.addWidget(self.buttons)
        self.at.currentIndexChanged.connect(lambda _row: self._able())
        self.relation.currentIndexChanged.connect(lambda _row: self._able())
        self.how.setCurrentIndex(self.how.findData(how))
        if place:
            self.at.setCurrentIndex(self.at.findData(PLACE))
        if self.at.currentData() == PLACE:
            self.relation.setCurrentIndex(self.relation.findData("distance"))
        self._able()
        self.at.setFocus()
        if place:
            self.metres.setFocus()
            self.metres.selectAll()

    def _able(self) -> None:
        self.place.setEnabled(self.at.currentData() == PLACE)
        self.metres.setEnabled(self.relation.currentData() == "distance")

    def point(self) -> Any:
        """The typed place."""
        return self._read(self.place.text())

    def _ask(self) -> None:
        why = found if self.at.currentData() == PLACE and isinstance(found := self.point(), str) else ""
        self.said.tell(why, wrong=True)
        if not why:
            self.fields.setEnabled(False)
            self.buttons.button(QDialogButtonBox.Ok).setEnabled(False)
            self.said.tell(_("正在查找…"))
            self.asked.emit()

    def refuse(self, why: str) -> None:
        """Say why nothing could be found out; it can be asked for otherwise."""
        self.fields.setEnabled(True)
        self.buttons.button(QDialogButtonBox.Ok).setEnabled(True)
        self.said.tell(why, wrong=True)

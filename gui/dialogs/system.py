"""Choosing the coordinate system of the map, by its name, its zone, its central meridian or its code."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.dialogs import sized
from gui.systems import USUAL, called, find
from sanxian.i18n import _

_MOVING = (Qt.Key_Up, Qt.Key_Down, Qt.Key_PageUp, Qt.Key_PageDown)


class SystemDialog(QDialog):
    """Lists the usual systems, and whatever fits what is typed.

    Args:
        current: The code of the one in use.
    """

    def __init__(self, current: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("地图坐标系"))
        sized(self, 520, 440)
        self._current = current
        self.search = QLineEdit(objectName="crs_search", clearButtonEnabled=True)
        self.search.setPlaceholderText(_("中央经线、带号、名称或 EPSG 代码，如 CGCS2000 117、39 带、4548"))
        self.search.setAccessibleName(_("查找坐标系"))
        self.list = QListWidget(objectName="crs_list")
        self.list.setAccessibleName(_("可选的坐标系"))
        self.none = QLabel(wordWrap=True, objectName="crs_none")
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        self.buttons.button(QDialogButtonBox.Ok).setText(_("确定"))
        self.buttons.button(QDialogButtonBox.Cancel).setText(_("取消"))
        layout = QVBoxLayout(self)
        for widget in (self.search, self.list, self.none, self.buttons):
            layout.addWidget(widget)
        layout.setStretchFactor(self.list, 1)
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.list.itemActivated.connect(lambda _item: self.accept())
        self.list.itemSelectionChanged.connect(self._enable)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._fill("")

    def _suggest(self) -> None:
        self.list.setCurrentRow(0)

    def choice(self) -> str:
        """The code chosen, as ``EPSG:4548``; '' for none."""
        item = self.list.currentItem()
        return item.data(Qt.UserRole) if item is not None else ""

    def _fill(self, text: str) -> None:
        self.list.clear()
        usual = list(dict.fromkeys((*filter(None, (self._current,)), *(f"EPSG:{code}" for code in USUAL))))
        codes = find(text) if text.strip() else usual
        for code in codes:
            item = QListWidgetItem(called(code))
            item.setData(Qt.UserRole, code)
            item.setToolTip(called(code))
            self.list.addItem(item)
        self._suggest()
        self.none.setVisible(not codes)
        self.none.setText(_("没有找到“{text}”。可写中央经线（117）、带号（39 带）、名称（CGCS2000、西安 80）或 EPSG 代码。").format(
            text=text.strip()))
        self._enable()

    def _enable(self) -> None:
        self.buttons.button(QDialogButtonBox.Ok).setEnabled(self.list.currentItem() is not None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list while somebody types."""
        if event.type() == QEvent.KeyPress and isinstance(event, QKeyEvent) and event.key() in _MOVING:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)


class RasterSystemDialog(SystemDialog):
    """The same for a raster that does not say in which system it is; nothing is chosen beforehand.

    Args:
        file: Its name.
    """

    def __init__(self, file: str, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setWindowTitle(_("栅格的坐标系"))
        why = QLabel(_("“{file}”没有说明坐标系。请向提供者问清再选：选错了，位置就错了。").format(file=file), wordWrap=True,
                     objectName="crs_why", textFormat=Qt.PlainText)
        self.layout().insertWidget(0, why)

    def _suggest(self) -> None:
        self.list.setCurrentRow(0 if self.search.text().strip() else -1)

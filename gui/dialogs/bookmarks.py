"""The bookmarks of a workspace in a list: go there, call them something else, take them away, take that back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QShortcut,
    QVBoxLayout,
    QWidget,
)

from gui.dialogs.parts import Said, UndoButtons, of_things
from gui.session import Session
from gui.words import Speaker
from sanxian.i18n import N_, _

if TYPE_CHECKING:
    from gui.navigation import Navigation


class Bookmarks(QDialog, Speaker):
    """Stands beside the window; every change is a step of the window's own undo."""

    def __init__(self, session: Session, part: Navigation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._part = part
        self.setObjectName("bookmarks_dialog")
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.resize(420, 340)
        self.say(self.setWindowTitle, N_("书签"))
        self.list = QListWidget(objectName="bookmarks_list", alternatingRowColors=True)
        self.say(self.list.setAccessibleName, N_("书签"))
        self.list.setEditTriggers(QAbstractItemView.EditKeyPressed)
        self.list.itemChanged.connect(self._renamed)
        self.list.itemDoubleClicked.connect(lambda _item: self._go())
        self.list.currentRowChanged.connect(lambda _row: self._able())
        self.go, self.rename, self.remove = (
            QPushButton(objectName=f"bookmarks_{name}", autoDefault=False) for name in ("go", "rename", "remove"))
        column = QVBoxLayout()
        for button, text, keys, act in ((self.go, N_("转到"), "", self._go), (self.rename, N_("重命名"), "F2", self._rename),
                                        (self.remove, N_("移除"), "Del", self._remove)):
            self.say(button.setText, text)
            button.setToolTip(keys)
            button.clicked.connect(lambda _checked=False, do=act: do())
            column.addWidget(button)
        QShortcut(QKeySequence("Del"), self.list, context=Qt.WidgetShortcut).activated.connect(self._remove)
        column.addStretch(1)
        self.said = Said()
        self.buttons = QDialogButtonBox(QDialogButtonBox.Close)
        self.say(self.buttons.button(QDialogButtonBox.Close).setText, N_("关闭"))
        self.buttons.rejected.connect(self.reject)
        middle, bottom, layout = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        middle.addWidget(self.list, 1)
        middle.addLayout(column)
        bottom.addWidget(UndoButtons(session, self, of_things("state:bookmarks")))
        bottom.addStretch(1)
        bottom.addWidget(self.buttons)
        layout.addLayout(middle, 1)
        layout.addWidget(self.said)
        layout.addLayout(bottom)
        session.undo_stack.indexChanged.connect(self._fill)
        session.opened.connect(self.close)
        self._fill()

    def _fill(self) -> None:
        row = self.list.currentRow()
        self.list.blockSignals(True)
        self.list.clear()
        for one in self._part.bookmarks():
            item = QListWidgetItem(one["name"])
            item.setData(Qt.UserRole, one)
            item.setFlags(item.flags() | Qt.ItemIsEditable)
            self.list.addItem(item)
        self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
        self.list.blockSignals(False)
        self._able()

    def _able(self) -> None:
        for button in (self.go, self.rename, self.remove):
            button.setEnabled(self.list.currentItem() is not None)

    def _go(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._part.show_bookmark(item.data(Qt.UserRole))

    def _rename(self) -> None:
        if self.list.currentItem() is not None:
            self.list.editItem(self.list.currentItem())

    def _renamed(self, item: QListWidgetItem) -> None:
        former, name = item.data(Qt.UserRole)["name"], item.text().strip()
        if name == former:
            return
        done = self._part.rename_bookmark(former, name)
        self.said.tell("" if done or not name else _("已有名为“{name}”的书签。").format(name=name), wrong=True)
        if not done:
            self._fill()

    def _remove(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._part.remove_bookmark(item.data(Qt.UserRole)["name"])

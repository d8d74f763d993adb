"""Who changed the workspace when, what can be taken back, and the copies that were kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.dialogs import sized
from gui.dialogs.layer_properties import ACTIONS, history_tree
from sanxian.i18n import _


class HistoryDialog(QDialog):
    """History and backups.

    Signals:
        undoAsked: Take back the last change of the file.
        restoreAsked: The number of the backup that is to be put in the file's place.
        backupAsked: Keep a copy now.
    """

    undoAsked = pyqtSignal()
    restoreAsked = pyqtSignal(int)
    backupAsked = pyqtSignal()

    def __init__(self, history: Sequence[Any], undoable: Any, backups: Sequence[Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("工作区的历史与备份"))
        sized(self, 820, 480)
        self.tabs = QTabWidget(objectName="history_tabs")
        self.history = history_tree("history_tree", history)
        self.undo = QPushButton(objectName="history_undo")
        self.undo.setEnabled(undoable is not None)
        self.undo.setText(_("撤销文件的最近改动：{action} {subject}").format(
            action=_(ACTIONS.get(undoable.action, undoable.action)), subject=undoable.subject or "")
            if undoable is not None else _("没有可以撤销的文件改动"))
        self.undo.clicked.connect(lambda: self._end(self.undoAsked.emit))
        first = QWidget()
        box = QVBoxLayout(first)
        box.addWidget(self.history, 1)
        box.addWidget(self.undo)
        self.tabs.addTab(first, _("历史"))
        self.backups = QTreeWidget(objectName="history_backups")
        self.backups.setAccessibleName(_("备份"))
        self.backups.setRootIsDecorated(False)
        self.backups.setAlternatingRowColors(True)
        self.backups.setHeaderLabels([_("编号"), _("其中最后的改动"), _("在哪个动作之前"), _("图层"), _("大小")])
        for one in backups:
            before = _("手工备份") if one.before == "manual" else _(ACTIONS.get(one.before, one.before))
            item = QTreeWidgetItem([str(one.number), str(one.at)[:19].replace("T", " "), before,
                                    _("打不开") if one.layers is None else str(one.layers), f"{one.size / 1e6:,.1f} MB"])
            item.setData(0, Qt.UserRole, one.number)
            for column in (3, 4):
                item.setTextAlignment(column, int(Qt.AlignRight | Qt.AlignVCenter))
            self.backups.addTopLevelItem(item)
        self.backups.header().setSectionResizeMode(QHeaderView.ResizeToContents)
        self.keep = QPushButton(_("现在备份"), objectName="history_keep")
        self.keep.clicked.connect(lambda: self._end(self.backupAsked.emit))
        self.restore = QPushButton(_("恢复到所选备份…"), objectName="history_restore")
        self.restore.setEnabled(False)
        self.backups.itemSelectionChanged.connect(lambda: self.restore.setEnabled(bool(self.backups.selectedItems())))
        self.restore.clicked.connect(self._restore)
        row = QHBoxLayout()
        row.addWidget(QLabel(_("每次改动图层之前自动留一份，最多 10 份。恢复时，现在的文件也会留成备份。"), wordWrap=True), 1)
        row.addWidget(self.keep)
        row.addWidget(self.restore)
        second = QWidget()
        box = QVBoxLayout(second)
        box.addWidget(self.backups, 1)
        box.addLayout(row)
        self.tabs.addTab(second, _("备份 {count}").format(count=f"{len(backups):,}"))
        buttons = QDialogButtonBox(QDialogButtonBox.Close)
        buttons.button(QDialogButtonBox.Close).setText(_("关闭"))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(buttons)

    def _end(self, emit: Any) -> None:
        self.accept()
        emit()

    def _restore(self) -> None:
        number = self.backups.selectedItems()[0].data(0, Qt.UserRole)
        self._end(lambda: self.restoreAsked.emit(number))

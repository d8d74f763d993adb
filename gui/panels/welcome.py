"""The first page: what to begin with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QPoint, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QBrush, QColor, QImage, QKeySequence
from PyQt5.QtWidgets import (
    QCommandLinkButton,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QShortcut,
    QVBoxLayout,
    QWidget,
)

from gui import theme, thumbnails
from gui.dialogs import message, scrolling
from gui.resources.icons import icon
from gui.words import Speaker, aside, plain_tip
from sanxian.i18n import _

THERE = Qt.UserRole + 1  # whether the file of a recent workspace is there


class Welcome(QWidget, Speaker):
    """Open the demo, open, new, recent.

    Signals:
        asked: An action's id.
        openAsked: A recent workspace.
        forgetAsked: A recent workspace that is to leave the list.
        pinAsked: A recent workspace, and whether it is to stay on top.
    """

    asked = pyqtSignal(str)
    openAsked = pyqtSignal(str)
    forgetAsked = pyqtSignal(str)
    pinAsked = pyqtSignal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recent: list[str] = []
        self._pinned: list[str] = []
        self.picture_of: Callable[[Path], QImage | None] = lambda _path: None
        self.title = QLabel(objectName="welcome_title")
        self.title.setStyleSheet("font-size: 26px; font-weight: 600;")
        theme.tone(self.title, "title")
        self.say(self.title.setText, "三线 · 项目选址研判")
        self.lead = QLabel(wordWrap=True)
        self.lead.setStyleSheet("font-size: 14px;")
        theme.tone(self.lead, "muted")
        self.say(self.lead.setText, "这个项目能不能建在这里？叠加生态保护红线、环境管控单元等图层，"
                 "逐条对照法律与准入清单，给出依据和缺少的资料。")
        self.buttons: dict[str, QCommandLinkButton] = {}
        column = QVBoxLayout()
        column.setSpacing(6)
        for name, text, more, sign in (
            ("demo", "打开示范区", "虚构的县区与项目，两分钟看懂全部功能", "demo"),
            ("open", "打开工作区", "一个 GeoPackage 文件，QGIS 也能打开", "open"),
            ("new", "新建工作区", "从空白开始，添加自己的图层", "new"),
        ):
            button = QCommandLinkButton(objectName=f"welcome_{name}")
            button.setIcon(icon(sign))
            button.setIconSize(QSize(28, 28))
            self.say(button.setText, text)
            self.say(button.setDescription, more)
            button.clicked.connect(lambda _checked=False, one=name: self.asked.emit(one))
            button.setEnabled(False)
            self.buttons[name] = button
            column.addWidget(button)
        self.drop = QLabel(wordWrap=True)
        theme.tone(self.drop, "muted")
        self.say(self.drop.setText, "也可以把工作区文件直接拖到窗口里。")
        column.addWidget(self.drop)
        column.addStretch(1)

        self.recent_title = QLabel()
        self.recent_title.setStyleSheet("font-weight: 600;")
        self.say(self.recent_title.setText, "最近打开")
        self.recent = QListWidget(objectName="recent_list")
        self.recent.setIconSize(QSize(*thumbnails.SHOWN))
        self.recent.setWordWrap(True)
        self.say(self.recent.setAccessibleName, "最近打开的工作区")
        self.recent.setContextMenuPolicy(Qt.CustomContextMenu)
        self.recent.customContextMenuRequested.connect(self._menu)
        QShortcut(QKeySequence.Delete, self.recent, self._forget, context=Qt.WidgetShortcut)
        self.recent.itemActivated.connect(self._open)
        self.recent.itemClicked.connect(self._open)
        right = QVBoxLayout()
        right.addWidget(self.recent_title)
        right.addWidget(self.recent, 1)
        row = QHBoxLayout()
        row.addLayout(column, 1)
        row.addSpacing(24)
        row.addLayout(right, 1)
        layout = QVBoxLayout()
        layout.setSpacing(10)
        layout.addWidget(self.title)
        layout.addWidget(self.lead)
        layout.addSpacing(12)
        layout.addLayout(row, 1)
        area = scrolling(layout)  # where large text makes the screen small
        layout.setContentsMargins(3, 3, 3, 3)  # for the ring around what has the focus
        area.setMinimumSize(240, 120)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(48, 36, 48, 36)
        whole.addWidget(area)
        self.setAutoFillBackground(True)

    def set_ready(self, ready: bool) -> None:
        """Let people begin once everything is imported."""
        for button in self.buttons.values():
            button.setEnabled(ready)
        self.recent.setEnabled(ready)

    def take_focus(self) -> None:
        """Put the keyboard where most people begin: the recent workspaces, else the demo."""
        usable = next((row for row in range(self.recent.count()) if self.recent.item(row).data(THERE)), -1)
        self.window().setAttribute(Qt.WA_KeyboardFocusChange)
        if usable >= 0:
            self.recent.setCurrentRow(usable)
            self.recent.setFocus(Qt.TabFocusReason)
        else:
            self.buttons["demo"].setFocus(Qt.TabFocusReason)

    def set_recent(self, paths: list[str], pinned: list[str] | None = None) -> None:
        """Show the workspaces opened lately, those that are pinned first; one that is gone is greyed and can be removed."""
        self._recent, self._pinned = paths, self._pinned if pinned is None else pinned
        self.recent.clear()
        # An empty list is nothing to stop at.
        self.recent.setFocusPolicy(Qt.StrongFocus if paths else Qt.NoFocus)
        for text in sorted(paths, key=lambda one: one not in self._pinned):
            path = Path(text)
            name = f"{path.stem}{aside(_('已置顶'))}" if text in self._pinned else path.stem
            item = QListWidgetItem(f"{name}\n{path.parent}")
            item.setData(Qt.UserRole, text)
            item.setData(THERE, path.exists())
            item.setIcon(thumbnails.sign(self.picture_of(path)))
            item.setToolTip(plain_tip(text))
            if not path.exists():
                item.setForeground(QBrush(QColor(theme.muted())))
                item.setText(_("{name}（找不到）\n{folder}").format(name=name, folder=path.parent))
            self.recent.addItem(item)
        if not paths:
            item = QListWidgetItem(_("还没有打开过工作区"))
            item.setFlags(Qt.NoItemFlags)
            self.recent.addItem(item)

    def context_menu(self, item: QListWidgetItem) -> QMenu:
        """What can be done with a recent workspace."""
        menu, path = QMenu(self), item.data(Qt.UserRole)
        menu.addAction(_("打开"), lambda: self.openAsked.emit(path)).setEnabled(item.data(THERE))
        pinned = path in self._pinned
        menu.addAction(_("取消置顶") if pinned else _("置顶"), lambda: self.pinAsked.emit(path, not pinned))
        menu.addAction(_("从列表移除"), lambda: self.forgetAsked.emit(path))
        return menu

    def _menu(self, place: QPoint) -> None:
        item = self.recent.itemAt(place)
        if item is not None and item.data(Qt.UserRole):
            menu = self.context_menu(item)
            menu.exec_(self.recent.viewport().mapToGlobal(place))
            menu.deleteLater()

    def _forget(self) -> None:
        item = self.recent.currentItem()
        if item is not None and item.data(Qt.UserRole):
            self.forgetAsked.emit(item.data(Qt.UserRole))

    def retranslate(self) -> None:
        super().retranslate()
        self.set_recent(self._recent)

    def _open(self, item: QListWidgetItem) -> None:
        path = item.data(Qt.UserRole)
        if not path:
            return
        if item.data(THERE):
            self.openAsked.emit(path)
        elif message.ask(self, _("找不到工作区"), _("“{path}”不在原处：移走、改名了，或在没有接上的磁盘里。从列表里移除它吗？").format(
                path=path), _("移除")):
            self.forgetAsked.emit(path)

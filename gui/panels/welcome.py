"""The first page: what to begin with."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QCommandLinkButton,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.resources.icons import icon
from gui.words import Speaker
from sanxian.i18n import _


class Welcome(QWidget, Speaker):
    """Open the demo, open, new, recent.

    Signals:
        asked: An action's id.
        openAsked: A recent workspace.
    """

    asked = pyqtSignal(str)
    openAsked = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recent: list[str] = []
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
        self.say(self.recent.setAccessibleName, "最近打开的工作区")
        self.recent.itemActivated.connect(self._open)
        self.recent.itemClicked.connect(self._open)
        right = QVBoxLayout()
        right.addWidget(self.recent_title)
        right.addWidget(self.recent, 1)
        row = QHBoxLayout()
        row.addLayout(column, 1)
        row.addSpacing(24)
        row.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(48, 36, 48, 36)
        layout.setSpacing(10)
        layout.addWidget(self.title)
        layout.addWidget(self.lead)
        layout.addSpacing(12)
        layout.addLayout(row, 1)
        self.setAutoFillBackground(True)

    def set_ready(self, ready: bool) -> None:
        """Let people begin once everything is imported."""
        for button in self.buttons.values():
            button.setEnabled(ready)
        self.recent.setEnabled(ready)

    def take_focus(self) -> None:
        """Put the keyboard where most people begin: the recent workspaces, else the demo."""
        usable = next((row for row in range(self.recent.count()) if self.recent.item(row).flags() & Qt.ItemIsEnabled), -1)
        self.window().setAttribute(Qt.WA_KeyboardFocusChange)
        if usable >= 0:
            self.recent.setCurrentRow(usable)
            self.recent.setFocus(Qt.TabFocusReason)
        else:
            self.buttons["demo"].setFocus(Qt.TabFocusReason)

    def set_recent(self, paths: list[str]) -> None:
        """Show the workspaces opened lately; one that is gone is greyed."""
        self._recent = paths
        self.recent.clear()
        # An empty list is nothing to stop at.
        self.recent.setFocusPolicy(Qt.StrongFocus if paths else Qt.NoFocus)
        for text in paths:
            path = Path(text)
            item = QListWidgetItem(f"{path.stem}\n{path.parent}")
            item.setData(Qt.UserRole, text)
            item.setToolTip(text)
            if not path.exists():
                item.setFlags(Qt.NoItemFlags)
                item.setText(_("{name}（找不到）\n{folder}").format(name=path.stem, folder=path.parent))
            self.recent.addItem(item)
        if not paths:
            item = QListWidgetItem(_("还没有打开过工作区"))
            item.setFlags(Qt.NoItemFlags)
            self.recent.addItem(item)

    def retranslate(self) -> None:
        super().retranslate()
        self.set_recent(self._recent)

    def _open(self, item: QListWidgetItem) -> None:
        if item.data(Qt.UserRole):
            self.openAsked.emit(item.data(Qt.UserRole))

"""Everything that can be done, with its keys, which a person may change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.actions import ACTIONS, BY_ID, MENUS, TABLE, TABLE_ACTIONS
from gui.dialogs import sized
from gui.dialogs.parts import Wrapped
from gui.empty import Nothing
from gui.resources.icons import icon
from gui.words import Speaker
from sanxian.i18n import N_, _, in_every_language

HABITS = (
    (N_("滚轮"), N_("以光标为中心缩放")), (N_("按住中键或空格拖动"), N_("平移")), (N_("Shift + 拖动"), N_("框选放大")),
    (N_("双击，或加点后回车"), N_("结束绘制")), (N_("退格"), N_("删去上一个点")), (N_("Esc"), N_("取消绘制")),
    (N_("方向键、PgUp、PgDn"), N_("平移、缩放地图")), (N_("绘制、识别等工具下的方向键"), N_("移动十字光标（Shift 大步，Ctrl 一个像素）")),
    (N_("空格或回车"), N_("在十字光标处单击；拖动类操作拿起、放下")), (N_("N、Shift + N"), N_("修改边界时到下一个、上一个顶点")),
    (N_("Shift+F10 或菜单键"), N_("当前行的菜单")), (N_("把数据文件拖到窗口"), N_("导入图层、项目或打开工作区")),
)


# What a focused field, list or map does with a key itself; an action with it would take it away from them, or they from it.
_FIELDS = (
    (QKeySequence.Copy, N_("复制")), (QKeySequence.Cut, N_("剪切")), (QKeySequence.Paste, N_("粘贴")),
    (QKeySequence.SelectAll, N_("全选")), (QKeySequence.Undo, N_("撤销输入")), (QKeySequence.Redo, N_("重做输入")),
    (QKeySequence.Delete, N_("删除文字或所选")),
    (QKeySequence.MoveToNextWord, N_("移动光标")), (QKeySequence.MoveToPreviousWord, N_("移动光标")),
    (QKeySequence.SelectNextWord, N_("选择文字")), (QKeySequence.SelectPreviousWord, N_("选择文字")),
    (QKeySequence.MoveToStartOfDocument, N_("移动光标")), (QKeySequence.MoveToEndOfDocument, N_("移动光标")),
    (QKeySequence.DeleteStartOfWord, N_("删除文字或所选")), (QKeySequence.DeleteEndOfWord, N_("删除文字或所选")),
)
_PLAIN = frozenset((
    Qt.Key_Space, Qt.Key_Return, Qt.Key_Enter, Qt.Key_Escape, Qt.Key_Tab, Qt.Key_Backtab, Qt.Key_Backspace, Qt.Key_Delete, Qt.Key_Insert,
    Qt.Key_Left, Qt.Key_Right, Qt.Key_Up, Qt.Key_Down, Qt.Key_Home, Qt.Key_End, Qt.Key_PageUp, Qt.Key_PageDown, Qt.Key_Menu,
))


def used_by_fields(key: str) -> str:
    """What fields, lists, menus and the map use a shortcut for themselves (a msgid); '' where it is free."""
    wanted = QKeySequence(key)
    if not wanted.count():
        return ""
    for standard, what in _FIELDS:
        if any(wanted == one for one in QKeySequence.keyBindings(standard)):
            return what
    for _menu, title in MENUS:  # in every language: the next one may be chosen any time
        if any(wanted == QKeySequence.mnemonic(words) for words in in_every_language(title)):
            return N_("打开菜单")
    code = wanted[0]
    modifiers, plain = code & int(Qt.KeyboardModifierMask), code & ~int(Qt.KeyboardModifierMask)
    if plain == Qt.Key_F10 and modifiers == int(Qt.ShiftModifier):
        return N_("打开当前行的菜单")
    if modifiers in (0, int(Qt.ShiftModifier)):
        if plain in _PLAIN:
            return N_("移动、确认、取消或删除")
        if plain < 0x01000000:  # a letter, a digit, a sign
            return N_("输入文字")
    return ""


def keys_of(own: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    """The shortcuts of an action: the person's own, else those that the program came with."""
    return tuple(own[name]) if name in own else BY_ID[name].keys


def clash(own: Mapping[str, Sequence[str]], name: str, key: str) -> str:
    """The id of another action of the same window that has this shortcut, or '' where it is free."""
    wanted = QKeySequence(key)
    same = TABLE_ACTIONS if BY_ID[name] in TABLE_ACTIONS else ACTIONS
    # Help is the same in every window.
    return next((spec.id for spec in (*same, BY_ID["help"]) if spec.id != name
                 and any(QKeySequence(one) == wanted for one in keys_of(own, spec.id))), "")


class Keys(QDialog, Speaker):
    """The list, and one line below it to change the shortcut of what is picked.

    Signals:
        changed: Shortcuts of the person's own, by the id of the action.
    """

    changed = pyqtSignal(dict)

    def __init__(self, own: Mapping[str, Sequence[str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own = {name: list(keys) for name, keys in own.items() if name in BY_ID}
        self.say(self.setWindowTitle, "操作与快捷键")
        sized(self, 820, 620)
        self.search = QLineEdit(objectName="keys_search", clearButtonEnabled=True)
        self.say(self.search.setPlaceholderText, "查找操作或快捷键")
        self.say(self.search.setAccessibleName, "查找操作或快捷键")
        self.tree = QTreeWidget(objectName="keys_tree")
        self.say(self.tree.setAccessibleName, "操作与快捷键")
        self.tree.setColumnCount(2)
        # What is done with mouse and keys together takes a whole sentence, which must not leave the names no room.
        self.tree.header().resizeSection(0, 300)
        self.tree.header().setSectionResizeMode(1, QHeaderView.Stretch)
        self.tree.header().sectionResized.connect(lambda *_how: self.tree.scheduleDelayedItemsLayout())
        self.tree.setWordWrap(True)
        for column in (0, 1):
            self.tree.setItemDelegateForColumn(column, Wrapped(self.tree))
        self.nothing = Nothing(self.tree, N_("没有符合的操作"), lambda: self.tree.topLevelItemCount() > 0 and all(
            self.tree.topLevelItem(i).isHidden() for i in range(self.tree.topLevelItemCount())))
        self._items: dict[str, QTreeWidgetItem] = {}
        for menu, title in (*MENUS, TABLE):
            top = QTreeWidgetItem()
            self._say_item(top, 0, lambda text=title: _(text).split("(")[0].replace("&", ""))
            self.tree.addTopLevelItem(top)
            for spec in (*ACTIONS, *TABLE_ACTIONS):
                if spec.menu == menu:
                    item = QTreeWidgetItem()
                    self._say_item(item, 0, lambda text=spec.text: _(text).rstrip("…"))
                    item.setData(0, Qt.UserRole, spec.id)
                    if spec.icon:
                        item.setIcon(0, icon(spec.icon))
                    top.addChild(item)
                    self._items[spec.id] = item
        top = QTreeWidgetItem()
        self._say_item(top, 0, "地图上")
        self.tree.addTopLevelItem(top)
        for key, what in HABITS:
            item = QTreeWidgetItem(top)
            self._say_item(item, 0, what)
            self._say_item(item, 1, key)
        self.tree.expandAll()
        self.edit = QKeySequenceEdit(objectName="keys_edit")
        self.say(self.edit.setAccessibleName, "新的快捷键")
        self.set = QPushButton(objectName="keys_set", autoDefault=False)
        self.say(self.set.setText, "设为快捷键")
        self.none = QPushButton(objectName="keys_none", autoDefault=False)
        self.say(self.none.setText, "不用快捷键")
        self.default = QPushButton(objectName="keys_default", autoDefault=False)
        self.say(self.default.setText, "恢复默认")
        self.all = QPushButton(objectName="keys_all", autoDefault=False)
        self.say(self.all.setText, "全部恢复默认")
        self.said = QLabel(objectName="keys_said", wordWrap=True)
        row = QHBoxLayout()
        row.addWidget(self.edit, 1)
        for button in (self.set, self.none, self.default):
            row.addWidget(button)
        buttons = QDialogButtonBox(QDialogButtonBox.Close)
        self.say(buttons.button(QDialogButtonBox.Close).setText, "关闭")
        buttons.button(QDialogButtonBox.Close).setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        last = QHBoxLayout()
        last.addWidget(self.all)
        last.addStretch(1)
        last.addWidget(buttons)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.tree, 1)
        layout.addLayout(row)
        layout.addWidget(self.said)
        layout.addLayout(last)
        self.search.textChanged.connect(self._filter)
        self.tree.currentItemChanged.connect(lambda *_items: self._picked())
        self.edit.keySequenceChanged.connect(lambda _key: self._check())
        self.set.clicked.connect(lambda: self._put([self.edit.keySequence().toString()]))
        self.none.clicked.connect(lambda: self._put([]))
        self.default.clicked.connect(lambda: self._put(None))
        self.all.clicked.connect(self._forget)
        self.retranslate()
        self._picked()

    def _say_item(self, item: QTreeWidgetItem, column: int, text: str | Callable[[], str]) -> None:
        self.say(lambda words: (item.setText(column, words), item.setToolTip(column, words)), text)

    def retranslate(self) -> None:
        super().retranslate()
        self.tree.setHeaderLabels([_("操作"), _("快捷键")])
        self._show()
        self._check()

    @property
    def picked(self) -> str:
        """The id of the action that is picked, or ''."""
        item = self.tree.currentItem()
        return str(item.data(0, Qt.UserRole) or "") if item is not None else ""

    def pick(self, name: str) -> None:
        """Pick an action."""
        self.tree.setCurrentItem(self._items[name])

    def _show(self) -> None:
        for name, item in self._items.items():
            item.setText(1, "  ".join(QKeySequence(key).toString(QKeySequence.NativeText) for key in keys_of(self._own, name)))
            font = item.font(1)
            font.setBold(name in self._own)  # changed by the person
            item.setFont(1, font)

    def _filter(self, text: str) -> None:
        asked = text.strip().lower()
        for i in range(self.tree.topLevelItemCount()):
            top = self.tree.topLevelItem(i)
            shown = 0
            for k in range(top.childCount()):
                item = top.child(k)
                hit = asked in item.text(0).lower() or asked in item.text(1).lower()
                item.setHidden(not hit)
                shown += hit
            top.setHidden(not shown)
        self.nothing.look()

    def _picked(self) -> None:
        name = self.picked
        for widget in (self.edit, self.none):
            widget.setEnabled(bool(name))
        self.default.setEnabled(name in self._own)
        self.all.setEnabled(bool(self._own))
        self.edit.clear()
        self._check()

    def _check(self) -> None:
        """Say whether the typed shortcut is free; two actions with one shortcut would both fall silent."""
        if self.edit.keySequence().count() > 1:  # one chord is a shortcut here, not two after each other
            self.edit.setKeySequence(QKeySequence(self.edit.keySequence()[0]))
            return
        line = self.edit.findChild(QLineEdit)
        if line is not None:  # Qt words this when it clears the line, and not when the language changes
            line.setPlaceholderText(_("按下新的快捷键"))
        key, name = self.edit.keySequence().toString(), self.picked
        shown = self.edit.keySequence().toString(QKeySequence.NativeText)  # as the line and the list word it
        other = clash(self._own, name, key) if key and name else ""
        said = _("先在上面选一项操作，再按下新的快捷键。") if not name else ""
        if other:
            said = _("“{key}”已用于“{action}”。").format(key=shown, action=_(BY_ID[other].text).rstrip("…"))
        field = used_by_fields(key) if key and name and key not in BY_ID[name].keys else ""
        if field and not other:
            said = _("“{key}”在输入框、列表、菜单和地图里用于{what}，不能再作别用。").format(key=shown, what=_(field))
        theme.tone(self.said, "wrong" if other or field else "muted")
        self.said.setText(said)
        self.set.setEnabled(bool(key and name and not other and not field))

    def _put(self, keys: list[str] | None) -> None:
        name = self.picked
        if not name:
            return
        if keys is None:
            taken = [other for key in BY_ID[name].keys if (other := clash(self._own, name, key))]
            if taken:
                theme.tone(self.said, "wrong")
                self.said.setText(_("默认的快捷键已用于“{action}”，请先改它。").format(
                    action=_(BY_ID[taken[0]].text).rstrip("…")))
                return
            self._own.pop(name, None)
        elif tuple(keys) == BY_ID[name].keys:
            self._own.pop(name, None)
        else:
            self._own[name] = keys
        self._show()
        self._picked()
        self.changed.emit(dict(self._own))

    def _forget(self) -> None:
        self._own.clear()
        self._show()
        self._picked()
        self.changed.emit({})

"""Which features of a layer the map shows: conditions on fields, with the values that stand there to choose from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.dialogs.table import WAIT_MS
from gui.looks import AT_ONCE, Looks
from gui.resources.icons import icon
from gui.session import LayerView, Session
from gui.table_files import words
from gui.words import aside, cell_words
from sanxian.i18n import N_, _
from sanxian.mapping.filters import OPERATORS, WITHOUT_VALUE, Condition, Filter, parted

_MOST = 200  # values that are offered


class FilterDialog(QDialog):
    """Conditions, and how many features pass them.

    Attributes:
        WORDS: Title, what it does, the button that forgets the conditions, how many pass.
    """

    WORDS: tuple[str, str, str, str] = (
        N_("筛选要素 — {layer}"), N_("筛选只影响显示：研判、检查和导出仍用全部要素。多个值用 ; 分隔，符合其一即可。"), N_("取消筛选"),
        N_("显示 {shown} / {all} 个要素"),
    )
    KEEPS = True  # begins with the conditions that the layer has, unless it is given others
    HOW: Mapping[str, str] = {}  # ways to take what passes

    def __init__(self, layer: LayerView, field_title: Callable[[str, str], str], looks: Looks,
                 parent: QWidget | None = None, *, begin: Filter | None = None) -> None:
        super().__init__(parent)
        self._layer, self._title, self._looks = layer, field_title, looks
        self._wait = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._wait.timeout.connect(self._ask_count)
        self.finished.connect(lambda _result: (self._wait.stop(), looks.forget(id(self))))
        title, does, forget, self._counted = self.WORDS
        self.setWindowTitle(_(title).format(layer=layer.name))
        self.resize(640, 320)
        self._frame = frame = layer.frame
        self._fields = [str(name) for name in frame.columns if name != frame.geometry.name]
        said = QLabel(_(does), wordWrap=True)
        self.mode = QComboBox(objectName="filter_mode")
        self.mode.setAccessibleName(_("条件之间的关系"))
        self.mode.addItem(_("符合全部条件"), False)
        self.mode.addItem(_("符合任一条件"), True)
        self.mode.currentIndexChanged.connect(self._count)
        self._grid = QGridLayout()
        self._grid.setColumnStretch(2, 1)
        self.lines: list[tuple[QComboBox, QComboBox, QComboBox, QToolButton]] = []
        self.more = QPushButton(_("再加一个条件"), objectName="filter_more")
        self.more.clicked.connect(lambda: self.add())
        self.count = QLabel(objectName="filter_count")
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel | QDialogButtonBox.Reset)
        self.buttons.button(QDialogButtonBox.Ok).setText(_("确定"))
        self.buttons.button(QDialogButtonBox.Cancel).setText(_("取消"))
        self.buttons.button(QDialogButtonBox.Reset).setText(_(forget))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.buttons.button(QDialogButtonBox.Reset).clicked.connect(self._clear)
        layout = QVBoxLayout(self)
        layout.addWidget(said)
        layout.addWidget(self.mode)
        if self.HOW:
            self.how = QComboBox(objectName="filter_how")
            self.how.setAccessibleName(_("选择的方式"))
            for way, words_ in self.HOW.items():
                self.how.addItem(_(words_), way)
            layout.addWidget(self.how)
        layout.addLayout(self._grid)
        layout.addWidget(self.more)
        layout.addStretch(1)
        layout.addWidget(self.count)
        layout.addWidget(self.buttons)
        made = begin if begin is not None else layer.filter if self.KEEPS else None
        if made is not None and made.conditions:
            self.mode.setCurrentIndex(int(made.any_of))
            for condition in made.conditions:
                self.add(condition)
        else:
            self.add()
        self.lines[0][0].setFocus() if self.lines else self.more.setFocus()

    def follow(self, session: Session) -> None:
        """Count again whenever the layer holds something else, and close once it is no longer there."""
        self._session = session
        session.opened.connect(self.reject)
        session.layersChanged.connect(self._changed)
        session.valuesChanged.connect(lambda key, _field, _rows: self._changed() if key == self._layer.key else None)

    def _changed(self) -> None:
        if not any(one is self._layer for one in self._session.layers) or self._layer.error:
            self.reject()
            return
        if self._layer.frame is self._frame or not self.isVisible():
            return
        self._frame = frame = self._layer.frame
        if frame is not None:
            new = [str(name) for name in frame.columns if name != frame.geometry.name and str(name) not in self._fields]
            self._fields += new
            for field, _operator, value, _gone in self.lines:
                for name in new:
                    field.addItem(self._title(self._layer.role, name), name)
                self._offer(field, value)
        self._count()

    def add(self, condition: Condition | None = None) -> None:
        """Add a line for one more condition."""
        field, operator, value = QComboBox(), QComboBox(), QComboBox(editable=True)
        for box, name, spoken in ((field, "filter_field", _("字段")), (operator, "filter_operator", _("比较")),
                                  (value, "filter_value", _("值"))):
            box.setObjectName(f"{name}_{len(self.lines)}")
            box.setAccessibleName(spoken)
        value.setInsertPolicy(QComboBox.NoInsert)
        for name in self._fields:
            field.addItem(self._title(self._layer.role, name), name)
        for key, text in OPERATORS.items():
            operator.addItem(_(text), key)
        gone = QToolButton()
        gone.setIcon(icon("delete"))
        gone.setToolTip(_("去掉这个条件"))
        gone.setAccessibleName(_("去掉这个条件"))
        line = (field, operator, value, gone)
        gone.clicked.connect(lambda: self._remove(line))
        for column, widget in enumerate(line):
            self._grid.addWidget(widget, len(self.lines), column)
        self.lines.append(line)
        self._put_in_order()
        field.currentIndexChanged.connect(lambda _i: self._offer(field, value))
        value.activated.connect(lambda at: value.setEditText(str(value.itemData(at) or value.itemText(at))))  # of code and words the code
        operator.currentIndexChanged.connect(lambda _i: value.setEnabled(operator.currentData() not in WITHOUT_VALUE))
        if condition is not None:
            field.setCurrentIndex(max(0, field.findData(condition.field)))
            operator.setCurrentIndex(max(0, operator.findData(condition.operator)))
        self._offer(field, value)
        value.setEditText(condition.value if condition is not None else "")
        for signal in (field.currentIndexChanged, operator.currentIndexChanged, value.editTextChanged):
            signal.connect(self._count)
        self._count()

    def _offer(self, field: QComboBox, value: QComboBox) -> None:
        name = field.currentData()
        frame = self._layer.frame
        column = frame[name].head(20_000) if frame is not None and name in frame.columns else ()
        text, at = value.currentText(), value.lineEdit().cursorPosition()
        value.clear()
        seen: dict[str, Any] = {}
        for one in column:
            seen.setdefault(words(one), one)
        for one, raw in [(one, raw) for one, raw in seen.items() if one][:_MOST]:
            said = str(cell_words(self._layer.role, name, raw))
            truth = type(raw).__name__ in ("bool", "bool_")
            value.addItem(one if truth or said in (one, str(raw)) else one + aside(said), str(raw) if truth else one)
        value.setEditText(text)
        value.lineEdit().setCursorPosition(at)

    def _put_in_order(self) -> None:
        """Tab goes through the conditions first, from left to right, whenever they were made."""
        stops: list[QWidget] = [self.mode, *(widget for line in self.lines for widget in line), self.more]
        stops += self.buttons.buttons()
        for former, then in pairwise(stops):
            self.setTabOrder(former, then)

    def _remove(self, line: tuple[QWidget, ...]) -> None:
        self.lines.remove(line)
        for widget in line:
            self._grid.removeWidget(widget)
            widget.deleteLater()
        self._count()

    def _clear(self) -> None:
        for line in list(self.lines):
            self._remove(line)
        self.accept()

    def filter(self) -> Filter | None:
        """The conditions; ``None`` for none."""
        found = tuple(
            Condition(field.currentData(), operator.currentData(), _codes(value))
            for field, operator, value, _gone in self.lines
            if operator.currentData() in WITHOUT_VALUE or value.currentText().strip()
        )
        return Filter(found, bool(self.mode.currentData())) if found else None

    def _count(self, *_args: Any) -> None:
        # Without a condition a filter shows all; a selection by none is no selection, and takes nobody's away.
        read = self._layer.frame is not None
        self.buttons.button(QDialogButtonBox.Ok).setEnabled(read and (self.KEEPS or self.filter() is not None))
        if not read:  # it is being read again, and what was counted is of what it was
            self._wait.stop()
            self._looks.forget(id(self))
            self.count.setText(_("图层正在重新读取…"))
        elif len(self._layer.frame) <= AT_ONCE:
            self._show_count(self._counter()())
        else:  # as somebody types, and not in the window's thread
            self._wait.start()

    def _counter(self) -> Callable[..., int]:
        made, frame = self.filter(), self._layer.frame
        none = len(frame) if self.KEEPS else 0
        return lambda _report=None: none if made is None else int(made.hits(frame).sum())

    def _ask_count(self) -> None:
        if self._layer.frame is None:
            return
        self._looks.ask(id(self), self._counter(), self._show_count)

    def _show_count(self, shown: int) -> None:
        if self._layer.frame is None:
            return
        self.count.setText(_(self._counted).format(shown=f"{shown:,}", all=f"{len(self._layer.frame):,}"))


def _codes(box: QComboBox) -> str:
    """What is written, with the code wherever somebody left code and words as the list offers them."""
    known = {box.itemText(at): str(box.itemData(at)) for at in range(box.count())}
    text = box.currentText().strip()
    parts = parted(text)
    return known.get(text) or ("; ".join(known.get(part, part) for part in parts) if any(part in known for part in parts) else text)


class SelectDialog(FilterDialog):
    """The same conditions, to select what passes them."""

    WORDS = (
        N_("按条件选择 — {layer}"), N_("选中符合条件的要素。多个值用 ; 分隔，符合其一即可。"), N_("取消选择"),
        N_("符合条件 {shown} / {all} 个要素"),
    )
    KEEPS = False
    HOW = {"replace": N_("代替现有的选择"), "add": N_("加到现有的选择"), "remove": N_("从现有的选择中去掉")}

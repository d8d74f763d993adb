"""Parts that the dialogs about rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from PyQt5 import sip
from PyQt5.QtCore import QEvent, QModelIndex, QRect, QSize, Qt, QTimer
from PyQt5.QtGui import QFocusEvent, QKeySequence, QTextDocumentFragment
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QShortcut,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.dialogs import sized
from gui.empty import Nothing
from gui.models.rows import Rows
from gui.session import Session
from gui.words import Speaker, plain_tip
from sanxian.i18n import N_, _

LEAST, LEAST_FIRST = 56, 120  # pixels: of a column, and of the first one, in a narrow table


@contextmanager
def patience() -> Iterator[None]:
    """The waiting cursor while something takes its time."""
    QApplication.setOverrideCursor(Qt.WaitCursor)
    try:
        yield
    finally:
        QApplication.restoreOverrideCursor()


class Said(QLabel):
    """One sentence about what came of the last thing that was asked; hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, wordWrap=True, objectName="said")
        self.setTextFormat(Qt.PlainText)
        self.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.hide()

    def tell(self, text: str, *, wrong: bool = False) -> None:
        """Say it; what went wrong is marked by a sign too."""
        theme.tone(self, "wrong_box" if wrong else "fine_box")
        self.setText(f"{'×' if wrong else '√'} {text}" if text else "")
        self.setAccessibleName(text)
        self.setVisible(bool(text))

    def mended(self, *_what: object) -> None:
        """What was wrong is being set right: it is not said any longer."""
        if self.text().startswith("×"):
            self.tell("")

    def when_written(self, text: str, then: Callable[[], None] = lambda: None) -> Callable[[bool], None]:
        """Say that something is being written; what is given back is to be told whether it was, and says so."""
        self.tell(_("正在写入…"))

        def told(written: bool) -> None:
            if not sip.isdeleted(self):  # the dialog may be gone
                self.tell(text if written else _("没有写入。"), wrong=not written)
                if written:
                    then()

        return told


class Linked(QLabel):
    """Words that may have a link, which Tab stops at and Return follows; without one they are no stop."""

    def tell(self, text: str) -> None:
        """Show words (HTML)."""
        held, link = self.hasFocus(), "<a " in text
        self.setTextInteractionFlags(Qt.TextBrowserInteraction if link else Qt.TextSelectableByMouse)
        self.setText(text)
        self.setAccessibleName(QTextDocumentFragment.fromHtml(text).toPlainText())
        if held and link:
            self._to_link()

    def _to_link(self) -> None:
        """Onto the link itself: Qt stops at the words first, where Return does nothing."""
        if Qt.LinksAccessibleByKeyboard & self.textInteractionFlags():
            self.setSelection(0, 0)  # begin there; of words just shown Qt still has the former ones until then
            super().focusNextPrevChild(True)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.TabFocusReason, Qt.BacktabFocusReason, Qt.OtherFocusReason):
            self._to_link()


class Table(QTableView):
    """A table of :class:`Rows`; with ``wrap`` the rows in sight are as high as their text, the others wait."""

    def __init__(self, model: Rows, name: str, *, wrap: bool = False, many: bool = False,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setModel(model)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.AscendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.setSelectionMode(QAbstractItemView.ExtendedSelection if many else QAbstractItemView.SingleSelection)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)  # Tab goes on to the next field
        self.setWordWrap(wrap)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(26)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setTextElideMode(Qt.ElideRight)
        self.horizontalHeader().setMinimumSectionSize(LEAST)
        Nothing(self, N_("没有符合条件的行"), lambda: not model.rowCount() and model.total > 0)
        self._wish: list[int] = []  # how wide the columns would like to be
        self._least: dict[int, int] = {}  # how wide some of them have to be, whatever the room
        self._sharing = self._by_hand = False
        self.horizontalHeader().sectionResized.connect(self._resized)
        model.headerDataChanged.connect(lambda *_which: self._widen())
        self._wrap = wrap
        self._fit = QTimer(self, singleShot=True, interval=0)
        self._fit.timeout.connect(self.fit)
        if wrap:
            self.setVerticalScrollMode(QAbstractItemView.ScrollPerPixel)
            self.verticalScrollBar().valueChanged.connect(lambda _value: self._fit.start())
            self.horizontalHeader().sectionResized.connect(lambda *_sizes: self._fit.start())
            for signal in (model.modelReset, model.layoutChanged, model.dataChanged):
                signal.connect(lambda *_what: self._fit.start())

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self._share()
        if self._wrap:
            self._fit.start()

    def fit(self) -> None:
        """Make the rows in sight as high as their text."""
        row, bottom = max(self.rowAt(0), 0), self.viewport().height()
        while row < self.model().rowCount() and self.rowViewportPosition(row) < bottom:
            self.resizeRowToContents(row)
            row += 1

    def widths(self, *widths: int, least: Mapping[int, int] | None = None) -> None:
        """Widths that the columns would like, from the first; less where the table is narrow, until somebody drags one.

        ``least`` are widths by column below which one is not shortened: what has no room then is panned to.
        """
        self._wish, self._least, self._by_hand = list(widths), dict(least or {}), False
        self._widen()

    def _widen(self) -> None:
        """No column narrower than its title, in any language, as long as there is room."""
        for column in range(self.model().columnCount() if self._by_hand else 0):
            self.setColumnWidth(column, max(self.columnWidth(column), self.horizontalHeader().sectionSizeHint(column)))
        self._share()

    def _resized(self, _column: int, _former: int, _now: int) -> None:
        if not self._sharing and QApplication.mouseButtons() & Qt.LeftButton:
            self._by_hand = True

    def _share(self) -> None:
        """Rather than to be panned sideways a narrow table shortens its cells, whose tooltips say all of them."""
        if not self._wish or self._by_hand:
            return
        wish = [max(wide, self._least.get(column, 0), self.horizontalHeader().sectionSizeHint(column))
                for column, wide in enumerate(self._wish)]
        least = [self._least.get(column, min(wide, LEAST_FIRST if column == 0 else LEAST)) for column, wide in enumerate(wish)]
        room, all_, few = self.viewport().width(), sum(wish), sum(least)
        part = 1.0 if all_ <= room else max(0.0, (room - few) / max(all_ - few, 1))
        self._sharing = True
        for column, (wide, narrow) in enumerate(zip(wish, least, strict=True)):
            self.setColumnWidth(column, int(narrow + (wide - narrow) * part))
        self._sharing = False

    def chosen(self) -> list[Any]:
        """The selected items, in the order shown."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self.model().item(row) for row in rows]

    def pick_row(self, row: int) -> None:
        """Select one row and show it."""
        if 0 <= row < self.model().rowCount():
            self.selectRow(row)
            self.scrollTo(self.model().index(row, 0))


def of_things(*keys: str) -> Callable[[Any], bool]:
    """Tells the steps that change something which the workspace keeps under one of these keys (:class:`gui.steps.Thing`)."""
    return lambda step: any(thing.key.startswith(keys) for thing in getattr(step, "changes", ()))


class UndoButtons(QWidget, Speaker):
    """Buttons and keys that take back and do again, in a dialog that stands beside the window.

    Args:
        session: The steps are those of its workspace: one stack for all.
        dialog: Whose keys they are.
        own: Which steps are the dialog's: what else comes last happened behind it, and is taken back where it is seen.
    """

    def __init__(self, session: Session, dialog: QDialog, own: Callable[[Any], bool]) -> None:
        super().__init__(dialog)
        self._stack, self._own = session.undo_stack, own
        self.undo, self.redo = (QPushButton(objectName=f"dialog_{name}", autoDefault=False) for name in ("undo", "redo"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for button, text, keys in ((self.undo, N_("撤销"), "Ctrl+Z"), (self.redo, N_("重做"), "Ctrl+Shift+Z")):
            self.say(button.setText, text)
            button.clicked.connect(lambda _checked=False, one=button: self._do(one))
            for sequence in (keys, "Ctrl+Y") if button is self.redo else (keys,):
                QShortcut(QKeySequence(sequence), dialog).activated.connect(lambda one=button: self._do(one))
            layout.addWidget(button)
        self._stack.indexChanged.connect(self._able)
        self._able()

    def retranslate(self) -> None:
        super().retranslate()
        self._able()

    def _next(self, button: QPushButton) -> Any:
        return self._stack.command(self._stack.index() - (button is self.undo))

    def _do(self, button: QPushButton) -> None:
        step = self._next(button)
        if step is not None and self._own(step):
            (self._stack.undo if button is self.undo else self._stack.redo)()

    def _able(self, *_index: int) -> None:
        if sip.isdeleted(self._stack):  # it still speaks while it is taken down
            return
        for button, keys, said in ((self.undo, "Ctrl+Z", N_("撤销：{step}")), (self.redo, "Ctrl+Shift+Z", N_("重做：{step}"))):
            step = self._next(button)
            mine = step is not None and self._own(step)
            button.setEnabled(mine)
            about = (said if mine else N_("最近一步“{step}”不在这个对话框里，请在主窗口里撤销或重做。")) if step is not None else ""
            words = _(about).format(step=step.text()) + (f" ({keys})" if mine else "") if about else keys
            button.setToolTip(plain_tip(words))
            button.setAccessibleDescription(words)


class Listing(QDialog):
    """A list of sentences to read before going on."""

    def __init__(self, title: str, intro: str, lines: Iterable[str], go: str = "", *, wrong: str = "",
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        sized(self, 820, 460)
        self.intro = QLabel(intro, wordWrap=True, objectName="listing_intro")
        self.said = Said()
        self.list = QListWidget(objectName="listing_lines", wordWrap=True, alternatingRowColors=True)
        self.list.setAccessibleName(title)
        self.list.addItems(list(lines))
        self.list.setVisible(self.list.count() > 0)
        self.body = QVBoxLayout()
        kinds = QDialogButtonBox.Ok | QDialogButtonBox.Cancel if go else QDialogButtonBox.Close
        self.buttons = QDialogButtonBox(kinds)
        if go:
            self.buttons.button(QDialogButtonBox.Ok).setText(go)
            self.buttons.button(QDialogButtonBox.Cancel).setText(_("取消"))
        else:
            self.buttons.button(QDialogButtonBox.Close).setText(_("关闭"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.intro)
        layout.addLayout(self.body)
        layout.addWidget(self.said)
        layout.addWidget(self.list, 1)
        if not self.list.count():
            layout.addStretch(1)
        layout.addWidget(self.buttons)
        self.refuse(wrong)

    def refuse(self, why: str) -> None:
        """Say why it cannot go on; '' lets it."""
        self.said.tell(why, wrong=True)
        ok = self.buttons.button(QDialogButtonBox.Ok)
        if ok is not None:
            ok.setEnabled(not why)


class Wrapped(QStyledItemDelegate):
    """Rows of a tree as high as their words need at the width of the column; a tree does not see to it itself."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        tree, depth, above = self.parent(), 1, index.parent()
        while above.isValid():
            depth, above = depth + 1, above.parent()
        room = tree.columnWidth(index.column()) - 10 - (depth * tree.indentation() if index.column() == 0 else 0)
        if index.data(Qt.DecorationRole) is not None:
            room -= 22
        needed = option.fontMetrics.boundingRect(QRect(0, 0, max(room, 60), 10_000), Qt.TextWordWrap, str(index.data() or ""))
        return QSize(max(room, 60), needed.height() + 6)

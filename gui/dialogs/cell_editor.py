"""Cells of a table that are typed into: by F2, Enter or a double-click, and on to the next by Enter or Tab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5 import sip
from PyQt5.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QMouseEvent
from PyQt5.QtWidgets import (
    QAbstractItemDelegate,
    QComboBox,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from gui.models import cells
from sanxian.i18n import _

_ON = {Qt.Key_Return: "down", Qt.Key_Enter: "down", Qt.Key_Tab: "right", Qt.Key_Backtab: "left"}


class CellView(QTableView):
    """A table whose cells are opened here and nowhere else, so that what cannot be opened is told.

    Attributes:
        deaf: Somebody is typing in a cell that is open no more: what is typed, and the key that ends it, is for no other cell
            and no button. Any key that is no typing, and the mouse, end it.

    Signals:
        openAsked: A cell is to be typed into: by a key or by a double-click.
    """

    openAsked = pyqtSignal(QModelIndex, bool)

    def __init__(self, parent: QWidget | None = None, **more: Any) -> None:
        super().__init__(parent, **more)
        self.setEditTriggers(QTableView.NoEditTriggers)
        self.deaf = False

    def focusNextPrevChild(self, forward: bool) -> bool:
        return self.deaf or super().focusNextPrevChild(forward)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.deaf = False
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        typing = event.key() in _ON or bool(event.text()) and event.text().isprintable() or event.key() in (
            Qt.Key_Backspace, Qt.Key_Delete, Qt.Key_Shift)
        self.deaf = self.deaf and typing
        if self.deaf:
            event.accept()
            return
        keys = (Qt.Key_F2, Qt.Key_Return, Qt.Key_Enter)
        if event.key() in keys and self.currentIndex().isValid() and self.state() != QTableView.EditingState:
            self.openAsked.emit(self.currentIndex(), False)
            event.accept()
            return
        super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        index = self.indexAt(event.pos())
        if event.button() == Qt.LeftButton and index.isValid():
            self.openAsked.emit(index, True)

    def go_on(self, index: QModelIndex, way: str) -> None:
        """Go to the cell below, or open the next or the former one of the row that can be."""
        model = self.model()
        if way == "down":
            below = model.index(index.row() + 1, index.column())
            self.setCurrentIndex(below if below.isValid() else index)
            return
        step, end = (1, model.columnCount()) if way == "right" else (-1, -1)
        for column in range(index.column() + step, end, step):
            beside = model.index(index.row(), column)
            if beside.flags() & Qt.ItemIsEditable:
                self.setCurrentIndex(beside)
                self.openAsked.emit(beside, False)
                return


class CellDelegate(QStyledItemDelegate):
    """The field that a cell is typed in: a list for what has few values, else a line.

    Args:
        view: Its table.
        kind_of: What a column takes.
        name_of: What a cell is called.
        words_of: What a choice of a column is called.
        refusal: Why a text is no value of a cell; '' where it is one.
        take: Called with a cell and the text for it.
    """

    def __init__(self, view: CellView, kind_of: Callable[[QModelIndex], Any], name_of: Callable[[QModelIndex], str],
                 words_of: Callable[[QModelIndex, str], str], refusal: Callable[[QModelIndex, str], str],
                 take: Callable[[QModelIndex, str], Any]) -> None:
        super().__init__(view)
        self._view, self._kind_of, self._name_of, self._words_of = view, kind_of, name_of, words_of
        self._refusal, self._take = refusal, take
        self._editor: QWidget | None = None

    def left_open(self) -> tuple[QWidget, str] | None:
        """The field that is being typed in and why what stands there is no value, '' where it is one; ``None`` where none is open."""
        editor = self._editor
        if editor is None or sip.isdeleted(editor) or not editor.isVisible():
            return None
        text = _text(editor)
        return editor, "" if text is None else self._refusal(self._view.currentIndex(), text)

    @staticmethod
    def typed(editor: Any) -> str:
        """What somebody has typed or chosen in a field that is open; '' where nobody changed it."""
        text = _text(editor)
        return "" if text is None else editor.currentText() if isinstance(editor, QComboBox) else text

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: QModelIndex) -> QWidget:
        kind = self._kind_of(index)
        if kind.kind in ("bool", "choice"):
            made: QWidget = QComboBox(parent, objectName="cell_editor")
            if not kind.needed:
                made.addItem(_("未知"), "")
            for choice in ("true", "false") if kind.kind == "bool" else kind.choices:
                made.addItem(self._words_of(index, choice), choice)
        else:
            made = QLineEdit(parent, objectName="cell_editor")
            made.setPlaceholderText(_("未知"))
            made.setToolTip(cells.wanted(kind))
        made.setAccessibleName(self._name_of(index))
        made.setAccessibleDescription(cells.wanted(kind))
        self._editor = made
        return made

    def setEditorData(self, editor: QWidget, index: QModelIndex) -> None:
        text = cells.shown(index.model().raw(index))
        if isinstance(editor, QComboBox):
            value = index.model().raw(index)
            known = text if self._kind_of(index).kind == "choice" or not text else "true" if value else "false"
            editor.setCurrentIndex(editor.findData(known))
        elif editor.property("given") is None:  # what is being typed is not taken away by what is shown anew
            editor.setText(text)
            editor.setProperty("given", text)
            editor.selectAll()

    def setModelData(self, editor: QWidget, _model: QAbstractItemModel, index: QModelIndex) -> None:
        text = _text(editor)
        if text is not None:
            self._take(index, text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.KeyPress and isinstance(watched, QWidget) and event.key() in _ON:
            index, text = self._view.currentIndex(), _text(watched)
            if text is not None and self._refusal(index, text):
                self._take(index, text)  # which says why; what was typed stays to be set right
                return True
            self.commitData.emit(watched)
            self.closeEditor.emit(watched, QAbstractItemDelegate.NoHint)
            self._view.go_on(index, _ON[event.key()])
            return True
        if event.type() == QEvent.FocusOut and isinstance(watched, QWidget) and not watched.isActiveWindow():
            text = _text(watched) if watched is self._editor else None
            if text is not None and self._refusal(self._view.currentIndex(), text):
                self._take(self._view.currentIndex(), text)  # which says why; it is there to be set right on coming back
                return False
        return super().eventFilter(watched, event)


def _text(editor: Any) -> str | None:
    """What stands in a field; ``None`` where nobody changed it."""
    if isinstance(editor, QComboBox):
        return editor.currentData() if editor.currentIndex() >= 0 else None
    return None if editor.text() == editor.property("given") else editor.text()

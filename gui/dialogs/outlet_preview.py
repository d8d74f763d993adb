"""What a table would change, before it is done: changes in a table, what cannot be taken in words, and one button."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.dialogs import sized
from gui.words import Speaker, plain_tip
from sanxian.i18n import N_

MOST = 2000  # rows shown; the count says how many there are


class PreviewDialog(QDialog, Speaker):
    """Does not wait for the answer: ``apply`` is called when somebody agrees.

    Args:
        title: msgid.
        said: What would be done, in a sentence of the language of the moment.
        heads: Headings of the table, in words.
        rows: What would change.
        problems: What cannot be taken, a sentence each.
    """

    def __init__(
        self,
        title: str,
        said: str,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        problems: Sequence[str],
        apply: Callable[[], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setObjectName("outlet_preview")
        self.say(self.setWindowTitle, title)
        sized(self, 860, 520)
        label = QLabel(said, wordWrap=True, objectName="preview_said")
        table = QTableWidget(min(len(rows), MOST), len(heads), objectName="preview_table")
        self.say(table.setAccessibleName, N_("将作的更改"))
        table.setHorizontalHeaderLabels([head[:1].upper() + head[1:] for head in heads])  # words of running text too
        table.setEditTriggers(QAbstractItemView.NoEditTriggers)
        table.setAlternatingRowColors(True)
        table.verticalHeader().setVisible(False)
        table.horizontalHeader().setStretchLastSection(True)
        for row, cells in enumerate(rows[:MOST]):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(text))
                table.setItem(row, column, item)
        for column in range(len(heads) - 1):
            table.resizeColumnToContents(column)
            table.setColumnWidth(column, min(table.columnWidth(column) + 12, 260))
        self.problems = QPlainTextEdit(
            "\n".join(f"× {text}" for text in problems), readOnly=True, objectName="preview_problems"
        )
        self.say(self.problems.setAccessibleName, N_("不能接受的行"))
        self.problems.setMaximumHeight(130)
        self.apply = QPushButton(objectName="preview_apply")
        self.say(self.apply.setText, N_("写入工作区"))
        self.apply.setEnabled(bool(rows))
        self.apply.clicked.connect(lambda _checked=False: (apply(), self.accept()))
        close = QPushButton(objectName="preview_close")
        self.say(close.setText, N_("取消"))
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.apply)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(label)
        layout.addWidget(table, 1)
        layout.addWidget(self.problems)
        self.problems.setVisible(bool(problems))  # not before it has a place: it would be a window of its own
        layout.addLayout(row)

"""What runs, what waits and what became of it, above the log of everything that was said."""

from __future__ import annotations

from time import monotonic
from typing import Any

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import (
    QApplication,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.flow import Flow
from gui.words import Speaker, error_words, plain_tip
from gui.work import Job, Work
from sanxian.i18n import N_, _

STATES = {"waiting": N_("等待"), "running": N_("进行中"), "done": N_("完成"), "stopped": N_("已停止"), "failed": N_("失败")}
SIGNS = {"waiting": "…", "running": "▶", "done": "√", "stopped": "■", "failed": "×"}


class TaskList(QWidget, Speaker):
    """Tasks and messages; ``messages`` is the log."""

    def __init__(self, work: Work, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._items: list[tuple[Job, QTreeWidgetItem]] = []
        self.tree = QTreeWidget(objectName="tasks", rootIsDecorated=False)
        self.say(self.tree.setAccessibleName, "任务")
        self.tree.setColumnCount(4)
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeToContents)
        self.tree.header().setStretchLastSection(True)
        self.tree.currentItemChanged.connect(lambda *_items: self._able())
        self.stop = QPushButton(objectName="task_stop")
        self.say(self.stop.setText, "停止")
        self.stop.clicked.connect(self._stop)
        self.copy = QPushButton(objectName="log_copy")
        self.say(self.copy.setText, "复制日志")
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.messages.toPlainText()))
        self.messages = QPlainTextEdit(objectName="messages", readOnly=True, maximumBlockCount=500)
        self.say(self.messages.setAccessibleName, "消息")
        buttons = Flow()
        buttons.addWidget(self.stop)
        buttons.addWidget(self.copy)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tree, 1)
        column.addLayout(buttons)
        for widget in (self.tree, self.messages):
            widget.setMinimumWidth(60)  # beside one another they would push a small screen's window past it
        splitter = QSplitter(Qt.Horizontal)
        splitter.addWidget(left)
        splitter.addWidget(self.messages)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(splitter)
        self._late = QTimer(self, singleShot=True, interval=100)  # a screening reports more often than eyes can follow
        self._late.timeout.connect(self.show_jobs)
        work.jobsChanged.connect(lambda: None if self._late.isActive() else self._late.start())
        self.show_jobs()

    def retranslate(self) -> None:
        super().retranslate()
        self.show_jobs()

    def show_jobs(self) -> None:
        """Show the jobs as they are now, the last at the top."""
        self.tree.setHeaderLabels([_("任务"), _("状态"), _("进度"), _("用时")])
        jobs = list(self._work.jobs)[::-1]
        if [id(job) for job, _item in self._items] != [id(job) for job in jobs]:
            self.tree.clear()
            self._items = [(job, QTreeWidgetItem()) for job in jobs]
            self.tree.addTopLevelItems([item for _job, item in self._items])
        for job, item in self._items:
            seconds = monotonic() - job.begun if job.state == "running" and job.begun is not None else job.seconds
            item.setText(0, job.words())
            item.setText(1, f"{SIGNS[job.state]} {_(STATES[job.state])}")
            item.setText(2, f"{job.done:,}/{job.total:,}" if job.total else "")
            item.setText(3, f"{seconds:,.1f} s" if job.begun is not None else "")
            item.setToolTip(0, plain_tip(self._why(job.error)))
            item.setToolTip(1, plain_tip(self._why(job.error)))
        self._able()

    @staticmethod
    def _why(error: Any) -> str:
        if error is None:
            return ""
        return error_words(error) if hasattr(error, "template") else f"{type(error).__name__}: {error}"

    def job(self) -> Job | None:
        """The job that is picked, else the one that runs."""
        picked = self.tree.currentItem()
        found = next((job for job, item in self._items if item is picked), None)
        return found if found is not None else next((job for job, _item in self._items if job.state == "running"), None)

    def _able(self) -> None:
        job = self.job()
        self.stop.setEnabled(job is not None and job.state in ("waiting", "running"))

    def _stop(self) -> None:
        job = self.job()
        if job is not None:
            self._work.cancel(job)

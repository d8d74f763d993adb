"""The table of projects, with what was found of each."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QItemSelection, QItemSelectionModel, QItemSelectionRange, QPoint, Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.empty import Nothing
from gui.looks import Looks
from gui.models.project_table import COLUMNS, KINDS, MARKS, ProjectTable
from gui.panels.status import Elided
from gui.resources.icons import icon, verdict_icon
from gui.session import Session
from gui.stored import left_words
from gui.words import VERDICT_ORDER, Speaker, plain_tip, verdict_word
from sanxian.i18n import N_, _, language

MOST_RANGES = 2_000  # runs of selected rows that a view takes in without a wait


class ProjectsPanel(QWidget, Speaker):
    """Select a project, sort, filter.

    Signals:
        zoomAsked: Show this project on the map.
        judgeAsked: Judge these projects.
        removeAsked: Remove these projects.
    """

    zoomAsked = pyqtSignal(str)
    judgeAsked = pyqtSignal(list)
    removeAsked = pyqtSignal(list)

    def __init__(self, session: Session, looks: Looks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._picking = False
        self._kept: set[str] = set()
        self.model = ProjectTable(session, looks, self)

        self.search = QLineEdit(objectName="project_search", clearButtonEnabled=True)
        self.say(self.search.setPlaceholderText, "按编号、名称、单元或行业筛选")
        self.say(self.search.setAccessibleName, "筛选项目")
        self.search.textChanged.connect(self.model.set_text)
        self.verdicts = QComboBox(objectName="project_verdicts")
        self.say(self.verdicts.setAccessibleName, "按结论筛选项目")
        self.verdicts.currentIndexChanged.connect(self._filter)
        self.count = Elided(objectName="project_count")
        for widget, least in ((self.search, 60), (self.verdicts, 96), (self.count, 1)):  # on a narrow screen
            widget.setMinimumWidth(least)
        self.verdicts.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.verdicts.setMinimumContentsLength(9)  # “All verdicts”, whole

        self.left_out = Elided(objectName="project_left_out")
        theme.tone(self.left_out, "wrong")

        self.view = QTableView(objectName="project_table")
        self.say(self.view.setAccessibleName, "项目表")
        self.model.modelAboutToBeReset.connect(self._keep)
        self.view.setModel(self.model)
        self.model.modelReset.connect(self._put_back)  # after the view has forgotten what was selected
        Nothing(self.view, N_("没有符合的项目"), lambda: bool(session.sites) and self.model.rowCount() == 0)
        header = self.view.horizontalHeader()
        for one in (header, self.view.verticalHeader()):
            # Of the view's own one a header asks, whenever it is painted, whether each cell of a column is selected.
            one.setHighlightSections(False)
            one.setSelectionModel(QItemSelectionModel(self.model, self))
        self.view.horizontalHeader().setSortIndicator(-1, Qt.AscendingOrder)  # as they came, until somebody sorts
        self.view.setSortingEnabled(True)
        self.view.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.ExtendedSelection)
        self.view.setAlternatingRowColors(True)
        self.view.setTabKeyNavigation(False)
        self.view.verticalHeader().setVisible(False)
        self.view.verticalHeader().setDefaultSectionSize(24)
        self.view.setContextMenuPolicy(Qt.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._menu)
        self.view.doubleClicked.connect(lambda index: self.zoomAsked.emit(index.data(Qt.UserRole)))
        self.view.selectionModel().currentRowChanged.connect(self._picked)
        for column, width in enumerate((66, 196, 124, 76, 126, 44, 100, 84)):
            self.view.setColumnWidth(column, width)

        row = QHBoxLayout()
        row.addWidget(self.search, 1)
        row.addWidget(self.verdicts)
        row.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.left_out)
        self.view.setMinimumHeight(48)  # a row, on a small screen with large text
        layout.addWidget(self.view)

        session.currentChanged.connect(self._follow)
        session.sitesChanged.connect(self._count)
        session.resultsChanged.connect(self._count)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        self.model.retranslate()
        words = self.view.horizontalHeader().fontMetrics().horizontalAdvance
        for column, (name, _title) in enumerate(COLUMNS):  # at least as wide as what stands in it in this language
            known = [str(self.model.headerData(column, Qt.Horizontal)), *(_(kind) for kind in KINDS.values() if name == "kind")]
            if name == "hits":
                known.append("88 / 88 / 88")
            if name == "verdict":  # with its mark and its sign
                known += [_(mark).format(verdict=verdict_word(one)) + "　" for one in VERDICT_ORDER[:-1]
                          for marks, mark in MARKS.items() if language() == "zh" or not all(marks)]  # of both in English the end gives way
            self.view.setColumnWidth(column, max(self.view.columnWidth(column), max(map(words, known)) + 20))
        chosen = self.verdicts.currentData() or ""
        self.verdicts.blockSignals(True)
        self.verdicts.clear()
        self.verdicts.addItem(_("全部结论"), "")
        for verdict in VERDICT_ORDER[:-1]:
            self.verdicts.addItem(verdict_icon(verdict), verdict_word(verdict), verdict)
        self.verdicts.addItem(verdict_icon(None), verdict_word(None), "none")
        self.verdicts.addItem(icon("doubtful"), _("待重判"), "outdated")
        self.verdicts.setCurrentIndex(max(0, self.verdicts.findData(chosen)))
        self.verdicts.blockSignals(False)
        self._count()

    def selected_ids(self) -> list[str]:
        """The projects whose rows are selected."""
        return [self.model.site(row).id for first, last in self._ranges() for row in range(first, last + 1)]

    def _ranges(self) -> list[tuple[int, int]]:
        return sorted((piece.top(), piece.bottom()) for piece in self.view.selectionModel().selection())

    def reveal(self, site_id: str) -> None:
        """Show a project, giving up a filter that hides it."""
        if self.model.row_of(site_id) < 0 and self._session.site(site_id) is not None:
            self.search.clear()
            self.verdicts.setCurrentIndex(0)
            self._follow(site_id)

    def reveal_all(self, ids: Sequence[str]) -> bool:
        """Give up a filter that hides one of these projects, and show the current one; whether there was such a filter."""
        if all(self.model.row_of(one) >= 0 for one in ids) or not (self.search.text().strip() or self.verdicts.currentData()):
            return False
        self.search.clear()
        self.verdicts.setCurrentIndex(0)
        self._follow(self._session.current_id)
        return True

    def _keep(self) -> None:
        """Rows go, come or change places: what is selected and the current project stay what they are, in sight or not."""
        self._kept = set(self.selected_ids())

    def _put_back(self) -> None:
        self._count()
        kept, self._kept = self._kept, set()
        rows = sorted(row for one in kept if (row := self.model.row_of(one)) >= 0)
        self._follow(self._session.current_id)
        if len(rows) < 2 or self._session.current_id not in kept:
            return
        selection, last = QItemSelection(), self.model.columnCount() - 1
        starts = [at for at, row in enumerate(rows) if at == 0 or row != rows[at - 1] + 1]
        if len(starts) > MOST_RANGES:
            return
        for first, end in zip(starts, [*starts[1:], len(rows)], strict=True):
            selection.append(QItemSelectionRange(self.model.index(rows[first], 0), self.model.index(rows[end - 1], last)))
        self.view.selectionModel().select(selection, QItemSelectionModel.ClearAndSelect)

    def _filter(self) -> None:
        self.model.set_verdict(self.verdicts.currentData() or "")

    def _count(self, *_args: object) -> None:
        self.count.setText(_("{shown} / {all} 个项目").format(shown=f"{self.model.rowCount():,}", all=f"{len(self._session.sites):,}"))
        words = left_words(self._session.left_out.values())
        self.left_out.setText(words)
        self.left_out.setToolTip(plain_tip(words))
        self.left_out.setVisible(bool(words))

    def _picked(self, current: object, _previous: object) -> None:
        if current.isValid() and not self._picking:
            self._picking = True  # which rows are selected is the view's own affair while it is being clicked
            self._session.set_current(current.data(Qt.UserRole))
            self._picking = False

    def _follow(self, site_id: str) -> None:
        if self._picking:
            return
        row = self.model.row_of(site_id)
        selection = self.view.selectionModel()
        index = self.model.index(row, 0)
        if not index.isValid():
            selection.clear()
        elif selection.currentIndex().row() != index.row() or not selection.isRowSelected(index.row(), index.parent()):
            selection.setCurrentIndex(index, QItemSelectionModel.ClearAndSelect | QItemSelectionModel.Rows)
            self.view.scrollTo(index)

    def context_menu(self) -> QMenu:
        """What can be done with the selected projects."""
        ids = self.selected_ids()
        menu = QMenu(self)
        if ids:
            menu.addAction(_("研判所选项目"), lambda: self.judgeAsked.emit(ids))
            menu.addAction(_("缩放到项目"), lambda: self.zoomAsked.emit(ids[0]))
            menu.addSeparator()
            menu.addAction(_("删除项目"), lambda: self.removeAsked.emit(ids))
        return menu

    def _menu(self, place: QPoint) -> None:
        menu = self.context_menu()
        if menu.actions():
            menu.exec_(self.view.viewport().mapToGlobal(place))
        menu.deleteLater()

"""Zoning statistics and the web map in the window: measured beside the window, shown as tables and charts, exported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, pyqtSignal
from PyQt5.QtGui import QFont, QGuiApplication, QImage, QKeySequence, QPixmap
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QShortcut,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.clipboard import secret
from gui.dialogs import choose, message, sized
from gui.models.rows import NOWHERE
from gui.part import Part
from gui.words import Speaker, listed
from sanxian.i18n import N_, _

_MEASURED = 20  # rows by which columns are made wide enough
KINDS = ((".xlsx", N_("Excel 工作簿")), (".docx", N_("Word 文档")), (".html", N_("网页")), (".json", "JSON"))


class StatisticsDialog(QDialog, Speaker):
    """The tables and charts of one measuring.

    A page is made when it is first looked at, so that many tables do not keep the window waiting.

    Args:
        statistics: A ``sanxian.zoning.figures.Statistics``.
        charts: Its charts as ``drawn`` gives them.
        export: Called with the file to write.

    Signals:
        spoken: The language changed: charts in it are wanted.
    """

    spoken = pyqtSignal()

    def __init__(self, statistics: Any, charts: Sequence[Any], export: Callable[[Path], None], start: str,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._statistics, self._charts, self._export, self._start = statistics, charts, export, start
        self.setAttribute(Qt.WA_DeleteOnClose)
        sized(self, 1000, 620)
        self.told = QLabel(wordWrap=True, objectName="statistics_told")
        self.told.setTextFormat(Qt.PlainText)
        self.told.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.tabs = QTabWidget(objectName="statistics_tabs")
        self.tabs.setUsesScrollButtons(True)
        self._unmade: dict[QWidget, Callable[[], QWidget]] = {}
        self.tabs.currentChanged.connect(self._look)
        self.export = QPushButton(objectName="statistics_export")
        self.say(self.export.setText, "导出…")
        self.export.clicked.connect(self.ask)
        close = QPushButton(objectName="statistics_close")
        self.say(close.setText, "关闭")
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.export)
        row.addWidget(close)
        box = QVBoxLayout(self)
        box.addWidget(self.told)
        box.addWidget(self.tabs, 1)
        box.addLayout(row)
        self._fill()

    def retranslate(self) -> None:
        super().retranslate()
        self._charts = ()  # their words are drawn: others come from whoever measured
        self._fill()
        self.spoken.emit()

    def set_charts(self, charts: Sequence[Any]) -> None:
        """Show these charts."""
        self._charts = charts
        self._fill()

    def _fill(self) -> None:
        from sanxian.zoning.tables import notes, statements, tables
        from sanxian.zoning.write import title

        statistics, chosen = self._statistics, self.tabs.currentIndex()
        self.setWindowTitle(title())
        self.told.setText("\n".join(statements(statistics)[:4]))
        self.told.setVisible(bool(self.told.text()))
        self.tabs.blockSignals(True)
        self._unmade.clear()
        while self.tabs.count():
            page = self.tabs.widget(0)
            self.tabs.removeTab(0)
            page.deleteLater()
        for table in tables(statistics):
            self._later(table.title, partial(_page, table))
        if self._charts:
            self._later(_("图"), partial(_pictures, self._charts))
        self._later(_("统计说明"), partial(_words, "\n\n".join(notes(statistics))))
        self.tabs.setCurrentIndex(max(0, min(chosen, self.tabs.count() - 1)))
        self.tabs.blockSignals(False)
        self._look()

    def _later(self, title: str, make: Callable[[], QWidget]) -> None:
        page = QWidget()
        QVBoxLayout(page).setContentsMargins(0, 0, 0, 0)
        self._unmade[page] = make
        self.tabs.addTab(page, title)

    def _look(self, _at: int = 0) -> None:
        page = self.tabs.currentWidget()
        make = self._unmade.pop(page, None)
        if make is not None:
            page.layout().addWidget(make())

    def ask(self) -> None:
        """Choose a file and have it written."""
        kinds = choose.kinds_of([(_(name), suffix) for suffix, name in KINDS])
        path = choose.target(self, _("导出分区统计"), Path(self._start).name, kinds, start=Path(self._start).parent)
        if path is not None:
            self._export(path)


class _Cells(QAbstractTableModel):
    """A ``sanxian.zoning.tables.Table``; a cell costs something when it is shown."""

    def __init__(self, table: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._table = table

    def rowCount(self, parent: QModelIndex = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._table.rows)

    def columnCount(self, parent: QModelIndex = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._table.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole) -> Any:
        if role != Qt.DisplayRole:
            return None
        return self._table.columns[section].title if orientation == Qt.Horizontal else section + 1

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role in (Qt.DisplayRole, Qt.AccessibleTextRole):
            return self._table.rows[index.row()][index.column()].text
        if role == Qt.TextAlignmentRole:
            return int(Qt.AlignVCenter | (Qt.AlignLeft if self._table.columns[index.column()].kind == "text" else Qt.AlignRight))
        if role == Qt.FontRole and self._table.total and index.row() == len(self._table.rows) - 1:
            font = QFont()
            font.setBold(True)
            return font
        return None


def _page(table: Any) -> QWidget:
    page = QWidget()
    grid = QTableView(objectName=f"statistics_{table.key}")
    grid.setModel(_Cells(table, grid))
    grid.setAccessibleName(table.title)
    grid.horizontalHeader().setDefaultAlignment(Qt.Alignment(int(Qt.AlignCenter) | int(Qt.TextWordWrap)))
    grid.horizontalHeader().setResizeContentsPrecision(_MEASURED)
    grid.verticalHeader().setVisible(False)
    grid.setEditTriggers(QAbstractItemView.NoEditTriggers)
    grid.setAlternatingRowColors(True)
    grid.setTabKeyNavigation(False)
    grid.resizeColumnsToContents()
    for place in range(len(table.columns)):
        grid.setColumnWidth(place, min(max(grid.columnWidth(place), 72), 240))
    copy = QShortcut(QKeySequence.Copy, grid)
    copy.setContext(Qt.WidgetShortcut)
    copy.activated.connect(lambda: _copy(grid))
    box = QVBoxLayout(page)
    unit = QLabel(table.unit)
    unit.setAlignment(Qt.AlignRight)
    unit.setVisible(bool(table.unit))
    box.addWidget(unit)
    box.addWidget(grid, 1)
    if table.notes:
        below = QLabel("\n".join(table.notes), wordWrap=True)
        below.setTextFormat(Qt.PlainText)
        box.addWidget(below)
    return page


def _copy(grid: QTableView) -> None:
    """The selected cells on the clipboard, tabs between them."""
    for span in list(grid.selectionModel().selection())[:1]:
        lines = ["\t".join(str(grid.model().index(row, column).data()) for column in range(span.left(), span.right() + 1))
                 for row in range(span.top(), span.bottom() + 1)]
        QGuiApplication.clipboard().setText("\n".join(lines))


def _words(text: str) -> QLabel:
    method = QLabel(text, wordWrap=True, margin=10, objectName="statistics_notes")
    method.setTextFormat(Qt.PlainText)
    method.setTextInteractionFlags(Qt.TextSelectableByMouse)
    method.setAlignment(Qt.AlignTop)
    return method


def drawn(charts: Sequence[Any]) -> list[tuple[Any, QImage]]:
    """Charts and their pictures, unpacked and as large as they are shown; for any thread."""
    found = []
    for chart in charts:
        picture = QImage.fromData(chart.png)
        found.append((chart, picture.scaledToWidth(min(picture.width(), 900), Qt.SmoothTransformation)))
    return found


def _pictures(charts: Sequence[tuple[Any, QImage]]) -> QScrollArea:
    inner = QWidget()
    box = QVBoxLayout(inner)
    for chart, picture in charts:
        label = QLabel(objectName=f"chart_{chart.key}")
        label.setPixmap(QPixmap.fromImage(picture))
        label.setAlignment(Qt.AlignHCenter)
        label.setAccessibleName(chart.title)
        label.setAccessibleDescription(chart.words)
        box.addWidget(label)
    area = QScrollArea(widgetResizable=True)
    area.setWidget(inner)
    return area


class StatisticsPart(Part):
    """The actions 分区统计 and 导出网页地图."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self.dialog: StatisticsDialog | None = None

    def jobs(self) -> dict[str, Callable[[], Any]]:
        """What the actions do."""
        return {"statistics": self.measure, "web_map": self.ask_map}

    def measure(self) -> None:
        """Measure the workspace as it was last saved, and show what came of it."""
        path, on, engine = self._window.session.path, self._window.on, self._window.engine
        if path is not None:
            def work(report: Any) -> tuple[Any, list[tuple[Any, QImage]]]:
                from sanxian.zoning.tables import tables

                found, charts = engine.statistics(path, on, report)
                tables(found)  # what they are made with is loaded here, and not by the window's thread when it shows them
                return found, drawn(charts)

            self._window.work.run(N_("分区统计"), work, lambda found: self.show(*found))

    def show(self, statistics: Any, charts: Sequence[Any]) -> None:
        """Show the tables; those of an earlier measuring go."""
        if self.dialog is not None:
            self.dialog.reject()
        start = str(self._window.session.path.parent / "statistics.xlsx")
        dialog = self.dialog = StatisticsDialog(statistics, charts, lambda path: self.export(statistics, path), start, self._window)
        dialog.finished.connect(lambda _result: self._gone(dialog))
        dialog.spoken.connect(lambda: self._redraw(dialog, statistics))
        dialog.show()

    def _redraw(self, dialog: StatisticsDialog, statistics: Any) -> None:
        def work(_report: Any) -> list[tuple[Any, QImage]]:
            from sanxian.zoning.charts import charts

            return drawn(charts(statistics))

        self._window.work.run(N_("分区统计"), work, lambda found: dialog.set_charts(found) if self.dialog is dialog else None)

    def _gone(self, dialog: StatisticsDialog) -> None:
        if self.dialog is dialog:
            self.dialog = None

    def export(self, statistics: Any, path: Path) -> None:
        """Write the statistics, by the suffix of ``path``."""

        def work(_report: Any) -> Path:
            from sanxian.zoning.write import write

            return write(statistics, path)

        self._window.work.run(N_("导出分区统计"), work, self._written, wanted=True)

    def ask_map(self) -> None:
        """Choose a file and write the web map."""
        path = choose.target(self._window, _("导出网页地图"), "map.html", f"{_('网页')} (*.html)", start=self._window.session.path.parent)
        if path is not None:
            self.write_map(path)

    def write_map(self, path: Path) -> None:
        """Write the web map of the workspace as it was last saved, with the projects and the verdicts that the window shows."""
        self._window.commit_typing()
        if not self._window.session.look_again():
            return
        source, on, engine = self._window.session.path, self._window.on, self._window.engine
        rows = [(site.id, site.name, site.geometry, site.crs, site.shown, site.verdict or "", site.origin.layer if site.origin else "")
                for site in self._window.session.sites if site.geometry is not None and not site.geometry.is_empty]

        def work(report: Any) -> Path:
            from sanxian.mapping.web_page import OnMap

            made = [OnMap(key, name, engine.transform(shape, crs, "EPSG:4490"), *said)
                    for key, name, shape, crs, *said in rows] if any(row[4] for row in rows) else []
            return engine.write_web_map(source, path, made, on, report)

        self._window.work.run(N_("导出网页地图"), work, self._map_written, wanted=True)

    def _map_written(self, path: Path) -> None:
        from sanxian.mapping.web_size import size_words

        left = listed(f"“{one.name}”" for one in secret(self._window.session.layers) if one.raster is None and not one.retired)
        message.tell_done(self._window, "\n".join(filter(None, (
            _("文件已写好。"), size_words(path), left and _("标有密级的图层没有写进去：{layers}").format(layers=left)))), path)

    def _written(self, path: Path) -> None:
        message.tell_done(self._window, _("文件已写好。"), path)

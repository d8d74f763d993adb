"""Many projects at once: judged in another process, shown as a table and on the map, filtered by verdict, exported."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QItemSelection, QItemSelectionModel, Qt, QTimer
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QTableView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.dialogs import Below, choose, message
from gui.empty import Nothing
from gui.models.batch_table import BatchTable, marked
from gui.panels.status import Elided
from gui.part import Part
from gui.resources.icons import icon, verdict_icon
from gui.tasks import Report
from gui.words import VERDICT_ORDER, Speaker, plain_tip
from sanxian import messages
from sanxian.i18n import N_, _, pick
from sanxian.mapping.styles import OUTDATED, LayerStyle, Symbol, shown_style, verdict_style
from sanxian.result import BATCH_SCHEMA

OVERLAY = "batch:sites"
WAIT_MS = 200
LATER_MS = 500  # of many changes the last is looked at
OUT_KINDS = (".parquet", ".geoparquet")
MOST_PROJECTS = 500  # that are taken over into the window's own list at once


def _old_style() -> LayerStyle:
    look = shown_style(OUTDATED)
    symbol = Symbol(None, look.zh, look.en, look.colour, 0.0, look.colour, 1.6, marker="diamond", size=9.0, dash=(3.0, 2.0))
    return LayerStyle("", "single", "", (symbol,), "批量研判结果", "Batch results")


def _style() -> LayerStyle:
    markers = dict(zip(VERDICT_ORDER, ("cross", "square", "diamond", "triangle", "circle", "circle", "circle"), strict=True))
    return LayerStyle("", "categorised", "verdict", tuple(
        Symbol(verdict, verdict_style(verdict).zh, verdict_style(verdict).en, fill=verdict_style(verdict).colour,
               fill_opacity=0.4, outline=verdict_style(verdict).colour, outline_width=1.6, hatch=verdict_style(verdict).hatch,
               marker=markers[verdict], size=9.0) for verdict in VERDICT_ORDER[:-1]), "批量研判结果", "Batch results")


class BatchDialog(QDialog, Speaker):
    """Which projects, and where the result goes."""

    def __init__(self, folder: Path, day: date, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder, self._day, self._own = folder, day, False
        self.setObjectName("batch_dialog")
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.resize(600, 240)
        self.say(self.setWindowTitle, N_("批量研判"))
        intro = QLabel(wordWrap=True)
        self.say(intro.setText, lambda: _(
            "按 {day} 的规则研判一个文件里的全部项目，可达数百万个；研判在另一个进程里进行，窗口照常可用，可以停止，再次运行会接着做。"
        ).format(day=day.isoformat()))
        self.source, self.out = QLineEdit(objectName="batch_source"), QLineEdit(objectName="batch_out")
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.ExpandingFieldsGrow)
        self.browse: dict[str, QPushButton] = {}
        for name, text, edit, ask in (("source", N_("项目文件(&F)"), self.source, self._ask_source),
                                      ("out", N_("成果文件(&R)"), self.out, self._ask_out)):
            label, button, row = QLabel(), QPushButton(objectName=f"batch_{name}_browse", autoDefault=False), QHBoxLayout()
            self.say(label.setText, text)
            label.setBuddy(edit)
            self.say(edit.setAccessibleName, lambda one=text: _(one).split("(")[0].replace("&", ""))
            self.say(button.setText, N_("选择文件…"))
            self.say(button.setAccessibleName, lambda one=text: _("选择文件…") + " " + _(one).split("(")[0].replace("&", ""))
            button.clicked.connect(lambda _checked=False, do=ask: do())
            row.addWidget(edit, 1)
            row.addWidget(button)
            self.browse[name] = button
            form.addRow(label, row)
        self.source.textChanged.connect(lambda _text: self._suggest())
        self.out.textEdited.connect(lambda _text: setattr(self, "_own", True))
        self.say(self.out.setPlaceholderText, N_("以 .parquet 或 .geoparquet 结尾"))
        self.out.textChanged.connect(lambda _text: self._tell(self._wrong_out()))
        self.wrong = QLabel(wordWrap=True, objectName="batch_wrong")
        theme.tone(self.wrong, "wrong")
        self.wrong.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        for which, text in ((QDialogButtonBox.Ok, N_("开始研判")), (QDialogButtonBox.Cancel, N_("取消"))):
            self.say(self.buttons.button(which).setText, text)
        self.buttons.accepted.connect(self._take)
        self.buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.addWidget(intro)
        box.addLayout(form)
        box.addStretch(1)
        box.addWidget(self.wrong)
        box.addWidget(self.buttons)

    def retranslate(self) -> None:
        super().retranslate()
        self._tell("")

    def _tell(self, wrong: str) -> None:
        self.wrong.setText(wrong)
        self.wrong.setVisible(bool(wrong))

    def _wrong_out(self) -> str:
        """What is wrong with the name of the file, as soon as it has an ending; '' for nothing."""
        suffix = Path(self.out.text().strip()).suffix.lower()
        return "" if not suffix or any(kind.startswith(suffix) for kind in OUT_KINDS) else _("成果文件应以 .parquet 或 .geoparquet 结尾。")

    def _suggest(self) -> None:
        if not self._own:
            text = self.source.text().strip()
            source = Path(text)
            named = bool(text and source.name)
            self.out.setText(str(source.with_name(f"{source.stem}-{self._day.isoformat()}.parquet")) if named else "")

    def _ask_source(self) -> None:
        path = choose.file(self, _("项目文件"), start=self._folder)
        if path is not None:
            self.source.setText(str(path))

    def _ask_out(self) -> None:
        former = Path(self.out.text().strip() or self._folder / "result.parquet")
        path = choose.target(self, _("成果文件"), former.name, "GeoParquet (*.parquet *.geoparquet)", start=former.parent)
        if path is not None:
            self._own = True
            self.out.setText(str(path))

    def _take(self) -> None:
        source, out = Path(self.source.text().strip()), Path(self.out.text().strip())
        wrong = ""
        if not source.is_file():
            wrong = _("请选择项目文件。")
        elif out.suffix.lower() not in OUT_KINDS:
            wrong = _("成果文件应以 .parquet 或 .geoparquet 结尾。")
        elif not out.absolute().parent.is_dir():
            wrong = _("成果文件所在的文件夹不存在。")
        self._tell(wrong)
        if not wrong:
            self.accept()


class BatchPanel(QWidget, Speaker):
    """The table, its filters, and what the rules say of the row that is picked."""

    def __init__(self, part: BatchPart) -> None:
        super().__init__()
        self._part = part
        self._frame: Any = None
        self.model: BatchTable | None = None
        self._rules: dict[str, Any] = {}
        self._by: tuple[int, Qt.SortOrder] | None = None
        self.run, self.open = QPushButton(objectName="batch_run"), QPushButton(objectName="batch_open")
        self.say(self.run.setText, N_("批量研判…"))
        self.run.clicked.connect(lambda _checked=False: part.ask())
        self.say(self.open.setText, N_("打开成果…"))
        self.open.clicked.connect(lambda _checked=False: part.ask_open())
        self.verdicts = QComboBox(objectName="batch_verdicts")
        self.say(self.verdicts.setAccessibleName, N_("按结论筛选项目"))
        self.verdicts.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.verdicts.setMinimumContentsLength(9)
        self.verdicts.currentIndexChanged.connect(lambda _row: self.arrange())
        self.search = QLineEdit(objectName="batch_search", clearButtonEnabled=True)
        self.say(self.search.setPlaceholderText, N_("按编号、名称、单元筛选"))
        self.say(self.search.setAccessibleName, N_("筛选项目"))
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self.arrange)
        self.search.textChanged.connect(lambda _text: self._timer.start())
        self.drawn = QCheckBox(objectName="batch_drawn", checked=True)
        self.say(self.drawn.setText, N_("画在地图上"))
        self.drawn.toggled.connect(lambda _on: part.draw())
        self.count = QLabel(objectName="batch_count")
        self.view = QTableView(objectName="batch_table")
        self.say(self.view.setAccessibleName, N_("批量研判结果"))
        self.nothing = Nothing(self.view, N_("没有符合的项目"), lambda: self.model is not None and bool(len(self._frame))
                               and self.model.rowCount() == 0)
        self.view.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.ExtendedSelection)
        self.view.setAlternatingRowColors(True)
        self.view.setWordWrap(False)
        self.view.setTabKeyNavigation(False)
        self.view.verticalHeader().setVisible(False)
        self.view.verticalHeader().setDefaultSectionSize(23)
        header = self.view.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(-1, Qt.AscendingOrder)
        header.sectionClicked.connect(self._sort)
        self.view.doubleClicked.connect(lambda _index: part.zoom())
        self.outcomes = QTreeWidget(objectName="batch_outcomes")
        self.say(self.outcomes.setAccessibleName, N_("各条规则的结论"))
        self.outcomes.setRootIsDecorated(False)
        self.outcomes.setColumnCount(2)
        self.outcomes.setColumnWidth(0, 124)
        split = QSplitter(Qt.Horizontal, childrenCollapsible=False)
        split.addWidget(self.view)
        split.addWidget(self.outcomes)
        split.setSizes([820, 320])
        self.zoom, self.take, self.export = (QPushButton(objectName=f"batch_{name}") for name in ("zoom", "take", "export"))
        self.say(self.zoom.setText, N_("缩放到所选"))
        self.say(self.take.setText, N_("加入项目列表"))
        self.say(self.take.setToolTip, N_("把所选项目连同属性加入项目列表，逐条细看理由"))
        self.say(self.export.setText, N_("导出…"))
        for button, act in ((self.zoom, part.zoom), (self.take, part.take), (self.export, part.ask_export)):
            button.clicked.connect(lambda _checked=False, do=act: do())
        self.old = QLabel(objectName="batch_old", wordWrap=True)
        theme.tone(self.old, "doubt")
        self.old.hide()
        self.told = Elided(objectName="batch_told", textFormat=Qt.PlainText)
        theme.tone(self.told, "muted")
        self.told.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)  # a narrow window cuts it rather than grows
        for widget in (self.view, self.outcomes):
            widget.setMinimumSize(80, 46)
        top = Below((self.run, self.open, self.verdicts), (self.search, self.drawn), self.search)
        bottom = Below((self.count, self.told), (self.zoom, self.take, self.export), self.told)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addWidget(top)
        layout.addWidget(self.old)
        layout.addWidget(split, 1)
        layout.addWidget(bottom)
        self.retranslate()

    # -- words -----------------------------------------------------------------------------------------------------
    def retranslate(self) -> None:
        super().retranslate()
        self.outcomes.setHeaderLabels([_("结论"), _("规则")])
        if self.model is not None:
            self.model.retranslate()
        self._offer()
        self._picked()
        self._part.say_old()

    def _offer(self) -> None:
        chosen = self.verdicts.currentData() or ""
        self.verdicts.blockSignals(True)
        self.verdicts.clear()
        self.verdicts.addItem(_("全部结论"), "")
        if self._frame is not None:
            counts = self._frame["verdict"].astype(str).value_counts()
            for verdict in VERDICT_ORDER[:-1]:
                if int(counts.get(verdict, 0)):
                    old = self._part.old  # as the cells of those rows
                    self.verdicts.addItem(icon("doubtful") if old else verdict_icon(verdict),
                                          f"{marked(verdict, old)} {int(counts[verdict]):,}", verdict)
        self.verdicts.setCurrentIndex(max(0, self.verdicts.findData(chosen)))
        self.verdicts.view().setMinimumWidth(self.verdicts.view().sizeHintForColumn(0) + 24)  # its list, where the box itself is narrow
        self.verdicts.blockSignals(False)
        self._count()

    def _count(self) -> None:
        shown = self.model.rowCount() if self.model is not None else 0
        every = len(self._frame) if self._frame is not None else 0
        self.count.setText(_("{shown} / {all} 个项目").format(shown=f"{shown:,}", all=f"{every:,}"))

    # -- content ---------------------------------------------------------------------------------------------------
    def show_result(self, frame: Any, rules: dict[str, Any], told: str) -> None:
        """Show a result; ``None`` for none."""
        self._frame, self._rules, self._by = frame, rules, None
        former = self.model
        self.model = None if frame is None else BatchTable(frame, self, old=self._part.old)
        self.view.setModel(self.model)
        self.nothing.follow()
        if former is not None:
            former.deleteLater()
        self.view.horizontalHeader().setSortIndicator(-1, Qt.AscendingOrder)
        if self.model is not None:
            self.view.selectionModel().selectionChanged.connect(lambda *_both: self._picked())
            for column, name in enumerate(self.model.columns):
                wide = {"id": 90, "name": 190, "verdict": 140, "control_units": 190, "missing": 320}
                said = [str(self.model.headerData(column, Qt.Horizontal))]
                if name == "verdict":
                    said += [marked(one, True) + "    " for one in VERDICT_ORDER]  # its icon takes some room
                room = max(map(self.view.fontMetrics().horizontalAdvance, said)) + 24
                self.view.setColumnWidth(column, max(wide.get(name, 120), room))
        self.told.setText(told)
        self.told.setToolTip(plain_tip(told))  # where there is no room for all of it
        self._offer()
        self._picked()

    def _sort(self, column: int) -> None:
        falling = self._by == (column, Qt.AscendingOrder)
        self._by = None if self._by == (column, Qt.DescendingOrder) else (
            column, Qt.DescendingOrder if falling else Qt.AscendingOrder)
        self.view.horizontalHeader().setSortIndicator(*(self._by or (-1, Qt.AscendingOrder)))
        self.arrange()

    def arrange(self) -> None:
        """Sort and filter anew, in another thread where the window would have to wait."""
        self._timer.stop()
        model, verdict, text, by = self.model, self.verdicts.currentData() or "", self.search.text(), self._by
        if model is None:
            return

        def find(_report: Any = None) -> Any:
            import numpy as np

            only = np.flatnonzero((self._frame["verdict"].astype(str) == verdict).to_numpy()).tolist() if verdict else None
            return model.arrange(text, -1, by, only)

        def done(rows: Any) -> None:
            if self.model is model:
                kept = self.selected()
                model.show(rows, by)
                self.select(kept)
                self._count()
                self._part.draw()

        self._part.in_order(find, done, len(self._frame))

    def selected(self) -> list[int]:
        """Rows of the result that are selected."""
        if self.model is None:
            return []
        return [self.model.frame_row(index.row()) for index in self.view.selectionModel().selectedRows()]

    def select(self, rows: Sequence[int]) -> None:
        """Select rows of the result and bring the first into view."""
        if self.model is None:
            return
        chosen = QItemSelection()
        places = self.model.view_rows(rows).tolist()
        for row in places:
            chosen.select(self.model.index(row, 0), self.model.index(row, self.model.columnCount() - 1))
        self.view.selectionModel().select(chosen, QItemSelectionModel.ClearAndSelect)
        if places:
            self.view.selectionModel().setCurrentIndex(self.model.index(places[0], 0), QItemSelectionModel.NoUpdate)
            self.view.scrollTo(self.model.index(places[0], 0))

    def shown_rows(self) -> list[int]:
        """Rows of the result that pass the filter, in their order."""
        return [] if self.model is None else [self.model.frame_row(row) for row in range(self.model.rowCount())]

    def _picked(self) -> None:
        chosen = self.selected()
        self.zoom.setEnabled(bool(chosen))
        self.take.setEnabled(bool(chosen) and self._part.can_take())
        self.export.setEnabled(self.model is not None and bool(self.model.rowCount()))
        self.outcomes.clear()
        if chosen and self._frame is not None:
            found = []
            for name in self._frame.columns:
                verdict = self._frame[name].iloc[chosen[0]] if name.startswith("rule:") else None
                if verdict in VERDICT_ORDER[:-2]:  # what nobody minds is not listed
                    found.append((VERDICT_ORDER.index(verdict), name.removeprefix("rule:"), verdict))
            for _rank, rule, verdict in sorted(found):
                title = pick(self._rules[rule]) if rule in self._rules else rule
                item = QTreeWidgetItem([marked(verdict, self._part.old), title])
                item.setIcon(0, icon("doubtful") if self._part.old else verdict_icon(verdict))
                item.setToolTip(1, plain_tip(title))
                self.outcomes.addTopLevelItem(item)
            if self._part.old:  # else what makes the word of less worth would be cut off
                self.outcomes.setColumnWidth(0, max(self.outcomes.columnWidth(0), self.outcomes.sizeHintForColumn(0)))
        self._part.highlight(chosen)

    def say_old(self, words: str) -> None:
        """Say above the table and in its rows that it holds no more, and why; '' where it holds."""
        self.old.setVisible(bool(words))
        self.old.setText(words)
        if self.model is not None and self.model.old is not bool(words):
            self.model.set_old(bool(words))
            self._offer()
            self._picked()


class BatchPart(Part):
    """Batches of the open workspace."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._frame: Any = None
        self._source: Path | None = None
        self._out: Path | None = None
        self._drawn: list[int] = []
        self._grounds: dict[str, Any] = {}  # of the result that is shown
        self._inputs: list[Any] | None = None  # of one that was made here, with what its grounds do not name
        self.old = False
        self._later = QTimer(self, singleShot=True, interval=LATER_MS)
        self._later.timeout.connect(self.look)
        self.panel = BatchPanel(self)
        session = window.session
        session.opened.connect(lambda: self._take(None, {}, None, None, ""))
        for signal in (session.layersChanged, session.resultsChanged, session.undo_stack.indexChanged):
            signal.connect(lambda *_what: self._later.start())

    def docks(self) -> Sequence[tuple[str, str, QWidget, Qt.DockWidgetArea]]:
        return [("batch", N_("批量研判"), self.panel, Qt.BottomDockWidgetArea)]

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"batch": self.ask, "batch_table": self.show}

    def map_ready(self) -> None:
        self._window.map.overlayHit.connect(self._hit)
        self._window.docks["batch"].toggleViewAction().toggled.connect(lambda _on: self.draw())

    def menu_ready(self) -> None:
        self._window.day.dateChanged.connect(lambda _day: self._day_changed())
        self._window.files.saved.connect(self._later.start)
        self._window.rules.store.changed.connect(self._later.start)

    # -- whether it still holds ------------------------------------------------------------------------------------
    def _other_day(self) -> bool:
        return bool(self._grounds) and self._grounds.get("on") != self._window.on.isoformat()

    def _day_changed(self) -> None:
        if self._frame is not None and self._other_day():  # known at once; whether the rest is the same is asked
            self._now(True)
        self._later.start()

    def _now(self, old: bool) -> None:
        if old is not self.old:
            self.old = old
            self.say_old()
            self.draw()

    def look(self) -> None:
        """Ask in another thread whether the result that is shown is of what there is now."""
        frame = self._frame
        if frame is None or self._window.session.path is None:
            return
        is_old = self._looker()
        self._window.looks.ask("batch_holds", lambda _report: is_old(), lambda old: self._now(old) if self._frame is frame else None)

    def _looker(self) -> Callable[[], bool]:
        """What says, in another thread, whether the result that is shown holds no more."""
        window, path = self._window, self._window.session.path
        engine, folders, grounds, inputs = window.engine, list(window.settings.rule_folders), self._grounds, self._inputs
        other_day = self._other_day()
        return lambda: other_day or not engine.batch_holds(path, folders, grounds) or (
            inputs is not None and engine.inputs(path, folders) != inputs)

    def say_old(self) -> None:
        """Say above the table that what it shows holds no more."""
        if hasattr(self, "panel"):
            words = _("下表待重判：它的判定基准日是 {day}，现在的基准日、图层、规则或复核与那时不同，或者成果没有写明依据。请再运行一次。")
            if self._grounds.get("schema", BATCH_SCHEMA) != BATCH_SCHEMA:
                words = _("下表待重判：它是程序的另一版本写的，判定基准日是 {day}，其中没有查过的红线面积可能写成了 0。请再运行一次。")
            self.panel.say_old(words.format(day=self._grounds.get("on") or _("未知")) if self.old else "")

    def show(self) -> None:
        """Bring the panel to the front, tall enough for a few rows."""
        dock = self._window.docks["batch"]
        first = dock.isHidden()
        self._window.open_dock("batch")
        if first:
            self._window.resizeDocks([dock], [300], Qt.Vertical)
        self.draw()

    def in_order(self, find: Callable[..., Any], done: Callable[[Any], None], rows: int) -> None:
        """Here and now where there are few rows, else behind whatever else the window is doing."""
        if rows <= 5000:
            done(find())
        else:
            self._window.work.run(N_("筛选批量研判结果"), find, done)

    # -- judging ---------------------------------------------------------------------------------------------------
    def ask(self) -> BatchDialog | None:
        """Ask which projects; does not wait for the answer."""
        window = self._window
        if window.session.path is None:
            return None
        dialog = BatchDialog(window.session.path.parent, window.on, window)
        dialog.accepted.connect(lambda: self.judge(Path(dialog.source.text().strip()), Path(dialog.out.text().strip())))
        dialog.open()
        return dialog

    def judge(self, source: Path, out: Path) -> None:
        """Judge every project of a file by the law of the window's day, and show what came of it."""
        window, session = self._window, self._window.session
        path, on, folders, engine = session.path, window.on, window.settings.rule_folders, window.engine
        if path is None or ((session.pending_removals or session.pending_restores) and not window._save_removals()):  # noqa: SLF001
            return

        def work(report: Report) -> Any:
            before = engine.inputs(path, folders)
            done = engine.batch(path, source, out, on=on, folders=folders, report=report)
            return done, *engine.read_batch(path, out, folders), engine.inputs(path, folders) != before, engine.batch_grounds(out), before

        def finished(found: Any) -> None:
            done, frame, rules, changed, grounds, inputs = found
            text = _("{count} 个项目，判定基准日 {day}").format(count=f"{done.projects:,}", day=on.isoformat())
            if done.failed:
                text += " · " + _("{count} 个不能量算，见表").format(count=f"{done.failed:,}")
            if changed:  # the projects before it and those after it were judged by different data
                text += " · " + _("研判期间图层或规则有改动，请再运行一次")
                message.tell_error(window, _(
                    "批量研判期间工作区的图层、规则或复核有改动，成果前后依据不一，不能使用；请用同样的文件再运行一次。"))
            window.tell(_("批量研判完成：{what}。成果：{path}").format(what=text, path=out))
            if session.path == path:
                self._take(frame, rules, source, out, text, grounds, inputs)
                self.show()

        window.work.run(N_("批量研判"), work, finished, stopped=lambda: window.tell(
            _("批量研判已停止；做完的部分留着，用同样的文件再次运行会接着做。")), beside=True, wanted=True)

    def ask_open(self) -> None:
        """Choose a result that was written before, here or by the command line."""
        if self._window.session.path is None:
            return
        path = choose.file(self._window, _("打开批量研判成果"), "GeoParquet (*.parquet *.geoparquet)",
                           start=self._window.session.path.parent)
        if path is not None:
            self.open(path)

    def open(self, out: Path) -> None:
        """Show a result that was written before."""
        window, path = self._window, self._window.session.path
        engine, folders = window.engine, window.settings.rule_folders

        def done(found: Any) -> None:
            if window.session.path == path:
                frame, rules, grounds, old = found
                self._take(frame, rules, None, out, out.name, grounds, None, old)
                self.show()

        def work(_report: Any) -> Any:
            found, grounds = engine.read_batch(path, out, folders), engine.batch_grounds(out)
            return *found, grounds, grounds.get("on") != on or not engine.batch_holds(path, folders, grounds)

        on = window.on.isoformat()
        window.work.run(N_("打开批量研判成果"), work, done)

    def _take(self, frame: Any, rules: dict[str, Any], source: Path | None, out: Path | None, told: str,
              grounds: dict[str, Any] | None = None, inputs: list[Any] | None = None, old: bool = False) -> None:
        self._frame, self._source, self._out = frame, source, out
        self._grounds, self._inputs, self.old = grounds or {}, inputs, old
        complete_from = self._grounds.get("rule_set", {}).get("complete_from")
        if complete_from and self._grounds["on"] < complete_from:  # else nobody knew why nothing is clear
            told += " · " + messages.law_words(complete_from)
        self.panel.show_result(frame, rules, told)
        self.say_old()
        self.draw()
        self._later.start()  # something may have changed while it was read

    # -- the map ---------------------------------------------------------------------------------------------------
    def draw(self) -> None:
        """Draw the projects that the table shows, in the colours of their verdicts."""
        if self._window.map is None:
            return
        on = self.panel.drawn.isChecked() and self._window.docks["batch"].toggleViewAction().isChecked()
        self._drawn = sorted(self.panel.shown_rows()) if on and self._frame is not None else []
        shown = self._frame.iloc[self._drawn][["verdict", self._frame.geometry.name]] if self._drawn else None
        if shown is not None:
            shown = shown.assign(verdict=shown["verdict"].astype(str))
        self._window.map.set_overlay(OVERLAY, shown, _old_style() if self.old else _style(), _("批量研判结果"))

    def _hit(self, key: str, rows: list[int]) -> None:
        if key == OVERLAY:
            found = [self._drawn[row] for row in rows if row < len(self._drawn)]
            if found:
                self._window.show_dock("batch")
                self.panel.select(found)

    def _shapes(self, rows: Sequence[int]) -> list[Any]:
        shapes = [] if self._frame is None else [self._frame.geometry.iloc[row] for row in rows]
        return [shape for shape in shapes if shape is not None and not shape.is_empty]

    def highlight(self, rows: Sequence[int]) -> None:
        """Mark projects on the map."""
        shapes = self._shapes(rows[:200])
        if self._window.map is not None and shapes:
            self._window.map.highlight_shapes(shapes)

    def zoom(self) -> None:
        """Go to the selected projects."""
        shapes = self._shapes(self.panel.selected())
        if shapes and self._window.map is not None:
            self._window.map.zoom_to_shapes(shapes)

    # -- handing on ------------------------------------------------------------------------------------------------
    def can_take(self) -> bool:
        """Whether the file is known that the projects came from, with all that they say of themselves."""
        return self._source is not None

    def take(self) -> None:
        """Add the selected projects to the window's own, to see why of each."""
        rows, source, window = self.panel.selected(), self._source, self._window
        if source is None or not rows:
            return
        if len(rows) > MOST_PROJECTS:
            message.tell_error(window, _("一次最多加入 {count} 个项目。").format(count=f"{MOST_PROJECTS:,}"))
            return
        ids = {str(self._frame["id"].iloc[row]) for row in rows}
        engine, session, path = window.engine, window.session, window.session.path

        def done(sites: list[Any]) -> None:
            if session.path != path:
                return
            taken = {site.id for site in session.sites}
            fresh = [site for site in sites if site.id in ids and site.id not in taken]
            engine.settle(fresh, session)
            session.add_sites(fresh, "从批量研判加入项目")
            window.tell(_("已加入 {count} 个项目").format(count=f"{len(fresh):,}"))
            window.show_dock("projects")

        window.work.run(N_("读取项目"), lambda report: engine.read_projects(source, report), done)

    def ask_export(self) -> None:
        """Choose a file and write the rows that the table shows; those selected where several are."""
        kinds = choose.kinds_of([(_("Excel 表格"), ".xlsx"), ("CSV", ".csv"), (_("地图图层"), ".gpkg"), ("GeoJSON", ".geojson")])
        if self.old and not message.ask(self._window, _("结论已过时"), self.panel.old.text(), _("仍然导出")):
            return
        start = (self._out or self._window.session.path).with_suffix(".xlsx")
        path = choose.target(self._window, _("导出批量研判结果"), start.name, kinds, start=start.parent)
        if path is not None:
            self.export(path)

    def export(self, path: Path) -> None:
        """Write the rows shown, in the order shown, by the suffix of the file; those selected where several are.

        Each row says the day of the law that it was judged by, and each verdict whether it holds no more: a file goes its own way.
        """
        panel, model, frame = self.panel, self.panel.model, self._frame
        if model is None:
            return
        selected = panel.selected()
        rows = model.view_rows(selected).tolist() if len(selected) > 1 else list(range(model.rowCount()))
        rows = sorted(rows)
        of_frame = [model.frame_row(row) for row in rows]
        header = [*(str(model.headerData(column, Qt.Horizontal)) for column in range(model.columnCount())), _("判定基准日")]
        day, known, is_old = self._grounds.get("on") or _("未知"), self.old, self._looker()

        def work(report: Report) -> Path:
            old = known or is_old()  # something may have changed that the table does not say yet
            cells = []
            for number, row in enumerate(of_frame):
                if number % 500 == 0:
                    report.or_stop(number, len(rows))
                cells.append([*model.cells(row, old), day])
            if path.suffix.lower() in (".xlsx", ".csv"):
                from gui.table_files import write_table

                return write_table(path, header, cells)
            return _write_shapes(path, header, cells, frame.geometry.iloc[of_frame])

        def done(written: Path) -> None:
            self._window.tell(_("已导出 {path}").format(path=written))
            message.tell_done(self._window, _("批量研判结果已写好。"), written)

        self._window.work.run(N_("导出批量研判结果"), work, done, wanted=True)


def _write_shapes(path: Path, header: Sequence[str], cells: Sequence[Sequence[str | float | None]], shapes: Any) -> Path:
    """Rows and their shapes as a layer; nothing half-written is left."""
    import geopandas

    frame = geopandas.GeoDataFrame(dict(zip(header, zip(*cells, strict=True), strict=True)), geometry=shapes.to_numpy(), crs=shapes.crs)
    spare = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        if path.suffix.lower() == ".geojson":
            frame.to_crs(4326).to_file(spare, driver="GeoJSON", engine="pyogrio")
        else:
            frame.to_file(spare, driver="GPKG", engine="pyogrio", layer=path.stem)
        os.replace(spare, path)
    finally:
        spare.unlink(missing_ok=True)
    return path

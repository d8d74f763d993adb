"""Rules, the packs and documents that they come from, the distances that the law leaves open, and what differs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from html import escape
from pathlib import Path

from PyQt5 import sip
from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTabWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.dialogs import Below, choose, scrolling, sized
from gui.dialogs.parts import Said, Table, UndoButtons, of_things
from gui.dialogs.rule_packs import PacksTab
from gui.models.rows import Column, Rows
from gui.models.rule_store import Files, PackView, RuleStore, RuleView, read_folder
from gui.models.rule_words import (
    KINDS,
    document_status_words,
    haystack,
    pack_words,
    period_words,
    rule_html,
    rule_status,
    status_words,
)
from gui.resources.icons import verdict_icon
from gui.words import DIMENSIONS, FORCES, Speaker, listed
from rules.diff import diff
from rules.load import Pack, relations_of
from rules.model import Document, RuleError
from rules.ruleset import RuleSet
from sanxian import messages
from sanxian.i18n import N_, _, pick
from sanxian.rulebook import change_words, list_changes

TABS = (N_("规则一览"), N_("规则包"), N_("法律文件"), N_("距离参数"), N_("比较"))
NARROW, LOW = 900, 380  # pixels: list and text no longer stand side by side, if they can stand below each other
CHANGE_MARKS = {"added": "＋", "removed": "－", "tightened": "▲", "loosened": "▽"}


class RulesTab(QWidget, Speaker):
    """Every rule, found by words, id or document, and one of them in full."""

    def __init__(self, store: RuleStore, day: Callable[[], date], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store, self._day = store, day
        self._documents: dict[str, Document] = {}
        self._hay: dict[int, str] = {}
        self.search = QLineEdit(objectName="rule_search", clearButtonEnabled=True)
        self.say(self.search.setPlaceholderText, N_("查找规则的字词、编号或法律文件"))
        self.say(self.search.setAccessibleName, N_("查找规则的字词、编号或法律文件"))
        self.dimension, self.force, self.source = (
            QComboBox(objectName=f"rule_{name}") for name in ("dimension", "force", "source"))
        for combo in (self.dimension, self.force, self.source):  # as wide as the row has room; the list says all
            combo.setMinimumContentsLength(6)
            combo.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.in_force = QCheckBox(objectName="rule_in_force", checked=True)
        self.count = QLabel(objectName="rule_count")
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.count)
        sieve = QHBoxLayout()
        for text, combo in ((N_("维度"), self.dimension), (N_("效力"), self.force), (N_("来源"), self.source)):
            self.say(combo.setAccessibleName, text)
            self.say(combo.setToolTip, text)
            sieve.addWidget(combo, 1)
        sieve.addWidget(self.in_force)
        self.model = Rows((
            Column(N_("规则"), lambda one: pick(one.rule.title)),
            Column(N_("当日结论"), self._outcome, icon=self._outcome_icon),
            Column(N_("维度"), lambda one: messages.dimension_words(one.rule.dimension)),
            Column(N_("效力"), lambda one: messages.force_words(one.rule.force),
                   key=lambda one: FORCES.index(str(one.rule.force))),
            Column(N_("当日状态"), lambda one: status_words(self._status(one))),
            Column(N_("编号"), lambda one: one.rule.id),
        ), self)
        self.table = Table(self.model, "rule_table")
        self.say(self.table.setAccessibleName, N_("规则一览"))
        self.table.widths(215, 125, 120, 95, 110, 200)
        self.text = QTextBrowser(objectName="rule_text")
        self.text.setOpenLinks(False)
        self.say(self.text.setAccessibleName, N_("规则内容"))
        self.split = QSplitter(Qt.Horizontal, childrenCollapsible=False)
        self.split.addWidget(self.table)
        self.split.addWidget(self.text)
        self.split.setSizes([700, 480])
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addLayout(sieve)
        layout.addWidget(self.split, 1)
        self.search.textChanged.connect(self._filter)
        for combo in (self.dimension, self.force, self.source):
            combo.currentIndexChanged.connect(self._filter)
        self.in_force.toggled.connect(self._filter)
        self.table.selectionModel().currentRowChanged.connect(lambda *_what: self._show())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        tall = self.width() < NARROW and self.height() > LOW  # one below the other, where there is room for that only
        if (self.split.orientation() == Qt.Vertical) != tall:
            self.split.setOrientation(Qt.Vertical if tall else Qt.Horizontal)
            self.split.setSizes([1, 1] if tall else [700, 480])

    def _status(self, view: RuleView) -> str:
        return rule_status(view.rule, self._documents, self._day())

    def _outcome(self, view: RuleView) -> str:
        version = view.rule.on(self._day())
        return messages.short_verdict(version.outcome) if version is not None else "–"

    def _outcome_icon(self, view: RuleView) -> object:
        version = view.rule.on(self._day())
        return verdict_icon(str(version.outcome)) if version is not None else None

    def show_packs(self, packs: list[PackView]) -> None:
        """Show the rules of these packs."""
        chosen = self.chosen()
        self._documents = self._store.documents(packs)
        self._hay.clear()
        former = self.source.currentData()
        self.source.blockSignals(True)
        self.source.clear()
        self.source.addItem(_("全部来源"), "")
        for view in packs:
            self.source.addItem(pack_words(view), f"{view.kind}/{view.name}")
        self.source.setCurrentIndex(max(0, self.source.findData(former)))
        self.source.blockSignals(False)
        self.model.set_items(self._store.rules(packs))
        self._filter()
        if chosen is not None:
            self.show_rule(chosen.rule.id)

    def day_changed(self) -> None:
        """The law of another day counts."""
        self.say_day()
        self._filter()

    def say_day(self) -> None:
        """Say which day it is."""
        self.in_force.setText(_("只看 {day} 施行的").format(day=self._day().isoformat()))

    def retranslate(self) -> None:
        super().retranslate()
        self.say_day()
        self._hay.clear()
        for combo, every, keys, speak in (
            (self.dimension, N_("全部维度"), DIMENSIONS, messages.dimension_words),
            (self.force, N_("全部效力"), FORCES, messages.force_words),
        ):
            former = combo.currentData()
            combo.blockSignals(True)
            combo.clear()
            combo.addItem(_(every), "")
            for key in keys:
                combo.addItem(speak(key), key)
            combo.setCurrentIndex(max(0, combo.findData(former)))
            combo.blockSignals(False)
        if self.source.count():
            self.source.setItemText(0, _("全部来源"))
            self.source.setItemText(1, _(KINDS["builtin"]))
        self.model.retranslate()
        self._filter()

    def _filter(self, *_args: object) -> None:
        chosen = self.chosen()
        needles = self.search.text().casefold().split()
        dimension, force, source = (one.currentData() or "" for one in (self.dimension, self.force, self.source))
        only = self.in_force.isChecked()

        def wanted(view: RuleView) -> bool:
            if (dimension and str(view.rule.dimension) != dimension or force and str(view.rule.force) != force
                    or source and source != f"{view.source.kind}/{view.source.name}"
                    or only and (self._status(view) != "in_force" or not view.source.enabled)):
                return False
            if needles and id(view.rule) not in self._hay:
                self._hay[id(view.rule)] = haystack(view, self._documents)
            return all(needle in self._hay[id(view.rule)] for needle in needles)

        self.model.set_filter(wanted)
        self.count.setText(_("{shown} / {all} 条").format(shown=f"{self.model.rowCount():,}", all=f"{len(self.model.items):,}"))
        row = self.model.row_of(lambda one: one.rule is chosen.rule) if chosen is not None else -1
        self.table.pick_row(max(0, row))
        self._show()

    def chosen(self) -> RuleView | None:
        """The selected rule."""
        return next(iter(self.table.chosen()), None)

    def show_rule(self, rule: str) -> None:
        """Select the rule of that id, if it is shown."""
        row = self.model.row_of(lambda one: one.rule.id == rule)
        if row >= 0:
            self.table.pick_row(row)

    def _show(self) -> None:
        view = self.chosen()
        self.text.setHtml(rule_html(view, self._documents, self._day()) if view is not None
                          else f"<p>{escape(_('没有符合筛选条件的规则。'))}</p>")


class DocumentsTab(QWidget, Speaker):
    """The documents that rules stand on, and whether each is in force on the day."""

    def __init__(self, day: Callable[[], date], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._day = day
        self._titles: dict[str, Document] = {}
        self.search = QLineEdit(objectName="document_search", clearButtonEnabled=True)
        self.say(self.search.setPlaceholderText, N_("查找文件名、文号或机关"))
        self.say(self.search.setAccessibleName, N_("查找文件名、文号或机关"))
        self.count = QLabel()
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.count)
        self.model = Rows((
            Column(N_("文件名称"), lambda one: pick(one.title)),
            Column(N_("当日状态"), lambda one: document_status_words(one, self._day())),
            Column(N_("文号"), lambda one: one.number),
            Column(N_("发布机关"), lambda one: one.issuer),
            Column(N_("公布"), lambda one: one.issued.isoformat() if one.issued else ""),
            Column(N_("施行期间"), lambda one: period_words(one.in_force_from, one.in_force_until),
                   key=lambda one: one.in_force_from),
            Column(N_("由何文件取代"), self._successor),
            Column(N_("网址"), lambda one: one.url),
        ), self, top=True)
        self.table = Table(self.model, "document_table", wrap=True)
        self.say(self.table.setAccessibleName, N_("法律文件"))
        self.table.widths(230, 110, 130, 140, 100, 205, 150, 120)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        self.search.textChanged.connect(self._filter)

    def _successor(self, document: Document) -> str:
        if not document.repealed_by:
            return ""
        found = self._titles.get(document.repealed_by)
        return pick(found.title) if found is not None else document.repealed_by

    def show_documents(self, documents: dict[str, Document]) -> None:
        """Show these."""
        self._titles = documents
        self.model.set_items(documents.values())
        self._filter()

    def retranslate(self) -> None:
        super().retranslate()
        self.model.retranslate()
        self._filter()

    def _filter(self, *_args: object) -> None:
        needle = self.search.text().strip().casefold()
        self.model.set_filter(lambda one: needle in " ".join(
            (one.key, *one.title.values(), one.number, one.issuer)).casefold())
        self.count.setText(_("{shown} / {all} 份").format(shown=f"{self.model.rowCount():,}", all=f"{len(self.model.items):,}"))


class ParametersTab(QWidget, Speaker):
    """Distances that the law does not give; what is not set leaves its rules undetermined."""

    def __init__(self, store: RuleStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.boxes: dict[str, QDoubleSpinBox] = {}
        self._labels: dict[str, QLabel] = {}
        self._uses: dict[str, list[RuleView]] = {}
        self._notes: dict[str, QLabel] = {}
        self.intro = QLabel(wordWrap=True)
        self.say(self.intro.setText, N_(
            "法律只说“周边”“附近”而没有给出距离的，由使用者按当地口径设定。没有设定时，相关规则为资料不足；自带的规则由此只得出提示或有条件，不会是禁止。"))
        self.said = Said()
        self._grid = QGridLayout()
        self._grid.setColumnStretch(2, 1)
        self._grid.setVerticalSpacing(8)
        inner = QWidget()
        inner_layout = QVBoxLayout(inner)
        inner_layout.addLayout(self._grid)
        inner_layout.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.addWidget(self.intro)
        layout.addWidget(area, 1)
        layout.addWidget(self.said)

    def show_packs(self, packs: list[PackView]) -> None:
        """Show every distance that any rule asks for, and what is set."""
        self._uses = {name: [] for name in messages.PARAMETERS}
        for view in self._store.rules(packs):
            for name in sorted({one.parameter for one in relations_of([view.rule]) if one.parameter}):
                self._uses.setdefault(name, []).append(view)
        for name in self._uses:
            if name not in self.boxes:
                self._add(name)
        self.show_values()
        self._say_uses()

    def _add(self, name: str) -> None:
        row = len(self.boxes)
        box = QDoubleSpinBox(objectName=f"parameter_{name}", maximum=999_999.0, decimals=1, singleStep=50.0)
        box.setKeyboardTracking(False)
        box.setMinimumWidth(150)
        box.setFocusPolicy(Qt.StrongFocus)
        label, note = QLabel(wordWrap=True), QLabel(wordWrap=True)
        label.setBuddy(box)
        theme.tone(note, "muted")
        box.valueChanged.connect(lambda value, one=name: self._set(one, value))
        self.boxes[name], self._labels[name], self._notes[name] = box, label, note
        for column, widget in enumerate((label, box, note)):
            self._grid.addWidget(widget, row, column)
        self._grid.setColumnMinimumWidth(0, 300)

    def show_values(self) -> None:
        """Show what is set now."""
        values = self._store.parameters()
        for name, box in self.boxes.items():
            box.blockSignals(True)
            box.setValue(values.get(name, 0.0))
            box.blockSignals(False)
            box.setEnabled(self._store.open)

    def _say_uses(self) -> None:
        for name, box in self.boxes.items():
            text = _(messages.PARAMETERS.get(name, name))
            self._labels[name].setText(text)
            box.setAccessibleName(text)
            box.setSpecialValueText(_("未设定"))
            box.setSuffix(_(" 米"))
            rules = listed(pick(view.rule.title) for view in self._uses.get(name, ()))
            self._notes[name].setText(_("用于：{rules}").format(rules=rules) if rules else _("没有规则用到"))

    def retranslate(self) -> None:
        super().retranslate()
        self._say_uses()
        self.said.tell("")

    def _set(self, name: str, value: float) -> None:
        said = _("{what}：{value}").format(what=_(messages.PARAMETERS.get(name, name)),
                                          value=messages.distance_words(value) if value else _("未设定"))
        told = self.said.when_written(said)

        def written(well: bool) -> None:
            told(well)
            if not well and not sip.isdeleted(self):
                self.show_values()

        self._store.set_parameter(name, value or None, written)


class DiffTab(QWidget, Speaker):
    """What changed from one pack to another."""

    def __init__(self, store: RuleStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._folders: list[PackView] = []
        self._packs: list[PackView] = []
        self.old, self.new = (QComboBox(objectName=f"diff_{name}") for name in ("old", "new"))
        row = QHBoxLayout()
        for text, combo in ((N_("旧(&O)"), self.old), (N_("新(&W)"), self.new)):
            label = QLabel()
            label.setBuddy(combo)
            self.say(label.setText, text)
            self.say(combo.setAccessibleName, lambda one=text: _(one).split("(")[0].replace("&", ""))
            row.addWidget(label)
            row.addWidget(combo, 1)
            combo.currentIndexChanged.connect(self.compare)
        self.folder = QPushButton(objectName="diff_folder", autoDefault=False)
        self.say(self.folder.setText, N_("加入文件夹…"))
        self.folder.clicked.connect(lambda _checked=False: self.ask_folder())
        row.addWidget(self.folder)
        self.said = Said()
        self.summary = QLabel(objectName="diff_summary", wordWrap=True)
        self.list = QListWidget(objectName="diff_list", wordWrap=True, alternatingRowColors=True)
        self.say(self.list.setAccessibleName, N_("差别"))
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.said)
        layout.addWidget(self.summary)
        layout.addWidget(self.list, 1)

    def show_packs(self, packs: list[PackView]) -> None:
        """Offer these."""
        self._packs = [view for view in packs if view.pack is not None]
        everything = [*self._packs, *self._folders]
        for combo in (self.old, self.new):
            former = combo.currentText()
            combo.blockSignals(True)
            combo.clear()
            for view in everything:
                combo.addItem(self._words(view), view)
            combo.setCurrentIndex(max(0, combo.findText(former)))
            combo.blockSignals(False)
        self.compare()

    @staticmethod
    def _words(view: PackView) -> str:
        return f"{pack_words(view)} [{_(KINDS[view.kind])}]" if view.kind != "builtin" else pack_words(view)

    def retranslate(self) -> None:
        super().retranslate()
        for combo in (self.old, self.new):
            for i in range(combo.count()):
                combo.setItemText(i, self._words(combo.itemData(i)))
        self.said.tell("")
        self.compare()

    def ask_folder(self) -> None:
        """Choose the folder of another pack."""
        folder = choose.folder(self, _("选择规则包目录"))
        if folder is not None:
            self.add_folder(folder)

    def add_folder(self, folder: Path) -> None:
        """Offer a folder's pack; it is only compared, not taken in."""
        files: Files = {}
        try:
            files = read_folder(folder)
            read = self._store.parse(folder.name, files)
        except (RuleError, OSError) as error:
            read = error
        if not isinstance(read, Pack):
            why = messages.words(read) if isinstance(read, RuleError) else _("文件不能读写：{why}").format(why=read)
            self.said.tell(why, wrong=True)
            return
        self.said.tell("")
        self._folders.append(PackView(str(folder), "folder", True, read, None, files, str(folder)))
        self.show_packs(self._packs)
        self.new.setCurrentIndex(self.new.count() - 1)

    def compare(self, *_args: object) -> None:
        """Say what differs."""
        self.list.clear()
        old, new = self.old.currentData(), self.new.currentData()
        if old is None or new is None:
            self.summary.clear()
            return
        if (old.kind, old.name) == (new.kind, new.name):
            self.summary.setText(_("请选择两个不同的规则包。"))
            return
        known = self._store.documents([*self._packs, *self._folders])
        sets = [RuleSet(view.pack.rules, view.pack.access_lists, {**known, **view.pack.documents}, view.pack.sha256)
                for view in (old, new)]  # fmt: skip
        changes = diff(*sets) + list_changes(*sets)
        self.list.addItems([f"{CHANGE_MARKS.get(one.kind, '≠')} {change_words(one)}" for one in changes])
        self.summary.setText(_("{count} 处差别").format(count=f"{len(changes):,}") if changes else _("没有差别。"))


class RuleManager(QDialog, Speaker):
    """Stands beside the window and follows its day.

    Args:
        store: Rules, packs and parameters.
        day: Gives the day whose law counts.

    Signals:
        reviewAsked: Review the clauses of the pack of that name.
    """

    reviewAsked = pyqtSignal(str)

    def __init__(self, store: RuleStore, day: Callable[[], date], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setObjectName("rule_manager")
        self.setWindowFlag(Qt.WindowMaximizeButtonHint)
        sized(self, 1240, 680)
        self.say(self.setWindowTitle, N_("规则管理"))
        self._day = day
        self.conflict = Said()
        self.rules = RulesTab(store, day)
        self.packs = PacksTab(store, day)
        self.documents = DocumentsTab(day)
        self.parameters = ParametersTab(store)
        self.diff = DiffTab(store)
        self.tabs = QTabWidget(objectName="rule_tabs")
        for widget in (self.rules, self.packs, self.documents, self.parameters, self.diff):
            self.tabs.addTab(scrolling(widget), "")
        undo = UndoButtons(store.session, self, of_things("pack:", "state:parameters", "state:packs_off"))
        close = QPushButton(objectName="rules_close", autoDefault=False)
        self.say(close.setText, N_("关闭"))
        close.clicked.connect(self.close)
        self.day_label = QLabel(objectName="rules_day")
        layout = QVBoxLayout(self)
        layout.addWidget(self.conflict)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(Below((self.day_label,), (undo, close)))
        self.packs.reviewAsked.connect(self.reviewAsked)
        # several changes in one go are shown once
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.show_packs)
        store.changed.connect(self._later.start)
        self.show_packs()
        self.retranslate()
        self.rules.search.setFocus()

    def show_packs(self) -> None:
        """Show everything as it now is."""
        self._later.stop()
        packs = self._store.packs()
        clash = self._store.conflict(packs)
        self.conflict.tell(_("研判会因规则包出错而停止：{why}").format(why=messages.words(clash)) if clash is not None else "",
                           wrong=True)
        self.packs.show_packs(packs)
        self.rules.show_packs(packs)
        self.documents.show_documents(self._store.documents(packs))
        self.parameters.show_packs(packs)
        self.diff.show_packs(packs)

    def day_changed(self, *_args: object) -> None:
        """The window's day is another now."""
        self.rules.day_changed()
        self.documents.retranslate()
        self._say_day()

    def _say_day(self) -> None:
        self.day_label.setText(_("判定基准日 {day}（在主窗口中选择）").format(day=self._day().isoformat()))

    def retranslate(self) -> None:
        super().retranslate()
        for widget in (self.rules, self.packs, self.documents, self.parameters, self.diff):
            widget.retranslate()
        for i, text in enumerate(TABS):
            self.tabs.setTabText(i, _(text))
        self._say_day()

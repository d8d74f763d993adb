"""A person reads the clauses of an access list beside what the program read of them, and decides."""

from __future__ import annotations

from collections import Counter
from datetime import date
from html import escape
from pathlib import Path

from PyQt5.QtCore import QDate, Qt
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.day import DayEdit
from gui.dialogs import Below, choose, scrolling, sized
from gui.dialogs.parts import Listing, Said, Table, UndoButtons, of_things, patience
from gui.models.clause_table import (
    NATURES,
    STATUSES,
    ClauseTable,
    industries,
    industry_words,
    nature_words,
    outcome_words,
    reading_words,
    status_words,
)
from gui.models.rule_store import RuleStore, with_clauses
from gui.words import Speaker
from rules.model import AccessList, Clause
from sanxian import messages
from sanxian.access_list.errors import AccessListError
from sanxian.access_list.grammar import NATURE_WORDS, OUTCOME_WORDS
from sanxian.access_list.review import decide, export_review, import_review
from sanxian.i18n import N_, _, pick

KEEP, ANY, THESE = "keep", "any", "these"
CHOICES = ((KEEP, N_("沿用建议")), (ANY, N_("不限")), (THESE, N_("指定")))
NO_LIMIT = "不限"  # as the review workbook has it


class ClauseReview(QDialog, Speaker):
    """The clauses of one list of the workspace at a time.

    Args:
        store: Lists come from it, decisions go to it.
        today: The day that the date of the review starts with.
        pack: Name of the pack to begin with.
    """

    def __init__(self, store: RuleStore, today: date, parent: QWidget | None = None, *, pack: str = "") -> None:
        super().__init__(parent)
        self._store = store
        self._where: tuple[str, str] = ("", "")
        self.access_list: AccessList | None = None
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setObjectName("clause_review")
        self.setWindowFlag(Qt.WindowMaximizeButtonHint)
        sized(self, 1240, 700)
        self.say(self.setWindowTitle, N_("准入清单条款审核"))
        self._build_filters()
        self.model = ClauseTable(self)
        self.table = Table(self.model, "clause_table", wrap=True, many=True)
        self.say(self.table.setAccessibleName, N_("条款"))
        self.table.widths(125, 85, 130, 280, 95, 125, 245, 125, 90, 80)
        self.table.selectionModel().selectionChanged.connect(lambda *_what: self._show_chosen())
        self._build_decision(today)
        self.said = Said()
        self.count = QLabel(objectName="clause_count")
        undo = UndoButtons(store.session, self, of_things("pack:"))
        self.export_button = self._button(N_("导出审核表…"), "clause_export", self.ask_export)
        self.import_button = self._button(N_("导入审核表…"), "clause_import", self.ask_import)
        close = self._button(N_("关闭"), "clause_close", self.close)
        self.split = QSplitter(Qt.Vertical, childrenCollapsible=False)
        self.split.addWidget(self.table)
        self.split.addWidget(self.lower)
        self.split.setStretchFactor(0, 3)
        self.split.setStretchFactor(1, 1)
        self.split.setSizes([360, 260])
        content = QVBoxLayout()
        content.addLayout(self.filters)
        content.addWidget(self.split, 1)
        layout = QVBoxLayout(self)
        layout.addWidget(scrolling(content), 1)
        layout.addWidget(self.said)
        layout.addWidget(Below((self.count,), (undo, self.export_button, self.import_button, close)))
        store.changed.connect(self._changed)
        self.retranslate()
        self._fill_lists(pack)
        self.table.setFocus()

    # -- parts -----------------------------------------------------------------------------------------------------
    def _button(self, text: str, name: str, act: object, tip: str = "") -> QPushButton:
        button = QPushButton(objectName=name, autoDefault=False)
        self.say(button.setText, text)
        if tip:
            self.say(button.setToolTip, tip)
        button.clicked.connect(lambda _checked=False: act())
        return button

    def _build_filters(self) -> None:
        self.lists = QComboBox(objectName="clause_list", minimumContentsLength=18)
        self.status = QComboBox(objectName="clause_status")
        self.unit = QComboBox(objectName="clause_unit", maxVisibleItems=20, minimumContentsLength=18)
        for combo in (self.lists, self.status, self.unit):
            combo.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.status.setMinimumContentsLength(14)
        self.search = QLineEdit(objectName="clause_search", clearButtonEnabled=True)
        self.say(self.search.setPlaceholderText, N_("查找原文、单元、出处或行业代码"))
        self.say(self.search.setAccessibleName, N_("查找原文、单元、出处或行业代码"))
        self.filters = QHBoxLayout()
        for text, widget in ((N_("清单(&L)"), self.lists), (N_("状态(&S)"), self.status), (N_("单元(&U)"), self.unit)):
            label = QLabel()
            label.setBuddy(widget)
            self.say(label.setText, text)
            self.say(widget.setAccessibleName, lambda one=text: _(one).split("(")[0].replace("&", ""))
            self.filters.addWidget(label)
            self.filters.addWidget(widget, 1)
        self.filters.addWidget(self.search, 2)
        self.lists.currentIndexChanged.connect(self._list_chosen)
        self.status.currentIndexChanged.connect(self._filter)
        self.unit.currentIndexChanged.connect(self._filter)
        self.search.textChanged.connect(self._filter)

    def _build_decision(self, today: date) -> None:
        self.text = QTextBrowser(objectName="clause_text")
        self.say(self.text.setAccessibleName, N_("所选条款"))
        self.reviewer = QLineEdit(objectName="clause_reviewer")
        self.day = DayEdit(QDate(today.year, today.month, today.day), objectName="clause_day")
        self.note = QLineEdit(objectName="clause_note")
        self.outcome = QComboBox(objectName="clause_outcome")
        for verdict in OUTCOME_WORDS:
            self.outcome.addItem("", str(verdict))
        self.nature_choice = QComboBox(objectName="clause_nature_choice")
        self.industry_choice = QComboBox(objectName="clause_industry_choice")
        self.natures = {key: QCheckBox(objectName=f"clause_nature_{key}") for key in NATURES}
        self.industries = QLineEdit(objectName="clause_industries")
        self.say(self.industries.setPlaceholderText, N_("如 C26；C2521"))
        self.say(self.industries.setAccessibleName, N_("所涉行业"))
        for combo in (self.nature_choice, self.industry_choice):
            for key, _text in CHOICES:
                combo.addItem("", key)
            combo.currentIndexChanged.connect(self._enable)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        who = QHBoxLayout()
        who.addWidget(self.reviewer, 2)
        day_label = QLabel()
        self.say(day_label.setText, N_("日期(&D)"))
        day_label.setBuddy(self.day)
        who.addWidget(day_label)
        who.addWidget(self.day)
        self._row(form, N_("审核人(&P)"), who, self.reviewer)
        self._row(form, N_("说明(&N)"), self.note, self.note)
        self.say(self.day.setAccessibleName, N_("审核日期"))
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(3)
        heading = QLabel()
        heading.setStyleSheet("font-weight: 600;")
        self.say(heading.setText, N_("更正时改为："))
        boxes = QHBoxLayout()
        boxes.setSpacing(6)
        for key, box in self.natures.items():
            self.say(box.setText, NATURES[key])
            boxes.addWidget(box)
        boxes.addStretch(1)
        for row, (text, widget, more) in enumerate((
            (N_("结论"), self.outcome, None), (N_("建设性质"), self.nature_choice, boxes),
            (N_("所涉行业"), self.industry_choice, self.industries),
        )):
            label = QLabel()
            self.say(label.setText, text)
            label.setBuddy(widget)
            self.say(widget.setAccessibleName, lambda one=text: _("更正：{what}").format(what=_(one)))
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1)
            if isinstance(more, QWidget):
                grid.addWidget(more, row, 2)
            elif more is not None:
                grid.addLayout(more, row, 2)
        grid.setColumnStretch(2, 1)
        self.confirm = self._button(N_("确认(&C)"), "clause_confirm", lambda: self._decide("确认"),
                                    N_("同意建议的结论和读出的条件"))
        self.correct = self._button(N_("更正(&R)"), "clause_correct", self._correct, N_("按“更正为”改写所选条款"))
        self.manual = self._button(N_("转人工(&M)"), "clause_manual", lambda: self._decide("人工"),
                                   N_("这一条不由程序判断，每个项目都由人对照原文"))
        buttons = QHBoxLayout()
        for button in (self.confirm, self.correct, self.manual):
            buttons.addWidget(button)
        right = QWidget()
        box = QVBoxLayout(right)
        box.setContentsMargins(0, 0, 0, 0)
        box.addLayout(form)
        box.addWidget(heading)
        box.addLayout(grid)
        box.addLayout(buttons)
        box.addStretch(1)
        self.lower = QSplitter(Qt.Horizontal, childrenCollapsible=False)
        self.lower.addWidget(self.text)
        self.lower.addWidget(right)
        self.lower.setStretchFactor(0, 3)
        self.lower.setStretchFactor(1, 2)

    def _row(self, form: QFormLayout, text: str, field: object, buddy: QWidget) -> None:
        label = QLabel()
        label.setBuddy(buddy)
        self.say(label.setText, text)
        self.say(buddy.setAccessibleName, lambda: _(text).split("(")[0].replace("&", ""))
        form.addRow(label, field)

    def retranslate(self) -> None:
        super().retranslate()
        for i in range(self.outcome.count()):
            self.outcome.setItemText(i, messages.marked_verdict(self.outcome.itemData(i)))
        for combo in (self.nature_choice, self.industry_choice):
            for i, (_key, text) in enumerate(CHOICES):
                combo.setItemText(i, _(text))
        self.model.retranslate()
        for i in range(self.lists.count()):
            self.lists.setItemText(i, self._list_words(i))
        self._fill_filters()
        self._enable()
        self._show_chosen()
        self.said.tell("")

    # -- which list ------------------------------------------------------------------------------------------------
    def _fill_lists(self, pack: str = "") -> None:
        wanted = (pack, "") if pack else self._where
        self.lists.blockSignals(True)
        self.lists.clear()
        for name, file, access_list in self._store.lists():
            self.lists.addItem("", (name, file, access_list))
            self.lists.setItemText(self.lists.count() - 1, self._list_words(self.lists.count() - 1))
            if name == wanted[0] and wanted[1] in ("", file):
                self.lists.setCurrentIndex(self.lists.count() - 1)
        self.lists.blockSignals(False)
        self._list_chosen()

    def _list_words(self, index: int) -> str:
        name, _file, access_list = self.lists.itemData(index)
        return f"{pick(access_list.title)} [{name}]"

    def _list_chosen(self, *_args: object) -> None:
        data = self.lists.currentData()
        former = self.unit.currentData()
        if data is None:
            self.access_list, self._where = None, ("", "")
            self.model.set_items(())
            self.said.tell(_("工作区里没有准入清单。先在“规则管理”里导入公布的清单。"), wrong=True)
        else:
            name, file, self.access_list = data
            self._where = (name, file)
            self.model.set_list(self.access_list)
        self._fill_filters(former)
        self._filter()
        self.table.pick_row(0)

    def _fill_filters(self, unit: str | None = None) -> None:
        clauses = self.access_list.clauses if self.access_list is not None else ()
        count = Counter(clause.status for clause in clauses)
        status, unit = self.status.currentData(), unit if unit is not None else self.unit.currentData()
        for combo in (self.status, self.unit):
            combo.blockSignals(True)
            combo.clear()
        self.status.addItem(_("全部（{count}）").format(count=f"{len(clauses):,}"), "")
        for one in STATUSES:
            self.status.addItem(_("{status}（{count}）").format(status=_(STATUSES[one]), count=f"{count[one]:,}"), one)
        self.unit.addItem(_("全部单元"), "")
        for code, about in sorted(self.access_list.units.items() if self.access_list is not None else ()):
            self.unit.addItem(f"{code} {about.get('name', '')}".strip(), code)
        for combo, value in ((self.status, status), (self.unit, unit)):
            combo.setCurrentIndex(max(0, combo.findData(value)))
            combo.blockSignals(False)

    def _filter(self, *_args: object) -> None:
        status, unit = self.status.currentData() or "", self.unit.currentData() or ""
        needle = self.search.text().strip().casefold()
        self.model.set_filter(lambda clause: self.model.wanted(clause, status, unit, needle))
        self._show_chosen()

    def _changed(self) -> None:
        """Clauses were decided, here or by undo, or other packs came or went."""
        now = self._store.lists()
        before = [self.lists.itemData(i)[:2] for i in range(self.lists.count())]
        if [one[:2] for one in now] != before:
            self._fill_lists()
            return
        for i, data in enumerate(now):
            self.lists.setItemData(i, data)
        data = self.lists.currentData()
        if data is None or data[2] is self.access_list:
            return
        row = min((index.row() for index in self.table.selectionModel().selectedRows()), default=0)
        ids = {clause.id for clause in self.table.chosen()}
        self.access_list = data[2]
        self.model.replace_list(self.access_list)
        self._fill_filters()
        if self.status.currentData():
            self._filter()  # what is decided leaves the rows that wait: the next ones come up
            again = self.model.row_of(lambda clause: clause.id in ids)
            self.table.pick_row(again if again >= 0 else min(row, self.model.rowCount() - 1))
        self._show_chosen()

    # -- one or some -----------------------------------------------------------------------------------------------
    def _show_chosen(self) -> None:
        if not hasattr(self, "count"):
            return
        chosen = self.table.chosen()
        everything = len(self.access_list.clauses) if self.access_list is not None else 0
        self.count.setText(_("显示 {shown} / {all} 条，已选 {chosen} 条").format(
            shown=f"{self.model.rowCount():,}", all=f"{everything:,}", chosen=f"{len(chosen):,}"))
        if len(chosen) == 1:
            self.text.setHtml(self._html(chosen[0]))
        else:
            said = _("已选 {count} 条，意见将用于每一条。").format(count=f"{len(chosen):,}") if chosen else _("选择要审核的条款。")
            self.text.setHtml(f"<p>{escape(said)}</p>")
        self._enable()

    def _html(self, clause: Clause) -> str:
        reading = clause.reading
        lines = [
            (_("审核状态"), status_words(clause)), (_("管控单元"), self.model.unit_words(clause)),
            (_("维度"), messages.dimension_words(clause.dimension)), (_("出处"), clause.provenance),
            (_("建议结论"), outcome_words(clause)), (_("读出的条件"), reading_words(clause)),
            (_("建设性质"), nature_words(clause)), (_("所涉行业"), self._named(industry_words(clause), clause)),
            (_("怎样读出"), str(reading.get("words", ""))),
            (_("审核"), " ".join(str(reading[key]) for key in ("decision", "reviewer", "reviewed_on", "review_note")
                               if reading.get(key))),
        ]
        rows = "".join(f"<tr><td style='color:{theme.muted()};padding-right:8px;white-space:nowrap'>{escape(name)}</td>"
                       f"<td>{escape(said)}</td></tr>" for name, said in lines if said)
        text = escape(clause.text).replace("\n", "<br>")
        return f"<p style='margin:0 0 6px 0'><b>{text}</b></p><table cellspacing='0'>{rows}</table>"

    @staticmethod
    def _named(codes: str, clause: Clause) -> str:
        from layers.codelist import find

        names = [f"{code} {entry.name}" if (entry := find(str(code))) is not None else str(code)
                 for code in industries(clause)]
        return "；".join(names) if names else codes

    def _enable(self, *_args: object) -> None:
        some = bool(self.table.selectionModel().selectedRows())
        for button in (self.confirm, self.correct, self.manual):
            button.setEnabled(some)
        for box in self.natures.values():
            box.setEnabled(self.nature_choice.currentData() == THESE)
        self.industries.setEnabled(self.industry_choice.currentData() == THESE)
        for button in (self.export_button, self.import_button):
            button.setEnabled(self.access_list is not None)

    # -- deciding --------------------------------------------------------------------------------------------------
    def _correct(self) -> None:
        natures = {KEEP: "", ANY: NO_LIMIT}.get(
            self.nature_choice.currentData(), "、".join(NATURE_WORDS[key] for key, box in self.natures.items() if box.isChecked()))
        industries = {KEEP: "", ANY: NO_LIMIT}.get(self.industry_choice.currentData(), self.industries.text().strip())
        for choice, given, what in ((self.nature_choice, natures, N_("建设性质")), (self.industry_choice, industries, N_("所涉行业"))):
            if choice.currentData() == THESE and not given:
                self.said.tell(_("选了“指定”，却没有写{what}。").format(what=_(what)), wrong=True)
                return
        if self.industry_choice.currentData() == THESE and (unknown := self._unknown(industries)):
            self.said.tell(_("GB/T 4754-2017 中没有代码“{code}”").format(code=unknown), wrong=True)
            self.industries.setFocus()
            return
        from rules.model import Verdict

        self._decide("更正", outcome=OUTCOME_WORDS[Verdict(self.outcome.currentData())], natures=natures,
                     industries=industries)

    @staticmethod
    def _unknown(text: str) -> str:
        import re

        from layers.codelist import find

        codes = [code.upper() for code in re.split(r"[、,，;；\s]+", text) if code]
        return next((code for code in codes if re.fullmatch(r"[A-T](?:\d{2,4})?", code) and find(code) is None), "")

    def _decide(self, decision: str, **values: str) -> None:
        if self.access_list is None:
            return
        if self.day.wrong:
            self.said.tell(self.day.wrong, wrong=True)
            self.day.setFocus()
            return
        decided: dict[str, Clause] = {}
        chosen = self.table.chosen()
        for clause in chosen:
            try:
                decided[clause.id] = decide(
                    clause, decision, reviewer=self.reviewer.text(), reviewed_on=self.day.date().toPyDate().isoformat(),
                    note=self.note.text(), **values)
            except AccessListError as error:
                self.said.tell(_("条款“{id}”：{why}").format(id=clause.id, why=messages.words(error)), wrong=True)
                if not self.reviewer.text().strip():
                    self.reviewer.setFocus()
                return
        pack, file = self._where
        if decided and self._store.put_list(
                pack, file, with_clauses(self.access_list, decided), "审核 {count} 条条款",
                self.said.when_written(_("已记录 {count} 条的审核意见。").format(count=f"{len(decided):,}")), count=len(decided)):
            self.table.setFocus()

    # -- workbook --------------------------------------------------------------------------------------------------
    def ask_export(self) -> None:
        """Choose where, and write the review workbook."""
        path = choose.target(self, _("导出审核表"), f"{self._where[0]}.xlsx", _("Excel 文件 (*.xlsx)"))
        if path is not None:
            self.export(path)

    def export(self, path: Path) -> None:
        """Write the review workbook."""
        try:
            with patience():
                export_review(self.access_list, path)
        except AccessListError as error:
            self.said.tell(messages.words(error), wrong=True)
        else:
            self.said.tell(_("审核表已写到 {path}。").format(path=path))

    def ask_import(self) -> None:
        """Choose a review workbook and take its decisions over."""
        path = choose.file(self, _("导入审核表"), _("Excel 文件 (*.xlsx *.xlsm *.xls)"))
        if path is not None:
            self.take(path)

    def take(self, path: Path) -> None:
        """Take the decisions of a review workbook over: all of them, or none where one has no meaning."""
        before = self.access_list
        try:
            with patience():
                reviewed = import_review(before, path)
        except AccessListError as error:
            self.said.tell(messages.words(error), wrong=True)
            return
        count = sum(one != other for one, other in zip(before.clauses, reviewed.access_list.clauses, strict=True))
        pack, file = self._where
        told = self.said.when_written(_("审核表改动了 {count} 条；{left} 条提示。").format(count=f"{count:,}", left=len(reviewed.issues)))
        if not count:
            told(True)
        elif not self._store.put_list(pack, file, reviewed.access_list, "审核 {count} 条条款", told, count=count):
            return
        if reviewed.issues:
            listing = Listing(_("导入审核表"), _("以下条款保持原状："), (issue.words for issue in reviewed.issues), parent=self)
            listing.setAttribute(Qt.WA_DeleteOnClose)
            listing.open()

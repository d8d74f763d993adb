"""A person overrules an outcome, or leaves a feature out of account: on the record, beside what the machine says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import escape
from typing import Any

from PyQt5.QtCore import QDate, Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QTabWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.day import DayEdit
from gui.dialogs import choose, message, scrolling, sized
from gui.dialogs.parts import Linked, Said, Table, UndoButtons, of_things
from gui.models.rows import Column, Rows
from gui.models.rule_store import OverrideView, RuleStore
from gui.resources.icons import verdict_icon
from gui.session import Site
from gui.words import Speaker, aside, together
from rules.model import Verdict
from sanxian import messages
from sanxian.i18n import N_, _, pick
from sanxian.overrides import CHANGED, FEATURE, GROUNDS, NO_OUTCOME, OUTCOME, SITE, Override, OverrideError, Seen, when

VERDICTS = ("prohibited", "restricted", "conditional", "advisory", "permitted", "not_applicable")
A_YEAR = 365


def state_of(view: OverrideView, day: date, site: Site | None = None) -> str:
    """How a decision stands on a day, as :attr:`sanxian.overrides.AppliedOverride.state`, or ``broken``.

    Args:
        site: The project that it is about, as it now is: what was reviewed may be another outline, outcome or feature.
    """
    one = view.override
    if one is None:
        return "broken"
    if when(one, day):
        return when(one, day)
    if site is not None:
        if one.seen is not None and not _stands(one.seen, site):
            return SITE
        for applied in getattr(site.result, "overrides", ()):
            if applied.override == one and applied.why in (NO_OUTCOME, OUTCOME, GROUNDS, FEATURE):
                return applied.why
    return "acting" if one.remembered else "unrecorded"


def _stands(seen: Seen, site: Site) -> bool:
    from sanxian.seen import same_site
    from spatial.errors import SpatialError

    try:
        return same_site(seen, site.geometry, site.crs)
    except SpatialError:  # where nothing is measured nobody saw it
        return False


def _place(combo: QComboBox, wanted: object) -> int:
    """Where that is offered, or -1; ``findData`` finds a tuple only where it is the same object."""
    return next((i for i in range(combo.count()) if combo.itemData(i) == wanted), -1)


class OverrideDialog(QDialog, Speaker):
    """One decision to make, and all that were made.

    Args:
        store: Keeps decisions.
        site: The project that a decision would be about; ``None``: only the list.
        day: Gives the day whose law counts: on it a decision acts or has expired.
        today: The day on which the decision is made.
        rule: Id of the rule whose outcome is looked at.
        feature: (role, row id) of the piece of evidence that is looked at.

    Signals:
        decided: Decisions about the project of that id are others now; it should be judged again.
        judgeAsked: The verdict of the project of that id no longer holds, and the person would judge it again first.
    """

    decided = pyqtSignal(str)
    judgeAsked = pyqtSignal(str)

    def __init__(self, store: RuleStore, site: Site | None, day: Callable[[], date], today: date, *, rule: str = "",
                 feature: tuple[str, int] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store, self._site, self._day = store, site, day
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setObjectName("override_dialog")
        sized(self, 1040, 680)
        self.say(self.setWindowTitle, N_("人工复核"))
        self.said = Said()
        self.tabs = QTabWidget(objectName="override_tabs")
        self._take_result()
        self.tabs.addTab(self._build_form(today), "")
        self.tabs.addTab(self._build_list(), "")
        undo = UndoButtons(store.session, self, of_things("state:overrides"))
        close = QPushButton(objectName="override_close", autoDefault=False)
        self.say(close.setText, N_("关闭"))
        close.clicked.connect(self.close)
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        # Below what is said: it stays where it is while that comes and goes, and so hits what is aimed at.
        kept = self.save.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.save.setSizePolicy(kept)
        self.tabs.currentChanged.connect(lambda page: self.save.setVisible(page == 0))
        for button in (self.save, undo, close):
            bottom.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.said)
        layout.addLayout(bottom)
        store.changed.connect(self.show_overrides)
        for moved in (store.session.siteChanged, store.session.resultsChanged, store.session.sitesChanged):
            moved.connect(self.day_changed)
        self.retranslate()
        if not self._outcomes:
            self.tabs.setTabEnabled(0, False)
            self.tabs.setCurrentIndex(1)
        if rule:
            self.rule.setCurrentIndex(max(0, self.rule.findData(rule)))
        if feature is not None and (place := _place(self.feature, feature)) >= 0:
            self.leave_out.setChecked(True)
            self.feature.setCurrentIndex(place)
        self.show_overrides()
        self.reason.setFocus()

    def _judged(self) -> bool:
        return self._site is not None and self._site.result is not None

    def _take_result(self) -> None:
        self._result = self._site.result if self._site is not None else None
        self._outcomes = sorted(self._result.outcomes, key=lambda one: (-one.rank, one.rule)) if self._judged() else []
        self._features = self._find_features()

    def _find_features(self) -> list[Any]:
        found: dict[tuple[str, int], Any] = {}
        for outcome in self._outcomes:
            for one in outcome.evidence:
                if one.feature_id is not None:
                    found.setdefault((one.layer, one.feature_id), one)
        return [found[key] for key in sorted(found)]

    # -- parts -----------------------------------------------------------------------------------------------------
    def _build_form(self, today: date) -> QWidget:
        page = QWidget()
        self.project = QLabel(objectName="override_project", wordWrap=True)
        self.old = Linked(objectName="override_old", wordWrap=True, textFormat=Qt.RichText)
        self.old.linkActivated.connect(lambda _link: self.judgeAsked.emit(self._site.id))
        theme.tone(self.old, "doubt_box")
        self.change, self.leave_out = (QRadioButton(objectName=f"override_{name}") for name in ("change", "leave_out"))
        self.say(self.change.setText, N_("改判一条规则的结论(&R)"))
        self.say(self.leave_out.setText, N_("不计入一个图层要素(&F)"))
        self.kinds = QButtonGroup(self)
        self.kinds.addButton(self.change)
        self.kinds.addButton(self.leave_out)
        self.change.setChecked(True)
        self.leave_out.setEnabled(bool(self._features))
        self.rule = self._combo("override_rule", N_("规则"))
        self.machine = QTextBrowser(objectName="override_machine")
        self.machine.setMaximumHeight(62)
        self.say(self.machine.setAccessibleName, N_("程序判定"))
        self.outcome = self._combo("override_outcome", N_("改判为"))
        self.feature = self._combo("override_feature", N_("要素"))
        self._offer()
        self.outcome.addItem("", "")
        for verdict in VERDICTS:
            self.outcome.addItem(verdict_icon(verdict), "", verdict)
        self.reason = QPlainTextEdit(objectName="override_reason", tabChangesFocus=True)
        self.reason.setMaximumHeight(72)
        self.person = QLineEdit(objectName="override_person")
        start = QDate(today.year, today.month, today.day)
        self.made, self.expires = (DayEdit(objectName=f"override_{name}") for name in ("made", "expires"))
        self.made.setDate(start)
        self.expires.setDate(start.addDays(A_YEAR))
        self.attachment = QLineEdit(objectName="override_attachment")
        browse = QPushButton(objectName="override_browse", autoDefault=False)
        self.say(browse.setText, N_("选择文件…"))
        browse.clicked.connect(lambda _checked=False: self._browse())
        self._writing = False  # the decision that was put down last is not in the file yet
        self.save = QPushButton(objectName="override_save", autoDefault=False)
        self.say(self.save.setText, N_("登记复核(&S)"))
        self.save.clicked.connect(lambda _checked=False: self.register())
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.ExpandingFieldsGrow)
        form.setVerticalSpacing(4)  # all of it is to be seen on 1366 by 768
        paper, days = QHBoxLayout(), QHBoxLayout()
        paper.addWidget(self.attachment, 1)
        paper.addWidget(browse)
        self._until = QLabel()
        self.say(self._until.setText, N_("失效日(&E)"))
        self._until.setBuddy(self.expires)
        self.say(self.expires.setAccessibleName, N_("失效日"))
        for widget in (self.made, self._until, self.expires):
            days.addWidget(widget)
        days.insertSpacing(1, 12)  # else the label reads as part of the day before it
        days.addStretch(1)
        for text, field, buddy in (
            (N_("复核项目"), self.project, None), ("", self.change, None), (N_("规则(&U)"), self.rule, self.rule),
            (N_("程序判定"), self.machine, None), (N_("改判为(&O)"), self.outcome, self.outcome),
            ("", self.leave_out, None), (N_("要素(&L)"), self.feature, self.feature),
            (N_("理由(&N)"), self.reason, self.reason), (N_("复核人(&P)"), self.person, self.person),
            (N_("作出日(&D)"), days, self.made), (N_("附件名称(&A)"), paper, self.attachment),
        ):
            label = QLabel()
            if text:
                self.say(label.setText, text)
            if buddy is not None:
                label.setBuddy(buddy)
                self.say(buddy.setAccessibleName, lambda one=text: _(one).split("(")[0].replace("&", ""))
            form.addRow(label, field)
        self.note = QLabel(wordWrap=True)
        self.say(self.note.setText, N_(
            "程序的判定照样保留，报告中两者并列；失效日之后，或者用地、程序结论及其依据、所指要素与现在所见不同时，复核不再起作用。"))
        filled = QVBoxLayout()
        filled.addWidget(self.old)  # above the verdict that it speaks of
        filled.addLayout(form)
        filled.addWidget(self.note)
        filled.addStretch(1)
        box = QVBoxLayout(page)
        box.addWidget(scrolling(filled), 1)
        self.rule.currentIndexChanged.connect(self._show_machine)
        self.change.toggled.connect(self._enable)
        for changed in (self.reason.textChanged, self.person.textChanged, self.outcome.currentIndexChanged, self.change.toggled,
                        self.made.dateChanged, self.expires.dateChanged):
            changed.connect(self.said.mended)
        return page

    def _offer(self) -> None:
        """Offer the outcomes and features of the verdict; what was chosen stays so, or nothing is where it is gone."""
        for combo, offered in ((self.rule, [one.rule for one in self._outcomes]),
                               (self.feature, [(one.layer, one.feature_id) for one in self._features])):
            chosen = combo.currentData()
            combo.blockSignals(True)
            combo.clear()
            for one in offered:
                combo.addItem("", one)
            if chosen is not None:
                combo.setCurrentIndex(_place(combo, chosen))
            combo.blockSignals(False)

    def _combo(self, name: str, text: str) -> QComboBox:
        combo = QComboBox(objectName=name, maxVisibleItems=20, minimumContentsLength=30)
        combo.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        combo.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
        self.say(combo.setAccessibleName, text)
        return combo

    def _build_list(self) -> QWidget:
        page = QWidget()
        self.only = QCheckBox(objectName="override_only", enabled=self._site is not None)
        self.say(self.only.setText, N_("只看当前项目"))
        self.only.toggled.connect(self._filter)
        self.model = Rows((
            Column(N_("复核项目"), lambda one: str(one.raw.get("project", ""))),
            Column(N_("复核对象"), self._about),
            Column(N_("复核结论"), self._decision),
            Column(N_("当日效力"), lambda one: messages.review_words(self._state(one))),
            Column(N_("人员"), lambda one: str(one.raw.get("person", ""))),
            Column(N_("作出日"), lambda one: str(one.raw.get("made_on", ""))),
            Column(N_("失效日"), lambda one: str(one.raw.get("expires_on", ""))),
            Column(N_("附件"), lambda one: str(one.raw.get("attachment", ""))),
            Column(N_("理由"), lambda one: messages.words(one.error) if one.error else str(one.raw.get("reason", ""))),
        ), self, top=True)
        self.table = Table(self.model, "override_table", wrap=True)
        self.say(self.table.setAccessibleName, N_("复核记录"))
        self.table.widths(70, 170, 115, 170, 70, 95, 95, 85, 110)
        self.remove = QPushButton(objectName="override_remove", autoDefault=False)
        self.say(self.remove.setText, N_("删除所选(&D)"))
        self.remove.clicked.connect(lambda _checked=False: self.remove_chosen())
        self.day_label = QLabel(objectName="override_day")
        row = QHBoxLayout()
        row.addWidget(self.only)
        row.addWidget(self.day_label, 1)
        row.addWidget(self.remove)
        box = QVBoxLayout(page)
        box.addWidget(self.table, 1)
        box.addLayout(row)
        self.table.selectionModel().selectionChanged.connect(lambda *_what: self._enable())
        return page

    # -- words -----------------------------------------------------------------------------------------------------
    def retranslate(self) -> None:
        super().retranslate()
        self.tabs.setTabText(0, _("新的复核"))
        self.project.setText(f"{self._site.name}{aside(self._site.id)}" if self._site is not None else "")
        self._word_offers()
        self.outcome.setItemText(0, _("请选择…"))
        for i, verdict in enumerate(VERDICTS, 1):
            self.outcome.setItemText(i, messages.verdict_words(verdict))
        self.model.retranslate()
        self.said.tell("")
        self._show_machine()
        self._say_old()
        self._say_counts()
        self._enable()

    def _word_offers(self) -> None:
        for i, one in enumerate(self._outcomes):
            self.rule.setItemText(i, f"{messages.marked_verdict(one.outcome)} · {pick(one.title)}")
        for i, one in enumerate(self._features):
            self.feature.setItemText(i, f"{messages.role_words(one.layer)} · {one.feature}{aside(f'#{one.feature_id}')}")

    def _obsolete(self) -> bool:
        return self._judged() and self._site.obsolete

    def _say_old(self) -> None:
        """A review is of an outcome as it was seen: one of a verdict that no longer holds would act on nothing."""
        self.old.setVisible(self._obsolete())
        self.old.tell(escape(_("程序判定待重判：研判之后项目、图层、规则、复核或判定基准日有改动，下面的判定已过时。请先重新研判，再登记复核。"))
                         + f" <a href='judge'>{escape(_('现在研判'))}</a>")

    def _title(self, rule: str) -> str:
        for site in self._store.session.sites:
            for one in site.result.outcomes if site.result is not None else ():
                if one.rule == rule:
                    return pick(one.title)
        return rule

    def _about(self, view: OverrideView) -> str:
        raw = view.raw
        if raw.get("rule"):
            return self._title(str(raw["rule"]))
        return f"{messages.role_words(str(raw.get('layer', '')))} #{raw.get('feature_id', '')}"

    @staticmethod
    def _decision(view: OverrideView) -> str:
        if view.override is None:
            return ""
        return messages.marked_verdict(view.override.outcome) if view.override.outcome is not None else _("– 不计入")

    def _show_machine(self, *_args: object) -> None:
        one = next((item for item in self._outcomes if item.rule == self.rule.currentData()), None)
        self.machine.setPlainText("" if one is None else
                                  f"{messages.marked_verdict(one.outcome)}{aside(messages.reason_words(one))}")

    def _state(self, view: OverrideView) -> str:
        return state_of(view, self._day(), self._store.session.site(view.raw.get("project")))

    def _say_counts(self) -> None:
        views = self.model.items
        states = [self._state(one) for one in views]
        expired, changed = states.count("expired"), sum(state in CHANGED for state in states)
        self.tabs.setTabText(1, _("复核记录（{count}）").format(count=f"{len(views):,}"))
        told = [_("判定基准日 {day}：已过期 {expired} 条").format(day=self._day().isoformat(), expired=expired)]
        told += [_("× 复核后情况已变 {changed} 条").format(changed=changed)] if changed else []
        self.day_label.setText(together(told))

    def _enable(self, *_args: object) -> None:
        change = self.change.isChecked()
        for widget in (self.rule, self.outcome):
            widget.setEnabled(change)
        self.feature.setEnabled(not change)
        self.remove.setEnabled(bool(self.table.selectionModel().selectedRows()))

    # -- doing -----------------------------------------------------------------------------------------------------
    def show_overrides(self) -> None:
        """Show the decisions as they now are."""
        self.model.set_items(self._store.overrides())
        self._say_counts()
        self._enable()

    def day_changed(self, *_args: object) -> None:
        """Another day counts, or projects are others now: other decisions act, and the verdict may be another or hold no more."""
        if self._site is not None and self._site.result is not self._result:
            former = self.machine.toPlainText()
            self._take_result()
            self._offer()
            self._word_offers()
            self._show_machine()
            self.leave_out.setEnabled(bool(self._features))
            self.tabs.setTabEnabled(0, bool(self._outcomes))
            self.said.mended()
            if self.machine.toPlainText() != former and self.reason.toPlainText().strip():
                self.said.tell(_("已重新研判，程序判定与刚才所见不同，请再看一遍。"))
        self._say_old()
        self.model.retranslate()
        self._say_counts()

    def _filter(self, *_args: object) -> None:
        wanted = self._site.id if self._site is not None and self.only.isChecked() else None
        self.model.set_filter(lambda view: wanted is None or view.raw.get("project") == wanted)

    def _browse(self) -> None:
        path = choose.file(self, _("选择附件"))
        if path is not None:
            self.attachment.setText(path.name)

    def register(self) -> None:
        """Put the decision on the record, or say what it lacks."""
        if self._writing:  # pressed twice
            return
        if self._obsolete():
            self.said.tell(_("没有登记：程序判定已过时，针对它的复核不起作用。请先重新研判。"), wrong=True)
            self.old.setFocus(Qt.TabFocusReason)
            return
        for edit in (self.made, self.expires):
            if edit.wrong:
                self.said.tell(edit.wrong, wrong=True)
                edit.setFocus()
                return
        change = self.change.isChecked()
        chosen = self.outcome.currentData()
        layer, feature = ("", None) if change else (self.feature.currentData() or ("", None))
        try:
            override = Override(
                project=self._site.id, rule=self.rule.currentData() or "" if change else "",
                outcome=Verdict(chosen) if change and chosen else None, reason=self.reason.toPlainText().strip(),
                person=self.person.text().strip(), made_on=self.made.date().toPyDate(),
                expires_on=self.expires.date().toPyDate(), attachment=self.attachment.text().strip(), layer=layer,
                feature_id=feature)
            override = replace(override, seen=self._seen(override))
        except OverrideError as error:
            what = str(error.params.get("what", ""))
            params = {**error.params, **({"what": _(what)} if what else {})}
            self.said.tell(_(error.template).format(**params), wrong=True)
            fields = {"理由": self.reason, "人员姓名": self.person, "结论": self.outcome}
            fields.get(what, self.save).setFocus()
            return
        said = _("复核已登记。") if override.acts_on(self._day()) else _(
            "复核已登记，但在判定基准日 {day} 不起作用。").format(day=self._day().isoformat())

        def written() -> None:  # not before: what was typed would be gone where it is refused
            self.reason.clear()
            self.outcome.setCurrentIndex(0)
            self.attachment.clear()
            self.decided.emit(override.project)

        told = self.said.when_written(said, written)

        def ended(well: bool) -> None:
            self._writing = False
            told(well)

        self._writing = True
        self._store.add_override(override, ended)

    def _seen(self, override: Override) -> Seen | None:
        """What the person has before them: what was judged, and not what became of it since."""
        from sanxian.seen import features_at, record, same_site

        site = self._site
        geometry, crs = site.geometry, site.crs
        judged = getattr(site.result, "lonlat", None)
        if judged is not None and (seen := record(judged, "EPSG:4490")) is not None and not same_site(seen, geometry, crs):
            geometry, crs = judged, "EPSG:4490"
        features, workspace = [], self._store.session.workspace if self._store.open else None
        if override.feature_id is not None and workspace is not None:
            features = features_at(workspace, override.layer, override.feature_id, geometry, crs)
        return record(geometry, crs, override.rule, self._outcomes, features, workspace)

    def may_close(self) -> bool:
        """Ask where a decision was written that is not on the record; ``False`` where the person goes on with it."""
        return not self.reason.toPlainText().strip() or self._writing or message.ask(
            self, _("人工复核"), _("写好的复核还没有登记，关闭后就没有了。"), _("不登记，关闭"), loses=True)

    def reject(self) -> None:
        if self.may_close():
            super().reject()

    def remove_chosen(self) -> None:
        """Take the selected decision off the record, once the person has said so."""
        view = next(iter(self.table.chosen()), None)
        if view is None or not message.ask(self, _("删除人工复核"), _("删除这条复核记录？可以撤销。"), _("删除")):
            return
        if self._store.remove_override(view.raw):
            self.said.tell(_("复核记录已删除。"))
            self.decided.emit(str(view.raw.get("project", "")))

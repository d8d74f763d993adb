"""What came of the current project: the verdict, every outcome behind it, and how each can be checked by hand."""

from __future__ import annotations

from collections import Counter
from datetime import date
from html import escape
from typing import Any

from PyQt5.QtCore import QSize, Qt, QUrl, pyqtSignal
from PyQt5.QtGui import QBrush, QResizeEvent
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QAction,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QTabWidget,
    QTextBrowser,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.dialogs.parts import Linked, Wrapped
from gui.flow import Flow
from gui.models.project_table import MARKS
from gui.panels.reviewed import Reviewed, overrides_html
from gui.panels.status import Elided
from gui.resources.icons import icon, verdict_icon
from gui.session import Session, Site
from gui.words import (
    DIMENSIONS,
    FORCES,
    LEVELS,
    VERDICT_ORDER,
    Speaker,
    aside,
    listed,
    named,
    plain_tip,
    together,
    verdict_word,
)
from rules.conditions import TOUCH_M
from sanxian import messages
from sanxian.i18n import N_, _, pick
from sanxian.mapping.styles import verdict_style

OUTCOME = Qt.UserRole
KEY = Qt.UserRole + 1
LOW_LINES = 24  # a panel lower than so many lines of text says the verdict in one
GROUPINGS = (("dimension", N_("按维度")), ("outcome", N_("按结论")), ("force", N_("按效力")), ("level", N_("按层级")))


class VerdictPanel(QWidget, Speaker):
    """The outcomes of the current project.

    Signals:
        outcomePicked: An outcome, or ``None``; the map shows its evidence.
        evidencePicked: One piece of evidence of it.
        attributeAsked: A missing attribute; the form goes there.
        judgeAsked: Judge the current project (again).
        overrideAsked: Review an outcome, or leave a piece of evidence out (or ``None``).
    """

    outcomePicked = pyqtSignal(object)
    evidencePicked = pyqtSignal(object)
    attributeAsked = pyqtSignal(str)
    judgeAsked = pyqtSignal()
    overrideAsked = pyqtSignal(object, object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.levels: dict[str, str] = {}  # of rules, by their ids; what is not there is national
        self._shown: Any = None
        self._shown_of = ""
        # -- the verdict
        self.mark = QLabel(objectName="verdict_mark")
        self.mark.setFixedSize(44, 44)
        self.word = QLabel(objectName="verdict_word")
        self.name = Elided(objectName="verdict_name", wordWrap=True, textFormat=Qt.PlainText)
        self.facts = Linked(objectName="verdict_facts", wordWrap=True, textFormat=Qt.RichText)
        theme.tone(self.facts, "muted")
        self._all_missing = False  # whether every kind of layer that is missing is named, however many
        self.facts.linkActivated.connect(lambda _link: self._list_missing(not self._all_missing))
        self.stale = QLabel(objectName="verdict_stale", wordWrap=True)
        self._day: date | None = None
        self.today: date | None = None  # where it is known, a verdict of another day says that it is
        theme.tone(self.stale, "doubt_box")
        self._preview: Site | None = None
        self.moving = QLabel(objectName="verdict_moving", wordWrap=True)
        self._old = False  # whether the evidence on the map is that of a verdict that no longer holds
        self._behind = False  # whether the site has been dragged on since
        self.moving.hide()
        self.reviewed = Reviewed()
        self.more = QToolButton(objectName="verdict_more", checkable=True, autoRaise=True, arrowType=Qt.DownArrow)
        self.say(self.more.setToolTip, "显示结论要点：判定基准日、管控单元、红线、缺少的图层")
        self.say(self.more.setAccessibleName, "结论要点")
        self.more.toggled.connect(self._fold)
        self.more.hide()
        self._low = False  # whether there is room for the verdict in one line only
        self._head_grid = head = QGridLayout()
        head.addWidget(self.mark, 0, 0, 2, 1)
        head.addWidget(self.word, 0, 1)
        head.addWidget(self.name, 1, 1, 1, 2)
        head.addWidget(self.reviewed, 0, 3, 2, 1)
        head.addWidget(self.more, 0, 4)
        head.addWidget(self.facts, 2, 0, 1, 5)
        head.addWidget(self.moving, 3, 0, 1, 5)
        head.setColumnStretch(2, 1)
        head.setVerticalSpacing(2)
        # -- filters
        self.buttons: dict[str, QToolButton] = {}
        marks = Flow()  # on a small screen they take a second line, and the window stays as wide as it was
        marks.setSpacing(1)
        for verdict in VERDICT_ORDER:
            button = QToolButton(objectName=f"filter_{verdict}", checkable=True, autoRaise=False)
            button.setIcon(verdict_icon(verdict))
            button.setIconSize(QSize(16, 16))
            button.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
            button.setChecked(verdict != "not_applicable")
            button.toggled.connect(self._rebuild)
            self.buttons[verdict] = button
            marks.addWidget(button)
        self.grouping = QComboBox(objectName="grouping")
        self.say(self.grouping.setAccessibleName, "分组方式")
        for key, text in GROUPINGS:
            self.grouping.addItem(_(text), key)
        self.grouping.setSizeAdjustPolicy(QComboBox.AdjustToContents)
        self.grouping.setMinimumWidth(60)  # in a narrow panel it may be cut off
        self.grouping.currentIndexChanged.connect(self._rebuild)
        self.search = QLineEdit(objectName="outcome_search", clearButtonEnabled=True)
        self.say(self.search.setPlaceholderText, "查找规则、法律或条款")
        self.say(self.search.setAccessibleName, "查找规则、法律或条款")
        self.search.textChanged.connect(self._rebuild)
        row = QHBoxLayout()
        row.addWidget(self.grouping)
        row.addWidget(self.search, 1)
        self.review = QToolButton(objectName="review")
        self.say(self.review.setText, "复核…")
        self.say(self.review.setToolTip, "人工复核")
        self.say(self.review.setAccessibleName, "人工复核")
        self.review.clicked.connect(lambda _checked=False: self.overrideAsked.emit(self._shown, None))
        row.addWidget(self.review)
        # -- outcomes
        self.tree = QTreeWidget(objectName="outcome_tree")
        self.say(self.tree.setAccessibleName, "判定结果")
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setIndentation(12)
        self.tree.setIconSize(QSize(16, 16))
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(0, QHeaderView.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeToContents)
        self.tree.setSelectionMode(QAbstractItemView.SingleSelection)
        self.tree.currentItemChanged.connect(self._picked)
        self.tree.itemClicked.connect(lambda item, _column: self._picked(item, None))
        # -- one outcome
        self.detail = QTabWidget(objectName="outcome_detail")
        self.text = QTextBrowser(objectName="outcome_text")
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(self._link)
        self.evidence = QTreeWidget(objectName="outcome_evidence", rootIsDecorated=False, alternatingRowColors=True)
        self.evidence.currentItemChanged.connect(self._evidence_picked)
        self.clauses = QTreeWidget(objectName="outcome_clauses", wordWrap=True)
        self.trace = QTreeWidget(objectName="outcome_trace", wordWrap=True)
        for tree in (self.clauses, self.trace):
            tree.setIndentation(12)
            tree.setTextElideMode(Qt.ElideNone)
            tree.setItemDelegateForColumn(0, Wrapped(tree))
            tree.header().sectionResized.connect(tree.scheduleDelayedItemsLayout)
            tree.header().setStretchLastSection(False)
            tree.header().setSectionResizeMode(0, QHeaderView.Stretch)
        for widget, name in ((self.text, "解释"), (self.evidence, "证据"), (self.clauses, "清单条款"), (self.trace, "推理过程")):
            self.detail.addTab(widget, _(name))
            self.say(widget.setAccessibleName, name)
        for tree in (self.tree, self.evidence):
            ask = QAction(tree)
            self.say(ask.setText, "人工复核…")
            ask.triggered.connect(lambda _checked=False, one=tree: self._ask_review(one))
            tree.addAction(ask)
            tree.setContextMenuPolicy(Qt.ActionsContextMenu)
        self.split = QSplitter(Qt.Vertical)
        self.split.addWidget(self.tree)
        self.split.addWidget(self.detail)
        self.split.setStretchFactor(0, 3)
        self.split.setStretchFactor(1, 4)
        self.split.setChildrenCollapsible(False)
        for view in (self.tree, self.text, self.evidence, self.clauses, self.trace):
            view.setMinimumSize(60, 30)  # of its own it asks for more than a screen at 200 % has
        # Four rules and four lines of what one says can always be read at once; what has no room is scrolled to.
        line = self.text.fontMetrics().lineSpacing()
        self.tree.setMinimumHeight(4 * max(line + 1, 20) + 4)
        self.text.setMinimumHeight(4 * line + 14)

        self.hint = Linked(alignment=Qt.AlignCenter, wordWrap=True, objectName="verdict_hint")
        self.hint.linkActivated.connect(lambda _link: self.judgeAsked.emit())
        self.body = QFrame()
        inner = QVBoxLayout(self.body)
        inner.setContentsMargins(4, 4, 1, 4)
        inner.setSpacing(4)
        inner.addWidget(self.stale)  # above the verdict that it speaks of
        inner.addLayout(head)
        inner.addLayout(marks)
        inner.addLayout(row)
        inner.addWidget(self.split, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.scroll = QScrollArea(widgetResizable=True, objectName="verdict_scroll", focusPolicy=Qt.NoFocus)
        self.scroll.setFrameShape(QFrame.NoFrame)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.scroll.setWidget(self.body)
        layout.addWidget(self.scroll)
        layout.addWidget(self.hint)
        session.currentChanged.connect(self.show_current)
        session.resultsChanged.connect(lambda ids: self.show_current() if session.current_id in ids else None)
        session.siteChanged.connect(self._site_changed)
        session.opened.connect(self.show_current)
        self.retranslate()

    # -- whole -----------------------------------------------------------------------------------------------------
    def retranslate(self) -> None:
        super().retranslate()
        for i, (_key, text) in enumerate(GROUPINGS):
            self.grouping.setItemText(i, _(text))
        for i, text in enumerate(("解释", "证据", "清单条款", "推理过程")):
            self.detail.setTabText(i, _(text))
        self.evidence.setHeaderLabels([_("图层"), _("要素"), _("压占"), _("占比"), _("距离"), _("量算基线")])
        self._moving(not self.moving.isHidden(), self._behind)
        self.clauses.setHeaderLabels([_("条款"), _("结论")])
        self.trace.setHeaderLabels([_("步骤"), _("成立")])
        self.show_current()

    def preview(self, site: Site | None, *, behind: bool = False) -> None:
        """Show what was found of a site where it is being dragged to, and not of the current project; ``None`` ends it.

        Args:
            site: A copy of the project with the result of that place.
            behind: Whether it has been dragged on since, so that the map shows another place.
        """
        if site is None and self._preview is None and self.moving.isHidden():
            return
        self._preview = site
        self._moving(site is not None, behind)
        self.show_current()

    def dragged_on(self) -> None:
        """The site is at another place on the map than the one whose verdict is shown."""
        if not self._behind:
            self._moving(True, True)
            self.outcomePicked.emit(None)  # a distance from a place that it has left

    def _moving(self, shown: bool, behind: bool) -> None:
        self._behind = shown and behind
        self.moving.setText(_("拖动中：下面还不是图上这个位置的结论。") if behind else
                            _("拖动中：这是图上这个位置的结论，放下后写入项目。"))
        theme.tone(self.moving, "doubt_box" if behind else "fine_box")
        self.moving.setVisible(shown)

    def _site(self) -> Site | None:
        return self._preview if self._preview is not None else self._session.current

    def _site_changed(self, site_id: str) -> None:
        site = self._session.current
        if site is not None and site.id == site_id:
            if (site.result is None) != self.body.isHidden():
                self.show_current()
            if site.result is not None:
                self._say_stale(site)
                if site.obsolete != self._old and self._shown is not None and not self._behind:
                    self._show(self._shown)  # the map and the reviews tell the two apart
            self.name.setText(site.name)

    def show_current(self, *_args: object) -> None:
        """Show the verdict of the current project."""
        site = self._site()
        judged = site is not None and site.result is not None
        if not judged:
            self._shown = None
            self.hint.clear()  # a link has the colour of the theme in which it was said
            self.hint.tell(
                _("选择一个项目，再按“研判”。") if site is None else
                _('“{name}”还没有研判。<br><a href="judge">现在研判（F9）</a>').format(name=escape(site.name)))
        # What comes before what goes: the keyboard then finds its new place in here.
        asked = self.hint.hasFocus()
        for shown, parts in ((True, [self.scroll, self.body] if judged else [self.hint]),
                             (False, [self.hint] if judged else [self.body, self.scroll])):
            for part in parts:
                part.setVisible(shown)
        if not judged:
            self.outcomePicked.emit(None)
            return
        if asked:
            self.tree.setFocus(Qt.OtherFocusReason)
        self.hint.tell("")
        self._head(site)
        counts = Counter(str(outcome.outcome) for outcome in site.result.outcomes)
        for verdict, button in self.buttons.items():
            button.setText(str(counts[verdict]))
            button.setToolTip(_("{verdict}：{count} 条").format(verdict=verdict_word(verdict), count=f"{counts[verdict]:,}"))
            button.setAccessibleName(button.toolTip())
            button.setEnabled(counts[verdict] > 0)
        self._rebuild()

    def _head(self, site: Site) -> None:
        self.name.setText(site.name)
        self.name.setToolTip(plain_tip(site.name))
        lines = []
        screening = site.screening
        if screening is not None:
            other = "" if self.today in (None, screening.on) else aside(_("不是今天"))
            lines.append(_("判定基准日 {day} · 规则 {rules} 条").format(
                day=screening.on.isoformat() + other, rules=screening.rule_count))
            if not screening.law_complete:
                lines.append(messages.law_words(screening.complete_from))
        if site.result.control_units:
            lines.append(_("管控单元 ") + together(
                f"{unit.code} {unit.name}" + aside(f"{unit.share:.1%}") for unit in site.result.control_units[:3]))
        redline = site.result.redline
        if redline is not None:
            assumed = screening is not None and not redline.inside and any(
                layer.role == "ecological_redline" and layer.coverage_from == "admin" for layer in screening.layers)
            lines.append(self._redline(site.result.site, redline, messages.stated_accuracy(
                screening.layers if screening is not None else (), "ecological_redline", site.attributes.get("accuracy_m")))
                         + (_("（图层的覆盖范围是按行政区认定的）") if assumed and redline.checked else ""))
        if screening is not None and screening.missing_roles:
            lines.append(_("缺少图层：") + listed(messages.role_words(role) for role in screening.missing_roles))
        self.facts.setToolTip(plain_tip("\n".join(lines)))
        said = [escape(line) for line in lines]
        if screening is not None and len(screening.missing_roles) > 4:
            said[-1] = f"{said[-1]} <a href='missing'>{escape(_('收起'))}</a>" if self._all_missing else (
                escape(_("缺少图层 {count} 类：").format(count=f"{len(screening.missing_roles):,}"))
                + f"<a href='missing'>{escape(_('列出'))}</a>")
        self.facts.tell("<br>".join(said))
        self._say_stale(site)

    def _list_missing(self, every: bool) -> None:
        self._all_missing = every
        site = self._site()
        if site is not None and site.result is not None:
            self._head(site)

    def set_day(self, day: date) -> None:
        """The day that the window asks about is another; a verdict of a former day says so."""
        self._day = day
        site = self._site()
        if site is not None and site.result is not None:
            self._say_stale(site)

    def _say_stale(self, site: Site) -> None:
        other = self._day is not None and site.screening is not None and site.screening.on != self._day
        if other and not site.stale:
            self.stale.setText(_("判定基准日已改为 {day}，下面仍是 {former} 的结论，请重新研判。").format(
                day=self._day.isoformat(), former=site.screening.on.isoformat()))
        elif site.obsolete:
            self.stale.setText(_("研判之后项目、图层、规则或复核有改动，下面的结论已过时，请重新研判。"))
        self.stale.setVisible(site.obsolete or other)
        self._say_verdict(site, site.obsolete or other)

    def _say_verdict(self, site: Site, old: bool) -> None:
        """The verdict in large; one that no longer holds has another sign and no colour, as in the list, and is smaller."""
        verdict = str(site.result.verdict)
        self.mark.setPixmap((icon("doubtful") if old else verdict_icon(verdict)).pixmap(*([24, 24] if self._low else [40, 40])))
        self.word.setText(verdict_word(verdict))
        for label in (self.mark, self.word):
            label.setAccessibleName(_(MARKS[False, old]).format(verdict=verdict_word(verdict)))
        size, colour = 15 if self._low or old else 20, theme.ink("muted") if old else theme.readable(verdict_style(verdict).colour).name()
        self.word.setStyleSheet(f"font-size: {size}px; font-weight: 700; color: {colour};")
        self.reviewed.show_result(site.result, old)

    @staticmethod
    def _redline(site: Any, redline: Any, accuracy_m: float | None) -> str:
        if not redline.checked:
            return _("生态保护红线：未能核对")
        if redline.inside:
            return named(_("生态保护红线"), messages.redline_overlap_words(site, redline))
        if redline.distance_m is None:
            return _("生态保护红线：不压占")
        if redline.distance_m <= TOUCH_M:
            return _("生态保护红线：贴边（与边界相接），未量到重叠，须实测核实")
        if accuracy_m is not None and redline.distance_m <= accuracy_m:
            return _("生态保护红线：最近 {metres:,.1f} m，在数据精度（{accuracy:g} m）之内，不能断定不压占，须实测核实").format(
                metres=redline.distance_m, accuracy=accuracy_m)
        return _("生态保护红线：不压占，最近 {metres} m").format(
            metres=f"{redline.distance_m:,.0f}" if redline.distance_m >= 10 else f"{redline.distance_m:,.1f}")

    # -- list ------------------------------------------------------------------------------------------------------
    def _rebuild(self, *_args: object) -> None:
        site = self._site()
        if site is None or site.result is None:
            return
        chosen = self._shown.rule if self._shown is not None and self._shown_of == site.id else ""
        self._shown_of = site.id
        grouping = self.grouping.currentData() or "dimension"
        needle = self.search.text().strip().casefold()
        wanted = {verdict for verdict, button in self.buttons.items() if button.isChecked()}
        self.tree.blockSignals(True)
        self.tree.clear()
        groups: dict[str, list[Any]] = {}
        for outcome in site.result.outcomes:
            if str(outcome.outcome) in wanted and (not needle or needle in self._haystack(site, outcome)):
                key = self.levels.get(outcome.rule, "national") if grouping == "level" else str(getattr(outcome, grouping))
                groups.setdefault(key, []).append(outcome)
        order = {"dimension": list(DIMENSIONS), "outcome": list(VERDICT_ORDER), "force": list(FORCES),
                 "level": list(LEVELS)}[grouping]
        again = worst = None
        for key in sorted(groups, key=lambda one: order.index(one) if one in order else len(order)):
            top = QTreeWidgetItem([self._group_words(grouping, key), str(len(groups[key]))])
            top.setData(0, KEY, key)
            font = top.font(0)
            font.setBold(True)
            top.setFont(0, font)
            top.setFlags(Qt.ItemIsEnabled)
            top.setTextAlignment(1, int(Qt.AlignRight | Qt.AlignVCenter))
            if grouping == "outcome":
                top.setIcon(0, verdict_icon(key))
            self.tree.addTopLevelItem(top)
            for outcome in sorted(groups[key], key=lambda one: (-one.rank, one.rule)):
                item = QTreeWidgetItem([pick(outcome.title), verdict_word(outcome.outcome)])
                item.setIcon(0, verdict_icon(str(outcome.outcome)))
                item.setForeground(1, QBrush(theme.readable(verdict_style(str(outcome.outcome)).colour)))
                item.setToolTip(0, plain_tip(f"{pick(outcome.title)}\n{self._basis_line(site, outcome)}"))
                item.setData(0, OUTCOME, outcome)
                if outcome.borderline:
                    item.setText(1, _("{verdict}·临界").format(verdict=verdict_word(outcome.outcome)))
                top.addChild(item)
                if outcome.rule == chosen:
                    again = item
                if worst is None or outcome.rank > worst.data(0, OUTCOME).rank:
                    worst = item
            top.setExpanded(True)
        self.tree.blockSignals(False)
        again = again or worst
        if again is not None:
            self.tree.setCurrentItem(again)
            self.tree.scrollToItem(again, QAbstractItemView.PositionAtCenter)
        else:
            self._show(None)

    def _haystack(self, site: Site, outcome: Any) -> str:
        words = [outcome.rule, *outcome.title.values(), self._basis_line(site, outcome)]
        words += [one.clause.text for one in outcome.clauses]
        return " ".join(words).casefold()

    @staticmethod
    def _group_words(grouping: str, key: str) -> str:
        if grouping == "outcome":
            return verdict_word(key)
        if grouping == "level":
            return _(LEVELS.get(key, key))
        return messages.dimension_words(key) if grouping == "dimension" else messages.force_words(key)

    def outcome_items(self) -> list[QTreeWidgetItem]:
        """Rows of outcomes, in order."""
        found: list[QTreeWidgetItem] = []
        for i in range(self.tree.topLevelItemCount()):
            top = self.tree.topLevelItem(i)
            found += [item for j in range(top.childCount()) if (item := top.child(j)) is not None]
        return found

    def _picked(self, item: QTreeWidgetItem | None, _former: object) -> None:
        outcome = item.data(0, OUTCOME) if item is not None else None
        if outcome is not None:
            self._show(outcome)

    # -- one -------------------------------------------------------------------------------------------------------
    def _show(self, outcome: Any) -> None:
        self._shown = outcome
        site = self._site()
        if outcome is None or site is None:
            self.text.setHtml(f"<p>{escape(self._why_none(site))}</p>")
            for tree in (self.evidence, self.clauses, self.trace):
                tree.clear()
            self.outcomePicked.emit(None)
            return
        self.text.setHtml(self.html(site, outcome))
        self._fill_evidence(outcome)
        self._fill_clauses(outcome)
        self.trace.clear()
        if outcome.trace is not None:
            self._trace_item(self.trace.invisibleRootItem(), outcome.trace)
            self.trace.expandAll()
        self.detail.setTabEnabled(1, bool(outcome.evidence))
        self.detail.setTabEnabled(2, bool(outcome.clauses))
        if not self.detail.isTabEnabled(self.detail.currentIndex()):
            self.detail.setCurrentIndex(0)
        truths = [messages.truth_words(one) for one in (True, False, None)]
        for tree, least, said in ((self.clauses, 100, [*map(verdict_word, VERDICT_ORDER), *truths]), (self.trace, 56, truths)):
            room = max(tree.fontMetrics().horizontalAdvance(one) for one in said) + 12
            tree.header().resizeSection(1, max(least, room, tree.header().sectionSizeHint(1)))
            tree.scheduleDelayedItemsLayout()  # rows are as high as their words need at this width
        self._old = site.obsolete
        if not self._behind:
            self.outcomePicked.emit(outcome)

    @staticmethod
    def _why_none(site: Site | None) -> str:
        if site is None or site.result is None or site.result.outcomes:
            return _("没有符合筛选条件的结果。")
        day = site.screening.on.isoformat() if site.screening is not None else ""
        return _("什么也没有判定，不等于符合：没有载入规则，或载入的规则在判定基准日 {day} 都不施行。"
                 "在“设置 → 规则管理”中载入规则，或换一个判定基准日，再研判。").format(day=day)

    def html(self, site: Site, outcome: Any) -> str:
        """The explanation of one outcome."""
        verdict = str(outcome.outcome)
        style = verdict_style(verdict)
        could = ""
        if verdict == "undetermined" and outcome.could_be is not None:
            could = escape(_("（补充后最严可能为：{verdict}）").format(verdict=verdict_word(str(outcome.could_be))))
        parts = [
            f"<p style='margin:0 0 4px 0'><b>{escape(pick(outcome.title))}</b></p>",
            f"<p style='margin:0'><span style='background:{style.colour};color:{style.text}'>&nbsp;"
            f"{escape(style.mark)} {escape(verdict_word(verdict))}&nbsp;</span> {could}</p>",
            f"<p><b>{escape(_('为什么'))}</b><br>{escape(messages.reason_words(outcome))}</p>",
        ]
        parts.insert(2, overrides_html(site.result, outcome, old=site.obsolete))
        parts.append(f"<p><b>{escape(_('依据'))}</b>{escape(aside(messages.force_words(outcome.force)))}"
                     + "".join(f"<br>· {line}" for line in self._basis_html(site, outcome)) + "</p>")
        if outcome.missing:
            lines = []
            for key in outcome.missing:
                said = escape(messages.missing_words(key))
                if source := messages.missing_from(key):
                    said += f" <span style='color:{theme.muted()}'>{escape(aside(source))}</span>"
                if key.startswith("attribute:"):
                    said = f"<a href='{escape(key)}'>{said}</a>"
                lines.append(f"<br>· {said}")
            parts.append(f"<p><b>{escape(_('待补充'))}</b>{''.join(lines)}</p>")
        if outcome.margin_m is not None:
            said = _("再移动 {metres:,.1f} m，结论就会改变。").format(metres=outcome.margin_m)
            if outcome.borderline:
                said += _("小于数据精度，属于临界，应实测。")
            parts.append(f"<p><b>{escape(_('余量'))}</b><br>{escape(said)}</p>")
        if outcome.documents_needed:
            parts.append(f"<p><b>{escape(_('需取得的文件'))}</b>"
                         + "".join(f"<br>· {escape(pick(one))}" for one in outcome.documents_needed) + "</p>")
        if outcome.exceptions_checked:
            said = listed(outcome.exceptions_checked)
            parts.append(f"<p><b>{escape(_('已核对的例外'))}</b><br>{escape(said)}</p>")
        if outcome.derived:
            said = listed(messages.attribute_words(one) for one in outcome.derived)
            parts.append(f"<p>{escape(_('由行业代码推定的属性：'))}{escape(said)}</p>")
        parts.append(f"<p style='color:{theme.muted()}'>{escape(_('规则'))} {escape(outcome.rule)} · {escape(_('维度'))} "
                     f"{escape(messages.dimension_words(outcome.dimension))} · "
                     f"{escape(_('条文核对把握'))} {escape(_(messages.CONFIDENCES.get(str(outcome.confidence), '')))}</p>")
        return "".join(parts)

    def _document(self, site: Site, key: str) -> Any:
        return (site.screening.documents if site.screening is not None else {}).get(key)

    def _basis_line(self, site: Site, outcome: Any) -> str:
        return together(f"{self._title(site, one.document)} {messages.article_words(one.article)}" for one in outcome.basis)

    def _title(self, site: Site, key: str) -> str:
        document = self._document(site, key)
        return pick(document.title) if document is not None else key

    def _basis_html(self, site: Site, outcome: Any) -> list[str]:
        lines = []
        day: date | None = site.screening.on if site.screening is not None else None
        for one in outcome.basis:
            document = self._document(site, one.document)
            line = escape(f"{self._title(site, one.document)} {messages.article_words(one.article)}")
            if document is not None:
                more = []
                if document.number:
                    more.append(document.number)
                if day is not None:
                    more.append(_(messages.DOCUMENT_STATUS[document.status(day)]))
                until = document.in_force_until.isoformat() if document.in_force_until else _("至今")
                more.append(_("{start} 起，{end}").format(start=document.in_force_from.isoformat(), end=until))
                line += f" <span style='color:{theme.muted()}'>{escape(aside(together(more)))}</span>"
            lines.append(line)
        return lines or [escape(_("没有登记依据"))]

    def _fill_evidence(self, outcome: Any) -> None:
        self.evidence.clear()
        for one in outcome.evidence:
            # A line has no area and a place neither: 0.0 m² beside a share would read as a contradiction.
            overlap = f"{one.overlap_m2:,.1f} m²" if one.overlap_m2 else f"{one.overlap_m:,.1f} m" if one.overlap_m else (
                _("位于其中") if one.share else "" if one.overlap_m2 is None else "0.0 m²")
            item = QTreeWidgetItem([
                messages.role_words(one.layer), one.feature, overlap, "" if one.share is None else f"{one.share:.2%}",
                "" if one.distance_m is None else f"{one.distance_m:,.1f} m",
                _(messages.BASELINES.get(str(one.baseline), str(one.baseline))) if one.baseline else "",
            ])
            item.setData(0, OUTCOME, one)
            self.evidence.addTopLevelItem(item)
        for column in range(6):
            self.evidence.resizeColumnToContents(column)

    def _evidence_picked(self, item: QTreeWidgetItem | None, _former: object) -> None:
        if item is not None:
            self.evidencePicked.emit(item.data(0, OUTCOME))

    @property
    def shown(self) -> Any:
        """The outcome that is shown in full, or ``None``."""
        return self._shown

    def _ask_review(self, tree: QTreeWidget) -> None:
        item = self.evidence.currentItem() if tree is self.evidence else None
        self.overrideAsked.emit(self._shown, item.data(0, OUTCOME) if item is not None else None)

    def _fill_clauses(self, outcome: Any) -> None:
        self.clauses.clear()
        for one in sorted(outcome.clauses, key=lambda item: -_rank(item)):
            item = QTreeWidgetItem([one.clause.text, verdict_word(str(one.outcome))])
            item.setIcon(0, verdict_icon(str(one.outcome)))
            item.setToolTip(0, plain_tip(one.clause.text))
            details = [
                (_("层级"), _(messages.TIERS.get(one.clause.tier, one.clause.tier)) + (f" {one.clause.unit}" if one.clause.unit else "")),
                (_("维度"), messages.dimension_words(one.clause.dimension)),
                (_("出处"), one.clause.provenance),
                (_("读取方式"), _(messages.CLAUSE_STATUS.get(one.clause.status, one.clause.status))),
            ]
            details += [(_("待补充"), messages.missing_words(key)) for key in one.missing]
            for title, said in details:
                item.addChild(QTreeWidgetItem([named(title, said), ""]))
            if one.trace is not None:
                self._trace_item(item, one.trace)
            self.clauses.addTopLevelItem(item)

    def _trace_item(self, parent: QTreeWidgetItem, trace: Any) -> None:
        said = messages.trace_words(trace)
        item = QTreeWidgetItem([said, messages.truth_words(trace.truth)])
        item.setToolTip(0, plain_tip(said))
        parent.addChild(item)
        for child in trace.children:
            self._trace_item(item, child)

    def _link(self, url: QUrl) -> None:
        text = url.toString()
        if text.startswith("attribute:"):
            self.attributeAsked.emit(text.split(":", 1)[1])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        low = self.height() < LOW_LINES * self.fontMetrics().lineSpacing()
        if low != self._low:
            self._low = low
            self._fold()

    def _fold(self, *_on: object) -> None:
        """Where there is little room the head is one line, and what it says besides comes when asked for."""
        low, head = self._low, self._head_grid
        self.more.setVisible(low)
        self.more.setArrowType(Qt.UpArrow if self.more.isChecked() else Qt.DownArrow)
        self.facts.setVisible(not low or self.more.isChecked())
        self.mark.setFixedSize(*([26, 26] if low else [44, 44]))
        head.removeWidget(self.mark)
        head.removeWidget(self.name)
        head.addWidget(self.mark, 0, 0, 1 if low else 2, 1)
        head.addWidget(self.name, *((0, 2, 1, 1) if low else (1, 1, 1, 2)))
        self.name.setWordWrap(not low)
        self.name.setSizePolicy(QSizePolicy.Ignored if low else QSizePolicy.Preferred, QSizePolicy.Preferred)
        site = self._site()
        if site is not None and site.result is not None:
            self._head(site)

    def sizeHint(self) -> QSize:
        return QSize(400, 600)

    def minimumSizeHint(self) -> QSize:
        """As wide as what is in it, so that nothing is cut off; what is too low is scrolled."""
        bar = self.scroll.verticalScrollBar().sizeHint().width()
        return QSize(self.body.minimumSizeHint().width() + bar, 120)


def _rank(item: Any) -> int:
    return 2 * item.could_be.severity - 1 if str(item.outcome) == "undetermined" else 2 * item.outcome.severity

"""One outlet: how far it has come and what the next step needs, what lies up and down, its water, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QDate, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import (
    QApplication,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QTextBrowser,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.day import DayEdit
from gui.dialogs import Below, choose, scrolling
from gui.dialogs.parts import Said
from gui.flow import Flow
from gui.models.outlet_data import OutletData, OutletRow
from gui.panels.outlets import OVERDUE, stage_icon, stage_words
from gui.words import Speaker, plain_tip
from sanxian.i18n import N_, _

NODE = Qt.UserRole


class Spark(QWidget):
    """A small line through time; hollow where a result was below detection, with the limit as a dashed line."""

    def __init__(
        self, title: str, points: Sequence[tuple[date, Any]], limit: float | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.title, self.points, self.limit = title, list(points), limit
        self.setFixedHeight(int(self.fontMetrics().height() * 2 + 46))
        last = self.points[-1][1].words() if self.points else ""
        self.setAccessibleName(f"{title} {last}")
        self.setToolTip("\n".join(f"{day}  {reading.words()}" for day, reading in self.points))

    def sizeHint(self) -> QSize:
        return QSize(240, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        wide, high = self.width(), self.height()
        most = max([reading.value or 0.0 for _day, reading in self.points] + [self.limit or 0.0]) or 1.0
        first, last = self.points[0][0].toordinal(), self.points[-1][0].toordinal()
        line = self.fontMetrics().height()
        top, bottom, left, right = line + 4.0, high - line - 3.0, 4.0, wide - 6.0

        def y(value: float) -> float:
            return bottom - value / most * (bottom - top)

        painter.setPen(QPen(QColor(theme.ink("rule")), 1))
        painter.drawLine(QPointF(left, bottom), QPointF(right, bottom))
        ink = self.palette().text().color()
        painter.setPen(ink)
        words = f"{self.title}  {self.points[-1][1].words()}"
        painter.drawText(QRectF(left, 0, wide, line), Qt.AlignLeft | Qt.AlignVCenter, words)
        painter.drawText(QRectF(left, bottom + 1, wide, line), Qt.AlignLeft | Qt.AlignVCenter, str(self.points[0][0]))
        painter.drawText(
            QRectF(left, bottom + 1, right - left, line), Qt.AlignRight | Qt.AlignVCenter, str(self.points[-1][0])
        )
        if self.limit is not None:
            painter.setPen(QPen(theme.readable("#b2182b", "window"), 1, Qt.DashLine))
            painter.drawLine(QPointF(left, y(self.limit)), QPointF(right, y(self.limit)))
        places = [
            (
                left + 3 + (day.toordinal() - first) / max(last - first, 1) * (right - left - 6),
                y(reading.value or 0.0),
                reading,
            )
            for day, reading in self.points
        ]
        painter.setPen(QPen(theme.readable("#2166ac", "window"), 1.4))
        for one, two in zip(places, places[1:], strict=False):
            painter.drawLine(QPointF(one[0], one[1]), QPointF(two[0], two[1]))
        for x, at, reading in places:
            over = self.limit is not None and not reading.below and (reading.value or 0.0) > self.limit
            colour = theme.readable("#b2182b" if over else "#2166ac", "window")
            painter.setPen(QPen(colour, 1.2))
            painter.setBrush(QBrush(QColor(theme.ink("window")) if reading.below else colour))
            if over:
                painter.drawRect(QRectF(x - 3, at - 3, 6, 6))
            else:
                painter.drawEllipse(QPointF(x, at), 2.6, 2.6)
        painter.end()


class OutletCard(QWidget, Speaker):
    """The card of the current outlet.

    Signals:
        entryAsked: Stage, day, whether it is a reopening, evidence as ``kind=reference``, fields as ``name=value``, person, note.
        traceAsked: ``up``, ``down`` or ``both``: show it on the map.
        nodeAsked: Id of a thing in the chain: show it on the map.
        undoAsked: Take back the last entry or update.
        dossierAsked: Write the outlet's file.
    """

    entryAsked = pyqtSignal(str, object, bool, list, list, str, str)
    traceAsked = pyqtSignal(str)
    nodeAsked = pyqtSignal(str)
    undoAsked = pyqtSignal()
    dossierAsked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data: OutletData | None = None
        self._row: OutletRow | None = None
        self._papers: dict[str, QLineEdit] = {}
        self._fields: dict[str, QLineEdit | QComboBox] = {}
        self._reading = False
        self.folder = Path()
        self.head = QLabel(objectName="outlet_head", wordWrap=True, textFormat=Qt.PlainText)
        self.head.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.tabs = QTabWidget(objectName="outlet_tabs")
        for page in (self._stage_page(), self._chain_page(), self._water_page(), self._said_page()):
            self.tabs.addTab(page, "")
        self.dossier = QPushButton(objectName="outlet_dossier")
        self.say(self.dossier.setText, N_("导出档案…"))
        self.dossier.clicked.connect(lambda _checked=False: self.dossierAsked.emit())
        row = QHBoxLayout()
        row.addWidget(self.head, 1)
        row.addWidget(self.dossier, 0, Qt.AlignTop)
        inner = QVBoxLayout()
        inner.addLayout(row)
        inner.addWidget(self.tabs, 1)
        area = scrolling(inner)
        inner.setContentsMargins(2, 2, 2, 2)  # for the ring around what has the focus
        area.setMinimumSize(200, 140)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(area)
        self.retranslate()

    # -- pages -----------------------------------------------------------------------------------------------------
    def _stage_page(self) -> QWidget:
        inner = QWidget()
        self.history = QTextBrowser(objectName="outlet_history")
        self.history.setMaximumHeight(150)
        self.say(self.history.setAccessibleName, N_("办理过程"))
        self.what = QComboBox(objectName="outlet_what")
        self.say(self.what.setAccessibleName, N_("操作"))
        self.what.currentIndexChanged.connect(self._offer)
        self.step = QComboBox(objectName="outlet_step")
        self.step.setSizeAdjustPolicy(QComboBox.AdjustToContents)
        self.say(self.step.setAccessibleName, N_("办理环节"))
        self.step.currentIndexChanged.connect(self._needs)
        self.day = DayEdit(objectName="outlet_day")
        self.say(self.day.setAccessibleName, N_("办理日期"))
        self.person = QLineEdit(objectName="outlet_person")
        self.note = QPlainTextEdit(objectName="outlet_note", tabChangesFocus=True)
        self.note.setMaximumHeight(48)
        self.need = QVBoxLayout()
        self.said = Said()
        self.enter = QPushButton(objectName="outlet_enter")
        self.say(self.enter.setText, N_("登记"))
        self.enter.clicked.connect(lambda _checked=False: self._ask())
        self.undo = QPushButton(objectName="outlet_undo")
        self.say(self.undo.setText, N_("撤销上一次登记或更新"))
        self.undo.clicked.connect(lambda _checked=False: self.undoAsked.emit())
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.ExpandingFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.WrapLongRows)
        for text, field in ((N_("操作"), self.what), (N_("环节"), self.step), (N_("办理日期"), self.day)):
            label = QLabel()
            self.say(label.setText, text)
            label.setBuddy(field)
            form.addRow(label, field)
        rest = QFormLayout()
        rest.setFieldGrowthPolicy(QFormLayout.ExpandingFieldsGrow)
        rest.setRowWrapPolicy(QFormLayout.WrapLongRows)
        for text, field in ((N_("经办人"), self.person), (N_("备注或退回原因"), self.note)):
            label = QLabel()
            self.say(label.setText, text)
            self.say(field.setAccessibleName, text)
            label.setBuddy(field)
            rest.addRow(label, field)
        box = QVBoxLayout(inner)
        box.addWidget(self.history)
        for part in (form, self.need, rest):
            box.addLayout(part)
        box.addWidget(self.said)
        box.addWidget(Below([self.undo], [self.enter]))
        box.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QScrollArea.NoFrame)
        area.setWidget(inner)
        return area

    def _chain_page(self) -> QWidget:
        page = QWidget()
        self.chain = QTreeWidget(objectName="outlet_chain")
        self.say(self.chain.setAccessibleName, N_("上下游"))
        self.chain.setColumnCount(3)
        self.chain.setAlternatingRowColors(True)
        self.chain.currentItemChanged.connect(
            lambda item, _old: item and item.data(0, NODE) and self.nodeAsked.emit(item.data(0, NODE))
        )
        row = Flow()
        for name, text in (("up", N_("图上显示上游")), ("down", N_("图上显示下游")), ("both", N_("上下游一起"))):
            button = QPushButton(objectName=f"outlet_trace_{name}")
            self.say(button.setText, text)
            button.clicked.connect(lambda _checked=False, way=name: self.traceAsked.emit(way))
            row.addWidget(button)
        box = QVBoxLayout(page)
        box.addLayout(row)
        box.addWidget(self.chain, 1)
        return page

    def _water_page(self) -> QWidget:
        self.water = QWidget()
        self.water_box = QVBoxLayout(self.water)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QScrollArea.NoFrame)
        area.setWidget(self.water)
        return area

    def _said_page(self) -> QWidget:
        self.about = QTextBrowser(objectName="outlet_about")
        self.say(self.about.setAccessibleName, N_("建议与问题"))
        return self.about

    # -- content ---------------------------------------------------------------------------------------------------
    def retranslate(self) -> None:
        super().retranslate()
        for place, text in enumerate((_("办理"), _("上下游"), _("水质"), _("建议与问题"))):
            self.tabs.setTabText(place, text)
        self.chain.setHeaderLabels([_("对象"), _("沿河距离"), _("依据")])
        chosen = self.what.currentIndex()
        self.what.blockSignals(True)
        self.what.clear()
        self.what.addItem(_("登记下一步"), "step")
        self.what.addItem(_("重新打开"), "reopen")
        self.what.setCurrentIndex(max(chosen, 0))
        self.what.blockSignals(False)
        self._show()

    def show_row(self, row: OutletRow | None, data: OutletData | None) -> None:
        """Show an outlet, or nothing."""
        same = row is not None and self._row is not None and row.node == self._row.node
        self._row, self._data = row, data
        if not same:
            self._papers, self._fields = {}, {}  # what was typed for one outlet is not said of another
            self.said.tell("")
            self.note.clear()
            self.what.setCurrentIndex(0)
        if data is not None:
            self.day.setDate(QDate(data.on.year, data.on.month, data.on.day))
        self._show()

    def set_reading(self, reading: bool) -> None:
        """Say that what is shown is of before, and take no step from it, while the register is read again."""
        if reading != self._reading:
            self._reading = reading
            self._show()

    def _show(self) -> None:
        row = self._row
        for widget in (self.tabs, self.dossier):
            widget.setEnabled(row is not None)
        if row is None or self._data is None:
            self.head.setText(_("在排污口台账中选一个排污口。"))
            self.history.clear()
            self.chain.clear()
            self.about.clear()
            self._clear(self.water_box)
            self._clear(self.need)
            self.step.clear()
            return
        lines = [row.outlet.name, row.outlet.id, f"{stage_words(row.stage)} · {_(OVERDUE[row.overdue])}"]
        if row.unconfirmed:
            lines.append(_("台账没有写明已满足整治总则完成判定条件：指标、逾期仍按未完成计。"))
        if self._reading:
            lines.append(_("正在重新读取，以上是此前的内容。"))
        self.head.setText("\n".join(lines))
        self._show_history()
        self._show_chain()
        self._show_water()
        self._show_said()
        self._offer()

    def _show_history(self) -> None:
        from html import escape

        from sanxian.outlets.stages import evidence_words

        assert self._row is not None
        lines = []
        for event in self._row.track.events:
            when = event.on.isoformat() if event.on else _("日期未记录")
            words = stage_words(str(event.stage))
            if event.what == "reopen":
                words = _("重新打开至“{stage}”：{reason}").format(stage=words, reason=event.note)
            papers = "、".join(
                evidence_words(item.kind) + (f"（{item.reference}）" if item.reference else "")
                for item in event.evidence
            )
            lines.append(
                f"{when}　<b>{escape(words)}</b>"
                + (f"　{escape(papers)}" if papers else "")
                + (f"　{escape(event.by)}" if event.by else "")
            )
        following = self._row.track.next_stage()
        lines.append(
            _("下一步：{stage}").format(stage=stage_words(str(following))) if following else _("已销号，没有下一步")
        )
        self.history.setHtml("<br>".join(lines))

    def _show_chain(self) -> None:
        from sanxian.outlets.chain import KINDS
        from sanxian.outlets.match import EVIDENCE

        assert self._row is not None
        assert self._data is not None
        self.chain.clear()
        words = {
            "river": _("沿河"),
            "recorded": _("台账写明"),
            "responsible": _("责任主体"),
            "wells": _("检查井相接"),
            "stated": _("人工指定"),
        }
        for title, up in ((_("上游"), True), (_("下游"), False)):
            top = QTreeWidgetItem([title, "", ""])
            self.chain.addTopLevelItem(top)
            for step in self._data.chain.trace(self._row.node, up=up):
                metres = f"{step.river_m:,.0f} m" if step.river_m is not None and step.node.kind != "reach" else ""
                item = QTreeWidgetItem(
                    [
                        f"{_(KINDS[step.node.kind])}　{step.node.name}",
                        metres,
                        words.get(step.evidence) or _(EVIDENCE.get(step.evidence, step.evidence)),
                    ]
                )
                item.setData(0, NODE, step.node.id)
                item.setToolTip(0, plain_tip(step.node.name))
                top.addChild(item)
            if not top.childCount():
                top.addChild(QTreeWidgetItem([_("没有记录"), "", ""]))
            top.setExpanded(True)
        self.chain.setColumnWidth(0, 250)

    def _show_water(self) -> None:
        from sanxian.outlets import water

        assert self._row is not None
        assert self._data is not None
        self._clear(self.water_box)
        samples = self._data.quality.outlets.get(self._row.outlet.id, ())
        last = samples[-1] if samples else None
        if last is None:
            self.water_box.addWidget(QLabel(_("没有监测结果：水质未知。"), wordWrap=True))
            self.water_box.addStretch(1)
            return
        states = {"meets": _("达标"), "exceeds": _("超标"), "unknown": _("未定")}
        lines = [_("最近一次：{day}").format(day=last.on or _("日期未记录"))]
        for judged in last.items:
            unit = water.items()[judged.result.item].unit
            line = f"{water.item_words(judged.result.item)}　{judged.result.reading.words()} {unit}　{states[judged.state]}"
            if judged.standard:
                line += f"　{judged.standard}"
            if not judged.verified:
                line += "　" + _("限值未核验")
            lines.append(line)
        text = QLabel("\n".join(lines), wordWrap=True, textFormat=Qt.PlainText)
        text.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.water_box.addWidget(text)
        limits = {judged.result.item: judged.limit for judged in last.items}
        for name in water.items():
            points = water.series(self._data.results, f"outlet:{self._row.outlet.id}", name, on=self._data.on)
            if len(points) > 1:
                limit = limits.get(name)
                self.water_box.addWidget(Spark(water.item_words(name), points, limit[1] if limit else None))
        self.water_box.addStretch(1)

    def _show_said(self) -> None:
        from html import escape

        assert self._row is not None
        assert self._data is not None
        parts = [f"<b>{escape(_('按图建议'))}</b>", escape(self._row.advice.words()) if self._row.advice else "—"]
        parts += ["", f"<b>{escape(_('核查发现'))}</b>"]
        for item in self._row.findings:
            sign = {"error": "×", "warning": "!", "info": "·"}[item.severity]
            parts.append(f"{sign} {escape(item.message)}")
            parts += [f"　　{escape(self._candidate(one))}" for one in item.candidates]
        if not self._row.findings:
            parts.append(escape(_("没有发现。")))
        warned = [item for item in self._data.quality.warnings if item.outlet == self._row.outlet.id]
        if warned:
            parts += ["", f"<b>{escape(_('水质预警'))}</b>", *(escape(item.message) for item in warned)]
        self.about.setHtml("<br>".join(parts))

    def _candidate(self, one: Any) -> str:
        words = [str(one[key]) for key in ("name", "river", "county", "id", "code") if one.get(key)]
        if one.get("distance_m") is not None:
            words.append(f"{one['distance_m']:,.0f} m")
        return _("候选：{words}").format(words=" · ".join(words[:3] + words[-1:] if len(words) > 3 else words))

    # -- the form --------------------------------------------------------------------------------------------------
    def _offer(self, *_what: object) -> None:
        """The steps that can be taken now."""
        from sanxian.outlets.stages import ORDER

        self.step.blockSignals(True)
        self.step.clear()
        if self._row is not None:
            track = self._row.track
            if self.what.currentData() == "reopen":
                now = track.stage()
                offered = [
                    one
                    for one in ORDER
                    if now is not None and ORDER.index(one) < ORDER.index(now) and track.reached(one)
                ]
            else:
                following = track.next_stage()
                offered = [following] if following is not None else []
            for one in offered:
                self.step.addItem(stage_icon(str(one)), stage_words(str(one)), str(one))
        self.step.blockSignals(False)
        if self._reading and QApplication.focusWidget() in (self.enter, self.undo):
            self.what.setFocus()  # else Qt gives it to the next that is enabled, 导出档案… at the other end
        self.enter.setEnabled(self.step.count() > 0 and not self._reading)
        self.undo.setEnabled(not self._reading)
        self._needs()

    def _needs(self, *_what: object) -> None:
        """Fields for what the step needs."""
        from sanxian.outlets import stages
        from sanxian.outlets.register import field_words, remedy_of

        typed = {f"paper:{name}": edit.text() for name, edit in self._papers.items()}
        typed |= {f"field:{name}": text for name, edit in self._fields.items() if (text := _text(edit)) != edit.property("given")}
        focus = QApplication.focusWidget()
        held = focus.objectName() if focus in (*self._papers.values(), *self._fields.values()) else ""
        self._clear(self.need)
        self._papers, self._fields = {}, {}
        order: list[QWidget] = []
        host = QWidget()
        form = QFormLayout(host)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.ExpandingFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.WrapLongRows)
        if self._row is None or not self.step.count() or self.what.currentData() == "reopen":
            return
        stage = stages.Stage(self.step.currentData())
        known = {
            **self._row.track.fields(),
            **{
                key: value
                for key in ("measure_kind", "problem", "measure", "due", "responsible")
                if (value := self._row.outlet.get(key))
            },
        }
        kind = typed.get("field:measure_kind") or str(known.get("measure_kind") or "")
        needed, one_of, wanted = stages.needs(stage, remedy_of(kind))
        held = self._row.track.held()
        more = {stages.Stage.PLANNED: "measure_kind", stages.Stage.REMEDIATED: "meets_criteria"}.get(stage)
        for name in [*wanted, *([more] if more and more not in wanted else [])]:
            value = typed.get(f"field:{name}") or str(known.get(name) or "")
            field: QLineEdit | QComboBox
            if name == "measure_kind":
                field = QComboBox()
                field.addItem("", "")
                for words in stages.REMEDY_WORDS.values():
                    field.addItem(_(words), words)
                found = next(
                    (
                        place
                        for place in range(field.count())
                        if field.itemData(place) and remedy_of(field.itemData(place)) == remedy_of(value)
                    ),
                    0,
                )
                field.setCurrentIndex(found)
                field.currentIndexChanged.connect(self._needs)
            elif name == "meets_criteria":  # without it no figure calls the work done, and only a person can say so
                field = QComboBox()
                for words, answer in ((_("不填写"), ""), (_("是"), "是"), (_("否"), "否")):
                    field.addItem(words, answer)
                field.setCurrentIndex(max(0, field.findData(typed.get("field:meets_criteria") or "")))
            else:
                field = QLineEdit(value)
                if name == "due":
                    field.setPlaceholderText("yyyy-mm-dd")
            field.setObjectName(f"outlet_field_{name}")
            field.setAccessibleName(field_words(name))
            if isinstance(field, QComboBox):
                field.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
                field.setMinimumContentsLength(8)
            field.setProperty("given", str(known.get(name) or "") if typed.get(f"field:{name}") else _text(field))
            self._fields[name] = field
            order.append(field)
            form.addRow(field_words(name), field)
        for name in [*needed, *one_of]:
            edit = QLineEdit(typed.get(f"paper:{name}", ""))
            edit.setObjectName(f"outlet_paper_{name}")
            edit.setPlaceholderText(_("已有") if name in held else _("文件或文号"))
            edit.setAccessibleName(stages.evidence_words(name))
            browse = QPushButton("…")
            browse.setFixedWidth(30)
            browse.setAccessibleName(_("选择文件…"))
            browse.clicked.connect(lambda _checked=False, one=edit: self._browse(one))
            line = QHBoxLayout()
            line.addWidget(edit, 1)
            line.addWidget(browse)
            self._papers[name] = edit
            order += [edit, browse]
            words = stages.evidence_words(name)
            form.addRow(_("{paper}（任一）").format(paper=words) if name in one_of else words, line)
        self.need.addWidget(host)
        before: QWidget = self.day
        for one in order:  # they stand between the day and the person, and so Tab goes
            QWidget.setTabOrder(before, one)
            before = one
            if held and one.objectName() == held:
                one.setFocus()

    def _browse(self, edit: QLineEdit) -> None:
        path = choose.file(self, _("选择文件"), start=self.folder)
        if path is not None:
            edit.setText(path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else str(path))

    def _ask(self) -> None:
        if self.day.wrong:
            self.said.tell(self.day.wrong, wrong=True)
            self.day.setFocus()
            return
        papers = [f"{name}={edit.text().strip()}" for name, edit in self._papers.items() if edit.text().strip()]
        fields = [f"{name}={value}" for name, edit in self._fields.items() if (value := _text(edit))]
        self.entryAsked.emit(
            self.step.currentData() or "",
            self.day.date().toPyDate(),
            self.what.currentData() == "reopen",
            papers,
            fields,
            self.person.text().strip(),
            self.note.toPlainText().strip(),
        )

    def _clear(self, layout: Any) -> None:
        while layout.count():
            item = layout.takeAt(0)
            if item.layout() is not None:
                self._clear(item.layout())
            elif item.widget() is not None:
                item.widget().hide()
                item.widget().deleteLater()


def _text(edit: QLineEdit | QComboBox) -> str:
    return str(edit.currentData() or "") if isinstance(edit, QComboBox) else edit.text().strip()

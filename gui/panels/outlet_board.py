"""How far the work on outlets has come: indicators with their denominators, banks that nobody looked at, time, and what is to be feared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt5.QtWidgets import QComboBox, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gui import theme
from gui.dialogs import scrolling
from gui.flow import Flow
from gui.models.outlet_data import CUTS, OutletData
from gui.words import Speaker
from sanxian.i18n import N_, _

CUT_WORDS = {
    "": N_("不分组"),
    "river": N_("按河流"),
    "county": N_("按区县"),
    "class": N_("按分类"),
    "remedy": N_("按整治类型"),
    "scale": N_("按规模"),
    "side": N_("按岸别"),
}
SCOPE_WORDS = {"layer": N_("全部岸线"), "district": N_("只算台账所在区县")}
_GOOD, _BAD = "#2166ac", "#b2182b"  # on paper; in the window as readable as its ground asks for


def _unbroken(text: str) -> str:
    """Words that a label does not break: between Chinese characters it may do so anywhere else."""
    return "\u2060".join(text.replace(" ", "\u00a0"))


class Bars(QWidget):
    """Shares as bars: numerator and denominator in words, the target as a mark, what is not known hatched."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[tuple[str, float | None, str, float | None, bool]] = []
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)

    def set_rows(self, rows: Sequence[tuple[str, float | None, str, float | None, bool]]) -> None:
        """Title, share (``None`` without a denominator), words, target, and whether less is better.

        Words of two lines: the second stands below the bar.
        """
        self.rows = list(rows)
        self._fit()
        self.setAccessibleName("; ".join(f"{title} {words}" for title, _share, words, _target, _less in self.rows))
        self.update()

    def _fit(self) -> None:
        """As high as the rows are at this width."""
        self.setFixedHeight(int(sum(self._height(row[0], row[2]) for row in self.rows) or 1) + 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _apart(self, title: str, words: str) -> bool:
        """Whether a title and its figures have to stand on two lines: side by side one would cover the other."""
        metrics = QFontMetricsF(self.font())
        first = words.partition("\n")[0]
        return metrics.horizontalAdvance(title) + metrics.horizontalAdvance(first) + 12 > self.width() - 8

    def _height(self, title: str, words: str) -> float:
        line = QFontMetricsF(self.font()).height()
        return line * (1 + ("\n" in words) + self._apart(title, words)) + 20

    def sizeHint(self) -> QSize:
        return QSize(300, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        ink = self.palette().text().color()
        wide, line, top = self.width() - 8, QFontMetricsF(self.font()).height(), 2.0
        for title, share, words, target, less in self.rows:
            first, _mark, second = words.partition("\n")
            painter.setPen(ink)
            low = top + line if self._apart(title, words) else top
            painter.drawText(QRectF(4, top, wide, line), Qt.AlignLeft | Qt.AlignVCenter, title)
            painter.drawText(QRectF(4, low, wide, line), Qt.AlignRight | Qt.AlignVCenter, first)
            box = QRectF(4, low + line + 1, wide, 10)
            painter.setPen(Qt.NoPen)
            painter.setBrush(QBrush(QColor(theme.ink("ground"))))
            painter.drawRect(box)
            painter.setBrush(QBrush(QColor(theme.ink("rule")), Qt.BDiagPattern))
            painter.drawRect(box)
            if share is not None:
                painter.setBrush(QBrush(theme.readable(_BAD if less else _GOOD, "window")))
                painter.drawRect(QRectF(box.left(), box.top(), box.width() * min(share, 1.0), box.height()))
            if target is not None:
                x = box.left() + box.width() * min(target, 1.0)
                for colour, thick in ((self.palette().window().color(), 4), (ink, 2)):  # apart from the bar that it stands in
                    painter.setPen(QPen(colour, thick, Qt.SolidLine, Qt.FlatCap))
                    painter.drawLine(QPointF(x - 1, box.top() - 2), QPointF(x - 1, box.bottom() + 2))
            if second:
                painter.setPen(ink)
                painter.drawText(QRectF(4, box.bottom() + 2, wide, line), Qt.AlignRight | Qt.AlignVCenter, second)
            top += self._height(title, words)
        painter.end()


class Lines(QWidget):
    """Shares through time; every line has a dash and a name of its own at its end."""

    LOOKS = (
        ("#6a3d9a", Qt.SolidLine),
        (_GOOD, Qt.DashLine),
        ("#1b7837", Qt.DashDotLine),
        (_BAD, Qt.DotLine),
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.series: list[tuple[str, list[tuple[date, float]]]] = []
        self.setFixedHeight(170)

    def set_series(self, series: Sequence[tuple[str, list[tuple[date, float]]]]) -> None:
        """Names and their points."""
        self.series = [(name, points) for name, points in series if points]
        self.setAccessibleName("; ".join(f"{name} {points[-1][1]:.1%}" for name, points in self.series))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self.series:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        ink = self.palette().text().color()
        metrics = QFontMetricsF(painter.font())
        right = self.width() - max(metrics.horizontalAdvance(name) for name, _points in self.series) - 12
        left, top, bottom = metrics.horizontalAdvance("100%") + 6, 10.0, self.height() - metrics.height() - 4
        days = [day.toordinal() for _name, points in self.series for day, _value in points]
        first, last = min(days), max(days)
        for share in (0.0, 0.5, 1.0):
            y = bottom - share * (bottom - top)
            painter.setPen(QPen(QColor(theme.ink("line")), 1))
            painter.drawLine(QPointF(left, y), QPointF(right, y))
            painter.setPen(ink)
            painter.drawText(QRectF(0, y - 10, left - 4, 20), Qt.AlignRight | Qt.AlignVCenter, f"{share:.0%}")
        ends = [str(date.fromordinal(day)) for day in (first, last)]
        if sum(map(metrics.horizontalAdvance, ends)) + 8 > right - left:  # narrow: the months alone
            ends = [text[:7] for text in ends]
        for text, side in zip(ends, (Qt.AlignLeft, Qt.AlignRight), strict=True):
            painter.drawText(QRectF(left, bottom + 2, right - left, metrics.height()), side, text)
        taken: list[float] = []
        for (name, points), (paper, dash) in zip(self.series, self.LOOKS, strict=False):
            colour = theme.readable(paper, "window")
            painter.setPen(QPen(colour, 1.8, dash))
            places = [
                QPointF(
                    left + (day.toordinal() - first) / max(last - first, 1) * (right - left),
                    bottom - value * (bottom - top),
                )
                for day, value in points
            ]
            for one, two in zip(places, places[1:], strict=False):
                painter.drawLine(one, two)
            end, line = places[-1].y(), metrics.height()
            free = [y for step in range(-len(self.LOOKS) * 2, len(self.LOOKS) * 2 + 1) if top <= (y := end + step * line / 2) <= bottom
                    and not any(abs(y - other) < line for other in taken)]
            y = min(free, key=lambda one: abs(one - end), default=end)  # the nearest place where no other name stands
            taken.append(y)
            painter.setPen(colour)
            painter.drawText(QRectF(right + 6, y - 10, 200, 20), Qt.AlignLeft | Qt.AlignVCenter, name)
        painter.end()


class BoardPanel(QWidget, Speaker):
    """The dashboard.

    Signals:
        scopeAsked: Count the survey against these banks.
        reportAsked: Write the report.
        outletAsked: Id of an outlet: show it.
        spoken: The words are of another language now; those of the data still have to follow.
    """

    scopeAsked = pyqtSignal(str)
    reportAsked = pyqtSignal()
    outletAsked = pyqtSignal(str)
    spoken = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data: OutletData | None = None
        self._reading, self._known = False, True
        self.cut, self.scope = QComboBox(objectName="board_cut"), QComboBox(objectName="board_scope")
        self.say(self.cut.setAccessibleName, N_("分组"))
        self.say(self.scope.setAccessibleName, N_("排查率的分母"))
        for key in CUTS:
            self.cut.addItem("", key)
        for key in SCOPE_WORDS:
            self.scope.addItem("", key)
        self.group = QComboBox(objectName="board_group")
        self.say(self.group.setAccessibleName, N_("组"))
        self.group.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.report = QPushButton(objectName="board_report")
        self.say(self.report.setText, N_("导出报告…"))
        self.report.clicked.connect(lambda _checked=False: self.reportAsked.emit())
        self.head = QLabel(objectName="board_head", wordWrap=True)
        self.bars, self.banks, self.lines = Bars(), Bars(), Lines()
        self.bars.setObjectName("board_bars")
        self.stages = QLabel(objectName="board_stages", wordWrap=True)
        self.warned = QLabel(objectName="board_warned", wordWrap=True, textFormat=Qt.RichText)
        self.warned.linkActivated.connect(self.outletAsked.emit)
        self.rules = QLabel(objectName="board_rules", wordWrap=True)
        titles = []
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(4, 4, 4, 4)
        for title, widget in (
            (N_("各项指标（竖线为目标）"), self.bars),
            (N_("办理环节"), self.stages),
            (N_("岸线排查（未排查的为未知）"), self.banks),
            (N_("逐季进展"), self.lines),
            (N_("水质预警"), self.warned),
            (N_("算法说明"), self.rules),
        ):
            label = QLabel()
            font = label.font()
            font.setBold(True)
            label.setFont(font)
            self.say(label.setText, title)
            titles.append(label)
            box.addWidget(label)
            box.addWidget(widget)
        box.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QScrollArea.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        area.setWidget(inner)
        row = Flow()
        for widget in (self.cut, self.group, self.scope):
            widget.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
            widget.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
            widget.setMinimumContentsLength(5)
            row.addWidget(widget)
        row.addWidget(self.report)
        area.setMinimumHeight(120)
        whole = QVBoxLayout()
        whole.addLayout(row)
        whole.addWidget(self.head)
        whole.addWidget(area, 1)
        outer = scrolling(whole)  # on a small screen with large text
        whole.setContentsMargins(2, 2, 2, 2)  # for the ring around what has the focus
        outer.setMinimumSize(200, 140)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(outer)
        self.cut.currentIndexChanged.connect(self._groups)
        self.group.currentIndexChanged.connect(lambda _place: self._show())
        self.scope.activated.connect(lambda _place: self.scopeAsked.emit(self.scope.currentData()))
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        for combo, words in ((self.cut, CUT_WORDS), (self.scope, SCOPE_WORDS)):
            for place in range(combo.count()):
                combo.setItemText(place, _(words[combo.itemData(place)]))
        self._groups()
        self.spoken.emit()

    def set_data(self, data: OutletData | None, *, reading: bool = False, known: bool = True) -> None:
        """Show the figures of a register.

        Args:
            data: ``None`` where there is none.
            reading: It is being read, so that nobody knows yet.
            known: It was read.
        """
        self._data, self._reading, self._known = data, reading, known
        if data is not None:
            self.scope.setCurrentIndex(max(0, self.scope.findData(data.scope)))
        self._groups()

    def set_reading(self, reading: bool) -> None:
        """Say that what is shown is of before while the register is read again."""
        if reading != self._reading:
            self._reading = reading
            self._show()

    def _groups(self, *_what: object) -> None:
        from sanxian.outlets.coverage import group_words

        chosen = self.group.currentData()
        self.group.blockSignals(True)
        self.group.clear()
        self.group.addItem(_("全部"), "all")
        cut = self.cut.currentData()
        if self._data is not None and cut:
            for name in dict.fromkeys(row.group for row in self._data.summaries[cut].rows if row.group != "all"):
                words = {"left": _("左岸"), "right": _("右岸")}.get(name) or group_words(name)
                self.group.addItem(words, name)
        self.group.setCurrentIndex(max(0, self.group.findData(chosen)))
        self.group.setVisible(bool(cut))
        self.group.blockSignals(False)
        self._show()

    def _show(self) -> None:
        data = self._data
        if data is None:
            self.head.setText(_("正在读取排污口…") if self._reading else _("工作区没有入河排污口图层。") if self._known
                              else _("排污口台账还没有读取。"))
            for bars in (self.bars, self.banks):
                bars.set_rows([])
            self.lines.set_series([])
            for label in (self.stages, self.warned, self.rules):
                label.clear()
            return
        from html import escape

        from sanxian.outlets.coverage import INDICATORS
        from sanxian.outlets.layers import STAGE_LOOKS, mark
        from sanxian.outlets.stages import STAGE_WORDS

        summary = data.summaries[self.cut.currentData() or ""]
        group = self.group.currentData() or "all"
        late = summary.row("overdue_rate").numerator
        self.head.setText(
            _("统计日 {day} · 排污口 {count} 个 · 逾期 {late} 个 · 无需整治 {none} 个").format(
                day=data.on, count=f"{summary.outlets:,}", late=f"{late:,}", none=f"{summary.no_need:,}"
            )
            + ("\n" + _("正在重新读取，以下是此前的内容。") if self._reading else "")
        )
        rows = []
        for row in summary.rows:
            if row.group != group:
                continue
            told = row.to_dict()
            unit = " km" if row.unit == "km" else ""
            words = f"{told['numerator']:g} ÷ {told['denominator']:g}{unit}"
            words = (
                f"{words} = {row.value:.1%}" if row.value is not None else _("{part}（没有分母）").format(part=words)
            )
            if row.target is not None:
                words += "\n" + _("目标 {target:.0%}（{due}），差 {gap:.1%}").format(
                    target=row.target.value, due=row.target.due, gap=row.gap or 0.0
                )
            rows.append(
                (
                    _(INDICATORS[row.indicator][0]),
                    row.value,
                    words,
                    row.target.value if row.target else None,
                    row.indicator == "overdue_rate",
                )
            )
        self.bars.set_rows(rows)
        counts = {key: sum(row.stage == key for row in data.rows) for key in STAGE_LOOKS}
        self.stages.setText(
            "　".join(
                _unbroken(f"{mark(key if key != 'unknown' else None)} {_(STAGE_WORDS[key]) if key in STAGE_WORDS else _('未知')} {count:,}")
                for key, count in counts.items()
                if count
            )
        )
        self.banks.set_rows(self._bank_rows(summary))
        names = ("survey_rate", "tracing_rate", "remediation_rate", "overdue_rate")
        self.lines.set_series(
            [
                (
                    _(INDICATORS[name][0]),
                    [(one.on, value) for one in data.through if (value := one.row(name).value) is not None],
                )
                for name in names
            ]
        )
        lines = []
        for item in data.quality.warnings[:30]:
            sign = {"error": "×", "warning": "!", "info": "·"}[item.severity]
            text = escape(f"{sign} {item.message}")
            if item.outlet and not item.outlet.startswith("section:"):
                text = f'<a href="{escape(item.outlet)}">{text}</a>'
            lines.append(text)
        self.warned.setText(
            "<br>".join(lines) or escape(_("没有预警。") if data.quality.results else _("没有监测结果：水质未知。"))
        )
        self.rules.setText(
            "\n".join(f"{place}. {rule}" for place, rule in enumerate((*summary.rules, *data.quality.rules), 1))
        )

    def _bank_rows(self, summary: Any) -> list[tuple[str, float | None, str, float | None, bool]]:
        totals: dict[tuple[str, str], list[float]] = {}
        for piece in summary.stretches:
            known = totals.setdefault((piece.bank.river, piece.bank.side or ""), [0.0, 0.0])
            known[0] += piece.length_m if piece.surveyed else 0.0
            known[1] += piece.length_m
        sides = {"left": _("左岸"), "right": _("右岸"), "": ""}
        return [
            (
                f"{river} {sides[side]}".strip(),
                done / total if total else None,
                _("{done:.2f} ÷ {total:.2f} km（未知 {rest:.2f}）").format(
                    done=done / 1000, total=total / 1000, rest=(total - done) / 1000
                ),
                None,
                False,
            )
            for (river, side), (done, total) in totals.items()
        ]

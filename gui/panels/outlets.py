"""The register of outlets as a table: filtered by stage, problem, river, bank, and what was overdue on the day."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt5.QtCore import QPoint, QRectF, Qt, pyqtSignal
from PyQt5.QtGui import QBrush, QColor, QFont, QGuiApplication, QIcon, QPainter, QPixmap, QPolygonF
from PyQt5.QtWidgets import QCheckBox, QComboBox, QLineEdit, QMenu, QSizePolicy, QVBoxLayout, QWidget

from gui.dialogs import scrolling
from gui.dialogs.parts import Table
from gui.flow import Flow
from gui.models.outlet_data import OutletData, OutletRow
from gui.models.rows import Column, Rows
from gui.panels.status import Elided
from gui.resources.icons import icon
from gui.words import Speaker, aside
from sanxian.i18n import N_, _
from sanxian.outlets.findings import kind_words

OVERDUE = {True: N_("已逾期"), False: N_("未逾期"), None: N_("未定时限")}


def stage_words(key: str) -> str:
    """The name of a stage."""
    from sanxian.outlets.stages import STAGE_WORDS

    return _(STAGE_WORDS[key]) if key in STAGE_WORDS else _("未知")


def stage_icon(key: str) -> QIcon:
    """The mark of a stage: its shape and letter as on the map."""
    from PyQt5.QtCore import QPointF

    from sanxian.outlets.layers import STAGE_LOOKS, mark

    _letter, colour, marker = STAGE_LOOKS[key]
    pixmap = QPixmap(20, 20)
    pixmap.fill(Qt.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.Antialiasing)
    painter.setPen(Qt.NoPen)
    painter.setBrush(QBrush(QColor(colour)))
    if marker == "square":
        painter.drawRect(QRectF(1, 1, 18, 18))
    elif marker == "diamond":
        painter.drawPolygon(QPolygonF([QPointF(10, 0), QPointF(20, 10), QPointF(10, 20), QPointF(0, 10)]))
    else:
        painter.drawEllipse(QRectF(0.5, 0.5, 19, 19))
    font = QFont()
    font.setPixelSize(12)
    painter.setFont(font)
    painter.setPen(QColor("#ffffff" if QColor(colour).lightnessF() < 0.6 else "#000000"))
    painter.drawText(QRectF(0, 0, 20, 20), Qt.AlignCenter, mark(key if key != "unknown" else None))
    painter.end()
    return QIcon(pixmap)


class OutletsPanel(QWidget, Speaker):
    """The table.

    Signals:
        picked: The outlet whose row became the current one.
        zoomAsked: Show that outlet on the map.
        asked: What the menu of a row was asked for (an action's id, or ``outlet_card``), of the outlet of the current row.
    """

    picked = pyqtSignal(object)
    zoomAsked = pyqtSignal(object)
    asked = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data: OutletData | None = None
        self._icons: dict[str, QIcon] = {}
        self.search = QLineEdit(objectName="outlet_search", clearButtonEnabled=True)
        self.say(self.search.setPlaceholderText, N_("按编码、名称、责任主体筛选"))
        self.say(self.search.setAccessibleName, N_("筛选排污口"))
        self.stage, self.problem, self.river, self.side, self.remedy = (
            self._combo(name) for name in ("stage", "problem", "river", "side", "remedy")
        )
        for combo, words in (
            (self.stage, N_("按办理环节筛选")),
            (self.problem, N_("按问题筛选")),
            (self.river, N_("按河流筛选")),
            (self.side, N_("按岸别筛选")),
            (self.remedy, N_("按整治类型筛选")),
        ):
            self.say(combo.setAccessibleName, words)
        self.overdue = QCheckBox(objectName="outlet_overdue")
        self.say(self.overdue.setText, N_("只看当日逾期"))
        self.count = Elided(objectName="outlet_count")
        self.model = Rows(
            (
                Column(N_("环节"), lambda row: stage_words(row.stage), self._icon, lambda row: _place(row.stage)),
                Column(N_("排污口编码"), lambda row: row.outlet.id),
                Column(N_("完成时限"), lambda row: str(row.outlet.get("due") or _("未记录"))),
                Column(N_("逾期"), lambda row: _(OVERDUE[row.overdue])),
                Column(N_("名称"), lambda row: row.outlet.name),
                Column(N_("分类"), self._kind),
                Column(N_("河流"), lambda row: row.outlet.river or _("未记录")),
                Column(N_("点位"), lambda row: "" if row.outlet.place else _("未知")),
                Column(N_("整治类型"), lambda row: self._remedy_words(row.outlet.remedy)),
                Column(N_("按图建议"), lambda row: self._remedy_words(row.advice.remedy) if row.advice else ""),
                Column(N_("责任主体"), lambda row: row.outlet.get("responsible") or _("未记录")),
                Column(N_("问题数"), lambda row: str(_wrong(row) or ""), None, _wrong),
            ),
            self,
        )
        self.table = Table(self.model, "outlet_table")
        self.say(self.table.setAccessibleName, N_("排污口台账"))
        self.table.setMinimumHeight(self.table.horizontalHeader().sizeHint().height() + 3 * 26 + 24)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _old: self._picked(now.row()))
        self.table.doubleClicked.connect(lambda index: self.zoomAsked.emit(self.model.item(index.row())))
        self.table.setContextMenuPolicy(Qt.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._menu)
        inner = QVBoxLayout()
        inner.setSpacing(4)
        for line in ((self.search, self.overdue, self.count), (self.stage, self.problem, self.river, self.side, self.remedy)):
            flow = Flow()
            for widget in line:
                flow.addWidget(widget)
            inner.addLayout(flow)
        inner.addWidget(self.table, 1)
        area = scrolling(inner)
        inner.setContentsMargins(2, 2, 2, 2)  # for the ring around what has the focus
        area.setMinimumSize(165, 80)  # as the other panels that it shares its place with
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(area)
        self.search.textChanged.connect(self._filter)
        self.overdue.toggled.connect(self._filter)
        for combo in (self.stage, self.problem, self.river, self.side, self.remedy):
            combo.currentIndexChanged.connect(self._filter)
        self.retranslate()

    def _combo(self, name: str) -> QComboBox:
        combo = QComboBox(objectName=f"outlet_{name}", minimumContentsLength=6)
        combo.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        combo.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
        return combo

    def retranslate(self) -> None:
        super().retranslate()
        self._icons.clear()
        self._widths()
        self._fill()
        self.model.retranslate()
        self._count()

    def _widths(self) -> None:
        """Stage, code, deadline and whether it has passed are never cut; the rest is shortened, and then panned to."""
        from sanxian.outlets.stages import STAGE_WORDS

        def whole(words: Iterable[str], more: int = 14) -> int:
            return max(self.fontMetrics().horizontalAdvance(text) for text in words) + more

        wide = self.fontMetrics().horizontalAdvance("W")
        self.table.widths(*(round(wide * many) for many in (8, 0, 0, 0, 20, 10, 5, 3.5, 6, 6, 11, 4)), least={
            0: whole(map(_, STAGE_WORDS.values()), 40), 1: whole(["FA-000000-0000-WW-00"]), 2: whole(["0000-00-00", _("未记录")]),
            3: whole(map(_, OVERDUE.values())), 4: round(wide * 10),
        })  # fmt: skip

    def set_data(self, data: OutletData | None) -> None:
        """Show a register; the current outlet stays the current one."""
        current = self.current()
        self._data = data
        self.model.set_items(data.rows if data else [])
        self._fill()
        self._filter()
        if current is not None:
            self.show_outlet(current.node)

    def current(self) -> OutletRow | None:
        """The outlet of the current row."""
        index = self.table.currentIndex()
        return self.model.item(index.row()) if index.isValid() and index.row() < self.model.rowCount() else None

    def show_outlet(self, node: str) -> None:
        """Make an outlet the current one, giving up a filter that hides it."""
        if self.model.row_of(lambda row: row.node == node) < 0:
            self.search.clear()
            self.overdue.setChecked(False)
            for combo in (self.stage, self.problem, self.river, self.side, self.remedy):
                combo.setCurrentIndex(0)
        self.table.pick_row(self.model.row_of(lambda row: row.node == node))

    def _fill(self) -> None:
        from sanxian.outlets.layers import STAGE_LOOKS

        rows = self._data.rows if self._data else []
        kinds: dict[str, int] = {}
        for row in rows:
            for kind in {item.finding for item in row.findings}:
                kinds[kind] = kinds.get(kind, 0) + 1
        seen = {row.stage for row in rows}
        rivers = dict.fromkeys(row.outlet.river or "" for row in rows)
        sides = dict.fromkeys(str(row.outlet.get("bank_side") or "") for row in rows)
        remedies = [
            key for key in ("close", "merge", "tidy", "none", None) if any(row.outlet.remedy == key for row in rows)
        ]
        for combo, title, entries in (
            (self.stage, _("全部环节"), [(stage_words(key), key) for key in STAGE_LOOKS if key in seen]),
            (
                self.problem,
                _("全部问题"),
                [
                    (_("{kind}（{count}）").format(kind=kind_words(kind), count=f"{count:,}"), kind)
                    for kind, count in sorted(kinds.items())
                ],
            ),
            (self.river, _("全部河流"), [(name or _("未记录"), name) for name in rivers]),
            (self.side, _("全部岸别"), [(self._side_words(name), name) for name in sides]),
            (self.remedy, _("全部类型"), [(self._remedy_words(key), key or "") for key in remedies]),
        ):
            chosen = combo.currentData()
            combo.blockSignals(True)
            combo.clear()
            combo.addItem(title, None)
            for words, value in entries:
                combo.addItem(self._icon_of(value), words, value) if combo is self.stage else combo.addItem(
                    words, value
                )
            found = next((place for place in range(combo.count()) if combo.itemData(place) == chosen), 0)
            combo.setCurrentIndex(found)
            combo.blockSignals(False)

    def _filter(self, *_what: object) -> None:
        stage, problem, river, side = (
            combo.currentData() for combo in (self.stage, self.problem, self.river, self.side)
        )
        remedy, late = self.remedy.currentData(), self.overdue.isChecked()
        words = self.search.text().strip().casefold()

        def wanted(row: OutletRow) -> bool:
            outlet = row.outlet
            return (
                (stage is None or row.stage == stage)
                and (problem is None or any(item.finding == problem for item in row.findings))
                and (river is None or (outlet.river or "") == river)
                and (side is None or str(outlet.get("bank_side") or "") == side)
                and (remedy is None or (outlet.remedy or "") == remedy)
                and (not late or row.overdue is True)
                and (
                    not words
                    or any(
                        words in str(text).casefold()
                        for text in (
                            outlet.id,
                            outlet.name,
                            outlet.get("local_code") or "",
                            outlet.get("responsible") or "",
                        )
                    )
                )
            )

        self.model.set_filter(wanted)
        self._count()

    def _count(self) -> None:
        text = _("{shown} / {all} 个").format(shown=f"{self.model.rowCount():,}", all=f"{len(self.model.items):,}")
        lost = sum(row.outlet.place is None for row in self.model.items)
        self.count.setText(text + (aside(_("{count} 个点位未知，不上图").format(count=f"{lost:,}")) if lost else ""))
        self.count.setToolTip(self.count.text())

    def context_menu(self) -> QMenu:
        """What can be done with the outlet of the current row."""
        menu, row, index = QMenu(self), self.current(), self.table.currentIndex()
        if row is None:
            return menu
        code, value = row.outlet.id, str(index.data() or "")
        zoom = menu.addAction(icon("zoom_to"), _("缩放到排污口"), lambda: self.zoomAsked.emit(row))
        if row.outlet.place is None:
            zoom.setText(zoom.text() + aside(_("点位未知")))
            zoom.setEnabled(False)
        menu.addAction(icon("edit"), _("打开排污口办理"), lambda: self.asked.emit("outlet_card"))
        menu.addAction(icon("line"), _("图上显示上下游"), lambda: self.asked.emit("outlet_trace"))
        menu.addSeparator()
        copied = menu.addAction(_("复制排污口编码"), lambda: QGuiApplication.clipboard().setText(code))
        copied.setEnabled(bool(code))
        cell = menu.addAction(_("复制值"), lambda: QGuiApplication.clipboard().setText(value))
        cell.setEnabled(bool(value))
        menu.addSeparator()
        menu.addAction(icon("export"), _("导出排污口档案…"), lambda: self.asked.emit("outlet_dossier"))
        return menu

    def _menu(self, place: QPoint) -> None:
        menu = self.context_menu() if self.table.indexAt(place).isValid() else QMenu(self)
        if menu.actions():
            menu.exec_(self.table.viewport().mapToGlobal(place))
        menu.deleteLater()

    def _picked(self, row: int) -> None:
        if 0 <= row < self.model.rowCount():
            self.picked.emit(self.model.item(row))

    def _icon(self, row: OutletRow) -> QIcon:
        return self._icon_of(row.stage)

    def _icon_of(self, key: str) -> QIcon:
        if key not in self._icons:
            self._icons[key] = stage_icon(key)
        return self._icons[key]

    def _kind(self, row: OutletRow) -> str:
        from sanxian.outlets.coverage import group_words

        found = row.outlet.classified
        return group_words(found.sub or found.kind or "unknown")

    def _remedy_words(self, key: str | None) -> str:
        from sanxian.outlets.stages import REMEDY_WORDS

        return _(REMEDY_WORDS[key]) if key else _("未定")

    def _side_words(self, side: str) -> str:
        return {"left": _("左岸"), "right": _("右岸"), "": _("未记录")}.get(side, side)


def _place(stage: str) -> int:
    from sanxian.outlets.layers import STAGE_LOOKS

    return list(STAGE_LOOKS).index(stage)


def _wrong(row: OutletRow) -> int:
    return sum(item.severity != "info" for item in row.findings)

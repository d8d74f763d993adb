"""The coverage ledger: which layer knows which part of the district, and where nobody has looked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QBrush, QColor, QResizeEvent
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QStyle,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.dialogs import Below
from gui.part import Part
from gui.session import RASTER
from gui.words import Speaker, named, plain_tip, together
from sanxian.i18n import N_, _, language
from sanxian.mapping.styles import LayerStyle, Symbol

OVERLAY = "coverage:missing"
ROW = Qt.UserRole
STYLE = LayerStyle("", "single", "", (
    Symbol(None, "未覆盖", "Not covered", fill="#6b7280", fill_opacity=0.16, outline="#374151", outline_width=1.4,
           hatch="backdiagonal", dash=(6, 3)),), "未覆盖", "Not covered")
_STATED = {"given": N_("随图层说明"), "admin": N_("按行政区认定（未声明）"), "unknown": N_("没有说明")}

_TITLES = (N_("图层"), N_("已覆盖"), N_("依据"), N_("数据日期"), N_("比例尺"), N_("精度（米）"), N_("要素数"))
_SPARED = (4, 5, 3, 6, 2)  # columns that a narrow panel does without, in this order; what they say stands below the list
_NAME = 120  # pixels that the name of a layer has at least

_LEAD = N_("选中一行，斜线处就是它没有覆盖的地方：那里没有压占不等于没有限制。"
           "{part} 个图层覆盖不全或没有说明，{absent} 类图层一个也没有。")


class CoveragePanel(QWidget, Speaker):
    """One row a layer, and one for each kind of layer that is not there at all."""

    def __init__(self, part: CoveragePart) -> None:
        super().__init__()
        self._part = part
        self.rows: list[Any] = []
        self._reading = False
        self.lead = QLabel(objectName="coverage_lead", wordWrap=True)
        self.tree = QTreeWidget(objectName="coverage_tree")
        self.say(self.tree.setAccessibleName, "覆盖台账")
        self.tree.setRootIsDecorated(False)
        self.tree.setAlternatingRowColors(True)
        self.tree.setSelectionMode(QAbstractItemView.ExtendedSelection)
        self.tree.itemSelectionChanged.connect(part.draw)
        self.tree.currentItemChanged.connect(lambda *_items: self._say_spared())
        self.spared = QLabel(objectName="coverage_spared", wordWrap=True)
        theme.tone(self.spared, "muted")
        self.drawn = QCheckBox(objectName="coverage_drawn", checked=True)
        self.say(self.drawn.setText, "在地图上画出所选图层没有覆盖的地方")
        self.drawn.toggled.connect(lambda _on: part.draw())
        self.again = QPushButton(objectName="coverage_refresh")
        self.say(self.again.setText, "重新计算")
        self.again.clicked.connect(part.refresh)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.lead)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.spared)
        layout.addWidget(Below((self.drawn,), (self.again,)))
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        self.tree.setHeaderLabels([_(title) for title in _TITLES])
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(QHeaderView.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.Stretch)
        self.show_rows(self.rows)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Only as many columns as there is room for: nobody pans a list to read how far a layer reaches."""
        header = self.tree.header()
        for column in _SPARED:  # what is hidden says no width
            self.tree.setColumnHidden(column, False)
        wide = [max(self.tree.sizeHintForColumn(column), header.sectionSizeHint(column)) for column in range(len(_TITLES))]
        room = self.width() - 2 * self.tree.frameWidth() - 8 - self.tree.style().pixelMetric(QStyle.PM_ScrollBarExtent)
        left = sum(wide[1:]) + _NAME - room
        for column in _SPARED:
            self.tree.setColumnHidden(column, left > 0)
            left -= wide[column] if left > 0 else 0
        self._say_spared()

    def _say_spared(self) -> None:
        item = self.tree.currentItem()
        said = [named(_(_TITLES[column]), item.text(column)) for column in range(len(_TITLES))
                if self.tree.isColumnHidden(column) and item.text(column)] if item is not None else []
        self.spared.setText(together([item.text(0), *said]) if item is not None and said else "")
        self.spared.setVisible(bool(said))

    def set_reading(self) -> None:
        """It is being worked out."""
        self._reading = True
        self._say_lead()

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Show the ledger."""
        self.rows, self._reading = list(rows), False
        chosen = {item.data(0, ROW) for item in self.tree.selectedItems()}
        self.tree.blockSignals(True)
        self.tree.clear()
        for number, one in enumerate(self.rows):
            share = one.share
            title = one.name or self._part.role_title(one.role)
            covered = _("没有图层") if one.absent else _("不知道") if share is None else f"{share:.1%}"
            stated = "" if one.absent else _(_STATED[one.stated])
            accuracy = "" if one.accuracy_m is None else f"{one.accuracy_m:g}" + (" *" if one.accuracy_from == "scale" else "")
            item = QTreeWidgetItem([title, covered, stated, str(one.data_date or ""), f"1:{one.scale:,}" if one.scale else "",
                                    accuracy, "" if one.absent else f"{one.features:,}"])
            item.setData(0, ROW, number)
            item.setToolTip(0, plain_tip(f"{title}\n{self._part.role_title(one.role)}\n{one.source or ''}".strip()))
            if one.stated == "admin" and one.extent_share is not None:
                item.setToolTip(2, _("没有人说明它在哪里完整；要素只分布在辖区的 {share}").format(share=f"{one.extent_share:.1%}"))
                if one.extent_share < 0.25:  # noqa: PLR2004 - as layers.ledger has it
                    item.setForeground(2, QBrush(QColor(theme.ink("doubt"))))
            if one.accuracy_from == "scale":
                item.setToolTip(5, _("按比例尺推算的精度，没有人注明"))
            for column in (1, 4, 5, 6):
                item.setTextAlignment(column, int(Qt.AlignRight | Qt.AlignVCenter))
            full = share is not None and share > 0.9995
            item.setForeground(1, QBrush(QColor(theme.ink(
                "fine" if full else "wrong" if one.absent or not share else "doubt"))))
            self.tree.addTopLevelItem(item)
            item.setSelected(number in chosen)
        self.tree.blockSignals(False)
        self._fit()
        self._say_lead()

    def _say_lead(self) -> None:
        absent = sum(one.absent for one in self.rows)
        part = sum(not one.absent and not (one.share is not None and one.share > 0.9995) for one in self.rows)
        self.lead.setText(_(_LEAD).format(part=part, absent=absent) if self.rows
                          else _("正在计算各图层的覆盖范围…") if self._reading
                          else _("还没有计算各图层的覆盖范围，请按“重新计算”。") if self._part.open
                          else _("打开工作区后在这里查看各图层的覆盖范围。"))
        self.again.setEnabled(self._part.open and not self._reading)

    def selected(self) -> list[Any]:
        """The rows that are selected."""
        return [self.rows[item.data(0, ROW)] for item in self.tree.selectedItems()]


class CoveragePart(Part):
    """Where has been looked."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._for: Any = None
        self.panel = CoveragePanel(self)
        window.session.opened.connect(self._opened)
        window.session.layersChanged.connect(self._stale)

    def docks(self) -> Sequence[tuple[str, str, QWidget, Qt.DockWidgetArea]]:
        return [("coverage", N_("覆盖台账"), self.panel, Qt.RightDockWidgetArea)]

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"coverage": self.show}

    def map_ready(self) -> None:
        self._window.docks["coverage"].toggleViewAction().toggled.connect(lambda _on: self.draw())

    @property
    def open(self) -> bool:
        """Whether there is a workspace to look at."""
        return self._window.session.workspace is not None

    def role_title(self, role: str) -> str:
        """What people call a kind of layer."""
        found = self._window.engine.roles().get(role) if self._window.ready else None
        return role if found is None else found.en if language() == "en" else found.zh

    def show(self) -> None:
        """Show the panel, worked out for the layers as they now are."""
        self._window.open_dock("coverage")
        self.refresh()

    def _opened(self) -> None:
        self._for = None
        self.panel.show_rows(())

    def _stale(self) -> None:
        records = self._records()
        if self._for is not None and self._for != records and self.panel.isVisible():
            self.refresh()

    def _records(self) -> Any:
        return [(layer.key, getattr(layer.record, "sha256", ""), layer.retired) for layer in self._window.session.layers
                if not layer.key.startswith(RASTER)]

    def refresh(self) -> None:
        """Work the ledger out again, in another thread."""
        workspace, engine, path = self._window.session.workspace, self._window.engine, self._window.session.path
        if workspace is None:
            return
        self._for = self._records()

        def done(rows: Sequence[Any]) -> None:
            if self._window.session.workspace is workspace:
                self.panel.show_rows(rows)
                self.draw()

        def ended() -> None:
            if self._window.session.workspace is workspace:
                self.panel.show_rows(self.panel.rows)

        self.panel.set_reading()
        self._window.work.run(N_("计算覆盖范围"), lambda report: engine.coverage(path, report), done,
                              lambda error: (ended(), self._window.show_error(error)), ended)

    def draw(self) -> None:
        """Draw where the selected layers have not looked."""
        if self._window.map is None:
            return
        frame = None
        shapes = [one.missing for one in self.panel.selected() if one.missing is not None and not one.missing.is_empty]
        if shapes and self.panel.drawn.isChecked() and self._window.docks["coverage"].toggleViewAction().isChecked():
            import geopandas
            import shapely

            frame = geopandas.GeoDataFrame(geometry=[shapely.union_all(shapes)], crs=4490)
        self._window.map.set_overlay(OVERLAY, frame, STYLE, _("未覆盖"))

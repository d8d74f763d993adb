"""The coverage ledger: which layer knows which part of the district, and where nobody has looked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QBrush, QColor
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.part import Part
from gui.session import RASTER
from gui.words import Speaker
from sanxian.i18n import N_, _, language
from sanxian.mapping.styles import LayerStyle, Symbol

OVERLAY = "coverage:missing"
ROW = Qt.UserRole
STYLE = LayerStyle("", "single", "", (
    Symbol(None, "未覆盖", "Not covered", fill="#6b7280", fill_opacity=0.16, outline="#374151", outline_width=1.4,
           hatch="backdiagonal", dash=(6, 3)),), "未覆盖", "Not covered")
_STATED = {"given": N_("随图层说明"), "admin": N_("按行政区认定（未声明）"), "unknown": N_("没有说明")}

_LEAD = N_("选中一行，斜线处就是它没有覆盖的地方：那里没有压占不等于没有限制。"
           "{part} 个图层覆盖不全或没有说明，{absent} 类图层一个也没有。")


class CoveragePanel(QWidget, Speaker):
    """One row a layer, and one for each kind of layer that is not there at all."""

    def __init__(self, part: CoveragePart) -> None:
        super().__init__()
        self._part = part
        self.rows: list[Any] = []
        self.lead = QLabel(objectName="coverage_lead", wordWrap=True)
        self.tree = QTreeWidget(objectName="coverage_tree")
        self.say(self.tree.setAccessibleName, "覆盖台账")
        self.tree.setRootIsDecorated(False)
        self.tree.setAlternatingRowColors(True)
        self.tree.setSelectionMode(QAbstractItemView.ExtendedSelection)
        self.tree.itemSelectionChanged.connect(part.draw)
        self.drawn = QCheckBox(objectName="coverage_drawn", checked=True)
        self.say(self.drawn.setText, "在地图上画出所选图层没有覆盖的地方")
        self.drawn.toggled.connect(lambda _on: part.draw())
        self.again = QPushButton(objectName="coverage_refresh")
        self.say(self.again.setText, "重新计算")
        self.again.clicked.connect(part.refresh)
        row = QHBoxLayout()
        row.addWidget(self.drawn, 1)
        row.addWidget(self.again)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.lead)
        layout.addWidget(self.tree, 1)
        layout.addLayout(row)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        self.tree.setHeaderLabels([_("图层"), _("已覆盖"), _("依据"), _("数据日期"), _("比例尺"), _("精度（米）"), _("要素数")])
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.Interactive)
        header.resizeSection(0, 170)
        self.show_rows(self.rows)

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Show the ledger."""
        self.rows = list(rows)
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
            item.setToolTip(0, f"{title}\n{self._part.role_title(one.role)}\n{one.source or ''}".strip())
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
        absent = sum(one.absent for one in self.rows)
        part = sum(not one.absent and not (one.share is not None and one.share > 0.9995) for one in self.rows)
        self.lead.setText(_(_LEAD).format(part=part, absent=absent) if self.rows
                          else _("打开工作区后在这里查看各图层的覆盖范围。"))

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

    def role_title(self, role: str) -> str:
        """What people call a kind of layer."""
        found = self._window.engine.roles().get(role) if self._window.ready else None
        return role if found is None else found.en if language() == "en" else found.zh

    def show(self) -> None:
        """Show the panel, worked out for the layers as they now are."""
        self._window.show_dock("coverage")
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

        self._window.work.run(N_("计算覆盖范围"), lambda report: engine.coverage(path, report), done)

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

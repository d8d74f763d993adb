"""Projects as a table that any Qt view can show, sort and filter."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QObject, QSortFilterProxyModel, Qt
from PyQt5.QtGui import QBrush

from gui import theme
from gui.resources.icons import verdict_icon
from gui.session import Session, Site
from gui.words import VERDICT_ORDER, listed, verdict_word
from sanxian.i18n import N_, _
from sanxian.mapping.styles import verdict_style

COLUMNS = (
    ("id", N_("编号")), ("name", N_("项目名称")), ("verdict", N_("结论")), ("unit", N_("管控单元")),
    ("hits", N_("禁/限/缺")), ("kind", N_("几何")), ("area", N_("面积（公顷）")), ("industry", N_("行业")),
)
KINDS = {"Polygon": N_("面状"), "MultiPolygon": N_("面状"), "LineString": N_("线状"), "MultiLineString": N_("线状"),
         "Point": N_("点状"), "MultiPoint": N_("点状")}
SORT_ROLE = Qt.ItemDataRole.UserRole + 1


class ProjectTable(QAbstractTableModel):
    """Read-only; follows the session."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._sites: list[Site] = []
        session.sitesChanged.connect(self.reset)
        session.opened.connect(self.reset)
        session.siteChanged.connect(self._touch)
        session.resultsChanged.connect(self._touch_all)

    def reset(self) -> None:
        """Read the projects of the session again."""
        self.beginResetModel()
        self._sites = list(self._session.sites)
        self.endResetModel()

    def retranslate(self) -> None:
        """Say words and headers again."""
        self._touch_all()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)

    def _touch(self, site_id: str) -> None:
        for row, site in enumerate(self._sites):
            if site.id == site_id:
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def _touch_all(self, _ids: list[str] | None = None) -> None:
        if self._sites:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._sites) - 1, len(COLUMNS) - 1))

    def site(self, row: int) -> Site:
        """The project in a row of this model."""
        return self._sites[row]

    def row_of(self, site_id: str) -> int:
        """The row of a project, or -1."""
        return next((row for row, site in enumerate(self._sites) if site.id == site_id), -1)

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._sites)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _(COLUMNS[section][1])
        if role == Qt.ItemDataRole.ToolTipRole and orientation == Qt.Orientation.Horizontal:
            return self.header_tip(section)
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        site = self._sites[index.row()]
        column = COLUMNS[index.column()][0]
        if role == Qt.ItemDataRole.UserRole:
            return site.id
        if role == SORT_ROLE:
            if column == "verdict":
                return VERDICT_ORDER.index(site.verdict) if site.verdict in VERDICT_ORDER else len(VERDICT_ORDER)
            if column == "area":
                return self._area(site) or 0.0
            if column == "hits":
                return self._hits(site)
            return self._text(site, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(site, column)
        if role == Qt.ItemDataRole.DecorationRole and column == "verdict":
            return verdict_icon(site.verdict)
        if role == Qt.ItemDataRole.ForegroundRole and column == "verdict" and site.verdict and not site.obsolete:
            return QBrush(theme.readable(verdict_style(site.verdict).colour))
        if role == Qt.ItemDataRole.TextAlignmentRole and column in ("area", "hits"):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            if column == "verdict" and site.obsolete:
                return _("研判之后项目、图层、规则、复核或判定基准日有改动，请重新研判。")
            return self._text(site, column)
        return None

    def header_tip(self, section: int) -> str:
        """What a column means, where its title is too short to say."""
        return _("禁止 / 限制 / 资料不足的规则条数") if COLUMNS[section][0] == "hits" else ""

    @staticmethod
    def _hits(site: Site) -> tuple[int, int, int]:
        outcomes = [str(one.outcome) for one in site.result.outcomes] if site.result is not None else []
        return outcomes.count("prohibited"), outcomes.count("restricted"), outcomes.count("undetermined")

    @staticmethod
    def _area(site: Site) -> float | None:
        if site.result is not None and not site.stale:
            return float(site.result.site.area_m2) / 1e4
        return None

    def _text(self, site: Site, column: str) -> str:
        if column == "id":
            return site.id
        if column == "name":
            return site.name
        if column == "verdict":
            word = verdict_word(site.verdict)
            return _("{verdict}（待重判）").format(verdict=word) if site.obsolete else word
        if column == "unit":
            return listed(unit.code for unit in site.result.control_units) if site.result is not None else ""
        if column == "hits":
            return " / ".join(map(str, self._hits(site))) if site.result is not None else ""
        if column == "kind":
            kind = getattr(site.geometry, "geom_type", "")
            return _(KINDS.get(kind, kind))
        if column == "area":
            area = self._area(site)
            return f"{area:,.4f}" if area else ""
        value = site.attributes.get("industry_code", "")
        return ";".join(value) if isinstance(value, (tuple, list, set, frozenset)) else str(value)


class ProjectFilter(QSortFilterProxyModel):
    """Shows the projects with a word in them and a verdict among those asked for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._verdict = ""
        self.setSortRole(SORT_ROLE)
        self.setDynamicSortFilter(True)

    def set_text(self, text: str) -> None:
        """Only projects with this text in any column."""
        self._text = text.strip().casefold()
        self.invalidateFilter()

    def set_verdict(self, verdict: str) -> None:
        """Only projects with this verdict; '' for all, ``none`` for those not judged, ``outdated`` for those to be judged again."""
        self._verdict = verdict
        self.invalidateFilter()

    def filterAcceptsRow(self, row: int, parent: QModelIndex) -> bool:
        model = self.sourceModel()
        site = model.site(row)
        if self._verdict == "outdated" and not (site.verdict and site.obsolete):
            return False
        if self._verdict not in ("", "outdated") and (site.verdict or "none") != self._verdict:
            return False
        if not self._text:
            return True
        return any(self._text in str(model.index(row, column).data() or "").casefold()
                   for column in range(model.columnCount()))

    def lessThan(self, left: QModelIndex, right: QModelIndex) -> bool:
        return left.data(SORT_ROLE) < right.data(SORT_ROLE)

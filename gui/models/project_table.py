"""Projects as a table that any Qt view can show; it sorts and filters itself, so that thousands of them keep nobody waiting."""

from __future__ import annotations

from operator import is_
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PyQt5.QtGui import QBrush

from gui import theme
from gui.looks import Looks
from gui.resources.icons import icon, verdict_icon
from gui.session import Session, Site
from gui.words import VERDICT_ORDER, listed, plain_tip, verdict_word
from sanxian import messages
from sanxian.i18n import N_, _
from sanxian.mapping.styles import verdict_style

COLUMNS = (
    ("id", N_("编号")), ("name", N_("项目名称")), ("verdict", N_("结论")), ("hits", N_("禁/限/缺")),
    ("unit", N_("管控单元")), ("kind", N_("几何")), ("area", N_("面积（公顷）")), ("industry", N_("行业")),
)
KINDS = {"Polygon": N_("面状"), "MultiPolygon": N_("面状"), "LineString": N_("线状"), "MultiLineString": N_("线状"),
         "Point": N_("点状"), "MultiPoint": N_("点状")}
# How a verdict is said: by whether a person's decision acts in it, and whether it is of something that is no longer so.
MARKS = {(False, False): "{verdict}", (True, False): N_("{verdict}（已复核）"), (False, True): N_("{verdict}（待重判）"),
         (True, True): N_("{verdict}（待重判，已复核）")}
AT_ONCE = 1_000  # projects that are put in order and looked through before anybody could notice
_ASKER = "projects"


class ProjectTable(QAbstractTableModel):
    """Read-only; follows the session, in an order and with those projects that somebody asked for.

    Many projects are put in order and looked through in another thread. Until that is known the order of before is shown,
    without projects that are gone.
    """

    def __init__(self, session: Session, looks: Looks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._looks = session, looks
        self._sites: list[Site] = []
        self._rows: dict[str, int] | None = None
        self._by: tuple[str, bool] | None = None
        self._text = self._verdict = ""
        self._said: dict[int, tuple[Site, str]] = {}  # what can be found in a row, in the language of now
        session.sitesChanged.connect(self.reset)
        session.opened.connect(self.reset)
        session.siteChanged.connect(self._touch)
        session.resultsChanged.connect(self._touch_all)

    def reset(self) -> None:
        """Read the projects of the session again."""
        self._said = {}
        if self._as_they_are or len(self._session.sites) <= AT_ONCE:
            self._arrange()
            return
        there = set(map(id, self._session.sites))
        self._show([site for site in self._sites if id(site) in there])
        self._arrange()

    def retranslate(self) -> None:
        """Say words and headers again."""
        self._touch_all()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)

    def _touch(self, site_id: str) -> None:
        row = self.row_of(site_id)
        if row >= 0:
            self._said.pop(id(self._sites[row]), None)
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))
        else:  # it may pass now
            self._said = {}
        self._again()

    def _touch_all(self, _ids: list[str] | None = None) -> None:
        self._said = {}
        if self._sites:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._sites) - 1, len(COLUMNS) - 1))
        self._again()

    # -- order, and which ------------------------------------------------------------------------------------------
    @property
    def _as_they_are(self) -> bool:
        return self._by is None and not self._text and not self._verdict

    def _again(self) -> None:
        if not self._as_they_are:
            self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column; ``-1`` for the order in which they came."""
        by = None if column < 0 else (COLUMNS[column][0], order == Qt.SortOrder.DescendingOrder)
        if by != self._by:
            self._by = by
            self._arrange()

    def set_text(self, text: str) -> None:
        """Only projects with this text in any column."""
        text = text.strip().casefold()
        if text != self._text:
            self._text = text
            self._arrange()

    def set_verdict(self, verdict: str) -> None:
        """Only projects with this verdict; '' for all, ``none`` for those not judged, ``outdated`` for those to be judged again."""
        if verdict != self._verdict:
            self._verdict = verdict
            self._arrange()

    def _arrange(self) -> None:
        self._looks.forget(_ASKER)
        sites, by, text, verdict = list(self._session.sites), self._by, self._text, self._verdict
        if self._as_they_are:
            self._show(sites)
        elif len(sites) <= AT_ONCE:
            self._show(self._arranged(sites, by, text, verdict))
        else:
            self._looks.ask(_ASKER, lambda _report: self._arranged(sites, by, text, verdict), self._show)

    def _arranged(self, sites: list[Site], by: tuple[str, bool] | None, text: str, verdict: str) -> list[Site]:
        """Those of ``sites`` to be shown, in order; may be called in another thread."""
        if verdict == "outdated":
            sites = [site for site in sites if site.verdict and site.obsolete]
        elif verdict:
            sites = [site for site in sites if (site.acting or "none") == verdict]
        if text:
            sites = [site for site in sites if text in self._words(site)]
        if by is not None:
            sites = sorted(sites, key=lambda site: self._key(site, by[0]), reverse=by[1])
        return sites

    def _words(self, site: Site) -> str:
        kept = self._said.get(id(site))
        if kept is None:
            kept = self._said[id(site)] = site, "\n".join(self._text_of(site, name) for name, _title in COLUMNS).casefold()
        return kept[1]

    def _key(self, site: Site, column: str) -> Any:
        if column == "verdict":
            return VERDICT_ORDER.index(site.acting) if site.acting in VERDICT_ORDER else len(VERDICT_ORDER)
        if column == "area":
            return self._area(site) or 0.0
        return self._hits(site) if column == "hits" else self._text_of(site, column)

    def _show(self, sites: list[Site]) -> None:
        if len(sites) == len(self._sites) and all(map(is_, sites, self._sites)):
            return
        self.beginResetModel()
        self._sites, self._rows = sites, None
        self.endResetModel()

    # -- Qt --------------------------------------------------------------------------------------------------------
    def site(self, row: int) -> Site:
        """The project in a row of this model."""
        return self._sites[row]

    def row_of(self, site_id: str) -> int:
        """The row of a project, or -1."""
        if self._rows is None:
            self._rows = {site.id: row for row, site in enumerate(self._sites)}
        return self._rows.get(site_id, -1)

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
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text_of(site, column)
        if role == Qt.ItemDataRole.DecorationRole and column == "verdict":
            return icon("doubtful") if site.obsolete and site.acting else verdict_icon(site.acting)
        if role == Qt.ItemDataRole.ForegroundRole and column == "verdict" and site.acting and not site.obsolete:
            return QBrush(theme.readable(verdict_style(site.acting).colour))
        if role == Qt.ItemDataRole.TextAlignmentRole and column in ("area", "hits"):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            changed = messages.reviews_changed(one.state for one in getattr(site.result, "overrides", ())) if column == "verdict" else ""
            if column == "verdict" and (site.obsolete or site.reviewed or changed):
                return "\n".join([
                    *([_("人工复核后：{verdict}").format(verdict=verdict_word(site.acting)),
                       _("程序结论：{verdict}").format(verdict=verdict_word(site.verdict))] if site.reviewed else []),
                    *([changed] if changed else []),
                    *([_("研判之后项目、图层、规则、复核或判定基准日有改动，请重新研判。")] if site.obsolete else [])])
            return plain_tip(self._text_of(site, column))
        return None

    def header_tip(self, section: int) -> str:
        """What a column means, where its title is too short to say."""
        name = COLUMNS[section][0]
        return (_("禁止 / 限制 / 资料不足的规则条数") if name == "hits" else
                _("人工复核有效的写复核后的结论，并注明“已复核”；鼠标停在上面看程序自己的结论") if name == "verdict" else "")

    @staticmethod
    def _hits(site: Site) -> tuple[int, int, int]:
        outcomes = [str(one.outcome) for one in site.result.outcomes] if site.result is not None else []
        return outcomes.count("prohibited"), outcomes.count("restricted"), outcomes.count("undetermined")

    @staticmethod
    def _area(site: Site) -> float | None:
        if site.result is not None and not site.stale:
            return float(site.result.site.area_m2) / 1e4
        return None

    def _text_of(self, site: Site, column: str) -> str:
        if column == "id":
            return site.id
        if column == "name":
            return site.name
        if column == "verdict":
            return _(MARKS[site.reviewed, site.obsolete]).format(verdict=verdict_word(site.acting))
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

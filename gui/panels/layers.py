"""The tree of layers: what is on the map, in which order, and what its signs mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QModelIndex, QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QBrush, QColor, QDropEvent, QFontMetrics, QGuiApplication, QIcon, QKeySequence
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QShortcut,
    QSlider,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui import layer_groups, theme
from gui.empty import Nothing
from gui.panels.style import geometry_of_layer
from gui.passing import Passing
from gui.resources.icons import icon, swatch
from gui.session import RASTER, LayerView, Session
from gui.words import Speaker, aside, plain_tip, together
from sanxian.i18n import N_, _, language

KEY = Qt.UserRole
NOT_OF_RASTERS = ("table", "filter_layer", "rename_layer", "duplicate_layer", "colour_layer", "colour_reset", "style_panel", "export_layer",
                  "style_copy", "style_paste")
KIND = Qt.UserRole + 1
SEEN = 60  # rows that are remembered as being in sight
TOLD = 3  # of what was noticed about a layer, in its tip


DOUBTFUL_CRS = {
    "crs-overridden": N_("坐标系由人指定，与文件注明的不同"), "crs-given": N_("文件没有说明坐标系，由人指定"),
    "crs-old-datum": N_("1954 北京或 1980 西安坐标系，没有精确换算参数"), "axes-swapped": N_("坐标的两轴对调过"),
    "shift-converted": N_("由消费地图坐标换算而来，误差约 1 米"), "shifted-coordinates": N_("坐标像是整体偏移过"),
    "layer-outside-china": N_("图形都不在中国范围内"),
}


def trouble(layer: LayerView) -> tuple[str, str]:
    """What is wrong with a layer: ``broken``, ``doubtful-crs``, ``doubtful`` or '', and why in words."""
    if layer.error:
        return "broken", layer.error
    record = layer.record
    issues = list(getattr(record, "issues", ()) or ())
    doubts = [words_of for code, words_of in DOUBTFUL_CRS.items() if any(getattr(one, "code", "") == code for one in issues)]
    errors = [one for one in issues if getattr(one, "severity", "") == "error"]
    warnings = [one for one in issues if getattr(one, "severity", "") == "warning"]
    said = [_(one) for one in doubts]
    if errors or warnings:
        said.append(_("{count} 处要留意").format(count=f"{len(errors) + len(warnings):,}") + _first_words([*errors, *warnings]))
    if getattr(record, "coverage", "known") == "unknown" and layer.role not in ("admin", "reference", "raster"):
        said.append(_("未说明覆盖范围：未压占之处按资料不足处理"))
    crs = getattr(record, "crs", "x")
    if crs is None or isinstance(crs, str) and not crs:  # a CRS would read any text as one before it says that they differ
        said.append(_("没有坐标系"))
        return "broken", together(said)
    if errors:
        return "broken", together(said)
    if doubts:
        return "doubtful-crs", together(said)
    return ("doubtful", together(said)) if said else ("", "")


def _first_words(issues: list[Any]) -> str:
    """The first few of what was noticed, to stand after how many there are."""
    from gui.engine import issue_words

    shown = [f"{number}. {issue_words(one)}" for number, one in enumerate(issues[:TOLD], 1)]
    return "\n" + "\n".join([*shown, *([_("其余见图层属性")] if len(issues) > TOLD else [])])


def scale_words(scales: tuple[float, float]) -> str:
    """At which scales a layer is drawn, where there is a limit."""
    least, most = scales
    if least and most:
        return _("1:{least:,.0f}–1:{most:,.0f} 才显示").format(least=least, most=most)
    if most:
        return _("大于 1:{most:,.0f} 才显示").format(most=most)
    return _("小于 1:{least:,.0f} 才显示").format(least=least)


def _crs_words(crs: Any) -> str:
    return crs.to_string() if hasattr(crs, "to_string") else str(crs or "")


class _Tree(QTreeWidget):
    dropped = pyqtSignal(list, list)

    def dropEvent(self, event: QDropEvent) -> None:
        target = self.itemAt(event.pos())
        moved = self.currentItem()
        if moved is None or event.source() is not self:
            event.ignore()
            return
        below = self.dropIndicatorPosition() in (QAbstractItemView.BelowItem, QAbstractItemView.OnItem)
        event.setDropAction(Qt.IgnoreAction)  # the session moves it, and the tree is built again from the session
        event.accept()
        self.move_item(moved, target, below)

    def move_item(self, moved: QTreeWidgetItem, target: QTreeWidgetItem | None, below: bool) -> None:
        """Work out the new order and tell; nothing is moved here."""
        while target is not None and target.data(0, KIND) == "legend":
            target, below = target.parent(), True
        groups = [self.topLevelItem(i).data(0, KEY) for i in range(self.topLevelItemCount())]
        order = [(self.topLevelItem(i).child(j).data(0, KEY), self.topLevelItem(i).data(0, KEY))
                 for i in range(self.topLevelItemCount()) for j in range(self.topLevelItem(i).childCount())]
        if moved.data(0, KIND) == "group":
            key = moved.data(0, KEY)
            if target is not None and target.data(0, KIND) == "layer":
                target = target.parent()
            groups.remove(key)
            other = target.data(0, KEY) if target is not None else None
            place = len(groups) if other is None else (0 if other == key else groups.index(other) + below)
            if other == key:
                return
            groups.insert(place, key)
        elif moved.data(0, KIND) == "layer":
            key = moved.data(0, KEY)
            if target is moved:
                return
            order = [pair for pair in order if pair[0] != key]
            if target is None:
                group, place = groups[-1], len(order)
            elif target.data(0, KIND) == "group":
                group = target.data(0, KEY)
                place = next((i for i, pair in enumerate(order) if pair[1] == group), len(order))
            else:
                group = target.parent().data(0, KEY)
                place = [pair[0] for pair in order].index(target.data(0, KEY)) + below
            order.insert(place, (key, group))
        else:
            return
        self.dropped.emit(groups, order)


class _Names(QStyledItemDelegate):
    """Names, in up to five lines where one is too short: layers differ in any of their words."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 - Qt's name
        hint, tree, depth, above = super().sizeHint(option, index), self.parent(), 1, index.parent()
        while above.isValid():
            depth, above = depth + 1, above.parent()
        spanned = tree.isFirstColumnSpanned(index.row(), index.parent())
        wide = (tree.viewport().width() if spanned else tree.columnWidth(0)) - depth * tree.indentation()
        shown = QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        shown.rect = QRect(0, 0, wide, 1_000)
        room = tree.style().subElementRect(QStyle.SE_ItemViewItemText, shown, tree).width()
        room -= 2 * (tree.style().pixelMetric(QStyle.PM_FocusFrameHMargin, shown, tree) + 1)
        words = QFontMetrics(shown.font)
        needed = words.boundingRect(QRect(0, 0, max(room, 20), 10_000), Qt.TextWordWrap, shown.text)
        more = min(max(needed.height() // words.lineSpacing(), 1), 5) - 1
        return QSize(hint.width(), hint.height() + more * words.lineSpacing())


class _Counts(QStyledItemDelegate):
    """Numbers beside names, of which a narrow list is only a fifth; one without room is … and no shorter number."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 - Qt's name
        hint = super().sizeHint(option, index)
        room = self.parent().viewport().width()
        return QSize(min(hint.width(), max(32, room // 5, room - 190)), hint.height())

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # noqa: N802 - Qt's name
        super().initStyleOption(option, index)
        sign = 0 if option.icon.isNull() else option.decorationSize.width() + 4
        if 0 < option.rect.width() < option.fontMetrics.horizontalAdvance(option.text) + sign + 6:  # no width where it is only measured
            option.text = "…"


class LayersPanel(QWidget, Speaker):
    """Visibility, opacity, order, legend with counts.

    Signals:
        currentLayer: The layer that is selected (its key, '' for none).
        asked: What the menu was asked for (an action's id) and of which layer.
        groupAsked: The same of a group ('' for none).
        unseen: Names of layers that are ticked and not drawn at the scale of the map, and of those that a filter thins out.
    """

    currentLayer = pyqtSignal(str)
    asked = pyqtSignal(str, str)
    groupAsked = pyqtSignal(str, str)
    unseen = pyqtSignal(list, list)

    def __init__(self, session: Session, style: Callable[[str, str | None, Any], Any], passing: Passing,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._style, self._passing = session, style, passing
        self.setMinimumWidth(160)  # below that no name can be read
        self._building = False
        self._gone = ""  # the layer that was selected when it went; selected again when it is back
        self._former: list[str] = []  # the layers of the tree, top first
        self._groups: set[str] = set()  # of the tree
        # What was in sight and current before a group came: (layer, group).
        self._before_group: dict[str, tuple[list[tuple[str, str, str]], tuple[str, str]]] = {}
        self._scale = 0.0  # of the map; 0 before there is one
        self._beyond: set[str] = set()  # layers that are ticked and not drawn at this scale
        self.search = QLineEdit(objectName="layer_search", clearButtonEnabled=True)
        self.say(self.search.setPlaceholderText, "查找图层")
        self.say(self.search.setAccessibleName, "查找图层")
        self.search.textChanged.connect(self._filter)
        self.tree = _Tree(objectName="layer_tree")
        self.say(self.tree.setAccessibleName, "图层树")
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setMinimumSectionSize(16)
        self.tree.header().setSectionResizeMode(0, QHeaderView.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeToContents)
        self.tree.setIndentation(11)
        self.tree.setIconSize(QSize(16, 16))
        self.tree.header().setResizeContentsPrecision(-1)  # rows out of sight count too
        self.tree.setWordWrap(True)
        self.tree.setTextElideMode(Qt.ElideMiddle)  # what five lines do not hold often differs in its last words
        self.tree.setItemDelegateForColumn(0, _Names(self.tree))
        self.tree.setItemDelegateForColumn(1, _Counts(self.tree))
        self.tree.header().sectionResized.connect(self.tree.scheduleDelayedItemsLayout)
        self.tree.setDragDropMode(QAbstractItemView.InternalMove)
        self.tree.setSelectionMode(QAbstractItemView.SingleSelection)
        self.tree.setEditTriggers(QAbstractItemView.NoEditTriggers)
        self.tree.setContextMenuPolicy(Qt.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._menu)
        self.tree.itemChanged.connect(self._changed)
        self.tree.currentItemChanged.connect(self._picked)
        self.tree.itemDoubleClicked.connect(self._double)
        self.tree.itemExpanded.connect(lambda item: self._fold(item, False))
        self.tree.itemCollapsed.connect(lambda item: self._fold(item, True))
        self.tree.dropped.connect(session.arrange)
        self.nothing = Nothing(self.tree, N_("没有符合的图层"), lambda: bool(self.search.text().strip()) and bool(session.layers) and all(
            self.tree.topLevelItem(i).isHidden() for i in range(self.tree.topLevelItemCount())))

        self.opacity_label = QLabel()
        self.say(self.opacity_label.setText, "不透明度")
        QShortcut(QKeySequence.Delete, self.tree, lambda: self.current_key() and self.asked.emit("remove_layer", self.current_key()),
                  context=Qt.WidgetShortcut)
        self.opacity = QSlider(Qt.Horizontal, objectName="layer_opacity")
        self.say(self.opacity.setAccessibleName, "图层不透明度")
        self.opacity.setRange(0, 100)
        self.opacity.setValue(100)
        self.opacity.setEnabled(False)
        self.opacity.valueChanged.connect(self._slid)
        self.percent = QLabel("100%")
        self.percent.setMinimumWidth(self.percent.fontMetrics().horizontalAdvance("100%") + 4)
        row = QHBoxLayout()
        row.addWidget(self.opacity_label)
        row.addWidget(self.opacity, 1)
        row.addWidget(self.percent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addWidget(self.search)
        layout.addWidget(self.tree, 1)
        layout.addLayout(row)
        session.opened.connect(self._opened)
        session.rekeyed.connect(self._rekeyed)
        session.layersChanged.connect(self.rebuild)
        session.layerLooked.connect(self.update_layer)
        passing.found.connect(self.update_layer)
        session.previewed.connect(self.update_layer)

    # -- building ------------------------------------------------------------------------------------------------
    def retranslate(self) -> None:
        super().retranslate()
        self.rebuild()

    def _opened(self) -> None:
        self._gone, self._former = "", []
        self._groups, self._before_group = set(), {}
        self.search.clear()
        self.tree.scrollToTop()  # of another workspace's rows none is looked at
        self.rebuild()

    def _rekeyed(self, names: dict[str, str]) -> None:
        """The rows stand for the layers that they stood for; the tree is built again right after."""
        items = {key: item for key in names if (item := self.item(key)) is not None}
        self._building = True
        for key, item in items.items():
            item.setData(0, KEY, names[key])
        self._building = False
        self._gone = names.get(self._gone, self._gone)
        self._former = [names.get(key, key) for key in self._former]
        self._beyond = {names.get(key, key) for key in self._beyond}

    def rebuild(self) -> None:
        """Build the tree again from the session, keeping what was selected and folded, and which rows are in sight."""
        chosen, group_chosen = self.current_key(), self.current_group(own=True)
        current, sight = (chosen, group_chosen), self._in_sight()
        there = {layer.key for layer in self._session.layers}
        if group_chosen and group_chosen not in self._session.groups:  # its making was undone: back to where one was before
            item = self.tree.currentItem()
            held = [item.child(j).data(0, KEY) for j in range(item.childCount())] if item is not None else []
            before, was = self._before_group.get(group_chosen, ([], ("", "")))
            back = bool(before) and ("group", group_chosen, "") in sight  # else somebody has scrolled on since
            sight = before if back else sight
            chosen, group_chosen = (was[0] if was[0] in there else next((key for key in held if key in there), "")), was[1]
            current = (chosen, group_chosen) if back else current
        for key in set(self._session.groups) - self._groups:
            self._before_group[key] = sight, (chosen, group_chosen)
        self._groups = set(self._session.groups)
        if self._gone in there:  # it is back: its removal was undone, or the adding done again
            chosen, self._gone = self._gone, ""
        elif chosen and chosen not in there:
            former = [self._former[i] for i in range(len(self._former)) if self._former[i] in there or self._former[i] == chosen]
            at = former.index(chosen) if chosen in former else 0
            self._gone = chosen
            chosen = next(iter([*former[at + 1:], *reversed(former[:at])]), "")
        self._former = [layer.key for layer in self._session.layers]
        self._building = True
        self.tree.clear()
        for group in self._session.groups:
            layers = [layer for layer in self._session.layers if layer.group == group]
            if not layers and not group.startswith(layer_groups.OWN):
                continue
            top = QTreeWidgetItem([self._session.group_title(group), ""])
            top.setData(0, KEY, group)
            top.setData(0, KIND, "group")
            top.setIcon(0, icon("group"))
            top.setFlags(Qt.ItemIsEnabled | Qt.ItemIsSelectable | Qt.ItemIsUserCheckable | Qt.ItemIsDragEnabled
                         | Qt.ItemIsDropEnabled)
            font = top.font(0)
            font.setBold(True)
            top.setFont(0, font)
            self.tree.addTopLevelItem(top)
            top.setFirstColumnSpanned(True)
            for layer in layers:
                item = QTreeWidgetItem()
                item.setData(0, KEY, layer.key)
                item.setData(0, KIND, "layer")
                item.setFlags(Qt.ItemIsEnabled | Qt.ItemIsSelectable | Qt.ItemIsUserCheckable | Qt.ItemIsDragEnabled
                              | Qt.ItemIsDropEnabled)
                top.addChild(item)
                self._fill(item, layer)
                item.setExpanded(layer.key not in self._session.folded)
            self._check_group(top)
            top.setExpanded(group not in self._session.folded)
        self._building = False
        gone = self._gone
        if chosen or not group_chosen:
            self.select(chosen)
        else:
            self.select_group(group_chosen)
        self._gone = gone  # what the list does by itself is not the person's choice
        self._filter(self.search.text())
        self._put_in_sight(sight)
        if (item := self.tree.currentItem()) is not None and (self.current_key(), self.current_group(own=True)) != current:
            self.tree.scrollToItem(item)
        self._tell_unseen()

    def _in_sight(self) -> list[tuple[str, str, str]]:
        """The rows that are seen, from the uppermost on; of what stands below a layer, its place and its words."""
        found, item = list[tuple[str, str, str]](), self.tree.itemAt(QPoint(1, 1))
        while item is not None and len(found) < SEEN:
            kind, home = item.data(0, KIND), item.parent()
            legend = kind == "legend" and home is not None
            found.append((kind, home.data(0, KEY), item.text(0)) if legend else (kind, item.data(0, KEY) or "", ""))
            item = self.tree.itemBelow(item)
        return found

    def _put_in_sight(self, sight: list[tuple[str, str, str]]) -> None:
        """Scroll so that the uppermost of these that is still there is at the top again."""
        groups = {top.data(0, KEY): top for i in range(self.tree.topLevelItemCount()) if (top := self.tree.topLevelItem(i)) is not None}
        for kind, key, text in sight:
            item = groups.get(key) if kind == "group" else self.item(key)
            if item is not None and kind == "legend":
                item = next((item.child(j) for j in range(item.childCount()) if item.child(j).text(0) == text), None)
            if item is not None and not item.isHidden():
                self.tree.scrollToItem(item, QAbstractItemView.PositionAtTop)
                return

    def set_scale(self, denominator: float) -> None:
        """Mark the layers that are ticked and not drawn at this scale."""
        self._scale = denominator
        if self._out_of_scale() != self._beyond:
            changed = self._out_of_scale() ^ self._beyond
            self._beyond = self._out_of_scale()
            for key in changed:
                self.update_layer(key)

    def show_unseen(self) -> None:
        """Go to the next row of a layer that is ticked and not drawn in full."""
        keys = [layer.key for layer in self._session.layers if layer.visible and (layer.key in self._beyond or layer.filter is not None)]
        if keys:
            at = keys.index(self.current_key()) + 1 if self.current_key() in keys else 0
            self.select(keys[at % len(keys)])
            self.tree.setFocus(Qt.OtherFocusReason)

    def _style_of(self, layer: LayerView) -> Any:
        return self._session.previews.get(layer.key) or self._style(layer.role, layer.colour, layer.style)

    def _out_of_scale(self) -> set[str]:
        return {layer.key for layer in self._session.layers
                if layer.visible and layer.raster is None and not self._style_of(layer).seen_at(self._scale)}

    def _tell_unseen(self) -> None:
        layers = [layer for layer in self._session.layers if layer.visible]
        self.unseen.emit([layer.name for layer in layers if layer.key in self._beyond],
                         [layer.name for layer in layers if layer.filter is not None and layer.key not in self._beyond])

    def update_layer(self, key: str) -> None:
        """Show one layer as it now is."""
        item, layer = self.item(key), self._session.layer(key)
        if item is None or layer is None:
            return
        self._building = True
        folded = bool(item.childCount()) and not item.isExpanded()
        self._fill(item, layer)
        item.setExpanded(not folded)
        self._check_group(item.parent())
        self._building = False
        if key == self.current_key():
            self._show_opacity(layer)
        self._tell_unseen()

    def _fill(self, item: QTreeWidgetItem, layer: LayerView) -> None:
        style = self._style_of(layer)
        geometry = "" if layer.raster is not None else geometry_of_layer(layer, "")
        beyond = layer.visible and layer.raster is None and not style.seen_at(self._scale)
        (self._beyond.add if beyond else self._beyond.discard)(layer.key)
        item.takeChildren()
        count = len(layer.frame) if layer.frame is not None else getattr(layer.record, "features", None)
        text = layer.name + aside(_("旧版本")) if layer.retired else layer.name
        number = "" if count is None else f"{count:,}"
        if layer.filter is not None and layer.frame is not None:
            passed = self._passing.rows(layer)
            number = f"{len(passed[0]):,} / {count:,}" if passed is not None else f"… / {count:,}"
        item.setText(0, text)
        item.setText(1, number)
        item.setData(0, Qt.ForegroundRole, QBrush(QColor(theme.muted())) if beyond else None)
        font = item.font(0)
        font.setItalic(beyond)
        item.setFont(0, font)
        item.setTextAlignment(1, int(Qt.AlignRight | Qt.AlignVCenter))
        item.setForeground(1, QBrush(QColor(theme.muted())))
        item.setCheckState(0, Qt.Checked if layer.visible else Qt.Unchecked)
        kind, why = trouble(layer)
        item.setIcon(0, icon(kind) if kind == "broken" else icon("raster") if layer.raster is not None
                     else icon("filter") if layer.filter is not None else swatch(style.classes[0], geometry=geometry))
        item.setIcon(1, icon("out_of_scale") if beyond else icon(kind) if kind in ("doubtful", "doubtful-crs") else QIcon())
        limits = scale_words(style.scales) if any(style.scales) else ""
        item.setToolTip(0, plain_tip(self._tip(layer, style, together(one for one in (limits, why) if one))))
        filtered = _("已筛选，仅影响显示") if layer.filter is not None else ""
        item.setToolTip(1, plain_tip(together(one for one in (number, limits if beyond else "", why) if one)))
        item.setData(0, Qt.AccessibleTextRole, " ".join(one for one in (layer.name, limits if beyond else "", filtered, why) if one))
        for said in (limits if beyond else "", filtered):  # in rows of their own: at the end of a long name they would be cut
            if said:
                self._note(item, said, "")
        if style.kind == "single" or layer.raster is not None:
            return
        counts = self._passing.counts(layer, style) if layer.frame is not None else Counter()
        for place, symbol in enumerate(style.classes):
            number = counts.get(place, 0) if counts is not None else None
            if layer.frame is not None and number == 0:
                continue
            name = symbol.name(language())
            name = name if symbol.shown else name + aside(_("不显示"))
            child = QTreeWidgetItem([name, f"{number:,}" if layer.frame is not None and number is not None else ""])
            child.setData(0, KIND, "legend")
            child.setIcon(0, swatch(symbol, geometry=geometry))
            child.setToolTip(0, plain_tip(name))
            child.setToolTip(1, child.text(1))
            child.setTextAlignment(1, int(Qt.AlignRight | Qt.AlignVCenter))
            child.setForeground(1, QBrush(QColor(theme.muted())))
            child.setFlags(Qt.ItemIsEnabled)
            item.addChild(child)
        # How many rows another program has left or added, the record does not know.
        lost = getattr(layer.record, "features", 0) - len(layer.frame) if layer.frame is not None and not getattr(
            layer.record, "changed", "") else 0
        if layer.role == "discharge_outlet" and lost > 0:
            self._note(item, _("点位未知，不在图上"), f"{lost:,}")

    @staticmethod
    def _note(item: QTreeWidgetItem, text: str, number: str) -> None:
        """A row below a layer that stands for no class."""
        child = QTreeWidgetItem([text, number])
        child.setData(0, KIND, "legend")
        child.setToolTip(0, plain_tip(text))
        child.setTextAlignment(1, int(Qt.AlignRight | Qt.AlignVCenter))
        child.setForeground(1, QBrush(QColor(theme.muted())))
        child.setFlags(Qt.ItemIsEnabled)
        item.addChild(child)
        child.setFirstColumnSpanned(not number)

    @staticmethod
    def _tip(layer: LayerView, style: Any, why: str) -> str:
        record = layer.record
        lines = [layer.name + aside(style.name(language()))]
        for title, value in (
            (_("坐标系"), _crs_words(getattr(record, "crs", None))), (_("版本"), getattr(record, "version", None)),
            (_("数据日期"), getattr(record, "data_date", None)), (_("比例尺 1:"), getattr(record, "scale", None)),
            (_("精度（米）"), getattr(record, "accuracy_m", None)),
            (_("来源"), getattr(record, "source", None)),
        ):
            if value not in (None, ""):
                lines.append(f"{title}: {value}")
        if layer.filter is not None:
            lines.append(_("已筛选，仅影响显示"))
        if why:
            lines.append(why)
        return "\n".join(lines)

    def _check_group(self, top: QTreeWidgetItem) -> None:
        states = {top.child(j).checkState(0) for j in range(top.childCount())} or {Qt.Checked}
        top.setCheckState(0, states.pop() if len(states) == 1 else Qt.PartiallyChecked)

    # -- finding ---------------------------------------------------------------------------------------------------
    def item(self, key: str) -> QTreeWidgetItem | None:
        """The row of a layer."""
        for i in range(self.tree.topLevelItemCount()):
            top = self.tree.topLevelItem(i)
            for j in range(top.childCount()):
                if top.child(j).data(0, KEY) == key:
                    return top.child(j)
        return None

    def current_key(self) -> str:
        """The layer that is selected, or ''."""
        item = self.tree.currentItem()
        return item.data(0, KEY) if item is not None and item.data(0, KIND) == "layer" else ""

    def current_group(self, *, own: bool = False) -> str:
        """The group whose row, or a row in it, is selected; with ``own`` only its own row counts."""
        item = self.tree.currentItem()
        if item is None or (own and item.data(0, KIND) != "group"):
            return ""
        while item.parent() is not None:
            item = item.parent()
        return item.data(0, KEY)

    def select_group(self, key: str) -> None:
        """Select the row of a group."""
        for i in range(self.tree.topLevelItemCount()):
            if self.tree.topLevelItem(i).data(0, KEY) == key:
                self.tree.setCurrentItem(self.tree.topLevelItem(i))

    def move_current(self, step: int) -> None:
        """Move the selected layer or group one place up (-1) or down (1); past the end of its group into the next."""
        shown = [self.tree.topLevelItem(i).data(0, KEY) for i in range(self.tree.topLevelItemCount())]
        order = [(layer.key, layer.group) for layer in self._session.layers]
        group, key = self.current_group(own=True), self.current_key()
        if group:
            at = shown.index(group) + step
            if 0 <= at < len(shown):
                shown.insert(at, shown.pop(at - step))
                self._session.arrange(shown, order)
        elif key:
            at = next(i for i, pair in enumerate(order) if pair[0] == key)
            home = order[at][1]
            other = at + step
            if 0 <= other < len(order) and order[other][1] == home:
                order[at], order[other] = order[other], order[at]
            elif 0 <= (there := shown.index(home) + step) < len(shown):
                order.pop(at)
                inside = [i for i, pair in enumerate(order) if pair[1] == shown[there]]
                order.insert(inside[-1] + 1 if inside and step < 0 else inside[0] if inside else at, (key, shown[there]))
            else:
                return
            self._session.arrange(shown, order)

    def select(self, key: str) -> None:
        """Select a layer."""
        item = self.item(key) if key else None
        if item is not None:
            if item.isHidden():
                self.search.clear()
            self.tree.setCurrentItem(item)

    def _filter(self, text: str) -> None:
        needle = text.strip().casefold()
        for i in range(self.tree.topLevelItemCount()):
            top = self.tree.topLevelItem(i)
            shown = 0
            for j in range(top.childCount()):
                hit = needle in top.child(j).text(0).casefold()
                top.child(j).setHidden(not hit)
                shown += hit
            top.setHidden(not shown and bool(needle))
        self.nothing.look()

    # -- hands -----------------------------------------------------------------------------------------------------
    def _changed(self, item: QTreeWidgetItem, column: int) -> None:
        if self._building or column != 0:
            return
        visible = item.checkState(0) == Qt.Checked
        if item.data(0, KIND) == "layer" and QGuiApplication.keyboardModifiers() & Qt.ControlModifier:
            self._session.set_group_visible(item.parent().data(0, KEY), visible, with_layer=item.data(0, KEY))
        elif item.data(0, KIND) == "layer":
            self._session.set_look(item.data(0, KEY), visible=visible)
        elif item.data(0, KIND) == "group":
            self._session.set_group_visible(item.data(0, KEY), visible)

    def _fold(self, item: QTreeWidgetItem, folded: bool) -> None:
        if not self._building:
            (self._session.folded.add if folded else self._session.folded.discard)(item.data(0, KEY))

    def _picked(self, item: QTreeWidgetItem | None, _former: object) -> None:
        if self._building:
            return
        self._gone = ""
        key = self.current_key()
        layer = self._session.layer(key) if key else None
        self.opacity.setEnabled(layer is not None)
        if layer is not None:
            self._show_opacity(layer)
        self.currentLayer.emit(key)

    def _show_opacity(self, layer: LayerView) -> None:
        self.opacity.blockSignals(True)
        self.opacity.setValue(round(layer.opacity * 100))
        self.opacity.blockSignals(False)
        self.percent.setText(f"{round(layer.opacity * 100)}%")

    def _slid(self, value: int) -> None:
        self.percent.setText(f"{value}%")
        if key := self.current_key():
            self._session.set_look(key, opacity=value / 100)

    def _double(self, item: QTreeWidgetItem, _column: int) -> None:
        if item.data(0, KIND) == "layer":
            self.asked.emit("zoom_layer", item.data(0, KEY))

    def context_menu(self, key: str) -> QMenu:
        """What can be done with a layer."""
        menu = QMenu(self)
        for action, text, sign in (
            ("zoom_layer", "缩放到图层", "zoom_to"), ("table", "属性表", "table"),
            ("layer_properties", "图层属性…", "identify"), ("filter_layer", "筛选要素…", "filter"), ("", "", ""),
            ("rename_layer", "重命名", "edit"), ("duplicate_layer", "复制图层", "layer"),
            ("export_layer", "导出图层…", "export"), ("", "", ""),
            ("style_panel", "图层样式…", "settings"), ("style_copy", "复制样式", ""), ("style_paste", "粘贴样式", ""),
            ("swipe", "卷帘对比", "swipe"), ("colour_layer", "图层颜色…", "settings"),
            ("colour_reset", "恢复默认颜色", "refresh"), ("", "", ""), ("remove_layer", "移除图层", "delete"),
        ):
            if action in NOT_OF_RASTERS and key.startswith(RASTER):
                continue
            if not action:
                menu.addSeparator()
                continue
            entry = menu.addAction(icon(sign) if sign else QIcon(), _(text))
            entry.setData(action)
            entry.triggered.connect(lambda _checked=False, name=action: self.asked.emit(name, key))
        menu.addSeparator()
        homes = menu.addMenu(icon("group"), _("移到图层组"))
        layer = self._session.layer(key)
        for i in range(self.tree.topLevelItemCount()):
            group = self.tree.topLevelItem(i).data(0, KEY)
            entry = homes.addAction(self._session.group_title(group).replace("&", "&&"))
            entry.setEnabled(layer is not None and layer.group != group)
            entry.triggered.connect(lambda _checked=False, to=group: self.move_to_group(key, to))
        homes.addSeparator()
        entry = homes.addAction(_("新建图层组…"))
        entry.setData("new_group")
        entry.triggered.connect(lambda: self.asked.emit("new_group", key))
        return menu

    def move_to_group(self, key: str, group: str) -> None:
        """Put a layer on top of a group."""
        order = [(layer.key, layer.group) for layer in self._session.layers if layer.key != key]
        place = next((i for i, pair in enumerate(order) if pair[1] == group), len(order))
        order.insert(place, (key, group))
        self._session.arrange(self._session.groups, order)

    def group_menu(self, key: str) -> QMenu:
        """What can be done with a group, or beside every row for ''."""
        menu = QMenu(self)
        entries = [("new_group", "新建图层组…", "group")]
        if key:
            entries.insert(0, ("rename_group", "重命名", "edit"))
        if key.startswith(layer_groups.OWN):
            entries.insert(1, ("remove_group", "解散图层组", "delete"))
        for action, text, sign in entries:
            entry = menu.addAction(icon(sign), _(text))
            entry.setData(action)
            entry.triggered.connect(lambda _checked=False, name=action: self.groupAsked.emit(name, key))
        return menu

    def _menu(self, place: QPoint) -> None:
        item = self.tree.itemAt(place)
        while item is not None and item.data(0, KIND) == "legend":
            item = item.parent()
        if item is not None:
            self.tree.setCurrentItem(item)
        layer = item is not None and item.data(0, KIND) == "layer"
        menu = self.context_menu(item.data(0, KEY)) if layer else self.group_menu(item.data(0, KEY) if item else "")
        menu.exec_(self.tree.viewport().mapToGlobal(place))
        menu.deleteLater()

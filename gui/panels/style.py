"""How one layer is drawn: by one symbol, by values, by numbers or by rules, tried out on the map as it is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QColor, QIcon, QPainter, QPixmap
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QColorDialog,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.dialogs import Below
from gui.looks import AT_ONCE, Looks
from gui.resources.icons import icon, swatch
from gui.words import Speaker, aside, cell_words, error_words, plain_tip, together
from sanxian.i18n import N_, _, language
from sanxian.mapping.filters import OPERATORS, WITHOUT_VALUE, Condition, Filter, parted
from sanxian.mapping.styles import HATCHES, KINDS, MARKERS, OFFICIAL, SAFE, LayerStyle, Symbol, style_for
from sanxian.messages import field_choices

KIND_WORDS = {"single": N_("单一符号"), "categorised": N_("按值分类"), "graduated": N_("按数值分级"), "rules": N_("按规则")}
HATCH_WORDS = {"": N_("无"), "diagonal": N_("斜线"), "cross": N_("交叉线"), "dots": N_("圆点"), "backdiagonal": N_("反斜线")}
MARKER_WORDS = {"": N_("无"), "circle": N_("圆"), "square": N_("方"), "triangle": N_("三角"), "diamond": N_("菱形")}
DASHES: tuple[tuple[float, ...], ...] = ((), (6.0, 3.0), (2.0, 2.0), (8.0, 3.0, 2.0, 3.0))
KINDS_OF_GEOMETRY = {"polygon": N_("面状"), "line": N_("线状"), "point": N_("点状")}
_WAIT_MS = 80
_OWN = "own:"
_ASKER = "style_classes"
_METHOD = "style_method"
_HEAD = 2_000
MANY = 50  # distinct values of a field that nobody makes classes of unasked


def filter_words(where: Filter | None, title: Callable[[str], str], role: str) -> str:
    """Conditions on a layer of a role in words."""
    if where is None:
        return _("其余要素")
    said = [" ".join(filter(None, (title(one.field), _(OPERATORS[one.operator]),
                                   "" if one.operator in WITHOUT_VALUE else _value_words(one, role))))
            for one in where.conditions]
    if not said:
        return _("还没有条件")
    return together(said) + (aside(_("任一")) if where.any_of and len(said) > 1 else "")


def _value_words(one: Condition, role: str) -> str:
    """The value of a condition; yes and no are no English words, and codes have words of their own."""
    if one.operator not in ("is", "is-not"):
        return one.value
    return "; ".join({"true": _("是"), "false": _("否")}.get(part.casefold(), str(cell_words(role, one.field, part)))
                     for part in parted(one.value))


class ColourButton(QPushButton):
    """Shows a colour, and asks for another when pressed.

    Signals:
        picked: ``#rrggbb``.
    """

    picked = pyqtSignal(str)

    def __init__(self, name: str) -> None:
        super().__init__(objectName=name)
        self.colour = "#000000"
        self.clicked.connect(self._ask)

    def show_colour(self, colour: str) -> None:
        """Show it; nothing is told."""
        self.colour = colour
        patch = QPixmap(32, 14)
        painter = QPainter(patch)
        painter.fillRect(patch.rect(), QColor(colour))
        painter.setPen(QColor("#808080"))
        painter.drawRect(0, 0, 31, 13)
        painter.end()
        self.setIcon(QIcon(patch))
        self.setText(colour)

    def _ask(self) -> None:
        chosen = QColorDialog.getColor(QColor(self.colour), self, self.accessibleName())
        if chosen.isValid():
            self.show_colour(chosen.name())
            self.picked.emit(chosen.name())


class ScaleBox(QSpinBox):
    """A scale denominator; 0 is no limit."""

    def __init__(self, name: str) -> None:
        super().__init__(objectName=name)
        self.setRange(0, 100_000_000)
        self.setSingleStep(5_000)
        self.setPrefix("1:")
        self.setGroupSeparatorShown(True)
        self.setKeyboardTracking(False)


class StylePanel(QWidget, Speaker):
    """Tries styles out on the map, and settles on one.

    Signals:
        previewed: A style to draw the layer in for now; ``None`` for its own.
        applied: The style that was settled on; ``None`` for the preset of the role.
        presetKept: A name, and the style to keep under it for this person.
        conditionAsked: The number of the class whose rule is to be edited.
        importAsked, exportAsked: A style file is to be read or written.
    """

    previewed = pyqtSignal(object)
    applied = pyqtSignal(object)
    presetKept = pyqtSignal(str, object)
    conditionAsked = pyqtSignal(int)
    importAsked = pyqtSignal()
    exportAsked = pyqtSignal()

    def __init__(self, field_title: Callable[[str, str], str], presets: Callable[[], Mapping[str, Any]], looks: Looks,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._presets, self._looks = field_title, presets, looks
        self._numeric: dict[str, bool] = {}  # of the fields of this frame, as far as anybody asked
        self._of: Any = None
        self.layer: Any = None
        self.style_now: LayerStyle | None = None
        self._settled: LayerStyle | None = None
        self._geometry = "polygon"
        self._filling = False
        self._wanted = 5  # classes, where a field has numbers for as many
        self._later = QTimer(self, singleShot=True, interval=_WAIT_MS)
        self._later.timeout.connect(lambda: self.previewed.emit(self.style_now if self.pending else None))
        self._build()
        self.show_layer(None, None)

    # -- building --------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.title = QLabel(objectName="style_layer", wordWrap=True, textFormat=Qt.PlainText)
        self.told = QLabel(objectName="style_told", wordWrap=True)
        self.told.setTextFormat(Qt.PlainText)
        self.told.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.told.hide()
        self.preset, self.kind, self.field = QComboBox(), QComboBox(), QComboBox()
        self.method, self.ramp = QComboBox(), QComboBox()
        self.count = QSpinBox()
        self.count.setRange(1, 12)
        self.count.setValue(5)
        self.count.setKeyboardTracking(False)
        self.keep = QToolButton(objectName="style_keep")
        self.keep.setIcon(icon("save"))
        self.keep.clicked.connect(self._ask_keep)
        for words in (self.keep.setToolTip, self.keep.setAccessibleName):
            self.say(words, "存为我的预设…")
        row = QHBoxLayout()
        row.addWidget(self.preset, 1)
        row.addWidget(self.keep)
        self.form = QFormLayout()
        self.form.setFieldGrowthPolicy(QFormLayout.AllNonFixedFieldsGrow)
        self._row(self.form, "预设", self.preset, "style_preset", row)
        for text, widget, name in (("画法", self.kind, "style_kind"), ("字段", self.field, "style_field"),
                                   ("分级方法", self.method, "style_method"), ("分几级", self.count, "style_count"),
                                   ("色带", self.ramp, "style_ramp")):
            self._row(self.form, text, widget, name)
        self._build_classes()
        self._build_symbol()
        self._build_scales()
        self._build_buttons()
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(6, 4, 6, 4)
        for part in (self.title, self.told, self.form, self.table, self._tools, self.symbol_box, self.scale_box, self.label_box):
            box.addLayout(part) if isinstance(part, (QFormLayout, QHBoxLayout)) else box.addWidget(part)
        box.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.NoFrame)
        area.setWidget(inner)
        area.setMinimumWidth(200)
        self._inner = inner
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.addWidget(area, 1)
        layout.addWidget(self._buttons)
        self.preset.activated.connect(self._preset_picked)
        self.kind.activated.connect(self._kind_picked)
        self.field.activated.connect(self._field_picked)
        for combo in (self.method, self.ramp):
            combo.activated.connect(self._graduate)
        self.count.valueChanged.connect(self._counted)

    def _row(self, form: QFormLayout, text: str, widget: QWidget, name: str, row: Any = None) -> None:
        label = QLabel()
        self.say(label.setText, text)
        self.say(widget.setAccessibleName, text)
        widget.setObjectName(name)
        label.setBuddy(widget)
        if isinstance(widget, QComboBox):
            widget.setMinimumContentsLength(6)
            widget.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        form.addRow(label, row if row is not None else widget)

    def _build_classes(self) -> None:
        self.table = QTableWidget(0, 2, objectName="style_classes")
        self.say(self.table.setAccessibleName, "各类")
        self.table.verticalHeader().setVisible(False)
        self.table.verticalHeader().setDefaultSectionSize(24)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.Stretch)
        self.table.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.ExtendedSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.setMinimumHeight(170)
        self.table.itemChanged.connect(self._cell_changed)
        self.table.itemSelectionChanged.connect(self._show_symbol)
        self.table.itemDoubleClicked.connect(self._double)
        self._tools = QHBoxLayout()
        self.tools: dict[str, QToolButton] = {}
        for name, sign, text, do in (
            ("add", "new", "加一类", self._add), ("remove", "delete", "去掉所选的类", self._remove),
            ("up", "up", "上移", lambda: self._move(-1)), ("down", "down", "下移", lambda: self._move(1)),
            ("where", "filter", "条件…", lambda: self.conditionAsked.emit(self.table.currentRow())),
            ("again", "refresh", "按数据重新分", self._again),
        ):
            button = QToolButton(objectName=f"style_{name}")
            button.setIcon(icon(sign))
            for words in (button.setToolTip, button.setAccessibleName):
                self.say(words, text)
            button.clicked.connect(lambda _checked=False, one=do: one())
            self.tools[name] = button
            self._tools.addWidget(button)
        self._tools.addStretch(1)

    def _double(self, item: QTableWidgetItem) -> None:
        if item.column() == 1 and not item.flags() & Qt.ItemIsEditable:
            self.conditionAsked.emit(item.row())

    def _build_symbol(self) -> None:
        self.symbol_box = QGroupBox()
        self.say(self.symbol_box.setTitle, "所选类的符号")
        form = QFormLayout(self.symbol_box)
        self.fill, self.outline = ColourButton("style_fill"), ColourButton("style_outline")
        self.opacity = QSpinBox()
        self.opacity.setRange(0, 100)
        self.opacity.setSuffix(" %")
        self.width, self.size_box = QDoubleSpinBox(), QDoubleSpinBox()
        for box, most, step in ((self.width, 20.0, 0.2), (self.size_box, 60.0, 1.0)):
            box.setRange(0.0, most)
            box.setSingleStep(step)
            box.setDecimals(1)
            box.setSuffix(" pt")
        self.hatch, self.marker, self.dash = QComboBox(), QComboBox(), QComboBox(editable=True)
        self.dash.setInsertPolicy(QComboBox.NoInsert)
        self.letter = QLineEdit(maxLength=1)
        for text, widget, name in (
            ("填充色", self.fill, "style_fill"), ("填充不透明度", self.opacity, "style_opacity"), ("线色", self.outline, "style_outline"),
            ("线宽", self.width, "style_width"), ("填充图案", self.hatch, "style_hatch"), ("点符号", self.marker, "style_marker"),
            ("点大小", self.size_box, "style_size"), ("线型", self.dash, "style_dash"), ("字母", self.letter, "style_letter"),
        ):
            self._row(form, text, widget, name)
        self.fill.picked.connect(lambda colour: self._edit(fill=colour))
        self.outline.picked.connect(lambda colour: self._edit(outline=colour))
        self.opacity.valueChanged.connect(lambda value: self._edit(fill_opacity=value / 100))
        self.width.valueChanged.connect(lambda value: self._edit(outline_width=round(value, 2)))
        self.size_box.valueChanged.connect(lambda value: self._edit(size=round(value, 2)))
        self.hatch.activated.connect(lambda _i: self._edit(hatch=self.hatch.currentData()))
        self.marker.activated.connect(lambda _i: self._edit(marker=self.marker.currentData()))
        self.dash.activated.connect(lambda _i: self._dashed())
        self.dash.lineEdit().editingFinished.connect(self._dashed)
        self.letter.textEdited.connect(lambda text: self._edit(letter=text.strip()))

    def _build_scales(self) -> None:
        self.scale_box, self.label_box = QGroupBox(), QGroupBox()
        self.say(self.scale_box.setTitle, "显示的比例尺")
        self.say(self.label_box.setTitle, "标注")
        self.scales = ScaleBox("style_scale_from"), ScaleBox("style_scale_to")
        self.label_scales = ScaleBox("style_label_from"), ScaleBox("style_label_to")
        self.labels = QCheckBox(objectName="style_labels")
        self.say(self.labels.setText, "标注要素")
        self.label_field = QComboBox()
        row = QHBoxLayout(self.scale_box)
        self._pair(row, self.scales)
        grid = QGridLayout(self.label_box)
        grid.addWidget(self.labels, 0, 0, 1, 2)
        form = QFormLayout()
        self._row(form, "标注字段", self.label_field, "style_label_field")
        grid.addLayout(form, 1, 0, 1, 2)
        row = QHBoxLayout()
        self._pair(row, self.label_scales)
        grid.addLayout(row, 2, 0, 1, 2)
        for box in (*self.scales, *self.label_scales):
            box.valueChanged.connect(self._scaled)
        self.labels.toggled.connect(lambda on: self._change(labels=on))
        self.label_field.activated.connect(lambda _i: self._change(label_field=self.label_field.currentData()))

    def _pair(self, row: QHBoxLayout, boxes: tuple[ScaleBox, ScaleBox]) -> None:
        ends = ("最大比例尺（放大到此为止仍显示）", "最小比例尺（缩小到此为止仍显示）")
        for box, words, text in zip(boxes, ends, ("", "–"), strict=True):
            if text:
                row.addWidget(QLabel(text))
            for say in (box.setAccessibleName, box.setToolTip):
                self.say(say, words)
            row.addWidget(box, 1)

    def _build_buttons(self) -> None:
        self.import_, self.export = QPushButton(objectName="style_import"), QPushButton(objectName="style_export")
        self.apply, self.cancel = QPushButton(objectName="style_apply"), QPushButton(objectName="style_cancel")
        for button, text, do in ((self.import_, "导入…", self.importAsked.emit), (self.export, "导出…", self.exportAsked.emit),
                                 (self.apply, "应用", self.settle), (self.cancel, "取消", self.give_up)):
            self.say(button.setText, text)
            button.clicked.connect(lambda _checked=False, one=do: one())
        self._buttons = Below([self.import_, self.export], [self.apply, self.cancel])
        self._buttons.setContentsMargins(6, 0, 6, 0)

    # -- showing ---------------------------------------------------------------------------------------------------
    @property
    def pending(self) -> bool:
        """Whether something was changed and not settled on."""
        return self.style_now is not None and self.style_now != self._settled

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "_inner"):
            self._refill()

    def show_layer(self, layer: Any, style: LayerStyle | None) -> None:
        """Show how a layer is drawn; ``None`` for no layer, or for one that has no features."""
        self._looks.forget(_ASKER)
        if layer is not self.layer or layer is not None and layer.frame is not self._of:
            self._numeric, self._of = {}, getattr(layer, "frame", None)
        self.layer = layer
        self.style_now = self._settled = style
        self._geometry = geometry_of_layer(layer) if layer is not None and style is not None else "polygon"
        self.say_so("")
        self._refill()
        self._ask_method()

    def _ask_method(self) -> None:
        """Show how the borders of the classes were found, as far as the data tell."""
        style, layer = self.style_now, self.layer
        self._looks.forget(_METHOD)
        if style is None or style.kind != "graduated":
            return
        ends = _ends(style)
        self._wanted = max(1, sum(one.lower is not None for one in style.classes))
        self._choose_method("hand")
        values = layer.frame[style.field] if style.field in layer.frame.columns else []
        if ends and len(values):
            self._looks.ask(_METHOD, lambda _report: _method_of(values, ends), self._choose_method)

    def _choose_method(self, method: str) -> None:
        self.method.setCurrentIndex(self.method.findData(method))

    def say_so(self, text: str, *, wrong: bool = False) -> None:
        """Say something above the form; '' for nothing."""
        theme.tone(self.told, "wrong_box" if wrong else "doubt_box")
        self.told.setText(text)
        self.told.setVisible(bool(text))

    def _fields(self, numbers: bool = False) -> list[str]:
        frame = getattr(self.layer, "frame", None)
        if frame is None:
            return []
        names = [str(name) for name in frame.columns if name != frame.geometry.name and name != "fid"]
        if not numbers:
            return names
        if self._of is not frame:
            self._numeric, self._of = {}, frame
        for name in names:
            if name not in self._numeric:
                self._numeric[name] = _numeric(frame[name])
        return [name for name in names if self._numeric[name]]

    def field_title(self, name: str) -> str:
        """What people call a field of the layer."""
        return self._title(self.layer.role, name)

    def _refill(self) -> None:
        """Make every widget show the style."""
        style = self.style_now
        self._filling = True
        try:
            self._inner.setEnabled(style is not None)
            self.title.setText(self.layer.name if style is not None else _("先在图层列表里选一个矢量图层"))
            font = self.title.font()
            font.setBold(style is not None)
            self.title.setFont(font)
            _fill(self.kind, [(_(KIND_WORDS[kind]), kind) for kind in KINDS], style.kind if style else "single")
            from sanxian.mapping.make_style import METHODS, RAMPS

            _fill(self.method, [(_(text), key) for key, text in METHODS.items()], self.method.currentData() or "equal")
            self._fill_ramps(RAMPS)
            _fill(self.hatch, [(_(HATCH_WORDS[one]), one) for one in HATCHES], "")
            _fill(self.marker, [(_(MARKER_WORDS[one]), one) for one in MARKERS], "")
            self.dash.clear()
            for dash in DASHES:
                self.dash.addItem(_dash_words(dash) or _("实线"), dash)
            for box in (*self.scales, *self.label_scales):
                box.setSpecialValueText(_("无限制"))
            self._fill_presets()
            kind = style.kind if style else "single"
            known = self._fields(kind == "graduated") if style else []
            if style and style.field and style.field not in known:
                known.insert(0, style.field)
            titles = [(self.field_title(name), name) for name in known]
            _fill(self.field, titles, style.field if style else "")
            names = [(self.field_title(name), name) for name in self._fields()]
            _fill(self.label_field, [(_("名称或代码"), ""), *names], style.label_field if style else "")
            graduated = kind == "graduated"
            for widget, there in ((self.field, kind in ("categorised", "graduated")), (self.method, graduated),
                                  (self.count, graduated), (self.ramp, graduated)):
                widget.setVisible(there)
                self.form.labelForField(widget).setVisible(there)
            if style is not None:
                if graduated:
                    self.count.setValue(max(1, sum(one.lower is not None for one in style.classes)))
                for box, value in zip((*self.scales, *self.label_scales), (*style.scales, *style.label_scales), strict=True):
                    box.setValue(round(value))
                self.labels.setChecked(style.labels)
            for widget in (self.label_field, *self.label_scales):
                widget.setEnabled(style is not None and style.labels)
        finally:
            self._filling = False
        self._fill_classes()
        self._state()

    def _fill_ramps(self, ramps: Mapping[str, Any]) -> None:
        from sanxian.mapping.make_style import colours

        chosen = self.ramp.currentData() or "blues"
        self.ramp.clear()
        for key, (text, _anchors, safe) in ramps.items():
            patch = QPixmap(60, 12)
            painter = QPainter(patch)
            for place, colour in enumerate(colours(key, 20)):
                painter.fillRect(place * 3, 0, 3, 12, QColor(colour))
            painter.end()
            words = _(text)
            self.ramp.addItem(QIcon(patch), words if safe else words + aside(_("红绿难分")), key)
        self.ramp.setIconSize(self.ramp.iconSize().expandedTo(QPixmap(60, 12).size()))
        self.ramp.setCurrentIndex(max(self.ramp.findData(chosen), 0))

    def _fill_presets(self) -> None:
        style = self.style_now
        chosen = ""
        if style is not None:
            chosen = next((name for name in (OFFICIAL, SAFE) if style_for(style.role, palette=name) == style), "")
        _fill(self.preset, [(_("自定义"), ""), (_("常用色"), OFFICIAL), (_("色弱友好"), SAFE),
                            *((name, _OWN + name) for name in sorted(self._presets()))], chosen)

    def _fill_classes(self) -> None:
        style, rows = self.style_now, self._rows()
        self._filling = True
        try:
            kind = style.kind if style else "single"
            second = {"categorised": _("值"), "graduated": _("数值范围"), "rules": _("条件")}.get(kind, "")
            self.table.setHorizontalHeaderLabels([_("图例名称"), second])
            self.table.setColumnHidden(1, kind == "single")
            classes = style.classes if style else ()
            self.table.setRowCount(len(classes))
            for row, symbol in enumerate(classes):
                rest = kind != "single" and row == len(classes) - 1
                name = QTableWidgetItem(symbol.name(language()))
                name.setIcon(swatch(symbol))
                name.setFlags(Qt.ItemIsEnabled | Qt.ItemIsSelectable | Qt.ItemIsEditable | Qt.ItemIsUserCheckable)
                name.setCheckState(Qt.Checked if symbol.shown else Qt.Unchecked)
                self.table.setItem(row, 0, name)
                item = QTableWidgetItem(self._second(kind, symbol, rest))
                item.setToolTip(plain_tip(item.text()))
                editable = not rest and kind in ("categorised", "graduated")
                item.setFlags(Qt.ItemIsEnabled | Qt.ItemIsSelectable | (Qt.ItemIsEditable if editable else Qt.NoItemFlags))
                self.table.setItem(row, 1, item)
            kept = [row for row in rows if row < len(classes)] or ([0] if classes else [])
            self.table.clearSelection()
            for row in kept:
                for column in range(2):
                    self.table.item(row, column).setSelected(True)
            if kept:
                self.table.setCurrentCell(kept[0], 0, self.table.selectionModel().NoUpdate)
        finally:
            self._filling = False
        self._show_symbol()

    def _second(self, kind: str, symbol: Symbol, rest: bool) -> str:
        if rest or kind == "single":
            return _("其余要素") if rest else ""
        if kind == "graduated":
            return f"{symbol.lower:.10g} – {symbol.upper:.10g}"
        if kind == "rules":
            return filter_words(symbol.where, self.field_title, self.style_now.role if self.style_now is not None else "")
        assert self.style_now is not None
        values = self.style_now.values_of(symbol, style_for(self.style_now.role).synonyms)
        words = [self._value_word(one) for one in values]
        return "; ".join([_("是") if symbol.value else _("否"), *words[1:]] if isinstance(symbol.value, bool) else words)

    def _value_word(self, value: str) -> str:
        """A value of the field that the classes go by, in words where it is a code."""
        assert self.style_now is not None
        return str(cell_words(self.style_now.role, self.style_now.field, value))

    def _rows(self) -> list[int]:
        return sorted({index.row() for index in self.table.selectedIndexes()})

    def _show_symbol(self) -> None:
        if self._filling:
            return
        rows, style = self._rows(), self.style_now
        self.symbol_box.setEnabled(bool(rows) and style is not None)
        if style is not None and rows:
            symbol = style.classes[rows[0]]
            self._filling = True
            try:
                self.fill.show_colour(symbol.fill)
                self.outline.show_colour(symbol.outline)
                self.opacity.setValue(round(symbol.fill_opacity * 100))
                self.width.setValue(symbol.outline_width)
                self.size_box.setValue(symbol.size)
                self.hatch.setCurrentIndex(self.hatch.findData(symbol.hatch))
                self.marker.setCurrentIndex(self.marker.findData(symbol.marker))
                self.dash.setEditText(_dash_words(symbol.dash) or _("实线"))
                self.letter.setText(symbol.letter)
            finally:
                self._filling = False
        area, point = self._geometry == "polygon", self._geometry == "point"
        form = self.symbol_box.layout()
        for widget, there in ((self.fill, self._geometry != "line"), (self.opacity, self._geometry != "line"), (self.hatch, area),
                              (self.marker, point), (self.size_box, point), (self.letter, point), (self.dash, not point)):
            widget.setVisible(there)
            form.labelForField(widget).setVisible(there)
        self._state()

    def _state(self) -> None:
        style, rows = self.style_now, self._rows()
        kind = style.kind if style else "single"
        own = [row for row in rows if style is not None and row < len(style.classes) - 1]
        for name, able in (("add", kind in ("categorised", "rules")), ("remove", kind != "single" and bool(own)),
                           ("up", kind in ("categorised", "rules") and len(own) == 1 and own[0] > 0),
                           ("down", kind in ("categorised", "rules") and style is not None and len(own) == 1
                            and own[0] < len(style.classes) - 2),
                           ("where", kind == "rules" and len(own) == 1), ("again", kind in ("categorised", "graduated"))):
            self.tools[name].setEnabled(able)
        self.apply.setEnabled(self.pending)
        self.cancel.setEnabled(self.pending)
        for button in (self.import_, self.export):
            button.setEnabled(style is not None)

    # -- changing --------------------------------------------------------------------------------------------------
    def put(self, style: LayerStyle, *, made: bool = False) -> None:
        """Try a style out; ``made`` by the method and for the number of classes that are shown."""
        if self.layer is None or style == self.style_now:
            return
        others = not made and (self.style_now is None or _ends(style) != _ends(self.style_now))
        self._looks.forget(_ASKER)
        self._looks.forget(_METHOD)
        self.style_now = style
        self.say_so("")
        self._refill()
        if others:
            self._ask_method()
        self._later.start()

    def _change(self, **values: Any) -> None:
        if self._filling or self.style_now is None:
            return
        self.put(replace(self.style_now, **values))

    def _edit(self, **values: Any) -> None:
        """Change the selected classes."""
        style = self.style_now
        if self._filling or style is None:
            return
        rows = set(self._rows())
        if self._geometry == "line" and "outline" in values:
            values["fill"] = values["outline"]
        self.put(replace(style, classes=tuple(replace(one, **values) if row in rows else one for row, one in enumerate(style.classes))))

    def _dashed(self) -> None:
        text = self.dash.currentText().strip()
        parts = text.replace(",", " ").split()
        try:
            dash = () if text == _("实线") or not parts else tuple(min(max(float(one), 0.0), 100.0) for one in parts)
        except ValueError:
            self._show_symbol()
            return
        self._edit(dash=dash)

    def _scaled(self, _value: int) -> None:
        if self._filling:
            return
        pairs = []
        for first, second in (self.scales, self.label_scales):
            least, most = first.value(), second.value()
            pairs.append((float(least), float(max(most, least)) if most else 0.0))
        self._change(scales=pairs[0], label_scales=pairs[1])

    def _cell_changed(self, item: QTableWidgetItem) -> None:
        style = self.style_now
        if self._filling or style is None:
            return
        row, classes = item.row(), list(style.classes)
        symbol = classes[row]
        if item.column() == 0:
            name, shown = item.text().strip(), item.checkState() == Qt.Checked
            if shown != symbol.shown:
                symbol = replace(symbol, shown=shown)
            if name and name != symbol.name(language()):
                one = {"zh": name, "en": name} if symbol.zh == symbol.en else {language(): name}
                symbol = replace(symbol, **one)
            classes[row] = symbol
        elif style.kind == "categorised":
            style = self._valued(style, row, item.text())
            classes = list(style.classes)
        elif not self._limits(classes, row, item.text()):
            self.say_so(_("“{text}”不是范围；写成 10 – 20，或只写上限").format(text=item.text()), wrong=True)
        made = replace(style, classes=tuple(classes))
        if made == self.style_now:
            QTimer.singleShot(0, self._fill_classes)  # not from within the signal of the table itself
        else:
            self.say_so("")
            QTimer.singleShot(0, lambda: self.put(made))

    def _valued(self, style: LayerStyle, row: int, text: str) -> LayerStyle:
        """``style`` with the values of a class as they were typed, unless another class has one of them."""
        symbol = style.classes[row]
        codes = self._codes(style)
        values = list(dict.fromkeys(codes.get(part, part) for part in parted(text)))
        usual = style_for(style.role).synonyms
        kept = {raw: value for raw, value in style.synonyms.items() if value != symbol.value}
        taken = {one.value for number, one in enumerate(style.classes) if number != row} | {raw for raw in kept if raw not in usual}
        if not values or isinstance(symbol.value, bool) or taken & set(values):
            return style
        own = {raw: value for raw, value in style.synonyms.items() if value == symbol.value == values[0] and raw in usual}
        return replace(style, classes=(*style.classes[:row], replace(symbol, value=values[0]), *style.classes[row + 1:]),
                       synonyms={**kept, **own, **dict.fromkeys(values[1:], values[0])})

    def _codes(self, style: LayerStyle) -> dict[str, str]:
        """What the field's words stand for; a word that is itself the value of a class stands for itself."""
        usual = style_for(style.role).synonyms
        shown = [value for one in style.classes if isinstance(one.value, str) for value in style.values_of(one, usual)]
        found = {raw: value for raw, value in usual.items() if isinstance(value, str) and style.synonyms.get(raw) == value}
        found |= {self._value_word(value): value for value in (*field_choices(style.role, style.field), *shown)}
        return {word: value for word, value in found.items() if word not in shown}

    def _limits(self, classes: list[Symbol], row: int, text: str) -> bool:
        """Set the range of a class by hand; its neighbours keep touching it."""
        from sanxian.mapping.make_style import range_words

        parts = text.replace("–", " ").replace("~", " ").split()
        try:
            numbers = [float(one.replace(",", "")) for one in parts]
        except ValueError:
            return False
        was = classes[row]
        lower, upper = (was.lower, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[-1]) if len(numbers) == 2 else (1.0, 0.0)
        if lower is None or lower > upper:
            return False
        pieces = {row: (lower, upper)}
        if row and classes[row - 1].upper == was.lower:
            pieces[row - 1] = (classes[row - 1].lower or 0.0, lower)
        if row + 1 < len(classes) and classes[row + 1].lower == was.upper:
            pieces[row + 1] = (upper, classes[row + 1].upper or 0.0)
        if any(low > high for low, high in pieces.values()):
            return False
        for place, (low, high) in pieces.items():
            old = classes[place]
            made = replace(old, lower=low, upper=high)
            if old.lower is not None and old.upper is not None and old.zh == range_words(old.lower, old.upper):
                made = replace(made, zh=range_words(low, high), en=range_words(low, high))
            classes[place] = made
        self._filling = True
        self.method.setCurrentIndex(self.method.findData("hand"))
        self._filling = False
        return True

    def _lines_too(self) -> bool:
        """Whether a layer of points has lines among them."""
        import numpy as np
        import shapely

        frame = getattr(self.layer, "frame", None)
        return self._geometry == "point" and frame is not None and bool(
            np.isin(shapely.get_type_id(np.asarray(frame.geometry.to_numpy(), dtype=object)), (1, 2, 5, 7)).any())

    def _made(self, style: LayerStyle) -> LayerStyle:
        """A style that was just made, as this layer needs it."""
        if self._lines_too():
            from sanxian.mapping.make_style import with_lines

            style = replace(style, classes=tuple(map(with_lines, style.classes)))
        return self._common(style)

    def _common(self, style: LayerStyle) -> LayerStyle:
        """A new style with what the old one says beside its classes."""
        old = self.style_now
        assert old is not None
        return replace(style, scales=old.scales, labels=old.labels, label_field=old.label_field, label_scales=old.label_scales)

    def _preset_picked(self, _index: int) -> None:
        chosen, style = self.preset.currentData(), self.style_now
        if style is None or not chosen:
            return
        if chosen in (OFFICIAL, SAFE):
            self.put(style_for(style.role, palette=chosen))
            return
        from sanxian.mapping.own_styles import StyleError, from_dict

        try:
            kept = from_dict(self._presets()[chosen.removeprefix(_OWN)])
        except StyleError as error:
            self._failed(error)
            return
        own = style_for(style.role)
        self.put(replace(kept, role=style.role, zh=own.zh, en=own.en, order=own.order))

    def _failed(self, error: Any) -> None:

        self.say_so(error_words(error), wrong=True)
        self._refill()

    def _kind_picked(self, _index: int) -> None:
        kind, style = self.kind.currentData(), self.style_now
        if style is None or kind == style.kind:
            return
        from sanxian.mapping import make_style

        role = style.role
        if kind == "single":
            self.put(self._common(make_style.single(role, geometry=self._geometry)))
        elif kind == "rules":
            self.put(self._made(make_style.rules(role, geometry=self._geometry)))
            self._add()
        else:
            fields = self._fields(kind == "graduated")
            if not fields:
                self.say_so(_("这个图层没有可用来分级的数字字段") if kind == "graduated" else _("这个图层没有属性字段"), wrong=True)
                self._refill()
                return
            wanted = [style.field, fields[0]]
            if kind == "categorised":  # names and codes differ in every feature and make no classes
                few = self.layer.frame[fields].head(2000).nunique().clip(lower=2)
                wanted = [style_for(role).field, *([style.field] if few.get(style.field, MANY) < MANY else []), str(few.idxmin())]
            field = next(name for name in wanted if name in fields)
            self._by(kind, field)

    def _by(self, kind: str, field: str) -> None:
        from sanxian.mapping import make_style
        from sanxian.mapping.own_styles import StyleError

        style = self.style_now
        assert style is not None
        layer, geometry = self.layer, self._geometry
        self._looks.forget(_METHOD)
        values = layer.frame[field] if field in layer.frame.columns else []
        method, count, ramp = self.method.currentData() or "equal", self._wanted, self.ramp.currentData() or "blues"
        by_hand = [one for symbol in style.classes[:-1] for one in (symbol.lower, symbol.upper) if one is not None]
        by_hand = sorted(set(by_hand)) if method == "hand" and style.kind == "graduated" and style.field == field else []

        def make(_report: Any = None) -> LayerStyle | StyleError:
            try:
                if kind == "categorised":
                    return make_style.categorised(style.role, field, values, geometry=geometry)
                ends = by_hand if len(by_hand) > 1 else make_style.breaks(values, count, "equal" if method == "hand" else method)
                return make_style.graduated(style.role, field, ends, ramp=ramp, geometry=geometry)
            except StyleError as error:
                return error

        def take(made: LayerStyle | StyleError) -> None:
            self.say_so("")
            if isinstance(made, StyleError):
                self._failed(made)
            elif self._made(made) == self.style_now:
                self._refill()
            else:
                self.put(self._made(made), made=True)
            if kind == "graduated" and method == "hand" and len(by_hand) < 2:
                self._choose_method("equal")

        if len(values) <= AT_ONCE:
            self._looks.forget(_ASKER)
            take(make())
        else:
            self.say_so(_("正在按数据分类……"))
            self._looks.ask(_ASKER, make, take)

    def _field_picked(self, _index: int) -> None:
        if self.style_now is not None and self.field.currentData() != self.style_now.field:
            self._by(self.style_now.kind, self.field.currentData())

    def _counted(self, value: int) -> None:
        if not self._filling:
            self._wanted = value
            self._graduate(value)

    def _graduate(self, _value: int) -> None:
        if not self._filling and self.style_now is not None and self.style_now.kind == "graduated":
            self._by("graduated", self.style_now.field)

    def _again(self) -> None:
        if self.style_now is not None and self.style_now.kind in ("categorised", "graduated"):
            self._by(self.style_now.kind, self.style_now.field)

    def _add(self) -> None:
        from sanxian.mapping import make_style

        style = self.style_now
        if style is None or style.kind not in ("categorised", "rules"):
            return
        number = len(style.classes) - 1
        symbol = make_style.rule(style.role, number, geometry=self._geometry)
        if self._lines_too():
            symbol = make_style.with_lines(symbol)
        if style.kind == "categorised":
            value = _("新值 {number}").format(number=number + 1)
            symbol = replace(symbol, value=value, zh=value, en=value)
        else:
            words = _("规则 {number}").format(number=number + 1)
            symbol = replace(symbol, zh=words, en=words, where=Filter((), True))
        self.put(replace(style, classes=(*style.classes[:-1], symbol, style.classes[-1])))
        self.table.selectRow(number)

    def _remove(self) -> None:
        style, rows = self.style_now, set(self._rows())
        if style is not None and style.kind != "single":
            last = len(style.classes) - 1
            self.put(replace(style, classes=tuple(one for row, one in enumerate(style.classes) if row == last or row not in rows)))

    def _move(self, step: int) -> None:
        style, row = self.style_now, self.table.currentRow()
        if style is None or not 0 <= row + step < len(style.classes) - 1 or not 0 <= row < len(style.classes) - 1:
            return
        classes = list(style.classes)
        classes[row], classes[row + step] = classes[row + step], classes[row]
        self.put(replace(style, classes=tuple(classes)))
        self.table.selectRow(row + step)

    def set_rule(self, row: int, where: Filter | None) -> None:
        """Give a class its rule; one that was not named yet is named by it."""
        style = self.style_now
        if style is None or style.kind != "rules" or row >= len(style.classes) - 1:
            return
        symbol = style.classes[row]
        if symbol.where is None or not symbol.where.conditions:
            words = filter_words(where, self.field_title, style.role) if where is not None else symbol.zh
            symbol = replace(symbol, zh=words, en=words)
        classes = list(style.classes)
        classes[row] = replace(symbol, where=where or Filter((), True))
        self.put(replace(style, classes=tuple(classes)))

    def _ask_keep(self) -> None:
        if self.style_now is None:
            return
        name, given = QInputDialog.getText(self, _("存为我的预设"), _("名称"), text=self.layer.name)
        if given and name.strip():
            self.presetKept.emit(name.strip(), self.style_now)
            self._refill()

    # -- settling --------------------------------------------------------------------------------------------------
    def settle(self) -> None:
        """Settle on what is shown."""
        if not self.pending or self.style_now is None:
            return
        self._later.stop()
        self._settled = self.style_now
        self.applied.emit(None if self.style_now == style_for(self.style_now.role) else self.style_now)
        self._state()

    def give_up(self) -> None:
        """Back to what was settled on last."""
        self._looks.forget(_ASKER)
        if self.pending:
            self._later.stop()
            self.style_now = self._settled
            self.say_so("")
            self._refill()
            self.previewed.emit(None)


def _fill(combo: QComboBox, items: list[tuple[str, Any]], chosen: Any) -> None:
    combo.clear()
    for text, data in items:
        combo.addItem(text, data)
    combo.setCurrentIndex(max(combo.findData(chosen), 0))


def _dash_words(dash: tuple[float, ...]) -> str:
    return " ".join(f"{one:g}" for one in dash)


def _ends(style: LayerStyle) -> list[float]:
    """The borders of classes that touch, the lowest first; none for classes with gaps between them."""
    known = [(one.lower, one.upper) for one in style.classes if one.lower is not None and one.upper is not None]
    touch = all(former[1] == then[0] for former, then in pairwise(known))
    return [known[0][0], *(upper for _lower, upper in known)] if known and touch else []


def _method_of(values: Any, ends: list[float]) -> str:
    """The way to find borders in a column that finds just these; ``hand`` for none."""
    from sanxian.mapping.make_style import METHODS, breaks
    from sanxian.mapping.own_styles import StyleError

    try:
        for method in (one for one in METHODS if one != "hand"):
            if breaks(values, len(ends) - 1, method) == ends:
                return method
    except StyleError:
        pass
    return "hand"


def _numeric(column: Any) -> bool:
    import pandas as pd

    if pd.api.types.is_bool_dtype(column.dtype):
        return False
    if pd.api.types.is_numeric_dtype(column.dtype):
        return bool(column.notna().any())
    head = column.iloc[:0]
    for start in range(0, len(column), _HEAD):  # a long column is seldom empty to its end
        head = column.iloc[start:start + _HEAD].dropna().head(200)
        if len(head):
            break
    return len(head) > 0 and bool(pd.to_numeric(head, errors="coerce").notna().all())


def geometry_of_layer(layer: Any, default: str = "polygon") -> str:
    """polygon, line or point; ``default`` where nobody knows yet. Of a layer of several kinds that of its first feature."""
    from sanxian.mapping.qgis import geometry_of

    kind = str(getattr(layer.record, "geometry_type", None) or "")
    if not any(word in kind.lower() for word in ("polygon", "line", "point")) and layer.frame is not None and len(layer.frame):
        kind = str(getattr(layer.frame.geometry.iloc[0], "geom_type", None) or "")
    return geometry_of(kind) if kind else default

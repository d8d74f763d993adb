"""The layout window: a sheet as it will be printed, what stands on it, what is wrong with it, and its export."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PyQt5.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QGuiApplication, QImage, QKeyEvent, QKeySequence, QPixmap
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QShortcut,
    QSpinBox,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.clipboard import may_leave
from gui.dialogs import Below, choose, message, scrolling
from gui.sheet import export
from gui.sheet.fonts import sheet_font
from gui.sheet.view import Ruler, SheetView
from gui.tasks import Cancelled, Report
from gui.words import Speaker, error_words, in_window, plain_tip, together
from sanxian.i18n import N_, _, language
from sanxian.mapping.scene import SECRET
from sanxian.mapping.sheets import atlas, build, checks, grid, template
from sanxian.mapping.sheets.content import Source, site_style
from sanxian.mapping.sheets.errors import SheetError
from sanxian.mapping.sheets.outlines import Box
from sanxian.mapping.sheets.page import Layout, Rect, placed
from sanxian.mapping.sheets.secrecy import SECRECY, secrecy_words
from sanxian.mapping.sheets.template import BLOCKS, ELEMENTS, GRIDS, SIZES, Template
from sanxian.mapping.styles import OFFICIAL, SAFE
from sanxian.messages import role_words

SITES = "project_site"
WAIT_MS = 250
LEAST_DPI = 20.0  # at which a sheet is painted
KINDS = "PDF (*.pdf);;SVG (*.svg);;PNG (*.png);;GeoTIFF (*.tif *.tiff)"
GRID_WORDS = {"none": N_("不画"), "crosses": N_("十字"), "lines": N_("网线"), "ticks": N_("图廓短线")}
ORIENTATION_WORDS = {"landscape": N_("横放"), "portrait": N_("竖放")}
HANDLING_WORDS = {"refuse": N_("拒绝出图"), "omit": N_("不画"), "generalise": N_("概略表示")}
SEVERITY_WORDS = {checks.ERROR: N_("错误"), checks.WARNING: N_("警告"), checks.NOTE: N_("附注")}


@dataclass(frozen=True)
class State:
    """What was chosen; each change is a new one, so that it can be taken back.

    Attributes:
        off: Ids of layers that are not drawn.
        atlas: Id of the layer whose features each get a sheet; '' for a single sheet.
        page: Of the atlas, from 0.
        marks: How secret each layer is, by its id; these stand in the workspace and not in the layout.
    """

    template: Template
    scale: float | None = None
    extent: Box | None = None
    secret: str = "refuse"
    off: frozenset[str] = frozenset()
    atlas: str = ""
    field: str = ""
    page: int = 0
    marks: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True)
class Draft:
    """A sheet as it was left, with its steps; the window of another day goes on with it.

    Attributes:
        past: At least one; the first is what it began with.
        now: Which of them counts.
    """

    past: tuple[State, ...]
    now: int

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, without its steps; how secret layers are stands in the workspace."""
        state = self.past[self.now]
        return {"template": state.template.to_dict(), "scale": state.scale, "extent": state.extent, "secret": state.secret,
                "off": sorted(state.off), "atlas": state.atlas, "field": state.field, "page": state.page}

    @classmethod
    def from_dict(cls, raw: Any, first: State) -> Draft:
        """What :meth:`to_dict` gave, as one step after ``first``.

        Raises:
            SheetError, KeyError, TypeError, ValueError: It is none.
        """
        box = None if raw["extent"] is None else tuple(float(one) for one in raw["extent"])
        if box is not None and len(box) != 4 or raw["secret"] not in HANDLING_WORDS:
            raise ValueError(raw)
        state = State(template.from_dict(raw["template"], str(raw["template"].get("id"))),
                      None if raw["scale"] is None else float(raw["scale"]), box, raw["secret"], frozenset(map(str, raw["off"])),
                      str(raw["atlas"]), str(raw["field"]), int(raw["page"]))
        return cls((first, state), 1)


@dataclass
class Proof:
    """What a drawing of the sheet gave."""

    image: QImage
    findings: list[checks.Finding]
    scale: float
    layout: Layout
    blocks: dict[str, Rect]


class SheetDialog(QDialog, Speaker):
    """The layout window.

    Args:
        draft: What was laid out before and goes on; what :meth:`Draft.to_dict` gave, a draft, or ``None`` to begin anew.

    Signals:
        boxAsked: The person wants to draw the extent on the map.
        proofed: A preview is there.
    """

    boxAsked = pyqtSignal()
    proofed = pyqtSignal()

    def __init__(self, window: Any, draft: Draft | Mapping[str, Any] | None = None) -> None:
        super().__init__(window)
        self.setObjectName("sheet_dialog")
        self.setWindowFlag(Qt.WindowMaximizeButtonHint, True)
        self.setWindowFlag(Qt.WindowContextHelpButtonHint, False)
        self._window = window
        sheet_font()  # fonts are registered in this thread
        self.sources = sources_of(window)
        self._templates: dict[str, Template] = {}
        self._places: dict[tuple[str, str, str | None], list[build.Place]] = {}
        self._task: Any = None
        self._turn = 0  # of drawings; what an older one brings is not shown
        self._proof: Proof | None = None
        self._filling = self._marking = False
        self.findings: list[checks.Finding] = []
        self._wait = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._wait.timeout.connect(self.draw)
        self._later = QTimer(self, singleShot=True, interval=0)  # many projects change at once
        self._later.timeout.connect(self._sites_changed)
        self._over = False
        self._build()
        window.session.layerLooked.connect(self._layer_looked)
        window.session.valuesChanged.connect(self._values_changed)
        for signal in (window.session.siteChanged, window.session.resultsChanged, window.session.sitesChanged):
            signal.connect(self._sites_soon)  # its own: what is no slot of the window would be called after its end
        window.session.layersChanged.connect(self._layers_changed)
        self._fill_templates()
        first = self._templates.get(template.DEFAULT) or next(iter(self._templates.values()))
        self.state = self._of_template(first)
        self._past: list[State] = [self.state]
        self._now, self._run = 0, ""
        self._resumed = self._resume(draft)
        self._show_state()
        room = window.room() if hasattr(window, "room") else None
        self.resize(min(1240, room.width() - 40) if room else 1240, min(760, room.height() - 60) if room else 760)
        self.draw()

    # -- widgets ---------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.say(self.setWindowTitle, "图件排版")
        self.preview = SheetView("sheet_preview")
        self.preview.moved.connect(self._moved)
        self.preview.putBack.connect(self.put_back)
        self.preview.picked.connect(self._block_picked)
        self.say(self.preview.setAccessibleName, "图面预览")
        self.area = QScrollArea(objectName="sheet_area", widgetResizable=True, alignment=Qt.AlignCenter)
        self.area.setWidget(self.preview)
        self.area.viewport().installEventFilter(self)
        ruled = QGridLayout()
        ruled.setSpacing(0)
        ruled.addWidget(Ruler(self.preview, self.area, upright=False), 0, 1)
        ruled.addWidget(Ruler(self.preview, self.area, upright=True), 1, 0)
        ruled.addWidget(self.area, 1, 1)
        self.zoom = QComboBox(objectName="sheet_zoom", sizeAdjustPolicy=QComboBox.AdjustToContents)  # its words come later
        self.say(self.zoom.setAccessibleName, "预览大小")
        self.told = QLabel(objectName="sheet_told", wordWrap=True)
        self.told.setTextFormat(Qt.PlainText)
        self.tabs = QTabWidget(objectName="sheet_tabs")
        self.tabs.setUsesScrollButtons(False)
        for make in (self._page_tab, self._words_tab, self._elements_tab, self._layers_tab, self._atlas_tab, self._checks_tab):
            # Each by itself: beside one that is higher than a small screen the sheet has to be seen whole.
            self.tabs.addTab(scrolling(make(), down_only=True), "")
        left = QWidget()
        below = QHBoxLayout()
        below.addWidget(self.zoom)
        below.addWidget(self.told, 1)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(ruled, 1)
        column.addLayout(below)
        split = QSplitter()
        split.addWidget(left)
        split.addWidget(self.tabs)
        split.setStretchFactor(0, 1)
        split.setSizes([800, 400])
        self.undo, self.redo = self._button("sheet_undo", "撤销", self._back), self._button("sheet_redo", "重做", self._forth)
        QShortcut(QKeySequence("Ctrl+Z"), self).activated.connect(self._back)
        for keys in ("Ctrl+Shift+Z", "Ctrl+Y"):
            QShortcut(QKeySequence(keys), self).activated.connect(self._forth)
        self.copy = self._button("sheet_copy", "复制图片", self.copy_picture)
        self.say(self.copy.setToolTip, "把整幅图作为图片放到剪贴板，可粘贴到 Word、WPS")
        self.export = self._button("sheet_export", "导出图件…", self.ask_export)
        self.export_atlas = self._button("sheet_export_atlas", "导出图集…", self.ask_atlas)
        row = Below((self.undo, self.redo, self._button("sheet_keep", "存为模板…", self.ask_keep),
                     self._button("sheet_share", "模板存为文件…", self.ask_share),
                     self._button("sheet_load", "读取模板文件…", self.ask_load)),
                    (self.copy, self.export_atlas, self.export, self._button("sheet_close", "关闭", self.close)))
        layout = QVBoxLayout(self)
        layout.addWidget(split, 1)
        layout.addWidget(row)

    def _button(self, name: str, text: str, act: Callable[[], Any]) -> QPushButton:
        button = QPushButton(objectName=name, autoDefault=False)
        self.say(button.setText, text)
        button.clicked.connect(lambda _checked=False: act())
        return button

    def _label(self, text: str, buddy: QWidget) -> QLabel:
        label = QLabel()
        self.say(label.setText, text)
        label.setBuddy(buddy)
        self.say(buddy.setAccessibleName, text)
        return label

    def _page_tab(self) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        self.template = QComboBox(objectName="sheet_template")
        self.size = QComboBox(objectName="sheet_size")
        self.size.addItems(list(reversed(list(SIZES))))
        self.orientation = QComboBox(objectName="sheet_orientation")
        self.scale = QComboBox(objectName="sheet_scale", editable=True)
        self.extent = QLabel(objectName="sheet_extent", wordWrap=True)
        buttons = QHBoxLayout()
        for name, text, act in (("sheet_all", "整个范围", lambda: self.set_extent(None)), ("sheet_view", "当前视图", self._take_view),
                                ("sheet_box", "在地图上框选", self.boxAsked.emit)):
            buttons.addWidget(self._button(name, text, act))
        self.palette_box = QComboBox(objectName="sheet_palette")
        self.hatch = QCheckBox(objectName="sheet_hatch")
        self.say(self.hatch.setText, "给仅靠颜色区分的面状类别加晕线")
        self.kilometres = QComboBox(objectName="sheet_grid")
        for text, widget in (("模板", self.template), ("幅面", self.size), ("方向", self.orientation), ("比例尺", self.scale)):
            form.addRow(self._label(text, widget), widget)
        form.addRow(self._label("范围", self.extent), self.extent)
        form.addRow(buttons)  # across, as is the box below: English needs the room in a small dialog
        form.addRow(self._label("公里网", self.kilometres), self.kilometres)
        form.addRow(self._label("配色", self.palette_box), self.palette_box)
        form.addRow(self.hatch)
        self.template.activated.connect(lambda _i: self.choose_template(self.template.currentData()))
        self.size.activated.connect(lambda _i: self._set(size=self.size.currentText()))
        self.orientation.activated.connect(lambda _i: self._set(orientation=self.orientation.currentData()))
        self.scale.lineEdit().editingFinished.connect(self._take_scale)
        self.scale.activated.connect(lambda _i: self._take_scale())
        self.palette_box.activated.connect(lambda _i: self._set(palette=self.palette_box.currentData()))
        self.kilometres.activated.connect(lambda _i: self._set(kilometre_grid=self.kilometres.currentData()))
        self.hatch.toggled.connect(lambda on: None if self._filling else self._set(hatch=on))
        return page

    def _words_tab(self) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        self.fields: dict[str, QWidget] = {}
        for name, text in template.FIELDS.items():
            if name == "classification":
                widget: QWidget = QComboBox(objectName=f"sheet_{name}", editable=True)
                widget.lineEdit().editingFinished.connect(lambda one=name: self._take_word(one))
                widget.activated.connect(lambda _i, one=name: self._take_word(one))
            elif name == "notes":
                widget = QPlainTextEdit(objectName=f"sheet_{name}", tabChangesFocus=True)
                widget.textChanged.connect(lambda one=name: self._take_word(one))
            else:
                widget = QLineEdit(objectName=f"sheet_{name}")
                widget.editingFinished.connect(lambda one=name: self._take_word(one))
            self.fields[name] = widget
            form.addRow(self._label(text, widget), widget)
        self.say(self.fields["date"].setPlaceholderText, "空着则用判定基准日")
        self.say(self.fields["title"].setToolTip, "图集中可用 {name}、{code}、{number}、{count}、{scale}、{date}")
        return page

    def _elements_tab(self) -> QWidget:
        page = QWidget()
        columns = QGridLayout(page)
        self.elements: dict[str, QCheckBox] = {}
        for number, (name, text) in enumerate(ELEMENTS.items()):
            box = self.elements[name] = QCheckBox(objectName=f"sheet_show_{name}")
            self.say(box.setText, text)
            box.toggled.connect(lambda on, one=name: None if self._filling else self._set(
                elements=self.state.template.with_elements({one: on}).elements))
            columns.addWidget(box, number // 2, number % 2)
        columns.addWidget(self._places_box(), len(ELEMENTS), 0, 1, 2)
        columns.setRowStretch(len(ELEMENTS) + 1, 1)
        return page

    def _places_box(self) -> QWidget:
        """Where a block stands, for those who would rather type than drag."""
        group = QGroupBox(objectName="sheet_places")
        self.say(group.setTitle, "摆放")
        form = QFormLayout(group)
        self.block = QComboBox(objectName="sheet_block")
        self.block.activated.connect(lambda _i: self.preview.set_pick(self.block.currentData()))
        form.addRow(self._label("图面部件", self.block), self.block)
        self.at: tuple[QDoubleSpinBox, QDoubleSpinBox] = (QDoubleSpinBox(objectName="sheet_block_x"),
                                                          QDoubleSpinBox(objectName="sheet_block_y"))
        for spin, text in zip(self.at, ("距左边（毫米）", "距上边（毫米）"), strict=True):
            spin.setDecimals(1)
            spin.setMaximum(max(SIZES["A0"]))
            spin.setKeyboardTracking(False)
            spin.valueChanged.connect(lambda _value: self._placed())
            form.addRow(self._label(text, spin), spin)
        self.back = self._button("sheet_put_back", "放回原处", lambda: self.put_back(self.block.currentData()))
        self.all_back = self._button("sheet_put_all_back", "全部放回", self.put_all_back)
        buttons = QHBoxLayout()
        buttons.addWidget(self.back)
        buttons.addWidget(self.all_back)
        form.addRow(buttons)
        how = QLabel(wordWrap=True)
        self.say(how.setText, "也可以在预览上拖动，靠近页边距、中线和别的部件时对齐，按住 Ctrl 不对齐；方向键移动 1 毫米，Shift 10 毫米，"
                              "Ctrl 0.1 毫米，PgUp、PgDn 换部件，Del 放回原处。")
        form.addRow(how)
        return group

    def _layers_tab(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        self.layers = QTableWidget(0, 2, objectName="sheet_layers")
        self.say(self.layers.setAccessibleName, "图层")
        self.layers.verticalHeader().setVisible(False)
        self.layers.setSelectionMode(QAbstractItemView.NoSelection)
        self.layers.setTabKeyNavigation(False)
        self.layers.horizontalHeader().setSectionResizeMode(0, QHeaderView.Stretch)
        self.layers.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeToContents)
        self.layers.itemChanged.connect(self._layer_ticked)
        self.secret = QComboBox(objectName="sheet_secret")
        self.secret.activated.connect(lambda _i: self._put(replace(self.state, secret=self.secret.currentData())))
        form = QFormLayout()
        form.addRow(self._label("秘密级及以上的图层", self.secret), self.secret)
        column.addWidget(self.layers, 1)
        column.addLayout(form)
        return page

    def _atlas_tab(self) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        self.atlas = QComboBox(objectName="sheet_atlas")
        self.atlas_field = QComboBox(objectName="sheet_atlas_field")
        self.page = QSpinBox(objectName="sheet_page", minimum=1, maximum=1)
        self.page_name = QLabel(objectName="sheet_page_name", wordWrap=True)
        self.page_name.setTextFormat(Qt.PlainText)
        form.addRow(self._label("每个要素一幅", self.atlas), self.atlas)
        form.addRow(self._label("文件名取自", self.atlas_field), self.atlas_field)
        form.addRow(self._label("预览第几幅", self.page), self.page)
        form.addRow("", self.page_name)
        self.atlas.activated.connect(lambda _i: self._put(replace(self.state, atlas=self.atlas.currentData(), field="", page=0)))
        self.atlas_field.activated.connect(lambda _i: self._put(replace(self.state, field=self.atlas_field.currentData())))
        self.page.valueChanged.connect(lambda number: None if self._filling else self._put(replace(self.state, page=number - 1)))
        return page

    def _checks_tab(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        self.list = QListWidget(objectName="sheet_findings", wordWrap=True, alternatingRowColors=True)
        self.list.setTextElideMode(Qt.ElideNone)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.list.setResizeMode(QListWidget.Adjust)
        self.say(self.list.setAccessibleName, "出图前检查")
        self.list.currentRowChanged.connect(lambda _row: self._picked())
        self.how = QLabel(objectName="sheet_how", wordWrap=True)
        self.how.setTextFormat(Qt.PlainText)
        self.mend = self._button("sheet_mend", "按建议修正", self.mend_picked)
        column.addWidget(self.list, 1)
        column.addWidget(self.how)
        column.addWidget(self.mend)
        return page

    def retranslate(self) -> None:
        super().retranslate()
        if hasattr(self, "state"):
            self.tell("")  # what is drawn anew says so in the language of now
            self._fill_templates()
            self._show_state()
            self.show_findings(self.findings)
            self._wait.start()

    # -- state to widgets ------------------------------------------------------------------------------------------
    def _fill(self, box: QComboBox, rows: Sequence[tuple[str, Any]], now: Any) -> None:
        box.clear()
        for text, data in rows:
            box.addItem(text, data)
        box.setCurrentIndex(max(box.findData(now), 0))

    def _fill_templates(self) -> None:
        self._templates = {**template.builtin(), **template.of_workspace(self._window.session.workspace)}

    def _show_state(self) -> None:
        """Make every widget show what is chosen."""
        state, made = self.state, self.state.template
        self._filling = True
        try:
            for number, text in enumerate(("页面", "图上文字", "部件", "图层", "图集", "检查")):
                self.tabs.setTabText(number, _(text))
                self.tabs.widget(number).updateGeometry()
            self._fill(self.template, [(one.name(language()), key) for key, one in self._templates.items()], made.id)
            self.size.setCurrentText(made.size)
            self._fill(self.orientation, [(_(text), key) for key, text in ORIENTATION_WORDS.items()], made.orientation)
            self.scale.clear()
            self.scale.addItem(_("自动"), None)
            for one in grid.SCALES:
                self.scale.addItem(grid.scale_words(one, language()), float(one))
            self.scale.setEditText(_("自动") if state.scale is None else grid.scale_words(state.scale, language()))
            self.extent.setText(_("整个范围") if state.extent is None else "{:.4f}, {:.4f} — {:.4f}, {:.4f}".format(*state.extent))
            self._fill(self.palette_box, [(_("常用色"), OFFICIAL), (_("色弱友好"), SAFE)], made.palette)
            self._fill(self.kilometres, [(_(GRID_WORDS[key]), key) for key in GRIDS], made.kilometre_grid)
            self.hatch.setChecked(made.hatch)
            for name, widget in self.fields.items():
                self._show_word(name, widget, made.fields.get(name, ""))
            for name, box in self.elements.items():
                box.setChecked(made.shows(name))
            self._show_layers()
            self._fill(self.secret, [(_(text), key) for key, text in HANDLING_WORDS.items()], state.secret)
            self._show_atlas()
            self._show_places()
        finally:
            self._filling = False
        self.undo.setEnabled(self._now > 0)
        self.redo.setEnabled(self._now < len(self._past) - 1)
        self.export_atlas.setEnabled(bool(state.atlas))

    def _show_word(self, name: str, widget: Any, text: str) -> None:
        if isinstance(widget, QComboBox):
            self._fill(widget, [("", ""), *((_(word), _(word)) for word in SECRECY.values())], text)
            widget.setEditText(text)
        elif isinstance(widget, QPlainTextEdit):
            if widget.toPlainText() != text:
                widget.setPlainText(text)
        else:
            widget.setText(text)
            if name == "title":
                widget.setPlaceholderText(self.state.template.name(language()))

    def _show_layers(self) -> None:
        self.layers.setHorizontalHeaderLabels([_("图层"), _("密级")])
        self.layers.setRowCount(len(self.sources))
        for row, source in enumerate(reversed(self.sources)):
            item = QTableWidgetItem(self._name_of(source))
            item.setData(Qt.UserRole, source.id)
            item.setFlags(Qt.ItemIsEnabled | Qt.ItemIsUserCheckable)
            item.setCheckState(Qt.Unchecked if source.id in self.state.off else Qt.Checked)
            self.layers.setItem(row, 0, item)
            if source.role == SITES:
                continue
            box = QComboBox()
            box.setAccessibleName(_("密级"))
            self._fill(box, [(_("未注明"), None), *((secrecy_words(key), key) for key in SECRECY)], source.secrecy)
            box.activated.connect(lambda _i, one=source.id, combo=box: self.set_secrecy(one, combo.currentData()))
            self.layers.setCellWidget(row, 1, box)

    @staticmethod
    def _name_of(source: Any) -> str:
        return role_words("project_site") if source.role == SITES else source.name

    def _show_atlas(self) -> None:
        state = self.state
        self._fill(self.atlas, [(_("不做图集"), ""), *((self._name_of(source), source.id) for source in self.sources)], state.atlas)
        source = next((one for one in self.sources if one.id == state.atlas), None)
        columns = [] if source is None else [str(name) for name in source.frame.columns if name != source.frame.geometry.name]
        self._fill(self.atlas_field, [(_("编码或名称"), ""), *((name, name) for name in columns)], state.field)
        places = self.places()
        self.page.setMaximum(max(len(places), 1))
        self.page.setValue(min(state.page, max(len(places) - 1, 0)) + 1)
        for widget in (self.atlas_field, self.page):
            widget.setEnabled(source is not None)
        place = places[min(state.page, len(places) - 1)] if places else None
        self.page_name.setText("" if place is None else _("{name}，文件名 {file}，共 {count} 幅").format(
            name=place.values["name"], file=place.file, count=len(places)))

    # -- as it was left --------------------------------------------------------------------------------------------
    def _resume(self, draft: Draft | Mapping[str, Any] | None) -> bool:
        """Go on with what was laid out before."""
        if draft is None:
            return False
        if not isinstance(draft, Draft):
            try:
                draft = Draft.from_dict(draft, self.state)
            except (SheetError, KeyError, TypeError, ValueError, AttributeError):  # of another version of the program
                return False
        # How secret layers are may have changed since: a step of then takes no mark back.
        marks, there = self._marks(), {source.id for source in self.sources}
        past = [replace(one, marks=marks, atlas=one.atlas if one.atlas in there else "") for one in draft.past]
        steps = [at for at, one in enumerate(past) if not at or one != past[at - 1]]
        self._past = [past[at] for at in steps]
        self._now = sum(at <= draft.now for at in steps) - 1
        self.state = self._past[self._now]
        return self._now > 0

    def draft(self) -> Draft | None:
        """What was laid out, to go on with another time; ``None`` where nothing was."""
        return Draft(tuple(self._past), self._now) if len(self._past) > 1 else None

    def _take_typed(self) -> None:
        """What is being typed and was not yet left."""
        for name in self.fields:
            self._take_word(name)
        for spin in self.at:
            spin.interpretText()
        if grid.read_scale(self.scale.currentText().strip()) is not None:
            self._take_scale()

    # -- widgets to state ------------------------------------------------------------------------------------------
    def _put(self, state: State, run: str = "") -> None:
        """Take up a state as one step; those of the same ``run`` after each other are one."""
        if self._filling or state == self.state:
            return
        self.state = state
        self._now += not (run and run == self._run)
        self._past[self._now:] = [state]
        self._run = run
        self._show_state()
        self._wait.start()

    def _set(self, **changes: Any) -> None:
        self._put(replace(self.state, template=replace(self.state.template, **changes)))

    def _go(self, step: int) -> None:
        there = self._now + step
        if 0 <= there < len(self._past):
            self._now, self._run = there, ""
            self.state = self._past[there]
            now = dict(self._marks())
            for layer, mark in self.state.marks:
                if now.get(layer) != mark:
                    self._mark(layer, mark)
            self._show_state()
            self._wait.start()

    def _back(self) -> None:
        self._go(-1)

    def _forth(self) -> None:
        self._go(1)

    def _of_template(self, made: Template, off: frozenset[str] | None = None) -> State:
        """The state in which a template puts the window; one without layers of its own shows what the map shows."""
        if off is None:
            hidden = {layer.key for layer in self._window.session.layers if not layer.visible}
            drawn = {source.id for source in self.sources if (source.role in made.layers if made.layers else source.id not in hidden)}
            off = frozenset(source.id for source in self.sources if drawn and source.id not in drawn)
        return State(made, float(made.scale) if made.scale else None, off=off, marks=self._marks())

    def choose_template(self, key: str) -> None:
        """Take up a template, keeping who made the map, its number and its secrecy."""
        kept = {name: text for name, text in self.state.template.fields.items()
                if name in ("producer", "approval", "classification", "date") and text}
        made = self._templates[key]
        fresh = self._of_template(replace(made, fields={**made.fields, **kept}))
        self._put(replace(fresh, extent=self.state.extent, secret=self.state.secret, atlas=self.state.atlas, field=self.state.field))

    def set_extent(self, extent: Sequence[float] | None) -> None:
        """Show this box (degrees), or everything."""
        box = None if extent is None else (float(extent[0]), float(extent[1]), float(extent[2]), float(extent[3]))
        self._put(replace(self.state, extent=box, atlas="" if box else self.state.atlas))

    def _take_view(self) -> None:
        window = self._window
        from shapely import box

        left, bottom, right, top = window.canvas.extent()
        self.set_extent(window.engine.transform(box(left, bottom, right, top), window.map.crs, "EPSG:4490").bounds)

    def _take_scale(self) -> None:
        if self._filling:
            return
        text = self.scale.currentText().strip()
        if text in ("", _("自动")):
            self._put(replace(self.state, scale=None))
            return
        scale = grid.read_scale(text)
        if scale is None:
            self._show_state()
            self.tell(_("“{text}”不是比例尺；写成 50000、1:50000 或 5万").format(text=text))
            return
        self._put(replace(self.state, scale=scale))

    def _take_word(self, name: str) -> None:
        if self._filling:
            return
        widget: Any = self.fields[name]
        text = widget.currentText() if isinstance(widget, QComboBox) else (
            widget.toPlainText() if isinstance(widget, QPlainTextEdit) else widget.text())
        if text != self.state.template.fields.get(name, ""):
            self._set(fields={**self.state.template.fields, name: text})

    def _layer_ticked(self, item: QTableWidgetItem) -> None:
        if self._filling or item.column():
            return
        key = item.data(Qt.UserRole)
        off = set(self.state.off) - {key} if item.checkState() == Qt.Checked else {*self.state.off, key}
        self._put(replace(self.state, off=frozenset(off)))

    def set_secrecy(self, layer: str, mark: str | None) -> None:
        """Mark a layer of the workspace; kept in the file at once, a step of the window as well as of the layout."""
        if self._mark(layer, mark):
            self._put(replace(self.state, marks=self._marks()))
        else:
            self._show_state()

    def _mark(self, layer: str, mark: str | None) -> bool:
        self._marking = True
        try:
            return self._window.session.set_secrecy(layer, mark)
        finally:
            self._marking = False

    def _marks(self) -> tuple[tuple[str, str | None], ...]:
        return tuple((source.id, source.secrecy) for source in self.sources)

    def _layer_looked(self, key: str) -> None:
        """A layer of the workspace was marked, here or by undoing in the window."""
        if self._over:
            return
        layer = self._window.session.layer(key)
        mark = getattr(layer.record, "secrecy", None) if layer is not None else None
        if all(source.id != key or source.secrecy == mark for source in self.sources):
            return
        self.sources = [replace(source, secrecy=mark) if source.id == key else source for source in self.sources]
        if not self._marking:
            self.state = replace(self.state, marks=self._marks())
            self._past[self._now] = self.state
            self._show_state()
        self._wait.start()

    def _values_changed(self, key: str, *_what: object) -> None:
        """What features of a layer say was changed in its table."""
        if self._over:
            return
        layer = self._window.session.layer(key)
        if layer is not None and any(source.id == key for source in self.sources):
            self.sources = [replace(source, frame=layer.frame) if source.id == key else source for source in self.sources]
            self._places.clear()
            self._wait.start()

    def _sites_soon(self, *_which: object) -> None:
        if not self._over:
            self._later.start()

    def _sites_changed(self) -> None:
        """Projects were judged, or changed, or their verdicts do not hold any more, while the sheet is laid out."""
        self.sources = [source for source in self.sources if source.role != SITES] + _sites(self._window)
        self._places.clear()
        self._show_state()
        self._wait.start()

    def _layers_changed(self) -> None:
        """Layers came or went, or were read again since another program had changed them."""
        if self._over:
            return
        frames = {layer.key: layer.frame for layer in self._window.session.layers}
        if any(source.role != SITES and frames.get(source.id) is not None and frames[source.id] is not source.frame
               for source in self.sources):
            self.sources = [source if source.role == SITES or frames.get(source.id) is None else replace(source, frame=frames[source.id])
                            for source in self.sources]
            self._places.clear()
            self._wait.start()

    # -- places of blocks ------------------------------------------------------------------------------------------
    def _moved(self, block: str, x: float, y: float, by_key: bool) -> None:
        self._put(replace(self.state, template=self.state.template.with_place(block, (x, y))), f"move {block}" if by_key else "")

    def _placed(self) -> None:
        """A place was typed."""
        block = self.block.currentData()
        box, layout = self.preview.box(block or ""), self.preview.layout_mm
        if not self._filling and box is not None and layout is not None:
            there = placed(box, self.at[0].value(), self.at[1].value(), layout.paper)
            self.preview.set_pick(block)
            self.preview.set_box(block, there)
            self._moved(block, there.x, there.y, False)
            self._show_places()  # what would have left the page stands at its edge

    def put_back(self, block: str) -> None:
        """Put a block where the template has it: where it was kept with it, else where the layout has it."""
        made = self._templates.get(self.state.template.id)
        now, kept = self.state.template.places.get(block), made.places.get(block) if made is not None else None
        self._put(replace(self.state, template=self.state.template.with_place(block, None if now == kept else kept)))

    def put_all_back(self) -> None:
        """Put every block where the layout has it."""
        self._set(places={})

    def _block_picked(self, block: str) -> None:
        if block:
            self.block.setCurrentIndex(self.block.findData(block))
        self._show_places()

    def _show_places(self) -> None:
        """Show which blocks there are and where the chosen one stands."""
        before, self._filling = self._filling, True
        try:
            names = self.preview.blocks()
            chosen = self.preview.pick or self.block.currentData()
            self._fill(self.block, [(_(BLOCKS[name]), name) for name in names], chosen)
            box = self.preview.box(self.block.currentData() or "")
            for spin, value in zip(self.at, box[:2] if box is not None else (0.0, 0.0), strict=True):
                spin.setEnabled(box is not None)
                spin.setValue(value)
            self.block.setEnabled(bool(names))
            self.back.setEnabled(self.block.currentData() in self.state.template.places)
            self.all_back.setEnabled(bool(self.state.template.places))
        finally:
            self._filling = before

    # -- drawing ---------------------------------------------------------------------------------------------------
    def places(self) -> list[build.Place]:
        """The pages of the atlas; none for a single sheet."""
        source = next((one for one in self.sources if one.id == self.state.atlas), None)
        if source is None:
            return []
        key = (source.id, self.state.field, source.secrecy)
        if key not in self._places:
            try:
                self._places[key] = atlas.places(source.frame, source.role, source.name, field=self.state.field or None,
                                                 secrecy=source.secrecy)
            except SheetError as error:
                self.tell(error_words(error))
                self._places[key] = []
        return self._places[key]

    def request(self, place: build.Place | None = None) -> build.Request:
        """What is asked for, for one page of the atlas or for the single sheet."""
        state = self.state
        return build.Request(state.template, self._window.day.date().toPyDate(), state.scale, state.extent, None, state.secret, place=place)

    def chosen(self) -> list[Source]:
        """The layers that are ticked."""
        return [source for source in self.sources if source.id not in self.state.off]

    def draw(self) -> None:
        """Draw the preview anew, in the other thread; an older drawing is given up."""
        self._wait.stop()
        if self._task is not None:
            self._task.cancel()
        places = self.places()
        place = places[min(self.state.page, len(places) - 1)] if places else None
        ratio = self.devicePixelRatioF()
        request, sources, shown = self.request(place), self.chosen(), self._dpi() * ratio
        dpi = max(shown, LEAST_DPI * ratio)  # below that blocks and words fall together: it is made smaller as a picture

        def work(report: Report) -> Proof:
            def tick() -> None:
                if report.cancelled:
                    raise Cancelled

            sheet = build.build(sources, request, tick=tick)
            image, drawn = export.picture(sheet, dpi=dpi, tick=tick)
            found = checks.before(sheet) + checks.after(sheet, drawn, export.measured_bar_mm(sheet, drawn))
            if shown < dpi:
                image = image.scaled(max(1, int(image.width() * shown / dpi)), max(1, int(image.height() * shown / dpi)),
                                     Qt.IgnoreAspectRatio, Qt.SmoothTransformation)
            image.setDevicePixelRatio(ratio)
            return Proof(image, found, sheet.paper.scale, sheet.layout, drawn.blocks)

        self.tell(_("正在绘制…"))
        self._turn += 1
        turn = self._turn

        def if_newest(take: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda found: take(found) if turn == self._turn else None

        try:
            self._task = self._window.work.run(N_("绘制图面预览"), work, if_newest(self._proofed), if_newest(self._failed),
                                               lambda: None)
        except RuntimeError:  # the window is being closed
            self._task = None

    def _dpi(self) -> float:
        wide, high = self.state.template.paper_mm
        room = self.area.viewport().size()
        fit = min((room.width() - 8) / wide, (room.height() - 8) / high) * 25.4
        if not self.zoom.count():
            for text, data in (("", 0), ("100%", 96), ("150%", 144), ("200%", 192)):
                self.zoom.addItem(text, data)
            self.say(lambda words: self.zoom.setItemText(0, words), N_("适合窗口"))
            self.zoom.currentIndexChanged.connect(lambda _i: self._wait.start())
        return float(self.zoom.currentData()) or max(fit, 4.0)

    def _proofed(self, proof: Proof) -> None:
        self._task = None
        self._proof = proof
        self.preview.show_sheet(QPixmap.fromImage(proof.image), proof.layout, proof.blocks)
        self._show_places()
        self.show_findings(proof.findings)
        words = _("比例尺 {scale}").format(scale=grid.scale_words(proof.scale, language()))
        resumed, self._resumed = self._resumed, False
        self.tell(together([words, _("接着上次的排版，撤销可退回模板原样")]) if resumed else words)
        self.proofed.emit()

    def _failed(self, error: Exception) -> None:
        self._task = None
        self.preview.show_nothing()
        self._show_places()
        self.show_findings([])
        self.tell(error_words(error))
        self.proofed.emit()

    def tell(self, text: str) -> None:
        """Say something below the preview."""
        if not self._over:
            self.told.setText(text)

    def _asker(self) -> Any:
        """Over what a message stands: an export goes on when the layout window has been closed."""
        return self._window if self._over else self

    def _ended(self) -> None:
        if not self._over:
            self.proofed.emit()

    def _show_refusal(self, wrong: Sequence[checks.Finding]) -> None:
        """What an export was refused for, before what the checks of the preview have found besides."""
        if not self._over:
            known = {(one.severity, one.words) for one in wrong}
            self.show_findings([*wrong, *(one for one in self.findings if (one.severity, one.words) not in known)])
            self.tabs.setCurrentIndex(5)

    def show_findings(self, findings: Sequence[checks.Finding]) -> None:
        """List what the checks found, gravest first."""
        order = (checks.ERROR, checks.WARNING, checks.NOTE)
        self.findings = sorted(findings, key=lambda one: order.index(one.severity))
        self.list.clear()
        for finding in self.findings:
            word = _(SEVERITY_WORDS[finding.severity])
            item = QListWidgetItem(f"{word[:1].upper()}{word[1:]}　{finding.words}")  # of other sentences some of them are a part
            item.setToolTip(plain_tip(in_window(finding.fix_words)))
            self.list.addItem(item)
        serious = sum(one.severity != checks.NOTE for one in self.findings)
        self.tabs.setTabText(5, _("检查") + (f" ({serious})" if serious else ""))
        if self.findings:
            self.list.setCurrentRow(0)
        self._picked()

    def _picked(self) -> None:
        finding = self.picked()
        self.how.setText("" if finding is None else in_window(finding.fix_words))
        self.mend.setEnabled(finding is not None and (finding.fix in checks.MENDABLE or finding.fix == "field"))

    def picked(self) -> checks.Finding | None:
        """The finding that is selected."""
        row = self.list.currentRow()
        return self.findings[row] if 0 <= row < len(self.findings) else None

    def mend_picked(self) -> None:
        """Do what the selected finding advises."""
        finding = self.picked()
        if finding is None:
            return
        if finding.fix == "field":  # only a person knows what to write
            self.tabs.setCurrentIndex(1)
            self.fields[str(finding.values["field"])].setFocus()
            return
        after = checks.mend(self.request(), finding)
        self._put(replace(self.state, template=after.template, scale=after.scale, secret=after.secrecy))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Resize and self.isVisible() and not self.zoom.currentData():
            self._wait.start()
        return super().eventFilter(watched, event)

    # -- templates -------------------------------------------------------------------------------------------------
    def ask_keep(self) -> None:
        """Ask for a name and keep the sheet as a template of the workspace."""
        name, wanted = QInputDialog.getText(self, _("存为模板"), _("模板名称："), QLineEdit.Normal,
                                            self.state.template.zh or self.state.template.id)
        if wanted and name.strip():
            self.keep(name.strip())

    def keep(self, name: str) -> None:
        """Keep the sheet as a template of the workspace."""
        made = self._named(name)
        session = self._window.session

        def told(written: bool) -> None:
            if self._over or not written:
                return
            self._fill_templates()
            self._put(replace(self.state, template=made))
            self.tell(_("已存为模板“{name}”").format(name=name))

        session.keep_state("存为模板“{name}”", {"name": name}, template.STATE_KEY,
                           lambda kept: {**(kept or {}), made.id: made.to_dict()}, told)

    def _named(self, name: str) -> Template:
        key = "".join(one for one in name if one.isalnum() or one in "-_")[:40] or "sheet"
        scale = int(self.state.scale) if self.state.scale else None
        roles = tuple(dict.fromkeys(source.role for source in self.chosen()))
        now = self.state.template
        # Without a title of its own the sheet is headed by the template's name: the title stays, whatever the new one is called.
        fields = {**now.fields, "title": now.fields.get("title") or now.name(language())}
        made = replace(now, id=key, zh=name, en=name, scale=scale, layers=roles, fields=fields)
        try:
            return template.from_dict(made.to_dict(), name)
        except SheetError:
            return replace(made, id="sheet")

    def ask_share(self) -> None:
        """Ask where to and write the template as a file."""
        path = choose.target(self, _("模板存为文件"), f"{self.state.template.id}.toml", "TOML (*.toml)")
        if path is not None:
            try:
                path.write_text(self._named(path.stem).to_toml(), encoding="utf-8")
            except OSError as error:
                message.tell_error(self, error_words(error))
                return
            self.tell(_("已写出 {path}").format(path=path))

    def ask_load(self) -> None:
        """Ask for a template file and take it up."""
        path = choose.file(self, _("读取模板文件"), "TOML, JSON (*.toml *.json)")
        if path is not None:
            self.load(path)

    def load(self, path: Path) -> None:
        """Take up a template file."""
        try:
            made = template.load_file(path)
        except SheetError as error:
            message.tell_error(self, error_words(error))
            return
        self._templates[made.id] = made
        self.choose_template(made.id)

    # -- export ----------------------------------------------------------------------------------------------------
    def ask_export(self) -> None:
        """Ask where to and write the sheet."""
        made = self.state.template
        name = atlas.file_name(made.fields.get("title") or made.name(language()), "map")
        path = choose.target(self, _("导出图件"), f"{name}.pdf", KINDS)
        if path is not None:
            self.export_to(path)

    def export_to(self, path: Path) -> None:
        """Write the sheet that is shown; not where the checks found an error."""
        places = self.places()
        place = places[min(self.state.page, len(places) - 1)] if places else None
        self._export([(self.request(place), path)])

    def copy_picture(self) -> None:
        """Put the sheet that is shown on the clipboard as a picture; not where the checks found an error."""
        places = self.places()
        place = places[min(self.state.page, len(places) - 1)] if places else None
        request, sources = self.request(place), self.chosen()

        def work(report: Report) -> tuple[QImage, list[checks.Finding], list[Source]]:
            def tick() -> None:
                if report.cancelled:
                    raise Cancelled

            sheet = build.build(sources, request, tick=tick)
            image, drawn = export.picture(sheet, dpi=export.clipboard_dpi(sheet.template.paper_mm), tick=tick)
            found = checks.before(sheet) + checks.after(sheet, drawn, export.measured_bar_mm(sheet, drawn))
            secret = [layer.source for layer in sheet.layers if layer.shown.any() and layer.source.secrecy in SECRET]
            return image, [one for one in found if one.severity == checks.ERROR], secret

        def done(result: tuple[QImage, list[checks.Finding], list[Source]]) -> None:
            image, wrong, secret = result
            if wrong:
                self._show_refusal(wrong)
                message.tell_error(self._asker(), _("没有复制：{words}").format(words=wrong[0].words), in_window(wrong[0].fix_words))
            elif may_leave(self._asker(), *(SimpleNamespace(name=source.name, record=source) for source in secret)):
                QGuiApplication.clipboard().setImage(image)
                self.tell(_("已复制为 {width}×{height} 像素的图片").format(width=image.width(), height=image.height()))
            self._ended()

        self._window.work.run(N_("复制图片"), work, done, self._failed_export, lambda: self.tell(_("已停止")), wanted=True)

    def ask_atlas(self) -> None:
        """Ask where to and write a sheet for every feature."""
        path = choose.target(self, _("导出图集（每幅一个文件）"), "map.pdf", KINDS)
        if path is not None:
            self.export_atlas_to(path)

    def export_atlas_to(self, path: Path) -> None:
        """Write a sheet for every feature, beside each other, each named after its feature."""
        self._export([(self.request(place), path.with_name(f"{path.stem}-{place.file}{path.suffix}"))
                                   for place in self.places()])

    def _export(self, wanted: Sequence[tuple[build.Request, Path]]) -> None:
        sources, on = self.chosen(), self._window.day.date().toPyDate()

        def work(report: Report) -> tuple[int, list[tuple[str, checks.Finding]]]:
            def tick() -> None:
                if report.cancelled:
                    raise Cancelled

            done, wrong = 0, []
            for number, (request, file) in enumerate(wanted):
                report.or_stop(number, len(wanted))
                sheet = build.build(sources, request, tick=tick)
                content, (drawn,) = export.render([sheet], file.suffix, on=on, tick=tick)
                found = checks.before(sheet) + checks.after(sheet, drawn, export.measured_bar_mm(sheet, drawn))
                errors = [one for one in found if one.severity == checks.ERROR]
                wrong += [(file.name, one) for one in errors]
                if not errors:
                    export.put(sheet, content, file)
                    done += 1
            report(len(wanted), len(wanted))
            return done, wrong

        def exported(result: tuple[int, list[tuple[str, checks.Finding]]]) -> None:
            done, wrong = result
            if wrong:
                file, finding = wrong[0]
                self._show_refusal([one for _name, one in wrong])
                said = _("{file} 没有写出：{words}").format(file=file, words=finding.words)
                message.tell_error(self._asker(), said, in_window(finding.fix_words))
            elif done:
                message.tell_done(self._asker(), _("已写出 {count} 幅图").format(count=done), wanted[-1][1])
            self._ended()

        self._window.work.run(N_("导出图件"), work, exported, self._failed_export, lambda: self.tell(_("已停止")), wanted=True)

    def _failed_export(self, error: Exception) -> None:
        message.tell_error(self._asker(), error_words(error))
        self._ended()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes what is typed, and presses the button that has the keyboard: no other, as it would write a file."""
        if event.key() in (Qt.Key_Return, Qt.Key_Enter):
            held = self.focusWidget()
            if isinstance(held, QPushButton):
                held.click()
        else:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Close; a drawing under way is given up."""
        if not self._over:
            self._take_typed()
        self._over = True
        self._wait.stop()
        self._later.stop()
        self._turn += 1  # one that is done and has not been shown yet, too
        if self._task is not None:
            self._task.cancel()
            self._task = None
        super().done(result)


def sources_of(window: Any) -> list[Source]:
    """What the window shows, as a sheet takes it, bottom first: the layers that were read, and the projects."""
    made = []
    for layer in reversed(window.session.layers):
        frame = layer.frame
        if frame is None or not len(frame) or getattr(frame, "crs", None) is None or getattr(layer, "retired", False):
            continue
        style = window.engine.style(layer.role, layer.colour, layer.style) if layer.colour or layer.style else None
        record = layer.record
        made.append(Source(layer.key, layer.name, layer.role, frame, style, layer.opacity, True, getattr(record, "version", None),
                           getattr(record, "data_date", None), getattr(record, "source", None), getattr(record, "secrecy", None),
                           max(0, getattr(record, "features", 0) - len(frame)) if layer.role == "discharge_outlet" else 0))
    return made + _sites(window)


def _sites(window: Any) -> list[Source]:
    """The projects, where they have been judged by what counts of their verdicts, or that none holds any more."""
    rows = [site for site in window.session.sites if site.geometry is not None and not site.geometry.is_empty]
    if not rows:
        return []
    import geopandas

    shapes = [window.engine.transform(site.geometry, site.crs, "EPSG:4490") for site in rows]
    frame = geopandas.GeoDataFrame(
        {"id": [site.id for site in rows], "name": [site.name for site in rows], "verdict": [site.shown for site in rows]},
        geometry=shapes, crs="EPSG:4490")  # fmt: skip
    style = site_style() if any(site.shown for site in rows) else None
    return [Source(SITES, role_words(SITES), SITES, frame, style)]

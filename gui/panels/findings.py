"""What is wrong with the data: found in the background, drawn on the map, and settled one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QItemSelectionModel, Qt
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.dialogs import Below, choose, message
from gui.empty import Nothing
from gui.models.finding_table import FindingTable
from gui.part import Part
from gui.tasks import Report
from gui.words import Speaker
from sanxian.i18n import N_, _
from sanxian.mapping.styles import LayerStyle, Symbol

AREAS, PLACES = "findings:areas", "findings:places"
_CLASSES = (("error", "错误", "Error", "#b3261e", "diamond", "cross"), ("warning", "存疑", "Warning", "#d07000", "triangle", "diagonal"),
            ("info", "提示", "Note", "#0b5fa5", "circle", "dots"))


def _style(points: bool) -> LayerStyle:
    return LayerStyle("", "categorised", "severity", tuple(
        Symbol(value, zh, en, fill=colour, fill_opacity=1.0 if points else 0.15, outline="#ffffff" if points else colour,
               outline_width=1.0 if points else 1.4, marker=marker, size=11.0, hatch="" if points else hatch)
        for value, zh, en, colour, marker, hatch in _CLASSES), "检查发现", "Findings")


class FindingsPanel(QWidget, Speaker):
    """The list, its filters, and what can be done with a finding."""

    def __init__(self, part: FindingsPart) -> None:
        super().__init__()
        self._part = part
        self.model = FindingTable(self)
        self.run = QPushButton(objectName="findings_run")
        self.say(self.run.setText, "检查图层数据")
        self.run.clicked.connect(part.check)
        self.filters: dict[str, QComboBox] = {}
        for name, title in (("severity", N_("程度")), ("code", N_("类别")), ("layer", N_("图层")), ("status", N_("处理状态"))):
            box = QComboBox(objectName=f"findings_{name}")
            box.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(7)
            self.say(box.setAccessibleName, title)
            self.say(box.setToolTip, title)
            box.activated.connect(lambda _i: self.filter())
            self.filters[name] = box
        self.search = QLineEdit(objectName="findings_search", clearButtonEnabled=True)
        self.say(self.search.setPlaceholderText, "查找发现")
        self.say(self.search.setAccessibleName, "查找发现")
        self.search.textChanged.connect(lambda _text: self.filter())
        self.drawn = QCheckBox(objectName="findings_drawn", checked=True)
        self.say(self.drawn.setText, "画在地图上")
        self.drawn.toggled.connect(lambda _on: part.draw())
        self.count = QLabel(objectName="findings_count")
        top = Below((self.run, *self.filters.values()), (self.search, self.drawn, self.count), self.search)
        self.view = QTableView(objectName="findings_table")
        self.say(self.view.setAccessibleName, "检查发现")
        self.view.setModel(self.model)
        Nothing(self.view, N_("没有符合条件的行"), lambda: bool(self.model.all()) and not self.model.shown())
        self.view.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.view.setAlternatingRowColors(True)
        self.view.setWordWrap(False)
        self.view.verticalHeader().setVisible(False)
        self.view.verticalHeader().setDefaultSectionSize(23)
        self.view.doubleClicked.connect(lambda _index: part.zoom())
        self.view.selectionModel().selectionChanged.connect(lambda *_args: self._picked())
        self.note = QLineEdit(objectName="findings_note")
        self.say(self.note.setPlaceholderText, "说明（接受时必须写明理由）")
        self.say(self.note.setAccessibleName, "说明")
        self.buttons: dict[str, QPushButton] = {}
        self.zoom = QPushButton(objectName="findings_zoom")
        self.say(self.zoom.setText, "缩放到所选")
        self.zoom.clicked.connect(part.zoom)
        for status, title in (("accepted", N_("接受")), ("fixed", N_("标为已改正")), ("open", N_("重新打开"))):
            button = QPushButton(objectName=f"findings_{status}")
            self.say(button.setText, title)
            button.clicked.connect(lambda _checked=False, one=status: part.mark(one))
            self.buttons[status] = button
        self.export = QPushButton(objectName="findings_export")
        self.say(self.export.setText, "导出…")
        self.export.clicked.connect(part.ask_export)
        bottom = Below((self.zoom, self.note), (*self.buttons.values(), self.export), self.note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(top)
        layout.addWidget(self.view, 1)
        layout.addWidget(bottom)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        self.model.retranslate()
        self.fill_filters()
        header = self.view.horizontalHeader()
        for column, width in enumerate((92, 76, 380, 110, 52, 150, 70, 130)):
            self.view.setColumnWidth(column, max(width, header.sectionSizeHint(column)))

    def fill_filters(self) -> None:
        """Offer what there is to filter by, keeping what was chosen."""
        from layers.check import Finding
        from layers.findings import SEVERITIES, STATUS_WORDS

        found = self.model.all()
        offers = {
            "severity": [("", _("各种程度")), *((key, _(word)) for key, word in SEVERITIES.items())],
            "code": [("", _("各种类别")), *((code, _(Finding(code, "").template).split("{")[0].strip("，：（ “") or code)
                                         for code in sorted({one["code"] for one in found}))],
            "layer": [("", _("各个图层")), *((name, name) for name in sorted({one["layer"] for one in found if one["layer"]}))],
            "status": [("unsettled", _("未改正的")), ("", _("各种状态")),
                       *((key, _(word)) for key, word in STATUS_WORDS.items())],
        }
        for name, choices in offers.items():
            box = self.filters[name]
            chosen = box.currentData()
            box.clear()
            for value, title in choices:
                number = sum(one[name] == value for one in found) if value not in ("", "unsettled") else 0
                box.addItem(f"{title} {number:,}" if number else title, value)
            box.setCurrentIndex(max(0, box.findData(chosen)))
        self.filter()

    def filter(self) -> None:
        """Show what fits the filters, here and on the map."""
        values = {name: box.currentData() or "" for name, box in self.filters.items()}
        self.model.set_filter(text=self.search.text(), **values)
        self.count.setText(_("{shown} / {all} 项").format(shown=f"{self.model.rowCount():,}", all=f"{len(self.model.all()):,}"))
        self._picked()
        self._part.draw()

    def selected(self) -> list[dict[str, Any]]:
        """The selected findings."""
        rows = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        return [self.model.finding(row) for row in rows]

    def select(self, key: str) -> None:
        """Select one finding and bring it into view."""
        row = self.model.row_of(key)
        if row >= 0:
            index = self.model.index(row, 0)
            flags = QItemSelectionModel.ClearAndSelect | QItemSelectionModel.Rows
            self.view.selectionModel().setCurrentIndex(index, flags)
            self.view.scrollTo(index)

    def _picked(self) -> None:
        chosen = self.selected()
        for button in (*self.buttons.values(), self.zoom):
            button.setEnabled(bool(chosen))
        self.export.setEnabled(bool(self.model.rowCount()))
        if len(chosen) == 1:
            self.note.setText(chosen[0]["note"] or "")
        self._part.highlight(chosen)


class FindingsPart(Part):
    """Checks of the data."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._frame: Any = None
        self._drawn: list[str] = []
        self.panel = FindingsPanel(self)
        window.session.opened.connect(self.refresh)

    def docks(self) -> Sequence[tuple[str, str, QWidget, Qt.DockWidgetArea]]:
        return [("findings", N_("检查发现"), self.panel, Qt.BottomDockWidgetArea)]

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"check": self.check, "findings": self.show}

    def map_ready(self) -> None:
        self._window.map.overlayHit.connect(self._hit)
        # Whoever closes the panel wants the map without its marks.
        self._window.docks["findings"].toggleViewAction().toggled.connect(lambda _on: self.draw())

    def show(self) -> None:
        """Show the panel with what the last check found."""
        self.refresh()
        self._open()
        self._window.open_dock("findings")

    def _open(self) -> None:
        """Bring the panel to the front, tall enough for a few rows."""
        dock = self._window.docks["findings"]
        first = dock.isHidden()
        self._window.show_dock("findings")
        if first:
            self._window.resizeDocks([dock], [300], Qt.Vertical)
        self.draw()

    def refresh(self) -> None:
        """Read the findings of the workspace, in another thread."""
        workspace = self._window.session.workspace
        if workspace is None or not hasattr(workspace, "findings"):
            self._take(None)
            return
        engine, path = self._window.engine, self._window.session.path
        self._window.work.run(N_("读取检查发现"), lambda _report: engine.findings(path),
                              lambda frame: self._take(frame) if self._window.session.workspace is workspace else None)

    def _take(self, frame: Any) -> None:
        self._frame = frame
        self.panel.model.set_findings(frame)
        self.panel.fill_filters()

    # -- checking --------------------------------------------------------------------------------------------------
    def check(self) -> None:
        """Check every layer in use, in the background, and keep what is found."""
        workspace, engine = self._window.session.workspace, self._window.engine

        def done(frame: Any) -> None:
            if self._window.session.workspace is not workspace:
                return
            self._take(frame)
            self._open()
            open_ = int((frame["status"] == "open").sum())
            self._window.tell(_("检查完成：{count} 项待处理").format(count=f"{open_:,}"))

        self._window.work.run(N_("检查图层数据"), lambda report: engine.check(workspace, report), done,
                              stopped=lambda: self._window.tell(_("检查已停止，原来的发现没有改变。")), wanted=True)

    # -- the map ---------------------------------------------------------------------------------------------------
    def draw(self) -> None:
        """Draw the findings that the list shows."""
        if self._window.map is None:
            return
        areas = places = None
        dock = self._window.docks["findings"]
        shown = self.panel.model.shown() if self.panel.drawn.isChecked() and dock.toggleViewAction().isChecked() else []
        shown = [one for one in shown if one["geometry"] is not None and not one["geometry"].is_empty]
        self._drawn = [one["key"] for one in shown]
        if shown:
            import geopandas

            severity = [one["severity"] for one in shown]
            shapes = [one["geometry"] for one in shown]
            wide = [i for i, shape in enumerate(shapes) if shape.area > 0]
            if wide:
                areas = geopandas.GeoDataFrame({"severity": [severity[i] for i in wide]},
                                               geometry=[shapes[i] for i in wide], crs=4490)
            points = [shape.representative_point() for shape in shapes]
            places = geopandas.GeoDataFrame({"severity": severity}, geometry=points, crs=4490)
        self._window.map.set_overlay(AREAS, areas, _style(False), _("检查发现"))
        self._window.map.set_overlay(PLACES, places, _style(True), _("检查发现"))

    def _hit(self, key: str, rows: list[int]) -> None:
        if key == PLACES and rows and rows[0] < len(self._drawn):
            self._window.show_dock("findings")
            self.panel.select(self._drawn[rows[0]])

    def highlight(self, chosen: Sequence[dict[str, Any]]) -> None:
        """Mark findings on the map."""
        shapes = [one["geometry"] for one in chosen if one["geometry"] is not None]
        if self._window.canvas is not None and shapes:
            self._window.canvas.highlight(shapes, None, 4490)

    def zoom(self) -> None:
        """Go to the selected findings."""
        shapes = [one["geometry"] for one in self.panel.selected() if one["geometry"] is not None]
        if not shapes:
            chosen = self.panel.selected()
            layer = self._window.session.layer(chosen[0]["layer"]) if chosen else None
            if layer is not None:
                self._window.canvas.zoom_to_layer(layer.key)
            return
        boxes = [shape.bounds for shape in shapes]
        left, bottom = min(box[0] for box in boxes), min(box[1] for box in boxes)
        right, top = max(box[2] for box in boxes), max(box[3] for box in boxes)
        room = max(right - left, top - bottom, 0.002) * 0.4
        self._window.canvas.highlight(shapes, None, 4490)
        self._window.canvas.zoom_to((left - room, bottom - room, right + room, top + room), 4490)

    # -- settling --------------------------------------------------------------------------------------------------
    def mark(self, status: str) -> None:
        """Say of the selected findings how far they are; can be undone."""
        chosen, note = self.panel.selected(), self.panel.note.text().strip() or None
        if not chosen:
            return
        if status == "accepted" and not note:
            self.panel.note.setFocus()
            message.tell_error(self._window, _("接受一个问题而不改正，要写明理由"))
            return
        before: list[tuple[str, str, str | None]] = []
        after = [(one["key"], status, note) for one in chosen]
        keys, engine = {one["key"] for one in chosen}, self._window.engine

        def write(workspace: Any) -> Any:
            # As the file has them now: the list may show them as they were before a step that waits for an import.
            held = workspace.findings()
            before[:] = [(one["key"], one["status"], one["note"]) for one in held[held["key"].isin(keys)].to_dict("records")]
            return engine.mark_findings(workspace, after)

        def settled(_wanted: bool, frame: Any) -> None:
            self._take(frame)
            self.panel.select(after[0][0])

        self._window.session.steps.write("处理检查发现", {}, write,
                                         lambda workspace: engine.mark_findings(workspace, before), settled=settled)

    # -- handing on ------------------------------------------------------------------------------------------------
    def ask_export(self) -> None:
        """Choose a file and write the findings that the list shows."""
        kinds = choose.kinds_of([(_("Excel 表格"), ".xlsx"), (_("地图图层"), ".gpkg")])
        path = choose.target(self._window, _("导出检查发现"), "findings.xlsx", kinds, start=self._window.session.path.parent)
        if path is not None:
            self.export(path)

    def export(self, path: Path) -> None:
        """Write the findings that the list shows to a spreadsheet or a map layer."""
        keys = {one["key"] for one in self.panel.model.shown()}
        frame, engine = self._frame[self._frame["key"].isin(keys)], self._window.engine

        def done(_nothing: Any) -> None:
            self._window.tell(_("已导出 {path}").format(path=path))
            message.tell_done(self._window, _("检查发现已写好。"), path)

        def work(_report: Report) -> None:
            engine.export_findings(frame, path)

        self._window.work.run(N_("导出检查发现"), work, done, wanted=True)

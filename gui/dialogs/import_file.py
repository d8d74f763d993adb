"""Bringing a data file in: what it is, how it is written, and which of its fields are which of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PyQt5.QtCore import QCoreApplication, QEvent, QObject, QPoint, Qt, QTimer
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.dialogs import NoWheel, scrolling, sized
from gui.dialogs.import_pages import FieldsPage, PlacePage, ShapesPage, TextPage, ValuesPage, brush, inked
from gui.systems import USUAL, called, find, known, system_words
from gui.tasks import Report, Task, Worker
from gui.words import error_words, listed, plain_tip
from sanxian.i18n import N_, _, language

PROJECTS = "project_site"
ENCODINGS = ("", "utf-8", "gb18030", "big5", "cp1252")
SYSTEMS = (*(f"EPSG:{code}" for code in USUAL if code != 3857), "GCJ-02", "BD-09")
KINDS = (("Polygon", N_("面状")), ("Line", N_("线状")), ("Point", N_("点状")))
MIXED = {("Polygon", "Line", "Point"): N_("点、线、面"), ("Polygon", "Line"): N_("线、面"), ("Polygon", "Point"): N_("点、面"),
         ("Line", "Point"): N_("点、线")}
COVERAGE = (
    ("", N_("行政区范围（默认）")), ("all", N_("声明处处完整")), ("hull", N_("要素外包范围")),
)
_PROJECT_WORDS = ("项目名称", "建设项目名称", "XMMC", "PROJECT_NAME", "项目编号", "项目代码", "XMBH", "XMDM", "PROJECT_ID")
_PROJECT_FACTS = ("nature", "industry_code", "new_outlet", "is_two_high", "wastewater", "land_use_after", "adds_capacity")
_MYRIAD = chr(0x4E07)  # the sign for ten thousand
_PARK_WORDS = ("园区名称", "YQMC", "PARK_NAME")


@dataclass(frozen=True)
class ImportChoice:
    """What a person decided about a file; '' stands for "find out"."""

    path: Path
    role: str
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    layer: Any = None  # as it was read with these options, or the projects of it, so that it is not read again


def guess_role(name: str, headers: tuple[str, ...], roles: Mapping[str, Any]) -> str:
    """The role that a layer has by its columns or its name (without suffix), or '' where they leave a doubt."""
    from layers.schema import ADMIN_ENDINGS, ANYBODYS, PROJECT_ALIASES, plain_header
    from rules.attributes import ATTRIBUTES

    have = {plain_header(header) for header in headers}

    def said(words: Iterable[str]) -> set[str]:
        return have & {plain_header(word) for word in words}

    # A park may be chemical just as a project may: what only a project has speaks for projects.
    every = {key: said((key, one.zh, *one.aliases, *PROJECT_ALIASES.get(key, ()))) for key, one in ATTRIBUTES.items()}
    facts = {key: found for key, found in every.items()
             if key not in ("is_chemical", "is_chemical_park", "is_heavy_chemical_park", "accuracy_m")}
    strong = said(_PROJECT_WORDS) | set().union(*(facts[key] for key in _PROJECT_FACTS))
    asked = sum(bool(found) for found in facts.values())
    if len(strong) > 1 or (strong and asked > 1):
        return PROJECTS
    stem = name.casefold()
    for word, role in (("项目", PROJECTS), ("project", PROJECTS), ("stbhhx", "ecological_redline"),
                       ("红线", "ecological_redline"), ("yjjbnt", "permanent_farmland"), ("czkfbj", "urban_boundary"),
                       ("xzq", "admin")):
        if word in stem:
            return role
    named = [key for key, role in roles.items() if role.zh in name or key in stem]
    if named and not strong:
        return max(named, key=lambda key: len(roles[key].zh))
    if strong:
        return PROJECTS if not named and asked == 1 and not said(_PARK_WORDS) else ""
    claimed = Counter(header for role in roles.values() for header in set().union(
        *(said((one.name, one.zh, *one.aliases)) for one in role.fields)))
    generic = {header for header, count in claimed.items() if count > 1}.union(said(ANYBODYS), *every.values())
    scores: dict[str, int] = {}
    for key, role in roles.items():
        hits = [found for one in role.fields if (found := said((one.name, one.zh, *one.aliases)))]
        if len(hits) > 1 and any(found - generic for found in hits):
            scores[key] = len(hits)
    best = sorted(scores, key=lambda key: scores[key], reverse=True)
    if not best and any(name.endswith(word) for word in ADMIN_ENDINGS):
        return "admin"
    if not best or (len(best) > 1 and scores[best[0]] == scores[best[1]]) or asked >= scores[best[0]]:
        return ""
    return best[0]


def layer_for(found: Sequence[Any], role: str, roles: Mapping[str, Any]) -> tuple[str | None, bool]:
    """Of the layers of a file that for a role, ``None`` for whichever comes first; and whether it is known to be that.

    What a workspace of ours states counts before columns, these before names, and the kind of the shapes where nothing else
    tells. A layer of another stated role is none.

    Args:
        found: As ``layers.look.inside`` gives them.
        role: That somebody asked for, or ''.
    """
    if len(found) < 2 or not role:
        return None, True
    words = {"polygon": "Polygon", "line": "Line", "point": "Point"}
    kind = words.get(getattr(roles.get(role), "geometry", ""), "")
    shaped = [one for one in found if one.kind] or list(found)
    fit = [one for one in shaped if not one.role and not one.name.startswith("sanxian_")
           and (one.kind in (None, "", "Unknown", "GeometryCollection") or kind in one.kind)]
    for meant in ([one for one in found if one.role == role],
                  [one for one in fit if guess_role("", one.headers, roles) == role],
                  [one for one in fit if guess_role(one.name, one.headers, roles) == role],
                  fit if len(fit) == 1 else []):
        if meant:
            return next((one for one in meant if one.features), meant[0]).name, True
    return None, False


class SystemBox(QComboBox):
    """A box of coordinate systems that can be typed into: arrows pick among what matches, Enter chooses and no more."""

    def __init__(self, name: str) -> None:
        super().__init__(objectName=name, editable=True)
        self.setInsertPolicy(QComboBox.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        completer = self.completer()
        completer.setCompletionMode(QCompleter.PopupCompletion)
        completer.setFilterMode(Qt.MatchContains)
        completer.setCaseSensitivity(Qt.CaseInsensitive)
        completer.popup().installEventFilter(self)
        self.currentIndexChanged.connect(self.from_the_left)

    def from_the_left(self, *_args: object) -> None:
        """Show the beginning of what does not fit into the box."""
        self.lineEdit().setCursorPosition(0)

    def matches(self) -> list[Any]:
        """Of the systems listed those that have what was typed in their name."""
        text = self.currentText().strip().casefold()
        return [self.itemData(at) for at in range(self.count()) if text and text in self.itemText(at).casefold() and self.itemData(at)]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A press beside the list of matches shuts it, and presses the button that it was meant for."""
        popup = self.completer().popup()
        if watched is popup and event.type() == QEvent.MouseButtonPress and not popup.rect().contains(event.pos()):
            popup.hide()
            meant = QApplication.widgetAt(event.globalPos())
            if isinstance(meant, QAbstractButton) and meant.window() is self.window():
                QTimer.singleShot(0, meant.click)
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Keep Enter from the dialog, whose default button it would press; arrows open what matches a text in the making."""
        if event.key() in (Qt.Key_Return, Qt.Key_Enter):
            self.completer().popup().hide()
            if (at := self.findText(self.currentText())) >= 0:  # what the arrows have put into the box
                self.setCurrentIndex(at)
            self.lineEdit().editingFinished.emit()
            event.accept()
        elif event.key() in (Qt.Key_Down, Qt.Key_Up) and self.currentText() != self.itemText(self.currentIndex()):
            self.completer().setCompletionPrefix(self.currentText())
            self.completer().complete()
            event.accept()
        else:
            super().keyPressEvent(event)


class ImportDialog(QDialog):
    """What a file is and how it is written; every doubt with its evidence, and nothing taken for granted.

    Args:
        engine: Reads the file.
        path: The file.
        worker: Whose thread reads it.
        role: What it is to become, or '' to be asked.
        reference: Frames of layers that are already there, by name, to compare places with.
        borders: Names of those of them whose borders other data of a district shares.
        shelf: Gives what was decided about such a file before, and keeps what is decided now; or ``None``.
        workspace: What the file is to be put into, to see whether it fits there; or ``None``.
    """

    def __init__(self, engine: Any, path: Path, worker: Worker, *, role: str = "", reference: Mapping[str, Any] = MappingProxyType({}),
                 borders: Iterable[str] = (), shelf: Any = None, workspace: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._engine, self._path, self._worker = engine, path, worker
        self._reference, self._shelf, self._workspace = dict(reference), shelf, workspace
        self._borders = {name: self._reference[name] for name in borders}
        self._around: Any = None
        self._roles = engine.roles()
        self._task: Task | None = None
        self._looking = self._showing = False  # the file is being read, what was read is being shown
        self._again = False  # looking once more at a file that could be imported
        self._pressed = False  # 导入 was pressed meanwhile
        self._room = 0  # how far down there is to scroll
        self._waits_on: QWidget | None = None  # the page on which something has to be done
        self._focused: QWidget | None = None  # where the keyboard was before it was locked out
        self._reading: Task | None = None
        self._drawing: Task | None = None
        self._asked_role = role
        self._inside: Sequence[Any] = ()  # the layers of the file, of which one is meant
        self._unsure = False  # which of them was asked for, nothing tells
        self._state: Any = None  # of the file when what is shown was read
        self._renewed = False  # it was written after that, and this is what is there now
        self._area: Any = None
        self._outlines: tuple[Any, ...] = ()
        self._places: Any = None
        self._known: Any = None
        self._strange: dict[str, list[str]] = {}  # values that reading did not know, by field
        self._layer: Any = None
        self._read_with: dict[str, Any] | None = None
        self._answered: set[str] = set()
        self._seen_with: str | None = None  # the system that was in the box when the pages were filled
        self._seen_at: str | None = None  # the system whose place a person has confirmed
        self._taken: list[tuple[str, str, str | None]] = []
        self._lost: list[Any] = []  # rows without a usable place, as the first look found them
        self._doubted = False  # what the whole file says of its system leaves it open
        self._wrong = ""  # a kind that a person has said it is not
        self._proposed: dict[str, str] = {}  # role and name as guessed; what differs from them a person chose
        self._shift: Any = None
        self._narrow: Any = None
        self.preview: Any = None
        self.setWindowTitle(_("导入 — {file}").format(file=path.name))
        sized(self, 1020, 680)
        content = QVBoxLayout()
        content.addLayout(self._top(path))
        self.said = QLabel(wordWrap=True, objectName="import_said")
        content.addWidget(self.said)
        content.addWidget(self._pages(), 1)
        layout = QVBoxLayout(self)
        self._around_all = scrolling(content)
        layout.addWidget(self._around_all, 1)  # what is pressed, and why it cannot be, stays in view
        no_wheel = NoWheel(self)
        for box in (self.role, self.layer, self.encoding, self.crs, self.coverage, self.shapes_page.repair, self.shapes_page.shift):
            box.installEventFilter(no_wheel)
        self.progress = QProgressBar(objectName="import_progress", maximum=6)
        self.progress.setFormat(_("正在读取… %p%"))
        self.progress.hide()
        layout.addWidget(self.progress)
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        self.buttons.button(QDialogButtonBox.Ok).setText(_("导入"))
        self.buttons.button(QDialogButtonBox.Cancel).setText(_("取消"))
        self.buttons.button(QDialogButtonBox.Cancel).setAutoDefault(False)
        self.reread = self.buttons.addButton(_("重新读取"), QDialogButtonBox.ResetRole)
        self.reread.setObjectName("import_reread")
        self.reread.setAutoDefault(False)
        self.reread.setToolTip(_("再读一遍这个文件，例如在别的程序里改好以后"))
        self.reread.clicked.connect(self.read)
        self._around_all.verticalScrollBar().rangeChanged.connect(self._follow_room)
        self.tabs.currentChanged.connect(lambda _at: QTimer.singleShot(0, self._show_what_stops))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.why = QLabel(wordWrap=True, objectName="import_why")
        self.why.setStyleSheet(inked("doubt"))
        last = QHBoxLayout()
        last.addWidget(self.why, 1)
        last.addWidget(self.buttons)
        layout.addLayout(last)
        self.role.currentIndexChanged.connect(self._role_changed)
        self.encoding.currentIndexChanged.connect(self.read)
        self.layer.activated.connect(self._layer_chosen)
        self.crs.currentIndexChanged.connect(self._crs_changed)
        self.crs.activated.connect(self._crs_changed)  # the item that was left by typing is chosen again
        self.crs.lineEdit().editingFinished.connect(self._crs_changed)
        for edit in (self.name, self.version):
            edit.textChanged.connect(self._enable)
        self._role_changed()
        self.read()
        if workspace is not None:
            QTimer.singleShot(0, self._know_names)  # once the dialog is there: the window answers in between

    def _know_names(self) -> None:
        """Which names and versions the layers of the workspace have."""
        self._taken = [(getattr(one, "family", one.name), one.name, one.version or None) for one in self._workspace.layers()]
        self._enable()

    def one_of(self, number: int, count: int, give_up: Callable[[], None]) -> None:
        """Say which of several files this is, and offer to take none of the others."""
        self.setWindowTitle(_("导入 — {file}（{number} / {count}）").format(file=self._path.name, number=number, count=count))
        self.buttons.button(QDialogButtonBox.Cancel).setText(_("跳过"))
        none = self.buttons.addButton(_("全部取消"), QDialogButtonBox.ResetRole)
        none.setObjectName("import_cancel_all")
        none.setAutoDefault(False)
        none.setToolTip(_("这个文件和后面的文件都不导入；前面已导入的不变"))
        none.clicked.connect(lambda: (give_up(), self.reject()))

    def begin_with(self, record: Any, wrong: str) -> None:
        """Begin with what was stated of the layer when its file was imported the last time.

        Args:
            record: Of the layer.
            wrong: The kind that it has and that is not proposed again.
        """
        self._wrong = wrong
        self.name.setText(_("{name}（重新导入）").format(name=record.name))  # the layer keeps its name until it is removed
        scale = getattr(record, "scale", None)
        accuracy = getattr(record, "stated_accuracy_m", record.accuracy_m)
        for edit, value in ((self.version, record.version), (self.date, record.data_date), (self.source, record.source),
                            (self.scale, scale), (self.accuracy, None if accuracy is None else f"{accuracy:g}")):
            edit.setText("" if value is None else str(value))

    # -- widgets ---------------------------------------------------------------------------------------------------
    def _top(self, path: Path) -> QHBoxLayout:
        narrow = {"sizeAdjustPolicy": QComboBox.AdjustToMinimumContentsLengthWithIcon, "minimumContentsLength": 8}
        self.role = QComboBox(objectName="import_role", maxVisibleItems=20, **narrow)
        self.role.addItem(_("请选择图层类型…"), "")
        self.role.addItem(_("项目（导入到项目表）"), PROJECTS)
        for name, one in self._roles.items():
            if name not in (PROJECTS, "raster"):
                self.role.addItem(one.en if language() == "en" else one.zh, name)
        self.layer = QComboBox(objectName="import_layer", **narrow)
        self.name = QLineEdit(path.stem, objectName="import_name")
        self.encoding = QComboBox(objectName="import_encoding")
        for one in ENCODINGS:
            self.encoding.addItem(one or _("自动判断"), one)
        self.crs = SystemBox("import_crs")
        self.crs.addItem(_("按文件（没有则询问）"), "")
        for code in SYSTEMS:
            self.crs.addItem(called(code), code)
        left = QFormLayout()
        for title, widget in ((_("图层类型"), self.role), (_("文件中的图层"), self.layer), (_("图层名称"), self.name),
                              (_("文字编码"), self.encoding), (_("坐标系"), self.crs)):
            left.addRow(title, widget)
            widget.setAccessibleName(title)
        self.version = QLineEdit(objectName="import_version", placeholderText=_("如 2023 年动态更新成果"))
        self.date = QLineEdit(objectName="import_date", placeholderText=_("如 2023-12-31"))
        self.accuracy = QLineEdit(objectName="import_accuracy", placeholderText=_("未知"))
        self.scale = QLineEdit(objectName="import_scale", placeholderText=_("如 10000"))
        self.source = QLineEdit(objectName="import_source", placeholderText=_("提供单位或文号"))
        self.coverage = QComboBox(objectName="import_coverage", **narrow)
        for code, text in COVERAGE:
            self.coverage.addItem(_(text), code)
        self.coverage.setToolTip(_("图层在哪里声称是完整的；范围之外没有要素不等于没有限制"))
        right = QFormLayout()
        exact = QHBoxLayout()
        exact.addWidget(self.accuracy, 1)
        exact.addWidget(QLabel(_("比例尺 1:")))
        exact.addWidget(self.scale, 1)
        self.accuracy.setAccessibleName(_("精度（米）"))
        self.scale.setAccessibleName(_("比例尺分母"))
        for title, widget in ((_("版本"), self.version), (_("数据日期"), self.date), (_("精度（米）"), exact),
                              (_("来源"), self.source), (_("覆盖范围"), self.coverage)):
            right.addRow(title, widget)
            if isinstance(widget, QWidget):
                widget.setAccessibleName(title)
        top = QHBoxLayout()
        top.addLayout(left, 1)
        self._about = QWidget()
        self._about.setLayout(right)
        right.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self._about, 1)
        return top

    def _pages(self) -> QTabWidget:
        self.rows = QTableWidget(objectName="import_preview")
        self.rows.setAccessibleName(_("预览"))
        self.rows.setEditTriggers(QTableWidget.NoEditTriggers)
        self.rows.verticalHeader().setDefaultSectionSize(22)
        self.rows.setAlternatingRowColors(True)
        self.text_page, self.place_page = TextPage(), PlacePage()
        self.fields_page, self.values_page, self.shapes_page = FieldsPage(), ValuesPage(), ShapesPage()
        self.fields = self.fields_page.table
        self.tabs = QTabWidget(objectName="import_tabs")
        self._titles: dict[QWidget, str] = {
            self.rows: _("预览"), self.text_page: _("文字编码"), self.place_page: _("坐标系"), self.fields_page: _("字段对应"),
            self.values_page: _("取值对应"), self.shapes_page: _("图形与问题")}
        for page, title in self._titles.items():
            self.tabs.addTab(page, title)
        self.text_page.chosen.connect(lambda name: self.encoding.setCurrentIndex(max(0, self.encoding.findData(name))))
        self.place_page.chosen.connect(self._choose_crs)
        self.place_page.confirmed.connect(self._confirmed)
        self.values_page.changed.connect(self._mark_tabs)
        self.fields_page.changed.connect(self._mapped)
        self.shapes_page.changed.connect(self._answer)
        self.shapes_page.rowPicked.connect(self._draw_readings)
        return self.tabs

    # -- looking ---------------------------------------------------------------------------------------------------
    def _start(self, work: Any, done: Any, failed: Any) -> Task:
        """A task that outlives the dialog, since its thread may still be in it."""
        task = Task(work, parent=QCoreApplication.instance())
        task.succeeded.connect(done)
        task.failed.connect(failed)
        task.finished.connect(task.deleteLater)
        return task

    def read(self, *_args: object) -> None:
        """Look at the beginning of the file again, in another thread."""
        self.said.setStyleSheet("")
        self.said.setText(_("正在读取…"))
        layer, encoding = self.layer.currentData() or None, self.encoding.currentData() or None
        path, engine, reference, crs = self._path, self._engine, self._reference, self._given_crs()
        area, outlines, here, workspace = self._area, self._outlines, self._around, self._workspace
        role, roles, known, before = self._asked_role, self._roles, self._inside, self._state
        self._again = self.preview is not None and self.buttons.button(QDialogButtonBox.Ok).isEnabled()
        self._pressed = False
        self._layer, self._looking, borders = None, True, self._borders

        def work(report: Report) -> Any:
            state = engine.file_state(path)
            inside = known if layer and state == before else engine.inside(path)
            there = layer and (not inside or any(one.name == layer for one in inside))
            meant, sure = (layer, True) if there else layer_for(inside, role, roles)
            seen = engine.look(path, report, layer=meant, encoding=encoding)
            extent = (area, outlines) if outlines else engine.extent_of(list(reference.values()))
            around = engine.around(workspace) if here is None else here
            places = engine.places(seen, crs=crs, area=extent[0], around=around, borders=borders)
            return seen, (*extent, around), places, state, inside, sure

        self._task = task = self._start(
            work, lambda found: self._show(*found) if task is self._task else None,
            lambda error: self._fail(error) if task is self._task else None)
        task.start(self._worker)
        self._enable()

    @property
    def looking(self) -> bool:
        """Whether the file is still being looked at."""
        return self._looking

    def _fail(self, error: Exception) -> None:
        self.preview, self._looking, self._pressed = None, False, False
        self._complain(error)
        self.rows.setRowCount(0)
        self._enable()

    def _complain(self, error: Exception) -> None:
        self.said.setStyleSheet(inked("wrong"))
        self.said.setText(error_words(error) if hasattr(error, "template") else f"{type(error).__name__}: {error}")

    def _show(self, seen: Any, extent: tuple[Any, tuple[Any, ...], Any], places: Any, state: Any, inside: Sequence[Any],
              sure: bool) -> None:
        first = self.preview is None
        self._looking = False
        renewed = self._state is not None and state != self._state
        if renewed:
            self._renewed, self._pressed = True, False
            self._forget_answers()
        self._state, self._inside = state, inside
        self._unsure = self._unsure or not sure
        self.preview, self._places = seen, places
        self._area, self._outlines, self._around = extent
        if renewed or self.layer.count() != len(seen.layers):
            self.layer.clear()
            for one in seen.layers:
                self.layer.addItem(one.name if one.features < 0 else _("{name}（文件里 {count} 条）").format(
                    name=one.name, count=f"{one.features:,}"), one.name)
            self.layer.setCurrentIndex(max(0, self.layer.findData(seen.layer)))
        self.layer.setEnabled(len(seen.layers) > 1)
        self._showing = True
        self._propose(seen)
        self._showing = False
        self._show_rows(seen)
        self.text_page.show_text(seen.text, self.encoding.currentData())
        self._show_places()
        self._recall()
        self._fill_fields()
        self._show_lost()
        self._say()
        if (first or renewed) and places.open:
            self.tabs.setCurrentWidget(self.place_page)
        elif renewed:
            self.tabs.setCurrentWidget(self.shapes_page if self._lost else self.rows)
        self._enable()
        if self._pressed:
            self._pressed = False
            if self.buttons.button(QDialogButtonBox.Ok).isEnabled():
                self.accept()

    def _show_rows(self, seen: Any) -> None:
        """The first rows as the file has them, with its own numbers; those without a usable place are marked."""
        columns = seen.columns or seen.headers
        self.rows.setColumnCount(len(columns))
        self.rows.setHorizontalHeaderLabels(list(columns))
        shown = seen.cells.head(50)
        why = {issue.row: self._engine.issue_words(issue) for issue in self._engine.left_out(seen.issues)}
        numbers = (seen.rows or range(1, len(seen.cells) + 1))[: len(shown)]
        self.rows.setRowCount(len(shown))
        data = [[*(seen.cells[name] if name in seen.cells else seen.coordinates[name]).head(50)] for name in columns]
        for i, number in enumerate(numbers):
            head = QTableWidgetItem(f"{number} ⚠" if number in why else str(number))
            head.setToolTip(plain_tip(why.get(number, "")))
            self.rows.setVerticalHeaderItem(i, head)
            for j, cells in enumerate(data):
                item = QTableWidgetItem(cells[i] or "")
                if number in why:
                    item.setToolTip(plain_tip(why[number]))
                    item.setForeground(brush("wrong"))
                self.rows.setItem(i, j, item)
        self.rows.resizeColumnsToContents()
        for j in range(len(columns)):  # long texts in part, numbers whole
            self.rows.setColumnWidth(j, min(self.rows.columnWidth(j), 260))

    def _show_lost(self) -> None:
        """List the rows without a usable place, as far as the first look can tell, and ask about them."""
        seen, projects = self.preview, self.role.currentData() == PROJECTS
        if seen is None:
            return
        role = self._roles.get(self.role.currentData())
        keeps = role is not None and role.register  # a register keeps things of which nobody knows the place
        self._lost = [] if keeps else self._engine.left_out(seen.issues)
        if not self._lost:
            return
        self.shapes_page.show_issues(self._lost, self._engine.issue_words, lines=bool(seen.rows))
        whole = not any(issue.code == "more-of-the-same" for issue in seen.issues)
        self.shapes_page.offer_leaving(len(self._lost), seen.features - len(self._lost) if whole else 0, choice=projects)

    def _rows_open(self) -> bool:
        """Whether nobody has said yet what is to become of rows without a place; in metres they may well have one."""
        return (bool(self._lost) and self.role.currentData() == PROJECTS and not self.shapes_page.leave_out.isChecked()
                and self._given_crs() in (None, "EPSG:4490", "EPSG:4326", "GCJ-02", "BD-09"))

    def _layer_chosen(self, *_args: object) -> None:
        """Another layer of the file is to be read: what was confirmed and answered was about the former."""
        self._unsure = False
        self._forget_answers()
        self.read()

    def _forget_answers(self) -> None:
        """What was confirmed and answered was about something else than what is read now."""
        self.place_page.confirm.setChecked(False)
        self.shapes_page.close_lines.setChecked(False)
        self.shapes_page.offer_leaving(0, 0)
        self.shapes_page.show_issues([], self._engine.issue_words)
        self._answered.clear()
        self._strange, self._doubted = {}, False

    def _propose(self, seen: Any) -> None:
        """Take name and role from the layer looked at, unless a person has changed them."""
        several = len(seen.layers) > 1 and bool(seen.layer)
        name = seen.layer if several else self._path.stem  # of several layers the file's name says little
        if self.name.text() in ("", self._proposed.get("name", self._path.stem)):
            self.name.setText(name)
            self._proposed["name"] = name
        if (self.role.currentData() or "") == self._proposed.get("role", ""):
            stated = next((one.role for one in self._inside if one.name == seen.layer and one.role != self._wrong), "")
            role = self._asked_role or stated or guess_role(name, seen.headers, self._roles)
            role = "" if role == self._wrong else role
            self.role.setCurrentIndex(max(0, self.role.findData(role)))
            self._proposed["role"] = self.role.currentData() or ""

    def _show_places(self) -> None:
        stated = ""
        if self.preview.shift is not None:
            stated = system_words(self.preview.shift)
        elif self.preview.crs is not None:
            number = self.preview.crs.to_epsg()
            stated = f"EPSG:{number} {system_words(f'EPSG:{number}')}" if number else self.preview.crs.name
        assumed = any(issue.code == "crs-assumed" for issue in self.preview.issues)
        told = next((self._engine.issue_words(issue) for issue in self.preview.issues if issue.code == "crs-from-column"), "")
        self.place_page.show_places(self._places, self._outlines, stated, self._given_crs() or "", assumed,
                                    error_words(self.preview.refused) if self.preview.refused is not None else "",
                                    told, self._becomes(), self._against())

    def _against(self) -> str:
        """That the file says another system than the one chosen, in words; '' where it says none, or nothing was chosen."""
        given, seen = self._given_crs(), self.preview
        if not given or seen is None or self._not_a_system() or any(issue.code == "crs-assumed" for issue in seen.issues):
            return ""
        if given == self.shapes_page.shift.currentData():  # asked by the program itself, with what speaks for it
            return ""
        number = seen.crs.to_epsg() if seen.crs is not None else None
        stated = seen.shift or (f"EPSG:{number}" if number else seen.crs.name if seen.crs is not None else "")
        if not stated or given == stated or {given, stated} <= {"EPSG:4490", "EPSG:4326"}:  # less than a metre apart
            return ""
        return _("文件写的是 {stated}，您选的是 {given}，请在图上核对。").format(stated=system_words(stated), given=system_words(given))

    def _open(self) -> bool:
        """Whether the place has to be looked at and confirmed: it is in doubt, or the file says another system."""
        return self._places is not None and (self._places.open or bool(self._against()))

    def _becomes(self) -> str:
        """What becomes of the coordinates under the system that was chosen, or that a column of the file names; '' for neither."""
        given, seen = self._given_crs(), self.preview
        shift = given if given in ("GCJ-02", "BD-09") else seen.shift if seen is not None and not given else None
        if shift is not None:
            metres = self._engine.moved_m(seen, shift) if seen is not None else None
            if metres is None:
                return _("{system} → CGCS2000").format(system=shift)
            return _("{system} → CGCS2000，移动约 {metres} 米").format(system=shift, metres=f"{metres:.0f}")
        return _("按您选的 {crs} 读取").format(crs=given) if given and not self._not_a_system() else ""

    def _mark_tabs(self) -> None:
        """A sign on every page that holds something to be decided or looked at."""
        seen = self.preview
        open_ = {
            self.text_page: seen is not None and not seen.text.sure,
            self.place_page: seen is not None and self._places is not None and (bool(self._places.doubts) or bool(self._against()))
            and not (self._open() and self._settled()),
            self.fields_page: seen is not None and bool(self.fields_page.missing()),
            self.values_page: seen is not None and self.values_page.unknown > 0,
            self.shapes_page: bool(self.shapes_page.open) and (
                self._layer is not None or self.shapes_page.leave_out.isVisibleTo(self.shapes_page)
                and not self.shapes_page.leave_out.isChecked())
            or bool(self._lost) and self._layer is None and (self._rows_open() or self.role.currentData() != PROJECTS),
        }
        for page, title in self._titles.items():
            self.tabs.setTabText(self.tabs.indexOf(page), title + (" ⚠" if open_.get(page) else ""))

    def _kinds(self, seen: Any) -> str:
        """Of which kinds the shapes are: as the file states, else as far as they were looked at."""
        stated = tuple(kind for kind, _said in KINDS if kind in seen.geometry)
        if len(stated) == 1:
            return _(dict(KINDS)[stated[0]])
        names = [seen.geometry] if seen.shapes is None else [str(one) for one in seen.shapes.geom_type.dropna().unique()]
        found = tuple(kind for kind, _said in KINDS if any(kind in name for name in names))
        if not found:
            return _("多种图形")
        said = _(dict(KINDS)[found[0]] if len(found) == 1 else MIXED[found])
        if seen.shapes is None or len(seen.shapes) == seen.features:
            return said
        return _("{kinds}（前 {count} 个要素）").format(kinds=said, count=f"{len(seen.shapes):,}")

    def _say(self) -> None:
        """One line about the file as a whole."""
        seen = self.preview
        if seen is None:
            return
        parts = [_("文件刚被改过，已重新读取，请再看一遍")] if self._renewed else []
        parts += [self._kinds(seen)] if seen.geometry else []
        parts.append(_("{count} 个要素").format(count=f"{seen.features:,}") if seen.features >= 0 else _("要素数未知"))
        if seen.text.encoding:
            parts.append(self.encoding.currentData() or seen.text.encoding)
        if becomes := self._becomes():
            parts.append(becomes)
        elif seen.crs is not None:
            parts.append(f"EPSG:{seen.crs.to_epsg()}" if seen.crs.to_epsg() else seen.crs.name)
        open_ = self._open() and not self._settled()
        if open_:
            parts.append(_("坐标系有疑问，请在“坐标系”页核对后确认") if seen.crs is not None or seen.refused is not None
                         else _("文件没有坐标系，请在“坐标系”页选择并确认"))
        if self._known:
            parts.append(_("已按上次的对应预填"))
        if self._lost:
            parts.append(_("有 {bad} 行没有可用的位置，见“{page}”页").format(bad=len(self._lost), page=self._titles[self.shapes_page]))
        if seen.trouble is not None:
            parts.append(error_words(seen.trouble))
        self.said.setText(" · ".join(parts))
        doubtful = open_ or bool(self._lost) or seen.features == 0 or self._renewed
        self.said.setStyleSheet(inked("wrong" if seen.trouble is not None else "doubt" if doubtful else ""))

    # -- coordinate system -----------------------------------------------------------------------------------------
    def _given_crs(self) -> str | None:
        at = self.crs.findText(self.crs.currentText())
        data = self.crs.itemData(at) if at >= 0 else None
        return (data if data is not None else self.crs.currentText().strip()) or None

    def _meant(self, text: str) -> list[str]:
        """Codes of the systems that somebody may mean by what was typed into the box."""
        from layers.crs_doctor import in_china
        from layers.system_names import DEGREES, named

        name, seen = named(text), self.preview
        if name and name.shift:
            return [name.shift]
        if name and name.code:
            return [f"EPSG:{name.code}"]
        if name and name.datum and not name.planar and seen is not None and seen.shapes is not None and len(seen.shapes):
            west, south, east, north = seen.shapes.total_bounds
            if in_china(west, south) and in_china(east, north):  # a datum alone is one of degrees
                return [f"EPSG:{DEGREES[name.datum]}"]
        return list(dict.fromkeys([*self.crs.matches(), *find(text)]))

    def _not_a_system(self) -> str:
        """Why what stands in the box cannot be used, '' where it can."""
        given = self._given_crs()
        if not given or self.crs.findData(given) >= 0 or known(given):
            return ""
        if self._meant(given):
            return _("“{text}”可以是几个坐标系，请在坐标系框里选一个。").format(text=given)
        return _("不认识坐标系“{text}”，请在坐标系框里选一个，或写代码，如 EPSG:4548。").format(text=given)

    def _choose_crs(self, code: str) -> None:
        at = self.crs.findData(code)
        self.crs.blockSignals(True)
        if at >= 0:
            self.crs.setCurrentIndex(at)
        else:
            self.crs.setEditText(code)
        self.crs.from_the_left()
        self.crs.blockSignals(False)
        self._changed()
        if self.preview is not None and self._places is not None:
            self.place_page.follow(code, self._becomes(), self._against())

    def _crs_changed(self, *_args: object) -> None:
        given = self._given_crs()
        if given and self.crs.findData(given) < 0:
            meant = self._meant(given)
            if len(meant) == 1:
                self._choose_crs(meant[0])  # words that only one system goes by
                given = meant[0]
        if given == self._seen_with and self.preview is not None and not self._looking:
            return
        self._seen_with = given
        self._changed()
        if self._not_a_system():
            return
        if self.preview is not None and given and given not in [one.crs for one in self._places.placements]:
            self.read()  # show where that would be, too
        elif self.preview is not None:
            self._show_places()

    def _confirmed(self) -> None:
        self._seen_at = self._given_crs() if self.place_page.confirm.isChecked() else None
        self._say()
        self._enable()

    def _settled(self) -> bool:
        """Whether a doubtful coordinate system has been chosen and confirmed."""
        return bool(self._given_crs()) and self.place_page.confirm.isChecked()

    def _changed(self) -> None:
        self._layer = None
        if self._seen_at is not None and self._given_crs() != self._seen_at:
            self.place_page.confirm.setChecked(False)  # another place is to be seen first
        self._say()
        self._enable()

    # -- fields ----------------------------------------------------------------------------------------------------
    def _role_changed(self, *_args: object) -> None:
        projects = self.role.currentData() == PROJECTS
        self._about.setEnabled(not projects)
        self.name.setEnabled(not projects)
        self.shapes_page.set_projects(projects)
        self.shapes_page.offer_leaving(0, 0)
        self._layer = None
        if self._showing:  # all of this is filled once, after
            return
        self._recall()
        self._fill_fields()
        self._show_lost()
        self._say()
        self._enable()

    def _recall(self) -> None:
        """What was decided about such a file the last time."""
        role = self.role.currentData()
        self._known = None
        if self._shelf is not None and self.preview is not None and role:
            self._known = self._shelf.recall(self._path, self.preview.headers, role)

    def _enable(self, *_args: object) -> None:
        before, self._waits_on = self._waits_on, None
        why = self._waits_for()
        self.why.setText(why)
        self.why.setVisible(bool(why))
        button = self.buttons.button(QDialogButtonBox.Ok)
        button.setEnabled((not why or self._looking and self._again) and self._reading is None)
        if self._reading is None and self._focused is not None:
            if self._focused.isEnabled():
                self._focused.setFocus()
            self._focused = None
        self._mark_tabs()
        if self._waits_on is not before and self._waits_on is self.tabs.currentWidget():
            QTimer.singleShot(0, self._show_what_stops)

    def _show_what_stops(self) -> None:
        """Scroll down to the page on which something is to be done; it may be below a small screen."""
        if self._waits_on is not None and self._waits_on is self.tabs.currentWidget():
            bar = self._around_all.verticalScrollBar()
            bar.setValue(self._stops_at())

    def _stops_at(self) -> int:
        return self.tabs.mapTo(self._around_all.widget(), QPoint(0, 0)).y()

    def _follow_room(self, _least: int, most: int) -> None:
        """Keep the page in sight when the dialog learns how high it is, unless somebody has scrolled up meanwhile."""
        bar, before, self._room = self._around_all.verticalScrollBar(), self._room, most
        if bar.value() >= min(before, self._stops_at()):
            self._show_what_stops()

    def _waits_for(self) -> str:
        """What has to be done before the file can be imported, with the page where; '' for nothing."""
        if self._looking:
            return _("正在读取…")
        if self.preview is None:
            return _("这个文件读不出来，原因见上面。")
        if self.preview.trouble is not None and not self._given_crs():
            return _("这个文件读不出来，原因见上面。")
        if seen_none := self._nothing_to_place():
            return seen_none
        if strange := self._not_a_system():
            return strange
        if not self.role.currentData():
            return _("请先在左上角选择图层类型。")
        if self._unsure and self.role.currentData() == self._asked_role:
            return _("文件里有 {count} 个图层，看不出哪一个是“{kind}”，请在“文件中的图层”里选一个。").format(
                count=len(self.preview.layers), kind=self.role.currentText())
        if missing := self.fields_page.missing():
            return self._on_page(self.fields_page, _("还缺必填字段：{fields}").format(fields=listed(missing)))
        if self._doubted and not self._given_crs():
            return _("请在坐标系框里选一个坐标系。")
        if self._open() and not self._settled():
            return self._on_page(self.place_page, _("还没有选中坐标系，请在列表里选一行，再确认位置") if not self._given_crs()
                                 else _("请核对位置，然后勾选“{box}”").format(box=self.place_page.confirm.text()))
        name, version = self.name.text().strip() or self._path.stem, self.version.text().strip() or None
        if self.role.currentData() != PROJECTS and any(
                name in (family, own) and version == stated for family, own, stated in self._taken):
            return _("工作区里已有图层“{name}”，请另取图层名称，或写明与它不同的版本。").format(name=name)
        if self._rows_open():
            return self._on_page(self.shapes_page, _("有 {bad} 行没有可用的位置，请在文件里改好，或勾选不导入这些行").format(
                bad=len(self._lost)) if self.shapes_page.leave_out.isEnabled()
                else _("有 {bad} 行没有可用的位置，请在文件里改好").format(bad=len(self._lost)))
        return ""

    def _nothing_to_place(self) -> str:
        """That the layer chosen is a table without shapes beside others that have some; '' where it is none."""
        seen = self.preview
        if seen.shapes is not None or seen.trouble is not None or len(seen.layers) < 2:
            return ""
        return _("“{layer}”是没有图形的表，请在“文件中的图层”里另选一层。").format(layer=seen.layer)

    def _on_page(self, page: QWidget, said: str) -> str:
        self._waits_on = page
        return _("“{page}”页：{said}。").format(page=self._titles[page], said=said)

    def _wanted(self) -> list[tuple[str, str, bool, bool, tuple[str, ...]]]:
        role, english = self.role.currentData(), language() == "en"
        if role == PROJECTS:
            from layers.schema import PROJECT_ALIASES
            from rules.attributes import ATTRIBUTES

            return [("id", _("编号"), False, False, ("编号", "项目编号")),
                    ("name", _("项目名称"), False, False, ("项目名称", "名称")),
                    *((name, one.en if english else one.zh, False, False,
                       (one.zh, *one.aliases, *PROJECT_ALIASES.get(name, ()))) for name, one in ATTRIBUTES.items())]
        if role not in self._roles:
            return []
        return [(one.name, one.en if english else one.zh, one.required, one.expected, (one.zh, *one.aliases))
                for one in self._roles[role].fields]

    def _fill_fields(self) -> None:
        known = getattr(self._known, "fields", None) or {}
        self.fields_page.show_fields(self._wanted(), self.preview, known)
        self._fill_values()

    def _mapped(self) -> None:
        self._layer = None
        self._fill_values()
        self._enable()

    def _fill_values(self) -> None:
        role = self._roles.get(self.role.currentData())
        choices = [one for one in role.fields if one.kind in ("choice", "bool")] if role is not None else []
        projects = self.role.currentData() == PROJECTS
        if projects:
            from rules.attributes import ATTRIBUTES

            choices = [one for one in ATTRIBUTES.values() if one.kind in ("choice", "choices", "bool", "codes")]
        known = getattr(self._known, "values", None) or {}
        self.values_page.show_values(choices, self.fields_page.mapping(), self.preview, known, self._strange, projects)

    # -- reading ---------------------------------------------------------------------------------------------------
    def accept(self) -> None:
        """Read the file as it was decided; close once nothing is left to be asked."""
        if self._reading is not None:
            return
        self._crs_changed()  # typed, and pressed without leaving the box
        if self._looking:  # what was typed last has the file looked at again: go on once nothing of it is doubtful
            self._pressed = True
            return
        if self._waits_for():
            self._enable()
            return
        if self._changed_meanwhile():
            self.read()  # what is shown, and was decided, is of before
            return
        self._renewed = False
        options = self._options()
        if self._layer is not None and self._read_with == options:
            if not self._questions():
                super().accept()
            return
        engine, path, role, reference = self._engine, self._path, self.role.currentData(), self._reference
        workspace, whole = self._workspace, not self.coverage.currentData()
        name = self.name.text().strip() or path.stem
        given = {key: value for key, value in options.items() if value}
        given.setdefault("repair", "tell")

        def work(report: Report) -> Any:
            if role == PROJECTS:
                return engine.projects_of_file(path, report, **given)
            return engine.read_layer(path, role, report, workspace=workspace, reference=reference, whole=whole, name=name, **given)

        self._reading = task = self._start(work, lambda found: self._read(task, options, found),
                                           lambda error: self._read_failed(task, error))
        task.progressed.connect(lambda done, total: self._progress(task, done, total))
        self.progress.setValue(0)
        self.progress.show()
        self._focused = self.focusWidget()
        self._lock(True)
        task.start(self._worker)

    def _changed_meanwhile(self) -> bool:
        """Whether the file was written after it was looked at."""
        return bool(self._engine.file_state(self._path) != self._state)

    def _lock(self, locked: bool) -> None:
        for widget in (self.role, self.layer, self.encoding, self.crs, self.tabs, self._about, self.name, self.reread):
            widget.setEnabled(not locked)
        if not locked:
            self.layer.setEnabled(self.layer.count() > 1)
            for widget in (self._about, self.name):
                widget.setEnabled(self.role.currentData() != PROJECTS)
        self._enable()

    def _progress(self, task: Task, done: int, total: int) -> None:
        if task is self._reading:
            self.progress.setMaximum(total)
            self.progress.setValue(done)

    def _stop_reading(self) -> None:
        self._reading = None
        self.progress.hide()
        self._lock(False)

    def _read_failed(self, task: Task, error: Exception) -> None:
        if task is not self._reading:
            return
        if self._changed_meanwhile():
            self._stop_reading()
            self.read()
            return
        self._doubted = getattr(error, "likely", None) is not None  # by rows that the first look did not reach
        self._stop_reading()
        self._complain(error)
        lost, good = getattr(error, "params", {}).get("lost"), getattr(error, "params", {}).get("good")
        if lost and good:  # why of each row, and whether the others will do
            self.shapes_page.show_issues(lost, self._engine.issue_words, lines=True)
            self.shapes_page.offer_leaving(len(lost), good)
            self.tabs.setCurrentWidget(self.shapes_page)
            self._mark_tabs()

    def _read(self, task: Task, options: dict[str, Any], found: Any) -> None:
        if task is not self._reading:
            return
        self._stop_reading()
        if self._changed_meanwhile():  # nobody knows which of both was read
            self.read()
            return
        layer, shift, narrow = found.layer, found.shift, found.narrow
        self._layer, self._read_with, self._shift, self._narrow = found, options, shift, narrow
        issues = [*layer.issues, *(one for one in (narrow, shift) if one is not None)]
        strange: dict[str, list[str]] = {}
        for issue in layer.issues:
            if issue.code == "value-unreadable" and issue.field and issue.values.get("allowed"):
                strange.setdefault(issue.field, []).append(str(issue.values.get("value")))
        self._strange = {name: list(dict.fromkeys(values)) for name, values in strange.items()}
        self.shapes_page.show_issues(issues, self._engine.issue_words)
        if self._strange:
            self._fill_values()
        asked = self._questions()
        self._mark_tabs()
        if not asked:
            super().accept()
            return
        self.tabs.setCurrentWidget(self.values_page if asked == ["values"] else self.shapes_page)
        self.said.setText(_("已读取，还有要您决定的事：{what}。决定后再按“导入”。").format(what=listed(
            {"repair": _("图形的修复"), "lines": _("没有闭合的线"), "shift": _("坐标偏移"), "values": _("不认识的取值"),
             "coverage": _("覆盖范围（图层只占行政区的一小部分）")}[one]
            for one in asked)))
        self.said.setStyleSheet(inked("doubt"))

    def _draw_readings(self, row: int) -> None:
        """Draw both readings of a shape, once they are worked out in another thread."""
        self._drawing = None
        if not row:
            self.shapes_page.show_readings(None, None)
            return
        options = self._options()
        given = {key: options[key] for key in ("crs", "encoding", "layer") if options.get(key)}
        engine, path = self._engine, self._path
        self._drawing = task = self._start(
            lambda report: engine.readings(path, row, report, **given),
            lambda both: self.shapes_page.show_readings(*both) if task is self._drawing else None,
            lambda _error: None)  # the areas in the list say it without a picture
        task.start(self._worker)

    def _questions(self) -> list[str]:
        """What the layer that was read leaves to be decided."""
        codes = Counter(issue.code for issue in self._layer.layer.issues)
        two = codes["repair-has-two-readings"] if not self.shapes_page.repair.currentData() else 0
        lines = codes["line-like-boundary"] if "lines" not in self._answered else 0
        shift = self._shift if "shift" not in self._answered else None
        if shift is not None and self._places.open and self._settled():
            shift = None  # was asked, and settled, on the page of coordinate systems
        if shift is not None and shift.code == "reference-shifted":  # it is in the list; nothing of this file is to be converted
            shift = None
        open_ = self._narrow is not None and not self.coverage.currentData()
        self.shapes_page.ask(two, lines, shift, self._engine.issue_words(self._narrow) if open_ else "")
        found = ["repair"] * bool(two) + ["lines"] * bool(lines) + ["shift"] * (shift is not None)
        if self._strange and "values" not in self._answered:
            self._answered.add("values")  # shown once; left as they are, they count as unknown
            found.append("values")
        if self._narrow is not None and self._narrow.severity == "warning" and "coverage" not in self._answered:
            self._answered.add("coverage")  # shown once; whoever imports now takes it to be complete all over
            if not self.coverage.currentData():
                found.append("coverage")
        if lines:
            self._answered.add("lines")  # seen: whoever imports now leaves them open knowingly
        return found

    def _answer(self) -> None:
        choice = self.shapes_page.shift.currentData() if self.shapes_page.shift.count() else ""
        if choice:
            self._answered.add("shift")
            if choice in ("GCJ-02", "BD-09"):
                self._choose_crs(choice)
        self._enable()

    # -- answer ----------------------------------------------------------------------------------------------------
    def _options(self) -> dict[str, Any]:
        repair = self.shapes_page.repair.currentData()
        options: dict[str, Any] = {
            "crs": self._given_crs(), "encoding": self.encoding.currentData() or None,
            "fields": self.fields_page.by_hand() or None, "values": self.values_page.values() or None,
            "repair": repair or None, "close_lines": self.shapes_page.close_lines.isChecked() or None,
        }
        if self.role.currentData() == PROJECTS and self.shapes_page.leave_out.isChecked():
            options["leave_out"] = True
        if self._places is not None and self._places.open and self._settled():
            options["elsewhere"] = True  # the place was seen on the map, and confirmed
        if self.layer.count() > 1:
            options["layer"] = self.layer.currentData()
        return options

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter on a button that leaves the file out does nothing: the default button is not meant, and space presses it."""
        waived = {self.buttons.button(QDialogButtonBox.Cancel), self.findChild(QWidget, "import_cancel_all")}
        if event.key() in (Qt.Key_Return, Qt.Key_Enter) and self.focusWidget() in waived:
            event.accept()
            return
        if event.key() in (Qt.Key_Return, Qt.Key_Enter) and self.focusWidget() is self.reread:
            self.reread.click()
            return
        super().keyPressEvent(event)

    def choice(self) -> ImportChoice:
        """What was decided."""
        options = self._options()
        read = self._layer if self._read_with == options else None
        if self.role.currentData() == PROJECTS:
            return ImportChoice(self._path, PROJECTS, self.name.text().strip(), options, layer=read)
        about = {"version": self.version.text().strip() or None, "data_date": self.date.text().strip() or None,
                 "accuracy_m": _number(self.accuracy.text()), "source": self.source.text().strip() or None,
                 "scale": _whole(self.scale.text()), "coverage": self.coverage.currentData() or None}
        return ImportChoice(self._path, self.role.currentData(), self.name.text().strip() or self._path.stem, options,
                            about, read)

    def remember(self) -> Callable[[], None]:
        """What keeps how this source is read, for the next delivery of it; to be called in any thread."""
        if self._shelf is None or self.preview is None or self.role.currentData() == PROJECTS:
            return lambda: None
        return partial(self._shelf.keep, self._path, self.preview.headers, self.role.currentData(),
                       self.fields_page.by_hand(), self.values_page.values(), self.encoding.currentData() or None,
                       self._given_crs())

    def done(self, result: int) -> None:
        for task in (self._task, self._reading):
            if task is not None:
                with suppress(RuntimeError):  # it has ended and is gone
                    task.cancel()
        self._task = self._reading = self._drawing = None
        super().done(result)


def _number(text: str) -> float | None:
    try:
        return float(text.strip())
    except ValueError:
        return None


def _whole(text: str) -> int | None:
    """The denominator of a scale, however it is written: 10000, 1:10000, 1：1万."""
    digits = text.replace("：", ":").split(":")[-1].replace(",", "").replace("，", "").strip()
    times = 10_000 if digits.endswith(_MYRIAD) else 1
    number = _number(digits.rstrip(_MYRIAD))
    return round(number * times) if number and number > 0 else None

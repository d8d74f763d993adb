"""The window: its parts, its actions, and the language they speak."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from PyQt5.QtCore import (
    QChildEvent,
    QDate,
    QEvent,
    QLibraryInfo,
    QLocale,
    QRect,
    QSize,
    Qt,
    QTimer,
    QTranslator,
    QUrl,
    pyqtSignal,
)
from PyQt5.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShowEvent,
)
from PyQt5.QtWidgets import (
    QAbstractButton,
    QAction,
    QActionGroup,
    QApplication,
    QColorDialog,
    QDockWidget,
    QInputDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QStyle,
    QTabBar,
    QTabWidget,
    QToolBar,
    QToolButton,
    QWidget,
)

from gui import theme
from gui.actions import ACTIONS, BY_ID, MENUS, SUBMENUS
from gui.day import DayEdit
from gui.dialogs import message
from gui.dialogs.coordinates import CoordinatesDialog
from gui.dialogs.keys import Keys, keys_of
from gui.dialogs.simple import About, RuleFolders
from gui.dialogs.system import SystemDialog
from gui.dialogs.table import TableDialog
from gui.editing import Editing
from gui.engine import Engine
from gui.files import Files
from gui.focus import Focus, next_stop, take_keyboard
from gui.garbage import Garbage
from gui.looks import Looks
from gui.measures import UNITS
from gui.panels.identify import IdentifyPanel
from gui.panels.layers import LayersPanel
from gui.panels.projects import ProjectsPanel
from gui.panels.site_form import SiteForm
from gui.panels.status import StatusBar
from gui.panels.task_list import TaskList
from gui.panels.verdict import VerdictPanel
from gui.panels.welcome import Welcome
from gui.parts import PARTS
from gui.passing import Passing
from gui.portions import Portions
from gui.recovery import Recovery
from gui.resources.icons import icon
from gui.rule_windows import RuleWindows
from gui.session import Change, Session, Site
from gui.settings import Settings
from gui.tasks import Loader
from gui.words import BOXING, CLICKING, SKETCHING, Speaker, aside, error_words, listed, named, together
from gui.work import Work
from sanxian.i18n import N_, _, language, set_language
from sanxian.messages import field_words

TOOLS = {"pan": "pan", "select": "select", "identify": "identify", "zoom_box": "zoom_box",
         "draw_polygon": "draw_polygon", "draw_line": "draw_line", "draw_point": "draw_point", "edit_site": "edit",
         "measure_length": "measure_length", "measure_area": "measure_area"}
TOOL_HINTS = {
    "draw_polygon": (SKETCHING,), "draw_line": (SKETCHING,), "draw_point": (N_("单击放置点位"), CLICKING),
    "edit": (N_("拖动顶点修改边界，拖动内部或边线移动整个用地"), N_("方向键移动十字光标，空格拿起、放下，N 到下一个顶点")),
    "identify": (N_("单击地图，查看各图层的要素"), CLICKING),
    "select": (N_("单击或拖框选择要素和项目；Shift 加选，Ctrl 加选或去掉"), N_("方向键移动十字光标，回车单击，空格拉框")),
    "zoom_box": (N_("拖出要放大的范围"), BOXING),
    "measure_length": (SKETCHING, N_("在椭球面上量算")), "measure_area": (SKETCHING, N_("在椭球面上量算")),
}

# Why an action cannot be done now, by what it needs.
MISSING = {
    "ready": N_("程序还在准备，请稍候"), "workspace": N_("请先打开或新建工作区"), "site": N_("请先在项目列表或地图上选中一个项目"),
    "sites": N_("还没有项目"), "layer": N_("请先在图层列表中选中一个图层"), "row": N_("请先在图层列表中选中一个图层或图层组"),
    "result": N_("还没有研判结果，请先研判"), "running": N_("没有正在进行的任务"), "undo": N_("没有可撤销的操作"),
    "redo": N_("没有可重做的操作"),
}
# Where the keyboard goes in a panel that it was not in yet, where that is not what comes first.
FIRST_FOCUS = {"verdict": "outcome_tree", "layers": "layer_tree", "projects": "project_table", "coverage": "coverage_tree"}
# What a raster, and a layer not read yet, cannot have.
OF_FEATURES = ("table", "table_selected", "filter_layer", "select_where", "export_layer", "style_copy", "style_paste")


def _canvas() -> Any:
    from gui.canvas.canvas import MapCanvas

    return MapCanvas()


def _map_layer(**values: Any) -> Any:
    from gui.canvas.scene import MapLayer

    return MapLayer(**values)


class _Bar(QToolBar):
    """Tells that it has another width."""

    resized = pyqtSignal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class MainWindow(QMainWindow, Speaker):
    """The window of the program.

    Signals:
        copyAsked: Layer key, rows of its frame and form (``geojson`` or ``wkt``) of features for the clipboard.

    Args:
        settings: What is remembered, in a store of the caller's choice.
        engine: Workspaces, screenings and reports.
        make_canvas, make_layer: Give the map widget and its layers; a test gives simpler ones.
        today: The day that the day picker starts with; by default the clock's.
        open_path: A workspace to open as soon as everything is imported.
        spoken: The language for this time, beside the one that is remembered.
    """

    copyAsked = pyqtSignal(str, object, str)

    def __init__(self, settings: Settings, engine: Any = None, *, make_canvas: Callable[[], Any] = _canvas,
                 make_layer: Callable[..., Any] = _map_layer, today: date | None = None,
                 open_path: Path | None = None, spoken: str = "") -> None:
        super().__init__()
        self.settings = settings
        self.engine = engine if engine is not None else Engine()
        self.session = Session(self)
        self.work = Work(self)
        self.looks = Looks(self)
        self.portions = Portions(self)
        self.map: Any = None
        self.canvas: Any = None
        self.ready = False
        self._make_canvas, self._make_layer = make_canvas, make_layer
        self._open_path = open_path
        self._translator: QTranslator | None = None
        self._field_titles: dict[tuple[str, str], Any] = {}
        self._hidden_docks: list[QDockWidget] = []
        self._typed: tuple[Any, str] = (None, "")  # coordinates of a dialog that was closed, and of which workspace
        self._parked: Any = None  # the layout of the panels while the first page hides them
        self.setObjectName("main_window")
        theme.mark(self)
        self.setWindowIcon(icon("app"))
        self.setAcceptDrops(True)
        self.setDockOptions(QMainWindow.AnimatedDocks | QMainWindow.AllowTabbedDocks | QMainWindow.AllowNestedDocks)
        self.files = Files(self)
        self._build_parts(today or date.today())  # noqa: DTZ011 - the day on the person's own calendar
        self.rules = RuleWindows(self, today or date.today())  # noqa: DTZ011 - as above
        self.recovery = Recovery(self)
        self.parts = [part(self) for part in PARTS]
        self._build_docks()
        self._build_actions()
        self._build_jobs()
        self._connect()
        Focus(self)
        # The frame comes with the first showing, hence room for it is left here and made sure of there.
        self._fitted = False
        room = self.room()
        bar = max(self.style().pixelMetric(QStyle.PM_TitleBarHeight), 32)
        self.resize(min(1366, room.width()), min(768, room.height() - bar - 8))
        self._default_state = self.saveState()
        geometry, state = settings.layout()
        if geometry is not None:
            self.restoreGeometry(geometry)
        if state is not None:
            self.restoreState(state)
        self.status.set_format(settings.coordinate_format)
        self._show_page()
        self.apply_language(spoken or settings.language or language())
        self.actions_by_id[f"theme_{settings.theme}"].setChecked(True)
        self.show_title()
        self.update_actions()
        self.garbage = Garbage(
            lambda: self.work.running or self.work.worker.busy or self.canvas is not None and self.canvas.busy, self)
        self._loader = Loader(self.engine.load, self)
        self._loader.loaded.connect(self._loaded)
        self._loader.failed.connect(self.show_error)
        QTimer.singleShot(0, self._loader.start)

    # -- place -----------------------------------------------------------------------------------------------------
    def room(self) -> QRect:
        """The part of the screen that a window may take up, without the bars of the desktop."""
        screen = self.screen() or QApplication.primaryScreen()
        return screen.availableGeometry()

    def fit(self) -> None:
        """Make the window, its frame included, no larger than the screen has room, and bring it back onto it."""
        if self.isMaximized() or self.isFullScreen():
            return
        room, frame, inner = self.room(), self.frameGeometry(), self.geometry()
        around = frame.size() - inner.size()
        if frame.width() > room.width() or frame.height() > room.height():
            self.resize(min(inner.width(), room.width() - around.width()),
                        min(inner.height(), room.height() - around.height()))
            frame = self.frameGeometry()
        left = max(room.left(), min(frame.left(), room.right() + 1 - frame.width()))
        top = max(room.top(), min(frame.top(), room.bottom() + 1 - frame.height()))
        if (left, top) != (frame.left(), frame.top()):
            self.move(left, top)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._fitted:
            self._fitted = True
            for wait in (0, 300):  # ms; some desktops tell how wide their frame is only a little later
                QTimer.singleShot(wait, self.fit)

    def childEvent(self, event: QChildEvent) -> None:
        super().childEvent(event)
        if event.type() == QEvent.ChildPolished and isinstance(event.child(), QTabBar):
            event.child().setElideMode(Qt.ElideNone)  # many panels in one place: whole words, and arrows to the others

    # -- parts -----------------------------------------------------------------------------------------------------
    def _build_parts(self, today: date) -> None:
        self.welcome = Welcome()
        self.waiting = QLabel(alignment=Qt.AlignCenter)
        self.say(self.waiting.setText, "正在准备地图…")
        self.stack = QStackedWidget(objectName="stack")
        self.stack.addWidget(self.welcome)
        self.stack.addWidget(self.waiting)
        self.setCentralWidget(self.stack)
        self.status = StatusBar(self)
        self.setStatusBar(self.status)
        self.passing = Passing(self.looks, self)
        self.session.opened.connect(self.passing.forget)  # before the panels, which ask anew
        self.layers = LayersPanel(self.session, self.engine.style, self.passing)
        self.projects = ProjectsPanel(self.session, self.looks)
        self.form = SiteForm(self.session, self.engine)
        self.verdict = VerdictPanel(self.session)
        self.identify = IdentifyPanel(self.session, self.engine, self.field_title, self.looks)
        self.tasks = TaskList(self.work)
        self.messages = self.tasks.messages
        self.today = today
        self.day = DayEdit(QDate(today.year, today.month, today.day), keeps=True, objectName="day")
        self.say(self.day.setAccessibleName, "判定基准日")
        self.say(self.day.setToolTip, self._day_tip)
        self._day_taken = False  # the day is that of a workspace, and not what was typed before any was open
        self.day_label = QLabel(objectName="day_label")
        self.say(self.day_label.setText, self._day_words)
        self.say(self.day_label.setToolTip, self._day_tip)
        self.verdict.today = today
        self.day_label.setBuddy(self.day)

    def _build_docks(self) -> None:
        self.setCorner(Qt.BottomRightCorner, Qt.RightDockWidgetArea)
        self.setCorner(Qt.BottomLeftCorner, Qt.LeftDockWidgetArea)
        self.docks: dict[str, QDockWidget] = {}
        for name, title, widget, area in (
            ("layers", "图层列表", self.layers, Qt.LeftDockWidgetArea),
            ("verdict", "研判结果", self.verdict, Qt.RightDockWidgetArea),
            ("form", "项目属性", self.form, Qt.RightDockWidgetArea),
            ("identify", "识别", self.identify, Qt.RightDockWidgetArea),
            ("projects", "项目列表", self.projects, Qt.BottomDockWidgetArea),
            ("messages", "任务与消息", self.tasks, Qt.BottomDockWidgetArea),
            *(dock for part in self.parts for dock in part.docks()),
        ):
            dock = QDockWidget(objectName=f"dock_{name}")
            dock.setWidget(widget)
            dock.setProperty("first_focus", FIRST_FOCUS.get(name))
            self.say(dock.setWindowTitle, title)
            self.addDockWidget(area, dock)
            self.docks[name] = dock
        self.tabifyDockWidget(self.docks["verdict"], self.docks["form"])
        self.tabifyDockWidget(self.docks["form"], self.docks["identify"])
        self.tabifyDockWidget(self.docks["projects"], self.docks["messages"])
        for part in self.parts:
            for name, _title, _widget, area in part.docks():
                beside = {Qt.LeftDockWidgetArea: "layers", Qt.RightDockWidgetArea: "identify"}.get(area, "messages")
                self.tabifyDockWidget(self.docks[beside], self.docks[name])
        for name in self._quiet_docks():
            self.docks[name].hide()
        self.setTabPosition(Qt.RightDockWidgetArea, QTabWidget.North)
        self.setTabPosition(Qt.BottomDockWidgetArea, QTabWidget.North)
        self.docks["verdict"].raise_()
        self.docks["projects"].raise_()
        wide = min(1366, self.room().width())  # on a narrow or much enlarged screen the map keeps nearly half of it
        widths = [min(270, wide * 21 // 100), min(400, wide * 31 // 100)]
        self.resizeDocks([self.docks["layers"], self.docks["verdict"]], widths, Qt.Horizontal)
        self.resizeDocks([self.docks["projects"]], [210], Qt.Vertical)

    def _quiet_docks(self) -> list[str]:
        """Panels that are hidden until somebody asks: the status bar says the last message, a part shows its own."""
        return ["messages", *(name for part in self.parts for name, *_rest in part.docks())]

    def show_dock(self, name: str) -> None:
        """Show a panel and bring it to the front of its tabs; the keyboard stays where it is, but for a panel that this one covers."""
        dock, held = self.docks[name], QApplication.focusWidget()
        covered = held is not None and any(one.isAncestorOf(held) for one in self.tabifiedDockWidgets(dock))
        dock.show()
        dock.raise_()
        if covered:
            take_keyboard(dock)

    def open_dock(self, name: str) -> None:
        """Show a panel that the person asks for by name: the keyboard goes there too."""
        self.show_dock(name)
        take_keyboard(self.docks[name])

    def _build_actions(self) -> None:
        self.actions_by_id: dict[str, QAction] = {}
        groups: dict[str, QActionGroup] = {}
        menus: dict[str, QMenu] = {}
        for key, title in MENUS:
            menus[key] = self.menuBar().addMenu("")
            self.say(menus[key].setTitle, title)
        self.toolbar = _Bar(objectName="toolbar")
        self.say(self.toolbar.setWindowTitle, "工具栏")
        self.toolbar.setIconSize(QSize(22, 22))
        self.addToolBar(self.toolbar)
        last = ""
        for spec in ACTIONS:
            action = QAction(self)
            action.setObjectName(f"action_{spec.id}")
            self.say(action.setText, spec.text)
            self.say(action.setToolTip, lambda one=spec: self._tip(one))
            action.setShortcuts([QKeySequence(key) for key in keys_of(self.settings.keys, spec.id)])
            if spec.icon:
                action.setIcon(icon(spec.icon))
            action.setCheckable(spec.checkable)
            if spec.group:
                if spec.group not in groups:
                    groups[spec.group] = QActionGroup(self)
                groups[spec.group].addAction(action)
            action.triggered.connect(lambda _checked=False, name=spec.id: self.do(name))
            if spec.separate:
                menus[spec.sub if spec.sub in menus else spec.menu].addSeparator()
            if spec.sub and spec.sub not in menus:
                menus[spec.sub] = menus[spec.menu].addMenu("")
                self.say(menus[spec.sub].setTitle, dict(SUBMENUS)[spec.sub])
            menus[spec.sub or spec.menu].addAction(action)
            if spec.id == "open":
                self.recent_menu = menus["project"].addMenu("")
                self.say(self.recent_menu.setTitle, "最近打开的工作区")
            if spec.toolbar and spec.menu != "screen":
                if last and spec.menu != last:
                    self.toolbar.addSeparator()
                self.toolbar.addAction(action)
                last = spec.menu
            self.actions_by_id[spec.id] = action
        # On the map the key takes a vertex away, in other lists it is theirs.
        self.actions_by_id["delete_site"].setShortcutContext(Qt.WidgetWithChildrenShortcut)
        self.projects.view.addAction(self.actions_by_id["delete_site"])
        # In a field the key pastes words.
        self.actions_by_id["paste"].setShortcutContext(Qt.WidgetWithChildrenShortcut)
        self.projects.view.addAction(self.actions_by_id["paste"])
        self.panel_menu = QMenu(self)
        self.say(self.panel_menu.setTitle, "面板")
        for dock in self.docks.values():
            self.panel_menu.addAction(dock.toggleViewAction())
            # In front of the panels that it shares its place with; behind them it would look as if nothing had come.
            dock.toggleViewAction().triggered.connect(
                lambda on, one=dock: self.open_dock(one.objectName().removeprefix("dock_")) if on else None)
        self.panel_menu.addAction(self.toolbar.toggleViewAction())
        menus["view"].insertMenu(self.actions_by_id["panels"], self.panel_menu)
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Preferred)
        self.toolbar.addWidget(spacer)
        self._judging = [self.toolbar.addWidget(self.day_label), self.toolbar.addWidget(self.day),
                         *(self.actions_by_id[name] for name in ("judge", "judge_all"))]
        self._bar_is_short: bool | None = None
        self._arrange_bar()
        self.toolbar.resized.connect(self._arrange_bar, Qt.QueuedConnection)
        self.menus = menus
        for part in self.parts:
            part.menu_ready()

    def _arrange_bar(self) -> None:
        """Day and judging stand at the right, where the bar has room for all; else before the tools, which hide behind » instead."""
        short = self.toolbar.sizeHint().width() > self.toolbar.width() and self._bar_is_short is not None
        if short == self._bar_is_short:
            return
        self._bar_is_short, there = short, self.toolbar.actions()
        before = there[there.index(self.actions_by_id["undo"]) - 1] if short else None  # the line between
        for action in self._judging:
            self.toolbar.insertAction(before, action)
            button = self.toolbar.widgetForAction(action)
            if isinstance(button, QToolButton):
                button.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)

    def _tip(self, spec: Any) -> str:
        text = _(spec.tip) if spec.tip else _(spec.text).rstrip("…")
        return text + self._key_words(spec.id)

    def _key_words(self, name: str) -> str:
        """The shortcut of an action in brackets, or '' where it has none."""
        keys = keys_of(self.settings.keys, name)
        return aside(QKeySequence(keys[0]).toString(QKeySequence.NativeText)) if keys else ""

    def set_keys(self, own: dict[str, list[str]]) -> None:
        """Use other shortcuts from now on, and remember them."""
        self.settings.keys = own
        for spec in ACTIONS:
            action = self.actions_by_id[spec.id]
            action.setShortcuts([QKeySequence(key) for key in keys_of(own, spec.id)])
            action.setToolTip(self._tip(spec))
        for table in self.findChildren(TableDialog, options=Qt.FindDirectChildrenOnly):
            table.set_keys(own)
        self._undo_words()

    def ask_keys(self) -> Keys:
        """Show what can be done, with its keys; does not wait."""
        dialog = Keys(self.settings.keys, self)
        dialog.changed.connect(self.set_keys)
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()
        return dialog

    def set_theme(self, name: str) -> None:
        """Dress the window light or dark, or as the desktop is, and remember it."""
        self.settings.theme = name
        self.portions.forget()
        theme.apply(QApplication.instance(), name, self.portions.add)
        self.actions_by_id[f"theme_{name}"].setChecked(True)
        self.portions.add(lambda one: one.retranslate(), self._speakers())  # what is told in colours is told again
        self._undo_words()
        self.show_title()

    def _speakers(self) -> list[Any]:
        """The window and what is in it that says anything, what is seen first."""
        found = [widget for widget in (self, *self.findChildren(QWidget)) if isinstance(widget, Speaker)]
        return sorted(found, key=lambda widget: not widget.isVisible())

    def _connect(self) -> None:
        session = self.session
        for signal in (session.opened, session.layersChanged, session.sitesChanged):
            signal.connect(self.update_actions)
        session.currentChanged.connect(lambda _id: self.update_actions())
        session.resultsChanged.connect(lambda _ids: self.update_actions())
        session.siteChanged.connect(lambda _id: self.update_actions())
        session.opened.connect(self._show_page)
        session.undo_stack.cleanChanged.connect(lambda _clean: self.show_title())
        session.unsavedChanged.connect(self.show_title)
        session.undo_stack.indexChanged.connect(lambda _index: self._undo_words())
        session.opened.connect(self.show_title)
        self.welcome.asked.connect(self.do)
        self.welcome.openAsked.connect(lambda path: self.files.open(Path(path)))
        self.welcome.forgetAsked.connect(lambda path: (self.settings.forget(path), self.recent_changed()))
        self.welcome.pinAsked.connect(lambda path, on: (self.settings.pin(path, on), self.recent_changed()))
        self.layers.currentLayer.connect(lambda _key: self.update_actions())
        self.layers.asked.connect(self._layer_asked)
        self.day.dateChanged.connect(lambda _day: (self._show_day(), self.verdict.set_day(self.on), session.set_day(self.on)))
        self.verdict.set_day(self.on)
        session.set_day(self.on)
        self.projects.zoomAsked.connect(lambda site_id: self.map and self.map.zoom_to_site(site_id))
        self.projects.judgeAsked.connect(self.judge)
        self.projects.removeAsked.connect(self.session.remove_sites)
        self.verdict.outcomePicked.connect(lambda outcome: self.map and self.map.show_outcome(outcome))
        self.verdict.evidencePicked.connect(lambda one: self.map and self.map.show_evidence([one]))
        self.verdict.attributeAsked.connect(self._show_field)
        self.verdict.overrideAsked.connect(self.rules.override)
        self.verdict.judgeAsked.connect(lambda: self.do("judge"))
        self.identify.copyAsked.connect(self.copyAsked)
        self.identify.set_only(self.settings.identify_current)
        self.identify.onlyChanged.connect(lambda only: setattr(self.settings, "identify_current", only))
        self.layers.currentLayer.connect(self.identify.set_current)
        self.identify.featurePicked.connect(lambda key, row: self.map and self.map.highlight_feature(key, row))
        self.identify.zoomAsked.connect(lambda key, row: self.map and self.map.zoom_to_feature(key, row))
        self.status.formatChanged.connect(lambda name: setattr(self.settings, "coordinate_format", name))
        self.status.scaleAsked.connect(lambda scale: self.canvas and self.canvas.set_scale(scale))
        self.status.crsAsked.connect(self.ask_crs)
        self.status.unseenAsked.connect(self.layers.show_unseen)
        self.layers.unseen.connect(self.status.set_unseen)
        self.status.cancelAsked.connect(self.work.cancel)
        self.work.started.connect(self._running)
        self.work.progressed.connect(self.status.set_progress)
        self.work.failed.connect(self.show_error)
        self.looks.failed.connect(self.show_error)
        session.refused.connect(self.show_error)
        session.steps.work = self.work
        session.steps.said.connect(self.tell)
        self.files.said.connect(self.tell)
        self.recent_menu.aboutToShow.connect(self._fill_recent)

    # -- start -----------------------------------------------------------------------------------------------------
    def _loaded(self) -> None:
        self.ready = True
        self.welcome.set_ready(True)
        self.recent_changed()
        if self._open_path is None:
            self.welcome.take_focus()
        from gui.map_view import MapView

        self.canvas = self._make_canvas()
        self.canvas.setObjectName("canvas")
        self.say(self.canvas.setAccessibleName, "地图")
        self.stack.addWidget(self.canvas)
        self.map = MapView(self.session, self.engine, self.canvas, self._make_layer, self.passing, self)
        self.map.drawn.connect(self.add_site)
        for part in self.parts:
            part.map_ready()
        self.map.identified.connect(self._identified)
        self.canvas.cursorMoved.connect(self.status.set_place)
        self.canvas.placeLost.connect(self.status.forget_place)
        self.canvas.viewChanged.connect(self._view_changed)
        self.canvas.sketchChanged.connect(self._sketch)
        self.canvas.siteDragged.connect(lambda tool: self.form.show_measures(None) if tool is None else None)
        self.canvas.stepsChanged.connect(self._undo_words)
        for signal, slot in (("notice", self.status_message), ("toolChanged", self._tool_changed),
                             ("layerFailed", self._layer_failed)):
            if hasattr(self.canvas, signal):
                getattr(self.canvas, signal).connect(slot)
        self.actions_by_id["pan"].setChecked(True)
        self.layers.rebuild()
        self._show_page()
        self.update_actions()
        if self._open_path is not None:
            self.files.open(self._open_path)
        else:
            self.recovery.offer_at_start()

    def _show_page(self) -> None:
        # A page that is not seen asks for no room: on a small screen the first page would keep the window too tall.
        self.welcome.setSizePolicy(*([QSizePolicy.Preferred if self.session.workspace is None else QSizePolicy.Ignored] * 2))
        self.stack.updateGeometry()
        before = self.stack.currentWidget()
        if self.session.workspace is None:
            self.stack.setCurrentWidget(self.welcome)
        else:
            self.stack.setCurrentWidget(self.canvas if self.canvas is not None else self.waiting)
        there = self.session.workspace is not None and self.canvas is not None
        self.status.set_map(there)
        if self.canvas is not None and not there:
            self.canvas.put_away()
        if self.session.workspace is None and self._parked is None:
            self._parked = self.saveState()
            for dock in self.docks.values():
                dock.hide()
        elif self.session.workspace is not None and self._parked is not None:
            self.restoreState(self._parked)
            self._parked = None
            QTimer.singleShot(0, self.fit)
        # From the first page there is nothing else to be on, and Qt's first choice is the day: a key would change it.
        # Later whoever is typing, a day for instance, stays there.
        if there and (before is not self.canvas or self.focusWidget() in (None, self, self.stack)):
            self.canvas.setFocus(Qt.OtherFocusReason)

    def recent_changed(self) -> None:
        """Show the recent workspaces as they now are."""
        self.welcome.set_recent(self.settings.recent, self.settings.pinned)

    def _fill_recent(self) -> None:
        self.recent_menu.clear()
        for text in self.settings.recent:
            action = self.recent_menu.addAction(text)
            action.setEnabled(Path(text).exists() and self.ready)
            action.triggered.connect(lambda _checked=False, one=text: self.files.open(Path(one)))
        if not self.settings.recent:
            self.recent_menu.addAction(_("还没有打开过工作区")).setEnabled(False)

    # -- language --------------------------------------------------------------------------------------------------
    def apply_language(self, name: str) -> None:
        """Speak another language from now on, everywhere and without a new start."""
        set_language(name)
        app = QApplication.instance()
        if self._translator is not None:
            app.removeTranslator(self._translator)
            self._translator = None
        # Months and days of a calendar; the window's own widgets follow it.
        QLocale.setDefault(QLocale(QLocale.Chinese, QLocale.China) if name == "zh" else QLocale(QLocale.English, QLocale.UnitedStates))
        self.setLocale(QLocale())
        if name == "zh":
            self._translator = QTranslator(self)
            self._translator.load("qtbase_zh_CN", QLibraryInfo.location(QLibraryInfo.TranslationsPath))
            app.installTranslator(self._translator)
        self.actions_by_id["chinese" if name == "zh" else "english"].setChecked(True)
        for widget in self._speakers():
            widget.retranslate()
        # Qt words these when it makes them and never again. To ask for those of a name takes as long as to ask for all.
        words = {"qt_dockwidget_floatbutton": N_("浮动"), "qt_dockwidget_closebutton": N_("关闭"),
                 "ScrollLeftButton": N_("向左"), "ScrollRightButton": N_("向右")}
        for button in self.findChildren(QAbstractButton):
            text = words.get(button.objectName())
            if text is not None:
                button.setToolTip(_(text))
                button.setAccessibleName(_(text))
                button.setAccessibleDescription("")
        for i in range(self.session.undo_stack.count()):
            command = self.session.undo_stack.command(i)
            if isinstance(command, Change):
                command.retranslate()
        self.status.clearMessage()
        self._undo_words()
        self.show_title()
        if self.canvas is not None:
            self.canvas.update()

    def choose_language(self, name: str) -> None:
        """Change the language and remember it."""
        self.settings.language = name
        self.apply_language(name)

    def _undo_words(self) -> None:
        for name, (text, able, _why) in self._steps().items():
            action = self.actions_by_id[name]
            action.setText(f"{_(BY_ID[name].text)} {text}".strip())
            action.setToolTip(action.text() + self._key_words(name))
            action.setEnabled(able)
        self.show_title()

    def _steps(self) -> dict[str, tuple[str, bool, str]]:
        """What undo and redo would do now, whether they can, and why not: points of a sketch under way go before steps of the document."""
        stack = self.session.undo_stack
        back, again = (stack.undoText(), stack.canUndo(), MISSING["undo"]), (stack.redoText(), stack.canRedo(), MISSING["redo"])
        if self.canvas is None:
            return {"undo": back, "redo": again}
        if self.canvas.dragging:
            back = again = ("", False, N_("请先放下正在拖动的用地或顶点"))
        down, taken = self.canvas.points()
        if down:
            back, again = (_("草图的点"), True, ""), ("", False, N_("草图没有可以重做的点"))
        if taken:
            again = (_("草图的点"), True, "")
        return {"undo": back, "redo": again}

    def show_title(self) -> None:
        """Name of the workspace, with a star while something is unsaved."""
        path = self.session.path
        name = "" if path is None else str(path) if path in self.files.copies else path.stem
        star = "*" if self.session.dirty else ""
        self.setWindowTitle(f"{name}{star} — {_('三线')}" if name else _("三线 · 项目选址研判"))

    # -- what can be done ------------------------------------------------------------------------------------------
    def update_actions(self) -> None:
        """Enable what can be used now."""
        open_ = self.ready and self.session.workspace is not None
        have = {
            "": True, "ready": self.ready, "workspace": open_, "site": open_ and self.session.current is not None,
            "sites": open_ and bool(self.session.sites), "layer": open_ and bool(self.layers.current_key()),
            "row": open_ and bool(self.layers.current_group()),
            "result": open_ and any(site.result is not None for site in self.session.sites),
            "running": self.work.running, **{name: able for name, (_text, able, _why) in self._steps().items()},
        }
        for spec in ACTIONS:
            self.actions_by_id[spec.id].setEnabled(have[spec.needs])
        self.recent_menu.setEnabled(self.ready)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A shortcut of what cannot be done now says what is missing; Qt would let it pass in silence."""
        pressed = QKeySequence(int(event.modifiers() & ~Qt.KeypadModifier) | event.key()) if event.key() > 0 else QKeySequence()
        for spec in ACTIONS:
            action = self.actions_by_id[spec.id]
            if not action.isEnabled() and any(pressed == one for one in action.shortcuts()):
                need = "ready" if not self.ready else "workspace" if self.session.workspace is None else spec.needs
                why = self._steps()[need][2] if need in ("undo", "redo") else MISSING[need]
                self.status.showMessage(named(_(spec.text).rstrip("…"), _(why)), 8000)
                return
        super().keyPressEvent(event)

    def do(self, name: str) -> None:
        """Do the action of that id."""
        layer = self.session.layer(self.layers.current_key()) if name in OF_FEATURES else None
        if layer is not None and (layer.raster is not None or layer.frame is None):
            why = N_("“{layer}”是栅格，没有要素") if layer.raster is not None else N_("“{layer}”还没有读出要素")
            self.status.showMessage(named(_(BY_ID[name].text).rstrip("…"), layer.error or _(why).format(layer=layer.name)), 8000)
            return
        if name in TOOLS:
            self.use_tool(name)
        elif name in self.jobs:
            self.jobs[name]()
        else:
            self._layer_asked(name, self.layers.current_key())

    def _build_jobs(self) -> None:
        self.jobs: dict[str, Callable[[], Any]] = {
            "new": self.files.ask_new, "open": self.files.ask_open, "save": self.files.save,
            "save_as": self.files.ask_save_as, "demo": self.files.open_demo, "close": self.files.close,
            "import_projects": self.files.ask_projects, "export": self.files.ask_export, "quit": self.close,
            "undo": lambda: self._step(False), "redo": lambda: self._step(True),
            "coordinates": self.ask_coordinates, "delete_site": self._delete_sites,
            "full": lambda: self.canvas.zoom_full(), "refresh": lambda: self.canvas.refresh(),
            "pause_drawing": lambda: self.canvas.set_paused(self.actions_by_id["pause_drawing"].isChecked()),
            "zoom_site": lambda: self.map.zoom_to_site(self.session.current_id),
            "next_panel": lambda: self.walk_panels(1), "last_panel": lambda: self.walk_panels(-1),
            "panels": self.toggle_panels, "fullscreen": self._fullscreen, "add_layer": self.files.ask_layer,
            "show_all": lambda: self.session.set_all_visible(True),
            "hide_all": lambda: self.session.set_all_visible(False),
            "judge": lambda: self.judge([self.session.current_id]),
            "judge_all": lambda: self.judge([site.id for site in self.session.sites]), "cancel": lambda: self.work.cancel(),
            "chinese": lambda: self.choose_language("zh"), "english": lambda: self.choose_language("en"),
            "rule_manager": self.rules.manage, "clause_review": self.rules.review, "override": self.rules.override,
            "rule_folders": self.ask_rule_folders, "reset_layout": self.reset_layout,
            "keys": self.ask_keys, "about": lambda: About(self).exec_(),
            "reports_folder": self._open_reports, "theme_system": lambda: self.set_theme("system"),
            "theme_light": lambda: self.set_theme("light"), "theme_dark": lambda: self.set_theme("dark"),
        }
        for part in self.parts:
            self.jobs.update(part.jobs())

    def _step(self, again: bool) -> None:
        """Take a step back, or do it again, and say which: it may be out of sight."""
        name, stack = "redo" if again else "undo", self.session.undo_stack
        words, able, why = self._steps()[name]
        if not able:
            self.status.showMessage(named(_(BY_ID[name].text), _(why)), 8000)
            return
        if self.canvas is not None and self.canvas.step(again):
            said = _("已重做草图的一个点，现有 {count} 个点") if again else _("已撤销草图的一个点，还有 {count} 个点")
            self.status.showMessage(said.format(count=self.canvas.points()[0]), 8000)
            return
        if self.canvas is not None and not again and any(self.canvas.points()):
            self.canvas.cancel_sketch()  # all its points are taken back: what comes now is older than they are
        (stack.redo if again else stack.undo)()
        if words:
            self.status.showMessage((_("已重做：{step}") if again else _("已撤销：{step}")).format(step=words), 8000)

    def walk_panels(self, step: int) -> None:
        """Put the keyboard into the next panel that can be seen, or the map; where it was before in there."""
        places: list[QWidget] = [self.stack, *(dock for dock in self.docks.values()
                                               if dock.isVisible() and not dock.visibleRegion().isEmpty())]
        focus = QApplication.focusWidget()
        here = next((i for i, place in enumerate(places) if focus is not None and place.isAncestorOf(focus)), -1 if step > 0 else 0)
        if focus is not None and here >= 0:
            places[here].setProperty("last_focus", focus)
        for away in range(1, len(places) + 1):
            if take_keyboard(places[(here + step * away) % len(places)]):
                return

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab, and Qt where what had the keyboard is hidden or disabled: past the panels behind others, whose fields nobody sees."""
        held = self.focusWidget()
        if held is not None and held is not self and held.isVisible() and held.isEnabled():
            stop = next_stop(self, held, forward)
            reason = Qt.TabFocusReason if forward else Qt.BacktabFocusReason
        else:  # taken from the person: near by, else the map. Qt's choice may be the day, which a stray key would change
            dock = next((one for one in self.docks.values() if held is not None and one.isAncestorOf(held)), None)
            stop = next_stop(self, held, True, dock) if dock is not None and held is not None else None
            if stop is None and self.canvas is not None and self.stack.currentWidget() is self.canvas:
                stop = self.canvas
            elif stop is None:
                stop = next_stop(self, self.stack, True, self.stack)
            reason = Qt.OtherFocusReason
        if stop is None:
            return False
        stop.setFocus(reason)
        return True

    def event(self, event: QEvent) -> bool:
        held = self.focusWidget() if event.type() == QEvent.WindowActivate else None
        if held is not None and held is not self and not held.isVisible():
            # Hidden while a dialog had the keyboard: Qt would go to the next field, were it the name of a project in a panel behind.
            self.focusNextPrevChild(True)
        return super().event(event)

    def use_tool(self, name: str) -> None:
        """Take up a tool of the map."""
        self.actions_by_id[name].setChecked(True)
        self.canvas.set_tool(TOOLS[name])
        self.status.set_sketch()
        self.status_message(together(map(_, TOOL_HINTS.get(TOOLS[name], ()))))
        self.canvas.setFocus(Qt.OtherFocusReason)

    def _tool_changed(self, tool: str) -> None:
        self.status.set_sketch()
        for name, one in TOOLS.items():
            if one == tool:
                self.actions_by_id[name].setChecked(True)
        held = self.actions_by_id["pan"].actionGroup()
        if tool not in TOOLS.values() and (former := held.checkedAction()) is not None:
            # A tool without a button: the former one's, still pressed, would say what a click does not do.
            held.setExclusive(False)
            former.setChecked(False)
            held.setExclusive(True)

    def toggle_panels(self) -> None:
        """Hide every panel, or bring back those that were hidden this way."""
        shown = [dock for dock in self.docks.values() if not dock.isHidden()]
        if shown:
            self._hidden_docks = shown
            for dock in shown:
                dock.hide()
        else:
            for dock in self._hidden_docks or self.docks.values():
                dock.show()

    def _fullscreen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowFullScreen)

    def reset_layout(self) -> None:
        """Panels and toolbar as the program came with."""
        self.settings.forget_layout()
        for wait in (0, 300):  # ms; a panel may have pushed the window past the screen, and goes in a moment
            QTimer.singleShot(wait, self.fit)
        if self._parked is not None:
            self._parked = self._default_state
            return
        self.restoreState(self._default_state)
        for name, dock in self.docks.items():
            dock.setVisible(name not in self._quiet_docks())

    def _open_reports(self) -> None:
        self.settings.folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.settings.folder)))

    # -- layers ----------------------------------------------------------------------------------------------------
    def _layer_asked(self, action: str, key: str) -> None:
        layer = self.session.layer(key)
        if layer is None:
            if action == "rename_layer":
                self.jobs["rename_group"]()
            return
        if action in self.jobs:  # of a part, which works on the current layer
            self.layers.select(key)
            self.jobs[action]()
        elif action == "zoom_layer":
            if self.canvas is not None and (layer.frame is not None or layer.raster is not None):
                self.canvas.zoom_to_layer(key)
        elif action == "table":
            self.show_table(key)
        elif action == "table_selected":
            table = self.show_table(key)
            if table is not None:
                table.only.setChecked(True)
        elif action == "rename_layer" and layer.raster is None:
            name, given = QInputDialog.getText(self, _("重命名图层"), _("名称"), text=layer.name)
            if given and name.strip():
                self.rename_layer(key, name.strip())
        elif action == "colour_layer" and layer.raster is None:
            from PyQt5.QtGui import QColor

            former = QColor(layer.colour or self.engine.style(layer.role, own=layer.style).classes[0].fill)
            colour = QColorDialog.getColor(former, self, _("图层颜色"))
            if colour.isValid():
                self.session.set_look(key, colour=colour.name(), style=None)
        elif action == "colour_reset":
            self.session.set_look(key, colour=None, style=None)
        elif action == "remove_layer" and message.ask(
                self, _("移除图层"), _("从工作区移除图层“{layer}”？关闭工作区之前可以撤销，保存以后也可以。").format(layer=layer.name),
                _("移除")):
            self.session.remove_layer(key)

    def rename_layer(self, key: str, name: str) -> None:
        """Give a layer another name, unless another has it."""
        if any(layer.name == name and layer.key != key for layer in self.session.layers):
            message.tell_error(self, _("已有名为“{name}”的图层。").format(name=name))
        else:
            self.session.set_look(key, name=name)

    def show_table(self, key: str) -> TableDialog | None:
        """Open the attribute table of a layer."""
        layer = self.session.layer(key)
        if layer is None or layer.frame is None:
            return None
        dialog = TableDialog(layer, self.field_title, self.looks, self.work, self, Editing(self, layer))
        shown: list[object] = [None]  # the outline of the row that was looked at, which goes with the table

        def show(outline: object) -> None:
            shown[0] = outline

        dialog.rowPicked.connect(lambda one, row: show(self.map.highlight_feature(one, row)))
        dialog.zoomAsked.connect(lambda one, row: show(self.map.zoom_to_feature(one, row)))
        def follow(one: str, row: int) -> None:
            if shown[0] is not None and self.canvas.highlighted() is shown[0]:
                if row < 0:
                    self.canvas.clear_highlight(shown[0])
                show(self.map.highlight_feature(one, row) if row >= 0 else None)

        dialog.rowMoved.connect(follow)
        dialog.finished.connect(lambda _result: self.canvas.clear_highlight(shown[0]) if shown[0] is not None else None)
        dialog.zoomRowsAsked.connect(lambda one, rows: self.map.zoom_to_features(one, rows))
        dialog.copyAsked.connect(self.copyAsked)
        dialog.set_keys(self.settings.keys)
        dialog.rowsSelected.connect(lambda one, rows: self.map.select_of(one, rows))
        self.map.selected.connect(dialog.map_selected)
        dialog.map_selected(self.map.selection())
        dialog.follow_session(self.session)
        dialog.show()
        return dialog

    def tables_may_close(self) -> bool:
        """Ask about what is typed in a table and is no value, before the tables go; ``False`` to stay."""
        return all(table.may_close() for table in self.findChildren(TableDialog, options=Qt.FindDirectChildrenOnly) if table.isVisible())

    def field_title(self, role: str, name: str) -> str:
        """What people call a field of a layer."""
        return field_words(role, name) if self.ready else name

    def _layer_failed(self, key: str, why: str) -> None:
        layer = self.session.layer(key)
        if layer is not None and layer.error != why:
            layer.error = why
            self.layers.update_layer(key)
            self.tell(f"{layer.name}: {why}")

    # -- the map ---------------------------------------------------------------------------------------------------
    def _view_changed(self, scale: float, _extent: tuple) -> None:
        self.status.set_scale(scale)
        self.layers.set_scale(scale)
        self.status.set_crs(self.canvas.crs)

    def _sketch(self, sketch: dict) -> None:
        self.status.set_sketch(float(sketch.get("area_m2") or 0), float(sketch.get("length_m") or 0), sketch.get("units", UNITS))
        if self.canvas.dragging:
            self.form.show_measures(sketch)

    def _identified(self, hits: Any, place: Any) -> None:
        self.identify.show_hits(hits, place)
        self.show_dock("identify")

    def ask_crs(self) -> SystemDialog | None:
        """Choose the CRS of the map; does not wait for the answer."""
        if self.canvas is None:
            return None
        dialog = SystemDialog(f"EPSG:{self.canvas.crs}", self)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.set_crs(int(dialog.choice().removeprefix("EPSG:"))))
        dialog.open()
        return dialog

    def set_crs(self, epsg: int) -> None:
        """Draw in another CRS."""
        try:
            self.canvas.set_crs(epsg)
        except Exception as error:  # noqa: BLE001 - an unknown code is the person's to hear of
            self.show_error(error)
            return
        self.status.set_crs(self.canvas.crs)
        self.map.show_sites()

    # -- projects --------------------------------------------------------------------------------------------------
    def add_site(self, geometry: Any, crs: str) -> None:
        """Make a project of an outline and open its form."""
        site_id = self.session.free_id()
        kept = self.session.crs_of_new(crs)
        geometry, crs = self.engine.transform(geometry, crs, kept), kept
        self.status.set_sketch()
        self.session.add_sites([Site(site_id, _("新项目 {id}").format(id=site_id), geometry, crs)])
        self.projects.reveal(site_id)
        self.show_dock("form")
        self.form.name.setFocus()
        self.form.name.selectAll()

    def ask_coordinates(self) -> CoordinatesDialog:
        """Ask for typed or pasted coordinates; does not wait for the answer."""
        dialog = CoordinatesDialog(self.engine, self.canvas.crs, self.looks, self, self.session.crs_of_new)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        if self._typed[0] is self.session.workspace and self._typed[1]:
            dialog.put(self._typed[1])

        def kept(result: int) -> None:
            text = "" if result == CoordinatesDialog.Accepted else dialog.text.toPlainText()
            self._typed = (self.session.workspace, text if text.strip() else "")
            if self._typed[1]:
                self.status.showMessage(_("没有添加；写下的坐标留着，再打开“输入坐标”时还在。"), 8000)

        def take() -> None:
            self.add_site(dialog.geometry, dialog.crs)
            self.map.zoom_to_site(self.session.current_id)

        dialog.finished.connect(kept)
        dialog.accepted.connect(take)
        dialog.open()
        return dialog

    def _delete_sites(self) -> None:
        ids = self.projects.selected_ids()
        if not ids:
            self.tell(_("先在项目列表里选中要删除的项目"))
            return
        before = len(self.session.sites)
        self.session.remove_sites(ids)
        self.tell(_("已删除 {count} 个项目，可以撤销").format(count=f"{before - len(self.session.sites):,}"))

    def _show_field(self, name: str) -> None:
        self.show_dock("form")
        self.form.show_field(name)

    def commit_typing(self) -> None:
        """Take over what is still being typed."""
        self.form.commit()
        self.day.finish()

    # -- screening -------------------------------------------------------------------------------------------------
    @property
    def on(self) -> date:
        """The day whose law counts."""
        return self.day.date().toPyDate()

    def take_day(self, day: date | None) -> None:
        """Ask about the day that a workspace was last asked about; ``None``: it knows none, and that of the one before is not its own."""
        if day is None and self._day_taken and self.on != self.today:
            self.tell(_("判定基准日回到今天（{day}）：上一个工作区的基准日不带过来").format(day=self.today.isoformat()))
        if day is not None or self._day_taken:
            wanted = day or self.today
            self.day.setDate(QDate(wanted.year, wanted.month, wanted.day))
        self._day_taken = True

    def _day_words(self) -> str:
        return ("" if self.on == self.today else " ⚠") + _(" 判定基准日 ")

    def _day_tip(self) -> str:
        tip = _("判定基准日：按这一天施行的法律和清单研判")
        return tip if self.on == self.today else "\n".join([tip, _("⚠ 不是今天（{today}）").format(today=self.today.isoformat())])

    def _show_day(self) -> None:
        """A day that is not today is seen to be none."""
        self.day_label.setText(self._day_words())
        self.day.setToolTip(self._day_tip())
        self.day_label.setToolTip(self._day_tip())
        self.day.setAccessibleDescription(self._day_tip())
        theme.tone(self.day_label, "" if self.on == self.today else "doubt")

    def judge(self, ids: Sequence[str]) -> None:
        """Screen projects in another thread and show what came of them."""
        self.commit_typing()
        sites = [site for site in self.session.sites if site.id in set(ids)]
        path, workspace = self.session.path, self.session.workspace
        if not sites or path is None:
            return
        if (self.session.pending_removals or self.session.pending_restores) and not self._save_removals():
            return
        empty = [site.id for site in sites if site.geometry is None or site.geometry.is_empty]
        if empty:
            message.tell_error(self, _("项目 {ids} 没有用地边界，不能研判。").format(ids=listed(empty)))
            return
        if not self.session.look_again():
            return
        asked = [Site(site.id, site.name, site.geometry, site.crs, dict(site.attributes), origin=site.origin) for site in sites]
        engine, on, folders = self.engine, self.on, self.settings.rule_folders
        stamps = self.session.stamps({site.id for site in sites})

        def done(found: tuple[Any, dict[str, str]]) -> None:
            if self.session.workspace is not workspace:
                if self.session.path == path:
                    self.tell(_("研判期间重新打开了工作区，这次的结论没有采用"))
                return
            screening, self.verdict.levels = found
            self.session.set_results(screening, stamps)
            for before in asked:  # changed while it was being judged: the verdict is of what it was
                site = self.session.site(before.id)
                if site is not None and (site.attributes != before.attributes or site.geometry is not before.geometry):
                    site.stale = True
                    self.session.siteChanged.emit(site.id)
            self.show_dock("verdict")
            self.tell(_("研判完成：{count} 个项目，判定基准日 {day}").format(count=f"{len(screening.projects):,}", day=on.isoformat()))

        self.work.run(N_("研判"), lambda report: (
            engine.screen(path, asked, on=on, folders=folders, report=report), engine.rule_levels(path, folders)), done,
                      stopped=lambda: self.tell(_("研判已停止，结论没有改变。")))

    def _save_removals(self) -> bool:
        if not message.ask(self, _("先保存"), _("图层树上有移除或恢复的图层还没有保存，研判用的是文件里的图层。先保存再研判？"),
                           _("保存并研判")):
            return False
        return self.files.save()

    def ask_rule_folders(self) -> None:
        """Choose the folders of the person's own rule packs."""
        dialog = RuleFolders(self.settings.rule_folders, self)
        if dialog.exec_() == RuleFolders.Accepted:
            self.rules.store.set_folders(lambda folders: setattr(self.settings, "rule_folders", folders), dialog.folders())
        dialog.deleteLater()

    # -- telling ---------------------------------------------------------------------------------------------------
    def _running(self, title: str) -> None:
        self.status.set_running(title)
        self.update_actions()

    def tell(self, text: str) -> None:
        """Say something in the status bar and in the list of messages."""
        self.messages.appendPlainText(f"{datetime.now():%H:%M:%S}  {text}")  # noqa: DTZ005 - the person's clock
        self.status.showMessage(text, 8000)

    def status_message(self, text: str) -> None:
        """Say something in the status bar only."""
        self.status.showMessage(text, 0)

    def show_error(self, error: BaseException) -> None:
        """Say in one dialog what went wrong; what is a bug is reported as one."""
        if hasattr(error, "template") or isinstance(error, OSError):
            text = error_words(error) if hasattr(error, "template") else _("文件不能读写：{why}").format(why=error)
            self.tell(text)
            message.tell_error(self, text)
            return
        from gui.crash import write_report

        try:
            report: Path | None = write_report(self.settings.folder, type(error), error, error.__traceback__)
        except OSError:
            report = None
        self.tell(f"{type(error).__name__}: {error}")
        message.tell_crash(self, error, report)

    # -- coming and going ------------------------------------------------------------------------------------------
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.ready and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        QTimer.singleShot(0, lambda: self.files.incoming.add(paths))  # whoever dropped them is let go first

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.files.may_leave():
            event.ignore()
            return
        self.settings.keep_layout(self.saveGeometry(), self._parked or self.saveState())
        self.shutdown()
        super().closeEvent(event)

    def shutdown(self) -> None:
        """Stop every thread; nothing goes on in the background after this."""
        self._loader.wait()
        self.garbage.stop()
        self.portions.forget()
        self.work.shutdown()
        self.looks.shutdown()
        self.files.shutdown()
        self.recovery.clear()
        self.recovery.stop()
        for part in self.parts:
            part.shutdown()
        if self.canvas is not None:
            self.canvas.shutdown()
        if self._translator is not None:
            QApplication.instance().removeTranslator(self._translator)
            self._translator = None
        self.session.undo_stack.setClean()
        self.session.close()

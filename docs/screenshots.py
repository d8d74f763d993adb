"""Pictures of every panel and dialog, in both languages, at 100 % and 200 %, and the page that shows them.

    PYTHONPATH=. python docs/screenshots.py [--only NAME …] [--language zh] [--scale 1] [--out FOLDER]

Makes the made-up district, opens it in the real window, and writes ``docs/screenshots/LANGUAGE-SCALE/NAME.png`` and
``docs/screenshots.md``. Offscreen by default, where a screen has 800 × 800 pixels and dialogs keep within that; as on a
small laptop in an X server of such a size, with ``QT_QPA_PLATFORM=xcb`` (``Xvfb -screen 0 1366x768x24``, for 200 % twice that). A part that adds a panel or a dialog adds a
``Shot`` to ``SHOTS``: a name, what it shows in both languages, the classes that are in it, and a function that brings
it up and gives back the widget. ``tests/gui/test_screenshots.py`` wants every dialog class of ``gui`` in the list.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LANGUAGES, SCALES = ("zh", "en"), (1, 2)
DAY = date(2026, 11, 22)
COLOURS = {1: 80, 2: 40}
SITE = "SL-27"


class Stage:
    """The window with the demo in it, and what a shot needs to bring something up.

    Args:
        folder: For everything that is written.
        demo: Holds the made-up district, to be copied; without it the district is made.
        language: ``zh`` or ``en``.
        judge: The action by which projects are judged; ``judge`` for the one alone.
    """

    def __init__(self, folder: Path, demo: Path | None = None, language: str = "zh", *, judge: str = "judge_all") -> None:
        from PyQt5.QtCore import QRect, QSettings, Qt

        from gui.main_window import MainWindow
        from gui.settings import Settings

        self.folder, self.language, self._judge = folder, language, judge
        folder.mkdir(parents=True, exist_ok=True)
        if demo is not None:
            shutil.copytree(demo, folder / "demo")
        settings = Settings(QSettings(str(folder / "settings.ini"), QSettings.IniFormat))
        settings.language, settings.theme, settings.person = language, "light", "示例员" if language == "zh" else "A. Planner"
        self.window: Any = MainWindow(settings, today=DAY)
        self.window.room = lambda: QRect(0, 0, 1366, 800)  # the offscreen screen is smaller than any that people have
        self.window.setAttribute(Qt.WA_DontShowOnScreen, False)
        self.window.resize(1366, 768)
        self.window.show()
        self.until(lambda: self.window.ready)

    def until(self, done: Callable[[], bool], seconds: float = 120) -> None:
        """Live in the event loop until something is so, and a little longer."""
        from PyQt5.QtCore import QCoreApplication, QEventLoop

        end = time.monotonic() + seconds
        settled = 0
        while settled < 3:
            QCoreApplication.processEvents(QEventLoop.AllEvents)
            QCoreApplication.sendPostedEvents(None, 52)  # QEvent::DeferredDelete: closed dialogs go
            settled = settled + 1 if done() else 0
            if time.monotonic() > end:
                raise TimeoutError("it did not come to an end")
            time.sleep(0.01)

    def rest(self) -> None:
        """Wait until nothing runs, all has been told again after a change of theme or language, and the map is drawn."""
        window = self.window
        self.until(lambda: not window.work.running and not window.portions.waiting and (window.canvas is None or not window.canvas.busy))

    @property
    def open(self) -> bool:
        """Whether the demo is open."""
        return self.window.session.workspace is not None

    def demo(self) -> Any:
        """Open the demo and judge a project of it, unless that has been done; the window."""
        window = self.window
        if not self.open:
            window.do("demo")
            self.until(lambda: self.open and not window.work.running)
        site = self.site()
        if site.result is None:
            window.session.set_current(site.id)
            window.do(self._judge)
            self.rest()
        return window

    def site(self) -> Any:
        """The project that most shots are about: an outlet for industrial waste water, prohibited."""
        return next(one for one in self.window.session.sites if one.id == SITE)

    def layer(self, role: str) -> str:
        """The key of a layer by its role, made the current one."""
        key = next(one.key for one in self.window.session.layers if one.role == role)
        self.window.layers.select(key)
        return key

    def dock(self, name: str, wide: int = 0, high: int = 0) -> Any:
        """A panel alone, floating free so that it can have the size that it asks for."""
        window = self.demo()
        window.show_dock(name)
        self.rest()
        dock = window.docks[name]
        dock.setFloating(True)
        dock.resize(wide or max(dock.width(), 420), high or max(dock.height(), 520))
        self.rest()
        return dock

    def put_back(self) -> None:
        """Close what is open beside the window, and dock what floats."""
        from PyQt5.QtWidgets import QApplication, QDialog, QMessageBox

        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog | QMessageBox) and widget.isVisible():
                getattr(widget, "_leave", widget.close)()  # a table asks about a text that it refused
        for name, dock in self.window.docks.items():
            if dock.isFloating():
                dock.setFloating(False)
            dock.setVisible(name in ("layers", "verdict", "form", "identify", "projects"))
        if self.open:
            self.window.docks["verdict"].raise_()
            self.window.docks["projects"].raise_()
            self.window.canvas.clear_highlight()
        self.rest()

    def close(self) -> None:
        """End the window and its threads."""
        self.window.session.undo_stack.setClean()
        self.window.close()
        self.window.deleteLater()
        self.until(lambda: True)


@dataclass(frozen=True)
class Shot:
    """One picture.

    Attributes:
        name: Of the file.
        zh, en: What it shows.
        bring: Brings it up; gives back the widget.
        shows: Names of the classes that are seen in it.
        needs: A file of the program without which there is nothing to show.
    """

    name: str
    zh: str
    en: str
    bring: Callable[[Stage], Any]
    shows: tuple[str, ...] = ()
    needs: str = ""

    @property
    def there(self) -> bool:
        """Whether this copy of the program has what is shown."""
        return not self.needs or (HERE.parent / self.needs).exists()


# -- what has to be made before it can be shown --------------------------------------------------------------------------
def doubtful(stage: Stage) -> Path:
    """A shapefile as agencies send them: GBK without a word about it, no .prj, one shape that crosses itself."""
    import geopandas
    import shapely

    x, y = stage.window.engine.transform(stage.site().geometry.centroid, stage.site().crs, "EPSG:4548").coords[0]
    x, y = round(x, -3), round(y, -3) - 4000
    rows = [("临江化工园东片", "红线", 40.5), ("示例湿地", "红线", 12.25), ("南岭水源涵养区", "红线", 88.0)]
    shapes = [shapely.box(x + 3000 * at, y, x + 2000 + 3000 * at, y + 2000) for at in range(2)]
    shapes.append(shapely.Polygon([(x - 4000, y), (x - 1000, y + 2000), (x - 1000, y), (x - 4000, y + 2600)]))
    frame = geopandas.GeoDataFrame(rows, columns=["MC", "HXLX", "MJ"], geometry=shapes)
    path = stage.folder / "红线调整方案.shp"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has no CRS, and is to have none
        frame.to_file(path, encoding="gb18030")
    for suffix in (".cpg", ".prj"):
        path.with_suffix(suffix).unlink(missing_ok=True)
    return path


def import_page(page: str, role: str = "ecological_redline") -> Callable[[Stage], Any]:
    def bring(stage: Stage) -> Any:
        window = stage.demo()
        dialog = window.files.import_dialog(doubtful(stage))
        stage.until(lambda: dialog.preview is not None)
        dialog.role.setCurrentIndex(dialog.role.findData(role))
        if page == "shapes_page":
            dialog._choose_crs("EPSG:4548")
            dialog.place_page.confirm.setChecked(True)
            dialog._enable()
            dialog.accept()
            stage.until(lambda: dialog._reading is None)
            stage.rest()
        dialog.tabs.setCurrentWidget(getattr(dialog, page))
        stage.until(lambda: True)
        return dialog

    return bring


def verdict(stage: Stage) -> Any:
    window = stage.demo()
    stage.put_back()
    window.session.set_current(stage.site().id)
    window.do("zoom_site")
    stage.rest()
    window.canvas.zoom_out()
    window.canvas.zoom_out()
    shown = window.verdict.outcome_items()
    window.verdict.tree.setCurrentItem(shown[-1])
    window.verdict.tree.setCurrentItem(shown[0])  # anew, so that its evidence is on the map
    stage.rest()
    return window


def dark(stage: Stage) -> Any:
    window = verdict(stage)
    window.set_theme("dark")
    stage.rest()
    return window


def welcome(stage: Stage) -> Any:
    if stage.open:
        stage.window.session.undo_stack.setClean()
        stage.window.session.close()
    stage.rest()
    return stage.window


def tasks(stage: Stage) -> Any:
    """Files by a name that says something: the folder of this run says nothing to anybody."""
    said = stage.demo().messages
    said.setPlainText(said.toPlainText().replace(str(stage.folder), "/home/示例/三线" if stage.language == "zh" else "/home/planner"))
    return stage.dock("messages", 800, 320)


def menus(stage: Stage) -> Any:
    """All menus side by side."""
    from PyQt5.QtWidgets import QHBoxLayout, QLabel, QWidget

    window = stage.demo()
    sheet = QWidget(window)
    row = QHBoxLayout(sheet)
    for name in ("project", "edit", "view", "layer", "screen", "outlets", "settings", "help"):
        menu = window.menus[name]
        menu.popup(window.mapToGlobal(window.rect().center()))
        stage.until(lambda: True)
        label = QLabel()
        label.setPixmap(menu.grab())
        menu.close()
        row.addWidget(label, 0)
        row.setAlignment(label, row.alignment() | 0x20)  # Qt.AlignTop
    sheet.adjustSize()
    sheet.setWindowTitle(window.windowTitle())
    return sheet


def layout(stage: Stage) -> Any:
    window = verdict(stage)
    window.reset_layout()
    stage.rest()
    return window


def identify(stage: Stage) -> Any:
    from PyQt5.QtCore import QPointF

    window = verdict(stage)
    window.canvas.identify_at(QPointF(window.canvas.width() / 2, window.canvas.height() / 2))
    stage.rest()
    return stage.dock("identify", 440, 520)


def action(name: str, role: str = "", wide: int = 0, high: int = 0, kind: str = "") -> Callable[[Stage], Any]:
    """What an action opens, with a layer of ``role`` as the current one."""

    def bring(stage: Stage) -> Any:
        from PyQt5.QtWidgets import QApplication, QDialog

        window = stage.demo()
        window.session.set_current(stage.site().id)
        if role:
            stage.layer(role)
        window.do(name)
        stage.rest()
        found: list[Any] = []

        def there() -> bool:
            found[:] = [one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()
                        and kind in ("", type(one).__name__)]
            return bool(found)

        stage.until(there, 20)
        stage.rest()
        if wide:
            found[-1].resize(wide, high)
        stage.until(lambda: True)
        return found[-1]

    return bring


def table(stage: Stage) -> Any:
    dialog = stage.demo().show_table(stage.layer("discharge_outlet"))
    dialog.resize(1100, 560)
    stage.until(lambda: True)
    time.sleep(0.3)
    stage.rest()
    return dialog


def table_edited(stage: Stage) -> Any:
    """A layer of the person's own, a cell of which is being typed in; what was typed first was refused."""
    import geopandas
    from PyQt5.QtCore import Qt
    from PyQt5.QtTest import QTest
    from PyQt5.QtWidgets import QLineEdit

    from layers.read import Layer

    window, chinese = stage.demo(), stage.language == "zh"
    name = "我的踏勘点" if chinese else "My survey points"
    if window.session.layer(name) is None:
        shapes = window.session.layer(stage.layer("receptor")).frame.geometry.representative_point().iloc[:8]
        words = (("码头", "取水口", "渡口", "旧厂房") if chinese else ("wharf", "intake", "ferry", "old works"))
        frame = geopandas.GeoDataFrame({
            "name": [f"{words[i % 4]} {i + 1}" for i in range(8)], "depth_m": [1.5, None, 3.25, 0.0, 2.0, None, 1.0, 4.5],
            "count": [1, 2, 3, 4, 5, 6, 7, 8], "seen": [True, None, False, True, True, None, False, True]}, geometry=shapes.to_numpy(),
            crs=shapes.crs)
        window.session.workspace.add(Layer("reference", name, frame, Path("x.gpkg"), "0" * 64, None, ()))
        window.session.reload_layers()
        window.files.read_frames()
        stage.rest()
    dialog = window.show_table(name)
    dialog.resize(820, 420)
    stage.until(lambda: not window.looks.asking(("cells", id(dialog))))
    dialog.view.setCurrentIndex(dialog.model.index(2, dialog.model.columns.index("count")))
    QTest.keyClick(dialog.view, Qt.Key_F2)
    field = next(one for one in dialog.view.findChildren(QLineEdit) if one.isVisible())
    field.setText("2.5")
    QTest.keyClick(field, Qt.Key_Return)
    stage.rest()
    return dialog


def go_to(stage: Stage) -> Any:
    window = stage.demo()
    dialog = window.parts[0].go_to()
    dialog.text.setText("长江")
    stage.rest()
    time.sleep(0.3)
    stage.rest()
    return dialog


def bookmarks(stage: Stage) -> Any:
    window = stage.demo()
    part = window.parts[0]
    for name in (("北港岸线", "工业园", "库区") if stage.language == "zh" else ("North bank", "Industrial park", "Reservoir")):
        if not any(one["name"] == name for one in part.bookmarks()):
            part.add_bookmark(name)
    return part.manage()


def rules_tab(number: int) -> Callable[[Stage], Any]:
    from PyQt5.QtWidgets import QTabWidget

    def bring(stage: Stage) -> Any:
        stage.demo()
        dialog = stage.window.rules.manage()
        dialog.findChild(QTabWidget).setCurrentIndex(number)
        stage.rest()
        return dialog

    return bring


def add_pack(stage: Stage) -> Any:
    stage.demo()
    dialog = stage.window.rules.manage()
    return dialog.packs.add_folder(HERE.parent / "examples" / "rule-pack")


def sheet(stage: Stage) -> Any:
    dialog = action("layout")(stage)
    stage.until(lambda: True)
    time.sleep(1.5)
    stage.rest()
    stage.until(lambda: True)
    return dialog


def bearing(stage: Stage) -> Any:
    window = stage.demo()
    window.do("draw_polygon")
    return action("bearing")(stage)


def outlet_docks(name: str, wide: int, high: int) -> Callable[[Stage], Any]:
    def bring(stage: Stage) -> Any:
        window = stage.demo()
        part = next(one for one in window.parts if type(one).__name__ == "OutletsPart")
        part.open()
        if name == "outlet_board":
            part.open_board()
        stage.until(lambda: part.data is not None and not window.work.running)
        if name == "outlet":
            part.show_outlet(part.data.rows[0].outlet.id if hasattr(part.data.rows[0], "outlet") else part.data.rows[0].id)
        stage.rest()
        return stage.dock(name, wide, high)

    return bring


def outlet_preview(stage: Stage) -> Any:
    from PyQt5.QtWidgets import QApplication

    window = stage.demo()
    part = next(one for one in window.parts if type(one).__name__ == "OutletsPart")
    part.open()
    stage.until(lambda: part.data is not None and not window.work.running)
    outlet = part._register()[0]
    path = stage.folder / "update.csv"
    path.write_text(f"排污口编码,名称\n{outlet.id},改过的名称\n没有的编码,无\n", encoding="utf-8-sig")
    part.preview_update(path)
    stage.rest()
    return next(one for one in QApplication.topLevelWidgets() if type(one).__name__ == "PreviewDialog" and one.isVisible())


def findings(stage: Stage) -> Any:
    """What the check finds after a doubtful layer came in."""
    from gui.engine import UNHEARD

    window = stage.demo()
    if not any(one.name == "红线调整方案" for one in window.session.layers):
        layer = window.engine.read_layer(doubtful(stage), "ecological_redline", UNHEARD, crs="EPSG:4548", repair="tell").layer
        window.engine.add_layer(window.session.workspace, layer)
        window.session.reload_layers()
        window.files.read_frames()
        stage.rest()
    window.do("findings")
    window.do("check")
    stage.rest()
    return stage.dock("findings", 1100, 400)


def panel_after(job: str, name: str, wide: int, high: int) -> Callable[[Stage], Any]:
    """A panel after an action."""

    def bring(stage: Stage) -> Any:
        stage.demo().do(job)
        stage.rest()
        return stage.dock(name, wide, high)

    return bring


def measured(stage: Stage) -> Any:
    """An area, measured."""
    import numpy as np

    window = stage.demo()
    window.do("measure_area")
    left, bottom, right, top = window.canvas.extent()
    for x, y in np.array([(0.3, 0.3), (0.7, 0.35), (0.6, 0.7), (0.35, 0.6)]):
        window.canvas._tool.add((left + x * (right - left), bottom + y * (top - bottom)))
    window.canvas._tool.finish()
    stage.rest()
    return stage.dock("measure", 420, 360)


def batch(stage: Stage) -> Any:
    from gui.panels.batch import BatchPart
    from layers.workspace import Workspace
    from sanxian.batch import run_batch

    window, out = stage.demo(), stage.folder / "batch.parquet"
    with Workspace.open(window.session.path, readonly=True) as workspace:
        run_batch(workspace, window.session.path.parent / "projects.gpkg", out, on=DAY)
    part = next(one for one in window.parts if isinstance(one, BatchPart))
    part.open(out)
    stage.until(lambda: part.panel.model is not None and part.panel.model.rowCount() > 0, 20)
    part.panel.select([0])
    return stage.dock("batch", 1200, 420)


def style(stage: Stage) -> Any:
    window = stage.demo()
    stage.layer("control_unit")
    window.do("style_panel")
    stage.rest()
    return stage.dock("style", 440, 700)


def box(kind: str) -> Callable[[Stage], Any]:
    def bring(stage: Stage) -> Any:
        from gui.dialogs import message
        from sanxian.i18n import _

        window = stage.demo()
        if kind == "error":
            return message.tell_error(window, _("请先打开或新建一个工作区，再导入“{file}”。").format(file="红线.shp"))
        if kind == "crash":
            return message.tell_crash(window, ValueError("example"), Path("sanxian") / "crash-2026-11-22.txt")
        if kind == "recover":
            return message.ask_recover(window, "示例区", "2026-11-22 10:15", 3)
        return message.tell_done(window, _("研判报告已写好，写入 {count} 个项目。").format(count=8), Path("示例区") / "report.docx")

    return bring


def of_class(name: str, path: str, *args: Any) -> Callable[[Stage], Any]:
    """A dialog that needs nothing from the window but to stand on it."""

    def bring(stage: Stage) -> Any:
        import importlib

        dialog = getattr(importlib.import_module(path), name)(*args, stage.demo())
        dialog.show()
        stage.until(lambda: True)
        return dialog

    return bring


_SHOTS: tuple[Shot, ...] = (
    Shot("welcome", "首页：示范区、打开、新建、最近的工作区", "First page: demo, open, new, recent workspaces", welcome, ("Welcome",)),
    Shot("window", "主窗口：示范区中一个被禁止的项目，依据和量得的距离", "The window: a prohibited project of the demo, with basis and distance",
         verdict, ("MainWindow", "VerdictPanel", "LayersPanel", "ProjectsPanel")),
    Shot("window-dark", "主窗口，深色外观", "The window, dark", dark, ("MainWindow",)),
    Shot("menus", "所有菜单", "All menus", menus),
    Shot("layers", "图层列表", "Layers", lambda stage: stage.dock("layers", 340, 640), ("LayersPanel",)),
    Shot("verdict", "研判结果：按维度和等级排列，附依据与理由", "Verdict: by dimension and level, with basis and reasoning",
         lambda stage: (verdict(stage), stage.dock("verdict", 480, 700))[1], ("VerdictPanel", "Reviewed")),
    Shot("form", "项目属性：行业、性质、污水去向；未知与“否”分开", "Project form: industry, nature, waste water; unknown is not no",
         lambda stage: stage.dock("form", 460, 700), ("SiteForm",)),
    Shot("identify", "识别：一处各图层的要素", "Identify: features of every layer at a place", identify, ("IdentifyPanel",)),
    Shot("projects", "项目列表", "Projects", lambda stage: stage.dock("projects", 900, 300), ("ProjectsPanel",)),
    Shot("tasks", "任务与消息", "Tasks and messages", tasks, ("TaskList",)),
    Shot("outlets", "排污口台账", "Register of discharge outlets", outlet_docks("outlets", 1100, 420), ("OutletsPanel",)),
    Shot("outlet", "一个排污口的卡片：环节、证据、水质", "One outlet: stages, evidence, water quality", outlet_docks("outlet", 480, 760),
         ("OutletCard", "Spark")),
    Shot("outlet-board", "排污口看板：带分母的指标", "Outlet dashboard: indicators with their denominators", outlet_docks("outlet_board", 900, 640),
         ("BoardPanel", "Bars", "Lines")),
    Shot("outlet-preview", "批量更新台账前的预览", "Before a table changes the register", outlet_preview, ("PreviewDialog",)),
    Shot("import-preview", "导入一个有疑问的文件：预览", "Importing a doubtful file: preview", import_page("rows"), ("ImportDialog",)),
    Shot("import-text", "导入：文字编码的证据", "Import: evidence for the encoding", import_page("text_page"), ("ImportDialog", "TextPage")),
    Shot("import-place", "导入：没有坐标系时的候选位置", "Import: where it could lie without a CRS", import_page("place_page"),
         ("ImportDialog", "PlacePage", "PlaceMap")),
    Shot("import-fields", "导入：字段对应", "Import: fields", import_page("fields_page"), ("ImportDialog", "FieldsPage")),
    Shot("import-values", "导入：取值对应", "Import: values", import_page("values_page"), ("ImportDialog", "ValuesPage")),
    Shot("import-shapes", "导入：自相交图形的两种读法", "Import: both readings of a shape that crosses itself", import_page("shapes_page"),
         ("ImportDialog", "ShapesPage")),
    Shot("layer-properties", "图层属性：版本、精度、历史", "Layer properties: versions, accuracy, history",
         action("layer_properties", "ecological_redline"), ("LayerProperties",)),
    Shot("table", "属性表", "Attribute table", table, ("TableDialog",)),
    Shot("table-edited", "属性表：正在改一个单元格", "Attribute table: a cell being edited", table_edited, ("TableDialog",)),
    Shot("filter", "筛选要素", "Filter of features", action("filter_layer", "control_unit"), ("FilterDialog",)),
    Shot("select", "按条件选择要素", "Selecting by conditions", action("select_where", "discharge_outlet"), ("SelectDialog",)),
    Shot("select-place", "按位置选择要素", "Selecting by what features lie at", action("select_place", "discharge_outlet"), ("PlaceDialog",)),
    Shot("go-to", "转到坐标或地点", "Go to a coordinate or a place", go_to, ("GoTo",)),
    Shot("bookmarks", "管理书签", "Managing bookmarks", bookmarks, ("Bookmarks",)),
    Shot("coordinates", "输入坐标", "Typing coordinates", action("coordinates"), ("CoordinatesDialog",)),
    Shot("bearing", "按方位角和距离加点", "Vertices by bearing and distance", bearing, ("BearingDialog",)),
    Shot("keys", "操作与快捷键", "Actions and shortcuts", action("keys"), ("Keys",)),
    Shot("help", "此处的帮助（F1）", "Help for the thing in focus (F1)", action("help"), ("HelpDialog",)),
    Shot("about", "关于三线", "About", of_class("About", "gui.dialogs.simple"), ("About",)),
    Shot("history", "工作区的历史与备份", "History and backups of the workspace", action("history"), ("HistoryDialog",)),
    Shot("sheet", "图件排版", "Sheet layout", sheet, ("SheetDialog",)),
    Shot("report", "导出研判报告", "Report export", action("export"), ("ExportReport",)),
    Shot("override", "人工复核", "A person's override", action("override"), ("OverrideDialog",)),
    Shot("rules", "规则管理：规则与当日效力", "Rules, and their force on the day", rules_tab(0), ("RuleManager", "RulesTab")),
    Shot("rules-packs", "规则管理：规则包", "Rules: packs", rules_tab(1), ("RuleManager", "PacksTab")),
    Shot("rules-documents", "规则管理：文件", "Rules: documents", rules_tab(2), ("RuleManager", "DocumentsTab")),
    Shot("rules-parameters", "规则管理：法律留白的距离", "Rules: distances that the law leaves open", rules_tab(3), ("RuleManager", "ParametersTab")),
    Shot("rules-compare", "规则管理：比较", "Rules: comparison", rules_tab(4), ("RuleManager", "DiffTab")),
    Shot("rules-add", "添加规则包前的检查", "Before a pack is added", add_pack, ("AddPack", "Listing")),
    Shot("clause-review", "准入清单条款审核", "Review of the clauses of an access list", action("clause_review"), ("ClauseReview",)),
    Shot("statistics", "分区统计", "Zoning statistics", action("statistics", "", 1100, 640), ("StatisticsDialog",)),
    Shot("measure", "量算", "Measuring", measured, ("MeasurePanel",)),
    Shot("coverage", "覆盖台账：哪里没有查过", "Coverage: where nobody has looked", panel_after("coverage", "coverage", 900, 360), ("CoveragePanel",)),
    Shot("box-error", "不能完成时的一句话", "What could not be done, in one sentence", box("error")),
    Shot("box-crash", "意外错误：内容都在，报告在哪里", "An unforeseen error: nothing lost, and where the report is", box("crash")),
    Shot("box-recover", "恢复没有保存的修改", "Recovering unsaved edits", box("recover")),
    Shot("box-done", "写好一个文件之后", "After a file was written", box("done")),
    Shot("style", "图层样式", "Style of a layer", style, ("StylePanel",), "gui/panels/style.py"),
    Shot("basemap", "底图", "Basemap", action("basemap", kind="BasemapDialog"), ("BasemapDialog",), "gui/dialogs/basemap.py"),
    Shot("batch", "批量研判结果", "Results of a batch", batch, ("BatchPanel",), "gui/panels/batch.py"),
    # the last: the layer that it brings in has a part in every verdict after it
    Shot("findings", "检查发现（导入了上面那个有疑问的文件之后）", "Findings of the data check (after the doubtful file came in)", findings,
         ("FindingsPanel",)),
)
SHOTS = tuple(shot for shot in _SHOTS if shot.there)

# Classes without a picture of their own, and why.
NOT_SHOWN = {
    "AddList": "as AddPack, for the Excel file of a published list, which the demo does not hold",
    "RuleDialog": "the filter of features, for a rule of a style",
    "RasterSystemDialog": "the list of coordinate systems, for a raster that does not state its own",
    "SystemDialog": "a field and a list, as of Go to a place",
    "BatchDialog": "asks for files; seen with the results",
    "RuleFolders": "needs rule packs on the person's own disk; a list and three buttons",
    "Table": "a part of other dialogs", "Said": "a part of other dialogs", "UndoButtons": "a part of other dialogs",
}


def picture(widget: Any) -> Any:
    """The widget as a QImage; a dialog with its title above, which the desktop would draw."""
    from PyQt5.QtCore import QRectF, Qt
    from PyQt5.QtGui import QColor, QImage, QPainter

    shot = widget.grab().toImage()
    ratio = shot.devicePixelRatio()
    bar = 28
    whole = QImage(shot.width(), shot.height() + round(bar * ratio), QImage.Format_RGB32)
    whole.setDevicePixelRatio(ratio)
    whole.fill(QColor("#dfe3e8"))
    painter = QPainter(whole)
    painter.setFont(widget.font())
    painter.setPen(QColor("#2b3440"))
    painter.drawText(QRectF(0, 0, shot.width() / ratio, bar), Qt.AlignCenter, widget.windowTitle().replace("[*]", ""))
    painter.drawImage(0, bar, shot)
    painter.end()
    return whole


def save(image: Any, path: Path, colours: int) -> None:
    """As a PNG with a small palette."""
    from PIL import Image
    from PyQt5.QtGui import QImage

    plain = image.convertToFormat(QImage.Format_RGB888)
    memory = plain.bits()
    memory.setsize(plain.sizeInBytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    made = Image.frombuffer("RGB", (plain.width(), plain.height()), bytes(memory), "raw", "RGB", plain.bytesPerLine(), 1)
    made.quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE).save(path, optimize=True)


def take(stage: Stage, shots: Sequence[Shot], keep: Callable[[Shot, Any], None], say: Callable[[str], None] = print) -> list[str]:
    """Bring up each shot and hand its picture to ``keep``; names of those that failed."""
    import traceback

    failed = []
    for shot in shots:
        try:
            widget = shot.bring(stage)
            keep(shot, picture(widget))
        except Exception:  # noqa: BLE001 - the others are wanted all the same
            say(f"{shot.name}:\n{traceback.format_exc()}")
            failed.append(shot.name)
        finally:
            if shot.name == "window-dark":
                stage.window.set_theme("light")
            stage.put_back()
    return failed


def index(path: Path, folder: str) -> None:
    """Write the page that shows them all."""
    lines = ["# Pictures of the window 窗口图册", "",
             "Made by `PYTHONPATH=. python docs/screenshots.py` from the made-up district (示例区，虚构). Chinese left, English right; the "
             "links lead to the same at 200 %.", "由上述脚本用虚构的示例区生成；左中文、右英文，链接为 200 % 缩放的同一画面。", ""]
    for shot in SHOTS:
        cells = [f"![{text}]({folder}/{one}-100/{shot.name}.png)" for one, text in (("zh", shot.zh), ("en", shot.en))]
        lines += [f"## {shot.en} · {shot.zh}", "", "| 中文 | English |", "|---|---|", f"| {cells[0]} | {cells[1]} |",
                  f"| [200 %]({folder}/zh-200/{shot.name}.png) | [200 %]({folder}/en-200/{shot.name}.png) |", ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def main() -> int:
    """Everything, one process for each language and scale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", help="names of shots")
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument("--scale", type=int, choices=SCALES)
    parser.add_argument("--out", type=Path, default=HERE / "screenshots")
    parser.add_argument("--demo", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    chosen = [shot for shot in SHOTS if not options.only or shot.name in options.only]
    if options.demo is not None:
        return one(options, chosen)
    with tempfile.TemporaryDirectory(prefix="sanxian-") as made:
        from sanxian.demo import build

        demo = Path(made) / "demo"
        demo.mkdir()
        build(demo)
        status = 0
        for language in (options.language,) if options.language else LANGUAGES:
            for scale in (options.scale,) if options.scale else SCALES:
                command = [sys.executable, __file__, "--demo", str(demo), "--language", language, "--scale", str(scale),
                           "--out", str(options.out), *(["--only", *options.only] if options.only else [])]
                status |= subprocess.run(command, env={"QT_QPA_PLATFORM": "offscreen", **os.environ,
                                                       "QT_SCALE_FACTOR": str(scale)}, check=False).returncode
    index(HERE / "screenshots.md", "screenshots")
    return status


def one(options: argparse.Namespace, chosen: Sequence[Shot]) -> int:
    """One language at one scale, in this process."""
    from gui.app import make_application

    application = make_application([])
    with tempfile.TemporaryDirectory(prefix="sanxian-") as made:
        stage = Stage(Path(made), options.demo, options.language)
        folder = options.out / f"{options.language}-{options.scale * 100}"
        failed = take(stage, chosen, lambda shot, image: save(image, folder / f"{shot.name}.png", COLOURS[options.scale]))
        print(f"{options.language} {options.scale * 100} %: {len(chosen) - len(failed)} pictures"
              + (f"; failed: {', '.join(failed)}" if failed else ""), flush=True)
        stage.close()
    del application
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

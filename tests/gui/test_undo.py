"""Everything that a person changes can be taken back and done again, and the menu says what it is."""

from __future__ import annotations

import shutil
import threading
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import geopandas
import pytest
from PyQt5.QtCore import QSettings, Qt
from PyQt5.QtWidgets import QInputDialog, QLabel, QTableWidget
from shapely import LineString, Point, box

from gui.dialogs.import_file import ImportChoice
from gui.dialogs.outlet_preview import PreviewDialog
from gui.dialogs.parts import UndoButtons
from gui.dialogs.sheet import SheetDialog
from gui.engine import Engine
from gui.live import Live
from gui.main_window import MainWindow
from gui.outlets import OutletsPart
from gui.session import Site
from gui.settings import Settings
from layers.read import Layer, read_layer
from layers.workspace import Workspace
from sanxian import i18n
from sanxian.mapping.filters import Condition, Filter
from sanxian.outlets import register

WHOLE = box(116.0, 29.5, 116.4, 29.9)
SITE = box(116.1, 29.6, 116.11, 29.61)


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A workspace with a district, two control units that overlap, a redline, one outlet, and a raster's worth of nothing."""
    folder = tmp_path_factory.mktemp("undo")

    def frame(shapes, crs=4490, **columns):
        return geopandas.GeoDataFrame(columns, geometry=shapes, crs=crs)

    frame([WHOLE], code=["360403"], name=["示例区"]).to_file(folder / "区.gpkg")
    frame([box(116.0, 29.5, 116.21, 29.9), box(116.2, 29.5, 116.4, 29.8)], name=["甲", "乙"], category=["priority", "key"],
          code=["ZH36040310001", "ZH36040320001"]).to_file(folder / "单元.gpkg")
    frame([box(116.02, 29.52, 116.06, 29.56)], name=["红线一"], code=["R1"]).to_file(folder / "红线.gpkg")
    outlets = frame([Point(116.2, 29.6)], code=["FA-360403-0001-GY-00"], name=["一号口"], river=["示例江"], kind=["工业排污口"])
    banks = frame([LineString([(116.0, 29.6), (116.4, 29.6)])], river=["示例江"], side=["right"], baseline=["water_edge"], name=["甲岸"])
    with Workspace.create(folder / "workspace.gpkg") as workspace:
        workspace.add(read_layer(folder / "区.gpkg", "admin"))
        workspace.add(read_layer(folder / "单元.gpkg", "control_unit"), version="2022", scale=50000)
        workspace.add(read_layer(folder / "红线.gpkg", "ecological_redline"), coverage="all")
        for role, made in (("discharge_outlet", outlets), ("river_bank", banks)):
            workspace.add(Layer(role, role, made, Path("x.gpkg"), "0" * 64, None, ()), coverage="all", accuracy_m=3.0)
    return folder / "workspace.gpkg"


@pytest.fixture
def window(qtbot, tmp_path, template, said, canvas_class):
    path = tmp_path / "workspace.gpkg"
    shutil.copyfile(template, path)
    made = MainWindow(Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.IniFormat)), Engine(), make_canvas=canvas_class,
                      make_layer=SimpleNamespace, today=date(2026, 11, 22))
    with qtbot.waitActive(made, timeout=20_000):
        made.show()
        made.activateWindow()
    qtbot.waitUntil(lambda: made.ready, timeout=20_000)
    made.canvas.extent = lambda: (1.0, 2.0, 3.0, 4.0)
    made.files.open(path)
    idle(qtbot, made)
    made.session.load_sites([Site("P1", "厂", SITE, "EPSG:4490", {"is_chemical": True}), Site("P2", "库", SITE, "EPSG:4490")])
    made.session.set_current("P1")
    yield made
    made.work.stop(made.work.unfinished())  # else leaving asks
    qtbot.waitUntil(lambda: not made.work.unfinished(), timeout=20_000)
    made.session.undo_stack.setClean()
    made.session.left.clear()
    made.close()
    made.deleteLater()


def idle(qtbot, window):
    qtbot.waitUntil(lambda: not window.work.running, timeout=20_000)


def held(window):
    """All that a person can have changed: what the session shows, and what the file says."""
    session = window.session
    workspace = session.workspace
    states = {key: workspace.state(key) or None for key in (
        "bookmarks", "parameters", "overrides", "packs_off", "map_templates", "outlet_surveys", "outlet_targets", "outlet_undo",
        "outlet_stages")}
    about = ("name", "version", "data_date", "accuracy_m", "scale", "source", "secrecy", "current")
    look = session.window_state()
    look.pop("folded")
    look.pop("current")
    return {
        "look": look, "layers": [layer.name for layer in session.layers],
        "records": sorted(str([getattr(one, name) for name in about]) for one in workspace.layers() if session.layer(one.name)),
        "sites": [(one.id, one.name, one.geometry.wkt, dict(one.attributes)) for one in session.sites],
        "states": states, "packs": workspace.packs(), "folders": window.settings.rule_folders,
        "findings": workspace.findings()[["key", "status"]].values.tolist() if len(workspace.findings()) else [],
    }


def shown_layer(window, role):
    return next(one for one in window.session.layers if one.role == role)


def named(monkeypatch, name):
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args, **_more: (name, True))


# ------------------------------------------------------------------------------------------------- what a person does
def bookmark(window, qtbot, monkeypatch):
    named(monkeypatch, "码头")
    window.actions_by_id["add_bookmark"].trigger()


def bookmark_renamed(window, qtbot, monkeypatch):
    dialog = window.parts[0].manage()
    qtbot.mouseClick(dialog.rename, Qt.LeftButton)
    editor = dialog.list.findChild(type(window.layers.search))
    editor.setText("渡口")
    qtbot.keyClick(editor, Qt.Key_Return)
    qtbot.waitUntil(lambda: window.session.undo_stack.undoText() == "重命名书签“码头”")
    dialog.close()


def bookmark_removed(window, qtbot, monkeypatch):
    dialog = window.parts[0].manage()
    dialog.activateWindow()
    dialog.list.setFocus()
    qtbot.waitUntil(dialog.list.hasFocus, timeout=20_000)  # else the key is not the list's
    qtbot.keyClick(dialog.list, Qt.Key_Delete)
    qtbot.waitUntil(lambda: window.session.undo_stack.undoText() == "删除书签“码头”")
    dialog.close()


def secrecy(window, qtbot, monkeypatch):
    dialog = SheetDialog(window)
    qtbot.waitSignal(dialog.proofed, timeout=20_000).wait()
    row = next(row for row in range(dialog.layers.rowCount()) if dialog.layers.item(row, 0).text() == "红线")
    mark = dialog.layers.cellWidget(row, 1)
    mark.setCurrentIndex(mark.findData("secret"))
    mark.activated.emit(mark.currentIndex())
    dialog.reject()
    dialog.deleteLater()


def sheet_template(window, qtbot, monkeypatch):
    dialog = SheetDialog(window)
    named(monkeypatch, "我的模板")
    qtbot.waitSignal(dialog.proofed, timeout=20_000).wait()
    dialog.ask_keep()
    dialog.reject()
    dialog.deleteLater()


def visibility(window, qtbot, monkeypatch):
    item = window.layers.item(shown_layer(window, "admin").key)
    item.setCheckState(0, Qt.Unchecked if item.checkState(0) == Qt.Checked else Qt.Checked)


def group_visibility(window, qtbot, monkeypatch):
    top = window.layers.tree.topLevelItem(0)
    top.setCheckState(0, Qt.Unchecked if top.checkState(0) == Qt.Checked else Qt.Checked)


def opacity(window, qtbot, monkeypatch):
    window.layers.select(shown_layer(window, "admin").key)
    window.layers.opacity.setValue(40)


def layer_name(window, qtbot, monkeypatch):
    named(monkeypatch, "另一个名字")
    window.layers.select(shown_layer(window, "admin").key)
    window.actions_by_id["rename_layer"].trigger()


def layer_group(window, qtbot, monkeypatch):
    named(monkeypatch, "我的组")
    window.layers.select(shown_layer(window, "admin").key)
    window.actions_by_id["new_group"].trigger()


def layer_order(window, qtbot, monkeypatch):
    window.layers.select(shown_layer(window, "admin").key)
    window.actions_by_id["layer_up"].trigger()


def layer_filter(window, qtbot, monkeypatch):
    window.session.set_look(shown_layer(window, "control_unit").key, filter=Filter((Condition("name", "=", "甲"),)))


def layer_removed(window, qtbot, monkeypatch):
    monkeypatch.setattr("gui.main_window.message.ask", lambda *_args: True)
    window.layers.select(shown_layer(window, "admin").key)
    window.actions_by_id["remove_layer"].trigger()


def layer_copied(window, qtbot, monkeypatch):
    window.layers.select(shown_layer(window, "admin").key)
    window.actions_by_id["duplicate_layer"].trigger()


def layer_described(window, qtbot, monkeypatch):
    window.layers.select(shown_layer(window, "admin").key)
    dialog = window.jobs["layer_properties"]()
    dialog.edits["source"].setText("示例局")
    dialog._accept()


def layer_style(window, qtbot, monkeypatch):
    style = window.engine.style("admin", "#123456", None)
    window.session.set_look(shown_layer(window, "admin").key, style=style)


def finding(window, qtbot, monkeypatch):
    part = next(one for one in window.parts if hasattr(one, "mark"))
    part.panel.view.selectRow(0)
    part.mark("fixed")


def site_added(window, qtbot, monkeypatch):
    window.map.drawn.emit(box(116.2, 29.6, 116.21, 29.61), "EPSG:4490")


def site_removed(window, qtbot, monkeypatch):
    window.actions_by_id["delete_site"].trigger()


def site_moved(window, qtbot, monkeypatch):
    window.canvas.siteMoved.emit(box(500_000.0, 3_290_000.0, 500_100.0, 3_290_100.0))


def site_attribute(window, qtbot, monkeypatch):
    window.session.set_attribute("P1", "is_chemical", None)


def sites_merged(window, qtbot, monkeypatch):
    window.projects.view.selectAll()
    monkeypatch.setattr("gui.shaping.message.ask", lambda *_args: True)
    window.actions_by_id["merge_sites"].trigger()


def parameter(window, qtbot, monkeypatch):
    window.rules.store.set_parameter("buffer", 120.0)


def rule_folders(window, qtbot, monkeypatch):
    window.rules.store.set_folders(lambda folders: setattr(window.settings, "rule_folders", folders), ["/somewhere"])


DEEDS = (bookmark, secrecy, sheet_template, visibility, group_visibility, opacity, layer_name, layer_group, layer_order, layer_filter,
         layer_removed, layer_copied, layer_described, layer_style, finding, site_added, site_removed, site_moved, site_attribute,
         sites_merged, parameter, rule_folders)
FIRST = {bookmark_renamed: bookmark, bookmark_removed: bookmark}


@pytest.mark.parametrize("deed", [*DEEDS, *FIRST], ids=lambda one: one.__name__)
def test_what_is_done_is_taken_back_and_done_again(window, qtbot, monkeypatch, deed):
    stack = window.session.undo_stack
    if deed in FIRST:
        FIRST[deed](window, qtbot, monkeypatch)
        idle(qtbot, window)
    if deed is finding:
        window.jobs["check"]()
        idle(qtbot, window)
    before, depth = held(window), stack.index()
    deed(window, qtbot, monkeypatch)
    idle(qtbot, window)
    after = held(window)
    assert after != before
    assert stack.index() == depth + 1, "one deed is one step"
    assert any("\u4e00" <= letter <= "\u9fff" for letter in stack.undoText())
    assert window.actions_by_id["undo"].text() == f"撤销 {stack.undoText()}"
    assert window.session.dirty
    for _turn in range(2):
        window.actions_by_id["undo"].trigger()
        idle(qtbot, window)
        assert held(window) == before
        window.actions_by_id["redo"].trigger()
        idle(qtbot, window)
        assert held(window) == after
    window.choose_language("en")
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in stack.undoText().split('"')[0])
    i18n.set_language("zh")


def test_a_bookmark_cannot_take_anothers_name(window, qtbot, monkeypatch):
    for name in ("码头", "渡口"):
        named(monkeypatch, name)
        window.actions_by_id["add_bookmark"].trigger()
    dialog = window.parts[0].manage()
    dialog.list.setCurrentRow(0)
    dialog.list.item(0).setText("渡口")
    assert dialog.said.text() == "× 已有名为“渡口”的书签。"
    assert [dialog.list.item(row).text() for row in range(2)] == ["码头", "渡口"]
    qtbot.mouseClick(dialog.findChild(UndoButtons).undo, Qt.LeftButton)
    assert [dialog.list.item(row).text() for row in range(dialog.list.count())] == ["码头"]
    qtbot.mouseClick(dialog.go, Qt.LeftButton)
    assert window.canvas.last("zoom_to") == ((1.0, 2.0, 3.0, 4.0), 4548, 0.0)
    dialog.close()


def test_the_layout_window_takes_a_mark_back_as_the_window_does(window, qtbot):
    dialog = SheetDialog(window)
    qtbot.waitSignal(dialog.proofed, timeout=20_000).wait()
    kept = window.session.workspace
    dialog.set_secrecy("红线", "secret")
    idle(qtbot, window)
    assert kept.record("红线").secrecy == "secret"
    qtbot.mouseClick(dialog.undo, Qt.LeftButton)
    idle(qtbot, window)
    assert kept.record("红线").secrecy is None
    qtbot.mouseClick(dialog.redo, Qt.LeftButton)
    idle(qtbot, window)
    assert kept.record("红线").secrecy == "secret"
    window.actions_by_id["undo"].trigger()
    idle(qtbot, window)
    assert kept.record("红线").secrecy is None
    assert next(one for one in dialog.sources if one.id == "红线").secrecy is None
    dialog.reject()
    dialog.deleteLater()


def test_what_the_file_refuses_is_no_step_and_what_it_will_not_give_back_stays_one(window, qtbot, said, monkeypatch):
    stack = window.session.undo_stack
    bookmark(window, qtbot, monkeypatch)
    idle(qtbot, window)
    monkeypatch.setattr(window.session.workspace, "set_state", refuse)
    window.actions_by_id["undo"].trigger()
    idle(qtbot, window)
    assert (stack.count(), stack.index()) == (1, 1), "it is in the file, and can be tried again"
    assert "磁盘满了" in said[-1].text()
    named(monkeypatch, "渡口")
    window.actions_by_id["add_bookmark"].trigger()
    idle(qtbot, window)
    assert (stack.count(), stack.undoText()) == (1, "添加书签“码头”")
    assert [one["name"] for one in window.parts[0].bookmarks()] == ["码头"]
    assert "没有写入：添加书签“渡口”" in window.messages.toPlainText()


def refuse(*_args):
    raise OSError("磁盘满了")


def test_giving_up_takes_back_what_another_thread_writes_before_the_file_is_let_go(window, qtbot, monkeypatch):
    path = window.session.path
    layer_described(window, qtbot, monkeypatch)
    bookmark(window, qtbot, monkeypatch)
    idle(qtbot, window)
    with Workspace.open(path, readonly=True) as kept:
        assert kept.record("区").source == "示例局"
    monkeypatch.setattr("gui.files.message.ask_save", lambda *_args: "discard")
    window.files.close()
    assert window.session.workspace is None
    with Workspace.open(path, readonly=True) as kept:
        assert kept.record("区").source is None
        assert not kept.state("bookmarks")


def test_the_registers_own_undo_and_the_windows_agree(window, qtbot, monkeypatch, tmp_path):
    part = next(one for one in window.parts if isinstance(one, OutletsPart))
    part.open()
    qtbot.waitUntil(lambda: part.data is not None and not window.work.running, timeout=20_000)
    table = tmp_path / "更新.csv"
    table.write_text("国家编码,责任主体\nFA-360403-0001-GY-00,示例甲公司\n", encoding="utf-8")
    before = held(window)
    part.preview_update(table)
    qtbot.waitUntil(lambda: window.findChild(PreviewDialog) is not None, timeout=20_000)
    qtbot.mouseClick(window.findChild(PreviewDialog).apply, Qt.LeftButton)
    idle(qtbot, window)
    after = held(window)
    assert responsible(window) == "示例甲公司"
    assert window.session.undo_stack.undoText() == "排污口台账：更新.csv"
    for _turn in range(2):
        window.actions_by_id["undo"].trigger()
        idle(qtbot, window)
        assert responsible(window) is None
        assert held(window) == before
        window.actions_by_id["redo"].trigger()
        idle(qtbot, window)
        assert held(window) == after
    monkeypatch.setattr("gui.outlets.message.ask", lambda *_args: True)
    qtbot.waitUntil(lambda: part.data is not None and bool(part.data.steps), timeout=20_000)
    window.actions_by_id["outlet_undo"].trigger()
    idle(qtbot, window)
    assert responsible(window) is None
    assert window.session.undo_stack.undoText() == "撤销“更新.csv”"
    window.actions_by_id["undo"].trigger()
    idle(qtbot, window)
    assert held(window) == after


@pytest.fixture
def behind(window):
    """What the person asks for waits behind something that is writing the file, as an import does, until the gate opens."""
    gate, writing = threading.Event(), threading.Event()

    def hold(workspace):
        with workspace.in_turn(lambda: None):
            writing.set()
            gate.wait(20)

    def begin():
        window.work.run("研判", lambda _report, one=window.session.workspace: hold(one), lambda _found: None)
        assert writing.wait(10)
        return gate

    yield begin
    gate.set()


def updated(window, qtbot, tmp_path):
    """A table for the register is shown, and taken."""
    part = next(one for one in window.parts if isinstance(one, OutletsPart))
    part.open()
    qtbot.waitUntil(lambda: part.data is not None and not window.work.running, timeout=20_000)
    part.preview_update(written(tmp_path / "更新.csv", "国家编码,责任主体\nFA-360403-0001-GY-00,示例甲公司\n"))
    return previewed(qtbot, window).apply


def kept_on_disk(path):
    with Workspace.open(path, readonly=True) as kept:
        return register.read_register(kept)[0].get("responsible")


@pytest.mark.parametrize("leave", ["close", "quit"])
@pytest.mark.parametrize("answer", ["wait", "drop", "cancel"])
def test_nobody_leaves_before_what_waits_is_written_without_being_asked(
        window, qtbot, monkeypatch, tmp_path, behind, leave, answer):
    path = window.session.path
    apply = updated(window, qtbot, tmp_path)
    window.session.undo_stack.setClean()
    gate = behind()
    qtbot.mouseClick(apply, Qt.LeftButton)
    asked = []

    def ask(_parent, titles, _left):
        asked.append(titles)
        if answer == "wait":
            gate.set()
        return answer

    monkeypatch.setattr("gui.files.message.ask_unwritten", ask)
    monkeypatch.setattr("gui.files.message.ask_save", lambda *_args: "save")
    window.files.close() if leave == "close" else window.close()
    assert asked == ["批量更新台账"]
    assert (window.session.workspace is None) is (answer != "cancel")
    gate.set()
    if answer == "cancel":
        idle(qtbot, window)
        assert window.isVisible()
    assert kept_on_disk(path) == (None if answer == "drop" else "示例甲公司")


def test_an_import_under_way_is_asked_about(window, qtbot, monkeypatch, tmp_path, behind):
    source = tmp_path / "单元二.gpkg"
    geopandas.GeoDataFrame({"name": ["丙"], "category": ["key"], "code": ["ZH36040320009"]}, geometry=[SITE], crs=4490).to_file(source)
    window.session.undo_stack.setClean()
    gate, asked = behind(), []
    window.files.take(ImportChoice(source, "control_unit", "单元二"))
    monkeypatch.setattr("gui.files.message.ask_unwritten", lambda _parent, titles, _left: asked.append(titles) or "cancel")
    assert not window.files.may_leave()
    assert asked == ["导入“单元二.gpkg”"]
    gate.set()
    idle(qtbot, window)


@pytest.mark.parametrize("how", ["failed", "stopped"])
@pytest.mark.parametrize("which", ["undo", "redo"])
def test_a_step_of_the_register_that_came_to_nothing_is_where_it_was(
        window, qtbot, monkeypatch, tmp_path, said, behind, which, how):
    from sanxian.outlets import bulk

    broken, real = [], {"undo": bulk.undo, "redo": bulk.redo}
    for name, act in real.items():
        monkeypatch.setattr(bulk, name, lambda *args, act=act: refuse() if broken else act(*args))
    qtbot.mouseClick(updated(window, qtbot, tmp_path), Qt.LeftButton)
    idle(qtbot, window)
    if which == "redo":
        window.actions_by_id["undo"].trigger()
        idle(qtbot, window)
    stack = window.session.undo_stack
    before, place = held(window), (stack.index(), stack.count())
    if how == "failed":
        broken.append(True)
        window.actions_by_id[which].trigger()
        idle(qtbot, window)
        broken.clear()
        assert said[-1].objectName() == "error_box"
    else:
        gate = behind()
        window.actions_by_id[which].trigger()
        window.work.stop(window.work.writing())
        gate.set()
        idle(qtbot, window)
    assert held(window) == before
    assert (stack.index(), stack.count()) == place
    window.actions_by_id[which].trigger()
    idle(qtbot, window)
    assert responsible(window) == (None if which == "undo" else "示例甲公司")


def test_two_steps_given_up_go_back_in_their_order(window, qtbot, tmp_path, behind):
    qtbot.mouseClick(updated(window, qtbot, tmp_path), Qt.LeftButton)
    idle(qtbot, window)
    before, stack = held(window), window.session.undo_stack
    place, gate = stack.index(), behind()
    for which in ("undo", "redo", "undo"):
        window.actions_by_id[which].trigger()
    window.work.stop(window.work.writing())
    gate.set()
    idle(qtbot, window)
    assert held(window) == before
    assert stack.index() == place


def test_no_thread_begins_once_the_window_is_shut_down(window):
    live = next(one for one in window.parts if isinstance(one, Live))
    window.session.undo_stack.setClean()
    window.close()
    window.work.run("研判", lambda _report: None, lambda _found: None)
    assert window.work.worker._thread is None
    assert live._worker._thread is None


def responsible(window):
    return register.read_register(window.session.workspace)[0].get("responsible")


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def previewed(qtbot, window):
    qtbot.waitUntil(lambda: any(one.isVisible() for one in window.findChildren(PreviewDialog)), timeout=20_000)
    return next(one for one in window.findChildren(PreviewDialog) if one.isVisible())


def cells(dialog):
    table = dialog.findChild(QTableWidget)
    return [[table.item(row, column).text() for column in range(table.columnCount())] for row in range(table.rowCount())]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_surveyed_banks_come_in_by_a_table_shown_first_and_taken_back(window, qtbot, monkeypatch, tmp_path, language):
    window.choose_language(language)
    part = next(one for one in window.parts if isinstance(one, OutletsPart))
    part.open()
    qtbot.waitUntil(lambda: part.data is not None and not window.work.running, timeout=20_000)
    table = written(tmp_path / "排查.csv", "河流,岸别,起点桩号,终点桩号,排查日期,排查方式\n示例江,右岸,K1+200,2400,2026-05-01,无人机\n"
                    "没有江,右岸,0,10,2026-05-01,\n示例江,右岸,0,10,2027-01-01,\n")
    monkeypatch.setattr("gui.dialogs.choose.file", lambda *_args, **_kw: table)
    before = held(window)
    rate = part.data.summaries[""].row("survey_rate").numerator
    window.actions_by_id["outlet_surveys"].trigger()
    dialog = previewed(qtbot, window)
    shown = dialog.findChild(QTableWidget, "preview_table")
    heads = [shown.horizontalHeaderItem(column).text() for column in range(shown.columnCount())]
    assert all(head[0] == head[0].upper() for head in heads), heads
    side = {"zh": "右岸", "en": "right bank"}[language]
    assert [[text.lower() for text in row] for row in cells(dialog)] == [["示例江", side, "1,200", "2,400", "2026-05-01", "无人机"]]
    assert len(dialog.problems.toPlainText().splitlines()) == 2
    assert "没有江" in dialog.problems.toPlainText()
    assert "2027-01-01" in dialog.problems.toPlainText()
    said = dialog.findChild(QLabel, "preview_said").text()
    assert "0.000" in said
    assert "1.200" in said
    assert held(window) == before, "shown is not done"
    qtbot.mouseClick(dialog.apply, Qt.LeftButton)
    qtbot.waitUntil(lambda: part.data.summaries[""].row("survey_rate").numerator != rate and not window.work.running, timeout=30_000)
    assert part.data.summaries[""].row("survey_rate").numerator == pytest.approx(1.2, abs=0.01)
    after = held(window)
    assert after["states"]["outlet_surveys"][0]["to_m"] == 2400
    for _turn in range(2):
        window.actions_by_id["undo"].trigger()
        idle(qtbot, window)
        assert held(window) == before
        window.actions_by_id["redo"].trigger()
        idle(qtbot, window)
        assert held(window) == after
    i18n.set_language("zh")


def test_targets_come_in_by_a_table_beside_those_whose_place_they_take(window, qtbot, monkeypatch, tmp_path):
    part = next(one for one in window.parts if isinstance(one, OutletsPart))
    part.open()
    qtbot.waitUntil(lambda: part.data is not None and not window.work.running, timeout=20_000)
    table = written(tmp_path / "目标.csv", "指标,目标,期限,分组,依据\n排查率,95%,2026-12-31,示例江,县方案\n整治完成率,很高,2026-12-31,,\n")
    monkeypatch.setattr("gui.dialogs.choose.file", lambda *_args, **_kw: table)
    before = held(window)
    window.actions_by_id["outlet_targets"].trigger()
    dialog = previewed(qtbot, window)
    assert cells(dialog) == [["排查率", "示例江", "—", "95.0% · 2026-12-31", "县方案"]]
    assert "很高" in dialog.problems.toPlainText()
    assert "不再有" in dialog.problems.toPlainText(), "the built-in targets go with it"
    qtbot.mouseClick(dialog.apply, Qt.LeftButton)
    idle(qtbot, window)
    assert window.session.workspace.state("outlet_targets")[0]["value"] == 0.95
    window.actions_by_id["outlet_targets"].trigger()
    dialog = previewed(qtbot, window)
    assert cells(dialog)[0][2:4] == ["95.0% · 2026-12-31"] * 2
    dialog.reject()
    window.actions_by_id["undo"].trigger()
    idle(qtbot, window)
    assert held(window) == before

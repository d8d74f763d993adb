"""A layer of 120,000 features in the real window: nothing that is done with it blocks the window's thread."""

from __future__ import annotations

import os
import time
from datetime import date
from threading import Event
from types import SimpleNamespace

import geopandas
import numpy as np
import openpyxl
import pytest
import shapely
from PyQt5.QtCore import QItemSelectionModel, QPoint, QRectF, QSettings, Qt, QTimer
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QMessageBox

from gui.canvas.scene import MapLayer, Picked
from gui.dialogs.filter_features import SelectDialog
from gui.dialogs.table import TableDialog
from gui.looks import Looks
from gui.main_window import MainWindow
from gui.panels.batch import BatchDialog
from gui.panels.identify import FEATURE, MOST
from gui.settings import Settings
from gui.table_files import SHEET_ROWS, TooLong, write_columns, write_table
from gui.work import Work

COUNT, WIDE = 120_000, 400
X, Y = 500_000.0, 3_290_000.0
LONG = 1.0  # seconds that a call may take on a loaded machine; before, each of these took several


@pytest.fixture(scope="module")
def long_frame():
    at = np.arange(COUNT)
    x, y = X + at % WIDE * 10.0, Y + at // WIDE * 10.0
    return geopandas.GeoDataFrame(
        {"fid": at + 1, "name": [f"地块{i % 997}" for i in at], "code": [f"C{i:06d}" for i in at], "n": at % 1000,
         "v": (at * 7919 % COUNT) / 7, "text": [f"示例{i}" for i in at]},
        geometry=shapely.box(x, y, x + 8, y + 8), crs="EPSG:4548")


@pytest.fixture
def long_window(qtbot, tmp_path, long_frame, said, made_up):
    class Long(made_up.FakeEngine):
        """Opens a workspace with the long layer, and a district over it."""

        def open_workspace(self, path):
            self.workspace = made_up.Workspace(path, [made_up.record("地块", "reference", COUNT),
                                                      made_up.record("区", "admin", 1)], self.frames)
            return self.workspace

    district = geopandas.GeoDataFrame({"fid": [1], "code": ["360403"], "name": ["示例区"]},
                                      geometry=[shapely.box(X - 100, Y - 100, X + 4100, Y + 3100)], crs="EPSG:4548")
    engine = Long({"地块": long_frame, "区": district})
    window = MainWindow(Settings(QSettings(str(tmp_path / "s.ini"), QSettings.IniFormat)), engine, today=date(2026, 11, 22))
    window.resize(1200, 800)
    window.show()
    qtbot.waitUntil(lambda: window.ready, timeout=20_000)
    window.files.open(tmp_path / "workspace.gpkg")
    qtbot.waitUntil(lambda: not window.work.running and len(window.session.layers) == 2
                    and all(layer.frame is not None for layer in window.session.layers), timeout=20_000)
    window.canvas.wait_idle()
    yield window
    window.session.undo_stack.setClean()
    window.close()
    qtbot.wait(1)
    window.deleteLater()


def took(act):
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def middle(window):
    return QPoint(window.canvas.width() // 2, window.canvas.height() // 2)


def settle(qtbot, window, *askers):
    qtbot.waitUntil(lambda: not any(map(window.looks.asking, askers)), timeout=20_000)


def test_identifying_a_whole_layer_lists_some_and_counts_all(qtbot, long_window):
    window = long_window
    window.canvas.set_scale(window.canvas.scale() * 60)
    window.canvas.wait_idle()
    window.use_tool("identify")
    assert took(lambda: QTest.mouseClick(window.canvas, Qt.LeftButton, Qt.NoModifier, middle(window))) < LONG
    tree = window.identify.tree
    top = next(item for item in map(tree.topLevelItem, range(tree.topLevelItemCount())) if item.text(0) == "地块")
    assert len(window.identify._hits) > 10_000
    assert top.text(1).startswith(f"前 {MOST} 个，共 ")
    assert top.childCount() == MOST + 1, "the last one says where the others are"
    one = top.child(3)
    assert one.childCount() == 0, "what nobody has unfolded is not worked out"
    one.setExpanded(True)
    assert {one.child(i).text(0) for i in range(one.childCount())} > {"n", "派生"}
    key, row = one.data(0, FEATURE)
    assert one.child(0).text(1) == str(window.session.layer(key).frame["fid"].iloc[row])


def test_everything_is_selected_sorted_and_inverted_at_once(qtbot, long_window):
    window = long_window
    table = window.show_table("地块")
    qtbot.waitUntil(table.isVisible)
    assert took(lambda: (table.view.selectAll(), QTest.qWait(1))) < LONG, "a header must not ask about every cell"
    assert len(window.canvas.selection()) == COUNT
    assert window.status.currentMessage() == "选中 120,000 个要素：地块"
    window.canvas.wait_idle()
    assert took(lambda: (table.arrange(by=(4, Qt.DescendingOrder)), settle(qtbot, window, id(table)), QTest.qWait(1))) < 5 * LONG
    assert len(table.selected_rows()) == COUNT
    scattered = np.arange(0, COUNT, 2)
    assert took(lambda: (window.map.select(Picked({"地块": scattered})), QTest.qWait(1))) < LONG
    assert sorted(table.selected_rows()) == scattered.tolist()
    assert table.model.data(table.model.index(int(table.model.view_rows([0])[0]), 0), Qt.BackgroundRole) is not None
    assert took(lambda: (table.invert.click(), QTest.qWait(1))) < LONG
    assert window.map.selection() == Picked({"地块": scattered + 1})
    table.view.selectionModel().select(table.model.index(0, 0), QItemSelectionModel.ClearAndSelect | QItemSelectionModel.Rows)
    assert len(table.selected_rows()) == 1 == len(window.canvas.selection()), "a click takes the place of them all"


def test_the_picture_of_a_selection_shows_it_and_takes_no_longer_than_the_layer(qtbot, long_window):
    window, canvas = long_window, long_window.canvas
    window.map.select(Picked({"地块": np.arange(0, COUNT, 1)}))
    assert took(lambda: canvas.wait_idle(60_000)) < 10
    yellow = canvas.grab().toImage().pixelColor(middle(window))
    window.map.select([])
    canvas.wait_idle()
    plain = canvas.grab().toImage().pixelColor(middle(window))
    assert yellow.red() - yellow.blue() > 60, "the crowd of dots is as yellow as one"
    assert plain.red() - plain.blue() < 20
    window.map.select([("地块", 0)])  # smaller than a pixel from here, and yet to be found
    canvas.zoom_full()
    canvas.wait_idle()
    image = canvas.grab().toImage()
    marked = [(x, y) for x in range(image.width()) for y in range(0, image.height(), 1)
              if image.pixelColor(x, y).getRgb()[:3] == (230, 184, 0)]
    assert len(marked) > 20


def test_an_outline_and_conditions_are_looked_up_beside(qtbot, long_window):
    window = long_window
    outline = shapely.box(X, Y, X + 1999, Y + 3000)
    window.canvas.set_tool("select_polygon")
    window.status.set_sketch(1e6, 1e3)
    assert took(lambda: window.canvas.sketchFinished.emit(outline)) < LONG
    settle(qtbot, window, "select_polygon")
    assert len(window.map.selection().of_layer("地块")) == COUNT // 2
    assert not window.status.sketch.text(), "how large the outline was is gone"
    window.layers.select("地块")
    window.actions_by_id["select_where"].trigger()
    (dialog,) = window.findChildren(SelectDialog)
    field, operator, value, _gone = dialog.lines[0]
    field.setCurrentIndex(field.findData("n"))
    operator.setCurrentIndex(operator.findData("below"))
    asked = []
    dialog._ask_count, real = lambda: asked.append(1), dialog._ask_count
    dialog._wait.timeout.disconnect()
    dialog._wait.timeout.connect(lambda: (asked.append(1), real()))
    assert max(took(lambda text=text: value.setEditText(text)) for text in ("5", "50", "500")) < 0.1
    qtbot.waitUntil(lambda: "60,000 / 120,000" in dialog.count.text(), timeout=20_000)
    assert len(asked) == 1, "once, for what was typed last"
    dialog.how.setCurrentIndex(dialog.how.findData("remove"))
    dialog.accept()
    settle(qtbot, window, "select_where")
    left = window.map.selection().of_layer("地块")
    assert len(left) == 30_000
    assert (left % 1000 >= 500).all()


def test_an_export_is_a_task_that_survives_its_table_and_can_be_stopped(qtbot, long_window, tmp_path):
    window = long_window
    table = window.show_table("地块")
    qtbot.waitUntil(table.isVisible)
    table.arrange(text="")
    table.write(tmp_path / "all.csv")
    assert [job.title for job in window.work.writing()] == ["导出属性表"]
    assert took(lambda: QTest.keyClick(table, Qt.Key_Escape)) < LONG
    qtbot.waitUntil(lambda: not window.work.running, timeout=60_000)
    assert len((tmp_path / "all.csv").read_text(encoding="utf-8-sig").splitlines()) == COUNT + 1
    (box,) = window.findChildren(QMessageBox, "done_box")
    assert box.text() == "属性表已导出：120,000 行。"
    box.close()
    table = window.show_table("地块")
    table.write(tmp_path / "stopped.xlsx")
    (job,) = window.work.writing()
    qtbot.waitUntil(lambda: job.total == COUNT and job.done > 0, timeout=60_000)
    window.work.cancel(job)
    qtbot.waitUntil(lambda: job.state == "stopped", timeout=20_000)
    assert sorted(os.listdir(tmp_path)) == ["all.csv", "s.ini"], "nothing half-written"
    table.close()


def test_a_click_selects_in_one_layer(qtbot, long_window):
    window, canvas = long_window, long_window.canvas
    window.use_tool("select")
    window.layers.tree.setCurrentItem(None)
    order = [layer.key for layer in window.session.layers]
    QTest.mouseClick(canvas, Qt.LeftButton, Qt.NoModifier, middle(window))
    assert list(canvas.selection().rows) == order[:1], "the top-most that is hit"
    for key in order:
        window.layers.select(key)
        QTest.mouseClick(canvas, Qt.LeftButton, Qt.NoModifier, middle(window))
        assert list(canvas.selection().rows) == [key], "the current one where it is hit"
    QTest.mouseClick(canvas, Qt.LeftButton, Qt.NoModifier, QPoint(3, 3))
    assert canvas.selection() == []
    assert window.status.currentMessage() == "没有选中要素"
    window.layers.select("地块")
    canvas.select_in(_whole(canvas), "replace")
    assert list(canvas.selection().rows) == ["地块"]
    window.layers.tree.setCurrentItem(None)
    canvas.select_in(_whole(canvas), "replace")
    assert set(canvas.selection().rows) == set(order)


def _whole(canvas):
    return QRectF(canvas.rect())


def test_what_lies_over_the_layers_is_not_selected(long_window):
    window, canvas = long_window, long_window.canvas
    over = geopandas.GeoDataFrame({"n": [1]}, geometry=[shapely.box(X - 100, Y - 100, X + 4100, Y + 3100)], crs="EPSG:4548")
    window.map.set_overlays("over:", [MapLayer("over:1", "", frame=over)])
    canvas.wait_idle()
    window.layers.select("地块")
    canvas.select_in(_whole(canvas), "replace")
    window.layers.tree.setCurrentItem(None)
    canvas.select_in(_whole(canvas), "replace")
    assert "over:1" not in canvas.selection().rows


def test_no_longer_selected_is_no_longer_marked(long_window):
    window = long_window
    table = window.show_table("地块")
    table.view.selectRow(5)
    assert window.canvas._extras.evidence
    window.actions_by_id["select_none"].trigger()
    assert not window.canvas._extras.evidence
    assert window.canvas.selection() == []
    assert table.selected_rows() == []
    table.close()


def test_a_table_does_not_outlive_its_layer(qtbot, long_window):
    window = long_window
    table = window.show_table("地块")
    other = window.show_table("区")
    window.session.remove_layer("地块")
    assert not table.isVisible()
    assert other.isVisible()
    other.close()


def test_questions_are_forgotten_when_a_newer_one_is_asked(qtbot):
    looks, gate, told = Looks(), Event(), []
    looks.ask("a", lambda _report: gate.wait(5), lambda _r: told.append("first"))
    looks.ask("b", lambda _report: 1, lambda _r: told.append("b"))
    looks.ask("a", lambda _report: 2, lambda _r: told.append("second"))
    gate.set()
    qtbot.waitUntil(lambda: not looks.asking("a") and not looks.asking("b"), timeout=20_000)
    assert told == ["b", "second"]
    with qtbot.waitSignal(looks.failed, timeout=20_000) as failed:
        looks.ask("c", lambda _report: 1 / 0, told.append)
    assert isinstance(failed.args[0], ZeroDivisionError)
    looks.shutdown()
    looks.ask("d", lambda _report: 3, told.append)
    assert not looks.asking("d"), "no thread begins once the window is shut down"


def test_a_file_has_numbers_as_numbers_and_text_as_text(tmp_path):
    path = tmp_path / "t.xlsx"
    columns = [([246.5, float("nan"), 1e300], True), ([0, 7, 10**17], True), (["0", "=1", None], False),
               ([True, False, None], False)]
    assert write_columns(lambda *_a: True, path, ["v", "n", "t", "b"], columns) == 3
    rows = [[(cell.data_type, cell.value) for cell in row] for row in openpyxl.load_workbook(path).active.iter_rows(min_row=2)]
    assert rows[0] == [("n", 246.5), ("n", 0), ("s", "0"), ("s", "是")]
    assert rows[1][:3] == [("n", None), ("n", 7), ("s", "=1")]
    assert rows[2][1] == ("s", "100000000000000000"), "a number that a sheet would round stays as it is"
    with pytest.raises(TooLong):
        write_table(tmp_path / "u.xlsx", ["a"], iter(()), count=SHEET_ROWS + 1)
    assert [one.name for one in tmp_path.iterdir()] == ["t.xlsx"]


@pytest.mark.parametrize(("press", "wanted"), [("所选 2 行", 2), ("显示的 5 行", 5), ("取消", None)])
def test_it_asks_which_rows_where_some_are_selected(qtbot, tmp_path, monkeypatch, press, wanted):
    looks, work = Looks(), Work()
    frame = geopandas.GeoDataFrame({"n": range(5)}, geometry=shapely.points(np.arange(5), 0), crs="EPSG:4548")
    table = TableDialog(SimpleNamespace(key="k", name="层", role="reference", frame=frame), lambda _role, name: name, looks, work)
    table.setAttribute(Qt.WA_DeleteOnClose, False)
    qtbot.addWidget(table)
    table.show()
    table.follow([1, 3])
    path = tmp_path / "t.csv"
    asked = []
    monkeypatch.setattr("gui.dialogs.choose.target", lambda *_a: (asked.append(1), path)[1])

    def answer():
        box = QApplication.activeModalWidget()
        next(button for button in box.buttons() if button.text() == press).click()

    QTimer.singleShot(50, answer)
    table.export.click()
    assert len(asked) == (wanted is not None)
    if wanted is not None:
        qtbot.waitUntil(lambda: table.findChild(QMessageBox, "done_box") is not None, timeout=20_000)
        assert f"{wanted} 行" in table.findChild(QMessageBox, "done_box").text()
        assert len((tmp_path / "t.csv").read_text(encoding="utf-8-sig").splitlines()) == wanted + 1
    table.close()
    looks.shutdown()
    work.shutdown()


@pytest.mark.parametrize(("press", "left"), [("批量研判…", 0), ("仍加入项目列表", 7), ("取消", 0)])
def test_very_many_projects_are_offered_to_the_batch(qtbot, opened, site, tmp_path, monkeypatch, press, left):
    import gui.files

    monkeypatch.setattr(gui.files, "MANY_PROJECTS", 6)
    path, before = tmp_path / "many.gpkg", len(opened.session.sites)
    asked = []

    def answer():
        box = QApplication.activeModalWidget()
        asked.append(box.text())
        next(button for button in box.buttons() if button.text() == press).click()

    QTimer.singleShot(50, answer)
    opened.files.import_projects(path, SimpleNamespace(sites=[site("Q") for _ in range(7)], issues=()))
    assert asked == ["7 个项目；多于 6 个请用批量研判"]
    assert len(opened.session.sites) == before + left
    assert len({one.id for one in opened.session.sites}) == before + left
    dialogs = opened.findChildren(BatchDialog)
    assert [dialog.source.text() for dialog in dialogs] == ([str(path)] if press == "批量研判…" else [])
    for dialog in dialogs:
        dialog.close()
    opened.files.import_projects(path, SimpleNamespace(sites=[site("R")] * 1, issues=()))
    assert len(asked) == 1, "few are not asked about"

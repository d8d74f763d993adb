"""Many projects at once in the window: run, stop, look at, filter, find on the map, take over, export."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import geopandas
import pandas
import pytest
from PyQt5.QtCore import QDate, Qt, QTimer
from PyQt5.QtWidgets import QDialogButtonBox, QLabel
from shapely import box

from gui import theme
from gui.engine import Engine
from gui.resources.icons import icon
from gui.tasks import Cancelled
from gui.words import VERDICT_ORDER
from layers.read import Layer
from layers.workspace import Workspace

KINDS = ("permitted", "prohibited", "undetermined", "restricted")


def result(count):
    """A result as a batch writes it."""
    verdicts = [KINDS[row % len(KINDS)] for row in range(count)]
    return geopandas.GeoDataFrame({
        "id": [f"B{row:06d}" for row in range(count)], "name": [f"批量项目{row}" for row in range(count)], "verdict": verdicts,
        "reviewed_verdict": [None] * count, "area_m2": [100.0 * (row + 1) for row in range(count)], "length_m": [0.0] * count,
        "crs": "EPSG:4548", "control_units": [["ZH36040320001"]] * count, "redline_m2": [0.0] * count,
        "missing": [["attribute:fuels"] if one == "undetermined" else [] for one in verdicts], "error": [None] * count,
        "rule:bank": verdicts, "rule:wetland": ["not_applicable"] * count,
    }, geometry=[box(115 + row % 100 * 0.001, 29 + row // 100 * 0.001, 115.0004 + row % 100 * 0.001, 29.0004 + row // 100 * 0.001)
                 for row in range(count)], crs=4490)


@pytest.fixture
def many(engine):
    """An engine whose batches take as long as the test says, and give what it says."""
    state = SimpleNamespace(frame=result(40), gate=threading.Event(), asked=[], steps=4, inputs=1)
    state.gate.set()

    def batch(path, source, out, *, on, folders, report):
        state.asked.append((source, out, on))
        for step in range(state.steps):
            if not report(step * 10, state.steps * 10):
                raise Cancelled
            state.gate.wait(10)
        state.frame.to_parquet(out)
        return SimpleNamespace(projects=len(state.frame), verdicts={}, alone=0, failed=1)

    def read(path, out, folders):
        real = Engine.read_batch
        made = SimpleNamespace(ruleset=lambda *_args: SimpleNamespace(rules=[SimpleNamespace(id="bank", title={"zh": "岸线一公里", "en": "Bank"})]))
        import layers.workspace as module

        class Nothing:
            def __enter__(self):
                return None

            def __exit__(self, *_args):
                return None

        former = module.Workspace.open
        module.Workspace.open = staticmethod(lambda *_args, **_more: Nothing())
        try:
            return real(made, path, out, folders)
        finally:
            module.Workspace.open = former

    engine.batch, engine.read_batch, engine.inputs = batch, read, lambda _path, _folders: state.inputs
    state.holds, state.on = True, "2026-11-22"
    engine.batch_grounds = lambda _out: {"on": state.on}
    engine.batch_holds = lambda _path, _folders, _grounds: state.holds
    return state


def run(window, qtbot, tmp_path, wait=True):
    (tmp_path / "many.gpkg").write_bytes(b"x")
    dialog = window.jobs["batch"]()
    qtbot.keyClicks(dialog.source, str(tmp_path / "many.gpkg"))
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.Ok), Qt.LeftButton)
    if wait:
        qtbot.waitUntil(lambda: not window.work.running, timeout=20_000)
    return next(part for part in window.parts if type(part).__name__ == "BatchPart").panel


def column(panel, name):
    at = panel.model.columns.index(name)
    return [panel.model.index(row, at).data() for row in range(panel.model.rowCount())]


def test_a_file_is_judged_and_shown_with_counts(opened, qtbot, many, tmp_path):
    panel = run(opened, qtbot, tmp_path)
    source, out, on = many.asked[0]
    assert (source.name, out.name) == ("many.gpkg", "many-2026-11-22.parquet")
    assert on.isoformat() == "2026-11-22"
    assert panel.model.rowCount() == 40
    assert not opened.docks["batch"].isHidden()
    assert "redline_m2" not in panel.model.columns  # nothing stands there
    assert [panel.verdicts.itemText(i) for i in range(panel.verdicts.count())] == [
        "全部结论", "禁止 10", "资料不足 10", "限制 10", "符合 10"]
    assert "40 个项目" in panel.told.text()
    assert "1 个不能量算" in panel.told.text()
    assert "收录完整" not in panel.told.text()
    opened.engine.batch_grounds = lambda _out: {"on": "2026-11-22", "rule_set": {"complete_from": "2030-01-01"}}
    assert "规则集自 2030-01-01 起才收录完整" in run(opened, qtbot, tmp_path).told.text()


def test_a_result_that_no_longer_holds_says_so_and_is_not_drawn_as_one_that_does(opened, qtbot, many, tmp_path, monkeypatch):
    panel = run(opened, qtbot, tmp_path)
    part = panel._part
    qtbot.waitUntil(lambda: not part._later.isActive() and not opened.looks.asking("batch_holds"), timeout=20_000)
    assert not part.old
    assert panel.old.isHidden()

    def picture(sign):
        image = sign.pixmap(16, 16).toImage()
        return b"" if image.isNull() else bytes(image.constBits().asarray(image.byteCount()))

    def offered(row):
        return panel.verdicts.itemText(row), picture(panel.verdicts.itemIcon(row))

    assert not any(offered(row)[0].count("待重判") for row in range(panel.verdicts.count()))
    opened.day.setDate(QDate(2026, 11, 20))
    qtbot.waitUntil(lambda: part.old, timeout=20_000)
    assert "判定基准日是 2026-11-22" in panel.old.text()
    assert not panel.old.isHidden()
    assert all(offered(row)[0].count("待重判") for row in range(1, panel.verdicts.count())), "the filter looks as the cells do"
    assert {offered(row)[1] for row in range(1, panel.verdicts.count())} == {picture(icon("doubtful"))}
    panel.verdicts.setCurrentIndex(1)
    qtbot.waitUntil(lambda: panel.model.rowCount() < 40, timeout=20_000)
    panel.verdicts.setCurrentIndex(0)
    style = opened.map.overlays()["batch:sites"].style
    assert (style.kind, style.classes[0].fill_opacity) == ("single", 0.0)
    asked = []
    monkeypatch.setattr("gui.dialogs.message.ask", lambda _window, _title, text, _yes, **_more: asked.append(text) or False)
    monkeypatch.setattr("gui.dialogs.choose.target", lambda *_args, **_kw: pytest.fail("asked for a file"))
    part.ask_export()
    assert asked == [panel.old.text()]
    opened.day.setDate(QDate(2026, 11, 22))
    qtbot.waitUntil(lambda: not part.old, timeout=20_000)
    assert panel.old.isHidden()
    many.inputs = 2
    opened.session.layersChanged.emit()
    qtbot.waitUntil(lambda: part.old, timeout=20_000)
    many.holds = False
    part.open(many.asked[0][1])
    qtbot.waitUntil(lambda: not opened.work.running, timeout=20_000)
    assert part.old, "one that was written before, of other layers"
    many.holds = True
    opened.session.layersChanged.emit()
    qtbot.waitUntil(lambda: not part.old, timeout=20_000)


def test_a_result_of_an_earlier_version_says_that_it_must_be_run_again(opened, qtbot, many, tmp_path):
    panel = run(opened, qtbot, tmp_path)
    opened.engine.batch_grounds = lambda _out: {"on": many.on, "schema": "sanxian/batch/1"}
    opened.engine.batch_holds = Engine.batch_holds.__get__(opened.engine)
    panel._part.open(many.asked[0][1])
    qtbot.waitUntil(lambda: not opened.work.running, timeout=20_000)
    assert panel._part.old
    assert "另一版本" in panel.old.text()
    assert not panel.old.isHidden()
    assert all(one.endswith("（待重判）") for one in column(panel, "verdict"))


def test_progress_is_told_and_the_run_can_be_stopped_while_the_window_goes_on(opened, qtbot, many, tmp_path):
    many.gate.clear()
    panel = run(opened, qtbot, tmp_path, wait=False)
    qtbot.waitUntil(lambda: any(job.total == 40 for job in opened.work.jobs), timeout=20_000)
    ticks = []
    timer = QTimer(interval=5)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start()
    qtbot.wait(200)
    timer.stop()
    assert len(ticks) > 15
    opened.session.set_look("示例红线", visible=False)  # edits go on
    opened.actions_by_id["cancel"].trigger()
    many.gate.set()
    qtbot.waitUntil(lambda: not opened.work.running, timeout=20_000)
    assert panel.model is None
    assert "已停止" in opened.messages.toPlainText()
    assert [job.state for job in opened.work.jobs][-1] == "stopped"


def test_other_work_goes_on_beside_a_batch_and_each_has_its_line(opened, qtbot, many, tmp_path):
    many.gate.clear()
    panel = run(opened, qtbot, tmp_path, wait=False)
    batch = opened.work.jobs[-1]
    qtbot.waitUntil(lambda: (batch.state, batch.total) == ("running", 40), timeout=20_000)
    assert opened.status.task.text() == "批量研判"
    assert opened.status.progress.maximum() == 40
    opened.actions_by_id["judge"].trigger()
    qtbot.waitUntil(lambda: opened.session.sites[0].result is not None, timeout=20_000)
    judging = opened.work.jobs[-1]
    qtbot.waitUntil(lambda: judging.state == "done", timeout=20_000)
    assert batch.state == "running"
    assert (opened.status.task.text(), opened.status.progress.maximum()) == ("批量研判", 40), "told of again once the other is done"
    opened.show_dock("messages")
    opened.tasks.show_jobs()
    lines = [[opened.tasks.tree.topLevelItem(row).text(column) for column in range(3)] for row in range(2)]
    assert [line[:2] for line in lines] == [["研判", "√ 完成"], ["批量研判", "▶ 进行中"]]
    opened.tasks.tree.setCurrentItem(opened.tasks.tree.topLevelItem(1))
    qtbot.mouseClick(opened.tasks.stop, Qt.LeftButton)
    many.gate.set()
    qtbot.waitUntil(lambda: not opened.work.running, timeout=20_000)
    assert batch.state == "stopped"
    assert panel.model is None
    assert not opened.status.task.isVisible()


def test_stopping_stops_what_waits_for_the_person_before_the_batch(opened, qtbot, many, engine, tmp_path):
    many.gate.clear()
    run(opened, qtbot, tmp_path, wait=False)
    batch = opened.work.jobs[-1]
    engine.gate.clear()
    opened.actions_by_id["judge"].trigger()
    judging = opened.work.jobs[-1]
    qtbot.waitUntil(lambda: judging.state == "running" and opened.status.task.text() == "研判", timeout=20_000)
    opened.actions_by_id["cancel"].trigger()
    engine.gate.set()
    qtbot.waitUntil(lambda: judging.state in ("stopped", "done"), timeout=20_000)
    assert batch.state == "running"
    many.gate.set()
    qtbot.waitUntil(lambda: not opened.work.running, timeout=20_000)
    assert batch.state == "done"


def test_a_batch_during_which_the_data_changed_is_said_to_be_of_no_use(opened, qtbot, many, said, tmp_path):
    many.gate.clear()
    panel = run(opened, qtbot, tmp_path, wait=False)
    qtbot.waitUntil(lambda: opened.work.jobs[-1].total == 40, timeout=20_000)
    many.inputs = 2
    many.gate.set()
    qtbot.waitUntil(lambda: not opened.work.running, timeout=20_000)
    assert "不能使用" in said[-1].text()
    assert "请再运行一次" in panel.told.text()


def test_what_verdicts_follow_from_changes_with_layers_parameters_and_overrides(tmp_path):
    real, path = Engine(), tmp_path / "w.gpkg"
    with Workspace.create(path) as workspace:
        seen = [real.inputs(path, [])]
        workspace.set_state("bookmarks", [{"name": "x"}])
        assert real.inputs(path, []) == seen[0], "a bookmark is no input"
        workspace.set_state("parameters", {"x": 1.0})
        seen.append(real.inputs(path, []))
        frame = geopandas.GeoDataFrame({"name": ["a"]}, geometry=[box(115, 29, 116, 30)], crs=4490)
        workspace.add(Layer("admin", "区", frame, path, "0" * 64, None, ()))
        seen.append(real.inputs(path, []))
        workspace.describe("区", coverage="all")
        seen.append(real.inputs(path, []))
        assert all(one != other for number, one in enumerate(seen) for other in seen[:number])


def test_filter_by_verdict_and_text_sort_by_gravity(opened, qtbot, many, tmp_path):
    panel = run(opened, qtbot, tmp_path)
    panel.verdicts.setCurrentIndex(panel.verdicts.findData("undetermined"))
    assert set(column(panel, "verdict")) == {"资料不足"}
    assert all(column(panel, "missing"))
    assert panel.count.text() == "10 / 40 个项目"
    panel.verdicts.setCurrentIndex(0)
    panel.search.setText("项目1")
    qtbot.waitUntil(lambda: panel.model.rowCount() == 11, timeout=20_000)
    panel.search.clear()
    qtbot.waitUntil(lambda: panel.model.rowCount() == 40, timeout=20_000)
    panel.view.horizontalHeader().sectionClicked.emit(panel.model.columns.index("verdict"))
    words = column(panel, "verdict")
    assert words == sorted(words, key=["禁止", "资料不足", "限制", "符合"].index)
    panel.view.horizontalHeader().sectionClicked.emit(panel.model.columns.index("area_ha"))
    assert column(panel, "id") == sorted(column(panel, "id"))


def test_rows_and_the_map_follow_each_other(opened, qtbot, many, tmp_path):
    panel = run(opened, qtbot, tmp_path)
    overlay = opened.map.overlays()["batch:sites"]
    assert len(overlay.frame) == 40
    assert set(overlay.frame["verdict"]) <= set(VERDICT_ORDER)
    panel.verdicts.setCurrentIndex(panel.verdicts.findData("prohibited"))
    assert len(opened.map.overlays()["batch:sites"].frame) == 10
    opened.map.overlayHit.emit("batch:sites", [3])
    assert panel.selected() == [13]  # the fourth of those that are prohibited
    assert panel.outcomes.topLevelItem(0).text(1) == "岸线一公里"
    assert panel.outcomes.topLevelItemCount() == 1  # what does not apply is not listed
    assert opened.canvas.told["highlight"]
    qtbot.mouseClick(panel.zoom, Qt.LeftButton)
    assert opened.canvas.told["zoom_to"]
    panel.drawn.setChecked(False)
    assert "batch:sites" not in opened.map.overlays()


def test_projects_are_taken_over_with_their_attributes_as_one_step(opened, qtbot, many, tmp_path, engine, site):
    panel = run(opened, qtbot, tmp_path)
    engine.read_projects = lambda path, _report: [site(f"B{row:06d}", is_chemical=True) for row in range(40)]
    panel.select([1, 2])
    before = len(opened.session.sites)
    qtbot.mouseClick(panel.take, Qt.LeftButton)
    qtbot.waitUntil(lambda: not opened.work.running, timeout=20_000)
    assert [one.id for one in opened.session.sites[before:]] == ["B000001", "B000002"]
    opened.actions_by_id["undo"].trigger()
    assert len(opened.session.sites) == before


def test_taking_projects_over_can_be_stopped(opened, qtbot, many, tmp_path, engine, site):
    panel = run(opened, qtbot, tmp_path)

    def read(_path, report):
        for step in range(1_000):
            report.or_stop(step, 1_000)
            time.sleep(0.01)
        return [site(f"B{row:06d}") for row in range(40)]

    engine.read_projects = read
    panel.select([1, 2])
    before = len(opened.session.sites)
    qtbot.mouseClick(panel.take, Qt.LeftButton)
    assert opened.work.running
    opened.work.cancel()
    qtbot.waitUntil(lambda: not opened.work.running, timeout=20_000)
    assert len(opened.session.sites) == before


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".gpkg", ".geojson"])
def test_the_rows_shown_are_exported(opened, qtbot, many, tmp_path, suffix, said):
    panel = run(opened, qtbot, tmp_path)
    panel.verdicts.setCurrentIndex(panel.verdicts.findData("prohibited"))
    part = next(one for one in opened.parts if type(one).__name__ == "BatchPart")
    out = tmp_path / f"out{suffix}"
    part.export(out)
    qtbot.waitUntil(lambda: not opened.work.running, timeout=20_000)
    assert out.exists()
    assert said[-1].objectName() == "done_box"
    if suffix == ".csv":
        lines = out.read_text(encoding="utf-8-sig").splitlines()
        assert len(lines) == 11
        assert lines[0].startswith("编号,项目名称,结论")
        assert "禁止" in lines[1]
    elif suffix != ".xlsx":
        assert len(geopandas.read_file(out)) == 10
    assert not list(tmp_path.glob(".out*"))


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".gpkg", ".geojson"])
def test_a_file_says_the_day_of_its_verdicts_and_whether_they_hold(opened, qtbot, many, tmp_path, suffix):
    part = run(opened, qtbot, tmp_path)._part
    qtbot.waitUntil(lambda: not part._later.isActive() and not opened.looks.asking("batch_holds"), timeout=20_000)

    def written(name):
        out = tmp_path / f"{name}{suffix}"
        part.export(out)
        qtbot.waitUntil(lambda: not opened.work.running, timeout=20_000)
        found = {".csv": pandas.read_csv, ".xlsx": pandas.read_excel}.get(suffix, geopandas.read_file)(out)
        assert len(found) == 40
        return found["结论"].tolist(), {str(day)[:10] for day in found["判定基准日"]}

    verdicts, days = written("fresh")
    assert (set(verdicts), days) == ({"禁止", "资料不足", "限制", "符合"}, {"2026-11-22"})
    many.inputs = 2  # nobody has told the table yet
    verdicts, days = written("changed")
    assert (set(verdicts), days) == ({f"{one}（待重判）" for one in ("禁止", "资料不足", "限制", "符合")}, {"2026-11-22"})
    many.inputs = 1
    opened.day.setDate(QDate(2026, 11, 20))
    verdicts, days = written("another day")
    assert all(one.endswith("（待重判）") for one in verdicts)
    assert days == {"2026-11-22"}


def test_rows_that_hold_no_more_say_so_and_are_not_green(opened, qtbot, many, tmp_path):
    panel = run(opened, qtbot, tmp_path)
    part, at = panel._part, panel.model.columns.index("verdict")
    qtbot.waitUntil(lambda: not part._later.isActive() and not opened.looks.asking("batch_holds"), timeout=20_000)
    green = panel.model.index(0, at)
    assert (green.data(), green.data(Qt.ForegroundRole) is None) == ("符合", False)
    panel.select([1])
    opened.day.setDate(QDate(2026, 11, 20))
    assert part.old, "at once: what is asked for now must not be taken for what holds"
    assert set(column(panel, "verdict")) == {f"{one}（待重判）" for one in ("禁止", "资料不足", "限制", "符合")}
    assert panel.model.index(0, at).data(Qt.ForegroundRole) is None
    assert panel.outcomes.topLevelItem(0).text(0) == "禁止（待重判）"
    panel.search.setText("待重判")
    panel.arrange()
    assert panel.model.rowCount() == 40
    opened.actions_by_id["english"].trigger()
    assert "Permitted (outdated)" in column(panel, "verdict")
    panel.select([1])
    assert panel.outcomes.topLevelItem(0).text(0) == "Prohibited (outdated)"
    assert panel.outcomes.columnWidth(0) >= panel.outcomes.sizeHintForColumn(0), "the words are not cut"
    panel.search.clear()
    panel.arrange()
    opened.day.setDate(QDate(2026, 11, 22))
    qtbot.waitUntil(lambda: not part.old, timeout=20_000)
    assert set(column(panel, "verdict")) == {"Permitted", "Prohibited", "Undetermined", "Restricted"}
    assert panel.model.index(0, at).data(Qt.ForegroundRole) is not None


@pytest.mark.parametrize("suffix", [".xlsx", ".gpkg"])
def test_numbers_of_an_export_are_numbers_and_what_is_unknown_is_empty(opened, qtbot, many, tmp_path, suffix):
    many.frame["area_m2"] = [238_453_210.0 + row for row in range(40)]
    many.frame["redline_m2"] = [None, 23_845.25, *[0.0] * 38]
    panel = run(opened, qtbot, tmp_path)
    assert column(panel, "redline_m2")[:3] == ["", "23,845.2", "0.0"]
    out = tmp_path / f"out{suffix}"
    panel._part.export(out)
    qtbot.waitUntil(lambda: not opened.work.running, timeout=20_000)
    found = pandas.read_excel(out) if suffix == ".xlsx" else geopandas.read_file(out)
    area, redline = found["面积（公顷）"], found["占生态保护红线（平方米）"]
    assert area.tolist() == pytest.approx([23_845.321 + row / 1e4 for row in range(40)])
    assert redline.isna().tolist() == [True, *[False] * 39]
    assert redline.tolist()[1:] == [23_845.25, *[0.0] * 38]


def test_the_line_below_ends_in_dots_where_it_has_no_room(opened, qtbot, many, tmp_path):
    panel = run(opened, qtbot, tmp_path)
    opened.actions_by_id["english"].trigger()
    panel.show_result(panel._frame, {}, "Batch of 48 projects as of 2026-11-22 · " * 8)
    panel.told.resize(120, panel.told.height())
    cut = panel.told.grab().toImage()
    whole = QLabel(panel.told.text(), panel.told.parentWidget())
    theme.tone(whole, "muted")
    short = QLabel(panel.told.fontMetrics().elidedText(panel.told.text(), Qt.ElideRight, 120), panel.told.parentWidget())
    theme.tone(short, "muted")
    for label in (whole, short):
        label.resize(panel.told.size())
    assert cut == short.grab().toImage()
    assert cut != whole.grab().toImage()
    assert "as of 2026-11-22" in panel.told.toolTip(), "all of it"


def test_english_follows_and_another_workspace_empties_the_table(opened, qtbot, many, tmp_path):
    panel = run(opened, qtbot, tmp_path)
    opened.actions_by_id["english"].trigger()
    assert panel.model.headerData(panel.model.columns.index("verdict"), Qt.Horizontal) == "Verdict"
    assert set(column(panel, "verdict")) == {"Permitted", "Prohibited", "Undetermined", "Restricted"}
    panel.select([1])
    assert panel.outcomes.topLevelItem(0).text(1) == "Bank"
    opened.session.undo_stack.setClean()
    opened.files.close()
    assert panel.model is None
    assert opened.map.overlays() == {}


def test_a_hundred_thousand_rows_are_filtered_without_the_window_standing_still(opened, qtbot, many, tmp_path):
    many.frame = result(100_000)
    panel = run(opened, qtbot, tmp_path)
    gaps, last = [], [time.perf_counter()]

    def beat():
        now = time.perf_counter()
        gaps.append(now - last[0])
        last[0] = now

    timer = QTimer(interval=5)
    timer.timeout.connect(beat)
    last[0] = time.perf_counter()
    timer.start()
    panel.verdicts.setCurrentIndex(panel.verdicts.findData("prohibited"))
    qtbot.waitUntil(lambda: panel.model.rowCount() == 25_000, timeout=20_000)
    timer.stop()
    assert max(gaps) < 0.5, max(gaps)


@pytest.mark.parametrize("raw", [b"no parquet at all", b""])
def test_what_is_no_result_is_said(opened, qtbot, many, tmp_path, said, raw):
    (tmp_path / "x.parquet").write_bytes(raw)
    next(one for one in opened.parts if type(one).__name__ == "BatchPart").open(tmp_path / "x.parquet")
    qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert "不是批量研判的成果" in said[0].text()


def test_the_endings_of_a_results_file_are_said_at_once(qtbot, tmp_path):
    from datetime import date

    from gui.panels.batch import BatchDialog

    dialog = BatchDialog(tmp_path, date(2026, 8, 15), None)
    qtbot.addWidget(dialog)
    dialog.show()
    assert ".geoparquet" in dialog.out.placeholderText()
    for text, told in (("a", False), ("a.par", False), ("a.parquet", False), ("a.GEOPARQUET", False), ("out.gpkg", True), ("out.parquet", False)):
        dialog.out.clear()
        qtbot.keyClicks(dialog.out, text)
        assert dialog.wrong.isVisible() == told, text
        assert (".geoparquet" in dialog.wrong.text()) == told


def test_every_verdict_fits_its_column(opened, qtbot, many, tmp_path):
    from gui.words import VERDICT_ORDER, verdict_word

    panel = run(opened, qtbot, tmp_path)
    try:
        opened.apply_language("en")
        panel.show_result(many.frame, {}, "")
        widest = max(panel.view.fontMetrics().horizontalAdvance(verdict_word(one)) for one in VERDICT_ORDER)
        assert panel.view.columnWidth(panel.model.columns.index("verdict")) > widest + 36  # its icon and the margins
    finally:
        opened.apply_language("zh")

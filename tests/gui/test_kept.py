"""Verdicts and the day are there again when a workspace is opened, and hold only where nothing that they rest on differs."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from datetime import date
from types import SimpleNamespace

import pytest
from PyQt5.QtCore import QDate, QSettings
from PyQt5.QtWidgets import QMessageBox
from shapely.affinity import translate

from gui import kept, telling
from gui.engine import Engine
from gui.main_window import MainWindow
from gui.session import Session
from gui.settings import Settings
from gui.tasks import Report
from layers.workspace import Workspace
from rules.model import Verdict
from sanxian.demo import build
from sanxian.overrides import Override

DAY = date(2026, 11, 22)


@contextlib.contextmanager
def opened(engine, path, day=DAY):
    session = Session()
    session.open(Workspace.open(path))
    session.load_sites(engine.stored_sites(session.workspace))
    session.set_day(day)
    try:
        yield session
    finally:
        session.close()


def judge(engine, session, ids):
    sites = [site for site in session.sites if site.id in ids]
    session.set_results(engine.screen(session.path, sites, on=session.day, folders=(), report=Report(lambda *_step: None, SimpleNamespace(
        is_set=lambda: False))))


def keep(engine, session):
    engine.keep_verdicts(session.workspace, kept.Memory(session).rows(), session.day)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A workspace that keeps verdicts of three of four projects, the first of them reviewed, and what they were."""
    engine, folder = Engine(), tmp_path_factory.mktemp("kept")
    demo = build(folder / "demo")
    with opened(engine, demo.workspace) as session:
        session.remove_sites([site.id for site in session.sites[4:]])
        engine.save(session)
        review = Override(session.sites[0].id, "wetland-fill", Verdict.PERMITTED, "measured", "Zhang San", DAY, DAY)
        session.workspace.set_state("overrides", [review.to_dict()])
    with opened(engine, demo.workspace) as session:
        judge(engine, session, {site.id for site in session.sites[:3]})
        keep(engine, session)
        was = {site.id: site.result for site in session.sites}
    return engine, demo.workspace, was


@pytest.fixture
def again(made, tmp_path):
    engine, path, was = made
    copy = tmp_path / "demo.gpkg"
    shutil.copyfile(path, copy)
    return engine, copy, was


def shown(engine, session):
    found = engine.kept_verdicts(session.path, ())
    kept.show(session, found, session.stamps({site.id for site in session.sites}))
    return [None if site.result is None else site.obsolete for site in session.sites]


def test_verdicts_are_there_again_and_hold(again):
    engine, path, was = again
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None]
        for site in session.sites[:3]:
            found = was[site.id]
            assert (site.result.verdict, site.result.site, site.result.redline, site.result.reviewed_verdict) == (
                found.verdict, found.site, found.redline, found.reviewed_verdict)
            assert [one.trace for one in site.result.outcomes] == [one.trace for one in found.outcomes]
        keep(engine, session)
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None], "kept once more"
        session.rename_site(session.sites[0].id, "另一个")
        assert session.sites[0].obsolete
        session.undo_stack.undo()
        assert not session.sites[0].obsolete


@pytest.mark.parametrize("how", [
    "DELETE FROM {redline}", "UPDATE {unit} SET code='ZH36040399999'", "UPDATE {redline} SET geom=(SELECT geom FROM {wetland} LIMIT 1)",
    "DELETE FROM sanxian_rasters"])
def test_rows_changed_by_sql_leave_no_verdict_that_holds(again, how):
    """SQL leaves no trace in gpkg_contents."""
    engine, path, _was = again
    with Workspace.open(path, readonly=True) as workspace:
        tables = {name: f'"{of_layer(role)(workspace).table}"' for name, role in
                  (("redline", "ecological_redline"), ("unit", "control_unit"), ("wetland", "wetland"))}
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY"):  # of triggers that speak of shapes
            file.create_function(name, 1, lambda _shape: 0.0)
        file.execute(how.format(**tables))
    with opened(engine, path) as session:
        assert shown(engine, session) == [True, True, True, None]


@pytest.mark.parametrize(("role", "holds"), [("reference", True), ("wetland", False)])
def test_a_layer_that_came_since_counts_where_a_rule_asks_for_it(again, tmp_path, role, holds):
    """An import is in the file at once, the verdicts are not: so it is after a crash."""
    import geopandas
    from shapely import box

    from layers.read import read_layer

    engine, path, _was = again
    geopandas.GeoDataFrame({"name": ["后来"], "importance": ["general"]}, geometry=[box(116.0, 29.7, 116.001, 29.701)],
                           crs=4490).to_file(tmp_path / "later.gpkg")
    with Workspace.open(path) as workspace:
        workspace.add(read_layer(tmp_path / "later.gpkg", role))
    with opened(engine, path) as session:
        assert shown(engine, session) == [not holds, not holds, not holds, None]


def test_what_this_program_writes_beside_is_said_with_the_verdicts(again):
    engine, path, _was = again
    with opened(engine, path) as session:
        table = of_layer("reference")(session.workspace).table
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY"):
            file.create_function(name, 1, lambda _shape: 0.0)
        file.execute(f'DELETE FROM "{table}"')
    with opened(engine, path) as session:
        engine.keep_contents(session.workspace)  # as on saving, after a step of the window
        assert shown(engine, session) == [False, False, False, None]


def test_what_another_program_changes_meanwhile_marks_what_was_judged_before_and_nothing_after(again):
    engine, path, _was = again
    with opened(engine, path) as session:
        judge(engine, session, {session.sites[0].id, session.sites[1].id})
        with contextlib.closing(sqlite3.connect(path)) as file, file:
            table = of_layer("ecological_redline")(session.workspace).table
            file.execute("UPDATE gpkg_contents SET last_change='2026-11-23T00:00:00.000Z' WHERE table_name=?", (table,))  # as GDAL does
        session.look_again()
        judge(engine, session, {session.sites[0].id})
        assert [site.obsolete for site in session.sites[:2]] == [False, True]


def of_layer(role):
    return lambda workspace: next(one for one in workspace.by_role(role) if one.features)


def changed_place(workspace):
    record = of_layer("project_site")(workspace)
    with contextlib.closing(sqlite3.connect(workspace.path)) as file:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY"):  # of triggers that speak of shapes
            file.create_function(name, 1, lambda _shape: None)
        file.execute(f'UPDATE "{record.table}" SET name=\'改了名\' WHERE fid=(SELECT min(fid) FROM "{record.table}")')
        file.commit()


def by_another_program(workspace):
    record = of_layer("ecological_redline")(workspace)
    with contextlib.closing(sqlite3.connect(workspace.path)) as file:
        file.execute("UPDATE gpkg_contents SET last_change='2026-11-23T08:00:00.000Z' WHERE table_name=?", (record.table,))
        file.commit()


def other_review(workspace):
    (one,) = workspace.state("overrides")
    workspace.set_state("overrides", [{**one, "reason": "measured again"}])


@pytest.mark.parametrize(("differs", "marked"), [
    (changed_place, [True, False, False, None]), (other_review, [True, False, False, None]),
    (lambda workspace: workspace.set_state("overrides", None), [True, False, False, None]),
    (lambda workspace: workspace.set_state("parameters", {"soil_risk_distance_m": 400.0}), [True, True, True, None]),
    (by_another_program, [True, True, True, None]),
    (lambda workspace: workspace.describe(of_layer("ecological_redline")(workspace).name, coverage="hull"), [True, True, True, None]),
    (lambda workspace: workspace.describe(of_layer("ecological_redline")(workspace).name, accuracy_m=3.25), [True, True, True, None]),
    (lambda workspace: workspace.remove(of_layer("ecological_redline")(workspace).name), [True, True, True, None]),
    (lambda workspace: workspace.describe(of_layer("project_site")(workspace).name, accuracy_m=7.5), [True, True, True, None]),
])
def test_what_differs_makes_them_verdicts_of_before(again, differs, marked):
    engine, path, _was = again
    with Workspace.open(path) as workspace:
        differs(workspace)
    with opened(engine, path) as session:
        assert shown(engine, session) == marked


def test_another_day_rules_and_program(again, tmp_path, monkeypatch):
    engine, path, _was = again
    with opened(engine, path, date(2026, 11, 21)) as session:
        assert shown(engine, session) == [True, True, True, None]
        session.set_day(DAY)
        assert [site.obsolete for site in session.sites[:3]] == [False] * 3
    ruleset = Engine.ruleset
    monkeypatch.setattr(Engine, "ruleset", lambda *args: SimpleNamespace(
        sha256="f" * 64, complete_from=ruleset(*args).complete_from, rules=()))
    with opened(engine, path) as session:
        assert shown(engine, session) == [True, True, True, None]
    monkeypatch.undo()
    monkeypatch.setattr("sanxian.__version__", "99.0")
    with opened(engine, path) as session:
        assert shown(engine, session) == [True, True, True, None]


def test_what_was_marked_when_it_was_kept_stays_marked(again):
    engine, path, _was = again
    with opened(engine, path) as session:
        shown(engine, session)
        session.set_attribute(session.sites[1].id, "is_chemical", not session.sites[1].attributes.get("is_chemical"))
        site = session.sites[2]
        session.set_geometry(site.id, translate(site.geometry, 1e-9), site.crs)
        keep(engine, session)  # and nothing else is saved
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, True, True, None]


def test_what_is_judged_or_changed_meanwhile_is_not_overwritten(again):
    engine, path, _was = again
    with opened(engine, path) as session:
        stamps = session.stamps({site.id for site in session.sites})
        found = engine.kept_verdicts(path, ())
        judge(engine, session, {session.sites[0].id})
        result = session.sites[0].result
        session.rename_site(session.sites[1].id, "另一个")
        kept.show(session, found, stamps)
        assert session.sites[0].result is result
        assert session.sites[1].obsolete


# -- in the window ---------------------------------------------------------------------------------------------------


@pytest.fixture
def make(qtbot, tmp_path, canvas_class, said):
    windows = []

    def one(path, today=DAY):
        window = MainWindow(Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.IniFormat)), Engine(), make_canvas=canvas_class,
                            make_layer=SimpleNamespace, today=today)
        windows.append(window)
        with qtbot.waitExposed(window):
            window.show()
        qtbot.waitUntil(lambda: window.ready, timeout=30_000)
        window.files.open(path)
        at_rest(qtbot, window)
        return window

    yield one
    for window in windows:
        window.session.undo_stack.setClean()
        window.close()
        qtbot.wait(1)
        window.deleteLater()


def at_rest(qtbot, window):
    qtbot.waitUntil(lambda: not window.work.running, timeout=60_000)


def test_closing_keeps_verdicts_and_the_day(qtbot, make, again):
    _engine, path, _was = again
    window = make(path, date(2026, 11, 25))
    assert window.on == DAY
    assert window.day_label.text().split() == ["⚠", "判定基准日"]
    assert "不是今天（2026-11-25）" in window.day.toolTip()
    assert "判定基准日 2026-11-22（不是今天）" in window.verdict.facts.toolTip()
    assert "起才收录完整" not in window.verdict.facts.toolTip()
    assert [site.obsolete for site in window.session.sites[:3]] == [False] * 3
    assert window.verdict.levels
    assert "3 个项目，0 个待重判；判定基准日 2026-11-22" in window.messages.toPlainText()
    window.judge([window.session.sites[3].id])
    at_rest(qtbot, window)
    record = telling.screening_of(telling.told(window.session).judged)
    assert [one.id for one in record.projects] == [site.id for site in window.session.sites], "those of before and the new one"
    window.day.setDate(QDate(2026, 11, 25))
    assert window.day_label.text().strip() == "判定基准日"
    assert "不是今天" not in window.day.toolTip()
    window.close()
    window = make(path, date(2026, 11, 26))
    assert window.on == date(2026, 11, 25)
    assert all(site.obsolete for site in window.session.sites), "of another day"
    window.day.setDate(QDate(2026, 11, 22))
    assert not any(site.obsolete for site in window.session.sites)
    window.files.close()
    empty = path.with_name("empty.gpkg")
    window.files.new(empty)
    assert window.on == date(2026, 11, 26), "the day was the other workspace's"


def test_what_cannot_be_kept_is_said_before_it_is_lost(qtbot, make, again, monkeypatch):
    _engine, path, _was = again
    window = make(path)
    monkeypatch.setattr(kept, "MOST", 3)
    window.judge([window.session.sites[3].id])
    at_rest(qtbot, window)
    asked = []

    def exec_(box):
        asked.append(box.text())
        wanted = QMessageBox.RejectRole if len(asked) == 1 else QMessageBox.AcceptRole
        next(one for one in box.buttons() if box.buttonRole(one) == wanted).click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec_", exec_)
    window.files.close()
    assert window.session.workspace is not None, "the person would rather stay"
    assert "请导出报告" in asked[0]
    window.files.close()
    assert window.session.workspace is None
    assert len(asked) == 2


def test_saving_keeps_them_and_what_is_unreadable_is_told(qtbot, make, again):
    _engine, path, _was = again
    window = make(path)
    window.judge([window.session.sites[3].id])
    at_rest(qtbot, window)
    assert window.files.save()
    assert window.session.workspace.state(kept.KEY)["on"] == "2026-11-22"
    assert not window.files._memory.changed
    copy = path.with_name("copy.gpkg")
    shutil.copyfile(path, copy)
    with Workspace.open(copy) as workspace:
        workspace.set_state(kept.KEY, {**workspace.state(kept.KEY), "data": "nothing"})
    window.files.open(copy)
    at_rest(qtbot, window)
    assert window.session.path == copy
    assert "读不出来" in window.messages.toPlainText()
    assert all(site.result is None for site in window.session.sites)


def test_the_accuracy_of_the_layer_of_projects_counts_in_the_window_as_on_the_command_line(qtbot, make, again):
    _engine, path, _was = again
    with Workspace.open(path) as workspace:
        workspace.describe(of_layer("project_site")(workspace).name, accuracy_m=7.5)
    window = make(path)
    site = window.session.sites[0]
    assert site.obsolete
    window.judge([site.id])
    qtbot.waitUntil(lambda: not site.obsolete and not window.work.running, timeout=60_000)
    assert site.result.attributes["accuracy_m"] == 7.5


def test_a_project_that_was_drawn_saved_and_judged_is_there_again(qtbot, make, again):
    _engine, path, _was = again
    window = make(path)
    window.add_site(window.session.sites[0].geometry.buffer(12.3456789), window.session.sites[0].crs)
    drawn = window.session.current_id
    window.session.set_attribute(drawn, "industry_code", ("2614", "2651"))
    window.session.set_attribute(drawn, "is_chemical", True)
    window.judge([drawn])
    at_rest(qtbot, window)
    assert window.files.save()
    window.files.open(path)
    at_rest(qtbot, window)
    site = window.session.site(drawn)
    assert site.verdict
    assert not site.obsolete

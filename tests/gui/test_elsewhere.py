"""What other programs do to the workspace while it is open, what is done to its rasters, and what a crash leaves of verdicts."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from datetime import date
from types import SimpleNamespace

import pytest
from PyQt5.QtCore import QDate, QEvent, Qt, QTimer
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QMessageBox

from gui import kept, outside, recovery
from gui.panels.layers import trouble
from gui.session import Site, raster_key
from gui.tasks import Report
from layers.nearby import file_stamp, unwatched
from layers.workspace import Workspace, WorkspaceError
from sanxian.mapping.styles import OUTDATED
from tests.gui import test_kept
from tests.gui.test_kept import DAY, at_rest, judge, keep, of_layer, opened, shown

made, again, make = test_kept.made, test_kept.again, test_kept.make
OGR = shutil.which("ogrinfo") and shutil.which("ogr2ogr")


def table_of(path, role):
    with Workspace.open(path, readonly=True) as workspace:
        return of_layer(role)(workspace).table


PROGRAM = """
import sqlite3, sys
file = sqlite3.connect(sys.argv[1], timeout=30)
for name in ("ST_IsEmpty", "ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY"):  # of triggers that speak of shapes
    file.create_function(name, 1, lambda _shape: 0.0)
file.executescript(sys.argv[2])
file.commit()
file.close()
"""


def by_sql(path, statement):
    """In another process, as a program does that leaves GeoPackage's own time of a change as it was."""
    subprocess.run([sys.executable, "-c", PROGRAM, str(path), statement], check=True, capture_output=True, timeout=60)


def marked(session):
    return [None if site.result is None else site.obsolete for site in session.sites]


CHANGES = {
    "rename": "UPDATE \"{control_unit}\" SET name='另一个' WHERE fid=(SELECT min(fid) FROM \"{control_unit}\")",
    "delete": "DELETE FROM \"{control_unit}\" WHERE fid=(SELECT max(fid) FROM \"{control_unit}\")",
}


def sql_of(path, how):
    return CHANGES[how].format(control_unit=table_of(path, "control_unit"))


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize("leaves", ["saved", "kept", "killed"])
def test_sql_of_another_program_is_seen_while_the_workspace_is_open_and_is_never_blessed(again, how, leaves):
    engine, path, _was = again
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None]
        by_sql(path, sql_of(path, how))
        if leaves != "killed":
            session.look_again()
            assert marked(session) == [True, True, True, None]
        if leaves == "saved":
            engine.keep_contents(session.workspace)
        if leaves == "kept":
            keep(engine, session)
    with opened(engine, path) as session:
        assert shown(engine, session) == [True, True, True, None]
        judge(engine, session, {session.sites[0].id})
        assert marked(session) == [False, True, True, None], "of what stands there now"
        keep(engine, session)
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, True, True, None]


def test_what_was_not_noticed_before_it_was_kept_is_marked_when_it_is_opened_again(again):
    engine, path, _was = again
    with opened(engine, path) as session:
        judge(engine, session, {site.id for site in session.sites})
        by_sql(path, sql_of(path, "rename"))
        keep(engine, session)
    with opened(engine, path) as session:
        assert shown(engine, session) == [True] * 4


@pytest.mark.skipif(not OGR, reason="needs GDAL's programs")
@pytest.mark.parametrize("how", ["ogrinfo", "ogr2ogr"])
def test_programs_of_gdal_are_seen(again, how, tmp_path):
    engine, path, _was = again
    table = table_of(path, "control_unit")
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None]
        if how == "ogrinfo":
            statement = f"UPDATE \"{table}\" SET name='x' WHERE fid=(SELECT min(fid) FROM \"{table}\")"
            subprocess.run(["ogrinfo", str(path), "-dialect", "SQLITE", "-sql", statement], check=True, capture_output=True, timeout=60)
        else:
            subprocess.run(["ogr2ogr", "-f", "GPKG", str(tmp_path / "one.gpkg"), str(path), table, "-limit", "1", "-nln", table],
                           check=True, capture_output=True, timeout=60)
            subprocess.run(["ogr2ogr", "-f", "GPKG", "-update", "-overwrite", str(path), str(tmp_path / "one.gpkg"), table],
                           check=True, capture_output=True, timeout=60)
        session.look_again()
        assert marked(session) == [True, True, True, None]


def test_a_table_that_was_made_anew_is_watched_again(again, tmp_path):
    """ogr2ogr -overwrite takes the triggers with it; what was done while nothing watched nobody knows."""
    engine, path, _was = again
    table = table_of(path, "control_unit")
    triggers = "; ".join(f'DROP TRIGGER "sanxian_{event}_{table}"' for event in ("insert", "update", "delete"))
    by_sql(path, triggers)
    with opened(engine, path) as session:
        assert shown(engine, session) == [True, True, True, None]
        judge(engine, session, {session.sites[0].id})
        assert marked(session)[0] is False
        keep(engine, session)
    with opened(engine, path) as session:
        assert shown(engine, session)[0] is False
        by_sql(path, sql_of(path, "rename"))
        session.look_again()
        assert marked(session) == [True, True, True, None]


MADE_ANEW = """
    CREATE TABLE copied AS SELECT * FROM "{table}";
    DROP TRIGGER "sanxian_insert_{table}"; DROP TRIGGER "sanxian_update_{table}"; DROP TRIGGER "sanxian_delete_{table}";
    DELETE FROM "{table}"; INSERT INTO "{table}" SELECT * FROM copied; DROP TABLE copied
"""


@pytest.mark.parametrize("looked", ["looked", "not looked", "locked"])
def test_rows_of_a_table_that_was_made_anew_are_seen_to_change_while_the_file_is_open(again, looked, monkeypatch):
    engine, path, _was = again
    table = table_of(path, "control_unit")
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None]
        if looked == "locked":  # it cannot be watched again
            monkeypatch.setattr(session.workspace, "watch_again", lambda: None)
        by_sql(path, MADE_ANEW.format(table=table))
        if looked != "not looked":
            session.workspace.watch_again()
            session.look_again()
            assert marked(session) == [True, True, True, None], "nobody knows what was done"
        judge(engine, session, {session.sites[0].id})
        session.look_again()
        assert marked(session) == [False, True, True, None]
        for way in ("'x'", "name || 'y'"):
            by_sql(path, f'UPDATE "{table}" SET name={way} WHERE fid=(SELECT min(fid) FROM "{table}")')
            session.workspace.watch_again()
            session.look_again()
            assert marked(session) == [True, True, True, None], way
            judge(engine, session, {session.sites[0].id})
            assert marked(session)[0] is False
        keep(engine, session)
    with opened(engine, path) as session:
        assert shown(engine, session)[0] is False, "watched again, what was judged still holds"


def test_the_window_watches_a_table_again_as_soon_as_it_has_looked(again, tmp_path):
    engine, path, _was = again
    table = table_of(path, "control_unit")
    with opened(engine, path) as session:
        by_sql(path, MADE_ANEW.format(table=table))
        before = session.workspace.changes()
        session.workspace.watch_again()
        assert session.workspace.changes() == before, "to be watched changes nothing"
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert unwatched(connection) == []
        session.workspace.look_at_file()


def test_what_is_said_of_a_layer_elsewhere_marks_and_judging_again_ends_it(again):
    engine, path, _was = again
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None]
        name = of_layer("control_unit")(session.workspace).name

        def look():
            workspace = session.workspace
            session.take_changes(workspace.changes(), workspace.rasters(), None, {one.added: one for one in workspace.layers()})

        look()
        assert marked(session) == [False, False, False, None], "what this program wrote is as it is"
        by_sql(path, f"UPDATE sanxian_layers SET accuracy_m=800 WHERE name='{name}'")
        look()
        assert marked(session) == [True, True, True, None]
        judge(engine, session, {session.sites[0].id})
        look()
        assert marked(session) == [False, True, True, None]


def test_a_change_under_a_copied_time_has_another_stamp(tmp_path):
    path = tmp_path / "a.gpkg"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    was, times = file_stamp(path), path.stat()
    by_sql(path, "UPDATE t SET a=2")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert path.stat().st_size == times.st_size
    assert file_stamp(path) != was


def test_what_the_program_writes_itself_marks_nothing(again):
    engine, path, _was = again
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None]
        workspace, reference = session.workspace, of_layer("reference")(session.workspace)
        workspace.set_state("window", {"x": 1})
        workspace.save_findings([])
        workspace.describe(reference.name, source="某局")
        fid = int(workspace.read(reference.name)["fid"].iloc[0])
        column = next(name for name, kind in workspace.column_kinds(reference.name).items() if kind.kind == "text")
        was = workspace.set_values(reference.name, {fid: {column: "改了"}})
        assert workspace.record(reference.name).changed == ""
        workspace.set_values(reference.name, was)
        workspace.rename(reference.name, "另一个名称")
        workspace.undo()
        workspace.compact()
        engine.save(session)
        workspace.state("verdicts")
        session.look_again()
        assert not any(workspace.changes().values())
        assert marked(session) == [False, False, False, None]
        session.rename_site(session.sites[3].id, "改名")
        engine.save(session)
        session.look_again()
        keep(engine, session)
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None]


def test_only_what_is_asked_for_marks(again):
    """What another program does to layers that no rule asks for, and what it only reads, marks nothing."""
    engine, path, _was = again
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None]
        reference = table_of(path, "reference")
        by_sql(path, f'SELECT count(*) FROM "{reference}"; UPDATE "{reference}" SET fid=fid')
        session.look_again()
        assert marked(session) == [False, False, False, None]
        assert session.workspace.record(of_layer("reference")(session.workspace).name).changed


def test_a_change_that_is_undone_by_going_back_to_a_backup_is_none(again):
    """The mark of a change never comes again: going back and changing otherwise is not the state of before."""
    engine, path, _was = again
    with Workspace.open(path) as workspace:
        unit = of_layer("control_unit")(workspace).name
        before = workspace.record(unit).changed
        by_sql(path, sql_of(path, "rename"))
        first = workspace.record(unit).changed
        workspace.remove(unit)
        workspace.undo()
        assert workspace.record(unit).changed == first, "what stands there is what the other program left"
        by_sql(path, sql_of(path, "rename"))
        assert workspace.record(unit).changed not in (before, first)


def test_what_is_judged_after_the_change_is_judged_by_what_stands_there_now(again):
    """Features that were read before are not taken for those of now, though neither their number nor GDAL's time has changed."""
    engine, path, _was = again
    live = engine.live(path, on=DAY, folders=())
    try:
        with opened(engine, path) as session:
            site = session.sites[0]
            former = live.judge(site)
            unit = former.projects[0].control_units[0]
            table = table_of(path, "control_unit")
            by_sql(path, f"UPDATE \"{table}\" SET name='改了名的单元' WHERE code='{unit.code}'")
            now = live.judge(site)
            assert now.projects[0].control_units[0].name == "改了名的单元"
            assert now.disturbed, "nobody knows which of it was read before"
            judge(engine, session, {site.id})
            assert site.result.control_units[0].name == "改了名的单元"
            session.look_again()
            assert not site.obsolete
    finally:
        live.close()


def test_layers_changed_while_projects_are_judged_leave_no_verdict_that_holds(again, monkeypatch):
    engine, path, _was = again
    from sanxian import screen

    one = screen.Screener.screen_one

    def changed(self, project):
        found = one(self, project)
        by_sql(path, sql_of(path, "rename"))
        return found

    monkeypatch.setattr(screen.Screener, "screen_one", changed)
    with opened(engine, path) as session:
        judge(engine, session, {session.sites[3].id})
        session.look_again()
        assert session.sites[3].screening.disturbed
        assert session.sites[3].obsolete


def test_rasters_that_come_go_or_change_mark_and_no_more_once_that_is_undone(again, made):
    engine, path, _was = again
    rasters = made[1].parent
    shutil.copyfile(rasters / "示例_dem.tif", path.parent / "示例_dem.tif")
    with opened(engine, path) as session:
        judge(engine, session, {session.sites[0].id})
        site = session.sites[0]
        assert not site.obsolete
        measured = next(layer for layer in session.layers if layer.raster is not None and layer.record.kind == "dem")
        session.remove_layer(measured.key)
        assert site.obsolete
        session.undo_stack.undo()
        assert not site.obsolete
        record = session.workspace.add_raster(measured.raster, measured.record.kind, name="再来一个")
        session.reload_layers()
        session.added_layer(raster_key(record.name))
        assert site.obsolete
        session.undo_stack.undo()
        assert not site.obsolete
        with measured.raster.open("ab") as stream:
            stream.write(b"\0")
        session.look_again()
        assert site.obsolete
        engine.save(session)  # the other one leaves the file
        session.mark_saved()
        judge(engine, session, {site.id})
        assert not site.obsolete
        keep(engine, session)
    measured.raster.touch()  # as copying a folder does
    with opened(engine, path) as session:
        assert shown(engine, session)[0] is False
        measured.raster.write_bytes(b"")
        session.look_again()
        assert session.sites[0].obsolete


def test_a_batch_says_whether_it_would_be_judged_by_the_same(again, made, tmp_path):
    engine, path, _was = again
    out, source = tmp_path / "b.parquet", made[1].parent / "projects.gpkg"
    engine.batch(path, source, out, on=DAY, folders=(), report=Report(lambda *_step: None, SimpleNamespace(is_set=lambda: False)))
    grounds = engine.batch_grounds(out)
    assert grounds["on"] == DAY.isoformat()
    assert engine.batch_holds(path, (), grounds)
    earlier = grounds | {"schema": "sanxian/batch/1"}
    assert not engine.batch_holds(path, (), earlier), "it may say 0.0 m² where nobody had looked"
    assert not engine.batch_holds(path, (), {key: value for key, value in grounds.items() if key != "schema"})
    with Workspace.open(path) as workspace:
        workspace.rename(of_layer("control_unit")(workspace).name, "另一个名称")
    assert engine.batch_holds(path, (), grounds), "a name is nothing to a verdict"
    with Workspace.open(path) as workspace:
        workspace.describe(of_layer("control_unit")(workspace).name, accuracy_m=12.5)
    assert not engine.batch_holds(path, (), grounds)
    assert not engine.batch_holds(path, (), {})
    (tmp_path / "none.parquet").write_bytes(b"nothing")
    assert engine.batch_grounds(tmp_path / "none.parquet") == {}
    before = engine.inputs(path, ())
    with Workspace.open(path) as workspace:
        workspace.describe(of_layer("reference")(workspace).name, accuracy_m=3.0)
        workspace.describe(of_layer("project_site")(workspace).name, source="某局")
    assert engine.inputs(path, ()) == before, "neither is asked for"
    by_sql(path, sql_of(path, "rename"))
    assert engine.inputs(path, ()) != before


# -- in the window ---------------------------------------------------------------------------------------------------


def test_the_window_notices_by_itself_and_says_so(qtbot, make, again):
    _engine, path, _was = again
    window = make(path)
    assert marked(window.session) == [False, False, False, None]
    frame = next(layer for layer in window.session.layers if layer.role == "control_unit").frame
    by_sql(path, sql_of(path, "rename"))
    QApplication.sendEvent(window, QEvent(QEvent.WindowActivate))
    qtbot.waitUntil(lambda: marked(window.session) == [True, True, True, None], timeout=20_000)
    at_rest(qtbot, window)
    assert "工作区文件被别的程序改过" in window.messages.toPlainText()
    assert "3 个项目待重判" in window.messages.toPlainText()
    now = next(layer for layer in window.session.layers if layer.role == "control_unit").frame
    assert now is not frame, "the map shows what stands there now"
    assert "另一个" in set(now["name"])
    drawn = {key: verdict for key, _shape, verdict in window.canvas.last("set_sites")[0]}
    assert [drawn[site.id] for site in window.session.sites] == [OUTDATED, OUTDATED, OUTDATED, ""]
    window.judge([site.id for site in window.session.sites])
    at_rest(qtbot, window)
    qtbot.waitUntil(lambda: marked(window.session) == [False] * 4, timeout=20_000)
    assert window.files.save()
    by_sql(path, sql_of(path, "delete"))  # and the window closes before anybody looked
    window.close()
    window = make(path)
    assert marked(window.session) == [True] * 4


def test_it_is_noticed_without_coming_back_to_the_window(qtbot, make, again, monkeypatch):
    monkeypatch.setattr("gui.elsewhere.EVERY_MS", 50)
    _engine, path, _was = again
    window = make(path)
    at_rest(qtbot, window)
    by_sql(path, sql_of(path, "rename"))
    qtbot.waitUntil(lambda: marked(window.session) == [True, True, True, None], timeout=20_000)


def test_a_verdict_that_comes_after_the_last_edit_is_counted_among_what_a_crash_takes(qtbot, make, again, monkeypatch):
    monkeypatch.setattr(recovery, "WAIT_MS", 0)
    _engine, path, _was = again
    window = make(path)
    one, other = window.session.sites[1], window.session.sites[3]
    assert window.recovery.left(path) is None, "verdicts that are read from the file are nothing unsaved"
    window.session.set_attribute(one.id, "is_chemical", not one.attributes.get("is_chemical"))

    def judged():
        return {site["id"] for site in (window.recovery.left(path) or {}).get("sites", ()) if site["judged"]}

    qtbot.waitUntil(lambda: len(judged()) == 3, timeout=20_000)
    window.judge([other.id])
    at_rest(qtbot, window)
    qtbot.waitUntil(lambda: other.id in judged(), timeout=20_000)


def test_what_a_crash_leaves_keeps_the_verdicts_that_hold_and_says_which_do_not(qtbot, make, again):
    _engine, path, _was = again
    window = make(path)
    window.judge([window.session.sites[3].id])
    at_rest(qtbot, window)
    session = window.session
    session.set_attribute(session.sites[1].id, "is_chemical", not session.sites[1].attributes.get("is_chemical"))
    window.add_site(session.sites[0].geometry.buffer(0.001), session.sites[0].crs)
    drawn = session.current_id
    window.judge([drawn])
    at_rest(qtbot, window)
    assert marked(session) == [False, True, False, False, False]
    content = recovery.snapshot(session)()
    session.undo_stack.clear()  # as a crash: nothing of it was saved
    with Workspace.open(path, readonly=True) as workspace:
        assert len(kept_ids(workspace)) == 3
    session.undo_stack.setClean()
    window.files._memory.settled()
    window.files.close()
    window.files.open(path)
    window.recovery.restore(content)  # sooner than the verdicts of the file are there
    at_rest(qtbot, window)
    assert [site.id for site in window.session.sites][-1] == drawn
    assert marked(window.session) == [False, True, False, None, None]
    assert window.session.sites[0].result.outcomes
    said = window.messages.toPlainText()
    assert "1 个项目待重判；2 个项目的结论没有来得及保存，现在是未研判" in said
    window.session.undo_stack.undo()
    assert marked(window.session) == [False, False, False, None]


def kept_ids(workspace):
    from sanxian.kept import unpack

    return [key["id"] for key, *_rest in unpack(workspace.state(kept.KEY)["data"])]


def test_a_day_put_in_while_a_report_is_asked_for_brings_the_question(qtbot, make, again, monkeypatch, tmp_path):
    _engine, path, _was = again
    window = make(path)
    asked, written = [], []
    monkeypatch.setattr("gui.dialogs.message.ask", lambda _window, _title, text, _yes, **_more: asked.append(text) or False)
    monkeypatch.setattr(window.engine, "write_report", lambda screening, *_args, **_options: written.append(screening))
    dialog = window.files.ask_export()
    assert not asked
    choice = dialog.choice()
    dialog.close()
    window.day.selectAll()
    window.day.insert("2026年11月20日")  # typed, and not left
    window.files.export(tmp_path / "r.html", choice)
    at_rest(qtbot, window)
    assert window.day.date() == QDate(2026, 11, 20)
    assert window.on == date(2026, 11, 20)
    assert len(asked) == 1
    assert not written
    window.day.setDate(QDate(2026, 11, 22))
    window.files.export(tmp_path / "r.html", choice)
    at_rest(qtbot, window)
    assert len(asked) == 1
    assert [one.id for one in written[0].projects] == [site.id for site in window.session.sites[:3]]


# -- columns, tables, projects and rasters ---------------------------------------------------------------------------


@pytest.mark.parametrize("leaves", ["open", "closed"])
def test_a_column_that_was_renamed_marks_also_when_it_was_renamed_back_in_between(again, leaves):
    """Rows are as they were, so that neither GDAL's time nor the triggers tell."""
    engine, path, _was = again
    table = table_of(path, "control_unit")
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None]
        by_sql(path, f'ALTER TABLE "{table}" RENAME COLUMN name TO name_old')
        if leaves == "open":
            assert session.look_again()
            assert marked(session) == [True, True, True, None]
        judge(engine, session, {session.sites[0].id})
        session.look_again()
        assert marked(session) == [False, True, True, None]
        keep(engine, session)
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, True, True, None], "of what stands there now"
    by_sql(path, f'ALTER TABLE "{table}" RENAME COLUMN name_old TO name')
    with opened(engine, path) as session:
        assert shown(engine, session)[0] is True, "it was judged without the column"


@pytest.mark.parametrize("statement", ['ALTER TABLE "{table}" ADD COLUMN level TEXT', 'ALTER TABLE "{table}" DROP COLUMN name',
                                       "UPDATE gpkg_geometry_columns SET srs_id=(SELECT min(srs_id) FROM gpkg_spatial_ref_sys) WHERE table_name='{table}'"])
def test_other_changes_of_what_is_said_of_rows_mark(again, statement):
    engine, path, _was = again
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None]
        by_sql(path, statement.format(table=table_of(path, "control_unit")))
        assert session.look_again()
        assert marked(session) == [True, True, True, None]


def test_a_table_that_was_taken_away_is_told_and_no_verdict_is_given_without_it(again):
    engine, path, _was = again
    table = table_of(path, "ecological_redline")
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None]
        layer = next(one for one in session.layers if one.role == "ecological_redline")
        by_sql(path, f'DROP TABLE "{table}"')
        assert session.look_again()
        assert marked(session) == [True, True, True, None]
        assert layer.name in layer.error
        with pytest.raises(WorkspaceError, match="没有图层") as refused:
            judge(engine, session, {session.sites[0].id})
        assert refused.value.params["names"] == layer.name
        keep(engine, session)
        session.remove_layer(layer.key)
        engine.save(session)
        session.mark_saved()
        judge(engine, session, {session.sites[0].id})
        assert "ecological_redline" in session.sites[0].screening.missing_roles
        session.undo_stack.undo()
        with pytest.raises(WorkspaceError, match="放回"):
            engine.save(session)
    with opened(engine, path) as session:
        assert shown(engine, session)[:3] == [True, True, True]


def projects_table(path):
    return table_of(path, "project_site")


def code_of(site):
    return site.origin.code


def test_projects_changed_by_another_program_are_read_again_and_judged_again(again):
    engine, path, _was = again
    table = projects_table(path)
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None]
        told = []
        session.projectsElsewhere.connect(told.append)
        first, second = session.sites[:2]
        by_sql(path, f"UPDATE \"{table}\" SET name='QGIS改名', industry_code='2611' WHERE id='{code_of(first)}';"
                     f"DELETE FROM \"{table}\" WHERE id='{code_of(second)}'")
        assert session.look_again()
        assert (first.name, first.attributes["industry_code"]) == ("QGIS改名", ("2611",))
        assert second not in session.sites
        assert marked(session) == [True, False, None]
        assert (told[0].changed, told[0].removed) == (["示例云创科技产业园建设项目"], [second.name])
        assert not session.dirty, "the file has it"
        session.look_again()
        assert len(told) == 1
        session.undo_stack.undo()
        assert session.dirty
        assert first.name != "QGIS改名"
        assert second in session.sites
        assert marked(session) == [False, False, False, None]
        session.undo_stack.redo()
        assert not session.dirty
        engine.save(session)
        assert {site.name for site in engine.stored_sites(session.workspace)} == {site.name for site in session.sites}


def test_of_a_project_that_both_have_changed_nothing_is_lost_unasked(again):
    engine, path, _was = again
    table = projects_table(path)
    with opened(engine, path) as session:
        first, second, third = session.sites[:3]
        session.rename_site(first.id, "窗口的名称")
        session.rename_site(second.id, "只有窗口")
        session.remove_sites([third.id])
        by_sql(path, f"UPDATE \"{table}\" SET name='文件的名称', industry_code='2611' WHERE id='{code_of(first)}';"
                     f"UPDATE \"{table}\" SET industry_code='2612' WHERE id='{code_of(second)}';"
                     f"UPDATE \"{table}\" SET name='又改了' WHERE id='{code_of(third)}'")
        told = []
        session.projectsElsewhere.connect(told.append)
        assert session.look_again()
        assert (first.name, first.attributes["industry_code"]) == ("窗口的名称", ("2611",))
        assert (second.name, second.attributes["industry_code"]) == ("只有窗口", ("2612",))
        assert told[0].clashes == {"窗口的名称": {outside.NAME}, "又改了": {outside.WHOLE}}
        clashes = outside.clashing(session)
        assert {key: clash.fields for key, clash in clashes.items()} == {
            (first.origin.layer, code_of(first)): {outside.NAME}, (third.origin.layer, code_of(third)): {outside.WHOLE}}
        outside.take_theirs(session)
        assert first.name == "文件的名称"
        assert [site.name for site in session.sites if site.name == "又改了"]
        assert not outside.clashing(session)
        engine.save(session)
        session.mark_saved()
        names = {site.name for site in engine.stored_sites(session.workspace)}
        assert {"文件的名称", "只有窗口", "又改了"} <= names
        session.undo_stack.undo()  # what was given up here is there again
        assert first.name == "窗口的名称"
        assert session.dirty


def test_a_program_that_undoes_to_where_nothing_was_edited_here_still_shows_what_is_to_be_saved(again):
    engine, path, _was = again
    with opened(engine, path) as session:
        first = session.sites[0]
        session.rename_site(first.id, "窗口的名称")
        by_sql(path, f"UPDATE \"{projects_table(path)}\" SET industry_code='2611' WHERE id='{code_of(first)}'")
        session.look_again()
        while session.undo_stack.canUndo():
            session.undo_stack.undo()
        assert first.attributes.get("industry_code") != ("2611",)
        assert session.dirty
        engine.save(session)
        session.mark_saved()
        assert not session.dirty
        stored = next(site for site in engine.stored_sites(session.workspace) if site.origin.code == code_of(first))
        assert stored.attributes == first.attributes


def test_projects_whose_table_was_taken_away_are_written_anew(again):
    engine, path, _was = again
    with opened(engine, path) as session:
        was = {site.id: (site.name, dict(site.attributes), site.geometry) for site in session.sites}
        by_sql(path, f'DROP TABLE "{projects_table(path)}"')
        assert session.look_again()
        assert session.dirty
        assert {site.id for site in session.sites} == set(was)
        engine.save(session)
        session.mark_saved()
        assert not session.dirty
        assert session.look_again()
        assert {site.id for site in session.sites} == set(was)
    with opened(engine, path) as session:
        assert {site.id: (site.name, site.attributes) for site in session.sites} == {key: row[:2] for key, row in was.items()}
        assert all(site.geometry.equals(was[site.id][2]) for site in session.sites)


def test_what_this_program_writes_of_projects_is_no_change_by_another(again):
    engine, path, _was = again
    with opened(engine, path) as session:
        told = []
        session.projectsElsewhere.connect(told.append)
        session.rename_site(session.sites[0].id, "改名")
        session.add_sites([Site("N1", "新的", session.sites[0].geometry, session.sites[0].crs)])
        engine.save(session)
        session.mark_saved()
        assert session.look_again()
        assert not told
        by_sql(path, f"UPDATE \"{session.sites[-1].origin.layer}\" SET name='别处'")
        assert session.look_again()
        assert len(told) == 1, "also in the layer that was made just now"


def test_saving_over_what_another_program_wrote_of_projects_is_asked_about(qtbot, make, again, monkeypatch):
    _engine, path, _was = again
    window = make(path)
    at_rest(qtbot, window)
    first = window.session.sites[0]
    window.session.rename_site(first.id, "窗口的名称")
    by_sql(path, f"UPDATE \"{projects_table(path)}\" SET name='文件的名称' WHERE id='{code_of(first)}'")
    asked = []

    def press(answer):
        def choose():
            box = QApplication.activeModalWidget()
            asked.append((box.text(), box.defaultButton().text()))
            next(one for one in box.buttons() if one.text() == answer).click()
        QTimer.singleShot(0, choose)

    press("取消")
    assert not window.files.save()
    assert "窗口的名称" not in asked[0][0]
    assert "文件的名称" in asked[0][0]
    assert "项目名称" in asked[0][0]
    assert asked[0][1] == "取消"
    assert "在窗口里和文件里都改过" in window.messages.toPlainText()
    press("保存窗口里的")
    assert window.files.save()
    assert len(asked) == 2
    with Workspace.open(path, readonly=True) as workspace:
        assert "窗口的名称" in {site.name for site in _engine.stored_sites(workspace)}
    assert window.files.save(), "asked once"


def test_what_is_being_typed_stays_while_another_program_changes_projects(qtbot, make, again):
    _engine, path, _was = again
    window = make(path)
    at_rest(qtbot, window)
    first, second = window.session.sites[:2]
    window.session.set_current(first.id)
    table, form = projects_table(path), window.form
    with qtbot.waitActive(window):
        window.activateWindow()
    form.name.setFocus()
    qtbot.waitUntil(form.name.hasFocus)
    form.name.selectAll()
    form.name.insert("没打完的名")
    by_sql(path, f"UPDATE \"{table}\" SET name='另一个项目' WHERE id='{code_of(second)}'")
    assert window.session.look_again()
    assert second.name == "另一个项目"
    assert form.name.text() == "没打完的名"
    assert "正在填写" not in window.messages.toPlainText()
    by_sql(path, f"UPDATE \"{table}\" SET name='文件的名称', industry_code='2611' WHERE id='{code_of(first)}'")
    assert window.session.look_again()
    assert form.name.text() == "没打完的名"
    assert form.fields["industry_code"].text() == "2611", "what nobody types in says what the file says"
    assert "正在填写的项目名称，别的程序也改了" in window.messages.toPlainText()
    form.fields["industry_code"].setFocus()
    assert first.name == "没打完的名"
    form.fields["industry_code"].selectAll()
    form.fields["industry_code"].insert("zzzz")
    by_sql(path, f"UPDATE \"{table}\" SET name='又一个' WHERE id='{code_of(second)}'")
    assert window.session.look_again()
    assert form.fields["industry_code"].text() == "zzzz"
    window.session.set_current(second.id)
    assert form.name.text() == "又一个", "of another project everything is shown"


@pytest.mark.parametrize("noticed", [True, False])
@pytest.mark.parametrize("saved", [True, False])
def test_undoing_a_removal_brings_back_what_another_program_made_of_the_layer_meanwhile(qtbot, make, again, noticed, saved):
    engine, path, _was = again
    window = make(path)
    at_rest(qtbot, window)
    session = window.session
    name, table = of_layer("reference")(session.workspace).name, table_of(path, "reference")
    column = next(one for one, kind in session.workspace.column_kinds(name).items() if kind.kind == "text")
    session.remove_layer(name)
    by_sql(path, f"UPDATE \"{table}\" SET \"{column}\"='同事刚写的'")
    if noticed:
        assert session.look_again()
        assert f"已移除、还没有保存的图层，别的程序又改了：{name}" in window.messages.toPlainText()
    if saved:
        assert window.files.save()
        assert name not in [record.name for record in session.workspace.layers()]
    session.undo_stack.undo()
    if not saved:
        assert session.look_again()
    qtbot.waitUntil(lambda: session.layer(name).frame is not None and not window.work.running, timeout=20_000)
    assert set(session.layer(name).frame[column]) == {"同事刚写的"}
    assert window.files.save()
    assert set(session.workspace.read(name)[column]) == {"同事刚写的"}


def test_a_verdict_of_what_a_removed_layer_was_does_not_hold_once_it_is_brought_back_as_another_program_changed_it(again):
    engine, path, _was = again
    with opened(engine, path) as session:
        assert shown(engine, session) == [False, False, False, None]
        name = of_layer("control_unit")(session.workspace).name
        session.remove_layer(name)
        by_sql(path, sql_of(path, "rename"))
        engine.save(session)
        session.mark_saved()
        session.reload_layers()
        session.undo_stack.undo()
        assert marked(session) == [True, True, True, None]
        engine.save(session)
        session.mark_saved()
        session.reload_layers()
        assert "另一个" in set(session.workspace.read(name)["name"])
        assert session.workspace.record(name).changed == ""
        assert marked(session) == [True, True, True, None]
        session.undo_stack.redo()  # the layer is still known by its steps
        assert session.layer(name) is None


def test_a_raster_that_was_moved_away_is_named_and_is_no_longer_on_the_map(qtbot, make, again, made):
    engine, path, _was = again
    dem = path.parent / "示例_dem.tif"
    shutil.copyfile(made[1].parent / "示例_dem.tif", dem)
    window = make(path)
    at_rest(qtbot, window)
    session = window.session
    key = next(layer.key for layer in session.layers if layer.raster is not None and layer.record.kind == "dem")
    session.set_look(key, visible=True)
    dem.rename(dem.with_name("elsewhere.tif"))
    assert session.look_again()
    layer = session.layer(key)
    assert "示例_dem.tif 不在原处了" in layer.error
    assert trouble(layer)[0] == "broken"
    assert key not in {one.id for one in window.canvas.last("set_layers")[0]}
    said = window.messages.toPlainText()
    assert "示例_dem.tif 不在原处了" in said
    assert "工作区文件被别的程序改过" not in said
    dem.with_name("elsewhere.tif").rename(dem)
    assert session.look_again()
    assert not layer.error
    assert key in {one.id for one in window.canvas.last("set_layers")[0]}


def test_a_raster_whose_cells_were_written_anew_is_drawn_anew_and_marks_what_was_measured_in_it(qtbot, make, again, made):
    """Another program wrote other cells into a file of the same size: the map went on drawing the former ones."""
    engine, path, _was = again
    dem = path.parent / "示例_dem.tif"
    shutil.copyfile(made[1].parent / "示例_dem.tif", dem)
    window = make(path)
    at_rest(qtbot, window)
    session = window.session
    judge(engine, session, {session.sites[0].id})
    assert not session.sites[0].obsolete
    key = next(layer.key for layer in session.layers if layer.raster is not None and layer.record.kind == "dem")
    session.set_look(key, visible=True)

    def drawn():
        return next(one for one in window.canvas.last("set_layers")[0] if one.id == key)

    former, looks = drawn(), []
    window.canvas.told["set_layers"].clear()
    window.map.show_layers()
    assert drawn() is former, "nothing is drawn anew where nothing was written"
    status, cells = dem.stat(), bytearray(dem.read_bytes())
    cells[-9:] = b"123456789"
    dem.write_bytes(cells)
    os.utime(dem, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))  # of the same second
    window.map.canvas.told["set_layers"].clear()
    session.changedElsewhere.connect(looks.append)
    next(part for part in window.parts if type(part).__name__ == "Elsewhere").look()
    qtbot.waitUntil(lambda: looks == [[key]], timeout=20_000)
    assert drawn().raster != former.raster
    assert drawn() is not former, "its bounds are asked for again too"
    assert session.sites[0].obsolete
    assert "栅格文件有变动：" in window.messages.toPlainText()


# -- one workspace after another -------------------------------------------------------------------------------------


def test_neither_the_day_nor_the_map_of_one_workspace_goes_on_into_the_next(qtbot, make, again, tmp_path):
    engine, path, _was = again
    plain = tmp_path / "plain.gpkg"
    engine.new_workspace(plain).close()
    window = make(path, today=date(2026, 11, 23))
    at_rest(qtbot, window)
    assert window.on == DAY
    anew = len(window.canvas.told["start_anew"])
    window.files.open(plain)
    at_rest(qtbot, window)
    assert window.on == date(2026, 11, 23)
    assert window.session.day == date(2026, 11, 23)
    assert "判定基准日回到今天（2026-11-23）" in window.messages.toPlainText()
    assert len(window.canvas.told["start_anew"]) > anew
    window.day.setDate(QDate(2027, 1, 1))
    anew = len(window.canvas.told["start_anew"])
    window.files.save_as(tmp_path / "copy.gpkg")
    assert window.on == date(2027, 1, 1), "it is the same one under another name"
    assert len(window.canvas.told["start_anew"]) == anew
    window.files.close()
    window.files.open(path)
    at_rest(qtbot, window)
    assert window.on == DAY
    window.files.new(tmp_path / "new.gpkg")
    assert window.on == date(2026, 11, 23)


def test_what_is_judged_while_the_workspace_is_opened_again_is_given_up(qtbot, make, again, monkeypatch):
    _engine, path, _was = again
    window = make(path)
    at_rest(qtbot, window)
    go, screen = threading.Event(), window.engine.screen

    def slowly(*args, **options):
        assert go.wait(30)
        return screen(*args, **options)

    monkeypatch.setattr(window.engine, "screen", slowly)
    monkeypatch.setattr(window.files, "all_done", lambda **_options: True)  # a screening writes nothing: nobody waits for it
    window.judge([window.session.sites[3].id])
    window.files.open(path)
    go.set()
    at_rest(qtbot, window)
    assert marked(window.session) == [False, False, False, None]
    said = window.messages.toPlainText()
    assert "研判期间重新打开了工作区，这次的结论没有采用" in said
    assert "研判完成" not in said


# -- the file is away, or another one -------------------------------------------------------------------------------


def inside(path):
    """What a workspace holds, to be compared."""
    with Workspace.open(path, readonly=True) as workspace:
        layers = {}
        for record in workspace.layers():
            frame = workspace.read(record.name, whole=True)
            rows = frame.drop(columns="geometry").astype(object).where(frame.notna(), None)
            layers[record.name] = (record.role, record.version, record.current, record.family, record.accuracy_m, record.secrecy, record.source,
                                   record.data_date, record.coverage, sorted(repr(sorted(row.items(), key=str)) for row in rows.to_dict("records")),
                                   sorted(shape.wkb_hex for shape in frame.geometry if shape is not None))
        states = {key: value for key, value in workspace.states().items() if key not in ("verdicts", "window")}
        return layers, states, workspace.packs()


def answered(objects, answer):
    """Press a button of the next modal box; its name is noted."""
    def choose():
        box = QApplication.activeModalWidget()
        if box is None:
            QTimer.singleShot(20, choose)
            return
        objects.append((box.objectName(), f"{box.text()}\n{box.informativeText()}"))
        next(one for one in box.buttons() if one.text() == answer).click()
    QTimer.singleShot(0, choose)


@pytest.mark.parametrize("how", ["away", "folder", "replaced", "written over"])
def test_what_the_window_holds_is_written_elsewhere_where_its_file_is_away_or_another(qtbot, make, again, made, said, how, tmp_path):
    engine, former, _was = again
    there = tmp_path / "stick"
    there.mkdir()
    path = there / "w.gpkg"
    shutil.copyfile(former, path)
    other = tmp_path / "other.gpkg"
    shutil.copyfile(former, other)
    with Workspace.open(path) as workspace:
        unit = of_layer("control_unit")(workspace)
        workspace.describe(unit.name, secrecy="secret", accuracy_m=3.5)
        workspace.add_pack("own", {"a.toml": b"x = 1\n"})
        workspace.remove_pack("own")  # what stays is the history
    before = inside(path)
    window = make(path)
    at_rest(qtbot, window)
    qtbot.waitUntil(lambda: bool(window.files._spare().states), timeout=20_000)
    session = window.session
    judged = marked(session)
    session.rename_site(session.sites[3].id, "只在窗口里")
    session.set_look(unit.name, opacity=0.5)
    if how == "folder":
        there.rename(tmp_path / "gone")
    elif how == "away":
        path.rename(tmp_path / "gone.gpkg")
    elif how == "replaced":
        shutil.copyfile(other, there / "new.gpkg")
        (there / "new.gpkg").replace(path)
    else:
        shutil.copyfile(other, path)
    bytes_of = path.read_bytes() if path.exists() else b""
    said.clear()
    assert not window.files.save()
    why = "换成了另一个文件" if how in ("replaced", "written over") else "不在原处了"
    assert why in said[0].text()
    assert (path.read_bytes() if path.exists() else b"") == bytes_of, "nothing was written into the other one"
    said.clear()
    window.judge([session.sites[0].id])
    assert why in said[0].text(), "nothing is judged by another file"
    said.clear()
    saved = tmp_path / "saved" / "b.gpkg"
    saved.parent.mkdir()
    window.files.save_as(saved)
    at_rest(qtbot, window)
    assert session.path == saved
    assert not session.dirty
    assert "没有带过来" in said[-1].informativeText()
    assert marked(session)[:3] == judged[:3]
    assert (path.read_bytes() if path.exists() else b"") == bytes_of
    after = inside(saved)
    named = {site.origin.layer for site in session.sites}
    assert {key: row for key, row in after[0].items() if key not in named} == {
        key: row for key, row in before[0].items() if key not in named}
    assert after[1:] == before[1:]
    with Workspace.open(saved, readonly=True) as workspace:
        sites = {site.id: site for site in engine.stored_sites(workspace)}
    assert {key: (site.name, site.attributes) for key, site in sites.items()} == {
        site.id: (site.name, site.attributes) for site in session.sites}
    assert sites[session.sites[3].id].name == "只在窗口里"
    session.rename_site(session.sites[0].id, "再改")
    assert window.files.save()
    window.judge([session.sites[0].id])
    at_rest(qtbot, window)
    assert marked(session)[0] is False


def test_that_another_file_stands_in_its_place_is_told_and_nothing_of_it_is_shown(qtbot, make, again, tmp_path, monkeypatch):
    monkeypatch.setattr("gui.elsewhere.EVERY_MS", 50)
    engine, path, _was = again
    window = make(path)
    at_rest(qtbot, window)
    with Workspace.open(path, readonly=True) as workspace:
        unit = of_layer("control_unit")(workspace).name
    other = tmp_path / "other.gpkg"
    shutil.copyfile(path, other)
    with Workspace.open(other) as workspace:
        workspace.remove(unit)
    back = path.read_bytes()
    path.write_bytes(other.read_bytes())
    qtbot.waitUntil(lambda: "被换成了另一个文件" in window.messages.toPlainText(), timeout=20_000)
    assert window.session.layer(unit).frame is not None
    assert marked(window.session) == [False, False, False, None]
    path.write_bytes(back)
    window.session.rename_site(window.session.sites[0].id, "改名")
    assert window.files.save(), "put back, it is the one that was opened"
    path.write_bytes(back)
    window.session.rename_site(window.session.sites[0].id, "再改")
    assert not window.files.save(), "an older state of the same workspace would lose what was saved since"


def test_leaving_a_workspace_that_is_away_names_the_copy_and_keeps_it(qtbot, make, again, tmp_path, said):
    _engine, former, _was = again
    path = tmp_path / "stick" / "w.gpkg"
    path.parent.mkdir()
    shutil.copyfile(former, path)
    window = make(path)
    at_rest(qtbot, window)
    window.session.rename_site(window.session.sites[0].id, "只在窗口里")
    path.parent.rename(tmp_path / "gone")
    asked = []
    answered(asked, "取消")
    assert not window.files.may_leave()
    assert asked[0][0] == "save_elsewhere_box"
    assert "恢复副本" in asked[0][1]
    answered(asked, "不另存")
    assert window.files.may_leave()
    window.session.close()
    (tmp_path / "gone").rename(path.parent)
    said.clear()
    window.files.open(path)
    at_rest(qtbot, window)
    (offer,) = [box for box in said if box.objectName() == "recover_box"]
    next(one for one in offer.buttons() if offer.buttonRole(one) == QMessageBox.AcceptRole).click()
    at_rest(qtbot, window)
    assert window.session.sites[0].name == "只在窗口里"


# -- values of projects that nobody understands ----------------------------------------------------------------------


def test_a_workspace_with_a_value_that_is_not_understood_opens_with_all_its_projects_and_says_so(qtbot, make, again, monkeypatch):
    _engine, path, _was = again
    table = projects_table(path)
    with Workspace.open(path, readonly=True) as workspace:
        code = str(workspace.read_table(next(one.name for one in workspace.layers() if one.table == table))["id"].iloc[0])
    by_sql(path, f"UPDATE \"{table}\" SET industry_code='餐馆' WHERE id='{code}'")
    window = make(path)
    at_rest(qtbot, window)
    session = window.session
    assert len(session.sites) == 4
    site = next(one for one in session.sites if one.origin.code == code)
    assert "industry_code" not in site.attributes
    said = window.messages.toPlainText()
    assert "有 1 处取值不认识" in said
    assert "＝“餐馆”" in said
    session.set_current(site.id)
    assert window.form.unread.text() == "文件里的取值不认识，按未知：行业代码“餐馆”"
    assert not session.dirty
    session.set_attribute(site.id, "industry_code", ("6210",))
    assert window.form.unread.text() == ""
    assert window.files.save()
    by_sql(path, f"UPDATE \"{table}\" SET industry_code='机械厂' WHERE id='{code}'")
    assert session.look_again()
    assert "industry_code" not in site.attributes
    assert window.form.unread.text() == "文件里的取值不认识，按未知：行业代码“机械厂”"
    assert "＝“机械厂”" in window.messages.toPlainText()


def test_a_window_opens_the_projects_that_agree_with_themselves_and_names_the_others(qtbot, make, again):
    _engine, path, _was = again
    with Workspace.open(path, readonly=True) as workspace:
        record = of_layer("project_site")(workspace)
    with contextlib.closing(sqlite3.connect(path)) as file:
        rows = file.execute(f'SELECT id, fid FROM "{record.table}" ORDER BY fid').fetchall()
    (kept_, first), (other, second), *_rest = rows
    by_sql(path, f'UPDATE "{record.table}" SET id=\'{kept_}\' WHERE fid={second}')
    window = make(path)
    assert {site.id for site in window.session.sites}.isdisjoint({kept_, other})
    assert len(window.session.sites) == len(rows) - 2
    (box,) = [one for one in window.findChildren(QMessageBox) if one.objectName() == "error_box"]
    assert f"“{kept_}”（第 1、2 行编号相同" in box.text()
    box.accept()
    label = window.projects.left_out
    assert label.isVisible()
    assert label.text() in window.messages.toPlainText()
    by_sql(path, f'UPDATE "{record.table}" SET id=\'{other}\' WHERE fid={second}')
    QApplication.sendEvent(window, QEvent(QEvent.WindowActivate))
    qtbot.waitUntil(lambda: len(window.session.sites) == len(rows), timeout=20_000)
    assert not label.isVisible()


@pytest.fixture
def closed_disk(monkeypatch, tmp_path):
    """A folder that cannot be written, for whoever asks; root may write anywhere."""
    folder, allowed = tmp_path / "只读盘", os.access
    folder.mkdir()
    monkeypatch.setattr("layers.workspace.os.access", lambda path, mode, **more: not (
        mode == os.W_OK and folder in (path, *getattr(path, "parents", ()))) and allowed(path, mode, **more))
    return folder


@pytest.mark.parametrize("answer", ["copy", "no", "nowhere"])
def test_a_workspace_that_cannot_be_written_is_opened_as_a_copy_put_where_the_person_says(
        qtbot, make, again, closed_disk, tmp_path, monkeypatch, answer):
    _engine, path, _was = again
    window = make(path)
    closed, copy = closed_disk / path.name, tmp_path / "副本.gpkg"
    shutil.copyfile(path, closed)
    whole, names = closed.read_bytes(), sorted(one.name for one in closed_disk.iterdir())
    asked = []

    def press():
        (box,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMessageBox) and one.isVisible()]
        asked.append(box.text())
        keys = Qt.Key_Escape if answer == "no" else Qt.Key_Return  # by the keyboard alone
        QTest.keyClick(box, keys)

    class Waiting(QTimer):
        def timerEvent(self, _event):
            if any(isinstance(one, QMessageBox) and one.isVisible() for one in QApplication.topLevelWidgets()):
                self.stop()
                press()

    monkeypatch.setattr("gui.files.choose.target", lambda *_args, **_more: copy if answer == "copy" else None)
    waiting = Waiting()
    waiting.start(10)
    window.files.open(closed)
    at_rest(qtbot, window)
    assert [str(closed) in text and "副本" in text for text in asked] == [True]
    assert closed.read_bytes() == whole
    assert sorted(one.name for one in closed_disk.iterdir()) == names
    if answer == "copy":
        assert window.session.path == copy
        assert str(copy) in window.windowTitle()
        assert len(window.session.sites) == 4
        window.session.rename_site(window.session.sites[0].id, "改在副本里")
        assert window.files.save()
        assert closed.read_bytes() == whole
    else:
        assert window.session.path == path
        assert str(copy) not in window.windowTitle()
        assert not copy.exists()
        assert len(window.session.sites) == 4

"""The window's process does none of the heavy work: with thresholds at nothing all of it comes from another process, the same."""

from __future__ import annotations

import gc
import shutil
import threading
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import geopandas
import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from PyQt5.QtCore import QSettings, Qt
from shapely import Point, box

import gui.engine
import layers.check
import layers.look
import layers.read
import sanxian.apart
import sanxian.evidence.bundle
import sanxian.outlets.layers
import sanxian.reports
import sanxian.request
import sanxian.screen
import sanxian.zoning.figures
from gui.engine import Engine
from gui.garbage import DUE, OVERDUE, Garbage
from gui.main_window import MainWindow
from gui.session import Site
from gui.settings import Settings
from gui.tasks import Task
from layers.read import read_layer
from layers.workspace import Workspace

ON = date(2026, 11, 22)
SIDE = 12


def frame(shapes, **columns):
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs=4490)


def units():
    """Some hundred polygons of 60 vertices: many overlap, two are the same."""
    rng = np.random.default_rng(3)
    shapes = []
    for at in range(SIDE * SIDE):
        x, y = 116.01 + at % SIDE * 0.03, 29.51 + at // SIDE * 0.03
        turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        away = rng.uniform(0.012, 0.016, len(turn))
        shapes.append(shapely.Polygon(np.column_stack([x + away * np.cos(turn), y + away * np.sin(turn)])))
    shapes[9] = shapes[8]
    return frame(shapes, code=[f"ZH36040310{at:03d}" if at != 5 else "ZH36" for at in range(len(shapes))],
                 name=[f"示例{at}" for at in range(len(shapes))], category=["priority"] * len(shapes))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A workspace with a district, a redline and outlets, and a file of control units."""
    folder = tmp_path_factory.mktemp("never")
    frame([box(116.0, 29.5, 116.4, 29.9)], code=["360403"], name=["示例区"], level=["county"]).to_file(folder / "区.gpkg")
    frame([box(116.02, 29.52, 116.06, 29.56)], name=["红线一"], code=["R1"]).to_file(folder / "红线.gpkg")
    frame([Point(116.1 + at / 100, 29.6) for at in range(9)], code=[f"FA-360403-{at:04d}-SH-00" for at in range(9)],
          name=[f"口{at}" for at in range(9)], measure_kind=["无需整治", None, None] * 3).to_file(folder / "口.gpkg")
    with Workspace.create(folder / "workspace.gpkg") as workspace:
        workspace.add(read_layer(folder / "区.gpkg", "admin"), accuracy_m=5.0)
        workspace.add(read_layer(folder / "红线.gpkg", "ecological_redline"), version="2022", accuracy_m=5.0)
        workspace.add(read_layer(folder / "口.gpkg", "discharge_outlet"))
    units().to_file(folder / "units.geojson")
    return folder


@pytest.fixture
def windows(qtbot, tmp_path, files, canvas_class, closed_at_end):
    """Gives windows, each on a copy of the workspace of its own."""
    def open_(name):
        path = tmp_path / name / "workspace.gpkg"
        path.parent.mkdir()
        shutil.copyfile(files / "workspace.gpkg", path)
        window = MainWindow(Settings(QSettings(str(path.parent / "settings.ini"), QSettings.IniFormat)), Engine(),
                            make_canvas=canvas_class, make_layer=SimpleNamespace, today=ON)
        closed_at_end.append(window)
        window.show()
        qtbot.waitUntil(lambda: window.ready, timeout=20_000)
        window.files.open(path)
        idle(qtbot, window)
        return window

    return open_


@pytest.fixture
def elsewhere(monkeypatch):
    """Everything counts as much, and whatever is heavy must not be called in this process; the jobs that were asked for."""
    for name in ("LARGE_FILE", "LARGE_WORKSPACE", "FEW", "FEW_DRAWN", "MANY_OUTLETS"):
        monkeypatch.setattr(gui.engine, name, 0)

    def never(*_args, **_options):
        raise AssertionError("in the window's process")

    for module, name in ((layers.read, "read_layer"), (layers.look, "look"), (layers.check, "check_workspace"),
                         (Workspace, "add"), (sanxian.screen, "screen"), (sanxian.reports, "write_report"),
                         (sanxian.outlets.layers, "states"), (sanxian.request, "load_projects"),
                         (sanxian.zoning.figures, "measure"), (sanxian.evidence.bundle, "write_bundle"),
                         (shapely, "make_valid")):
        monkeypatch.setattr(module, name, never)
    return asked_of(monkeypatch)


def asked_of(monkeypatch):
    jobs, real = [], sanxian.apart.apart

    def apart(progress, job, *args, **options):
        jobs.append(job.__name__)
        return real(progress, job, *args, **options)

    monkeypatch.setattr(sanxian.apart, "apart", apart)
    return jobs


def idle(qtbot, window):
    qtbot.waitUntil(lambda: not window.work.running, timeout=25_000)


def bring_in(qtbot, window, path):
    dialog = window.files.import_dialog(path)
    qtbot.waitUntil(lambda: dialog.preview is not None, timeout=25_000)
    dialog.role.setCurrentIndex(dialog.role.findData("control_unit"))
    ok = dialog.buttons.button(dialog.buttons.Ok)
    for _times in range(2):  # once to read, once more where something was to be said
        if window.session.layer("units") is None and not window.work.running:
            qtbot.waitUntil(ok.isEnabled, timeout=25_000)
            qtbot.mouseClick(ok, Qt.LeftButton)
            qtbot.waitUntil(lambda: dialog._reading is None, timeout=25_000)
    qtbot.waitUntil(lambda: window.session.layer("units") is not None, timeout=25_000)
    idle(qtbot, window)


def found(workspace):
    return workspace.findings().drop(columns=["first_seen", "last_seen"])


def test_importing_and_checking(qtbot, windows, files, request):
    here = windows("here")
    bring_in(qtbot, here, files / "units.geojson")
    here.do("check")
    idle(qtbot, here)
    elsewhere = request.getfixturevalue("elsewhere")
    there = windows("there")
    assert elsewhere == ["states"], "of the outlets"
    elsewhere.clear()
    bring_in(qtbot, there, files / "units.geojson")
    there.do("check")
    idle(qtbot, there)
    assert [job for job in elsewhere if job != "states"] == ["look", "read_layer", "add_layer", "check"]
    for name in ("units", "口"):
        assert_geodataframe_equal(there.session.layer(name).frame, here.session.layer(name).frame)
    assert set(there.session.layer("口").frame["work_state"]) > {"no_need"}
    assert_geodataframe_equal(found(there.session.workspace), found(here.session.workspace))
    assert {"units-gap", "code-format", "geometry-duplicate"} <= set(found(there.session.workspace)["code"])
    record, same = (window.session.workspace.record("units") for window in (there, here))
    assert (record.issues, record.sha256, record.file) == (same.issues, same.sha256, same.file)
    before = [entry.action for entry in there.session.workspace.history()]
    assert before[-2:] == ["add", "check"]
    there.session.workspace.undo()
    assert "units" not in [one.name for one in there.session.workspace.layers()], "a backup was kept by the other process"


@pytest.mark.usefixtures("elsewhere")
def test_an_import_is_given_up_and_leaves_nothing(qtbot, windows, files):
    window = windows("w")
    path = window.session.path
    before = path.read_bytes()
    engine, workspace = window.engine, window.session.workspace
    kept = engine.read_layer(files / "units.geojson", "control_unit", gui.engine.UNHEARD, workspace=workspace)
    assert kept.layer.file.exists()
    window.work.run("读取文件", lambda report: engine.add_layer(workspace, kept.layer, report), lambda _record: None)
    window.work.cancel()
    idle(qtbot, window)
    assert window.work.jobs[-1].state == "stopped"
    assert path.read_bytes() == before
    assert [one for one in path.parent.iterdir() if ".tmp" in one.name] == []
    assert engine.add_layer(workspace, kept.layer, gui.engine.UNHEARD).features == SIDE * SIDE, "once more, to the end"
    folder = kept.layer.file.parent
    kept = None
    gc.collect()
    assert not folder.exists(), "what was put by goes when it is no longer needed"


def test_judging_and_reporting(qtbot, windows, files, tmp_path, said, monkeypatch, request):
    sites = [Site(f"P{at}", f"项目{at}", box(x, 29.53, x + 0.002, 29.532), "EPSG:4490", {"industry_code": "2611"})
             for at, x in enumerate(np.linspace(116.01, 116.3, 3))]
    frame([site.geometry for site in sites], id=[site.id for site in sites]).to_file(tmp_path / "projects.geojson")
    records = []
    for name in ("here", "there"):
        jobs = request.getfixturevalue("elsewhere") if name == "there" else []
        window = windows(name)
        jobs.clear()
        window.session.add_sites([Site(one.id, one.name, one.geometry, one.crs, dict(one.attributes)) for one in sites], "导入项目")
        window.do("judge_all")
        idle(qtbot, window)
        records.append(window.session.sites[0].screening.to_json())
        for suffix in (".geojson", ".zip"):
            out = tmp_path / f"{name}{suffix}"
            window.files.export(out)
            qtbot.waitUntil(out.exists, timeout=25_000)
            idle(qtbot, window)
        monkeypatch.setattr("gui.dialogs.choose.target", lambda *_args, name=name, **_kw: tmp_path / f"{name}.html")
        window.do("web_map")
        window.do("statistics")
        idle(qtbot, window)
        window.files.import_projects(tmp_path / "projects.geojson")
        idle(qtbot, window)
        assert [site.id for site in window.session.sites] == ["P0", "P1", "P2", "P0-2", "P1-2", "P2-2"]
    assert jobs == ["screen", "report", "bundle", "web_map", "statistics", "projects"]
    assert records[0] == records[1]
    for suffix in (".geojson", ".html"):
        assert (tmp_path / f"here{suffix}").read_bytes() == (tmp_path / f"there{suffix}").read_bytes()
    assert all(one.objectName() == "done_box" for one in said)


def test_small_work_does_not_wait_for_a_process(qtbot, windows, files, monkeypatch):
    jobs = asked_of(monkeypatch)
    window = windows("w")
    small = files / "units.geojson"
    assert small.stat().st_size < gui.engine.LARGE_FILE
    bring_in(qtbot, window, small)
    window.do("check")
    idle(qtbot, window)
    assert jobs == []


def test_how_much_is_in_a_file(tmp_path):
    for name, size in (("a.shp", 10), ("a.dbf", 30), ("b.dbf", 99)):
        (tmp_path / name).write_bytes(b"x" * size)
    assert gui.engine.large(tmp_path / "a.shp", 40)
    assert not gui.engine.large(tmp_path / "a.shp", 41)
    assert gui.engine.large(tmp_path, 139), "a folder, as a file geodatabase is one"
    assert not gui.engine.large(Path("postgresql://nowhere/db"), 0)


def test_garbage_is_looked_for_when_nothing_is_under_way(qtbot, monkeypatch):
    before, busy, looked = gc.get_threshold(), [True], []
    keeper = Garbage(lambda: busy[0])
    try:
        assert gc.get_threshold()[:2] == before[:2], "young objects as ever"
        assert gc.get_threshold()[2] > 1_000_000
        monkeypatch.setattr(gc, "collect", lambda *_args: looked.append(1))
        for passed, working, times in ((DUE - 1, False, 0), (DUE, True, 0), (DUE, False, 1), (OVERDUE, True, 2)):
            monkeypatch.setattr(gc, "get_count", lambda passed=passed: (1, 1, passed))
            busy[0] = working
            keeper.look()
            assert len(looked) == times
    finally:
        keeper.stop()
    assert gc.get_threshold() == before


def test_garbage_waits_for_the_tasks_of_dialogs_too(qtbot, opened):
    """They are no jobs of the window, and the dialog is just being drawn."""
    opened.canvas.busy = False
    assert not opened.garbage._busy()
    free = threading.Event()
    task = Task(lambda _report: free.wait(10))
    task.start(opened.work.worker)
    assert not opened.work.running
    assert opened.garbage._busy()
    free.set()
    qtbot.waitUntil(lambda: not opened.garbage._busy(), timeout=20_000)

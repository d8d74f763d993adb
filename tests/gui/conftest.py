"""A window on made-up parts: real widgets and a real session, with an engine and a canvas that keep notes."""

from __future__ import annotations

import os
import threading
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt5.QtCore import QSettings, pyqtSignal
from PyQt5.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from gui.app import dress
from gui.engine import Engine
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.tasks import Cancelled
from rules.model import Basis, Clause, ClauseOutcome, Dimension, Document, Evidence, Force, Outcome, Trace, Verdict
from sanxian import i18n
from sanxian.result import ProjectResult, RedlineStatement, Screening, SiteSummary, UnitShare

for _wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitActive, QtBot.waitExposed):
    _wait.__kwdefaults__["timeout"] = 20_000  # a loaded machine is no fault of the window's

CRS = "EPSG:4548"
DOCUMENTS = {
    "law": Document("law", {"zh": "长江保护法", "en": "Yangtze Protection Law"}, "主席令第65号", "全国人大常委会",
                    date(2020, 12, 26), date(2021, 3, 1), date(2026, 8, 14)),
}


def pytest_collection_modifyitems(items):
    """In CI a window that was too slow beside others gets a second try, which is named; see CONTRIBUTING.md."""
    here = Path(__file__).parent
    for item in items:
        if os.environ.get("CI") and here in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


class Canvas(QWidget):
    """Keeps what it was told."""

    cursorMoved = pyqtSignal(float, float, float, float)
    placeLost = pyqtSignal()
    escaped = pyqtSignal()
    viewChanged = pyqtSignal(float, tuple)
    identified = pyqtSignal(object)
    selectionChanged = pyqtSignal(object)
    sketchFinished = pyqtSignal(object)
    sketchChanged = pyqtSignal(dict)
    siteMoved = pyqtSignal(object)
    siteDragged = pyqtSignal(object)
    renderFinished = pyqtSignal(float)
    boxDrawn = pyqtSignal(tuple)
    toolChanged = pyqtSignal(str)
    stepsChanged = pyqtSignal()
    dragging = False

    def __init__(self):
        super().__init__()
        self.crs = 4548
        self.told = {}
        self.stopped = False

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if name in ("notice", "layerFailed"):
            raise AttributeError(name)

        def tell(*args):
            self.told.setdefault(name, []).append(args)

        return tell

    def scale(self):
        return 50_000.0

    def points(self):
        return 0, 0

    def selection(self):
        return list(self.told["set_selection"][-1][0]) if "set_selection" in self.told else []

    def set_crs(self, epsg):
        self.crs = epsg

    def shutdown(self):
        self.stopped = True

    def last(self, name):
        return self.told[name][-1]


class Workspace:
    """Keeps layers in memory; its state goes where the test can read it."""

    def __init__(self, path, records, frames):
        self.path, self.records, self.frames = Path(path), list(records), dict(frames)
        self.kept, self.closed = {}, False

    def layers(self):
        return list(self.records)

    def changes(self):
        return {}

    def rasters(self):
        return []

    def state(self, key, default=None):
        return self.kept.get(key, default)

    def contents(self):
        return ""

    def set_state(self, key, value):
        self.kept[key] = value

    def packs(self):
        return {}

    def remove(self, name):
        self.records = [one for one in self.records if one.name != name]

    def rename(self, old, new):
        for one in self.records:
            if one.name == old:
                one.name = new

    def add(self, layer, **_about):
        self.records.append(record(layer.name, layer.role, len(layer.frame)))
        self.frames[layer.name] = layer.frame
        return self.records[-1]

    def sign(self, person, at):
        self.signed = person

    def close(self):
        self.closed = True


def record(name, role, features, **more):
    return SimpleNamespace(name=name, role=role, features=features, sha256=name, issues=more.pop("issues", ()),
                           coverage=more.pop("coverage", "known"), crs=CRS, version=None, data_date=None,
                           accuracy_m=None, source=None, **more)


class FakeEngine(Engine):
    """The real engine's words, styles and geometry; workspaces and verdicts made up."""

    def add_layer(self, workspace, layer, report=None, **about):
        return workspace.add(layer, **about)

    def __init__(self, frames):
        self.frames = frames
        self.workspace = None
        self.screened = []
        self.saved = 0
        self.gate = threading.Event()
        self.gate.set()
        self.fail = None
        self.sites = []
        self.reports = []
        self.asked_of_reports = []
        self.bundles = []

    def load(self):
        import geopandas  # noqa: F401

    def new_workspace(self, path):
        self.workspace = Workspace(path, [], {})
        return self.workspace

    def open_workspace(self, path):
        if self.fail is not None:
            raise self.fail
        if self.workspace is None:
            self.workspace = Workspace(path, [
                record("示例红线", "ecological_redline", 2), record("示例单元", "control_unit", 2, coverage="unknown"),
                record("示例岸线", "river_bank", 1),
            ], self.frames)
        return self.workspace

    def is_workspace(self, path):
        return path.name.startswith("workspace")

    def read_frames(self, path, names, report, on=None):
        return {name: self.workspace.frames[name] for name in names}

    def save(self, session):
        self.saved += 1
        for name in session.pending_removals:
            session.workspace.remove(name)
        state = session.window_state()
        session.workspace.set_state("styles", state.pop("styles"))
        session.workspace.set_state("window", state)

    def stored_sites(self, workspace):
        return list(self.sites)

    def screen(self, path, sites, *, on, folders, report):
        self.screened.append(([site.id for site in sites], on))
        for done, _site in enumerate(sites):
            if not report(done, len(sites)):
                raise Cancelled
            self.gate.wait(5)
        if self.fail is not None:
            raise self.fail
        report(len(sites), len(sites))
        return screening([project_result(site) for site in sites], on)

    def rule_levels(self, path, folders):
        return {"bank": "basin", "list": "park"}

    def write_report(self, screening, path, *, workspace_path, folders, language, form="auto", template=None, report=None):
        path.write_text("report", encoding="utf-8")
        self.reports.append((path, language))
        self.asked_of_reports.append((form, template))

    def write_bundle(self, sites, path, *, on, workspace_path, folders, language, confidential, report):
        path.write_bytes(b"bundle")
        self.bundles.append(([site.id for site in sites], on, path, confidential))


def outcome(rule, verdict, reason, **more):
    values = {"could_be": verdict, "dimension": Dimension.SPATIAL_LAYOUT, "force": Force.STATUTE,
              "basis": (Basis("law", "第二十六条"),), **more}
    return Outcome(rule=rule, title={"zh": f"规则{rule}", "en": f"Rule {rule}"}, outcome=verdict, reason=reason, **values)


def project_result(site):
    clause = Clause("C-1", "unit", "ZH36040320001", Dimension.SPATIAL_LAYOUT, "禁止新建化工项目", "单元清单!F12", "manual")
    outcomes = (
        outcome("bank", Verdict.PROHIBITED, "hit", evidence=(Evidence("river_bank", "示例江", 1, distance_m=500.0,
                                                                      baseline="water_edge"),), margin_m=500.0,
                trace=Trace("rule", True, {"reason": "hit"}, (
                    Trace("attribute", None, {"attribute": "is_chemical", "test": "is", "wanted": True, "given": None}),))),
        outcome("redline", Verdict.UNDETERMINED, "missing-attribute", could_be=Verdict.RESTRICTED,
                missing=("attribute:fuels",), dimension=Dimension.RESOURCE_EFFICIENCY),
        outcome("list", Verdict.ADVISORY, "clause-open", dimension=Dimension.ENVIRONMENTAL_RISK,
                clauses=(ClauseOutcome(clause, Verdict.ADVISORY, Verdict.ADVISORY, "clause-manual"),)),
        outcome("wetland", Verdict.NOT_APPLICABLE, "not-concerned"),
    )
    return ProjectResult(site.id, site.name, Verdict.PROHIBITED, SiteSummary("Polygon", 10_000.0, 400.0, CRS),
                         (UnitShare("ZH36040320001", "示例单元", "key", 10_000.0, 1.0),), outcomes, dict(site.attributes),
                         RedlineStatement(True, distance_m=1500.0))


def screening(results, on):
    return Screening(on, "0", "0" * 64, 52, (), ("groundwater_zone",), tuple(results), DOCUMENTS)


@pytest.fixture(scope="session", autouse=True)
def _dressed(qapp):
    dress(qapp)


@pytest.fixture(autouse=True)
def _chinese():
    i18n.set_language("zh")
    yield
    i18n.set_language("zh")


@pytest.fixture
def closed_at_end():
    """Windows that a test has opened: put into this list, each is closed at the end."""
    windows = []
    yield windows
    for window in windows:
        window.session.undo_stack.setClean()
        window.close()
        window.deleteLater()


@pytest.fixture
def begin(qtbot, tmp_path, closed_at_end):
    """Open the whole program's window, of one set of settings, as often as is asked; each is closed at the end."""
    def open_one(**more):
        window = MainWindow(Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.IniFormat)), today=date(2026, 11, 22), **more)
        window.resize(1366, 768)
        with qtbot.waitActive(window, timeout=20_000):
            window.show()
            window.activateWindow()
        qtbot.waitUntil(lambda: window.ready, timeout=60_000)
        closed_at_end.append(window)
        return window

    return open_one


@pytest.fixture
def hold(qtbot):
    """Give the keyboard to a widget; a menu that closes gives it back only a moment later."""
    def give(widget):
        def held():
            widget.window().activateWindow()
            widget.setFocus()
            return widget.hasFocus()

        qtbot.waitUntil(held, timeout=20_000)

    return give


@pytest.fixture(scope="session")
def frames():
    import geopandas
    from shapely import LineString, box

    return {
        "示例红线": geopandas.GeoDataFrame({"fid": [1, 2], "name": ["甲", "乙"]},
                                       geometry=[box(0, 0, 900, 900), box(2000, 0, 3000, 900)], crs=CRS),
        "示例单元": geopandas.GeoDataFrame(
            {"fid": [1, 2], "code": ["ZH36040320001", "ZH36040310001"], "name": ["城区", "山区"],
             "category": ["key", "priority"]},
            geometry=[box(0, 0, 5000, 5000), box(5000, 0, 9000, 5000)], crs=CRS),
        "示例岸线": geopandas.GeoDataFrame({"fid": [1], "river": ["示例江"], "name": ["示例江"]},
                                       geometry=[LineString([(0, 6000), (9000, 6000)])], crs=CRS),
    }


@pytest.fixture
def engine(frames):
    return FakeEngine(frames)


@pytest.fixture
def said(monkeypatch):
    """Every message box that is shown, instead of being waited for."""
    shown = []

    def open_(box):
        shown.append(box)

    monkeypatch.setattr(QMessageBox, "open", open_)
    return shown


@pytest.fixture(autouse=True)
def no_question_about_styles():
    """A test that leaves a style on trial is not asked about it when its window closes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gui.dialogs.message.ask_style", lambda *_args, **_more: "leave")
        yield


@pytest.fixture
def canvas_class():
    """The canvas that keeps notes, for a window that a test makes itself."""
    return Canvas


@pytest.fixture
def made_up():
    """What a test makes an engine of its own from."""
    return SimpleNamespace(FakeEngine=FakeEngine, Workspace=Workspace, record=record)


@pytest.fixture
def window(qtbot, tmp_path, engine, said):
    """A window that is ready, with nothing open."""
    window = MainWindow(Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.IniFormat)), engine,
                        make_canvas=Canvas, make_layer=SimpleNamespace, today=date(2026, 11, 22))
    with qtbot.waitActive(window, timeout=20_000):
        window.show()
        window.activateWindow()
    qtbot.waitUntil(lambda: window.ready, timeout=20_000)
    yield window
    engine.gate.set()
    window.work.stop(window.work.unfinished())  # else leaving asks
    qtbot.waitUntil(lambda: not window.work.unfinished(), timeout=20_000)
    window.session.undo_stack.setClean()
    window.close()
    assert window.canvas.stopped
    assert not window._loader.isRunning()
    assert window.work.worker._thread is None
    qtbot.wait(1)
    window.deleteLater()


@pytest.fixture
def site(frames):
    from shapely import box

    from gui.session import Site

    return lambda name="P1", **attributes: Site(name, f"项目{name}", box(1000, 5400, 1100, 5500), CRS, attributes)


@pytest.fixture
def opened(qtbot, window, engine, site, tmp_path):
    """A window on a workspace with two projects."""
    engine.sites = [site("P1"), site("P2", is_chemical=False)]
    window.files.open(tmp_path / "workspace.gpkg")
    qtbot.waitUntil(lambda: not window.work.running, timeout=20_000)
    return window


@pytest.fixture
def judged(qtbot, opened):
    """The same, with the first project judged."""
    opened.actions_by_id["judge"].trigger()
    qtbot.waitUntil(lambda: opened.session.sites[0].result is not None, timeout=20_000)
    qtbot.waitUntil(lambda: not opened.work.running, timeout=20_000)
    return opened

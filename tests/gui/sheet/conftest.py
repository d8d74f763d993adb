"""A small workspace of squares, and sheets of it."""

import os
import shutil
from datetime import date
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import geopandas
import pytest
from PyQt5.QtCore import QDate
from PyQt5.QtWidgets import QDateEdit, QMainWindow
from shapely.geometry import LineString, Point, box

from gui.dialogs.sheet import SheetDialog
from gui.engine import Engine
from gui.session import Session
from gui.work import Work
from layers.read import Layer
from layers.workspace import Workspace
from sanxian.mapping.sheets import build, template

ON = date(2026, 11, 22)
X, Y = 500_000.0, 3_290_000.0
HOSTILE = ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "{{7*7}} {name} %s", "\u202egnp.exe\u2066", "&lt;b&gt; \x07 ]]>")


def add(workspace, role, name, columns, shapes, **about):
    frame = geopandas.GeoDataFrame(columns, geometry=shapes, crs=4548)
    workspace.add(Layer(role, name, frame, workspace.path, name, "utf-8", ()), version="v1", data_date="2023-12-31", source="示例局", **about)


def square(column, row, size=1000.0):
    return box(X + column * size, Y + row * size, X + (column + 1) * size, Y + (row + 1) * size)


@pytest.fixture(scope="session")
def district(tmp_path_factory):
    """A district in which every text is hostile in one way or another; made once."""
    file = tmp_path_factory.mktemp("district") / "w.gpkg"
    with Workspace.create(file) as workspace:
        add(workspace, "control_unit", "管控单元", {
            "code": ["ZH36040310001", "ZH36040320001", "ZH36040330001", "ZH36040320002"], "name": ["生态单元", *HOSTILE[:3]],
            "category": ["priority", "key", "general", HOSTILE[0]]}, [square(0, 0), square(1, 0), square(0, 1), square(1, 1)])
        add(workspace, "river_bank", f"岸线{HOSTILE[0]}", {"rank": ["main"], "name": ["长江立面食品"]},
            [LineString([(X, Y + 2500), (X + 2000, Y + 2500)])])
        add(workspace, "admin", "行政区", {"name": [HOSTILE[3], HOSTILE[4]], "code": ["360403", "360404"], "level": ["county", "county"]},
            [box(X - 500, Y - 500, X + 2500, Y + 1500), box(X - 500, Y + 1500, X + 2500, Y + 3000)])
        add(workspace, "discharge_outlet", "排污口", {"name": ["一号口", HOSTILE[1]], "stage": ["done", "closed"]},
            [Point(X + 100, Y + 2400), Point(X + 900, Y + 2400)])
    return file


@pytest.fixture
def path(district, tmp_path):
    """A copy of the district that a test may change."""
    return Path(shutil.copy(district, tmp_path / "w.gpkg"))


@pytest.fixture(scope="session")
def sheet(district):
    made = template.builtin()["zoning"].with_fields(
        producer=HOSTILE[0], classification="内部", approval=HOSTILE[1], notes="\n".join(HOSTILE), subtitle="年月立面食品高龙")
    with Workspace.open(district, readonly=True) as workspace:
        return build.build(build.sources_of(workspace, made.layers), build.Request(made, ON))


class Window(QMainWindow):
    """What the layout window asks of the main window."""

    def __init__(self, path):
        super().__init__()
        self.engine, self.work = Engine(), Work(self)
        self.session = Session(self)
        self.session.open(Workspace.open(path))
        for layer in self.session.layers:
            layer.frame = self.session.workspace.read(layer.key)
        self.day = QDateEdit(QDate(2026, 11, 22))


@pytest.fixture
def dialog(path, qtbot):
    window = Window(path)
    qtbot.addWidget(window)
    made = SheetDialog(window)
    qtbot.addWidget(made)
    with qtbot.waitSignal(made.proofed, timeout=20_000):
        made.show()
    yield made
    made.close()
    window.work.shutdown()
    window.session.close()

"""A workspace in memory, its layers boxes in metres, so that every figure can be worked out on paper."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas
import pytest
from pyproj import CRS
from shapely import box
from shapely.affinity import translate

from spatial.crs import CGCS2000, STRAIGHT_M, transform

PLANE = CRS.from_epsg(4548)
X, Y = 500_000.0, 3_290_000.0  # on the central meridian, where the plane and the ellipsoid differ least


class Memory:
    """Layers as ``layers.workspace.Workspace`` gives them."""

    def __init__(self):
        self.records, self.frames, self.coverages = [], {}, {}

    def add(self, role, shapes, *, layer=None, accuracy_m=None, coverage=None, current=True, family=None, version=None, data_date=None, **columns):
        name = layer or f"示例{role}"
        moved = [translate(box(*shape) if isinstance(shape, tuple) else shape, X, Y) for shape in shapes]
        self.frames[name] = geopandas.GeoDataFrame({"fid": range(1, len(moved) + 1), **columns}, geometry=moved, crs=PLANE)
        self.coverages[name] = None if coverage is None else transform(translate(box(*coverage), X, Y), PLANE, CGCS2000, straight_m=STRAIGHT_M)
        self.records.append(SimpleNamespace(
            name=name, role=role, accuracy_m=accuracy_m, current=current, family=family or name, version=version, data_date=data_date,
            coverage_geometry=self.coverages[name], added=len(self.records), features=len(moved), crs=PLANE, coverage="unknown" if coverage is None else "known", sha256="0" * 64))
        return self

    def layers(self):
        return list(self.records)

    def by_role(self, role):
        return [record for record in self.records if record.role == role and record.current]

    def read(self, name):
        return self.frames[name]

    def coverage_of(self, record):
        raise AssertionError("asked only of the administrative areas, which the statistics read themselves")


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture(scope="session")
def new_memory():
    return Memory


@pytest.fixture
def district(memory):
    """Two counties of 100 km²; units, two versions of a redline and farmland known in the first one alone."""
    first = (0, 0, 10_000, 10_000)
    memory.add("admin", [first, (10_000, 0, 20_000, 10_000)], code=["360401", "360402"], name=["甲县", "乙县"], level=["county"] * 2)
    memory.add("control_unit", [(0, 0, 4_000, 10_000), (4_000, 0, 7_000, 10_000), (6_000, 0, 9_000, 10_000), (3_500, 0, 4_000, 10_000)],
               coverage=first, accuracy_m=5.0, version="2023", category=["priority", "key", "general", "priority"],
               code=["ZH36040110001", "ZH36040120001", "ZH36040130001", "ZH36040110002"], name=["一", "二", "三", "四"])
    memory.add("ecological_redline", [(1_000, 1_000, 2_000, 2_000)], layer="红线旧", family="红线", version="2018", data_date="2018-12-31",
               accuracy_m=10.0, coverage=first, current=False)
    memory.add("ecological_redline", [(1_500, 1_000, 3_000, 2_000)], layer="红线", family="红线", version="2022", data_date="2022-10-31",
               accuracy_m=2.0, coverage=first)
    memory.add("permanent_farmland", [(2_500, 1_500, 5_000, 2_500)], accuracy_m=1.0, coverage=first)
    return memory

"""However a layer is read and cut, a site's facts are the same."""

from __future__ import annotations

import dataclasses
import math

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS

from layers.read import read_layer
from layers.workspace import Workspace
from rules.conditions import Relation
from sanxian import facts as module
from sanxian.facts import Measurer
from sanxian.prepared_layers import cache_folder
from sanxian.request import Project
from spatial.crs import transform

RNG = np.random.default_rng(5)
EAST = Relation("intersects", "wetland", {"grade": ("national",)}, also_in=Relation("intersects", "control_unit"))
UNION = Relation("within", "control_unit", {"category": ("priority",)})


def star(lon, lat, reach, count):
    angle = np.linspace(0, 2 * math.pi, count, endpoint=False)
    away = reach * RNG.uniform(0.8, 1.0, count)
    return shapely.Polygon(np.column_stack([lon + away * np.cos(angle), lat + away * np.sin(angle)]))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nearby")
    ragged = [star(115.2, 29.2, 0.3, 4000), star(115.95, 29.2, 0.3, 900), *(star(115 + k / 50, 29.6, 0.008, 40) for k in range(70))]
    frames = {
        "control_unit": {
            "geometry": ragged, "code": [f"ZH3604042{k:04d}" for k in range(72)], "name": ["单元"] * 72,
            "category": ["优先保护单元", "一般管控单元"] * 36,
        },
        "wetland": {"geometry": [star(115.2, 29.1, 0.2, 1500), star(115.9, 29.1, 0.1, 90)], "name": ["甲", "乙"], "grade": ["national"] * 2},
        "discharge_outlet": {"geometry": shapely.points(RNG.uniform((115, 29), (116, 30), (300, 2))), "name": ["口"] * 300},
        "river_bank": {
            "geometry": [shapely.LineString(np.column_stack([np.linspace(115, 116, 3000), 29.3 + RNG.normal(0, 1e-4, 3000)]))],
            "river": ["大江"], "rank": ["main"], "baseline": ["levee"],
        },
        "admin": {"geometry": [shapely.box(115, 28.8, 115.6, 29.9), star(115.9, 29.3, 0.4, 50)], "code": ["360404", "360405"], "name": ["甲", "乙"], "level": ["county"] * 2},
    }  # fmt: skip
    with Workspace.create(folder / "a.gpkg") as made:
        for role, columns in frames.items():
            file = folder / f"{role}.gpkg"
            geopandas.GeoDataFrame(columns, crs="EPSG:4490").to_file(file)
            made.add(read_layer(file, role), accuracy_m=1.0)
        yield made


def measurer(workspace):
    searches = {"control_unit": 0.0, "wetland": 0.0, "discharge_outlet": 1000.0, "river_bank": 3000.0, "admin": 0.0}
    return Measurer(
        workspace, searches, {"control_unit": {UNION.filter_key: UNION.where}}, {"wetland": {EAST.common_key: EAST}}
    )


SITES = [
    shapely.Point(115.2, 29.2),
    shapely.Point(115.999, 29.999),
    shapely.box(115.2, 29.2, 115.203, 29.203),
    shapely.box(115.19, 29.29, 115.21, 29.31),
    shapely.box(115.45, 29.1, 115.55, 29.2),
    shapely.LineString([(115.05, 29.05), (115.4, 29.35), (115.9, 29.25)]),
    shapely.LineString([(115.05, 29.05), (115.4, 29.35), (115.9, 29.25)]).buffer(0.001),
    shapely.MultiPoint([(115.2, 29.2), (115.7, 29.7)]),
    shapely.box(115.6, 29.59, 115.63, 29.61),
    shapely.box(114.8, 29.0, 114.81, 29.01),
]


def numbers(value):
    """Facts as plain values that ``pytest.approx`` can compare."""
    if callable(value):  # a depth that is measured when somebody asks
        return value(0.0)
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: numbers(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [numbers(item) for item in value]
    return value


def flat(value, path=""):
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from flat(item, f"{path}/{key}")
    else:
        yield path, value


def alike(one, other):
    mine, theirs = dict(flat(numbers(one))), dict(flat(numbers(other)))
    assert mine.keys() == theirs.keys()
    for path, value in mine.items():
        if isinstance(value, float):
            assert value == pytest.approx(theirs[path], rel=1e-9, abs=1e-4), path
        else:
            assert value == theirs[path], path


@pytest.mark.parametrize("site", SITES, ids=range(len(SITES)))
def test_read_one_by_one_and_cut_as_whole(site, workspace, monkeypatch):
    project = Project("P", "项目", site, "EPSG:4490")
    monkeypatch.setattr(module, "WHOLE", 10**9)
    monkeypatch.setattr(module, "LARGE", 10**9)
    plain = measurer(workspace).measure(project).facts
    monkeypatch.setattr(module, "WHOLE", 0)
    alike(measurer(workspace).measure(project).facts, plain)
    monkeypatch.setattr(module, "LARGE", 16)
    for around in (3.3, 2000.1):  # so narrow that depths and clearances are asked again in wider and wider cuts
        monkeypatch.setattr(module, "_AROUND_M", around)
        alike(measurer(workspace).measure(project).facts, plain)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    turns=st.lists(st.floats(-0.6, 0.6), min_size=8, max_size=30),
    start=st.tuples(st.floats(115.1, 115.9), st.floats(29.1, 29.9), st.floats(0, 6.3)),
    wide=st.booleans(),
)
def test_corridors_are_measured_against_what_lies_along_them(turns, start, wide, workspace):
    """Cut to the stretches of a long site, and not cut at all: the same facts but for zones that are far from it."""
    lon, lat, first = start
    heading = first + np.cumsum(turns)
    steps = 0.6 / len(turns) * np.column_stack([np.cos(heading), np.sin(heading)])
    line = shapely.LineString(np.vstack([(lon, lat), (lon, lat) + np.cumsum(steps, axis=0)]))
    project = Project("P", "项目", line.buffer(0.0005) if wide else line, "EPSG:4490")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "WHOLE", 0)
        patch.setattr(module, "LARGE", 10**9)
        plain = measurer(workspace).measure(project).facts
        patch.setattr(module, "LARGE", 16)
        patch.setattr(module, "_AROUND_M", 400.3)
        cut = measurer(workspace).measure(project).facts
    for role, fact in plain.layers.items():
        mine = {item.feature_id: item for item in cut.layers[role].features}
        assert [item.feature for item in cut.layers[role].features][:1] == [item.feature for item in fact.features][:1]
        assert cut.layers[role].union_share == pytest.approx(fact.union_share, abs=1e-9)
        assert cut.layers[role].common == pytest.approx(fact.common, rel=0.02, abs=1e-3)
        for item in fact.features:
            if item.feature_id not in mine:
                assert item.distance_m > fact.searched_m
                continue
            same = mine[item.feature_id]
            assert (same.inside, same.share) == (item.inside, pytest.approx(item.share, abs=1e-9))
            assert same.distance_m == pytest.approx(item.distance_m, rel=1e-9, abs=1e-4)
            assert (same.deeper is None) == (item.deeper is None)
            if item.deeper is not None and same.deeper is not None:
                assert same.deeper(0.0) == pytest.approx(item.deeper(0.0), rel=0.011)  # found to a hundredth


@pytest.mark.parametrize("large", [16, 10**9])
@pytest.mark.parametrize(
    ("outlet", "units", "wetlands"),
    [((115.2, 29.2), [0], [0]), ((115.93, 29.1), [1], [1]), ((115.5, 29.6), [27], []), ((115.6, 29.9), [], [])],
)
def test_an_outlet_far_from_its_site_lies_where_it_lies(outlet, units, wetlands, large, workspace, monkeypatch):
    """The plant is 40 km from each of these; what lies between them is in no list."""
    monkeypatch.setattr(module, "LARGE", large)
    place = {"outlet_lon": outlet[0], "outlet_lat": outlet[1]}
    facts = measurer(workspace).measure(Project("P", "P", shapely.box(115.6, 28.95, 115.602, 28.952), "EPSG:4490", place)).facts
    for role, rows in (("control_unit", units), ("wetland", wetlands)):
        found = facts.layers[role].features
        assert [item.feature_id for item in found if item.outlet_inside] == [row + 1 for row in rows]
        assert all(item.distance_m > 10_000 and not item.inside for item in found if item.outlet_inside)
    assert not any(item.outlet_inside for item in facts.layers["discharge_outlet"].features)


def test_what_is_held_is_bounded_and_can_be_let_go(workspace, monkeypatch):
    monkeypatch.setattr(module, "WHOLE", 0)
    monkeypatch.setattr(module, "_KEPT_VERTICES", 100)
    asked = measurer(workspace)
    project = Project("P", "项目", SITES[3], "EPSG:4490")
    first = asked.measure(project).facts
    held = [source for sources in asked._sources.values() for source in sources]
    assert sum(source.vertices for source in held) > 100
    asked._look_again()
    assert sum(source.vertices for source in held) == 0
    assert asked.measure(project).facts == first


def test_the_kept_union_of_areas_may_be_deleted_or_damaged(workspace, monkeypatch):
    monkeypatch.setattr(module, "_WORTH_KEEPING", 0)
    project = Project("P", "项目", SITES[2], "EPSG:4490")
    folder = cache_folder(workspace.path)
    monkeypatch.setattr(workspace, "_coverages", {})
    first = measurer(workspace).measure(project).facts
    (kept,) = folder.glob("*/shape")
    monkeypatch.setattr(type(workspace), "coverage_of", lambda self, record: pytest.fail("the kept union was not used"))
    assert measurer(workspace).measure(project).facts == first
    monkeypatch.undo()
    monkeypatch.setattr(module, "_WORTH_KEEPING", 0)
    sound = kept.read_bytes()
    kept.write_bytes(sound[:-9] + b"\0" * 9)
    assert measurer(workspace).measure(project).facts == first
    assert kept.read_bytes() == sound
    kept.unlink()
    assert measurer(workspace).measure(project).facts == first


def test_a_layer_that_was_changed_is_read_again(workspace, monkeypatch):
    monkeypatch.setattr(module, "WHOLE", 0)
    asked = measurer(workspace)
    project = Project("P", "项目", SITES[2], "EPSG:4490")
    assert asked.measure(project).facts.layers["wetland"].accuracy_m == 1.0
    workspace.describe("wetland", accuracy_m=7.0)
    workspace.rename("wetland", "湿地")
    record = workspace.record("湿地")
    frame = workspace.read("湿地")
    file = workspace.path.with_name("湿地.gpkg")
    geopandas.GeoDataFrame(frame.drop(columns="fid").iloc[:1], crs=frame.crs).to_file(file)
    workspace.add(dataclasses.replace(read_layer(file, "wetland"), name="湿地"), accuracy_m=2.0, replace=True)
    fact = asked.measure(project).facts.layers["wetland"]
    assert (fact.accuracy_m, fact.count) == (2.0, 1)
    assert record.features == 2


@pytest.mark.parametrize("large", [2, 10**9])
def test_a_polygon_that_its_new_vertices_would_break_stays_as_it_was(large, tmp_path, monkeypatch):
    """A splinter comes to lie on one line where its edges are split; it is measured all the same, large or small."""
    monkeypatch.setattr(module, "WHOLE", 0)
    monkeypatch.setattr(module, "LARGE", large)
    thin = shapely.Polygon([(404802.386, 3290816.7314999998), (404785.967, 3290921.315), (404818.805, 3290712.148)])
    plane = CRS.from_epsg(4548)
    assert not transform(thin, plane, plane, straight_m=150.0, keep_thin=False).is_valid
    assert transform(thin, plane, plane, straight_m=150.0).is_valid
    site = shapely.box(404700, 3290800, 404900, 3290850)
    with Workspace.create(tmp_path / "w.gpkg") as made:
        file = tmp_path / "a.gpkg"
        geopandas.GeoDataFrame({"name": ["细", "方"]}, geometry=[thin, site.buffer(20)], crs=4548).to_file(file)
        made.add(read_layer(file, "wetland"))
        asked = Measurer(made, {"wetland": 0.0}, {})
        fact = asked.measure(Project("P", "P", site, "EPSG:4548")).facts.layers["wetland"]
    assert {item.feature_id: (item.distance_m, round(item.share, 6)) for item in fact.features} == {1: (0, 0), 2: (0, 1)}


def test_of_a_plot_and_its_road_each_may_lie_in_another_zone_of_the_union(tmp_path):
    """Nothing of them lies outside the two parks together."""
    plot, road = shapely.box(115.30, 29.10, 115.31, 29.11), shapely.LineString([(115.40, 29.105), (115.41, 29.105)])
    file = tmp_path / "a.gpkg"
    parks = [shapely.box(115.29, 29.09, 115.32, 29.12), shapely.box(115.39, 29.09, 115.42, 29.12)]
    geopandas.GeoDataFrame({"name": ["甲", "乙"]}, geometry=parks, crs=4490).to_file(file)
    with Workspace.create(tmp_path / "w.gpkg") as made:
        made.add(read_layer(file, "industrial_park"))
        asked = Measurer(made, {"industrial_park": 0.0}, {})
        site = shapely.GeometryCollection([plot, road])
        fact = asked.measure(Project("P", "P", site, "EPSG:4490")).facts.layers["industrial_park"]
    assert fact.union_share == pytest.approx(1, abs=1e-9)

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from shapely import Point, box

from layers import crs_doctor
from layers.check import check_workspace, finding_words
from layers.crosschecks import county_of_code
from layers.read import Layer
from layers.workspace import Workspace

X, Y = 400_000, 3_290_000
COUNTIES = geopandas.GeoDataFrame(
    {"code": ["360403", "360404"], "name": ["浔阳区", "柴桑区"]},
    geometry=[box(X, Y, X + 1000, Y + 1000), box(X + 1000, Y, X + 2000, Y + 1000)], crs=4548,
)  # fmt: skip


def findings(tmp_path, layers, codes, **more):
    with Workspace.create(tmp_path / "a.gpkg") as workspace:
        for role, frame in layers:
            workspace.add(Layer(role, role, frame, Path("a"), "0" * 64, None, ()))
        return [finding for finding in check_workspace(workspace, **more) if finding.code in codes]


def frame(columns, shapes, crs=4548):
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs=crs)


def test_the_county_in_a_code_is_held_against_the_place(tmp_path):
    units = frame(
        {
            "code": ["ZH36040320001", "ZH36040320002", "ZH36042120001", "ZH36049920001", "ZH36040410001"],
            "name": list("甲乙丙丁戊"), "category": ["key"] * 4 + ["priority"],
        },
        [box(X, Y, X + 500, Y + 500), box(X + 1000, Y, X + 1500, Y + 500), box(X + 1500, Y, X + 2000, Y + 500),
         box(X + 500, Y, X + 1000, Y + 500), box(X + 900, Y + 500, X + 2000, Y + 1000)],
    )  # fmt: skip
    found = findings(tmp_path, [("admin", COUNTIES), ("control_unit", units)], {"county-mismatch", "county-unknown"})
    assert [finding_words(f) for f in found] == [
        "control_unit #4：丁：编码 ZH36049920001 的县代码 360499 不是现行县级代码",
        "control_unit #2：乙：编码 ZH36040320002 的县代码是 360403，图形却有 100.0% 在 柴桑区（360404）",
        "control_unit #4：丁：编码 ZH36049920001 的县代码是 360499，图形却有 100.0% 在 浔阳区（360403）",
    ]


def test_codes_carry_a_county():
    assert county_of_code("control_unit", "ZH36040320001") == "360403"
    assert county_of_code("discharge_outlet", "FA-360403-0083-QT-00") == "360403"
    assert county_of_code("element_zone", "YS3604032110001") == "360403"
    assert county_of_code("control_unit", "ZH3604") is None
    assert county_of_code("control_unit", None) is None


def test_redline_in_a_unit_of_another_class_is_named_with_its_area(tmp_path):
    units = frame(
        {"code": ["ZH36040310001", "ZH36040320001"], "name": ["甲", "乙"], "category": ["priority", "key"]},
        [box(X, Y, X + 500, Y + 500), box(X + 500, Y, X + 1000, Y + 500)],
    )
    red = frame({"name": ["红"]}, [box(X + 400, Y, X + 600, Y + 500)])
    thin = frame({"name": ["红"]}, [box(X + 400, Y, X + 500.5, Y + 500)])
    (found,) = findings(tmp_path, [("control_unit", units), ("ecological_redline", red)], {"redline-in-unit"})
    assert (found.severity, found.values["name"]) == ("warning", "乙")
    assert found.values["area_m2"] == pytest.approx(50_000, rel=1e-3)
    assert found.geometry.area > 0
    (tmp_path / "a.gpkg").unlink()
    assert not findings(tmp_path, [("control_unit", units), ("ecological_redline", thin)], {"redline-in-unit"})


def test_outlets_off_the_bank_or_standing_twice(tmp_path):
    outlets = frame(
        {"code": ["FA-360403-0001-QT-00", "FA-360403-0002-QT-00", "FA-360403-0003-QT-00"], "name": list("甲乙丙")},
        [Point(X + 10, Y + 10), Point(X + 10.5, Y + 10), Point(X + 10, Y + 500)],
    )
    bank = frame({"river": ["长江"]}, [shapely.LineString([(X, Y), (X + 1000, Y)])])
    codes = {"outlet-off-bank", "outlet-duplicate", "outlets-unchecked"}
    found = findings(tmp_path, [("discharge_outlet", outlets), ("river_bank", bank)], codes)
    assert [finding_words(f) for f in found] == [
        "discharge_outlet #3：丙：离最近的岸线或水体 500.0 米，超过 100.0 米",
        "discharge_outlet #2：排污口 甲 与 乙 相距 0.5 米，可能是同一个",
    ]
    (tmp_path / "a.gpkg").unlink()
    found = findings(tmp_path, [("discharge_outlet", outlets)], codes)
    assert [f.code for f in found] == ["outlets-unchecked", "outlet-duplicate"]


def test_units_are_held_against_the_access_list(tmp_path):
    units = frame({"code": ["ZH36040310001"], "name": ["甲"], "category": ["priority"]}, [box(X, Y, X + 500, Y + 500)])
    found = findings(
        tmp_path, [("control_unit", units)], {"code-not-listed", "listed-unit-missing"},
        listed={"ZH36040320001": "乙"},
    )  # fmt: skip
    assert [finding_words(f) for f in found] == [
        "control_unit #1：甲：编码 ZH36040310001 不在准入清单中",
        "准入清单中的单元 ZH36040320001（乙）没有图形",
    ]


@pytest.mark.parametrize(("system", "carry"), [("GCJ-02", crs_doctor.gcj02), ("BD-09", crs_doctor.bd09)])
@pytest.mark.parametrize("named", [True, False])
def test_shifted_layers_are_seen_by_names_or_by_their_borders(tmp_path, system, carry, named):
    rng = np.random.default_rng(3)
    edges = np.concatenate([[115.5], np.sort(115.5 + rng.random(5)), [116.5]])
    cells = [shapely.segmentize(box(a, 29.2, b, 29.8), 0.01) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    columns = {"code": [f"36040{n}" for n in range(len(cells))], "name": list("甲乙丙丁戊己")}
    true = frame(columns, cells, 4490)
    moved = [shapely.transform(cell, lambda xy: np.array([carry(x, y) for x, y in xy])) for cell in cells]
    other = frame({"name": list("甲乙丙丁戊己") if named else list("123456")}, moved, 4490)
    found = findings(tmp_path, [("admin", true), ("ecological_redline", other)], {"shifted-against-layer"})
    assert [(f.layer, f.values["system"], f.values["reference"]) for f in found] == [
        ("ecological_redline", system, "admin")
    ]


def test_a_layer_in_its_place_is_not_called_shifted(tmp_path):
    cells = [shapely.segmentize(box(115 + n / 10, 29, 115.1 + n / 10, 30), 0.01) for n in range(6)]
    columns = {"code": [f"36040{n}" for n in range(6)], "name": list("甲乙丙丁戊己")}
    near = [shapely.transform(cell, lambda xy: xy + 0.0005) for cell in cells]  # another survey, fifty metres off
    layers = [("admin", frame(columns, cells, 4490)), ("ecological_redline", frame({"name": list("甲乙丙丁戊己")}, near, 4490))]
    assert not findings(tmp_path, layers, {"shifted-against-layer"})

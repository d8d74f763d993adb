from __future__ import annotations

from pathlib import Path

import geopandas
import pytest
from files import frame, write
from shapely import Point, Polygon, box

from layers.check import check_layer, check_workspace, finding_words
from layers.read import Layer, read_layer
from layers.workspace import Workspace, is_workspace


def units(boxes, codes=None, categories=None, crs=4548):
    codes = codes or [f"ZH3604032000{n}" for n in range(len(boxes))]
    data = {"code": codes, "name": list("甲乙丙丁戊")[: len(boxes)], "category": categories or ["key"] * len(boxes)}
    return geopandas.GeoDataFrame(
        data, geometry=[item if isinstance(item, Polygon) else box(*item) for item in boxes], crs=crs
    )


X, Y = 400_000, 3_290_000


def sentences(findings, severity=None):
    return [finding_words(finding) for finding in findings if severity in (None, finding.severity)]


def test_good_units_give_nothing_to_say():
    data = units([(X, Y, X + 100, Y + 100), (X + 100, Y, X + 200, Y + 100)])
    assert check_layer(data, "control_unit") == []


@pytest.mark.parametrize(
    ("boxes", "code", "severity", "sentence"),
    [
        ([(0, 0, 100, 100), (90, 0, 200, 100)], "units-overlap", "error", "甲 与 乙 重叠 1000.0 平方米，宽约 10.0 米（位置"),
        ([(0, 0, 100, 100), (99.9, 0, 200, 100)], "units-overlap", "warning", "甲 与 乙 重叠 10.0 平方米，宽约 0.1 米（位置"),
        ([(0, 0, 100, 100), (99.9999, 0, 200, 100)], "units-overlap-small", "info",
         "甲 与 乙 重叠 0.01 平方米，在容差 1.0 平方米以内（位置"),
        ([(0, 0, 300, 100), (0, 200, 300, 300), (0, 100, 100, 200), (200, 100, 300, 200)], "units-gap", "error",
         "管控单元之间有空隙 10000.0 平方米，宽约 100.0 米（位置"),
    ],
)  # fmt: skip
def test_overlaps_and_gaps_have_an_area_and_a_place(boxes, code, severity, sentence):
    data = units([(X + a, Y + b, X + c, Y + d) for a, b, c, d in boxes])
    (finding,) = check_layer(data, "control_unit")
    assert (finding.code, finding.severity) == (code, severity)
    said = finding_words(finding)
    assert said.startswith(sentence)
    assert str(round(finding.to_dict()["lon"], 3))[:5] in said
    assert "?" not in said
    assert 115.9 < finding.to_dict()["lon"] < 116.1


@pytest.mark.parametrize(
    ("codes", "categories", "sentence"),
    [
        (["ZH36040310001", "ZH36040310001"], ["priority"] * 2, "#1：编码 ZH36040310001 出现 2 次：甲、乙"),
        (["ZH36040310001", "ZH3604032001"], ["priority", "key"],
         "#2：乙：编码 ZH3604032001 不合 ZH + 6 位县代码 + 类别（1/2/3）+ 4 位序号"),
        (["ZH36040310001", "ZH36040340001"], ["priority", "key"],
         "#2：乙：编码 ZH36040340001 不合 ZH + 6 位县代码 + 类别（1/2/3）+ 4 位序号"),
        (["ZH36040310001", "ZH36040320001"], ["priority", "general"],
         "#2：乙：编码 ZH36040320001 的类别位是 2，分类却是 一般管控单元"),
        (["ZH36042110001", "ZH36040320001"], ["priority", "key"],
         "#1：代码 360421 已停用，现为 360404（九江县 2017 年改为柴桑区）"),
        ([None, "ZH36040320001"], ["priority", "key"], "#1：字段 code 有 1 个空值：甲"),
    ],
)  # fmt: skip
def test_codes_are_checked(codes, categories, sentence):
    data = units([(X, Y, X + 100, Y + 100), (X + 100, Y, X + 200, Y + 100)], codes, categories)
    assert sentences(check_layer(data, "control_unit")) == [sentence]


def test_broken_shapes_have_a_place_and_a_reason():
    bow_tie = Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    findings = check_layer(geopandas.GeoDataFrame({"name": ["甲"]}, geometry=[bow_tie], crs=4548), "ecological_redline")
    assert sentences(findings) == [f"#1：甲：图形有误（Self-intersection），位置 {X + 50}.0, {Y + 50}.0"]


def test_the_same_shape_twice_is_named():
    data = geopandas.GeoDataFrame(
        {"name": ["甲", "乙"]}, geometry=[box(0, 0, 1, 1), box(0, 0, 1, 1).reverse()], crs=4490
    )
    assert sentences(check_layer(data, "ecological_redline")) == ["#1：2 个要素的图形完全相同：甲、乙"]


def test_what_reading_said_is_part_of_it(tmp_path):
    path = write(tmp_path / "a.gpkg", frame({"level": ["?", "?"]}))
    findings = check_layer(read_layer(path, "water_source"), "water_source")
    assert sentences(findings)[:2] == [
        "#1：“保护区级别 grade”的取值不认识：?，按未知处理",
        "#2：“保护区级别 grade”的取值不认识：?，按未知处理",
    ]


def test_an_empty_layer_is_a_finding():
    data = geopandas.GeoDataFrame({"name": []}, geometry=[], crs=4490)
    assert [finding.code for finding in check_layer(data, "ecological_redline")] == ["empty-layer"]


def test_a_workspace_is_checked_as_a_whole(tmp_path):
    path = tmp_path / "a.gpkg"

    def layer(role, data):
        return Layer(role, role, data, Path("a"), "0" * 64, None, ())

    with Workspace.create(path) as workspace:
        good = units([(X, Y, X + 100, Y + 100), (X + 100, Y, X + 200, Y + 100)], categories=["key", "key"])
        good["code"], good["category"] = ["ZH36040310001", "ZH36040320001"], ["priority", "key"]
        workspace.add(layer("control_unit", good))
        assert sentences(check_workspace(workspace), "info") == [
            "control_unit：没有注明覆盖范围，也没有行政区图层：未压占处不能认定为“不涉及”",
            "control_unit：没有县级行政区图层，编码中的县代码没有与位置核对",
        ]
        admin = geopandas.GeoDataFrame(
            {"code": ["360403", "360404"], "name": ["浔阳区", "柴桑区"]},
            geometry=[box(X, Y, X + 300, Y + 100), box(X + 300, Y, X + 900, Y + 100)],
            crs=4548,
        )
        workspace.add(layer("admin", admin))
        red = geopandas.GeoDataFrame({"name": ["红", "远"]}, geometry=[
            box(X + 50, Y, X + 150, Y + 100), box(X + 5000, Y, X + 5100, Y + 100)], crs=4548)  # fmt: skip
        workspace.add(layer("ecological_redline", red))
        findings = check_workspace(workspace)
        assert [finding.code for finding in findings] == [
            "units-gap", "coverage-assumed", "outside-admin", "redline-outside-priority", "redline-in-unit",
        ]
        assert findings[0].values["area_m2"] == pytest.approx(10_000, rel=1e-4)
        assert findings[1].values["percent"] == pytest.approx(22.2, abs=1.5)
        assert findings[3].values["area_m2"] == pytest.approx(15_000, rel=1e-3)
        assert findings[4].values == {"name": "乙", "category": "key", "area_m2": pytest.approx(5000, rel=1e-3)}
    assert is_workspace(path)
    assert not is_workspace(tmp_path / "none.gpkg")


def test_units_under_an_abolished_county_code_still_leave_gaps(tmp_path):
    """The county that the code stands for now is the extent; one wrong code does not stop the check of the others."""

    def layer(role, data):
        return Layer(role, role, data, Path("a"), "0" * 64, None, ())

    with Workspace.create(tmp_path / "a.gpkg") as workspace:
        mine = units([(X, Y, X + 100, Y + 100), (X + 300, Y, X + 400, Y + 100)], ["ZH36042110001", "ZH36049920001"], ["priority", "key"])
        workspace.add(layer("control_unit", mine))
        county = {"code": ["360404"], "name": ["柴桑区"]}
        workspace.add(layer("admin", geopandas.GeoDataFrame(county, geometry=[box(X, Y, X + 300, Y + 100)], crs=4548)))
        findings = check_workspace(workspace)
    (gap,) = [finding for finding in findings if finding.code == "units-gap"]
    assert gap.values["area_m2"] == pytest.approx(20_000, rel=1e-4)
    assert "control_unit：行政区图层里没有县代码 360499，这些县以内有没有空隙没有检查" in sentences(findings, "info")


def test_an_outlet_under_an_abolished_county_code_is_named():
    outlet = geopandas.GeoDataFrame({"code": ["FA-360421-0002-GY-00"], "name": ["甲"]}, geometry=[Point(X, Y)], crs=4548)
    (finding,) = [one for one in check_layer(outlet, "discharge_outlet") if one.code == "code-abolished"]
    assert finding_words(finding) == "#1：代码 360421 已停用，现为 360404（九江县 2017 年改为柴桑区）"

from __future__ import annotations

from datetime import date

import geopandas
import pytest
from shapely import Polygon

from layers import boundary_txt
from layers.read import LayerError, read_layer, read_projects

RING = [
    (3290884.881, 39402041.531),
    (3291133.520, 39401965.514),
    (3291010.724, 39401563.866),
    (3290762.085, 39401639.883),
]
HOLE = [
    (3290922.634, 39401898.232),
    (3291022.090, 39401867.825),
    (3290972.971, 39401707.166),
    (3290873.515, 39401737.572),
]
HEADER = {
    "格式版本号": "1.01版本",
    "坐标系": "2000国家大地坐标系",
    "几度分带": "3",
    "投影类型": "高斯克吕格",
    "带号": "39",
}


def text(rings=(RING,), *, area="10.92", header=HEADER, count=None, close=True, name="示例地块", shift=0, swap=False):
    lines = (
        ["[属性描述]", *(f"{key}={value}" for key, value in header.items()), "[地块坐标]"] if header is not None else []
    )
    points = []
    for number, ring in enumerate(rings, 1):
        for index, (x, y) in enumerate([*ring, ring[0]] if close else ring):
            pair = (x, y - shift) if not swap else (y, x)
            points.append(f"J{index % len(ring) + 1},{number},{pair[0]:.3f},{pair[1]:.3f}")
    lines.append(f"{count or len(points)},{area},1,{name},面,,,,@")
    return "\n".join([*lines, *points]) + "\n"


@pytest.fixture
def save(tmp_path):
    def save(content, encoding="utf-8"):
        path = tmp_path / "界址点.txt"
        path.write_bytes(content.encode(encoding))
        return path

    return save


def codes(found):
    return [issue.code for issue in found.issues if issue.code != "crs-from-zone"]


@pytest.mark.parametrize(
    ("content", "encoding", "issues", "epsg", "area"),
    [
        (text(), "utf-8", [], 4527, 109200),
        (text(), "gbk", [], 4527, 109200),
        (text(), "utf-8-sig", [], 4527, 109200),
        (text(), "utf-16", [], 4527, 109200),
        (text(swap=True), "utf-8", ["axes-swapped"], 4527, 109200),
        (text(shift=39_000_000), "utf-8", [], 4548, 109200),
        (text(header={**HEADER, "带号": ""}), "utf-8", [], 4527, 109200),
        (text(close=False), "utf-8", ["boundary-closed"], 4527, 109200),
        (text(count=9), "utf-8", ["boundary-count-differs"], 4527, 109200),
        (text(area="3.2"), "utf-8", ["boundary-area-differs"], 4527, 109200),
        (text(area=""), "utf-8", [], 4527, 109200),
        (text().replace(",", "，"), "utf-8", [], 4527, 109200),
        (text().replace(",", "\t"), "utf-8", [], 4527, 109200),
        (text().replace("\n", "\r\n"), "gbk", [], 4527, 109200),
        (text((RING, HOLE), area="9.1728"), "utf-8", [], 4527, 91728),
    ],
)
def test_a_parcel_is_read_in_every_dress(save, content, encoding, issues, epsg, area):
    found = read_projects(save(content, encoding))
    assert codes(found) == issues
    assert found.frame.crs.to_epsg() == epsg
    assert found.frame.area[0] == pytest.approx(area, abs=0.5)
    place = found.frame.to_crs(4490).geometry[0].centroid
    assert (place.x, place.y) == pytest.approx((115.985, 29.733), abs=1e-4)
    assert (found.frame.id[0], found.frame.name[0]) == ("1", "示例地块")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (text(header={**HEADER, "带号": ""}, shift=39_000_000),
         "界址点.txt 没有带号，坐标里也没有；可能是：EPSG:4548、EPSG:4547、EPSG:4549。请指明其一"),
        (text(header={**HEADER, "带号": "38"}), "界址点.txt 注明带号 38，坐标却带有带号 39；请核对后指明坐标系"),
        (text(header=None), "界址点.txt 没有注明坐标系，只知道是 39 带；若为 2000 国家大地坐标系，请指明：EPSG:4527"),
        (text(header={**HEADER, "坐标系": "1980西安坐标系"}),
         "界址点.txt 注明坐标系为 1980西安坐标系，不是 2000 国家大地坐标系；请先由测绘部门换算，或明确指定坐标系"),
        (text(header={**HEADER, "坐标系": "地方坐标系"}),
         "界址点.txt 注明坐标系为“地方坐标系”，不能当作 2000 国家大地坐标系；请向测绘单位核实，换算后再用，或明确指定坐标系"),
        (text(header={**HEADER, "坐标系": "九江2000独立坐标系"}),  # a city's own, whatever number stands in its name
         "界址点.txt 注明坐标系为“九江2000独立坐标系”，不能当作 2000 国家大地坐标系；请向测绘单位核实，换算后再用，或明确指定坐标系"),
        (text(header={**HEADER, "坐标系": "GCJ-02"}),
         "界址点.txt 注明坐标系为“GCJ-02”，不能当作 2000 国家大地坐标系；请向测绘单位核实，换算后再用，或明确指定坐标系"),
        (text(([(29.7325, 115.9875), (29.7347, 115.9867), (29.7335, 115.9825)],)),
         "界址点.txt 的界址点坐标是度，而格式规定以米为单位；请指明坐标系，如 EPSG:4490"),
        (text(([RING[0], RING[2], RING[1], RING[3]],)), "界址点.txt 的地块 示例地块 界址线自相交，请核对点号顺序"),
        (text((RING[:2],)), "界址点.txt 的地块 示例地块 只有 2 个不同的界址点，构不成面"),
        (text() + "J4", "界址点.txt 第 14 行不是完整的界址点：J4"),
        ("[属性描述]\n带号=39\n[地块坐标]\n", "界址点.txt 里没有界址点"),
    ],
)  # fmt: skip
def test_what_is_in_doubt_is_refused_in_one_sentence(save, content, sentence):
    with pytest.raises(LayerError) as caught:
        read_projects(save(content))
    assert str(caught.value) == sentence


def test_several_parcels_and_repeats(save):
    second = text(name="地块二", header=None)
    found = read_projects(save(text() + second))
    assert found.frame.id.tolist() == ["1", "1-2"]
    assert codes(found) == ["boundary-duplicate"]


@pytest.mark.parametrize(
    ("key", "value", "other"),
    [("坐标系", "1980西安坐标系", "2000国家大地坐标系"), ("带号", "40", "39"), ("几度分带", "6", "3")],
)
def test_two_heads_that_say_different_systems_are_not_read_as_the_last(save, key, value, other):
    second = text(name="地块二", header={**HEADER, key: value})
    with pytest.raises(LayerError, match=f"前后注明的{key}不一致：“{other}”和第 .* 行的“{value}”"):
        read_projects(save(text() + second))
    assert len(read_projects(save(text() + text(name="地块二"))).frame) == 2


def test_a_given_crs_settles_the_doubt(save):
    found = read_projects(save(text(header=None)), crs="EPSG:4527")
    assert found.frame.crs.to_epsg() == 4527


def test_parcels_can_be_a_layer(save):
    layer = read_layer(save(text()), "contaminated_land")
    assert layer.frame.name.tolist() == ["示例地块"]


def test_what_is_written_reads_back(tmp_path):
    outer = Polygon([(y, x) for x, y in RING], [[(y, x) for x, y in HOLE]])
    frame = geopandas.GeoDataFrame({"id": ["P1"], "name": ["甲, 乙"]}, geometry=[outer], crs=4527)
    path = tmp_path / "a.txt"
    boundary_txt.write(frame.to_crs(4490), path, made_on=date(2026, 1, 2), maker="某公司")
    content = path.read_bytes().decode("gbk")
    assert "数据产生日期=2026-01-02\r\n" in content
    assert "10,9.1728,P1,甲， 乙,面,,,,@\r\n" in content
    found = read_projects(path)
    assert found.frame.geometry[0].symmetric_difference(outer).area < 1
    assert codes(found) == []


@pytest.mark.parametrize(
    ("change", "crs", "stated"),
    [({"坐标系": "1980西安坐标系"}, 4527, "1980西安坐标系"), ({"带号": "38"}, 4527, "38"), ({}, 4527, None),
     ({"坐标系": "1980西安坐标系"}, 2363, None)],
)  # fmt: skip
def test_a_given_crs_against_the_texts_own_word_is_on_record(tmp_path, change, crs, stated):
    path = tmp_path / "界址点.txt"
    path.write_text(text(header=HEADER | change), encoding="utf-8")
    layer = read_layer(path, "reference", crs=crs)
    said = [issue.values["stated"] for issue in layer.issues if issue.code == "crs-overridden"]
    assert said == ([stated] if stated else [])

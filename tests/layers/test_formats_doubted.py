"""Files that other programs write in their own way: drawings with splines, formulas without results, character sets that lie."""

import zipfile

import geopandas
import numpy as np
import openpyxl
import pytest
import shapely

from layers.cad import draw_splines
from layers.errors import LayerError
from layers.look import look, places
from layers.read import list_layers, read_layer

MIF = """Version 300
{charset}Delimiter ","
CoordSys Earth Projection 1, 0
Columns 1
  {name} Char(20)
Data

Point 115.7 29.6
Point 115.8 29.7
"""


def mapinfo(folder, text, codec, charset=None, name="NAME"):
    stated = f'Charset "{charset}"\n' if charset else ""
    (folder / "a.mif").write_bytes(MIF.format(charset=stated, name=name).encode(codec))
    (folder / "a.mid").write_bytes("".join(f'"{word}"\n' for word in text).encode(codec))
    return folder / "a.mif"


@pytest.mark.parametrize("charset", [None, "Neutral", "WindowsLatin1", "WindowsSimpChinese"])
@pytest.mark.parametrize("codec", ["gbk", "utf-8"])
@pytest.mark.parametrize("name", ["NAME", "名称"])
def test_chinese_of_mapinfo_is_read_by_its_bytes_whatever_it_states(tmp_path, charset, codec, name):
    layer = read_layer(mapinfo(tmp_path, ["浔阳区", "庐山市"], codec, charset, name), "receptor")
    assert list(layer.frame["name"]) == ["浔阳区", "庐山市"]
    wrong = "encoding-stated-wrongly" in {issue.code for issue in layer.issues}
    assert wrong == (charset == "WindowsLatin1" or (charset == "WindowsSimpChinese" and codec == "utf-8"))


@pytest.mark.parametrize("charset", [None, "Neutral", "WindowsLatin1"])
def test_latin_of_mapinfo_does_not_become_chinese(tmp_path, charset):
    layer = read_layer(mapinfo(tmp_path, ["Städte", "Köln"], "cp1252", charset), "receptor")
    assert list(layer.frame["name"]) == ["Städte", "Köln"]


@pytest.mark.parametrize("charset", [None, "WindowsLatin1", "WindowsSimpChinese"])
def test_an_encoding_named_by_hand_counts_for_mapinfo(tmp_path, charset):
    path = mapinfo(tmp_path, ["浔阳区", "庐山市"], "gbk", charset)
    assert list(read_layer(path, "receptor", encoding="gbk").frame["name"]) == ["浔阳区", "庐山市"]


def drawing(path, points, closed):
    pairs = [(0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1024"), (9, "$INSUNITS"), (70, 6), (0, "ENDSEC"),
             (0, "SECTION"), (2, "ENTITIES"),
             (0, "LWPOLYLINE"), (5, "A1"), (100, "AcDbEntity"), (8, "红线"), (100, "AcDbPolyline"), (90, 4), (70, 1)]  # fmt: skip
    for x, y in ((401000, 3270000), (401100, 3270000), (401100, 3270100), (401000, 3270100)):
        pairs += [(10, x), (20, y)]
    pairs += [(0, "SPLINE"), (5, "A2"), (100, "AcDbEntity"), (8, "红线"), (100, "AcDbSpline"), (70, 1 if closed else 0), (71, 3),
              (72, 0), (73, 0), (74, len(points))]  # fmt: skip
    for x, y in points:
        pairs += [(11, x), (21, y), (31, 0.0)]
    pairs += [(0, "ENDSEC"), (0, "EOF")]
    path.write_text("".join(f"{code}\n{value}\n" for code, value in pairs), encoding="utf-8")
    return path


def test_a_spline_of_fit_points_is_drawn_and_the_rest_of_the_drawing_is_read(tmp_path):
    turn = np.linspace(0, 2 * np.pi, 17)
    circle = np.column_stack([402000 + 100 * np.cos(turn), 3270000 + 100 * np.sin(turn)])
    layer = read_layer(drawing(tmp_path / "a.dxf", circle.tolist(), closed=True), "ecological_redline", crs="EPSG:4548")
    assert [round(area) for area in sorted(layer.frame.geometry.area)] == [10_000, pytest.approx(np.pi * 10_000, rel=0.01)]
    assert [(issue.severity, issue.values["count"]) for issue in layer.issues if issue.code == "splines-drawn"] == [("warning", 1)]


def test_points_of_a_spline_lie_on_its_line(tmp_path):
    points = [(402000, 3270000), (402100, 3270050), (402150, 3269900), (402300, 3270000)]
    drawn = tmp_path / "b.dxf"
    assert draw_splines(drawing(tmp_path / "a.dxf", points, closed=False), drawn) == 1
    line = geopandas.read_file(drawn).geometry.iloc[1]
    assert all(line.distance(shapely.Point(point)) < 1e-6 for point in points)


def sheet(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_formulas_without_results_are_named_with_what_to_do(tmp_path):
    path = sheet(tmp_path / "a.xlsx", [["名称", "经度", "纬度"], ["甲", "=115+0.7", 29.6], ["乙", 115.8, 29.7]])
    with pytest.raises(LayerError, match=r"1 个公式单元格.*B2.*保存一次"):
        read_layer(path, "receptor")


def test_formulas_beside_the_coordinates_are_told_and_the_rest_is_read(tmp_path):
    path = sheet(tmp_path / "a.xlsx", [["名称", "经度", "纬度", "说明"], ["甲", 115.7, 29.6, "=A2"], ["乙", 115.8, 29.7, "x"]])
    layer = read_layer(path, "receptor")
    assert len(layer.frame) == 2
    assert [issue.values for issue in layer.issues if issue.code == "formulas-without-results"] == [{"count": 1, "cell": "D2"}]


TEXT = """[属性描述]
坐标系={datum}
几度分带=3
带号={zone}
[地块坐标]
5,0.5,A1,甲,面,,,,@
J1,1,{north},{east}
J2,1,{north},{east2}
J3,1,{north2},{east2}
J4,1,{north2},{east}
J1,1,{north},{east}
"""


@pytest.mark.parametrize(
    ("datum", "zone", "prefix", "candidate"),
    [("2000国家大地坐标系", "", "", "EPSG:4548"), ("", "39", "", "EPSG:4548"), ("2000国家大地坐标系", "38", "39", "EPSG:4527"),
     ("1980西安坐标系", "39", "39", "EPSG:2363"), ("1954年北京坐标系", "39", "39", "EPSG:2415"), ("1980西安坐标系", "39", "", "EPSG:2384")],
)  # fmt: skip
def test_a_boundary_text_in_doubt_can_be_looked_at_with_candidates(tmp_path, datum, zone, prefix, candidate):
    path = tmp_path / "a.txt"
    path.write_text(
        TEXT.format(datum=datum, zone=zone, north=3290000, north2=3290100, east=f"{prefix}400000", east2=f"{prefix}400100"),
        encoding="utf-8",
    )
    with pytest.raises(LayerError) as refused:
        read_layer(path, "permanent_farmland")
    seen = look(path)
    assert str(seen.refused) == str(refused.value)
    found = places(seen)
    assert found.open
    assert candidate in [one.crs for one in found.placements]
    assert len(read_layer(path, "permanent_farmland", crs=candidate).frame) == 1


@pytest.mark.filterwarnings("ignore")  # GDAL says that it cuts the name
@pytest.mark.parametrize(("encoding", "meant"), [("gbk", True), ("utf-8", False)])  # 管控单元分, and 管控单: that is any of them
def test_a_field_name_that_a_dbf_cut_is_known_where_only_one_is_meant(tmp_path, encoding, meant):
    data = geopandas.GeoDataFrame(
        {"DYMC": ["甲"], "GKDYBM": ["ZH36040310001"], "管控单元分类": ["优先保护单元"]},
        geometry=[shapely.box(115.9, 29.6, 116, 29.7)], crs=4490,
    )  # fmt: skip
    data.to_file(tmp_path / "a.shp", encoding=encoding)
    layer = read_layer(tmp_path / "a.shp", "control_unit")
    assert ("field-name-cut" in {issue.code for issue in layer.issues}) == meant
    assert layer.frame["category"].tolist() == ["priority"]  # of the code, else


def test_parcels_marked_as_lines_are_no_areas(tmp_path):
    path = tmp_path / "a.txt"
    text = TEXT.format(datum="2000国家大地坐标系", zone="39", north=3290000, north2=3290100, east="39400000", east2="39400100")
    path.write_text(text + text.split("[地块坐标]\n")[1].replace("面", "线").replace("A1", "A2"), encoding="utf-8")
    layer = read_layer(path, "permanent_farmland")
    assert len(layer.frame) == 1
    assert [issue.values["found"] for issue in layer.issues if issue.code == "geometry-kind"] == ["line"]
    assert sorted(read_layer(path, "reference").frame.geom_type) == ["MultiLineString", "Polygon"]


def test_a_code_that_a_spreadsheet_has_rounded_is_no_code(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("编号,名称,经度,纬度\n3.60403E+11,甲,115.7,29.6\nFA-360403-0001-QT-00,乙,115.8,29.7\n", encoding="utf-8")
    layer = read_layer(path, "discharge_outlet", fields={"code": "编号"})
    assert layer.frame["code"].tolist() == [None, "FA-360403-0001-QT-00"]
    assert [(issue.row, issue.severity) for issue in layer.issues if issue.code == "code-rounded"] == [(2, "error")]


def test_a_list_without_a_header_is_called_so(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("甲,115.7,29.6\n乙,115.8,29.7\n", encoding="utf-8")
    with pytest.raises(LayerError, match="第一行像是数据"):
        read_layer(path, "receptor")


def test_one_of_several_layers_of_an_archive_can_be_named(tmp_path):
    for name in ("甲", "乙"):
        data = geopandas.GeoDataFrame({"name": [name]}, geometry=[shapely.box(115.9, 29.6, 116, 29.7)], crs=4490)
        data.to_file(tmp_path / f"{name}.shp", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for part in sorted(tmp_path.glob("*.*")):
            if part.suffix != ".zip":
                archive.write(part, f"资料/{part.name}")
    with pytest.raises(LayerError, match=r"--layer 指明一个：乙.shp、甲.shp"):
        read_layer(tmp_path / "a.zip", "wetland")
    assert [(one.name, one.features) for one in list_layers(tmp_path / "a.zip")] == [("乙.shp", 1), ("甲.shp", 1)]
    for layer in ("甲.shp", "甲"):
        assert read_layer(tmp_path / "a.zip", "wetland", layer=layer).frame["name"].tolist() == ["甲"]
    seen = look(tmp_path / "a.zip", layer="甲.shp")
    assert (seen.layer, len(seen.layers), seen.values("name")) == ("甲.shp", 2, [("甲", 1)])


def test_network_links_are_counted(tmp_path):
    path = tmp_path / "a.kml"
    path.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link><href>http://x/y.kml</href></Link></NetworkLink>'
        "<Placemark><name>a</name><Point><coordinates>115.7,29.6</coordinates></Point></Placemark></Document></kml>"
    )
    assert [issue.values for issue in read_layer(path, "receptor").issues if issue.code == "network-links"] == [{"count": 1}]

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import struct
import zipfile

import geopandas
import pytest
import shapely
from files import UNITS, frame, write
from shapely import LineString, Point, Polygon, box

from layers.files import digest
from layers.read import LayerError, list_layers, read_layer, read_projects
from layers.schema import ROLES, feature_label

BOW_TIE = Polygon([(115.9, 29.7), (116.0, 29.8), (116.0, 29.7), (115.9, 29.8)])


def codes(layer):
    return [issue.code for issue in layer.issues if issue.code != "reader-message"]


def refused(read, *arguments, **more):
    with pytest.raises(LayerError) as caught:
        read(*arguments, **more)
    error = caught.value
    assert error.template.format(**error.params) == str(error)
    assert "\n" not in str(error)
    return str(error)


# --- what can be read -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".fgb", ".parquet", ".gml", ".tab", ".kml"])
def test_a_layer_reads_the_same_from_every_format(tmp_path, suffix):
    more = {"encoding": "gbk"} if suffix == ".shp" else {}
    layer = read_layer(write(tmp_path / f"单元{suffix}", **more), "control_unit", crs=4490)
    rows = layer.frame.sort_values("code")  # FlatGeobuf keeps its own order
    assert rows.code.tolist() == ["ZH36040310001", "ZH36040320001"]
    assert rows.name.tolist() == UNITS["HJGKDYMC"]
    assert rows.category.tolist() == ["priority", "key"]
    assert layer.frame.index.tolist() == [0, 1]
    assert layer.frame.crs.to_epsg() == 4490
    assert layer.frame.union_all().symmetric_difference(box(115.9, 29.7, 116.0, 29.75)).area < 1e-9


def test_every_role_reads_an_empty_or_a_fitting_layer(tmp_path):
    shapes = {"polygon": box(115, 29, 116, 30), "line": LineString([(115, 29), (116, 30)]), "point": Point(115, 29)}
    for role in ROLES.values():
        if role.geometry == "raster":
            continue
        data = geopandas.GeoDataFrame(
            {"code": ["ZH36040310001"]}, geometry=[shapes.get(role.geometry, Point(115, 29))], crs=4490
        )
        path = write(tmp_path / f"{role.name}.gpkg", data)
        layer = read_layer(path, role.name)
        assert len(layer.frame) == 1
        assert layer.role == role.name


def test_a_table_with_lonlat_columns_is_cgcs2000(tmp_path):
    path = tmp_path / "排污口.csv"
    path.write_text(
        "排污口编码,排污口名称,经度,纬度\n0083,甲口,115°59′14.9″,29°43′57″\n0084,乙口,115.98,29.73\n", encoding="gbk"
    )
    layer = read_layer(path, "discharge_outlet")
    assert layer.frame.crs.to_epsg() == 4490
    assert layer.frame.code.tolist() == ["0083", "0084"]
    assert layer.frame.geometry[0].x == pytest.approx(115 + 59 / 60 + 14.9 / 3600)
    assert codes(layer) == ["crs-assumed"]


def test_a_workspace_or_file_with_several_layers_asks_which(tmp_path):
    path = write(tmp_path / "多.gpkg", layer="甲")
    write(path, layer="乙")
    assert refused(read_layer, path, "control_unit") == "多.gpkg 里有多个图层，请指明一个：甲、乙"
    assert read_layer(path, "control_unit", layer="乙").name == "乙"
    assert refused(read_layer, path, "control_unit", layer="丙") == "多.gpkg 里没有图层 丙；有：甲、乙"
    assert [(info.name, info.features, info.crs) for info in list_layers(path)] == [
        ("甲", 2, "EPSG:4490"),
        ("乙", 2, "EPSG:4490"),
    ]


def test_a_zip_archive_with_gbk_names_is_opened(tmp_path):
    write(tmp_path / "单元.shp", encoding="utf-8")
    packed = tmp_path / "单元.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in sorted(tmp_path.glob("单元.*")):
            if part.suffix != ".zip":
                archive.write(part, f"QQQQ{part.suffix}")
    packed.write_bytes(packed.read_bytes().replace(b"QQQQ", "单元".encode("gbk")))
    layer = read_layer(packed, "control_unit")
    assert layer.name == "单元"
    assert len(layer.frame) == 2
    assert layer.sha256 == hashlib.sha256(packed.read_bytes()).hexdigest()


def test_the_digest_is_of_every_source_file(tmp_path):
    path = write(tmp_path / "a.shp")
    first = read_layer(path, "control_unit").sha256
    (tmp_path / "b").mkdir()
    assert read_layer(write(tmp_path / "b" / "other.shp"), "control_unit").sha256 == first
    prj = path.with_suffix(".prj")
    prj.write_text(prj.read_text() + " ")
    assert read_layer(path, "control_unit").sha256 != first
    single = write(tmp_path / "a.geojson")
    assert read_layer(single, "control_unit").sha256 == hashlib.sha256(single.read_bytes()).hexdigest()


# --- attributes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "field", "column", "written", "read"),
    [
        ("control_unit", "category", "GKDYFL", ["优先", "1", 1, 1.0, "priority", " 优先保护单元\n"], ["priority"] * 6),
        ("control_unit", "category", "管控单元分类", ["重点管控", "3", "一般管控单元"], ["key", "general", "general"]),
        ("protected_area", "zone", "功能分区", ["核心区", "核心保护区", "缓冲区", "实验区", "一般控制区"],
         ["core", "core", "buffer", "experimental", "general"]),
        ("water_source", "grade", "级别", ["一级", "2", 3, "准保护区", "Ⅱ"], ["1", "2", "3", "3", "2"]),
        ("industrial_park", "chemical", "是否化工园区", ["是", "否", "true", "0", 1, None],
         [True, False, True, False, True, None]),
        ("noise_zone", "class", "功能区类别", ["4a类", "4b", "０类", 2.0], ["4a", "4b", "0", "2"]),
        ("river_bank", "rank", "河流级别", ["干流", "重要支流", "支流", "湖泊"],
         ["main", "important_tributary", "tributary", "lake"]),
        ("admin", "code", "区划代码", ["010000", 360403, 360403.0, "360403 "], ["010000", "360403", "360403", "360403"]),
        ("discharge_outlet", "due", "完成时限", ["2025/6/30", "2025年6月30日", "20250630"], ["2025-06-30"] * 3),
    ],
)  # fmt: skip
def test_values_become_the_contracts(tmp_path, role, field, column, written, read):
    shape = {"line": {"type": "LineString", "coordinates": [[115, 29], [116, 30]]},
             "point": {"type": "Point", "coordinates": [115, 29]}}.get(
        ROLES[role].geometry,
        {"type": "Polygon", "coordinates": [[[115, 29], [116, 29], [116, 30], [115, 29]]]},
    )  # fmt: skip
    more = {"HJGKDYBM": "ZH36040310001"} if role == "control_unit" else {}
    features = [{"type": "Feature", "properties": {column: value, **more}, "geometry": shape} for value in written]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert read_layer(path, role).frame[field].tolist() == read


def test_a_value_that_means_nothing_is_unknown_and_named(tmp_path):
    data = frame({**UNITS, "ZHGKDYFL": ["红色", None]})
    layer = read_layer(write(tmp_path / "a.gpkg", data), "control_unit")
    (issue,) = [issue for issue in layer.issues if issue.code == "value-unreadable"]
    assert (issue.row, issue.field, issue.values["value"]) == (1, "category", "红色")


def test_a_class_that_is_missing_comes_from_the_code_and_says_so(tmp_path):
    data = frame({"HJGKDYBM": UNITS["HJGKDYBM"]})
    layer = read_layer(write(tmp_path / "a.gpkg", data), "control_unit")
    assert layer.frame.category.tolist() == ["priority", "key"]
    assert "category-from-code" in codes(layer)


def test_headers_are_met_with_line_ends_units_and_full_width(tmp_path):
    data = frame({"环境管控单元编码\n": ["1", "2"], "面积（平方公里）": [1.5, 2.5], "ＨＪＧＫＤＹＭＣ": ["甲", "乙"]})
    layer = read_layer(write(tmp_path / "a.gpkg", data), "control_unit")
    assert list(layer.frame.columns) == ["code", "name", "area", "geometry"]


def test_unknown_columns_stay_and_never_take_a_reserved_name(tmp_path):
    path = tmp_path / "a.geojson"
    data = frame({**UNITS, "Geometry_": [1, 2], "备用": ["x", None]})
    data.to_file(path)
    layer = read_layer(path, "control_unit")
    assert layer.frame["备用"].tolist() == ["x", None]


def test_fields_can_be_given_by_hand(tmp_path):
    path = write(tmp_path / "a.gpkg", frame({"bh": ["ZH36040310001", "ZH36040320001"], "mc": ["甲", "乙"]}))
    layer = read_layer(path, "control_unit", fields={"code": "bh", "name": "MC"})
    assert layer.frame.name.tolist() == ["甲", "乙"]
    sentence = refused(read_layer, path, "control_unit", fields={"code": "没有"})
    assert sentence == "a.gpkg 里没有字段 没有；现有：bh（ZH36040310001）、mc（甲）"
    assert refused(read_layer, path, "control_unit", fields={"kode": "bh"}).startswith(
        "环境管控单元 没有字段 kode；可用：code"
    )


def test_the_label_of_a_feature_is_its_name_else_its_code_else_its_number():
    assert feature_label("control_unit", {"name": " 甲 ", "code": "1"}) == "甲"
    assert feature_label("control_unit", {"name": None, "code": "1"}) == "1"
    assert feature_label("control_unit", {"fid": 7}) == "#7"
    assert feature_label("river_bank", {"river": "长江", "code": "1"}) == "长江"


# --- geometry -------------------------------------------------------------------------------------------------------


def test_a_broken_outline_is_repaired_and_reported_with_its_place(tmp_path):
    data = geopandas.GeoDataFrame({"name": ["甲"]}, geometry=[BOW_TIE], crs=4490)
    path = write(tmp_path / "a.gpkg", data)
    assert "原样计 0.0 平方米，重叠合并计 53610205.735 平方米" in refused(read_layer, path, "ecological_redline")
    layer = read_layer(path, "ecological_redline", repair="union")
    (issue,) = layer.issues
    assert (issue.code, issue.row) == ("repair-has-two-readings", 1)
    assert (issue.values["x"], issue.values["y"]) == pytest.approx((115.95, 29.75))
    assert issue.values["area_before_m2"] < 1e5 < issue.values["area_after_m2"]
    assert layer.frame.is_valid.all()
    assert set(layer.frame.geom_type) == {"MultiPolygon"}


def test_heights_go_and_nulls_and_empties_are_counted(tmp_path):
    path = tmp_path / "a.geojson"
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": shape}
        for name, shape in [
            ("甲", {"type": "Polygon", "coordinates": [[[115, 29, 5], [116, 29, 5], [116, 30, 5], [115, 29, 5]]]}),
            ("乙", None),
            ("丙", {"type": "Polygon", "coordinates": []}),
            ("丁", shapely.geometry.mapping(box(116, 29, 117, 30))),
        ]
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    layer = read_layer(path, "ecological_redline")
    assert layer.frame.name.tolist() == ["甲", "丁"]
    assert not layer.frame.has_z.any()
    assert [(issue.code, issue.row) for issue in layer.issues] == [("geometry-missing", 2), ("geometry-empty", 3)]


def test_a_few_of_another_kind_are_left_out_and_named(tmp_path):
    shapes = [box(115, 29, 116, 30), Point(115, 29), shapely.GeometryCollection([box(116, 29, 117, 30), Point(1, 1)])]
    path = tmp_path / "a.geojson"
    geopandas.GeoDataFrame({"name": list("甲乙丙")}, geometry=shapes, crs=4326).to_file(path)
    layer = read_layer(path, "ecological_redline")
    assert layer.frame.name.tolist() == ["甲", "丙"]
    assert [(issue.code, issue.row) for issue in layer.issues] == [
        ("source-to-ask", None), ("geometry-parts-dropped", 3), ("geometry-kind", 2),
    ]  # fmt: skip


def test_a_layer_of_only_unusable_shapes_says_that_nothing_was_checked(tmp_path):
    path = tmp_path / "a.geojson"
    feature = {"type": "Feature", "properties": {"name": "甲"}, "geometry": None}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    layer = read_layer(path, "reference")
    assert [(issue.code, issue.severity) for issue in layer.issues] == [
        ("geometry-missing", "error"),
        ("empty-layer", "error"),
    ]


def test_an_empty_layer_is_accepted_and_says_so(tmp_path):
    data = geopandas.GeoDataFrame({"name": []}, geometry=[], crs=4490)
    layer = read_layer(write(tmp_path / "a.gpkg", data, geometry_type="Polygon"), "ecological_redline")
    assert len(layer.frame) == 0
    assert [issue.code for issue in layer.issues] == ["empty-layer"]


def test_many_issues_of_one_kind_are_counted(tmp_path):
    data = geopandas.GeoDataFrame({"级别": ["?"] * 150}, geometry=[box(115, 29, 116, 30)] * 150, crs=4490)
    layer = read_layer(write(tmp_path / "a.gpkg", data), "water_source")
    assert len(layer.issues) == 101
    assert layer.issues[-1].values == {"code": "value-unreadable", "count": 50}


# --- what cannot be read: one sentence each -------------------------------------------------------------------------


def test_a_missing_file_and_an_unknown_role_are_named(tmp_path):
    assert refused(read_layer, tmp_path / "无.shp", "admin") == f"找不到文件 {tmp_path / '无.shp'}"
    sentence = refused(read_layer, tmp_path / "无.shp", "redlines")
    assert sentence.startswith("没有名为 redlines 的图层类型；可用：ecological_redline、control_unit、")
    assert refused(read_layer, tmp_path / "a.tif", "raster") == "栅格不作为矢量图层读取，请用添加栅格"


def test_a_missing_field_lists_what_was_looked_for_and_what_is_there(tmp_path):
    path = write(tmp_path / "a.gpkg", frame({"bh": ["ZH36040310001", "2"], "mc": ["甲", "乙"]}))
    sentence = refused(read_layer, path, "control_unit")
    assert sentence.startswith("a.gpkg 缺少必需字段 环境管控单元编码（code）；找过：HJGKDYBM、HJZHGKDYBM、")
    assert sentence.endswith("文件现有字段：bh（ZH36040310001）、mc（甲）。可用 --map 文件字段=code 指明")


def test_the_wrong_kind_of_geometry_is_refused(tmp_path):
    path = write(tmp_path / "a.gpkg", geopandas.GeoDataFrame({"name": ["甲"]}, geometry=[Point(115, 29)], crs=4490))
    assert refused(read_layer, path, "ecological_redline") == "a.gpkg 里是点，生态保护红线需要面图层"
    assert refused(read_layer, path, "river_bank") == "a.gpkg 里是点，岸线需要线图层"


def test_an_unknown_crs_or_encoding_is_named(tmp_path):
    path = write(tmp_path / "a.gpkg")
    assert refused(read_layer, path, "control_unit", crs="EPSG:1") == "不认识坐标系 EPSG:1；写法如 EPSG:4490、EPSG:4548"
    sentence = "没有名为 klingon 的编码；常用：utf-8、gbk、gb18030"
    assert refused(read_layer, path, "control_unit", encoding="klingon") == sentence


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.shp", b"", "a.shp 是空文件（0 字节）"),
        ("a.gpkg", b"nonsense", "a.gpkg 无法作为图层打开"),
        ("a.geojson", b"{]", "a.geojson 无法作为图层打开"),
        ("a.shp", b"nonsense" * 20, "a.shp 不是 shapefile，或文件头已损坏"),
        ("a.zip", b"PK\x03\x04rest", "a.zip 不是完好的压缩包，可能没有下载完整"),
        ("a.xlsx", b"nonsense", "a.xlsx 的后缀是电子表格，内容却是网页或文本"),
        ("a.xls", b"nonsense", "a.xls 的后缀是电子表格，内容却是网页或文本"),
        ("a.xlsx", b"PK\x03\x04rest", "a.xlsx 不是完好的电子表格，可能没有保存或下载完整"),
        ("a.dwg", b"AC1032", "a.dwg 是 DWG 图，不能直接读取；请在 CAD 中另存为 DXF 再添加"),
        ("a.tif", b"II*", "a.tif 是栅格，请用添加栅格"),
        ("a.pdf", b"%PDF", "a.pdf 是文档，不是图层；请提供其中坐标的表格或界址点文本"),
        ("a.rar", b"Rar!", "a.rar 是压缩包，请先解压，或改用 zip"),
        ("a.csv", b"a,b\n1,2\n", "a.csv 里没有坐标列：要有 经度、纬度（或 lon、lat），或 X、Y，或 WKT；现有列：a、b"),
        ("a.csv", b"\n\n", "a.csv 里没有内容"),
        ("a.parquet", b"nonsense", "a.parquet 无法作为图层打开"),
        ("a.kml", b"<kml>", "a.kml 不完整：文件在中途结束"),
    ],
)
def test_a_broken_file_is_a_sentence(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    for read in (lambda: read_layer(path, "reference"), lambda: read_projects(path)):
        assert refused(read).startswith(sentence)


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".geojson", ".fgb", ".kml", ".zip", ".xlsx", ".parquet", ".gml"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.99])
def test_a_cut_file_never_ends_in_a_traceback(tmp_path, suffix, share):
    path = tmp_path / f"a{suffix}"
    if suffix == ".zip":
        inner = write(tmp_path / "b.geojson")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(inner, "b.geojson")
    elif suffix == ".xlsx":
        import openpyxl

        book = openpyxl.Workbook()
        book.active.append(["单元编码", "经度", "纬度"])
        book.active.append(["ZH36040310001", 115.9, 29.7])
        book.save(path)
    else:
        write(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    try:
        layer = read_layer(path, "reference")
    except LayerError:
        return
    assert suffix in (".gpkg", ".fgb", ".gml", ".kml")  # formats whose readers may find a whole layer in what is left
    assert len(layer.frame) <= 2


def test_parts_of_a_shapefile_that_do_not_belong_together_are_refused(tmp_path):
    path = write(tmp_path / "a.shp")
    whole = path.with_suffix(".dbf").read_bytes()
    path.with_suffix(".dbf").write_bytes(whole[:-40])
    assert refused(read_layer, path, "control_unit").startswith("a.dbf 不完整：应有 2 条属性，只有 1 条")
    other = write(tmp_path / "b.shp", frame({"HJGKDYBM": ["1"]}, boxes=((115, 29, 116, 30),)))
    path.with_suffix(".dbf").write_bytes(other.with_suffix(".dbf").read_bytes())
    assert refused(read_layer, path, "control_unit") == (
        "a.shp 的图形有 2 个，属性有 1 条，对不上：附属文件可能不是同一份"
    )
    path.with_suffix(".dbf").unlink()
    layer = read_layer(path, "ecological_redline")
    assert codes(layer) == ["no-attribute-table"]
    assert refused(read_layer, path, "control_unit").startswith("a.shp 缺少必需字段")
    assert refused(read_layer, other.with_suffix(".dbf"), "admin") == "请选择 b.shp，b.dbf 是它的附属文件"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_file_that_may_not_be_read_is_named(tmp_path):
    path = write(tmp_path / "a.gpkg")
    path.chmod(0)
    assert refused(read_layer, path, "control_unit") == f"没有权限读取 {path}"


# --- projects -------------------------------------------------------------------------------------------------------


def test_projects_keep_their_cells_as_text_under_the_contracts_names(tmp_path):
    path = tmp_path / "项目.csv"
    path.write_text(
        "项目编号,项目名称,行业代码,是否化工,燃料,备注,lon,lat\nP1,甲厂,0111,是,,x,115.9,29.7\n", encoding="utf-8-sig"
    )
    found = read_projects(path)
    row = found.frame.iloc[0].drop("geometry").to_dict()
    assert row == {"id": "P1", "name": "甲厂", "industry_code": "0111", "is_chemical": "是", "fuels": None, "备注": "x"}
    assert found.rows == (2,)
    assert found.frame.crs.to_epsg() == 4490


def test_lists_and_numbers_of_a_geojson_project_become_text(tmp_path):
    path = tmp_path / "a.geojson"
    properties = {"id": 7, "fuels": ["coal", "natural_gas"], "is_chemical": True, "boiler_t_h": 35.5, "name": None}
    point = {"type": "Point", "coordinates": [115.9, 29.7]}
    feature = {"type": "Feature", "properties": properties, "geometry": point}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    row = read_projects(path).frame.iloc[0]
    assert (row.id, row.fuels, row.is_chemical, row.boiler_t_h, row["name"]) == (
        "7", "coal;natural_gas", "true", "35.5", None,
    )  # fmt: skip


def test_a_project_without_a_place_is_left_out_and_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,lon,lat\nP1,115.9,29.7\nP2,,29.7\nP3,一百一十五,29\nP4,115°65′,29\n", encoding="utf-8")
    found = read_projects(path)
    assert found.frame.id.tolist() == ["P1"]
    errors = [(issue.code, issue.row) for issue in found.issues if issue.severity == "error"]
    assert errors == [
        ("coordinate-unreadable", 4),
        ("coordinate-unreadable", 5),
        ("geometry-missing", 3),
        ("geometry-missing", 4),
        ("geometry-missing", 5),
    ]


def test_wkt_and_metre_columns_need_a_crs(tmp_path):
    wkt = tmp_path / "a.csv"
    wkt.write_text('id,wkt\nP1,"POLYGON((115 29,116 29,116 30,115 29))"\nP2,BOX\n')
    assert refused(read_projects, wkt).startswith("a.csv 没有说明坐标系；按坐标值可能是：EPSG:4490")
    found = read_projects(wkt, crs=4490)
    assert found.frame.geom_type.tolist() == ["Polygon"]
    assert [issue.code for issue in found.issues] == ["geometry-unreadable", "geometry-missing", "crs-given"]
    metres = tmp_path / "b.csv"
    metres.write_text("id,X,Y\nP1,3290610.99,39402283.55\n")
    assert "EPSG:4527" in refused(read_projects, metres)
    found = read_projects(metres, crs="EPSG:4527")
    lonlat = found.frame.to_crs(4490).geometry[0]
    assert (lonlat.x, lonlat.y) == pytest.approx((115.99, 29.73), abs=1e-6)


def test_swapped_or_foreign_lonlat_columns_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,经度,纬度\nP1,29.7,115.9\n", encoding="utf-8")
    assert refused(read_projects, path) == ("a.csv 的经度列（经度）里是纬度，纬度列（纬度）里是经度，请对调两列的列名")
    path.write_text("id,lon,lat\nP1,2.35,48.85\n", encoding="utf-8")
    assert refused(read_projects, path) == "a.csv 的经纬度都不在中国范围内，请核对坐标列 lon、lat"
    path.write_text("id,lon,lat\nP1,115.9,29.7\n", encoding="utf-8")
    assert refused(read_projects, path, crs=4548) == "a.csv 的经纬度列以度为单位，给定的坐标系 EPSG:4548 以米为单位"


def test_arcs_become_straight_edges(tmp_path):
    path = write(tmp_path / "a.gpkg", frame(), geometry_type="Unknown", layer_options={"SPATIAL_INDEX": "NO"})
    points = [(115.9, 29.7), (115.95, 29.75), (116.0, 29.7), (115.95, 29.65), (115.9, 29.7)]
    arc = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<dd", *point) for point in points)
    blob = b"GP\0\x01" + struct.pack("<i", 4490) + struct.pack("<BII", 1, 10, 1) + arc
    connection = sqlite3.connect(path)
    connection.execute("UPDATE a SET geom=? WHERE fid=1", (blob,))
    connection.commit()
    connection.close()
    layer = read_layer(path, "control_unit")
    assert layer.frame.geometry[0].area == pytest.approx(3.14159 * 0.05**2, rel=1e-3)


def test_a_spike_is_repaired_without_a_question(tmp_path):
    spike = Polygon([(0, 0), (100, 0), (100, 100), (50, 100), (50, 200), (50, 100), (0, 100)])
    spike = shapely.transform(spike, lambda xy: xy + [400_000, 3_290_000])
    path = write(tmp_path / "a.gpkg", geopandas.GeoDataFrame({"name": ["甲"]}, geometry=[spike], crs=4548))
    (issue,) = read_layer(path, "ecological_redline").issues
    assert (issue.code, issue.values["area_before_m2"], issue.values["area_after_m2"]) == (
        "geometry-repaired", 10_000.0, 10_000.0,
    )  # fmt: skip


def test_a_hole_that_turns_as_its_shell_does_is_no_change_of_area(tmp_path):
    ring = [[115, 29], [116, 29], [116, 30], [115, 30], [115, 29]]
    hole = [[115.2, 29.2], [115.4, 29.2], [115.4, 29.4], [115.3, 29.4], [115.3, 29.5], [115.3, 29.4], [115.2, 29.4],
            [115.2, 29.2]]  # fmt: skip
    shape = {"type": "Polygon", "coordinates": [ring, hole]}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"name": "甲"}, "geometry": shape}]}))  # fmt: skip
    (issue,) = read_layer(path, "ecological_redline", crs=4326).issues
    assert issue.code == "geometry-repaired"


KML = """<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>选址</name>
<Placemark><name>外面的</name><Point><coordinates>115.9,29.7</coordinates></Point></Placemark>
<Folder><name>甲</name><Placemark><name>线</name><LineString><coordinates>115.9,29.7 115.91,29.7 115.91,29.71
115.9,29.71</coordinates></LineString></Placemark>
<Folder><name>甲之内</name><Placemark><name>点</name><Point><coordinates>115.9,29.7</coordinates></Point></Placemark>
</Folder></Folder>
<Folder><name>乙</name><Placemark><name>路</name><LineString><coordinates>115.9,29.7 115.95,29.7 116.0,29.7
116.1,29.71</coordinates></LineString></Placemark></Folder></Document></kml>"""


def test_folders_of_a_kml_file_are_one_layer_and_no_place_is_lost_in_silence(tmp_path):
    path = tmp_path / "a.kml"
    path.write_text(KML, encoding="utf-8")
    found = read_projects(path)
    codes = [issue.code for issue in found.issues]
    assert ("placemarks-not-read" in codes) == (len(found.frame) < 4)
    assert len(found.frame) + sum(
        issue.values["there"] - issue.values["read"] for issue in found.issues if issue.code == "placemarks-not-read"
    ) == 4
    assert codes.count("line-like-boundary") == 1
    assert "Polygon" not in set(found.frame.geom_type)
    closed = read_projects(path, close_lines=True)
    assert (closed.frame.geom_type == "Polygon").sum() == 1
    assert closed.frame.loc[closed.frame.geom_type == "Polygon", "name"].tolist() == ["线"]


def test_reading_tells_its_steps_and_can_be_stopped(tmp_path):
    path = write(tmp_path / "a.gpkg")
    steps = []
    read_layer(path, "control_unit", progress=lambda done, total: steps.append((done, total)))
    assert steps[0][0] == 0
    assert steps[-1] == (steps[-1][1],) * 2

    def stop(done, _total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_layer(path, "control_unit", progress=stop)


def test_a_prj_with_a_chinese_name_in_gbk_is_read_and_one_of_rubbish_asks(tmp_path):
    path = write(tmp_path / "a.shp")
    prj = path.with_suffix(".prj")
    prj.write_bytes(prj.read_text().replace('GEOGCS["', 'GEOGCS["国家2000_', 1).encode("gb18030"))
    assert len(list_layers(path)) == 1
    assert read_layer(path, "control_unit").frame.crs.to_epsg() == 4490
    assert read_layer(path, "control_unit").sha256 == digest(path)
    prj.write_bytes(b"\xff\xfe\x80\x81")
    assert "没有说明坐标系" in refused(read_layer, path, "control_unit")


@pytest.mark.parametrize(
    ("crs", "here", "away"),
    [
        (4490, box(115, 29, 116, 30), box(0, 0, 0.1, 0.1)),
        (4490, box(115, 29, 116, 30), box(15, 29, 16, 30)),
        (4548, box(402_000, 3_290_000, 403_000, 3_291_000), box(115, 29, 116, 30)),
        (4548, box(402_000, 3_290_000, 403_000, 3_291_000), box(39_402_000, 3_290_000, 39_403_000, 3_291_000)),
    ],
)
def test_one_stray_shape_among_many_is_named(tmp_path, crs, here, away):
    data = geopandas.GeoDataFrame({"name": ["甲", "乙"]}, geometry=[here, away], crs=crs)
    path = write(tmp_path / "a.gpkg", data)
    for found in (read_layer(path, "ecological_redline"), read_projects(path)):
        assert [(issue.code, issue.row, issue.severity) for issue in found.issues] == [
            ("feature-outside-china", 2, "error")
        ]
    alone = write(tmp_path / "b.gpkg", data[1:].reset_index(drop=True))
    if crs == 4490:
        assert [issue.code for issue in read_layer(alone, "ecological_redline").issues] == ["layer-outside-china"]


def test_a_line_layer_is_offered_to_be_closed_and_never_closed_in_silence(tmp_path):
    outline = LineString([(115, 29), (116, 29), (116, 30), (115, 29.001)])
    road = LineString([(115, 29), (116, 29), (117, 29), (118, 29.5)])
    path = write(tmp_path / "a.gpkg", geopandas.GeoDataFrame({"name": ["甲", "路"]}, geometry=[outline, road], crs=4490))
    sentence = refused(read_layer, path, "ecological_redline")
    assert "线答不出“在内还是在外”；像边界的线可用 --close-lines 闭合成面" in sentence
    layer = read_layer(path, "ecological_redline", close_lines=True)
    assert [(issue.code, issue.row) for issue in layer.issues] == [("line-made-polygon", 1), ("geometry-kind", 2)]
    assert [(issue.code, issue.row) for issue in read_projects(path).issues] == [("line-like-boundary", 1)]
    assert not read_layer(path, "reference").issues


def test_records_marked_as_deleted_are_counted(tmp_path):
    path = write(tmp_path / "a.shp", encoding="GBK")
    table = path.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    data[int.from_bytes(data[8:10], "little")] = ord("*")
    table.write_bytes(data)
    layer = read_layer(path, "control_unit")
    assert len(layer.frame) == 1
    (issue,) = [issue for issue in layer.issues if issue.code == "records-deleted"]
    assert issue.values == {"count": 1, "there": 2}


def test_open_rings_of_a_kml_are_closed_and_named(tmp_path):
    """GDAL hands them on open and no geometry holds them: they were taken for surfaces of triangles and lost."""
    ring = "<Polygon><outerBoundaryIs><LinearRing><coordinates>{}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
    open_, closed = "115.8,29.5 115.9,29.5 115.9,29.6 115.8,29.6", "115.8,29.5 115.9,29.5 115.9,29.6 115.8,29.5"
    places = "".join(f"<Placemark><name>{name}</name>{shape}</Placemark>" for name, shape in (
        ("好", ring.format(closed)), ("开", ring.format(open_)), ("空", "")))  # fmt: skip
    path = tmp_path / "a.kml"
    path.write_text('<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
                    f"{places}</Document></kml>", encoding="utf-8")  # fmt: skip
    layer = read_layer(path, "ecological_redline")
    assert list(layer.frame["name"]) == ["好", "开"]
    assert [shape.area for shape in layer.frame.geometry] == pytest.approx([0.005, 0.01])
    said = {issue.code: issue.row for issue in layer.issues}
    assert (said["ring-closed"], said["geometry-missing"]) == (2, 3)
    assert not {"geometry-unsupported", "reader-message"} & set(said)


def test_a_shapefile_without_its_index_says_which_part_is_missing(tmp_path):
    path = write(tmp_path / "a.shp")
    path.with_suffix(".shx").unlink()
    assert refused(read_layer, path, "control_unit").startswith("a.shp 缺少同名的 .shx 文件")

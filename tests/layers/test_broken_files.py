"""Files with one known fault each, made here: what is said of every one of them."""

from __future__ import annotations

import sqlite3
import struct
import zipfile

import geopandas
import pyogrio
import pytest
import shapely
from files import frame
from openpyxl import Workbook
from shapely import MultiPolygon, Point, Polygon, box

from layers import geodatabase
from layers.read import LayerError, list_layers, read_layer, read_projects
from layers.tables import read_table
from layers.workspace import Workspace
from sanxian.cli import main

E, N = 39_402_283.0, 3_290_610.0
RING = [(E, N), (E + 300, N), (E + 300, N + 200), (E, N + 200)]


def polyline(points, *, closed=True, layer="0", paper=False):
    lines = ["0", "LWPOLYLINE", "100", "AcDbEntity", *(["67", "1"] if paper else []), "8", layer, "100", "AcDbPolyline", "90",
             str(len(points)), "70", "1" if closed else "0"]  # fmt: skip
    for x, y in points:
        lines += ["10", f"{x:.4f}", "20", f"{y:.4f}"]
    return lines


def line(a, b):
    return ["0", "LINE", "100", "AcDbEntity", "8", "0", "100", "AcDbLine", "10", f"{a[0]:.4f}", "20", f"{a[1]:.4f}",
            "11", f"{b[0]:.4f}", "21", f"{b[1]:.4f}"]  # fmt: skip


def hatch(points):
    lines = ["0", "HATCH", "100", "AcDbEntity", "8", "0", "100", "AcDbHatch", "10", "0", "20", "0", "30", "0", "210", "0", "220",
             "0", "230", "1", "2", "SOLID", "70", "1", "71", "0", "91", "1", "92", "2", "72", "0", "73", "1", "93",
             str(len(points))]  # fmt: skip
    for x, y in points:
        lines += ["10", f"{x:.4f}", "20", f"{y:.4f}"]
    return [*lines, "97", "0", "75", "1", "76", "1", "98", "0"]


def drawing(path, *entities, units=6):
    head = ["0", "SECTION", "2", "HEADER", "9", "$ACADVER", "1", "AC1015", "9", "$INSUNITS", "70", str(units), "0", "ENDSEC"]
    body = ["0", "SECTION", "2", "ENTITIES", *(word for entity in entities for word in entity), "0", "ENDSEC", "0", "EOF"]
    path.write_text("\n".join([*head, *body]) + "\n", encoding="utf-8")
    return path


def apart(step):
    corners = [*RING, RING[0]]
    return [line((a[0] + step, a[1]), b) for a, b in zip(corners, corners[1:], strict=False)]


THOUSAND = [(x * 1000, y * 1000) for x, y in RING]
INNER = [(E + 100, N + 50), (E + 200, N + 50), (E + 200, N + 100), (E + 100, N + 100)]
DRAWINGS = {
    "closed": ([polyline(RING)], 6, [60_000], []),
    "nearly closed": ([polyline([*RING, (E, N + 0.005)], closed=False)], 6, [60_000], ["line-closed"]),
    "lines with ends four millimetres apart": (apart(0.004), 6, [60_000], ["lines-joined"]),
    "ends half a metre apart": (apart(0.5), 6, [0, 0, 0, 0], []),
    "millimetres that say so": ([polyline(THOUSAND)], 4, [60_000], ["drawing-units"]),
    "millimetres that do not": ([polyline(THOUSAND)], 0, [60_000], ["drawing-units-inferred"]),
    "frame of the sheet": ([polyline(RING), polyline([(0, 0), (420, 0), (420, 297)], paper=True)], 6, [60_000], ["paper-left-out"]),
    "outline and hatch": ([polyline(RING), hatch(RING)], 6, [60_000], ["hatches-left-out"]),
    "hatch alone": ([hatch(RING)], 6, [60_000], ["hatches-read"]),
    "one outline in another": ([polyline(RING), polyline(INNER)], 6, [60_000, 5_000], ["outlines-nested"]),
    "one outline twice": ([polyline(RING), polyline(RING)], 6, [60_000, 60_000], ["outlines-identical"]),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawings(name, tmp_path):
    entities, units, areas, said = DRAWINGS[name]
    found = read_projects(drawing(tmp_path / "a.dxf", *entities, units=units), crs=4527)
    assert found.frame.area.round(-1).tolist() == pytest.approx(areas, abs=20)
    assert [issue.code for issue in found.issues] == [*said, "crs-given"]


def test_a_drawing_of_nothing_but_its_sheet_holds_no_boundary(tmp_path):
    path = drawing(tmp_path / "a.dxf", polyline([(0, 0), (420, 0), (420, 297)], paper=True))
    with pytest.raises(LayerError, match="没有找到边界线"):
        read_projects(path, crs=4527)


# --- geometries that are no plain polygons --------------------------------------------------------------------------


def blob(kind, *body):
    return b"GP\x00\x01" + struct.pack("<i", 4490) + b"\x01" + struct.pack("<I", kind) + b"".join(body)


def test_arcs_are_counted_and_said_to_be_straight_now(tmp_path):
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(frame({"name": ["甲", "乙"]}), path, layer="a", geometry_type="Polygon")
    points = [(116, 29.6), (116.05, 29.65), (116.1, 29.6), (116.05, 29.55), (116, 29.6)]
    arc = b"\x01" + struct.pack("<II", 8, 5) + b"".join(struct.pack("<dd", *point) for point in points)
    with sqlite3.connect(path) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        connection.execute("UPDATE a SET geom=? WHERE fid=1", (blob(10, struct.pack("<I", 1), arc),))
        connection.execute("INSERT INTO gpkg_extensions VALUES ('a', 'geom', 'gpkg_geom_CURVEPOLYGON', 'x', 'read-write')")
        connection.execute("UPDATE gpkg_geometry_columns SET geometry_type_name='GEOMETRY'")
    connection.close()
    layer = read_layer(path, "ecological_redline")
    (issue,) = [issue for issue in layer.issues if issue.code == "curves-straightened"]
    assert (issue.values["count"], issue.severity) == (1, "warning")
    assert len(shapely.get_coordinates(layer.frame.geometry[0])) > 20


def test_a_geopackage_with_fewer_features_than_it_says(tmp_path):
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(frame({"name": ["甲", "乙"]}), path, layer="a")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE gpkg_ogr_contents SET feature_count=5")
    connection.close()
    (issue,) = [issue for issue in read_layer(path, "reference").issues if issue.code == "features-not-read"]
    assert (issue.severity, issue.values["there"], issue.values["read"]) == ("error", 5, 2)


@pytest.mark.parametrize("suffix", [".gml", ".fgb", ".kml"])
def test_a_file_that_ends_half_way_is_refused(suffix, tmp_path):
    path = tmp_path / f"a{suffix}"
    pyogrio.write_dataframe(frame({"name": ["甲", "乙"]}), path, driver="LIBKML" if suffix == ".kml" else None)
    for left in tmp_path.iterdir():
        if left.suffix == ".xsd":
            left.unlink()
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 8 // 10])
    with pytest.raises(LayerError, match="不完整|可能已损坏"):
        read_layer(path, "reference")


def test_fields_of_a_geodatabase_are_known_by_their_aliases(tmp_path, monkeypatch):
    path = tmp_path / "a.gdb"
    data = geopandas.GeoDataFrame({"F1": ["ZH36040310001"], "F2": ["甲"]}, geometry=[box(116, 29.6, 116.1, 29.7)], crs=4490)
    pyogrio.write_dataframe(
        data, path, driver="OpenFileGDB", layer="units", layer_options={"LAYER_ALIAS": "管控单元", "FEATURE_DATASET": "三线一单"}
    )
    assert [(info.name, info.dataset, info.alias) for info in list_layers(path)] == [("units", "三线一单", "管控单元")]
    with pytest.raises(LayerError, match="缺少必需字段"):
        read_layer(path, "control_unit")
    known = {"units": geodatabase.Item("三线一单", "管控单元", {"F1": "环境管控单元编码", "F2": "环境管控单元名称"})}
    monkeypatch.setattr(geodatabase, "items", lambda _path: known)
    layer = read_layer(path, "control_unit", layer="管控单元")
    assert (layer.frame.code[0], layer.frame.name[0]) == ("ZH36040310001", "甲")
    assert "fields-by-alias" in [issue.code for issue in layer.issues]


def test_mapinfo_text_that_names_no_encoding_is_told_by_its_bytes(tmp_path):
    head = 'Version 300\nCharset "Neutral"\nDelimiter ","\nCoordSys Earth Projection 1, 0\nColumns 2\n  单元编码 Char(20)\n  名称 Char(40)\nData\n\n'
    corners = "116 29.6\n116.1 29.6\n116.1 29.7\n116 29.7\n116 29.6\n"
    (tmp_path / "a.mif").write_bytes(f"{head}Region 1\n  5\n{corners}".encode("gbk"))
    (tmp_path / "a.mid").write_bytes('"ZH36040310001","浔阳甲"\n'.encode("gbk"))
    layer = read_layer(tmp_path / "a.mif", "control_unit", crs=4490)
    assert (layer.frame.name[0], layer.encoding) == ("浔阳甲", "gb18030")
    assert "encoding-decided" in [issue.code for issue in layer.issues]


# --- tables ---------------------------------------------------------------------------------------------------------

ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="表">
<table:table-row><table:table-cell table:number-columns-spanned="4"><text:p>项目汇总表</text:p></table:table-cell>
<table:covered-table-cell table:number-columns-repeated="3"/></table:table-row>
<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>项目名称</text:p></table:table-cell>
<table:table-cell table:number-columns-spanned="2"><text:p>坐标</text:p></table:table-cell><table:covered-table-cell/>
<table:table-cell table:number-rows-spanned="2"><text:p>行业代码</text:p></table:table-cell></table:table-row>
<table:table-row><table:covered-table-cell/><table:table-cell><text:p>经度</text:p></table:table-cell>
<table:table-cell><text:p>纬度</text:p></table:table-cell><table:covered-table-cell/></table:table-row>
<table:table-row><table:table-cell><text:p>甲</text:p></table:table-cell><table:table-cell><text:p>E115.98</text:p></table:table-cell>
<table:table-cell><text:p>N29.72</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="111"><text:p>0111</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell><text:p>合计</text:p></table:table-cell><table:table-cell/><table:table-cell/>
<table:table-cell><text:p>1</text:p></table:table-cell></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def test_an_open_document_sheet_with_title_merged_head_and_total(tmp_path):
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", ODS)
    table = read_table(path)
    assert table.headers == ["项目名称", "经度", "纬度", "行业代码"]
    found = read_projects(path)
    assert found.frame[["name", "industry_code"]].to_numpy().tolist() == [["甲", "0111"]]
    assert (found.frame.geometry[0].x, found.frame.geometry[0].y) == (115.98, 29.72)
    assert [issue.code for issue in found.issues] == ["title-rows-skipped", "row-not-data", "crs-assumed"]


def sheet(path, *rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


COORDINATES = {
    "degrees, minutes and seconds apart": (["经度（度）", "经度（分）", "经度（秒）", "纬度度", "纬度分", "纬度秒"], [115, 59, 24, 29, 43, 48]),
    "both in one cell": (["坐标"], ["115.99,29.73"]),
    "both in one cell, in degrees and minutes": (["经纬度"], ["E115°59′24″ N29°43′48″"]),
    "latitude first": (["中心坐标"], ["29.73，115.99"]),
}


@pytest.mark.parametrize("name", COORDINATES)
def test_coordinates_in_other_columns(name, tmp_path):
    headers, cells = COORDINATES[name]
    found = read_projects(sheet(tmp_path / "a.xlsx", ["项目名称", *headers], ["甲", *cells]))
    place = found.frame.geometry[0]
    assert (place.x, place.y) == pytest.approx((115.99, 29.73), abs=1e-9)


def test_metres_in_one_cell_need_a_crs(tmp_path):
    path = sheet(tmp_path / "a.xlsx", ["项目名称", "坐标"], ["甲", "39402283.55,3290610.99"], ["乙", "沿江路"])
    with pytest.raises(LayerError, match="EPSG:4527"):
        read_projects(path)
    found = read_projects(path, crs=4527)
    assert found.frame.geometry[0].equals(Point(39402283.55, 3290610.99))
    assert [(issue.code, issue.row) for issue in found.issues if issue.severity == "error"] == [
        ("coordinate-unreadable", 3), ("geometry-missing", 3),
    ]  # fmt: skip


def test_one_wrong_row_is_named_and_does_not_put_the_file_in_doubt(tmp_path):
    rows = [["甲", 115.99, 29.73], ["乙", "115°60′00″", 29.7], ["丙", 29.7, 115.9]]
    found = read_projects(sheet(tmp_path / "a.xlsx", ["项目名称", "经度", "纬度"], *rows))
    assert found.frame.name.tolist() == ["甲"]
    assert {(issue.code, issue.row) for issue in found.issues if issue.severity == "error"} == {
        ("coordinate-unreadable", 3), ("geometry-missing", 3), ("coordinate-outside-china", 4), ("geometry-missing", 4),
    }  # fmt: skip


def test_a_wkt_that_names_its_crs(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,wkt\nP1,SRID=4548;POINT(387608 3175452)\n")
    assert read_projects(path).frame.crs.to_epsg() == 4548
    path.write_text("id,wkt\nP1,POINT(115.9 28.7) <http://www.opengis.net/def/crs/EPSG/0/4490>\n")
    assert read_projects(path).frame.crs.to_epsg() == 4490


def test_prose_is_not_taken_for_a_table(tmp_path):
    path = tmp_path / "四至.txt"
    path.write_text("某自然保护区 东经115°51′-116°07’,北纬29°30’-29°41’ 面积为30493公顷\n拐点 (116°18′57″E,29°06′52″N)\n", encoding="utf-8")
    with pytest.raises(LayerError, match="是文字叙述，不是坐标表；其中像坐标的有 6 处"):
        read_projects(path)


# --- what a person said once ----------------------------------------------------------------------------------------


def units(path, **more):
    columns = {"DYDM": ["ZH36040310001"], "MING": ["甲"], "LEI": ["甲类"], **more}
    geopandas.GeoDataFrame(columns, geometry=[box(116, 29.6, 116.1, 29.7)], crs=4490).to_file(path, engine="pyogrio")
    return path


def test_a_mapping_is_kept_for_the_next_delivery_and_said_aloud(tmp_path, capsys):
    folder = str(tmp_path / "w.gpkg")
    main(["new", folder])
    first, second, other = units(tmp_path / "单元2023.gpkg"), units(tmp_path / "单元2024.gpkg"), units(tmp_path / "别的.gpkg")
    said = ["--map", "DYDM=code", "--map", "MING=name", "--map", "LEI=category", "--value", "category:甲类=priority"]
    assert main(["add", folder, str(first), "--role", "control_unit", *said]) == 0
    capsys.readouterr()
    assert main(["add", folder, str(second), "--role", "control_unit"]) == 0
    assert "按上次为同类文件保存的对应读取" in capsys.readouterr().err
    assert main(["add", folder, str(other), "--role", "control_unit"]) == 2
    with Workspace.open(folder) as workspace:
        found = workspace.read("单元2024")
        assert (found.code[0], found.name[0], found.category[0]) == ("ZH36040310001", "甲", "priority")
        ((mark, mapping),) = workspace.mappings()
        assert mapping.pattern.endswith("/单元#.gpkg")
        with pytest.raises(LayerError, match="字段 category 没有取值 x"):
            read_layer(first, "control_unit", fields={"code": "DYDM"}, values={"category": {"甲类": "x"}})
        more = units(tmp_path / "单元2025.gpkg", XIN=["新"])  # one column more: another source
        with pytest.raises(LayerError, match="缺少必需字段"):
            read_layer(more, "control_unit", remembered=workspace)
    assert main(["workspace", "mappings", folder, "--forget", mark]) == 0
    assert main(["add", folder, str(second), "--role", "control_unit", "--name", "又"]) == 2


def test_projects_are_mapped_screened_and_what_is_ignored_or_contradicts_is_said(tmp_path, capsys):
    folder, out = str(tmp_path / "w.gpkg"), str(tmp_path / "r.json")
    main(["new", folder])
    path = tmp_path / "项目1.geojson"
    data = {
        "项目名": ["P"], "XZ": ["新"], "行业代码": ["2614"], "是否化工": ["否"], "废水去向": ["纳管"], "排放污染物": ["否"], "是否涉及古树": ["是"],
    }  # fmt: skip
    geopandas.GeoDataFrame(data, geometry=[box(116, 29.6, 116.01, 29.61)], crs=4490).to_file(path, engine="pyogrio")
    command = ["screen", folder, str(path), "--crs", "EPSG:4490", "--on", "2026-11-22", "--out", out]
    assert main([*command, "--map", "项目名=name", "--map", "XZ=nature", "--value", "nature:新=new"]) == 3
    first = capsys.readouterr().err
    assert "1 列不是本程序认识的项目属性，没有参与研判：是否涉及古树" in first
    assert "“是否化工项目”与“行业代码（GB/T 4754-2017）”自相矛盾" in first
    assert "纳管算不算排放由主管部门认定" in first
    before = (tmp_path / "r.json").read_bytes()
    assert '"name": "P"' in before.decode()
    assert main(command) == 3
    assert "按上次为同类文件保存的对应读取" in capsys.readouterr().err
    assert (tmp_path / "r.json").read_bytes() == before
    assert main([*command, "--map", "XZ=kind"]) == 2
    assert "项目没有属性“kind”" in capsys.readouterr().err


def test_a_site_with_two_readings_is_read_as_asked_for(tmp_path, capsys):
    folder, path = str(tmp_path / "w.gpkg"), tmp_path / "p.geojson"
    main(["new", folder])
    twice = MultiPolygon([box(116, 29.6, 116.02, 29.62), box(116.01, 29.61, 116.03, 29.63)])
    geopandas.GeoDataFrame({"id": ["P1"]}, geometry=[twice], crs=4490).to_file(path, engine="pyogrio")
    areas = {}
    for choice in ("union", "evenodd"):
        out = tmp_path / f"{choice}.geojson"
        main(["screen", folder, str(path), "--repair", choice, "--on", "2026-11-22", "--out", str(out)])
        areas[choice] = geopandas.read_file(out, engine="pyogrio").area_m2[0]
    assert areas["union"] == pytest.approx(areas["evenodd"] * 7 / 6, rel=1e-3)
    open_line = tmp_path / "l.geojson"
    ring = Polygon([(116, 29.6), (116.01, 29.6), (116.01, 29.61), (116, 29.61)]).exterior
    data = geopandas.GeoDataFrame({"id": ["P1"]}, geometry=[shapely.LineString(ring.coords[:-1])], crs=4490)
    data.to_file(open_line, engine="pyogrio")
    main(["screen", folder, str(open_line), "--close-lines", "--on", "2026-11-22", "--out", str(out)])
    assert geopandas.read_file(out, engine="pyogrio").area_m2[0] > 1e6


# --- out again, and back --------------------------------------------------------------------------------------------


def test_a_layer_goes_out_as_boundary_text_and_as_maps(tmp_path, capsys):
    folder = str(tmp_path / "w.gpkg")
    main(["new", folder])
    assert main(["add", folder, str(units(tmp_path / "单元.gpkg")), "--role", "reference", "--name", "地块"]) == 0
    for name in ("a.txt", "a.gpkg", "a.shp", "a.geojson"):
        words = ["workspace", "export", folder, "地块", "--out", str(tmp_path / name), "--on", "2026-01-02", "--maker", "某所"]
        assert main(words) == 0
        found = read_projects(tmp_path / name)
        assert len(found.frame) == 1
        assert found.frame.to_crs(4490).total_bounds == pytest.approx([116, 29.6, 116.1, 29.7], abs=1e-7)
    assert "数据产生日期=2026-01-02" in (tmp_path / "a.txt").read_bytes().decode("gbk")
    assert main([*words[:4], "--out", str(tmp_path / "a.xyz")]) == 2
    assert main([*words[:4], "--out", folder]) == 2
    assert "请换一个文件名" in capsys.readouterr().err


def test_backups_on_the_command_line(tmp_path, capsys):
    folder = str(tmp_path / "w.gpkg")
    main(["new", folder])
    for name in ("甲", "乙"):
        main(["add", folder, str(units(tmp_path / f"{name}.gpkg")), "--role", "reference", "--person", "李四"])
    assert main(["workspace", "undo", folder, "--person", "张三"]) == 0
    assert "已撤销：加入图层“乙”" in capsys.readouterr().out
    assert main(["workspace", "backup", folder]) == 0
    assert main(["workspace", "compact", folder]) == 0
    (tmp_path / "w.gpkg").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    capsys.readouterr()
    assert main(["layers", folder]) == 2
    assert "sanxian workspace restore" in capsys.readouterr().err
    assert main(["workspace", "restore", folder]) == 0
    assert main(["layers", folder]) == 0
    assert "甲 · " in capsys.readouterr().out
    assert main(["workspace", "backups", folder, "--json"]) == 0
    assert '"before": "restore"' in capsys.readouterr().out

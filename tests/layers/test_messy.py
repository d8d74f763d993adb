"""The collection of genuine and derived broken files, where it lies beside the repository."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import geopandas
import pytest

from layers import crs_doctor, geodatabase
from layers.angles import parse_angle
from layers.check import check_layer, check_workspace
from layers.raster import inspect
from layers.read import Layer, LayerError, list_layers, read_layer, read_projects
from layers.values import Unreadable
from layers.workspace import Workspace

MESSY = next(
    (
        parent / "shared" / "data" / "messy"
        for parent in Path(__file__).resolve().parents
        if (parent / "shared" / "data" / "messy").is_dir()
    ),
    None,
)
pytestmark = pytest.mark.skipif(MESSY is None, reason="the collection of messy files is not beside the repository")

# file, how to read it, CRS found, features, issue codes that must be there, and a value by (column, row)
READS = [
    ("derived/d00_sites_ok/sites_ok.geojson", {}, 4490, 8, [], None),
    ("derived/d01_gbk_ldid0_nocpg/九江区县.shp", {}, 4490, 13, ["encoding-decided"], ("name", 0, "濂溪区")),
    ("derived/d02_utf8_cpg_says_gbk/jj.shp", {}, 4490, 13, ["encoding-stated-wrongly"], ("name", 0, "濂溪区")),
    ("derived/d04_name_cut_mid_char/jj.shp", {}, 4490, 13, ["text-may-be-cut"], None),
    ("derived/d06_degrees_prj_says_gk39/jj.shp", {"crs": 4490}, 4490, 13, ["crs-overridden"], None),
    ("derived/d07_gk39_prj_says_4490/jj.shp", {"crs": 4527}, 4527, 13, ["crs-overridden"], None),
    ("derived/d08_noprj_cm117_noprefix/jj.shp", {"crs": 4548}, 4548, 13, [], None),
    ("derived/d09_noprj_cm114_noprefix/jj.shp", {"crs": 4547}, 4547, 13, [], None),
    ("derived/d11_webmercator_area/jj.shp", {}, 3857, 13, ["web-mercator"], None),
    ("derived/d12_latlon_swapped/jj_latlon.geojson", {"crs": 4490}, 4490, 13, ["axes-swapped"], None),
    ("derived/d13_sites_gcj02_labelled_4326/sites_gcj.geojson", {}, 4326, 8, ["source-to-ask"], None),
    ("derived/d13_sites_gcj02_labelled_4326/sites_gcj.geojson", {"crs": "GCJ-02"}, 4490, 8, ["shift-converted"], None),
    ("derived/d14_sites_bd09_labelled_4326/sites_bd.geojson", {}, 4326, 8, ["source-to-ask"], None),
    ("derived/d14_sites_bd09_labelled_4326/sites_bd.geojson", {"crs": "BD-09"}, 4490, 8, ["shift-converted"], None),
    ("derived/d16_spike_dup/spike.shp", {}, 4548, 1, ["geometry-repaired"], None),
    ("derived/d18_overlapping_parts/ov.shp", {}, 4548, 1, ["repair-has-two-readings"], None),
    ("derived/d20_polygonZM_nan/zm.shp", {}, 4548, 1, [], None),
    ("derived/d24_null_geometry/jj.shp", {}, 4490, 11, ["geometry-missing"], None),
    ("derived/d27_field_collision/f.shp", {}, 4548, 1, [], None),
    ("derived/d30_csv_encodings/gbk.csv", {}, 4490, 8, ["crs-assumed"], ("name", 0, "九江浔阳区江岸示例地块")),
    ("derived/d30_csv_encodings/utf8_bom.csv", {}, 4490, 8, [], ("name", 0, "九江浔阳区江岸示例地块")),
    ("derived/d30_csv_encodings/utf16.csv", {}, 4490, 8, [], ("name", 0, "九江浔阳区江岸示例地块")),
    ("derived/d30_csv_encodings/semicolon_gb18030.csv", {}, 4490, 8, [], ("name", 0, "九江浔阳区江岸示例地块")),
    ("derived/d30_csv_encodings/decimal_comma_semicolon.csv", {}, 4490, 8, [], ("name", 0, "九江浔阳区江岸示例地块")),
    ("derived/d30_csv_encodings/mixed_gbk_utf8.csv", {}, 4490, 1, ["encoding-mixed"], ("name", 0, "九江示例")),
    ("derived/d31_kml/sites.kml", {"layer": "奥维导出"}, 4326, 8, [], None),
    ("derived/d31_kml/sites.kml", {}, 4326, 9, ["folders-merged", "line-like-boundary"], None),
    ("derived/d31_kml/sites.kml", {"close_lines": True}, 4326, 9, ["line-made-polygon"], None),
    ("derived/d31_kml/sites.kmz", {"layer": "奥维导出"}, 4326, 8, [], None),
    ("derived/d31_kml/sites_gbk_declared_utf8.kml", {"layer": "奥维导出"}, 4326, 8, ["encoding-stated-wrongly"], None),
    ("derived/d32_dxf/closed_gk39.dxf", {"crs": 4527}, 4527, 1, [], ("Layer", 0, "红线")),
    ("derived/d32_dxf/open_gap_0.3mm_gk39.dxf", {"crs": 4527}, 4527, 1, ["line-closed"], None),
    ("derived/d32_dxf/lines_only_noprefix.dxf", {"crs": 4548}, 4548, 1, ["lines-joined"], None),
    ("derived/d32_dxf/millimetres.dxf", {"crs": 4548}, 4548, 1, ["drawing-units"], None),
    ("derived/d32_dxf/swapped_xy_mathaxes.dxf", {"crs": 4527}, 4527, 1, ["axes-swapped"], None),
    ("derived/d32_dxf/r2010_utf8_codepage936.dxf", {"crs": 4527}, 4527, 1, [], ("Layer", 0, "红线")),
    ("derived/d32_dxf/r2000_ansi936_layername.dxf", {"crs": 4527}, 4527, 1, [], ("Layer", 0, "红线")),
    ("genuine/g01_gbk_nocpg_noprj/hyd1_4p.shp", {"crs": 4490}, 4490, None, ["encoding-decided"], None),
    ("genuine/g03_gbk_ldid4d_noprj/jiangxi.shp", {"crs": 4490}, 4490, None, [], None),
    ("genuine/g04_chinese_filename/江西.shp", {}, 4490, 1, ["crs-matched"], ("name", 0, "江西省")),
    ("genuine/g05_no_dbf/ne_10m_lakes.shp", {}, 4326, 1355, ["no-attribute-table", "geometry-repaired"], None),
    ("genuine/g07_stale_codes/jiang1_xi1_jiu3_jiang1.geojson", {}, 4326, 13, ["geometry-repaired"], None),
    ("genuine/g08_encodings_latin/iso-8859-1.shp", {}, 4326, 1, [], ("text", 0, "äöü")),
    ("genuine/g08_encodings_latin/iso-8859-1_ldid.shp", {}, 4326, 1, [], ("text", 0, "äöü")),
    ("genuine/g08_encodings_latin/latin1.shp", {}, 4326, 1, [], ("text", 0, "äöü")),
    ("genuine/g08_encodings_latin/system_encoding.shp", {}, 4326, 1, [], ("text", 0, "äöü")),
    ("genuine/g08_encodings_latin/utf8.shp", {}, 4326, 1, [], ("text", 0, "äöü")),
    ("genuine/g08_encodings_latin/windows-1252.shp", {}, 4326, 1, [], ("text", 0, "äöü")),
    ("genuine/g08_encodings_latin/windows-1252_ldid.shp", {}, 4326, 1, [], ("text", 0, "äöü")),
    ("genuine/g08_encodings_latin/windows-1252.zip", {}, 4326, 1, [], ("text", 0, "äöü")),
    ("genuine/g11_overlaps/polygon_layer.shp", {}, 4326, 24, ["geometry-degenerate"], None),
    ("genuine/g13_empty_null/empty_spatial_layer.shp", {}, 4326, 0, ["empty-layer"], None),
    ("genuine/g13_empty_null/polygon_layer_empty_geometries.geojson", {}, 4326, 1, ["geometry-empty"], None),
    ("genuine/g06_gcj02_labelled_4326/*", {}, 4326, None, ["source-to-ask"], None),
    ("genuine/g14_field_names/bug_21100-wierd_field_names.gpkg", {}, 4326, 3, ["layer-outside-china"], ("campo e", 0, "a")),
    ("genuine/g19_outfalls/sampling_points.csv", {}, 27700, None, ["layer-outside-china"], None),
    ("genuine/g19_outfalls/sssi.geojson", {}, 4326, 71, ["layer-outside-china"], None),
    ("genuine/g15_mapinfo/mixed_types.TAB", {}, None, 11, ["geometry-missing"], None),
]
REFUSES = [
    ("derived/d06_degrees_prj_says_gk39/jj.shp", "以米为单位，坐标值却像度"),
    ("derived/d07_gk39_prj_says_4490/jj.shp", "以度为单位，坐标值却是米；可能是：EPSG:4527"),
    ("derived/d08_noprj_cm117_noprefix/jj.shp", "EPSG:4548（115.411°E 29.385°N）、EPSG:4547（112.411°E"),
    ("derived/d09_noprj_cm114_noprefix/jj.shp", "EPSG:4547（115.408°E 29.391°N）"),
    ("derived/d12_latlon_swapped/jj_latlon.geojson", "坐标两轴看起来对调了"),
    ("derived/d25_zero_byte/empty.shp", "empty.shp 是空文件（0 字节）"),
    ("derived/d25_zero_byte/empty.geojson", "empty.geojson 是空文件（0 字节）"),
    ("derived/d25_zero_byte/empty.gpkg", "empty.gpkg 是空文件（0 字节）"),
    ("derived/d32_dxf/closed_gk39.dxf", "没有说明坐标系；按坐标值可能是：EPSG:4527"),
    ("derived/d32_dxf/no_boundary_only_text.dxf", "里只有文字和点，没有找到边界线"),
    ("genuine/g01_gbk_nocpg_noprj/hyd1_4p.shp", "没有说明坐标系；按坐标值可能是：EPSG:4490"),
    ("genuine/g03_gbk_ldid4d_noprj/jiangxi.shp", "没有说明坐标系"),
    ("genuine/g09_filegdb/featuredataset.gdb", "里有多个图层，请指明一个：fd1_lyr1"),
    ("genuine/g16_dxf_dwg/entities.dwg", "请在 CAD 中另存为 DXF"),
    ("genuine/g20_raster/corrupt.tif", "是栅格"),
    ("genuine/g18_dms_csv/testdms.csv", "的经纬度都不在中国范围内"),
    ("genuine/g18_dms_csv/spreadsheet.ods", "里没有坐标列"),
    ("genuine/g19_outfalls/consents_poole.csv", "没有说明坐标系"),
    ("genuine/g22_dms_notice_text/jiangxi_reserves_extents.txt", "是文字叙述，不是坐标表；其中像坐标的有"),
    ("genuine/g22_dms_notice_text/yuanbaoshan_2014_notice_excerpt.txt", "是文字叙述，不是坐标表"),
]
BOUNDARY = {
    "04_xy_swapped.txt": ["axes-swapped"],
    "08_not_closed.txt": ["boundary-closed"],
    "09_count_wrong.txt": ["boundary-count-differs"],
    "10_area_wrong.txt": ["boundary-area-differs"],
    "06_no_zone_line.txt": "没有带号，坐标里也没有",
    "07_zone_says_38_coords_39.txt": "注明带号 38，坐标却带有带号 39",
    "12_no_header.txt": "只知道是 39 带",
    "13_lonlat_degrees.txt": "界址点坐标是度",
    "15_bowtie.txt": "界址线自相交",
    "16_two_points.txt": "只有 2 个不同的界址点",
    "19_truncated.txt": "第 17 行不是完整的界址点",
}


@pytest.mark.parametrize(("file", "more", "epsg", "count", "issues", "value"), READS)
def test_what_can_be_read_is_read_right(file, more, epsg, count, issues, value):
    path = next(iter(sorted(MESSY.glob(file)))) if "*" in file else MESSY / file
    found = read_projects(path, **more)
    assert found.frame.crs.to_epsg() == epsg
    assert count is None or len(found.frame) == count
    assert set(issues) <= {issue.code for issue in found.issues}
    assert found.frame.is_valid.all()
    assert not found.frame.has_z.any()
    if value is not None:
        column, row, expected = value
        assert found.frame[column][row] == expected


@pytest.mark.parametrize(("file", "words"), REFUSES)
def test_what_is_in_doubt_is_refused(file, words):
    with pytest.raises(LayerError) as caught:
        read_projects(MESSY / file)
    assert words in str(caught.value)


def test_boundary_texts_give_what_their_truth_says():
    folder = MESSY / "derived" / "d28_jiezhidian"
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    for name in truth["files"]:
        expected = BOUNDARY.get(name, [])
        if isinstance(expected, str):
            with pytest.raises(LayerError) as caught:
                read_projects(folder / name)
            assert expected in str(caught.value), name
            continue
        found = read_projects(folder / name)
        codes = [issue.code for issue in found.issues if issue.code != "crs-from-zone"]
        assert codes == expected, name
        if name not in ("14_with_hole.txt", "17_ring_numbers_restart.txt"):
            assert found.frame.area.tolist() == pytest.approx([truth["area_m2_gk117"]], abs=1)
    found = read_projects(folder / "17_ring_numbers_restart.txt")
    assert len(found.frame) == 2
    assert read_projects(folder / "14_with_hole.txt").frame.area[0] == pytest.approx(91728, abs=1)


def test_genuine_boundary_texts():
    folder = MESSY / "genuine" / "g21_jiezhidian_txt"
    found = read_projects(folder / "plot_000.txt")
    assert (found.frame.crs.to_epsg(), found.frame.area[0]) == (4526, pytest.approx(12247.1, abs=0.1))
    found = read_projects(folder / "multi_plot.txt")
    codes = [issue.code for issue in found.issues]
    assert (codes.count("boundary-area-differs"), codes.count("boundary-duplicate")) == (3, 2)


def test_neighbours_a_tenth_of_a_millimetre_over_each_other():
    layer = read_layer(MESSY / "derived/d19_0.1mm_overlap_neighbours/nb.shp", "control_unit")
    (finding,) = [f for f in check_layer(layer, "control_unit") if f.code.startswith("units-overlap")]
    assert (finding.code, finding.severity) == ("units-overlap-small", "info")
    assert finding.values["area_m2"] == pytest.approx(0.03, abs=1e-3)


def test_stale_county_codes_are_named():
    layer = read_layer(MESSY / "genuine/g07_stale_codes/jiang1_xi1_jiu3_jiang1.geojson", "admin", fields={"code": "id"})
    found = {f.values["code"] for f in check_layer(layer, "admin") if f.code == "code-abolished"}
    assert found == {"360421", "360427"}


def test_the_shift_of_consumer_maps_is_seen_against_the_county_layer():
    base = MESSY.parent / "pack" / "jiangxi_base.gpkg"
    if not base.exists():
        pytest.skip("the county layer is not beside the collection")
    reference = geopandas.read_file(base, layer="county_amap_wgs84")
    frames = []
    for path in sorted((MESSY / "genuine/g06_gcj02_labelled_4326").glob("*.geojson")):
        frames.append(read_layer(path, "reference").frame.assign(code=path.stem))
    data = geopandas.pd.concat(frames, ignore_index=True)
    column = next(name for name in reference.columns if str(reference[name].iloc[0]).startswith("36"))
    reference = reference.rename(columns={column: "code"})
    reference["code"] = reference["code"].astype(str).str[:6]
    (doubt,) = crs_doctor.diagnose(data, data.crs, reference=reference)
    assert (doubt.code, doubt.evidence["system"]) == ("shifted-coordinates", "GCJ-02")
    assert 450 < doubt.evidence["shift_m"] < 700


def test_no_file_of_the_collection_ends_in_a_traceback():
    skip = {".shx", ".dbf", ".prj", ".cpg", ".qpj", ".sbn", ".sbx", ".xml", ".md", ".dat", ".id", ".map"}
    sentences = []
    for path in sorted(MESSY.rglob("*")):
        inside = any(parent.suffix == ".gdb" for parent in path.parents)
        if inside or path.suffix.lower() in skip or (path.is_dir() and path.suffix != ".gdb"):
            continue
        for read in (list_layers, read_projects, lambda file: read_layer(file, "ecological_redline")):
            try:
                read(path)
            except LayerError as error:
                sentences.append(str(error))
    assert len(sentences) > 50
    assert not [sentence for sentence in sentences if "\n" in sentence or "Traceback" in sentence]


def test_surfaces_of_triangles_are_left_out_and_named():
    path = MESSY / "genuine/g09_filegdb/testopenfilegdb.gdb.zip"
    layer = read_layer(path, "ecological_redline", layer="multipatch")
    assert len(layer.frame) == 0
    assert layer.issues[0].code == "geometry-unsupported"
    assert layer.issues[-1].code == "empty-layer"


def test_overlapping_parts_are_told_in_every_reading_and_refused_until_one_is_chosen():
    path = MESSY / "derived/d18_overlapping_parts/ov.shp"
    with pytest.raises(LayerError) as caught:
        read_layer(path, "ecological_redline")
    assert "原样计 180000.0 平方米，重叠合并计 150000.0 平方米，重叠不计 120000.0 平方米" in str(caught.value)
    assert read_layer(path, "ecological_redline", repair="union").frame.area[0] == pytest.approx(150_000)
    assert read_layer(path, "ecological_redline", repair="evenodd").frame.area[0] == pytest.approx(120_000)
    left = read_layer(path, "ecological_redline", repair="leave-out")
    assert [issue.code for issue in left.issues][-2:] == ["repair-left-out", "empty-layer"]


RASTERS = [
    ("RGB.byte.gcp.vrt", None, "只有控制点"),
    ("all-nodata.tif", None, "没有一个有效像元"),
    ("corrupt.tif", None, "内部损坏"),
    ("rotated.tif", 4548, "旋转的栅格"),
    ("float_nan.tif", None, "没有说明坐标系"),
    ("scaleoffset.tif", None, "没有说明坐标系"),
    ("scaleoffset.tif", 3003, ["raster-scaled"]),
    ("tenbytenraster.asc", None, "没有说明坐标系"),
    ("with_color_table.tif", 4548, "没有坐标"),
    ("int_raster_with_scale.tif", None, ["raster-scaled"]),
    ("float_raster_with_extra_nodata.tif", None, []),
    ("dem.tif", None, []),
    ("issue1446.geojson", None, "不是可以读取的栅格"),
]


@pytest.mark.parametrize(("file", "crs", "said"), RASTERS)
def test_traps_of_rasters_are_seen(file, crs, said):
    path = MESSY / "genuine/g20_raster" / file
    if isinstance(said, str):
        with pytest.raises(LayerError) as caught:
            inspect(path, "dem", crs=crs)
        assert said in str(caught.value)
    else:
        facts = inspect(path, "dem", crs=crs)
        assert set(said) <= {issue.code for issue in facts.issues}
        assert facts.lowest <= facts.highest
        assert 0 < facts.valid_share <= 1


def test_a_shifted_layer_is_seen_in_a_workspace(tmp_path):
    base = MESSY.parent / "pack" / "jiangxi_base.gpkg"
    if not base.exists():
        pytest.skip("the county layer is not beside the collection")
    counties = geopandas.read_file(base, layer="county_amap_wgs84")
    column = next(name for name in counties.columns if str(counties[name].iloc[0]).startswith("36"))
    counties["code"] = counties[column].astype(str).str[:6]
    counties = counties[["code", "geometry"]]
    frames = []
    for path in sorted((MESSY / "genuine/g06_gcj02_labelled_4326").glob("*.geojson")):
        frames.append(read_layer(path, "reference").frame)
    shifted = geopandas.pd.concat(frames, ignore_index=True)[["geometry"]]
    with Workspace.create(tmp_path / "a.gpkg") as workspace:
        workspace.add(Layer("admin", "县界", counties, Path("a"), "0" * 64, None, ()))
        workspace.add(Layer("reference", "高德", shifted, Path("b"), "0" * 64, None, ()))
        found = [f for f in check_workspace(workspace) if f.code == "shifted-against-layer"]
    assert [(f.layer, f.values["system"], f.values["reference"]) for f in found] == [("高德", "GCJ-02", "县界")]
    assert 450 < found[0].values["shift_m"] < 700


def test_every_group_of_the_collection_stands_in_a_table_here():
    text = Path(__file__).read_text(encoding="utf-8")
    groups = [folder.name for part in ("genuine", "derived") for folder in sorted((MESSY / part).iterdir()) if folder.is_dir()]
    assert len(groups) > 30
    assert [group for group in groups if group not in text] == []


def test_angles_of_public_notices_are_read_where_their_signs_were_lost():
    assert parse_angle("109°0748″") == pytest.approx(109 + 7 / 60 + 48 / 3600)
    assert parse_angle("109°1101E") == pytest.approx(109 + 11 / 60 + 1 / 3600)
    assert parse_angle("25°2708N") == pytest.approx(25 + 27 / 60 + 8 / 3600)
    spellings = (MESSY / "genuine/g18_dms_csv/testdms.csv").read_text(encoding="utf-8", errors="replace").splitlines()
    read = refused = 0
    for line in spellings[1:]:
        for cell in next(csv.reader([line]))[1:]:
            try:
                assert -360 <= parse_angle(cell) <= 360
                read += 1
            except Unreadable:
                refused += 1
    assert read > 30


def test_a_geodatabase_lists_its_datasets_and_aliases():
    listed = {info.name: info.dataset for info in list_layers(MESSY / "genuine/g09_filegdb/featuredataset.gdb")}
    assert listed == {"fd1_lyr1": "fd1", "fd1_lyr2": "fd1", "standalone": None, "fd2_lyr": "fd2"}
    assert geodatabase.items(MESSY / "genuine/g09_filegdb/field_alias.gdb")["aliases"].titles

"""What stands on a sheet: counts, areas, words; and what may not stand there."""

from dataclasses import replace

import geopandas
import pytest
from pyproj import CRS
from shapely.geometry import Point, box

from sanxian.mapping.sheets import atlas, build, checks, content, template
from sanxian.mapping.sheets.build import Place, lonlat_box
from sanxian.mapping.sheets.content import Source
from sanxian.mapping.sheets.errors import SheetError
from sanxian.mapping.sheets.secrecy import secrecy_rank
from sanxian.mapping.styles import style_for

X, Y = 500_000.0, 3_290_000.0


def degrees(left, bottom, right, top):
    return lonlat_box((left, bottom, right, top), CRS.from_epsg(4548))


def rows(sheet):
    return {row.words: row for row in sheet.legend}


def test_the_legend_counts_and_measures_what_is_there(sources, request_):
    sheet = build.build(sources, request_)
    found = rows(sheet)
    assert {words: row.count for words, row in found.items()} == {
        "优先保护单元": 1, "重点管控单元": 2, "一般管控单元": 1, "干流岸线": 1, "完成整治": 1, "已销号": 2}
    assert found["重点管控单元"].area_m2 == pytest.approx(2e6, rel=1e-5)
    assert found["干流岸线"].length_m == pytest.approx(2000, rel=1e-5)
    assert [row.kind for row in sheet.legend] == ["point", "point", "line", "area", "area", "area"]
    assert sheet.outside == 0


def test_land_that_two_areas_of_a_class_claim_is_counted_once(request_, units):
    half = box(X + 500, Y, X + 1500, Y + 1000)
    lines = geopandas.GeoDataFrame({"name": ["甲", "乙", "丙"]}, geometry=[units.geometry[0], half, units.geometry[2]], crs=4548)
    sheet = build.build([Source("红线", "红线", "ecological_redline", lines, secrecy="public")], request_)
    (row,) = sheet.legend
    assert row.count == 3
    assert row.area_m2 == pytest.approx(2.5e6, rel=1e-5)
    lonlat = build.build([Source("红线", "红线", "ecological_redline", lines.to_crs(4490), secrecy="public")], request_)
    assert lonlat.legend[0].area_m2 == pytest.approx(2.5e6, rel=1e-5)


def test_only_what_is_in_the_frame_is_in_the_legend_and_only_so_much_of_it(sources, request_):
    # the lower half of the two lower squares
    sheet = build.build(sources, replace(request_, extent=degrees(X, Y, X + 2000, Y + 500), scale=10_000))
    frame = sheet.paper.bounds
    assert frame[0] < X
    assert frame[3] < Y + 2400
    found = rows(sheet)
    assert "干流岸线" not in found
    half = sheet.paper.bounds
    expected = box(X, Y, X + 1000, Y + 1000).intersection(box(*half)).area
    assert found["优先保护单元"].area_m2 == pytest.approx(expected, rel=1e-5)
    assert sheet.outside == 4


def test_a_unit_that_only_touches_the_frame_is_not_counted(sources, request_, units):
    sheet = build.build(sources[:1], replace(request_, extent=degrees(X, Y, X + 2000, Y + 2000)))
    left, bottom, right, top = sheet.paper.bounds
    beside = units.iloc[:1].set_geometry([box(right, bottom, right + 500, top)], crs=4548)
    touching = build.build([replace(sources[0], frame=beside), sources[0]], replace(request_, extent=degrees(X, Y, X + 2000, Y + 2000)))
    assert rows(touching)["优先保护单元"].count == 1


def test_the_table_lists_units_by_code(sources, request_):
    table = build.build(sources, request_).table
    assert [row[0][-5:] for row in table.rows] == ["10001", "20001", "20002", "30001"]
    assert table.rows[0] == ("ZH36040310001", "甲单元", "优先保护单元", "100.00 hm²")
    short = replace(request_, template=replace(request_.template, units_rows=3))
    assert build.build(sources, short).table.left_out == 1


def test_the_zone_the_datum_and_the_sources_are_said(sources, request_):
    words = build.build(sources, request_).words
    assert words.crs == "坐标系：2000国家大地坐标系（CGCS2000），高斯-克吕格投影，3°分带第 39 带，中央经线 117°E，EPSG:4548"
    assert words.sources == "资料来源：排污口（v1，现势 2023-12-31）、岸线（v1，现势 2023-12-31）、单元（v1，现势 2023-12-31），来源：某局"
    assert words.credits == ("制图单位：示例局", "制图日期：2026-11-22", "审图号：示S(2026)1号")


def test_a_fixed_scale_and_an_extent_are_kept(sources, request_):
    assert build.build(sources, replace(request_, scale=25_000)).paper.scale == 25_000
    fitted = build.build(sources, replace(request_, extent=(116.9, 29.6, 117.1, 29.8)))
    left, bottom, right, top = fitted.paper.bounds
    west, south, east, north = lonlat_box((left, bottom, right, top), fitted.paper.crs)
    assert west <= 116.9
    assert east >= 117.1
    assert south <= 29.6
    assert north >= 29.8


@pytest.mark.parametrize(("change", "sentence"), [
    ({"crs": CRS.from_epsg(4490)}, "投影坐标系"), ({"scale": 1.0}, "比例尺"), ({"extent": (0.0, 0.0, 400.0, 1.0)}, "范围"),
])
def test_what_cannot_be_drawn_is_refused_in_a_sentence(sources, request_, change, sentence):
    with pytest.raises(SheetError, match=sentence):
        build.build(sources, replace(request_, **change))


def test_no_layers_no_sheet(request_):
    with pytest.raises(SheetError, match="没有可画的图层"):
        build.build([], request_)


# -- secrecy ---------------------------------------------------------------------------------------------------------


def secret(sources):
    return [replace(sources[0], secrecy="secret"), *sources[1:]]


def test_a_secret_layer_keeps_the_sheet_in_the_house(sources, request_):
    sheet = build.build(secret(sources), request_)
    assert [source.id for source in sheet.refused] == ["单元"]
    assert not any(layer.source.id == "单元" for layer in sheet.layers)
    found = [one for one in checks.before(sheet) if one.code == "secret-layer"]
    assert [one.severity for one in found] == ["error"]
    assert "概略" in found[0].fix_words


def test_a_secret_layer_may_be_left_out_or_shown_roughly(sources, request_):
    omitted = build.build(secret(sources), replace(request_, secrecy="omit"))
    assert "优先保护单元" not in rows(omitted)
    rough = build.build(secret(sources), replace(request_, secrecy="generalise", generalise_m=400.0))
    row = rows(rough)["优先保护单元（概略）"]
    assert (row.count, row.area_m2) == (None, 0.0)  # neither count nor area is told
    assert rough.table is None
    grid_mm = 400.0 / rough.paper.metres_per_mm
    layer = next(one for one in rough.layers if one.rough)
    assert abs(layer.shapes.xy / grid_mm - (layer.shapes.xy / grid_mm).round()).max() < 1e-6
    assert "400 米网格" in rough.words.notes
    assert checks.worst(checks.before(rough)) == "warning"


@pytest.mark.parametrize("handling", ["refuse", "omit", "generalise"])
def test_an_atlas_does_not_give_away_the_secret_layer_that_it_is_cut_by(units, sources, request_, handling):
    page = atlas.places(units, "control_unit", "单元", secrecy="secret")[0]
    with pytest.raises(SheetError, match="图集按图层“单元”分幅，其密级为“秘密”"):
        build.build(secret(sources), replace(request_, secrecy=handling, place=page))
    marked = replace(request_, template=request_.template.with_fields(classification="机密"), place=page)
    assert build.build(secret(sources), marked).highlight


def test_the_inset_leaves_secret_boundaries_out(sources, request_, units):
    county = Source("县", "县", "admin", units[["code", "name", "geometry"]], secrecy="top_secret")
    page = replace(request_, extent=(117.0, 29.72, 117.01, 29.73), secrecy="omit")
    assert build.build([*sources, replace(county, secrecy="public")], page).inset is not None
    assert build.build([*sources, county], page).inset is None


def test_a_sheet_as_secret_as_its_layers_shows_them(sources, request_):
    marked = replace(request_, template=request_.template.with_fields(classification="秘密★10年"))
    sheet = build.build(secret(sources), marked)
    assert not sheet.refused
    assert "secret-layer" not in {one.code for one in checks.before(sheet)}


def test_internal_data_on_a_public_sheet_is_an_error_with_its_mending(sources, request_):
    sheet = build.build([replace(sources[0], secrecy="internal")], request_)
    finding = next(one for one in checks.before(sheet) if one.code == "classification-too-low")
    assert finding.severity == "error"
    mended = build.build([replace(sources[0], secrecy="internal")], checks.mend(request_, finding))
    assert "classification-too-low" not in {one.code for one in checks.before(mended)}


def test_unmarked_is_not_public(sources, request_):
    sheet = build.build([replace(sources[0], secrecy=None)], request_)
    assert "secrecy-unknown" in {one.code for one in checks.before(sheet)}


@pytest.mark.parametrize(("mark", "rank"), [("公开", 0), ("内部", 1), ("秘密★5年", 2), ("★机密", 3), ("top_secret", 4), ("", -1), (None, -1)])
def test_marks_are_read_as_they_are_written(mark, rank):
    assert secrecy_rank(mark) == rank


# -- colours ---------------------------------------------------------------------------------------------------------


def test_classes_that_only_colour_tells_apart_are_found_and_can_be_hatched(sources, request_, units):
    green_red = geopandas.GeoDataFrame({"code": ["a", "b"], "name": ["", ""], "category": ["priority", "general"]},
                                       geometry=units.geometry.iloc[:2].to_numpy(), crs=4548)
    sheet = build.build([replace(sources[0], frame=green_red)], request_)
    found = checks.colours(sheet.legend)
    assert "colour-blind" in {one.code for one in found}
    mended = replace(request_, template=replace(request_.template, hatch=True))
    again = build.build([replace(sources[0], frame=green_red)], mended)
    assert checks.colours(again.legend) == []
    assert len({row.symbol.hatch for row in again.legend}) == 2


def test_the_safe_palette_is_told_apart_by_weak_colour_vision(sources, request_):
    safe = replace(request_, template=replace(request_.template, palette="safe"))
    sheet = build.build(sources[:1], safe)
    assert "colour-blind" not in {one.code for one in checks.colours(sheet.legend, "safe")}


def test_hatches_already_there_stay(sources, request_):
    sheet = build.build(sources[:1], replace(request_, template=replace(request_.template, hatch=True)))
    by_value = {symbol.value: symbol.hatch for symbol in sheet.layers[0].style.classes}
    assert by_value["key"] == style_for("control_unit").classes[1].hatch == "dots"


def test_black_and_white_that_differ_are_not_reported():
    style = style_for("control_unit")
    light = content.LegendRow(replace(style.classes[0], fill="#ffffff", fill_opacity=1.0), "白", "area", 1, 1.0, 0.0, ())
    dark = content.LegendRow(replace(style.classes[0], fill="#303030", fill_opacity=1.0), "黑", "area", 1, 1.0, 0.0, ())
    assert checks.colours([light, dark]) == []
    assert {one.code for one in checks.colours([light, replace(light, words="也白")])} == {"grey", "colour-blind"}


def test_fields_that_are_missing_are_told_with_the_option_that_fills_them(sources, request_):
    bare = replace(request_, template=template.builtin()["zoning"].with_elements({"crs": False, "credits": False}))
    found = {one.code: one for one in checks.before(build.build(sources, bare))}
    assert found["no-crs"].severity == found["no-date"].severity == "error"
    assert "--show crs" in found["no-crs"].fix_words
    assert "--maker" in found["no-producer"].fix_words
    mended = checks.mend(checks.mend(bare, found["no-crs"]), found["no-date"])
    assert {"no-crs", "no-date"}.isdisjoint(one.code for one in checks.before(build.build(sources, mended)))


def test_a_scale_too_large_for_everything_names_one_that_is_not(sources, request_):
    sheet = build.build(sources, replace(request_, scale=2_000))
    finding = next(one for one in checks.before(sheet) if one.code == "outside")
    again = build.build(sources, checks.mend(replace(request_, scale=2_000), finding))
    assert again.outside == 0


# -- atlas -----------------------------------------------------------------------------------------------------------


def test_an_atlas_has_a_sheet_for_each_unit_named_by_a_field(units, sources, request_):
    pages = atlas.places(units, "control_unit", "单元", field="name")
    assert [page.file for page in pages] == ["甲单元", "乙单元", "丙单元", "丁单元"]
    sheet = build.build(sources, replace(request_, place=pages[1]))
    assert sheet.words.subtitle == "乙单元"
    left, bottom, right, top = sheet.paper.bounds
    assert box(left, bottom, right, top).contains(units.geometry[1])
    assert sheet.highlight
    titled = replace(request_, template=request_.template.with_fields(title="{code} {name} 第{number}幅，共{count}幅"), place=pages[1])
    assert build.build(sources, titled).words.title == "ZH36040320001 乙单元 第2幅，共4幅"


def test_a_point_gets_two_kilometres(sources, request_):
    pages = atlas.places(geopandas.GeoDataFrame({"name": ["口"]}, geometry=[Point(117, 29.7)], crs=4490), "discharge_outlet", "口")
    sheet = build.build(sources, replace(request_, place=pages[0]))
    assert sheet.paper.height * sheet.paper.metres_per_mm >= 2000


def test_parcels_of_one_project_share_a_sheet(units):
    frame = units.assign(id=["P1", "P1", "P2", ""])
    assert [page.file for page in atlas.places(frame, "project_site", "项目")] == ["ZH36040310001", "ZH36040330001", "ZH36040320002"]


@pytest.mark.parametrize(("text", "name"), [
    ("../../etc/passwd", "etc_passwd"), ("a/b\\c:d", "a_b_c_d"), ("  . ", "001"), ("CON", "_CON"), ("=cmd|' /C calc'!A0", "cmd_ _C calc_A0"),
    ("\u202egpj.exe", "U+202E_gpj.exe"), ("", "001"), ("长" * 100, "长" * 40),
])
def test_file_names_are_harmless(text, name):
    assert atlas.file_name(text, "001") == name


def test_two_of_one_name_get_two_files():
    taken = set()
    assert [atlas.free(name, taken) for name in ("甲", "甲", "A", "a")] == ["甲", "甲-2", "A", "a-2"]


def test_a_field_that_is_not_there_is_named(units):
    with pytest.raises(SheetError, match="没有字段“x”"):
        atlas.places(units, "control_unit", "单元", field="x")


def test_a_place_holds_its_values():
    assert Place((0, 0, 1, 1)).values == {}

"""The evidence that an import dialog shows: encodings side by side, and where a file would lie."""

from __future__ import annotations

import geopandas
import numpy as np
import pytest
import shapely
from shapely import box

from layers.errors import LayerError
from layers.look import extent_of, look, places, unknown_values
from layers.schema import ROLES

HOME = geopandas.GeoDataFrame(geometry=[box(116.0, 29.4, 116.6, 30.0)], crs=4490)


def metres(path, crs, *, prj, prefix=0):
    """A square near 116.3 E, 29.7 N in ``crs``; without a .prj where ``prj`` is false."""
    frame = geopandas.GeoDataFrame({"CODE": ["0361"]}, geometry=[box(116.28, 29.68, 116.32, 29.72)], crs=4490).to_crs(crs)
    if prefix:
        frame = frame.set_geometry(shapely.transform(frame.geometry.array, lambda xy: xy + np.array([prefix, 0])))
    frame.to_file(path)
    if not prj:
        path.with_suffix(".prj").unlink()
    return path


def gbk_shapefile(path):
    frame = geopandas.GeoDataFrame({"NAME": ["示例山", "示例湖"]}, geometry=[box(116, 29, 116.1, 29.1)] * 2, crs=4490)
    frame.to_file(path, encoding="GBK")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    data = bytearray(path.with_suffix(".dbf").read_bytes())
    data[29] = 0  # the language mark says nothing
    path.with_suffix(".dbf").write_bytes(bytes(data))
    return path


def test_gbk_without_a_mark_is_seen_by_trial(tmp_path):
    seen = look(gbk_shapefile(tmp_path / "山.shp"))
    assert seen.text.encoding == "gb18030"
    assert seen.text.stated is None
    trials = {trial.encoding: trial for trial in seen.text.trials}
    assert trials["gb18030"].failed == 0
    assert trials["utf-8"].failed == 2
    assert "示例山" in trials["gb18030"].sample
    assert seen.samples("NAME") == ["示例山", "示例湖"]


def test_an_encoding_given_by_hand_is_used(tmp_path):
    seen = look(gbk_shapefile(tmp_path / "a.shp"), encoding="cp1252")
    assert "示" not in "".join(seen.samples("NAME"))


def test_a_cpg_that_lies_is_told_of(tmp_path):
    path = tmp_path / "a.shp"
    geopandas.GeoDataFrame({"NAME": ["修水县", "武宁县"]}, geometry=[box(116, 29, 116.1, 29.1)] * 2, crs=4490).to_file(
        path, encoding="UTF-8")
    path.with_suffix(".cpg").write_text("GBK")
    text = look(path).text
    assert (text.stated, text.where, text.encoding) == ("gbk", "cpg", "utf-8")


def test_a_format_with_its_own_encoding_leaves_no_choice(tmp_path):
    geopandas.GeoDataFrame({"name": ["甲"]}, geometry=[box(116, 29, 117, 30)], crs=4490).to_file(tmp_path / "a.gpkg")
    assert look(tmp_path / "a.gpkg").text.encoding is None


def test_without_crs_every_zone_is_tried_and_those_at_home_come_first(tmp_path):
    seen = look(metres(tmp_path / "a.shp", 4548, prj=False))
    found = places(seen, area=extent_of([HOME])[0])
    assert [doubt.code for doubt in found.doubts] == ["no-crs"]
    assert found.open
    assert found.placements[0].within == 1.0
    at_home = {one.crs for one in found.placements if one.within}
    assert at_home == {"EPSG:4548", "EPSG:4509"}, "CM 117 is one of the 3-degree and one of the 6-degree zones"
    assert not found.certain
    assert {one.within for one in found.placements} == {0.0, 1.0}
    first = found.placements[0]
    assert (round(first.lon, 1), round(first.lat, 1)) == (116.3, 29.7)


def test_without_a_workspace_the_candidates_are_those_of_the_doctor(tmp_path):
    seen = look(metres(tmp_path / "a.shp", 4548, prj=False))
    assert [one.crs for one in places(seen).placements] == ["EPSG:4548", "EPSG:4547", "EPSG:4549"]
    assert all(one.within is None for one in places(seen).placements)


def test_a_zone_number_leaves_one_candidate(tmp_path):
    seen = look(metres(tmp_path / "a.shp", 4527, prj=False))
    found = places(seen, area=extent_of([HOME])[0])
    assert [one.crs for one in found.placements] == ["EPSG:4527"]
    assert found.certain


def test_degrees_under_a_metre_crs_show_both_places(tmp_path):
    frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[box(116.28, 29.68, 116.32, 29.72)], crs=4548)
    frame.to_file(tmp_path / "a.shp")
    found = places(look(tmp_path / "a.shp"), area=extent_of([HOME])[0])
    assert found.doubts[0].code == "degrees-in-metres"
    assert found.placements[0].stated
    assert {one.crs for one in found.placements if one.within} == {"EPSG:4490", "EPSG:4326"}


def test_swapped_axes_are_turned_to_be_shown(tmp_path):
    frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[box(29.68, 116.28, 29.72, 116.32)], crs=4326)
    frame.to_file(tmp_path / "a.geojson")
    found = places(look(tmp_path / "a.geojson"), area=extent_of([HOME])[0])
    assert found.doubts[0].code == "axes-swapped"
    assert found.placements[0].within == 1.0


def test_a_declared_shift_is_shown_where_it_would_be(tmp_path):
    frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[box(116.28, 29.68, 116.32, 29.72)], crs=4326)
    frame.to_file(tmp_path / "a.geojson")
    found = places(look(tmp_path / "a.geojson"), crs="GCJ-02")
    stated, shifted = found.placements
    assert shifted.crs == "GCJ-02"
    assert 0.003 < stated.lon - shifted.lon < 0.008


def test_a_table_without_coordinates_can_still_be_looked_at(tmp_path):
    (tmp_path / "a.csv").write_text("名称,说明\n甲,乙\n", encoding="gb18030")
    seen = look(tmp_path / "a.csv")
    assert seen.headers == ("名称", "说明")
    assert seen.shapes is None
    assert places(seen).placements == ()


def test_the_first_layer_with_features_is_looked_at(tmp_path):
    path = tmp_path / "a.gpkg"
    HOME.iloc[:0].to_file(path, layer="空")
    HOME.assign(name=["甲"]).to_file(path, layer="有")
    seen = look(path)
    assert {one.name for one in seen.layers} == {"空", "有"}
    assert seen.layer == "有"
    assert look(path, layer="空").features == 0


def test_what_cannot_be_opened_says_so(tmp_path):
    (tmp_path / "a.geojson").write_text("{", encoding="utf-8")
    with pytest.raises(LayerError):
        look(tmp_path / "a.geojson")


def test_values_that_a_field_does_not_know(tmp_path):
    (tmp_path / "a.csv").write_text("类别,经度,纬度\n优先,116,29\n怪,116,29\n怪,116,29\n2,116,29\n", encoding="utf-8")
    field = ROLES["control_unit"].field("category")
    assert unknown_values(look(tmp_path / "a.csv"), "类别", field) == ["怪"]
    assert unknown_values(look(tmp_path / "a.csv"), "类别", field, {"怪": "key"}) == []

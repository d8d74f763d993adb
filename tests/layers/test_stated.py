"""Coordinate systems that a file's own columns name: what is understood, what is followed, what is left to a person."""

from __future__ import annotations

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.crs_doctor import SHIFTED, declared_shift, unshift
from layers.errors import DoubtfulSystem, LayerError
from layers.look import look, moved_m, places
from layers.read import read_layer, read_projects
from layers.stated import of_rows
from layers.system_names import Named, is_column, is_former, named, zone_code

AT = [(116.003, 29.501), (116.013, 29.511)]
SHIFTS = {"GCJ-02": ["GCJ-02", "gcj02", "火星坐标系", "高德地图", "腾讯", "AMap"], "BD-09": ["BD-09", "百度坐标系", "bd09ll", "Baidu"]}
DATUMS = {"cgcs2000": ["CGCS2000", "2000国家大地坐标系", "国家2000", "大地2000"], "wgs84": ["WGS84", "WGS-84", "GPS"],
          "xian80": ["西安80", "1980西安坐标系", "Xian 1980"], "beijing54": ["北京54", "1954北京坐标系", "Beijing 1954"]}  # fmt: skip


def table(folder, said=None, column="坐标系", at=AT, head="经度,纬度", name="a.csv"):
    rows = [f"P{number},{x},{y}" for number, (x, y) in enumerate(at, 1)]
    heads = f"编号,{head}"
    if said is not None:
        heads, rows = f"{heads},{column}", [f"{row},{one}" for row, one in zip(rows, said, strict=True)]
    (folder / name).write_text("\n".join([heads, *rows]), encoding="utf-8")
    return folder / name


def centres(found):
    return [(shape.centroid.x, shape.centroid.y) for shape in found.frame.to_crs(4490).geometry]


def test_the_words_that_people_use():
    assert {text: named(text).shift for texts in SHIFTS.values() for text in texts} == {
        text: shift for shift, texts in SHIFTS.items() for text in texts}  # fmt: skip
    assert {text: named(text).datum for texts in DATUMS.values() for text in texts} == {
        text: datum for datum, texts in DATUMS.items() for text in texts}  # fmt: skip
    assert named("EPSG：4548") == named("4548") == Named(code=4548)
    assert named("2000国家大地坐标系，3度带，39带") == Named(datum="cgcs2000", zone=39, width=3)
    assert named("CGCS2000 3度带 中央子午线117") == Named(datum="cgcs2000", meridian=117, width=3)
    for nothing in ("", "不详", "经纬度", "-", "无"):
        assert named(nothing) == Named()
    for strange in ("地方坐标系", "由高德转CGCS2000", "非GCJ-02", "WGS84/GCJ02", "bd09mc", "GCJ-02（已转换）", "39带", "EPSG:99999"):
        assert named(strange) is None, strange


@given(st.sampled_from([t for texts in SHIFTS.values() for t in texts]), st.sampled_from([t for texts in DATUMS.values() for t in texts]),
       st.sampled_from(["→", "转", " ", "/", "，"]), st.booleans())  # fmt: skip
def test_a_text_with_two_systems_names_none(one, other, between, first):
    text = between.join((one, other) if first else (other, one))
    assert named(text) is None
    assert declared_shift(text) is None


@given(st.text(max_size=12))
def test_any_text_is_read_without_an_error(text):
    named(text)
    is_column(text)


def test_which_columns_say_it():
    for header in ("坐标系", "坐标系统", "坐标系类型", "CRS", "datum", "Coordinate System", "采用坐标系", "SRID"):
        assert is_column(header), header
        assert not is_former(header), header
    assert is_column("原坐标系")
    assert is_former("原坐标系")
    for header in ("坐标", "高程系统", "原因", "坐标系（原文）", "项目名称", "X坐标"):
        assert not is_column(header), header


def test_zones_by_number_and_by_meridian():
    assert zone_code(named("CGCS2000 39带"), 39) == 4527
    assert zone_code(named("CGCS2000 39带"), None) == 4548
    assert zone_code(named("CGCS2000 39带"), 40) is None
    assert zone_code(named("CGCS2000 中央子午线117"), None) == 4548
    assert zone_code(named("CGCS2000"), 20) == 4498


@pytest.mark.parametrize("read", [read_projects, lambda path, **more: read_layer(path, "reference", **more)])
@pytest.mark.parametrize(("said", "shift"), [("GCJ-02", "GCJ-02"), ("火星坐标系", "GCJ-02"), ("百度", "BD-09")])
def test_a_consumer_map_that_every_row_names_is_converted_from(tmp_path, read, said, shift):
    found = read(table(tmp_path, [said] * 2))
    assert np.allclose(centres(found), unshift(np.array(AT), shift), atol=1e-7)
    codes = {issue.code: issue for issue in found.issues}
    assert codes["crs-from-column"].values["crs"] == shift
    assert "shift-converted" in codes
    assert "crs-assumed" not in codes


@pytest.mark.parametrize("said", ["CGCS2000", "2000国家大地坐标系", "EPSG:4490", "不详", ""])
def test_what_would_be_taken_anyway_stays_where_it_is(tmp_path, said):
    assert np.allclose(centres(read_projects(table(tmp_path, [said] * 2))), AT, atol=1e-9)


def test_the_name_of_the_coordinate_columns_says_it_too(tmp_path):
    found = read_projects(table(tmp_path, head="经度（GCJ-02）,纬度（GCJ-02）"))
    assert np.allclose(centres(found), unshift(np.array(AT), "GCJ-02"), atol=1e-7)
    with pytest.raises(DoubtfulSystem):
        read_projects(table(tmp_path, ["CGCS2000"] * 2, head="经度（GCJ-02）,纬度（GCJ-02）", name="b.csv"))


def test_metres_of_a_zone_that_the_column_names(tmp_path):
    at = [(500000.0, 3264000.0), (501000.0, 3265000.0)]
    found = read_projects(table(tmp_path, ["CGCS2000 3度带 中央子午线117"] * 2, at=at, head="X,Y"))
    assert found.frame.crs.to_epsg() in (4548, 4490)
    assert all(117 - 1e-9 <= lon < 117.02 for lon, _lat in centres(found))
    with pytest.raises(DoubtfulSystem):  # which of the zones is not said
        read_projects(table(tmp_path, ["CGCS2000"] * 2, at=at, head="X,Y", name="b.csv"))


DOUBTFUL = [
    (["GCJ-02", "CGCS2000"], "坐标系", "GCJ-02（2）、CGCS2000（3）"), (["GCJ-02", ""], "坐标系", "—（3）"),
    (["地方坐标系"] * 2, "CRS", "地方坐标系（2、3）"), (["北京54 39带"] * 2, "坐标系统", "北京54 39带（2、3）"),
    (["GCJ-02"] * 2, "原坐标系", "GCJ-02（2、3）"), (["EPSG:4548"] * 2, "坐标系", "EPSG:4548（2、3）"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "column", "words"), DOUBTFUL)
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_anything_else_is_refused_with_column_rows_and_option(tmp_path, said, column, words, suffix):
    path = table(tmp_path, said, column)
    if suffix == "xlsx":
        import pandas

        path = tmp_path / "a.xlsx"
        pandas.read_csv(tmp_path / "a.csv").to_excel(path, index=False)
    for read in (read_projects, lambda one: read_layer(one, "reference")):
        with pytest.raises(DoubtfulSystem) as caught:
            read(path)
        told = str(caught.value)
        assert column in told
        assert words in told
        assert "--crs" in told
    seen = look(path)
    assert str(seen.refused) == told
    assert places(seen).open
    for crs, at in (("GCJ-02", unshift(np.array(AT), "GCJ-02")), ("EPSG:4490", AT)):
        assert np.allclose(centres(read_projects(path, crs=crs)), at, atol=1e-7)


def test_a_choice_against_the_column_is_told(tmp_path):
    codes = {issue.code for issue in read_projects(table(tmp_path, ["GCJ-02"] * 2), crs="EPSG:4490").issues}
    assert "crs-overridden" in codes
    codes = {issue.code for issue in read_projects(table(tmp_path, ["GCJ-02"] * 2), crs="GCJ-02").issues}
    assert "crs-overridden" not in codes


def test_what_was_converted_is_not_converted_again(tmp_path):
    first = read_layer(table(tmp_path, ["GCJ-02"] * 2), "reference")
    assert "坐标系" not in first.frame.columns
    assert list(first.frame["坐标系（原文）"]) == ["GCJ-02"] * 2
    for name in ("again.csv", "again.geojson", "again.gpkg"):
        data = first.frame.to_crs(4490)
        if name.endswith("csv"):
            plain = data.assign(经度=data.geometry.x, 纬度=data.geometry.y).drop(columns=data.geometry.name)
            plain.to_csv(tmp_path / name, index=False)
        else:
            data.to_file(tmp_path / name)
        assert np.allclose(centres(read_layer(tmp_path / name, "reference")), centres(first), atol=1e-6), name


def test_a_file_that_states_another_system_than_its_column_is_for_a_person(tmp_path):
    points = [shapely.Point(*at) for at in AT]
    for column, refused in (("坐标系", True), ("原坐标系", False)):
        path = tmp_path / f"{column}.gpkg"
        geopandas.GeoDataFrame({"编号": ["1", "2"], column: ["GCJ-02"] * 2}, geometry=points, crs=4490).to_file(path)
        if not refused:
            assert np.allclose(centres(read_projects(path)), AT)
            continue
        with pytest.raises(DoubtfulSystem, match="--crs"):
            read_projects(path)
        assert places(look(path)).open
        assert np.allclose(centres(read_projects(path, crs="EPSG:4490")), AT)
        assert np.allclose(centres(read_projects(path, crs="GCJ-02")), unshift(np.array(AT), "GCJ-02"), atol=1e-7)


@pytest.mark.parametrize(("said", "refused"), [("拐点坐标", False), ("中心点", False), ("由高德转CGCS2000", True), ("地方坐标系", True)])
def test_a_kind_of_coordinates_need_not_be_a_system(tmp_path, said, refused):
    path = table(tmp_path, [said] * 2, "坐标类型")
    assert (look(path).refused is not None) == refused
    assert look(table(tmp_path, ["火星坐标"] * 2, "坐标类型", name="b.csv")).shift == "GCJ-02"


def test_other_numbers_beside_degrees_are_no_system(tmp_path):
    assert np.allclose(centres(read_projects(table(tmp_path, ["39500000.1", "39500000.2"], "ZBX"))), AT)


def test_rows_without_a_place_have_no_say(tmp_path):
    path = table(tmp_path, ["GCJ-02", "GCJ-02", "BD-09"], at=[*AT, ("", "")])
    said = look(path)
    assert (said.refused, said.shift) == (None, "GCJ-02")


@given(st.lists(st.sampled_from(["GCJ-02", "火星", "BD-09", "百度", "CGCS2000", "WGS84", "地方坐标系", "", "EPSG:4490"]), min_size=1,
                max_size=6))  # fmt: skip
def test_one_system_is_named_only_where_every_row_names_it(texts):
    said = of_rows(["坐标系"], {"坐标系": texts}, range(2, 2 + len(texts)))
    names = {named(text) for text in texts if text}
    if not names:
        assert said is None
        return
    assert said.one == (names.pop() if len(names) == 1 and None not in names else None)
    assert said.blank == ("" in texts)


@pytest.mark.parametrize("shift", sorted(SHIFTED))
def test_how_far_it_moves(tmp_path, shift):
    from pyproj import Geod

    seen = look(table(tmp_path, [shift] * 2))
    middle = np.mean(AT, axis=0)
    expected = Geod(ellps="GRS80").inv(*middle, *unshift(middle[None], shift)[0])[2]
    assert moved_m(seen, shift) == pytest.approx(expected, abs=1)


def test_an_old_datum_still_has_to_be_named_by_a_person(tmp_path):
    with pytest.raises(LayerError):
        read_projects(table(tmp_path, ["西安80"] * 2))

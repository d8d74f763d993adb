"""Layers and features for other programs: what goes out is what was there."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from layers.issues import WORDS
from layers.read import Layer, read_layer
from layers.workspace import Workspace
from sanxian import layer_files
from sanxian.cli import main
from sanxian.layer_files import LayerFileError, geojson, wkt

HOLED = Polygon([(0, 0), (0, 10), (10, 10), (10, 0)], [[(1, 1), (2, 1), (2, 2)]])  # the outer ring clockwise


def frame(shapes, crs=4490, **columns):
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs=crs)


def test_outer_rings_run_anticlockwise_and_holes_the_other_way():
    found = json.loads(geojson(frame([HOLED, MultiPolygon([HOLED])])))
    for feature in found["features"]:
        shape = shapely.geometry.shape(feature["geometry"])
        for part in shapely.get_parts(shape):
            assert part.exterior.is_ccw
            assert not part.interiors[0].is_ccw
        assert shape.equals(HOLED)


def test_what_is_missing_is_null_and_text_is_not_escaped_away():
    data = frame([Point(116, 29), None, Point()], n=[1, 2, 3], x=[1.5, float("nan"), float("inf")], s=['甲"乙"\n', None, ""],
                 b=np.array([True, None, False], dtype=object))
    one, two, three = json.loads(geojson(data))["features"]
    assert one["properties"] == {"n": 1, "x": 1.5, "s": '甲"乙"\n', "b": True}
    assert one["geometry"] == {"type": "Point", "coordinates": [116, 29]}
    assert two == {"type": "Feature", "properties": {"n": 2, "x": None, "s": None, "b": None}, "geometry": None}
    assert three["properties"] == {"n": 3, "x": None, "s": "", "b": False}
    assert three["geometry"]["coordinates"] == []


def test_a_layer_without_a_crs_is_no_geojson():
    with pytest.raises(LayerFileError):
        geojson(frame([Point(1, 2)], crs=None))


@given(st.lists(st.tuples(st.floats(-1e7, 1e7), st.floats(-1e7, 1e7)), min_size=1, max_size=5))
def test_wkt_keeps_every_digit(spots):
    shapes = [Point(spot) for spot in spots]
    back = shapely.from_wkt(wkt(frame(shapes, crs=4548)).split("\n"))
    assert shapely.equals_exact(back, shapes).all()


def test_long_layers_are_made_in_pieces_that_say_how_far_they_are():
    told = []
    data = frame([LineString(np.random.default_rng(1).random((9_000, 2))) for _ in range(7)], n=range(7))
    found = json.loads(geojson(data, lambda done, count: told.append((done, count))))
    assert [one["properties"]["n"] for one in found["features"]] == list(range(7))
    assert len(told) > 3
    assert told[-1] == (7, 7)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "w.gpkg"
    data = frame([box(116 + i / 100, 29, 116.005 + i / 100, 29.005) for i in range(3)], 地块编号=["A", "B", None], n=[1, None, 3])
    with Workspace.create(path) as made:
        made.add(Layer("reference", "地块", data, Path("x.shp"), "0" * 64, "utf-8", ()))
    return path


@pytest.mark.parametrize("count", [2, 3, 5])
def test_pieces_of_a_file_are_joined(path, tmp_path, monkeypatch, count):
    monkeypatch.setattr(layer_files, "_STEP", count)
    for suffix in (".gpkg", ".shp"):
        target = tmp_path / f"出{suffix}"
        with layer_files.beside(target) as folder:
            layer_files.write(lambda _done, _all: None, path, "地块", folder, suffix)
            layer_files.put(folder, target)
        found = geopandas.read_file(target)
        assert len(found) == 3
        assert found["n"].tolist()[::2] == [1, 3]
        assert found["n"].isna().tolist() == [False, True, False]


def test_the_command_writes_a_shapefile_and_names_what_it_lost(path, tmp_path, capsys):
    assert main(["workspace", "export", str(path), "地块", "--out", str(tmp_path / "出.SHP")]) == 0
    said = capsys.readouterr()
    assert "3 个要素" in said.out
    assert "地块编号 → 地块编" in said.err
    assert sorted(one.name for one in tmp_path.glob("出*")) == ["出.SHP", "出.cpg", "出.dbf", "出.prj", "出.shx"]
    assert not list(tmp_path.glob(".sanxian-*"))


@pytest.mark.filterwarnings("ignore:Layer .* has been declared with non-Z")
@pytest.mark.parametrize("suffix", [".shp", ".geojson", ".gpkg"])
def test_what_a_format_cannot_hold_is_named_and_no_number_is_wrong(tmp_path, suffix):
    """Numbers beyond what dBASE holds, heights, bytes, and coordinates that become others."""
    path, target = tmp_path / "w.gpkg", tmp_path / f"出{suffix}"
    data = frame([Point(500_000, 3_200_000, 5), Point(500_001, 3_200_000, 6)], crs=4548, big=[1e25, 1e-20], fine=[1.25, 1e-15],
                 blob=[b"abc", b"d"])
    with Workspace.create(path) as made:
        made.add(Layer("reference", "点", data, Path("x.gpkg"), "0" * 64, "utf-8", ()))
    with layer_files.beside(target) as folder:
        count, lost = layer_files.write(lambda _done, _all: None, path, "点", folder, suffix)
        layer_files.put(folder, target)
    found = geopandas.read_file(target)
    assert count == len(found) == 2
    assert "blob" not in found.columns
    assert [float(one) for one in found["big"]] == [1e25, 1e-20]
    assert found["fine"].tolist() == [1.25, 1e-15]
    assert found.geometry.has_z.all() == (suffix == ".gpkg")
    said = [template.format(**says) for template, says in lost]
    assert any("blob" in one for one in said)
    assert any("big" in one for one in said) == (suffix == ".shp")
    assert not any("fine" in one for one in said)
    assert (layer_files.DEGREES in [template for template, _says in lost]) == (suffix == ".geojson")
    assert any("2 个要素的高程" in one for one in said) == (suffix != ".gpkg")
    assert any("EPSG:4548" in one for one in said) == (suffix == ".geojson")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(-1e16, 1e16) | st.floats(-1, 1) | st.decimals(-1000, 1000, places=3).map(float), min_size=1, max_size=40))
def test_every_number_that_a_shapefile_does_not_keep_is_counted(tmp_path, values):
    values = [value for value in values if value == 0 or abs(value) >= 1e-4]
    data, lost = layer_files._for_dbase(frame([Point(116, 29)] * len(values), v=np.array(values, float)))
    with layer_files.beside(tmp_path / "a.shp") as folder:
        layer_files._write(data, folder / "layer.shp", ".shp", "layer", lambda _done, _all: None)
        found = geopandas.read_file(folder / "layer.shp")["v"].tolist()
    other = sum(one != value for one, value in zip(found, values, strict=True))
    assert [says["names"] for template, says in lost if "舍去" in template] == ([[f"v × {other:,}"]] if other else [])


def test_bytes_are_left_out_when_a_layer_is_read_and_named(tmp_path):
    source = tmp_path / "a.gpkg"
    frame([Point(116, 29), Point(116.1, 29)], n=[1, 2]).to_file(source, layer="a", SPATIAL_INDEX="NO")
    with closing(sqlite3.connect(source)) as file, file:
        file.execute('ALTER TABLE "a" ADD COLUMN photo BLOB')
        file.execute("UPDATE a SET photo=x'0001ff' WHERE n=1")
    layer = read_layer(source, "reference")
    assert [one for one in layer.frame.columns if one != "geometry"] == ["n"]
    (issue,) = [one for one in layer.issues if one.code == "binary-left-out"]
    assert issue.field == "photo"
    assert WORDS[issue.code].format(field=issue.field).startswith("“photo”是二进制字段")

"""Tables that name their coordinate system in a column, on the command line."""

from __future__ import annotations

import json

import geopandas
import numpy as np
import pyarrow.parquet
import pytest
import shapely

from layers.crs_doctor import unshift
from layers.workspace import Workspace
from sanxian.cli import main

AT = [(115.99, 29.73), (115.985, 29.725)]


def table(folder, said, name="p.csv", column="坐标系"):
    rows = [f"P{number},{number}厂,C2614,新建,{x},{y},{one}" for number, ((x, y), one) in enumerate(zip(AT, said, strict=True), 1)]
    (folder / name).write_text("\n".join([f"编号,项目名称,行业代码,建设性质,经度,纬度,{column}", *rows]), encoding="utf-8")
    return folder / name


def commands(workspace, file, out):
    return {
        "screen": ["screen", str(workspace), str(file), "--on", "2026-11-22", "--out", str(out / "r.json")],
        "batch": ["batch", str(workspace), str(file), "--on", "2026-11-22", "--out", str(out / "r.parquet")],
        "check": ["check", str(file), "--role", "reference"],
        "add": ["add", str(workspace), str(file), "--role", "reference"],
    }


@pytest.mark.parametrize("command", ["screen", "batch", "check", "add"])
@pytest.mark.parametrize("said", [["GCJ-02", "CGCS2000"], ["GCJ-02", ""], ["地方坐标系"] * 2, ["北京54 39带"] * 2])
def test_what_the_column_leaves_open_is_refused(workspace, tmp_path, capsys, command, said):
    file = table(tmp_path, said, column="坐标系统")
    before = workspace.read_bytes()
    for words in ([], ["--lang", "en"]):
        assert main([*words, *commands(workspace, file, tmp_path)[command]]) == 2
        told = capsys.readouterr().err
        assert "坐标系统" in told
        assert said[0] in told
        assert "--crs" in told
        assert ("（2" in told) == (not words)  # rows, in the brackets of the language
        assert "(2" in told or not words
        assert "Traceback" not in told
    assert not (tmp_path / "r.json").exists()
    assert not (tmp_path / "r.parquet").exists()
    assert workspace.read_bytes() == before
    assert main([*commands(workspace, file, tmp_path)[command], "--crs", "EPSG:4490"]) != 2


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_sites_are_screened_where_they_lie_and_it_is_said(workspace, tmp_path, capsys, suffix):
    file = table(tmp_path, ["GCJ-02"] * 2)
    if suffix == ".xlsx":
        import pandas

        pandas.read_csv(file).to_excel(tmp_path / "p.xlsx", index=False)
    moved = unshift(np.array(AT), "GCJ-02")
    right = "\n".join(["编号,项目名称,行业代码,建设性质,经度,纬度", *(
        f"P{number},{number}厂,C2614,新建,{x:.9f},{y:.9f}" for number, (x, y) in enumerate(moved, 1))])
    (tmp_path / "right.csv").write_text(right, encoding="utf-8")
    results = []
    for path in (file.with_suffix(suffix), tmp_path / "right.csv"):
        assert main(["screen", str(workspace), str(path), "--on", "2026-11-22", "--out", str(tmp_path / "r.geojson")]) in (0, 1, 3)
        said = capsys.readouterr().err
        frame = geopandas.read_file(tmp_path / "r.geojson")
        results.append(shapely.centroid(np.asarray(frame.geometry)))
        if path.stem == "p":
            assert "“坐标系”列写的“GCJ-02”" in said
            assert "没有参与" not in said
    here, there = (shapely.get_coordinates(one) for one in results)
    assert np.allclose(here, there, atol=2e-6)
    assert not np.allclose(here, AT, atol=1e-3)


def test_a_batch_lies_where_a_screening_does(workspace, tmp_path, capsys):
    """A GeoParquet of projects is read in pieces, which must not miss what its columns say."""
    points = [shapely.Point(*at) for at in AT]
    frame = geopandas.GeoDataFrame({"id": ["P1", "P2"], "nature": ["new"] * 2, "坐标系": ["GCJ-02"] * 2}, geometry=points, crs=4490)
    frame.to_parquet(tmp_path / "p.parquet")
    asked = ["batch", str(workspace), str(tmp_path / "p.parquet"), "--on", "2026-11-22", "--out", str(tmp_path / "r.parquet")]
    assert main(asked) == 2  # the file says 4490, its column another
    assert "坐标系" in capsys.readouterr().err
    assert main([*asked, "--crs", "GCJ-02"]) == 0
    frame.drop(columns="坐标系").assign(geometry=[shapely.Point(*at) for at in unshift(np.array(AT), "GCJ-02")]).to_parquet(
        tmp_path / "right.parquet")
    assert main([*asked[:2], str(tmp_path / "right.parquet"), *asked[3:-1], str(tmp_path / "s.parquet")]) == 0
    found, right = (pyarrow.parquet.read_table(tmp_path / name).to_pydict() for name in ("r.parquet", "s.parquet"))
    assert found["verdict"] == right["verdict"]


def test_a_layer_that_was_converted_is_kept_with_what_it_said(workspace, tmp_path, capsys):
    file = table(tmp_path, ["GCJ-02"] * 2)
    assert main(["add", str(workspace), str(file), "--role", "reference", "--name", "点"]) == 0
    assert "“坐标系”列写的“GCJ-02”" in capsys.readouterr().err
    with Workspace.open(workspace, readonly=True) as opened:
        frame = opened.read("点").to_crs(4490)
    assert np.allclose(shapely.get_coordinates(np.asarray(frame.geometry)), unshift(np.array(AT), "GCJ-02"), atol=1e-7)
    assert list(frame["坐标系（原文）"]) == ["GCJ-02"] * 2


def test_check_of_a_file_tells_what_was_followed(tmp_path, capsys):
    main(["check", str(table(tmp_path, ["GCJ-02"] * 2)), "--role", "reference", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert "crs-from-column" in json.dumps(found)


@pytest.mark.parametrize(("column", "said"), [
    ("坐标系说明", "GCJ-02"), ("坐標系", "GCJ-02"), ("座标系", "BD-09"), ("map_datum", "GCJ-02"), ("坐标系/投影", "GCJ-02")])
def test_other_names_for_such_a_column_are_read_alike(workspace, tmp_path, capsys, column, said):
    file = table(tmp_path, [said] * 2, column=column)
    assert main(commands(workspace, file, tmp_path)["screen"]) != 2
    told = capsys.readouterr().err
    assert f"按声明的 {said} 坐标换算" in told


@pytest.mark.parametrize("command", ["screen", "batch", "add"])
@pytest.mark.parametrize(("column", "said"), [("投影", "GCJ-02"), ("坐标", "火星坐标系"), ("备注", "BD-09"), ("坐标来源地图", "高德地图")])
def test_a_system_in_every_cell_of_any_other_column_is_asked_about(workspace, tmp_path, capsys, command, column, said):
    file = table(tmp_path, [said] * 2, column=column)
    assert main(commands(workspace, file, tmp_path)[command]) == 2
    told = capsys.readouterr().err
    assert column in told
    assert "--crs" in told
    assert main([*commands(workspace, file, tmp_path)[command], "--crs", "EPSG:4490"]) != 2


@pytest.mark.parametrize(("column", "said"), [("备注", ["GCJ-02", "已换算"]), ("投影", ["CGCS2000"] * 2), ("测绘单位", ["百度公司"] * 2),
                                              ("数据来源", ["高德地图"] * 2), ("坐标系说明", ["现场复核", ""])])
def test_what_says_nothing_of_the_system_of_all_rows_is_no_doubt(workspace, tmp_path, capsys, column, said):
    file = table(tmp_path, said, column=column)
    assert main(commands(workspace, file, tmp_path)["screen"]) != 2


def test_a_shapefile_made_of_a_converted_layer_does_not_say_its_former_system_again(workspace, tmp_path, capsys):
    file = table(tmp_path, ["GCJ-02"] * 2)
    assert main(["add", str(workspace), str(file), "--role", "reference", "--name", "converted"]) != 2
    with Workspace.open(workspace, readonly=True) as opened:
        was = opened.read("converted")
    assert main(["workspace", "export", str(workspace), "converted", "--out", str(tmp_path / "ex.shp")]) == 0
    columns = geopandas.read_file(tmp_path / "ex.shp").columns
    assert "ORIG_CRS" in columns
    assert "坐标系" not in columns
    assert main(["add", str(workspace), str(tmp_path / "ex.shp"), "--role", "reference", "--name", "again"]) != 2
    with Workspace.open(workspace, readonly=True) as opened:
        again = opened.read("again")
    assert np.allclose(shapely.get_coordinates(again.geometry.array), shapely.get_coordinates(was.geometry.array), atol=1e-9)


@pytest.mark.parametrize("said", ["GCJ-02（未纠偏）", "高德坐标，未转换", "火星坐标系?", "由西安80转"])
@pytest.mark.parametrize("command", ["screen", "batch", "add"])
def test_words_that_are_not_understood_beside_the_system_of_the_file_are_asked_about(workspace, tmp_path, capsys, command, said):
    frame = geopandas.GeoDataFrame({"id": ["A"], "坐标系": [said]}, geometry=[shapely.Point(AT[0])], crs=4490)
    frame.to_file(tmp_path / "p.gpkg")
    assert main(commands(workspace, tmp_path / "p.gpkg", tmp_path)[command]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert main([*commands(workspace, tmp_path / "p.gpkg", tmp_path)[command], "--crs", "EPSG:4490"]) != 2


@pytest.mark.parametrize(("said", "example"), [("GCJ-02", "GCJ-02"), ("西安80", "EPSG:4610"), ("CGCS2000", "EPSG:4490")])
@pytest.mark.parametrize("command", ["screen", "batch", "add"])
def test_of_a_shapefile_without_a_system_the_column_is_named_with_what_it_says(workspace, tmp_path, capsys, command, said, example):
    frame = geopandas.GeoDataFrame({"id": ["A"], "坐标系": [said]}, geometry=[shapely.Point(AT[0])], crs=4490)
    frame.to_file(tmp_path / "p.shp", encoding="utf-8")
    (tmp_path / "p.prj").unlink()
    assert main(commands(workspace, tmp_path / "p.shp", tmp_path)[command]) == 2
    told = capsys.readouterr().err
    assert f"“坐标系”列写着（括号内是行号）：{said}（1）" in told
    assert f"如 {example}" in told
    assert main([*commands(workspace, tmp_path / "p.shp", tmp_path)[command], "--crs", "EPSG:4490"]) != 2

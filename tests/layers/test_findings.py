from __future__ import annotations

import json
import sys

import openpyxl
import pyogrio
import pytest
from files import frame, write
from shapely import box

from layers.check import Finding
from layers.errors import LayerError
from layers.findings import export, key, rows
from layers.findings import frame as as_frame
from layers.ledger import coverage_layer, ledger, missing_roles
from layers.read import read_layer
from layers.workspace import Workspace
from sanxian.cli import main

GAP = Finding("units-gap", "error", "单元", None, {"area_m2": 5.0, "width_m": 1.0, "lon": 115.05, "lat": 29.05, "tolerance_m2": 1.0}, box(115, 29, 115.1, 29.1))


def test_a_finding_keeps_its_key_while_its_numbers_change():
    smaller = Finding("units-gap", "warning", "单元", None, {"area_m2": 4.0, "width_m": 1.0}, GAP.geometry)
    elsewhere = Finding("units-gap", "error", "单元", None, GAP.values, box(116, 29, 116.1, 29.1))
    assert key(GAP) == key(smaller) != key(elsewhere)
    assert [item["key"] for item in rows([GAP, GAP])] == [key(GAP), f"{key(GAP)}-2"]


def test_findings_go_to_a_spreadsheet_and_to_a_map(tmp_path):
    bad = Finding("value-missing", "error", "=1+1", 3, {"field": "code", "count": 1, "features": "甲"})
    found = as_frame([GAP, bad])
    export(found, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells[0][:5] == ["编号", "程度", "图层", "要素", "发现"]
    assert cells[1][1:6] == ["错误", "单元", None, "管控单元之间有空隙 5.0 平方米，宽约 1.0 米（位置 115.05°E 29.05°N；容差 1.0 平方米）", "待处理"]
    assert cells[1][10:12] == [pytest.approx(115.05), pytest.approx(29.05)]
    assert cells[2][2:5] == ["'=1+1", 3, "字段 code 有 1 个空值：甲"]
    export(found, tmp_path / "a.gpkg")
    read = pyogrio.read_dataframe(tmp_path / "a.gpkg")
    assert read["severity"].tolist() == ["错误", "错误"]
    assert read.geometry[0].equals(GAP.geometry)
    assert read.geometry[1] is None
    with pytest.raises(LayerError, match=r"检查结果不能写成 a\.csv"):
        export(found, tmp_path / "a.csv")
    export(as_frame([]), tmp_path / "none.gpkg")
    export(as_frame([]), tmp_path / "none.xlsx")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.gpkg", "a.xlsx", "none.gpkg", "none.xlsx"]


def test_the_ledger_tells_what_each_layer_covers(tmp_path):
    path = write(tmp_path / "u.gpkg")
    admin = write(tmp_path / "a.gpkg", frame({"code": ["360403"], "name": ["浔阳区"]}, [(115.9, 29.7, 116.1, 29.75)]))
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        workspace.add(read_layer(path, "control_unit", name="单元"), accuracy_m=2.0, data_date="2024-01-01")
        (row,) = ledger(workspace)
        assert (row.stated, row.district_share, row.coverage) == ("unknown", None, None)
        workspace.add(read_layer(admin, "admin", name="县"), coverage="all")
        workspace.describe("单元", coverage="hull")
        workspace.add(read_layer(path, "ecological_redline", name="红线"))
        units, county, red = ledger(workspace)
        assert (units.stated, units.data_date, units.accuracy_m) == ("given", "2024-01-01", 2.0)
        assert units.district_share == pytest.approx(0.5, abs=1e-3)
        assert (county.stated, county.district_share) == ("given", 1.0)
        assert (red.stated, red.district_share) == ("admin", 1.0)
        assert coverage_layer(workspace)["name"].tolist() == ["单元", "县", "红线"]
        absent = missing_roles(workspace)
        assert "wetland" in absent
        assert not {"admin", "control_unit", "project_site"} & set(absent)


def run(capsys, *words):
    status = main([*map(str, words), "--lang", "zh"])
    out, err = capsys.readouterr()
    return status, out, err


def test_the_command_line_adds_checks_marks_and_tells(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SANXIAN_PERSON", "李四")
    workspace, source = tmp_path / "w.gpkg", write(tmp_path / "u.gpkg")
    assert run(capsys, "new", workspace)[0] == 0
    assert run(capsys, "add", workspace, source, "--role", "control_unit", "--name", "单元", "--version", "2023")[0] == 0
    assert run(capsys, "add", workspace, source, "--role", "control_unit", "--name", "单元", "--version", "2024")[0] == 0
    styles = pyogrio.read_dataframe(workspace, layer="layer_styles", read_geometry=False)
    assert styles["f_table_name"].tolist() == ["单元", "单元（2024）"]
    status, out, _ = run(capsys, "layers", workspace, "--history", "--json")
    assert [(item["person"], item["action"], item["subject"]) for item in json.loads(out)] == [
        ("李四", "add", "单元"), ("李四", "add", "单元（2024）"),
    ]  # fmt: skip
    assert "李四  加入图层  单元（2024）" in run(capsys, "layers", workspace, "--history")[1]
    status, out, _ = run(capsys, "layers", workspace, "--coverage")
    assert status == 0
    assert "单元（2024）" in out
    assert "没有图层、哪里都没有查过：" in out
    assert json.loads(run(capsys, "layers", workspace, "--coverage", "--json")[1])["layers"][0]["coverage"] == "unknown"

    red = write(tmp_path / "r.gpkg", frame({"name": ["红"]}, [(115.94, 29.7, 115.96, 29.75)]))
    run(capsys, "add", workspace, red, "--role", "ecological_redline", "--name", "红线")
    status, out, _ = run(capsys, "check", workspace, "--save", "--out", tmp_path / "f.xlsx", "--out", tmp_path / "f.gpkg")
    assert status == 1
    assert "红线应在优先保护单元内" in out
    found = pyogrio.read_dataframe(tmp_path / "f.gpkg")
    name = found.loc[found["code"] == "redline-in-unit", "key"].item()
    assert run(capsys, "check", workspace, "--mark", f"{name}=accepted")[0] == 2
    assert run(capsys, "check", workspace, "--mark", f"{name}=accepted", "--note", "历史遗留")[0] == 0
    run(capsys, "check", workspace, "--out", tmp_path / "g.gpkg")
    found = pyogrio.read_dataframe(tmp_path / "g.gpkg").set_index("key")
    assert found.loc[name, ["status", "note", "person"]].tolist() == ["已接受", "历史遗留", "李四"]

    for words in (["--out", tmp_path / "f.csv"], ["--out", tmp_path / "no" / "f.xlsx"]):
        status, _, err = run(capsys, "check", workspace, *words)
        assert status == 2
        assert "Traceback" not in err
    assert run(capsys, "check", source, "--role", "control_unit", "--save")[0] == 2
    assert run(capsys, "check", source, "--role", "control_unit", "--out", tmp_path / "h.xlsx")[0] in (0, 1)


def test_a_repair_is_asked_about_on_the_command_line(tmp_path, capsys):
    from shapely import Polygon

    bow = Polygon([(115.9, 29.7), (116.0, 29.8), (116.0, 29.7), (115.9, 29.8)])
    data = frame({"name": ["甲"]}, [(0, 0, 1, 1)])
    source = write(tmp_path / "a.gpkg", data.set_geometry([bow], crs=4490))
    workspace = tmp_path / "w.gpkg"
    run(capsys, "new", workspace)
    before = workspace.read_bytes()
    status, _, err = run(capsys, "add", workspace, source, "--role", "ecological_redline")
    assert status == 2
    assert "原样计 0.0 平方米" in err
    assert workspace.read_bytes() == before
    status, _, err = run(capsys, "add", workspace, source, "--role", "ecological_redline", "--repair", "union")
    assert status == 0
    assert "本次按 合并 读取" in err


@pytest.mark.skipif(sys.platform == "win32", reason="the terminal's code page is not UTF-8 there")
def test_all_of_it_is_said_in_english_too(tmp_path, capsys):
    workspace = tmp_path / "w.gpkg"
    source = write(tmp_path / "u.gpkg")
    for words in (["new", workspace], ["add", workspace, source, "--role", "control_unit", "--name", "units"],
                  ["layers", workspace, "--history"], ["layers", workspace, "--coverage"],
                  ["check", workspace], ["check", workspace, "--help"], ["add", "--help"]):  # fmt: skip
        main([*map(str, words), "--lang", "en"])
        out, err = capsys.readouterr()
        said = (out + err).replace("浔阳优先保护单元", "").replace("浔阳重点管控单元", "")
        assert not [letter for letter in said if "\u4e00" <= letter <= "\u9fff"], said

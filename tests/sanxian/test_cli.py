"""The command line as a person uses it: what it prints, what it writes, and how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sanxian.cli import main


@pytest.fixture
def projects(tmp_path, write_boxes):
    return write_boxes(
        tmp_path / "projects.gpkg", [(400, 400, 600, 600), (-6000, -6000, -5900, -5900)], id=["P1", "P2"], name=["甲", "乙"],
        industry_code=["C2614", "C3985"], nature=["新建", "改建"], national_major_project=["否", "否"], limited_activity=["0", "0"],
    )  # fmt: skip


def test_screen_prints_the_record(workspace, projects, capsys):
    assert main(["screen", str(workspace), str(projects), "--on", "2026-11-22"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "sanxian/screening/1"
    assert found["on"] == "2026-11-22"
    assert [project["verdict"] for project in found["projects"]] == ["prohibited", "undetermined"]
    for project in found["projects"]:
        ids = [item["rule"] for item in project["outcomes"]]
        assert ids == sorted(ids)
        assert len(ids) == found["rule_set"]["rules"]
    assert "water_source" in found["missing_roles"]


def test_exit_status_of_a_project_that_lacks_data(workspace, tmp_path, write_boxes):
    alone = write_boxes(tmp_path / "p.gpkg", [(-6000, -6000, -5900, -5900)], id=["P2"], nature=["改建"])
    assert main(["screen", str(workspace), str(alone), "--out", str(tmp_path / "r.json")]) == 3


def test_csv_and_xlsx_with_chinese_headers_give_the_same(workspace, tmp_path, capsys):
    import openpyxl

    rows = [["编号", "项目名称", "经度", "纬度", "行业代码", "建设性质"], ["A1", "示例厂", 115.99, 29.73, "C2614", "新建"]]
    (tmp_path / "p.csv").write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="gbk")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "p.xlsx")
    found = []
    for name in ("p.csv", "p.xlsx"):
        assert main(["screen", str(workspace), str(tmp_path / name), "--on", "2026-11-22"]) in (1, 3)
        found.append(json.loads(capsys.readouterr().out)["projects"])
    assert found[0] == found[1]
    assert found[0][0]["attributes"] == {"industry_code": ["C2614"], "nature": ["new"]}


REFUSALS = [
    (["screen", "no.gpkg", "p.gpkg"], "no.gpkg"),
    (["screen", "{workspace}", "no.gpkg"], "no.gpkg"),
    (["screen", "{workspace}", "{projects}", "--on", "2026-13-01"], "2026-13-01"),
    (["screen", "{workspace}", "{projects}", "--out", "r.exe"], "r.exe"),
    (["screen", "{workspace}", "{projects}", "--out", "nowhere/r.json"], "nowhere"),
    (["screen", "{workspace}", "{projects}", "--rules", "nowhere"], "nowhere"),
    (["screen", "{projects}", "{projects}"], "projects.gpkg"),
    (["add", "{workspace}", "no.gpkg", "--role", "admin"], "no.gpkg"),
    (["add", "{workspace}", "{projects}", "--role", "redline"], "redline"),
    (["add", "{workspace}", "{projects}", "--role", "river_bank"], "projects"),
    (["add", "{workspace}", "{projects}", "--role", "control_unit"], "HJGKDYBM"),
    (["layers", "{projects}"], "projects.gpkg"),
    (["new", "{workspace}"], "w.gpkg"),
    (["rules", "show", "no-such-rule"], "no-such-rule"),
    (["frobnicate"], "frobnicate"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSALS, ids=[" ".join(item[0]) for item in REFUSALS])
def test_refusals_are_one_sentence(arguments, said, workspace, projects, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = workspace.read_bytes()
    names = sorted(path.name for path in tmp_path.iterdir())
    filled = [word.format(workspace=workspace, projects=projects) for word in arguments]
    assert main(filled) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert "Traceback" not in captured.err
    assert workspace.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_a_cell_that_means_nothing_is_named(workspace, tmp_path, write_boxes, capsys):
    odd = write_boxes(tmp_path / "odd.gpkg", [(0, 0, 9, 9), (0, 0, 9, 9)], id=["A", "B"], nature=["新建", "随便"])
    assert main(["screen", str(workspace), str(odd)]) == 2
    said = capsys.readouterr().err
    assert "第 2 行" in said
    assert "随便" in said


def test_english(workspace, capsys):
    assert main(["--lang", "en", "rules", "show", "no-such-rule"]) == 2
    said = capsys.readouterr().err
    assert "no-such-rule" in said
    assert not any("一" <= letter <= "鿿" for letter in said), said


def test_layers_as_json_and_empty_layer(workspace, tmp_path, capsys):
    import geopandas

    geopandas.GeoDataFrame({"name": []}, geometry=[], crs=4490).to_file(tmp_path / "empty.gpkg", geometry_type="Polygon")
    assert main(["add", str(workspace), str(tmp_path / "empty.gpkg"), "--role", "wetland"]) == 0
    assert "0 个" in capsys.readouterr().err
    assert main(["layers", str(workspace), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["role"]: row["features"] for row in rows}["wetland"] == 0


def test_all_outputs_or_none(workspace, projects, tmp_path, monkeypatch):
    import sanxian.reports

    real = sanxian.reports.write_report

    def fails_at_xlsx(result, path, **more):
        if path.suffix == ".xlsx":
            raise OSError("disk full")
        return real(result, path, **more)

    monkeypatch.setattr(sanxian.reports, "write_report", fails_at_xlsx)
    out = [tmp_path / "r.json", tmp_path / "r.html", tmp_path / "r.xlsx"]
    assert main(["screen", str(workspace), str(projects), "--out", *map(str, out)]) == 2
    assert not any(path.exists() for path in out)
    assert not list(Path(tmp_path).glob(".r*"))


def test_rules_list_show_and_check(capsys):
    assert main(["rules", "list", "--on", "2026-08-14", "--json"]) == 0
    before = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert main(["rules", "list", "--on", "2026-08-15", "--json"]) == 0
    after = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert before["water-source-grade-1"]["basis"] != after["water-source-grade-1"]["basis"]
    assert "chaisang-bank-1km-chemical" not in after
    assert main(["rules", "show", "water-source-grade-1"]) == 0
    assert "一级" in capsys.readouterr().out
    assert main(["rules", "check"]) == 0


@pytest.mark.parametrize(
    ("columns", "said"),
    [({"industry_code": ["C9999"]}, "C9999"), ({"industry_code": ["C3921;C2699"]}, "C2699"), ({"outlet_lon": ["116.0"]}, "经度或纬度")],
)
def test_what_cannot_be_is_refused_with_its_cell(workspace, tmp_path, write_boxes, capsys, columns, said):
    odd = write_boxes(tmp_path / "odd.gpkg", [(0, 0, 9, 9)], id=["A"], **columns)
    assert main(["screen", str(workspace), str(odd)]) == 2
    error = capsys.readouterr().err
    assert "第 1 行" in error
    assert said in error


def test_what_contradicts_itself_is_not_known(workspace, tmp_path, write_boxes, capsys):
    odd = write_boxes(tmp_path / "odd.gpkg", [(0, 0, 9, 9)], id=["A"], discharges_pollutants=["否"], wastewater=["直接排放"], industry_code=["C 2614"])
    assert main(["screen", str(workspace), str(odd), "--on", "2026-11-22"]) == 3
    [project] = json.loads(capsys.readouterr().out)["projects"]
    assert "discharges_pollutants" not in project["attributes"]
    assert project["attributes"]["industry_code"] == ["C2614"]


def test_an_override_of_a_rule_that_ended_stops_no_report(workspace, projects, tmp_path, capsys):
    made = ["--outcome", "conditional", "--reason", "r", "--person", "p", "--on", "2025-12-01", "--expires", "2027-12-31"]
    assert main(["override", str(workspace), "--project", "P1", "--rule", "chaisang-bank-1km-chemical", *made]) == 0
    assert main(["override", str(workspace), "--project", "P1", "--exclude", "ecological_redline:1", *made[2:]]) == 0
    outputs = [str(tmp_path / f"o.{suffix}") for suffix in ("html", "xlsx", "docx")]
    assert main(["screen", str(workspace), str(projects), "--on", "2026-11-22", "--out", *outputs]) == 1
    for wrong in (["--rule", "no-such-rule"], ["--exclude", "ecological_redline:99"]):
        assert main(["override", str(workspace), "--project", "P1", *wrong, *made]) == 2
        assert wrong[1].split(":")[-1] in capsys.readouterr().err


def test_the_table_says_what_people_hold_beside_the_verdict(workspace, projects, tmp_path, capsys):
    def line():
        main(["screen", str(workspace), str(projects), "--on", "2026-11-22", "--out", str(tmp_path / "o.json")])
        return next(line for line in capsys.readouterr().out.splitlines() if line.startswith("P1"))

    assert "人工意见" not in line()
    made = ["--outcome", "conditional", "--reason", "r", "--person", "p", "--on", "2026-11-22", "--expires", "2027-12-31"]
    assert main(["override", str(workspace), "--project", "P1", "--rule", "redline-any-development", *made]) == 0
    capsys.readouterr()
    assert "；人工意见：" in line()


def test_a_distance_that_no_rule_asks_for_is_refused(workspace, projects, capsys):
    assert main(["screen", str(workspace), str(projects), "--parameter", "soil_m=500"]) == 2
    assert "soil_risk_distance_m" in capsys.readouterr().err


def test_the_linter_knows_ids_that_are_taken(tmp_path, capsys):
    from importlib.resources import files

    text = (files("rules") / "packs" / "national" / "wetland-national.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    assert main(["rules", "check", str(tmp_path), "--on", "2026-11-22"]) == 1
    assert "wetland-national" in capsys.readouterr().out


def test_help_needs_no_geometry_library():
    heavy = "numpy pandas shapely geopandas pyproj rasterio matplotlib docx PyQt5"
    code = f"import sys; from sanxian.cli import build_parser; build_parser(); print(*(set('{heavy}'.split()) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

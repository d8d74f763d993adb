"""Outlets whose place nobody knows: registered, counted, told, and on no map."""

from __future__ import annotations

import json
from datetime import date

import geopandas
import openpyxl
import pyogrio
import pytest

from layers.read import read_layer
from layers.workspace import Workspace
from sanxian.cli import main
from sanxian.outlets import audit, bulk, coverage, layers, register

ON = date(2024, 7, 1)
CODES = [f"FA-360404-{number:04d}-GY-00" for number in (1, 2, 3, 4)]
TABLE = [
    "国家编码,排污口名称,经度,纬度,区县,受纳水体,责任主体,整治类型,整治阶段,是否满足整治总则判定条件,完成时间,排水特征",
    f"{CODES[0]},示例县一号排口,115.990,29.735,示例县,示例江,示例甲公司,规范整治,完成整治,是,2023-06-01,排水",
    f"{CODES[1]},示例县二号排口,,,示例县,示例江,示例乙公司,规范整治,完成整治,否,,排水",
    f"{CODES[2]},示例县三号排口,待测,29.735,示例县,示例江,,清理合并,完成整治,是,2024-06,无水",
    f"{CODES[3]},示例县四号排口,115.992,29.735,示例县,示例江,示例丁公司,无需整治,,,,无水",
    ",,待补,,,,,,,,,",
    "填表人：示例某,,,,,,,,,,,",
]  # fmt: skip


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "台账.csv"
    path.write_text("\n".join(TABLE) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def path(table, tmp_path, capsys):
    made = tmp_path / "w.gpkg"
    assert main(["new", str(made)]) == 0
    assert main(["add", str(made), str(table), "--role", "discharge_outlet"]) == 0
    capsys.readouterr()
    return made


def run(capsys, path, *words):
    status = main(["outlets", str(path), *words, "--on", ON.isoformat()])
    out, err = capsys.readouterr()
    return status, out, err


def test_they_are_read_with_what_stood_in_their_columns(table):
    layer = read_layer(table, "discharge_outlet")
    assert (len(layer.frame), len(layer.unplaced), layer.count) == (2, 2, 4), "a row that names nothing is no outlet"
    assert list(layer.unplaced["code"]) == CODES[1:3]
    assert layer.unplaced["经度"][1] == "待测", "what could not be read stays as it was written"
    told = [issue.row for issue in layer.issues if issue.code == "place-unknown"]
    assert told == [3, 4]
    assert not any(issue.code == "geometry-missing" and issue.row in told for issue in layer.issues)


def test_other_layers_lose_such_rows_as_before(tmp_path):
    file = tmp_path / "断面.csv"
    file.write_text("断面名称,经度,纬度\n甲,115.99,29.73\n乙,,\n", encoding="utf-8")
    layer = read_layer(file, "monitoring_section")
    assert layer.unplaced is None
    assert [issue.code for issue in layer.issues if issue.severity == "error"] == ["geometry-missing"]


def test_a_register_without_any_place_is_a_register(tmp_path):
    file = tmp_path / "台账.csv"
    file.write_text("国家编码,排污口名称,经度,纬度\n" + "".join(f"{code},排口,,\n" for code in CODES), encoding="utf-8")
    layer = read_layer(file, "discharge_outlet")
    assert not any(issue.code == "empty-layer" for issue in layer.issues)
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        record = workspace.add(layer)
        assert record.features == 4
        assert len(workspace.read(record.name)) == 0
        assert len(register.read_register(workspace)) == 4
        assert workspace.add(read_layer(file, "discharge_outlet"), version="下一版").features == 4


def test_every_denominator_counts_them_and_the_number_is_said(path, capsys):
    _status, out, err = run(capsys, path, "summary")
    rows = {row["indicator"]: (row["numerator"], row["denominator"]) for row in json.loads(out)}
    assert rows["tracing_rate"] == (3, 4)
    assert rows["monitoring_rate"] == (0, 2)
    assert rows["remediation_rate"] == (2, 3)
    assert rows["file_rate"][1] == 4
    assert "2 个排污口没有点位坐标" in err
    with Workspace.open(path, readonly=True) as workspace:
        summary = coverage.load(workspace, on=ON, by="county")
        assert (summary.outlets, summary.left_out) == (4, 1), "the row that names nothing is told apart"
        assert summary.row("tracing_rate", "示例县").denominator == 4


def test_the_audit_lists_each(path, capsys):
    _status, out, _err = run(capsys, path, "audit")
    found = [item for item in json.loads(out) if item["finding"] == "no-place"]
    assert [item["outlet"] for item in found] == [None, *CODES[1:3]], "the row without a name, then the outlets"
    with Workspace.open(path, readonly=True) as workspace:
        unread = [item for item in audit.audit_workspace(workspace, on=ON) if item.finding == "unreadable"]
    assert {(item.outlet, item.params["value"]) for item in unread} == {(CODES[2], "待测"), (CODES[2], "2024-06")}


def test_maps_lack_them_and_say_how_many(path, capsys, tmp_path):
    _status, _out, err = run(capsys, path, "map", "--out", str(tmp_path / "图.gpkg"))
    assert "另有 2 个排污口没有点位坐标" in err
    assert len(geopandas.read_file(tmp_path / "图.gpkg", layer="outlets")) == 2
    run(capsys, path, "summary", "--out", str(tmp_path / "图.html"))
    assert "另有 2 个排污口没有点位坐标" in (tmp_path / "图.html").read_text(encoding="utf-8")
    with Workspace.open(path, readonly=True) as workspace:
        from sanxian.mapping.sheets import build

        assert [source.nowhere for source in build.sources_of(workspace, on=ON)] == [2]


def test_dossier_stage_table_and_code_work_for_them(path, capsys, tmp_path):
    status, out, _err = run(capsys, path, "dossier", CODES[1])
    assert status == 0
    assert "place" in json.loads(out)["lacking"]
    for suffix in (".pdf", ".docx", ".html"):
        status, _out, _err = run(capsys, path, "dossier", CODES[1], "--out", str(tmp_path / f"一口一档{suffix}"))
        assert status == 0
    run(capsys, path, "stage", "--out", str(tmp_path / "环节.xlsx"))
    rows = list(openpyxl.load_workbook(tmp_path / "环节.xlsx").active.iter_rows(values_only=True))
    assert sum(row[-1] == "未知" for row in rows) == 2
    assert run(capsys, path, "trace", CODES[1])[0] == 0
    assert run(capsys, path, "advice")[0] == 0
    assert run(capsys, path, "atlas", "--out", str(tmp_path / "图集.pdf"))[0] == 0


def test_changes_undo_and_export_keep_every_row_and_its_number(path, capsys, tmp_path):
    def state():
        with Workspace.open(path, readonly=True) as workspace:
            return [(item.fid, register.to_json(item)) for item in register.read_register(workspace)]

    before = state()
    update = tmp_path / "更新.csv"
    update.write_text(f"国家编码,完成时间,责任主体\n{CODES[2]},2024-06-15,示例丙公司\n", encoding="utf-8")
    assert run(capsys, path, "update", str(update), "--apply")[0] == 0
    after = state()
    assert [fid for fid, _record in after] == [fid for fid, _record in before]
    with Workspace.open(path, readonly=True) as workspace:
        assert register.find(register.read_register(workspace), CODES[2]).get("finished") == "2024-06-15"
        found = audit.audit_workspace(workspace, on=ON)
        assert not any(item.params.get("value") == "2024-06" for item in found), "mended is mended"
    assert run(capsys, path, "undo")[0] == 0
    assert state() == before
    out = tmp_path / "台账.geojson"
    assert main(["workspace", "export", str(path), "台账", "--out", str(out)]) == 0
    assert len(json.loads(out.read_text(encoding="utf-8"))["features"]) == 4
    with Workspace.open(path) as workspace:
        workspace.remove("台账")
        workspace.undo()
        assert len(register.read_register(workspace)) == 4


def test_a_place_can_be_given_later_and_taken_back_and_none_is_moved(path, capsys, tmp_path):
    update = tmp_path / "补坐标.csv"
    update.write_text(
        f"国家编码,经度,纬度\n{CODES[2]},115°59′30″,29°44′24″\n{CODES[1]},115.9,\n{CODES[0]},116.5,29.9\n", encoding="utf-8"
    )
    status, out, _err = run(capsys, path, "update", str(update), "--apply")
    assert status == 1
    assert [item["problem"] for item in json.loads(out)["problems"]] == ["half-a-place", "place-stays"]
    with Workspace.open(path, readonly=True) as workspace:
        found = {item.id: item for item in register.read_register(workspace)}
        assert found[CODES[2]].place.lon == pytest.approx(115.9916667, abs=1e-6)
        assert found[CODES[0]].place.lon == pytest.approx(115.990)
        assert [item.id for item in register.unplaced(found.values())] == [CODES[1]]
        assert len(workspace.read("台账")) == 3, "it is on the map now"
    assert run(capsys, path, "undo")[0] == 0
    with Workspace.open(path, readonly=True) as workspace:
        assert len(workspace.read("台账")) == 2
        assert register.find(register.read_register(workspace), CODES[2]).get("lon") == "待测"


def test_another_program_opens_the_file_with_all_rows(path):
    frame = pyogrio.read_dataframe(path, layer="台账")
    assert len(frame) == 4
    assert frame.geometry.isna().sum() == 2
    with Workspace.open(path, readonly=True) as workspace:
        assert workspace.edited_elsewhere() == {}
        assert len(workspace.read("台账", whole=True)) == 4
        assert len(workspace.read_table("台账")) == len(workspace.read("台账")) == 2


def test_rows_that_another_program_left_without_a_place_are_told_by_the_check(path, capsys):
    import sqlite3

    with Workspace.open(path) as workspace:
        bulk.commit(workspace, [], on=ON, title="x")
    with sqlite3.connect(path) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='台账'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        connection.execute("UPDATE 台账 SET geom=NULL")
    main(["check", str(path), "--json"])
    assert "place-unknown" in capsys.readouterr().out
    with Workspace.open(path, readonly=True) as workspace:
        assert len(register.unplaced(register.read_register(workspace))) == 4
        assert len(layers.of_workspace(workspace, on=ON)["outlets"]) == 0

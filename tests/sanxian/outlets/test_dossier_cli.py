from __future__ import annotations

import json
import zipfile
from datetime import date

import openpyxl
import pytest
from docx import Document

from layers.workspace import Workspace
from sanxian import i18n
from sanxian.cli import main
from sanxian.outlets import coverage, dossier, register

ON = date(2024, 1, 1)
ID = "FA-360404-0001-GY-00"


@pytest.fixture
def nasty(make_workspace, help_):
    rows = help_.outlet_rows({"name": '=HYPERLINK("http://x","<b>县</b>排口")', "responsible": "<script>alert(1)</script>", "remark": "+1"})
    return make_workspace(
        discharge_outlet=help_.outlet_frame(rows), river_bank=help_.bank_frame(("=江", "right", "water_edge", True, 0.0, 0.0, 9000.0)),
        monitoring_section=help_.sections(), admin=help_.county(),
    )  # fmt: skip


def run(capsys, *words):
    status = main(["outlets", *map(str, words)])
    out = capsys.readouterr()
    return status, out.out, out.err


def test_the_outlet_may_be_named_behind_the_options(clean, capsys):
    code = "FA-360404-0001-GY-00"
    before = run(capsys, clean, "stage", code, "--on", "2024-01-01")
    assert run(capsys, clean, "stage", "--on", "2024-01-01", code) == before
    assert before[0] == 0
    status, _out, err = run(capsys, clean, "stage", "--on", "2024-01-01", code, "another")
    assert (status, "another" in err) == (2, True)
    assert run(capsys, clean, "stage", code, "--on", "2024-01-01", "another")[0] == 2


def test_summary_as_the_contract_has_it(clean, capsys):
    status, out, _err = run(capsys, clean, "summary", "--on", "2024-01-01")
    rows = json.loads(out)
    assert status == 0
    assert all({"group", "indicator", "numerator", "denominator", "value"} <= set(row) for row in rows)
    found = {row["indicator"]: row for row in rows}
    assert (found["survey_rate"]["numerator"], found["survey_rate"]["value"]) == (pytest.approx(10.0, abs=0.01), 1.0)
    assert (found["remediation_rate"]["numerator"], found["remediation_rate"]["denominator"]) == (3, 3)
    assert found["file_rate"]["value"] == 1.0
    status, out, _err = run(capsys, clean, "summary", "--on", "2024-01-01", "--by", "class")
    assert {row["group"] for row in json.loads(out)} == {"all", "industrial"}


def test_audit_and_its_exit_status(clean, capsys):
    assert run(capsys, clean, "audit", "--on", "2024-01-01")[:2] == (0, "[]\n")


def test_audit_finds_and_says_so(nasty, capsys, tmp_path):
    status, out, _err = run(capsys, nasty, "audit", "--on", "2024-01-01")
    found = json.loads(out)
    assert status == 1
    assert all({"finding", "severity", "outlet", "message"} <= set(item) for item in found)
    for suffix in (".json", ".xlsx", ".geojson"):
        assert run(capsys, nasty, "audit", "--out", tmp_path / f"a{suffix}")[0] == 1
    assert len(json.loads((tmp_path / "a.geojson").read_text())["features"]) == len(found)
    assert not list(tmp_path.glob(".*part*"))


def test_trace(clean, capsys, tmp_path):
    status, out, _err = run(capsys, clean, "trace", "fa3604040001gy00")
    data = json.loads(out)
    assert status == 0
    assert [item["name"] for item in data["upstream"]] == ["示例甲公司"]
    assert [item["kind"] for item in data["downstream"]] == ["reach", "section", "reach"]
    assert run(capsys, clean, "trace", ID, "--out", tmp_path / "t.geojson")[0] == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["trace"], "须给出 ID"), (["dossier"], "须给出 ID"), (["update"], "须给出 FILE"), (["dossier", "nope"], "没有排污口“nope”"),
        (["trace", "nope"], "没有“nope”"), (["audit", "--by", "river"], "--by 只用于 summary"), (["audit", "x"], "不接受参数"),
        (["summary", "--out", "x.pdf"], "后缀不认识"), (["summary", "--out", "/no/such/x.json"], "不存在"), (["audit", "--apply"], "--apply"),
        (["undo"], "没有可以撤销"), (["bogus"], "命令写法有误"), (["summary", "--by", "colour"], "命令写法有误"),
        (["summary", "--on", "gestern"], "不是日期"), (["update", "/no/such.xlsx"], ""),
    ],
)  # fmt: skip
def test_wrong_use_is_one_sentence_and_status_2(clean, capsys, words, sentence):
    status, out, err = run(capsys, clean, *words)
    assert status == 2
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err


def test_no_workspace(tmp_path, capsys):
    status, _out, err = run(capsys, tmp_path / "none.gpkg", "summary")
    assert status == 2
    assert "none.gpkg" in err


@pytest.mark.parametrize("suffix", [".docx", ".html", ".json"])
def test_a_dossier_is_the_same_every_time(clean, capsys, tmp_path, suffix):
    for name in ("a", "b"):
        assert run(capsys, clean, "dossier", ID, "--out", tmp_path / f"{name}{suffix}", "--on", "2024-01-01")[0] == 0
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_a_dossier_has_every_field_and_says_what_is_missing(clean, capsys, tmp_path):
    run(capsys, clean, "dossier", ID, "--out", tmp_path / "d.docx", "--on", "2024-01-01")
    run(capsys, clean, "dossier", ID, "--out", tmp_path / "d.html", "--on", "2024-01-01")
    book = Document(tmp_path / "d.docx")
    cells = {row.cells[0].text: row.cells[1].text for table in book.tables for row in table.rows}
    assert cells["国家编码"] == ID
    assert cells["河长"] == "未记录"
    assert cells["已销号"].startswith("2023-07-01")
    assert "示例出境断面（沿河 8000 米）" in cells["下游"].replace("8001", "8000").replace("7999", "8000")
    assert len(book.inline_shapes) == 1
    text = (tmp_path / "d.html").read_text(encoding="utf-8")
    assert "<svg" in text
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    data = json.loads(run(capsys, clean, "dossier", ID, "--on", "2024-01-01")[1])
    assert data["fields"]["identity"]["code"] == ID
    assert data["fields"]["water"]["river_chief"] is None
    assert data["stage"] == "accepted"
    assert data["sign"].splitlines()[1] == data["fields"]["identity"]["name"]


def test_what_a_record_says_is_never_markup_nor_formula(nasty, capsys, tmp_path):
    assert run(capsys, nasty, "dossier", ID, "--out", tmp_path / "d.html")[0] == 0
    text = (tmp_path / "d.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<b>县" not in text
    assert run(capsys, nasty, "dossier", ID, "--out", tmp_path / "d.docx")[0] == 0
    for action in ("summary", "audit"):
        run(capsys, nasty, action, "--out", tmp_path / f"{action}.xlsx")
        for sheet in openpyxl.load_workbook(tmp_path / f"{action}.xlsx"):
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f", cell.value
                    if isinstance(cell.value, str) and cell.value[:1] in "=+-@":
                        assert cell.quotePrefix


def test_a_workbook_is_the_same_every_time(clean, tmp_path):
    with Workspace.open(clean, readonly=True) as workspace:
        summary = coverage.load(workspace, on=ON, by="river")
    for name in ("a", "b"):
        dossier.write_summary(summary, tmp_path / f"{name}.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        assert b"2024-01-01T00:00:00Z" in book.read("docProps/core.xml")


def test_unsurveyed_bank_is_drawn_as_unknown(make_workspace, help_, capsys, tmp_path):
    path = make_workspace(discharge_outlet=help_.outlet_frame(help_.outlet_rows()), river_bank=help_.bank_frame(
        ("示例江", "right", "water_edge", True, 0.0, 0.0, 6000.0), ("示例江", "right", "water_edge", None, 0.0, 6000.0, 9000.0)))  # fmt: skip
    assert run(capsys, path, "summary", "--out", tmp_path / "s.geojson")[0] == 0
    states = [item["properties"]["state"] for item in json.loads((tmp_path / "s.geojson").read_text())["features"]]
    assert states == ["surveyed", "unknown"]


def test_update_and_undo_from_the_command_line(clean, capsys, tmp_path):
    table = tmp_path / "u.csv"
    table.write_text("国家编码,整治阶段\nFA-360404-0001-GY-00,整治中\n", encoding="utf-8")
    status, out, _err = run(capsys, clean, "update", table)
    assert (status, json.loads(out)["applied"], len(json.loads(out)["changes"])) == (0, False, 1)
    assert json.loads(run(capsys, clean, "update", table)[1])["changes"], "a preview changes nothing"
    assert run(capsys, clean, "update", table, "--apply")[0] == 0
    assert json.loads(run(capsys, clean, "update", table)[1])["changes"] == []
    assert json.loads(run(capsys, clean, "undo")[1]) == {"restored": 1}


def test_in_english_no_chinese_of_ours_is_left(nasty, capsys):
    import re

    i18n.set_language("en")
    rows = json.loads(run(capsys, nasty, "summary", "--lang", "en")[1])
    for row in rows:
        assert not re.search(r"[一-鿿]", row["title"] + row["rule"] + row["group_title"]), row
    found = json.loads(run(capsys, nasty, "audit", "--lang", "en")[1])
    assert all(re.search("[a-z]{3}", item["message"]) for item in found)


def test_every_message_has_its_english():
    import ast
    from importlib import resources
    from pathlib import Path

    import polib

    folder = Path(str(resources.files("sanxian.outlets")))
    asked = set()
    for file in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                name = node.func.id if isinstance(node.func, ast.Name) else ""
                if name in ("_", "N_", "OutletError"):
                    asked.add(node.args[0].value)
    known = {}
    for file in sorted((Path(str(resources.files("sanxian"))) / "locales" / "en").glob("*.po")):
        known.update({entry.msgid: entry.msgstr for entry in polib.pofile(file.read_text(encoding="utf-8"))})
    assert sorted(word for word in asked if not known.get(word)) == []
    import string

    def names(text):
        return {part[1] for part in string.Formatter().parse(text) if part[1]}

    assert [word for word in asked if names(word) != names(known[word])] == []


def test_the_register_of_the_demo_reads_as_a_story(tmp_path):
    from sanxian.demo import draw

    outlets = register.from_frame(draw.layers()["discharge_outlet"], layer="demo")
    assert len(outlets) == 180
    summary = coverage.summarise(outlets, [], on=date(2024, 9, 30))
    assert 0.5 < summary.row("remediation_rate").value < 0.9
    assert not [item for item in outlets if item.issues]


def test_a_messy_table_from_an_office_end_to_end(tmp_path, capsys):
    """Title row, merged group headers, degrees and minutes as text, codes with and without hyphens, a row without a place."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["某县入河排污口一口一档汇总表"])
    sheet.merge_cells("A1:J1")
    sheet.append(["基本信息", None, None, None, "现场情况", None, "监测", None, "整治", None])
    for area in ("A2:D2", "E2:F2", "G2:H2", "I2:J2"):
        sheet.merge_cells(area)
    sheet.append(["国家编码", "排污口名称", "经度", "纬度", "口门形态", "排水特征", "化学需氧量", "采样日期", "整治类型", "完成时限"])
    sheet.append(["FA-360404-0001-GY-00", "某县甲排污口", "115°59′14.9″", "29°44′24″", "管道", "排水", "38", "2021-03-04", "规范整治", "2023-12-31"])
    sheet.append(["FA3604040002GY00", "某县乙排污口", "东经115度59分20秒", "北纬29度44分24秒", "明渠", "无水", None, None, "无需整治", None])
    sheet.append(["FA-360404-0003-GY-00", "某县丙排污口", None, None, None, None, None, None, None, None])
    table, path = tmp_path / "台账.xlsx", tmp_path / "w.gpkg"
    book.save(table)
    assert main(["new", str(path)]) == 0
    assert main(["add", str(path), str(table), "--role", "discharge_outlet", "--crs", "EPSG:4490"]) == 0
    capsys.readouterr()
    with Workspace.open(path, readonly=True) as workspace:
        outlets = register.read_register(workspace)
    found = {item.id: item for item in outlets}
    first = found["FA-360404-0001-GY-00"]
    assert first.place.lon == pytest.approx(115.9874722, abs=1e-6)
    assert (first.get("mouth"), first.discharging, first.get("cod"), first.get("due")) == ("管道", True, 38.0, "2023-12-31")
    assert found["FA3604040002GY00"].discharging is False
    _status, out, err = run(capsys, path, "summary", "--on", "2024-01-01")
    assert "1 个排污口没有点位坐标" in err, "what is on no map is said, not forgotten"
    rows = {row["indicator"]: row for row in json.loads(out)}
    assert (rows["monitoring_rate"]["numerator"], rows["monitoring_rate"]["denominator"]) == (1, 1)
    assert rows["overdue_rate"]["value"] is None or rows["overdue_rate"]["denominator"] == 1
    status, out, _err = run(capsys, path, "audit", "--on", "2024-01-01")
    assert status == 1
    assert [item["outlet"] for item in json.loads(out) if item["finding"] == "no-place"] == ["FA-360404-0003-GY-00"]

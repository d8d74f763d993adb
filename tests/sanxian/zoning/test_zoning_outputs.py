"""What the tables say, and that every kind of file says the same and nothing else."""

from __future__ import annotations

import json
import re
from datetime import date
from html import unescape

import docx
import openpyxl
import pytest

from sanxian import i18n
from sanxian.cli import main
from sanxian.zoning import cli
from sanxian.zoning.charts import charts
from sanxian.zoning.figures import Figure, StatisticsError, measure
from sanxian.zoning.tables import area, bound, km2, notes, percent, statements, tables
from sanxian.zoning.write import SUFFIXES, WRITERS, to_json, write

ON = date(2026, 11, 22)
HOSTILE = ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "{{7*7}}", "\u202eevil", "<img src=x onerror=alert(1)>")


@pytest.fixture
def statistics(district):
    return measure(district, on=ON)


def by_key(statistics):
    return {table.key: table for table in tables(statistics)}


def rows(table):
    return [[cell.text for cell in row] for row in table.rows]


def text_of(path):
    """All words of a file."""
    if path.suffix == ".docx":
        return "\n".join(node.text or "" for node in docx.Document(str(path)).element.body.iter() if node.tag.endswith("}t"))
    if path.suffix == ".xlsx":
        return "\n".join(str(cell.value) for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row if cell.value is not None)
    return path.read_text(encoding="utf-8")


def test_the_tables_as_planners_publish_them(statistics):
    found = by_key(statistics)
    assert rows(found["classes"]) == [
        ["优先保护单元", "2", "40.00", "0.05", "40.00"], ["重点管控单元", "1", "30.00", "0.10", "30.00"],
        ["一般管控单元", "1", "30.00", "0.10", "30.00"], ["合计", "4", "90.00", "0.05", "90.00"],
    ]  # fmt: skip
    assert any("10.00 km²，各类都计入，合计只计一次" in note for note in found["classes"].notes)
    assert any("10.00 km² 没有划入任何单元" in note for note in found["classes"].notes)
    assert rows(found["counties"])[0] == ["甲县", "100.00", "40.00", "40.00", "30.00", "30.00", "30.00", "30.00", "90.00", "10.00", "10.00", "0.00"]
    assert rows(found["counties"])[1][2:4] == ["未覆盖", "—"]
    assert rows(found["redline"]) == [
        ["甲县", "100.00", "1.00", "0.04", "1.00", "1.50", "0.01", "1.50"],
        ["乙县", "100.00", "未覆盖", "—", "—", "未覆盖", "—", "—"],
        ["合计", "200.00", "≥1.00", "0.04", "≥0.50", "≥1.50", "0.01", "≥0.75"],
    ]  # fmt: skip
    assert rows(found["changes"])[0] == ["2018 → 2022", "甲县", "0.50", "1.00", "0.50", "+0.50", "0.05", "0.00"]
    assert rows(found["changes"])[1][2] == "覆盖不全，不可比"
    assert rows(found["matrix"])[0][:4] == ["生态保护红线", "1.50", "0.25 ±<0.01", "未加载"]
    assert rows(found["matrix_shares"])[0][2] == "16.67"
    assert rows(found["conflicts"])[0] == ["甲县", "0.25", "<0.01"]


def test_the_sentence_that_plans_quote(statistics, memory):
    assert statements(statistics)[0] == "甲县生态保护红线（2022）面积 1.50 km²（±0.01 km²），占全域面积的 1.50%。"
    memory.add("ecological_redline", [(0, 0, 1_000, 3_860)], layer="无精度", version="2023")
    assert any("3.86 km²（精度未注明，误差不知道）" in text for text in statements(measure(memory, on=ON)))


def test_what_is_unknown_is_never_printed_as_nought():
    assert area(Figure(0.0, None, 100.0, 0.0, nothing_known=True)).text == "未覆盖"
    assert area(Figure(0.0, None, 100.0, 0.0)).text == "≥0.00"
    assert area(Figure(0.0, None, None)).text == "0.00*"
    assert bound(Figure(5.0, None)).text == "未注明"
    assert km2(1.0) == "<0.01"
    assert km2(0.0) == "0.00"
    assert percent(1e-6) == "<0.01"
    assert percent(None) == "—"


def test_layers_that_are_not_loaded_are_named(statistics):
    assert any("城镇开发边界" in note and "不是零" in note for note in notes(statistics))
    assert any("行政区界没有注明精度" in note for note in notes(statistics))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_kind_is_written_the_same_each_time(statistics, tmp_path, suffix, language, monkeypatch):
    i18n.set_language(language)
    if suffix == ".docx":  # charts take a second each time; the web page has them drawn twice
        drawn = charts(statistics)
        monkeypatch.setattr("sanxian.zoning.write.charts", lambda _statistics: drawn)
    first, second = (write(statistics, tmp_path / f"{name}{suffix}").read_bytes() for name in "ab")
    assert first == second
    text = text_of(tmp_path / f"a{suffix}")
    if suffix != ".json":
        assert ("环境管控单元分类统计表" if language == "zh" else "Control units by class") in text
        assert ("未覆盖" if language == "zh" else "ot covered") in text
    if language == "en":
        own = re.sub("|".join(("甲县", "乙县", "示例", "红线旧", "红线")), "", text)
        assert not re.search("[\u4e00-\u9fff]", own), re.search(".{20}[\u4e00-\u9fff].{20}", own)


def test_the_workbook_holds_numbers_marks_and_charts(statistics, tmp_path):
    book = openpyxl.load_workbook(write(statistics, tmp_path / "a.xlsx"))
    classes = book["1 单元分类"]
    assert classes["A1"].value == "表 1  环境管控单元分类统计表"
    assert classes["E2"].value == "单位：个、km²、%"
    assert classes["C4"].value == pytest.approx(40, rel=1e-4)
    assert classes["E4"].number_format == "0.00%"
    assert classes["A7"].value == "合计"
    assert classes.freeze_panes == "B4"
    assert len(classes._charts) == 1
    redline = book["3 红线面积"]
    assert redline["F6"].value == pytest.approx(1.5, rel=1e-4)
    assert redline["F6"].number_format.startswith('"≥"')
    assert redline["C5"].value == "未覆盖"


def test_the_json_tells_unknown_from_nought(statistics):
    data = json.loads(to_json(statistics))
    assert data["schema"] == "sanxian/statistics/1"
    second = next(item for item in data["control_units"] if item["place"] == "乙县")
    assert second["total"]["area_m2"] is None
    assert second["classes"]["key"]["share"] is None
    assert {"line": "urban_boundary", "loaded": False} in data["lines"]


def test_words_of_the_data_are_words_and_nothing_else(memory, tmp_path, monkeypatch):
    memory.add("admin", [(place * 1_000, 0, place * 1_000 + 1_000, 1_000) for place in range(5)], code=list("12345"), name=list(HOSTILE),
               level=["county"] * 5)
    for place, word in enumerate(HOSTILE):
        memory.add("ecological_redline", [(place * 1_000, 0, place * 1_000 + 500, 500)], layer=f"{word}{place}", version=word)
    memory.add("control_unit", [(0, 0, 5_000, 1_000)], category=["key"], code=["=1+1"], name=[HOSTILE[0]])
    statistics = measure(memory, on=ON)
    page = write(statistics, tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page
    assert "{{7*7}}" in unescape(page)  # in the page itself as entities, which no template engine takes up
    assert "script-src" not in page
    assert "default-src 'none'" in page
    for sheet in openpyxl.load_workbook(write(statistics, tmp_path / "a.xlsx")):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.value
                if isinstance(cell.value, str) and cell.value.startswith("="):
                    assert cell.quotePrefix
    monkeypatch.setattr("sanxian.zoning.write.charts", lambda _statistics: [])
    assert "{{7*7}}" in text_of(write(statistics, tmp_path / "a.docx"))


def test_charts_show_what_there_is(statistics):
    found = charts(statistics)
    assert [chart.key for chart in found] == ["units", "redline", "overlaps"]
    assert all(chart.png.startswith(b"\x89PNG") for chart in found)
    assert "40.00 km²" in found[0].words


def test_another_suffix_is_refused_and_nothing_is_written(statistics, tmp_path):
    with pytest.raises(StatisticsError, match="后缀不认识"):
        write(statistics, tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []
    assert set(cli.SUFFIXES) == set(WRITERS)


def test_the_command(workspace, tmp_path, capsys):
    out = [tmp_path / f"统计{suffix}" for suffix in SUFFIXES]
    assert main(["stats", str(workspace), "--on", "2026-11-22", *(part for path in out for part in ("--out", str(path)))]) == 0
    assert all(path.stat().st_size > 500 for path in out)
    capsys.readouterr()
    assert main(["stats", str(workspace), "--on", "2026-11-22"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["control_units"][0]["classes"]["priority"]["share"] == pytest.approx(0.5, abs=2e-3)
    assert data["redline"][0]["places"][0]["area_m2"] == pytest.approx(1.75e6, rel=1e-3)  # two boxes of 1 km² that share a quarter
    assert main(["stats", str(workspace), "--out", str(tmp_path / "a.csv")]) == 2
    assert "后缀不认识" in capsys.readouterr().err

"""``sanxian map`` as people call it: exit codes, files, sentences."""

import json

import pytest

from layers.workspace import Workspace
from sanxian.cli import main


def run(*words):
    return main(["map", *map(str, words), "--lang", "zh"])


@pytest.mark.parametrize("suffix", [".pdf", ".svg", ".png"])
def test_a_sheet_is_written(path, tmp_path, capsys, suffix):
    out = tmp_path / f"图{suffix}"
    assert run(path, "--out", out, "--on", "2026-11-22", "--dpi", 60, "--sheet", "A4", "--maker", "局") == 0
    assert out.stat().st_size > 5000
    said = capsys.readouterr()
    assert str(out) in said.out
    assert "没有标注密级" in said.err


def test_an_atlas_names_files_after_a_field(path, tmp_path, capsys):
    assert run(path, "--out", tmp_path / "单元.pdf", "--atlas", "control_unit", "--atlas-field", "name", "--on", "2026-11-22") == 0
    names = sorted(file.name for file in tmp_path.glob("*.pdf"))
    assert names == ["单元-cmd_ _C calc_A0.pdf", "单元-script_alert(1)_script.pdf", "单元-{{7_7}} {name} _s.pdf", "单元-生态单元.pdf"]
    assert run(path, "--out", tmp_path / "book.pdf", "--atlas", "管控单元", "--book", "--only", "ZH36040310001,ZH36040320001") == 0
    from pypdf import PdfReader

    assert len(PdfReader(tmp_path / "book.pdf").pages) == 2
    capsys.readouterr()


def test_a_secret_layer_stops_the_sheet_and_says_what_to_do(path, tmp_path, capsys):
    out = tmp_path / "a.pdf"
    assert main(["layers", str(path), "--secrecy", "管控单元=机密", "--lang", "zh"]) == 0
    with Workspace.open(path, readonly=True) as workspace:
        assert workspace.record("管控单元").secrecy == "confidential"
    assert run(path, "--out", out) == 1
    assert not out.exists()
    said = capsys.readouterr().err
    assert "机密" in said
    assert "--secret-layers" in said
    assert run(path, "--out", out, "--secret-layers", "omit") == 0
    assert out.exists()
    assert run(path, "--out", tmp_path / "b.pdf", "--secrecy", "机密★10年") == 0
    assert not list(tmp_path.glob(".*part*"))


def test_an_atlas_by_a_secret_layer_that_the_template_does_not_draw_is_refused(path, tmp_path, capsys):
    assert main(["layers", str(path), "--secrecy", "管控单元=机密", "--lang", "zh"]) == 0
    for handling in ("refuse", "omit", "generalise"):
        assert run(path, "--out", tmp_path / "a.pdf", "--layers", "river_bank", "--atlas", "管控单元", "--secret-layers", handling) == 2
        assert "分幅" in capsys.readouterr().err
    assert not list(tmp_path.glob("a*.pdf"))


def test_only_checking_writes_nothing(path, tmp_path, capsys):
    out = tmp_path / "a.pdf"
    assert run(path, "--out", out, "--check", "--json") == 1
    assert not out.exists()
    found = json.loads(capsys.readouterr().out)
    assert {"finding", "severity", "message", "fix", "fix_code"} <= set(found[0])
    assert all(one["message"] and one["fix"] for one in found)
    assert run(path, "--out", out, "--strict") == 1
    assert not out.exists()


@pytest.mark.parametrize(("words", "sentence"), [
    (("--scale", "五万"), "不是比例尺"), (("--extent", "1,2,3"), "范围应写成"), (("--template", "none"), "没有模板"),
    (("--layers", "无此层"), "没有名为"), (("--atlas", "无此层"), "没有图层"), (("--crs", "EPSG:1"), "不认识坐标系"),
    (("--crs", "EPSG:4490"), "投影坐标系"), (("--show", "legends"), "没有“legends”"), (("--atlas", "control_unit", "--atlas-field", "x"), "没有字段"),
])
def test_wrong_use_is_one_sentence_and_status_2(path, tmp_path, capsys, words, sentence):
    out = tmp_path / "a.pdf"
    assert run(path, "--out", out, *words) == 2
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_wrong_suffix_and_wrong_folder(path, tmp_path, capsys):
    assert run(path, "--out", tmp_path / "a.jpg") == 2
    assert run(path, "--out", tmp_path / "no" / "a.pdf") == 2
    assert "不存在" in capsys.readouterr().err


def test_a_template_is_saved_and_used_again(path, tmp_path, capsys):
    mine = tmp_path / "mine.toml"
    assert run(path, "--out", tmp_path / "a.pdf", "--sheet", "A4", "--orientation", "portrait", "--maker", "局里", "--save-template", mine) == 0
    assert 'producer = "局里"' in mine.read_text(encoding="utf-8")
    assert run(path, "--out", tmp_path / "b.pdf", "--template", mine) == 0
    assert run(path, "--out", tmp_path / "c.pdf", "--sheet", "A4", "--save-template", "我的") == 0
    assert run(path, "--out", tmp_path / "d.pdf", "--template", "我的") == 0
    capsys.readouterr()


def test_the_same_call_gives_the_same_bytes(path, tmp_path, capsys):
    for name in ("a.pdf", "b.pdf"):
        assert run(path, "--out", tmp_path / name, "--on", "2026-11-22") == 0
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    capsys.readouterr()

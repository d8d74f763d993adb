"""A file of projects some of which have no usable place: which rows, in order and in both languages."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from datetime import date

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.angles import parse_angle, run_together
from layers.issues import Issue
from sanxian.cli import exit_status, main
from sanxian.i18n import set_language
from sanxian.messages import issue_words, words
from sanxian.request import RequestError, RowsWithoutPlace, load_projects, row_list, without_place
from sanxian.result import Screening


@pytest.mark.parametrize(("language", "said"), [("zh", "第 2、4、5、6 行"), ("en", "row(s) 2, 4, 5, 6")])
def test_the_rows_are_told_in_order(language, said, tmp_path):
    source = tmp_path / "项目.csv"
    source.write_text(
        "项目名称,经度,纬度\n甲,不详,29.6\n乙,116.1,29.6\n丙,,\n丁,116.1,不详\n戊,,29.6\n", encoding="utf-8"
    )
    set_language(language)
    try:
        with pytest.raises(RequestError) as caught:
            load_projects(source)
        assert said in words(caught.value)
    finally:
        set_language("zh")


@given(st.lists(st.integers(1, 40)))
def test_each_row_once_in_order_and_what_is_left_out_shows(rows):
    told = row_list(rows)
    numbers = [int(one) for one in told.rstrip("…").split("、") if one]
    assert numbers == sorted(set(rows))[:10]
    assert told.endswith("…") is (len(set(rows)) > 10)


def test_rows_without_a_place_are_told_one_by_one_and_left_out_only_when_asked(tmp_path):
    path = tmp_path / "s.csv"
    rows = ["1,甲,116.01,29.70", "2,乙,29.70,116.01", "3,丙,404567.1,3290123.2", "4,丁,20,60", "5,戊,80.0,29.7", "6,己,29.7,80.0"]
    path.write_text("\n".join(["项目编号,项目名称,经度,纬度", *rows]), encoding="utf-8")
    with pytest.raises(RowsWithoutPlace) as refused:
        load_projects(path)
    assert [(one.row, one.code) for one in refused.value.params["lost"]] == [
        (3, "coordinate-swapped"), (4, "coordinate-in-metres"), (5, "coordinate-outside-china"), (7, "coordinate-swapped")]
    assert refused.value.params["good"] == 2
    again = pickle.loads(pickle.dumps(refused.value))  # it comes from another process
    assert again.params["lost"] == refused.value.params["lost"]
    noticed = []
    projects, _ = load_projects(path, leave_out=True, doubts=noticed.extend)
    assert [one.id for one in projects] == ["1", "5"]
    assert [one.row for one in without_place(noticed)] == [3, 4, 5, 7]


def test_degrees_minutes_and_seconds_run_together_are_called_so_and_not_metres(tmp_path):
    path = tmp_path / "s.csv"
    rows = ["1,甲,116.01,29.70", "2,乙,1160130,294230", "3,丙,294230.5,1160130.0", "4,丁,404567.1,3290123.2", "5,戊,1166130,294230"]
    path.write_text("\n".join(["项目编号,项目名称,经度,纬度", *rows]), encoding="utf-8")
    with pytest.raises(RowsWithoutPlace) as refused:
        load_projects(path)
    lost = refused.value.params["lost"]
    assert [(one.row, one.code) for one in lost][:3] == [
        (3, "coordinate-run-together"), (4, "coordinate-run-together"), (5, "coordinate-in-metres")]
    assert lost[3].code != "coordinate-run-together"  # 61 minutes
    assert (lost[0].values["lon"], lost[0].values["lat"]) == (116.025, 29.708333)
    assert (lost[1].values["lon"], lost[1].values["lat"]) == (116.025, 29.708472)
    said = issue_words(lost[0])
    assert "连写的度分秒（1160130, 294230）" in said
    assert "116.025°E 29.708333°N" in said
    assert "米" not in said
    projects, _ = load_projects(path, leave_out=True)
    assert [one.id for one in projects] == ["1"]  # never taken for granted


@given(st.integers(73, 135), st.integers(0, 59), st.integers(0, 59), st.integers(0, 9), st.integers(4, 53))
def test_what_is_written_as_one_number_is_read_as_it_would_be_apart(lon, minutes, seconds, tenths, lat):
    for degrees in (lon, lat):
        apart = degrees + minutes / 60 + (seconds + tenths / 10) / 3600
        assert run_together(f"{degrees}{minutes:02}{seconds:02}.{tenths}") == pytest.approx(apart, abs=1e-9)
        assert parse_angle(f"{degrees}°{minutes:02}′{seconds:02}.{tenths}″") == pytest.approx(apart, abs=1e-9)


@pytest.mark.parametrize("text", ["", "116.025", "1166130", "1160160", "116", "9999", "11601300", "116°01′30″", "1160130,", "E1160130"])
def test_no_other_text_is_taken_for_an_angle_run_together(text):
    assert run_together(text) is None


def test_of_more_bad_rows_than_are_listed_none_is_left_out(tmp_path):
    path = tmp_path / "s.csv"
    rows = [f"{n},甲,116.0{n % 7},29.7" for n in range(5)] + [f"x{n},乙,12.5,47.{n}" for n in range(130)]
    path.write_text("\n".join(["项目编号,项目名称,经度,纬度", *rows]), encoding="utf-8")
    with pytest.raises(RowsWithoutPlace) as refused:
        load_projects(path, leave_out=True)
    assert refused.value.params["good"] == 0


BAD = """项目编号,项目名称,经度,纬度,产业代码
1,甲,116.01,29.70,
2,乙,29.71,116.02,
3,丙,,,
4,丁,116.03,29.72,
"""


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "项目.csv"
    path.write_text(BAD, encoding="utf-8")
    return path


def test_what_is_refused_of_the_rows_that_are_left_is_named_by_the_row_of_the_file(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("项目编号,项目名称,经度,纬度,建设性质\n1,甲,,,新建\n2,乙,116.1,29.7,胡闹\n", encoding="utf-8")
    with pytest.raises(RequestError) as refused:
        load_projects(path, leave_out=True)
    assert "第 3 行“" in words(refused.value)
    path.write_text("项目编号,项目名称,经度,纬度\n1,甲,,\n2,乙,116.1,29.7\n2,丙,116.2,29.7\n", encoding="utf-8")
    with pytest.raises(RequestError) as refused:
        load_projects(path, leave_out=True)
    assert "第 3 行与第 4 行" in words(refused.value)


def test_the_command_leaves_bad_rows_out_only_when_asked_and_keeps_that_in_every_output(bad, workspace, tmp_path, capsys):
    outputs = [tmp_path / name for name in ("r.json", "r.html", "e.zip")]
    asked = ["screen", str(workspace), str(bad), "--on", "2026-11-22", "--out", str(outputs[0]), str(outputs[1])]
    assert main(asked) == 2
    assert not outputs[0].exists()
    capsys.readouterr()
    status = main([*asked, "--leave-out-bad-rows", "--bundle", str(outputs[2])])
    out, err = capsys.readouterr()
    told = json.loads(outputs[0].read_text(encoding="utf-8"))
    assert [one["id"] for one in told["projects"]] == ["1", "4"]
    assert [(one["row"], one["reason"]) for one in told["left_out"]] == [(3, "coordinate-swapped"), (4, "geometry-missing")]
    assert status != 0
    assert "第 3 行" in err
    assert "2 行没有可用的位置，未研判：第 3、4 行" in out
    assert "第 3、4 行" in outputs[1].read_text(encoding="utf-8")
    assert main(["verify", str(outputs[2])]) == 0


def test_a_screening_that_left_rows_out_is_not_all_clear():
    clear = Screening(date(2026, 11, 22), "0", "0" * 64, 1, (), (), (), {})
    assert exit_status(clear) == 0
    assert exit_status(replace(clear, left_out=(Issue("geometry-missing", 3, None, "error"),))) == 3
    assert "left_out" not in clear.to_dict()


def test_a_batch_leaves_bad_rows_out_only_when_asked(bad, workspace, tmp_path, capsys):
    out = tmp_path / "b.parquet"
    asked = ["batch", str(workspace), str(bad), "--out", str(out), "--on", "2026-11-22"]
    assert main(asked) == 2
    assert main([*asked, "--leave-out-bad-rows"]) == 0
    assert "第 3、4 行" in capsys.readouterr().out
    about = json.loads(pyarrow.parquet.read_schema(out).metadata[b"sanxian"])
    assert about["count"] == 2
    assert [one["row"] for one in about["left_out"]] == [3, 4]

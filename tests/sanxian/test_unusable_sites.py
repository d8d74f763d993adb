"""A file of projects some of which have no usable place: which rows, in order and in both languages."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanxian.i18n import set_language
from sanxian.messages import words
from sanxian.request import RequestError, RowsWithoutPlace, load_projects, row_list, without_place


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


def test_of_more_bad_rows_than_are_listed_none_is_left_out(tmp_path):
    path = tmp_path / "s.csv"
    rows = [f"{n},甲,116.0{n % 7},29.7" for n in range(5)] + [f"x{n},乙,12.5,47.{n}" for n in range(130)]
    path.write_text("\n".join(["项目编号,项目名称,经度,纬度", *rows]), encoding="utf-8")
    with pytest.raises(RowsWithoutPlace) as refused:
        load_projects(path, leave_out=True)
    assert refused.value.params["good"] == 0

"""A file of projects some of which have no usable place: which rows, in order and in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanxian.i18n import set_language
from sanxian.messages import words
from sanxian.request import RequestError, load_projects, row_list


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

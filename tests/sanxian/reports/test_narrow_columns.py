"""Words in narrow columns of the PDF and in the legend of its map: whole where there is room, and none of them lost."""

from __future__ import annotations

from datetime import date

import pytest

from sanxian.reports.pdf import _PADDING, Sheet
from sanxian.reports.picture import _broken

HEADS = ("ID", "Project name", "Prohibited", "Conditional", "Control units")


@pytest.fixture
def sheet():
    made = Sheet("t", "t", on=date(2026, 11, 22), program="p")
    made.add_page()
    return made


def lines(sheet, heads, rows, widths):
    sheet.set_font_size(8)
    roomy = sheet._roomy(widths, [heads, *rows])
    assert sum(roomy) == pytest.approx(sum(widths))
    assert min(roomy) > 0
    return [sheet._lines(text, width - 2 * _PADDING) for text, width in zip(heads, roomy, strict=True)]


def test_a_word_of_a_heading_is_not_broken_where_others_can_spare_the_room(sheet):
    rows = [("SL-27", "a b c", "5", "2", "ZH36040319902 Priority protection unit")]
    broken = lines(sheet, HEADS, rows, (14, 70, 11, 11, 64))
    assert broken[2:4] == [["Prohibited"], ["Conditional"]]
    assert lines(sheet, HEADS[2:], [row[2:] for row in rows], (11, 11, 11))[0] != ["Prohibited"], "nobody can spare it"


def test_columns_that_need_nothing_stay_as_they_are(sheet):
    widths = (20, 40, 60)
    assert sheet._roomy(widths, [("编号", "名称", "禁止"), ("1", "示例", "无")]) == pytest.approx(widths)


@pytest.mark.parametrize("text", ["Drinking water source protection: First-grade zone", "饮用水水源保护区：一级保护区", "Main stem"])
def test_names_in_the_legend_are_whole(text):
    broken = _broken(text, 7)
    assert " ".join(broken).replace(" ", "") == text.replace(" ", "")
    assert len(broken) <= 2


def test_a_name_without_end_is_cut_with_a_mark():
    broken = _broken("word " * 100, 7)
    assert (len(broken), broken[-1][-1]) == (3, "…")

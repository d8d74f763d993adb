"""What the rows of a project file leave open is asked about, and no row is taken for another."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from layers.codelist import industries
from sanxian.request import RequestError, must_keep_zeros, projects_of, row_ids


def frame(codes, ids=None, column="行业代码"):
    shapes = [box(116 + k / 100, 29.7, 116.001 + k / 100, 29.701) for k in range(len(codes))]
    return gpd.GeoDataFrame({"id": ids or [f"K{k}" for k in range(len(codes))], column: codes}, geometry=shapes, crs=4490)


@pytest.mark.parametrize(("codes", "file"), [
    ([313], "a.gpkg"), ([313.0, None], "a.geojson"), (["313"], "a.csv"), (["C2614;921"], "a.XLSX"), (["313.0"], "a.xls")])
def test_a_code_that_may_have_lost_its_zero_is_refused_with_both_readings(codes, file):
    with pytest.raises(RequestError, match="可能丢了开头的 0") as refused:
        projects_of(frame(codes), file)
    said = str(refused.value)
    assert ("A0313" in said and "C313" in said) or ("B0921" in said and "S921" in said)
    assert "第 1 行“行业代码”" in said


@pytest.mark.parametrize(("codes", "file"), [
    (["313"], "a.geojson"), (["C313"], "a.csv"), (["0313"], "a.csv"), ([2614], "a.gpkg"), ([268], "a.gpkg"), (["26"], "a.xlsx"),
    ([None], "a.csv")])
def test_a_code_that_says_what_it_is_stays(codes, file):
    assert len(projects_of(frame(codes), file)) == 1


def test_every_code_with_a_zero_is_told_when_it_was_lost_and_means_something_else():
    known = {item.digits for item in industries().values()}
    lost = [one for one in known if len(one) == 4 and one[0] == "0" and one[1:] in known]
    assert len(lost) > 20
    for one in lost:
        with pytest.raises(RequestError, match=one):
            must_keep_zeros(frame([int(one)]), "a.gpkg")
    for one in sorted(known - {""}):
        if len(one) in (2, 4) and one[0] != "0":
            must_keep_zeros(frame([int(one)]), "a.gpkg")


def test_a_row_without_an_id_is_no_parcel_of_another_project():
    asked = projects_of(frame(["C2614"] * 3, ["P2", None, "P1"]), "a.geojson")
    assert [one.id for one in asked] == ["P2", "P2-2", "P1"]


@given(st.lists(st.sampled_from(["", "P1", "P2", "P3", "P1-2", "P2-2", "甲"]), max_size=12))
def test_made_up_ids_are_nobody_else_s(given_ids):
    made = row_ids(given_ids)
    assert [one for one, own in zip(made, given_ids, strict=True) if own] == [own for own in given_ids if own]
    for place, own in enumerate(given_ids):
        if not own:
            assert made.count(made[place]) == 1


def test_screen_and_batch_refuse_and_name_rows_alike(tmp_path, capsys, workspace):
    from sanxian.cli import main

    table = pd.DataFrame({"编号": ["a", "b"], "项目名称": ["甲", "乙"], "行业代码": [3130, 313],
                          "经度": [115.99, 115.985], "纬度": [29.73, 29.725]})
    path = tmp_path / "p.xlsx"
    table.to_excel(path, index=False)
    assert main(["screen", str(workspace), str(path)]) == 2
    first = capsys.readouterr().err
    assert main(["batch", str(workspace), str(path), "--out", str(tmp_path / "o.parquet")]) == 2
    second = capsys.readouterr().err
    assert "第 3 行" in first
    assert "A0313" in first
    assert second == first
    assert not (tmp_path / "o.parquet").exists()

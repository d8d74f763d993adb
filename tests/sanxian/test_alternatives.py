"""Columns that set sites side by side: who belongs to whom, and that no verdict hangs on it."""

import geopandas
import pytest
import shapely

from sanxian.request import RequestError, alternatives, projects_of


def projects(**columns):
    count = len(next(iter(columns.values())))
    shapes = [shapely.box(115.9 + n / 100, 29.6, 115.901 + n / 100, 29.601) for n in range(count)]
    return projects_of(geopandas.GeoDataFrame(columns, geometry=shapes, crs=4490), "f.csv")


def groups(found):
    return [(key, [item.id for item in members]) for key, members in alternatives(found)]


def test_the_same_word_puts_projects_side_by_side():
    found = projects(项目编号=["A", "B", "C", "D"], 比选项目=["选址", "选址", None, "孤"], 方案=["方案一", "方案二", None, "方案三"])
    assert groups(found) == [("选址", ["A", "B"])]
    assert [(item.alternative, item.alternative_of) for item in found] == [("方案一", "选址"), ("方案二", "选址"), ("", ""), ("方案三", "孤")]
    assert all(not item.attributes for item in found)


def test_the_project_that_is_named_belongs_to_its_alternatives():
    found = projects(id=["A", "B", "C"], alternative_of=[None, "A", "A"])
    assert groups(found) == [("A", ["A", "B", "C"])]


def test_sites_of_one_name_are_alternatives_where_only_they_are_labelled():
    found = projects(编号=["A", "B", "C"], 项目名称=["化工园", "化工园", "别的"], 方案=["一", "二", None])
    assert groups(found) == [("化工园", ["A", "B"])]
    assert groups(projects(编号=["A", "B"], 项目名称=["化工园", "化工园"])) == []


def test_parcels_of_one_project_are_of_one_alternative():
    assert len(projects(编号=["A", "A"], 名称=["甲", "甲"], 方案=["一", "一"])) == 1
    with pytest.raises(RequestError, match="第 1 行与第 2 行编号同为“A”而方案不同"):
        projects(编号=["A", "A"], 名称=["甲", "甲"], 方案=["一", "二"])

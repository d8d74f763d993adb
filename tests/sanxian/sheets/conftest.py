"""A district of squares whose areas are known."""

from datetime import date

import geopandas
import numpy as np
import pytest
from shapely.geometry import LineString, Point, Polygon, box

from sanxian.mapping.sheets import template
from sanxian.mapping.sheets.build import Request
from sanxian.mapping.sheets.content import Source

ON = date(2026, 11, 22)
# On the central meridian of 4548 the plane is the ellipsoid to 1 in 10 million: squares have the areas they seem to have.
X, Y = 500_000.0, 3_290_000.0


def square(column, row, size=1000.0):
    return box(X + column * size, Y + row * size, X + (column + 1) * size, Y + (row + 1) * size)


@pytest.fixture
def units():
    return geopandas.GeoDataFrame({
        "code": ["ZH36040310001", "ZH36040320001", "ZH36040330001", "ZH36040320002"],
        "name": ["甲单元", "乙单元", "丙单元", "丁单元"], "category": ["priority", "key", "general", "key"],
    }, geometry=[square(0, 0), square(1, 0), square(0, 1), square(1, 1)], crs=4548)  # fmt: skip


@pytest.fixture
def sources(units):
    river = geopandas.GeoDataFrame({"rank": ["main"], "name": ["示例江"]},
                                   geometry=[LineString([(X, Y + 2500), (X + 2000, Y + 2500)])], crs=4548)
    outlets = geopandas.GeoDataFrame({"work_state": ["done", "closed", "closed"], "name": ["一号口", "二号口", ""]},
                                     geometry=[Point(X + 100, Y + 2400), Point(X + 900, Y + 2400), Point(X + 1500, Y + 2400)], crs=4548)
    about = {"version": "v1", "data_date": "2023-12-31", "source": "某局", "secrecy": "public"}
    return [Source("单元", "单元", "control_unit", units, **about), Source("岸线", "岸线", "river_bank", river, **about),
            Source("排污口", "排污口", "discharge_outlet", outlets, **about)]


@pytest.fixture
def request_(sources):
    made = template.builtin()["zoning"].with_fields(producer="示例局", classification="公开", approval="示S(2026)1号")
    return Request(made, ON)


@pytest.fixture
def polygon():
    return Polygon(np.array([(X, Y), (X + 1, Y), (X, Y + 1)]))

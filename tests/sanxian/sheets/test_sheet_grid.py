"""Scales, bars and grids, by hand and by laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer

from sanxian.mapping.sheets import grid
from sanxian.mapping.sheets.outlines import Paper

GK = CRS.from_epsg(4548)


def paper(lon=116.0, lat=29.7, scale=50_000.0, crs=GK, width=280.0, height=200.0):
    x, y = Transformer.from_crs(4490, crs, always_xy=True).transform(lon, lat)
    per = scale / 1000
    return Paper(crs, x - width * per / 2, y + height * per / 2, 20.0, 20.0, width, height, scale)


@pytest.mark.parametrize(("needed", "scale"), [(40_001, 50_000), (50_000, 50_000), (50_001, 60_000), (61_000, 70_000), (81_000, 100_000)])
def test_a_scale_is_one_that_people_read(needed, scale):
    assert grid.fixed_scale(needed) == scale


@given(st.floats(100, 2e7))
def test_a_scale_shows_at_least_what_is_needed(needed):
    for found in (grid.fixed_scale(needed), grid.round_scale(needed)):
        assert needed * (1 - 1e-6) <= found <= needed * 2.001 + 100


@pytest.mark.parametrize(("text", "scale"), [("50000", 50_000), ("1:50,000", 50_000), ("5万", 50_000), ("1：2.5万", 25_000), ("1:", None),
                                             ("abc", None), ("12", None), ("nan", None), ("1:9999万", None)])
def test_scales_are_read_as_people_write_them(text, scale):
    assert grid.read_scale(text) == scale


@settings(max_examples=30, deadline=None)
@given(st.floats(114.0, 118.5), st.floats(24.5, 30.0), st.sampled_from([2_000, 10_000, 50_000, 250_000, 1_000_000]), st.floats(30, 120))
def test_a_bar_is_as_long_on_paper_as_it_says(lon, lat, scale, room):
    where = paper(lon, lat, float(scale))
    bar = grid.scale_bar(where, room)
    assert room * 0.35 <= bar.length_mm <= room
    # walked on the ellipsoid between the ends of a bar laid through the middle of the map
    assert grid.bar_ground_m(where, bar.length_mm) == pytest.approx(bar.total_m, rel=2e-4)
    assert f"{bar.step_m:g}".replace("0", "").replace(".", "") in ("1", "2", "25", "5")


def test_a_bar_on_the_central_meridian_by_hand():
    bar = grid.scale_bar(paper(117.0, 29.7), 60)
    assert (bar.step_m, bar.steps) == (500, 5)
    assert bar.length_mm == pytest.approx(50.0, abs=1e-3)  # 2.5 km at 1:50,000 where the scale is 1
    assert bar.labels() == ["0", "0.5", "1", "1.5", "2", "2.5"]


def test_meridians_and_parallels_are_where_they_say():
    where = paper()
    lines = grid.graticule(where)
    assert {line.upright for line in lines} == {True, False}
    back = Transformer.from_crs(GK, 4490, always_xy=True)
    for line in lines:
        for piece in line.pieces:
            xy = where.to_map(piece)
            lon, lat = back.transform(xy[:, 0], xy[:, 1])
            # true to 2 m, 0.04 mm on this paper
            assert np.abs((lon if line.upright else lat) - line.value).max() < 2e-5
        assert len({side for side, _x, _y in line.ends}) == 2


def test_a_meridian_away_from_the_central_one_leans():
    where = paper(lon=115.5)
    meridian = next(line for line in grid.graticule(where) if line.upright)
    (x0, _), (x1, _) = meridian.pieces[0][0], meridian.pieces[0][-1]
    assert abs(x0 - x1) > 1.0
    # convergence by the book: (lon - lon0) sin(lat); west of the central meridian true north lies east of grid north
    assert grid.convergence_deg(where) == pytest.approx(1.5 * np.sin(np.radians(29.7)), abs=0.01)


def test_kilometre_lines_carry_the_zone():
    lines = grid.kilometre_grid(paper(), zone=grid.zone_prefix(GK))
    assert grid.zone_prefix(GK) == "39"
    assert grid.zone_prefix(CRS.from_epsg(4527)) == ""  # its eastings carry the zone already
    eastings = [line for line in lines if line.upright]
    assert all(line.label == f"39{line.value / 1000:g}" for line in eastings)
    assert {round(b.value - a.value) for a, b in zip(eastings, eastings[1:], strict=False)} == {2000}
    assert np.ptp(eastings[0].pieces[0][:, 0]) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("value", "upright", "step", "text"), [
    (115.5, True, 0.5, "115°30′E"), (29.0, False, 1.0, "29°N"), (116.0, True, 0.25, "116°00′E"),
    (29.7083333333, False, 30 / 3600, "29°42′30″N"), (-0.5, True, 0.5, "0°30′W"),
])
def test_degrees_in_words(value, upright, step, text):
    assert grid.degree_words(value, upright, step) == text


def test_the_paper_and_the_ground_are_each_others_way_back():
    where = paper()
    mm = np.array([[20.0, 20.0], [300.0, 220.0], [77.7, 99.9]])
    assert where.to_mm(where.to_map(mm)) == pytest.approx(mm)
    ends = where.to_map(np.array([[100.0, 120.0], [150.0, 120.0]]))
    lon, lat = Transformer.from_crs(GK, 4490, always_xy=True).transform(ends[:, 0], ends[:, 1])
    metres = Geod(ellps="GRS80").inv(lon[0], lat[0], lon[1], lat[1])[2]
    assert metres == pytest.approx(2500, rel=5e-4)

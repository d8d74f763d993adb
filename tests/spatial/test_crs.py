from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from spatial.crs import CGCS2000, CrsError, gauss_kruger_3deg, lonlat_of, require_same, transform, zone_for


@pytest.mark.parametrize(
    ("lon", "epsg"),
    [(73.5, 4534), (75, 4534), (115.49, 4547), (115.5, 4548), (117, 4548), (118.5, 4549), (136.4, 4554)],
)
def test_zone_of_a_longitude(lon, epsg):
    assert gauss_kruger_3deg(lon).to_epsg() == epsg


@pytest.mark.parametrize("lon", [73.4, 136.5, -116, 28.5, float("nan"), float("inf")])
def test_longitude_outside_china_is_refused(lon):
    with pytest.raises(CrsError, match="超出我国 3 度分带范围") as refused:
        gauss_kruger_3deg(lon)
    assert str(refused.value) == refused.value.template.format(**refused.value.params)


def test_zone_of_shapes_is_that_of_their_middle():
    assert zone_for(np.array([shapely.Point(115, 28), shapely.box(116, 29, 117, 30)])).to_epsg() == 4548
    with pytest.raises(CrsError, match="图形为空"):
        zone_for(shapely.Point())


def test_east_is_x_although_the_authority_lists_north_first():
    (there,) = transform(np.array([shapely.Point(117, 28)]), CGCS2000, gauss_kruger_3deg(117))
    assert there.x == pytest.approx(500_000)
    assert there.y == pytest.approx(3_098_700, abs=500)


@given(lon=st.floats(74, 136), lat=st.floats(3, 54))
def test_there_and_back(lon, lat):
    plane = gauss_kruger_3deg(lon)
    back = transform(transform(shapely.Point(lon, lat), CGCS2000, plane), plane, CGCS2000)
    assert (back.x, back.y) == (pytest.approx(lon, abs=1e-9), pytest.approx(lat, abs=1e-9))


def test_empty_missing_and_heights():
    moved = transform(
        np.array([None, shapely.Point(), shapely.Point(117, 28, 5)]), CGCS2000, gauss_kruger_3deg(117)
    )
    assert moved[0] is None
    assert moved[1].is_empty
    assert not moved[2].has_z
    assert not transform(shapely.Point(1, 2, 3), CGCS2000, CGCS2000).has_z


def test_swapped_coordinates_are_refused():
    with pytest.raises(CrsError, match="无法从"):
        transform(shapely.Point(28, 117), CGCS2000, gauss_kruger_3deg(117))


def test_long_edges_keep_to_their_line():
    parallel = shapely.LineString([(116, 28), (118, 28)])
    plane = gauss_kruger_3deg(117)
    straight, kept = transform(parallel, CGCS2000, plane), transform(parallel, CGCS2000, plane, straight_m=1000)
    assert len(shapely.get_coordinates(straight)) == 2
    assert 100 < straight.hausdorff_distance(kept) < 2000


def test_same_crs_or_refused():
    assert require_same(CGCS2000, CRS.from_epsg(4490)) == CGCS2000
    with pytest.raises(CrsError, match="没有坐标系"):
        require_same(None, CGCS2000)
    with pytest.raises(CrsError, match="坐标系不同"):
        require_same(CRS.from_epsg(4326), CGCS2000)


def test_local_drawing_coordinates_stand_nowhere():
    local = CRS.from_wkt('LOCAL_CS["drawing",UNIT["metre",1]]')
    with pytest.raises(CrsError, match="没有地理基准"):
        lonlat_of(local)


def test_a_polygon_too_thin_to_be_split_is_carried_as_it_is():
    thin = shapely.Polygon([(404802.386, 3290816.7314999998), (404785.967, 3290921.315), (404818.805, 3290712.148)])
    assert shapely.segmentize(thin, 200).is_empty  # what GEOS makes of it
    plane = CRS.from_epsg(4548)
    assert not transform(thin, plane, CGCS2000, straight_m=200).is_empty
    assert not transform(np.array([thin]), plane, CGCS2000, straight_m=200)[0].is_empty

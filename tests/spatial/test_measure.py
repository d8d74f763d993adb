from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod

from spatial.crs import CGCS2000, CrsError, gauss_kruger_3deg, transform
from spatial.measure import area_m2, distance_between_m, distance_m, length_m

GEOD = Geod(a=6378137, rf=298.257222101)


def geodesic_m2(polygon):
    return abs(GEOD.geometry_area_perimeter(shapely.segmentize(polygon, 0.001))[0])


@given(
    lon=st.floats(75, 134),
    lat=st.floats(4, 53),
    size=st.sampled_from([1e-4, 1e-3, 1e-2, 0.1, 1]),
    shape=st.integers(3, 9),
)
def test_area_agrees_with_geodesic_polygons(lon, lat, size, shape):
    angles = np.linspace(0, 2 * math.pi, shape, endpoint=False)
    polygon = shapely.Polygon(np.c_[lon + size * np.cos(angles), lat + 0.6 * size * np.sin(angles)])
    assert area_m2(polygon, CGCS2000)[0] == pytest.approx(geodesic_m2(polygon), rel=1e-5)


@given(lon=st.floats(115.3, 115.7), lat=st.floats(20, 50), half=st.floats(1e-4, 0.05))
def test_area_is_the_same_from_either_zone(lon, lat, half):
    site = shapely.segmentize(shapely.box(lon - half, lat - half, lon + half, lat + half), 0.001)
    west, east = (transform(site, CGCS2000, gauss_kruger_3deg(where)) for where in (114, 117))
    true = area_m2(site, CGCS2000)[0]
    assert area_m2(west, gauss_kruger_3deg(114))[0] == pytest.approx(true, rel=1e-6)
    assert area_m2(east, gauss_kruger_3deg(117))[0] == pytest.approx(true, rel=1e-6)


def test_a_hectare_in_the_middle_of_a_zone_is_a_hectare():
    plane = gauss_kruger_3deg(117)
    assert area_m2(shapely.box(500_000, 3_100_000, 500_100, 3_100_100), plane)[0] == pytest.approx(10_000, rel=1e-6)


def test_web_mercator_does_not_stretch_what_is_measured():
    mercator = CRS.from_epsg(3857)
    site = shapely.box(115.9, 28.6, 115.91, 28.61)
    drawn = transform(site, CRS.from_epsg(4326), mercator)
    assert drawn.area > 1.25 * geodesic_m2(site)
    assert area_m2(drawn, mercator)[0] == pytest.approx(geodesic_m2(site), rel=1e-5)


def test_holes_parts_collections_and_what_has_no_area():
    plane = gauss_kruger_3deg(117)
    x, y = 500_000, 3_100_000
    holed = shapely.box(x, y, x + 10, y + 10).difference(shapely.box(x + 2, y + 2, x + 4, y + 4))
    more = shapely.MultiPolygon([shapely.box(x, y - 9, x + 1, y)])
    both = shapely.GeometryCollection([holed, shapely.Point(x, y), more])
    found = area_m2(np.array([holed, both, shapely.Point(x, y), shapely.Polygon(), None]), plane)
    assert found == pytest.approx([96, 105, 0, 0, 0], rel=1e-6)
    assert area_m2(np.array([], dtype=object), plane).shape == (0,)


def test_lengths_of_lines_rings_and_collections():
    plane = gauss_kruger_3deg(117)
    x, y = 500_000, 3_100_000
    line = shapely.LineString([(x, y), (x + 300, y), (x + 300, y + 400)])
    two = shapely.MultiLineString([[(x, y), (x + 3, y)], [(x, y + 9), (x, y + 13)]])
    nested = shapely.GeometryCollection([shapely.GeometryCollection([two]), shapely.Point(x, y)])
    found = length_m(np.array([line, two, nested, shapely.box(x, y, x + 10, y + 10), shapely.Point(x, y)]), plane)
    assert found == pytest.approx([700, 7, 7, 40, 0], rel=1e-6)


def test_length_of_a_meridian_degree():
    line = shapely.LineString([(117, 28), (117, 29)])
    assert length_m(line, CGCS2000)[0] == pytest.approx(GEOD.line_length([117, 117], [28, 29]), rel=1e-9)


def test_geodesic_distances():
    expected = GEOD.inv(116, 28, 117, 29)[2]
    assert distance_m(116, 28, 117, 29) == pytest.approx(expected)
    plane = gauss_kruger_3deg(117)
    ends = shapely.get_coordinates(transform(shapely.points([(116, 28), (117, 29)]), CGCS2000, plane))
    assert distance_between_m(ends[0], ends[1], plane) == pytest.approx([expected])


def test_unplaced_drawings_cannot_be_measured():
    with pytest.raises(CrsError, match="没有地理基准"):
        area_m2(shapely.box(0, 0, 1, 1), CRS.from_wkt('LOCAL_CS["drawing",UNIT["metre",1]]'))

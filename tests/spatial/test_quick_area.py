"""The fast area against the slow one, which is tested against known figures itself."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from spatial.measure import area_m2
from spatial.quick_area import quick_area_m2


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([4490, 4548, 4527, 32650, 3857]), st.floats(-1.4, 1.4), st.floats(22, 40), st.floats(0.002, 0.4),
       st.integers(3, 40), st.booleans())
def test_as_the_slow_way_to_one_in_100_000(code, off, lat, size, corners, reverse):
    crs = CRS.from_epsg(code)
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    ring = np.column_stack([117 + off + size * np.cos(turn), lat + size * 0.7 * np.sin(turn)])
    from pyproj import Transformer

    dense = shapely.get_coordinates(shapely.segmentize(shapely.polygons(ring), size / 30))
    xy = np.column_stack(Transformer.from_crs(4490, crs, always_xy=True).transform(*dense.T))
    shape = shapely.Polygon(xy[::-1] if reverse else xy)
    slow = area_m2(shape, crs)[0]
    assert quick_area_m2(np.array([shape]), crs)[0] == pytest.approx(slow, rel=1e-5)


def test_holes_and_parts_count_as_they_are():
    crs = CRS.from_epsg(4548)
    shell, hole = shapely.box(500_000, 3_280_000, 501_000, 3_281_000), shapely.box(500_200, 3_280_200, 500_300, 3_280_300)
    far = shapely.box(500_000, 3_290_000, 500_100, 3_290_100)
    ring = shapely.Polygon(shell.exterior.coords, [hole.exterior.coords])
    found = quick_area_m2(np.array([shapely.MultiPolygon([ring, far]), shapely.Point(0, 0), None, far]), crs)
    # on the central meridian the plane is true: 1 km² less 1 ha, and 1 ha
    assert found == pytest.approx([1e6 - 1e4 + 1e4, 0, 0, 1e4], rel=1e-6)

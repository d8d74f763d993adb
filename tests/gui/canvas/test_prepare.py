"""Layers made ready to draw: what a coarse level is."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon

from gui.canvas.geodesy import crs_key
from gui.canvas.prepare import CHUNK_VERTICES, Prepared


def ragged(random, x, y, radius, count):
    turn = np.sort(random.uniform(0, 2 * np.pi, count))
    out = radius * random.uniform(0.995, 1, count)
    return np.stack([x + out * np.cos(turn), y + out * np.sin(turn)], -1)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_level_is_the_vertices_by_their_cells_without_repeats(seed):
    random = np.random.default_rng(seed)
    holed = Polygon(ragged(random, 0, 0, 400, 500), [ragged(random, 0, 0, 90, 60)])
    shapes = [
        holed, MultiPolygon([Polygon(ragged(random, 900, 0, 300, 300)), Polygon(ragged(random, -900, 0, 5, 40))]),
        shapely.LineString(ragged(random, 0, 2000, 700, 400)), shapely.Point(50_000, 5),
    ]  # fmt: skip
    frame = gpd.GeoDataFrame(geometry=[shapely.transform(one, lambda xy: xy + (400_000, 3_300_000)) for one in shapes], crs=4548)
    prepared = Prepared(frame, crs_key(frame.crs))
    chunk, = prepared.chunks
    paths, local = chunk.prepare(), chunk.full()
    kinds = paths.part_kind[np.searchsorted(paths.part_ring, np.arange(len(paths.offsets) - 1), side="right") - 1]
    assert len(paths.levels) > 2
    for level in paths.levels:
        for ring, (start, stop) in enumerate(zip(paths.offsets, paths.offsets[1:], strict=False)):
            cells = np.floor(local[start:stop] / level.size)
            keep = np.r_[True, (cells[1:] != cells[:-1]).any(axis=1)]
            keep[-1] |= kinds[ring] == 1  # a line ends where it ended
            assert (level.cells[level.offsets[ring] : level.offsets[ring + 1]] == cells[keep]).all()
    for part, box in enumerate(paths.part_box):
        ring = local[paths.offsets[paths.part_ring[part]] : paths.offsets[paths.part_ring[part] + 1]]
        assert (box[:2] <= ring.min(axis=0)).all()
        assert (box[2:] >= ring.max(axis=0)).all()


def test_points_are_portioned_by_their_number_and_not_copied(monkeypatch):
    shapes = shapely.points(np.random.default_rng(1).uniform(0, 1e5, (60_000, 2)) + (400_000, 3_300_000))

    def never(*_args, **_options):
        raise AssertionError("an object for each point that is one already")

    monkeypatch.setattr(shapely, "get_parts", never)
    frame = gpd.GeoDataFrame(geometry=shapes, crs=4548)
    prepared = Prepared(frame, crs_key(frame.crs))
    assert max(len(chunk.rows) for chunk in prepared.chunks) <= CHUNK_VERTICES // 5
    rows = np.concatenate([chunk.prepare().point_row for chunk in prepared.chunks])
    at = np.concatenate([chunk.prepare().points for chunk in prepared.chunks]) + prepared.origin
    assert sorted(rows) == list(range(60_000))
    np.testing.assert_allclose(at, shapely.get_coordinates(shapes)[rows])


def test_a_metre_of_the_map_is_told_on_the_ground():
    """On Web Mercator a planner who reads a kilometre off the bar in Jiangxi would be 150 m out."""
    from pyproj import Geod

    from gui.canvas.geodesy import metres_per_unit, transformer

    x, y = transformer("EPSG:4490", "EPSG:3857").transform(116.0, 29.4)
    lon, lat = transformer("EPSG:3857", "EPSG:4490").transform([x, x + 1000], [y, y])
    true = Geod(ellps="GRS80").inv(lon[0], lat[0], lon[1], lat[1])[2] / 1000
    assert metres_per_unit("EPSG:3857", x, y) == pytest.approx(true, rel=1e-6) == pytest.approx(0.872, abs=0.001)
    assert metres_per_unit("EPSG:4548", 400_000.0, 3_290_000.0) == 1.0
    assert metres_per_unit("EPSG:3857", 0.0, 1e9) == 1.0, "where there is no place, the plane's own"

"""Layers made ready to draw: what a coarse level is."""

import geopandas as gpd
import numpy as np
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

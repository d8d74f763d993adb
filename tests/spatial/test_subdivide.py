from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapes import polygons, sites

from spatial.subdivide import chunks, subdivide


def ragged(vertices, seed=0):
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, vertices))
    return shapely.Polygon(np.c_[np.cos(angle), np.sin(angle)] * rng.uniform(500, 1000, vertices)[:, None])


def test_tiles_are_small_and_cover_the_whole():
    whole = ragged(5000)
    assert whole.is_valid
    tiles, owner = subdivide(np.array([None, whole, shapely.Polygon(), shapely.box(0, 0, 1, 1)]), 128)
    assert sorted(set(owner.tolist())) == [1, 3]
    assert shapely.get_num_coordinates(tiles).max() <= 128
    assert shapely.area(tiles[owner == 1]).sum() == pytest.approx(whole.area, rel=1e-12)
    assert shapely.is_valid(tiles).all()


@given(shape=polygons())
def test_tiles_make_up_any_polygon(shape):
    tiles, _ = subdivide(np.array([shape]), 5)
    assert shapely.area(tiles).sum() == pytest.approx(shape.area)


@given(shapes=st.lists(sites(), max_size=5), edges=st.integers(1, 5))
def test_pieces_make_up_every_outline(shapes, edges):
    pieces, owner = chunks(np.array([None, shapely.Point(), *shapes], dtype=object), edges)
    for number, shape in enumerate(shapes, start=2):
        mine = pieces[owner == number]
        outline = shape.boundary if shape.area else shape
        assert shapely.length(mine).sum() == pytest.approx(outline.length)
        assert shapely.union_all(mine).equals(shapely.union_all([outline]))
        assert (shapely.get_num_coordinates(mine) <= edges + 1).all()
    assert (np.diff(owner) >= 0).all()

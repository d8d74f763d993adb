"""Shapes drawn by Hypothesis, small enough to check by hand when a law fails."""

from __future__ import annotations

import math

import numpy as np
import shapely
import shapely.affinity
from hypothesis import strategies as st

METRES = st.integers(-300, 300)


@st.composite
def boxes(draw, most=300):
    x, y = draw(METRES), draw(METRES)
    return shapely.box(x, y, x + draw(st.integers(1, most)), y + draw(st.integers(1, most)))


@st.composite
def stars(draw, hole=True):
    """Ragged polygons, some with a hole, none of them invalid."""
    x, y = draw(METRES), draw(METRES)
    spokes = draw(st.lists(st.floats(10, 250), min_size=3, max_size=12))
    angles = np.arange(len(spokes)) * 2 * math.pi / len(spokes)
    rays = np.c_[np.cos(angles), np.sin(angles)] * np.array(spokes)[:, None]
    shell = shapely.Polygon(rays + (x, y))
    if not hole or not draw(st.booleans()):
        return shell
    return shapely.Polygon(rays + (x, y), [rays * draw(st.floats(0.1, 0.8)) + (x, y)])


@st.composite
def lines(draw):
    places = draw(st.lists(st.tuples(METRES, METRES), min_size=2, max_size=6, unique=True))
    return shapely.LineString(places)


@st.composite
def points(draw):
    return shapely.Point(draw(METRES), draw(METRES))


@st.composite
def several(draw):
    """Multi-part polygons whose parts lie apart."""
    parts = [shapely.affinity.translate(draw(stars()), 1200 * number, 0) for number in range(draw(st.integers(2, 3)))]
    return shapely.MultiPolygon(parts)


def polygons():
    return st.one_of(boxes(), stars(), several())


def sites():
    return st.one_of(polygons(), lines(), points())


@st.composite
def coverages(draw):
    """A square cut into a ragged grid of zones without gap or overlap: neighbours share their vertices."""
    count = draw(st.integers(2, 4))
    step = 1000 / count
    shift = st.floats(-0.4 * step / 2, 0.4 * step / 2)
    grid = np.empty((count + 1, count + 1, 2))
    for i in range(count + 1):
        for j in range(count + 1):
            aside = (draw(shift), draw(shift)) if 0 < i < count and 0 < j < count else (0, 0)
            grid[i, j] = (i * step - 500 + aside[0], j * step - 500 + aside[1])
    return [
        shapely.Polygon([grid[i, j], grid[i + 1, j], grid[i + 1, j + 1], grid[i, j + 1]])
        for i in range(count)
        for j in range(count)
    ]

"""Polygons in flat arrays come out as shapes come out of shapely and of ``spatial.crs``, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.affinity import translate
from shapes import boxes, coverages, polygons

from spatial.crs import CGCS2000, gauss_kruger_3deg, split, transform, units
from spatial.prepared import Prepared, has_grid

if not has_grid():
    pytest.skip("numba is not installed", allow_module_level=True)

from spatial import edge_grid
from spatial.rings import CLOSE, NESTED, SOUND, TOUCHING, Rings, joined, off

HERE, NEXT = gauss_kruger_3deg(117), gauss_kruger_3deg(120)
ALBERS = CRS.from_proj4("+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=GRS80 +units=m +no_defs")
AWAY = {"here": (580_000.0, 3_100_000.0), "albers": (1_200_000.0, 3_300_000.0)}


def packed(shapes):
    wkb = shapely.to_wkb(np.asarray(shapes, dtype=object), byte_order=1)
    starts = np.cumsum([0, *map(len, wkb)])
    return np.frombuffer(b"".join(wkb), dtype=np.uint8), starts


def rings(shapes):
    found = Rings.of_wkb(*packed(shapes))
    assert found is not None
    return found


def back(found):
    body, starts = found.wkb()
    return [body[a:b].tobytes() for a, b in zip(starts[:-1], starts[1:], strict=True)]


def wkb(shapes):
    return list(shapely.to_wkb(np.asarray(shapes, dtype=object), byte_order=1))


# Corners on whole metres, so that rings cross, touch, repeat places and lie within one another.
corners = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=8)
any_rings = corners.map(lambda places: [*places, places[0]])


@st.composite
def anything(draw):
    """Polygons and multipolygons as they come, most of them invalid."""
    parts = [
        shapely.Polygon(draw(any_rings), draw(st.lists(any_rings, max_size=2))) for _ in range(draw(st.integers(1, 3)))
    ]
    return parts[0] if len(parts) == 1 and draw(st.booleans()) else shapely.MultiPolygon(parts)


@st.composite
def cells(draw):
    """Some squares of a chessboard as GEOS joins them, whose corners touch and close in holes; or not joined."""
    there = draw(st.lists(st.booleans(), min_size=16, max_size=16))
    some = [shapely.box(k % 4, k // 4, k % 4 + 1, k // 4 + 1) for k in range(16) if there[k]] or [shapely.box(0, 0, 1, 1)]
    apart = [one for one in some if (int(one.bounds[0]) + int(one.bounds[1])) % 2] or some[:1]
    return draw(st.sampled_from([shapely.union_all(some), shapely.MultiPolygon(apart), shapely.MultiPolygon(some)]))


@st.composite
def loops(draw):
    """Rings that come back to places of their own: a hole drawn into the outer ring, a figure of eight."""
    size = draw(st.integers(1, 3))
    inner = [(3, 0), (3 + size, 2), (3 - size, 2), (3, 0)]
    outer = [(0, 0), *(inner if draw(st.booleans()) else inner[::-1]), (6, 0), (6, 6), (0, 6)]
    tail = [(6, 6), (8, 6), (8, 8), (6, 6)] if draw(st.booleans()) else []
    return shapely.Polygon([*outer[:-2], *(tail or [(6, 6)]), (0, 6)])


@settings(max_examples=100, deadline=None)
@given(shapes=st.lists(st.one_of(polygons(), anything()), min_size=1, max_size=6), data=st.data())
def test_shapes_go_in_and_come_out(shapes, data):
    found = rings(shapes)
    assert back(found) == wkb(shapes)
    places = [shapely.get_coordinates(one) for one in shapes]
    assert np.array_equal(found.bounds(), [[*xy.min(axis=0), *xy.max(axis=0)] for xy in places])
    rows = data.draw(st.lists(st.integers(0, len(shapes) - 1), max_size=6))
    some = [shapes[row] for row in rows]
    assert back(found.take(np.array(rows, dtype=np.int64))) == wkb(some)
    assert back(joined([found, found.take(np.array(rows, dtype=np.int64)), found])) == wkb([*shapes, *some, *shapes])


@pytest.mark.parametrize(
    "other",
    [
        None,
        shapely.Polygon(),
        shapely.MultiPolygon(),
        shapely.Point(1, 2),
        shapely.Polygon([(0, 0, 1), (1, 0, 1), (1, 1, 1)]),
        shapely.GeometryCollection([shapely.box(0, 0, 1, 1)]),
        shapely.from_wkt("MULTIPOLYGON (EMPTY, ((0 0, 5 0, 5 5, 0 0)))"),
        shapely.Polygon([(0, 0), (np.inf, 0), (1, 1)]),
    ],
)
def test_what_is_no_plain_polygon_is_left_to_shapely(other):
    wkb = [b"" if one is None else shapely.to_wkb(one, byte_order=1, output_dimension=3) for one in (shapely.box(0, 0, 1, 1), other)]
    body = np.frombuffer(b"".join(wkb), dtype=np.uint8)
    assert Rings.of_wkb(body, np.cumsum([0, *map(len, wkb)])) is None


def test_bytes_that_end_too_soon_or_say_too_much_are_refused():
    body, starts = packed([shapely.box(0, 0, 1, 1), shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])])
    for end in range(int(starts[-1])):
        cut = np.minimum(starts, end)
        assert Rings.of_wkb(body[:end], cut) is None
    for place in (1, 5, 9):
        wrong = body.copy()
        wrong[place] = 200
        assert Rings.of_wkb(wrong, starts) is None
    assert Rings.of_wkb(np.concatenate([body, body[:3]]), np.array([*starts[:-1], starts[-1] + 3])) is None


@settings(max_examples=150, deadline=None)
@given(
    shapes=st.lists(st.one_of(polygons(), anything()), min_size=1, max_size=4),
    longest=st.floats(0.3, 400),
    aside=st.sampled_from([(0.0, 0.0), *AWAY.values()]),
)
def test_long_edges_are_split_as_shapely_splits_them(shapes, longest, aside):
    shapes = np.array([translate(one, *aside) for one in shapes], dtype=object)
    kept = split(shapes, longest)
    for one, ours, theirs in zip(shapes, back(rings(shapes).split(longest)), wkb(kept), strict=True):
        if theirs == shapely.to_wkb(one, byte_order=1):  # a shape that the new vertices break is left as it is
            assert ours == theirs or not shapely.from_wkb(ours).is_valid or not one.is_valid
        else:
            assert ours == theirs


@settings(max_examples=60, deadline=None)
@given(
    coverage=st.one_of(coverages(), st.lists(polygons(), min_size=1, max_size=4)),
    turned=st.booleans(),
    src=st.sampled_from(["here", "lonlat", "albers"]),
)
def test_vertices_are_carried_as_pyproj_carries_them(coverage, turned, src):
    shapes = np.array([translate(one, *AWAY.get(src, AWAY["here"])) for one in coverage], dtype=object)
    if turned:
        shapes[::2] = shapely.reverse(shapes[::2])
    crs = {"here": HERE, "albers": ALBERS, "lonlat": CGCS2000}[src]
    if src == "lonlat":
        shapes = np.asarray(transform(shapes, HERE, CGCS2000), dtype=object)
    longest = units(150.0, crs)
    ours = rings(shapes).split(longest).carried(crs, NEXT)
    assert back(ours) == wkb(transform(shapes, crs, NEXT, straight_m=150.0))
    assert rings(shapes).bends(longest, crs, NEXT) < 1e-3
    assert back(rings(shapes).carried(crs, crs)) == wkb(shapes)


@settings(max_examples=400, deadline=None)
@given(shape=st.one_of(anything(), cells(), loops(), polygons(), st.lists(boxes(most=40), min_size=1, max_size=4).map(shapely.MultiPolygon)))
def test_what_is_called_sound_is_valid(shape):
    found = rings([shape])
    (said,) = found.clear(found)
    if said == SOUND:
        assert shape.is_valid
    if said == NESTED:
        assert not shape.is_valid
    if said == CLOSE and shape.is_valid:  # not told for nothing
        lines = shapely.get_parts(shapely.get_rings(shapely.get_parts(shape)))
        edges = [shapely.LineString(pair) for line in lines for pair in zip(line.coords[:-1], line.coords[1:], strict=True)]
        flat = any(a == b for one in edges for a, b in [one.coords])
        pairs = [(a, b) for place, a in enumerate(edges) for b in edges[:place] if not {*a.coords} & {*b.coords}]
        assert flat or any(a.distance(b) <= 5e-3 for a, b in pairs) or len(edges) > 0 and _sharp(edges)


def _sharp(edges):
    for place, a in enumerate(edges):
        for b in edges[:place]:
            for common in {*a.coords} & {*b.coords}:
                u, v = (np.subtract(*(one.coords[1], one.coords[0]) if one.coords[0] == common else (one.coords[0], one.coords[1]))
                        for one in (a, b))  # fmt: skip
                if abs(u[0] * v[1] - u[1] * v[0]) <= 1.01e-3 * np.hypot(*u) * np.hypot(*v) and u @ v > 0:
                    return True
    return False


@settings(max_examples=200, deadline=None)
@given(
    outer=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=3),
    holes=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 5)), max_size=3),
)
def test_rings_that_lie_apart_are_told_by_how_they_lie(outer, holes):
    """Squares of different numbers have no place in common, whatever lies in what."""

    def square(x, y, size, number):
        aside = 0.01 + number / 7
        return shapely.box(x + aside, y + aside, x + aside + size + number / 5, y + aside + size + number / 5)

    parts = [square(*one, number) for number, one in enumerate(outer)]
    first = [square(*one, 3 + number) for number, one in enumerate(holes)]
    shape = shapely.MultiPolygon([(parts[0].exterior, [one.exterior for one in first]), *parts[1:]])
    found = rings([shape])
    (said,) = found.clear(found, 1e-9)
    lines = [one.boundary for one in (*parts, *first)]
    crossing = any(a.intersects(b) for place, a in enumerate(lines) for b in lines[:place])
    if crossing:
        assert said in (CLOSE, TOUCHING)
    else:
        assert (said == SOUND) == shape.is_valid
        assert said in (SOUND, NESTED)


@settings(max_examples=200, deadline=None)
@given(shape=st.one_of(anything(), cells(), loops(), polygons()))
def test_a_carried_shape_that_keeps_apart_is_valid_where_it_was(shape):
    shape = translate(shapely.transform(shape, lambda xy: xy * 100), *AWAY["here"])
    fine = rings([shape]).split(150.0)
    there = fine.carried(HERE, NEXT)
    (said,) = there.clear(fine)
    whole = shapely.from_wkb(back(there)[0])
    if said == SOUND:
        assert shape.is_valid
        assert whole.is_valid
    if said == TOUCHING:
        assert shape.is_valid == whole.is_valid
        assert shapely.from_wkb(back(fine)[0]).is_valid == shape.is_valid


def test_places_that_became_one_are_no_common_place():
    before = rings([shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(1 + 1e-9, 1, 2, 2)])])
    after = rings([shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2)])])
    assert after.clear(after).tolist() == [TOUCHING]
    assert after.clear(before).tolist() == [CLOSE]


@settings(max_examples=60, deadline=None)
@given(shapes=st.one_of(coverages(), st.lists(polygons(), min_size=1, max_size=5)), small=st.floats(1e-4, 2.0))
def test_the_same_grid_comes_of_rings_and_of_shapes(shapes, small):
    shapes = [translate(one, *AWAY["here"]) for one in [*shapes, shapely.box(0, 0, small, small)]]
    ours, theirs = edge_grid.build_rings(rings(shapes)), edge_grid.build(np.array(shapes, dtype=object))
    for name in ("frame", "size", "offsets", "fragments", "zones", "tiny"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name


@settings(max_examples=20, deadline=None)
@given(shapes=st.lists(polygons(), min_size=1, max_size=4))
def test_the_same_preparation_is_kept(tmp_path_factory, shapes):
    folder = tmp_path_factory.mktemp("kept")
    shapes = [translate(one, *AWAY["here"]) for one in shapes]
    Prepared.of_rings(rings(shapes), HERE).save(folder / "ours")
    Prepared(shapes, HERE, engine="grid").save(folder / "theirs")
    names = sorted(file.name for file in (folder / "theirs").iterdir())
    assert names == sorted(file.name for file in (folder / "ours").iterdir())
    for name in names:
        assert (folder / "ours" / name).read_bytes() == (folder / "theirs" / name).read_bytes(), name


@given(st.lists(st.floats(-1e3, 1e3).map(lambda number: round(number, 3)), min_size=6, max_size=6))
def test_how_far_a_point_is_off_an_edge(numbers):
    x, y, *edge = numbers
    far = shapely.Point(x, y).distance(shapely.LineString([edge[:2], edge[2:]]))
    assert off(x, y, *edge) == pytest.approx(far**2, rel=1e-9, abs=1e-12)

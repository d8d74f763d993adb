"""Whatever the shapes: an answer that agrees with plain shapely, or a refusal by name; never a crash or a silent 0."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from spatial.crs import _MOST_THIN as MOST_THIN
from spatial.crs import CGCS2000, split, transform
from spatial.errors import SpatialError
from spatial.measure import area_m2, length_m
from spatial.overlay import ZoneTree, covered, overlaps, uncovered, union_share
from spatial.prepared import Prepared, has_grid
from spatial.proximity import nearest
from spatial.repair import repair

ENGINES = ["tiles", *(["grid"] if has_grid() else [])]
PLANE = CRS.from_epsg(4547)
BASE = np.array([500_000.0, 3_200_000.0])
PLACE = st.one_of(st.integers(-50, 50).map(float), st.floats(-1e3, 1e3), st.floats(-1e-6, 1e-6), st.sampled_from([0.0, 1e-9, 4e5, -4e5]))
PLACES = st.tuples(PLACE, PLACE)


def at(*places):
    return np.array(places, dtype=float) + BASE


@st.composite
def rings(draw):
    """Any closed ring: it may cross itself, turn back, repeat vertices or have no area at all."""
    places = draw(st.lists(PLACES, min_size=3, max_size=8))
    return at(*places, places[0])


@st.composite
def slivers(draw):
    long, wide = draw(st.floats(1, 1e5)), draw(st.sampled_from([1e-9, 1e-7, 1e-5, 1e-3, 0.1]))
    turn = draw(st.floats(0, math.pi))
    square = np.array([(0, 0), (long, 0), (long, wide), (0, wide)]) @ np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return shapely.Polygon(at(*square))


@st.composite
def nested(draw):
    """A square in the hole of a square in the hole of a square; with the holes' rings in any direction."""
    sizes = sorted(draw(st.lists(st.integers(1, 500), min_size=2, max_size=5, unique=True)), reverse=True)
    rings = [shapely.get_coordinates(shapely.box(*(BASE - size), *(BASE + size))) for size in sizes]
    rings = [ring[::-1] if draw(st.booleans()) else ring for ring in rings]
    return shapely.MultiPolygon([shapely.Polygon(rings[k], rings[k + 1 : k + 2]) for k in range(0, len(rings), 2)])


def raised(draw, shape):
    """The shape, or the same with heights."""
    flat = shape.is_empty or not np.isfinite(shapely.get_coordinates(shape)).all() or not draw(st.booleans())
    return shape if flat else shapely.force_3d(shape, 5.0)


@st.composite
def awkward(draw, depth=1):
    kind = draw(
        st.sampled_from(["ring", "sliver", "nested", "line", "point", "points", "huge", "empty", "not a number", "parts", "mixed", "box"])
    )
    if kind == "ring":
        shape = shapely.Polygon(draw(rings()))
    elif kind == "sliver":
        shape = draw(slivers())
    elif kind == "nested":
        shape = draw(nested())
    elif kind == "line":
        shape = shapely.LineString(at(*draw(st.lists(PLACES, min_size=2, max_size=6))))
    elif kind == "point":
        shape = shapely.Point(*at(draw(PLACES))[0])
    elif kind == "points":
        shape = shapely.MultiPoint(at(*draw(st.lists(PLACES, min_size=1, max_size=4))))
    elif kind == "huge":
        far = draw(st.sampled_from([1e5, 4e5]))
        shape = shapely.box(*(BASE - far), *(BASE + far))
    elif kind == "empty":
        shape = shapely.from_wkt(draw(st.sampled_from(["POLYGON EMPTY", "POINT EMPTY", "GEOMETRYCOLLECTION EMPTY", "MULTIPOLYGON EMPTY", "LINESTRING EMPTY"])))
    elif kind == "not a number":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            bad = draw(st.sampled_from([math.nan, math.inf, -math.inf]))
            shape = shapely.Polygon([*at((0, 0), (9, 0)), (bad, BASE[1]), *at((0, 0))])
    elif kind == "box":
        x, y = draw(PLACES)
        shape = shapely.box(BASE[0] + x, BASE[1] + y, BASE[0] + x + draw(st.floats(1e-3, 500)), BASE[1] + y + draw(st.floats(1e-3, 500)))
    elif kind == "parts" or not depth:
        shape = shapely.MultiPolygon([shapely.Polygon(draw(rings())) for _ in range(draw(st.integers(1, 3)))])
    else:
        shape = shapely.GeometryCollection([draw(awkward(depth=0)) for _ in range(draw(st.integers(0, 3)))])
    return raised(draw, shape)


def sound(shape):
    return not shape.is_empty and shape.is_valid and bool(np.isfinite(shapely.get_coordinates(shape)).all())


def answer(task):
    """The answer, or ``None`` for a refusal that has a sentence for people."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # shapely says of NaN what is said by name in the refusal
        try:
            return task()
        except SpatialError as error:
            refused = error
    assert isinstance(refused.template, str)
    assert refused.template
    return None


def flat_area(one, other):
    """The area that two shapes share, by shapely alone, on the polygons in them."""

    def land(shape):
        parts = shapely.get_parts(shape)
        while (shapely.get_type_id(parts) >= 4).any():
            parts = shapely.get_parts(parts)
        return shapely.union_all([part for part in parts if part.geom_type == "Polygon"])

    return shapely.intersection(land(shapely.force_2d(one)), land(shapely.force_2d(other))).area


@settings(max_examples=80, deadline=None)
@given(site=awkward(), zone=awkward())
def test_an_overlap_is_right_or_refused_by_name(site, zone):
    ways = {"one": lambda: {item.zone: (item.area_m2, item.inside) for item in overlaps(site, [zone])}}
    ways["tree"] = lambda: {item.zone: (item.area_m2, item.inside) for item in overlaps(site, [zone], ZoneTree([zone]))}
    for engine in ENGINES:

        def batch(engine=engine):
            rows = Prepared([zone], None, engine=engine).overlaps_batch([site])
            return {int(one): (float(area), bool(inside)) for one, area, inside in zip(rows.zone, rows.area_m2, rows.inside, strict=True)}

        ways[engine] = batch
    for name, way in ways.items():
        found = answer(way)
        if not sound(site):
            assert found is None, name
        elif sound(zone):
            assert found is not None, name
            exact = flat_area(site, zone)
            area, inside = found.get(0, (0.0, False))
            assert area == pytest.approx(exact, rel=1e-6, abs=max(0.01, 1e-9 * min(site.area, zone.area))), name
            assert not exact > 0.01 or inside, name
        elif zone.is_empty:
            assert not found, name
        else:  # a broken zone is refused where the site could meet it, and is no silent 0
            assert found is None or not shapely.box(*site.bounds).intersects(shapely.box(*np.nan_to_num(zone.bounds))), name


@settings(max_examples=50, deadline=None)
@given(shape=awkward(), longest=st.floats(1.0, 400.0))
def test_splitting_long_edges_adds_places_on_them_and_mends_nothing(shape, longest):
    if shape.area > 1e8 or not np.isfinite(shapely.get_coordinates(shape)).all():
        return
    made = split(shape, longest)
    if not sound(shape):
        assert made.is_empty == shape.is_empty
        assert made.is_empty or not made.is_valid
        return
    if not made.is_valid:  # a needle of hundreds of kilometres: it is refused by name where it is asked about
        assert shapely.get_num_coordinates(made) >= MOST_THIN
        return
    # Not compared with shapely.segmentize of the whole shape: GEOS 3.13 crashes on some collections.
    before, after = shapely.get_coordinates(shape), shapely.get_coordinates(made)
    assert {tuple(one) for one in before} <= {tuple(one) for one in after}
    assert shapely.distance(shapely.points(after), shape).max() < 1e-6
    for part in shapely.get_parts(shapely.get_parts(made)):
        lines = shapely.get_rings(part) if part.geom_type == "Polygon" else [part]
        steps = np.concatenate([np.hypot(*np.diff(shapely.get_coordinates(line), axis=0).T) for line in lines])
        thin = len(after) == len(before)  # its new vertices would lie on one line
        assert thin or not len(steps) or steps.max() <= longest * (1 + 1e-9)
    assert made.area == pytest.approx(shape.area, rel=1e-6, abs=1e-3)
    assert made.geom_type == shape.geom_type


def test_half_a_bow_tie_is_not_measured():
    bow = shapely.Polygon([(115.4, 29.1), (115.5, 29.2), (115.5, 29.1), (115.4, 29.2)])
    carried = transform(bow, CGCS2000, PLANE, straight_m=150.0)
    assert not carried.is_valid
    with pytest.raises(SpatialError, match="Self-intersection"):
        overlaps(carried, [carried.envelope])


@settings(max_examples=50, deadline=None)
@given(site=awkward(), zones=st.lists(awkward(), max_size=3))
def test_everything_else_answers_or_refuses_too(site, zones):
    fine = [zone for zone in zones if zone.is_empty or sound(zone)]
    union = answer(lambda: union_share(site, fine))
    assert (union is not None) == sound(site)
    if union is not None:
        assert 0.0 <= union[1] <= 1.0
    for task in (
        lambda: uncovered(site, fine),
        lambda: covered(site, fine),
        lambda: nearest(site, fine),
        *(lambda engine=engine: Prepared(fine, None, engine=engine).nearest_batch([site]) for engine in ENGINES),
    ):
        found = answer(task)
        assert (found is not None or not fine or not any(sound(zone) for zone in fine)) or not sound(site)
    for zone in zones:
        answer(lambda zone=zone: overlaps(site, [zone]))
    if not site.is_empty and np.isfinite(shapely.get_coordinates(site)).all():
        mended = answer(lambda: repair(site))
        assert mended is not None
        assert mended.geometry.is_valid
        assert mended.reasons or mended.geometry.area == pytest.approx(site.area, rel=1e-9)
        if sound(site):
            assert answer(lambda: area_m2(site, PLANE)) is not None
            assert answer(lambda: length_m(site, PLANE)) is not None

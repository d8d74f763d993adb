"""A layer is prepared alike whether its shapes are made or not."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate

from sanxian import prepared_layers
from sanxian.prepared_layers import Part, shapes_digest, wkb_digest
from spatial.crs import CGCS2000, gauss_kruger_3deg, transform
from spatial.prepared import has_grid

if not has_grid():
    pytest.skip("numba is not installed", allow_module_level=True)

ZONE = gauss_kruger_3deg(117)
TOUCHING = shapely.MultiPolygon([shapely.box(0, 0, 500, 500), shapely.box(500, 500, 900, 900)])
AWKWARD = {
    "hole at the edge": shapely.Polygon([(0, 0), (900, 0), (900, 900), (0, 900)], [[(0, 0), (300, 600), (600, 300)]]),
    "parts that touch": TOUCHING,
    "parts a millimetre apart": shapely.MultiPolygon([shapely.box(0, 0, 500, 500), shapely.box(500.001, 0, 900, 500)]),
    "a needle": shapely.Polygon([(0, 0), (5000, 0.001), (5000, 0)]),
    "so thin that splitting breaks it": shapely.Polygon([(0, 0), (1000, 1 / 3), (3000.1, 1.0000333333333)]),
    "a place twice": shapely.Polygon([(0, 0), (900, 0), (900, 0), (900, 900)]),
    "a hair": shapely.Polygon([(0, 0), (1e-3, 0), (1e-3, 1e-3)]),
    "an island in a lake": shapely.MultiPolygon(
        [shapely.box(0, 0, 900, 900) - shapely.box(100, 100, 800, 800), shapely.box(200, 200, 700, 700)]
    ),
    "broken": shapely.Polygon([(0, 0), (900, 900), (900, 0), (0, 900)]),
    "nothing": shapely.Polygon(),
    "a line": shapely.LineString([(0, 0), (900, 900)]),
}


def packed(shapes):
    wkb = [b"" if one is None else one for one in shapely.to_wkb(shapes, byte_order=1)]
    return np.frombuffer(b"".join(wkb), dtype=np.uint8), np.cumsum([0, *map(len, wkb)])


def part(shapes, crs):
    rows = np.arange(len(shapes))
    return Part(lambda: shapes, crs, shapes_digest(shapes, crs), lambda *_: (rows, shapes), len(shapes),
                lambda *_: (rows, *packed(shapes)))  # fmt: skip


def both(tmp_path, layers):
    ways = {}
    for name, made in (
        ("shapes", prepared_layers._prepare_shapes(layers, ZONE, 0.4)),
        ("rings", prepared_layers._prepare_rings(layers, ZONE, 0.4)),
    ):
        if made is not None:
            made.prepared.save(tmp_path / name)
            files = {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}
            ways[name] = files, made.rows.tolist(), shapely.to_wkb(made.broken).tolist()
    return ways


def placed(shapes, lon_m=500_000.0):
    there = [translate(one, lon_m + 7_000 * number, 3_400_000) for number, one in enumerate(shapes)]
    array = np.empty(len(there), dtype=object)
    array[:] = there
    return array


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.sampled_from(sorted(AWKWARD)), min_size=1, max_size=4, unique=True),
    lonlat=st.booleans(),
    two=st.booleans(),
)
def test_awkward_shapes(tmp_path_factory, names, lonlat, two):
    shapes, crs = placed([AWKWARD[name] for name in names]), ZONE
    if lonlat:
        shapes, crs = np.asarray(transform(shapes, ZONE, CGCS2000), dtype=object), CGCS2000
    layers = [part(shapes, crs)]
    if two:
        layers.append(part(placed([TOUCHING], 400_000.0), gauss_kruger_3deg(120)))
    ways = both(tmp_path_factory.mktemp("two"), layers)
    if "rings" in ways:
        assert ways["rings"] == ways["shapes"]
    elif not {"a line", "nothing", "broken"} & {*names}:
        # only where something came out otherwise than it went in
        carried = shapely.is_valid(transform(shapes, crs, ZONE, straight_m=150.0))
        assert not carried.all() or {"so thin that splitting breaks it", "a needle"} & {*names}


@pytest.mark.parametrize("name", ["parts that touch", "an island in a lake", "hole at the edge", "parts a millimetre apart"])
def test_what_is_sound_is_prepared_without_shapes(tmp_path, name):
    ways = both(tmp_path, [part(placed([AWKWARD[name]], 700_000.0), gauss_kruger_3deg(114))])
    assert set(ways) == {"shapes", "rings"}
    assert ways["rings"] == ways["shapes"]


def test_what_lies_far_from_the_zone_is_left_out_by_both(tmp_path):
    layer = part(placed([TOUCHING, TOUCHING, TOUCHING], 700_000.0)[[0, 2]], gauss_kruger_3deg(114))
    far = part(placed([TOUCHING]), gauss_kruger_3deg(90))
    ways = both(tmp_path, [far, layer])
    assert ways["rings"] == ways["shapes"]
    assert ways["rings"][1] == [1, 2]


def test_the_digest_of_a_file_s_shapes_tells_them_and_their_crs_apart():
    one, two = (packed(np.array(shapes, dtype=object)) for shapes in ([TOUCHING, None], [None, TOUCHING]))
    found = {wkb_digest(*one, ZONE), wkb_digest(*two, ZONE), wkb_digest(*one, CGCS2000)}
    assert len(found) == 3
    assert wkb_digest(*one, ZONE) in found

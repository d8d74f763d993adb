from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPoint, Point, Polygon, box
from shapely.affinity import translate
from shapes import coverages, polygons, sites

import spatial.prepared
from spatial.crs import gauss_kruger_3deg
from spatial.overlay import overlaps
from spatial.prepared import Prepared, PreparedError, has_grid
from spatial.proximity import nearest

PLANE = gauss_kruger_3deg(117)
ENGINES = [
    "tiles",
    pytest.param("grid", marks=pytest.mark.skipif(not has_grid(), reason="numba is not installed")),
]
both = pytest.mark.parametrize("engine", ENGINES)
AWAY = (500_000.0, 3_100_000.0)  # where real coordinates are


def check(prepared, asked):
    """The batch must give what one site after another gives, whose answers come from shapely on whole shapes."""
    found = prepared.overlaps_batch(asked)
    rows = iter(range(len(found)))
    for number, site in enumerate(asked):
        for expected in sorted(overlaps(site, prepared.geoms, depth=False), key=lambda row: row.zone):
            row = next(rows)
            assert (found.site[row], found.zone[row]) == (number, expected.zone)
            assert found.inside[row] == expected.inside
            assert found.area_m2[row] == pytest.approx(expected.area_m2, rel=1e-6, abs=1e-3)
            assert found.length_m[row] == pytest.approx(expected.length_m, rel=1e-6, abs=1e-3)
    assert next(rows, None) is None


@both
@settings(max_examples=150, deadline=None)
@given(zones=st.lists(polygons(), min_size=1, max_size=5), asked=st.lists(sites(), min_size=1, max_size=4))
def test_batches_agree_with_shapely(engine, zones, asked):
    check(Prepared(zones, PLANE, engine=engine), asked)
    check(
        Prepared([translate(zone, *AWAY) for zone in zones], PLANE, engine=engine),
        [translate(site, *AWAY) for site in asked],
    )


@both
@settings(max_examples=60, deadline=None)
@given(coverage=coverages(), asked=st.lists(sites(), min_size=1, max_size=3))
def test_batches_agree_where_zones_share_their_edges(engine, coverage, asked):
    # Zones' own edges and corners as sites: everything touches something.
    edges = [LineString(coverage[0].exterior.coords[:2]), Point(coverage[0].exterior.coords[2]), coverage[1]]
    check(Prepared(coverage, PLANE, engine=engine), [*asked, *edges])


@pytest.mark.skipif(not has_grid(), reason="numba is not installed")
@settings(max_examples=100, deadline=None)
@given(
    zones=st.lists(polygons(), min_size=1, max_size=3),
    asked=st.lists(sites(), min_size=1, max_size=3),
    cell=st.sampled_from([8, 32, 256]),
)
def test_the_size_of_cells_changes_nothing(zones, asked, cell):
    from spatial.edge_grid import build

    prepared = Prepared(zones, PLANE, engine="grid")
    prepared._grid = build(prepared.geoms, cell)
    check(prepared, asked)


@pytest.mark.skipif(not has_grid(), reason="numba is not installed")
@pytest.mark.parametrize("line", [0, 1, -1])
def test_edges_along_the_lines_of_the_grid(line):
    from spatial.edge_grid import build

    zones = np.array([box(0, 0, 640, 640), box(640, 0, 900, 640)])
    prepared = Prepared(zones, PLANE, engine="grid")
    x0, y0, cell = build(zones, 64).frame
    # Zones whose sides lie exactly on lines of the grid that they will be filed in.
    west, south = x0 + 2 * cell, y0 + 3 * cell
    zones = np.array([*zones, box(west, south, west + 2 * cell, south + 2 * cell), box(0, south - cell, 900, south)])
    prepared = Prepared(zones, PLANE, engine="grid")
    prepared._grid = build(zones, 64)
    assert prepared._grid.frame.tolist() == [x0, y0, cell]
    step = line * 1e-7
    check(
        prepared,
        [
            box(west, south, west + cell, south + cell),
            box(west - cell, south - cell, west, south),
            box(west + step, south + step, west + 3, south + 3),
            Point(west, south),
            Point(west + 1, south + step),
            Point(west + step, south + 5),
            LineString([(west, south - 100), (west, south + 300)]),
            LineString([(west - 100, south), (west + 300, south)]),
            LineString([(west - 100, south - 100), (west + 200, south + 200)]),
            LineString([(west + step, south + 1), (west + step, south + 20)]),
        ],
    )


LATTICE = st.tuples(st.integers(2, 14), st.integers(2, 14))


@st.composite
def on_lines(draw, area=False):
    """Shapes whose vertices all lie on lines of the grid or half way between: each one a special case."""
    if area:
        west, south = draw(LATTICE)
        east, north = west + draw(st.integers(1, 6)), south + draw(st.integers(1, 6))
        corners = [(west, south), (east, south), (east, north), (west, north)]
        cut = draw(st.integers(0, 4))
        return Polygon([(-39 + 32 * x, -39 + 32 * y) for k, (x, y) in enumerate(corners) if k != cut])
    places = draw(st.lists(LATTICE, min_size=1, max_size=5, unique=True))
    places = [(-39 + 32 * column, -39 + 32 * row) for column, row in places]
    if len(places) == 1:
        return Point(places)
    shape = Polygon(places) if len(places) > 2 and draw(st.booleans()) else LineString(places)
    return shape if shape.is_valid else LineString(places)


@pytest.mark.skipif(not has_grid(), reason="numba is not installed")
@settings(max_examples=300, deadline=None)
@given(
    zones=st.lists(on_lines(area=True), min_size=1, max_size=3),
    asked=st.lists(st.one_of(on_lines(), on_lines(area=True)), min_size=1, max_size=5),
)
def test_everything_on_the_lines_of_the_grid(zones, asked):
    from spatial.edge_grid import build

    zones = [box(0, 0, 640, 640), *zones]
    prepared = Prepared(zones, PLANE, engine="grid")
    prepared._grid = build(prepared.geoms, 64)
    assert prepared._grid.frame.tolist() == [-39, -39, 64]
    check(prepared, asked)
    found = prepared.nearest_batch(asked)
    for number, site in enumerate(asked):
        assert found.distance[number] == pytest.approx(nearest(site, zones).distance, abs=1e-6)


@both
@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize("swap", [False, True])
def test_lines_through_the_very_corner_of_a_zone(engine, turn, swap):
    frame = box(0, 0, 640, 640)
    corner = (-39 + 64 * 4, -39 + 64 * 4)  # where four cells of the grid meet
    zones = [frame, Polygon([corner, (corner[0] + 20, corner[1] + 5), (corner[0] + 5, corner[1] + 20)])]
    line = LineString([(corner[0] - 30, corner[1] + 30 * turn), (corner[0] + 30, corner[1] - 30 * turn)])
    crossed = LineString([(153, 377), (345, 57), (25, 25), (313, 121)])  # is cut where it crosses itself
    zones.append(Polygon([(249, 121), (249, 217), (57, 217)]))
    prepared = Prepared(zones, PLANE, engine=engine)
    if engine == "grid":
        from spatial.edge_grid import build

        prepared._grid = build(prepared.geoms, 64)
        assert prepared._grid.frame.tolist() == [-39, -39, 64]
    asked = [line, crossed]
    check(prepared, [shapely.reverse(one) for one in asked] if swap else asked)
    found = prepared.overlaps_batch(asked)
    assert (1 in found.zone[found.site == 0])
    assert (2 in found.zone[found.site == 1])


@both
def test_slivers_tiny_zones_and_tiny_sites(engine):
    zones = [box(0, 0, 10, 10), box(10 - 1e-7, 0, 20, 10), box(3, 3, 3.001, 3.001), box(-500, -500, 500, 500)]
    prepared = Prepared(zones, PLANE, engine=engine)
    check(prepared, [box(0, 0, 10, 10), box(5, 5, 5.01, 5.01), box(20, 0, 30, 10), Point(3.0005, 3.0005)])
    (row,) = np.flatnonzero(prepared.overlaps_batch([box(0, 0, 10, 10)]).zone == 1)
    assert prepared.overlaps_batch([box(0, 0, 10, 10)]).area_m2[row] == pytest.approx(1e-6, rel=1e-2)


@both
def test_unusual_sites_are_measured_too(engine):
    prepared = Prepared([box(0, 0, 10, 10), box(10, 0, 20, 10), Polygon(), None], PLANE, engine=engine)
    check(
        prepared,
        [
            MultiPoint([(1, 1), (15, 5)]),
            GeometryCollection([box(1, 1, 2, 2), LineString([(5, 5), (15, 5)])]),
            shapely.MultiLineString([[(1, 1), (2, 2)], [(10, 2), (10, 4)]]),
            shapely.MultiPolygon([box(1, 1, 2, 2), box(9, 3, 11, 4)]),
            box(1_000_000, 0, 1_000_001, 1),
            LineString([(-50, -50), (-40, -50)]),
        ],
    )


@both
def test_corridors_and_many_zones(engine):
    rng = np.random.default_rng(3)
    corners = rng.uniform(0, 5000, (400, 2))
    zones = [box(x, y, x + width, y + width) for (x, y), width in zip(corners, rng.uniform(1, 200, 400), strict=True)]
    road = LineString(np.c_[np.linspace(-100, 5100, 300), 2500 + 2000 * np.sin(np.linspace(0, 9, 300))])
    check(Prepared(zones, PLANE, engine=engine), [road, road.buffer(40), box(-10, -10, 6000, 6000)])


@both
@settings(max_examples=100, deadline=None)
@given(features=st.lists(sites(), max_size=5), asked=st.lists(sites(), min_size=1, max_size=4))
def test_nearest_agrees_with_one_at_a_time(engine, features, asked):
    prepared = Prepared(features, PLANE, engine=engine)
    found = prepared.nearest_batch(asked)
    close = prepared.nearest_batch(asked, 150.0)
    for number, site in enumerate(asked):
        expected = nearest(site, features)
        if expected is None:
            assert found.index[number] == -1
            assert np.isnan(found.distance[number])
            continue
        assert found.distance[number] == pytest.approx(expected.distance, abs=3e-7)
        assert site.distance(features[found.index[number]]) == pytest.approx(expected.distance, abs=3e-7)
        close_index = found.index[number] if found.distance[number] <= 150 else -1
        assert close.index[number] == close_index
        if not expected.distance:
            assert np.isnan(found.on_site[number]).all()
            continue
        assert site.distance(Point(found.on_site[number])) == pytest.approx(0, abs=1e-7)
        assert features[found.index[number]].distance(Point(found.on_feature[number])) == pytest.approx(0, abs=1e-7)


@both
def test_nearest_takes_the_first_of_equals_and_counts_the_radius(engine):
    prepared = Prepared([box(20, 0, 30, 10), box(-20, 0, -10, 10), box(0, 20, 10, 30)], PLANE, engine=engine)
    found = prepared.nearest_batch([box(0, 0, 10, 10)], 10)
    assert (found.index.tolist(), found.distance.tolist()) == ([0], [10])
    assert prepared.nearest_batch([box(0, 0, 10, 10)], 9.99).index.tolist() == [-1]
    assert prepared.nearest_batch([box(5, 5, 25, 6)], 0).index.tolist() == [0]
    with pytest.raises(ValueError, match="搜索距离"):
        prepared.nearest_batch([Point(0, 0)], -1)


@both
def test_sites_far_outside_still_find_the_nearest(engine):
    features = [translate(box(x, 0, x + 1, 1), *AWAY) for x in range(0, 900, 9)] + [Point(AWAY)]
    prepared = Prepared(features, PLANE, engine=engine)
    asked = [
        translate(site, *AWAY)
        for site in (Point(-7e4, 3), box(2e4, 2e4, 2.1e4, 3e4), LineString([(450.5, -5000), (450.5, -1)]))
    ]
    found = prepared.nearest_batch(asked)
    for number, site in enumerate(asked):
        assert found.distance[number] == pytest.approx(nearest(site, features).distance, abs=1e-6)


@both
def test_lines_and_points_are_prepared_as_they_are(engine):
    prepared = Prepared([LineString([(5, -5), (5, 20)]), Point(3, 3), box(0, 0, 2, 2)], PLANE, engine=engine)
    check(prepared, [box(0, 0, 10, 10), LineString([(0, 1), (9, 1)]), Point(3, 3), LineString([(5, 0), (5, 9)])])


@both
def test_saved_and_loaded_gives_the_same(engine, tmp_path):
    zones = [box(0, 0, 10, 10), None, Polygon(), box(10, 0, 20, 10)]
    prepared, asked = Prepared(zones, PLANE, engine=engine), [box(5, 5, 15, 6), Point(10, 5), box(-50, 0, -40, 1)]
    prepared.save(tmp_path / "layer")
    prepared.save(tmp_path / "layer")  # again, over what is there
    loaded = Prepared.load(tmp_path / "layer", digest=prepared.digest, verify=True)
    assert (loaded.engine, loaded.digest, loaded.crs) == (engine, prepared.digest, PLANE)
    for one, other in [
        (prepared.overlaps_batch(asked), loaded.overlaps_batch(asked)),
        (prepared.nearest_batch(asked), loaded.nearest_batch(asked)),
    ]:
        for name in type(one).__slots__:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert [path.name for path in tmp_path.iterdir()] == ["layer"]
    first = {path.name: path.read_bytes() for path in (tmp_path / "layer").iterdir()}
    prepared.save(tmp_path / "layer")
    assert {path.name: path.read_bytes() for path in (tmp_path / "layer").iterdir()} == first


def test_the_digest_tells_shapes_and_crs_apart():
    digests = {
        Prepared(zones, crs, engine="tiles").digest
        for zones in ([box(0, 0, 1, 1)], [box(0, 0, 1, 2)], [box(0, 0, 1, 1), None])
        for crs in (PLANE, gauss_kruger_3deg(114))
    }
    assert len(digests) == 6


def test_a_preparation_that_does_not_fit_is_refused(tmp_path):
    where = tmp_path / "layer"
    with pytest.raises(PreparedError, match="缺失或已损坏"):
        Prepared.load(where)
    Prepared([box(0, 0, 1, 1)], PLANE).save(where)
    with pytest.raises(PreparedError, match="与图层不一致"):
        Prepared.load(where, digest="0")
    np.save(where / "wkb_starts.npy", np.array([0, 92]))
    with pytest.raises(PreparedError, match="已损坏"):
        Prepared.load(where, verify=True)
    about = json.loads((where / "about.json").read_text())
    (where / "about.json").write_text(json.dumps(about | {"format": 0}))
    with pytest.raises(PreparedError, match="其他版本"):
        Prepared.load(where)
    (where / "about.json").write_text("{")
    with pytest.raises(PreparedError, match="缺失或已损坏"):
        Prepared.load(where)


@both
def test_broken_shapes_are_refused_by_name(engine):
    bow_tie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    with pytest.raises(ValueError, match="第 2 个分区图形无效"):
        Prepared([box(0, 0, 1, 1), bow_tie], PLANE, engine=engine)
    prepared = Prepared([box(0, 0, 1, 1)], PLANE, engine=engine)
    for wrong in (bow_tie, Polygon(), None):
        with pytest.raises(ValueError, match="第 2 个项目用地图形无效"):
            prepared.overlaps_batch([box(0, 0, 1, 1), wrong])


@both
def test_nothing_prepared_and_nothing_asked(engine):
    for zones in ([], [None, Polygon()]):
        prepared = Prepared(zones, PLANE, engine=engine)
        assert len(prepared.overlaps_batch([box(0, 0, 1, 1), Point(0, 0)])) == 0
        assert prepared.nearest_batch([Point(0, 0)]).index.tolist() == [-1]
        assert len(prepared.overlaps_batch([])) == 0


def test_without_numba_there_are_tiles(monkeypatch, tmp_path):
    Prepared([box(0, 0, 1, 1)], PLANE).save(tmp_path / "layer")
    monkeypatch.setattr(spatial.prepared, "has_grid", lambda: False)
    assert Prepared([box(0, 0, 1, 1)], PLANE).engine == "tiles"
    assert len(Prepared.load(tmp_path / "layer").overlaps_batch([box(0, 0, 1, 1)])) == 1
    with pytest.raises(PreparedError, match="numba"):
        Prepared([box(0, 0, 1, 1)], PLANE, engine="grid")
    with pytest.raises(ValueError, match="engine must be"):
        Prepared([box(0, 0, 1, 1)], PLANE, engine="magic")


def resident(where):
    """Kilobytes of a file's mapping that are in this process' memory."""
    lines = Path("/proc/self/smaps").read_text(encoding="utf-8", errors="replace").splitlines()
    found = 0
    for place, line in enumerate(lines):
        if line.endswith(str(where)):
            found += next(int(other.split()[1]) for other in lines[place:] if other.startswith("Rss:"))
    return found


@pytest.mark.skipif(not Path("/proc/self/smaps").is_file(), reason="tells memory by Linux' own file")
def test_a_preparation_at_rest_holds_no_memory_and_answers_as_before(tmp_path):
    zones = [Point(*AWAY).buffer(1000.0 + k, quad_segs=3000) for k in range(8)]
    Prepared(zones, PLANE).save(tmp_path / "layer")
    loaded = Prepared.load(tmp_path / "layer")
    asked = [Point(AWAY[0] + 990 * np.cos(k), AWAY[1] + 990 * np.sin(k)).buffer(20) for k in range(50)]
    before = loaded.overlaps_batch(asked)
    assert loaded.shapes([3])[0].equals(zones[3])
    held = resident(tmp_path / "layer" / "wkb.npy")
    loaded.rest()
    assert held > 0 == resident(tmp_path / "layer" / "wkb.npy")
    after = loaded.overlaps_batch(asked)
    assert len(before) > 0
    assert (before.area_m2 == after.area_m2).all()
    assert loaded.shapes([5])[0].equals(zones[5])

"""Files read and written in portions come out as if they were read and written at once."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from layers import portions
from layers.read import quietly

ROWS = 300


@pytest.fixture
def small_portions(monkeypatch):
    """Portions of a few features, whatever they cost."""
    monkeypatch.setattr(portions, "_FIRST", 7)
    monkeypatch.setattr(portions, "_FEW", 0)
    monkeypatch.setattr(portions._Pace, "rest", lambda self: setattr(self, "size", 3 + self.size % 11))


def frame(rows: int = ROWS, kind: str = "polygon") -> gpd.GeoDataFrame:
    rng = np.random.default_rng(rows)
    xy = rng.uniform(0, 1000, (rows, 2))
    points = shapely.points(xy)
    made = {"point": points, "line": shapely.boundary(shapely.buffer(points, 5)), "polygon": shapely.buffer(points, 5)}[kind]
    if kind == "polygon":
        made[1::9] = [shapely.MultiPolygon([one, shapely.affinity.translate(one, 30)]) for one in made[1::9]]
    every = np.arange(rows)
    return gpd.GeoDataFrame(
        {
            "text": pd.Series([None if k % 5 == 0 else f"名{k}" for k in every], dtype=object),
            "none": pd.Series([None] * rows, dtype=object),
            "whole": pd.Series(pd.array([None if k > rows // 2 else int(k) for k in every], dtype="Int64")),
            "all": pd.Series(every * 10_000_000_000),
            "share": pd.Series([np.nan if k < rows // 3 else k / 7 for k in every]),
            "yes": pd.Series(pd.array([None if k > rows // 2 else bool(k % 2) for k in every], dtype="boolean")),
        },
        geometry=made, crs=4548,
    )  # fmt: skip


def dump(path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [line for line in connection.iterdump() if "gpkg_contents" not in line]  # that has the hour in it


@pytest.mark.parametrize("kind", ["point", "line", "polygon"])
def test_a_geopackage_holds_the_same_and_is_read_the_same(tmp_path, small_portions, kind):
    made = frame(kind=kind)
    about = {"layer": "t", "driver": "GPKG", "promote_to_multi": kind != "point",
             "geometry_type": {"point": "Point", "line": "MultiLineString", "polygon": "MultiPolygon"}[kind],
             "layer_options": {"FID": "fid", "GEOMETRY_NAME": "geom", "SPATIAL_INDEX": "YES"}}
    pyogrio.write_dataframe(made, tmp_path / "whole.gpkg", **about)
    portions.write_dataframe(made, tmp_path / "parts.gpkg", **about)
    assert dump(tmp_path / "parts.gpkg") == dump(tmp_path / "whole.gpkg")

    some = {"fid_as_index": True, "where": '"geom" IS NOT NULL AND "yes" IS NULL OR "share" > 30'}
    for options in ({"fid_as_index": True, "datetime_as_string": True}, {}, some, {"where": "0"}):
        left, _ = quietly(portions.read_dataframe, tmp_path / "parts.gpkg", layer="t", **options)
        right, _ = quietly(pyogrio.read_dataframe, tmp_path / "whole.gpkg", layer="t", **options)
        assert_geodataframe_equal(left, right)
        assert shapely.equals_identical(left.geometry.to_numpy(), right.geometry.to_numpy()).all()


def test_keys_may_be_any_whole_numbers(tmp_path, small_portions):
    made = frame(60, "point")[["text", "geometry"]]
    made.index = np.array([*range(1, 31), *range(1000, 1020), *range(2**40, 2**40 + 10)])
    made.index.name = "fid"
    pyogrio.write_dataframe(made.reset_index(), tmp_path / "a.gpkg", layer="t", layer_options={"FID": "fid"})
    left = portions.read_dataframe(tmp_path / "a.gpkg", layer="t", fid_as_index=True)
    assert list(left.index) == list(made.index)
    assert_geodataframe_equal(left, pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="t", fid_as_index=True))


@pytest.mark.parametrize("rows", [0, 1, 8])
def test_hardly_anything(tmp_path, small_portions, rows):
    made = frame(rows)
    for suffix in ("gpkg", "shp"):
        path = tmp_path / f"t.{suffix}"
        quietly(pyogrio.write_dataframe, made[["all", "geometry"]], path, layer="t", geometry_type="Polygon")
        left, _ = quietly(portions.read_dataframe, path, layer="t", fid_as_index=True)
        right, _ = quietly(pyogrio.read_dataframe, path, layer="t", fid_as_index=True)
        assert_geodataframe_equal(left, right)


def test_a_shapefile_with_deleted_records(tmp_path, small_portions):
    path = tmp_path / "t.shp"
    frame(120, "point")[["share", "geometry"]].to_file(path)
    table = path.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    head, width = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    gone = [0, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 60, 118, 119]
    for record in gone:
        data[head + record * width] = ord("*")
    table.write_bytes(data)
    left = portions.read_dataframe(path, layer="t", columns=[], fid_as_index=True)
    assert_geodataframe_equal(left, pyogrio.read_dataframe(path, layer="t", columns=[], fid_as_index=True))
    assert list(left.index) == [record for record in range(120) if record not in gone]


def test_other_threads_get_their_turn(tmp_path):
    """Not a measure of speed: a beat of 1 ms comes through many times while a large layer is written and read."""
    made = gpd.GeoDataFrame(geometry=shapely.buffer(shapely.points(np.random.default_rng(1).uniform(0, 1e5, (1500, 2))), 50,
                                                    quad_segs=120), crs=4548)  # fmt: skip
    beats: list[float] = []
    over = threading.Event()

    def beat() -> None:
        while not over.is_set():
            time.sleep(0.001)
            beats.append(time.perf_counter())

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        counts = []
        for work in (lambda: portions.write_dataframe(made, tmp_path / "a.gpkg", layer="t", driver="GPKG", geometry_type="Polygon"),
                     lambda: portions.read_dataframe(tmp_path / "a.gpkg", layer="t")):
            beats.clear()
            work()
            counts.append(len(beats))
    finally:
        over.set()
        thread.join()
    assert min(counts) >= 4, counts


@pytest.mark.parametrize(("opening", "each"), [(0.0, 1e-4), (0.009, 1e-5), (0.05, 1e-4), (0.009, 4e-3)])
def test_a_file_that_is_slow_to_open_is_not_read_in_crumbs(opening, each, monkeypatch):
    """The time of opening it again for each portion is at most what reading its features takes, but for the first few."""
    now, spent = [0.0], []
    monkeypatch.setattr(portions.time, "thread_time", lambda: now[0])
    monkeypatch.setattr(portions.time, "sleep", lambda seconds: None)
    pace, left, rng = portions._Pace(), 60_000, np.random.default_rng(3)
    while left > 0:
        some = min(pace.size, left)
        took = (opening + each * some) * rng.uniform(0.8, 1.25)
        now[0] += took
        spent.append(took)
        left -= some
        pace.rest()
    assert sum(spent) < 2.2 * 60_000 * each + 20 * opening
    assert sorted(spent)[-3] < 4 * max(0.008, opening) + 10 * each


@pytest.mark.parametrize(("rows", "sides", "times"), [(65, 16, 1), (200, 16, 1), (201, 16, 3), (60, 4_000, 3)])
def test_a_small_table_is_read_in_one_go(tmp_path, monkeypatch, rows, sides, times):
    path = tmp_path / "a.gpkg"
    shapes = shapely.buffer(shapely.points(np.arange(rows) * 9.0, 0.0), 3, quad_segs=sides // 4)
    gpd.GeoDataFrame({"name": [f"示例{at}" for at in range(rows)]}, geometry=shapes, crs=4490).to_file(path, layer="t")
    asked, real = [], pyogrio.read_dataframe
    monkeypatch.setattr(pyogrio, "read_dataframe", lambda *args, **options: asked.append(options) or real(*args, **options))
    read = portions.read_dataframe(path, layer="t", fid_as_index=True)
    assert len(asked) == 1 if times == 1 else len(asked) >= times
    assert_geodataframe_equal(read, real(path, layer="t", fid_as_index=True))

"""A batch in a process of its own gives the same file, can be stopped, and refuses in words."""

from __future__ import annotations

import time
from datetime import date

import geopandas
import pyarrow.parquet as pq
import pytest
from shapely import box

from layers.read import read_layer
from layers.workspace import Workspace
from sanxian.batch import BatchError, run_batch
from sanxian.batch_apart import run_apart
from sanxian.screen import Cancelled

DAY = date(2026, 11, 22)
CRS = "EPSG:4548"


@pytest.fixture
def land(tmp_path):
    """A workspace with a redline, and thirty projects around it."""
    geopandas.GeoDataFrame({"name": ["甲"]}, geometry=[box(400_000, 3_290_000, 401_000, 3_291_000)], crs=CRS).to_file(tmp_path / "red.gpkg")
    with Workspace.create(tmp_path / "w.gpkg") as made:
        made.add(read_layer(tmp_path / "red.gpkg", "ecological_redline"), coverage="hull", accuracy_m=2.0)
    sites = [box(399_000 + 100 * i, 3_290_500, 399_050 + 100 * i, 3_290_550) for i in range(30)]
    geopandas.GeoDataFrame({"id": [f"P{i}" for i in range(30)], "name": ["厂"] * 30}, geometry=sites, crs=CRS).to_file(tmp_path / "p.gpkg")
    return tmp_path


def test_it_gives_what_a_batch_in_this_process_gives(land):
    told = []
    done = run_apart(land / "w.gpkg", land / "p.gpkg", land / "apart.parquet", on=DAY, chunk=10,
                     progress=lambda now, total: (told.append((now, total)), True)[1])
    with Workspace.open(land / "w.gpkg", readonly=True) as workspace:
        here = run_batch(workspace, land / "p.gpkg", land / "here.parquet", on=DAY, chunk=10)
    assert (done.projects, dict(done.verdicts)) == (30, dict(here.verdicts))
    assert (30, 30) in told
    found = pq.read_table(land / "apart.parquet")
    assert found.equals(pq.read_table(land / "here.parquet"))
    assert 0 < sum((value or 0) > 0 for value in found["redline_m2"].to_pylist()) < 30


def test_a_stop_is_a_stop_and_leaves_no_result(land):
    started = time.monotonic()
    with pytest.raises(Cancelled):
        run_apart(land / "w.gpkg", land / "p.gpkg", land / "apart.parquet", on=DAY, chunk=5, progress=lambda now, total: now < 5)
    assert time.monotonic() - started < 60
    assert not (land / "apart.parquet").exists()


def test_a_refusal_keeps_its_words(land):
    with pytest.raises(BatchError, match=r"文件夹.*不存在") as told:
        run_apart(land / "w.gpkg", land / "p.gpkg", land / "no" / "apart.parquet", on=DAY)
    assert set(told.value.params) == {"folder"}
    (land / "p.gpkg").write_bytes(b"nothing")
    with pytest.raises(BatchError, match=r"p\.gpkg"):
        run_apart(land / "w.gpkg", land / "p.gpkg", land / "apart.parquet", on=DAY)

"""A batch on the workers of a Dask scheduler gives the bytes of one process, whoever is lost on the way."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import box
from shapely.affinity import translate

from layers.read import read_layer
from layers.workspace import Workspace
from sanxian.batch import BatchError, run_batch

DAY = date(2026, 11, 22)
PLANE = 4548
needs_dask = pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="distributed is not installed")


def placed(shape):
    return translate(shape, 402_000.0, 3_290_000.0)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A workspace, 600 sites in two projection zones, and the result of one process."""
    folder = tmp_path_factory.mktemp("asked")
    layers = {
        "admin": ([box(-2e5, -2e5, 2e5, 2e5)], {"code": ["360404"], "name": ["区"], "level": ["county"]}),
        "ecological_redline": ([box(0, 0, 1000, 1000), box(-9e4, 0, -8e4, 5000)], {"name": ["甲", "乙"]}),
        "control_unit": ([box(-1e5, -1e5, 0, 1e5), box(0, -1e5, 1e5, 1e5)], {
            "code": ["ZH36040420001", "ZH36040410001"], "name": ["西", "东"], "category": ["重点管控单元", "优先保护单元"]}),
    }  # fmt: skip
    path = folder / "land.gpkg"
    with Workspace.create(path) as made:
        for role, (shapes, columns) in layers.items():
            gpd.GeoDataFrame(columns, geometry=[placed(one) for one in shapes], crs=PLANE).to_crs(4490).to_file(folder / f"{role}.gpkg")
            made.add(read_layer(folder / f"{role}.gpkg", role), accuracy_m=1.0)
    rng = np.random.default_rng(4)
    x, y, size = rng.uniform(-95e3, 5e3, 600), rng.uniform(-6e3, 6e3, 600), rng.choice([0.5, 80.0, 900.0], 600)
    shapes = [placed(box(a, b, a + c, b + c)) for a, b, c in zip(x, y, size, strict=True)]
    shapes[::3] = [shape.centroid for shape in shapes[::3]]
    frame = gpd.GeoDataFrame(
        {"id": [f"P{n}" for n in range(600)], "nature": ["new", "rebuild", None] * 200, "industry_code": ["C2614", "A0111"] * 300},
        geometry=shapes, crs=PLANE,
    ).to_crs(4490)  # fmt: skip
    frame.to_parquet(folder / "p.parquet", index=False)
    with Workspace.open(path, readonly=True) as workspace:
        run_batch(workspace, folder / "p.parquet", folder / "whole.parquet", on=DAY, chunk=100)
    return path, folder / "p.parquet", (folder / "whole.parquet").read_bytes()


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two worker processes on loopback; their addresses and processes."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "DASK_DISTRIBUTED__ADMIN__EVENT_LOOP": "asyncio"}
    note = tmp_path / "scheduler.json"

    def start(*words):
        with (tmp_path / "dask.log").open("ab") as log:
            command = [sys.executable, "-m", "distributed.cli." + words[0], *words[1:], "--scheduler-file", str(note)]
            return subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=tmp_path)

    running = [start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")]
    options = ["--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard", "--no-nanny", "--local-directory", str(tmp_path)]
    running += [start("dask_worker", *options) for _ in range(2)]
    try:
        from distributed import Client

        deadline = time.monotonic() + 60
        while not note.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        with Client(scheduler_file=str(note), timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            address = client.scheduler.address
        yield address, running[1:]
    finally:
        for process in running[::-1]:
            process.kill()
            process.wait()


@needs_dask
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_one_of_two_workers_is_killed_and_the_bytes_are_those_of_one_process(asked, cluster, tmp_path):
    path, source, whole = asked
    address, workers = cluster
    seen = []

    def kill_one(done, total):
        seen.append(done)
        if done and not any(worker.poll() is not None for worker in workers):
            workers[0].send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        return True

    with Workspace.open(path, readonly=True) as workspace:
        done = run_batch(
            workspace, source, tmp_path / "out.parquet", on=DAY, chunk=100, scheduler=address, progress=kill_one
        )
    assert workers[0].poll() is not None
    assert workers[1].poll() is None
    assert (seen[0], seen[-1]) == (0, 600)
    assert done.projects == sum(done.verdicts.values()) == 600
    assert (tmp_path / "out.parquet").read_bytes() == whole
    assert not list(tmp_path.glob(".out*"))


@needs_dask
def test_a_scheduler_that_is_not_there_is_one_sentence(asked, tmp_path, monkeypatch):
    path, source, _ = asked
    import distributed

    def nobody(*_, **__):
        raise OSError("no answer")

    monkeypatch.setattr(distributed, "Client", nobody)
    with Workspace.open(path, readonly=True) as workspace, pytest.raises(BatchError, match="tcp://127.0.0.1:1"):
        run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, scheduler="tcp://127.0.0.1:1")
    assert list(tmp_path.iterdir()) == []


def test_without_dask_the_sentence_says_what_to_install(asked, tmp_path, monkeypatch):
    path, source, _ = asked
    monkeypatch.setitem(sys.modules, "distributed", None)
    with Workspace.open(path, readonly=True) as workspace, pytest.raises(BatchError, match="sanxian\\[dask\\]"):
        run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, scheduler="tcp://127.0.0.1:1")


def test_heaps_are_of_one_zone_and_lie_close_together():
    from sanxian.batch_dask import _cut, _keys

    rng = np.random.default_rng(1)
    frame = gpd.GeoDataFrame(geometry=shapely.points(rng.uniform(112, 119, 4000), rng.uniform(25, 32, 4000)), crs=4490)
    heap_of, sizes = _cut(_keys(frame), 100)
    assert np.bincount(heap_of).tolist() == sizes
    assert max(sizes) <= 100
    spans = []
    for heap in range(len(sizes)):
        lon = frame.geometry.x.to_numpy()[heap_of == heap]
        lat = frame.geometry.y.to_numpy()[heap_of == heap]
        assert len({*np.floor(lon / 3 + 0.5)}) == 1
        spans.append(np.ptp(lat))
    assert np.median(spans) < 2

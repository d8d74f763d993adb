"""A batch on the workers of a Dask scheduler: the projects in spatial partitions, the result in the file's order.

Projects are put into heaps that lie close together, each within one projection zone, along a Hilbert curve: whoever
works on a heap opens the layers of that zone alone, and of these reads from disk no more than what lies around its
sites. Heaps are done in any order, by any worker, again where a worker was lost; the result is put together from them
row by row as the file of projects has them, and is the same to the byte as that of one process.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pyarrow as pa
import shapely
from pyproj import CRS

from sanxian.batch import BatchError, Job, _Result, _Source, _whole, _Worker
from sanxian.batch_facts import Layers
from sanxian.i18n import N_
from sanxian.prepared_layers import Cache, lonlat_bounds
from sanxian.screen import Cancelled, Screener, rule_set
from spatial.errors import SpatialError

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHINA = (73.0, 3.0, 136.0, 54.0)
_ROW = "__row"


def run_spread(
    address: str,
    job: Job,
    screener: Screener,
    folder: Path,
    count: int,
    progress: Callable[[int, int], bool],
    result: _Result,
) -> None:
    """Have a batch done by the workers of a scheduler.

    Args:
        address: Of the scheduler, as ``tcp://host:8786``.
        job: What to do.
        screener: Of this process.
        folder: For heaps and parts; every worker must see it, the workspace and the projects under the same path.
        count: How many projects there are.
        progress: As for :func:`sanxian.batch.run_batch`.
        result: Where the rows go.

    Raises:
        BatchError: Dask is not installed, nobody answers at the address, or workers fail again and again.
        Cancelled: ``progress`` returned ``False``.
    """
    try:
        from distributed import Client, wait
        from distributed.scheduler import KilledWorker
    except ImportError as error:
        raise BatchError(N_("--scheduler 需要安装 Dask：pip install \"sanxian[dask]\"。")) from error
    try:
        client = Client(address, timeout="20s", set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise BatchError(N_("连接不上 Dask 调度器“{address}”。"), address=address) from error
    with client, client.as_current():
        if job.cache is not None:
            Layers(screener.workspace, screener.searches, Cache(job.cache)).note_digests()
        heaps = _heaps(job, folder, count)
        parts = [folder / f"part-{number:06d}.arrow" for number in range(len(heaps))]
        left = [number for number, part in enumerate(parts) if not _whole(part, heaps[number])]
        done = count - sum(heaps[number] for number in left)
        if not progress(done, count):
            raise Cancelled
        futures = {
            client.submit(
                make_part, job, folder / f"spread-{number:06d}.arrow", parts[number], key=f"{folder}-{number}-{os.getpid()}"
            ): number
            for number in left
        }  # fmt: skip
        try:
            while futures:
                ready: Any = ()
                with contextlib.suppress(TimeoutError):
                    ready = wait(list(futures), timeout=0.5, return_when="FIRST_COMPLETED").done
                for future in ready:
                    number = futures.pop(future)
                    try:
                        future.result()
                    except KilledWorker as error:
                        raise BatchError(
                            N_("一个工作进程意外结束（可能内存不足）；已完成的部分已保留，再运行同一命令即可续作。")
                        ) from error
                    done += heaps[number]
                if not progress(done, count):
                    raise Cancelled
        except BaseException:
            with contextlib.suppress(Exception):
                client.cancel(list(futures))
            raise
    _in_order(parts, count, job.chunk, result)


_lock = threading.Lock()
_workers: dict[str, _Worker] = {}


def make_part(job: Job, heap: Path, part: Path) -> None:
    """Screen one heap, on a worker; layers and rules stay there for the next one."""
    from layers.workspace import Workspace

    with _lock:  # GDAL and the projections are not for several threads of one process
        key = repr(job)
        if key not in _workers:
            _workers.clear()
            workspace = Workspace.open(job.workspace, readonly=True)
            screener = Screener(workspace, rule_set(workspace, job.rules), on=job.on, parameters=job.parameters)
            _workers[key] = _Worker(job, screener)
        with pa.memory_map(str(heap)) as stream:
            table = pa.ipc.open_stream(stream).read_all()
            rows = table[_ROW].to_numpy()
            _workers[key].screen(table.drop_columns([_ROW]), rows, part, compression=None)


# ---------------------------------------------------------------------------------------------------- heaps


def _heaps(job: Job, folder: Path, count: int) -> list[int]:
    """Put the projects into heaps and return how many are in each; what an earlier run put there is kept."""
    note = folder / "spread.json"
    with contextlib.suppress(OSError, ValueError):
        kept = [int(size) for size in json.loads(note.read_text(encoding="ascii"))]
        if sum(kept) == count:
            return kept
    source = _Source(job.projects)
    step = max(job.chunk, 1)
    ranges = [(first, min(first + step, count)) for first in range(0, count, step)]
    keys = np.concatenate([_keys(source.frame(source.table(*one), np.arange(one[0] + 1, one[1] + 1), job.file)) for one in ranges])
    heap_of, sizes = _cut(keys, job.chunk)
    writers: dict[int, Any] = {}
    try:
        for first, last in ranges:
            table = source.table(first, last)
            table = table.append_column(_ROW, pa.array(np.arange(first + 1, last + 1)))
            here = heap_of[first:last]
            order = np.argsort(here, kind="stable")
            bounds = np.flatnonzero(np.diff(here[order])) + 1
            for rows in np.split(order, bounds):
                number = int(here[rows[0]])
                if number not in writers:
                    stream = pa.OSFile(str(folder / f"spread-{number:06d}.arrow"), "wb")
                    writers[number] = stream, pa.ipc.new_stream(stream, table.schema)
                writers[number][1].write_table(table.take(pa.array(rows)).combine_chunks())
    finally:
        for stream, writer in writers.values():
            writer.close()
            stream.close()
    unfinished = note.with_name(f"spread.json.{os.getpid()}")
    unfinished.write_text(json.dumps(sizes), encoding="ascii")
    os.replace(unfinished, note)
    return sizes


def _keys(frame: geopandas.GeoDataFrame) -> np.ndarray:
    """Where each site lies: its projection zone, then its place on a Hilbert curve over the country."""
    geoms = np.asarray(frame.geometry.array, dtype=object)
    try:
        bounds = lonlat_bounds(geoms, CRS.from_user_input(frame.crs))
    except SpatialError:
        return np.zeros(len(geoms), dtype=np.int64)
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    there = np.isfinite(x) & np.isfinite(y)
    x, y = np.where(there, x, _CHINA[0]), np.where(there, y, _CHINA[1])
    zone = np.clip(np.floor(x / 3 + 0.5), 0, 120).astype(np.int64)
    places = geopandas.GeoSeries(shapely.points(np.clip(x, _CHINA[0], _CHINA[2]), np.clip(y, _CHINA[1], _CHINA[3])))
    along = places.hilbert_distance(total_bounds=_CHINA, level=15).to_numpy().astype(np.int64)
    return zone * (1 << 32) + along


def _cut(keys: np.ndarray, most: int) -> tuple[np.ndarray, list[int]]:
    """Heap of each site: runs along the curve, of at most so many sites and of one zone."""
    order = np.argsort(keys, kind="stable")
    zones = keys[order] >> 32
    starts = np.concatenate([[0], np.flatnonzero(np.diff(zones)) + 1, [len(keys)]])
    heap_of, sizes = np.empty(len(keys), dtype=np.int32), []
    for first, last in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        for rows in np.array_split(order[first:last], -(-(last - first) // most)):
            heap_of[rows] = len(sizes)
            sizes.append(len(rows))
    return heap_of, sizes


def _in_order(parts: Sequence[Path], count: int, chunk: int, result: _Result) -> None:
    """Put the rows of all parts into the result in the order of the file."""
    result.fed()
    with contextlib.ExitStack() as stack:
        tables = []
        part_of, place = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int64)
        for number, part in enumerate(parts):
            table = pa.ipc.open_file(stack.enter_context(pa.memory_map(str(part)))).read_all()
            with pa.memory_map(str(part.with_name(part.name.replace("part-", "spread-")))) as stream:
                rows = pa.ipc.open_stream(stream).read_all()[_ROW].to_numpy() - 1
            part_of[rows], place[rows] = number, np.arange(len(rows))
            tables.append(table)
        for table in tables:
            result.note(table.schema.metadata or {})
        for first in range(0, count, chunk):
            here = part_of[first : first + chunk]
            order = np.argsort(here, kind="stable")
            pieces = [
                tables[int(here[rows[0]])].take(pa.array(place[first + rows]))
                for rows in np.split(order, np.flatnonzero(np.diff(here[order])) + 1)
            ]
            back = np.empty(len(order), dtype=np.int64)
            back[order] = np.arange(len(order))
            table = pa.concat_tables(pieces).unify_dictionaries().take(pa.array(back)).combine_chunks()
            result.take(table)


__all__ = ["make_part", "run_spread"]

"""Overlap and nearest facts of many sites: ours beside geopandas and PostGIS, in one run, with the answers compared.

    python benchmarks/batch_peers.py                                   # made-up data, a few minutes
    python benchmarks/batch_peers.py --cells 4000 --sites 10000        # more ragged
    python benchmarks/batch_peers.py --zones units.parquet redline.parquet --lines shore.parquet --asked sites.parquet
    python benchmarks/batch_peers.py --workspace nation.gpkg --projects million.parquet --jobs 2

Zones: a coverage of units, and a redline traced from fractal noise, as real ones look: thousands of small patches and
a few that reach across the district with thousands of holes. Nearest: the redline and a bank of many vertices. PostGIS
runs in a private cluster that is made for the run and thrown away; without it, it is left out and the table says so.
Warm is what is prepared once and held (PostGIS: subdivided, indexed, analysed); preparation comes beside it. The last
form measures the whole command, with the memory of all its processes shared out (PSS). A ratio belongs to its data
and its machine.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import spatial_overlap as made
from rasterio.features import shapes as traced
from rasterio.transform import Affine

from spatial.edge_grid import SiteEdges
from spatial.prepared import Prepared, warm

SUBDIVIDE = 128
TOLERANCE_M2 = 2e-3


def noise(rng: np.random.Generator, cells: int) -> np.ndarray:
    """Fractal noise, almost as rough in its finest octave as in its coarsest."""
    found = np.zeros((cells, cells), dtype=np.float32)
    step, weight = cells / 4, 1.0
    while step >= 1:
        coarse = rng.random((int(cells / step) + 3,) * 2, dtype=np.float32)
        place = np.arange(cells) / step
        low = place.astype(int)
        part = (place - low).astype(np.float32)
        rows = coarse[low] * (1 - part)[:, None] + coarse[low + 1] * part[:, None]
        found += weight * (rows[:, low] * (1 - part) + rows[:, low + 1] * part)
        step, weight = step / 2, weight * 0.9
    return found


def ragged(rng: np.random.Generator, cells: int, extent: float) -> np.ndarray:
    """The fifth of the land where noise is highest, patches of six cells and more, turned off the axes."""
    picture = noise(rng, cells)
    high = (picture > np.quantile(picture[::5, ::5], 0.78)).astype(np.uint8)
    side = extent / cells
    turned = Affine.translation(made.WEST, made.SOUTH) * Affine.rotation(7) * Affine.scale(side, side)
    shapes = np.array([shapely.geometry.shape(one) for one, value in traced(high, mask=high == 1, transform=turned)])
    return shapely.make_valid(shapes[shapely.area(shapes) >= 6 * side * side])


def bank(rng: np.random.Generator, extent: float) -> np.ndarray:
    line = np.column_stack([np.linspace(0, extent, 100_000), 0.5 * extent + 300 * made.roughness(rng, 25, 12)[:100_000]])
    pieces = [line[first : first + 2001] + (made.WEST, made.SOUTH) for first in range(0, len(line) - 1, 2000)]
    return np.array([shapely.LineString(piece) for piece in pieces])


class Clock:
    """Wall and CPU seconds of a task, the best of some runs by wall; the CPU of a server's processes where one works."""

    def __init__(self, runs: int) -> None:
        self.runs = runs
        self.server: int | None = None

    def cpu(self) -> float:
        if self.server is None:
            return time.process_time()
        ticks = 0
        for pid in family(self.server):
            with contextlib.suppress(OSError):
                ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def __call__(self, task: Callable[[], Any], runs: int | None = None) -> tuple[Any, float, float]:
        best: tuple[Any, float, float] | None = None
        for _ in range(runs or self.runs):
            cpu, wall = self.cpu(), time.perf_counter()
            answer = task()
            wall, cpu = time.perf_counter() - wall, self.cpu() - cpu
            if best is None or wall < best[1]:
                best = answer, wall, cpu
        assert best is not None
        return best


# ---------------------------------------------------------------------------------------------------- the three


Rows = dict[str, np.ndarray]  # zone layer → site * 2**32 + zone in ascending order, and the measure of each


def ours_prepare(layers: dict[str, np.ndarray]) -> dict[str, Prepared]:
    prepared = {name: Prepared(shapes, made.PLANE, checked=True) for name, shapes in layers.items()}
    for one in prepared.values():
        _ = one._outlines  # noqa: SLF001 - lines are filed when first asked for
    return prepared


def ours_overlap(prepared: dict[str, Prepared], zones: list[str], asked: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    edges = SiteEdges.of(asked, 500_000.0)
    found = {}
    for name in zones:
        met = prepared[name].survey(asked, edges)
        found[name] = met.site * 2**32 + met.zone, met.measure
    return found


def ours_nearest(prepared: dict[str, Prepared], names: list[str], asked: np.ndarray) -> dict[str, np.ndarray]:
    return {name: prepared[name].nearest_batch(asked, checked=True).distance for name in names}


def geopandas_overlap(layers: dict[str, np.ndarray], zones: list[str], asked: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    found = {}
    for name in zones:
        site, zone, measure = made.peer(asked, layers[name])
        measure = np.where(shapely.get_dimensions(asked[site]) == 0, 1.0, measure)
        found[name] = site * 2**32 + zone, measure
    return found


def geopandas_nearest(layers: dict[str, np.ndarray], names: list[str], asked: np.ndarray) -> dict[str, np.ndarray]:
    left = gpd.GeoDataFrame(geometry=asked, crs=made.PLANE)
    found = {}
    for name in names:
        joined = gpd.sjoin_nearest(left, gpd.GeoDataFrame(geometry=layers[name], crs=made.PLANE), distance_col="m")
        found[name] = joined.groupby(level=0)["m"].min().to_numpy()
    return found


@contextlib.contextmanager
def cluster() -> Iterator[Any]:
    """A PostGIS database of its own, or ``None`` with a word why there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin")) + [Path(shutil.which("initdb") or "/none/initdb").parent]
    bin_ = next((folder for folder in folders if (folder / "initdb").exists()), None)
    try:
        import psycopg
    except ImportError:
        psycopg = None
    if bin_ is None or psycopg is None:
        print("PostGIS left out: no server (or no psycopg) is installed")
        yield None
        return
    as_user = ["runuser", "-u", "postgres", "--"] if os.name == "posix" and os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="sanxian-bench-"))
    try:
        folder.chmod(0o777)
        data, quiet = folder / "data", {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
        settings = {
            "unix_socket_directories": f"'{folder}'", "listen_addresses": "''", "shared_buffers": "1GB", "fsync": "off",
            "full_page_writes": "off", "max_wal_size": "4GB", "maintenance_work_mem": "512MB",
        }  # fmt: skip
        try:
            subprocess.run([*as_user, bin_ / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8"], check=True, **quiet)
            with (data / "postgresql.conf").open("a", encoding="ascii") as stream:
                stream.writelines(f"{name} = {value}\n" for name, value in settings.items())
            subprocess.run([*as_user, bin_ / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "start"], check=True, **quiet)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"PostGIS left out: no private cluster could be started ({error})")
            yield None
            return
        try:
            server = int((data / "postmaster.pid").read_text(encoding="ascii").split()[0])
            with psycopg.connect(f"host={folder} user=postgres dbname=postgres", autocommit=True) as connection:
                try:
                    connection.execute("create extension postgis")
                except psycopg.Error as error:
                    print(f"PostGIS left out: {str(error).splitlines()[0]}")
                    yield None
                    return
                connection.execute("set max_parallel_workers_per_gather = 2; set work_mem = '256MB'; set jit = off")
                yield connection, server
        finally:
            subprocess.run([*as_user, bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=False, **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def postgis_load(connection: Any, name: str, shapes: np.ndarray) -> None:
    connection.execute(f"create table {name} (id bigint, dimension int, geom geometry)")
    rows = zip(range(len(shapes)), shapely.get_dimensions(shapes).tolist(), shapely.to_wkb(shapes, hex=True), strict=True)
    with connection.cursor().copy(f"copy {name} from stdin") as copy:
        for row in rows:
            copy.write_row(row)
    connection.execute(f"create index on {name} using gist (geom)")
    connection.execute(f"vacuum analyze {name}")


def postgis_prepare(connection: Any, layers: dict[str, np.ndarray]) -> None:
    for name in layers:
        connection.execute(f"create table {name}_s as select id, st_subdivide(geom, {SUBDIVIDE}) geom from {name}")
        connection.execute(f"create index on {name}_s using gist (geom)")
        connection.execute(f"vacuum analyze {name}_s")


def postgis_overlap(connection: Any, zones: list[str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    found = {}
    for name in zones:
        measure = (
            "case when s.dimension = 0 then 1.0 "
            "when st_covers(z.geom, s.geom) then case s.dimension when 1 then st_length(s.geom) else st_area(s.geom) end "
            "when s.dimension = 1 then st_length(st_intersection(s.geom, z.geom)) else st_area(st_intersection(s.geom, z.geom)) end"
        )
        rows = connection.execute(
            f"select site, zone, case when min(d) = 0 then 1.0 else sum(m) end from (select s.id site, s.dimension d, z.id zone, "
            f"{measure} m from asked s join {name}_s z on st_intersects(s.geom, z.geom)) q group by 1, 2 order by 1, 2"
        ).fetchall()
        table = np.array(rows, dtype=float).reshape(-1, 3)
        found[name] = (table[:, 0] * 2**32 + table[:, 1]).astype(np.int64), table[:, 2]
    return found


def postgis_nearest(connection: Any, names: list[str]) -> dict[str, np.ndarray]:
    found = {}
    for name in names:
        rows = connection.execute(
            f"select n.d from asked s cross join lateral (select s.geom <-> z.geom d from {name}_s z order by s.geom <-> z.geom "
            "limit 1) n order by s.id"
        ).fetchall()
        found[name] = np.array(rows, dtype=float)[:, 0]
    return found


# ---------------------------------------------------------------------------------------------------- comparing


def same_rows(name: str, ours: tuple[np.ndarray, np.ndarray], theirs: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = (pd.Series(measure, index=key)[measure > TOLERANCE_M2] for key, measure in (ours, theirs))
    both = pd.concat([a, b], axis=1).fillna(0.0)
    apart = (both[0] - both[1]).abs()
    wrong = apart > 1e-6 * both.max(axis=1) + TOLERANCE_M2
    assert not wrong.any(), f"{name}: {int(wrong.sum())} rows differ, by up to {apart.max():g}"


def same_metres(name: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-5), f"{name}: distances differ by up to {np.abs(ours - theirs).max():g} m"


def shapes_of(path: Path) -> np.ndarray:
    return np.asarray(gpd.read_parquet(path).geometry.array, dtype=object)


def facts(options: argparse.Namespace) -> None:
    rng = np.random.default_rng(options.seed)
    extent = 200_000.0
    if options.zones:
        layers = {path.stem.lower().replace("-", "_"): shapes_of(path) for path in options.zones}
        lines = {path.stem.lower().replace("-", "_"): shapes_of(path) for path in options.lines}
        every = shapes_of(options.asked)
    else:
        layers = {"units": made.units(rng, 30, 9, extent), "redline": ragged(rng, options.cells, extent)}
        lines = {"bank": bank(rng, extent)}
        every = made.sites(rng, 10 * options.sites, extent)
    zones = list(layers)
    near = [zones[-1], *lines]
    layers |= lines
    for name, shapes in layers.items():
        counts = shapely.get_num_coordinates(shapes)
        print(f"{name}: {len(shapes):,} shapes, {counts.sum():,} vertices, the largest {counts.max():,}")
    asked = every[: options.sites]
    clock = Clock(options.runs)
    warm()
    prepared, prepare_s, prepare_cpu = clock(lambda: ours_prepare(layers), 1)
    ours_overlap(prepared, zones, asked[:50])
    ours_nearest(prepared, near, asked[:50])
    table: dict[str, tuple[float, float, float, float, float, float]] = {}
    met, met_s, met_cpu = clock(lambda: ours_overlap(prepared, zones, asked))
    way, way_s, way_cpu = clock(lambda: ours_nearest(prepared, near, asked))
    table["ours"] = prepare_s, prepare_cpu, met_s, met_cpu, way_s, way_cpu
    theirs, their_s, their_cpu = clock(lambda: geopandas_overlap(layers, zones, asked), 1)
    for name in zones:
        same_rows(f"geopandas, {name}", met[name], theirs[name])
    theirs, near_s, near_cpu = clock(lambda: geopandas_nearest(layers, near, asked), 1)
    for name in near:
        same_metres(f"geopandas, {name}", way[name], theirs[name])
    table["geopandas"] = 0.0, 0.0, their_s, their_cpu, near_s, near_cpu
    with cluster() as there:
        if there is not None:
            connection, clock.server = there
            for name, shapes in {**layers, "asked": asked}.items():
                postgis_load(connection, name, shapes)
            _, sub_s, sub_cpu = clock(lambda: postgis_prepare(connection, layers), 1)
            theirs, post_s, post_cpu = clock(lambda: postgis_overlap(connection, zones), min(options.runs, 2))
            for name in zones:
                same_rows(f"PostGIS, {name}", met[name], theirs[name])
            theirs, knn_s, knn_cpu = clock(lambda: postgis_nearest(connection, near), min(options.runs, 2))
            for name in near:
                same_metres(f"PostGIS, {name}", way[name], theirs[name])
            clock.server = None
            table["PostGIS, subdivided"] = sub_s, sub_cpu, post_s, post_cpu, knn_s, knn_cpu
    print(f"\n{len(asked):,} sites; seconds of wall (of CPU); answers compared")
    print(f"{'':22}{'preparation':>20}{'overlap':>20}{'nearest':>20}")
    for name, (prep, prep_cpu, overlap, overlap_cpu, nearest, nearest_cpu) in table.items():
        print(f"{name:22}{prep:11.2f} ({prep_cpu:6.2f}){overlap:11.3f} ({overlap_cpu:6.2f}){nearest:11.3f} ({nearest_cpu:6.2f})")
    print("times ours, by wall (by CPU): overlap, overlap with preparation of both, nearest")
    for name, (prep, prep_cpu, overlap, overlap_cpu, nearest, nearest_cpu) in table.items():
        if name != "ours":
            print(
                f"{name:22}{overlap / met_s:11.0f} ({overlap_cpu / met_cpu:6.0f})"
                f"{(prep + overlap) / (prepare_s + met_s):11.1f} ({(prep_cpu + overlap_cpu) / (prepare_cpu + met_cpu):6.1f})"
                f"{nearest / way_s:11.1f} ({nearest_cpu / way_cpu:6.1f})"
            )
    if len(every) >= 10 * len(asked):
        _, ten_s, ten_cpu = clock(lambda: ours_overlap(prepared, zones, every))
        _, far_s, far_cpu = clock(lambda: ours_nearest(prepared, near, every), 1)
        print(
            f"{len(every):,} sites, ours: overlap {ten_s:.2f} s ({ten_cpu:.2f}), nearest {far_s:.2f} s ({far_cpu:.2f}); growth with "
            f"the number of sites, by CPU: exponent {exponent(met_cpu, ten_cpu, len(asked), len(every)):.2f} and "
            f"{exponent(way_cpu, far_cpu, len(asked), len(every)):.2f}"
        )


def exponent(first: float, then: float, few: int, many: int) -> float:
    return math.log(then / first) / math.log(many / few)


# ---------------------------------------------------------------------------------------------------- the command


def family(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return [pid, *(one for child in children for one in family(int(child)))]
    return [pid]


def shared_out_kb(pid: int) -> tuple[int, int]:
    """Memory of a process with pages of several shared out among them, and how much of it is its own (not files)."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        found = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
        return found["Pss"], found["Pss_Anon"]
    return 0, 0


def command(options: argparse.Namespace) -> None:
    out = Path(tempfile.mkdtemp()) / "result.parquet"
    words = [sys.executable, "-m", "sanxian", "batch", str(options.workspace), str(options.projects), "--out", str(out)]
    words += ["--on", "2026-11-22", "--jobs", str(options.jobs)]
    words += ["--scheduler", options.scheduler] if options.scheduler else []
    for run in range(1, options.runs + 1):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        peak = own = 0
        while process.poll() is None:
            memory = [shared_out_kb(pid) for pid in family(process.pid)]
            peak, own = max(peak, sum(one[0] for one in memory)), max(own, sum(one[1] for one in memory))
            time.sleep(0.5)
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        assert process.returncode == 0
        print(
            f"run {run}: {wall:.1f} s, CPU {cpu:.1f} s, all processes together at most {peak / 1e6:.2f} GB, "
            f"{own / 1e6:.2f} GB of it not files; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
    shutil.rmtree(out.parent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=1500, help="side of the picture that the redline is traced from")
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--zones", type=Path, nargs="+", default=[], help="zones from files instead, the most ragged last")
    parser.add_argument("--lines", type=Path, nargs="*", default=[])
    parser.add_argument("--asked", type=Path, help="sites from a file; ten times --sites of them for the growth")
    parser.add_argument("--workspace", type=Path, help="measure the whole command on this workspace")
    parser.add_argument("--projects", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--scheduler")
    options = parser.parse_args()
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    if options.workspace:
        command(options)
    else:
        facts(options)


if __name__ == "__main__":
    main()

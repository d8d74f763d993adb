"""A batch gives what single screenings give, whatever happens to it on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from shapely import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, Polygon, box
from shapely.affinity import rotate, translate

from layers.read import read_layer
from layers.workspace import Workspace
from sanxian.batch import BatchError, run_batch
from sanxian.batch_rules import missing_word
from sanxian.request import RequestError, load_projects
from sanxian.screen import Cancelled, Screener, rule_set

X, Y = 402_000.0, 3_290_000.0  # metres in EPSG:4548
GEOD = pyproj.Geod(ellps="GRS80")
DAY = date(2026, 11, 22)
PLANE = 4548


def placed(geometry):
    return translate(geometry, X, Y)


@pytest.fixture(scope="module")
def land(tmp_path_factory):
    """A workspace in which every kind of question has an answer, with layers in two CRSs and one that ends early."""
    folder = tmp_path_factory.mktemp("land")
    layers = {
        "admin": ([box(-20e3, -20e3, 20e3, 20e3), box(-20e3, -20e3, 0, 20e3)], 4490, None,
                  {"code": ["360400", "360404"], "name": ["市", "区"], "level": ["city", "county"]}),
        "ecological_redline": ([box(0, 0, 1000, 1000), box(500, 500, 1500, 1500), Polygon(
            [(-3000, -3000), (-2000, -3200), (-1000, -3000), (-1000, -1000), (-3000, -1000)],
            [[(-2500, -2500), (-1500, -2500), (-1500, -1500), (-2500, -1500)]])], 4490, 2.0, {"name": list("甲乙丙")}),
        "control_unit": ([box(-20e3, -20e3, 0, 20e3), box(0, -20e3, 20e3, 5e3), box(0, 5e3, 20e3, 20e3)], PLANE, 2.0, {
            "code": ["ZH36040420001", "ZH36040410001", None], "name": list("西东北"),
            "category": ["重点管控单元", "优先保护单元", "一般管控单元"]}),
        "river_bank": ([LineString([(-15e3, 5000), (0, 5200), (15e3, 5000)]), LineString([(3000, -9e3), (3100, 5e3)]),
                        LineString([(-9e3, -9e3), (-8e3, 5e3)])], 4490, 5.0, {
            "river": list("江河溪"), "rank": ["main", "important_tributary", None], "baseline": ["levee", None, "water_edge"]}),
        "industrial_park": ([box(-3000, 3000, -1000, 4500), box(-1000, 3000, 500, 4500), box(4000, 0, 6000, 2000)], PLANE, 1.0,
                            {"name": list("一二三"), "approved": ["是", "是", None], "chemical": ["是", "否", "否"]}),
        "water_source": ([box(5000, -5000, 7000, -3000), box(4500, -5500, 7500, -2500), box(0, -9000, 900, -8000)], 4490, None,
                         {"name": list("子丑寅"), "grade": ["1", "2", None]}),
        "receptor": ([Point(-5000, -5000), box(-5200, -5200, -5100, -5100), Point(100, 100)], 4490, 5.0,
                     {"name": list("校院居"), "kind": ["school", "hospital", "住宅"]}),
        "protected_area": ([box(700, -500, 1200, 600), box(1000.0005, 0, 1400, 300), box(-2600, -1600, -1500, 500)], 4490, 2.0,
                           {"name": list("东南西"), "zone": ["核心区", "buffer", None], "category": ["自然保护区"] * 3}),
        "germplasm_reserve": ([box(-9e3, 4000, 9e3, 5500)], 4490, 2.0, {"name": ["鱼"]}),
        "permanent_farmland": ([box(8000, 8000, 9000, 9000)], 4490, None, {"name": ["田"]}),
    }  # fmt: skip
    path = folder / "land.gpkg"
    with Workspace.create(path) as made:
        for role, (shapes, crs, accuracy_m, columns) in layers.items():
            file = folder / f"{role}.gpkg"
            gpd.GeoDataFrame(columns, geometry=[placed(shape) for shape in shapes], crs=PLANE).to_crs(crs).to_file(file)
            coverage = gpd.GeoSeries([placed(box(-9e3, -9e3, 9e3, 9e3))], crs=PLANE) if role == "water_source" else None
            made.add(read_layer(file, role), accuracy_m=accuracy_m, coverage=coverage)
    return path


CORNERS = np.array([
    (0, 0), (1000, 1000), (500, 500), (1500, 1000), (-1000, -1000), (-1500, -1500), (0, 5000), (0, 5200), (3050, 100),
    (-3000, 3000), (-1000, 4000), (500, 4500), (4000, 1000), (5000, -4000), (9000, -4000), (-5000, -5000), (-5150, -5100),
    (1000, 200), (1000.0005, 300), (700, 0), (-2500, -1600), (0, 4000),
    (0, -8500), (20_000, 0), (0, 6200), (2050, 0), (-8500, 2000), (8500, 8500), (19_999.5, 19_999.5), (-9000, -9000),
])  # fmt: skip


def odd_sites(seed: int, count: int) -> list:
    """Sites on, beside and across what matters: borderline, touching, slivers, at the coverage's edge, of every kind."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        off = rng.choice([0.0, 1e-4, 2e-3, 0.5, 1.9, 2.1, 30.0, 995.0, 1000.0, 3000.0]) * rng.choice([-1, 1], size=2)
        x, y = CORNERS[rng.integers(len(CORNERS))] + off * rng.integers(0, 2, size=2)
        wide, high = rng.choice([0.02, 1.0, 50.0, 300.0, 1500.0], size=2)
        match number % 8:
            case 0:
                site = Point(x, y)
            case 1:
                site = LineString([(x, y), (x + wide, y + high), (x + 3 * wide, y)])
            case 2:
                site = rotate(box(x, y, x + wide, y + high), rng.uniform(0, 90))
            case 3:
                site = MultiPolygon([box(x, y, x + wide, y + high), box(x - 2000, y, x - 1900, y + 100)])
            case 4 if number % 3 == 0:
                site = MultiPoint([(x, y), (x + 300, y)])
            case _:
                site = box(x, y, x + wide, y + high)
        found.append(placed(site))
    return found


KNOWN = {
    "industry_code": ["C2614", "1411", "D4411", None], "nature": ["新建", "rebuild", "扩建", "upgrade", None],
    "is_chemical": [None, "是", "no"], "is_two_high": ["yes", "no", None], "national_major_project": ["no", "yes", None],
    "limited_activity": ["0", "2", None], "new_outlet": ["none", "new", None], "is_tailings_pond": ["yes", "no", None],
    "soil_risk": ["yes", "no"], "emits_odour": ["yes", "no"], "accuracy_m": [None, None, "5"], "adds_capacity": ["yes", None],
    "site_is_outlet": ["yes", "no", None, None], "wastewater": ["none", "direct", "indirect", None],
    "discharges_pollutants": ["no", "yes", None], "emits_air": ["yes", "no", None],
}  # fmt: skip


def projects(path: Path, sites: list, seed: int = 1, crs: int = 4490) -> Path:
    rng = np.random.default_rng(seed)
    columns = {name: [values[k] for k in rng.integers(len(values), size=len(sites))] for name, values in KNOWN.items()}
    columns["outlet_lon"] = [116.0 if k % 11 == 0 else None for k in range(len(sites))]
    columns["outlet_lat"] = [29.725 if k % 11 == 0 else None for k in range(len(sites))]
    columns |= {"id": [f"P{number}" for number in range(len(sites))], "name": ["项目"] * len(sites)}
    frame = gpd.GeoDataFrame(columns, geometry=sites, crs=PLANE).to_crs(crs)
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_file(path)
    return path


def differences(workspace: Workspace, source: Path, out: Path, parameters=None, on=DAY, rules=()) -> list:
    """Where the batch's file says something else than single screenings do."""
    found = []
    asked, _ = load_projects(source, workspace)
    screener = Screener(workspace, rule_set(workspace, rules), on=on, parameters=parameters)
    rows = gpd.read_parquet(out).to_dict("records")
    assert [row["id"] for row in rows] == [project.id for project in asked]
    for row, project in zip(rows, asked, strict=True):
        one = screener.screen_one(project)
        ours = {outcome.rule: row[f"rule:{outcome.rule}"] for outcome in one.outcomes} | {"": row["verdict"]}
        theirs = {outcome.rule: str(outcome.outcome) for outcome in one.outcomes} | {"": str(one.verdict)}
        found += [(project.id, rule, ours[rule], theirs[rule]) for rule in theirs if ours[rule] != theirs[rule]]
        missing = sorted({missing_word(item) for outcome in one.outcomes for item in outcome.missing})
        if list(row["missing"]) != missing:
            found.append((project.id, "missing", set(row["missing"]) ^ set(missing)))
        if list(row["control_units"]) != [unit.code for unit in one.control_units]:
            found.append((project.id, "units", row["control_units"]))
        if np.isnan(row["redline_m2"]) != (one.redline_m2 is None):  # 0 only where somebody has looked
            found.append((project.id, "redline", row["redline_m2"], one.redline))
        numbers = [row["area_m2"], row["length_m"], np.nan_to_num(row["redline_m2"]), *row["control_unit_m2"]]
        exact = [one.site.area_m2, one.site.length_m, one.redline_m2 or 0.0, *(unit.area_m2 for unit in one.control_units)]
        shares = [unit.share for unit in one.control_units]
        # A site drawn along an edge shares slivers of some thousandths of a millimetre with what lies beyond, and where
        # long edges are split decides some hundredths: on a needle of a centimetre that is seen.
        slack = 1e-3 + 1e-5 * abs(GEOD.geometry_area_perimeter(one.lonlat)[1])
        alike = np.allclose(numbers, exact, rtol=1e-6, atol=slack)
        room = 1e-7 + slack / max(one.site.area_m2, slack)
        if not alike or not np.allclose(list(row["control_unit_share"]), shares, rtol=1e-6, atol=room):
            found.append((project.id, numbers, exact, shares))
    return found


@pytest.mark.parametrize(("seed", "crs", "suffix"), [(1, 4490, ".parquet"), (2, PLANE, ".gpkg")])
def test_verdicts_are_those_of_single_screenings(seed, crs, suffix, land, tmp_path):
    source = projects(tmp_path / f"projects{suffix}", odd_sites(seed, 128), seed, crs)
    parameters = {"odour_distance_m": 1000.0, "special_water_distance_m": 500.0} if seed == 2 else None
    with Workspace.open(land, readonly=True) as workspace:
        done = run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, parameters=parameters, chunk=64)
        assert differences(workspace, source, tmp_path / "out.parquet", parameters) == []
    assert done.projects == 128
    assert done.alone < 80
    assert done.failed == 0


def test_layers_that_lost_features_and_days_before_the_law_is_complete(land, tmp_path):
    import shutil

    path = shutil.copy(land, tmp_path / "land.gpkg")
    lossy = gpd.GeoDataFrame(
        {"name": ["在", "空"]}, geometry=[placed(box(2000, 2000, 2500, 2500)), Polygon()], crs=PLANE
    )  # fmt: skip
    lossy.to_file(tmp_path / "lossy.gpkg")
    with Workspace.open(path) as workspace:
        workspace.add(read_layer(tmp_path / "lossy.gpkg", "ecological_redline"))
    source = projects(tmp_path / "projects.parquet", odd_sites(11, 64), 11)
    with Workspace.open(path, readonly=True) as workspace:
        first = rule_set(workspace).complete_from
        assert first is not None
        for day in (DAY, first - timedelta(days=1)):
            done = run_batch(workspace, source, tmp_path / "out.parquet", on=day)
            assert done.law_from == (None if day >= first else first)
            assert differences(workspace, source, tmp_path / "out.parquet", on=day) == []


def test_parts_less_than_a_millimetre_deep_only_touch(land, tmp_path):
    sites = [box(1500 - off, 600, 1700, 600 + high) for off in (2e-4, 9e-4, 1.1e-3, 3e-3, 0.1) for high in (0.5, 300)]
    sites += [LineString([(1500 - off, 700), (1800, 700)]) for off in (5e-4, 5e-3)]
    sites += [LineString([(1499.9995, 600), (1499.9995, 900)]), Point(1499.9995, 800), Point(1499.99, 800)]
    sites += [box(-4000, -2600, -1e3 + 5, -2599.9995), box(-3e3, -5e3, -3e3 + 8e-4, 0)]
    source = projects(tmp_path / "projects.parquet", [placed(site) for site in sites], 12)
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(workspace, source, tmp_path / "out.parquet", on=DAY)
        assert differences(workspace, source, tmp_path / "out.parquet") == []


def test_two_columns_for_one_thing_are_read_as_single_screenings_read_them(land, tmp_path):
    frame = gpd.GeoDataFrame(
        {"id": ["A", "B"], "industry_code": ["C2614", None], "国民经济行业代码": [None, "C2614"], "nature": ["new", "new"]},
        geometry=[placed(box(0, 0, 10, 10)), placed(box(50, 0, 60, 10))], crs=PLANE,
    )  # fmt: skip
    frame.to_parquet(tmp_path / "p.parquet")
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(workspace, tmp_path / "p.parquet", tmp_path / "out.parquet", on=DAY)
        assert differences(workspace, tmp_path / "p.parquet", tmp_path / "out.parquet") == []
        frame["国民经济行业代码"] = ["A0111", "C2614"]
        frame.to_parquet(tmp_path / "p.parquet")
        with pytest.raises(RequestError, match="A0111"):
            run_batch(workspace, tmp_path / "p.parquet", tmp_path / "out.parquet", on=DAY)


@pytest.mark.parametrize(("column", "value", "words"), [("industry_code", "C9999", "C9999"), ("outlet_lon", "116.0", "经度或纬度")])
def test_cells_that_single_screenings_refuse_are_refused(column, value, words, land, tmp_path):
    frame = gpd.GeoDataFrame({"id": ["A"], column: [value]}, geometry=[placed(Point(0, 0))], crs=PLANE)
    frame.to_parquet(tmp_path / "p.parquet")
    with Workspace.open(land, readonly=True) as workspace:
        with pytest.raises(RequestError, match=words) as single:
            load_projects(tmp_path / "p.parquet", workspace)
        with pytest.raises(RequestError, match=words) as batch:
            run_batch(workspace, tmp_path / "p.parquet", tmp_path / "out.parquet", on=DAY)
    assert str(batch.value) == str(single.value)


def test_the_accuracy_stated_of_a_layer_of_projects_counts(land, tmp_path):
    import shutil

    path = shutil.copy(land, tmp_path / "land.gpkg")
    source = projects(tmp_path / "projects.gpkg", odd_sites(13, 24)[:24], 13, PLANE)
    with Workspace.open(path) as workspace:
        mine = workspace.add(read_layer(source, "project_site"), accuracy_m=20.0).name
    with Workspace.open(path, readonly=True) as workspace:
        run_batch(workspace, mine, tmp_path / "out.parquet", on=DAY)
        assert differences(workspace, mine, tmp_path / "out.parquet") == []


def test_without_numba_the_answers_are_the_same(land, tmp_path, monkeypatch):
    monkeypatch.setattr("spatial.prepared.has_grid", lambda: False)
    source = projects(tmp_path / "projects.parquet", odd_sites(3, 48), 3)
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, cache=None)
        assert differences(workspace, source, tmp_path / "out.parquet") == []


def test_a_layer_that_is_not_loaded_is_missing(workspace, tmp_path):
    source = projects(tmp_path / "projects.parquet", odd_sites(4, 40), 4)
    with Workspace.open(workspace, readonly=True) as opened:
        run_batch(opened, source, tmp_path / "out.parquet", on=date(2024, 5, 1))
        assert differences(opened, source, tmp_path / "out.parquet", on=date(2024, 5, 1)) == []


@pytest.fixture(scope="module")
def asked(land, tmp_path_factory):
    """120 projects, and the bytes of an uninterrupted run in chunks of 10."""
    folder = tmp_path_factory.mktemp("asked")
    source = projects(folder / "projects.parquet", odd_sites(5, 120), 5)
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(workspace, source, folder / "whole.parquet", on=DAY, chunk=10)
    return source, (folder / "whole.parquet").read_bytes()


def test_a_killed_run_goes_on_where_it_stopped(land, asked, tmp_path):
    source, whole = asked
    out, parts = tmp_path / "out.parquet", tmp_path / ".out.parquet.parts"
    program = (
        "import sys; from datetime import date; from pathlib import Path; from layers.workspace import Workspace;"
        "from sanxian.batch import run_batch;"
        "w = Workspace.open(Path(sys.argv[1]), readonly=True);"
        "run_batch(w, sys.argv[2], Path(sys.argv[3]), on=date(2026, 11, 22), chunk=10)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", program, str(land), str(source), str(out)], env=env)
    deadline = time.monotonic() + 60
    while len(list(parts.glob("part-??????.arrow"))) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    process.wait()
    done = {part: part.stat().st_mtime_ns for part in parts.glob("part-??????.arrow")}
    assert done
    assert not out.exists()
    seen = []
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(
            workspace, source, out, on=DAY, chunk=10, progress=lambda ready, total: bool(seen.append(ready)) or True
        )
    assert seen[0] == 10 * len(done)  # nothing was done twice
    assert out.read_bytes() == whole
    assert not parts.exists()


def test_stopping_leaves_no_result_and_another_day_starts_afresh(land, asked, tmp_path):
    source, whole = asked
    out = tmp_path / "out.parquet"
    with Workspace.open(land, readonly=True) as workspace:
        with pytest.raises(Cancelled):
            run_batch(workspace, source, out, on=date(2024, 1, 1), chunk=10, progress=lambda ready, total: ready < 30)
        assert not out.exists()
        seen = []
        run_batch(workspace, source, out, on=DAY, chunk=10, progress=lambda ready, total: bool(seen.append(ready)) or True)
    assert seen[0] == 0
    assert out.read_bytes() == whole


def test_a_first_run_that_is_stopped_keeps_what_is_done(land, asked, tmp_path):
    source, whole = asked
    out = tmp_path / "out.parquet"
    seen = []
    with Workspace.open(land, readonly=True) as workspace:
        with pytest.raises(Cancelled):
            run_batch(workspace, source, out, on=DAY, chunk=10, progress=lambda ready, total: ready < 30)
        left = sorted((tmp_path / ".out.parquet.parts").glob("part-*.arrow"))
        body = bytearray(left[1].read_bytes())
        body[len(body) // 2] ^= 255  # damaged since: made again
        left[1].write_bytes(bytes(body))
        run_batch(workspace, source, out, on=DAY, chunk=10, progress=lambda ready, total: bool(seen.append(ready)) or True)
    assert seen[0] == 20
    assert out.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [out]


def test_a_killed_run_leaves_nothing_beside_the_result(land, asked, tmp_path, monkeypatch):
    source, whole = asked
    out = tmp_path / "out.parquet"
    with Workspace.open(land, readonly=True) as workspace:
        with monkeypatch.context() as patch:
            patch.setattr("sanxian.batch._Result.__exit__", lambda *_: None)  # killed: nothing is cleared away
            with pytest.raises(Cancelled):
                run_batch(workspace, source, out, on=DAY, chunk=10, progress=lambda ready, total: ready < 60)
        assert [entry.name for entry in tmp_path.iterdir()] == [".out.parquet.parts"]
        run_batch(workspace, source, out, on=DAY, chunk=10)
    assert out.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [out]


def test_several_processes_write_the_same_bytes(land, asked, tmp_path):
    source, whole = asked
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, chunk=10, jobs=2)
    assert (tmp_path / "out.parquet").read_bytes() == whole


def test_a_site_that_cannot_be_measured_says_why(land, tmp_path):
    frame = gpd.GeoDataFrame(
        {"id": ["here", "abroad", "wide"]}, crs=4490,
        geometry=[Point(116.0, 29.73), Point(10.0, 50.0), LineString([(116.0, 29.7), (118.9, 29.9)])],
    )  # fmt: skip
    frame.to_parquet(tmp_path / "p.parquet")
    with Workspace.open(land, readonly=True) as workspace:
        done = run_batch(workspace, tmp_path / "p.parquet", tmp_path / "out.parquet", on=DAY)
    rows = gpd.read_parquet(tmp_path / "out.parquet").set_index("id")
    assert done.failed == 1
    assert rows.loc["abroad", "verdict"] == "undetermined"
    assert "10" in rows.loc["abroad", "error"]
    assert rows["error"].notna().sum() == 1


def test_parcels_of_one_project_are_one_row(land, tmp_path):
    frame = gpd.GeoDataFrame(
        {"id": ["A", "B", "A"], "nature": ["new", "new", "new"]}, crs=PLANE,
        geometry=[placed(box(0, 0, 10, 10)), placed(box(50, 0, 60, 10)), placed(box(3000, 3000, 3010, 3010))],
    )  # fmt: skip
    frame.to_parquet(tmp_path / "p.parquet")
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(workspace, tmp_path / "p.parquet", tmp_path / "out.parquet", on=DAY)
        assert differences(workspace, tmp_path / "p.parquet", tmp_path / "out.parquet") == []
    assert gpd.read_parquet(tmp_path / "out.parquet")["id"].tolist() == ["A", "B"]


def test_explanations_on_request(land, tmp_path):
    source = projects(tmp_path / "projects.parquet", odd_sites(6, 4), 6)
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, explain=True)
    assert '"reason"' in gpd.read_parquet(tmp_path / "out.parquet")["explanation"][0]


@pytest.mark.parametrize(
    ("name", "jobs", "words"), [("out.csv", 1, ".parquet"), ("nowhere/out.parquet", 1, "不存在"), ("out.parquet", 0, "--jobs")]
)
def test_wrong_use_is_one_sentence(name, jobs, words, land, tmp_path):
    source = projects(tmp_path / "projects.parquet", odd_sites(7, 2))
    with Workspace.open(land, readonly=True) as workspace, pytest.raises(BatchError, match=words):
        run_batch(workspace, source, tmp_path / name, on=DAY, jobs=jobs)
    assert [item.name for item in tmp_path.iterdir()] == ["projects.parquet"]


def test_a_wrong_cell_leaves_nothing_behind(land, tmp_path):
    frame = gpd.GeoDataFrame({"id": ["A"], "nature": ["夏天"]}, geometry=[placed(Point(0, 0))], crs=PLANE)
    frame.to_parquet(tmp_path / "p.parquet")
    with Workspace.open(land, readonly=True) as workspace, pytest.raises(RequestError, match="夏天"):
        run_batch(workspace, tmp_path / "p.parquet", tmp_path / "out.parquet", on=DAY)
    assert [item.name for item in tmp_path.iterdir()] == ["p.parquet"]


def test_the_result_is_never_the_input(land, tmp_path):
    source = projects(tmp_path / "projects.parquet", odd_sites(8, 2))
    with Workspace.open(land, readonly=True) as workspace, pytest.raises(BatchError, match="输入"):
        run_batch(workspace, source, source, on=DAY)


def test_preparations_are_checked_rebuilt_and_bounded(land, asked, tmp_path):
    from sanxian.prepared_layers import Cache
    from spatial.prepared import has_grid

    if not has_grid():
        pytest.skip("only the grid is kept")
    source, whole = asked
    with Workspace.open(land, readonly=True) as workspace:
        for _ in range(2):
            run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, chunk=10, cache=tmp_path / "cache")
            assert (tmp_path / "out.parquet").read_bytes() == whole
            kept = sorted(entry for entry in (tmp_path / "cache").iterdir() if entry.is_dir())
            assert kept
            for folder in kept:  # damaged: made again
                largest = max(folder.glob("*.npy"), key=lambda file: file.stat().st_size)
                body = bytearray(largest.read_bytes())
                body[-9] ^= 255
                largest.write_bytes(bytes(body))
    cache = Cache(tmp_path / "cache", limit=1)
    shapes = np.array([placed(box(0, 0, 10, 10))])
    from pyproj import CRS

    plane = CRS.from_epsg(PLANE)
    cache.prepared([(shapes, plane, "digest")], plane, 0.5)
    assert sum(entry.is_dir() for entry in (tmp_path / "cache").iterdir()) == 1


@pytest.mark.parametrize("harm", ["header", "empty", "text", "list"])
def test_whatever_is_damaged_is_made_again(harm, land, asked, tmp_path):
    source, whole = asked
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, chunk=60, cache=tmp_path / "cache")
        for file in (tmp_path / "cache").rglob("*"):
            if harm in ("text", "list") and file.suffix == ".json":
                file.write_bytes(b"\xff\xfe\x00" if harm == "text" else b"[]")
            elif harm in ("header", "empty") and file.suffix == ".npy":
                body = bytearray(file.read_bytes())
                body[10] ^= 0xFF  # where numpy says what follows
                file.write_bytes(bytes(body) if harm == "header" else b"")
        run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, chunk=10, cache=tmp_path / "cache")
    assert (tmp_path / "out.parquet").read_bytes() == whole


def test_a_disk_that_fills_while_layers_are_kept_stops_nothing_and_is_not_kept_full(land, asked, tmp_path, monkeypatch):
    from spatial.prepared import has_grid

    if not has_grid():
        pytest.skip("only the grid is kept")
    source, whole = asked
    plain_save = np.save

    def full(path, array):
        if "grid_fragments" in str(path) or "outlines_fragments" in str(path):
            Path(path).write_bytes(b"the first bytes")
            raise OSError(28, "No space left on device")
        plain_save(path, array)

    monkeypatch.setattr(np, "save", full)
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, chunk=10, cache=tmp_path / "cache")
    assert (tmp_path / "out.parquet").read_bytes() == whole
    assert not [entry for entry in (tmp_path / "cache").iterdir() if entry.is_dir()]


@pytest.mark.parametrize("crs", [PLANE, 4490, "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=GRS80 +units=m"])
def test_a_site_s_zone_is_that_of_its_split_edges(crs, monkeypatch):
    """Most sites are not split to find their zone; the zones are those of sites that are all split."""
    import types

    from sanxian import batch
    from spatial.crs import CGCS2000, transform

    random = np.random.default_rng(7)
    middle = np.concatenate([random.uniform(110, 122, 300), 118.5 + random.normal(0, 2e-4, 300), 118.8 + random.normal(0, 2e-4, 300)])
    wide, high = 10 ** random.uniform(-4, -0.2, (2, 900)) * [[1], [1]]
    north = random.uniform(20, 52, 900)
    system = pyproj.CRS.from_user_input(crs)
    sites = np.array([LineString([(x - w, y - h), (x, y + h), (x + w, y)]) if k % 2 else box(x - w, y - h, x + w, y + h)
                      for k, (x, y, w, h) in enumerate(zip(middle, north, wide, high, strict=True))], dtype=object)
    chunk = types.SimpleNamespace(geometry=np.asarray(transform(sites, CGCS2000, system), dtype=object), crs=system)
    few = batch._placed(chunk, np.zeros(900, dtype=bool))
    split = batch._near_an_end(shapely.bounds(few[0]))
    monkeypatch.setattr(batch, "_near_an_end", lambda bounds: np.ones(len(bounds), dtype=bool))
    every = batch._placed(chunk, np.zeros(900, dtype=bool))
    assert np.array_equal(few[1], every[1])
    assert np.array_equal(few[2], every[2])
    assert 0.1 < split.mean() < 0.95


def test_shapes_digest_tells_shapes_and_crs_apart():
    from pyproj import CRS

    from sanxian.prepared_layers import shapes_digest

    one, two = CRS.from_epsg(4490), CRS.from_epsg(PLANE)
    shapes = np.array([Point(1, 2), None, Point(3, 4)], dtype=object)
    assert shapes_digest(shapes, one) == shapes_digest(shapes.copy(), one)
    assert len({shapes_digest(shapes, one), shapes_digest(shapes, two), shapes_digest(shapely.reverse(shapes[::-1]), one)}) == 3


def test_the_command_writes_the_file_and_counts_the_verdicts(land, tmp_path, capsys):
    from sanxian.cli import main

    source = projects(tmp_path / "projects.parquet", odd_sites(9, 12), 9)
    asked = ["batch", str(land), str(source), "--out", str(tmp_path / "out.parquet"), "--on", "2026-11-22"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert said.startswith("12 个项目：")
    assert "禁止" in said
    assert len(gpd.read_parquet(tmp_path / "out.parquet")) == 12
    assert main([*asked[:-2], "--jobs", "0"]) == 2
    assert "--jobs" in capsys.readouterr().err


def test_a_worker_that_dies_is_a_sentence_and_keeps_what_is_done(land, asked, tmp_path, monkeypatch):
    source, whole = asked
    out = tmp_path / "out.parquet"
    killed = []

    def kill_one(ready, total):
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
        if ready >= 20 and not killed and children.is_file():
            for child in children.read_text().split():
                command = Path(f"/proc/{child}/cmdline").read_bytes()
                if b"spawn_main" in command:
                    killed.append(child)
                    os.kill(int(child), signal.SIGKILL)
                    break
        return True

    if not Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").is_file():
        pytest.skip("no list of child processes here")
    with Workspace.open(land, readonly=True) as workspace:
        with pytest.raises(BatchError, match="意外结束"):
            run_batch(workspace, source, out, on=DAY, chunk=10, jobs=2, progress=kill_one)
        assert killed
        run_batch(workspace, source, out, on=DAY, chunk=10)
    assert out.read_bytes() == whole


def test_the_demo_district_comes_out_as_single_screenings_say(tmp_path):
    from sanxian.demo import build

    made = build(tmp_path / "demo")
    with Workspace.open(made.workspace, readonly=True) as workspace:
        done = run_batch(workspace, made.projects, tmp_path / "out.parquet", on=DAY)
        assert differences(workspace, made.projects, tmp_path / "out.parquet") == []
    assert done.alone < 0.15 * done.projects
    redline = gpd.read_parquet(tmp_path / "out.parquet").set_index("id")["redline_m2"]
    assert np.isnan(redline["SL-48"]), "outside what the layer covers nothing found is not 0"
    assert (redline > 0).any()
    assert (redline == 0).any()


def test_a_layer_for_maps_leaves_the_redline_empty_where_nobody_has_looked():
    from types import SimpleNamespace

    from rules.model import Verdict
    from sanxian.reports.vector import properties
    from sanxian.result import ProjectResult, RedlineStatement, SiteSummary

    screening = SimpleNamespace(on=DAY, rule_set_sha256="0")
    summary = SiteSummary(**{**dict.fromkeys(SiteSummary.__dataclass_fields__), "area_m2": 500.0, "length_m": 0.0})
    for redline, said in ((RedlineStatement(checked=False, distance_m=80.0), None), (RedlineStatement(checked=True), 0.0),
                          (RedlineStatement(checked=False, overlap_m2=7.0), 7.0), (None, None)):
        found = ProjectResult("P", "厂", Verdict.UNDETERMINED, summary, (), (), redline=redline)
        assert properties(screening, found)["redline_overlap_m2"] == said


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet"])
def test_files_under_chinese_names_are_read_in_batches_and_say_the_same(suffix, land, tmp_path, monkeypatch):
    given = gpd.read_parquet(projects(tmp_path / "plain.parquet", odd_sites(14, 40), 14))
    given = given[["id", "name", "industry_code", "nature", "is_chemical", "geometry"]]
    given.columns = ["项目编号", "项目名称", "行业代码", "建设性质", "是否化工", "geometry"]
    given["boiler_t_h"], given["limited_activity"] = [None, 4.0] * 20, [0, 2] * 20
    source = tmp_path / f"projects{suffix}"
    given.to_parquet(source) if suffix == ".parquet" else given.to_file(source)
    monkeypatch.setattr("sanxian.batch.CHUNK", 7)
    with Workspace.open(land, readonly=True) as workspace:
        with monkeypatch.context() as patch:
            patch.setattr("layers.read.read_projects", None)  # nobody reads it as a whole
            run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, chunk=16)
        assert differences(workspace, source, tmp_path / "out.parquet") == []


@pytest.mark.parametrize("suffix", [".geojson", ".csv", ".gpkg", ".fgb", ".parquet"])
def test_a_column_that_is_empty_in_every_row_takes_nothing_else_away(suffix, land, tmp_path):
    # Such a column has no type of its own, and once all attributes, ids and names of the file went with it.
    count = 12
    given = gpd.read_parquet(projects(tmp_path / "full.parquet", odd_sites(16, count), 16))
    given["id"] = [f"甲{number}" for number in range(count)]
    for name in ("name", "outlet_lon", "outlet_lat", "accuracy_m", "soil_risk"):
        given[name] = None
    given["boiler_t_h"] = None
    source = tmp_path / f"projects{suffix}"
    match suffix:
        case ".parquet":
            given.to_parquet(source)
        case ".csv":
            points = given.geometry.representative_point()
            table = given.drop(columns="geometry").assign(经度=points.x, 纬度=points.y, 坐标系="CGCS2000", 备注=None)
            table.to_csv(source, index=False)
        case _:
            given.to_file(source)
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(workspace, source, tmp_path / "out.parquet", on=DAY)
        assert differences(workspace, source, tmp_path / "out.parquet") == []
    found = gpd.read_parquet(tmp_path / "out.parquet")
    assert sorted(found["id"]) == sorted(given["id"])


def test_what_is_said_to_a_batch_is_remembered(land, tmp_path, capsys):
    import shutil

    from sanxian.cli import main

    path = shutil.copy(land, tmp_path / "land.gpkg")
    given = gpd.read_parquet(projects(tmp_path / "plain.parquet", odd_sites(17, 8), 17))[["id", "geometry"]]
    given["行当"] = "化工"
    for year in (2026, 2027):
        given.to_file(tmp_path / f"批{year}.geojson")
    said = ["--map", "行当=industry_code", "--value", "industry_code:化工=C2614"]
    found = []
    for year, words in ((2026, said), (2027, [])):
        out = tmp_path / f"{year}.parquet"
        assert main(["batch", str(path), str(tmp_path / f"批{year}.geojson"), "--on", "2026-11-22", "--out", str(out), *words]) == 0
        found.append(gpd.read_parquet(out).drop(columns="geometry"))
    assert "按上次为同类文件保存的对应读取" in capsys.readouterr().err
    assert found[0]["verdict"].tolist() == found[1]["verdict"].tolist()
    assert found[0]["missing"].map(list).tolist() == found[1]["missing"].map(list).tolist()


def test_what_a_person_said_of_such_a_file_holds_in_a_batch_too(land, tmp_path, capsys):
    import shutil

    from sanxian.cli import main

    path = shutil.copy(land, tmp_path / "land.gpkg")
    given = gpd.read_parquet(projects(tmp_path / "plain.parquet", odd_sites(15, 16), 15))[["id", "geometry"]]
    given["行当"], given["XZ"], given["树"] = "化工", "新", "有"
    for suffix in (".gpkg", ".parquet", ".geojson"):
        source, out = tmp_path / f"批{suffix}", tmp_path / "out.parquet"
        given.to_parquet(source) if suffix == ".parquet" else given.to_file(source)
        said = ["--map", "行当=industry_code", "--value", "industry_code:化工=C2614", "--map", "XZ=nature", "--value", "nature:新=new"]
        main(["screen", str(path), str(source), "--on", "2026-11-22", *said])
        capsys.readouterr()
        assert main(["batch", str(path), str(source), "--on", "2026-11-22", "--out", str(out)]) == 0
        told = capsys.readouterr().err
        assert "按上次为同类文件保存的对应读取" in told
        assert "1 列不是本程序认识的项目属性，没有参与研判：树" in told
        with Workspace.open(path, readonly=True) as workspace:
            asked, _ = load_projects(source, workspace)
            assert {project.attributes["industry_code"] for project in asked} == {("C2614",)}
            assert differences(workspace, source, out) == []


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".geojson"])
def test_doubts_are_told_as_a_single_screening_tells_them(suffix, jobs, land, tmp_path):
    from sanxian.messages import issue_words

    if jobs == 2 and suffix != ".gpkg":
        pytest.skip("the same way")
    bow = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    shapes = [placed(translate(bow if row in (3, 17) else box(0, 0, 9, 9), 300 * row, 2000)) for row in range(24)]
    given = gpd.GeoDataFrame({"id": [f"P{row}" for row in range(24)]}, geometry=shapes, crs=PLANE).to_crs(4490)
    given["industry_code"], given["is_chemical"], given["树"] = "C2614", [*["是"] * 20, *["否"] * 4], "有"
    source = tmp_path / f"p{suffix}"
    given.to_parquet(source) if suffix == ".parquet" else given.to_file(source)
    first, told = [], []
    with Workspace.open(land, readonly=True) as workspace:
        load_projects(source, workspace, doubts=first.extend)
        done = run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, chunk=8, jobs=jobs, doubts=told.extend)
    words = sorted(issue_words(one) for one in first)
    assert sum("图形有误" in one for one in words) == 2
    assert sum("自相矛盾" in one for one in words) == 4
    assert any("没有参与研判：树" in one for one in words)
    assert sorted(issue_words(one) for one in (*told, *done.doubts)) == words


def test_sites_of_several_kinds_count_with_all_their_parts(land, tmp_path):
    plot, road = box(8000, 0, 8500, 300), LineString([(8400, 100), (9500, 100)])  # leaves what the water sources' layer covers
    park = box(-2500, 3200, -2400, 3300)
    sites = [plot, GeometryCollection([plot, road]), park, GeometryCollection([park, LineString([(-2450, 3250), (-2450, 2000)])])]
    frame = gpd.GeoDataFrame({"id": list("ABCD"), "industry_code": "C2614", "nature": "new"}, geometry=[placed(site) for site in sites], crs=PLANE)
    frame.to_parquet(tmp_path / "p.parquet")
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(workspace, tmp_path / "p.parquet", tmp_path / "out.parquet", on=DAY)
        assert differences(workspace, tmp_path / "p.parquet", tmp_path / "out.parquet") == []
    rows = gpd.read_parquet(tmp_path / "out.parquet").set_index("id")
    assert rows["rule:water-source-grade-1"].tolist() == ["permitted", "undetermined", "permitted", "permitted"]
    assert rows["rule:park-outside-heavy-pollution"].tolist()[2:] == ["permitted", "prohibited"]


def test_many_doubts_of_a_kind_are_counted_over_all_parts():
    from layers.issues import Issue, counted

    parts = [counted(Issue("geometry-repaired", 1000 * part + row) for row in range(150)) for part in range(3)]
    found = counted(one for part in parts for one in part)
    assert len(found) == 101
    assert found[-1].code == "more-of-the-same"
    assert found[-1].values == {"code": "geometry-repaired", "count": 350}


def test_arcs_are_straightened_as_for_a_single_screening(land, tmp_path):
    import struct

    from pyogrio import raw

    def disc(x, y, radius):
        places = [(x - radius, y), (x, y + radius), (x + radius, y), (x, y - radius), (x - radius, y)]
        ring = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<dd", *place) for place in places)
        return struct.pack("<BII", 1, 10, 1) + ring

    source = tmp_path / "discs.gpkg"
    wkb = np.array([disc(X, Y, 100.0), disc(X + 3000, Y, 50.0)], dtype=object)
    raw.write(
        source, geometry=wkb, field_data=[np.array(["A", "B"], dtype=object)], fields=["id"], geometry_type="Unknown",
        crs=f"EPSG:{PLANE}", driver="GPKG", layer="discs",
    )  # fmt: skip
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(workspace, source, tmp_path / "out.parquet", on=DAY)
        assert differences(workspace, source, tmp_path / "out.parquet") == []
    areas = gpd.read_parquet(tmp_path / "out.parquet")["area_m2"]
    assert areas.tolist() == pytest.approx([np.pi * 100**2, np.pi * 50**2], rel=2e-3)


def test_a_file_whose_ids_repeat_is_read_as_a_whole(land, tmp_path):
    frame = gpd.GeoDataFrame(
        {"编号": ["A", "B", "A"], "建设性质": ["新建"] * 3}, crs=PLANE,
        geometry=[placed(box(0, 0, 10, 10)), placed(box(50, 0, 60, 10)), placed(box(3000, 3000, 3010, 3010))],
    )  # fmt: skip
    frame.to_file(tmp_path / "p.gpkg")
    with Workspace.open(land, readonly=True) as workspace:
        run_batch(workspace, tmp_path / "p.gpkg", tmp_path / "out.parquet", on=DAY)
        assert differences(workspace, tmp_path / "p.gpkg", tmp_path / "out.parquet") == []
    assert gpd.read_parquet(tmp_path / "out.parquet")["id"].tolist() == ["A", "B"]


ASKED = {
    "ecological_redline": {}, "control_unit": {"category": ["key", "priority"]}, "river_bank": {"rank": ["main", "tributary"]},
    "industrial_park": {"approved": [True, False], "chemical": [True, False]}, "water_source": {"grade": ["1", "2", "3"]},
    "receptor": {"kind": ["school", "hospital"]}, "protected_area": {"zone": ["core", "buffer"]}, "permanent_farmland": {},
    "wetland": {"grade": ["national"]},
}  # fmt: skip


def made_up_rules(seed: int, folder: Path) -> Path:
    """A pack of rules that nobody would write: every relation, nested, with filters, distances and two layers at once."""
    rng = np.random.default_rng(seed)

    def word(value) -> str:
        return str(value).lower() if isinstance(value, bool) else f'"{value}"'

    def pick(values):
        return values[rng.integers(len(values))]

    def question(layer: str) -> str:
        filters = ASKED[layer]
        if not filters or rng.random() < 0.5:
            return f'layer = "{layer}"'
        name = pick(list(filters))
        wanted = {word(pick(filters[name])) for _ in range(2)}
        return f'layer = "{layer}", where = {{ {name} = [{", ".join(sorted(wanted))}] }}'

    def leaf() -> str:
        layer = pick(list(ASKED))
        match rng.integers(7):
            case 0:
                return '{ attribute = "nature", in = ["new", "expansion"] }'
            case 1 | 2:
                distance = pick([1.0, 50.0, 1000.0, 3000.0])
                return f'{{ relation = "within_distance", {question(layer)}, distance_m = {distance} }}'
            case 3:
                other = question(pick([one for one in ASKED if one not in ("receptor", "river_bank")]))
                return f'{{ relation = "intersects", {question(layer)}, also_in = {{ {other} }} }}'
            case 4:
                return f'{{ relation = "{pick(["within", "outside"])}", {question(layer)} }}'
            case 5:
                return f'{{ relation = "covers_share", {question(layer)}, share = {pick([0.05, 0.5, 1.0])} }}'
            case _:
                return f'{{ relation = "{pick(["intersects", "outlet_inside"])}", {question(layer)} }}'

    def condition(depth: int) -> str:
        match rng.integers(5) if depth else 4:
            case 0:
                return f"{{ all = [{condition(depth - 1)}, {condition(depth - 1)}] }}"
            case 1:
                return f"{{ any = [{condition(depth - 1)}, {condition(depth - 1)}] }}"
            case 2:
                return f"{{ not = {condition(depth - 1)} }}"
            case _:
                return leaf()

    folder.mkdir()
    (folder / "documents.toml").write_text(
        '[made-up]\ntitle = { zh = "虚构办法", en = "Made-up measures" }\nnumber = "虚构"\nissuer = "虚构"\n'
        "issued = 2020-01-01\nin_force_from = 2020-01-01\n",
        encoding="utf-8",
    )
    for number in range(24):
        text = f'''id = "made-up-{number:02d}"
dimension = "spatial_layout"
force = "statute"
title = {{ zh = "虚构规则{number}", en = "Made-up rule {number}" }}
[[version]]
in_force_from = 2020-01-01
outcome = "{pick(["prohibited", "restricted", "advisory"])}"
verified_on = 2026-11-22
confidence = "high"
spatial = {condition(2)}
[[version.basis]]
document = "made-up"
article = "第一条"
'''
        (folder / f"made-up-{number:02d}.toml").write_text(text, encoding="utf-8")
    return folder


def hostile_sites(seed: int) -> list:
    """Sites as they come in: with holes, combs, needles, dots of a millimetre, round trips, and edges that are the layer's."""
    rng = np.random.default_rng(seed)
    found = [
        Polygon([(-50, -50), (1600, -50), (1600, 1600), (-50, 1600)], [[(1, 1), (999, 1), (999, 999), (1, 999)]]),
        Polygon([(x, 480 if x % 40 else 1520) for x in range(480, 1540, 20)] + [(1530, 470), (470, 470)]),
        Polygon([(999.9, 500), (3000, 500.0005), (3000, 500.001)]), box(500, 500, 500.001, 500.001),
        LineString([(0, 0), (1000, 0), (0, 0), (0, 1000)]), LineString([(-3000, -3000), (-1000, -1000), (-3000, -1000)]),
        box(0, 0, 1000, 1000), box(500, 500, 1500, 1500), Polygon([(-2500, -2500), (-1500, -2500), (-1500, -1500), (-2500, -1500)]),
        MultiPolygon([box(0, 0, 10, 10), box(8990, 0, 9010, 10), box(-9020, 100, -8990, 130)]), LineString([(-9500, 5e3), (9500, 5e3)]),
    ]  # fmt: skip
    for _ in range(40):
        x, y = CORNERS[rng.integers(len(CORNERS))]
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(4, 40)))
        reach = rng.choice([1.0, 60.0, 2000.0]) * rng.uniform(0.05, 1.0, len(angle))
        star = Polygon(np.column_stack([x + reach * np.cos(angle), y + reach * np.sin(angle)]))
        found.append(star if star.is_valid else star.buffer(0))
    return [placed(site) for site in found if not site.is_empty]


@pytest.mark.parametrize("seed", [21, 22])
def test_rules_and_sites_that_nobody_would_make(seed, land, tmp_path):
    rules = [made_up_rules(seed, tmp_path / "pack")]
    source = projects(tmp_path / "projects.parquet", hostile_sites(seed), seed)
    with Workspace.open(land, readonly=True) as workspace:
        done = run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, rules=rules)
        assert differences(workspace, source, tmp_path / "out.parquet", rules=rules) == []
    assert done.alone < done.projects


@pytest.mark.parametrize("suffix", ["parquet", "gpkg", "geojson"])
def test_what_holds_of_the_whole_file_is_said_once(suffix, land, tmp_path):
    source = projects(tmp_path / f"p.{suffix}", odd_sites(3, 24), crs=3857)
    told = []
    with Workspace.open(land, readonly=True) as workspace:
        done = run_batch(workspace, source, tmp_path / "out.parquet", on=DAY, chunk=8, doubts=told.extend)
    assert [one.code for one in (*told, *done.doubts)].count("web-mercator") == 1

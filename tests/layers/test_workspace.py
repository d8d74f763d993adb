from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from shapely import Point, box

from layers import backups
from layers.issues import Issue
from layers.read import Layer, read_layer
from layers.workspace import FORMAT, Workspace, WorkspaceError
from sanxian.mapping.qgis import save_styles

ROOT = Path(__file__).resolve().parents[2]


def layer(title="单元", role="control_unit", /, boxes=((115.9, 29.7, 116.0, 29.8),), crs=4490, issues=(), **columns):
    columns = columns or {"code": [f"ZH3604032000{n}" for n, _ in enumerate(boxes)]}
    frame = geopandas.GeoDataFrame(columns, geometry=[box(*corners) for corners in boxes], crs=crs)
    return Layer(role, title, frame, Path("单元.shp"), "ab" * 32, None, tuple(issues))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "工作区.gpkg"


@pytest.fixture
def workspace(path):
    with Workspace.create(path) as opened:
        yield opened


def test_a_new_workspace_is_an_empty_geopackage(workspace, path):
    assert workspace.layers() == []
    assert workspace.format_version == FORMAT
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_layer_comes_back_with_all_that_is_known_of_it(workspace):
    issue = Issue("geometry-repaired", 3, None, "warning", {"area_before_m2": 1.5})
    workspace.add(
        layer(issues=[issue], code=["ZH36040320001"], open=[True], count=[7], note=[None]),
        version="2024",
        data_date="2024-06-30",
        accuracy_m=5.0,
        source="某局",
        coverage="hull",
    )
    with Workspace.open(workspace.path, readonly=True) as other:
        record = other.record("单元")
    assert (record.role, record.version, record.data_date) == ("control_unit", "2024", "2024-06-30")
    assert (record.accuracy_m, record.source, record.sha256) == (5.0, "某局", "ab" * 32)
    assert record.issues == (issue,)
    assert (record.features, record.crs.to_epsg(), record.coverage) == (1, 4490, "known")
    assert record.coverage_geometry.equals(box(115.9, 29.7, 116.0, 29.8))
    frame = workspace.read("单元")
    assert list(frame.columns) == ["fid", "code", "open", "count", "note", "geometry"]
    assert frame.iloc[0].drop("geometry").to_dict() == {
        "fid": 1,
        "code": "ZH36040320001",
        "open": True,
        "count": 7,
        "note": None,
    }


def test_yes_no_and_numbers_stay_what_they_are_beside_gaps(workspace):
    park = layer(
        "园区",
        "industrial_park",
        boxes=[(0, 0, 1, 1)] * 3,
        chemical=[True, None, False],
        name=["甲", None, "丙"],
        area=[1.5, None, 2],
    )
    workspace.add(park)
    frame = workspace.read("园区")
    assert frame.chemical.tolist() == [True, None, False]
    assert frame.name.tolist() == ["甲", None, "丙"]
    assert frame["area"].tolist() == [1.5, None, 2.0]


def test_gdal_lists_the_layers_under_their_chinese_names(workspace, path):
    workspace.add(layer("环境管控单元"))
    workspace.add(layer("生态 保护红线", "ecological_redline", name=["甲"]))
    names = dict(pyogrio.list_layers(path).tolist())
    assert names == {"环境管控单元": "Polygon", "生态_保护红线": "Polygon", "sanxian_layers": None}
    assert pyogrio.read_info(path, layer="环境管控单元")["crs"] == "EPSG:4490"


def test_an_empty_layer_is_recorded_with_nothing_in_it(workspace, tmp_path):
    source = tmp_path / "空.gpkg"
    empty = geopandas.GeoDataFrame({"name": []}, geometry=[], crs=4490)
    pyogrio.write_dataframe(empty, source, geometry_type="Polygon")
    record = workspace.add(read_layer(source, "ecological_redline"))
    assert record.features == 0
    assert [issue.code for issue in record.issues] == ["empty-layer"]
    assert len(workspace.read(record.name)) == 0


def test_several_layers_of_a_role_all_count_but_one_version_of_each(workspace):
    workspace.add(layer("红线", "ecological_redline", name=["旧"]), version="2018")
    workspace.add(layer("红线", "ecological_redline", name=["新"]), version="2022")
    workspace.add(layer("另一红线", "ecological_redline", name=["他"]))
    assert [record.name for record in workspace.by_role("ecological_redline")] == ["红线（2022）", "另一红线"]
    assert len(workspace.layers()) == 3
    workspace.make_current("红线")
    assert [record.version for record in workspace.by_role("ecological_redline")] == ["2018", None]
    workspace.remove("红线")
    assert [record.version for record in workspace.by_role("ecological_redline")] == ["2022", None]


def test_the_same_name_twice_is_refused_unless_it_replaces(workspace):
    workspace.add(layer())
    with pytest.raises(WorkspaceError, match="工作区里已有图层 单元；要换掉它请选择替换"):
        workspace.add(layer())
    workspace.add(layer(boxes=[(0, 0, 1, 1), (1, 0, 2, 1)]), replace=True)
    assert workspace.record("单元").features == 2
    assert len(workspace.read("单元")) == 2


def test_a_layer_can_be_renamed_described_and_removed(workspace, path):
    workspace.add(layer())
    workspace.rename("单元", "管控单元")
    assert len(workspace.read("管控单元")) == 1
    assert workspace.describe("管控单元", accuracy_m=2.5, source="局", coverage="hull").accuracy_m == 2.5
    workspace.remove("管控单元")
    assert workspace.layers() == []
    assert [name for name, _ in pyogrio.list_layers(path)] == ["sanxian_layers"]
    with pytest.raises(WorkspaceError, match="工作区里没有图层 管控单元；有：（没有图层）"):
        workspace.read("管控单元")


def test_coverage_falls_to_the_administrative_areas_or_is_unknown(workspace):
    workspace.add(layer())
    assert workspace.record("单元").coverage == "unknown"
    assert workspace.coverage_of(workspace.record("单元")) is None
    workspace.add(layer("县", "admin", boxes=[(115, 29, 116, 30), (116, 29, 117, 30)], code=["360403", "360404"]))
    assert workspace.record("单元").coverage == "known"
    assert workspace.coverage_of(workspace.record("单元")).area == pytest.approx(2)


def test_coverage_is_kept_in_cgcs2000(workspace):
    metres = layer("红线", "ecological_redline", boxes=[(400000, 3290000, 401000, 3291000)], crs=4548, name=["甲"])
    record = workspace.add(metres, coverage=metres.frame.geometry)
    lon, lat = record.coverage_geometry.centroid.coords[0]
    assert (lon, lat) == pytest.approx((115.97, 29.73), abs=0.01)
    assert workspace.add(layer("全域"), coverage="all").coverage_geometry.contains(Point(115, 29))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"coverage": "half"}, "覆盖范围只能是 all、hull 或一个面图层，不能是 half"),
        ({"accuracy_m": -1}, "精度 -1 不是不小于 0 的米数"),
        ({"coverage": geopandas.GeoSeries([box(0, 0, 1, 1)])}, "覆盖范围没有坐标系"),
        ({"coverage": geopandas.GeoSeries([Point(0, 0)], crs=4490)}, "覆盖范围里没有面"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(workspace, path, arguments, sentence):
    before = path.read_bytes()
    with pytest.raises(WorkspaceError) as caught:
        workspace.add(layer(), **arguments)
    assert str(caught.value) == sentence
    assert path.read_bytes() == before


def test_boxes_are_read_by_their_bounds(workspace):
    workspace.add(layer(boxes=[(0, 0, 1, 1), (5, 5, 6, 6)]))
    assert workspace.read_bbox("单元", (4, 4, 7, 7)).fid.tolist() == [2]


def raster_file(path):
    with rasterio.open(
        path, "w", driver="GTiff", width=4, height=4, count=1, dtype="float32", crs="EPSG:4548", nodata=-9999,
        transform=from_origin(400_000, 3_290_000, 30, 30),
    ) as target:  # fmt: skip
        target.write(np.full((1, 4, 4), 50, dtype="float32"))
    return path


def test_packs_state_and_rasters_travel_with_the_file(workspace, tmp_path):
    raster_file(tmp_path / "dem.tif")
    workspace.add_pack("江西", {"b.toml": b"b", "a.toml": "甲".encode()})
    workspace.set_state("window", {"zoom": 2, "名": "甲"})
    workspace.add_raster(tmp_path / "dem.tif", "dem")
    workspace.close()
    with Workspace.open(workspace.path) as again:
        assert again.packs() == {"江西": {"a.toml": "甲".encode(), "b.toml": b"b"}}
        assert again.state("window") == {"zoom": 2, "名": "甲"}
        assert again.state("other", 5) == 5
        (raster,) = again.rasters()
        assert (raster.kind, raster.path, raster.missing) == ("dem", (tmp_path / "dem.tif").resolve(), False)
        assert raster.sha256 == hashlib.sha256((tmp_path / "dem.tif").read_bytes()).hexdigest()
        again.set_state("window", None)
        again.remove_pack("江西")
        again.remove_raster("dem")
        assert (again.packs(), again.state("window"), again.rasters()) == ({}, None, [])


def test_the_same_layers_give_the_same_bytes(tmp_path):
    digests = set()
    for name in ("a.gpkg", "b.gpkg"):
        with Workspace.create(tmp_path / name) as made:
            made.add(layer(), version="1")
            made.add(layer("红线", "ecological_redline", name=["甲"]))
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_geometry_is_kept_to_the_last_digit(workspace):
    outline = shapely.Polygon([(115.123456789012345, 29.1), (116.1, 29.2), (116.0, 29.9)])
    frame = geopandas.GeoDataFrame({"name": ["甲"]}, geometry=[outline], crs=4490)
    workspace.add(Layer("ecological_redline", "红线", frame, Path("a"), "0" * 64, None, ()))
    assert workspace.read("红线").geometry[0].equals_exact(outline, 0)


# --- what cannot be opened ------------------------------------------------------------------------------------------


def refused(path, **more):
    with pytest.raises(WorkspaceError) as caught:
        Workspace.open(path, **more)
    error = caught.value
    assert error.template.format(**error.params) == str(error)
    return str(error)


def test_a_missing_file_is_named(tmp_path):
    assert refused(tmp_path / "无.gpkg") == f"找不到工作区 {tmp_path / '无.gpkg'}"


def test_other_files_are_no_workspace(tmp_path):
    text = tmp_path / "a.gpkg"
    text.write_text("hello")
    other = tmp_path / "b.gpkg"
    geopandas.GeoDataFrame(geometry=[Point(0, 0)], crs=4490).to_file(other)
    for path in (text, other, tmp_path):
        assert refused(path) == f"{path} 不是三线工作区"


def test_a_newer_format_asks_for_a_newer_program(path):
    Workspace.create(path).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE sanxian_meta SET value='99' WHERE key='format'")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    assert refused(path) == f"{path} 由更新的程序建立（格式 99，本程序只认识到 {FORMAT}），请升级程序"
    assert path.read_bytes() == before


def test_a_cut_file_is_damaged(path):
    with Workspace.create(path) as made:
        made.add(layer())
    path.write_bytes(path.read_bytes()[:-5000])
    assert refused(path, readonly=True).startswith(f"{path} 已经损坏；最近的备份是 1 号（")
    shutil.rmtree(backups.folder(path))
    assert refused(path, readonly=True) == f"{path} 已经损坏，请改用备份"


def test_a_file_is_never_created_over_another(path):
    path.write_text("mine")
    with pytest.raises(WorkspaceError, match="已经存在，没有改动它"):
        Workspace.create(path)
    assert path.read_text() == "mine"


def test_a_workspace_needs_a_folder_and_its_suffix(tmp_path):
    with pytest.raises(WorkspaceError, match="文件夹 .* 不存在"):
        Workspace.create(tmp_path / "no" / "a.gpkg")
    with pytest.raises(WorkspaceError, match=r"工作区的文件名要以 \.gpkg 结尾"):
        Workspace.create(tmp_path / "a.shp")


def test_a_readonly_disk_is_named_and_can_still_be_read(path, monkeypatch):
    with Workspace.create(path) as made:
        made.add(layer())
    monkeypatch.setattr("layers.workspace.os.access", lambda *_: False)
    assert refused(path) == f"{path} 不能写入：文件或所在磁盘是只读的"
    with Workspace.open(path, readonly=True) as opened:
        assert len(opened.read("单元")) == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_readonly_folder_is_named_and_can_still_be_read(path):
    with Workspace.create(path) as made:
        made.add(layer())
    path.parent.chmod(0o555)
    try:
        assert refused(path) == f"{path} 不能写入：文件或所在磁盘是只读的"
        with Workspace.open(path, readonly=True) as opened:
            assert len(opened.read("单元")) == 1
        with pytest.raises(WorkspaceError, match="不能写入"):
            Workspace.create(path.with_name("b.gpkg"))
    finally:
        path.parent.chmod(0o755)


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "磁盘空间不足"), (errno.EROFS, "只读的"), (errno.EIO, "写入失败，没有改动")],
)
def test_a_disk_error_while_saving_is_a_sentence_and_changes_nothing(workspace, path, monkeypatch, number, words):
    before = path.read_bytes()

    def fail(*_args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("layers.workspace.os.replace", fail)
    with pytest.raises(WorkspaceError, match=words):
        workspace.add(layer())
    assert path.read_bytes() == before
    assert sorted(entry.suffix for entry in beside(path)) == [".gpkg", ".lock"]


def test_a_readonly_or_closed_workspace_takes_no_change(path):
    made = Workspace.create(path)
    made.close()
    with Workspace.open(path, readonly=True) as opened:
        for change in (lambda: opened.add(layer()), lambda: opened.set_state("a", 1)):
            with pytest.raises(WorkspaceError, match="工作区以只读方式打开，不能改动"):
                change()
    with pytest.raises(WorkspaceError, match="工作区已经关闭"):
        made.add(layer())


# --- other programs and sudden ends ---------------------------------------------------------------------------------


def beside(path):
    """What lies in the workspace's folder but for its backups."""
    return [entry for entry in path.parent.iterdir() if not entry.name.endswith(".backups")]


def python(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )


def test_a_second_program_is_kept_from_writing_and_may_read(path):
    with Workspace.create(path) as made:
        made.add(layer())
    holder = python(
        """
        import sys
        from layers.workspace import Workspace
        workspace = Workspace.open(sys.argv[1])
        print("ready", flush=True)
        sys.stdin.readline()
        """,
        path,
    )
    with holder:
        assert holder.stdout.readline().strip() == "ready"
        sentence = refused(path)
        assert f"{path} 已在另一个程序中打开（" in sentence
        assert f"进程 {holder.pid}" in sentence
        with pytest.raises(WorkspaceError) as caught:
            Workspace.open(path)
        assert caught.value.params["pid"] == str(holder.pid), "its words are those of the language, and in the sentence"
        with Workspace.open(path, readonly=True) as reader:
            assert len(reader.read("单元")) == 1
        holder.kill()
    Workspace.open(path).close()  # what a killed program leaves behind locks nothing


@pytest.mark.parametrize("when", ["shutil.copyfile", "pyogrio.write_dataframe", "os.fsync", "os.replace"])
@pytest.mark.parametrize("after", [False, True])
def test_a_program_killed_while_saving_leaves_the_file_as_before_or_as_after(path, when, after):
    with Workspace.create(path) as made:
        made.add(layer())
    before = path.read_bytes()
    victim = python(
        """
        import importlib, os, sys
        from pathlib import Path
        import geopandas
        from shapely import box
        from layers.read import Layer
        from layers.workspace import Workspace

        module, name = sys.argv[2].rsplit(".", 1)
        owner = importlib.import_module(module)
        real = getattr(owner, name)

        def fatal(*args, **more):
            if sys.argv[3] == "True":
                real(*args, **more)
            os._exit(9)

        workspace = Workspace.open(sys.argv[1])
        setattr(owner, name, fatal)
        frame = geopandas.GeoDataFrame({"name": ["新"]}, geometry=[box(0, 0, 1, 1)], crs=4490)
        workspace.add(Layer("ecological_redline", "红线", frame, Path("a"), "0" * 64, None, ()))
        """,
        path,
        when,
        after,
    )
    with victim:
        assert victim.wait(60) == 9
    names = {"单元"}
    if when == "os.replace" and after:
        names = {"单元", "红线"}
    else:
        assert path.read_bytes() == before
    with Workspace.open(path) as opened:
        assert {record.name for record in opened.layers()} == names
        for name in names:
            assert len(opened.read(name)) == 1
    assert sorted(entry.name for entry in beside(path)) == [path.name]


def test_a_program_killed_at_any_time_leaves_a_whole_file(path):
    with Workspace.create(path) as made:
        made.add(layer())
    for delay in (0.01, 0.05, 0.1, 0.2):
        victim = python(
            """
            import sys
            from pathlib import Path
            import geopandas
            from shapely import box
            from layers.read import Layer
            from layers.workspace import Workspace

            workspace = Workspace.open(sys.argv[1])
            frame = geopandas.GeoDataFrame({"name": ["新"] * 2000}, geometry=[box(0, 0, 1, 1)] * 2000, crs=4490)
            print("ready", flush=True)
            while True:
                workspace.add(Layer("reference", "新", frame, Path("a"), "0" * 64, None, ()), replace=True)
                workspace.set_state("step", 1)
            """,
            path,
        )
        with victim:
            assert victim.stdout.readline().strip() == "ready"
            try:
                victim.wait(delay)
            except subprocess.TimeoutExpired:
                victim.kill()
        with Workspace.open(path) as opened:
            assert len(opened.read("单元")) == 1
            for record in opened.layers():
                assert len(opened.read(record.name)) == record.features


# --- history, findings, styles --------------------------------------------------------------------------------------


def test_history_says_who_changed_what_and_when_and_cannot_be_changed(workspace, path):
    workspace.add(layer())
    workspace.sign("李四", lambda: "2026-11-22T10:00:00+08:00")
    workspace.add(layer(), version="2")
    workspace.rename("单元（2）", "新单元")
    workspace.describe("新单元", accuracy_m=2.0)
    workspace.make_current("单元")
    workspace.remove("新单元")
    entries = workspace.history()
    assert [(entry.action, entry.subject) for entry in entries] == [
        ("add", "单元"), ("add", "单元（2）"), ("rename", "新单元"), ("describe", "新单元"), ("make-current", "单元"),
        ("remove", "新单元"),
    ]  # fmt: skip
    assert (entries[0].person, entries[0].at) == (None, None)
    assert (entries[1].person, entries[1].at) == ("李四", "2026-11-22T10:00:00+08:00")
    assert entries[3].details["was"] == {"accuracy_m": None}
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("DELETE FROM sanxian_history")
    connection.close()


def test_a_workspace_of_an_older_program_gets_what_came_later(path):
    with Workspace.create(path) as made:
        made.add(layer())
    connection = sqlite3.connect(path)
    connection.executescript(
        "DROP TABLE sanxian_history; DROP TABLE sanxian_findings; ALTER TABLE sanxian_rasters DROP COLUMN issues"
    )
    connection.close()
    with Workspace.open(path, readonly=True) as opened:
        assert (opened.history(), len(opened.findings()), opened.rasters()) == ([], 0, [])
    with Workspace.open(path) as opened:
        opened.add(layer("红线", "ecological_redline", name=["甲"]))
        assert [entry.action for entry in opened.history()] == ["add"]


def finding(key="a" * 12, message="有误", **more):
    return {"key": key, "code": "units-gap", "severity": "error", "layer": "单元", "feature": 1, "message": message,
            "values": {"area_m2": 5}, "geometry": box(115, 29, 116, 30)} | more  # fmt: skip


def test_findings_keep_their_status_from_check_to_check(workspace, path):
    workspace.sign("李四", "2026-11-22")
    workspace.save_findings([finding(), finding("b" * 12, geometry=None)])
    assert "sanxian_findings" in [name for name, _ in pyogrio.list_layers(path)]
    assert len(pyogrio.read_dataframe(path, layer="sanxian_findings")) == 2
    with pytest.raises(WorkspaceError, match="要写明理由"):
        workspace.mark_finding("aaa", "accepted")
    with pytest.raises(WorkspaceError, match="没有状态 x"):
        workspace.mark_finding("aaa", "x")
    with pytest.raises(WorkspaceError, match="没有编号为 zz 的问题"):
        workspace.mark_finding("zz", "open")
    workspace.mark_finding("aaa", "accepted", note="湖面，不需要管控")
    workspace.sign(None, "2026-11-23")
    workspace.save_findings([finding(message="还在")])
    found = workspace.findings()
    assert found[["key", "status", "note", "message", "first_seen", "last_seen"]].to_numpy().tolist() == [
        ["a" * 12, "accepted", "湖面，不需要管控", "还在", "2026-11-22", "2026-11-23"],
        ["b" * 12, "fixed", None, "有误", "2026-11-22", "2026-11-22"],
    ]
    assert found.geometry[0].equals(box(115, 29, 116, 30))
    assert found.geometry[1] is None
    workspace.save_findings([finding(), finding("b" * 12)])
    assert workspace.findings()["status"].tolist() == ["accepted", "open"]


def test_what_another_program_changed_is_named(workspace, path):
    workspace.add(layer())
    workspace.add(layer("红线", "ecological_redline", name=["甲"]))
    assert workspace.edited_elsewhere() == {}
    extra = geopandas.GeoDataFrame({"code": ["ZH36040320009"]}, geometry=[box(116, 29, 117, 30)], crs=4490)
    pyogrio.write_dataframe(extra, path, layer="单元", append=True, geometry_type="Polygon")
    assert workspace.edited_elsewhere() == {"单元": 2}
    workspace.add(layer("乙", "reference", name=["甲"]))
    assert workspace.edited_elsewhere() == {"单元": 2}


def test_styles_go_with_their_layer_and_space_is_given_back(workspace, path):
    workspace.add(layer(), version="1")
    save_styles(workspace)
    styles = pyogrio.read_dataframe(path, layer="layer_styles", read_geometry=False)
    assert styles["f_table_name"].tolist() == ["单元"]
    workspace.remove("单元")
    assert len(pyogrio.read_dataframe(path, layer="layer_styles", read_geometry=False)) == 0
    before, after = workspace.compact()
    assert after <= before
    assert [entry.action for entry in workspace.history()] == ["add", "remove"]


def test_adding_tells_its_steps_and_can_be_stopped_at_each(workspace, path):
    steps = []
    workspace.add(layer(), progress=lambda done, total: steps.append((done, total)))
    assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
    before = path.read_bytes()

    for last in (0, 1, 2):

        def stop(done, _total, last=last):
            if done == last:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            workspace.add(layer("红线", "ecological_redline", name=["甲"]), progress=stop)
        assert path.read_bytes() == before
        assert sorted(entry.suffix for entry in beside(path)) == [".gpkg", ".lock"]


def test_a_layer_that_only_shares_a_name_retires_none(tmp_path):
    import geopandas
    from shapely import box

    from layers.read import read_layer

    def write(folder, boxes):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "红线.gpkg"
        geopandas.GeoDataFrame({"name": ["红"] * len(boxes)}, geometry=[box(*b) for b in boxes], crs=4490).to_file(path)
        return read_layer(path, "ecological_redline")

    first, other_county = write("a", [(116, 29.5, 116.1, 29.6)]), write("b", [(116.3, 29.5, 116.4, 29.6)])
    newer, part = write("c", [(116, 29.5, 116.1, 29.61)]), write("d", [(116, 29.5, 116.02, 29.52)])
    wetland = read_layer(tmp_path / "a" / "红线.gpkg", "wetland")
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        workspace.add(first, version="2022")
        for wrong in (other_county, part, wetland):
            with pytest.raises(WorkspaceError, match="另取名称"):
                workspace.add(wrong, version="2023")
        assert [record.current for record in workspace.layers()] == [True]
        workspace.add(newer, version="2023")
        assert sorted((record.version, record.current) for record in workspace.layers()) == [("2022", False), ("2023", True)]


@pytest.mark.parametrize("name", ["sanxian_layers", "GPKG_contents", "数据检查发现"])
def test_a_name_of_the_workspace_itself_is_refused_and_no_damage_is_reported(workspace, name):
    with pytest.raises(WorkspaceError, match="图层不能叫"):
        workspace.add(layer(name))
    workspace.add(layer())
    with pytest.raises(WorkspaceError, match="图层不能叫"):
        workspace.rename("单元", name)
    assert [record.name for record in workspace.layers()] == ["单元"]


def _borrowed(pipe, loan, file, held):
    """In another process: add a layer to a workspace that is lent; with ``held`` stop in the middle, with the copy half done."""
    import time

    with Workspace.borrow(loan) as workspace:
        def progress(done, _total):
            if done == held:
                pipe.send("in the middle")
                time.sleep(60)

        workspace.add(read_layer(file, "ecological_redline"), progress=progress)


def test_the_right_to_write_is_waited_for_in_another_thread_and_can_be_given_up(tmp_path):
    asked, wrote, gate, holds = [], [], threading.Event(), threading.Event()

    def hold():
        with workspace.lend():
            holds.set()
            gate.wait(20)

    def give_up():
        asked.append(True)
        if len(asked) == 3:
            raise TimeoutError

    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        thread = threading.Thread(target=hold)
        thread.start()
        assert holds.wait(10)
        with pytest.raises(TimeoutError), workspace.in_turn(give_up):
            wrote.append("too early")
        gate.set()
        thread.join()
        with workspace.in_turn(lambda: None):
            workspace.set_state("key", 1)
        with pytest.raises(TimeoutError), workspace.in_turn(lambda: (_ for _ in ()).throw(TimeoutError)):
            wrote.append("given up at the last moment")
        assert workspace.state("key") == 1
    assert wrote == []


@pytest.mark.parametrize("held", [None, 2])
def test_another_process_writes_a_workspace_that_is_lent(tmp_path, held):
    from multiprocessing import get_context

    file = tmp_path / "红线.gpkg"
    geopandas.GeoDataFrame({"name": ["一"]}, geometry=[shapely.box(116, 29, 116.1, 29.1)], crs=4490).to_file(file)
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        workspace.sign("甲", lambda: "2026-11-22T08:00:00+08:00")
        before = workspace.path.read_bytes()
        context = get_context("spawn")
        here, there = context.Pipe()
        with workspace.lend() as loan:
            process = context.Process(target=_borrowed, args=(there, loan, file, held))
            process.start()
            if held is not None:
                assert here.recv() == "in the middle"
                process.kill()
            process.join(60)
            with pytest.raises(WorkspaceError, match="另一个程序"):
                Workspace.open(workspace.path)
        left = [one.name for one in tmp_path.iterdir() if ".tmp" in one.name]
        assert left == []
        if held is None:
            assert process.exitcode == 0
            (entry,) = workspace.history()
            assert (entry.action, entry.subject, entry.person, entry.at) == ("add", "红线", "甲", "2026-11-22T08:00:00+08:00")
            workspace.undo()
        else:
            assert workspace.path.read_bytes() == before
        assert workspace.layers() == []
        with Workspace.open(workspace.path, readonly=True) as reader, pytest.raises(WorkspaceError), reader.lend():
            pass


def test_shapes_come_as_wkb_as_they_come_as_shapes(workspace):
    rows = [(115.9 + n / 10, 29.7, 115.95 + n / 10, 29.8) for n in range(30)]
    workspace.add(layer(boxes=rows))
    record = workspace.record("单元")
    for bounds in (None, (116.5, 29.0, 117.02, 30.0)):
        frame = workspace.read("单元") if bounds is None else workspace.read_bbox("单元", bounds).sort_values("fid")
        fids, body, starts = workspace.read_wkb(record, bounds)
        assert fids.tolist() == frame["fid"].tolist()
        wkb = [body[a:b].tobytes() for a, b in zip(starts[:-1], starts[1:], strict=True)]
        assert wkb == list(shapely.to_wkb(np.asarray(frame.geometry.array), byte_order=1))
    assert len(workspace.read_wkb(record, (0.0, 0.0, 1.0, 1.0))[0]) == 0
    workspace.path.write_bytes(workspace.path.read_bytes()[:5000])
    with pytest.raises(WorkspaceError):
        workspace.read_wkb(record)


# ------------------------------------------------------------------------------------------------------- changed values
def mine(title="我的点", role="reference", /, count=3, **columns):
    columns = columns or {"code": [str(i) for i in range(count)], "depth": [1.5, None, 2.0][:count], "n": [1, 2, 3][:count],
                          "ok": [True, False, None][:count]}
    frame = geopandas.GeoDataFrame(columns, geometry=[Point(116 + i / 100, 29) for i in range(len(next(iter(columns.values()))))], crs=4490)
    return Layer(role, title, frame, Path("x.gpkg"), "ab" * 32, None, ())


def content(workspace, name="我的点"):
    frame = workspace.read(name)
    return frame.drop(columns="geometry").to_dict("list"), frame.geometry.to_wkt().tolist(), workspace.record(name).sha256


def test_values_are_changed_and_what_is_given_back_takes_it_back(workspace, path):
    workspace.sign("示例某", "2026-11-22T08:00:00+08:00")
    workspace.add(mine())
    before = content(workspace)
    was = workspace.set_values("我的点", {1: {"code": "甲", "depth": None}, 3: {"ok": True, "n": 3}})
    assert was == {1: {"code": "0", "depth": 1.5}, 3: {"ok": None}}, "what was the same is not told"
    rows, shapes, sha256 = content(workspace)
    assert (rows["code"], rows["depth"], rows["ok"]) == (["甲", "1", "2"], [None, None, 2.0], [True, False, True])
    assert shapes == before[1]
    assert sha256 != before[2]
    entry = workspace.history()[-1]
    assert (entry.action, entry.subject, entry.person, entry.at) == ("edit", "我的点", "示例某", "2026-11-22T08:00:00+08:00")
    assert entry.details["cells"] == [[1, "code", "0", "甲"], [1, "depth", 1.5, None], [3, "ok", None, 1]]
    assert len(workspace.read_bbox("我的点", (115.9, 28.9, 116.005, 29.1))) == 1, "the index of places is as it was"
    assert workspace.edited_elsewhere() == {}
    workspace.set_values("我的点", was)
    assert content(workspace) == before
    assert pyogrio.read_info(path, layer="我的点")["features"] == 3


def test_values_take_the_place_of_what_they_are_to_and_of_nothing_else(workspace, path):
    workspace.add(mine())
    new = {fid: {"code": "新", "depth": None} for fid in (1, 2, 3)}
    was = workspace.set_values("我的点", new)
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            file.create_function(name, 1, lambda _shape: 0)
        file.execute("UPDATE \"我的点\" SET code='外面' WHERE fid=2")
        file.execute('DELETE FROM "我的点" WHERE fid=3')
    done = workspace.set_values("我的点", was, instead_of=new)
    assert done == {1: {"code": "新", "depth": None}}
    assert content(workspace)[0]["code"] == ["0", "外面"]
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.execute('ALTER TABLE "我的点" DROP COLUMN depth')
    assert workspace.set_values("我的点", {1: {"depth": 2.0, "code": "又"}}, instead_of={1: {"depth": 1.5, "code": "0"}}) == {1: {"code": "0"}}


def elsewhere(path, *statements):
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            file.create_function(name, 1, lambda _shape: 0)
        for statement in statements:
            file.execute(statement)


def test_a_row_is_known_again_by_its_shape_and_what_else_it_says(workspace, path):
    workspace.add(mine())
    new = {fid: {"code": "新"} for fid in (1, 2, 3)}
    rows = {}
    was = workspace.set_values("我的点", new, rows=rows)
    elsewhere(
        path,
        'UPDATE "我的点" SET geom=(SELECT geom FROM "我的点" WHERE fid=3) WHERE fid=1',  # another feature by its shape
        'UPDATE "我的点" SET n=9 WHERE fid=2',  # the same feature, of which something else was changed
        'ALTER TABLE "我的点" ADD COLUMN more TEXT',
    )
    assert workspace.set_values("我的点", was, instead_of=new, rows=rows) == {2: {"code": "新"}, 3: {"code": "新"}}
    assert workspace.values("我的点", "code", [1, 2, 3, 9]) == {1: "新", 2: "1", 3: "2"}
    assert workspace.values("我的点", "n", [2]) == {2: 9}
    assert workspace.values("我的点", "nowhere", [1]) == {}


@pytest.mark.parametrize("statements", [
    ['UPDATE "我的点" SET n=9, code=\'外面\' WHERE fid=2'],  # the very cell
    ['UPDATE "我的点" SET n=9 WHERE fid=2', 'UPDATE "我的点" SET geom=(SELECT geom FROM "我的点" WHERE fid=2) WHERE fid=1'],  # a twin by now
    ['UPDATE "我的点" SET n=9, geom=NULL WHERE fid=2'],
    ['UPDATE "我的点" SET fid=fid+10', 'UPDATE "我的点" SET n=9, depth=9, ok=0 WHERE fid=12', 'UPDATE "我的点" SET fid=2 WHERE fid=11'],  # numbered anew
])
def test_a_row_of_which_another_column_was_changed_stays_where_it_might_be_another(workspace, path, statements):
    workspace.add(mine())
    new, rows = {2: {"code": "新"}}, {}
    was = workspace.set_values("我的点", new, rows=rows)
    elsewhere(path, *statements)
    before = content(workspace)
    assert workspace.set_values("我的点", was, instead_of=new, rows=rows) == {}
    assert content(workspace) == before


def test_a_row_that_had_a_twin_is_known_by_nothing_less_than_all_it_says(workspace, path):
    """One of the two could be gone, and the other have its number."""
    one = mine()
    one.frame.geometry = [Point(116, 29), Point(116, 29), Point(117, 29)]
    workspace.add(one)
    new, rows = {2: {"code": "新"}}, {}
    was = workspace.set_values("我的点", new, rows=rows)
    elsewhere(path, 'DELETE FROM "我的点" WHERE fid=1', 'UPDATE "我的点" SET n=9 WHERE fid=2')
    assert workspace.set_values("我的点", was, instead_of=new, rows=rows) == {}


def test_rows_that_were_numbered_anew_are_found_by_what_they_say(workspace, path):
    workspace.add(mine(count=4, code=list("0123"), n=[1, 2, 3, 4]))
    new, rows = {fid: {"code": "新"} for fid in (1, 2, 3, 4)}, {}
    was = workspace.set_values("我的点", new, rows=rows)
    elsewhere(path, 'DELETE FROM "我的点" WHERE fid=1', 'UPDATE "我的点" SET fid=fid-1', 'UPDATE "我的点" SET n=9 WHERE fid=2')
    found = {}
    assert workspace.set_values("我的点", was, instead_of=new, rows=rows, found=found) == {fid: {"code": "新"} for fid in (2, 4)}
    assert found == {2: 1, 4: 3}
    assert workspace.values("我的点", "code", [1, 2, 3]) == {1: "1", 2: "新", 3: "3"}, "of the second nothing else is as it was"
    found = {}
    workspace.set_values("我的点", new, instead_of=was, rows=rows, found=found)
    assert (found, workspace.values("我的点", "code", [1, 2, 3])) == ({2: 1, 4: 3}, {1: "新", 2: "新", 3: "新"})
    found = {}
    elsewhere(path, "UPDATE \"我的点\" SET code='1' WHERE fid=1")
    assert workspace.set_values("我的点", was, instead_of=new, rows=rows, found=found) == {4: {"code": "新"}}
    assert found == {2: 1, 4: 3}, "it said already what it was to say"


def test_a_row_numbered_anew_of_which_little_else_was_changed_is_known_by_a_shape_of_its_own(workspace, path):
    workspace.add(mine())
    new, rows = {2: {"code": "新"}}, {}
    was = workspace.set_values("我的点", new, rows=rows)
    elsewhere(path, 'DELETE FROM "我的点" WHERE fid=1', 'UPDATE "我的点" SET fid=fid-1', 'UPDATE "我的点" SET n=9 WHERE fid=1')
    assert workspace.set_values("我的点", was, instead_of=new, rows=rows) == {2: {"code": "新"}}
    assert workspace.values("我的点", "code", [1, 2]) == {1: "1", 2: "2"}


def test_rows_that_say_all_the_same_are_given_back_where_it_is_all_one_and_else_are_told(workspace, path):
    one = mine(count=4, code=list("0123"), n=[1, 2, 2, 2])
    one.frame.geometry = [Point(115, 29), Point(116, 29), Point(116, 29), Point(116, 29)]
    workspace.add(one)
    workspace.set_values("我的点", {fid: {"code": "旧"} for fid in (2, 3, 4)})
    new, rows, found = {fid: {"code": "新"} for fid in (2, 3, 4)}, {}, {}
    was = workspace.set_values("我的点", new, rows=rows)
    workspace.set_values("我的点", was, instead_of=new, rows=rows, found=found)
    assert found == {2: 2, 3: 3, 4: 4}
    workspace.set_values("我的点", new, instead_of=was, rows=rows)
    elsewhere(path, 'DELETE FROM "我的点" WHERE fid=1', 'UPDATE "我的点" SET fid=fid-1')
    workspace.set_values("我的点", was, instead_of=new, rows=rows, found=found)
    assert found == {2: 1, 3: 2, 4: 3}
    workspace.set_values("我的点", new, instead_of=was, rows=rows)
    elsewhere(path, 'DELETE FROM "我的点" WHERE fid=2')
    found = {}
    assert workspace.set_values("我的点", was, instead_of=new, rows=rows, found=found) == {}
    assert found == {2: None, 3: None, 4: None}, "nobody knows which of them is gone"


def test_one_of_two_rows_that_say_all_the_same_is_not_taken_for_the_other(workspace, path):
    one = mine(count=3, code=["0", "新", "1"], n=[1, 2, 2])
    one.frame.geometry = [Point(115, 29), Point(116, 29), Point(116, 29)]
    workspace.add(one)
    new, rows, found = {3: {"code": "新"}}, {}, {}
    was = workspace.set_values("我的点", new, rows=rows)
    elsewhere(path, 'DELETE FROM "我的点" WHERE fid=3', 'UPDATE "我的点" SET fid=3 WHERE fid=2')
    assert workspace.set_values("我的点", was, instead_of=new, rows=rows, found=found) == {}
    assert found == {3: None}


def test_many_rows_are_found_again_in_a_long_layer(workspace, path):
    count = 3000
    workspace.add(mine(count=count, code=[str(i) for i in range(count)], n=[i % 2 for i in range(count)]))
    new, rows, found = {fid: {"code": "新"} for fid in range(1, count, 2)}, {}, {}
    was = workspace.set_values("我的点", new, rows=rows)
    assert len(new) > 1000
    elsewhere(path, 'DELETE FROM "我的点" WHERE fid=2', 'UPDATE "我的点" SET fid=fid-1 WHERE fid>2')
    workspace.set_values("我的点", was, instead_of=new, rows=rows, found=found)
    assert found == {fid: fid if fid < 2 else fid - 1 for fid in new}
    assert workspace.read("我的点")["code"].tolist() == [str(i) for i in range(count) if i != 1]


@pytest.mark.parametrize("values", [
    {1: {"n": "3"}}, {1: {"n": 2.5}}, {1: {"n": 2**70}}, {1: {"n": True}}, {1: {"depth": float("nan")}}, {1: {"depth": "1"}}, {1: {"ok": 1}},
    {1: {"code": 3}}, {9: {"code": "x"}}, {1: {"fid": 7}}, {1: {"geom": None}}, {1: {"nowhere": "x"}}, {1: {"code": "甲"}, 2: {"n": "x"}}])
def test_what_a_column_does_not_take_is_refused_and_nothing_is_changed(workspace, values):
    workspace.add(mine())
    before, lines = content(workspace), len(workspace.history())
    with pytest.raises(WorkspaceError):
        workspace.set_values("我的点", values)
    assert content(workspace) == before
    assert len(workspace.history()) == lines


def test_values_of_what_verdicts_rest_on_are_not_changed(workspace):
    workspace.add(layer())
    workspace.add(mine("排污口", "discharge_outlet"))
    for name in ("单元", "排污口"):
        with pytest.raises(WorkspaceError, match="不能改动"):
            workspace.set_values(name, {1: {"code": "ZH36040310009"}})


def test_values_of_a_workspace_opened_to_read_are_not_changed(workspace, path):
    workspace.add(mine())
    with Workspace.open(path, readonly=True) as opened, pytest.raises(WorkspaceError, match="只读"):
        opened.set_values("我的点", {1: {"code": "x"}})


def test_nothing_of_a_change_is_kept_that_ends_half_way(workspace, monkeypatch):
    workspace.add(mine())
    before = content(workspace)

    def killed(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr(workspace, "_note", killed)
    with pytest.raises(KeyboardInterrupt):
        workspace.set_values("我的点", {1: {"code": "x"}})
    assert content(workspace) == before


@given(st.lists(st.tuples(st.integers(1, 3), st.one_of(
    st.tuples(st.just("code"), st.one_of(st.none(), st.text("甲乙ab", min_size=1, max_size=3))),
    st.tuples(st.just("depth"), st.one_of(st.none(), st.floats(-5, 5))),
    st.tuples(st.just("n"), st.one_of(st.none(), st.integers(-5, 5))),
    st.tuples(st.just("ok"), st.sampled_from([None, True, False])))), max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_digest_follows_what_stands_there_and_not_the_way_there(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("values") / "a.gpkg"
    with Workspace.create(path) as opened:
        opened.add(mine())
        first, backs = content(opened), []
        for fid, (column, value) in steps:
            backs.append(opened.set_values("我的点", {fid: {column: value}}))
        there = content(opened)
        last: dict[int, dict] = {}
        for fid, (column, value) in steps:
            last.setdefault(fid, {})[column] = value
        for back in reversed(backs):
            opened.set_values("我的点", back)
        assert content(opened) == first
        opened.set_values("我的点", last)
        assert content(opened) == there
        assert (there[2] == first[2]) == (repr(there[0]) == repr(first[0]))


@pytest.mark.parametrize("change", ["describe", "remove", "add"])
def test_undoing_another_change_of_the_file_leaves_changed_values_alone(workspace, change):
    workspace.add(mine())
    workspace.add(layer())
    workspace.set_values("我的点", {2: {"code": "前"}})
    if change == "describe":
        workspace.describe("我的点", version="2")
    elif change == "remove":
        workspace.remove("单元")
    else:
        workspace.add(layer("另一个"))
    workspace.set_values("我的点", {1: {"code": "后"}})
    workspace.set_values("我的点", {3: {"depth": 9.0}})
    there = content(workspace)
    workspace.undo()
    assert content(workspace) == there
    assert sorted(one.name for one in workspace.layers()) == ["单元", "我的点"]
    assert workspace.record("我的点").version is None


def test_undoing_the_replacement_of_a_layer_gives_back_the_values_it_had(workspace):
    workspace.add(mine())
    workspace.set_values("我的点", {1: {"code": "前"}})
    there = content(workspace)
    workspace.add(mine(count=2), replace=True)
    workspace.set_values("我的点", {1: {"code": "后"}})
    workspace.undo()
    assert content(workspace) == there


def test_a_gap_does_not_make_decimals_of_whole_numbers_nor_numbers_of_yes_and_no(workspace):
    workspace.add(mine(n=np.array([1, None, 3] * 200, object), ok=np.array([True, None, False] * 200, object)))
    frame = workspace.read("我的点")
    for name, wanted in (("n", [1, None, 3]), ("ok", [True, None, False])):
        assert [(type(value), value) for value in frame[name][:3]] == [(type(value), value) for value in wanted]
    near = workspace.nearby(workspace.record("我的点"))
    assert near is not None
    assert [list(values.values()) for _shape, values in near.read([1, 2, 3])] == [[1, True], [None, None], [3, False]]

"""What was before a change can be had back: after an undo, after a wrong edit, after a crash."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import geopandas
import pyogrio
import pytest
from shapely import box

from layers import backups
from layers.read import Layer
from layers.workspace import Workspace, WorkspaceError, accuracy_at, restore
from sanxian.mapping.qgis import save_styles

ROOT = Path(__file__).resolve().parents[2]


def layer(title="单元", role="reference", sha="0", **columns):
    columns = columns or {"name": ["甲"]}
    count = len(next(iter(columns.values())))
    shapes = [box(115 + 0.1 * k, 29, 115.1 + 0.1 * k, 29.1) for k in range(count)]
    return Layer(role, title, geopandas.GeoDataFrame(columns, geometry=shapes, crs=4490), Path("a"), sha * 64, None, ())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "工作区.gpkg"


@pytest.fixture
def workspace(path):
    with Workspace.create(path) as made:
        made.sign("李四", "2026-11-22T10:00:00+08:00")
        yield made


def seen(workspace):
    return [(r.name, r.current, r.version, r.accuracy_m, workspace.read(r.name)["name"].tolist()) for r in workspace.layers()]


def test_every_change_of_a_layer_can_be_undone_one_after_the_other(workspace):
    states = [seen(workspace)]
    changes = [
        lambda: workspace.add(layer("甲层"), version="1"),
        lambda: workspace.add(layer("甲层", sha="1", name=["乙", None]), version="2"),
        lambda: workspace.add(layer("甲层", sha="2", name=["丙"]), version="2", replace=True),
        lambda: workspace.make_current("甲层"),
        lambda: workspace.describe("甲层", accuracy_m=5.0, coverage="all"),
        lambda: workspace.rename("甲层", "旧层"),
        lambda: workspace.remove("甲层（2）"),
        lambda: workspace.add(layer("红线", "ecological_redline")),
    ]
    for change in changes:
        change()
        states.append(seen(workspace))
    actions = ["add", "remove", "rename", "describe", "make-current", "replace", "add", "add"]
    for action, state in zip(actions, reversed(states[:-1]), strict=True):
        assert workspace.undoable().action == action
        assert workspace.undo().action == action
        assert seen(workspace) == state
    assert workspace.undoable() is None
    with pytest.raises(WorkspaceError, match="没有可以撤销的改动"):
        workspace.undo()
    history = workspace.history()
    assert len(history) == 16
    assert (history[-1].action, history[-1].person, history[-1].details) == ("undo", "李四", {"undone": 1, "was": "add"})


def test_undoing_leaves_what_other_programs_and_other_parts_did(workspace, path):
    workspace.add(layer())
    workspace.add(layer("红线", "ecological_redline"))
    save_styles(workspace)
    workspace.remove("红线")
    extra = geopandas.GeoDataFrame({"name": ["外"]}, geometry=[box(116, 29, 117, 30)], crs=4490)
    pyogrio.write_dataframe(extra, path, layer="单元", append=True, geometry_type="Polygon")  # as QGIS would
    workspace.set_state("key", 5)
    workspace.add_pack("包", {"a.toml": b""})
    workspace.undo()
    assert workspace.read("单元")["name"].tolist() == ["甲", "外"]
    assert workspace.edited_elsewhere() == {"单元": 2}
    assert workspace.read("红线")["name"].tolist() == ["甲"]
    assert (workspace.state("key"), list(workspace.packs())) == (5, ["包"])
    styles = pyogrio.read_dataframe(path, layer="layer_styles", read_geometry=False)
    assert sorted(styles["f_table_name"]) == ["单元", "红线"]
    assert len(pyogrio.read_dataframe(path, layer="红线")) == 1


def test_backups_are_bounded_in_number_and_size(path):
    path.write_bytes(b"x" * 1000)
    for number in range(1, 6):
        assert backups.keep(path, "add", count=3, copy=True).name == f"{number:06d}-add.gpkg"
    assert [item.number for item in backups.entries(path)] == [5, 4, 3]
    backups.keep(path, "remove", count=3, size=2500, copy=True)
    assert [(item.number, item.before) for item in backups.entries(path)] == [(6, "remove"), (5, "add")]
    backups.keep(path, "add", size=10, copy=True)  # the newest stays, however large
    assert [item.number for item in backups.entries(path)] == [7]
    assert backups.keep(path, "add", count=0) is None
    assert backups.entries(path) == []


def test_a_full_disk_costs_the_oldest_backups_and_then_the_new_one_but_never_the_change(workspace, path, monkeypatch):
    workspace.add(layer())
    monkeypatch.setattr("os.link", lambda *_: (_ for _ in ()).throw(OSError(95, "no links here")))
    real = backups.shutil.copyfile

    def full(source, target):
        if Path(target).parent.name.endswith(".backups"):
            Path(target).write_bytes(b"half")
            raise OSError(28, "No space left on device")
        return real(source, target)

    monkeypatch.setattr(backups.shutil, "copyfile", full)
    workspace.add(layer("红线", "ecological_redline"))
    assert [record.name for record in workspace.layers()] == ["单元", "红线"]
    assert workspace.undoable() is None
    assert not list(backups.folder(path).glob("*.part"))
    assert workspace.backup() is None


def test_a_backup_takes_the_place_of_a_damaged_lost_or_unwanted_workspace(workspace, path):
    workspace.add(layer())
    workspace.add(layer("红线", "ecological_redline"))
    kept = workspace.backup()
    assert (kept.before, kept.layers, kept.at) == ("manual", 2, "2026-11-22T10:00:00+08:00")
    workspace.remove("单元")
    with pytest.raises(WorkspaceError, match="已在另一个程序中打开"):
        restore(path, kept.number)
    workspace.close()
    assert restore(path, kept.number, person="张三", at="2026-11-23T08:00:00+08:00").number == kept.number
    with Workspace.open(path, readonly=True) as opened:
        assert [record.name for record in opened.layers()] == ["单元", "红线"]
        last = opened.history()[-1]
        assert (last.action, last.person, last.at) == ("restore", "张三", "2026-11-23T08:00:00+08:00")
        assert opened.undoable() is None
    newest = backups.entries(path)[0]
    assert (newest.before, newest.layers) == ("restore", 1)  # what was there is not lost
    path.write_bytes(path.read_bytes()[:-6000])
    with pytest.raises(WorkspaceError, match=f"最近的备份是 {newest.number} 号"):
        Workspace.open(path)
    newest.path.write_bytes(b"SQLite format 3\0 and no more")
    used = restore(path)  # the newest is broken too: the one before it
    assert used.number < newest.number
    path.unlink()
    assert restore(path).number
    with Workspace.open(path) as opened:
        assert opened.layers()
    with pytest.raises(WorkspaceError, match="没有可用的备份"):
        restore(path, 99)


def run(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


def test_a_write_cut_off_in_its_middle_is_taken_back_also_for_a_reader(path):
    """A journal is left beside the file, whose pages are half new: the power went."""
    with Workspace.create(path) as made:
        made.add(layer())
        made.set_state("key", "before")
    victim = run(
        """
        import sqlite3, sys, time
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("PRAGMA cache_size=1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE sanxian_state SET value='\\"after\\"'")
        for number in range(400):
            connection.execute("INSERT INTO sanxian_state VALUES (?, ?)", (f"k{number}", "x" * 3000))
        print("ready", flush=True)
        time.sleep(60)
        """,
        path,
    )
    with victim:
        assert victim.stdout.readline().strip() == "ready"
        victim.send_signal(signal.SIGKILL)
        victim.wait(20)
    assert Path(f"{path}-journal").stat().st_size > 0
    with Workspace.open(path, readonly=True) as opened:
        assert opened.state("key") == "before"
        assert [record.name for record in opened.layers()] == ["单元"]


def test_edits_that_another_program_keeps_beside_the_file_are_not_lost(workspace, path):
    workspace.add(layer())
    other = sqlite3.connect(path)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("INSERT INTO sanxian_state VALUES ('key', '\"外\"')")
    other.commit()
    assert Path(f"{path}-wal").stat().st_size > 0
    with pytest.raises(WorkspaceError, match="在 QGIS 等别的程序中打开着"):
        workspace.add(layer("红线", "ecological_redline"))
    assert workspace.state("key") == "外"
    other.close()
    workspace.add(layer("红线", "ecological_redline"))
    assert workspace.state("key") == "外"


def test_a_program_killed_between_backup_and_change_leaves_no_backup_that_goes_on_changing(workspace, path):
    workspace.add(layer())
    workspace.close()
    os.link(path, backups.folder(path) / "000099-add.gpkg")  # the very file, under a second name
    (backups.folder(path) / ".000098-add.gpkg.part").write_bytes(b"half")
    with Workspace.open(path) as opened:
        opened.set_state("key", 1)
    assert sorted(file.name for file in backups.folder(path).iterdir()) == ["000001-add.gpkg"]


def test_what_is_not_saved_yet_lies_beside_the_workspace(workspace, path):
    before = path.read_bytes()
    assert backups.read_autosave(path) is None
    backups.write_autosave(path, {"sites": ["甲"]})
    backups.write_autosave(path, {"sites": ["甲", "乙"]})
    assert backups.read_autosave(path) == {"sites": ["甲", "乙"]}
    assert path.read_bytes() == before
    assert backups.entries(path) == []
    (backups.folder(path) / "autosave.json").write_text("[half", encoding="utf-8")
    assert backups.read_autosave(path) is None
    backups.clear_autosave(path)
    assert not backups.folder(path).exists()


@pytest.mark.parametrize(
    ("scale", "metres"),
    [(None, None), (500, 0.4), (2000, 1.6), (5000, 3.75), (10000, 7.5), (50000, 37.5), (100000, 75.0), (250000, None)],
)
def test_a_scale_gives_an_accuracy_where_the_standards_do(scale, metres):
    assert accuracy_at(scale) == metres


def test_the_scale_of_a_layer_stands_in_for_an_accuracy_that_nobody_stated(workspace):
    record = workspace.add(layer(), scale=10000)
    assert (record.scale, record.accuracy_m, record.accuracy_from, record.stated_accuracy_m) == (10000, 7.5, "scale", None)
    record = workspace.describe("单元", accuracy_m=2.0)
    assert (record.accuracy_m, record.accuracy_from) == (2.0, "stated")
    assert workspace.history()[-1].details["was"] == {"accuracy_m": None}
    record = workspace.describe("单元", accuracy_m=None, scale=1_000_000)
    assert (record.scale, record.accuracy_m, record.accuracy_from) == (1_000_000, None, None)
    with pytest.raises(WorkspaceError, match="比例尺 1:0 不是"):
        workspace.describe("单元", scale=0)

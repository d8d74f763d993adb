"""How secret a layer is stays with it: through renaming, new versions, and a file of an older program."""

import sqlite3
from pathlib import Path

import geopandas
import pytest
from shapely.geometry import box

from layers.read import Layer, read_layer
from layers.workspace import Workspace, WorkspaceError


def layer(name="红线", side=1.0):
    frame = geopandas.GeoDataFrame({"name": ["a"]}, geometry=[box(116, 29, 116 + side, 30)], crs=4490)
    return Layer("ecological_redline", name, frame, Path("x.shp"), f"{side}", "utf-8", ())


def test_a_mark_stays_through_renaming_and_new_versions(tmp_path):
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        workspace.add(layer(), version="2022")
        assert workspace.record("红线").secrecy is None
        assert workspace.describe("红线", secrecy="secret").secrecy == "secret"
        workspace.rename("红线", "生态红线")
        assert workspace.record("生态红线").secrecy == "secret"
        newer = workspace.add(layer("生态红线", 1.1), version="2024")
        assert newer.secrecy == "secret"  # a later edition is no less secret
        workspace.describe(newer.name, secrecy=None)
        assert {record.secrecy for record in workspace.layers()} == {None}
        with pytest.raises(WorkspaceError, match="没有密级"):
            workspace.describe(newer.name, secrecy="ultra")


def test_a_layer_that_is_made_of_a_secret_one_comes_with_its_mark(tmp_path):
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        assert workspace.add(layer("副本"), secrecy="secret").secrecy == "secret"
        assert workspace.add(layer("副本", 1.1), version="2", secrecy="internal").secrecy == "secret", "never less than before"
        assert workspace.add(layer("副本", 1.2), version="3", secrecy="top_secret").secrecy == "top_secret"
        assert workspace.add(layer("副本", 1.3), version="4").secrecy == "top_secret"
        with pytest.raises(WorkspaceError, match="没有密级"):
            workspace.add(layer("另一份"), secrecy="ultra")
        assert [one.family for one in workspace.layers()] == ["副本"] * 4


def test_a_file_of_an_older_program_has_no_marks_and_can_get_them(tmp_path):
    path = tmp_path / "w.gpkg"
    with Workspace.create(path) as workspace:
        workspace.add(layer())
    with sqlite3.connect(path) as file:
        file.execute("DROP TABLE sanxian_secrecy")
    with Workspace.open(path, readonly=True) as workspace:
        assert workspace.record("红线").secrecy is None
    with Workspace.open(path) as workspace:
        assert workspace.describe("红线", secrecy="internal").secrecy == "internal"


def test_a_layer_out_of_another_workspace_comes_with_its_mark(tmp_path):
    path = tmp_path / "w.gpkg"
    with Workspace.create(path) as workspace:
        workspace.add(layer(), secrecy="secret")
        workspace.add(layer("公园"))
        tables = {record.name: record.table for record in workspace.layers()}
    read = {name: read_layer(path, "ecological_redline", layer=table) for name, table in tables.items()}
    assert read["红线"].secrecy == "secret"
    assert read["公园"].secrecy is None
    with Workspace.create(tmp_path / "v.gpkg") as other:
        assert other.add(read["红线"]).secrecy == "secret"
        assert other.add(read["公园"]).secrecy is None
        assert other.add(read_layer(path, "ecological_redline", layer=tables["红线"], name="又一份"), secrecy="internal").secrecy == "secret"
    with sqlite3.connect(path) as file:
        file.execute("DROP TABLE sanxian_secrecy")
    assert read_layer(path, "ecological_redline", layer=tables["红线"]).secrecy is None

"""Features read one by one come out as those of the whole layer do."""

from __future__ import annotations

import sqlite3

import geopandas
import numpy as np
import pytest
import shapely

from layers.read import read_layer
from layers.workspace import Workspace

BOXES = [shapely.box(115 + k / 100, 29, 115 + k / 100 + 0.005, 29.005) for k in range(90)]


@pytest.fixture
def workspace(tmp_path):
    with Workspace.create(tmp_path / "a.gpkg") as made:
        yield made


def add(workspace, role="reference", geometry=BOXES, **columns):
    file = workspace.path.parent / "layer.gpkg"
    file.unlink(missing_ok=True)
    geopandas.GeoDataFrame(columns, geometry=list(geometry), crs="EPSG:4490").to_file(file)
    workspace.add(read_layer(file, role), replace=True)
    return workspace.by_role(role)[0]


def rows_of(frame):
    table = frame.drop(columns=["geometry", "fid"]).astype(object).where(lambda column: column.notna(), None)
    return table.to_dict("records")


def same(record, workspace):
    found = workspace.nearby(record)
    assert found is not None
    frame = workspace.read(record.name)
    assert found.count == len(frame) == len(BOXES)
    read = found.read([int(fid) for fid in frame["fid"]])
    assert all(shapely.equals_identical(shape, other) for (shape, _), other in zip(read, frame.geometry, strict=True))
    for (_, mine), other in zip(read, rows_of(frame), strict=True):
        assert mine == other
        assert [type(value) for value in mine.values()] == [type(value) for value in other.values()]


def test_every_kind_of_column_comes_out_alike(workspace):
    some = [None if k % 7 == 0 else k for k in range(90)]
    record = add(
        workspace,
        words=["", None, "甲"] * 30,
        whole=list(range(90)),
        whole_with_gaps=np.array([np.nan if one is None else one for one in some]),
        decimal=np.linspace(0, 1, 90),
        yes=[True, False, True] * 30,
    )
    same(record, workspace)


def test_columns_of_a_role(workspace):
    same(add(workspace, "industrial_park", name=["园区"] * 90, chemical=["是", "否", None] * 30), workspace)
    same(add(workspace, "control_unit", code=[f"ZH3604042{k:04d}" for k in range(90)], name=["单元"] * 90), workspace)


def test_only_what_a_box_meets_is_found(workspace):
    found = workspace.nearby(add(workspace, name=["甲"] * 90))
    rows, boxes = found.within(115.101, 29.001, 115.122, 29.002)
    assert rows == [11, 12, 13]  # row ids begin at 1
    assert found.within(100, 20, 101, 21)[0] == []


def test_an_edited_layer_has_another_state_and_a_lost_row_is_an_error(workspace):
    record = add(workspace, name=["甲"] * 90)
    found = workspace.nearby(record)
    assert workspace.nearby(record).state == found.state
    digest = found.digest()
    with sqlite3.connect(workspace.path) as connection:
        connection.create_function("ST_IsEmpty", 1, lambda blob: 0)
        connection.execute(f"DELETE FROM {record.table} WHERE fid=90")
    assert workspace.nearby(record).state != found.state
    assert workspace.nearby(record).digest() != digest
    with pytest.raises(sqlite3.DatabaseError):
        found.read([89, 90])


def test_what_only_the_reader_of_whole_layers_reads_rightly_is_declined(workspace):
    record = add(workspace, name=["甲"] * 90)
    with sqlite3.connect(workspace.path) as connection:
        connection.execute(f"ALTER TABLE {record.table} ADD COLUMN seen DATETIME")
    assert workspace.nearby(record) is None
    record = add(workspace, name=["甲"] * 90)
    with sqlite3.connect(workspace.path) as connection:
        connection.execute("DELETE FROM gpkg_extensions WHERE table_name=?", (record.table,))
    assert workspace.nearby(record) is None

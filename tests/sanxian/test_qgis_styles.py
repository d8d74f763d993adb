"""A workspace carries styles where QGIS looks for them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from layers.schema import ROLES
from layers.workspace import Workspace
from sanxian.mapping.qgis import qml, save_styles
from sanxian.mapping.styles import style_for


def rows(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT f_table_name, styleName, styleQML, useAsDefault FROM layer_styles").fetchall()


def test_every_layer_of_a_workspace_gets_its_preset_once(workspace):
    for _ in range(2):
        with Workspace.open(workspace) as opened:
            save_styles(opened)
            tables = {record.table for record in opened.layers()}
    found = rows(workspace)
    assert {row[0] for row in found} == tables
    assert len(found) == len(tables)
    assert all(row[3] == 1 for row in found)
    with closing(sqlite3.connect(workspace)) as connection:
        assert connection.execute("SELECT count(*) FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchone() == (1,)


def test_a_style_made_in_qgis_stays_and_that_of_a_removed_layer_goes(workspace):
    with Workspace.open(workspace) as opened:
        save_styles(opened)
        record = opened.by_role("control_unit")[0]
    with closing(sqlite3.connect(workspace)) as connection, connection:
        connection.execute("UPDATE layer_styles SET styleQML = 'mine' WHERE f_table_name = ?", (record.table,))
    with Workspace.open(workspace) as opened:
        gone = opened.by_role("river_bank")[0]
        opened.remove(gone.name)
        save_styles(opened)
    found = {row[0]: row[2] for row in rows(workspace)}
    assert found[record.table] == "mine"
    assert gone.table not in found


@pytest.mark.parametrize("role", [name for name, role in ROLES.items() if role.geometry != "raster"])
@pytest.mark.parametrize("geometry", ["polygon", "line", "point"])
def test_every_preset_is_a_style_that_names_a_symbol_for_every_class(role, geometry):
    text = qml(style_for(role), geometry)
    root = ElementTree.fromstring(text.split("\n", 1)[1])
    symbols = {symbol.get("name") for symbol in root.iter("symbol")}
    used = {category.get("symbol") for category in root.iter("category")} or {"0"}
    assert used == symbols
    assert all(layer.findall("prop") for layer in root.iter("layer"))


def test_fields_are_called_in_chinese(workspace):
    with Workspace.open(workspace) as opened:
        save_styles(opened)
        record = opened.by_role("control_unit")[0]
    text = next(row[2] for row in rows(workspace) if row[0] == record.table)
    root = ElementTree.fromstring(text.split("\n", 1)[1])
    assert "Fields" in root.attrib["styleCategories"]
    names = {alias.attrib["field"]: alias.attrib["name"] for alias in root.iter("alias")}
    assert (names["code"], names["category"]) == ("环境管控单元编码", "管控单元分类")
    with closing(sqlite3.connect(workspace)) as connection:
        fields = [row[1] for row in connection.execute(f'PRAGMA table_info("{record.table}")')]
    assert list(names) == [name for name in fields if name != "geom"]


def test_a_table_of_several_kinds_is_drawn_as_its_features_are(workspace, tmp_path):
    """Lines, multilines and areas beside each other make a table of any geometry, which is not one of points."""
    import geopandas
    from shapely.geometry import LineString, MultiLineString, Polygon

    from layers.read import read_layer
    from sanxian.mapping.qgis import geometry_of_layer

    one = LineString([(116.0, 29.6), (116.1, 29.7)])
    path = tmp_path / "岸线.geojson"
    geopandas.GeoDataFrame({"name": ["甲", "乙", "丙"]}, geometry=[one, MultiLineString([one]), Polygon([(116, 29), (116.1, 29), (116, 29.1)])],
                           crs=4326).to_file(path, driver="GeoJSON")
    with Workspace.open(workspace) as opened:
        record = opened.add(read_layer(path, "reference"))
        assert record.geometry_type == "GEOMETRY"
        save_styles(opened)
        assert geometry_of_layer(opened, record) == "line"
        assert geometry_of_layer(opened, opened.by_role("control_unit")[0]) == "polygon"
    text = {row[0]: row[2] for row in rows(workspace)}[record.table]
    root = ElementTree.fromstring(text.split("\n", 1)[1])
    assert {symbol.get("type") for symbol in root.iter("symbol")} == {"line"}


def test_a_changed_style_of_the_outlets_still_knows_their_state(workspace, tmp_path):
    """The state is in no column: a style that was only recoloured would be one grey in QGIS."""
    import geopandas
    from shapely.geometry import Point

    from layers.read import read_layer
    from sanxian.mapping import own_styles

    path = tmp_path / "排污口.geojson"
    geopandas.GeoDataFrame({"name": ["甲"], "code": ["1"]}, geometry=[Point(116.1, 29.6)], crs=4326).to_file(path, driver="GeoJSON")
    preset = style_for("discharge_outlet")
    with Workspace.open(workspace) as opened:
        record = opened.add(read_layer(path, "discharge_outlet"))
        own = replace(preset, classes=(replace(preset.classes[0], fill="#123456"), *preset.classes[1:]))
        own_styles.keep(opened, {record.name: own})
        save_styles(opened)
        there = {name: {(one[1], ElementTree.fromstring(one[2].split("\n", 1)[1]).find("renderer-v2").get("attr")) for one in rows(workspace)
                        if one[0] == name} for name in [record.table]}[record.table]
    assert {name for name, _attr in there} == {"三线", preset.zh}
    assert all(attr.startswith("CASE WHEN") for _name, attr in there)


def test_yes_and_no_stand_in_qml_as_qgis_takes_them():
    root = ElementTree.fromstring(qml(style_for("scenic_area"), "polygon").split("\n", 1)[1])
    assert [one.get("value") for one in root.iter("category")] == ["true", "false", ""]

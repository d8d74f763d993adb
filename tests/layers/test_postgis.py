from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import geopandas
import pytest
from files import frame
from shapely import Point, box

from layers import postgis
from layers.read import LayerError, list_layers, read_layer, read_projects
from layers.workspace import Workspace

pytest.importorskip("psycopg", reason="psycopg is not installed")
pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed")
pytest.importorskip("geoalchemy2", reason="GeoAlchemy2 is not installed")
SECRET = "s3cr&t@7"


def programs():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found or not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        pytest.skip("Debian's packages postgresql and postgis are not installed")
    if os.geteuid() == 0 and not shutil.which("runuser"):
        pytest.skip("the server does not run as root, and runuser is not here")
    return found[-1].parent


@pytest.fixture(scope="module")
def server():
    """A server of its own on a free port of this computer, gone with the tests."""
    folder = programs()
    base = Path(tempfile.mkdtemp(prefix="sanxian-pg-"))
    before = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    (base / "password").write_text(SECRET)
    if before:
        for path in (base, base / "password"):
            shutil.chown(path, "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*words):
        return subprocess.run([*before, *map(str, words)], check=True, capture_output=True, cwd=base, timeout=60)

    data = base / "data"
    run(folder / "initdb", "-D", data, "-U", "sanxian", "-A", "scram-sha-256", "--pwfile", base / "password", "-E", "UTF8")
    options = f"-k {base} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off"
    run(folder / "pg_ctl", "-D", data, "-w", "-t", "30", "-l", base / "log", "-o", options, "start")
    try:
        database = postgis.Database("127.0.0.1", "postgres", "sanxian", port, None, SECRET)
        with postgis.connected(database, write=True) as connection:
            from sqlalchemy import text

            connection.execute(text("CREATE EXTENSION postgis"))
        yield database
    finally:
        run(folder / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(base, ignore_errors=True)


def address(server, table=None):
    more = f"?table={table}" if table else ""
    return f"postgresql://sanxian:{SECRET.replace('@', '%40').replace('&', '%26')}@127.0.0.1:{server.port}/postgres{more}"


def test_an_address_is_read_and_shown_without_its_password():
    found = postgis.parse("postgresql://u:p%40w@db.example:6543/数据?table=gis.units")
    assert found == postgis.Database("db.example", "数据", "u", 6543, "gis.units", "p@w")
    assert postgis.parse(Path("postgresql://u:p%40w@db.example:6543/数据?table=gis.units")) == found
    assert "p@w" not in repr(found) + found.address + str(found.kept()) + str(postgis.origin(found, "a.b"))
    for bad in ("postgresql://", "postgresql://host", "postgresql:///db", "postgresql://h:port/db"):
        with pytest.raises(LayerError, match="数据库地址写成"):
            postgis.parse(bad)
    assert postgis.is_database("postgis://h/d")
    assert not postgis.is_database("/data/postgresql.gpkg")


def test_a_connection_is_kept_without_its_password(tmp_path):
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        postgis.remember(workspace, "市局", postgis.Database("h", "d", "u", 5432, "t", SECRET))
        assert postgis.remembered(workspace) == {"市局": postgis.Database("h", "d", "u", 5432, "t")}
    assert SECRET.encode() not in (tmp_path / "w.gpkg").read_bytes()


def test_a_server_that_is_not_there_is_a_sentence():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(LayerError, match="连不上数据库") as caught:
        read_layer(f"postgresql://u:{SECRET.replace('@', '%40')}@127.0.0.1:{port}/d", "control_unit")
    assert SECRET not in str(caught.value)


def test_layers_and_projects_go_into_a_database_and_out_again(server, tmp_path):
    units = frame()
    assert postgis.write(units, server, "单元") == 2
    with pytest.raises(LayerError, match=r"数据库里已有表 public\.单元，没有改动它"):
        postgis.write(units, server, "单元")
    assert postgis.write(units, server, "单元", replace_table=True) == 2
    (info,) = [info for info in list_layers(address(server)) if info.name == "public.单元"]
    assert info.crs == "EPSG:4490"

    layer = read_layer(address(server, "单元"), "control_unit")
    assert layer.frame["category"].tolist() == ["priority", "key"]
    assert layer.frame.crs.to_epsg() == 4490
    assert layer.frame.geometry.to_wkt().tolist() == units.geometry.to_wkt().tolist()
    assert layer.sha256 == read_layer(address(server), "control_unit", layer="public.单元").sha256
    assert SECRET not in repr(layer)
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        record = workspace.add(layer)
        assert (record.name, record.features, record.file) == ("public.单元", 2, "public.单元")
    assert SECRET.encode() not in (tmp_path / "w.gpkg").read_bytes()

    sites = geopandas.GeoDataFrame(
        {"项目名称": ["甲", None], "行业代码": ["2614", "0083"], "年": [1, 2]},
        geometry=[Point(115.9, 29.7), box(115.9, 29.7, 116, 29.8)], crs=4490,
    )  # fmt: skip
    postgis.write(sites, server, "sites")
    found = read_projects(address(server, "sites"))
    assert found.frame[["name", "industry_code"]].to_numpy().tolist() == [["甲", "2614"], [None, "0083"]]


def test_broken_shapes_and_missing_tables_are_told_as_for_files(server):
    from sqlalchemy import text

    with postgis.connected(server, write=True) as connection:
        connection.execute(text("CREATE TABLE holes (id int primary key, name text, geom geometry(Geometry, 4490))"))
        connection.execute(
            text(
                "INSERT INTO holes VALUES (2, '乙', NULL), (1, '甲', ST_GeomFromText('POLYGON((115 29, 116 30, 116 29,"
                " 115 30, 115 29))', 4490)), (3, '丙', ST_GeomFromText('POLYGON EMPTY', 4490))"
            )
        )
        connection.execute(text("CREATE TABLE nowhere (name text, geom geometry(Point))"))
        connection.execute(text("INSERT INTO nowhere VALUES ('甲', ST_MakePoint(115.9, 29.7))"))
    layer = read_layer(address(server, "holes"), "ecological_redline", repair="union")
    assert [(issue.code, issue.row) for issue in layer.issues] == [
        ("geometry-missing", 2), ("geometry-empty", 3), ("repair-has-two-readings", 1),
    ]  # fmt: skip
    with pytest.raises(LayerError, match="没有说明坐标系"):
        read_layer(address(server, "nowhere"), "receptor")
    with pytest.raises(LayerError, match="里没有图层 没有；有："):
        read_layer(address(server, "没有"), "receptor")
    with pytest.raises(LayerError, match="请指明一个"):
        read_layer(address(server), "receptor")


def test_a_wrong_password_is_a_sentence_that_does_not_repeat_it(server):
    wrong = address(server).replace("s3cr", "wrong")
    with pytest.raises(LayerError, match="不接受该用户或密码") as caught:
        list_layers(wrong)
    assert "wrong" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_reading_cannot_change_the_database(server):
    from sqlalchemy import text

    with pytest.raises(LayerError, match="不允许"), postgis.connected(server) as connection:
        connection.execute(text("CREATE TABLE never (a int)"))


def test_results_go_into_two_tables_and_stand_there_once(server, tmp_path, capsys):
    """On the command line, as people do it; the tables belong to sanxian.reports.postgis."""
    from sqlalchemy import text

    from sanxian.cli import main

    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        from layers.read import Layer

        workspace.add(Layer("ecological_redline", "红线", frame({"name": ["甲", "乙"]}), Path("a"), "0" * 64, None, ()), coverage="all")
    sites = geopandas.GeoDataFrame(
        {"id": ["P1", "P2"], "name": ["甲", "乙"]}, geometry=[box(116.001, 29.6, 116.002, 29.601), Point(116.5, 29.9)], crs=4490
    )
    sites.to_file(tmp_path / "p.geojson")
    out = address(server, "public.results")
    command = ["screen", str(tmp_path / "w.gpkg"), str(tmp_path / "p.geojson"), "--on", "2026-11-22", "--out", out]
    for words in (command, command, [*command[:4], "2026-08-14", *command[5:]]):
        assert main(words) in (1, 3)
    with postgis.connected(server) as connection:
        rows = connection.execute(text('SELECT "on", count(*), count(DISTINCT run) FROM results GROUP BY 1 ORDER BY 1')).all()
        assert [tuple(row) for row in rows] == [("2026-08-14", 2, 1), ("2026-11-22", 2, 1)]
        kinds = connection.execute(text("SELECT type, srid FROM geometry_columns WHERE f_table_name='results'")).one()
        assert tuple(kinds) == ("GEOMETRY", 4490)
        outcomes = connection.execute(text("SELECT count(*) FROM results_outcomes o JOIN results r ON r.run=o.run AND r.id=o.project_id"))
        assert outcomes.scalar() > 80
    found = read_layer(out, "reference")
    assert len(found.frame) == 4
    capsys.readouterr()
    with postgis.connected(server, write=True) as connection:
        connection.execute(text("CREATE TABLE mine (id int)"))
    for table, words in (("public.mine", "不是研判成果"), ("nowhere.t", "没有模式 nowhere")):
        assert main([*command[:-1], address(server, table), str(tmp_path / "r.json")]) == 2
        assert words in capsys.readouterr().err
    assert not (tmp_path / "r.json").exists()  # nothing is written where one place cannot be had
    assert main([*command[:-1], out.replace(f":{server.port}/", ":1/")]) == 2
    said = capsys.readouterr().err
    assert "连不上数据库" in said
    assert SECRET not in said

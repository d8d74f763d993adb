"""The screened sites and every outcome as two tables of a PostGIS database, in one transaction.

``postgresql://user@host:5432/database?table=schema.name`` gives ``schema.name`` (one row a project, with its site in
EPSG:4490) and ``schema.name_outcomes`` (one row a project and rule). The tables grow with every screening: ``run``
tells them apart, and the same screening written twice stands there once.
"""

from __future__ import annotations

import hashlib
from typing import Any

from layers import postgis
from layers.errors import N_, LayerError
from sanxian.reports.vector import properties

TABLE = "sanxian_screening"


def target(address: object) -> tuple[postgis.Database, str, str]:
    """The database, the schema and the name of the table of projects.

    Raises:
        LayerError: It is no address of a database, or the table has no usable name.
    """
    database = postgis.parse(address)
    schema, dot, name = (database.table or TABLE).rpartition(".")
    if not name or (dot and not schema) or len(name.encode()) > 54:  # room for the other table's name in 63 bytes
        raise LayerError(N_("数据库的表名 {table} 不能用"), table=database.table)
    return database, schema or "public", name


def check(address: object) -> None:
    """Ask before a long screening whether the results will find their place.

    Raises:
        LayerError: The database cannot be reached, has no PostGIS or no such schema, or a table of that name is
            something else.
    """
    database, schema, name = target(address)
    with postgis.connected(database) as connection:
        postgis.must_have_postgis(connection, database)
        _must_be_ours(connection, schema, name)


def write(screening: Any, address: object) -> int:
    """Write ``screening``, all of it or nothing.

    Returns:
        The number of projects written.

    Raises:
        LayerError: As for ``check``, or the user may not write there.
    """
    import geopandas
    import pandas as pd
    import shapely
    from sqlalchemy import text

    database, schema, name = target(address)
    run = hashlib.sha256(screening.to_json().encode()).hexdigest()[:16]
    sites = geopandas.GeoDataFrame(
        pd.DataFrame([{"run": run, **properties(screening, project)} for project in screening.projects]),
        geometry=[None if project.lonlat is None else shapely.force_2d(project.lonlat) for project in screening.projects],
        crs="EPSG:4490",
    )  # fmt: skip
    outcomes = pd.DataFrame(_outcomes(screening, run))
    with postgis.connected(database, write=True) as connection:
        postgis.must_have_postgis(connection, database)
        _must_be_ours(connection, schema, name)
        for table, rows in ((name, sites), (f"{name}_outcomes", outcomes)):
            if _there(connection, schema, table):
                connection.execute(text(f"DELETE FROM {postgis.quoted(schema)}.{postgis.quoted(table)} WHERE run=:run"), {"run": run})
            if table == name:
                rows.to_postgis(table, connection, schema=schema, if_exists="append", index=False, dtype=_column())
            else:
                rows.to_sql(table, connection, schema=schema, if_exists="append", index=False)
    return len(sites)


def _column() -> Any:
    from geoalchemy2 import Geometry

    return {"geometry": Geometry("GEOMETRY", srid=4490)}  # of any kind: the next screening may hold lines


def _outcomes(screening: Any, run: str) -> list[dict[str, Any]]:
    found = []
    for project in screening.to_dict()["projects"]:
        for item in project["outcomes"]:
            found.append(
                {
                    "run": run, "project_id": project["id"], "rule": item["rule"], "title": item.get("title"),
                    "outcome": item["outcome"], "reason": item.get("reason"), "dimension": item.get("dimension"),
                    "force": item.get("force"), "borderline": item.get("borderline"), "margin_m": item.get("margin_m"),
                    "missing": ";".join(item.get("missing") or []),
                    "basis": ";".join(f"{one.get('document')} {one.get('article') or ''}".strip() for one in item.get("basis") or []),
                }
            )  # fmt: skip
    return found


def _there(connection: Any, schema: str, table: str) -> bool:
    from sqlalchemy import inspect

    return inspect(connection).has_table(table, schema=schema)


def _must_be_ours(connection: Any, schema: str, name: str) -> None:
    from sqlalchemy import inspect

    asked = inspect(connection)
    if schema not in asked.get_schema_names():
        raise LayerError(N_("数据库里没有模式 {schema}，请先建好"), schema=schema)
    for table, wanted in ((name, {"run", "id", "verdict", "geometry"}), (f"{name}_outcomes", {"run", "project_id", "rule"})):
        if asked.has_table(table, schema=schema):
            columns = {column["name"] for column in asked.get_columns(table, schema=schema)}
            if not wanted <= columns:
                raise LayerError(N_("数据库里的表 {table} 不是研判成果，没有改动它；请另取表名"), table=f"{schema}.{table}")

"""Layers and projects out of a PostGIS database, and results into one.

A database is named like a file: ``postgresql://user@host:5432/database?table=schema.table``. A password may stand in the
address that is typed; it is used and never kept: what a workspace remembers, what a report names and what an error says
has none. Without one, libpq's own ways count (``PGPASSWORD``, ``~/.pgpass``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import geopandas
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from layers.errors import N_, LayerError, reason_words

if TYPE_CHECKING:
    from layers.workspace import Workspace

_SCHEMES = ("postgresql", "postgis", "postgres")
_SECONDS = 10  # to wait for a server that does not answer


@dataclass(frozen=True, slots=True)
class Database:
    """Where a database is and as whom; ``password`` shows nowhere and is left out wherever this is kept.

    Attributes:
        table: ``schema.table`` or ``table``; ``None`` where it is still to be chosen.
    """

    host: str
    database: str
    user: str | None = None
    port: int = 5432
    table: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"Database({self.address})"

    @property
    def address(self) -> str:
        """The address without its password."""
        user = f"{quote(self.user)}@" if self.user else ""
        table = f"?table={quote(self.table)}" if self.table else ""
        return f"postgresql://{user}{self.host}:{self.port}/{quote(self.database)}{table}"

    def kept(self) -> dict[str, Any]:
        """What may be written down: everything but the password."""
        return {"host": self.host, "database": self.database, "user": self.user, "port": self.port, "table": self.table}


def is_database(path: object) -> bool:
    """Whether ``path`` names a database; also where a file path has eaten one of the two slashes."""
    return re.match(rf"({'|'.join(_SCHEMES)}):/", str(path)) is not None


def parse(address: object) -> Database:
    """A database from its address.

    Raises:
        LayerError: The address names no host or no database, or its port is no number.
    """
    text = re.sub(r"^\w+:/+", "postgresql://", str(address))
    try:
        parts = urlsplit(text)
        port = parts.port or 5432
    except ValueError:
        parts, port = None, 0
    if parts is None or not parts.hostname or not parts.path.strip("/"):
        raise LayerError(N_("数据库地址写成 postgresql://用户@主机:5432/数据库?table=模式.表"))
    query = parse_qs(parts.query)
    return Database(
        parts.hostname,
        unquote(parts.path.strip("/")),
        unquote(parts.username) if parts.username else None,
        port,
        query.get("table", [None])[0],
        unquote(parts.password) if parts.password else None,
    )


def remember(workspace: Workspace, name: str, database: Database) -> None:
    """Keep a connection in the workspace under a name, without its password."""
    known = workspace.state("postgis", {}) or {}
    workspace.set_state("postgis", {**known, name: database.kept()})


def remembered(workspace: Workspace) -> dict[str, Database]:
    """The connections that the workspace keeps, by name; none of them has a password."""
    return {name: Database(**values) for name, values in (workspace.state("postgis", {}) or {}).items()}


def tables(database: Database) -> list[tuple[str, str, int, int]]:
    """Tables with geometry: ``schema.table``, geometry type, about how many rows (-1: not known), SRID.

    Raises:
        LayerError: The database cannot be reached or has no PostGIS.
    """
    with connected(database) as connection:
        from sqlalchemy import text

        must_have_postgis(connection, database)
        rows = connection.execute(
            text(
                "SELECT g.f_table_schema, g.f_table_name, g.type, g.srid, c.reltuples::bigint FROM geometry_columns g"
                " JOIN pg_class c ON c.oid = (quote_ident(g.f_table_schema) || '.' || quote_ident(g.f_table_name))"
                "::regclass ORDER BY 1, 2"
            )
        ).fetchall()
    return [(f"{schema}.{table}", kind, max(-1, int(count)), int(srid)) for schema, table, kind, srid, count in rows]


def read_frame(database: Database, table: str | None = None) -> tuple[geopandas.GeoDataFrame, str, str]:
    """All rows of a table in the order of its key, its name, and the digest of what was read.

    Raises:
        LayerError: The database cannot be reached, holds no such table, or the table no geometry; or several tables
            could be meant.
    """
    wanted = table or database.table
    present = [name for name, *_ in tables(database)]
    from sqlalchemy import text  # not before: where it is not installed, that has been said now

    if wanted is None:
        if len(present) != 1:
            names = "、".join(present) or N_("（无）")
            raise LayerError(N_("{file} 里有多个图层，请指明一个：{names}"), file=database.database, names=names)
        wanted = present[0]
    fitting = [name for name in present if name == wanted or name.split(".", 1)[1] == wanted]
    if len(fitting) != 1:
        names = "、".join(present) or N_("（无）")
        raise LayerError(
            N_("{file} 里没有图层 {layer}；有：{names}"), file=database.database, layer=wanted, names=names
        )
    schema, name = fitting[0].split(".", 1)
    with connected(database) as connection:
        column, srid = connection.execute(
            text("SELECT f_geometry_column, srid FROM geometry_columns WHERE f_table_schema=:s AND f_table_name=:t"
                 " ORDER BY 1 LIMIT 1"),
            {"s": schema, "t": name},
        ).one()  # fmt: skip
        keys = [
            row[0]
            for row in connection.execute(
                text("SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid=i.indrelid AND"
                     " a.attnum=ANY(i.indkey) WHERE i.indrelid=CAST(:t AS regclass) AND i.indisprimary"),
                {"t": f"{quoted(schema)}.{quoted(name)}"},
            )
        ]  # fmt: skip
        order = ", ".join(map(quoted, keys)) if keys else "ctid"
        frame = pd.read_sql_query(
            text(f"SELECT * FROM {quoted(schema)}.{quoted(name)} ORDER BY {order}"), connection
        )
    shapes = _shapes(frame.pop(column), fitting[0])
    frame.columns = [str(item) for item in frame.columns]
    crs = _crs(srid)
    found = geopandas.GeoDataFrame(
        frame.astype({c: object for c in frame.columns if frame[c].dtype.kind not in "iufb"}),
        geometry=geopandas.GeoSeries(shapes, index=frame.index, crs=crs).rename("geometry"),
    )
    return found, fitting[0], _digest(frame, shapes, srid)


def write(
    frame: geopandas.GeoDataFrame, database: Database, table: str | None = None, *, replace_table: bool = False
) -> int:
    """Write features as a table, all of them or none.

    Args:
        frame: Features with a CRS that has an EPSG code; columns become columns, lists and mappings text.
        database: Where to.
        table: ``schema.table`` or ``table`` (in ``public``); by default the address's own.
        replace_table: Put it in the place of a table of that name; otherwise such a table is left alone.

    Returns:
        Number of rows written.

    Raises:
        LayerError: The database cannot be reached or does not let this user write, the table is there, or the frame's
            CRS has no code.
    """
    wanted = table or database.table
    if not wanted:
        raise LayerError(N_("数据库地址写成 postgresql://用户@主机:5432/数据库?table=模式.表"))
    schema, name = wanted.split(".", 1) if "." in wanted else ("public", wanted)
    if frame.crs is None or not frame.crs.to_epsg():
        raise LayerError(N_("坐标系没有 EPSG 编号，不能写入数据库"))
    out = frame.copy()
    for column in out.columns:
        if column != out.geometry.name and out[column].dtype == object:
            out[column] = [value if value is None or isinstance(value, str | bool | int | float) else str(value)
                           for value in out[column]]  # fmt: skip
    with connected(database, write=True) as connection:
        from sqlalchemy import inspect

        must_have_postgis(connection, database)
        there = inspect(connection).has_table(name, schema=schema)
        if there and not replace_table:
            raise LayerError(N_("数据库里已有表 {table}，没有改动它"), table=f"{schema}.{name}")
        out.to_postgis(name, connection, schema=schema, if_exists="replace" if there else "fail", index=False)
    return len(out)


@contextmanager
def connected(database: Database, *, write: bool = False) -> Iterator[Any]:
    """A connection in one transaction; what goes wrong is a sentence without the password."""
    try:
        import sqlalchemy
        from sqlalchemy.exc import SQLAlchemyError

        engine = sqlalchemy.create_engine(
            sqlalchemy.URL.create(
                "postgresql+psycopg", database.user, database.password, database.host, database.port, database.database
            ),
            connect_args={"connect_timeout": _SECONDS},
            poolclass=sqlalchemy.NullPool,
        )
    except ImportError as error:
        raise LayerError(
            N_("读写 PostGIS 需要另装组件：pip install SQLAlchemy \"psycopg[binary]\" GeoAlchemy2")
        ) from error
    where = replace(database, password=None, table=None).address
    try:
        with engine.begin() as connection:
            if not write:
                connection.execute(sqlalchemy.text("SET TRANSACTION READ ONLY"))
            yield connection
    except SQLAlchemyError as error:
        raise _sentence(error, where) from None  # the cause would show the address as it was typed
    finally:
        engine.dispose()


def _sentence(error: Exception, where: str) -> LayerError:
    text = str(getattr(error, "orig", None) or error)
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    lowered = text.lower()
    if "password" in lowered and ("authentication" in lowered or "supplied" in lowered):
        return LayerError(N_("数据库 {where} 不接受该用户或密码"), where=where)
    if "permission denied" in lowered or "read-only" in lowered:
        return LayerError(N_("数据库 {where} 不允许该用户这样做：{reason}"), where=where, reason=first[:200])
    if "could not connect" in lowered or "connection" in lowered or "resolve" in lowered:
        return LayerError(N_("连不上数据库 {where}：{reason}"), where=where, reason=first[:200])
    return LayerError(N_("数据库 {where} 出错：{reason}"), where=where, reason=first[:200])


def must_have_postgis(connection: Any, database: Database) -> None:
    """Refuse a database without the extension.

    Raises:
        LayerError: It has none.
    """
    from sqlalchemy import text

    if connection.execute(text("SELECT to_regclass('geometry_columns')")).scalar() is None:
        raise LayerError(N_("数据库 {where} 没有 PostGIS 扩展"), where=replace(database, table=None).address)


def _shapes(column: pd.Series, table: str) -> np.ndarray:
    """Geometries from the hexadecimal EWKB in which PostGIS gives them; curves and surfaces it cannot carry are left."""
    try:
        known = np.array([value if isinstance(value, str | bytes) else None for value in column], dtype=object)
        return shapely.from_wkb(known, on_invalid="raise")
    except (shapely.errors.ShapelyError, NotImplementedError, ValueError, TypeError) as error:
        raise LayerError(
            N_("{file} 无法作为图层打开：{reason}"), file=table, reason=reason_words(str(error))
        ) from error


def _crs(srid: int) -> CRS | None:
    if not srid:
        return None
    try:
        return CRS.from_epsg(srid)
    except Exception as error:  # noqa: BLE001 - whatever PROJ says of a number that it does not know
        raise LayerError(N_("不认识坐标系 {crs}；写法如 EPSG:4490、EPSG:4548"), crs=str(srid)) from error


def _digest(frame: pd.DataFrame, shapes: np.ndarray, srid: int) -> str:
    total = hashlib.sha256(f"{srid}\0{'|'.join(map(str, frame.columns))}\0".encode())
    for shape, row in zip(shapely.to_wkb(shapes), frame.itertuples(index=False), strict=True):
        total.update(shape or b"\0")
        total.update(repr(tuple(row)).encode())
    return total.hexdigest()


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever letters it has."""
    return '"' + name.replace('"', '""') + '"'


def origin(database: Database, table: str) -> Path:
    """What stands for the path of a layer from a database: its address without the password."""
    return Path(replace(database, password=None, table=None).address.replace("://", ":/")) / table


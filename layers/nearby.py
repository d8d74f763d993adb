"""Features of one layer read one by one, found through the spatial index that the workspace's file carries itself.

A screening of one site needs a few features of each layer; reading the layer for them would take most of the time.
What comes out is what ``Workspace.read`` gives for the same rows: where a table holds anything that could come out
otherwise (column types of other programs, curves, no index), :func:`nearby` declines and the layer is read whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from layers.schema import ROLES
from layers.values import is_missing

if TYPE_CHECKING:
    from layers.workspace import LayerRecord

_ENVELOPES = (0, 32, 48, 48, 64)  # bytes of the box before a geometry, by GeoPackage's indicator
_AT_ONCE = 500  # rows asked for in one statement; SQLite's own limit is higher
# That ``m`` of sqlite_master is one of the three triggers by which a workspace watches the table of layer ``l``.
_WATCHES = ("m.tbl_name=l.table_name AND m.type='trigger' AND m.name IN"
            " ('sanxian_insert_' || m.tbl_name, 'sanxian_update_' || m.tbl_name, 'sanxian_delete_' || m.tbl_name)")
GONE = "gone"  # the mark of a layer whose table another program has taken away


@dataclass(slots=True)
class Nearby:
    """A layer whose features are read when they are asked for.

    Attributes:
        count: Features in the layer.
        state: What the file says of this table; another value means that the layer was changed.
    """

    path: Path
    table: str
    columns: tuple[tuple[str, str], ...]
    count: int
    state: str
    _connection: sqlite3.Connection | None = field(default=None, repr=False)

    @contextlib.contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """The file, open for as long as something is read: an open file could not be replaced on every system."""
        if self._connection is not None:
            yield self._connection
            return
        with contextlib.closing(_connect(self.path)) as connection:
            self._connection = connection
            try:
                yield connection
            finally:
                self._connection = None

    def within(self, west: float, south: float, east: float, north: float) -> tuple[list[int], np.ndarray]:
        """Row ids of the features whose boxes meet a box, ascending, and their boxes (n, 4) as the index has them.

        There may be a few more than there should, as the index rounds outward.
        """
        query = (
            f"SELECT id, minx, miny, maxx, maxy FROM {_quoted(f'rtree_{self.table}_geom')}"
            " WHERE maxx>=? AND minx<=? AND maxy>=? AND miny<=? ORDER BY id"
        )
        with self.opened() as connection:
            rows = connection.execute(query, (west, east, south, north)).fetchall()
        return [row[0] for row in rows], np.array([row[1:] for row in rows], dtype=float).reshape(-1, 4)

    def read(self, fids: Sequence[int]) -> list[tuple[Any, dict[str, Any]]]:
        """(shape, attributes) of rows, in their order.

        Raises:
            sqlite3.DatabaseError: The file is damaged, or a row is not there any more.
        """
        names = "".join(f", {_quoted(name)}" for name, _ in self.columns)
        found: dict[int, tuple[Any, dict[str, Any]]] = {}
        with self.opened() as connection:
            for first in range(0, len(fids), _AT_ONCE):
                some = [int(fid) for fid in fids[first : first + _AT_ONCE]]
                marks = ",".join("?" * len(some))
                rows = connection.execute(
                    f"SELECT fid, geom{names} FROM {_quoted(self.table)} WHERE fid IN ({marks})", some
                ).fetchall()
                shapes = shapely.from_wkb(np.array([wkb(row[1]) for row in rows], dtype=object)) if rows else []
                for row, shape in zip(rows, shapes, strict=True):
                    values = {
                        name: _value(value, kind) for (name, kind), value in zip(self.columns, row[2:], strict=True)
                    }
                    found[row[0]] = (shape, values)
        if len(found) != len(set(fids)):
            raise sqlite3.DatabaseError("a row is missing")
        return [found[int(fid)] for fid in fids]

    def stored_bytes(self) -> int:
        """How much the shapes take as they are stored."""
        with self.opened() as connection:
            return int(connection.execute(f"SELECT total(length(geom)) FROM {_quoted(self.table)}").fetchone()[0])

    def digest(self) -> str:
        """SHA-256 over the shapes as they are stored, in order of row ids."""
        made = hashlib.sha256()
        with self.opened() as connection:
            for fid, blob in connection.execute(f"SELECT fid, geom FROM {_quoted(self.table)} ORDER BY fid"):
                made.update(b"%d:%d:" % (fid, len(blob or b"")))
                made.update(blob or b"")
        return made.hexdigest()


def nearby(path: Path, record: LayerRecord) -> Nearby | None:
    """A layer to be read feature by feature; ``None`` where only the reader of whole layers reads it rightly."""
    schema = ROLES.get(record.role)
    table = record.table
    with contextlib.closing(_connect(path)) as connection:
        try:
            columns: list[tuple[str, str]] = []
            for _, name, declared, *_rest in connection.execute(f"PRAGMA table_info({_quoted(table)})"):
                if name in ("fid", "geom"):
                    continue
                known = schema.field(name) if schema else None
                kind = _kind(connection, table, name, str(declared).upper(), known.kind if known else None)
                if kind is None:
                    return None
                columns.append((name, kind))
            row = connection.execute(
                "SELECT c.last_change, g.column_name, e.extension_name FROM gpkg_contents c"
                " JOIN gpkg_geometry_columns g ON g.table_name=c.table_name"
                " LEFT JOIN gpkg_extensions e ON e.table_name=c.table_name AND e.extension_name='gpkg_rtree_index'"
                " WHERE c.table_name=?",
                (table,),
            ).fetchone()
            if row is None or row[1] != "geom" or row[2] is None:
                return None
            count, last = connection.execute(f"SELECT count(*), max(fid) FROM {_quoted(table)}").fetchone()
            indexed = connection.execute(f"SELECT count(*) FROM {_quoted(f'rtree_{table}_geom_rowid')}").fetchone()[0]
            if indexed != count:  # an index that was not kept up, or features without a place
                return None
            mark = touched_by_others(connection, table).get(table, "")
        except sqlite3.DatabaseError:
            return None
    return Nearby(path, table, tuple(columns), int(count), f"{record.sha256} {row[0]} {mark} {count} {last}")


def touched_by_others(connection: sqlite3.Connection, table: str | None = None) -> dict[str, str]:
    """What other programs left of changes of layers, by table; '' where there was none.

    Of rows the triggers of the workspace tell; of columns, of the CRS and of a table that was made anew without its triggers,
    what stands about the table now beside what stood there when this program wrote it; a table that is away is ``gone``.
    Of the rows of a table that no triggers watch a digest of them all tells.

    Args:
        table: Only of this one.
    """
    there = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    found: dict[str, str] = {}
    one, which = ("", ()) if table is None else (" WHERE table_name=?", (table,))
    if "sanxian_touched" in there:  # else an older file, until it is first opened for writing
        found = {str(row[0]): str(row[1]) for row in connection.execute(f"SELECT table_name, mark FROM sanxian_touched{one}", which)}
    if "sanxian_forms" in there:
        now, bare = table_forms(connection, table), set(unwatched(connection))
        for name, form in connection.execute(f"SELECT table_name, form FROM sanxian_forms{one}", which).fetchall():
            if name in there and now.get(name, "") != form:
                rows = rows_digest(connection, name) if name in bare else ""
                found[name] = " ".join(filter(None, (found.get(name, ""), now.get(name, ""), rows)))
    for (name,) in connection.execute(f"SELECT table_name FROM sanxian_layers{one}", which).fetchall():
        if name not in there:
            found[name] = GONE
    return found


def unwatched(connection: sqlite3.Connection) -> list[str]:
    """Tables of layers that lack a trigger of the workspace, as one has that another program made anew."""
    return [str(row[0]) for row in connection.execute(
        "SELECT l.table_name FROM sanxian_layers l JOIN sqlite_master t ON t.name=l.table_name AND t.type='table'"
        f" WHERE (SELECT count(*) FROM sqlite_master m WHERE {_WATCHES}) < 3")]  # fmt: skip


_digests: dict[tuple[str, str], tuple[list[int], str]] = {}  # by file and table: how the file stood, and what the rows were


def rows_digest(connection: sqlite3.Connection, table: str) -> str:
    """A digest of all rows of a table; made anew only where the file has changed since."""
    file = next(str(row[2]) for row in connection.execute("PRAGMA database_list") if row[1] == "main")
    before = file_stamp(Path(file))
    known = _digests.get((file, table))
    if known is not None and known[0] == before and not connection.in_transaction:
        return known[1]
    made = hashlib.sha256()
    add_rows(made, connection, table)
    found = made.hexdigest()[:16]
    if not connection.in_transaction:
        _digests[file, table] = before, found
    return found


def add_rows(made: hashlib._Hash, connection: sqlite3.Connection, table: str) -> None:
    """Take all that the rows of a table hold into a digest."""
    rows = connection.cursor()
    rows.row_factory = None
    for row in rows.execute(f"SELECT * FROM {_quoted(table)} ORDER BY rowid"):
        made.update(marshal.dumps(row, 2))  # as of version 2 the same values give the same bytes


def file_stamp(path: Path) -> list[int]:
    """How a workspace's file stands: sizes and times of it and of what SQLite has not yet written into it, and its count of changes."""
    found: list[int] = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        with contextlib.suppress(OSError):
            stat = file.stat()
            found += [stat.st_size, stat.st_mtime_ns]
    with contextlib.suppress(OSError), path.open("rb") as stream:
        found.append(int.from_bytes(stream.read(28)[24:], "big"))  # a copied time hides a change, this number does not
    return found


def table_forms(connection: sqlite3.Connection, table: str | None = None) -> dict[str, str]:
    """A digest, by table, of what is said of the rows of layers: columns with their types, CRS, and whether triggers watch it."""
    one, which = ("", ()) if table is None else ("WHERE l.table_name=?", (table,))
    rows: dict[str, list[Any]] = {}
    for name, *said in [
        *connection.execute(
            "SELECT l.table_name, c.name, c.type, c.pk FROM sanxian_layers l, pragma_table_info(l.table_name) c"
            f" {one} ORDER BY l.table_name, c.cid", which),
        *connection.execute(
            "SELECT l.table_name, g.column_name, s.organization, s.organization_coordsys_id, s.definition FROM sanxian_layers l"
            " JOIN gpkg_geometry_columns g ON g.table_name=l.table_name LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id=g.srs_id"
            f" {one}", which),
        *connection.execute(
            f"SELECT l.table_name, count(*) FROM sanxian_layers l JOIN sqlite_master m ON {_WATCHES}"
            f" {one} GROUP BY l.table_name", which),
    ]:  # fmt: skip
        rows.setdefault(str(name), []).append(tuple(said))
    return {name: hashlib.sha256(repr(found).encode()).hexdigest()[:16] for name, found in rows.items()}


def _kind(connection: sqlite3.Connection, table: str, name: str, declared: str, kind: str | None) -> str | None:
    """How a column's values come out of the reader of whole layers; ``None`` where that is not certain here."""
    plain = declared.partition("(")[0]
    if plain not in ("TEXT", "BOOLEAN", "INTEGER", "MEDIUMINT", "REAL", "DOUBLE"):
        return None
    if kind == "bool":
        return "bool" if plain in ("BOOLEAN", "INTEGER", "MEDIUMINT") else None
    if plain == "TEXT":
        return "plain"
    if plain in ("INTEGER", "MEDIUMINT"):
        return "int" if kind is None or not _gap(connection, table, name) else "float"
    if plain == "BOOLEAN":
        return "bool" if kind is None or not _gap(connection, table, name) else None
    return "float"


def _gap(connection: sqlite3.Connection, table: str, name: str) -> bool:
    """Whether a value is missing; whole numbers with a gap among them are read as decimal ones where a field asks for others."""
    return connection.execute(f"SELECT 1 FROM {_quoted(table)} WHERE {_quoted(name)} IS NULL LIMIT 1").fetchone() is not None


def _value(value: Any, kind: str) -> Any:
    if is_missing(value):
        return None
    if kind == "bool":
        return bool(value)
    return float(value) if kind == "float" else value


def wkb(blob: bytes | None) -> bytes | None:
    """The shape in a cell of a GeoPackage, without what each program writes before it in its own way."""
    return None if blob is None else blob[8 + _ENVELOPES[min(blob[3] >> 1 & 7, 4)] :]


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

"""The workspace: one GeoPackage file that holds every layer, what is known about each, and the rules carried along.

QGIS opens the file as it is. What the program adds beside the layers stands in plain tables named ``sanxian_*``.
A layer is added to a copy beside the file, which then takes the file's place in one step, so that a program killed at
any moment leaves the file as before or as after; the former file stays in a ring of backups (``layers.backups``), from
which the last change can be undone. Packs and window state are small and go through SQLite's journal.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyproj import CRS, Transformer

from layers import backups, portions
from layers.errors import N_, ReadOnlyError, ReplacedError, WorkspaceError
from layers.files import digest
from layers.issues import Issue
from layers.mappings import SourceMapping
from layers.nearby import GONE, Nearby, add_rows, nearby, table_forms, touched_by_others, unwatched, wkb
from layers.raster import inspect as inspect_raster
from layers.read import Layer, quietly
from layers.schema import ROLES
from layers.values import Unreadable, day, is_missing

__all__ = [
    "FORMAT", "SECRECY", "STATUSES", "UNDOABLE", "ColumnKind", "HistoryEntry", "LayerRecord", "Loan", "RasterRecord", "ReplacedError",
    "Workspace", "WorkspaceError",
    "is_workspace",
]

FORMAT = 1  # raised when an older program could no longer read the file rightly
EVERYWHERE = shapely.box(73.0, 3.0, 136.0, 54.0)  # China and its seas, degrees: coverage "all"
_CGCS2000 = CRS.from_epsg(4490)
_APPLICATION_ID = 0x47504B47  # "GPKG"
_STAMP = "2000-01-01T00:00:00.000Z"  # the same layers give the same bytes, whenever they were added
_GEOMETRY = {"polygon": "MultiPolygon", "line": "MultiLineString", "point": "Point"}

_SCHEMA = f"""
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
  definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined Cartesian coordinate reference system'),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system');
CREATE TABLE sanxian_meta (key TEXT NOT NULL PRIMARY KEY, value TEXT);
INSERT INTO sanxian_meta VALUES ('format', '{FORMAT}');
CREATE TABLE sanxian_layers (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name TEXT NOT NULL UNIQUE,
  table_name TEXT NOT NULL UNIQUE, family TEXT NOT NULL, is_current BOOLEAN NOT NULL, role TEXT NOT NULL, version TEXT,
  data_date TEXT, accuracy_m DOUBLE, source TEXT, coverage_wkb BLOB, features INTEGER NOT NULL,
  geometry_type TEXT NOT NULL, sha256 TEXT NOT NULL, file TEXT, encoding TEXT, issues TEXT NOT NULL, scale INTEGER);
CREATE TABLE sanxian_rasters (name TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, path TEXT NOT NULL,
  sha256 TEXT NOT NULL, crs TEXT, source TEXT, version TEXT, issues TEXT);
CREATE TABLE sanxian_packs (pack TEXT NOT NULL, file TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (pack, file));
CREATE TABLE sanxian_state (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
  VALUES ('sanxian_layers', 'attributes', 'sanxian_layers', '三线：图层登记', '{_STAMP}');
"""


# Tables that came later: made in every new workspace, and in an older one when it is first opened for writing.
_LATER = """
CREATE TABLE IF NOT EXISTS sanxian_history (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, at TEXT, person TEXT,
  action TEXT NOT NULL, subject TEXT, details TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS sanxian_history_stays BEFORE UPDATE ON sanxian_history
  BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
CREATE TRIGGER IF NOT EXISTS sanxian_history_keeps BEFORE DELETE ON sanxian_history
  BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
CREATE TABLE IF NOT EXISTS sanxian_findings (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom BLOB,
  key TEXT NOT NULL UNIQUE, code TEXT NOT NULL, severity TEXT NOT NULL, layer TEXT, feature INTEGER,
  message TEXT NOT NULL, found_in_values TEXT NOT NULL, status TEXT NOT NULL, note TEXT, person TEXT,
  first_seen TEXT, last_seen TEXT);
CREATE TABLE IF NOT EXISTS sanxian_mappings (signature TEXT NOT NULL, role TEXT NOT NULL, pattern TEXT NOT NULL,
  content TEXT NOT NULL, PRIMARY KEY (signature, role));
CREATE TABLE IF NOT EXISTS sanxian_secrecy (family TEXT NOT NULL PRIMARY KEY, mark TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sanxian_touched (table_name TEXT NOT NULL PRIMARY KEY, mark TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sanxian_forms (table_name TEXT NOT NULL PRIMARY KEY, form TEXT NOT NULL);
"""
_SHOWN = (
    "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)"
    f" VALUES ('sanxian_findings', 'features', '数据检查发现', '三线：数据检查发现的问题', '{_STAMP}', 4490)",
    "INSERT OR IGNORE INTO gpkg_geometry_columns VALUES ('sanxian_findings', 'geom', 'GEOMETRY', 4490, 0, 0)",
)  # so that QGIS and other programs show the findings, once there are any
STATUSES = ("open", "accepted", "fixed")
UNDOABLE = ("add", "replace", "remove", "rename", "make-current", "describe")
# Position accuracy that goes with the scale of a map: mean error of well-defined points, in millimetres of the map, the
# larger of the two classes of ground (hills and mountains); see docs/decisions on scale.
_MAP_MM = ((2_000, 0.8), (100_000, 0.75))
SECRECY = ("public", "internal", "secret", "confidential", "top_secret")  # 公开 内部 秘密 机密 绝密


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of the workspace.

    Attributes:
        at: When, ISO; ``None`` where the program that changed it did not say.
        person: Who, likewise.
        action: add, replace, remove, rename, make-current, describe, edit, add-raster, remove-raster, add-pack, remove-pack,
            check, mark-finding, map, undo or restore.
        subject: Name of the layer, raster, pack or finding.
        details: What varies; plain JSON values.
    """

    number: int
    at: str | None
    person: str | None
    action: str
    subject: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LayerRecord:
    """What the workspace knows about one of its layers.

    Attributes:
        family: The name under which several versions of one layer stand together.
        current: Whether this version is the one in use.
        accuracy_m: Positional accuracy in metres, stated or that of its scale; ``None`` where neither is known.
        coverage: ``known`` or ``unknown``; known also where the administrative areas stand in for it.
        coverage_from: Whence it is known: ``stated`` with the layer, ``admin`` (nobody said, and the administrative areas
            are assumed), or ``None``.
        coverage_geometry: Where the layer claims to be complete, as given with it, in EPSG:4490; ``None`` where none
            was given: ask ``Workspace.coverage_of``.
        added: Place in the order in which layers were added.
        scale: Of the map that the layer was made for or from, its denominator; ``None`` where nobody stated one.
        accuracy_from: ``stated``, ``scale`` (what the standards of mapping allow at that scale), or ``None``.
        secrecy: How secret the layer is (密级), one of ``SECRECY``; of all its versions, as a later one is no less
            secret. ``None`` where nobody has said.
        coverage_sha256: Of where the layer claims to be complete, as given with it; '' where none was given.
        changed: What another program left when it last changed the layer's table in the file, which its digest does not
            tell: the time that GDAL writes, the mark that its triggers leave of whoever changes rows, what its columns and
            its CRS are now, or several of these; '' where none did.
    """

    name: str
    role: str
    version: str | None
    data_date: str | None
    accuracy_m: float | None
    source: str | None
    coverage: str
    coverage_geometry: Any
    crs: CRS
    features: int
    sha256: str
    issues: tuple[Issue, ...]
    geometry_type: str
    added: int
    family: str
    current: bool
    table: str
    file: str | None = None
    encoding: str | None = None
    secrecy: str | None = None
    scale: int | None = None
    accuracy_from: str | None = None
    coverage_from: str | None = None
    coverage_sha256: str = ""
    changed: str = ""

    @property
    def gone(self) -> bool:
        """Whether another program has taken its table out of the file."""
        return is_gone(self.changed)

    @property
    def stated_accuracy_m(self) -> float | None:
        """The accuracy that somebody stated, without the one that goes with the scale."""
        return self.accuracy_m if self.accuracy_from == "stated" else None


@dataclass(frozen=True, slots=True)
class RasterRecord:
    """A raster that the workspace points to; it stays where it is.

    Attributes:
        path: Absolute, worked out from where the workspace lies now.
        missing: The file is not there.
        issues: What was said when it was added.
        stamp: Size and time of the file as it is now; '' where it is missing.
    """

    name: str
    kind: str
    path: Path
    sha256: str
    crs: str | None
    source: str | None
    version: str | None
    missing: bool
    issues: tuple[Issue, ...] = ()
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class ColumnKind:
    """What a column of a layer's table takes.

    Attributes:
        kind: text, code, choice, bool, number, integer or date; empty for a type whose values cannot be changed here.
        declared: The type as the file states it.
        choices: Of a choice.
        needed: It cannot be empty.
    """

    kind: str
    declared: str = ""
    choices: tuple[str, ...] = ()
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Loan:
    """What another process needs to know to change a workspace in the name of the one that has it open."""

    path: Path
    person: str | None
    at: str | None
    backup: bool


class Workspace:
    """An open workspace. Use as a context manager, or call ``close``.

    Several threads may read; writing is one at a time, and one program at a time.
    """

    def __init__(self, path: Path, *, readonly: bool, lock: _Lock | _Lent | None, backup: bool = True) -> None:
        self.path = path
        self._backup = backup
        self.readonly = readonly
        self._lock = lock
        self._writing = threading.RLock()
        self._coverages: dict[str, Any] = {}
        self._person: str | None = None
        self._at: str | Callable[[], str] | None = None
        self._known = None if readonly else _identity(path)

    # --- opening and closing ----------------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path | str, *, backup: bool = True) -> Workspace:
        """Make an empty workspace and open it for writing.

        Args:
            path: Of the new file.
            backup: Keep the states between the changes, so that they can be undone; of no use to a program that makes
                a workspace in one go.

        Raises:
            WorkspaceError: Something is there already, or the folder cannot be written.
        """
        path = Path(path)
        if path.exists():
            raise WorkspaceError(N_("{path} 已经存在，没有改动它"), path=str(path))
        if not path.parent.is_dir():
            raise WorkspaceError(N_("文件夹 {path} 不存在"), path=str(path.parent))
        if path.suffix.lower() != ".gpkg":
            raise WorkspaceError(N_("工作区的文件名要以 .gpkg 结尾：{path}"), path=str(path))
        lock = _Lock.take(path)
        temporary = _temporary(path)
        try:
            with _writes(path):
                temporary.unlink(missing_ok=True)
                with contextlib.closing(sqlite3.connect(temporary)) as connection:
                    connection.executescript(
                        f"PRAGMA application_id={_APPLICATION_ID}; PRAGMA user_version=10300; {_SCHEMA}"
                    )
                    _know_crs(connection, _CGCS2000, 4490)
                    connection.executescript(_LATER)
                    connection.commit()
                _replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            lock.release()
            raise
        return cls(path, readonly=False, lock=lock, backup=backup)

    @classmethod
    def open(cls, path: Path | str, *, readonly: bool = False) -> Workspace:
        """Open a workspace.

        Args:
            path: The GeoPackage file.
            readonly: Needs no lock, hence works while another program writes, and on a read-only disk.

        Raises:
            WorkspaceError: It is missing, no workspace, damaged, made by a newer program, open for writing in another
                program, or cannot be written.
        """
        path = Path(path)
        _roll_back(path)
        _check(path)
        if readonly:
            return cls(path, readonly=True, lock=None)
        if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
            raise ReadOnlyError(N_("{path} 不能写入：文件或所在磁盘是只读的"), path=str(path))
        lock = _Lock.take(path)
        _sweep(path)
        backups.tidy(path)
        try:
            _bring_up(path)
        except BaseException:
            lock.release()
            raise
        return cls(path, readonly=False, lock=lock)

    @contextlib.contextmanager
    def lend(self) -> Iterator[Loan]:
        """Let one other process change the file, which this one waits for; nobody here writes meanwhile.

        What a process that was killed has left half-written is taken away afterwards.

        Raises:
            WorkspaceError: It is not open for writing.
        """
        self._must_be_writable()
        with self._writing:
            try:
                yield Loan(self.path, self._person, self._now(), self._backup)
            finally:
                self._coverages.clear()
                _sweep(self.path)
                self._known = _identity(self.path)

    @contextlib.contextmanager
    def in_turn(self, waiting: Callable[[], Any]) -> Iterator[None]:
        """Hold the right to write, once no other thread has it.

        Args:
            waiting: Called several times a second until then, and at the end; what it raises ends the waiting.
        """
        while not self._writing.acquire(timeout=0.05):
            waiting()
        try:
            waiting()
            yield
        finally:
            self._writing.release()

    @classmethod
    def borrow(cls, loan: Loan) -> Workspace:
        """The workspace that another process lends, open for writing. That process keeps the lock."""
        opened = cls(loan.path, readonly=False, lock=_Lent(), backup=loan.backup)
        opened.sign(loan.person, loan.at)
        return opened

    def sign(self, person: str | None, at: str | Callable[[], str] | None) -> None:
        """Say who makes the changes that follow, and when; both go into the history.

        Args:
            person: Name as it shall stand there.
            at: The time, ISO, or something that tells it. Nothing here asks the clock.
        """
        self._person, self._at = person, at

    def close(self) -> None:
        """Let other programs write. Closing twice does no harm."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def format_version(self) -> int:
        """The file's format number; ``FORMAT`` or lower."""
        with self._connection() as connection:
            return int(connection.execute("SELECT value FROM sanxian_meta WHERE key='format'").fetchone()[0])

    # --- layers -----------------------------------------------------------------------------------------------------

    def add(
        self,
        layer: Layer,
        *,
        version: str | None = None,
        data_date: str | None = None,
        accuracy_m: float | None = None,
        source: str | None = None,
        coverage: Any = None,
        scale: int | None = None,
        secrecy: str | None = None,
        replace: bool = False,
        instead_of: LayerRecord | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> LayerRecord:
        """Add a layer, all of it or nothing.

        A layer of the same name and another ``version`` is put beside the first and becomes the current one.

        Args:
            layer: As ``layers.read.read_layer`` gave it.
            version: Which edition of the data this is, in the agency's words.
            data_date: The day up to which the data holds, ISO.
            accuracy_m: Positional accuracy in metres.
            source: Who made the data, or where it came from.
            coverage: Where the layer claims to be complete: ``all``, ``hull`` (of its features), a ``GeoSeries`` or
                ``GeoDataFrame`` with a CRS, or ``None`` for the union of the administrative areas.
            scale: Of the map that the data was made for or from: 50000 for 1:50 000.
            secrecy: How secret the layer is, one of ``SECRECY``; ``None``, or what is less than the mark of its other
                versions, leaves theirs.
            replace: Put it in the place of the layer of the same name (and version).
            instead_of: What the layer in its place was when it was read; where anything has changed it since, it stays.
            progress: Called with steps done and in all before each step; it may raise to stop, and the file stays as
                it was.

        Raises:
            WorkspaceError: The name is taken or cannot be one, an argument makes no sense, or the file cannot be
                written.
        """
        name = _name(layer.name)
        if accuracy_m is not None and not (accuracy_m >= 0 and np.isfinite(accuracy_m)):
            raise WorkspaceError(N_("精度 {value} 不是不小于 0 的米数"), value=accuracy_m)
        scale = _scale(scale)
        if secrecy is not None and secrecy not in SECRECY:
            raise WorkspaceError(N_("没有密级 {mark}；有：{known}"), mark=secrecy, known="、".join(SECRECY))
        secrecy = max((mark for mark in (secrecy, layer.secrecy) if mark is not None), key=SECRECY.index, default=None)
        area = _coverage(coverage, layer.frame)
        present = self.layers()
        same = [record for record in present if name in (record.family, record.name)]
        old = next((record for record in same if record.version == version), None)
        if old is not None and not replace:
            raise WorkspaceError(N_("工作区里已有图层 {name}；要换掉它请选择替换，或另取名称、另写版本"), name=old.name)
        if old is None:
            self._must_be_an_edition_of(same, layer)
        family = same[0].family if same else name
        if old is not None:
            shown = old.name
        else:
            shown = name if not same else _free(f"{family}（{version or len(same) + 1}）", {r.name for r in present})
        table = (
            old.table if old is not None else _free(_table_name(shown), {record.table.lower() for record in present})
        )
        issues = json.dumps([_issue_out(issue) for issue in layer.issues], ensure_ascii=False, sort_keys=True)

        def tell(done: int) -> None:
            if progress is not None:
                progress(done, 3)

        def change(temporary: Path) -> None:
            tell(1)
            if old is not None:
                with _sqlite(temporary) as connection:
                    if instead_of is not None and _as_it_is(connection, old.added) != (instead_of.changed, instead_of.sha256):
                        raise WorkspaceError(N_("图层 {name} 正在被别的程序改写，没有写入；请再试一次"), name=old.name)
                    _drop(connection, old.table, styles=False)  # how QGIS shows it stays
            _write_frame(_whole_frame(layer), temporary, table, layer.role)
            tell(2)
            with _sqlite(temporary) as connection:
                connection.execute("UPDATE sanxian_layers SET is_current=0 WHERE family=?", (family,))
                if old is not None:
                    connection.execute("DELETE FROM sanxian_layers WHERE name=?", (old.name,))
                kind = connection.execute(
                    "SELECT geometry_type_name FROM gpkg_geometry_columns WHERE table_name=?", (table,)
                ).fetchone()[0]
                connection.execute(
                    "INSERT INTO sanxian_layers (fid, name, table_name, family, is_current, role, version, data_date,"
                    " accuracy_m, source, coverage_wkb, features, geometry_type, sha256, file, encoding, issues, scale)"
                    " VALUES (?,?,?,?,1,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                    (
                        old.added if old else None,
                        shown,
                        table,
                        family,
                        layer.role,
                        version,
                        str(data_date) if data_date is not None else None,
                        accuracy_m,
                        source,
                        shapely.to_wkb(area) if area is not None else None,
                        layer.count,
                        kind,
                        layer.sha256,
                        layer.path.name,
                        layer.encoding,
                        issues,
                        scale,
                    ),
                )
                title = ROLES[layer.role].zh if layer.role in ROLES else layer.role
                connection.execute(
                    "UPDATE gpkg_contents SET identifier=?, description=? WHERE table_name=?", (shown, title, table)
                )
                connection.execute("UPDATE gpkg_contents SET last_change=? WHERE table_name=?", (_STAMP, table))
                _watch(connection, table)
                if secrecy is not None:  # within the same step: there is no moment at which the layer is there without its mark
                    known = connection.execute("SELECT mark FROM sanxian_secrecy WHERE family=?", (family,)).fetchone()
                    if known is None or known[0] in SECRECY[: SECRECY.index(secrecy)]:
                        connection.execute("INSERT OR REPLACE INTO sanxian_secrecy VALUES (?,?)", (family, secrecy))
                details = {"file": layer.path.name, "sha256": layer.sha256, "features": layer.count}
                if layer.crs_given is not None:
                    details["crs"] = layer.crs_given
                if old is not None:
                    details |= {"was": old.sha256, "was_features": old.features}
                self._note(connection, "add" if old is None else "replace", shown, version=version, **details)

        tell(0)
        self._change(change, "add" if old is None else "replace")
        tell(3)
        return self.record(shown)

    def _must_be_an_edition_of(self, same: list[LayerRecord], layer: Layer) -> None:
        """Refuse to retire a layer for another that only happens to have its name.

        Two counties both call their file 红线.shp; taking the second for a new edition of the first would leave the
        first county unchecked, and so would taking one county's for a new edition of the province's.
        """
        for record in same:
            if record.role != layer.role:
                raise WorkspaceError(
                    N_("工作区里名为 {name} 的图层是另一类图层（{role}）；请给新图层另取名称"), name=record.name, role=record.role
                )
            if not record.current or not record.features or not len(layer.frame):
                continue
            present = self.read(record.name)
            if not len(present):
                continue
            former, later = _bounds(present), _bounds(layer.frame)
            if shapely.intersection(former, later).area < 0.8 * former.area:
                raise WorkspaceError(
                    N_("名为 {name} 的图层所在范围大多不在新图层之内，新图层不会是它的另一版本；请给新图层另取名称"), name=record.name
                )

    def remove(self, name: str) -> None:
        """Take a layer out; of several versions the last one left becomes current.

        Raises:
            WorkspaceError: There is no such layer, or the file cannot be written.
        """
        record = self.record(name)

        def change(temporary: Path) -> None:
            with _sqlite(temporary) as connection:
                _drop(connection, record.table)
                connection.execute("DELETE FROM sanxian_layers WHERE name=?", (name,))
                if record.current:
                    connection.execute(
                        "UPDATE sanxian_layers SET is_current=1 WHERE fid="
                        "(SELECT max(fid) FROM sanxian_layers WHERE family=?)",
                        (record.family,),
                    )
                self._note(connection, "remove", name, sha256=record.sha256, features=record.features)
            with contextlib.closing(sqlite3.connect(temporary)) as connection:
                connection.execute("VACUUM")

        self._change(change, "remove")

    def rename(self, name: str, new: str) -> None:
        """Give a layer another name.

        Raises:
            WorkspaceError: There is no such layer, or the new name is taken.
        """
        record, new = self.record(name), _name(new)
        if new == name:
            return
        if any(new in (other.name, other.family) for other in self.layers() if other.name != name):
            raise WorkspaceError(N_("工作区里已有图层 {name}"), name=new)
        alone = sum(other.family == record.family for other in self.layers()) == 1
        with self._edit("rename") as connection:
            connection.execute(
                "UPDATE sanxian_layers SET name=?, family=? WHERE name=?", (new, new if alone else record.family, name)
            )
            if alone:
                connection.execute("UPDATE OR REPLACE sanxian_secrecy SET family=? WHERE family=?", (new, record.family))
            connection.execute("UPDATE gpkg_contents SET identifier=? WHERE table_name=?", (new, record.table))
            self._note(connection, "rename", new, was=name)

    def make_current(self, name: str) -> None:
        """Use this version of a layer and set its sisters aside.

        Raises:
            WorkspaceError: There is no such layer.
        """
        record = self.record(name)
        with self._edit("make-current") as connection:
            connection.execute("UPDATE sanxian_layers SET is_current=(name=?) WHERE family=?", (name, record.family))
            self._note(connection, "make-current", name, version=record.version)

    def describe(self, name: str, **changes: Any) -> LayerRecord:
        """Change what is said of a layer: version, data_date, accuracy_m, scale, source, coverage, secrecy.

        Raises:
            WorkspaceError: There is no such layer, or an argument makes no sense.
        """
        before = self.record(name)
        if "secrecy" in changes:
            self._set_secrecy(before, changes.pop("secrecy"))
            if not changes:
                return self.record(name)
        columns: dict[str, Any] = {}
        for key, value in changes.items():
            if key == "coverage":
                area = _coverage(value, self.read(name) if value == "hull" else None)
                columns["coverage_wkb"] = shapely.to_wkb(area) if area is not None else None
            elif key == "scale":
                columns[key] = _scale(value)
            elif key in ("version", "data_date", "accuracy_m", "source"):
                columns[key] = value if value is None or key == "accuracy_m" else str(value)
            else:
                raise TypeError(key)
        with self._edit("describe") as connection:
            for key, value in columns.items():
                connection.execute(f"UPDATE sanxian_layers SET {key}=? WHERE name=?", (value, name))
            told = {key: value for key, value in columns.items() if key != "coverage_wkb"}
            was = {key: getattr(before, key) for key in told}
            if before.accuracy_from == "scale" and "accuracy_m" in was:
                was["accuracy_m"] = None
            self._note(connection, "describe", name, now=told, was=was, coverage="coverage_wkb" in columns)
        self._coverages.clear()
        return self.record(name)

    def _set_secrecy(self, record: LayerRecord, mark: str | None) -> None:
        if mark is not None and mark not in SECRECY:
            raise WorkspaceError(N_("没有密级 {mark}；有：{known}"), mark=mark, known="、".join(SECRECY))
        with self._transaction() as connection:
            connection.execute("DELETE FROM sanxian_secrecy WHERE family=?", (record.family,))
            if mark is not None:
                connection.execute("INSERT INTO sanxian_secrecy VALUES (?,?)", (record.family, mark))
            self._note(connection, "describe", record.name, now={"secrecy": mark}, was={"secrecy": record.secrecy})

    def column_kinds(self, name: str) -> dict[str, ColumnKind]:
        """What each column of a layer takes, without its row ids, its shapes and what the file works out by itself.

        Raises:
            WorkspaceError: There is no such layer.
        """
        record = self.record(name)
        with self._connection() as connection:
            return _column_kinds(connection, record)

    def set_values(
        self,
        name: str,
        values: Mapping[int, Mapping[str, Any]],
        *,
        instead_of: Mapping[int, Mapping[str, Any]] | None = None,
        rows: dict[int, NotedRow] | None = None,
        found: dict[int, int | None] | None = None,
    ) -> dict[int, dict[str, Any]]:
        """Change what features say, all of it or nothing; only of a role that is the person's own (``Role.own``).

        It goes through SQLite's journal without a copy of the file, since the history keeps what was: the file is as it
        was or as it is to be whenever the program ends, and what is given back, given here again, takes it all back. The
        layer's digest follows its values and is the former one once they are.

        Args:
            name: The layer.
            values: By row id, values by column; ``None`` for unknown, which is neither 0 nor no.
            instead_of: What they are to take the place of, in the same form: where another program has written something
                else since, or has taken the row or the column away, that stays.
            rows: What else the rows say, which is noted here; with ``instead_of`` what was noted, by which each row is found
                again: a program that writes a table anew numbers its rows anew. It is the one row of the same shape that says
                the same; else, where no other row had or has its shape, the one of that shape, if it has its number still
                or says most of the same. What cannot be found, or told from others, stays.
            found: Filled with the row ids, as they are now, of the rows that say what they were to say; ``None`` for those
                that cannot be told from others. The rest is gone, or says what another program has written.

        Returns:
            What stood there, in the same form, without what was the same or stays.

        Raises:
            WorkspaceError: There is no such layer, row or column, its values are not to be changed, one is not of its
                column's kind, or the file cannot be written.
        """
        record = self.record(name)
        schema = ROLES.get(record.role)
        if schema is None or not schema.own:
            raise WorkspaceError(N_("图层 {name} 是结论所依据的数据，不能改动；请在来源文件中改好，再作为新版本加入"), name=name)
        before: dict[int, dict[str, Any]] = {}
        cells: list[list[Any]] = []
        mark = int(record.sha256, 16) if re.fullmatch("[0-9a-f]{64}", record.sha256) else _cell_digest(0, "", record.sha256)
        with self._transaction() as connection:
            _without_shapes(connection)
            kinds = _column_kinds(connection, record)
            touched = connection.execute("SELECT mark FROM sanxian_touched WHERE table_name=?", (record.table,)).fetchone()
            places: dict[int, int | None] = {fid: int(fid) for fid in values}
            if rows is not None and instead_of is None:
                rows.update(_note_rows(connection, record.table, values))
            elif rows is not None and instead_of is not None:
                places = _find_rows(connection, record.table, rows, values, instead_of, kinds)
                if found is not None:
                    found.update({fid: None for fid, at in places.items() if at is None})
            for fid, changes in values.items():
                if (at := places.get(fid)) is None:
                    continue
                said = True
                for column, value in changes.items():
                    if instead_of is not None and column not in kinds:
                        said = False
                        continue
                    if column not in kinds or not kinds[column].kind:
                        raise WorkspaceError(N_("图层 {name} 的列 {column} 不能改动"), name=name, column=column)
                    wanted = _cell(value, kinds[column])
                    if wanted is Ellipsis or wanted is None and kinds[column].needed:
                        raise WorkspaceError(N_("图层 {name} 的列 {column} 不接受 {value}"), name=name, column=column, value=value)
                    where = f"FROM {_quoted(record.table)} WHERE fid=?"
                    row = connection.execute(f"SELECT {_quoted(column)} {where}", (at,)).fetchone()
                    if instead_of is not None and (row is None or not _says(row[0], instead_of[fid][column], kinds[column])):
                        said = said and row is not None and _says(row[0], value, kinds[column])
                        continue
                    if row is None:
                        raise WorkspaceError(N_("图层 {name} 没有第 {row} 行"), name=name, row=fid)
                    try:
                        connection.execute(
                            f"UPDATE {_quoted(record.table)} SET {_quoted(column)}=? WHERE fid=?", (wanted, at)
                        )
                    except sqlite3.IntegrityError as error:
                        raise WorkspaceError(
                            N_("图层 {name} 的列 {column} 不接受 {value}"), name=name, column=column, value=value
                        ) from error
                    now = connection.execute(f"SELECT {_quoted(column)} {where}", (at,)).fetchone()[0]
                    if (type(row[0]), row[0]) == (type(now), now):
                        continue
                    cells.append([at, column, row[0], now])
                    before.setdefault(int(fid), {})[column] = _from_cell(row[0], kinds[column])
                    mark ^= _cell_digest(at, column, row[0]) ^ _cell_digest(at, column, now)
                if said and found is not None:
                    found[fid] = at
            if cells:
                digest_now = f"{mark:064x}"
                connection.execute("UPDATE sanxian_layers SET sha256=? WHERE fid=?", (digest_now, record.added))
                if touched is not None:  # its triggers cannot tell who it was
                    connection.execute("UPDATE sanxian_touched SET mark=? WHERE table_name=?", (touched["mark"], record.table))
                self._note(
                    connection, "edit", name, cells=cells, layer=record.added, was=record.sha256, sha256=digest_now,
                )  # fmt: skip
        return before

    def values(self, name: str, column: str, fids: Sequence[int]) -> dict[int, Any]:
        """What rows of a layer say in a column, by row id; rows, or a column, that are not there are left out.

        Raises:
            WorkspaceError: There is no such layer.
        """
        record, found = self.record(name), dict[int, Any]()
        with self._connection() as connection:
            kind = _column_kinds(connection, record).get(column)
            for fid in fids if kind is not None else ():
                said = connection.execute(
                    f"SELECT {_quoted(column)} FROM {_quoted(record.table)} WHERE fid=?", (int(fid),)
                ).fetchone()
                if said is not None and kind is not None:
                    found[int(fid)] = _from_cell(said[0], kind)
        return found

    def layers(self) -> list[LayerRecord]:
        """Every layer, in the order in which they were added."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT l.*, s.organization, s.organization_coordsys_id, s.definition, c.last_change FROM sanxian_layers l"
                " LEFT JOIN gpkg_contents c ON c.table_name=l.table_name LEFT JOIN gpkg_geometry_columns g ON g.table_name=l.table_name"
                " LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id=g.srs_id ORDER BY l.fid"
            ).fetchall()
            # An older file has no such table until it is first opened for writing.
            marks = dict(connection.execute("SELECT family, mark FROM sanxian_secrecy").fetchall()) if _has(
                connection, "sanxian_secrecy") else {}  # fmt: skip
            touched = touched_by_others(connection)
        any_admin = any(row["role"] == "admin" and row["is_current"] and row["features"] for row in rows)
        return [_record(row, any_admin, marks.get(row["family"]), touched.get(row["table_name"], "")) for row in rows]

    def changes(self) -> dict[int, str]:
        """``LayerRecord.changed`` of every layer, by ``added``; much quicker than to read all that is said of the layers."""
        with self._connection() as connection:
            touched = touched_by_others(connection)
            return {
                int(row["fid"]): _changed(row["last_change"], touched.get(row["table_name"], ""))
                for row in connection.execute(
                    "SELECT l.fid, l.table_name, c.last_change FROM sanxian_layers l"
                    " LEFT JOIN gpkg_contents c ON c.table_name=l.table_name"
                )
            }

    def record(self, name: str) -> LayerRecord:
        """The layer called ``name``.

        Raises:
            WorkspaceError: There is none.
        """
        present = self.layers()
        for record in present:
            if record.name == name:
                return record
        names = "、".join(record.name for record in present) or N_("（没有图层）")
        raise WorkspaceError(N_("工作区里没有图层 {name}；有：{names}"), name=name, names=names)

    def by_role(self, role: str) -> list[LayerRecord]:
        """The layers of a role; several count together, and of versions side by side only the current one."""
        return [record for record in self.layers() if record.role == role and record.current]

    def read(self, name: str, *, whole: bool = False) -> geopandas.GeoDataFrame:
        """A layer's features: ``fid``, attributes (missing is ``None``) and geometry, in the layer's own CRS.

        Of a role that keeps features without a place (``Role.register``) those with one; ``read_unplaced`` has the
        others, and ``whole`` gives both.

        Raises:
            WorkspaceError: There is no such layer, or the file is damaged.
        """
        return self._features(self.record(name), placed=None if whole else True)

    def read_unplaced(self, name: str) -> pd.DataFrame:
        """The features of a layer that have no place, as ``read_table`` gives features; none for most roles.

        Raises:
            WorkspaceError: As for ``read``.
        """
        return self._features(self.record(name), geometry=False, placed=False)

    def read_table(self, name: str) -> pd.DataFrame:
        """As ``read``, without the geometry: what features are, not where; much faster for a layer with many vertices.

        Raises:
            WorkspaceError: As for ``read``.
        """
        return self._features(self.record(name), geometry=False)

    def read_bbox(self, name: str, bounds: tuple[float, float, float, float]) -> geopandas.GeoDataFrame:
        """As ``read``, only features whose boxes meet ``bounds``: west, south, east, north in the layer's own CRS.

        Raises:
            WorkspaceError: As for ``read``.
        """
        return self._features(self.record(name), bounds)

    def read_wkb(
        self, record: LayerRecord, bounds: tuple[float, float, float, float] | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The shapes of a layer as WKB, without making shapes of them; of a register those with a place.

        Args:
            record: The layer.
            bounds: Only features whose boxes meet it, and perhaps more: west, south, east, north in the layer's CRS.

        Returns:
            The ids of the features in ascending order, the WKB of all end to end as bytes, and where each starts, with
            one more at the end. A feature without a shape takes no bytes.

        Raises:
            WorkspaceError: The file is damaged.
        """
        schema = ROLES.get(record.role)
        where = '"geom" IS NOT NULL' if schema and schema.register else None
        try:
            (_, table), _ = quietly(
                pyogrio.read_arrow, self.path, layer=record.table, columns=[], return_fids=True, bbox=bounds, where=where
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise _damaged(self.path, error) from error
        fids = table.column(0).to_numpy()
        bodies: list[np.ndarray] = []
        sizes: list[np.ndarray] = []
        for part in table.column(1).chunks:
            _, ends, body = part.buffers()
            wide = np.int64 if pa.types.is_large_binary(part.type) else np.int32
            starts = np.frombuffer(ends, dtype=wide)[part.offset : part.offset + len(part) + 1]
            sizes.append(np.diff(starts).astype(np.int64))
            bodies.append(np.frombuffer(body, dtype=np.uint8)[starts[0] : starts[-1]] if body else np.empty(0, np.uint8))
        body = bodies[0] if len(bodies) == 1 else np.concatenate([np.empty(0, np.uint8), *bodies])
        starts = np.concatenate([[0], np.cumsum(np.concatenate([np.empty(0, np.int64), *sizes]))]).astype(np.int64)
        if (np.diff(fids) > 0).all():
            return fids, body, starts
        order = np.argsort(fids)
        parts = [body[starts[row] : starts[row + 1]] for row in order.tolist()]
        return fids[order], np.concatenate(parts), np.concatenate([[0], np.cumsum(np.diff(starts)[order])]).astype(np.int64)

    def boxes(self, record: LayerRecord, most: int) -> np.ndarray:
        """Boxes of at most ``most`` features of a layer, spread over it, in its own CRS: west, south, east, north.

        They come from the file's spatial index, hence quickly, and are a little wider than the features.
        """
        with self._connection() as connection:
            try:
                step = max(1, record.features // most)
                rows = connection.execute(
                    f"SELECT minx, miny, maxx, maxy FROM {_quoted(f'rtree_{record.table}_geom')} WHERE id % ? = 0 LIMIT ?",
                    (step, 2 * most),
                ).fetchall()
            except sqlite3.DatabaseError:  # another program has dropped the index
                rows = []
        if not rows:
            shapes = np.asarray(self.read(record.name).geometry.array, dtype=object)
            rows = shapely.bounds(shapes[:: max(1, len(shapes) // most)])
        boxes = np.array(rows, dtype=float).reshape(-1, 4)
        return boxes[np.isfinite(boxes).all(axis=1)]

    def nearby(self, record: LayerRecord) -> Nearby | None:
        """A layer to be read feature by feature; ``None`` where it can only be read whole."""
        return nearby(self.path, record)

    def damaged(self, error: Exception) -> WorkspaceError:
        """What to say when SQLite could not read the file."""
        return _damaged(self.path, error)

    def coverage_of(self, record: LayerRecord) -> Any:
        """Where a layer claims to be complete, in EPSG:4490: as given, else the union of the administrative areas.

        Returns:
            A shapely geometry, or ``None`` where nobody has said.
        """
        if record.coverage_geometry is not None:
            return record.coverage_geometry
        admins = [admin for admin in self.by_role("admin") if admin.features]
        if not admins:
            return None
        key = "|".join(f"{admin.name}:{admin.sha256}" for admin in admins)
        if key not in self._coverages:
            parts = []
            for admin in admins:
                frame = self.read(admin.name)
                parts += list(_to_cgcs2000(np.asarray(frame.geometry.array, dtype=object), admin.crs))
            self._coverages[key] = shapely.make_valid(shapely.union_all(shapely.make_valid(np.array(parts))))
        return self._coverages[key]

    # --- rasters, packs, state --------------------------------------------------------------------------------------

    def add_raster(
        self,
        path: Path | str,
        kind: str,
        *,
        name: str | None = None,
        source: str | None = None,
        version: str | None = None,
        crs: str | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> RasterRecord:
        """Point to a raster file (kind dem, landcover, ndvi, image or other) and keep its digest.

        Args:
            path: The file; every block of it is read once (see ``layers.raster``).
            kind: dem, landcover, ndvi, image or other.
            name: By default the file's own.
            source: Who made it.
            version: Which edition it is.
            crs: For a file that does not say.
            progress: Called with blocks done and in all; it may raise to stop.

        Raises:
            WorkspaceError: The file is not there, or the kind is none of these.
            LayerError: The raster would give wrong answers: broken, turned, without place, CRS or valid pixel.
        """
        path = Path(path)
        kinds = ("dem", "landcover", "ndvi", "image", "other")
        if kind not in kinds:
            raise WorkspaceError(N_("没有名为 {kind} 的栅格类型；可用：{kinds}"), kind=kind, kinds="、".join(kinds))
        if not path.is_file():
            raise WorkspaceError(N_("找不到文件 {path}"), path=str(path))
        try:
            where = Path(os.path.relpath(path.resolve(), self.path.parent.resolve())).as_posix()
        except ValueError:  # another drive
            where = path.resolve().as_posix()
        name = name or path.stem
        facts = inspect_raster(path, kind, crs=crs, progress=progress)
        issues = json.dumps([_issue_out(issue) for issue in facts.issues], ensure_ascii=False, sort_keys=True)
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO sanxian_rasters (name, kind, path, sha256, crs, source, version, issues)"
                " VALUES (?,?,?,?,?,?,?,?)",
                (name, kind, where, digest(path), facts.crs, source, version, issues),
            )
            self._note(connection, "add-raster", name, kind=kind)
        return next(record for record in self.rasters() if record.name == name)

    def rasters(self) -> list[RasterRecord]:
        """The rasters that the workspace points to, by name."""
        with self._connection() as connection:
            rows = connection.execute("SELECT * FROM sanxian_rasters ORDER BY name").fetchall()
        found = []
        for row in rows:
            path = (self.path.parent.resolve() / row["path"]).resolve()
            found.append(
                RasterRecord(
                    row["name"],
                    row["kind"],
                    path,
                    row["sha256"],
                    row["crs"],
                    row["source"],
                    row["version"],
                    not path.is_file(),
                    _issues_in(dict(row).get("issues")),
                    _file_stamp(path),
                )
            )
        return found

    def remove_raster(self, name: str) -> None:
        """Forget a raster; its file stays."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM sanxian_rasters WHERE name=?", (name,))
            self._note(connection, "remove-raster", name)

    def add_pack(self, name: str, files: Mapping[str, bytes]) -> None:
        """Carry a pack of rules or an access list: its files by relative name. A pack of the same name is replaced."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM sanxian_packs WHERE pack=?", (name,))
            connection.executemany(
                "INSERT INTO sanxian_packs VALUES (?,?,?)",
                [(name, file, bytes(content)) for file, content in sorted(files.items())],
            )
            self._note(connection, "add-pack", name, files=len(files))

    def remove_pack(self, name: str) -> None:
        """Carry the pack no longer."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM sanxian_packs WHERE pack=?", (name,))
            self._note(connection, "remove-pack", name)

    def packs(self) -> dict[str, Mapping[str, bytes]]:
        """The packs carried along: files by relative name, by pack."""
        found: dict[str, dict[str, bytes]] = {}
        with self._connection() as connection:
            for row in connection.execute("SELECT * FROM sanxian_packs ORDER BY pack, file"):
                found.setdefault(row["pack"], {})[row["file"]] = bytes(row["content"])
        return dict(found)

    def state(self, key: str, default: Any = None) -> Any:
        """What was kept under ``key``, else ``default``."""
        with self._connection() as connection:
            row = connection.execute("SELECT value FROM sanxian_state WHERE key=?", (key,)).fetchone()
        return json.loads(row["value"]) if row else default

    def set_state(self, key: str, value: Any) -> None:
        """Keep a JSON value under ``key``; ``None`` forgets it.

        Raises:
            WorkspaceError: The file cannot be written.
        """
        with self._transaction() as connection:
            if value is None:
                connection.execute("DELETE FROM sanxian_state WHERE key=?", (key,))
            else:
                text = json.dumps(value, ensure_ascii=False, sort_keys=True)
                connection.execute("INSERT OR REPLACE INTO sanxian_state VALUES (?,?)", (key, text))

    # --- how sources are read ---------------------------------------------------------------------------------

    def mapping_for(self, signature: str, role: str) -> SourceMapping | None:
        """How a source was read the last time, by ``layers.mappings.signature`` and role; ``None`` where never saved."""
        with self._connection() as connection:
            if not _has(connection, "sanxian_mappings"):
                return None
            row = connection.execute(
                "SELECT content FROM sanxian_mappings WHERE signature=? AND role=?", (signature, role)
            ).fetchone()
        return SourceMapping.from_dict(json.loads(row["content"])) if row else None

    def encoding_for(self, pattern: str, role: str) -> str | None:
        """The encoding that was chosen by hand for sources whose name has this pattern, or ``None``."""
        chosen = {item.encoding for _, item in self.mappings() if item.pattern == pattern and item.role == role}
        chosen.discard(None)
        return chosen.pop() if len(chosen) == 1 else None

    def mappings(self) -> list[tuple[str, SourceMapping]]:
        """Every saved mapping with the signature of its source."""
        with self._connection() as connection:
            if not _has(connection, "sanxian_mappings"):
                return []
            rows = connection.execute("SELECT * FROM sanxian_mappings ORDER BY pattern, signature, role").fetchall()
        return [(row["signature"], SourceMapping.from_dict(json.loads(row["content"]))) for row in rows]

    def save_mapping(self, signature: str, mapping: SourceMapping) -> None:
        """Keep how a source is read, in the place of what was kept for it; an empty mapping forgets it.

        Raises:
            WorkspaceError: The file cannot be written.
        """
        if self.mapping_for(signature, mapping.role) == (mapping if mapping else None):
            return
        with self._transaction() as connection:
            if mapping:
                content = json.dumps(mapping.to_dict(), ensure_ascii=False, sort_keys=True)
                connection.execute(
                    "INSERT OR REPLACE INTO sanxian_mappings VALUES (?,?,?,?)",
                    (signature, mapping.role, mapping.pattern, content),
                )
            else:
                connection.execute(
                    "DELETE FROM sanxian_mappings WHERE signature=? AND role=?", (signature, mapping.role)
                )
            self._note(
                connection, "map", mapping.pattern or signature, role=mapping.role, fields=dict(mapping.fields) or None,
                values={name: dict(words) for name, words in mapping.values.items()} or None,
                encoding=mapping.encoding, crs=mapping.crs,
            )  # fmt: skip

    # --- backups and undo -------------------------------------------------------------------------------------

    def backup(self) -> backups.Backup | None:
        """Keep a copy of the file as it is now; ``None`` where the disk has no room for it.

        Raises:
            WorkspaceError: The workspace is read-only, or another program is writing in it.
        """
        self._must_be_writable()
        with self._writing, _writes(self.path):
            self._must_be_the_same()
            _settle(self.path)
            kept = backups.keep(self.path, "manual", copy=True)
        return next((item for item in backups.entries(self.path) if kept is not None and item.path == kept), None)

    def undoable(self) -> HistoryEntry | None:
        """The change that ``undo`` would take back; ``None`` where there is none or its backup is gone."""
        found = self._undoable()
        return found[0] if found else None

    def _undoable(self) -> tuple[HistoryEntry, Path] | None:
        entries = self.history()
        undone = {entry.details.get("undone") for entry in entries if entry.action == "undo"}
        last = next((e for e in reversed(entries) if e.action in (*UNDOABLE, "restore") and e.number not in undone), None)
        if last is None or last.action == "restore":  # what was before it is another history
            return None
        for kept in backups.entries(self.path):
            if kept.before == last.action and _last_entry(kept.path) == last.number - 1:
                return last, kept.path
        return None

    def undo(self) -> HistoryEntry:
        """Take back the last change of a layer: added, replaced, removed, renamed or described.

        Other layers stay as they are now, also where another program has edited them since, and so do packs, findings
        and the history, which tells of the undoing.

        Returns:
            The change that was taken back.

        Raises:
            WorkspaceError: There is nothing to take back, or its backup is gone, or the file cannot be written.
        """
        found = self._undoable()
        if found is None:
            raise WorkspaceError(N_("没有可以撤销的改动，或其备份已不在"))
        entry, kept = found
        with Workspace.open(kept, readonly=True) as former:
            was = {record.added: record for record in former.layers()}
            now = {record.added: record for record in self.layers()}
            edited = self._edited_since(entry.number)
            back = [
                record for added, record in was.items()
                if added not in now or (now[added].sha256, now[added].features) not in (
                    (record.sha256, record.features), (edited.get((added, record.sha256)), record.features))
            ]  # fmt: skip
            frames = {record.table: former._features(record, placed=None) for record in back}
            before = {record.table: record.changed for record in back}  # what another program had done to it by then

        def change(temporary: Path) -> None:
            gone = [record.table for added, record in now.items() if added not in was]
            with _sqlite(temporary) as connection:
                for table in {*gone, *frames}:
                    _drop(connection, table)
            for record in back:
                _write_frame(frames[record.table], temporary, record.table, record.role)
            with contextlib.closing(sqlite3.connect(temporary)) as connection, connection:
                connection.execute("ATTACH DATABASE ? AS former", (str(kept),))
                columns = [row[1] for row in connection.execute("PRAGMA main.table_info(sanxian_layers)")]
                there = {row[1] for row in connection.execute("PRAGMA former.table_info(sanxian_layers)")}
                names = ", ".join(name for name in columns if name in there)
                connection.execute("DELETE FROM main.sanxian_layers")
                connection.execute(f"INSERT INTO main.sanxian_layers ({names}) SELECT {names} FROM former.sanxian_layers")
                for record in was.values():
                    if record not in back:  # its values may have been changed since
                        connection.execute("UPDATE sanxian_layers SET sha256=? WHERE fid=?", (now[record.added].sha256, record.added))
                    connection.execute(
                        "UPDATE main.gpkg_contents SET identifier=?, description=(SELECT description FROM"
                        " former.gpkg_contents f WHERE f.table_name=main.gpkg_contents.table_name) WHERE table_name=?",
                        (record.name, record.table),
                    )
                for table in frames:
                    connection.execute("UPDATE main.gpkg_contents SET last_change=? WHERE table_name=?", (_STAMP, table))
                    _watch(connection, table, before[table])
                if frames and _has(connection, "main.layer_styles") and _has(connection, "former.layer_styles"):
                    names = ", ".join(row[1] for row in connection.execute("PRAGMA main.table_info(layer_styles)")
                                      if row[1] != "id")  # fmt: skip
                    marks = ",".join("?" * len(frames))
                    connection.execute(
                        f"INSERT INTO main.layer_styles ({names}) SELECT {names} FROM former.layer_styles"
                        f" WHERE f_table_name IN ({marks})",
                        tuple(frames),
                    )
                self._note(connection, "undo", entry.subject, undone=entry.number, was=entry.action)

        self._change(change, "undo")
        with contextlib.suppress(OSError):
            kept.unlink()  # its layers are the workspace's own again: room for what was before an earlier change
        return entry

    def _edited_since(self, number: int) -> dict[tuple[int, str], str]:
        """What the digest of a layer has become by changed values alone, by its place and what it was at a line of the history."""
        found: dict[tuple[int, str], str] = {}
        for entry in self.history():
            if entry.number > number and entry.action == "edit":
                added, was, digest_now = (entry.details[key] for key in ("layer", "was", "sha256"))
                met = [key for key, value in found.items() if key[0] == added and value == was]
                for key in met or [(added, was)]:
                    found[key] = digest_now
        return found

    # --- history and findings ----------------------------------------------------------------------------------

    def history(self) -> list[HistoryEntry]:
        """Every change that was noted, the first one first."""
        with self._connection() as connection:
            if not _has(connection, "sanxian_history"):
                return []
            rows = connection.execute("SELECT * FROM sanxian_history ORDER BY id").fetchall()
        return [
            HistoryEntry(row["id"], row["at"], row["person"], row["action"], row["subject"], json.loads(row["details"]))
            for row in rows
        ]

    def save_findings(self, findings: Sequence[Mapping[str, Any]]) -> None:
        """Keep what a check found as a layer that a map can show, in the place of what the last check found.

        A finding that was there keeps its status and note; one that is not found any more becomes ``fixed``, and is
        ``open`` again if it comes back.

        Args:
            findings: Each with key, code, severity, layer, feature, message, values and geometry (EPSG:4490 or
                ``None``), as ``layers.findings.rows`` makes them.

        Raises:
            WorkspaceError: The file cannot be written.
        """
        at = self._now()
        with self._transaction() as connection:
            known = {row["key"]: row["status"] for row in connection.execute("SELECT key, status FROM sanxian_findings")}
            found = {item["key"] for item in findings}
            for statement in _SHOWN if findings else ():
                connection.execute(statement)
            for item in findings:
                values = json.dumps(item["values"], ensure_ascii=False, sort_keys=True, default=str)
                geometry = _gpkg_blob(item["geometry"])
                same = (geometry, item["severity"], item["message"], values, at)
                if item["key"] in known:
                    status = "open" if known[item["key"]] == "fixed" else known[item["key"]]
                    connection.execute(
                        "UPDATE sanxian_findings SET geom=?, severity=?, message=?, found_in_values=?, last_seen=?,"
                        " feature=?, status=? WHERE key=?",
                        (*same, item["feature"], status, item["key"]),
                    )
                    continue
                connection.execute(
                    "INSERT INTO sanxian_findings (geom, severity, message, found_in_values, last_seen, key, code,"
                    " layer, feature, status, first_seen) VALUES (?,?,?,?,?,?,?,?,?,'open',?)",
                    (*same, item["key"], item["code"], item["layer"], item["feature"], at),
                )
            gone = sorted(key for key, status in known.items() if key not in found and status != "fixed")
            connection.executemany("UPDATE sanxian_findings SET status='fixed' WHERE key=?", [(key,) for key in gone])
            new = len(found - known.keys())
            self._note(connection, "check", None, found=len(found), new=new, fixed=len(gone))

    def findings(self) -> geopandas.GeoDataFrame:
        """What the last kept check found, and how far each finding is.

        Columns: fid, key, code, severity, layer, feature, message, values, status, note, person, first_seen,
        last_seen and geometry in EPSG:4490 (``None`` where a finding has no place).
        """
        with self._connection() as connection:
            rows = []
            if _has(connection, "sanxian_findings"):
                rows = connection.execute("SELECT * FROM sanxian_findings ORDER BY fid").fetchall()
        names = ("key", "code", "severity", "layer", "feature", "message", "status", "note", "person", "first_seen",
                 "last_seen")  # fmt: skip
        data: dict[str, Any] = {"fid": [row["fid"] for row in rows]}
        data |= {name: pd.Series([row[name] for row in rows], dtype=object) for name in names}
        data["values"] = pd.Series([json.loads(row["found_in_values"]) for row in rows], dtype=object)
        geometry = geopandas.GeoSeries([_from_gpkg_blob(row["geom"]) for row in rows], crs=_CGCS2000)
        return geopandas.GeoDataFrame(pd.DataFrame(data), geometry=geometry.rename("geometry"))

    def mark_finding(self, key: str, status: str, *, note: str | None = None) -> None:
        """Say how far a finding is: ``open``, ``accepted`` (known, and left as it is, with the reason) or ``fixed``.

        Args:
            key: Of the finding, or its beginning where that is enough to tell it.
            status: One of ``STATUSES``.
            note: Why.

        Raises:
            WorkspaceError: There is no such finding or status, or an accepted one has no reason.
        """
        if status not in STATUSES:
            raise WorkspaceError(N_("没有状态 {status}；可用：{known}"), status=status, known="、".join(STATUSES))
        if status == "accepted" and not (note and note.strip()):
            raise WorkspaceError(N_("接受一个问题而不改正，要写明理由"))
        with self._transaction() as connection:
            keys = [row["key"] for row in connection.execute("SELECT key FROM sanxian_findings")]
            meant = [known for known in keys if known.startswith(key)] if key else []
            if len(meant) != 1 and key not in meant:
                raise WorkspaceError(N_("没有编号为 {key} 的问题，或编号不够长"), key=key)
            found = key if key in meant else meant[0]
            connection.execute(
                "UPDATE sanxian_findings SET status=?, note=?, person=? WHERE key=?",
                (status, note, self._person, found),
            )
            self._note(connection, "mark-finding", found, status=status, note=note)

    def edited_elsewhere(self) -> dict[str, int]:
        """Layers that another program has changed since they were added, and how many features each has now.

        GDAL, and QGIS through it, writes the time of a change beside each table; this program writes a fixed one. Triggers in
        the file mark what is changed by SQL.
        """
        changed: dict[str, int] = {}
        records = self.layers()
        with self._connection() as connection:
            for record in records:
                count = 0 if record.gone else connection.execute(f"SELECT count(*) FROM {_quoted(record.table)}").fetchone()[0]
                if count != record.features or record.changed:
                    changed[record.name] = int(count)
        return changed

    def contents(self) -> dict[str, str]:
        """A digest of all that each layer holds, but for projects, and of each raster pointed to, whoever wrote it.

        Other programs may change rows and leave no trace beside them (SQL does), so every row is read.

        Returns:
            Digests by table of the layer; of rasters by ``raster:`` and their name.
        """
        found = {}
        records, rasters = self.layers(), self.rasters()
        with self._connection() as connection:
            for table in sorted(record.table for record in records if record.role != "project_site"):
                columns = [tuple(row[1:3]) for row in connection.execute(f"PRAGMA table_info({_quoted(table)})")]
                made = hashlib.sha256(f"{columns}\n".encode())
                if columns:  # else another program has taken it away
                    add_rows(made, connection, table)
                found[table] = made.hexdigest()
        return found | {f"raster:{one.name}": hashlib.sha256(repr((one.kind, one.sha256)).encode()).hexdigest() for one in rasters}

    def compact(self) -> tuple[int, int]:
        """Give back the space of what was removed.

        Returns:
            Bytes before and after.
        """
        before = self.path.stat().st_size

        def change(temporary: Path) -> None:
            with contextlib.closing(sqlite3.connect(temporary)) as connection:
                connection.execute("VACUUM")

        self._change(change, None)  # nothing is lost, so nothing is kept
        return before, self.path.stat().st_size

    # --- within -----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
                connection.row_factory = sqlite3.Row
                yield connection
        except sqlite3.DatabaseError as error:
            raise _damaged(self.path, error) from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._must_be_writable()
        with self._writing, _writes(self.path):
            self._must_be_the_same()
            with _sqlite(self.path) as connection:
                yield connection
            self._known = _identity(self.path)

    def look_at_file(self) -> None:
        """Look whether the file is still there, and is the one that was opened; of one that is open for writing.

        Raises:
            WorkspaceError: It is not there, or another file has been put in its place.
        """
        if self._lock is not None and self._writing.acquire(blocking=False):  # else this program is changing it
            try:
                with _writes(self.path):
                    self._must_be_the_same()
            finally:
                self._writing.release()

    def watch_again(self) -> None:
        """Watch tables that another program has made anew while the file is open; where it cannot be written they stay as they are."""
        with self._connection() as connection:
            if self._lock is None or not unwatched(connection):
                return
        with contextlib.suppress(WorkspaceError), self._transaction() as connection:
            _watch_again(connection)

    def _must_be_the_same(self) -> None:
        """Write nothing into a file that another program has put in the place of the one that was opened."""
        if not self.path.exists():
            raise gone(self.path)
        known, now = self._known, _identity(self.path)
        if known is not None and (now is None or now[1:] != known[1:] or now[0] < known[0]):
            raise ReplacedError(
                N_("{path} 被换成了另一个文件（网盘同步，或用别的文件盖过它）；它没有改动，窗口里的也没有写进去。"
                   "请用“另存为”把窗口里的存成另一个文件，或重新打开它。"), path=str(self.path))

    def states(self) -> dict[str, Any]:
        """Everything that is kept under a key."""
        with self._connection() as connection:
            return {str(row["key"]): json.loads(row["value"]) for row in connection.execute("SELECT key, value FROM sanxian_state")}

    def _now(self) -> str | None:
        return self._at() if callable(self._at) else self._at

    def _note(self, connection: sqlite3.Connection, action: str, subject: str | None, **details: Any) -> None:
        """Add a line to the history, within the change that it tells of."""
        told = {key: value for key, value in details.items() if value is not None}
        connection.execute(
            "INSERT INTO sanxian_history (at, person, action, subject, details) VALUES (?,?,?,?,?)",
            (
                self._now(), self._person, action, subject,
                json.dumps(told, ensure_ascii=False, sort_keys=True, default=str),
            ),
        )  # fmt: skip

    @contextlib.contextmanager
    def _edit(self, action: str) -> Iterator[sqlite3.Connection]:
        """A change of what stands about layers, with a backup of what was."""
        self._must_be_writable()
        with self._writing, _writes(self.path):
            self._must_be_the_same()
            if self._backup:
                _settle(self.path)
                backups.keep(self.path, action, copy=True)
            with self._transaction() as connection:
                yield connection

    def _must_be_writable(self) -> None:
        if self.readonly:
            raise WorkspaceError(N_("工作区以只读方式打开，不能改动"))
        if self._lock is None:
            raise WorkspaceError(N_("工作区已经关闭"))

    def _change(self, change: Callable[[Path], None], action: str | None) -> None:
        """Apply ``change`` to a copy and put the copy in the file's place; on any failure the file stays as it was.

        The former file goes into the ring of backups, under the name of the action.
        """
        self._must_be_writable()
        with self._writing, _writes(self.path):
            self._must_be_the_same()
            temporary = _temporary(self.path)
            try:
                _settle(self.path)
                shutil.copyfile(self.path, temporary)
                change(temporary)
                kept = backups.keep(self.path, action) if self._backup and action else None
                try:
                    _replace(temporary, self.path)
                except BaseException:
                    if kept is not None:
                        kept.unlink(missing_ok=True)
                    raise
            finally:
                for left in (temporary, *(Path(f"{temporary}{tail}") for tail in ("-journal", "-wal", "-shm"))):
                    with contextlib.suppress(OSError):
                        left.unlink(missing_ok=True)
            self._known = _identity(self.path)
        self._coverages.clear()

    def _features(
        self, record: LayerRecord, bounds: tuple[float, float, float, float] | None = None, *, geometry: bool = True,
        placed: bool | None = True,
    ) -> Any:  # fmt: skip
        """Features of a layer; of a role that keeps some without a place, those with one, without one, or all (``None``)."""
        schema = ROLES.get(record.role)
        where = None
        if placed is False and not (schema and schema.register):
            where = "0"
        elif placed is not None and schema and schema.register:
            where = f'"geom" IS {"NOT " if placed else ""}NULL'
        try:
            frame, _ = quietly(
                portions.read_dataframe,
                self.path,
                layer=record.table,
                fid_as_index=True,
                bbox=bounds,
                datetime_as_string=True,
                read_geometry=geometry,
                where=where,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise _damaged(self.path, error) from error
        with self._connection() as connection:
            kinds = _column_kinds(connection, record)
        data: dict[str, Any] = {"fid": frame.index.to_numpy()}
        for column in frame.columns:
            if not geometry or column != frame.geometry.name:
                field = schema.field(column) if schema else None
                data[column] = _restored(frame[column], field.kind if field else None, kinds.get(column))
        table = pd.DataFrame(data, index=range(len(frame)))
        if not geometry:
            return table
        shapes = geopandas.GeoSeries(np.asarray(frame.geometry.array), index=table.index, crs=record.crs)
        return geopandas.GeoDataFrame(table, geometry=shapes.rename("geometry"))


# --- the file -------------------------------------------------------------------------------------------------------


def _bounds(frame: geopandas.GeoDataFrame) -> Any:
    """The box around a layer in EPSG:4490, a little wider so that points and straight lines have area too."""
    return shapely.buffer(shapely.box(*frame.to_crs(_CGCS2000).total_bounds), 1e-3)


def _check(path: Path) -> None:
    """Refuse what is no workspace of this or an older program."""
    if not path.exists():
        raise WorkspaceError(N_("找不到工作区 {path}"), path=str(path))
    not_one = WorkspaceError(N_("{path} 不是三线工作区"), path=str(path))
    if not path.is_file():
        raise not_one
    try:
        with path.open("rb") as stream:
            head = stream.read(100)
        size = path.stat().st_size
    except OSError as error:
        raise WorkspaceError(N_("没有权限读取 {path}"), path=str(path)) from error
    if not head.startswith(b"SQLite format 3\0"):
        raise not_one
    page = int.from_bytes(head[16:18], "big") or 0
    page = 65536 if page == 1 else page
    pages = int.from_bytes(head[28:32], "big")
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
            if "sanxian_meta" not in tables:
                if page * pages > size:
                    raise _damaged(path, "size")
                raise not_one
            row = connection.execute("SELECT value FROM sanxian_meta WHERE key='format'").fetchone()
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from error
    number = int(row[0]) if row and str(row[0]).isdigit() else None
    if number is None:
        raise not_one
    if number > FORMAT:
        raise WorkspaceError(
            N_("{path} 由更新的程序建立（格式 {found}，本程序只认识到 {known}），请升级程序"),
            path=str(path),
            found=number,
            known=FORMAT,
        )
    if page * pages > size:
        raise _damaged(path, "size")


def _identity(path: Path) -> tuple[int, str] | None:
    """What only this program writes of a workspace: how often it was written, and a digest of its history and its list of layers.

    Other programs raise the first and leave the second; where the first is lower, the file is another or an older one.
    ``None`` where it is no workspace or cannot be read now.
    """
    try:
        with path.open("rb") as stream:
            count = int.from_bytes(stream.read(28)[24:28], "big")
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            said = [
                connection.execute("SELECT * FROM sanxian_history ORDER BY id DESC LIMIT 1").fetchall(),
                connection.execute("SELECT fid, name, table_name, sha256 FROM sanxian_layers ORDER BY fid").fetchall(),
            ]
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise
        return None
    except (OSError, sqlite3.DatabaseError):
        return None
    return count, hashlib.sha256(repr(said).encode()).hexdigest()


def gone(path: Path) -> WorkspaceError:
    """A workspace that was open is no longer where it was: a stick was pulled out, a folder renamed, a network is down."""
    return WorkspaceError(
        N_("{path} 不在原处了（移动盘拔出、网络断开，或被移走、改名）。请把它放回原处再试，或用“另存为”写成新文件；"
           "没有保存的修改还在窗口里。"), path=str(path))


def _damaged(path: Path, error: object) -> WorkspaceError:
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return WorkspaceError(N_("{path} 正被别的程序写入，请稍后再试"), path=str(path))
    if not path.exists():
        return gone(path)
    away = _away(path)
    if away:
        return WorkspaceError(
            N_("{path} 里没有图层 {names} 的数据了，被别的程序删掉了。请恢复备份，或移除这个图层后重新导入。"), path=str(path),
            names="、".join(away))
    kept = backups.entries(path)
    if kept:
        return WorkspaceError(
            N_("{path} 已经损坏；最近的备份是 {number} 号（{at}），用 sanxian workspace restore {path} 取回"),
            path=str(path), number=kept[0].number, at=kept[0].at,
        )  # fmt: skip
    return WorkspaceError(N_("{path} 已经损坏，请改用备份"), path=str(path))


def _away(path: Path) -> list[str]:
    """Layers whose tables another program has taken out of a file that is whole otherwise."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return [str(name) for (name,) in connection.execute(
                "SELECT name FROM sanxian_layers WHERE table_name NOT IN (SELECT name FROM sqlite_master) ORDER BY fid")]
    except sqlite3.DatabaseError:
        return []


def copy_of(path: Path, target: Path) -> None:
    """Put a copy of a workspace that cannot be written somewhere else, with what a killed program left beside it.

    Raises:
        WorkspaceError: It is no workspace, or the copy cannot be written, in which case there is none.
    """
    _check(path)
    part = target.with_name(f".{target.name}.part")
    with _writes(target):
        if target.exists() and target.samefile(path):
            raise ReadOnlyError(N_("{path} 不能写入：文件或所在磁盘是只读的"), path=str(path))
        try:
            shutil.copyfile(path, part)  # its permissions stay behind
            for log in ("-journal", "-wal"):
                beside, there = path.with_name(path.name + log), target.with_name(target.name + log)
                there.unlink(missing_ok=True)
                if beside.exists():
                    shutil.copyfile(beside, there)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def _writes(path: Path) -> Iterator[None]:
    """Say in one sentence why a write failed."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise WorkspaceError(N_("磁盘空间不足，{path} 没有改动"), path=str(path)) from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise WorkspaceError(N_("{path} 不能写入：文件或所在磁盘是只读的"), path=str(path)) from error
        raise WorkspaceError(
            N_("{path} 写入失败，没有改动：{reason}"), path=str(path), reason=error.strerror or str(error)
        ) from error
    except sqlite3.OperationalError as error:
        text = str(error)
        if "readonly" in text or "unable to open" in text:
            raise WorkspaceError(N_("{path} 不能写入：文件或所在磁盘是只读的"), path=str(path)) from error
        if "full" in text:
            raise WorkspaceError(N_("磁盘空间不足，{path} 没有改动"), path=str(path)) from error
        if "locked" in text:
            raise WorkspaceError(N_("{path} 正被别的程序写入，请稍后再试"), path=str(path)) from error
        raise WorkspaceError(N_("{path} 写入失败，没有改动：{reason}"), path=str(path), reason=text) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from error


def restore(
    path: Path | str, number: int | None = None, *, person: str | None = None, at: str | None = None
) -> backups.Backup:
    """Put a backup in the place of a workspace, which may be damaged or gone; what is there now becomes a backup.

    Args:
        path: Of the workspace.
        number: Of the backup; by default the newest that can be opened.
        person: Who does it, for the history.
        at: When, ISO.

    Returns:
        The backup that was used.

    Raises:
        WorkspaceError: There is no such backup, it is damaged too, the workspace is open in a program, or the file
            cannot be written.
    """
    path = Path(path)
    every = [item for item in backups.entries(path) if number is None or item.number == number]
    if not every:
        raise WorkspaceError(N_("{path} 没有可用的备份"), path=str(path))
    error: WorkspaceError | None = None
    for item in every:
        try:
            _check(item.path)
            _whole(item.path)
        except WorkspaceError as damaged:
            error = error or damaged
            continue
        break
    else:
        assert error is not None
        raise error
    lock = _Lock.take(path)
    temporary = _temporary(path)
    try:
        with _writes(path):
            if path.exists():
                _roll_back(path)
                with contextlib.suppress(WorkspaceError, sqlite3.DatabaseError):  # of a damaged file there is none
                    _settle(path)
            shutil.copyfile(item.path, temporary)
            with _sqlite(temporary) as connection:
                connection.executescript(_LATER)
                connection.execute(
                    "INSERT INTO sanxian_history (at, person, action, subject, details) VALUES (?,?,?,?,?)",
                    (at, person, "restore", None, json.dumps({"backup": item.number, "before": item.before})),
                )
            if path.exists():
                backups.keep(path, "restore")
            _replace(temporary, path)
            for tail in ("-journal", "-wal", "-shm"):  # of the file that is no more
                Path(f"{path}{tail}").unlink(missing_ok=True)
    finally:
        temporary.unlink(missing_ok=True)
        lock.release()
    return item


def _whole(path: Path) -> None:
    """Refuse a file whose pages do not agree."""
    try:
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from error
    if said != "ok":
        raise _damaged(path, said)


def _last_entry(path: Path) -> int | None:
    """The number of the last line of a backup's history; 0 where it has none, ``None`` where it cannot be read."""
    try:
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            return int(connection.execute("SELECT coalesce(max(id), 0) FROM sanxian_history").fetchone()[0])
    except sqlite3.DatabaseError:
        return None


def _roll_back(path: Path) -> None:
    """Finish what a killed program left half-way: SQLite takes it back as soon as the file is opened for writing."""
    journal = Path(f"{path}-journal")
    with contextlib.suppress(OSError, sqlite3.DatabaseError):
        if path.is_file() and journal.is_file() and journal.stat().st_size:
            with contextlib.closing(sqlite3.connect(path, timeout=5)) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _settle(path: Path) -> None:
    """Bring into the file what another program has written beside it, so that the file alone is the whole.

    QGIS keeps its edits in a file ``-wal`` while a layer is open there; a copy without it would lose them.

    Raises:
        WorkspaceError: Another program has the file open that way.
    """
    if not Path(f"{path}-wal").exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=2)) as connection:
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            mode = "" if busy else connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        mode = ""
    if mode != "delete":
        raise WorkspaceError(
            N_("{path} 在 QGIS 等别的程序中打开着，没有改动它；请先在那里移除它的图层或关闭那个程序"), path=str(path)
        )


def _file_stamp(path: Path) -> str:
    """Size and time of a file; '' where there is none."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}"


def _temporary(path: Path) -> Path:
    return path.parent / f".{path.name}.{os.getpid()}.tmp.gpkg"  # GDAL wants the suffix


def _sweep(path: Path) -> None:
    """Take away what a program that was killed has left beside the workspace."""
    for left in path.parent.glob(f".{_glob_safe(path.name)}.*.tmp*"):
        with contextlib.suppress(OSError):
            left.unlink()


def _glob_safe(name: str) -> str:
    return re.sub(r"([\[\]*?])", r"[\1]", name)


def _replace(temporary: Path, path: Path) -> None:
    """Put ``temporary`` in the place of ``path``, on the disk and not only in its cache."""
    with temporary.open("rb+") as stream:
        os.fsync(stream.fileno())
    os.replace(temporary, path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextlib.contextmanager
def _sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, timeout=5)) as connection:
        connection.row_factory = sqlite3.Row
        with connection:
            yield connection


def _has(connection: sqlite3.Connection, table: str) -> bool:
    schema, _, name = table.rpartition(".")
    query = f"SELECT 1 FROM {schema or 'main'}.sqlite_master WHERE type='table' AND name=?"
    return connection.execute(query, (name,)).fetchone() is not None


def _bring_up(path: Path) -> None:
    """Give a workspace of an older program the tables that came since."""
    with _writes(path), _sqlite(path) as connection:
        columns = {row["name"] for row in connection.execute("PRAGMA table_info(sanxian_rasters)")}
        if "issues" not in columns:
            connection.execute("ALTER TABLE sanxian_rasters ADD COLUMN issues TEXT")
        if "scale" not in {row["name"] for row in connection.execute("PRAGMA table_info(sanxian_layers)")}:
            connection.execute("ALTER TABLE sanxian_layers ADD COLUMN scale INTEGER")
        if not all(_has(connection, name) for name in (
            "sanxian_findings", "sanxian_history", "sanxian_mappings", "sanxian_secrecy", "sanxian_touched", "sanxian_forms")):
            _know_crs(connection, _CGCS2000, 4490)
            connection.executescript(_LATER)
        _watch_again(connection)


def _watch_again(connection: sqlite3.Connection) -> None:
    """Watch tables that another program has made anew (ogr2ogr -overwrite), which lost their triggers; the mark stays."""
    bare = unwatched(connection)
    tables = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    known = {row["table_name"] for row in connection.execute("SELECT table_name FROM sanxian_forms")}
    layers = [table for (table,) in connection.execute("SELECT table_name FROM sanxian_layers") if table in tables]
    plain = [table for table in layers if table not in known and table not in bare]
    if not bare and not plain:
        return
    touched = touched_by_others(connection)
    if not connection.in_transaction:
        connection.execute("BEGIN")
    for table in bare:
        _unwatch(connection, table)
        _watch(connection, table, touched.get(table, ""))
    _know_forms(connection, plain)


def _gpkg_blob(geometry: Any) -> bytes | None:
    """A geometry as GeoPackage keeps it: a short head, then WKB."""
    if geometry is None or geometry.is_empty:
        return None
    return b"GP\x00\x01" + (4490).to_bytes(4, "little") + shapely.to_wkb(geometry, byte_order=1)


def _from_gpkg_blob(blob: bytes | None) -> Any:
    if blob is None:
        return None
    envelope = (0, 32, 48, 48, 64)[min(blob[3] >> 1 & 7, 4)]  # another program may have written it with its box
    return shapely.from_wkb(blob[8 + envelope :])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _drop(connection: sqlite3.Connection, table: str, *, styles: bool = True) -> None:
    """Remove a feature table with its index and its entries, without GDAL's own SQL functions."""
    for (trigger,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name=?", (table,)
    ).fetchall():
        connection.execute(f"DROP TRIGGER {_quoted(trigger)}")
    connection.execute(f"DROP TABLE IF EXISTS {_quoted(f'rtree_{table}_geom')}")
    connection.execute(f"DROP TABLE IF EXISTS {_quoted(table)}")
    present = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    if styles and "layer_styles" in present:
        connection.execute("DELETE FROM layer_styles WHERE f_table_name=?", (table,))
    for register in ("gpkg_extensions", "gpkg_geometry_columns", "gpkg_ogr_contents", "gpkg_contents", "sanxian_touched",
                     "sanxian_forms"):
        if register in present:
            connection.execute(f"DELETE FROM {register} WHERE table_name=?", (table,))


def _watch(connection: sqlite3.Connection, table: str, mark: str = "") -> None:
    """Have SQLite itself leave another mark whenever rows of a layer's table change, whichever program does it.

    A program that speaks SQL, unlike GDAL, writes no time of a change. Marks are drawn by lot, so that none comes again
    after the file was put back to an earlier state. What is only read, or written beside the layers, leaves none.
    """
    connection.execute("INSERT OR REPLACE INTO sanxian_touched VALUES (?,?)", (table, mark))
    literal = table.replace("'", "''")
    for event in ("INSERT", "UPDATE", "DELETE"):
        connection.execute(
            f"CREATE TRIGGER {_quoted(f'sanxian_{event.lower()}_{table}')} AFTER {event} ON {_quoted(table)}"
            f" BEGIN UPDATE sanxian_touched SET mark=hex(randomblob(8)) WHERE table_name='{literal}'; END"
        )
    _know_forms(connection, [table])


def _know_forms(connection: sqlite3.Connection, tables: Sequence[str]) -> None:
    """Remember the columns of tables and their CRS as they are now."""
    forms = table_forms(connection) if tables else {}
    connection.executemany(
        "INSERT OR REPLACE INTO sanxian_forms VALUES (?,?)", [(table, forms[table]) for table in tables if table in forms])


def _unwatch(connection: sqlite3.Connection, table: str) -> None:
    for event in ("insert", "update", "delete"):
        connection.execute(f"DROP TRIGGER IF EXISTS {_quoted(f'sanxian_{event}_{table}')}")


def _know_crs(connection: sqlite3.Connection, crs: CRS, code: int) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?,?,?,?,?,?)",
        (crs.name, code, "EPSG", code, crs.to_wkt("WKT1_GDAL"), None),
    )


def _whole_frame(layer: Layer) -> geopandas.GeoDataFrame:
    """A layer's features with those that have no place behind them, or where their numbers (``fid``) put them."""
    if layer.unplaced is None or not len(layer.unplaced):
        return layer.frame
    frame, more = layer.frame, layer.unplaced
    columns = {
        name: pd.Series([*_cells_of(frame, name), *_cells_of(more, name)], dtype=object)
        for name in dict.fromkeys([*(name for name in frame.columns if name != frame.geometry.name), *more.columns])
    }
    shapes = np.array([*frame.geometry.array, *[None] * len(more)], dtype=object)
    whole = geopandas.GeoDataFrame(pd.DataFrame(columns), geometry=geopandas.GeoSeries(shapes, crs=frame.crs).rename("geometry"))
    if "fid" in frame and "fid" in more:
        order = np.argsort(whole["fid"].to_numpy(dtype=np.int64), kind="stable")
        whole = geopandas.GeoDataFrame(whole.iloc[order].reset_index(drop=True))
    return whole


def _cells_of(frame: pd.DataFrame, name: str) -> list[Any]:
    return list(frame[name]) if name in frame else [None] * len(frame)


def _write_frame(frame: geopandas.GeoDataFrame, path: Path, table: str, role: str) -> None:
    out = geopandas.GeoDataFrame(geometry=np.asarray(frame.geometry.array), crs=frame.crs)
    schema = ROLES.get(role)
    for column in frame.columns:
        if column == frame.geometry.name:
            continue
        field = schema.field(column) if schema else None
        out[column] = _stored(frame[column], field.kind if field else None)
    kinds = sorted(set(out.geom_type.dropna()))
    if not kinds:
        kind = _GEOMETRY.get(schema.geometry if schema else "any", "Unknown")
    elif len(kinds) == 1 or len(kinds) == 2 and kinds[0] == f"Multi{kinds[1]}":
        kind = kinds[0]
    else:
        kind = "Unknown"
    try:
        portions.write_dataframe(
            out,
            path,
            layer=table,
            driver="GPKG",
            geometry_type=kind,
            promote_to_multi=kind.startswith("Multi"),
            layer_options={"FID": "fid", "GEOMETRY_NAME": "geom", "SPATIAL_INDEX": "YES"},
        )
    except (RuntimeError, ValueError) as error:
        text = str(error)
        number = errno.ENOSPC if "disk is full" in text or "No space" in text else errno.EIO
        raise OSError(number, text.splitlines()[0][:200] if text else "GDAL") from error


def _stored(series: pd.Series, kind: str | None) -> pd.Series:
    """A column in a type that the file knows, from the field's kind or else from what stands in it."""
    values = list(series)
    present = [value for value in values if not is_missing(value)]
    if kind == "bool" or (kind is None and present and all(isinstance(value, bool | np.bool_) for value in present)):
        clean = [None if is_missing(value) else bool(value) for value in values]
        return pd.Series(pd.array(clean, dtype="boolean"))
    numbers = (int, float, np.integer, np.floating)
    if kind == "number" or (kind is None and present and all(isinstance(value, numbers) for value in present)):
        if kind is None and all(isinstance(value, int | np.integer) for value in present):
            return pd.Series(pd.array([None if is_missing(value) else int(value) for value in values], dtype="Int64"))
        return pd.Series([np.nan if is_missing(value) else float(value) for value in values], dtype="float64")
    return pd.Series([None if is_missing(value) else str(value) for value in values], dtype=object)


def _restored(series: pd.Series, kind: str | None, column: ColumnKind | None = None) -> pd.Series:
    values = [None if is_missing(value) else value for value in series.to_numpy(dtype=object).tolist()]
    filled = None not in values
    if kind is None and not filled and column is not None and column.kind in ("bool", "integer"):
        # A gap has made decimal numbers of them: an empty cell is not to turn what the others say.
        kind = column.kind
    if kind == "bool":
        values = [None if value is None else bool(value) for value in values]
    elif kind == "integer":
        values = [None if value is None else int(value) for value in values]
    elif kind is None and pd.api.types.is_numeric_dtype(series.dtype) and filled:
        return pd.Series(series.to_numpy())
    return pd.Series(values, dtype=object)


_KINDS = {"TEXT": "text", "BOOLEAN": "bool", "DATE": "date", "REAL": "number", "DOUBLE": "number", "FLOAT": "number"}
WHOLE_BITS = {"INTEGER": 63, "INT": 63, "MEDIUMINT": 31, "SMALLINT": 15, "TINYINT": 7}  # bits that programs read of them


def _column_kinds(connection: sqlite3.Connection, record: LayerRecord) -> dict[str, ColumnKind]:
    schema = ROLES.get(record.role)
    found: dict[str, ColumnKind] = {}
    for _, name, declared, needed, _default, key in connection.execute(f"PRAGMA table_info({_quoted(record.table)})"):
        declared = str(declared).upper()
        field = schema.field(name) if schema else None
        if key or name in ("fid", "geom"):
            continue
        plain = declared.partition("(")[0].strip()
        kind = "integer" if plain in WHOLE_BITS else _KINDS.get(plain, "")
        if field is not None and (kind == "text" or kind == field.kind):
            kind = field.kind
        found[name] = ColumnKind(kind, declared, field.choices if field is not None else (), bool(needed))
    return found


def _cell(value: Any, kind: ColumnKind) -> Any:
    """A value as SQLite keeps it in a column; ``...`` for one that the column does not take."""
    if value is None or isinstance(value, str) and not value.strip():
        return None
    text = isinstance(value, str)
    if kind.kind == "bool":
        return int(value) if isinstance(value, bool | np.bool_) else ...
    if isinstance(value, bool | np.bool_):
        return ...
    if kind.kind == "integer":
        bits = WHOLE_BITS[kind.declared.partition("(")[0].strip()]
        return int(value) if isinstance(value, int | np.integer) and -(2**bits) <= value < 2**bits else ...
    if kind.kind == "number":
        return float(value) if isinstance(value, int | float | np.integer | np.floating) and np.isfinite(value) else ...
    if not text or kind.kind == "choice" and value not in kind.choices:
        return ...
    if kind.kind == "date":
        with contextlib.suppress(Unreadable):
            return value if day(value) == value else ...
        return ...
    width = re.fullmatch(r"TEXT\((\d+)\)", kind.declared)
    return ... if width and len(value) > int(width[1]) else value


def _says(cell: Any, value: Any, kind: ColumnKind) -> bool:
    """Whether a cell says this value; nothing, and a text of blanks, are both unknown."""
    return (None if isinstance(cell, str) and not cell.strip() else cell) == _cell(value, kind)


def _from_cell(value: Any, kind: ColumnKind) -> Any:
    return bool(value) if kind.kind == "bool" and value is not None else value


def _rest_of_row(connection: sqlite3.Connection, table: str, fid: int, without: Collection[str]) -> dict[str, Any]:
    """What a row says in its other columns, a digest for its shape; nothing where it is not there."""
    row = connection.execute(f"SELECT * FROM {_quoted(table)} WHERE fid=?", (int(fid),)).fetchone()
    said = {} if row is None else {name: cell for name, cell in dict(row).items() if name != "fid" and name not in without}
    return said | ({"geom": _shape_digest(said["geom"])} if "geom" in said else {})


def _shape_digest(blob: bytes | None) -> str | None:
    """Of a shape as such: programs differ in what they write before it."""
    shape = wkb(blob)
    return None if shape is None else hashlib.sha256(shape).hexdigest()


def _same_row(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rows have the same shape, and say the same in every column that both have."""
    return one.get("geom") == other.get("geom") and all(one[name] == other[name] for name in one.keys() & other.keys())


_FEW_ROWS = 1000  # of which the index of places is asked one by one; and of one shape that are told from each other


@dataclass(frozen=True)
class NotedRow:
    """By what a row is known again.

    Attributes:
        said: What it says besides what is changed, a digest for its shape.
        alone: No other row has its shape.
        like: How many rows have its shape and say all that, with itself; 0 where nobody knows.
    """

    said: Mapping[str, Any]
    alone: bool = False
    like: int = 0

    @property
    def key(self) -> tuple[Any, ...]:
        """The same for rows that say the same."""
        return tuple(sorted((name, repr(cell)) for name, cell in self.said.items()))


def _note_rows(connection: sqlite3.Connection, table: str, values: Mapping[int, Mapping[str, Any]]) -> dict[int, NotedRow]:
    """What is to be noted of rows that are about to be changed."""
    noted = {fid: _rest_of_row(connection, table, fid, changes) for fid, changes in values.items()}
    shapes = {shape for said in noted.values() if (shape := said.get("geom")) is not None}
    there: dict[int, dict[str, Any]] = {}
    if len(values) > _FEW_ROWS:
        of_shape = _rows_of_shapes(connection, table, shapes)
    else:
        of_shape = dict.fromkeys(shapes, [])
        for fid, said in noted.items():
            if said.get("geom") is not None and not of_shape[said["geom"]]:
                of_shape[said["geom"]] = [one for one in _rows_in_box(connection, table, fid) if
                                          _row(connection, table, one, there).get("geom") == said["geom"]]
    found: dict[int, NotedRow] = {}
    counts: dict[tuple[Any, ...], int] = {}
    for fid, said in noted.items():
        row, alike = NotedRow(said), of_shape.get(said.get("geom") or "", [])
        if int(fid) in alike and len(alike) <= _FEW_ROWS:
            if len(alike) == 1:
                count = 1
            elif (count := counts.get(row.key, 0)) == 0:
                count = counts[row.key] = sum(_same_row(said, _row(connection, table, one, there)) for one in alike)
            row = NotedRow(said, len(alike) == 1, count)
        found[fid] = row
    return found


def _find_rows(
    connection: sqlite3.Connection, table: str, rows: Mapping[int, NotedRow], values: Mapping[int, Mapping[str, Any]],
    instead_of: Mapping[int, Mapping[str, Any]], kinds: Mapping[str, ColumnKind],
) -> dict[int, int | None]:  # fmt: skip
    """Where the rows stand now that were noted; ``None`` where several could be meant, and without those that are gone."""
    there: dict[int, dict[str, Any]] = {}
    places: dict[int, int | None] = {}
    moved: dict[tuple[Any, ...], list[int]] = {}
    for fid in values:
        if rows[fid].like <= 1 and _same_row(rows[fid].said, _row(connection, table, int(fid), there)):
            places[fid] = int(fid)
        elif rows[fid].said.get("geom") is not None:
            moved.setdefault(rows[fid].key, []).append(fid)
    of_shape = _rows_of_shapes(connection, table, {rows[of[0]].said["geom"] for of in moved.values()}) if moved else {}

    def says(one: int, fid: int) -> bool:
        row = _row(connection, table, one, there)
        return all(name in row and name in kinds and _says(row[name], value, kinds[name]) for name, value in instead_of[fid].items())

    for fids in moved.values():
        row = rows[fids[0]]
        alike = of_shape.get(row.said["geom"], [])
        if len(alike) > _FEW_ROWS:
            places.update(dict.fromkeys(fids))
            continue
        same = [one for one in alike if _same_row(row.said, _row(connection, table, one, there))]
        if not same:
            one = alike[0] if row.alone and len(alike) == 1 else None
            if one is not None and (one == int(fids[0]) or _mostly_same(row.said, _row(connection, table, one, there))):
                places[fids[0]] = one
        elif row.like == 1:
            places[fids[0]] = same[0] if len(same) == 1 else None
        elif row.like == len(same) and all(int(fid) in same and says(int(fid), fid) for fid in fids):
            places.update({fid: int(fid) for fid in fids})  # as like each other as they were: it is all one which is which
        elif row.like == len(same) == len(fids) and all(
            values[fid] == values[fids[0]] and says(one, fid) for one, fid in zip(same, fids, strict=True)
        ):
            places.update(zip(fids, same, strict=True))
        elif any(says(one, fid) for one in same for fid in fids):
            places.update(dict.fromkeys(fids))
    return places


def _row(connection: sqlite3.Connection, table: str, fid: int, known: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """What a row says in all its columns, a digest for its shape; read once."""
    if fid not in known:
        known[fid] = _rest_of_row(connection, table, fid, ())
    return known[fid]


def _mostly_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rows of one shape say the same in at least half of the columns in which either says anything."""
    told = [name for name in one.keys() & other.keys() - {"geom"} if (one[name], other[name]) != (None, None)]
    return 2 * sum(one[name] == other[name] for name in told) >= len(told)


def _rows_in_box(connection: sqlite3.Connection, table: str, fid: int) -> list[int]:
    """The rows whose boxes are that of a row; none where they are too many, or the index of places cannot tell."""
    index, same = _quoted(f"rtree_{table}_geom"), " AND ".join(f"b.{name}=a.{name}" for name in ("minx", "maxx", "miny", "maxy"))
    try:
        ids = [int(row[0]) for row in connection.execute(f"SELECT b.id FROM {index} a, {index} b WHERE a.id=? AND {same}", (int(fid),))]
    except (sqlite3.Error, TypeError):  # no such index, or one that does not belong to the rows
        return []
    return ids if len(ids) <= _FEW_ROWS else []


def _rows_of_shapes(connection: sqlite3.Connection, table: str, shapes: Collection[str]) -> dict[str, list[int]]:
    """The rows that have each of these shapes; looks at all rows."""
    found: dict[str, list[int]] = {shape: [] for shape in shapes}
    for fid, blob in connection.execute(f"SELECT fid, geom FROM {_quoted(table)} ORDER BY fid") if shapes else ():
        if (shape := _shape_digest(blob)) is not None and shape in found:
            found[shape].append(int(fid))
    return found


def _cell_digest(fid: int, column: str, value: Any) -> int:
    """What a cell adds to the digest of its layer, and takes away when it is added once more."""
    content = value if not isinstance(value, bytes) else value.hex()
    return int(hashlib.sha256(json.dumps([int(fid), column, content], ensure_ascii=False).encode()).hexdigest(), 16)


def _without_shapes(connection: sqlite3.Connection) -> None:
    """Let SQLite read the triggers of GDAL's spatial index, which speak of functions that only GDAL has.

    They are asked for only where a shape changes, and a shape is not changed here.
    """

    def refuse(*_shape: Any) -> None:
        raise ValueError("a shape is not changed here")

    for name in ("ST_IsEmpty", "ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY"):
        connection.create_function(name, 1, refuse)


# --- what is written about a layer ----------------------------------------------------------------------------------


def _name(name: str) -> str:
    name = " ".join(str(name).split())
    if not name or not name.isprintable():
        raise WorkspaceError(N_("图层要有名称"))
    if len(name) > 120:
        raise WorkspaceError(N_("图层名称过长：{name}"), name=name[:40] + "…")
    if re.match(r"(?i)(sanxian_|gpkg_|sqlite_|rtree_)|数据检查发现$", name):
        raise WorkspaceError(N_("图层不能叫 {name}：这样的名称是工作区自己用的；请另取名称"), name=name)
    return name


def _table_name(name: str) -> str:
    """A table's name that QGIS shows and any SQL tool can quote."""
    table = re.sub(r"[^\w（）()·.-]+", "_", name).strip("_") or "layer"
    if re.match(r"(?i)(gpkg_|sqlite_|rtree_|sanxian_|layer_styles$|qgis_projects$|idx_)", table):
        table = f"_{table}"
    return table[:60]


def _free(name: str, taken: set[str]) -> str:
    lowered = {item.lower() for item in taken}
    found, step = name, 2
    while found.lower() in lowered:
        found, step = f"{name}_{step}", step + 1
    return found


def _coverage(coverage: Any, frame: geopandas.GeoDataFrame | None) -> Any:
    """The coverage as one geometry in EPSG:4490, or ``None`` where it is left to the administrative areas."""
    if coverage is None:
        return None
    if isinstance(coverage, str):
        if coverage == "all":
            return EVERYWHERE
        if coverage == "hull":
            if frame is None or not len(frame):
                raise WorkspaceError(N_("图层没有要素，不能用外包范围作覆盖范围"))
            hull = shapely.convex_hull(shapely.union_all(np.asarray(frame.geometry.array, dtype=object)))
            return _polygonal(_to_cgcs2000(np.array([hull]), frame.crs)[0])
        raise WorkspaceError(N_("覆盖范围只能是 all、hull 或一个面图层，不能是 {value}"), value=coverage)
    series = coverage.geometry if isinstance(coverage, geopandas.GeoDataFrame) else coverage
    if series.crs is None:
        raise WorkspaceError(N_("覆盖范围没有坐标系"))
    parts = shapely.make_valid(np.asarray(series.dropna().array, dtype=object))
    area = _polygonal(shapely.union_all(shapely.make_valid(_to_cgcs2000(parts, series.crs))))
    if area.is_empty:
        raise WorkspaceError(N_("覆盖范围里没有面"))
    return area


def _polygonal(geometry: Any) -> Any:
    parts = [part for part in shapely.get_parts(geometry, return_index=False) if part.area > 0]
    return shapely.union_all(parts)


def _to_cgcs2000(geometries: np.ndarray, crs: CRS) -> np.ndarray:
    if crs.equals(_CGCS2000, ignore_axis_order=True):
        return geometries
    transformer = Transformer.from_crs(crs, _CGCS2000, always_xy=True)
    return shapely.transform(geometries, transformer.transform, interleaved=False)


@lru_cache(maxsize=64)
def _crs_of(organization: str, code: int) -> CRS:
    return CRS.from_authority(organization, code)


def _record(row: sqlite3.Row, any_admin: bool, secrecy: str | None, touched: str) -> LayerRecord:
    area = shapely.from_wkb(row["coverage_wkb"]) if row["coverage_wkb"] else None
    organization = row["organization"]
    if organization and organization.upper() not in ("NONE", "CUSTOM"):
        try:
            crs = _crs_of(organization, row["organization_coordsys_id"])
        except Exception:  # noqa: BLE001 - an authority unknown to this PROJ; the definition says the same in full
            crs = CRS.from_wkt(row["definition"])
    else:
        crs = CRS.from_wkt(row["definition"]) if row["definition"] else _CGCS2000
    scale = dict(row).get("scale")
    derived = accuracy_at(scale)
    return LayerRecord(
        name=row["name"],
        role=row["role"],
        version=row["version"],
        data_date=row["data_date"],
        accuracy_m=row["accuracy_m"] if row["accuracy_m"] is not None else derived,
        source=row["source"],
        coverage="known" if area is not None or any_admin else "unknown",
        coverage_geometry=area,
        crs=crs,
        features=row["features"],
        sha256=row["sha256"],
        issues=_issues_in(row["issues"]),
        geometry_type=row["geometry_type"],
        added=row["fid"],
        family=row["family"],
        current=bool(row["is_current"]),
        table=row["table_name"],
        file=row["file"],
        encoding=row["encoding"],
        scale=scale,
        accuracy_from="stated" if row["accuracy_m"] is not None else "scale" if derived is not None else None,
        secrecy=secrecy,
        coverage_from="stated" if area is not None else "admin" if any_admin else None,
        coverage_sha256=hashlib.sha256(row["coverage_wkb"]).hexdigest() if area is not None else "",
        changed=_changed(row["last_change"], touched),
    )


def is_gone(changed: str) -> bool:
    """Whether ``LayerRecord.changed`` tells that the layer's table is no longer in the file."""
    return changed.rpartition(" ")[2] == GONE


def _as_it_is(connection: sqlite3.Connection, added: int) -> tuple[str, str] | None:
    """``changed`` and ``sha256`` of a layer's record in this very file."""
    row = connection.execute(
        "SELECT l.table_name, l.sha256, c.last_change FROM sanxian_layers l"
        " LEFT JOIN gpkg_contents c ON c.table_name=l.table_name WHERE l.fid=?", (added,)
    ).fetchone()
    if row is None:
        return None
    return _changed(row["last_change"], touched_by_others(connection).get(row["table_name"], "")), row["sha256"]


def _changed(last_change: str | None, touched: str) -> str:
    """What another program left of its last change of a layer."""
    return " ".join(filter(None, ("" if last_change in (None, _STAMP) else str(last_change), touched)))


def accuracy_at(scale: int | None) -> float | None:
    """Metres that a position on a map of this scale may be off, by the standards of national mapping.

    Returns:
        Mean error on the ground, the larger of the two classes of ground; ``None`` without a scale and for scales
        smaller than 1:100 000, for which these standards say nothing.
    """
    if scale is None:
        return None
    millimetres = next((size for largest, size in _MAP_MM if scale <= largest), None)
    return None if millimetres is None else round(scale * millimetres / 1000, 3)


def _scale(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or not 100 <= value <= 10_000_000:
        raise WorkspaceError(N_("比例尺 1:{value} 不是 1:100 到 1:10000000 之间的比例尺"), value=value)
    return int(value)


def _issues_in(text: str | None) -> tuple[Issue, ...]:
    return tuple(
        Issue(item["code"], item.get("row"), item.get("field"), item.get("severity", "warning"), item.get("values", {}))
        for item in json.loads(text or "[]")
    )


def _issue_out(issue: Issue) -> dict[str, Any]:
    out: dict[str, Any] = {"code": issue.code, "severity": issue.severity}
    if issue.row is not None:
        out["row"] = int(issue.row)
    if issue.field is not None:
        out["field"] = issue.field
    if issue.values:
        out["values"] = json.loads(json.dumps(dict(issue.values), default=str))
    return out


# --- one writer at a time -------------------------------------------------------------------------------------------


class _Lock:
    """A lock file held by the operating system: it goes with its process, so that a stale file locks nothing."""

    def __init__(self, path: Path, stream: Any) -> None:
        self._path = path
        self._stream = stream

    @classmethod
    def take(cls, workspace: Path) -> _Lock:
        path = workspace.parent / f".{workspace.name}.lock"
        while True:
            try:
                stream = path.open("a+", encoding="utf-8")
            except OSError as error:
                raise ReadOnlyError(N_("{path} 不能写入：文件或所在磁盘是只读的"), path=str(workspace)) from error
            try:
                _os_lock(stream)
            except OSError:
                stream.close()
                raise WorkspaceError(
                    N_("{path} 已在另一个程序中打开（{host}，进程 {pid}），请先关闭它"), path=str(workspace), **_holder(path)
                ) from None
            try:
                if os.path.samestat(os.fstat(stream.fileno()), path.stat()):
                    break
            except FileNotFoundError:
                pass  # its holder has just let go and removed it: what is locked here is a file without a name
            stream.close()
        stream.seek(0)
        stream.truncate()
        stream.write(f"{socket.gethostname()} {os.getpid()}\n")
        stream.flush()
        return cls(path, stream)

    def release(self) -> None:
        if self._stream.closed:
            return
        with contextlib.suppress(OSError):
            self._path.unlink()
        self._stream.close()


class _Lent:
    """Stands for the lock that another process holds meanwhile."""

    def release(self) -> None:
        """The lender's to do."""


def _holder(path: Path) -> dict[str, str]:
    try:
        host, pid = path.read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        host = pid = "?"
    return {"host": host, "pid": pid}


def _os_lock(stream: Any) -> None:
    if os.name == "nt":
        import msvcrt

        stream.seek(1 << 20)  # beyond the text, so that others can still read who holds it
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_workspace(path: Path | str) -> bool:
    """Whether a file is a workspace, of whatever format; it may still be damaged or too new to open."""
    path = Path(path)
    try:
        with path.open("rb") as stream:
            if not stream.read(16).startswith(b"SQLite format 3\0"):
                return False
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            query = "SELECT 1 FROM sqlite_master WHERE type='table' AND name='sanxian_meta'"
            return connection.execute(query).fetchone() is not None
    except (OSError, sqlite3.DatabaseError):
        return False

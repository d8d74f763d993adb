"""Large files read and written a portion at a time, so that other threads of the program get their turn.

GDAL and shapely hold Python's lock while they read or write a whole layer: half a second and more for some millions of
vertices, in which a window answers nobody. The result is the same as that of one reading; a test compares the two.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyarrow
import pyogrio
import shapely

_FIRST = 64  # features of a shapefile that are read at once
_SECONDS = 0.008  # that a portion should take
_PAUSE = 0.0005  # between two portions, in which whoever waits for the lock gets it
_SMALL = 250_000  # bytes of shapes, some 15,000 vertices
_FEW = 200  # features that are not worth it, unless they are large


class _Pace:
    """How many features the next portion holds."""

    def __init__(self) -> None:
        self.size = 1  # tells what a portion takes however small it is
        self._least = float("inf")
        self._begun = time.thread_time()

    def rest(self) -> None:
        """End a portion: hand the lock over, and choose the size of the next by what this one took.

        By this thread's own time: on a busy machine the clock would cut the portions ever smaller, until there are
        thousands of them. What every portion takes, such as opening a file of many tables, is not held against its
        features; they are to take as long as that at least, or most of the time would go into opening.
        """
        took = max(time.thread_time() - self._begun, 1e-6)
        self._least = min(self._least, took)
        wanted = self.size * max(_SECONDS, 2 * self._least) / max(took - self._least, 1e-6)
        self.size = int(min(max(wanted, self.size / 4, 1), self.size * 4))
        time.sleep(_PAUSE)
        self._begun = time.thread_time()


def read_dataframe(path: Path, *, layer: str, **options: Any) -> Any:
    """As ``pyogrio.read_dataframe``; a GeoPackage and a shapefile in portions, anything else at once."""
    parts: Iterator[Any] | None = None
    options = {name: value for name, value in options.items() if value is not None}
    if options.get("read_geometry", True) and "bbox" not in options:
        if path.suffix.lower() == ".gpkg":
            parts = _by_key(path, layer, options)
        elif path.suffix.lower() == ".shp" and "where" not in options:
            parts = _by_record(path, layer, options)
    read = list(parts) if parts is not None else []
    filled = [part for part in read if len(part)]
    if not filled:
        return read[0] if read else pyogrio.read_dataframe(path, layer=layer, **options)
    if len(filled) == 1:
        return filled[0]
    index = filled[0].index.append([part.index for part in filled[1:]]) if options.get("fid_as_index") else None
    tables = [pd.DataFrame(part.drop(columns=part.geometry.name)) for part in filled]
    for column in tables[0].columns:
        kinds = {table[column].dtype for table in tables}
        if len(kinds) > 1 and np.dtype(np.float64) in kinds:  # so are numbers, and yes or no, where one of them is missing
            for table in tables:
                table[column] = table[column].astype(np.float64)
        texts = [kind for kind in kinds if isinstance(kind, pd.StringDtype)]
        for table in tables if texts and len(kinds) > 1 else ():  # a portion in which nobody says anything
            if bool(table[column].isna().to_numpy().all()):
                table[column] = table[column].astype(texts[0])
    joined: Any = pd.concat(tables, ignore_index=True)
    shapes = geopandas.GeoSeries(np.concatenate([np.asarray(part.geometry.array) for part in filled]), crs=filled[0].crs)
    frame = geopandas.GeoDataFrame(joined, geometry=shapes.rename(filled[0].geometry.name))
    return frame if index is None else frame.set_axis(index, axis=0)


def _by_key(path: Path, layer: str, options: dict[str, Any]) -> Iterator[Any] | None:
    """By the key of the table, which SQLite finds without counting; ``None`` for a view or a table without one."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(_opened(path)) as connection:
        columns = connection.execute(f"PRAGMA table_info({_quoted(layer)})").fetchall()
        keys = [row[1] for row in columns if row[5] and str(row[2]).upper() == "INTEGER"]
        if len(keys) == 1 and sum(bool(row[5]) for row in columns) == 1 and not _little(connection, layer):
            return _between(path, layer, _quoted(keys[0]), options)
    return None


def _little(connection: sqlite3.Connection, layer: str) -> bool:
    """Whether a table is read in one go: to open the file takes longer than to read that."""
    found = connection.execute("SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)).fetchone()
    size = f"length({_quoted(found[0])})" if found is not None else "0"  # told without reading the shape itself
    few = f"SELECT {size} AS size FROM {_quoted(layer)} LIMIT {_FEW + 1}"  # noqa: S608
    count, length = connection.execute(f"SELECT count(*), coalesce(sum(size), 0) FROM ({few})").fetchone()  # noqa: S608
    return count <= _FEW and length <= _SMALL


def _between(path: Path, layer: str, key: str, options: dict[str, Any]) -> Iterator[Any]:
    pace, low = _Pace(), None
    options = dict(options)
    wanted = options.pop("where", None)
    with contextlib.closing(_opened(path)) as connection:
        while True:
            after = f"WHERE {key} >= {low}" if low is not None else ""
            asked = f"SELECT {key} FROM {_quoted(layer)} {after} ORDER BY {key} LIMIT 1 OFFSET {pace.size}"  # noqa: S608
            try:
                found = connection.execute(asked).fetchone()
            except sqlite3.Error as error:  # a damaged page: said as pyogrio says it
                raise RuntimeError(str(error)) from error
            high = int(found[0]) if found is not None else None
            ends = [f"{key} >= {low}"] * (low is not None) + [f"{key} < {high}"] * (high is not None)
            ends += [f"({wanted})"] * (wanted is not None)
            yield pyogrio.read_dataframe(path, layer=layer, where=" AND ".join(ends) or None, **options)
            if high is None:
                return
            low = high
            pace.rest()


def _by_record(path: Path, layer: str, options: dict[str, Any]) -> Iterator[Any] | None:
    """By the number of the record, which a shapefile counts deleted ones with."""
    whole = {name: value for name, value in options.items() if name != "fid_as_index"}
    if not options.get("fid_as_index") or pyogrio.read_info(path, layer=layer)["features"] <= _FIRST:
        return None
    return _after(path, layer, whole)


def _after(path: Path, layer: str, options: dict[str, Any]) -> Iterator[Any]:
    pace, record = _Pace(), 0
    while True:
        part = pyogrio.read_dataframe(path, layer=layer, fid_as_index=True, skip_features=record, max_features=pace.size, **options)
        if not len(part):
            if not record:
                yield part
            return
        yield part
        record = int(part.index[-1]) + 1
        pace.rest()


def write_dataframe(frame: geopandas.GeoDataFrame, path: Path, **options: Any) -> None:
    """As ``pyogrio.write_dataframe`` for columns of texts, numbers and yes or no; the file's bytes are the same."""
    if len(frame) <= _FEW and shapely.get_num_coordinates(frame.geometry.to_numpy()).sum() <= 50_000:
        pyogrio.write_dataframe(frame, path, **options)
        return
    options = dict(options)
    multi = options.pop("promote_to_multi", False)
    name = frame.geometry.name
    columns = pd.DataFrame(frame.drop(columns=name))
    kinds = [_kind(columns[column]) for column in columns]
    shapes = frame.geometry.to_numpy()
    schema = pyarrow.schema([*zip(columns, kinds, strict=True), (name, pyarrow.binary())])

    def batches() -> Iterator[pyarrow.RecordBatch]:
        pace, start = _Pace(), 0
        while start < len(frame):
            stop = start + pace.size
            cells = [pyarrow.array(columns[column].iloc[start:stop], kind, from_pandas=True)
                     for column, kind in zip(columns, kinds, strict=True)]
            part = shapes[start:stop]
            wkb = shapely.to_wkb(_promoted(part) if multi else part)
            yield pyarrow.record_batch([*cells, pyarrow.array(wkb, pyarrow.binary(), from_pandas=True)], schema=schema)
            start = stop
            pace.rest()

    epsg = frame.crs.to_epsg() if frame.crs is not None else None
    crs = f"EPSG:{epsg}" if epsg else frame.crs.to_wkt("WKT1_GDAL") if frame.crs is not None else None
    reader = pyarrow.RecordBatchReader.from_batches(schema, batches())
    pyogrio.write_arrow(reader, path, geometry_name=name, crs=crs, **options)


def _kind(column: pd.Series) -> pyarrow.DataType:
    if pd.api.types.is_bool_dtype(column.dtype):
        return pyarrow.bool_()
    if pd.api.types.is_integer_dtype(column.dtype):
        return pyarrow.int64()
    return pyarrow.float64() if pd.api.types.is_float_dtype(column.dtype) else pyarrow.string()


def _promoted(shapes: np.ndarray) -> np.ndarray:
    """Single shapes as collections of one."""
    made = shapes.copy()
    for code, several in ((0, shapely.multipoints), (1, shapely.multilinestrings), (3, shapely.multipolygons)):
        at = np.flatnonzero(shapely.get_type_id(shapes) == code)
        if len(at):
            made[at] = several(shapes[at], indices=np.arange(len(at)))
    return made


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

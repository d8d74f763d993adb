"""A shapefile's own bytes: are its parts whole and do they agree, and in which encoding is its text."""

from __future__ import annotations

import itertools
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from layers import encoding as encodings
from layers.errors import N_, LayerError
from layers.files import SHAPEFILE_PARTS, siblings
from layers.issues import Issue

_SAMPLE = 200_000  # records looked at for their encoding
_LIMIT = 254  # bytes that a text field can hold


@dataclass(frozen=True, slots=True)
class DbfField:
    """A column of a DBF: its name as bytes, its type letter and its width in bytes."""

    name: bytes
    type: str
    width: int


@dataclass(frozen=True, slots=True)
class Dbf:
    """The head of a DBF file."""

    records: int
    header: int
    record: int
    driver: int
    fields: tuple[DbfField, ...]


def check_parts(path: Path) -> list[Issue]:
    """Whether all parts are there, whole, and speak of the same number of features.

    Raises:
        LayerError: A part is cut off or empty, or shapes and attributes do not match in number.
    """
    found = siblings(path, SHAPEFILE_PARTS)
    for part in found.values():
        if part.suffix.lower() in (".shp", ".shx", ".dbf") and part.stat().st_size == 0:
            raise LayerError(N_("{file} 是空文件（0 字节）"), file=part.name)
    with path.open("rb") as stream:
        head = stream.read(100)
    if len(head) < 100 or head[:4] != b"\x00\x00\x27\x0a":
        raise LayerError(N_("{file} 不是 shapefile，或文件头已损坏"), file=path.name)
    should, has = struct.unpack(">i", head[24:28])[0] * 2, path.stat().st_size
    if has < should:
        raise LayerError(
            N_("{file} 不完整：应有 {should} 字节，只有 {has} 字节，请重新复制"), file=path.name, should=should, has=has
        )
    issues = []
    shapes = records = None
    if ".shx" in found:
        shapes = (found[".shx"].stat().st_size - 100) // 8
    else:
        raise LayerError(
            N_("{file} 缺少同名的 .shx 文件，读不了；请把 .shp、.shx、.dbf、.prj 一起复制过来"), file=path.name
        )
    if ".dbf" in found:
        dbf = read_head(found[".dbf"])
        records = dbf.records
        size = found[".dbf"].stat().st_size
        if size < dbf.header + dbf.records * dbf.record:
            there = max(0, (size - dbf.header) // max(1, dbf.record))
            raise LayerError(
                N_("{file} 不完整：应有 {should} 条属性，只有 {has} 条，请重新复制"),
                file=found[".dbf"].name,
                should=dbf.records,
                has=there,
            )
    else:
        issues.append(Issue("no-attribute-table", severity="warning", values={"part": ".dbf"}))
    if shapes is not None and records is not None and shapes != records:
        raise LayerError(
            N_("{file} 的图形有 {shapes} 个，属性有 {records} 条，对不上：附属文件可能不是同一份"),
            file=path.name,
            shapes=shapes,
            records=records,
        )
    return issues


def read_head(path: Path) -> Dbf:
    """The head of a DBF file.

    Raises:
        LayerError: It is none.
    """
    with path.open("rb") as stream:
        head = stream.read(32)
        if len(head) < 32:
            raise LayerError(N_("{file} 不是完好的属性表"), file=path.name)
        records, header, record = struct.unpack("<IHH", head[4:12])
        rest = stream.read(max(0, header - 32))
    fields = []
    for start in range(0, len(rest) - 31, 32):
        block = rest[start : start + 32]
        if block[0] == 0x0D:
            break
        kind = chr(block[11]).upper()
        width = block[16] + (block[17] << 8 if kind == "C" else 0)
        fields.append(DbfField(block[:11].split(b"\0")[0], kind, width))
    if record == 0 or not fields:
        raise LayerError(N_("{file} 不是完好的属性表"), file=path.name)
    return Dbf(records, header, record, head[29], tuple(fields))


def weigh(path: Path) -> tuple[encodings.Evidence, Dbf] | None:
    """The encoding of a shapefile's text by evidence; ``None`` where there is no attribute table."""
    found = siblings(path, SHAPEFILE_PARTS)
    if ".dbf" not in found:
        return None
    dbf = read_head(found[".dbf"])
    stated = encodings.stated_by_driver(dbf.driver)
    if ".cpg" in found:
        stated = encodings.stated_by_page(found[".cpg"].read_bytes()[:64].decode("latin-1")) or stated
    return encodings.weigh(_texts(found[".dbf"], dbf), stated), dbf


def _texts(path: Path, dbf: Dbf) -> list[bytes]:
    """Names and text values that are not plain ASCII, each once."""
    texts = {field.name for field in dbf.fields}
    table = _cells(path, dbf)[:_SAMPLE]
    for place, field in enumerate(dbf.fields):
        if field.type == "C":
            texts.update(value.rstrip(b" \0") for value in np.unique(table[f"f{place}"]).tolist())
    return [text for text in sorted(texts) if not text.isascii()]


def _cells(path: Path, dbf: Dbf) -> np.ndarray:
    """The records as fixed-width bytes; ``f0`` and so on are the fields, ``gone`` the mark of a deleted one."""
    offsets = list(itertools.accumulate((field.width for field in dbf.fields), initial=1))
    layout = np.dtype(
        {
            "names": ["gone", *(f"f{place}" for place in range(len(dbf.fields)))],
            "formats": ["S1", *(f"S{field.width}" for field in dbf.fields)],
            "offsets": [0, *offsets[:-1]],
            "itemsize": max(dbf.record, offsets[-1]),
        }
    )
    return np.fromfile(path, dtype=layout, count=dbf.records, offset=dbf.header)


def deleted(path: Path, fids: Sequence[int]) -> np.ndarray:
    """Which of the records ``fids`` (from 0) are marked as deleted."""
    table = siblings(path, SHAPEFILE_PARTS)[".dbf"]
    return _cells(table, read_head(table))["gone"][np.asarray(fids, dtype=int)] == b"*"


def attributes(path: Path, dbf: Dbf, encoding: str, fids: Sequence[int]) -> tuple[dict[str, pd.Series], list[Issue]]:
    """The attribute table's columns for the records ``fids`` (from 0), text decoded here and not by GDAL.

    GDAL drops what it cannot decode without a word; here each such value is an issue.
    """
    issues: list[Issue] = []
    table = _cells(siblings(path, SHAPEFILE_PARTS)[".dbf"], dbf)[np.asarray(fids, dtype=int)]
    data: dict[str, pd.Series] = {}
    for place, field in enumerate(dbf.fields):
        name, _ = encodings.decode(field.name, encoding)
        name = (name if name is not None else field.name.decode(encoding, "replace")).strip() or f"_{place + 1}"
        while name in data:
            name += "_"
        cells = table[f"f{place}"].tolist()
        if field.type == "C":
            values = _text(cells, field, name, encoding, fids, issues)
        else:
            values = [_plain(cell.strip(b" \0"), field) for cell in cells]
        data[name] = pd.Series(values, dtype=object)
    return data, issues


def _text(
    cells: Sequence[bytes], field: DbfField, name: str, encoding: str, fids: Sequence[int], issues: list[Issue]
) -> list[str | None]:
    values: list[str | None] = []
    known: dict[bytes, tuple[str | None, bool]] = {}
    any_cut = False
    utf8 = encodings.same(encoding, "utf-8")
    for cell, fid in zip(cells, fids, strict=True):
        cell = cell.rstrip(b" \0")
        if cell not in known:
            known[cell] = encodings.decode(cell, encoding, width=field.width)
        text, cut = known[cell]
        if text is None:
            text = cell.decode(encoding, "replace")
            values_ = {"value": text[:40], "encoding": encoding}
            issues.append(Issue("text-unreadable", int(fid) + 1, name, "error", values_))
        elif cut or len(cell) >= _LIMIT - 1:
            values_ = {"value": text[-20:], "bytes": len(cell)}
            issues.append(Issue("text-cut", int(fid) + 1, name, "warning", values_))
        # So little room is left that one more character would not have fitted.
        any_cut = any_cut or cut or (not cell.isascii() and field.width - len(cell) < (3 if utf8 else 2))
        values.append(text or None)
    if any_cut:
        issues.append(Issue("text-may-be-cut", None, name, "warning", {"width": field.width}))
    return values


def _plain(cell: bytes, field: DbfField) -> Any:
    """A number, a date or a yes/no as DBF writes it; ``None`` where it is blank or filled with stars."""
    if not cell or cell.strip(b"*?") == b"":
        return None
    text = cell.decode("latin-1")
    match field.type:
        case "N" | "F" | "O":
            try:
                return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
            except ValueError:
                return text
        case "D":
            return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if text.isdigit() and int(text) else None
        case "L":
            return {"T": True, "Y": True, "F": False, "N": False}.get(text.upper())
        case _:
            return text

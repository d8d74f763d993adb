"""Which coordinate system a table's own column, or the name of its coordinate columns, says that its places are in.

Where every row says one system that the coordinates fit, it is what the file states. Anything else is left to a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas
import numpy as np
import shapely
from pyproj import CRS

from layers import crs_doctor
from layers.errors import N_, DoubtfulSystem
from layers.system_names import (
    DEGREES,
    Named,
    is_aside,
    is_column,
    is_former,
    is_loose,
    mentions,
    named,
    speaks_of_others,
    zone_code,
)
from layers.values import as_text

_CONSUMER = ("GCJ-02", "BD-09")
_MODERN = ("cgcs2000", "wgs84")  # less than a metre apart: which of the two is said moves nothing


@dataclass(frozen=True, slots=True)
class Said:
    """What a file's columns say of its coordinate system.

    Attributes:
        columns: Those that say it.
        words: What stands there, with its rows.
        text: The words without the rows.
        names: The different systems, ``None`` for what is not understood.
        blank: Whether some row says nothing.
        former: Columns that say what the coordinates were in before, or by another name what they may be in, and leave open
            whether they are.
        code: The one system meant, as ``EPSG:4490``, ``GCJ-02`` or ``BD-09``, once the coordinates have been seen.
    """

    columns: tuple[str, ...]
    words: str
    text: str
    names: tuple[Named | None, ...]
    blank: bool
    code: str | None = None
    former: tuple[str, ...] = ()

    @property
    def one(self) -> Named | None:
        """The only system named; ``None`` where there are several, or one is not understood."""
        return self.names[0] if len(self.names) == 1 else None

    @property
    def shift(self) -> str | None:
        """The consumer map, where that is the system meant."""
        return self.code if self.code in _CONSUMER else None


def of_rows(headers: Sequence[str], cells: Any, rows: Sequence[int], used: Iterable[str] = ()) -> Said | None:
    """What the columns of a file say, or ``None`` where they say nothing of a coordinate system.

    Args:
        headers: Names of the columns.
        cells: The cells of a column by its name.
        rows: The file's own number of each row; rows that have no place are left out with their cells.
        used: The columns that the coordinates stand in: 经度（GCJ-02） says it too.
    """
    found: dict[Named | None, dict[str, list[int]]] = {}
    columns: list[str] = []
    blank: set[int] = set()
    for header in used:
        name = _in_header(header)
        if name:
            columns.append(header)
            found.setdefault(name, {}).setdefault(header.strip(), [])
    for header in sorted(filter(is_column, headers), key=is_former):
        if is_former(header) and found:
            break  # what it was before is of no matter where it is said what it is
        here: dict[Named | None, dict[str, list[int]]] = {}
        empty = []
        for text, row in zip(map(as_text, cells[header]), rows, strict=True):
            name = named(text) if text else Named()
            if name is None and is_loose(header) and not mentions(text):
                name = Named()
            if name is None or name:
                here.setdefault(name, {}).setdefault(str(text).strip(), []).append(row)
            else:
                empty.append(row)
        if here:
            columns.append(header)
            blank.update(empty)
            for name, texts in here.items():
                for text, at in texts.items():
                    found.setdefault(name, {}).setdefault(text, []).extend(at)
        elif name := _in_header(header):  # 坐标系（国测局） over empty cells
            columns.append(header)
            found.setdefault(name, {}).setdefault(header.strip(), [])
    if not found:
        return None
    listed = [(text, at) for texts in found.values() for text, at in texts.items()]
    former = tuple(header for header in columns if is_former(header))
    return Said(tuple(columns), _words(listed, sorted(blank)), "、".join(dict.fromkeys(text for text, _at in listed)), tuple(found),
                bool(blank), former=former)


def of_others(headers: Sequence[str], cells: Any, rows: Sequence[int]) -> Said | None:
    """What columns under other names say, for a table in which none has a name for it: never used, only asked about.

    Arguments as for :func:`of_rows`.
    """
    found: dict[Named | None, list[tuple[str, list[int]]]] = {}
    columns = []
    for header in headers:
        texts = [as_text(cell) or "" for cell in cells[header]]
        first = next((text for text in texts if text.strip()), "")
        if not first or not is_aside(header, [first]) or not is_aside(header, texts):
            continue
        columns.append(header)
        for text in dict.fromkeys(text.strip() for text in texts if text.strip()):
            at = [row for row, own in zip(rows, texts, strict=True) if own.strip() == text]
            found.setdefault(named(text), []).append((text, at))
    if not columns:
        return None
    listed = [one for texts in found.values() for one in texts]
    return Said(tuple(columns), _words(listed, []), "、".join(dict.fromkeys(text for text, _at in listed)), tuple(found), False,
                former=tuple(columns))


def planar(said: Said) -> bool:
    """Whether a system of metres is named, and none of degrees."""
    return said.one is not None and (said.one.planar or said.one.code is not None and CRS.from_epsg(said.one.code).is_projected)


def modern(said: Said) -> bool:
    """Whether nothing but CGCS2000 or WGS 84 is named: places carried from one to the other stay where they are."""
    return all(name is not None and not name.shift and _datum(name) == "modern" for name in said.names)


def agrees(said: Said, given: str) -> bool:
    """Whether what a person has named is what the columns say, as far as both go."""
    name = named(given)
    if said.one is None or name is None or said.blank:
        return False
    if said.one.shift or name.shift:
        return said.one.shift == name.shift
    if said.one.code is not None and name.code is not None:
        return said.one.code == name.code
    return _datum(said.one) == _datum(name)


def _in_header(header: str) -> Named | None:
    """What the name of a column of coordinates says of its system: 经度（GCJ-02）, lng_bd09."""
    text = unicodedata.normalize("NFKC", header)
    inner = re.search(r"[(\[【]([^)\]】]+)", text)
    for part in (inner[1] if inner else "", re.sub(r"^(?:X|Y)\b|^(?:中心)?(?:经度|纬度|坐标)", " ", text)):
        name = named(part) if re.search(r"[A-Z]{2,3}\W?\d|\d{4}|[北西]\D{1,3}\d{2}|[高百火腾]", part.upper()) else None
        if name and name.code is None:
            return name
    return None


def _words(listed: Sequence[tuple[str, list[int]]], blank: Sequence[int]) -> str:
    """Each text with its rows, as a sentence names them."""

    def numbered(text: str, at: Sequence[int]) -> str:
        if not at:
            return text
        return f"{text}（{'、'.join(map(str, sorted(at)[:5]))}{'…' if len(at) > 5 else ''}）"

    said = [numbered(text, at) for text, at in listed[:5]] + ["…"] * (len(listed) > 5)
    return "、".join([*said, *([numbered("—", blank)] if blank else [])])


def settle(said: Said, shapes: np.ndarray, file: str) -> Said:
    """``said`` with the one system that is meant.

    Args:
        shapes: The places as they stand in the file, x first.
        file: Its name, for errors.

    Raises:
        DoubtfulSystem: Several systems are named, or one that is not understood or does not fit the coordinates.
    """
    bounds = _bounds(shapes)
    degrees = bounds is None or (crs_doctor.in_china(*bounds[:2]) and crs_doctor.in_china(*bounds[2:]))
    likely = _likely(said, bounds, degrees)
    values = {"file": file, "column": "、".join(said.columns), "said": said.words}
    if said.former and not modern(said):
        raise DoubtfulSystem(likely, N_(
            "{file} 的“{column}”列提到坐标系（括号内是行号）：{said}；坐标现在是否就是它、是否已经换算看不出来，请核对后用 "
            "--crs 指明现在的坐标系（如 GCJ-02、EPSG:4490）"), **values)  # fmt: skip
    if None in said.names:
        raise DoubtfulSystem(likely, N_(
            "{file} 的“{column}”列写明坐标系，但有的写法不认识（括号内是行号）：{said}；请核对后用 --crs 指明（如 GCJ-02、EPSG:4490），"
            "坐标系不止一种的请分成几个文件"), **values)  # fmt: skip
    name = said.one
    code = _code(name, bounds, degrees) if name is not None else None
    # A row that says nothing is no doubt where it would be read alike without the others.
    if name is None or (said.blank and code not in ("EPSG:4490", "EPSG:4326")):
        raise DoubtfulSystem(likely, N_(
            "{file} 的“{column}”列写的坐标系不都相同（括号内是行号）：{said}；请按坐标系分成几个文件，或核对后用 --crs 指明其一"
            "（如 GCJ-02、EPSG:4490）"), **values)  # fmt: skip
    if code is None:
        raise DoubtfulSystem(likely, N_(
            "{file} 的“{column}”列写的坐标系与坐标值不符，或只凭它定不出一个坐标系（括号内是行号）：{said}；请核对后用 --crs 指明"
            "（如 GCJ-02、EPSG:4490、EPSG:4548）"), **values)  # fmt: skip
    return replace(said, code=code)


def contradiction(frame: geopandas.GeoDataFrame, crs: CRS | None, rows: Sequence[int], file: str) -> DoubtfulSystem | None:
    """That a file which states its system itself has a column that names one of another datum; ``None`` where none does.

    Such a column may tell what the places were before they were converted, or what they are: a person has to say. So it is
    with a column of a file which should state its system and does not, such as a shapefile without .prj.
    """
    if not any(map(is_column, map(str, frame.columns))):
        return None
    geometry = frame.geometry.name if isinstance(frame, geopandas.GeoDataFrame) else None
    said = of_rows([name for name in map(str, frame.columns) if name != geometry and not is_former(name)], frame, rows)
    if said is None:
        return None
    if crs is None:
        bounds = _bounds(np.asarray(frame.geometry.array, dtype=object)) if geometry is not None else None
        degrees = bounds is None or (crs_doctor.in_china(*bounds[:2]) and crs_doctor.in_china(*bounds[2:]))
        likely = _likely(said, bounds, degrees)
        return DoubtfulSystem(likely, N_(
            "{file} 没有说明坐标系，“{column}”列写着（括号内是行号）：{said}；请核对后用 --crs 指明（如 {example}）"),
            file=file, column="、".join(said.columns), said=said.words, example="、".join(likely[:2]) or "EPSG:4490")  # fmt: skip
    datum = crs_doctor.old_datum(crs) or "modern"
    other = [name for name in said.names if name is not None and (name.shift or _datum(name) not in (datum, ""))]
    if not other and not (None in said.names and speaks_of_others(said.text)):  # 高德坐标，未转换
        return None
    stated = f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.name
    shifts = tuple(name.shift for name in other if name.shift) if crs.is_geographic else ()
    own = (stated,) if stated.startswith("EPSG:") else ()
    return DoubtfulSystem((*own, *shifts), N_(
        "{file} 注明坐标系 {stated}，“{column}”列却写着（括号内是行号）：{said}；请核对后用 --crs 指明（如 GCJ-02、{stated}）"),
        file=file, stated=stated, column="、".join(said.columns), said=said.words)  # fmt: skip


def _datum(name: Named) -> str:
    """``modern``, ``xian80``, ``beijing54``, or '' for what is not known."""
    if name.code is not None:
        return crs_doctor.old_datum(CRS.from_epsg(name.code)) or "modern"
    return "modern" if name.datum in _MODERN else name.datum or ""


def _bounds(shapes: np.ndarray) -> tuple[float, float, float, float] | None:
    there = shapes[~shapely.is_missing(shapes)] if len(shapes) else shapes
    if not len(there):
        return None
    west, south, east, north = (float(value) for value in shapely.total_bounds(there))
    return (west, south, east, north) if np.isfinite([west, south, east, north]).all() else None


def _code(name: Named, bounds: tuple[float, float, float, float] | None, degrees: bool) -> str | None:
    """The system that a name and the coordinates agree on, if they do."""
    if name.code is not None:
        return f"EPSG:{name.code}" if CRS.from_epsg(name.code).is_geographic == degrees else None
    if degrees:
        return name.shift or (f"EPSG:{DEGREES[name.datum]}" if name.datum is not None and not name.planar else None)
    if name.datum is None or bounds is None:
        return None
    first, last = int(bounds[0] // 1_000_000), int(bounds[2] // 1_000_000)
    code = zone_code(name, first if first == last and 13 <= first <= 45 else None)
    return f"EPSG:{code}" if code is not None else None


def _likely(said: Said, bounds: tuple[float, float, float, float] | None, degrees: bool) -> tuple[str, ...]:
    """What a person may choose: the systems named, then those that the numbers allow."""
    own = [code for name in said.names if name is not None and (code := _code(name, bounds, degrees)) is not None]
    own += [f"EPSG:{DEGREES[name.datum]}" for name in said.names if degrees and name is not None and name.datum is not None]
    if degrees:
        return tuple(dict.fromkeys([*own, "EPSG:4490", *_CONSUMER]))
    fitting = crs_doctor.candidates(*bounds) if bounds is not None else ()
    old = next((name.datum for name in said.names if name is not None and name.datum not in (None, *_MODERN)), None)
    return tuple(dict.fromkeys([*own, *crs_doctor.on_datum(old, fitting), *fitting]))

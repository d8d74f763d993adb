"""The beginning of a file, and what speaks for its encoding and its coordinate system, before anything is decided.

Nothing is mapped, repaired or converted here. A person who has to decide sees the evidence: the same texts in several
encodings, and where on the earth the shapes would lie under each coordinate system that the numbers allow.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from layers import boundary_txt, crs_doctor, kml, read, shapefile, stated, whereabouts
from layers import encoding as encodings
from layers.crs_doctor import Diagnosis
from layers.errors import N_, DoubtfulSystem, LayerError
from layers.files import SHAPEFILE_PARTS, TABLES, must_exist, opened, siblings
from layers.issues import Issue, counted
from layers.read import LayerInfo, list_layers, quietly
from layers.values import as_text
from spatial.repair import repair as mend

HEAD = 500  # features that are looked at; more would only cost time
ENCODINGS = ("utf-8", "gb18030", "big5", "cp1252")
_CGCS2000 = CRS.from_epsg(4490)
_TEXT_HEAD = 1 << 20  # bytes
_OUTLINES = 200  # shapes that a small map needs to show where a layer lies
_INDEXED = (".gpkg", ".gdb", ".sqlite")  # list their layers without being read
_SINGLE = (".shp", ".geojson", ".csv", ".tsv", ".txt", ".fgb", ".parquet", ".geoparquet", ".dxf")
_LARGE = 20_000_000  # bytes
_SMALL_TABLE = 2_000_000  # bytes of a workbook whose sheets are all read to see which of them is meant
_REFERENCE = 400  # of all layers that are already there


@dataclass(frozen=True, slots=True)
class Trial:
    """A file's text read in one encoding.

    Attributes:
        failed: How many of the texts beyond plain ASCII do not fit it.
        sample: The first of them, as they would read; what does not fit is shown as �.
    """

    encoding: str
    failed: int
    sample: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextEvidence:
    """What speaks for the encoding of a file's text.

    Attributes:
        encoding: What the program would take; ``None`` where the format leaves no choice.
        stated: What the file says of itself.
        where: ``cpg``, ``ldid``, ``bom``, ``header`` or '' for nothing stated.
        sure: Whether the bytes leave no other choice, or the file says so and they agree.
        texts: Texts beyond plain ASCII.
    """

    encoding: str | None = None
    stated: str | None = None
    where: str = ""
    sure: bool = True
    texts: int = 0
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """The beginning of one layer of a file.

    Attributes:
        layers: Every layer in the file.
        layer: The one looked at.
        cells: The first features' attributes as text, by column; ``None`` where a cell is empty.
        shapes: The first features, x first, in ``crs``; ``None`` for a table without coordinates.
        crs: What the file says, under its EPSG code where it is the same in other words.
        features: Of the whole layer; -1 where that is not known without reading it.
        issues: What was noticed on the way.
        refused: What a boundary point text, or a column that names coordinate systems, leaves open about its system.
        counts: Of each column its different values and how often each stands there.
        columns: Of a table all its columns in their order, those of its coordinates too; else as ``headers``.
        coordinates: The cells that its places were read from, as ``cells``.
        rows: The file's own number of each row of ``cells``; empty where they are counted from 1.
        shift: The consumer map that a table's own column says its places are on; ``crs`` is that of the places once converted.
        trouble: Why a table that can be looked at cannot be read for its places, where it cannot.
    """

    layers: tuple[LayerInfo, ...]
    layer: str | None
    cells: pd.DataFrame
    shapes: geopandas.GeoDataFrame | None
    geometry: str
    crs: CRS | None
    features: int
    text: TextEvidence
    issues: tuple[Issue, ...] = ()
    refused: DoubtfulSystem | None = None
    counts: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    coordinates: pd.DataFrame = field(default_factory=pd.DataFrame)
    rows: tuple[int, ...] = ()
    trouble: LayerError | None = None
    shift: str | None = None

    @property
    def headers(self) -> tuple[str, ...]:
        """Names of the columns as the file has them."""
        return tuple(str(name) for name in self.cells.columns)

    def samples(self, header: str, most: int = 3) -> list[str]:
        """A few different values of a column."""
        return [value for value, _count in self.values(header)[:most]]

    def values(self, header: str) -> list[tuple[str, int]]:
        """The different values of a column among the features looked at, and how often each stands there."""
        return list(self.counts.get(header, ()))


@dataclass(frozen=True, slots=True)
class Inside:
    """One layer of a file that holds several, before it is looked at.

    Attributes:
        kind: Of its shapes as the file says; ``None`` for a table.
        headers: Names of its columns; () where the format cannot say without reading everything.
        role: That a workspace of ours states for it, '' for none.
    """

    name: str
    kind: str | None
    features: int
    headers: tuple[str, ...] = ()
    role: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a layer would lie under one coordinate system.

    Attributes:
        crs: An EPSG code, or ``GCJ-02`` or ``BD-09`` for a declared shift.
        shapes: Outlines in EPSG:4490, simplified.
        lon, lat: Their middle, degrees.
        within: Part of the shapes that lies within the reference area, 0 to 1; ``None`` where there is none.
        stated: Whether the file says so itself.
    """

    crs: str
    shapes: tuple[Any, ...]
    lon: float
    lat: float
    within: float | None
    stated: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    """What is doubtful about a layer's coordinates, and where they could be.

    Attributes:
        doubts: What the numbers say against the stated system, or that none is stated.
        placements: The stated system first where it can be drawn, then the candidates, those within the reference
            area before others.
        certain: Whether one candidate only lies within the reference area.
    """

    doubts: tuple[Diagnosis, ...] = ()
    placements: tuple[Placement, ...] = field(default=())
    certain: bool = False

    @property
    def open(self) -> bool:
        """Whether somebody has to choose before the layer can be used."""
        return any(doubt.stops for doubt in self.doubts)


def look(path: Path | str, *, layer: str | None = None, encoding: str | None = None) -> Look:
    """The beginning of a file.

    Args:
        path: Anything that ``read_layer`` reads.
        layer: Of a file that holds several; by default the first with shapes.
        encoding: To read its text in; by default what the evidence speaks for.

    Raises:
        LayerError: It cannot be opened.
    """
    path = Path(path)
    must_exist(path)
    found = tuple(list_layers(path))
    shaped = [one for one in found if one.geometry_type] or list(found)  # a table beside layers is not what is looked for
    wanted = layer or next((one.name for one in shaped if one.features), shaped[0].name if shaped else None)
    with opened(path, wanted) as (source, inner):
        # Of an archive with several files one was named, and it is looked at alone.
        mine = found if source == path or inner is not None or wanted is None else tuple(
            dataclasses.replace(one, name=source.stem) for one in found if one.name == wanted)
        seen = dataclasses.replace(_look(source, mine, wanted if inner is not None else None, encoding), layers=found, layer=wanted)
    counts = {
        name: [(str(value), int(count)) for value, count in seen.cells[name].dropna().value_counts().items()]
        for name in seen.headers
    }
    return dataclasses.replace(seen, counts=counts)


def inside(path: Path | str) -> tuple[Inside, ...]:
    """What the layers of a file are by their names and columns, and by the register of a workspace of ours.

    Returns:
        () for a file that holds one layer only, or is too large to be gone through for its layers alone.

    Raises:
        LayerError: It cannot be opened.
    """
    path = Path(path)
    must_exist(path)
    suffix = path.suffix.lower()
    if suffix in _SINGLE or (suffix not in _INDEXED and path.stat().st_size > _LARGE):
        return ()
    found = list_layers(path)
    if len(found) < 2:
        return ()
    roles = _registered(path) if suffix == ".gpkg" else {}
    return tuple(Inside(one.name, one.geometry_type, one.features, _headers(path, suffix, one.name), roles.get(one.name, ""))
                 for one in found)  # fmt: skip


def _headers(path: Path, suffix: str, layer: str) -> tuple[str, ...]:
    from layers.tables import read_table

    try:
        if suffix in _INDEXED:  # they tell their columns without being read
            info, _said = quietly(pyogrio.read_info, path, layer=layer)
            return tuple(map(str, info["fields"]))
        if suffix in TABLES and path.stat().st_size < _SMALL_TABLE:
            return tuple(read_table(path, sheet=layer).headers)
    except (LayerError, *read._READ_ERRORS):  # noqa: SLF001 - of this package; looking at it says what is wrong
        pass
    return ()


def _registered(path: Path) -> dict[str, str]:
    """The role of each layer of a workspace of ours by its table; of several versions that in use alone."""
    import contextlib
    import sqlite3

    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return dict(connection.execute("SELECT table_name, role FROM sanxian_layers WHERE is_current"))
    except sqlite3.Error:
        return {}


def _look(source: Path, found: Sequence[LayerInfo], wanted: str | None, encoding: str | None) -> Look:
    info = next((one for one in found if wanted in (one.name, None)), None)
    with ExitStack() as stack:
        text = _text(source)
        suffix = source.suffix.lower()
        if suffix in (*TABLES, ".txt", ".dxf", ".parquet", ".geoparquet"):
            return _small(source, found, wanted, encoding, text)
        frame, issues = _head(source, wanted if len(found) > 1 else None, encoding or text.encoding, text, stack)
    own = frame.crs if isinstance(frame, geopandas.GeoDataFrame) else None
    shapes = refused = None
    if isinstance(frame, geopandas.GeoDataFrame):
        shapes = geopandas.GeoDataFrame(geometry=shapely.force_2d(np.asarray(frame.geometry.array)), crs=None)
        cells = pd.DataFrame(frame.drop(columns=frame.geometry.name))
        refused = stated.contradiction(frame, own, range(1, len(frame) + 1), source.name)
    else:
        cells = frame
    return Look(
        tuple(found), wanted, _cells(cells), shapes, str(info.geometry_type or "") if info else "",
        crs_doctor.canonical(own) if own is not None else None, info.features if info else -1, text, tuple(issues), refused,
    )  # fmt: skip


def _small(
    path: Path, found: Sequence[LayerInfo], wanted: str | None, encoding: str | None, text: TextEvidence
) -> Look:
    """A format that is read as a whole, since its beginning does not tell what it is."""
    from layers.tables import read_table

    several = wanted if len(found) > 1 else None
    doubts: list[DoubtfulSystem] = []
    if path.suffix.lower() == ".txt" and (parcels := boundary_txt.read_file(path, None, encoding, doubts)) and doubts:
        frame, _rows, issues, _used = parcels
        shapes = geopandas.GeoDataFrame(geometry=np.asarray(frame.geometry.array)[:HEAD], crs=None)
        return Look(tuple(found), wanted, _cells(pd.DataFrame(frame.drop(columns="geometry"))), shapes, "Polygon", None,
                    len(frame), text, tuple(issues), doubts[0])  # fmt: skip
    try:
        raw = read._read(path, several, None, encoding, doubts=doubts)  # noqa: SLF001 - of this package
    except LayerError as error:
        # Without coordinates it is still a table that can be looked at; reading it as a layer says what it lacks.
        if path.suffix.lower() not in TABLES:
            raise
        table = read_table(path, sheet=several, encoding=encoding)
        cells = pd.DataFrame({header: [row.get(header) for row in table.rows] for header in table.headers})
        issues = tuple(table.issues)
        return Look(tuple(found), wanted, _cells(cells), None, "", None, len(table.rows), text, issues,
                    rows=tuple(table.row_numbers), trouble=error)  # fmt: skip
    frame = raw.frame
    cells = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    if path.suffix.lower() in TABLES and path.suffix.lower() != ".dbf" and raw.encoding is None:
        text = TextEvidence()
    every = shapely.force_2d(np.asarray(frame.geometry.array))
    shapes = geopandas.GeoDataFrame(geometry=every[:HEAD], crs=None)
    kinds = sorted(set(frame.geom_type.dropna()))
    written = raw.coordinates if raw.coordinates is not None else pd.DataFrame(index=frame.index)
    return Look(
        tuple(found), wanted, _cells(cells), shapes, "/".join(kinds),
        crs_doctor.canonical(frame.crs) if frame.crs is not None else None, len(frame), text,
        tuple(counted([*raw.issues, *read.placeless(every, raw.rows)])), columns=raw.headers, coordinates=_cells(written),
        rows=tuple(raw.rows), refused=doubts[0] if doubts else _contradicted(frame, raw, path),
        shift=raw.said.shift if raw.said is not None else None,
    )  # fmt: skip


def _contradicted(frame: geopandas.GeoDataFrame, raw: Any, path: Path) -> DoubtfulSystem | None:
    return stated.contradiction(frame, frame.crs, raw.rows, path.name) if raw.said is None else None


def _cells(frame: pd.DataFrame) -> pd.DataFrame:
    data = {str(name): [as_text(value) or None for value in frame[name]] for name in frame.columns}
    return pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in data.items()}, index=range(len(frame)))


def _head(
    path: Path, layer: str | None, encoding: str | None, text: TextEvidence, stack: ExitStack
) -> tuple[Any, list[Issue]]:
    source, issues = read._in_utf8(path, stack)  # noqa: SLF001 - of this package
    source, attributes = kml.readable(source, stack)
    options: dict[str, Any] = {"max_features": HEAD, "datetime_as_string": True}
    if layer is not None:
        options["layer"] = layer
    weighed = shapefile.weigh(source) if source.suffix.lower() == ".shp" else None
    try:
        if weighed is None:
            frame, _said = quietly(pyogrio.read_dataframe, source, on_invalid="ignore", **options)
            frame, twice = attributes.fill(frame)
            return frame, [*issues, *twice]
        frame, _said = quietly(pyogrio.read_dataframe, source, columns=[], fid_as_index=True, **options)
        data, more = shapefile.attributes(source, weighed[1], encoding or weighed[0].encoding, frame.index)
        table = geopandas.GeoDataFrame(
            pd.DataFrame(data), geometry=geopandas.GeoSeries(np.asarray(frame.geometry.array), crs=frame.crs)
        )
        return table, [*issues, *(weighed[0].issues() if encoding is None else ()), *more]
    except UnicodeError:
        # Names of fields that do not fit the stated encoding: the reader proper knows how.
        raw = read._read(source, layer, None, encoding)  # noqa: SLF001 - of this package
        return raw.frame.head(HEAD), raw.issues
    except read._READ_ERRORS as error:  # noqa: SLF001 - of this package
        raise read._cannot_open(path, error) from error  # noqa: SLF001


# --- encoding -------------------------------------------------------------------------------------------------------


def _text(path: Path) -> TextEvidence:
    suffix = path.suffix.lower()
    if suffix == ".shp":
        weighed = shapefile.weigh(path)
        if weighed is None:
            return TextEvidence()
        evidence, head = weighed
        parts = siblings(path, SHAPEFILE_PARTS)
        texts = shapefile._texts(parts[".dbf"], head)  # noqa: SLF001 - of this package
        where = "cpg" if ".cpg" in parts else "ldid"
        return TextEvidence(evidence.encoding, evidence.stated, where if evidence.stated else "", evidence.sure,
                            evidence.texts, _trials(texts, evidence.encoding))  # fmt: skip
    if suffix not in (".csv", ".tsv", ".txt", ".kml", ".gml", ".geojson", ".json", ".topojson"):
        return TextEvidence()
    with path.open("rb") as stream:
        data = stream.read(_TEXT_HEAD)
    if data.startswith(b"\xef\xbb\xbf"):
        return TextEvidence("utf-8", "utf-8", "bom", True, 0, _trials(_lines(data[3:]), "utf-8"))
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4096]:
        return TextEvidence("utf-16", "utf-16", "bom", True)
    lines = _lines(data)
    if suffix in (".csv", ".tsv", ".txt"):
        evidence = encodings.weigh(lines, None)
        return TextEvidence(evidence.encoding, None, "", evidence.sure, evidence.texts,
                            _trials(lines, evidence.encoding))  # fmt: skip
    evidence = encodings.weigh(lines, "utf-8")
    return TextEvidence(evidence.encoding, "utf-8", "header", evidence.sure, evidence.texts,
                        _trials(lines, evidence.encoding))  # fmt: skip


def _lines(data: bytes) -> list[bytes]:
    lines = data.splitlines()
    if len(data) == _TEXT_HEAD:
        lines = lines[:-1] or lines  # the last one may be cut
    return [line for line in lines if not line.isascii()]


def _trials(texts: Sequence[bytes], used: str) -> tuple[Trial, ...]:
    if not texts:
        return ()
    found = []
    for name in dict.fromkeys((used, *ENCODINGS)):
        if any(name != other.encoding and encodings.same(name, other.encoding) for other in found):
            continue
        failed = sum(encodings.decode(text, name)[0] is None for text in texts[:2000])
        sample = tuple(_shown(text.decode(name, "replace")) for text in dict.fromkeys(texts[:6]))
        found.append(Trial(name, failed, sample))
    return tuple(found)


def _shown(text: str) -> str:
    """A text as a sample: of a long line the part that holds more than ASCII."""
    text = text.strip()
    found = re.search(r"[^<>\"{},:]{0,12}[^\x00-\x7f][^<>\"{}]{0,30}", text) if len(text) > 40 else None
    return (found[0] if found else text)[:40]


# --- coordinates ----------------------------------------------------------------------------------------------------


def places(
    seen: Look, *, crs: str | None = None, area: Any = None, around: whereabouts.Around | None = None,
    borders: Mapping[str, geopandas.GeoDataFrame] | None = None,
) -> Places:
    """Where the shapes of a file could be.

    Args:
        seen: The file.
        crs: To try beside the candidates, as a person typed it.
        area: Where the workspace's layers lie, in EPSG:4490; candidates within it come first.
        around: The same, more exactly; shapes that lie away from it under the stated system are in doubt.
        borders: Layers there by name whose borders other data shares (``crosschecks.BORDERED``); shapes whose borders meet
            theirs only after the shift of a consumer map is taken back are in doubt.
    """
    if seen.shapes is None or not len(seen.shapes):
        return Places()
    shapes = seen.shapes.geometry
    bounds = shapes.total_bounds
    if not np.isfinite(bounds).all():
        return Places()
    doubts = tuple(crs_doctor.diagnose(seen.shapes, seen.crs))
    if seen.refused is not None:
        doubts = tuple(dataclasses.replace(one, candidates=seen.refused.likely) for one in doubts)
        if not any(one.stops for one in doubts):  # of a file that states its system and has a column that names another
            doubts = (*doubts, Diagnosis("column-contradicts", {}, seen.refused.likely, "certain"))
    if not any(one.stops for one in doubts):
        stray = whereabouts.doubt(np.asarray(shapes.array, dtype=object), seen.crs, around)
        doubts = (*doubts, stray) if stray is not None else doubts
    if not any(one.stops for one in doubts) and borders and seen.crs is not None and seen.shift is None:
        shifted = _shifted(seen, borders)
        doubts = (*doubts, shifted) if shifted is not None else doubts
    outlines = _outlines(np.asarray(shapes.array, dtype=object))
    wanted: list[str] = []
    own = seen.shift or (_code(seen.crs) if seen.crs is not None else None)
    if own is not None:
        wanted.append(own)
    wanted += [code for doubt in doubts for code in doubt.candidates]
    if area is not None and any(doubt.stops for doubt in doubts):
        wanted += _zones(*bounds)
    if crs:
        wanted.append(crs)
    found = []
    swapped = any(doubt.code == "axes-swapped" for doubt in doubts)
    for code in dict.fromkeys(wanted):
        placed = _placed(outlines, code, swapped, area)
        if placed is not None:
            lon, lat, moved, within = placed
            found.append(Placement(code, moved, lon, lat, within, code == own))
    near = [one for one in found if one.within]
    keep = {code for doubt in doubts for code in doubt.candidates} | {own, crs}
    found = [one for one in found if one.crs in keep or one.within]  # of all the zones only those that fit the place
    found.sort(key=lambda one: (not one.stated, -(one.within or 0.0)))
    return Places(doubts, tuple(found), len(near) == 1)


def moved_m(seen: Look, system: str) -> float | None:
    """By how many metres the middle of the shapes moves when they are converted from a consumer map.

    Args:
        seen: The file.
        system: ``GCJ-02`` or ``BD-09``.

    Returns:
        ``None`` where the shapes are no degrees within China.
    """
    bounds = seen.shapes.total_bounds if seen.shapes is not None and len(seen.shapes) else np.full(4, np.nan)
    if not np.isfinite(bounds).all():
        return None
    middle = np.array([[(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2]])
    if not crs_doctor.in_china(float(middle[0, 0]), float(middle[0, 1])):
        return None
    (lon, lat), = crs_doctor.unshift(middle, system)
    return float(read._GEOD.inv(middle[0, 0], middle[0, 1], lon, lat)[2])  # noqa: SLF001 - of this package


def _shifted(seen: Look, borders: Mapping[str, geopandas.GeoDataFrame]) -> Diagnosis | None:
    """That the shapes lie beside layers as on a consumer map; nothing is converted before somebody says so."""
    from layers.crosschecks import shift_of

    assert seen.shapes is not None
    try:
        carrier = Transformer.from_crs(seen.crs, _CGCS2000, always_xy=True)
    except ProjError:
        return None
    raw = np.asarray(seen.shapes.geometry.array, dtype=object)
    placed = shapely.transform(raw, carrier.transform, interleaved=False)
    bounds = shapely.total_bounds(placed)
    if not np.isfinite(bounds).all() or not crs_doctor.in_china(float(bounds[0] + bounds[2]) / 2, float(bounds[1] + bounds[3]) / 2):
        return None
    values = {header: list(seen.cells[header])[: len(placed)] for header in seen.headers if len(seen.cells) >= len(placed)}
    found = shift_of(placed, values, borders)
    if found is None:
        return None
    return Diagnosis("shifted-coordinates", found, (str(found["system"]),), "likely")


def extent_of(frames: Sequence[geopandas.GeoDataFrame]) -> tuple[Any, tuple[Any, ...]]:
    """Where layers lie, in EPSG:4490: one area a little wider than they are, and outlines to draw.

    Args:
        frames: Layers in a known CRS.
    """
    parts: list[Any] = []
    for frame in frames:
        if frame is None or not len(frame) or frame.crs is None:
            continue
        shapes = _outlines(np.asarray(frame.geometry.array, dtype=object))
        try:
            carrier = Transformer.from_crs(frame.crs, _CGCS2000, always_xy=True)
        except ProjError:
            continue
        parts += list(shapely.transform(np.array(shapes, dtype=object), carrier.transform, interleaved=False))
    kept = [one for one in parts if one is not None and not one.is_empty and np.isfinite(one.bounds).all()]
    if not kept:
        return None, ()
    kept.sort(key=lambda one: -shapely.box(*one.bounds).area)
    area = shapely.buffer(shapely.convex_hull(shapely.union_all([shapely.box(*one.bounds) for one in kept])), 0.02)
    return area, tuple(kept[:_REFERENCE])


def _outlines(shapes: np.ndarray) -> tuple[Any, ...]:
    """Some of the shapes, simplified to what a small map can show."""
    there = shapes[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)]
    there = there[np.isfinite(shapely.bounds(there)).all(axis=1)] if len(there) else there
    if not len(there):
        return ()
    there = there[:: max(1, len(there) // _OUTLINES)]
    whole = shapely.total_bounds(there)
    step = max(whole[2] - whole[0], whole[3] - whole[1]) / 400
    return tuple(shapely.simplify(there, step, preserve_topology=False)) if step > 0 else tuple(there)


def _zones(west: float, south: float, east: float, north: float) -> list[str]:
    """Every zone that a planar place without zone number could be in."""
    if not crs_doctor.candidates(west, south, east, north) or east > 1_500_000 or east < 1000:
        return []
    return [f"EPSG:{code}" for code in (*range(4534, 4555), *range(4502, 4513))]


def _placed(
    outlines: Sequence[Any], code: str, swapped: bool, area: Any
) -> tuple[float, float, tuple[Any, ...], float | None] | None:
    shift = crs_doctor.declared_shift(code)
    try:
        source = _CGCS2000 if shift else CRS.from_user_input(code)
        carrier = Transformer.from_crs(source, _CGCS2000, always_xy=True)
    except (CRSError, ProjError):
        return None

    def carry(xy: np.ndarray) -> np.ndarray:
        turned = xy[:, ::-1] if swapped else xy
        if shift:
            return crs_doctor.unshift(turned, shift)
        return np.column_stack(carrier.transform(turned[:, 0], turned[:, 1]))

    shapes = np.array([one for one in outlines if not one.is_empty], dtype=object)
    if not len(shapes):
        return None
    with np.errstate(all="ignore"):
        moved = shapely.transform(shapes, carry)
    bounds = shapely.bounds(moved)
    good = np.isfinite(bounds).all(axis=1)
    if not good.any():
        return None
    moved, bounds = moved[good], bounds[good]
    lon = float((bounds[:, 0].min() + bounds[:, 2].max()) / 2)
    lat = float((bounds[:, 1].min() + bounds[:, 3].max()) / 2)
    within = None
    if area is not None:
        middles = shapely.points((bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2)
        within = float(np.mean(shapely.intersects(area, middles)))
    return round(lon, 4), round(lat, 4), tuple(moved), within


def _code(crs: CRS) -> str:
    number = crs.to_epsg()
    return f"EPSG:{number}" if number else crs.to_wkt()


def readings(
    path: Path | str, row: int, *, layer: str | None = None, encoding: str | None = None, crs: str | None = None
) -> tuple[Any, Any]:
    """Both readings of a broken polygon, in EPSG:4490: land drawn twice counted once, and left out.

    Args:
        path: The file.
        row: Of the shape, as an issue of reading names it.
        layer: Of a file that holds several.
        encoding: Of its text.
        crs: Where the file does not say, or says something wrong.

    Returns:
        Two shapes; ``None`` for one that is empty.

    Raises:
        LayerError: The file cannot be read, or has no such shape.
    """
    path = Path(path)
    must_exist(path)
    shift = crs_doctor.declared_shift(crs)
    given = CRS.from_user_input(crs) if crs and not shift else None
    with ExitStack() as stack:
        source, layer = stack.enter_context(opened(path, layer))
        raw = read._read(source, layer, given, encoding)  # noqa: SLF001 - of this package
    if row not in raw.rows:
        raise LayerError(N_("{file} 里没有第 {row} 个图形"), file=path.name, row=row)
    shape = shapely.force_2d(raw.frame.geometry.iloc[raw.rows.index(row)])
    used = given or raw.frame.crs or _CGCS2000
    carrier = Transformer.from_crs(used, _CGCS2000, always_xy=True)
    both = (mend(shape).geometry, read._evenodd(shape))  # noqa: SLF001 - of this package
    moved = [None if one is None or one.is_empty else shapely.transform(one, carrier.transform, interleaved=False)
             for one in both]  # fmt: skip
    return moved[0], moved[1]


def unknown_values(seen: Look, header: str, field_of: Any, known: Mapping[str, str] | None = None) -> list[str]:
    """Values of a column that a field with choices does not know, in the order of how often they stand there."""
    from layers.values import Unreadable, normalise

    found = []
    for value, _count in seen.values(header):
        if known and value in known:
            continue
        try:
            normalise(value, field_of)
        except Unreadable:
            found.append(value)
    return found

"""Files in, checked layers out, with every doubt about them written down.

What makes a whole file useless raises ``LayerError``, one sentence for people. What concerns one feature is an
``Issue``, and a feature that cannot be used is left out and counted. Nothing is guessed in silence: neither a
coordinate system nor a value.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
import sqlite3
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any
from xml.parsers import expat

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError

from layers import (
    boundary_txt,
    cad,
    crs_doctor,
    geodatabase,
    kml,
    mappings,
    portions,
    postgis,
    scratch,
    shapefile,
    stated,
    tables,
    whereabouts,
)
from layers import encoding as encodings
from layers.angles import angle, parse_angle, run_together
from layers.errors import N_, DoubtfulSystem, LayerError, reason_words
from layers.files import TABLES, digest, member_names, must_exist, opened, siblings, unpacked
from layers.files import parts as shapefile_parts
from layers.issues import Issue, counted
from layers.mappings import SourceMapping, Store, mapped
from layers.schema import PROJECT_ALIASES, ROLES, Field, Role, plain, plain_header
from layers.system_names import KEPT, is_column
from layers.values import EMPTY, Unreadable, as_text, is_missing, normalise, number
from spatial.crs import epsg
from spatial.repair import repair as mend

__all__ = [
    "REPAIRS",
    "REPAIR_SHARE",
    "Issue",
    "Layer",
    "LayerError",
    "LayerInfo",
    "ProjectsFile",
    "known_as",
    "list_layers",
    "quietly",
    "read_layer",
    "read_projects",
]

Progress = Callable[[int, int], object]  # steps done, steps in all
CGCS2000 = CRS.from_epsg(4490)
REPAIR_SHARE = 0.01  # of its area; a repair that changes more is somebody's decision
REPAIRS = ("union", "evenodd", "leave-out")
_REPAIR_LEAST_M2 = 1.0  # a change smaller than this is no decision, however small the shape
_MANY_SITES = 2000  # sites whose places are looked at one by one
_NOT_OURS = ("sanxian_", "gpkg_", "layer_styles", "qgis_projects", "sqlite_", "rtree_")
_KINDS = {0: "point", 1: "line", 2: "line", 3: "polygon", 4: "point", 5: "line", 6: "polygon", 7: "collection"}
_KIND_WORDS = {"point": N_("点"), "line": N_("线"), "polygon": N_("面"), "collection": N_("混合几何")}
_READ_ERRORS = (
    OSError, RuntimeError, ValueError, KeyError, TypeError, IndexError, AttributeError, NameError,
    shapely.errors.ShapelyError,
)  # fmt: skip
_GEOD = Geod(ellps="GRS80")


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as it was read: its features, and where they came from.

    Attributes:
        frame: Features with this program's field names, valid 2D geometries, the file's CRS and an index from 0.
        sha256: Digest of all the source files, so that a report can name the very data it used.
        encoding: Of the attribute text, where the file is one that leaves it open.
        signature: What the source is known by the next time (``layers.mappings.signature``).
        mapping: How it was read: what a person has said now or the last time; ``None`` where nobody said anything.
        crs_given: The CRS that a person named, as it was written.
        unplaced: Attributes of features that are kept though they have no place, for roles that keep such; what stands
            in columns of coordinates stays in it as it was written. ``None`` for none.
        secrecy: How secret it is, where it comes out of a workspace in which it is marked; else ``None``.
    """

    role: str
    name: str
    frame: geopandas.GeoDataFrame
    path: Path
    sha256: str
    encoding: str | None
    issues: tuple[Issue, ...]
    signature: str = ""
    mapping: SourceMapping | None = None
    crs_given: str | None = None
    unplaced: pd.DataFrame | None = None
    secrecy: str | None = None

    @property
    def count(self) -> int:
        """Features, those without a place among them."""
        return len(self.frame) + (0 if self.unplaced is None else len(self.unplaced))


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One layer inside a file.

    Attributes:
        geometry_type: As the file says; ``None`` for a table without geometry.
        features: ``-1`` where the format cannot say without reading everything.
        crs: Name of the CRS, or ``None``.
        dataset: Of a file geodatabase, the feature dataset that the layer lies in.
        alias: Of a file geodatabase, what the layer is called for people.
    """

    name: str
    geometry_type: str | None
    features: int
    crs: str | None
    dataset: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class ProjectsFile:
    """Projects as they stand in a file: sites, and attributes as raw text.

    Attributes:
        frame: Contract attribute names where the columns are known by alias, other columns as they are. Cells are
            text or ``None``.
        rows: For each feature its row in the file, as a spreadsheet or a GIS counts it.
        signature, mapping: As of a ``Layer``.
    """

    frame: geopandas.GeoDataFrame
    sha256: str
    issues: tuple[Issue, ...]
    path: Path
    rows: tuple[int, ...] = ()
    encoding: str | None = None
    signature: str = ""
    mapping: SourceMapping | None = None


@dataclass(frozen=True, slots=True)
class _Raw:
    """A file's rows before anything is known about their meaning; ``rows`` are positions from 1.

    ``coordinates`` are the cells of a table from which its places were read, ``headers`` all its columns in their order,
    ``said`` what its columns say of its coordinate system.
    """

    frame: geopandas.GeoDataFrame
    rows: list[int]
    issues: list[Issue]
    encoding: str | None
    name: str
    coordinates: pd.DataFrame | None = None
    headers: tuple[str, ...] = ()
    said: stated.Said | None = None


def read_layer(
    path: Path | str,
    role: str,
    *,
    layer: str | None = None,
    crs: CRS | str | int | None = None,
    encoding: str | None = None,
    fields: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
    remembered: Store | None = None,
    name: str | None = None,
    repair: str | None = None,
    close_lines: bool = False,
    around: whereabouts.Around | None = None,
    elsewhere: bool = False,
    progress: Progress | None = None,
) -> Layer:
    """Read one layer and check it against what its role holds.

    Args:
        path: A vector file, a zip archive holding one, a table with coordinates, or the address of a PostGIS database
            (``postgresql://user@host/database?table=schema.table``).
        role: A key of ``layers.schema.ROLES``.
        layer: Name of the layer, or of the sheet, inside a file that holds several.
        crs: For a file that does not say, or that says something wrong; an issue tells where it overrides. ``GCJ-02``
            and ``BD-09`` declare coordinates of consumer maps, which are then converted, and an issue tells so.
        encoding: Of the text, for formats that leave it open; otherwise decided by evidence.
        fields: The file's names by ours, where no alias fits.
        values: By our field: what the file writes, and which of our values that is, where no alias fits.
        remembered: Where to look how this source was read the last time; ``fields``, ``values`` and ``encoding`` go
            before it, and an issue ``mapping-used`` tells what was taken from there.
        name: What to call the layer; by default as the file does.
        repair: How to read a broken polygon whose area the repair changes by more than ``REPAIR_SHARE``: ``union``
            (land drawn twice counts once), ``evenodd`` (land drawn twice is left out, as a hole) or ``leave-out``
            (the feature is not read); ``tell`` is union with an issue that tells all areas. Without it such a file is
            refused, with both areas.
        close_lines: Make polygons of open lines that look like boundaries; otherwise they are only named.
        around: Where the other layers lie: a layer away from all of them is refused while nobody has named its CRS, with
            the readings that would bring it there.
        elsewhere: Somebody has confirmed that it lies away from them, or outside China.
        progress: Called with steps done and in all; it may raise to stop, and nothing is left behind.

    Raises:
        LayerError: The file cannot be opened, holds no such layer, lacks a required field, has geometries of the
            wrong kind, leaves its coordinate system in doubt and none was given, or holds a shape whose repair has to
            be chosen.
    """
    step = _steps(progress, 5)
    schema = _role(role)
    shift = crs_doctor.declared_shift(crs)
    wanted = _crs(crs) if shift is None else CGCS2000
    with ExitStack() as stack:
        if postgis.is_database(path):
            step()
            path, source, raw, sha256 = _read_database(path, layer)
        else:
            path = Path(path)
            must_exist(path)
            source, layer = stack.enter_context(opened(path, layer))
            step()
            raw = _remembering(path, source, layer, wanted, encoding, remembered, role, close=schema.geometry == "polygon")
            sha256 = ""
        step()
        shift = _column_system(raw, crs, source, shift)
        mark, mapping = _mapping(path, raw, role, fields, values, encoding, crs, remembered)
        _closed_lines(raw, source, close_lines, schema)
        if role == "project_site":
            frame, issues = _project_columns(raw.frame, mapping, source), []
        else:
            frame, issues = _typed(raw, schema, mapping, source)
        step()
        frame = _kept_words(frame, raw, crs)
        typed = frame
        frame, rows, more = _sound(frame, raw.rows, schema, source, repair or "ask")
        unplaced, more = _unplaced(typed, rows, more, raw, schema)
        step()
        frame = _placed(frame, wanted, source, issues)
        if shift is not None:
            frame = _unshifted(frame, shift, source, issues)
        issues[:] = _about_columns(issues, raw, crs, shift)
        issues += _away(frame, rows, [*raw.issues, *issues], source, wanted if shift is None and not elsewhere else None)
        issues += _elsewhere(frame, source, around, confirmed=elsewhere or crs is not None, role=role)
        issues += _perhaps_shifted(frame, source, crs)
        step()
        secrecy = None if sha256 else _marked(Path(source), layer)
        sha256 = sha256 or digest(path)
    issues = [*raw.issues, *issues, *more]
    if not len(raw.frame):
        issues.append(Issue("empty-layer", severity="warning", values={"features": 0}))
    elif not len(frame) and unplaced is None:
        issues.append(Issue("empty-layer", severity="error", values={"features": 0, "read": len(raw.frame)}))
    step()
    return Layer(
        role, name or raw.name, frame, path, sha256, raw.encoding, tuple(counted(issues)), mark,
        mapping if mapping else None, str(crs) if crs is not None else None, unplaced, secrecy,
    )  # fmt: skip


def _marked(file: Path, table: str | None) -> str | None:
    """How secret a layer of a workspace is; of a workspace as a whole the most that any of its layers is."""
    if file.suffix.lower() != ".gpkg":
        return None
    from layers.workspace import SECRECY

    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT l.table_name, s.mark FROM sanxian_secrecy s JOIN sanxian_layers l USING (family)").fetchall()
    except sqlite3.Error:  # no workspace, or one of an older program
        return None
    marks = [mark for name, mark in rows if table in (None, name) and mark in SECRECY]
    return max(marks, key=SECRECY.index, default=None)


def read_projects(
    path: Path | str,
    *,
    layer: str | None = None,
    crs: CRS | str | int | None = None,
    encoding: str | None = None,
    fields: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
    remembered: Store | None = None,
    repair: str | None = None,
    close_lines: bool = False,
    around: whereabouts.Around | None = None,
    elsewhere: bool = False,
) -> ProjectsFile:
    """Read a project file: any vector file, or a table with coordinates or WKT.

    A project whose place cannot be read is left out of the frame and is an issue of severity ``error``: whoever
    screens the rest has to say so. A repair that changes a site's area by more than ``REPAIR_SHARE`` is an issue that
    tells both areas; ``fields`` (any names), ``values``, ``remembered``, ``repair``, ``close_lines``, ``around`` and
    ``elsewhere`` are as for ``read_layer``, but sites away from all layers are refused only where another reading of
    their coordinates would bring them there. A column that another is named in the place of keeps its cells under another name.

    Raises:
        LayerError: As for ``read_layer``.
    """
    shift = crs_doctor.declared_shift(crs)
    wanted = _crs(crs) if shift is None else CGCS2000
    with ExitStack() as stack:
        if postgis.is_database(path):
            path, source, raw, sha256 = _read_database(path, layer)
        else:
            path = Path(path)
            must_exist(path)
            source, layer = stack.enter_context(opened(path, layer))
            raw, sha256 = _remembering(path, source, layer, wanted, encoding, remembered, "project_site"), ""
        shift = _column_system(raw, crs, source, shift)
        mark, mapping = _mapping(path, raw, "project_site", fields, values, encoding, crs, remembered)
        _closed_lines(raw, source, close_lines, ROLES["project_site"])
        frame, rows, issues = _sound(
            _kept_words(_project_columns(raw.frame, mapping, source), raw, crs), raw.rows, ROLES["project_site"], source, repair or "tell"
        )
        frame = _placed(frame, wanted, source, issues)
        if shift is not None:
            frame = _unshifted(frame, shift, source, issues)
        issues[:] = _about_columns(issues, raw, crs, shift)
        issues += _away(frame, rows, [*raw.issues, *issues], source, wanted if shift is None and not elsewhere else None)
        issues += _elsewhere(
            frame, source, around, confirmed=elsewhere or crs is not None, role="project_site", rows=rows
        )
        issues += _perhaps_shifted(frame, source, crs)
        sha256 = sha256 or digest(path)
    if not len(raw.frame):
        issues.append(Issue("empty-layer", severity="error", values={"features": 0}))
    return ProjectsFile(
        frame, sha256, tuple(counted([*raw.issues, *issues])), path, tuple(rows), raw.encoding, mark,
        mapping if mapping else None,
    )  # fmt: skip


def _remembering(
    path: Path, source: Path, layer: str | None, crs: CRS | None, encoding: str | None, remembered: Store | None,
    role: str, *, close: bool = False,
) -> _Raw:  # fmt: skip
    """Read a file in the encoding given, else in the one that was chosen by hand for such a file before."""
    kept = remembered.encoding_for(mappings.pattern(path), role) if remembered is not None and encoding is None else None
    if kept is not None:
        try:
            raw = _read(source, layer, crs, kept, close=close)
        except DoubtfulSystem:
            raise  # in any encoding
        except LayerError:
            pass  # this delivery is in another encoding: decide by evidence
        else:
            raw.issues.append(Issue("encoding-remembered", severity="info", values={"encoding": kept}))
            return raw
    return _read(source, layer, crs, encoding, close=close)


def _mapping(
    path: Path, raw: _Raw, role: str, fields: Mapping[str, str] | None,
    values: Mapping[str, Mapping[str, str]] | None, encoding: str | None, crs: object, remembered: Store | None,
) -> tuple[str, SourceMapping]:  # fmt: skip
    """What the source is known by, and how it is to be read: as said now, else as said the last time."""
    mark = mappings.signature(path, [str(name) for name in raw.frame.columns if name != raw.frame.geometry.name])
    former = remembered.mapping_for(mark, role) if remembered is not None else None
    said = SourceMapping(
        role, dict(fields or {}), {name: dict(words) for name, words in (values or {}).items()}, encoding,
        str(crs) if crs is not None else None, mappings.pattern(path),
    )  # fmt: skip
    mapping = said.over(former)
    if former is not None and (former.fields or former.values):
        raw.issues.append(
            Issue("mapping-used", severity="info",
                  values={"fields": _pairs(former.fields), "values": _pairs(
                      {word: value for words in former.values.values() for word, value in words.items()})})
        )  # fmt: skip
    return mark, mapping


def _pairs(pairs: Mapping[str, str]) -> str:
    return "、".join(f"{one}＝{other}" for one, other in pairs.items()) or "—"


def list_layers(path: Path | str) -> list[LayerInfo]:
    """The layers inside a file or a database; of a spreadsheet its sheets.

    Raises:
        LayerError: The file cannot be opened.
    """
    if postgis.is_database(path):
        found = postgis.tables(postgis.parse(path))
        return [LayerInfo(name, kind, count, f"EPSG:{srid}" if srid else None) for name, kind, count, srid in found]
    path = Path(path)
    must_exist(path)
    with ExitStack() as stack:
        source = path
        if path.suffix.lower() in (".zip", ".kmz"):
            files = stack.enter_context(unpacked(path))
            if len(files) > 1:
                about = [list_layers(file)[:1] for file in files]
                named = zip(member_names(files), about, strict=True)
                return [dataclasses.replace(infos[0], name=name) for name, infos in named if infos]
            source = files[0]
        _refuse_unreadable_formats(source)
        source, _ = _in_utf8(source, stack)
        suffix = source.suffix.lower()
        if suffix in (".xlsx", ".xlsm", ".xls", ".ods"):
            return [LayerInfo(sheet, None, -1, None) for sheet in tables.sheet_names(source)]
        if suffix == ".txt":
            with suppress(LayerError):  # what is wrong with it reading tells
                if (parcels := boundary_txt.read_file(source, None, None, [])) is not None:
                    return [LayerInfo(source.stem, "Polygon", len(parcels[0]), None)]  # sites, not their points
        if suffix in TABLES:
            table = tables.read_table(source)
            return [LayerInfo(source.stem, None, len(table.rows), None)]
        if suffix in (".parquet", ".geoparquet"):
            frame = _parquet(source)
            kinds = sorted(frame.geom_type.dropna().unique())
            return [LayerInfo(source.stem, "/".join(kinds) or None, len(frame), _crs_name(frame.crs))]
        found = []
        about = geodatabase.items(source) if suffix == ".gdb" else {}
        for layer, kind in _names(source):
            item = about.get(layer, geodatabase.Item())
            try:
                info, _ = quietly(pyogrio.read_info, source, layer=layer)
            except _READ_ERRORS:
                found.append(LayerInfo(layer, kind, -1, None, item.dataset, item.alias))
                continue
            found.append(LayerInfo(layer, kind, int(info["features"]), info["crs"], item.dataset, item.alias))
        return found


def _read_database(address: Path | str, layer: str | None) -> tuple[Path, Path, _Raw, str]:
    """A table of a PostGIS database: where it is from, twice, its rows, and their digest."""
    database = postgis.parse(address)
    frame, table, sha256 = postgis.read_frame(database, layer)
    rows = list(range(1, len(frame) + 1))
    path = postgis.origin(database, table)
    return path, path, _Raw(frame, rows, _destroyed(pd.DataFrame(frame.drop(columns="geometry")), rows), None, table), sha256


def _steps(progress: Progress | None, total: int) -> Callable[[], None]:
    done = 0

    def step() -> None:
        nonlocal done
        if progress is not None:
            progress(done, total)
        done += 1

    return step


# --- opening --------------------------------------------------------------------------------------------------------


def _role(role: str) -> Role:
    schema = ROLES.get(role)
    if schema is None:
        raise LayerError(N_("没有名为 {role} 的图层类型；可用：{roles}"), role=role, roles="、".join(ROLES))
    if schema.geometry == "raster":
        raise LayerError(N_("栅格不作为矢量图层读取，请用添加栅格"))
    return schema


def _crs(crs: CRS | str | int | None) -> CRS | None:
    if crs is None:
        return None
    try:
        return CRS.from_user_input(crs)
    except (CRSError, ValueError, TypeError) as error:
        raise LayerError(N_("不认识坐标系 {crs}；写法如 EPSG:4490、EPSG:4548"), crs=str(crs)) from error


def _crs_name(crs: CRS | None) -> str | None:
    if crs is None:
        return None
    code = epsg(crs)
    return f"EPSG:{code}" if code else crs.name


def quietly(function: Any, *args: Any, **more: Any) -> tuple[Any, list[str]]:
    """Call ``function`` and return its result and what it warned of, instead of printing that."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function(*args, **more)
    return result, [str(item.message) for item in caught]


def _refuse_unreadable_formats(path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix == ".dwg":
        raise LayerError(N_("{file} 是 DWG 图，不能直接读取；请在 CAD 中另存为 DXF 再添加"), file=path.name)
    if suffix in (".doc", ".docx", ".pdf", ".wps"):
        raise LayerError(N_("{file} 是文档，不是图层；请提供其中坐标的表格或界址点文本"), file=path.name)
    if suffix in (".tif", ".tiff", ".img", ".jpg", ".png", ".asc"):
        raise LayerError(N_("{file} 是栅格，请用添加栅格"), file=path.name)
    if suffix in (".rar", ".7z"):
        raise LayerError(N_("{file} 是压缩包，请先解压，或改用 zip"), file=path.name)
    if suffix in (".dbf", ".shx", ".prj", ".cpg") and path.with_suffix(".shp").exists():
        raise LayerError(N_("请选择 {shp}，{file} 是它的附属文件"), shp=path.with_suffix(".shp").name, file=path.name)


def _names(path: Path) -> list[tuple[str, str | None]]:
    try:
        found, _ = quietly(pyogrio.list_layers, path)
    except _READ_ERRORS as error:
        raise _cannot_open(path, error) from error
    return [(str(name), kind) for name, kind in found if not str(name).startswith(_NOT_OURS)]


def _cannot_open(path: Path, error: BaseException) -> LayerError:
    """One sentence; the library's own words stand in ``__cause__`` and not in front of people."""
    text = str(error).replace(str(path), "").replace(path.name, "")
    return LayerError(N_("{file} 无法作为图层打开：{reason}"), file=path.name, reason=reason_words(text))


def _read(
    path: Path, layer: str | None, crs: CRS | None, encoding: str | None, *, close: bool = False,
    doubts: list[DoubtfulSystem] | None = None,
) -> _Raw:  # fmt: skip
    _refuse_unreadable_formats(path)
    suffix = path.suffix.lower()
    if encoding is not None:
        encodings.check_encoding(encoding)
    if suffix == ".txt":
        parcels = boundary_txt.read_file(path, crs, encoding)
        if parcels is not None:
            frame, rows, issues, used = parcels
            return _Raw(frame, rows, issues, used, path.stem)
    if suffix in TABLES:
        return _read_table(path, layer, crs, encoding, doubts)
    if suffix in (".parquet", ".geoparquet"):
        frame = _parquet(path)
        return _Raw(frame, list(range(1, len(frame) + 1)), [], None, path.stem)
    with ExitStack() as stack:
        source, issues = _in_utf8(path, stack)
        source, attributes = kml.readable(source, stack)
        raw = _read_vector(source, layer, encoding, attributes)
        raw.issues[:0] = issues
        if suffix == ".dxf":
            frame, more = cad.boundaries(raw.frame, path, close=close, crs=crs)
            return _Raw(frame, list(range(1, len(frame) + 1)), [*raw.issues, *more], raw.encoding, raw.name)
        return raw


def _in_utf8(path: Path, stack: ExitStack) -> tuple[Path, list[Issue]]:
    """A text format's file as it is, or a copy in UTF-8 where it is GBK, which its readers do not take."""
    if path.suffix.lower() == ".shp":
        return _with_readable_prj(path, stack), []
    if path.suffix.lower() not in (".kml", ".gml", ".geojson", ".json", ".topojson"):
        return path, []
    data = path.read_bytes()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        text, used, issues = encodings.read_text(path)
        if used not in ("gb18030", "utf-16", "utf-16-le", "utf-16-be"):
            return path, []
        stated = re.search(r"""encoding=["']([^"']+)["']""", text[:200])
        text = re.sub(r"""(<\?xml[^>]*encoding=)["'][^"']+["']""", r'\1"UTF-8"', text, count=1)
        copy = Path(stack.enter_context(scratch.temporary())) / path.name
        copy.write_text(text, encoding="utf-8")
        says = stated[1] if stated else "utf-8"
        if encodings.stated_by_page(says) is None or not encodings.same(encodings.stated_by_page(says) or "", used):
            values = {"stated": says, "encoding": used}
            issues = [*issues, Issue("encoding-stated-wrongly", severity="warning", values=values)]
        return copy, issues
    return path, []


def _with_readable_prj(path: Path, stack: ExitStack) -> Path:
    """A shapefile as it is, or a copy whose .prj is UTF-8: one with a Chinese name in GBK stops GDAL's Python side."""
    parts = {part.suffix.lower(): part for part in shapefile_parts(path)}
    data = parts[".prj"].read_bytes() if ".prj" in parts else b""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        folder = Path(stack.enter_context(scratch.temporary()))
        for part in parts.values():
            if part != parts[".prj"]:
                shutil.copyfile(part, folder / part.name)
        with suppress(UnicodeDecodeError):  # where it is no text at all, there is no CRS, and one is asked for
            (folder / parts[".prj"].name).write_text(data.decode("gb18030"), encoding="utf-8")
        return folder / path.name
    return path


def _parquet(path: Path) -> geopandas.GeoDataFrame:
    try:
        frame, _ = quietly(geopandas.read_parquet, path)
    except (*_READ_ERRORS, ImportError) as error:
        raise _cannot_open(path, error) from error
    return frame


def _read_vector(path: Path, layer: str | None, encoding: str | None, attributes: kml.Attributes | None = None) -> _Raw:
    """A layer as GDAL gives it; ``attributes`` are those of ``kml.readable``."""
    parts = shapefile.check_parts(path) if path.suffix.lower() == ".shp" else []
    _must_be_whole(path)
    found = _names(path)
    about = geodatabase.items(path) if path.suffix.lower() == ".gdb" else {}
    meant = [name for name, item in about.items() if layer is not None and item.alias == layer]
    layer = meant[0] if len(meant) == 1 and layer not in [name for name, _ in found] else layer
    spatial = [name for name, kind in found if kind is not None]
    if layer is not None:
        if layer not in [name for name, _ in found]:
            names = "、".join(name for name, _ in found)
            raise LayerError(N_("{file} 里没有图层 {layer}；有：{names}"), file=path.name, layer=layer, names=names)
        chosen = layer
    elif not spatial:
        raise LayerError(N_("{file} 里没有带几何的图层"), file=path.name)
    elif len(spatial) > 1 and path.suffix.lower() == ".kml":
        return _folders(path, spatial, encoding, attributes)
    elif len(spatial) > 1:
        filled = [name for name in spatial if _features(path, name) != 0]
        if len(filled) != 1:
            names = "、".join(f"{name}（{about[name].alias}）" if name in about and about[name].alias else name for name in spatial)
            raise LayerError(N_("{file} 里有多个图层，请指明一个：{names}"), file=path.name, names=names)
        chosen = filled[0]
    else:
        chosen = spatial[0]
    issues: list[Issue] = list(parts)
    used = encoding
    weighed = None
    if path.suffix.lower() == ".shp":
        weighed = shapefile.weigh(path)
        if weighed is not None:
            used = encoding or weighed[0].encoding
            issues += [] if encoding else weighed[0].issues()
    try:
        if weighed is not None:
            frame, said = _shapes(path, chosen)
        else:
            more = cad.options(path) if path.suffix.lower() == ".dxf" else {}
            charset = _charset(path)  # what GDAL turns the text from before anybody else sees it
            more |= {"layer": chosen, "encoding": None if charset else encoding, "datetime_as_string": True}
            try:
                frame, said = _drawing(path, more, issues) if path.suffix.lower() == ".dxf" else quietly(
                    portions.read_dataframe, path, **more)
            except (shapely.errors.ShapelyError, NotImplementedError):
                # Surfaces of triangles (multipatch, TIN) have no place in a map, and open rings are to be closed; the
                # rest of the layer is as it is.
                plain_, _ = quietly(pyogrio.read_dataframe, path, on_invalid="ignore", **more)
                frame, said = quietly(pyogrio.read_dataframe, path, on_invalid="fix", **more)
                closed = np.flatnonzero(plain_.geometry.isna().to_numpy() & frame.geometry.notna().to_numpy())
                issues += [Issue("ring-closed", int(at) + 1, None, "warning") for at in closed]
                kinds = Counter(kind for kind in _kinds(path, chosen) if kind in _SURFACES)
                if kinds or not len(closed):
                    kind = "、".join(kinds) or str(quietly(pyogrio.read_info, path, layer=chosen)[0]["geometry_type"])
                    count = sum(kinds.values()) or int(frame.geometry.isna().sum())
                    issues.append(Issue("geometry-unsupported", None, None, "error", {"kind": kind, "count": count}))
            except UnicodeError:
                # MapInfo and others that name no encoding, or none that is true: the bytes have to tell.
                if encoding is not None:
                    raise
                frame, said = quietly(pyogrio.read_dataframe, path, **{**more, "encoding": "latin-1"})
                frame, evidence = _by_evidence(frame, None, None)
                used = evidence.encoding
                issues += evidence.issues()
            else:
                if charset and isinstance(frame, geopandas.GeoDataFrame) and _beyond_ascii(frame):
                    # GDAL has left out what does not fit the stated set; the bytes in the file are whole.
                    with scratch.temporary() as folder:
                        bare, options = _neutral(path, Path(folder)), {**more, "encoding": "latin-1"}
                        frame, said = quietly(pyogrio.read_dataframe, bare, **options)
                    frame, evidence = _by_evidence(frame, charset, encoding)
                    used = evidence.encoding
                    issues += evidence.issues() if encoding is None else []
    except UnicodeError as error:
        raise LayerError(N_("{file} 的文字不是 {encoding} 编码"), file=path.name, encoding=used or "utf-8") from error
    except _READ_ERRORS as error:
        raise _cannot_open(path, error) from error
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise LayerError(N_("{file} 里没有带几何的图层"), file=path.name)
    issues += _said(said, len(frame))
    issues += _fewer(path, chosen, len(frame))
    if path.suffix.lower() in (".gpkg", ".gdb", ".gml", ".sqlite"):
        curved = sum(kind in _CURVES for kind in _kinds(path, chosen))
        if curved:
            issues.append(Issue("curves-straightened", None, None, "warning", {"count": curved}))
    frame.columns = [str(column) for column in frame.columns]
    if attributes is not None:
        frame, twice = attributes.fill(frame)
        issues += twice
    if chosen in about:
        frame = _by_title(frame, about[chosen].titles, issues)
    rows = list(range(1, len(frame) + 1))
    if weighed is not None:
        data, more = shapefile.attributes(path, weighed[1], used or "utf-8", frame.index)
        issues += more
        rows = [int(fid) + 1 for fid in frame.index]
        if len(rows) < weighed[1].records:
            values = {"count": weighed[1].records - len(rows), "there": weighed[1].records}
            issues.append(Issue("records-deleted", None, None, "warning", values))
        geometry = geopandas.GeoSeries(np.asarray(frame.geometry.array), crs=frame.crs)
        frame = geopandas.GeoDataFrame(pd.DataFrame(data), geometry=geometry.rename("geometry"))
    issues += _destroyed(frame, rows)
    if path.suffix.lower() == ".kml" and layer is None:
        issues += _all_placemarks(path, len(frame))
    name = chosen if len(found) > 1 or path.suffix.lower() in (".gpkg", ".gdb") else path.stem
    return _Raw(frame, rows, issues, used, name)


_SURFACES = ("TIN", "TRIANGLE", "POLYHEDRALSURFACE", "MULTIPATCH")
_CURVES = ("CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE")


def _kinds(path: Path, layer: str) -> list[str]:
    """The kind of every feature's geometry as the file has it, before it is made plain; empty where it cannot be told."""
    query = f'SELECT OGR_GEOMETRY AS kind FROM "{layer}"'.replace("\\", "")
    try:
        if path.suffix.lower() == ".gpkg" and not _may_hold_curves(path):
            return []
        table, _ = quietly(pyogrio.read_dataframe, path, sql=query, sql_dialect="OGRSQL", read_geometry=False)
    except _READ_ERRORS:
        return []
    return [str(kind or "").split()[0] if kind else "" for kind in table["kind"]] if "kind" in table else []


def _may_hold_curves(path: Path) -> bool:
    """Whether a GeoPackage announces other geometries than points, lines and areas, as it must."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        try:
            query = "SELECT count(*) FROM gpkg_extensions WHERE extension_name LIKE 'gpkg_geom_%'"
            return bool(connection.execute(query).fetchone()[0])
        except sqlite3.DatabaseError:
            return True


def _must_be_whole(path: Path) -> None:
    """Refuse a GML or KML file whose end is missing: GDAL gives the features before it, or none, without a word."""
    if path.suffix.lower() not in (".gml", ".kml"):
        return
    parser = expat.ParserCreate()
    try:
        with path.open("rb") as stream:
            parser.ParseFile(stream)
    except expat.ExpatError as error:
        if "no element found" in str(error) or "unclosed token" in str(error):
            raise LayerError(N_("{file} 不完整：文件在中途结束，请重新复制或下载"), file=path.name) from error
        # What else is wrong with it GDAL may still read: a namespace that is not declared, a wrong encoding line.


def _drawing(path: Path, more: dict[str, Any], issues: list[Issue]) -> tuple[Any, list[str]]:
    """A drawing; where GDAL stops at splines that only name the points they go through, with these as lines."""
    try:
        return quietly(pyogrio.read_dataframe, path, **more)
    except (pyogrio.errors.FeatureError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        with scratch.temporary() as folder:
            copy = Path(folder) / path.name
            drawn = cad.draw_splines(path, copy)
            if not drawn:
                raise
            found = quietly(pyogrio.read_dataframe, copy, **more)
        issues.append(Issue("splines-drawn", None, None, "warning", {"count": drawn}))
        return found


# Character sets of MapInfo; Chinese text is often stored under Latin by mistake, and UTF-8 under Chinese.
_CHARSETS = {"windowslatin1": "cp1252", "windowslatin2": "cp1250", "windowscyrillic": "cp1251", "isolatin1": "latin-1",
             "windowssimpchinese": "gbk", "windowstradchinese": "big5"}  # fmt: skip


def _charset(path: Path) -> str | None:
    """The codec that a MapInfo file states, from which GDAL turns its text; ``None`` where it leaves the text alone."""
    if path.suffix.lower() not in (".mif", ".tab"):
        return None
    with path.open("rb") as stream:
        found = re.search(rb'(?i)charset\s+"([^"]+)"', stream.read(4096))
    return _CHARSETS.get(found[1].decode("ascii", "replace").lower()) if found else None


def _neutral(path: Path, folder: Path) -> Path:
    """A copy of a MapInfo file that states no character set."""
    for part in siblings(path, (".mif", ".mid", ".tab", ".dat", ".map", ".id", ".ind")).values():
        shutil.copyfile(part, folder / part.name)
    copy = folder / path.name
    copy.write_bytes(re.sub(rb'(?i)(charset\s+)"[^"]+"', rb'\1"Neutral"', copy.read_bytes(), count=1))
    return copy


def _beyond_ascii(frame: geopandas.GeoDataFrame) -> bool:
    names = [column for column in frame.columns if column != frame.geometry.name]
    return not all(str(name).isascii() for name in names) or any(
        isinstance(value, str) and not value.isascii() for name in names for value in frame[name]
    )


def _by_evidence(
    frame: geopandas.GeoDataFrame, stated: str | None, given: str | None
) -> tuple[geopandas.GeoDataFrame, encodings.Evidence]:
    """The texts of a frame in the encoding that their bytes speak for, or in the one given.

    Args:
        frame: As it was read, a letter a byte (Latin-1).
        stated: What the file says.
        given: What a person says.

    Raises:
        UnicodeError: What was given does not fit.
    """

    def raw(text: str) -> bytes:
        return text.encode("latin-1", "replace")

    names = [column for column in frame.columns if column != frame.geometry.name]
    words = {name for name in names if not str(name).isascii()}
    for name in names:
        words |= {value for value in frame[name] if isinstance(value, str) and not value.isascii()}
    evidence = encodings.weigh([raw(word) for word in sorted(words)], stated)
    codec = given or evidence.encoding
    if given is not None:
        evidence = dataclasses.replace(evidence, encoding=given)
    again = {word: raw(word).decode(codec, "strict" if given else "replace") for word in words}
    data = {
        again.get(name, name): pd.Series(
            [again.get(value, value) if isinstance(value, str) else value for value in frame[name]], index=frame.index,
            dtype=object if frame[name].dtype == object or pd.api.types.is_string_dtype(frame[name].dtype) else frame[name].dtype,
        )
        for name in names
    }  # fmt: skip
    return geopandas.GeoDataFrame(pd.DataFrame(data, index=frame.index), geometry=frame.geometry), evidence


def _said(messages: Sequence[str], count: int) -> list[Issue]:
    """What the reader said in English, as issues of our own where it is known."""
    issues = []
    for text in dict.fromkeys(messages):
        if "Measured (M) geometry types" in text:
            issues.append(Issue("measures-dropped", None, None, "info", {"count": count}))
        elif "Non closed ring" not in text:  # each of them is named by its row
            issues.append(Issue("reader-message", severity="info", values={"text": text}))
    return issues


def _fewer(path: Path, layer: str, read: int) -> list[Issue]:
    """Whether there are fewer features than the file says it has.

    Raises:
        LayerError: There are, and the format writes its number once and for all.
    """
    suffix = path.suffix.lower()
    if suffix not in (".fgb", ".gpkg", ".gdb", ".tab"):
        return []
    there = _features(path, layer)
    if there <= read:
        return []
    if suffix == ".fgb":
        raise LayerError(
            N_("{file} 不完整：应有 {should} 个要素，只读出 {has} 个，请重新复制"), file=path.name, should=there, has=read
        )
    return [Issue("features-not-read", None, None, "error", {"there": there, "read": read})]


def _by_title(frame: geopandas.GeoDataFrame, titles: Mapping[str, str], issues: list[Issue]) -> geopandas.GeoDataFrame:
    """Fields whose names say nothing under the names that people gave them, where these are names that we know."""
    known = {plain_header(word) for role in ROLES.values() for field in role.fields for word in (field.name, *field.aliases)}
    known |= {plain_header(word) for ours, words in PROJECT_ALIASES.items() for word in (ours, *words)}
    used = {
        name: title for name, title in titles.items()
        if name in frame and plain_header(name) not in known and plain_header(title) in known and title not in frame
    }  # fmt: skip
    used = {name: title for name, title in used.items() if list(used.values()).count(title) == 1}
    if not used:
        return frame
    pairs = "、".join(f"{name}＝{title}" for name, title in used.items())
    issues.append(Issue("fields-by-alias", None, None, "info", {"fields": pairs}))
    return geopandas.GeoDataFrame(frame.rename(columns=used))


def _folders(path: Path, folders: Sequence[str], encoding: str | None, attributes: kml.Attributes | None) -> _Raw:
    """The folders of a KML file as one layer; in which of them a feature lies is kept as an attribute."""
    frames, issues = [], []
    for folder in folders:
        raw = _read_vector(path, folder, encoding, attributes)
        before = sum(map(len, frames))
        column = "folder"
        while column in raw.frame:
            column += "_"
        frames.append(raw.frame.assign(**{column: folder}))
        issues += [issue if issue.row is None else dataclasses.replace(issue, row=issue.row + before) for issue in raw.issues]
    filled = [frame.astype({c: object for c in frame.columns if c != frame.geometry.name}) for frame in frames
              if len(frame)] or frames[:1]  # fmt: skip
    frame = pd.concat(filled, ignore_index=True)
    counts = "、".join(f"{folder}（{len(part)}）" for folder, part in zip(folders, frames, strict=True))
    issues.append(Issue("folders-merged", severity="info", values={"count": len(folders), "folders": counts}))
    issues += _all_placemarks(path, len(frame))
    return _Raw(geopandas.GeoDataFrame(frame), list(range(1, len(frame) + 1)), issues, None, path.stem)


def _all_placemarks(path: Path, read: int) -> list[Issue]:
    """Whether GDAL, which knows folders but not everything that may stand beside them, has left places out."""
    text = re.sub(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>", b"", path.read_bytes(), flags=re.DOTALL)
    there = len(re.findall(rb"<(?:\w+:)?Placemark[\s>]", text))
    links = len(re.findall(rb"<(?:\w+:)?NetworkLink[\s>]", text))
    linked = [Issue("network-links", None, None, "warning", {"count": links})] if links else []
    if there <= read:
        return linked
    return [*linked, Issue("placemarks-not-read", None, None, "error", {"there": there, "read": read})]


def _closed_lines(raw: _Raw, path: Path, close: bool, schema: Role) -> None:
    """Lines of a map on a telephone that go round a place: made polygons where that was asked for, else named."""
    if schema.geometry not in ("polygon", "any") or schema.name == "reference":
        return
    shapes = np.asarray(raw.frame.geometry.array, dtype=object).copy()
    changed = False
    for index, shape in enumerate(shapes):
        if shape is None or shape.geom_type != "LineString" or len(shape.coords) < 4:
            continue
        if not np.isfinite(shapely.get_coordinates(shape)).all():
            continue
        xy = shapely.get_coordinates(shape)
        gap = float(np.hypot(*(xy[0] - xy[-1])))
        steps = np.hypot(*np.diff(xy, axis=0).T)
        # A way to somewhere ends far from its start; of a boundary at most one side is missing.
        if gap > max(1.5 * float(steps.max()), 0.05 * float(steps.sum())):
            continue
        ring = shapely.Polygon(xy)
        if not ring.is_valid or not ring.area:
            continue
        if close:
            shapes[index], changed = ring, True
            raw.issues.append(Issue("line-made-polygon", raw.rows[index], None, "warning", {"points": len(xy)}))
        else:
            raw.issues.append(Issue("line-like-boundary", raw.rows[index], None, "warning", {"points": len(xy)}))
    if changed:
        raw.frame[raw.frame.geometry.name] = geopandas.GeoSeries(shapes, index=raw.frame.index, crs=raw.frame.crs)


def _shapes(path: Path, layer: str) -> tuple[geopandas.GeoDataFrame, list[str]]:
    """The geometries of a shapefile by record number, without its attributes, whose encoding may be misstated."""
    try:
        return quietly(portions.read_dataframe, path, layer=layer, columns=[], fid_as_index=True)
    except UnicodeError:
        # The very names of the fields do not fit the stated encoding: read the shapes without their table.
        with scratch.temporary() as folder:
            for part in shapefile_parts(path):
                if part.suffix.lower() in (".shp", ".shx", ".prj"):
                    shutil.copyfile(part, Path(folder) / f"a{part.suffix.lower()}")
            frame, said = quietly(pyogrio.read_dataframe, Path(folder) / "a.shp", columns=[], fid_as_index=True)
        return frame[~shapefile.deleted(path, frame.index)], said


def _destroyed(frame: pd.DataFrame, rows: Sequence[int]) -> list[Issue]:
    """Texts whose characters were lost before the file came here; no encoding brings them back."""
    issues = []
    for column in frame.columns:
        series = frame[column]
        if not (pd.api.types.is_object_dtype(series.dtype) or pd.api.types.is_string_dtype(series.dtype)):
            continue
        if encodings.is_destroyed(str(column)):
            issues.append(Issue("text-destroyed", None, str(column), "error", {"value": str(column)}))
        for value, row in zip(series, rows, strict=True):
            if isinstance(value, str) and encodings.is_destroyed(value):
                issues.append(Issue("text-destroyed", row, str(column), "error", {"value": value[:40]}))
    return issues


def _features(path: Path, layer: str) -> int:
    try:
        info, _ = quietly(pyogrio.read_info, path, layer=layer)
    except _READ_ERRORS:
        return -1
    return int(info["features"])


# --- tables with coordinates ----------------------------------------------------------------------------------------

_LON = ("经度", "LON", "LONGITUDE", "LNG", "LONG", "东经", "中心经度", "经度坐标", "JD")
_LAT = ("纬度", "LAT", "LATITUDE", "北纬", "中心纬度", "纬度坐标", "WD")
_X = ("X", "X坐标", "XCOORD", "POINT_X", "横坐标", "EASTING", "东坐标")
_Y = ("Y", "Y坐标", "YCOORD", "POINT_Y", "纵坐标", "NORTHING", "北坐标")
_WKT = ("WKT", "GEOM_WKT", "WKT_GEOMETRY", "GEOMETRY", "GEOM", "THE_GEOM", "WKT_GEOM", "几何", "图形", "SHAPE")


_PAIR = ("坐标", "经纬度", "中心坐标", "经纬度坐标", "中心经纬度", "坐标位置", "地理坐标", "项目坐标", "LONLAT", "COORDINATES")


_AXES = (
    ("经度", r"(?:中心|地理)?(?:东经|经度?|LONGITUDE|LON|LNG)"),
    ("纬度", r"(?:中心|地理)?(?:北纬|纬度?|LATITUDE|LAT)"),
)
_MINUTE, _SECOND = r"(?:[′'分M]|MIN)", r"(?:[″\"秒S]|SEC)"


def _degree_columns(headers: Sequence[str]) -> dict[str, tuple[str, ...]] | None:
    """Columns for degrees, minutes and (where there are any) seconds apart: of the longitude, then of the latitude.

    Minutes may be named with their axis, 经分 or 东经（分）, or alone in the column after the degrees.
    """
    words = [re.sub(r"[\s_\-()\[\]]", "", unicodedata.normalize("NFKC", name.replace("´", "′"))).upper() for name in headers]
    found: dict[str, tuple[str, ...]] = {}
    for title, begin in _AXES:
        degrees = [at for at, word in enumerate(words) if re.fullmatch(rf"{begin}(?:[°度D]|DEG)?", word)]
        minutes = [at for at, word in enumerate(words) if re.fullmatch(rf"{begin}{_MINUTE}", word)]
        seconds = [at for at, word in enumerate(words) if re.fullmatch(rf"{begin}{_SECOND}", word)]
        if len(degrees) != 1:
            return None
        after = degrees[0] + 1
        if not minutes and after < len(words) and re.fullmatch(_MINUTE, words[after]):
            minutes = [after]
            seconds = [after + 1] if after + 1 < len(words) and re.fullmatch(_SECOND, words[after + 1]) else []
        if len(minutes) != 1 or len(seconds) > 1:
            return None
        found[title] = tuple(headers[at] for at in (*degrees, *minutes, *seconds))
    return found


def _in_degrees(table: tables.Table, columns: Mapping[str, tuple[str, ...]]) -> tuple[tables.Table, dict[str, str]]:
    """The table with one column an angle, and what those columns are called."""
    called: dict[str, str] = {}
    for title in columns:
        called[title] = title
        while called[title] in table.headers:
            called[title] += "_"
    rows = []
    for row in table.rows:
        made: dict[str, str | None] = dict(row)
        for title, parts in columns.items():
            degrees, *smaller = [row[part] for part in parts]
            if degrees is not None and any(smaller):
                marked = [f"{(part or '0').strip().rstrip(mark)}{mark[0]}" for part, mark in
                          zip(smaller, ("′'分", "″\"秒"), strict=False)]  # fmt: skip
                degrees = f"{degrees.strip().rstrip('°度')}°{''.join(marked)}"
            made[called[title]] = degrees
        rows.append(made)
    return dataclasses.replace(table, headers=[*table.headers, *called.values()], rows=rows), called


def _must_not_be_degrees_alone(table: tables.Table, lon: str, lat: str, path: Path) -> None:
    """Refuse whole degrees beside columns that look like their minutes: each place would be off by up to 100 km."""
    whole = [row for row in table.rows if row[lon] and row[lat]]
    if not whole or not all(re.fullmatch(r"\d{1,3}", tables.half_width(row[name] or "")) for row in whole for name in (lon, lat)):
        return
    for name in (lon, lat):
        after = table.headers.index(name) + 1
        beside = table.headers[after] if after < len(table.headers) else None
        if beside is None or beside in (lon, lat):
            return
        cells = [tables.half_width(row[beside] or "") for row in whole]
        if not all(re.fullmatch(r"[0-5]?\d(\.\d+)?", cell) for cell in cells):
            return
    raise LayerError(
        N_("{file} 的经纬度（{lon}、{lat}）只有整度，旁边的列像是分、秒；请把列名写成 经度_度、经度_分、经度_秒 这样，或合为一列"),
        file=path.name, lon=lon, lat=lat,
    )  # fmt: skip


def _pairs_of(
    table: tables.Table, column: str, path: Path, crs: CRS | None, issues: list[Issue]
) -> tuple[list[Any], bool]:
    """Points from one column that holds both numbers; and whether they are degrees."""
    halves = []
    for row in table.rows:
        text = row[column]
        parts: list[str | None] = [None, None]
        if text is not None:
            text = unicodedata.normalize("NFKC", text).strip(" ()[]")
            between = r"[,;、|/\n]+|(?<=[°\d″\"秒′'])\s*(?=[NS北]纬?\s*\d{1,2}(?!\d))|\s+(?=[EW东\d])|(?<=[°\d″\"秒′'][NSEW])\s*(?=\d)"
            split = [part.strip() for part in re.split(between, text) if part.strip()]
            if len(split) == 2 and re.search("[NS北南]", split[0].upper()) and re.search("[EW东西]", split[1].upper()):
                split.reverse()  # 北纬…，东经…: the text says which is which
            parts = [split[0], split[1]] if len(split) == 2 else [text, None]
        halves.append({**row, "X": parts[0], "Y": parts[1]})
    both = dataclasses.replace(table, headers=[*table.headers, "X", "Y"], rows=halves)
    angles = []
    for row, number_ in zip(halves, table.row_numbers, strict=True):
        if row[column] is None:
            continue
        try:
            angles.append((parse_angle(row["X"] or ""), parse_angle(row["Y"] or "")))
        except Unreadable:
            try:
                if row["Y"] is not None and number(row["X"] or "") and number(row["Y"]):
                    continue  # metres
            except Unreadable:
                pass
            issues.append(Issue("coordinate-unreadable", number_, column, "error", {"value": row[column]}))
            row["X"] = row["Y"] = None
    if angles and not (crs is not None and crs.is_projected):
        north = all(crs_doctor.in_china(b, a) and not crs_doctor.in_china(a, b) for a, b in angles)
        if north:
            issues.append(Issue("axes-north-first", severity="info", values={"columns": [column]}))
        return _lonlat(both, *(("Y", "X") if north else ("X", "Y")), path, issues), True
    return _metres(both, "X", "Y", path, crs, issues), False


def _must_be_a_table(path: Path, table: tables.Table) -> None:
    """Refuse a text that tells of coordinates in sentences; nobody's corners are guessed out of prose."""
    if path.suffix.lower() != ".txt":
        return
    text = "\n".join([*table.headers, *(cell for row in table.rows for cell in row.values() if cell)])
    found = re.findall(r"\d{2,3}\s*[°度º]\s*\d{1,4}[\d.′'’分″”\"秒]*", text)
    if found:
        raise LayerError(
            N_("{file} 是文字叙述，不是坐标表；其中像坐标的有 {count} 处（如 {sample}），请整理成有 名称、经度、纬度 的表格"),
            file=path.name, count=len(found), sample=found[0],
        )  # fmt: skip


def _column(headers: Sequence[str], names: Sequence[str]) -> str | None:
    for clean in (plain, plain_header):
        known = {clean(header): header for header in reversed(headers)}
        for name in names:
            if name in known:
                return known[name]
    return None


def _read_table(
    path: Path, sheet: str | None, crs: CRS | None, encoding: str | None, doubts: list[DoubtfulSystem] | None = None
) -> _Raw:
    """The rows of a table with their places.

    ``doubts``, where given, takes what is doubtful about the system that its columns name; the frame has none then.
    """
    table = tables.read_table(path, sheet=sheet, encoding=encoding)
    issues = list(table.issues)
    headers = table.headers
    lon, lat = _column(headers, _LON), _column(headers, _LAT)
    x, y = _column(headers, _X), _column(headers, _Y)
    wkt = _column(headers, _WKT)
    frame_crs: CRS | None = None
    said = stated.of_rows(headers, {header: [row[header] for row in table.rows] for header in headers if is_column(header)},
                          table.row_numbers)
    # Of a table with both, metres are read where its user, or its own column, names a system of metres.
    metres = bool(x and y) and (crs.is_projected if crs is not None else said is not None and stated.planar(said))
    if wkt and not (lon and lat):
        geometries = [
            _wkt(row[wkt], number_, wkt, issues) for row, number_ in zip(table.rows, table.row_numbers, strict=True)
        ]
        used = {wkt}
        named = {found[1] for row in table.rows if row[wkt] and (found := _WKT_CRS.search(row[wkt]))}
        if len(named) == 1:  # SRID=4490;POINT(…), or POINT(…) <http://www.opengis.net/def/crs/EPSG/0/4490>
            with suppress(LayerError):
                frame_crs = _crs(f"EPSG:{named.pop()}")
    elif (columns := _degree_columns(headers)) is not None and not metres:
        whole, called = _in_degrees(table, columns)
        geometries = _lonlat(whole, called["经度"], called["纬度"], path, issues)
        used = {name for names in columns.values() for name in names}
        if crs is not None and crs.is_projected and any(geometries):
            raise LayerError(
                N_("{file} 的经纬度列以度为单位，给定的坐标系 {crs} 以米为单位"), file=path.name, crs=_crs_name(crs)
            )
        if crs is None:
            frame_crs = CGCS2000
            issues.append(Issue("crs-assumed", severity="info", values={"crs": "EPSG:4490", "columns": sorted(used)}))
    elif lon and lat and not metres:
        _must_not_be_degrees_alone(table, lon, lat, path)
        geometries = _lonlat(table, lon, lat, path, issues)
        used = {lon, lat}
        if crs is not None and crs.is_projected and any(geometries):
            raise LayerError(
                N_("{file} 的经纬度列以度为单位，给定的坐标系 {crs} 以米为单位"), file=path.name, crs=_crs_name(crs)
            )
        if crs is None:
            frame_crs = CGCS2000
            issues.append(Issue("crs-assumed", severity="info", values={"crs": "EPSG:4490", "columns": [lon, lat]}))
    elif not (x and y) and (pair := _column(headers, _PAIR)) is not None:
        geometries, degrees = _pairs_of(table, pair, path, crs, issues)
        used = {pair}
        if crs is None and degrees:
            frame_crs = CGCS2000
            issues.append(Issue("crs-assumed", severity="info", values={"crs": "EPSG:4490", "columns": [pair]}))
    elif x and y:
        geometries = _metres(table, x, y, path, crs, issues)
        used = {x, y}
    else:
        _must_be_a_table(path, table)
        if sum(tables.half_width(name).replace(".", "", 1).lstrip("-").isdigit() and "." in name for name in headers) > 1:
            raise LayerError(
                N_("{file} 的第一行像是数据，不是列名（{names}）；请在最上面加一行列名，如 名称、经度、纬度 或 点号、X、Y"),
                file=path.name, names="、".join(headers[:6]),
            )  # fmt: skip
        raise LayerError(
            N_("{file} 里没有坐标列：要有 经度、纬度（或 lon、lat），或 X、Y，或 WKT；现有列：{names}"),
            file=path.name,
            names="、".join(headers),
        )
    bare = next((issue for issue in table.issues if issue.code == "formulas-without-results"), None)
    if bare is not None and any(geometry is None for geometry in geometries):
        raise LayerError(
            N_("{file} 有 {count} 个公式单元格没有存下计算结果（如 {cell}），坐标因此不全；请用 Excel 或 WPS 打开并保存一次再读"),
            file=path.name, **bare.values,
        )  # fmt: skip
    if frame_crs is not None and not any(issue.code == "crs-assumed" for issue in issues):
        said = None  # each shape names its system, and a column that names another is asked about
    else:
        said = _told_by(said, table, geometries, [one for one in headers if one in used])
    if said is not None and crs is None:
        frame_crs = None
        issues = [issue for issue in issues if issue.code != "crs-assumed"]
        try:
            said = stated.settle(said, np.array(geometries, dtype=object), path.name)
        except DoubtfulSystem as doubt:
            if doubts is None:
                raise
            doubts.append(doubt)
        else:
            frame_crs = CGCS2000 if said.shift else _crs(said.code)
            issues.append(Issue("crs-from-column", None, "、".join(said.columns), "info",
                                {"said": said.text, "crs": said.code}))  # fmt: skip
    columns = {header: [row[header] for row in table.rows] for header in headers if header not in used}
    data = pd.DataFrame(
        {key: pd.Series(cells, dtype=object) for key, cells in columns.items()}, index=range(len(table.rows))
    )
    frame = geopandas.GeoDataFrame(data, geometry=geopandas.GeoSeries(geometries, index=data.index), crs=frame_crs)
    written = pd.DataFrame(
        {header: pd.Series([row[header] for row in table.rows], dtype=object) for header in headers if header in used},
        index=data.index,
    )
    return _Raw(frame, list(table.row_numbers), issues, table.encoding, table.sheet or path.stem, written, tuple(headers), said)


def _told_by(
    said: stated.Said | None, table: tables.Table, geometries: Sequence[Any], used: Sequence[str]
) -> stated.Said | None:
    """What columns say of the system of the rows that have a place; the names of the coordinate columns speak too."""
    placed = [index for index, geometry in enumerate(geometries) if geometry is not None]
    if said is None and not placed:
        return None
    cells = {header: [table.rows[index][header] for index in placed] for header in table.headers if is_column(header)}
    numbers = [table.row_numbers[index] for index in placed]
    told = stated.of_rows(table.headers, cells, numbers, used)
    if told is not None:
        return told
    others = {header: [table.rows[index][header] for index in placed] for header in table.headers if header not in used}
    return stated.of_others(list(others), others, numbers)


_WKT_CRS = re.compile(r"(?:^\s*SRID=|<https?://www\.opengis\.net/def/crs/EPSG/[\d.]+/)(\d+)", re.IGNORECASE)


def _wkt(text: str | None, row: int, column: str, issues: list[Issue]) -> Any:
    if text is None:
        return None
    text = re.sub(r"^\s*SRID=\d+;|\s*<https?://[^>]*>\s*$", "", text, flags=re.IGNORECASE)
    try:
        return shapely.from_wkt(text)
    except (shapely.errors.GEOSException, NotImplementedError, ValueError, TypeError):  # curves are not supported
        issues.append(Issue("geometry-unreadable", row, column, "error", {"value": text[:80]}))
        return None


def _lonlat(table: tables.Table, lon: str, lat: str, path: Path, issues: list[Issue]) -> list[Any]:
    geometries: list[Any] = []
    swapped = outside = 0
    unplaceable: list[int] = []
    for row, row_number in zip(table.rows, table.row_numbers, strict=True):
        pair = []
        for column in (lon, lat):
            text = row[column]
            if text is None:
                continue
            try:
                value, axis = angle(text)
                # 29.7°E among the latitudes contradicts itself; columns that are swapped altogether are told below.
                if (axis, column) in (("N", lon), ("E", lat)) and (72 <= value <= 136 if column == lon else 3 <= value <= 54):
                    raise Unreadable(text)
                pair.append(value)
            except Unreadable:
                issues.append(Issue("coordinate-unreadable", row_number, column, "error", {"value": text}))
        if len(pair) < 2:
            geometries.append(None)
            issues += _in_metres(row[lon], row[lat], row_number)
            continue
        east, north = pair
        if not crs_doctor.in_china(east, north):
            outside += 1
            turned = crs_doctor.in_china(north, east)
            swapped += turned
            issues.append(Issue("coordinate-outside-china", row_number, lon, "error", {"lon": east, "lat": north}))
            if turned:
                issues.append(Issue("coordinate-swapped", row_number, lon, "warning", {"lon": north, "lat": east}))
            if turned or not (-180 <= east <= 180 and -90 <= north <= 90):  # no place at all, or not the one meant
                unplaceable.append(len(geometries))
        geometries.append(shapely.Point(east, north))
    count = sum(geometry is not None for geometry in geometries)
    if swapped and swapped == count:
        raise LayerError(
            N_("{file} 的经度列（{lon}）里是纬度，纬度列（{lat}）里是经度，请对调两列的列名"),
            file=path.name,
            lon=lon,
            lat=lat,
        )
    if count and outside == count:
        raise LayerError(
            N_("{file} 的经纬度都不在中国范围内，请核对坐标列 {lon}、{lat}"), file=path.name, lon=lon, lat=lat
        )
    for index in unplaceable:
        geometries[index] = None
    return geometries


def _in_metres(lon: str | None, lat: str | None, row: int) -> list[Issue]:
    """What a row whose columns of degrees hold no degrees holds: degrees, minutes and seconds run together, or metres.

    Metres with the zone that the number tells, if it does. Nothing is taken for granted: it is only told.
    """
    angles = [run_together(text or "") for text in (lon, lat)]
    for east, north in (angles, angles[::-1]):
        if east is not None and north is not None and crs_doctor.in_china(east, north):
            values = {"lon": round(east, 6), "lat": round(north, 6), "values": f"{lon}, {lat}"}
            return [Issue("coordinate-run-together", row, None, "warning", values)]
    try:
        first, second = number(lon or ""), number(lat or "")
    except Unreadable:
        return []
    for east, north in ((first, second), (second, first)):
        codes = crs_doctor.candidates(east, north, east, north)
        if not codes or "EPSG:4490" in codes:
            continue
        at = crs_doctor.place(codes[0], east, north) if len(codes) == 1 else None
        if at is None or not crs_doctor.in_china(*at):
            return [Issue("coordinate-in-metres", row, None, "warning", {"x": east, "y": north})]
        values = {"x": east, "y": north, "crs": codes[0], "lon": at[0], "lat": at[1]}
        return [Issue("coordinate-in-metres-of", row, None, "warning", values)]
    return []


def _metres(table: tables.Table, x: str, y: str, path: Path, crs: CRS | None, issues: list[Issue]) -> list[Any]:
    """Points from columns X and Y, of which a Chinese survey calls the northing X."""
    pairs: list[tuple[float, float] | None] = []
    for row, row_number in zip(table.rows, table.row_numbers, strict=True):
        pair = []
        for column in (x, y):
            text = row[column]
            if text is None:
                continue
            try:
                pair.append(number(text))
            except Unreadable:
                try:
                    pair.append(parse_angle(text))
                except Unreadable:
                    issues.append(Issue("coordinate-unreadable", row_number, column, "error", {"value": text}))
        pairs.append((pair[0], pair[1]) if len(pair) == 2 else None)
    known = [pair for pair in pairs if pair]
    if known and crs_doctor.north_first(known):
        issues.append(Issue("axes-north-first", severity="info", values={"columns": [x, y]}))
        pairs = [pair and (pair[1], pair[0]) for pair in pairs]
        known = [(b, a) for a, b in known]
    return [pair and shapely.Point(pair) for pair in pairs]


# --- attributes -----------------------------------------------------------------------------------------------------


def _typed(raw: _Raw, schema: Role, mapping: SourceMapping, path: Path) -> tuple[geopandas.GeoDataFrame, list[Issue]]:
    given = mapping.fields
    for name, words in mapping.values.items():
        field = schema.field(name)
        if field is None:
            known = "、".join(field.name for field in schema.fields)
            raise LayerError(N_("{role} 没有字段 {field}；可用：{names}"), role=schema.zh, field=name, names=known)
        for value in words.values():
            try:
                normalise(value, field)
            except Unreadable:
                raise LayerError(
                    N_("字段 {field} 没有取值 {value}；可用：{known}"), field=name, value=value,
                    known="、".join(field.choices) or field.kind,
                ) from None  # fmt: skip
    frame = raw.frame
    geometry = frame.geometry.name
    columns = [column for column in frame.columns if column != geometry]
    binary = [column for column in columns if pd.api.types.infer_dtype(frame[column], skipna=True) == "bytes"]
    columns = [column for column in columns if column not in binary]
    # A picture or the like: as text it would be Python's words for it.
    issues = [Issue("binary-left-out", None, column.strip(), "warning") for column in binary]
    names = _match(columns, schema, given, path, frame, issues)
    data: dict[str, Any] = {}
    for field in schema.fields:
        source = names.get(field.name)
        if source is None:
            if field.expected and len(frame):
                said = {"fields": columns, "title": field.zh, "title_en": field.en}
                issues.append(Issue("field-missing", None, field.name, "warning", said))
            continue
        words = {plain(word): value for word, value in mapping.values.get(field.name, {}).items()}
        data[field.name] = _cells(frame[source], raw.rows, field, issues, words)
        if schema.register and field.kind not in ("text", "code"):
            written = [as_text(cell) if value is None else None for cell, value in zip(frame[source], data[field.name], strict=True)]
            if any(word is not None and plain(word) not in EMPTY for word in written):
                data[f"{source.strip()}（原文）"] = pd.Series(written, index=frame.index, dtype=object)
    if schema.name == "control_unit" and "code" in data:
        _category_from_code(data, raw.rows, issues)
    taken = {"fid", "geom", "geometry", *(name.lower() for name in data)}
    for column in columns:
        if column in names.values():
            continue
        name = column.strip() or "_"
        while name.lower() in taken:
            name += "_"
        taken.add(name.lower())
        data[name] = _unknown(frame[column])
    table = pd.DataFrame(data, index=frame.index)
    return geopandas.GeoDataFrame(table, geometry=frame.geometry.rename("geometry"), crs=frame.crs), issues


def _unknown(series: pd.Series) -> pd.Series:
    """A column that no rule asks for: numbers stay numbers, everything else is text or ``None``."""
    numeric = pd.api.types.is_bool_dtype(series.dtype) or pd.api.types.is_numeric_dtype(series.dtype)
    if numeric and not series.isna().any():
        return series
    values = [None if is_missing(value) else value for value in series]
    if numeric or all(value is None or isinstance(value, int | float) for value in values):
        return pd.Series(values, index=series.index, dtype=object)
    return pd.Series([as_text(value) for value in series], index=series.index, dtype=object)


def _cells(
    series: pd.Series, rows: Sequence[int], field: Field, issues: list[Issue], words: Mapping[str, str]
) -> pd.Series:
    known: dict[Any, Any] = {}
    values = []
    for value, row in zip(series, rows, strict=True):
        key = value if isinstance(value, str | int | float | bool) else None
        if field.kind == "code" and isinstance(value, str) and _ROUNDED.fullmatch(value.strip()):
            said = {"value": value.strip(), "title": field.zh, "title_en": field.en}
            issues.append(Issue("code-rounded", row, field.name, "error", said))
            values.append(None)
            continue
        if key is not None and (type(value), key) in known:
            values.append(known[type(value), key])
            continue
        try:
            clean = normalise(mapped(value, words), field)
        except Unreadable:
            clean = None
            allowed = {"allowed": list(field.choices)} if field.choices else {}
            values_ = {"value": as_text(value), "title": field.zh, "title_en": field.en, **allowed}
            issues.append(Issue("value-unreadable", row, field.name, "warning", values_))
        else:
            if key is not None:
                known[type(value), key] = clean
        values.append(clean)
    return pd.Series(values, index=series.index, dtype=object)


_ROUNDED = re.compile(r"\d(\.\d+)?E\+\d{2,}", re.IGNORECASE)  # 1.23E+11: what a spreadsheet shows of a long number


def _category_from_code(data: dict[str, Any], rows: Sequence[int], issues: list[Issue]) -> None:
    """Where a unit says no class, take the one that its code is made of; the code is the class's own definition."""
    classes = {"1": "priority", "2": "key", "3": "general"}
    codes = data["code"]
    category = data.get("category")
    cells = list(category) if category is not None else [None] * len(codes)
    filled = 0
    for index, code in enumerate(codes):
        found = re.fullmatch(r"(?:ZH|HY)\d{6}([123])\d{4}", code or "")
        if cells[index] is None and found:
            cells[index] = classes[found[1]]
            filled += 1
    if filled:
        issues.append(Issue("category-from-code", None, "category", "info", {"count": filled}))
    if filled or category is not None:
        data["category"] = pd.Series(cells, index=codes.index, dtype=object)


def _match(
    columns: Sequence[str], schema: Role, given: Mapping[str, str], path: Path, frame: pd.DataFrame,
    issues: list[Issue] | None = None,
) -> dict[str, str]:
    """Which of the file's columns is which of our fields; ``issues`` takes what is to be told of it."""
    names: dict[str, str] = {}
    for ours, theirs in given.items():
        if schema.field(ours) is None:
            known = "、".join(field.name for field in schema.fields)
            raise LayerError(N_("{role} 没有字段 {field}；可用：{names}"), role=schema.zh, field=ours, names=known)
        column = next((column for column in columns if column == theirs or plain(column) == plain(theirs)), None)
        if column is None:
            raise LayerError(
                N_("{file} 里没有字段 {field}；现有：{names}"),
                file=path.name,
                field=theirs,
                names=_shown(columns, frame),
            )
        names[ours] = column
    for field in schema.fields:
        if field.name in names:
            continue
        free = [column for column in columns if column not in names.values()]
        found = known_as((field.name, *field.aliases), free, frame)
        if found is None and path.suffix.lower() in (".shp", ".dbf"):
            found = _cut_short(field, schema, free)
            if found is not None and issues is not None:
                issues.append(Issue("field-name-cut", None, found, "info", {"meant": field.zh, "meant_en": field.en}))
        if found:
            names[field.name] = found
        elif field.required:
            raise LayerError(
                N_("{file} 缺少必需字段 {zh}（{field}）；找过：{aliases}；文件现有字段：{names}。可用 --map 文件字段={field} 指明"),
                file=path.name,
                zh=field.zh,
                field=field.name,
                aliases="、".join(field.aliases),
                names=_shown(columns, frame),
            )
    return names


def _cut_short(field: Field, schema: Role, columns: Sequence[str]) -> str | None:
    """The column whose name is the beginning of one of the field's names, cut at ten bytes as a .dbf does.

    ``None`` where it could be another field's, or where two columns could be this one's.
    """

    def begins(column: str, one: Field) -> bool:
        word = plain_header(column)
        return any(len(plain_header(name)) > len(word) and plain_header(name).startswith(word) for name in (one.name, *one.aliases))

    found = [
        column for column in columns
        if any(size in (9, 10) for size in (len(column.encode("utf-8", "replace")), len(column.encode("gb18030", "replace"))))
        and begins(column, field) and not any(begins(column, other) for other in schema.fields if other.name != field.name)
    ]  # fmt: skip
    return found[0] if len(found) == 1 else None


def known_as(names: Sequence[str], columns: Sequence[str], frame: pd.DataFrame) -> str | None:
    """The column that goes by one of ``names``; one that holds something goes before one that is empty."""
    found: list[str] = []
    for clean in (plain, plain_header):
        known = {clean(column): column for column in reversed(columns)}
        found += [known[clean(name)] for name in names if clean(name) in known]
    filled = (column for column in found if not all(map(is_missing, frame[column])))
    return next(filled, found[0] if found else None)


def _shown(columns: Sequence[str], frame: pd.DataFrame) -> str:
    """The file's fields, each with a value, so that a code can be told from a name."""
    if not columns:
        return N_("（无）")
    words = []
    for column in columns[:40]:
        sample = next((text for text in map(as_text, frame[column].head(50)) if text), None)
        words.append(f"{column}（{sample[:20]}）" if sample else column)
    return "、".join(words)


def _project_columns(
    frame: geopandas.GeoDataFrame, mapping: SourceMapping = SourceMapping("project_site"), path: Path = Path()  # noqa: B008
) -> geopandas.GeoDataFrame:
    """Contract names for the columns of a project file; cells as text."""
    geometry = frame.geometry.name
    columns = [column for column in frame.columns if column != geometry]
    names: dict[str, str] = {}
    for ours, theirs in mapping.fields.items():
        column = next((column for column in columns if column == theirs or plain(column) == plain(theirs)), None)
        if column is None:
            raise LayerError(
                N_("{file} 里没有字段 {field}；现有：{names}"), file=path.name, field=theirs, names=_shown(columns, frame)
            )
        names[column] = ours
    for ours, aliases in PROJECT_ALIASES.items():
        if ours in mapping.fields:
            continue
        found = known_as((ours, *aliases), [column for column in columns if column not in names], frame)
        if found:
            names[found] = ours
    data: dict[str, Any] = {}
    for column in columns:
        name = names.get(column, column.strip() or "_")
        if column not in names:
            if any(plain_header(name) in map(plain_header, (ours, *PROJECT_ALIASES.get(ours, ())))
                   for ours in mapping.fields):  # fmt: skip
                name += "_"  # it goes by the name of something that another column has been named for
            while name in data or name in names.values() or name.lower() in ("geometry", "fid", "geom"):
                name += "_"
        words = {plain(word): value for word, value in mapping.values.get(name, {}).items()}
        data[name] = pd.Series(
            [as_text(mapped(value, words)) or None for value in frame[column]], index=frame.index, dtype=object
        )
    table = pd.DataFrame(data, index=frame.index)
    return geopandas.GeoDataFrame(table, geometry=frame.geometry.rename("geometry"), crs=frame.crs)


# --- geometry -------------------------------------------------------------------------------------------------------


def _sound(
    frame: geopandas.GeoDataFrame, rows: Sequence[int], schema: Role, path: Path, choice: str
) -> tuple[geopandas.GeoDataFrame, list[int], list[Issue]]:
    """The features that can be used, in two dimensions and valid, and what was wrong with the others.

    ``choice`` is one of ``REPAIRS``, or ``ask`` (refuse what has two readings) or ``tell`` (union, and say so).
    """
    if choice not in (*REPAIRS, "ask", "tell"):
        raise LayerError(
            N_("没有修复读法 {choice}；可用：{known}"), choice=choice, known="、".join(REPAIRS)
        )
    issues: list[Issue] = []
    geometries = shapely.force_2d(np.asarray(frame.geometry.array, dtype=object))
    kinds = np.array([_KINDS.get(code, "none") for code in shapely.get_type_id(geometries)], dtype=object)
    there = ~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)
    issues += placeless(geometries, rows)
    keep = there & np.isfinite(shapely.bounds(geometries)).all(axis=1)

    if schema.geometry != "any" and there.any():
        fits = np.array([kind == schema.geometry for kind in kinds])
        for index in np.flatnonzero(keep & (kinds == "collection")):
            part = _only(geometries[index], schema.geometry)
            if part is not None:
                geometries[index], fits[index] = part, True
                issues.append(Issue("geometry-parts-dropped", rows[index], None, "warning", {"kept": schema.geometry}))
        if not fits[there].any():
            most = Counter(kinds[there]).most_common(1)[0][0]
            if (most, schema.geometry) == ("line", "polygon"):
                raise LayerError(
                    N_("{file} 里是线，{role}需要面图层：线答不出“在内还是在外”；像边界的线可用 --close-lines 闭合成面"),
                    file=path.name,
                    role=schema.zh,
                )
            raise LayerError(
                N_("{file} 里是{found}，{role}需要{wanted}图层"),
                file=path.name,
                found=_KIND_WORDS.get(most, most),
                role=schema.zh,
                wanted=_KIND_WORDS[schema.geometry],
            )
        for index in np.flatnonzero(keep & ~fits):
            issues.append(Issue("geometry-kind", rows[index], None, "error", {"found": kinds[index]}))
            keep[index] = False

    broken = keep & ~shapely.is_valid(geometries)
    unclear: list[tuple[int, dict[str, Any]]] = []
    for index in np.flatnonzero(broken):
        fixed, values = _repaired(geometries[index], frame.crs)
        if fixed is None:
            issues.append(Issue("geometry-degenerate", rows[index], None, "error", values))
            keep[index] = False
            continue
        if _KINDS[shapely.get_type_id(fixed)] == "polygon" and _changes(values):
            other = _evenodd(geometries[index])
            values |= {"evenodd_m2": _area(other, frame.crs) if other is not None else 0.0}
            unclear.append((rows[index], values))
            if choice == "leave-out" or (choice == "evenodd" and other is None):
                issues.append(Issue("repair-left-out", rows[index], None, "error", values))
                keep[index] = False
                continue
            fixed = other if choice == "evenodd" else fixed
            values["choice"] = "union" if choice in ("ask", "tell") else choice
            issues.append(Issue("repair-has-two-readings", rows[index], None, "warning", values))
        else:
            issues.append(Issue("geometry-repaired", rows[index], None, "warning", values))
        geometries[index] = fixed
    if unclear and choice == "ask":
        row, values = max(unclear, key=lambda item: abs(item[1]["area_after_m2"] - item[1]["area_before_m2"]))
        raise LayerError(
            N_(
                "{file} 有 {count} 个图形的修复会改变面积，其中第 {row} 个：原样计 {before} 平方米，重叠合并计 {union} 平方米，"
                "重叠不计 {evenodd} 平方米。请核对图形，或选定读法：--repair union（合并）、evenodd（重叠不计）、"
                "leave-out（不读入）"
            ),
            file=path.name,
            count=len(unclear),
            row=row,
            before=values["area_before_m2"],
            union=values["area_after_m2"],
            evenodd=values["evenodd_m2"],
        )

    kept = frame[keep].reset_index(drop=True)
    kept = kept.set_geometry(geopandas.GeoSeries(geometries[keep], index=kept.index, crs=frame.crs))
    return kept, [row for row, good in zip(rows, keep, strict=True) if good], issues


_PLACELESS = ("geometry-missing", "geometry-empty", "geometry-not-finite", "geometry-kind", "geometry-degenerate")
_IDENTITY = ("code", "province_code", "local_code", "name")


def placeless(geometries: np.ndarray, rows: Sequence[int]) -> list[Issue]:
    """An issue for each shape that is no place: none at all, an empty one, one with numbers that are none."""
    missing = shapely.is_missing(geometries)
    hollow = ~missing & shapely.is_empty(geometries)
    endless = ~missing & ~hollow & ~np.isfinite(shapely.bounds(geometries)).all(axis=1)
    return [Issue(code, rows[index], None, "error")
            for code, where in (("geometry-missing", missing), ("geometry-empty", hollow), ("geometry-not-finite", endless))
            for index in np.flatnonzero(where)]  # fmt: skip


def _unplaced(
    frame: geopandas.GeoDataFrame, kept: Sequence[int], issues: list[Issue], raw: _Raw, schema: Role
) -> tuple[pd.DataFrame | None, list[Issue]]:
    """The rows that have no place and yet are kept, for a role that keeps such, and the issues with that said.

    A row that names nothing is no feature: a note below the table, a line of dashes.
    """
    if not schema.register or len(kept) == len(raw.rows):
        return None, issues
    names = [name for name in _IDENTITY if name in frame]
    gone = np.array([row not in set(kept) for row in raw.rows]) & frame[names].notna().any(axis=1).to_numpy()
    if not gone.any():
        return None, issues
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name)).loc[gone, :].copy()
    for column in () if raw.coordinates is None else raw.coordinates:
        if column not in table:
            table[column] = raw.coordinates[column].to_numpy()[gone]
    rows = {row for row, without in zip(raw.rows, gone, strict=True) if without}
    told = [
        Issue("place-unknown", issue.row, None, "warning", issue.values)
        if issue.row in rows and issue.code in _PLACELESS
        else issue
        for issue in issues
    ]
    return table.reset_index(drop=True), told


def _only(geometry: Any, kind: str) -> Any:
    """The parts of a collection that are of one kind, as one geometry; ``None`` where there are none."""
    parts: list[Any] = []
    for part in shapely.get_parts(geometry):
        if part.geom_type == "GeometryCollection":
            inner = _only(part, kind)
            parts += [] if inner is None else list(shapely.get_parts(inner))
        elif _KINDS[shapely.get_type_id(part)] == kind and not part.is_empty:
            parts += list(shapely.get_parts(part))
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    return {"polygon": shapely.multipolygons, "line": shapely.multilinestrings, "point": shapely.multipoints}[kind](
        parts
    )


def _changes(values: Mapping[str, Any]) -> bool:
    """Whether a repair changes the area so much that somebody has to choose."""
    before, after = values["area_before_m2"], values["area_after_m2"]
    change = abs(after - before)
    return bool(change > _REPAIR_LEAST_M2 and change > REPAIR_SHARE * max(before, after))


def _evenodd(geometry: Any) -> Any:
    """A polygon with what it covers twice left out, or ``None`` where nothing is left."""
    parts = shapely.make_valid(shapely.get_parts(geometry), method="linework")
    fixed: Any = reduce(shapely.symmetric_difference, parts)
    return _only(fixed, "polygon") if fixed.geom_type != "Polygon" else None if fixed.is_empty else fixed


def _repaired(geometry: Any, crs: CRS | None) -> tuple[Any, dict[str, Any]]:
    kind = _KINDS[shapely.get_type_id(geometry)]
    reason = shapely.is_valid_reason(geometry)
    place = re.search(r"\[(\S+) (\S+)\]", reason)
    values: dict[str, Any] = {"reason": re.sub(r"\[.*", "", reason).strip(), "area_before_m2": _area(geometry, crs)}
    if place:
        values |= {"x": float(place[1]), "y": float(place[2])}
    fixed: Any = mend(geometry).geometry
    if kind != "collection" and _KINDS[shapely.get_type_id(fixed)] != kind:
        fixed = _only(fixed, kind)
    if fixed is None or fixed.is_empty:
        return None, values
    values["area_after_m2"] = _area(fixed, crs)
    return fixed, values


def _area(geometry: Any, crs: CRS | None) -> float:
    """Square metres: on the ellipsoid for degrees, planar otherwise."""
    if crs is not None and crs.is_geographic:
        with np.errstate(all="ignore"):
            # Ring by ring: a hole that turns as its shell does, as a broken one may, would else be added.
            total = 0.0
            for part in shapely.get_parts(geometry):
                if part.geom_type == "Polygon":
                    shell, *holes = (abs(_GEOD.geometry_area_perimeter(ring)[0]) for ring in shapely.get_rings(part))
                    total += shell - sum(holes)
            return round(total, 3)
    return round(float(geometry.area), 3)


# --- coordinate system ----------------------------------------------------------------------------------------------


def _column_system(raw: _Raw, crs: object, path: Path, shift: str | None) -> str | None:
    """The consumer map that the places are on: as a person has said, else as the file's own column does.

    Raises:
        DoubtfulSystem: A file that states its system has a column that names another, and nobody has chosen.
    """
    if crs is not None:
        return shift
    if raw.said is not None:
        return raw.said.shift
    if (doubt := stated.contradiction(raw.frame, raw.frame.crs, raw.rows, path.name)) is not None:
        raise doubt
    return None


def _kept_words(frame: geopandas.GeoDataFrame, raw: _Raw, crs: object) -> geopandas.GeoDataFrame:
    """``frame`` with columns that name another system than its places will be in called by another name.

    What has been converted must not be converted again when it is written to a file and read from there.
    """
    said = raw.said
    if said is None and crs is not None:
        said = stated.of_rows([str(name) for name in frame.columns if name != frame.geometry.name], frame, raw.rows)
    if said is None or stated.modern(said):
        return frame
    names = {}
    for name in frame.columns:
        if isinstance(name, str) and is_column(name):
            names[name] = name + KEPT
            while names[name] in frame.columns:
                names[name] += "_"
    return geopandas.GeoDataFrame(frame.rename(columns=names))


def _about_columns(issues: Sequence[Issue], raw: _Raw, crs: object, shift: str | None) -> list[Issue]:
    """``issues`` with what a person has named told beside what the file's columns say."""
    told = []
    for issue in issues:
        if issue.code == "crs-given" and raw.said is not None:
            continue  # the file does say
        if issue.code == "crs-given" and shift is not None:
            issue = Issue("crs-given", severity="info", values={"crs": shift})
        if issue.code == "crs-overridden" and shift is not None:
            issue = dataclasses.replace(issue, values={**issue.values, "given": shift})
        told.append(issue)
    if crs is not None and raw.said is not None and not stated.agrees(raw.said, str(shift or crs)):
        told.append(Issue("crs-overridden", severity="warning", values={"stated": raw.said.text, "given": str(shift or crs)}))
    return told


def _placed(
    frame: geopandas.GeoDataFrame, given: CRS | None, path: Path, issues: list[Issue]
) -> geopandas.GeoDataFrame:
    """Give the frame its CRS, or refuse while it is in doubt."""
    stated = frame.crs
    if stated is not None:
        known = crs_doctor.canonical(stated)
        if known is not None and epsg(stated) is None and epsg(known) is not None:
            issues.append(
                Issue("crs-matched", severity="info", values={"crs": _crs_name(known), "stated": stated.name})
            )
        stated = known
    if given is not None and stated is None:
        issues.append(Issue("crs-given", severity="info", values={"crs": _crs_name(given)}))
    if given is not None and stated is not None and not stated.equals(given, ignore_axis_order=True):
        values = {"stated": _crs_name(stated), "given": _crs_name(given)}
        issues.append(Issue("crs-overridden", severity="warning", values=values))
    crs = given if given is not None else stated
    geometry = geopandas.GeoSeries(np.asarray(frame.geometry.array), index=frame.index, crs=crs)
    frame = geopandas.GeoDataFrame(pd.DataFrame(frame.drop(columns=frame.geometry.name)), geometry=geometry)
    frame = frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame
    if not len(frame):
        return frame if crs is not None else frame.set_crs(CGCS2000)
    doubts = crs_doctor.diagnose(frame, crs)
    if given is not None:
        if any(doubt.code == "axes-swapped" for doubt in doubts):
            # The user has named the system, and in it only one order of the axes lies in China.
            turned = shapely.transform(np.asarray(frame.geometry.array, dtype=object), lambda xy: xy[:, ::-1])
            frame = frame.set_geometry(geopandas.GeoSeries(turned, index=frame.index, crs=crs))
            issues.append(Issue("axes-swapped", severity="warning", values={"crs": _crs_name(crs)}))
            doubts = crs_doctor.diagnose(frame, crs)
        issues += [doubt.issue() for doubt in doubts if doubt.code == "crs-old-datum"]
        doubts = [doubt for doubt in doubts if doubt.code != "crs-old-datum"]
    for doubt in doubts:
        if doubt.stops:
            raise crs_doctor.refusal(doubt, path.name, crs)
    issues += [doubt.issue() for doubt in doubts]
    return frame


def _perhaps_shifted(frame: geopandas.GeoDataFrame, path: Path, given: object) -> list[Issue]:
    """That a file of a kind that telephones and map sites give may hold shifted coordinates; a few places prove nothing."""
    if given is not None or path.suffix.lower() not in (".kml", ".kmz", ".geojson", ".json", ".gpx") or not len(frame):
        return []
    if frame.crs is None or frame.crs.to_epsg() != 4326:
        return []
    west, south, east, north = frame.total_bounds
    if not (crs_doctor.in_china(west, south) and crs_doctor.in_china(east, north)):
        return []
    return [Issue("source-to-ask", severity="info", values={"crs": "EPSG:4326"})]


def _elsewhere(
    frame: geopandas.GeoDataFrame, path: Path, around: whereabouts.Around | None, *, confirmed: bool, role: str,
    rows: Sequence[int] = (),
) -> list[Issue]:  # fmt: skip
    """That everything, or single sites, lie away from all that the workspace has.

    Raises:
        LayerError: It does, and somebody has to say that it should.
    """
    if around is None or not len(frame) or frame.crs is None:
        return []
    shapes, sites = np.asarray(frame.geometry.array, dtype=object), role == "project_site"
    found = whereabouts.doubt(shapes, frame.crs, around, layer=not sites)
    if found is not None and role == "reference" and not found.candidates:
        found = dataclasses.replace(found, stops=False)  # what is only to be seen may well lie elsewhere
    if found is not None:
        if found.stops and not confirmed:
            raise whereabouts.refusal(found, path.name)
        code, values = whereabouts.issue_values(found)
        return [Issue(code, None, None, "warning", values)]
    issues = []
    # One site in another zone than the rest: it cannot be judged, and the reason is not that nothing is there.
    for at in range(len(shapes)) if sites and len(shapes) <= _MANY_SITES else ():
        one = whereabouts.doubt(shapes[at : at + 1], frame.crs, around, layer=False)
        if one is not None and (one.candidates or "offset_deg" in one.evidence):
            code, values = whereabouts.issue_values(one)
            issues.append(Issue(code, rows[at], None, "warning", values))
    return issues


def _away(
    frame: geopandas.GeoDataFrame, rows: Sequence[int], said: Sequence[Issue], path: Path, named: CRS | None
) -> list[Issue]:
    """Features that lie outside China: each of them where others lie inside, else the layer as a whole.

    One stray point among many, at 0, 0 or in other units, leaves the bounds of the layer in doubt by nothing else.

    Raises:
        LayerError: All lie outside under a CRS for China, or for the whole world, that somebody has ``named``: one digit
            is easily wrong, and the layer would never meet anything.
    """
    if not len(frame) or frame.crs is None:
        return []
    bounds = shapely.bounds(np.asarray(frame.geometry.array, dtype=object))
    corners = [bounds[:, [0, 1]], bounds[:, [2, 3]]]
    if not frame.crs.is_geographic:
        if frame.crs.geodetic_crs is None:
            return []
        carrier = Transformer.from_crs(frame.crs, frame.crs.geodetic_crs, always_xy=True)
        with np.errstate(all="ignore"):
            corners = [np.column_stack(carrier.transform(corner[:, 0], corner[:, 1])) for corner in corners]
    inside = np.array(
        [
            all(np.isfinite(corner[at]).all() and crs_doctor.in_china(*corner[at]) for corner in corners)
            for at in range(len(frame))
        ]
    )
    if inside.all():
        return []
    if not inside.any() and named is not None and not whereabouts.is_foreign(named):
        lon, lat = (round(float(number), 3) for number in corners[0][0])
        raise LayerError(
            N_(
                "{file} 按指定的坐标系 {crs} 全部落在中国以外（如 {lon}°E {lat}°N），多半是坐标系写错了；请核对后再指明，"
                "确实在国外请加 --elsewhere 确认"
            ),
            file=path.name, crs=_crs_name(named), lon=lon, lat=lat,
        )  # fmt: skip
    if not inside.any():
        return [Issue("layer-outside-china", None, None, "warning", {"count": len(frame)})]
    known = {issue.row for issue in said if issue.code == "coordinate-outside-china"}
    issues = []
    for at in np.flatnonzero(~inside):
        if rows[at] not in known:
            place = [round(float(number), 5) if np.isfinite(number) else None for number in corners[0][at]]
            values = {"lon": place[0], "lat": place[1], "x": float(bounds[at, 0]), "y": float(bounds[at, 1])}
            issues.append(Issue("feature-outside-china", rows[at], None, "error", values))
    return issues


def _unshifted(
    frame: geopandas.GeoDataFrame, system: str, path: Path, issues: list[Issue]
) -> geopandas.GeoDataFrame:
    """The true places of coordinates that their user has declared to be those of a consumer map."""
    if not len(frame):
        return frame
    west, south, east, north = frame.total_bounds
    if not (crs_doctor.in_china(west, south) and crs_doctor.in_china(east, north)):
        raise LayerError(N_("{file} 的坐标不是中国范围内的经纬度，不会是 {system}"), file=path.name, system=system)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    moved = shapely.transform(shapes, lambda xy: crs_doctor.unshift(xy, system))
    before, after = shapely.get_coordinates(shapes), shapely.get_coordinates(moved)
    metres = np.hypot(*((before - after) * [111_320 * np.cos(np.radians(south)), 111_320]).T)
    values = {"system": system, "shift_m": round(float(np.median(metres)), 1), "count": len(frame)}
    issues.append(Issue("shift-converted", None, None, "warning", values))
    return frame.set_geometry(geopandas.GeoSeries(moved, index=frame.index, crs=frame.crs))

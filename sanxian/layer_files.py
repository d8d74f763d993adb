"""A layer for other programs: GeoPackage, Shapefile or GeoJSON, and features as text for the clipboard."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

from layers.system_names import KEPT
from layers.values import is_gap
from sanxian.errors import TellingError
from sanxian.i18n import N_

SUFFIXES = (".gpkg", ".shp", ".geojson")
DIGITS = 9  # decimals of degrees that are written, a tenth of a millimetre
_LEAST, _MOST = 1e-4, 1e17  # between which a dBASE table, with 15 decimals in 24 letters, keeps a number
DEGREES = N_("坐标换成了经纬度（CGCS2000），原来是 {crs}")  # told like what is lost, and no loss
_STEP = 2_000  # features between two words about progress
_POINTS = 20_000  # vertices that are put into words in one go, some milliseconds
_NAME, _TEXT = 10, 254  # bytes that a dBASE table has room for
_BYTES = re.compile(r"b(['\"]).*\1")
_KINDS = {"Point": "point", "MultiPoint": "points",
          "LineString": "line", "MultiLineString": "line", "Polygon": "area", "MultiPolygon": "area"}  # fmt: skip

Tell = Callable[[int, int], Any]


class LayerFileError(TellingError):
    """A layer cannot be written as what was asked for."""


def _quiet(_done: int, _total: int) -> None:
    """Nobody asked."""


# --- as text ---------------------------------------------------------------------------------------------------------


def geojson(frame: Any, tell: Tell = _quiet) -> str:
    """Features as GeoJSON: one as a ``Feature``, several as a ``FeatureCollection``.

    By RFC 7946: longitude and latitude (CGCS2000, which lies within centimetres of WGS 84), outer rings anticlockwise.

    Args:
        frame: Features with attributes; ``fid`` becomes their id.
        tell: Called with features done and in all; raises what stops it.

    Raises:
        LayerFileError: The features have no CRS.
    """
    made = list(_features(frame, tell))
    return made[0] if len(made) == 1 else '{"type":"FeatureCollection","features":[\n' + ",\n".join(made) + "\n]}"


def wkt(frame: Any, tell: Tell = _quiet) -> str:
    """The shapes as WKT in the CRS of the layer, x east and y north, one a line; a feature without one gives ``POINT EMPTY``."""
    import shapely

    lines: list[str] = []
    for rows in _portions(frame, tell):
        shapes = shapely.to_wkt(frame.geometry.to_numpy()[rows], rounding_precision=30, output_dimension=2)
        lines += ["POINT EMPTY" if one is None else str(one) for one in shapes]
    return "\n".join(lines)


def _portions(frame: Any, tell: Tell) -> Iterator[slice]:
    """Pieces of a frame none of which takes long."""
    import numpy as np
    import shapely

    points = np.cumsum(shapely.get_num_coordinates(frame.geometry.to_numpy()) + 20)  # attributes count too
    start, count = 0, len(frame)
    while start < count:
        tell(start, count)
        stop = max(start + 1, int(np.searchsorted(points, (points[start - 1] if start else 0) + _POINTS)))
        yield slice(start, stop)
        start = stop
        sleep(0.0005)  # whoever waits for the interpreter gets it
    tell(count, count)


def _features(frame: Any, tell: Tell) -> Iterator[str]:
    import numpy as np
    import shapely
    from pyproj import CRS

    from spatial.crs import transform

    if frame.crs is None:
        raise LayerFileError(N_("图层没有坐标系，不能换成 GeoJSON 的经纬度。"))
    name, source, target = frame.geometry.name, CRS.from_user_input(frame.crs), CRS.from_epsg(4490)
    columns = [one for one in frame.columns if one not in (name, "fid")]
    fids = frame["fid"].tolist() if "fid" in frame.columns else None
    for rows in _portions(frame, tell):
        shapes = transform(np.asarray(frame.geometry.array, dtype=object)[rows], source, target)
        shapes = shapely.transform(shapes, lambda spots: np.round(spots, DIGITS))
        texts = shapely.to_geojson(shapely.orient_polygons(shapes))
        cells = [frame[one].iloc[rows].tolist() for one in columns]
        for place, text in enumerate(texts):
            known = {one: _plain(column[place]) for one, column in zip(columns, cells, strict=True)}
            number = f'"id":{json.dumps(_plain(fids[rows.start + place]))},' if fids is not None else ""
            yield (f'{{"type":"Feature",{number}"properties":{json.dumps(known, ensure_ascii=False, allow_nan=False)},'
                   f'"geometry":{text or "null"}}}')


def _plain(value: Any) -> Any:
    """A cell as JSON has it; what is missing is ``null``."""
    if hasattr(value, "item"):
        value = value.item()
    if is_gap(value) or isinstance(value, float) and abs(value) == float("inf"):
        return None
    return value if isinstance(value, bool | int | float | str) else str(value)


# --- as a file -------------------------------------------------------------------------------------------------------


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A folder on the same disk in which a file is made, for :func:`put`; gone afterwards with all that is in it.

    Raises:
        OSError: The folder of the file cannot be written to.
    """
    folder = Path(tempfile.mkdtemp(prefix=".sanxian-", dir=target.resolve().parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put(folder: Path, target: Path) -> None:
    """Put what :func:`write` made there in place, all parts of it; what was there by that name goes.

    Raises:
        OSError: A file there cannot be replaced.
    """
    from layers.files import SHAPEFILE_EXTRAS, parts

    made = sorted(folder.iterdir(), key=lambda one: one.suffix == target.suffix.lower())  # the one by which it is opened last
    former = set(parts(target)) if target.suffix.lower() == ".shp" and target.exists() else set()
    # An index or an encoding of the former file would be taken for this one's.
    for one in {*former, *(target.with_suffix(suffix) for suffix in SHAPEFILE_EXTRAS if former)}:
        if one != target:
            one.unlink(missing_ok=True)
    for one in made:
        os.replace(one, target if one.suffix == target.suffix.lower() else target.with_name(target.stem + one.suffix))


def write(tell: Tell, workspace: Path, name: str, folder: Path, suffix: str, *, title: str = "",
          fids: Collection[int] | None = None) -> tuple[int, list[tuple[str, dict[str, Any]]]]:
    """Write a layer of a workspace as ``layer.gpkg``, ``layer.shp`` with its parts or ``layer.geojson`` into a folder.

    Args:
        tell: Called with features done and in all; raises what stops it.
        name: The layer's name in the file.
        folder: Of its own, such as :func:`beside` gives; a file that is begun and not ended goes with it.
        suffix: One of ``SUFFIXES``.
        title: What the layer is called in a GeoPackage.
        fids: Only the features with these numbers.

    Returns:
        How many features, and what the format could not keep: msgid and what it says, names as a list; of ``DEGREES``, which
        is no loss, too.

    Raises:
        WorkspaceError: There is no such layer.
        LayerFileError: A shapefile cannot hold it, or GeoJSON needs a CRS that it has not.
        OSError: The disk is full, or the like.
    """
    import shapely

    from layers.workspace import Workspace

    with Workspace.open(workspace, readonly=True) as opened:
        frame = opened.read(name, whole=True)
    if fids is not None:
        frame = frame[frame["fid"].isin(list(fids))].reset_index(drop=True)
    target = folder / f"layer{suffix}"
    lost: list[tuple[str, dict[str, Any]]] = []
    binary = [one for one in frame.columns if one != frame.geometry.name and _binary(frame[one])]
    if binary:  # of which these files would keep nothing but Python's words for it
        frame = frame.drop(columns=binary)
        lost.append((N_("二进制字段没有写出：{names}"), {"names": [str(one) for one in binary]}))
    if suffix != ".gpkg" and (high := int(frame.geometry.has_z.sum())):
        lost.append((N_("{count} 个要素的高程没有写出"), {"count": f"{high:,}"}))
        frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
    if suffix == ".geojson":
        if frame.crs is not None and not frame.crs.is_geographic:
            lost.append((DEGREES, {"crs": frame.crs.to_string()}))
        with target.open("w", encoding="utf-8") as stream:
            stream.write('{"type":"FeatureCollection","features":[\n')
            for number, text in enumerate(_features(frame.drop(columns="fid"), tell)):
                stream.write((",\n" if number else "") + text)
            stream.write("\n]}\n")
        return len(frame), lost
    frame = frame.drop(columns="fid")
    for column in frame.columns:
        if column != frame.geometry.name:
            frame[column] = _typed(frame[column])
    if suffix == ".shp":
        frame, more = _for_dbase(frame)
        lost += more
    _write(frame, target, suffix, title or name, tell)
    return len(frame), lost


def _binary(series: Any) -> bool:
    """Whether a column is of bytes, or of what a workspace makes of bytes that come into it: ``b'…'``."""
    if series.dtype.kind in "biufM":
        return False
    values = [value for value in series.tolist() if value is not None and value == value]
    return bool(values) and all(isinstance(value, bytes) or isinstance(value, str) and _BYTES.fullmatch(value) for value in values)


def _typed(series: Any) -> Any:
    """A column in one type that a file has: whole numbers, numbers, yes or no, texts."""
    import pandas as pd

    if series.dtype != object:
        return series
    found = series.convert_dtypes()
    if pd.api.types.is_float_dtype(found.dtype):
        return found.astype("float64")
    if pd.api.types.is_bool_dtype(found.dtype) or pd.api.types.is_integer_dtype(found.dtype):
        return found
    return pd.Series([None if pd.isna(value) else str(value) for value in series], index=series.index, dtype=object)


def _for_dbase(frame: Any) -> tuple[Any, list[tuple[str, dict[str, Any]]]]:
    """A frame as a shapefile can hold it, and what that costs.

    Raises:
        LayerFileError: Shapes of several kinds.
    """
    import pandas as pd

    kinds = sorted({_KINDS.get(kind, kind) for kind in frame.geom_type.dropna().unique()})
    if len(kinds) > 1 or kinds and kinds[0] not in _KINDS.values():
        raise LayerFileError(N_("Shapefile 一个文件只能存一种几何，这个图层有几种；请导出为 GeoPackage 或 GeoJSON。"))
    lost: list[tuple[str, dict[str, Any]]] = []
    taken: set[str] = set()
    names: dict[str, str] = {}
    flags, worded, rounded, cut = [], [], [], 0
    for column in [one for one in frame.columns if one != frame.geometry.name]:
        # Cut short, 坐标系（原文） would say again what the places were in before they were converted.
        wanted = "ORIG_CRS" if str(column).rstrip("_").endswith(KEPT) else str(column)
        name, number = _bytes(wanted, _NAME), 1
        while name.lower() in taken:
            name, number = f"{_bytes(wanted, _NAME - 1 - len(str(number)))}_{number}", number + 1
        taken.add(name.lower())
        if name != column:
            names[column] = name
        if pd.api.types.is_bool_dtype(frame[column].dtype):
            frame[column] = frame[column].astype("Int64")
            flags.append(str(column))
        elif pd.api.types.is_numeric_dtype(frame[column].dtype) and not _fits(frame[column]):
            frame[column] = pd.Series([None if pd.isna(value) else repr(value) for value in frame[column].tolist()],
                                      index=frame.index, dtype=object)
            worded.append(str(column))
        elif pd.api.types.is_float_dtype(frame[column].dtype):
            # As GDAL writes it: 15 decimals, and what goes beyond 24 letters is left off.
            if other := sum(float(f"{value:.15f}"[:24]) != value for value in frame[column].dropna().tolist()):
                rounded.append(f"{column} × {other:,}")
        elif frame[column].dtype == object:
            short = [None if text is None else _bytes(text, _TEXT) for text in frame[column]]
            cut += sum(one != text for one, text in zip(short, frame[column], strict=True))
            frame[column] = pd.Series(short, index=frame.index, dtype=object)
    if names:
        lost.append((N_("字段名最多 10 字节，改短了：{names}"), {"names": [f"{old} → {new}" for old, new in names.items()]}))
    if cut:
        lost.append((N_("{count} 处文字超过 254 字节，被截断"), {"count": f"{cut:,}"}))
    if worded:
        lost.append((N_("dBASE 存不下的数，整列写成文字：{names}"), {"names": worded}))
    if rounded:
        lost.append((N_("数字最多写 24 位、15 位小数，更后的舍去（× 几处）：{names}"), {"names": rounded}))
    if flags:
        lost.append((N_("是、否写成 1、0：{names}"), {"names": flags}))
    return frame.rename(columns=names), lost


def _fits(series: Any) -> bool:
    """Whether a dBASE table holds every number of a column to twelve digits."""
    import numpy as np
    import pandas as pd

    values = series.dropna()
    if pd.api.types.is_integer_dtype(values.dtype):
        return all(-10**17 < value < 10**18 for value in values.tolist())
    sizes = np.abs(values.to_numpy(dtype=float))
    return bool(((sizes < _MOST) & ((sizes >= _LEAST) | (np.round(sizes, 15) == sizes))).all())


def _bytes(text: str, most: int) -> str:
    """As many whole characters as have room."""
    return text.encode()[:most].decode(errors="ignore")


def _write(frame: Any, target: Path, suffix: str, layer: str, tell: Tell) -> None:
    import errno

    import pyogrio

    kinds = sorted(set(frame.geom_type.dropna()))
    multi = len(kinds) == 2 and kinds[1] == f"Multi{kinds[0]}" or len(kinds) == 2 and kinds[0] == f"Multi{kinds[1]}"
    kind = kinds[0] if len(kinds) == 1 else next(one for one in kinds if one.startswith("Multi")) if multi else "Unknown"
    options: dict[str, Any] = {"geometry_type": kind, "promote_to_multi": kind.startswith("Multi")}
    if suffix == ".gpkg":
        options |= {"driver": "GPKG", "layer": layer}
    else:
        options |= {"driver": "ESRI Shapefile", "encoding": "UTF-8"}
    count = len(frame)
    try:
        for start in range(0, max(count, 1), _STEP):
            tell(start, count)
            pyogrio.write_dataframe(frame.iloc[start : start + _STEP], target, append=start > 0, **options)
    except (RuntimeError, ValueError) as error:
        text = str(error)
        full = "disk is full" in text or "No space" in text
        raise OSError(errno.ENOSPC if full else errno.EIO, text.splitlines()[0][:200] if text else "GDAL") from error
    tell(count, count)

"""Rasters before they are used: can every block be read, where does the picture lie, and what do its numbers mean.

A raster that would give a wrong answer in silence (no CRS, placed by control points or turned, without one valid
pixel, broken inside) is refused with what to do. What only has to be known (scale and offset, a colour table, bands)
is an issue.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError

from layers.errors import N_, LayerError, UnstatedSystem
from layers.files import must_exist
from layers.issues import Issue

_HEIGHTS = (-500.0, 9000.0)  # metres: from the Turpan basin to the Himalaya, with room


@dataclass(frozen=True, slots=True)
class RasterFacts:
    """What is known of a raster after every block of it has been read.

    Attributes:
        crs: ``EPSG:…`` where there is a code, else WKT.
        valid_share: Share of pixels of the first band that hold a value, above 0 to 1.
        lowest, highest: Of the first band, after its scale and offset.
    """

    crs: str
    valid_share: float
    lowest: float
    highest: float
    issues: tuple[Issue, ...]


def inspect(
    path: Path | str,
    kind: str,
    *,
    crs: CRS | str | int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> RasterFacts:
    """Read a raster from end to end and say what must be known before it is measured in.

    Args:
        path: GeoTIFF, ERDAS IMG or another format that GDAL reads.
        kind: dem, landcover, ndvi, image or other.
        crs: For a file that does not say; where it says something else, an issue tells so.
        progress: Called with blocks done and in all; it may raise to stop.

    Raises:
        LayerError: It cannot be opened or read to its end, its place on earth is not given or not upright, or no
            pixel holds a value.
    """
    import rasterio
    from rasterio.errors import RasterioError

    path = Path(path)
    must_exist(path)
    given = _crs(crs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rasterio warns of a missing place, which is said below
        try:
            source = rasterio.open(path)
        except (RasterioError, OSError, ValueError) as error:
            raise LayerError(N_("{file} 不是可以读取的栅格，或已损坏"), file=path.name) from error
        with source:
            if not source.count:
                names = "、".join(source.subdatasets[:8])
                raise LayerError(N_("{file} 里没有波段；子数据集：{names}"), file=path.name, names=names)
            stated = _known(source.crs)
            _must_be_placed(path, source)
            used = given or stated
            if used is None:
                raise UnstatedSystem(N_("{file} 没有说明坐标系；请指明，如 EPSG:4490"), file=path.name)
            issues = _issues(path, source, kind, stated, given)
            _must_fit(path, used, source.bounds)
            seen = _read_all(path, source, progress)
    if seen is None:
        raise LayerError(N_("{file} 没有一个有效像元（全是无数据值），不能当作 0"), file=path.name)
    share, lowest, highest = seen
    if kind == "dem" and not (_HEIGHTS[0] <= lowest and highest <= _HEIGHTS[1]):
        values = {"lowest": lowest, "highest": highest}
        issues.append(Issue("raster-heights-doubtful", severity="warning", values=values))
    if share < 1:
        issues.append(Issue("raster-nodata-share", severity="info", values={"percent": round((1 - share) * 100, 2)}))
    code = used.to_epsg()
    return RasterFacts(f"EPSG:{code}" if code else used.to_wkt(), share, lowest, highest, tuple(issues))


def _crs(crs: CRS | str | int | None) -> CRS | None:
    if crs is None:
        return None
    try:
        return CRS.from_user_input(crs)
    except (CRSError, ValueError, TypeError) as error:
        raise LayerError(N_("不认识坐标系 {crs}；写法如 EPSG:4490、EPSG:4548"), crs=str(crs)) from error


def _known(crs: Any) -> CRS | None:
    """What the file says, as pyproj knows it; ``None`` where it says nothing that places it."""
    if not crs:
        return None
    try:
        found = CRS.from_wkt(crs.to_wkt())
    except (CRSError, ValueError):
        return None
    return found if found.is_geographic or found.is_projected else None


def _must_be_placed(path: Path, source: Any) -> None:
    turned = source.transform.b != 0 or source.transform.d != 0
    if turned:
        raise LayerError(
            N_("{file} 是旋转的栅格，外框看似正常、像元却不正；请先校正（gdalwarp {file} 校正.tif）再添加"), file=path.name
        )
    if source.transform.is_identity:
        if source.gcps[0] or source.rpcs:
            raise LayerError(
                N_("{file} 只有控制点、没有坐标；请先校正（gdalwarp {file} 校正.tif）再添加"), file=path.name
            )
        raise LayerError(N_("{file} 没有坐标（缺坐标文件 .tfw 或地理参照），不知道在哪里"), file=path.name)


def _must_fit(path: Path, crs: CRS, bounds: Any) -> None:
    values = (bounds.left, bounds.bottom, bounds.right, bounds.top)
    degrees = all(abs(x) <= 360 for x in values[::2]) and all(abs(y) <= 90 for y in values[1::2])
    if crs.is_geographic and not degrees:
        raise LayerError(
            N_("{file} 的坐标系 {crs} 以度为单位，坐标值却是米；请指明坐标系"), file=path.name, crs=crs.name
        )
    if crs.is_projected and degrees and max(map(abs, values)) > 3 and 73 <= values[0] <= 136 and 3 <= values[1] <= 54:
        raise LayerError(
            N_("{file} 的坐标系 {crs} 以米为单位，坐标值却像度；请指明坐标系"), file=path.name, crs=crs.name
        )


def _issues(path: Path, source: Any, kind: str, stated: CRS | None, given: CRS | None) -> list[Issue]:
    issues: list[Issue] = []
    if given is not None and stated is None:
        issues.append(Issue("crs-given", severity="info", values={"crs": given.name}))
    if given is not None and stated is not None and not stated.equals(given, ignore_axis_order=True):
        values = {"stated": stated.name, "given": given.name}
        issues.append(Issue("crs-overridden", severity="warning", values=values))
    scale, offset = source.scales[0], source.offsets[0]
    if (scale, offset) != (1.0, 0.0):
        issues.append(Issue("raster-scaled", severity="info", values={"scale": scale, "offset": offset}))
    if source.colorinterp[0].name == "palette" and kind in ("dem", "ndvi"):
        issues.append(Issue("raster-palette", severity="warning"))
    if source.count > 1 and kind in ("dem", "landcover", "ndvi"):
        issues.append(Issue("raster-bands", severity="warning", values={"count": source.count}))
    if source.transform.e > 0:
        issues.append(Issue("raster-south-up", severity="info"))
    if source.nodatavals[0] is None and kind in ("dem", "ndvi"):
        issues.append(Issue("raster-nodata-unstated", severity="info"))
    return issues


def _read_all(
    path: Path, source: Any, progress: Callable[[int, int], object] | None
) -> tuple[float, float, float] | None:
    """Share of valid pixels and range of the first band; every block of every band is read, broken ones are found."""
    from rasterio.errors import RasterioError

    valid, lowest, highest = 0, np.inf, -np.inf
    windows = [window for _, window in source.block_windows(1)]
    for done, window in enumerate(windows):
        if progress is not None and done % 64 == 0:
            progress(done, len(windows))
        try:
            values = source.read(window=window, masked=True)
        except (RasterioError, OSError) as error:
            raise LayerError(
                N_("{file} 内部损坏：第 {row} 行、第 {column} 列附近的像元读不出，请重新取得文件"),
                file=path.name,
                row=window.row_off + 1,
                column=window.col_off + 1,
            ) from error
        band = np.ma.masked_invalid(values[0]).compressed()
        if band.size:
            valid += band.size
            lowest, highest = min(lowest, float(band.min())), max(highest, float(band.max()))
    if not valid:
        return None
    ends = sorted(end * source.scales[0] + source.offsets[0] for end in (lowest, highest))
    return valid / (source.width * source.height), *ends

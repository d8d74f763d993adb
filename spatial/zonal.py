"""What a raster says within a polygon: mean height, shares of land cover; edge cells count by the part inside.

Takes an open raster dataset (as of rasterio) so that only the window under each polygon is read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from spatial.errors import N_, SpatialError
from spatial.overlay import as_array, require_valid

# Cells under one polygon that are read at a time: 400 MB as float64.
MOST_CELLS = 50_000_000


class RasterError(SpatialError):
    """A raster cannot be measured in."""


@dataclass(frozen=True, slots=True)
class Zonal:
    """The values of a raster within one polygon.

    Attributes:
        cells: Cells with data, each counted by its part inside.
        missing_share: Part of the polygon, 0 to 1, without data: cells marked as such, or land outside the raster.
            Where it is 1 the numbers below are NaN.
        mean: Mean of the values, each weighted by the part of its cell inside.
        lowest, highest: Smallest and largest value of any cell that reaches inside.
    """

    cells: float
    missing_share: float
    mean: float
    lowest: float
    highest: float


def summarise(dataset: Any, geoms: Sequence[BaseGeometry] | np.ndarray, *, band: int = 1) -> list[Zonal]:
    """Mean and range of a band within each polygon, after the band's own scale and offset.

    Args:
        dataset: Open raster whose rows run west to east.
        geoms: Valid polygons in the CRS of the raster.
        band: Number of the band, from 1.

    Raises:
        RasterError: The raster is rotated, placed by control points, without CRS, of complex numbers, lacks the band,
            or has too many cells under one polygon.
        GeometryError: A polygon is invalid.
    """
    scale, offset = _usable(dataset, band)
    found: list[Zonal] = []
    for geom, values, part, cell_area in _under(dataset, geoms, band):
        values = values * scale + offset
        cells = float(part.sum())
        missing = _missing(geom, cells, cell_area)
        if not cells:
            found.append(Zonal(0.0, missing, math.nan, math.nan, math.nan))
            continue
        mean = float((values * part).sum() / cells)
        found.append(Zonal(cells, missing, mean, float(values.min()), float(values.max())))
    return found


def shares(
    dataset: Any, geoms: Sequence[BaseGeometry] | np.ndarray, *, band: int = 1
) -> list[tuple[Mapping[int, float], float]]:
    """Shares of each class, such as land cover, within each polygon.

    Args:
        dataset: As for :func:`summarise`; scale and offset are not applied to classes.
        geoms: As for :func:`summarise`.
        band: As for :func:`summarise`.

    Returns:
        For each polygon the share of its area by class, in ascending order of class, and the share without data;
        together they make up 1.

    Raises:
        RasterError: As for :func:`summarise`, or the values are no whole numbers.
        GeometryError: A polygon is invalid.
    """
    _usable(dataset, band)
    found: list[tuple[Mapping[int, float], float]] = []
    for geom, values, part, cell_area in _under(dataset, geoms, band):
        if (values != np.rint(values)).any():
            raise RasterError(N_("栅格值不是整数，不能按类别统计。"))
        missing = _missing(geom, float(part.sum()), cell_area)
        classes, member = np.unique(values.astype(np.int64), return_inverse=True)
        inside = np.bincount(member.ravel(), weights=part, minlength=len(classes))
        whole = inside.sum()
        parts = inside / (whole or 1.0) * (1 - missing)
        found.append((dict(zip(classes.tolist(), parts.tolist(), strict=True)), missing))
    return found


def _usable(dataset: Any, band: int) -> tuple[float, float]:
    """Scale and offset of the band, once the raster is known to be one that can be measured in."""
    if not 1 <= band <= dataset.count:
        raise RasterError(N_("栅格没有第 {band} 波段（共 {count} 个）。"), band=band, count=dataset.count)
    if dataset.transform.is_identity and (dataset.gcps[0] or dataset.rpcs):
        raise RasterError(N_("栅格以控制点定位，尚未几何校正，请先校正后再使用。"))
    if dataset.crs is None:
        raise RasterError(N_("栅格没有坐标系，请先指明其坐标系。"))
    if not dataset.transform.is_rectilinear or dataset.transform.a <= 0:
        raise RasterError(N_("栅格是旋转或倾斜的，请先重采样为正北方向。"))
    if np.dtype(dataset.dtypes[band - 1]).kind not in "iuf":
        raise RasterError(N_("栅格数据类型 {dtype} 无法统计。"), dtype=dataset.dtypes[band - 1])
    return dataset.scales[band - 1], dataset.offsets[band - 1]


def _under(
    dataset: Any, geoms: Sequence[BaseGeometry] | np.ndarray, band: int
) -> Iterator[tuple[BaseGeometry, np.ndarray, np.ndarray, float]]:
    """(polygon, values with data, part of each cell inside, area of a cell) for each polygon."""
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    array = as_array(geoms)
    require_valid(array, np.arange(len(array)))
    if (shapely.is_missing(array) | (shapely.get_dimensions(array) != 2) | shapely.is_empty(array)).any():
        raise RasterError(N_("栅格统计只适用于面。"))
    wide, high = dataset.transform.a, abs(dataset.transform.e)
    left, edge = dataset.transform.c, dataset.transform.f
    up = dataset.transform.e > 0  # rows from south to north
    none = np.empty(0)
    for geom in array:
        west, south, east, north = geom.bounds
        first, last = math.floor((west - left) / wide), math.ceil((east - left) / wide)
        rows = ((south - edge) / high, (north - edge) / high) if up else ((edge - north) / high, (edge - south) / high)
        top, bottom = math.floor(rows[0]), math.ceil(rows[1])
        first, last = max(first, 0), min(last, dataset.width)
        top, bottom = max(top, 0), min(bottom, dataset.height)
        if first >= last or top >= bottom:
            yield geom, none, none, wide * high
            continue
        if (last - first) * (bottom - top) > MOST_CELLS:
            raise RasterError(
                N_("图形范围内栅格单元过多（{cells}），请缩小范围或降低分辨率。"), cells=(last - first) * (bottom - top)
            )
        read = dataset.read(band, window=((top, bottom), (first, last)), masked=True)
        cells = np.ma.filled(read.astype(np.float64), np.nan)
        x0, x1 = left + first * wide, left + last * wide
        if up:
            cells = cells[::-1]
            y0, y1 = edge + top * high, edge + bottom * high
        else:
            y0, y1 = edge - bottom * high, edge - top * high
        source = NumPyRasterSource(np.ascontiguousarray(cells), x0, y0, x1, y1)
        feature = {"type": "Feature", "geometry": shapely.geometry.mapping(geom), "properties": {}}
        answer: Any = exact_extract(source, feature, ["values", "coverage"])
        values = np.asarray(answer[0]["properties"]["values"], dtype=np.float64)
        part = np.asarray(answer[0]["properties"]["coverage"], dtype=np.float64)
        there = np.isfinite(values) & (part > 0)
        yield geom, values[there], part[there], wide * high


def _missing(geom: BaseGeometry, cells: float, cell_area: float) -> float:
    missing = 1 - cells * cell_area / geom.area
    # Parts of cells are computed in single precision: a millionth missing is none.
    return 0.0 if missing < 1e-5 else min(missing, 1.0)

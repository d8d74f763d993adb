"""What a raster says within a polygon: mean height, slope, shares of land cover; edge cells count by the part inside.

Takes an open raster dataset (as of rasterio) so that only what lies under the polygons is read, neighbours together.

Edges: a cell counts by the part of it that lies inside the polygon, as exactextract computes it. The means, shares and
quantiles are weighted with these parts; lowest and highest are those of any cell that reaches inside. Where cells get
narrower northward, as cells in degrees and in Web Mercator do, parts count by the ground that they cover.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from spatial.crs import CGCS2000, _transformer
from spatial.errors import N_, SpatialError
from spatial.overlay import as_array, require_valid

# Cells under one polygon that are read at a time: 400 MB as float64.
MOST_CELLS = 50_000_000
_BLOCK = 1024  # polygons whose middles lie in one square of so many cells are read together


class RasterError(SpatialError):
    """A raster cannot be measured in."""


@dataclass(frozen=True, slots=True)
class Zonal:
    """The values of a raster within one polygon.

    Attributes:
        cells: Cells with data, each counted by its part inside.
        missing_share: Part of the polygon, 0 to 1, without data: cells marked as such, or land outside the raster.
            Where it is 1 the numbers below are NaN.
        mean: Mean of the values, each weighted by the ground that the part of its cell inside covers.
        lowest, highest: Smallest and largest value of any cell that reaches inside.
        deviation: Standard deviation of the values, weighted likewise.
        median: The value below which half of the covered area lies.
    """

    cells: float
    missing_share: float
    mean: float
    lowest: float
    highest: float
    deviation: float = math.nan
    median: float = math.nan


def summarise(
    dataset: Any, geoms: Sequence[BaseGeometry] | np.ndarray, *, band: int = 1, slope: bool = False
) -> list[Zonal]:
    """Mean and range of a band within each polygon, after the band's own scale and offset.

    Args:
        dataset: Open raster whose rows run west to east.
        geoms: Valid polygons in the CRS of the raster.
        band: Number of the band, from 1.
        slope: The band holds heights in metres; give the slope in degrees instead (see :func:`slope_degrees`).

    Raises:
        RasterError: The raster is rotated, placed by control points or not at all, without CRS, of complex numbers,
            lacks the band, or has too many cells under one polygon.
        GeometryError: A polygon is invalid.
    """
    found: list[Zonal] = []
    for geom, values, part, ground, cell_area in _under(dataset, geoms, band, slope=slope):
        cells = float(part.sum())
        missing = _missing(geom, cells, cell_area)
        if not cells:
            found.append(Zonal(0.0, missing, math.nan, math.nan, math.nan))
            continue
        whole = float(ground.sum())
        mean = float((values * ground).sum() / whole)
        deviation = math.sqrt(max(float((ground * (values - mean) ** 2).sum() / whole), 0.0))
        order = np.argsort(values, kind="stable")
        half = np.searchsorted(np.cumsum(ground[order]), whole / 2)
        median = float(values[order[min(int(half), len(order) - 1)]])
        found.append(Zonal(cells, missing, mean, float(values.min()), float(values.max()), deviation, median))
    return found


def slope_degrees(heights: np.ndarray, wide_m: np.ndarray | float, high_m: np.ndarray | float) -> np.ndarray:
    """Slope of the ground at each cell but those of the outer frame, by Horn's method from its eight neighbours.

    Args:
        heights: Metres, rows from north to south or south to north; NaN where there is none.
        wide_m: Width of a cell in metres; one figure, or one for each inner row, as cells in degrees narrow northward.
        high_m: Height of a cell in metres, likewise.

    Returns:
        Degrees from the horizontal; NaN where the cell or one of its neighbours has no height.

    Source:
        B. K. P. Horn, Hill shading and the reflectance map, Proceedings of the IEEE 69 (1981), 14–47; as in gdaldem.
    """
    z = np.asarray(heights, dtype=np.float64)
    wide, high = (np.reshape(size, (-1, 1)) if np.ndim(size) else size for size in (wide_m, high_m))
    east = (z[:-2, 2:] + 2 * z[1:-1, 2:] + z[2:, 2:] - z[:-2, :-2] - 2 * z[1:-1, :-2] - z[2:, :-2]) / (8 * wide)
    north = (z[2:, :-2] + 2 * z[2:, 1:-1] + z[2:, 2:] - z[:-2, :-2] - 2 * z[:-2, 1:-1] - z[:-2, 2:]) / (8 * high)
    slope = np.degrees(np.arctan(np.hypot(east, north)))
    slope[~np.isfinite(z[1:-1, 1:-1])] = np.nan
    return slope


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
    found: list[tuple[Mapping[int, float], float]] = []
    for geom, values, part, ground, cell_area in _under(dataset, geoms, band, scaled=False):
        if (values != np.rint(values)).any():
            raise RasterError(N_("栅格值不是整数，不能按类别统计。"))
        missing = _missing(geom, float(part.sum()), cell_area)
        classes, member = np.unique(values.astype(np.int64), return_inverse=True)
        inside = np.bincount(member.ravel(), weights=ground, minlength=len(classes))
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
    if dataset.transform.is_identity:
        raise RasterError(N_("栅格没有坐标（缺坐标文件 .tfw 或地理参照），不知道在哪里。"))
    if dataset.crs is None:
        raise RasterError(N_("栅格没有坐标系，请先指明其坐标系。"))
    if not dataset.transform.is_rectilinear or dataset.transform.a <= 0:
        raise RasterError(N_("栅格是旋转或倾斜的，请先重采样为正北方向。"))
    if np.dtype(dataset.dtypes[band - 1]).kind not in "iuf":
        raise RasterError(N_("栅格数据类型 {dtype} 无法统计。"), dtype=dataset.dtypes[band - 1])
    return dataset.scales[band - 1], dataset.offsets[band - 1]


def _under(
    dataset: Any, geoms: Sequence[BaseGeometry] | np.ndarray, band: int, *, scaled: bool = True, slope: bool = False
) -> list[tuple[BaseGeometry, np.ndarray, np.ndarray, np.ndarray, float]]:
    """(polygon, values with data, part of each cell inside, the same by its ground, area of a cell) for each polygon."""
    scale, offset = _usable(dataset, band)
    array = as_array(geoms)
    require_valid(array, np.arange(len(array)))
    if (shapely.is_missing(array) | (shapely.get_dimensions(array) != 2) | shapely.is_empty(array)).any():
        raise RasterError(N_("栅格统计只适用于面。"))
    wide, high = dataset.transform.a, abs(dataset.transform.e)
    left, edge = dataset.transform.c, dataset.transform.f
    up = dataset.transform.e > 0  # rows from south to north
    west, south, east, north = shapely.bounds(array).T
    first = np.clip(np.floor((west - left) / wide), 0, dataset.width).astype(int)
    last = np.clip(np.ceil((east - left) / wide), 0, dataset.width).astype(int)
    top = np.clip(np.floor(((south - edge) if up else (edge - north)) / high), 0, dataset.height).astype(int)
    bottom = np.clip(np.ceil(((north - edge) if up else (edge - south)) / high), 0, dataset.height).astype(int)
    none = np.empty(0)
    found = [(geom, none, none, none, wide * high) for geom in array]
    there = np.flatnonzero((first < last) & (top < bottom))
    cells = (last - first) * (bottom - top)
    if cells[there].max(initial=0) > MOST_CELLS:
        raise RasterError(
            N_("图形范围内栅格单元过多（{cells}），请缩小范围或降低分辨率。"), cells=int(cells[there].max())
        )
    block = ((top + bottom) // 2 // _BLOCK) * (dataset.width // _BLOCK + 1) + (first + last) // 2 // _BLOCK
    alone = cells > _BLOCK * _BLOCK
    key = np.where(alone, -1 - np.arange(len(array)), block)
    order = there[np.argsort(key[there], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(key[order])) + 1) if order.size else []
    for group in groups:
        window = (int(top[group].min()), int(bottom[group].max())), (int(first[group].min()), int(last[group].max()))
        cell_m = _cell_m(dataset, *window)
        values = _window(dataset, band, *window, scale if scaled else 1.0, offset if scaled else 0.0, cell_m if slope else None)
        ground = np.multiply(*cell_m)
        x0, x1 = left + window[1][0] * wide, left + window[1][1] * wide
        if up:
            values, ground, y0, y1 = values[::-1], ground[::-1], edge + window[0][0] * high, edge + window[0][1] * high
        else:
            y0, y1 = edge - window[0][1] * high, edge - window[0][0] * high
        for place, inside, part, weight in _extract(values, (x0, y0, x1, y1), array, group, ground):
            found[place] = (array[place], inside, part, weight, wide * high)
    return found


def _window(
    dataset: Any, band: int, rows: tuple[int, int], columns: tuple[int, int], scale: float, offset: float,
    cell_m: tuple[np.ndarray, np.ndarray] | None,
) -> np.ndarray:
    """The values of a window, NaN where there is no data.

    Given the metres of its cells, their slopes, worked out from a window one cell wider.
    """
    room = 0 if cell_m is None else 1
    read = dataset.read(
        band,
        window=((max(rows[0] - room, 0), min(rows[1] + room, dataset.height)),
                (max(columns[0] - room, 0), min(columns[1] + room, dataset.width))),
        masked=True,
    )
    values = np.ma.filled(read.astype(np.float64), np.nan) * scale + offset
    if cell_m is None:
        return values
    lacking = (int(rows[0] == 0), int(rows[1] == dataset.height)), (int(columns[0] == 0), int(columns[1] == dataset.width))
    values = np.pad(values, lacking, constant_values=np.nan)
    return slope_degrees(values, *cell_m)


def _cell_m(dataset: Any, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Width and height on the ground, in metres, of the cells of some rows, in the middle of some columns."""
    wide, high = dataset.transform.a, abs(dataset.transform.e)
    crs = CRS.from_wkt(dataset.crs.to_wkt())
    x = np.full(rows[1] - rows[0], dataset.transform.c + (columns[0] + columns[1]) / 2 * wide)
    y = dataset.transform.f + (np.arange(*rows) + 0.5) * dataset.transform.e
    if crs.is_geographic:
        y = np.clip(y, -89.9, 89.9)
    ends = (x - wide / 2, y), (x + wide / 2, y), (x, y - high / 2), (x, y + high / 2)
    if not crs.is_geographic:  # metres of the plane are not those of the ground: Web Mercator's are 15 % short at 30° N
        carrier = _transformer(crs, CGCS2000)
        ends = tuple(carrier.transform(*end) for end in ends)
    geod = CGCS2000.get_geod()
    assert geod is not None
    with np.errstate(invalid="ignore"):
        east = np.asarray(geod.inv(*ends[0], *ends[1])[2], dtype=np.float64)
        north = np.asarray(geod.inv(*ends[2], *ends[3])[2], dtype=np.float64)
    if not (np.isfinite(east) & (east > 0) & np.isfinite(north) & (north > 0)).all():  # outside what the CRS is made for
        metres = 1.0 if crs.is_geographic else dataset.crs.linear_units_factor[1]
        return np.full(len(y), wide * metres), np.full(len(y), high * metres)
    return east, north


def _extract(
    values: np.ndarray, bounds: tuple[float, float, float, float], array: np.ndarray, group: np.ndarray, ground: np.ndarray
) -> Iterator[tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
    """(position, values with data, parts of the cells, the same by ground) of some polygons over one window.

    ``ground`` is that of a cell of each row; rows come from north to south.
    """
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    source = NumPyRasterSource(np.ascontiguousarray(values), *bounds)
    features = [
        {"type": "Feature", "geometry": shapely.geometry.mapping(array[place]), "properties": {}} for place in group
    ]
    alike = np.ptp(ground) <= 1e-5 * ground.max()
    answers: Any = exact_extract(source, features, ["values", "coverage", *([] if alike else ["center_y"])])
    step = (bounds[3] - bounds[1]) / len(ground)
    for place, answer in zip(group.tolist(), answers, strict=True):
        inside = np.asarray(answer["properties"]["values"], dtype=np.float64)
        part = np.asarray(answer["properties"]["coverage"], dtype=np.float64)
        # an edge along the side of a cell reaches over it by what rounding leaves, and that is no part of it
        there = np.isfinite(inside) & (part > 1e-6 * part.max(initial=0.0))
        weight = part
        if not alike:
            row = np.floor((bounds[3] - np.asarray(answer["properties"]["center_y"], dtype=np.float64)) / step)
            weight = part * (ground[np.clip(row.astype(int), 0, len(ground) - 1)] / ground.max())
        yield place, inside[there], part[there], weight[there]


def _missing(geom: BaseGeometry, cells: float, cell_area: float) -> float:
    missing = 1 - cells * cell_area / geom.area
    # Parts of cells are computed in single precision: a millionth missing is none.
    return 0.0 if missing < 1e-5 else min(missing, 1.0)

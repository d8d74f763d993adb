"""Windows of raster files as pictures. Knows no Qt.

Only the window in view is read, at the size of the screen, so overviews are used where the file has them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gui.canvas.geodesy import transform, transform_bounds
from gui.canvas.prepare import Box
from sanxian.i18n import _

if TYPE_CHECKING:
    import rasterio
    from rasterio.vrt import WarpedVRT

log = logging.getLogger(__name__)

# Heights from low to high: what a printed relief map uses.
_RAMP = np.array([[0.0, 106, 153, 120], [0.25, 172, 194, 138], [0.5, 236, 224, 168], [0.75, 199, 158, 110],
                  [1.0, 245, 242, 240]])  # fmt: skip


class Ground(Protocol):
    """What can be drawn as a raster without being a file that GDAL reads."""

    def read(self, crs: str, extent: Box, pixel: float) -> tuple[np.ndarray, Box] | None:
        """As ``read_raster``."""
        ...


@dataclass(frozen=True)
class Placed:
    """A raster file in the CRS that a person has stated for it, or that was found in it.

    Attributes:
        crs: '' for what the file says itself.
        stamp: How the file stands: of another stamp it is drawn anew, as another program may have written other cells.
    """

    path: Path
    crs: str
    stamp: str = ""

    def __fspath__(self) -> str:
        return str(self.path)


def placed(layer: Any) -> Any:
    """The raster of a layer in the CRS by which it is measured; ``None`` for a layer of features."""
    if layer.raster is None:
        return None
    crs = getattr(layer.record, "crs", None)
    return Placed(layer.raster, crs if isinstance(crs, str) else "", getattr(layer.record, "stamp", ""))


class RasterError(Exception):
    """A raster that can't be shown; the words are for people."""


def _unreadable(path: Path | Placed, error: Exception) -> RasterError:
    """What to say of a file that GDAL fails at; its own words, which are English, go into the log."""
    cause: BaseException = error
    while cause.__cause__ is not None:  # what GDAL said first; rasterio's own words may only point to that
        cause = cause.__cause__
    log.info("raster %s: %s", path, cause)
    reason = _("文件不完整、已损坏，或是读不了的格式") if Path(path).exists() else _("文件不在了")
    return RasterError(_("栅格打不开：{name}（{reason}）").format(name=Path(path).name, reason=reason))


def _system(path: Path | Placed, source: rasterio.DatasetReader) -> str:
    """The CRS of a file that is open.

    Raises:
        RasterError: Nobody says.
    """
    if isinstance(path, Placed) and path.crs:
        return path.crs
    if source.crs is None:
        raise RasterError(_("栅格没有坐标系，无法显示：{name}").format(name=Path(path).name))
    return source.crs.to_wkt()


def raster_bounds(path: Path | Placed | Ground, crs: str) -> Box | None:
    """Bounds of a raster in another CRS; None for a basemap, which no view is fitted to.

    Raises:
        RasterError: The file can't be opened, or has no CRS.
    """
    import rasterio  # here, in the drawing thread: the window opens sooner without it
    from rasterio.errors import RasterioError

    if not isinstance(path, (str, Path, Placed)):
        return None
    try:
        with rasterio.open(Path(path)) as source:
            return transform_bounds(source.bounds, _system(path, source), crs)
    except RasterioError as error:
        raise _unreadable(path, error) from error


def raster_copyright(path: Path) -> str:
    """What a file says of whose it is, '' where it says nothing."""
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(Path(path)) as source:
            return source.tags().get("TIFFTAG_COPYRIGHT", "")
    except RasterioError:
        return ""


def raster_cell(path: Path | Placed, crs: str, x: float, y: float) -> list[tuple[str, float | None]] | None:
    """What the cell at a place holds: for each band its description and its value after scale and offset.

    Only that cell is read. The value is None where the file says that it has none; the answer is, outside the raster.

    Raises:
        RasterError: The file can't be read, or has no CRS.
    """
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.windows import Window

    try:
        with rasterio.open(Path(path)) as source:
            here = transform(np.array([[x, y]], float), crs, _system(path, source))[0]
            if not np.isfinite(here).all():
                return None
            row, column = source.index(float(here[0]), float(here[1]))
            if not (0 <= row < source.height and 0 <= column < source.width):
                return None
            cells = source.read(window=Window(column, row, 1, 1), masked=True)[:, 0, 0]
            return [
                (name or "", None if np.ma.is_masked(cell) or not np.isfinite(float(cell)) else float(cell) * scale + offset)
                for cell, name, scale, offset in zip(cells, source.descriptions, source.scales, source.offsets, strict=True)
            ]
    except RasterioError as error:
        raise _unreadable(path, error) from error


def read_raster(path: Path | Placed | Ground, crs: str, extent: Box, pixel: float) -> tuple[np.ndarray, Box] | None:
    """The part of a raster inside ``extent``: RGBA bytes (rows, columns, 4) and the box they cover; None for no part.

    Args:
        path: Any file that GDAL reads, or what reads itself.
        crs: Of the extent and of the answer.
        extent: Left, bottom, right, top.
        pixel: CRS units in one pixel of the screen.

    Raises:
        RasterError: The file can't be opened or read, or has no CRS.
    """
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.errors import RasterioError
    from rasterio.vrt import WarpedVRT

    if not isinstance(path, (str, Path, Placed)):
        return path.read(crs, extent, pixel)
    try:
        with rasterio.open(Path(path)) as source, WarpedVRT(
            source, src_crs=_system(path, source), crs=crs, resampling=Resampling.bilinear, **_gaps(source)
        ) as warped:
            return _read(source, warped, extent, pixel)
    except RasterioError as error:
        raise _unreadable(path, error) from error


def _gaps(source: rasterio.DatasetReader) -> dict[str, Any]:
    """How a raster that is put into another CRS is to know where it holds nothing."""
    from rasterio.enums import ColorInterp

    if source.nodata is not None or ColorInterp.alpha in source.colorinterp:
        return {}  # it says so itself, and a second alpha band is refused
    if all(np.issubdtype(kind, np.floating) for kind in source.dtypes):
        return {"src_nodata": np.nan, "nodata": np.nan}
    return {"add_alpha": True}


def _read(
    source: rasterio.DatasetReader, warped: WarpedVRT, extent: Box, pixel: float
) -> tuple[np.ndarray, Box] | None:
    from rasterio.enums import Resampling
    from rasterio.windows import Window, from_bounds
    from rasterio.windows import bounds as window_bounds

    bounds = warped.bounds
    left, bottom = max(extent[0], bounds.left), max(extent[1], bounds.bottom)
    right, top = min(extent[2], bounds.right), min(extent[3], bounds.top)
    if left >= right or bottom >= top:
        return None
    exact = from_bounds(left, bottom, right, top, warped.transform)
    # Whole cells, so that zooming in does not shift the picture against the map.
    column, row = int(exact.col_off), int(exact.row_off)
    window = Window(
        column,
        row,
        min(int(np.ceil(exact.col_off + exact.width)), warped.width) - column,
        min(int(np.ceil(exact.row_off + exact.height)), warped.height) - row,
    )
    if window.width < 1 or window.height < 1:
        return None
    covered = window_bounds(window, warped.transform)
    shape = (
        max(min(round((covered[3] - covered[1]) / pixel), int(window.height)), 1),
        max(min(round((covered[2] - covered[0]) / pixel), int(window.width)), 1),
    )
    colours = source.count >= 3
    bands = [1, 2, 3] if colours else [1]
    data = warped.read(bands, window=window, out_shape=(len(bands), *shape), resampling=Resampling.average)
    mask = warped.dataset_mask(window=window, out_shape=shape) if colours else warped.read_masks(
        1, window=window, out_shape=shape
    )  # fmt: skip
    rgba = np.empty((*shape, 4), np.uint8)
    if colours:
        rgba[..., :3] = np.moveaxis(_bytes(data), 0, -1)
    else:
        rgba[..., :3] = _tinted(source, data[0])
    rgba[..., 3] = np.where(np.isfinite(data).all(axis=0), mask, 0)
    return rgba, covered


def _bytes(data: np.ndarray) -> np.ndarray:
    if data.dtype == np.uint8:
        return data
    data = np.where(np.isfinite(data), data, 0)
    top = float(data.max()) or 1.0
    return np.clip(data / top * 255, 0, 255).astype(np.uint8)


def _tinted(source: rasterio.DatasetReader, band: np.ndarray) -> np.ndarray:
    from rasterio.enums import ColorInterp

    if source.colorinterp[0] == ColorInterp.palette:
        table = np.zeros((256, 3), np.uint8)
        for index, colour in source.colormap(1).items():
            table[index] = colour[:3]
        return table[np.clip(band, 0, 255).astype(np.uint8)]
    low, high = _value_range(source.name, Path(source.name).stat().st_mtime_ns if Path(source.name).exists() else 0)
    share = np.clip((np.where(np.isfinite(band), band, low).astype(np.float64) - low) / (high - low), 0, 1)
    return np.stack([np.interp(share, _RAMP[:, 0], _RAMP[:, i]) for i in (1, 2, 3)], axis=-1).astype(np.uint8)


@lru_cache(maxsize=64)
def _value_range(name: str, _changed: int) -> tuple[float, float]:
    """Values that get the ends of the colour ramp: of the whole file, so that colours stay when the view moves."""
    import rasterio

    with rasterio.open(name) as source:
        step = max(source.width, source.height) / 256
        shape = (max(int(source.height / max(step, 1)), 1), max(int(source.width / max(step, 1)), 1))
        sample = source.read(1, out_shape=shape, masked=True).compressed()
    sample = sample[np.isfinite(sample)]
    if not len(sample):
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(sample, [1, 99]))
    return low, high if high > low else low + 1

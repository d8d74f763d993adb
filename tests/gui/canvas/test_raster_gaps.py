"""Where a raster holds nothing it is not drawn, whichever way the file says so."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp
from rasterio.transform import from_origin

from gui.canvas.geodesy import crs_key
from gui.canvas.ground import GroundError, GroundRaster
from gui.canvas.raster import RasterError, raster_bounds, read_raster

SIZE = 40
PLACES = {4548: from_origin(408_000, 3_287_000, 10, 10), 4326: from_origin(116.05, 29.7, 0.0001, 0.0001)}


def written(path: Path, data: np.ndarray, code: int, *, alpha: bool = False, nodata: float | None = None) -> Path:
    with rasterio.open(path, "w", driver="GTiff", width=SIZE, height=SIZE, count=len(data), dtype=str(data.dtype), crs=f"EPSG:{code}",
                       transform=PLACES[code], nodata=nodata) as sink:
        if alpha:
            sink.colorinterp = [*(ColorInterp.red, ColorInterp.green, ColorInterp.blue)[:len(data) - 1], ColorInterp.alpha] if len(data) == 4 \
                else [ColorInterp.gray, ColorInterp.alpha]
        sink.write(data)
    return path


def quarters(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A pixel in the middle of the left half and one in the middle of the right half."""
    rows, columns, _bands = picture.shape
    return picture[rows // 2, columns // 4], picture[rows // 2, columns * 3 // 4]


def seen(reader, code: int = 4548, pixels: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    path = reader if isinstance(reader, Path) else reader.path
    bounds = raster_bounds(path, crs_key(code))
    assert bounds is not None
    pixel = (bounds[2] - bounds[0]) / pixels
    found = read_raster(path, crs_key(code), bounds, pixel) if isinstance(reader, Path) else reader.read(crs_key(code), bounds, pixel)
    assert found is not None
    return quarters(found[0])


@pytest.mark.parametrize("code", PLACES)
@pytest.mark.parametrize("bands", [4, 2])
def test_a_picture_with_an_alpha_band_is_drawn_and_clear_where_that_says_so(tmp_path, code, bands):
    data = np.full((bands, SIZE, SIZE), 200, "uint8")
    data[-1] = 255
    data[-1, :, :SIZE // 2] = 0
    path = written(tmp_path / "a.tif", data, code, alpha=True)
    for reader in (path, GroundRaster(path)):
        clear, solid = seen(reader)
        assert (clear[3], solid[3]) == (0, 255)
        assert bands == 2 or solid[:3].tolist() == [200, 200, 200]


@pytest.mark.parametrize("code", PLACES)
@pytest.mark.parametrize("nodata", [None, -9999.0])
@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("pixels", [SIZE, 7])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_cells_that_are_no_number_are_clear(tmp_path, code, nodata, bands, pixels):
    data = np.tile(np.linspace(0, 100, SIZE, dtype="float32"), (bands, SIZE, 1))
    data[:, :, :SIZE // 2] = np.nan
    clear, solid = seen(written(tmp_path / "a.tif", data, code, nodata=nodata), pixels=pixels)
    assert (clear[3], solid[3]) == (0, 255)


def test_a_cell_without_a_number_takes_no_others_with_it(tmp_path):
    data = np.full((1, SIZE, SIZE), 5.0, "float32")
    data[0, 1::4, 1::4] = np.nan
    path = written(tmp_path / "a.tif", data, 4548)
    bounds = raster_bounds(path, crs_key(4548))
    assert bounds is not None
    found = read_raster(path, crs_key(4548), bounds, 80.0)
    assert found is not None
    assert (found[0][..., 3] == 255).all(), "from afar each pixel is what its other cells say"


def test_what_cannot_be_read_is_told_in_the_language_of_the_window(tmp_path):
    broken = tmp_path / "坏.tif"
    broken.write_bytes(b"II*\0" + bytes(40))
    for path, said in ((broken, "损坏"), (tmp_path / "没有.tif", "不在了")):
        for read in (lambda path=path: read_raster(path, crs_key(4548), (0, 0, 1, 1), 1.0), lambda path=path: raster_bounds(path, crs_key(4548)),
                     lambda path=path: GroundRaster(path)):
            with pytest.raises((RasterError, GroundError)) as told:
                read()
            assert said in str(told.value)
            assert not re.search("[a-z]{4,}", str(told.value)), told.value

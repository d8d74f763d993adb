"""What one cell of a raster says."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from gui.canvas.geodesy import crs_key, transform
from gui.canvas.raster import RasterError, raster_cell
from gui.panels.identify import _cell_words


def write(path, data, **more):
    with rasterio.open(path, "w", driver="GTiff", width=data.shape[2], height=data.shape[1], count=data.shape[0],
                       dtype=str(data.dtype), transform=from_origin(500_000, 3_290_000, 10, 10), **more) as sink:
        sink.write(data)
        sink.set_band_description(1, "高程")
        sink.scales, sink.offsets = [0.5] * data.shape[0], [1.0] * data.shape[0]
    return path


def test_the_cell_under_a_place_in_any_crs(tmp_path):
    data = np.arange(24, dtype="int16").reshape(2, 3, 4)
    path = write(tmp_path / "a.tif", data, crs="EPSG:4548", nodata=7)
    lon, lat = transform(np.array([[500_025.0, 3_289_985.0]]), crs_key(4548), crs_key(4490))[0]  # third column, second row
    assert raster_cell(path, crs_key(4490), lon, lat) == [("高程", 6 * 0.5 + 1), ("", 18 * 0.5 + 1)]
    assert raster_cell(path, crs_key(4548), 500_035.0, 3_289_985.0) == [("高程", None), ("", 19 * 0.5 + 1)]
    for x, y in ((499_999.0, 3_289_985.0), (500_041.0, 3_289_985.0), (500_005.0, 3_290_001.0), (500_005.0, 3_289_969.0)):
        assert raster_cell(path, crs_key(4548), x, y) is None


def test_a_file_that_cannot_be_asked_says_why(tmp_path):
    with pytest.raises(RasterError, match="没有坐标系"):
        raster_cell(write(tmp_path / "a.tif", np.zeros((1, 3, 4), "uint8")), crs_key(4548), 0, 0)
    with pytest.raises(RasterError, match="打不开"):
        raster_cell(tmp_path / "none.tif", crs_key(4548), 0, 0)


@pytest.mark.parametrize(("kind", "value", "said"), [
    ("dem", None, "无数据"), ("dem", 20.25, "20.25 m"), ("landcover", 5.0, "类别 5"), ("ndvi", 0.125, "0.125")])
def test_values_in_words(kind, value, said):
    assert _cell_words(kind, value) == said

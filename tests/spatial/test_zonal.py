from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer
from rasterio.control import GroundControlPoint
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.transform import Affine
from shapely import LineString, Polygon, box

from spatial import zonal
from spatial.crs import CGCS2000
from spatial.zonal import RasterError, shares, summarise

NORTH_UP = Affine(10, 0, 500_000, 0, -10, 3_100_040)  # 4 by 4 cells of 10 m


def site(west, south, east, north):
    return box(500_000 + west, 3_100_000 + south, 500_000 + east, 3_100_000 + north)


@pytest.fixture
def raster():
    files = []

    def make(cells, transform=NORTH_UP, crs="EPSG:4548", **options):
        cells = np.asarray(cells)
        scale, offset = options.pop("scale", None), options.pop("offset", None)
        file = MemoryFile()
        height, width = cells.shape
        profile = {"driver": "GTiff", "height": height, "width": width, "count": 1, "dtype": cells.dtype}
        with file.open(**profile, transform=transform, crs=crs, **options) as dataset:
            dataset.write(cells, 1)
            if scale:
                dataset.scales, dataset.offsets = (scale,), (offset,)
        dataset = file.open()
        files.append((dataset, file))
        return dataset

    yield make
    for dataset, file in files:
        dataset.close()
        file.close()


ROWS = np.array([[1, 2, 3, 4]] * 4, dtype=np.float32)  # the value is the column, from 1


def test_edge_cells_count_by_their_part(raster):
    (found,) = summarise(raster(ROWS), [site(5, 0, 20, 10)])
    assert found.cells == pytest.approx(1.5)
    assert found.mean == pytest.approx((0.5 * 1 + 1 * 2) / 1.5)
    assert (found.lowest, found.highest, found.missing_share) == (1, 2, 0)


def test_north_is_up_and_south_up_rasters_read_the_same(raster):
    cells = np.arange(16, dtype=np.float32).reshape(4, 4)
    asked = [site(0, 30, 10, 40), site(12, 3, 35, 28)]
    assert summarise(raster(cells), asked)[0].mean == 0
    flipped = raster(cells[::-1].copy(), Affine(10, 0, 500_000, 0, 10, 3_100_000))
    assert summarise(flipped, asked) == summarise(raster(cells), asked)


def test_no_data_and_land_outside_are_missing(raster):
    cells = ROWS.copy()
    cells[3, 0] = -9999
    found = summarise(
        raster(cells, nodata=-9999),
        [site(0, 0, 20, 10), site(0, 0, 10, 10), site(-10, 20, 10, 30), site(900, 0, 910, 10)],
    )
    assert [row.missing_share for row in found] == pytest.approx([0.5, 1, 0.5, 1])
    assert found[0].mean == 2
    assert math.isnan(found[1].mean)
    assert math.isnan(found[3].highest)


def test_scale_and_offset(raster):
    (found,) = summarise(raster(ROWS.astype(np.int16), scale=0.1, offset=100.0), [site(0, 0, 10, 10)])
    assert found.mean == pytest.approx(100.1)


def test_classes(raster):
    cells = np.array([[10, 10, 20, 255]] * 4, dtype=np.uint8)
    ((found, missing),) = shares(raster(cells, nodata=255), [site(0, 0, 40, 40)])
    assert found == pytest.approx({10: 0.5, 20: 0.25})
    assert missing == pytest.approx(0.25)
    with pytest.raises(RasterError, match="不是整数"):
        shares(raster(ROWS + 0.5), [site(0, 0, 40, 40)])


def test_what_cannot_be_measured_in_is_refused(raster, monkeypatch):
    asked = [site(0, 0, 10, 10)]
    with pytest.raises(RasterError, match="旋转或倾斜"):
        summarise(raster(ROWS, NORTH_UP @ Affine.rotation(20)), asked)
    points = [
        GroundControlPoint(row, column, 500_000 + column, 3_100_000 - row) for row, column in [(0, 0), (0, 4), (4, 0)]
    ]
    with pytest.raises(RasterError, match="控制点"):
        summarise(raster(ROWS, None, gcps=points), asked)
    with pytest.warns(NotGeoreferencedWarning):
        nowhere = raster(ROWS, None)
    with pytest.raises(RasterError, match=r"没有坐标（缺坐标文件"):
        summarise(nowhere, asked)
    with pytest.raises(RasterError, match="没有坐标系"):
        summarise(raster(ROWS, crs=None), asked)
    with pytest.raises(RasterError, match="没有第 2 波段（共 1 个）"):
        summarise(raster(ROWS), asked, band=2)
    with pytest.raises(RasterError, match="complex64"):
        summarise(raster(ROWS.astype(np.complex64)), asked)
    with pytest.raises(RasterError, match="只适用于面"):
        summarise(raster(ROWS), [LineString([(0, 0), (1, 1)])])
    with pytest.raises(ValueError, match="第 1 个分区图形无效"):
        summarise(raster(ROWS), [Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])])
    monkeypatch.setattr(zonal, "MOST_CELLS", 3)
    with pytest.raises(RasterError, match="栅格单元过多（16）"):
        summarise(raster(ROWS), [site(0, 0, 40, 40)])


def test_cells_that_narrow_northward_count_by_their_ground(raster):
    """A province from 24° to 31° N in cells of a tenth of a degree: the north half is a few hundredths smaller."""
    cells = np.repeat([[1], [2]], 35, axis=0) * np.ones((1, 20), dtype=np.uint8)
    zone = box(114, 24, 116, 31)
    geod = CGCS2000.get_geod()
    north, south = (
        abs(geod.geometry_area_perimeter(shapely.segmentize(box(114, low, 116, low + 3.5), 0.02))[0]) for low in (27.5, 24)
    )
    whole = north + south
    up = raster(cells.astype(np.uint8), Affine(0.1, 0, 114, 0, -0.1, 31), "EPSG:4490")
    down = raster(cells[::-1].astype(np.uint8), Affine(0.1, 0, 114, 0, 0.1, 24), "EPSG:4490")
    for dataset in (up, down):
        ((found, missing),) = shares(dataset, [zone])
        assert missing == 0
        assert found == pytest.approx({1: north / whole, 2: south / whole}, abs=2e-5)
        (mean,) = summarise(dataset, [zone])
        assert mean.mean == pytest.approx((north + 2 * south) / whole, abs=5e-5)
        assert mean.median == 2
    assert abs(north / whole - 0.5) > 0.007  # by cells it would be a half


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:4548", "EPSG:4490"])
def test_slopes_are_those_of_the_ground(raster, crs):
    """A plane that climbs one metre for each metre of ground to the east, in rasters of three kinds."""
    lat, lon, step = 31.0, 117.0, 10.0
    carrier = Transformer.from_crs(4490, crs, always_xy=True)
    x, y = carrier.transform(lon, lat)
    metre = math.cos(math.radians(lat)) if crs == "EPSG:3857" else 1.0  # of ground for one of the plane, roughly
    wide = 1e-4 if crs == "EPSG:4490" else step / metre
    ground = CGCS2000.get_geod().inv(*carrier.transform(x - wide, y, direction="INVERSE"), lon, lat)[2]
    cells = np.tile(np.arange(40, dtype=np.float32) * ground, (40, 1))
    dataset = raster(cells, Affine(wide, 0, x - 20 * wide, 0, -wide, y + 20 * wide), crs)
    (found,) = summarise(dataset, [box(x - 9 * wide, y - 9 * wide, x + 9 * wide, y + 9 * wide)], slope=True)
    assert found.mean == pytest.approx(45, abs=0.01)


@given(west=st.floats(0, 30), south=st.floats(0, 30), wide=st.floats(1, 10), high=st.floats(1, 10))
def test_the_mean_of_a_slope_is_its_height_in_the_middle_of_whole_cells(west, south, wide, high):
    with MemoryFile() as file:
        options = {"driver": "GTiff", "height": 4, "width": 4, "count": 1, "dtype": "float32"}
        with file.open(**options, transform=NORTH_UP, crs="EPSG:4548") as dataset:
            dataset.write(ROWS, 1)
        with file.open() as dataset:
            (found,) = summarise(dataset, [site(west, south, west + wide, south + high)])
    assert found.missing_share == 0
    assert found.cells == pytest.approx(wide * high / 100, rel=1e-4)
    edges = np.clip(np.arange(0, 50, 10), west, west + wide)
    assert found.mean == pytest.approx((np.diff(edges) * [1, 2, 3, 4]).sum() / wide, rel=1e-4)

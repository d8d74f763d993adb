from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.transform import from_origin

from layers.errors import LayerError
from layers.raster import inspect
from layers.workspace import Workspace

PLACE = from_origin(400_000, 3_290_000, 30, 30)


def raster(path, values=None, crs="EPSG:4548", transform=PLACE, nodata=-9999, scale=None, gcps=None):
    values = np.full((64, 64), 50, dtype="float32") if values is None else values
    more = {"gcps": gcps, "crs": crs} if gcps else {"crs": crs, "transform": transform}
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1, dtype=values.dtype,
        nodata=nodata, tiled=True, blockxsize=16, blockysize=16, compress="deflate", **more,
    ) as target:  # fmt: skip
        target.write(values, 1)
        if scale:
            target.scales, target.offsets = [scale[0]], [scale[1]]
    return path


def refused(path, kind="dem", **more):
    with pytest.raises(LayerError) as caught:
        inspect(path, kind, **more)
    error = caught.value
    assert error.template.format(**error.params) == str(error)
    return str(error)


def test_a_sound_raster_says_nothing(tmp_path):
    facts = inspect(raster(tmp_path / "a.tif"), "dem")
    assert (facts.crs, facts.valid_share, facts.lowest, facts.highest, facts.issues) == ("EPSG:4548", 1.0, 50, 50, ())


def test_what_would_lie_in_silence_is_refused(tmp_path):
    turned = PLACE * Affine.rotation(20)
    assert "旋转的栅格" in refused(raster(tmp_path / "turned.tif", transform=turned))
    points = [GroundControlPoint(0, 0, 115.9, 29.7), GroundControlPoint(0, 64, 116, 29.7),
              GroundControlPoint(64, 0, 115.9, 29.6)]  # fmt: skip
    assert "只有控制点" in refused(raster(tmp_path / "gcp.tif", gcps=points, crs="EPSG:4490"))
    empty = np.full((64, 64), -9999, dtype="float32")
    assert "没有一个有效像元" in refused(raster(tmp_path / "empty.tif", empty))
    assert "没有一个有效像元" in refused(raster(tmp_path / "nan.tif", empty * np.nan, nodata=None))
    assert "没有说明坐标系" in refused(raster(tmp_path / "nocrs.tif", crs=None))
    assert inspect(tmp_path / "nocrs.tif", "dem", crs=4548).crs == "EPSG:4548"
    assert "以度为单位，坐标值却是米" in refused(raster(tmp_path / "degrees.tif", crs="EPSG:4490"))
    lonlat = from_origin(115.9, 29.7, 0.001, 0.001)
    assert "以米为单位，坐标值却像度" in refused(raster(tmp_path / "metres.tif", transform=lonlat))


def test_a_broken_block_is_found_with_its_place(tmp_path):
    noise = np.random.default_rng(1).normal(50, 5, (64, 64)).astype("float32")
    path = raster(tmp_path / "a.tif", noise)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = b"\xff" * 2000
    path.write_bytes(data)
    assert "内部损坏：第 " in refused(path)
    path.write_bytes(b"II*\0 no")
    assert "不是可以读取的栅格" in refused(path)


def test_scale_offset_and_strange_heights_are_told(tmp_path):
    values = np.full((64, 64), 1000, dtype="int16")
    facts = inspect(raster(tmp_path / "a.tif", values, scale=(0.1, 5.0)), "dem")
    assert (facts.lowest, facts.highest) == (105.0, 105.0)
    assert [issue.code for issue in facts.issues] == ["raster-scaled"]
    values[0, 0] = -9999
    facts = inspect(raster(tmp_path / "b.tif", values, nodata=None), "dem")
    assert {issue.code for issue in facts.issues} == {"raster-nodata-unstated", "raster-heights-doubtful"}


def test_a_workspace_keeps_what_was_said_and_sees_a_changed_file(tmp_path):
    from layers.check import check_workspace

    path = raster(tmp_path / "a.tif", scale=(2.0, 0.0))
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        record = workspace.add_raster(path, "dem")
        assert [issue.code for issue in record.issues] == ["raster-scaled"]
        assert record.crs == "EPSG:4548"
        assert [f.code for f in check_workspace(workspace)] == ["raster-scaled"]
        raster(path)
        assert [f.code for f in check_workspace(workspace)] == ["raster-scaled", "raster-changed"]
        path.unlink()
        assert [f.code for f in check_workspace(workspace)] == ["raster-scaled", "raster-missing"]

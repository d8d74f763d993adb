"""Real files for the reading tests, made where they are used."""

from __future__ import annotations

import geopandas
import pyogrio
from shapely import box

UNITS = {
    "HJGKDYBM": ["ZH36040310001", "ZH36040320001"],
    "HJGKDYMC": ["浔阳优先保护单元", "浔阳重点管控单元"],
    "ZHGKDYFL": ["优先保护单元", "2"],
}
BOXES = ((115.9, 29.7, 115.95, 29.75), (115.95, 29.7, 116.0, 29.75))


def frame(columns=UNITS, boxes=BOXES, crs=4490):
    return geopandas.GeoDataFrame(dict(columns), geometry=[box(*corners) for corners in boxes], crs=crs)


def write(path, data=None, **more):
    data = frame() if data is None else data
    if path.suffix == ".parquet":
        data.to_parquet(path)
    else:
        driver = "LIBKML" if path.suffix == ".kml" else None
        pyogrio.write_dataframe(data, path, driver=driver, **more)
    return path

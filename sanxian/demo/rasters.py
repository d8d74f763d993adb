"""Elevation and land cover of the demo, on one grid of 30 m cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
import rasterio.features
import shapely
from rasterio.transform import Affine
from shapely.geometry.base import BaseGeometry

from sanxian.demo import draw
from sanxian.demo.ground import ORIGIN, PLANNED_IN, shape, table

CELL_M = 30.0
WEST, NORTH, COLUMNS, ROWS = -3600.0, 10200.0, 440, 370
NODATA = -9999.0
LAND_COVER = {1: "耕地", 2: "林地", 4: "草地", 5: "水体", 7: "裸地", 8: "不透水面", 9: "湿地"}
"""Classes of the land-cover raster, numbered as the public 30 m series CLCD does."""


def transform() -> Affine:
    """The grid of both rasters, in the planned CRS."""
    return Affine(CELL_M, 0.0, WEST + ORIGIN[0], 0.0, -CELL_M, NORTH + ORIGIN[1])


def elevation() -> np.ndarray:
    """Metres above sea level, to the decimetre: a low plain along the river, ponds and lakes in it, hills in the south."""
    columns, rows = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS))
    x, y = WEST + (columns + 0.5) * CELL_M, NORTH - (rows + 0.5) * CELL_M
    from_bank = np.clip((7400 - y) / 7000, -0.2, 1.2)
    ground = 15.5 + 14 * from_bank + 2.2 * np.sin(x / 610 + y / 930) + 1.4 * np.sin(x / 270 - y / 410)
    # slopes are bent by a few waves, so that ridges and gullies run down from the summits
    bent_x = x + 130 * np.sin(y / 190 + x / 520) + 60 * np.sin(y / 83 - x / 140)
    bent_y = y + 130 * np.sin(x / 170 - y / 460) + 60 * np.sin(x / 91 + y / 130)
    relief = np.zeros_like(x)
    for hill in table("district")["hill"]:
        (east, north), wide = hill["at"], hill["wide"]
        relief += hill["height"] * np.exp(-(((bent_x - east) ** 2 + (bent_y - north) ** 2) / wide**2))
    gullies = 0.08 * np.sin(x / 61 + 2.1 * np.sin(y / 97)) + 0.06 * np.sin(y / 53 + 1.7 * np.sin(x / 79))
    ground = ground + relief * (1 + gullies)
    levels = {"river": (draw.river(), 9.0), **{name: (area, 15.0) for name, area in draw.lakes().items()}}
    for name, area in draw.tributaries().items():
        levels[name] = (area, 12.0)
    for name, (area, level) in levels.items():
        mask = _burn(area)
        if name == "示例西山水库":
            level = float(np.percentile(ground[mask], 15))
        ground[mask] = level
    return np.round(ground, 1).astype("float32")


def land_cover() -> np.ndarray:
    """One class of :data:`LAND_COVER` for each cell."""
    hills = elevation() > 70
    cover = np.where(hills, 2, 1).astype("uint8")
    drawn = {role: shapely.union_all([row["geometry"] for row in draw.DRAWN[role]()]) for role in (
        "built_up_area", "industrial_park", "wetland", "contaminated_land",
    )}  # fmt: skip
    quarry = shape({"blob": [[5480, 800], [5700, 960], [5880, 800], [5720, 640]]})
    green = shape({"strip": [0, 11650, 15, 70]})
    for kind, area in (
        (4, green), (8, drawn["built_up_area"]), (8, drawn["industrial_park"]), (7, drawn["contaminated_land"]),
        (7, quarry), (9, drawn["wetland"]), (5, draw.water()), (9, draw.island()),
    ):  # fmt: skip
        cover[_burn(area)] = kind
    return cover


def _burn(area: BaseGeometry) -> np.ndarray:
    moved = shapely.transform(area, lambda points: points + ORIGIN)
    burnt = rasterio.features.rasterize([(moved, 1)], out_shape=(ROWS, COLUMNS), transform=transform(), dtype="uint8")
    return np.asarray(burnt, dtype=bool)


def write_rasters(folder: Path) -> dict[str, Path]:
    """Write ``示例_dem.tif`` and ``示例_landcover.tif``.

    Returns:
        Their paths by kind: dem, landcover.

    Raises:
        OSError: A file cannot be written.
    """
    grid = {"driver": "GTiff", "width": COLUMNS, "height": ROWS, "count": 1, "crs": PLANNED_IN, "transform": transform(),
            "compress": "deflate"}  # fmt: skip
    found: dict[str, Path] = {}
    for kind, values, nodata in (("dem", elevation(), NODATA), ("landcover", land_cover(), 0)):
        path = folder / f"示例_{kind}.tif"
        with rasterio.open(path, "w", dtype=values.dtype, nodata=nodata, **grid) as out:
            out.write(values, 1)
            out.update_tags(source=draw.SOURCE)
        found[kind] = path
    return found

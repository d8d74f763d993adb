from __future__ import annotations

import pytest

X, Y = 402_000.0, 3_290_000.0  # metres in EPSG:4548, in Jiujiang


@pytest.fixture(scope="session")
def write_boxes():
    """Write boxes given in metres from (X, Y) as a GeoPackage in EPSG:4548."""
    import geopandas
    from shapely import box

    def write(path, boxes, *, shift=(X, Y), crs=4548, **columns):
        shapes = [box(*corner) if isinstance(corner, tuple) else corner for corner in boxes]
        frame = geopandas.GeoDataFrame(columns, geometry=shapes, crs=4548)
        frame["geometry"] = frame.translate(*shift)
        frame.to_crs(crs).to_file(path)
        return path

    return write


@pytest.fixture
def workspace(tmp_path, write_boxes):
    """A small workspace: one district, a redline of two overlapping parts, two units, a river bank."""
    import geopandas
    from shapely import LineString

    from layers.read import read_layer
    from layers.workspace import Workspace

    folder = tmp_path / "data"
    folder.mkdir()
    write_boxes(folder / "admin.gpkg", [(-20e3, -20e3, 20e3, 20e3)], code=["360404"], name=["示例区"], level=["county"])
    write_boxes(
        folder / "redline.gpkg", [(0, 0, 1000, 1000), (500, 500, 1500, 1500)], name=["示例红线甲", "示例红线乙"]
    )
    write_boxes(
        folder / "units.gpkg", [(-20e3, -20e3, 0, 20e3), (0, -20e3, 20e3, 20e3)],
        code=["ZH36040420001", "ZH36040410001"], name=["西", "东"], category=["重点管控单元", "优先保护单元"],
    )  # fmt: skip
    bank = geopandas.GeoDataFrame(
        {"river": ["长江"], "rank": ["main"], "baseline": ["levee"]},
        geometry=[LineString([(X - 15e3, Y + 5000), (X + 15e3, Y + 5000)])], crs=4548,
    )  # fmt: skip
    bank.to_file(folder / "bank.gpkg")
    path = tmp_path / "w.gpkg"
    with Workspace.create(path) as made:
        for file, role in (("admin", "admin"), ("redline", "ecological_redline"), ("units", "control_unit"), ("bank", "river_bank")):
            made.add(read_layer(folder / f"{file}.gpkg", role), version="2022", data_date="2022-09-30")
    return path

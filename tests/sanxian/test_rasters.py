"""Rasters in a screening and on the command line, with figures worked out by hand."""

from __future__ import annotations

import json
import math
from datetime import date

import numpy as np
import openpyxl
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from layers.workspace import Workspace
from sanxian.cli import main
from sanxian.rasters import SiteRasters
from sanxian.request import Project, load_projects
from sanxian.screen import rule_set, screen

X, Y = 389000.0, 3280000.0
CELL = 10.0


def write_raster(path, cells, *, transform=None, crs="EPSG:4548", **options):
    cells = np.asarray(cells)
    place = transform or Affine(CELL, 0, X, 0, -CELL, Y + CELL * len(cells))
    scale = options.pop("scale", None)
    with rasterio.open(
        path, "w", driver="GTiff", height=cells.shape[0], width=cells.shape[1], count=1, dtype=cells.dtype, crs=crs,
        transform=place, **options,
    ) as out:  # fmt: skip
        out.write(cells, 1)
        if scale:
            out.scales, out.offsets = (scale,), (0.0,)
    return path


@pytest.fixture
def rasters(tmp_path):
    """A plane that climbs 1 m in each 10 m eastward, in decimetres; and four columns of classes."""
    climb = np.tile(np.arange(20, dtype=np.int16) * 10 + 5, (20, 1))
    classes = np.repeat(np.array([[1, 1, 2, 255]], dtype=np.uint8), 5, axis=1).repeat(20, axis=0)
    return {
        "dem": write_raster(tmp_path / "dem.tif", climb, scale=0.1, nodata=-9999),
        "landcover": write_raster(tmp_path / "cover.tif", classes, nodata=255),
    }


@pytest.fixture
def made(tmp_path, rasters, write_boxes):
    path = tmp_path / "w.gpkg"
    with Workspace.create(path) as workspace:
        for kind, file in rasters.items():
            workspace.add_raster(file, kind)
    sites = [(20, 20, 125, 120), (5000, 5000, 5100, 5100), shapely.LineString([(0, 0), (50, 50)])]
    write_boxes(tmp_path / "p.gpkg", sites, shift=(X, Y), id=["甲", "乙", "丙"], name=["甲", "乙", "丙"])
    return path


def test_a_screening_tells_what_rasters_say_and_no_verdict_hangs_on_it(made, tmp_path):
    with Workspace.open(made, readonly=True) as workspace:
        projects, _ = load_projects(tmp_path / "p.gpkg", workspace)
        result = screen(workspace, projects, rule_set(), on=date(2026, 11, 22))
        told = {project["id"]: {item["kind"]: item for item in project["rasters"]} for project in result.to_dict()["projects"]}
    # columns 2 to 12, the last one by half: values 2.5, 3.5 … 12.5
    weights = np.array([1.0] * 10 + [0.5])
    values = np.arange(2, 13) + 0.5
    dem = told["甲"]["dem"]
    assert dem["mean"] == pytest.approx((weights * values).sum() / weights.sum(), abs=2e-3)
    assert (dem["lowest"], dem["highest"], dem["missing_share"], dem["median"]) == (2.5, 12.5, 0.0, 7.5)
    assert dem["slope_mean"] == dem["slope_highest"] == pytest.approx(math.degrees(math.atan(0.1)), abs=1e-3)
    # metres 20 to 125: class 1 up to 100, class 2 up to 150
    assert told["甲"]["landcover"]["classes"] == pytest.approx({"1": 80 / 105, "2": 25 / 105}, abs=1e-4)
    assert {item["state"] for item in told["乙"].values()} == {"outside"}
    assert {item["state"] for item in told["丙"].values()} == {"no-area"}
    with Workspace.open(made) as workspace:
        for record in workspace.rasters():
            workspace.remove_raster(record.name)
        bare = screen(workspace, projects, rule_set(), on=date(2026, 11, 22))
    assert "rasters" not in bare.to_dict()["projects"][0]
    assert [project.outcomes for project in bare.projects] == [project.outcomes for project in result.projects]


def test_a_raster_that_went_away_or_was_turned_is_named_and_stops_nothing(made, tmp_path, rasters):
    rasters["dem"].unlink()
    turned = Affine(CELL, 0, X, 0, -CELL, Y + 200) @ Affine.rotation(20)
    write_raster(rasters["landcover"], np.ones((20, 20), dtype=np.uint8), transform=turned)
    with Workspace.open(made, readonly=True) as workspace:
        projects, _ = load_projects(tmp_path / "p.gpkg", workspace)
        states = {item.kind: item.state for item in screen(workspace, projects, rule_set(), on=date(2026, 11, 22)).projects[0].rasters}
    assert states == {"dem": "file-missing", "landcover": "unusable"}


def test_slope_in_degrees_uses_metres(tmp_path):
    """The same plane in longitude and latitude: 30 m up over 0.01° of longitude at 60° N, which is half as long there."""
    cells = np.tile(np.arange(20, dtype=np.float32) * 30, (20, 1))
    write_raster(tmp_path / "d.tif", cells, transform=Affine(0.01, 0, 120, 0, -0.01, 60.1), crs="EPSG:4490")
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        workspace.add_raster(tmp_path / "d.tif", "dem")
        (found,) = SiteRasters(workspace).measure(shapely.box(120.05, 59.99, 120.1, 60.01))
    wide_m = 0.01 * math.pi / 180 * 6378137 * math.cos(math.radians(60)) * 1.0025  # a parallel of the ellipsoid
    assert found.slope_mean == pytest.approx(math.degrees(math.atan(30 / wide_m)), rel=1e-3)


@pytest.mark.parametrize("suffix", [".json", ".csv", ".xlsx"])
def test_the_command(suffix, made, tmp_path):
    out = tmp_path / f"out{suffix}"
    assert main(["zonal", str(made), "cover", str(tmp_path / "p.gpkg"), "--out", str(out), "--lang", "zh"]) == 0
    if suffix == ".json":
        table = json.loads(out.read_text(encoding="utf-8"))
        assert table["edges"] == "part-of-cell"
        first = table["zones"][0]
        assert (first["label"], first["area_m2"]) == ("甲", pytest.approx(10500, rel=1e-3))
        assert first["classes"] == pytest.approx({"1": 80 / 105, "2": 25 / 105}, abs=1e-4)
        return
    if suffix == ".csv":
        rows = [line.split(",") for line in out.read_text(encoding="utf-8-sig").splitlines()]
    else:
        rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(out).worksheets[0].rows]
    assert rows[0] == ["zone", "label", "area_m2", "state", "missing_share", "class_1", "class_2"]
    assert [row[1] for row in rows[1:]] == ["甲", "乙", "丙"]
    assert [row[3] for row in rows[1:]] == ["measured", "outside", "no-area"]
    assert float(rows[1][5]) == pytest.approx(80 / 105, abs=1e-4)


def test_wrong_use_is_one_sentence_and_leaves_nothing(made, tmp_path, capsys):
    zones = str(tmp_path / "p.gpkg")
    assert main(["zonal", str(made), "cover", zones, "--out", str(tmp_path / "a.docx"), "--lang", "en"]) == 2
    assert "not as .docx" in capsys.readouterr().err
    assert main(["zonal", str(made), "nothing", zones, "--lang", "en"]) == 2
    assert "no raster" in capsys.readouterr().err
    assert main(["zonal", str(made), "dem", zones, "--band", "3", "--out", str(tmp_path / "a.csv")]) == 2
    assert "波段" in capsys.readouterr().err
    assert main(["zonal", str(made), zones, zones]) == 2
    assert not list(tmp_path.glob("*a.*"))


def test_numbers_of_a_colour_table_are_told_from_values(made, tmp_path, capsys):
    with rasterio.open(
        tmp_path / "palette.tif", "w", driver="GTiff", width=4, height=4, count=1, dtype="uint8", crs="EPSG:4490",
        transform=Affine(0.01, 0, 116, 0, -0.01, 29.8),
    ) as dataset:  # fmt: skip
        dataset.write(np.ones((1, 4, 4), dtype=np.uint8))
        dataset.write_colormap(1, {1: (255, 0, 0, 255)})
    for kind, said in (("other", True), ("landcover", False)):
        assert main(["zonal", str(made), str(tmp_path / "palette.tif"), str(tmp_path / "p.gpkg"), "--kind", kind]) == 0
        assert ("颜色表" in capsys.readouterr().err) == said


def test_a_project_drawn_by_hand(made):
    with Workspace.open(made, readonly=True) as workspace:
        site = shapely.box(X + 20, Y + 20, X + 40, Y + 40)
        result = screen(workspace, [Project("P", "项目", site, "EPSG:4548")], rule_set(), on=date(2026, 11, 22))
    assert {item.kind: item.mean for item in result.projects[0].rasters}["dem"] == pytest.approx(3.0, abs=1e-3)

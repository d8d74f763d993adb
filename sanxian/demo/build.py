"""Writes the demo district to disk: workspace, projects, access list."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import geopandas
import openpyxl
import pandas
import pyogrio

from layers.read import Layer
from layers.workspace import Workspace
from sanxian.demo import draw, monitoring, projects
from sanxian.demo.access_table import write_access_list
from sanxian.demo.files import save_workbook, without_clock
from sanxian.demo.rasters import write_rasters
from sanxian.i18n import _
from sanxian.mapping.qgis import save_styles

PACK = "demo-access-list"
PROJECTS_LAYER = "示例建设项目"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """What :func:`build` wrote.

    Attributes:
        workspace: The GeoPackage with every layer.
        projects: The projects, all of them, as a GeoPackage.
        project_files: The same by suffix: gpkg and geojson hold all of them, csv and xlsx those that are points.
        access_list: The access list as an office publishes it.
        pack_dir: The same list as a confirmed pack of rules.
        rasters: Elevation (dem) and land cover (landcover).
        monitoring: Results of samples as a laboratory writes them; the workspace has them too.
    """

    workspace: Path
    projects: Path
    access_list: Path
    pack_dir: Path
    rasters: dict[str, Path]
    project_files: dict[str, Path]
    monitoring: Path


def build(folder: Path, *, progress: Progress | None = None) -> DemoFiles:
    """Write the demo into ``folder``, which is made if it is not there. What an earlier run wrote there is replaced.

    Args:
        folder: Where to write.
        progress: Called with how many steps are done, how many there are, and what comes next, in words.

    Raises:
        WorkspaceError: The workspace is open in another program.
        OSError: A file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frames, plans = draw.layers(), draw.plans()
    steps, done = len(frames) + 3, 0

    def step(words: str) -> None:
        nonlocal done
        if progress is not None:
            progress(done, steps, words)
        done += 1

    step(_("高程和土地覆盖"))
    rasters = write_rasters(folder)
    workspace = folder / "示例区.gpkg"
    workspace.unlink(missing_ok=True)
    pack_dir = _write_pack(folder / PACK)
    with Workspace.create(workspace, backup=False) as made:
        for role, frame in frames.items():
            step(plans[role].title)
            _add(made, plans[role], frame)
        made.add(_layer("project_site", PROJECTS_LAYER, projects.frame()), source=draw.SOURCE, coverage="hull")
        for kind, path in rasters.items():
            made.add_raster(path, kind, name=path.stem, source=draw.SOURCE, crs=projects.PLANNED_IN)
        save_styles(made)
        _add_results(made, folder / "monitoring.csv")
        made.add_pack(PACK, {path.name: path.read_bytes() for path in sorted(pack_dir.iterdir())})
    step(_("建设项目"))
    written = _write_projects(folder)
    step(_("准入清单"))
    access_list = folder / "access_list.xlsx"
    write_access_list(access_list)
    return DemoFiles(workspace, written["gpkg"], access_list, pack_dir, rasters, written, folder / "monitoring.csv")


def _add(workspace: Workspace, plan: draw.LayerPlan, frame: geopandas.GeoDataFrame) -> None:
    workspace.add(
        _layer(plan.role, plan.title, frame),
        version=plan.version,
        data_date=plan.data_date.isoformat(),
        accuracy_m=plan.accuracy_m,
        source=plan.source,
        coverage=geopandas.GeoSeries([plan.coverage], crs="EPSG:4490"),
    )


def _add_results(workspace: Workspace, path: Path) -> None:
    """Write the laboratory's table and read it in, as somebody would who was given it."""
    from sanxian.outlets import water
    from sanxian.outlets.register import read_register

    monitoring.write(path)
    found = water.preview_file(path, read_register(workspace), water.read_sections(workspace))
    workspace.set_state(water.STATE, {path.name: [item.to_json() for item in found.results]})


def _layer(role: str, title: str, frame: geopandas.GeoDataFrame) -> Layer:
    return Layer(role, title, frame, Path("示例区"), _digest(frame), "utf-8", ())


def _digest(frame: geopandas.GeoDataFrame) -> str:
    """SHA-256 of what a frame holds, in place of the digest of a file that it never was."""
    text = frame.drop(columns="geometry").to_csv(lineterminator="\n")
    shapes = b"".join(frame.geometry.to_wkb())
    return hashlib.sha256(text.encode() + shapes).hexdigest()


def _write_pack(folder: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    (folder / "access_list.toml").write_bytes((files("sanxian.demo") / "access_list.toml").read_bytes())
    return folder


def _write_projects(folder: Path) -> dict[str, Path]:
    frame = projects.frame()
    found = {suffix: folder / f"projects.{suffix}" for suffix in ("gpkg", "geojson", "csv", "xlsx")}
    for suffix in ("gpkg", "geojson"):
        found[suffix].unlink(missing_ok=True)
    with without_clock():
        pyogrio.write_dataframe(frame, found["gpkg"], layer="projects", driver="GPKG", geometry_type="Unknown")
    pyogrio.write_dataframe(frame, found["geojson"], driver="GeoJSON", COORDINATE_PRECISION=9, WRITE_NAME="NO")
    points = pandas.DataFrame(frame[frame.geom_type == "Point"])
    with found["csv"].open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out, lineterminator="\r\n").writerows(_table(points, lambda degrees: f"{degrees:.8f}"))
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet("项目")
    for row in _table(points, _sexagesimal):
        sheet.append(row)
    for cells in sheet.iter_rows(min_row=2):
        for cell in cells:
            cell.number_format = "@"  # 0810 is a code, not eight hundred and ten
    sheet.freeze_panes = "C2"
    save_workbook(book, found["xlsx"])
    return found


def _table(points: pandas.DataFrame, written: Callable[[float], str]) -> list[list[str]]:
    """Projects that are points, under the headers that offices use."""
    headers = list(projects.HEADERS.values())
    rows = [[*headers[:2], "经度", "纬度", *headers[2:]]]
    for row in points.to_dict("records"):
        place = row.pop("geometry")
        values = [str(row[key]) for key in projects.HEADERS]
        rows.append([*values[:2], written(place.x), written(place.y), *values[2:]])
    return rows


def _sexagesimal(degrees: float) -> str:
    """Degrees as forms ask for them: ``115°59′24.123″``."""
    thousandths = round(degrees * 3_600_000)
    whole, rest = divmod(thousandths, 3_600_000)
    minutes, seconds = divmod(rest, 60_000)
    return f"{whole}°{minutes:02d}′{seconds / 1000:06.3f}″"

"""What rasters say: of each site in a screening, for information, and of zones on the command line.

No rule asks a raster, so that nothing here changes a verdict. Edges are counted as :mod:`spatial.zonal` says: a cell by
the part of it that lies inside.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanxian.errors import TellingError
from sanxian.i18n import N_, _

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from layers.workspace import RasterRecord, Workspace

OK = 0
KINDS = ("dem", "landcover", "ndvi", "image", "other")
_FORMATS = (".xlsx", ".csv", ".json")
EDGE_POLICY = "part-of-cell"


class RasterRefused(TellingError):
    """Wrong use, or a raster that cannot be measured in; one sentence for people."""


@dataclass(frozen=True, slots=True)
class RasterMeasure:
    """What one raster says within one polygon.

    Attributes:
        state: ``measured``; ``outside`` where the raster has no data within the polygon; ``no-area`` for a line or a
            point; ``file-missing``; ``unusable`` where the file cannot be measured in, such as a rotated one.
        missing_share: Part of the polygon without data, 0 to 1.
        mean, lowest, highest, deviation, median: Of the band's values, after scale and offset; of heights in metres.
        slope_mean, slope_highest: Degrees; for a ``dem`` only, ``None`` where no cell has all of its neighbours.
        classes: For ``landcover``, the share of the polygon by class.
    """

    name: str
    kind: str
    state: str
    missing_share: float = 1.0
    mean: float | None = None
    lowest: float | None = None
    highest: float | None = None
    deviation: float | None = None
    median: float | None = None
    slope_mean: float | None = None
    slope_highest: float | None = None
    classes: tuple[tuple[int, float], ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values; statistics to a thousandth, shares to a millionth."""
        found: dict[str, Any] = {"name": self.name, "kind": self.kind, "state": self.state, "missing_share": round(self.missing_share, 6)}
        if self.state != "measured":
            return found
        if self.classes is not None:
            return found | {"classes": {str(key): round(share, 6) for key, share in self.classes}}
        names = ("mean", "lowest", "highest", "deviation", "median")
        if self.kind == "dem":
            names += ("slope_mean", "slope_highest")
        return found | {name: _rounded(getattr(self, name)) for name in names}


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 3) + 0.0


class SiteRasters:
    """The rasters of a workspace, asked about one site after another; pictures are left out.

    Args:
        workspace: Whose rasters.
    """

    def __init__(self, workspace: Workspace) -> None:
        from sanxian.result import RasterUsed

        self._records = [record for record in workspace.rasters() if record.kind != "image"]
        self.used = tuple(RasterUsed(one.name, one.kind, one.sha256, one.stamp) for one in self._records)

    def measure(self, lonlat: BaseGeometry) -> tuple[RasterMeasure, ...]:
        """What each raster says of a site.

        Args:
            lonlat: The site in EPSG:4490.
        """
        return tuple(self._one(record, lonlat) for record in self._records)

    def _one(self, record: RasterRecord, lonlat: BaseGeometry) -> RasterMeasure:
        from spatial.errors import SpatialError
        from spatial.overlay import by_dimension

        area = by_dimension(lonlat).get(2)  # of a plot and its road the plot
        if area is None:
            return RasterMeasure(record.name, record.kind, "no-area")
        if record.missing:
            return RasterMeasure(record.name, record.kind, "file-missing")
        from rasterio.errors import RasterioError

        try:
            with _opened(record.path, record.crs) as dataset:
                return measure(dataset, [area], "EPSG:4490", name=record.name, kind=record.kind)[0]
        except (SpatialError, RasterioError, OSError, RasterRefused):
            return RasterMeasure(record.name, record.kind, "unusable")


class _Placed:
    """A raster with the CRS that the workspace states for it."""

    def __init__(self, dataset: Any, crs: Any) -> None:
        self._dataset = dataset
        self.crs = crs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dataset, name)


@contextmanager
def _opened(path: Path, crs: str | None) -> Iterator[Any]:
    import warnings

    import rasterio
    from rasterio.crs import CRS
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # it is refused by name when it is measured in
        with rasterio.open(path) as dataset:
            yield _Placed(dataset, CRS.from_user_input(crs)) if crs else dataset


def measure(
    dataset: Any, zones: Sequence[BaseGeometry], crs: Any, *, name: str, kind: str, band: int = 1
) -> list[RasterMeasure]:
    """What a raster says within each of some polygons.

    Args:
        dataset: Open raster, as of rasterio.
        zones: Valid polygons.
        crs: Their CRS; they are carried to the raster's, long edges split first.
        name: Of the raster.
        kind: ``dem`` gives the slope too, ``landcover`` the shares of classes.
        band: Number of the band, from 1.

    Raises:
        SpatialError: The raster cannot be measured in, or a polygon has no place in its CRS.
    """
    import numpy as np
    from pyproj import CRS

    from spatial.crs import STRAIGHT_M, transform
    from spatial.zonal import shares, summarise

    array = np.empty(len(zones), dtype=object)
    array[:] = list(zones)
    if dataset.crs is not None:
        array = transform(array, CRS.from_user_input(crs), CRS.from_wkt(dataset.crs.to_wkt()), straight_m=STRAIGHT_M)
    if kind == "landcover":
        return [
            RasterMeasure(
                name, kind, "measured" if missing < 1 else "outside", missing, classes=tuple(sorted(found.items())) if missing < 1 else None
            )
            for found, missing in shares(dataset, array, band=band)
        ]
    rows = summarise(dataset, array, band=band)
    slopes = summarise(dataset, array, band=band, slope=True) if kind == "dem" else [None] * len(rows)
    return [
        RasterMeasure(
            name, kind, "measured" if row.cells else "outside", row.missing_share, row.mean, row.lowest, row.highest,
            row.deviation, row.median, slope.mean if slope is not None and slope.cells else None,
            slope.highest if slope is not None and slope.cells else None,
        )
        for row, slope in zip(rows, slopes, strict=True)
    ]  # fmt: skip


# ---------------------------------------------------------------------------------------------------- command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``sanxian zonal``."""
    parser.add_argument("workspace", type=Path, metavar="WORKSPACE", help=_("工作区文件"))
    parser.add_argument("raster", metavar="RASTER", help=_("工作区中的栅格名，或栅格文件"))
    parser.add_argument("zones", metavar="ZONES", help=_("面文件，或工作区中的图层名"))
    parser.add_argument("--out", type=Path, metavar="FILE(.xlsx|.csv|.json)", help=_("成果文件，按后缀定格式；不给则把 JSON 写到标准输出"))
    parser.add_argument("--kind", choices=KINDS, help=_("栅格类型：dem 另给坡度，landcover 给各类占比（默认按加入时所定，文件则为 other）"))
    parser.add_argument("--band", type=int, default=1, metavar="N", help=_("第几个波段（默认 1）"))
    parser.add_argument("--layer", help=_("面文件中的图层名"))
    parser.add_argument("--crs", help=_("面文件的坐标系"))


def run(asked: argparse.Namespace) -> int:
    """Measure zones in a raster and write a table.

    Raises:
        RasterRefused: Wrong use, or the raster cannot be read.
        SpatialError: The raster cannot be measured in.
        LayerError: The file of zones cannot be read.
        WorkspaceError: The workspace cannot be read.
    """
    if asked.out is not None and asked.out.suffix.lower() not in _FORMATS:
        raise RasterRefused(N_("栅格统计可写成 {known}，而不是 {suffix}"), known=" ".join(_FORMATS), suffix=asked.out.suffix)
    from rasterio.errors import RasterioError

    from layers.workspace import Workspace

    with Workspace.open(asked.workspace, readonly=True) as workspace:
        path, crs, kind, name = _raster(workspace, asked.raster, asked.kind)
        frame = _zones(workspace, asked)
    import numpy as np
    import shapely

    from spatial.measure import area_m2

    shapes = frame.geometry.to_numpy()
    flat = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    if not flat.any():
        raise RasterRefused(N_("“{zones}”里没有面；栅格统计只适用于面"), zones=asked.zones)
    found = [RasterMeasure(name, kind, "no-area")] * len(shapes)
    try:
        with _opened(path, crs) as dataset:
            measured = measure(dataset, shapes[flat], frame.crs, name=name, kind=kind, band=asked.band)
            if kind != "landcover" and dataset.colorinterp[asked.band - 1].name == "palette":
                from layers.issues import Issue
                from sanxian.messages import issue_words

                sys.stderr.write(f"sanxian: {issue_words(Issue('raster-palette'))}\n")
        for place, item in zip(np.flatnonzero(flat).tolist(), measured, strict=True):
            found[place] = item
    except (RasterioError, OSError) as error:
        raise RasterRefused(N_("栅格 {path} 读不出：{reason}"), path=str(path), reason=str(error)) from error
    areas = area_m2(shapes, frame.crs)
    rows = [
        {"zone": number, "label": label, "area_m2": round(float(size), 1), **item.to_dict()}
        for number, (label, size, item) in enumerate(zip(_labels(frame), areas, found, strict=True), 1)
    ]
    table = {"raster": name, "kind": kind, "band": asked.band, "edges": EDGE_POLICY, "zones": [_without(row) for row in rows]}
    if asked.out is None:
        sys.stdout.write(json.dumps(table, ensure_ascii=False, indent=1) + "\n")
    else:
        _write(asked.out, table)
        sys.stdout.write(_("{count} 个面的栅格统计：{path}").format(count=len(rows), path=asked.out) + "\n")
    return OK


def _without(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in ("name", "kind")}


def _raster(workspace: Workspace, asked: str, kind: str | None) -> tuple[Path, str | None, str, str]:
    """(file, CRS, kind, name) of a raster of the workspace, or of a file."""
    known = workspace.rasters()
    record = next((item for item in known if item.name == asked), None)
    if record is not None:
        if record.missing:
            raise RasterRefused(N_("找不到栅格 {name} 的文件 {path}"), name=record.name, path=str(record.path))
        return record.path, record.crs, kind or record.kind, record.name
    path = Path(asked)
    if not path.is_file():
        names = "、".join(item.name for item in known)
        raise RasterRefused(N_("没有栅格“{name}”：工作区里有 {names}，也没有这个文件"), name=asked, names=names or "0")
    return path, None, kind or "other", path.stem


def _zones(workspace: Workspace, asked: argparse.Namespace) -> Any:
    record = next((item for item in workspace.layers() if item.name == asked.zones), None)
    if record is not None and not Path(asked.zones).exists():
        return workspace.read(record.name)
    from layers.read import read_layer

    return read_layer(Path(asked.zones), "reference", layer=asked.layer, crs=asked.crs).frame


def _labels(frame: Any) -> list[str]:
    """What to call each zone: its name, else its code or id, else nothing."""
    lower = {str(column).lower(): column for column in frame.columns}
    for word in ("name", "名称", "code", "编码", "id", "编号"):
        if word in lower:
            return ["" if value is None or value != value else str(value) for value in frame[lower[word]]]
    return [""] * len(frame)


def _write(path: Path, table: dict[str, Any]) -> None:
    """Write beside the place and put it there when all of it is written."""
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        if path.suffix.lower() == ".json":
            part.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        else:
            columns, rows = _sheet(table)
            if path.suffix.lower() == ".csv":
                with part.open("w", encoding="utf-8-sig", newline="") as stream:
                    csv.writer(stream).writerows([columns, *rows])
            else:
                _workbook(part, columns, rows, table)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _sheet(table: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """Headers and rows: a column for each class of land cover that occurs."""
    zones = table["zones"]
    classes = sorted({key for row in zones for key in row.get("classes", {})}, key=int)
    plain = list(dict.fromkeys(key for row in zones for key in row if key != "classes"))
    columns = [*plain, *(f"class_{key}" for key in classes)]
    rows = []
    for row in zones:
        absent = 0.0 if "classes" in row else None
        rows.append([*(row.get(key) for key in plain), *(row.get("classes", {}).get(key, absent) for key in classes)])
    return columns, rows


def _workbook(path: Path, columns: list[str], rows: list[list[Any]], table: dict[str, Any]) -> None:
    from datetime import datetime

    from openpyxl import Workbook

    book = Workbook()
    book.properties.created = book.properties.modified = datetime(2000, 1, 1)  # noqa: DTZ001 - the same bytes each time
    sheet = book.worksheets[0]
    sheet.title = _("栅格统计")
    for row in [columns, *rows]:
        sheet.append(row)
    sheet.freeze_panes = "A2"
    note = book.create_sheet(_("说明"))
    note.append([_("栅格"), table["raster"]])
    note.append([_("类型"), table["kind"]])
    note.append([_("波段"), table["band"]])
    note.append([_("边缘像元"), _("按落在面内的部分计")])
    book.save(path)

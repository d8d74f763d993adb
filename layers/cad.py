"""Drawings: what of a DXF file is a boundary. A drawing has no CRS, no polygons and texts that are no places."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from layers.errors import N_, LayerError
from layers.issues import Issue

CLOSE_M = 0.01  # ends of a boundary no further apart than this are one point
_UNITS = {4: 0.001, 5: 0.01, 6: 1.0, 7: 1000.0}  # $INSUNITS: millimetres, centimetres, metres, kilometres


def options(path: Path) -> dict[str, Any]:
    """What GDAL must be told about the file: since AutoCAD 2007 text is UTF-8, whatever the code page says."""
    head = path.open("rb")
    with head:
        start = head.read(4096)
    version = re.search(rb"\$ACADVER\s+1\s+AC(\d+)", start)
    return {"ENCODING": "UTF-8"} if version and int(version[1]) >= 1021 else {}


def _scale(path: Path) -> float:
    with path.open("rb") as stream:
        start = stream.read(65536)
    units = re.search(rb"\$INSUNITS\s+70\s+(\d+)", start)
    return _UNITS.get(int(units[1]), 1.0) if units else 1.0


def boundaries(frame: geopandas.GeoDataFrame, path: Path, *, close: bool) -> tuple[geopandas.GeoDataFrame, list[Issue]]:
    """The drawing without its texts, in metres, with closed lines as polygons.

    Args:
        frame: As GDAL read it.
        path: For its header, and named in errors.
        close: Join loose lines into polygons too, for a layer that must be made of them.

    Raises:
        LayerError: Nothing but texts and points is there.
    """
    issues: list[Issue] = []
    shapes = shapely.force_2d(np.asarray(frame.geometry.array, dtype=object))
    dimension = shapely.get_dimensions(shapes)
    text = frame["Text"].notna().to_numpy() if "Text" in frame else np.zeros(len(frame), dtype=bool)
    wanted = (dimension >= 1) & ~text
    if len(frame) and not wanted.any() and (text.any() or close):
        raise LayerError(N_("{file} 里只有文字和点，没有找到边界线"), file=path.name)
    keep = wanted if wanted.any() else ~text
    frame, shapes = geopandas.GeoDataFrame(frame[keep].reset_index(drop=True)), shapes[keep]
    scale = _scale(path)
    if scale != 1.0:
        shapes = shapely.transform(shapes, lambda xy: xy * scale)
        issues.append(Issue("drawing-units", severity="warning", values={"metres": scale}))
    loose = []
    for index, shape in enumerate(shapes):
        if shape is None or shape.geom_type != "LineString" or len(shape.coords) < 4:
            loose.append(index)
            continue
        first, last = shape.coords[0], shape.coords[-1]
        gap = float(np.hypot(first[0] - last[0], first[1] - last[1]))
        if gap <= CLOSE_M:
            ring = [*shape.coords[:-1], first] if gap else shape.coords
            shapes[index] = shapely.Polygon(ring)
            if gap:
                issues.append(Issue("line-closed", index + 1, None, "warning", {"gap_m": round(gap, 4)}))
        else:
            loose.append(index)
    frame = frame.set_geometry(geopandas.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    if len(loose) == len(shapes) and len(shapes):
        made, joined = _joined(shapes)
        # Lines for which no polygon is asked, such as roads, are only joined where all of them make one outline.
        if len(made) and (close or joined):
            issues.append(
                Issue("lines-joined", severity="warning", values={"lines": len(shapes), "polygons": len(made)})
            )
            table = pd.DataFrame(index=range(len(made)))
            frame = geopandas.GeoDataFrame(table, geometry=geopandas.GeoSeries(made, index=table.index, crs=frame.crs))
    return frame, issues


def _joined(shapes: np.ndarray) -> tuple[list[Any], bool]:
    """Polygons that lines make together, ends a millimetre apart counting as one; and whether every line is used."""
    lines = [line for shape in shapes if shape is not None for line in shapely.get_parts(shape)]
    lines = [line for line in lines if line.geom_type == "LineString" and np.isfinite(line.bounds).all()]
    snapped = shapely.set_precision(np.array(lines, dtype=object), 0.001)
    snapped = snapped[~shapely.is_empty(snapped) & (shapely.length(snapped) > 0)]
    if not len(snapped):
        return [], False
    # The union cuts lines at their crossings; shapely.node crashes on degenerate ones.
    noded = shapely.get_parts(shapely.union_all(snapped))
    made = list(shapely.get_parts(shapely.polygonize(noded)))
    if not made:
        return [], False
    outlines = shapely.length(shapely.union_all(shapely.boundary(np.array(made, dtype=object))))
    return made, bool(abs(outlines - shapely.length(noded).sum()) <= 1e-6 * outlines)

"""Drawings: what of a DXF file is a boundary. A drawing has no CRS, no polygons and texts that are no places."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from layers import crs_doctor
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


def draw_splines(path: Path, copy: Path) -> int:
    """Write a drawing with lines in the place of splines that only name the points that they go through.

    Such a spline has no control points yet; CAD works them out when it draws it, GDAL stops at it. The line runs along
    the cubic spline through the points, sixteen steps from one to the next.

    Returns:
        How many there were; with none, or in a binary drawing, nothing is written.
    """
    lines = path.read_bytes().splitlines()
    pairs = [(lines[at].strip(), lines[at + 1]) for at in range(0, len(lines) - 1, 2)]
    starts = [at for at, (code, _value) in enumerate(pairs) if code == b"0"] + [len(pairs)]
    out: list[tuple[bytes, bytes]] = list(pairs[: starts[0]])
    count = 0
    for start, end in zip(starts, starts[1:], strict=False):
        entity = pairs[start:end]
        if entity[0][1].strip() != b"SPLINE" or any(code == b"10" for code, _value in entity):
            out += entity
            continue
        try:
            points = np.column_stack([[float(value) for code, value in entity if code == axis] for axis in (b"11", b"21")])
            flags = [int(value) for code, value in entity if code == b"70"]
        except ValueError:
            out += entity
            continue
        if len(points) < 2:  # nothing to draw; it is counted all the same
            count += 1
            continue
        closed = bool(flags and flags[0] & 1)
        drawn = _through(points, closed=closed)
        count += 1
        out += [(b"0", b"LWPOLYLINE"), *[pair for pair in entity if pair[0] in (b"5", b"8", b"67")]]
        out += [(b"100", b"AcDbEntity"), (b"100", b"AcDbPolyline"), (b"90", b"%d" % len(drawn)), (b"70", b"%d" % closed)]
        for x, y in drawn.tolist():
            out += [(b"10", repr(x).encode()), (b"20", repr(y).encode())]
    if count:
        copy.write_bytes(b"".join(code + b"\n" + value + b"\n" for code, value in out))
    return count


def _through(points: np.ndarray, *, closed: bool) -> np.ndarray:
    """Points along the cubic spline through others, by the lengths of their chords; natural at its ends unless closed."""
    if closed and not np.allclose(points[0], points[-1]):
        points = np.vstack([points, points[:1]])
    chords = np.hypot(*np.diff(points, axis=0).T)
    points, chords = points[np.r_[True, chords > 0]], chords[chords > 0]
    count = len(points)
    if count < 3:
        return points
    ring = closed or bool(np.allclose(points[0], points[-1]))
    # The second derivatives at the points, from the condition that the first ones agree there.
    matrix, right = np.eye(count), np.zeros((count, 2))
    slopes = np.diff(points, axis=0) / chords[:, None]
    for at in range(1, count - 1):
        matrix[at, at - 1 : at + 2] = chords[at - 1], 2 * (chords[at - 1] + chords[at]), chords[at]
        right[at] = 6 * (slopes[at] - slopes[at - 1])
    if ring:
        matrix[0, 0], matrix[0, 1] = 2 * (chords[-1] + chords[0]), chords[0]
        matrix[0, -2] += chords[-1]
        right[0] = 6 * (slopes[0] - slopes[-1])
        matrix[-1, 0], matrix[-1, -1] = -1, 1
    bend = np.linalg.solve(matrix, right)
    steps = np.linspace(0, 1, 16, endpoint=False)[:, None]
    drawn = []
    for at, chord in enumerate(chords):
        one, other = 1 - steps, steps
        curve = one * points[at] + other * points[at + 1]
        curve = curve + chord**2 / 6 * ((one**3 - one) * bend[at] + (other**3 - other) * bend[at + 1])
        drawn.append(curve)
    return np.vstack([*drawn, points[-1:]])


def _units(path: Path) -> int:
    """$INSUNITS; 0 where the drawing does not say."""
    with path.open("rb") as stream:
        start = stream.read(65536)
    units = re.search(rb"\$INSUNITS\s+70\s+(\d+)", start)
    return int(units[1]) if units else 0


def _scale(path: Path) -> float:
    return _UNITS.get(_units(path), 1.0)


def boundaries(
    frame: geopandas.GeoDataFrame, path: Path, *, close: bool, crs: CRS | None = None
) -> tuple[geopandas.GeoDataFrame, list[Issue]]:
    """The drawing without its texts, frames and title blocks, in metres, with closed lines as polygons.

    Args:
        frame: As GDAL read it.
        path: For its header, and named in errors.
        close: Join loose lines into polygons too, for a layer that must be made of them.
        crs: As somebody has named it: millimetres are recognised by it where the drawing names no unit.

    Raises:
        LayerError: Nothing but texts and points is there.
    """
    issues: list[Issue] = []
    if "PaperSpace" in frame and len(frame):
        paper = np.array([value is True or value == 1 for value in frame["PaperSpace"]])
        if paper.any():  # the sheet's own frame and title, in millimetres of paper
            issues.append(Issue("paper-left-out", None, None, "warning", {"count": int(paper.sum())}))
            frame = geopandas.GeoDataFrame(frame[~paper].reset_index(drop=True))
    shapes = shapely.force_2d(np.asarray(frame.geometry.array, dtype=object))
    dimension = shapely.get_dimensions(shapes)
    kinds = frame["SubClasses"].astype(str) if "SubClasses" in frame else pd.Series([""] * len(frame))
    hatch = kinds.str.contains("AcDbHatch", regex=False).to_numpy(dtype=bool)  # its "text" is the name of its pattern
    text = (frame["Text"].notna().to_numpy() if "Text" in frame else np.zeros(len(frame), dtype=bool)) & ~hatch
    wanted = (dimension >= 1) & ~text
    if (wanted & hatch).any():
        if (wanted & ~hatch).any():  # the outline is there too
            issues.append(Issue("hatches-left-out", None, None, "info", {"count": int((wanted & hatch).sum())}))
            wanted &= ~hatch
        else:
            issues.append(Issue("hatches-read", None, None, "warning", {"count": int((wanted & hatch).sum())}))
    if not wanted.any() and (text.any() or issues or (len(frame) and close)):
        raise LayerError(N_("{file} 里只有文字和点，没有找到边界线"), file=path.name)
    keep = wanted if wanted.any() else ~text
    frame, shapes = geopandas.GeoDataFrame(frame[keep].reset_index(drop=True)), shapes[keep]
    scale = _scale(path)
    if scale != 1.0:
        shapes = shapely.transform(shapes, lambda xy: xy * scale)
        issues.append(Issue("drawing-units", severity="warning", values={"metres": scale}))
    elif not _units(path) and _only_as_millimetres(shapes, crs):
        shapes = shapely.transform(shapes, lambda xy: xy * 0.001)
        issues.append(Issue("drawing-units-inferred", severity="warning", values={"metres": 0.001}))
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
    return frame, issues + _within_each_other(np.asarray(frame.geometry.array, dtype=object))


def _within_each_other(shapes: np.ndarray) -> list[Issue]:
    """Outlines drawn twice, and outlines inside others, which a drawing does not call holes."""
    closed = np.array([shape for shape in shapes if shape is not None and shape.geom_type == "Polygon"], dtype=object)
    if len(closed) < 2 or not np.isfinite(shapely.bounds(closed)).all():
        return []
    issues = []
    keys = shapely.to_wkb(shapely.normalize(closed))
    twice = len(keys) - len(set(keys))
    if twice:
        issues.append(Issue("outlines-identical", None, None, "warning", {"count": twice}))
    sound = shapely.make_valid(closed)
    inner, outer = shapely.STRtree(sound).query(sound, predicate="within")
    nested = {int(one) for one, other in zip(inner, outer, strict=True) if keys[one] != keys[other]}
    if nested:
        issues.append(Issue("outlines-nested", None, None, "warning", {"count": len(nested)}))
    return issues


def _only_as_millimetres(shapes: np.ndarray, crs: CRS | None) -> bool:
    """Whether the numbers lie nowhere in China as they are, and in China as millimetres."""
    bounds = shapely.total_bounds(shapes)
    if not np.isfinite(bounds).all() or np.abs(bounds).max() < 1e7:
        return False
    if crs is None:
        return not crs_doctor.candidates(*bounds) and bool(crs_doctor.candidates(*(bounds / 1000)))
    if not crs.is_projected or crs.geodetic_crs is None:
        return False
    carrier = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)

    def lies(box: np.ndarray) -> bool:
        with np.errstate(all="ignore"):
            place = carrier.transform((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        return bool(np.isfinite(place).all()) and crs_doctor.in_china(*place)

    return not lies(bounds) and lies(bounds / 1000)


def _joined(shapes: np.ndarray) -> tuple[list[Any], bool]:
    """Polygons that lines make together, ends a centimetre apart counting as one; and whether every line is used."""
    lines = [line for shape in shapes if shape is not None for line in shapely.get_parts(shape)]
    lines = [line for line in lines if line.geom_type == "LineString" and np.isfinite(line.bounds).all()]
    lines = _ends_met(lines)
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


def _ends_met(lines: list[Any]) -> list[Any]:
    """The lines, each end moved onto the first other end that lies within ``CLOSE_M`` of it."""
    ends = np.array([point for line in lines for point in (line.coords[0], line.coords[-1])])
    if not len(ends):
        return lines
    points = shapely.points(ends)
    first = np.arange(len(ends))
    for one, other in zip(*shapely.STRtree(points).query(points, predicate="dwithin", distance=CLOSE_M), strict=True):
        first[one] = min(first[one], other)
    moved = []
    for index, line in enumerate(lines):
        coords = list(line.coords)
        coords[0], coords[-1] = tuple(ends[first[first[2 * index]]]), tuple(ends[first[first[2 * index + 1]]])
        moved.append(shapely.LineString(coords))
    return moved

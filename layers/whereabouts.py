"""Whether features lie where the rest of a workspace lies; and if not, which other reading would bring them there.

A file may state a coordinate system that its numbers fit and that is wrong all the same: a county of the central
meridian 120 under a .prj of 117 lies 290 km off, still in China. Only the other layers can tell. Nothing is moved
here: the readings that fit are named, and a person chooses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from layers import crs_doctor
from layers.crs_doctor import Diagnosis
from layers.errors import N_, LayerError

if TYPE_CHECKING:
    from layers.workspace import Workspace

_CGCS2000 = CRS.from_epsg(4490)
_MARGIN = 0.02  # degrees, some 2 km: a neighbour this near is no stranger
_SAMPLE = 2000  # features whose boxes are looked at
_WIDE = 8.0  # degrees; a layer this wide, such as a national one, tells nothing of where a district lies
_MOSTLY = 0.5  # of the features
_FITS = 0.6  # of the features that a reading must bring into the district to be named
FAR_KM = 50.0  # a layer this far from all others is in doubt even where no other reading fits
_METRES = 111_320.0  # of one degree of latitude


@dataclass(frozen=True, slots=True)
class Around:
    """Where the layers of a workspace lie, roughly, in EPSG:4490.

    Attributes:
        every: All that is there, a little widened.
        home: The district: administrative areas and stated coverages where there are any, else ``every``.
    """

    every: Any
    home: Any


def around(workspace: Workspace) -> Around | None:
    """Where the layers in use of a workspace lie; ``None`` where there are none."""
    return others(workspace)(None)


def others(workspace: Workspace) -> Callable[[str | None], Around | None]:
    """What gives where the layers in use lie but for the one of that name."""
    parts: list[tuple[str, list[Any], list[Any]]] = []
    for record in workspace.layers():
        if not record.current or not record.features or record.role == "project_site":
            continue
        every: list[Any] = []
        home: list[Any] = []
        if record.coverage_geometry is not None and not _is_wide(record.coverage_geometry.bounds):
            home.append(shapely.box(*record.coverage_geometry.bounds))
        main = _without_strays(lonlat_boxes(workspace.boxes(record, _SAMPLE), record.crs))
        if len(main):
            home += list(shapely.box(*main.T)) if record.role == "admin" else []
            every.append(shapely.box(*main[:, :2].min(axis=0), *main[:, 2:].max(axis=0)))
        parts.append((record.name, every, home))

    def of(without: str | None) -> Around | None:
        every = [shape for name, shapes, _home in parts if name != without for shape in shapes]
        home = [shape for name, _every, shapes in parts if name != without for shape in shapes]
        every = [shape for shape in every if not _is_wide(shape.bounds)] or every
        if not every and not home:
            return None
        whole = shapely.buffer(shapely.union_all([*every, *home]), _MARGIN)
        return Around(whole, shapely.buffer(shapely.union_all(home), _MARGIN) if home else whole)

    return of


def _is_wide(bounds: Sequence[float]) -> bool:
    return bounds[2] - bounds[0] > _WIDE or bounds[3] - bounds[1] > _WIDE


def _without_strays(boxes: np.ndarray) -> np.ndarray:
    """The boxes without those that lie far from most of them: one point at 0, 0 is no place of the layer."""
    if len(boxes) < 3:
        return boxes
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    off = np.hypot(*(middles - np.median(middles, axis=0)).T)
    return boxes[off <= max(10 * float(np.median(off)), 0.5)]


def doubt(
    shapes: Any, crs: CRS | None, here: Around | None, *, layer: bool = True
) -> Diagnosis | None:
    """That features lie away from everything that the workspace has, with the readings that would bring them there.

    Args:
        shapes: Geometries with the numbers of the file, x first.
        crs: What the file or its user says.
        here: Of the workspace.
        layer: Whether they are a layer; sites of projects may well lie where nothing is known of the place, and are in
            doubt only where another reading fits.

    Returns:
        A diagnosis ``lies-elsewhere``; ``None`` where nothing is amiss. It stops where another reading fits, and for a layer
        also where it lies more than ``FAR_KM`` off.
    """
    if here is None or crs is None:
        return None
    raw = sample_boxes(shapes)
    placed = lonlat_boxes(raw, crs)
    if not len(placed):
        return None
    known = here.every if layer else here.home  # of a site it counts whether anything is known of the place
    within = _share(placed, known)
    if within >= _MOSTLY or _covers(placed, here.home):
        return None
    places: dict[str, list[float]] = {}
    fits: dict[str, float] = {}
    if crs.is_projected:
        for code in _readings(raw):
            if (other := _known(code)) is None or other.equals(crs, ignore_axis_order=True):
                continue
            moved = lonlat_boxes(raw, other)
            share = _share(moved, here.home) if len(moved) else 0.0
            if share >= max(_FITS, 2 * within):
                places[code], fits[code] = _middle(moved), round(share, 3)
    offset = _turned(placed, here.home, within) if crs.is_geographic else None
    lon, lat = _middle(placed)
    evidence: dict[str, Any] = {
        "stated": f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.name, "lon": lon, "lat": lat,
        "away_km": _away_km(np.array([[lon, lat, lon, lat]]), known), "within": round(within, 3), "places": places, "fits": fits,
    }  # fmt: skip
    if offset is not None:
        evidence["offset_deg"] = offset
    candidates = tuple(sorted(fits, key=lambda code: (-fits[code], list(fits).index(code))))
    # A file that states the system of another country, and lies there, leaves no doubt about its system.
    far = layer and not is_foreign(crs) and _away_km(placed, known) > FAR_KM
    stops = bool(candidates) or far
    return Diagnosis("lies-elsewhere", evidence, candidates, "likely" if len(candidates) == 1 else "possible", stops)


def sample_boxes(shapes: Any) -> np.ndarray:
    """Boxes of at most ``_SAMPLE`` of the shapes, spread over them: west, south, east, north."""
    array = np.asarray(shapes, dtype=object)
    array = array[:: max(1, len(array) // _SAMPLE)]
    boxes = shapely.bounds(array)
    return boxes[np.isfinite(boxes).all(axis=1)]


def lonlat_boxes(boxes: np.ndarray, crs: CRS) -> np.ndarray:
    """The boxes (west, south, east, north) in EPSG:4490; those that have no place there are left out."""
    if not len(boxes):
        return boxes
    if crs.is_geographic and crs_doctor.old_datum(crs) is None:
        return boxes[(np.abs(boxes) <= 360).all(axis=1)]
    try:
        carrier = Transformer.from_crs(crs, _CGCS2000, always_xy=True)
    except ProjError:
        return boxes[:0]
    west, south, east, north = boxes.T
    with np.errstate(all="ignore"):
        corners = [carrier.transform(x, y) for x, y in ((west, south), (west, north), (east, south), (east, north))]
    lons, lats = np.array([one[0] for one in corners]), np.array([one[1] for one in corners])
    made = np.column_stack([lons.min(axis=0), lats.min(axis=0), lons.max(axis=0), lats.max(axis=0)])
    return made[np.isfinite(made).all(axis=1)]


def _readings(boxes: np.ndarray) -> list[str]:
    """CRSs of CGCS2000 that planar numbers could be meant in, the meridians nearest to the usual ones first.

    Zones of 6 degrees have meridians of the zones of 3 degrees too and, without a zone number, the same numbers.
    """
    west, south, east, north = (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
    named = list(crs_doctor.candidates(float(west), float(south), float(east), float(north)))
    if west > -1_000_000 and east < 1_500_000:
        named += [f"EPSG:{4534 + number}" for number in sorted(range(21), key=lambda number: abs(number - 14))]
    same = {f"EPSG:{code}" for code in range(4502, 4513)}
    return list(dict.fromkeys(code for code in named if code not in same))


def _known(code: str) -> CRS | None:
    try:
        return CRS.from_user_input(code)
    except CRSError:
        return None


def _turned(placed: np.ndarray, home: Any, within: float) -> int | None:
    """Whole meridians, in degrees, by which degrees are off: what comes of converting under the wrong one."""
    found = []
    for off in (3, -3, 6, -6, 9, -9):
        share = _share(placed + np.array([off, 0, off, 0]), home)
        if share >= max(_FITS, 2 * within):
            found.append((share, off))
    return max(found, key=lambda one: one[0])[1] if found else None


def _share(boxes: np.ndarray, area: Any) -> float:
    shapely.prepare(area)
    return float(np.mean(shapely.intersects(area, shapely.box(*boxes.T))))


def _covers(boxes: np.ndarray, home: Any) -> bool:
    """Whether a wide layer, such as that of a province, holds most of the district although few features lie there."""
    whole = shapely.box(*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
    district = shapely.box(*home.bounds)
    return bool(shapely.intersection(whole, district).area >= 0.5 * district.area)


def _middle(boxes: np.ndarray) -> list[float]:
    middle = np.median((boxes[:, :2] + boxes[:, 2:]) / 2, axis=0)
    return [round(float(middle[0]), 3), round(float(middle[1]), 3)]


def _away_km(boxes: np.ndarray, area: Any) -> float:
    """Kilometres from the nearest of the boxes to the area, near enough."""
    here = shapely.box(*boxes.T)
    one, other = shapely.get_coordinates(
        shapely.shortest_line(here, area)[int(np.argmin(shapely.distance(here, area)))]
    )[:2]
    scale = _METRES * np.array([math.cos(math.radians(float(one[1]))), 1.0])
    return round(float(np.hypot(*((one - other) * scale))) / 1000, 1)


def _listed(found: Diagnosis) -> str:
    """The readings that fit, each with where it puts the features and how many of them lie in the district there."""
    places, fits = found.evidence["places"], found.evidence["fits"]
    return "、".join(
        f"{code}（{places[code][0]}°E {places[code][1]}°N，{fits[code]:.0%}）" for code in found.candidates
    )


def issue_values(found: Diagnosis) -> tuple[str, dict[str, Any]]:
    """Code and values of the issue that says what was found and went on."""
    said = {key: found.evidence[key] for key in ("stated", "lon", "lat", "away_km")}
    if found.candidates:
        return "lies-elsewhere-fits", {**said, "candidates": _listed(found)}
    if "offset_deg" in found.evidence:
        return "lies-elsewhere-turned", {**said, "offset_deg": found.evidence["offset_deg"]}
    return "lies-elsewhere", said


def refusal(found: Diagnosis, file: str) -> LayerError:
    """The doubt as one sentence: what was seen, the readings that fit, and how to go on."""
    said = {key: found.evidence[key] for key in ("stated", "lon", "lat", "away_km")}
    if found.candidates:
        return LayerError(
            N_(
                "{file} 按坐标系 {stated} 落在 {lon}°E {lat}°N，离工作区的数据 {away_km} 公里；换作下列坐标系则落在工作区内"
                "（位置，落在其中的图形占比）：{candidates}。请用 --crs 指明其一；确实在别处，请写 --crs {stated} 或 --elsewhere 确认"
            ),
            file=file, candidates=_listed(found), **said,
        )  # fmt: skip
    if "offset_deg" in found.evidence:
        return LayerError(
            N_(
                "{file} 按坐标系 {stated} 落在 {lon}°E {lat}°N，离工作区的数据 {away_km} 公里；经度加 {offset_deg}° 则正好落在"
                "工作区内，多半是换算时用错了中央子午线，请从原始坐标重新换算；确实在别处，请用 --elsewhere 确认"
            ),
            file=file, offset_deg=found.evidence["offset_deg"], **said,
        )  # fmt: skip
    return LayerError(
        N_(
            "{file} 按坐标系 {stated} 落在 {lon}°E {lat}°N，离工作区的数据 {away_km} 公里，也没有常用的坐标系能使它落在工作区内；"
            "请核对坐标系（是否地方独立坐标系）；确实在别处，请用 --elsewhere 确认"
        ),
        file=file, **said,
    )  # fmt: skip


def is_foreign(crs: CRS) -> bool:
    """Whether a CRS is made for a part of the world outside China: whoever names it means to be there."""
    use = crs.area_of_use
    if use is None or use.east - use.west > 120 or use.east < use.west:
        return False
    return not shapely.intersects(shapely.box(73, 3, 136, 54), shapely.box(use.west, use.south, use.east, use.north))

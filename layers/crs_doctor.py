"""Whether the coordinates of a layer can be in the CRS that it is said to be in, and which ones they could be in.

Nothing is converted here, and nothing is decided where the numbers allow two answers: candidates are named and a person
chooses. EPSG codes of CGCS2000 in 3-degree zones: 4513 to 4533 with the zone number before the easting (zones 25 to
45), 4534 to 4554 without it (75 to 135 degrees east); in 6-degree zones 4491 to 4501 and 4502 to 4512 (zones 13 to 23).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas
import numpy as np
from pyproj import CRS

from layers.errors import N_, LayerError
from layers.issues import Issue

_LON = (73.0, 136.0)
_LAT = (3.0, 54.0)
_NORTH = (300_000.0, 6_000_000.0)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A doubt about a layer's coordinates.

    Attributes:
        code: ``no-crs``, ``degrees-in-metres`` and so on.
        evidence: The numbers behind it; plain JSON values.
        candidates: CRSs that the numbers would fit, most likely first.
        confidence: certain, likely or possible.
        stops: Whether the layer must not be used before somebody has chosen.
    """

    code: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    candidates: tuple[str, ...] = ()
    confidence: str = "likely"
    stops: bool = True

    def issue(self) -> Issue:
        """The doubt as an issue of the layer."""
        values = {**self.evidence, "candidates": list(self.candidates), "confidence": self.confidence}
        return Issue(self.code, severity="warning", values=values)


def in_china(lon: float, lat: float) -> bool:
    """Whether a place in degrees lies in the box around China and its seas."""
    return _LON[0] <= lon <= _LON[1] and _LAT[0] <= lat <= _LAT[1]


def north_first(pairs: Sequence[tuple[float, float]]) -> bool:
    """Whether the first number of every pair can only be the northing (or latitude), as Chinese surveys write it."""
    if all(in_china(b, a) and not in_china(a, b) for a, b in pairs):
        return True
    return all(_is_northing(a) and _is_easting(b) and not _is_easting(a) for a, b in pairs)


def _is_northing(value: float) -> bool:
    return 1_000_000 <= value <= _NORTH[1]


def _is_easting(value: float) -> bool:
    return 100_000 <= value < 900_000 or 13_100_000 <= value < 46_000_000


def canonical(crs: CRS) -> CRS:
    """``crs`` under its EPSG code, where it is the same system in other words, else as it is.

    A .prj without an authority code names CGCS2000 in many ways; datum and ellipsoid decide.
    """
    code = crs.to_epsg(min_confidence=70)
    return CRS.from_epsg(code) if code else crs


def diagnose(frame: geopandas.GeoDataFrame, crs: CRS | None) -> list[Diagnosis]:
    """What is doubtful about the coordinates of ``frame`` under ``crs``; empty where they fit."""
    if not len(frame):
        return []
    west, south, east, north = (float(value) for value in frame.total_bounds)
    if not np.isfinite([west, south, east, north]).all():
        return []
    evidence = {"west": west, "south": south, "east": east, "north": north}
    if crs is None:
        return [Diagnosis("no-crs", evidence, candidates(west, south, east, north), "certain")]
    return []


def candidates(west: float, south: float, east: float, north: float) -> tuple[str, ...]:
    """CRSs that coordinates within these bounds could be in."""
    if in_china(west, south) and in_china(east, north):
        return ("EPSG:4490", "EPSG:4326")
    found: list[str] = []
    if _NORTH[0] <= south and north <= _NORTH[1]:
        first, last = int(west // 1_000_000), int(east // 1_000_000)
        if first == last and 25 <= first <= 45:
            found.append(f"EPSG:{4513 + first - 25}")
        elif first == last and 13 <= first <= 23:
            found.append(f"EPSG:{4491 + first - 13}")
        elif west > -1_000_000 and east < 1_500_000:
            found += ["EPSG:4548", "EPSG:4547", "EPSG:4549"]
    return tuple(found)


def refusal(doubt: Diagnosis, file: str, crs: CRS | None) -> LayerError:
    """The doubt as one sentence that says what to do."""
    listed = "、".join(doubt.candidates)
    if listed:
        return LayerError(
            N_("{file} 没有说明坐标系；按坐标值可能是：{candidates}。请指明其一"), file=file, candidates=listed
        )
    return LayerError(N_("{file} 没有说明坐标系，坐标值也看不出来；请指明，如 EPSG:4490"), file=file)

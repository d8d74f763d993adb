"""Whether the coordinates of a layer can be in the CRS that it is said to be in, and which ones they could be in.

Nothing is converted here, and nothing is decided where the numbers allow two answers: candidates are named and a person
chooses. EPSG codes of CGCS2000 in 3-degree zones: 4513 to 4533 with the zone number before the easting (zones 25 to
45), 4534 to 4554 without it (75 to 135 degrees east); in 6-degree zones 4491 to 4501 and 4502 to 4512 (zones 13 to 23).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas
import numpy as np
import shapely
from pyproj import CRS, Transformer

from layers.errors import N_, LayerError
from layers.issues import Issue
from layers.system_names import named
from spatial.crs import epsg

_LON = (73.0, 136.0)
_LAT = (3.0, 54.0)
_NORTH = (300_000.0, 6_000_000.0)
_ZONE_3 = 200_000.0  # half a zone of 3 degrees is 167 km wide at the equator; data may reach somewhat beyond it
_MERCATOR = (8_180_000.0, 15_100_000.0, 333_000.0, 7_170_000.0)  # China in Web Mercator: west, east, south, north


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


def canonical(crs: CRS) -> CRS | None:
    """``crs`` under its EPSG code, where it is the same system in other words.

    A .prj without an authority code names CGCS2000 in many ways; ellipsoid and projection decide, and the year 2000
    in its name, since GRS 80 has the same ellipsoid. A drawing's own plane is no CRS.

    Returns:
        The system; ``crs`` itself where it has no code; ``None`` where it places nothing on the earth.
    """
    if not (crs.is_geographic or crs.is_projected) or "undefined" in crs.name.lower():
        return None
    code = epsg(crs)
    if code:
        return CRS.from_epsg(code)
    ellipsoid = crs.ellipsoid
    if ellipsoid is None or abs(ellipsoid.inverse_flattening - 298.257222101) > 5e-7 or "2000" not in crs.to_wkt():
        return crs
    if crs.is_geographic:
        return CRS.from_epsg(4490)
    meridian, easting = _meridian(crs), _false_easting(crs)
    if meridian is None or meridian % 3:
        return crs
    zone3, zone6 = int(meridian // 3), (meridian + 3) / 6
    if easting == 500_000 and 25 <= zone3 <= 45:
        return CRS.from_epsg(4534 + zone3 - 25)
    if easting == zone3 * 1e6 + 5e5 and 25 <= zone3 <= 45:
        return CRS.from_epsg(4513 + zone3 - 25)
    if easting == zone6 * 1e6 + 5e5 and 13 <= zone6 <= 23:
        return CRS.from_epsg(4491 + int(zone6) - 13)
    return crs


def _parameter(crs: CRS, *names: str) -> float | None:
    operation = crs.coordinate_operation
    for parameter in operation.params if operation is not None else ():
        if parameter.name.lower().replace("_", " ") in names:
            return float(parameter.value)
    return None


def _meridian(crs: CRS) -> float | None:
    return _parameter(crs, "longitude of natural origin", "central meridian")


def _false_easting(crs: CRS) -> float | None:
    return _parameter(crs, "false easting")


def zone_of(crs: CRS) -> int | None:
    """The zone number in the false easting of ``crs``, where it has one."""
    easting = _false_easting(crs)
    return int(easting // 1_000_000) or None if easting is not None else None


def old_datum(crs: CRS) -> str | None:
    """``beijing54`` or ``xian80`` where a CRS stands on one of the former national datums."""
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        return None
    if abs(ellipsoid.semi_major_metre - 6378245) < 0.5:
        return "beijing54"
    if abs(ellipsoid.semi_major_metre - 6378140) < 0.5:
        return "xian80"
    return None


def diagnose(
    frame: geopandas.GeoDataFrame, crs: CRS | None, *, reference: geopandas.GeoDataFrame | None = None
) -> list[Diagnosis]:
    """What is doubtful about the coordinates of ``frame`` under ``crs``; empty where they fit.

    Args:
        frame: Features as they stand in the file, x first.
        crs: What the file or its user says.
        reference: A layer in a trusted CRS with the same names or codes, against which a shift can be seen.
    """
    if not len(frame):
        return []
    west, south, east, north = (float(value) for value in frame.total_bounds)
    if not np.isfinite([west, south, east, north]).all():
        return []
    evidence: dict[str, Any] = {"west": west, "south": south, "east": east, "north": north}
    bounds = (west, south, east, north)
    fitting = candidates(*bounds)
    if (crs is None or crs.is_projected) and (mixed := zones(frame)):
        return [Diagnosis("zones-mixed", evidence | {"zones": list(mixed)}, (), "certain")]
    if crs is None:
        if _swapped(*bounds):
            turned = candidates(south, west, north, east)
            return [Diagnosis("axes-swapped", evidence, turned, "likely")]
        evidence["places"] = {code: _centre(code, bounds) for code in fitting}
        return [Diagnosis("no-crs", evidence, fitting, "certain")]
    evidence["stated"] = _short(crs)
    if _swapped(*bounds):
        return [Diagnosis("axes-swapped", evidence, (_short(crs),), "certain")]
    found = _degrees(crs, bounds, evidence, fitting) if crs.is_geographic else _planar(crs, bounds, evidence, fitting)
    datum = old_datum(crs)
    if datum and not any(doubt.stops for doubt in found):
        found.append(Diagnosis("crs-old-datum", evidence | {"datum": datum}, (), "certain"))
    if reference is not None and crs.is_geographic and not found:
        found += _shift(frame, crs, reference)
    return found


def _degrees(
    crs: CRS, bounds: tuple[float, float, float, float], evidence: dict[str, Any], fitting: tuple[str, ...]
) -> list[Diagnosis]:
    west, south, east, north = bounds
    if not (west >= -180.001 and east <= 360 and south >= -90.001 and north <= 90.001):
        evidence["places"] = {code: _centre(code, bounds) for code in fitting}
        return [Diagnosis("metres-in-degrees", evidence, fitting, "certain")]
    return []


def _planar(
    crs: CRS, bounds: tuple[float, float, float, float], evidence: dict[str, Any], fitting: tuple[str, ...]
) -> list[Diagnosis]:
    west, south, east, north = bounds
    if in_china(west, south) and in_china(east, north):
        return [Diagnosis("degrees-in-metres", evidence, fitting, "certain")]
    if epsg(crs) in (3857, 3785, 900913):
        return [Diagnosis("web-mercator", evidence, (), "certain", stops=False)]
    easting = _false_easting(crs)
    if easting is None or _meridian(crs) is None or not (_NORTH[0] <= south and north <= _NORTH[1]):
        return []
    first, last = int(west // 1_000_000), int(east // 1_000_000)
    prefix = first if first == last and 13 <= first <= 45 else None
    stated = int(easting // 1_000_000) or None
    evidence["places"] = {code: _centre(code, bounds) for code in fitting}
    if prefix is not None and stated is not None and prefix != stated:
        return [Diagnosis("zone-mismatch", evidence | {"zone": prefix, "stated_zone": stated}, fitting, "certain")]
    if prefix is not None and stated is None:
        return [Diagnosis("zone-number-present", evidence | {"zone": prefix}, fitting, "certain")]
    if prefix is None and stated is not None and east < 2_000_000:
        return [Diagnosis("zone-number-absent", evidence | {"stated_zone": stated}, fitting, "certain")]
    return []


def _swapped(west: float, south: float, east: float, north: float) -> bool:
    """Whether x can only be the latitude or northing, and y the longitude or easting."""
    if in_china(south, west) and in_china(north, east) and not in_china(west, south):
        return True
    planar = _NORTH[0] < west and east <= _NORTH[1] and west >= 1_000_000
    return planar and _is_easting(south) and _is_easting(north)


def _centre(code: str, bounds: tuple[float, float, float, float]) -> list[float] | None:
    """Where the middle of the coordinates would lie under ``code``: longitude and latitude, degrees."""
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    lon, lat = Transformer.from_crs(CRS.from_user_input(code), CRS.from_epsg(4490), always_xy=True).transform(x, y)
    return [round(lon, 3), round(lat, 3)] if np.isfinite([lon, lat]).all() else None


def place(code: str, x: float, y: float) -> tuple[float, float] | None:
    """Where one point would lie under ``code``: longitude and latitude, degrees to three digits; ``None`` for nowhere."""
    found = _centre(code, (x, y, x, y))
    return (found[0], found[1]) if found is not None else None


def candidates(west: float, south: float, east: float, north: float) -> tuple[str, ...]:
    """CRSs that coordinates within these bounds could be in, most usual first.

    Without a zone number before the easting the central meridian cannot be told from the numbers: every meridian
    gives a place in China.
    """
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
            if west < 500_000 - _ZONE_3 or east > 500_000 + _ZONE_3:
                found += ["EPSG:4509", "EPSG:4508", "EPSG:4510"]  # farther out than a zone of 3 degrees reaches
    if _MERCATOR[0] <= west and east <= _MERCATOR[1] and _MERCATOR[2] <= south and north <= _MERCATOR[3]:
        found.append("EPSG:3857")
    return tuple(found)


def on_datum(datum: str | None, codes: Sequence[str]) -> tuple[str, ...]:
    """Of zones of CGCS2000 those of the same place on a former datum, ``xian80`` or ``beijing54``; else nothing."""
    # EPSG has the zones of 3 degrees of each datum in one row, first with the zone number before the easting.
    first = {"xian80": 2349, "beijing54": 2401}.get(datum or "")
    numbers = [int(code.removeprefix("EPSG:")) for code in codes]
    return tuple(f"EPSG:{first + number - 4513}" for number in numbers if 4513 <= number <= 4554) if first else ()


def zones(frame: geopandas.GeoDataFrame) -> tuple[int, ...]:
    """The zone numbers before the eastings of the features, where they are more than one: no single CRS holds them."""
    bounds = shapely.bounds(np.asarray(frame.geometry.array, dtype=object))
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return ()
    first, last = bounds[:, 0] // 1_000_000, bounds[:, 2] // 1_000_000
    metres = (bounds[:, 1] >= _NORTH[0]) & (bounds[:, 3] <= _NORTH[1])
    prefixed = metres & (first == last) & (first >= 13) & (first <= 45)
    found = tuple(int(zone) for zone in np.unique(first[prefixed]))
    # Web Mercator has eastings of 13 to 15 million too, and none of them is a zone.
    return found if len(found) > 1 and found[-1] > 15 else ()


def _short(crs: CRS) -> str:
    code = epsg(crs)
    return f"EPSG:{code}" if code else crs.name


def refusal(doubt: Diagnosis, file: str, crs: CRS | None) -> LayerError:
    """The doubt as one sentence that says what was seen and what to do."""
    places = doubt.evidence.get("places", {})
    listed = "、".join(
        f"{code}（{place[0]}°E {place[1]}°N）" if (place := places.get(code)) else code for code in doubt.candidates
    )
    stated = _short(crs) if crs is not None else ""
    match doubt.code:
        case "no-crs" if listed:
            return LayerError(
                N_("{file} 没有说明坐标系；按坐标值可能是：{candidates}。请指明其一"), file=file, candidates=listed
            )
        case "no-crs":
            return LayerError(N_("{file} 没有说明坐标系，坐标值也看不出来；请指明，如 EPSG:4490"), file=file)
        case "axes-swapped":
            return LayerError(
                N_(
                    "{file} 的坐标两轴看起来对调了（x 从 {west} 到 {east}，y 从 {south} 到 {north}）；请指明坐标系以确认"
                ),
                file=file,
                **_rounded(doubt.evidence),
            )
        case "metres-in-degrees":
            template = (
                N_("{file} 注明的坐标系 {stated} 以度为单位，坐标值却是米；可能是：{candidates}。请指明其一")
                if listed
                else N_("{file} 注明的坐标系 {stated} 以度为单位，坐标值超出经纬度范围；请指明坐标系")
            )
            return LayerError(template, file=file, stated=stated, candidates=listed)
        case "degrees-in-metres":
            template = N_("{file} 注明的坐标系 {stated} 以米为单位，坐标值却像度；可能是：{candidates}。请指明其一")
            return LayerError(template, file=file, stated=stated, candidates=listed)
        case "zone-mismatch":
            return LayerError(
                N_("{file} 的坐标带号是 {zone}，坐标系 {stated} 却是 {other} 带；按坐标应是：{candidates}。请指明"),
                file=file,
                zone=doubt.evidence["zone"],
                other=doubt.evidence["stated_zone"],
                stated=stated,
                candidates=listed,
            )
        case "zone-number-present":
            return LayerError(
                N_("{file} 的坐标带有带号 {zone}，坐标系 {stated} 却不带；按坐标应是：{candidates}。请指明"),
                file=file,
                zone=doubt.evidence["zone"],
                stated=stated,
                candidates=listed,
            )
        case "zone-number-absent":
            return LayerError(
                N_("{file} 的坐标没有带号，坐标系 {stated} 却带有；可能是：{candidates}。请指明其一"),
                file=file,
                stated=stated,
                candidates=listed,
            )
        case "crs-old-datum":
            return LayerError(
                N_(
                    "{file} 的坐标系是 {stated}（1954 北京或 1980 西安），与 2000 国家大地坐标系相差数十米以上；"
                    "请先由测绘部门换算，或明确指定该坐标系以近似换算使用"
                ),
                file=file,
                stated=stated,
            )
        case "zones-mixed":
            return LayerError(
                N_("{file} 里混有带号 {zones} 的坐标，没有一个坐标系能同时放下；请按带号分成几个文件，分别添加"),
                file=file,
                zones="、".join(map(str, doubt.evidence["zones"])),
            )
        case other:
            raise AssertionError(other)


def _rounded(evidence: Mapping[str, Any]) -> dict[str, Any]:
    return {key: round(evidence[key], 3) for key in ("west", "east", "south", "north")}


# --- shifted coordinates --------------------------------------------------------------------------------------------

_A, _EE = 6378245.0, 0.00669342162296594323  # of the ellipsoid that GCJ-02 is made with


def gcj02(lon: Any, lat: Any) -> tuple[Any, Any]:
    """Where GCJ-02 (as used by AMap and Tencent maps) puts a WGS 84 place, degrees; good to about a metre.

    Numbers or arrays of them. Used to recognise the shift; nothing is converted that was not declared.
    """
    x, y = lon - 105.0, lat - 35.0
    dlat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    dlon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    pi = math.pi
    wave = (20 * np.sin(6 * x * pi) + 20 * np.sin(2 * x * pi)) * 2 / 3
    dlat += wave + (20 * np.sin(y * pi) + 40 * np.sin(y / 3 * pi)) * 2 / 3
    dlat += (160 * np.sin(y / 12 * pi) + 320 * np.sin(y * pi / 30)) * 2 / 3
    dlon += wave + (20 * np.sin(x * pi) + 40 * np.sin(x / 3 * pi)) * 2 / 3
    dlon += (150 * np.sin(x / 12 * pi) + 300 * np.sin(x / 30 * pi)) * 2 / 3
    radians = np.radians(lat)
    magic = 1 - _EE * np.sin(radians) ** 2
    root = np.sqrt(magic)
    dlat = np.degrees(dlat / (_A * (1 - _EE) / (magic * root)))
    dlon = np.degrees(dlon / (_A / root * np.cos(radians)))
    return lon + dlon, lat + dlat


def bd09(lon: Any, lat: Any) -> tuple[Any, Any]:
    """Where BD-09 (as used by Baidu maps) puts a WGS 84 place, degrees; good to about a metre."""
    x, y = gcj02(lon, lat)
    turn = math.pi * 3000 / 180
    reach = np.hypot(x, y) + 0.00002 * np.sin(y * turn)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * turn)
    return reach * np.cos(angle) + 0.0065, reach * np.sin(angle) + 0.006


SHIFTED: Mapping[str, Callable[[Any, Any], tuple[Any, Any]]] = {"GCJ-02": gcj02, "BD-09": bd09}


def declared_shift(crs: object) -> str | None:
    """``GCJ-02`` or ``BD-09`` where somebody has named one of them in the place of a CRS; else ``None``."""
    name = named(crs) if isinstance(crs, str) and len(crs) <= 40 else None
    return name.shift if name is not None else None


def unshift(xy: np.ndarray, system: str) -> np.ndarray:
    """True places, degrees, of places that ``system`` has shifted; good to about a metre, as the shift itself is known.

    Args:
        xy: Longitude and latitude, one place a row.
        system: A key of ``SHIFTED``.
    """
    carry, true = SHIFTED[system], np.array(xy, dtype=float)
    for _ in range(6):  # the shift changes slowly from place to place, so that each step gains three digits
        true += xy - np.column_stack(carry(true[:, 0], true[:, 1]))
    return true


_AGREE_M = 40.0  # two surveys of one thing, or two ways to simplify it, put its middle no further apart
_LEAST_M = 80.0  # the shift of GCJ-02 is some 100 m in places; by less than this sources differ anyhow


def _shift(frame: geopandas.GeoDataFrame, crs: CRS, reference: geopandas.GeoDataFrame) -> list[Diagnosis]:
    """Whether features lie where GCJ-02 or BD-09 would put their namesakes in the reference layer, or the reverse.

    The median of what is left once the shift is taken off must be no more than two surveys differ by, or than the
    scatter of the features leaves open; an offset of another cause, however large, seldom points the same way.
    """
    if reference.crs is None:
        return []
    trusted = reference.to_crs(4490)
    pairs: list[tuple[float, float, float, float]] = []
    for key in ("code", "name"):
        if key not in frame or key not in trusted or pairs:
            continue
        there = trusted[key].duplicated(keep=False)  # of two of one name nobody knows which is meant
        where = {name: place for name, place, twice in zip(trusted[key], _centroids(trusted), there, strict=True) if not twice}
        here = frame[key].duplicated(keep=False)
        for name, place, twice in zip(frame[key], _centroids(frame), here, strict=True):
            if name is not None and not twice and (true := where.get(name)) is not None:
                pairs.append((*place, *true))
    if len(pairs) < 3:
        return []
    array = np.array(pairs)
    array = array[np.isfinite(array).all(axis=1)]
    mine, true = array[:, :2], array[:, 2:]
    metres = 111_320 * np.array([math.cos(math.radians(float(np.median(mine[:, 1])))), 1.0])
    seen = np.median(mine - true, axis=0)
    size = float(np.hypot(*(seen * metres)))
    if size < _LEAST_M:
        return []
    found: list[tuple[float, Diagnosis]] = []
    for system, carry in SHIFTED.items():
        for code, here_, moved in (
            ("shifted-coordinates", mine, np.column_stack(carry(true[:, 0], true[:, 1]))),
            ("reference-shifted", true, np.column_stack(carry(mine[:, 0], mine[:, 1]))),
        ):
            left = (here_ - moved) * metres
            middle = np.median(left, axis=0)
            scatter = 1.4826 * float(np.median(np.hypot(*(left - middle).T))) / math.sqrt(len(left))
            off = float(np.hypot(*middle))
            if off <= min(max(_AGREE_M, 3 * scatter), 0.25 * size):
                evidence = {"shift_m": round(size), "system": system, "matched": len(left), "dlon": float(seen[0]),
                            "dlat": float(seen[1]), "left_m": round(off, 1)}  # fmt: skip
                found.append((off, Diagnosis(code, evidence, (), "likely", stops=False)))
    return [min(found, key=lambda one: one[0])[1]] if found else []


def _centroids(frame: geopandas.GeoDataFrame) -> list[tuple[float, float]]:
    points = shapely.centroid(np.asarray(frame.geometry.array, dtype=object))
    return list(zip(shapely.get_x(points).tolist(), shapely.get_y(points).tolist(), strict=True))

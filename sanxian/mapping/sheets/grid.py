"""Scales, the scale bar, the graticule and the kilometre grid: numbers that people read, lines that are true.

The graticule is real: meridians and parallels are followed through the projection point by point.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pyproj import CRS, Geod, Proj, Transformer

from sanxian.mapping.sheets.outlines import Box, Paper, cut_line

SCALES = (500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 200_000, 250_000, 500_000, 1_000_000, 2_000_000,
          5_000_000)  # those of the national series, for choosing
_READABLE = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8)
_LONLAT = CRS.from_epsg(4490)
_STEPS_ARCSEC = (1, 2, 5, 10, 15, 30, 60, 120, 150, 300, 450, 600, 900, 1800, 3600, 7200, 10800, 18000, 36000)
_NICE = (1, 2, 2.5, 5)


def fixed_scale(needed: float) -> int:
    """The next scale with a denominator that people read at a glance and that shows at least as much as 1:``needed``."""
    unit = 10 ** math.floor(math.log10(max(needed, 100)))
    for factor in (*_READABLE, 10):
        if factor * unit >= needed * (1 - 1e-9):
            return round(factor * unit)
    return round_scale(needed)


def round_scale(needed: float) -> int:
    """The next denominator with two digits that shows at least as much as 1:``needed``."""
    if needed <= 100:
        return 100
    unit = 10 ** (math.floor(math.log10(needed)) - 1)
    return int(math.ceil(needed / unit - 1e-9) * unit)


def read_scale(text: str) -> float | None:
    """The denominator in ``50000``, ``1:50,000`` or ``1:5万``; ``None`` where there is none between 100 and 50 million."""
    words = text.strip().removeprefix("1:").removeprefix("1：").replace(",", "").strip()
    factor = 10_000.0 if words.endswith("万") else 1.0
    try:
        found = float(words.removesuffix("万")) * factor
    except ValueError:
        return None
    return found if 100 <= found <= 50_000_000 else None


def scale_words(scale: float, language: str) -> str:
    """1:50,000, or 1:5万 as Chinese map sheets have it."""
    if language == "zh" and scale >= 10_000 and scale % 1_000 == 0:
        return f"1:{scale / 10_000:g}万"
    return f"1:{scale:,.0f}"


def convergence_deg(paper: Paper) -> float:
    """From grid north to true north at the middle of the map, in degrees, positive clockwise."""
    left, bottom, right, top = paper.bounds
    lon, lat = _to_lonlat(paper.crs).transform((left + right) / 2, (bottom + top) / 2)
    x, y = Transformer.from_crs(_LONLAT, paper.crs, always_xy=True).transform([lon, lon], [lat, lat + 0.001])
    return math.degrees(math.atan2(x[1] - x[0], y[1] - y[0]))


def point_scale(crs: CRS, lon: float, lat: float) -> float:
    """Metres of the plane in a metre on the ellipsoid, along the parallel."""
    return float(Proj(crs).get_factors(lon, lat).parallel_scale)


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A scale bar.

    Attributes:
        step_m: Ground length of one division.
        steps: Divisions right of zero.
        length_mm: Of the whole bar on the paper, so that ``step_m * steps`` on the ellipsoid at the middle of the map
            has just this length.
    """

    step_m: float
    steps: int
    length_mm: float

    @property
    def total_m(self) -> float:
        """Ground length of the whole bar."""
        return self.step_m * self.steps

    def labels(self) -> list[str]:
        """Figures at the divisions, the last without its unit."""
        unit = 1000.0 if self.total_m >= 1000 else 1.0
        return [f"{self.step_m * i / unit:g}" for i in range(self.steps + 1)]

    @property
    def unit(self) -> str:
        """Of the figures."""
        return "km" if self.total_m >= 1000 else "m"


def scale_bar(paper: Paper, room_mm: float) -> ScaleBar:
    """The longest bar with round divisions that fits into ``room_mm``."""
    left, bottom, right, top = paper.bounds
    lon, lat = _to_lonlat(paper.crs).transform((left + right) / 2, (bottom + top) / 2)
    mm_per_m = point_scale(paper.crs, lon, lat) * 1000 / paper.scale
    most = room_mm / mm_per_m
    best: tuple[float, float, int] | None = None
    for steps in (4, 5, 2):
        power = 10 ** math.floor(math.log10(most / steps))
        step = max(value * power for value in _NICE if value * power <= most / steps)
        if best is None or step * steps > best[0] * 1.2:
            best = (step * steps, step, steps)
    assert best is not None
    return ScaleBar(best[1], best[2], best[0] * mm_per_m)


def bar_ground_m(paper: Paper, length_mm: float) -> float:
    """How far apart on the ellipsoid two points at the middle of the map are that stand ``length_mm`` apart."""
    x, y = paper.x + paper.width / 2, paper.y + paper.height / 2
    ends = paper.to_map(np.array([[x - length_mm / 2, y], [x + length_mm / 2, y]]))
    lon, lat = _to_lonlat(paper.crs).transform(ends[:, 0], ends[:, 1])
    ellipsoid = paper.crs.ellipsoid
    geod = Geod(a=ellipsoid.semi_major_metre, rf=ellipsoid.inverse_flattening)
    return float(geod.inv(lon[0], lat[0], lon[1], lat[1])[2])


@dataclass(frozen=True, slots=True)
class GridLine:
    """One line of a grid.

    Attributes:
        value: Degrees, or metres of the CRS.
        upright: Whether it runs up and down the page: a meridian, or an easting.
        pieces: The line within the frame, in mm.
        ends: Where it meets the frame: side (``top``, ``bottom``, ``left``, ``right``), x, y in mm.
        label: Its figure.
    """

    value: float
    upright: bool
    pieces: tuple[np.ndarray, ...]
    ends: tuple[tuple[str, float, float], ...]
    label: str


def graticule(paper: Paper, *, wanted: int = 5) -> list[GridLine]:
    """Meridians and parallels at round values; about ``wanted`` along the longer side."""
    view = _to_lonlat(paper.crs).transform_bounds(*paper.bounds, densify_pts=21)
    west, south, east, north = view
    step = _step(max(east - west, (north - south)) / wanted)
    room = step * 0.02
    from_lonlat = Transformer.from_crs(_LONLAT, paper.crs, always_xy=True)
    lines = []
    for upright, low, high, from_, to in ((True, west, east, south, north), (False, south, north, west, east)):
        for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
            value = number * step
            along = np.linspace(from_ - room, to + room, 121)
            fixed = np.full_like(along, value)
            x, y = from_lonlat.transform(fixed, along) if upright else from_lonlat.transform(along, fixed)
            line = _grid_line(value, upright, np.column_stack([x, y]), paper, degree_words(value, upright, step))
            if line is not None:
                lines.append(line)
    return lines


def kilometre_grid(paper: Paper, *, gap_mm: float = 40.0, zone: str = "") -> list[GridLine]:
    """Lines of the CRS at round kilometres, some ``gap_mm`` apart; ``zone`` is put before the eastings."""
    step = kilometre_step(paper, gap_mm)
    left, bottom, right, top = paper.bounds
    lines = []
    for upright, low, high in ((True, left, right), (False, bottom, top)):
        for number in range(math.ceil(low / step), math.floor(high / step) + 1):
            value = number * step
            ends = [(value, bottom), (value, top)] if upright else [(left, value), (right, value)]
            figure = f"{value / 1000:g}"
            label = f"{zone}{figure}" if upright and "e" not in figure else figure
            line = _grid_line(value, upright, np.array(ends), paper, label)
            if line is not None:
                lines.append(line)
    return lines


def kilometre_step(paper: Paper, gap_mm: float = 40.0) -> float:
    """Metres from line to line."""
    most = gap_mm * paper.metres_per_mm
    power = 10 ** math.floor(math.log10(most))
    return max(value * power for value in (1, 2, 5, 10) if value * power <= most * 1.25)


def zone_prefix(crs: CRS) -> str:
    """The zone number that belongs before the eastings of a Gauss-Krüger CRS; '' where they carry it, or have none."""
    operation = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return ""
    values = {one.name: float(one.value) for one in operation.params}
    meridian, east = values.get("Longitude of natural origin", 0.0), values.get("False easting", 0.0)
    if east != 500_000.0 or meridian % 3 or not 75 <= meridian <= 135:
        return ""
    return f"{int(meridian // 3)}"


def degree_words(value: float, upright: bool, step: float) -> str:
    """115°30′E, with seconds where the step needs them."""
    seconds = round(abs(value) * 3600)
    degrees, rest = divmod(seconds, 3600)
    minutes, secs = divmod(rest, 60)
    text = f"{degrees}°"
    if step < 1 or minutes or secs:
        text += f"{minutes:02d}′"
    if round(step * 3600) % 60 or secs:
        text += f"{secs:02d}″"
    return text + (("E" if value >= 0 else "W") if upright else ("N" if value >= 0 else "S"))


def _step(most: float) -> float:
    for arcsec in _STEPS_ARCSEC:
        if arcsec / 3600 >= most * 0.8:
            return arcsec / 3600
    return _STEPS_ARCSEC[-1] / 3600


def _grid_line(value: float, upright: bool, xy: np.ndarray, paper: Paper, label: str) -> GridLine | None:
    frame = paper.frame
    pieces = tuple(cut_line(paper.to_mm(xy), frame))
    if not pieces:
        return None
    ends = tuple((side, float(x), float(y)) for piece in pieces for x, y in (piece[0], piece[-1])
                 if (side := _side(x, y, frame)))
    return GridLine(value, upright, pieces, ends, label)


def _side(x: float, y: float, frame: Box) -> str:
    left, top, right, bottom = frame
    near = {"left": abs(x - left), "right": abs(x - right), "top": abs(y - top), "bottom": abs(y - bottom)}
    side = min(near, key=lambda name: near[name])
    return side if near[side] < 0.01 else ""


def _to_lonlat(crs: CRS) -> Transformer:
    return Transformer.from_crs(crs, _LONLAT, always_xy=True)

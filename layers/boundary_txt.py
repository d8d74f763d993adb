"""Boundary point text 界址点 as land surveys exchange it: parcels of numbered points, X to the north and Y to the east."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from layers import crs_doctor
from layers import encoding as encodings
from layers.errors import N_, DoubtfulSystem, LayerError
from layers.issues import Issue
from layers.system_names import datum_of
from layers.values import as_text
from spatial.crs import transform, zone_for

_AREA_TOLERANCE = 0.01  # share by which a stated area may differ from the computed one
_COLUMNS = ("编号", "名称", "面积公顷", "图形属性", "图幅号", "用途", "地类编码")


@dataclass(slots=True)
class _Parcel:
    line: int
    head: list[str]
    rings: list[list[tuple[float, float]]] = field(default_factory=list)
    ring: str | None = None
    points: int = 0


def looks_like(text: str) -> bool:
    """Whether a text is of this kind."""
    if "[地块坐标]" in text or "[属性描述]" in text:
        return True
    lines = [_separated(line) for line in text.splitlines()[:200] if line.strip()]
    heads = sum(bool(line) and line[-1] == "@" for line in lines)
    return heads > 0 and any(_point(line) for line in lines)


def read(
    path: Path, text: str, crs: CRS | None, doubts: list[DoubtfulSystem] | None = None
) -> tuple[geopandas.GeoDataFrame, list[int], list[Issue]]:
    """The parcels of a text, the line of each, and what is doubtful.

    Args:
        path: Named in errors.
        text: What the file holds.
        crs: Where the text does not say, or says something wrong.
        doubts: Where given, it takes what is doubtful about the system, and the frame has none then.

    Raises:
        LayerError: A line is no point, a parcel is no polygon or crosses itself, or the system is in doubt.
    """
    header, parcels = _parse(path, text)
    if not parcels:
        raise LayerError(N_("{file} 里没有界址点"), file=path.name)
    issues: list[Issue] = []
    every = [point for parcel in parcels for ring in parcel.rings for point in ring]
    # As the format has it the first number is the northing; where it can only be the easting the columns are swapped.
    if crs_doctor.north_first([(b, a) for a, b in every]):
        issues.append(Issue("axes-swapped", severity="warning"))
    else:
        for parcel in parcels:
            parcel.rings = [[(b, a) for a, b in ring] for ring in parcel.rings]
        every = [(b, a) for a, b in every]
    found = crs
    if crs is None:
        try:
            found = _system(path, header, every, issues)
        except DoubtfulSystem as doubt:
            if doubts is None:
                raise
            doubts.append(doubt)
    if crs is not None:
        issues += _overridden(header, crs)
    shapes, rows, records = [], [], []
    for number, parcel in enumerate(parcels, 1):
        shapes.append(_line(parcel) or _polygon(path, parcel, number, issues))
        rows.append(parcel.line)
        records.append(_record(parcel))
    _areas(shapes, records, found, issues)
    _repeats(shapes, records, issues)
    ids: set[str] = set()
    for record in records:
        step, wanted = 2, record["编号"]
        while record["编号"] is not None and record["编号"] in ids:
            record["编号"], step = f"{wanted}-{step}", step + 1
        ids.add(record["编号"])
    table = pd.DataFrame({name: pd.Series([record[name] for record in records], dtype=object) for name in _COLUMNS})
    return geopandas.GeoDataFrame(table, geometry=geopandas.GeoSeries(shapes, crs=found)), rows, issues


def _separated(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"[,，\t]", line.strip())]


def _point(cells: Sequence[str]) -> tuple[str, float, float] | None:
    """Ring number, first and second coordinate of a point line."""
    cells = list(cells)
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) < 4 or cells[-1] == "@":
        return None
    ring = unicodedata.normalize("NFKC", cells[1])
    try:
        first, second = (float(unicodedata.normalize("NFKC", cell)) for cell in cells[2:4])
    except ValueError:
        return None
    return (ring, first, second) if re.fullmatch(r"\d+", ring) and np.isfinite([first, second]).all() else None


def _says(key: str, value: str) -> str:
    """What a line of the head says of the place of all that follows, so that two heads in one file can be compared."""
    if key == "坐标系":
        return datum_of(value)
    if key in ("带号", "几度分带"):
        return re.sub(r"\D", "", unicodedata.normalize("NFKC", value))
    return ""


def _parse(path: Path, text: str) -> tuple[dict[str, str], list[_Parcel]]:
    header: dict[str, str] = {}
    parcels: list[_Parcel] = []
    section = "" if "[" in text else "地块坐标"
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        line = line.strip().strip("\0\x1a")
        if not line:
            continue
        if match := re.fullmatch(r"[\[【](.+)[\]】]", line):
            section = match[1].strip()
            continue
        cells = _separated(line)
        if cells[-1] == "@" or (section == "地块坐标" and "@" in cells[-1]):
            parcels.append(_Parcel(number, cells[:-1]))
            continue
        point = _point(cells)
        if point is None:
            if section != "地块坐标" and "=" in line:
                key, value = (part.strip() for part in line.split("=", 1))
                if _says(key, value) and _says(key, header.get(key, "")) not in ("", _says(key, value)):
                    raise LayerError(
                        N_("{file} 前后注明的{key}不一致：“{first}”和第 {line} 行的“{second}”；请按坐标系分成几个文件"),
                        file=path.name, key=key, first=header[key], line=number, second=value,
                    )  # fmt: skip
                header[key] = value or header.get(key, "")
                continue
            if section == "地块坐标" or parcels:
                raise LayerError(
                    N_("{file} 第 {line} 行不是完整的界址点：{text}"), file=path.name, line=number, text=line[:60]
                )
            continue
        if not parcels:
            parcels.append(_Parcel(number, []))
        parcel = parcels[-1]
        ring, first, second = point
        if ring != parcel.ring:
            parcel.rings.append([])
            parcel.ring = ring
        parcel.rings[-1].append((first, second))
        parcel.points += 1
    return header, parcels


def _overridden(header: dict[str, str], crs: CRS) -> list[Issue]:
    """That a text states another datum or zone than its user: both are kept on record."""
    datum, kept = header.get("坐标系", ""), crs_doctor.old_datum(crs) or "cgcs2000"
    zone = re.sub(r"\D", "", unicodedata.normalize("NFKC", header.get("带号", "")))
    said = [] if not datum or datum_of(datum) == kept else [datum]
    if zone and (stated := crs_doctor.zone_of(crs)) is not None and stated != int(zone):
        said.append(zone)
    if not said:
        return []
    given = f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.name
    return [Issue("crs-overridden", severity="warning", values={"stated": " ".join(said), "given": given})]


def _system(path: Path, header: dict[str, str], points: Sequence[tuple[float, float]], issues: list[Issue]) -> CRS:
    """The CRS that header and eastings agree on."""
    xy = np.array(points)
    bounds = (*xy.min(axis=0), *xy.max(axis=0))
    fitting = likely = crs_doctor.candidates(*map(float, bounds))
    if crs_doctor.in_china(*bounds[:2]) and crs_doctor.in_china(*bounds[2:]):
        raise DoubtfulSystem(
            likely,
            N_("{file} 的界址点坐标是度，而格式规定以米为单位；请指明坐标系，如 EPSG:4490"), file=path.name
        )
    datum = header.get("坐标系", "")
    stated_datum = datum_of(datum)
    likely = (*crs_doctor.on_datum(stated_datum, fitting), *fitting)
    if stated_datum in ("xian80", "beijing54"):
        raise DoubtfulSystem(
            likely,
            N_("{file} 注明坐标系为 {datum}，不是 2000 国家大地坐标系；请先由测绘部门换算，或明确指定坐标系"),
            file=path.name,
            datum=datum,
        )
    prefixes = {int(x // 1_000_000) for x, _ in points}
    prefix = next(iter(prefixes)) if len(prefixes) == 1 and 13 <= min(prefixes) <= 45 else None
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", header.get("带号", "")))
    zone = int(digits) if digits else None
    if len(prefixes) > 1 and max(prefixes) >= 13:
        raise DoubtfulSystem(
            likely,
            N_("{file} 的界址点分属不同的带：{zones}"), file=path.name, zones="、".join(map(str, sorted(prefixes)))
        )
    if prefix is not None and zone is not None and prefix != zone:
        raise DoubtfulSystem(
            likely,
            N_("{file} 注明带号 {zone}，坐标却带有带号 {prefix}；请核对后指明坐标系"),
            file=path.name,
            zone=zone,
            prefix=prefix,
        )
    if stated_datum not in ("", "cgcs2000"):
        raise DoubtfulSystem(
            likely,
            N_("{file} 注明坐标系为“{datum}”，不能当作 2000 国家大地坐标系；请向测绘单位核实，换算后再用，或明确指定坐标系"),
            file=path.name,
            datum=datum,
        )
    listed = "、".join(fitting)
    if prefix is None and zone is None:
        raise DoubtfulSystem(
            likely,
            N_("{file} 没有带号，坐标里也没有；可能是：{candidates}。请指明其一"), file=path.name, candidates=listed
        )
    if stated_datum != "cgcs2000":
        stated = f"EPSG:{4534 + zone - 25}" if prefix is None and zone is not None and 25 <= zone <= 45 else None
        raise DoubtfulSystem(
            tuple(dict.fromkeys([stated, *likely])) if stated else likely,
            N_("{file} 没有注明坐标系，只知道是 {zone} 带；若为 2000 国家大地坐标系，请指明：{candidates}"),
            file=path.name,
            zone=prefix or zone,
            candidates=listed or f"EPSG:{4534 + (zone or 39) - 25}",
        )
    number = prefix if prefix is not None else zone or 0
    six = header.get("几度分带", "3").strip() == "6" or number < 25
    if six and 13 <= number <= 23:
        code = (4491 if prefix is not None else 4502) + number - 13
    elif not six and 25 <= number <= 45:
        code = (4513 if prefix is not None else 4534) + number - 25
    else:
        raise DoubtfulSystem(
            likely, N_("{file} 的带号 {zone} 不在中国的投影带内"), file=path.name, zone=number)
    issues.append(Issue("crs-from-zone", severity="info", values={"crs": f"EPSG:{code}", "zone": number}))
    return CRS.from_epsg(code)


def _name(parcel: _Parcel, number: int) -> str:
    head = parcel.head
    return next((cell for cell in (*head[3:4], *head[2:3]) if cell), "") or f"#{number}"


def _line(parcel: _Parcel) -> Any:
    """The lines or points of a parcel that is marked as such, since not everything surveyed is an area; else ``None``."""
    mark = parcel.head[4] if len(parcel.head) > 4 else ""
    if mark == "点":
        return shapely.multipoints([point for ring in parcel.rings for point in ring])
    if mark != "线":
        return None
    lines = [shapely.LineString(ring) for ring in parcel.rings if len(ring) > 1]
    return shapely.multilinestrings(lines) if lines else None


def _polygon(path: Path, parcel: _Parcel, number: int, issues: list[Issue]) -> Any:
    name = _name(parcel, number)
    rings = []
    closing = 0
    for ring in parcel.rings:
        if len(ring) > 1 and ring[0] == ring[-1]:
            closing += 1
        else:
            issues.append(Issue("boundary-closed", parcel.line, None, "info", {"parcel": name}))
            ring = [*ring, ring[0]]
        if len(set(ring)) < 3:
            raise LayerError(
                N_("{file} 的地块 {parcel} 只有 {count} 个不同的界址点，构不成面"),
                file=path.name,
                parcel=name,
                count=len(set(ring)),
            )
        rings.append(shapely.Polygon(ring))
    stated = parcel.head[0] if parcel.head else ""
    if stated.isdigit() and int(stated) not in (parcel.points, parcel.points - closing):
        values = {"parcel": name, "stated": int(stated), "found": parcel.points}
        issues.append(Issue("boundary-count-differs", parcel.line, None, "warning", values))
    if not rings:
        raise LayerError(N_("{file} 的地块 {parcel} 没有界址点"), file=path.name, parcel=name)
    for ring in rings:
        if not ring.is_valid:
            raise LayerError(N_("{file} 的地块 {parcel} 界址线自相交，请核对点号顺序"), file=path.name, parcel=name)
    return nested(rings)


def nested(rings: Sequence[Any]) -> Any:
    """The land that rings enclose together, whatever their order.

    A ring within another is a hole of it, a ring within a hole is land again; any other is a further piece.

    Args:
        rings: Polygons without holes.

    Returns:
        A polygon, or a multi-polygon of several; not valid where rings cross each other.
    """
    # Of two alike the first counts as the outer one.
    around = [[at for at, other in enumerate(rings)
               if at != number and other.contains(ring) and (at < number or not ring.contains(other))]
              for number, ring in enumerate(rings)]  # fmt: skip
    shells = {number: [rings[number].exterior] for number, owners in enumerate(around) if len(owners) % 2 == 0}
    for number, owners in enumerate(around):
        if number not in shells:
            # The innermost of those around it is the one that most others lie around.
            shells[max((at for at in owners if at in shells), key=lambda at: len(around[at]))].append(rings[number].exterior)
    pieces = [shapely.Polygon(shell, holes) for shell, *holes in shells.values()]
    return pieces[0] if len(pieces) == 1 else shapely.multipolygons(pieces)


def _record(parcel: _Parcel) -> dict[str, Any]:
    cells = [*parcel.head, *[""] * 8]
    area = cells[1].strip()
    try:
        hectares: Any = float(area) if area else None
    except ValueError:
        hectares = None
    values = [cells[2], cells[3], hectares, cells[4], cells[5], cells[6], cells[7]]
    return {name: value or None for name, value in zip(_COLUMNS, values, strict=True)}


def _areas(shapes: Sequence[Any], records: Sequence[dict[str, Any]], crs: CRS | None, issues: list[Issue]) -> None:
    if crs is None or crs.is_geographic:
        return
    for number, (shape, record) in enumerate(zip(shapes, records, strict=True), 1):
        stated, computed = record["面积公顷"], shape.area / 10_000
        if stated and abs(stated - computed) > _AREA_TOLERANCE * max(stated, computed):
            values = {
                "parcel": record["名称"] or record["编号"] or f"#{number}",
                "stated_ha": stated,
                "computed_ha": round(computed, 4),
            }
            issues.append(Issue("boundary-area-differs", None, None, "warning", values))


def _repeats(shapes: Sequence[Any], records: Sequence[dict[str, Any]], issues: list[Issue]) -> None:
    first: dict[bytes, str] = {}
    for number, (shape, record) in enumerate(zip(shapes, records, strict=True), 1):
        key = shapely.to_wkb(shapely.normalize(shape))
        name = record["名称"] or record["编号"] or f"#{number}"
        if key in first:
            issues.append(Issue("boundary-duplicate", None, None, "warning", {"parcel": name, "other": first[key]}))
        first.setdefault(key, name)


def write(
    frame: geopandas.GeoDataFrame, path: Path | str, *, made_on: date, maker: str = "", encoding: str = "gb18030"
) -> None:
    """Write polygons as boundary point text in CGCS2000, 3-degree zone with its number, millimetres.

    Args:
        frame: Polygons with a CRS; ``code`` (or ``id``), ``name`` and ``use`` are written where they are there.
        path: Where to.
        made_on: Day that the header names.
        maker: Who the header says made it.
        encoding: GBK by default, which is what the receiving systems expect.

    Raises:
        LayerError: The frame has no polygons or no CRS.
    """
    if frame.crs is None or not len(frame):
        raise LayerError(N_("没有可以写出的面"))
    shapes = np.asarray(frame.geometry.array, dtype=object)
    lonlat = transform(shapes, frame.crs, CRS.from_epsg(4490))
    zone = (zone_for(lonlat).to_epsg() or 0) - 4534 + 25
    planar = np.asarray(transform(lonlat, CRS.from_epsg(4490), CRS.from_epsg(4513 + zone - 25)), dtype=object)
    lines = [
        "[属性描述]", "格式版本号=1.01版本", f"数据产生单位={maker}", f"数据产生日期={made_on.isoformat()}",
        "坐标系=2000国家大地坐标系", "几度分带=3", "投影类型=高斯克吕格", "计量单位=米", f"带号={zone}", "精度=0.001",
        "转换参数=,,,,,,", "[地块坐标]",
    ]  # fmt: skip
    for number, (shape, (_, row)) in enumerate(zip(planar, frame.iterrows(), strict=True), 1):
        polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
        if not polygons:
            raise LayerError(N_("没有可以写出的面"))
        rings = [ring for part in polygons for ring in (part.exterior, *part.interiors)]
        points = sum(len(ring.coords) for ring in rings)
        code = as_text(row.get("code")) or as_text(row.get("id")) or str(number)
        name, use = as_text(row.get("name")) or "", as_text(row.get("use")) or ""
        cells = [str(points), f"{shape.area / 10_000:.4f}", code, name, "面", "", use, "", "@"]
        lines.append(",".join(" ".join(cell.replace(",", "，").split()) for cell in cells))
        count = 0
        for place, ring in enumerate(rings, 1):
            start = count + 1
            for index, (x, y) in enumerate(ring.coords):
                last = index == len(ring.coords) - 1
                count += not last
                lines.append(f"J{start if last else count},{place},{y:.3f},{x:.3f}")
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
        os.replace(part, path)
    except UnicodeEncodeError as error:
        raise LayerError(
            N_("名称里有 {encoding} 写不出的字：{text}"), encoding=encoding, text=error.object[error.start : error.end]
        ) from error
    finally:
        part.unlink(missing_ok=True)


def read_file(
    path: Path, crs: CRS | None, encoding: str | None, doubts: list[DoubtfulSystem] | None = None
) -> tuple[geopandas.GeoDataFrame, list[int], list[Issue], str] | None:
    """As ``read`` for a file; ``None`` where it is some other text."""
    text, used, issues = encodings.read_text(path, encoding)
    if not looks_like(text):
        return None
    frame, rows, more = read(path, text, crs, doubts)
    return frame, rows, [*issues, *more], used

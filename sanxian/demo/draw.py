"""The layers of the demo district, one function each, from the plain numbers in ``district.toml``.

Nothing here is real: the river, the town and every zone are invented, and every name begins with 示例 so that no picture
of them can be taken for one of Jiujiang. Geometry is in metres from :data:`sanxian.demo.ground.ORIGIN` until
:func:`layers` hands it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import geopandas
import numpy as np
import pandas
import shapely
import shapely.ops
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from sanxian.demo.ground import (
    DISTRICT_CODE,
    PLANNED_IN,
    STORED_IN,
    SURVEYED_BANK_M,
    bank,
    curve,
    lonlat,
    lump,
    placed,
    shape,
    table,
)
from sanxian.demo.outlets import outlets

Rows = list[dict[str, Any]]
GEOMETRY = ("blob", "corners", "bank_corners", "strip", "lump", "lumps", "parcel", "parcels", "bank_parcel", "path",
            "line", "point", "bank_point", "holes", "lake", "reach", "park", "built_up", "grow", "bank_line")  # fmt: skip
MANAGEMENT_M = 95.0  # from the water's edge to the line of river management, which runs behind the levee
LEVEE_M = 60.0
SOURCE = "示例数据：三线程序随附的虚构示例区，不是真实管控成果"


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """What a demo layer says of itself.

    Attributes:
        accuracy_m: Stated positional accuracy, metres.
        coverage: Where the layer claims to be complete, longitude and latitude (EPSG:4490).
        stored: The CRS that it is written in.
    """

    role: str
    title: str
    version: str
    data_date: date
    accuracy_m: float
    coverage: BaseGeometry
    stored: str
    source: str = SOURCE


# ------------------------------------------------------------------------------------------------ the ground itself


@cache
def district() -> Polygon:
    """示例区: from the middle of the river to the hills, between two borders."""
    borders = table("district")["borders"]
    thalweg = _thalweg()
    west, south = curve(borders["west"][1:]), curve(borders["south"])
    east = _tributary_line("示例梅江")
    north = LineString([borders["west"][0], borders["east_of_river"]])
    start, end = (thalweg.project(Point(point)) for point in (north.coords[0], north.coords[1]))
    along = shapely.ops.substring(thalweg, end, start)
    foot = east.project(Point(borders["south"][-1]))
    rise = shapely.ops.substring(east, foot, east.length)
    outline = [*along.coords, *west, borders["west"][-1], *south, *rise.coords]
    made = Polygon(list(dict.fromkeys((round(x, 3), round(y, 3)) for x, y in outline)))
    if not made.is_valid:
        raise ValueError("the district's border crosses itself")
    return made


@cache
def frame() -> BaseGeometry:
    """Everything that is drawn: the district and what lies round it."""
    return shapely.union_all([Polygon(row["corners"]) for row in table("district")["neighbour"]])


def _thalweg() -> LineString:
    return LineString(curve(table("district")["river"]["thalweg"]))


def _tributary_line(name: str) -> LineString:
    row = next(row for row in table("district")["tributary"] if row["name"] == name)
    return LineString(curve(row["path"]))


@cache
def river() -> BaseGeometry:
    """The water of the main river, without its island."""
    plan = table("district")["river"]
    return Polygon([*bank().points, *reversed(curve(plan["north_bank"]))]).difference(island())


@cache
def island() -> Polygon:
    """The island in the river."""
    return Polygon(curve(table("district")["river"]["island"], closed=True))


@cache
def tributaries() -> Mapping[str, BaseGeometry]:
    """The water of each tributary, by name, up to where it meets the river."""
    return {
        row["name"]: LineString(curve(row["path"])).buffer(row["half_width"], cap_style="flat").difference(river())
        for row in table("district")["tributary"]
    }


@cache
def lakes() -> Mapping[str, Polygon]:
    """The lakes and ponds, by name."""
    given = table("district")
    wide = {row["name"]: Polygon(curve(row["blob"], closed=True)) for row in given["lake"]}
    return {**wide, **{row["name"]: lump(*row["lump"]) for row in given["pond"]}}


@cache
def water() -> BaseGeometry:
    """Every water surface in one."""
    return shapely.union_all([river(), *tributaries().values(), *lakes().values()])


def _land(geometry: BaseGeometry) -> BaseGeometry:
    return geometry.intersection(district()).difference(river())


def _rows(role: str) -> Rows:
    """The rows that ``district.toml`` has for a role: their attributes and their shape within the district."""
    found = table("district")[role]
    return [
        {**_attributes(row), "geometry": _around_lake(row) if "lake" in row else shape(row)}
        for row in (found if isinstance(found, list) else [found])
    ]


def _attributes(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in GEOMETRY}


def _around_lake(row: Mapping[str, Any]) -> BaseGeometry:
    lake, reach = lakes()[row["lake"]], row["reach"]
    if isinstance(reach, list):
        inner, outer = reach
        return lake.buffer(outer) if not inner else lake.buffer(outer).difference(lake.buffer(inner))
    return lake.buffer(reach)


def _within(rows: Rows, extent: BaseGeometry) -> Rows:
    return [{**row, "geometry": row["geometry"].intersection(extent)} for row in rows]


# ------------------------------------------------------------------------------------------------ one layer each


def admin() -> Rows:
    """The district and its neighbours, without gaps."""
    rows: Rows = [{"code": DISTRICT_CODE, "name": "示例区（虚构，借用浔阳区代码）", "level": "county", "geometry": district()}]
    north_of = Polygon([*_thalweg().coords, (11600, 11200), (-5200, 11200)])
    taken = district()
    for plan in table("district")["neighbour"]:
        part = Polygon(plan["corners"])
        part = part.intersection(north_of) if plan["code"].startswith("42") else part.difference(north_of)
        part = part.difference(taken)
        taken = taken.union(part)
        rows.append({"code": plan["code"], "name": plan["name"], "level": "county", "geometry": part})
    return rows


def ecological_redline() -> Rows:
    """Four redline areas; two of them overlap and three have holes."""
    rows = _rows("ecological_redline")
    rows[-1]["geometry"] = rows[-1]["geometry"].union(island().buffer(25)).difference(_harbour())
    return _within(rows, district())


def _harbour() -> BaseGeometry:
    """A gap in the wetland redline where a ferry lands."""
    return bank().strip(10450, 10560, -450, 200)


@cache
def _units() -> list[tuple[str, str, BaseGeometry]]:
    """Control units that fit together exactly: each face between their outlines goes to the first that holds it."""
    plans = []
    for row in table("district")["unit"]:
        if "park" in row:
            area = next(park["geometry"] for park in industrial_park() if park["name"] == row["park"])
        elif "built_up" in row:
            area = next(town["geometry"] for town in built_up_area() if town["name"] == row["built_up"])
        else:
            area = _around_lake(row) if "lake" in row else shape(row)
        plans.append((row["code"], row["name"], area.intersection(district())))
    outlines = [shapely.set_precision(area, 0.001).boundary for _, _, area in plans]
    net = shapely.union_all([*outlines, shapely.set_precision(district(), 0.001).boundary], grid_size=0.001)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(net)))
    held: dict[str, list[BaseGeometry]] = {}
    for face in faces:
        middle = face.representative_point()
        if not district().contains(middle):
            continue
        code = next(code for code, _, area in plans if area.contains(middle))
        held.setdefault(code, []).append(face)
    _give_slivers_away(held)
    return [(code, name, shapely.coverage_union_all(held[code])) for code, name, _ in plans if code in held]


def _give_slivers_away(held: dict[str, list[BaseGeometry]]) -> None:
    """Let faces of less than a hectare join the neighbour that they share most border with."""
    small = [(code, face) for code, faces in held.items() for face in faces if face.area < 10_000]
    for code, face in small:
        held[code].remove(face)
        shared = {
            other: sum(face.boundary.intersection(area.boundary).length for area in faces)
            for other, faces in held.items()
            if faces
        }
        held[max(sorted(shared), key=lambda other: shared[other])].append(face)


def control_unit() -> Rows:
    """Environmental control units of all three classes; together they are the district."""
    classes = {"1": "priority", "2": "key", "3": "general"}
    return [
        {
            "code": code, "name": name, "category": classes[code[8]], "province": "江西省", "city": "九江市",
            "county": "示例区", "geometry": area,
        }
        for code, name, area in _units()
    ]  # fmt: skip


def element_zone() -> Rows:
    """Air and water element zones, derived from town, parks and hills."""
    town, parks = _union(built_up_area()), _union(industrial_park())
    hills = shapely.union_all([row["geometry"] for row in ecological_redline()[:3]])
    town_air = town.difference(parks)
    upwind = _land(shape({"strip": [4000, 11700, 0, 2600]})).difference(shapely.union_all([town, parks, hills]))
    rest = district().difference(shapely.union_all([town, parks, hills, upwind]))
    sources = _union(water_source())
    town_water = _land(town.union(parks)).difference(sources)
    fields = district().difference(shapely.union_all([town_water, sources, hills]))
    zones = [
        ("air", "priority", "priority", "1310", "示例西山南岭大气环境优先保护区", hills),
        ("air", "receptor_sensitive", "key", "2340", "示例城区大气环境受体敏感重点管控区", town_air),
        ("air", "high_emission", "key", "2310", "示例园区大气环境高排放重点管控区", parks),
        ("air", "layout_sensitive", "key", "2320", "示例沿江大气环境布局敏感重点管控区", upwind),
        ("air", "general", "general", "3310", "示例大气环境一般管控区", rest),
        ("water", "priority", "priority", "1210", "示例水环境优先保护区", sources.union(hills)),
        ("water", "urban_pollution", "key", "2220", "示例城镇生活污染重点管控区", town_water),
        ("water", "general", "general", "3210", "示例水环境一般管控区", fields.difference(hills)),
    ]
    return [
        {
            "code": f"YS{DISTRICT_CODE}{digits}99{number:02d}", "name": name, "element": element, "subtype": subtype,
            "category": category, "county": "示例区", "geometry": area.intersection(district()),
        }
        for number, (element, subtype, category, digits, name, area) in enumerate(zones, 1)
    ]  # fmt: skip


def protected_area() -> Rows:
    """Nature reserves with core and general zones, one map still with a buffer zone, and a forest park."""
    rows = _rows("protected_area")
    reach = shape({"strip": [9100, 11250, -1050, 165]})
    core = island().buffer(40)
    kind = {"kind": "nature_reserve", "level": "省级"}
    rows += [
        {"name": "示例东洲湿地自然保护区", "zone": "core", **kind, "geometry": core},
        {"name": "示例东洲湿地自然保护区", "zone": "general", **kind, "geometry": reach.difference(core)},
        {
            "name": "示例西山自然保护区", "zone": "general", "kind": "nature_reserve", "level": "县级",
            "geometry": rows[1]["geometry"].buffer(260).difference(rows[1]["geometry"]).simplify(2),
        },
    ]  # fmt: skip
    return _within(rows, district())


def scenic_area() -> Rows:
    """A riverside scenic area with its core."""
    core, whole = _rows("scenic_area")
    whole["geometry"] = whole["geometry"].difference(core["geometry"])
    return [core, whole]


def water_source() -> Rows:
    """The town's intake on the river and a village reservoir: grades 1, 2 and 3, one within the other."""
    rows = _rows("water_source")
    for inner, outer in ((0, 1), (1, 2)):
        rows[outer]["geometry"] = rows[outer]["geometry"].difference(
            shapely.union_all([row["geometry"] for row in rows[: inner + 1]])
        )
    return _within(rows, district())


def wetland() -> Rows:
    """National, provincial and general wetlands."""
    rows = _rows("wetland")
    rows[0]["geometry"] = rows[0]["geometry"].union(island().buffer(10)).difference(_harbour())
    return _within(rows, district())


def germplasm_reserve() -> Rows:
    """A reach of the river for fish."""
    return _within(_rows("germplasm_reserve"), district().intersection(river()))


def permanent_farmland() -> Rows:
    """Fields between town and hills, clear of water, town, redline and parks."""
    keep_off = shapely.union_all(
        [water().buffer(15), _union(built_up_area()), _union(industrial_park()), _union(ecological_redline()), _roads()]
    )
    fields = [shape({"lump": numbers}) for numbers in table("district")["permanent_farmland"]["lumps"]]
    rows: Rows = []
    for field in fields:
        parts = shapely.get_parts(field.intersection(district()).difference(keep_off))
        for part in (part for part in parts if part.area > 8_000):
            number = len(rows) + 1
            rows.append({
                "code": f"示例-JBNT-{number:03d}", "name": f"示例永久基本农田图斑{number}", "land_class": "0101",
                "geometry": part,
            })  # fmt: skip
    return rows


def farmland_class() -> Rows:
    """Farm soil that must be used with care, and a patch that may not grow food."""
    return _within(_rows("farmland_class"), district())


def urban_boundary() -> Rows:
    """Town and parks, a little grown, without farmland, hills and water."""
    grow = table("district")["urban_boundary"][0]["grow"]
    inside = shapely.union_all([_union(built_up_area()), _union(industrial_park())]).buffer(grow).buffer(-grow * 0.6)
    without = shapely.union_all([_union(permanent_farmland()), _union(ecological_redline()), river().buffer(MANAGEMENT_M)])
    parts = [part for part in shapely.get_parts(inside.difference(without).intersection(district())) if part.area > 50_000]
    return [{"name": "示例城镇开发边界", "kind": "城镇集中建设区", "geometry": MultiPolygon(parts)}]


def built_up_area() -> Rows:
    """The old town by the lake and a small one in the east."""
    return _within(_rows("built_up_area"), district().difference(river().buffer(MANAGEMENT_M)))


def industrial_park() -> Rows:
    """A chemical park, a technology park, a port park, and one that was never approved."""
    return _rows("industrial_park")


def fuel_ban_zone() -> Rows:
    """Class III in the middle of the old town, class II in the rest of it, class I in the technology park."""
    rows = _within(_rows("fuel_ban_zone"), _union(built_up_area()))
    rest = _union(built_up_area()).difference(rows[0]["geometry"])
    park = industrial_park()[1]["geometry"].difference(rest)
    rows.append({"name": "示例高污染燃料禁燃区（Ⅱ类）", "fuel_class": "2", "geometry": rest})
    rows.append({"name": "示例高污染燃料禁燃区（Ⅰ类）", "fuel_class": "1", "geometry": park})
    return rows


def machinery_ban_zone() -> Rows:
    """Where machines with dirty engines may not run."""
    return _within(_rows("machinery_ban_zone"), district())


def heating_network() -> Rows:
    """Where steam can be had from the network."""
    return _within(_rows("heating_network"), district())


def noise_zone() -> Rows:
    """Noise function zones: beside roads and rail 4a and 4b, parks 3, schools and homes 1, the rest of the town 2."""
    town = _union(built_up_area())
    zones = [
        ("4a", "示例滨江路两侧4a类区", _roads(beside=35).intersection(town)),
        ("4b", "示例沿江铁路两侧4b类区", _railway().buffer(45)),
        ("3", "示例园区3类区", _union(industrial_park())),
        ("1", "示例湖滨1类区", _union(_rows("noise_sensitive"))),
        ("2", "示例城区2类区", town),
    ]
    taken: BaseGeometry = Polygon()
    rows: Rows = []
    for kind, name, area in zones:
        rows.append({"name": name, "class": kind, "geometry": _land(area).difference(taken)})
        taken = taken.union(area)
    return rows


def noise_sensitive() -> Rows:
    """Homes, schools and a hospital close together."""
    return _within(_rows("noise_sensitive"), district())


def contaminated_land() -> Rows:
    """Plots on the list of contaminated land."""
    return _rows("contaminated_land")


def breeding_ban_zone() -> Rows:
    """Where no livestock farm may stand."""
    return _within(_rows("breeding_ban_zone"), district())


def water_function_zone() -> Rows:
    """Reaches of the river and tributaries, and whether their water is as good as it must be."""
    rows = [{**row, "river": "长江"} for row in _within(_rows("water_function_zone"), district().intersection(river()))]
    for name, target, good in (("示例清溪河", "Ⅲ类", False), ("示例梅江", "Ⅱ类", True)):
        rows.append({
            "name": f"{name}开发利用区", "target": target, "meets_target": good, "river": name,
            "geometry": tributaries()[name].intersection(district()),
        })  # fmt: skip
    return rows


def river_bank() -> Rows:
    """The lines that distances are measured from.

    The main river has three in the district: the water's edge that was surveyed for outlets, the levee and the line of
    river management. Beyond the district and on the far side only the water's edge is known.
    """
    south = bank()
    ends = float(south.along[0]), float(south.along[-1])
    main = {"river": table("district")["river"]["name"], "rank": "main"}
    far = LineString(curve(table("district")["river"]["north_bank"]))
    rows: Rows = [
        {"code": "示例-AX-01", "name": "示例长江右岸水边线", **main, "baseline": "water_edge", "side": "right",
         "surveyed": True, "surveyed_on": "2020-04-20", "geometry": surveyed_bank()},
        {"code": "示例-AX-02", "name": "示例长江右岸堤防", **main, "baseline": "levee", "side": "right",
         "surveyed": False, "geometry": south.line(0, SURVEYED_BANK_M, LEVEE_M)},
        {"code": "示例-AX-03", "name": "示例长江右岸管理范围线", **main, "baseline": "management", "side": "right",
         "surveyed": False, "geometry": south.line(0, SURVEYED_BANK_M, MANAGEMENT_M)},
        {"code": "示例-AX-04", "name": "示例长江右岸上游邻区水边线", **main, "baseline": "water_edge", "side": "right",
         "surveyed": False, "geometry": south.line(ends[0], 0)},
        {"code": "示例-AX-05", "name": "示例长江右岸下游邻区水边线", **main, "baseline": "water_edge", "side": "right",
         "surveyed": False, "geometry": south.line(SURVEYED_BANK_M, ends[1])},
        {"code": "示例-AX-06", "name": "示例长江左岸水边线", **main, "baseline": "water_edge", "side": "left",
         "surveyed": False, "geometry": far},
    ]  # fmt: skip
    sides = (("left", "左", 1), ("right", "右", -1))
    for row in table("district")["tributary"]:
        middle = LineString(curve(row["path"]))
        for side, word, sign in sides:
            edge = middle.offset_curve(sign * row["half_width"]).difference(river()).difference(_union_of(lakes()))
            rows.append({
                "code": f"示例-AX-{len(rows) + 1:02d}", "name": f"{row['name']}{word}岸水边线", "river": row["name"],
                "rank": row["rank"], "baseline": "water_edge", "side": side, "surveyed": False, "geometry": edge,
            })  # fmt: skip
    for name in ("示例白鹭湖", "示例琴湖"):
        rows.append({
            "code": f"示例-AX-{len(rows) + 1:02d}", "name": f"{name}湖岸水边线", "river": name, "rank": "lake",
            "baseline": "water_edge", "side": "", "surveyed": False,
            "geometry": LineString(lakes()[name].exterior.coords),
        })  # fmt: skip
    return rows


@cache
def surveyed_bank() -> LineString:
    """The water's edge of the district, 11.7 km, on which the outlets were looked for."""
    south = bank()
    inside = (south.along > 0) & (south.along < SURVEYED_BANK_M)
    return LineString([south.at(0), *south.points[inside], south.at(SURVEYED_BANK_M)])


def bank_zone() -> Rows:
    """What the bank may be used for."""
    return [{**row, "river": "长江"} for row in _rows("bank_zone")]


def river_management() -> Rows:
    """Rivers and lakes up to their line of management."""
    parts = [("长江", shape({"strip": [0, SURVEYED_BANK_M, -1600, MANAGEMENT_M]}))]
    parts += [(name, area.buffer(30, cap_style="flat")) for name, area in tributaries().items()]
    parts += [(name, lakes()[name].buffer(25)) for name in ("示例白鹭湖", "示例琴湖", "示例西山水库")]
    taken: BaseGeometry = Polygon()
    rows: Rows = []
    for name, area in parts:
        label = name if name.startswith("示例") else f"示例{name}"
        rows.append({"name": f"{label}管理范围", "river": name, "geometry": area.difference(taken).intersection(district())})
        taken = taken.union(area)
    return rows


def flood_detention() -> Rows:
    """Low land by the eastern lake that takes the flood."""
    return _within(_rows("flood_detention"), district())


def water_body() -> Rows:
    """Rivers, lakes and ponds."""
    rows: Rows = [{"name": "长江（示例河段）", "kind": "河流", "target": "Ⅱ类", "geometry": river().intersection(frame())}]
    for name, area in tributaries().items():
        rows.append({"name": name, "kind": "河流", "target": "Ⅲ类", "geometry": area})
    for name, area in lakes().items():
        kind = "水库" if "水库" in name else "湖泊" if name.endswith("湖") else "坑塘"
        rows.append({"name": name, "kind": kind, "target": "Ⅲ类" if kind != "水库" else "Ⅱ类", "geometry": area})
    return rows


def discharge_outlet() -> Rows:
    """The 180 outlets that the survey of the bank found, each with its file 一口一档."""
    return outlets()


def pollution_source() -> Rows:
    """Works and farms with a permit or a registration, and the plant or outlet that their water goes to."""
    rows: Rows = []
    for number, (name, industry, regime, leads_to, x, y) in enumerate(table("district")["pollution_source"]["points"], 1):
        rows.append({
            "code": f"示例91360403MA{number:06d}X", "name": name, "industry_code": industry, "regime": regime,
            "leads_to": leads_to or None,
            "address": "示例区", "county": "示例区", "geometry": Point(x, y),
        })  # fmt: skip
    return rows


def sewer() -> Rows:
    """Trunk sewers and the plant or outlet that they lead to."""
    return [
        {
            "code": f"示例-GW-{number:02d}", "name": name, "kind": kind, "diameter_mm": float(size), "leads_to": plant or None,
            "geometry": LineString(points),
        }
        for number, (name, kind, size, plant, points) in enumerate(table("district")["sewer"]["trunks"], 1)
    ]  # fmt: skip


def monitoring_section() -> Rows:
    """Where the river's water is sampled."""
    rows: Rows = [
        {
            "code": f"示例-DM-{number:02d}", "name": name, "river": water_name, "level": level, "target": target,
            "geometry": Point(bank().at(chainage, inland)),
        }
        for number, (name, level, target, water_name, chainage, inland) in enumerate(
            table("district")["monitoring_section"][0]["points"], 1
        )
    ]  # fmt: skip
    rows.append({
        "code": "示例-DM-05", "name": "示例清溪河口断面", "river": "示例清溪河", "level": "市控", "target": "Ⅲ类",
        "geometry": Point(_tributary_line("示例清溪河").interpolate(-380).coords[0]),
    })  # fmt: skip
    return rows


def receptor() -> Rows:
    """Schools, hospitals, homes, and where the waterworks take in water."""
    words = {"school": "学校", "hospital": "医院", "nursing_home": "养老院", "residential": "居民住宅区"}
    rows: Rows = [
        {"code": f"示例-MG-{number:02d}", "name": name, "kind": words[kind], "river": None, "geometry": Point(x, y)}
        for number, (name, kind, x, y) in enumerate(table("district")["receptor"][0]["points"], 1)
    ]
    rows += [
        {"code": f"示例-QS-{number:02d}", "name": name, "kind": "取水口", "river": river_name, "geometry": Point(bank().at(along, inland))}
        for number, (name, river_name, along, inland) in enumerate(table("district")["intake"][0]["points"], 1)
    ]
    return rows


def reference() -> Rows:
    """Roads and the railway, to find one's way about."""
    rows: Rows = []
    for row in table("district")["road"]:
        line = bank().line(*row["bank_line"]) if "bank_line" in row else shape(row)
        rows.append({"code": f"示例-DL-{len(rows) + 1:02d}", "name": row["name"], "kind": row["class"], "geometry": line})
    rows.append({"code": "示例-TL-01", "name": "示例沿江铁路", "kind": "铁路", "geometry": _railway()})
    return rows


def _railway() -> LineString:
    return LineString(curve(table("district")["railway"][0]["path"]))


def _roads(*, beside: float = 18) -> BaseGeometry:
    lines = [bank().line(*row["bank_line"]) if "bank_line" in row else shape(row) for row in table("district")["road"]]
    return shapely.union_all(lines).buffer(beside)


def _union(rows: Iterable[Mapping[str, Any]]) -> BaseGeometry:
    return shapely.union_all([row["geometry"] for row in rows])


def _union_of(parts: Mapping[str, BaseGeometry]) -> BaseGeometry:
    return shapely.union_all(list(parts.values()))


# ------------------------------------------------------------------------------------------------ handing out

DRAWN: Mapping[str, Callable[[], Rows]] = {
    make.__name__: make
    for make in (
        admin, ecological_redline, control_unit, element_zone, protected_area, scenic_area, water_source, wetland,
        germplasm_reserve, permanent_farmland, farmland_class, urban_boundary, built_up_area, industrial_park, fuel_ban_zone,
        machinery_ban_zone, heating_network, noise_zone, noise_sensitive, contaminated_land, breeding_ban_zone,
        water_function_zone, river_bank, bank_zone, river_management, flood_detention, water_body, discharge_outlet,
        pollution_source, sewer, monitoring_section, receptor, reference,
    )
}  # fmt: skip


def plans() -> dict[str, LayerPlan]:
    """What each layer says of itself, by role."""
    given = table("layers")
    extents = {
        "district": lonlat(district()),
        "around": lonlat(frame()),
        "west": lonlat(district().intersection(shapely.box(-6000, -3000, 4700, 12000))),
    }
    found = {}
    for role in DRAWN:
        row = {"stored": 4490, "coverage": "district", **given["defaults"], **given["layers"][role]}
        found[role] = LayerPlan(
            role, row["title"], row["version"], row["data_date"], float(row["accuracy_m"]), extents[row["coverage"]],
            f"EPSG:{row['stored']}",
        )  # fmt: skip
    return found


def layers() -> dict[str, geopandas.GeoDataFrame]:
    """Every layer of the demo, by role, in the CRS that it is stored in; the same on every call and every machine."""
    wanted = plans()
    return {role: _frame(make(), wanted[role].stored) for role, make in DRAWN.items()}


def _frame(rows: Rows, crs: str) -> geopandas.GeoDataFrame:
    move = placed if crs == PLANNED_IN else lonlat
    geometry = [_tidy(move(row["geometry"])) for row in rows]
    made = geopandas.GeoDataFrame(geometry=np.array(geometry, dtype=object), crs=crs)
    for number, key in enumerate(dict.fromkeys(key for row in rows for key in row if key != "geometry")):
        values = [row.get(key) for row in rows]
        numbers = any(isinstance(value, float) for value in values)
        made.insert(number, key, pandas.Series(values, dtype=float if numbers else object))
    made.insert(made.shape[1] - 1, "remark", "示例")
    return made


def _tidy(geometry: BaseGeometry) -> BaseGeometry:
    """A valid geometry of one kind: cutting and rounding may leave a stray line beside polygons."""
    made = geometry if geometry.is_valid else shapely.make_valid(geometry)
    if made.geom_type == "GeometryCollection":
        made = shapely.union_all([part for part in shapely.get_parts(made) if part.area > 0])
    return made


__all__ = ["STORED_IN", "LayerPlan", "district", "frame", "layers", "plans", "surveyed_bank"]

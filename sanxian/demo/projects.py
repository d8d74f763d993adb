"""The projects of the demo: points, plots, plots in several parts and corridors, one for each thing a screening can meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas
import numpy as np
import shapely
from shapely.geometry import MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry

from sanxian.demo import draw
from sanxian.demo.ground import PLANNED_IN, STORED_IN, bank, lonlat, placed, shape, table

NOT_ATTRIBUTES = (*draw.GEOMETRY, "points", "touching", "outlet", "outlet_at", "unknown", "verdict", "because", "lumps", "parcels")
HEADERS: Mapping[str, str] = {
    "id": "项目编号",
    "name": "项目名称",
    "industry_code": "行业代码",
    "nature": "建设性质",
    "is_chemical": "是否化工",
    "is_chemical_park": "是否化工园区",
    "is_heavy_chemical_park": "是否重化工园区",
    "is_two_high": "是否两高",
    "fuels": "燃料",
    "boiler_t_h": "锅炉蒸吨",
    "heavy_metals": "涉及重金属",
    "wastewater": "废水去向",
    "new_outlet": "新设排污口",
    "outlet_type": "排污口类型",
    "outlet_lon": "排污口经度",
    "outlet_lat": "排污口纬度",
    "emits_air": "排放废气",
    "emits_odour": "恶臭异味",
    "noise_emitting": "产生噪声",
    "soil_risk": "土壤污染风险",
    "land_use_before": "原用途",
    "land_use_after": "规划用途",
    "is_tailings_pond": "是否尾矿库",
    "tailings_purpose": "尾矿库改建目的",
    "is_waste_facility": "是否固废设施",
    "is_livestock": "是否畜禽养殖",
    "is_water_supply": "是否供水设施",
    "discharges_pollutants": "排放污染物",
    "heavy_water_pollution": "严重污染水体",
    "adds_construction_land": "新增建设用地",
    "temporary_land": "临时用地",
    "national_major_project": "国家重大项目",
    "limited_activity": "有限人为活动",
    "is_public_welfare": "公益性",
    "adds_capacity": "新增产能",
    "documents": "已有文件",
}
"""Column headers of the spreadsheet and the CSV, by attribute of the contract."""


def plans() -> list[Mapping[str, Any]]:
    """The projects as written in ``projects.toml``, with what each should come to and why."""
    return list(table("projects")["project"])


def frame(crs: str = STORED_IN) -> geopandas.GeoDataFrame:
    """The projects with the contract's attributes as text; an empty cell is unknown."""
    quiet = table("projects")["quiet"]
    rows, geometry = [], []
    for plan in plans():
        values = {**quiet, **{key: value for key, value in plan.items() if key not in NOT_ATTRIBUTES}, **_outlet(plan)}
        rows.append({key: "" if key in plan.get("unknown", ()) else str(values.get(key, "")) for key in HEADERS})
        geometry.append(_site(plan))
    move = placed if crs == PLANNED_IN else lonlat
    sites = np.array([move(site) for site in geometry], dtype=object)
    return geopandas.GeoDataFrame(rows, columns=list(HEADERS), geometry=sites, crs=crs)


def _outlet(plan: Mapping[str, Any]) -> dict[str, str]:
    """Where the project's outlet lies: given in chainage and distance (``outlet``) or in metres (``outlet_at``)."""
    if "outlet" not in plan and "outlet_at" not in plan:
        return {}
    place = lonlat(Point(bank().at(*plan["outlet"]) if "outlet" in plan else plan["outlet_at"]))
    return {"outlet_lon": f"{place.x:.7f}", "outlet_lat": f"{place.y:.7f}"}


def _site(plan: Mapping[str, Any]) -> BaseGeometry:
    if "points" in plan:
        return MultiPoint(plan["points"])
    if "touching" in plan:
        return _touching(**plan["touching"])
    return shape(plan)


def _touching(role: str, name: str, at: tuple[float, float], wide: float, deep: float) -> Polygon:
    """A plot whose one side runs along the edge of a zone, vertex on vertex, nearest to a place outside it."""
    zone = next(row["geometry"] for row in draw.DRAWN[role]() if row["name"] == name)
    ring = max(shapely.get_parts(zone), key=lambda part: part.area).exterior
    corners = np.asarray(ring.coords)[:-1]
    start = int(np.argmin(np.hypot(*(corners - np.asarray(at)).T)))
    step = max(1, round(wide / float(np.hypot(*(corners[start] - corners[(start + 1) % len(corners)])))))
    side = [tuple(corners[(start + index) % len(corners)]) for index in range(step + 1)]
    along = np.asarray(side[-1]) - np.asarray(side[0])
    out = np.array([along[1], -along[0]]) / np.hypot(*along) * deep
    if zone.contains(Point(np.asarray(side[0]) + out + along / 2)):
        out = -out
    return Polygon([*side, tuple(np.asarray(side[-1]) + out), tuple(np.asarray(side[0]) + out)])

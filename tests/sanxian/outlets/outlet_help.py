"""A small district by hand: one river from west to east, three outlets, and everything they need to be without fault."""

from __future__ import annotations

import geopandas
from shapely import LineString, Point, Polygon, box

X, Y = 402_000.0, 3_290_000.0  # metres in EPSG:4548; the water's edge runs along Y, downstream is east
BASE = {
    "name": "示例县城关镇码头东侧10m工矿企业排口", "kind": "工业排污口", "subkind": "工矿企业排污口", "county": "示例县", "town": "城关镇",
    "river": "示例江", "receiving_water": "示例江", "mouth": "管道", "responsible": "示例甲公司", "approval": "已审批",
    "discharging": True, "sampled": True, "monitored_on": "2021-02-01", "ph": 7.1, "cod": 20.0, "nh3n": 1.0, "tp": 0.1,
    "found_on": "2021-01-01", "traced": True, "traced_on": "2021-03-01", "typed_on": "2021-04-01", "coded_on": "2021-05-01",
    "sign_on": "2021-06-01", "measure_kind": "规范整治", "problem": "口门建设不规范", "measure": "修整口门", "due": "2023-12-31",
    "stage": "完成整治", "finished": "2023-06-01", "meets_criteria": True, "accepted_on": "2023-07-01", "standardised": True,
    "section": "示例出境断面",
}  # fmt: skip


def outlet_rows(*changes, count=3, gap=1000.0):
    """Rows along the bank, each with some fields changed; ``at`` moves one off the bank, ``None`` leaves its place unknown."""
    rows = []
    for number in range(count):
        row = {**BASE, "code": f"FA-360404-{number + 1:04d}-GY-00", "name": f"示例县城关镇码头东侧{number + 1}0m工矿企业排口"}
        row.update(changes[number] if number < len(changes) else {})
        row.setdefault("at", (1000.0 + gap * number, 0.0))
        rows.append(row)
    return rows


def outlet_frame(rows):
    places = [Point(X + row["at"][0], Y + row["at"][1]) if row["at"] else None for row in rows]
    return geopandas.GeoDataFrame([{k: v for k, v in row.items() if k != "at"} for row in rows], geometry=places, crs=4548)


def bank_frame(*rows):
    """Rows of (river, side, baseline, surveyed, y, from, to)."""
    rows = rows or (("示例江", "right", "water_edge", True, 0.0, 0.0, 10_000.0),)
    lines = [LineString([(X + start, Y + y), (X + end, Y + y)]) for *_rest, y, start, end in rows]
    return geopandas.GeoDataFrame(
        {
            "river": [r[0] for r in rows], "side": [r[1] for r in rows], "baseline": [r[2] for r in rows],
            "surveyed": [r[3] for r in rows], "name": [f"示例岸线{n}" for n in range(1, len(rows) + 1)], "rank": ["main"] * len(rows),
        },
        geometry=lines, crs=4548,
    )  # fmt: skip


def points(rows):
    """Rows of (name, x, y, columns)."""
    return geopandas.GeoDataFrame(
        [{"name": name, **columns} for name, _x, _y, columns in rows],
        geometry=[Point(X + x, Y + y) for _name, x, y, _columns in rows], crs=4548,
    )  # fmt: skip


def sections():
    return points([("示例入境断面", 100.0, 0.0, {"river": "示例江"}), ("示例出境断面", 9000.0, 0.0, {"river": "示例江"})])


def sources(**columns):
    return points([("示例甲公司", 1500.0, -500.0, {"code": "S1", "leads_to": "FA-360404-0001-GY-00", **columns})])


def county():
    return geopandas.GeoDataFrame(
        {"code": ["360404", "360405"], "name": ["示例县", "示例邻县"], "level": ["county", "county"]},
        geometry=[box(X - 2000, Y - 9000, X + 12_000, Y + 2000), box(X + 12_000, Y - 9000, X + 30_000, Y + 2000)], crs=4548,
    )  # fmt: skip


def zone(x0, y0, x1, y1, **columns):
    shape = Polygon([(X + x0, Y + y0), (X + x1, Y + y0), (X + x1, Y + y1), (X + x0, Y + y1)])
    return geopandas.GeoDataFrame([columns], geometry=[shape], crs=4548)

"""The register of the demo's 180 outlets on 11.7 km of bank, each with its file 一口一档.

Where an outlet lies decides what it is, and that decides how it is dealt with, by the usual sorting: closed in a drinking
water zone, merged where a sewer or a park's plant can take it, put in order elsewhere. Dates, samples and the few
mistakes follow from an outlet's number, so the register is the same every time.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

from shapely.geometry import Point

from sanxian.demo.ground import DISTRICT_CODE, bank, table

SOURCE_ZONE = (600.0, 3900.0)  # chainages of the river intake's zones of grades 1 and 2
SEWERED = (1200.0, 6900.0)
PARK = (7550.0, 8900.0)
AS_OF = date(2024, 9, 30)  # the quarter that the register speaks of
_TURN = 0.6180339887498949  # golden ratio: spreads numbers evenly without two neighbours alike


def outlets() -> list[dict[str, Any]]:
    """One row for each outlet, upstream first; geometry in metres from the demo's origin, on the water's edge."""
    return [_record(number, *place) for number, place in enumerate(_places(), 1)]


def _places() -> list[tuple[float, str, str, str | None, str | None]]:
    """Chainage, town, kind, and for the well known ones name and responsible party."""
    plan = table("outlets")
    found: list[tuple[float, str, str, str | None, str | None]] = []
    for start, end, count, town, kinds in plan["stretch"]:
        gap = (end - start) / count
        for index in range(count):
            wobble = 0.42 * math.sin(index * 2.3 + start * 0.01)
            found.append((start + gap * (index + 0.5 + wobble), town, kinds[index % len(kinds)], None, None))
    for chainage, kind, name, owner in plan["known"]:
        nearest = min(range(len(found)), key=lambda index: abs(found[index][0] - chainage))
        found[nearest] = (chainage, found[nearest][1], kind, name, owner)
    return sorted(found)


def _share(number: int, salt: int) -> float:
    """A number from 0 to 1 that looks random, fixed by the outlet's number."""
    return (number * _TURN + salt * 0.7548776662466927 + number * salt * 0.0173) % 1.0


def _record(number: int, chainage: float, town: str, kind: str, name: str | None, owner: str | None) -> dict[str, Any]:
    letters, first, second, third, sewage, mouth, regime = table("outlets")["kind"][kind]
    responsible = owner or _turn(table("outlets")["responsible"][kind], number)
    remedy = _remedy(number, chainage, kind)
    discharging = kind in ("town_plant", "park_plant", "waterworks") or _share(number, 1) < 0.66
    if remedy and remedy[0] in ("依法取缔", "清理合并") and _stage(number, remedy)[0] == "完成整治":
        discharging = False
    found = date(2020, 3, 2) + timedelta(days=number // 4)
    sampled = discharging or _share(number, 2) < 0.35
    monitored = found + timedelta(days=40 + int(60 * _share(number, 3))) if sampled else None
    traced = found + timedelta(days=120 + int(240 * _share(number, 4))) if number % 45 else None
    flow = _flow(number, kind) if discharging else 0.0
    code = f"FA-{DISTRICT_CODE}-{number:04d}-{letters}-00"
    row: dict[str, Any] = {
        "code": code,
        "province_code": f"示例JX{number:05d}",
        "local_code": f"示例-{number:03d}",
        "name": name or f"示例区{town.removeprefix('示例')}{_where(number, chainage)}{_plain_kind(second, sewage)}",
        "kind": first,
        "subkind": second,
        "subsubkind": third or None,
        "province": "江西省", "city": "九江市", "county": "示例区", "town": town,
        "address": f"示例区{town.removeprefix('示例')}长江右岸桩号{int(chainage // 1000)}+{int(chainage % 1000):03d}",
        "basin": "长江流域", "receiving_water": "长江", "river": "长江", "bank_side": "right",
        "water_function_zone": _function_zone(chainage),
        "section": _section(chainage),
        "chainage_m": round(chainage, 1),
        "mouth": mouth,
        "regime": regime,
        "over_scale": flow >= 300,
        "discharging": discharging,
        "sampled": sampled,
        "monitored": sampled,
        "traced": traced is not None,
        "found_on": _text(found),
        "monitored_on": _text(monitored),
        "traced_on": _text(traced),
        "coded_on": _text(date(2021, 8, 1) + timedelta(days=number // 3)),
        "sign_on": _text(date(2021, 10, 8) + timedelta(days=number // 2)) if number % 30 else None,
        "flow_m3_d": flow,
        **_sample(number, kind, sampled),
        "sewage": sewage,
        "responsible": responsible if traced else None,
        "permit": f"示例91360403MA{number:06d}X001P" if first == "工业排污口" and number % 17 else None,
        "approval": _approval(number, kind, regime),
    }  # fmt: skip
    row.update(_remediation(number, remedy, traced or found))
    row["geometry"] = Point(bank().at(chainage))
    return row


def _remedy(number: int, chainage: float, kind: str) -> tuple[str, str] | None:
    """Kind of remediation and key of its reason, or ``None`` where nothing needs doing."""
    if SOURCE_ZONE[0] <= chainage <= SOURCE_ZONE[1] and kind not in ("rural_drain", "ditch", "farm_drain", "storm"):
        return ("规范整治", "tidy_mouth") if kind == "waterworks" else ("依法取缔", "close")
    if kind == "home" and SEWERED[0] <= chainage <= SEWERED[1]:
        return "清理合并", "merge_home"
    if kind == "works":
        inside = PARK[0] <= chainage <= PARK[1]
        if not inside and number % 2:
            return "清理合并", "merge_many"
        return ("清理合并", "merge_park") if inside and number % 4 else ("规范整治", "tidy_discharge")
    if number % 7 == 3 or kind in ("town_plant", "park_plant"):
        return None
    if kind in ("fish", "pigs", "farm_drain", "rural_home", "rural_plant"):
        return "规范整治", "tidy_water"
    return "规范整治", _turn(["tidy_mouth", "tidy_channel", "tidy_discharge"], number)


def _stage(number: int, remedy: tuple[str, str]) -> tuple[str, bool]:
    """Stage, and whether the work was accepted, of an outlet that needs remediation."""
    spot = _share(number, 7)
    quick = remedy[0] == "依法取缔"
    if spot < (0.86 if quick else 0.72):
        return "完成整治", spot < (0.82 if quick else 0.63)
    return ("整治中", False) if spot < 0.94 else ("未整治", False)


def _remediation(number: int, remedy: tuple[str, str] | None, since: date) -> dict[str, Any]:
    if remedy is None:
        return {
            "problem": None, "measure_kind": "无需整治", "measure": None, "typed_on": _text(since + timedelta(days=60)),
            "due": None, "stage": None, "finished": None, "accepted_on": None, "meets_criteria": None,
            "standardised": number % 5 != 0,
        }  # fmt: skip
    kind, reason = remedy
    problem, measure = table("outlets")["remedy"][reason]
    stage, accepted = _stage(number, remedy)
    due = date(2021, 12, 31) if kind == "依法取缔" else _turn([date(2022, 12, 31), date(2023, 12, 31), date(2025, 12, 31)], number)
    if stage != "完成整治" and number % 3:
        due = max(due, date(2025, 12, 31))
    finished = due - timedelta(days=20 + int(300 * _share(number, 5))) if stage == "完成整治" else None
    if finished and finished > AS_OF:
        finished = AS_OF - timedelta(days=number % 90)
    checked = finished + timedelta(days=15 + number % 60) if finished and accepted else None
    return {
        "problem": problem, "measure_kind": kind, "measure": measure, "typed_on": _text(since + timedelta(days=60)),
        "due": _text(due), "stage": stage, "finished": _text(finished),
        "accepted_on": _text(min(checked, AS_OF) if checked else None), "meets_criteria": accepted if finished else False,
        "standardised": bool(finished) and kind == "规范整治" and number % 6 != 0,
    }  # fmt: skip


def _approval(number: int, kind: str, regime: str) -> str:
    if regime == "审批":
        return "未审批" if number % 9 == 4 and kind != "town_plant" else "已审批"
    return "未登记" if number % 6 == 1 else "已登记"


def _flow(number: int, kind: str) -> float:
    """Cubic metres a day."""
    plants = {"town_plant": 42_000.0, "park_plant": 9_600.0, "waterworks": 1_150.0}
    if kind in plants:
        return plants[kind]
    size = {"works": 900, "sluice": 2_600, "storm": 160, "home": 70, "fish": 480, "pigs": 130}.get(kind, 95)
    return round(size * (0.25 + 1.3 * _share(number, 6)), 1)


def _sample(number: int, kind: str, sampled: bool) -> dict[str, float | None]:
    """Values of the laboratory, milligrams a litre; none where no sample was taken."""
    if not sampled:
        return {"ph": None, "cod": None, "nh3n": None, "tp": None}
    cod, ammonia, phosphorus = {
        "home": (118, 21, 2.6), "rural_home": (96, 17, 2.1), "works": (46, 4.2, 0.38), "town_plant": (19, 0.8, 0.21),
        "park_plant": (34, 2.1, 0.3), "pigs": (165, 52, 6.4), "fish": (38, 1.6, 0.62), "storm": (42, 5.2, 0.55),
    }.get(kind, (31, 2.9, 0.36))  # fmt: skip
    swing = 0.6 + 0.9 * _share(number, 8)
    return {
        "ph": round(6.9 + _share(number, 9), 2), "cod": round(cod * swing, 1), "nh3n": round(ammonia * swing, 2),
        "tp": round(phosphorus * swing, 2),
    }  # fmt: skip


def _where(number: int, chainage: float) -> str:
    place = _turn(["滨江路", "江堤", "排灌站", "码头", "防洪闸"], int(chainage // 900))
    return f"{place}{_turn(['东侧', '西侧', '北侧'], number)}{int(chainage % 900 // 10) * 10 + 10}m"


def _plain_kind(second: str, sewage: str) -> str:
    word = sewage if second == "其他" else second.removesuffix("排污口").removesuffix("排口")
    return f"{word if word != '其他' else '沟渠'}排口"


def _function_zone(chainage: float) -> str:
    return "示例长江饮用水源区" if chainage < 4000 else "示例长江工业用水区" if chainage < 8950 else "示例长江保留区"


def _section(chainage: float) -> str:
    for end, name in ((5700, "示例长江城区断面"), (8700, "示例长江港区断面")):
        if chainage < end:
            return name
    return "示例长江出境断面"


def _turn(choices: list[Any], number: int) -> Any:
    return choices[number % len(choices)]


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None

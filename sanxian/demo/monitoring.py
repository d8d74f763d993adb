"""Two years of monthly samples at the demo's sections and at its large outlets, written as a laboratory would write them.

Values follow from point, item and month, so they are the same every time. The harbour's section has too much phosphorus in the dry
months; some results lie below detection, and some were never taken.
"""

from __future__ import annotations

import csv
import math
from datetime import date
from pathlib import Path

MONTHS = [(2024 + (9 + n) // 12, (9 + n) % 12 + 1) for n in range(26)]  # 2024-10 to 2026-11
HEADERS = (
    "点位名称",
    "采样日期",
    "pH",
    "溶解氧(mg/L)",
    "高锰酸盐指数(mg/L)",
    "化学需氧量(mg/L)",
    "五日生化需氧量(mg/L)",
    "氨氮(mg/L)",
    "总磷(mg/L)",
    "总氮(mg/L)",
    "汞(μg/L)",
    "挥发酚(mg/L)",
    "石油类(mg/L)",
    "COD限值",
    "氨氮限值",
    "总磷限值",
    "执行标准",
)
# Name, COD, ammonia, phosphorus, how much the dry months add to phosphorus.
_SECTIONS = (
    ("示例长江入境断面", 9.5, 0.14, 0.062, 0.01),
    ("示例长江城区断面", 11.5, 0.22, 0.078, 0.016),
    ("示例长江港区断面", 14.0, 0.36, 0.142, 0.085),
    ("示例长江出境断面", 12.5, 0.27, 0.088, 0.008),
    ("示例清溪河口断面", 16.0, 0.62, 0.148, 0.03),
)
# Name, COD, ammonia, phosphorus, limits of the permit, standard.
_OUTLETS = (
    ("示例城西污水处理厂入江排污口", 21.0, 0.9, 0.24, ("", "", ""), "GB 18918-2002 一级A"),
    ("示例城东污水处理厂入江排污口", 24.0, 1.3, 0.28, ("", "", ""), "GB 18918-2002 一级A"),
    ("示例化工园污水处理厂入江排污口", 41.0, 3.1, 0.34, ("50", "5", "0.5"), "排污许可证"),
    ("示例石化有限公司入江排污口", 61.0, 4.4, 0.36, ("60", "8", ""), "排污许可证"),
)


def rows() -> list[tuple[str, ...]]:
    """The table below its headers."""
    found = []
    for place, (name, cod, ammonia, phosphorus, dry) in enumerate(_SECTIONS):
        for number, (year, month) in enumerate(MONTHS):
            if name == "示例清溪河口断面" and month % 3:
                continue  # a section of the city's own: four times a year
            low = 1.0 if month in (11, 12, 1, 2, 3) else 0.0
            swing = _swing(place, number)
            missing = (place * 7 + number) % 17 == 5
            found.append(
                (
                    name,
                    date(year, month, 6 + place).isoformat(),
                    f"{7.6 + 0.25 * swing:.1f}",
                    f"{8.4 + low - 1.1 * abs(swing):.1f}",
                    f"{1.9 + 0.3 * swing:.1f}",
                    f"{cod * (1 + 0.12 * swing):.1f}",
                    f"{1.6 + 0.4 * swing:.1f}",
                    "" if missing else f"{ammonia * (1 + 0.35 * swing):.3f}",
                    f"{phosphorus * (1 + 0.1 * swing) + dry * low:.3f}",
                    f"{1.7 + 0.2 * swing:.2f}",
                    "0.04L",
                    "0.0003L",
                    "ND(0.01)" if number % 2 else "<0.01",
                    "",
                    "",
                    "",
                    "",
                )
            )
    for place, (name, cod, ammonia, phosphorus, limits, standard) in enumerate(_OUTLETS, 5):
        for number, (year, month) in enumerate(MONTHS):
            if month % 3 != place % 3:
                continue
            swing = _swing(place, number)
            found.append(
                (
                    name,
                    date(year, month, 12).isoformat(),
                    f"{7.3 + 0.3 * swing:.1f}",
                    "",
                    "",
                    f"{cod * (1 + 0.22 * swing):.0f}",
                    "",
                    f"{ammonia * (1 + 0.5 * swing):.2f}" if number % 9 else "0.025L",
                    f"{phosphorus * (1 + 0.3 * swing):.2f}",
                    f"{9.5 + 2.5 * swing:.1f}",
                    "",
                    "",
                    "",
                    *limits,
                    standard,
                )
            )
    return found


def _swing(place: int, number: int) -> float:
    """Between -1 and 1, smooth enough to look like water."""
    return math.sin(number * 0.9 + place * 1.7) * 0.7 + math.sin(number * 2.3 + place) * 0.3


def write(path: Path) -> None:
    """Write the table as CSV with a mark at its beginning that spreadsheet programs need."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(HEADERS)
        writer.writerows(rows())

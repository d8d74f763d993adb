"""The words that only reports need, and text made safe to print; all others are in ``sanxian.messages``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from sanxian.i18n import N_, language

# Characters that have no picture of their own, or change the order of what stands beside them: a name that holds
# one would read as something else than it is.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)

_CHINESE_DIGITS = "〇一二三四五六七八九"

TIERS: Mapping[str, str] = {
    "province": N_("省级总体准入要求"),
    "basin": N_("流域总体准入要求"),
    "city": N_("市级总体准入要求"),
    "unit": N_("环境管控单元准入要求"),
}

# What stands in the column 符合性. Never a permission: the screening says what it found and what it lacks.
CONFORMITY: Mapping[str, str] = {
    "prohibited": N_("不符合（禁止）"),
    "undetermined": N_("待补充资料后判定"),
    "restricted": N_("受限制"),
    "conditional": N_("有条件（须取得批准或论证文件）"),
    "advisory": N_("提示"),
    "permitted": N_("符合"),
    "not_applicable": N_("不涉及"),
}

CLAUSE_STATUS: Mapping[str, str] = {
    "confirmed": N_("条款判读已经人工确认。"),
    "machine_read": N_("条款由程序判读，待人工确认。"),
    "manual": N_("条款须人工判断。"),
}


def plain(value: Any) -> str:
    """``value`` as text in which every character can be seen; those that cannot stand as ``[U+202E]``."""
    if value is None:
        return ""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def metres(distance: float) -> str:
    """A distance in metres to 0.1 m; one that is not nothing is never rounded to 0."""
    if 0 < distance < 0.05:
        return "<0.1 m"
    return f"{distance:,.1f} m"


def share(part: float) -> str:
    """A share in per cent. One that is not nothing is never rounded to 0, nor one that is not all to 100.

    A millionth short of all is all: shares are measured no finer.
    """
    percent = 100.0 if part > 1 - 1e-6 else part * 100
    if 0 < percent < 0.01:
        return "<0.01%"
    if 99.99 < percent < 100:
        return ">99.99%"
    return f"{percent:.2f}%"


def square_metres(value: float) -> str:
    """An area in m² alone, for a table's cell or a sentence; a sliver keeps its digits."""
    if 0 < value < 0.05:
        return f"{value:.4g} m²"
    return f"{value:,.1f} m²"


def day(value: date | str | None) -> str:
    """A date as ``2026-11-22``; a dash where there is none."""
    if value is None or value == "":
        return "—"
    return value.isoformat() if isinstance(value, date) else plain(value)


def degrees(longitude: float, latitude: float) -> str:
    """A place in degrees, minutes and seconds, to 0.01″ (about 0.3 m)."""

    def one(value: float, positive: str, negative: str) -> str:
        hundredths = round(abs(value) * 360_000)
        whole, rest = divmod(hundredths, 360_000)
        minutes, rest = divmod(rest, 6_000)
        return f"{positive if value >= 0 else negative}{whole}°{minutes:02d}′{rest / 100:05.2f}″"

    if language() == "en":
        return f"{one(longitude, 'E ', 'W ')}, {one(latitude, 'N ', 'S ')}"
    return f"{one(longitude, '东经', '西经')}，{one(latitude, '北纬', '南纬')}"


class Numbers:
    """Heading numbers: 一、 and （一） in Chinese, 1 and 1.1 in English."""

    def __init__(self) -> None:
        self._first = 0
        self._second = 0

    def first(self, title: str) -> str:
        """The next main heading."""
        self._first += 1
        self._second = 0
        return f"{self._first}  {title}" if language() == "en" else f"{chinese_number(self._first)}、{title}"

    def second(self, title: str) -> str:
        """The next heading below it."""
        self._second += 1
        if language() == "en":
            return f"{self._first}.{self._second}  {title}"
        return f"（{chinese_number(self._second)}）{title}"


def chinese_number(number: int) -> str:
    """``number`` from 1 to 9999 as Chinese headings count: 一, 十, 十一, 二十, 一百零一."""
    if not 1 <= number <= 9999:
        return str(number)
    text, pending = "", False
    for place, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit:
            text += ("零" if pending and text else "") + _CHINESE_DIGITS[digit] + unit
        pending = not digit
    return text[1:] if text.startswith("一十") else text

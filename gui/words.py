"""Words that follow the language while the window runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sanxian.i18n import N_, _, language
from sanxian.mapping.styles import verdict_style

VERDICT_ORDER = ("prohibited", "undetermined", "restricted", "conditional", "advisory", "permitted", "not_applicable")
DIMENSIONS = {
    "spatial_layout": N_("空间布局约束"),
    "pollutant_discharge": N_("污染物排放管控"),
    "environmental_risk": N_("环境风险防控"),
    "resource_efficiency": N_("资源开发效率要求"),
}
FORCES = {
    "statute": N_("法律"),
    "regulation": N_("法规规章"),
    "list": N_("准入清单"),
    "plan": N_("规划"),
    "reference": N_("参考"),
}
DOCUMENT_STATUS = {
    "in_force": N_("现行有效"),
    "not_yet": N_("尚未施行"),
    "repealed": N_("已废止"),
}
BASELINES = {
    "management": N_("河湖管理范围线"),
    "outer": N_("外缘边界线"),
    "levee": N_("堤防线"),
    "water_edge": N_("水边线"),
}


def verdict_word(verdict: str | None) -> str:
    """The word for a verdict, or for a project nobody has judged yet."""
    return _("未研判") if verdict is None else verdict_style(verdict).name(language())


class Speaker:
    """What a widget mixes in so that its words can change language without being built again."""

    def say(self, setter: Callable[[str], Any], text: str | Callable[[], str]) -> None:
        """Set ``text`` (a msgid, or what gives the words) now and again whenever the language changes."""
        self.__dict__.setdefault("_said", []).append((setter, text))
        setter(_(text) if isinstance(text, str) else text())

    def retranslate(self) -> None:
        """Say everything again; a subclass adds what it composes itself."""
        for setter, text in self.__dict__.get("_said", ()):
            setter(_(text) if isinstance(text, str) else text())


def area_words(area_m2: float) -> str:
    """An area in m², hectares and mu, as Chinese planners read it."""
    return _("{m2:,.1f} m²（{ha:,.4f} 公顷，{mu:,.3f} 亩）").format(
        m2=area_m2, ha=area_m2 / 1e4, mu=area_m2 * 3 / 2000
    )


def dms(degrees: float, positive: str, negative: str) -> str:
    """Degrees as degrees, minutes and seconds to 0.01″ (about 0.3 m)."""
    hundredths = round(abs(degrees) * 360000)
    minutes, rest = divmod(hundredths, 6000)
    whole, minutes = divmod(minutes, 60)
    return f"{whole}°{minutes:02d}′{rest / 100:05.2f}″{positive if degrees >= 0 else negative}"

"""Lengths and areas in the unit that a person measures in. Knows no Qt."""

from __future__ import annotations

from collections.abc import Mapping

from sanxian.i18n import N_, _

LENGTHS: Mapping[str, str] = {"auto": N_("m 或 km"), "m": "m", "km": "km"}
AREAS: Mapping[str, str] = {"all": N_("m²、公顷和亩"), "m2": "m²", "ha": N_("公顷"), "mu": N_("亩"), "km2": "km²"}
UNITS = ("auto", "all")  # of lengths and of areas, unless somebody has chosen others


def length_words(metres: float, unit: str = "auto", *, full: bool = False) -> str:
    """A length; ``full`` to the centimetre where the unit is not chosen by hand either."""
    if unit == "km":
        return f"{metres / 1000:,.5f} km" if full else f"{metres / 1000:,.3f} km"
    if unit == "m" or full:
        return f"{metres:,.2f} m"
    from gui.canvas.geodesy import distance_text  # with what is slow to import

    return distance_text(metres)


def area_words(square_metres: float, unit: str = "all") -> list[str]:
    """An area, in several lines where it is told in several units."""
    known = {"m2": f"{square_metres:,.1f} m²", "ha": _("{ha:,.4f} 公顷").format(ha=square_metres / 1e4),
             "mu": _("{mu:,.2f} 亩").format(mu=square_metres * 3 / 2000), "km2": f"{square_metres / 1e6:,.6f} km²"}
    return [known["m2"], _("{ha:,.4f} 公顷 · {mu:,.2f} 亩").format(ha=square_metres / 1e4, mu=square_metres * 3 / 2000)
            ] if unit == "all" else [known[unit]]


def total_words(square_metres: float, metres: float, units: tuple[str, str] = UNITS) -> list[str]:
    """An area with its perimeter, or a length, a line each; empty where nothing is measured."""
    if square_metres > 0:
        around = f"{metres:,.1f} m" if units[0] == "auto" else length_words(metres, units[0])
        return [*area_words(square_metres, units[1]), _("周长 {length}").format(length=around)]
    return [f"{metres:,.1f} m" if units[0] == "auto" else length_words(metres, units[0])] if metres > 0 else []

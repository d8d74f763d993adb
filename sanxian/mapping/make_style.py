"""Styles made from data: class breaks of a number, one class for each value of a field, and the colours for them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sanxian.i18n import N_
from sanxian.mapping.filters import as_numbers, is_yes_no
from sanxian.mapping.own_styles import MOST_CLASSES, StyleError, label_text, other
from sanxian.mapping.styles import LayerStyle, Symbol, style_for

METHODS: Mapping[str, str] = {"equal": N_("等间距"), "quantile": N_("分位数"), "natural": N_("自然断点"), "hand": N_("自定义")}
MOST_BREAKS = 12
_LONG = 1e15  # from here on a number is no easier to read with all its digits
_JENKS_SIZE = 600  # distinct values up to which natural breaks are exact; more are first put together in quantiles
# Name, colours from low to high, whether readers with weak colour vision can tell low from high (ColorBrewer and the
# maps of matplotlib; the first five run from light to dark, or the other way, throughout).
RAMPS: Mapping[str, tuple[str, tuple[str, ...], bool]] = {
    "blues": (N_("蓝"), ("#eff3ff", "#bdd7e7", "#6baed6", "#3182bd", "#08519c"), True),
    "oranges": (N_("橙"), ("#feedde", "#fdbe85", "#fd8d3c", "#e6550d", "#a63603"), True),
    "viridis": ("Viridis", ("#fde725", "#5ec962", "#21918c", "#3b528b", "#440154"), True),
    "cividis": ("Cividis", ("#fee838", "#bcae6c", "#7d7c78", "#434e6c", "#00224e"), True),
    "greys": (N_("灰"), ("#f7f7f7", "#cccccc", "#969696", "#636363", "#252525"), True),
    "blue_orange": (N_("蓝—橙"), ("#2166ac", "#92c5de", "#f7f7f7", "#fdb863", "#b35806"), True),
    "reds": (N_("红"), ("#fee5d9", "#fcae91", "#fb6a4a", "#de2d26", "#a50f15"), True),
    "greens": (N_("绿"), ("#edf8e9", "#bae4b3", "#74c476", "#31a354", "#006d2c"), True),
    "traffic": (N_("绿—黄—红"), ("#1a9641", "#a6d96a", "#ffffbf", "#fdae61", "#d7191c"), False),
}
# After Okabe and Ito; with the hatches and markers that change with them no two of the first twenty are told apart by
# colour alone.
_DISTINCT = ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")
_HATCHES = ("", "diagonal", "dots", "backdiagonal", "cross")
_MARKERS = ("circle", "square", "triangle", "diamond")
_YES, _NO = ("是", "Yes"), ("否", "No")


def colours(ramp: str, count: int) -> list[str]:
    """``count`` colours of a ramp, from low to high.

    Raises:
        KeyError: There is no such ramp.
    """
    anchors = np.array([[int(one[at:at + 2], 16) for at in (1, 3, 5)] for one in RAMPS[ramp][1]], float)
    places = np.linspace(0, len(anchors) - 1, count) if count > 1 else np.array([len(anchors) - 2.0])
    mixed = np.column_stack([np.interp(places, np.arange(len(anchors)), anchors[:, band]) for band in range(3)])
    return ["#{:02x}{:02x}{:02x}".format(*row) for row in np.rint(mixed).astype(int)]


def darker(colour: str, share: float = 0.55) -> str:
    """A darker shade of a colour, for its outline."""
    return "#{:02x}{:02x}{:02x}".format(*(round(int(colour[at:at + 2], 16) * share) for at in (1, 3, 5)))


def numbers_in(values: Any) -> np.ndarray:
    """The finite numbers of a column, sorted."""
    found = as_numbers(values)
    return np.sort(found[np.isfinite(found)])


def breaks(values: Any, count: int, method: str) -> list[float]:
    """The ends of classes: the lowest number, the upper end of each class; fewer classes where there are fewer numbers.

    Args:
        values: A column; what is no number is left out.
        count: Of classes, 1 to ``MOST_BREAKS``.
        method: ``equal``, ``quantile`` or ``natural`` (Fisher and Jenks: the classes within which numbers differ least).

    Raises:
        StyleError: There is no number.
    """
    numbers = numbers_in(values)
    if not len(numbers):
        raise StyleError(N_("所选字段里没有数字，不能分级"))
    count = max(1, min(int(count), MOST_BREAKS))
    low, high = float(numbers[0]), float(numbers[-1])
    if low == high:
        return [low, high]
    # Squares and widths of huge numbers are more than a computer's numbers take; a power of two changes no digit.
    power = int(np.frexp(max(abs(low), abs(high)))[1])
    if power > 400:
        return [low, *(min(max(math.ldexp(end, power), low), high) for end in breaks(np.ldexp(numbers, -power), count, method)[1:-1]), high]
    if method == "equal":
        ends = np.linspace(low, high, count + 1)[1:]
    elif method == "quantile":
        ends = np.quantile(numbers, np.arange(1, count + 1) / count, method="inverted_cdf")
    elif method == "natural":
        ends = np.array(_natural(numbers, count))
    else:
        raise ValueError(method)
    ends[-1] = high
    return [low, *np.unique(ends).tolist()]


def _natural(numbers: np.ndarray, count: int) -> list[float]:
    """Upper ends of the classes with the least sum of squared deviations, by dynamic programming over distinct numbers."""
    values, weights = np.unique(numbers, return_counts=True)
    if len(values) > _JENKS_SIZE:
        cells = np.searchsorted(np.quantile(numbers, np.linspace(0, 1, _JENKS_SIZE + 1)[1:-1]), values)
        _, first = np.unique(cells, return_index=True)
        total = np.add.reduceat(weights, first)
        tops = values[np.r_[first[1:] - 1, len(values) - 1]]
        values, weights = np.add.reduceat(values * weights, first) / total, total
    else:
        tops = values
    size, count = len(values), min(count, len(values))
    shifted = values - values.mean()  # squares of large numbers would lose the small differences
    mass = np.r_[0.0, np.cumsum(weights)]
    first_moment, second = np.r_[0.0, np.cumsum(weights * shifted)], np.r_[0.0, np.cumsum(weights * shifted**2)]

    def spread(start: np.ndarray, stop: int) -> np.ndarray:
        """Of the class from ``start`` to before ``stop``."""
        return second[stop] - second[start] - (first_moment[stop] - first_moment[start]) ** 2 / (mass[stop] - mass[start])

    best = np.r_[np.inf, [spread(np.array([0]), stop)[0] for stop in range(1, size + 1)]]
    cut = np.zeros((count, size + 1), np.int64)
    for level in range(1, count):
        after = np.full(size + 1, np.inf)
        for stop in range(level + 1, size + 1):
            starts = np.arange(level, stop)
            cost = best[starts] + spread(starts, stop)
            least = int(np.argmin(cost))
            after[stop], cut[level, stop] = cost[least], starts[least]
        best = after
    ends, stop = [], size
    for level in range(count - 1, -1, -1):
        ends.append(float(tops[stop - 1]))
        stop = int(cut[level, stop])
    return ends[::-1]


def _base(role: str, geometry: str) -> Symbol:
    """What classes of a layer begin with, besides their colours."""
    first = style_for(role).classes[0]
    if geometry == "point":
        return replace(first, fill_opacity=1.0, outline="#ffffff", outline_width=0.8, hatch="", marker="circle", size=8.0, dash=(),
                       letter="")
    if geometry == "line":
        return replace(first, fill_opacity=0.0, outline_width=max(first.outline_width, 1.6), hatch="", marker="", dash=())
    return replace(first, fill_opacity=0.6, outline_width=0.7, hatch="", marker="", dash=(), letter="")


def coloured(symbol: Symbol, colour: str, geometry: str) -> Symbol:
    """A class in another colour: of the fill with an outline that goes with it, or of the line."""
    if geometry == "line":
        return replace(symbol, fill=colour, outline=colour)
    return replace(symbol, fill=colour, outline="#ffffff" if geometry == "point" else darker(colour))


def with_lines(symbol: Symbol) -> Symbol:
    """A class of points whose layer has lines too: these are drawn with the rim, which has to be in the colour of the class."""
    return replace(symbol, outline=symbol.fill, outline_width=max(symbol.outline_width, 1.2)) if symbol.fill_opacity else symbol


def _like(role: str, kind: str, field: str, classes: Sequence[Symbol]) -> LayerStyle:
    preset = style_for(role)
    return replace(preset, kind=kind, field=field, classes=tuple(classes), synonyms={})


def range_words(lower: float, upper: float) -> str:
    """A range as its label."""
    return " – ".join(f"{one:,.0f}" if 1000 <= abs(one) < _LONG else f"{one:.4g}" for one in (lower, upper))


def graduated(role: str, field: str, ends: Sequence[float], *, ramp: str, geometry: str) -> LayerStyle:
    """A style by the number in ``field``.

    Args:
        ends: As ``breaks`` gives them.
        ramp: One of ``RAMPS``.
        geometry: polygon, line or point. Wider lines and larger points tell higher classes as well as the colour does.
    """
    base, count = _base(role, geometry), len(ends) - 1
    classes = []
    for number, (colour, lower, upper) in enumerate(zip(colours(ramp, count), ends, ends[1:], strict=False)):
        words = range_words(lower, upper)
        symbol = replace(coloured(base, colour, geometry), value=None, zh=words, en=words, lower=float(lower), upper=float(upper))
        step = number / max(count - 1, 1)
        if geometry == "line":
            symbol = replace(symbol, outline_width=round(1.0 + 2.6 * step, 2))
        elif geometry == "point":
            symbol = replace(symbol, size=round(5.0 + 7.0 * step, 1), outline=darker(colour))
        classes.append(symbol)
    return _like(role, "graduated", field, [*classes, _rest(base, geometry)])


def _rest(base: Symbol, geometry: str) -> Symbol:
    rest = other()
    if geometry == "line":
        return replace(rest, fill_opacity=0.0, outline_width=base.outline_width)
    return replace(rest, marker="circle", fill_opacity=1.0, size=6.0, dash=()) if geometry == "point" else rest


def categorised(role: str, field: str, values: Any, *, geometry: str) -> LayerStyle:
    """A style with a class for each value of ``field``, the commonest first; those of the preset keep their look.

    Raises:
        StyleError: There are more values than classes can be told apart.
    """
    import pandas as pd

    preset = style_for(role)
    if preset.kind == "categorised" and preset.field == field:
        return preset
    column = pd.Series(np.asarray(values, dtype=object))
    if is_yes_no(column):
        found: list[Any] = [True, False]
    else:
        found = sorted(text for text in column.map(label_text).value_counts().index if text)
    if not found:
        raise StyleError(N_("所选字段全是空值，不能分类"))
    if len(found) >= MOST_CLASSES:
        raise StyleError(N_("字段“{field}”有 {count} 个不同的值，太多了，不能逐值分类"), field=field, count=f"{len(found):,}")
    base, classes = _base(role, geometry), []
    for number, value in enumerate(found):
        symbol = coloured(base, _DISTINCT[number % len(_DISTINCT)], geometry)
        turn = number % 20
        if geometry == "polygon":
            symbol = replace(symbol, hatch=_HATCHES[turn % len(_HATCHES)])
        elif geometry == "point":
            symbol = replace(symbol, marker=_MARKERS[turn % len(_MARKERS)])
        else:
            symbol = replace(symbol, dash=((), (6.0, 3.0), (2.0, 2.0), (8.0, 3.0, 2.0, 3.0))[turn % 4])
        zh, en = (_YES if value else _NO) if isinstance(value, bool) else (value, value)
        classes.append(replace(symbol, value=value, zh=zh, en=en))
    return _like(role, "categorised", field, [*classes, _rest(base, geometry)])


def single(role: str, *, geometry: str) -> LayerStyle:
    """A style of one class: the preset's, or its first class where it has several."""
    preset = style_for(role)
    if preset.kind == "single":
        return preset
    first = replace(preset.classes[0], value=None, zh=preset.zh, en=preset.en)
    return _like(role, "single", "", [first if geometry != "point" or first.marker else replace(first, marker="circle")])


def rules(role: str, *, geometry: str) -> LayerStyle:
    """A style by rules, with no rule yet."""
    base = _base(role, geometry)
    return _like(role, "rules", "", [_rest(base, geometry)])


def rule(role: str, number: int, *, geometry: str) -> Symbol:
    """The class of a new rule."""
    symbol = coloured(_base(role, geometry), _DISTINCT[number % len(_DISTINCT)], geometry)
    return replace(symbol, value=None, zh="", en="", hatch=_HATCHES[number % len(_HATCHES)] if geometry == "polygon" else "",
                   marker=_MARKERS[number % len(_MARKERS)] if geometry == "point" else "")

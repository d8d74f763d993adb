"""The charts beside the tables, as PNG; hatches say what colours say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

from sanxian import assets
from sanxian.i18n import _
from sanxian.mapping.styles import style_for
from sanxian.reports.wording import plain
from sanxian.zoning import tables
from sanxian.zoning.figures import Statistics

DPI = 160
_HATCHES = {"": "", "diagonal": "///", "backdiagonal": "\\\\\\", "cross": "xxx", "dots": "..."}
_SPARE = {"priority": "///", "key": "...", "general": "", "unstated": "xx"}
_TALLEST_IN = 6.6
_ROWS = 24  # places of one chart; a province has a hundred counties, and its tables have them all


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture with its title and what it shows in words."""

    key: str
    title: str
    png: bytes
    words: str


def charts(statistics: Statistics) -> list[Chart]:
    """The charts that there is something for.

    Raises:
        AssetError: The package with the Chinese font is not installed.
    """
    found = []
    if statistics.units and statistics.units[-1].total.area_m2:
        found.append(_units(statistics))
    if statistics.editions and any(figure.area_m2 for edition in statistics.editions for figure in edition.figures.values()):
        found.append(_redline(statistics))
    if any(figure.area_m2 for (a, b), figure in statistics.matrix.items() if a != b):
        found.append(_overlaps(statistics))
    return found


def _figure(height: float) -> tuple[Any, Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    figure = Figure(figsize=(7.4, min(height, _TALLEST_IN)), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes, FontProperties(fname=str(assets.chinese_font()), size=9)


def _finish(figure: Any, axes: Any, font: Any, key: str, title: str, words: str) -> Chart:
    for text in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        text.set_fontproperties(font)
    big = font.copy()
    big.set_size(11)
    axes.set_title(title, fontproperties=big)
    stream = BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return Chart(key, title, stream.getvalue(), words)


def _short(text: str, letters: int = 14) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _chosen(statistics: Statistics) -> list[int]:
    """Rows to draw: those about which something is known, all together last; the largest where there are too many."""
    rows = [row for row, units in enumerate(statistics.units) if not units.total.nothing_known]
    if len(rows) == 2 and statistics.units[rows[-1]].place.whole:
        rows = rows[:1]
    if len(rows) > _ROWS:
        largest = sorted(rows[:-1], key=lambda row: -statistics.units[row].total.area_m2)[: _ROWS - 1]
        rows = [*sorted(largest), rows[-1]]
    return rows


def _units(statistics: Statistics) -> Chart:
    rows = _chosen(statistics)
    figure, axes, font = _figure(1.3 + 0.42 * len(rows))
    style = style_for("control_unit")
    classes = list(dict.fromkeys(key for row in rows for key in statistics.units[row].classes))
    left = np.zeros(len(rows))
    for key in classes:
        symbol = style.symbol_for(key)
        known = [tables._known_m2(statistics.units[row]) or 1.0 for row in rows]
        widths = np.array([statistics.units[row].classes[key][1].area_m2 / whole * 100 if key in statistics.units[row].classes else 0.0
                           for row, whole in zip(rows, known, strict=True)])
        bars = axes.barh(range(len(rows)), widths, left=left, color=symbol.fill, edgecolor=symbol.outline, linewidth=0.7,
                         hatch=_SPARE.get(key, _HATCHES.get(symbol.hatch, "")), label=_(tables.CLASS_WORDS[key]))
        for bar, width in zip(bars, widths, strict=True):
            if width >= 7:
                axes.text(bar.get_x() + width / 2, bar.get_y() + bar.get_height() / 2, f"{width:.1f}%", ha="center", va="center",
                          fontproperties=font, bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.85})
        left += widths
    axes.set_yticks(range(len(rows)), [_short(tables.place_words(statistics.units[row].place)) for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, max(100.0, float(left.max())))
    axes.set_xlabel(_("占图层覆盖面积的比例（%）"), fontproperties=font)
    figure.legend(loc="outside lower center", ncols=len(classes), prop=font, frameon=False)
    whole = statistics.units[-1]
    told = _("；").join(_("{name} {area} km²").format(name=_(tables.CLASS_WORDS[key]), area=tables.km2(item.area_m2))
                        for key, (_count, item) in whole.classes.items())
    return _finish(figure, axes, font, "units", _("环境管控单元分类占比"), told)


def _redline(statistics: Statistics) -> Chart:
    places = [place for place in statistics.places
              if not (place.whole and len(statistics.counties) == 1)
              and any(not edition.figures[place.name].nothing_known for edition in statistics.editions)]
    if len(places) > 1 and places[-1].whole:  # beside the total every county would look like nothing
        places = places[:-1]
    if len(places) > _ROWS:
        places = sorted(places, key=lambda place: -statistics.editions[-1].figures[place.name].area_m2)[:_ROWS]
    editions = statistics.editions
    figure, axes, font = _figure(1.4 + max(0.42, 0.3 * len(editions)) * len(places))
    colours, hatches = ("#f4b6b0", "#d7191c", "#8b1a1a", "#fddbc7"), ("", "///", "...", "xxx")
    height = 0.8 / len(editions)
    for number, edition in enumerate(editions):
        known = [place for place in range(len(places)) if not edition.figures[places[place].name].nothing_known]
        found = [edition.figures[places[place].name] for place in known]
        values = [item.area_m2 / 1e6 for item in found]
        errors = [(item.plus_minus_m2 or 0.0) / 1e6 for item in found]
        at = [place - 0.4 + height * (number + 0.5) for place in known]
        sure = edition.accuracy_m is not None
        axes.barh(at, values, height * 0.92, xerr=errors if sure else None, capsize=2.5, color=colours[number % 4], edgecolor="#5a0f0f",
                  linewidth=0.7, hatch=hatches[number % 4], error_kw={"elinewidth": 0.9},
                  label=_short(plain(edition.version or edition.layer), 24) + ("" if sure else _("（精度未注明）")))
        for y, value, error in zip(at, values, errors, strict=True):
            axes.annotate(tables.km2(value * 1e6), (value + error, y), xytext=(4, 0), textcoords="offset points",
                          va="center", fontproperties=font)
    axes.set_yticks(range(len(places)), [_short(tables.place_words(place)) for place in places])
    axes.invert_yaxis()
    axes.margins(x=0.14)
    axes.set_xlim(left=0)
    axes.set_xlabel(_("面积（km²）；横线为 ± 范围"), fontproperties=font)
    figure.legend(loc="outside lower center", ncols=2, prop=font, frameon=False)
    return _finish(figure, axes, font, "redline", _("生态保护红线面积"), _("；").join(tables.statements(statistics)))


def _overlaps(statistics: Statistics) -> Chart:
    keys: Sequence[str] = [line.key for line in statistics.lines if line.loaded]
    figure, axes, font = _figure(1.0 + 0.62 * len(keys))
    shares = np.full((len(keys), len(keys)), np.nan)
    for i, a in enumerate(keys):
        own = statistics.matrix[a, a].area_m2
        for j, b in enumerate(keys):
            item = statistics.matrix.get((a, b)) or statistics.matrix[b, a]
            if own and i != j:
                shares[i, j] = item.area_m2 / own * 100
            text = tables.area(item, told=True).text
            axes.text(j, i, text if i == j or not own else f"{text}\n{tables.percent(item.area_m2 / own)}%", ha="center", va="center",
                      fontproperties=font, color="white" if shares[i, j] > 55 else "black")
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=100, aspect="auto")
    axes.set_xticks(range(len(keys)), [_short(tables.line_words(key), 22).replace(" ", "\n") for key in keys])
    axes.set_yticks(range(len(keys)), [_short(tables.line_words(key), 22).replace(" ", "\n") for key in keys])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xlabel(_("格内为重叠面积（km²）及其占左侧一项面积的比例；对角线为各自面积"), fontproperties=font)
    return _finish(figure, axes, font, "overlaps", _("控制线与管控单元的重叠"), _("各项重叠面积见重叠面积矩阵表。"))

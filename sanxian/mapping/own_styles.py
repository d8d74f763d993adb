"""Styles that a person made for layers of a workspace: kept in its file as data, and asked for by every painter.

They are kept by the table of the layer, so that a layer keeps its style under another name. A layer without one has the
preset of its role (``sanxian.mapping.styles``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from sanxian.errors import TellingError
from sanxian.i18n import N_
from sanxian.mapping.filters import Filter
from sanxian.mapping.styles import HATCHES, KINDS, MARKERS, OFFICIAL, LayerStyle, Symbol, style_for

STATE_KEY = "styles"
MOST_CLASSES = 200
_PLAIN = Symbol(None, "", "")
_COLOUR = re.compile("#[0-9a-f]{6}")


class StyleError(TellingError):
    """A style cannot be read, written or used."""


def to_dict(style: LayerStyle) -> dict[str, Any]:
    """A style as plain JSON values; what is as in a new class is left out."""
    classes = []
    for symbol in style.classes:
        row: dict[str, Any] = {"value": symbol.value, "zh": symbol.zh, "en": symbol.en}
        for one in fields(Symbol)[3:]:
            value = getattr(symbol, one.name)
            if value != getattr(_PLAIN, one.name):
                row[one.name] = value.to_dict() if isinstance(value, Filter) else list(value) if isinstance(value, tuple) else value
        classes.append(row)
    return {
        "role": style.role, "kind": style.kind, "field": style.field, "zh": style.zh, "en": style.en, "order": style.order,
        "classes": classes, "synonyms": dict(style.synonyms), "scales": list(style.scales), "labels": style.labels,
        "label_field": style.label_field, "label_scales": list(style.label_scales),
    }  # fmt: skip


def from_dict(kept: Any) -> LayerStyle:
    """Back from ``to_dict``.

    Raises:
        StyleError: It is no style, or has values that no painter knows.
    """
    try:
        classes = tuple(_symbol(row) for row in kept["classes"])
        style = LayerStyle(
            str(kept["role"]), str(kept["kind"]), str(kept.get("field", "")), classes, str(kept.get("zh", "")),
            str(kept.get("en", "")), int(kept.get("order", 50)), dict(kept.get("synonyms") or {}), _pair(kept.get("scales")),
            bool(kept.get("labels", True)), str(kept.get("label_field", "")), _pair(kept.get("label_scales")),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StyleError(N_("样式数据不完整或有错：{why}"), why=error) from error
    return checked(style)


def _pair(values: Any) -> tuple[float, float]:
    least, most = values or (0, 0)
    return float(least), float(most)


def _symbol(row: Mapping[str, Any]) -> Symbol:
    known = {one.name for one in fields(Symbol)}
    values = {name: value for name, value in row.items() if name in known}
    if "where" in values:
        values["where"] = Filter.from_dict(values["where"])
    if "dash" in values:
        values["dash"] = tuple(float(one) for one in values["dash"])
    for name in ("fill_opacity", "outline_width", "size", "lower", "upper"):
        if values.get(name) is not None:
            values[name] = float(values[name])
    return Symbol(**values)


def checked(style: LayerStyle) -> LayerStyle:
    """``style``, where every painter can draw it, with a class for every other feature at its end.

    Raises:
        StyleError: It cannot be drawn.
    """
    if style.kind not in KINDS or not 0 < len(style.classes) <= MOST_CLASSES:
        raise StyleError(N_("样式的类型或类数不对：{kind}，{count} 类"), kind=style.kind, count=len(style.classes))
    if style.kind in ("categorised", "graduated") and not style.field:
        raise StyleError(N_("分类和分级样式要有字段"))
    for symbol in style.classes:
        numbers = (symbol.fill_opacity, symbol.outline_width, symbol.size, *symbol.dash, symbol.lower or 0.0, symbol.upper or 0.0)
        if (not all(math.isfinite(one) for one in numbers) or not 0 <= symbol.fill_opacity <= 1 or symbol.outline_width < 0
                or symbol.size < 0 or any(one < 0 for one in symbol.dash) or not _COLOUR.fullmatch(symbol.fill)
                or not _COLOUR.fullmatch(symbol.outline) or symbol.hatch not in HATCHES or symbol.marker not in MARKERS):
            raise StyleError(N_("类“{name}”的颜色、尺寸、填充或符号不能绘制"), name=symbol.zh)
    for least, most in (style.scales, style.label_scales):
        if not (math.isfinite(least) and math.isfinite(most) and least >= 0 and (not most or most >= least)):
            raise StyleError(N_("比例尺范围不对：1:{least:.0f} 至 1:{most:.0f}"), least=least, most=most)
    if style.kind == "single":
        return style if len(style.classes) == 1 else replace(style, classes=style.classes[:1])
    last = style.classes[-1]
    if last.value is None and last.lower is None and last.where is None:
        return style
    return replace(style, classes=(*style.classes, other(shown=False)))


def other(*, shown: bool = True) -> Symbol:
    """The class for every feature that falls into no other; grey and dashed, so that it looks like none of them."""
    return Symbol(None, "其他或未注明", "Other or not stated", "#bdbdbd", 0.4, "#737373", 0.8, dash=(2.0, 2.0), shown=shown)


def kept(workspace: Any) -> dict[str, LayerStyle]:
    """The styles that a workspace keeps, by table; what is no style any more is left out."""
    found = {}
    for table, row in (workspace.state(STATE_KEY) or {}).items():
        try:
            found[str(table)] = from_dict(row)
        except StyleError:
            continue
    return found


def keep(workspace: Any, styles: Mapping[str, LayerStyle | None]) -> None:
    """Keep the styles of layers, by the layers' names; ``None`` for the preset. Layers not named keep what they have.

    Raises:
        WorkspaceError: The file cannot be written.
    """
    before = workspace.state(STATE_KEY) or {}
    tables = {record.name: table_of(record) for record in workspace.layers()}
    after = {table: row for table, row in before.items() if table in set(tables.values())}
    for name, style in styles.items():
        if name in tables:
            after.pop(tables[name], None)
            if style is not None:
                after[tables[name]] = to_dict(style)
    if after != before:
        workspace.set_state(STATE_KEY, after or None)


def table_of(record: Any) -> str:
    """What the style of a layer is kept under."""
    return str(getattr(record, "table", record.name))


def styles_of(workspace: Any) -> dict[str, LayerStyle]:
    """The styles that a workspace keeps, by the layers' names."""
    styles = kept(workspace) if hasattr(workspace, "state") else {}
    return {record.name: styles[table_of(record)] for record in workspace.layers() if table_of(record) in styles} if styles else {}


def named_field(style: LayerStyle, columns: Any, usual: tuple[str, ...] = ("name", "code")) -> list[str]:
    """The columns that features are named by, the first that says something counts."""
    if style.label_field:
        return [style.label_field] if style.label_field in columns else []
    return [name for name in usual if name in columns]


def label_text(value: Any) -> str:
    """A value of a field as it stands on a map; '' for none. Whole numbers have no decimals."""
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value).strip()


def plain_style(role: str, colour: str, *, palette: str = OFFICIAL) -> LayerStyle:
    """The style of a role in one colour."""
    style = style_for(role, palette=palette)
    symbol = replace(style.classes[0], value=None, zh=style.zh, en=style.en, fill=colour, outline=colour)
    return replace(style, kind="single", field="", classes=(symbol,))

"""The styles of :mod:`sanxian.mapping.styles` as QGIS reads them, so that a workspace opens there as it looks here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from layers.schema import ROLES
from sanxian.mapping.styles import LayerStyle, Symbol, style_for

if TYPE_CHECKING:
    from layers.workspace import Workspace

_MM_PER_POINT = 25.4 / 72
_BRUSHES = {"": "solid", "diagonal": "f_diagonal", "backdiagonal": "b_diagonal", "cross": "cross", "dots": "dense6"}
_MARKERS = {"": "circle", "circle": "circle", "square": "square", "triangle": "triangle", "diamond": "diamond"}


def write_styles(workspace: Workspace, names: Iterable[str] | None = None) -> None:
    """Put the style of each layer's role into the workspace, for ``names`` or for every layer.

    Raises:
        WorkspaceError: The file cannot be written.
    """
    wanted = None if names is None else set(names)
    styles = {}
    for record in workspace.layers():
        if wanted is None or record.name in wanted:
            style = style_for(record.role)
            styles[record.name] = (style.zh or record.role, qml(record.role, record.geometry_type))
    workspace.set_styles(styles)


def qml(role: str, geometry_type: str = "MultiPolygon") -> str:
    """The style of a role as a QML document: symbols, Chinese names of classes and of fields.

    Args:
        role: A layer role.
        geometry_type: As the layer has it, such as ``MultiPolygon`` or ``Point``.
    """
    style = style_for(role)
    kind = _kind(geometry_type)
    root = ElementTree.Element("qgis", {"version": "3.22.0", "styleCategories": "Symbology|Fields|Forms", "labelsEnabled": "0"})
    if style.kind == "single":
        renderer = ElementTree.SubElement(root, "renderer-v2", {"type": "singleSymbol", "enableorderby": "0", "forceraster": "0"})
    else:
        renderer = ElementTree.SubElement(
            root, "renderer-v2", {"type": "categorizedSymbol", "attr": style.field, "enableorderby": "0", "forceraster": "0"}
        )
        _categories(renderer, style)
    symbols = ElementTree.SubElement(renderer, "symbols")
    for number, symbol in enumerate(style.classes):
        _symbol(symbols, str(number), symbol, kind)
    _field_names(root, role)
    ElementTree.indent(root, " ")
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ElementTree.tostring(root, encoding="unicode")


def _kind(geometry_type: str) -> str:
    word = geometry_type.lower()
    return "line" if "line" in word else "marker" if "point" in word else "fill"


def _categories(renderer: ElementTree.Element, style: LayerStyle) -> None:
    found = ElementTree.SubElement(renderer, "categories")
    for number, symbol in enumerate(style.classes):
        values: list[tuple[str, str]] = []
        if isinstance(symbol.value, bool):
            values.append(("true" if symbol.value else "false", "bool"))
        elif symbol.value is not None:
            values.append((symbol.value, "string"))
            values += [(word, "string") for word, meant in style.synonyms.items() if meant == symbol.value]
        else:
            values.append(("", "string"))  # QGIS: every other value
        for value, kind in values:
            ElementTree.SubElement(
                found, "category", {"value": value, "type": kind, "symbol": str(number), "label": symbol.zh, "render": "true"}
            )
    if all(symbol.value is not None for symbol in style.classes):
        # A value that is none of the classes is drawn as here: like the last one.
        last = len(style.classes) - 1
        ElementTree.SubElement(
            found, "category", {"value": "", "type": "string", "symbol": str(last), "label": style.classes[last].zh, "render": "true"}
        )


def _symbol(parent: ElementTree.Element, name: str, symbol: Symbol, kind: str) -> None:
    node = ElementTree.SubElement(parent, "symbol", {"type": kind, "name": name, "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"})
    width = f"{symbol.outline_width * _MM_PER_POINT:.3f}"
    if kind == "marker":
        _layer(node, "SimpleMarker", {
            "name": _MARKERS[symbol.marker], "color": _colour(symbol.fill, symbol.fill_opacity or 1.0),
            "outline_color": _colour(symbol.outline), "outline_width": width, "outline_width_unit": "MM",
            "size": f"{symbol.size * _MM_PER_POINT:.3f}", "size_unit": "MM",
        })  # fmt: skip
        return
    line = {"line_color": _colour(symbol.outline), "line_width": width, "line_width_unit": "MM", "line_style": "solid"}
    if symbol.dash:
        dash = ";".join(f"{length * _MM_PER_POINT:.3f}" for length in symbol.dash)
        line |= {"use_custom_dash": "1", "customdash": dash, "customdash_unit": "MM"}
    if kind == "line":
        _layer(node, "SimpleLine", line)
        return
    if symbol.fill_opacity > 0:
        _layer(node, "SimpleFill", {"color": _colour(symbol.fill, symbol.fill_opacity), "style": "solid", "outline_style": "no"})
    if symbol.hatch:
        _layer(node, "SimpleFill", {"color": _colour(symbol.outline), "style": _BRUSHES[symbol.hatch], "outline_style": "no"})
    _layer(node, "SimpleLine", line)


def _layer(node: ElementTree.Element, kind: str, options: dict[str, str]) -> None:
    layer = ElementTree.SubElement(node, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    held = ElementTree.SubElement(layer, "Option", {"type": "Map"})
    for name, value in options.items():
        ElementTree.SubElement(held, "Option", {"name": name, "type": "QString", "value": value})
        ElementTree.SubElement(layer, "prop", {"k": name, "v": value})  # as QGIS before 3.26 reads it


def _colour(text: str, opacity: float = 1.0) -> str:
    red, green, blue = (int(text[place : place + 2], 16) for place in (1, 3, 5))
    return f"{red},{green},{blue},{round(opacity * 255)}"


def _field_names(root: ElementTree.Element, role: str) -> None:
    """Chinese headings for the columns that the role knows."""
    schema = ROLES.get(role)
    if schema is None or not schema.fields:
        return
    aliases = ElementTree.SubElement(root, "aliases")
    for number, field in enumerate(schema.fields):
        ElementTree.SubElement(aliases, "alias", {"index": str(number + 1), "field": field.name, "name": field.zh})

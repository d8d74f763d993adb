"""The same styles in QGIS: QML for each layer, kept in the workspace's ``layer_styles`` table, where QGIS looks.

QGIS reads that table by itself and applies the style marked as default when a layer is added from the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from layers.schema import ROLES
from sanxian.mapping.styles import LayerStyle, Symbol, style_for

if TYPE_CHECKING:
    from layers.workspace import LayerRecord, Workspace

_PATTERNS = {"": "solid", "diagonal": "b_diagonal", "backdiagonal": "f_diagonal", "cross": "diagonal_x", "dots": "dense6"}
_MARKERS = {"": "circle", "circle": "circle", "square": "square", "triangle": "triangle", "diamond": "diamond"}
_MM_PER_POINT = 25.4 / 72

_TABLE = """CREATE TABLE IF NOT EXISTS layer_styles (
 id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
 f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
 useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
 update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"""


def field_titles(role: str) -> dict[str, str]:
    """What the fields of a layer are called in Chinese, by name."""
    if role == "project_site":
        from rules.attributes import ATTRIBUTES

        return {"id": "项目编号", "name": "项目名称", **{name: kind.zh for name, kind in ATTRIBUTES.items()}}
    schema = ROLES.get(role)
    return {field.name: field.zh for field in schema.fields} if schema else {}


def qml(style: LayerStyle, geometry: str, titles: Mapping[str, str] | None = None, *, attr: str = "") -> str:
    """A style as QGIS's QML.

    Args:
        attr: An expression that gives the class, where no column of the file does.
        style: From :func:`sanxian.mapping.styles.style_for`.
        geometry: polygon, line or point.
        titles: What the layer's fields are shown as, by name and in the order of the table.
    """
    root = ElementTree.Element("qgis", version="3.22.0", styleCategories="Symbology|Fields" if titles else "Symbology")
    single = style.kind == "single" or not style.field
    renderer = ElementTree.SubElement(
        root, "renderer-v2", type="singleSymbol" if single else "categorizedSymbol", symbollevels="0", enableorderby="0",
        forceraster="0", **({} if single else {"attr": attr or style.field}),
    )  # fmt: skip
    classes = style.classes[:1] if single else style.classes
    if not single:
        categories = ElementTree.SubElement(renderer, "categories")
        for number, symbol in enumerate(classes):
            value = symbol.value
            text = "" if value is None else str(int(value)) if isinstance(value, bool) else str(value)
            ElementTree.SubElement(categories, "category", symbol=str(number), value=text, label=symbol.zh, render="true")
    symbols = ElementTree.SubElement(renderer, "symbols")
    for number, symbol in enumerate(classes):
        _symbol(symbols, str(number), symbol, geometry)
    if titles:
        aliases = ElementTree.SubElement(root, "aliases")
        for number, (field, title) in enumerate(titles.items()):
            ElementTree.SubElement(aliases, "alias", index=str(number), field=field, name=title)
    ElementTree.indent(root, " ")
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ElementTree.tostring(root, encoding="unicode")


def _symbol(parent: ElementTree.Element, name: str, symbol: Symbol, geometry: str) -> None:
    kind = {"polygon": "fill", "line": "line"}.get(geometry, "marker")
    element = ElementTree.SubElement(parent, "symbol", name=name, type=kind, alpha="1", clip_to_extent="1", force_rhr="0")
    dash = ";".join(f"{length * _MM_PER_POINT:g}" for length in symbol.dash)
    pen = "dash" if symbol.dash else "solid"
    width = f"{symbol.outline_width * _MM_PER_POINT:.3g}"
    fill, outline = _colour(symbol.fill, symbol.fill_opacity), _colour(symbol.outline, 1.0)
    if kind == "fill":
        layers = [("SimpleFill", {
            "color": fill, "style": "solid", "outline_color": outline, "outline_style": pen, "outline_width": width,
            "outline_width_unit": "MM", "joinstyle": "bevel",
        })]  # fmt: skip
        if symbol.hatch:
            layers.append(("SimpleFill", {
                "color": _colour(symbol.outline, 0.6), "style": _PATTERNS[symbol.hatch], "outline_style": "no",
            }))  # fmt: skip
    elif kind == "line":
        layers = [("SimpleLine", {
            "line_color": outline, "line_style": pen, "line_width": width, "line_width_unit": "MM", "capstyle": "round",
            "joinstyle": "round", "use_custom_dash": "1" if dash else "0", "customdash": dash or "5;2", "customdash_unit": "MM",
        })]  # fmt: skip
    else:
        layers = [("SimpleMarker", {
            "name": _MARKERS[symbol.marker], "color": _colour(symbol.fill, 1.0), "outline_color": outline,
            "outline_style": "solid", "outline_width": width, "outline_width_unit": "MM",
            "size": f"{symbol.size * _MM_PER_POINT:.3g}", "size_unit": "MM",
        })]  # fmt: skip
    for class_name, properties in layers:
        layer = ElementTree.SubElement(element, "layer", {"class": class_name, "enabled": "1", "locked": "0", "pass": "0"})
        for key, value in properties.items():
            ElementTree.SubElement(layer, "prop", k=key, v=value)


def _colour(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"{red},{green},{blue},{round(opacity * 255)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def work_state_expression(workspace: Workspace, record: LayerRecord) -> str:
    """The state of an outlet's remediation as ``outlets.stages.work_state`` tells it, as an expression of QGIS on today."""
    from sanxian.outlets import register, schema, stages

    outlets = register.read_register(workspace) if record.current else []
    by_criteria = any(item.get("meets_criteria") is not None for item in outlets)
    columns = {schema.field_of(str(name)) or "": str(name) for name in reversed(workspace.read_table(record.name).columns)}

    def column(name: str) -> str | None:
        return '"' + columns[name].replace('"', '""') + '"' if name in columns else None

    def among(name: str, words: Iterable[str]) -> str:
        listed = ", ".join(f"'{word}'" for word in words)
        return f"coalesce({column(name)}, '') IN ({listed})" if column(name) else "FALSE"

    def by_now(name: str, without: str) -> str:
        return f"coalesce(to_date({column(name)}) <= to_date(now()), {without})" if column(name) else without

    yes = ", ".join(f"'{word}'" for word in ("true", "1", "是", "yes"))
    criteria = f"lower(coalesce(to_string({column('meets_criteria')}), '')) IN ({yes})" if column("meets_criteria") else "FALSE"
    ready = f"({criteria if by_criteria else among('stage', stages.DONE_WORDS)}) AND {by_now('finished', 'TRUE')}"
    closed = f"{by_now('accepted_on', 'FALSE')} OR ({among('stage', stages.ACCEPTED_WORDS)} AND {column('accepted_on') or 'NULL'} IS NULL)"
    kind = column("measure_kind")
    none = f"coalesce({kind}, '') LIKE '%无需%' OR coalesce({kind}, '') LIKE '%保留%'" if kind else "FALSE"
    return (
        f"CASE WHEN {none} THEN 'no_need' WHEN {ready} THEN CASE WHEN {closed} THEN 'closed' ELSE 'done' END"
        f" WHEN {among('stage', stages.NOT_STARTED_WORDS)} THEN 'not_started'"
        f" WHEN {among('stage', (*stages.IN_PROGRESS_WORDS, *stages.DONE_WORDS))} THEN 'in_progress' ELSE '' END"
    )


def save_styles(workspace: Workspace) -> None:
    """Write the preset style of every layer that has none yet; styles that somebody made in QGIS stay.

    One transaction: a program killed in the middle leaves the table as it was.
    """
    with closing(sqlite3.connect(workspace.path)) as connection, connection:
        connection.execute(_TABLE)
        connection.execute(
            "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', '', '1970-01-01T00:00:00.000Z')"
        )
        columns = dict(connection.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall())
        styled = {name for (name,) in connection.execute("SELECT f_table_name FROM layer_styles")}
        for (name,) in connection.execute("SELECT f_table_name FROM layer_styles").fetchall():
            if name not in columns:
                connection.execute("DELETE FROM layer_styles WHERE f_table_name = ?", (name,))
        for record in workspace.layers():
            if record.table in styled or record.table not in columns:
                continue
            kind = record.geometry_type.lower()
            geometry = "polygon" if "polygon" in kind else "line" if "line" in kind else "point"
            style = style_for(record.role)
            known = field_titles(record.role)
            fields = [row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(record.table)})")]
            attr = work_state_expression(workspace, record) if record.role == "discharge_outlet" else ""
            titles = {name: known.get(name, "") for name in fields if name != columns[record.table]}
            connection.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
                " styleQML, useAsDefault, description, owner, update_time) VALUES ('', '', ?, ?, ?, ?, 1, ?, '', ?)",
                (
                    record.table, columns[record.table], style.zh or record.role, qml(style, geometry, titles, attr=attr), style.zh,
                    "1970-01-01T00:00:00.000Z",
                ),
            )

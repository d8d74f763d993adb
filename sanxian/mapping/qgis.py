"""The same styles in QGIS: QML for each layer, kept in the workspace's ``layer_styles`` table, where QGIS looks.

QGIS reads that table by itself and applies the style marked as default when a layer is added from the file. Reading QML
back is in ``sanxian.mapping.qml_read``.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from layers.schema import ROLES
from sanxian.i18n import N_
from sanxian.mapping import own_styles
from sanxian.mapping.expressions import Node, Unsayable, exclusive, expression, node_of, with_truth
from sanxian.mapping.filters import truth
from sanxian.mapping.notes import Note
from sanxian.mapping.styles import LayerStyle, Symbol, style_for

if TYPE_CHECKING:
    from layers.workspace import LayerRecord, Workspace

PATTERNS = {"": "solid", "diagonal": "b_diagonal", "backdiagonal": "f_diagonal", "cross": "diagonal_x", "dots": "dense6"}
_MARKERS = {"": "circle", "circle": "circle", "square": "square", "triangle": "triangle", "diamond": "diamond"}
MM_PER_POINT = 25.4 / 72
OWNER = "sanxian"  # of the row that holds a style made here

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


def qml(style: LayerStyle, geometry: str, titles: Mapping[str, str] | None = None, *, attr: str = "", label: str = "",
        yes_no: Collection[str] = (), notes: list[Note] | None = None) -> str:
    """A style as QGIS's QML.

    Args:
        attr: An expression that gives what the preset of the role goes by, where no column of the file does.
        style: From :func:`sanxian.mapping.styles.style_for`, or a person's own.
        geometry: polygon, line or point.
        titles: What the layer's fields are shown as, by name and in the order of the table.
        label: The field that features are named by, where the style names none; '' to leave the names to QGIS.
        yes_no: Fields that hold yes and no, which QGIS does not take for texts.
        notes: Takes what could not be carried.
    """
    notes = [] if notes is None else notes
    label = style.label_field or label
    parts = ["Symbology"] + ["Labeling"] * bool(label or not style.labels) + ["Rendering"] * any(style.scales) + ["Fields"] * bool(titles)
    root = ElementTree.Element("qgis", version="3.22.0", styleCategories="|".join(parts))
    if any(style.scales):
        least, most = style.scales  # QGIS counts scales, not denominators: its smallest scale is our largest number
        root.attrib |= {"hasScaleBasedVisibilityFlag": "1", "minScale": f"{most:.15g}", "maxScale": f"{least:.15g}"}
    _renderer(root, style, geometry, notes, attr, yes_no)
    if label or not style.labels:
        root.set("labelsEnabled", str(int(style.labels)))
    if label and style.labels:
        _labels(root, style, label)
    if titles:
        aliases = ElementTree.SubElement(root, "aliases")
        for number, (field, title) in enumerate(titles.items()):
            ElementTree.SubElement(aliases, "alias", index=str(number), field=field, name=title)
    ElementTree.indent(root, " ")
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ElementTree.tostring(root, encoding="unicode")


def _renderer(root: ElementTree.Element, style: LayerStyle, geometry: str, notes: list[Note], attr: str,
              yes_no: Collection[str]) -> None:
    kind = style.kind if style.kind == "rules" or style.field else "single"
    name = {"single": "singleSymbol", "categorised": "categorizedSymbol", "graduated": "graduatedSymbol", "rules": "RuleRenderer"}[kind]
    derived = style_for(style.role).field if attr else ""
    attributes = {"attr": attr if style.field == derived else style.field} if kind in ("categorised", "graduated") else {}
    if kind == "graduated":
        attributes["graduatedMethod"] = "GraduatedColor"
    renderer = ElementTree.SubElement(
        root, "renderer-v2", type=name, symbollevels="0", enableorderby="0", forceraster="0", **attributes,
    )  # fmt: skip
    classes = list(enumerate(style.classes[:1] if kind == "single" else style.classes))
    if kind == "single" and not style.classes[0].shown:
        notes.append(Note(N_("关闭了的单一样式在 QGIS 里仍会画出")))
    if kind == "categorised":
        categories = ElementTree.SubElement(renderer, "categories")
        usual = style_for(style.role).synonyms
        for number, symbol in classes:
            values = style.values_of(symbol, usual)
            if style.field in yes_no:
                values = list(dict.fromkeys(raw if truth(raw) is None else _yes(bool(truth(raw))) for raw in values))
            category = ElementTree.SubElement(categories, "category", symbol=str(number), label=symbol.zh, render=_yes(symbol.shown))
            if len(values) == 1:
                category.set("value", values[0])
                continue
            for raw in values:  # a list counts where there is no value beside it
                ElementTree.SubElement(category, "val", value=raw, type="QString")
    elif kind == "graduated":
        ranges = ElementTree.SubElement(renderer, "ranges")
        kept = [(number, symbol) for number, symbol in classes if symbol.lower is not None and symbol.upper is not None]
        if len(kept) < len(classes) and style.classes[-1].shown:
            notes.append(Note(N_("没有数值或不在各级范围内的要素在 QGIS 里不画")))
        classes = kept
        for number, symbol in classes:
            ElementTree.SubElement(ranges, "range", symbol=str(number), lower=f"{symbol.lower!r}", upper=f"{symbol.upper!r}",
                                   label=symbol.zh, render=_yes(symbol.shown))
    elif kind == "rules":
        rules = ElementTree.SubElement(renderer, "rules", key="{root}")
        said, kept = _said(style, notes, yes_no), []
        for number, symbol in classes:
            if number in said:
                node = said[number]
                ElementTree.SubElement(rules, "rule", key=f"{{{number}}}", symbol=str(number), label=symbol.zh,
                                       filter="ELSE" if node is None else _derived(expression(node), derived, attr),
                                       **({} if symbol.shown else {"checkstate": "0"}))
                kept.append((number, symbol))
        classes = kept
    symbols = ElementTree.SubElement(renderer, "symbols")
    for number, symbol in classes:
        _symbol(symbols, str(number), symbol, geometry, notes)


def said_rules(style: LayerStyle) -> tuple[dict[int, Node], list[str]]:
    """The rules of a style by the number of their class, and the names of classes whose rule cannot be said."""
    nodes: dict[int, Node] = {}
    lost = []
    for number, symbol in enumerate(style.classes):
        if symbol.where is None:
            continue
        try:
            nodes[number] = node_of(symbol.where)
        except Unsayable:
            lost.append(symbol.zh)
    return nodes, lost


def _said(style: LayerStyle, notes: list[Note], yes_no: Collection[str]) -> dict[int, Node | None]:
    nodes, lost = said_rules(style)
    plain = [with_truth(node, yes_no) for node in nodes.values()]
    found: dict[int, Node | None] = dict(zip(nodes, exclusive(plain), strict=True))
    if style.classes[-1].where is None:
        found[len(style.classes) - 1] = None
    notes += [Note(N_("规则“{name}”的条件没有写全，没有写出"), name=name) for name in lost]
    return found


def _derived(text: str, field: str, attr: str) -> str:
    """An expression with what gives a field that no column is."""
    return text.replace(_quoted(field), f"({attr})") if field else text


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _labels(root: ElementTree.Element, style: LayerStyle, label: str) -> None:
    settings = ElementTree.SubElement(ElementTree.SubElement(root, "labeling", type="simple"), "settings", calloutType="simple")
    text = ElementTree.SubElement(settings, "text-style", fieldName=label, isExpression="0", fontSize="9", fontSizeUnit="Point",
                                  textColor="31,41,51,255", fontFamily="Noto Sans SC", textOpacity="1")
    ElementTree.SubElement(text, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM", bufferColor="255,255,255,255",
                           bufferOpacity="0.88")
    least, most = style.label_scales
    ElementTree.SubElement(settings, "rendering", scaleVisibility=str(int(any(style.label_scales))), scaleMin=f"{least:.15g}",
                           scaleMax=f"{most:.15g}", drawLabels="1", obstacle="1")


def _mm(points: float) -> str:
    return f"{points * MM_PER_POINT:.6g}"


def _symbol(parent: ElementTree.Element, name: str, symbol: Symbol, geometry: str, notes: list[Note]) -> None:
    kind = {"polygon": "fill", "line": "line"}.get(geometry, "marker")
    element = ElementTree.SubElement(parent, "symbol", name=name, type=kind, alpha="1", clip_to_extent="1", force_rhr="0")
    dash = ";".join(_mm(length) for length in symbol.dash)
    width = _mm(symbol.outline_width)
    pen = "solid" if symbol.outline_width > 0 else "no"
    fill, outline = _colour(symbol.fill, symbol.fill_opacity), _colour(symbol.outline, 1.0)
    line = ("SimpleLine", {
        "line_color": outline, "line_style": "dash" if dash and symbol.outline_width else pen, "line_width": width,
        "line_width_unit": "MM", "capstyle": "round", "joinstyle": "round", "use_custom_dash": "1" if dash else "0",
        "customdash": dash or "5;2", "customdash_unit": "MM",
    })  # fmt: skip
    if kind == "fill":
        layers = [("SimpleFill", {
            "color": fill, "style": "solid", "outline_color": outline, "outline_style": "no" if dash else pen, "outline_width": width,
            "outline_width_unit": "MM", "joinstyle": "bevel",
        })]  # fmt: skip
        if symbol.hatch:
            layers.append(("SimpleFill", {
                "color": _colour(symbol.outline, 0.6), "style": PATTERNS[symbol.hatch], "outline_style": "no",
            }))  # fmt: skip
        if dash:  # an outline of a fill has the dashes of QGIS only, a line has its own
            layers.append(line)
    elif kind == "line":
        layers = [line]
    else:
        layers = [("SimpleMarker", {
            "name": _MARKERS[symbol.marker], "color": fill, "outline_color": outline,
            "outline_style": pen, "outline_width": width, "outline_width_unit": "MM",
            "size": _mm(symbol.size), "size_unit": "MM",
        })]  # fmt: skip
        if dash:
            notes.append(Note(N_("点符号轮廓的线型没有写出")))
        if symbol.letter:
            layers.append(("FontMarker", {
                "font": "Noto Sans SC", "chr": symbol.letter, "color": "255,255,255,255", "size": _mm(symbol.size * 0.7), "size_unit": "MM",
                "outline_width": "0", "horizontal_anchor_point": "1", "vertical_anchor_point": "1",
            }))  # fmt: skip
    for class_name, properties in layers:
        layer = ElementTree.SubElement(element, "layer", {"class": class_name, "enabled": "1", "locked": "0", "pass": "0"})
        for key, value in properties.items():
            ElementTree.SubElement(layer, "prop", k=key, v=value)


def _colour(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"{red},{green},{blue},{round(opacity * 255)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def geometry_of(kind: str) -> str:
    """polygon, line or point, of the name of a geometry type."""
    kind = kind.lower()
    return "polygon" if "polygon" in kind else "line" if "line" in kind else "point"


def geometry_of_layer(workspace: Workspace, record: LayerRecord) -> str:
    """polygon, line or point, of a layer; where its table takes several kinds that of its first feature."""
    with closing(sqlite3.connect(f"{workspace.path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        found = connection.execute("SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (record.table,)).fetchone()
        if found is None:
            return geometry_of(record.geometry_type)
        return _geometry_in(connection, record.table, found[0], record.geometry_type)


def _geometry_in(connection: sqlite3.Connection, table: str, column: str, named: str) -> str:
    if any(word in named.lower() for word in ("polygon", "line", "point")):
        return geometry_of(named)
    found = connection.execute(f"SELECT {_quoted(column)} FROM {_quoted(table)} WHERE {_quoted(column)} IS NOT NULL LIMIT 1").fetchone()
    if found is None or len(found[0]) < 8:
        return geometry_of(named)
    start = 8 + (0, 32, 48, 48, 64, 0, 0, 0)[found[0][3] >> 1 & 7]  # past GeoPackage's header and its envelope
    shape = found[0][start:start + 5]
    kind = int.from_bytes(shape[1:], "little" if shape[:1] == b"\1" else "big") % 1000
    return {2: "line", 3: "polygon", 5: "line", 6: "polygon"}.get(kind, "point")


def yes_no_columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table that hold yes and no."""
    return [row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(table)})") if row[2].upper() == "BOOLEAN"]


def derived_field(role: str) -> str:
    """The field that the preset of a role goes by and no table has: it is worked out when it is drawn; '' for none."""
    return style_for(role).field if role == "discharge_outlet" else ""


def asks_derived(style: LayerStyle) -> bool:
    """Whether a style goes by such a field."""
    field = derived_field(style.role)
    asked = {style.field} | {one.field for symbol in style.classes if symbol.where is not None for one in symbol.where.conditions}
    return bool(field) and field in asked


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
    """Write the style of every layer for QGIS; styles that somebody made in QGIS stay.

    A layer that has no style yet gets the preset of its role. A style made here (``own_styles``) stands in a row of its own
    that is the default, beside those that were there; it is written again only when it changes here, so that what was done
    to it in QGIS lasts until then. One transaction: a program killed in the middle leaves the table as it was.
    """
    own = own_styles.kept(workspace)
    with closing(sqlite3.connect(workspace.path)) as connection, connection:
        connection.execute(_TABLE)
        connection.execute(
            "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', '', '1970-01-01T00:00:00.000Z')"
        )
        columns = dict(connection.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall())
        styled = {name for (name,) in connection.execute("SELECT f_table_name FROM layer_styles WHERE ifnull(owner, '') != ?", (OWNER,))}
        for (name,) in connection.execute("SELECT f_table_name FROM layer_styles").fetchall():
            if name not in columns:
                connection.execute("DELETE FROM layer_styles WHERE f_table_name = ?", (name,))
        for record in workspace.layers():
            if record.table not in columns:
                continue
            geometry = _geometry_in(connection, record.table, columns[record.table], record.geometry_type)
            known = field_titles(record.role)
            fields = [row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(record.table)})")]
            attr = work_state_expression(workspace, record) if record.role == "discharge_outlet" else ""
            titles = {name: known.get(name, "") for name in fields if name != columns[record.table]}
            more = {"attr": attr, "yes_no": yes_no_columns(connection, record.table)}
            if record.table not in styled:
                style = style_for(record.role)
                text = qml(style, geometry, titles, **more)
                _insert(connection, record.table, columns[record.table], style.zh or record.role, text, style.zh, "")
            _save_own(connection, record.table, columns[record.table], own.get(record.table), geometry, titles, more)


def _insert(connection: sqlite3.Connection, table: str, column: str, name: str, text: str, description: str, owner: str) -> None:
    connection.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
        " styleQML, useAsDefault, description, owner, update_time) VALUES ('', '', ?, ?, ?, ?, 1, ?, ?, ?)",
        (table, column, name, text, description, owner, "1970-01-01T00:00:00.000Z"),
    )


def _save_own(connection: sqlite3.Connection, table: str, column: str, style: LayerStyle | None, geometry: str,
              titles: Mapping[str, str], more: Mapping[str, Any]) -> None:
    """The row of a style made here: written anew, left as it is, or taken away."""
    there = connection.execute("SELECT description FROM layer_styles WHERE f_table_name = ? AND owner = ?", (table, OWNER)).fetchone()
    if style is None:
        if there is not None:
            connection.execute("DELETE FROM layer_styles WHERE f_table_name = ? AND owner = ?", (table, OWNER))
            first = "(SELECT min(id) FROM layer_styles WHERE f_table_name = ?)"
            connection.execute(f"UPDATE layer_styles SET useAsDefault = 1 WHERE id = {first}", (table,))
        return
    usual = own_styles.named_field(style, titles)
    text = qml(style, geometry, titles, label=usual[0] if usual else "", **more)
    mark = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    if there is not None and there[0] == mark:
        return
    connection.execute("DELETE FROM layer_styles WHERE f_table_name = ? AND owner = ?", (table, OWNER))
    connection.execute("UPDATE layer_styles SET useAsDefault = 0 WHERE f_table_name = ?", (table,))
    _insert(connection, table, column, "三线", text, mark, OWNER)

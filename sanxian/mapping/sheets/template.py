"""Sheet templates: paper, elements, fields and layers of a sheet as data that can be saved, shared and compared.

A template is a TOML file, or the same keys as JSON inside a workspace. Loading is strict: a key that nobody knows is an
error and no guess. A template is data; no text in it is ever run or expanded but the few placeholders of
:data:`PLACEHOLDERS` in the title and in the subtitle.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sanxian.i18n import N_
from sanxian.mapping.sheets.errors import SheetError
from sanxian.mapping.styles import PALETTES, STYLES

FORMAT = 1
STATE_KEY = "map_templates"  # where a workspace keeps its own templates
SIZES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"A4": (210, 297), "A3": (297, 420), "A2": (420, 594), "A1": (594, 841), "A0": (841, 1189)}
)  # mm, upright
ORIENTATIONS = ("landscape", "portrait")
PANELS = ("auto", "right", "bottom", "none")
GRIDS = ("none", "crosses", "lines", "ticks")
ELEMENTS: Mapping[str, str] = MappingProxyType({
    "title": N_("图名"), "neat_line": N_("图廓"), "graticule": N_("经纬网"), "kilometre_grid": N_("公里网"),
    "north_arrow": N_("指北针"), "scale_bar": N_("比例尺"), "legend": N_("图例"), "inset": N_("位置示意图"),
    "units": N_("单元表"), "crs": N_("坐标系"), "sources": N_("资料来源"), "credits": N_("制图信息"), "notes": N_("说明"),
    "labels": N_("注记"),
})  # fmt: skip
FIELDS: Mapping[str, str] = MappingProxyType({
    "title": N_("图名"), "subtitle": N_("副图名"), "producer": N_("制图单位"), "date": N_("制图日期"),
    "approval": N_("审图号"), "classification": N_("图件密级"), "notes": N_("说明文字"),
})  # fmt: skip
BLOCKS: Mapping[str, str] = MappingProxyType({
    "title": N_("图名"), "classification": N_("图件密级"), "legend": N_("图例"), "scale_bar": N_("比例尺"),
    "north_arrow": N_("指北针"), "inset": N_("位置示意图"), "units": N_("单元表"), "notes": N_("说明"),
    "crs": N_("坐标系和资料来源"), "credits": N_("制图信息"),
})  # what can stand elsewhere than where the layout puts it  # fmt: skip
PLACEHOLDERS = ("name", "code", "number", "count", "scale", "date")
DEFAULT = "zoning"
_NAME = re.compile(r"[A-Za-z0-9_\-\u4e00-\u9fff]{1,40}")


@dataclass(frozen=True, slots=True)
class Template:
    """How a sheet is made up.

    Attributes:
        id: Letters, digits, Chinese characters, ``-`` and ``_``.
        zh, en: What people call it.
        size: One of :data:`SIZES`.
        orientation: ``landscape`` or ``portrait``.
        margin_mm: Between the edge of the paper and what is printed.
        panel: Where legend and table stand: beside the map, below it, ``auto`` (by orientation) or nowhere.
        panel_mm: Width of the panel, or its height; 0 leaves it to the size of the paper.
        scale: Denominator; ``None`` fits the extent.
        layers: Roles that are drawn; empty for every layer.
        palette: One of ``styles.PALETTES``.
        hatch: Give each area class a hatch of its own where only its colour tells it from another.
        kilometre_grid: How the grid is drawn.
        elements: What stands on the sheet.
        fields: Words of the sheet by :data:`FIELDS`.
        units_role: The layer that the table lists.
        units_rows: At most so many rows.
        places: Upper left corner, in mm from that of the paper, of those :data:`BLOCKS` that were moved by hand.
    """

    id: str = DEFAULT
    zh: str = ""
    en: str = ""
    size: str = "A3"
    orientation: str = "landscape"
    margin_mm: float = 10.0
    panel: str = "auto"
    panel_mm: float = 0.0
    scale: int | None = None
    layers: tuple[str, ...] = ()
    palette: str = "official"
    hatch: bool = False
    kilometre_grid: str = "crosses"
    elements: frozenset[str] = frozenset(ELEMENTS)
    fields: Mapping[str, str] = field(default_factory=dict)
    units_role: str = "control_unit"
    units_rows: int = 40
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def paper_mm(self) -> tuple[float, float]:
        """Width and height of the paper."""
        short, long = SIZES[self.size]
        return (float(long), float(short)) if self.orientation == "landscape" else (float(short), float(long))

    @property
    def panel_side(self) -> str:
        """``right``, ``bottom`` or ``none``."""
        if self.panel == "auto":
            return "right" if self.orientation == "landscape" else "bottom"
        return self.panel

    def name(self, language: str) -> str:
        """What people call it, in ``zh`` or ``en``."""
        return (self.en if language == "en" else self.zh) or self.zh or self.id

    def shows(self, element: str) -> bool:
        """Whether an element stands on the sheet."""
        return element in self.elements

    def with_fields(self, **words: str | None) -> Template:
        """The same with other words; ``None`` leaves one as it is."""
        new = {key: text for key, text in words.items() if text is not None}
        unknown = next((key for key in new if key not in FIELDS), None)
        if unknown is not None:
            raise SheetError(N_("图面上没有“{key}”这个字段；有：{known}"), key=unknown, known="、".join(FIELDS))
        return replace(self, fields={**self.fields, **new})

    def with_elements(self, shown: Mapping[str, bool]) -> Template:
        """The same with elements switched on or off."""
        for key in shown:
            if key not in ELEMENTS:
                raise SheetError(N_("图面上没有“{key}”这个要素；有：{known}"), key=key, known="、".join(ELEMENTS))
        kept = {key for key in self.elements if shown.get(key, True)} | {key for key, on in shown.items() if on}
        return replace(self, elements=frozenset(kept))

    def with_place(self, block: str, place: tuple[float, float] | None) -> Template:
        """The same with a block at another place; ``None`` puts it back where the layout has it."""
        kept = {key: at for key, at in self.places.items() if key != block}
        return replace(self, places=kept if place is None else {**kept, block: (round(place[0], 1), round(place[1], 1))})

    def to_dict(self) -> dict[str, Any]:
        """The keys of a template file; ``from_dict`` reads them back to the same template."""
        plain = {"format": FORMAT, "id": self.id, "name": {"zh": self.zh, "en": self.en}}
        page = {"size": self.size, "orientation": self.orientation, "margin_mm": self.margin_mm, "panel": self.panel,
                "panel_mm": self.panel_mm}
        of_map: dict[str, Any] = {"layers": list(self.layers), "palette": self.palette, "hatch": self.hatch,
                                  "kilometre_grid": self.kilometre_grid}
        if self.scale is not None:
            of_map["scale"] = self.scale
        return {**plain, "page": page, "map": of_map, "elements": {key: key in self.elements for key in ELEMENTS},
                "fields": dict(self.fields), "units": {"role": self.units_role, "rows": self.units_rows},
                **({"places": {key: list(self.places[key]) for key in BLOCKS if key in self.places}} if self.places else {})}

    def to_toml(self) -> str:
        """A template file."""
        lines: list[str] = []
        tables = self.to_dict()
        for key, value in tables.items():
            if not isinstance(value, dict):
                lines.append(f"{key} = {_toml(value)}")
        for key, value in tables.items():
            if isinstance(value, dict):
                lines += ["", f"[{key}]", *(f"{inner} = {_toml(one)}" for inner, one in value.items())]
        return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # a JSON string is a TOML string
    return repr(value)


_KEYS: Mapping[str, tuple[str, ...]] = {
    "": ("format", "id", "name", "page", "map", "elements", "fields", "units", "places"),
    "name": ("zh", "en"),
    "page": ("size", "orientation", "margin_mm", "panel", "panel_mm"),
    "map": ("layers", "palette", "hatch", "kilometre_grid", "scale"),
    "elements": tuple(ELEMENTS),
    "fields": tuple(FIELDS),
    "units": ("role", "rows"),
    "places": tuple(BLOCKS),
}


def from_dict(raw: Mapping[str, Any], where: str) -> Template:
    """A template out of the keys of its file.

    Args:
        raw: As TOML or JSON gives it.
        where: What to call it when something is wrong with it.

    Raises:
        SheetError: A key or value that a template cannot have; says which, and what it could be.
    """
    if not isinstance(raw, Mapping):
        raise SheetError(N_("“{where}”不是图面模板"), where=where)
    _only(raw, "", where)
    if raw.get("format") != FORMAT:
        raise SheetError(N_("模板“{where}”的 format 应为 {format}"), where=where, format=FORMAT)
    tables = {key: raw.get(key, {}) for key in ("name", "page", "map", "elements", "fields", "units", "places")}
    for key, table in tables.items():
        if not isinstance(table, Mapping):
            raise SheetError(N_("模板“{where}”的 {key} 应是一个表"), where=where, key=key)
        _only(table, key, where)
    page, of_map, units = tables["page"], tables["map"], tables["units"]
    base = {one.name: one.default for one in fields(Template)}
    ident = _text(raw.get("id", ""), "id", where)
    if not _NAME.fullmatch(ident):
        raise SheetError(N_("模板“{where}”的 id 应由 1 至 40 个字母、数字、汉字、- 或 _ 组成"), where=where)
    layers = of_map.get("layers", [])
    if not isinstance(layers, (list, tuple)):
        raise SheetError(N_("模板“{where}”的 {key} 应是一列图层角色"), where=where, key="map.layers")
    for role in layers:
        _choice(role, "map.layers", tuple(STYLES), where)
    scale = of_map.get("scale")
    return Template(
        id=ident, zh=_text(tables["name"].get("zh", ""), "name.zh", where), en=_text(tables["name"].get("en", ""), "name.en", where),
        size=_choice(page.get("size", base["size"]), "page.size", tuple(SIZES), where),
        orientation=_choice(page.get("orientation", base["orientation"]), "page.orientation", ORIENTATIONS, where),
        margin_mm=_number(page.get("margin_mm", base["margin_mm"]), "page.margin_mm", 3, 60, where),
        panel=_choice(page.get("panel", base["panel"]), "page.panel", PANELS, where),
        panel_mm=_number(page.get("panel_mm", 0.0), "page.panel_mm", 0, 500, where),
        scale=None if scale is None else int(_number(scale, "map.scale", 100, 50_000_000, where)),
        layers=tuple(layers),
        palette=_choice(of_map.get("palette", base["palette"]), "map.palette", PALETTES, where),
        hatch=_flag(of_map.get("hatch", False), "map.hatch", where),
        kilometre_grid=_choice(of_map.get("kilometre_grid", base["kilometre_grid"]), "map.kilometre_grid", GRIDS, where),
        elements=frozenset(key for key in ELEMENTS if _flag(tables["elements"].get(key, True), f"elements.{key}", where)),
        fields={key: _text(text, f"fields.{key}", where) for key, text in tables["fields"].items()},
        units_role=_choice(units.get("role", base["units_role"]), "units.role", tuple(STYLES), where),
        units_rows=int(_number(units.get("rows", base["units_rows"]), "units.rows", 0, 500, where)),
        places={key: _place(at, f"places.{key}", where) for key, at in tables["places"].items()},
    )  # fmt: skip


def _only(table: Mapping[str, Any], name: str, where: str) -> None:
    for key in table:
        if key not in _KEYS[name]:
            full = f"{name}.{key}" if name else str(key)
            raise SheetError(N_("模板“{where}”中没有“{key}”这一项；有：{known}"), where=where, key=full,
                             known="、".join(_KEYS[name]))


def _text(value: Any, key: str, where: str) -> str:
    if not isinstance(value, str) or len(value) > 4000:
        raise SheetError(N_("模板“{where}”的 {key} 应是文字"), where=where, key=key)
    return value


def _flag(value: Any, key: str, where: str) -> bool:
    if not isinstance(value, bool):
        raise SheetError(N_("模板“{where}”的 {key} 应是 true 或 false"), where=where, key=key)
    return value


def _number(value: Any, key: str, low: float, high: float, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise SheetError(N_("模板“{where}”的 {key} 应是 {low} 到 {high} 之间的数"), where=where, key=key, low=low, high=high)
    return float(value)


def _place(value: Any, key: str, where: str) -> tuple[float, float]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise SheetError(N_("模板“{where}”的 {key} 应是两个数：距纸的左边和上边多少毫米"), where=where, key=key)
    x, y = (_number(one, key, 0, max(SIZES["A0"]), where) for one in value)
    return x, y


def _choice(value: Any, key: str, known: tuple[str, ...], where: str) -> str:
    if value not in known:
        raise SheetError(N_("模板“{where}”的 {key} 不能是“{value}”；可用：{known}"), where=where, key=key, value=value,
                         known="、".join(known))
    return value


def load_file(path: Path) -> Template:
    """A template from a TOML or JSON file.

    Raises:
        SheetError: It cannot be read, or is no template.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise SheetError(N_("模板文件打不开：{error}"), error=error) from error
    except (ValueError, RecursionError) as error:
        raise SheetError(N_("模板“{where}”不是写得对的 TOML 或 JSON：{error}"), where=path.name, error=error) from error
    return from_dict(raw, path.name)


def builtin() -> dict[str, Template]:
    """The templates that come with the program, by id."""
    folder = resources.files("sanxian.mapping.sheets") / "templates"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            made = from_dict(tomllib.loads(entry.read_text(encoding="utf-8")), entry.name)
            found[made.id] = made
    return found


def of_workspace(workspace: Any) -> dict[str, Template]:
    """The templates that a workspace carries, by id; one that cannot be read is left out, as the others still serve."""
    found = {}
    for key, raw in sorted((workspace.state(STATE_KEY) or {}).items()):
        try:
            found[key] = from_dict(raw, key)
        except SheetError:
            continue
    return found


def keep(workspace: Any, template: Template) -> None:
    """Save a template in a workspace, in the place of one of the same id."""
    workspace.set_state(STATE_KEY, {**(workspace.state(STATE_KEY) or {}), template.id: template.to_dict()})


def find(name: str, workspace: Any = None) -> Template:
    """A template by the name of its file, or by its id in the workspace or in the program.

    Raises:
        SheetError: There is none.
    """
    if name.lower().endswith((".toml", ".json")):
        return load_file(Path(name))
    known = {**builtin(), **({} if workspace is None else of_workspace(workspace))}
    if name not in known:
        raise SheetError(N_("没有模板“{name}”；有：{known}"), name=name, known="、".join(known))
    return known[name]


def fill(text: str, values: Mapping[str, str]) -> str:
    """``text`` with ``{name}`` and the like replaced, once: what is filled in is never looked at again."""
    return re.sub(r"\{(" + "|".join(PLACEHOLDERS) + r")\}", lambda match: values.get(match[1], ""), text)

"""Styles in and out of files: QML of QGIS and SLD of OGC, by the suffix of the file, telling what was not carried."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sanxian.i18n import N_
from sanxian.mapping.coded import Held, in_codes
from sanxian.mapping.notes import Note, sentences
from sanxian.mapping.own_styles import StyleError, named_field, other
from sanxian.mapping.qgis import asks_derived, derived_field
from sanxian.mapping.styles import LayerStyle, style_for

SUFFIXES = (".qml", ".sld")
MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class Carried:
    """A style that was read, and what was not carried, each in a sentence of the language of the moment."""

    style: LayerStyle
    notes: tuple[str, ...]


def read_style(path: Path | str, role: str, *, columns: Iterable[str] | None = None, geometry: str = "",
               held: Held | None = None) -> Carried:
    """The style in a QML or SLD file, for layers of ``role``.

    Args:
        columns: Fields of the layer, so that what the style asks for and the layer lacks is said; ``None`` where not known.
        geometry: polygon, line or point, so that a style for another kind is said; '' where not known.
        held: What a field of the layer holds (``coded.held_in``): a word that stands in it is not read as a code.

    Raises:
        StyleError: The file cannot be read, or holds no style that can be drawn here.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise StyleError(N_("“{file}”不是样式文件；可用 {known}"), file=path.name, known=" ".join(SUFFIXES))
    try:
        if path.stat().st_size > MOST_BYTES:
            raise StyleError(N_("样式文件“{file}”太大"), file=path.name)
        data = path.read_bytes()
    except OSError as error:
        raise StyleError(N_("样式文件“{file}”读不出来：{why}"), file=path.name, why=error.strerror or error) from error
    notes: list[Note] = []
    root = _parsed(data, path.name)
    style, understood = in_codes(_style_in(root, role, path.name, notes), held)
    notes += understood
    if columns is not None:
        notes += _lacking(style, {str(one) for one in columns})
    there = _geometries(root)
    if geometry and there and geometry not in there:
        notes.insert(0, Note(_FOR[geometry]))
    return Carried(style, tuple(sentences(notes)))


_FOR = {
    "polygon": N_("这个样式不是为面做的；图层是面，颜色和尺寸请核对"), "line": N_("这个样式不是为线做的；图层是线，颜色和尺寸请核对"),
    "point": N_("这个样式不是为点做的；图层是点，颜色和尺寸请核对"),
}
_KINDS = {"fill": "polygon", "line": "line", "marker": "point", "PolygonSymbolizer": "polygon", "LineSymbolizer": "line",
          "PointSymbolizer": "point"}  # fmt: skip


def _geometries(root: Any) -> set[str]:
    """The kinds of geometry that a file has symbols for."""
    from sanxian.mapping.expressions import local

    if local(root) == "qgis":
        return {_KINDS[one.get("type")] for one in root.findall(".//renderer-v2/symbols/symbol") if one.get("type") in _KINDS}
    found = {_KINDS[local(one)] for one in root.iter() if local(one) in _KINDS}
    return found | ({"polygon"} if "line" in found else set())  # an area may be drawn by its outline alone


def _lacking(style: LayerStyle, columns: set[str]) -> list[Note]:
    """A sentence for each field that the style asks for and the layer lacks."""
    columns = columns | ({derived_field(style.role)} - {""})
    notes = []
    if style.kind in ("categorised", "graduated") and style.field not in columns:
        notes.append(Note(N_("图层没有字段“{field}”：样式按它分类，所有要素都归入最后一类“{name}”"), field=style.field,
                          name=style.classes[-1].zh))
    for symbol in style.classes if style.kind == "rules" else ():
        for field in dict.fromkeys(one.field for one in symbol.where.conditions) if symbol.where is not None else ():
            if field not in columns:
                notes.append(Note(N_("图层没有字段“{field}”：规则“{name}”按它判断"), field=field, name=symbol.zh))
    if style.labels and style.label_field and style.label_field not in columns:
        notes.append(Note(N_("图层没有字段“{field}”：标注用的是它，没有标注"), field=style.label_field))
    return notes


def _worked_out(style: LayerStyle) -> list[Note]:
    """What a file cannot say of a field that no table has."""
    if not asks_derived(style):
        return []
    words = N_("样式按字段“{field}”绘制，它由程序按当天算出，数据表里没有：在别的程序里所有要素都会归入“{name}”。"
               "在 QGIS 里请直接打开工作区，用其中已存的样式")
    return [Note(words, field=derived_field(style.role), name=style.classes[-1].zh)]


def _style_in(root: Any, role: str, name: str, notes: list[Note]) -> LayerStyle:
    from sanxian.mapping.expressions import local

    if local(root) == "qgis":
        from sanxian.mapping.qml_read import read_qml

        return read_qml(root, role, notes)
    if local(root) == "StyledLayerDescriptor":
        from sanxian.mapping.sld import read_sld

        return read_sld(root, role, notes)
    raise StyleError(N_("“{file}”既不是 QML 也不是 SLD"), file=name)


def _parsed(data: bytes, name: str) -> Any:
    """The root element; entities, which could fetch files or fill the memory, are refused."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        return fromstring(data)
    except DefusedXmlException as error:
        raise StyleError(N_("“{file}”里有 XML 实体定义，为安全起见不读"), file=name) from error
    except (ParseError, ValueError, LookupError) as error:
        raise StyleError(N_("“{file}”不是完好的 XML：{why}"), file=name, why=error) from error


def write_style(style: LayerStyle, path: Path | str, geometry: str, *, name: str = "", columns: Any = (),
                yes_no: Collection[str] = (), derived: str = "", version: str = "1.1.0") -> tuple[str, ...]:
    """Write a style by the suffix of ``path``; what was not carried, each in a sentence.

    Args:
        geometry: polygon, line or point.
        name: Of the layer.
        columns: Fields of the layer, among which the one that it is named by is found.
        yes_no: Those of them that hold yes and no.
        derived: What gives the field of the preset that no table has, as an expression of QGIS, for QML; '' where not known.
        version: Of SLD.

    Raises:
        StyleError: The suffix is not known, or the file cannot be written.
    """
    from sanxian.mapping.qgis import qml
    from sanxian.mapping.sld import write_sld

    path = Path(path)
    notes: list[Note] = []
    known = {one.en for one in style_for(style.role).classes} | {other().en}
    if any(symbol.en != symbol.zh and symbol.en not in known for symbol in style.classes):
        notes.append(Note(N_("类的英文名没有写出：样式文件里一类只有一个名称")))
    usual = named_field(style, list(columns))
    label = usual[0] if usual else ""
    if path.suffix.lower() == ".qml":
        text = qml(style, geometry, attr=derived, label=label, yes_no=yes_no, notes=notes)
    elif path.suffix.lower() == ".sld":
        derived = ""
        text = write_sld(style, geometry, name=name, label=label, version=version, yes_no=yes_no, notes=notes)
    else:
        raise StyleError(N_("“{file}”不是样式文件；可用 {known}"), file=path.name, known=" ".join(SUFFIXES))
    if not derived:
        notes += _worked_out(style)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StyleError(N_("样式文件“{file}”写不出来：{why}"), file=path.name, why=error.strerror or error) from error
    return tuple(sentences(notes))

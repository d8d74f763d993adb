"""Styles in and out of files: QML of QGIS and SLD of OGC, by the suffix of the file, telling what was not carried."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sanxian.i18n import N_
from sanxian.mapping.notes import Note, sentences
from sanxian.mapping.own_styles import StyleError, named_field
from sanxian.mapping.styles import LayerStyle

SUFFIXES = (".qml", ".sld")
MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class Carried:
    """A style that was read, and what was not carried, each in a sentence of the language of the moment."""

    style: LayerStyle
    notes: tuple[str, ...]


def read_style(path: Path | str, role: str) -> Carried:
    """The style in a QML or SLD file, for layers of ``role``.

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
    style = _style_in(root, role, path.name, notes)
    return Carried(style, tuple(sentences(notes)))


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
                version: str = "1.1.0") -> tuple[str, ...]:
    """Write a style by the suffix of ``path``; what was not carried, each in a sentence.

    Args:
        geometry: polygon, line or point.
        name: Of the layer.
        columns: Fields of the layer, among which the one that it is named by is found.
        version: Of SLD.

    Raises:
        StyleError: The suffix is not known, or the file cannot be written.
    """
    from sanxian.mapping.qgis import qml
    from sanxian.mapping.sld import write_sld

    path = Path(path)
    notes: list[Note] = []
    usual = named_field(style, list(columns))
    label = usual[0] if usual else ""
    if path.suffix.lower() == ".qml":
        text = qml(style, geometry, label=label, notes=notes)
    elif path.suffix.lower() == ".sld":
        text = write_sld(style, geometry, name=name, label=label, version=version, notes=notes)
    else:
        raise StyleError(N_("“{file}”不是样式文件；可用 {known}"), file=path.name, known=" ".join(SUFFIXES))
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StyleError(N_("样式文件“{file}”写不出来：{why}"), file=path.name, why=error.strerror or error) from error
    return tuple(sentences(notes))

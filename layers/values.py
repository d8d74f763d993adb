"""One cell of a table: what it means, or that it cannot be read. Nothing here guesses."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from layers.schema import Field, Role, plain

_YES = {"是", "有", "Y", "YES", "TRUE", "T", "1", "1.0", "√", "达标", "已认定", "已完成"}
_NO = {"否", "无", "N", "NO", "FALSE", "F", "0", "0.0", "×", "不是", "没有", "不达标", "未达标", "未认定", "未完成"}
EMPTY = {"", "NULL", "<NULL>", "NONE", "NAN", "NAT", "#N/A", "-", "--", "—", "——", "/", "\\"}
_WHOLE = re.compile(r"^(\d+)\.0+$")  # a code that has been a number on its way: 360403.0
_DATE = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?$")


class Unreadable(ValueError):
    """A value that is there and means nothing for its field."""


def is_gap(value: Any) -> bool:
    """Whether there is no value at all: ``None``, NaN, NaT or NA; a text of blanks is one."""
    if value is None or isinstance(value, (str, int)):
        return value is None
    return math.isnan(value) if isinstance(value, float) else str(value) in ("NaT", "<NA>", "nan")


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing: no value (:func:`is_gap`) or only blanks."""
    return not value.strip() if isinstance(value, str) else is_gap(value)


def as_text(value: Any) -> str | None:
    """The cell as text; a whole number has no decimal point, a list is separated by ``;``."""
    if isinstance(value, (list, tuple)) or type(value).__name__ == "ndarray":
        return ";".join(text for text in map(as_text, value) if text is not None) or None
    if is_missing(value):
        return None
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return "true" if value else "false"
    if isinstance(value, datetime) or (hasattr(value, "isoformat") and hasattr(value, "hour")):
        text = value.isoformat()
        return text[:10] if text[10:] in ("", "T00:00:00") else text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value).strip()
    if math.isinf(number):
        return None
    if float(number).is_integer() and abs(number) < 1e15:
        return str(int(number))
    return str(value)


def normalise(value: Any, field: Field) -> Any:
    """The cell as the field wants it.

    Returns:
        Text, ``float``, ``bool``, or ``None`` where the cell is empty.

    Raises:
        Unreadable: Something stands there that the field cannot mean.
    """
    text = as_text(value)
    if text is None or plain(text) in EMPTY:
        return None
    match field.kind:
        case "text":
            return text
        case "code":
            return _WHOLE.sub(r"\1", unicodedata.normalize("NFKC", text).strip())
        case "choice":
            return _choice(_WHOLE.sub(r"\1", text), field)
        case "bool":
            return _bool(text)
        case "number":
            return number(text)
        case "date":
            return day(text)
        case other:
            raise AssertionError(other)


def settled(attributes: Mapping[str, Any], schema: Role | None) -> dict[str, Any]:
    """A feature's attributes as verdicts may take them: what another program wrote there that the field cannot mean is unknown.

    A word that an import would have understood (核心区) is; any other must not count as "none of those that a rule asks for".
    """
    found = dict(attributes)
    for field in schema.fields if schema is not None else ():
        if field.name in found:
            found[field.name] = understood(found[field.name], field)
    return found


def understood(value: Any, field: Field) -> Any:
    """A value as a verdict may take it; ``None`` where it means nothing for its field.

    A text of which some words have a meaning (the kind of a receptor) stays as it is written in the layer; rules take it by these
    words, and any other word as unknown.
    """
    if value is None or type(value) is bool or field.kind == "choice" and value in field.choices:
        return value
    if field.kind in ("choice", "bool") or field.kind == "number" and isinstance(value, str):
        try:
            return normalise(value, field)
        except Unreadable:
            return None
    if field.kind == "text" and field.choices and isinstance(value, str):
        try:
            return _choice(value, field)
        except Unreadable:
            return None
    return value


def _choice(text: str, field: Field) -> str:
    word = plain(text)
    for choice in field.choices:
        if plain(choice) == word:
            return choice
    for alias, choice in field.value_aliases.items():
        if plain(alias) == word:
            return choice
    raise Unreadable(text)


def _bool(text: str) -> bool:
    word = plain(text)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Unreadable(text)


def number(text: str) -> float:
    """A decimal number; ``1,234.5`` is accepted, and a decimal comma (``115,985``) is too where it cannot be thousands.

    Raises:
        Unreadable: It is not a finite number.
    """
    word = unicodedata.normalize("NFKC", text).strip().replace("\u2212", "-").replace(" ", "")
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", word):
        word = word.replace(",", "")
    elif re.fullmatch(r"[+-]?\d+,\d+", word):
        word = word.replace(",", ".")
    try:
        value = float(word)
    except ValueError:
        raise Unreadable(text) from None
    if not math.isfinite(value):
        raise Unreadable(text)
    return value


def day(text: str) -> str:
    """A date as ISO text.

    Raises:
        Unreadable: It is not one day: a year alone, a month above 12, or day and month in doubt.
    """
    word = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch(r"\d{8}", word):
        word = f"{word[:4]}-{word[4:6]}-{word[6:]}"
    found = _DATE.match(word)
    if not found:
        raise Unreadable(text)
    try:
        return date(*map(int, found.groups())).isoformat()
    except ValueError:
        raise Unreadable(text) from None

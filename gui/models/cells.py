"""What may be typed into a cell of an attribute table, and what it means. Knows no Qt."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from layers.values import Unreadable, day, is_gap, number
from sanxian.i18n import N_, _

if TYPE_CHECKING:
    from layers.workspace import ColumnKind

READONLY = N_("工作区以只读方式打开，不能改动")
OFFICIAL = N_("结论依据这个图层的原样数据，不能在这里改：请在来源文件中改好，再作为新版本加入。")
OUTLETS = N_("排污口的情况在“排污口办理”中登记，或用“批量更新台账”改，不能在表里直接改。")
ASKED = N_("规则 {rules} 要看这类图层，不能在这里改：请在来源文件中改好，再作为新版本加入。")
UNREAD = N_("规则读不出来，不知道有没有规则要看这类图层：先在“规则管理”中改好。")
AWAY = N_("图层还没有写回文件：先保存工作区。")
ROW_ID = N_("行号由文件编定，不能改。")
WORKED_OUT = N_("“{field}”是算出来的，不能改。")
OTHER_TYPE = N_("“{field}”的类型（{type}）不能在这里改。")

_WANTED: Mapping[str, str] = {
    "text": N_("文字"), "code": N_("文字"), "number": N_("数，如 12.5"), "integer": N_("整数"), "bool": N_("“是”或“否”"),
    "choice": N_("所列取值之一"), "date": N_("不带时刻的日期，如 2026-11-22"),
}
_NO_TIME = re.compile(r"[^T ]*([T ]0?0(:00){0,2}(\.0*)?Z?)?")  # a day, or the midnight that a spreadsheet writes behind it


@dataclass(frozen=True)
class Cells:
    """What of a layer's table may be changed.

    Attributes:
        why: Why nothing of it may, as a msgid; empty where something may.
        params: What varies in that sentence.
        kinds: What each column of the file takes.
    """

    why: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, ColumnKind] = field(default_factory=dict)

    def words(self) -> str:
        """Why nothing may be changed; '' where something may."""
        return _(self.why).format(**self.params) if self.why else ""

    def refusal(self, name: str, title: str) -> str:
        """Why a column may not be changed; '' where it may."""
        if self.why:
            return self.words()
        kind = self.kinds.get(name)
        if name == "fid":
            return _(ROW_ID)
        if kind is None:
            return _(WORKED_OUT).format(field=title)
        return "" if kind.kind else _(OTHER_TYPE).format(field=title, type=kind.declared)


def wanted(kind: ColumnKind) -> str:
    """What a column takes, in words."""
    return _(_WANTED[kind.kind])


def shown(value: Any) -> str:
    """A value as it is put into the field that it is typed in: whole, and with nothing added."""
    if is_gap(value):
        return ""
    if hasattr(value, "item"):
        value = value.item()
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)


def held(value: Any, kind: ColumnKind) -> Any:
    """A value of a table as one to be put into its column; ``None`` where there is none."""
    if not shown(value):
        return None
    plain = value.item() if hasattr(value, "item") else value
    return bool(plain) if kind.kind == "bool" else int(plain) if kind.kind == "integer" else plain


def read(text: str, kind: ColumnKind) -> Any:
    """What a text means in a column; ``None`` for an empty one, which is unknown and neither 0 nor no.

    Raises:
        Unreadable: It is no value of the column's kind, or cannot be left out.
    """
    word = text.strip()
    if not word:
        if kind.needed:
            raise Unreadable(text)
        return None
    match kind.kind:
        case "number":
            return number(word)
        case "integer":
            return _whole(word, kind)
        case "date":
            if not _NO_TIME.fullmatch(unicodedata.normalize("NFKC", word)):  # which the column would lose
                raise Unreadable(text)
            return day(word)
        case "bool":
            found = {"true": True, "false": False, _("是"): True, _("否"): False, "是": True, "否": False}.get(word)
            if found is None:
                raise Unreadable(text)
            return found
        case "choice" if word not in kind.choices:
            raise Unreadable(text)
    width = kind.declared.removeprefix("TEXT(").removesuffix(")")
    if width.isdigit() and len(word) > int(width):
        raise Unreadable(text)
    return word


def _whole(word: str, kind: ColumnKind) -> int:
    from layers.workspace import WHOLE_BITS

    plain = unicodedata.normalize("NFKC", word).replace("\u2212", "-")
    digits = plain.removeprefix("-").removeprefix("+")
    if digits.isascii() and digits.isdigit():
        found = int(plain)  # not by way of a decimal number, which has too few digits for a long one
    else:
        decimal = number(word)
        if not decimal.is_integer():
            raise Unreadable(word)
        found = int(decimal)
    bits = WHOLE_BITS[kind.declared.partition("(")[0].strip()]
    if not -(2**bits) <= found < 2**bits:
        raise Unreadable(word)
    return found

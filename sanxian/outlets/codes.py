"""The code of an outlet: ``FA-420582-0083-QT-00``, checked part by part and put together from its parts."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sanxian.i18n import N_
from sanxian.outlets.errors import OutletError

_PATTERN = re.compile(r"^([A-Z]{2})-?(\d{6})-?(\d{4})-?([A-Z]{2})-?(\d{2})$")

PROBLEMS: Mapping[str, str] = {
    "code-pattern": N_("编码“{code}”不合“FA-420582-0083-QT-00”的样式"),
    "code-basin": N_("编码“{code}”的流域字母 {letters} 不在字母表中"),
    "code-county": N_("编码“{code}”中的县级代码 {county} 不是六位区县代码，或不在编码表的区县中"),
    "code-kind": N_("编码“{code}”的类型字母 {letters} 不在类型表中"),
    "code-class": N_("编码“{code}”的类型字母 {letters}（{meaning}）与一级分类“{kind}”不相配"),
    "code-serial": N_("编码“{code}”的顺序号为 0000"),
    "code-looks-local": N_("“{code}”像是地方编码，不是国家编码；请放入地方编码栏"),
}


@dataclass(frozen=True, slots=True)
class OutletCode:
    """The parts of a code, all of them text."""

    basin: str
    county: str
    serial: str
    kind: str
    extension: str

    @property
    def hyphenated(self) -> str:
        """With hyphens."""
        return "-".join((self.basin, self.county, self.serial, self.kind, self.extension))

    @property
    def plain(self) -> str:
        """Without hyphens."""
        return self.hyphenated.replace("-", "")


@dataclass(frozen=True, slots=True)
class CodeProblem:
    """What is wrong with a code: a key of ``PROBLEMS`` and what varies in its sentence."""

    problem: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CodeTables:
    """The letters that a code may have.

    Attributes:
        basin: By first letter.
        kind: By two letters: title and the classes they go with.
        county: By six digits; empty where any number with the form of a county's code will do.
    """

    basin: Mapping[str, Mapping[str, str]]
    kind: Mapping[str, Mapping[str, Any]]
    county: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@cache
def builtin_tables() -> CodeTables:
    """The tables that come with the program."""
    return _tables((files("sanxian.outlets") / "codes.toml").read_text(encoding="utf-8"), "codes.toml", None)


def load_tables(path: Path) -> CodeTables:
    """An office's own tables; a table that the file leaves out stays as it comes with the program.

    Raises:
        OutletError: The file is not TOML, or a letter is not one or two capitals.
        OSError: It cannot be read.
    """
    return _tables(Path(path).read_text(encoding="utf-8"), Path(path).name, builtin_tables())


STATE = "outlet_code_tables"


def read_tables(workspace: Any) -> CodeTables:
    """The tables that a workspace carries, else those that come with the program.

    Raises:
        OutletError: What it carries is no table.
    """
    kept = workspace.state(STATE)
    return _tables(str(kept["toml"]), str(kept["file"]), builtin_tables()) if kept else builtin_tables()


def keep_tables(workspace: Any, path: Path | None) -> CodeTables:
    """Let a workspace carry an office's own tables; ``None`` goes back to those of the program.

    Raises:
        OutletError: The file is no table.
        OSError: It cannot be read.
    """
    if path is None:
        workspace.set_state(STATE, None)
        return builtin_tables()
    tables = load_tables(path)
    workspace.set_state(STATE, {"file": Path(path).name, "toml": Path(path).read_text(encoding="utf-8")})
    return tables


def _tables(text: str, name: str, base: CodeTables | None) -> CodeTables:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OutletError("编码表 {file} 不是可读的 TOML：{reason}", file=name, reason=str(error)) from error
    basin = data.get("basin", base.basin if base else {})
    kind = data.get("kind", base.kind if base else {})
    for letters, width in [*((key, 1) for key in basin), *((key, 2) for key in kind)]:
        if not re.fullmatch(rf"[A-Z]{{{width}}}", letters):
            raise OutletError("编码表 {file} 中的“{letters}”应是 {width} 个大写字母", file=name, letters=letters, width=width)
    county = data.get("county", base.county if base else {})
    wrong = [digits for digits in county if not is_county(digits)]
    if wrong:
        raise OutletError("编码表 {file} 中的“{county}”不是六位区县代码", file=name, county=wrong[0])
    return CodeTables(basin, kind, county)


def normal(text: str) -> str:
    """A code as it is compared: half-width, capitals, without spaces, any dash a hyphen."""
    word = unicodedata.normalize("NFKC", text).upper()
    return re.sub(r"[\s]+", "", re.sub(r"[‐‑‒–—―−_]", "-", word))


def parse(text: str) -> OutletCode | None:
    """The parts of a code, with or without hyphens; ``None`` where it is no such code."""
    found = _PATTERN.match(normal(text))
    return OutletCode(*found.groups()) if found else None


def same_code(text: str | None) -> str | None:
    """What two spellings of one code have in common."""
    if not text:
        return None
    parts = parse(text)
    return parts.plain if parts else normal(text)


def check(text: str, *, kind: str | None = None, kind_title: str = "", tables: CodeTables | None = None) -> list[CodeProblem]:
    """What is wrong with a national code.

    Args:
        text: As it stands in the register.
        kind: First-level class of the outlet, an identifier of ``classes.toml``, where it is known.
        kind_title: Its words, for the sentence.
        tables: An office's own.
    """
    tables = tables or builtin_tables()
    code = parse(text)
    if code is None:
        local = re.search(r"[^\x00-\x7f]", text) or re.fullmatch(r"[A-Z]{0,3}\d{1,5}", normal(text))
        return [CodeProblem("code-looks-local" if local else "code-pattern", {"code": text})]
    found = []
    if code.basin[0] not in tables.basin:
        found.append(CodeProblem("code-basin", {"code": text, "letters": code.basin}))
    if not is_county(code.county) or (tables.county and code.county not in tables.county):
        found.append(CodeProblem("code-county", {"code": text, "county": code.county}))
    if code.serial == "0000":
        found.append(CodeProblem("code-serial", {"code": text}))
    entry = tables.kind.get(code.kind)
    if entry is None:
        found.append(CodeProblem("code-kind", {"code": text, "letters": code.kind}))
    elif kind and entry.get("classes") and kind not in entry["classes"]:
        params = {"code": text, "letters": code.kind, "meaning": entry.get("zh", ""), "kind": kind_title or kind}
        found.append(CodeProblem("code-class", params))
    return found


def is_county(digits: str) -> bool:
    """Whether six digits have the form of a county's code (GB/T 2260): province 11 to 82, city and county not 00."""
    return bool(re.fullmatch(r"\d{6}", digits)) and 11 <= int(digits[:2]) <= 82 and digits[2:4] != "00" and digits[4:] != "00"


def build(
    basin: str, county: str, serial: int, kind: str, *, extension: int = 0, tables: CodeTables | None = None
) -> OutletCode:
    """Put a code together.

    Args:
        basin: Two letters.
        county: Six digits, text.
        serial: 1 to 9999 within the county.
        kind: Two letters of the type table.
        extension: 0 to 99.
        tables: An office's own.

    Raises:
        OutletError: A part cannot stand in a code; the sentence names it.
    """
    tables = tables or builtin_tables()
    basin, kind = normal(basin), normal(kind)
    if not re.fullmatch(r"[A-Z]{2}", basin) or basin[0] not in tables.basin:
        raise OutletError("流域字母“{letters}”不在字母表中", letters=basin)
    if not is_county(county) or (tables.county and county not in tables.county):
        raise OutletError("“{county}”不是六位区县代码，或不在编码表的区县中", county=county)
    if not 1 <= serial <= 9999:
        raise OutletError("顺序号 {serial} 不在 1 至 9999 之间", serial=serial)
    if kind not in tables.kind:
        raise OutletError("类型字母“{letters}”不在类型表中；可用：{known}", letters=kind, known="、".join(tables.kind))
    if not 0 <= extension <= 99:
        raise OutletError("扩展码 {extension} 不在 0 至 99 之间", extension=extension)
    return OutletCode(basin, county, f"{serial:04d}", kind, f"{extension:02d}")


def letters_for(kind: str | None, sub_letters: str, tables: CodeTables) -> list[str]:
    """Letters of the type table that an outlet's class allows, the likeliest first: those of its sub-class, then the rest."""
    fits = [letters for letters, entry in tables.kind.items() if not entry.get("classes") or not kind or kind in entry["classes"]]
    return sorted(fits, key=lambda letters: letters != sub_letters)


def next_serial(codes: list[str | None], county: str) -> int:
    """The first serial after the highest one that ``county`` has used: numbers of outlets that were closed are not given again."""
    used = [int(part.serial) for part in map(parse, filter(None, codes)) if part and part.county == county]
    return max(used, default=0) + 1

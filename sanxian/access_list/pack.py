"""An access list as a rule pack: one TOML file, the same bytes from the same list, and a page that says what it is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from rules.conditions import All, Always, AnyOf, Attribute, Condition, InPlace, Not, Relation
from rules.model import AccessList, Document
from sanxian.access_list.errors import AccessListError
from sanxian.access_list.importer import ImportedList
from sanxian.i18n import N_

PACK_FILE = "access_list.toml"
_UNIT_KEYS = ("name", "category", "province", "city", "county", "note")


def condition_table(condition: Condition) -> dict[str, Any]:
    """A parsed condition back in the form that ``rules.conditions.parse_condition`` reads."""
    match condition:
        case Always():
            return {"always": True}
        case All(parts):
            return {"all": [condition_table(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [condition_table(part) for part in parts]}
        case Not(part):
            return {"not": condition_table(part)}
        case Attribute(name, test, value, unit):
            table: dict[str, Any] = {"attribute": name, test: list(value) if isinstance(value, tuple) else value}
            return {**table, "unit": unit} if unit else table
        case Relation():
            table = {"relation": condition.relation, "layer": condition.layer}
            if condition.where:
                table["where"] = {
                    name: next(iter(values)) if len(values) == 1 else list(values) for name, values in condition.where.items()
                }
            if condition.parameter is not None:
                table["distance_m"] = {"parameter": condition.parameter}
            elif condition.distance_m is not None:
                table["distance_m"] = condition.distance_m
            if condition.share is not None:
                table["share"] = condition.share
            if condition.baseline:
                table["baseline"] = list(condition.baseline)
            return table
        case InPlace():
            raise ValueError("a place is no condition of an access list: its clauses carry place_codes")


def pack_text(access_list: AccessList, documents: Iterable[Document] = ()) -> str:
    """The pack's TOML."""
    lines = [
        "# 由公布的生态环境准入清单读出。机读的条款（machine_read）是建议，须由人确认后才算数；",
        "# manual 的条款由人逐条判断。条款原文一字未改，出处见 provenance。",
        *_pairs(
            {
                "key": access_list.key,
                "title": dict(access_list.title),
                "document": access_list.document,
                "in_force_from": access_list.in_force_from,
                "in_force_until": access_list.in_force_until,
                "source": access_list.source or None,
                "source_sha256": access_list.sha256 or None,
            }
        ),
    ]
    if not access_list.units and not access_list.clauses:
        lines.append("clause = []")  # by its keys the loader knows what a file is
    for document in documents:
        lines += ["", "[[register]]"]
        lines += _pairs(
            {
                "key": document.key,
                "title": dict(document.title),
                "number": document.number,
                "issuer": document.issuer,
                "issued": document.issued,
                "in_force_from": document.in_force_from,
                "in_force_until": document.in_force_until,
                "repealed_by": document.repealed_by,
                "url": document.url or None,
            }
        )
    for code, unit in access_list.units.items():
        lines += ["", "[[unit]]"]
        lines += _pairs({"code": code, **{name: unit[name] for name in _UNIT_KEYS if unit.get(name)}})
    for clause in access_list.clauses:
        reading = {name: value for name, value in clause.reading.items() if value is not None}
        lines += ["", "[[clause]]"]
        lines += _pairs(
            {
                "id": clause.id,
                "tier": clause.tier,
                "unit": clause.unit,
                "dimension": str(clause.dimension),
                "text": clause.text,
                "provenance": clause.provenance,
                "status": clause.status,
                "outcome": str(clause.outcome) if clause.outcome else None,
                "project": condition_table(clause.project) if clause.project is not None else None,
                "place_codes": list(clause.place_codes) or None,
                "reading": reading or None,
            }
        )
    return "\n".join(lines) + "\n"


def write_pack(
    imported: ImportedList | AccessList, folder: Path | str, *, documents: Iterable[Document] | None = None
) -> Path:
    """Write ``access_list.toml`` and ``README.md`` into ``folder``, which is made where it is missing.

    What the import of the same file had to say stays in ``README.md`` when the list is written again after a review:
    it quotes the cells that are no clause.

    A list that names a document which nobody has registered would not load; where ``documents`` is absent, the list
    itself is registered as its document.

    Raises:
        AccessListError: The folder cannot be written.
    """
    access_list = imported.access_list if isinstance(imported, ImportedList) else imported
    issues = imported.issues if isinstance(imported, ImportedList) else ()
    folder = Path(folder)
    registered = list(documents) if documents is not None else [_itself(access_list)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / PACK_FILE, pack_text(access_list, registered))
        words = {"error": "须处理", "warning": "请核对", "info": "说明"}
        told = [f"- {words[issue.severity]}：{' '.join(issue.words.split())}" for issue in issues]
        if not isinstance(imported, ImportedList):
            told = _told_before(folder / "README.md", access_list)
        _write(folder / "README.md", _readme(access_list, told))
    except OSError as error:
        raise AccessListError(N_("写不了文件夹“{folder}”：{error}"), folder=folder, error=error) from error
    return folder / PACK_FILE


def _itself(access_list: AccessList) -> Document:
    return Document(
        key=access_list.document,
        title=dict(access_list.title),
        number="",
        issuer="",
        issued=None,
        in_force_from=access_list.in_force_from,
        in_force_until=access_list.in_force_until,
    )


def _write(path: Path, text: str) -> None:
    """All of the file or the file as it was."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8", newline="\n")
    os.replace(partial, path)


def _told_before(path: Path, access_list: AccessList) -> list[str]:
    """The import's lines in a page written earlier for the same file."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return []
    if not access_list.sha256 or _DIGEST + access_list.sha256 not in lines or _TOLD not in lines:
        return []
    return [line for line in lines[lines.index(_TOLD) + 1 :] if line.startswith("- ")]


_DIGEST = "- 来源文件 SHA-256："
_TOLD = "## 导入时的提示"


def _readme(access_list: AccessList, told: list[str]) -> str:
    by_status = {
        status: sum(clause.status == status for clause in access_list.clauses)
        for status in ("confirmed", "machine_read", "manual")
    }
    lines = [
        f"# {access_list.title.get('zh', access_list.key)}",
        "",
        f"- 来源文件：{access_list.source or '（未记）'}",
        f"{_DIGEST}{access_list.sha256 or '（未记）'}",
        f"- 施行日期：{access_list.in_force_from.isoformat()}"
        + (f"，至 {access_list.in_force_until.isoformat()}" if access_list.in_force_until else ""),
        f"- 管控单元：{len(access_list.units)} 个",
        f"- 条款：{len(access_list.clauses)} 条；已确认 {by_status['confirmed']} 条，机读待核 {by_status['machine_read']} 条，"
        f"人工判断 {by_status['manual']} 条",
        "",
        "机读待核的条款在人确认之前不作结论：可能触及的项目得到“资料不足”，并注明要核的条款。",
        "",
    ]
    if told:
        lines += [_TOLD, "", *told, ""]
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------------------- TOML


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(name)} = {_value(value)}" for name, value in table.items() if value is not None]


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_\-]+", name) else _string(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(name))} = {_value(item)}" for name, item in value.items() if item is not None)
        return "{ " + inner + " }" if inner else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    raise TypeError(f"no TOML for {type(value).__name__}")


_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def _string(text: str) -> str:
    """A basic string: control characters and lone surrogates, which TOML cannot hold, are escaped or replaced."""
    pieces: list[str] = []
    for character in text:
        code = ord(character)
        if character in _SHORT:
            pieces.append(_SHORT[character])
        elif code < 0x20 or code == 0x7F:
            pieces.append(f"\\u{code:04X}")
        elif 0xD800 <= code <= 0xDFFF:
            pieces.append("\ufffd")
        else:
            pieces.append(character)
    return '"' + "".join(pieces) + '"'

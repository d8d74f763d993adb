"""Rules from TOML: strict, so that a slip in a file is an error and not a gap.

A pack is a folder (or the same files carried in a workspace): ``documents.toml``, one file a rule, and access lists.
Which of them a file is, its keys say. A pack is data; nothing in it can run.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Any

from rules.conditions import ALWAYS, Condition, Relation, leaves, parse_condition
from rules.model import (
    AccessList,
    Basis,
    Clause,
    Confidence,
    Dimension,
    Document,
    Force,
    Place,
    Rule,
    RuleError,
    RuleException,
    RuleVersion,
    Verdict,
)

MAX_FILE_BYTES = 32 * 1024 * 1024  # an access list of a whole province is about 5 MB
LEVELS = ("national", "basin", "province", "city", "district", "park")
TIERS = ("province", "basin", "city", "unit")
STATUSES = ("confirmed", "machine_read", "manual")
SETTLED = (Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.CONDITIONAL, Verdict.ADVISORY)
MILD = (*SETTLED, Verdict.PERMITTED, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Pack:
    """What one pack holds.

    Attributes:
        sha256: Digest of its files, names and bytes.
        complete_from: First day of whose law the pack holds all that it means to hold (``pack.toml``); on an earlier day
            a rule that is not there proves nothing.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    access_lists: tuple[AccessList, ...] = ()
    documents: Mapping[str, Document] = field(default_factory=dict[str, Document])
    sha256: str = ""
    complete_from: date | None = None


def load_pack(folder: Path) -> Pack:
    """Read every ``.toml`` file of a folder and its subfolders.

    Raises:
        RuleError: The folder is missing or empty, or a file says something that cannot be a rule: with the file, the
            place in it, what is wrong and what would be right.
    """
    return load_files(folder.name, pack_files(folder))


def pack_files(folder: Path) -> dict[str, bytes]:
    """The ``.toml`` files of a folder and its subfolders, by relative name.

    Raises:
        RuleError: The folder is missing or empty, or a file is far too large.
    """
    if not folder.is_dir():
        raise RuleError("规则包“{folder}”不是文件夹；请给出含 .toml 文件的文件夹", folder=folder)
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*.toml")):
        if path.stat().st_size > MAX_FILE_BYTES:
            raise RuleError("{file}：文件过大（超过 32 MB），不像规则文件", file=path.name)
        files[path.relative_to(folder).as_posix()] = path.read_bytes()
    if not files:
        raise RuleError("规则包“{folder}”中没有 .toml 文件", folder=folder)
    return files


def builtin_files() -> dict[str, bytes]:
    """The files of the packs that come with the program, by relative name."""
    root = resources.files("rules") / "packs"
    files: dict[str, bytes] = {}

    def collect(folder: Traversable, prefix: str) -> None:
        for entry in sorted(folder.iterdir(), key=lambda item: item.name):
            if entry.is_dir():
                collect(entry, f"{prefix}{entry.name}/")
            elif entry.name.endswith(".toml"):
                files[prefix + entry.name] = entry.read_bytes()

    collect(root, "")
    return files


def load_builtin() -> list[Pack]:
    """The packs that come with the program: the documents register, national rules and local plans."""
    return [load_files("builtin", builtin_files())]


def load_files(name: str, files: Mapping[str, bytes]) -> Pack:
    """A pack from its files' names and bytes.

    Raises:
        RuleError: As for :func:`load_pack`.
    """
    rules: list[Rule] = []
    lists: list[AccessList] = []
    documents: dict[str, Document] = {}
    complete_from: date | None = None
    digest = hashlib.sha256()
    for file, raw in sorted(files.items()):
        digest.update(f"{file}\0{len(raw)}\0".encode())
        digest.update(raw)
        try:
            data = tomllib.loads(raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise RuleError(
                "{file}：不是 UTF-8 文本（第 {at} 字节处）；请另存为 UTF-8", file=file, at=error.start
            ) from error
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise RuleError("{file}：不是有效的 TOML：{error}", file=file, error=error) from error
        if Path(file).name == "pack.toml":
            about = Table(data, file)
            complete_from = about.take("complete_from", date, None)
            about.finish()
            found = []
        elif Path(file).name == "documents.toml":
            found = [_document(key, Table(value, f"{file} [{key}]")) for key, value in data.items()]
        elif "clause" in data or "unit" in data:
            access_list, found = _access_list(Table(data, file), file, hashlib.sha256(raw).hexdigest())
            lists.append(access_list)
        elif "id" in data or "version" in data:
            rules.append(_rule(Table(data, file), file))
            found = []
        else:
            raise RuleError("{file}：既不是规则（缺 id），也不是准入清单（缺 clause）或文件登记表", file=file)
        for document in found:
            if document.key in documents and documents[document.key] != document:
                raise RuleError("{file}：文件键“{key}”登记了两次且内容不同", file=file, key=document.key)
            documents[document.key] = document
    seen: dict[str, str] = {}
    for rule in rules:
        if rule.id in seen:
            raise RuleError(
                "{file}：规则 id“{id}”已在 {other} 中使用", file=rule.source, id=rule.id, other=seen[rule.id]
            )
        seen[rule.id] = rule.source
    return Pack(name, tuple(rules), tuple(lists), documents, digest.hexdigest(), complete_from)


# ---------------------------------------------------------------------------------------------------- tables


class Table:
    """A TOML table that must be used up: a key nobody asked for is a mistake."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise RuleError("{where}：应为一张表，而不是 {value!r}", where=where, value=data)
        self._left: dict[str, Any] = dict(data)  # type: ignore[arg-type]
        self.where = where

    def has(self, key: str) -> bool:
        """Whether the key is there and not yet taken."""
        return key in self._left

    def take(self, key: str, kind: type, *default: Any) -> Any:
        """The value of ``key``, which must be of ``kind``; ``default`` where it may be absent."""
        if key not in self._left:
            if default:
                return default[0]
            raise RuleError("{where}：缺少“{key}”", where=self.where, key=key)
        value = self._left.pop(key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise RuleError(
                "{where}：“{key}”应为{kind}，而不是 {value!r}",
                where=self.where, key=key, kind=_KINDS.get(kind, kind.__name__), value=value,
            )  # fmt: skip
        if kind is date and hasattr(value, "hour"):
            raise RuleError("{where}：“{key}”应为日期（如 2026-08-15），不带时刻", where=self.where, key=key)
        return value

    def word(self, key: str, words: Iterable[str], *default: Any) -> Any:
        """A text that must be one of ``words``."""
        value = self.take(key, str, *default)
        allowed = list(words)
        if value not in allowed and not (default and value == default[0]):
            raise RuleError(
                "{where}：“{key}”应为 {words} 之一，而不是“{value}”",
                where=self.where, key=key, words="、".join(allowed), value=value,
            )  # fmt: skip
        return value

    def words(self, key: str, *default: Mapping[str, str]) -> Mapping[str, str]:
        """A ``{zh, en}`` table, both present."""
        if key not in self._left and default:
            return default[0]
        table = Table(self.take(key, dict), f"{self.where}.{key}")
        found = {"zh": table.take("zh", str), "en": table.take("en", str)}
        table.finish()
        for language, text in found.items():
            if not text.strip():
                raise RuleError("{where}：{key} 的 {language} 文字为空", where=self.where, key=key, language=language)
        return found

    def word_list(self, key: str) -> tuple[Mapping[str, str], ...]:
        """A list of ``{zh, en}`` tables; empty where absent."""
        items = self.take(key, list, [])
        return tuple(
            Table({"words": item}, f"{self.where}.{key}[{n}]").words("words") for n, item in enumerate(items, 1)
        )

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where absent."""
        items = self.take(key, list, [])
        if not all(isinstance(item, str) for item in items):
            raise RuleError("{where}：“{key}”应为文字列表", where=self.where, key=key)
        return tuple(items)

    def tables(self, key: str, *, required: bool = False) -> list[Table]:
        """An array of tables."""
        items = self.take(key, list) if required else self.take(key, list, [])
        if required and not items:
            raise RuleError("{where}：“{key}”不能为空", where=self.where, key=key)
        return [Table(item, f"{self.where} [{key} {n}]") for n, item in enumerate(items, 1)]

    def condition(self, key: str, *default: Condition) -> Condition:
        """A condition of the closed vocabulary."""
        if key not in self._left and default:
            return default[0]
        return parse_condition(self.take(key, dict), f"{self.where} {key}")

    def raw(self, key: str) -> Any:
        """A value taken as it is."""
        return self._left.pop(key, None)

    def finish(self) -> None:
        """Refuse what is left."""
        if self._left:
            raise RuleError(
                "{where}：不认识的键 {keys}", where=self.where, keys="、".join(sorted(map(str, self._left)))
            )


_KINDS = {str: "文字", date: "日期", list: "列表", dict: "表", bool: "true 或 false", int: "整数", float: "数字"}


# ---------------------------------------------------------------------------------------------------- parts


def _document(key: str, table: Table) -> Document:
    document = Document(
        key=key,
        title=table.words("title"),
        number=table.take("number", str, ""),
        issuer=table.take("issuer", str, ""),
        issued=table.take("issued", date, None),
        in_force_from=table.take("in_force_from", date),
        in_force_until=table.take("in_force_until", date, None),
        repealed_by=table.take("repealed_by", str, None),
        url=table.take("url", str, ""),
    )
    table.words("note", {})
    table.finish()
    if document.in_force_until is not None and document.in_force_until < document.in_force_from:
        raise RuleError("{where}：失效日早于施行日", where=table.where)
    return document


def _rule(table: Table, file: str) -> Rule:
    rule = Rule(
        id=table.take("id", str),
        title=table.words("title"),
        dimension=Dimension(table.word("dimension", list(Dimension))),
        force=Force(table.word("force", list(Force))),
        place=_place(Table(table.take("place", dict), f"{file} [place]")) if table.has("place") else Place(),
        versions=tuple(_version(version) for version in table.tables("version", required=True)),
        source=file,
    )
    table.finish()
    ordered = sorted(rule.versions, key=lambda version: version.in_force_from)
    if tuple(ordered) != rule.versions:
        raise RuleError("{file}：各版本应按施行日先后排列", file=file)
    for earlier, later in pairwise(rule.versions):
        if earlier.in_force_until is None or earlier.in_force_until >= later.in_force_from:
            raise RuleError(
                "{file}：{first} 起的版本应在 {second}（下一版本施行日）之前结束；请给它写上 in_force_until",
                file=file, first=earlier.in_force_from, second=later.in_force_from,
            )  # fmt: skip
    for version in rule.versions:
        if version.in_force_until is not None and version.in_force_until < version.in_force_from:
            raise RuleError("{file}：{first} 起的版本在施行之前就已结束", file=file, first=version.in_force_from)
        outcomes = [version.outcome, *(branch.outcome for branch in version.branches)]
        hardest = max(outcomes, key=lambda verdict: verdict.severity)
        if rule.force is Force.REFERENCE and hardest.severity > Verdict.ADVISORY.severity:
            raise RuleError("{file}：参考性文件（reference）的规则最多只能给出“提示”（advisory）", file=file)
        open_ended = [
            leaf.parameter
            for condition in (version.spatial, version.project)
            for leaf in leaves(condition)
            if isinstance(leaf, Relation) and leaf.parameter
        ]
        if open_ended and hardest.severity > Verdict.ADVISORY.severity:
            raise RuleError(
                "{file}：距离“{name}”由使用者设定而非法律规定，结论最多只能是“提示”（advisory）",
                file=file, name=open_ended[0],
            )  # fmt: skip
        for way_out in version.exceptions:
            if way_out.outcome.severity > hardest.severity:
                raise RuleError("{file}：例外“{id}”的结论比规则本身还严", file=file, id=way_out.id)
    return rule


def _place(table: Table) -> Place:
    place = Place(table.word("level", LEVELS), table.texts("codes"), table.words("name", {}))
    table.finish()
    if place.level in ("province", "city", "district") and not place.codes:
        raise RuleError("{where}：{level} 级规则要写明行政区划代码 codes", where=table.where, level=place.level)
    for code in place.codes:
        if not code.isdigit() or len(code) not in (2, 4, 6):
            raise RuleError("{where}：“{code}”不是 2、4 或 6 位行政区划代码", where=table.where, code=code)
    return place


def _version(table: Table) -> RuleVersion:
    version = RuleVersion(
        in_force_from=table.take("in_force_from", date),
        in_force_until=table.take("in_force_until", date, None),
        spatial=table.condition("spatial", ALWAYS),
        project=table.condition("project", ALWAYS),
        outcome=Verdict(table.word("outcome", SETTLED)),
        exceptions=tuple(_exception(part) for part in table.tables("exception")),
        branches=tuple(_exception(part) for part in table.tables("branch")),
        documents=table.word_list("documents"),
        basis=tuple(_basis(part) for part in table.tables("basis", required=True)),
        verified_on=table.take("verified_on", date),
        confidence=Confidence(table.word("confidence", list(Confidence))),
        note=table.words("note", {}),
        could_be=Verdict(table.word("could_be", SETTLED)) if table.has("could_be") else None,
    )
    table.finish()
    if version.could_be is not None and version.could_be.severity <= version.outcome.severity:
        raise RuleError("{where}：could_be 应比 outcome 更严，否则不必写", where=table.where)
    return version


def _exception(table: Table) -> RuleException:
    found = RuleException(
        id=table.take("id", str),
        title=table.words("title"),
        when=table.condition("when"),
        outcome=Verdict(table.word("outcome", MILD)),
        documents=table.word_list("documents"),
    )
    table.finish()
    return found


def _basis(table: Table) -> Basis:
    basis = Basis(document=table.take("document", str), article=table.take("article", str))
    table.finish()
    return basis


def _access_list(table: Table, file: str, sha256: str) -> tuple[AccessList, list[Document]]:
    # a list may register the document that published it, in [[register]] tables
    documents = [_document(part.take("key", str), part) for part in table.tables("register")]
    document = table.take("document", str)
    units: dict[str, Mapping[str, str]] = {}
    for part in table.tables("unit"):
        code = part.take("code", str)
        if code in units:
            raise RuleError("{where}：管控单元编码“{code}”重复", where=part.where, code=code)
        units[code] = {
            key: part.take(key, str, "") for key in ("name", "category", "province", "city", "county", "note")
        }
        part.finish()
    clauses = tuple(_clause(part) for part in table.tables("clause"))
    ids: set[str] = set()
    for clause in clauses:
        if clause.id in ids:
            raise RuleError("{file}：条款 id“{id}”重复", file=file, id=clause.id)
        ids.add(clause.id)
        if clause.unit is not None and clause.unit not in units:
            raise RuleError(
                "{file}：条款“{id}”所属单元“{unit}”未在 [[unit]] 中列出", file=file, id=clause.id, unit=clause.unit
            )
    access_list = AccessList(
        key=table.take("key", str),
        title=table.words("title"),
        document=document,
        in_force_from=table.take("in_force_from", date),
        in_force_until=table.take("in_force_until", date, None),
        clauses=clauses,
        units=units,
        source=table.take("source", str, file),
        sha256=table.take("source_sha256", str, sha256),
    )
    table.finish()
    return access_list, documents


def _clause(table: Table) -> Clause:
    status = table.word("status", STATUSES)
    outcome = table.word("outcome", [*SETTLED, Verdict.PERMITTED], None)
    clause = Clause(
        id=table.take("id", str),
        tier=table.word("tier", TIERS),
        unit=table.take("unit", str, None),
        dimension=Dimension(table.word("dimension", list(Dimension))),
        text=table.take("text", str),
        provenance=table.take("provenance", str, ""),
        status=status,
        project=table.condition("project") if table.has("project") else None,
        outcome=Verdict(outcome) if outcome else None,
        place_codes=table.texts("place_codes"),
        reading=table.take("reading", dict, {}),
    )
    for key in ("reviewer", "reviewed_on", "review_note"):
        table.raw(key)
    table.finish()
    if clause.tier == "unit" and clause.unit is None:
        raise RuleError("{where}：单元级条款要写明所属单元 unit", where=table.where)
    if status == "confirmed" and clause.outcome is None:
        raise RuleError("{where}：已确认的条款要写明结论 outcome", where=table.where)
    return clause


# ---------------------------------------------------------------------------------------------------- needs


def relations_of(rules: Iterable[Rule]) -> list[Relation]:
    """Every spatial relation that any version of any rule asks."""
    found: list[Relation] = []
    for rule in rules:
        for version in rule.versions:
            for condition in (
                version.spatial,
                version.project,
                *(part.when for part in (*version.exceptions, *version.branches)),
            ):
                for leaf in leaves(condition):
                    if isinstance(leaf, Relation):
                        found += [leaf] if leaf.also_in is None else [leaf, leaf.also_in]
    return found


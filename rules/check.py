"""A linter for rules: what is wrong with a pack although it loads, and why a file does not.

Findings are codes with what varies; words are added where they are shown. A clean pack gives none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, product
from typing import Any

from rules.attributes import ATTRIBUTES
from rules.conditions import (
    All,
    Always,
    AnyOf,
    Attribute,
    Condition,
    InPlace,
    Not,
    Relation,
    compare,
    leaves,
)
from rules.industry import digits
from rules.load import Pack, load_files
from rules.model import AccessList, Clause, Confidence, Document, Force, Rule, RuleError, RuleVersion, Verdict

UNIT_CODE = re.compile(r"(ZH|HY)(\d{6})([123])(\d{4})")
CATEGORY_DIGIT = {"priority": "1", "key": "2", "general": "3"}
STALE_DAYS = 365
SEARCH_LIMIT = 60_000  # combinations of attribute values that are tried before a question is left open


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a pack.

    Attributes:
        code: What kind of fault.
        severity: error (the rule cannot be relied on) or warning.
        subject: Rule id, list key or clause id.
        where: File and place.
    """

    code: str
    severity: str
    subject: str
    where: str = ""
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a pack may speak of; what is ``None`` is not checked.

    Attributes:
        roles: Fields of every layer role, and their choices where a field has any.
        industries: All GB/T 4754 codes, without section letters.
    """

    roles: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None
    industries: frozenset[str] | None = None


def check_files(
    files: Mapping[str, bytes],
    *,
    on: date,
    vocabulary: Vocabulary = Vocabulary(),  # noqa: B008 - frozen
    known: Mapping[str, Document] | None = None,
    taken: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Every fault of a pack, file by file, so that one that does not load does not hide the others.

    Args:
        files: Names and bytes, as in a folder.
        on: The day from which the age of ``verified_on`` is counted.
        vocabulary: What the pack may speak of.
        known: Documents registered elsewhere, such as in the built-in packs.
        taken: Rule ids that other packs use already.
    """
    findings: list[Finding] = []
    good: dict[str, bytes] = {}
    for name, raw in sorted(files.items()):
        try:
            load_files("pack", {name: raw})
        except RuleError as error:
            findings.append(Finding("not-loadable", "error", name, name, {"template": error.template, **error.params}))
        else:
            good[name] = raw
    while True:
        try:
            pack = load_files("pack", good)
            break
        except RuleError as error:  # files that are good alone and clash together
            findings.append(
                Finding("not-loadable", "error", str(error.params.get("file", "")), "", {"template": error.template, **error.params})
            )
            clash = str(error.params.get("file", ""))
            if clash not in good:
                return _sorted(findings)
            del good[clash]
    findings += [Finding("id-taken", "error", rule.id, rule.source) for rule in pack.rules if rule.id in taken]
    return _sorted(findings + check_pack(pack, on=on, vocabulary=vocabulary, known=known))


def check_pack(
    pack: Pack,
    *,
    on: date,
    vocabulary: Vocabulary = Vocabulary(),  # noqa: B008 - frozen
    known: Mapping[str, Document] | None = None,
) -> list[Finding]:
    """Every fault of a pack that loads; arguments as for :func:`check_files`."""
    documents = {**(known or {}), **pack.documents}
    findings: list[Finding] = []
    for document in pack.documents.values():
        findings += _check_document(document, documents)
    for rule in pack.rules:
        findings += _check_rule(rule, documents, on, vocabulary)
    findings += _contradictions([_Said.of_rule(rule, version) for rule in pack.rules for version in rule.versions])
    for access_list in pack.access_lists:
        findings += _check_list(access_list, documents, vocabulary)
    return _sorted(findings)


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda item: (item.subject, item.code, str(sorted(item.values.items(), key=str))))


# ---------------------------------------------------------------------------------------------------- documents


def _check_document(document: Document, documents: Mapping[str, Document]) -> list[Finding]:
    found: list[Finding] = []
    if document.repealed_by is not None:
        if document.repealed_by not in documents:
            found.append(Finding("successor-unknown", "error", document.key, "", {"successor": document.repealed_by}))
        if document.in_force_until is None:
            found.append(Finding("repealed-without-day", "error", document.key, "", {"successor": document.repealed_by}))
    if document.issued is not None and document.issued > document.in_force_from:
        found.append(
            Finding("in-force-before-issue", "error", document.key, "",
                    {"issued": document.issued, "from": document.in_force_from})
        )  # fmt: skip
    return found


# ---------------------------------------------------------------------------------------------------- rules


def _check_rule(rule: Rule, documents: Mapping[str, Document], on: date, vocabulary: Vocabulary) -> list[Finding]:
    found: list[Finding] = []

    def say(code: str, severity: str = "error", **values: Any) -> None:
        found.append(Finding(code, severity, rule.id, rule.source, values))

    for version in rule.versions:
        since = version.in_force_from
        cited = [documents.get(basis.document) for basis in version.basis]
        for basis in version.basis:
            if basis.document not in documents:
                say("document-unknown", document=basis.document, version=since)
        standing = [document for document in cited if document is not None]
        if standing:
            for day in _days_to_try(version, standing):
                if all(document.status(day) != "in_force" for document in standing):
                    say("document-not-in-force", document=standing[0].key, day=day, version=since)
                    break
            for document in standing:
                ends, until = document.in_force_until, version.in_force_until
                if ends is not None and (until is None or until > ends):
                    say("document-repealed", document=document.key, day=ends, version=since)
        if version.verified_on > on:
            say("verified-in-future", day=version.verified_on, version=since)
        elif (on - version.verified_on).days > STALE_DAYS and (version.in_force_until or on) >= on:
            say("verification-stale", "warning", day=version.verified_on, version=since)
        if version.confidence is Confidence.LOW and version.outcome is Verdict.PROHIBITED and rule.force is not Force.PLAN:
            say("low-confidence-prohibition", version=since)
        if rule.force is Force.PLAN and version.in_force_until is None:
            say("plan-without-end", version=since)
        parts = [version.spatial, version.project, *(item.when for item in (*version.exceptions, *version.branches))]
        for part in parts:
            for leaf in leaves(part):
                found += _check_leaf(leaf, rule.id, rule.source, vocabulary)
        whole = All((version.spatial, version.project))
        if any(item.severity == "error" for part in parts for leaf in leaves(part) for item in _check_leaf(leaf, "", "", vocabulary)):
            continue  # what a condition catches can be asked only when its words mean something
        if witness([whole]) is None:
            say("dead-rule", version=since)
            continue
        ids: set[str] = set()
        earlier: list[Condition] = []
        for special in (*version.exceptions, *version.branches):
            if special.id in ids:
                say("special-duplicate", special=special.id, version=since)
            ids.add(special.id)
            if special in version.exceptions and not special.documents and special.outcome is not Verdict.NOT_APPLICABLE:
                say("exception-without-proof", special=special.id, version=since)
            if witness([whole, special.when, *(Not(other) for other in earlier)]) is None:
                say("special-never-reached", special=special.id, version=since)
            earlier.append(special.when)
        if version.exceptions and witness([whole, *(Not(item) for item in earlier)]) is None:
            say("exception-without-default", version=since)
    return found


def _days_to_try(version: RuleVersion, documents: Iterable[Document]) -> list[date]:
    """Days on which the standing of a version can change, within its own period."""
    days = {version.in_force_from}
    for document in documents:
        days.add(document.in_force_from)
        if document.in_force_until is not None and document.in_force_until < date.max:
            days.add(date.fromordinal(document.in_force_until.toordinal() + 1))
    return sorted(day for day in days if version.covers(day))


def _check_leaf(leaf: Condition, subject: str, where: str, vocabulary: Vocabulary) -> list[Finding]:
    found: list[Finding] = []
    if isinstance(leaf, Attribute):
        kind = ATTRIBUTES.get(leaf.name)
        if kind is None:
            return [Finding("attribute-unknown", "error", subject, where, {"attribute": leaf.name})]
        values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
        numeric = leaf.test in ("at_most", "at_least", "less_than", "more_than")
        if (kind.kind == "number") != numeric or (kind.kind == "bool" and (leaf.test != "is" or not isinstance(leaf.value, bool))):
            found.append(Finding("test-unfit", "error", subject, where, {"attribute": leaf.name, "test": leaf.test}))
        if kind.choices:
            for value in values:
                if value not in kind.choices:
                    found.append(
                        Finding("value-unknown", "error", subject, where, {"attribute": leaf.name, "value": str(value)})
                    )
        if kind.unit and leaf.unit and leaf.unit != kind.unit:
            found.append(
                Finding("unit-unfit", "error", subject, where, {"attribute": leaf.name, "unit": leaf.unit, "wanted": kind.unit})
            )
        if leaf.test == "prefix" and vocabulary.industries is not None:
            for code in values:
                number = digits(str(code))
                if number and not any(known.startswith(number) for known in vocabulary.industries):
                    found.append(Finding("industry-unknown", "error", subject, where, {"code": str(code)}))
    elif isinstance(leaf, Relation) and vocabulary.roles is not None:
        if leaf.layer not in vocabulary.roles:
            return [Finding("layer-unknown", "error", subject, where, {"layer": leaf.layer})]
        fields = vocabulary.roles[leaf.layer]
        for name, wanted in leaf.where.items():
            if name not in fields:
                found.append(Finding("field-unknown", "error", subject, where, {"layer": leaf.layer, "field": name}))
            elif fields[name]:
                for value in wanted:
                    if not isinstance(value, bool) and value not in fields[name]:
                        found.append(
                            Finding("field-value-unknown", "error", subject, where,
                                    {"layer": leaf.layer, "field": name, "value": value})
                        )  # fmt: skip
    return found


# ---------------------------------------------------------------------------------------------------- access lists


def _check_list(access_list: AccessList, documents: Mapping[str, Document], vocabulary: Vocabulary) -> list[Finding]:
    found: list[Finding] = []

    def say(code: str, subject: str, severity: str = "error", **values: Any) -> None:
        found.append(Finding(code, severity, subject, access_list.source, values))

    if access_list.document not in documents:
        say("document-unknown", access_list.key, document=access_list.document)
    with_clauses = {clause.unit for clause in access_list.clauses if clause.unit}
    for code, unit in access_list.units.items():
        shape = UNIT_CODE.fullmatch(code)
        if shape is None:
            say("unit-code-malformed", code)
        elif unit.get("category") in CATEGORY_DIGIT and CATEGORY_DIGIT[unit["category"]] != shape[3]:
            say("unit-class-mismatch", code, category=unit["category"], digit=shape[3])
        if code not in with_clauses:
            say("unit-without-clause", code, "warning")
    for clause in access_list.clauses:
        if not clause.text.strip():
            say("clause-without-text", clause.id)
        if clause.project is not None:
            for leaf in leaves(clause.project):
                found += _check_leaf(leaf, clause.id, access_list.source, vocabulary)
            if witness([clause.project]) is None:
                say("dead-rule", clause.id, version=access_list.in_force_from)
    said = [_Said.of_clause(access_list, clause) for clause in access_list.clauses if clause.outcome and clause.project]
    return found + _contradictions(said)


# ---------------------------------------------------------------------------------------------------- contradictions


@dataclass(frozen=True, slots=True)
class _Said:
    """What a rule's version or a clause says, reduced to what can clash."""

    subject: str
    where: str
    target: object  # the place and relation: only what speaks of the same can clash
    project: Condition
    outcome: Verdict
    since: date
    until: date | None
    allows: bool

    @classmethod
    def of_rule(cls, rule: Rule, version: RuleVersion) -> _Said:
        return cls(
            rule.id, rule.source, (rule.place.level, rule.place.codes, version.spatial), version.project, version.outcome,
            version.in_force_from, version.in_force_until, False,
        )  # fmt: skip

    @classmethod
    def of_clause(cls, access_list: AccessList, clause: Clause) -> _Said:
        assert clause.outcome is not None
        return cls(
            clause.id, access_list.source, (clause.tier, clause.unit, clause.place_codes, str(clause.dimension)),
            clause.project or Always(), clause.outcome, access_list.in_force_from, access_list.in_force_until,
            clause.outcome is Verdict.PERMITTED,
        )  # fmt: skip


def _contradictions(said: list[_Said]) -> list[Finding]:
    """Pairs that speak of the same place and time, fit one project, and do not say the same."""
    found: list[Finding] = []
    for one, other in combinations(said, 2):
        if one.subject == other.subject or one.target != other.target or one.outcome is other.outcome:
            continue
        if (one.until or date.max) < other.since or (other.until or date.max) < one.since:
            continue
        if isinstance(one.project, Always) or isinstance(other.project, Always):
            continue  # a general duty beside a special one is no clash
        project = witness([one.project, other.project])
        if project is None:
            continue
        numeric = _numbers(one.project) & _numbers(other.project)
        if one.allows or other.allows:
            code = "contradiction"
        elif numeric:
            code = "threshold-overlap"
        elif _same_tests(one.project, other.project):
            code = "contradiction"
        else:
            continue  # two prohibitions of different breadth: the stricter wins
        found.append(
            Finding(
                code, "error" if code == "contradiction" else "warning", one.subject, one.where,
                {"other": other.subject, "outcome": str(one.outcome), "other_outcome": str(other.outcome),
                 "project": {name: list(value) if isinstance(value, tuple) else value for name, value in project.items()}},
            )
        )  # fmt: skip
    return found


def _numbers(condition: Condition) -> set[str]:
    return {leaf.name for leaf in leaves(condition) if isinstance(leaf, Attribute) and isinstance(leaf.value, int | float)
            and not isinstance(leaf.value, bool)}  # fmt: skip


def _same_tests(one: Condition, other: Condition) -> bool:
    return one == other


def witness(conditions: list[Condition]) -> dict[str, Any] | None:
    """A project for which all of ``conditions`` hold, wherever it lies; ``None`` where there is none.

    Values are tried that stand for all others: every choice, both truths, numbers at and beside each threshold, each
    industry prefix and one foreign code. Where there are too many combinations to try, an empty project is returned:
    the question is left open, and nothing is reported.
    """
    attributes: dict[str, list[Any]] = {}
    relations: list[Condition] = []
    for condition in conditions:
        for leaf in leaves(condition):
            if isinstance(leaf, Attribute):
                attributes.setdefault(leaf.name, [])
            elif leaf not in relations:
                relations.append(leaf)
    for name in attributes:
        attributes[name] = _values_to_try(name, conditions)
    total = 2 ** len(relations)
    for values in attributes.values():
        total *= max(len(values), 1)
    if total > SEARCH_LIMIT:
        return {}
    names = list(attributes)
    for values in product(*(attributes[name] for name in names)):
        project = dict(zip(names, values, strict=True))
        for places in product((True, False), repeat=len(relations)):
            where = list(zip(relations, places, strict=True))
            if all(_holds(condition, project, where) for condition in conditions):
                return project
    return None


def _values_to_try(name: str, conditions: list[Condition]) -> list[Any]:
    kind = ATTRIBUTES.get(name)
    tests = [leaf for condition in conditions for leaf in leaves(condition) if isinstance(leaf, Attribute) and leaf.name == name]
    if kind is None or kind.kind == "bool":
        return [True, False]
    if kind.kind == "number":
        edges = sorted({float(leaf.value) for leaf in tests if isinstance(leaf.value, int | float)})
        return sorted({value for edge in edges for value in (edge - 0.5, edge, edge + 0.5)}) or [0.0]
    named: list[str] = []
    for leaf in tests:
        named += leaf.value if isinstance(leaf.value, tuple) else [leaf.value]
    named = list(dict.fromkeys(str(value) for value in named))
    if kind.kind == "codes":
        return [(code,) for code in [*named, "9999"]]
    foreign = next((choice for choice in kind.choices if choice not in named), None)
    values = named + ([foreign] if foreign else [])
    return [(value,) for value in values] if kind.kind in ("choices", "texts") else list(values)


def _holds(condition: Condition, project: Mapping[str, Any], where: list[tuple[Condition, bool]]) -> bool:
    match condition:
        case Always():
            return True
        case All(parts):
            return all(_holds(part, project, where) for part in parts)
        case AnyOf(parts):
            return any(_holds(part, project, where) for part in parts)
        case Not(part):
            return not _holds(part, project, where)
        case Attribute():
            try:
                return bool(compare(condition, project[condition.name]))
            except (TypeError, ValueError):
                return False
        case Relation() | InPlace():
            return next(answer for leaf, answer in where if leaf == condition)

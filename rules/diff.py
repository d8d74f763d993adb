"""What changed between two rule sets: added, removed, tightened, loosened, reworded, re-dated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.conditions import ALWAYS, All, AnyOf, Attribute, Condition, Not, Relation
from rules.model import Rule, RuleVersion
from rules.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        kind: added, removed, tightened, loosened, reworded, re-dated, re-based or changed (neither plainly stricter nor
            plainly milder).
        subject: Rule id, or of a clause its id.
        what: Which part differs.
    """

    kind: str
    subject: str
    what: str = ""
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


def diff(old: RuleSet, new: RuleSet) -> list[Change]:
    """Every difference between the rules of two sets, by id; equal sets give none.

    Access lists are compared by :mod:`sanxian.access_list.diff`, which matches clauses by their words.
    """
    found: list[Change] = []
    was, now = {rule.id: rule for rule in old.rules}, {rule.id: rule for rule in new.rules}
    for key in sorted({*was, *now}):
        if key not in was:
            found.append(Change("added", key, "rule", {"title": dict(now[key].title)}))
        elif key not in now:
            found.append(Change("removed", key, "rule", {"title": dict(was[key].title)}))
        elif was[key] != now[key]:
            found += _rule(was[key], now[key])
    return found


def _rule(was: Rule, now: Rule) -> list[Change]:
    found: list[Change] = []

    def say(kind: str, what: str, **values: Any) -> None:
        change = Change(kind, now.id, what, values)
        if change not in found:
            found.append(change)

    if was.title != now.title:
        say("reworded", "title", old=dict(was.title), new=dict(now.title))
    if was.force is not now.force:
        say("changed", "force", old=str(was.force), new=str(now.force))
    if was.dimension is not now.dimension:
        say("changed", "dimension", old=str(was.dimension), new=str(now.dimension))
    if was.place != now.place:
        say("changed", "place", old=list(was.place.codes), new=list(now.place.codes))
    pairs, lone_old, lone_new = _align(was.versions, now.versions)
    for version in lone_new:
        say("added", "version", day=version.in_force_from.isoformat())
    for version in lone_old:
        say("removed", "version", day=version.in_force_from.isoformat())
    for one, other in pairs:
        _version(one, other, say)
    return found


def _align(
    was: tuple[RuleVersion, ...], now: tuple[RuleVersion, ...]
) -> tuple[list[tuple[RuleVersion, RuleVersion]], list[RuleVersion], list[RuleVersion]]:
    """Versions with the same first day belong together; a lone one on each side is the same version re-dated."""
    days_was, days_now = {v.in_force_from: v for v in was}, {v.in_force_from: v for v in now}
    pairs = [(days_was[day], days_now[day]) for day in sorted(days_was.keys() & days_now.keys())]
    lone_old = [version for version in was if version.in_force_from not in days_now]
    lone_new = [version for version in now if version.in_force_from not in days_was]
    if len(lone_old) == 1 and len(lone_new) == 1:
        pairs.append((lone_old.pop(), lone_new.pop()))
    return pairs, lone_old, lone_new


def _version(one: RuleVersion, other: RuleVersion, say: Any) -> None:
    if (one.in_force_from, one.in_force_until) != (other.in_force_from, other.in_force_until):
        say("re-dated", "period", old=_period(one), new=_period(other))
    if one.outcome is not other.outcome:
        kind = "tightened" if other.outcome.severity > one.outcome.severity else "loosened"
        say(kind, "outcome", old=str(one.outcome), new=str(other.outcome))
    for what in ("spatial", "project"):
        kind = compare_breadth(getattr(one, what), getattr(other, what))
        if kind:
            say(kind, what)
    before, after = {item.id: item for item in one.exceptions}, {item.id: item for item in other.exceptions}
    for key in sorted({*before, *after}):
        if key not in after:
            say("tightened", "exception", exception=key)
        elif key not in before:
            say("loosened", "exception", exception=key)
        elif before[key] != after[key]:
            kind = compare_breadth(before[key].when, after[key].when)
            say({"tightened": "loosened", "loosened": "tightened"}.get(kind, "changed"), "exception", exception=key)
    if one.branches != other.branches:
        say("changed", "branch")
    if one.basis != other.basis:
        say("re-based", "basis", old=[f"{b.document} {b.article}" for b in one.basis],
            new=[f"{b.document} {b.article}" for b in other.basis])  # fmt: skip
    if one.documents != other.documents or one.note != other.note:
        say("reworded", "note")
    if one.verified_on != other.verified_on:
        say("re-dated", "verified_on", old=one.verified_on.isoformat(), new=other.verified_on.isoformat())
    if one.confidence is not other.confidence:
        say("changed", "confidence", old=str(one.confidence), new=str(other.confidence))


def _period(version: RuleVersion) -> list[str | None]:
    until = version.in_force_until
    return [version.in_force_from.isoformat(), until.isoformat() if until else None]


def compare_breadth(old: Condition, new: Condition) -> str:
    """Whether ``new`` catches more cases (tightened), fewer (loosened), others (changed) or the same (empty text)."""
    if old == new:
        return ""
    wider, narrower = _implies(old, new), _implies(new, old)
    if wider and narrower:
        return ""
    return "tightened" if wider else "loosened" if narrower else "changed"


def _implies(one: Condition, other: Condition) -> bool:
    """Whether every case of ``one`` is plainly a case of ``other``; ``False`` where that is not plain to see."""
    if one == other or other == ALWAYS:
        return True
    if isinstance(other, All):
        return all(_implies(one, part) for part in other.parts)
    if isinstance(one, AnyOf):
        return all(_implies(part, other) for part in one.parts)
    if isinstance(other, AnyOf) and any(_implies(one, part) for part in other.parts):
        return True
    if isinstance(one, All) and any(_implies(part, other) for part in one.parts):
        return True
    if isinstance(one, Not) and isinstance(other, Not):
        return _implies(other.part, one.part)
    if isinstance(one, Attribute) and isinstance(other, Attribute):
        return _attribute_implies(one, other)
    if isinstance(one, Relation) and isinstance(other, Relation):
        return _relation_implies(one, other)
    return False


def _attribute_implies(one: Attribute, other: Attribute) -> bool:
    if one.name != other.name:
        return False
    match one.test, other.test:
        case ("in", "in") | ("any_of", "any_of"):
            return set(one.value) <= set(other.value)
        case ("is", "in"):
            return one.value in other.value
        case ("none_of", "none_of"):
            return set(one.value) >= set(other.value)
        case ("prefix", "prefix"):
            return all(any(code.lstrip("ABCDEFGHIJKLMNOPQRST").startswith(wide.lstrip("ABCDEFGHIJKLMNOPQRST")) for wide in other.value)
                       for code in one.value)  # fmt: skip
        case ("at_most" | "less_than", "at_most"):
            return one.value <= other.value
        case ("less_than", "less_than"):
            return one.value <= other.value
        case ("at_most", "less_than"):
            return one.value < other.value
        case ("at_least" | "more_than", "at_least"):
            return one.value >= other.value
        case ("more_than", "more_than"):
            return one.value >= other.value
        case ("at_least", "more_than"):
            return one.value > other.value
        case _:
            return False


def _relation_implies(one: Relation, other: Relation) -> bool:
    if one.layer != other.layer or one.relation != other.relation:
        return one.layer == other.layer and one.relation == "intersects" and other.relation == "within_distance" and _fits(one, other)
    if one.relation == "within_distance":
        if one.distance_m is None or other.distance_m is None:
            return False
        return one.distance_m <= other.distance_m and _fits(one, other) and set(one.baseline) <= set(other.baseline or one.baseline)
    if one.relation == "outside":
        return _fits(other, one)
    if one.relation == "covers_share":
        return (one.share or 0) >= (other.share or 0) and _fits(one, other)
    return _fits(one, other)


def _fits(narrow: Relation, wide: Relation) -> bool:
    """Whether every feature that passes the first filter passes the second."""
    return all(name in narrow.where and set(narrow.where[name]) <= set(values) for name, values in wide.where.items())

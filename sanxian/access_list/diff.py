"""What changed from one edition of a list to the next, clause by clause."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from rules.conditions import All, AnyOf, Attribute, Condition, Not, leaves
from rules.model import AccessList, Clause
from sanxian.access_list.clauses import strip_number
from sanxian.access_list.grammar import NATURE_WORDS
from sanxian.access_list.pack import condition_table

ALIKE = 0.6  # from here on two texts of one unit and dimension are one clause in new words
_COMPARED = ("nature", "industry_code", "adds_capacity", "is_chemical")
_KINDS = ("added", "removed", "tightened", "loosened", "reworded", "reread")


@dataclass(frozen=True, slots=True)
class Change:
    """One clause that is not the same in both editions.

    Attributes:
        kind: added, removed, tightened (a more severe outcome, or the same for more kinds of construction or more
            industries), loosened (the other way), reworded (neither can be told), or reread (same words; the
            outcome, the condition or the review differ).
        old, new: The clause in either edition; ``None`` where it is not in it.
    """

    kind: str
    old: Clause | None
    new: Clause | None

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        clause = self.new or self.old
        assert clause is not None
        return {
            "change": self.kind,
            "tier": clause.tier,
            "unit": clause.unit,
            "dimension": str(clause.dimension),
            "old": _side(self.old),
            "new": _side(self.new),
        }


@dataclass(frozen=True, slots=True)
class ListDiff:
    """All changes, and the units that came and went."""

    changes: tuple[Change, ...]
    units_added: tuple[str, ...]
    units_removed: tuple[str, ...]
    units_changed: tuple[str, ...]

    def counts(self) -> Mapping[str, int]:
        """How many changes there are of each kind."""
        return {kind: sum(change.kind == kind for change in self.changes) for kind in _KINDS}

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "counts": dict(self.counts()),
            "units_added": list(self.units_added),
            "units_removed": list(self.units_removed),
            "units_changed": list(self.units_changed),
            "changes": [change.as_table() for change in self.changes],
        }


def diff_lists(old: AccessList, new: AccessList) -> ListDiff:
    """Compare two editions.

    Clauses are matched within their unit and dimension by their words, never by their number: a clause put in at the
    top moves all others down and changes none.
    """
    before, after = _grouped(old), _grouped(new)
    changes: list[Change] = []
    for key in sorted({*before, *after}, key=lambda item: tuple(map(str, item))):
        changes += _compare(before.get(key, []), after.get(key, []))
    return ListDiff(
        tuple(changes),
        tuple(sorted(set(new.units) - set(old.units))),
        tuple(sorted(set(old.units) - set(new.units))),
        tuple(sorted(code for code in set(old.units) & set(new.units) if _unit(old, code) != _unit(new, code))),
    )


def _unit(access_list: AccessList, code: str) -> dict[str, str]:
    return {name: value for name, value in access_list.units[code].items() if value}


def _grouped(access_list: AccessList) -> dict[tuple[Any, ...], list[Clause]]:
    groups: dict[tuple[Any, ...], list[Clause]] = defaultdict(list)
    for clause in access_list.clauses:
        groups[clause.tier, clause.unit or "", clause.place_codes, str(clause.dimension)].append(clause)
    return groups


def _words(clause: Clause) -> str:
    return re.sub(r"\s+", "", strip_number(clause.text)).rstrip("。；;.")


def _compare(before: list[Clause], after: list[Clause]) -> list[Change]:
    left, right = list(before), list(after)
    pairs: list[tuple[Clause, Clause]] = []
    for clause in before:
        twin = next((other for other in right if _words(other) == _words(clause)), None)
        if twin is not None:
            pairs.append((clause, twin))
            left.remove(clause)
            right.remove(twin)
    changes = [
        Change(_severity(one, other) or "reread", one, other) for one, other in pairs if _meaning(one) != _meaning(other)
    ]
    scored = sorted(
        (
            (-_likeness(_words(one), _words(other)), place, other_place)
            for place, one in enumerate(left)
            for other_place, other in enumerate(right)
        ),
    )
    used_left: set[int] = set()
    used_right: set[int] = set()
    for score, place, other_place in scored:
        if -score < ALIKE or place in used_left or other_place in used_right:
            continue
        used_left.add(place)
        used_right.add(other_place)
        one, other = left[place], right[other_place]
        changes.append(Change(_severity(one, other) or "reworded", one, other))
    changes += [Change("removed", clause, None) for place, clause in enumerate(left) if place not in used_left]
    changes += [Change("added", None, clause) for place, clause in enumerate(right) if place not in used_right]
    return changes


def _likeness(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.quick_ratio() < ALIKE:  # an upper bound, and far cheaper
        return 0.0
    return matcher.ratio()


def _meaning(clause: Clause) -> tuple[Any, ...]:
    table = condition_table(clause.project) if clause.project is not None else None
    return (clause.outcome, table, clause.status)


def _severity(old: Clause, new: Clause) -> str | None:
    if old.outcome is None or new.outcome is None:
        return None
    if old.outcome is new.outcome:
        return _reach(old, new)
    return "tightened" if new.outcome.severity > old.outcome.severity else "loosened"


def _reach(old: Clause, new: Clause) -> str | None:
    """Whether the same bar came to reach more kinds of construction or industries, or fewer; in doubt neither."""
    if old.project is None or new.project is None or _rest(old) != _rest(new):
        return None
    old_kinds, new_kinds = (_set(clause, "nature") or set(NATURE_WORDS) for clause in (old, new))
    old_industries, new_industries = (_set(clause, "industries") for clause in (old, new))
    if (old_kinds, old_industries) == (new_kinds, new_industries):
        return None
    if old_kinds <= new_kinds and old_industries <= new_industries:
        return "tightened"
    if old_kinds >= new_kinds and old_industries >= new_industries:
        return "loosened"
    return None


def _set(clause: Clause, name: str) -> set[str]:
    return set(clause.reading.get(name, ()))


def _rest(clause: Clause) -> tuple[Any, ...]:
    """What a condition asks besides the kind of construction and the industry."""
    asked = [leaf for leaf in leaves(clause.project) if not (isinstance(leaf, Attribute) and leaf.name in _COMPARED)]
    if _negates(clause.project):
        return ("except", clause.project)  # an exception turns more into fewer: only the very same one compares
    return (bool(_set(clause, "industries")), *map(str, asked))


def _negates(condition: Condition) -> bool:
    match condition:
        case Not():
            return True
        case All(parts) | AnyOf(parts):
            return any(_negates(part) for part in parts)
        case _:
            return False


def _side(clause: Clause | None) -> dict[str, Any] | None:
    if clause is None:
        return None
    return {
        "id": clause.id,
        "text": clause.text,
        "status": clause.status,
        "outcome": str(clause.outcome) if clause.outcome else None,
        "provenance": clause.provenance,
    }

"""What an outcome rests on, so that a review of it acts on no other: the conditions that lead to it, and the features that count.

Not what was measured on the way, which moves with the last digit, nor what was asked and did not decide.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from rules.model import ClauseOutcome, Outcome, Trace, Verdict
from sanxian.overrides import Grounds, Met

BESIDE_M = 200.0  # a feature that does not count is seen no farther beyond where it would: rules name the nearest one at any distance
_TOLERANCE_M = 0.02  # a site and a feature may each have moved by one centimetre (sanxian.seen.TOLERANCE_M)

# Parts of an explanation that decide alone where the reason is one of these.
_ALONE = {"other-place": "in_place", "not-concerned": "project", "clear": "spatial"}

# Of a question and its answer all but what was measured.
_ASKED = (
    "attribute", "test", "wanted", "given", "relation", "layer", "where", "distance_m", "parameter", "share", "codes", "more", "missing",
)  # fmt: skip


def grounds(outcome: Outcome, traits: Callable[[str, int | None, str], str]) -> Grounds | None:
    """What an outcome rests on; ``None`` where it does not say, as one that an earlier version kept.

    Args:
        traits: Digest of what a feature is by its layer's role, its row id and what it is called.
    """
    leaves = [(part, leaf) for part, whole in _parts(outcome) for leaf in _deciding(whole)]
    why = [
        outcome.reason, str(outcome.could_be), sorted(outcome.missing), outcome.values.get("special", ""),
        _unique([part, *_asked(leaf)] for part, leaf in leaves),
        _unique(_clause(one) for one in outcome.clauses if one.outcome is not Verdict.NOT_APPLICABLE),
    ]  # fmt: skip
    try:
        found = [item for _part, leaf in leaves if leaf.kind == "relation" for item in _found(leaf)]
    except KeyError:
        return None
    if not leaves:  # access lists: the units
        found = [
            (one.layer, one.feature_id, one.feature, one.baseline, one.overlap_m2, one.overlap_m, one.distance_m)
            for one in outcome.evidence
        ]
    met = [
        Met(layer, traits(layer, fid, feature), line or "", round(m2 or 0.0, 3), round(m or 0.0, 3), round(distance_m or 0.0, 3))
        for layer, fid, feature, line, m2, m, distance_m in dict.fromkeys(found)
    ]
    return Grounds(hashlib.sha256(_text(why).encode()).hexdigest(), tuple(sorted(met, key=_order)))


def same_grounds(then: Grounds, now: Grounds, edge_m: float) -> bool:
    """Whether an outcome rests on what it did when it was reviewed; what was measured to a tolerance.

    Args:
        edge_m: How long the site's outline is: an overlap moves with it.
    """
    if then.why != now.why or len(then.met) != len(now.met):
        return False
    left = list(now.met)
    for one in then.met:
        other = next((item for item in left if _same_met(one, item, edge_m)), None)
        if other is None:
            return False
        left.remove(other)
    return True


def _same_met(one: Met, other: Met, edge_m: float) -> bool:
    return (
        (one.layer, one.traits, one.baseline) == (other.layer, other.traits, other.baseline)
        and _near(one.overlap_m2, other.overlap_m2, _TOLERANCE_M * max(edge_m, 1.0))
        and _near(one.overlap_m, other.overlap_m, _TOLERANCE_M * 5)  # one line may cross many edges of another's feature
        and _near(one.distance_m, other.distance_m, _TOLERANCE_M)
    )


def _near(one: float, other: float, slack: float) -> bool:
    return abs(one - other) <= slack + 1e-6 * max(one, other)


def _order(one: Met) -> tuple[Any, ...]:
    return (one.layer, one.traits, one.baseline, one.distance_m, one.overlap_m2, one.overlap_m)


def _parts(outcome: Outcome) -> Iterable[tuple[str, Trace]]:
    """The parts of a rule that decided; of its special cases those down to the one that held."""
    for part in outcome.trace.children if outcome.trace is not None else ():
        if part.kind in ("unit", "clause") or _ALONE.get(outcome.reason, part.kind) != part.kind:
            continue
        yield f"{part.kind}:{part.values.get('id', '')}", part
        if part.kind in ("exception", "branch") and part.truth is True:
            return


def _deciding(trace: Trace) -> Iterable[Trace]:
    """The questions on whose answers that of a condition hangs."""
    if not trace.children:
        if trace.kind in ("relation", "attribute", "place"):
            yield trace
        return
    wanted = {("all", False): False, ("any", True): True}.get((trace.kind, trace.truth))
    for child in trace.children:
        if wanted is None or child.truth is wanted:
            yield from _deciding(child)


def _asked(leaf: Trace) -> list[Any]:
    """What was asked and answered, without what was measured."""
    return [leaf.kind, leaf.truth, {name: _value(leaf.values[name]) for name in _ASKED if name in leaf.values}]


def _value(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, dict):
        return {str(key): _value(item) for key, item in value.items()}
    return sorted(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _found(leaf: Trace) -> Iterable[tuple[Any, ...]]:
    reach_m = float(leaf.values.get("distance_m") or 0.0) + BESIDE_M
    for one in leaf.values.get("found") or ():
        if (one["distance_m"] or 0.0) <= reach_m:
            yield (one.get("layer", leaf.values["layer"]), one["feature_id"], one["feature"], one["baseline"], one["overlap_m2"],
                   one["overlap_m"], one["distance_m"])  # fmt: skip


def _clause(one: ClauseOutcome) -> list[Any]:
    """What a clause says and why; not its number, which another edition of a list gives to another."""
    leaves = _unique(_asked(leaf) for leaf in _deciding(one.trace)) if one.trace is not None else []
    return [one.clause.tier, one.clause.unit, one.clause.text, str(one.outcome), str(one.could_be), one.reason, leaves]


def _unique(items: Iterable[Any]) -> list[str]:
    return sorted({_text(item) for item in items})


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)

"""Facts in, outcomes out. The same facts on the same day give the same outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from rules.conditions import (
    SHARE_EPS,
    TOUCH_M,
    Always,
    Answer,
    Condition,
    Context,
    InPlace,
    Reading,
    Relation,
    leaves,
    unique,
)
from rules.facts import FeatureFact, SiteFacts, deepest
from rules.model import (
    AccessList,
    Basis,
    Clause,
    ClauseOutcome,
    Evidence,
    Outcome,
    Rule,
    RuleException,
    RuleVersion,
    Trace,
    Verdict,
)
from rules.ruleset import RuleSet

ACCESS_LIST_RULE = "access-list-clause"


def evaluate(
    ruleset: RuleSet,
    facts: SiteFacts,
    attributes: Mapping[str, Any],
    *,
    on: date,
    parameters: Mapping[str, float] | None = None,
) -> list[Outcome]:
    """Apply every rule as it stood on one day.

    Args:
        ruleset: The rules; cut to the day here.
        facts: Measurements by layer role. A role that is absent was not loaded, which is never the same as clear.
        attributes: What is known of the project; a missing name or ``None`` is unknown, and unknown is not no.
        on: The day whose law counts. There is no default: a report must be able to say which law it used.
        parameters: Distances that the law leaves open and the user has set, in metres.

    Returns:
        One outcome for every rule in force that day, in order of rule ids.
    """
    today = ruleset.on(on)
    reading = Reading(Context(facts, attributes, parameters or {}))
    found: list[Outcome] = []
    for rule in today.rules:
        version = rule.on(on)
        assert version is not None
        if rule.id == ACCESS_LIST_RULE:
            outcome = _judge_access_lists(rule, version, today.access_lists, facts, reading)
        else:
            outcome = _judge(rule, version, reading)
        basis = tuple(item for item in outcome.basis if today.documents[item.document].status(on) == "in_force")
        found.append(replace(outcome, basis=basis))
    return found


# ---------------------------------------------------------------------------------------------------- one rule


@dataclass(frozen=True, slots=True)
class _Decision:
    """What one reading of a rule comes to.

    Attributes:
        possible: Every verdict that the facts leave open, each with the special case that brings it.
    """

    possible: tuple[tuple[Verdict, RuleException | None], ...]
    reason: str
    missing: tuple[str, ...]
    checked: tuple[str, ...]

    @property
    def settled(self) -> Verdict | None:
        kinds = {verdict for verdict, _ in self.possible}
        return next(iter(kinds)) if len(kinds) == 1 else None

    @property
    def worst(self) -> Verdict:
        return max((verdict for verdict, _ in self.possible), key=lambda verdict: verdict.severity)


class _RuleReading:
    def __init__(self, rule: Rule, version: RuleVersion, reading: Reading) -> None:
        self.rule, self.version, self.reading = rule, version, reading
        self.place: Condition = InPlace(rule.place.codes) if rule.place.codes else Always()

    def decide(self, *, soft: bool = False, flipped: Condition | None = None) -> _Decision:
        def ask(condition: Condition) -> Answer:
            return self.reading.ask(condition, soft=soft, flipped=flipped)

        place, project, spatial = ask(self.place), ask(self.version.project), ask(self.version.spatial)
        if place.truth is None and self.rule.place.level == "basin":
            place = Answer(True)  # a river bank says itself in which basin it lies; only another place lifts the rule
        if place.truth is False:
            return _Decision(((Verdict.NOT_APPLICABLE, None),), "other-place", (), ())
        if project.truth is False:
            return _Decision(((Verdict.NOT_APPLICABLE, None),), "not-concerned", (), ())
        if spatial.truth is False:
            return _Decision(((Verdict.PERMITTED, None),), "clear", (), ())
        possible: list[tuple[Verdict, RuleException | None]] = []
        missing = [item for answer in (place, project, spatial) if answer.truth is None for item in answer.missing]
        unknown = bool(missing)
        checked: list[str] = []
        for special in (*self.version.exceptions, *self.version.branches):
            answer = ask(special.when)
            if special in self.version.exceptions:
                checked.append(special.id)
            if answer.truth is False:
                continue
            possible.append((special.outcome, special))
            if answer.truth is True:
                break
            missing += answer.missing
        else:
            possible.append((self.version.outcome, None))
        if unknown:
            possible.append((Verdict.PERMITTED, None))
        reason = "hit"
        if possible[0][1] is not None and len(possible) == 1:
            reason = "exception" if possible[0][1] in self.version.exceptions else "branch"
        return _Decision(tuple(possible), reason, unique(missing), tuple(checked))

    def everything(self) -> tuple[Condition, ...]:
        parts = (*self.version.exceptions, *self.version.branches)
        return (self.place, self.version.project, self.version.spatial, *(part.when for part in parts))


def _judge(rule: Rule, version: RuleVersion, reading: Reading) -> Outcome:
    asked = _RuleReading(rule, version, reading)
    crisp = asked.decide()
    every = [leaf for condition in asked.everything() for leaf in leaves(condition)]
    relations = [leaf for leaf in every if isinstance(leaf, Relation)]
    soft = asked.decide(soft=True) if any(reading.leaf(leaf).borderline for leaf in every) else crisp
    verdict, could_be = crisp.settled or Verdict.UNDETERMINED, crisp.worst
    missing, reason, borderline = crisp.missing, crisp.reason, False
    if verdict is Verdict.UNDETERMINED:
        reason = _missing_reason(missing)
        if version.could_be is not None and version.could_be.severity > could_be.severity:
            could_be = version.could_be
    else:
        missing = ()
        if soft.settled is not verdict:
            borderline = True
            if soft.worst.severity > verdict.severity:  # what the data's accuracy could turn worse is not clear
                verdict, could_be, missing, reason = Verdict.UNDETERMINED, soft.worst, soft.missing, "borderline"
    margin_m = _margin(asked, crisp, relations)
    special = crisp.possible[0][1] if len(crisp.possible) == 1 else None
    concerned = verdict is not Verdict.NOT_APPLICABLE
    place, project, spatial = (reading.ask(part) for part in (asked.place, version.project, version.spatial))
    documents = (special.documents or version.documents) if special else version.documents
    derived = unique(name for part in asked.everything() for name in reading.ask(part).derived)
    return Outcome(
        rule=rule.id,
        title=rule.title,
        outcome=verdict,
        could_be=could_be,
        reason=reason,
        dimension=rule.dimension,
        force=rule.force,
        basis=version.basis,
        values={"special": special.id, "special_title": dict(special.title)} if special and concerned else {},
        evidence=_merge(spatial.evidence) if concerned else (),
        missing=missing,
        documents_needed=documents if verdict in _ASKING else (),
        exceptions_checked=crisp.checked,
        derived=derived,
        borderline=borderline,
        margin_m=margin_m if concerned else None,
        trace=Trace(
            "rule",
            {Verdict.PERMITTED: False, Verdict.NOT_APPLICABLE: False}.get(verdict, None if missing else True),
            {"reason": reason},
            tuple(
                Trace(kind, answer.truth, {}, (answer.trace,))
                for kind, answer in (("in_place", place), ("project", project), ("spatial", spatial))
                if answer.trace is not None and answer.trace.kind != "always"
            )
            + tuple(
                Trace(
                    kind, (answer := reading.ask(part.when)).truth,
                    {"id": part.id, "title": dict(part.title), "outcome": str(part.outcome)},
                    (answer.trace,) if answer.trace else (),
                )
                for kind, parts in (("exception", version.exceptions), ("branch", version.branches))
                for part in parts
                if concerned and crisp.reason != "clear"
            ),
        ),
        confidence=version.confidence,
    )  # fmt: skip


_ASKING = (Verdict.CONDITIONAL, Verdict.RESTRICTED, Verdict.UNDETERMINED, Verdict.ADVISORY)


def _missing_reason(missing: Sequence[str]) -> str:
    for kind in ("layer", "coverage", "field", "parameter", "access_list", "clause", "attribute"):
        if any(item.startswith(f"{kind}:") for item in missing):
            return f"missing-{kind.replace('_', '-')}"
    return "missing"


def _margin(asked: _RuleReading, crisp: _Decision, relations: Iterable[Relation]) -> float | None:
    """Metres to the nearest flip: of the relations on which the outcome hangs, the one closest to its edge."""
    margins: list[float] = []
    for leaf in relations:
        answer = asked.reading.leaf(leaf)
        if answer.truth is None or answer.margin_m is None:
            continue
        if asked.decide(flipped=leaf).settled is not crisp.settled:
            margins.append(answer.margin_m)
    return min(margins, default=None)


def _merge(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Evidence without repeats, nearest first as it came."""
    return tuple(dict.fromkeys(evidence))


# ---------------------------------------------------------------------------------------------------- access lists


def _judge_access_lists(
    rule: Rule, version: RuleVersion, lists: Sequence[AccessList], facts: SiteFacts, reading: Reading
) -> Outcome:
    """The lists of every unit that the site meets, and of the city and province above it; the strictest clause wins."""
    fact = facts.layers.get("control_unit")
    blank = Outcome(
        rule=rule.id,
        title=rule.title,
        outcome=Verdict.UNDETERMINED,
        could_be=version.outcome,
        reason="missing-layer",
        dimension=rule.dimension,
        force=rule.force,
        basis=version.basis,
        confidence=version.confidence,
    )
    if fact is None or fact.count == 0:
        return replace(blank, missing=("layer:control_unit",))
    inside = sorted((unit for unit in fact.features if unit.inside), key=_unit_order)
    clauses, missing = _clauses_of(inside, lists, reading)
    share = min(1.0, sum(unit.share for unit in inside))
    if not inside or max(share, fact.union_share) < 1 - SHARE_EPS:
        missing.append("coverage:control_unit")
    evidence = tuple(
        Evidence(
            "control_unit", unit.feature, unit.feature_id, unit.overlap_m2 or None, unit.overlap_m or None,
            unit.share, unit.distance_m,
        )  # fmt: skip
        for unit in inside
    )
    settled = [clause for clause in clauses if clause.outcome is not Verdict.NOT_APPLICABLE]
    worst = max(settled, key=_clause_rank, default=None)
    open_rank = 2 * version.outcome.severity - 1 if missing else -1  # an unread list could hold a prohibition
    clause_missing = unique(
        item for clause in clauses if clause.outcome is Verdict.UNDETERMINED for item in clause.missing
    )
    derived = unique(
        name
        for clause in clauses
        if clause.clause.project is not None
        for name in reading.ask(clause.clause.project).derived
    )
    if worst is not None and _clause_rank(worst) >= open_rank:
        verdict, could_be = worst.outcome, worst.could_be
        reason = "clause-hit" if verdict is not Verdict.UNDETERMINED else "clause-open"
    elif missing:
        verdict, could_be, reason = Verdict.UNDETERMINED, version.outcome, _missing_reason(missing)
    else:
        verdict, could_be, reason = Verdict.PERMITTED, Verdict.PERMITTED, "clauses-clear"
    open_items = unique([*missing, *clause_missing]) if verdict is Verdict.UNDETERMINED else ()
    borderline = False
    margin_m: float | None = None
    reach_m = max(fact.accuracy_m or 0.0, TOUCH_M)
    beside = sorted((unit for unit in fact.features if not unit.inside and unit.distance_m <= reach_m), key=_unit_order)
    if beside and verdict is not Verdict.UNDETERMINED:
        near_clauses, near_missing = _clauses_of(beside, lists, reading)
        near_rank = max((_clause_rank(clause) for clause in near_clauses), default=0)
        if near_missing:
            near_rank = max(near_rank, 2 * version.outcome.severity - 1)
        rank = 2 * verdict.severity
        if near_rank > rank:
            borderline, margin_m = True, min(unit.distance_m for unit in beside)
            could_be = max(
                [clause.could_be for clause in near_clauses] + ([version.outcome] if near_missing else []),
                key=lambda kind: kind.severity,
            )
            verdict, reason, open_items = Verdict.UNDETERMINED, "borderline", ("survey:control_unit",)
    severe = worst is not None and worst.outcome is verdict and verdict.severity > Verdict.PERMITTED.severity
    if severe and worst is not None and worst.clause.unit and len(inside) > 1:
        depth_m = deepest(unit for unit in inside if _covers(worst.clause, unit))
        if depth_m is not None:
            margin_m = depth_m
            borderline = margin_m <= reach_m
    used = [access_list for access_list in lists if any(clause.list_key == access_list.key for clause in clauses)]
    return replace(
        blank,
        outcome=verdict,
        could_be=could_be,
        reason=reason,
        dimension=worst.clause.dimension if worst is not None else rule.dimension,
        basis=(*version.basis, *(Basis(access_list.document, "") for access_list in used)),
        values={"clause": worst.clause.id, "unit": worst.clause.unit or "", "text": worst.clause.text}
        if worst is not None and reason.startswith("clause-")
        else {},
        evidence=evidence,
        missing=open_items,
        clauses=tuple(clauses),
        derived=derived,
        borderline=borderline,
        margin_m=margin_m,
        trace=Trace(
            "rule",
            None if verdict is Verdict.UNDETERMINED else verdict not in (Verdict.PERMITTED, Verdict.NOT_APPLICABLE),
            {"reason": reason},
            tuple(
                Trace("unit", True, {"code": unit.attributes.get("code"), "feature": unit.feature, "share": unit.share})
                for unit in inside
            )
            + tuple(
                Trace(
                    "clause",
                    None if item.outcome is Verdict.UNDETERMINED else item.outcome is not Verdict.NOT_APPLICABLE,
                    {"id": item.clause.id, "text": item.clause.text, "outcome": str(item.outcome)},
                    (item.trace,) if item.trace else (),
                )
                for item in clauses
            ),
        ),
    )


def _unit_order(unit: FeatureFact) -> tuple[float, str, str, int]:
    return (-unit.share, str(unit.attributes.get("code") or ""), unit.feature, unit.feature_id or 0)


def _clause_rank(clause: ClauseOutcome) -> int:
    if clause.outcome is Verdict.UNDETERMINED:
        return 2 * clause.could_be.severity - 1
    return 2 * clause.outcome.severity


def _covers(clause: Clause, unit: FeatureFact) -> bool:
    code = str(unit.attributes.get("code") or "")
    if clause.unit is not None:
        return clause.unit == code
    county = code[2:8]
    return not clause.place_codes or any(county.startswith(prefix) for prefix in clause.place_codes)


def _clauses_of(
    units: Sequence[FeatureFact], lists: Sequence[AccessList], reading: Reading
) -> tuple[list[ClauseOutcome], list[str]]:
    """The outcome of every clause that speaks of these units, in order of tier, and what is missing to know all."""
    missing: list[str] = []
    for unit in units:
        code = unit.attributes.get("code")
        if not code:
            missing.append("field:control_unit.code")
        elif not any(str(code) in access_list.units for access_list in lists):
            missing.append(f"access_list:{code}")
    found: list[ClauseOutcome] = []
    for access_list in lists:
        for clause in access_list.clauses:
            covered = [unit for unit in units if _covers(clause, unit)]
            if covered:
                share = min(1.0, sum(unit.share for unit in covered))
                found.append(_judge_clause(clause, access_list.key, share, reading))
    order = {"province": 0, "basin": 1, "city": 2, "unit": 3}
    found.sort(key=lambda item: (order[item.clause.tier], item.clause.unit or "", item.list_key))
    return found, list(unique(missing))


def _judge_clause(clause: Clause, list_key: str, share: float, reading: Reading) -> ClauseOutcome:
    if clause.status == "manual":
        could_be = clause.outcome or Verdict.PROHIBITED
        return ClauseOutcome(
            clause, Verdict.UNDETERMINED, could_be, "clause-manual", (f"clause:{clause.id}",), share, None, list_key
        )
    if clause.outcome is None:  # read, but not to the end: as good as not read
        return ClauseOutcome(
            clause, Verdict.UNDETERMINED, Verdict.PROHIBITED, "clause-manual", (f"clause:{clause.id}",), share, None,
            list_key,
        )  # fmt: skip
    answer = reading.ask(clause.project if clause.project is not None else Always())
    if clause.status == "machine_read":
        return ClauseOutcome(
            clause, Verdict.UNDETERMINED, clause.outcome, "clause-unconfirmed", (f"clause:{clause.id}",), share,
            answer.trace, list_key,
        )  # fmt: skip
    if answer.truth is None:
        return ClauseOutcome(
            clause, Verdict.UNDETERMINED, clause.outcome, "missing-attribute", answer.missing, share, answer.trace,
            list_key,
        )  # fmt: skip
    if answer.truth:
        return ClauseOutcome(clause, clause.outcome, clause.outcome, "clause-hit", (), share, answer.trace, list_key)
    return ClauseOutcome(
        clause, Verdict.NOT_APPLICABLE, Verdict.NOT_APPLICABLE, "not-concerned", (), share, answer.trace, list_key
    )


"""The rules asked of columns: every distinct combination of answers is judged once, by the rules' own evaluation.

A column of answers may leave something open (:mod:`sanxian.batch_facts`). A combination is judged under every reading
of what is open; only where all readings agree is the outcome taken, and the other sites are measured one at a time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from rules.conditions import Always, Answer, Attribute, Condition, InPlace, Reading, Relation, _ask_attribute, leaves
from rules.evaluate import ACCESS_LIST_RULE, _covers, _judge, _judge_access_lists
from rules.facts import FeatureFact, LayerFact, SiteFacts
from rules.model import AccessList, Outcome, Rule, RuleVersion, Verdict
from rules.ruleset import RuleSet
from sanxian.batch_facts import NAMED

VERDICTS = tuple(Verdict)
_PLACE = {verdict: place for place, verdict in enumerate(VERDICTS)}
_UNDETERMINED = _PLACE[Verdict.UNDETERMINED]
_MOST_READINGS = 600
NOT_SETTLED = -1


def leaf_key(leaf: Condition) -> tuple[Any, ...]:
    """What makes two questions the same question."""
    match leaf:
        case Attribute():
            return ("attribute", leaf.name, leaf.test, repr(leaf.value))
        case Relation():
            return (
                "relation", leaf.relation, leaf.layer, leaf.filter_key, leaf.distance_m, leaf.parameter, leaf.share, leaf.baseline,
                leaf.common_key,
            )  # fmt: skip
        case InPlace():
            return ("place", leaf.codes)
    raise AssertionError(leaf)


def missing_word(item: str) -> str:
    """A missing fact as the batch names it: which unit's list or which clause is told by the unit's code."""
    kind = item.partition(":")[0]
    return kind if kind in ("access_list", "clause") else item


class Codes:
    """The table of answers behind the numbers in a column."""

    def __init__(self) -> None:
        no, no_near = Answer(False), Answer(False, borderline=True)
        yes, yes_near = Answer(True), Answer(True, borderline=True)
        self.readings: list[tuple[Answer, ...]] = [
            (no,), (no_near,), (no, no_near), (yes,), (yes_near,), (yes, yes_near),
            (no, no_near, yes, yes_near, Answer(None, ("?",))),
        ]  # fmt: skip
        self._named: dict[tuple[str, ...], int] = {}
        assert len(self.readings) == NAMED

    def named(self, missing: tuple[str, ...]) -> int:
        """The code of an unknown that these facts would decide."""
        if missing not in self._named:
            self._named[missing] = len(self.readings)
            self.readings.append((Answer(None, missing),))
        return self._named[missing]

    def of(self, answer: Answer) -> int:
        """The code of an attribute's answer."""
        return self.named(answer.missing) if answer.truth is None else (3 if answer.truth else 0)


class _Planted(Reading):
    """A reading whose leaves have been answered already."""

    def __init__(self, answers: Mapping[tuple[Any, ...], Answer]) -> None:  # noqa: D107
        self._planted, self._wholes = answers, {}

    def leaf(self, condition: Condition) -> Answer:
        answer = self._planted[leaf_key(condition)]
        if answer.borderline and isinstance(condition, Relation):
            return replace(answer, survey=condition.layer)
        return answer


@dataclass(frozen=True, slots=True)
class Judged:
    """One rule's outcome, small enough to be kept for millions: positions in ``VERDICTS``, and missing facts."""

    outcome: int
    rank: int
    missing: frozenset[str]


def judged(outcome: Outcome) -> Judged:
    """The small form of an outcome."""
    rank = outcome.rank if outcome.outcome is not Verdict.NOT_APPLICABLE else -99
    return Judged(_PLACE[outcome.outcome], rank, frozenset(map(missing_word, outcome.missing)))


class _Question:
    """A rule, or the access lists: which answers it hangs on, and what it says to each combination of them."""

    def __init__(self, keys: Sequence[tuple[Any, ...]], codes: Codes, say: Callable[[Reading, Any], Outcome]) -> None:
        self.keys = tuple(keys)
        self._codes, self._say = codes, say
        self._known: dict[tuple[Any, ...], Judged | None] = {}

    def judge(self, found: tuple[int, ...], about: Any = None) -> Judged | None:
        """What a combination comes to; ``None`` where its readings disagree."""
        key = (found, None if about is None else about.key)
        if key not in self._known:
            self._known[key] = self._work_out(found, about)
        return self._known[key]

    def _work_out(self, found: tuple[int, ...], about: Any) -> Judged | None:
        choices = [self._codes.readings[code] for code in found]
        if np.prod([float(len(choice)) for choice in choices]) > _MOST_READINGS:
            return None
        first: Judged | None = None
        for answers in itertools.product(*choices):
            outcome = judged(self._say(_Planted(dict(zip(self.keys, answers, strict=True))), about))
            if "?" in outcome.missing or (first is not None and outcome != first):
                return None
            first = outcome
        return first


@dataclass(frozen=True, slots=True)
class UnitsMet:
    """Which control units a site lies in and beside, as far as the access lists tell them apart.

    Attributes:
        key: Classes of the units inside and beside, whether they hold all of the site, and whether the layer is there.
    """

    key: tuple[tuple[int, ...], tuple[int, ...], bool, bool]


class RuleColumns:
    """The rules of one day, asked of columns of answers.

    Args:
        today: Rules and lists in force that day.
        rules: As they came, with all versions.
        on: The day.
    """

    def __init__(self, today: RuleSet, on: Any) -> None:
        self.codes = Codes()
        self.rules: tuple[Rule, ...] = today.rules
        self._lists = today.access_lists
        self.leaves: dict[tuple[Any, ...], Condition] = {}
        self._questions: list[_Question] = []
        self._pruned: dict[tuple[int, ...], tuple[AccessList, ...]] = {}
        self._classes: dict[Any, int] = {}
        self._models: list[str | None] = []
        for rule in self.rules:
            version = rule.on(on)
            assert version is not None
            if rule.id == ACCESS_LIST_RULE:
                self._questions.append(self._list_question(rule, version))
            else:
                self._questions.append(self._rule_question(rule, version))

    def _keys(self, conditions: Sequence[Condition]) -> list[tuple[Any, ...]]:
        found: dict[tuple[Any, ...], Condition] = {}
        for condition in conditions:
            for leaf in leaves(condition):
                found.setdefault(leaf_key(leaf), leaf)
        self.leaves |= {key: leaf for key, leaf in found.items() if key not in self.leaves}
        return list(found)

    def _rule_question(self, rule: Rule, version: RuleVersion) -> _Question:
        parts = (*version.exceptions, *version.branches)
        place: Condition = InPlace(rule.place.codes) if rule.place.codes else Always()
        keys = self._keys([place, version.project, version.spatial, *(part.when for part in parts)])
        return _Question(keys, self.codes, lambda reading, _about: _judge(rule, version, reading))

    def _list_question(self, rule: Rule, version: RuleVersion) -> _Question:
        clauses = [clause for access_list in self._lists for clause in access_list.clauses]
        keys = self._keys([clause.project for clause in clauses if clause.project is not None])
        self._places = tuple(
            (number, clause.place_codes)
            for number, access_list in enumerate(self._lists)
            for clause in {item.place_codes: item for item in access_list.clauses if item.unit is None}.values()
        )
        self._with_clauses = {clause.unit for clause in clauses if clause.unit is not None}

        def say(reading: Reading, about: UnitsMet) -> Outcome:
            inside, beside, whole, there = about.key
            units = [self._unit(member, inside=True, share=1.0 / len(inside)) for member in inside]
            units += [self._unit(member, inside=False, share=0.0) for member in beside]
            full = 1.0 if whole else 0.0
            if not whole:
                units = [replace(unit, share=0.0) for unit in units]
            layers = {"control_unit": LayerFact(tuple(units), 1.0, 0.0, full, count=1)} if there else {}
            facts = SiteFacts("Polygon", 0.0, 0.0, "", layers)
            return _judge_access_lists(rule, version, self._pruned_lists((*inside, *beside)), facts, reading)

        return _Question(keys, self.codes, say)

    def unit_class(self, code: Any) -> int:
        """The class of a unit: units of one class are spoken of by the same clauses and lists."""
        text = str(code) if code else ""
        model = FeatureFact(text, attributes={"code": code})
        in_lists = tuple(text in access_list.units for access_list in self._lists) if text else ()
        spoken = tuple(
            not places or any(text[2:8].startswith(prefix) for prefix in places) for _, places in self._places
        )
        key = (bool(text), in_lists, spoken, text if text in self._with_clauses else None)
        if key not in self._classes:
            self._classes[key] = len(self._models)
            self._models.append(text if model.attributes["code"] else None)
        return self._classes[key]

    def _unit(self, member: int, *, inside: bool, share: float) -> FeatureFact:
        code = self._models[member]
        return FeatureFact(str(member), member, {"code": code}, share=share, inside=inside)

    def _pruned_lists(self, members: tuple[int, ...]) -> tuple[AccessList, ...]:
        key = tuple(sorted(set(members)))
        if key not in self._pruned:
            units = [self._unit(member, inside=True, share=1.0) for member in key]
            self._pruned[key] = tuple(
                replace(
                    access_list,
                    clauses=tuple(
                        clause for clause in access_list.clauses if any(_covers(clause, unit) for unit in units)
                    ),
                )
                for access_list in self._lists
            )
        return self._pruned[key]

    def judge(
        self,
        columns: Mapping[tuple[Any, ...], np.ndarray],
        known: Mapping[tuple[Any, ...], np.ndarray],
        known_of: np.ndarray,
        units: Sequence[UnitsMet | None],
        unit_of: np.ndarray,
    ) -> Columns:
        """All rules of all sites.

        Args:
            columns: Answers to spatial questions, one entry a site.
            known: Answers to questions about attributes, one entry for each distinct set of attributes.
            known_of: For each site its set of attributes.
            units: The distinct situations among control units; ``None`` where it is not known.
            unit_of: For each site its situation.
        """
        count = len(unit_of)
        outcome = np.full((len(self.rules), count), NOT_SETTLED, dtype=np.int8)
        rank = np.full((len(self.rules), count), -99, dtype=np.int8)
        words: dict[str, int] = {}
        bits = np.zeros((count, 4), dtype=np.uint64)
        for place, (rule, question) in enumerate(zip(self.rules, self._questions, strict=True)):
            listed = rule.id == ACCESS_LIST_RULE
            plain = [key for key in question.keys if key in known]
            spatial = [key for key in question.keys if key not in known]
            profiles, profile_of = distinct([known[key] for key in plain], len(next(iter(known.values()), known_of)))
            asked = [columns[key] for key in spatial]
            combinations, member = distinct([profile_of[known_of], *asked, *([unit_of] if listed else [])], count)
            settled: list[Judged | None] = []
            for row in combinations.tolist():
                answers = dict(zip(plain, profiles[row[0]].tolist(), strict=True))
                answers |= dict(zip(spatial, row[1:], strict=False))
                found = tuple(answers[key] for key in question.keys)
                if listed:
                    about = units[row[-1]]
                    settled.append(None if about is None else question.judge(found, about))
                else:
                    settled.append(question.judge(found))
            outcome[place] = np.array([NOT_SETTLED if one is None else one.outcome for one in settled], np.int8)[member]
            rank[place] = np.array([-99 if one is None else one.rank for one in settled], np.int8)[member]
            masks = np.zeros((len(settled), bits.shape[1]), dtype=np.uint64)
            for row, one in enumerate(settled):
                for word in one.missing if one is not None else ():
                    bit = words.setdefault(word, len(words))
                    if bit >= 64 * bits.shape[1]:
                        extra = np.zeros((count, 4), dtype=np.uint64)
                        bits, masks = np.hstack([bits, extra]), np.hstack([masks, np.zeros((len(masks), 4), np.uint64)])
                    masks[row, bit // 64] |= np.uint64(1 << (bit % 64))
            bits |= masks[member]
        worst = rank.max(axis=0, initial=-99)
        verdict = np.full(count, _UNDETERMINED, dtype=np.int8)
        for severity_of in VERDICTS:
            if severity_of not in (Verdict.UNDETERMINED, Verdict.NOT_APPLICABLE):
                verdict[worst == 2 * severity_of.severity] = _PLACE[severity_of]
        open_ = (outcome == NOT_SETTLED).any(axis=0)
        return Columns(outcome, verdict, bits, tuple(words), open_)


@dataclass(slots=True)
class Columns:
    """What the rules say of many sites.

    Attributes:
        outcome: One row a rule, one column a site: positions in ``VERDICTS``, -1 where it is not settled.
        verdict: The most severe of each site.
        bits: For each site which of ``words`` are missing.
        open: Sites of which a rule is not settled.
    """

    outcome: np.ndarray
    verdict: np.ndarray
    bits: np.ndarray
    words: tuple[str, ...]
    open: np.ndarray

    def missing(self) -> tuple[list[list[str]], np.ndarray]:
        """The distinct lists of missing facts, each in order of the alphabet, and which is each site's."""
        member = np.zeros(len(self.bits), dtype=np.int64)
        for column in self.bits.T:
            code = pd.factorize(column)[0]
            member = pd.factorize(member * (int(code.max(initial=0)) + 1) + code)[0]
        firsts = np.flatnonzero(~pd.Series(member).duplicated().to_numpy())
        rows = np.empty((len(firsts), self.bits.shape[1]), dtype=np.uint64)
        rows[member[firsts]] = self.bits[firsts]
        lists = [
            sorted(word for bit, word in enumerate(self.words) if int(row[bit // 64]) >> (bit % 64) & 1) for row in rows
        ]
        return lists, member


def distinct(columns: Sequence[np.ndarray], count: int) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows of some columns of small numbers, and which of them each row is."""
    member = np.zeros(count, dtype=np.int64)
    for column in columns:
        column = np.asarray(column, dtype=np.int64)
        if len(column) and column.min() != column.max():
            member = pd.factorize(member * (int(column.max()) + 1) + column)[0]
    firsts = np.flatnonzero(~pd.Series(member).duplicated().to_numpy())
    order = np.empty(len(firsts), dtype=np.int64)
    order[member[firsts]] = firsts
    rows = [np.asarray(column)[order] for column in columns]
    return (np.column_stack(rows) if rows else np.empty((len(order), 0), dtype=np.int64)), member


def attribute_codes(codes: Codes, leaf: Attribute, values: Sequence[Mapping[str, Any]]) -> list[int]:
    """The codes of one attribute question over distinct projects; each distinct value is asked once."""
    names = (leaf.name, "industry_code") if leaf.name == "is_chemical" else (leaf.name,)
    known: dict[Any, int] = {}
    found: list[int] = []
    for value in values:
        key = tuple((value.get(name), type(value.get(name))) for name in names)  # True is not 1
        if key not in known:
            known[key] = codes.of(_ask_attribute(leaf, value))
        found.append(known[key])
    return found

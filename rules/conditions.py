"""The closed vocabulary of conditions, and their three-valued answers.

A condition is asked of measured facts and of what is known of the project. It answers yes, no or *unknown*, with the
facts that would decide an unknown one. Unknown stays unknown through every connective (strong Kleene logic), so that
nothing that was not checked can come out as checked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rules.facts import FeatureFact, LayerFact, SiteFacts, deepest
from rules.industry import code_matches, is_chemical, readable
from rules.model import Evidence, RuleError, Trace

TOUCH_M = 1e-3  # closer than this, drawn lines are the same line: no survey tells them apart
SHARE_EPS = 1e-6
EVIDENCE_KEPT = 20

RELATIONS = ("intersects", "within", "outside", "within_distance", "covers_share", "outlet_inside")


@dataclass(frozen=True, slots=True)
class Always:
    """Holds for every project."""


@dataclass(frozen=True, slots=True)
class All:
    """Holds where all parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds where at least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds where its part does not."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Relation:
    """How the site lies to a layer.

    Attributes:
        where: Attribute filter on the layer's features: a value, or several of which one must fit.
        distance_m: For ``within_distance``; ``None`` where ``parameter`` names a distance that the user must set.
        share: For ``covers_share``, 0 to 1.
        baseline: For river banks, the lines that may be measured to; the nearest decides, and evidence names it.
        also_in: For ``intersects``: the same part of the site must lie in this layer too, not only another part.
    """

    relation: str
    layer: str
    where: Mapping[str, tuple[str | bool, ...]] = field(default_factory=dict[str, "tuple[str | bool, ...]"])
    distance_m: float | None = None
    parameter: str | None = None
    share: float | None = None
    baseline: tuple[str, ...] = ()
    also_in: Relation | None = None

    @property
    def filter_key(self) -> str:
        """Key of this filter in ``LayerFact.filtered``."""
        return json.dumps({name: list(values) for name, values in self.where.items()}, sort_keys=True)

    @property
    def common_key(self) -> str:
        """Key of the part shared with ``also_in``, in ``LayerFact.common``."""
        return "" if self.also_in is None else f"{self.filter_key}|{self.also_in.layer}|{self.also_in.filter_key}"

    @property
    def needs_union(self) -> bool:
        """Whether the share of the site within the filtered features decides, not single features."""
        return self.relation in ("within", "outside", "covers_share", "outlet_inside")


@dataclass(frozen=True, slots=True)
class Attribute:
    """A test of one project attribute.

    Attributes:
        test: is, in, at_most, at_least, less_than, more_than, prefix, any_of or none_of.
        value: A word, a number, a truth value, or a tuple of words.
        unit: Unit of a number, for people.
    """

    name: str
    test: str
    value: Any
    unit: str = ""


@dataclass(frozen=True, slots=True)
class InPlace:
    """The site lies in one of the administrative areas whose codes begin so."""

    codes: tuple[str, ...]


Condition = Always | All | AnyOf | Not | Relation | Attribute | InPlace

ALWAYS = Always()


# ---------------------------------------------------------------------------------------------------- reading


def parse_condition(table: Any, where: str) -> Condition:
    """Read a condition from a TOML table, strictly.

    Args:
        table: The table as ``tomllib`` gives it.
        where: The place in the file, for the error's reader.

    Raises:
        RuleError: A key, word or number that has no meaning here.
    """
    if not isinstance(table, dict):
        raise RuleError("{where}：条件应为一张表（花括号），而不是 {value!r}", where=where, value=table)
    keys: dict[str, Any] = {str(key): value for key, value in table.items()}  # type: ignore[misc]
    for word in ("all", "any"):
        if word in keys:
            _only(keys, {word}, where)
            parts = keys[word]
            if not isinstance(parts, list) or not parts:
                raise RuleError("{where}：“{word}”后应为至少含一个条件的列表", where=where, word=word)
            inner = tuple(parse_condition(part, f"{where}.{word}[{n}]") for n, part in enumerate(parts, 1))  # type: ignore[arg-type]
            return All(inner) if word == "all" else AnyOf(inner)
    if "not" in keys:
        _only(keys, {"not"}, where)
        return Not(parse_condition(keys["not"], f"{where}.not"))
    if "always" in keys:
        _only(keys, {"always"}, where)
        if keys["always"] is not True:
            raise RuleError("{where}：always 只能为 true", where=where)
        return ALWAYS
    if "relation" in keys:
        return _relation(keys, where)
    if "attribute" in keys:
        return _attribute(keys, where)
    raise RuleError(
        "{where}：不认识的条件 {keys}；可用 all、any、not、always、relation、attribute",
        where=where,
        keys="、".join(sorted(keys)) or "{}",
    )


def _only(keys: Mapping[str, Any], allowed: set[str], where: str) -> None:
    unknown = sorted(set(keys) - allowed)
    if unknown:
        raise RuleError("{where}：不认识的键 {keys}", where=where, keys="、".join(unknown))


def _text(keys: Mapping[str, Any], key: str, where: str) -> str:
    value = keys.get(key)
    if not isinstance(value, str) or not value:
        raise RuleError("{where}：“{key}”应为文字，而不是 {value!r}", where=where, key=key, value=value)
    return value


def _relation(keys: Mapping[str, Any], where: str) -> Relation:
    _only(keys, {"relation", "layer", "where", "distance_m", "share", "baseline", "also_in"}, where)
    relation, layer = _text(keys, "relation", where), _text(keys, "layer", where)
    if relation not in RELATIONS:
        raise RuleError(
            "{where}：不认识的空间关系“{word}”；可用 {words}", where=where, word=relation, words="、".join(RELATIONS)
        )
    filters: dict[str, tuple[str | bool, ...]] = {}
    raw = keys.get("where", {})
    if not isinstance(raw, dict):
        raise RuleError("{where}：where 应为一张表", where=where)
    for name, wanted in raw.items():  # type: ignore[misc]
        values: list[Any] = list(wanted) if isinstance(wanted, list) else [wanted]  # type: ignore[arg-type]
        if not values or not all(isinstance(value, str | bool) for value in values):
            raise RuleError("{where}：where.{name} 应为文字、是否，或它们的列表", where=where, name=name)
        filters[str(name)] = tuple(values)  # type: ignore[arg-type]
    distance_m: float | None = None
    parameter: str | None = None
    if relation == "within_distance":
        given = keys.get("distance_m")
        if isinstance(given, dict):
            _only(given, {"parameter"}, f"{where}.distance_m")  # type: ignore[arg-type]
            parameter = _text(given, "parameter", f"{where}.distance_m")  # type: ignore[arg-type]
        elif isinstance(given, int | float) and not isinstance(given, bool) and given > 0:
            distance_m = float(given)
        else:
            raise RuleError(
                "{where}：within_distance 需要 distance_m：以米为单位的正数，或 {{ parameter = '名称' }}", where=where
            )
    elif "distance_m" in keys:
        raise RuleError("{where}：只有 within_distance 可以带 distance_m", where=where)
    share: float | None = None
    if relation == "covers_share":
        given = keys.get("share")
        if not isinstance(given, int | float) or isinstance(given, bool) or not 0 < given <= 1:
            raise RuleError("{where}：covers_share 需要 share：0 与 1 之间的数", where=where)
        share = float(given)
    elif "share" in keys:
        raise RuleError("{where}：只有 covers_share 可以带 share", where=where)
    lines = keys.get("baseline", [])
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):  # type: ignore[misc]
        raise RuleError("{where}：baseline 应为文字列表", where=where)
    also_in: Relation | None = None
    if "also_in" in keys:
        inner: Any = keys["also_in"]
        if relation != "intersects" or not isinstance(inner, dict):
            raise RuleError("{where}：also_in 只能跟在 intersects 之后，写明另一图层及其 where", where=where)
        also_in = _relation({"relation": "intersects", **inner}, f"{where}.also_in")  # type: ignore[dict-item]
    return Relation(relation, layer, filters, distance_m, parameter, share, tuple(lines), also_in)  # type: ignore[arg-type]


_TESTS: Mapping[str, str] = {
    "is": "value",
    "in": "words",
    "prefix": "words",
    "any_of": "words",
    "none_of": "words",
    "at_most": "number",
    "at_least": "number",
    "less_than": "number",
    "more_than": "number",
}


def _attribute(keys: Mapping[str, Any], where: str) -> Attribute:
    _only(keys, {"attribute", "unit", *_TESTS}, where)
    name = _text(keys, "attribute", where)
    tests = [test for test in _TESTS if test in keys]
    if len(tests) != 1:
        raise RuleError(
            "{where}：对属性“{name}”要有且只有一种比较（{tests}）", where=where, name=name, tests="、".join(_TESTS)
        )
    test, value = tests[0], keys[tests[0]]
    kind = _TESTS[test]
    if kind == "number" and (not isinstance(value, int | float) or isinstance(value, bool)):
        raise RuleError("{where}：{test} 后应为数字，而不是 {value!r}", where=where, test=test, value=value)
    if kind == "words":
        if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):  # type: ignore[misc]
            raise RuleError("{where}：{test} 后应为文字列表，而不是 {value!r}", where=where, test=test, value=value)
        value = tuple(value)  # type: ignore[arg-type]
    if kind == "value" and not isinstance(value, str | bool | int):
        raise RuleError("{where}：is 后应为文字或是否，而不是 {value!r}", where=where, value=value)
    if "unit" in keys and kind != "number":
        raise RuleError("{where}：unit 只能跟在数字比较之后", where=where)
    return Attribute(name, test, value, str(keys.get("unit", "")))


def leaves(condition: Condition) -> Iterable[Condition]:
    """Every relation, attribute test and place in a condition, left to right."""
    match condition:
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case Always():
            return
        case _:
            yield condition


# ---------------------------------------------------------------------------------------------------- asking


@dataclass(frozen=True, slots=True)
class Context:
    """What a condition is asked of.

    Attributes:
        attributes: What is known of the project; a missing name or ``None`` is unknown.
        parameters: Distances that the law leaves open and the user has set, in metres.
    """

    facts: SiteFacts
    attributes: Mapping[str, Any]
    parameters: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one condition.

    Attributes:
        truth: ``True``, ``False`` or ``None`` for unknown.
        missing: What would decide an unknown one.
        margin_m: For a relation, how far from flipping it is.
        borderline: The stated accuracy of the data could flip it.
        derived: Attributes that were worked out from others.
        more: How many features answer so besides those in ``evidence``.
    """

    truth: bool | None
    missing: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    margin_m: float | None = None
    borderline: bool = False
    derived: tuple[str, ...] = ()
    trace: Trace | None = None
    survey: str = ""
    more: int = 0


class Reading:
    """One reading of conditions against one context: every leaf is asked once.

    Args:
        soft: Read borderline leaves as unknown, which shows what the accuracy of the data could change.
        flipped: A leaf to read as its opposite, which shows whether the outcome hangs on it.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._answers: dict[int, tuple[Condition, Answer]] = {}
        self._wholes: dict[int, tuple[Condition, Answer]] = {}

    def leaf(self, condition: Condition) -> Answer:
        """The answer to one leaf, kept for the next time that it is asked."""
        kept = self._answers.get(id(condition))
        if kept is None or kept[0] is not condition:
            kept = (condition, _ask_leaf(condition, self._context))
            self._answers[id(condition)] = kept
        return kept[1]

    def ask(self, condition: Condition, *, soft: bool = False, flipped: Condition | None = None) -> Answer:
        """The answer to a whole condition.

        Args:
            condition: What to ask.
            soft: Read borderline leaves as unknown, which shows what the accuracy of the data could change.
            flipped: A leaf to read as its opposite, which shows whether the answer hangs on it.
        """
        if soft or flipped is not None:
            return self._ask(condition, soft, flipped)
        kept = self._wholes.get(id(condition))
        if kept is None or kept[0] is not condition:
            kept = (condition, self._ask(condition, False, None))
            self._wholes[id(condition)] = kept
        return kept[1]

    def _ask(self, condition: Condition, soft: bool, flipped: Condition | None) -> Answer:
        match condition:
            case Always():
                return Answer(True, trace=Trace("always", True))
            case Not(part):
                inner = self.ask(part, soft=soft, flipped=flipped)
                truth = None if inner.truth is None else not inner.truth
                return _combine("not", truth, [inner])
            case All(parts):
                inner = [self.ask(part, soft=soft, flipped=flipped) for part in parts]
                truths = [answer.truth for answer in inner]
                truth = False if False in truths else None if None in truths else True
                return _combine("all", truth, inner)
            case AnyOf(parts):
                inner = [self.ask(part, soft=soft, flipped=flipped) for part in parts]
                truths = [answer.truth for answer in inner]
                truth = True if True in truths else None if None in truths else False
                return _combine("any", truth, inner)
            case _:
                answer = self.leaf(condition)
                if condition is flipped and answer.truth is not None:
                    return Answer(not answer.truth)
                if soft and answer.borderline:
                    return Answer(None, (f"survey:{answer.survey}",), trace=answer.trace)
                return answer


def _combine(kind: str, truth: bool | None, inner: list[Answer]) -> Answer:
    missing: tuple[str, ...] = ()
    if truth is None:
        missing = unique(item for answer in inner if answer.truth is None for item in answer.missing)
    return Answer(
        truth,
        missing,
        tuple(evidence for answer in inner for evidence in answer.evidence),
        derived=unique(name for answer in inner for name in answer.derived),
        trace=Trace(kind, truth, {}, tuple(answer.trace for answer in inner if answer.trace is not None)),
    )


def unique(items: Iterable[str]) -> tuple[str, ...]:
    """``items`` without repeats, in order of first appearance."""
    return tuple(dict.fromkeys(items))


def _ask_leaf(condition: Condition, context: Context) -> Answer:
    if isinstance(condition, Attribute):
        return _ask_attribute(condition, context.attributes)
    if isinstance(condition, InPlace):
        return _ask_place(condition, context.facts.layers.get("admin"))
    assert isinstance(condition, Relation)
    return _ask_relation(condition, context)


# ---- attributes


def _ask_attribute(test: Attribute, attributes: Mapping[str, Any]) -> Answer:
    value = attributes.get(test.name)
    derived: tuple[str, ...] = ()
    missing = f"attribute:{test.name}"
    if value is False and test.name == "is_chemical" and is_chemical(attributes.get("industry_code") or ()):
        # The code says chemical and the form says not: one of them is wrong, and nobody here knows which.
        given = {"attribute": test.name, "test": test.test, "wanted": _plain(test.value), "given": False}
        return Answer(None, (missing,), trace=Trace("attribute", None, given))
    if value is None and test.name == "is_chemical":
        codes = attributes.get("industry_code")
        if codes is None:
            missing = "attribute:industry_code"
        else:
            value = is_chemical(codes)
            derived = ("is_chemical",) if value is not None else ()
            if value is None and not all(readable(str(code)) for code in _many(codes)):
                missing = "attribute:industry_code"
    asked: dict[str, Any] = {"attribute": test.name, "test": test.test, "wanted": _plain(test.value)}
    if test.unit:
        asked["unit"] = test.unit
    if value is None:
        return Answer(None, (missing,), trace=Trace("attribute", None, {**asked, "given": None}))
    truth = compare(test, value)
    if truth is None:
        return Answer(None, (missing,), trace=Trace("attribute", None, {**asked, "given": _plain(value)}))
    if derived:
        asked["derived_from"] = "industry_code"
    return Answer(truth, derived=derived, trace=Trace("attribute", truth, {**asked, "given": _plain(value)}))


def compare(test: Attribute, value: Any) -> bool | None:
    """Whether a known value passes a test; of several values one that passes is enough, and ``None`` where it cannot be told."""
    match test.test:
        case "is":
            return value == test.value if not isinstance(value, tuple | list | frozenset) else test.value in value
        case "in":
            return any(item in test.value for item in _many(value))
        case "any_of":
            return any(item in test.value for item in _many(value))
        case "none_of":
            return not any(item in test.value for item in _many(value))
        case "prefix":
            told = {code_matches(str(code), prefix) for code in _many(value) for prefix in test.value}
            return True in told or (None if None in told else False)
        case "at_most":
            return float(value) <= test.value
        case "at_least":
            return float(value) >= test.value
        case "less_than":
            return float(value) < test.value
        case "more_than":
            return float(value) > test.value
        case _:
            raise AssertionError(test.test)


def _many(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple | list | frozenset | set) else (value,)  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    return [_plain(item) for item in sorted(value, key=str)] if isinstance(value, frozenset | set) else (  # type: ignore[arg-type]
        [_plain(item) for item in value] if isinstance(value, tuple | list) else value  # type: ignore[arg-type]
    )


# ---- places


def _ask_place(place: InPlace, fact: LayerFact | None) -> Answer:
    asked: dict[str, Any] = {"codes": list(place.codes)}
    if fact is None or fact.count == 0:
        return Answer(None, ("layer:admin",), trace=Trace("place", None, asked))
    inside = [feature for feature in fact.features if feature.inside]
    found = [feature.attributes.get("code") for feature in inside]
    asked["found"] = sorted({str(code) for code in found if code})
    answers = [(feature, _code_in(feature.attributes.get("code"), place.codes)) for feature in inside]
    if any(answer is True for _, answer in answers):
        truth: bool | None = True
    elif any(answer is False and feature.share >= 1 - SHARE_EPS for feature, answer in answers):
        truth = False
    elif any(answer is None for _, answer in answers):
        truth = None
    elif answers and max(sum(feature.share for feature, _ in answers), fact.union_share) >= 1 - SHARE_EPS:
        truth = False
    else:
        truth = None  # part of the site lies in no area that the layer knows
    missing = ("coverage:admin",) if truth is None else ()
    return Answer(truth, missing, trace=Trace("place", truth, asked))


def _code_in(code: Any, prefixes: tuple[str, ...]) -> bool | None:
    if code is None:
        return None
    text = str(code)
    stem = text
    while len(stem) > 2 and stem.endswith("00"):
        stem = stem[:-2]
    if any(text.startswith(prefix) for prefix in prefixes):
        return True
    # a province's or city's outline does not say in which of its districts the site lies
    return None if any(prefix.startswith(stem) for prefix in prefixes) else False


# ---- relations


def feature_matches(where: Mapping[str, tuple[str | bool, ...]], attributes: Mapping[str, Any]) -> bool | None:
    """Whether a feature passes a filter; ``None`` where the data does not say.

    A feature that fails on one known attribute fails, whatever the unknown ones are.
    """
    unknown = False
    for name, wanted in where.items():
        value = attributes.get(name)
        if value is None:
            unknown = True
        elif value not in wanted:
            return False
    return None if unknown else True


def _evidence(layer: str, feature: FeatureFact) -> Evidence:
    baseline = feature.attributes.get("baseline") if layer == "river_bank" else None
    return Evidence(
        layer=layer,
        feature=feature.feature,
        feature_id=feature.feature_id,
        overlap_m2=feature.overlap_m2 if feature.inside and feature.overlap_m2 > 0 else None,
        overlap_m=feature.overlap_m if feature.inside and feature.overlap_m > 0 else None,
        share=feature.share if feature.inside else None,
        distance_m=feature.distance_m,
        baseline=str(baseline) if baseline else None,
    )


def _on_baseline(features: list[FeatureFact], lines: tuple[str, ...]) -> list[FeatureFact]:
    """Those drawn along one of the lines that the rule names; lines that do not say which they are stay in.

    All of them count, so the nearest decides: a better survey added beside a worse one never makes a verdict milder.
    """
    return [item for item in features if not lines or item.attributes.get("baseline") in (None, *lines)]


def _ask_relation(asked: Relation, context: Context) -> Answer:
    values: dict[str, Any] = {"relation": asked.relation, "layer": asked.layer}
    if asked.where:
        values["where"] = {name: list(wanted) for name, wanted in asked.where.items()}
    distance_m = asked.distance_m
    if asked.relation == "within_distance":
        if distance_m is None:
            distance_m = context.parameters.get(str(asked.parameter))
            values["parameter"] = asked.parameter
        if distance_m is None:
            missing = f"parameter:{asked.parameter}"
            return Answer(None, (missing,), trace=Trace("relation", None, {**values, "missing": [missing]}))
        values["distance_m"] = distance_m
    if asked.share is not None:
        values["share"] = asked.share
    fact = context.facts.layers.get(asked.layer)
    if fact is None or fact.count == 0:
        missing = f"layer:{asked.layer}"
        if fact is not None:
            values["features"] = 0
        return Answer(None, (missing,), trace=Trace("relation", None, {**values, "missing": [missing]}))
    passing = [(feature, feature_matches(asked.where, feature.attributes)) for feature in fact.features]
    sure = [feature for feature, answer in passing if answer is True]
    unsure = [feature for feature, answer in passing if answer is None]
    if asked.also_in is not None:
        answer = _ask_both(asked, asked.also_in, fact, context)
    elif asked.relation in ("intersects", "within_distance"):
        answer = _ask_near(asked, fact, sure, unsure, distance_m or 0.0)
    elif asked.relation == "outlet_inside":
        answer = _ask_outlet(asked, fact, sure, unsure, context)
    else:
        answer = _ask_share(asked, fact, sure, unsure)
    accuracy = fact.accuracy_m or 0.0
    borderline = answer.truth is not None and answer.margin_m is not None and answer.margin_m <= max(accuracy, TOUCH_M)
    values["found"] = [
        {
            **({} if item.layer == asked.layer else {"layer": item.layer}),
            "feature": item.feature,
            "feature_id": item.feature_id,
            "overlap_m2": item.overlap_m2,
            "overlap_m": item.overlap_m,
            "share": item.share,
            "distance_m": item.distance_m,
            "baseline": item.baseline,
        }
        for item in answer.evidence
    ]
    if answer.more:
        values["more"] = answer.more
    if answer.missing:
        values["missing"] = list(answer.missing)
    if answer.margin_m is not None:
        values["margin_m"] = answer.margin_m
    if fact.accuracy_m is not None:
        values["accuracy_m"] = fact.accuracy_m
    return Answer(
        answer.truth,
        answer.missing,
        answer.evidence,
        answer.margin_m,
        borderline,
        trace=Trace("relation", answer.truth, values),
        survey=asked.layer,
    )


def _ask_both(asked: Relation, other: Relation, fact: LayerFact, context: Context) -> Answer:
    """Whether one part of the site lies in both layers; each must be hit, and then in common."""
    one = _ask_relation(replace(asked, also_in=None), context)
    two = _ask_relation(other, context)
    evidence, more = one.evidence + two.evidence, one.more + two.more
    if one.truth is False or two.truth is False:
        apart = [item.margin_m for item in (one, two) if item.truth is False]
        # both would have to come nearer, so the farther one tells; where it is too far to have been measured, nothing does
        known = [margin for margin in apart if margin is not None]
        return Answer(False, (), evidence, max(known) if len(known) == len(apart) else None, more=more)
    if one.truth is None or two.truth is None:
        return Answer(None, unique([*one.missing, *two.missing]), evidence, more=more)
    common_m = fact.common.get(asked.common_key)
    if common_m is not None and common_m <= TOUCH_M:
        return Answer(False, (), evidence, common_m or None, more=more)
    margins = [item.margin_m for item in (one, two) if item.margin_m is not None]
    least = min([*margins, *([common_m] if common_m is not None else [])], default=None)
    return Answer(True, (), evidence, least, more=more)


def _field_missing(asked: Relation, features: list[FeatureFact]) -> tuple[str, ...]:
    return unique(
        f"field:{asked.layer}.{name}"
        for feature in features
        for name in asked.where
        if feature.attributes.get(name) is None
    )


def _ask_near(
    asked: Relation, fact: LayerFact, sure: list[FeatureFact], unsure: list[FeatureFact], distance_m: float
) -> Answer:
    """Intersects (``distance_m`` 0, touching edges share nothing) or within a distance (both ends count)."""
    near = asked.relation == "within_distance"
    if near:
        sure, unsure = _on_baseline(sure, asked.baseline), _on_baseline(unsure, asked.baseline)

    def counts(feature: FeatureFact) -> bool:
        return feature.distance_m <= distance_m if near else feature.inside

    hits = sorted((feature for feature in sure if counts(feature)), key=_nearest_first)
    doubtful = sorted((feature for feature in unsure if counts(feature)), key=_nearest_first)
    shown = tuple(_evidence(asked.layer, feature) for feature in (hits or doubtful)[:EVIDENCE_KEPT])
    more = _more(hits or doubtful)
    if hits:
        if near:
            margin: float | None = distance_m - hits[0].distance_m
        else:
            margin = deepest(hits)
        return Answer(True, (), shown, margin, more=more)
    nearest = sorted([*sure, *unsure], key=_nearest_first)[:1]
    if doubtful:
        return Answer(None, _field_missing(asked, doubtful), shown, more=more)
    shown = tuple(_evidence(asked.layer, feature) for feature in nearest)
    reach_known = fact.covered_to_m is not None and fact.covered_to_m >= distance_m
    if not (reach_known if near else fact.covered is True) or (near and fact.searched_m < distance_m):
        return Answer(None, (f"coverage:{asked.layer}",), shown)
    margin = nearest[0].distance_m - distance_m if nearest else None
    return Answer(False, (), shown, margin)


def _more(features: list[FeatureFact]) -> int:
    return max(0, len(features) - EVIDENCE_KEPT)


def _nearest_first(feature: FeatureFact) -> tuple[float, float, str, int]:
    return (feature.distance_m, -feature.overlap_m2, feature.feature, feature.feature_id or 0)


def _ask_share(asked: Relation, fact: LayerFact, sure: list[FeatureFact], unsure: list[FeatureFact]) -> Answer:
    measured = fact.filtered.get(asked.filter_key)
    inside = sorted((feature for feature in sure if feature.inside), key=_nearest_first)
    doubtful = [feature for feature in unsure if feature.inside]
    if measured is not None:
        low, high = measured.share, measured.possible_share
    elif not asked.where and fact.union_share > 0:
        low = high = fact.union_share
    else:  # bounds of a union: at least its largest part, at most the sum
        low = max((feature.share for feature in inside), default=0.0)
        high = min(1.0, sum(feature.share for feature in [*inside, *doubtful]))
    nearest = sorted([*sure, *unsure], key=_nearest_first)[:1]
    shown = tuple(_evidence(asked.layer, feature) for feature in (inside or nearest)[:EVIDENCE_KEPT])
    wanted = asked.share if asked.share is not None else 1.0
    enough: bool | None
    missing: tuple[str, ...] = ()
    if low >= wanted - SHARE_EPS:
        enough = True
    elif fact.covered is not True and high < wanted - SHARE_EPS:
        enough, missing = None, (f"coverage:{asked.layer}",)
    elif high >= wanted - SHARE_EPS:
        enough = None
        missing = _field_missing(asked, doubtful) or (f"coverage:{asked.layer}",)
    else:
        enough = False
    margin: float | None = None
    if enough is True and measured is not None and asked.relation != "covers_share":
        margin = measured.clearance_m
    elif enough is False and measured is not None and asked.relation != "covers_share":
        margin = measured.reach_out_m
    if asked.relation == "outside":
        return Answer(None if enough is None else not enough, missing, shown, margin, more=_more(inside))
    return Answer(enough, missing, shown, margin, more=_more(inside))


def _ask_outlet(
    asked: Relation, fact: LayerFact, sure: list[FeatureFact], unsure: list[FeatureFact], context: Context
) -> Answer:
    """Whether the project's outlet lies in a zone.

    Where the outlet's own position was not given, a site that is said to be the outlet is taken; a site that lies in
    the zone as a whole is taken to have its outlet there; of any other site nothing can be said.
    """
    located = any(feature.outlet_inside is not None for feature in fact.features) or fact.outlet_covered is not None
    if context.attributes.get("site_is_outlet") is True and not located:
        return _ask_near(Relation("intersects", asked.layer, asked.where), fact, sure, unsure, 0.0)
    if not located:
        whole = _ask_share(Relation("within", asked.layer, asked.where), fact, sure, unsure)
        if whole.truth is True:
            return whole
        return Answer(None, ("attribute:outlet_lon", "attribute:outlet_lat"), whole.evidence)
    hits = [feature for feature in sure if feature.outlet_inside]
    doubtful = [feature for feature in unsure if feature.outlet_inside]
    if hits:
        return Answer(True, (), tuple(_evidence(asked.layer, feature) for feature in hits[:EVIDENCE_KEPT]), more=_more(hits))
    if doubtful:
        return Answer(None, _field_missing(asked, doubtful), tuple(_evidence(asked.layer, item) for item in doubtful))
    if fact.outlet_covered is not True:
        return Answer(None, (f"coverage:{asked.layer}",))
    return Answer(False)

"""What a rule is and what it can say: words, dates and sources, with no geometry and no screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any


class RuleError(ValueError):
    """A rule file says something that cannot be a rule.

    Attributes:
        template: The sentence in Chinese, with ``{names}`` for what varies; the key of its translation.
        params: What varies.
    """

    def __init__(self, template: str, **params: Any) -> None:
        super().__init__(template.format(**params))
        self.template = template
        self.params = params

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), str(self)), self.__dict__  # an exception alone would take its text for the template


def _again(kind: type[RuleError], text: str) -> RuleError:
    return kind.__new__(kind, text)


class Verdict(StrEnum):
    """What one rule, or all of them together, say of one project."""

    PROHIBITED = "prohibited"
    RESTRICTED = "restricted"
    CONDITIONAL = "conditional"
    ADVISORY = "advisory"
    PERMITTED = "permitted"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not_applicable"

    @property
    def severity(self) -> int:
        """Rank among settled verdicts, 0 (not applicable) to 5 (prohibited); ``UNDETERMINED`` has none."""
        return _SEVERITY[self]


_SEVERITY = {
    Verdict.PROHIBITED: 5,
    Verdict.RESTRICTED: 4,
    Verdict.CONDITIONAL: 3,
    Verdict.ADVISORY: 2,
    Verdict.PERMITTED: 1,
    Verdict.NOT_APPLICABLE: 0,
    Verdict.UNDETERMINED: 0,
}


class Dimension(StrEnum):
    """The four columns of a published access list, into which every rule falls."""

    SPATIAL_LAYOUT = "spatial_layout"
    POLLUTANT_DISCHARGE = "pollutant_discharge"
    ENVIRONMENTAL_RISK = "environmental_risk"
    RESOURCE_EFFICIENCY = "resource_efficiency"


class Force(StrEnum):
    """On whose authority a rule speaks, strongest first."""

    STATUTE = "statute"
    REGULATION = "regulation"
    LIST = "list"
    PLAN = "plan"
    REFERENCE = "reference"


class Confidence(StrEnum):
    """How sure the rule's author is of its wording."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Document:
    """A law, regulation, list or plan in the register ``rules/packs/documents.toml``.

    Attributes:
        in_force_from, in_force_until: First and last day in force; both count. ``None``: still in force.
        repealed_by: Key of the document that took its place, if one did.
        url: Where the text can be read; shown, never fetched.
    """

    key: str
    title: Mapping[str, str]
    number: str
    issuer: str
    issued: date | None
    in_force_from: date
    in_force_until: date | None = None
    repealed_by: str | None = None
    url: str = ""

    def status(self, day: date) -> str:
        """``in_force``, ``not_yet`` (published, not yet in force) or ``repealed`` on ``day``."""
        if day < self.in_force_from:
            return "not_yet"
        if self.in_force_until is not None and day > self.in_force_until:
            return "repealed"
        return "in_force"


@dataclass(frozen=True, slots=True)
class Basis:
    """The sentence in the law that a rule stands on: a key into the documents register, and the article."""

    document: str
    article: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule applies.

    Attributes:
        level: national, basin, province, city, district or park.
        codes: GB/T 2260 prefixes (``36``, ``3604``, ``360403``); empty for national and basin rules.
        name: For people.
    """

    level: str = "national"
    codes: tuple[str, ...] = ()
    name: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class RuleException:
    """A way out of a rule, and the proof that it takes.

    Attributes:
        outcome: What the rule says instead when ``when`` holds.
        documents: What must be shown for the exception to be accepted, in the reader's words.
    """

    id: str
    title: Mapping[str, str]
    when: Any  # rules.conditions.Condition
    outcome: Verdict
    documents: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """A rule as it stood between two dates; both end days count.

    Attributes:
        spatial: Where the site must lie, and to what.
        project: What the project must be. Where it is false the rule does not concern the project at all.
        outcome: What it means when both hold and no exception does.
        exceptions: Ways out, tried in order; the first that holds decides.
        branches: Special cases with an outcome of their own, milder or harsher, tried after the exceptions.
        documents: What to hand in where the outcome is conditional or restricted.
        verified_on: Day on which somebody last read the source and found this wording there.
        could_be: What the law could still say while facts are missing, where that is more severe than ``outcome``: a
            ban "close by" without a distance is an advisory within the user's distance, and could be a prohibition.
    """

    in_force_from: date
    in_force_until: date | None
    spatial: Any  # rules.conditions.Condition
    project: Any
    outcome: Verdict
    exceptions: tuple[RuleException, ...]
    branches: tuple[RuleException, ...]
    documents: tuple[Mapping[str, str], ...]
    basis: tuple[Basis, ...]
    verified_on: date
    confidence: Confidence
    note: Mapping[str, str] = field(default_factory=dict[str, str])
    could_be: Verdict | None = None

    def covers(self, day: date) -> bool:
        """Whether the version applies on ``day``; both end days count."""
        return self.in_force_from <= day and (self.in_force_until is None or day <= self.in_force_until)


@dataclass(frozen=True, slots=True)
class Rule:
    """One access rule through time. Its ``id`` is a word and is never given to another rule."""

    id: str
    title: Mapping[str, str]
    dimension: Dimension
    force: Force
    place: Place
    versions: tuple[RuleVersion, ...]
    source: str = ""

    def on(self, day: date) -> RuleVersion | None:
        """The version in force on ``day``, or ``None`` where there is none."""
        return next((version for version in self.versions if version.covers(day)), None)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a published access list, kept whether or not a program can read it.

    Attributes:
        tier: province, city or unit.
        unit: Control unit code, or ``None`` for a province's or city's general list.
        text: The clause word for word.
        provenance: Sheet and cell that it was read from, such as ``单元清单!F12``.
        status: ``confirmed`` (a person agreed), ``machine_read`` (read by the grammar, awaiting a person) or
            ``manual`` (a person must judge).
        project: What the project must be for the clause to bite; ``None`` where it could not be read.
        outcome: What the clause then says; ``None`` where it could not be read.
    """

    id: str
    tier: str
    unit: str | None
    dimension: Dimension
    text: str
    provenance: str
    status: str
    project: Any = None
    outcome: Verdict | None = None
    place_codes: tuple[str, ...] = ()
    reading: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class AccessList:
    """A published list 生态环境准入清单: its clauses, and between which days it holds.

    Attributes:
        units: Code, name and class of every unit that the list speaks of, with or without clauses.
    """

    key: str
    title: Mapping[str, str]
    document: str
    in_force_from: date
    in_force_until: date | None
    clauses: tuple[Clause, ...]
    units: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    source: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One feature that counted, and what was measured between it and the site.

    Attributes:
        feature: Its name or code, as people know it.
        feature_id: Its row id in the workspace layer, so that the map can show it.
        overlap_m2, share: Area shared with the site, and that as part of the site's area.
        overlap_m: Length shared, for line sites.
        distance_m: From the site's outline; 0 where they meet.
        baseline: Which line of the river bank was measured to.
    """

    layer: str
    feature: str
    feature_id: int | None = None
    overlap_m2: float | None = None
    overlap_m: float | None = None
    share: float | None = None
    distance_m: float | None = None
    baseline: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """One step of an explanation: what was asked, what was found, and the answer.

    Attributes:
        kind: all, any, not, relation, attribute, place, exception, always.
        truth: ``True``, ``False`` or ``None`` for unknown.
        values: What was compared; plain JSON values.
    """

    kind: str
    truth: bool | None
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    children: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class ClauseOutcome:
    """What one clause of an access list says of the project."""

    clause: Clause
    outcome: Verdict
    could_be: Verdict
    reason: str
    missing: tuple[str, ...] = ()
    share: float | None = None
    trace: Trace | None = None
    list_key: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule said of one project, why, and on what authority. Words are added later.

    Attributes:
        could_be: The most severe verdict that the missing facts could still bring; equals ``outcome`` when settled.
        reason: A code, put into words by ``sanxian.messages``.
        values: Numbers and words that go with the reason.
        missing: What would decide it: ``attribute:NAME``, ``layer:ROLE``, ``coverage:ROLE``, ``field:ROLE.NAME``,
            ``survey:ROLE``, ``parameter:NAME``, ``access_list:UNIT``, ``clause:ID``.
        derived: Attributes that were worked out and not given, such as ``is_chemical`` from ``industry_code``.
        margin_m: How many metres the nearest flip of this outcome is away.
    """

    rule: str
    title: Mapping[str, str]
    outcome: Verdict
    could_be: Verdict
    reason: str
    dimension: Dimension
    force: Force
    basis: tuple[Basis, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()
    documents_needed: tuple[Mapping[str, str], ...] = ()
    exceptions_checked: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    borderline: bool = False
    margin_m: float | None = None
    clauses: tuple[ClauseOutcome, ...] = ()
    trace: Trace | None = None
    confidence: Confidence = Confidence.HIGH

    @property
    def rank(self) -> int:
        """Place in the order of the overall verdict; an undetermined one ranks just below what it could become."""
        if self.outcome is Verdict.UNDETERMINED:
            return 2 * self.could_be.severity - 1
        return 2 * self.outcome.severity


def overall(outcomes: Iterable[Outcome], *, law_complete: bool = True) -> Verdict:
    """The most severe outcome; ``UNDETERMINED`` where nothing was judged.

    Args:
        outcomes: What every rule said.
        law_complete: Whether the rule set holds the law of that day. Where it does not, a rule that is missing could
            have prohibited, so only a prohibition stands and all else is ``UNDETERMINED``.
    """
    judged = [outcome for outcome in outcomes if outcome.outcome is not Verdict.NOT_APPLICABLE]
    verdict = max(judged, key=lambda outcome: outcome.rank).outcome if judged else Verdict.UNDETERMINED
    return verdict if law_complete or verdict is Verdict.PROHIBITED else Verdict.UNDETERMINED

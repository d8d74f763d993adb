"""The record of a screening: everything a report needs, and the JSON that outsiders rely on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from rules.model import Basis, Document, Evidence, Outcome, Trace, Verdict
from sanxian.errors import TellingError
from sanxian.i18n import N_

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from layers.issues import Issue
    from sanxian.overrides import AppliedOverride
    from sanxian.rasters import RasterMeasure

SCHEMA = "sanxian/screening/1"
BATCH_SCHEMA = "sanxian/batch/2"  # of 1 the area in the redline is 0.0 where nobody had looked


class MixedError(TellingError, ValueError):
    """Projects that were not judged by the same cannot stand in one record."""


@dataclass(frozen=True, slots=True)
class LayerUsed:
    """A layer that took part, as the report names it.

    Attributes:
        coverage: ``known`` or ``unknown``.
        coverage_from: ``stated``, ``admin`` (assumed: nobody has said, and the administrative areas stand in), or ``None``.
        coverage_sha256, changed: As of the ``LayerRecord``: what tells that a layer is no longer the one that was judged by,
            and no part of the record.
    """

    role: str
    name: str
    version: str
    sha256: str
    features: int
    coverage: str
    data_date: str = ""
    accuracy_m: float | None = None
    source: str = ""
    coverage_from: str | None = None
    coverage_sha256: str = ""
    changed: str = ""


@dataclass(frozen=True, slots=True)
class RasterUsed:
    """A raster that was measured in, with what tells that it is no longer the one; no part of the record.

    Attributes:
        stamp: Size and time of its file; '' where it was missing.
    """

    name: str
    kind: str
    sha256: str
    stamp: str


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """The site as measured on the ellipsoid; ``crs`` is the projection zone that it was laid in."""

    geometry_type: str
    area_m2: float
    length_m: float
    crs: str


@dataclass(frozen=True, slots=True)
class UnitShare:
    """A control unit that the site meets, with the area and share in it."""

    code: str
    name: str
    category: str
    area_m2: float
    share: float


@dataclass(frozen=True, slots=True)
class RedlineMeet:
    """One redline that the site lies in.

    Attributes:
        overlap_m2, overlap_m: Area of a site with area, length of a line.
    """

    feature: str
    overlap_m2: float
    overlap_m: float
    share: float


@dataclass(frozen=True, slots=True)
class RedlineStatement:
    """Where the site lies to the ecological redline; the sentence every report must have.

    Attributes:
        checked: The layer is loaded and claims to be complete over the site.
        distance_m: To the nearest redline; 0 where they meet; ``None`` where none is known.
        feature: The nearest redline.
        met: Every redline that the site lies in, the largest part first.
    """

    checked: bool
    overlap_m2: float = 0.0
    share: float = 0.0
    distance_m: float | None = None
    feature: str = ""
    inside: bool = False
    met: tuple[RedlineMeet, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerMeasure:
    """What was measured between a site and a whole layer.

    Attributes:
        overlap_m2, share: Of the site in any of the layer's features, each square metre counted once.
        uncovered_m2: Of the site where the layer does not claim to be complete.
        coverage: ``full``, ``partial`` (also for a site wholly outside) or ``unknown``.
    """

    role: str
    overlap_m2: float
    share: float
    uncovered_m2: float
    coverage: str


@dataclass(frozen=True, slots=True)
class ProjectResult:
    """What came of one project.

    Attributes:
        verdict: The machine's; a person's overrides stand beside it in ``overrides`` and ``reviewed_verdict``.
        lonlat: The site in EPSG:4490, for maps.
        alternative, alternative_of: As for :class:`sanxian.request.Project`.
        rasters: What the workspace's rasters say of the site, for information.
    """

    id: str
    name: str
    verdict: Verdict
    site: SiteSummary
    control_units: tuple[UnitShare, ...]
    outcomes: tuple[Outcome, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    redline: RedlineStatement | None = None
    lonlat: BaseGeometry | None = None
    measured: tuple[LayerMeasure, ...] = ()
    overrides: tuple[AppliedOverride, ...] = ()
    reviewed_verdict: Verdict | None = None
    alternative: str = ""
    alternative_of: str = ""
    rasters: tuple[RasterMeasure, ...] = ()

    @property
    def redline_m2(self) -> float | None:
        """Area in any redline; ``None`` for a line or point, and where none was found but nobody has looked: that is not 0."""
        found = self.redline
        if found is None or not (found.overlap_m2 or (found.checked and self.site.area_m2)):
            return None
        return found.overlap_m2


@dataclass(frozen=True, slots=True)
class Screening:
    """What was asked and what came of it.

    Attributes:
        rasters: Those that were measured in; ``None`` where rasters were not asked. No part of the record.
        disturbed: The layers were changed while projects were being judged, so that nobody knows what each was judged by.
            No part of the record.
        left_out: Why rows of the project file without a usable place were left out, one issue a row; nothing is said of them.
    """

    on: date
    program: str
    rule_set_sha256: str
    rule_count: int
    layers: tuple[LayerUsed, ...]
    missing_roles: tuple[str, ...]
    projects: tuple[ProjectResult, ...]
    documents: Mapping[str, Document]
    projects_sha256: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict[str, float])
    complete_from: date | None = None
    rasters: tuple[RasterUsed, ...] | None = None
    disturbed: bool = False
    left_out: tuple[Issue, ...] = ()

    @property
    def law_complete(self) -> bool:
        """Whether the rule set holds the law of that day; if not, nothing but a prohibition is settled."""
        return self.complete_from is None or self.on >= self.complete_from

    def to_dict(self) -> dict[str, Any]:
        """The record as plain values, rounded as the contract says."""
        return {
            "schema": SCHEMA,
            "program": self.program,
            "on": self.on.isoformat(),
            "rule_set": {
                "sha256": self.rule_set_sha256,
                "rules": self.rule_count,
                "complete_from": self.complete_from.isoformat() if self.complete_from else None,
            },
            "projects_sha256": self.projects_sha256,
            "parameters": dict(sorted(self.parameters.items())),
            "layers": [
                {
                    "role": layer.role, "name": layer.name, "version": layer.version, "sha256": layer.sha256,
                    "features": layer.features, "coverage": layer.coverage, "coverage_from": layer.coverage_from,
                    "data_date": layer.data_date,
                    "accuracy_m": layer.accuracy_m, "source": layer.source,
                }
                for layer in self.layers
            ],
            "missing_roles": list(self.missing_roles),
            **({"left_out": [
                {"row": issue.row, "reason": issue.code, "field": issue.field, "values": dict(issue.values)} for issue in self.left_out
            ]} if self.left_out else {}),
            "projects": [self._project(project) for project in self.projects],
        }  # fmt: skip

    def to_json(self) -> str:
        """The record as JSON text, the same bytes for the same inputs."""
        text = json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n"
        # Half of a character, as broken encodings leave it, has no UTF-8; JSON has a way to write it.
        return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)

    def _project(self, project: ProjectResult) -> dict[str, Any]:
        return {
            "id": project.id,
            "name": project.name,
            "verdict": str(project.verdict),
            **(
                {
                    "reviewed_verdict": str(project.reviewed_verdict),
                    "overrides": [item.to_dict() for item in project.overrides],
                }
                if project.overrides and project.reviewed_verdict is not None
                else {}
            ),
            **({"alternative": project.alternative} if project.alternative else {}),
            **({"alternative_of": project.alternative_of} if project.alternative_of else {}),
            "site": {
                "geometry_type": project.site.geometry_type,
                "area_m2": area(project.site.area_m2),
                "length_m": metres(project.site.length_m),
                "crs": project.site.crs,
            },
            "attributes": {name: _plain(value) for name, value in sorted(project.attributes.items())},
            "control_units": [
                {
                    "code": unit.code, "name": unit.name, "category": unit.category,
                    "area_m2": area(unit.area_m2), "share": share(unit.share),
                }
                for unit in project.control_units
            ],
            "layers": [
                {
                    "role": item.role, "overlap_m2": area(item.overlap_m2), "share": share(item.share),
                    "uncovered_m2": area(item.uncovered_m2), "coverage": item.coverage,
                }
                for item in project.measured
            ],
            **({"rasters": [item.to_dict() for item in project.rasters]} if project.rasters else {}),
            "outcomes": [self._outcome(outcome) for outcome in project.outcomes],
        }  # fmt: skip

    def _outcome(self, outcome: Outcome) -> dict[str, Any]:
        found: dict[str, Any] = {
            "rule": outcome.rule,
            "title": outcome.title["zh"],
            "outcome": str(outcome.outcome),
            "could_be": str(outcome.could_be),
            "reason": outcome.reason,
            "dimension": str(outcome.dimension),
            "force": str(outcome.force),
            "confidence": str(outcome.confidence),
            "basis": [self._basis(basis) for basis in outcome.basis],
            "evidence": [_evidence(item) for item in outcome.evidence],
            "missing": list(outcome.missing),
            "documents_needed": [words["zh"] for words in outcome.documents_needed],
            "exceptions_checked": list(outcome.exceptions_checked),
            "derived": list(outcome.derived),
            "borderline": outcome.borderline,
            "margin_m": metres(outcome.margin_m),
            "explanation": _trace(outcome.trace),
        }
        if outcome.clauses:
            found["clauses"] = [
                {
                    "id": item.clause.id,
                    "tier": item.clause.tier,
                    "unit": item.clause.unit,
                    "dimension": str(item.clause.dimension),
                    "text": item.clause.text,
                    "provenance": item.clause.provenance,
                    "status": item.clause.status,
                    "outcome": str(item.outcome),
                    "could_be": str(item.could_be),
                    "reason": item.reason,
                    "missing": list(item.missing),
                    "share": share(item.share),
                    "list": item.list_key,
                }
                for item in outcome.clauses
            ]
        return found

    def _basis(self, basis: Basis) -> dict[str, Any]:
        document = self.documents[basis.document]
        until = document.in_force_until
        return {
            "document": document.title["zh"],
            "key": document.key,
            "number": document.number,
            "article": basis.article,
            "status": document.status(self.on),
            "in_force_from": document.in_force_from.isoformat(),
            "in_force_until": until.isoformat() if until else None,
        }


def joined(judged: Sequence[tuple[ProjectResult, Screening]]) -> Screening:
    """One record of projects that were judged one after another, as if they had been judged together.

    Args:
        judged: Each project, and the screening that it is of; at least one.

    Raises:
        MixedError: Not all are of the same day, program, rules, distances and layers. They would have to be judged again.
    """
    screenings = list({id(screening): screening for _result, screening in judged}.values())
    newest = screenings[-1]
    for what, of in (
        (N_("判定日"), lambda one: one.on), (N_("程序版本"), lambda one: one.program),
        (N_("规则的版本"), lambda one: (one.rule_set_sha256, one.complete_from)), (N_("距离设定"), lambda one: dict(one.parameters)),
        # What a layer is called is no part of what was found by it.
        (N_("图层版本"), lambda one: ([replace(layer, name="") for layer in one.layers], one.missing_roles)),
    ):  # fmt: skip
        if any(of(one) != of(newest) for one in screenings):
            raise MixedError(N_("这些项目的结论不是按同样的{what}得出的，不能写进一份报告；请一起重新研判。"), what=what)
    digests = {one.projects_sha256 for one in screenings}
    return replace(newest, projects=tuple(result for result, _screening in judged),
                   projects_sha256=digests.pop() if len(digests) == 1 else "")


def area(value: float | None) -> float | None:
    """An area as it is printed: to 0.1 m²."""
    return None if value is None else round(value, 1) + 0.0


def metres(value: float | None) -> float | None:
    """A distance as it is printed: to 0.1 m."""
    return None if value is None else round(value, 1) + 0.0


def share(value: float | None) -> float | None:
    """A share as it is printed: to one part in a million."""
    return None if value is None else round(value, 6) + 0.0


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        "layer": item.layer,
        "feature": item.feature,
        "feature_id": item.feature_id,
        "overlap_m2": area(item.overlap_m2),
        "overlap_m": metres(item.overlap_m),
        "share": share(item.share),
        "distance_m": metres(item.distance_m),
        "baseline": item.baseline,
    }


def _trace(trace: Trace | None) -> dict[str, Any] | None:
    if trace is None:
        return None
    found: dict[str, Any] = {"kind": trace.kind, "truth": trace.truth}
    for name, value in trace.values.items():
        found[name] = _rounded(name, value)
    if trace.children:
        found["children"] = [_trace(child) for child in trace.children]
    return found


def _rounded(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(str(key), item) for key, item in value.items()}  # type: ignore[misc]
    if isinstance(value, list | tuple):
        return [_rounded(name, item) for item in value]  # type: ignore[misc]
    if isinstance(value, float):
        return share(value) if name == "share" else metres(value) if name.endswith(("_m", "_m2")) else value
    return value


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value

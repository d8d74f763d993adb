"""The whole of a screening, in the order it happens. The command line and the window make this same call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rules.evaluate import evaluate
from rules.facts import SiteFacts
from rules.load import Pack, load_builtin, load_files, load_pack
from rules.model import Outcome, overall
from rules.ruleset import RuleSet
from sanxian import __version__
from sanxian.overrides import Override, apply, of_project
from sanxian.request import Project, understood
from sanxian.result import (
    LayerMeasure,
    LayerUsed,
    ProjectResult,
    RedlineMeet,
    RedlineStatement,
    Screening,
    SiteSummary,
    UnitShare,
)

if TYPE_CHECKING:
    from layers.workspace import LayerRecord, Workspace
    from sanxian.facts import Measurer


PACKS_OFF = "packs_off"  # state of a workspace: names of packs that it carries and that take no part


class Cancelled(Exception):
    """The person asked to stop; nothing was written."""


def rule_set(workspace: Workspace | None = None, folders: Iterable[Path] = ()) -> RuleSet:
    """The built-in rules, the packs that the workspace carries, and those in ``folders``, together.

    Raises:
        RuleError: A pack cannot be read, or two packs contradict each other.
    """
    packs: list[Pack] = load_builtin()
    if workspace is not None:
        off = set(workspace.state(PACKS_OFF, []) or [])
        packs += [load_files(name, files) for name, files in sorted(workspace.packs().items()) if name not in off]
    packs += [load_pack(folder) for folder in folders]
    return RuleSet.of(packs)


class Screener:
    """Screens projects one after another against one workspace, one rule set and one day; layers are read once.

    Args:
        workspace: Its layers, parameters and overrides are used.
        rules: Usually :func:`rule_set`.
        on: The day whose law counts.
        parameters: Distances that the law leaves open, in metres, over those that the workspace keeps.
        rasters: Also ask the workspace's rasters about each site, for information.
    """

    def __init__(
        self,
        workspace: Workspace,
        rules: RuleSet,
        *,
        on: date,
        parameters: Mapping[str, float] | None = None,
        rasters: bool = False,
    ) -> None:
        from sanxian.facts import Measurer  # here: geometry libraries take most of the time to start
        from sanxian.rasters import SiteRasters

        self.workspace, self.rules, self.on = workspace, rules, on
        self._began = [record for record in workspace.layers() if record.current]
        self.today = rules.on(on)
        kept = dict(workspace.state("parameters", {}) or {})
        self.parameters = {str(key): float(value) for key, value in {**kept, **(parameters or {})}.items()}
        self.overrides = [Override.from_dict(item) for item in workspace.state("overrides", []) or []]
        self.searches = self.today.searches(self.parameters)
        self.rasters = SiteRasters(workspace) if rasters else None
        self.measurer: Measurer = Measurer(workspace, self.searches, self.today.unions(), self.today.commons())

    def screen_one(self, project: Project) -> ProjectResult:
        """Judge one project.

        Raises:
            SpatialError: Its site cannot be measured.
        """
        measured = self.measurer.measure(project)
        facts = measured.facts
        outcomes = self._judge(facts, project)
        mine = of_project(self.overrides, project.id)
        remeasured, changed, without = outcomes, {}, frozenset()
        if mine:
            from sanxian.seen import look  # here, as above

            acting = [item for item in mine if item.acts_on(self.on)]
            changed, without = look(self.workspace, acting, project.geometry, project.crs, outcomes)
        if without:
            remeasured = self._judge(self.measurer.measure(project, without=without).facts, project)
        complete = self.rules.complete_from is None or self.on >= self.rules.complete_from
        applied, reviewed = apply(outcomes, remeasured, mine, on=self.on, law_complete=complete, changed=changed)
        return ProjectResult(
            id=project.id,
            name=project.name,
            verdict=overall(outcomes, law_complete=complete),
            site=SiteSummary(facts.geometry_type, facts.area_m2, facts.length_m, facts.crs),
            control_units=_units(facts),
            outcomes=outcomes,
            attributes=project.attributes,
            redline=_redline(facts),
            measured=_measured(facts),
            lonlat=measured.lonlat,
            overrides=applied,
            reviewed_verdict=reviewed if applied else None,
            alternative=project.alternative,
            alternative_of=project.alternative_of,
            rasters=self.rasters.measure(measured.lonlat) if self.rasters is not None else (),
        )

    def _judge(self, facts: SiteFacts, project: Project) -> tuple[Outcome, ...]:
        return tuple(evaluate(self.rules, facts, understood(project.attributes), on=self.on, parameters=self.parameters))

    def finish(self, projects: Sequence[ProjectResult], projects_sha256: str = "") -> Screening:
        """The record of what was screened so far."""
        records = [record for record in self.workspace.layers() if record.current]
        used = [
            LayerUsed(
                record.role, record.name, record.version or "", record.sha256, record.features, record.coverage,
                str(record.data_date or ""), record.accuracy_m, record.source or "", record.coverage_from,
                record.coverage_sha256, record.changed,
            )
            for role in sorted({*self.searches, "admin"})  # admin areas say how far other layers claim to be complete
            for record in records
            if record.role == role
        ]  # fmt: skip
        asked = {*self.searches, "admin"}
        loaded = {layer.role for layer in used}
        return Screening(
            on=self.on,
            program=__version__,
            rule_set_sha256=self.rules.sha256,
            rule_count=len(self.today.rules),
            layers=tuple(used),
            missing_roles=tuple(role for role in sorted(self.searches) if role not in loaded),
            projects=tuple(projects),
            documents=self.rules.documents,
            projects_sha256=projects_sha256,
            parameters=self.parameters,
            complete_from=self.rules.complete_from,
            rasters=self.rasters.used if self.rasters is not None else None,
            disturbed=_grounds(self._began, asked) != _grounds(records, asked),
        )


def screen(
    workspace: Workspace,
    projects: Sequence[Project],
    rules: RuleSet,
    *,
    on: date,
    projects_sha256: str = "",
    parameters: Mapping[str, float] | None = None,
    progress: Callable[[int, int], bool] = lambda done, total: True,
) -> Screening:
    """Judge projects against the layers of a workspace and the rules as they stood on one day.

    Args:
        workspace: The layers; a role that is missing leaves what hangs on it undetermined.
        projects: What to judge.
        rules: Usually :func:`rule_set`.
        on: The day whose law counts.
        projects_sha256: Digest of the file that the projects came from, for the record.
        parameters: Distances that the law leaves open, in metres, over those that the workspace keeps.
        progress: Called before each project with how many are done and how many there are; return ``False`` to stop.

    Raises:
        Cancelled: ``progress`` returned ``False``.
        SpatialError: A site cannot be measured.
    """
    screener = Screener(workspace, rules, on=on, parameters=parameters, rasters=True)
    found: list[ProjectResult] = []
    for done, project in enumerate(projects):
        if not progress(done, len(projects)):
            raise Cancelled
        found.append(screener.screen_one(project))
    progress(len(projects), len(projects))
    return screener.finish(found, projects_sha256)


def _grounds(records: Sequence[LayerRecord], roles: set[str]) -> list[tuple[Any, ...]]:
    """What projects are judged by of layers; what these are called is no part of it."""
    return [(one.added, one.sha256, one.changed, one.accuracy_m, one.coverage, one.coverage_sha256) for one in records if one.role in roles]


def _units(facts: SiteFacts) -> tuple[UnitShare, ...]:
    fact = facts.layers.get("control_unit")
    if fact is None:
        return ()
    found = [
        UnitShare(
            str(unit.attributes.get("code") or ""),
            str(unit.attributes.get("name") or unit.feature),
            str(unit.attributes.get("category") or ""),
            unit.overlap_m2,
            unit.share,
        )
        for unit in fact.features
        if unit.inside
    ]
    return tuple(sorted(found, key=lambda unit: (-unit.share, unit.code, unit.name)))


def _measured(facts: SiteFacts) -> tuple[LayerMeasure, ...]:
    return tuple(
        LayerMeasure(
            role, fact.union_m2, fact.union_share, fact.uncovered_m2, {True: "full", False: "partial", None: "unknown"}[fact.covered]
        )
        for role, fact in sorted(facts.layers.items())
    )


def _redline(facts: SiteFacts) -> RedlineStatement:
    fact = facts.layers.get("ecological_redline")
    if fact is None or fact.count == 0:
        return RedlineStatement(checked=False)
    nearest = fact.features[0] if fact.features else None
    return RedlineStatement(
        checked=fact.covered is True or any(feature.inside for feature in fact.features),
        overlap_m2=fact.union_m2,
        share=fact.union_share,
        distance_m=nearest.distance_m if nearest else None,
        feature=nearest.feature if nearest else "",
        inside=any(feature.inside for feature in fact.features),
        met=tuple(
            RedlineMeet(item.feature, item.overlap_m2, item.overlap_m, item.share)
            for item in sorted(fact.features, key=lambda item: (-item.share, item.feature, item.feature_id or 0))
            if item.inside
        ),
    )

"""A person may overrule the machine, on the record: with a reason, a name, a day and an expiry, beside its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from rules.model import Outcome, Verdict, overall
from sanxian.errors import TellingError
from sanxian.i18n import N_


class OverrideError(TellingError, ValueError):
    """An override that cannot stand: something that it must say is missing."""


@dataclass(frozen=True, slots=True)
class Override:
    """One decision of a person about one project: an outcome overruled, or a feature of a layer left out of account.

    Attributes:
        project: Id of the project that it is for.
        rule: Id of the rule whose outcome is overruled; empty where a feature is left out.
        outcome: What the person says instead; ``None`` where a feature is left out.
        layer, feature_id: Role and row id of the feature that is left out, such as one drawn in the wrong place.
        made_on, expires_on: Both days count; after the second it no longer acts.
        attachment: Name of the paper that supports it.
    """

    project: str
    rule: str
    outcome: Verdict | None
    reason: str
    person: str
    made_on: date
    expires_on: date
    attachment: str = ""
    layer: str = ""
    feature_id: int | None = None

    def __post_init__(self) -> None:
        for value, word in ((self.reason, N_("理由")), (self.person, N_("人员姓名")), (self.project, N_("项目编号"))):
            if not value.strip():
                raise OverrideError(N_("人工复核缺少{what}，不能保存。"), what=word)
        if bool(self.rule) == bool(self.layer):
            raise OverrideError(N_("人工复核应针对一条规则，或排除一个图层要素，二者取其一。"))
        if self.rule and self.outcome is None:
            raise OverrideError(N_("人工复核缺少{what}，不能保存。"), what=N_("结论"))
        if self.layer and self.feature_id is None:
            raise OverrideError(N_("人工复核缺少{what}，不能保存。"), what=N_("要素编号"))
        if self.expires_on < self.made_on:
            raise OverrideError(N_("人工复核的失效日 {until} 早于作出日 {made}。"), until=self.expires_on, made=self.made_on)

    def acts_on(self, day: date) -> bool:
        """Whether it stands on ``day``."""
        return self.made_on <= day <= self.expires_on

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        found: dict[str, Any] = {"project": self.project}
        if self.rule:
            found |= {"rule": self.rule, "outcome": str(self.outcome)}
        else:
            found |= {"layer": self.layer, "feature_id": self.feature_id}
        return found | {
            "reason": self.reason, "person": self.person, "made_on": self.made_on.isoformat(),
            "expires_on": self.expires_on.isoformat(), "attachment": self.attachment,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Override:
        """From what :meth:`to_dict` gave.

        Raises:
            OverrideError: Something is missing or makes no sense.
        """
        try:
            outcome, feature_id = data.get("outcome"), data.get("feature_id")
            return cls(
                str(data["project"]), str(data.get("rule", "")), Verdict(outcome) if outcome else None,
                str(data["reason"]), str(data["person"]), date.fromisoformat(data["made_on"]),
                date.fromisoformat(data["expires_on"]), str(data.get("attachment", "")), str(data.get("layer", "")),
                int(feature_id) if feature_id is not None else None,
            )  # fmt: skip
        except (KeyError, ValueError, TypeError) as error:
            if isinstance(error, OverrideError):
                raise
            raise OverrideError(N_("人工复核记录不完整或取值有误：{error}"), error=error) from error


@dataclass(frozen=True, slots=True)
class AppliedOverride:
    """An override beside what the machine said; ``acting`` is false once it has expired or before it begins."""

    override: Override
    machine: Verdict | None
    acting: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        machine = {"machine_outcome": str(self.machine)} if self.machine is not None else {}
        return {**self.override.to_dict(), **machine, "acting": self.acting}


def of_project(overrides: Sequence[Override], project: str) -> list[Override]:
    """The overrides of one project, in a fixed order."""
    mine = [item for item in overrides if item.project == project]
    return sorted(mine, key=lambda item: (item.rule, item.layer, item.feature_id or 0, item.made_on, item.person))


def left_out(overrides: Sequence[Override], *, on: date) -> frozenset[tuple[str, int]]:
    """Features that people's decisions leave out of account on a day, as (role, row id)."""
    return frozenset(
        (item.layer, item.feature_id)
        for item in overrides
        if item.layer and item.feature_id is not None and item.acts_on(on)
    )


def apply(
    machine: Sequence[Outcome],
    remeasured: Sequence[Outcome],
    overrides: Sequence[Override],
    *,
    on: date,
    law_complete: bool = True,
) -> tuple[tuple[AppliedOverride, ...], Verdict]:
    """The overrides of one project beside the machine's outcomes, and the verdict that people's decisions come to.

    Args:
        machine: What the machine says; left as it is.
        remeasured: What it says without the features that are left out; the same where none is.
        overrides: Those of this project.
        on: The day; an override that has expired is listed and does not act.
        law_complete: As for :func:`rules.model.overall`.
    """
    said = {outcome.rule: outcome.outcome for outcome in machine}
    reviewed = {outcome.rule: outcome for outcome in remeasured}
    applied: list[AppliedOverride] = []
    for item in overrides:
        acting = item.acts_on(on)
        applied.append(AppliedOverride(item, said.get(item.rule), acting and (bool(item.layer) or item.rule in said)))
        if acting and item.outcome is not None and item.rule in reviewed:
            reviewed[item.rule] = replace(reviewed[item.rule], outcome=item.outcome, could_be=item.outcome)
    return tuple(applied), overall(reviewed.values(), law_complete=law_complete)

"""A person may overrule the machine, on the record: with a reason, a name, a day and an expiry, beside its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from rules.model import Outcome, Verdict, overall
from sanxian.i18n import N_


class OverrideError(ValueError):
    """An override that cannot stand: something that it must say is missing.

    Attributes:
        template: The sentence in Chinese, with ``{names}`` for what varies; the key of its translation.
        params: What varies.
    """

    def __init__(self, template: str, **params: Any) -> None:
        super().__init__(template.format(**params))
        self.template = template
        self.params = params


@dataclass(frozen=True, slots=True)
class Override:
    """One decision of a person.

    Attributes:
        project: Id of the project that it is for.
        rule: Id of the rule whose outcome is overruled.
        outcome: What the person says instead.
        made_on, expires_on: Both days count; after the second it no longer acts.
        attachment: Name of the paper that supports it.
    """

    project: str
    rule: str
    outcome: Verdict
    reason: str
    person: str
    made_on: date
    expires_on: date
    attachment: str = ""

    def __post_init__(self) -> None:
        for value, word in ((self.reason, N_("理由")), (self.person, N_("人员姓名"))):
            if not value.strip():
                raise OverrideError(N_("人工复核缺少{what}，不能保存。"), what=word)
        if self.expires_on < self.made_on:
            raise OverrideError(N_("人工复核的失效日 {until} 早于作出日 {made}。"), until=self.expires_on, made=self.made_on)
        if self.outcome in (Verdict.UNDETERMINED, Verdict.NOT_APPLICABLE) and not self.reason.strip():
            raise OverrideError(N_("人工复核缺少{what}，不能保存。"), what=N_("理由"))

    def acts_on(self, day: date) -> bool:
        """Whether it stands on ``day``."""
        return self.made_on <= day <= self.expires_on

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "project": self.project, "rule": self.rule, "outcome": str(self.outcome), "reason": self.reason,
            "person": self.person, "made_on": self.made_on.isoformat(), "expires_on": self.expires_on.isoformat(),
            "attachment": self.attachment,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Override:
        """From what :meth:`to_dict` gave.

        Raises:
            OverrideError: Something is missing or makes no sense.
        """
        try:
            return cls(
                str(data["project"]), str(data["rule"]), Verdict(data["outcome"]), str(data["reason"]),
                str(data["person"]), date.fromisoformat(data["made_on"]), date.fromisoformat(data["expires_on"]),
                str(data.get("attachment", "")),
            )  # fmt: skip
        except (KeyError, ValueError, TypeError) as error:
            if isinstance(error, OverrideError):
                raise
            raise OverrideError(N_("人工复核记录不完整或取值有误：{error}"), error=error) from error


@dataclass(frozen=True, slots=True)
class AppliedOverride:
    """An override beside what the machine said; ``acting`` is false once it has expired."""

    override: Override
    machine: Verdict
    acting: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**self.override.to_dict(), "machine_outcome": str(self.machine), "acting": self.acting}


def apply(
    project: str, outcomes: Sequence[Outcome], overrides: Sequence[Override], *, on: date
) -> tuple[tuple[AppliedOverride, ...], Verdict]:
    """The overrides of one project beside the machine's outcomes, and the verdict that people's decisions come to.

    The outcomes themselves are left as they are.
    """
    by_rule = {outcome.rule: outcome for outcome in outcomes}
    applied: list[AppliedOverride] = []
    reviewed = dict(by_rule)
    for item in sorted(overrides, key=lambda item: (item.rule, item.made_on, item.person)):
        outcome = by_rule.get(item.rule)
        if item.project != project or outcome is None:
            continue
        acting = item.acts_on(on)
        applied.append(AppliedOverride(item, outcome.outcome, acting))
        if acting:
            reviewed[item.rule] = replace(outcome, outcome=item.outcome, could_be=item.outcome)
    return tuple(applied), overall(reviewed.values())

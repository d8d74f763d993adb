"""A person may overrule the machine, on the record: with a reason, a name, a day and an expiry, beside its verdict."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from rules.model import Outcome, Verdict, overall
from sanxian.errors import TellingError
from sanxian.i18n import N_


class OverrideError(TellingError, ValueError):
    """An override that cannot stand: something that it must say is missing."""


@dataclass(frozen=True, slots=True)
class SeenFeature:
    """Numbers by which a feature of a layer is known again (:func:`sanxian.seen.same_feature`).

    Attributes:
        layer: Name of the layer in the workspace.
        kind: 2 an area, 1 a line, 0 a point.
        bounds: West, south, east, north in degrees (EPSG:4490).
        size, edge: m² of an area and metres around it; of a line metres twice.
        around, edge_around: As much of what lies around the project; ``None`` where nobody looked.
        traits: Digest of what the row says of it (:func:`sanxian.seen.traits`); empty in a review of a version that did not keep it.
    """

    layer: str
    kind: int
    bounds: tuple[float, ...]
    size: float
    edge: float
    around: float | None = None
    edge_around: float = 0.0
    traits: str = ""


@dataclass(frozen=True, slots=True)
class Met:
    """One feature on which an outcome rests, and how the site lay to it.

    Attributes:
        layer: Role.
        traits: As of :class:`SeenFeature`.
        baseline, overlap_m2, overlap_m, distance_m: As of :class:`rules.model.Evidence`.
    """

    layer: str
    traits: str
    baseline: str = ""
    overlap_m2: float = 0.0
    overlap_m: float = 0.0
    distance_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an outcome rests on (:func:`sanxian.grounds.grounds`).

    Attributes:
        why: Digest of the conditions and clauses that lead to it.
        met: The features, in a fixed order.
    """

    why: str
    met: tuple[Met, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What the reviewer had before them; a review acts on nothing else.

    Attributes:
        outline: The project's site as WKB in hexadecimal digits, in ``crs``; empty where it is not known.
        outcome: The program's own outcome of the rule; ``None`` where it is not known, or a feature is left out.
        features: What stood in the row that is left out, in each current layer of the role.
        grounds: What that outcome rested on; ``None`` where it is not known.
    """

    outline: str = ""
    crs: str = ""
    outcome: Verdict | None = None
    features: tuple[SeenFeature, ...] = ()
    grounds: Grounds | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        found: dict[str, Any] = {"outline": self.outline, "crs": self.crs} if self.outline else {}
        if self.outcome is not None:
            found["outcome"] = str(self.outcome)
        if self.features:
            found["features"] = [
                {"layer": one.layer, "kind": one.kind, "bounds": list(one.bounds), "size": one.size, "edge": one.edge,
                 "around": one.around, "edge_around": one.edge_around, **({"traits": one.traits} if one.traits else {})}
                for one in self.features
            ]  # fmt: skip
        if self.grounds is not None:
            found["grounds"] = asdict(self.grounds)
        return found

    def told(self) -> dict[str, Any]:
        """As it stands in a record: a digest of the outline only, and what features were called."""
        found: dict[str, Any] = {"outline_sha256": hashlib.sha256(bytes.fromhex(self.outline)).hexdigest()} if self.outline else {}
        if self.outcome is not None:
            found["outcome"] = str(self.outcome)
        if self.features:
            found["layers"] = [one.layer for one in self.features]
        if self.grounds is not None:
            found["grounds_sha256"] = hashlib.sha256(json.dumps(asdict(self.grounds), sort_keys=True).encode()).hexdigest()
        return found

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Seen:
        """From what :meth:`to_dict` gave.

        Raises:
            KeyError, TypeError, ValueError: Something is missing or makes no sense.
        """
        outline, outcome, grounds = str(data.get("outline") or ""), data.get("outcome"), data.get("grounds")
        if outline:
            from shapely import from_wkb  # here: what has no outline to read asks for no geometry library
            from shapely.errors import ShapelyError

            try:
                from_wkb(outline)
            except ShapelyError as error:
                raise ValueError(str(error)) from error
        return cls(
            outline, str(data["crs"]) if outline else "", Verdict(outcome) if outcome else None,
            tuple(
                SeenFeature(
                    str(one["layer"]), int(one["kind"]), _four(one["bounds"]), float(one["size"]), float(one["edge"]),
                    None if one.get("around") is None else float(one["around"]), float(one.get("edge_around") or 0.0),
                    str(one.get("traits") or ""),
                )
                for one in data.get("features") or ()
            ),
            None if grounds is None else Grounds(str(grounds["why"]), tuple(
                Met(str(one["layer"]), str(one["traits"]), str(one["baseline"]), float(one["overlap_m2"]), float(one["overlap_m"]),
                    float(one["distance_m"]))
                for one in grounds["met"]
            )),
        )  # fmt: skip


def _four(values: Any) -> tuple[float, ...]:
    west, south, east, north = (float(one) for one in values)
    return west, south, east, north


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
        seen: What the reviewer had before them; ``None`` of a review of a version that did not remember it.
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
    seen: Seen | None = None

    @property
    def remembered(self) -> bool:
        """Whether it is known what exactly was reviewed: the outline, and the outcome with its grounds or the feature."""
        seen = self.seen
        if seen is None or not seen.outline:
            return False
        if self.layer:
            return bool(seen.features) and all(one.traits for one in seen.features)
        return seen.outcome is not None and seen.grounds is not None

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
            **({"seen": self.seen.to_dict()} if self.seen is not None else {}),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Override:
        """From what :meth:`to_dict` gave.

        Raises:
            OverrideError: Something is missing or makes no sense.
        """
        try:
            outcome, feature_id, seen = data.get("outcome"), data.get("feature_id"), data.get("seen")
            return cls(
                str(data["project"]), str(data.get("rule", "")), Verdict(outcome) if outcome else None,
                str(data["reason"]), str(data["person"]), date.fromisoformat(data["made_on"]),
                date.fromisoformat(data["expires_on"]), str(data.get("attachment", "")), str(data.get("layer", "")),
                int(feature_id) if feature_id is not None else None,
                Seen.from_dict(seen) if seen is not None else None,
            )  # fmt: skip
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            if isinstance(error, OverrideError):
                raise
            raise OverrideError(N_("人工复核记录不完整或取值有误：{error}"), error=error) from error


# Why a review does not act, ``state`` of an applied one; where it acts: "acting", or "unrecorded" of one without ``remembered``.
EXPIRED, EARLY, NO_OUTCOME = "expired", "early", "no-outcome"
SITE, OUTCOME, GROUNDS, FEATURE = "site-changed", "outcome-changed", "grounds-changed", "feature-changed"
CHANGED = (SITE, OUTCOME, GROUNDS, FEATURE)  # what is there now is not what the reviewer saw


@dataclass(frozen=True, slots=True)
class AppliedOverride:
    """An override beside what the machine said.

    Attributes:
        acting: False once it has expired or before it begins, and where what was reviewed is not what is there now.
        why: Why it does not act: one of the above; empty where it does.
    """

    override: Override
    machine: Verdict | None
    acting: bool
    why: str = ""

    @property
    def state(self) -> str:
        """In one word how it stands."""
        return ("acting" if self.override.remembered else "unrecorded") if self.acting else self.why or EXPIRED

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; of what was seen a digest."""
        found = self.override.to_dict()
        if self.override.seen is not None:
            found["seen"] = self.override.seen.told()
        machine = {"machine_outcome": str(self.machine)} if self.machine is not None else {}
        return {**found, **machine, "acting": self.acting, "state": self.state}


def of_project(overrides: Sequence[Override], project: str) -> list[Override]:
    """The overrides of one project, in a fixed order."""
    mine = [item for item in overrides if item.project == project]
    return sorted(mine, key=lambda item: (item.rule, item.layer, item.feature_id or 0, item.made_on, item.person))


def apply(
    machine: Sequence[Outcome],
    remeasured: Sequence[Outcome],
    overrides: Sequence[Override],
    *,
    on: date,
    law_complete: bool = True,
    changed: Mapping[Override, str] | None = None,
) -> tuple[tuple[AppliedOverride, ...], Verdict]:
    """The overrides of one project beside the machine's outcomes, and the verdict that people's decisions come to.

    Args:
        machine: What the machine says; left as it is.
        remeasured: What it says without the features that are left out; the same where none is.
        overrides: Those of this project.
        on: The day; an override that has expired is listed and does not act.
        law_complete: As for :func:`rules.model.overall`.
        changed: Overrides that were made of something else than there is now: :data:`SITE`, :data:`GROUNDS` or :data:`FEATURE`.
    """
    said = {outcome.rule: outcome.outcome for outcome in machine}
    reviewed = {outcome.rule: outcome for outcome in remeasured}
    applied: list[AppliedOverride] = []
    for item in overrides:
        found = said.get(item.rule)
        why = when(item, on) or (changed or {}).get(item, "")
        if not why and item.rule:
            seen = item.seen.outcome if item.seen is not None else None
            why = NO_OUTCOME if found is None else OUTCOME if seen is not None and seen is not found else ""
        applied.append(AppliedOverride(item, found, not why, why))
        if not why and item.outcome is not None and item.rule in reviewed:
            reviewed[item.rule] = replace(reviewed[item.rule], outcome=item.outcome, could_be=item.outcome)
    return tuple(applied), overall(reviewed.values(), law_complete=law_complete)


def when(override: Override, day: date) -> str:
    """:data:`EXPIRED` or :data:`EARLY` on a day; empty where it stands."""
    return "" if override.acts_on(day) else EXPIRED if day > override.expires_on else EARLY

"""The way of an outlet from being found to being closed in the books (销号), step by step, each with date and evidence.

A history is never rewritten: reopening is one more event, and what was done before stays to be read. Steps come in one order;
a step that its plan has no use for (nothing to put in order where the outlet is sealed) is passed over.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from sanxian.i18n import N_, _, pick
from sanxian.outlets.errors import OutletError
from sanxian.outlets.register import Outlet, field_words, remedy_of, says_nothing


class Stage(StrEnum):
    """How far an outlet has come."""

    FOUND = "found"
    MONITORED = "monitored"
    TRACED = "traced"
    PLANNED = "planned"
    REMEDIATED = "remediated"
    STANDARDISED = "standardised"
    ACCEPTED = "accepted"


ORDER = tuple(Stage)
STAGE_WORDS: Mapping[str, str] = {
    "found": N_("已排查"),
    "monitored": N_("已监测"),
    "traced": N_("已溯源"),
    "planned": N_("已定方案"),
    "remediated": N_("已整治"),
    "standardised": N_("已规范"),
    "accepted": N_("已销号"),
}
REMEDY_WORDS: Mapping[str, str] = {
    "close": N_("依法取缔"),
    "merge": N_("清理合并"),
    "tidy": N_("规范整治"),
    "none": N_("无需整治"),
}
_SKIPPED = {  # what a plan has no use for
    "close": (Stage.STANDARDISED,),
    "merge": (Stage.STANDARDISED,),
    "none": (Stage.REMEDIATED,),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One paper or picture: a key of ``evidence.toml``, where it lies, and its digest."""

    kind: str
    reference: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was entered and stays.

    Attributes:
        what: ``step`` or ``reopen``.
        stage: The step that was reached, or the one that the outlet was put back to.
        on: The day it happened; ``None`` only for what an older register recorded without a date.
        fields: What was known of the outlet with it, such as the plan.
    """

    what: str
    stage: Stage
    on: date | None
    evidence: tuple[Evidence, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Track:
    """The history of one outlet.

    Attributes:
        outlet: Its id.
        events: Oldest first, never changed and never taken away.
    """

    outlet: str
    events: tuple[Event, ...] = ()

    def stage(self, on: date | None = None) -> Stage | None:
        """How far it had come at the end of the day ``on``, or by now; ``None`` before it was found.

        A step without a date counts for every day: when it happened is not known, that it did is.
        """
        done = self._until(on)
        return done[-1].stage if done else None

    def fields(self, on: date | None = None) -> dict[str, Any]:
        """What the events until ``on`` say of the outlet, the latest word for each field."""
        known: dict[str, Any] = {}
        for event in self._until(on):
            known.update(event.fields)
        return known

    def held(self) -> set[str]:
        """Kinds of evidence on file since the last reopening of each step."""
        return {item.kind for event in self._standing() for item in event.evidence}

    def reached(self, stage: Stage) -> Event | None:
        """The event by which a step stands reached; ``None`` where it is not, or was taken back."""
        return next((event for event in reversed(self._standing()) if event.stage == stage and event.what == "step"), None)

    def next_stage(self) -> Stage | None:
        """The step that comes next; ``None`` after acceptance."""
        now = self.stage()
        if now is None:
            return Stage.FOUND
        skipped = _SKIPPED.get(remedy_of(self.fields().get("measure_kind")) or "", ())
        return next((step for step in ORDER[ORDER.index(now) + 1 :] if step not in skipped), None)

    def missing_for(self, stage: Stage, *, evidence: Iterable[Evidence] = (), fields: Mapping[str, Any] | None = None) -> list[str]:
        """Words for what a step still needs, given what is on file and what is handed in with it."""
        known = {**self.fields(), **(fields or {})}
        held = self.held() | {item.kind for item in evidence if item.reference or item.sha256}
        remedy = remedy_of(known.get("measure_kind"))
        needed, one_of, wanted = needs(stage, remedy)
        missing = [evidence_words(kind) for kind in needed if kind not in held]
        if one_of and not held & set(one_of):
            missing.append(_(" 或 ").join(evidence_words(kind) for kind in one_of))
        missing += [field_words(name) for name in wanted if known.get(name) in (None, "") or says_nothing(name, known[name])]
        if stage is Stage.PLANNED and known.get("measure_kind") and remedy is None:
            missing.append(_("整治类型须为取缔、合并、规范或无需整治之一"))
        return missing

    def advance(
        self, stage: Stage, *, on: date, evidence: Sequence[Evidence] = (), fields: Mapping[str, Any] | None = None,
        by: str = "", note: str = "",
    ) -> Track:  # fmt: skip
        """Enter the next step.

        Raises:
            OutletError: It is not the next one, it would lie before the step that came last, or evidence is missing:
                the sentence names what.
        """
        stage = Stage(stage)
        unknown = sorted({item.kind for item in evidence} - set(_file()["words"]))
        if unknown:
            raise OutletError("不认识的证据种类：{kinds}；可用：{known}", kinds="、".join(unknown), known="、".join(_file()["words"]))
        known = {**self.fields(), **(fields or {})}
        probe = replace(self, events=(*self.events, Event("step", self.stage() or Stage.FOUND, on, fields=known))) if known else self
        expected = Stage.FOUND if self.stage() is None else probe.next_stage()
        if stage != expected:
            if expected is None:
                raise OutletError("排污口 {id} 已经销号；要再办理请先重新打开", id=self.outlet)
            raise OutletError(
                "排污口 {id} 下一步应是“{expected}”，不能直接登记“{stage}”",
                id=self.outlet, expected=_(STAGE_WORDS[expected]), stage=_(STAGE_WORDS[stage]),
            )  # fmt: skip
        self._not_before(on)
        missing = self.missing_for(stage, evidence=evidence, fields=fields)
        if missing:
            raise OutletError(
                "排污口 {id} 不能登记“{stage}”，还缺：{missing}",
                id=self.outlet, stage=_(STAGE_WORDS[stage]), missing="、".join(missing),
            )  # fmt: skip
        return replace(
            self, events=(*self.events, Event("step", stage, on, tuple(evidence), dict(fields or {}), by, note))
        )

    def reopen(self, to: Stage, *, on: date, reason: str, by: str = "") -> Track:
        """Put the outlet back to an earlier step; everything entered so far stays in the history.

        Raises:
            OutletError: There is no reason, the step was never reached, or it is not an earlier one.
        """
        to, now = Stage(to), self.stage()
        if not reason.strip():
            raise OutletError("重新打开排污口 {id} 须写明原因", id=self.outlet)
        if now is None or ORDER.index(to) >= ORDER.index(now) or self.reached(to) is None:
            raise OutletError("排污口 {id} 不能退回到“{stage}”：没有到过或并不更早", id=self.outlet, stage=_(STAGE_WORDS[to]))
        self._not_before(on)
        return replace(self, events=(*self.events, Event("reopen", to, on, by=by, note=reason)))

    def _not_before(self, on: date) -> None:
        last = max((event.on for event in self.events if event.on), default=None)
        if last is not None and on < last:
            raise OutletError("排污口 {id} 的上一步是 {last}，{on} 在它之前", id=self.outlet, last=last, on=on)

    def _until(self, on: date | None) -> list[Event]:
        return [event for event in self.events if on is None or event.on is None or event.on <= on]

    def _standing(self) -> list[Event]:
        """Events that still count: a reopening takes back the steps after the one it goes to."""
        standing: list[Event] = []
        for event in self.events:
            if event.what == "reopen":
                standing = [old for old in standing if ORDER.index(old.stage) <= ORDER.index(event.stage)]
            standing.append(event)
        return standing

    def to_json(self) -> dict[str, Any]:
        """Plain values, for the workspace's state."""
        return {
            "outlet": self.outlet,
            "events": [
                {
                    "what": event.what, "stage": str(event.stage), "on": event.on.isoformat() if event.on else None,
                    "evidence": [{"kind": e.kind, "reference": e.reference, "sha256": e.sha256} for e in event.evidence],
                    "fields": {key: str(value) for key, value in sorted(event.fields.items())},
                    "by": event.by, "note": event.note,
                }
                for event in self.events
            ],
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Track:
        """What ``to_json`` gave.

        Raises:
            OutletError: It is something else.
        """
        try:
            return cls(
                data["outlet"],
                tuple(
                    Event(
                        item["what"], Stage(item["stage"]), date.fromisoformat(item["on"]) if item["on"] else None,
                        tuple(Evidence(**e) for e in item["evidence"]), dict(item["fields"]), item["by"], item["note"],
                    )
                    for item in data["events"]
                ),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise OutletError("排污口办理记录已损坏：{reason}", reason=str(error)) from error


def needs(stage: Stage, remedy: str | None) -> tuple[list[str], list[str], list[str]]:
    """Evidence that is all needed, evidence of which one is, and fields, for a step under a plan."""
    step = _file()["step"].get(str(stage), {})
    parts = [step, step.get(remedy, {}) if remedy else {}]
    if remedy is None and stage not in (Stage.FOUND, Stage.MONITORED, Stage.TRACED, Stage.PLANNED):
        return [], [], ["measure_kind"]
    return (
        [kind for part in parts for kind in part.get("all", [])],
        [kind for part in parts for kind in part.get("one_of", [])],
        [name for part in parts for name in part.get("fields", [])],
    )


def evidence_words(kind: str) -> str:
    """What a kind of evidence is called."""
    return pick(_file()["words"][kind])


def evidence_kinds() -> tuple[str, ...]:
    """Every kind of evidence."""
    return tuple(_file()["words"])


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads((files("sanxian.outlets") / "evidence.toml").read_text(encoding="utf-8"))


# --- from a register ------------------------------------------------------------------------------------------------


def done_rule(outlets: Sequence[Outlet]) -> Callable[[Outlet, date], bool | None]:
    """How 完成整治 is told in this register; see ``done_rule_words``."""
    by_criteria = any(item.get("meets_criteria") is not None for item in outlets)

    def done(outlet: Outlet, on: date) -> bool | None:
        finished = outlet.day("finished")
        if finished is not None and finished > on:
            return False
        if by_criteria:
            return outlet.get("meets_criteria")
        stage = outlet.get("stage")
        return None if stage is None else stage in DONE_WORDS

    return done


def done_rule_words(outlets: Sequence[Outlet]) -> str:
    """The rule of ``done_rule`` in words, to be printed with every figure that uses it."""
    if any(item.get("meets_criteria") is not None for item in outlets):
        return _("“完成整治”以“是否满足整治总则完成判定条件”为“是”且完成时间不晚于统计日为准，不以整治阶段的文字为准")
    return _("台账没有“是否满足整治总则完成判定条件”，“完成整治”暂按整治阶段的文字计，请补充后再用")


def overdue(outlet: Outlet, on: date, done: Callable[[Outlet, date], bool | None]) -> bool | None:
    """Whether the deadline of an outlet had passed on a day with the work not done; ``None`` where none was set.

    It is the one definition, for every figure, list and sheet: the register's deadline, and ``done`` as ``done_rule`` gives
    it, so that a step which was entered does not end it before the register says that the criteria are met.
    """
    found, due = outlet.day("found_on"), outlet.day("due")
    if outlet.remedy == "none":
        return False
    if outlet.remedy is None or (found is not None and found > on):
        return None
    ready = done(outlet, on)
    if due is None:
        return False if ready else None
    return due < on and ready is not True


DONE_WORDS = ("完成整治", "已完成整治", "已完成", "完成", "已整治", "已销号")
ACCEPTED_WORDS = ("已销号", "销号")
NOT_STARTED_WORDS, IN_PROGRESS_WORDS = ("未整治", "未开始", "未启动"), ("整治中", "正在整治")


def accepted(outlet: Outlet, on: date) -> bool:
    """Whether it was accepted (销号) by a day: by its date, else by the words of its stage."""
    day = outlet.day("accepted_on")
    return day is not None and day <= on or outlet.get("stage") in ACCEPTED_WORDS and day is None


def work_state(outlet: Outlet, on: date, done: Callable[[Outlet, date], bool | None]) -> str | None:
    """How far the remediation of an outlet is, for every map and list that tells outlets apart by it.

    It is ``not_started``, ``in_progress``, ``done``, ``closed`` or ``no_need``;
    ``done`` and ``closed`` together are what the rate of remediation counts; words of the register that say more than its
    criteria do come to ``in_progress``. ``None`` where nobody wrote it down.
    """
    if outlet.remedy == "none":
        return "no_need"
    ready, word = done(outlet, on), outlet.get("stage")
    if ready:
        return "closed" if accepted(outlet, on) else "done"
    if word in NOT_STARTED_WORDS:
        return "not_started"
    # Words that claim more than the criteria confirm: work that goes on where these say no, else nobody knows.
    return "in_progress" if word in IN_PROGRESS_WORDS or (ready is False and word) else None


def from_record(outlet: Outlet, *, done: Callable[[Outlet, date], bool | None] | None = None, on: date = date.max) -> Track:
    """What a register's dates and marks tell of an outlet's way, as far as they go without a gap.

    Work that is done by the register's criteria, and an acceptance of it, stand even where a step before them was not
    recorded: the figures count them, and the audit names the step (``step-missing``). It stands in for a history where
    none was kept: dates may be missing, and evidence is what the record names. A register in which a later step has an
    earlier date keeps its dates; whether that can be is for the audit to say.
    """
    done = done or done_rule([outlet])
    get = outlet.get
    plan = {
        key: get(key) for key in ("measure_kind", "problem", "measure", "due", "responsible") if get(key) is not None
    }
    marks: dict[Stage, tuple[bool, str]] = {
        Stage.FOUND: (True, "found_on"),
        Stage.MONITORED: (bool(get("monitored") or get("sampled") or get("monitored_on") or outlet.discharging is False), "monitored_on"),
        Stage.TRACED: (get("traced") is not False and bool(get("responsible")), "traced_on"),
        Stage.PLANNED: (outlet.remedy is not None, "typed_on"),
        Stage.REMEDIATED: (done(outlet, on) is True, "finished"),
        Stage.STANDARDISED: (bool(get("standardised")), "standardised_on"),
        Stage.ACCEPTED: (get("accepted_on") is not None, "accepted_on"),
    }
    track = Track(outlet.id)
    planned = marks[Stage.PLANNED][0]
    for stage in ORDER:
        if stage in _SKIPPED.get(outlet.remedy or "", ()):
            continue
        reached, when = marks[stage]
        if not reached:
            if _stands(stage, marks, planned and outlet.remedy != "none"):
                continue
            break
        fields = {Stage.TRACED: {k: v for k, v in plan.items() if k == "responsible"}, Stage.PLANNED: plan}.get(stage, {})
        track = replace(track, events=(*track.events, Event("step", stage, outlet.day(when), (), fields)))
    if outlet.remedy is not None and track.stage() is not None and not track.fields().get("measure_kind"):
        # The deadline counts from the plan, also where an earlier step is not on record.
        track = replace(track, events=(*track.events[:-1], replace(track.events[-1], fields={**track.events[-1].fields, **plan})))
    return track


def _stands(missing: Stage, marks: Mapping[Stage, tuple[bool, str]], to_do: bool) -> bool:
    """Whether a later step stands though this one is not on record."""
    if missing is Stage.STANDARDISED:
        # An acceptance on file closes the matter even where the register says nothing of the sign before it.
        return marks[Stage.ACCEPTED][0]
    return to_do and marks[Stage.REMEDIATED][0] and ORDER.index(missing) < ORDER.index(Stage.REMEDIATED)


def steps_missing(outlet: Outlet, on: date, done: Callable[[Outlet, date], bool | None]) -> list[Stage]:
    """Steps before the last one that stands, of which the register says nothing."""
    track = from_record(outlet, done=done, on=on)
    now = track.stage(on)
    if now is None or ORDER.index(now) < ORDER.index(Stage.REMEDIATED):
        return []
    reached = {event.stage for event in track.events}
    skipped = _SKIPPED.get(outlet.remedy or "", ())
    return [step for step in ORDER[: ORDER.index(now)] if step not in reached and step not in skipped]


# --- kept in a workspace --------------------------------------------------------------------------------------------

STATE = "outlet_stages"


def track_of(
    workspace: Any, outlet: Outlet, *, done: Callable[[Outlet, date], bool | None] | None = None, on: date = date.max
) -> Track:
    """The history that the workspace keeps of an outlet; where it keeps none, what the register tells."""
    kept = (workspace.state(STATE, {}) or {}).get(outlet.id)
    return Track.from_json(kept) if kept else from_record(outlet, done=done, on=on)


def read_tracks(workspace: Any) -> dict[str, Track]:
    """Every history that the workspace keeps, by outlet id."""
    return {key: Track.from_json(kept) for key, kept in (workspace.state(STATE, {}) or {}).items()}


def tracks_of(
    outlets: Sequence[Outlet], kept: Mapping[str, Track], *, on: date = date.max
) -> list[Track]:
    """The history of each outlet, as ``track_of`` gives one; for a whole register at once."""
    done = done_rule(outlets)
    return [kept.get(item.id) or from_record(item, done=done, on=on) for item in outlets]


def keep(workspace: Any, track: Track) -> None:
    """Keep a history in the workspace.

    Raises:
        OutletError: The one kept there has events that this one lacks: somebody else entered them meanwhile.
    """
    state = dict(workspace.state(STATE, {}) or {})
    old = state.get(track.outlet)
    new = track.to_json()
    if old and new["events"][: len(old["events"])] != old["events"]:
        raise OutletError("排污口 {id} 的办理记录已被他人更新，请重新读取", id=track.outlet)
    workspace.set_state(STATE, {**state, track.outlet: new})

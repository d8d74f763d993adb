"""Everything that is wrong, doubtful or unchecked about a register and its chain, in one list."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sanxian.i18n import N_, _, pick
from sanxian.outlets import chain as chains
from sanxian.outlets import classes, codes, papers, register, stages
from sanxian.outlets.banks import (
    DOUBTS,
    Bank,
    Survey,
    concerned,
    line_words,
    once,
    read_banks,
    read_surveys,
    survey_words,
    unsettled,
)
from sanxian.outlets.chain import Chain, is_closed, outlet_ids
from sanxian.outlets.coverage import read_counties
from sanxian.outlets.findings import Finding
from sanxian.outlets.match import Place, candidates
from sanxian.outlets.papers import Paper
from sanxian.outlets.place import check_places
from sanxian.outlets.register import Outlet
from sanxian.outlets.stages import Track

if TYPE_CHECKING:
    from layers.workspace import Workspace

DUPLICATE_M = 5.0
SOURCE_M = 2000.0  # how far around an outlet sources are named as candidates
_SEVERITIES = ("error", "warning", "info")
_DATES = ("found_on", "monitored_on", "traced_on", "typed_on", "finished", "accepted_on")
_EARLIEST = date(1980, 1, 1)  # no register of outlets has an older day that is true
_FEEDS = ("recorded", "wells", "stated")


def audit_workspace(
    workspace: Workspace, *, on: date, outlets: Sequence[Outlet] | None = None, chain: Chain | None = None
) -> list[Finding]:
    """Audit a workspace as of a day.

    Args:
        outlets: Its register, where that was read already; ``chain`` likewise.

    Raises:
        WorkspaceError: It cannot be read.
    """
    outlets = register.read_register(workspace) if outlets is None else outlets
    counties = read_counties(workspace)
    kept = stages.read_tracks(workspace)
    found = audit(
        outlets, chains.read_chain(workspace, outlets) if chain is None else chain, read_banks(workspace, every=True), counties, on=on,
        tables=codes.read_tables(workspace), tracks=kept, files=papers.read(workspace, outlets), as_of=_as_of(workspace),
        surveys=read_surveys(workspace),
    )  # fmt: skip
    for layer, row, count in register.left_out(workspace):
        params = {"layer": layer, "row": row, "count": count}
        template = N_("图层“{layer}”另有 {count} 行没有可用的坐标，未读入台账")
        if row is not None:
            template = N_("图层“{layer}”的原表第 {row} 行没有可用的坐标，未读入台账")
        found.insert(0, Finding("no-place", "error", None, template, params))
    if not outlets:
        found.append(Finding("no-register", "warning", None, N_("工作区没有入河排污口图层，什么都没有检查")))
    return found


def _as_of(workspace: Workspace) -> date | None:
    """The latest day up to which a layer of outlets says that it holds."""
    days = []
    for record in workspace.by_role("discharge_outlet"):
        with contextlib.suppress(ValueError):
            days.append(date.fromisoformat(record.data_date or ""))
    return max(days, default=None)


def audit(
    outlets: Sequence[Outlet], chain: Chain, banks: Sequence[Bank], counties: Sequence[tuple[str, str | None, Any]], *,
    on: date, tables: codes.CodeTables | None = None, tracks: Mapping[str, Track] | None = None, files: Sequence[Paper] = (),
    as_of: date | None = None, surveys: Sequence[Survey] = (),
) -> list[Finding]:  # fmt: skip
    """Audit a register, worst first, then by outlet.

    Args:
        outlets: The register.
        chain: As ``chain.build`` put it together.
        banks: Every bank line there is.
        counties: Name, code and area in EPSG:4490.
        on: The day for deadlines.
        tables: An office's own letters.
        tracks: Histories that were kept, by outlet id; they are held against the register's own marks.
        files: Photos and documents, as ``papers.check`` looked at them.
        as_of: Of when the register is, where that is after ``on``: who looks back finds no fault with what came later.
        surveys: The survey log.
    """
    found = [*_records(outlets, chain, tables), *_duplicates(outlets), *_progress(outlets, on, max(on, as_of or on)), *_fed(outlets, chain)]
    found += [*_histories(outlets, tracks or {}, on), *papers.findings(files, outlets)]
    found += [*check_places(outlets, banks, counties), *_surveys(banks, on), *_log(banks, surveys)]
    found += chains.audit(chain)
    return sorted(found, key=lambda item: (_SEVERITIES.index(item.severity), item.finding, item.outlet or "", item.message))


def _records(outlets: Sequence[Outlet], chain: Chain, tables: codes.CodeTables | None) -> Iterator[Finding]:
    """What can be told from one record; who may answer for one that names nobody is asked of the sources around."""
    sources = [
        Place(node.id, node.name, *node.lonlat, permit=node.key)
        for node in chain.nodes.values() if node.kind in ("source", "plant") and node.lonlat
    ]  # fmt: skip
    for outlet in outlets:
        code, classified = outlet.get("code"), outlet.classified
        name = {"name": outlet.name}
        if not code:
            yield Finding("no-code", "warning", outlet.id, N_("{name} 没有国家编码"), name)
        else:
            kind = classes.find_class(classified.kind)
            title = pick(kind.title) if kind else ""
            for problem in codes.check(code, kind=classified.kind, kind_title=title, tables=tables):
                yield Finding(problem.problem, "warning", outlet.id, codes.PROBLEMS[problem.problem], problem.params)
        if not outlet.get("responsible"):
            near = tuple(
                {"id": item.place.id, "name": item.place.name, "distance_m": round(item.distance_m, 1), "evidence": item.evidence}
                for item in candidates(outlet, sources, within_m=SOURCE_M)
            )
            yield Finding("no-responsible", "warning", outlet.id, N_("{name} 没有责任主体"), name, near)
        for key in classified.problems:
            params = {**name, "kind": outlet.get("kind"), "subkind": outlet.get("subkind")}
            template = {
                "kind-unknown": N_("{name} 的一级分类“{kind}”不是四类之一"),
                "subkind-unknown": N_("{name} 的二级分类“{subkind}”不在分类表中"),
                "subkind-elsewhere": N_("{name} 的二级分类“{subkind}”不属于“{kind}”"),
            }[key]
            yield Finding(key, "warning", outlet.id, template, params)
        lacks = register.name_problem(outlet)
        if lacks:
            template = N_("名称“{name}”没有行政区") if lacks == "division" else N_("名称“{name}”没有写明是排口")
            yield Finding("name-pattern", "info", outlet.id, template, name)
        for field, word in register.unknown_words(outlet):
            params = {**name, "field": register.field_words(field), "value": word}
            template = N_("{name} 的“{field}”写作“{value}”，不在已知取值中，按未知计")
            yield Finding("word-unknown", "warning", outlet.id, template, params)
        for issue in outlet.issues:
            params = {**name, "field": register.field_words(issue.field), "value": issue.value}
            yield Finding("unreadable", "warning", outlet.id, N_("{name} 的“{field}”写作“{value}”，不能识别"), params)


def _duplicates(outlets: Sequence[Outlet]) -> Iterator[Finding]:
    for pair in register.duplicates(outlets, within_m=DUPLICATE_M):
        params = {"left": f"{pair.left.name}（#{pair.left.fid}）", "right": f"{pair.right.name}（#{pair.right.fid}）",
                  "code": pair.left.get("code"), "metres": pair.distance_m or 0.0}  # fmt: skip
        metres = None if pair.distance_m is None else round(pair.distance_m, 1)
        choice = {"id": pair.right.id, "name": pair.right.name, "distance_m": metres}
        if pair.same_code:
            template = N_("{left} 与 {right} 用了同一个编码 {code}")
            yield Finding("duplicate-code", "error", pair.left.id, template, params, (choice,))
        else:
            template = N_("{left} 与 {right} 相距 {metres:.1f} 米：是不是同一个排污口？")
            yield Finding("duplicate-place", "warning", pair.left.id, template, params, (choice,))


def _progress(outlets: Sequence[Outlet], on: date, today: date) -> Iterator[Finding]:
    """Steps out of order or on days that cannot be, acceptance without the work, and deadlines that have passed."""
    done = stages.done_rule(outlets)
    for outlet in outlets:
        days = [(key, day) for key in _DATES if (day := outlet.day(key))]
        for place, (late, second) in enumerate(days):
            # Sampling and tracing may go on side by side; every other step waits for those before it.
            before = [(key, day) for key, day in days[:place] if day > second and {key, late} != {"monitored_on", "traced_on"}]
            if before:
                early, first = before[-1]
                params = {"name": outlet.name, "early": register.field_words(early), "first": first,
                          "late": register.field_words(late), "second": second}  # fmt: skip
                template = N_("{name} 的“{late}”{second} 早于“{early}”{first}")
                yield Finding("dates-out-of-order", "warning", outlet.id, template, params)
        for key, day in days:
            params = {"name": outlet.name, "field": register.field_words(key), "day": day, "on": today}
            if day > today:
                yield Finding("date-odd", "warning", outlet.id, N_("{name} 的“{field}”{day} 晚于统计日 {on}，没有发生，不计入指标"), params)
            elif day < _EARLIEST:
                yield Finding("date-odd", "warning", outlet.id, N_("{name} 的“{field}”{day} 早得不可能"), params)
        ready = done(outlet, on)
        accepted = outlet.day("accepted_on")
        if accepted is not None and accepted <= on and outlet.remedy != "none" and ready is not True:
            template = N_("{name} 已于 {day} 销号，却没有完成整治的记录")
            yield Finding("accepted-not-done", "error", outlet.id, template, {"name": outlet.name, "day": accepted})
        missing = stages.steps_missing(outlet, on, done)
        if not outlet.get("responsible"):  # that is said already
            missing = [step for step in missing if step is not stages.Stage.TRACED]
        if missing:
            steps = "、".join(_(stages.STAGE_WORDS[step]) for step in missing)
            template = N_("{name} 已完成整治或销号，却没有“{steps}”的记录")
            # The sign may stand and only not be written down; without a party or a plan the books were closed on nothing.
            severity = "info" if missing == [stages.Stage.STANDARDISED] else "warning"
            yield Finding("step-missing", severity, outlet.id, template, {"name": outlet.name, "steps": steps})
        due = outlet.day("due")
        if due is not None and stages.overdue(outlet, on, done):
            template = N_("{name} 应于 {due} 前完成整治，已逾期 {days} 天")
            params = {"name": outlet.name, "due": due, "days": (on - due).days}
            yield Finding("overdue", "info", outlet.id, template, params)


def _surveys(banks: Sequence[Bank], on: date) -> Iterator[Finding]:
    """What a bank layer says of its survey in words that no figure can use, each line of it once."""
    said: set[tuple[str, int, str]] = set()
    for bank in banks:
        doubts = list(bank.doubts)
        if bank.surveyed and bank.surveyed_on and date.fromisoformat(bank.surveyed_on) > on:
            doubts.append(("future-date", bank.surveyed_on))
        for doubt, value in doubts:
            if (bank.name, bank.fid, doubt) not in said:
                said.add((bank.name, bank.fid, doubt))
                params = {"bank": bank.name, "value": value, "on": bank.surveyed_on or ""}
                severity = "info" if doubt in ("partial-date", "future-date") else "warning"
                yield Finding("survey-unreadable", severity, None, DOUBTS[doubt], params)


def _log(banks: Sequence[Bank], surveys: Sequence[Survey]) -> Iterator[Finding]:
    """Entries of the survey log that count nothing, since nobody said along which of several lines their chainage runs."""
    each = once(banks)
    for survey in dict.fromkeys(surveys):
        if several := unsettled(survey, concerned(survey, each)):
            params = {"what": survey_words(survey), "lines": line_words(several)}
            yield Finding("survey-unreadable", "warning", None, DOUBTS["several-lines"], params)


def _histories(outlets: Sequence[Outlet], tracks: Mapping[str, Track], on: date) -> Iterator[Finding]:
    """Histories that were entered step by step and registers that say something else: one of the two was changed alone."""
    done = stages.done_rule(outlets)
    for outlet in outlets:
        kept = tracks.get(outlet.id)
        if kept is None:
            continue
        entered, told = kept.stage(on), stages.from_record(outlet, done=done, on=on).stage(on)
        if entered != told:
            params = {
                "name": outlet.name, "entered": _(stages.STAGE_WORDS[entered]) if entered else "—",
                "told": _(stages.STAGE_WORDS[told]) if told else "—",
            }  # fmt: skip
            template = N_("{name} 的办理记录是“{entered}”，台账各列却是“{told}”：哪个对？")
            yield Finding("history-differs", "warning", outlet.id, template, params)


def _fed(outlets: Sequence[Outlet], chain: Chain) -> Iterator[Finding]:
    """Outlets that are closed by the record and yet run, or yet have something leading to them."""
    for outlet, node in zip(outlets, outlet_ids(outlets), strict=True):
        if not is_closed(outlet):
            continue
        if outlet.discharging is True:
            template = N_("{name} 已取缔或合并，台账仍记为有水排出")
            yield Finding("closed-still-discharging", "error", outlet.id, template, {"name": outlet.name})
        feeds = [above for above, _here, link in chain.graph.in_edges(node, data=True) if link["evidence"] in _FEEDS]
        if feeds:
            names = "、".join(sorted(chain.nodes[above].name for above in feeds)[:5])
            template = N_("{name} 已取缔或合并，仍有来水接入：{names}")
            choices = tuple({"id": above} for above in sorted(feeds))
            yield Finding("closed-still-fed", "error", outlet.id, template, {"name": outlet.name, "names": names}, choices)

"""Stages entered one by one or from a table: first shown with what is missing, then done in one piece, and taken back as one piece.

An entry is an event in the outlet's history and, in the same step, the marks and dates of the register that say the same, so that the
figures follow. What is refused is refused with its reason, and nothing of it is kept.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.schema import plain, plain_header
from layers.tables import read_table
from layers.values import Unreadable, day, is_missing
from sanxian.i18n import N_, _
from sanxian.outlets import bulk, register, schema, stages
from sanxian.outlets.bulk import Change
from sanxian.outlets.errors import OutletError
from sanxian.outlets.register import Outlet
from sanxian.outlets.stages import ORDER, Evidence, Stage, Track

if TYPE_CHECKING:
    from layers.workspace import Workspace

_ON = ("日期", "办理日期", "时间", "on", "date")
_STAGE = ("环节", "办理环节", "阶段", "整治环节", "stage")
_WHAT = ("操作", "办理", "what")
_BY = ("经办人", "办理人", "by")
_NOTE = ("备注", "说明", "原因", "note")
_EVIDENCE = ("证据", "证明材料", "附件", "evidence")
_REOPEN = ("重新打开", "退回", "reopen")
_NUMBER = re.compile(r"\d")  # a document's number has digits in it; words like 有, 见附件 and 已拍照 name nothing
_FILE = re.compile(r"\.(pdf|docx?|xlsx?|jpe?g|png|tiff?|heic|bmp|mp4|mov|avi|zip|ofd|txt)$", re.IGNORECASE)
# What a step says in the register's own columns: the column of its day, and marks.
MARKS: Mapping[Stage, tuple[str, Mapping[str, Any]]] = {
    Stage.FOUND: ("found_on", {}),
    Stage.MONITORED: ("monitored_on", {"monitored": True}),
    Stage.TRACED: ("traced_on", {"traced": True}),
    Stage.PLANNED: ("typed_on", {}),
    Stage.REMEDIATED: ("finished", {"stage": "完成整治"}),
    Stage.STANDARDISED: ("standardised_on", {"standardised": True}),
    Stage.ACCEPTED: ("accepted_on", {"meets_criteria": True}),
}
_BACK: Mapping[Stage, Mapping[str, Any]] = {  # marks of a step that is taken back
    Stage.MONITORED: {"monitored": False},
    Stage.TRACED: {"traced": False},
    Stage.PLANNED: {},
    Stage.REMEDIATED: {"stage": "整治中", "meets_criteria": False},
    Stage.STANDARDISED: {"standardised": False},
    Stage.ACCEPTED: {"meets_criteria": False},
}

PROBLEMS: Mapping[str, str] = {
    "no-key": N_("第 {row} 行没有编码，不知道是哪个排污口"),
    "refused": N_("第 {row} 行：{reason}"),
    "no-stage": N_("第 {row} 行：不认识的办理环节“{value}”；可用：{known}"),
    "no-date": N_("第 {row} 行没有可读的日期（“{value}”）"),
    "evidence": N_("第 {row} 行：证据应写作“种类=文件或文号”，“{value}”不是；种类有：{known}"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody wants to enter.

    Attributes:
        outlet: As ``register.find`` takes it.
        what: ``step`` or ``reopen``.
        row: Of the table it came from, 0 for none.
    """

    outlet: str
    stage: Stage
    on: date
    what: str = "step"
    evidence: tuple[Evidence, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
    note: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """An entry that can be made: how far the outlet had come, and how far it will have."""

    entry: Entry
    outlet: Outlet
    before: Stage | None
    track: Track


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that cannot be made, and why: a key of ``PROBLEMS`` with what varies, or an error of the stages."""

    row: int
    outlet: str
    template: str
    params: Mapping[str, Any]

    def words(self) -> str:
        """The sentence in the language of the moment."""
        return _(self.template).format(**self.params)


@dataclass(frozen=True, slots=True)
class Preview:
    """What entries would do; nothing has been done.

    Attributes:
        tracks: Histories as they would be, by outlet id.
        changes: Cells of the register.
    """

    taken: tuple[Taken, ...]
    refused: tuple[Refused, ...]
    tracks: Mapping[str, Track]
    changes: tuple[Change, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "entries": [
                {
                    "outlet": one.outlet.id,
                    "name": one.outlet.name,
                    "what": one.entry.what,
                    "on": one.entry.on.isoformat(),
                    "before": str(one.before) if one.before else None,
                    "after": str(one.track.stage()),
                    "evidence": [
                        {"kind": e.kind, "reference": e.reference, "sha256": e.sha256} for e in one.entry.evidence
                    ],
                }
                for one in self.taken
            ],
            "refused": [{"row": one.row or None, "outlet": one.outlet, "message": one.words()} for one in self.refused],
            "changes": [
                {"outlet": c.outlet, "field": c.field, "before": c.before, "after": c.after} for c in self.changes
            ],
        }


def evidence(kind: str, reference: str, folder: Path | None = None) -> Evidence:
    """A paper or picture: a file (looked up from ``folder``, its digest kept), or a document's number.

    Raises:
        OutletError: The kind is not known, nothing is named, or a file is named that is not there.
    """
    name = kind_of(kind)
    if name is None:
        raise OutletError("不认识的证据种类：{kinds}；可用：{known}", kinds=kind, known="、".join(_kinds()))
    reference = reference.strip()
    if not reference:
        raise OutletError("证据“{kind}”没有写明文件或文号", kind=stages.evidence_words(name))
    full = (folder or Path()) / reference
    try:
        content = full.read_bytes() if full.is_file() else None
    except OSError as error:
        raise OutletError(
            "证据文件“{file}”读不出来：{reason}", file=reference, reason=error.strerror or str(error)
        ) from error
    if content is not None:
        if not content.strip():
            raise OutletError("证据文件“{file}”是空的（{size} 字节），什么也证明不了", file=reference, size=len(content))
        return Evidence(name, reference, hashlib.sha256(content).hexdigest())
    if _FILE.search(reference):
        raise OutletError("证据文件“{file}”不在，应在 {folder}", file=reference, folder=str(full.parent))
    if not _NUMBER.search(reference):
        raise OutletError(
            "证据“{kind}”写作“{text}”：既不是文件，也不是文号（文号须有编号，如“示环排〔2024〕12号”）",
            kind=stages.evidence_words(name), text=reference,
        )  # fmt: skip
    return Evidence(name, reference)


def kind_of(word: str) -> str | None:
    """The kind of evidence that a word means."""
    known = {plain(words): name for name in stages.evidence_kinds() for words in (name, *_kind_words(name))}
    return known.get(plain(word))


def _kind_words(name: str) -> tuple[str, ...]:
    from sanxian.outlets.stages import _file

    return tuple(_file()["words"][name].values())


def _kinds() -> list[str]:
    return [f"{name}（{stages.evidence_words(name)}）" for name in stages.evidence_kinds()]


def stage_of(word: str) -> Stage | None:
    """The stage that a word means: its identifier, or its Chinese or English name, with or without 已."""
    key = plain(word)
    for stage in ORDER:
        words = {
            str(stage),
            stages.STAGE_WORDS[stage],
            stages.STAGE_WORDS[stage].removeprefix("已"),
            _(stages.STAGE_WORDS[stage]),
        }
        if key in {plain(item) for item in words}:
            return stage
    more = {
        "验收": Stage.ACCEPTED,
        "定方案": Stage.PLANNED,
        "一口一策": Stage.PLANNED,
        "规范化": Stage.STANDARDISED,
        "规范化建设": Stage.STANDARDISED,
        "完成整治": Stage.REMEDIATED,
    }
    return more.get(word.strip())


def read_entries(path: Path, *, folder: Path | None = None) -> tuple[list[Entry], list[Refused]]:
    """Entries from a table: columns for code, 环节, 日期, and evidence (one column 证据, or one for each kind).

    A column that is a field of the file (整治类型, 完成时限 …) goes with the entry.

    Raises:
        LayerError: It cannot be read as a table.
        OutletError: It has no column of codes, stages or days.
    """
    table = read_table(path)
    headers = list(table.headers)
    key_at = [header for header in headers if schema.field_of(header) in ("code", "province_code", "local_code")]
    stage_at, on_at = _column(headers, _STAGE), _column(headers, _ON)
    for found, what in ((key_at, N_("排污口编码")), (stage_at, N_("环节")), (on_at, N_("日期"))):
        if not found:
            raise OutletError("办理表缺少“{what}”列", what=_(what))
    what_at, by_at, note_at, evidence_at = (_column(headers, words) for words in (_WHAT, _BY, _NOTE, _EVIDENCE))
    kinds = {header: kind for header in headers if (kind := kind_of(header)) and header not in evidence_at}
    spent = {*key_at, *stage_at, *on_at, *what_at, *by_at, *note_at, *evidence_at, *kinds}
    given = {header: name for header in headers if header not in spent and (name := schema.field_of(header))}
    entries: list[Entry] = []
    refused: list[Refused] = []
    for row, number in zip(table.rows, table.row_numbers, strict=True):
        if all(is_missing(cell) for cell in row.values()):
            continue

        def cell(columns: Sequence[str], row: Mapping[str, Any] = row) -> str:
            return next((str(row[name]).strip() for name in columns if not is_missing(row.get(name))), "")

        key, word, when = cell(key_at), cell(stage_at), cell(on_at)
        try:
            if not key:
                raise OutletError(PROBLEMS["no-key"], row=number)
            stage = stage_of(word)
            if stage is None:
                known = "、".join(_(item) for item in stages.STAGE_WORDS.values())
                raise OutletError(PROBLEMS["no-stage"], row=number, value=word, known=known)
            try:
                on = date.fromisoformat(day(when))
            except (Unreadable, ValueError):
                raise OutletError(PROBLEMS["no-date"], row=number, value=when) from None
            papers = [_paper(part, number, folder) for part in re.split(r"[;；\n]", cell(evidence_at)) if part.strip()]
            papers += [
                _reasoned(number, kind, str(row[name]), folder)
                for name, kind in kinds.items()
                if not is_missing(row.get(name))
            ]
            fields = {
                name: bulk.joined(register.cell_value(row[header], schema.fields()[name].kind))
                for header, name in given.items()
                if not is_missing(row.get(header))
            }
        except Unreadable as error:
            refused.append(Refused(number, key, PROBLEMS["refused"], {"row": number, "reason": str(error)}))
            continue
        except OutletError as error:
            refused.append(Refused(number, key, error.template, error.params))
            continue
        what = "reopen" if plain(cell(what_at)) in {plain(item) for item in _REOPEN} else "step"
        entries.append(Entry(key, stage, on, what, tuple(papers), fields, cell(by_at), cell(note_at), number))
    return entries, refused


def _column(headers: Sequence[str], words: Sequence[str]) -> list[str]:
    wanted = {plain_header(word) for word in words}
    return [header for header in headers if plain_header(header) in wanted]


def _paper(part: str, number: int, folder: Path | None) -> Evidence:
    kind, mark, reference = re.sub("[＝:：]", "=", part, count=1).partition("=")
    if not mark:
        raise OutletError(PROBLEMS["evidence"], row=number, value=part.strip(), known="、".join(_kinds()))
    return _reasoned(number, kind, reference, folder)


def _reasoned(number: int, kind: str, reference: str, folder: Path | None) -> Evidence:
    try:
        return evidence(kind.strip(), reference, folder)
    except OutletError as error:
        raise OutletError(PROBLEMS["refused"], row=number, reason=_(error.template).format(**error.params)) from error


def preview(
    outlets: Sequence[Outlet],
    kept: Mapping[str, Track],
    entries: Sequence[Entry],
    *,
    on: date,
    refused: Sequence[Refused] = (),
) -> Preview:
    """What entries would do, in their order; several for one outlet build on each other.

    Args:
        outlets: The register.
        kept: Histories that the workspace keeps.
        on: The day of the entry: an event cannot lie after it.
        refused: What the table already could not give.
    """
    done = stages.done_rule(outlets)
    often = Counter(item.id for item in outlets)
    tracks: dict[str, Track] = {}
    current: dict[str, Outlet] = {}
    taken: list[Taken] = []
    out = list(refused)
    for entry in entries:
        try:
            outlet = register.find(outlets, entry.outlet)
            if often[outlet.id] > 1:
                raise OutletError(
                    "编码 {id} 有 {count} 个排污口在用，请先改正编码再登记办理", id=outlet.id, count=often[outlet.id]
                )
            if entry.on > on:
                raise OutletError("排污口 {id} 的办理日期 {day} 晚于今天 {today}", id=outlet.id, day=entry.on, today=on)
            track = tracks.get(outlet.id) or kept.get(outlet.id) or stages.from_record(outlet, done=done, on=on)
            before = track.stage()
            if entry.what == "reopen":
                after = track.reopen(entry.stage, on=entry.on, reason=entry.note, by=entry.by)
            else:
                # What the register says of the outlet counts for what a step needs, unless the entry says otherwise.
                known = {
                    name: value
                    for name in ("measure_kind", "problem", "measure", "due", "responsible")
                    if (value := bulk.joined(outlet.get(name))) is not None
                }
                fields = {**(known if entry.stage in (Stage.TRACED, Stage.PLANNED) else {}), **entry.fields}
                if entry.stage is Stage.TRACED:
                    fields = {
                        name: value for name, value in fields.items() if name == "responsible" or name in entry.fields
                    }
                after = track.advance(
                    entry.stage, on=entry.on, evidence=entry.evidence, fields=fields, by=entry.by, note=entry.note
                )
        except OutletError as error:
            params = {"row": entry.row, "reason": _(error.template).format(**error.params)}
            out.append(
                Refused(
                    entry.row,
                    entry.outlet,
                    *((PROBLEMS["refused"], params) if entry.row else (error.template, error.params)),
                )
            )
            continue
        tracks[outlet.id] = after
        current[outlet.id] = outlet
        taken.append(Taken(entry, outlet, before, after))
    changes = [
        change for key, outlet in current.items() for change in _cells(outlet, [t for t in taken if t.outlet.id == key])
    ]
    return Preview(tuple(taken), tuple(out), tracks, tuple(changes))


def _cells(outlet: Outlet, steps: Sequence[Taken]) -> list[Change]:
    """What the steps say in the register's own columns."""
    after: dict[str, Any] = {}
    for step in steps:
        entry = step.entry
        if entry.what == "reopen":
            for stage in ORDER[ORDER.index(entry.stage) + 1 :]:
                after[MARKS[stage][0]] = None
                after.update(_BACK.get(stage, {}))
            if ORDER.index(entry.stage) < ORDER.index(Stage.PLANNED):
                after.pop("stage", None)
        else:
            when, marks = MARKS[entry.stage]
            after[when] = entry.on.isoformat()
            after.update(marks)
            after.update({name: value for name, value in entry.fields.items() if name in schema.fields()})
    known = None if bulk.is_coded(outlet) else bulk.row_of(outlet)
    found = []
    for name, value in after.items():
        before = bulk.held(outlet, name)
        if value is False and before is None:
            continue  # a mark that was never made needs not be taken away
        if before != value:
            found.append(Change(outlet.layer, outlet.fid, outlet.id, 0, name, before, value, known))
    return found


def apply(workspace: Workspace, shown: Preview, *, on: date, title: str = "") -> int:
    """Make the entries that a preview showed; ``bulk.undo`` takes them back.

    Returns:
        How many entries were made.

    Raises:
        OutletError: A history or the register was changed since the preview.
        WorkspaceError: The workspace cannot be written.
    """
    if not shown.taken:
        return 0
    kept = stages.read_tracks(workspace)
    for key, track in shown.tracks.items():
        old = kept.get(key)
        if old is not None and track.events[: len(old.events)] != old.events:
            raise OutletError("排污口 {id} 的办理记录已被他人更新，请重新读取", id=key)
    states = {stages.STATE: {key: track.to_json() for key, track in shown.tracks.items()}}
    bulk.commit(workspace, shown.changes, on=on, title=title or _("办理登记"), states=states)
    return len(shown.taken)


def status(
    outlet: Outlet, track: Track, *, on: date, done: Callable[[Outlet, date], bool | None] | None = None
) -> dict[str, Any]:
    """How far an outlet has come on a day, what comes next and what that still needs.

    ``done`` is the ``stages.done_rule`` of the whole register.
    """
    now, following = track.stage(on), track.next_stage()
    return {
        "outlet": outlet.id,
        "name": outlet.name,
        "place_known": outlet.place is not None,
        "stage": str(now) if now else None,
        "stage_title": _(stages.STAGE_WORDS[now]) if now else None,
        "overdue": stages.overdue(outlet, on, done or stages.done_rule([outlet])),
        "due": str(track.fields(on).get("due") or "") or None,
        "next": str(following) if following else None,
        "next_title": _(stages.STAGE_WORDS[following]) if following else None,
        "missing_for_next": track.missing_for(following, fields=_plan(outlet)) if following else [],
        "history": track.to_json()["events"],
    }


def _plan(outlet: Outlet) -> dict[str, Any]:
    return {
        name: value
        for name in ("measure_kind", "problem", "measure", "due", "responsible")
        if (value := outlet.get(name))
    }


def entry_from(
    outlet: str,
    stage: str,
    *,
    on: date,
    papers: Sequence[str] = (),
    fields: Sequence[str] = (),
    reopen: bool = False,
    by: str = "",
    note: str = "",
    folder: Path | None = None,
) -> Entry:
    """An entry from the words of a command line: ``KIND=FILE`` and ``FIELD=VALUE``.

    Raises:
        OutletError: A word is not known.
    """
    step = stage_of(stage)
    if step is None:
        raise OutletError(
            "不认识的办理环节“{value}”；可用：{known}",
            value=stage,
            known="、".join(f"{item}（{_(stages.STAGE_WORDS[item])}）" for item in ORDER),
        )
    found = []
    for text in papers:
        kind, mark, reference = text.partition("=")
        if not mark:
            raise OutletError(
                "证据应写作“种类=文件或文号”，“{value}”不是；种类有：{known}", value=text, known="、".join(_kinds())
            )
        found.append(evidence(kind.strip(), reference, folder))
    values: dict[str, Any] = {}
    for text in fields:
        header, mark, value = text.partition("=")
        name = header.strip() if header.strip() in schema.fields() else schema.field_of(header.strip())
        if not mark or name is None:
            raise OutletError("“{value}”应写作“字段=值”，字段为一口一档字段", value=text)
        try:
            values[name] = bulk.joined(register.cell_value(value, schema.fields()[name].kind))
        except Unreadable as error:
            raise OutletError("“{field}”的“{value}”不能识别", field=register.field_words(name), value=value) from error
    return replace(
        Entry(outlet, step, on),
        what="reopen" if reopen else "step",
        evidence=tuple(found),
        fields=values,
        by=by,
        note=note,
    )

"""Photos and documents of outlets: kept by path beside the workspace, with the digest that tells whether they are still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanxian.i18n import N_, _
from sanxian.outlets import bulk, register, stages
from sanxian.outlets.bulk import Change
from sanxian.outlets.errors import OutletError
from sanxian.outlets.findings import Finding
from sanxian.outlets.register import ATTACHMENTS, Outlet
from sanxian.outlets.stages import Track

if TYPE_CHECKING:
    from layers.workspace import Workspace

STATE = "outlet_files"
_EMPTY = hashlib.sha256(b"").hexdigest()
STATES: Mapping[str, str] = {
    "same": N_("在，未变"),
    "changed": N_("内容已变"),
    "missing": N_("文件不在"),
    "empty": N_("空文件"),
    "unrecorded": N_("在，未记摘要"),
}


@dataclass(frozen=True, slots=True)
class Paper:
    """One file that a record or a history names.

    Attributes:
        field: A field of ``register.ATTACHMENTS``, or ``evidence:KIND``.
        state: A key of ``STATES``.
        recorded: The digest on file, empty for none.
    """

    outlet: str
    field: str
    path: str
    state: str
    sha256: str = ""
    recorded: str = ""

    def words(self) -> str:
        """What the field is called."""
        if self.field.startswith("evidence:"):
            return stages.evidence_words(self.field.removeprefix("evidence:"))
        return register.field_words(self.field)

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "outlet": self.outlet,
            "field": self.field,
            "title": self.words(),
            "path": self.path,
            "state": self.state,
            "sha256": self.sha256 or None,
            "recorded": self.recorded or None,
        }


def recorded(workspace: Workspace) -> dict[str, str]:
    """Digests by path, as they were when the files were attached."""
    return dict(workspace.state(STATE, {}) or {})


def check(
    outlets: Sequence[Outlet], folder: Path, *, digests: Mapping[str, str] | None = None, tracks: Iterable[Track] = ()
) -> list[Paper]:
    """Whether the files that records and histories name are there and unchanged.

    Args:
        folder: That of the workspace; relative paths start from it.
        digests: As ``recorded`` gives them.
        tracks: Histories whose evidence is looked at too; evidence that is a document's number and no file is left out.
    """
    known = digests or {}
    found: list[Paper] = []
    seen: dict[str, str | None] = {}

    def look(outlet: str, field: str, path: str, on_file: str) -> None:
        if path not in seen:
            seen[path] = digest_of(folder / path)
        now = seen[path]
        if now is None:
            state = "missing"
        elif now == _EMPTY:
            state = "empty"
        elif not on_file:
            state = "unrecorded"
        else:
            state = "same" if now == on_file else "changed"
        found.append(Paper(outlet, field, path, state, now or "", on_file))

    for outlet in outlets:
        for name in ATTACHMENTS:
            for path in outlet.get(name) or ():
                look(outlet.id, name, path, known.get(path, ""))
    for track in tracks:
        for event in track.events:
            for item in event.evidence:
                if item.sha256:
                    look(track.outlet, f"evidence:{item.kind}", item.reference, item.sha256)
    return found


def digest_of(path: Path) -> str | None:
    """SHA-256 of a file; ``None`` where it is not there or cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def findings(papers: Sequence[Paper], outlets: Sequence[Outlet]) -> list[Finding]:
    """What an audit says of files that are gone or changed."""
    names = {item.id: item.name for item in outlets}
    found = []
    for paper in papers:
        params = {"name": names.get(paper.outlet, paper.outlet), "field": paper.words(), "path": paper.path}
        if paper.state == "missing":
            found.append(Finding("file-missing", "warning", paper.outlet, N_("{name} 的{field}“{path}”不在"), params))
        elif paper.state == "empty":
            found.append(Finding("file-empty", "warning", paper.outlet, N_("{name} 的{field}“{path}”是空文件（0 字节）"), params))
        elif paper.state == "changed":
            template = N_("{name} 的{field}“{path}”与登记时不同：文件被换过或改过")
            found.append(Finding("file-changed", "error", paper.outlet, template, params))
    return found


def attach(
    workspace: Workspace, outlet: Outlet, name: str, paths: Sequence[Path], *, folder: Path, on: date
) -> list[Paper]:
    """Name files in an outlet's record and keep their digests; ``bulk.undo`` takes that back.

    Files inside ``folder`` are named relative to it, so that both can be moved together.

    Raises:
        OutletError: The field is not one for files, or a file is not there.
    """
    if name not in ATTACHMENTS:
        known = "、".join(f"{item}（{register.field_words(item)}）" for item in ATTACHMENTS)
        raise OutletError("“{field}”不是放照片或文件的字段；可用：{known}", field=name, known=known)
    listed = list(outlet.get(name) or ())
    digests: dict[str, str] = {}
    for path in paths:
        digest = digest_of(path)
        if digest is None:
            raise OutletError("文件“{file}”不在或读不出来", file=str(path))
        if digest == _EMPTY:
            raise OutletError("文件“{file}”是空的（0 字节）", file=str(path))
        full = path.resolve()
        text = full.relative_to(folder).as_posix() if full.is_relative_to(folder) else str(full)
        if register._SEPARATORS.search(text):  # noqa: SLF001 - the same marks that separate several files in one cell
            raise OutletError("文件名“{file}”含有逗号、顿号或分号，不能记入台账；请先改名", file=text)
        digests[text] = digest
        if text not in listed:
            listed.append(text)
    before, after = bulk.joined(outlet.get(name)), "、".join(listed)
    changes = [Change(outlet.layer, outlet.fid, outlet.id, 0, name, before, after, bulk.row_of(outlet))] if before != after else []
    bulk.commit(workspace, changes, on=on, title=_("附件"), states={STATE: digests})
    return [Paper(outlet.id, name, text, "same", digest, digest) for text, digest in digests.items()]


def record(workspace: Workspace, papers: Sequence[Paper], *, on: date) -> int:
    """Keep the digest of every file that is there and has none on file; returns how many."""
    fresh = {paper.path: paper.sha256 for paper in papers if paper.state == "unrecorded"}
    if fresh:
        bulk.commit(workspace, [], on=on, title=_("附件摘要"), states={STATE: fresh})
    return len(fresh)


def read(workspace: Workspace, outlets: Sequence[Outlet]) -> list[Paper]:
    """``check`` for a workspace."""
    tracks = stages.read_tracks(workspace)
    return check(outlets, workspace.path.resolve().parent, digests=recorded(workspace), tracks=tracks.values())

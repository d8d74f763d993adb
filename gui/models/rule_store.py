"""Rule packs, parameters and people's decisions that the open workspace carries, read and changed for the dialogs.

A change is written to the workspace at once, since a screening reads the file, and is a step on the undo stack: taking
it back writes the former state again. What is read here holds what is just being written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from gui.session import Change, Session, Site
from gui.steps import Thing, pack, state
from rules.load import Pack, load_builtin, load_files, load_pack
from rules.model import AccessList, Document, Rule, RuleError
from rules.ruleset import RuleSet
from sanxian.access_list.pack import pack_text
from sanxian.overrides import Override, OverrideError
from sanxian.screen import PACKS_OFF

Files = Mapping[str, bytes]
Told = Callable[[bool], None] | None


@dataclass(frozen=True)
class PackView:
    """A pack and where it comes from.

    Attributes:
        kind: builtin, workspace (carried in the open workspace) or folder (of the settings).
        enabled: A pack that is not takes no part in a screening.
        pack: What it holds, or ``None`` where it cannot be read.
        error: Why not.
    """

    name: str
    kind: str
    enabled: bool = True
    pack: Pack | None = None
    error: RuleError | None = None
    files: Files | None = None
    path: str = ""


@dataclass(frozen=True)
class RuleView:
    """A rule and the pack that it is in."""

    rule: Rule
    source: PackView


@dataclass(frozen=True)
class OverrideView:
    """A decision as it is stored, and what it says; ``override`` is ``None`` where it cannot be read."""

    raw: Mapping[str, Any]
    override: Override | None
    error: OverrideError | None = None


@cache
def builtin() -> Pack:
    """The pack that comes with the program."""
    (found,) = load_builtin()
    return found


def read_folder(folder: Path) -> Files:
    """The ``.toml`` files of a folder, as :func:`rules.load.load_pack` takes them.

    Raises:
        RuleError: There is no such folder, or nothing in it.
        OSError: A file cannot be read.
    """
    if not folder.is_dir() or not any(folder.rglob("*.toml")):
        load_pack(folder)  # says which of the two it is
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.toml"))}


class RuleStore(QObject):
    """What the dialogs know of rules.

    Args:
        session: Its workspace carries packs, parameters and decisions.
        folders: Gives the folders of the settings, whose packs are used too.

    Signals:
        changed: Packs, parameters or decisions are others now.
        failed: Something could not be written, and why.
    """

    changed = pyqtSignal()
    failed = pyqtSignal(Exception)

    def __init__(self, session: Session, folders: Callable[[], Sequence[str]] = tuple,
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session, self._folders = session, folders
        self._parsed: dict[str, Pack | RuleError] = {}
        self._lists: dict[str, tuple[AccessList, tuple[Document, ...]] | None] = {}
        session.opened.connect(self._forget)
        session.refused.connect(self.failed)

    def _forget(self) -> None:
        self._parsed.clear()
        self._lists.clear()
        self.changed.emit()

    # -- reading ---------------------------------------------------------------------------------------------------
    @property
    def open(self) -> bool:
        """Whether there is a workspace to carry anything."""
        return self.session.workspace is not None

    def parse(self, name: str, files: Files) -> Pack | RuleError:
        """A pack from its files, or why it is none; read once."""
        digest = hashlib.sha256(name.encode())
        for file, raw in sorted(files.items()):
            digest.update(f"{file}\0{len(raw)}\0".encode())
            digest.update(raw)
        key = digest.hexdigest()
        if key not in self._parsed:
            try:
                self._parsed[key] = load_files(name, files)
            except RuleError as error:
                self._parsed[key] = error
        return self._parsed[key]

    def packs(self) -> list[PackView]:
        """The program's own pack, those of the workspace and those of the settings' folders."""
        found = [PackView("builtin", "builtin", pack=builtin())]
        if self.open:
            off = set(self.session.kept(PACKS_OFF) or [])
            for name, files in self._carried().items():
                read = self.parse(name, files)
                wrong = read if isinstance(read, RuleError) else None
                found.append(PackView(name, "workspace", name not in off, None if wrong else read, wrong, files))
        for folder in self._folders():
            path = Path(folder)
            try:
                files = read_folder(path)
                read = self.parse(path.name, files)
            except RuleError as error:
                files, read = {}, error
            except OSError as error:
                files, read = {}, RuleError("规则包“{folder}”读不出来：{error}", folder=folder, error=error)
            wrong = read if isinstance(read, RuleError) else None
            found.append(PackView(path.name, "folder", True, None if wrong else read, wrong, files, folder))
        return found

    def conflict(self, packs: Sequence[PackView]) -> RuleError | None:
        """Why the enabled packs cannot be used together, or ``None``."""
        broken = next((view.error for view in packs if view.enabled and view.error is not None), None)
        if broken is not None:
            return broken
        try:
            RuleSet.of(view.pack for view in packs if view.enabled and view.pack is not None)
        except RuleError as error:
            return error
        return None

    @staticmethod
    def rules(packs: Sequence[PackView]) -> list[RuleView]:
        """Every rule of every pack, by id."""
        found = [RuleView(rule, view) for view in packs if view.pack is not None for rule in view.pack.rules]
        return sorted(found, key=lambda one: (one.rule.id, one.source.kind, one.source.name))

    @staticmethod
    def documents(packs: Sequence[PackView]) -> dict[str, Document]:
        """The documents that any pack registers."""
        found: dict[str, Document] = {}
        for view in packs:
            for key, document in (view.pack.documents if view.pack is not None else {}).items():
                found.setdefault(key, document)
        return found

    def _carried(self) -> dict[str, Files]:
        """The files of the packs that the workspace carries, by name."""
        steps = self.session.steps
        found = dict(self.session.workspace.packs())
        for thing in steps.changing():
            if thing.key.startswith("pack:"):
                found.pop(name := thing.key.removeprefix("pack:"), None)
                if (files := steps.kept(thing)) is not None:
                    found[name] = files
        return dict(sorted(found.items()))

    def lists(self) -> list[tuple[str, str, AccessList]]:
        """Access lists that the workspace carries: pack, file, list."""
        if not self.open:
            return []
        found = []
        for name, files in self._carried().items():
            for file, raw in sorted(files.items()):
                read = self._list(file, raw)
                if read is not None:
                    found.append((name, file, read[0]))
        return found

    def _list(self, file: str, raw: bytes) -> tuple[AccessList, tuple[Document, ...]] | None:
        key = hashlib.sha256(file.encode() + b"\0" + raw).hexdigest()
        if key not in self._lists:
            self._lists[key] = None
            if file.endswith(".toml"):
                try:
                    pack = load_files(file, {file: raw})
                except RuleError:
                    pack = None
                if pack is not None and pack.access_lists:
                    self._lists[key] = (pack.access_lists[0], tuple(pack.documents.values()))
        return self._lists[key]

    def parameters(self) -> dict[str, float]:
        """Distances in metres that people set where the law gives none."""
        kept = (self.session.kept("parameters") or {}) if self.open else {}
        return {str(name): float(value) for name, value in kept.items()}

    def overrides(self) -> list[OverrideView]:
        """People's decisions, those that cannot be read too."""
        found = []
        for raw in (self.session.kept("overrides") or []) if self.open else []:
            try:
                found.append(OverrideView(raw, Override.from_dict(raw)))
            except OverrideError as error:
                found.append(OverrideView(raw, None, error))
        return found

    # -- changing --------------------------------------------------------------------------------------------------
    # ``told`` is told whether the change is in the file, or could not be written.
    def put_pack(self, name: str, files: Files, told: Told = None) -> bool:
        """Carry a pack, in place of one of the same name; ``False`` where it was refused already."""
        return self._put_files("添加规则包“{pack}”", name, files, told)

    def remove_pack(self, name: str, told: Told = None) -> bool:
        """Carry a pack no longer."""
        return self._put_files("移除规则包“{pack}”", name, None, told)

    def _put_files(self, text: str, name: str, files: Files | None, told: Told) -> bool:
        return self._step(text, {"pack": name}, {
            pack(name): lambda _former: files,
            state(PACKS_OFF): lambda off: [one for one in off or () if one != name] or None}, told)

    def enable_pack(self, name: str, enabled: bool, told: Told = None) -> bool:
        """Let a pack take part in screenings, or not."""
        text = "启用规则包“{pack}”" if enabled else "停用规则包“{pack}”"
        return self._step(text, {"pack": name}, {
            state(PACKS_OFF): lambda off: sorted({*(off or ())} - {name} if enabled else {*(off or ()), name}) or None}, told)

    def put_list(self, pack_name: str, file: str, access_list: AccessList, text: str, told: Told = None, **params: Any) -> bool:
        """Write a list with other clauses back into its pack."""
        found = self._list(file, self._carried()[pack_name][file])
        documents = found[1] if found is not None else ()
        raw = pack_text(access_list, documents).encode()
        # what is just being written need not be read again
        self._lists[hashlib.sha256(file.encode() + b"\0" + raw).hexdigest()] = (access_list, documents)
        return self._step(text, params, {pack(pack_name): lambda files: {**(files or {}), file: raw}}, told)

    def set_folders(self, put: Callable[[list[str]], None], folders: Sequence[str]) -> bool:
        """Take rules from other folders of the person's own; ``put`` writes them to the settings."""
        before = list(self._folders())
        if before == list(folders):
            return True
        if not self.open:
            put(list(folders))
            return True
        show = self._shows()

        def run(now: list[str], wanted: bool) -> Callable[[], None]:
            def act() -> None:
                put(now)
                show(wanted)
            return act

        self.session.undo_stack.push(Change("修改规则包目录", {}, run(list(folders), True), run(before, False)))
        return True

    def set_parameter(self, name: str, value: float | None, told: Told = None) -> bool:
        """Set a distance in metres; ``None``: the law's silence stands, and what hangs on it is undetermined."""
        def change(kept: Mapping[str, Any] | None) -> dict[str, float] | None:
            after = {str(key): float(old) for key, old in (kept or {}).items() if key != name}
            return {**after, **({} if value is None else {name: float(value)})} or None

        if self.parameters().get(name) == (None if value is None else float(value)):
            if told is not None:
                told(True)
            return True
        return self._step("设定距离参数", {}, {state("parameters"): change}, told)

    def add_override(self, override: Override, told: Told = None) -> bool:
        """Put a decision on the record."""
        return self._step("登记人工复核", {}, {state("overrides"): lambda kept: [*(kept or ()), override.to_dict()]}, told,
                          override.project)

    def remove_override(self, raw: Mapping[str, Any], told: Told = None) -> bool:
        """Take a decision off the record."""
        def change(kept: Sequence[Mapping[str, Any]] | None) -> list[Mapping[str, Any]] | None:
            after = list(kept or ())
            if raw in after:
                after.remove(raw)
            return after or None

        return self._step("删除人工复核", {}, {state("overrides"): change}, told, str(raw.get("project") or ""))

    def _step(self, text: str, params: Mapping[str, Any], changes: Mapping[Thing, Callable[[Any], Any]], told: Told,
              project: str = "") -> bool:
        return self.session.steps.change(text, params, changes, now=self._shows(project), told=told)

    def _shows(self, project: str = "") -> Callable[[bool], None]:
        """Shows that what is judged by is other now, or what it was when this was called: of one project by its id, or of all."""
        session = self.session

        def meant() -> list[Site]:
            return [site for site in session.sites if not project or site.id == project]

        stale = {id(site): (site, site.result, site.stale) for site in meant()}
        former, latter = session.reviews.get(project) if project else session.rules, object()

        def show(wanted: bool) -> None:
            # A step that is refused may leave from under others, and what is there then nobody has judged by.
            before, after = (former, latter) if wanted else (latter, former)
            if project:
                session.reviews[project] = after if session.reviews.get(project) is before else object()
            else:
                session.rules = after if session.rules is before else object()
            other = []
            for site, judged, was in (stale | {id(one): (one, None, True) for one in meant() if id(one) not in stale}).values():
                now = session.is_stale(site, was if not wanted and site.result is judged else site.result is not None)
                if site.stale is not now:
                    site.stale = now
                    other.append(site.id)
            if self.session.current_id in other:
                other.remove(self.session.current_id)
                self.session.siteChanged.emit(self.session.current_id)
            if other:  # all in one: each by itself would draw all of them again
                self.session.resultsChanged.emit(other)
            self.changed.emit()

        return show


def with_clauses(access_list: AccessList, decided: Mapping[str, Any]) -> AccessList:
    """A list with some clauses, by id, in place of those that it had."""
    return replace(access_list, clauses=tuple(decided.get(clause.id, clause) for clause in access_list.clauses))

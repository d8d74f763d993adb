"""Rule packs, parameters and people's decisions that the open workspace carries, read and changed for the dialogs.

A change is written to the workspace at once, since a screening reads the file, and is a step on the undo stack: taking
it back writes the former state again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from gui.session import Change, Session
from layers.errors import WorkspaceError
from rules.load import Pack, load_builtin, load_files, load_pack
from rules.model import AccessList, Document, Rule, RuleError
from rules.ruleset import RuleSet
from sanxian.access_list.pack import pack_text
from sanxian.overrides import Override, OverrideError
from sanxian.screen import PACKS_OFF

Files = Mapping[str, bytes]


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
            off = set(self.session.workspace.state(PACKS_OFF, []) or [])
            for name, files in self.session.workspace.packs().items():
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

    def lists(self) -> list[tuple[str, str, AccessList]]:
        """Access lists that the workspace carries: pack, file, list."""
        if not self.open:
            return []
        found = []
        for name, files in self.session.workspace.packs().items():
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
        kept = (self.session.workspace.state("parameters", {}) or {}) if self.open else {}
        return {str(name): float(value) for name, value in kept.items()}

    def overrides(self) -> list[OverrideView]:
        """People's decisions, those that cannot be read too."""
        found = []
        for raw in (self.session.workspace.state("overrides", []) or []) if self.open else []:
            try:
                found.append(OverrideView(raw, Override.from_dict(raw)))
            except OverrideError as error:
                found.append(OverrideView(raw, None, error))
        return found

    # -- changing --------------------------------------------------------------------------------------------------
    def put_pack(self, name: str, files: Files) -> bool:
        """Carry a pack, in place of one of the same name."""
        return self._put_files("添加规则包“{pack}”", name, files)

    def remove_pack(self, name: str) -> bool:
        """Carry a pack no longer."""
        return self._put_files("移除规则包“{pack}”", name, None)

    def _put_files(self, text: str, name: str, files: Files | None) -> bool:
        workspace = self.session.workspace
        before, off = workspace.packs().get(name), list(workspace.state(PACKS_OFF, []) or [])

        def put(new: Files | None, disabled: list[str]) -> Callable[[], None]:
            def run() -> None:
                now = self.session.workspace  # not the one of then: a copy may have been saved and opened since
                if new is None:
                    now.remove_pack(name)
                else:
                    now.add_pack(name, new)
                now.set_state(PACKS_OFF, disabled or None)
            return run

        return self._step(text, {"pack": name}, put(files, [one for one in off if one != name]), put(before, off))

    def enable_pack(self, name: str, enabled: bool) -> bool:
        """Let a pack take part in screenings, or not."""
        before = list(self.session.workspace.state(PACKS_OFF, []) or [])
        after = sorted({*before} - {name} if enabled else {*before, name})
        text = "启用规则包“{pack}”" if enabled else "停用规则包“{pack}”"
        return self._put_state(text, {"pack": name}, PACKS_OFF, before or None, after or None)

    def put_list(self, pack: str, file: str, access_list: AccessList, text: str, **params: Any) -> bool:
        """Write a list with other clauses back into its pack."""
        before = self.session.workspace.packs()[pack]
        found = self._list(file, before[file])
        documents = found[1] if found is not None else ()
        raw = pack_text(access_list, documents).encode()
        # what was just written need not be read again
        self._lists[hashlib.sha256(file.encode() + b"\0" + raw).hexdigest()] = (access_list, documents)
        after = {**before, file: raw}
        return self._step(text, params, lambda: self.session.workspace.add_pack(pack, after),
                          lambda: self.session.workspace.add_pack(pack, before))

    def set_folders(self, put: Callable[[list[str]], None], folders: Sequence[str]) -> bool:
        """Take rules from other folders of the person's own; ``put`` writes them to the settings."""
        before = list(self._folders())
        if before == list(folders):
            return True
        if not self.open:
            put(list(folders))
            return True
        return self._step("修改规则包目录", {}, lambda: put(list(folders)), lambda: put(before))

    def set_parameter(self, name: str, value: float | None) -> bool:
        """Set a distance in metres; ``None``: the law's silence stands, and what hangs on it is undetermined."""
        before = self.parameters()
        after = {key: old for key, old in before.items() if key != name}
        if value is not None:
            after[name] = float(value)
        if before == after:
            return True
        return self._put_state("设定距离参数", {}, "parameters", before or None, after or None)

    def add_override(self, override: Override) -> bool:
        """Put a decision on the record."""
        before = list(self.session.workspace.state("overrides", []) or [])
        return self._put_state("登记人工复核", {}, "overrides", before or None, [*before, override.to_dict()])

    def remove_override(self, raw: Mapping[str, Any]) -> bool:
        """Take a decision off the record."""
        before = list(self.session.workspace.state("overrides", []) or [])
        after = list(before)
        after.remove(raw)
        return self._put_state("删除人工复核", {}, "overrides", before, after or None)

    def _put_state(self, text: str, params: Mapping[str, Any], key: str, before: Any, after: Any) -> bool:
        return self._step(text, params, lambda: self.session.workspace.set_state(key, after),
                          lambda: self.session.workspace.set_state(key, before))

    def _step(self, text: str, params: Mapping[str, Any], do: Callable[[], None], back: Callable[[], None]) -> bool:
        stale = [(site, site.result, site.stale) for site in self.session.sites]

        def run(act: Callable[[], None], returning: bool) -> bool:
            try:
                act()
            except (WorkspaceError, OSError) as error:
                self.failed.emit(error)
                return False
            for site, judged, was in stale:
                site.stale = was if returning and site.result is judged else site.result is not None
                self.session.siteChanged.emit(site.id)
            self.changed.emit()
            return True

        if not run(do, False):
            return False  # nothing was written: there is nothing to take back
        fresh = [True]

        def again() -> None:
            if fresh:
                fresh.clear()  # pushing a step does it, and it is done
            else:
                run(do, False)

        self.session.undo_stack.push(Change(text, params, again, lambda: run(back, True)))
        return True


def with_clauses(access_list: AccessList, decided: Mapping[str, Any]) -> AccessList:
    """A list with some clauses, by id, in place of those that it had."""
    return replace(access_list, clauses=tuple(decided.get(clause.id, clause) for clause in access_list.clauses))

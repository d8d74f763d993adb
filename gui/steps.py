"""Steps that can be taken back, and those of them that stand in the workspace file as soon as they are done.

What writes to the file does so in another thread, one step after another: the window never waits for the file, which an
import may be writing. What a step changes is shown at once and stands on the undo stack at once; a step that the file
refuses, or that is given up before it is written, leaves the stack again and says so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from PyQt5 import sip
from PyQt5.QtCore import QObject, QTimer, pyqtSignal
from PyQt5.QtWidgets import QUndoCommand

from gui.tasks import Report
from sanxian.i18n import N_, _

QUICK_MS = 300  # a step that is written sooner need not be told of before
HERE = Report(lambda _done, _total: None, Event())  # of what is done in the window's thread, since there is no other


class Change(QUndoCommand):
    """One step that can be taken back; its text follows the language.

    Args:
        text: msgid with ``{names}``.
        redo, undo: What to do and how to take it back; both hold only what differs.
        merge: Steps with the same key that follow each other become one (a slider, typing).
    """

    def __init__(self, text: str, params: Mapping[str, Any], redo: Callable[[], None], undo: Callable[[], None],
                 merge: str = "") -> None:
        super().__init__()
        self.text_of, self.params = text, params
        self._redo, self._undo, self.merge = redo, undo, merge
        self.retranslate()

    def retranslate(self) -> None:
        """Say the text again in the language of now."""
        self.setText(self.words())

    def words(self) -> str:
        """What the step is called in the language of now."""
        return _(self.text_of).format(**self.params)

    def redo(self) -> None:
        self._redo()

    def undo(self) -> None:
        self._undo()

    def id(self) -> int:
        return hash(self.merge) & 0x3FFFFFFF if self.merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Change) or other.merge != self.merge:
            return False
        self._redo = other._redo
        return True


@dataclass(frozen=True)
class Thing:
    """Something that the workspace file keeps: how to read it there and write it.

    Attributes:
        key: What tells it from others.
    """

    key: str
    read: Callable[[Any], Any] = field(compare=False)
    write: Callable[[Any, Any], Any] = field(compare=False)


def state(key: str) -> Thing:
    """What a workspace keeps under a key; ``None`` where it keeps nothing."""
    return Thing(f"state:{key}", lambda workspace: workspace.state(key), lambda workspace, value: workspace.set_state(key, value))


def pack(name: str) -> Thing:
    """The files of a rule pack that a workspace carries, or ``None``."""
    return Thing(f"pack:{name}", lambda workspace: workspace.packs().get(name),
                 lambda workspace, files: workspace.remove_pack(name) if files is None else workspace.add_pack(name, files))


class FileStep(Change):
    """A step that stands in the file.

    Attributes:
        file_redo, file_undo: Write it into a workspace, and take it out again; in another thread, and of any workspace,
            since a copy may have been saved and opened after the step.
        now: Shows it (``True``) or its absence, in the window's thread: when it is asked for, and when it is refused.
        settled: Called in the window's thread once the file has it, or not any more, with what writing it gave; what of
            it could not be, in words, or nothing.
        told: Called once, whether the step could be written when it was first done.
        changes: What it makes of each thing that it changes.
        before: What those were.
        inside: Whether the file has it.
        fresh: Nobody knows yet whether it can be written.
        dead: It never got there and never will.
    """

    def __init__(self, steps: Steps, text: str, params: Mapping[str, Any], do: Callable[[Any], Any] | None,
                 back: Callable[[Any], Any] | None, now: Callable[[bool], None] | None,
                 settled: Callable[[bool, Any], Any] | None, told: Callable[[bool], None] | None,
                 changes: Mapping[Thing, Callable[[Any], Any]], inside: bool) -> None:
        super().__init__(text, params, lambda: steps.ask(self, True), lambda: steps.ask(self, False))
        self.file_redo, self.file_undo = do or self._do, back or self._back
        self.now, self.settled, self.told = now, settled, told
        self.changes, self.before = dict(changes), {}
        self.inside, self.fresh, self.dead = inside, not inside, False
        self.quiet = inside  # pushing a step does it, and it is done

    def _do(self, workspace: Any) -> dict[Thing, Any]:
        before = {thing: thing.read(workspace) for thing in self.changes}
        after = {thing: change(before[thing]) for thing, change in self.changes.items()}
        _write(workspace, before, after)
        self.before = before
        return after

    def _back(self, workspace: Any) -> dict[Thing, Any]:
        _write(workspace, {thing: thing.read(workspace) for thing in self.before}, self.before)
        return self.before


def _write(workspace: Any, before: Mapping[Thing, Any], after: Mapping[Thing, Any]) -> None:
    """Write all, or, where one is refused, none."""
    done: list[Thing] = []
    try:
        for thing, value in after.items():
            if value != before[thing]:
                thing.write(workspace, value)
                done.append(thing)
    except Exception:
        for thing in done:
            with contextlib.suppress(Exception):  # what is wrong is told already
                thing.write(workspace, before[thing])
        raise


def turn(workspace: Any, waiting: Callable[[], Any]) -> contextlib.AbstractContextManager[Any]:
    """The right to write in a workspace; ``waiting`` is called now and then while another thread has it, and may raise."""
    return workspace.in_turn(waiting) if hasattr(workspace, "in_turn") else contextlib.nullcontext()


class Steps(QObject):
    """Writes the steps of a session.

    Args:
        session: Its undo stack and its workspace.

    Attributes:
        work: The threads of the window; without them a step is written here and now.

    Signals:
        said: What became of a step.
        undone: A step that was not taken back, or not done again, or not all of it; and that in words.
    """

    said = pyqtSignal(str)
    undone = pyqtSignal(object, str)

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self._session = session
        self.work: Any = None
        self._asked: list[tuple[FileStep, bool]] = []  # of what is not in the file yet, in order
        self._base: dict[Thing, Any] = {}  # what the file says of the things that those change
        self._written = False  # whether any step was written, or taken out, since the workspace was saved

    def kept(self, thing: Thing) -> Any:
        """A thing as it is once all that waits is written."""
        value, before = self._base[thing] if thing in self._base else thing.read(self._session.workspace), {}
        for step, wanted in self._asked:
            if thing in step.changes and not step.dead:
                if wanted:
                    before[step] = value
                    value = step.changes[thing](value)
                else:
                    value = before[step] if step in before else step.before.get(thing, value)
        return value

    def changing(self) -> set[Thing]:
        """The things that change as soon as what waits is written."""
        return set(self._base)

    def change(self, text: str, params: Mapping[str, Any], changes: Mapping[Thing, Callable[[Any], Any]], *,
               now: Callable[[bool], None] | None = None, told: Callable[[bool], None] | None = None) -> bool:
        """Change things that the file keeps, as one step.

        Args:
            changes: What to make of each, from what it is at that moment.
            now, told: As of :class:`FileStep`.

        Returns:
            ``False`` where it was refused already.
        """
        return self._push(FileStep(self, text, params, None, None, now, None, told, changes, False))

    def write(self, text: str, params: Mapping[str, Any], do: Callable[[Any], Any], back: Callable[[Any], Any], *,
              now: Callable[[bool], None] | None = None, settled: Callable[[bool, Any], Any] | None = None,
              told: Callable[[bool], None] | None = None, inside: bool = False) -> bool:
        """Write something to the file as one step; ``inside``: it is there already.

        Returns:
            ``False`` where it was refused already.
        """
        return self._push(FileStep(self, text, params, do, back, now, settled, told, {}, inside))

    def run(self, title: str, act: Callable[[Any], Any], done: Callable[[Any], None],
            refused: Callable[[Exception | None], None], params: Mapping[str, Any] | None = None) -> None:
        """Do something with the file, behind the steps that wait; ``refused`` gets no error where it was given up."""
        workspace = self._session.workspace

        def work(report: Report) -> Any:
            def look() -> None:
                report.or_stop(0, 0)

            with turn(workspace, look):
                return act(workspace)

        if self.work is not None:
            self.work.run(title, work, done, refused, lambda: refused(None), writes=True, step=True, params=params)
            return
        try:
            found = work(HERE)
        except Exception as error:  # noqa: BLE001 - shown by whoever listens, as of the other thread
            refused(error)
        else:
            done(found)

    def _push(self, step: FileStep) -> bool:
        stack = self._session.undo_stack
        if self.work is None and not step.inside:  # a step that is refused here and now does not come onto the stack at all
            self.ask(step, True)
            if step.dead:
                return False
            step.quiet = True  # as above
        stack.push(step)
        step.quiet = False
        return True

    def ask(self, step: FileStep, wanted: bool) -> None:
        """Have a step written, or taken out again."""
        if step.quiet or step.dead:
            return
        self._written = True
        session, entry = self._session, (step, wanted)
        workspace, act = session.workspace, step.file_redo if wanted else step.file_undo
        for thing in step.changes:
            if thing not in self._base:
                self._base[thing] = thing.read(workspace)
        self._asked.append(entry)
        if step.now is not None:
            step.now(wanted)

        def work(of: Any) -> tuple[Any] | None:
            if step.dead or step.inside is wanted:  # what was refused or given up is not taken back, or done, twice
                return None
            found = act(of)
            step.inside = wanted
            return (found,)

        def ended(found: Any = None) -> bool:
            if entry not in self._asked or session.workspace is not workspace:
                return False
            self._asked.remove(entry)
            if step.changes and found is not None:
                self._base.update(found[0])
            waiting = {thing for one, _wanted in self._asked for thing in one.changes}
            self._base = {thing: value for thing, value in self._base.items() if thing in waiting}
            return True

        def done(found: Any) -> None:
            if not ended(found):
                return
            if step.settled is not None and found is not None and (left := step.settled(wanted, found[0])):
                self.said.emit(left)
                self.undone.emit(step, left)
            if wanted:
                self._tell(step, True)

        def refused(error: Exception | None) -> None:
            if not ended():
                return
            first = wanted and step.fresh
            said = N_("没有写入：{title}") if first else N_("没有重做：{step}") if wanted else N_("没有撤销：{step}")
            step.dead = step.dead or first
            if step.now is not None:
                step.now(not wanted)
            self._put_back(step, wanted)
            if wanted:
                self._tell(step, False)
            self.said.emit(_(said).format(title=step.words(), step=step.words()))
            if not first:
                self.undone.emit(step, _(said).format(step=step.words()))
            if error is not None:
                session.refused.emit(error)

        title, params = (step.text_of, step.params) if wanted else (N_("撤销：{step}"), {"step": step.words()})
        self.run(title, work, done, refused, params)
        if self.work is not None:
            QTimer.singleShot(QUICK_MS, lambda: self._say_waiting(entry))

    def _say_waiting(self, entry: tuple[FileStep, bool]) -> None:
        if not sip.isdeleted(self) and entry in self._asked:
            step, wanted = entry
            words = step.words() if wanted else _("撤销：{step}").format(step=step.words())
            self.said.emit(_("已收下，等前面的写完就写入：{title}").format(title=words))

    def _tell(self, step: FileStep, written: bool) -> None:
        if step.fresh and step.told is not None:
            step.told(written)
        step.fresh = False

    def _put_back(self, step: FileStep, wanted: bool) -> None:
        """The stack says what the file says; a step that others have followed since leaves it when it is met."""
        stack = self._session.undo_stack
        if sip.isdeleted(step):  # other edits have taken its place
            return
        at = stack.index()
        above, below = (0 <= place < stack.count() and stack.command(place) is step for place in (at, at - 1))
        if self.work is None or step.dead or wanted and not (above or below):
            step.setObsolete(True)
        if self.work is not None and (below and (wanted or step.dead) or above and (step.dead or not wanted)):
            step.quiet = True
            (stack.undo if below else stack.redo)()
            step.quiet = False

    # -- the file as it was last saved -----------------------------------------------------------------------------
    def saved(self) -> None:
        """The file now is what was last saved."""
        self._written = False

    @property
    def lost(self) -> bool:
        """Whether the file cannot become what was last saved: steps that were saved are undone, and others stand in their place."""
        return self._written and self._session.undo_stack.cleanIndex() < 0

    def since_saved(self) -> list[Callable[[Any], Any]] | None:
        """What makes of a workspace with all steps the one that was last saved, in order; ``None`` where nobody knows.

        Nothing must be waiting.
        """
        stack = self._session.undo_stack
        clean, now = stack.cleanIndex(), stack.index()
        if clean < 0:
            return None
        commands = [stack.command(place) for place in range(min(clean, now), max(clean, now))]
        if clean > now:
            return [one.file_redo for one in commands if isinstance(one, FileStep) and not one.inside]
        return [one.file_undo for one in reversed(commands) if isinstance(one, FileStep) and one.inside]

    def forget(self) -> None:
        """Another workspace, or none, is open."""
        self._asked.clear()
        self._base.clear()
        self._written = False

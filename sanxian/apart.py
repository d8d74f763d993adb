"""A job in a process of its own, for a window that must not wait for the interpreter meanwhile."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing import get_context, parent_process
from typing import Any, Concatenate, ParamSpec, TypeVar

from layers import scratch
from sanxian.errors import TellingError
from sanxian.i18n import N_, language, set_language

P = ParamSpec("P")
R = TypeVar("R")
Progress = Callable[..., Any]

GRACE = 1.0  # seconds in which a job that is told to stop may do so at its next step; then it is interrupted
_POLL = 0.05
_OFTEN = 0.05  # seconds between two words about progress
_PIECE = 50_000  # bytes that are pickled or unpickled in one go, some milliseconds
_PAUSE = 0.0005  # between two pieces, in which whoever waits for the interpreter gets it
_NICE = 5  # so much later than the window is the other process served


class ApartError(TellingError):
    """The other process ended without an answer."""


class Stopped(Exception):
    """Somebody asked for it."""


class Packed(list[bytes]):
    """A sequence in pieces: to pickle or unpickle all of it at once would keep every thread of the window waiting."""


def pack(items: Sequence[Any]) -> Packed:
    """``items`` to be sent to another process, or back from it."""
    pieces, start, count = Packed(), 0, 1
    while start < len(items):
        pieces.append(pickle.dumps(items[start : start + count], pickle.HIGHEST_PROTOCOL))
        start += count
        count = int(min(max(count * _PIECE / len(pieces[-1]), 1), 4 * count))
        time.sleep(_PAUSE)
    return pieces


def unpack(pieces: Packed) -> list[Any]:
    """What was packed."""
    found: list[Any] = []
    for piece in pieces:
        found += pickle.loads(piece)  # noqa: S301 - from a process of our own
        time.sleep(_PAUSE)
    return found


def apart(progress: Callable[[int, int], bool], job: Callable[Concatenate[Progress, P], R], *args: P.args, **options: P.kwargs) -> R:
    """What ``job`` gives, called in another process.

    Files that it makes with ``tempfile`` are gone afterwards, however it ended, and what it has not put in place is not there.

    Args:
        progress: Called some twenty times a second with steps done and in all, 0 of 0 before that is known; return ``False``
            to stop.
        job: A function of a module. Its first argument is what it calls with steps done and in all; that raises ``Stopped``
            there once it should stop.
        args, options: What else it is called with; can be pickled, and is small or ``pack``-ed.

    Raises:
        ApartError: The process ended without an answer, for want of memory perhaps.
        Stopped: ``progress`` returned ``False``.
        Exception: What the job raises comes through, with its traceback there as a note.
    """
    context = get_context("spawn")
    here, there = context.Pipe()
    with scratch.temporary() as folder:
        call = (job, args, options)
        process = context.Process(target=_serve, args=(there, folder, language(), call), daemon=True)
        process.start()
        there.close()
        try:
            kind, answer = _attend(here, process, progress)
        except BaseException:
            process.terminate()
            raise
        finally:
            _end(process)
            here.close()
    if kind == "stopped":
        raise Stopped
    if kind == "raised":
        error, trace = pickle.loads(answer)  # noqa: S301 - from a process of our own
        error.add_note(trace)
        raise error
    return pickle.loads(answer)  # noqa: S301


def _attend(pipe: Any, process: Any, progress: Callable[[int, int], bool]) -> tuple[str, Any]:
    """Hand on how far the job is until it ends: ``done``, ``raised`` or ``stopped``, and what it gave."""
    said, stop_at = (0, 0), None
    while True:
        if not progress(*said) and stop_at is None:
            stop_at = time.monotonic() + GRACE
            with contextlib.suppress(OSError):
                pipe.send("stop")
        if stop_at is not None and time.monotonic() > stop_at:
            process.terminate()
            return "stopped", None
        try:
            if pipe.poll(_POLL):
                kind, answer = pipe.recv()
                if kind != "progress":
                    return ("stopped", None) if stop_at is not None and kind == "raised" else (kind, answer)
                said = answer
        except (EOFError, OSError) as error:
            if stop_at is not None:
                return "stopped", None
            process.join()
            raise ApartError(N_("另一个进程意外结束（可能内存不足），没有完成。")) from error


def _end(process: Any) -> None:
    """Let the process end by itself, as one that has answered or was interrupted does; else make it."""
    process.join(2 * GRACE)
    if process.exitcode is None:
        process.kill()
        process.join()
    process.close()


class _Telling:
    """What a job calls to say how far it is."""

    def __init__(self, pipe: Any) -> None:
        self._pipe, self._at = pipe, 0.0

    def __call__(self, done: int, total: int, *_rest: Any) -> bool:
        now = time.monotonic()
        if now - self._at > _OFTEN or done >= total:
            self._at = now
            self._pipe.send(("progress", (int(done), int(total))))
        if self._pipe.poll():  # whatever is said from the other side means: stop
            raise Stopped
        return True


def _serve(pipe: Any, folder: str, spoken: str, call: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that was started by hand
    signal.signal(signal.SIGTERM, _interrupt)  # so that what is half written is taken away
    end_with_parent()
    if hasattr(os, "nice"):
        os.nice(_NICE)
    tempfile.tempdir = folder
    set_language(spoken)
    job, args, options = call
    try:
        answer = "done", pickle.dumps(job(_Telling(pipe), *args, **options), pickle.HIGHEST_PROTOCOL)
    except Stopped:
        answer = "stopped", None
    except BaseException as error:  # noqa: BLE001 - carried to whoever waits for it
        answer = "raised", _error(error)
    with contextlib.suppress(OSError):  # nobody listens any more
        pipe.send(answer)


def end_with_parent() -> None:
    """End this process when the one that started it crashes or is killed: one left behind would work for nobody."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _interrupt(_number: int, _frame: Any) -> None:
    raise Stopped


def _error(error: BaseException) -> bytes:
    """An exception and its traceback; one that does not survive the journey as one that only says what it was."""
    trace = "".join(traceback.format_exception(error))
    try:
        packed = pickle.dumps((error, trace))
        pickle.loads(packed)  # noqa: S301
    except Exception:  # noqa: BLE001 - whatever its __reduce__ raises
        packed = pickle.dumps((RuntimeError(f"{type(error).__name__}: {error}"), trace))
    return packed

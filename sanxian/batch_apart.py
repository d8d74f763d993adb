"""A batch in a process of its own, for a window that must not wait for the interpreter while millions of sites are judged."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sanxian.batch import BatchError, Done, run_batch
from sanxian.i18n import N_
from sanxian.screen import Cancelled

CHUNK = 2000  # projects between two looks at progress: smaller than on the command line, where nobody watches
GRACE = 5.0  # seconds in which a batch that is told to stop may do so by itself
POLL = 0.1


def _serve(pipe: Any, workspace: Path, source: Path, out: Path, options: dict[str, Any]) -> None:
    """Run the batch and tell of it; exceptions cross as sentences, since not all of them can be pickled."""
    from layers.workspace import Workspace

    def progress(done: int, total: int) -> bool:
        pipe.send(("progress", done, total))
        return not pipe.poll()  # whatever is said from the other side means: stop

    try:
        with Workspace.open(workspace, readonly=True) as opened:
            done = run_batch(opened, source, out, progress=progress, **options)
        pipe.send(("done", Done(done.projects, dict(done.verdicts), done.alone, done.failed)))
    except (Cancelled, BrokenPipeError):
        answer: tuple[Any, ...] = ("stopped",)
    except Exception as error:  # noqa: BLE001 - carried to the window, which says it
        if hasattr(error, "template"):
            answer = ("refused", error.template, {name: str(value) for name, value in error.params.items()})
        else:
            answer = ("failed", "".join(traceback.format_exception(error)))
    else:
        return
    try:
        pipe.send(answer)
    except OSError:
        return  # nobody listens any more


def run_apart(workspace: Path, source: Path, out: Path, *, on: date, rules: Sequence[Path] = (), jobs: int = 1,
              crs: str | None = None, chunk: int = CHUNK,
              progress: Callable[[int, int], bool] = lambda done, total: True) -> Done:
    """``run_batch`` of a workspace file in another process.

    Args:
        progress: Called with how many projects are done and how many there are, 0 of 0 before that is known; return
            ``False`` to stop.

    Raises:
        BatchError: The batch or its input was refused, or its process ended.
        Cancelled: ``progress`` returned ``False``; what is done stays for the next run.
        RuntimeError: A bug in the other process; holds its traceback.
    """
    context = get_context("spawn")
    here, there = context.Pipe()
    options = {"on": on, "rules": tuple(rules), "jobs": jobs, "crs": crs, "chunk": chunk}
    process = context.Process(target=_serve, args=(there, Path(workspace), Path(source), Path(out), options))
    process.start()
    there.close()
    said: tuple[Any, ...] = ("progress", 0, 0)
    stop_at: float | None = None
    try:
        while said[0] == "progress":
            if not progress(*said[1:]) and stop_at is None:
                stop_at = time.monotonic() + GRACE
                here.send("stop")
            if stop_at is not None and time.monotonic() > stop_at:
                raise Cancelled
            try:
                if here.poll(POLL):
                    said = here.recv()
            except (EOFError, OSError) as error:
                if stop_at is not None:
                    raise Cancelled from error
                raise BatchError(N_("一个工作进程意外结束（可能内存不足）；已完成的部分已保留，再运行同一命令即可续作。")) from error
    finally:
        if said[0] == "progress":
            process.terminate()
        process.join()
        process.close()
        here.close()
    if said[0] == "stopped":
        raise Cancelled
    if said[0] == "refused":
        raise BatchError(said[1], **said[2])
    if said[0] == "failed":
        raise RuntimeError(said[1])
    return said[1]

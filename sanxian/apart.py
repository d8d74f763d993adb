"""A job in a process of its own, for a window that must not wait for the interpreter meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sanxian.errors import TellingError
from sanxian.i18n import N_

P = ParamSpec("P")
R = TypeVar("R")


class ApartError(TellingError):
    """The other process ended without an answer."""


def apart(job: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """What ``job`` gives, called in another process: a function of a module, with arguments that can be pickled.

    Raises:
        ApartError: The process ended without an answer, for want of memory perhaps. What the job raises comes through.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin) as pool:
        try:
            return pool.submit(job, *args, **options).result()
        except BrokenProcessPool as error:
            raise ApartError(N_("另一个进程意外结束（可能内存不足），没有完成；请减少项目后再试。")) from error


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that was started by hand


def report(screening: Any, path: Path, workspace: Path, folders: Sequence[str], *, language: str, form: str, template: Path | None) -> None:
    """Write a report of a screening of a workspace file, as ``sanxian.reports.write_report`` does."""
    from layers.workspace import Workspace
    from sanxian.reports import write_report
    from sanxian.screen import rule_set

    with Workspace.open(workspace, readonly=True) as opened:
        rules = rule_set(opened, [Path(folder) for folder in folders])
        write_report(screening, path, workspace=opened, ruleset=rules, language=language, form=form, template=template)

"""When something nobody thought of goes wrong: say so, keep a report, lose nothing."""

from __future__ import annotations

import faulthandler
import platform
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

KEPT = 20

_fault_file: Any = None


def start_faulthandler(folder: Path) -> None:
    """Have the interpreter write where every thread was, should it ever be killed from within."""
    global _fault_file
    folder.mkdir(parents=True, exist_ok=True)
    _fault_file = (folder / "fault.log").open("a", encoding="utf-8")
    faulthandler.enable(_fault_file)


def write_report(folder: Path, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> Path:
    """Write what happened to a file and return its path; the oldest reports beyond ``KEPT`` go.

    Raises:
        OSError: The folder cannot be written.
    """
    from sanxian import __version__

    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")  # noqa: DTZ005 - the clock on the person's wall
    path = folder / f"error-{stamp}.txt"
    path.write_text(
        f"sanxian {__version__}\nPython {sys.version}\n{platform.platform()}\n\n"
        + "".join(traceback.format_exception(kind, error, trace)),
        encoding="utf-8",
    )
    for old in sorted(folder.glob("error-*.txt"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def install(folder: Path, show: Callable[[BaseException, Path | None], None]) -> Callable[[], None]:
    """Catch what reaches the top: without this PyQt5 aborts the process on an exception in a slot.

    Args:
        folder: Where reports go.
        show: Tells the person; called with the error and the report, or ``None`` where none could be written.

    Returns:
        What puts the former hook back.
    """
    former = sys.excepthook
    showing = False

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        nonlocal showing
        if issubclass(kind, KeyboardInterrupt):
            former(kind, error, trace)
            return
        traceback.print_exception(kind, error, trace)
        try:
            path: Path | None = write_report(folder, kind, error, trace)
        except OSError:
            path = None
        if showing:  # an error while telling of an error: the report is enough
            return
        showing = True
        try:
            show(error, path)
        finally:
            showing = False

    sys.excepthook = hook

    def restore() -> None:
        sys.excepthook = former

    return restore

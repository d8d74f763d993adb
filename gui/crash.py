"""When something nobody thought of goes wrong: say so, keep a report, lose nothing."""

from __future__ import annotations

import faulthandler
import platform
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

KEPT = 20

_fault_file: Any = None


class _Bridge(QObject):
    """From whatever thread to the one that made it."""

    fell = pyqtSignal(object, object)


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
        show: Tells the person; called with the error and the report, or ``None`` where none could be written. Always in
            the thread that called this function, wherever the error was.

    Returns:
        What puts the former hooks back.
    """
    former, former_of_threads = sys.excepthook, threading.excepthook
    showing = False
    bridge, here = _Bridge(), threading.get_ident()

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            former(kind, error, trace)
            return
        traceback.print_exception(kind, error, trace)
        try:
            path: Path | None = write_report(folder, kind, error, trace)
        except OSError:
            path = None
        if threading.get_ident() == here:
            tell(error, path)
        else:
            bridge.fell.emit(error, path)

    def tell(error: BaseException, path: Path | None) -> None:
        nonlocal showing
        if showing:  # an error while telling of an error: the report is enough
            return
        showing = True
        try:
            show(error, path)
        finally:
            showing = False

    def hook_of_threads(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            hook(args.exc_type, args.exc_value, args.exc_traceback)

    bridge.fell.connect(tell)  # from another thread it waits for the loop of this one
    sys.excepthook, threading.excepthook = hook, hook_of_threads

    def restore() -> None:
        sys.excepthook, threading.excepthook = former, former_of_threads
        bridge.fell.disconnect(tell)

    return restore

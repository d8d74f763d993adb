"""Folders for the length of a job: made in one place, so that what a killed process left behind is found and taken away.

Their names carry the process that made them. A process that ends takes its own away; of one that was killed ``sweep`` does.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import sys
import tempfile
from pathlib import Path

_OURS = re.compile(r"^sanxian-([1-9]\d{0,9})-[a-z0-9_]+$")


def _prefix() -> str:
    return f"sanxian-{os.getpid()}-"


def temporary() -> tempfile.TemporaryDirectory[str]:
    """A folder to be used in a ``with``, gone after it."""
    return tempfile.TemporaryDirectory(prefix=_prefix(), ignore_cleanup_errors=True)


def lasting() -> Path:
    """A folder that whoever asked for it takes away."""
    return Path(tempfile.mkdtemp(prefix=_prefix()))


def alive(pid: int) -> bool:
    """Whether a process runs; where that cannot be told, it does."""
    if pid == os.getpid():
        return True
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        if not handle:
            return ctypes.get_last_error() != 87  # ERROR_INVALID_PARAMETER: no process has this number
        code = ctypes.c_ulong()
        known = kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return not known or code.value == 259  # STILL_ACTIVE
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def sweep() -> list[Path]:
    """Take away this user's folders of processes that are no longer there; never follows a link and never fails.

    Returns:
        What is gone.
    """
    gone: list[Path] = []
    with contextlib.suppress(OSError):
        for path in sorted(Path(tempfile.gettempdir()).iterdir()):
            found = _OURS.match(path.name)
            if found is None or alive(int(found[1])):
                continue
            with contextlib.suppress(OSError):
                about = path.lstat()
                if not stat.S_ISDIR(about.st_mode) or (hasattr(os, "getuid") and about.st_uid != os.getuid()):
                    continue
                shutil.rmtree(path, ignore_errors=True)  # takes links inside away, not what they lead to
                if not path.exists():
                    gone.append(path)
    return gone

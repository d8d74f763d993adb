"""``sanxian-gui [WORKSPACE]``: open the window."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window; returns the exit status when it is closed."""
    from sanxian.i18n import LANGUAGES, _

    parser = argparse.ArgumentParser(prog="sanxian-gui", description=_("打开窗口"))
    parser.add_argument("workspace", nargs="?", type=Path)
    parser.add_argument("--lang", choices=LANGUAGES, help=_("界面语言"))
    asked = parser.parse_args(list(sys.argv[1:] if argv is None else argv))
    from gui.app import run

    return run(asked.workspace, asked.lang)


if __name__ == "__main__":
    sys.exit(main())

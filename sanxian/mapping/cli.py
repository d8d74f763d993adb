"""``sanxian map WORKSPACE --out FILE``: the kind of map is the suffix of the file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanxian.errors import TellingError
from sanxian.i18n import N_, _
from sanxian.mapping import web_cli
from sanxian.mapping.sheets import cli as sheet_cli

if TYPE_CHECKING:
    from layers.workspace import Workspace

Progress = Callable[[str], AbstractContextManager[Callable[[int, int], bool]]]
OK = 0
# Which function writes which kind; it gives the exit status, or nothing where all is well.
WRITERS: dict[str, Callable[[Workspace, Path, argparse.Namespace, date], Any]] = {
    **dict.fromkeys(sheet_cli.SUFFIXES, sheet_cli.write), ".html": web_cli.write,
}


class MapError(TellingError):
    """Wrong use: one sentence."""


def add_arguments(parser: argparse.ArgumentParser, day: Callable[[str], date]) -> None:
    """The command's arguments."""
    parser.add_argument("workspace", type=Path, metavar="WORKSPACE", help=_("工作区文件"))
    parser.add_argument("--out", type=Path, required=True, metavar=f"FILE({'|'.join(WRITERS)})", help=_("成图文件，按后缀定格式"))
    parser.add_argument("--on", type=day, metavar="DATE", help=_("图上的日期；排查情况也按这一天（默认今天）"))
    parser.add_argument("--extent", metavar="W,S,E,N", help=_("只画这个范围：西,南,东,北，经纬度（度）"))
    parser.add_argument("--title", help=_("图名"))
    parser.add_argument("--maker", help=_("制图单位"))
    parser.add_argument("--approval", help=_("审图号"))
    parser.add_argument("--secrecy", help=_("密级"))
    sheet_cli.add_arguments(parser)
    web_cli.add_arguments(parser)


def run(asked: argparse.Namespace, *, on: date, progress: Progress | None = None) -> int:
    """Write the map.

    Args:
        progress: From what is done to what is called with steps done and in all.

    Raises:
        MapError: Wrong use.
        WorkspaceError: The workspace cannot be read.
    """
    write = WRITERS.get(asked.out.suffix.lower())
    if write is None:
        raise MapError(N_("“{file}”的后缀不认识；可用 {known}"), file=asked.out.name, known=" ".join(WRITERS))
    if not asked.out.resolve().parent.is_dir():
        raise MapError(N_("文件夹“{folder}”不存在；请先建好"), folder=asked.out.resolve().parent)
    from layers.workspace import Workspace

    with Workspace.open(asked.workspace, readonly=True) as workspace:
        if write is web_cli.write and progress is not None:
            with progress(_("成图")) as step:
                status = web_cli.write(workspace, asked.out, asked, on, step) or OK
        else:
            status = write(workspace, asked.out, asked, on) or OK
    if write is web_cli.write:  # sheets may be several, and each says where it is
        sys.stdout.write(_("成果：{path}").format(path=asked.out) + "\n")
    return status

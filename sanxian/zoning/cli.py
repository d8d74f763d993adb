"""``sanxian stats WORKSPACE``: areas, shares, changes and overlaps of zones."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from sanxian.i18n import N_, _

OK = 0
SUFFIXES = (".xlsx", ".docx", ".html", ".json")  # as sanxian.zoning.write has them; a test compares


def add_arguments(parser: argparse.ArgumentParser, day: Callable[[str], date]) -> None:
    """The command's arguments."""
    parser.add_argument("workspace", type=Path, metavar="WORKSPACE", help=_("工作区文件"))
    parser.add_argument("--out", type=Path, action="append", default=[], metavar=f"FILE({'|'.join(SUFFIXES)})",
                        help=_("统计成果，按后缀定格式，可多次给出；不给则把 JSON 写到标准输出"))
    parser.add_argument("--on", type=day, metavar="DATE", help=_("统计表上的日期（默认今天）"))


def run(asked: argparse.Namespace, *, on: date) -> int:
    """Measure and write what was asked for.

    Raises:
        StatisticsError: Wrong use, or nothing to measure.
        WorkspaceError: The workspace cannot be read.
    """
    from layers.workspace import Workspace
    from sanxian.zoning.figures import StatisticsError, measure
    from sanxian.zoning.write import to_json, write

    for path in asked.out:
        if path.suffix.lower() not in SUFFIXES:
            raise StatisticsError(N_("“{file}”的后缀不认识；可用 {known}"), file=path.name, known=" ".join(SUFFIXES))
        if not path.resolve().parent.is_dir():
            raise StatisticsError(N_("文件夹“{folder}”不存在；请先建好"), folder=path.resolve().parent)
    with Workspace.open(asked.workspace, readonly=True) as workspace:
        statistics = measure(workspace, on=on)
    for path in asked.out:
        write(statistics, path)
        sys.stdout.write(_("成果：{path}").format(path=path) + "\n")
    if not asked.out:
        sys.stdout.write(to_json(statistics))
    return OK

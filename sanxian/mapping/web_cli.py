"""What ``sanxian map`` and ``sanxian outlets`` need to write a web map."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanxian.i18n import N_, _

if TYPE_CHECKING:
    from layers.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that only a web map has."""
    parser.add_argument("--projects", metavar="PROJECTS", help=_("网页地图：研判这些项目并按结论着色（项目文件，或工作区中的图层名）"))
    parser.add_argument("--rules", type=Path, action="append", default=[], metavar="DIR", help=_("另加的规则包文件夹"))


def write(workspace: Workspace, path: Path, asked: argparse.Namespace, on: date,
          progress: Callable[[int, int], object] | None = None) -> None:
    """Write the web map that was asked for.

    Raises:
        WebMapError: There is nothing to draw, or the extent is no extent.
    """
    from sanxian.mapping.web_page import Sheet, write_web_map
    from sanxian.mapping.web_size import size_words

    def said(name: str) -> str:
        return str(getattr(asked, name, None) or "")

    write_web_map(workspace, path, on=on, screening=_screening(workspace, asked, on), extent=extent_of(getattr(asked, "extent", None)),
                  sheet=Sheet(said("title"), said("maker"), said("approval"), said("secrecy")), progress=progress)
    if words := size_words(path):
        sys.stderr.write(words + "\n")


def write_outlets(workspace: Workspace, path: Path, on: date) -> None:
    """Write the web map of outlets and of what banks were surveyed."""
    from sanxian.mapping.web_page import write_outlets_map

    write_outlets_map(workspace, path, on=on)


def extent_of(text: str | None) -> tuple[float, float, float, float] | None:
    """``west,south,east,north`` in degrees.

    Raises:
        WebMapError: It is none.
    """
    if text is None:
        return None
    from sanxian.mapping.web_page import WebMapError

    try:
        west, south, east, north = (float(part) for part in str(text).replace("，", ",").split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise WebMapError(N_("范围应写成“西,南,东,北”四个经纬度（度），而不是“{text}”"), text=text)
    return west, south, east, north


def _screening(workspace: Workspace, asked: argparse.Namespace, on: date) -> Any:
    source = getattr(asked, "projects", None)
    if not source:
        return None
    from sanxian.request import load_projects
    from sanxian.screen import rule_set, screen

    projects, digest = load_projects(source, workspace, elsewhere=True)  # where they lie is what the map shows
    return screen(workspace, projects, rule_set(workspace, asked.rules), on=on, projects_sha256=digest)

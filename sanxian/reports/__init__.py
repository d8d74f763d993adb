"""Reports: the record of a screening as people read it and hand it in.

The kind of report is the suffix of the file: ``.docx`` in the form in which consultants hand in a 三线一单 conformity
analysis, ``.xlsx`` with one row a project, ``.html`` as one file with a map that needs no network, ``.pdf``,
``.geojson`` and ``.gpkg`` for maps, ``.json`` as the record itself.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from sanxian import i18n
from sanxian.errors import TellingError
from sanxian.i18n import N_

# Which module writes which kind; imported when asked for, so that a JSON needs no Word library.
_WRITERS = {
    ".docx": "sanxian.reports.word",
    ".xlsx": "sanxian.reports.sheet",
    ".html": "sanxian.reports.web",
    ".htm": "sanxian.reports.web",
    ".pdf": "sanxian.reports.pdf",
    ".geojson": "sanxian.reports.vector",
    ".gpkg": "sanxian.reports.vector",
}
SUFFIXES = (".json", *_WRITERS)
LONG_UP_TO = 10  # projects; the long form takes some eight pages each
_FORMED = (".docx", ".html", ".htm", ".pdf")


def form_of(screening: Any, form: str) -> str:
    """``short`` or ``long``, where ``form`` leaves it open."""
    if form in ("short", "long"):
        return form
    return "long" if len(screening.projects) <= LONG_UP_TO else "short"


class ReportError(TellingError):
    """A report cannot be written as asked."""


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything in ``language`` and go back to the former one afterwards."""
    before = i18n.language()
    i18n.set_language(language)
    try:
        yield
    finally:
        i18n.set_language(before)


def check_target(path: Path | str) -> Path:
    """``path`` as a file that a report can be written to; asked before a long screening starts.

    Raises:
        ReportError: The suffix names no kind of report, or the folder is missing or cannot be written to.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ReportError(N_("不认识的报告类型“{suffix}”：{path}。可用的后缀有 {known}。"),
                          suffix=path.suffix, path=str(path), known=" ".join(SUFFIXES))
    if path.is_dir():
        raise ReportError(N_("{path} 是一个文件夹，不能写成报告。"), path=str(path))
    if not path.parent.is_dir():
        raise ReportError(N_("文件夹 {folder} 不存在，报告没有写出。"), folder=str(path.parent))
    return path


def write_report(screening: Any, path: Path | str, *, workspace: Any = None, ruleset: Any = None,
                 language: str = "zh", form: str = "auto", template: Path | None = None, secret: bool = False) -> Path:
    """Write ``screening`` to ``path``, whole or not at all.

    Args:
        screening: A ``sanxian.result.Screening``.
        path: Its suffix, in any case, says which kind of report; see :data:`SUFFIXES`.
        workspace: The workspace that was screened, for the map. Without it the map shows the sites alone.
        ruleset: The rule set that was used, for the titles of documents and of exceptions.
        language: ``zh`` or ``en``.
        form: Of Word, PDF and web page: ``short`` with an overview, a matrix and one sheet a project; ``long`` with
            every rule and clause of every project; ``auto`` is long for up to :data:`LONG_UP_TO` projects.
        secret: Draw layers that are marked secret or higher as well; else the maps leave them out and say so.
        template: A Word template of the customer's own, for ``.docx``; it decides what is shown, whatever the form.

    Returns:
        ``path``. The same screening, workspace and language give the same bytes.

    Raises:
        ReportError: The suffix names no kind of report, the file cannot be written there, or the template has a fault.
        sanxian.assets.AssetError: A package that carries the font or Leaflet is not installed.
    """
    path = check_target(path)
    suffix = path.suffix.lower()
    if template is not None and suffix != ".docx":
        raise ReportError(N_("--template 只用于 Word 报告；请用 --out 给出 .docx 文件"))

    if not secret and suffix in _FORMED:
        from sanxian.mapping.scene import without_secret

        workspace = without_secret(workspace)

    def write(target: Path) -> None:
        if suffix == ".json":
            target.write_text(screening.to_json(), encoding="utf-8", newline="\n")
        elif template is not None:
            from sanxian.reports.template import write as fill

            fill(screening, target, template, workspace=workspace, ruleset=ruleset)
        else:
            more = {"form": form_of(screening, form)} if suffix in _FORMED else {}
            import_module(_WRITERS[suffix]).write(screening, target, workspace=workspace, ruleset=ruleset, **more)

    with speaking(language):
        replace_whole(path, write)
    return path


def replace_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` make a file beside ``path``, then put it in the place of ``path`` in one step.

    Raises:
        ReportError: The disk is full, or the file may not be written or is open in another program.
    """
    try:
        # A folder of its own, with the wanted name inside: some formats write more than one file while they work.
        with tempfile.TemporaryDirectory(prefix=".sanxian-", dir=path.parent) as folder:
            target = Path(folder) / path.name
            write(target)
            with target.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(target, path)
    except OSError as error:
        if error.filename is not None and not str(error.filename).startswith(str(path.parent)):
            raise  # something else could not be read
        raise ReportError(N_("不能写出 {path}：{problem}。文件可能正在别的程序中打开，或没有写入权限、磁盘已满。"),
                          path=str(path), problem=error.strerror or str(error)) from error

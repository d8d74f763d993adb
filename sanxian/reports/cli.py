"""What ``sanxian screen`` is asked of its reports."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from sanxian.i18n import N_, _

FORMS = ("auto", "short", "long")


def screen_arguments(parser: argparse.ArgumentParser) -> None:
    """How long reports are, and after whose template."""
    parser.add_argument(
        "--form", choices=FORMS, default="auto",
        help=_("Word、PDF 和网页报告：short 总览、对照总表和每项目一张简表，long 逐条对照全文；默认 10 个项目以内用 long"),
    )  # fmt: skip
    parser.add_argument("--template", type=Path, metavar="FILE.docx", help=_("Word 报告所用的自备模板，占位符见 docs/reports.md"))


def check_asked(asked: argparse.Namespace, outputs: Sequence[Path]) -> None:
    """Refuse what cannot be done before a long screening starts.

    Raises:
        ReportError: A template without a Word report or that cannot be one, or a bundle at an impossible place.
    """
    from sanxian.reports import ReportError

    bundle: Path | None = asked.bundle
    if bundle is not None:
        if bundle.suffix.lower() != ".zip":
            raise ReportError(N_("证据包的文件名要以 .zip 结尾：{file}"), file=bundle.name)
        if not bundle.resolve().parent.is_dir():
            raise ReportError(N_("文件夹 {folder} 不存在，报告没有写出。"), folder=bundle.resolve().parent)
        if bundle.resolve() in (asked.workspace.resolve(), Path(asked.projects).resolve(), *(path.resolve() for path in outputs)):
            raise ReportError(N_("证据包不能写到别的文件“{file}”上；请换一个文件名"), file=bundle.name)
    template: Path | None = asked.template
    if template is not None:
        if not any(path.suffix.lower() == ".docx" for path in outputs):
            raise ReportError(N_("--template 只用于 Word 报告；请用 --out 给出 .docx 文件"))
        if template.resolve() in {path.resolve() for path in outputs}:
            raise ReportError(N_("报告不能写到模板“{file}”上；请换一个文件名"), file=template.name)
        from sanxian.reports.template import check_template

        check_template(template)

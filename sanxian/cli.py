"""The command line: the same calls as the window's, with files for arguments.

Imports of geometry libraries stand inside the commands: ``sanxian --help`` and a wrong word answer at once.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from sanxian import __version__, i18n
from sanxian.errors import TellingError
from sanxian.i18n import N_, _
from sanxian.workspace_cli import (
    add_arguments as workspace_arguments,
)
from sanxian.workspace_cli import (
    add_mapping_arguments,
    fields_asked,
    now,
    person_of,
    remember,
    scale_asked,
    values_asked,
)

if TYPE_CHECKING:
    from layers.workspace import Workspace
    from rules.ruleset import RuleSet
    from sanxian.overrides import Override, Seen
    from sanxian.request import Project
    from sanxian.result import Screening

OK, WRONG, REFUSED, UNDETERMINED = 0, 1, 2, 3
LEAVE_OUT = N_("不要没有可用位置的行，只研判其余的行；略去的行逐行说明，并记入成果")
REPORTS = (".json", ".docx", ".html", ".xlsx", ".geojson", ".gpkg", ".pdf")


class Refused(TellingError):
    """Wrong use: one sentence, exit status 2."""


# What argparse says by itself, as it stands in argparse, and as it is said here.
ARGPARSE: Mapping[str, str] = {
    "usage: ": N_("用法："),
    "positional arguments": N_("参数"),
    "options": N_("选项"),
    "show this help message and exit": N_("显示本帮助并退出"),
    "argument %(argument_name)s: %(message)s": N_("参数 %(argument_name)s：%(message)s"),
    "unrecognized arguments: %s": N_("不认识的参数：%s"),
    "the following arguments are required: %s": N_("缺少参数：%s"),
    "expected one argument": N_("后面要有一个值"),
    "expected at most one argument": N_("后面最多有一个值"),
    "expected at least one argument": N_("后面至少要有一个值"),
    "expected %s argument": N_("后面要有 %s 个值"),
    "expected %s arguments": N_("后面要有 %s 个值"),
    "ignored explicit argument %r": N_("后面不能带值 %r"),
    "ambiguous option: %(option)s could match %(matches)s": N_("%(option)s 不明确，可能是 %(matches)s"),
    "invalid choice: %(value)r (choose from %(choices)s)": N_("没有 %(value)r 这个选择（可用 %(choices)s）"),
    "invalid %(type)s value: %(value)r": N_("%(value)r 不能作为 %(type)s"),
    "unknown parser %(parser_name)r (choices: %(choices)s)": N_("没有命令 %(parser_name)r（可用 %(choices)s）"),
}


@contextmanager
def _argparse_in_our_words() -> Iterator[None]:
    """Let argparse speak through our catalogues; it looks its words up through two names of its own module."""

    def one(message: str) -> str:
        return _(ARGPARSE[message]) if message in ARGPARSE else message

    def several(singular: str, plural: str, count: int) -> str:
        return one(singular if count == 1 else plural)

    kept = {name: getattr(argparse, name) for name in ("_", "ngettext")}
    for name, ours in (("_", one), ("ngettext", several)):
        setattr(argparse, name, ours)
    try:
        yield
    finally:
        for name, theirs in kept.items():
            setattr(argparse, name, theirs)


class _Parser(argparse.ArgumentParser):
    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[argparse.Namespace, list[str]]:
        """As argparse does, and a last argument that may be left out is taken behind the options as well.

        argparse gives such an argument up as soon as the ones before it are read: ``outlets W stage --to X ID`` lost its ID.
        """
        found, rest = super().parse_known_args(args, namespace)
        spare = [one for one in self._actions if not one.option_strings and one.nargs == argparse.OPTIONAL]
        if len(rest) == 1 and len(spare) == 1 and not rest[0].startswith("-"):
            action = spare[0]
            if getattr(found, action.dest) == action.default:
                setattr(found, action.dest, self._get_values(action, rest))
                rest = []
        return found, rest

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(REFUSED, _("sanxian：命令写法有误：{message}\n").format(message=message))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status is returned, as the contract gives it."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _use_utf8()
    i18n.set_language(_language_asked(arguments))
    try:
        with _argparse_in_our_words():
            asked = build_parser().parse_args(arguments or ["gui"])
        return int(asked.run(asked))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else REFUSED
    except KeyboardInterrupt:
        _say(_("已停止，没有写出不完整的文件。"))
        return 130
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - the reader has gone; say no more
        return OK
    except Exception as error:  # noqa: BLE001 - bad input must give a sentence; a bug must give a report
        if _is_sentence(error):
            from sanxian.messages import words

            _say(words(error))
            return REFUSED
        if isinstance(error, OSError):
            _say(_("文件操作失败：{error}").format(error=error))
            return REFUSED
        raise


def _is_sentence(error: BaseException) -> bool:
    return isinstance(getattr(error, "template", None), str)


def _use_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower() not in ("utf-8", "utf8"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _language_asked(arguments: Sequence[str]) -> str:
    for place, word in enumerate(arguments):
        if word == "--lang" and place + 1 < len(arguments) and arguments[place + 1] in i18n.LANGUAGES:
            return arguments[place + 1]
        if word.startswith("--lang=") and word[7:] in i18n.LANGUAGES:
            return word[7:]
    return i18n.from_environment()


def _say(text: str) -> None:
    sys.stderr.write(f"sanxian: {text}\n")


# ---------------------------------------------------------------------------------------------------- arguments


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    common = _Parser(add_help=False)
    common.add_argument("--lang", choices=i18n.LANGUAGES, default=argparse.SUPPRESS, help=_("界面语言"))
    parser = _Parser(prog="sanxian", description=_("三线一单选址研判：这个项目能不能放在这里？"), parents=[common])
    parser.add_argument("--version", action="version", version=f"sanxian {__version__}", help=_("显示版本号并退出"))
    commands = parser.add_subparsers(metavar=_("命令"), required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=words, description=words, parents=[common])
        added.set_defaults(run=run)
        return added

    gui = command("gui", run_gui, _("打开窗口"))
    gui.add_argument("workspace", nargs="?", metavar="WORKSPACE", help=_("工作区文件"))

    demo = command("demo", run_demo, _("制作示例工作区，研判其中的项目，写出各种成果"))
    demo.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help=_("输出文件夹（默认 out）"))
    demo.add_argument("--on", type=_day, metavar="DATE", help=_("判定基准日（默认今天）"))
    demo.add_argument("--offer-window", action="store_true", help=argparse.SUPPRESS)

    new = command("new", run_new, _("新建空工作区（一个 GeoPackage 文件）"))
    new.add_argument("workspace", type=Path, metavar="WORKSPACE", help=_("工作区文件"))

    add = command("add", run_add, _("把数据文件作为一个图层加入工作区"))
    add.add_argument("workspace", type=Path, metavar="WORKSPACE", help=_("工作区文件"))
    add.add_argument("file", type=Path, metavar="FILE", help=_("数据文件"))
    add.add_argument("--role", required=True, help=_("图层角色，如 ecological_redline"))
    add.add_argument("--layer", help=_("文件中的图层名"))
    add.add_argument("--name", help=_("在工作区中的名称"))
    add.add_argument("--crs", help=_("文件的坐标系，如 EPSG:4490"))
    add.add_argument("--encoding", help=_("文件的字符编码，如 GBK"))
    add.add_argument("--field", action="append", default=[], metavar="OURS=THEIRS", help=_("字段对应，可多次给出"))
    add_mapping_arguments(add)
    add.add_argument("--version", dest="layer_version", help=_("数据版本"))
    add.add_argument("--data-date", help=_("数据现势日期，如 2022-09-30"))
    add.add_argument("--accuracy-m", type=float, help=_("位置精度（米）"))
    add.add_argument("--scale", metavar="1:50000", help=_("数据的比例尺；没有注明精度时按测绘标准推算"))
    add.add_argument("--source", help=_("数据来源"))
    add.add_argument("--coverage", metavar="FILE|all|hull", help=_("数据声明完整的范围"))
    add.add_argument("--repair", choices=("union", "evenodd", "leave-out"), help=_("修复会改变面积的图形怎样读：合并、重叠不计、不读入"))
    add.add_argument("--close-lines", action="store_true", help=_("把像边界的未闭合线闭合成面"))
    add.add_argument("--elsewhere", action="store_true", help=_("位置已核对：确实不在工作区其他数据附近，或在国外"))
    add.add_argument("--person", help=_("记入图层历史的人（默认当前用户）"))

    workspace = command("workspace", run_gui, _("工作区的备份、撤销、压缩和已保存的对应"))
    workspace_arguments(workspace, common)

    layers = command("layers", run_layers, _("列出工作区的图层"))
    layers.add_argument("workspace", type=Path, metavar="WORKSPACE", help=_("工作区文件"))
    layers.add_argument("--coverage", action="store_true", help=_("覆盖台账：各图层查到哪里、现势日期、精度、占辖区的比例"))
    layers.add_argument("--history", action="store_true", help=_("图层历史：何人何时改了什么"))
    layers.add_argument("--secrecy", action="append", default=[], metavar="LAYER=MARK",
                        help=_("标注图层的密级：公开、内部、秘密、机密、绝密，或空着取消；可多次给出"))
    layers.add_argument("--json", action="store_true", help=_("输出 JSON"))

    from sanxian.outlets.cli import add_arguments as outlet_arguments

    outlet_arguments(command("outlets", run_outlets, _("入河排污口：指标、核查、上下游、一口一档")), _day)

    from sanxian.mapping.cli import add_arguments as map_arguments

    map_arguments(command("map", run_map, _("出图：图件、图集、网页地图")), _day)

    from sanxian.mapping.style_cli import add_arguments as style_arguments

    style_arguments(command("style", run_style, _("图层样式：读入或写出 QML、SLD 文件")))

    from sanxian.zoning.cli import add_arguments as statistics_arguments

    statistics_arguments(command("stats", run_statistics, _("分区统计：单元、红线、各条控制线的面积、占比和重叠")), _day)

    check = command("check", run_check, _("检查数据质量"))
    check.add_argument("target", type=Path, metavar="WORKSPACE|FILE", help=_("工作区文件，或一个数据文件"))
    check.add_argument("--role", help=_("图层角色（检查单个文件时）"))
    check.add_argument("--crs", help=_("文件的坐标系，如 EPSG:4490"))
    check.add_argument("--encoding", help=_("文件的字符编码，如 GBK"))
    check.add_argument("--repair", choices=("union", "evenodd", "leave-out"), help=_("修复会改变面积的图形怎样读：合并、重叠不计、不读入"))
    check.add_argument("--elsewhere", action="store_true", help=_("位置已核对：确实不在工作区其他数据附近，或在国外"))
    check.add_argument("--out", type=Path, action="append", default=[], metavar="FILE(.xlsx|.gpkg)", help=_("写出检查发现，可多次给出"))
    check.add_argument("--save", action="store_true", help=_("把检查发现作为图层存入工作区"))
    check.add_argument("--mark", metavar="KEY=open|accepted|fixed", help=_("给已存入的一条发现记处理状态"))
    check.add_argument("--note", help=_("处理说明"))
    check.add_argument("--person", help=_("处理人（默认当前用户）"))
    check.add_argument("--json", action="store_true", help=_("输出 JSON"))

    screen = command("screen", run_screen, _("研判项目"))
    screen.add_argument("workspace", type=Path, metavar="WORKSPACE", help=_("工作区文件"))
    screen.add_argument("projects", metavar="PROJECTS", help=_("项目文件，或工作区中的图层名"))
    screen.add_argument("--on", type=_day, metavar="DATE", help=_("判定基准日（默认今天）"))
    screen.add_argument("--rules", type=Path, action="append", default=[], metavar="DIR", help=_("另加的规则包文件夹"))
    screen.add_argument("--out", type=Path, action="append", default=[], metavar="FILE", nargs="+",
                        help=_("成果文件，按后缀定格式；或 PostGIS 地址 postgresql://…?table=…"))  # fmt: skip
    screen.add_argument("--parameter", action="append", default=[], metavar="NAME=METRES", help=_("法律未定的距离，可多次给出"))
    screen.add_argument("--layer", help=_("项目文件中的图层名"))
    screen.add_argument("--crs", help=_("项目文件的坐标系"))
    screen.add_argument("--encoding", help=_("项目文件的字符编码"))
    add_mapping_arguments(screen)
    screen.add_argument("--repair", choices=("union", "evenodd", "leave-out"), help=_("修复会改变面积的图形怎样读：合并、重叠不计、不读入"))
    screen.add_argument("--close-lines", action="store_true", help=_("把像边界的未闭合线闭合成面"))
    screen.add_argument("--elsewhere", action="store_true", help=_("位置已核对：确实不在工作区其他数据附近，或在国外"))
    screen.add_argument("--leave-out-bad-rows", action="store_true", help=_(LEAVE_OUT))

    from sanxian.evidence import cli as evidence
    from sanxian.reports.cli import screen_arguments as report_arguments

    report_arguments(screen)
    evidence.screen_arguments(screen)
    evidence.verify_arguments(command("verify", run_verify, _("由证据包复算研判，指出与包中所记不同的文件")))
    evidence.sign_arguments(command("sign", run_sign, _("给证据包签名（Ed25519，签名另存一个文件）")))

    batch = command("batch", run_batch, _("批量研判（可达数百万个项目），成果为一个 GeoParquet 文件；中断后再运行同一命令即可续作"))
    batch.add_argument("workspace", type=Path, metavar="WORKSPACE", help=_("工作区文件"))
    batch.add_argument("projects", metavar="PROJECTS", help=_("项目文件，或工作区中的图层名"))
    batch.add_argument("--out", type=Path, required=True, metavar="FILE.parquet", help=_("成果文件"))
    batch.add_argument("--jobs", type=int, default=1, metavar="N", help=_("同时工作的进程数（默认 1）"))
    batch.add_argument(
        "--scheduler", metavar="ADDRESS", help=_("交给 Dask 调度器的各工作进程，如 tcp://host:8786；它们须能以同样的路径读写这些文件")
    )
    batch.add_argument("--on", type=_day, metavar="DATE", help=_("判定基准日（默认今天）"))
    batch.add_argument("--rules", type=Path, action="append", default=[], metavar="DIR", help=_("另加的规则包文件夹"))
    batch.add_argument("--parameter", action="append", default=[], metavar="NAME=METRES", help=_("法律未定的距离，可多次给出"))
    batch.add_argument("--explain", action="store_true", help=_("附上每条结论的说明（逐个研判，慢得多）"))
    batch.add_argument("--layer", help=_("项目文件中的图层名"))
    batch.add_argument("--crs", help=_("项目文件的坐标系"))
    batch.add_argument("--encoding", help=_("项目文件的字符编码"))
    add_mapping_arguments(batch)
    batch.add_argument("--elsewhere", action="store_true", help=_("位置已核对：确实不在工作区其他数据附近，或在国外"))
    batch.add_argument("--leave-out-bad-rows", action="store_true", help=_(LEAVE_OUT))

    from sanxian.rasters import add_arguments as zonal_arguments

    zonal_arguments(command("zonal", run_zonal, _("统计栅格：各个面内的地类占比、高程和坡度、任一波段的数值")))

    override = command("override", run_override, _("记录人工复核（与程序结论并列，不替代）；不给 --project 则列出"))
    override.add_argument("workspace", type=Path, metavar="WORKSPACE", help=_("工作区文件"))
    override.add_argument("--project", help=_("项目编号"))
    override.add_argument("--projects", metavar="FILE", help=_(
        "项目所在的文件或工作区图层，从中记下复核时的用地（默认在工作区的项目图层里找）"))
    override.add_argument("--rule", help=_("规则 id"))
    override.add_argument("--exclude", metavar="ROLE:FID", help=_("对该项目不计的图层要素"))
    override.add_argument(
        "--outcome", choices=("prohibited", "restricted", "conditional", "advisory", "permitted", "not_applicable"), help=_("人工结论")
    )
    override.add_argument("--reason", help=_("理由"))
    override.add_argument("--person", help=_("复核人"))
    override.add_argument("--on", type=_day, metavar="DATE", help=_("作出日期（默认今天）"))
    override.add_argument("--expires", type=_day, metavar="DATE", help=_("失效日期"))
    override.add_argument("--attachment", help=_("附件名称"))

    rules = command("rules", lambda asked: parser.error(_("请给出 rules 的子命令")), _("查看和检查规则"))
    sub = rules.add_subparsers(metavar=_("子命令"), required=True)

    def rules_command(name: str, run: Callable[[argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
        added = sub.add_parser(name, help=words, description=words, parents=[common])
        added.set_defaults(run=run)
        added.add_argument("--on", type=_day, metavar="DATE", help=_("判定基准日（默认今天）"))
        added.add_argument("--rules", type=Path, action="append", default=[], metavar="DIR", help=_("另加的规则包文件夹"))
        added.add_argument("--json", action="store_true", help=_("输出 JSON"))
        return added

    rules_command("list", run_rules_list, _("列出当日施行的规则"))
    rules_command("show", run_rules_show, _("显示一条规则的条件与依据")).add_argument("id", metavar="ID", help=_("规则 id"))
    checking = rules_command("check", run_rules_check, _("检查规则包的毛病"))
    checking.add_argument("folder", type=Path, nargs="?", metavar="DIR", help=_("规则包文件夹；不给则检查内置规则"))
    differing = rules_command("diff", run_rules_diff, _("比较两个规则包：新增、删除、趋严、放宽、改写、日期变更"))
    differing.add_argument("old", type=Path, metavar="OLD", help=_("旧规则包的文件夹"))
    differing.add_argument("new", type=Path, metavar="NEW", help=_("新规则包的文件夹"))
    reviewing = rules_command("review", run_rules_review, _("逐条核定准入清单：写出核定表，或把填好的核定表读回规则包"))
    reviewing.add_argument("folder", type=Path, metavar="DIR", help=_("规则包文件夹"))
    reviewing.add_argument("--write", type=Path, metavar="FILE.xlsx", help=_("写出核定表"))
    reviewing.add_argument("--read", type=Path, metavar="FILE.xlsx", help=_("读回填好的核定表"))
    importing = rules_command("import", run_rules_import, _("把公布的准入清单表格读成规则包"))
    importing.add_argument("file", type=Path, metavar="FILE.xlsx", help=_("公布的清单，Excel 文件"))
    importing.add_argument("--out", type=Path, required=True, metavar="DIR", help=_("写规则包的文件夹"))
    importing.add_argument("--title", help=_("清单名称"))
    importing.add_argument("--in-force-from", type=_day, metavar="DATE", help=_("清单施行日期（默认取表中所写）"))
    return parser


def _day(text: str) -> date:
    try:
        if len(text) != 10:  # Python also reads 20261122 and week dates
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(_("“{text}”不是日期；写成 2026-08-15 这样").format(text=text)) from error


def _today(asked: argparse.Namespace) -> date:
    return asked.on or date.today()  # noqa: DTZ011 - the person's own calendar day is the one that is meant


# ---------------------------------------------------------------------------------------------------- commands


def run_gui(asked: argparse.Namespace) -> int:
    """Open the window."""
    from importlib import import_module

    given = [str(asked.workspace)] if asked.workspace else []
    language = getattr(asked, "lang", None)
    return int(import_module("gui.__main__").main([*given, *(["--lang", language] if language else [])]))


def run_demo(asked: argparse.Namespace) -> int:
    """Make the demo workspace, screen its projects, write every kind of output, say where it is."""
    from layers.workspace import Workspace
    from sanxian.demo import build
    from sanxian.request import load_projects
    from sanxian.screen import rule_set, screen

    folder = asked.out
    folder.mkdir(parents=True, exist_ok=True)
    kept = _keep_former(folder / "示例区.gpkg")
    with _progress(_("绘制示例区")) as step:
        step(0, 1)
        files = build(folder)
        step(1, 1)
    if kept is not None and kept.read_bytes() == files.workspace.read_bytes():
        kept.unlink()
    elif kept is not None:
        _say(_("原有的示例工作区改动过，已另存为 {path}").format(path=kept))
    with Workspace.open(files.workspace, readonly=True) as workspace:
        rules = rule_set(workspace)
        projects, digest = load_projects(files.projects, workspace)
        with _progress(_("研判")) as step:
            result = screen(workspace, projects, rules, on=_today(asked), projects_sha256=digest, progress=step)
        outputs = [folder / f"screening{suffix}" for suffix in (".json", ".docx", ".html", ".xlsx", ".geojson", ".gpkg")]
        written = _write(result, outputs, workspace, rules)
    _print_table(result)
    sys.stdout.write("\n" + _("示例工作区：{path}").format(path=files.workspace) + "\n")
    for path in written:
        sys.stdout.write(_("成果：{path}").format(path=path) + "\n")
    if asked.offer_window:
        _offer_window(files.workspace)
    return OK


def _keep_former(path: Path) -> Path | None:
    """Set an earlier demo workspace aside: somebody may have worked in it."""
    if not path.exists():
        return None
    number = 1
    while (kept := path.with_name(f"{path.stem}（原有 {number}）{path.suffix}")).exists():
        number += 1
    return Path(shutil.copy2(path, kept))


def _offer_window(workspace: Path) -> None:
    """Ask whether to open the window, only where there is a screen and somebody at the keyboard."""
    screen = sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    from shutil import which

    program = "sanxian" if which("sanxian") else os.path.relpath(sys.argv[0]) if sys.argv[0].endswith("sanxian") else "python -m sanxian"
    command = f"{program} gui {workspace}"
    if not screen or not sys.stdin.isatty() or not sys.stdout.isatty() or os.environ.get("CI"):
        sys.stdout.write(_("要看窗口，请在有屏幕的电脑上运行：{command}").format(command=command) + "\n")
        return
    sys.stdout.write(_("现在打开窗口吗？[y/N] "))
    sys.stdout.flush()
    if sys.stdin.readline().strip().lower() in ("y", "yes", "是"):
        run_gui(argparse.Namespace(workspace=str(workspace)))


def run_new(asked: argparse.Namespace) -> int:
    """Make an empty workspace."""
    from layers.workspace import Workspace

    Workspace.create(asked.workspace).close()
    sys.stdout.write(_("已新建工作区：{path}").format(path=asked.workspace) + "\n")
    return OK


def run_add(asked: argparse.Namespace) -> int:
    """Read a file, check it and add it to the workspace as one layer."""
    from layers.ledger import assumed
    from layers.read import read_layer
    from layers.whereabouts import around
    from layers.workspace import Workspace
    from sanxian.mapping.qgis import save_styles
    from sanxian.messages import issue_words

    fields: dict[str, str] = {}
    for pair in asked.field:
        ours, equals, theirs = pair.partition("=")
        if not equals or not ours or not theirs:
            raise Refused("--field 应写成 OURS=THEIRS，而不是“{pair}”", pair=pair)
        fields[ours] = theirs
    fields |= fields_asked(asked.map)
    if asked.accuracy_m is not None and not 0 <= asked.accuracy_m < float("inf"):
        raise Refused("--accuracy-m 应为不小于 0 的米数，而不是 {value}", value=asked.accuracy_m)
    if asked.data_date is not None:
        _day_or_refuse(asked.data_date)
    with Workspace.open(asked.workspace) as workspace, _progress(_("读取")) as step:
        workspace.sign(person_of(asked.person), now)
        coverage = _coverage(asked.coverage)
        if asked.role == "raster":
            raster = workspace.add_raster(
                asked.file, fields.get("kind", "other"), name=asked.name, version=asked.layer_version,
                source=asked.source, crs=asked.crs, progress=step,
            )  # fmt: skip
            for issue in raster.issues:
                _say(issue_words(issue))
            sys.stdout.write(_("已加入栅格“{name}”（{kind}）").format(name=raster.name, kind=raster.kind) + "\n")
            return OK
        layer = read_layer(
            asked.file, asked.role, layer=asked.layer, crs=asked.crs, encoding=asked.encoding,
            fields=fields or None, values=values_asked(asked.value), remembered=workspace, name=asked.name,
            repair=asked.repair, close_lines=asked.close_lines, around=around(workspace), elsewhere=asked.elsewhere,
            progress=step,
        )  # fmt: skip
        before = {item.name for item in workspace.layers() if item.current}
        record = workspace.add(
            layer, version=asked.layer_version, data_date=asked.data_date, accuracy_m=asked.accuracy_m,
            source=asked.source, coverage=coverage, scale=scale_asked(asked.scale), progress=step,
        )  # fmt: skip
        remember(workspace, layer.signature, layer.mapping)
        save_styles(workspace)
        doubt = assumed(workspace, record)
        retired = sorted(before - {item.name for item in workspace.layers() if item.current})
    for name in retired:
        _say(_("图层“{name}”已由新版本取代，保留在工作区中，不再参与研判").format(name=name))
    for issue in [*layer.issues, *([doubt.issue()] if doubt is not None else [])]:
        _say(issue_words(issue))
    sys.stdout.write(
        _("已加入图层“{name}”（{role}）：{count} 个要素").format(name=record.name, role=record.role, count=record.features) + "\n"
    )
    if not record.features:
        _say(_("该图层 0 个要素：等于什么都没有检查，不会被当作“不涉及”。"))
    return OK


def _day_or_refuse(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Refused("“{text}”不是日期；写成 2026-08-15 这样", text=text) from error


def _coverage(asked: str | None) -> Any:
    if asked is None or asked in ("all", "hull"):
        return asked
    from layers.read import read_layer

    return read_layer(Path(asked), "reference").frame.geometry


def run_map(asked: argparse.Namespace) -> int:
    """Draw a map of the workspace."""
    from sanxian.mapping.cli import run

    return run(asked, on=_today(asked), progress=_progress)


def run_style(asked: argparse.Namespace) -> int:
    """Read or write the style of a layer."""
    from sanxian.mapping.style_cli import run

    return run(asked)


def run_statistics(asked: argparse.Namespace) -> int:
    """Areas, shares and overlaps of the workspace's zones."""
    from sanxian.zoning.cli import run

    return run(asked, on=_today(asked))


def run_outlets(asked: argparse.Namespace) -> int:
    """Figures, audit, chain and files of the discharge outlets."""
    from sanxian.outlets.cli import run

    return run(asked, on=_today(asked))


def run_layers(asked: argparse.Namespace) -> int:
    """List what the workspace holds."""
    from layers.workspace import Workspace
    from sanxian.messages import role_words

    if asked.secrecy:
        from sanxian.mapping.sheets.secrecy import mark_layers

        mark_layers(asked.workspace, asked.secrecy)
    if asked.history or asked.coverage:
        with Workspace.open(asked.workspace, readonly=True) as workspace:
            return _print_history(workspace, asked.json) if asked.history else _print_coverage(workspace, asked.json)
    with Workspace.open(asked.workspace, readonly=True) as workspace:
        records = workspace.layers()
    rows = [
        {
            "name": record.name, "role": record.role, "version": record.version, "data_date": _text(record.data_date),
            "features": record.features, "geometry_type": record.geometry_type, "crs": _crs_words(record.crs),
            "coverage": record.coverage, "coverage_from": record.coverage_from,
            "accuracy_m": record.accuracy_m, "accuracy_from": record.accuracy_from,
            "scale": record.scale, "source": record.source, "secrecy": record.secrecy,
            "current": record.current, "sha256": record.sha256, "issues": [_plain_issue(issue) for issue in record.issues],
        }
        for record in records
    ]  # fmt: skip
    if asked.json:
        _print_json(rows)
        return OK
    if not rows:
        sys.stdout.write(_("工作区是空的；用 sanxian add 加入图层。") + "\n")
    for row in rows:
        sys.stdout.write(
            _("{name} · {role} · {features} 个要素 · {crs} · 覆盖范围{coverage} · 精度 {accuracy} · 版本 {version} · {sha}").format(
                name=row["name"], role=role_words(str(row["role"])), features=row["features"], crs=row["crs"],
                coverage=_("按行政区认定（未声明）") if row["coverage_from"] == "admin" and row["role"] != "admin"
                else _("已知") if row["coverage"] == "known" else _("未知"),
                accuracy=_accuracy_words(row["accuracy_m"], row["accuracy_from"], row["scale"]),
                version=row["version"] or _("未注明"), sha=str(row["sha256"])[:12],
            ) + "\n"
        )  # fmt: skip
        if row["secrecy"]:
            from sanxian.mapping.sheets.secrecy import secrecy_words

            sys.stdout.write("    " + _("密级：{mark}").format(mark=secrecy_words(row["secrecy"])) + "\n")
        if not row["current"]:
            sys.stdout.write("    " + _("旧版本，已由新版本取代，不参与研判") + "\n")
        if row["issues"]:
            sys.stdout.write("    " + _("数据问题 {count} 处，用 sanxian check 查看").format(count=len(row["issues"])) + "\n")
    return OK


def _accuracy_words(metres: Any, origin: Any, scale: Any) -> str:
    if metres is None:
        return _("未注明") if scale is None else _("未注明（比例尺 1:{scale}）").format(scale=scale)
    if origin == "scale":
        return _("{m:g} 米（按比例尺 1:{scale}）").format(m=metres, scale=scale)
    return _("{m:g} 米").format(m=metres)


ACTIONS: Mapping[str, str] = {
    "add": N_("加入图层"),
    "replace": N_("换掉图层"),
    "remove": N_("删除图层"),
    "rename": N_("图层改名"),
    "make-current": N_("改用该版本"),
    "describe": N_("修改说明"),
    "edit": N_("修改属性值"),
    "add-raster": N_("加入栅格"),
    "remove-raster": N_("移除栅格"),
    "add-pack": N_("加入规则包"),
    "remove-pack": N_("去掉规则包"),
    "check": N_("检查数据"),
    "mark-finding": N_("处理检查发现"),
    "map": N_("保存字段和取值对应"),
    "undo": N_("撤销"),
    "restore": N_("取回备份"),
}


def _print_history(workspace: Workspace, as_json: bool) -> int:
    entries = workspace.history()
    if as_json:
        _print_json(
            [
                {"at": item.at, "person": item.person, "action": item.action, "subject": item.subject, "details": dict(item.details)}
                for item in entries
            ]
        )
        return OK
    for item in entries:
        details = _("，").join(f"{name}={_history_value(value)}" for name, value in item.details.items())
        sys.stdout.write(
            f"{item.at or _('时间未记')}  {item.person or _('未署名')}  {_(ACTIONS.get(item.action, item.action))}"
            f"  {item.subject or ''}  {details}".rstrip() + "\n"
        )
    if not entries:
        sys.stdout.write(_("还没有历史。") + "\n")
    return OK


def _history_value(value: Any) -> str:
    if isinstance(value, str):
        return value[:12] if len(value) == 64 else value
    return json.dumps(value, ensure_ascii=False)


def _print_coverage(workspace: Workspace, as_json: bool) -> int:
    from layers.ledger import ledger, missing_roles
    from sanxian.messages import role_words

    rows, missing = ledger(workspace), missing_roles(workspace)
    if as_json:
        _print_json(
            {
                "layers": [
                    {
                        "name": row.name, "role": row.role, "version": row.version, "data_date": _text(row.data_date),
                        "accuracy_m": row.accuracy_m, "accuracy_from": row.accuracy_from, "scale": row.scale,
                        "source": row.source, "features": row.features,
                        "coverage": row.stated, "assumed": row.stated == "admin",
                        "extent_share": row.extent_share, "district_share": row.district_share, "covered_m2": row.covered_m2,
                    }
                    for row in rows
                ],
                "missing_roles": missing,
            }
        )  # fmt: skip
        return OK
    stated = {"given": _("已声明"), "admin": _("按行政区认定（未声明）"), "unknown": _("未知")}
    none = _("未注明")
    heads = (_("图层"), _("角色"), _("版本"), _("现势日期"), _("比例尺"), _("精度"), _("要素数"), _("覆盖范围"), _("占辖区"), _("要素分布"))
    table = [
        (
            row.name, role_words(row.role), row.version or none, _text(row.data_date) or none,
            none if row.scale is None else f"1:{row.scale}",
            none if row.accuracy_m is None else _("{m:g} 米").format(m=row.accuracy_m), str(row.features),
            stated[row.stated], _("未知") if row.district_share is None else f"{row.district_share:.1%}",
            "—" if row.extent_share is None else f"{row.extent_share:.1%}",
        )
        for row in rows
    ]  # fmt: skip
    _print_columns(heads, table)
    if missing:
        sys.stdout.write(_("没有图层、哪里都没有查过：{roles}").format(roles=_("、").join(role_words(role) for role in missing)) + "\n")
    return OK


def _print_columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(_width(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    for row in [heads, ["─" * width for width in widths], *rows]:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _crs_words(crs: Any) -> str:
    code = crs.to_epsg() if hasattr(crs, "to_epsg") else None
    return f"EPSG:{code}" if code else str(crs)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _plain_issue(issue: Any) -> Any:
    return issue if isinstance(issue, dict) else {
        "code": issue.code, "row": issue.row, "field": issue.field, "severity": issue.severity,
        "values": {key: _text(value) for key, value in dict(issue.values).items()},
    }  # fmt: skip


def run_check(asked: argparse.Namespace) -> int:
    """Say what is wrong with a workspace or a file; exit 1 where something is."""
    from layers.check import check_layer, check_workspace, finding_words
    from layers.findings import SUFFIXES, export, frame, rows
    from layers.read import read_layer
    from layers.workspace import Workspace, is_workspace

    if not asked.target.exists():
        raise Refused("找不到“{path}”；请检查路径", path=asked.target)
    for path in asked.out:
        if path.suffix.lower() not in SUFFIXES:
            raise Refused("“{file}”的后缀不认识；可用 {known}", file=path.name, known=" ".join(SUFFIXES))
        if not path.resolve().parent.is_dir():
            raise Refused("文件夹“{folder}”不存在；请先建好", folder=path.resolve().parent)
    kept = is_workspace(asked.target)
    if (asked.save or asked.mark) and not kept:
        raise Refused("“{file}”不是工作区，检查发现不能存入", file=asked.target.name)
    if asked.mark:
        return _mark_finding(asked)
    if kept:
        with Workspace.open(asked.target, readonly=not asked.save) as workspace, _progress(_("检查图层")) as step:
            findings = check_workspace(workspace, listed=_listed_units(workspace), progress=step)
            if asked.save:
                workspace.sign(person_of(asked.person), now)
                workspace.save_findings(rows(findings))
            found = _with_status(frame(findings), workspace.findings()) if asked.out else None
    else:
        layer = read_layer(asked.target, asked.role or "reference", crs=asked.crs, encoding=asked.encoding,
                           repair=asked.repair or "tell", elsewhere=asked.elsewhere)  # fmt: skip
        findings = check_layer(layer, asked.role or "reference")
        found = frame(findings) if asked.out else None
    for path in asked.out:
        export(found, path, _)
    wrong = [finding for finding in findings if finding.severity in ("error", "warning")]
    if asked.json:
        _print_json([finding.to_dict(_) for finding in findings])
    else:
        for finding in findings:
            sys.stdout.write(finding_words(finding, _) + "\n")
        if not findings:
            sys.stdout.write(_("没有发现问题。") + "\n")
    return WRONG if wrong else OK


def _listed_units(workspace: Workspace) -> dict[str, str]:
    """Units by code of the access lists that the workspace carries; none where it carries no list."""
    from rules.load import load_files

    listed: dict[str, str] = {}
    for name, files in sorted(workspace.packs().items()):
        for access_list in load_files(name, files).access_lists:
            listed |= {code: str(unit.get("name", "")) for code, unit in access_list.units.items()}
    return listed


def _with_status(found: Any, kept: Any) -> Any:
    """What was found now, with what the workspace keeps of each finding: status, note, person, days."""
    known = {row["key"]: row for row in kept.to_dict("records")}
    for column in ("status", "note", "person", "first_seen", "last_seen"):
        found[column] = [
            known[key][column] if key in known and not (column == "status" and known[key][column] == "fixed") else value
            for key, value in zip(found["key"], found[column], strict=True)
        ]
    return found


def _mark_finding(asked: argparse.Namespace) -> int:
    from layers.workspace import Workspace

    key, equals, status = asked.mark.partition("=")
    if not equals:
        raise Refused("--mark 应写成 KEY=STATUS，而不是“{pair}”", pair=asked.mark)
    with Workspace.open(asked.target) as workspace:
        workspace.sign(person_of(asked.person), now)
        workspace.mark_finding(key, status, note=asked.note)
    sys.stdout.write(_("已记录：{key} {status}").format(key=key, status=status) + "\n")
    return OK


def run_screen(asked: argparse.Namespace) -> int:
    """Judge projects; the exit status tells the worst of them."""
    from dataclasses import replace

    from layers.postgis import is_database
    from layers.workspace import Workspace
    from sanxian.request import load_projects
    from sanxian.screen import rule_set, screen

    everywhere = [path for group in asked.out for path in group]
    outputs = [path for path in everywhere if not is_database(path)]
    databases = [path for path in everywhere if is_database(path)]
    for path in outputs:
        if path.suffix.lower() not in REPORTS:
            raise Refused("“{file}”的后缀不认识；可用 {known}", file=path.name, known=" ".join(REPORTS))
        if not path.resolve().parent.is_dir():
            raise Refused("文件夹“{folder}”不存在；请先建好", folder=path.resolve().parent)
        if path.resolve() in (asked.workspace.resolve(), Path(asked.projects).resolve()):
            raise Refused("成果不能写到工作区或项目文件“{file}”上；请换一个文件名", file=path.name)
    from sanxian.reports.cli import check_asked

    check_asked(asked, outputs)
    if len({path.resolve() for path in outputs}) < len(outputs):
        raise Refused("有两个成果写到同一个文件；请各取一个文件名")
    parameters = _parameters(asked.parameter)
    if databases:
        from sanxian.reports import postgis

        for address in databases:
            postgis.check(address)
    files: list[Any] = []
    left: list[Any] = []
    with Workspace.open(asked.workspace, readonly=True) as workspace:
        rules = rule_set(workspace, asked.rules)
        known = rules.parameters()
        for name in parameters:
            if name not in known:
                raise Refused("没有规则用到距离“{name}”；可用 {known}", name=name, known="、".join(known))
        projects, digest = load_projects(
            asked.projects, workspace, layer=asked.layer, crs=asked.crs, encoding=asked.encoding, doubts=_say_doubts,
            fields=fields_asked(asked.map), values=values_asked(asked.value), repair=asked.repair,
            close_lines=asked.close_lines, elsewhere=asked.elsewhere, read=files.append, leave_out=asked.leave_out_bad_rows,
            lost=left.extend,
        )
        with _progress(_("研判")) as step:
            result = screen(
                workspace, projects, rules, on=_today(asked), projects_sha256=digest, parameters=parameters, progress=step
            )
        result = replace(result, left_out=tuple(left))
        if everywhere or asked.bundle:
            with _bundled(asked, result, projects, workspace, parameters, files) as bundle:
                _write(result, outputs, workspace, rules, databases, form=asked.form, template=asked.template, bundle=bundle,
                       secret=asked.confidential == "include")
            _print_table(result)
        else:
            sys.stdout.write(result.to_json())
    if files and (asked.map or asked.value):
        _remember_for_projects(asked, files[0])
    return exit_status(result)


def _remember_for_projects(asked: argparse.Namespace, found: Any) -> None:
    """Save how the project file was read; the screening stands where that is not possible."""
    from layers.workspace import Workspace, WorkspaceError
    from sanxian.messages import words

    try:
        with Workspace.open(asked.workspace) as workspace:
            workspace.sign(person_of(None), now)
            remember(workspace, found.signature, found.mapping)
    except WorkspaceError as error:
        _say(_("字段对应没有存入工作区：{reason}").format(reason=words(error)))


@contextmanager
def _bundled(
    asked: argparse.Namespace, result: Screening, projects: Sequence[Any], workspace: Workspace,
    parameters: Mapping[str, float], files: Sequence[Any],
) -> Iterator[tuple[Path, Path] | None]:
    """The evidence bundle beside its place, if one is asked for, and its place."""
    if asked.bundle is None:
        yield None
        return
    from sanxian.evidence.bundle import ProjectsSource, write_bundle

    path = Path(asked.projects)
    source = ProjectsSource(layer=str(asked.projects))
    if path.exists():
        source = ProjectsSource(path, options=_as_read(asked, files[0]))
    part = asked.bundle.with_name(f".{asked.bundle.stem}.part{asked.bundle.suffix}")
    try:
        with _progress(_("制作证据包")) as step:
            digest = write_bundle(
                part, result, projects, workspace, folders=asked.rules, parameters=parameters, source=source,
                confidential=asked.confidential, language=i18n.language(), progress=step,
            )  # fmt: skip
        yield part, asked.bundle
        _say(_("证据包 {path}，清单摘要（SHA-256）{sha256}").format(path=asked.bundle, sha256=digest))
    finally:
        part.unlink(missing_ok=True)


def _as_read(asked: argparse.Namespace, found: Any) -> dict[str, Any]:
    """How the project file was read, what the workspace remembers of such files included: enough to read it again."""
    recalled = next((issue.values["encoding"] for issue in found.issues if issue.code == "encoding-remembered"), None)
    mapping = found.mapping.to_dict() if found.mapping is not None else {}
    return {
        "layer": asked.layer, "crs": asked.crs, "encoding": asked.encoding or recalled, "repair": asked.repair,
        "close_lines": asked.close_lines, "elsewhere": asked.elsewhere, "fields": mapping.get("fields"), "values": mapping.get("values"),
        "leave_out": asked.leave_out_bad_rows,
    }  # fmt: skip


def run_verify(asked: argparse.Namespace) -> int:
    """Do the screening of an evidence bundle again; exit 1 where something differs."""
    from sanxian.evidence.cli import verify

    return verify(asked, _progress)


def run_sign(asked: argparse.Namespace) -> int:
    """Sign an evidence bundle."""
    from sanxian.evidence.cli import sign

    return sign(asked)


def _say_doubts(issues: Sequence[Any]) -> None:
    from sanxian.messages import issue_words

    for issue in issues:
        if issue.severity != "info" or issue.code in ("mapping-used", "encoding-remembered", "source-to-ask", "crs-from-column"):
            _say(issue_words(issue))


def run_batch(asked: argparse.Namespace) -> int:
    """Judge very many projects, and say how many of each verdict there are."""
    from layers.workspace import Workspace
    from sanxian import batch
    from sanxian.messages import law_words, left_out_words, verdict_words

    parameters = _parameters(asked.parameter)
    files: list[Any] = []
    with Workspace.open(asked.workspace, readonly=True) as workspace, _progress(_("批量研判")) as step:
        done = batch.run_batch(
            workspace, asked.projects, asked.out, on=_today(asked), rules=asked.rules, parameters=parameters,
            jobs=asked.jobs, explain=asked.explain, layer=asked.layer, crs=asked.crs, encoding=asked.encoding,
            fields=fields_asked(asked.map), values=values_asked(asked.value), elsewhere=asked.elsewhere,
            scheduler=asked.scheduler, progress=step, doubts=_say_doubts, leave_out=asked.leave_out_bad_rows,
            read=files.append,
        )  # fmt: skip
    if files and (asked.map or asked.value):
        _remember_for_projects(asked, files[0])
    _say_doubts(done.doubts)
    parts = "，".join(f"{verdict_words(name)} {count}" for name, count in done.verdicts.items())
    sys.stdout.write(_("{count} 个项目：{parts}").format(count=done.projects, parts=parts) + "\n")
    if done.failed:
        sys.stdout.write(_("其中 {count} 个无法量算，原因见 error 列。").format(count=done.failed) + "\n")
    if done.left_out:
        sys.stdout.write(left_out_words(done.left_out) + "\n")
    if done.law_from is not None:
        sys.stdout.write(law_words(done.law_from) + "\n")
    if done.alone and not asked.explain:
        sys.stdout.write(_("其中 {count} 个成批算不定，已逐个研判。").format(count=done.alone) + "\n")
    sys.stdout.write(_("成果：{path}").format(path=asked.out) + "\n")
    return OK


def run_zonal(asked: argparse.Namespace) -> int:
    """What a raster says within zones."""
    from sanxian.rasters import run

    return run(asked)


def _parameters(pairs: Sequence[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        try:
            metres = float(value)
        except ValueError:
            metres = -1.0
        if not equals or not name or not 0 < metres < 1e6:
            raise Refused("--parameter 应写成 NAME=米数，而不是“{pair}”", pair=pair)
        found[name] = metres
    return found


def run_override(asked: argparse.Namespace) -> int:
    """List people's decisions, or put one on the record."""
    from layers.workspace import Workspace
    from rules.model import Verdict
    from sanxian.overrides import Override

    if asked.project is None:
        with Workspace.open(asked.workspace, readonly=True) as workspace:
            _print_json(workspace.state("overrides", []) or [])
        return OK
    if not asked.expires:
        raise Refused("人工复核要写明失效日期 --expires")
    role, _dot, fid = (asked.exclude or "").rpartition(":")
    if asked.exclude and not fid.isdigit():
        raise Refused("--exclude 应写成 ROLE:要素编号，而不是“{text}”", text=asked.exclude)
    made = Override(
        asked.project, asked.rule or "", Verdict(asked.outcome) if asked.outcome else None, asked.reason or "",
        asked.person or "", _today(asked), asked.expires, asked.attachment or "", role, int(fid) if fid else None,
    )  # fmt: skip
    with Workspace.open(asked.workspace) as workspace:
        _must_exist(workspace, made)
        made = replace(made, seen=_seen(workspace, made, asked.projects))
        workspace.set_state("overrides", [*(workspace.state("overrides", []) or []), made.to_dict()])
    sys.stdout.write(_("已记录人工复核。") + "\n")
    if not made.remembered:
        if made.seen is None or not made.seen.outline:
            _say(_("工作区里没有编号为 {id} 的项目，或者不止一个：没有记下复核时的用地，用地以后移动或改了形状，复核照样起作用。"
                   "用 --projects 给出项目所在的文件即可记下。").format(id=made.project))
        else:
            _say(_("程序在作出日没有这条规则的判定，没有记下复核时的程序结论。"))
    return OK


def _seen(workspace: Workspace, made: Override, source: str | None) -> Seen | None:
    """What there is to see now of what a decision is about.

    Raises:
        Refused: The project is not in the file that was given.
    """
    from sanxian.request import RequestError, load_projects
    from sanxian.screen import Screener, rule_set
    from sanxian.seen import features_at, record

    found: list[Project] = []
    for name in [source] if source else [layer.name for layer in workspace.by_role("project_site")]:
        try:
            found += [one for one in load_projects(name, workspace)[0] if one.id == made.project]
        except RequestError:
            if source:
                raise
    if source and len(found) != 1:
        raise Refused("“{file}”里没有编号为 {id} 的项目", file=source, id=made.project)
    project = found[0] if len(found) == 1 else None
    geometry, crs = (project.geometry, project.crs) if project is not None else (None, "")
    features = () if made.feature_id is None else features_at(workspace, made.layer, made.feature_id, geometry, crs)
    outcomes = ()
    if made.rule and project is not None:
        outcomes = Screener(workspace, rule_set(workspace), on=made.made_on).screen_one(project).outcomes
    return record(geometry, crs, made.rule, outcomes, features, workspace)


def _must_exist(workspace: Workspace, made: Any) -> None:
    """Refuse a decision on a rule or a feature that is not there."""
    from sanxian.screen import rule_set

    if made.rule and made.rule not in {rule.id for rule in rule_set(workspace).rules}:
        raise Refused("没有 id 为“{id}”的规则；用 sanxian rules list 查看", id=made.rule)
    if made.layer:
        found = any(
            "fid" in frame and made.feature_id in set(frame["fid"])
            for frame in (workspace.read(record.name) for record in workspace.by_role(made.layer))
        )
        if not found:
            raise Refused("工作区的“{role}”图层中没有编号为 {fid} 的要素", role=made.layer, fid=made.feature_id)


def exit_status(result: Screening) -> int:
    """0 all permitted or advisory · 1 one prohibited, restricted or conditional · 3 else one undetermined or left out."""
    verdicts = {str(project.verdict) for project in result.projects}
    if verdicts & {"prohibited", "restricted", "conditional"}:
        return WRONG
    return UNDETERMINED if "undetermined" in verdicts or result.left_out else OK


def _write(
    result: Screening, outputs: Sequence[Path], workspace: Workspace, rules: RuleSet, databases: Sequence[Path] = (), *,
    form: str = "auto", template: Path | None = None, bundle: tuple[Path, Path] | None = None, secret: bool = False,
) -> list[Path]:
    """Write every output, or none: each is made beside its place and moved there when all are done.

    Databases come last of what can fail; each is one transaction.
    """
    from sanxian.reports import write_report

    made: list[tuple[Path, Path]] = []
    try:
        for path in outputs:
            part = path.with_name(f".{path.stem}.part{path.suffix}")
            made.append((part, path))
            if path.suffix.lower() == ".json":
                part.write_text(result.to_json(), encoding="utf-8")
            else:
                write_report(
                    result, part, workspace=workspace, ruleset=rules, language=i18n.language(), form=form,
                    template=template if path.suffix.lower() == ".docx" else None, secret=secret,
                )  # fmt: skip
        if bundle is not None:
            made.append(bundle)
        if databases:
            from sanxian.reports import postgis

            for address in databases:
                postgis.write(result, address)
        for part, path in made:
            os.replace(part, path)
    finally:
        for part, _path in made:
            part.unlink(missing_ok=True)
    return [path for _part, path in made]


def run_rules_list(asked: argparse.Namespace) -> int:
    """List the rules in force on a day."""
    from sanxian.messages import basis_words, force_words
    from sanxian.screen import rule_set

    rules = rule_set(None, asked.rules)
    day = _today(asked)
    rows = []
    for rule in rules.on(day).rules:
        version = rule.on(day)
        assert version is not None
        cited = [basis for basis in version.basis if rules.documents[basis.document].status(day) == "in_force"]
        rows.append((rule, version, cited))
    if asked.json:
        _print_json(
            [
                {
                    "id": rule.id, "title": dict(rule.title), "dimension": str(rule.dimension), "force": str(rule.force),
                    "outcome": str(version.outcome), "place": rule.place.level, "in_force_from": version.in_force_from.isoformat(),
                    "in_force_until": version.in_force_until.isoformat() if version.in_force_until else None,
                    "confidence": str(version.confidence), "verified_on": version.verified_on.isoformat(),
                    "basis": [{"document": item.document, "article": item.article} for item in cited],
                }
                for rule, version, cited in rows
            ]
        )  # fmt: skip
        return OK
    for rule, _version, cited in rows:
        basis = _("；").join(basis_words(item, rules.documents) for item in cited)
        sys.stdout.write(f"{rule.id}\t[{force_words(rule.force)}] {i18n.pick(rule.title)}\t{basis}\n")
    sys.stdout.write(_("{day} 施行的规则 {count} 条").format(day=day, count=len(rows)) + "\n")
    return OK


def run_rules_show(asked: argparse.Namespace) -> int:
    """Show one rule through time."""
    from sanxian.messages import basis_words, dimension_words, force_words, verdict_words
    from sanxian.rulebook import condition_words
    from sanxian.screen import rule_set

    rules = rule_set(None, asked.rules)
    rule = next((item for item in rules.rules if item.id == asked.id), None)
    if rule is None:
        raise Refused("没有 id 为“{id}”的规则；用 sanxian rules list 查看", id=asked.id)
    if asked.json:
        from dataclasses import asdict

        _print_json(json.loads(json.dumps(asdict(rule), default=str, ensure_ascii=False)))
        return OK
    write = sys.stdout.write
    write(f"{rule.id}\n{i18n.pick(rule.title)}\n{dimension_words(rule.dimension)} · {force_words(rule.force)}\n")
    for version in rule.versions:
        until = version.in_force_until.isoformat() if version.in_force_until else _("至今")
        period = f"{version.in_force_from} — {until}"
        write("\n" + _("{name}：{words}").format(name=period, words=verdict_words(version.outcome)) + "\n")
        write("  " + _("项目：{words}").format(words=condition_words(version.project)) + "\n")
        write("  " + _("位置：{words}").format(words=condition_words(version.spatial)) + "\n")
        for basis in version.basis:
            write("  " + _("依据：{basis}").format(basis=basis_words(basis, rules.documents)) + "\n")
        for special in version.exceptions:
            write("  " + _("例外：{title}").format(title=i18n.pick(special.title)) + f" → {verdict_words(special.outcome)}\n")
        for special in version.branches:
            write("  " + _("情形：{title}").format(title=i18n.pick(special.title)) + f" → {verdict_words(special.outcome)}\n")
        for document in version.documents:
            write("  " + _("所需文件：{words}").format(words=i18n.pick(document)) + "\n")
        if version.note:
            write("  " + _("说明：{words}").format(words=i18n.pick(version.note)) + "\n")
        write("  " + _("核验日期 {day}").format(day=version.verified_on) + "\n")
    return OK


def run_rules_check(asked: argparse.Namespace) -> int:
    """Lint a pack, or the built-in rules; exit 1 where something is wrong."""
    from rules.check import check_files, check_pack
    from rules.load import load_builtin
    from sanxian.rulebook import finding_words, findings_json, vocabulary

    builtin = load_builtin()
    known = {key: document for pack in builtin for key, document in pack.documents.items()}
    taken = frozenset(rule.id for pack in builtin for rule in pack.rules)
    day, words = _today(asked), vocabulary()
    folders = [*([asked.folder] if asked.folder else []), *asked.rules]
    if folders:
        findings = []
        for folder in folders:
            if not folder.is_dir():
                raise Refused("规则包“{folder}”不是文件夹；请给出含 .toml 文件的文件夹", folder=folder)
            files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.toml"))}
            if not files:
                raise Refused("规则包“{folder}”中没有 .toml 文件", folder=folder)
            findings += check_files(files, on=day, vocabulary=words, known=known, taken=taken)
    else:
        findings = [item for pack in builtin for item in check_pack(pack, on=day, vocabulary=words, known=known)]
    if asked.json:
        _print_json(findings_json(findings))
    else:
        for finding in findings:
            sys.stdout.write(finding_words(finding) + "\n")
        if not findings:
            sys.stdout.write(_("没有发现问题。") + "\n")
    return WRONG if findings else OK


def run_rules_diff(asked: argparse.Namespace) -> int:
    """Say in words what changed between two packs."""
    from rules.diff import diff
    from rules.load import load_builtin, load_pack
    from rules.ruleset import RuleSet
    from sanxian.rulebook import change_words, list_changes

    known = {key: document for pack in load_builtin() for key, document in pack.documents.items()}

    def read(folder: Path) -> RuleSet:
        pack = load_pack(folder)
        own = pack.documents
        return RuleSet(pack.rules, pack.access_lists, {**known, **own}, pack.sha256)

    old, new = read(asked.old), read(asked.new)
    changes = diff(old, new) + list_changes(old, new)
    if asked.json:
        _print_json(
            [
                {"kind": item.kind, "subject": item.subject, "what": item.what, "values": dict(item.values), "message": change_words(item)}
                for item in changes
            ]
        )
    else:
        for change in changes:
            sys.stdout.write(change_words(change) + "\n")
        if not changes:
            sys.stdout.write(_("没有差别。") + "\n")
    return OK


def run_rules_import(asked: argparse.Namespace) -> int:
    """Read a published access list clause by clause and write it as a pack."""
    from sanxian.access_list import import_list, to_json, write_pack

    if not asked.file.exists():
        raise Refused("找不到“{path}”；请检查路径", path=asked.file)
    imported = import_list(asked.file, title=asked.title, in_force_from=asked.in_force_from)
    write_pack(imported, asked.out)
    _say_issues(imported.issues)
    found = to_json(imported)
    if asked.json:
        _print_json(found)
    else:
        sys.stdout.write(
            _("{units} 个单元，{clauses} 条条款：机读待核 {machine_read} 条，人工判定 {manual} 条").format(**found) + "\n"
        )
        sys.stdout.write(_("规则包：{path}").format(path=asked.out) + "\n")
    return OK


def _say_issues(issues: Sequence[Any]) -> None:
    """Doubts that a person should look at; the first twenty of them, and how many more there are."""
    told = [issue for issue in issues if issue.severity != "info"]
    for issue in told[:20]:
        _say(issue.words)
    if len(told) > 20:
        _say(_("另有 {count} 处同类提示").format(count=len(told) - 20))


def run_rules_review(asked: argparse.Namespace) -> int:
    """Write the review table of a pack's access list, or read a filled one back into the pack."""
    from rules.load import load_pack
    from sanxian.access_list import export_review, import_review, write_pack

    if bool(asked.write) == bool(asked.read):
        raise Refused("请给出 --write 或 --read 之一")
    pack = load_pack(asked.folder)
    if len(pack.access_lists) != 1:
        raise Refused("“{folder}”中应有且只有一份准入清单，实有 {count} 份", folder=asked.folder, count=len(pack.access_lists))
    if asked.write:
        export_review(pack.access_lists[0], asked.write)
        sys.stdout.write(_("核定表：{path}").format(path=asked.write) + "\n")
        return OK
    reviewed = import_review(pack.access_lists[0], asked.read, today=_today(asked))
    _say_issues(reviewed.issues)
    write_pack(reviewed.access_list, asked.folder, documents=pack.documents.values())
    states = [clause.status for clause in reviewed.access_list.clauses]
    sys.stdout.write(
        _("已写回规则包：已核 {confirmed} 条，机读待核 {machine_read} 条，人工判定 {manual} 条").format(
            confirmed=states.count("confirmed"), machine_read=states.count("machine_read"), manual=states.count("manual")
        )
        + "\n"
    )
    return OK


# ---------------------------------------------------------------------------------------------------- printing


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def _print_table(result: Screening) -> None:
    from sanxian.messages import law_words, left_out_words, reviewed_verdict

    rows = [(project.id, project.name, _("；").join(reviewed_verdict(project))) for project in result.projects]
    heads = (_("编号"), _("项目"), _("结论"))
    widths = [max(_width(row[column]) for row in [heads, *rows]) for column in range(3)]
    for row in [heads, tuple("─" * width for width in widths), *rows]:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")
    if result.left_out:
        sys.stdout.write(left_out_words(result.left_out) + "\n")
    if not result.law_complete:
        sys.stdout.write(law_words(result.complete_from) + "\n")
    sys.stdout.write(_("判定基准日 {day}；初筛结论，不代替行政许可。").format(day=result.on) + "\n")


def _width(text: str) -> int:
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], bool]]:
    """Progress on a terminal; Ctrl-C stops at the next step."""
    shown = sys.stderr.isatty()
    stopped = False

    def stop(_signal: int, _frame: Any) -> None:
        nonlocal stopped
        if stopped:
            raise KeyboardInterrupt
        stopped = True

    try:
        before = signal.signal(signal.SIGINT, stop)
    except ValueError:  # not the main thread, as in some tests
        before = None

    def step(done: int, total: int) -> bool:
        if stopped:
            raise KeyboardInterrupt
        if shown:
            sys.stderr.write(f"\r{what} {done}/{total} ")
            sys.stderr.flush()
        return True

    try:
        yield step
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
        if shown:
            sys.stderr.write("\r\033[K")

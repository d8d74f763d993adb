"""``sanxian map WORKSPACE --out FILE(.pdf|.svg|.png|.tif)``: print sheets and atlases from the command line."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanxian.i18n import N_, _
from sanxian.mapping.sheets.errors import SheetError

if TYPE_CHECKING:
    from layers.workspace import Workspace
    from sanxian.mapping.sheets.build import Place, Request, Sheet
    from sanxian.mapping.sheets.checks import Finding
    from sanxian.mapping.sheets.content import Source
    from sanxian.mapping.sheets.template import Template

SUFFIXES = (".pdf", ".svg", ".png", ".tif", ".tiff")
SHEETS = ("A4", "A3", "A2", "A1", "A0")
SHOWN = ("title", "neat_line", "graticule", "kilometre_grid", "north_arrow", "scale_bar", "legend", "inset", "units", "crs",
         "sources", "credits", "notes", "labels")  # fmt: skip
OK, WRONG = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that only print sheets have."""
    parser.add_argument("--template", default="zoning", metavar="NAME|FILE",
                        help=_("图面模板：zoning、outlets、project、plain，工作区里存的，或 .toml 文件"))
    parser.add_argument("--save-template", metavar="FILE.toml|NAME", help=_("把这次的图面存为模板：.toml 文件，或工作区里的名称"))
    parser.add_argument("--sheet", choices=SHEETS, help=_("幅面（默认按模板）"))
    parser.add_argument("--orientation", choices=("landscape", "portrait"), help=_("横放或竖放（默认按模板）"))
    parser.add_argument("--scale", type=_scale, metavar="50000", help=_("比例尺分母，也可写 1:50000 或 5万（默认取能容下全图的）"))
    parser.add_argument("--crs", help=_("图面坐标系，如 EPSG:4548（默认取范围中央的 3° 带）"))
    parser.add_argument("--layers", type=_list, default=[], metavar="A,B", help=_("只画这些图层：名称或角色，用逗号隔开（默认按模板）"))
    parser.add_argument("--subtitle", help=_("副图名"))
    parser.add_argument("--notes", help=_("说明文字"))
    parser.add_argument("--show", type=_elements, default=[], metavar="A,B", help=_("打开图面要素：{names}").format(names="、".join(SHOWN)))
    parser.add_argument("--hide", type=_elements, default=[], metavar="A,B", help=_("关闭图面要素"))
    parser.add_argument("--grid", choices=("none", "crosses", "lines", "ticks"), help=_("公里网的画法：不画、十字、网线、只画图廓短线"))
    parser.add_argument("--palette", choices=("official", "safe"), help=_("配色：official 常用色 · safe 色弱友好"))
    parser.add_argument("--hatch", action="store_true", help=_("给仅靠颜色区分的面状类别加晕线"))
    parser.add_argument("--atlas", metavar="LAYER|FILE", help=_("图集：这个图层（名称或角色，或一个项目文件）的每个要素一幅"))
    parser.add_argument("--atlas-field", metavar="FIELD", help=_("图集各幅的文件名取自这个字段（默认编码，没有则名称）"))
    parser.add_argument("--only", type=_list, default=[], metavar="A,B", help=_("图集只出这些：编码、名称或文件名"))
    parser.add_argument("--book", action="store_true", help=_("图集合订为一个多页 PDF"))
    parser.add_argument("--secret-layers", choices=("refuse", "omit", "generalise"), default="refuse",
                        help=_("秘密级及以上的图层：refuse 拒绝出图 · omit 不画 · generalise 概略表示"))
    parser.add_argument("--generalise-m", type=_metres, default=500.0, metavar="M", help=_("概略表示的网格，米（默认 500）"))
    parser.add_argument("--dpi", type=_dpi, default=300, help=_("PNG、TIFF 的分辨率（默认 300）"))
    parser.add_argument("--check", action="store_true", help=_("只做出图前检查，不写文件；有错误或警告时退出码为 1"))
    parser.add_argument("--strict", action="store_true", help=_("有警告也不出图"))
    parser.add_argument("--json", action="store_true", help=_("检查结果输出为 JSON"))


def _scale(text: str) -> float:
    from sanxian.mapping.sheets.grid import read_scale

    found = read_scale(text)
    if found is None:
        raise argparse.ArgumentTypeError(_("“{text}”不是比例尺；写成 50000、1:50000 或 5万").format(text=text))
    return found


def _list(text: str) -> list[str]:
    return [one.strip() for one in text.replace("，", ",").split(",") if one.strip()]


def _elements(text: str) -> list[str]:
    found = _list(text)
    for one in found:
        if one not in SHOWN:
            raise argparse.ArgumentTypeError(_("图面上没有“{key}”这个要素；有：{known}").format(key=one, known="、".join(SHOWN)))
    return found


def _metres(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 10 <= found <= 100_000:
        raise argparse.ArgumentTypeError(_("“{text}”应是 10 到 100000 之间的米数").format(text=text))
    return found


def _dpi(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 50 <= int(text) <= 1200:
        raise argparse.ArgumentTypeError(_("“{text}”应是 50 到 1200 之间的整数").format(text=text))
    return int(text)


def painter() -> Any:
    """What writes sheets: ``gui.sheet.export``, which alone knows Qt.

    Raises:
        SheetError: PyQt5 or a system library of it is missing.
    """
    from importlib import import_module

    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")) and sys.platform.startswith("linux"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        return import_module("gui.sheet.export")
    except ImportError as error:
        raise SheetError(N_("出 PDF、SVG 和 PNG 图要用 PyQt5，这里没有装好（{error}）；请运行 pip install PyQt5"), error=error) from error


def write(workspace: Workspace, path: Path, asked: argparse.Namespace, on: date) -> int:
    """Write the sheet, or the atlas, that was asked for.

    Returns:
        0 done; 1 the checks found something that keeps a sheet from being written.

    Raises:
        SheetError: Wrong use.
    """
    from sanxian.mapping.sheets import build, content

    template = template_of(asked, workspace)
    if asked.save_template:
        _save(template, asked.save_template, workspace)
    sources = build.sources_of(workspace, asked.layers or template.layers, on=on)
    if not asked.layers and not sources:
        sources = build.sources_of(workspace, on=on)
    request = build.Request(template, on, asked.scale, _extent(asked, workspace), _crs(asked.crs), asked.secret_layers, asked.generalise_m)
    assert request.secrecy in content.HANDLINGS
    out = painter()
    if not asked.atlas:
        return _finish(_one(sources, request, path, asked, on, out), asked)
    pages, subject = _pages(asked, workspace)
    if not any(source.id == subject.id for source in sources) and subject.role != "admin":
        sources = build.order([*sources, subject])
    return _finish(_atlas(sources, request, pages, path, asked, on, out), asked)


def template_of(asked: argparse.Namespace, workspace: Any) -> Template:
    """The template with what else was said on the command line."""
    from sanxian.mapping.sheets.template import find

    template = find(asked.template, workspace)
    words = {"title": asked.title, "subtitle": asked.subtitle, "producer": asked.maker, "approval": asked.approval,
             "classification": asked.secrecy, "notes": asked.notes}
    template = template.with_fields(**words).with_elements({**dict.fromkeys(asked.show, True), **dict.fromkeys(asked.hide, False)})
    return replace(
        template, size=asked.sheet or template.size, orientation=asked.orientation or template.orientation,
        palette=asked.palette or template.palette, hatch=asked.hatch or template.hatch,
        kilometre_grid=asked.grid or template.kilometre_grid, scale=int(asked.scale) if asked.scale else template.scale,
        layers=template.layers,
    )  # fmt: skip


def _save(template: Template, where: str, workspace: Workspace) -> None:
    from sanxian.mapping.sheets.files import written
    from sanxian.mapping.sheets.template import from_dict, keep

    if where.lower().endswith(".toml"):
        path = Path(where)
        named = from_dict({**template.to_dict(), "id": path.stem}, path.name)
        with written(path) as part:
            part.write_text(named.to_toml(), encoding="utf-8")
        return
    named = from_dict({**template.to_dict(), "id": where}, where)
    from layers.workspace import Workspace as Open

    with Open.open(workspace.path) as writable:
        keep(writable, named)


def _extent(asked: argparse.Namespace, workspace: Workspace) -> tuple[float, float, float, float] | None:
    if not asked.extent:
        return None
    text = str(asked.extent).replace("，", ",")
    parts = text.split(",")
    if len(parts) == 4:
        try:
            west, south, east, north = (float(part) for part in parts)
        except ValueError:
            west = south = east = north = float("nan")
        if -180 <= west < east <= 180 and -89 <= south < north <= 89:
            return west, south, east, north
    elif any(record.name == text for record in workspace.layers()):
        from sanxian.mapping.sheets.build import lonlat_box

        frame = workspace.read(text)
        if len(frame):
            return lonlat_box(frame.total_bounds, frame.crs)
    raise SheetError(N_("范围应写成“西,南,东,北”四个经纬度（度），或一个图层的名称，而不是“{text}”"), text=asked.extent)


def _crs(text: str | None) -> Any:
    if not text:
        return None
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise SheetError(N_("不认识坐标系“{text}”；写成 EPSG:4548 这样"), text=text) from error


def _pages(asked: argparse.Namespace, workspace: Workspace) -> tuple[list[Place], Source]:
    """The pages of the atlas, and the layer that they come from."""
    from sanxian.mapping.sheets import atlas, build, content

    records = [record for record in workspace.layers() if record.name == asked.atlas]
    records = records or [record for record in workspace.by_role(asked.atlas) if record.features]
    if records:
        subject = build.source_of(records[0], workspace.read(records[0].name))
    elif Path(asked.atlas).is_file():
        import geopandas

        from sanxian.request import load_projects

        projects = load_projects(Path(asked.atlas))[0]
        series = [geopandas.GeoSeries([project.geometry], crs=project.crs).to_crs(4490)[0] for project in projects]
        table = {"id": [project.id for project in projects], "name": [project.name for project in projects]}
        stem = Path(asked.atlas).stem
        subject = content.Source(stem, stem, "project_site", geopandas.GeoDataFrame(table, geometry=series, crs=4490))
    else:
        known = "、".join(record.name for record in workspace.layers())
        raise SheetError(N_("工作区里没有图层“{name}”，也没有这个文件；有：{known}"), name=asked.atlas, known=known)
    places = atlas.places(subject.frame, subject.role, subject.name, field=asked.atlas_field, secrecy=subject.secrecy)
    pages = atlas.choose(places, asked.only)
    if not pages:
        raise SheetError(N_("图层“{name}”里没有 {only} 所指的要素"), name=subject.name, only="、".join(asked.only))
    return pages, subject


def _one(sources: Sequence[Source], request: Request, path: Path, asked: argparse.Namespace, on: date,
         out: Any) -> list[tuple[str, Finding]]:
    from sanxian.mapping.sheets import build

    sheet = build.build(sources, request)
    findings, content = _painted(sheet, path.suffix, asked, on, out)
    if content is not None:
        out.put(sheet, content, path, dpi=asked.dpi)
        _say(path)
    return [("", finding) for finding in findings]


def _painted(sheet: Sheet, suffix: str, asked: argparse.Namespace, on: date, out: Any) -> tuple[list[Finding], bytes | None]:
    """Every finding of a sheet, and its file where it may leave the house; painted once."""
    from sanxian.mapping.sheets import checks

    found = checks.before(sheet)
    content = None
    if asked.check or not _go(found, asked):
        _image, drawn = out.picture(sheet, dpi=60)
    else:
        content, (drawn,) = out.render([sheet], suffix, on=on, dpi=asked.dpi)
    found += checks.after(sheet, drawn, out.measured_bar_mm(sheet, drawn))
    return found, content if _go(found, asked) else None


def _say(path: Path) -> None:
    sys.stdout.write(_("成果：{path}").format(path=path) + "\n")


def _atlas(sources: Sequence[Source], request: Request, pages: Sequence[Place], path: Path, asked: argparse.Namespace, on: date,
           out: Any) -> list[tuple[str, Finding]]:
    from sanxian.mapping.sheets import build

    found: list[tuple[str, Finding]] = []
    sheets = []
    with _progress(len(pages)) as step:
        for number, place in enumerate(pages):
            step(number)
            sheet = build.build(sources, replace(request, place=place))
            findings, content = _painted(sheet, path.suffix, asked, on, out)
            found += [(place.file, finding) for finding in findings]
            if content is not None and asked.book:
                sheets.append(sheet)
            elif content is not None:
                page = path.with_name(f"{path.stem}-{place.file}{path.suffix}")
                out.put(sheet, content, page, dpi=asked.dpi)
                _say(page)
    if sheets and len(sheets) == len(pages):
        out.put(sheets[0], out.render(sheets, path.suffix, on=on, dpi=asked.dpi)[0], path)
        _say(path)
    return found


def _go(findings: Sequence[Finding], asked: argparse.Namespace) -> bool:
    from sanxian.mapping.sheets import checks

    severity = checks.worst(findings)
    return not asked.check and severity != checks.ERROR and not (asked.strict and severity == checks.WARNING)


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    shown = sys.stderr.isatty()

    def step(done: int) -> None:
        if shown:
            sys.stderr.write(f"\r{_('出图')} {done}/{total} ")
            sys.stderr.flush()

    try:
        yield step
    finally:
        if shown:
            sys.stderr.write("\r\033[K")


def _finish(found: Sequence[tuple[str, Finding]], asked: argparse.Namespace) -> int:
    """Tell the findings, each once and on how many sheets; the exit status."""
    from sanxian.mapping.sheets import checks

    if asked.json:
        rows = [{**finding.to_dict(), **({"sheet": name} if name else {})} for name, finding in found]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    else:
        told: dict[tuple[str, str, str], int] = {}
        for _name, finding in found:
            key = (finding.severity, finding.words, finding.fix_words)
            told[key] = told.get(key, 0) + 1
        marks = {checks.ERROR: _("错误"), checks.WARNING: _("警告"), checks.NOTE: _("附注")}
        for severity in (checks.ERROR, checks.WARNING, checks.NOTE):
            for (kind, words, fix), count in told.items():
                if kind == severity:
                    text = _("{mark}：{words}{fix}").format(mark=marks[kind], words=words, fix=fix)
                    sys.stderr.write(text + (_("（{count} 幅）").format(count=count) if count > 1 else "") + "\n")
    severity = checks.worst([finding for _name, finding in found])
    wrong = severity == checks.ERROR or (severity == checks.WARNING and (asked.check or asked.strict))
    if severity == checks.ERROR and not asked.check:
        sys.stderr.write(_("有错误的图没有写出。") + "\n")
    return WRONG if wrong else OK

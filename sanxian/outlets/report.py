"""One report on the outlets of a workspace: figures with their denominators, banks, targets, water, what is late and what is wrong.

PDF and Word from one list of blocks; the same workspace and day give the same bytes.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanxian import __version__, assets
from sanxian.i18n import _
from sanxian.outlets import stages
from sanxian.outlets.coverage import Summary, group_words
from sanxian.outlets.errors import OutletError
from sanxian.outlets.findings import Finding, kind_words, severity_words
from sanxian.outlets.layers import REACH_WORDS, STAGE_LOOKS, mark
from sanxian.outlets.water import CLASSES, Quality, item_words

if TYPE_CHECKING:
    from layers.workspace import Workspace

FORMATS = (".pdf", ".docx")
_WIDTH_MM = 170.0


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the report.

    Attributes:
        kind: ``heading``, ``text``, ``table`` or ``chart``.
        widths: Of columns, in millimetres; together 170.
        image: PNG of a chart; ``ratio`` is its height over its width.
    """

    kind: str
    text: str = ""
    level: int = 1
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    widths: tuple[float, ...] = ()
    image: bytes = b""
    ratio: float = 0.5


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported."""

    title: str
    on: date
    blocks: tuple[Block, ...] = field(default=())


def gather(workspace: Workspace, *, on: date, by: str | None = "river", scope: str = "layer") -> Report:
    """Everything that the report of a workspace says on a day."""
    from sanxian.outlets import audit, coverage, register, water

    outlets = register.read_register(workspace)
    if not outlets:
        raise OutletError("工作区没有入河排污口图层，没有可报告的内容")
    sources = coverage.read_sources(workspace, outlets)
    summary = sources.summary(on=on, by=by, scope=scope)
    through = sources.progress(on=on, scope=scope)
    tracks = stages.tracks_of(outlets, stages.read_tracks(workspace), on=on)
    done = stages.done_rule(outlets)
    findings = audit.audit_workspace(workspace, on=on, outlets=outlets)
    quality = water.load(workspace, on=on)
    late = [
        (
            outlet.id,
            outlet.name,
            str(outlet.get("due") or ""),
            _(stages.STAGE_WORDS[stage]) if (stage := track.stage(on)) else "",
        )
        for outlet, track in zip(outlets, tracks, strict=True)
        if stages.overdue(outlet, on, done)
    ]
    counts = Counter(str(track.stage(on) or "unknown") for track in tracks)
    return compose(summary, through, counts, late, findings, quality, on=on)


def compose(
    summary: Summary,
    through: Sequence[Summary],
    stage_counts: Counter[str],
    late: Sequence[tuple[str, str, str, str]],
    findings: Sequence[Finding],
    quality: Quality,
    *,
    on: date,
) -> Report:
    """The blocks of the report."""
    title = _("入河排污口排查整治情况报告")
    blocks = [
        Block("heading", _("总体指标")),
        Block(
            "text",
            _("统计日 {day}，台账排污口 {count} 个；无需整治 {none} 个，已取缔或合并 {merged} 个。").format(
                day=on, count=summary.outlets, none=summary.no_need, merged=summary.merged
            ),
        ),
        _figures([row for row in summary.rows if row.group == "all"]),
        Block(
            "chart",
            _("图 {number}  {title}").format(number=1, title=_("各项指标（竖线为目标）")),
            image=(bars := bars_png(summary)),
            ratio=_ratio(bars),
        ),
    ]
    if len(through) > 1:
        lines = lines_png(through)
        blocks.append(
            Block(
                "chart",
                _("图 {number}  {title}").format(number=2, title=_("逐季进展")),
                image=lines,
                ratio=_ratio(lines),
            )
        )
    blocks.append(Block("heading", _("办理环节")))
    rows = [
        (f"{mark(key)}", _(stages.STAGE_WORDS[key]) if key in stages.STAGE_WORDS else _("未知"), str(stage_counts[key]))
        for key in STAGE_LOOKS
        if stage_counts[key]
    ]
    blocks.append(Block("table", heads=(_("标记"), _("办理环节"), _("个数")), rows=tuple(rows), widths=(20, 110, 40)))
    groups = list(dict.fromkeys(row.group for row in summary.rows if row.group != "all"))
    if groups:
        blocks.append(Block("heading", _("分组指标")))
        for group in groups:
            blocks.append(Block("heading", group_words(group), 2))
            blocks.append(_figures([row for row in summary.rows if row.group == group]))
    blocks.append(Block("heading", _("岸线排查")))
    blocks.append(Block("text", _("没有排查的岸线一律是未知，留在分母中。")))
    bank_rows = []
    totals: dict[tuple[str, str], list[float]] = {}
    for piece in summary.stretches:
        side = {"left": _("左岸"), "right": _("右岸")}.get(piece.bank.side or "", _("未记录"))
        known = totals.setdefault((piece.bank.river, side), [0.0, 0.0])
        known[0] += piece.length_m if piece.surveyed else 0.0
        known[1] += piece.length_m
    for (river, side), (done, total) in totals.items():
        bank_rows.append(
            (
                river,
                side,
                f"{done / 1000:.3f}",
                f"{total / 1000:.3f}",
                f"{(total - done) / 1000:.3f}",
                f"{done / total:.1%}" if total else "—",
            )
        )
    heads = (_("河流"), _("岸别"), _("已排查（km）"), _("岸线（km）"), _("未知（km）"), _("比例"))
    blocks.append(Block("table", heads=heads, rows=tuple(bank_rows), widths=(45, 25, 27, 25, 25, 23)))
    unknown = [
        (piece.bank.name, f"{piece.from_m:.0f}–{piece.to_m:.0f}", f"{piece.length_m / 1000:.3f}")
        for piece in summary.unsurveyed()
    ]
    blocks.append(Block("heading", _("未排查的岸段"), 2))
    blocks.append(
        Block("table", heads=(_("岸线"), _("桩号（m）"), _("长度（km）")), rows=tuple(unknown), widths=(90, 45, 35))
    )
    blocks += _water(quality)
    blocks.append(Block("heading", _("逾期未完成（{count} 个）").format(count=len(late))))
    blocks.append(
        Block(
            "table",
            heads=(_("排污口编码"), _("名称"), _("完成时限"), _("办理环节")),
            rows=tuple(late),
            widths=(46, 78, 24, 22),
        )
    )
    blocks.append(Block("heading", _("台账与链条核查")))
    kinds = Counter((item.severity, item.finding) for item in findings)
    first = {item.finding: item.message for item in reversed(findings)}
    order = ("error", "warning", "info")
    rows = [
        (severity_words(severity), kind_words(kind), str(count), first[kind])
        for (severity, kind), count in sorted(kinds.items(), key=lambda p: (order.index(p[0][0]), p[0][1]))
    ]
    blocks.append(
        Block(
            "table", heads=(_("程度"), _("类别"), _("个数"), _("其中之一")), rows=tuple(rows), widths=(18, 38, 14, 100)
        )
    )
    blocks.append(Block("heading", _("算法说明")))
    blocks += [Block("text", f"{number}. {rule}") for number, rule in enumerate((*summary.rules, *quality.rules), 1)]
    return Report(title, on, tuple(blocks))


def _figures(rows: Sequence[Any]) -> Block:
    found = []
    for row in rows:
        data = row.to_dict()
        value = "—" if row.value is None else f"{row.value:.1%}"
        target = "" if row.target is None else f"{row.target.value:.0%}（{row.target.due}）"
        gap = "" if row.gap is None else f"{row.gap:.1%}"
        found.append(
            (
                data["title"],
                f"{data['numerator']:g}",
                f"{data['denominator']:g}",
                value,
                f"{data['unknown']:g}",
                target,
                gap,
                data["rule"],
            )
        )
    heads = (_("指标"), _("分子"), _("分母"), _("比例"), _("未记录"), _("目标"), _("差距"), _("算法"))
    return Block("table", heads=heads, rows=tuple(found), widths=(24, 15, 15, 17, 15, 30, 13, 41))


def _water(quality: Quality) -> list[Block]:
    blocks = [Block("heading", _("水质"))]
    if not quality.results:
        return [*blocks, Block("text", _("工作区没有监测结果：各河段水质未知。"))]
    rows = []
    for _key, found in sorted(quality.sections.items()):
        last = found[-1] if found else None
        if last is None:
            continue
        now = "—" if last.water_class is None else CLASSES[last.water_class]
        if last.best is not None and last.best != last.water_class and last.water_class is not None:
            now = f"{CLASSES[last.best]}–{CLASSES[last.water_class]}"
        meets = {True: _("达标"), False: _("不达标"), None: _("未定")}[last.meets]
        rows.append(
            (
                last.name,
                str(last.on),
                f"{now}（{last.measured}/{last.wanted}）",
                CLASSES[last.target] if last.target is not None else "—",
                meets,
                "、".join(map(item_words, last.worst)),
            )
        )
    heads = (_("断面"), _("最近结果"), _("类别（测项数）"), _("目标"), _("是否达标"), _("定类项目"))
    blocks.append(Block("table", heads=heads, rows=tuple(rows), widths=(44, 24, 34, 18, 20, 30)))
    rows = []
    for reach in quality.reaches:
        data = reach.to_dict()
        rows.append(
            (
                reach.river,
                f"{reach.upper or _('起点')} → {reach.lower or _('止点')}",
                f"{data['length_m'] / 1000:.2f}",
                _(REACH_WORDS[reach.state]),
                data["class"] or "—",
                data["on"] or "—",
            )
        )
    heads = (_("河流"), _("河段"), _("长度（km）"), _("水质"), _("类别"), _("依据的结果"))
    blocks.append(Block("table", heads=heads, rows=tuple(rows), widths=(26, 62, 20, 24, 14, 24)))
    warned = tuple((severity_words(item.severity), item.message) for item in quality.warnings)
    blocks.append(Block("heading", _("水质预警（{count} 条）").format(count=len(warned)), 2))
    blocks.append(Block("table", heads=(_("程度"), _("内容")), rows=warned, widths=(20, 150)))
    return blocks


# --- charts ---------------------------------------------------------------------------------------------------------


def _figure(width: float, height: float) -> tuple[Any, Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    figure = Figure(figsize=(width, height), dpi=150)
    FigureCanvasAgg(figure)
    font = FontProperties(fname=str(assets.chinese_font()), size=8)
    return figure, figure.add_subplot(), font


def _png(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def bars_png(summary: Summary) -> bytes:
    """All indicators of the whole as bars, each with numerator, denominator, and its target as a mark."""
    from sanxian.outlets.coverage import INDICATORS

    rows = [row for row in summary.rows if row.group == "all"]
    figure, axes, font = _figure(6.6, 3.6)
    names = [_(INDICATORS[row.indicator][0]) for row in rows]
    values = [row.value or 0.0 for row in rows]
    places = list(range(len(rows)))[::-1]
    colours = ["#b2182b" if row.indicator == "overdue_rate" else "#2166ac" for row in rows]
    axes.barh(places, [1.0] * len(rows), color="#eeeeee", height=0.62, hatch="////", edgecolor="#d0d0d0", linewidth=0)
    axes.barh(places, values, color=colours, height=0.62)
    for place, row in zip(places, rows, strict=True):
        data = row.to_dict()
        unit = " km" if row.unit == "km" else ""
        words = f"{data['numerator']:g} / {data['denominator']:g}{unit}"
        words += "" if row.value is None else f"  {row.value:.1%}"
        axes.text(1.02, place, words, va="center", fontproperties=font)
        if row.target is not None:
            axes.plot([row.target.value] * 2, [place - 0.42, place + 0.42], color="#000000", linewidth=1.6)
    axes.set_yticks(places, names, fontproperties=font)
    axes.set_xlim(0, 1.38)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25%", "50%", "75%", "100%"], fontproperties=font)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    return _png(figure)


def lines_png(through: Sequence[Summary]) -> bytes:
    """Four indicators through time, told apart by dash and mark as well as by colour."""
    from sanxian.outlets.coverage import INDICATORS

    figure, axes, font = _figure(6.6, 2.8)
    looks = (
        ("survey_rate", "#6a3d9a", "-", "s"),
        ("tracing_rate", "#2166ac", "--", "o"),
        ("remediation_rate", "#1b7837", "-.", "^"),
        ("overdue_rate", "#b2182b", ":", "x"),
    )
    days = [item.on for item in through]
    for name, colour, dash, sign in looks:
        values = [item.row(name).value for item in through]
        shown = [(day, value) for day, value in zip(days, values, strict=True) if value is not None]
        if shown:
            axes.plot(
                [day for day, _value in shown],
                [value for _day, value in shown],
                color=colour,
                linestyle=dash,
                marker=sign,
                markersize=3,
                linewidth=1.2,
                label=_(INDICATORS[name][0]),
            )
    axes.set_ylim(0, 1.03)
    axes.set_yticks([0, 0.5, 1.0], ["0", "50%", "100%"], fontproperties=font)
    for label in axes.get_xticklabels():
        label.set_fontproperties(font)
    axes.legend(prop=font, loc="center left", frameon=False, bbox_to_anchor=(1.0, 0.5))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color="#e0e0e0", linewidth=0.6)
    figure.tight_layout()
    return _png(figure)


def _ratio(png: bytes) -> float:
    wide, high = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    return high / wide


# --- out ------------------------------------------------------------------------------------------------------------


def write(report: Report, path: Path) -> None:
    """Write the report; the suffix gives the form.

    Raises:
        OutletError: The suffix is not known.
        OSError: The file cannot be written.
    """
    kind = path.suffix.lower()
    if kind == ".pdf":
        _pdf(report, path)
    elif kind == ".docx":
        _docx(report, path)
    else:
        raise OutletError("“{file}”的后缀不认识；可用 {known}", file=path.name, known=" ".join(FORMATS))


def _pdf(report: Report, path: Path) -> None:
    from sanxian.reports.pdf import WIDTH_MM, Sheet
    from sanxian.reports.wording import Numbers

    sheet = Sheet(
        report.title, f"{report.title}    {_('统计日 {day}').format(day=report.on)}", on=report.on, program=__version__
    )
    heads = Numbers()
    sheet.add_page()
    sheet.set_font("noto", size=18)
    sheet.multi_cell(0, 10, sheet.wrapped(report.title, WIDTH_MM), align="C", new_x="LMARGIN", new_y="NEXT")
    for block in report.blocks:
        if block.kind == "heading":
            text = heads.first(block.text) if block.level == 1 else block.text
            sheet.heading(text, block.level if block.level == 1 else 3)
        elif block.kind == "text":
            sheet.paragraph(block.text)
        elif block.kind == "chart":
            sheet.picture(block.image, block.text, ratio=block.ratio)
        else:
            sheet.table(block.heads, block.rows, block.widths, empty=_("没有。"))
    sheet.output(str(path))


def _docx(report: Report, path: Path) -> None:
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt, RGBColor

    from sanxian.reports import archive
    from sanxian.reports.wording import Numbers, plain

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    for name, size, font in (
        ("Normal", 10.5, "宋体"),
        ("Title", 20, "黑体"),
        ("Heading 1", 15, "黑体"),
        ("Heading 2", 12, "黑体"),
    ):
        style = document.styles[name]
        style.font.name, style.font.size = "Times New Roman", Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "eastAsiaTheme", "hAnsiTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), font)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = report.title, "sanxian", "sanxian"
    properties.created = properties.modified = datetime.combine(report.on, time())
    properties.comments, properties.revision = "", 1
    document.add_heading(report.title, 0)
    document.add_paragraph(_("统计日 {day}").format(day=report.on))
    heads = Numbers()
    for block in report.blocks:
        if block.kind == "heading":
            document.add_heading(plain(heads.first(block.text) if block.level == 1 else block.text), block.level)
        elif block.kind == "text":
            document.add_paragraph(plain(block.text))
        elif block.kind == "chart":
            document.add_picture(io.BytesIO(block.image), width=Mm(165))
            document.add_paragraph(plain(block.text))
        elif not block.rows:
            document.add_paragraph(_("没有。"))
        else:
            table = document.add_table(rows=1, cols=len(block.heads))
            table.style, table.autofit = "Table Grid", False
            for cells, words in (
                (table.rows[0].cells, block.heads),
                *((table.add_row().cells, row) for row in block.rows),
            ):
                for cell, word, width in zip(cells, words, block.widths, strict=True):
                    cell.width = Mm(width)
                    cell.text = plain(word)
                    for run in cell.paragraphs[0].runs:
                        run.font.size = Pt(8.5)
    document.save(str(path))
    archive.settle(path, report.on)

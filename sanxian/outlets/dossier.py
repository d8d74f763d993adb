"""The file of one outlet as a sheet (PDF, DOCX, HTML, JSON), with the QR code for its sign, and the figures as a workbook.

Same record, same bytes: no clock, no random ids.
"""

from __future__ import annotations

import html
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import segno

from sanxian import __version__
from sanxian.i18n import N_, _, language, pick
from sanxian.outlets import register, schema, stages
from sanxian.outlets.advice import Advice
from sanxian.outlets.banks import SIDES, side_of
from sanxian.outlets.chain import KINDS, Chain, Step
from sanxian.outlets.coverage import CUTS, Summary, group_words
from sanxian.outlets.errors import OutletError
from sanxian.outlets.findings import Finding, kind_words, severity_words
from sanxian.outlets.layers import REACH_WORDS
from sanxian.outlets.papers import STATES, Paper
from sanxian.outlets.papers import check as check_papers
from sanxian.outlets.register import Outlet
from sanxian.outlets.water import CLASSES, Assessment, Quality, Reading, Result, item_words, series
from sanxian.outlets.water import items as water_items
from sanxian.reports import archive

FORMATS = (".pdf", ".docx", ".html", ".json")
_RISKY = ("=", "+", "-", "@", "\t", "\n", "\r", "|", "%")
_DISCLAIMER = N_("整治类型为按图层和规则的建议，不代替主管部门认定。")


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything on one outlet's sheet."""

    outlet: Outlet
    on: date
    track: stages.Track
    overdue: bool | None
    advice: Advice | None = None
    findings: tuple[Finding, ...] = ()
    upstream: tuple[Step, ...] = ()
    downstream: tuple[Step, ...] = ()
    papers: tuple[Paper, ...] = ()
    samples: tuple[Assessment, ...] = ()
    trends: Mapping[str, Sequence[tuple[date, Reading]]] = field(default_factory=dict)
    folder: Path | None = None
    secrecy: str = ""

    def to_json(self) -> str:
        """The sheet as JSON text."""
        stage = self.track.stage(self.on)
        data = {
            "schema": "sanxian/outlet/1", "program": __version__, "on": self.on.isoformat(), **register.to_json(self.outlet),
            "stage": str(stage) if stage else None, "overdue": self.overdue,
            "history": self.track.to_json()["events"], "lacking": register.lacking(self.outlet),
            "advice": self.advice.to_dict() if self.advice else None,
            "findings": [item.to_dict() for item in self.findings],
            "upstream": [_step(item) for item in self.upstream], "downstream": [_step(item) for item in self.downstream],
            "attachments": [
                {"field": a.field, "path": a.path, "sha256": a.sha256 or None, "state": a.state} for a in self.papers
            ],
            "samples": [item.to_dict() for item in self.samples],
            "sign": sign_text(self.outlet),
        }  # fmt: skip
        return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def make(
    outlet: Outlet, *, on: date, track: stages.Track | None = None, advice: Advice | None = None,
    findings: Iterable[Finding] = (), chain: Chain | None = None, node: str | None = None, folder: Path | None = None,
    papers: Iterable[Paper] | None = None, samples: Sequence[Assessment] = (), results: Sequence[Result] = (),
    secrecy: str = "", done: Callable[[Outlet, date], bool | None] | None = None,
) -> Dossier:  # fmt: skip
    """Gather what a sheet shows.

    Args:
        folder: That of the workspace: paths of photos and documents start there.
        papers: As ``papers.check`` gives them for the whole register; by default this outlet's are looked at here.
        samples: The outlet's samples, judged, oldest first.
        results: Everything that was measured, for the small charts.
        secrecy: The mark that the sheet carries, in words.
        done: The ``stages.done_rule`` of the whole register.
    """
    done = done or stages.done_rule([outlet])
    up = tuple(chain.trace(node, up=True)) if chain and node else ()
    down = tuple(chain.trace(node, up=False)) if chain and node else ()
    mine = tuple(item for item in findings if item.outlet == outlet.id)
    track = track or stages.from_record(outlet, done=done, on=on)
    if papers is None:
        papers = check_papers([outlet], folder or Path(), tracks=[track])
    files = tuple(item for item in papers if item.outlet == outlet.id)
    trends = {
        name: found for name in water_items()
        if len(found := series(results, f"outlet:{outlet.id}", name, on=on)) > 1
    }  # fmt: skip
    late = stages.overdue(outlet, on, done)
    return Dossier(outlet, on, track, late, advice, mine, up, down, files, tuple(samples), trends, folder, secrecy)


def sign_text(outlet: Outlet) -> str:
    """What the QR code on the sign says: name, code, responsible party and telephone, one a line; nothing that is not on record."""
    lines = [_("入河排污口标志牌"), outlet.name]
    for name in ("code", "responsible", "telephone"):
        if outlet.get(name):
            lines.append(f"{register.field_words(name)}：{outlet.get(name)}")
    return "\n".join(lines)


def qr_svg(outlet: Outlet, *, scale: int = 4) -> str:
    """The QR code as SVG to stand inside a page."""
    buffer = io.BytesIO()
    _qr(outlet).save(buffer, kind="svg", scale=scale, xmldecl=False, svgns=True, nl=False)
    return buffer.getvalue().decode("utf-8")


def qr_png(outlet: Outlet, *, scale: int = 8) -> bytes:
    """The QR code as a PNG picture."""
    buffer = io.BytesIO()
    _qr(outlet).save(buffer, kind="png", scale=scale)
    return buffer.getvalue()


def _qr(outlet: Outlet) -> segno.QRCode:
    return segno.make(sign_text(outlet), error="m", encoding="utf-8", micro=False)


def write(dossier: Dossier, path: Path) -> None:
    """Write the sheet; the suffix gives the form.

    Raises:
        OutletError: The suffix is not known.
        OSError: The file cannot be written.
    """
    kind = path.suffix.lower()
    if kind == ".json":
        path.write_text(dossier.to_json(), encoding="utf-8")
    elif kind == ".html":
        path.write_text(page(dossier), encoding="utf-8")
    elif kind == ".docx":
        _docx(dossier, path)
    elif kind == ".pdf":
        from sanxian.outlets.sheets import write_pdf

        write_pdf([dossier], path)
    else:
        raise OutletError("“{file}”的后缀不认识；可用 {known}", file=path.name, known=" ".join(FORMATS))


# --- words ----------------------------------------------------------------------------------------------------------


def sections(dossier: Dossier) -> list[tuple[str, list[tuple[str, str]]]]:
    """The sheet as titles and rows of label and value; a missing value says so."""
    outlet = dossier.outlet
    found = []
    for group in schema.groups():
        rows = []
        for item in group.fields:
            if item.name in ("lon", "lat"):
                continue
            value = outlet.get(item.name)
            side = side_of(value) if item.name == "bank_side" else None
            rows.append((pick(item.title), _(SIDES[side]) if side else value_words(value)))
        if group.name == "identity":
            if dossier.secrecy:
                rows.insert(0, (_("密级"), dossier.secrecy))
            rows += [(_place_label(place.what), f"{place.lon:.6f}, {place.lat:.6f}") for place in outlet.positions] or [
                (_("点位坐标"), _("未记录"))
            ]
        found.append((pick(group.title), rows))
    found.append((_("办理过程"), _history(dossier)))
    if dossier.advice is not None:
        found.append((_("按图建议"), [(_("建议"), dossier.advice.words()), (_("说明"), _(_DISCLAIMER))]))
    found.append((_("上下游"), _chain_rows(dossier)))
    lacking = register.lacking(outlet)
    found.append((_("档案完整性"), [(_("缺少"), "、".join(map(register.field_words, lacking)) or _("必填项齐全"))]))
    if dossier.findings:
        found.append((_("核查发现"), [(kind_words(item.finding), item.message) for item in dossier.findings]))
    if dossier.samples:
        found.append((_("水质监测"), _samples(dossier)))
    if dossier.papers:
        found.append((_("附件"), [(a.words(), f"{a.path}  {_(STATES[a.state])}  {a.sha256}".rstrip()) for a in dossier.papers]))
    if outlet.extra:
        others = sorted((str(key), value_words(value)) for key, value in outlet.extra.items())
        found.append((_("台账中的其他列"), others))
    return found


def value_words(value: Any) -> str:
    """A value as it is shown; missing is said, never left blank."""
    if value is None or value == "" or value == ():
        return _("未记录")
    if value is True:
        return _("是")
    if value is False:
        return _("否")
    if isinstance(value, tuple):
        return "、".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)


def _place_label(what: str) -> str:
    return {
        "outlet": _("点位（所用）"), "columns": _("点位（坐标列）"), "responsible": _("责任主体位置"), "survey": _("点位（现场）"),
        "platform": _("点位（平台）"),
    }.get(what, what)  # fmt: skip


def _samples(dossier: Dossier) -> list[tuple[str, str]]:
    """The last six samples, newest first, each item with its limit."""
    rows = []
    for sample in dossier.samples[-6:][::-1]:
        words = []
        for judged in sample.items:
            word = f"{item_words(judged.result.item)} {judged.result.reading.words()}"
            if judged.state == "exceeds":
                word += _("（超标，限值 {limit}）").format(limit=limit_words(judged.limit))
            elif judged.limit is not None:
                word += _("（限值 {limit}）").format(limit=limit_words(judged.limit))
            words.append(word)
        rows.append((sample.on.isoformat() if sample.on else _("日期未记录"), "；".join(words)))
    named = dict.fromkeys(judged.standard for sample in dossier.samples[-6:] for judged in sample.items if judged.standard)
    rows.append((_("执行标准"), "、".join(named) or _("没有适用的限值，未评价")))
    return rows


def limit_words(limit: tuple[float | None, float | None] | None) -> str:
    """A limit as it is shown."""
    if limit is None:
        return "—"
    low, high = limit
    if low is not None and high is not None:
        return f"{low:g}–{high:g}"
    return f"≤{high:g}" if high is not None else f"≥{low:g}"


def _history(dossier: Dossier) -> list[tuple[str, str]]:
    rows = []
    for event in dossier.track.events:
        label = _(stages.STAGE_WORDS[event.stage])
        words = [event.on.isoformat() if event.on else _("日期未记录")]
        if event.what == "reopen":
            words.append(_("重新打开：{reason}").format(reason=event.note))
        words += [stages.evidence_words(item.kind) + (f"（{item.reference}）" if item.reference else "") for item in event.evidence]
        rows.append((label, "；".join(words)))
    words = {True: _("已逾期"), False: _("未逾期"), None: _("未定时限")}[dossier.overdue]
    rows.append((_("截至 {day}").format(day=dossier.on), words))
    return rows


def _chain_rows(dossier: Dossier) -> list[tuple[str, str]]:
    def words(steps: Sequence[Step]) -> str:
        parts = [
            f"{_(KINDS[step.node.kind])} {step.node.name}"
            + (_("（沿河 {metres:.0f} 米）").format(metres=step.river_m) if step.river_m is not None and step.node.kind != "reach" else "")
            for step in steps[:30]
        ]
        return "；".join(parts) or _("没有记录")

    return [(_("上游"), words(dossier.upstream)), (_("下游"), words(dossier.downstream))]


def _step(step: Step) -> dict[str, Any]:
    return {"id": step.node.id, "kind": step.node.kind, "name": step.node.name, "steps": step.steps,
            "evidence": step.evidence, "river_m": step.river_m}  # fmt: skip


# --- HTML -----------------------------------------------------------------------------------------------------------

_STYLE = """
body{font-family:"Noto Sans SC","Microsoft YaHei","PingFang SC",sans-serif;
max-width:46em;margin:2em auto;padding:0 1em;color:#1a1a1a;line-height:1.5}
header{display:flex;justify-content:space-between;gap:1em;align-items:flex-start}h1{font-size:1.4em;margin:0}
h2{font-size:1.05em;margin:1.4em 0 .3em;border-bottom:2px solid #2b5c8a}table{border-collapse:collapse;width:100%}
th,td{border:1px solid #bbb;padding:.25em .6em;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{width:13em;background:#f0f4f8;font-weight:normal}.missing{color:#767676}
.trends{display:flex;flex-wrap:wrap;gap:1em;margin:.5em 0}figure{margin:0}figcaption{font-size:.85em;text-align:center}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}tr{break-inside:avoid}}
"""


def page(dossier: Dossier) -> str:
    """The sheet as one self-contained HTML page."""
    outlet = dossier.outlet
    parts = [
        f'<!DOCTYPE html>\n<html lang="{"en" if language() == "en" else "zh-CN"}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(outlet.name)}</title><style>{_STYLE}</style></head><body>",
        f"<header><div><h1>{html.escape(_('入河排污口档案'))}</h1><p>{html.escape(outlet.name)}<br>{html.escape(outlet.id)}<br>",
        html.escape(_("统计日 {day}").format(day=dossier.on)),
        f'</p></div><div role="img" aria-label="{html.escape(_("标志牌二维码"))}">{qr_svg(outlet)}</div></header>',
    ]
    missing = _("未记录")
    for title, rows in sections(dossier):
        parts.append(f"<h2>{html.escape(title)}</h2><table>")
        for label, value in rows:
            mark = ' class="missing"' if value == missing else ""
            parts.append(f"<tr><th>{html.escape(label)}</th><td{mark}>{html.escape(value)}</td></tr>")
        parts.append("</table>")
        if title == _("水质监测") and dossier.trends:
            parts.append('<div class="trends">' + "".join(
                f"<figure>{spark_svg(points)}<figcaption>{html.escape(item_words(name))}</figcaption></figure>"
                for name, points in dossier.trends.items()) + "</div>")  # fmt: skip
    return "\n".join(parts) + "\n</body></html>\n"


def spark_svg(points: Sequence[tuple[date, Reading]], *, width: int = 150, height: int = 42) -> str:
    """A small line through time: hollow where a result was below detection."""
    first, last = points[0][0].toordinal(), points[-1][0].toordinal()
    top = max((reading.value or 0.0 for _day, reading in points), default=0.0) or 1.0
    places = [
        (4 + (day.toordinal() - first) / max(last - first, 1) * (width - 8),
         height - 5 - (reading.value or 0.0) / top * (height - 12), reading)
        for day, reading in points
    ]  # fmt: skip
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _reading in places)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{"#fff" if reading.below else "#2b5c8a"}" stroke="#2b5c8a"/>'
        for x, y, reading in places
    )  # fmt: skip
    return (
        f'<svg width="{width}" height="{height}" role="img" xmlns="http://www.w3.org/2000/svg">'
        f'<line x1="0" y1="{height - 5}" x2="{width}" y2="{height - 5}" stroke="#bbb"/>'
        f'<polyline points="{line}" fill="none" stroke="#2b5c8a"/>{dots}</svg>'
    )


# --- Word -----------------------------------------------------------------------------------------------------------


def _docx(dossier: Dossier, path: Path) -> None:
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt, RGBColor

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(22)
    for name, size, font in (("Normal", 10.5, "宋体"), ("Heading 1", 16, "黑体"), ("Heading 2", 12, "黑体")):
        style = document.styles[name]
        style.font.name, style.font.size = "Times New Roman", Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "eastAsiaTheme", "hAnsiTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), font)
    day = datetime.combine(dossier.on, time())
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = _xml(dossier.outlet.name), "sanxian", "sanxian"
    properties.created = properties.modified = day
    properties.comments, properties.revision = "", 1
    document.add_heading(_("入河排污口档案"), 1)
    document.add_paragraph(_xml(f"{dossier.outlet.name}\n{dossier.outlet.id}\n" + _("统计日 {day}").format(day=dossier.on)))
    document.add_picture(io.BytesIO(qr_png(dossier.outlet)), width=Mm(32))
    for title, rows in sections(dossier):
        document.add_heading(_xml(title), 2)
        table = document.add_table(rows=0, cols=2)
        table.style, table.autofit = "Table Grid", False
        table.columns[0].width, table.columns[1].width = Mm(45), Mm(121)
        for label, value in rows:
            cells = table.add_row().cells
            cells[0].text, cells[1].text = _xml(label), _xml(value)
            cells[0].width, cells[1].width = Mm(45), Mm(121)
    document.save(str(path))
    archive.settle(path, dossier.on)


def _xml(text: str) -> str:
    """Text without the control characters that XML cannot hold."""
    return "".join(letter for letter in text if letter in "\n\t" or ord(letter) >= 32)


# --- workbooks ------------------------------------------------------------------------------------------------------


def write_summary(summary: Summary, path: Path) -> None:
    """The figures as a workbook: indicators with their denominators, stretches of bank, and the rules of counting."""
    if summary.by is not None and summary.by not in CUTS:
        raise OutletError("不能按“{by}”分组；可用：{known}", by=summary.by, known="、".join(CUTS))
    heads = [_("分组"), _("指标"), _("分子"), _("分母"), _("比例"), _("未记录"), _("单位"), _("目标"), _("目标日期"), _("差距"), _("算法")]
    rows = []
    for item in summary.rows:
        data = item.to_dict()
        unit = _("公里") if item.unit == "km" else _("个")
        rows.append([group_words(item.group), data["title"], data["numerator"], data["denominator"], item.value, data["unknown"],
                     unit, data.get("target"), data.get("target_on"), data.get("gap"), data["rule"]])  # fmt: skip
    banks = [
        [piece.bank.river, value_words({"left": _("左岸"), "right": _("右岸")}.get(piece.bank.side or "")), piece.bank.name,
         round(piece.from_m, 1), round(piece.to_m, 1), round(piece.length_m, 1), _("已排查") if piece.surveyed else _("未知（未排查）"),
         piece.on.isoformat() if piece.on else (_("日期未记录") if piece.surveyed else None)]
        for piece in summary.stretches
    ]  # fmt: skip
    bank_heads = [
        _("河流"), _("岸别"), _("岸线"), _("起点桩号（m）"), _("终点桩号（m）"), _("长度（m）"), _("排查情况"), _("排查日期"),
    ]  # fmt: skip
    notes = [[_("统计日"), summary.on.isoformat()], [_("岸线范围"), summary.scope], [_("排污口数"), summary.outlets],
             [_("无需整治（不进整治分母）"), summary.no_need],
             [_("已取缔或合并"), summary.merged], *([_("算法"), rule] for rule in summary.rules)]  # fmt: skip
    _workbook(
        path, summary.on,
        [(_("指标"), heads, rows, {5: "0.0%", 8: "0%", 10: "0.0%"}),
         (_("岸线"), bank_heads, banks, {}),
         (_("说明"), [_("项目"), _("内容")], notes, {})],
    )  # fmt: skip


def write_findings(findings: Sequence[Finding], path: Path, *, on: date) -> None:
    """An audit as a workbook."""
    rows = [
        [kind_words(item.finding), severity_words(item.severity), item.outlet, item.message,
         json.dumps([dict(c) for c in item.candidates], ensure_ascii=False) if item.candidates else None]
        for item in findings
    ]  # fmt: skip
    _workbook(path, on, [(_("核查发现"), [_("类别"), _("程度"), _("排污口"), _("内容"), _("候选")], rows, {})])


def write_trace(data: Mapping[str, Any], path: Path, *, on: date) -> None:
    """Both ways from a thing, as a workbook."""
    rows = [
        [_("上游") if way == "upstream" else _("下游"), item["steps"], _(KINDS[item["kind"]]), item["name"], item["id"], item["evidence"],
         item["river_m"], item["lon"], item["lat"]]
        for way in ("upstream", "downstream") for item in data[way]
    ]  # fmt: skip
    heads = [_("方向"), _("级数"), _("类型"), _("名称"), _("编号"), _("依据"), _("沿河距离（m）"), _("经度"), _("纬度")]
    _workbook(path, on, [(_("上下游"), heads, rows, {})])


def write_progress(through: Sequence[Summary], path: Path, *, on: date) -> None:
    """Figures through time, a row for each day and indicator."""
    heads = [_("统计日"), _("分组"), _("指标"), _("分子"), _("分母"), _("比例"), _("单位")]
    rows = [
        [summary.on.isoformat(), group_words(row.group), (data := row.to_dict())["title"], data["numerator"], data["denominator"],
         row.value, _("公里") if row.unit == "km" else _("个")]
        for summary in through for row in summary.rows
    ]  # fmt: skip
    notes = [[_("算法"), rule] for rule in (through[-1].rules if through else ())]
    _workbook(path, on, [(_("逐期进展"), heads, rows, {6: "0.0%"}), (_("说明"), [_("项目"), _("内容")], notes, {})])


def write_advice(found: Sequence[tuple[Outlet, Mapping[str, Any]]], path: Path, *, on: date) -> None:
    """What the map suggests for each outlet, beside what the register has planned."""
    words = {**stages.REMEDY_WORDS}
    rows = [
        [outlet.id, outlet.name, _(words[item["remedy"]]) if item["remedy"] else None,
         _(words[item["recorded"]]) if item["recorded"] else None, _("是") if item["certain"] else _("否"), item["message"]]
        for outlet, item in found
    ]  # fmt: skip
    heads = [_("排污口编码"), _("名称"), _("按图建议"), _("台账整治类型"), _("已全部核对"), _("内容")]
    _workbook(path, on, [(_("按图建议"), heads, rows, {})])


def write_stages(found: Sequence[Mapping[str, Any]], path: Path, *, on: date) -> None:
    """How far each outlet has come, what comes next and what that needs."""
    rows = [
        [item["outlet"], item["name"], item["stage_title"], item["next_title"], "、".join(item["missing_for_next"]), item["due"],
         {True: _("已逾期"), False: _("未逾期"), None: _("未定时限")}[item["overdue"]], "" if item["place_known"] else _("未知")]
        for item in found
    ]  # fmt: skip
    heads = [_("排污口编码"), _("名称"), _("办理环节"), _("下一步"), _("还缺"), _("完成时限"), _("截至 {day}").format(day=on),
             _("点位")]  # fmt: skip
    _workbook(path, on, [(_("办理环节"), heads, rows, {})])


def write_quality(quality: Quality, path: Path) -> None:
    """Water quality as a workbook: sections, outlets, reaches, warnings, and the rules."""
    states = {"meets": _("达标"), "exceeds": _("超标"), "unknown": _("未定")}
    point_heads = [_("点位"), _("采样日期"), _("水质类别"), _("项目"), _("结果"), _("单位"), _("限值"), _("执行标准"), _("评价"),
                   _("超标倍数"), _("限值已核验")]  # fmt: skip

    def rows_of(found: Mapping[str, Sequence[Assessment]]) -> list[list[Any]]:
        return [
            [sample.name, sample.on.isoformat() if sample.on else None,
             None if sample.water_class is None else CLASSES[sample.water_class], item_words(judged.result.item),
             judged.result.reading.words(), water_items()[judged.result.item].unit, limit_words(judged.limit), judged.standard,
             states[judged.state], judged.multiple, _("是") if judged.verified else _("否")]
            for _key, samples in sorted(found.items()) for sample in samples for judged in sample.items
        ]  # fmt: skip

    reaches = [
        [reach.river, reach.upper or None, reach.lower or None, round(reach.from_m, 1), round(reach.to_m, 1), _(REACH_WORDS[reach.state]),
         (data := reach.to_dict())["class"], data["target"], data["on"]]
        for reach in quality.reaches
    ]  # fmt: skip
    reach_heads = [_("河流"), _("上端断面"), _("下端断面"), _("起点桩号（m）"), _("终点桩号（m）"), _("水质"), _("水质类别"), _("目标"),
                   _("依据的结果")]  # fmt: skip
    warned = [
        [severity_words(item.severity), kind_words(item.finding), item.outlet, item.message] for item in quality.warnings
    ]
    _workbook(
        path, quality.on,
        [(_("断面"), point_heads, rows_of(quality.sections), {10: "0.00"}),
         (_("排污口"), point_heads, rows_of(quality.outlets), {10: "0.00"}),
         (_("河段"), reach_heads, reaches, {}), (_("预警"), [_("程度"), _("类别"), _("点位"), _("内容")], warned, {}),
         (_("说明"), [_("项目"), _("内容")], [[_("算法"), rule] for rule in quality.rules], {})],
    )  # fmt: skip


def write_papers(found: Sequence[Paper], path: Path, *, on: date) -> None:
    """Photos and documents, and whether they are there and unchanged."""
    rows = [[item.outlet, item.words(), item.path, _(STATES[item.state]), item.sha256 or None, item.recorded or None] for item in found]
    heads = [_("排污口"), _("字段"), _("文件"), _("核对"), _("SHA-256（现在）"), _("SHA-256（登记时）")]
    _workbook(path, on, [(_("附件"), heads, rows, {})])


def _workbook(
    path: Path, on: date, sheets: Sequence[tuple[str, Sequence[str], Sequence[Sequence[Any]], Mapping[int, str]]]
) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.active)
    for title, heads, rows, shown in sheets:
        sheet = book.create_sheet(title)
        sheet.append(list(heads))
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for number, row in enumerate(rows, 2):
            for column, value in enumerate(row, 1):
                cell = sheet.cell(number, column)
                if isinstance(value, str):
                    # Text stays text, also when it begins like a formula and when the sheet is saved as CSV and opened again.
                    cell.value, cell.data_type = _xml(value), "s"
                    cell.quotePrefix = value.startswith(_RISKY)
                else:
                    cell.value = value
                if column in shown:
                    cell.number_format = shown[column]
        for column, head in enumerate(heads, 1):
            longest = max([len(head), *(len(str(row[column - 1] or "")) for row in rows)], default=8)
            sheet.column_dimensions[get_column_letter(column)].width = min(60, 2 * longest + 2)
            if longest > 28:
                for cell in sheet[get_column_letter(column)]:
                    cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.freeze_panes = "A2"
    book.properties.creator = "sanxian"
    book.save(path)
    archive.settle(path, on)

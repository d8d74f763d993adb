"""The web report: one file with a map, readable on a telephone, that asks nothing of any server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sanxian.i18n import _, language
from sanxian.mapping import scene, web_map
from sanxian.mapping.styles import verdict_style
from sanxian.mapping.web_map import escape
from sanxian.reports import content, overview
from sanxian.reports.content import ProjectContent, Row
from sanxian.reports.wording import plain

_AROUND_M = 2_500.0

_STYLE = """
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1120px;padding:16px;font:15px/1.6 "Noto Sans SC","Microsoft YaHei","PingFang SC",
"Source Han Sans SC","WenQuanYi Micro Hei",sans-serif;color:#1a1a1a;background:#fff;overflow-wrap:anywhere}
h1{font-size:1.6em;margin:.2em 0 0}h2{font-size:1.3em;margin:1.6em 0 .4em;border-bottom:2px solid #444}
h3{font-size:1.08em;margin:1.3em 0 .4em}h4{font-size:1em;margin:1em 0 .3em}
.sub{color:#444;margin:0 0 .6em}.warn{border-left:4px solid #c75000;background:#fdf6ef;padding:.5em .8em;margin:.8em 0}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch;margin:.4em 0 .8em}
table.t{border-collapse:collapse;width:100%;font-size:.92em}
table.wide{min-width:640px}table.matrix{min-width:1500px;font-size:.85em}
.t th,.t td{border:1px solid #8a8a8a;padding:.3em .5em;text-align:left;vertical-align:top;white-space:pre-line}
.t thead th{background:#e3e3e3}.t tbody th{background:#f2f2f2;font-weight:600;width:11em}
.num{text-align:right!important}
.chip{display:inline-block;border-radius:4px;padding:.05em .5em;font-weight:600;white-space:nowrap}
.map{height:min(62vh,680px);min-height:320px;border:1px solid #777;position:relative}
.folium-map{position:absolute;left:0;top:0;width:100%;height:100%;background:#fbfbf8}
.leaflet-container{font:13px/1.5 inherit}
.badge span{display:block;width:24px;height:24px;border-radius:50%;border:2px solid #fff;box-shadow:0 0 3px #000;
text-align:center;line-height:20px;font-weight:700;font-size:14px}
.words td{padding:0;overflow-wrap:anywhere;max-width:240px}
.legend{display:flex;flex-wrap:wrap;gap:.2em 1.1em;margin:.5em 0;padding:0;list-style:none;font-size:.9em}
.legend li{display:flex;align-items:center;gap:.4em}
.small{font-size:.86em;color:#333}
code{font-family:ui-monospace,Consolas,monospace;font-size:.92em}
@media (max-width:640px){body{padding:10px;font-size:14px}.map{height:70vh}.t tbody th{width:7.5em}}
@media print{body{max-width:none;padding:0;font-size:10pt}.map{height:120mm;break-inside:avoid}
.scroll{overflow:visible}table.wide{min-width:0}thead{display:table-header-group}tr{break-inside:avoid}
h2,h3,h4{break-after:avoid}section{break-before:page}.leaflet-control-zoom,.leaflet-control-layers{display:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""


def write(screening: Any, path: Path, *, workspace: Any = None, ruleset: Any = None, form: str = "long") -> None:
    """Write the web report of ``screening`` to ``path``, in its ``short`` or ``long`` form."""
    path.write_text(page(screening, workspace=workspace, ruleset=ruleset, form=form), encoding="utf-8", newline="\n")


def page(screening: Any, *, workspace: Any = None, ruleset: Any = None, form: str = "long") -> str:
    """The web report of ``screening`` as HTML."""
    words = content.build(screening, ruleset=ruleset)
    drawn = _map(screening, words, workspace)
    head = drawn.head if drawn else ""
    several = len(words.projects) > 1
    parts = [
        f'<!DOCTYPE html>\n<html lang="{"en" if language() == "en" else "zh-CN"}">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{web_map.POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{_e(words.title)}</title>",
        head, f"<style>{_STYLE}</style>\n</head>\n<body>",
        f'<h1>{_e(words.title)}</h1>\n<p class="sub">{_e(words.subtitle)}</p>',
        f'<p class="warn">{_e(words.notes[0])}</p>',
        _pairs(words.cover),
    ]
    parts.append(_contents(words, drawn is not None))
    if several:
        parts.append(f"<h2 id=\"all\">{_e(_('项目汇总'))}</h2>\n{_counts(words)}{_portfolio(words)}")
        if form == "short":
            parts.append(f"<h2 id=\"matrix\">{_e(_('对照总表'))}</h2>\n{_matrix(words)}")
    parts.append(_comparisons(words))
    if drawn:
        parts.append(f"<h2 id=\"map\">{_e(_('位置图'))}</h2>\n{_drawn(drawn, getattr(workspace, 'withheld', 0))}")
    shown = _brief if form == "short" else _project
    parts += [shown(project, number) for number, project in enumerate(words.projects, start=1)]
    parts.append(f"<section><h2 id=\"data\">{_e(_('所用数据与规则'))}</h2>")
    parts.append(f"<h3>{_e(_('所用图层'))}</h3>" + _table(content.LAYER_HEADS, words.layers, _("没有加载任何图层。")))
    parts.append(f"<h3>{_e(_('未加载的图层'))}</h3>"
                 + _table(content.NOT_LOADED_HEADS, words.not_loaded, _("规则所需的图层均已加载。")))
    parts.append(f"<h3>{_e(_('所引文件'))}</h3>" + _table(content.CITED_HEADS, words.cited, ""))
    parts.append(f"<h3>{_e(_('报告说明'))}</h3><ol>" + "".join(f"<li>{_e(note)}</li>" for note in words.notes)
                 + "</ol></section>")
    if drawn:
        parts.append(f"<script>\n{drawn.script}\n</script>")
    parts.append("</body>\n</html>\n")
    return "\n".join(part for part in parts if part)


def _e(text: Any) -> str:
    return escape(plain(text))


def _map(screening: Any, words: content.ReportContent, workspace: Any) -> web_map.WebMap | None:
    pairs = [(result, project, number) for number, (result, project) in
             enumerate(zip(screening.projects, words.projects, strict=True), start=1)
             if result.lonlat is not None and not result.lonlat.is_empty]
    if not pairs:
        return None
    boxes = [result.lonlat.bounds for result, _project, _number in pairs]
    bounds = (min(box[0] for box in boxes), min(box[1] for box in boxes),
              max(box[2] for box in boxes), max(box[3] for box in boxes))
    roles = set().union(*(scene.roles_of(result) for result, _project, _number in pairs))
    around = max([_AROUND_M, *(item.distance_m * 1.2 for result, _project, _number in pairs
                               for outcome in result.outcomes for item in outcome.evidence
                               if item.distance_m is not None and item.distance_m < 8_000)])
    layers = scene.Reader.of(workspace).layers_in(scene.grow(bounds, around), roles)
    sites = [web_map.WebSite(project.id, project.name, project.verdict, project.verdict_words, result.lonlat, f"p{number}")
             for result, project, number in pairs]
    return web_map.build(sites, layers, scene.grow(bounds, 700.0), plain=plain)


def _drawn(drawn: web_map.WebMap, withheld: int = 0) -> str:
    verdicts = "".join(
        f'<li>{_chip(verdict, content.verdict_words(verdict))}</li>'
        for verdict in content.SEVEREST_FIRST if f'{verdict_style(verdict).colour};color' in drawn.script)
    layers = _legend(drawn, shown=True)
    hidden = _legend(drawn, shown=False)
    if hidden:
        hidden = f"<p>{_e(_('可用地图右上角的图层按钮打开：'))}</p>{hidden}"
    note = _("地图不含底图，离线可用；坐标为 CGCS2000 经纬度，面积和距离以报告所列量算结果为准。")
    if drawn.simplified_m:
        note += _("部分图层的图形为显示而作了简化（约 {metres:.0f} 米以内），判定使用原始图形。").format(metres=drawn.simplified_m)
    if withheld:
        note += scene.withheld_words(withheld)
    return (f'<div class="map">{drawn.body}</div>\n<ul class="legend">{verdicts}</ul>'
            f'{layers}\n{hidden}\n<p class="small">{_e(note)}</p>')


def _legend(drawn: web_map.WebMap, *, shown: bool) -> str:
    entries = [entry for entry in drawn.legend if entry.shown is shown]
    lines = "".join(f"<li>{entry.swatch}<span>{_e(entry.name)}</span></li>" for entry in entries)
    return f'<ul class="legend">{lines}</ul>' if lines else ""


def _chip(verdict: str, text: str) -> str:
    style = verdict_style(verdict)
    return f'<span class="chip" style="background:{style.colour};color:{style.text}">{_e(text)}</span>'


def _pairs(rows: Sequence[tuple[str, str]]) -> str:
    body = "".join(f"<tr><th>{_e(name)}</th><td>{_e(value)}</td></tr>" for name, value in rows)
    return f'<div class="scroll"><table class="t"><tbody>{body}</tbody></table></div>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], otherwise: str) -> str:
    """A table of words; ``otherwise`` where there is nothing to put into it."""
    if not rows:
        return f"<p>{_e(otherwise)}</p>" if otherwise else ""
    top = "".join(f"<th>{_e(_(head))}</th>" for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{_e(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table class="t wide"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _portfolio(words: content.ReportContent) -> str:
    top = "".join(f"<th>{_e(_(head))}</th>" for head in content.PORTFOLIO_HEADS)
    rows = []
    for number, (project, row) in enumerate(zip(words.projects, content.portfolio(words), strict=True), start=1):
        verdict = "<br>".join([_chip(project.verdict, project.verdict_lines[0]), *map(_e, project.verdict_lines[1:])])
        cells = [f"<td>{_e(row[0])}</td>", f'<td><a href="#p{number}">{_e(row[1])}</a></td>',
                 f"<td>{verdict}</td>", *(f'<td class="num">{_e(text)}</td>' for text in row[3:8]),
                 f"<td>{_e(row[8])}</td>"]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return (f'<div class="scroll"><table class="t wide"><thead><tr>{top}</tr></thead><tbody>{"".join(rows)}</tbody>'
            "</table></div>")


def _contents(words: content.ReportContent, drawn: bool) -> str:
    """Links to the chapters; those to the projects stand in the table of them."""
    links = [("all", _("项目汇总"))] if len(words.projects) > 1 else []
    links += [("compare", _("方案比选"))] if words.comparisons else []
    links += [("map", _("位置图"))] if drawn else []
    links += [("p1", words.projects[0].name)] if len(words.projects) == 1 else []
    links.append(("data", _("所用数据与规则")))
    return '<nav class="small">' + " · ".join(f'<a href="#{key}">{_e(title)}</a>' for key, title in links) + "</nav>"


def _counts(words: content.ReportContent) -> str:
    top = "".join(f"<th>{_e(_(head))}</th>" for head in overview.COUNT_HEADS)
    rows = "".join(f'<tr><td>{_chip(verdict, text)}</td><td class="num">{_e(number)}</td><td>{_e(which)}</td></tr>'
                   for verdict, text, number, which in words.counts)
    return f'<div class="scroll"><table class="t"><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table></div>'


def _matrix(words: content.ReportContent) -> str:
    top = "".join(f"<th>{_e(_(head))}</th>" for head in overview.MATRIX_HEADS)
    rows = []
    for number, line in enumerate(words.matrix, start=1):
        cells = [f"<td>{_e(text)}</td>" for text in line.cells]
        cells[1] = f'<td><a href="#p{number}">{_e(line.cells[1])}</a></td>'
        cells[2] = f'<td style="background:{verdict_style(line.verdict).tint}"><b>{_e(line.cells[2])}</b></td>'
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return (f'<div class="scroll"><table class="t wide matrix"><thead><tr>{top}</tr></thead><tbody>{"".join(rows)}</tbody>'
            "</table></div>")


def _comparisons(words: content.ReportContent) -> str:
    if not words.comparisons:
        return ""
    parts = [f"<h2 id=\"compare\">{_e(_('方案比选'))}</h2>",
             f"<p>{_e(_('下表并列各方案的比对结果，不代为选择；未查全和资料不足的事项不等于没有问题。'))}</p>"]
    for item in words.comparisons:
        parts.append(f"<h3>{_e(item.subject)}</h3>")
        tints = [verdict_style(verdict).tint for verdict in item.verdicts]
        rows = []
        for title, *cells in item.rows:
            shown = tints if title == _("研判结论") else [""] * len(cells)
            rows.append((title, [(text, tint) for text, tint in zip(cells, shown, strict=True)]))
        parts.append(_side_by_side(_("比较内容"), item.heads, rows))
        if item.different:
            parts.append(f"<h4>{_e(_('各方案结论不同的规则（{count} 条）：').format(count=len(item.different)))}</h4>")
            rows = [(title, [(text, verdict_style(verdict).tint) for text, verdict in zip(cells, verdicts, strict=True)])
                    for (title, *cells), verdicts in zip(item.different, item.different_verdicts, strict=True)]
            parts.append(_side_by_side(_("规则"), item.heads, rows))
    return "\n".join(parts)


def _side_by_side(title: str, heads: Sequence[str], rows: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> str:
    top = "".join(f"<th>{_e(head)}</th>" for head in (title, *heads))
    body = []
    for head, cells in rows:
        looks = "".join(f'<td style="background:{tint}">{_e(text)}</td>' if tint else f"<td>{_e(text)}</td>" for text, tint in cells)
        body.append(f"<tr><th>{_e(head)}</th>{looks}</tr>")
    return (f'<div class="scroll"><table class="t wide"><thead><tr>{top}</tr></thead><tbody>{"".join(body)}</tbody>'
            "</table></div>")


def _brief(project: ProjectContent, number: int) -> str:
    """The short sheet of a project."""
    units = "\n".join([*(" ".join(unit) for unit in project.units), *([project.units_note] if project.units_note else [])])
    facts = [*project.brief_facts, (_("涉及的环境管控单元"), units), (_("与生态保护红线的位置关系"), "\n".join(project.redline))]
    parts = [f'<section id="p{number}"><h2>{_e(project.name)}</h2>',
             f"<p>{_e(_('程序研判结论'))} {_chip(project.verdict, project.verdict_words)}</p>", _pairs(facts), _overrides(project)]
    if project.brief:
        parts.append(_clauses(project.brief))
    parts.append(f'<p class="small">{_e(project.rest)}</p>')
    if project.missing:
        parts.append(f"<h3>{_e(_('资料不足的事项与补充途径'))}</h3>" + _table(content.MISSING_HEADS, _missing(project), ""))
    if project.documents:
        parts.append(f"<h3>{_e(_('须取得的批准与论证文件'))}</h3>" + _table(content.DOCUMENT_HEADS, project.documents, ""))
    return "\n".join(part for part in parts if part) + "</section>"


def _overrides(project: ProjectContent) -> str:
    if not project.overrides:
        return ""
    text = (f"<h3>{_e(_('人工意见（与程序判定并列，不改变程序判定）：'))}</h3>"
            + _table(content.OVERRIDE_HEADS, project.overrides, ""))
    if project.reviewed:
        text += f"<p><b>{_e(_('人工复核后结论：{verdict}').format(verdict=project.reviewed))}</b></p>"
    return text


def _missing(project: ProjectContent) -> list[tuple[str, str, str]]:
    return [(item.what, item.holder, "\n".join(item.rules)) for item in project.missing]


def _project(project: ProjectContent, number: int) -> str:
    parts = [
        f'<section id="p{number}"><h2>{_e(project.name)}</h2>',
        f"<p>{_e(_('程序研判结论'))} {_chip(project.verdict, project.verdict_words)}</p>",
        "<ul>" + "".join(f"<li>{_e(line)}</li>" for line in project.conclusion) + "</ul>",
        _overrides(project),
    ]
    parts.append(f"<h3>{_e(_('项目概况'))}</h3>{_pairs(project.facts)}")
    parts.append(f"<h3>{_e(_('涉及的环境管控单元'))}</h3>" + _table(content.UNIT_HEADS, project.units, "")
                 + (f"<p>{_e(project.units_note)}</p>" if project.units_note else ""))
    parts.append(f"<h3>{_e(_('与生态保护红线的位置关系'))}</h3>" + "".join(f"<p>{_e(line)}</p>" for line in project.redline))
    parts.append(f"<h3>{_e(_('生态环境准入清单逐条对照'))}</h3>" + "".join(map(_tier, project.access_tiers)))
    parts.append(f"<h3>{_e(_('法律法规、规划和政策规则逐条对照'))}</h3>" + "".join(map(_tier, project.rule_tiers)))
    if project.not_concerned:
        title = _("经核对与本项目无关的规则（{count} 条）：").format(count=len(project.not_concerned))
        rows = [(row.requirement, row.situation, row.basis) for row in project.not_concerned]
        parts.append(f"<h4>{_e(title)}</h4>" + _table(content.NOT_CONCERNED_HEADS, rows, ""))
    parts.append(f"<h3>{_e(_('例外情形核对'))}</h3>"
                 + _table(content.EXCEPTION_HEADS, project.exceptions, _("所判定的规则没有须核对的例外情形。")))
    parts.append(f"<h3>{_e(_('资料不足的事项与补充途径'))}</h3>"
                 + _table(content.MISSING_HEADS, _missing(project), _("没有因资料不足而未能判定的规则。")))
    parts.append(f"<h3>{_e(_('须取得的批准与论证文件'))}</h3>"
                 + _table(content.DOCUMENT_HEADS, project.documents, _("所判定的规则没有列出须取得的文件。")))
    return "\n".join(parts) + "</section>"


def _tier(tier: content.Tier) -> str:
    text = f"<h4>{_e(tier.title)}</h4>"
    if tier.note:
        text += f"<p>{_e(tier.note)}</p>"
    if tier.rows:
        text += _clauses(tier.rows)
    return text


def _clauses(rows: Sequence[Row]) -> str:
    top = "".join(f"<th>{_e(_(head))}</th>" for head in content.CLAUSE_HEADS)
    return (f'<div class="scroll"><table class="t wide"><thead><tr>{top}</tr></thead><tbody>'
            f"{''.join(map(_clause, rows))}</tbody></table></div>")


def _clause(row: Row) -> str:
    style = verdict_style(row.verdict)
    return (f"<tr><td>{_e(row.dimension)}</td><td>{_e(row.requirement)}</td><td>{_e(row.situation)}</td>"
            f'<td style="background:{style.tint}"><b>{_e(f"{style.mark} {row.conformity}")}</b></td>'
            f"<td>{_e(row.basis)}</td></tr>")

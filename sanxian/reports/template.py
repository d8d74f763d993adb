"""A Word report after the customer's own template: named placeholders, and nothing that could run.

A template is a Word file with placeholders such as ``{{ 标题 }}`` and ``{% for 项目 in 项目们 %}``. Only what is listed here
may stand in one: output of a name, a loop, a condition, a few filters. No calls, no arithmetic, no assignments, no
attributes of Python objects; loops run over what the report holds and together at most :data:`MOST_STEPS` times. What
comes from data is escaped once and never read as a template.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sanxian.i18n import N_, _
from sanxian.mapping import scene
from sanxian.reports import ReportError, archive, content, picture
from sanxian.reports.wording import plain

MOST_STEPS = 200_000  # rounds of all loops together
MOST_BYTES = 64 << 20  # of the template unpacked, and of what is written
_LOOP = ("index", "index0", "first", "last", "length")
_FILTERS = ("upper", "lower", "trim", "length", "default", "join", "first", "last", "round", "e")
_TESTS = ("defined", "undefined", "none", "equalto", "==", "eq", "ne", "!=", "in", "string", "number", "sequence")
# What may stand in a placeholder; anything else is refused by its name.
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.For,
    nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter, nodes.Test,
)
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_WORDS_OF_DOCXTPL = re.compile(r"^\{([%{])(?:p|tr|tc|r) ")

# Placeholders and their Chinese names; docs/reports.md says what each holds.
REPORT_NAMES: Mapping[str, str] = {
    "title": "标题", "subtitle": "副标题", "on": "判定基准日",
    "program": "程序", "rule_set": "规则集",
    "project_count": "项目数", "overview_map": "总图",
    "projects": "项目们", "counts": "结论统计",
    "comparisons": "方案比选", "layers": "所用图层",
    "not_loaded": "未加载图层", "documents_cited": "所引文件",
    "notes": "说明", "disclaimer": "声明",
}
PROJECT_NAMES: Mapping[str, str] = {
    "id": "编号", "name": "名称", "verdict": "结论",
    "reviewed": "复核结论", "conclusion": "结论说明",
    "area_m2": "面积", "length_m": "长度", "facts": "概况",
    "units": "管控单元", "units_note": "单元说明",
    "redline": "红线", "rows": "要点",
    "clauses": "清单条款", "rules": "规则",
    "missing": "缺项", "documents": "文件",
    "overrides": "人工意见", "exceptions": "例外",
    "rest": "其余", "map": "图",
}
ROW_NAMES: Mapping[str, tuple[str, ...]] = {
    "counts": ("verdict", "number", "which"), "layers": ("name", "role", "version", "data_date", "accuracy", "source",
                                                         "features", "coverage", "sha256"),
    "not_loaded": ("layer", "effect", "holder"), "documents_cited": ("title", "number", "issuer", "from", "until", "status"),
    "facts": ("name", "value"), "units": ("code", "name", "category", "area", "share"),
    "rows": ("tier", "dimension", "requirement", "situation", "conformity", "basis", "force"),
    "clauses": ("tier", "dimension", "requirement", "situation", "conformity", "basis", "force"),
    "rules": ("tier", "dimension", "requirement", "situation", "conformity", "basis", "force"),
    "missing": ("what", "holder", "rules"), "documents": ("name", "rules"),
    "overrides": ("subject", "machine", "opinion", "reason", "signed"), "exceptions": ("rule", "exception", "result", "proof"),
    "comparisons": ("subject", "heads", "rows", "different"),
}
CELL_NAMES: Mapping[str, str] = {
    "verdict": "结论", "number": "数", "which": "项目", "name": "名称", "role": "类别", "version": "版本", "data_date": "现势日期",
    "accuracy": "精度", "source": "来源", "features": "要素数", "coverage": "覆盖", "sha256": "摘要", "layer": "图层",
    "effect": "影响", "holder": "向谁获取", "title": "文件名", "issuer": "机关", "from": "施行", "until": "失效",
    "status": "状态", "value": "值", "code": "编码", "category": "分类", "area": "面积", "share": "占比", "tier": "层级",
    "dimension": "维度", "requirement": "要求", "situation": "情况", "conformity": "符合性", "basis": "依据", "force": "效力",
    "what": "资料", "rules": "规则", "subject": "对象", "machine": "程序判定", "opinion": "意见", "reason": "理由",
    "signed": "签署", "rule": "规则", "exception": "情形", "result": "结果", "proof": "证明", "heads": "方案", "rows": "各行",
    "different": "差异",
}


class _Steps:
    """How many rounds of loops are left."""

    def __init__(self) -> None:
        self.left = MOST_STEPS

    def count(self, items: Any) -> Iterable[Any]:
        """``items``, of which each takes one step."""
        if isinstance(items, jinja2.Undefined):
            str(items)  # says which name is unknown
        for item in items if isinstance(items, (list, tuple)) else []:
            self.left -= 1
            if self.left < 0:
                raise ReportError(N_("模板的循环太多（超过 {most} 次），没有写出报告。"), most=MOST_STEPS)
            yield item


class _Environment(ImmutableSandboxedEnvironment):
    """Templates with output, loops and conditions over plain data."""

    def __init__(self, steps: _Steps) -> None:
        super().__init__(autoescape=True, undefined=jinja2.StrictUndefined)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in _FILTERS} | {"sanxian_steps": lambda items: list(steps.count(items))}
        self.tests = {name: self.tests[name] for name in _TESTS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What stands under a name in plain data, or how far a loop is; nothing of Python's own."""
        return self._get(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The same for a key or a position."""
        return self._get(obj, argument)

    def _get(self, obj: Any, key: Any) -> Any:
        if isinstance(obj, Mapping) and isinstance(key, str) and key in obj:
            return obj[key]
        if isinstance(obj, (list, tuple)) and isinstance(key, int) and -len(obj) <= key < len(obj):
            return obj[key]
        if isinstance(obj, LoopContext) and key in _LOOP:
            return getattr(obj, str(key))
        return self.undefined(name=str(key))

    def is_safe_callable(self, obj: Any) -> bool:
        """Nothing may be called."""
        return False

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for node in tree.find_all(nodes.Node):
            if not isinstance(node, _ALLOWED) or isinstance(node, nodes.For) and node.recursive:
                raise ReportError(N_("模板中不能用“{kind}”：只能有名称、循环、条件和少数过滤器。"), kind=type(node).__name__)
        for loop in list(tree.find_all(nodes.For)):
            loop.iter = nodes.Filter(loop.iter, "sanxian_steps", [], [], None, None, lineno=loop.lineno)
        return tree


def check_template(path: Path) -> None:
    """Refuse a template whose placeholders cannot be filled, before a long screening starts.

    Raises:
        ReportError: It is no Word file, or a placeholder has a fault: says which one, and in which paragraph.
    """
    _open(path)
    environment = _Environment(_Steps())
    opened: list[tuple[str, str, str]] = []
    names = {*REPORT_NAMES, *REPORT_NAMES.values()}
    bound: list[str] = []
    for where, text in _paragraphs(path):
        for tag in _TAG.findall(text):
            if tag.startswith("{#"):
                continue
            shown = _WORDS_OF_DOCXTPL.sub(r"{\1 ", tag)
            word, *rest = shown[2:-2].strip("- ").split()[:2] or [""]
            if shown.startswith("{%"):
                if word in ("for", "if"):
                    opened.append((word, tag, where))
                    body = f"{shown}{{% end{word} %}}"
                    if word == "for" and rest:
                        bound += [name.strip() for name in re.split(r"\bin\b", shown[2:-2].strip("- ")[3:])[0].split(",")]
                elif word in ("elif", "else") and opened and (opened[-1][0] == "if" or word == "else"):
                    body = f"{{% if 标题 %}}{shown}{{% endif %}}"
                elif word in ("endfor", "endif") and opened and opened[-1][0] == word[3:]:
                    opened.pop()
                    continue
                else:
                    raise _fault(where, tag, _("没有与之对应的开头，或不是可用的指令"))
            else:
                body = shown
            try:
                tree = environment.parse(body)
            except jinja2.TemplateError as error:
                raise _fault(where, tag, str(error.message or error)) from error
            except ReportError as error:
                raise _fault(where, tag, _(error.template).format(**error.params)) from error
            for name in tree.find_all(nodes.Name):
                if name.ctx == "load" and name.name not in names | set(bound) | {"loop"}:
                    raise _fault(where, tag, _("没有名为“{name}”的占位符").format(name=name.name))
            for item in tree.find_all(nodes.Filter):
                if item.name not in environment.filters:
                    raise _fault(where, tag, _("没有名为“{name}”的过滤器").format(name=item.name))
        left = re.search(r"(\{\{|\{%|%\}|\}\}).{0,40}", _TAG.sub("", text), re.DOTALL)
        if left:
            raise _fault(where, left[0], _("没有写完"))
    if opened:
        word, tag, where = opened[-1]
        raise _fault(where, tag, _("缺少与之对应的 end{word}").format(word=word))


def _fault(where: str, tag: str, problem: str) -> ReportError:
    return ReportError(N_("模板{where}的占位符“{tag}”有误：{problem}"), where=where, tag=_visible(tag), problem=plain(problem))


def _visible(tag: str) -> str:
    text = plain(" ".join(tag.split()))
    return text if len(text) <= 80 else text[:79] + "…"


def _open(path: Path) -> Any:
    from docx import Document
    from docx.opc.exceptions import PackageNotFoundError

    try:
        if not path.is_file():
            raise ReportError(N_("找不到模板“{file}”。"), file=path.name)
        with zipfile.ZipFile(path) as package:
            if sum(item.file_size for item in package.infolist()) > MOST_BYTES:
                raise ReportError(N_("模板“{file}”过大，没有打开。"), file=path.name)
        return Document(str(path))
    except (zipfile.BadZipFile, PackageNotFoundError, KeyError, ValueError, SyntaxError) as error:
        raise ReportError(N_("“{file}”不是 Word 文档（.docx），不能作模板。"), file=path.name) from error


def _paragraphs(path: Path) -> Iterable[tuple[str, str]]:
    """Every paragraph of the template in reading order, with where it stands."""
    document = _open(path)
    tag = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    parts = [(N_("第 {number} 段"), document.element.body)]
    for section in document.sections:
        for part in (section.header, section.footer, section.first_page_header, section.first_page_footer):
            if not part.is_linked_to_previous:
                parts.append((N_("页眉页脚第 {number} 段"), part._element))
    for words, root in parts:
        for number, element in enumerate(root.iter(f"{tag}p"), start=1):
            text = "".join((node.text or "") if node.tag == f"{tag}t" else "\n" for node in element.iter(f"{tag}t", f"{tag}br"))
            if "{" in text or "}" in text:
                yield _(words).format(number=number), text


def write(screening: Any, path: Path, template: Path, *, workspace: Any = None, ruleset: Any = None) -> None:
    """Fill ``template`` with the words of ``screening`` and write it to ``path``.

    Raises:
        ReportError: The template has a fault: says which placeholder, and in which paragraph.
    """
    check_template(template)
    from docxtpl import DocxTemplate

    words = content.build(screening, ruleset=ruleset)
    filled = DocxTemplate(str(template))
    reader = scene.Reader(workspace)
    steps = _Steps()
    try:
        filled.render(_context(words, screening, reader, filled), _Environment(steps), autoescape=True)
    except jinja2.UndefinedError as error:
        name = re.search(r"'([^']*)'", str(error.message or ""))
        where, tag = _find(template, name[1] if name else "")
        raise _fault(where, tag, _("没有名为“{name}”的占位符").format(name=plain(name[1]) if name else "")) from error
    except (jinja2.TemplateError, TypeError, ValueError) as error:
        where, tag = _find(template, "")
        raise _fault(where, tag, plain(getattr(error, "message", None) or error)) from error
    filled.save(str(path))
    if path.stat().st_size > MOST_BYTES:
        raise ReportError(N_("按模板“{file}”写出的报告过大，没有写出。"), file=template.name)
    archive.settle(path, screening.on)


def _find(template: Path, name: str) -> tuple[str, str]:
    """The first placeholder in which ``name`` stands."""
    for where, text in _paragraphs(template):
        for tag in _TAG.findall(text):
            if name in tag:
                return where, tag
    return "", name


# --- the data ---------------------------------------------------------------------------------------------------


class _Picture:
    """A picture that is drawn when its placeholder is met, and not before."""

    def __init__(self, filled: Any, draw: Callable[[], bytes | None], caption: str) -> None:
        self._filled, self._draw, self._caption = filled, draw, caption

    def __html__(self) -> str:
        from io import BytesIO

        from docx.shared import Mm
        from docxtpl import InlineImage

        image = self._draw()
        if image is None:
            return ""
        return re.sub(r"(<wp:docPr [^>]*?)(/?>)", lambda found: f'{found[1].rstrip()} descr="{_attribute(self._caption)}"{found[2]}',
                      InlineImage(self._filled, BytesIO(image), width=Mm(150)).__html__(), count=1)

    def __str__(self) -> str:
        return self._caption


def _attribute(text: str) -> str:
    from xml.sax.saxutils import escape

    return escape(plain(text).replace("\n", " "), {'"': "&quot;"})


def _context(words: content.ReportContent, screening: Any, reader: scene.Reader, filled: Any) -> dict[str, Any]:
    cover = dict(words.cover)
    return _named(REPORT_NAMES, {
        "title": words.title, "subtitle": words.subtitle, "on": words.on, "program": cover.get(_("程序"), ""),
        "rule_set": plain(screening.rule_set_sha256), "project_count": str(len(words.projects)),
        "overview_map": _Picture(filled, lambda: picture.draw_all(screening, reader), _("项目分布与研判结论")),
        "projects": [_project(project, result, reader, filled)
                     for project, result in zip(words.projects, screening.projects, strict=True)],
        "counts": _rows("counts", (row[1:] for row in words.counts)),
        "comparisons": [_cells("comparisons", (item.subject, list(item.heads), _lists(item.rows), _lists(item.different)))
                        for item in words.comparisons],
        "layers": _rows("layers", words.layers), "not_loaded": _rows("not_loaded", words.not_loaded),
        "documents_cited": _rows("documents_cited", words.cited), "notes": list(words.notes), "disclaimer": words.notes[0],
    })


def _project(project: content.ProjectContent, result: Any, reader: scene.Reader, filled: Any) -> dict[str, Any]:
    def draw() -> bytes | None:
        return picture.draw(result, reader) if picture.drawable(result) else None

    return _named(PROJECT_NAMES, {
        "id": project.id, "name": project.name, "verdict": project.verdict_words, "reviewed": project.reviewed,
        "conclusion": list(project.conclusion), "area_m2": f"{project.area_m2:,.1f}" if project.area_m2 else "",
        "length_m": f"{project.length_m:,.1f}" if project.length_m else "", "facts": _rows("facts", project.facts),
        "units": _rows("units", project.units), "units_note": project.units_note, "redline": list(project.redline),
        "rows": _rows("rows", (_row("", row) for row in project.brief)),
        "clauses": _rows("clauses", (_row(tier.title, row) for tier in project.access_tiers for row in tier.rows)),
        "rules": _rows("rules", (_row(tier.title, row) for tier in project.rule_tiers for row in tier.rows)),
        "missing": _rows("missing", ((item.what, item.holder, "\n".join(item.rules)) for item in project.missing)),
        "documents": _rows("documents", project.documents), "overrides": _rows("overrides", project.overrides),
        "exceptions": _rows("exceptions", project.exceptions), "rest": project.rest,
        "map": _Picture(filled, draw, _("{name} 位置与管控图层关系示意图").format(name=project.name)),
    })


def _row(tier: str, row: content.Row) -> tuple[str, ...]:
    from sanxian.mapping.styles import verdict_style

    mark = verdict_style(row.verdict).mark
    return tier, row.dimension, row.requirement, row.situation, f"{mark} {row.conformity}", row.basis, row.force


def _named(names: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` under their English and their Chinese names."""
    return {**values, **{names[key]: value for key, value in values.items()}}


def _rows(kind: str, rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    return [_cells(kind, row) for row in rows]


def _cells(kind: str, row: Sequence[Any]) -> dict[str, Any]:
    found = dict(zip(ROW_NAMES[kind], row, strict=True))
    return {**found, **{CELL_NAMES[key]: value for key, value in found.items()}}


def _lists(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    return [list(row) for row in rows]

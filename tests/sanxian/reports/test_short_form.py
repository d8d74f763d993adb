"""The short form, alternatives side by side, tables of contents, and what the reports say of several redlines."""

import zipfile
from dataclasses import replace

import docx
import openpyxl
import pytest
from lxml import etree

from sanxian import i18n
from sanxian.reports import LONG_UP_TO, content, form_of, overview, write_report
from sanxian.result import LayerMeasure, RedlineMeet, RedlineStatement


def words_of(path):
    document = docx.Document(str(path))
    return "\n".join(node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t"))


def compared(screening):
    """Three of the projects as alternatives of one another, the third without a label."""
    first, second, third, *others = screening.projects
    return replace(screening, projects=(
        replace(first, alternative="方案一", alternative_of="沿江选址"), replace(second, alternative="方案二", alternative_of="沿江选址"),
        replace(third, alternative_of="沿江选址"), *others))


def test_up_to_ten_projects_are_told_in_full_and_more_in_short(screening):
    one = screening.projects[0]
    assert form_of(replace(screening, projects=(one,) * LONG_UP_TO), "auto") == "long"
    assert form_of(replace(screening, projects=(one,) * (LONG_UP_TO + 1)), "auto") == "short"
    assert form_of(replace(screening, projects=(one,) * 20), "long") == "long"
    assert form_of(replace(screening, projects=(one,)), "short") == "short"


def test_the_short_form_leaves_out_nothing_that_counts(screening, workspace, tmp_path):
    text = words_of(write_report(screening, tmp_path / "a.docx", workspace=workspace, form="short"))
    long = words_of(write_report(screening, tmp_path / "b.docx", workspace=workspace, form="long"))
    assert len(text) < 0.75 * len(long)
    for project in screening.projects:
        for outcome in project.outcomes:
            quiet = str(outcome.outcome) in ("permitted", "not_applicable")
            if not quiet and not outcome.clauses:
                assert outcome.title["zh"] in text
            for clause in outcome.clauses:
                assert (clause.clause.text in text) is (str(clause.outcome) != "not_applicable")
    first = content.build(screening).projects[0]
    assert "不涉及 2 条" in text
    for item in first.missing:
        assert item.what in text
        assert item.holder in text
    assert "经实测，岸线距用地边界 1003 米。" in text
    assert "人工复核后结论：▲ 限制" in text
    assert "不是行政许可" in text


@pytest.mark.parametrize("suffix", [".docx", ".pdf", ".html"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_short_form_comes_out_the_same_each_time(screening, workspace, tmp_path, suffix, language):
    data = [write_report(compared(screening), tmp_path / f"{number}{suffix}", workspace=workspace, form="short", language=language).read_bytes()
            for number in range(2)]
    assert data[0] == data[1]


def test_the_contents_are_filled_and_lead_somewhere(screening, tmp_path):
    path = write_report(compared(screening), tmp_path / "a.docx", form="short")
    with zipfile.ZipFile(path) as file:
        body = etree.fromstring(file.read("word/document.xml"))
        settings = file.read("word/settings.xml").decode()
        styles = file.read("word/styles.xml").decode()
    space = {"w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main"}
    marks = body.xpath("//w:bookmarkStart/@w:name", namespaces=space)
    links = body.xpath("//w:sdt//w:hyperlink", namespaces=space)
    told = ["".join(link.itertext("{*}t")).strip() for link in links]
    assert len(marks) == len(set(marks))
    assert {link.get(f"{{{space['w']}}}anchor") for link in links} <= set(marks)
    assert told[:4] == ["一、总览", "二、方案比选", "（一）沿江选址", "三、对照总表"]
    assert f"（七）{content.build(screening).projects[6].name}" in told
    assert "w:updateFields" in settings
    assert settings.index("w:updateFields") < settings.index("w:compat>")
    for style in ("TOC1", "TOC2", "TableText", "Caption", "Heading1", "TableGrid"):
        assert styles.count(f'w:styleId="{style}"') == 1
    kinds = [code.text.split()[0] for code in body.iter("{*}instrText")]
    assert kinds == ["TOC", *["PAGEREF"] * len(links)]


def test_pictures_can_be_read_aloud(screening, workspace, tmp_path):
    path = write_report(screening, tmp_path / "a.docx", workspace=workspace, form="short")
    with zipfile.ZipFile(path) as file:
        body = etree.fromstring(file.read("word/document.xml"))
    assert [node.get("descr") for node in body.iter("{*}docPr")] == ["图 1  项目分布与研判结论"]


def test_wide_tables_lie_and_text_stands(screening, tmp_path):
    document = docx.Document(str(write_report(compared(screening), tmp_path / "a.docx", form="short")))
    sizes = [(one.orientation, one.page_width > one.page_height) for one in document.sections]
    assert [wide for _orientation, wide in sizes] == [False, True, False, True, False]
    assert all(bool(orientation) is wide for orientation, wide in sizes)


def test_the_pdf_has_bookmarks_and_contents_with_the_right_pages(screening, workspace, tmp_path):
    pypdf = pytest.importorskip("pypdf", reason="reads PDF text")
    many = tuple(replace(screening.projects[1], id=f"Q{number:02d}", name=f"第{number:02d}号项目") for number in range(50))
    path = write_report(replace(screening, projects=many), tmp_path / "a.pdf", form="short")
    reader = pypdf.PdfReader(path)
    pages = ["".join(page.extract_text().replace("\0", "").split()) for page in reader.pages]
    listed = "".join(pages[1:3])
    for number, page in enumerate(pages, start=1):
        assert f"第{number}页，共{len(pages)}页" in page
    for mark in (0, 7, 49):
        name = f"第{mark:02d}号项目"
        place = next(number for number, page in enumerate(pages, start=1) if number > 3 and f"）{name}" in page and "程序研判结论" in page)
        assert f"{name}{place}" in listed
    assert [item["/Title"] for item in reader.outline if isinstance(item, dict)] == [
        "一、总览", "二、对照总表", "三、项目简表", "四、所用数据与规则", "五、报告说明"]
    assert all(page.mediabox.width > page.mediabox.height for page, text in zip(reader.pages, pages, strict=True) if "对照总表" in text
               and "目录" not in text and "总览" not in text)


def test_alternatives_stand_side_by_side(screening):
    (found,) = content.build(compared(screening)).comparisons
    assert found.subject == "沿江选址"
    assert found.heads == ("方案一", "方案二", "示例项目 3")
    rows = {title: cells for title, *cells in found.rows}
    assert rows["项目编号"] == ["P1", "P2", "P3"]
    assert rows["研判结论"][0] == "× 禁止"
    assert rows["人工复核后结论"] == ["限制", "—", "—"]
    assert rows["资料不足的事项"][1] == "1 项\n占用永久基本农田"
    assert rows["最小余量"][0] == "7.6 m（沿江一公里内重污染项目（规划））；有临界结果"
    assert all(len(cells) == 3 for _title, *cells in found.rows)
    different = {title: cells for title, *cells in found.different}
    assert different["占用永久基本农田"] == ["—", "? 资料不足", "—"]
    assert "擅自填埋湿地" in different


def test_a_project_alone_has_no_alternatives(screening):
    alone = replace(screening.projects[0], alternative="方案一", alternative_of="沿江选址")
    assert content.build(replace(screening, projects=(alone, *screening.projects[1:]))).comparisons == ()


def test_alternatives_are_in_every_kind_of_report(screening, workspace, tmp_path):
    asked = compared(screening)
    for form in ("short", "long"):
        assert "方案比选" in words_of(write_report(asked, tmp_path / "a.docx", form=form))
        assert 'id="compare"' in write_report(asked, tmp_path / "a.html", form=form).read_text(encoding="utf-8")
    sheet = openpyxl.load_workbook(write_report(asked, tmp_path / "a.xlsx"))["方案比选"]
    assert [cell.value for cell in sheet[2]][:5] == ["沿江选址", "方案", "方案一", "方案二", "示例项目 3"]
    assert sheet.freeze_panes == "C2"
    assert '"alternative": "方案一"' in asked.to_json()
    assert '"alternative"' not in screening.to_json()


def test_more_alternatives_than_a_page_has_room_for_go_on_below(screening, tmp_path):
    many = tuple(replace(screening.projects[1], id=f"Q{number}", alternative=f"方案{number}", alternative_of="选址") for number in range(12))
    text = words_of(write_report(replace(screening, projects=many), tmp_path / "a.docx", form="short"))
    assert text.count("方案11") >= 2


@pytest.mark.parametrize(("measure", "wanted"), [
    (LayerMeasure("permanent_farmland", 12.5, 0.25, 0.0, "full"), "压占 12.5 m²（25.00%）"),
    (LayerMeasure("permanent_farmland", 12.5, 0.25, 3.0, "partial"), "压占 12.5 m²（25.00%）；未查全"),
    (LayerMeasure("permanent_farmland", 0.0, 0.0, 0.0, "full"), "未发现重叠"),
    (LayerMeasure("permanent_farmland", 0.0, 0.0, 9.0, "partial"), "未查全（不得视为不涉及）"),
    (LayerMeasure("permanent_farmland", 0.0, 0.0, 0.0, "unknown"), "未查全（不得视为不涉及）"),
    (None, "未比对"),
])
def test_a_cell_of_the_matrix_is_never_clear_where_nobody_looked(screening, measure, wanted):
    layer = replace(screening.layers[0], role="permanent_farmland")
    asked = replace(screening, layers=(*screening.layers, layer), missing_roles=())
    project = replace(screening.projects[5], measured=(measure,) if measure else (), outcomes=())
    assert overview.role_cell(project, "permanent_farmland", asked) == wanted
    assert overview.role_cell(project, "permanent_farmland", screening) == "未加载"


def test_a_line_is_told_by_its_length(screening):
    line = replace(screening.projects[5], site=replace(screening.projects[5].site, area_m2=0.0, length_m=2000.0), outcomes=(),
                   measured=(LayerMeasure("ecological_redline", 0.0, 0.25, 0.0, "full"),))
    assert overview.role_cell(line, "ecological_redline", screening) == "穿越 500.0 m（25.00%）"
    assert overview.size_words(line) == "2,000.0 m"


def test_every_redline_that_a_site_lies_in_is_named(screening):
    met = (RedlineMeet("甲红线", 300.0, 0.0, 0.3), RedlineMeet("乙红线", 200.0, 0.0, 0.2))
    redline = RedlineStatement(True, 400.0, 0.4, 0.0, "甲红线", True, met)
    said = content.build(replace(screening, projects=(replace(screening.projects[0], redline=redline),))).projects[0].redline
    assert "（甲红线、乙红线）重叠，重叠面积 400.0 m²" in said[0]
    assert said[1] == "其中与“甲红线”重叠面积 300.0 m²，占用地的 30.00%。"
    assert said[2] == "其中与“乙红线”重叠面积 200.0 m²，占用地的 20.00%。"
    assert "只计一次" in said[3]


def test_the_workbook_tells_the_length_within_the_redline(screening, tmp_path):
    line = replace(screening.projects[2], site=replace(screening.projects[2].site, area_m2=0.0, length_m=2000.0),
                   redline=RedlineStatement(True, 0.0, 0.25, 0.0, "甲", True))
    book = openpyxl.load_workbook(write_report(replace(screening, projects=(line,)), tmp_path / "a.xlsx"))
    sheet = book["项目汇总"]
    row = dict(zip([cell.value for cell in sheet[1]], [cell.value for cell in sheet[2]], strict=True))
    assert row["线路长度（m）"] == 2000.0
    assert row["穿越红线长度（m）"] == 500.0


def test_an_english_report_marks_what_is_quoted_in_chinese(screening):
    i18n.set_language("en")
    words = content.build(screening)
    rows = [row for tier in words.projects[0].rule_tiers for row in tier.rows]
    assert any(row.basis.startswith("Yangtze River Protection Law [Chinese original: 《中华人民共和国长江保护法》第二十六条第二款]") for row in rows)
    clauses = [row for tier in words.projects[0].access_tiers for row in tier.rows]
    assert all(row.requirement.startswith("[Chinese original] ") for row in clauses)
    assert "[Chinese original: 《演示用生态环境准入清单》]" in "".join(row[0] for row in words.cited) or words.cited
